//! What the engine answers: status, headers, and a body at hand or read piece by piece.

use crate::entry::{Poison, answer, entry, ok};
use crate::error::{Failure, hygea_error};
use crate::pointer::{Out, exclusive, free, shared};
use crate::request::hygea_header;
use crate::status::{HYGEA_DONE, HYGEA_E_BROKEN, HYGEA_E_NULL, HYGEA_OK, hygea_status};
use crate::stream::{HostWriter, hygea_writer};
use crate::text::{hygea_bytes, hygea_str};
use hygea_service::{Content, Headers, Response};
use std::io::{self, Read};

/// The bytes that a writer gets at once.
const PIECE: usize = 64 * 1024;

/// The answer to a request.
///
/// Functions that take a `const hygea_response *` may run on several threads at once; the others need it for
/// themselves. A response may outlive its engine.
#[derive(Debug)]
pub struct hygea_response {
    status: u16,
    headers: Headers,
    body: Content,
    /// Bytes of `body` that were handed out, if it is at hand.
    taken: usize,
    poison: Poison,
}

impl From<Response> for hygea_response {
    fn from(response: Response) -> Self {
        let (status, headers, body) = response.into_parts();
        Self { status, headers, body, taken: 0, poison: Poison::default() }
    }
}

impl hygea_response {
    /// The rest of the body; a stream is read to its end first.
    fn rest(&mut self) -> Result<&[u8], Failure> {
        let Self { body, poison, .. } = self;
        if let Content::Reader(reader, length) = body {
            let room = length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
            let mut bytes = Vec::new();
            // The length is only announced: it makes room if there is room.
            let _ = bytes.try_reserve(room);
            poison.guard(|| reader.read_to_end(&mut bytes).map_err(|_| broken()))?;
            *body = Content::Bytes(bytes);
        }
        match body {
            Content::Bytes(bytes) => Ok(bytes.get(self.taken..).unwrap_or_default()),
            Content::Reader(..) => Ok(&[]),
        }
    }

    /// The next bytes of the body; none at its end.
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let Self { body, poison, taken, .. } = self;
        match body {
            Content::Bytes(bytes) => {
                let mut rest = bytes.get(*taken..).unwrap_or_default();
                let count = rest.read(buffer).map_err(|_| broken())?;
                *taken += count;
                Ok(count)
            }
            Content::Reader(reader, _) => poison.guard(|| {
                loop {
                    match reader.read(buffer) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        read => break read.map_err(|_| broken()),
                    }
                }
            }),
        }
    }
}

fn broken() -> Failure {
    hygea_error::own(HYGEA_E_BROKEN, "the body of the response broke off")
}

/// The HTTP status, like 200; 0 for NULL.
///
/// # Safety
/// `response` is NULL or a response that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_status(response: *const hygea_response) -> u16 {
    // SAFETY: the caller's promise.
    answer(0, || Some(unsafe { response.as_ref() }?.status))
}

/// The number of header fields; 0 for NULL.
///
/// # Safety
/// `response` is NULL or a response that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_header_count(response: *const hygea_response) -> usize {
    // SAFETY: the caller's promise.
    answer(0, || Some(unsafe { response.as_ref() }?.headers.len()))
}

/// Header field number `index`, counted from 0; its name is in lower case. Valid until the response is freed; both
/// parts are `{NULL, 0}` if there is none.
///
/// # Safety
/// `response` is NULL or a response that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_header_at(
    response: *const hygea_response,
    index: usize,
) -> hygea_header {
    answer(hygea_header { name: hygea_str::NONE, value: hygea_str::NONE }, || {
        // SAFETY: the caller's promise.
        let (name, value) = unsafe { response.as_ref() }?.headers.iter().nth(index)?;
        Some(hygea_header { name: hygea_str::of(name), value: hygea_str::of(value) })
    })
}

