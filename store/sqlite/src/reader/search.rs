//! Searching: the plan becomes numbers, the numbers are counted, the cheapest way is taken.

use std::cell::RefCell;
use std::cmp::Ordering;

use compact_str::CompactString;
use hygea_store::position::{Position, SortValue};
use hygea_store::sql::{Node, Order, Statement, Window, arrange, resolve, table};
use hygea_store::{
    Direction, Hits, Key, MissingValues, Query, Result, Selection, Sort, SortKey, Stored, limits,
};
use rusqlite::types::ValueRef;

use super::cost::Counted;
use super::row::{CURRENT, bytes, id, read_row};
use super::sort::{Sorter, compare};
use crate::catalog::{Catalog, traits};
use crate::connection::{Linked, Sqlite};
use crate::failure::{corrupt, failed};
use crate::names::Lookup;
use crate::store::Shared;

/// Searches on a connection that is inside a transaction.
pub(crate) struct Searcher<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) linked: &'a Linked,
    pub(crate) catalog: &'a Catalog,
    /// Counts made for this search.
    pub(super) counted: RefCell<Vec<Counted>>,
}

/// A document of a page.
pub(super) struct Hit {
    pub(super) row: i64,
    pub(super) keys: Vec<Option<SortValue>>,
    /// Read with the hit, or later when hits of several kinds compete for the page.
    stored: Option<Stored>,
}

/// A selection that is being read.
struct Part<'q> {
    kind: i64,
    name: &'q CompactString,
    node: Node,
    live: u64,
    query: &'q Query,
    after: Option<&'q Position>,
    watermark: u64,
    newest_row: i64,
    /// Rows wanted: one more than the page has.
    wanted: usize,
    bodies: bool,
}

impl<'a> Searcher<'a> {
    pub(crate) fn new(shared: &'a Shared, linked: &'a Linked, catalog: &'a Catalog) -> Self {
        Self { shared, linked, catalog, counted: RefCell::default() }
    }

    pub(crate) fn search(&self, query: &Query, sequence: u64) -> Result<Hits> {
        query.check()?;
        let after = query.after.as_ref().map(|cursor| Position::decode(cursor, &query.sort)).transpose()?;
        let (watermark, newest_row) = match &after {
            Some(position) => (position.watermark, position.newest_row),
            None => (sequence, self.newest_row()?),
        };
        let limit = query.limit.min(limits::PAGE);
        let mut hits = Vec::new();
        for Selection { kind: name, plan } in &query.selections {
            let Some(kind) = self.catalog.kind(name).map(|kind| kind.number) else { continue };
            let node = self.resolved(kind, plan)?;
            if node != Node::Nothing {
                let bodies = query.bodies && query.selections.len() == 1;
                let (live, wanted, after) = (self.live(kind)?, limit.saturating_add(1), after.as_ref());
                let part =
                    Part { kind, name, node, live, query, after, watermark, newest_row, wanted, bodies };
                hits.extend(self.read_part(&part)?);
            }
        }
        if query.selections.len() > 1 {
            hits.sort_by(|left, right| {
                compare(&query.sort, (&left.keys, left.row), (&right.keys, right.row))
            });
        }
        let more = hits.len() > limit;
        hits.truncate(limit);
        let next = hits.last().filter(|_| more).map(|hit| {
            Position { watermark, newest_row, keys: hit.keys.clone(), row: hit.row }.encode(&query.sort)
        });
        let mut rows = Vec::with_capacity(hits.len());
        for hit in hits {
            rows.push(match hit.stored {
                Some(stored) if query.bodies == (query.selections.len() == 1) || !query.bodies => stored,
                _ => self.with_body(hit.row)?,
            });
        }
        Ok(Hits { rows, next })
    }

    pub(crate) fn count(&self, selections: &[Selection]) -> Result<u64> {
        Query::of(selections.to_vec()).check()?;
        let mut count = 0u64;
        for Selection { kind: name, plan } in selections {
            if let Some(kind) = self.catalog.kind(name) {
                let node = self.resolved(kind.number, plan)?;
                count = count.saturating_add(self.count_node(kind.number, node)?);
            }
        }
        Ok(count)
    }

