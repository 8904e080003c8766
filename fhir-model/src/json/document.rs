//! The borrowed tree: a tape of slots over the input text.
//!
//! Each value is one slot of 16 bytes, in document order; an object's slot is followed by name, value, name,
//! value, an array's by its items. A slot knows its bytes in the input and the slot after its last
//! descendant, so skipping a value is one addition and its raw text is one slice.

use super::build::Source;
use super::parse::{Options, parse};
use crate::error::{Error, Position};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A parsed JSON text.
///
/// Holds the text (borrowed or owned) and a tape of its values; nothing is copied except strings that
/// contain escapes. Default limits: see [`Options`].
pub struct Document<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) slots: Vec<Slot>,
    pub(super) unescaped: Vec<Box<str>>,
    pub(super) duplicates: Vec<u32>,
    pub(super) underscores: bool,
    /// Where the values stand in the text that they were translated from; nothing if that was JSON.
    pub(super) source: Option<Box<Source<'a>>>,
}

/// One value: where it stands, where the next one starts, what it is.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) start: u32,
    pub(super) end: u32,
    /// The slot after this value's last descendant.
    pub(super) skip: u32,
    /// Three bits of kind; above them the number of children, or one more than the index of the unescaped text.
    pub(super) tag: u32,
}

pub(super) const KIND_BITS: u32 = 3;

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, kept as its text.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Slot {
    const NULL: Self = Self { start: 0, end: 0, skip: 0, tag: 0 };

    pub(super) fn kind(self) -> Kind {
        match self.tag & ((1 << KIND_BITS) - 1) {
            1 => Kind::Bool,
            2 => Kind::Number,
            3 => Kind::String,
            4 => Kind::Array,
            5 => Kind::Object,
            _ => Kind::Null,
        }
    }

    fn extra(self) -> usize {
        (self.tag >> KIND_BITS) as usize
    }
}

impl Document<'static> {
    /// Reads `text` and keeps it, with the default [`Options`].
    ///
    /// # Errors
    /// As [`Document::parse_with`].
    pub fn from_text(text: String) -> Result<Self, Error> {
        Self::from_text_with(text, &Options::default())
    }

    /// Reads `text` and keeps it.
    ///
    /// # Errors
    /// As [`Document::parse_with`].
    pub fn from_text_with(text: String, options: &Options) -> Result<Self, Error> {
        let tape = parse(&text, options)?;
        Ok(tape.over(Cow::Owned(text)))
    }
}

impl<'a> Document<'a> {
    /// Reads one JSON value that fills `bytes`, with the default [`Options`].
    ///
    /// # Errors
    /// As [`Document::parse_with`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::parse_with(bytes, &Options::default())
    }

    /// Reads one JSON value that fills `bytes`. A byte order mark before it is skipped.
    ///
    /// # Errors
    /// [`Encoding`](crate::ErrorKind::Encoding) if the bytes are not UTF-8, [`Syntax`](crate::ErrorKind::Syntax)
    /// if they are not JSON, [`TooDeep`](crate::ErrorKind::TooDeep), [`TooLarge`](crate::ErrorKind::TooLarge) and
    /// [`DuplicateKey`](crate::ErrorKind::DuplicateKey) as `options` say; each with the path and the byte.
    pub fn parse_with(bytes: &'a [u8], options: &Options) -> Result<Self, Error> {
        options.check_size(bytes.len())?;
        let text = super::text::utf8(bytes)?;
        Ok(parse(text, options)?.over(Cow::Borrowed(text)))
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { document: self, index: 0 }
    }

    /// The JSON text: what was read, or what XML was translated to.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of values and member names: a measure of size for budgets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the document holds no value. A parsed document always holds one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Places of member names that stood earlier in the same object, in document order; empty unless
    /// [`Options::keep_duplicates`] let them pass.
    pub fn duplicates(&self) -> impl Iterator<Item = Position> + '_ {
        self.duplicates.iter().map(|&index| self.position(self.slot(index).start as usize))
    }

    /// Whether any member name stands twice in its object.
    #[must_use]
    pub fn has_duplicates(&self) -> bool {
        !self.duplicates.is_empty()
    }

    /// Whether any member name may start with an underscore: false for most documents, which saves looking for
    /// the ids and extensions of their primitives.
    #[must_use]
    pub fn has_underscores(&self) -> bool {
        self.underscores
    }

    /// The line and column of a byte offset, for messages. For a document that was read from XML: the place in
    /// the XML of the value that stands at this byte of [`Document::text`].
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        match &self.source {
            None => Position::of(self.text.as_bytes(), offset),
            Some(source) => {
                let after = self.slots.partition_point(|slot| slot.start as usize <= offset);
                source.position(after.saturating_sub(1))
            }
        }
    }

    /// The value of a [`Node::index`].
    pub(crate) fn node_at(&self, index: u32) -> Node<'_> {
        Node { document: self, index }
    }

    fn slot(&self, index: u32) -> Slot {
        self.slots.get(index as usize).copied().unwrap_or(Slot::NULL)
    }

    fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    fn string(&self, slot: Slot) -> &str {
        match slot.extra().checked_sub(1) {
            None => self.slice(slot.start.saturating_add(1), slot.end.saturating_sub(1)),
            Some(index) => self.unescaped.get(index).map_or("", |text| text),
        }
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("bytes", &self.text.len())
            .field("values", &self.slots.len())
            .finish()
    }
}

