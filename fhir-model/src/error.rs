//! The one error of this crate: what failed, where, and what was wanted instead.
//!
//! An error never carries a value out of a document, because documents hold patients' data: it names the
//! element ([`Error::path`]), the byte ([`Error::position`]) and the rule that was broken.

use std::fmt;

/// A failure to read, write, validate or change a resource.
///
/// ```
/// use hygea_fhir_model::{ErrorKind, json::Document};
///
/// let error = Document::parse(br#"{"name": [{"given": ["Ann" "Bea"]}]}"#).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Syntax);
/// assert_eq!(error.path(), "name[0].given[0]");
/// assert_eq!(error.position().map(|p| (p.offset, p.line, p.column)), Some((27, 1, 28)));
/// ```
#[derive(Debug)]
pub struct Error(Box<Repr>);

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    path: String,
    position: Option<Position>,
    detail: String,
}

/// Where in the input a failure was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// Bytes before the place.
    pub offset: usize,
    /// Line, counted from 1.
    pub line: usize,
    /// Byte column in the line, counted from 1.
    pub column: usize,
}

impl Position {
    /// The place `offset` bytes into `text`.
    #[must_use]
    pub fn of(text: &[u8], offset: usize) -> Self {
        let offset = offset.min(text.len());
        let before = text.get(..offset).unwrap_or(text);
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        Self { offset, line: memchr::memchr_iter(b'\n', before).count() + 1, column: offset - line_start + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {})", self.line, self.column, self.offset)
    }
}

/// What went wrong. The numbers are stable and shared with the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// The text breaks the grammar of JSON or XML.
    Syntax = 100,
    /// The text is not UTF-8, or escapes half a character.
    Encoding = 101,
    /// Nesting is deeper than the limit.
    TooDeep = 102,
    /// The input has more bytes or more elements than the limit.
    TooLarge = 103,
    /// A member name stands twice in one object.
    DuplicateKey = 104,
    /// An element has another JSON type or FHIR type than its definition says.
    WrongType = 105,
    /// An element that the type does not define.
    UnknownElement = 106,
    /// An element that the type requires is absent.
    MissingElement = 107,
    /// A primitive value breaks its pattern or range.
    InvalidPrimitive = 108,
    /// `resourceType` is absent or names no resource of this version.
    UnknownResourceType = 109,
    /// An array without items, or an object without members.
    Empty = 110,
    /// An element stands more often than its definition allows.
    TooMany = 111,
    /// A code outside a required binding.
    UnknownCode = 112,
    /// Two alternatives of one choice element stand side by side.
    SeveralChoices = 113,
    /// A `test` of a patch does not hold.
    TestFailed = 114,
    /// A patch changes an element that is not to be changed.
    Protected = 115,
    /// The source that the text is read from failed.
    Source = 116,
    /// An invariant of the definition does not hold.
    Invariant = 120,
    /// A reference that leads nowhere, or to a resource of a type that the definition does not allow.
    Reference = 121,
    /// Two places of a resource contradict each other: an id that stands twice, a size that is not that of the data.
    Inconsistent = 122,
}

impl ErrorKind {
    /// The code for `OperationOutcome.issue.code` (<https://hl7.org/fhir/R4/valueset-issue-type.html>).
    #[must_use]
    pub const fn issue_code(self) -> &'static str {
        match self {
            Self::TooDeep | Self::TooLarge => "too-costly",
            Self::MissingElement => "required",
            Self::InvalidPrimitive => "value",
            Self::UnknownCode => "code-invalid",
            Self::Invariant => "invariant",
            Self::TestFailed => "conflict",
            Self::Protected => "business-rule",
            Self::Source => "exception",
            Self::Inconsistent => "business-rule",
            _ => "structure",
        }
    }
}

impl Error {
    /// A failure at a place in the input. `detail` says what was wanted; it must not quote the input's values.
    pub fn new(
        kind: ErrorKind,
        path: impl Into<String>,
        position: Option<Position>,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Repr { kind, path: path.into(), position, detail: detail.into() }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The element concerned, as a FHIRPath-like path; empty for the whole document.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Where in the input, if the input was text.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.0.position
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
        if !self.0.path.is_empty() {
            write!(f, ", at {}", self.0.path)?;
        }
        if let Some(position) = self.0.position {
            write!(f, ", {position}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
