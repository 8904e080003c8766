//! The reader: one pass over the text, no recursion, every limit checked where it can be passed.

use super::document::{Document, KIND_BITS, Slot};
use super::text::{plain_end, space_end};
use crate::error::{Error, ErrorKind, Position};
use std::borrow::Cow;

/// Limits and strictness of reading.
///
/// ```
/// use hygea_fhir_model::{ErrorKind, json::{Document, Options}};
///
/// let deep = "[".repeat(10_000);
/// let options = Options { max_depth: 50, ..Options::default() };
/// assert_eq!(Document::parse_with(deep.as_bytes(), &options).unwrap_err().kind(), ErrorKind::TooDeep);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The most bytes; 256 MiB unless set, and never over 4 GiB.
    pub max_bytes: usize,
    /// The most levels of arrays and objects; 128 unless set.
    pub max_depth: usize,
    /// The most values and names together; 64 million unless set.
    pub max_values: usize,
    /// Let a name that stands twice in an object pass and list it in [`Document::duplicates`].
    /// Otherwise it is an error, since FHIR forbids it and readers disagree on which one counts.
    pub keep_duplicates: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_bytes: 256 << 20, max_depth: 128, max_values: 64_000_000, keep_duplicates: false }
    }
}

impl Options {
    pub(super) fn check_size(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.max_bytes || u32::try_from(bytes).is_err() {
            let detail = format!("the text has {bytes} bytes, the limit is {}", self.max_bytes);
            return Err(Error::new(ErrorKind::TooLarge, "", None, detail));
        }
        Ok(())
    }
}

/// What the reader leaves behind: a [`Document`] without its text.
pub(super) struct Tape {
    slots: Vec<Slot>,
    unescaped: Vec<Box<str>>,
    duplicates: Vec<u32>,
    underscores: bool,
}

impl Tape {
    pub(super) fn over(self, text: Cow<'_, str>) -> Document<'_> {
        Document {
            text,
            slots: self.slots,
            unescaped: self.unescaped,
            duplicates: self.duplicates,
            underscores: self.underscores,
            source: None,
        }
    }
}

pub(super) fn parse(text: &str, options: &Options) -> Result<Tape, Error> {
    options.check_size(text.len())?;
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        options,
        // A slot for every twelve bytes fits FHIR without layout; more is grown, less is given back below.
        slots: Vec::with_capacity(text.len() / 12 + 8),
        unescaped: Vec::new(),
        duplicates: Vec::new(),
        underscores: false,
        open: Vec::with_capacity(16),
        names: Vec::with_capacity(64),
    };
    parser.document()?;
    parser.slots.shrink_to_fit();
    Ok(Tape {
        slots: parser.slots,
        unescaped: parser.unescaped,
        duplicates: parser.duplicates,
        underscores: parser.underscores,
    })
}

/// An array or object whose end has not been seen.
#[derive(Clone, Copy)]
struct Open {
    slot: u32,
    children: u32,
    /// Where its names start in `Parser::names`; for an array, `u32::MAX`.
    names: u32,
    /// A bit for the look of each name so far.
    looks: u64,
    /// Whether two names look alike, so that they must be compared.
    alike: bool,
}

const ARRAY: u32 = u32::MAX;

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    options: &'t Options,
    slots: Vec<Slot>,
    unescaped: Vec<Box<str>>,
    duplicates: Vec<u32>,
    underscores: bool,
    open: Vec<Open>,
    /// The slots of the names of all open objects, innermost last.
    names: Vec<u32>,
}

