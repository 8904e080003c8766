//! The whole file checked: everything that is stored twice must agree.

use std::collections::HashMap;

use hygea_store::{AuditChain, Result};
use rusqlite::params;
use rusqlite::types::ValueRef;

use crate::entries::{Item, Items};
use crate::failure::{corrupt, failed};
use crate::reader::View;
use crate::writer::is_wide;

/// What a check of the whole file has looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Live documents.
    pub documents: u64,
    /// Versions of documents, live, former and tombstones.
    pub versions: u64,
    /// Rows of the index tables.
    pub index_rows: u64,
    /// Rows of the feed.
    pub changes: u64,
    /// Audit records; keep [`Verified::audit_hash`] elsewhere to prove later that none was cut off.
    pub audit_records: u64,
    /// Hash of the last audit record.
    pub audit_hash: [u8; 32],
}

const TABLES: [&str; 7] = [
    "index_token",
    "index_text",
    "index_date",
    "index_number",
    "index_quantity",
    "index_reference",
    "index_uri",
];

pub(crate) fn verify(view: &View<'_>, chain: &AuditChain) -> Result<Verified> {
    check_structure(view)?;
    let mut verified = Verified {
        documents: 0,
        versions: 0,
        index_rows: 0,
        changes: check_feed(view)?,
        audit_records: chain.records(),
        audit_hash: *chain.hash(),
    };
    check_documents(view, &mut verified)?;
    check_history(view, &mut verified)?;
    let mut stored = 0u64;
    for table in TABLES {
        stored = stored.saturating_add(count(view, &format!("SELECT count(*) FROM {table}"))?);
    }
    // Every value has its row, so equal numbers mean that there is no row without a value.
    if stored != verified.index_rows {
        return Err(corrupt("an index has rows of values that no document has"));
    }
    Ok(verified)
}

fn count(view: &View<'_>, sql: &str) -> Result<u64> {
    view.linked()?.connection.query_row(sql, [], |row| row.get(0)).map_err(failed("check the store"))
}

fn check_structure(view: &View<'_>) -> Result<()> {
    let failed = failed("check the structure of the file");
    let connection = &view.linked()?.connection;
    let found: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(&failed)?;
    if found == "ok" { Ok(()) } else { Err(corrupt("the structure of the file is damaged")) }
}

fn check_feed(view: &View<'_>) -> Result<u64> {
    let changes = count(view, "SELECT count(*) FROM feed")?;
    if count(view, "SELECT ifnull(max(sequence), 0) FROM feed")? != changes {
        return Err(corrupt("the feed has a gap"));
    }
    let backwards = "SELECT count(*) FROM feed a JOIN feed b ON b.sequence = a.sequence + 1 WHERE b.modified < a.modified";
    if count(view, backwards)? != 0 {
        return Err(corrupt("the times of the feed go backwards"));
    }
    let lost = "SELECT count(*) FROM feed f WHERE gone = 0 \
                AND NOT EXISTS (SELECT 1 FROM document d WHERE d.rid = f.rid AND d.version = f.version AND d.sequence = f.sequence) \
                AND NOT EXISTS (SELECT 1 FROM history h WHERE h.rid = f.rid AND h.version = f.version AND h.sequence = f.sequence)";
    if count(view, lost)? != 0 {
        return Err(corrupt("a change of the feed has no version"));
    }
    let identities = "SELECT count(*) FROM document d \
                      WHERE NOT EXISTS (SELECT 1 FROM identity i WHERE i.id = d.id AND i.kind = d.kind AND i.rid = d.rid)";
    if count(view, identities)? != 0
        || count(view, "SELECT count(*) FROM identity")? != count(view, "SELECT count(*) FROM document")?
    {
        return Err(corrupt("identities and documents do not agree"));
    }
    Ok(changes)
}

