//! What a check found.

use crate::error::{Error, ErrorKind, Position};
use crate::json::Document;
use std::borrow::Cow;
use std::fmt;

/// A broken rule: which one, how bad, where. It never quotes a value of the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub(crate) kind: ErrorKind,
    pub(crate) rule: Rule,
    pub(crate) severity: Severity,
    pub(crate) expression: String,
    pub(crate) offset: usize,
    pub(crate) position: Option<Position>,
    pub(crate) key: Option<Cow<'static, str>>,
    pub(crate) detail: Cow<'static, str>,
}

/// The kind of rule, so that a service can choose which ones refuse a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// What makes it FHIR JSON or XML at all: syntax, known names, the right types, nothing empty, no stray null.
    Structure,
    /// The format of primitive values.
    Format,
    /// How often an element stands.
    Cardinality,
    /// Codes of required bindings.
    Binding,
    /// What references point to, and what is contained.
    Reference,
    /// The entries of a Bundle.
    Bundle,
    /// Ids, sizes and hashes that must agree with something else.
    Consistency,
    /// The markup of narratives.
    Narrative,
    /// The invariants of the definitions.
    Invariant,
    /// A profile.
    Profile,
}

/// How bad a broken rule is (<https://hl7.org/fhir/R4/valueset-issue-severity.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The document could not be read to its end.
    Fatal,
    /// The resource breaks a rule.
    Error,
    /// The resource keeps the rules and should be better, or a fault was passed over as the reader was told to.
    Warning,
    /// Nothing is wrong.
    Information,
}

impl Severity {
    /// The code for `OperationOutcome.issue.severity`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

impl Issue {
    /// An error at an element. `offset` is the byte where the element stands; `detail` says what was wanted and
    /// must not quote values of the resource.
    pub fn new(
        kind: ErrorKind,
        rule: Rule,
        expression: impl Into<String>,
        offset: usize,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            rule,
            severity: Severity::Error,
            expression: expression.into(),
            offset,
            position: None,
            key: None,
            detail: detail.into(),
        }
    }

    /// A document that could not be read to its end.
    #[must_use]
    pub fn from_error(error: &Error) -> Self {
        let position = error.position();
        let offset = position.map_or(0, |position| position.offset);
        let detail = error.detail().to_owned();
        Self {
            severity: Severity::Fatal,
            position,
            ..Self::new(error.kind(), Rule::Structure, error.path(), offset, detail)
        }
    }

    /// The same with another severity.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// The same with the key of the invariant that is broken: `dom-6`.
    #[must_use]
    pub fn with_key(self, key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The same with its line and column; the offset becomes that of the position.
    #[must_use]
    pub fn with_position(self, position: Position) -> Self {
        Self { offset: position.offset, position: Some(position), ..self }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The rule that is broken.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Whether it is [`Severity::Error`] or worse.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity <= Severity::Error
    }

    /// The element as a FHIRPath of names and indexes: `Patient.name[0].given[1]`.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The byte of the text where it stands; where something is missing, the object that lacks it.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The byte with its line and column, where the check was given the text: [`super::Reader`] always says it.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// The key of the invariant that is broken: `dom-6`.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What was wanted, in words.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The code for `OperationOutcome.issue.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.issue_code()
    }

    /// The issue as an error of this crate.
    #[must_use]
    pub fn to_error(&self, document: &Document<'_>) -> Error {
        let position = self.position.unwrap_or_else(|| document.position(self.offset));
        Error::new(self.kind, self.expression.as_str(), Some(position), self.detail.as_ref())
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        if let Some(key) = self.key() {
            write!(f, " ({key})")?;
        }
        if !self.expression.is_empty() {
            write!(f, ", at {}", self.expression)?;
        }
        match self.position {
            Some(position) => write!(f, ", {position}"),
            None => write!(f, ", byte {}", self.offset),
        }
    }
}
