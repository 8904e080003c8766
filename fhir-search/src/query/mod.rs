//! Queries: what a client asks for, read once into a typed tree (<https://hl7.org/fhir/R4/search.html>).
//!
//! Reading finds every fault of a query and reports them together. What FHIR lets a server ignore, unknown parameters and
//! such without a value, is an error or is left out and told, as [`Handling`] says.

mod criterion;
mod escape;
mod form;
mod modifier;
mod read;
mod result;
mod value;

use crate::error::{Error, Issue};
use crate::parameters::{Parameter, ParameterType, ParameterUsage, Parameters};
use crate::value::Zone;
use std::fmt;

pub use criterion::{Chain, Condition, Criterion, Reverse, Test};
pub use form::{Pair, form_pairs};
pub use modifier::Modifier;
pub use result::{Element, ResultParameters, Sort, SortBy, Summary, Total};
pub use value::{
    DateValue, NumberValue, OfTypeValue, Prefix, QuantityValue, ReferenceValue, SystemTest, TextTest,
    TextValue, TokenValue, UriTest, UriValue, Value,
};

/// A search: conditions on the resources of a type, and how the answer is made.
///
/// ```
/// use hygea_fhir_search::{Options, Parameters, Query};
///
/// let text = "family=de+Vries&birthdate=ge1980&_sort=-birthdate&_count=20";
/// let query = Query::parse("Patient", text, Parameters::r4(), &Options::default())?;
/// assert_eq!(query.criteria().len(), 2);
/// assert_eq!(query.result().count, Some(20));
/// assert_eq!(query.to_query_string(), "family=de%20Vries&birthdate=ge1980&_sort=-birthdate&_count=20");
/// # Ok::<(), hygea_fhir_search::Error>(())
/// ```
#[derive(Clone)]
pub struct Query {
    resource_type: &'static str,
    criteria: Vec<Criterion>,
    result: ResultParameters,
    date_equality: DateEquality,
    ignored: Vec<Issue>,
    reserved: Vec<(String, String)>,
}

/// How a query is read. Name the fields that you set and take the others from `Options::default()`: more may come.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// What happens to parameters that are unknown, unsupported or empty.
    pub handling: Handling,
    /// Where dates without a zone are; the same as for extraction.
    pub zone: Zone,
    /// The URLs under which the service is reached; the same as for extraction.
    pub bases: &'a [&'a str],
    /// The present, in microseconds since 1970-01-01T00:00Z, which `ap` on dates needs; without it `ap` is no wider
    /// than the date's precision.
    pub now: Option<i64>,
    /// What `eq` means on dates.
    pub date_equality: DateEquality,
    /// Parameters that the service itself reads (its paging token); they are kept in [`Query::reserved`].
    pub reserved: &'a [&'a str],
    /// Bounds for hostile queries.
    pub limits: Limits,
}

/// What happens to parameters that a server may ignore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Handling {
    /// They are errors, reported all at once.
    #[default]
    Strict,
    /// They are left out and listed in [`Query::ignored`]. Wrong values and modifiers are errors nevertheless.
    Lenient,
}

/// What it means that a date equals a date of lower precision, or a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DateEquality {
    /// The date of the query contains the one of the resource, as R4 says.
    #[default]
    Containment,
    /// They overlap, as Azure has it.
    Overlap,
}

/// Bounds of a query. The defaults let every query of a person or program through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the form.
    pub bytes: usize,
    /// Parameters.
    pub parameters: usize,
    /// Alternatives of all parameters together.
    pub values: usize,
    /// References in a chain.
    pub chain: usize,
    /// Conditions that the chains of a query branch into.
    pub branches: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 20, parameters: 256, values: 4_000, chain: 8, branches: 1_000 }
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            handling: Handling::Strict,
            zone: Zone::UTC,
            bases: &[],
            now: None,
            date_equality: DateEquality::Containment,
            reserved: &[],
            limits: Limits::default(),
        }
    }
}

