//! Plans: queries over index values, for whoever keeps an index.
//!
//! A [`Filter`] is a tree of tests of single index values ([`crate::extract::IndexValue`]) under the names of their
//! parameters. It is closed, free of FHIR's grammar, and made so that a store answers each node with a lookup or a range. A
//! node about a parameter holds if at least one value of the parameter passes the whole test.

mod lower;
mod order;

use std::fmt;
use std::ops::Bound;

use crate::query::{Query, Sort, SortBy};
use crate::value::Decimal;

pub(crate) use lower::lower;
pub use order::Sortable;

/// What a store needs to answer a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The type that is searched; `Resource` for all types, or those of [`Plan::types`].
    pub resource_type: &'static str,
    /// Of a search over all types the ones that are wanted; empty for all.
    pub types: Vec<&'static str>,
    /// The condition.
    pub filter: Filter,
    /// The order; resources equal under all keys may come in any order that stays the same.
    pub sort: Vec<SortKey>,
    /// Resources on a page; none if the query leaves it to the service.
    pub count: Option<u32>,
}

/// A condition on the index values of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Holds always.
    All,
    /// Its id is one of these.
    Ids(Vec<String>),
    /// A token whose parts match.
    Token {
        /// The name of the parameter in the index.
        parameter: String,
        /// The test of the system.
        system: Match,
        /// The test of the code.
        code: Match,
    },
    /// A text.
    Text {
        /// The name of the parameter in the index.
        parameter: String,
        /// The test.
        test: TextMatch,
    },
    /// A span of time whose two ends lie in a range.
    Date {
        /// The name of the parameter in the index.
        parameter: String,
        /// The test of both ends.
        range: Range<i64>,
    },
    /// A number whose two ends lie in a range. An open end lies below or above all numbers.
    Number {
        /// The name of the parameter in the index.
        parameter: String,
        /// The test of both ends.
        range: Range<Decimal>,
    },
    /// A number with a unit.
    Quantity {
        /// The name of the parameter in the index.
        parameter: String,
        /// The test of the unit's system.
        system: Match,
        /// The test of the unit.
        unit: Match,
        /// The test of both ends.
        range: Range<Decimal>,
    },
    /// A reference.
    Reference {
        /// The name of the parameter in the index.
        parameter: String,
        /// The test of the type; [`Match::Absent`] means a URL.
        resource_type: Match,
        /// The id, or the URL.
        id: String,
        /// The test of the version.
        version: Match,
    },
    /// A URI.
    Uri {
        /// The name of the parameter in the index.
        parameter: String,
        /// The test.
        test: UriMatch,
    },
    /// The time of the current version (`_lastUpdated`), in microseconds.
    Modified {
        /// Where it lies.
        within: (Bound<i64>, Bound<i64>),
    },
    /// Whether there is no value of the parameter.
    Missing {
        /// The name of the parameter in the index.
        parameter: String,
        /// True: none. False: at least one.
        missing: bool,
    },
    /// All hold.
    And(Vec<Self>),
    /// One holds; an empty list never does.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// All hold, and for the values of one place in the resource. An index that does not know places answers as
    /// [`Filter::And`], which lets every match through and perhaps others; those the [matcher](crate::Matcher) tells apart.
    Together {
        /// The composite parameter.
        parameter: String,
        /// The conditions on the parts.
        parts: Vec<Self>,
    },
    /// A reference leads to a resource of this service for which a condition holds.
    Chain {
        /// The name of the reference in the index.
        parameter: String,
        /// The type that it leads to.
        resource_type: &'static str,
        /// The condition on that resource.
        filter: Box<Self>,
    },
    /// A resource for which a condition holds refers to this one.
    Reverse {
        /// The type that refers.
        resource_type: &'static str,
        /// The name of its reference in the index.
        parameter: String,
        /// The condition on that resource.
        filter: Box<Self>,
    },
}

/// A test of an optional text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Match {
    /// Anything or nothing.
    Any,
    /// It is not there.
    Absent,
    /// It is this.
    Is(String),
}

