//! Quantities: a number with a unit of UCUM or of the calendar (FHIRPath "Quantity").

use super::Decimal;
use std::fmt;

/// A number with a unit.
///
/// ```
/// use hygea_fhirpath::{CalendarUnit, Quantity, Unit};
///
/// let week = Quantity::parse("1 week").unwrap();
/// assert_eq!(week.unit, Unit::Calendar(CalendarUnit::Week));
/// assert_eq!(Quantity::parse("4.5 'mg'").unwrap().to_string(), "4.5 'mg'");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Quantity {
    /// How many.
    pub value: Decimal,
    /// Of what.
    pub unit: Unit,
}

/// The unit of a quantity.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// A code of UCUM; `1` for a bare number.
    Ucum(Box<str>),
    /// A unit of the calendar, whose length may vary.
    Calendar(CalendarUnit),
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CalendarUnit {
    /// `year`
    Year,
    /// `month`
    Month,
    /// `week`
    Week,
    /// `day`
    Day,
    /// `hour`
    Hour,
    /// `minute`
    Minute,
    /// `second`
    Second,
    /// `millisecond`
    Millisecond,
}

impl CalendarUnit {
    /// The unit of a keyword, singular or plural.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let word = word.strip_suffix('s').filter(|rest| !rest.is_empty()).unwrap_or(word);
        [
            Self::Year,
            Self::Month,
            Self::Week,
            Self::Day,
            Self::Hour,
            Self::Minute,
            Self::Second,
            Self::Millisecond,
        ]
        .into_iter()
        .find(|unit| unit.name() == word)
    }

    /// The unit that a UCUM code of definite length stands for in calendar arithmetic: `d` for days. Years and
    /// months of UCUM (`a`, `mo`) are means, which no calendar knows.
    #[must_use]
    pub fn of_ucum(code: &str) -> Option<Self> {
        Some(match code {
            "wk" => Self::Week,
            "d" => Self::Day,
            "h" => Self::Hour,
            "min" => Self::Minute,
            "s" => Self::Second,
            "ms" => Self::Millisecond,
            _ => return None,
        })
    }

    /// The unit that FHIR maps a code of UCUM to where a Quantity becomes one of the language; codes that are not
    /// in its table stay with UCUM.
    pub(crate) fn of_fhir(code: &str) -> Option<Self> {
        Some(match code {
            "a" => Self::Year,
            "mo" => Self::Month,
            "d" => Self::Day,
            "h" => Self::Hour,
            "min" => Self::Minute,
            "s" => Self::Second,
            _ => return None,
        })
    }

    /// The code of UCUM: equal from weeks on, equivalent for years and months.
    #[must_use]
    pub fn ucum(self) -> &'static str {
        match self {
            Self::Year => "a",
            Self::Month => "mo",
            Self::Week => "wk",
            Self::Day => "d",
            Self::Hour => "h",
            Self::Minute => "min",
            Self::Second => "s",
            Self::Millisecond => "ms",
        }
    }

    /// The keyword in the singular.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
        }
    }

    /// Its length in milliseconds; nothing for years and months.
    pub(crate) fn milliseconds(self) -> Option<i32> {
        Some(match self {
            Self::Year | Self::Month => return None,
            Self::Week => 604_800_000,
            Self::Day => 86_400_000,
            Self::Hour => 3_600_000,
            Self::Minute => 60_000,
            Self::Second => 1000,
            Self::Millisecond => 1,
        })
    }
}

impl Unit {
    /// A unit by its text: a keyword of the calendar, else a code of UCUM.
    #[must_use]
    pub fn of(text: &str) -> Self {
        CalendarUnit::named(text).map_or_else(|| Self::Ucum(text.into()), Self::Calendar)
    }

    /// Whether it is the unit of a bare number.
    #[must_use]
    pub fn is_one(&self) -> bool {
        matches!(self, Self::Ucum(code) if &**code == "1")
    }

    /// The code of UCUM, for a calendar unit the one that is equal or equivalent.
    #[must_use]
    pub fn ucum(&self) -> &str {
        match self {
            Self::Ucum(code) => code,
            Self::Calendar(unit) => unit.ucum(),
        }
    }
}

impl Quantity {
    /// A bare number.
    #[must_use]
    pub fn number(value: Decimal) -> Self {
        Self { value, unit: Unit::Ucum("1".into()) }
    }

    /// Reads a number, alone or with a quoted code of UCUM or a keyword of the calendar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let end =
            text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end)?;
        let value = number.parse().ok()?;
        let unit = unit.trim_start_matches([' ', '\t', '\r', '\n']);
        if unit.is_empty() {
            return Some(Self::number(value));
        }
        if let Some(code) = unit.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            let whole = !code.is_empty() && !code.contains('\'');
            return whole.then(|| Self { value, unit: Unit::of(code) });
        }
        CalendarUnit::named(unit).map(|unit| Self { value, unit: Unit::Calendar(unit) })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Ucum(code) => write!(f, "{} '{code}'", self.value),
            Unit::Calendar(unit) => {
                let plural = if self.value == Decimal::ONE { "" } else { "s" };
                write!(f, "{} {}{plural}", self.value, unit.name())
            }
        }
    }
}

/// Shows the unit, not the value: quantities are measured on patients.
impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quantity({:?})", self.unit)
    }
}
