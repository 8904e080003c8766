//! The record of every call, and the tree that shows that no record was altered (section d).
//!
//! A record is one line of canonical JSON (RFC 8785) that names the record before it by hash. The lines are the
//! leaves of a Merkle tree (RFC 9162), whose root, signed and kept elsewhere, also shows a cut tail.

mod chain;
pub mod merkle;
mod record;

pub use chain::Chain;
pub use record::{AuditRecord, Query, custom_headers};
