//! The extraction of one resource type: all paths of all its parameters as one tree of JSON members.

use super::conversion::{Conversion, Output};
use super::{ExtractOptions, IndexEntry};
use crate::error::{Error, ErrorKind};
use crate::parameters::nothing;
use crate::parameters::{Parameter, ParameterType, ParameterUsage};
use crate::path::{self, Step};
use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::json::Node;
use hygea_fhir_model::schema::{FieldDef, PrimitiveKind, Schema, TypeDef};
use hygea_fhirpath::Item;
use std::sync::Arc;

/// How a resource of one type is walked.
#[derive(Debug)]
pub(crate) struct Extraction {
    /// The first is the resource.
    places: Vec<Place>,
    /// Parameters whose expression is more than steps.
    wholes: Vec<Arc<Parameter>>,
    schema: &'static Schema,
}

/// A place in the tree of members.
#[derive(Debug, Default)]
struct Place {
    edges: Vec<Edge>,
    sinks: Vec<Sink>,
}

/// A member that is followed.
#[derive(Debug)]
struct Edge {
    member: &'static str,
    conditions: Vec<Condition>,
    to: usize,
}

/// A parameter that takes the values of a place.
#[derive(Debug)]
struct Sink {
    parameter: Arc<Parameter>,
    conversion: Conversion,
}

/// What an element must fulfil to be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Equals(String, String),
    Resolves(String),
}

impl Extraction {
    /// The extraction of some parameters of a type.
    pub(crate) fn of(definition: &'static TypeDef, parameters: &[Arc<Parameter>]) -> Self {
        let mut extraction =
            Self { places: vec![Place::default()], wholes: Vec::new(), schema: definition.schema() };
        for parameter in parameters.iter().filter(|parameter| is_extracted(parameter)) {
            let read = |branch| {
                path::steps(branch, parameter.base()).or_else(|| path::steps(branch, definition.name()))
            };
            let branches: Option<Vec<_>> = path::branches(parameter.expression()).map(read).collect();
            let Some(branches) = branches else {
                extraction.wholes.push(Arc::clone(parameter));
                continue;
            };
            for steps in branches {
                descend(definition, None, &steps, &mut Vec::new(), &mut |route, _, leaf| {
                    if let Some(conversion) = Conversion::of(parameter.kind(), leaf) {
                        let place = extraction.place(route);
                        if let Some(place) = extraction.places.get_mut(place) {
                            place.sinks.push(Sink { parameter: Arc::clone(parameter), conversion });
                        }
                    }
                });
            }
        }
        extraction
    }

    /// The place at the end of a route, made where it does not exist yet.
    fn place(&mut self, route: &[Hop]) -> usize {
        let mut at = 0;
        for hop in route {
            let next = self.places.len();
            let Some(place) = self.places.get_mut(at) else { return at };
            let same = |edge: &&Edge| edge.member == hop.member && edge.conditions == hop.conditions;
            match place.edges.iter().find(same) {
                Some(edge) => at = edge.to,
                None => {
                    place.edges.push(Edge {
                        member: hop.member,
                        conditions: hop.conditions.clone(),
                        to: next,
                    });
                    self.places.push(Place::default());
                    at = next;
                }
            }
        }
        at
    }

    /// Adds the values of a resource to `entries`.
    pub(crate) fn extract<'p: 'd, 'd>(
        &'p self,
        root: Node<'d>,
        options: &ExtractOptions<'_>,
        entries: &mut Vec<IndexEntry<'p, 'd>>,
    ) -> Result<(), Error> {
        let mut walk = Walk { extraction: self, root, options, entries };
        walk.visit(0, root);
        self.wholes.iter().try_for_each(|parameter| walk.whole(parameter))
    }
}

/// Whether the parameter has values in an index: `_id` and `_lastUpdated` belong to the document, composites are found by
/// their parts, and sounds and places are not compared yet.
fn is_extracted(parameter: &Parameter) -> bool {
    !matches!(parameter.code(), "_id" | "_lastUpdated")
        && !matches!(parameter.kind(), ParameterType::Composite | ParameterType::Special)
        && parameter.definition().usage == ParameterUsage::Normal
}

struct Walk<'w, 'p, 'd> {
    extraction: &'p Extraction,
    root: Node<'d>,
    options: &'w ExtractOptions<'w>,
    entries: &'w mut Vec<IndexEntry<'p, 'd>>,
}

impl<'p: 'd, 'd> Walk<'_, 'p, 'd> {
    /// Every edge leads to a later place, so this ends.
    fn visit(&mut self, place: usize, node: Node<'d>) {
        let Some(place) = self.extraction.places.get(place) else { return };
        for sink in &place.sinks {
            self.output(&sink.parameter).convert(sink.conversion, node);
        }
        if place.edges.is_empty() {
            return;
        }
        for (name, value) in node.members() {
            for edge in place.edges.iter().filter(|edge| edge.member == name) {
                for item in value.items_or_self().filter(|item| !item.is_null()) {
                    if edge.conditions.iter().all(|condition| self.holds(condition, item)) {
                        self.visit(edge.to, item);
                    }
                }
            }
        }
    }

