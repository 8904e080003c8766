//! Rows of documents and versions as they are given back.

use compact_str::CompactString;
use hygea_store::{Key, Result, RowId, Stored};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use crate::catalog::Catalog;
use crate::connection::Linked;
use crate::failure::{corrupt, failed};
use crate::identity::{StoredId, id_of};
use crate::store::Shared;

/// A document by its row, all columns that a search may need.
pub(crate) const CURRENT: &str = "SELECT version, modified, deleted, codec, body, id, born, entries FROM document WHERE rid = ? AND version > 0";

/// The bytes of a column, borrowed from SQLite.
pub(crate) fn bytes<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8]> {
    match row.get_ref(column).map_err(failed("read a row"))? {
        ValueRef::Blob(bytes) => Ok(bytes),
        _ => Err(corrupt("a column that should hold bytes does not")),
    }
}

/// A row whose first columns are `version, modified, deleted, codec, body`.
pub(crate) fn read_row(shared: &Shared, row: &Row<'_>, rid: i64, key: Key, body: bool) -> Result<Stored> {
    let failed = failed("read a row");
    let deleted = row.get::<_, i64>(2).map_err(&failed)? != 0;
    let body = if deleted || !body {
        Vec::new()
    } else {
        shared.body(row.get(3).map_err(&failed)?, bytes(row, 4)?)?
    };
    Ok(Stored {
        row: RowId(rid),
        key,
        version: row.get(0).map_err(&failed)?,
        modified: row.get(1).map_err(&failed)?,
        deleted,
        body,
    })
}

pub(super) fn id(row: &Row<'_>, column: usize) -> Result<CompactString> {
    id_of(row.get_ref(column).map_err(failed("read a row"))?)
}

pub(super) fn by_key(shared: &Shared, linked: &Linked, kind: i64, key: &Key) -> Result<Option<Stored>> {
    let failed = failed("read a document");
    let sql = "SELECT d.version, d.modified, d.deleted, d.codec, d.body, d.rid FROM identity i \
               CROSS JOIN document d ON d.rid = i.rid WHERE i.id = ? AND i.kind = ? AND d.version > 0";
    let mut statement = linked.connection.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query(params![StoredId::new(key.id()), kind]).map_err(&failed)?;
    match rows.next().map_err(&failed)? {
        Some(row) => read_row(shared, row, row.get(5).map_err(&failed)?, key.clone(), true).map(Some),
        None => Ok(None),
    }
}

/// One version of a row, the current one or a former one.
pub(super) fn version(
    shared: &Shared,
    linked: &Linked,
    rid: i64,
    key: &Key,
    version: u64,
) -> Result<Option<Stored>> {
    let failed = failed("read a version");
    for sql in [
        "SELECT version, modified, deleted, codec, body FROM document WHERE rid = ? AND version = ? AND version > 0",
        "SELECT version, modified, deleted, codec, body FROM history WHERE rid = ? AND version = ?",
    ] {
        let mut statement = linked.connection.prepare_cached(sql).map_err(&failed)?;
        // A version beyond what SQLite counts is not there.
        let mut rows =
            statement.query(params![rid, i64::try_from(version).unwrap_or(-1)]).map_err(&failed)?;
        if let Some(row) = rows.next().map_err(&failed)? {
            return read_row(shared, row, rid, key.clone(), true).map(Some);
        }
    }
    Ok(None)
}

/// The key of a row; none for an identity without a kind.
pub(super) fn key(catalog: &Catalog, connection: &Connection, rid: i64) -> Result<Option<Key>> {
    let failed = failed("read an identity");
    let mut statement =
        connection.prepare_cached("SELECT kind, id FROM document WHERE rid = ?").map_err(&failed)?;
    let mut rows = statement.query([rid]).map_err(&failed)?;
    let row = rows.next().map_err(&failed)?.ok_or_else(|| corrupt("a reference leads to no identity"))?;
    let kind: i64 = row.get(0).map_err(&failed)?;
    let id = id(row, 1)?;
    match catalog.kind_name(kind) {
        Some(kind) => Ok(Some(Key::new(kind, id))),
        None if kind == 0 => Ok(None),
        None => Err(corrupt("a document is of an unknown kind")),
    }
}
