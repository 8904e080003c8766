//! SQLite's errors as ours.

use hygea_store::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// An error of SQLite while doing `context`.
pub(crate) fn failed(context: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |error| {
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => ErrorKind::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => ErrorKind::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Locked,
            Some(ErrorCode::DatabaseCorrupt) => ErrorKind::Corrupt,
            Some(ErrorCode::NotADatabase) => ErrorKind::Foreign,
            Some(ErrorCode::TooBig) => ErrorKind::TooLarge,
            Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => ErrorKind::Io,
            // Anything else is a value of another type or a row that should be there.
            _ => ErrorKind::Corrupt,
        };
        Error::new(kind, context).with_source(error)
    }
}

/// What is stored contradicts itself.
pub(crate) fn corrupt(context: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, context)
}