    fn output(&mut self, parameter: &'p Parameter) -> Output<'_, 'p, 'd> {
        Output { parameter, options: self.options, entries: self.entries }
    }

    fn holds(&self, condition: &Condition, item: Node<'d>) -> bool {
        match condition {
            Condition::Equals(name, text) => item.get(name).and_then(Node::as_primitive) == Some(text),
            Condition::Resolves(resource_type) => self.resolved_type(item) == Some(resource_type),
        }
    }

    /// The type of the resource that a Reference leads to, by what the resource itself says: the text of the reference, the
    /// contained resources, the element `type`.
    fn resolved_type(&self, reference: Node<'d>) -> Option<&'d str> {
        let text = reference.get("reference").and_then(Node::as_str);
        let contained = |text: &'d str| match text.strip_prefix('#')? {
            "" => Some(self.root),
            id => self
                .root
                .get("contained")?
                .items()
                .find(|resource| resource.get("id").and_then(Node::as_str) == Some(id)),
        };
        text.and_then(|text| self.named_type(text))
            .or_else(|| text.and_then(contained)?.get("resourceType")?.as_str())
            .or_else(|| reference.get("type").and_then(Node::as_str))
    }

    /// The type before the last segment of a reference, its version left out.
    fn named_type(&self, text: &'d str) -> Option<&'d str> {
        let mut segments = text.split(['#', '|', '?']).next()?.rsplit('/');
        let (mut id, mut name) = (segments.next()?, segments.next()?);
        if name == "_history" {
            (id, name) = (segments.next()?, segments.next()?);
        }
        (!id.is_empty() && self.extraction.schema.resource(name).is_some()).then_some(name)
    }

    /// Evaluates an expression that is more than steps.
    fn whole(&mut self, parameter: &'p Parameter) -> Result<(), Error> {
        let element = JsonElement::resource(self.root, self.extraction.schema);
        let items = parameter.compiled()?.evaluate(element, nothing()).map_err(|error| {
            let rule = format!("the expression fails on the resource: {error}");
            Error::new(ErrorKind::Evaluation, parameter.code(), rule)
        })?;
        for item in &items {
            match item {
                Item::Boolean(value) => self.output(parameter).boolean(*value),
                Item::Element(node) => {
                    let element = node.json();
                    let conversion = element
                        .and_then(Element::definition)
                        .and_then(|definition| Conversion::of(parameter.kind(), definition));
                    if let (Some(conversion), Some(value)) = (conversion, element.and_then(JsonElement::node))
                    {
                        self.output(parameter).convert(conversion, value);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A member on the way to an element.
#[derive(Debug, Clone)]
struct Hop {
    member: &'static str,
    conditions: Vec<Condition>,
}

/// What is done at the end of a route: its members, the last element's definition and its type.
type Visit<'v> = dyn FnMut(&[Hop], Option<&'static FieldDef>, &'static TypeDef) + 'v;

/// Follows steps from a type down to all the types that they can end in.
fn descend(
    definition: &'static TypeDef,
    field: Option<&'static FieldDef>,
    steps: &[Step<'_>],
    route: &mut Vec<Hop>,
    visit: &mut Visit<'_>,
) {
    let Some((step, rest)) = steps.split_first() else {
        visit(route, field, definition);
        return;
    };
    match *step {
        Step::Child(name) => {
            let Some(field) = definition.field(name) else { return };
            for choice in field.types() {
                route.push(Hop { member: choice.json_name(), conditions: Vec::new() });
                descend(choice.definition(), Some(field), rest, route, visit);
                route.pop();
            }
        }
        Step::As(name) => {
            // A primitive is of its own type alone: `target as uri` is no canonical, though a canonical is made of a uri.
            let is_of = |wanted: &'static TypeDef| match definition.primitive() {
                Some(_) => definition == wanted,
                None => definition.is_subtype_of(wanted),
            };
            if definition.schema().type_named(name).is_some_and(is_of) {
                descend(definition, field, rest, route, visit);
            }
        }
        Step::Equals(name, text) => {
            let condition = Condition::Equals(name.to_owned(), text.to_owned());
            restricted(definition, field, rest, route, condition, visit);
        }
        Step::Resolves(name) => {
            if definition.name() == "Reference" {
                restricted(definition, field, rest, route, Condition::Resolves(name.to_owned()), visit);
            }
        }
    }
}

/// Goes on with a condition on the element that was reached last.
fn restricted(
    definition: &'static TypeDef,
    field: Option<&'static FieldDef>,
    steps: &[Step<'_>],
    route: &mut Vec<Hop>,
    condition: Condition,
    visit: &mut Visit<'_>,
) {
    let Some(last) = route.last_mut() else { return };
    last.conditions.push(condition);
    descend(definition, field, steps, route, visit);
    if let Some(last) = route.last_mut() {
        last.conditions.pop();
    }
}

/// What is known of the elements that an expression selects.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    /// Their types; empty if the expression is more than steps.
    pub(crate) types: Vec<&'static TypeDef>,
    /// The code systems of those of type `code`. A required binding names its value set; FHIR's own value sets of this
    /// kind have the URL of their code system with `ValueSet/` in it.
    pub(crate) implied_systems: Vec<String>,
}

impl Leaves {
    /// The leaves of an expression on a type.
    pub(crate) fn of(base: &'static TypeDef, expression: &str) -> Self {
        let mut leaves = Self::default();
        for steps in path::branches(expression).filter_map(|branch| path::steps(branch, base.name())) {
            descend(base, None, &steps, &mut Vec::new(), &mut |_, field, leaf| leaves.add(field, leaf));
        }
        leaves
    }

    fn add(&mut self, field: Option<&'static FieldDef>, leaf: &'static TypeDef) {
        if !self.types.contains(&leaf) {
            self.types.push(leaf);
        }
        if leaf.primitive() == Some(PrimitiveKind::Code)
            && let Some(binding) = field.and_then(FieldDef::binding)
            && let Some((before, after)) = binding.value_set().split_once("/ValueSet/")
        {
            let system = format!("{before}/{after}");
            if !self.implied_systems.contains(&system) {
                self.implied_systems.push(system);
            }
        }
    }
}
