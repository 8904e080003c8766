//! The grammar of UCUM (§§ 3–12 of the specification).

use super::ratio::Ratio;
use super::table::{ATOMS, Atom, BASES, BINARY_PREFIXES, COUNT, PREFIXES};
use super::{Dimension, Size, Special, Term, Unit};
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
const MAX_POWER: i32 = MAX_EXPONENT;

pub(super) fn parse(code: &str) -> Result<Unit, Error> {
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
    let mut parser = Parser { code, at: 0, depth: 0, terms: Vec::new(), special: None, simple: 0 };
    let size = parser.term(1)?;
    if parser.at < code.len() {
        return Err(parser.wanted("'.', '/' or the end of the unit"));
    }
    if parser.special.is_some() && parser.simple != 1 {
        let detail = "a unit on a special scale cannot be multiplied with others";
        return Err(Error::new(ErrorKind::Unsupported, Some(0), detail));
    }
    Ok(Unit { code: code.into(), terms: parser.terms, size, special: parser.special })
}

/// The size of one unit of the table, worked out when it is first asked for.
fn size_of_atom(index: usize) -> Option<&'static Size> {
    static SIZES: [OnceLock<Size>; COUNT] = [const { OnceLock::new() }; COUNT];
    let (cell, atom) = (SIZES.get(index)?, ATOMS.get(index)?);
    if let Some(size) = cell.get() {
        return Some(size);
    }
    let one = parse(atom.unit).ok()?;
    let mut size = one.size;
    size.ratio = size.ratio.times(&Ratio::parse(atom.value)?);
    if atom.arbitrary && size.dimension.arbitrary.is_empty() {
        size.dimension.arbitrary.push((index, 1));
    }
    Some(cell.get_or_init(|| size))
}

struct Parser<'c> {
    code: &'c str,
    at: usize,
    depth: u32,
    terms: Vec<Term>,
    special: Option<Special>,
    /// How many simple units and factors were read.
    simple: usize,
}

/// A simple unit without its exponent.
struct Symbol {
    size: Size,
    special: Option<Special>,
}

impl<'c> Parser<'c> {
    fn rest(&self) -> &'c str {
        self.code.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.code.as_bytes().get(self.at).copied()
    }

    fn wanted(&self, what: &str) -> Error {
        Error::new(ErrorKind::Syntax, Some(self.at), format!("wanted {what}"))
    }

    /// Components joined by dots and slashes, each raised to `sign` for the terms.
    fn term(&mut self, sign: i32) -> Result<Size, Error> {
        let mut size = Size { ratio: Ratio::one(), dimension: Dimension::default() };
        let mut below = self.accept(b'/');
        loop {
            let own = if below { -1 } else { 1 };
            let component = self.component(sign * own)?;
            multiply(&mut size, &component, own).ok_or_else(|| too_large(self.at))?;
            if self.accept(b'.') {
                below = false;
            } else if self.accept(b'/') {
                below = true;
            } else {
                return Ok(size);
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
            return Ok(Size { ratio: Ratio::one(), dimension: Dimension::default() });
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
        let (symbol, exponent) = self.symbol_and_exponent(text, start)?;
        let found = find(symbol).ok_or_else(|| {
            Error::new(ErrorKind::UnknownUnit, Some(start), format!("UCUM has no unit '{symbol}'"))
        })?;
        if let Some(special) = found.special {
            if exponent != 1 || sign != 1 || self.depth != 0 || self.special.is_some() {
                let detail = "a unit on a special scale has no powers and quotients";
                return Err(Error::new(ErrorKind::Unsupported, Some(start), detail));
            }
            self.special = Some(special);
        }
        self.add_term(symbol, sign * exponent);
        let mut size = Size { ratio: Ratio::one(), dimension: Dimension::default() };
        multiply(&mut size, &found.size, exponent).ok_or_else(|| too_large(start))?;
        Ok(size)
    }

    fn factor(&mut self, text: &str, start: usize, sign: i32) -> Result<Size, Error> {
        let value = text.parse().map_err(|_| too_large(start))?;
        if value == 0 {
            return Err(Error::new(ErrorKind::Syntax, Some(start), "wanted a factor other than 0"));
        }
        if value != 1 {
            self.add_term(text, sign);
        }
        Ok(Size { ratio: Ratio::integer(value), dimension: Dimension::default() })
    }

    fn add_term(&mut self, symbol: &str, exponent: i32) {
        match self.terms.iter_mut().find(|term| *term.symbol == *symbol) {
            Some(term) => term.exponent += exponent,
            None => self.terms.push(Term { symbol: symbol.into(), exponent }),
        }
        self.terms.retain(|term| term.exponent != 0);
    }

    /// A comment in braces, which counts as nothing.
    fn annotation(&mut self) -> Result<bool, Error> {
        if self.peek() != Some(b'{') {
            return Ok(false);
        }
        let rest = self.rest();
        let end = rest.find('}').ok_or_else(|| self.wanted("'}' at the end of the annotation"))?;
        let inner = rest.get(1..end).unwrap_or_default();
        if inner.contains('{') || !inner.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
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
            !bracket
                && (matches!(byte, b'.' | b'/' | b'(' | b')' | b'{' | b'}') || !(b'!'..=b'~').contains(&byte))
        });
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Splits `m2`, `s-1`, `10*-3`.
    fn symbol_and_exponent(&self, text: &'c str, start: usize) -> Result<(&'c str, i32), Error> {
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
            Ok(exponent) if exponent.abs() <= MAX_EXPONENT && exponent != 0 => Ok((symbol, exponent)),
            Ok(0) => Err(Error::new(ErrorKind::Syntax, Some(start), "wanted an exponent other than 0")),
            _ => Err(too_large(start)),
        }
    }
}

