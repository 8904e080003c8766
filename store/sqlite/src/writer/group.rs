//! A group of batches in one transaction.
//!
//! Each batch is checked whole before anything of it is applied, so a refused batch leaves no trace and needs no savepoint. What
//! is applied is collected in memory first and written table by table in key order at the end, or before a guard asks.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use compact_str::CompactString;
use hygea_store::{Commit, Entry, Error, Guard, Key, Operation, Result, Value, Written};
use rusqlite::OptionalExtension as _;

use super::index::{several, trait_of};
use super::queue::{Change, Job, Prepared};
use super::tables::{FeedRow, Group, HistoryRow, Pending};
use super::{Writer, join_records};
use crate::catalog::{Kind, Parameter};
use crate::entries::Item;
use crate::failure::{corrupt, failed};
use crate::identity::{StoredId, id_of};
use crate::names;
use crate::reader::Searcher;

/// Live version and newest version of a document, as the writes before have left it.
#[derive(Clone, Copy, Default)]
struct State {
    live: Option<u64>,
    newest: u64,
}

impl Writer {
    /// Applies all batches and notes. The inner results are those of the batches, the outer one that of the transaction.
    pub(super) fn apply(&mut self, jobs: &[Job], notes: &[Vec<u8>]) -> Result<Vec<Result<Commit>>> {
        let mut group = Group::default();
        let mut results = Vec::with_capacity(jobs.len());
        let mut records: Vec<&Vec<u8>> = Vec::new();
        for job in jobs {
            let refused = match self.refusal(job, &mut group)? {
                Some(error) => Err(error),
                None => {
                    self.modified = self.modified.max(job.at);
                    let written = job.writes.iter().map(|write| self.apply_write(write, &mut group));
                    let written = written.collect::<Result<Vec<Written>>>()?;
                    records.extend(&job.audit);
                    Ok(Commit { sequence: self.sequence.cast_unsigned(), results: written })
                }
            };
            results.push(refused);
        }
        records.extend(notes);
        self.write_out(&mut group)?;
        self.append_audit(&records)?;
        Ok(results)
    }

