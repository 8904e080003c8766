//! The one error of this crate.
//!
//! An [`Error`] names the kind of failure by a stable number, the tag path or query parameter it is about, and the byte
//! at which it was found. It never holds a value of the input, so that it may be logged or sent to anyone.

use std::borrow::Cow;
use std::fmt;

use crate::path::TagPath;

/// What went wrong, as a stable number shared with the C library (400–499 belong to this crate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are no DICOM file and no bare data set.
    NotDicom = 400,
    /// The bytes end inside of an element, an item or the file meta information.
    Truncated = 401,
    /// The structure is broken: an item or a delimiter where none may stand, or none where one must.
    MalformedDataSet = 402,
    /// Sequences are nested deeper than the limit.
    TooDeep = 403,
    /// The data set has more elements than the limit.
    TooManyElements = 404,
    /// A deflated data set does not inflate.
    InflateFailed = 405,
    /// Something is larger than the limit for it.
    TooLarge = 406,
    /// A value cannot be written in the requested form.
    NotRepresentable = 407,
    /// The transfer syntax is not one that this operation knows.
    UnsupportedTransferSyntax = 408,
    /// The text is no JSON.
    JsonSyntax = 420,
    /// The JSON does not follow the DICOM JSON model.
    JsonModel = 421,
    /// A query names an attribute that is neither in the dictionary nor a tag.
    UnknownAttribute = 430,
    /// A query parameter is not known, or not supported at this resource.
    UnsupportedParameter = 431,
    /// A query parameter has a value that its meaning does not allow.
    InvalidParameter = 432,
    /// A query parameter is given twice, or also by the path.
    DuplicateParameter = 433,
    /// The kind of matching is not allowed by the rules in force.
    UnsupportedMatching = 434,
    /// A media type, or a list of them, cannot be parsed.
    InvalidMediaType = 440,
    /// None of the accepted media types can be produced.
    NotAcceptable = 441,
    /// The content type of a request is not one that is stored.
    UnsupportedMediaType = 442,
    /// A multipart content type has no usable boundary.
    MissingBoundary = 450,
    /// A multipart body does not follow RFC 2046.
    MalformedMultipart = 451,
    /// A multipart body ends before its closing boundary.
    TruncatedMultipart = 452,
    /// A multipart body has more parts than the limit.
    TooManyParts = 453,
    /// A UID does not follow its syntax.
    InvalidUid = 460,
    /// There is no pixel data.
    NoPixelData = 470,
    /// The pixel data and the attributes that describe it contradict each other.
    InconsistentPixelData = 471,
    /// There is no frame of that number.
    FrameOutOfRange = 472,
    /// A compressed frame cannot be decoded.
    CodecFailed = 473,
}

impl ErrorKind {
    /// The stable number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// A failure of this crate: one word, cheap to pass on.
pub struct Error(Box<Repr>);

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

struct Repr {
    kind: ErrorKind,
    detail: Cow<'static, str>,
    path: Option<TagPath>,
    parameter: Option<String>,
    position: Option<u64>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Repr {
            kind,
            detail: detail.into(),
            path: None,
            parameter: None,
            position: None,
            source: None,
        }))
    }

    #[cold]
    pub(crate) fn at(mut self, position: usize) -> Self {
        self.0.position = Some(position as u64);
        self
    }

    #[cold]
    pub(crate) fn with_path(mut self, path: TagPath) -> Self {
        self.0.path = Some(path);
        self
    }

    #[cold]
    pub(crate) fn with_parameter(mut self, name: &str) -> Self {
        // A name comes from the client: keep what a parameter can look like, and not more of it than one can read.
        self.0.parameter =
            Some(name.chars().take(64).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect());
        self
    }

    #[cold]
    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The element it is about, where it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&TagPath> {
        self.0.path.as_ref()
    }

    /// The name of the query parameter it is about, where it is about one (its value is never kept).
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        self.0.parameter.as_deref()
    }

    /// The byte of the input at which it was found, counted from 0. For a deflated data set it counts inflated bytes.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        self.0.position
    }

    /// What was found and what was wanted, without the place.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)?;
        if let Some(path) = self.0.path.as_ref().filter(|p| !p.is_empty()) {
            write!(f, ", at {path}")?;
        }
        if let Some(parameter) = &self.0.parameter {
            write!(f, ", parameter {parameter}")?;
        }
        if let Some(position) = self.0.position {
            write!(f, ", byte {position}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {self}", self.0.kind, self.0.kind.number())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
