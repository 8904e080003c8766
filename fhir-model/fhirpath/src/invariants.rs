//! The invariants of the definitions: what must be true of an element beyond types and cardinalities
//! (<https://hl7.org/fhir/R4/conformance-rules.html#constraints>).
//!
//! They stand in the schema tables as text. Here each is compiled when it is first met, once for the program, and
//! evaluated on every element of its type.

use crate::environment::{Environment, Limits, Resolver, ServiceError};
use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::node::Node;
use crate::value::DateTime;
use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::json;
use hygea_fhir_model::schema::{FieldDef, Invariant, Schema, TypeDef, Version};
use hygea_fhir_model::validate::{Check, Issue, Issues, Rule, Severity};
use hygea_terminology::Terminology;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

/// Evaluates the invariants of a version on resources; a further check for the model's
/// [`Validator`](hygea_fhir_model::validate::Validator).
///
/// An invariant that is false becomes an issue with its key and its words: an error, or a warning where the
/// definitions ask for no more or call it best practice. One that needs what is not given (the clock, a
/// terminology) is left out. One that cannot be evaluated on the data (it takes more steps than the limits allow) becomes an
/// issue of severity information, so that nobody takes it for kept.
///
/// ```
/// use hygea_fhirpath::Invariants;
/// use hygea_fhir_model::{json::Document, schema::{Schema, Version}, validate::Validator};
///
/// # if let Some(schema) = Schema::of(Version::R4) {
/// let json = br#"{"resourceType": "Patient", "contact": [{"period": {"start": "2020-02-01", "end": "2020-01-31"}}]}"#;
/// let document = Document::parse(json).unwrap();
/// let invariants = Invariants::new().best_practice(false);
/// let issues = Validator::new(schema).check(&invariants).validate(&document);
/// let found: Vec<_> = issues.iter().map(|issue| (issue.key().unwrap(), issue.expression())).collect();
/// assert_eq!(found, [("pat-1", "Patient.contact[0]"), ("per-1", "Patient.contact[0].period")]);
/// assert_eq!(issues[1].detail(), "If present, start SHALL have a lower value than end");
/// # }
/// ```
#[derive(Clone)]
pub struct Invariants<'t> {
    now: Option<DateTime>,
    terminology: Option<&'t dyn Terminology>,
    limits: Limits,
    best_practice: bool,
}

impl Default for Invariants<'_> {
    fn default() -> Self {
        Self { now: None, terminology: None, limits: Limits::default(), best_practice: true }
    }
}

impl<'t> Invariants<'t> {
    /// All invariants that need neither clock nor terminology.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time for invariants that ask for it.
    #[must_use]
    pub fn now(self, now: DateTime) -> Self {
        Self { now: Some(now), ..self }
    }

    /// Sets what knows codes for invariants that ask whether one is in a set.
    #[must_use]
    pub fn terminology(self, terminology: &'t dyn Terminology) -> Self {
        Self { terminology: Some(terminology), ..self }
    }

    /// Sets how much work the evaluation of one invariant on one element may take.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Whether invariants of best practice are evaluated (`dom-6`: a resource should have a narrative); they are
    /// unless this says no.
    #[must_use]
    pub fn best_practice(self, wanted: bool) -> Self {
        Self { best_practice: wanted, ..self }
    }

    /// The invariants of a version that cannot be compiled, and why: none of those that HL7 published for STU3 to R5.
    /// DSTU2 has no FHIRPath.
    #[must_use]
    pub fn uncompiled(schema: &'static Schema) -> Vec<(&'static Invariant, Error)> {
        let compile = |invariant: &'static Invariant| {
            Expression::compile(invariant.expression(), schema).err().map(|error| (invariant, error))
        };
        schema.invariants().iter().filter_map(compile).collect()
    }

    /// Evaluates every invariant on every element of a resource, contained resources and entries included, and
    /// reports each evaluation until the report says that it is enough.
    pub fn evaluate(
        &self,
        resource: json::Node<'_>,
        schema: &'static Schema,
        report: &mut dyn FnMut(&Evaluation<'_>) -> Wanted,
    ) {
        let root = JsonElement::resource(resource, schema);
        let Some(definition) = root.definition() else { return };
        let entries = Entries::of(root);
        let mut walk = Walk {
            settings: self,
            tables: Tables::of(schema),
            entries: &entries,
            report,
            enough: false,
            contained: None,
        };
        let place = Place { parent: None, name: definition.name(), index: None, depth: 0 };
        walk.resource(root, root, definition, None, &place);
    }
}

