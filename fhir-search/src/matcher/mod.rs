//! The truth of search: whether one resource matches a query, told without any index.
//!
//! The matcher evaluates a parameter's FHIRPath on the resource and compares the elements that it gives with the values of
//! the query. It shares no code with extraction and plans beyond the reading of single values, so that each can be held
//! against the other. It is what answers a query where no index can: for a resource that is not stored, for a condition
//! that an index only narrows down ([`crate::plan::Filter::is_exact`]), for subscriptions.

mod compare;

use crate::ExtractOptions;
use crate::error::{Error, ErrorKind};
use crate::parameters::{Parameter, ParameterType, Parameters, nothing};
use crate::query::{Chain, Condition, Criterion, Query, Reverse, Test, Value};
use crate::value::ReferenceTarget;
use compare::{Compare, Found};
use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::Node;
use hygea_fhirpath::{Expression, Item};
use std::fmt;
use std::ops::ControlFlow;

/// The other resources that chains and reverse chains lead to.
pub trait Resources {
    /// The current version of a resource.
    fn read(&self, resource_type: &str, id: &str) -> Option<Node<'_>>;

    /// Visits all resources of a type until `visit` breaks.
    fn visit(&self, resource_type: &str, visit: &mut dyn FnMut(Node<'_>) -> ControlFlow<()>);
}

/// No other resources: no chain holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Resources for Alone {
    fn read(&self, _: &str, _: &str) -> Option<Node<'_>> {
        None
    }

    fn visit(&self, _: &str, _: &mut dyn FnMut(Node<'_>) -> ControlFlow<()>) {}
}

/// Tells whether resources of one version match queries. Cheap to make and to copy.
///
/// ```
/// use hygea_fhir_model::json::Document;
/// use hygea_fhir_search::{ExtractOptions, Matcher, Options, Parameters, Query};
///
/// let json = br#"{"resourceType": "Patient", "name": [{"family": "M\u00fcller"}], "birthDate": "1980-05-04"}"#;
/// let patient = Document::parse(json).unwrap();
/// let matcher = Matcher::new(Parameters::r4(), ExtractOptions::default());
/// let query = |text| Query::parse("Patient", text, Parameters::r4(), &Options::default());
/// assert!(matcher.matches(&query("family=mul&birthdate=1980")?, patient.root())?);
/// assert!(!matcher.matches(&query("family:exact=Muller")?, patient.root())?);
/// # Ok::<(), hygea_fhir_search::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Matcher<'p> {
    parameters: &'p Parameters,
    options: ExtractOptions<'p>,
    others: &'p dyn Resources,
}

impl<'p> Matcher<'p> {
    /// A matcher for resources that stand alone: chains lead nowhere.
    #[must_use]
    pub fn new(parameters: &'p Parameters, options: ExtractOptions<'p>) -> Self {
        Self { parameters, options, others: &Alone }
    }

    /// A matcher whose chains lead to other resources.
    #[must_use]
    pub fn among(self, others: &'p dyn Resources) -> Self {
        Self { others, ..self }
    }

    /// Whether a resource matches all conditions of a query. One of another type than the query's does not.
    ///
    /// # Errors
    /// [`ErrorKind::NotAResource`] if the root is no resource of the version, [`ErrorKind::Evaluation`] if an expression
    /// fails on it.
    pub fn matches(&self, query: &Query, root: Node<'_>) -> Result<bool, Error> {
        let resource = self.resource(root)?;
        let own = resource.name;
        let of_type = match query.resource_type() {
            "Resource" => query.result().types.is_empty() || query.result().types.contains(&own),
            searched => searched == own,
        };
        let compare = Compare { options: &self.options, dates: query.date_equality() };
        let mut criteria = query.criteria().iter();
        Ok(of_type && all(&mut criteria, |criterion| self.holds(criterion, resource, compare))?)
    }

