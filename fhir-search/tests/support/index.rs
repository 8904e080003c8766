//! A filter over the index values of one resource, evaluated in the most obvious way.

use hygea_fhir_search::plan::{Filter, Match, Range, TextMatch, UriMatch};
use hygea_fhir_search::value::DateRange;
use hygea_fhir_search::{IndexEntry, IndexValue};
use std::collections::HashMap;
use std::ops::{Bound, RangeBounds};

/// An indexed resource.
pub struct Indexed<'p, 'd> {
    pub resource_type: &'d str,
    pub id: &'d str,
    pub modified: DateRange,
    pub entries: Vec<IndexEntry<'p, 'd>>,
}

/// Indexed resources by type and id.
#[derive(Default)]
pub struct Index<'p, 'd> {
    pub resources: Vec<Indexed<'p, 'd>>,
    by_key: HashMap<(&'d str, &'d str), usize>,
    /// For each target the resources and parameters that lead there.
    back: HashMap<(&'d str, &'d str), Vec<(usize, &'p str)>>,
}

impl<'p, 'd> Index<'p, 'd> {
    pub fn of(resources: Vec<Indexed<'p, 'd>>) -> Self {
        let mut index = Self::default();
        for (at, resource) in resources.iter().enumerate() {
            index.by_key.insert((resource.resource_type, resource.id), at);
            for entry in &resource.entries {
                if let IndexValue::Reference { resource_type: Some(resource_type), id, .. } = entry.value {
                    index.back.entry((resource_type, id)).or_default().push((at, entry.parameter));
                }
            }
        }
        index.resources = resources;
        index
    }

    /// Whether a filter holds for a resource.
    pub fn holds(&self, filter: &Filter, resource: &Indexed<'p, 'd>) -> bool {
        let any = |name: &str, test: &dyn Fn(&IndexValue<'d>) -> bool| {
            resource.entries.iter().any(|entry| entry.parameter == name && test(&entry.value))
        };
        match filter {
            Filter::All => true,
            Filter::Ids(ids) => ids.iter().any(|id| id == resource.id),
            Filter::Token { parameter, system, code } => any(parameter, &|value| match value {
                IndexValue::Token { system: own, code: text } => is(system, *own) && is(code, Some(text)),
                _ => false,
            }),
            Filter::Text { parameter, test } => any(parameter, &|value| match (value, test) {
                (IndexValue::Text { folded, .. }, TextMatch::Prefix(wanted)) => folded.starts_with(&**wanted),
                (IndexValue::Text { folded, .. }, TextMatch::Contains(wanted)) => folded.contains(&**wanted),
                (IndexValue::Text { folded, exact }, TextMatch::Exact { folded: a, exact: b }) => {
                    folded == a && exact == b
                }
                _ => false,
            }),
            Filter::Date { parameter, range } => any(parameter, &|value| match value {
                IndexValue::Date(own) => range.low.contains(&own.low) && range.high.contains(&own.high),
                _ => false,
            }),
            Filter::Number { parameter, range } => any(parameter, &|value| match value {
                IndexValue::Number(own) => within(range, own.low, own.high),
                _ => false,
            }),
            Filter::Quantity { parameter, system, unit, range } => any(parameter, &|value| match value {
                IndexValue::Quantity { system: own, unit: own_unit, range: number } => {
                    is(system, *own) && is(unit, *own_unit) && within(range, number.low, number.high)
                }
                _ => false,
            }),
            Filter::Reference { parameter, resource_type, id, version } => {
                any(parameter, &|value| match value {
                    IndexValue::Reference { resource_type: own, id: own_id, version: own_version } => {
                        is(resource_type, *own) && id == own_id && is(version, *own_version)
                    }
                    _ => false,
                })
            }
            Filter::Uri { parameter, test } => any(parameter, &|value| match value {
                IndexValue::Uri(own) => match test {
                    UriMatch::Is(wanted) => own == wanted,
                    UriMatch::Below(wanted) => below(own, wanted),
                    UriMatch::Above(wanted) => below(wanted, own),
                },
                _ => false,
            }),
            Filter::Modified { within } => within.contains(&resource.modified.low),
            Filter::Missing { parameter, missing } => *missing != any(parameter, &|_| true),
            Filter::And(filters) | Filter::Together { parts: filters, .. } => {
                filters.iter().all(|filter| self.holds(filter, resource))
            }
            Filter::Or(filters) => filters.iter().any(|filter| self.holds(filter, resource)),
            Filter::Not(filter) => !self.holds(filter, resource),
            Filter::Chain { parameter, resource_type, filter } => any(parameter, &|value| match value {
                IndexValue::Reference { resource_type: Some(own), id, .. } if own == resource_type => {
                    let target = self.by_key.get(&(*own, *id)).map(|&at| &self.resources[at]);
                    target.is_some_and(|target| self.holds(filter, target))
                }
                _ => false,
            }),
            Filter::Reverse { resource_type, parameter, filter } => {
                let back = self.back.get(&(resource.resource_type, resource.id)).into_iter().flatten();
                back.filter(|(_, name)| name == parameter)
                    .map(|&(at, _)| &self.resources[at])
                    .any(|source| source.resource_type == *resource_type && self.holds(filter, source))
            }
        }
    }
}

fn is(test: &Match, text: Option<&str>) -> bool {
    match test {
        Match::Any => true,
        Match::Absent => text.is_none(),
        Match::Is(wanted) => text == Some(wanted),
    }
}

/// An open end lies outside of every bound but none.
fn within<T: PartialOrd>(range: &Range<T>, low: Option<T>, high: Option<T>) -> bool {
    let end =
        |bounds: &(Bound<T>, Bound<T>), end: Option<T>, open: fn(&(Bound<T>, Bound<T>)) -> bool| match end {
            Some(end) => bounds.contains(&end),
            None => open(bounds),
        };
    end(&range.low, low, |bounds| matches!(bounds.0, Bound::Unbounded))
        && end(&range.high, high, |bounds| matches!(bounds.1, Bound::Unbounded))
}

fn below(uri: &str, base: &str) -> bool {
    uri == base || (base.ends_with('/') && uri.starts_with(base)) || uri.starts_with(&format!("{base}/"))
}