impl Check for Invariants<'_> {
    fn check(&self, resource: json::Node<'_>, schema: &'static Schema, issues: &mut Issues) {
        self.evaluate(resource, schema, &mut |evaluation| {
            if let Some(issue) = evaluation.issue() {
                issues.push(issue);
            }
            if issues.is_full() { Wanted::Enough } else { Wanted::More }
        });
    }
}

/// Whether [`Invariants::evaluate`] is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It is.
    More,
    /// It may stop.
    Enough,
}

/// An invariant evaluated on an element.
pub struct Evaluation<'e> {
    /// The invariant.
    pub invariant: &'static Invariant,
    /// The element.
    pub element: JsonElement<'e>,
    /// Whether the invariant holds. It does unless it gives false: a condition on elements that are absent gives nothing.
    pub holds: Result<bool, Error>,
    place: &'e Place<'e>,
}

impl Evaluation<'_> {
    /// The element as a FHIRPath of names and indexes: `Patient.name[0].given[1]`.
    #[must_use]
    pub fn expression(&self) -> String {
        self.place.expression()
    }

    /// What is to be said of it: nothing if the invariant holds, or needs what is not there.
    #[must_use]
    pub fn issue(&self) -> Option<Issue> {
        let offset = || {
            let node = self.element.node().or_else(|| self.element.extra());
            node.map_or(0, |node| node.span().start)
        };
        let issue = |detail: &'static str| {
            let kind = hygea_fhir_model::ErrorKind::Invariant;
            Issue::new(kind, Rule::Invariant, self.expression(), offset(), detail)
                .with_key(self.invariant.key())
        };
        match &self.holds {
            Ok(true) => None,
            Ok(false) => {
                let invariant = self.invariant;
                let is_error = invariant.is_error() && !invariant.is_best_practice();
                let severity = if is_error { Severity::Error } else { Severity::Warning };
                Some(issue(invariant.human()).with_severity(severity))
            }
            Err(error) if matches!(error.kind(), ErrorKind::NoService) => None,
            Err(_) => {
                Some(issue("the invariant could not be evaluated here").with_severity(Severity::Information))
            }
        }
    }
}

impl fmt::Debug for Evaluation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}: {:?}", self.invariant, self.expression(), self.holds)
    }
}

impl fmt::Debug for Invariants<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invariants").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// A place in the resource, linked to the one that holds it.
#[derive(Clone, Copy)]
struct Place<'p> {
    parent: Option<&'p Self>,
    name: &'p str,
    index: Option<usize>,
    depth: usize,
}

impl Place<'_> {
    fn expression(&self) -> String {
        let mut text = self.parent.map_or_else(String::new, |parent| parent.expression() + ".");
        text.push_str(self.name);
        if let Some(index) = self.index {
            text.push_str(&format!("[{index}]"));
        }
        text
    }
}

/// Deeper than any resource.
const MAX_DEPTH: usize = 500;

struct Walk<'w, 't, 'd> {
    settings: &'w Invariants<'t>,
    tables: &'static Tables,
    entries: &'w Entries<'w>,
    report: &'w mut dyn FnMut(&Evaluation<'_>) -> Wanted,
    enough: bool,
    /// A resource, and the ids of what it contains: those asked for last.
    contained: Option<(usize, HashSet<&'d str>)>,
}

impl<'d> Walk<'_, '_, 'd> {
    /// A resource; `root` is the one that contains it, or itself.
    fn resource(
        &mut self,
        element: JsonElement<'d>,
        root: JsonElement<'d>,
        definition: &'static TypeDef,
        field: Option<&'static FieldDef>,
        place: &Place<'_>,
    ) {
        // STU3 has no %rootResource, and means by %resource the one that contains the others.
        let resource = if definition.schema().version() <= Version::Stu3 { root } else { element };
        let mut environment = Environment::new()
            .limits(self.settings.limits)
            .resource(resource)
            .root_resource(root)
            .resolver(self.entries);
        environment.now.clone_from(&self.settings.now);
        environment.terminology = self.settings.terminology;
        self.element(element, (element, root), definition, field, &environment, place);
    }

