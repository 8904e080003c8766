//! The grammar of UCUM (§§ 3–12 of the specification), case sensitive.

use super::essence::{ATOMS, BASES, COUNT, PREFIXES};
use super::ratio::Ratio;
use super::suggestion;
use super::table::{Atom, Prefix};
use super::{Dimension, Size, Special};
use crate::error::{Error, ErrorKind};
use std::sync::OnceLock;

/// The longest code in bytes.
pub(super) const MAX_LENGTH: usize = 255;
/// The deepest nesting of parentheses.
const MAX_DEPTH: u32 = 16;
/// The largest exponent.
const MAX_EXPONENT: i32 = 99;
/// The largest exponent after all powers are multiplied out: no larger than that of a code, so that the code of the
/// product can be read.
const MAX_POWER: i16 = 99;

/// A simple unit or factor as it is written, with the exponent it has in the whole.
pub(super) struct Term<'c> {
    pub(super) symbol: &'c str,
    pub(super) exponent: i32,
}

/// Reads a unit. Its terms are noted in `terms`, if wanted.
pub(super) fn read<'c>(
    code: &'c str,
    terms: Option<&mut Vec<Term<'c>>>,
) -> Result<(Size, Option<Special>), Error> {
    if code.len() > MAX_LENGTH {
        return Err(Error::new(ErrorKind::TooLarge, None, "wanted a unit of at most 255 bytes"));
    }
    if code.is_empty() {
        return Err(Error::new(
            ErrorKind::Syntax,
            Some(0),
            "wanted a unit; the unit of a bare number is '1'",
        ));
    }
    let mut parser = Parser { code, at: 0, depth: 0, terms, special: None, simple: 0 };
    let size = parser.term(1)?;
    if parser.at < code.len() {
        return Err(parser.wanted("'.', '/' or the end of the unit"));
    }
    if parser.special.is_some() && parser.simple != 1 {
        let detail = "a unit on a special scale cannot be multiplied with others";
        return Err(Error::new(ErrorKind::Unsupported, Some(0), detail));
    }
    Ok((size, parser.special))
}

/// The size of one unit of the table, worked out when it is first asked for.
fn size_of_atom(index: usize) -> Option<&'static Size> {
    static SIZES: [OnceLock<Size>; COUNT] = [const { OnceLock::new() }; COUNT];
    let (cell, atom) = (SIZES.get(index)?, ATOMS.get(index)?);
    if let Some(size) = cell.get() {
        return Some(size);
    }
    let (mut size, _) = read(atom.unit, None).ok()?;
    size.ratio = size.ratio.times(&Ratio::parse(atom.value)?)?;
    if atom.arbitrary && size.dimension.arbitrary.is_empty() {
        size.dimension.arbitrary.push((u16::try_from(index).ok()?, 1));
    }
    Some(cell.get_or_init(|| size))
}

struct Parser<'c, 't> {
    code: &'c str,
    at: usize,
    depth: u32,
    terms: Option<&'t mut Vec<Term<'c>>>,
    special: Option<Special>,
    /// How many simple units and factors were read.
    simple: usize,
}

/// A simple unit without its exponent.
struct Symbol {
    size: Size,
    special: Option<Special>,
}

