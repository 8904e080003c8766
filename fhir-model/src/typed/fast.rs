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
use crate::schema::{Found, Name, Schema, TypeDef, TypeKind};

/// The text must be read by way of a tree.
struct Detour;

/// The most members of one object that fit no element.
const MOST_KEPT: usize = 64;

type Way<T> = Result<T, Detour>;

/// The levels that [`Options::default`] allows.
const MAX_DEPTH: usize = 128;

/// Reads the text into a new structure; false, and the structure half filled, if it must be read by way of a tree.
pub(crate) fn read(target: &mut dyn Structure, bytes: &[u8]) -> bool {
    if bytes.len() > Options::default().max_bytes {
        return false;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let schema = target.definition().schema();
    let any = schema.abstract_resource();
    let bytes = text.as_bytes();
    let mut reader = Reader {
        text,
        bytes,
        at: 0,
        depth: 0,
        schema,
        any,
        guesses: [Guess::NONE; GUESSES],
        lengths: [1; GUESSES],
    };
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
    schema: &'static Schema,
    /// The type `Resource`, for resources of unknown types.
    any: &'static TypeDef,
    /// The member that came last time behind the element of this place.
    guesses: [Guess; GUESSES],
    /// How long the list of this element was last time, [`MOST_RESERVED`] at most: lists of one element are
    /// mostly as long as one another, and one that grows is moved and cut for each.
    lengths: [u8; GUESSES],
}

const GUESSES: usize = 512;

/// The most items that room is made for before they are read.
const MOST_RESERVED: u8 = 32;

/// A member of a type, in a word: all that reading it needs, so that the tables are not looked at again.
#[derive(Clone, Copy)]
struct Guess {
    name: Name,
    /// Where the elements of its type start: types share places.
    first_field: u16,
    index: u8,
    /// Which of the element's types, and two flags.
    choice: u8,
}

impl Guess {
    const NONE: Self = Self { name: Name(0), first_field: u16::MAX, index: 0, choice: 0 };
    const IS_CHOICE: u8 = 0x80;
    const IS_RESOURCE: u8 = 0x40;

    fn met(self) -> Met {
        Met {
            index: usize::from(self.index),
            choice: usize::from(self.choice & !(Self::IS_CHOICE | Self::IS_RESOURCE)),
            is_choice: self.choice & Self::IS_CHOICE != 0,
            is_resource: self.choice & Self::IS_RESOURCE != 0,
        }
    }
}

/// An element that a member holds.
#[derive(Clone, Copy)]
struct Met {
    index: usize,
    /// The index of its type; 0 unless it is a choice.
    choice: usize,
    is_choice: bool,
    /// Whether any resource may stand there.
    is_resource: bool,
}

impl From<Found> for Met {
    fn from(found: Found) -> Self {
        Self {
            index: found.index,
            choice: found.choice,
            is_choice: found.field.is_choice(),
            is_resource: found.kind.definition().is_resource(),
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
        // The place in `guesses`: where the type's elements start, or behind the last one read.
        let (mut place, mut seen) = (0, 0_u64);
        let mut lists: Vec<ExtraList> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                let start = self.at;
                let guess = (usize::from(definition.first_field) + place) % GUESSES;
                if let Some(met) = self.guessed(definition, guess) {
                    let stood = seen >> met.index & 1 == 1;
                    seen |= 1 << met.index;
                    place = met.index + 1;
                    self.member(target, definition, start, met, stood)?;
                } else {
                    let name = self.name()?;
                    let members = definition.members();
                    match members.find(name, &mut place) {
                        Some(found) => {
                            let met = Met::from(found);
                            self.learn(definition, guess, met, found.kind.json_name);
                            let stood = seen >> met.index & 1 == 1;
                            seen |= 1 << met.index;
                            self.member(target, definition, start, met, stood)?;
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

    /// Reads the name of the element that came last time at this place, if it stands here, and the colon
    /// behind it. So most names are compared once, neither searched for their end nor looked up.
    #[inline]
    fn guessed(&mut self, definition: &'static TypeDef, guess: usize) -> Option<Met> {
        let guess = *self.guesses.get(guess)?;
        if guess.first_field != definition.first_field {
            return None;
        }
        let name = guess.name.bytes(self.schema);
        let rest = self.bytes.get(self.at..)?.strip_prefix(b"\"")?;
        let (here, behind) = rest.split_at_checked(name.len())?;
        if behind.first() != Some(&b'"') || !same(here, name) {
            return None;
        }
        let mut at = self.at + name.len() + 2;
        if self.bytes.get(at) != Some(&b':') {
            at = space_end(self.bytes, at);
            if self.bytes.get(at) != Some(&b':') {
                return None;
            }
        }
        self.at = at + 1;
        self.space();
        Some(guess.met())
    }

    /// Notes what came at this place.
    #[inline]
    fn learn(&mut self, definition: &'static TypeDef, guess: usize, met: Met, name: Name) {
        if let (Some(slot), Ok(index), Ok(choice)) =
            (self.guesses.get_mut(guess), u8::try_from(met.index), u8::try_from(met.choice))
            && choice < Guess::IS_RESOURCE
        {
            let is_choice = if met.is_choice { Guess::IS_CHOICE } else { 0 };
            let is_resource = if met.is_resource { Guess::IS_RESOURCE } else { 0 };
            let choice = choice | is_choice | is_resource;
            *slot = Guess { name, first_field: definition.first_field, index, choice };
        }
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

    /// Reads the value of an element into its slot. `name` is where the name of the member starts.
    #[inline]
    fn member(
        &mut self,
        target: &mut dyn Structure,
        definition: &'static TypeDef,
        name: usize,
        found: Met,
        stood: bool,
    ) -> Way<()> {
        if stood && !found.is_choice {
            return Err(Detour);
        }
        let start = self.at;
        let first = self.peek().ok_or(Detour)?;
        let fits = match target.slot(found.index) {
            Slot::Primitive(slot) => self.primitive(|value| slot.set(value))?,
            Slot::Structure(slot) if first == b'{' => {
                self.object(slot.make(self.wanted(found)).ok_or(Detour)?)?;
                true
            }
            Slot::Structures(list) if first == b'[' => {
                let fits = self.structures(list, definition, found)?;
                if !fits {
                    list.clear();
                    list.shrink();
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
            Slot::Choice(slot) => self.primitive(|value| slot.set(found.choice, value))?,
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
        if fits { Ok(()) } else { self.keep_member(target, name, start) }
    }

    /// Keeps the member whose name and value start here.
    #[cold]
    fn keep_member(&mut self, target: &mut dyn Structure, name: usize, value: usize) -> Way<()> {
        self.at = name;
        let name = self.name()?;
        self.at = value;
        self.keep(target, name)
    }

    /// The type of the resource that starts here, where any may stand; elsewhere the place knows its type.
    #[inline]
    fn wanted(&self, found: Met) -> &'static TypeDef {
        if !found.is_resource {
            return self.any;
        }
        let name = resource_type(self.bytes, self.at).and_then(|name| std::str::from_utf8(name).ok());
        name.and_then(|name| self.schema.resource(name)).unwrap_or(self.any)
    }

    /// Reads an array of objects; false if it is empty or holds anything else.
    fn structures(
        &mut self,
        list: &mut dyn super::StructureList,
        definition: &'static TypeDef,
        found: Met,
    ) -> Way<bool> {
        self.expect(b'[')?;
        if self.depth >= MAX_DEPTH {
            return Err(Detour);
        }
        self.space();
        if self.peek() != Some(b'{') {
            return Ok(false);
        }
        self.depth += 1;
        let place = (usize::from(definition.first_field) + found.index) % GUESSES;
        let expected = usize::from(self.lengths.get(place).copied().unwrap_or(1));
        list.reserve(expected);
        loop {
            if self.peek() != Some(b'{') {
                self.depth -= 1;
                return Ok(false);
            }
            let wanted = self.wanted(found);
            self.object(list.push(wanted).ok_or(Detour)?)?;
            if !self.follows(b']')? {
                break;
            }
        }
        self.depth -= 1;
        let count = list.len();
        if count != expected {
            list.shrink();
            if let Some(length) = self.lengths.get_mut(place) {
                *length = u8::try_from(count).map_or(MOST_RESERVED, |count| count.min(MOST_RESERVED));
            }
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
            if self.peek() == Some(b'n') {
                self.word("null")?;
                absent.push(list.len());
                list.push_absent();
            } else if !self.primitive(|value| list.push(value))? {
                return Ok(false);
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
            } else {
                self.word("null")?;
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
        // Each is compared with all before it; the reader of the tree knows of names that stand twice without that.
        let known = extras.members();
        if known.len() >= MOST_KEPT || known.iter().any(|(other, _)| *other == name) {
            return Err(Detour);
        }
        extras.keep(Text::from(name), Value::Raw(raw.into()));
        self.at = end;
        Ok(())
    }

    /// Reads a value that is neither object nor array and gives it to `set`; false, and the place undefined, if
    /// it is null, an object or an array, or if `set` says so.
    #[inline]
    fn primitive(&mut self, set: impl FnOnce(Primitive<'_>) -> bool) -> Way<bool> {
        Ok(match self.peek() {
            Some(b'"') => {
                let start = self.at + 1;
                let end = plain_end(self.bytes, start);
                if self.bytes.get(end) == Some(&b'"') {
                    self.at = end + 1;
                    set(Primitive::Text(self.text.get(start..end).ok_or(Detour)?))
                } else {
                    set(Primitive::Text(&self.escaped()?))
                }
            }
            Some(b'-' | b'0'..=b'9') => set(Primitive::Decimal(self.number()?)),
            Some(b't') => self.word("true").map(|()| set(Primitive::Boolean(true)))?,
            Some(b'f') => self.word("false").map(|()| set(Primitive::Boolean(false)))?,
            Some(b'n') => self.word("null").map(|()| false)?,
            Some(b'{' | b'[') => false,
            _ => return Err(Detour),
        })
    }

    #[cold]
    fn escaped(&mut self) -> Way<String> {
        let end = value_end(self.bytes, self.at).ok_or(Detour)?;
        let raw = self.bytes.get(self.at..end).ok_or(Detour)?;
        let document = Document::parse(raw).map_err(|_| Detour)?;
        self.at = end;
        document.root().as_str().map(str::to_owned).ok_or(Detour)
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

    fn word(&mut self, word: &str) -> Way<()> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err(Detour);
        }
        self.at += word.len();
        Ok(())
    }
}

/// Whether two runs are equal: by words, the last one over the one before, since names are short and a call for
/// each would cost more than the comparison.
#[inline]
fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if left.len() > 16 {
        return left == right;
    }
    if let (Some(a), Some(b), Some(c), Some(d)) =
        (left.first_chunk::<8>(), right.first_chunk::<8>(), left.last_chunk::<8>(), right.last_chunk::<8>())
    {
        let first = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        return first | (u64::from_le_bytes(*c) ^ u64::from_le_bytes(*d)) == 0;
    }
    if let (Some(a), Some(b), Some(c), Some(d)) =
        (left.first_chunk::<4>(), right.first_chunk::<4>(), left.last_chunk::<4>(), right.last_chunk::<4>())
    {
        let first = u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b);
        return first | (u32::from_le_bytes(*c) ^ u32::from_le_bytes(*d)) == 0;
    }
    // Three bytes at most.
    match (left, right) {
        ([a, b], [c, d]) => a == c && b == d,
        ([a, b, c], [d, e, f]) => a == d && b == e && c == f,
        ([a], [b]) => a == b,
        _ => true,
    }
}
