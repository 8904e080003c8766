//! The traits that a store implements, and the rows that it gives back.

use std::fmt;
use std::sync::{Arc, mpsc};

use crate::{
    AuditChain, AuditRecord, Batch, Commit, Error, ErrorKind, History, Hits, Key, Query, Result, Selection,
    StoreName,
};

/// The data of one service. Calls block; any number of threads may call at once.
pub trait Store: Send + Sync + fmt::Debug {
    /// Hands a batch to the writer without waiting for it. Batches of one thread are applied in the order submitted.
    ///
    /// Blocks only while the writer's queue is full.
    ///
    /// # Errors
    /// Those found before the queue: [`ErrorKind::TooLarge`], [`ErrorKind::Name`], [`ErrorKind::Closed`], [`ErrorKind::Poisoned`].
    fn submit(&self, batch: Batch) -> Result<Ticket>;

    /// Writes a batch; it is durable when this returns. Batches of many threads share one synchronisation of the disk.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`], [`ErrorKind::GuardFailed`], and the failures of the disk; in every case nothing of the batch is stored.
    fn commit(&self, batch: Batch) -> Result<Commit> {
        self.submit(batch)?.wait()
    }

    /// Appends an audit record of a call that writes nothing else. It is durable within 50 ms, or after [`Store::flush`]. Blocks
    /// while the queue is full, so that no record is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`], [`ErrorKind::Closed`], [`ErrorKind::Poisoned`]; the failure of an earlier append, so that a
    /// service can stop answering when it can no longer keep its log.
    fn note(&self, record: Vec<u8>) -> Result<()>;

    /// Waits until everything submitted and noted before is durable.
    ///
    /// # Errors
    /// The failure to write what was noted.
    fn flush(&self) -> Result<()>;

    /// A consistent view of all that was committed before the call; later commits do not change it.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] and the failures of the disk.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>>;

    /// The current version of a live document, read by itself: the fastest way to one document.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`], [`ErrorKind::Corrupt`] and the failures of the disk.
    fn read(&self, key: &Key) -> Result<Option<Stored>> {
        Ok(self.snapshot()?.read(key)?.filter(|stored| !stored.deleted))
    }

    /// Writes what is queued, then refuses all further calls. Dropping the last handle does the same.
    ///
    /// # Errors
    /// The failure to write what was queued.
    fn close(&self) -> Result<()>;
}

/// A consistent view of a store. It may keep old pages of the disk alive: keep it for one request, not for hours.
pub trait Snapshot: Send {
    /// The newest sequence number of the feed that this view holds; 0 for an empty store.
    fn sequence(&self) -> u64;

    /// The current version of a document; a deleted one is its tombstone.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] and the failures of the disk, as for all methods.
    fn read(&self, key: &Key) -> Result<Option<Stored>>;

    /// The current versions of several documents in the order asked; those never written are left out, tombstones are not.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    fn read_many(&self, keys: &[Key]) -> Result<Vec<Stored>> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.extend(self.read(key)?);
        }
        Ok(found)
    }

    /// One version of a document.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    fn read_version(&self, key: &Key, version: u64) -> Result<Option<Stored>>;

    /// A page of documents.
    ///
    /// # Errors
    /// [`ErrorKind::Cursor`], [`ErrorKind::TooLarge`], [`ErrorKind::Name`], [`ErrorKind::Invalid`], and as [`Snapshot::read`].
    fn search(&self, query: &Query) -> Result<Hits>;

    /// How many documents are selected, exactly.
    ///
    /// # Errors
    /// As [`Snapshot::search`].
    fn count(&self, selections: &[Selection]) -> Result<u64>;

    /// The documents of this store to which these rows refer through a parameter, each once, whether they are stored or not.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    fn referenced(&self, rows: &[RowId], parameter: &str) -> Result<Vec<Key>>;

    /// Versions, newest first, tombstones included.
    ///
    /// # Errors
    /// [`ErrorKind::Cursor`], and as [`Snapshot::read`].
    fn history(&self, history: &History) -> Result<Hits>;

    /// How many versions a history has on all its pages.
    ///
    /// # Errors
    /// As [`Snapshot::history`].
    fn history_count(&self, history: &History) -> Result<u64>;

    /// The changes after a sequence number, oldest first. The numbers have no gaps.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    fn feed(&self, after: u64, limit: usize) -> Result<Vec<Change>>;

    /// The audit records after a number, oldest first. The numbers start at 1 and have no gaps.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where the chain of hashes is broken, and as [`Snapshot::read`].
    fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>>;

    /// Reads the whole audit log and checks its chain of hashes.
    ///
    /// # Errors
    /// As [`Snapshot::audit`].
    fn verify_audit(&self) -> Result<AuditChain> {
        let mut chain = AuditChain::start();
        loop {
            let records = self.audit(chain.records(), 1_000)?;
            if records.is_empty() {
                return Ok(chain);
            }
            for record in &records {
                chain.append(&record.record);
                if chain.records() != record.sequence || *chain.hash() != record.hash {
                    return Err(Error::new(
                        ErrorKind::Corrupt,
                        format!("the audit log is broken at record {}", record.sequence),
                    ));
                }
            }
        }
    }
}

