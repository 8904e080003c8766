//! Units of the Unified Code for Units of Measure (<https://ucum.org/ucum>), case sensitive.
//!
//! Factors are exact fractions, so that conversions between units whose definitions are exact lose nothing:
//! an inch is 2.54 cm to the last digit. Scales without a true zero (`Cel`, `[degF]`) convert exactly too, and
//! logarithmic ones (`[pH]`, `dB`) to 15 digits.

mod convert;
mod parse;
mod ratio;
mod table;

pub use convert::{canonical, compare, convert};

use crate::error::Error;
use ratio::Ratio;
use std::fmt;
use table::Function;

/// A unit: its code, its size in base units, and its dimension.
///
/// ```
/// use hygea_terminology::ucum::Unit;
///
/// let pressure = Unit::parse("mm[Hg]")?;
/// assert!(pressure.is_comparable(&Unit::parse("kPa")?));
/// assert_eq!(Unit::parse("m/s")?.multiply(&Unit::parse("s")?).unwrap().to_string(), "m");
/// assert!(Unit::parse("furlong").is_err());
/// # Ok::<(), hygea_terminology::Error>(())
/// ```
#[derive(Clone)]
pub struct Unit {
    code: Box<str>,
    /// The simple units with their exponents, and bare factors; what products and quotients are made of.
    terms: Vec<Term>,
    size: Size,
    special: Option<Special>,
}

/// A simple unit with its exponent, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    symbol: Box<str>,
    exponent: i32,
}

/// How many base units something is.
#[derive(Clone)]
struct Size {
    ratio: Ratio,
    dimension: Dimension,
}

/// Exponents of the base units, and of units that are defined by an assay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Dimension {
    base: [i32; 7],
    /// Indexes into the table, sorted, none with exponent 0.
    arbitrary: Vec<(usize, i32)>,
}

/// The scale of a special unit: the function, and how many of it the prefix or factor makes.
#[derive(Clone)]
struct Special {
    function: Function,
    scale: Ratio,
}

impl Unit {
    /// Reads a code: `mg/dL`, `10*9/L`, `m[H2O]`, `{beats}/min`. Annotations count as nothing.
    ///
    /// # Errors
    /// [`Syntax`](crate::ErrorKind::Syntax) or [`UnknownUnit`](crate::ErrorKind::UnknownUnit) with the byte;
    /// [`TooLarge`](crate::ErrorKind::TooLarge) for more than 255 bytes or exponents over 99.
    pub fn parse(code: &str) -> Result<Self, Error> {
        parse::parse(code)
    }

    /// The code, as it was read or made.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether quantities of the two units can be converted into each other.
    #[must_use]
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.size.dimension == other.size.dimension
    }

    /// Whether its scale has no true zero, or is logarithmic: `Cel`, `[pH]`, `dB`. Such units have no products.
    #[must_use]
    pub fn is_special(&self) -> bool {
        self.special.is_some()
    }

    /// The product; nothing if one of them is special, or it would be too large.
    #[must_use]
    pub fn multiply(&self, other: &Self) -> Option<Self> {
        self.combine(other, 1)
    }

    /// The quotient; nothing if one of them is special, or it would be too large.
    #[must_use]
    pub fn divide(&self, other: &Self) -> Option<Self> {
        self.combine(other, -1)
    }

    fn combine(&self, other: &Self, sign: i32) -> Option<Self> {
        if self.is_special() || other.is_special() {
            return None;
        }
        let mut terms = self.terms.clone();
        for term in &other.terms {
            match terms.iter_mut().find(|known| known.symbol == term.symbol) {
                Some(known) => known.exponent += sign * term.exponent,
                None => terms.push(Term { symbol: term.symbol.clone(), exponent: sign * term.exponent }),
            }
        }
        terms.retain(|term| term.exponent != 0);
        Self::parse(&code_of(&terms)).ok()
    }
}

/// The code of terms: those above the line first, joined with dots, then each below it after a slash.
fn code_of(terms: &[Term]) -> String {
    let mut code = String::new();
    let mut add = |separator: &str, symbol: &str, exponent: i32| {
        if !code.is_empty() || separator == "/" {
            code.push_str(separator);
        }
        code.push_str(symbol);
        if exponent != 1 {
            code.push_str(&exponent.to_string());
        }
    };
    for term in terms.iter().filter(|term| term.exponent > 0) {
        add(".", &term.symbol, term.exponent);
    }
    for term in terms.iter().filter(|term| term.exponent < 0) {
        add("/", &term.symbol, -term.exponent);
    }
    if code.is_empty() { "1".to_owned() } else { code }
}

impl Dimension {
    fn add(&mut self, other: &Self, times: i32) {
        for (own, other) in self.base.iter_mut().zip(other.base) {
            *own += other * times;
        }
        for (index, exponent) in &other.arbitrary {
            match self.arbitrary.binary_search_by_key(index, |(own, _)| *own) {
                Ok(at) => {
                    if let Some((_, own)) = self.arbitrary.get_mut(at) {
                        *own += exponent * times;
                    }
                }
                Err(at) => self.arbitrary.insert(at, (*index, exponent * times)),
            }
        }
        self.arbitrary.retain(|(_, exponent)| *exponent != 0);
    }

    /// The code of the product of base units.
    fn code(&self) -> String {
        let base = table::BASES.iter().zip(self.base).map(|(base, exponent)| ((*base).into(), exponent));
        let arbitrary = self.arbitrary.iter().filter_map(|(index, exponent)| {
            table::ATOMS.get(*index).map(|atom| (atom.code.into(), *exponent))
        });
        let terms: Vec<Term> = base
            .chain(arbitrary)
            .filter(|(_, exponent)| *exponent != 0)
            .map(|(symbol, exponent)| Term { symbol, exponent })
            .collect();
        code_of(&terms)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unit({})", self.code)
    }
}

/// Units are equal if they are written equally.
impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Unit {}