impl<'c> Parser<'c, '_> {
    fn rest(&self) -> &'c str {
        self.code.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.code.as_bytes().get(self.at).copied()
    }

    /// A syntax error here, with the unit that was perhaps meant.
    fn wanted(&self, what: &str) -> Error {
        let mut detail = format!("wanted {what}");
        if let Some(meant) = suggestion::of(self.code, "") {
            detail.push_str("; perhaps '");
            detail.push_str(&meant);
            detail.push_str("' is meant");
        }
        Error::new(ErrorKind::Syntax, Some(self.at), detail)
    }

    /// Components joined by dots and slashes, each raised to `sign` for the terms.
    fn term(&mut self, sign: i32) -> Result<Size, Error> {
        let mut below = self.accept(b'/');
        let mut whole: Option<Size> = None;
        loop {
            let own = if below { -1 } else { 1 };
            let component = self.component(sign * own)?;
            whole = Some(match whole {
                None if own == 1 => component,
                None => component.power(-1).ok_or_else(|| too_large(self.at))?,
                Some(mut size) => {
                    size.multiply(&component, own).ok_or_else(|| too_large(self.at))?;
                    size
                }
            });
            if self.accept(b'.') {
                below = false;
            } else if self.accept(b'/') {
                below = true;
            } else {
                return Ok(whole.unwrap_or(Size::ONE));
            }
        }
    }

    fn accept(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    fn component(&mut self, sign: i32) -> Result<Size, Error> {
        if self.accept(b'(') {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(too_large(self.at));
            }
            let size = self.term(sign)?;
            if !self.accept(b')') {
                return Err(self.wanted("')'"));
            }
            self.depth -= 1;
            self.annotation()?;
            return Ok(size);
        }
        if self.annotation()? {
            return Ok(Size::ONE);
        }
        let start = self.at;
        let text = self.simple_text();
        if text.is_empty() {
            return Err(self.wanted("a unit"));
        }
        self.at += text.len();
        self.annotation()?;
        self.simple += 1;
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.factor(text, start, sign);
        }
        let (symbol, exponent) = symbol_and_exponent(text, start)?;
        let found = find(symbol).ok_or_else(|| self.unknown(symbol, text, start))?;
        if let Some(special) = found.special {
            if exponent != 1 || sign != 1 || self.depth != 0 || self.special.is_some() {
                let detail = "a unit on a special scale has no powers and quotients";
                return Err(Error::new(ErrorKind::Unsupported, Some(start), detail));
            }
            self.special = Some(special);
        }
        self.add_term(symbol, sign * exponent);
        if exponent == 1 {
            return Ok(found.size);
        }
        found.size.power(exponent).ok_or_else(|| too_large(start))
    }

    fn unknown(&self, symbol: &str, text: &str, start: usize) -> Error {
        let mut detail = format!("UCUM has no unit '{symbol}'");
        if let Some(meant) = suggestion::of(self.code, symbol) {
            detail.push_str("; perhaps '");
            detail.push_str(&meant);
            detail.push_str("' is meant");
        } else if text.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
            detail.push_str("; a number before a unit is followed by '.'");
        }
        Error::new(ErrorKind::UnknownUnit, Some(start), detail)
    }

    fn factor(&mut self, text: &'c str, start: usize, sign: i32) -> Result<Size, Error> {
        let value = text.parse().map_err(|_| too_large(start))?;
        if value == 0 {
            return Err(Error::new(ErrorKind::Syntax, Some(start), "wanted a factor other than 0"));
        }
        if value != 1 {
            self.add_term(text, sign);
        }
        Ok(Size { ratio: Ratio::integer(value), dimension: Dimension::NONE })
    }

    fn add_term(&mut self, symbol: &'c str, exponent: i32) {
        if let Some(terms) = &mut self.terms {
            terms.push(Term { symbol, exponent });
        }
    }

    /// A comment in braces, which counts as nothing.
    fn annotation(&mut self) -> Result<bool, Error> {
        if self.peek() != Some(b'{') {
            return Ok(false);
        }
        let rest = self.rest();
        let end = rest.find('}').ok_or_else(|| self.wanted("'}' at the end of the annotation"))?;
        let inner = rest.get(1..end).unwrap_or_default();
        if let Some(bad) = inner.bytes().position(|byte| byte == b'{' || !(b' '..=b'~').contains(&byte)) {
            self.at += 1 + bad;
            return Err(self.wanted("an annotation of ASCII characters without braces"));
        }
        self.at += end + 1;
        Ok(true)
    }

    /// The bytes up to the next operator; brackets hide operators.
    fn simple_text(&self) -> &'c str {
        let rest = self.rest();
        let mut bracket = false;
        let end = rest.bytes().position(|byte| {
            match byte {
                b'[' => bracket = true,
                b']' => bracket = false,
                _ => {}
            }
            !(b'!'..=b'~').contains(&byte)
                || (!bracket && matches!(byte, b'.' | b'/' | b'(' | b')' | b'{' | b'}'))
        });
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }
}

/// Splits `m2`, `s-1`, `10*-3`.
fn symbol_and_exponent(text: &str, start: usize) -> Result<(&str, i32), Error> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok((text, 1));
    }
    let mut split = text.len() - digits;
    if split > 0 && matches!(text.as_bytes().get(split - 1), Some(b'+' | b'-')) {
        split -= 1;
    }
    let (symbol, exponent) = text.split_at_checked(split).unwrap_or((text, "1"));
    match exponent.parse::<i32>() {
        Ok(exponent) if exponent.abs() <= MAX_EXPONENT => Ok((symbol, exponent)),
        _ => Err(too_large(start + split)),
    }
}

fn too_large(at: usize) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        Some(at),
        "the unit has exponents beyond 99, or factors or parentheses beyond the limit",
    )
}

impl Size {
    pub(super) const ONE: Self = Self { ratio: Ratio::ONE, dimension: Dimension::NONE };

    /// `self` × `other`^`exponent`; nothing if that is too large.
    fn multiply(&mut self, other: &Self, exponent: i32) -> Option<()> {
        self.dimension.add(&other.dimension, exponent)?;
        self.ratio = match exponent {
            1 => self.ratio.times(&other.ratio)?,
            -1 => self.ratio.over(&other.ratio)?,
            _ => self.ratio.times(&other.ratio.power(exponent)?)?,
        };
        Some(())
    }

    fn power(mut self, exponent: i32) -> Option<Self> {
        self.ratio = self.ratio.power(exponent)?;
        let mut dimension = Dimension::NONE;
        dimension.add(&self.dimension, exponent)?;
        self.dimension = dimension;
        Some(self)
    }
}