/// The value of the first header field of a name, which is compared without regard to case. Valid until the response
/// is freed; `{NULL, 0}` if there is none.
///
/// # Safety
/// `response` is NULL or a response that was not freed; `name` is borrowed text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_header(
    response: *const hygea_response,
    name: hygea_str,
) -> hygea_str {
    answer(hygea_str::NONE, || {
        // SAFETY: the caller's promise.
        let (response, name) = unsafe { (response.as_ref()?, name.text("name").ok()?) };
        Some(hygea_str::of(response.headers.first(name)?))
    })
}

/// The size of the whole body in bytes, -1 if it is not known before it is read; 0 for NULL.
///
/// # Safety
/// `response` is NULL or a response that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_body_size(response: *const hygea_response) -> i64 {
    // SAFETY: the caller's promise.
    answer(0, || match &unsafe { response.as_ref() }?.body {
        Content::Bytes(bytes) => i64::try_from(bytes.len()).ok(),
        Content::Reader(_, length) => {
            Some(length.and_then(|length| i64::try_from(length).ok()).unwrap_or(-1))
        }
    })
}

/// The body, as far as `hygea_response_read` has not handed it out. A large content that comes as a stream is read
/// into memory first: use `hygea_response_read` where that matters. `*out` is valid until the response is freed.
///
/// Fails with `HYGEA_E_BROKEN` if a stream breaks off.
///
/// # Safety
/// `response` is NULL or a response that nobody else uses now; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_body(
    response: *mut hygea_response,
    out: *mut hygea_bytes,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let response = exclusive(response, "response")?;
            let out = Out::new(out)?;
            out.put(hygea_bytes::of(response.rest()?));
            ok()
        })
    }
}

/// Reads the next bytes of the body, at most `capacity`, into `buffer`, and puts their number into `*out`. Returns
/// `HYGEA_OK` while there are bytes and `HYGEA_DONE`, with `*out` 0, at the end.
///
/// Fails with `HYGEA_E_BROKEN` if the content breaks off.
///
/// # Safety
/// `response` is NULL or a response that nobody else uses now; `buffer` has room for `capacity` bytes; `out` and
/// `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_read(
    response: *mut hygea_response,
    buffer: *mut u8,
    capacity: usize,
    out: *mut usize,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let response = exclusive(response, "response")?;
            let out = Out::new(out)?;
            let count = response.next(room(buffer, capacity)?)?;
            out.put(count);
            Ok(if count == 0 && capacity > 0 { HYGEA_DONE } else { HYGEA_OK })
        })
    }
}

/// Gives what is left of the body to a writer, piece by piece; a streamed content is never held whole.
///
/// Fails with `HYGEA_E_BROKEN` if the content breaks off, and with `HYGEA_E_CALLBACK` if the writer fails.
///
/// # Safety
/// `response` is NULL or a response that nobody else uses now; `to` is NULL or a writer as its type describes it;
/// `err` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_write(
    response: *mut hygea_response,
    to: *const hygea_writer,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let response = exclusive(response, "response")?;
            let mut to = HostWriter::new(*shared(to, "to")?)?;
            let mut piece = vec![0; PIECE];
            loop {
                match response.next(&mut piece)? {
                    0 => return ok(),
                    count => to.write(piece.get(..count).unwrap_or_default())?,
                }
            }
        })
    }
}

/// Frees a response and closes what its body reads from. NULL is allowed.
///
/// # Safety
/// `response` is NULL or a response that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_response_free(response: *mut hygea_response) {
    // SAFETY: the caller's promise.
    unsafe { free(response) };
}

