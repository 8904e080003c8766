//! One element: its tag, its value representation, and its value decoded on demand (PS3.5 6.2).

use std::borrow::Cow;
use std::fmt;

use dicom_core::{Tag, VR};

use super::{Content, DataSet, Entry, Shape, is_text, little_endian, text_kind};
use crate::charset::{CharacterSet, Decoded};
use crate::dictionary;
use crate::value::{self, PersonName};

/// An element of a data set.
#[derive(Clone, Copy)]
pub struct Element<'f> {
    content: &'f Content<'f>,
    entry: &'f Entry,
    index: u32,
    charset: u16,
    vr: VR,
}

/// The value of an element, decoded by its representation. Empty values have empty lists.
#[non_exhaustive]
pub enum Value<'f> {
    /// Text, padding taken off. One entry for `ST`, `LT`, `UT`, `UR`. `IS` and `DS` are given here, as they are written.
    Text(Vec<Cow<'f, str>>),
    /// Person names (`PN`).
    PersonNames(Vec<PersonName<'f>>),
    /// `SS`, `SL`, `SV`, `US`, `UL`.
    Integers(Vec<i64>),
    /// `UV`.
    Unsigned(Vec<u64>),
    /// `FL`, `FD`.
    Floats(Vec<f64>),
    /// `AT`.
    Tags(Vec<Tag>),
    /// `OB`, `OW`, … and `UN`: the value field, numbers little endian.
    Bytes(Cow<'f, [u8]>),
    /// `SQ`.
    Items(Items<'f>),
    /// Encapsulated pixel data.
    Fragments(Fragments<'f>),
    /// The value is kept elsewhere, under this URI (a data set from JSON).
    Bulk(Cow<'f, str>),
}

impl<'f> Element<'f> {
    pub(super) fn of(content: &'f Content<'f>, entry: &'f Entry, index: u32, charset: u16) -> Self {
        Self { content, entry, index, charset, vr: entry.vr }
    }

    /// The same element read by another representation, where its own is `UN`: for a private attribute whose
    /// representation the caller knows.
    #[must_use]
    pub fn with_vr(mut self, vr: VR) -> Self {
        if self.vr == VR::UN && self.entry.shape == Shape::Value {
            self.vr = vr;
        }
        self
    }

    pub(crate) fn shape(&self) -> Shape {
        self.entry.shape
    }

    /// Its tag.
    #[must_use]
    pub fn tag(&self) -> Tag {
        self.entry.tag
    }

    /// Its value representation: as the file states it, or by the dictionary where the file does not or says `UN`.
    #[must_use]
    pub fn vr(&self) -> VR {
        self.vr
    }

    /// Its keyword, where the dictionary has one.
    #[must_use]
    pub fn keyword(&self) -> Option<&'static str> {
        dictionary::keyword(self.tag())
    }

    /// Where its value field starts: a byte of the file, or of the inflated data set of a deflated file.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.entry.start as u64
    }

    /// The value field as it is stored: padding, delimiters and byte order untouched. For a sequence or encapsulated
    /// pixel data everything between the header and the delimiter.
    #[must_use]
    pub fn bytes(&self) -> &'f [u8] {
        self.content.value(self.entry)
    }

    /// The value field with numbers in little endian, which differs from [`Self::bytes`] only in big-endian files.
    #[must_use]
    pub fn little_endian_bytes(&self) -> Cow<'f, [u8]> {
        little_endian(self.bytes(), self.vr(), self.entry.big_endian)
    }

    /// Whether the numbers in [`Self::bytes`] are big endian.
    #[must_use]
    pub fn is_big_endian(&self) -> bool {
        self.entry.big_endian
    }

    /// Whether the value field is empty, or the sequence has no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.entry.shape {
            Shape::Sequence => self.items().next().is_none(),
            _ => self.entry.length == 0,
        }
    }

    /// Whether the end of the input cut its value (only with a reading that tolerates it).
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.entry.truncated
    }

    /// The character set of its text.
    #[must_use]
    pub fn character_set(&self) -> CharacterSet {
        self.content.charset(self.charset)
    }

    /// The whole value field as UTF-8, delimiters and padding included; none where it is not text.
    #[must_use]
    pub fn decode(&self) -> Option<Decoded<'f>> {
        if self.entry.shape != Shape::Value || !is_text(self.vr()) {
            return None;
        }
        Some(match text_kind(self.vr()) {
            Some(kind) => self.character_set().decode(self.bytes(), kind),
            None => CharacterSet::decode_plain(self.bytes()),
        })
    }

    /// The first value as text, padding taken off; none where the value is empty or no text.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'f, str>> {
        self.strings().into_iter().next().filter(|t| !t.is_empty())
    }

    /// The values as text, padding taken off. Empty where the value field is empty or no text; an empty value between
    /// others is an empty text.
    #[must_use]
    pub fn strings(&self) -> Vec<Cow<'f, str>> {
        let Some(Decoded { text, .. }) = self.decode() else { return Vec::new() };
        value::split(text, self.vr())
    }

    /// The values as person names; empty where it is no `PN`.
    #[must_use]
    pub fn person_names(&self) -> Vec<PersonName<'f>> {
        if self.vr() != VR::PN {
            return Vec::new();
        }
        self.strings().into_iter().map(PersonName::new).collect()
    }

    /// The first value as an integer: a binary integer, or the text of an `IS` that is one.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.vr() {
            VR::IS | VR::DS => value::integer(&self.text()?),
            VR::UV => i64::try_from(*self.unsigned().first()?).ok(),
            _ => self.integers().first().copied(),
        }
    }

    /// The values as integers. Empty where the representation has none, or where one is none.
    #[must_use]
    pub fn integers(&self) -> Vec<i64> {
        let bytes = self.little_endian_bytes();
        if self.entry.shape != Shape::Value {
            return Vec::new();
        }
        match self.vr() {
            VR::IS | VR::DS => {
                self.strings().iter().map(|t| value::integer(t)).collect::<Option<_>>().unwrap_or_default()
            }
            VR::US => numbers(&bytes, |b| i64::from(u16::from_le_bytes(b))),
            VR::SS => numbers(&bytes, |b| i64::from(i16::from_le_bytes(b))),
            VR::UL => numbers(&bytes, |b| i64::from(u32::from_le_bytes(b))),
            VR::SL => numbers(&bytes, |b| i64::from(i32::from_le_bytes(b))),
            VR::SV => numbers(&bytes, i64::from_le_bytes),
            VR::UV => numbers(&bytes, u64::from_le_bytes)
                .into_iter()
                .map(|n| i64::try_from(n).ok())
                .collect::<Option<_>>()
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// The values of a `UV`; empty for all others.
    #[must_use]
    pub fn unsigned(&self) -> Vec<u64> {
        if self.vr() != VR::UV || self.entry.shape != Shape::Value {
            return Vec::new();
        }
        numbers(&self.little_endian_bytes(), u64::from_le_bytes)
    }

    /// The first value as a number: `FL`, `FD`, the text of `DS` and `IS`, or a binary integer.
    #[must_use]
    pub fn float(&self) -> Option<f64> {
        self.floats().first().copied()
    }

    /// The values as numbers. Empty where the representation has none, or where one is none. Integers of more than 53
    /// bits are rounded.
    #[must_use]
    pub fn floats(&self) -> Vec<f64> {
        if self.entry.shape != Shape::Value {
            return Vec::new();
        }
        match self.vr() {
            VR::FL => numbers(&self.little_endian_bytes(), |b| f64::from(f32::from_le_bytes(b))),
            VR::FD => numbers(&self.little_endian_bytes(), f64::from_le_bytes),
            VR::IS | VR::DS => {
                self.strings().iter().map(|t| value::decimal(t)).collect::<Option<_>>().unwrap_or_default()
            }
            VR::UV => self.unsigned().into_iter().map(|n| n as f64).collect(),
            _ => self.integers().into_iter().map(|n| n as f64).collect(),
        }
    }

    /// The single-precision values of an `FL`, which [`Self::floats`] widens; empty for all others.
    #[must_use]
    pub fn singles(&self) -> Vec<f32> {
        if self.vr() != VR::FL || self.entry.shape != Shape::Value {
            return Vec::new();
        }
        numbers(&self.little_endian_bytes(), f32::from_le_bytes)
    }

    /// The values of an `AT`; empty for all others.
    #[must_use]
    pub fn tags(&self) -> Vec<Tag> {
        if self.vr() != VR::AT || self.entry.shape != Shape::Value {
            return Vec::new();
        }
        numbers(&self.little_endian_bytes(), |[a, b, c, d]: [u8; 4]| {
            Tag(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
        })
    }

    /// The items of a sequence; none for all others.
    #[must_use]
    pub fn items(&self) -> Items<'f> {
        if self.entry.shape != Shape::Sequence {
            return Items::none();
        }
        Items { content: Some(self.content), at: self.index.saturating_add(1), end: self.entry.next }
    }

    /// The fragments of encapsulated pixel data; none for all others.
    #[must_use]
    pub fn fragments(&self) -> Option<Fragments<'f>> {
        if self.entry.shape != Shape::Fragments {
            return None;
        }
        let first = self.index.saturating_add(1) as usize;
        let entries = self.content.entries.get(first..self.entry.next as usize).unwrap_or_default();
        Some(Fragments { content: self.content, entries })
    }

    /// The URI under which the value is kept, for an element of a data set from JSON that has no value of its own.
    #[must_use]
    pub fn bulk_data_uri(&self) -> Option<&'f str> {
        match self.entry.shape {
            Shape::Bulk => std::str::from_utf8(self.bytes()).ok(),
            _ => None,
        }
    }

    /// The value, decoded by its representation.
    #[must_use]
    pub fn value(&self) -> Value<'f> {
        match self.entry.shape {
            Shape::Sequence => return Value::Items(self.items()),
            Shape::Fragments => {
                if let Some(fragments) = self.fragments() {
                    return Value::Fragments(fragments);
                }
            }
            Shape::Bulk => return Value::Bulk(Cow::Borrowed(self.bulk_data_uri().unwrap_or_default())),
            Shape::Value | Shape::Item | Shape::Fragment => {}
        }
        match self.vr() {
            VR::PN => Value::PersonNames(self.person_names()),
            VR::SS | VR::SL | VR::SV | VR::US | VR::UL => Value::Integers(self.integers()),
            VR::UV => Value::Unsigned(self.unsigned()),
            VR::FL | VR::FD => Value::Floats(self.floats()),
            VR::AT => Value::Tags(self.tags()),
            VR::SQ => Value::Items(self.items()),
            vr if is_text(vr) => Value::Text(self.strings()),
            _ => Value::Bytes(self.little_endian_bytes()),
        }
    }
}

