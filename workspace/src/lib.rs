//! Hierarchy, provisioning rules, roles, tokens and audit records of health workspaces.
