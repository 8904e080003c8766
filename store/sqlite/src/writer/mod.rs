//! The one thread that writes: it takes what is queued, writes it in one transaction, synchronises the disk once, and answers all.

mod group;
mod index;
mod learn;
mod queue;
mod tables;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use compact_str::CompactString;
use hygea_store::{AuditChain, Commit, Error, ErrorKind, Operation, Result};

use crate::catalog::Catalog;
use crate::codec;
use crate::connection::Linked;
use crate::entries::Encoder;
use crate::failure::{corrupt, failed};
use crate::store::Shared;

pub(crate) use index::is_wide;
pub(crate) use queue::{Job, Queue};

use queue::Work;

/// Most texts and identities whose numbers are remembered; over it all are forgotten between two groups.
const REMEMBERED: usize = 65_536;
/// Pages in the log from which they are moved to the file: while nothing waits, and while batches wait.
const LOG_PAGES: (i64, i64) = (4_000, 32_000);

/// The state of the writer thread.
pub(crate) struct Writer {
    linked: Linked,
    shared: Arc<Shared>,
    catalog: Catalog,
    /// Whether readers have not been told of the newest kinds and parameters.
    catalog_changed: bool,
    known: Known,
    next: Next,
    sequence: i64,
    modified: i64,
    audit: AuditChain,
    encoder: Encoder,
}

/// Numbers that were looked up or given, so that they are not looked up again.
#[derive(Default)]
struct Known {
    terms: HashMap<CompactString, i64>,
    uris: HashMap<CompactString, i64>,
    identities: HashMap<i64, HashMap<CompactString, i64>>,
    count: usize,
}

/// The next free numbers. They only grow, even when a transaction fails, so that a number never means two things.
struct Next {
    row: i64,
    term: i64,
    uri: i64,
    kind: i64,
    parameter: i64,
    dictionary: i64,
}

impl Writer {
    pub(crate) fn new(linked: Linked, catalog: Catalog, shared: Arc<Shared>) -> Result<Self> {
        let after = |table: &str, column: &str| -> Result<i64> {
            let sql = format!("SELECT ifnull(max({column}), 0) + 1 FROM {table}");
            linked.connection.query_row(&sql, [], |row| row.get(0)).map_err(failed("read the newest numbers"))
        };
        let next = Next {
            row: after("document", "rid")?,
            term: after("term", "term")?,
            uri: after("uri", "uri")?,
            kind: catalog.next_kind(),
            parameter: catalog.next_parameter(),
            dictionary: after("dictionary", "dictionary")?,
        };
        let mut writer = Self {
            linked,
            shared,
            catalog,
            catalog_changed: false,
            known: Known::default(),
            next,
            sequence: 0,
            modified: 0,
            audit: AuditChain::start(),
            encoder: Encoder::default(),
        };
        writer.read_ends()?;
        Ok(writer)
    }

