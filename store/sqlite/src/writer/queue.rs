//! What waits for the writer. The queue is bounded: who writes faster than the disk waits, nothing is dropped.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hygea_store::{Batch, Commit, Entry, Error, ErrorKind, Expect, Guard, Key, Result, Write};

use super::poisoned;
use crate::catalog::Catalog;
use crate::codec;

/// After this a noted record is written even when nothing else is.
const NOTE_DELAY: Duration = Duration::from_millis(40);
/// After a failure to write notes the writer waits this long before it tries again.
const NOTE_RETRY: Duration = Duration::from_millis(500);
/// Bytes of notes waiting before [`Queue::note`] blocks.
const NOTES: usize = 16 << 20;
/// Most writes and bytes in one transaction.
const GROUP: (usize, usize) = (20_000, 32 << 20);

/// A batch with its bodies compressed, so that the writer thread only writes.
pub(crate) struct Job {
    pub(super) at: i64,
    pub(super) guards: Vec<Guard>,
    pub(super) writes: Vec<Prepared>,
    pub(super) audit: Vec<Vec<u8>>,
    bytes: usize,
    reply: SyncSender<Result<Commit>>,
}

pub(super) struct Prepared {
    pub(super) key: Key,
    pub(super) expect: Expect,
    pub(super) change: Change,
}

pub(crate) enum Change {
    Put { codec: i64, body: Vec<u8>, index: Vec<Entry> },
    Delete,
    Purge,
    PurgeHistory,
}

impl Job {
    /// Compresses the bodies on the caller's thread.
    pub(crate) fn new(
        batch: Batch,
        catalog: &Catalog,
        level: i32,
    ) -> Result<(Self, Receiver<Result<Commit>>)> {
        let mut writes = Vec::with_capacity(batch.writes.len());
        let mut bytes = batch.audit.iter().map(Vec::len).sum::<usize>();
        for write in batch.writes {
            let expect = write.expectation();
            let (key, change) = match write {
                Write::Put { key, body, index, .. } => {
                    let dictionary = catalog.kind(key.kind()).and_then(|kind| kind.dictionary.as_deref());
                    let stored = codec::compress(&body, dictionary, level)?;
                    bytes = bytes.saturating_add(stored.len()).saturating_add(index.len().saturating_mul(64));
                    let codec = dictionary.map_or(codec::PLAIN, |dictionary| dictionary.number);
                    (key, Change::Put { codec, body: stored, index })
                }
                Write::Delete { key, .. } => (key, Change::Delete),
                Write::Purge { key, .. } => (key, Change::Purge),
                Write::PurgeHistory { key, .. } => (key, Change::PurgeHistory),
                _ => return Err(Error::new(ErrorKind::Invalid, "this store does not know a kind of write")),
            };
            writes.push(Prepared { key, expect, change });
        }
        let (reply, receiver) = sync_channel(1);
        let bytes = bytes.saturating_add(writes.len().saturating_mul(128));
        Ok((Self { at: batch.at, guards: batch.guards, writes, audit: batch.audit, bytes, reply }, receiver))
    }

    pub(super) fn answer(self, result: Result<Commit>) {
        // A caller that no longer waits does not hear the answer.
        let _ = self.reply.send(result);
    }
}

/// What the writer does next.
pub(super) struct Work {
    pub(super) jobs: Vec<Job>,
    pub(super) notes: Vec<Vec<u8>>,
    pub(super) flushes: Vec<Sender<Result<()>>>,
}

/// The queue of one store.
pub(crate) struct Queue {
    most: usize,
    state: Mutex<State>,
    work: Condvar,
    room: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    bytes: usize,
    notes: Vec<Vec<u8>>,
    note_bytes: usize,
    /// When the notes are to be written at the latest.
    notes_due: Option<Instant>,
    /// Why the last notes could not be written.
    note_failure: Option<Error>,
    flushes: Vec<Sender<Result<()>>>,
    closing: bool,
    ended: Option<Ended>,
}

#[derive(Clone, Copy)]
enum Ended {
    Closed,
    Poisoned,
}

