//! Index values: under what a document is found. Parameters are named per kind; the names belong to the caller.
//!
//! All values are compared exactly: texts byte by byte, times in microseconds, numbers as [`Decimal`]. Nothing is hashed
//! without a check, so that an answer never holds a document that only collides.

use std::fmt;

use compact_str::CompactString;

use crate::{Decimal, Key};

/// One value of one parameter of a document. A document may have several values of a parameter, of different types too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// Name of the parameter, scoped to the kind of the document.
    pub parameter: CompactString,
    /// The value.
    pub value: Value,
}

/// A typed index value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Value {
    /// A code with or without a system: codes, identifiers, booleans, contact points.
    Token {
        /// The system that defines the code, if there is one; an empty text is not the same as none.
        system: Option<CompactString>,
        /// The code itself.
        code: CompactString,
    },
    /// Text that is searched by its beginning or its parts.
    Text(Text),
    /// A time span `[low, high)` in microseconds since 1970-01-01T00:00Z; `i64::MIN` and `i64::MAX` are open ends.
    Date {
        /// First microsecond of the span.
        low: i64,
        /// First microsecond after the span.
        high: i64,
    },
    /// A number with its two ends; equal ends mean a point.
    Number {
        /// Low end.
        low: Decimal,
        /// High end.
        high: Decimal,
    },
    /// A number with a unit.
    Quantity {
        /// The system of the unit.
        system: Option<CompactString>,
        /// Code or text of the unit.
        unit: Option<CompactString>,
        /// Low end.
        low: Decimal,
        /// High end.
        high: Decimal,
    },
    /// A pointer to a document, here or elsewhere.
    Reference(Reference),
    /// A URI, compared as text.
    Uri(CompactString),
}

/// A text in the two forms in which it is searched.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text {
    /// The text as it is compared by default: the caller has removed case and accents.
    pub folded: CompactString,
    /// The text as it was written.
    pub exact: CompactString,
}

/// What a document points to. Stored as it is, so that following it never reaches another document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// What comes before kind and id in a reference to another server; none for a document of this store.
    pub base: Option<CompactString>,
    /// The kind of document, if the reference tells it.
    pub kind: Option<CompactString>,
    /// The id, or the whole URI where it has no kind and id.
    pub id: CompactString,
    /// The version that is meant, if the reference tells it.
    pub version: Option<CompactString>,
}

impl Entry {
    /// An entry.
    #[must_use]
    pub fn new(parameter: impl AsRef<str>, value: Value) -> Self {
        Self { parameter: CompactString::new(parameter), value }
    }

    /// A code with or without its system.
    #[must_use]
    pub fn token(parameter: impl AsRef<str>, system: Option<&str>, code: impl AsRef<str>) -> Self {
        Self::new(
            parameter,
            Value::Token { system: system.map(CompactString::new), code: CompactString::new(code) },
        )
    }

    /// A text, folded by the caller, and as written.
    #[must_use]
    pub fn text(parameter: impl AsRef<str>, folded: impl AsRef<str>, exact: impl AsRef<str>) -> Self {
        Self::new(parameter, Value::Text(Text::new(folded, exact)))
    }

    /// A time span `[low, high)` in microseconds.
    #[must_use]
    pub fn date(parameter: impl AsRef<str>, low: i64, high: i64) -> Self {
        Self::new(parameter, Value::Date { low, high })
    }

    /// A number with its ends.
    #[must_use]
    pub fn number(parameter: impl AsRef<str>, low: Decimal, high: Decimal) -> Self {
        Self::new(parameter, Value::Number { low, high })
    }

    /// A number with a unit.
    #[must_use]
    pub fn quantity(
        parameter: impl AsRef<str>,
        system: Option<&str>,
        unit: Option<&str>,
        low: Decimal,
        high: Decimal,
    ) -> Self {
        let (system, unit) = (system.map(CompactString::new), unit.map(CompactString::new));
        Self::new(parameter, Value::Quantity { system, unit, low, high })
    }

    /// A pointer to a document of this store.
    #[must_use]
    pub fn reference(parameter: impl AsRef<str>, kind: impl AsRef<str>, id: impl AsRef<str>) -> Self {
        Self::new(parameter, Value::Reference(Reference::local(kind, id)))
    }

    /// A URI.
    #[must_use]
    pub fn uri(parameter: impl AsRef<str>, uri: impl AsRef<str>) -> Self {
        Self::new(parameter, Value::Uri(CompactString::new(uri)))
    }
}

impl Text {
    /// A text, folded by the caller, and as written.
    #[must_use]
    pub fn new(folded: impl AsRef<str>, exact: impl AsRef<str>) -> Self {
        Self { folded: CompactString::new(folded), exact: CompactString::new(exact) }
    }
}

impl Reference {
    /// A pointer to the current version of a document of this store.
    #[must_use]
    pub fn local(kind: impl AsRef<str>, id: impl AsRef<str>) -> Self {
        Self { base: None, kind: Some(CompactString::new(kind)), id: CompactString::new(id), version: None }
    }

    /// A URI that is not a pointer to a kind and an id, as a canonical or a `urn:uuid:`.
    #[must_use]
    pub fn uri(uri: impl AsRef<str>) -> Self {
        Self { base: None, kind: None, id: CompactString::new(uri), version: None }
    }

    /// The key that it points to, if it points into this store.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        match (&self.base, &self.kind) {
            (None, Some(kind)) => Some(Key::new(kind, &self.id)),
            _ => None,
        }
    }
}

impl Value {
    /// Real data holds periods that end before they start. They are found as if they were written the right way round.
    pub(crate) fn put_ends_in_order(&mut self) {
        match self {
            Self::Date { low, high } => (*low, *high) = (*low.min(high), *low.max(high)),
            Self::Number { low, high } | Self::Quantity { low, high, .. } => {
                (*low, *high) = (*low.min(high), *low.max(high));
            }
            _ => {}
        }
    }

    /// The name of the type, for messages.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Token { .. } => "token",
            Self::Text(_) => "text",
            Self::Date { .. } => "date",
            Self::Number { .. } => "number",
            Self::Quantity { .. } => "quantity",
            Self::Reference(_) => "reference",
            Self::Uri(_) => "uri",
        }
    }
}

// Index values are patient data: only parameter and type are shown.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}: {})", self.parameter, self.value.type_name())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reference")
    }
}
