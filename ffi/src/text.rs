//! Text and bytes as they cross the border: a pointer and a length.

use crate::entry::answer;
use crate::error::{Failure, hygea_error};
use crate::pointer::{free, slice};
use crate::status::HYGEA_E_UTF8;
use std::ffi::c_char;
use std::fmt;
use std::ptr;

/// Borrowed UTF-8 text without a terminating NUL.
///
/// As an input it is read only while the call runs. As an output it points into the handle that it came from and
/// is valid as long as the comment of the function says. `{NULL, 0}` is no text; as an input it counts as empty.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_str {
    /// The first byte.
    pub ptr: *const c_char,
    /// The number of bytes.
    pub len: usize,
}

/// Borrowed bytes, with the rules of `hygea_str`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_bytes {
    /// The first byte.
    pub ptr: *const u8,
    /// The number of bytes.
    pub len: usize,
}

impl hygea_str {
    /// No text.
    pub(crate) const NONE: Self = Self { ptr: ptr::null(), len: 0 };

    /// Text that lives elsewhere.
    pub(crate) fn of(text: &str) -> Self {
        Self { ptr: text.as_ptr().cast(), len: text.len() }
    }

    /// The text, `what` naming it in the failure.
    ///
    /// # Safety
    /// `ptr` is NULL or points at `len` bytes that nobody changes during `'a`.
    pub(crate) unsafe fn text<'a>(self, what: &str) -> Result<&'a str, Failure> {
        // SAFETY: the caller's promise is the one that `slice` asks for.
        let bytes: &'a [u8] = unsafe { slice(self.ptr.cast(), self.len, what) }?;
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            hygea_error::own(HYGEA_E_UTF8, format!("{what} is to be UTF-8, and is not at byte {at}"))
        })
    }
}

impl hygea_bytes {
    /// Bytes that live elsewhere.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    /// The bytes, `what` naming them in the failure.
    ///
    /// # Safety
    /// `ptr` is NULL or points at `len` bytes that nobody changes during `'a`.
    pub(crate) unsafe fn slice<'a>(self, what: &str) -> Result<&'a [u8], Failure> {
        // SAFETY: the caller's promise is the one that `slice` asks for.
        unsafe { slice(self.ptr, self.len, what) }
    }
}

/// Text that the library made for the host. It never changes.
pub struct hygea_text(String);

/// Shows the length only: texts hold patients' data.
impl fmt::Debug for hygea_text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("hygea_text").field("bytes", &self.0.len()).finish_non_exhaustive()
    }
}

impl From<String> for hygea_text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// The text. Valid until it is freed; `{NULL, 0}` for NULL.
///
/// # Safety
/// `text` is NULL or a text that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_text_view(text: *const hygea_text) -> hygea_str {
    // SAFETY: the caller's promise.
    answer(hygea_str::NONE, || Some(hygea_str::of(&unsafe { text.as_ref() }?.0)))
}

/// Frees a text. NULL is allowed.
///
/// # Safety
/// `text` is NULL or a text that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_text_free(text: *mut hygea_text) {
    // SAFETY: the caller's promise.
    unsafe { free(text) };
}