    /// At most `most` rows of a selection, for guards.
    pub(crate) fn first_rows(&self, selection: &Selection, most: usize) -> Result<Vec<i64>> {
        let Some(kind) = self.catalog.kind(&selection.kind).map(|kind| kind.number) else {
            return Ok(Vec::new());
        };
        let node = self.resolved(kind, &selection.plan)?;
        let window = Window { above: 0, until: i64::MAX };
        let statement = Statement::documents(&Sqlite, kind, &node, window);
        let mut rows: Vec<i64> = Vec::new();
        self.linked.for_each(statement, |row| {
            let rid = row.get(0).map_err(failed("read a row"))?;
            if !rows.contains(&rid) {
                rows.push(rid);
            }
            Ok(rows.len() < most)
        })?;
        Ok(rows)
    }

    fn resolved(&self, kind: i64, plan: &hygea_store::Plan) -> Result<Node> {
        let lookup = Lookup { connection: &self.linked.connection, catalog: self.catalog };
        arrange(kind, resolve(plan, kind, &lookup)?, self)
    }

    fn newest_row(&self) -> Result<i64> {
        let sql = "SELECT ifnull(max(rid), 0) FROM document";
        let mut statement =
            self.linked.connection.prepare_cached(sql).map_err(failed("find the newest row"))?;
        statement.query_row([], |row| row.get(0)).map_err(failed("find the newest row"))
    }

    pub(super) fn live(&self, kind: i64) -> Result<u64> {
        let sql = "SELECT live FROM kind WHERE kind = ?";
        let mut statement =
            self.linked.connection.prepare_cached(sql).map_err(failed("count the documents"))?;
        let found =
            statement.query_map([kind], |row| row.get(0)).map_err(failed("count the documents"))?.next();
        // A kind that was announced but not committed has no documents.
        found.transpose().map_err(failed("count the documents")).map(Option::unwrap_or_default)
    }

    fn read_part(&self, part: &Part<'_>) -> Result<Vec<Hit>> {
        let Some(first) = part.query.sort.first() else {
            let above = part.after.map_or(0, |position| position.row);
            return self.in_row_order(part, &part.node, above, Direction::Ascending);
        };
        match self.walkable(part.kind, &part.query.sort) {
            Some(walk) if self.prefers_walk(part.kind, &part.node, part.live, part.wanted)? => {
                self.walked(part, first, &walk)
            }
            _ => self.sorted(part),
        }
    }

    /// A page in the order of the rows.
    fn in_row_order(
        &self,
        part: &Part<'_>,
        node: &Node,
        after: i64,
        direction: Direction,
    ) -> Result<Vec<Hit>> {
        let node = &self.row_order_way(part.kind, node, part.live, part.wanted)?;
        let (mut hits, mut last) = (Vec::new(), after);
        while hits.len() < part.wanted {
            let window = match direction {
                Direction::Ascending => Window { above: last, until: part.newest_row },
                Direction::Descending => {
                    Window { above: 0, until: part.newest_row.min(last.saturating_sub(1)) }
                }
            };
            let limit = part.wanted.saturating_sub(hits.len()).saturating_add(8);
            let mut rows = Vec::with_capacity(limit.min(1_024));
            self.linked.for_each(
                Statement::page(&Sqlite, part.kind, node, window, direction, limit),
                |row| {
                    rows.push(row.get::<_, i64>(0).map_err(failed("read a row"))?);
                    Ok(true)
                },
            )?;
            let complete = rows.len() < limit;
            rows.dedup();
            for row in rows {
                last = row;
                if hits.len() < part.wanted
                    && let Some(stored) = self.candidate(part, row, |_| Ok(true))?
                {
                    let keys = vec![None; part.query.sort.len()];
                    hits.push(Hit { row, keys, stored: Some(stored) });
                }
            }
            if complete {
                break;
            }
        }
        Ok(hits)
    }

