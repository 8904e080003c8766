//! From the conditions of a query to tests of index values.

use super::{Filter, Match, Range, TextMatch, UriMatch};
use crate::extract::of_type_code;
use crate::parameters::{Parameter, ParameterType};
use crate::query::{
    Condition, Criterion, DateEquality, DateValue, NumberValue, Prefix, Query, ReferenceValue, SystemTest,
    Test, TextTest, TextValue, TokenValue, UriTest, UriValue, Value,
};
use crate::value::{DateRange, Decimal, fold};
use std::ops::Bound::{self, Excluded, Included, Unbounded};

/// The conditions of a query as one filter.
pub(crate) fn lower(query: &Query) -> Filter {
    let lower = Lower { dates: query.date_equality() };
    Filter::and(query.criteria().iter().map(|criterion| lower.criterion(criterion)).collect())
}

struct Lower {
    dates: DateEquality,
}

/// The names under which the values that one parameter compares stand in an index.
#[derive(Clone, Copy)]
struct Names<'p> {
    own: &'p str,
    parameter: Option<&'p Parameter>,
}

impl Lower {
    fn criterion(&self, criterion: &Criterion) -> Filter {
        match criterion {
            Criterion::Test(test) => self.test(test),
            Criterion::Chain(chain) => {
                let target = |(resource_type, criterion): &(&'static str, Criterion)| Filter::Chain {
                    parameter: chain.parameter.index_name().to_owned(),
                    resource_type,
                    filter: Box::new(self.criterion(criterion)),
                };
                Filter::or(chain.targets.iter().map(target).collect())
            }
            Criterion::Reverse(reverse) => Filter::Reverse {
                resource_type: reverse.resource_type,
                parameter: reverse.parameter.index_name().to_owned(),
                filter: Box::new(self.criterion(&reverse.criterion)),
            },
        }
    }

    fn test(&self, test: &Test) -> Filter {
        let parameter = &*test.parameter;
        match &test.condition {
            Condition::Missing(missing) => Self::missing(parameter, *missing),
            Condition::AnyOf(values) => self.any_of(parameter, values),
            Condition::NoneOf(values) => Filter::Not(Box::new(self.any_of(parameter, values))),
        }
    }

    /// Whether there is a value: the parameter's own, or one that only a modifier compares.
    fn missing(parameter: &Parameter, missing: bool) -> Filter {
        let of = |name: &str| Filter::Missing { parameter: name.to_owned(), missing };
        let (own, names) = (of(parameter.index_name()), parameter.index_names());
        let other = match parameter.kind() {
            _ if matches!(parameter.code(), "_id" | "_lastUpdated") => {
                // The document itself has both.
                return if missing { Filter::Or(Vec::new()) } else { Filter::All };
            }
            ParameterType::Token => of(&names.text),
            ParameterType::Reference => of(&names.identifier),
            _ => return own,
        };
        if missing { Filter::And(vec![own, other]) } else { Filter::Or(vec![own, other]) }
    }

    fn any_of(&self, parameter: &Parameter, values: &[Value]) -> Filter {
        match parameter.code() {
            "_id" => Filter::Ids(values.iter().filter_map(id).map(str::to_owned).collect()),
            "_lastUpdated" => {
                let within = |value: &Value| match value {
                    Value::Date(date) => modified(date),
                    _ => Vec::new(),
                };
                Filter::or(values.iter().flat_map(within).collect())
            }
            code => {
                let names = Names { own: code, parameter: Some(parameter) };
                Filter::or(values.iter().flat_map(|value| self.value(names, value)).collect())
            }
        }
    }

