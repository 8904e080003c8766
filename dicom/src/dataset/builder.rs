//! Building a data set in memory: responses, data sets from JSON, copies.

use std::fmt;
use std::sync::Arc;

use dicom_core::{Tag, VR};

use super::{Bytes, Content, DataSet, Element, Entry, Shape, is_text};
use crate::charset::CharacterSet;

/// A data set that owns its values. Its text is UTF-8.
pub struct DataSetBuf {
    content: Content<'static>,
}

impl DataSetBuf {
    /// The data set.
    #[must_use]
    pub fn as_data_set(&self) -> DataSet<'_> {
        DataSet::of(&self.content)
    }
}

impl Default for DataSetBuf {
    fn default() -> Self {
        DataSetBuilder::new().build()
    }
}

/// Tells how much there is, and nothing of a patient.
impl fmt::Debug for DataSetBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_data_set().fmt(f)
    }
}

/// Makes a [`DataSetBuf`], element by element. Elements may come in any order.
pub struct DataSetBuilder {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    sorted: bool,
    last: Vec<Option<Tag>>,
}

impl DataSetBuilder {
    /// An empty data set.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes: Vec::new(), entries: Vec::new(), sorted: true, last: vec![None] }
    }

    /// Ends the building.
    #[must_use]
    pub fn build(self) -> DataSetBuf {
        let content = Content {
            bytes: Bytes::Shared(Arc::new(self.bytes)),
            entries: self.entries,
            charsets: vec![CharacterSet::UTF8],
            sorted: self.sorted,
            transcoded: true,
        };
        DataSetBuf { content }
    }

    /// Adds an element with one text value, or with several that backslashes separate.
    pub fn text(&mut self, tag: Tag, vr: VR, text: &str) -> &mut Self {
        self.value(tag, vr, Shape::Value, text.as_bytes())
    }

    /// Adds an element with text values.
    pub fn strings<'s>(&mut self, tag: Tag, vr: VR, values: impl IntoIterator<Item = &'s str>) -> &mut Self {
        let start = self.bytes.len();
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.bytes.push(b'\\');
            }
            self.bytes.extend_from_slice(value.as_bytes());
        }
        self.added(tag, vr, Shape::Value, start)
    }

    /// Adds an element with its value field, numbers little endian, text UTF-8.
    pub fn bytes(&mut self, tag: Tag, vr: VR, bytes: &[u8]) -> &mut Self {
        self.value(tag, vr, Shape::Value, bytes)
    }

    /// Adds a `US` element.
    pub fn unsigned_short(&mut self, tag: Tag, number: u16) -> &mut Self {
        self.bytes(tag, VR::US, &number.to_le_bytes())
    }

    /// Adds an element whose value is kept elsewhere.
    pub fn bulk_data_uri(&mut self, tag: Tag, vr: VR, uri: &str) -> &mut Self {
        self.value(tag, vr, Shape::Bulk, uri.as_bytes())
    }

    /// Adds a sequence; `items` adds its items with [`Items::item`](SequenceBuilder::item).
    pub fn sequence(&mut self, tag: Tag, items: impl FnOnce(&mut SequenceBuilder<'_>)) -> &mut Self {
        let at = self.open(tag, VR::SQ, Shape::Sequence);
        items(&mut SequenceBuilder { builder: self });
        self.close(at);
        self
    }

    /// Adds a copy of all elements of a data set.
    pub fn copy(&mut self, set: &DataSet<'_>) -> &mut Self {
        for element in set.iter() {
            self.copy_element(&element);
        }
        self
    }

    /// Adds a copy of one element.
    pub fn copy_element(&mut self, element: &Element<'_>) -> &mut Self {
        let (tag, vr) = (element.tag(), element.vr());
        match element.shape() {
            Shape::Sequence => {
                let at = self.open(tag, vr, Shape::Sequence);
                for item in element.items() {
                    let at = self.open_item();
                    self.copy(&item);
                    self.close_item(at);
                }
                self.close(at);
                self
            }
            Shape::Fragments => {
                let at = self.open(tag, vr, Shape::Fragments);
                if let Some(fragments) = element.fragments() {
                    for bytes in std::iter::once(fragments.offset_table()).chain(fragments.iter()) {
                        let start = self.bytes.len();
                        self.bytes.extend_from_slice(bytes);
                        self.push(Tag(0xFFFE, 0xE000), VR::UN, Shape::Fragment, start);
                    }
                }
                self.close(at);
                self
            }
            shape if is_text(vr) && shape == Shape::Value => {
                let decoded = element.decode();
                self.text(tag, vr, decoded.as_ref().map_or("", |d| d.text.as_ref()))
            }
            shape => self.value(tag, vr, shape, &element.little_endian_bytes()),
        }
    }

    fn value(&mut self, tag: Tag, vr: VR, shape: Shape, bytes: &[u8]) -> &mut Self {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.added(tag, vr, shape, start)
    }

    fn added(&mut self, tag: Tag, vr: VR, shape: Shape, start: usize) -> &mut Self {
        self.note_order(tag);
        self.push(tag, vr, shape, start);
        self
    }

    fn push(&mut self, tag: Tag, vr: VR, shape: Shape, start: usize) -> usize {
        let at = self.entries.len();
        let mut entry = Entry::new(tag, vr, shape, start, self.bytes.len().saturating_sub(start));
        entry.next = u32::try_from(at + 1).unwrap_or(u32::MAX);
        self.entries.push(entry);
        at
    }

    /// Opens a sequence or encapsulated pixel data.
    pub(crate) fn open(&mut self, tag: Tag, vr: VR, shape: Shape) -> usize {
        self.note_order(tag);
        self.push(tag, vr, shape, self.bytes.len())
    }

    /// Opens an item of the sequence that is open.
    pub(crate) fn open_item(&mut self) -> usize {
        self.last.push(None);
        self.push(Tag(0xFFFE, 0xE000), VR::UN, Shape::Item, self.bytes.len())
    }

    pub(crate) fn close_item(&mut self, at: usize) {
        self.last.pop();
        self.close(at);
    }

    pub(crate) fn close(&mut self, at: usize) {
        let next = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let end = self.bytes.len();
        if let Some(entry) = self.entries.get_mut(at) {
            entry.next = next;
            entry.length = end.saturating_sub(entry.start);
        }
    }

    fn note_order(&mut self, tag: Tag) {
        if let Some(last) = self.last.last_mut() {
            self.sorted &= last.is_none_or(|l| l < tag);
            *last = Some(tag);
        }
    }
}

