//! Streams by callbacks: the host gives or takes bytes while a call runs.

use crate::error::{Failure, hygea_error};
use crate::status::{HYGEA_E_CALLBACK, HYGEA_E_NULL};
use crate::text::hygea_bytes;
use std::ffi::c_void;
use std::io;

/// Bytes that the host gives piece by piece.
///
/// The library calls `read` only while the function runs that was given the reader, one call at a time, though
/// perhaps from another thread than the one that called the function. `read` must not throw, unwind or jump out.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_reader {
    /// Handed to each call of `read`; the library does not look at it.
    pub user: *mut c_void,
    /// Writes at most `capacity` bytes to `buffer` and returns how many: 0 at the end, a negative number for a failure.
    pub read: Option<unsafe extern "C" fn(user: *mut c_void, buffer: *mut u8, capacity: usize) -> i64>,
}

/// Bytes that the host takes piece by piece.
///
/// The library calls `write` only while the function runs that was given the writer, one call at a time and from
/// the same thread. `write` must not throw, unwind or jump out.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_writer {
    /// Handed to each call of `write`; the library does not look at it.
    pub user: *mut c_void,
    /// Takes all bytes of `part`, which are valid only during the call, and returns 0, or another number for a failure.
    pub write: Option<unsafe extern "C" fn(user: *mut c_void, part: hygea_bytes) -> i32>,
}

/// A reader of the host as Rust reads.
pub(crate) struct HostReader {
    user: *mut c_void,
    read: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> i64,
    ended: bool,
}

// SAFETY: the comment of `hygea_reader` tells the host that `read` may be called from another thread; calls
// never overlap, because reading takes `&mut self`.
unsafe impl Send for HostReader {}

impl HostReader {
    /// # Safety
    /// The callback keeps the promises of `hygea_reader` until the call of the border returns.
    pub(crate) unsafe fn new(reader: hygea_reader) -> Result<Self, Failure> {
        let read =
            reader.read.ok_or_else(|| hygea_error::own(HYGEA_E_NULL, "read of a reader must not be NULL"))?;
        Ok(Self { user: reader.user, read, ended: false })
    }
}

impl io::Read for HostReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        // SAFETY: `new` was promised a callback that writes at most this many bytes here.
        let count = unsafe { (self.read)(self.user, buffer.as_mut_ptr(), buffer.len()) };
        self.ended = count <= 0;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= buffer.len())
            .ok_or_else(|| io::Error::other("a callback failed to read"))
    }
}

/// A writer of the host as Rust writes.
pub(crate) struct HostWriter {
    user: *mut c_void,
    write: unsafe extern "C" fn(*mut c_void, hygea_bytes) -> i32,
}

impl HostWriter {
    /// # Safety
    /// The callback keeps the promises of `hygea_writer` until the call of the border returns.
    pub(crate) unsafe fn new(writer: hygea_writer) -> Result<Self, Failure> {
        let write = writer
            .write
            .ok_or_else(|| hygea_error::own(HYGEA_E_NULL, "write of a writer must not be NULL"))?;
        Ok(Self { user: writer.user, write })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        // SAFETY: `new` was promised a callback that only reads these bytes.
        match unsafe { (self.write)(self.user, hygea_bytes::of(bytes)) } {
            0 => Ok(()),
            _ => Err(hygea_error::own(HYGEA_E_CALLBACK, "a callback failed to write")),
        }
    }
}