    /// The alternatives that a value stands for.
    fn value(&self, names: Names<'_>, value: &Value) -> Vec<Filter> {
        let own = || names.own.to_owned();
        match value {
            Value::Token(token) => {
                let implied = names.parameter.map_or(&[][..], Parameter::implied_systems);
                tokens(names.own, token, implied)
            }
            Value::Identifier(token) => match names.parameter {
                Some(parameter) => tokens(&parameter.index_names().identifier, token, &[]),
                None => Vec::new(),
            },
            Value::TokenText(text) => match names.parameter {
                Some(parameter) => vec![texts(&parameter.index_names().text, text)],
                None => Vec::new(),
            },
            Value::OfType(of_type) => match names.parameter {
                Some(parameter) => vec![Filter::Token {
                    parameter: parameter.index_names().of_type.clone(),
                    system: of_type.system.clone().map_or(Match::Any, Match::Is),
                    code: Match::Is(of_type_code(&of_type.code, &of_type.value)),
                }],
                None => Vec::new(),
            },
            Value::Text(text) => vec![texts(names.own, text)],
            Value::Date(date) => {
                let to_filter = |range| Filter::Date { parameter: own(), range };
                self.date_ranges(date).into_iter().map(to_filter).collect()
            }
            Value::Number(number) => {
                let to_filter = |range| Filter::Number { parameter: own(), range };
                number_ranges(number).into_iter().map(to_filter).collect()
            }
            Value::Quantity(quantity) => {
                let to_filter = |range| Filter::Quantity {
                    parameter: own(),
                    system: system(&quantity.system),
                    unit: quantity.unit.clone().map_or(Match::Any, Match::Is),
                    range,
                };
                number_ranges(&quantity.number).into_iter().map(to_filter).collect()
            }
            Value::Reference(reference) => vec![references(names.own, reference)],
            Value::Uri(uri) => vec![Filter::Uri { parameter: own(), test: uris(uri) }],
            Value::Composite(values) => {
                let parts = names.parameter.map_or(&[][..], Parameter::parts).iter().zip(values);
                let part = |(part, value): (&crate::parameters::Part, &Value)| {
                    let alone = part.alone()?;
                    let names = Names { own: alone, parameter: None };
                    Some(Filter::or(self.value(names, value)))
                };
                vec![Filter::Together { parameter: own(), parts: parts.filter_map(part).collect() }]
            }
        }
    }

    fn date_ranges(&self, date: &DateValue) -> Vec<Range<i64>> {
        let DateRange { low, high } = date.range;
        let any = Range::any;
        let contained = || Range { low: (Included(low), Unbounded), high: (Unbounded, Included(high)) };
        let overlapping = || Range { low: (Unbounded, Excluded(high)), high: (Excluded(low), Unbounded) };
        let ends_after = |bound| Range { high: (Excluded(bound), Unbounded), ..any() };
        let starts_before = |bound| Range { low: (Unbounded, Excluded(bound)), ..any() };
        let starts_from = |bound| Range { low: (Included(bound), Unbounded), ..any() };
        let ends_by = |bound| Range { high: (Unbounded, Included(bound)), ..any() };
        let overlap = self.dates == DateEquality::Overlap;
        match date.prefix {
            Prefix::Eq if overlap => vec![overlapping()],
            Prefix::Eq => vec![contained()],
            Prefix::Ne if overlap => vec![starts_from(high), ends_by(low)],
            Prefix::Ne => vec![starts_before(low), ends_after(high)],
            Prefix::Gt => vec![ends_after(high)],
            Prefix::Lt => vec![starts_before(low)],
            Prefix::Ge if overlap => vec![ends_after(low)],
            Prefix::Le if overlap => vec![starts_before(high)],
            Prefix::Ge => vec![ends_after(high), contained()],
            Prefix::Le => vec![starts_before(low), contained()],
            Prefix::Sa => vec![starts_from(high)],
            Prefix::Eb => vec![ends_by(low)],
            Prefix::Ap => vec![overlapping()],
        }
    }
}

/// The id that a value asks for, if ids can match it at all: they have no system.
fn id(value: &Value) -> Option<&str> {
    match value {
        Value::Token(TokenValue { system: SystemTest::Any | SystemTest::Absent, code }) => code.as_deref(),
        _ => None,
    }
}

