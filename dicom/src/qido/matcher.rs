//! The truth of a search: whether one data set matches a query, and which of two comes first, with no index.

use std::cmp::Ordering;

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::index::{IndexValue, values};
use super::{Filter, Order, Query};
use crate::dataset::DataSet;

impl Query {
    /// Whether a data set matches: the UIDs of the URL, and every filter.
    #[must_use]
    pub fn matches(&self, set: &DataSet<'_>) -> bool {
        let is = |wanted: Option<&str>, tag| {
            wanted.is_none_or(|uid| set.text(tag).is_some_and(|found| found == uid))
        };
        is(self.resource.study(), tags::STUDY_INSTANCE_UID)
            && is(self.resource.series(), tags::SERIES_INSTANCE_UID)
            && self.filters.iter().all(|filter| filter.matches(set))
    }

    /// Which of two data sets comes first by the order of the query; equal where it does not say.
    #[must_use]
    pub fn compare(&self, first: &DataSet<'_>, second: &DataSet<'_>) -> Ordering {
        self.order
            .iter()
            .map(|order| order.compare(first, second))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl Filter {
    /// Whether a data set matches this filter.
    #[must_use]
    pub fn matches(&self, set: &DataSet<'_>) -> bool {
        let found = values(set, &self.path, self.vr);
        self.keys.iter().any(|key| key.matches(&found))
    }
}

impl Order {
    /// Which of two data sets comes first. The first value counts; what has none comes last, in either direction.
    #[must_use]
    pub fn compare(&self, first: &DataSet<'_>, second: &DataSet<'_>) -> Ordering {
        match (self.key(first), self.key(second)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) if self.descending => compare(&b, &a),
            (Some(a), Some(b)) => compare(&a, &b),
        }
    }

    /// The value that decides the place of a data set: what a store keeps to sort by.
    #[must_use]
    pub fn key(&self, set: &DataSet<'_>) -> Option<IndexValue> {
        let vr = if self.vr == VR::UN { VR::LO } else { self.vr };
        values(set, &self.path, vr).into_iter().next()
    }
}

fn compare(a: &IndexValue, b: &IndexValue) -> Ordering {
    match (a, b) {
        (IndexValue::Uid(a) | IndexValue::Text(a), IndexValue::Uid(b) | IndexValue::Text(b)) => a.cmp(b),
        (IndexValue::Name { text: a, .. }, IndexValue::Name { text: b, .. }) => a.cmp(b),
        (IndexValue::Interval(a), IndexValue::Interval(b)) => a.cmp(b),
        (IndexValue::Number(a), IndexValue::Number(b)) => a.total_cmp(b),
        (IndexValue::Tag(a), IndexValue::Tag(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
