//! Rules that one element alone cannot answer for: what references point to, what is contained, what a Bundle's
//! entries must have, ids that stand once, sizes that agree with the data
//! (<https://hl7.org/fhir/R4/references.html>, <https://hl7.org/fhir/R4/bundle.html>).
//!
//! They are asked during the same walk as the structure, object by object.

use super::attachment;
use super::issue::Rule;
use super::structure::{Check, Place};
use crate::error::ErrorKind;
use crate::json::Node;
use crate::primitive::xhtml;
use crate::schema::{Binding, FieldDef, FieldType, PrimitiveKind, TypeDef, Version};
use std::collections::{HashMap, HashSet};

/// What the walk must remember.
pub(super) struct Content<'r, 'd> {
    ignored: &'r [Rule],
    examples: bool,
    scope: Scope<'d>,
    /// The resources of the outermost Bundle by their full URLs.
    entries: HashMap<&'d str, Option<Node<'d>>>,
    in_bundle: bool,
}

/// The resource that the walk is in, leaving out that it may stand inside another one that contains it.
#[derive(Default)]
pub(super) struct Scope<'d> {
    container: Option<Node<'d>>,
    /// What the container contains, by id.
    contained: HashMap<&'d str, Node<'d>>,
    /// The ids of its elements so far; empty for most resources.
    ids: HashSet<&'d str>,
}

impl<'r, 'd> Content<'r, 'd> {
    pub(super) fn new(ignored: &'r [Rule], examples: bool) -> Self {
        Self { ignored, examples, scope: Scope::default(), entries: HashMap::new(), in_bundle: false }
    }

    pub(super) fn ignores(&self, rule: Rule) -> bool {
        self.ignored.contains(&rule)
    }

    /// Enters a resource; what is returned is to be given to [`Self::leave`].
    pub(super) fn enter(
        &mut self,
        node: Node<'d>,
        definition: &'static TypeDef,
        contained: bool,
    ) -> Scope<'d> {
        if definition.name() == "Bundle" && !self.in_bundle {
            self.in_bundle = true;
            for entry in node.get("entry").into_iter().flat_map(Node::items) {
                if let Some(url) = text(entry, "fullUrl") {
                    self.entries.insert(url, entry.get("resource"));
                }
            }
        }
        if contained {
            let scope = Scope {
                container: self.scope.container,
                contained: std::mem::take(&mut self.scope.contained),
                ids: HashSet::new(),
            };
            return std::mem::replace(&mut self.scope, scope);
        }
        let mut inside = HashMap::new();
        for resource in node.get("contained").into_iter().flat_map(Node::items_or_self) {
            if let Some(id) = text(resource, "id") {
                inside.entry(id).or_insert(resource);
            }
        }
        let scope = Scope { container: Some(node), contained: inside, ids: HashSet::new() };
        std::mem::replace(&mut self.scope, scope)
    }

    pub(super) fn leave(&mut self, outer: Scope<'d>) {
        let inner = std::mem::replace(&mut self.scope, outer);
        // A contained resource had the map of its container.
        if self.scope.container.is_some() && self.scope.container == inner.container {
            self.scope.contained = inner.contained;
        }
    }
}

