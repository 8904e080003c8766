//! From elements to a JSON tree, with the tables of a version in hand.

use super::place::Place;
use super::tree::{Attribute, Children, Kind, Namespace, Node, Tree};
use super::{Options, XHTML};
use crate::error::{Error, ErrorKind, Position};
use crate::json::{Builder, Document};
use crate::schema::{FieldDef, FieldType, Members, PrimitiveKind, Schema, TypeDef, Version};
use crate::validate::{Issue, Rule};
use std::borrow::Cow;
use std::collections::HashSet;

/// Translates a tree whose outermost element is a resource, or an element of type `of`.
pub(super) fn translate<'x>(
    source: Cow<'x, str>,
    tree: &Tree,
    schema: &'static Schema,
    of: Option<&'static TypeDef>,
    options: &Options,
    strict: bool,
) -> Result<(Document<'x>, Vec<Issue>), Error> {
    let mut translation = Translation {
        source: &source,
        tree,
        schema,
        options,
        strict,
        builder: Builder::with_capacity(source.len()),
        children: Vec::new(),
        issues: Vec::new(),
    };
    translation.root(of)?;
    let Translation { builder, issues, .. } = translation;
    Ok((builder.finish(source), issues))
}

/// A child element and what it is; nothing if the type has no such element.
#[derive(Clone, Copy)]
struct Child {
    node: u32,
    index: u16,
    choice: u16,
    known: Option<(&'static FieldDef, &'static FieldType)>,
}

const UNKNOWN: u16 = u16::MAX;

struct Translation<'x> {
    source: &'x str,
    tree: &'x Tree,
    schema: &'static Schema,
    options: &'x Options,
    strict: bool,
    builder: Builder,
    /// The children of all elements that are being translated, innermost last.
    children: Vec<Child>,
    issues: Vec<Issue>,
}

type Outcome = Result<(), Error>;

impl<'x> Translation<'x> {
    fn root(&mut self, of: Option<&'static TypeDef>) -> Outcome {
        let Some((index, node)) = self.children_from(0).find(|(_, node)| node.is_element()) else {
            return Ok(());
        };
        let name = node.name(self.source);
        let definition = of.or_else(|| self.schema.resource(name));
        let Some(definition) = definition else {
            let detail =
                format!("the outermost element must be a resource of FHIR {}", self.schema.version());
            return Err(self.error(
                ErrorKind::UnknownResourceType,
                &Place { parent: None, name, index: None },
                node.start,
                detail,
            ));
        };
        // The caller knows where an element that is no resource stands.
        let name = if of.is_none() { definition.name() } else { "" };
        let place = Place { parent: None, name, index: None };
        if of.is_none() && node.namespace != Namespace::Fhir {
            self.wrong_namespace(node, &place)?;
        }
        self.object(index, node, definition, of.is_none(), &place)
    }