impl Default for DataSetBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DataSetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataSetBuilder").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Adds items to a sequence.
#[derive(Debug)]
pub struct SequenceBuilder<'b> {
    builder: &'b mut DataSetBuilder,
}

impl SequenceBuilder<'_> {
    /// Adds an item.
    pub fn item(&mut self, elements: impl FnOnce(&mut DataSetBuilder)) -> &mut Self {
        let at = self.builder.open_item();
        elements(self.builder);
        self.builder.close_item(at);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_elements_are_found() {
        let mut builder = DataSetBuilder::new();
        builder
            .sequence(Tag(0x0008, 0x1199), |items| {
                items.item(|item| {
                    item.text(Tag(0x0008, 0x1150), VR::UI, "1.2").unsigned_short(Tag(0x0008, 0x1197), 272);
                });
                items.item(|_| {});
            })
            .text(Tag(0x0008, 0x0060), VR::CS, "CT\\MR");
        let built = builder.build();
        let set = built.as_data_set();
        assert_eq!(set.len(), 2);
        assert_eq!(set.strings(Tag(0x0008, 0x0060)), ["CT", "MR"]);
        let items: Vec<_> = set.sequence(Tag(0x0008, 0x1199)).collect();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].integer(Tag(0x0008, 0x1197)), Some(272));
        assert!(items[1].is_empty());
        let order: Vec<_> = set.sorted().iter().map(Element::tag).collect();
        assert_eq!(order, [Tag(0x0008, 0x0060), Tag(0x0008, 0x1199)]);
        let copy = set.to_owned_set();
        assert_eq!(copy.as_data_set().sequence(Tag(0x0008, 0x1199)).count(), 2);
        assert_eq!(format!("{set:?}"), "DataSet { elements: 2, .. }");
    }
}