/// Opens, lists and removes the stores of an engine.
pub trait Stores: Send + Sync + fmt::Debug {
    /// The store of this name, made if there is none. All callers of one name share one store.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`], [`ErrorKind::Version`], [`ErrorKind::Foreign`], [`ErrorKind::Corrupt`] and the failures of the disk.
    fn open(&self, name: &StoreName) -> Result<Arc<dyn Store>>;

    /// Whether there is a store of this name.
    ///
    /// # Errors
    /// The failures of the disk.
    fn exists(&self, name: &StoreName) -> Result<bool>;

    /// Closes a store and removes its data for good. Those who still hold it get [`ErrorKind::Closed`]. False if there was none.
    ///
    /// # Errors
    /// The failures of the disk.
    fn remove(&self, name: &StoreName) -> Result<bool>;

    /// The names of all stores in order.
    ///
    /// # Errors
    /// The failures of the disk.
    fn list(&self) -> Result<Vec<StoreName>>;
}

/// The number of a document inside its store, stable over its versions, about the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub i64);

/// One version of a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its number inside the store.
    pub row: RowId,
    /// Kind and id.
    pub key: Key,
    /// The version, counted from 1; a tombstone counts.
    pub version: u64,
    /// When this version was committed, in microseconds since 1970-01-01T00:00Z. Never decreases from version to version.
    pub modified: i64,
    /// Whether this version is a tombstone; its body is empty.
    pub deleted: bool,
    /// The bytes that were put.
    pub body: Vec<u8>,
}

/// One row of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number, counted from 1 without gaps, in commit order.
    pub sequence: u64,
    /// Which document.
    pub key: Key,
    /// The version that it got; for a purge the last one it had.
    pub version: u64,
    /// What happened.
    pub operation: Operation,
}

/// What happened to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// There was no live document before.
    Created,
    /// A live document got a new version.
    Updated,
    /// The document got a tombstone.
    Deleted,
    /// The document and its versions were removed for good.
    Purged,
    /// All versions but the newest were removed for good.
    HistoryPurged,
}

/// A batch on its way.
pub struct Ticket(TicketState);

enum TicketState {
    Ready(Result<Commit>),
    Queued(mpsc::Receiver<Result<Commit>>),
}

impl Ticket {
    /// A ticket whose batch is done.
    #[must_use]
    pub fn ready(result: Result<Commit>) -> Self {
        Self(TicketState::Ready(result))
    }

    /// A ticket whose result will be sent. A sender dropped without a result means that the writer is gone.
    #[must_use]
    pub fn queued(receiver: mpsc::Receiver<Result<Commit>>) -> Self {
        Self(TicketState::Queued(receiver))
    }

    /// Waits until the batch is durable or refused.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn wait(self) -> Result<Commit> {
        match self.0 {
            TicketState::Ready(result) => result,
            TicketState::Queued(receiver) => receiver.recv().unwrap_or_else(|_| {
                Err(Error::new(
                    ErrorKind::Poisoned,
                    "the writer ended before it answered; open the store again",
                ))
            }),
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

// A body is patient data: its length is shown.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.deleted { ", deleted" } else { "" };
        write!(f, "Stored({:?}, version {}{state}, {} bytes)", self.key, self.version, self.body.len())
    }
}