impl State {
    fn check(&self) -> Result<()> {
        match self.ended {
            Some(Ended::Poisoned) => Err(poisoned()),
            Some(Ended::Closed) => Err(closed()),
            None if self.closing => Err(closed()),
            None => Ok(()),
        }
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the store is closed")
}

impl Queue {
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), state: Mutex::default(), work: Condvar::new(), room: Condvar::new() }
    }

    /// Waits for room, then adds a batch.
    pub(crate) fn push(&self, job: Job) -> Result<()> {
        let mut state = self.lock();
        loop {
            state.check()?;
            // A batch larger than the queue is taken when it is alone.
            if state.jobs.is_empty() || state.bytes.saturating_add(job.bytes) <= self.most {
                break;
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes = state.bytes.saturating_add(job.bytes);
        state.jobs.push_back(job);
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    /// Waits for room, then adds an audit record. While the last records could not be written no more are taken.
    pub(crate) fn note(&self, record: Vec<u8>) -> Result<()> {
        let mut state = self.lock();
        loop {
            state.check()?;
            if let Some(failure) = &state.note_failure {
                return Err(failure.duplicate());
            }
            if state.note_bytes < NOTES {
                break;
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.note_bytes = state.note_bytes.saturating_add(record.len()).saturating_add(32);
        state.notes.push(record);
        // The writer is woken by the first record only; it then waits for the rest of the delay.
        let first = state.notes_due.is_none();
        if first {
            state.notes_due = Some(due(NOTE_DELAY));
        }
        drop(state);
        if first {
            self.work.notify_one();
        }
        Ok(())
    }

    pub(crate) fn flush(&self) -> Result<()> {
        let (sender, receiver) = channel();
        let mut state = self.lock();
        state.check()?;
        state.flushes.push(sender);
        drop(state);
        self.work.notify_one();
        receiver.recv().unwrap_or_else(|_| Err(poisoned()))
    }

    /// Lets the writer finish what is queued and then end. Answers for the notes that were waiting.
    pub(crate) fn close(&self) -> Result<()> {
        let (sender, receiver) = channel();
        let mut state = self.lock();
        if state.ended.is_some() {
            return if matches!(state.ended, Some(Ended::Poisoned)) { Err(poisoned()) } else { Ok(()) };
        }
        state.closing = true;
        state.flushes.push(sender);
        drop(state);
        self.work.notify_all();
        self.room.notify_all();
        receiver.recv().unwrap_or_else(|_| Err(poisoned()))
    }

    /// Waits for work; none when the store is closed and nothing is left.
    pub(super) fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let notes_due = state.notes_due.is_some_and(|due| due <= now);
            if !state.jobs.is_empty() || !state.flushes.is_empty() || notes_due {
                break;
            }
            if state.closing {
                return None;
            }
            state = match state.notes_due {
                Some(due) => {
                    let wait = due.saturating_duration_since(now);
                    self.work.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let mut jobs = Vec::new();
        let (mut writes, mut bytes) = (0usize, 0usize);
        while let Some(job) = state.jobs.front() {
            writes = writes.saturating_add(job.writes.len().max(1));
            bytes = bytes.saturating_add(job.bytes);
            if !jobs.is_empty() && (writes > GROUP.0 || bytes > GROUP.1) {
                break;
            }
            state.bytes = state.bytes.saturating_sub(job.bytes);
            jobs.extend(state.jobs.pop_front());
        }
        // A flush waits for everything before it, so it is answered when no batch is left.
        let flushes = if state.jobs.is_empty() { std::mem::take(&mut state.flushes) } else { Vec::new() };
        let notes = std::mem::take(&mut state.notes);
        state.note_bytes = 0;
        state.notes_due = None;
        drop(state);
        self.room.notify_all();
        Some(Work { jobs, notes, flushes })
    }

    /// What became of the notes. Those not written go back to the front and are tried again.
    pub(super) fn noted(&self, notes: Vec<Vec<u8>>, result: &Result<()>, flushes: Vec<Sender<Result<()>>>) {
        let mut state = self.lock();
        match result {
            Ok(()) if notes.is_empty() => {}
            Ok(()) => state.note_failure = None,
            Err(error) => {
                state.note_failure = Some(error.duplicate());
                let newer = std::mem::replace(&mut state.notes, notes);
                state.notes.extend(newer);
                state.note_bytes = state.notes.iter().map(|note| note.len().saturating_add(32)).sum();
                state.notes_due = (!state.closing).then(|| due(NOTE_RETRY));
            }
        }
        drop(state);
        for flush in flushes {
            let _ = flush.send(result.as_ref().map_err(Error::duplicate).copied());
        }
    }

    /// The writer has ended. Who still waits for an answer learns it from the closed channel.
    pub(super) fn end(&self, poisoned: bool) {
        let mut state = self.lock();
        state.ended = Some(if poisoned { Ended::Poisoned } else { Ended::Closed });
        state.jobs.clear();
        state.flushes.clear();
        drop(state);
        self.room.notify_all();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().jobs.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock with the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn due(delay: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(delay).unwrap_or(now)
}
