//! The short way from text to structs, without a tree between.
//!
//! It reads what well-formed resources look like, lossless like [`super::read`], and gives up ([`Detour`]) on
//! whatever is rare or wrong: broken syntax, names that stand twice, nesting beyond the limit, escapes in
//! names, a resource without type. Then the document is parsed into a tree and read from there, with that
//! way's errors, so that both ways accept the same texts and give the same structs; a test holds them to it.

use super::{Held, Place, PrimitiveList, Slot, Structure};
use crate::element::Primitive;
use crate::json::text::{plain_end, space_end};
use crate::json::{Document, Options, Value};
use crate::primitive::Text;
use crate::schema::{FieldType, Found, TypeDef, TypeKind};
use std::borrow::Cow;

/// The text must be read by way of a tree.
struct Detour;

type Way<T> = Result<T, Detour>;

/// The levels that [`Options::default`] allows.
const MAX_DEPTH: usize = 128;

/// Reads the text into a new structure; false, and the structure half filled, if it must be read by way of a tree.
pub(crate) fn read(target: &mut dyn Structure, bytes: &[u8]) -> bool {
    if bytes.len() > Options::default().max_bytes {
        return false;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0 };
    reader.space();
    reader.object(target).is_ok() && {
        reader.space();
        reader.at == reader.bytes.len()
    }
}

/// The `resourceType` of the resource that the text starts with.
pub(crate) fn resource_name(bytes: &[u8]) -> Option<&str> {
    // Only the name is looked at here; that all of it is UTF-8 is checked when it is read.
    let start = space_end(bytes, 0);
    resource_type(bytes, start).and_then(|name| std::str::from_utf8(name).ok())
}

/// Finds the member `resourceType` of the object that starts at `at`.
fn resource_type(bytes: &[u8], at: usize) -> Option<&[u8]> {
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = space_end(bytes, at + 1);
    loop {
        let (name, end) = plain_string(bytes, at)?;
        at = space_end(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        at = space_end(bytes, at + 1);
        if name == b"resourceType" {
            return plain_string(bytes, at).map(|(name, _)| name);
        }
        at = space_end(bytes, value_end(bytes, at)?);
        if bytes.get(at) != Some(&b',') {
            return None;
        }
        at = space_end(bytes, at + 1);
    }
}

/// The content of a string without escapes that starts at `at`, and the offset behind it.
fn plain_string(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let end = plain_end(bytes, at + 1);
    (bytes.get(end) == Some(&b'"')).then_some(())?;
    Some((bytes.get(at + 1..end)?, end + 1))
}

/// The offset behind the value that starts at `at`. What is inside is not checked, only where it ends.
fn value_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut open = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at += 1;
                loop {
                    at = plain_end(bytes, at);
                    match bytes.get(at)? {
                        b'"' => break,
                        b'\\' => at += 2,
                        _ => return None,
                    }
                }
                at += 1;
            }
            b'{' | b'[' => {
                open += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                open = open.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if open > 0 => {
                at += 1;
                continue;
            }
            _ => {
                let rest = bytes.get(at..)?;
                let length = rest.iter().position(|byte| {
                    matches!(
                        byte,
                        b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' | b'{' | b'}' | b'[' | b']' | b'"'
                    )
                });
                let length = length.unwrap_or(rest.len());
                if length == 0 {
                    return None;
                }
                at += length;
            }
        }
        if open == 0 {
            return Some(at);
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

/// A value that is neither object nor array.
enum Scalar<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    Text(Cow<'t, str>),
}

impl Scalar<'_> {
    fn primitive(&self) -> Option<Primitive<'_>> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(Primitive::Boolean(*value)),
            Self::Number(text) => Some(Primitive::Decimal(text)),
            Self::Text(text) => Some(Primitive::Text(text)),
        }
    }
}

/// A list of ids and extensions that was read, to be held against the list of values.
struct ExtraList {
    field: usize,
    count: usize,
    last: bool,
}

