//! A document put together value by value: what readers of other formats make instead of JSON text to be
//! parsed again.

use super::document::{Document, KIND_BITS, Slot};
use super::text::plain_end;
use super::write::write_string;
use crate::error::Position;
use std::borrow::Cow;

/// The text that a document was translated from.
pub(super) struct Source<'a> {
    text: Cow<'a, str>,
    /// For each slot, where it stands in `text`.
    offsets: Vec<u32>,
}

impl Source<'_> {
    /// The place of a slot.
    pub(super) fn position(&self, slot: usize) -> Position {
        let offset = self.offsets.get(slot).copied().unwrap_or_default();
        Position::of(self.text.as_bytes(), offset as usize)
    }
}

/// Writes JSON text and its tape at once. Each value comes with its place in the source.
///
/// The caller writes names and values in turn and closes what it opens; limits are checked by
/// [`Builder::is_full`] and [`Builder::depth`].
pub(crate) struct Builder {
    text: Vec<u8>,
    slots: Vec<Slot>,
    offsets: Vec<u32>,
    unescaped: Vec<Box<str>>,
    /// The slots of open arrays and objects, with their numbers of children.
    open: Vec<(u32, u32)>,
    underscores: bool,
    comma: bool,
    /// Whether a name was written whose value is due.
    named: bool,
}

const BOOL: u32 = 1;
const NUMBER: u32 = 2;
const STRING: u32 = 3;
const ARRAY: u32 = 4;
const OBJECT: u32 = 5;

