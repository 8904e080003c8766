//! The structure check: one walk over the JSON tree with the tables in hand.

use super::content::Content;
use super::issue::{Issue, Rule};
use crate::error::ErrorKind;
use crate::json::{Document, Kind, Node};
use crate::primitive::format;
use crate::schema::{FieldDef, FieldType, Found, Members, PrimitiveKind, Schema, TypeDef, TypeKind, Version};
use std::borrow::Cow;

/// What the check looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Whether elements stand as often as they must and may; on unless switched off.
    pub cardinality: bool,
    /// Whether codes of required bindings are defined; on unless switched off.
    pub bindings: bool,
    /// The check stops after so many issues; 100 unless set.
    pub max_issues: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { cardinality: true, bindings: true, max_issues: 100 }
    }
}

/// Holds the resource in `document` to the tables, with all [`Rules`]. No issue means that the structure is right.
///
/// ```
/// # #[cfg(feature = "r4-schema")] {
/// use hygea_fhir_model::{json::Document, schema::{Schema, Version}, validate};
///
/// let document = Document::parse(br#"{"resourceType": "Patient", "name": [{"given": "Ann"}]}"#).unwrap();
/// let issues = validate::structure(&document, Schema::of(Version::R4).unwrap());
/// assert_eq!(issues.len(), 1);
/// assert_eq!((issues[0].expression(), issues[0].code()), ("Patient.name[0].given", "structure"));
/// # }
/// ```
#[must_use]
pub fn structure(document: &Document<'_>, schema: &'static Schema) -> Vec<Issue> {
    structure_with(document.root(), schema, &Rules::default())
}

/// As [`structure`], for a resource anywhere in a document and with chosen rules.
#[must_use]
pub fn structure_with(resource: Node<'_>, schema: &'static Schema, rules: &Rules) -> Vec<Issue> {
    whole(resource, schema, rules, None)
}

/// As [`structure_with`], and the rules of the content if it is given.
pub(super) fn whole<'d>(
    resource: Node<'d>,
    schema: &'static Schema,
    rules: &Rules,
    content: Option<Content<'_, 'd>>,
) -> Vec<Issue> {
    let mut check = Check { schema, rules, issues: Vec::new(), depth: 0, content };
    let found = resource.get("resourceType").and_then(Node::as_str);
    let known = found.and_then(|name| schema.resource(name));
    let root = Place { parent: None, name: known.map_or("Resource", TypeDef::name), index: None };
    check.resource(resource, false, &root);
    check.issues
}

/// As [`structure_with`], for an element of a type that is no resource.
#[must_use]
pub fn element_with(element: Node<'_>, definition: &'static TypeDef, rules: &Rules) -> Vec<Issue> {
    let mut check = Check { schema: definition.schema(), rules, issues: Vec::new(), depth: 0, content: None };
    let root = Place { parent: None, name: definition.name(), index: None };
    if element.is_object() {
        check.object(element, definition, &root);
    } else {
        check.structure(ErrorKind::WrongType, element, &root, "the element is a JSON object");
    }
    check.issues
}

/// A place in the resource, linked to the one that holds it; its text is put together when an issue needs it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    parent: Option<&'p Self>,
    name: &'p str,
    index: Option<usize>,
}

impl<'p> Place<'p> {
    pub(super) fn child(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), name, index: None }
    }

    pub(super) fn at(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    pub(super) fn expression(&self) -> String {
        let mut text = self.parent.map_or_else(String::new, |parent| parent.expression() + ".");
        // A name that the resource made up: kept short, and free of what a path cannot hold.
        let letters = self.name.chars().take(64);
        text.extend(
            letters.map(|letter| if letter.is_alphanumeric() || letter == '_' { letter } else { '?' }),
        );
        if let Some(index) = self.index {
            text.push_str(&format!("[{index}]"));
        }
        text
    }
}

/// Deeper than any resource; the documents that arrive here are usually bounded more tightly.
const MAX_DEPTH: usize = 500;

