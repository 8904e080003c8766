//! The values by which documents are sorted, from their own rows.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;

use compact_str::CompactString;
use hygea_store::position::SortValue;
use hygea_store::{Direction, Result, Sort, SortKey};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::search::Searcher;
use crate::entries::{Item, Items};
use crate::failure::{corrupt, failed};
use crate::identity::id_of;

/// Finds the sort values of the documents of one search.
pub(super) struct Sorter<'a> {
    connection: &'a Connection,
    /// The sort keys with the numbers of their parameters.
    keys: Vec<(&'a Sort, Option<i64>)>,
    texts: RefCell<HashMap<(Source, i64), CompactString>>,
}

/// Where the text of a number is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Term,
    Uri,
    Identity,
}

impl<'a> Sorter<'a> {
    pub(super) fn new(searcher: &'a Searcher<'_>, kind: i64, sort: &'a [Sort]) -> Self {
        let number = |sort: &Sort| match &sort.by {
            SortKey::Parameter(name) => {
                searcher.catalog.parameter(kind, name).map(|parameter| parameter.number)
            }
            _ => None,
        };
        let keys = sort.iter().map(|sort| (sort, number(sort))).collect();
        Self { connection: &searcher.linked.connection, keys, texts: RefCell::default() }
    }

    /// All sort values of a document.
    pub(super) fn keys(
        &self,
        id: ValueRef<'_>,
        modified: i64,
        entries: &[u8],
    ) -> Result<Vec<Option<SortValue>>> {
        let value = |(sort, parameter): &(&Sort, Option<i64>)| match (&sort.by, parameter) {
            (SortKey::Modified, _) => Ok(Some(SortValue::Date(modified))),
            (SortKey::Id, _) => Ok(Some(SortValue::Text(id_of(id)?))),
            (_, Some(parameter)) => self.value(entries, *parameter, sort.direction),
            (_, None) => Ok(None),
        };
        self.keys.iter().map(value).collect()
    }

    /// The value of the one parameter that is sorted by.
    pub(super) fn parameter_value(&self, entries: &[u8], sort: &Sort) -> Result<Option<SortValue>> {
        match self.keys.first() {
            Some((_, Some(parameter))) => self.value(entries, *parameter, sort.direction),
            _ => Ok(None),
        }
    }

    fn value(&self, entries: &[u8], parameter: i64, direction: Direction) -> Result<Option<SortValue>> {
        let mut best: Option<SortValue> = None;
        for item in Items::new(entries) {
            let item = item?;
            if item.parameter() != parameter {
                continue;
            }
            let value = match item {
                Item::Date { low, .. } => SortValue::Date(low),
                Item::Number { low, .. } | Item::Quantity { low, .. } => SortValue::Number(low),
                Item::Text { folded, .. } => SortValue::Text(folded.into()),
                Item::Token { code, .. } => SortValue::Text(self.text(Source::Term, code)?),
                Item::Uri { uri, .. } => SortValue::Text(self.text(Source::Uri, uri)?),
                Item::Reference { target, .. } => SortValue::Text(self.text(Source::Identity, target)?),
            };
            let better = best.as_ref().is_none_or(|best| match direction {
                Direction::Ascending => value < *best,
                Direction::Descending => value > *best,
            });
            if better {
                best = Some(value);
            }
        }
        Ok(best)
    }

    fn text(&self, source: Source, number: i64) -> Result<CompactString> {
        if let Some(text) = self.texts.borrow().get(&(source, number)) {
            return Ok(text.clone());
        }
        let failed = failed("read the text of a sort value");
        let sql = match source {
            Source::Term => "SELECT text FROM term WHERE term = ?",
            Source::Uri => "SELECT text FROM uri WHERE uri = ?",
            Source::Identity => "SELECT id FROM document WHERE rid = ?",
        };
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query([number]).map_err(&failed)?;
        let row = rows.next().map_err(&failed)?.ok_or_else(|| corrupt("an index value has no text"))?;
        let text = id_of(row.get_ref(0).map_err(&failed)?)?;
        self.texts.borrow_mut().insert((source, number), text.clone());
        Ok(text)
    }
}

/// The order of two documents: by their sort values, then by their rows in the direction of the first sort key.
pub(super) fn compare(
    sort: &[Sort],
    left: (&[Option<SortValue>], i64),
    right: (&[Option<SortValue>], i64),
) -> Ordering {
    hygea_store::position::compare(sort, left, right)
}
