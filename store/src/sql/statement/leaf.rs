//! Tests of one value as conditions on the columns of its table.

use std::ops::Bound;

use super::{Bind, Statement};
use crate::sql::{Leaf, Test, WIDE_DATE, table};
use crate::{Decimal, Range, TextTest};

impl Statement<'_> {
    pub(super) fn leaf_condition(&mut self, leaf: &Leaf, alias: &str, part: Part) {
        self.push(&format!("{alias}.parameter = "));
        self.integer(leaf.parameter);
        match &leaf.test {
            Test::Token { codes, system } => {
                if !codes.is_empty() {
                    self.one_of(alias, "code", codes);
                }
                self.is(alias, "system", *system);
            }
            Test::Text(TextTest::Prefix(prefix)) => {
                if let Some((key, characters)) = self.dialect.text_key() {
                    let start: String = prefix.chars().take(characters).collect();
                    self.begins(&format!("{alias}.{key}"), &start);
                }
                self.begins(&format!("{alias}.folded"), prefix);
            }
            Test::Text(TextTest::Exact(text)) => {
                if let Some((key, characters)) = self.dialect.text_key() {
                    self.push(&format!(" AND {alias}.{key} = "));
                    self.bind(Bind::Text(text.folded.chars().take(characters).collect()));
                }
                self.push(&format!(" AND {alias}.folded = "));
                self.bind(Bind::Text(text.folded.to_string()));
                self.push(&format!(" AND {alias}.exact = "));
                self.bind(Bind::Text(text.exact.to_string()));
            }
            Test::Text(TextTest::Contains(part)) => {
                let find = self.dialect.find_function();
                self.push(&format!(" AND {find}({alias}.folded, "));
                self.bind(Bind::Text(part.to_string()));
                self.push(") > 0");
            }
            Test::Date(range) => {
                let narrow_from = match range.high.0 {
                    Bound::Included(high) | Bound::Excluded(high) => {
                        Bound::Included(high.saturating_sub(WIDE_DATE))
                    }
                    Bound::Unbounded => Bound::Unbounded,
                };
                let narrow = format!("{alias}.wide = 0");
                self.range(alias, range, part, (&narrow, &narrow_from), |value| Bind::Integer(*value));
            }
            Test::Number(range) => self.numbers(alias, range, part),
            Test::Quantity { system, unit, range } => {
                self.is(alias, "unit", *unit);
                self.numbers(alias, range, part);
                self.is(alias, "system", *system);
            }
            Test::Reference { targets, base, version } => {
                self.one_of(alias, "target", targets);
                self.is(alias, "base", *base);
                self.is(alias, "version", *version);
            }
            Test::Uri(uris) => self.one_of(alias, "uri", uris),
        }
    }

    pub(super) fn begins(&mut self, column: &str, prefix: &str) {
        self.push(&format!(" AND {column} >= "));
        self.bind(Bind::Text(prefix.to_owned()));
        if let Some(behind) = TextTest::behind(prefix) {
            self.push(&format!(" AND {column} < "));
            self.bind(Bind::Text(behind));
        }
    }

    fn numbers(&mut self, alias: &str, range: &Range<Decimal>, part: Part) {
        // Points: what holds for the high end holds for the low end.
        let narrow = format!("{alias}.low = {alias}.high");
        self.range(alias, range, part, (&narrow, &range.high.0), |value| {
            Bind::Bytes(value.as_bytes().to_vec())
        });
    }

    /// Both ends, and what follows from the high end for the low end, by which the table is ordered.
    pub(super) fn range<T: Clone>(
        &mut self,
        alias: &str,
        range: &Range<T>,
        part: Part,
        (narrow, narrow_from): (&str, &Bound<T>),
        bind: impl Fn(&T) -> Bind + Copy,
    ) {
        let (low, high) = (format!("{alias}.low"), format!("{alias}.high"));
        self.bounds(&low, &range.low.0, &range.low.1, bind);
        match part {
            Part::Whole => {}
            Part::Narrow => {
                self.push(&format!(" AND {narrow}"));
                self.bounds(&low, narrow_from, &Bound::Unbounded, bind);
            }
            Part::Wide => self.push(&format!(" AND {alias}.wide = 1")),
        }
        if part != Part::Wide && matches!(range.low.1, Bound::Unbounded) {
            // The low end is never above the high end.
            let until = match &range.high.1 {
                Bound::Included(value) | Bound::Excluded(value) => Bound::Included(value.clone()),
                Bound::Unbounded => Bound::Unbounded,
            };
            self.bounds(&low, &Bound::Unbounded, &until, bind);
        }
        self.bounds(&high, &range.high.0, &range.high.1, bind);
    }

    pub(super) fn bounds<T>(
        &mut self,
        column: &str,
        low: &Bound<T>,
        high: &Bound<T>,
        bind: impl Fn(&T) -> Bind,
    ) {
        for (bound, included, excluded) in [(low, ">=", ">"), (high, "<=", "<")] {
            let (operator, value) = match bound {
                Bound::Included(value) => (included, value),
                Bound::Excluded(value) => (excluded, value),
                Bound::Unbounded => continue,
            };
            self.push(&format!(" AND {column} {operator} "));
            self.bind(bind(value));
        }
    }

    pub(super) fn is(&mut self, alias: &str, column: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.push(&format!(" AND {alias}.{column} = "));
            self.integer(value);
        }
    }

    pub(super) fn one_of(&mut self, alias: &str, column: &str, values: &[i64]) {
        if let [value] = values {
            self.is(alias, column, Some(*value));
        } else {
            self.push(&format!(" AND {alias}.{column} IN ("));
            self.list(values);
            self.push(")");
        }
    }
}

/// Which rows of a range table are read: all, those whose low end follows from the high end, or the others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Narrow,
    Wide,
}

/// Whether a range tells only the high end from below, so that the order by the low end does not help for wide values.
pub(super) fn is_split(leaf: &Leaf) -> bool {
    fn split<T>(range: &Range<T>) -> bool {
        matches!(range.low.0, Bound::Unbounded) && !matches!(range.high.0, Bound::Unbounded)
    }
    match &leaf.test {
        Test::Date(range) => split(range),
        Test::Number(range) | Test::Quantity { range, .. } => split(range),
        _ => false,
    }
}

pub(super) fn leaf_table(leaf: &Leaf) -> &'static str {
    match leaf.test {
        Test::Token { .. } => table::TOKEN,
        Test::Text(_) => table::TEXT,
        Test::Date(_) => table::DATE,
        Test::Number(_) => table::NUMBER,
        Test::Quantity { .. } => table::QUANTITY,
        Test::Reference { .. } => table::REFERENCE,
        Test::Uri(_) => table::URI,
    }
}
