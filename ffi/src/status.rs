//! The numbers that every call returns, in one table for all languages.
//!
//! The numbers of this library are here; those of the crates beneath it are in `status_numbers.rs`, which
//! `cargo xtask abi` writes from the `ErrorKind` of each crate. A number never changes its meaning and is never
//! given to another failure.

/// How a call ended: `HYGEA_OK`, `HYGEA_DONE`, or the number of a failure (`HYGEA_E_…`).
///
/// The table only grows: treat a number that you do not know as a failure.
pub type hygea_status = i32;

/// The call did what it says.
pub const HYGEA_OK: hygea_status = 0;
/// There is nothing more: the end of a body or of rows.
pub const HYGEA_DONE: hygea_status = 1;
/// A pointer that must not be NULL is NULL.
pub const HYGEA_E_NULL: hygea_status = 2;
/// The `struct_size` of a structure is smaller than its first version, or the structure uses members that the
/// loaded library does not know yet.
pub const HYGEA_E_STRUCT_SIZE: hygea_status = 3;
/// Text is not UTF-8.
pub const HYGEA_E_UTF8: hygea_status = 4;
/// An argument has a value that the call does not allow.
pub const HYGEA_E_ARGUMENT: hygea_status = 5;
/// The library met a defect of its own. A handle that the call could have left half changed refuses
/// further calls with `HYGEA_E_POISONED`; free it.
pub const HYGEA_E_PANIC: hygea_status = 6;
/// An earlier call on this handle ended with `HYGEA_E_PANIC`.
pub const HYGEA_E_POISONED: hygea_status = 7;
/// A callback of the host reported a failure, or claimed to have read more than there was room for.
pub const HYGEA_E_CALLBACK: hygea_status = 8;
/// No service answers this HTTP method; a web server says 501.
pub const HYGEA_E_METHOD: hygea_status = 9;
/// The body of a response broke off while it was read.
pub const HYGEA_E_BROKEN: hygea_status = 10;
