//! What the store in memory holds. Versions are never overwritten, so a snapshot is no more than a sequence number.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use compact_str::CompactString;

use crate::{
    AuditChain, AuditRecord, Batch, Change, Commit, Entry, Error, Guard, Key, Operation, Result, RowId,
    Stored, Value, Write, Written,
};

#[derive(Default)]
pub(super) struct State {
    pub(super) sequence: u64,
    modified: i64,
    /// Row ids are given at first sight, as a document or as the target of a reference, and never taken back.
    rows: HashMap<Key, i64>,
    pub(super) documents: Vec<Document>,
    /// Rows that ever held a document, by kind.
    pub(super) kinds: HashMap<CompactString, BTreeSet<i64>>,
    /// Rows that ever had a token value, by kind, parameter and code: candidates that are still to be tested.
    tokens: HashMap<CompactString, HashMap<CompactString, HashMap<CompactString, BTreeSet<i64>>>>,
    /// Rows that ever referred to a row.
    referrers: HashMap<i64, BTreeSet<i64>>,
    pub(super) feed: Vec<Change>,
    pub(super) audit: Vec<AuditRecord>,
    /// Open snapshots by their sequence number.
    pub(super) snapshots: BTreeMap<u64, usize>,
    /// Rows with purged versions that an open snapshot may still see.
    purged: HashSet<i64>,
}

pub(super) struct Document {
    pub(super) key: Key,
    /// In the order of their sequence numbers.
    pub(super) versions: Vec<Version>,
}

#[derive(Clone)]
pub(super) struct Version {
    pub(super) version: u64,
    pub(super) modified: i64,
    pub(super) sequence: u64,
    /// The sequence number at which the document became live.
    pub(super) born: u64,
    /// The sequence number at which the version was purged.
    purged: Option<u64>,
    pub(super) deleted: bool,
    body: Arc<[u8]>,
    pub(super) entries: Arc<[Entry]>,
}

impl Version {
    pub(super) fn visible(&self, at: u64) -> bool {
        self.sequence <= at && self.purged.is_none_or(|purged| purged > at)
    }

    pub(super) fn stored(&self, row: i64, key: &Key, body: bool) -> Stored {
        Stored {
            row: RowId(row),
            key: key.clone(),
            version: self.version,
            modified: self.modified,
            deleted: self.deleted,
            body: if body { self.body.to_vec() } else { Vec::new() },
        }
    }
}

impl State {
    pub(super) fn row(&self, key: &Key) -> Option<i64> {
        self.rows.get(key).copied()
    }

    pub(super) fn document(&self, row: i64) -> Option<&Document> {
        self.documents.get(usize::try_from(row.checked_sub(1)?).ok()?)
    }

    /// The newest version of a row that a snapshot sees, a tombstone too.
    pub(super) fn version(&self, row: i64, at: u64) -> Option<(&Document, &Version)> {
        let document = self.document(row)?;
        let version = document.versions.iter().rev().find(|version| version.visible(at))?;
        Some((document, version))
    }

    pub(super) fn live(&self, row: i64, at: u64) -> Option<(&Document, &Version)> {
        self.version(row, at).filter(|(_, version)| !version.deleted)
    }

    pub(super) fn with_token(&self, kind: &str, parameter: &str, code: &str) -> Option<&BTreeSet<i64>> {
        self.tokens.get(kind)?.get(parameter)?.get(code)
    }

    pub(super) fn with_reference_to(&self, row: i64) -> Option<&BTreeSet<i64>> {
        self.referrers.get(&row)
    }

    /// Applies a batch, all of it or nothing.
    pub(super) fn apply(&mut self, batch: Batch) -> Result<Commit> {
        for (number, guard) in batch.guards.iter().enumerate() {
            if !self.guard_holds(guard) {
                return Err(Error::guard_failed(number));
            }
        }
        self.expectations_hold(&batch.writes)?;
        self.modified = self.modified.max(batch.at);
        let results = batch.writes.into_iter().map(|write| self.write(write)).collect();
        for record in batch.audit {
            self.append_audit(record);
        }
        self.forget_purged();
        Ok(Commit { sequence: self.sequence, results })
    }

    pub(super) fn append_audit(&mut self, record: Vec<u8>) {
        let (count, last) = self.audit.last().map_or((0, [0; 32]), |last| (last.sequence, last.hash));
        let mut chain = AuditChain::after(count, last);
        let hash = chain.append(&record);
        self.audit.push(AuditRecord { sequence: chain.records(), hash, record });
    }

    fn live_version(&self, key: &Key) -> Option<u64> {
        self.live(self.row(key)?, self.sequence).map(|(_, version)| version.version)
    }

    fn guard_holds(&self, guard: &Guard) -> bool {
        match guard {
            Guard::None(selection) => self.matches(selection, self.sequence).next().is_none(),
            Guard::Only(selection, key) => {
                let mut matches = self.matches(selection, self.sequence);
                let first = matches.next();
                first.is_some() && first == self.row(key) && matches.next().is_none()
            }
            Guard::Holds(key, expect) => expect.holds(self.live_version(key)),
        }
    }

    fn expectations_hold(&self, writes: &[Write]) -> Result<()> {
        // What the writes before have made of a document: its live version and its newest version.
        let mut changed: HashMap<&Key, (Option<u64>, u64)> = HashMap::new();
        for (number, write) in writes.iter().enumerate() {
            let key = write.key();
            let (live, newest) = changed.get(key).copied().unwrap_or_else(|| {
                let newest = self.row(key).and_then(|row| self.version(row, self.sequence));
                (self.live_version(key), newest.map_or(0, |(_, version)| version.version))
            });
            if !write.expectation().holds(live) {
                return Err(Error::conflict(number, live));
            }
            let next = newest.saturating_add(1);
            let state = match write {
                Write::Put { .. } => (Some(next), next),
                Write::Delete { .. } if live.is_some() => (None, next),
                Write::Delete { .. } | Write::PurgeHistory { .. } => (live, newest),
                Write::Purge { .. } => (None, 0),
            };
            changed.insert(key, state);
        }
        Ok(())
    }

