//! DICOM files across the border.

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

use host::{copied, dicom_file, element, taken};
use hygea::*;
use std::ffi::c_void;
use std::ptr;

/// A small file: preamble, meta information, a name in Latin-1 and four pixels.
fn file() -> Vec<u8> {
    dicom_file(&[
        element((8, 5), "CS", b"ISO_IR 100"),
        element((8, 0x60), "CS", b"CT"),
        element((0x10, 0x10), "PN", b"M\xfcller"),
        element((0x7fe0, 0x10), "OW", &[1, 0, 2, 0]),
    ])
}

struct Source {
    bytes: Vec<u8>,
    at: usize,
    end: i64,
}

unsafe extern "C" fn read(user: *mut c_void, buffer: *mut u8, capacity: usize) -> i64 {
    let source = unsafe { &mut *user.cast::<Source>() };
    let count = (source.bytes.len() - source.at).min(capacity).min(100);
    if count == 0 {
        return source.end;
    }
    unsafe { ptr::copy_nonoverlapping(source.bytes[source.at..].as_ptr(), buffer, count) };
    source.at += count;
    count as i64
}

type Read = Result<*mut hygea_dataset, (hygea_status, String)>;

fn parse(bytes: &[u8], flags: u32) -> Read {
    let (mut dataset, mut error) = (ptr::null_mut(), ptr::null_mut());
    let bytes = hygea_bytes { ptr: bytes.as_ptr(), len: bytes.len() };
    let status = unsafe { hygea_dataset_parse(bytes, flags, &mut dataset, &mut error) };
    if status == HYGEA_OK { Ok(dataset) } else { Err(taken(status, error)) }
}

fn stream(bytes: Vec<u8>, end: i64, flags: u32) -> Read {
    let mut source = Source { bytes, at: 0, end };
    let reader = hygea_reader { user: (&raw mut source).cast(), read: Some(read) };
    let (mut dataset, mut error) = (ptr::null_mut(), ptr::null_mut());
    let status = unsafe { hygea_dataset_read(&reader, flags, &mut dataset, &mut error) };
    if status == HYGEA_OK { Ok(dataset) } else { Err(taken(status, error)) }
}

/// The JSON of a data set, which is freed.
fn json(dataset: *mut hygea_dataset, flags: u32) -> String {
    let mut text = ptr::null_mut();
    unsafe {
        assert_eq!(copied(hygea_dataset_transfer_syntax(dataset)).as_deref(), Some("1.2.840.10008.1.2.1"));
        assert_eq!(hygea_dataset_json(dataset, flags, &mut text, ptr::null_mut()), HYGEA_OK);
        let json = copied(hygea_text_view(text)).unwrap();
        hygea_text_free(text);
        hygea_dataset_free(dataset);
        json
    }
}

#[test]
fn a_file_from_memory_and_from_a_stream_is_the_same() {
    let whole = json(parse(&file(), 0).unwrap(), 0);
    assert!(whole.contains("Müller") && whole.contains("\"InlineBinary\":\"AQACAA==\""), "{whole}");
    assert_eq!(json(stream(file(), 0, 0).unwrap(), 0), whole);
}

#[test]
fn the_header_alone() {
    for dataset in
        [parse(&file(), HYGEA_DATASET_HEADER).unwrap(), stream(file(), 0, HYGEA_DATASET_HEADER).unwrap()]
    {
        let header = json(dataset, 0);
        assert!(header.contains("Müller") && !header.contains("7FE00010"), "{header}");
    }
    let without = json(parse(&file(), 0).unwrap(), HYGEA_DATASET_OMIT_BINARY);
    assert!(!without.contains("InlineBinary"), "{without}");
}

#[test]
fn what_is_no_dicom_and_what_is_cut() {
    let (status, _) = parse(b"no DICOM at all, but some text that is long enough", 0).unwrap_err();
    assert!((400..500).contains(&status), "{status}");
    let cut = file().len() - 3;
    assert_eq!(parse(&file()[..cut], 0).unwrap_err().0, HYGEA_E_DICOM_TRUNCATED);
    assert_eq!(stream(file()[..cut].to_vec(), 0, 0).unwrap_err().0, HYGEA_E_DICOM_TRUNCATED);
}

#[test]
fn readers_that_fail_and_flags_that_are_none() {
    for flags in [0, HYGEA_DATASET_HEADER] {
        assert_eq!(stream(file()[..200].to_vec(), -1, flags).unwrap_err().0, HYGEA_E_CALLBACK);
    }
    assert_eq!(parse(&file(), 1 << 20).unwrap_err().0, HYGEA_E_ARGUMENT);
    let dataset = parse(&file(), 0).unwrap();
    let mut text = ptr::null_mut();
    unsafe {
        assert_eq!(hygea_dataset_json(dataset, 8, &mut text, ptr::null_mut()), HYGEA_E_ARGUMENT);
        hygea_dataset_free(dataset);
        hygea_dataset_free(ptr::null_mut());
        assert!(hygea_dataset_transfer_syntax(ptr::null()).ptr.is_null());
    }
}