    /// The nodes at the level of `index` from there on.
    fn children_from(&self, index: u32) -> Children<'x> {
        self.tree.siblings(index)
    }

    /// A resource inside another one.
    fn resource(&mut self, index: u32, place: &Place<'_>) -> Outcome {
        let tree = self.tree;
        let Some(node) = tree.node(index) else { return Ok(()) };
        let name = node.name(self.source);
        match self.schema.resource(name) {
            Some(definition) if node.kind == Kind::Element => {
                self.object(index, node, definition, true, place)
            }
            _ => {
                let detail = format!("the element must be a resource of FHIR {}", self.schema.version());
                self.fault(ErrorKind::UnknownResourceType, place, node.start, detail)?;
                self.untyped(index, node, true)
            }
        }
    }

    /// An element that is a JSON object. `resource`: whether its name is the type of a resource.
    fn object(
        &mut self,
        index: u32,
        node: &'x Node,
        definition: &'static TypeDef,
        resource: bool,
        place: &Place<'_>,
    ) -> Outcome {
        self.begin_object(node)?;
        if resource {
            self.builder.name("resourceType", node.start);
            self.builder.string(definition.name(), node.start);
        }
        self.content(index, node, definition, place)?;
        self.builder.end_object();
        Ok(())
    }

    /// The attributes and children of an element, as members of the object that is open.
    fn content(
        &mut self,
        index: u32,
        node: &'x Node,
        definition: &'static TypeDef,
        place: &Place<'_>,
    ) -> Outcome {
        let base = self.children.len();
        let members = definition.members();
        self.comments(index, node, definition.is_resource())?;
        self.gather(index, node, definition, &members, place)?;
        self.attributes(node, definition, &members, base, place)?;
        let mut at = base;
        while let Some(&first) = self.children.get(at) {
            let same = |other: &Child| match first.known {
                Some(_) => (other.index, other.choice) == (first.index, first.choice),
                None => other.known.is_none() && self.name_of(other.node) == self.name_of(first.node),
            };
            let rest = self.children.get(at + 1..).unwrap_or_default();
            let end = at + 1 + rest.iter().take_while(|other| same(other)).count();
            match first.known {
                Some((field, kind)) => self.group(node, (at, end), field, kind, place)?,
                None => self.unknown(node, (at, end), &members)?,
            }
            at = end;
        }
        self.children.truncate(base);
        Ok(())
    }

    /// Collects the children of an element in the order of its definition.
    fn gather(
        &mut self,
        index: u32,
        parent: &Node,
        definition: &'static TypeDef,
        members: &Members,
        place: &Place<'_>,
    ) -> Outcome {
        let (tree, source) = (self.tree, self.source);
        let base = self.children.len();
        let mut next = 0;
        let mut last = (0, 0);
        let mut sorted = true;
        for (index, node) in tree.children(index) {
            match node.kind {
                Kind::Comment => continue,
                Kind::Text => {
                    self.fault(
                        ErrorKind::WrongType,
                        place,
                        node.start,
                        "text stands where only elements belong",
                    )?;
                    continue;
                }
                Kind::Element | Kind::Markup => {}
            }
            let name = node.name(source);
            let found = members.find(name, &mut next).filter(|found| {
                // The markup of narratives is opaque, so it can be nothing else.
                node.kind == Kind::Element
                    || found.kind.definition().primitive() == Some(PrimitiveKind::Xhtml)
            });
            let Some(found) = found else {
                let detail = format!("{} has no such element", definition.name());
                self.fault(ErrorKind::UnknownElement, &place.child(name), node.start, detail)?;
                self.children.push(Child { node: index, index: UNKNOWN, choice: 0, known: None });
                sorted = false;
                continue;
            };
            let is_markup = found.kind.definition().primitive() == Some(PrimitiveKind::Xhtml);
            let wanted = if is_markup { Namespace::Xhtml } else { Namespace::Fhir };
            // Told once for an element and those in it.
            if node.namespace != wanted && (is_markup || node.namespace != parent.namespace) {
                self.wrong_namespace(node, &place.child(found.field.name()))?;
            }
            if found.field.is_attribute() {
                let detail = format!("{name} is an attribute in XML");
                self.fault(ErrorKind::WrongType, &place.child(name), node.start, detail)?;
            }
            // Both fit: a type has 64 elements at most.
            let key = (small(found.index), small(found.choice));
            if key < last {
                sorted = false;
                if key.0 < last.0 {
                    let detail = "elements stand in the order of their definition";
                    self.fault(ErrorKind::Syntax, &place.child(found.field.name()), node.start, detail)?;
                }
            }
            last = last.max(key);
            self.children.push(Child {
                node: index,
                index: key.0,
                choice: key.1,
                known: Some((found.field, found.kind)),
            });
        }
        if !sorted {
            let children = self.children.get_mut(base..).unwrap_or_default();
            children.sort_by(|one, other| {
                (one.index, one.choice).cmp(&(other.index, other.choice)).then_with(|| {
                    let name = |child: &Child| match child.known {
                        Some(_) => "",
                        None => tree.node(child.node).map_or("", |node| node.name(source)),
                    };
                    name(one).cmp(name(other))
                })
            });
        }
        Ok(())
    }

    /// The attributes of an element; `value` of a primitive is left to [`Self::primitives`].
    fn attributes(
        &mut self,
        node: &'x Node,
        definition: &'static TypeDef,
        members: &Members,
        base: usize,
        place: &Place<'_>,
    ) -> Outcome {
        if node.kind == Kind::Markup {
            return Ok(());
        }
        for attribute in self.tree.attributes(node) {
            let name = attribute.name(self.source);
            if name == "value" && definition.primitive().is_some() {
                continue;
            }
            let found = members.find(name, &mut 0);
            let place = place.child(name);
            if !found.is_some_and(|found| found.field.is_attribute()) {
                let detail = format!("{} has no such attribute", definition.name());
                self.fault(ErrorKind::UnknownElement, &place, attribute.offset(), detail)?;
            }
            let children = self.children.get(base..).unwrap_or_default();
            let taken = children.iter().any(|child| match found {
                Some(found) => child.index == small(found.index),
                None => self.name_of(child.node) == name,
            });
            let is_attribute = found.is_some_and(|found| found.field.is_attribute());
            if is_notation(name) || name.contains(':') || (taken && !is_attribute) {
                continue;
            }
            self.room(attribute.offset())?;
            self.builder.name(name, attribute.offset());
            self.attribute_text(attribute, &place)?;
        }
        Ok(())
    }

    fn attribute_text(&mut self, attribute: &Attribute, place: &Place<'_>) -> Outcome {
        let value = attribute.value(self.source);
        if value.is_empty() {
            self.fault(ErrorKind::Empty, place, attribute.offset(), "an attribute is not empty")?;
        }
        self.builder.string(&value, attribute.value_offset());
        Ok(())
    }

    /// The elements of one name: those from `range.0` to `range.1` of `children`.
    fn group(
        &mut self,
        parent: &'x Node,
        range: (usize, usize),
        field: &'static FieldDef,
        kind: &'static FieldType,
        place: &Place<'_>,
    ) -> Outcome {
        let Some((first, node)) = self.child(range.0) else { return Ok(()) };
        if field.is_attribute() && self.attribute(parent, field.name()).is_some() {
            // The attribute was taken; `gather` said what is wrong.
            return Ok(());
        }
        let place = &place.child(field.name());
        let definition = kind.definition();
        let several = range.1 - range.0 > 1;
        if several && !field.is_list() {
            let second = self.child(range.0 + 1).map_or(node.start, |(_, node)| node.start);
            let detail = format!("{} stands once", field.name());
            self.fault(ErrorKind::TooMany, place, second, detail)?;
        }
        if let Some(primitive) = definition.primitive() {
            return self.primitives(range, field, kind, primitive, place);
        }
        if definition.is_resource() {
            return self.resources(range, field, kind, place);
        }
        self.room(node.start)?;
        self.builder.name(kind.json_name(), node.start);
        if !several && !field.is_list() {
            return self.complex(first, node, definition, place);
        }
        self.begin_array(node)?;
        for at in range.0..range.1 {
            let Some((index, node)) = self.child(at) else { continue };
            self.complex(index, node, definition, &place.at(at - range.0))?;
        }
        self.builder.end_array();
        Ok(())
    }

    fn complex(
        &mut self,
        index: u32,
        node: &'x Node,
        definition: &'static TypeDef,
        place: &Place<'_>,
    ) -> Outcome {
        if node.skip == index + 1 && self.tree.attributes(node).is_empty() {
            self.fault(ErrorKind::Empty, place, node.start, "an element is not empty")?;
        }
        self.object(index, node, definition, false, place)
    }

    /// Elements that hold a resource each.
    fn resources(
        &mut self,
        range: (usize, usize),
        field: &'static FieldDef,
        kind: &'static FieldType,
        place: &Place<'_>,
    ) -> Outcome {
        let tree = self.tree;
        let mut found = Vec::with_capacity(range.1 - range.0);
        for at in range.0..range.1 {
            let Some((index, node)) = self.child(at) else { continue };
            let before = found.len();
            let place = if field.is_list() { place.at(before) } else { *place };
            for attribute in tree.attributes(node) {
                let detail = "an element around a resource has no attributes";
                self.fault(ErrorKind::UnknownElement, &place, attribute.offset(), detail)?;
            }
            for (index, inner) in tree.children(index) {
                match inner.kind {
                    Kind::Comment => {}
                    Kind::Text => {
                        let detail = "text stands where only elements belong";
                        self.fault(ErrorKind::WrongType, &place, inner.start, detail)?;
                    }
                    Kind::Element | Kind::Markup => {
                        if found.len() > before {
                            let detail = "the element holds one resource";
                            self.fault(ErrorKind::TooMany, &place, inner.start, detail)?;
                        }
                        if inner.namespace != Namespace::Fhir && inner.namespace != node.namespace {
                            self.wrong_namespace(inner, &place)?;
                        }
                        found.push(index);
                    }
                }
            }
            if found.len() == before {
                self.fault(ErrorKind::Empty, &place, node.start, "the element holds a resource")?;
            }
        }
        let Some(node) = found.first().and_then(|&first| tree.node(first)) else { return Ok(()) };
        self.room(node.start)?;
        self.builder.name(kind.json_name(), node.start);
        if let ([only], false) = (found.as_slice(), field.is_list()) {
            return self.resource(*only, place);
        }
        self.begin_array(node)?;
        for (at, &index) in found.iter().enumerate() {
            self.resource(index, &place.at(at))?;
        }
        self.builder.end_array();
        Ok(())
    }

    /// Primitive elements: their values, then their ids and extensions in the member with an underscore.
    fn primitives(
        &mut self,
        range: (usize, usize),
        field: &'static FieldDef,
        kind: &'static FieldType,
        primitive: PrimitiveKind,
        place: &Place<'_>,
    ) -> Outcome {
        let Some((first, node)) = self.child(range.0) else { return Ok(()) };
        let list = field.is_list() || range.1 - range.0 > 1;
        let name = kind.json_name();
        self.room(node.start)?;
        if !list {
            let has_value = self.has_value(node);
            if has_value {
                self.builder.name(name, node.start);
                self.value(node, primitive, place)?;
            }
            self.stray_text(first, node, place)?;
            if self.has_extra(first, node) {
                self.builder.underscored(name, node.start);
                self.begin_object(node)?;
                self.content(first, node, kind.definition(), place)?;
                self.builder.end_object();
            } else if !has_value {
                self.fault(
                    ErrorKind::Empty,
                    place,
                    node.start,
                    "a primitive element has a value or extensions",
                )?;
            }
            return Ok(());
        }
        let (mut values, mut extras) = (false, false);
        for at in range.0..range.1 {
            let Some((index, node)) = self.child(at) else { continue };
            let (value, extra) = (self.has_value(node), self.has_extra(index, node));
            if !value && !extra {
                let detail = "a primitive element has a value or extensions";
                self.fault(ErrorKind::Empty, &place.at(at - range.0), node.start, detail)?;
            }
            self.stray_text(index, node, &place.at(at - range.0))?;
            values |= value;
            extras |= extra;
        }
        if values {
            self.builder.name(name, node.start);
            self.begin_array(node)?;
            for at in range.0..range.1 {
                let Some((_, node)) = self.child(at) else { continue };
                self.room(node.start)?;
                if self.has_value(node) {
                    self.value(node, primitive, &place.at(at - range.0))?;
                } else {
                    self.builder.null(node.start);
                }
            }
            self.builder.end_array();
        }
        if extras {
            self.builder.underscored(name, node.start);
            self.begin_array(node)?;
            for at in range.0..range.1 {
                let Some((index, node)) = self.child(at) else { continue };
                if self.has_extra(index, node) {
                    self.begin_object(node)?;
                    self.content(index, node, kind.definition(), &place.at(at - range.0))?;
                    self.builder.end_object();
                } else {
                    self.builder.null(node.start);
                }
            }
            self.builder.end_array();
        }
        Ok(())
    }

    /// Text in a primitive that has no extensions, which are looked through for text themselves.
    fn stray_text(&mut self, index: u32, node: &Node, place: &Place<'_>) -> Outcome {
        if node.skip == index + 1 || self.has_extra(index, node) {
            return Ok(());
        }
        self.fault(ErrorKind::WrongType, place, node.start, "text stands where only elements belong")
    }

    fn has_value(&self, node: &Node) -> bool {
        node.kind == Kind::Markup || self.attribute(node, "value").is_some()
    }

    /// Whether a primitive has an id, extensions or comments.
    fn has_extra(&self, index: u32, node: &Node) -> bool {
        if node.kind == Kind::Markup {
            return self.tree.comments_before(index, node).next().is_some();
        }
        self.tree.children(index).any(|(_, child)| child.kind != Kind::Text)
            || self.tree.attributes(node).iter().any(|attribute| attribute.name(self.source) != "value")
            || self.tree.comments_before(index, node).next().is_some()
    }

    /// The value of a primitive, as the JSON type that it has.
    fn value(&mut self, node: &'x Node, primitive: PrimitiveKind, place: &Place<'_>) -> Outcome {
        if node.kind == Kind::Markup {
            self.markup(node);
            return Ok(());
        }
        let Some(attribute) = self.attribute(node, "value") else { return Ok(()) };
        let offset = attribute.value_offset();
        let value = attribute.value(self.source);
        if value.is_empty() {
            self.fault(ErrorKind::Empty, place, attribute.offset(), "an attribute is not empty")?;
        }
        let fits = match (primitive, value.as_ref()) {
            (PrimitiveKind::Boolean, "true" | "false") => {
                self.builder.bool(value == "true", offset);
                return Ok(());
            }
            (PrimitiveKind::Boolean, _) => false,
            (
                PrimitiveKind::Decimal
                | PrimitiveKind::Integer
                | PrimitiveKind::PositiveInt
                | PrimitiveKind::UnsignedInt,
                text,
            ) => {
                if is_number(text) {
                    self.builder.number(text, offset);
                    return Ok(());
                }
                false
            }
            _ => true,
        };
        if !fits && !value.is_empty() {
            let detail = crate::primitive::format::wanted(primitive);
            self.fault(ErrorKind::InvalidPrimitive, place, attribute.offset(), detail)?;
        }
        self.builder.string(&value, offset);
        Ok(())
    }

    /// Markup as it stands, with the namespaces declared that it needs from outside.
    fn markup(&mut self, node: &Node) {
        let raw = self.source.get(node.start as usize..node.end as usize).unwrap_or_default();
        let inherited = self.tree.inherited_by(node);
        if inherited.is_empty() {
            return self.builder.string(raw, node.start);
        }
        let name_end = raw.find([' ', '\t', '\n', '\r', '/', '>']).unwrap_or(raw.len());
        let (start, rest) = raw.split_at_checked(name_end).unwrap_or((raw, ""));
        let mut text = String::from(start);
        for (_, declaration) in inherited {
            let prefix = declaration.prefix(self.source);
            let address = declaration.address(self.source);
            let quote = if address.contains('"') { '\'' } else { '"' };
            text.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            text.push_str(prefix);
            text.extend(['=', quote]);
            text.push_str(address);
            text.push(quote);
        }
        text.push_str(rest);
        self.builder.string(&text, node.start);
    }

    /// Elements of one name that the type does not have. They are kept unless the name is taken.
    fn unknown(&mut self, parent: &'x Node, range: (usize, usize), members: &Members) -> Outcome {
        let Some((first, node)) = self.child(range.0) else { return Ok(()) };
        let name = node.name(self.source);
        if is_notation(name) || members.find(name, &mut 0).is_some() || self.attribute(parent, name).is_some()
        {
            return Ok(());
        }
        self.room(node.start)?;
        self.builder.name(name, node.start);
        if range.1 - range.0 == 1 {
            return self.untyped(first, node, false);
        }
        self.begin_array(node)?;
        for at in range.0..range.1 {
            let Some((index, node)) = self.child(at) else { continue };
            self.untyped(index, node, false)?;
        }
        self.builder.end_array();
        Ok(())
    }

    /// An element of which nothing is known: a string, or an object of what is in it.
    fn untyped(&mut self, index: u32, node: &'x Node, resource: bool) -> Outcome {
        self.room(node.start)?;
        let (tree, source) = (self.tree, self.source);
        if node.kind == Kind::Markup {
            self.markup(node);
            return Ok(());
        }
        if let ([only], false) = (tree.attributes(node), node.skip > index + 1 || resource)
            && only.name(source) == "value"
        {
            self.builder.string(&only.value(source), only.value_offset());
            return Ok(());
        }
        self.begin_object(node)?;
        if resource {
            self.builder.name("resourceType", node.start);
            self.builder.string(node.name(source), node.start);
        }
        let mut taken = HashSet::new();
        for attribute in tree.attributes(node) {
            let name = attribute.name(source);
            if !is_notation(name) && !name.contains(':') && taken.insert(name) {
                self.builder.name(name, attribute.offset());
                self.builder.string(&attribute.value(source), attribute.value_offset());
            }
        }
        let mut children: Vec<_> = tree.children(index).filter(|(_, child)| child.is_element()).collect();
        children.sort_by_key(|(_, child)| child.name(source));
        for group in children.chunk_by(|(_, one), (_, other)| one.name(source) == other.name(source)) {
            let Some((_, first)) = group.first() else { continue };
            let name = first.name(source);
            if is_notation(name) || !taken.insert(name) {
                continue;
            }
            self.builder.name(name, first.start);
            if let [(index, only)] = group {
                self.untyped(*index, only, false)?;
                continue;
            }
            self.begin_array(first)?;
            for (index, child) in group {
                self.untyped(*index, child, false)?;
            }
            self.builder.end_array();
        }
        self.builder.end_object();
        Ok(())
    }

    /// The comments of DSTU2, whose JSON has a place for them.
    fn comments(&mut self, index: u32, node: &Node, resource: bool) -> Outcome {
        if self.schema.version() != Version::Dstu2 {
            return Ok(());
        }
        let tree = self.tree;
        let mut found: Vec<&Node> = tree.comments_before(index, node).collect();
        // Nothing in JSON stands for the element around a resource.
        let around = index.checked_sub(1 + u32::try_from(found.len()).unwrap_or(0)).filter(|_| resource);
        if let Some((index, node)) = around.and_then(|around| Some((around, tree.node(around)?))) {
            found.extend(tree.comments_before(index, node));
        }
        found.reverse();
        if node.kind == Kind::Element {
            let children = tree.children(index);
            let last = children
                .filter(|(_, child)| child.is_element())
                .last()
                .map_or(index + 1, |(_, child)| child.skip);
            found.extend(
                tree.siblings(last).take_while(|(at, _)| *at < node.skip).map(|(_, comment)| comment),
            );
            found.retain(|node| node.kind == Kind::Comment);
        }
        let Some(first) = found.first() else { return Ok(()) };
        self.room(first.start)?;
        self.builder.name("fhir_comments", first.start);
        self.begin_array(first)?;
        for comment in found {
            self.room(comment.start)?;
            let text = self.source.get(comment.start as usize..comment.end as usize).unwrap_or_default();
            self.builder.string(text, comment.start);
        }
        self.builder.end_array();
        Ok(())
    }

    fn child(&self, at: usize) -> Option<(u32, &'x Node)> {
        let index = self.children.get(at)?.node;
        Some((index, self.tree.node(index)?))
    }

    fn name_of(&self, index: u32) -> &'x str {
        self.tree.node(index).map_or("", |node| node.name(self.source))
    }

    fn attribute(&self, node: &Node, name: &str) -> Option<&'x Attribute> {
        self.tree.attributes(node).iter().find(|attribute| attribute.name(self.source) == name)
    }

    fn begin_object(&mut self, node: &Node) -> Outcome {
        self.room(node.start)?;
        self.builder.begin_object(node.start);
        Ok(())
    }

    fn begin_array(&mut self, node: &Node) -> Outcome {
        self.room(node.start)?;
        self.builder.begin_array(node.start);
        Ok(())
    }

    /// Makes sure that one more value may follow and one more level may be opened.
    fn room(&self, offset: u32) -> Outcome {
        let (kind, detail) = if self.builder.depth() >= self.options.max_depth {
            (ErrorKind::TooDeep, format!("nesting is deeper than {} levels of JSON", self.options.max_depth))
        } else if self.builder.is_full(self.options.max_values) {
            (ErrorKind::TooLarge, format!("the text has more than {} values", self.options.max_values))
        } else {
            return Ok(());
        };
        let position = Position::of(self.source.as_bytes(), offset as usize);
        Err(Error::new(kind, "", Some(position), detail))
    }

    #[cold]
    fn wrong_namespace(&mut self, node: &Node, place: &Place<'_>) -> Outcome {
        let wanted = if node.kind == Kind::Markup { XHTML } else { super::FHIR };
        let detail = format!("the element is in the namespace {wanted}");
        self.fault(ErrorKind::UnknownElement, place, node.start, detail)
    }

    /// Notes what is wrong; the end of it, if reading is strict.
    #[cold]
    fn fault(
        &mut self,
        kind: ErrorKind,
        place: &Place<'_>,
        offset: u32,
        detail: impl Into<Cow<'static, str>>,
    ) -> Outcome {
        if self.strict {
            return Err(self.error(kind, place, offset, detail.into()));
        }
        if self.issues.len() < self.options.max_issues {
            let rule = match kind {
                ErrorKind::TooMany => Rule::Cardinality,
                ErrorKind::InvalidPrimitive => Rule::Format,
                _ => Rule::Structure,
            };
            let position = Position::of(self.source.as_bytes(), offset as usize);
            let issue = Issue::new(kind, rule, place.expression(), offset as usize, detail);
            self.issues.push(issue.with_position(position));
        }
        Ok(())
    }

    fn error(&self, kind: ErrorKind, place: &Place<'_>, offset: u32, detail: impl Into<String>) -> Error {
        let position = Position::of(self.source.as_bytes(), offset as usize);
        Error::new(kind, place.expression(), Some(position), detail)
    }
}

/// Names that mean something of their own in JSON.
fn is_notation(name: &str) -> bool {
    name.starts_with('_') || matches!(name, "resourceType" | "fhir_comments")
}

/// Whether JSON can hold the text as a number.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (integer, fraction) = match mantissa.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    digits(integer)
        && (integer == "0" || !integer.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

/// Fits: a type has 64 elements at most, and an element fewer than 100 types.
fn small(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(UNKNOWN)
}
