//! The parser: one pass over the bytes, one table entry an element, an explicit stack instead of recursion.
//!
//! Every length is held against the bytes that remain before anything is done with it; values are not copied or decoded.

use dicom_core::dictionary::VirtualVr;
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use memchr::memmem;

use super::options::{ReadOptions, Truncation, is_pixel_data};
use super::warning::{WarningKind, Warnings};
use crate::charset::CharacterSet;
use crate::dataset::{Entry, Shape};
use crate::dictionary;
use crate::error::{Error, ErrorKind, Result};
use crate::path::TagPath;

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);
const UNDEFINED: u32 = 0xFFFF_FFFF;

/// How the elements of one data set are encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Syntax {
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
}

impl Syntax {
    const IMPLICIT: Self = Self { explicit: false, big_endian: false };

    fn tag(self, [a, b, c, d]: [u8; 4]) -> Tag {
        if self.big_endian {
            Tag(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
        } else {
            Tag(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
        }
    }

    fn short(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn long(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// Where reading stopped, before an element that was told to stop at.
#[derive(Clone, Copy)]
pub(super) struct Stopped {
    pub(super) tag: Tag,
    pub(super) vr: VR,
    pub(super) start: usize,
    pub(super) length: Option<usize>,
}

/// What to parse.
pub(super) struct Task<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) start: usize,
    pub(super) syntax: Syntax,
    /// Pixel data of defined length at the root is native; the flag only chooses between `OB` and `OW`.
    pub(super) encapsulated: bool,
    /// Only elements of group 0002.
    pub(super) meta: bool,
    /// More bytes may follow: the end of the bytes is never the end of the data set.
    pub(super) prefix: bool,
}

/// What came out.
pub(super) struct Parsed {
    pub(super) entries: Vec<Entry>,
    pub(super) charsets: Vec<CharacterSet>,
    pub(super) sorted: bool,
    pub(super) end: usize,
    pub(super) stopped: Option<Stopped>,
}

pub(super) fn parse(task: &Task<'_>, options: &ReadOptions, warnings: &mut Warnings) -> Result<Parsed> {
    let mut parser = Parser {
        task,
        options,
        warnings,
        at: task.start,
        entries: Vec::new(),
        charsets: vec![CharacterSet::DEFAULT],
        pending: Vec::new(),
        stack: Vec::with_capacity(8),
        sorted: true,
        stopped: None,
        meta_end: None,
    };
    parser.stack.push(Frame::new(Kind::Root, 0, None, task.syntax, 0));
    loop {
        match parser.step() {
            Ok(Step::More) => {}
            Ok(Step::Done) => break,
            Err(error) => parser.recover(error)?,
        }
    }
    Ok(Parsed {
        entries: parser.entries,
        charsets: parser.charsets,
        sorted: parser.sorted,
        end: parser.at,
        stopped: parser.stopped,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    Sequence,
    Item,
}

/// A data set or a sequence that is being read.
struct Frame {
    kind: Kind,
    /// Its entry; nothing for the root.
    entry: usize,
    /// Where it ends; none for an undefined length, and for the root.
    end: Option<usize>,
    syntax: Syntax,
    charset: u16,
    last: Option<Tag>,
    /// Whether pixel values are signed, by Pixel Representation.
    signed: Option<bool>,
    /// Where its part of the pending list starts.
    pending: usize,
    /// How many items a sequence has so far.
    items: u32,
    /// It was a `UN`: anything unexpected in it makes it bytes again.
    guess: bool,
}

impl Frame {
    fn new(kind: Kind, entry: usize, end: Option<usize>, syntax: Syntax, charset: u16) -> Self {
        Self {
            kind,
            entry,
            end,
            syntax,
            charset,
            last: None,
            signed: None,
            pending: 0,
            items: 0,
            guess: false,
        }
    }
}

enum Step {
    More,
    Done,
}

/// The header of an element.
struct Header {
    tag: Tag,
    vr: VR,
    /// The file said `UN`, and the dictionary knew better.
    was_unknown: bool,
    /// `US` or `SS`, to be told by Pixel Representation.
    signedness: bool,
    start: usize,
    length: u32,
}

struct Parser<'t, 'b> {
    task: &'t Task<'b>,
    options: &'t ReadOptions,
    warnings: &'t mut Warnings,
    at: usize,
    entries: Vec<Entry>,
    charsets: Vec<CharacterSet>,
    /// Entries that wait for Pixel Representation.
    pending: Vec<usize>,
    stack: Vec<Frame>,
    sorted: bool,
    stopped: Option<Stopped>,
    meta_end: Option<usize>,
}

impl<'b> Parser<'_, 'b> {
    fn bytes(&self) -> &'b [u8] {
        self.task.bytes
    }

    fn step(&mut self) -> Result<Step> {
        let Some(frame) = self.stack.last() else { return Ok(Step::Done) };
        let (kind, syntax) = (frame.kind, frame.syntax);
        if frame.end.is_some_and(|end| self.at >= end) {
            return self.close(self.at);
        }
        if kind == Kind::Sequence {
            return self.item(syntax);
        }
        let Some(head) = self.bytes().get(self.at..).and_then(<[u8]>::first_chunk::<8>) else {
            return self.out_of_bytes(kind);
        };
        let [a, b, c, d, ..] = *head;
        let tag = syntax.tag([a, b, c, d]);
        if tag.0 == 0xFFFE {
            return self.delimiter(kind, tag);
        }
        if self.task.meta && self.meta_is_over(tag, head) {
            return self.close(self.at);
        }
        if tag == Tag(0, 0) && kind == Kind::Root && !self.task.prefix && self.only_zeros_remain() {
            self.warn(WarningKind::TrailingPadding, self.at, None);
            self.at = self.bytes().len();
            return self.close(self.at);
        }
        self.element(kind, syntax, tag, *head)
    }

    /// Reads one element of a data set.
    fn element(&mut self, kind: Kind, syntax: Syntax, tag: Tag, head: [u8; 8]) -> Result<Step> {
        let Some(header) = self.header(syntax, tag, head)? else {
            return self.truncated(Some(tag), "the bytes end inside of an element header");
        };
        let length = (header.length != UNDEFINED).then_some(header.length as usize);
        if kind == Kind::Root && self.options.stop.is_before(tag) && !self.task.meta {
            self.stopped = Some(Stopped { tag, vr: header.vr, start: header.start, length });
            return self.close(self.at);
        }
        self.note_order(tag);
        match length {
            None => self.undefined_length(syntax, &header),
            Some(length) => self.defined_length(kind, syntax, &header, length),
        }
    }

    /// Reads the header of an element; none where the bytes end inside of it.
    fn header(&mut self, syntax: Syntax, tag: Tag, head: [u8; 8]) -> Result<Option<Header>> {
        let [_, _, _, _, v0, v1, l0, l1] = head;
        let mut header = Header {
            tag,
            vr: VR::UN,
            was_unknown: false,
            signedness: false,
            start: self.at.saturating_add(8),
            length: syntax.long([v0, v1, l0, l1]),
        };
        let mut from_dictionary = !syntax.explicit;
        if syntax.explicit {
            let vr = dictionary::vr_from_bytes([v0, v1]);
            let letters = v0.is_ascii_uppercase() && v1.is_ascii_uppercase();
            let long = match vr {
                Some(vr) => dictionary::has_long_length(vr),
                None if letters => self.unknown_vr_is_long(syntax, [l0, l1]),
                None => false,
            };
            header.vr = vr.unwrap_or(VR::UN);
            if vr.is_none() {
                let kind = if letters { WarningKind::UnknownVr } else { WarningKind::ImplicitElement };
                self.warn(kind, self.at, Some(tag));
            }
            if long {
                let field = self.bytes().get(header.start..).and_then(<[u8]>::first_chunk::<4>);
                let Some(field) = field else { return Ok(None) };
                header.length = syntax.long(*field);
                header.start = header.start.saturating_add(4);
            } else if letters {
                header.length = u32::from(syntax.short([l0, l1]));
            }
            header.was_unknown = header.vr == VR::UN && vr.is_some();
            from_dictionary = header.vr == VR::UN && (vr.is_some() || !letters);
        }
        if from_dictionary {
            match dictionary::implicit_vr(tag) {
                Some(VirtualVr::Xs) => {
                    header.vr = VR::US;
                    header.signedness = true;
                }
                Some(VirtualVr::Px) if self.task.encapsulated => header.vr = VR::OB,
                Some(other) => header.vr = other.relaxed(),
                None => {}
            }
        }
        Ok(Some(header))
    }

    /// Two letters that are no value representation: newer ones all have the long form (PS3.5 7.1.2), so that is taken
    /// where its reserved bytes and its length fit.
    fn unknown_vr_is_long(&self, syntax: Syntax, reserved: [u8; 2]) -> bool {
        let start = self.at.saturating_add(8);
        let Some(field) = self.bytes().get(start..).and_then(<[u8]>::first_chunk::<4>) else { return false };
        let length = syntax.long(*field) as usize;
        let remaining = self.bytes().len().saturating_sub(start.saturating_add(4));
        reserved == [0, 0] && length <= remaining
    }

    fn defined_length(&mut self, kind: Kind, syntax: Syntax, header: &Header, length: usize) -> Result<Step> {
        let remaining = self.bytes().len().saturating_sub(header.start);
        if length > remaining {
            return self.cut_value(kind, syntax, header, remaining);
        }
        let end = header.start.saturating_add(length);
        if self.stack.last().and_then(|f| f.end).is_some_and(|outer| end > outer) {
            self.warn(WarningKind::LengthOverrun, self.at, Some(header.tag));
        }
        if length % 2 == 1 {
            self.warn(WarningKind::OddLength, self.at, Some(header.tag));
        }
        // A sequence hidden in a `UN` is in implicit VR little endian (PS3.5 6.2.2).
        let inner = if header.was_unknown { Syntax::IMPLICIT } else { syntax };
        if header.vr == VR::SQ && (!header.was_unknown || length == 0 || self.is_item(inner, header.start)) {
            let at = self.push(Entry::new(header.tag, VR::SQ, Shape::Sequence, header.start, length))?;
            self.at = header.start;
            return self.open(Kind::Sequence, at, Some(end), inner, header);
        }
        let vr = if header.vr == VR::SQ { VR::UN } else { header.vr };
        let mut entry = Entry::new(header.tag, vr, Shape::Value, header.start, length);
        entry.big_endian = syntax.big_endian && !header.was_unknown;
        let at = self.push(entry)?;
        self.at = end;
        self.note_context(header, syntax, at, length);
        Ok(Step::More)
    }

    fn undefined_length(&mut self, syntax: Syntax, header: &Header) -> Result<Step> {
        let (tag, start) = (header.tag, header.start);
        let pixels =
            is_pixel_data(tag) || matches!(header.vr, VR::OB | VR::OW | VR::OF | VR::OD | VR::OL | VR::OV);
        // The items of a `UN` are in implicit VR little endian (PS3.5 6.2.2, CP-246), whatever is around it.
        let unknown = syntax.explicit && (header.was_unknown || header.vr == VR::UN) && !pixels;
        let mut inner = if unknown { Syntax::IMPLICIT } else { syntax };
        if unknown && self.items_are_explicit(start) {
            inner.explicit = true;
            self.warn(WarningKind::ExplicitUnknown, self.at, Some(tag));
        }
        if !self.is_item(inner, start) {
            let field = self.bytes().get(start..).unwrap_or_default();
            if field.len() < 8 {
                return self.truncated(Some(tag), "the bytes end where an item must be");
            }
            return self.unstructured(inner, header);
        }
        self.at = start;
        if pixels {
            let vr = if header.vr == VR::UN { VR::OB } else { header.vr };
            let at = self.push(Entry::new(tag, vr, Shape::Fragments, start, 0))?;
            return self.fragments(inner, at, tag);
        }
        let at = self.push(Entry::new(tag, VR::SQ, Shape::Sequence, start, 0))?;
        self.open(Kind::Sequence, at, None, inner, header)
    }

    /// A value of undefined length that has no items: everything up to the next sequence delimiter.
    fn unstructured(&mut self, syntax: Syntax, header: &Header) -> Result<Step> {
        let delimiter: [u8; 8] = if syntax.big_endian {
            [0xFF, 0xFE, 0xE0, 0xDD, 0, 0, 0, 0]
        } else {
            [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]
        };
        let field = self.bytes().get(header.start..).unwrap_or_default();
        let Some(length) = memmem::find(field, &delimiter) else {
            return self.truncated(Some(header.tag), "a value of undefined length has no end");
        };
        self.warn(WarningKind::UndefinedLength, self.at, Some(header.tag));
        let vr = if header.vr == VR::SQ { VR::UN } else { header.vr };
        let mut entry = Entry::new(header.tag, vr, Shape::Value, header.start, length);
        entry.big_endian = syntax.big_endian;
        self.push(entry)?;
        self.at = header.start.saturating_add(length).saturating_add(8);
        Ok(Step::More)
    }

    /// Encapsulated pixel data (PS3.5 A.4): items of bytes up to the sequence delimiter.
    fn fragments(&mut self, syntax: Syntax, at: usize, tag: Tag) -> Result<Step> {
        loop {
            let head = self.bytes().get(self.at..).and_then(<[u8]>::first_chunk::<8>);
            let Some([a, b, c, d, l0, l1, l2, l3]) = head.copied() else {
                return self.cut_fragments(
                    at,
                    tag,
                    "the bytes end where a fragment or the end of them must be",
                );
            };
            let length = syntax.long([l0, l1, l2, l3]);
            match syntax.tag([a, b, c, d]) {
                SEQUENCE_END => {
                    self.finish(at, self.at);
                    self.at = self.at.saturating_add(8);
                    return Ok(Step::More);
                }
                ITEM if length != UNDEFINED => {
                    let start = self.at.saturating_add(8);
                    let remaining = self.bytes().len().saturating_sub(start);
                    let cut = length as usize > remaining;
                    if cut && (self.task.prefix || self.options.truncation == Truncation::Refuse) {
                        return self.cut_fragments(at, tag, "the bytes end inside of a fragment");
                    }
                    let length = remaining.min(length as usize);
                    let mut entry = Entry::new(ITEM, VR::OB, Shape::Fragment, start, length);
                    entry.truncated = cut;
                    let fragment = self.push(entry)?;
                    self.finish(fragment, start.saturating_add(length));
                    self.at = start.saturating_add(length);
                    if cut {
                        return self.cut_fragments(at, tag, "the bytes end inside of a fragment");
                    }
                }
                _ => return Err(self.malformed(Some(tag), "wanted a fragment or the end of the fragments")),
            }
        }
    }

    fn cut_fragments(&mut self, at: usize, tag: Tag, detail: &'static str) -> Result<Step> {
        if self.task.prefix || self.options.truncation == Truncation::Refuse {
            return Err(self.error(ErrorKind::Truncated, Some(tag), detail));
        }
        self.warn(WarningKind::TruncatedPixelData, self.at, Some(tag));
        self.at = self.bytes().len();
        self.finish(at, self.at);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.truncated = true;
        }
        self.abandon()
    }

    /// Reads the header of an item, or the end of a sequence.
    fn item(&mut self, syntax: Syntax) -> Result<Step> {
        let Some([a, b, c, d, l0, l1, l2, l3]) =
            self.bytes().get(self.at..).and_then(<[u8]>::first_chunk::<8>).copied()
        else {
            return self.truncated(None, "the bytes end where an item or the end of a sequence must be");
        };
        let length = syntax.long([l0, l1, l2, l3]);
        let start = self.at.saturating_add(8);
        let (charset, defined) = match self.stack.last() {
            Some(frame) => (frame.charset, frame.end.is_some()),
            None => return Ok(Step::Done),
        };
        match syntax.tag([a, b, c, d]) {
            ITEM => {
                let mut end = (length != UNDEFINED).then(|| start.saturating_add(length as usize));
                let outer =
                    self.stack.last().and_then(|f| f.end).filter(|outer| *outer <= self.bytes().len());
                if outer.is_some_and(|outer| end.is_some_and(|end| end > outer)) {
                    self.warn(WarningKind::LengthOverrun, self.at, None);
                }
                if end.is_some_and(|end| end > self.bytes().len()) {
                    if outer.is_some() {
                        // The sequence fits, so that it is the item that lies.
                        end = outer;
                    } else if self.task.prefix || self.options.truncation != Truncation::Anywhere {
                        let detail = "an item is longer than the bytes that remain";
                        return Err(self.error(ErrorKind::Truncated, None, detail));
                    }
                }
                let length = if length == UNDEFINED { 0 } else { length as usize };
                let mut entry = Entry::new(ITEM, VR::UN, Shape::Item, start, length);
                entry.charset = charset;
                let at = self.push(entry)?;
                self.at = start;
                let mut frame = Frame::new(Kind::Item, at, end, syntax, charset);
                frame.pending = self.pending.len();
                self.stack.push(frame);
                Ok(Step::More)
            }
            SEQUENCE_END if !defined => {
                let end = self.at;
                self.at = start;
                self.close(end)
            }
            SEQUENCE_END => {
                self.warn(WarningKind::UnexpectedDelimiter, self.at, None);
                self.at = start;
                Ok(Step::More)
            }
            _ => Err(self.malformed(None, "wanted an item or the end of the sequence")),
        }
    }

    /// A tag of group FFFE where an element may stand.
    fn delimiter(&mut self, kind: Kind, tag: Tag) -> Result<Step> {
        let undefined = kind == Kind::Item && self.stack.last().is_some_and(|f| f.end.is_none());
        let after = self.at.saturating_add(8);
        match tag {
            ITEM_END if undefined => {
                let end = self.at;
                self.at = after;
                self.close(end)
            }
            // The delimiter of the item is missing: what follows belongs to the sequence.
            SEQUENCE_END | ITEM if undefined => {
                self.warn(WarningKind::UnexpectedDelimiter, self.at, None);
                self.close(self.at)
            }
            ITEM_END | SEQUENCE_END => {
                self.warn(WarningKind::UnexpectedDelimiter, self.at, None);
                self.at = after;
                Ok(Step::More)
            }
            _ => Err(self.malformed(None, "an item stands where an element must be")),
        }
    }

    fn open(
        &mut self,
        kind: Kind,
        entry: usize,
        end: Option<usize>,
        syntax: Syntax,
        header: &Header,
    ) -> Result<Step> {
        let depth = self.stack.iter().filter(|f| f.kind == Kind::Sequence).count();
        if depth >= self.options.max_depth {
            let detail = format!("sequences are nested deeper than {depth}");
            return Err(self.error(ErrorKind::TooDeep, Some(header.tag), detail));
        }
        let charset = self.stack.last().map_or(0, |f| f.charset);
        let mut frame = Frame::new(kind, entry, end, syntax, charset);
        frame.pending = self.pending.len();
        frame.guess = header.was_unknown;
        self.stack.push(frame);
        Ok(Step::More)
    }

    /// Ends the data set or the sequence that is being read; `end` is where its value field ends.
    fn close(&mut self, end: usize) -> Result<Step> {
        if let Some(frame) = self.stack.last()
            && frame.guess
            && frame.end.is_some_and(|wanted| wanted != self.at)
        {
            return Err(self.malformed(None, "the items of a UN do not fill it"));
        }
        let Some(frame) = self.stack.pop() else { return Ok(Step::Done) };
        let signed = frame.signed.or_else(|| (frame.kind == Kind::Root).then_some(false));
        if let Some(signed) = signed {
            for at in self.pending.drain(frame.pending.min(self.pending.len())..) {
                if let Some(entry) = self.entries.get_mut(at)
                    && signed
                {
                    entry.vr = VR::SS;
                }
            }
        }
        match frame.kind {
            Kind::Root => Ok(Step::Done),
            Kind::Sequence => {
                self.finish(frame.entry, end);
                Ok(Step::More)
            }
            Kind::Item => {
                self.finish(frame.entry, end);
                if let Some(entry) = self.entries.get_mut(frame.entry) {
                    entry.charset = frame.charset;
                }
                if let Some(sequence) = self.stack.last_mut() {
                    sequence.items = sequence.items.saturating_add(1);
                }
                Ok(Step::More)
            }
        }
    }

    /// Writes into an entry where its children and its value field end.
    fn finish(&mut self, at: usize, end: usize) {
        let next = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.next = next;
            entry.length = end.saturating_sub(entry.start);
        }
    }

    fn push(&mut self, mut entry: Entry) -> Result<usize> {
        let at = self.entries.len();
        let limit = self.options.max_elements.min(u32::MAX as usize - 1);
        if at >= limit {
            let detail = format!("more than {limit} elements");
            return Err(self.error(ErrorKind::TooManyElements, Some(entry.tag), detail));
        }
        entry.next = u32::try_from(at + 1).unwrap_or(u32::MAX);
        self.entries.push(entry);
        Ok(at)
    }

    fn note_order(&mut self, tag: Tag) {
        let Some(frame) = self.stack.last_mut() else { return };
        let last = frame.last.replace(tag);
        let kind = match last {
            Some(last) if last == tag => WarningKind::DuplicateElement,
            Some(last) if last > tag => WarningKind::UnorderedElements,
            _ => return,
        };
        self.sorted = false;
        self.warn(kind, self.at, Some(tag));
    }

    /// Takes note of the elements that others depend on.
    fn note_context(&mut self, header: &Header, syntax: Syntax, at: usize, length: usize) {
        let value = self.bytes().get(header.start..header.start.saturating_add(length)).unwrap_or_default();
        if header.signedness {
            self.pending.push(at);
        }
        match header.tag {
            tags::SPECIFIC_CHARACTER_SET => {
                let set = CharacterSet::parse(value);
                if !set.is_known() {
                    self.warn(WarningKind::UnknownCharacterSet, header.start, Some(header.tag));
                }
                if self.stack.len() == 1 {
                    if let Some(first) = self.charsets.first_mut() {
                        *first = set;
                    }
                } else {
                    let index = self.charset_index(set);
                    if let Some(frame) = self.stack.last_mut() {
                        frame.charset = index;
                    }
                }
            }
            tags::PIXEL_REPRESENTATION => {
                if let (Some(frame), Some(value)) = (self.stack.last_mut(), value.first_chunk::<2>()) {
                    frame.signed = Some(syntax.short(*value) == 1);
                }
            }
            tags::FILE_META_INFORMATION_GROUP_LENGTH if self.task.meta => {
                if let Some(value) = value.first_chunk::<4>() {
                    self.meta_end = Some(self.at.saturating_add(syntax.long(*value) as usize));
                }
            }
            _ => {}
        }
    }

    fn charset_index(&mut self, set: CharacterSet) -> u16 {
        // The first place belongs to the root data set, whose set may still change.
        let known = self.charsets.iter().skip(1).position(|s| *s == set).map(|i| i + 1);
        let index = known.unwrap_or_else(|| {
            self.charsets.push(set);
            self.charsets.len() - 1
        });
        u16::try_from(index).unwrap_or(0)
    }

    /// The file meta information ends where its group length says, or where another group begins.
    fn meta_is_over(&mut self, tag: Tag, head: &[u8; 8]) -> bool {
        let [_, _, _, _, v0, v1, ..] = *head;
        let fits = !self.task.syntax.explicit || dictionary::vr_from_bytes([v0, v1]).is_some();
        if tag.0 == 0x0002 && (fits || self.meta_end.is_none()) {
            return false;
        }
        let kind = match self.meta_end {
            Some(end) if end == self.at => return true,
            Some(_) => WarningKind::WrongGroupLength,
            None => WarningKind::MissingGroupLength,
        };
        self.warn(kind, self.task.start, None);
        true
    }

    /// Whether an item, or the end of the sequence, stands at a place.
    fn is_item(&self, syntax: Syntax, at: usize) -> bool {
        let head = self.bytes().get(at..).and_then(<[u8]>::first_chunk::<4>);
        head.is_some_and(|head| matches!(syntax.tag(*head), ITEM | SEQUENCE_END))
    }

    /// Whether the first element in the first item at a place has the letters of a value representation.
    fn items_are_explicit(&self, at: usize) -> bool {
        let head = self.bytes().get(at.saturating_add(8)..).and_then(<[u8]>::first_chunk::<6>);
        let Some([a, b, c, d, v0, v1]) = head.copied() else { return false };
        let tag = Syntax::IMPLICIT.tag([a, b, c, d]);
        tag.0 != 0xFFFE && dictionary::vr_from_bytes([v0, v1]).is_some()
    }

    fn only_zeros_remain(&self) -> bool {
        self.bytes().get(self.at..).unwrap_or_default().iter().all(|b| *b == 0)
    }

    /// Fewer bytes remain than a header has.
    fn out_of_bytes(&mut self, kind: Kind) -> Result<Step> {
        let remaining = self.bytes().len().saturating_sub(self.at);
        if kind == Kind::Root && !self.task.prefix {
            if remaining > 0 && self.only_zeros_remain() {
                self.warn(WarningKind::TrailingPadding, self.at, None);
                self.at = self.bytes().len();
            }
            if self.at >= self.bytes().len() {
                if self.task.meta && self.meta_end.is_some_and(|end| end != self.at) {
                    return self.truncated(None, "the bytes end inside of the file meta information");
                }
                return self.close(self.at);
            }
        }
        let detail = if kind == Kind::Item {
            "the bytes end where an element or the end of an item must be"
        } else {
            "the bytes end inside of an element header"
        };
        self.truncated(None, detail)
    }

    /// A value that is longer than the bytes that remain.
    fn cut_value(&mut self, kind: Kind, syntax: Syntax, header: &Header, remaining: usize) -> Result<Step> {
        let tolerated = !self.task.prefix && self.options.truncation != Truncation::Refuse;
        if tolerated && kind == Kind::Root && is_pixel_data(header.tag) {
            self.warn(WarningKind::TruncatedPixelData, header.start, Some(header.tag));
            let mut entry = Entry::new(header.tag, header.vr, Shape::Value, header.start, remaining);
            entry.truncated = true;
            entry.big_endian = syntax.big_endian;
            self.push(entry)?;
            self.at = self.bytes().len();
            return self.close(self.at);
        }
        if tolerated
            && self.options.truncation == Truncation::Anywhere
            && header.vr == VR::SQ
            && self.is_item(syntax, header.start)
        {
            // The items that are whole are worth having.
            let at = self.push(Entry::new(header.tag, VR::SQ, Shape::Sequence, header.start, remaining))?;
            self.at = header.start;
            return self.open(Kind::Sequence, at, None, syntax, header);
        }
        let detail = format!("a value of {} bytes, but {remaining} remain", header.length);
        self.truncated(Some(header.tag), detail)
    }

    fn truncated(
        &mut self,
        tag: Option<Tag>,
        detail: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Result<Step> {
        if self.task.prefix || self.task.meta || self.options.truncation != Truncation::Anywhere {
            return Err(self.error(ErrorKind::Truncated, tag, detail));
        }
        self.warn(WarningKind::Truncated, self.at, tag);
        self.at = self.bytes().len();
        self.abandon()
    }

    /// Ends everything that is open.
    fn abandon(&mut self) -> Result<Step> {
        while let Some(frame) = self.stack.last_mut() {
            frame.guess = false;
            let entry = frame.entry;
            if frame.kind != Kind::Root
                && let Some(entry) = self.entries.get_mut(entry)
            {
                entry.truncated = true;
            }
            self.close(self.at)?;
        }
        Ok(Step::Done)
    }

    /// Goes back to the innermost sequence of defined length and keeps it as bytes; fails where there is none.
    fn recover(&mut self, error: Error) -> Result<()> {
        if !matches!(error.kind(), ErrorKind::MalformedDataSet | ErrorKind::Truncated) {
            return Err(error);
        }
        let damaged = self
            .stack
            .iter()
            .rposition(|f| f.kind == Kind::Sequence && f.end.is_some_and(|end| end <= self.bytes().len()));
        let Some(frame) = damaged.and_then(|at| self.stack.drain(at..).next()) else { return Err(error) };
        let (at, end) = (frame.entry, frame.end.unwrap_or(self.at));
        self.entries.truncate(at + 1);
        self.pending.truncate(frame.pending);
        let tag = self.entries.get_mut(at).map(|entry| {
            entry.shape = Shape::Value;
            entry.vr = VR::UN;
            entry.tag
        });
        self.finish(at, end);
        self.at = end;
        let position = self.entries.get(at).map_or(end, |e| e.start);
        self.warn(WarningKind::OpaqueSequence, position, tag);
        Ok(())
    }

    fn malformed(&self, tag: Option<Tag>, detail: &'static str) -> Error {
        self.error(ErrorKind::MalformedDataSet, tag, detail)
    }

    fn error(
        &self,
        kind: ErrorKind,
        tag: Option<Tag>,
        detail: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Error {
        Error::new(kind, detail).at(self.at).with_path(self.path(tag))
    }

    fn warn(&mut self, kind: WarningKind, position: usize, tag: Option<Tag>) {
        let (stack, entries) = (&self.stack, &self.entries);
        self.warnings.add(kind, position, || path(stack, entries, tag));
    }

    fn path(&self, tag: Option<Tag>) -> TagPath {
        path(&self.stack, &self.entries, tag)
    }
}

fn path(stack: &[Frame], entries: &[Entry], tag: Option<Tag>) -> TagPath {
    let mut path = TagPath::default();
    for frame in stack.iter().filter(|f| f.kind == Kind::Sequence) {
        if let Some(entry) = entries.get(frame.entry) {
            path.push(entry.tag, Some(frame.items));
        }
    }
    if let Some(tag) = tag {
        path.push(tag, None);
    }
    path
}
