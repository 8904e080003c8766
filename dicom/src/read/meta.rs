//! The start of a file: preamble, file meta information (PS3.10 7.1), transfer syntax, and where the data set begins.
//!
//! None of it is relied on: files without preamble, without meta information, with a wrong group length, in implicit VR,
//! or with another encoding than they say are all found in archives, and are read with a warning.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::options::ReadOptions;
use super::parser::{self, Parsed, Syntax, Task};
use super::warning::{WarningKind, Warnings};
use crate::dataset::{Bytes, DataSet};
use crate::dictionary;
use crate::error::{Error, ErrorKind, Result};
use crate::path::TagPath;
use crate::transfer_syntax::{Encoding, TransferSyntax};

const PREAMBLE: usize = 128;

/// What the start of a file holds.
pub(super) struct Layout {
    pub(super) meta: Option<Parsed>,
    /// Where the data set starts.
    pub(super) start: usize,
    pub(super) transfer_syntax: TransferSyntax,
}

pub(super) fn layout(
    bytes: &[u8],
    options: &ReadOptions,
    prefix: bool,
    warnings: &mut Warnings,
) -> Result<Layout> {
    let magic = |at: usize| bytes.get(at..).is_some_and(|b| b.starts_with(b"DICM"));
    let start = match () {
        () if magic(PREAMBLE) => PREAMBLE + 4,
        () if magic(0) => 4,
        () => 0,
    };
    if start != PREAMBLE + 4 {
        if prefix && bytes.len() < PREAMBLE + 4 {
            return Err(
                Error::new(ErrorKind::Truncated, "the bytes end inside of the preamble").at(bytes.len())
            );
        }
        warnings.add(WarningKind::MissingPreamble, 0, TagPath::default);
    }
    let Some(explicit) = meta_is_explicit(bytes, start) else {
        return without_meta(bytes, start, prefix, warnings);
    };
    if !explicit {
        warnings.add(WarningKind::ImplicitMeta, start, TagPath::default);
    }
    let task = Task {
        bytes,
        start,
        syntax: Syntax { explicit, big_endian: false },
        encapsulated: false,
        meta: true,
        prefix,
    };
    let mut parsed = parser::parse(&task, options, warnings)?;
    let end = parsed.end;
    let content = super::content(parsed, Bytes::Borrowed(bytes));
    let stated =
        DataSet::of(&content).text(tags::TRANSFER_SYNTAX_UID).map(|t| crate::uid::trim(&t).to_owned());
    parsed = Parsed {
        entries: content.entries,
        charsets: content.charsets,
        sorted: content.sorted,
        end,
        stopped: None,
    };
    let found = encoding_at(bytes, end);
    let first = little_endian_tag(bytes, end).unwrap_or(Tag(0, 0));
    let transfer_syntax = match stated.as_deref().filter(|uid| !uid.is_empty()) {
        None => {
            warnings.add(WarningKind::MissingTransferSyntax, start, TagPath::default);
            native(found.unwrap_or(Encoding::ImplicitLittle))
        }
        Some(uid) => match TransferSyntax::from_uid(uid) {
            Some(known) => corrected(first, known, found, end, warnings),
            None => {
                warnings.add(WarningKind::UnknownTransferSyntax, start, || {
                    TagPath::root(tags::TRANSFER_SYNTAX_UID)
                });
                corrected(first, TransferSyntax::unknown(uid), found, end, warnings)
            }
        },
    };
    Ok(Layout { meta: Some(parsed), start: end, transfer_syntax })
}

/// A data set without meta information: its encoding is told from its first element.
fn without_meta(bytes: &[u8], start: usize, prefix: bool, warnings: &mut Warnings) -> Result<Layout> {
    let encoding = encoding_at(bytes, start).filter(|e| start > 0 || is_likely(bytes, *e));
    let encoding = match encoding {
        Some(encoding) => encoding,
        // `DICM` and nothing after it.
        None if start > 0 && bytes.len() == start && !prefix => Encoding::ImplicitLittle,
        None if bytes.len() < start.saturating_add(8) => {
            let detail = "the bytes end before the first element";
            return Err(Error::new(ErrorKind::Truncated, detail).at(bytes.len()));
        }
        None => {
            let detail = "neither DICM after a preamble nor an element of a data set";
            return Err(Error::new(ErrorKind::NotDicom, detail).at(start));
        }
    };
    warnings.add(WarningKind::MissingMeta, start, TagPath::default);
    Ok(Layout { meta: None, start, transfer_syntax: native(encoding) })
}

