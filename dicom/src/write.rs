//! Writing data sets and files in explicit VR little endian (PS3.5 7.1.2, PS3.10 7.1).
//!
//! This is the transfer syntax that DICOMweb gives by default, so that files in implicit VR, big endian or deflated are
//! converted on the way out. Text keeps the bytes and the character set of its source; pixels are not touched beyond their
//! byte order.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use crate::dataset::{DataSet, Element, Shape, is_text};
use crate::dictionary::has_long_length;
use crate::error::{Error, ErrorKind, Result};
use crate::path::TagPath;
use crate::transfer_syntax::{Encoding, TransferSyntax};

/// Who writes a file: Implementation Class UID and Implementation Version Name of the meta information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Implementation<'i> {
    /// Implementation Class UID (0002,0012).
    pub class_uid: &'i str,
    /// Implementation Version Name (0002,0013), at most 16 characters.
    pub version_name: &'i str,
}

/// Makes a file: empty preamble, meta information, and the data set in explicit VR little endian.
///
/// `transfer_syntax` says how the pixels are encoded, which must be as they are: explicit VR little endian for native
/// pixels, that of the source for encapsulated ones.
///
/// # Errors
/// [`ErrorKind::UnsupportedTransferSyntax`] where it is not explicit VR little endian for the elements;
/// [`ErrorKind::NotRepresentable`] for what the form cannot hold: a value of 4 GiB and more, a value by URI.
pub fn file(
    set: &DataSet<'_>,
    transfer_syntax: &TransferSyntax,
    implementation: Implementation<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    // By its UID: a source that was read in another encoding than its transfer syntax has is written as it should be.
    let encoding = TransferSyntax::from_uid(transfer_syntax.uid()).map(|t| t.encoding());
    if encoding.is_some_and(|e| e != Encoding::ExplicitLittle) {
        return Err(Error::new(
            ErrorKind::UnsupportedTransferSyntax,
            "files are written with explicit VR little endian elements only",
        ));
    }
    let mut meta = Vec::with_capacity(256);
    let uid = |tag: Tag| set.text(tag).unwrap_or_default().into_owned();
    element(&mut meta, Tag(0x0002, 0x0001), VR::OB, &[0, 1])?;
    for (tag, value) in [
        (tags::MEDIA_STORAGE_SOP_CLASS_UID, uid(tags::SOP_CLASS_UID).as_str()),
        (tags::MEDIA_STORAGE_SOP_INSTANCE_UID, uid(tags::SOP_INSTANCE_UID).as_str()),
        (tags::TRANSFER_SYNTAX_UID, transfer_syntax.uid()),
        (tags::IMPLEMENTATION_CLASS_UID, implementation.class_uid),
    ] {
        element(&mut meta, tag, VR::UI, value.as_bytes())?;
    }
    element(&mut meta, tags::IMPLEMENTATION_VERSION_NAME, VR::SH, implementation.version_name.as_bytes())?;
    out.resize(out.len() + 128, 0);
    out.extend_from_slice(b"DICM");
    let length = u32::try_from(meta.len()).unwrap_or(u32::MAX);
    element(out, tags::FILE_META_INFORMATION_GROUP_LENGTH, VR::UL, &length.to_le_bytes())?;
    out.extend_from_slice(&meta);
    data_set(set, out)
}

/// Writes a data set in explicit VR little endian, in the order of its tags and without group lengths.
///
/// A data set built in memory or read from JSON is UTF-8; Specific Character Set is then written as `ISO_IR 192`.
///
/// # Errors
/// [`ErrorKind::NotRepresentable`], as [`file()`].
pub fn data_set(set: &DataSet<'_>, out: &mut Vec<u8>) -> Result<()> {
    let mut path = TagPath::default();
    elements(set, set.is_transcoded(), true, &mut path, out)
}

/// Sets the first 128 bytes of a file to zero, as the standard leaves them to applications that may put code there.
pub fn clear_preamble(file: &mut [u8]) {
    if file.get(128..132) == Some(b"DICM")
        && let Some(preamble) = file.get_mut(..128)
    {
        preamble.fill(0);
    }
}

