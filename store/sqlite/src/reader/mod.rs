//! Reading: one connection inside one read transaction is one consistent view.

mod cost;
mod count;
mod history;
mod row;
mod search;
mod sort;
#[cfg(test)]
mod ways;

use std::collections::BTreeSet;
use std::sync::Arc;

use hygea_store::sql::Names as _;
use hygea_store::{
    AuditRecord, Change, History, Hits, Key, Query, Result, RowId, Selection, Snapshot, Stored,
};
use rusqlite::OptionalExtension as _;

use crate::catalog::Catalog;
use crate::connection::Linked;
use crate::entries::{Item, Items};
use crate::failure::{corrupt, failed};
use crate::names::Lookup;
use crate::store::Shared;

pub(crate) use search::Searcher;

/// A consistent view of a store.
pub(crate) struct View<'a> {
    pub(crate) shared: &'a Shared,
    /// Given back when the view is dropped.
    linked: Option<Linked>,
    pub(crate) catalog: Arc<Catalog>,
    sequence: u64,
}

impl<'a> View<'a> {
    pub(crate) fn open(shared: &'a Shared) -> Result<Self> {
        let linked = shared.reader()?;
        linked.connection.execute_batch("BEGIN").map_err(failed("begin to read"))?;
        let sql = "SELECT ifnull(max(sequence), 0) FROM feed";
        let sequence = {
            // The first read fixes what the view sees.
            let mut statement = linked.connection.prepare_cached(sql).map_err(failed("begin to read"))?;
            statement.query_row([], |row| row.get(0)).map_err(failed("begin to read"))?
        };
        // Kinds and parameters are published before their rows are committed: read after the view is fixed, none is missing.
        Ok(Self { shared, linked: Some(linked), catalog: shared.catalog(), sequence })
    }

    pub(crate) fn linked(&self) -> Result<&Linked> {
        self.linked.as_ref().ok_or_else(|| corrupt("a view has lost its connection"))
    }

    fn searcher(&self) -> Result<Searcher<'_>> {
        Ok(Searcher::new(self.shared, self.linked()?, &self.catalog))
    }

    fn row_of(&self, key: &Key) -> Result<Option<i64>> {
        let Some(kind) = self.catalog.kind(key.kind()) else { return Ok(None) };
        Lookup { connection: &self.linked()?.connection, catalog: &self.catalog }
            .identity(kind.number, key.id())
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        if let Some(linked) = self.linked.take()
            && linked.connection.execute_batch("ROLLBACK").is_ok()
        {
            self.shared.give_back(linked);
        }
    }
}

impl Snapshot for View<'_> {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn read(&self, key: &Key) -> Result<Option<Stored>> {
        read(self.shared, self.linked()?, &self.catalog, key)
    }

    fn read_version(&self, key: &Key, version: u64) -> Result<Option<Stored>> {
        match self.row_of(key)? {
            Some(rid) => row::version(self.shared, self.linked()?, rid, key, version),
            None => Ok(None),
        }
    }

    fn search(&self, query: &Query) -> Result<Hits> {
        self.searcher()?.search(query, self.sequence)
    }

    fn count(&self, selections: &[Selection]) -> Result<u64> {
        self.searcher()?.count(selections)
    }

    fn referenced(&self, rows: &[RowId], parameter: &str) -> Result<Vec<Key>> {
        let connection = &self.linked()?.connection;
        let failed = failed("read the references of a document");
        let sql = "SELECT kind, entries FROM document WHERE rid = ?";
        let mut documents = connection.prepare_cached(sql).map_err(&failed)?;
        let mut targets = BTreeSet::new();
        for row in rows {
            let found = documents.query_row([row.0], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)));
            let Some((kind, entries)) = found.optional().map_err(&failed)? else { continue };
            let Some(parameter) = self.catalog.parameter(kind, parameter) else { continue };
            for item in Items::new(&entries) {
                if let Item::Reference { parameter: of, target, base: 0, .. } = item?
                    && of == parameter.number
                {
                    targets.insert(target);
                }
            }
        }
        let mut keys = BTreeSet::new();
        for target in targets {
            keys.extend(row::key(&self.catalog, connection, target)?);
        }
        Ok(keys.into_iter().collect())
    }

    fn history(&self, history: &History) -> Result<Hits> {
        self.versions(history)
    }

    fn history_count(&self, history: &History) -> Result<u64> {
        self.count_versions(history)
    }

    fn feed(&self, after: u64, limit: usize) -> Result<Vec<Change>> {
        self.changes(after, limit)
    }

    fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>> {
        self.records(after, limit)
    }
}

/// The current version of a document, a tombstone too, in one statement.
pub(crate) fn read(shared: &Shared, linked: &Linked, catalog: &Catalog, key: &Key) -> Result<Option<Stored>> {
    let Some(kind) = catalog.kind(key.kind()) else { return Ok(None) };
    row::by_key(shared, linked, kind.number, key)
}