/// Whether group 0002 starts at a place, and then whether it is in explicit VR.
fn meta_is_explicit(bytes: &[u8], at: usize) -> Option<bool> {
    let [g0, g1, _, _, v0, v1, ..] = *bytes.get(at..)?.first_chunk::<8>()?;
    (u16::from_le_bytes([g0, g1]) == 0x0002).then(|| dictionary::vr_from_bytes([v0, v1]).is_some())
}

/// The encoding that the first element of a data set has; none where there is none.
fn encoding_at(bytes: &[u8], at: usize) -> Option<Encoding> {
    let [g0, g1, e0, e1, v0, v1, ..] = *bytes.get(at..)?.first_chunk::<8>()?;
    if dictionary::vr_from_bytes([v0, v1]).is_none() {
        return Some(Encoding::ImplicitLittle);
    }
    // Big endian only where the tag has a meaning in no other way.
    let little = Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
    let big = Tag(u16::from_be_bytes([g0, g1]), u16::from_be_bytes([e0, e1]));
    let is_big = big.0 < little.0 && !is_standard(little) && is_standard(big);
    Some(if is_big { Encoding::ExplicitBig } else { Encoding::ExplicitLittle })
}

/// Whether bytes without any mark of DICOM start with an element that a data set may start with.
fn is_likely(bytes: &[u8], encoding: Encoding) -> bool {
    let Some([g0, g1, e0, e1, l0, l1, l2, l3]) = bytes.first_chunk::<8>().copied() else { return false };
    let tag = if encoding == Encoding::ExplicitBig {
        Tag(u16::from_be_bytes([g0, g1]), u16::from_be_bytes([e0, e1]))
    } else {
        Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]))
    };
    if tag == Tag(0, 0) && bytes.iter().take(16).all(|b| *b == 0) || dictionary::by_tag(tag).is_none() {
        return false;
    }
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    encoding != Encoding::ImplicitLittle || length <= bytes.len() - 8 || l0 & l1 & l2 & l3 == 0xFF
}

/// Takes the encoding that was found where it is not the one that the transfer syntax has.
fn corrected(
    first: Tag,
    stated: TransferSyntax,
    found: Option<Encoding>,
    position: usize,
    warnings: &mut Warnings,
) -> TransferSyntax {
    let Some(found) = found else { return stated };
    let differs = match (stated.encoding(), found) {
        // Deflated bytes look like anything, unless the writer forgot to deflate.
        (Encoding::DeflatedExplicitLittle, found) => found == Encoding::ExplicitLittle,
        (Encoding::ImplicitLittle, found) => found != Encoding::ImplicitLittle,
        (Encoding::ExplicitLittle, found) => found != Encoding::ExplicitLittle,
        // A tag of a private group looks the same in both orders.
        (Encoding::ExplicitBig, found) => found == Encoding::ExplicitLittle && is_standard(first),
    };
    if !differs {
        return stated;
    }
    warnings.add(WarningKind::WrongEncoding, position, TagPath::default);
    if stated.is_encapsulated() { stated.with_encoding(found) } else { native(found) }
}

fn little_endian_tag(bytes: &[u8], at: usize) -> Option<Tag> {
    let [g0, g1, e0, e1] = *bytes.get(at..)?.first_chunk::<4>()?;
    Some(Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1])))
}

/// Whether the dictionary has a tag, or it is the length of a group that it has.
fn is_standard(tag: Tag) -> bool {
    dictionary::keyword(tag).is_some() || tag.1 == 0 && tag.0 < 0x0100 && tag.0 & 1 == 0
}

fn native(encoding: Encoding) -> TransferSyntax {
    match encoding {
        Encoding::ImplicitLittle => TransferSyntax::IMPLICIT_LITTLE,
        Encoding::ExplicitLittle | Encoding::DeflatedExplicitLittle => TransferSyntax::EXPLICIT_LITTLE,
        Encoding::ExplicitBig => TransferSyntax::EXPLICIT_BIG,
    }
}
