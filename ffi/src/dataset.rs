//! DICOM: files read, and written as the DICOM JSON model (PS3.18 annex F).

use crate::entry::{answer, entry, ok};
use crate::error::{Failure, hygea_error};
use crate::pointer::{Out, free, shared};
use crate::status::{HYGEA_E_ARGUMENT, HYGEA_E_CALLBACK, hygea_status};
use crate::stream::{HostReader, hygea_reader};
use crate::text::{hygea_bytes, hygea_str, hygea_text};
use hygea_dicom::json::Bulk;
use hygea_dicom::{File, HeaderReader, ReadOptions};
use std::io::Read;

/// For `hygea_dataset_parse` and `hygea_dataset_read`: stop before the pixel data.
pub const HYGEA_DATASET_HEADER: u32 = 1;
/// For `hygea_dataset_json`: leave binary values and pixel data out.
pub const HYGEA_DATASET_OMIT_BINARY: u32 = 1;

/// The longest header that is read from a stream, in bytes.
const MAX_HEADER: usize = 512 << 20;
/// The longest file that is read from a stream, in bytes.
const MAX_FILE: u64 = 4 << 30;

/// One DICOM file. It never changes, so that any number of threads may use it at once.
#[derive(Debug)]
pub struct hygea_dataset {
    file: File<'static>,
}

impl hygea_dataset {
    fn parse(bytes: &[u8], flags: u32) -> Result<Self, Failure> {
        let options = ReadOptions::new();
        let options = if header_only(flags)? { options.stop_before_pixels() } else { options };
        Ok(Self { file: File::from_vec(bytes.to_vec(), &options)? })
    }

    fn read(mut from: HostReader, flags: u32) -> Result<Self, Failure> {
        if header_only(flags)? {
            return Self::read_header(from);
        }
        let mut bytes = Vec::new();
        let count = from.by_ref().take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|_| failed_to_read())?;
        if u64::try_from(count).is_ok_and(|count| count > MAX_FILE) {
            return Err(hygea_error::own(HYGEA_E_ARGUMENT, format!("a file has at most {MAX_FILE} bytes")));
        }
        Ok(Self { file: File::from_vec(bytes, &ReadOptions::new())? })
    }

    fn read_header(mut from: HostReader) -> Result<Self, Failure> {
        let mut header = HeaderReader::new(ReadOptions::new(), MAX_HEADER);
        let mut piece = vec![0; 16 << 10];
        loop {
            let count = from.read(&mut piece).map_err(|_| failed_to_read())?;
            if count == 0 || header.push(piece.get(..count).unwrap_or_default())? {
                return Ok(Self { file: header.finish()? });
            }
        }
    }
}

fn header_only(flags: u32) -> Result<bool, Failure> {
    match flags {
        0 => Ok(false),
        HYGEA_DATASET_HEADER => Ok(true),
        _ => Err(unknown_flags()),
    }
}

fn unknown_flags() -> Failure {
    hygea_error::own(HYGEA_E_ARGUMENT, "flags that this version of the library does not know")
}

fn failed_to_read() -> Failure {
    hygea_error::own(HYGEA_E_CALLBACK, "a callback failed to read")
}

/// Reads a DICOM file, or a bare data set, that is in memory; its bytes are copied. `flags` is 0 or
/// `HYGEA_DATASET_HEADER`. The host owns `*out` and frees it by `hygea_dataset_free`.
///
/// # Safety
/// `file` is borrowed bytes; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_dataset_parse(
    file: hygea_bytes,
    flags: u32,
    out: *mut *mut hygea_dataset,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let file = file.slice("file")?;
            let out = Out::new(out)?;
            out.hand_over(hygea_dataset::parse(file, flags)?);
            ok()
        })
    }
}

/// Reads a DICOM file, or a bare data set, from a reader: at most 4 GiB, and with `HYGEA_DATASET_HEADER` little more
/// than what stands before the pixel data. The host owns `*out` and frees it by `hygea_dataset_free`.
///
/// Fails with `HYGEA_E_CALLBACK` if the reader fails.
///
/// # Safety
/// `from` is NULL or a reader as its type describes it; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_dataset_read(
    from: *const hygea_reader,
    flags: u32,
    out: *mut *mut hygea_dataset,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let from = HostReader::new(*shared(from, "from")?)?;
            let out = Out::new(out)?;
            out.hand_over(hygea_dataset::read(from, flags)?);
            ok()
        })
    }
}

/// The UID of the transfer syntax. Valid until the data set is freed; `{NULL, 0}` for NULL.
///
/// # Safety
/// `dataset` is NULL or a data set that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_dataset_transfer_syntax(dataset: *const hygea_dataset) -> hygea_str {
    // SAFETY: the caller's promise.
    answer(hygea_str::NONE, || Some(hygea_str::of(unsafe { dataset.as_ref() }?.file.transfer_syntax().uid())))
}

/// The data set in the DICOM JSON model, text decoded to UTF-8. `flags` is 0, which gives binary values as
/// `InlineBinary`, or `HYGEA_DATASET_OMIT_BINARY`. The host owns `*out` and frees it by `hygea_text_free`.
///
/// # Safety
/// `dataset` is NULL or a data set that was not freed; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_dataset_json(
    dataset: *const hygea_dataset,
    flags: u32,
    out: *mut *mut hygea_text,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let dataset = shared(dataset, "dataset")?;
            let bulk = match flags {
                0 => Bulk::Inline,
                HYGEA_DATASET_OMIT_BINARY => Bulk::Omit,
                _ => return Err(unknown_flags()),
            };
            let out = Out::new(out)?;
            out.hand_over(hygea_text::from(hygea_dicom::json::to_string(&dataset.file.data_set(), bulk)));
            ok()
        })
    }
}

/// Frees a data set. NULL is allowed.
///
/// # Safety
/// `dataset` is NULL or a data set that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_dataset_free(dataset: *mut hygea_dataset) {
    // SAFETY: the caller's promise.
    unsafe { free(dataset) };
}