fn too_large(at: usize) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        Some(at),
        "the unit has exponents, factors or parentheses beyond the limit",
    )
}

/// `size` × `other`^`exponent`
fn multiply(size: &mut Size, other: &Size, exponent: i32) -> Option<()> {
    let mut dimension = size.dimension.clone();
    dimension.add(&other.dimension, exponent);
    let small = dimension.base.iter().chain(dimension.arbitrary.iter().map(|(_, power)| power));
    if small.into_iter().any(|power| power.abs() > MAX_POWER) {
        return None;
    }
    // Powers of large factors would take memory without bound.
    if size.ratio.0.numer().bits() + size.ratio.0.denom().bits() > 20_000 {
        return None;
    }
    size.ratio = size.ratio.times(&other.ratio.power(exponent));
    size.dimension = dimension;
    Some(())
}

/// The unit of a symbol, with or without prefix. A whole symbol is meant before a prefix: `cd` is no centiday.
fn find(symbol: &str) -> Option<Symbol> {
    if let Some(found) = find_bare(symbol) {
        return Some(found);
    }
    let decimal = PREFIXES.iter().map(|(prefix, power)| (*prefix, Ratio::power_of_ten(*power)));
    let binary = BINARY_PREFIXES
        .iter()
        .map(|(prefix, power)| (*prefix, Ratio::integer(2).power(i32::try_from(*power).unwrap_or(0))));
    for (prefix, factor) in decimal.chain(binary) {
        let Some(rest) = symbol.strip_prefix(prefix) else { continue };
        if !takes_prefix(rest) {
            continue;
        }
        let mut found = find_bare(rest)?;
        match &mut found.special {
            Some(special) => special.scale = special.scale.times(&factor),
            None => found.size.ratio = found.size.ratio.times(&factor),
        }
        return Some(found);
    }
    None
}

fn takes_prefix(symbol: &str) -> bool {
    BASES.contains(&symbol) || atom(symbol).is_some_and(|(_, atom)| atom.metric)
}

fn atom(symbol: &str) -> Option<(usize, &'static Atom)> {
    let index = ATOMS.binary_search_by(|atom| atom.code.as_bytes().cmp(symbol.as_bytes())).ok()?;
    Some((index, ATOMS.get(index)?))
}

fn find_bare(symbol: &str) -> Option<Symbol> {
    if let Some(base) = BASES.iter().position(|base| *base == symbol) {
        let mut dimension = Dimension::default();
        *dimension.base.get_mut(base)? = 1;
        return Some(Symbol { size: Size { ratio: Ratio::one(), dimension }, special: None });
    }
    let (index, atom) = atom(symbol)?;
    let size = size_of_atom(index)?.clone();
    let special = atom.function.map(|function| Special { function, scale: Ratio::one() });
    Some(Symbol { size, special })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_unit_has_a_size() {
        assert!(ATOMS.windows(2).all(|pair| pair[0].code.as_bytes() < pair[1].code.as_bytes()));
        for atom in &ATOMS {
            let unit = parse(atom.code).unwrap_or_else(|error| panic!("{}: {error}", atom.code));
            assert_eq!(unit.is_special(), atom.function.is_some(), "{}", atom.code);
            if atom.metric {
                assert!(parse(&format!("k{}", atom.code)).is_ok(), "k{}", atom.code);
            }
        }
    }

    #[test]
    fn codes_that_are_no_units_are_refused() {
        let table = [
            ("", ErrorKind::Syntax),
            ("m/", ErrorKind::Syntax),
            ("m..s", ErrorKind::Syntax),
            ("(m", ErrorKind::Syntax),
            ("m)", ErrorKind::Syntax),
            ("m{x", ErrorKind::Syntax),
            ("m s", ErrorKind::Syntax),
            ("kk", ErrorKind::UnknownUnit),
            ("kmin", ErrorKind::UnknownUnit),
            ("lbs", ErrorKind::UnknownUnit),
            ("m0", ErrorKind::Syntax),
            ("0", ErrorKind::Syntax),
            ("µg", ErrorKind::Syntax),
            ("m100", ErrorKind::TooLarge),
            ("Cel2", ErrorKind::Unsupported),
            ("Cel/s", ErrorKind::Unsupported),
            ("99999999999999999999", ErrorKind::TooLarge),
        ];
        for (code, kind) in table {
            assert_eq!(parse(code).unwrap_err().kind(), kind, "{code}");
        }
        assert!(parse(&"(".repeat(200)).is_err());
        assert!(parse(&"m".repeat(300)).is_err());
        assert!(parse(&"Ym99.".repeat(50)).is_err());
    }
}
