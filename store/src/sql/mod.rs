//! From plan to SQL.
