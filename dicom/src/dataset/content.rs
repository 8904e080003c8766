//! The flat form of a data set: one table of entries over the bytes that hold the values.
//!
//! Reading makes one entry an element, an item or a fragment, in the order of the file, and no allocation for any of
//! them; an entry knows where its value is and which entry follows its children. A tree of nodes would cost an
//! allocation an element and several times the memory of the input.

use std::borrow::Cow;
use std::sync::Arc;

use dicom_core::{Tag, VR};

use crate::charset::CharacterSet;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An element with a value field.
    Value,
    /// An element whose value is kept elsewhere; the bytes are the URI of it.
    Bulk,
    /// An element with items; the entries up to `next` are items.
    Sequence,
    /// An item; the entries up to `next` are its elements.
    Item,
    /// Encapsulated pixel data; the entries up to `next` are fragments, the first of them the offset table.
    Fragments,
    /// A fragment.
    Fragment,
}

/// One element, item or fragment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) tag: Tag,
    pub(crate) vr: VR,
    pub(crate) shape: Shape,
    /// Numbers in the value field are big endian.
    pub(crate) big_endian: bool,
    /// The value field was cut by the end of the input.
    pub(crate) truncated: bool,
    /// For an item: the index of its character set.
    pub(crate) charset: u16,
    /// The index of the entry after this one and all that is in it.
    pub(crate) next: u32,
    /// Where the value field starts in the bytes.
    pub(crate) start: usize,
    /// How many bytes the value field has, without a delimiter.
    pub(crate) length: usize,
}

impl Entry {
    pub(crate) fn new(tag: Tag, vr: VR, shape: Shape, start: usize, length: usize) -> Self {
        Self { tag, vr, shape, big_endian: false, truncated: false, charset: 0, next: 0, start, length }
    }
}

/// The bytes that values are taken from.
#[derive(Clone, Debug)]
pub(crate) enum Bytes<'a> {
    Borrowed(&'a [u8]),
    Shared(Arc<Vec<u8>>),
}

impl Bytes<'_> {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Shared(bytes) => bytes.as_slice(),
        }
    }

    pub(crate) fn into_owned(self) -> Bytes<'static> {
        match self {
            Self::Borrowed(bytes) => Bytes::Shared(Arc::new(bytes.to_vec())),
            Self::Shared(bytes) => Bytes::Shared(bytes),
        }
    }
}

/// Bytes and the table of what is in them.
#[derive(Clone)]
pub(crate) struct Content<'a> {
    pub(crate) bytes: Bytes<'a>,
    pub(crate) entries: Vec<Entry>,
    /// The character sets that occur; the first is that of the root data set.
    pub(crate) charsets: Vec<CharacterSet>,
    /// In every data set of it the tags strictly ascend.
    pub(crate) sorted: bool,
    /// Text is UTF-8 whatever Specific Character Set says (a data set from JSON).
    pub(crate) transcoded: bool,
}

impl Content<'_> {
    pub(crate) fn entry(&self, index: u32) -> Option<&Entry> {
        self.entries.get(index as usize)
    }

    pub(crate) fn charset(&self, index: u16) -> CharacterSet {
        self.charsets.get(usize::from(index)).copied().unwrap_or(CharacterSet::DEFAULT)
    }

    pub(crate) fn value(&self, entry: &Entry) -> &[u8] {
        let bytes = self.bytes.as_slice();
        bytes.get(entry.start..entry.start.saturating_add(entry.length)).unwrap_or_default()
    }

    /// The index after the last entry.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }
}

impl<'a> Content<'a> {
    pub(crate) fn empty() -> Self {
        Self {
            bytes: Bytes::Borrowed(&[]),
            entries: Vec::new(),
            charsets: vec![CharacterSet::DEFAULT],
            sorted: true,
            transcoded: false,
        }
    }

    /// The table alone, to be put together with the bytes again.
    pub(crate) fn without_bytes(self) -> Content<'static> {
        Content {
            bytes: Bytes::Borrowed(&[]),
            entries: self.entries,
            charsets: self.charsets,
            sorted: self.sorted,
            transcoded: self.transcoded,
        }
    }

    pub(crate) fn into_owned(self) -> Content<'static> {
        Content {
            bytes: self.bytes.into_owned(),
            entries: self.entries,
            charsets: self.charsets,
            sorted: self.sorted,
            transcoded: self.transcoded,
        }
    }
}

/// The value field with numbers little endian, whatever the data set has.
pub(crate) fn little_endian(bytes: &[u8], vr: VR, big_endian: bool) -> Cow<'_, [u8]> {
    let width = match vr {
        _ if !big_endian => 1,
        VR::US | VR::SS | VR::OW | VR::AT => 2,
        VR::UL | VR::SL | VR::FL | VR::OL | VR::OF => 4,
        VR::UV | VR::SV | VR::FD | VR::OV | VR::OD => 8,
        _ => 1,
    };
    if width == 1 {
        return Cow::Borrowed(bytes);
    }
    let mut swapped = bytes.to_vec();
    for chunk in swapped.chunks_exact_mut(width) {
        chunk.reverse();
    }
    Cow::Owned(swapped)
}
