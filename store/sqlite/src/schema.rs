//! The tables, and the version of the format.
//!
//! Index tables have no row ids of their own: the key is the whole row, so each is one tree that is read in order. All integers are
//! small and take as few bytes as they need. `document` has a row for every identity that was ever seen, so that a reference is one
//! integer even when its target comes later or never; `deleted` is 1 unless there is a live document.

use hygea_store::{Error, ErrorKind, Result};
use rusqlite::Connection;

use crate::failure::failed;

/// Marks a file as a Hygea store (`Hyga`), in SQLite's `application_id`.
pub const APPLICATION_ID: i32 = 0x4879_6761;

/// The newest version of the format that this build reads and writes, in SQLite's `user_version`.
pub const FORMAT: u32 = 1;

const TABLES: &str = "
CREATE TABLE kind (
    kind INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    live INTEGER NOT NULL DEFAULT 0,
    dictionary INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE parameter (
    parameter INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    traits INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT;
CREATE TABLE dictionary (
    dictionary INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE TABLE term (
    term INTEGER PRIMARY KEY,
    hash INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX term_hash ON term (hash);
CREATE TABLE uri (
    uri INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE identity (
    id ANY NOT NULL,
    kind INTEGER NOT NULL,
    rid INTEGER NOT NULL,
    PRIMARY KEY (id, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE document (
    rid INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    id ANY NOT NULL,
    version INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    born INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    codec INTEGER NOT NULL,
    entries BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX document_live ON document (kind) WHERE deleted = 0;
CREATE INDEX document_modified ON document (kind, modified) WHERE deleted = 0;
CREATE TABLE history (
    rid INTEGER NOT NULL,
    version INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    codec INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (rid, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE feed (
    sequence INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    rid INTEGER NOT NULL,
    version INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX feed_kind ON feed (kind) WHERE gone = 0;
CREATE TABLE audit (
    first INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    hash BLOB NOT NULL,
    records BLOB NOT NULL
) STRICT;
CREATE TABLE index_token (
    parameter INTEGER NOT NULL,
    code INTEGER NOT NULL,
    rid INTEGER NOT NULL,
    system INTEGER NOT NULL,
    PRIMARY KEY (parameter, code, rid, system)
) STRICT, WITHOUT ROWID;
CREATE TABLE index_text (
    parameter INTEGER NOT NULL,
    folded TEXT NOT NULL,
    rid INTEGER NOT NULL,
    exact TEXT NOT NULL,
    PRIMARY KEY (parameter, folded, rid, exact)
) STRICT, WITHOUT ROWID;
CREATE TABLE index_date (
    parameter INTEGER NOT NULL,
    low INTEGER NOT NULL,
    rid INTEGER NOT NULL,
    high INTEGER NOT NULL,
    wide INTEGER NOT NULL,
    PRIMARY KEY (parameter, low, rid, high)
) STRICT, WITHOUT ROWID;
CREATE INDEX index_date_wide ON index_date (parameter, high) WHERE wide = 1;
CREATE TABLE index_number (
    parameter INTEGER NOT NULL,
    low BLOB NOT NULL,
    rid INTEGER NOT NULL,
    high BLOB NOT NULL,
    wide INTEGER NOT NULL,
    PRIMARY KEY (parameter, low, rid, high)
) STRICT, WITHOUT ROWID;
CREATE INDEX index_number_wide ON index_number (parameter, high) WHERE wide = 1;
CREATE TABLE index_quantity (
    parameter INTEGER NOT NULL,
    low BLOB NOT NULL,
    rid INTEGER NOT NULL,
    high BLOB NOT NULL,
    system INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    wide INTEGER NOT NULL,
    PRIMARY KEY (parameter, low, rid, high, system, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX index_quantity_unit ON index_quantity (parameter, unit, low);
CREATE INDEX index_quantity_wide ON index_quantity (parameter, unit, high) WHERE wide = 1;
CREATE TABLE index_reference (
    parameter INTEGER NOT NULL,
    target INTEGER NOT NULL,
    rid INTEGER NOT NULL,
    base INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (parameter, target, rid, base, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE index_uri (
    parameter INTEGER NOT NULL,
    uri INTEGER NOT NULL,
    rid INTEGER NOT NULL,
    PRIMARY KEY (parameter, uri, rid)
) STRICT, WITHOUT ROWID;
";

/// Makes the tables in an empty file, or checks that the file is a store of a version that this build reads.
pub(crate) fn prepare(connection: &Connection) -> Result<()> {
    let value = |name: &str| -> Result<i64> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(failed("read the header of the store"))
    };
    let application = value("application_id")?;
    if application == i64::from(APPLICATION_ID) {
        let found = value("user_version")?;
        return match u64::try_from(found) {
            Ok(found) if found == 0 || found > u64::from(FORMAT) => Err(Error::version(found, FORMAT.into())),
            Ok(_) => Ok(()),
            Err(_) => Err(Error::new(ErrorKind::Foreign, "the file is not a Hygea store")),
        };
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed("read the header of the store"))?;
    if application != 0 || tables != 0 {
        return Err(Error::new(ErrorKind::Foreign, "the file is a SQLite database, not a Hygea store"));
    }
    let script = format!(
        "BEGIN IMMEDIATE;{TABLES}PRAGMA application_id={APPLICATION_ID};PRAGMA user_version={FORMAT};COMMIT;"
    );
    connection.execute_batch(&script).map_err(failed("make the tables of a new store"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_sqlite_has_no_known_corruption() {
        // 3.51.3 ends a race when the log is reset, 3.53.2 a memory error in full-text search.
        assert!(rusqlite::version_number() >= 3_053_002, "{}", rusqlite::version());
    }

    #[test]
    fn new_foreign_and_newer_files_are_told_apart() {
        let fresh = Connection::open_in_memory().unwrap();
        prepare(&fresh).unwrap();
        prepare(&fresh).unwrap();
        fresh.pragma_update(None, "user_version", 2).unwrap();
        let newer = prepare(&fresh).unwrap_err();
        assert_eq!(
            (newer.kind(), newer.found_version(), newer.wanted_version()),
            (ErrorKind::Version, Some(2), Some(1))
        );
        let foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE t (a)").unwrap();
        assert_eq!(prepare(&foreign).map_err(|error| error.kind()), Err(ErrorKind::Foreign));
    }
}
