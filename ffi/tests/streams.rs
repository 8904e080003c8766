//! Bodies that come and go by callbacks of the host.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    dead_code,
    reason = "each call passes what the test made a line above"
)]

mod host;

use host::{Host, request, taken};
use hygea::*;
use std::ffi::c_void;
use std::ptr;

/// What a reader of the test gives.
struct Source {
    bytes: Vec<u8>,
    at: usize,
    /// Bytes given at once.
    step: usize,
    /// The number returned instead of more bytes, once all are given.
    end: i64,
    /// How often the end was given.
    ends: usize,
}

unsafe extern "C" fn read(user: *mut c_void, buffer: *mut u8, capacity: usize) -> i64 {
    let source = unsafe { &mut *user.cast::<Source>() };
    let rest = &source.bytes[source.at..];
    let count = rest.len().min(source.step).min(capacity);
    if count == 0 {
        source.ends += 1;
        return source.end;
    }
    unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), buffer, count) };
    source.at += count;
    count as i64
}

unsafe extern "C" fn claims_too_much(_: *mut c_void, _: *mut u8, capacity: usize) -> i64 {
    capacity as i64 + 1
}

const PATIENT: &str = r#"{"resourceType":"Patient","name":[{"family":"Streamer"}]}"#;

fn post(host: &Host, reader: &hygea_reader) -> (u16, String) {
    let mut asked = request("POST", "/demo/fhir/r4/Patient", "");
    asked.body_reader = reader;
    let response = host.handle(&asked).unwrap();
    let answer = (unsafe { hygea_response_status(response) }, host::text_of(response));
    unsafe { hygea_response_free(response) };
    answer
}

fn stored(host: &Host) -> String {
    let (status, bundle) = host.ask("GET", "/demo/fhir/r4/Patient?_summary=count", "");
    assert_eq!(status, 200, "{bundle}");
    bundle
}

#[test]
fn a_body_read_piece_by_piece() {
    for step in [1, 7, 4096] {
        let host = Host::open();
        let mut source = Source { bytes: PATIENT.into(), at: 0, step, end: 0, ends: 0 };
        let reader = hygea_reader { user: (&raw mut source).cast(), read: Some(read) };
        let (status, body) = post(&host, &reader);
        assert_eq!(status, 201, "{body}");
        assert!(stored(&host).contains(r#""total":1"#));
        assert_eq!(source.ends, 1, "a reader that ended is not asked again");
    }
}

#[test]
fn readers_that_fail_write_nothing() {
    let host = Host::open();
    let whole = || Source { bytes: PATIENT.into(), at: 0, step: 16, end: -1, ends: 0 };
    let mut fails = whole();
    let readers = [
        hygea_reader { user: (&raw mut fails).cast(), read: Some(read) },
        hygea_reader { user: ptr::null_mut(), read: Some(claims_too_much) },
    ];
    for reader in &readers {
        let (status, body) = post(&host, reader);
        assert_eq!(status, 400, "{body}");
        assert!(body.contains("OperationOutcome"));
    }
    assert!(stored(&host).contains(r#""total":0"#));
}

#[test]
fn a_reader_without_callback_and_two_bodies_are_refused() {
    let host = Host::open();
    let none = hygea_reader { user: ptr::null_mut(), read: None };
    let mut asked = request("POST", "/demo/fhir/r4/Patient", "");
    asked.body_reader = &none;
    assert_eq!(host.handle(&asked).unwrap_err().0, HYGEA_E_NULL);
    let mut asked = request("POST", "/demo/fhir/r4/Patient", PATIENT);
    asked.body_reader = &none;
    assert_eq!(host.handle(&asked).unwrap_err().0, HYGEA_E_ARGUMENT);
}

unsafe extern "C" fn append(user: *mut c_void, part: hygea_bytes) -> i32 {
    let to = unsafe { &mut *user.cast::<Vec<u8>>() };
    to.extend_from_slice(unsafe { std::slice::from_raw_parts(part.ptr, part.len) });
    0
}

unsafe extern "C" fn refuse(_: *mut c_void, _: hygea_bytes) -> i32 {
    5
}

#[test]
fn a_response_is_read_in_pieces_and_the_rest_at_once() {
    let host = Host::open();
    let whole = host.ask("GET", "/demo/fhir/r4/metadata", "").1;
    let response = host.handle(&request("GET", "/demo/fhir/r4/metadata", "")).unwrap();
    assert!(unsafe { hygea_response_body_size(response) } > 100);
    let mut start = [0; 100];
    let mut count = 0;
    let status =
        unsafe { hygea_response_read(response, start.as_mut_ptr(), 100, &mut count, ptr::null_mut()) };
    assert_eq!((status, count), (HYGEA_OK, 100));
    let status = unsafe { hygea_response_read(response, ptr::null_mut(), 0, &mut count, ptr::null_mut()) };
    assert_eq!((status, count), (HYGEA_OK, 0), "no room, no bytes, not the end");
    let mut rest = Vec::<u8>::new();
    let writer = hygea_writer { user: (&raw mut rest).cast(), write: Some(append) };
    assert_eq!(unsafe { hygea_response_write(response, &writer, ptr::null_mut()) }, HYGEA_OK);
    let status =
        unsafe { hygea_response_read(response, start.as_mut_ptr(), 100, &mut count, ptr::null_mut()) };
    assert_eq!((status, count), (HYGEA_DONE, 0));
    // The date of the statement may differ, its length does not.
    assert_eq!(100 + rest.len(), whole.len());
    unsafe { hygea_response_free(response) };
}

#[test]
fn a_writer_that_fails_is_told() {
    let host = Host::open();
    let response = host.handle(&request("GET", "/demo/fhir/r4/metadata", "")).unwrap();
    let writer = hygea_writer { user: ptr::null_mut(), write: Some(refuse) };
    let mut error = ptr::null_mut();
    let status = unsafe { hygea_response_write(response, &writer, &mut error) };
    assert_eq!(taken(status, error), (HYGEA_E_CALLBACK, "a callback failed to write".to_owned()));
    unsafe { hygea_response_free(response) };
}