    fn element(
        &mut self,
        element: JsonElement<'d>,
        (resource, root): (JsonElement<'d>, JsonElement<'d>),
        definition: &'static TypeDef,
        field: Option<&'static FieldDef>,
        environment: &Environment<'_>,
        place: &Place<'_>,
    ) {
        for rule in self.tables.rules_of(definition) {
            self.rule(rule, element, root, environment, place);
        }
        for invariant in field.map(FieldDef::invariants).unwrap_or_default() {
            if let Some(rule) = self.tables.rules.get(invariant.index()) {
                self.rule(rule, element, root, environment, place);
            }
        }
        if place.depth >= MAX_DEPTH {
            return;
        }
        let (mut last, mut count) = ("", 0);
        element.for_each(&mut |name, child| {
            count = if name == last { count + 1 } else { 0 };
            last = name;
            let Some(inner) = child.definition().filter(|_| !self.enough) else { return };
            let field = definition.field(name);
            let index = field.is_some_and(FieldDef::is_list).then_some(count);
            let place = Place { parent: Some(place), name, index, depth: place.depth + 1 };
            if inner.is_resource() {
                // What is contained belongs to its container; entries of Bundles stand alone.
                let root = if name == "contained" { root } else { child };
                self.resource(child, root, inner, field, &place);
            } else {
                self.element(child, (resource, root), inner, field, environment, &place);
            }
        });
    }

    fn rule(
        &mut self,
        rule: &'static Compiled,
        element: JsonElement<'d>,
        root: JsonElement<'d>,
        environment: &Environment<'_>,
        place: &Place<'_>,
    ) {
        let invariant = rule.invariant;
        if self.enough || (invariant.is_best_practice() && !self.settings.best_practice) {
            return;
        }
        let shortcut = match rule.shortcut {
            Some(Shortcut::Element(holds)) => holds(element),
            Some(Shortcut::Reference) => self.is_contained(element, root),
            None => None,
        };
        let holds = match shortcut {
            Some(holds) => Ok(holds),
            // One that cannot be compiled is told by `uncompiled`.
            None => match rule.expression() {
                Some(expression) => {
                    expression.evaluate(element, environment).map(|found| found.as_bool() != Some(false))
                }
                None => return,
            },
        };
        self.enough = (self.report)(&Evaluation { invariant, element, holds, place }) == Wanted::Enough;
    }

    /// `ref-1`: a reference that starts with `#` leads to a contained resource.
    fn is_contained(&mut self, element: JsonElement<'d>, root: JsonElement<'d>) -> Option<bool> {
        let reference = element.node()?.get("reference").and_then(json::Node::as_str);
        match reference.and_then(|reference| reference.strip_prefix('#')) {
            None => Some(true),
            // The versions differ on what stands for the container.
            Some("") => None,
            Some(id) => {
                let same = self.contained.as_ref().is_some_and(|(of, _)| *of == root.identity());
                if !same {
                    let ids =
                        root.children("contained").filter_map(|child| child.node()?.get("id")?.as_str());
                    self.contained = Some((root.identity(), ids.collect()));
                }
                self.contained.as_ref().map(|(_, ids)| ids.contains(id))
            }
        }
    }
}

/// The entries of a Bundle by their full URLs, for `resolve()`. Nothing else is resolved.
struct Entries<'d>(HashMap<&'d str, JsonElement<'d>>);

impl<'d> Entries<'d> {
    fn of(root: JsonElement<'d>) -> Self {
        let text = |element: JsonElement<'d>, name| {
            element.children(name).next().and_then(|child| child.node()?.as_str())
        };
        let mut entries = HashMap::new();
        if root.definition().is_some_and(|definition| definition.name() == "Bundle") {
            for entry in root.children("entry") {
                let Some(resource) = entry.children("resource").next() else { continue };
                if let Some(url) = text(entry, "fullUrl") {
                    entries.insert(url, resource);
                }
            }
        }
        Self(entries)
    }
}

impl Resolver for Entries<'_> {
    fn resolve<'s>(&'s self, reference: &str) -> Result<Option<Node<'s>>, ServiceError> {
        Ok(self.0.get(reference).map(|found| Node::Json(*found)))
    }
}

