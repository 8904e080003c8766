//! What every function of the border does around its work: catch panics, hand failures over, refuse poisoned handles.

use crate::error::{Failure, hygea_error};
use crate::status::{HYGEA_E_PANIC, HYGEA_E_POISONED, HYGEA_OK, hygea_status};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Does the work of one call; a failure goes to `err` if the host wants to see it.
///
/// # Safety
/// `err` is NULL or may be written until the call returns.
pub(crate) unsafe fn entry(
    err: *mut *mut hygea_error,
    work: impl FnOnce() -> Result<hygea_status, Failure>,
) -> hygea_status {
    // Unwind safety: what the work changes is behind a `Poison`, or is dropped with it.
    let failure = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(status)) => return status,
        Ok(Err(failure)) => failure,
        // The text of a panic may quote a value, so it stays behind.
        Err(_) => {
            hygea_error::own(HYGEA_E_PANIC, "the library met a defect of its own; nothing was handed over")
        }
    };
    let status = failure.status();
    if !err.is_null() {
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { err.write(Box::into_raw(failure)) };
    }
    status
}

/// Does the work of a call that cannot fail; NULL handles and defects give `otherwise`.
pub(crate) fn answer<T>(otherwise: T, work: impl FnOnce() -> Option<T>) -> T {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Some(value)) => value,
        _ => otherwise,
    }
}

/// Marks a handle that a panic may have left half changed.
#[derive(Debug, Default)]
pub(crate) struct Poison(AtomicBool);

impl Poison {
    /// Does work on the handle, refused once a panic went through it.
    pub(crate) fn guard<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        if self.0.load(Ordering::Acquire) {
            return Err(hygea_error::own(
                HYGEA_E_POISONED,
                "an earlier call on this handle met a defect; free it",
            ));
        }
        let mark = Mark(&self.0);
        let result = work();
        std::mem::forget(mark);
        result
    }
}

/// Poisons when it is dropped by a panic.
struct Mark<'a>(&'a AtomicBool);

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// The end of most calls.
pub(crate) const fn ok() -> Result<hygea_status, Failure> {
    Ok(HYGEA_OK)
}