impl Dimension {
    /// Adds the exponents of `other`, `times` over; nothing if one is beyond the limit.
    fn add(&mut self, other: &Self, times: i32) -> Option<()> {
        let times = i16::try_from(times).ok()?;
        let sum = |own: i16, other: i16| {
            let sum = own.checked_add(other.checked_mul(times)?)?;
            (sum.abs() <= MAX_POWER).then_some(sum)
        };
        for (own, other) in self.base.iter_mut().zip(other.base) {
            *own = sum(*own, other)?;
        }
        for (index, exponent) in &other.arbitrary {
            match self.arbitrary.binary_search_by_key(index, |(own, _)| *own) {
                Ok(at) => {
                    let (_, own) = self.arbitrary.get_mut(at)?;
                    *own = sum(*own, *exponent)?;
                }
                Err(at) => self.arbitrary.insert(at, (*index, sum(0, *exponent)?)),
            }
        }
        if !self.arbitrary.is_empty() {
            self.arbitrary.retain(|(_, exponent)| *exponent != 0);
        }
        Some(())
    }
}

/// The unit of a symbol, with or without prefix. A whole symbol is meant before a prefix: `cd` is no centiday.
fn find(symbol: &str) -> Option<Symbol> {
    if let Some(found) = find_bare(symbol) {
        return Some(found);
    }
    let first = symbol.as_bytes().first();
    for (prefix, factor) in &PREFIXES {
        if prefix.as_bytes().first() != first {
            continue;
        }
        let Some(rest) = symbol.strip_prefix(prefix) else { continue };
        if !takes_prefix(rest) {
            continue;
        }
        let factor = match factor {
            Prefix::Ten(power) => Ratio::power_of_ten(*power)?,
            Prefix::Two(power) => Ratio::power_of_two(*power)?,
        };
        let mut found = find_bare(rest)?;
        match &mut found.special {
            Some(special) => special.scale = special.scale.times(&factor)?,
            None => found.size.ratio = found.size.ratio.times(&factor)?,
        }
        return Some(found);
    }
    None
}

/// Whether the text is a unit, with or without prefix.
pub(super) fn is_known(symbol: &str) -> bool {
    let is_bare = |symbol: &str| BASES.contains(&symbol) || atom(symbol).is_some();
    is_bare(symbol)
        || PREFIXES.iter().any(|(prefix, _)| symbol.strip_prefix(prefix).is_some_and(takes_prefix))
}

pub(super) fn takes_prefix(symbol: &str) -> bool {
    BASES.contains(&symbol) || atom(symbol).is_some_and(|(_, atom)| atom.metric)
}

/// Where the units begin whose code starts with a byte, for all bytes of ASCII and one more: nearly every search
/// then has a handful of units to look at.
static STARTS: [u16; 129] = {
    let mut starts = [0; 129];
    let (mut byte, mut index) = (0, 0);
    while byte < starts.len() {
        while index < COUNT && (first_byte(index) as usize) < byte {
            index += 1;
        }
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "worked out by the compiler"
        )]
        {
            starts[byte] = index as u16;
        }
        byte += 1;
    }
    starts
};

#[expect(clippy::indexing_slicing, reason = "worked out by the compiler")]
const fn first_byte(index: usize) -> u8 {
    ATOMS[index].code.as_bytes()[0]
}

fn atom(symbol: &str) -> Option<(usize, &'static Atom)> {
    let first = usize::from(*symbol.as_bytes().first()?);
    let (start, end) = (usize::from(*STARTS.get(first)?), usize::from(*STARTS.get(first + 1)?));
    let found = ATOMS.get(start..end)?.binary_search_by(|atom| atom.code.as_bytes().cmp(symbol.as_bytes()));
    let index = start + found.ok()?;
    Some((index, ATOMS.get(index)?))
}

fn find_bare(symbol: &str) -> Option<Symbol> {
    if let Some(base) = BASES.iter().position(|base| *base == symbol) {
        let mut size = Size::ONE;
        *size.dimension.base.get_mut(base)? = 1;
        return Some(Symbol { size, special: None });
    }
    let (index, atom) = atom(symbol)?;
    let size = size_of_atom(index)?.clone();
    let special = atom.function.map(|function| Special { function, scale: Ratio::ONE });
    Some(Symbol { size, special })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_unit_has_a_size() {
        assert!(ATOMS.windows(2).all(|pair| pair[0].code.as_bytes() < pair[1].code.as_bytes()));
        for atom in &ATOMS {
            let (_, special) = read(atom.code, None).unwrap_or_else(|error| panic!("{}: {error}", atom.code));
            assert_eq!(special.is_some(), atom.function.is_some(), "{}", atom.code);
            let prefixed = read(&format!("k{}", atom.code), None).is_ok();
            assert_eq!(prefixed, atom.metric, "k{}", atom.code);
        }
        assert_eq!((ATOMS.len(), BASES.len(), PREFIXES.len()), (305, 7, 24));
    }
}