impl<'d> Check<'_, 'd> {
    /// Rules of a whole resource.
    pub(super) fn resource_content(
        &mut self,
        node: Node<'d>,
        definition: &'static TypeDef,
        contained: bool,
        place: &Place<'_>,
    ) {
        if contained {
            if let Some(inner) = node.get("contained") {
                let detail = "a contained resource contains no other resources";
                self.keyed("dom-2", Rule::Reference, inner, &place.child("contained"), detail);
            }
            if text(node, "id").is_none() {
                let detail = "a contained resource has an id";
                self.issue(ErrorKind::MissingElement, Rule::Reference, node, &place.child("id"), detail);
            }
        } else if let Some(contained) = node.get("contained") {
            self.unreferenced(node, contained, place);
        }
        match definition.name() {
            "Bundle" => self.bundle(node, place),
            "StructureDefinition" => self.structure_definition(node, place),
            _ => {}
        }
    }

    /// Contained resources that nothing points to and that do not point to their container.
    fn unreferenced(&mut self, node: Node<'d>, contained: Node<'d>, place: &Place<'_>) {
        let mut fragments = Fragments::default();
        fragments.collect(node, FOLLOWED);
        let Fragments { names, to_container } = fragments;
        for (index, resource) in contained.items_or_self().enumerate() {
            let Some(id) = text(resource, "id") else { continue };
            let span = resource.span();
            let next = to_container.partition_point(|at| *at < span.start);
            let refers = to_container.get(next).is_some_and(|at| *at < span.end);
            if !names.contains(id) && !refers {
                let detail =
                    "a contained resource is referred to, or refers to the resource that contains it";
                let place = place.child("contained").at(index);
                self.keyed("dom-3", Rule::Reference, resource, &place, detail);
            }
        }
    }

    /// Rules of any object.
    pub(super) fn object_content(&mut self, node: Node<'d>, definition: &'static TypeDef, place: &Place<'_>) {
        if definition.is_resource() {
            return;
        }
        // Snapshot and differential of a StructureDefinition have the same ElementDefinitions.
        let own = definition.name() != "ElementDefinition";
        if let Some(id) = node.get("id").filter(|id| own && id.as_str().is_some())
            && let (Some(content), Some(name)) = (&mut self.content, id.as_str())
            && !content.scope.ids.insert(name)
        {
            let detail = "the id of an element stands once in its resource";
            self.issue(ErrorKind::Inconsistent, Rule::Consistency, id, &place.child("id"), detail);
        }
        match definition.name() {
            "Attachment" => self.attachment(node, place),
            "Narrative" => self.narrative(node, place),
            _ => {}
        }
    }

    /// Rules that the definition of an element lays on the object that it holds.
    pub(super) fn element_content(
        &mut self,
        node: Node<'d>,
        field: &'static FieldDef,
        kind: &'static FieldType,
        place: &Place<'_>,
    ) {
        match kind.definition().name() {
            "Reference" => self.reference(node, kind, place),
            "CodeableReference" => {
                if let Some(reference) = node.get("reference") {
                    self.reference(reference, kind, &place.child("reference"));
                }
            }
            "CodeableConcept" => {
                let Some(binding) = field.binding().filter(|_| self.checks_bindings()) else { return };
                let mut codings = node.get("coding").into_iter().flat_map(Node::items);
                if !codings.any(|coding| is_bound(coding, binding)) {
                    let detail = format!("one coding must be of {}", binding.value_set());
                    self.issue(ErrorKind::UnknownCode, Rule::Binding, node, place, detail);
                }
            }
            "Coding" => {
                let Some(binding) = field.binding().filter(|_| self.checks_bindings()) else { return };
                if !is_bound(node, binding) {
                    let detail = format!("the code must be one of {}", binding.value_set());
                    self.issue(ErrorKind::UnknownCode, Rule::Binding, node, place, detail);
                }
            }
            _ => {}
        }
    }

    /// Rules of a primitive with a value of the right form.
    pub(super) fn primitive_content(
        &mut self,
        node: Node<'d>,
        kind: PrimitiveKind,
        value: &str,
        place: &Place<'_>,
    ) {
        use PrimitiveKind as P;
        let r5 = self.schema.version() >= Version::R5;
        let detail = match kind {
            P::Base64Binary if r5 && value.contains(|letter: char| letter.is_ascii_whitespace()) => {
                "base64 text without white space"
            }
            P::Decimal if r5 && !is_short_decimal(value) => {
                "a decimal number of at most 18 digits before and 17 behind the point"
            }
            P::Canonical if value.ends_with('|') => "a canonical URL with a version behind |, or without |",
            P::Uri | P::Url | P::Canonical => {
                if !self.allows(value) {
                    let detail = "addresses of example.org and its kin are not allowed here";
                    self.issue(ErrorKind::InvalidPrimitive, Rule::Consistency, node, place, detail);
                }
                if is_schemed(value) { return } else { "an OID after urn:oid:, a UUID after urn:uuid:" }
            }
            _ => return,
        };
        self.issue(ErrorKind::InvalidPrimitive, Rule::Format, node, place, detail);
    }

    fn allows(&self, address: &str) -> bool {
        self.content.as_ref().is_none_or(|content| content.examples) || !is_example(address)
    }

    /// A code of a required binding that has extensions only.
    pub(super) fn without_code(&mut self, node: Node<'d>, field: &'static FieldDef, place: &Place<'_>) {
        if let Some(binding) = field.binding().filter(|_| self.checks_bindings()) {
            let detail = format!("a code of {} is required", binding.value_set());
            self.issue(ErrorKind::UnknownCode, Rule::Binding, node, place, detail);
        }
    }

    fn reference(&mut self, node: Node<'d>, kind: &'static FieldType, place: &Place<'_>) {
        let literal = node.get("reference").filter(|literal| literal.as_str().is_some());
        let stated = text(node, "type").and_then(|name| self.schema.resource(name));
        let mut found = stated;
        if let (Some(literal), Some(content)) = (literal, &self.content) {
            let address = literal.as_str().unwrap_or_default();
            let resource = match address.strip_prefix('#') {
                Some("") => content.scope.container,
                Some(id) => content.scope.contained.get(id).copied(),
                None => content.entries.get(address).copied().flatten(),
            };
            let lost = resource.is_none()
                && (address.starts_with('#') || (content.in_bundle && address.starts_with("urn:uuid:")));
            if lost && address.starts_with('#') {
                let detail = "a reference that starts with # points to a contained resource";
                let place = place.child("reference");
                self.keyed("ref-1", Rule::Reference, literal, &place, detail);
            } else if lost {
                let detail = "no entry of the Bundle has this full URL";
                let place = place.child("reference");
                self.warning(ErrorKind::Reference, Rule::Reference, literal, &place, detail);
            }
            let named = match resource {
                Some(resource) => text(resource, "resourceType"),
                None => type_in(address),
            };
            let named = named.and_then(|name| self.schema.resource(name));
            if let (Some(named), Some(stated)) = (named, stated)
                && named != stated
            {
                let detail = "the type of a reference is that of the resource that it points to";
                self.issue(ErrorKind::Inconsistent, Rule::Reference, node, &place.child("type"), detail);
            }
            found = named.or(found);
        }
        let Some(found) = found else { return };
        let mut targets = kind.targets().peekable();
        if targets.peek().is_some() && !targets.any(|target| found.is_subtype_of(target)) {
            let wanted: Vec<_> = kind.targets().map(TypeDef::name).collect();
            let detail = format!("a reference to {}, not {}", wanted.join(", "), found.name());
            self.issue(ErrorKind::Reference, Rule::Reference, literal.unwrap_or(node), place, detail);
        }
    }

    fn attachment(&mut self, node: Node<'d>, place: &Place<'_>) {
        let (Some(data), size, hash) = (text(node, "data"), node.get("size"), node.get("hash")) else {
            return;
        };
        // `integer64` is a string in JSON.
        let stated = size.and_then(|size| size.as_primitive()?.parse::<u64>().ok());
        if let (Some(size), Some(stated)) = (size, stated)
            && attachment::decoded_length(data).is_some_and(|length| length != stated)
        {
            let detail = "the size is the number of bytes of the data";
            self.issue(ErrorKind::Inconsistent, Rule::Consistency, size, &place.child("size"), detail);
        }
        if let Some(hash) = hash
            && let Some(stated) = hash.as_str()
            && attachment::decode(data).is_some_and(|data| !attachment::is_sha1(stated, &data))
        {
            let detail = "the hash is the SHA-1 of the data, in base64";
            self.issue(ErrorKind::Inconsistent, Rule::Consistency, hash, &place.child("hash"), detail);
        }
    }

    fn narrative(&mut self, node: Node<'d>, place: &Place<'_>) {
        let Some(div) = node.get("div") else { return };
        if let Some(text) = div.as_str().filter(|text| !text.is_empty())
            && let Err(fault) = xhtml::check(text)
        {
            let kind = if fault.is_well_formed() { ErrorKind::InvalidPrimitive } else { ErrorKind::Syntax };
            let offset = div.span().start;
            let place = place.child("div");
            self.add(Rule::Narrative, || {
                let issue =
                    super::Issue::new(kind, Rule::Narrative, place.expression(), offset, fault.detail());
                match fault.key() {
                    Some(key) => issue.with_key(key),
                    None => issue,
                }
            });
        }
    }

    /// A rule that the definitions state as an invariant too.
    pub(super) fn keyed(
        &mut self,
        key: &'static str,
        rule: Rule,
        node: Node<'d>,
        place: &Place<'_>,
        detail: &'static str,
    ) {
        let kind = if key == "ref-1" { ErrorKind::Reference } else { ErrorKind::Invariant };
        self.add(rule, || {
            super::Issue::new(kind, rule, place.expression(), node.span().start, detail).with_key(key)
        });
    }

    pub(super) fn warning(
        &mut self,
        kind: ErrorKind,
        rule: Rule,
        node: Node<'d>,
        place: &Place<'_>,
        detail: &'static str,
    ) {
        self.add(rule, || {
            super::Issue::new(kind, rule, place.expression(), node.span().start, detail)
                .with_severity(super::Severity::Warning)
        });
    }
}

