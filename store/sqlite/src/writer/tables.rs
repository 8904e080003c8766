//! What a group has collected, and writing it out: every table in the order of its key.

use std::borrow::Cow;
use std::collections::HashMap;

use hygea_store::{Operation, Result};
use rusqlite::params;

use super::index::IndexChanges;
use super::{Writer, to_code};
use crate::failure::failed;
use crate::identity::StoredId;

/// What the batches of a group have changed and not yet written. `'a` is the life of the batches, whose bodies are borrowed.
#[derive(Default)]
pub(super) struct Group<'a> {
    pub(super) documents: HashMap<i64, Pending<'a>>,
    pub(super) identities: Vec<(StoredId, i64, i64)>,
    pub(super) history: Vec<HistoryRow<'a>>,
    pub(super) feed: Vec<FeedRow>,
    /// Change of the number of live documents, by kind.
    pub(super) live: HashMap<i64, i64>,
}

/// A row of `document` as it will be.
pub(super) struct Pending<'a> {
    pub(super) kind: i64,
    pub(super) id: StoredId,
    /// Whether the row is in the table.
    pub(super) stored: bool,
    /// Whether it differs from what is in the table.
    pub(super) changed: bool,
    /// The index values that the index tables hold.
    pub(super) indexed: Vec<u8>,
    /// 0 for an identity without a document.
    pub(super) version: u64,
    pub(super) modified: i64,
    pub(super) sequence: i64,
    pub(super) born: i64,
    pub(super) deleted: bool,
    pub(super) codec: i64,
    pub(super) entries: Vec<u8>,
    pub(super) body: Cow<'a, [u8]>,
}

pub(super) struct HistoryRow<'a> {
    pub(super) rid: i64,
    pub(super) version: u64,
    pub(super) modified: i64,
    pub(super) sequence: i64,
    pub(super) deleted: bool,
    pub(super) codec: i64,
    pub(super) body: Cow<'a, [u8]>,
}

pub(super) struct FeedRow {
    pub(super) sequence: i64,
    pub(super) kind: i64,
    pub(super) rid: i64,
    pub(super) version: u64,
    pub(super) operation: Operation,
    pub(super) modified: i64,
}

impl<'a> Pending<'a> {
    /// An identity that is seen for the first time.
    pub(super) fn new(kind: i64, id: StoredId) -> Self {
        Self {
            kind,
            id,
            stored: false,
            changed: true,
            indexed: Vec::new(),
            version: 0,
            modified: 0,
            sequence: 0,
            born: 0,
            deleted: true,
            codec: 0,
            entries: Vec::new(),
            body: Cow::Borrowed(&[]),
        }
    }

    pub(super) fn set(
        &mut self,
        version: u64,
        modified: i64,
        sequence: i64,
        codec: i64,
        body: Cow<'a, [u8]>,
        entries: Vec<u8>,
    ) {
        self.changed = true;
        (self.version, self.modified, self.sequence) = (version, modified, sequence);
        (self.codec, self.body, self.entries) = (codec, body, entries);
    }
}

impl Writer {
    /// Writes what a group has collected and leaves it empty.
    pub(super) fn write_out(&self, group: &mut Group<'_>) -> Result<()> {
        let Group { documents, mut identities, mut history, feed, live } = std::mem::take(group);
        let connection = &self.linked.connection;
        if !identities.is_empty() {
            let failed = failed("write the identities");
            identities.sort_unstable();
            let sql = "INSERT INTO identity (id, kind, rid) VALUES (?, ?, ?)";
            let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
            for (id, kind, rid) in &identities {
                statement.execute((id, kind, rid)).map_err(&failed)?;
            }
        }
        if !history.is_empty() {
            let failed = failed("write the history");
            history.sort_unstable_by_key(|row| (row.rid, row.version));
            let sql = "INSERT INTO history (rid, version, modified, sequence, deleted, codec, body) VALUES (?, ?, ?, ?, ?, ?, ?)";
            let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
            for row in &history {
                let values = params![
                    row.rid,
                    row.version,
                    row.modified,
                    row.sequence,
                    row.deleted,
                    row.codec,
                    &*row.body
                ];
                statement.execute(values).map_err(&failed)?;
            }
        }
        if !feed.is_empty() {
            let failed = failed("write the feed");
            let sql = "INSERT INTO feed (sequence, kind, rid, version, operation, modified, gone) VALUES (?, ?, ?, ?, ?, ?, ?)";
            let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
            for row in &feed {
                // A purge is no version of the document.
                let gone = matches!(row.operation, Operation::Purged | Operation::HistoryPurged);
                let operation = to_code(row.operation);
                let values =
                    params![row.sequence, row.kind, row.rid, row.version, operation, row.modified, gone];
                statement.execute(values).map_err(&failed)?;
            }
        }
        for (kind, count) in live {
            let sql = "UPDATE kind SET live = live + ? WHERE kind = ?";
            connection.execute(sql, (count, kind)).map_err(failed("count the documents"))?;
        }
        self.write_documents(documents)
    }

    fn write_documents(&self, documents: HashMap<i64, Pending<'_>>) -> Result<()> {
        let failed = failed("write the documents");
        let mut documents: Vec<(i64, Pending<'_>)> =
            documents.into_iter().filter(|(_, document)| document.changed).collect();
        documents.sort_unstable_by_key(|(rid, _)| *rid);
        let mut changes = IndexChanges::default();
        let connection = &self.linked.connection;
        let insert = "INSERT INTO document (rid, kind, id, version, modified, sequence, born, deleted, codec, entries, body) \
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let mut insert = connection.prepare_cached(insert).map_err(&failed)?;
        let update = "UPDATE document SET version = ?2, modified = ?3, sequence = ?4, born = ?5, deleted = ?6, codec = ?7, \
                      entries = ?8, body = ?9 WHERE rid = ?1";
        let mut update = connection.prepare_cached(update).map_err(&failed)?;
        for (rid, row) in &documents {
            let body = &*row.body;
            if row.stored {
                update
                    .execute(params![
                        rid,
                        row.version,
                        row.modified,
                        row.sequence,
                        row.born,
                        row.deleted,
                        row.codec,
                        row.entries,
                        body
                    ])
                    .map_err(&failed)?;
            } else {
                insert
                    .execute(params![
                        rid,
                        row.kind,
                        row.id,
                        row.version,
                        row.modified,
                        row.sequence,
                        row.born,
                        row.deleted,
                        row.codec,
                        row.entries,
                        body
                    ])
                    .map_err(&failed)?;
            }
            changes.compare(*rid, &row.indexed, &row.entries)?;
        }
        changes.write(connection)
    }

    /// Removes all former versions of a row and marks their places in the feed; gives how many there were.
    pub(super) fn remove_history(&self, rid: i64) -> Result<usize> {
        let failed = failed("remove the history of a document");
        let connection = &self.linked.connection;
        let sql = "UPDATE feed SET gone = 1 WHERE sequence IN (SELECT sequence FROM history WHERE rid = ?)";
        connection.execute(sql, [rid]).map_err(&failed)?;
        connection.execute("DELETE FROM history WHERE rid = ?", [rid]).map_err(&failed)
    }

    /// Marks a place in the feed whose version is no longer there.
    pub(super) fn mark_gone(&self, sequence: i64) -> Result<()> {
        let sql = "UPDATE feed SET gone = 1 WHERE sequence = ?";
        self.linked.connection.execute(sql, [sequence]).map_err(failed("mark a place in the feed")).map(drop)
    }
}