impl Builder {
    /// An empty document with room for `bytes` of text.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            text: Vec::with_capacity(bytes),
            slots: Vec::with_capacity(bytes / 12),
            offsets: Vec::with_capacity(bytes / 12),
            unescaped: Vec::new(),
            open: Vec::with_capacity(32),
            underscores: false,
            comma: false,
            named: false,
        }
    }

    /// The number of open arrays and objects.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether there are more values than `max_values`, or more text than offsets can tell.
    pub(crate) fn is_full(&self, max_values: usize) -> bool {
        self.slots.len() >= max_values.min((1 << (32 - KIND_BITS)) - 1) || self.text.len() >= 1 << 31
    }

    pub(crate) fn begin_object(&mut self, offset: u32) {
        self.begin(b'{', OBJECT, offset);
    }

    pub(crate) fn begin_array(&mut self, offset: u32) {
        self.begin(b'[', ARRAY, offset);
    }

    pub(crate) fn end_object(&mut self) {
        self.end(b'}');
    }

    pub(crate) fn end_array(&mut self) {
        self.end(b']');
    }

    /// A member name that has nothing to escape.
    pub(crate) fn name(&mut self, name: &str, offset: u32) {
        self.plain_name(&[name], offset);
    }

    /// The member name with an underscore before it.
    pub(crate) fn underscored(&mut self, name: &str, offset: u32) {
        self.underscores = true;
        self.plain_name(&["_", name], offset);
    }

    fn plain_name(&mut self, parts: &[&str], offset: u32) {
        self.separate();
        let start = self.text.len();
        self.text.push(b'"');
        for part in parts {
            self.text.extend_from_slice(part.as_bytes());
        }
        self.text.push(b'"');
        self.push(start, STRING, offset);
        self.text.push(b':');
        self.named = true;
    }

    pub(crate) fn string(&mut self, text: &str, offset: u32) {
        self.value();
        let start = self.text.len();
        if plain_end(text.as_bytes(), 0) == text.len() {
            self.text.push(b'"');
            self.text.extend_from_slice(text.as_bytes());
            self.text.push(b'"');
            self.push(start, STRING, offset);
        } else {
            write_string(&mut self.text, text);
            self.unescaped.push(text.into());
            let extra = small(self.unescaped.len());
            self.push(start, STRING | extra << KIND_BITS, offset);
        }
    }

    /// A number, whose text must follow the JSON grammar.
    pub(crate) fn number(&mut self, text: &str, offset: u32) {
        self.word(text, NUMBER, offset);
    }

    pub(crate) fn bool(&mut self, value: bool, offset: u32) {
        if value {
            self.word("true", BOOL | 1 << KIND_BITS, offset);
        } else {
            self.word("false", BOOL, offset);
        }
    }

    pub(crate) fn null(&mut self, offset: u32) {
        self.word("null", 0, offset);
    }

    /// The document; `source` is the text that the offsets point into.
    pub(crate) fn finish(mut self, source: Cow<'_, str>) -> Document<'_> {
        self.slots.shrink_to_fit();
        self.offsets.shrink_to_fit();
        // All that was written came from text.
        let text = String::from_utf8(self.text).unwrap_or_default();
        Document {
            text: Cow::Owned(text),
            slots: self.slots,
            unescaped: self.unescaped,
            duplicates: Vec::new(),
            underscores: self.underscores,
            source: Some(Box::new(Source { text: source, offsets: self.offsets })),
        }
    }

    fn begin(&mut self, bracket: u8, tag: u32, offset: u32) {
        self.value();
        let start = self.text.len();
        self.text.push(bracket);
        self.open.push((small(self.slots.len()), 0));
        self.push(start, tag, offset);
        self.comma = false;
    }

    fn end(&mut self, bracket: u8) {
        self.text.push(bracket);
        self.comma = true;
        let Some((index, children)) = self.open.pop() else { return };
        let (end, skip) = (small(self.text.len()), small(self.slots.len()));
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.end = end;
            slot.skip = skip;
            slot.tag |= children << KIND_BITS;
        }
    }

    fn word(&mut self, word: &str, tag: u32, offset: u32) {
        self.value();
        let start = self.text.len();
        self.text.extend_from_slice(word.as_bytes());
        self.push(start, tag, offset);
    }

    /// A value starts: after its name, or as the next item of an array.
    fn value(&mut self) {
        if self.named {
            self.named = false;
        } else {
            self.separate();
        }
    }

    /// A member or an item starts.
    fn separate(&mut self) {
        if self.comma {
            self.text.push(b',');
        }
        self.comma = true;
        if let Some((_, children)) = self.open.last_mut() {
            *children += 1;
        }
    }

    fn push(&mut self, start: usize, tag: u32, offset: u32) {
        let skip = small(self.slots.len() + 1);
        self.slots.push(Slot { start: small(start), end: small(self.text.len()), skip, tag });
        self.offsets.push(offset);
    }
}

/// Fits because [`Builder::is_full`] stops before 2³¹.
fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_document_is_the_parsed_one() {
        let mut builder = Builder::with_capacity(0);
        builder.begin_object(0);
        builder.name("a", 1);
        builder.begin_array(2);
        for (at, text) in ["x", "q\"\n"].into_iter().enumerate() {
            builder.string(text, 3 + small(at));
        }
        builder.null(5);
        builder.begin_object(6);
        builder.end_object();
        builder.end_array();
        builder.underscored("b", 7);
        builder.number("1.50", 8);
        builder.name("c", 9);
        builder.bool(true, 10);
        builder.end_object();
        let source = "012345\n789abcdef";
        let built = builder.finish(Cow::Borrowed(source));
        let parsed = Document::from_text(built.text().to_owned()).expect("it is JSON");
        assert_eq!(built.text(), r#"{"a":["x","q\"\n",null,{}],"_b":1.50,"c":true}"#);
        assert_eq!(built.root().to_value(), parsed.root().to_value());
        assert_eq!(built.len(), parsed.len());
        assert!(built.has_underscores());
        assert_eq!(built.root().get("a").map(|node| node.len()), Some(4));
        let number = built.root().get("_b").expect("a member");
        assert_eq!((number.position().line, number.position().column), (2, 2));
        assert_eq!(built.position(number.span().start + 1).offset, 8);
    }
}
