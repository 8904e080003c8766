//! The index tables: what changed between the former and the new values of each document, written in key order.

use std::cmp::Ordering;

use hygea_store::sql::WIDE_DATE;
use hygea_store::{Decimal, Result, Value};
use rusqlite::{Connection, params};

use crate::catalog::traits;
use crate::entries::{Item, Items};
use crate::failure::failed;

/// Rows to remove and rows to add, by table.
#[derive(Default)]
pub(super) struct IndexChanges<'a> {
    removed: Rows<'a>,
    added: Rows<'a>,
}

/// Rows whose order as tuples is the order of the table's key.
#[derive(Default)]
struct Rows<'a> {
    token: Vec<[i64; 4]>,
    text: Vec<(i64, &'a str, i64, &'a str)>,
    date: Vec<[i64; 4]>,
    number: Vec<(i64, Decimal, i64, Decimal)>,
    quantity: Vec<(i64, Decimal, i64, Decimal, i64, i64)>,
    reference: Vec<[i64; 5]>,
    uri: Vec<[i64; 3]>,
}

impl<'a> IndexChanges<'a> {
    /// Compares two sorted lists of values of one document.
    pub(super) fn compare(&mut self, rid: i64, former: &'a [u8], new: &'a [u8]) -> Result<()> {
        let (mut formers, mut news) = (Items::new(former), Items::new(new));
        let (mut old, mut young) = (formers.next_with_bytes()?, news.next_with_bytes()?);
        loop {
            let order = match (&old, &young) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((old, _)), Some((young, _))) => old.cmp(young),
            };
            if order != Ordering::Greater {
                if order == Ordering::Less
                    && let Some((_, item)) = &old
                {
                    self.removed.push(rid, item);
                }
                old = formers.next_with_bytes()?;
            }
            if order != Ordering::Less {
                if order == Ordering::Greater
                    && let Some((_, item)) = &young
                {
                    self.added.push(rid, item);
                }
                young = news.next_with_bytes()?;
            }
        }
    }

    pub(super) fn write(mut self, connection: &Connection) -> Result<()> {
        self.removed.sort();
        self.added.sort();
        self.removed.remove(connection)?;
        self.added.add(connection)
    }
}

impl<'a> Rows<'a> {
    fn push(&mut self, rid: i64, item: &Item<'a>) {
        match *item {
            Item::Token { parameter, code, system } => self.token.push([parameter, code, rid, system]),
            Item::Text { parameter, folded, exact } => self.text.push((parameter, folded, rid, exact)),
            Item::Date { parameter, low, high } => self.date.push([parameter, low, rid, high]),
            Item::Number { parameter, low, high } => self.number.push((parameter, low, rid, high)),
            Item::Quantity { parameter, system, unit, low, high } => {
                self.quantity.push((parameter, low, rid, high, system, unit));
            }
            Item::Reference { parameter, target, base, version } => {
                self.reference.push([parameter, target, rid, base, version]);
            }
            Item::Uri { parameter, uri } => self.uri.push([parameter, uri, rid]),
        }
    }

    fn sort(&mut self) {
        self.token.sort_unstable();
        self.text.sort_unstable();
        self.date.sort_unstable();
        self.number.sort_unstable();
        self.quantity.sort_unstable();
        self.reference.sort_unstable();
        self.uri.sort_unstable();
    }

    fn add(&self, connection: &Connection) -> Result<()> {
        let each = Each { connection, context: "write an index" };
        each.row(
            "INSERT INTO index_token (parameter, code, rid, system) VALUES (?, ?, ?, ?)",
            &self.token,
            |row, run| run(params![row[0], row[1], row[2], row[3]]),
        )?;
        each.row(
            "INSERT INTO index_text (parameter, folded, rid, exact) VALUES (?, ?, ?, ?)",
            &self.text,
            |row, run| run(params![row.0, row.1, row.2, row.3]),
        )?;
        let date = "INSERT INTO index_date (parameter, low, rid, high, wide) VALUES (?, ?, ?, ?, ?)";
        each.row(date, &self.date, |row, run| {
            run(params![row[0], row[1], row[2], row[3], is_wide(row[1], row[3])])
        })?;
        let number = "INSERT INTO index_number (parameter, low, rid, high, wide) VALUES (?, ?, ?, ?, ?)";
        each.row(number, &self.number, |row, run| {
            run(params![row.0, row.1.as_bytes(), row.2, row.3.as_bytes(), row.1 != row.3])
        })?;
        let quantity = "INSERT INTO index_quantity (parameter, low, rid, high, system, unit, wide) VALUES (?, ?, ?, ?, ?, ?, ?)";
        each.row(quantity, &self.quantity, |row, run| {
            run(params![row.0, row.1.as_bytes(), row.2, row.3.as_bytes(), row.4, row.5, row.1 != row.3])
        })?;
        let reference =
            "INSERT INTO index_reference (parameter, target, rid, base, version) VALUES (?, ?, ?, ?, ?)";
        each.row(reference, &self.reference, |row, run| {
            run(params![row[0], row[1], row[2], row[3], row[4]])
        })?;
        each.row("INSERT INTO index_uri (parameter, uri, rid) VALUES (?, ?, ?)", &self.uri, |row, run| {
            run(params![row[0], row[1], row[2]])
        })
    }