impl Query {
    /// Reads the query of a URL, without `?`, or the body of a POST to `_search`; both in one if joined with `&`.
    /// `resource_type` is the type that is searched, `Resource` for all types at once.
    ///
    /// # Errors
    /// All faults of the query in one [`Error`]; kinds 300 to 312.
    pub fn parse(
        resource_type: &str,
        query: &str,
        parameters: &Parameters,
        options: &Options<'_>,
    ) -> Result<Self, Error> {
        read::form(resource_type, query, parameters, options)
    }

    /// Reads parameters that are decoded already.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn from_pairs(
        resource_type: &str,
        pairs: &[Pair<'_>],
        parameters: &Parameters,
        options: &Options<'_>,
    ) -> Result<Self, Error> {
        read::pairs(resource_type, pairs, parameters, options)
    }

    /// The type that is searched; `Resource` for all types.
    #[must_use]
    pub fn resource_type(&self) -> &'static str {
        self.resource_type
    }

    /// The conditions, all of which must hold.
    #[must_use]
    pub fn criteria(&self) -> &[Criterion] {
        &self.criteria
    }

    /// How the answer is made.
    #[must_use]
    pub fn result(&self) -> &ResultParameters {
        &self.result
    }

    /// What `eq` means on dates.
    #[must_use]
    pub fn date_equality(&self) -> DateEquality {
        self.date_equality
    }

    /// What was left out under [`Handling::Lenient`].
    #[must_use]
    pub fn ignored(&self) -> &[Issue] {
        &self.ignored
    }

    /// The parameters that the service reads itself: `_format`, `_pretty` and those of [`Options::reserved`].
    #[must_use]
    pub fn reserved(&self) -> &[(String, String)] {
        &self.reserved
    }

    /// The conditions for an index; see [`crate::plan`].
    #[must_use]
    pub fn filter(&self) -> crate::plan::Filter {
        crate::plan::lower(self)
    }

    /// The query as it was understood, for the link `self`: what was ignored and what is reserved is not in it. It reads as
    /// the same query.
    #[must_use]
    pub fn to_query_string(&self) -> String {
        let mut form = String::new();
        let mut push = |name: &str, value: &str| {
            if !form.is_empty() {
                form.push('&');
            }
            form::encode(name, &mut form);
            form.push('=');
            form::encode(value, &mut form);
        };
        for criterion in &self.criteria {
            let (mut name, mut value) = (String::new(), String::new());
            criterion.write_name(&mut name);
            if let Some(test) = criterion.test() {
                test.condition.write(&mut value);
            }
            push(&name, &value);
        }
        let result = &self.result;
        if !result.types.is_empty() {
            push("_type", &result.types.join(","));
        }
        for (name, includes) in [("_include", &result.includes), ("_revinclude", &result.reverse_includes)] {
            for include in includes {
                let name = if include.iterate() { format!("{name}:iterate") } else { name.to_owned() };
                push(&name, &include.to_string());
            }
        }
        if !result.sort.is_empty() {
            let key = |sort: &Sort| format!("{}{}", if sort.descending { "-" } else { "" }, sort.by.code());
            push("_sort", &result.sort.iter().map(key).collect::<Vec<_>>().join(","));
        }
        if let Some(total) = result.total {
            push("_total", total.as_str());
        }
        if let Some(summary) = result.summary {
            push("_summary", summary.as_str());
        }
        if !result.elements.is_empty() {
            let element = |element: &Element| match element.resource_type {
                Some(resource_type) => format!("{resource_type}.{}", element.path),
                None => element.path.clone(),
            };
            push("_elements", &result.elements.iter().map(element).collect::<Vec<_>>().join(","));
        }
        if let Some(count) = result.count {
            push("_count", &count.to_string());
        }
        form
    }
}

/// Shows the parameters, never the values.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({}", self.resource_type)?;
        for criterion in &self.criteria {
            let mut name = String::new();
            criterion.write_name(&mut name);
            write!(f, " {name}")?;
        }
        f.write_str(")")
    }
}

/// Whether queries for a parameter are answered: it has an expression and its values compare as they are.
pub(crate) fn is_answered(parameter: &Parameter) -> bool {
    !parameter.expression().is_empty()
        && parameter.kind() != ParameterType::Special
        && parameter.definition().usage == ParameterUsage::Normal
}

/// A name for a message, of bounded length.
fn clip(name: &str) -> String {
    const LONGEST: usize = 100;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}
