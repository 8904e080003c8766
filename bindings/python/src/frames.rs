//! The frames of uncompressed pixel data (PS3.3 C.7.6.3, PS3.5 8.1), checked against the attributes that describe them.

use crate::errors::{HygeaError, unsupported};
use hygea_dicom::{Codec, DataSet, File, Tag, tags};
use pyo3::prelude::*;

/// Where the frames are: in one value field, each of so many bits, or in fragments.
pub(crate) enum Layout {
    /// The element, the bits of a frame, their number, and the bits of a sample.
    Native { tag: Tag, bits: usize, count: usize, allocated: usize },
    /// A fragment a frame, not compressed.
    Fragments { count: usize },
}

impl Layout {
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Native { count, .. } | Self::Fragments { count } => *count,
        }
    }

    /// A frame as little-endian bytes; nothing behind the last one.
    pub(crate) fn frame(&self, file: &File<'_>, number: usize) -> Option<Vec<u8>> {
        if number >= self.count() {
            return None;
        }
        match self {
            Self::Native { tag, bits, allocated, .. } => {
                let (element, start) = (file.data_set().element(*tag)?, number.checked_mul(*bits)?);
                if element.is_big_endian() && *allocated > 16 {
                    // Samples of more than a word are written most significant word first, so that swapping the bytes
                    // of words is not enough.
                    let mut frame = cut(element.bytes(), start, *bits)?;
                    frame.chunks_exact_mut(*allocated / 8).for_each(<[u8]>::reverse);
                    return Some(frame);
                }
                cut(&element.little_endian_bytes(), start, *bits)
            }
            Self::Fragments { .. } => {
                let element = file.data_set().element(tags::PIXEL_DATA)?;
                element.fragments()?.fragment(number).map(<[u8]>::to_vec)
            }
        }
    }
}

/// `length` bits from bit `start` on. Frames of one bit a pixel follow each other without padding, the first pixel in
/// the lowest bit; a frame that is cut out starts at a byte.
fn cut(bytes: &[u8], start: usize, length: usize) -> Option<Vec<u8>> {
    let end = start.checked_add(length)?;
    let (first, last) = (start / 8, end.div_ceil(8));
    let touched = bytes.get(first..last)?;
    let shift = start % 8;
    let mut frame: Vec<u8> = if shift == 0 {
        touched.to_vec()
    } else {
        let next = touched.iter().skip(1).chain(std::iter::once(&0));
        touched.iter().zip(next).map(|(low, high)| low >> shift | high << (8 - shift)).collect()
    };
    frame.truncate(length.div_ceil(8));
    if let (Some(byte), rest @ 1..) = (frame.last_mut(), length % 8) {
        *byte &= (1 << rest) - 1;
    }
    Some(frame)
}

/// Finds out where the frames of a file are.
pub(crate) fn frames(py: Python<'_>, file: &File<'_>, set: Option<DataSet<'_>>) -> PyResult<Layout> {
    let Some(set) = set else {
        return Err(HygeaError::new_err("an item of a sequence has no frames of its own"));
    };
    let pixels = [tags::PIXEL_DATA, tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];
    let Some(element) = pixels.into_iter().find_map(|tag| set.element(tag)) else {
        return Err(HygeaError::new_err(match file.pixels() {
            Some(_) => "the pixel data was not read; read without stop_before_pixels",
            None => "there is no pixel data",
        }));
    };
    let number = |tag: Tag, default: Option<usize>| -> PyResult<usize> {
        let stated = match set.element(tag).filter(|element| !element.is_empty()) {
            Some(element) => element.integer().and_then(|value| usize::try_from(value).ok()),
            None => default,
        };
        let wanted = || format!("frames need a whole number in ({:04X},{:04X})", tag.0, tag.1);
        stated.filter(|value| *value > 0).ok_or_else(|| HygeaError::new_err(wanted()))
    };
    let count = number(tags::NUMBER_OF_FRAMES, Some(1))?;
    match file.transfer_syntax().codec() {
        Codec::Native => {}
        Codec::EncapsulatedNative if element.fragments().is_some_and(|all| all.len() == count) => {
            return Ok(Layout::Fragments { count });
        }
        Codec::EncapsulatedNative => {
            return Err(HygeaError::new_err("the number of fragments is not the number of frames"));
        }
        _ => {
            let uid = file.transfer_syntax().uid();
            let message = format!("frames of transfer syntax {uid} are compressed; they are not decoded yet");
            return Err(unsupported(py, &message));
        }
    }
    let samples = match set.text(tags::PHOTOMETRIC_INTERPRETATION).as_deref() {
        // Two pixels share their chrominance.
        Some("YBR_FULL_422" | "YBR_PARTIAL_422") => 2,
        _ => number(tags::SAMPLES_PER_PIXEL, Some(1))?,
    };
    let allocated = match element.tag() {
        tags::FLOAT_PIXEL_DATA => 32,
        tags::DOUBLE_FLOAT_PIXEL_DATA => 64,
        _ => number(tags::BITS_ALLOCATED, None)?,
    };
    let factors = [number(tags::ROWS, None)?, number(tags::COLUMNS, None)?, samples, allocated];
    let bits = factors.into_iter().try_fold(1_usize, usize::checked_mul);
    let whole = bits.and_then(|bits| bits.checked_mul(count)).map(|bits| bits.div_ceil(8));
    match (bits, whole) {
        (Some(bits), Some(whole)) if whole <= element.bytes().len() => {
            Ok(Layout::Native { tag: element.tag(), bits, count, allocated })
        }
        _ => Err(HygeaError::new_err("the pixel data is shorter than its attributes say")),
    }
}