    /// A page along the one sort value, documents without one in their place.
    fn walked(&self, part: &Part<'_>, sort: &Sort, walk: &Walk) -> Result<Vec<Hit>> {
        let in_missing =
            part.after.is_some_and(|position| position.keys.first().is_some_and(Option::is_none));
        let in_values = part.after.is_some() && !in_missing;
        let mut hits = Vec::new();
        let missing = |hits: &mut Vec<Hit>| -> Result<()> {
            let Some(parameter) = walk.parameter else { return Ok(()) };
            let start = if sort.direction == Direction::Descending { i64::MAX } else { 0 };
            let after = part.after.filter(|_| in_missing).map_or(start, |position| position.row);
            let node = Node::And(vec![
                Node::Everything,
                part.node.clone(),
                Node::Missing { parameter, missing: true },
            ]);
            let rest = Part { node, wanted: part.wanted.saturating_sub(hits.len()), ..part.shallow() };
            hits.extend(self.in_row_order(&rest, &rest.node, after, sort.direction)?);
            Ok(())
        };
        if sort.missing == MissingValues::First && !in_values {
            missing(&mut hits)?;
        }
        if hits.len() < part.wanted && !(sort.missing == MissingValues::Last && in_missing) {
            self.along_values(part, sort, walk, if in_values { part.after } else { None }, &mut hits)?;
        }
        if hits.len() < part.wanted && sort.missing == MissingValues::Last {
            missing(&mut hits)?;
        }
        Ok(hits)
    }

    fn along_values(
        &self,
        part: &Part<'_>,
        sort: &Sort,
        walk: &Walk,
        after: Option<&Position>,
        hits: &mut Vec<Hit>,
    ) -> Result<()> {
        let mut last = after.and_then(|position| Some((position.keys.first()?.clone()?, position.row)));
        let sorter = Sorter::new(self, part.kind, &part.query.sort);
        let window = Window { above: 0, until: part.newest_row };
        while hits.len() < part.wanted {
            let limit = part.wanted.saturating_sub(hits.len()).saturating_add(8);
            let order = Order {
                table: walk.table,
                parameter: walk.scope,
                direction: sort.direction,
                after: last.clone(),
            };
            let mut rows = Vec::with_capacity(limit.min(1_024));
            self.linked.for_each(
                Statement::walk(&Sqlite, part.kind, &part.node, window, &order, limit),
                |row| {
                    let value = sort_value(row.get_ref(0).map_err(failed("read a sort value"))?)?;
                    rows.push((value, row.get::<_, i64>(1).map_err(failed("read a row"))?));
                    Ok(true)
                },
            )?;
            let complete = rows.len() < limit;
            rows.dedup();
            for (value, row) in rows {
                last = Some((value.clone(), row));
                if hits.len() >= part.wanted {
                    continue;
                }
                // A document with several values stands where the first of them stands.
                let first = |entries: &[u8]| {
                    Ok(walk.parameter.is_none()
                        || sorter.parameter_value(entries, sort)?.as_ref() == Some(&value))
                };
                if let Some(stored) = self.candidate(part, row, first)? {
                    hits.push(Hit { row, keys: vec![Some(value)], stored: Some(stored) });
                }
            }
            if complete {
                break;
            }
        }
        Ok(())
    }