/// The tests of the moment of the current version, which is shorter than any date of a query.
fn modified(date: &DateValue) -> Vec<Filter> {
    let DateRange { low, high } = date.range;
    let within = |from: Bound<i64>, until: Bound<i64>| Filter::Modified { within: (from, until) };
    match date.prefix {
        Prefix::Eq | Prefix::Ap => vec![within(Included(low), Excluded(high))],
        Prefix::Ne => vec![within(Unbounded, Excluded(low)), within(Included(high), Unbounded)],
        Prefix::Gt | Prefix::Sa => vec![within(Included(high), Unbounded)],
        Prefix::Lt | Prefix::Eb => vec![within(Unbounded, Excluded(low))],
        Prefix::Ge => vec![within(Included(low), Unbounded)],
        Prefix::Le => vec![within(Unbounded, Excluded(high))],
    }
}

fn number_ranges(value: &NumberValue) -> Vec<Range<Decimal>> {
    let number = value.number;
    let any = Range::any;
    let from = |bound: Option<Decimal>| bound.map_or(Unbounded, Included);
    let (low, high) = (value.range.low, value.range.high);
    let below = |bound: Option<Decimal>| bound.map_or(Unbounded, Excluded);
    match value.prefix {
        Prefix::Eq => vec![Range { low: (from(low), Unbounded), high: (Unbounded, below(high)) }],
        Prefix::Ne => vec![
            Range { low: (Unbounded, below(low)), ..any() },
            Range { high: (from(high), Unbounded), ..any() },
        ],
        Prefix::Gt => vec![Range { high: (Excluded(number), Unbounded), ..any() }],
        Prefix::Lt => vec![Range { low: (Unbounded, Excluded(number)), ..any() }],
        Prefix::Ge => vec![Range { high: (Included(number), Unbounded), ..any() }],
        Prefix::Le => vec![Range { low: (Unbounded, Included(number)), ..any() }],
        Prefix::Sa => vec![Range { low: (Excluded(number), Unbounded), ..any() }],
        Prefix::Eb => vec![Range { high: (Unbounded, Excluded(number)), ..any() }],
        Prefix::Ap => vec![Range { low: (Unbounded, from(high)), high: (from(low), Unbounded) }],
    }
}

fn system(test: &SystemTest) -> Match {
    match test {
        SystemTest::Any => Match::Any,
        SystemTest::Absent => Match::Absent,
        SystemTest::Is(system) => Match::Is(system.clone()),
    }
}

/// The tests of a token. A code whose element implies the system has none in the index.
fn tokens(parameter: &str, token: &TokenValue, implied: &[String]) -> Vec<Filter> {
    let test = |system| Filter::Token {
        parameter: parameter.to_owned(),
        system,
        code: token.code.clone().map_or(Match::Any, Match::Is),
    };
    match &token.system {
        SystemTest::Is(system) if implied.contains(system) => {
            vec![test(Match::Is(system.clone())), test(Match::Absent)]
        }
        other => vec![test(system(other))],
    }
}

fn texts(parameter: &str, text: &TextValue) -> Filter {
    let folded = fold(&text.text).into_owned();
    let test = match text.test {
        TextTest::Prefix => TextMatch::Prefix(folded),
        TextTest::Contains => TextMatch::Contains(folded),
        TextTest::Exact => TextMatch::Exact { folded, exact: text.text.clone() },
    };
    Filter::Text { parameter: parameter.to_owned(), test }
}

fn references(parameter: &str, reference: &ReferenceValue) -> Filter {
    let (resource_type, id, version) = match reference {
        ReferenceValue::Id(id) => (Match::Any, id, None),
        ReferenceValue::Resource { resource_type, id, version } => {
            (Match::Is((*resource_type).to_owned()), id, version.as_ref())
        }
        ReferenceValue::Url { url, version } => (Match::Absent, url, version.as_ref()),
    };
    Filter::Reference {
        parameter: parameter.to_owned(),
        resource_type,
        id: id.clone(),
        version: version.cloned().map_or(Match::Any, Match::Is),
    }
}

fn uris(value: &UriValue) -> UriMatch {
    let uri = value.uri.clone();
    match value.test {
        UriTest::Is => UriMatch::Is(uri),
        UriTest::Below => UriMatch::Below(uri),
        UriTest::Above => UriMatch::Above(uri),
    }
}
