//! The closed algebra of conditions on documents. A caller lowers its own query language to it; every store answers all of it.
//!
//! A condition on a parameter holds for a document when at least one of its values passes the whole test. So two tests on the
//! same value go into one node (the two ends of a [`Range`]), tests on any values go under [`Plan::And`].

use std::fmt;
use std::ops::Bound;

use compact_str::CompactString;

use crate::{Decimal, Error, ErrorKind, Result, Text, limits};

/// A condition on the documents of one kind.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Plan {
    /// Every live document of the kind.
    All,
    /// The documents with these ids.
    Ids(Vec<CompactString>),
    /// A token value whose parts match.
    Token {
        /// Name of the parameter.
        parameter: CompactString,
        /// Test of the system.
        system: Match,
        /// Test of the code; [`Match::Absent`] matches nothing, as every token has a code.
        code: Match,
    },
    /// A text value.
    Text {
        /// Name of the parameter.
        parameter: CompactString,
        /// The test.
        test: TextTest,
    },
    /// A date value whose ends lie in the range, in microseconds.
    Date {
        /// Name of the parameter.
        parameter: CompactString,
        /// Test of both ends of the value.
        range: Range<i64>,
    },
    /// A number value whose ends lie in the range.
    Number {
        /// Name of the parameter.
        parameter: CompactString,
        /// Test of both ends of the value.
        range: Range<Decimal>,
    },
    /// A quantity value whose unit matches and whose ends lie in the range.
    Quantity {
        /// Name of the parameter.
        parameter: CompactString,
        /// Test of the unit's system.
        system: Match,
        /// Test of the unit.
        unit: Match,
        /// Test of both ends of the value.
        range: Range<Decimal>,
    },
    /// A reference value.
    Reference {
        /// Name of the parameter.
        parameter: CompactString,
        /// The test.
        test: ReferenceTest,
    },
    /// A URI value.
    Uri {
        /// Name of the parameter.
        parameter: CompactString,
        /// The test.
        test: UriTest,
    },
    /// The time of the current version, in microseconds.
    Modified {
        /// Interval of the time.
        within: (Bound<i64>, Bound<i64>),
    },
    /// Whether the document has no value of the parameter at all.
    Missing {
        /// Name of the parameter.
        parameter: CompactString,
        /// True: has none. False: has at least one.
        missing: bool,
    },
    /// All conditions hold; an empty list holds for every document.
    And(Vec<Self>),
    /// At least one condition holds; an empty list holds for no document.
    Or(Vec<Self>),
    /// The condition does not hold.
    Not(Box<Self>),
    /// A reference value of the parameter leads, in this store, to a live document of `kind` for which `plan` holds.
    Chain {
        /// Name of the reference parameter.
        parameter: CompactString,
        /// Kind of the document that the reference leads to.
        kind: CompactString,
        /// Condition on that document.
        plan: Box<Self>,
    },
    /// A live document of `kind` for which `plan` holds has a reference value of its `parameter` that leads to this document.
    Reverse {
        /// Kind of the document that refers to this one.
        kind: CompactString,
        /// Name of that document's reference parameter.
        parameter: CompactString,
        /// Condition on that document.
        plan: Box<Self>,
    },
}

/// Test of an optional text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Match {
    /// Anything, or nothing.
    Any,
    /// Not there.
    Absent,
    /// Exactly this text.
    Is(CompactString),
}

/// Test of a text value.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextTest {
    /// The folded form begins with this (folded by the caller).
    Prefix(CompactString),
    /// Both forms are equal.
    Exact(Text),
    /// The folded form contains this (folded by the caller).
    Contains(CompactString),
}

/// Test of the two ends of a value: the low end lies in `low` and the high end in `high`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Range<T> {
    /// Interval of the low end.
    pub low: (Bound<T>, Bound<T>),
    /// Interval of the high end.
    pub high: (Bound<T>, Bound<T>),
}

/// Test of a reference value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReferenceTest {
    /// Test of the base; [`Match::Absent`] means this store.
    pub base: Match,
    /// Test of the kind.
    pub kind: Match,
    /// The id, or the whole URI.
    pub id: CompactString,
    /// Test of the version.
    pub version: Match,
}

/// Test of a URI value.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UriTest {
    /// Equal to this.
    Is(CompactString),
    /// Equal to this, or this followed by `/` and more.
    Below(CompactString),
    /// Equal to this, or to what comes before one of its `/`.
    Above(CompactString),
}

impl Plan {
    /// Token of any system with this code.
    #[must_use]
    pub fn code(parameter: impl AsRef<str>, code: impl AsRef<str>) -> Self {
        Self::token(parameter, Match::Any, Match::is(code))
    }

    /// Token whose system and code match.
    #[must_use]
    pub fn token(parameter: impl AsRef<str>, system: Match, code: Match) -> Self {
        Self::Token { parameter: CompactString::new(parameter), system, code }
    }

