//! The functions that FHIR adds (<https://hl7.org/fhir/R4/fhirpath.html>).

use super::project::missing;
use super::{Run, Scope, single};
use crate::error::{ErrorKind, Failure};
use crate::function::Function;
use crate::instance::make;
use crate::node::Node;
use crate::plan::Plan;
use crate::reference::{Reference, bundle_entry};
use crate::value::{Item, Items};
use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::primitive::xhtml;
use hygea_fhir_model::schema::TypeDef;
use hygea_terminology::{Coding, Subsumption, Terminology};
use std::fmt::Write;

/// How many steps an element takes that is made.
const MADE: usize = 32;

impl<'a> Run<'_, 'a> {
    pub(super) fn fhir(
        &self,
        function: Function,
        items: Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        use Function as F;
        match function {
            F::Extension | F::HasExtension => {
                let url = self.string(arguments.first().ok_or_else(missing)?, scope)?;
                let Some(url) = url else { return Ok(()) };
                let mut found = Items::new();
                for node in items.iter().filter_map(Item::element) {
                    for extension in node.children("extension") {
                        self.spend(1)?;
                        if extension.children("url").next().and_then(Node::text) == Some(&url) {
                            found.push(Item::Element(extension));
                        }
                    }
                }
                match function {
                    F::Extension => out.extend(found),
                    _ => out.push(Item::Boolean(!found.is_empty())),
                }
            }
            F::HasValue => {
                let value = match items.as_slice() {
                    [Item::Element(node)] => node.primitive().is_some(),
                    [_] => true,
                    _ => false,
                };
                out.push(Item::Boolean(value));
            }
            F::GetValue => {
                // Several items have no one value; FHIR makes that empty, not an error.
                if let [item] = items.as_slice() {
                    out.extend(match item {
                        Item::Element(node) if node.primitive().is_none() => None,
                        item => item.to_value(),
                    });
                }
            }
            F::Resolve => {
                for item in &items {
                    self.spend(1)?;
                    out.extend(self.resolve(item)?.map(Item::Element));
                }
            }
            F::CheckModifiers => return self.check_modifiers(items, arguments, scope, out),
            F::ConformsTo => {
                let profile = self.string(arguments.first().ok_or_else(missing)?, scope)?;
                let (Some(item), Some(profile)) = (single(&items)?, profile) else { return Ok(()) };
                let profiles = self.environment.profiles.ok_or_else(|| no_service(function, "profiles"))?;
                let Some(node) = item.element() else { return Ok(()) };
                let conforms = profiles.conforms(node, &profile).map_err(failed("the profiles"))?;
                out.push(Item::Boolean(conforms));
            }
            F::MemberOf => {
                let value_set = self.string(arguments.first().ok_or_else(missing)?, scope)?;
                let (Some(item), Some(value_set)) = (single(&items)?, value_set) else { return Ok(()) };
                let terminology = self.terminology(function)?;
                let mut member = false;
                for coding in codings(item) {
                    self.spend(1)?;
                    member = member
                        || terminology
                            .contains(&value_set, &coding)
                            .map_err(|error| terminology_failed(error.into()))?;
                }
                out.push(Item::Boolean(member));
            }
            F::Subsumes | F::SubsumedBy => {
                let other = self.items(arguments.first().ok_or_else(missing)?, scope)?;
                let (Some(item), Some(other)) = (single(&items)?, single(&other)?) else { return Ok(()) };
                let (outer, inner) = if function == F::Subsumes { (item, other) } else { (other, item) };
                out.push(Item::Boolean(self.subsumes(function, outer, inner)?));
            }
            F::HtmlChecks | F::HtmlChecks2 => {
                let Some(item) = single(&items)? else { return Ok(()) };
                let text = item.as_str().unwrap_or_default();
                self.spend_text(text.len())?;
                out.push(Item::Boolean(xhtml::check(text).is_ok()));
            }
            F::GetResourceKey => {
                for node in items.iter().filter_map(Item::element) {
                    if let Some(id) = node.children("id").next().and_then(Node::text) {
                        out.push(format!("{}/{id}", node.type_name()).into());
                    }
                }
            }
            F::GetReferenceKey => {
                let wanted = match arguments.first() {
                    Some(wanted) => self.string(wanted, scope)?,
                    None => None,
                };
                for item in &items {
                    let Some(reference) =
                        reference_text(item).and_then(|text| Reference::parse(text, self.schema))
                    else {
                        continue;
                    };
                    if wanted.as_ref().is_none_or(|wanted| **wanted == *reference.definition.name()) {
                        out.push(format!("{}/{}", reference.definition.name(), reference.id).into());
                    }
                }
            }
            F::ElementDefinition => {
                let profiles = self.environment.profiles.ok_or_else(|| no_service(function, "profiles"))?;
                for node in items.iter().filter_map(Item::element) {
                    self.spend(1)?;
                    let found = profiles.element_definition(node).map_err(failed("the profiles"))?;
                    out.extend(found.map(Item::Element));
                }
            }
            F::Instance => return self.instance(arguments, scope, out),
            F::PathName => return self.path_names(&items, arguments, scope, out),
            // Function::Slice
            _ => {
                let profiles = self.environment.profiles.ok_or_else(|| no_service(function, "profiles"))?;
                let [structure, name] = arguments else { return Err(missing()) };
                let (structure, name) = (self.string(structure, scope)?, self.string(name, scope)?);
                let (Some(structure), Some(name)) = (structure, name) else { return Ok(()) };
                for item in &items {
                    self.spend(1)?;
                    let Some(node) = item.element() else { continue };
                    if profiles.in_slice(node, &structure, &name).map_err(failed("the profiles"))? {
                        out.push(item.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// The resource that a reference, or the text of one, points to.
    fn resolve(&self, item: &Item<'a>) -> Result<Option<Node<'a>>, Failure> {
        let Some(text) = item_reference_text(item) else { return Ok(None) };
        if let Some(local) = self.resolve_locally(text) {
            return Ok(Some(local));
        }
        if text.starts_with('#') {
            return Ok(None);
        }
        let resolver =
            self.environment.resolver.ok_or_else(|| no_service(Function::Resolve, "a resolver"))?;
        resolver.resolve(text).map_err(failed("the resolver"))
    }

    /// A resource contained in the root resource, or another entry of the same Bundle.
    fn resolve_locally(&self, text: &str) -> Option<Node<'a>> {
        let root = self.root_resource()?;
        let has_id = |node: &Node<'a>, id: &str| node.children("id").next().and_then(Node::text) == Some(id);
        if let Some(id) = text.strip_prefix('#') {
            if id.is_empty() {
                return Some(root);
            }
            let contained = |holder: Node<'a>| holder.children("contained").find(|node| has_id(node, id));
            return contained(root).or_else(|| self.resource().and_then(contained));
        }
        if root.type_name() == "Bundle" { bundle_entry(root, text) } else { None }
    }

    /// `resolve() is T`, from the text of the reference wherever that tells.
    pub(super) fn refers_to(&self, node: Node<'a>, wanted: &'static TypeDef) -> Result<bool, Failure> {
        if node.primitive().is_some() {
            return match node.text() {
                Some(text) => self.text_refers_to(text, wanted),
                None => Ok(false),
            };
        }
        if let Some(text) = node.children("reference").next().and_then(Node::text) {
            if let Some(reference) = Reference::parse(text, self.schema) {
                return Ok(reference.definition.is_subtype_of(wanted));
            }
            if let Some(local) = self.resolve_locally(text) {
                return Ok(local.definition().is_some_and(|own| own.is_subtype_of(wanted)));
            }
        }
        if let Some(name) = node.children("type").next().and_then(Node::text) {
            return Ok(self.schema.type_named(name).is_some_and(|own| own.is_subtype_of(wanted)));
        }
        match node.children("reference").next().and_then(Node::text) {
            Some(text) => self.loaded_is(text, wanted),
            None => Ok(false),
        }
    }

    pub(super) fn text_refers_to(&self, text: &str, wanted: &'static TypeDef) -> Result<bool, Failure> {
        if let Some(reference) = Reference::parse(text, self.schema) {
            return Ok(reference.definition.is_subtype_of(wanted));
        }
        match self.resolve_locally(text) {
            Some(local) => Ok(local.definition().is_some_and(|own| own.is_subtype_of(wanted))),
            None => self.loaded_is(text, wanted),
        }
    }

    /// The type of the resource that the resolver, if there is one, has for a text.
    fn loaded_is(&self, text: &str, wanted: &'static TypeDef) -> Result<bool, Failure> {
        let Some(resolver) = self.environment.resolver.filter(|_| !text.starts_with('#')) else {
            return Ok(false);
        };
        let found = resolver.resolve(text).map_err(failed("the resolver"))?;
        Ok(found.and_then(Element::definition).is_some_and(|own| own.is_subtype_of(wanted)))
    }

    /// `Coding { system: 'x' }`
    fn instance(
        &self,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let Some((name, members)) = arguments.split_first() else { return Err(missing()) };
        let definition = name.constant_text().and_then(|name| self.schema.type_named(name));
        let definition = definition.ok_or_else(missing)?;
        let mut children = Vec::with_capacity(members.len() / 2);
        for member in members.chunks_exact(2) {
            let [name, value] = member else { return Err(missing()) };
            let items = self.items(value, scope)?;
            for item in &items {
                let json = item.element().and_then(Node::json).and_then(JsonElement::node);
                self.spend_text(json.map_or(0, |json| json.raw().len()))?;
            }
            children.push((name.constant_text().unwrap_or_default(), items));
        }
        let children: Vec<_> = children.iter().map(|(name, items)| (*name, items.as_slice())).collect();
        let node = make(&self.environment.made, definition, &children)?;
        self.spend(MADE)?;
        out.push(Item::Element(node));
        Ok(())
    }

    /// `pathname()`: where elements stand in the root resource. What was computed or resolved has no place there.
    fn path_names(
        &self,
        items: &Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let short = match arguments.first() {
            Some(short) => self.boolean(short, scope)? == Some(true),
            None => false,
        };
        let Some(root) = self.root_resource() else { return Ok(()) };
        for node in items.iter().filter_map(Item::element) {
            let mut path = root.type_name().to_owned();
            if node.is_same(root) || self.path_to(node, root, short, &mut path)? {
                out.push(path.into());
            }
        }
        Ok(())
    }

    /// Extends the path of `holder` to the one of `node`; false, and the path as it was, if it is not inside.
    fn path_to(
        &self,
        node: Node<'a>,
        holder: Node<'a>,
        short: bool,
        path: &mut String,
    ) -> Result<bool, Failure> {
        self.deeper(|| {
            let mut children = Vec::new();
            holder.for_each(&mut |name, child| children.push((name, child)));
            self.spend(children.len())?;
            let (length, mut place) = (path.len(), 0);
            for (at, (name, child)) in children.iter().enumerate() {
                let follows = at.checked_sub(1).and_then(|before| children.get(before));
                place = if follows.is_some_and(|(before, _)| before == name) { place + 1 } else { 0 };
                let list =
                    holder.definition().and_then(|own| own.field(name)).is_none_or(|field| field.is_list());
                // Writing to a string cannot fail.
                let _ = match short && !list {
                    true => write!(path, ".{name}"),
                    false => write!(path, ".{name}[{place}]"),
                };
                if child.is_same(node) || self.path_to(node, *child, short, path)? {
                    return Ok(true);
                }
                path.truncate(length);
            }
            Ok(false)
        })
    }

    fn check_modifiers(
        &self,
        items: Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let mut known = Vec::new();
        for argument in arguments {
            known.extend(self.string(argument, scope)?);
        }
        for node in items.iter().filter_map(Item::element) {
            for modifier in node.children("modifierExtension") {
                let url = modifier.children("url").next().and_then(Node::text).unwrap_or_default();
                if !known.iter().any(|known| **known == *url) {
                    return Err(Failure::new(
                        ErrorKind::Range,
                        "an element has a modifier extension that is not known",
                    ));
                }
            }
        }
        out.extend(items);
        Ok(())
    }

    fn terminology(&self, function: Function) -> Result<&'a dyn Terminology, Failure> {
        self.environment.terminology.ok_or_else(|| no_service(function, "a terminology"))
    }

    /// Whether any coding of `outer` is the same as or above one of `inner`.
    fn subsumes(&self, function: Function, outer: &Item<'a>, inner: &Item<'a>) -> Result<bool, Failure> {
        let terminology = self.terminology(function)?;
        for above in codings(outer) {
            for below in codings(inner) {
                self.spend(1)?;
                let (Some(system), true) = (above.system, above.system == below.system) else { continue };
                let found = terminology
                    .subsumes(system, above.code, below.code)
                    .map_err(|error| terminology_failed(error.into()))?;
                if matches!(found, Subsumption::Equivalent | Subsumption::Subsumes) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn no_service(function: Function, what: &str) -> Failure {
    let detail = format!("{}() wants {what}, which the environment does not hold", function.name());
    Failure::new(ErrorKind::NoService, detail)
}

fn failed(what: &'static str) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> Failure {
    move |error| Failure::caused(ErrorKind::Service, format!("{what} of the environment failed"), error)
}

fn terminology_failed(error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
    Failure::caused(ErrorKind::Service, "the terminology of the environment failed", error)
}

/// The text of a Reference's `reference`, or of a URI that stands for a resource.
fn reference_text<'a>(item: &Item<'a>) -> Option<&'a str> {
    let node = item.element()?;
    node.text().or_else(|| node.children("reference").next().and_then(Node::text))
}

fn item_reference_text<'i>(item: &'i Item<'_>) -> Option<&'i str> {
    match item {
        Item::String(text) => Some(text),
        other => reference_text(other),
    }
}

/// The codings of a code, a Coding or a CodeableConcept.
fn codings<'i>(item: &'i Item<'_>) -> Vec<Coding<'i>> {
    let of_node = |node: Node<'i>| {
        let text = |name| node.children(name).next().and_then(Node::text);
        let code = text("code")?;
        Some(Coding { system: text("system"), version: text("version"), code, display: text("display") })
    };
    match item {
        Item::String(text) => vec![Coding::code(text)],
        Item::Element(node) => match (node.text(), node.type_name()) {
            (Some(text), _) => vec![Coding::code(text)],
            (None, "CodeableConcept") => node.children("coding").filter_map(of_node).collect(),
            _ => of_node(*node).into_iter().collect(),
        },
        _ => Vec::new(),
    }
}
