//! The one error of this crate.

use std::fmt;

/// A failure to read a unit or a terminology resource, or to answer a question about codes.
///
/// It never carries a value out of a document; units are codes and may be quoted.
#[derive(Debug)]
pub struct Error(Box<Repr>);

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    offset: Option<usize>,
    detail: String,
}

/// What went wrong. The numbers are stable and shared with the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// The text is no code of UCUM.
    Syntax = 900,
    /// UCUM has no unit of this code.
    UnknownUnit = 901,
    /// A code is longer, or nests deeper, than the limit.
    TooLarge = 902,
    /// Nobody holds a value set of this URL.
    UnknownValueSet = 903,
    /// Nobody holds a code system of this URL.
    UnknownCodeSystem = 904,
    /// The code system has no such code.
    UnknownCode = 905,
    /// A CodeSystem or ValueSet whose content cannot be used.
    Content = 906,
    /// A code without system that is in several systems of a value set, or a rule that this library does not know.
    Unsupported = 907,
}

impl Error {
    /// A failure. `detail` says what was wanted, and must not quote patients' data.
    pub fn new(kind: ErrorKind, offset: Option<usize>, detail: impl Into<String>) -> Self {
        Self(Box::new(Repr { kind, offset, detail: detail.into() }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The byte of the unit where it went wrong.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// What was wanted, in words.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)?;
        match self.0.offset {
            Some(offset) => write!(f, ", at byte {offset}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
