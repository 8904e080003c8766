//! The host's side of the border, for the tests: what a C program would write, in Rust.

use hygea::*;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

/// An engine in development mode on a fresh folder.
pub struct Host {
    pub engine: *mut hygea_engine,
    folder: PathBuf,
}

// SAFETY: the header says that any number of threads may use an engine.
unsafe impl Sync for Host {}

impl Host {
    pub fn open() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("hygea-ffi-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Self::over(&folder)
    }

    /// An engine on a folder, which is removed in the end.
    pub fn over(folder: &Path) -> Self {
        let engine = open(folder, HYGEA_ENGINE_DEVELOPMENT).unwrap();
        Self { engine, folder: folder.to_owned() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Frees the engine and leaves its folder.
    pub fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.folder)
    }

    /// Status and body of the answer to a request that has a body at hand.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let response = self.handle(&request(method, path, body)).unwrap();
        let answer = (unsafe { hygea_response_status(response) }, text_of(response));
        unsafe { hygea_response_free(response) };
        answer
    }

    /// The response, or the number and words of the failure.
    pub fn handle(&self, request: &hygea_request) -> Result<*mut hygea_response, (hygea_status, String)> {
        let mut response = ptr::null_mut();
        let mut error = ptr::null_mut();
        let status =
            unsafe { hygea_engine_handle(self.engine, ptr::null(), request, &mut response, &mut error) };
        if status == HYGEA_OK { Ok(response) } else { Err(taken(status, error)) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        unsafe { hygea_engine_free(self.engine) };
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

pub fn open(folder: &Path, flags: u32) -> Result<*mut hygea_engine, (hygea_status, String)> {
    let path = folder.to_str().unwrap();
    let options = hygea_engine_options {
        struct_size: size_of::<hygea_engine_options>(),
        path: text(path),
        flags,
        reserved: 0,
    };
    let mut engine = ptr::null_mut();
    let mut error = ptr::null_mut();
    let status = unsafe { hygea_engine_open(&options, &mut engine, &mut error) };
    if status == HYGEA_OK { Ok(engine) } else { Err(taken(status, error)) }
}

/// A request whose parts must outlive it.
pub fn request(method: &str, path: &str, body: &str) -> hygea_request {
    hygea_request {
        struct_size: size_of::<hygea_request>(),
        method: text(method),
        path: text(path),
        query: text(""),
        headers: ptr::null(),
        header_count: 0,
        body: hygea_bytes { ptr: body.as_ptr(), len: body.len() },
        body_reader: ptr::null(),
    }
}

pub fn text(text: &str) -> hygea_str {
    hygea_str { ptr: text.as_ptr().cast(), len: text.len() }
}

/// A copy of what the library lent.
pub fn copied(text: hygea_str) -> Option<String> {
    if text.ptr.is_null() {
        return None;
    }
    let bytes = unsafe { std::slice::from_raw_parts(text.ptr.cast::<u8>(), text.len) };
    Some(std::str::from_utf8(bytes).unwrap().to_owned())
}

/// The body that is left.
pub fn text_of(response: *mut hygea_response) -> String {
    let mut body = hygea_bytes { ptr: ptr::null(), len: 0 };
    let status = unsafe { hygea_response_body(response, &mut body, ptr::null_mut()) };
    assert_eq!(status, HYGEA_OK);
    let bytes = unsafe { std::slice::from_raw_parts(body.ptr, body.len) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Number and words of an error, which is freed; the number is the one that the call returned.
pub fn taken(status: hygea_status, error: *mut hygea_error) -> (hygea_status, String) {
    assert!(!error.is_null(), "status {status} without an error");
    let (code, message) = unsafe { (hygea_error_code(error), copied(hygea_error_message(error)).unwrap()) };
    let outcome = copied(unsafe { hygea_error_outcome(error) }).unwrap();
    unsafe { hygea_error_free(error) };
    assert_eq!(code, status);
    assert!(
        outcome.starts_with(r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error""#),
        "{outcome}"
    );
    (status, message)
}

/// All rows, which are freed.
pub fn rows_of(rows: *mut hygea_rows) -> Vec<String> {
    let mut all = Vec::new();
    let mut row = text("");
    loop {
        match unsafe { hygea_rows_next(rows, &mut row, ptr::null_mut()) } {
            HYGEA_OK => all.push(copied(row).unwrap()),
            status => {
                assert_eq!(status, HYGEA_DONE);
                unsafe { hygea_rows_free(rows) };
                return all;
            }
        }
    }
}

/// An element in explicit VR, little endian.
pub fn element(tag: (u16, u16), vr: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    bytes.extend_from_slice(vr.as_bytes());
    if vr == "OW" {
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
    } else {
        bytes.extend_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
    }
    bytes.extend_from_slice(value);
    bytes
}

/// A file of these elements, with preamble and meta information, in explicit VR, little endian.
pub fn dicom_file(elements: &[Vec<u8>]) -> Vec<u8> {
    let syntax = element((2, 0x10), "UI", b"1.2.840.10008.1.2.1\0");
    let length = u32::try_from(syntax.len()).unwrap().to_le_bytes();
    let mut file = vec![0; 128];
    file.extend_from_slice(b"DICM");
    file.extend_from_slice(&element((2, 0), "UL", &length));
    file.extend_from_slice(&syntax);
    elements.iter().for_each(|element| file.extend_from_slice(element));
    file
}
