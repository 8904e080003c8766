//! The embedded store: one SQLite file a service, group commit, compressed bodies.
