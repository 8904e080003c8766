//! The order of an answer, over index values: what a store's sorting is held against.

use super::{SortKey, SortTarget};
use crate::extract::{IndexEntry, IndexValue};
use crate::value::Decimal;
use std::cmp::Ordering;
use std::fmt;

/// What of a resource is sorted by.
#[derive(Clone, Copy)]
pub struct Sortable<'s, 'p, 'd> {
    /// The id, which decides where all keys are equal.
    pub id: &'s str,
    /// The time of the version, in microseconds.
    pub modified: i64,
    /// The index values.
    pub entries: &'s [IndexEntry<'p, 'd>],
}

/// A value as it is sorted. Values of different kinds come in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'s> {
    Time(i64),
    /// An end that is open; then the number.
    Number(Openness, Decimal),
    /// Two texts, the second for references only.
    Text(&'s str, &'s str),
}

/// Where a number lies among the open ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Openness {
    OpenLow,
    Closed,
    OpenHigh,
}

impl SortKey {
    /// The order of two resources by this key: what has no value comes last, in both directions.
    #[must_use]
    pub fn compare(&self, a: &Sortable<'_, '_, '_>, b: &Sortable<'_, '_, '_>) -> Ordering {
        let directed = |order: Ordering| if self.descending { order.reverse() } else { order };
        match self.by {
            SortTarget::Id => directed(a.id.cmp(b.id)),
            SortTarget::Modified => directed(a.modified.cmp(&b.modified)),
            SortTarget::Parameter(parameter) => match (self.value(parameter, a), self.value(parameter, b)) {
                (Some(a), Some(b)) => directed(a.cmp(&b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
        }
    }

    /// The order of two resources by several keys, then by id.
    #[must_use]
    pub fn compare_by_all(keys: &[Self], a: &Sortable<'_, '_, '_>, b: &Sortable<'_, '_, '_>) -> Ordering {
        let by_keys = keys.iter().map(|key| key.compare(a, b)).find(|order| order.is_ne());
        by_keys.unwrap_or_else(|| a.id.cmp(b.id))
    }

    /// The value that counts: the least, or descending the greatest.
    fn value<'s>(&self, parameter: &str, resource: &Sortable<'s, '_, '_>) -> Option<Value<'s>> {
        let own = resource.entries.iter().filter(|entry| entry.parameter == parameter);
        let values = own.map(|entry| Value::of(&entry.value, self.descending));
        if self.descending { values.max() } else { values.min() }
    }
}

impl<'s> Value<'s> {
    fn of(value: &'s IndexValue<'_>, descending: bool) -> Self {
        match value {
            IndexValue::Date(range) => Self::Time(if descending { range.high } else { range.low }),
            IndexValue::Number(range) | IndexValue::Quantity { range, .. } => {
                let (end, open) = if descending {
                    (range.high, Openness::OpenHigh)
                } else {
                    (range.low, Openness::OpenLow)
                };
                match end {
                    Some(end) => Self::Number(Openness::Closed, end),
                    None => Self::Number(open, Decimal::default()),
                }
            }
            IndexValue::Token { code, .. } => Self::Text(code, ""),
            IndexValue::Text { folded, .. } => Self::Text(folded, ""),
            IndexValue::Uri(uri) => Self::Text(uri, ""),
            IndexValue::Reference { resource_type, id, .. } => {
                Self::Text(resource_type.unwrap_or_default(), id)
            }
        }
    }
}

/// Shows the id.
impl fmt::Debug for Sortable<'_, '_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sortable({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{DateRange, DecimalRange, Zone};

    fn date(text: &str) -> IndexValue<'static> {
        IndexValue::Date(DateRange::parse(text, Zone::UTC).unwrap())
    }

    fn text(folded: &'static str) -> IndexValue<'static> {
        IndexValue::Text { folded: folded.into(), exact: folded }
    }

    /// The ids in order.
    fn sorted(
        resources: &[(&str, &[(&'static str, IndexValue<'static>)])],
        keys: &[(&'static str, bool)],
    ) -> String {
        let entry = |(parameter, value): &(&'static str, IndexValue<'static>)| IndexEntry {
            parameter,
            value: value.clone(),
        };
        let entries: Vec<(&str, Vec<IndexEntry<'_, '_>>)> =
            resources.iter().map(|(id, values)| (*id, values.iter().map(entry).collect())).collect();
        let key = |&(name, descending): &(&'static str, bool)| {
            let by = match name {
                "_id" => SortTarget::Id,
                "_lastUpdated" => SortTarget::Modified,
                name => SortTarget::Parameter(name),
            };
            SortKey { by, descending }
        };
        let keys: Vec<SortKey> = keys.iter().map(key).collect();
        let mut sortable: Vec<Sortable<'_, '_, '_>> = entries
            .iter()
            .zip(0..)
            .map(|((id, entries), at)| Sortable { id, modified: -at, entries })
            .collect();
        sortable.sort_by(|a, b| SortKey::compare_by_all(&keys, a, b));
        sortable.iter().map(|resource| resource.id).collect()
    }

    #[test]
    fn the_least_or_greatest_value_counts_and_missing_ones_come_last() {
        let resources: &[(&str, &[_])] = &[
            ("a", &[("date", date("2024-05"))]),
            ("b", &[]),
            ("c", &[("date", date("2024-01-01")), ("date", date("2024-12-31"))]),
            ("d", &[("date", date("2024-05-10"))]),
            ("e", &[("other", date("2020"))]),
        ];
        assert_eq!(sorted(resources, &[("date", false)]), "cadbe");
        assert_eq!(sorted(resources, &[("date", true)]), "cadbe");
        assert_eq!(sorted(resources, &[("_id", true)]), "edcba");
        assert_eq!(sorted(resources, &[("_lastUpdated", false)]), "edcba");
        assert_eq!(sorted(resources, &[]), "abcde");
    }

    #[test]
    fn later_keys_decide_where_earlier_ones_are_equal() {
        let resources: &[(&str, &[_])] = &[
            ("a", &[("family", text("smith")), ("given", text("zoe"))]),
            ("b", &[("family", text("smith")), ("given", text("anna"))]),
            ("c", &[("family", text("jones")), ("given", text("mary"))]),
            ("d", &[("given", text("abe"))]),
        ];
        assert_eq!(sorted(resources, &[("family", false), ("given", false)]), "cbad");
        assert_eq!(sorted(resources, &[("family", true), ("given", true)]), "abcd");
        assert_eq!(sorted(resources, &[("given", false)]), "dbca");
    }

    #[test]
    fn numbers_sort_as_numbers_and_open_ends_lie_outside() {
        let number = |low: Option<&str>, high: Option<&str>| {
            let end = |text: Option<&str>| text.and_then(Decimal::parse);
            IndexValue::Number(DecimalRange { low: end(low), high: end(high) })
        };
        let resources: &[(&str, &[_])] = &[
            ("a", &[("n", number(Some("10"), Some("10")))]),
            ("b", &[("n", number(Some("9.5"), Some("9.5")))]),
            ("c", &[("n", number(None, Some("9")))]),
            ("d", &[("n", number(Some("-1e3"), None))]),
        ];
        assert_eq!(sorted(resources, &[("n", false)]), "cdba");
        assert_eq!(sorted(resources, &[("n", true)]), "dabc");
    }
}