/// Texts that start with `#`.
#[derive(Default)]
struct Fragments<'d> {
    /// What follows the `#`.
    names: HashSet<&'d str>,
    /// Where `#` stands alone, in order.
    to_container: Vec<usize>,
}

/// How deep [`Fragments::collect`] follows; the structure check says when a document is deeper.
const FOLLOWED: usize = 500;

impl<'d> Fragments<'d> {
    fn collect(&mut self, node: Node<'d>, depth: usize) {
        if let Some(fragment) = node.as_str().and_then(|text| text.strip_prefix('#')) {
            if fragment.is_empty() {
                self.to_container.push(node.span().start);
            } else {
                self.names.insert(fragment);
            }
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        node.members().for_each(|(_, value)| self.collect(value, depth));
        node.items().for_each(|item| self.collect(item, depth));
    }
}

pub(super) fn text<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    node.get(name).and_then(Node::as_str)
}

fn is_bound(coding: Node<'_>, binding: &'static Binding) -> bool {
    let Some(code) = text(coding, "code") else { return false };
    match text(coding, "system") {
        Some(system) => binding.contains_coding(system, code),
        None => binding.contains(code),
    }
}

/// The type that a literal reference names: `Patient/1`, `http://host/base/Patient/1/_history/2`.
pub(super) fn type_in(address: &str) -> Option<&str> {
    if address.starts_with("urn:") {
        return None;
    }
    let address = address.split(['#', '|', '?']).next()?;
    let mut segments = address.rsplit('/');
    let (_, mut name) = (segments.next()?, segments.next()?);
    if name == "_history" {
        segments.next()?;
        name = segments.next()?;
    }
    Some(name)
}

/// Whether an OID or UUID follows where the address says so.
fn is_schemed(address: &str) -> bool {
    use crate::primitive::format::is_valid;
    if address.starts_with("urn:oid:") {
        return is_valid(PrimitiveKind::Oid, address);
    }
    match address.strip_prefix("urn:uuid:") {
        // Letters of both cases are met; the case is a matter of `uuid` alone.
        Some(uuid) => is_valid(PrimitiveKind::Uuid, &format!("urn:uuid:{}", uuid.to_ascii_lowercase())),
        None => true,
    }
}

/// The decimals that R5 allows.
fn is_short_decimal(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    whole.trim_start_matches('-').len() <= 18 && fraction.len() <= 17
}

/// Whether the host is one of those that documents may use for examples (RFC 2606).
fn is_example(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or(rest);
    ["example.org", "example.com", "example.net"].iter().any(|example| {
        host.strip_suffix(example).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}