    /// Text that begins with a folded text.
    #[must_use]
    pub fn prefix(parameter: impl AsRef<str>, folded: impl AsRef<str>) -> Self {
        let test = TextTest::Prefix(CompactString::new(folded));
        Self::Text { parameter: CompactString::new(parameter), test }
    }

    /// Date whose ends lie in a range.
    #[must_use]
    pub fn date(parameter: impl AsRef<str>, range: Range<i64>) -> Self {
        Self::Date { parameter: CompactString::new(parameter), range }
    }

    /// Reference to a document of this store, any version.
    #[must_use]
    pub fn reference(parameter: impl AsRef<str>, kind: impl AsRef<str>, id: impl AsRef<str>) -> Self {
        let test = ReferenceTest {
            base: Match::Absent,
            kind: Match::is(kind),
            id: CompactString::new(id),
            version: Match::Any,
        };
        Self::Reference { parameter: CompactString::new(parameter), test }
    }

    /// The opposite condition.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "a plan is data, `!plan` would read as a test")]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Checks size, depth and texts against [`limits`].
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] over a limit, [`ErrorKind::Name`] for an empty or overlong name.
    pub fn check(&self) -> Result<()> {
        self.check_below(1, &mut 0)
    }

    fn check_below(&self, depth: usize, nodes: &mut usize) -> Result<()> {
        *nodes = nodes.saturating_add(1);
        if depth > limits::PLAN_DEPTH || *nodes > limits::PLAN_NODES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "the plan has too many conditions or is nested too deep",
            ));
        }
        if let Some(parameter) = self.parameter() {
            crate::name::check_name(parameter, "parameter")?;
        }
        match self {
            Self::And(plans) | Self::Or(plans) => {
                plans.iter().try_for_each(|plan| plan.check_below(depth.saturating_add(1), nodes))
            }
            Self::Not(plan) => plan.check_below(depth.saturating_add(1), nodes),
            Self::Chain { kind, plan, .. } | Self::Reverse { kind, plan, .. } => {
                crate::name::check_name(kind, "kind")?;
                plan.check_below(depth.saturating_add(1), nodes)
            }
            Self::Ids(ids) => {
                *nodes = nodes.saturating_add(ids.len());
                if *nodes > limits::PLAN_NODES {
                    return Err(Error::new(ErrorKind::TooLarge, "the plan lists too many ids"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Name of the parameter that this node tests, if it tests one.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Token { parameter, .. }
            | Self::Text { parameter, .. }
            | Self::Date { parameter, .. }
            | Self::Number { parameter, .. }
            | Self::Quantity { parameter, .. }
            | Self::Reference { parameter, .. }
            | Self::Uri { parameter, .. }
            | Self::Missing { parameter, .. }
            | Self::Chain { parameter, .. }
            | Self::Reverse { parameter, .. } => Some(parameter),
            _ => None,
        }
    }
}

impl Match {
    /// Exactly this text.
    #[must_use]
    pub fn is(text: impl AsRef<str>) -> Self {
        Self::Is(CompactString::new(text))
    }

    /// Whether a value passes.
    #[must_use]
    pub fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => value.is_none(),
            Self::Is(text) => value == Some(text.as_str()),
        }
    }
}

impl TextTest {
    /// Whether a value passes.
    #[must_use]
    pub fn holds(&self, value: &Text) -> bool {
        match self {
            Self::Prefix(text) => value.folded.starts_with(text.as_str()),
            Self::Exact(text) => value == text,
            Self::Contains(text) => value.folded.contains(text.as_str()),
        }
    }
}

impl UriTest {
    /// Whether a value passes.
    #[must_use]
    pub fn holds(&self, value: &str) -> bool {
        let below = |upper: &str, lower: &str| {
            lower
                .strip_prefix(upper)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || upper.ends_with('/'))
        };
        match self {
            Self::Is(text) => value == text.as_str(),
            Self::Below(text) => below(text, value),
            Self::Above(text) => below(value, text),
        }
    }
}

impl<T: Ord> Range<T> {
    /// No condition; start of a range that is narrowed by the methods below.
    #[must_use]
    pub fn any() -> Self {
        Self { low: (Bound::Unbounded, Bound::Unbounded), high: (Bound::Unbounded, Bound::Unbounded) }
    }

    /// The low end is this or later.
    #[must_use]
    pub fn low_from(mut self, value: T) -> Self {
        self.low.0 = Bound::Included(value);
        self
    }

    /// The low end is later than this.
    #[must_use]
    pub fn low_after(mut self, value: T) -> Self {
        self.low.0 = Bound::Excluded(value);
        self
    }

    /// The low end is earlier than this.
    #[must_use]
    pub fn low_before(mut self, value: T) -> Self {
        self.low.1 = Bound::Excluded(value);
        self
    }

