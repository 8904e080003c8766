//! Under what a resource is found: the values that `fhir-search` extracts, as entries of the store; and the conditions of a
//! search as the store's plan. Both crates have the same kinds of value, so this is a change of words.

use crate::error::Error;
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::Version;
use hygea_fhir_search::plan::{Filter, Match, Range, SortKey, SortTarget, TextMatch, UriMatch};
use hygea_fhir_search::value::{Decimal, DecimalRange};
use hygea_fhir_search::{ExtractOptions, Extractor, IndexValue, Parameters};
use hygea_store::{
    CompactString, Decimal as Number, Direction, Entry, Match as Test, MissingValues, Plan, Range as Ends,
    Reference, ReferenceTest, Sort, Text, TextTest, UriTest, Value,
};
use std::ops::Bound;

/// The search parameters of a version.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) parameters: &'static Parameters,
}

impl Index {
    /// The index of a version, if this build has its parameters.
    pub(super) fn of(version: Version) -> Option<Self> {
        (version == Version::R4).then(|| Self { parameters: Parameters::r4() })
    }

    /// The index values of a resource in its stored form. References by `base` are local ones.
    #[expect(
        clippy::field_reassign_with_default,
        reason = "the options grow, so only their own crate may list them"
    )]
    pub(super) fn entries(&self, body: &[u8], base: &str) -> Result<Vec<Entry>, Error> {
        let document = Document::parse(body)?;
        let bases = [base];
        let mut options = ExtractOptions::default();
        options.bases = &bases;
        let extracted = Extractor::new(self.parameters, options).extract(document.root())?;
        let mut entries = Vec::with_capacity(extracted.len());
        for entry in extracted {
            entries.push(Entry::new(entry.parameter, value(&entry.value)?));
        }
        // Several places of a resource may hold the same value.
        entries.sort_unstable();
        entries.dedup();
        Ok(entries)
    }
}

fn value(value: &IndexValue<'_>) -> Result<Value, Error> {
    Ok(match value {
        IndexValue::Token { system, code } => {
            Value::Token { system: system.map(CompactString::new), code: CompactString::new(code) }
        }
        IndexValue::Text { folded, exact } => Value::Text(Text::new(folded, exact)),
        IndexValue::Date(range) => Value::Date { low: range.low, high: range.high },
        IndexValue::Number(range) => {
            let (low, high) = ends(range)?;
            Value::Number { low, high }
        }
        IndexValue::Quantity { system, unit, range } => {
            let (low, high) = ends(range)?;
            Value::Quantity {
                system: system.map(CompactString::new),
                unit: unit.map(CompactString::new),
                low,
                high,
            }
        }
        IndexValue::Reference { resource_type, id, version } => Value::Reference(Reference {
            base: None,
            kind: resource_type.map(CompactString::new),
            id: CompactString::new(id),
            version: version.map(CompactString::new),
        }),
        IndexValue::Uri(uri) => Value::Uri(CompactString::new(uri)),
    })
}

fn ends(range: &DecimalRange) -> Result<(Number, Number), Error> {
    Ok((range.low.map_or(Ok(Number::MIN), number)?, range.high.map_or(Ok(Number::MAX), number)?))
}

fn number(decimal: Decimal) -> Result<Number, Error> {
    let (coefficient, exponent) = decimal.parts();
    Ok(Number::from_scaled(coefficient, exponent)?)
}

/// The conditions of a search as the store's plan.
pub(super) fn plan(filter: &Filter) -> Result<Plan, Error> {
    let plans = |filters: &[Filter]| filters.iter().map(plan).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        Filter::All => Plan::All,
        Filter::Ids(ids) => Plan::Ids(ids.iter().map(CompactString::new).collect()),
        Filter::Token { parameter, system, code } => {
            Plan::Token { parameter: CompactString::new(parameter), system: test(system), code: test(code) }
        }
        Filter::Text { parameter, test } => Plan::Text {
            parameter: CompactString::new(parameter),
            test: match test {
                TextMatch::Prefix(text) => TextTest::Prefix(text.into()),
                TextMatch::Exact { folded, exact } => TextTest::Exact(Text::new(folded, exact)),
                TextMatch::Contains(text) => TextTest::Contains(text.into()),
            },
        },
        Filter::Date { parameter, range } => Plan::Date {
            parameter: CompactString::new(parameter),
            range: Ends { low: range.low, high: range.high },
        },
        Filter::Number { parameter, range } => {
            Plan::Number { parameter: CompactString::new(parameter), range: numbers(range)? }
        }
        Filter::Quantity { parameter, system, unit, range } => Plan::Quantity {
            parameter: CompactString::new(parameter),
            system: test(system),
            unit: test(unit),
            range: numbers(range)?,
        },
        Filter::Reference { parameter, resource_type, id, version } => Plan::Reference {
            parameter: CompactString::new(parameter),
            test: ReferenceTest {
                base: Test::Absent,
                kind: test(resource_type),
                id: id.into(),
                version: test(version),
            },
        },
        Filter::Uri { parameter, test } => Plan::Uri {
            parameter: CompactString::new(parameter),
            test: match test {
                UriMatch::Is(uri) => UriTest::Is(uri.into()),
                UriMatch::Below(uri) => UriTest::Below(uri.into()),
                UriMatch::Above(uri) => UriTest::Above(uri.into()),
            },
        },
        Filter::Modified { within } => Plan::Modified { within: *within },
        Filter::Missing { parameter, missing } => {
            Plan::Missing { parameter: CompactString::new(parameter), missing: *missing }
        }
        Filter::And(filters) | Filter::Together { parts: filters, .. } => Plan::And(plans(filters)?),
        Filter::Or(filters) => Plan::Or(plans(filters)?),
        Filter::Not(filter) => plan(filter)?.not(),
        Filter::Chain { parameter, resource_type, filter } => Plan::Chain {
            parameter: CompactString::new(parameter),
            kind: CompactString::new(resource_type),
            plan: Box::new(plan(filter)?),
        },
        Filter::Reverse { resource_type, parameter, filter } => Plan::Reverse {
            kind: CompactString::new(resource_type),
            parameter: CompactString::new(parameter),
            plan: Box::new(plan(filter)?),
        },
    })
}

fn test(test: &Match) -> Test {
    match test {
        Match::Any => Test::Any,
        Match::Absent => Test::Absent,
        Match::Is(text) => Test::is(text),
    }
}

fn numbers(range: &Range<Decimal>) -> Result<Ends<Number>, Error> {
    let bound = |bound: &Bound<Decimal>| {
        Ok::<_, Error>(match bound {
            Bound::Included(value) => Bound::Included(number(*value)?),
            Bound::Excluded(value) => Bound::Excluded(number(*value)?),
            Bound::Unbounded => Bound::Unbounded,
        })
    };
    Ok(Ends {
        low: (bound(&range.low.0)?, bound(&range.low.1)?),
        high: (bound(&range.high.0)?, bound(&range.high.1)?),
    })
}

/// A sort key in the store's words; what has no value comes last in both directions.
pub(super) fn sort(key: &SortKey) -> Sort {
    let by = match key.by {
        SortTarget::Id => hygea_store::SortKey::Id,
        SortTarget::Modified => hygea_store::SortKey::Modified,
        SortTarget::Parameter(name) => hygea_store::SortKey::Parameter(name.into()),
    };
    let direction = if key.descending { Direction::Descending } else { Direction::Ascending };
    Sort { by, direction, missing: MissingValues::Last }
}
