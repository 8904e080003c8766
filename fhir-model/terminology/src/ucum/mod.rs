//! Units of the Unified Code for Units of Measure (<https://ucum.org/ucum>), case sensitive.
//!
//! The table is generated from the essence that the UCUM Organization publishes ([`VERSION`]); nothing is added to
//! it and nothing left out. Sizes are exact fractions, so that conversions between units whose definitions are
//! exact lose nothing: an inch is 2.54 cm to the last digit. Scales without a true zero (`Cel`, `[degF]`) convert
//! exactly too, and logarithmic ones (`[pH]`, `dB`) to 28 significant digits, the same on every machine.
//!
//! # Limits
//! A code has at most 255 bytes, 16 levels of parentheses, exponents up to 99 and factors up to 2^63. Annotations
//! count as nothing. Mass and amount of substance are different dimensions: `mg/dL` and `mmol/L` of a substance
//! need its molar mass, which no unit has. Arbitrary units (`[iU]`) are comparable with themselves only.
//!
//! # Licence of the table
//! This product includes the UCUM essence, copyright 1999-2024 Regenstrief Institute, Inc., licensed under the UCUM
//! License, Version 1.0 (<https://unitsofmeasure.org/license>), and provided on an "AS IS" basis, without warranties
//! or conditions of any kind.

mod convert;
mod essence;
mod parse;
mod ratio;
mod special;
mod suggestion;
mod table;

pub use convert::{canonical, compare, convert};
pub use table::Atom;

use crate::error::Error;
use ratio::Ratio;
use std::fmt;
use table::Function;

/// The version of UCUM that the table holds.
pub const VERSION: &str = essence::VERSION;

/// The number of the canonical form: what [`canonical`] gives for a quantity never changes while it stays the
/// same, so that a store may keep canonical values and must build its index anew when the number has changed.
///
/// The form is: the value in the product of the base units `m`, `s`, `g`, `rad`, `K`, `C`, `cd`, then arbitrary
/// units in the order of their codes; the code has those with positive exponents first, joined by dots, then each
/// other one after a slash, `1` for none (`m2.g/s2`, `/m3`). The value is the exact decimal, without zeros behind
/// the last digit after the point, if it has at most 38 digits, else rounded to 28 significant ones. It depends on
/// the constants of nature as UCUM publishes them: a new edition that changes one of them changes the number.
pub const CANONICAL_FORM: u32 = 1;

/// The units of UCUM that are no base units, by the bytes of their codes.
///
/// ```
/// use hygea_terminology::ucum;
///
/// let inch = ucum::atoms().iter().find(|atom| atom.code() == "[in_i]").unwrap();
/// assert_eq!((inch.name(), inch.definition()), ("inch", ("254e-2", "cm")));
/// ```
#[must_use]
pub fn atoms() -> &'static [Atom] {
    &essence::ATOMS
}

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
    size: Size,
    special: Option<Special>,
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
    base: [i16; 7],
    /// Indexes into the table, sorted, none with exponent 0.
    arbitrary: Vec<(u16, i16)>,
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
    /// [`Syntax`](crate::ErrorKind::Syntax) or [`UnknownUnit`](crate::ErrorKind::UnknownUnit) with the byte, and with
    /// the code that was perhaps meant; [`Unsupported`](crate::ErrorKind::Unsupported) for a unit on a special scale
    /// within a product or power; [`TooLarge`](crate::ErrorKind::TooLarge) for more than 255 bytes or exponents
    /// over 99.
    ///
    /// ```
    /// use hygea_terminology::ucum::Unit;
    ///
    /// let error = Unit::parse("mcg/mL").unwrap_err();
    /// assert_eq!(error.to_string(), "UCUM has no unit 'mcg'; perhaps 'ug' is meant, at byte 0");
    /// ```
    pub fn parse(code: &str) -> Result<Self, Error> {
        let (size, special) = parse::read(code, None)?;
        Ok(Self { code: code.into(), size, special })
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

    /// Whether it is measured in units that an assay defines: `[iU]/mL`. Such units are comparable with those of the
    /// same assay only.
    #[must_use]
    pub fn is_arbitrary(&self) -> bool {
        !self.size.dimension.arbitrary.is_empty()
    }

    /// The code of the base units that [`canonical`] values are in: `m2.g/s2` for `J`.
    #[must_use]
    pub fn base_code(&self) -> String {
        self.size.dimension.code()
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
        let mut all = Vec::new();
        parse::read(&self.code, Some(&mut all)).ok()?;
        let own = all.len();
        parse::read(&other.code, Some(&mut all)).ok()?;
        let mut terms: Vec<(&str, i32)> = Vec::with_capacity(all.len());
        for (index, term) in all.iter().enumerate() {
            let exponent = if index < own { term.exponent } else { sign * term.exponent };
            match terms.iter_mut().find(|(symbol, _)| *symbol == term.symbol) {
                Some((_, known)) => *known += exponent,
                None => terms.push((term.symbol, exponent)),
            }
        }
        Self::parse(&code_of(&terms)).ok()
    }
}

/// The code of terms: those above the line first, joined with dots, then each below it after a slash.
fn code_of(terms: &[(&str, i32)]) -> String {
    let mut code = String::new();
    let mut add = |separator: &str, symbol: &str, exponent: i32| {
        if !code.is_empty() || separator == "/" {
            code.push_str(separator);
        }
        code.push_str(symbol);
        // A factor has no exponent: `22` would be another number.
        if symbol.bytes().all(|byte| byte.is_ascii_digit()) {
            for _ in 1..exponent.min(200) {
                code.push_str(separator);
                code.push_str(symbol);
            }
        } else if let (2..10, Ok(digit)) = (exponent, u8::try_from(exponent)) {
            code.push(char::from(b'0' + digit));
        } else if exponent != 1 {
            code.push_str(&exponent.to_string());
        }
    };
    for (symbol, exponent) in terms.iter().filter(|(_, exponent)| *exponent > 0) {
        add(".", symbol, *exponent);
    }
    for (symbol, exponent) in terms.iter().filter(|(_, exponent)| *exponent < 0) {
        add("/", symbol, -exponent);
    }
    if code.is_empty() { "1".to_owned() } else { code }
}

impl Dimension {
    const NONE: Self = Self { base: [0; 7], arbitrary: Vec::new() };

    /// The code of the product of base units.
    fn code(&self) -> String {
        let base = essence::BASES.iter().zip(self.base).map(|(base, exponent)| (*base, exponent.into()));
        let arbitrary = self.arbitrary.iter().filter_map(|(index, exponent)| {
            essence::ATOMS.get(usize::from(*index)).map(|atom| (atom.code, i32::from(*exponent)))
        });
        let there = base.chain(arbitrary).filter(|(_, exponent)| *exponent != 0);
        let terms: Vec<(&str, i32)> = there.collect();
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