/// A test of a text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum TextMatch {
    /// The folded form begins with this.
    Prefix(String),
    /// Both forms are these.
    Exact {
        /// The folded form, which an index may be sorted by.
        folded: String,
        /// The form as written.
        exact: String,
    },
    /// The folded form contains this.
    Contains(String),
}

/// A test of a URI.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum UriMatch {
    /// It is this.
    Is(String),
    /// It is this, or this (with `/` behind it if it lacks one) and more.
    Below(String),
    /// It is this, or what stands before one of its `/`, with or without that `/`.
    Above(String),
}

/// A test of the two ends of a value: `low` of the lower one, `high` of the higher one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Range<T> {
    /// Where the lower end lies.
    pub low: (Bound<T>, Bound<T>),
    /// Where the higher end lies.
    pub high: (Bound<T>, Bound<T>),
}

/// A key to sort by; what has no value comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// What is compared.
    pub by: SortTarget,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What is compared to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortTarget {
    /// The id.
    Id,
    /// The time of the current version.
    Modified,
    /// The values of a parameter, by its name in the index: of several the least, or the greatest if that comes first. Texts
    /// compare folded, tokens by code, references by type and id, dates and numbers by the end that comes first.
    Parameter(&'static str),
}

impl Plan {
    /// The plan of a query.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        let key = |sort: &Sort| {
            let by = match &sort.by {
                SortBy::Id => SortTarget::Id,
                SortBy::LastUpdated => SortTarget::Modified,
                SortBy::Parameter(parameter) => SortTarget::Parameter(parameter.index_name()),
            };
            SortKey { by, descending: sort.descending }
        };
        Self {
            resource_type: query.resource_type(),
            types: query.result().types.clone(),
            filter: lower(query),
            sort: query.result().sort.iter().map(key).collect(),
            count: query.result().count,
        }
    }
}

impl Filter {
    /// Whether an index without places answers the filter exactly: it holds no [`Filter::Together`].
    #[must_use]
    pub fn is_exact(&self) -> bool {
        match self {
            Self::Together { .. } => false,
            Self::And(filters) | Self::Or(filters) => filters.iter().all(Self::is_exact),
            Self::Not(filter) | Self::Chain { filter, .. } | Self::Reverse { filter, .. } => {
                filter.is_exact()
            }
            _ => true,
        }
    }

    /// The condition that all of `filters` hold, without needless nesting.
    #[must_use]
    pub fn and(filters: Vec<Self>) -> Self {
        let mut filters: Vec<Self> = filters.into_iter().filter(|filter| *filter != Self::All).collect();
        match filters.len() {
            0 => Self::All,
            1 => filters.swap_remove(0),
            _ => Self::And(filters),
        }
    }

    /// The condition that one of `filters` holds, without needless nesting.
    #[must_use]
    pub fn or(mut filters: Vec<Self>) -> Self {
        if filters.len() == 1 { filters.swap_remove(0) } else { Self::Or(filters) }
    }

    /// A reference to a resource of this service, whatever the version.
    #[must_use]
    pub fn refers_to(
        parameter: impl Into<String>,
        resource_type: impl Into<String>,
        id: impl Into<String>,
    ) -> Self {
        Self::Reference {
            parameter: parameter.into(),
            resource_type: Match::Is(resource_type.into()),
            id: id.into(),
            version: Match::Any,
        }
    }
}

impl<T> Range<T> {
    /// Any two ends.
    #[must_use]
    pub const fn any() -> Self {
        let anywhere = (Bound::Unbounded, Bound::Unbounded);
        Self { low: anywhere, high: (Bound::Unbounded, Bound::Unbounded) }
    }
}

/// Shows the form of a test, not its text: what is searched for is patients' data.
impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "Any",
            Self::Absent => "Absent",
            Self::Is(_) => "Is",
        })
    }
}

impl fmt::Debug for TextMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix(_) => "Prefix",
            Self::Exact { .. } => "Exact",
            Self::Contains(_) => "Contains",
        })
    }
}

impl fmt::Debug for UriMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Is(_) => "Is",
            Self::Below(_) => "Below",
            Self::Above(_) => "Above",
        })
    }
}

impl<T> fmt::Debug for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Range")
    }
}