/// One value of a [`Document`]: two words, cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    index: u32,
}

impl<'d> Node<'d> {
    /// What the value is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.slot().kind()
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// The text of a string, escapes resolved.
    #[must_use]
    pub fn as_str(self) -> Option<&'d str> {
        let slot = self.slot();
        (slot.kind() == Kind::String).then(|| self.document.string(slot))
    }

    /// The text of a number as it stands in the input: `1.50` is not `1.5`.
    #[must_use]
    pub fn as_number(self) -> Option<&'d str> {
        let slot = self.slot();
        (slot.kind() == Kind::Number).then(|| self.document.slice(slot.start, slot.end))
    }

    /// The text of a string, number or Boolean: what FHIR calls the value of a primitive.
    #[must_use]
    pub fn as_primitive(self) -> Option<&'d str> {
        let slot = self.slot();
        match slot.kind() {
            Kind::String => Some(self.document.string(slot)),
            Kind::Number | Kind::Bool => Some(self.document.slice(slot.start, slot.end)),
            _ => None,
        }
    }

    /// A Boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        let slot = self.slot();
        (slot.kind() == Kind::Bool).then(|| slot.extra() == 1)
    }

    /// A number without fraction and exponent that fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.as_number().and_then(|text| text.parse().ok())
    }

    /// The member `name` of an object; the first one where a name stands twice.
    #[must_use]
    #[inline]
    pub fn get(self, name: &str) -> Option<Self> {
        let (slots, text) = (self.document.slots.as_slice(), self.document.text.as_bytes());
        let slot = slots.get(self.index as usize)?;
        if slot.kind() != Kind::Object {
            return None;
        }
        let quoted = name.len() + 2;
        let mut at = self.index + 1;
        while at < slot.skip {
            let [key, value] = slots.get(at as usize..)?.first_chunk()?;
            // The length with both quotes tells most names apart without a look at the text.
            let found = if key.end.wrapping_sub(key.start) as usize == quoted && key.extra() == 0 {
                text.get(key.start as usize + 1..).is_some_and(|rest| starts_with(rest, name.as_bytes()))
            } else {
                key.extra() != 0 && self.document.string(*key) == name
            };
            if found {
                return Some(self.sibling(at + 1));
            }
            if value.skip <= at {
                return None;
            }
            at = value.skip;
        }
        None
    }

    /// The members of an object whose names start with `stem` and go on: how a choice stands in JSON.
    #[inline]
    pub fn starting(self, stem: &str) -> impl Iterator<Item = (&'d str, Self)> {
        let mut members = self.members();
        std::iter::from_fn(move || members.starting(stem.as_bytes()))
    }

    /// The item at `index` of an array.
    #[must_use]
    pub fn at(self, index: usize) -> Option<Self> {
        self.items().nth(index)
    }

    /// The number of items of an array or members of an object; 0 for the rest.
    #[must_use]
    pub fn len(self) -> usize {
        let slot = self.slot();
        if matches!(slot.kind(), Kind::Array | Kind::Object) { slot.extra() } else { 0 }
    }

    /// Whether [`Node::len`] is 0.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The members of an object in the order of the text; nothing for other kinds.
    #[must_use]
    pub fn members(self) -> Members<'d> {
        let slot = self.slot();
        let end = if slot.kind() == Kind::Object { slot.skip } else { 0 };
        Members { document: self.document, next: self.index + 1, end }
    }

    /// The items of an array; nothing for other kinds.
    #[must_use]
    pub fn items(self) -> Items<'d> {
        let slot = self.slot();
        let end = if slot.kind() == Kind::Array { slot.skip } else { 0 };
        Items { document: self.document, next: self.index + 1, end }
    }

    /// An array's items, or the value itself: the way a JSON member holds an element that may repeat.
    #[must_use]
    pub fn items_or_self(self) -> Items<'d> {
        let slot = self.slot();
        if slot.kind() == Kind::Array {
            return Items { document: self.document, next: self.index + 1, end: slot.skip };
        }
        Items { document: self.document, next: self.index, end: self.index + 1 }
    }

    /// The bytes of the value in [`Document::text`].
    #[must_use]
    pub fn span(self) -> Range<usize> {
        let slot = self.slot();
        slot.start as usize..slot.end as usize
    }

    /// The text of the value as it stands in the input.
    #[must_use]
    pub fn raw(self) -> &'d str {
        let slot = self.slot();
        self.document.slice(slot.start, slot.end)
    }

    /// Where the value starts.
    #[must_use]
    pub fn position(self) -> Position {
        self.document.position(self.span().start)
    }

    /// A number that tells this value from all others of its document.
    #[must_use]
    pub fn index(self) -> usize {
        self.index as usize
    }

    /// [`Node::index`], in fewer bits.
    pub(crate) fn place(self) -> u32 {
        self.index
    }

    /// The document that holds the value.
    #[must_use]
    pub fn document(self) -> &'d Document<'d> {
        self.document
    }

    fn slot(self) -> Slot {
        self.document.slot(self.index)
    }

    fn sibling(self, index: u32) -> Self {
        Self { document: self.document, index }
    }
}

