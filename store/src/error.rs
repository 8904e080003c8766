//! What can go wrong in a store, as one opaque error with a stable number per kind (700–799 of the project's numbers).
//!
//! A message names the place and the reason, never a value of a document.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// The result of every fallible call of a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What failed. The numbers are stable and shared with the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// A write expected another state of its document; [`Error::write`] says which write, [`Error::found_version`] what is there.
    Conflict = 700,
    /// A guard of the batch does not hold; [`Error::guard`] says which one.
    GuardFailed = 701,
    /// Another process has the store open.
    Locked = 702,
    /// An earlier call panicked inside the store, which now refuses all calls until it is opened again.
    Poisoned = 703,
    /// What is stored contradicts itself.
    Corrupt = 704,
    /// The file was written by another version of the format; [`Error::found_version`] and [`Error::wanted_version`] say which.
    Version = 705,
    /// No space is left. Nothing of the batch was written; reads go on, and writes succeed again once there is space.
    Full = 706,
    /// The folder or file may not be written.
    ReadOnly = 707,
    /// The operating system refused an operation.
    Io = 708,
    /// A key, body, batch or plan is over a limit of [`limits`](crate::limits).
    TooLarge = 709,
    /// The store was closed or removed.
    Closed = 710,
    /// The name of a store, kind or parameter is not allowed.
    Name = 711,
    /// A cursor is damaged or belongs to a query with another order.
    Cursor = 712,
    /// A plan or value contradicts itself, as a range whose low end is above its high end.
    Invalid = 713,
    /// The file is not a store of ours.
    Foreign = 714,
    /// A blob's content does not have the expected digest.
    Digest = 715,
    /// Text that should be a decimal number is not one.
    Number = 716,
}

impl ErrorKind {
    /// The stable number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// An error of a store.
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    context: String,
    place: Option<usize>,
    found: Option<u64>,
    wanted: Option<u64>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a kind, with a message that names the place and what was wanted, and no value of a document.
    #[must_use]
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self(Box::new(Repr {
            kind,
            context: context.into(),
            place: None,
            found: None,
            wanted: None,
            source: None,
        }))
    }

    /// Write number `write` of the batch expected another state; `found` is the version of the live document, if there is one.
    #[must_use]
    pub fn conflict(write: usize, found: Option<u64>) -> Self {
        let mut error = Self::new(ErrorKind::Conflict, "the document is not in the expected state");
        error.0.place = Some(write);
        error.0.found = found;
        error
    }

    /// Guard number `guard` of the batch does not hold.
    #[must_use]
    pub fn guard_failed(guard: usize) -> Self {
        let mut error = Self::new(ErrorKind::GuardFailed, "the guard does not hold");
        error.0.place = Some(guard);
        error
    }

    /// The format has version `found`, this build reads up to `wanted`.
    #[must_use]
    pub fn version(found: u64, wanted: u64) -> Self {
        let mut error = Self::new(ErrorKind::Version, "the store was written by another version of Hygea");
        error.0.found = Some(found);
        error.0.wanted = Some(wanted);
        error
    }

    /// An error of the operating system, its kind chosen from the code (no space, read-only, other), while doing `context`.
    #[must_use]
    pub fn io(context: impl Into<String>, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => ErrorKind::ReadOnly,
            _ => ErrorKind::Io,
        };
        Self::new(kind, context).with_source(source)
    }

    /// The same error with the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Position in [`Batch::writes`](crate::Batch::writes) of the write in conflict.
    #[must_use]
    pub fn write(&self) -> Option<usize> {
        self.0.place.filter(|_| self.0.kind == ErrorKind::Conflict)
    }

    /// Position in [`Batch::guards`](crate::Batch::guards) of the guard that does not hold.
    #[must_use]
    pub fn guard(&self) -> Option<usize> {
        self.0.place.filter(|_| self.0.kind == ErrorKind::GuardFailed)
    }

    /// For a conflict the version of the live document (none: there is no live document); for a format the version found.
    #[must_use]
    pub fn found_version(&self) -> Option<u64> {
        self.0.found
    }

    /// For [`ErrorKind::Version`] the newest version of the format that this build reads.
    #[must_use]
    pub fn wanted_version(&self) -> Option<u64> {
        self.0.wanted
    }

    /// A copy for a second receiver of the same failure, as when one failed commit carried several batches.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let source =
            self.0.source.as_ref().map(|source| Box::<dyn StdError + Send + Sync>::from(source.to_string()));
        Self(Box::new(Repr {
            kind: self.0.kind,
            context: self.0.context.clone(),
            place: self.0.place,
            found: self.0.found,
            wanted: self.0.wanted,
            source,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.context)?;
        match self.0.kind {
            ErrorKind::Conflict => {
                write!(f, " (write {}", self.0.place.unwrap_or_default())?;
                match self.0.found {
                    Some(found) => write!(f, ", found version {found})"),
                    None => f.write_str(", found no live document)"),
                }
            }
            ErrorKind::GuardFailed => write!(f, " (guard {})", self.0.place.unwrap_or_default()),
            ErrorKind::Version => {
                let (found, wanted) = (self.0.found.unwrap_or_default(), self.0.wanted.unwrap_or_default());
                write!(f, " (found format {found}, this build reads up to {wanted})")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({} {:?}: {self}", self.0.kind.number(), self.0.kind)?;
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        f.write_str(")")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_place_and_versions() {
        let cases = [
            (
                Error::conflict(3, Some(7)),
                "the document is not in the expected state (write 3, found version 7)",
            ),
            (
                Error::conflict(0, None),
                "the document is not in the expected state (write 0, found no live document)",
            ),
            (Error::guard_failed(2), "the guard does not hold (guard 2)"),
            (
                Error::version(9, 1),
                "the store was written by another version of Hygea (found format 9, this build reads up to 1)",
            ),
        ];
        for (error, wanted) in cases {
            assert_eq!(error.to_string(), wanted);
            assert_eq!(error.duplicate().to_string(), wanted);
        }
    }

    #[test]
    fn the_code_of_the_system_chooses_the_kind() {
        let full = Error::io("write", io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.kind(), ErrorKind::Full);
        let other = Error::io("write", io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((other.kind(), other.kind().number()), (ErrorKind::Io, 708));
    }
}