    /// The low end is this or earlier.
    #[must_use]
    pub fn low_until(mut self, value: T) -> Self {
        self.low.1 = Bound::Included(value);
        self
    }

    /// The high end is this or later.
    #[must_use]
    pub fn high_from(mut self, value: T) -> Self {
        self.high.0 = Bound::Included(value);
        self
    }

    /// The high end is later than this.
    #[must_use]
    pub fn high_after(mut self, value: T) -> Self {
        self.high.0 = Bound::Excluded(value);
        self
    }

    /// The high end is earlier than this.
    #[must_use]
    pub fn high_before(mut self, value: T) -> Self {
        self.high.1 = Bound::Excluded(value);
        self
    }

    /// The high end is this or earlier.
    #[must_use]
    pub fn high_until(mut self, value: T) -> Self {
        self.high.1 = Bound::Included(value);
        self
    }

    /// Whether a value with these ends passes.
    #[must_use]
    pub fn holds(&self, low: &T, high: &T) -> bool {
        use std::ops::RangeBounds as _;
        (self.low.0.as_ref(), self.low.1.as_ref()).contains(low)
            && (self.high.0.as_ref(), self.high.1.as_ref()).contains(high)
    }
}

// Search values are patient data: the shape is shown, the values are not.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("All"),
            Self::Ids(ids) => write!(f, "Ids({})", ids.len()),
            Self::Token { parameter, .. } => write!(f, "Token({parameter})"),
            Self::Text { parameter, .. } => write!(f, "Text({parameter})"),
            Self::Date { parameter, .. } => write!(f, "Date({parameter})"),
            Self::Number { parameter, .. } => write!(f, "Number({parameter})"),
            Self::Quantity { parameter, .. } => write!(f, "Quantity({parameter})"),
            Self::Reference { parameter, .. } => write!(f, "Reference({parameter})"),
            Self::Uri { parameter, .. } => write!(f, "Uri({parameter})"),
            Self::Modified { .. } => f.write_str("Modified"),
            Self::Missing { parameter, missing } => write!(f, "Missing({parameter}, {missing})"),
            Self::And(plans) => f.debug_tuple("And").field(plans).finish(),
            Self::Or(plans) => f.debug_tuple("Or").field(plans).finish(),
            Self::Not(plan) => f.debug_tuple("Not").field(plan).finish(),
            Self::Chain { parameter, kind, plan } => write!(f, "Chain({parameter}:{kind}, {plan:?})"),
            Self::Reverse { kind, parameter, plan } => write!(f, "Reverse({kind}:{parameter}, {plan:?})"),
        }
    }
}

macro_rules! debug_shows_no_value {
    ($($type:ty => $name:literal),* $(,)?) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($name)
            }
        }
    )*};
}
debug_shows_no_value!(Match => "Match", TextTest => "TextTest", ReferenceTest => "ReferenceTest", UriTest => "UriTest");

impl<T> fmt::Debug for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Range")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uri_tests() {
        let (is, below, above) = (
            |text: &str| UriTest::Is(text.into()),
            |text: &str| UriTest::Below(text.into()),
            |text: &str| UriTest::Above(text.into()),
        );
        let cases = [
            (is("http://a/b"), "http://a/b", true),
            (is("http://a/b"), "http://a/b/c", false),
            (below("http://a/b"), "http://a/b", true),
            (below("http://a/b"), "http://a/b/c", true),
            (below("http://a/b"), "http://a/bc", false),
            (below("http://a/"), "http://a/bc", true),
            (above("http://a/b/c"), "http://a/b", true),
            (above("http://a/b/c"), "http://a/b/", true),
            (above("http://a/b/c"), "http://a/b/c/d", false),
        ];
        for (test, value, wanted) in cases {
            assert_eq!(test.holds(value), wanted, "{value}");
        }
    }

    #[test]
    fn ranges_test_both_ends() {
        let contained = Range::any().low_from(10).high_until(20);
        assert!(contained.holds(&10, &20));
        assert!(!contained.holds(&9, &20));
        assert!(!contained.holds(&10, &21));
        let starts_after = Range::any().low_after(10);
        assert!(!starts_after.holds(&10, &30));
        assert!(starts_after.holds(&11, &30));
    }

    #[test]
    fn hostile_plans_are_refused() {
        let mut deep = Plan::All;
        for _ in 0..limits::PLAN_DEPTH {
            deep = deep.not();
        }
        assert_eq!(deep.check().map_err(|error| error.kind()), Err(ErrorKind::TooLarge));
        let wide = Plan::Or(vec![Plan::All; limits::PLAN_NODES]);
        assert_eq!(wide.check().map_err(|error| error.kind()), Err(ErrorKind::TooLarge));
        assert_eq!(Plan::code("", "x").check().map_err(|error| error.kind()), Err(ErrorKind::Name));
    }
}
