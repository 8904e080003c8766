//! Reading the store in memory as it was at one sequence number.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::MemoryStore;
use super::evaluate::{sort_values, targets};
use super::state::{State, Version};
use crate::position::{Position, SortValue, compare};
use crate::query::check_selections;
use crate::{
    AuditRecord, Change, History, HistoryScope, Hits, Key, Operation, Query, Result, RowId, Selection,
    Snapshot, Sort, Stored, limits,
};

pub(super) struct View<'a> {
    store: &'a MemoryStore,
    sequence: u64,
    audited: u64,
}

impl<'a> View<'a> {
    pub(super) fn open(store: &'a MemoryStore, state: &mut State) -> Self {
        let count = state.snapshots.entry(state.sequence).or_default();
        *count = count.saturating_add(1);
        Self { store, sequence: state.sequence, audited: state.audit.len() as u64 }
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // A poisoned or closed store is not read again, so its list of snapshots does not matter.
        if let Ok(mut state) = self.store.state.write()
            && let Some(count) = state.snapshots.get_mut(&self.sequence)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.snapshots.remove(&self.sequence);
            }
        }
    }
}

impl Snapshot for View<'_> {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn read(&self, key: &Key) -> Result<Option<Stored>> {
        let state = self.store.state()?;
        let found = state.row(key).and_then(|row| Some((row, state.version(row, self.sequence)?)));
        Ok(found.map(|(row, (_, version))| version.stored(row, key, true)))
    }

    fn read_version(&self, key: &Key, version: u64) -> Result<Option<Stored>> {
        let state = self.store.state()?;
        let found = state.row(key).and_then(|row| {
            let mut versions = state.document(row)?.versions.iter();
            Some((row, versions.find(|found| found.version == version && found.visible(self.sequence))?))
        });
        Ok(found.map(|(row, version)| version.stored(row, key, true)))
    }

    fn search(&self, query: &Query) -> Result<Hits> {
        query.check()?;
        let state = self.store.state()?;
        let after = query.after.as_ref().map(|cursor| Position::decode(cursor, &query.sort)).transpose()?;
        let (watermark, newest_row) = match &after {
            Some(position) => (position.watermark, position.newest_row),
            None => (self.sequence, i64::try_from(state.documents.len()).unwrap_or(i64::MAX)),
        };
        let limit = query.limit.min(limits::PAGE);
        let mut hits: Vec<Hit<'_>> = Vec::new();
        for selection in &query.selections {
            // Without sort keys rows come in order: those before the cursor are skipped and one more than the page is enough.
            let unsorted = query.sort.is_empty();
            let start = after.as_ref().filter(|_| unsorted).map_or(0, |position| position.row);
            let found = state
                .matches_after(selection, self.sequence, start)
                .filter_map(|row| Hit::new(&state, row, self.sequence, &query.sort))
                .filter(|hit| hit.version.born <= watermark)
                .filter(|hit| after.as_ref().is_none_or(|position| hit.is_after(position, &query.sort)));
            hits.extend(found.take(if unsorted { limit.saturating_add(1) } else { usize::MAX }));
        }
        hits.sort_by(|left, right| compare(&query.sort, (&left.keys, left.row), (&right.keys, right.row)));
        let more = hits.len() > limit;
        hits.truncate(limit);
        let last = hits.last().filter(|_| more);
        let next = last.map(|hit| {
            Position { watermark, newest_row, keys: hit.keys.clone(), row: hit.row }.encode(&query.sort)
        });
        let rows = hits.iter().map(|hit| hit.version.stored(hit.row, hit.key, query.bodies)).collect();
        Ok(Hits { rows, next })
    }

    fn count(&self, selections: &[Selection]) -> Result<u64> {
        check_selections(selections)?;
        let state = self.store.state()?;
        Ok(selections.iter().map(|selection| state.matches(selection, self.sequence).count() as u64).sum())
    }

    fn referenced(&self, rows: &[RowId], parameter: &str) -> Result<Vec<Key>> {
        let state = self.store.state()?;
        let live = rows.iter().filter_map(|row| state.live(row.0, self.sequence));
        let keys: BTreeSet<Key> =
            live.flat_map(|(_, version)| targets(&version.entries, parameter)).collect();
        Ok(keys.into_iter().collect())
    }

    fn history(&self, history: &History) -> Result<Hits> {
        let state = self.store.state()?;
        let after = history.after.as_ref().map(|cursor| Position::decode(cursor, &[])).transpose()?;
        let limit = history.limit.min(limits::PAGE);
        let mut versions = self.versions(&state, history);
        versions.retain(|(_, _, version)| {
            after
                .as_ref()
                .is_none_or(|position| i64::try_from(version.sequence).is_ok_and(|it| it < position.row))
        });
        let more = versions.len() > limit;
        versions.truncate(limit);
        let next = versions.last().filter(|_| more).map(|(_, _, version)| {
            let row = i64::try_from(version.sequence).unwrap_or(i64::MAX);
            Position { watermark: self.sequence, newest_row: 0, keys: Vec::new(), row }.encode(&[])
        });
        Ok(Hits {
            rows: versions.into_iter().map(|(row, key, version)| version.stored(row, key, true)).collect(),
            next,
        })
    }

    fn history_count(&self, history: &History) -> Result<u64> {
        Ok(self.versions(&*self.store.state()?, history).len() as u64)
    }

    fn feed(&self, after: u64, limit: usize) -> Result<Vec<Change>> {
        let state = self.store.state()?;
        let start = usize::try_from(after).unwrap_or(usize::MAX);
        let visible = state.feed.iter().skip(start).take_while(|change| change.sequence <= self.sequence);
        Ok(visible.take(limit.min(limits::PAGE)).cloned().collect())
    }

    fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>> {
        let state = self.store.state()?;
        let start = usize::try_from(after).unwrap_or(usize::MAX);
        let visible = state.audit.iter().skip(start).take_while(|record| record.sequence <= self.audited);
        Ok(visible.take(limit.min(limits::PAGE)).cloned().collect())
    }
}