/// The invariants of a version, each compiled when it is first needed.
struct Tables {
    rules: Vec<Compiled>,
    /// For each type the indexes of its rules, those of its bases first.
    types: Vec<OnceLock<Box<[usize]>>>,
}

/// How `ref-1` starts: in R5 with the first, in all versions with the second.
const EXISTS: &str = "reference.exists()  implies (";
const LOCAL: &str = "reference.startsWith('#').not() or ";

/// Answers for an invariant without its expression, where it can. Those that stand on every element, reference and
/// resource have one; a test holds them to the expressions.
#[derive(Clone, Copy)]
enum Shortcut {
    /// From the element alone.
    Element(fn(JsonElement<'_>) -> Option<bool>),
    /// `ref-1`, from what the outermost resource contains.
    Reference,
}

struct Compiled {
    invariant: &'static Invariant,
    schema: &'static Schema,
    shortcut: Option<Shortcut>,
    expression: OnceLock<Option<Expression>>,
}

impl Tables {
    fn of(schema: &'static Schema) -> &'static Self {
        static VERSIONS: [OnceLock<Tables>; 8] = [const { OnceLock::new() }; 8];
        let index = schema.version() as usize;
        let make = || Self {
            rules: schema.invariants().iter().map(|invariant| Compiled::of(invariant, schema)).collect(),
            types: schema.types().iter().map(|_| OnceLock::new()).collect(),
        };
        VERSIONS.get(index).unwrap_or(&VERSIONS[0]).get_or_init(make)
    }

    fn rules_of(&'static self, definition: &'static TypeDef) -> impl Iterator<Item = &'static Compiled> {
        let indexes = self.types.get(definition.index()).map(|indexes| {
            indexes.get_or_init(|| {
                let mut chain: Vec<&'static TypeDef> =
                    std::iter::successors(Some(definition), |definition| definition.base()).collect();
                chain.reverse();
                chain.iter().flat_map(|definition| definition.invariants()).map(Invariant::index).collect()
            })
        });
        indexes.into_iter().flatten().filter_map(|&index| self.rules.get(index))
    }
}

impl Compiled {
    fn of(invariant: &'static Invariant, schema: &'static Schema) -> Self {
        let shortcut: Option<Shortcut> = match invariant.expression() {
            "hasValue() or (children().count() > id.count())"
            | "hasValue() | (children().count() > id.count())" => Some(Shortcut::Element(has_content)),
            "extension.exists() != value.exists()" => Some(Shortcut::Element(has_extension_or_value)),
            other if other.trim_start_matches(EXISTS).starts_with(LOCAL) => Some(Shortcut::Reference),
            other if invariant.key().starts_with("dom-") && other.starts_with("contained.") => {
                Some(Shortcut::Element(contains_nothing))
            }
            _ => None,
        };
        Self { invariant, schema, shortcut, expression: OnceLock::new() }
    }

    fn expression(&self) -> Option<&Expression> {
        let compile = || Expression::compile(self.invariant.expression(), self.schema).ok();
        self.expression.get_or_init(compile).as_ref()
    }
}

/// `ele-1`: the element has a value, or children besides its id. R5 states it of resources as well, where an id is
/// content enough: `{"resourceType": "Patient", "id": "1"}` is a Patient, for the reference validator too.
fn has_content(element: JsonElement<'_>) -> Option<bool> {
    if element.definition().is_some_and(TypeDef::is_resource) {
        return Some(true);
    }
    Some(match element.node() {
        Some(node) if node.is_object() => has_children(node),
        Some(_) => true,
        None => element.extra().is_some_and(has_children),
    })
}

fn has_children(object: json::Node<'_>) -> bool {
    let mut names = object.members().map(|(name, _)| name);
    names.any(|name| !matches!(name, "id" | "_id" | "resourceType" | "fhir_comments"))
}

/// `ext-1`: the extension has a value or extensions, not both.
fn has_extension_or_value(element: JsonElement<'_>) -> Option<bool> {
    let (mut extension, mut value) = (false, false);
    for (name, _) in element.node()?.members() {
        extension |= name == "extension";
        value |= name.strip_prefix('_').unwrap_or(name).starts_with("value");
    }
    Some(extension != value)
}

/// `dom-2` to `dom-5`: what contained resources must be; most resources contain none.
fn contains_nothing(element: JsonElement<'_>) -> Option<bool> {
    element.node()?.get("contained").is_none().then_some(true)
}