    fn write(&mut self, write: Write) -> Written {
        match write {
            Write::Put { key, body, index, expect: _ } => self.put(&key, body, index),
            Write::Delete { key, expect: _ } => self.delete(&key),
            Write::Purge { key, expect: _ } => self.purge(&key, false),
            Write::PurgeHistory { key, expect: _ } => self.purge(&key, true),
        }
    }

    fn put(&mut self, key: &Key, body: Vec<u8>, index: Vec<Entry>) -> Written {
        let row = self.row_or_new(key);
        let before = self
            .version(row, self.sequence)
            .map(|(_, version)| (version.version, version.deleted, version.born));
        let (newest, born) = match before {
            Some((newest, false, born)) => (newest, Some(born)),
            Some((newest, true, _)) => (newest, None),
            None => (0, None),
        };
        let version = newest.saturating_add(1);
        let operation = if born.is_some() { Operation::Updated } else { Operation::Created };
        let sequence = self.log(key, version, operation);
        self.remember(row, key, &index);
        self.push(
            row,
            Version {
                version,
                modified: self.modified,
                sequence,
                born: born.unwrap_or(sequence),
                purged: None,
                deleted: false,
                body: body.into(),
                entries: index.into(),
            },
        );
        Written { version, created: born.is_none(), changed: true, modified: self.modified }
    }

    fn delete(&mut self, key: &Key) -> Written {
        let found = self.row(key).and_then(|row| Some((row, self.version(row, self.sequence)?.1.clone())));
        let Some((row, last)) = found else {
            return Written { version: 0, created: false, changed: false, modified: 0 };
        };
        if last.deleted {
            return Written {
                version: last.version,
                created: false,
                changed: false,
                modified: last.modified,
            };
        }
        let version = last.version.saturating_add(1);
        let sequence = self.log(key, version, Operation::Deleted);
        let (body, entries) = (Arc::from([]), Arc::from([]));
        self.push(
            row,
            Version { version, modified: self.modified, sequence, deleted: true, body, entries, ..last },
        );
        Written { version, created: false, changed: true, modified: self.modified }
    }

    fn purge(&mut self, key: &Key, keep_newest: bool) -> Written {
        let at = self.sequence;
        let found = self.row(key).and_then(|row| Some((row, self.version(row, at)?.1.clone())));
        let Some((row, last)) = found else {
            return Written { version: 0, created: false, changed: false, modified: 0 };
        };
        let Some(document) =
            usize::try_from(row).ok().and_then(|row| self.documents.get_mut(row.checked_sub(1)?))
        else {
            return Written { version: 0, created: false, changed: false, modified: 0 };
        };
        let mut changed = false;
        for version in &mut document.versions {
            if version.visible(at) && !(keep_newest && version.sequence == last.sequence) {
                version.purged = Some(at.saturating_add(1));
                changed = true;
            }
        }
        if changed {
            self.purged.insert(row);
            let operation = if keep_newest { Operation::HistoryPurged } else { Operation::Purged };
            self.log(key, last.version, operation);
        }
        let (version, modified) = if keep_newest { (last.version, last.modified) } else { (0, 0) };
        Written { version, created: false, changed, modified }
    }

    fn log(&mut self, key: &Key, version: u64, operation: Operation) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.feed.push(Change { sequence: self.sequence, key: key.clone(), version, operation });
        self.sequence
    }

    fn push(&mut self, row: i64, version: Version) {
        let document = usize::try_from(row).ok().and_then(|row| self.documents.get_mut(row.checked_sub(1)?));
        if let Some(document) = document {
            document.versions.push(version);
        }
    }

    fn row_or_new(&mut self, key: &Key) -> i64 {
        if let Some(row) = self.row(key) {
            return row;
        }
        self.documents.push(Document { key: key.clone(), versions: Vec::new() });
        let row = i64::try_from(self.documents.len()).unwrap_or(i64::MAX);
        self.rows.insert(key.clone(), row);
        row
    }

    fn remember(&mut self, row: i64, key: &Key, index: &[Entry]) {
        let kind = CompactString::new(key.kind());
        self.kinds.entry(kind.clone()).or_default().insert(row);
        for entry in index {
            match &entry.value {
                Value::Token { code, .. } => {
                    let codes = self
                        .tokens
                        .entry(kind.clone())
                        .or_default()
                        .entry(entry.parameter.clone())
                        .or_default();
                    codes.entry(code.clone()).or_default().insert(row);
                }
                Value::Reference(reference) => {
                    if let Some(target) = reference.key() {
                        let target = self.row_or_new(&target);
                        self.referrers.entry(target).or_default().insert(row);
                    }
                }
                _ => {}
            }
        }
    }

    /// Frees purged versions once no snapshot can see them.
    fn forget_purged(&mut self) {
        if self.snapshots.is_empty() && !self.purged.is_empty() {
            for row in std::mem::take(&mut self.purged) {
                let document =
                    usize::try_from(row).ok().and_then(|row| self.documents.get_mut(row.checked_sub(1)?));
                if let Some(document) = document {
                    document.versions.retain(|version| version.purged.is_none());
                }
            }
        }
    }
}
