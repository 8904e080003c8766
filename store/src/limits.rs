//! The bounds that every store keeps, in one place, so that a batch accepted by one store is accepted by all.

/// Longest name of a kind or of a parameter, in bytes.
pub const NAME: usize = 255;
/// Longest id of a document, in bytes.
pub const ID: usize = 4_096;
/// Longest body of a document, in bytes.
pub const BODY: usize = 512 << 20;
/// Longest text in one index value, in bytes.
pub const TEXT: usize = 1 << 20;
/// Most index values of one document.
pub const ENTRIES: usize = 100_000;
/// Most writes in one batch.
pub const WRITES: usize = 1_000_000;
/// Longest audit record, in bytes.
pub const AUDIT: usize = 1 << 20;
/// Most nodes of a plan.
pub const PLAN_NODES: usize = 10_000;
/// Deepest nesting of a plan.
pub const PLAN_DEPTH: usize = 32;
/// Most keys of a sort.
pub const SORT_KEYS: usize = 8;
/// Most rows of one page; a larger limit is lowered to it.
pub const PAGE: usize = 100_000;
