//! The values of primitive elements in typed structs: texts that know their type.
//!
//! Each is a text, kept as it was read; up to 24 bytes, for types with longer values up to 48, stand inside the
//! value without an allocation. Nothing is checked when one is made, because tolerant reading must hold what came; [`crate::validate`] checks.

use super::inline::Inline;
use super::{calendar, date, decimal, known};
use crate::element::Primitive;
use compact_str::CompactString;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// A value that a primitive element can hold.
pub trait PrimitiveValue: Sized {
    /// The value, if it is one of this type.
    fn from_primitive(value: Primitive<'_>) -> Option<Self>;

    /// The value.
    fn to_primitive(&self) -> Primitive<'_>;

    /// What stands in a list where JSON has null because only an id or extensions are given.
    fn absent() -> Self;
}

/// A type that holds a text: `$held`, which is made from a `&str` and gives it back.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident($held:ty)) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name($held);

        impl $name {
            /// The text.
            #[must_use]
            #[inline]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl Deref for $name {
            type Target = str;

            #[inline]
            fn deref(&self) -> &str {
                self.as_str()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Shows the type, not the value.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

macro_rules! string_type {
    ($(#[$doc:meta])* $name:ident($held:ty)) => {
        string_type!($(#[$doc])* $name($held), <$held>::new);
    };
    ($(#[$doc:meta])* $name:ident($held:ty), $new:expr) => {
        text_type!($(#[$doc])* $name($held));

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self($new(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(<$held>::from(text))
            }
        }

        impl PrimitiveValue for $name {
            #[inline]
            fn from_primitive(value: Primitive<'_>) -> Option<Self> {
                if let Primitive::Text(text) = value { Some(Self($new(text))) } else { None }
            }

            fn to_primitive(&self) -> Primitive<'_> {
                Primitive::Text(self.as_str())
            }

            fn absent() -> Self {
                Self::from("")
            }
        }
    };
}

/// A URI that is known is pointed to, another one copied.
fn uri(text: &str) -> CompactString {
    match known::find(text) {
        Some(known) => CompactString::const_new(known),
        None => CompactString::new(text),
    }
}

string_type!(
    /// A `string`, `markdown` or `xhtml`.
    Text(CompactString)
);
string_type!(
    /// A `uri`, `url`, `canonical`, `oid` or `uuid`.
    Uri(CompactString),
    uri
);
string_type!(
    /// An `id`; room for a UUID inside.
    Id(Inline<40>)
);
string_type!(
    /// A `code` whose codes FHIR does not enumerate.
    Code(CompactString)
);
string_type!(
    /// A `base64Binary`, as its text.
    Base64Binary(CompactString)
);
string_type!(
    /// A `date`: a year, a month or a day.
    Date(CompactString)
);
string_type!(
    /// A `dateTime`: a date, or a time with seconds and zone.
    DateTime(Inline<32>)
);
string_type!(
    /// An `instant`: a time with seconds and zone.
    Instant(Inline<32>)
);
string_type!(
    /// A `time` of day.
    Time(CompactString)
);
string_type!(
    /// An `integer64`, which JSON writes as a string.
    Integer64(CompactString)
);
string_type!(
    /// The text of `Reference.reference`; room for a `urn:uuid:` inside. What it points to:
    /// [`LiteralReference::target`].
    LiteralReference(Inline<48>)
);
text_type!(
    /// A `decimal` with the digits that it was given: `1.50` is not equal to `1.5`; [`Decimal::compare`]
    /// compares as numbers.
    Decimal(CompactString)
);

impl Date {
    /// The completed years from this day to another; nothing if that is earlier, if one of them is no date, or
    /// if they are too coarse to tell.
    ///
    /// ```
    /// use hygea_fhir_model::primitive::Date;
    ///
    /// let birth = Date::from("1970-03");
    /// assert_eq!(birth.years_until(&"2020-02".into()), Some(49));
    /// assert_eq!(birth.years_until(&"2020-03-15".into()), None);
    /// ```
    #[must_use]
    pub fn years_until(&self, later: &Self) -> Option<u32> {
        calendar::years_between(self.parts()?, later.parts()?)
    }

    /// What the text says; nothing if it is no date.
    #[must_use]
    pub fn parts(&self) -> Option<date::PartialDateTime> {
        date::parse(self)
    }
}

impl DateTime {
    /// What the text says; nothing if it is no date or time.
    #[must_use]
    pub fn parts(&self) -> Option<date::PartialDateTime> {
        date::parse(self)
    }
}

impl Instant {
    /// What the text says; nothing if it is no time.
    #[must_use]
    pub fn parts(&self) -> Option<date::PartialDateTime> {
        date::parse(self)
    }
}

impl Time {
    /// What the text says; nothing if it is no time of day.
    #[must_use]
    pub fn parts(&self) -> Option<date::PartialTime> {
        date::parse_time(self)
    }
}

impl Integer64 {
    /// The number; nothing if the text is none or does not fit.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        self.0.parse().ok()
    }
}

impl Decimal {
    /// Reads a decimal.
    ///
    /// ```
    /// use hygea_fhir_model::primitive::Decimal;
    ///
    /// let (short, long) = (Decimal::parse("1.5").unwrap(), Decimal::parse("1.50").unwrap());
    /// assert!(short != long && short.compare(&long).is_eq());
    /// assert_eq!(Decimal::parse("1,5"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        decimal::is_decimal(text).then(|| Self(CompactString::new(text)))
    }

    /// Coefficient and exponent, if it has at most 38 digits.
    #[must_use]
    pub fn number(&self) -> Option<decimal::Number> {
        decimal::Number::parse(self)
    }

    /// The order as numbers, exactly.
    #[must_use]
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        decimal::compare(self, other).unwrap_or(std::cmp::Ordering::Equal)
    }

    /// The nearest binary floating point number.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(CompactString::from(number.to_string()))
    }
}

impl PrimitiveValue for Decimal {
    fn from_primitive(value: Primitive<'_>) -> Option<Self> {
        match value {
            Primitive::Decimal(text) => Self::parse(text),
            Primitive::Integer(number) => Some(Self::from(number)),
            _ => None,
        }
    }

    fn to_primitive(&self) -> Primitive<'_> {
        Primitive::Decimal(&self.0)
    }

    /// A decimal is written as it is, so it is a number even where it stands for nothing.
    fn absent() -> Self {
        Self::from(0)
    }
}

impl PrimitiveValue for bool {
    fn from_primitive(value: Primitive<'_>) -> Option<Self> {
        if let Primitive::Boolean(value) = value { Some(value) } else { None }
    }

    fn to_primitive(&self) -> Primitive<'_> {
        Primitive::Boolean(*self)
    }

    fn absent() -> Self {
        false
    }
}

macro_rules! integer {
    ($name:ident) => {
        impl PrimitiveValue for $name {
            /// A number that is not written as an integer is (`1.0`, `-0`) is none, since its text would be lost.
            fn from_primitive(value: Primitive<'_>) -> Option<Self> {
                match value {
                    Primitive::Integer(number) => Self::try_from(number).ok(),
                    Primitive::Decimal(text) if text != "-0" => text.parse().ok(),
                    _ => None,
                }
            }

            fn to_primitive(&self) -> Primitive<'_> {
                Primitive::Integer(i64::from(*self))
            }

            fn absent() -> Self {
                0
            }
        }
    };
}

integer!(i32);
integer!(u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_only_what_they_write_back() {
        for text in ["1.0", "1e2", "-0", "4294967296", "x", ""] {
            assert_eq!(u32::from_primitive(Primitive::Decimal(text)), None, "{text}");
        }
        assert_eq!(i32::from_primitive(Primitive::Decimal("-17")), Some(-17));
        assert_eq!(u32::from_primitive(Primitive::Integer(-1)), None);
        assert_eq!(u32::from_primitive(Primitive::Text("1")), None);
    }

    #[test]
    fn a_value_is_not_shown() {
        assert_eq!(format!("{:?} {:?}", Text::from("secret"), Decimal::from(5)), "Text Decimal");
        assert_eq!(size_of::<Option<Text>>(), 24);
    }
}