    /// A page of all rows of the condition, compared by their sort values.
    fn sorted(&self, part: &Part<'_>) -> Result<Vec<Hit>> {
        let sort = &part.query.sort;
        let sorter = Sorter::new(self, part.kind, sort);
        let window = Window { above: 0, until: part.newest_row };
        let mut kept: Vec<(Vec<Option<SortValue>>, i64)> = Vec::new();
        let order = |left: &(Vec<Option<SortValue>>, i64), right: &(Vec<Option<SortValue>>, i64)| {
            compare(sort, (&left.0, left.1), (&right.0, right.1))
        };
        let room = part.wanted.saturating_mul(4).max(4_096);
        self.linked.for_each(Statement::documents(&Sqlite, part.kind, &part.node, window), |row| {
            let failed = failed("read a row");
            let (rid, born): (i64, u64) = (row.get(0).map_err(&failed)?, row.get(3).map_err(&failed)?);
            if born > part.watermark {
                return Ok(true);
            }
            let keys = sorter.keys(
                row.get_ref(1).map_err(&failed)?,
                row.get(2).map_err(&failed)?,
                bytes(row, 4)?,
            )?;
            let hit = (keys, rid);
            let after = part.after.is_none_or(|position| {
                compare(sort, (&hit.0, rid), (&position.keys, position.row)) == Ordering::Greater
            });
            if after {
                kept.push(hit);
            }
            if kept.len() >= room {
                kept.sort_unstable_by(order);
                kept.dedup();
                kept.truncate(part.wanted);
            }
            Ok(true)
        })?;
        kept.sort_unstable_by(order);
        kept.dedup();
        kept.truncate(part.wanted);
        let mut hits = Vec::with_capacity(kept.len());
        for (keys, row) in kept {
            let stored = self.candidate(part, row, |_| Ok(true))?;
            hits.push(Hit { row, keys, stored });
        }
        Ok(hits)
    }

    /// A row that was found, unless it became live after the first page or its values are not wanted.
    fn candidate(
        &self,
        part: &Part<'_>,
        rid: i64,
        wanted: impl FnOnce(&[u8]) -> Result<bool>,
    ) -> Result<Option<Stored>> {
        let failed = failed("read a document");
        let mut statement = self.linked.connection.prepare_cached(CURRENT).map_err(&failed)?;
        let mut rows = statement.query([rid]).map_err(&failed)?;
        let row = rows.next().map_err(&failed)?.ok_or_else(|| corrupt("an index leads to no document"))?;
        if row.get::<_, u64>(6).map_err(&failed)? > part.watermark || !wanted(bytes(row, 7)?)? {
            return Ok(None);
        }
        let key = Key::new(part.name, id(row, 5)?);
        read_row(self.shared, row, rid, key, part.bodies).map(Some)
    }

    fn with_body(&self, rid: i64) -> Result<Stored> {
        let failed = failed("read a document");
        let key = super::row::key(self.catalog, &self.linked.connection, rid)?;
        let key = key.ok_or_else(|| corrupt("a document is of no kind"))?;
        let mut statement = self.linked.connection.prepare_cached(CURRENT).map_err(&failed)?;
        let mut rows = statement.query([rid]).map_err(&failed)?;
        let row = rows.next().map_err(&failed)?.ok_or_else(|| corrupt("an index leads to no document"))?;
        read_row(self.shared, row, rid, key, true)
    }

    fn walkable(&self, kind: i64, sort: &[Sort]) -> Option<Walk> {
        let [sort] = sort else { return None };
        match &sort.by {
            SortKey::Modified => Some(Walk { table: table::DOCUMENT, scope: kind, parameter: None }),
            SortKey::Parameter(name) => {
                let parameter = self.catalog.parameter(kind, name)?;
                let table = match parameter.traits & traits::TYPES {
                    traits::DATE => table::DATE,
                    traits::TEXT => table::TEXT,
                    traits::NUMBER => table::NUMBER,
                    traits::QUANTITY => table::QUANTITY,
                    _ => return None,
                };
                Some(Walk { table, scope: parameter.number, parameter: Some(parameter.number) })
            }
            _ => None,
        }
    }
}

/// A table that has the rows in the wanted order.
struct Walk {
    table: &'static str,
    /// The parameter, or the kind.
    scope: i64,
    parameter: Option<i64>,
}

impl Part<'_> {
    fn shallow(&self) -> Part<'_> {
        Part { node: Node::Nothing, ..*self }
    }
}

fn sort_value(value: ValueRef<'_>) -> Result<SortValue> {
    Ok(match value {
        ValueRef::Integer(value) => SortValue::Date(value),
        ValueRef::Text(text) => SortValue::Text(
            CompactString::from_utf8(text).map_err(|_| corrupt("a text of an index is not UTF-8"))?,
        ),
        ValueRef::Blob(bytes) => SortValue::Number(hygea_store::Decimal::from_bytes(bytes)?),
        _ => return Err(corrupt("a sort value is of another type")),
    })
}