impl<'t> Reader<'t> {
    #[inline]
    fn space(&mut self) {
        if self.bytes.get(self.at).is_some_and(|&byte| byte <= b' ') {
            self.at = space_end(self.bytes, self.at);
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Way<()> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(Detour)
    }

    /// Whether another member or item follows; the bracket at the end is `close`.
    #[inline]
    fn follows(&mut self, close: u8) -> Way<bool> {
        self.space();
        let byte = self.peek();
        self.at += 1;
        match byte {
            Some(b',') => {
                self.space();
                Ok(true)
            }
            Some(byte) if byte == close => Ok(false),
            _ => Err(Detour),
        }
    }

    /// Reads an object, which starts here, into a new structure.
    fn object(&mut self, target: &mut dyn Structure) -> Way<()> {
        self.expect(b'{')?;
        if self.depth >= MAX_DEPTH {
            return Err(Detour);
        }
        self.depth += 1;
        let definition = target.definition();
        let names_type = definition.is_resource() && !definition.is_abstract();
        let mut needs_type = names_type;
        let members = definition.members();
        let (mut next, mut seen) = (0, 0_u64);
        let mut lists: Vec<ExtraList> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                let name = self.name()?;
                match members.find(name, &mut next) {
                    Some(found) => {
                        let stood = seen >> found.index & 1 == 1;
                        seen |= 1 << found.index;
                        self.member(target, name, found, stood)?;
                    }
                    None => {
                        let bare = name.strip_prefix('_').and_then(|bare| members.find(bare, &mut 0));
                        match bare {
                            Some(found) => self.underscored(target, name, found, &mut lists)?,
                            None if names_type && name == "resourceType" => {
                                let (found, end) = plain_string(self.bytes, self.at).ok_or(Detour)?;
                                if !needs_type || found != definition.name().as_bytes() {
                                    return Err(Detour);
                                }
                                needs_type = false;
                                self.at = end;
                            }
                            None => self.keep(target, name)?,
                        }
                    }
                }
                if !self.follows(b'}')? {
                    break;
                }
            }
        }
        self.depth -= 1;
        let lists_fit = lists.iter().all(|list| {
            let values =
                if let Held::Primitives(values) = target.held(list.field) { values.len() } else { 0 };
            list.count == values || (list.count > values && list.last)
        });
        if needs_type || !lists_fit { Err(Detour) } else { Ok(()) }
    }

    /// Reads a name and the colon behind it.
    #[inline]
    fn name(&mut self) -> Way<&'t str> {
        let start = self.at + 1;
        self.expect(b'"')?;
        let end = plain_end(self.bytes, start);
        if self.bytes.get(end) != Some(&b'"') {
            return Err(Detour);
        }
        self.at = end + 1;
        self.space();
        self.expect(b':')?;
        self.space();
        self.text.get(start..end).ok_or(Detour)
    }

    fn member(&mut self, target: &mut dyn Structure, name: &str, found: Found, stood: bool) -> Way<()> {
        if stood && !found.field.is_choice() {
            return Err(Detour);
        }
        let start = self.at;
        let first = self.peek().ok_or(Detour)?;
        let fits = match target.slot(found.index) {
            Slot::Primitive(slot) => match self.scalar()? {
                Some(value) => value.primitive().is_some_and(|value| slot.set(value)),
                None => false,
            },
            Slot::Structure(slot) if first == b'{' => {
                self.object(slot.make(self.wanted(found.kind)).ok_or(Detour)?)?;
                true
            }
            Slot::Structures(list) if first == b'[' => {
                let fits = self.structures(list, found.kind)?;
                if !fits {
                    list.clear();
                }
                fits
            }
            // One choice is enough, twice the same one is an error: the tree knows which it is.
            Slot::Choice(_) if stood => return Err(Detour),
            Slot::Choice(slot) if first == b'{' => match slot.make(found.choice) {
                Some(new) => {
                    self.object(new)?;
                    true
                }
                None => false,
            },
            Slot::Choice(slot) => match self.scalar()? {
                Some(value) => value.primitive().is_some_and(|value| slot.set(found.choice, value)),
                None => false,
            },
            Slot::Primitives(list) if first == b'[' => {
                let mut absent = Vec::new();
                let fits = self.primitives(list, &mut absent)?;
                if !fits {
                    // Its ids and extensions would have to be kept as they are as well.
                    return Err(Detour);
                }
                let place = Place::of(found.index, 0);
                absent.into_iter().for_each(|index| target.extras_mut().set_absent(place.at(index)));
                true
            }
            _ => false,
        };
        if !fits {
            self.at = start;
            self.keep(target, name)?;
        }
        Ok(())
    }

    /// The type of the structure that starts here: where any resource may stand, the one that it names.
    fn wanted(&self, kind: &'static FieldType) -> &'static TypeDef {
        let definition = kind.definition();
        if !definition.is_resource() {
            return definition;
        }
        let name = resource_type(self.bytes, self.at).and_then(|name| std::str::from_utf8(name).ok());
        let schema = definition.schema();
        name.and_then(|name| schema.resource(name)).unwrap_or_else(|| schema.abstract_resource())
    }

    /// Reads an array of objects; false if it is empty or holds anything else.
    fn structures(&mut self, list: &mut dyn super::StructureList, kind: &'static FieldType) -> Way<bool> {
        self.expect(b'[')?;
        if self.depth >= MAX_DEPTH {
            return Err(Detour);
        }
        self.space();
        if self.peek() != Some(b'{') {
            return Ok(false);
        }
        self.depth += 1;
        list.reserve(1);
        loop {
            if self.peek() != Some(b'{') {
                self.depth -= 1;
                return Ok(false);
            }
            let wanted = self.wanted(kind);
            self.object(list.push(wanted).ok_or(Detour)?)?;
            if !self.follows(b']')? {
                break;
            }
        }
        self.depth -= 1;
        if list.len() > 1 {
            list.shrink();
        }
        Ok(true)
    }

    /// Reads an array of values; false if it is empty or holds anything that does not fit.
    fn primitives(&mut self, list: &mut dyn PrimitiveList, absent: &mut Vec<usize>) -> Way<bool> {
        self.expect(b'[')?;
        if self.depth >= MAX_DEPTH {
            return Err(Detour);
        }
        self.space();
        list.reserve(1);
        loop {
            match self.scalar()? {
                Some(Scalar::Null) => {
                    absent.push(list.len());
                    list.push_absent();
                }
                Some(value) => {
                    if !value.primitive().is_some_and(|value| list.push(value)) {
                        return Ok(false);
                    }
                }
                None => return Ok(false),
            }
            if !self.follows(b']')? {
                break;
            }
        }
        if list.len() > 1 {
            list.shrink();
        }
        Ok(true)
    }

    /// Reads a member with an underscore, whose name without it is that of an element.
    fn underscored(
        &mut self,
        target: &mut dyn Structure,
        name: &str,
        found: Found,
        lists: &mut Vec<ExtraList>,
    ) -> Way<()> {
        let place = Place::of(found.index, found.choice);
        let is_primitive = found.kind.definition().kind() == TypeKind::Primitive;
        let extras = target.extras_mut();
        let stood = extras.element(place).is_some()
            || lists.iter().any(|list| list.field == found.index)
            || extras.members().iter().any(|(other, _)| *other == name);
        match (self.peek(), is_primitive, found.field.is_list()) {
            _ if stood => Err(Detour),
            (Some(b'{'), true, false) => self.object(extras.element_mut(place)),
            (Some(b'['), true, true) => {
                lists.push(self.extra_list(target, place)?);
                Ok(())
            }
            _ => self.keep(target, name),
        }
    }

    fn extra_list(&mut self, target: &mut dyn Structure, place: Place) -> Way<ExtraList> {
        self.expect(b'[')?;
        if self.depth >= MAX_DEPTH {
            return Err(Detour);
        }
        self.depth += 1;
        self.space();
        let (mut count, mut any) = (0, false);
        let last = loop {
            let is_object = self.peek() == Some(b'{');
            if is_object {
                any = true;
                self.object(target.extras_mut().element_mut(place.at(count)))?;
            } else if !matches!(self.scalar()?, Some(Scalar::Null)) {
                return Err(Detour);
            }
            count += 1;
            if !self.follows(b']')? {
                break is_object;
            }
        };
        self.depth -= 1;
        if any { Ok(ExtraList { field: place.field, count, last }) } else { Err(Detour) }
    }

    /// Keeps the value that starts here as it is.
    #[cold]
    fn keep(&mut self, target: &mut dyn Structure, name: &str) -> Way<()> {
        let start = self.at;
        let end = value_end(self.bytes, start).ok_or(Detour)?;
        let raw = self.text.get(start..end).ok_or(Detour)?;
        // It is written back as it is, so it must be right, and as deep as it may be from here.
        let options = Options { max_depth: MAX_DEPTH - self.depth, ..Options::default() };
        if Document::parse_with(raw.as_bytes(), &options).is_err() {
            return Err(Detour);
        }
        let extras = target.extras_mut();
        if extras.members().iter().any(|(other, _)| *other == name) {
            return Err(Detour);
        }
        extras.keep(Text::from(name), Value::Raw(raw.into()));
        self.at = end;
        Ok(())
    }

    /// Reads a value that is neither object nor array; nothing, and nothing read, if it is one.
    #[inline]
    fn scalar(&mut self) -> Way<Option<Scalar<'t>>> {
        Ok(Some(match self.peek() {
            Some(b'"') => Scalar::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Scalar::Number(self.number()?),
            Some(b't') => self.word("true", Scalar::Bool(true))?,
            Some(b'f') => self.word("false", Scalar::Bool(false))?,
            Some(b'n') => self.word("null", Scalar::Null)?,
            Some(b'{' | b'[') => return Ok(None),
            _ => return Err(Detour),
        }))
    }

    #[inline]
    fn string(&mut self) -> Way<Cow<'t, str>> {
        let start = self.at;
        let end = plain_end(self.bytes, start + 1);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return self.text.get(start + 1..end).map(Cow::Borrowed).ok_or(Detour);
        }
        self.escaped()
    }

    #[cold]
    fn escaped(&mut self) -> Way<Cow<'t, str>> {
        let end = value_end(self.bytes, self.at).ok_or(Detour)?;
        let raw = self.bytes.get(self.at..end).ok_or(Detour)?;
        let document = Document::parse(raw).map_err(|_| Detour)?;
        self.at = end;
        document.root().as_str().map(|text| Cow::Owned(text.to_owned())).ok_or(Detour)
    }

    /// Reads a number: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Way<&'t str> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.text.get(start..self.at).ok_or(Detour)
    }

    fn digits(&mut self) -> Way<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(Detour) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, value: Scalar<'t>) -> Way<Scalar<'t>> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(Detour);
        }
        self.at += word.len();
        Ok(value)
    }
}