    fn remove(&self, connection: &Connection) -> Result<()> {
        let each = Each { connection, context: "remove from an index" };
        let token = "DELETE FROM index_token WHERE parameter = ? AND code = ? AND rid = ? AND system = ?";
        each.row(token, &self.token, |row, run| run(params![row[0], row[1], row[2], row[3]]))?;
        let text = "DELETE FROM index_text WHERE parameter = ? AND folded = ? AND rid = ? AND exact = ?";
        each.row(text, &self.text, |row, run| run(params![row.0, row.1, row.2, row.3]))?;
        let date = "DELETE FROM index_date WHERE parameter = ? AND low = ? AND rid = ? AND high = ?";
        each.row(date, &self.date, |row, run| run(params![row[0], row[1], row[2], row[3]]))?;
        let number = "DELETE FROM index_number WHERE parameter = ? AND low = ? AND rid = ? AND high = ?";
        each.row(number, &self.number, |row, run| {
            run(params![row.0, row.1.as_bytes(), row.2, row.3.as_bytes()])
        })?;
        let quantity = "DELETE FROM index_quantity \
                        WHERE parameter = ? AND low = ? AND rid = ? AND high = ? AND system = ? AND unit = ?";
        each.row(quantity, &self.quantity, |row, run| {
            run(params![row.0, row.1.as_bytes(), row.2, row.3.as_bytes(), row.4, row.5])
        })?;
        let reference = "DELETE FROM index_reference \
                         WHERE parameter = ? AND target = ? AND rid = ? AND base = ? AND version = ?";
        each.row(reference, &self.reference, |row, run| {
            run(params![row[0], row[1], row[2], row[3], row[4]])
        })?;
        let uri = "DELETE FROM index_uri WHERE parameter = ? AND uri = ? AND rid = ?";
        each.row(uri, &self.uri, |row, run| run(params![row[0], row[1], row[2]]))
    }
}

/// Runs one statement for each row of a table.
struct Each<'c> {
    connection: &'c Connection,
    context: &'static str,
}

impl Each<'_> {
    fn row<R>(
        &self,
        sql: &str,
        rows: &[R],
        bind: impl Fn(&R, &mut dyn FnMut(&[&dyn rusqlite::ToSql]) -> rusqlite::Result<()>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let failed = failed(self.context);
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut run = |values: &[&dyn rusqlite::ToSql]| statement.execute(values).map(drop);
        rows.iter().try_for_each(|row| bind(row, &mut run)).map_err(&failed)
    }
}

/// Whether a date span is longer than those that are found by their low end.
pub(crate) fn is_wide(low: i64, high: i64) -> bool {
    high.checked_sub(low).is_none_or(|span| span > WIDE_DATE)
}

/// The type of an index value, as a trait of its parameter.
pub(super) fn trait_of(value: &Value) -> i64 {
    match value {
        Value::Token { .. } => traits::TOKEN,
        Value::Text(_) => traits::TEXT,
        Value::Date { .. } => traits::DATE,
        Value::Number { .. } => traits::NUMBER,
        Value::Quantity { .. } => traits::QUANTITY,
        Value::Reference(_) => traits::REFERENCE,
        Value::Uri(_) => traits::URI,
        _ => 0,
    }
}

/// Parameters of which a document has several values, with what that means for them.
pub(super) fn several(list: &[u8], found: &mut Vec<(i64, i64)>) -> Result<()> {
    let mut seen: Vec<(i64, std::mem::Discriminant<Item<'_>>)> = Vec::new();
    let mut former: Option<Item<'_>> = None;
    for item in Items::new(list) {
        let item = item?;
        // The list is sorted, so equal codes and equal targets are neighbours, and values of one type mostly are.
        let repeated = match (&former, &item) {
            (Some(Item::Token { parameter: p, code: c, .. }), Item::Token { parameter, code, .. }) => {
                p == parameter && c == code
            }
            (
                Some(Item::Reference { parameter: p, target: t, .. }),
                Item::Reference { parameter, target, .. },
            ) => p == parameter && t == target,
            _ => false,
        };
        if repeated {
            found.push((item.parameter(), traits::REPEATED | traits::MULTIPLE));
        }
        let place = (item.parameter(), std::mem::discriminant(&item));
        match seen.last() {
            Some(last) if *last == place => found.push((place.0, traits::MULTIPLE)),
            // Values whose two parts are equal are written shorter and stand apart from the others of their type.
            _ if matches!(item, Item::Text { .. } | Item::Number { .. } | Item::Quantity { .. })
                && seen.contains(&place) =>
            {
                found.push((place.0, traits::MULTIPLE));
            }
            _ => seen.push(place),
        }
        former = Some(item);
    }
    Ok(())
}