impl View<'_> {
    /// All versions of a history, newest first.
    fn versions<'s>(&self, state: &'s State, history: &History) -> Vec<(i64, &'s Key, &'s Version)> {
        let wanted = |key: &Key| match &history.scope {
            HistoryScope::Document(document) => key == document,
            HistoryScope::Kind(kind) => key.kind() == kind,
            HistoryScope::All => true,
        };
        let visible = state.feed.iter().take_while(|change| change.sequence <= self.sequence);
        let changes = visible.filter(|change| {
            wanted(&change.key) && !matches!(change.operation, Operation::Purged | Operation::HistoryPurged)
        });
        let mut versions: Vec<_> = changes
            .filter_map(|change| {
                let row = state.row(&change.key)?;
                let document = state.document(row)?;
                let version = document.versions.iter().find(|version| version.sequence == change.sequence)?;
                let in_time = history.since.is_none_or(|since| version.modified >= since)
                    && history.before.is_none_or(|before| version.modified < before);
                (version.visible(self.sequence) && in_time).then_some((row, &document.key, version))
            })
            .collect();
        versions.reverse();
        versions
    }
}

struct Hit<'a> {
    row: i64,
    key: &'a Key,
    version: &'a Version,
    keys: Vec<Option<SortValue>>,
}

impl<'a> Hit<'a> {
    fn new(state: &'a State, row: i64, at: u64, sort: &[Sort]) -> Option<Self> {
        let (document, version) = state.live(row, at)?;
        Some(Self { row, key: &document.key, version, keys: sort_values(&document.key, version, sort) })
    }

    fn is_after(&self, position: &Position, sort: &[Sort]) -> bool {
        compare(sort, (&self.keys, self.row), (&position.keys, position.row)) == Ordering::Greater
    }
}