fn check_documents(view: &View<'_>, verified: &mut Verified) -> Result<()> {
    let failed = failed("check the documents");
    let connection = &view.linked()?.connection;
    let sql = "SELECT rid, kind, version, deleted, codec, entries, body FROM document";
    let mut statement = connection.prepare(sql).map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    let mut live: HashMap<i64, u64> = HashMap::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let (rid, version): (i64, i64) = (row.get(0).map_err(&failed)?, row.get(2).map_err(&failed)?);
        let deleted = row.get::<_, i64>(3).map_err(&failed)? != 0;
        let columns = (row.get_ref(5).map_err(&failed)?, row.get_ref(6).map_err(&failed)?);
        let (ValueRef::Blob(entries), ValueRef::Blob(body)) = columns else {
            return Err(corrupt("a column that should hold bytes does not"));
        };
        if deleted {
            if !entries.is_empty() || !body.is_empty() {
                return Err(corrupt("a deleted document has a body or index values"));
            }
        } else {
            view.shared.body(row.get(4).map_err(&failed)?, body)?;
            let count = live.entry(row.get(1).map_err(&failed)?).or_default();
            *count = count.saturating_add(1);
            verified.documents = verified.documents.saturating_add(1);
        }
        verified.versions = verified.versions.saturating_add(u64::from(version > 0));
        for item in Items::new(entries) {
            if !has_row(connection, rid, &item?)? {
                return Err(corrupt("an index lacks a value of a document"));
            }
            verified.index_rows = verified.index_rows.saturating_add(1);
        }
    }
    let mut statement = connection.prepare("SELECT kind, live FROM kind").map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        let (kind, counted): (i64, u64) = (row.get(0).map_err(&failed)?, row.get(1).map_err(&failed)?);
        if live.get(&kind).copied().unwrap_or_default() != counted {
            return Err(corrupt("the number of documents of a kind is not the number counted"));
        }
    }
    Ok(())
}

fn check_history(view: &View<'_>, verified: &mut Verified) -> Result<()> {
    let failed = failed("check the history");
    let connection = &view.linked()?.connection;
    let mut statement = connection.prepare("SELECT deleted, codec, body FROM history").map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        if row.get::<_, i64>(0).map_err(&failed)? == 0 {
            let body: Vec<u8> = row.get(2).map_err(&failed)?;
            view.shared.body(row.get(1).map_err(&failed)?, &body)?;
        }
        verified.versions = verified.versions.saturating_add(1);
    }
    Ok(())
}

fn has_row(connection: &rusqlite::Connection, rid: i64, item: &Item<'_>) -> Result<bool> {
    let failed = failed("check an index");
    let exists = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<bool> {
        connection.prepare_cached(sql).map_err(&failed)?.exists(values).map_err(&failed)
    };
    match *item {
        Item::Token { parameter, code, system } => exists(
            "SELECT 1 FROM index_token WHERE parameter = ? AND code = ? AND rid = ? AND system = ?",
            params![parameter, code, rid, system],
        ),
        Item::Text { parameter, folded, exact } => exists(
            "SELECT 1 FROM index_text WHERE parameter = ? AND folded = ? AND rid = ? AND exact = ?",
            params![parameter, folded, rid, exact],
        ),
        Item::Date { parameter, low, high } => exists(
            "SELECT 1 FROM index_date WHERE parameter = ? AND low = ? AND rid = ? AND high = ? AND wide = ?",
            params![parameter, low, rid, high, is_wide(low, high)],
        ),
        Item::Number { parameter, low, high } => exists(
            "SELECT 1 FROM index_number WHERE parameter = ? AND low = ? AND rid = ? AND high = ? AND wide = ?",
            params![parameter, low.as_bytes(), rid, high.as_bytes(), low != high],
        ),
        Item::Quantity { parameter, system, unit, low, high } => exists(
            "SELECT 1 FROM index_quantity \
             WHERE parameter = ? AND low = ? AND rid = ? AND high = ? AND system = ? AND unit = ? AND wide = ?",
            params![parameter, low.as_bytes(), rid, high.as_bytes(), system, unit, low != high],
        ),
        Item::Reference { parameter, target, base, version } => exists(
            "SELECT 1 FROM index_reference WHERE parameter = ? AND target = ? AND rid = ? AND base = ? AND version = ?",
            params![parameter, target, rid, base, version],
        ),
        Item::Uri { parameter, uri } => exists(
            "SELECT 1 FROM index_uri WHERE parameter = ? AND uri = ? AND rid = ?",
            params![parameter, uri, rid],
        ),
    }
}
