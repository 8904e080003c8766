//! Rows: results that the host takes one by one.

use crate::entry::entry;
use crate::error::hygea_error;
use crate::pointer::{Out, exclusive, free};
use crate::status::{HYGEA_DONE, HYGEA_OK, hygea_status};
use crate::text::hygea_str;
use std::fmt;

/// JSON values in a row, for one thread at a time.
pub struct hygea_rows {
    rest: std::vec::IntoIter<String>,
    current: String,
}

impl From<Vec<String>> for hygea_rows {
    fn from(rows: Vec<String>) -> Self {
        Self { rest: rows.into_iter(), current: String::new() }
    }
}

/// Shows the number of rows only: they hold patients' data.
impl fmt::Debug for hygea_rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("hygea_rows").field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}

/// The next row, as JSON text. Returns `HYGEA_OK`, and `HYGEA_DONE` without touching `*out` once there are no more.
/// `*out` is valid until the next call or until the rows are freed.
///
/// # Safety
/// `rows` is NULL or rows that nobody else uses now; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_rows_next(
    rows: *mut hygea_rows,
    out: *mut hygea_str,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let rows = exclusive(rows, "rows")?;
            let out = Out::new(out)?;
            let Some(next) = rows.rest.next() else { return Ok(HYGEA_DONE) };
            rows.current = next;
            out.put(hygea_str::of(&rows.current));
            Ok(HYGEA_OK)
        })
    }
}

/// Frees rows, whether all were taken or not. NULL is allowed.
///
/// # Safety
/// `rows` is NULL or rows that were not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_rows_free(rows: *mut hygea_rows) {
    // SAFETY: the caller's promise.
    unsafe { free(rows) };
}
