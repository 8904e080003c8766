//! The one error of this crate.
//!
//! It reports input that this crate was asked to read and could not: a path, a name, a JSON text, a scope, a stored
//! resource. What a management caller did wrong is no `Error`; it is an answer (see [`crate::manage`]).

use std::error::Error as StdError;
use std::fmt;

/// What kind of failure an [`Error`] is. The numbers are stable and shared with the C interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// A management path that names no resource.
    InvalidId = 600,
    /// A name that breaks the length or pattern rule of its type.
    InvalidName = 601,
    /// A location that is neither an Azure region nor `local`.
    InvalidLocation = 602,
    /// Text that is not JSON (RFC 8259), or has a member twice.
    InvalidJson = 603,
    /// Input above a limit of size or count.
    TooLarge = 604,
    /// Input nested deeper than the limit.
    TooDeep = 605,
    /// A stored resource, client or record that cannot be read back.
    InvalidRecord = 606,
    /// The caller's [`View`](crate::View) failed to read.
    View = 607,
    /// A SMART scope that must be refused.
    InvalidScope = 608,
    /// A date and time that is not RFC 3339 in UTC.
    InvalidTime = 609,
    /// A key that cannot sign or verify.
    InvalidKey = 610,
    /// A proof or range of the audit tree that is impossible.
    InvalidProof = 611,
    /// The development resources could not be provisioned.
    Provisioning = 612,
    /// A line of the audit log that was altered, removed or added.
    BrokenLog = 613,
}

/// Why an input could not be read: the kind, the place and what was wanted. Never holds a value of the input
/// beyond names and paths.
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    message: String,
    path: Option<String>,
    position: Option<usize>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Repr { kind, message: message.into(), path: None, position: None, source: None }))
    }

    /// The failure of a [`View`](crate::View) implementation: what could not be read, and why.
    pub fn view(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = Self::new(ErrorKind::View, "the resources could not be read");
        error.0.source = Some(source.into());
        error
    }

    #[must_use]
    pub(crate) fn at(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    #[must_use]
    pub(crate) fn on(mut self, path: impl Into<String>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The member that was at fault, as `a.b[0]`, where the input has members.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// The byte of the input where reading stopped, where the input is text.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.0.position
    }

    /// What was wanted, without place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(path) = self.path().filter(|path| !path.is_empty()) {
            write!(f, " (at {path})")?;
        }
        if let Some(position) = self.0.position {
            write!(f, " (byte {position})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}
