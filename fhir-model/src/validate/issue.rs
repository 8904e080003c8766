//! What a check found.

use crate::error::{Error, ErrorKind};
use crate::json::Document;
use std::borrow::Cow;
use std::fmt;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub(crate) kind: ErrorKind,
    pub(crate) rule: Rule,
    pub(crate) expression: String,
    pub(crate) offset: usize,
    pub(crate) detail: Cow<'static, str>,
}

/// The kind of rule, so that a service can choose which ones refuse a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// What makes it FHIR JSON at all: known names, the right JSON types, nothing empty, no stray null.
    Structure,
    /// The format of primitive values.
    Format,
    /// How often an element stands.
    Cardinality,
    /// Codes of required bindings.
    Binding,
}

impl Issue {
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
        let position = document.position(self.offset);
        Error::new(self.kind, self.expression.as_str(), Some(position), self.detail.as_ref())
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at {}, byte {}", self.detail, self.expression, self.offset)
    }
}
