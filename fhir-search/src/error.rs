//! The one error of this crate: which search parameters are wrong, and the rule that each of them breaks.
//!
//! FHIR wants all faults of a query reported at once (<https://hl7.org/fhir/R4/search.html#errors>), so an error is a list of
//! [`Issue`]s. An issue names the parameter and the rule, never the value: what people search for is patients' data.

use std::fmt;

/// A query that cannot be answered as asked, or a parameter definition that cannot be used.
///
/// ```
/// use hygea_fhir_search::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::InvalidValue, "birthdate", "a date was wanted: YYYY, YYYY-MM or YYYY-MM-DD");
/// assert_eq!((error.kind() as u16, error.path()), (304, "birthdate"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Repr>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Repr {
    first: Issue,
    others: Vec<Issue>,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issue {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The parameter as the caller named it, with chain and modifier; empty for the whole query.
    pub parameter: String,
    /// The rule that was broken, in words.
    pub rule: String,
}

/// What is wrong. The numbers are stable and shared with the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// The query string is no form-encoded UTF-8.
    Syntax = 300,
    /// The resource type has no parameter of this name.
    UnknownParameter = 301,
    /// The parameter is defined but not answered here.
    UnsupportedParameter = 302,
    /// The modifier does not exist, or does not apply to this type of parameter, or is not answered here.
    UnsupportedModifier = 303,
    /// The value does not have the form that the type of the parameter asks for.
    InvalidValue = 304,
    /// The parameter has no value.
    EmptyValue = 305,
    /// More parameters, values or bytes than the limit, or a chain that is too long.
    TooLarge = 306,
    /// No resource type of this version has this name.
    UnknownResourceType = 307,
    /// A parameter that may stand once stands more than once.
    Repeated = 308,
    /// A chain over something that is no reference, or to a type that the reference does not lead to.
    InvalidChain = 309,
    /// `_include` or `_revinclude` does not name a reference parameter.
    InvalidInclude = 310,
    /// `_sort` names something that has no order.
    InvalidSort = 311,
    /// Two result parameters that exclude each other.
    Contradiction = 312,
    /// A search parameter's definition cannot be used: its expression or its type is wrong.
    Definition = 313,
    /// An expression failed on a resource.
    Evaluation = 314,
    /// The document is no resource of the version.
    NotAResource = 315,
    /// There are no tables for the version in this build.
    Version = 316,
}

impl Error {
    /// An error with one issue. `rule` must not quote a value.
    pub fn new(kind: ErrorKind, parameter: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::from(Issue { kind, parameter: parameter.into(), rule: rule.into() })
    }

    /// The error that reports all of `issues`; nothing if there are none.
    #[must_use]
    pub fn of(issues: Vec<Issue>) -> Option<Self> {
        let mut issues = issues.into_iter();
        let first = issues.next()?;
        Some(Self(Box::new(Repr { first, others: issues.collect() })))
    }

    /// What is wrong, of the first issue.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.first.kind
    }

    /// The parameter of the first issue.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.first.parameter
    }

    /// All faults; at least one.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        std::iter::once(&self.0.first).chain(&self.0.others)
    }

    /// The issues by value.
    #[must_use]
    pub fn into_issues(self) -> Vec<Issue> {
        let Repr { first, others } = *self.0;
        std::iter::once(first).chain(others).collect()
    }
}

impl From<Issue> for Error {
    fn from(first: Issue) -> Self {
        Self(Box::new(Repr { first, others: Vec::new() }))
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.parameter.is_empty() {
            write!(f, "{}: ", self.parameter)?;
        }
        f.write_str(&self.rule)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.first.fmt(f)?;
        self.0.others.iter().try_for_each(|issue| write!(f, "; {issue}"))
    }
}

impl std::error::Error for Error {}