    fn resource<'d>(&self, root: Node<'d>) -> Result<Resource<'d>, Error> {
        let element = JsonElement::resource(root, self.parameters.schema());
        let name = root.get("resourceType").and_then(Node::as_str);
        match name.and_then(|name| self.parameters.resource_type(name)) {
            Some(name) => Ok(Resource { root, element, name }),
            None => {
                Err(Error::new(ErrorKind::NotAResource, "", "resourceType names no resource of this version"))
            }
        }
    }

    fn holds(
        &self,
        criterion: &Criterion,
        resource: Resource<'_>,
        compare: Compare<'_>,
    ) -> Result<bool, Error> {
        match criterion {
            Criterion::Test(test) => self.test(test, resource, compare),
            Criterion::Chain(chain) => self.chain(chain, resource, compare),
            Criterion::Reverse(reverse) => self.reverse(reverse, resource, compare),
        }
    }

    fn test(&self, test: &Test, resource: Resource<'_>, compare: Compare<'_>) -> Result<bool, Error> {
        let parameter = &*test.parameter;
        if parameter.kind() == ParameterType::Composite {
            return match &test.condition {
                Condition::AnyOf(values) => {
                    any(&mut values.iter(), |value| self.composite(parameter, value, resource, compare))
                }
                Condition::Missing(_) | Condition::NoneOf(_) => Ok(false),
            };
        }
        let found = self.elements(parameter, resource)?;
        let matches = |values: &[Value]| {
            values.iter().any(|value| {
                found.iter().any(|found| compare.matches(*found, value, parameter.implied_systems()))
            })
        };
        Ok(match &test.condition {
            Condition::Missing(missing) => {
                *missing != found.iter().any(|found| compare.has_value(*found, parameter.kind()))
            }
            Condition::AnyOf(values) => matches(values),
            Condition::NoneOf(values) => !matches(values),
        })
    }

    /// All parts of a composite match in one of the places that it selects.
    fn composite(
        &self,
        parameter: &Parameter,
        value: &Value,
        resource: Resource<'_>,
        compare: Compare<'_>,
    ) -> Result<bool, Error> {
        let Value::Composite(values) = value else { return Ok(false) };
        let places = evaluate(parameter.compiled()?, resource.element, parameter.code())?;
        any(&mut places.into_iter(), |place| {
            let Found::Element(element) = place else { return Ok(false) };
            all(&mut parameter.parts().iter().zip(values), |(part, value)| {
                let expression = part.compiled(self.parameters.schema())?;
                let found = evaluate(expression, element, parameter.code())?;
                Ok(found.iter().any(|found| compare.matches(*found, value, &[])))
            })
        })
    }

    fn chain(&self, chain: &Chain, resource: Resource<'_>, compare: Compare<'_>) -> Result<bool, Error> {
        let keys = self.keys(&chain.parameter, resource)?;
        any(&mut keys.into_iter(), |(resource_type, id)| {
            let Some((_, criterion)) = chain.targets.iter().find(|(target, _)| *target == resource_type)
            else {
                return Ok(false);
            };
            match self.others.read(resource_type, id) {
                Some(root) => self.holds(criterion, self.resource(root)?, compare),
                None => Ok(false),
            }
        })
    }

    fn reverse(
        &self,
        reverse: &Reverse,
        resource: Resource<'_>,
        compare: Compare<'_>,
    ) -> Result<bool, Error> {
        let Some(id) = resource.root.get("id").and_then(Node::as_str) else { return Ok(false) };
        let refers = |root: Node<'_>| {
            let other = self.resource(root)?;
            let leads_here = self.keys(&reverse.parameter, other)?.contains(&(resource.name, id));
            Ok(leads_here && self.holds(&reverse.criterion, other, compare)?)
        };
        let mut result = Ok(false);
        self.others.visit(reverse.resource_type, &mut |root| {
            result = refers(root);
            if matches!(result, Ok(false)) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        result
    }

    /// The resources of this service that a reference parameter leads to.
    fn keys<'d>(
        &self,
        parameter: &'d Parameter,
        resource: Resource<'d>,
    ) -> Result<Vec<(&'d str, &'d str)>, Error> {
        let target = |found: Found<'d>| match Compare::target(found, self.options.bases) {
            Some(ReferenceTarget::Resource { resource_type, id, .. }) => Some((resource_type, id)),
            _ => None,
        };
        Ok(self.elements(parameter, resource)?.into_iter().filter_map(target).collect())
    }

    fn elements<'d>(
        &self,
        parameter: &'d Parameter,
        resource: Resource<'d>,
    ) -> Result<Vec<Found<'d>>, Error> {
        evaluate(parameter.compiled()?, resource.element, parameter.code())
    }
}

#[derive(Clone, Copy)]
struct Resource<'d> {
    root: Node<'d>,
    element: JsonElement<'d>,
    name: &'static str,
}

/// What an expression gives for an element.
fn evaluate<'d>(
    expression: &'d Expression,
    element: JsonElement<'d>,
    code: &str,
) -> Result<Vec<Found<'d>>, Error> {
    let failed = |error: hygea_fhirpath::Error| {
        Error::new(ErrorKind::Evaluation, code, format!("the expression fails on the resource: {error}"))
    };
    let items = expression.evaluate(element, nothing()).map_err(failed)?;
    let found = items.iter().filter_map(|item| match item {
        Item::Element(node) => node.json().map(Found::Element),
        Item::Boolean(value) => Some(Found::Boolean(*value)),
        _ => None,
    });
    Ok(found.collect())
}

fn any<T>(
    items: &mut dyn Iterator<Item = T>,
    mut test: impl FnMut(T) -> Result<bool, Error>,
) -> Result<bool, Error> {
    for item in items {
        if test(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all<T>(
    items: &mut dyn Iterator<Item = T>,
    mut test: impl FnMut(T) -> Result<bool, Error>,
) -> Result<bool, Error> {
    any(items, |item| Ok(!test(item)?)).map(|failed| !failed)
}

impl fmt::Debug for Matcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("parameters", &self.parameters)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