    /// Why a batch is refused, if it is.
    fn refusal<'a>(&mut self, job: &'a Job, group: &mut Group<'a>) -> Result<Option<Error>> {
        for (number, guard) in job.guards.iter().enumerate() {
            if !self.guard_holds(guard, group)? {
                return Ok(Some(Error::guard_failed(number)));
            }
        }
        let mut changed: HashMap<&Key, State> = HashMap::new();
        for (number, write) in job.writes.iter().enumerate() {
            let before = match changed.get(&write.key) {
                Some(state) => *state,
                None => self.state(&write.key, group)?,
            };
            if !write.expect.holds(before.live) {
                return Ok(Some(Error::conflict(number, before.live)));
            }
            if job.writes.len() > 1 {
                changed.insert(&write.key, before.after(&write.change));
            }
        }
        Ok(None)
    }

    fn guard_holds<'a>(&mut self, guard: &'a Guard, group: &mut Group<'a>) -> Result<bool> {
        if let Guard::Holds(key, expect) = guard {
            return Ok(expect.holds(self.state(key, group)?.live));
        }
        // The search reads the tables, so what the group has collected is written first.
        self.write_out(group)?;
        let searcher = Searcher::new(&self.shared, &self.linked, &self.catalog);
        match guard {
            Guard::None(selection) => Ok(searcher.first_rows(selection, 1)?.is_empty()),
            Guard::Only(selection, key) => {
                let found = searcher.first_rows(selection, 2)?;
                let wanted = self.find_row(key)?;
                Ok(wanted.is_some_and(|wanted| found == [wanted]))
            }
            _ => Err(Error::new(hygea_store::ErrorKind::Invalid, "this store does not know a kind of guard")),
        }
    }

    fn state(&mut self, key: &Key, group: &mut Group<'_>) -> Result<State> {
        let Some(rid) = self.find_row(key)? else { return Ok(State::default()) };
        let document = self.pending(rid, group)?;
        let newest = document.version;
        Ok(State { live: (!document.deleted).then_some(newest), newest })
    }

    fn apply_write<'a>(&mut self, write: &'a Prepared, group: &mut Group<'a>) -> Result<Written> {
        match &write.change {
            Change::Put { codec, body, index } => self.put(&write.key, *codec, body, index, group),
            Change::Delete => self.delete(&write.key, group),
            Change::Purge => self.purge(&write.key, group, false),
            Change::PurgeHistory => self.purge(&write.key, group, true),
        }
    }

    fn put<'a>(
        &mut self,
        key: &'a Key,
        codec: i64,
        body: &'a [u8],
        index: &'a [Entry],
        group: &mut Group<'a>,
    ) -> Result<Written> {
        let kind = self.kind(key.kind())?;
        let rid = self.row(kind, key.id(), group)?;
        let entries = self.resolve(kind, index, group)?;
        let modified = self.modified;
        let (created, version) = {
            let document = self.pending(rid, group)?;
            (document.deleted, document.version.saturating_add(1))
        };
        let operation = if created { Operation::Created } else { Operation::Updated };
        let sequence = self.log(kind, rid, version, operation, group);
        group.keep_former(rid);
        let document = self.pending(rid, group)?;
        if created {
            document.born = sequence;
        }
        document.deleted = false;
        document.set(version, modified, sequence, codec, Cow::Borrowed(body), entries);
        if created {
            group.add_live(kind, 1);
        }
        Ok(Written { version, created, changed: true, modified })
    }

    fn delete<'a>(&mut self, key: &Key, group: &mut Group<'a>) -> Result<Written> {
        let Some(rid) = self.find_row(key)? else { return Ok(NOTHING) };
        let modified = self.modified;
        let (kind, deleted, version, last) = {
            let document = self.pending(rid, group)?;
            (document.kind, document.deleted, document.version, document.modified)
        };
        if deleted {
            return Ok(Written { version, created: false, changed: false, modified: last });
        }
        let version = version.saturating_add(1);
        let sequence = self.log(kind, rid, version, Operation::Deleted, group);
        group.keep_former(rid);
        let document = self.pending(rid, group)?;
        document.deleted = true;
        document.set(version, modified, sequence, 0, Cow::Borrowed(&[]), Vec::new());
        group.add_live(kind, -1);
        Ok(Written { version, created: false, changed: true, modified })
    }

    fn purge<'a>(&mut self, key: &Key, group: &mut Group<'a>, keep_newest: bool) -> Result<Written> {
        let Some(rid) = self.find_row(key)? else { return Ok(NOTHING) };
        // History is removed from the tables, so everything collected has to be there first.
        self.write_out(group)?;
        let (kind, deleted, version, modified, sequence) = {
            let document = self.pending(rid, group)?;
            (document.kind, document.deleted, document.version, document.modified, document.sequence)
        };
        if version == 0 {
            return Ok(NOTHING);
        }
        let former = self.remove_history(rid)?;
        let result = if keep_newest {
            Written { version, created: false, changed: former > 0, modified }
        } else {
            self.mark_gone(sequence)?;
            let document = self.pending(rid, group)?;
            document.deleted = true;
            document.set(0, 0, 0, 0, Cow::Borrowed(&[]), Vec::new());
            if !deleted {
                group.add_live(kind, -1);
            }
            Written { version: 0, created: false, changed: true, modified: 0 }
        };
        if result.changed {
            let operation = if keep_newest { Operation::HistoryPurged } else { Operation::Purged };
            self.log(kind, rid, version, operation, group);
        }
        Ok(result)
    }

    fn log(&mut self, kind: i64, rid: i64, version: u64, operation: Operation, group: &mut Group<'_>) -> i64 {
        self.sequence = self.sequence.saturating_add(1);
        let (sequence, modified) = (self.sequence, self.modified);
        group.feed.push(FeedRow { sequence, kind, rid, version, operation, modified });
        sequence
    }

    /// Number of a kind, a new one if it has none.
    fn kind(&mut self, name: &str) -> Result<i64> {
        if let Some(kind) = self.catalog.kind(name) {
            return Ok(kind.number);
        }
        let number = self.next.kind;
        self.next.kind = number.saturating_add(1);
        let sql = "INSERT INTO kind (kind, name) VALUES (?, ?)";
        self.linked.connection.execute(sql, (number, name)).map_err(failed("write a kind"))?;
        self.catalog.add_kind(name, Kind { number, dictionary: None });
        self.catalog_changed = true;
        Ok(number)
    }

    /// Number of a parameter, a new one if it has none, with what is now true of it.
    fn parameter(&mut self, kind: i64, name: &str, traits: i64) -> Result<i64> {
        let known = self.catalog.parameter(kind, name);
        let (number, sql) = match known {
            Some(found) if found.traits | traits == found.traits => return Ok(found.number),
            Some(found) => (
                found.number,
                "UPDATE parameter SET traits = ?4 WHERE parameter = ?1 AND kind = ?2 AND name = ?3",
            ),
            None => {
                let number = self.next.parameter;
                self.next.parameter = number.saturating_add(1);
                (number, "INSERT INTO parameter (parameter, kind, name, traits) VALUES (?, ?, ?, ?)")
            }
        };
        let traits = known.map_or(0, |found| found.traits) | traits;
        self.linked
            .connection
            .execute(sql, (number, kind, name, traits))
            .map_err(failed("write a parameter"))?;
        self.catalog.set_parameter(kind, name, Parameter { number, traits });
        self.catalog_changed = true;
        Ok(number)
    }

    /// Number of a term, a new one if it has none; 0 for none.
    fn term(&mut self, text: Option<&CompactString>) -> Result<i64> {
        let Some(text) = text else { return Ok(0) };
        if let Some(number) = self.known.terms.get(text) {
            return Ok(*number);
        }
        let number = match names::term(&self.linked.connection, text)? {
            Some(number) => number,
            None => {
                let number = self.next.term;
                self.next.term = number.saturating_add(1);
                let failed = failed("write a term");
                let sql = "INSERT INTO term (term, hash, text) VALUES (?, ?, ?)";
                let mut statement = self.linked.connection.prepare_cached(sql).map_err(&failed)?;
                statement.execute((number, names::hash(text), text.as_str())).map_err(&failed)?;
                number
            }
        };
        self.known.count = self.known.count.saturating_add(1);
        self.known.terms.insert(text.clone(), number);
        Ok(number)
    }

    fn uri(&mut self, text: &CompactString) -> Result<i64> {
        if let Some(number) = self.known.uris.get(text) {
            return Ok(*number);
        }
        let failed = failed("write a URI");
        let connection = &self.linked.connection;
        let mut find = connection.prepare_cached("SELECT uri FROM uri WHERE text = ?").map_err(&failed)?;
        let found = find.query_row([text.as_str()], |row| row.get(0)).optional().map_err(&failed)?;
        let number = match found {
            Some(number) => number,
            None => {
                let number = self.next.uri;
                self.next.uri = number.saturating_add(1);
                let sql = "INSERT INTO uri (uri, text) VALUES (?, ?)";
                let mut insert = connection.prepare_cached(sql).map_err(&failed)?;
                insert.execute((number, text.as_str())).map_err(&failed)?;
                number
            }
        };
        self.known.count = self.known.count.saturating_add(1);
        self.known.uris.insert(text.clone(), number);
        Ok(number)
    }

    /// Row of a document, if it was ever seen.
    fn find_row(&mut self, key: &Key) -> Result<Option<i64>> {
        let Some(kind) = self.catalog.kind(key.kind()).map(|kind| kind.number) else { return Ok(None) };
        self.find_identity(kind, key.id())
    }

    fn find_identity(&mut self, kind: i64, id: &str) -> Result<Option<i64>> {
        if let Some(rid) = self.known.identities.get(&kind).and_then(|ids| ids.get(id)) {
            return Ok(Some(*rid));
        }
        let found = names::identity(&self.linked.connection, kind, id)?;
        if let Some(rid) = found {
            self.remember_identity(kind, id, rid);
        }
        Ok(found)
    }

    fn remember_identity(&mut self, kind: i64, id: &str, rid: i64) {
        self.known.count = self.known.count.saturating_add(1);
        self.known.identities.entry(kind).or_default().insert(id.into(), rid);
    }

    /// Row of an identity, a new one if it was never seen.
    fn row(&mut self, kind: i64, id: &str, group: &mut Group<'_>) -> Result<i64> {
        if let Some(rid) = self.find_identity(kind, id)? {
            return Ok(rid);
        }
        let rid = self.next.row;
        self.next.row = rid.saturating_add(1);
        self.remember_identity(kind, id, rid);
        let id = StoredId::new(id);
        group.identities.push((id.clone(), kind, rid));
        group.documents.insert(rid, Pending::new(kind, id));
        Ok(rid)
    }

    /// A document as the group has left it, read when the group has not touched it yet.
    fn pending<'g, 'a>(&self, rid: i64, group: &'g mut Group<'a>) -> Result<&'g mut Pending<'a>> {
        match group.documents.entry(rid) {
            Slot::Occupied(slot) => Ok(slot.into_mut()),
            Slot::Vacant(slot) => {
                let failed = failed("read a document");
                let sql = "SELECT kind, id, version, modified, sequence, born, deleted, codec, entries, body \
                           FROM document WHERE rid = ?";
                let mut statement = self.linked.connection.prepare_cached(sql).map_err(&failed)?;
                let mut rows = statement.query([rid]).map_err(&failed)?;
                let row = rows
                    .next()
                    .map_err(&failed)?
                    .ok_or_else(|| corrupt("an identity leads to no document"))?;
                let id = StoredId::new(&id_of(row.get_ref(1).map_err(&failed)?)?);
                let entries: Vec<u8> = row.get(8).map_err(&failed)?;
                Ok(slot.insert(Pending {
                    kind: row.get(0).map_err(&failed)?,
                    id,
                    stored: true,
                    changed: false,
                    indexed: entries.clone(),
                    version: row.get(2).map_err(&failed)?,
                    modified: row.get(3).map_err(&failed)?,
                    sequence: row.get(4).map_err(&failed)?,
                    born: row.get(5).map_err(&failed)?,
                    deleted: row.get::<_, i64>(6).map_err(&failed)? != 0,
                    codec: row.get(7).map_err(&failed)?,
                    entries,
                    body: Cow::Owned(row.get(9).map_err(&failed)?),
                }))
            }
        }
    }

    /// Index values in the numbers of the store.
    fn resolve(&mut self, kind: i64, index: &[Entry], group: &mut Group<'_>) -> Result<Vec<u8>> {
        let mut encoder = std::mem::take(&mut self.encoder);
        for entry in index {
            let parameter = self.parameter(kind, &entry.parameter, trait_of(&entry.value))?;
            let item = match &entry.value {
                Value::Token { system, code } => Item::Token {
                    parameter,
                    code: self.term(Some(code))?,
                    system: self.term(system.as_ref())?,
                },
                Value::Text(text) => Item::Text { parameter, folded: &text.folded, exact: &text.exact },
                Value::Date { low, high } => Item::Date { parameter, low: *low, high: *high },
                Value::Number { low, high } => Item::Number { parameter, low: *low, high: *high },
                Value::Quantity { system, unit, low, high } => {
                    let (system, unit) = (self.term(system.as_ref())?, self.term(unit.as_ref())?);
                    Item::Quantity { parameter, system, unit, low: *low, high: *high }
                }
                Value::Reference(reference) => {
                    let target_kind = match &reference.kind {
                        Some(kind) => self.kind(kind)?,
                        None => 0,
                    };
                    let target = self.row(target_kind, &reference.id, group)?;
                    let base = self.term(reference.base.as_ref())?;
                    Item::Reference {
                        parameter,
                        target,
                        base,
                        version: self.term(reference.version.as_ref())?,
                    }
                }
                Value::Uri(uri) => Item::Uri { parameter, uri: self.uri(uri)? },
                _ => {
                    return Err(Error::new(
                        hygea_store::ErrorKind::Invalid,
                        "this store does not know a type of index value",
                    ));
                }
            };
            encoder.push(&item);
        }
        let list = encoder.finish();
        self.encoder = encoder;
        let mut found = Vec::new();
        several(&list, &mut found)?;
        for (parameter, traits) in found {
            if self.catalog.traits(parameter) | traits != self.catalog.traits(parameter)
                && let Some(name) = self.catalog.parameter_name(parameter).cloned()
            {
                self.parameter(kind, &name, traits)?;
            }
        }
        Ok(list)
    }

    fn append_audit(&mut self, records: &[&Vec<u8>]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let failed = failed("write the audit log");
        let sql = "INSERT INTO audit (first, count, hash, records) VALUES (?, ?, ?, ?)";
        let mut statement = self.linked.connection.prepare_cached(sql).map_err(&failed)?;
        // A chunk is read whole, so it stays small.
        for chunk in records.chunks(512) {
            let first = self.audit.records().saturating_add(1);
            for record in chunk {
                self.audit.append(record);
            }
            let joined = join_records(chunk.iter().copied(), self.shared.options.compression)?;
            let hash = &self.audit.hash()[..];
            statement.execute((first, chunk.len(), hash, joined)).map_err(&failed)?;
        }
        Ok(())
    }
}

const NOTHING: Written = Written { version: 0, created: false, changed: false, modified: 0 };

impl State {
    fn after(self, change: &Change) -> Self {
        let next = self.newest.saturating_add(1);
        match change {
            Change::Put { .. } => Self { live: Some(next), newest: next },
            Change::Delete if self.live.is_some() => Self { live: None, newest: next },
            Change::Delete | Change::PurgeHistory => self,
            Change::Purge => Self::default(),
        }
    }
}

impl<'a> Group<'a> {
    /// The version that is about to be replaced goes to the history.
    fn keep_former(&mut self, rid: i64) {
        if let Some(document) = self.documents.get(&rid)
            && document.version > 0
        {
            self.history.push(HistoryRow {
                rid,
                version: document.version,
                modified: document.modified,
                sequence: document.sequence,
                deleted: document.deleted,
                codec: document.codec,
                body: document.body.clone(),
            });
        }
    }

    fn add_live(&mut self, kind: i64, count: i64) {
        let live = self.live.entry(kind).or_default();
        *live = live.saturating_add(count);
    }
}