/// Tells the tag, and nothing of the value.
impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Element(({:04X},{:04X}) {} {} bytes)",
            self.tag().0,
            self.tag().1,
            self.vr(),
            self.entry.length
        )
    }
}

/// Tells the kind, and nothing of the value.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::PersonNames(_) => "PersonNames",
            Self::Integers(_) => "Integers",
            Self::Unsigned(_) => "Unsigned",
            Self::Floats(_) => "Floats",
            Self::Tags(_) => "Tags",
            Self::Bytes(_) => "Bytes",
            Self::Items(_) => "Items",
            Self::Fragments(_) => "Fragments",
            Self::Bulk(_) => "Bulk",
        })
    }
}

/// The items of a sequence, in order.
#[derive(Clone)]
pub struct Items<'f> {
    content: Option<&'f Content<'f>>,
    at: u32,
    end: u32,
}

impl Items<'_> {
    pub(super) fn none() -> Self {
        Self { content: None, at: 0, end: 0 }
    }
}

impl<'f> Iterator for Items<'f> {
    type Item = DataSet<'f>;

    fn next(&mut self) -> Option<DataSet<'f>> {
        let content = self.content?;
        if self.at >= self.end {
            return None;
        }
        let entry = content.entry(self.at)?;
        let first = self.at.saturating_add(1);
        self.at = entry.next.max(first);
        Some(DataSet { content, first, end: self.at, charset: entry.charset })
    }
}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("items", &self.clone().count()).finish()
    }
}