fn elements(
    set: &DataSet<'_>,
    transcoded: bool,
    root: bool,
    path: &mut TagPath,
    out: &mut Vec<u8>,
) -> Result<()> {
    const UTF8: &[u8] = b"ISO_IR 192";
    let mut charset_due = transcoded && root;
    for found in set.sorted() {
        let tag = found.tag();
        if tag.1 == 0 {
            continue;
        }
        if charset_due && tag >= tags::SPECIFIC_CHARACTER_SET {
            element(out, tags::SPECIFIC_CHARACTER_SET, VR::CS, UTF8)?;
            charset_due = false;
        }
        if transcoded && tag == tags::SPECIFIC_CHARACTER_SET {
            continue;
        }
        path.push(tag, None);
        one(&found, transcoded, path, out)?;
        path.pop();
    }
    Ok(())
}

fn one(found: &Element<'_>, transcoded: bool, path: &mut TagPath, out: &mut Vec<u8>) -> Result<()> {
    let (tag, vr) = (found.tag(), found.vr());
    match found.shape() {
        Shape::Sequence => {
            undefined(out, tag, VR::SQ);
            for (number, item) in found.items().enumerate() {
                path.in_item(u32::try_from(number).unwrap_or(u32::MAX));
                header(out, Tag(0xFFFE, 0xE000), u32::MAX);
                elements(&item, transcoded, false, path, out)?;
                header(out, Tag(0xFFFE, 0xE00D), 0);
            }
            header(out, Tag(0xFFFE, 0xE0DD), 0);
            Ok(())
        }
        Shape::Fragments => {
            undefined(out, tag, VR::OB);
            if let Some(fragments) = found.fragments() {
                for bytes in std::iter::once(fragments.offset_table()).chain(fragments.iter()) {
                    let length =
                        u32::try_from(bytes.len().next_multiple_of(2)).map_err(|_| too_large(path))?;
                    header(out, Tag(0xFFFE, 0xE000), length);
                    out.extend_from_slice(bytes);
                    if bytes.len() % 2 == 1 {
                        out.push(0);
                    }
                }
            }
            header(out, Tag(0xFFFE, 0xE0DD), 0);
            Ok(())
        }
        Shape::Bulk => {
            Err(Error::new(ErrorKind::NotRepresentable, "a value that is kept elsewhere")
                .with_path(path.clone()))
        }
        Shape::Value | Shape::Item | Shape::Fragment => {
            element(out, tag, vr, &found.little_endian_bytes()).map_err(|e| e.with_path(path.clone()))
        }
    }
}

/// Writes an element with its value field, padded to an even length.
fn element(out: &mut Vec<u8>, tag: Tag, vr: VR, value: &[u8]) -> Result<()> {
    let padded = value.len().next_multiple_of(2);
    // A value too long for the short form is written as UN (PS3.5 6.2.2 note 8).
    let vr = if !has_long_length(vr) && padded > usize::from(u16::MAX) { VR::UN } else { vr };
    out.extend_from_slice(&tag.0.to_le_bytes());
    out.extend_from_slice(&tag.1.to_le_bytes());
    out.extend_from_slice(&vr.to_bytes());
    if has_long_length(vr) {
        // The highest number means an undefined length.
        let length = u32::try_from(padded).ok().filter(|n| *n < u32::MAX);
        let length = length.ok_or_else(|| too_large(&TagPath::root(tag)))?;
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&length.to_le_bytes());
    } else {
        out.extend_from_slice(&u16::try_from(padded).unwrap_or(u16::MAX).to_le_bytes());
    }
    out.extend_from_slice(value);
    if padded > value.len() {
        out.push(if is_text(vr) && vr != VR::UI { b' ' } else { 0 });
    }
    Ok(())
}

fn undefined(out: &mut Vec<u8>, tag: Tag, vr: VR) {
    out.extend_from_slice(&tag.0.to_le_bytes());
    out.extend_from_slice(&tag.1.to_le_bytes());
    out.extend_from_slice(&vr.to_bytes());
    out.extend_from_slice(&[0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
}

/// Writes the header of an item or of a delimiter.
fn header(out: &mut Vec<u8>, tag: Tag, length: u32) {
    out.extend_from_slice(&tag.0.to_le_bytes());
    out.extend_from_slice(&tag.1.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
}

fn too_large(path: &TagPath) -> Error {
    Error::new(ErrorKind::NotRepresentable, "a value of 4 GiB or more").with_path(path.clone())
}
