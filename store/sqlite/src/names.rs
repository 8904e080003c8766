//! The numbers of names and texts, looked up on a connection.

use hygea_store::sql::Names;
use hygea_store::{Result, UriTest};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::catalog::Catalog;
use crate::failure::failed;
use crate::identity::StoredId;

/// Looks up numbers as one connection sees them.
pub(crate) struct Lookup<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) catalog: &'a Catalog,
}

impl Names for Lookup<'_> {
    fn parameter(&self, kind: i64, name: &str) -> Result<Option<i64>> {
        Ok(self.catalog.parameter(kind, name).map(|parameter| parameter.number))
    }

    fn kind(&self, name: &str) -> Result<Option<i64>> {
        Ok(self.catalog.kind(name).map(|kind| kind.number))
    }

    fn term(&self, text: &str) -> Result<Option<i64>> {
        term(self.connection, text)
    }

    fn identity(&self, kind: i64, id: &str) -> Result<Option<i64>> {
        identity(self.connection, kind, id)
    }

    fn identities(&self, id: &str) -> Result<Vec<i64>> {
        let failed = failed("look up an id");
        let mut statement =
            self.connection.prepare_cached("SELECT rid FROM identity WHERE id = ?").map_err(&failed)?;
        let rows = statement.query_map([StoredId::new(id)], |row| row.get(0)).map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }

    fn uris(&self, test: &UriTest) -> Result<Vec<i64>> {
        let failed = failed("look up a URI");
        let (texts, prefix) = test.lookups();
        let mut found = Vec::new();
        let mut one =
            self.connection.prepare_cached("SELECT uri FROM uri WHERE text = ?").map_err(&failed)?;
        for text in texts {
            found.extend(one.query_row([text], |row| row.get::<_, i64>(0)).optional().map_err(&failed)?);
        }
        if let Some(prefix) = prefix {
            let sql = "SELECT uri, text FROM uri WHERE text >= ? ORDER BY text";
            let mut below = self.connection.prepare_cached(sql).map_err(&failed)?;
            let mut rows = below.query([&prefix]).map_err(&failed)?;
            while let Some(row) = rows.next().map_err(&failed)? {
                match row.get_ref(1).map_err(&failed)? {
                    ValueRef::Text(text) if text.starts_with(prefix.as_bytes()) => {
                        found.push(row.get(0).map_err(&failed)?)
                    }
                    _ => break,
                }
            }
        }
        Ok(found)
    }
}

/// Number of a term. The hash finds candidates, the text decides.
pub(crate) fn term(connection: &Connection, text: &str) -> Result<Option<i64>> {
    let failed = failed("look up a term");
    let sql = "SELECT term FROM term WHERE hash = ? AND text = ?";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    statement.query_row(params![hash(text), text], |row| row.get(0)).optional().map_err(&failed)
}

/// Row of an identity.
pub(crate) fn identity(connection: &Connection, kind: i64, id: &str) -> Result<Option<i64>> {
    let failed = failed("look up an id");
    let sql = "SELECT rid FROM identity WHERE id = ? AND kind = ?";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    statement.query_row(params![StoredId::new(id), kind], |row| row.get(0)).optional().map_err(&failed)
}

/// FNV-1a with a final mix, 32 bits: part of the format, the same on every machine. Only candidates hang on it, never answers.
pub(crate) fn hash(text: &str) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    i64::from(hash.to_le_bytes().first_chunk::<4>().map_or(0, |low| i32::from_le_bytes(*low)))
}
