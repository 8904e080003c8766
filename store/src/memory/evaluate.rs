//! Plans evaluated over the values of one document after the other, with candidates from the two indexes that there are.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::state::{State, Version};
use crate::position::SortValue;
use crate::{Direction, Entry, Key, Match, Plan, Reference, ReferenceTest, Selection, Sort, SortKey, Value};

impl State {
    /// The rows of a selection in ascending order, as a snapshot sees them.
    pub(super) fn matches(&self, selection: &Selection, at: u64) -> impl Iterator<Item = i64> {
        self.matches_after(selection, at, 0)
    }

    /// The rows of a selection above a row.
    pub(super) fn matches_after(
        &self,
        selection: &Selection,
        at: u64,
        after: i64,
    ) -> impl Iterator<Item = i64> {
        let rows = self.candidates(&selection.kind, &selection.plan).unwrap_or_default();
        let start = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        let rows: Vec<i64> = rows.range(start).copied().collect();
        rows.into_iter().filter(move |row| {
            self.live(*row, at).is_some_and(|(document, version)| {
                document.key.kind() == selection.kind
                    && self.holds(&selection.plan, &document.key, *row, version, at)
            })
        })
    }

    /// A set of rows that holds at least all rows of the plan; none: no row at all.
    fn candidates<'a>(&'a self, kind: &str, plan: &Plan) -> Option<std::borrow::Cow<'a, BTreeSet<i64>>> {
        use std::borrow::Cow;
        match plan {
            Plan::Ids(ids) => {
                Some(Cow::Owned(ids.iter().filter_map(|id| self.row(&Key::new(kind, id))).collect()))
            }
            Plan::Token { parameter, code: Match::Is(code), .. } => {
                self.with_token(kind, parameter, code).map(Cow::Borrowed)
            }
            Plan::Reference {
                test: ReferenceTest { base: Match::Absent, kind: Match::Is(target), id, .. },
                ..
            } => {
                let target = self.row(&Key::new(target, id))?;
                self.with_reference_to(target).map(Cow::Borrowed)
            }
            Plan::And(plans) => {
                let narrow = |plan: &&Plan| {
                    matches!(plan, Plan::Ids(_) | Plan::Token { code: Match::Is(_), .. })
                        || matches!(plan, Plan::Reference { test, .. }
                            if test.base == Match::Absent && matches!(test.kind, Match::Is(_)))
                };
                let mut best: Option<Cow<'a, BTreeSet<i64>>> = None;
                for plan in plans.iter().filter(narrow) {
                    let rows = self.candidates(kind, plan)?;
                    if best.as_ref().is_none_or(|best| rows.len() < best.len()) {
                        best = Some(rows);
                    }
                }
                best.or_else(|| self.kinds.get(kind).map(Cow::Borrowed))
            }
            _ => self.kinds.get(kind).map(Cow::Borrowed),
        }
    }

    /// Whether a plan holds for a version of a document.
    fn holds(&self, plan: &Plan, key: &Key, row: i64, version: &Version, at: u64) -> bool {
        let values = |parameter: &'_ CompactString| values_of(&version.entries, parameter.clone());
        match plan {
            Plan::All => true,
            Plan::Ids(ids) => ids.iter().any(|id| id == key.id()),
            Plan::Token { parameter, system, code } => values(parameter).any(|value| {
                matches!(value, Value::Token { system: s, code: c } if system.holds(s.as_deref()) && code.holds(Some(c)))
            }),
            Plan::Text { parameter, test } => {
                values(parameter).any(|value| matches!(value, Value::Text(text) if test.holds(text)))
            }
            Plan::Date { parameter, range } => {
                values(parameter).any(|value| matches!(value, Value::Date { low, high } if range.holds(low, high)))
            }
            Plan::Number { parameter, range } => {
                values(parameter).any(|value| matches!(value, Value::Number { low, high } if range.holds(low, high)))
            }
            Plan::Quantity { parameter, system, unit, range } => values(parameter).any(|value| {
                matches!(value, Value::Quantity { system: s, unit: u, low, high }
                    if system.holds(s.as_deref()) && unit.holds(u.as_deref()) && range.holds(low, high))
            }),
            Plan::Reference { parameter, test } => {
                values(parameter).any(|value| matches!(value, Value::Reference(reference) if test.holds(reference)))
            }
            Plan::Uri { parameter, test } => {
                values(parameter).any(|value| matches!(value, Value::Uri(uri) if test.holds(uri)))
            }
            Plan::Modified { within } => std::ops::RangeBounds::contains(within, &version.modified),
            Plan::Missing { parameter, missing } => values(parameter).next().is_none() == *missing,
            Plan::And(plans) => plans.iter().all(|plan| self.holds(plan, key, row, version, at)),
            Plan::Or(plans) => plans.iter().any(|plan| self.holds(plan, key, row, version, at)),
            Plan::Not(plan) => !self.holds(plan, key, row, version, at),
            Plan::Chain { parameter, kind, plan } => {
                local_references(values(parameter)).any(|target| target.kind() == kind && self.target_holds(plan, &target, at))
            }
            Plan::Reverse { kind, parameter, plan } => {
                let referrers = self.with_reference_to(row).into_iter().flatten();
                referrers.filter_map(|row| Some((*row, self.live(*row, at)?))).any(|(row, (document, version))| {
                    document.key.kind() == kind
                        && local_references(values_of(&version.entries, parameter.clone())).any(|target| target == *key)
                        && self.holds(plan, &document.key, row, version, at)
                })
            }
        }
    }

    fn target_holds(&self, plan: &Plan, target: &Key, at: u64) -> bool {
        let found = self.row(target).and_then(|row| Some((row, self.live(row, at)?)));
        found.is_some_and(|(row, (document, version))| self.holds(plan, &document.key, row, version, at))
    }
}

fn values_of(entries: &[Entry], parameter: CompactString) -> impl Iterator<Item = &Value> {
    entries.iter().filter(move |entry| entry.parameter == parameter).map(|entry| &entry.value)
}

fn local_references<'a>(values: impl Iterator<Item = &'a Value>) -> impl Iterator<Item = Key> {
    values.filter_map(|value| match value {
        Value::Reference(reference) => reference.key(),
        _ => None,
    })
}

/// The local targets of one parameter.
pub(super) fn targets(entries: &[Entry], parameter: &str) -> Vec<Key> {
    local_references(values_of(entries, parameter.into())).collect()
}

/// The values by which a version of a document is sorted.
pub(super) fn sort_values(key: &Key, version: &Version, sort: &[Sort]) -> Vec<Option<SortValue>> {
    let value = |sort: &Sort| match &sort.by {
        SortKey::Modified => Some(SortValue::Date(version.modified)),
        SortKey::Id => Some(SortValue::Text(key.id().into())),
        SortKey::Parameter(name) => {
            let values = values_of(&version.entries, name.clone()).map(Value::sort_value);
            if sort.direction == Direction::Descending { values.max() } else { values.min() }
        }
    };
    sort.iter().map(value).collect()
}

impl ReferenceTest {
    /// Whether a value passes.
    #[must_use]
    pub fn holds(&self, value: &Reference) -> bool {
        self.id == value.id
            && self.base.holds(value.base.as_deref())
            && self.kind.holds(value.kind.as_deref())
            && self.version.holds(value.version.as_deref())
    }
}