/// Two nodes are equal when they are the same place of the same document.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.index == other.index
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("kind", &self.kind()).field("span", &self.span()).finish()
    }
}

/// The members of an object; see [`Node::members`].
#[derive(Debug, Clone)]
pub struct Members<'d> {
    document: &'d Document<'d>,
    next: u32,
    end: u32,
}

impl<'d> Iterator for Members<'d> {
    type Item = (&'d str, Node<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let name = self.document.string(self.document.slot(self.next));
        let index = self.next + 1;
        self.next = self.document.slot(index).skip.max(index + 1);
        Some((name, Node { document: self.document, index }))
    }
}

impl<'d> Members<'d> {
    /// The next member whose name starts with `stem` and goes on.
    #[inline]
    fn starting(&mut self, stem: &[u8]) -> Option<(&'d str, Node<'d>)> {
        let (slots, text) = (self.document.slots.as_slice(), self.document.text.as_bytes());
        while self.next < self.end {
            let at = self.next;
            let [key, value] = slots.get(at as usize..)?.first_chunk()?;
            self.next = value.skip.max(at + 2);
            let found = key.extra() != 0
                || key.end.wrapping_sub(key.start) as usize > stem.len() + 2
                    && text.get(key.start as usize + 1..).is_some_and(|rest| starts_with(rest, stem));
            if found {
                let name = self.document.string(*key);
                if name.len() > stem.len() && name.as_bytes().starts_with(stem) {
                    return Some((name, Node { document: self.document, index: at + 1 }));
                }
            }
        }
        None
    }
}

/// Whether `text` starts with `name`: names are short, and two words that may overlap take less than a call.
#[inline]
fn starts_with(text: &[u8], name: &[u8]) -> bool {
    let Some(text) = text.get(..name.len()) else { return false };
    match (name.first_chunk::<8>(), name.last_chunk::<8>(), text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last), Some(start), Some(end)) if name.len() <= 16 => {
            first == start && last == end
        }
        (Some(_), ..) => name == text,
        _ => match (
            name.first_chunk::<4>(),
            name.last_chunk::<4>(),
            text.first_chunk::<4>(),
            text.last_chunk::<4>(),
        ) {
            (Some(first), Some(last), Some(start), Some(end)) => first == start && last == end,
            _ => name.iter().eq(text),
        },
    }
}

/// The items of an array; see [`Node::items`].
#[derive(Debug, Clone)]
pub struct Items<'d> {
    document: &'d Document<'d>,
    next: u32,
    end: u32,
}

impl<'d> Iterator for Items<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        self.next = self.document.slot(index).skip.max(index + 1);
        Some(Node { document: self.document, index })
    }
}