pub(super) struct Check<'r, 'd> {
    pub(super) schema: &'static Schema,
    rules: &'r Rules,
    issues: Vec<Issue>,
    depth: usize,
    /// What the rules of the content need to know; nothing where only the structure is checked.
    pub(super) content: Option<Content<'r, 'd>>,
}

impl<'d> Check<'_, 'd> {
    /// A resource; `contained`: whether it stands inside another one, as a part of it.
    fn resource(&mut self, node: Node<'d>, contained: bool, place: &Place<'_>) {
        if !node.is_object() {
            return self.structure(ErrorKind::WrongType, node, place, "a resource is a JSON object");
        }
        let Some(name) = node.get("resourceType") else {
            return self.structure(
                ErrorKind::UnknownResourceType,
                node,
                place,
                "a resource names its resourceType",
            );
        };
        let Some(definition) = name.as_str().and_then(|name| self.schema.resource(name)) else {
            let detail = format!("resourceType must name a resource of FHIR {}", self.schema.version());
            let place = place.child("resourceType");
            return self.issue(ErrorKind::UnknownResourceType, Rule::Structure, name, &place, detail);
        };
        let outer = self.content.as_mut().map(|content| content.enter(node, definition, contained));
        if outer.is_some() {
            self.resource_content(node, definition, contained, place);
        }
        self.object(node, definition, place);
        if let (Some(content), Some(outer)) = (&mut self.content, outer) {
            content.leave(outer);
        }
    }

    fn object(&mut self, node: Node<'d>, definition: &'static TypeDef, place: &Place<'_>) {
        if self.depth >= MAX_DEPTH {
            return self.structure(ErrorKind::TooDeep, node, place, "elements are nested too deeply");
        }
        self.depth += 1;
        if node.document().has_duplicates() {
            self.duplicates(node, definition, place);
        }
        if self.content.is_some() {
            self.object_content(node, definition, place);
        }
        let mut seen = Seen::default();
        let members = definition.members();
        for (name, value) in node.members() {
            if self.issues.len() >= self.rules.max_issues {
                break;
            }
            self.member(node, (definition, &members), (name, value), &mut seen, place);
        }
        self.depth -= 1;
        if self.rules.cardinality {
            let mut missing = definition.required() & !seen.fields;
            while missing != 0 {
                self.missing(node, definition, missing.trailing_zeros() as usize, place);
                missing &= missing - 1;
            }
        }
    }

    /// Names that stand twice. The first one counts, as everywhere in this crate.
    #[cold]
    fn duplicates(&mut self, node: Node<'d>, definition: &'static TypeDef, place: &Place<'_>) {
        let mut seen = std::collections::HashSet::with_capacity(node.len());
        for (name, value) in node.members().filter(|(name, _)| !seen.insert(*name)) {
            let bare = name.strip_prefix('_').unwrap_or(name);
            let found = definition.field_for_json(bare).map_or(name, |(field, _)| field.name());
            let detail = "a member name stands twice in one object; the first one counts";
            self.structure(ErrorKind::DuplicateKey, value, &place.child(found), detail);
        }
    }

    #[cold]
    fn missing(&mut self, node: Node<'d>, definition: &'static TypeDef, index: usize, place: &Place<'_>) {
        let Some(field) = definition.fields().get(index) else { return };
        let place = place.child(field.name());
        let detail = format!("{} is required in {}", field.name(), definition.name());
        self.issue(ErrorKind::MissingElement, Rule::Cardinality, node, &place, detail);
    }

    fn member(
        &mut self,
        object: Node<'d>,
        of: (&'static TypeDef, &Members),
        (name, value): (&str, Node<'d>),
        seen: &mut Seen,
        place: &Place<'_>,
    ) {
        let (definition, members) = of;
        let bare = name.strip_prefix('_').unwrap_or(name);
        let Some(Found { index, field, kind, .. }) = members.find(bare, &mut seen.next) else {
            let notation = match name {
                "resourceType" => definition.is_resource(),
                "fhir_comments" => self.schema.version() == Version::Dstu2,
                _ => false,
            };
            if !notation {
                let detail = format!("{} has no such element", definition.name());
                self.issue(ErrorKind::UnknownElement, Rule::Structure, value, &place.child(name), detail);
            }
            return;
        };
        let place = &place.child(field.name());
        if seen.note(index) && field.is_choice() && several_choices(object, definition, index) {
            let detail = "only one of the types of a choice may stand";
            self.structure(ErrorKind::SeveralChoices, value, place, detail);
        }
        let is_primitive = kind.definition().kind() == TypeKind::Primitive;
        if bare.len() == name.len() {
            let extra = if is_primitive { sibling(object, name) } else { None };
            self.values(object, field, kind, value, extra, place);
        } else if is_primitive {
            // Where there is a value as well, `values` looks at both.
            if object.get(bare).is_none() {
                if self.content.is_some() && !field.is_list() {
                    self.without_code(value, field, place);
                }
                self.values(object, field, kind, value, Some(value), place);
            }
        } else {
            let detail = "only primitive elements have a member with an underscore";
            self.structure(ErrorKind::UnknownElement, value, place, detail);
        }
    }

    /// The value of a member and that of its sibling with an underscore; `value` and `extra` are the same
    /// node where there is only the sibling.
    fn values(
        &mut self,
        object: Node<'d>,
        field: &'static FieldDef,
        kind: &'static FieldType,
        value: Node<'d>,
        extra: Option<Node<'d>>,
        place: &Place<'_>,
    ) {
        let value_only = Some(value) != extra;
        if !field.is_list() {
            if let Some(extra) = extra {
                self.extra(extra, kind, place);
            }
            if value_only {
                self.value(value, field, kind, extra.is_some_and(Node::is_object), place);
            }
            return;
        }
        for list in [value_only.then_some(value), extra].into_iter().flatten() {
            if !list.is_array() {
                let detail = format!("{} repeats, so it is a JSON array", field.name());
                return self.issue(ErrorKind::WrongType, Rule::Structure, list, place, detail);
            }
            if list.is_empty() {
                self.structure(ErrorKind::Empty, list, place, "an array is not empty");
            }
        }
        let mut extras = extra.map(Node::items);
        let mut values = value_only.then(|| value.items());
        let mut count = 0;
        loop {
            let item = values.as_mut().and_then(Iterator::next);
            let extra = extras.as_mut().and_then(Iterator::next);
            if item.is_none() && extra.is_none() {
                break;
            }
            if self.issues.len() >= self.rules.max_issues {
                return;
            }
            let place = &place.at(count);
            count += 1;
            let extra = extra.filter(|extra| !extra.is_null());
            if let Some(extra) = extra {
                self.extra(extra, kind, place);
            }
            match item {
                Some(item) => self.value(item, field, kind, extra.is_some_and(Node::is_object), place),
                None if extra.is_none() => {
                    self.structure(ErrorKind::WrongType, object, place, "null stands where nothing is");
                }
                None => {}
            }
        }
        if self.rules.cardinality && field.max().is_some_and(|max| count > max as usize) {
            let detail = format!("{} stands more often than it may", field.name());
            self.issue(ErrorKind::TooMany, Rule::Cardinality, value, place, detail);
        }
    }

    /// The id and extensions of a primitive.
    fn extra(&mut self, node: Node<'d>, kind: &'static FieldType, place: &Place<'_>) {
        match (node.kind(), node.is_empty()) {
            (Kind::Object, false) => self.object(node, kind.definition(), place),
            (Kind::Object, true) => self.structure(ErrorKind::Empty, node, place, "an object is not empty"),
            _ => {
                let detail = "the id and extensions of a primitive are a JSON object";
                self.structure(ErrorKind::WrongType, node, place, detail);
            }
        }
    }

    /// One value. `extended`: whether an id or extension stands beside it, so that null may stand for it.
    fn value(
        &mut self,
        node: Node<'d>,
        field: &'static FieldDef,
        kind: &'static FieldType,
        extended: bool,
        place: &Place<'_>,
    ) {
        let definition = kind.definition();
        if let Some(primitive) = definition.primitive() {
            return self.primitive(node, field, primitive, extended, place);
        }
        match node.kind() {
            Kind::Object if node.is_empty() => {
                self.structure(ErrorKind::Empty, node, place, "an object is not empty");
            }
            Kind::Object if definition.is_resource() => {
                self.resource(node, field.name() == "contained", place);
            }
            Kind::Object => {
                if self.content.is_some() {
                    self.element_content(node, field, kind, place);
                }
                self.object(node, definition, place);
            }
            _ => {
                let detail = format!("{} is a JSON object", definition.name());
                self.issue(ErrorKind::WrongType, Rule::Structure, node, place, detail);
            }
        }
    }

    fn primitive(
        &mut self,
        node: Node<'d>,
        field: &'static FieldDef,
        primitive: PrimitiveKind,
        extended: bool,
        place: &Place<'_>,
    ) {
        if node.is_null() && extended && field.is_list() {
            return;
        }
        let wanted = match primitive {
            PrimitiveKind::Boolean => Kind::Bool,
            PrimitiveKind::Decimal
            | PrimitiveKind::Integer
            | PrimitiveKind::PositiveInt
            | PrimitiveKind::UnsignedInt => Kind::Number,
            _ => Kind::String,
        };
        if node.kind() != wanted {
            let detail = match wanted {
                Kind::Bool => "the element is a JSON true or false",
                Kind::Number => "the element is a JSON number",
                _ => "the element is a JSON string",
            };
            return self.structure(ErrorKind::WrongType, node, place, detail);
        }
        let text = node.as_primitive().unwrap_or_default();
        if !format::is_valid(primitive, text) {
            let detail = Cow::Borrowed(format::wanted(primitive));
            return self.issue(ErrorKind::InvalidPrimitive, Rule::Format, node, place, detail);
        }
        if self.rules.bindings
            && let Some(binding) = field.binding()
            && !binding.contains(text)
        {
            let detail = format!("the code must be one of {}", binding.value_set());
            self.issue(ErrorKind::UnknownCode, Rule::Binding, node, place, detail);
        }
        if self.content.is_some() {
            self.primitive_content(node, primitive, text, place);
        }
    }

    fn structure(&mut self, kind: ErrorKind, node: Node<'d>, place: &Place<'_>, detail: &'static str) {
        self.issue(kind, Rule::Structure, node, place, detail);
    }

    #[cold]
    pub(super) fn issue(
        &mut self,
        kind: ErrorKind,
        rule: Rule,
        node: Node<'d>,
        place: &Place<'_>,
        detail: impl Into<Cow<'static, str>>,
    ) {
        self.add(rule, || Issue::new(kind, rule, place.expression(), node.span().start, detail));
    }

    /// Adds an issue unless there are enough or its rule is passed over.
    pub(super) fn add(&mut self, rule: Rule, issue: impl FnOnce() -> Issue) {
        let ignored = self.content.as_ref().is_some_and(|content| content.ignores(rule));
        if !ignored && self.issues.len() < self.rules.max_issues {
            self.issues.push(issue());
        }
    }

    /// Whether codes are checked.
    pub(super) fn checks_bindings(&self) -> bool {
        self.rules.bindings
    }
}

/// Which elements of an object stand.
#[derive(Default)]
struct Seen {
    fields: u64,
    /// Where the next name is looked for first.
    next: usize,
}

impl Seen {
    /// Notes an element; true if it stood before.
    fn note(&mut self, field: usize) -> bool {
        let before = self.fields >> field & 1 == 1;
        self.fields |= 1 << field;
        before
    }
}

/// The member with an underscore before the name.
fn sibling<'d>(object: Node<'d>, name: &str) -> Option<Node<'d>> {
    if !object.document().has_underscores() {
        return None;
    }
    object.members().find(|(key, _)| key.strip_prefix('_') == Some(name)).map(|(_, node)| node)
}

/// Whether the object has the element with two of its types.
fn several_choices(object: Node<'_>, definition: &'static TypeDef, field: usize) -> bool {
    let bare = object.members().map(|(name, _)| name.strip_prefix('_').unwrap_or(name));
    let members = definition.members();
    let found = bare.filter_map(|name| members.find(name, &mut 0)).filter(|found| found.index == field);
    let mut choices = found.map(|found| found.choice);
    let first = choices.next();
    choices.any(|choice| Some(choice) != first)
}