    /// Works until the store is closed. A panic poisons the store: waiting callers get an error, later calls too.
    pub(crate) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let ended = catch_unwind(AssertUnwindSafe(|| {
            while let Some(work) = shared.queue.next() {
                self.work(work);
                self.tidy();
            }
            // What is in the log moves to the file, so that the file alone is whole.
            let _ = self.linked.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }));
        shared.queue.end(ended.is_err());
    }

    fn work(&mut self, work: Work) {
        let Work { jobs, notes, flushes } = work;
        if self.known.count > REMEMBERED {
            self.known = Known::default();
        }
        let mut noted = Ok(());
        match self.transaction(&jobs, &notes) {
            Ok(results) => {
                for (job, result) in jobs.into_iter().zip(results) {
                    job.answer(result);
                }
            }
            Err(error) if jobs.len() == 1 && notes.is_empty() => {
                jobs.into_iter().for_each(|job| job.answer(Err(error.duplicate())));
            }
            // One batch must not make the others fail: each is tried by itself.
            Err(_) => {
                for job in jobs {
                    let result = self.transaction(std::slice::from_ref(&job), &[]);
                    job.answer(
                        result.and_then(|mut results| results.pop().unwrap_or_else(|| Err(poisoned()))),
                    );
                }
                noted = if notes.is_empty() { Ok(()) } else { self.transaction(&[], &notes).map(drop) };
            }
        }
        self.shared.queue.noted(notes, &noted, flushes);
    }

    /// Writes batches and notes in one transaction. An error means that nothing of it is stored.
    fn transaction(&mut self, jobs: &[Job], notes: &[Vec<u8>]) -> Result<Vec<Result<Commit>>> {
        if jobs.is_empty() && notes.is_empty() {
            return Ok(Vec::new());
        }
        let written = self.write(jobs, notes);
        if written.is_err() {
            self.undo()?;
        }
        written
    }

    fn write(&mut self, jobs: &[Job], notes: &[Vec<u8>]) -> Result<Vec<Result<Commit>>> {
        self.linked.connection.execute_batch("BEGIN IMMEDIATE").map_err(failed("begin to write"))?;
        let results = self.apply(jobs, notes)?;
        if self.catalog_changed {
            // Before the commit: a reader that sees a row also knows its kind and its parameters.
            self.shared.publish(self.catalog.clone());
            self.catalog_changed = false;
        }
        self.linked.connection.execute_batch("COMMIT").map_err(failed("commit"))?;
        Ok(results)
    }

    /// Back to what is stored.
    fn undo(&mut self) -> Result<()> {
        if !self.linked.connection.is_autocommit() {
            self.linked.connection.execute_batch("ROLLBACK").map_err(failed("undo"))?;
        }
        self.known = Known::default();
        self.catalog = Catalog::load(&self.linked.connection, &self.shared.dictionaries())?;
        self.catalog_changed = false;
        self.shared.publish(self.catalog.clone());
        self.read_ends()
    }

    /// The ends of the feed and of the audit log.
    fn read_ends(&mut self) -> Result<()> {
        let failed = failed("read the ends of the logs");
        let connection = &self.linked.connection;
        let feed = "SELECT sequence, modified FROM feed ORDER BY sequence DESC LIMIT 1";
        let mut statement = connection.prepare_cached(feed).map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        let (sequence, modified) = match rows.next().map_err(&failed)? {
            Some(row) => (row.get(0).map_err(&failed)?, row.get(1).map_err(&failed)?),
            None => (0, i64::MIN),
        };
        let audit = "SELECT first + count - 1, hash FROM audit ORDER BY first DESC LIMIT 1";
        let mut statement = connection.prepare_cached(audit).map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        self.audit = match rows.next().map_err(&failed)? {
            Some(row) => {
                let hash: Vec<u8> = row.get(1).map_err(&failed)?;
                let hash =
                    hash.try_into().map_err(|_| corrupt("a hash of the audit log does not have 32 bytes"))?;
                AuditChain::after(row.get(0).map_err(&failed)?, hash)
            }
            None => AuditChain::start(),
        };
        (self.sequence, self.modified) = (sequence, modified);
        Ok(())
    }
}

/// The store cannot be used any more.
pub(crate) fn poisoned() -> Error {
    Error::new(ErrorKind::Poisoned, "the writer of the store panicked; open the store again")
}

/// The stored number of an operation.
pub(crate) fn to_code(operation: Operation) -> i64 {
    match operation {
        Operation::Created => 1,
        Operation::Updated => 2,
        Operation::Deleted => 3,
        Operation::Purged => 4,
        // Written by this build only for the one that is left.
        _ => 5,
    }
}

/// The operation of a stored number.
pub(crate) fn from_code(code: i64) -> Option<Operation> {
    Some(match code {
        1 => Operation::Created,
        2 => Operation::Updated,
        3 => Operation::Deleted,
        4 => Operation::Purged,
        5 => Operation::HistoryPurged,
        _ => return None,
    })
}

/// Audit records as one compressed chunk.
fn join_records<'a>(records: impl Iterator<Item = &'a Vec<u8>>, level: i32) -> Result<Vec<u8>> {
    let mut joined = Vec::new();
    for record in records {
        // At most limits::AUDIT long.
        joined.extend(u32::try_from(record.len()).unwrap_or(u32::MAX).to_le_bytes());
        joined.extend(record);
    }
    codec::compress(&joined, None, level)
}

/// The records of a chunk.
pub(crate) fn split_records(mut joined: &[u8]) -> Result<Vec<&[u8]>> {
    let broken = || corrupt("a chunk of the audit log cannot be read");
    let mut records = Vec::new();
    while !joined.is_empty() {
        let (length, rest) = joined.split_first_chunk::<4>().ok_or_else(broken)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| broken())?;
        let (record, rest) = rest.split_at_checked(length).ok_or_else(broken)?;
        records.push(record);
        joined = rest;
    }
    Ok(records)
}
