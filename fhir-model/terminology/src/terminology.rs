//! The contract of whatever knows codes.

use crate::error::Error;

/// A code in its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coding<'a> {
    /// The canonical URL of the code system, if given.
    pub system: Option<&'a str>,
    /// The version of the code system, if given.
    pub version: Option<&'a str>,
    /// The code.
    pub code: &'a str,
    /// The text shown for it, if given.
    pub display: Option<&'a str>,
}

impl<'a> Coding<'a> {
    /// A code whose system is not given, such as that of a `code` element.
    #[must_use]
    pub fn code(code: &'a str) -> Self {
        Self { system: None, version: None, code, display: None }
    }

    /// A code of a system.
    #[must_use]
    pub fn new(system: &'a str, code: &'a str) -> Self {
        Self { system: Some(system), version: None, code, display: None }
    }
}

/// How a code stands to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subsumption {
    /// They mean the same.
    Equivalent,
    /// The first one is above the second.
    Subsumes,
    /// The first one is below the second.
    SubsumedBy,
    /// Neither.
    NotSubsumed,
}

/// What is known of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The text shown for it.
    pub display: Option<String>,
    /// What it means, in words.
    pub definition: Option<String>,
    /// Whether it may be used; a category may not.
    pub selectable: bool,
}

/// Knows codes: in memory, in a store, at a server. It is an argument of FHIRPath, validation and search.
pub trait Terminology: Send + Sync {
    /// Whether the value set of a canonical URL (perhaps with `|version`) holds the code. A code without system
    /// is held if a code system of the value set has it.
    ///
    /// # Errors
    /// [`UnknownValueSet`](crate::ErrorKind::UnknownValueSet), [`UnknownCodeSystem`](crate::ErrorKind::UnknownCodeSystem)
    /// or [`Unsupported`](crate::ErrorKind::Unsupported) if the question cannot be answered.
    fn contains(&self, value_set: &str, coding: &Coding<'_>) -> Result<bool, Error>;

    /// How code `a` of a code system stands to code `b`.
    ///
    /// # Errors
    /// [`UnknownCodeSystem`](crate::ErrorKind::UnknownCodeSystem) or [`UnknownCode`](crate::ErrorKind::UnknownCode).
    fn subsumes(&self, system: &str, a: &str, b: &str) -> Result<Subsumption, Error>;

    /// What is known of a code; nothing if the system has no such code.
    ///
    /// # Errors
    /// [`UnknownCodeSystem`](crate::ErrorKind::UnknownCodeSystem).
    fn lookup(&self, system: &str, code: &str) -> Result<Option<Lookup>, Error>;
}
