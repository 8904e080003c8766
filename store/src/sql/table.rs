//! The names of the tables, the same in every store that speaks SQL.

/// One row per identity seen, as a document or as the target of a reference; `deleted` is 1 unless there is a live document.
/// Columns `rid, kind, id, version, modified, sequence, born, deleted, codec, entries, body`.
pub const DOCUMENT: &str = "document";
/// Token values: `parameter, code, rid, system`; code and system are numbers of terms, system 0 is none.
pub const TOKEN: &str = "index_token";
/// Text values: `parameter, folded, rid, exact`.
pub const TEXT: &str = "index_text";
/// Date values: `parameter, low, rid, high` in microseconds.
pub const DATE: &str = "index_date";
/// Number values: `parameter, low, rid, high` as sortable bytes.
pub const NUMBER: &str = "index_number";
/// Quantity values: `parameter, low, rid, high, system, unit`.
pub const QUANTITY: &str = "index_quantity";
/// Reference values: `parameter, target, rid, base, version`; the target is the row of an identity.
pub const REFERENCE: &str = "index_reference";
/// URI values: `parameter, uri, rid`; the URI is the number of a text.
pub const URI: &str = "index_uri";
