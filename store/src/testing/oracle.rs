//! The plainest reading of the contract: a list of live documents, each condition tried on each.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::RangeBounds;

use crate::{Direction, Entry, Key, MissingValues, Plan, Sort, SortKey, Value};

/// The live documents.
#[derive(Clone, Default)]
#[expect(missing_debug_implementations, reason = "it holds index values, which are not shown")]
pub struct Oracle {
    /// By key: the time of the version, and the index values with their ends in order.
    pub documents: BTreeMap<Key, (i64, Vec<Entry>)>,
}

impl Oracle {
    /// The keys of the documents of a kind for which a plan holds.
    #[must_use]
    pub fn find(&self, kind: &str, plan: &Plan) -> Vec<Key> {
        let of_kind = self.documents.keys().filter(|key| key.kind() == kind);
        of_kind.filter(|key| self.holds(key, plan)).cloned().collect()
    }

    fn holds(&self, key: &Key, plan: &Plan) -> bool {
        let (modified, entries) = &self.documents[key];
        let any = |parameter: &str, test: &dyn Fn(&Value) -> bool| {
            entries.iter().any(|entry| entry.parameter == parameter && test(&entry.value))
        };
        match plan {
            Plan::All => true,
            Plan::Ids(ids) => ids.iter().any(|id| id == key.id()),
            Plan::Token { parameter, system, code } => any(parameter, &|value| match value {
                Value::Token { system: s, code: c } => system.holds(s.as_deref()) && code.holds(Some(c)),
                _ => false,
            }),
            Plan::Text { parameter, test } => {
                any(parameter, &|value| matches!(value, Value::Text(text) if test.holds(text)))
            }
            Plan::Date { parameter, range } => {
                any(parameter, &|value| matches!(value, Value::Date { low, high } if range.holds(low, high)))
            }
            Plan::Number { parameter, range } => {
                any(parameter, &|value| matches!(value, Value::Number { low, high } if range.holds(low, high)))
            }
            Plan::Quantity { parameter, system, unit, range } => any(parameter, &|value| match value {
                Value::Quantity { system: s, unit: u, low, high } => {
                    system.holds(s.as_deref()) && unit.holds(u.as_deref()) && range.holds(low, high)
                }
                _ => false,
            }),
            Plan::Reference { parameter, test } => {
                any(parameter, &|value| matches!(value, Value::Reference(reference) if test.holds(reference)))
            }
            Plan::Uri { parameter, test } => any(parameter, &|value| matches!(value, Value::Uri(uri) if test.holds(uri))),
            Plan::Modified { within } => within.contains(modified),
            Plan::Missing { parameter, missing } => any(parameter, &|_| true) != *missing,
            Plan::And(plans) => plans.iter().all(|plan| self.holds(key, plan)),
            Plan::Or(plans) => plans.iter().any(|plan| self.holds(key, plan)),
            Plan::Not(plan) => !self.holds(key, plan),
            Plan::Chain { parameter, kind, plan } => any(parameter, &|value| match value {
                Value::Reference(reference) => reference.key().is_some_and(|target| {
                    target.kind() == kind && self.documents.contains_key(&target) && self.holds(&target, plan)
                }),
                _ => false,
            }),
            Plan::Reverse { kind, parameter, plan } => self.documents.iter().any(|(other, (_, entries))| {
                let refers = |entry: &Entry| {
                    entry.parameter == *parameter
                        && matches!(&entry.value, Value::Reference(reference) if reference.key().as_ref() == Some(key))
                };
                other.kind() == kind && entries.iter().any(refers) && self.holds(other, plan)
            }),
        }
    }

    /// How two documents compare under sort keys; equal means that their rows decide.
    #[must_use]
    pub fn compare(&self, sort: &[Sort], left: &Key, right: &Key) -> Ordering {
        for sort in sort {
            let order = match &sort.by {
                SortKey::Modified => self.documents[left].0.cmp(&self.documents[right].0),
                SortKey::Id => left.id().cmp(right.id()),
                SortKey::Parameter(parameter) => {
                    let value = |key: &Key| {
                        let of_parameter =
                            self.documents[key].1.iter().filter(|entry| entry.parameter == *parameter);
                        let values = of_parameter.map(|entry| entry.value.sort_value());
                        if sort.direction == Direction::Descending { values.max() } else { values.min() }
                    };
                    match (value(left), value(right)) {
                        (Some(left), Some(right)) => left.cmp(&right),
                        (None, None) => Ordering::Equal,
                        (left, _) => {
                            let right_first = left.is_none() == (sort.missing == MissingValues::Last);
                            return if right_first { Ordering::Greater } else { Ordering::Less };
                        }
                    }
                }
            };
            if order != Ordering::Equal {
                return if sort.direction == Direction::Descending { order.reverse() } else { order };
            }
        }
        Ordering::Equal
    }
}
