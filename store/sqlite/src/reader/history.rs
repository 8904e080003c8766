//! Former versions, the feed, and the audit log.

use hygea_store::position::Position;
use hygea_store::{
    AuditChain, AuditRecord, Change, History, HistoryScope, Hits, Key, Operation, Result, Stored, limits,
};
use rusqlite::params;

use super::View;
use super::row::{self, bytes, id, read_row};
use crate::codec;
use crate::failure::{corrupt, failed};
use crate::writer::{from_code, split_records};

impl View<'_> {
    pub(super) fn versions(&self, history: &History) -> Result<Hits> {
        let after = history.after.as_ref().map(|cursor| Position::decode(cursor, &[])).transpose()?;
        let limit = history.limit.min(limits::PAGE);
        let before = after.map_or(i64::MAX, |position| position.row);
        let mut found = match &history.scope {
            HistoryScope::Document(key) => self.versions_of(key, history, before, limit.saturating_add(1))?,
            _ => self.versions_of_many(history, before, limit.saturating_add(1))?,
        };
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(place, _)| {
            Position { watermark: 0, newest_row: 0, keys: Vec::new(), row: *place }.encode(&[])
        });
        Ok(Hits { rows: found.into_iter().map(|(_, stored)| stored).collect(), next })
    }

    pub(super) fn count_versions(&self, history: &History) -> Result<u64> {
        let failed = failed("count versions");
        let connection = &self.linked()?.connection;
        if let HistoryScope::Document(key) = &history.scope {
            let Some(rid) = self.row_of(key)? else { return Ok(0) };
            let sql = "SELECT (SELECT count(*) FROM history WHERE rid = ?1 AND modified >= ?2 AND modified <= ?3) \
                       + (SELECT count(*) FROM document WHERE rid = ?1 AND version > 0 AND modified >= ?2 AND modified <= ?3)";
            let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
            let (since, until) = times(history);
            return statement.query_row(params![rid, since, until], |row| row.get(0)).map_err(&failed);
        }
        let (first, behind) = self.sequences(history)?;
        match self.kind_of(&history.scope) {
            Some(None) => Ok(0),
            Some(Some(kind)) => {
                let sql = "SELECT count(*) FROM feed INDEXED BY feed_kind \
                           WHERE kind = ? AND gone = 0 AND sequence >= ? AND sequence < ?";
                let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
                statement.query_row(params![kind, first, behind], |row| row.get(0)).map_err(&failed)
            }
            None => {
                let sql = "SELECT count(*) FROM feed WHERE gone = 0 AND sequence >= ? AND sequence < ?";
                let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
                statement.query_row(params![first, behind], |row| row.get(0)).map_err(&failed)
            }
        }
    }

    pub(super) fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>> {
        let failed = failed("read the feed");
        let sql = "SELECT f.sequence, f.version, f.operation, d.kind, d.id FROM feed f \
                   CROSS JOIN document d ON d.rid = f.rid WHERE f.sequence > ? ORDER BY f.sequence LIMIT ?";
        let mut statement = self.linked()?.connection.prepare_cached(sql).map_err(&failed)?;
        let (after, limit) =
            (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit.min(limits::PAGE)).unwrap_or(0));
        let mut rows = statement.query(params![after, limit]).map_err(&failed)?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let kind = self.catalog.kind_name(row.get(3).map_err(&failed)?);
            let kind = kind.ok_or_else(|| corrupt("a change is of an unknown kind"))?;
            changes.push(Change {
                sequence: row.get(0).map_err(&failed)?,
                key: Key::new(kind, id(row, 4)?),
                version: row.get(1).map_err(&failed)?,
                operation: operation(row.get(2).map_err(&failed)?)?,
            });
        }
        Ok(changes)
    }

    pub(super) fn records(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>> {
        let failed = failed("read the audit log");
        let limit = limit.min(limits::PAGE);
        let connection = &self.linked()?.connection;
        let wanted = i64::try_from(after.saturating_add(1)).unwrap_or(i64::MAX);
        // The hash before the first chunk comes from the chunk before it.
        let sql = "SELECT first, count, hash, records FROM audit WHERE first >= \
                   ifnull((SELECT max(first) FROM audit WHERE first < (SELECT max(first) FROM audit WHERE first <= ?)), 0) \
                   ORDER BY first";
        let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query([wanted]).map_err(&failed)?;
        let mut records = Vec::new();
        let mut chain: Option<AuditChain> = None;
        while records.len() < limit {
            let Some(row) = rows.next().map_err(&failed)? else { break };
            let (first, count): (u64, u64) = (row.get(0).map_err(&failed)?, row.get(1).map_err(&failed)?);
            let end: [u8; 32] = bytes(row, 2)?
                .try_into()
                .map_err(|_| corrupt("a hash of the audit log does not have 32 bytes"))?;
            let last = first.saturating_add(count).saturating_sub(1);
            if chain.is_none() && first > 1 {
                // Only its end is needed.
                chain = Some(AuditChain::after(last, end));
                continue;
            }
            let mut running = chain.take().unwrap_or(AuditChain::start());
            if running.records().saturating_add(1) != first {
                return Err(corrupt("the audit log has a gap"));
            }
            for record in split_records(&codec::decompress(bytes(row, 3)?, None)?)? {
                let hash = running.append(record);
                if running.records() > after && records.len() < limit {
                    records.push(AuditRecord { sequence: running.records(), hash, record: record.to_vec() });
                }
            }
            if running != AuditChain::after(last, end) {
                return Err(corrupt("the audit log is not what was written"));
            }
            chain = Some(running);
        }
        Ok(records)
    }

    fn versions_of(
        &self,
        key: &Key,
        history: &History,
        before: i64,
        most: usize,
    ) -> Result<Vec<(i64, Stored)>> {
        let failed = failed("read former versions");
        let Some(rid) = self.row_of(key)? else { return Ok(Vec::new()) };
        let (since, until) = times(history);
        let sql = "SELECT version, modified, deleted, codec, body FROM document \
                   WHERE rid = ?1 AND version > 0 AND version < ?2 AND modified >= ?3 AND modified <= ?4 \
                   UNION ALL SELECT * FROM (SELECT version, modified, deleted, codec, body FROM history \
                   WHERE rid = ?1 AND version < ?2 AND modified >= ?3 AND modified <= ?4 ORDER BY version DESC) LIMIT ?5";
        let mut statement = self.linked()?.connection.prepare_cached(sql).map_err(&failed)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![rid, before, since, until, most]).map_err(&failed)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let place = row.get(0).map_err(&failed)?;
            found.push((place, read_row(self.shared, row, rid, key.clone(), true)?));
        }
        Ok(found)
    }

    fn versions_of_many(&self, history: &History, before: i64, most: usize) -> Result<Vec<(i64, Stored)>> {
        let failed = failed("read former versions");
        let linked = self.linked()?;
        let (first, behind) = self.sequences(history)?;
        let (behind, most) = (behind.min(before), i64::try_from(most).unwrap_or(i64::MAX));
        let mut places: Vec<(i64, i64, u64)> = Vec::new();
        let mut collect = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<()> {
            let mut statement = linked.connection.prepare_cached(sql).map_err(&failed)?;
            let mut rows = statement.query(values).map_err(&failed)?;
            while let Some(row) = rows.next().map_err(&failed)? {
                let version = row.get(2).map_err(&failed)?;
                places.push((row.get(0).map_err(&failed)?, row.get(1).map_err(&failed)?, version));
            }
            Ok(())
        };
        match self.kind_of(&history.scope) {
            Some(None) => {}
            Some(Some(kind)) => collect(
                "SELECT sequence, rid, version FROM feed INDEXED BY feed_kind WHERE kind = ? AND gone = 0 \
                 AND sequence >= ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
                params![kind, first, behind, most],
            )?,
            None => collect(
                "SELECT sequence, rid, version FROM feed WHERE gone = 0 \
                 AND sequence >= ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
                params![first, behind, most],
            )?,
        }
        let mut found = Vec::with_capacity(places.len());
        for (sequence, rid, version) in places {
            let key = row::key(&self.catalog, &linked.connection, rid)?;
            let key = key.ok_or_else(|| corrupt("a document is of no kind"))?;
            let stored = row::version(self.shared, linked, rid, &key, version)?;
            found.push((sequence, stored.ok_or_else(|| corrupt("a version of the feed is missing"))?));
        }
        Ok(found)
    }

    /// The kind of a history: none for all kinds, none inside for a kind without documents.
    #[expect(clippy::option_option, reason = "the three answers are listed above, all private to this file")]
    fn kind_of(&self, scope: &HistoryScope) -> Option<Option<i64>> {
        match scope {
            HistoryScope::Kind(kind) => Some(self.catalog.kind(kind).map(|kind| kind.number)),
            _ => None,
        }
    }

    /// The sequence numbers of a span of time: the first, and the first behind it.
    fn sequences(&self, history: &History) -> Result<(i64, i64)> {
        let first = history.since.map_or(Ok(0), |since| self.first_sequence(since))?;
        let behind = history.before.map_or(Ok(i64::MAX), |before| self.first_sequence(before))?;
        Ok((first, behind))
    }

    /// The first sequence number at a time or later. Numbers have no gaps and times never decrease, so it is found by halving.
    fn first_sequence(&self, time: i64) -> Result<i64> {
        let failed = failed("look up a time in the feed");
        let sql = "SELECT modified FROM feed WHERE sequence = ?";
        let mut statement = self.linked()?.connection.prepare_cached(sql).map_err(&failed)?;
        let (mut low, mut high) = (1i64, i64::try_from(self.sequence).unwrap_or(i64::MAX).saturating_add(1));
        while low < high {
            let middle = low.midpoint(high);
            let modified: i64 = statement.query_row([middle], |row| row.get(0)).map_err(&failed)?;
            if modified < time {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// The first and the last microsecond of a history.
fn times(history: &History) -> (i64, i64) {
    (history.since.unwrap_or(i64::MIN), history.before.map_or(i64::MAX, |before| before.saturating_sub(1)))
}

fn operation(code: i64) -> Result<Operation> {
    from_code(code).ok_or_else(|| corrupt("a change is of an unknown operation"))
}
