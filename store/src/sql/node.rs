//! A plan in the numbers of one store.

use std::ops::Bound;

use crate::{Decimal, Range, TextTest};

/// The longest date span, in microseconds, that is found by its low end alone. Longer ones (and open ones) are few, and have an
/// index on their high end of their own.
pub const WIDE_DATE: i64 = 86_400_000_000;

/// A condition on the rows of one kind, its names and texts replaced by numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// No row.
    Nothing,
    /// Every live row of the kind.
    Everything,
    /// These rows, where they are live and of the kind.
    Rows(Vec<i64>),
    /// One value passes a test.
    Leaf(Leaf),
    /// The time of the current version.
    Modified(Bound<i64>, Bound<i64>),
    /// Whether the parameter has no value.
    Missing {
        /// Number of the parameter.
        parameter: i64,
        /// True: has none.
        missing: bool,
    },
    /// All hold. After [`arrange`](super::arrange) the first drives.
    And(Vec<Self>),
    /// At least one holds.
    Or(Vec<Self>),
    /// Does not hold.
    Not(Box<Self>),
    /// A reference leads to a row of another kind.
    Chain {
        /// Number of the reference parameter.
        parameter: i64,
        /// Number of the target's kind.
        kind: i64,
        /// Condition on the target.
        node: Box<Self>,
        /// Whether the targets are few, so that they are found first.
        inner_first: bool,
    },
    /// A row of another kind has a reference to this row.
    Reverse {
        /// Number of that row's kind.
        kind: i64,
        /// Number of that row's reference parameter.
        parameter: i64,
        /// Condition on that row.
        node: Box<Self>,
    },
}

/// A test of the values of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Number of the parameter.
    pub parameter: i64,
    /// The test.
    pub test: Test,
}

/// A test of one value. Numbers of terms: none means anything, 0 means not there.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Of a token.
    Token {
        /// Numbers of the codes, any of them; an empty list means any code at all.
        codes: Vec<i64>,
        /// Number of the system.
        system: Option<i64>,
    },
    /// Of a text.
    Text(TextTest),
    /// Of a date.
    Date(Range<i64>),
    /// Of a number.
    Number(Range<Decimal>),
    /// Of a quantity.
    Quantity {
        /// Number of the system.
        system: Option<i64>,
        /// Number of the unit.
        unit: Option<i64>,
        /// Test of both ends.
        range: Range<Decimal>,
    },
    /// Of a reference.
    Reference {
        /// Rows of the identities that are meant.
        targets: Vec<i64>,
        /// Number of the base.
        base: Option<i64>,
        /// Number of the version.
        version: Option<i64>,
    },
    /// Of a URI.
    Uri(Vec<i64>),
}

impl Node {
    /// Whether the index values of the row alone decide, with no other row and no column of the document.
    #[must_use]
    pub fn by_entries(&self) -> bool {
        match self {
            Self::Nothing | Self::Everything | Self::Leaf(_) | Self::Missing { .. } => true,
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().all(Self::by_entries),
            Self::Not(node) => node.by_entries(),
            Self::Rows(_) | Self::Modified(..) | Self::Chain { .. } | Self::Reverse { .. } => false,
        }
    }

    /// Whether a table has its rows in order, so that a page is read without sorting.
    #[must_use]
    pub fn in_row_order(&self) -> bool {
        match self {
            Self::Nothing | Self::Everything | Self::Rows(_) | Self::Not(_) | Self::Missing { .. } => true,
            Self::Leaf(leaf) => leaf.in_row_order(),
            Self::And(nodes) => nodes.first().is_some_and(Self::in_row_order),
            Self::Or(nodes) => nodes.iter().all(Self::in_row_order),
            Self::Modified(..) | Self::Chain { .. } | Self::Reverse { .. } => false,
        }
    }
}

impl Leaf {
    /// Whether a table's key begins with what is tested, so that a row is looked up directly.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        match &self.test {
            Test::Token { codes, .. } => !codes.is_empty(),
            Test::Reference { .. } | Test::Uri(_) => true,
            _ => false,
        }
    }

    /// Whether one part of a table's key holds what is tested, so that rows come in order.
    #[must_use]
    pub fn in_row_order(&self) -> bool {
        match &self.test {
            Test::Token { codes, .. } => codes.len() == 1,
            Test::Reference { targets, .. } => targets.len() == 1,
            Test::Uri(uris) => uris.len() == 1,
            _ => false,
        }
    }
}
