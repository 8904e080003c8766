//! A DICOM instance on its way through the main door: stored from a stream, and read back as one.

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

use host::{Host, copied, dicom_file, element, request, text};
use hygea::*;
use std::ffi::c_void;
use std::ptr;

const STUDIES: &str = "/demo/dicom/images/v2/studies";

fn instance() -> Vec<u8> {
    let pixels: Vec<u8> = (0..60_000_u32).map(|at| (at % 251) as u8).collect();
    dicom_file(&[
        element((8, 0x16), "UI", b"1.2.840.10008.5.1.4.1.1.7\0"),
        element((8, 0x18), "UI", b"1.2.3.30"),
        element((8, 0x60), "CS", b"CT"),
        element((0x10, 0x20), "LO", b"4711"),
        element((0x20, 0x0d), "UI", b"1.2.3.10"),
        element((0x20, 0x0e), "UI", b"1.2.3.20"),
        element((0x28, 0x02), "US", &[1, 0]),
        element((0x28, 0x10), "US", &[100, 0]),
        element((0x28, 0x11), "US", &[44, 1]),
        element((0x28, 0x100), "US", &[16, 0]),
        element((0x7fe0, 0x10), "OW", &pixels),
    ])
}

struct Source {
    bytes: Vec<u8>,
    at: usize,
}

unsafe extern "C" fn read(user: *mut c_void, buffer: *mut u8, capacity: usize) -> i64 {
    let source = unsafe { &mut *user.cast::<Source>() };
    let count = (source.bytes.len() - source.at).min(capacity).min(1000);
    unsafe { ptr::copy_nonoverlapping(source.bytes[source.at..].as_ptr(), buffer, count) };
    source.at += count;
    count as i64
}

/// Stores the instance from a reader.
fn store(host: &Host, file: &[u8]) {
    let mut body = b"--B\r\nContent-Type: application/dicom\r\n\r\n".to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--B--\r\n");
    let mut source = Source { bytes: body, at: 0 };
    let reader = hygea_reader { user: (&raw mut source).cast(), read: Some(read) };
    let kind = "multipart/related; type=\"application/dicom\"; boundary=B";
    let headers = [hygea_header { name: text("content-type"), value: text(kind) }];
    let mut asked = request("POST", STUDIES, "");
    asked.body_reader = &reader;
    asked.headers = headers.as_ptr();
    asked.header_count = headers.len();
    let response = host.handle(&asked).unwrap();
    let body = host::text_of(response);
    assert_eq!(unsafe { hygea_response_status(response) }, 200, "{body}");
    unsafe { hygea_response_free(response) };
}

#[test]
fn an_instance_comes_back_piece_by_piece_even_after_the_engine_is_gone() {
    let host = Host::open();
    let file = instance();
    store(&host, &file);
    let path = format!("{STUDIES}/1.2.3.10/series/1.2.3.20/instances/1.2.3.30");
    let accept = "application/dicom; transfer-syntax=*";
    let headers = [hygea_header { name: text("accept"), value: text(accept) }];
    let mut asked = request("GET", &path, "");
    asked.headers = headers.as_ptr();
    asked.header_count = headers.len();
    let response = host.handle(&asked).unwrap();
    let folder = host.keep();
    let kind = copied(unsafe { hygea_response_header(response, text("content-type")) }).unwrap();
    assert!(kind.starts_with("application/dicom"), "{kind}");
    assert_eq!(unsafe { hygea_response_body_size(response) }, file.len() as i64);
    let (mut whole, mut buffer, mut count) = (Vec::new(), [0; 1000], 0);
    loop {
        let status = unsafe {
            hygea_response_read(response, buffer.as_mut_ptr(), buffer.len(), &mut count, ptr::null_mut())
        };
        if status == HYGEA_DONE {
            break;
        }
        assert_eq!(status, HYGEA_OK);
        whole.extend_from_slice(&buffer[..count]);
    }
    unsafe { hygea_response_free(response) };
    assert!(whole == file, "{} bytes came back of {}", whole.len(), file.len());
    std::fs::remove_dir_all(folder).unwrap();
}