/// The fragments of encapsulated pixel data (PS3.5 A.4).
#[derive(Clone, Copy)]
pub struct Fragments<'f> {
    content: &'f Content<'f>,
    entries: &'f [Entry],
}

impl<'f> Fragments<'f> {
    /// The basic offset table, the first item: 32-bit little-endian numbers. Empty where there is none.
    #[must_use]
    pub fn offset_table(&self) -> &'f [u8] {
        self.entries.first().map(|e| self.content.value(e)).unwrap_or_default()
    }

    /// How many fragments there are, without the offset table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len().saturating_sub(1)
    }

    /// Whether there is no fragment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A fragment, counted from 0 without the offset table.
    #[must_use]
    pub fn fragment(&self, number: usize) -> Option<&'f [u8]> {
        self.entries.get(number.checked_add(1)?).map(|e| self.content.value(e))
    }

    /// The fragments, without the offset table.
    pub fn iter(&self) -> impl Iterator<Item = &'f [u8]> + use<'f> {
        let content = self.content;
        self.entries.iter().skip(1).map(move |e| content.value(e))
    }

    /// Where each fragment is in the file, without the offset table and the item headers.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<u64>> + use<'f> {
        self.entries.iter().skip(1).map(|e| e.start as u64..e.start.saturating_add(e.length) as u64)
    }
}

impl fmt::Debug for Fragments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fragments").field("fragments", &self.len()).finish()
    }
}

/// Fixed-width numbers of a value field; bytes that are no whole number at its end are left out.
fn numbers<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| read(*chunk)).collect()
}