/// The buffer of the host.
///
/// # Safety
/// `buffer` is NULL or has room for `capacity` bytes that nobody else uses during `'a`.
unsafe fn room<'a>(buffer: *mut u8, capacity: usize) -> Result<&'a mut [u8], Failure> {
    if capacity == 0 {
        return Ok(&mut []);
    }
    if buffer.is_null() {
        return Err(hygea_error::own(HYGEA_E_NULL, "buffer must not be NULL"));
    }
    // No object is larger than isize::MAX bytes; a host that says so has at least that many.
    let capacity = capacity.min(isize::MAX.unsigned_abs());
    // SAFETY: the caller promises the room; it is filled first, because a slice is of initialised bytes.
    unsafe {
        buffer.write_bytes(0, capacity);
        Ok(std::slice::from_raw_parts_mut(buffer, capacity))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::undocumented_unsafe_blocks, reason = "each call passes what the test made a line above")]

    use super::*;
    use crate::status::{HYGEA_E_PANIC, HYGEA_E_POISONED};
    use std::ptr;

    /// A content that gives some pieces and then ends, breaks off or meets a defect.
    struct Pieces(Vec<&'static str>, End);

    enum End {
        Whole,
        Broken,
        Defect,
    }

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match (self.0.pop(), &self.1) {
                (Some("interrupted"), _) => Err(io::ErrorKind::Interrupted.into()),
                (Some(piece), _) => (&mut piece.as_bytes()).read(buffer),
                (None, End::Whole) => Ok(0),
                (None, End::Broken) => Err(io::ErrorKind::ConnectionReset.into()),
                (None, End::Defect) => panic!("a defect of the content"),
            }
        }
    }

    fn streamed(end: End, length: Option<u64>) -> hygea_response {
        let pieces = Pieces(vec!["cd", "interrupted", "ab"], end);
        Response::new(200).stream("text/plain", Box::new(pieces), length).into()
    }

    fn body(response: &mut hygea_response) -> (hygea_status, String) {
        let mut bytes = hygea_bytes { ptr: ptr::null(), len: 0 };
        let status = unsafe { hygea_response_body(response, &mut bytes, ptr::null_mut()) };
        let text = unsafe { bytes.slice("body") }.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        (status, text.unwrap_or_default())
    }

    fn piece(response: &mut hygea_response) -> (hygea_status, String) {
        let (mut buffer, mut count) = ([0; 8], 0);
        let status = unsafe {
            hygea_response_read(response, buffer.as_mut_ptr(), buffer.len(), &mut count, ptr::null_mut())
        };
        (status, String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()).into_owned())
    }

    #[test]
    fn a_stream_in_pieces_and_its_rest() {
        let mut response = streamed(End::Whole, Some(4));
        assert_eq!(unsafe { hygea_response_body_size(&response) }, 4);
        assert_eq!(piece(&mut response), (HYGEA_OK, "ab".to_owned()));
        assert_eq!(body(&mut response), (HYGEA_OK, "cd".to_owned()));
        assert_eq!(piece(&mut response), (HYGEA_OK, "cd".to_owned()), "what body lent is still to be read");
        assert_eq!(piece(&mut response), (HYGEA_DONE, String::new()));
        assert_eq!(body(&mut response), (HYGEA_OK, String::new()));
    }

    #[test]
    fn a_length_that_is_not_known_and_one_that_is_not_true() {
        assert_eq!(unsafe { hygea_response_body_size(&streamed(End::Whole, None)) }, -1);
        assert_eq!(body(&mut streamed(End::Whole, Some(u64::MAX))), (HYGEA_OK, "abcd".to_owned()));
    }

    #[test]
    fn a_stream_that_breaks_off() {
        assert_eq!(body(&mut streamed(End::Broken, Some(8))).0, HYGEA_E_BROKEN);
        let mut response = streamed(End::Broken, Some(8));
        assert_eq!(piece(&mut response).0, HYGEA_OK);
        assert_eq!(piece(&mut response).0, HYGEA_OK);
        assert_eq!(piece(&mut response).0, HYGEA_E_BROKEN);
    }

    #[test]
    fn a_defect_poisons_the_response() {
        let mut response = streamed(End::Defect, None);
        assert_eq!(body(&mut response).0, HYGEA_E_PANIC);
        assert_eq!(piece(&mut response).0, HYGEA_E_POISONED);
        assert_eq!(unsafe { hygea_response_status(&response) }, 200, "its other parts are whole");
    }
}
