//! What the host asks of the engine: HTTP's parts without a socket (RFC 9110).

use crate::error::{Failure, hygea_error};
use crate::pointer::{shared, slice};
use crate::sized::{Growing, sized};
use crate::status::{HYGEA_E_ARGUMENT, HYGEA_E_METHOD};
use crate::stream::{HostReader, hygea_reader};
use crate::text::{hygea_bytes, hygea_str};
use hygea_service::{Body, Call, Method, Request};
use std::borrow::Cow;
use std::mem::offset_of;

const MAX_HEADERS: usize = 1024;

/// One header field.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_header {
    /// The name; compared without regard to case.
    pub name: hygea_str,
    /// The value.
    pub value: hygea_str,
}

/// The circumstances of one call of the engine. Begin with all bytes zero and set `struct_size`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_call {
    /// `sizeof(hygea_call)`.
    pub struct_size: usize,
    /// Scheme and host under which callers reach the engine, like `https://records.example`: addresses in answers
    /// start with it. Empty: what the `host` header of the request says.
    pub base_url: hygea_str,
    /// An id that the audit record of the call carries. Empty: none.
    pub correlation_id: hygea_str,
    /// The network address of the caller, for the audit record. Empty: none.
    pub remote_address: hygea_str,
}

/// One request. Begin with all bytes zero and set `struct_size`; everything that it points at is read only while
/// the call runs.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hygea_request {
    /// `sizeof(hygea_request)`.
    pub struct_size: usize,
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`, in capitals.
    pub method: hygea_str,
    /// The path, percent-encoded as in HTTP, like `/demo/fhir/r4/Patient`. It may carry the query behind a question
    /// mark; `query` is left empty then.
    pub path: hygea_str,
    /// The query without its question mark, percent-encoded as in HTTP.
    pub query: hygea_str,
    /// The header fields.
    pub headers: *const hygea_header,
    /// The number of header fields, at most 1,024.
    pub header_count: usize,
    /// The body, if it is at hand.
    pub body: hygea_bytes,
    /// The body as a stream, if `body` is empty; NULL for none. A reader that fails makes the request fail as one whose
    /// body broke off: the response says so, and nothing is written.
    pub body_reader: *const hygea_reader,
}

// SAFETY: both are `repr(C)`, begin with `struct_size`, and consist of numbers and pointers, for which zero is valid.
unsafe impl Growing for hygea_call {
    const FIRST_SIZE: usize = offset_of!(Self, remote_address) + size_of::<hygea_str>();
}

// SAFETY: as above.
unsafe impl Growing for hygea_request {
    const FIRST_SIZE: usize = offset_of!(Self, body_reader) + size_of::<*const hygea_reader>();
}

/// # Safety
/// `call` is NULL or a structure as `hygea_call` describes it.
pub(crate) unsafe fn read_call(call: *const hygea_call) -> Result<Call, Failure> {
    if call.is_null() {
        return Ok(Call::new());
    }
    // SAFETY: the caller's promise covers the structure and the texts in it.
    let (base_url, correlation, remote) = unsafe {
        let call = sized(call, "call")?;
        let base_url = call.base_url.text("call.base_url")?;
        (
            base_url,
            call.correlation_id.text("call.correlation_id")?,
            call.remote_address.text("call.remote_address")?,
        )
    };
    let mut call = Call::new();
    if !base_url.is_empty() {
        call = call.base_url(base_url);
    }
    if !correlation.is_empty() {
        call = call.correlation(correlation);
    }
    if !remote.is_empty() {
        call = call.remote(remote);
    }
    Ok(call)
}

/// The parts of a request, still where the host put them.
pub(crate) struct Parts<'a> {
    method: Method,
    target: Cow<'a, str>,
    headers: &'a [hygea_header],
    body: Body<'a>,
}

impl<'a> Parts<'a> {
    /// # Safety
    /// `request` is NULL or a structure as `hygea_request` describes it, left alone during `'a`.
    pub(crate) unsafe fn read(request: *const hygea_request) -> Result<Self, Failure> {
        // SAFETY: the caller's promise covers the structure and all that it points at.
        unsafe {
            let request = sized(request, "request")?;
            let method = Method::parse(request.method.text("request.method")?).ok_or_else(|| {
                hygea_error::own(
                    HYGEA_E_METHOD,
                    "request.method is to be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS",
                )
            })?;
            let target = target(request.path.text("request.path")?, request.query.text("request.query")?)?;
            if request.header_count > MAX_HEADERS {
                return Err(hygea_error::own(
                    HYGEA_E_ARGUMENT,
                    format!("a request has at most {MAX_HEADERS} headers"),
                ));
            }
            let headers = slice(request.headers, request.header_count, "request.headers")?;
            Ok(Self { method, target, headers, body: body(&request)? })
        }
    }

    /// The request as the engine takes it.
    ///
    /// # Safety
    /// As for [`Parts::read`]: the texts of the headers are still there.
    pub(crate) unsafe fn request(&mut self) -> Result<Request<'_>, Failure> {
        let mut request = Request::new(self.method, &self.target).body(std::mem::take(&mut self.body));
        for header in self.headers {
            // SAFETY: the caller's promise.
            let (name, value) =
                unsafe { (header.name.text("a header's name")?, header.value.text("a header's value")?) };
            request = request.header(name, value);
        }
        Ok(request)
    }
}

fn target<'a>(path: &'a str, query: &str) -> Result<Cow<'a, str>, Failure> {
    match (query.is_empty(), path.contains('?')) {
        (true, _) => Ok(Cow::Borrowed(path)),
        (false, false) => Ok(Cow::Owned(format!("{path}?{query}"))),
        (false, true) => Err(hygea_error::own(
            HYGEA_E_ARGUMENT,
            "request.path has a query of its own beside request.query",
        )),
    }
}

/// # Safety
/// What the request points at is left alone during `'a`.
unsafe fn body<'a>(request: &hygea_request) -> Result<Body<'a>, Failure> {
    // SAFETY: the caller's promise.
    unsafe {
        let bytes = request.body.slice("request.body")?;
        match (bytes.is_empty(), request.body_reader.is_null()) {
            (true, true) => Ok(Body::Empty),
            (false, true) => Ok(Body::Bytes(Cow::Borrowed(bytes))),
            (true, false) => {
                let reader = *shared(request.body_reader, "request.body_reader")?;
                Ok(Body::Reader(Box::new(HostReader::new(reader)?)))
            }
            (false, false) => Err(hygea_error::own(
                HYGEA_E_ARGUMENT,
                "a request has request.body or request.body_reader, not both",
            )),
        }
    }
}