const BOOL: u32 = 1;
const NUMBER: u32 = 2;
const STRING: u32 = 3;
const TAG_ARRAY: u32 = 4;
const TAG_OBJECT: u32 = 5;

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Error> {
        loop {
            // A value is due here.
            let closed = match self.next_byte() {
                Some(b'"') => self.string().map(|_| true)?,
                Some(b'{') => self.open_object()?,
                Some(b'[') => self.open_array()?,
                Some(b'-' | b'0'..=b'9') => self.number().map(|()| true)?,
                Some(b't') => self.word("true", BOOL | 1 << KIND_BITS).map(|()| true)?,
                Some(b'f') => self.word("false", BOOL).map(|()| true)?,
                Some(b'n') => self.word("null", 0).map(|()| true)?,
                Some(_) => return Err(self.wanted("a value")),
                None => return Err(self.wanted("a value before the end of the text")),
            };
            if closed && self.after_value()? {
                break;
            }
        }
        if self.next_byte().is_some() {
            return Err(self.wanted("the end of the text after the value"));
        }
        Ok(())
    }

    /// After a whole value: closes what ends here and stops where the next value is due. True at the end.
    fn after_value(&mut self) -> Result<bool, Error> {
        loop {
            let Some(open) = self.open.last() else { return Ok(true) };
            let array = open.names == ARRAY;
            match (self.next_byte(), array) {
                (Some(b','), true) => {
                    self.count_child();
                    self.at += 1;
                    return Ok(false);
                }
                (Some(b','), false) => {
                    self.count_child();
                    self.at += 1;
                    if self.next_byte() != Some(b'"') {
                        return Err(self.wanted("a member name in quotes"));
                    }
                    self.name()?;
                    return Ok(false);
                }
                (Some(b']'), true) => {
                    self.count_child();
                    self.close(TAG_ARRAY)?;
                }
                (Some(b'}'), false) => {
                    self.count_child();
                    self.close(TAG_OBJECT)?;
                }
                (_, true) => return Err(self.wanted("a comma or the end of the array")),
                (_, false) => return Err(self.wanted("a comma or the end of the object")),
            }
        }
    }

    /// Counts the child that just ended; until then its index is the number of children (see `path`).
    fn count_child(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.children += 1;
        }
    }

    fn open_object(&mut self) -> Result<bool, Error> {
        let names = offset(self.names.len());
        self.enter(names)?;
        match self.next_byte() {
            Some(b'}') => {
                self.close(TAG_OBJECT)?;
                Ok(true)
            }
            Some(b'"') => {
                self.name()?;
                Ok(false)
            }
            _ => Err(self.wanted("a member name in quotes or the end of the object")),
        }
    }

    fn open_array(&mut self) -> Result<bool, Error> {
        self.enter(ARRAY)?;
        if self.next_byte() == Some(b']') {
            self.close(TAG_ARRAY)?;
            return Ok(true);
        }
        Ok(false)
    }

    fn enter(&mut self, names: u32) -> Result<(), Error> {
        if self.open.len() >= self.options.max_depth {
            let detail = format!("nesting is deeper than {} levels", self.options.max_depth);
            return Err(self.error(ErrorKind::TooDeep, detail));
        }
        let slot = self.push(self.at, self.at + 1, 0)?;
        self.open.push(Open { slot, children: 0, names, looks: 0, alike: false });
        self.at += 1;
        Ok(())
    }

    fn close(&mut self, tag: u32) -> Result<(), Error> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.at += 1;
        if open.names != ARRAY {
            if open.alike {
                self.check_names(open.names as usize)?;
            }
            self.names.truncate(open.names as usize);
        }
        let (end, skip) = (offset(self.at), offset(self.slots.len()));
        if let Some(slot) = self.slots.get_mut(open.slot as usize) {
            slot.end = end;
            slot.skip = skip;
            slot.tag = tag | open.children << KIND_BITS;
        }
        Ok(())
    }

    /// Reads a name and the colon after it.
    fn name(&mut self) -> Result<(), Error> {
        // An escape may hide an underscore.
        self.underscores |= matches!(self.bytes.get(self.at + 1), Some(b'_' | b'\\'));
        let start = self.at;
        let slot = self.string()?;
        let escaped = self.slots.get(slot as usize).is_some_and(|slot| slot.tag >> KIND_BITS != 0);
        // A name with an escape may be equal to one without, so it looks like all others.
        let look = if escaped { u64::MAX } else { look(self.bytes, start + 1, self.at - 1) };
        if let Some(open) = self.open.last_mut() {
            open.alike |= open.looks & look != 0;
            open.looks |= look;
        }
        self.names.push(slot);
        if self.next_byte() != Some(b':') {
            return Err(self.wanted("a colon after the member name"));
        }
        self.at += 1;
        Ok(())
    }

    /// Looks for a name that stands twice among those from `first` on.
    fn check_names(&mut self, first: usize) -> Result<(), Error> {
        let names = self.names.get(first..).unwrap_or_default();
        let found = if names.len() <= 16 {
            names.iter().enumerate().find_map(|(index, &name)| {
                let text = self.name_text(name);
                let earlier = names.get(..index).unwrap_or_default();
                earlier.iter().any(|&other| self.name_text(other) == text).then_some(name)
            })
        } else {
            let mut seen = std::collections::HashSet::with_capacity(names.len());
            names.iter().copied().find(|&name| !seen.insert(self.name_text(name)))
        };
        let Some(name) = found else { return Ok(()) };
        if self.options.keep_duplicates {
            let mut seen = std::collections::HashSet::new();
            let twice: Vec<u32> =
                names.iter().copied().filter(|&name| !seen.insert(self.name_text(name))).collect();
            self.duplicates.extend(twice);
            return Ok(());
        }
        let start = self.slots.get(name as usize).map_or(self.at, |slot| slot.start as usize);
        let mut path = self.path_up_to(first);
        push_name(&mut path, self.name_text(name));
        let position = Position::of(self.bytes, start);
        Err(Error::new(
            ErrorKind::DuplicateKey,
            path,
            Some(position),
            "a member name stands twice in one object",
        ))
    }

    fn name_text(&self, name: u32) -> &str {
        let Some(slot) = self.slots.get(name as usize) else { return "" };
        match ((slot.tag >> KIND_BITS) as usize).checked_sub(1) {
            Some(index) => self.unescaped.get(index).map_or("", |text| text),
            None => self.text.get(slot.start as usize + 1..slot.end as usize - 1).unwrap_or_default(),
        }
    }

    /// Reads a string from its opening quote on.
    fn string(&mut self) -> Result<u32, Error> {
        let start = self.at;
        let end = plain_end(self.bytes, start + 1);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return self.push(start, end + 1, STRING);
        }
        self.escaped_string(start, end)
    }

    #[cold]
    fn escaped_string(&mut self, start: usize, mut end: usize) -> Result<u32, Error> {
        let mut out = String::new();
        let mut from = start + 1;
        loop {
            out.push_str(self.text.get(from..end).unwrap_or_default());
            self.at = end;
            match self.bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let (character, length) = self.escape(end)?;
                    out.push(character);
                    from = end + length;
                }
                Some(_) => return Err(self.wanted("an escape in place of a control character")),
                None => return Err(self.wanted("the closing quote of a string")),
            }
            end = plain_end(self.bytes, from);
        }
        self.at = end + 1;
        self.unescaped.push(out.into_boxed_str());
        let extra = offset(self.unescaped.len());
        if extra >= 1 << (32 - KIND_BITS) {
            return Err(self.too_many());
        }
        self.push(start, end + 1, STRING | extra << KIND_BITS)
    }

    /// The character of the escape at `at` and the bytes it takes.
    fn escape(&self, at: usize) -> Result<(char, usize), Error> {
        let character = match self.bytes.get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(at),
            _ => return Err(self.wanted("one of \" \\ / b f n r t u after a backslash")),
        };
        Ok((character, 2))
    }

    fn unicode_escape(&self, at: usize) -> Result<(char, usize), Error> {
        let half = || {
            let position = Position::of(self.bytes, at);
            Error::new(
                ErrorKind::Encoding,
                self.path(),
                Some(position),
                "half of a surrogate pair is escaped",
            )
        };
        let first = self.hex4(at + 2)?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).map(|character| (character, 6)).ok_or_else(half);
        }
        if first >= 0xDC00 || self.bytes.get(at + 6..at + 8) != Some(b"\\u") {
            return Err(half());
        }
        let second = self.hex4(at + 8)?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(half());
        }
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        char::from_u32(code).map(|character| (character, 12)).ok_or_else(half)
    }

    fn hex4(&self, at: usize) -> Result<u32, Error> {
        let digits = self.bytes.get(at..at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.wanted("four hexadecimal digits after \\u"))
    }

    /// Reads a number: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Result<(), Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits("a digit")?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("a digit after the decimal point")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("a digit of the exponent")?;
        }
        self.push(start, self.at, NUMBER)?;
        Ok(())
    }

    fn digits(&mut self, wanted: &str) -> Result<(), Error> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.wanted(wanted)) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, tag: u32) -> Result<(), Error> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return Err(self.wanted("a value"));
        }
        self.push(self.at, end, tag)?;
        self.at = end;
        Ok(())
    }

    fn push(&mut self, start: usize, end: usize, tag: u32) -> Result<u32, Error> {
        let index = self.slots.len();
        if index >= self.options.max_values.min((1 << (32 - KIND_BITS)) - 1) {
            return Err(self.too_many());
        }
        let index = offset(index);
        self.slots.push(Slot { start: offset(start), end: offset(end), skip: index + 1, tag });
        Ok(index)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next byte that is not white space.
    #[inline]
    fn next_byte(&mut self) -> Option<u8> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte > b' ' => Some(byte),
            _ => {
                self.at = space_end(self.bytes, self.at);
                self.peek()
            }
        }
    }

    #[cold]
    fn too_many(&self) -> Error {
        self.error(ErrorKind::TooLarge, format!("the text has more than {} values", self.options.max_values))
    }

    #[cold]
    fn wanted(&self, what: &str) -> Error {
        self.error(ErrorKind::Syntax, format!("the JSON text needs {what}"))
    }

    #[cold]
    fn error(&self, kind: ErrorKind, detail: impl Into<String>) -> Error {
        Error::new(kind, self.path(), Some(Position::of(self.bytes, self.at)), detail)
    }

    /// The path of the innermost open value, for messages.
    fn path(&self) -> String {
        self.path_up_to(self.names.len())
    }

    /// As [`Self::path`], with the first `names` names only.
    fn path_up_to(&self, names: usize) -> String {
        let mut path = String::new();
        for (level, open) in self.open.iter().enumerate() {
            if open.names == ARRAY {
                path.push_str(&format!("[{}]", open.children));
                continue;
            }
            let inner = self.open.iter().skip(level + 1).find(|inner| inner.names != ARRAY);
            let until = inner.map_or(names, |inner| inner.names as usize);
            let name = self.names.get(open.names as usize..until).and_then(|names| names.last());
            if let Some(&name) = name {
                push_name(&mut path, self.name_text(name));
            }
        }
        path
    }
}

/// A bit for a name: equal names have the same one, different ones mostly another.
#[inline]
fn look(bytes: &[u8], start: usize, end: usize) -> u64 {
    let name = bytes.get(start..end).unwrap_or_default();
    let (Some(&first), Some(&last)) = (name.first(), name.last()) else { return 1 };
    let middle = name.get(name.len() / 2).copied().unwrap_or_default();
    let mixed = usize::from(first) * 7 + usize::from(middle) * 13 + usize::from(last) * 31 + name.len();
    1 << (mixed & 63)
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// Offsets fit in 32 bits because [`Options::check_size`] refuses longer texts.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
