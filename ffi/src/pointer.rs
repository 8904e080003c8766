//! Pointers from the host, checked for NULL once and turned into references.

use crate::error::{Failure, hygea_error};
use crate::status::{HYGEA_E_ARGUMENT, HYGEA_E_NULL};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

fn null(what: &str) -> Failure {
    hygea_error::own(HYGEA_E_NULL, format!("{what} must not be NULL"))
}

/// A value that the call only reads.
///
/// # Safety
/// `pointer` is NULL or points at a `T` that nobody changes or frees during `'a`.
pub(crate) unsafe fn shared<'a, T>(pointer: *const T, what: &str) -> Result<&'a T, Failure> {
    // SAFETY: the caller's promise; NULL becomes None.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(what))
}

/// A value that the call has for itself.
///
/// # Safety
/// `pointer` is NULL or points at a `T` that nobody else uses during `'a`.
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T, what: &str) -> Result<&'a mut T, Failure> {
    // SAFETY: the caller's promise; NULL becomes None.
    unsafe { pointer.as_mut() }.ok_or_else(|| null(what))
}

/// `len` values in a row; none if `len` is 0, whatever the pointer.
///
/// # Safety
/// `pointer` is NULL or points at `len` values that nobody changes or frees during `'a`.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, len: usize, what: &str) -> Result<&'a [T], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(null(what));
    }
    // No object is larger than this, so a length above it is a mistake, and would be undefined behaviour below.
    if len.checked_mul(size_of::<T>()).is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(hygea_error::own(
            HYGEA_E_ARGUMENT,
            format!("the length of {what} is larger than the memory"),
        ));
    }
    // SAFETY: not NULL, not longer than an object may be, and the caller promises the rest.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// The place where a call puts its result.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// # Safety
    /// `pointer` is NULL or may be written until the call returns.
    pub(crate) unsafe fn new(pointer: *mut T) -> Result<Self, Failure> {
        NonNull::new(pointer).map(Self).ok_or_else(|| null("out"))
    }

    pub(crate) fn put(self, value: T) {
        // SAFETY: `new` was promised a place that may be written.
        unsafe { self.0.write(value) };
    }
}

impl<T> Out<*mut T> {
    /// Puts a new handle; the host owns it from now on.
    pub(crate) fn hand_over(self, value: T) {
        self.put(Box::into_raw(Box::new(value)));
    }
}

/// Frees a handle; NULL is none.
///
/// # Safety
/// `pointer` is NULL or came from [`Out::hand_over`], and was not freed before.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    if let Some(pointer) = NonNull::new(pointer) {
        // SAFETY: the caller promises that it came from `Box::into_raw` and that this is the only use left.
        let handle = unsafe { Box::from_raw(pointer.as_ptr()) };
        // A panic must not cross the border, and there is nobody left to tell about it.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(handle)));
    }
}
