//! Elements of the JSON tree.

use super::{Element, Primitive};
use crate::json::{Document, Items, Kind, Node};
use crate::schema::{FieldDef, PrimitiveKind, Schema, TypeDef, TypeKind};
use std::fmt;

/// An element of a [`Document`](crate::json::Document): its value, the member `_name` beside it, its type.
#[derive(Clone, Copy)]
pub struct JsonElement<'d> {
    document: &'d Document<'d>,
    /// The object of a complex element, or the value of a primitive one.
    value: Place,
    /// The id and extensions of a primitive.
    extra: Place,
    definition: Option<&'static TypeDef>,
}

/// The index of a node in the document, or [`NOWHERE`]. An element is copied more often than it is looked into, so
/// it names its document once.
type Place = u32;

const NOWHERE: Place = u32::MAX;

impl<'d> JsonElement<'d> {
    /// A resource; its type is looked up by its `resourceType`, and unknown if that is absent or unknown.
    #[must_use]
    pub fn resource(node: Node<'d>, schema: &'static Schema) -> Self {
        let name = node.get("resourceType").and_then(Node::as_str);
        Self::of(node, name.and_then(|name| schema.resource(name)))
    }

    /// An element of a known type.
    #[must_use]
    #[inline]
    pub fn typed(node: Node<'d>, definition: &'static TypeDef) -> Self {
        Self::of(node, Some(definition))
    }

    /// An element of an unknown type: its children are the members of the object, their types unknown.
    #[must_use]
    pub fn untyped(node: Node<'d>) -> Self {
        Self::of(node, None)
    }

    #[inline]
    fn of(node: Node<'d>, definition: Option<&'static TypeDef>) -> Self {
        Self { document: node.document(), value: node.place(), extra: NOWHERE, definition }
    }

    #[inline]
    fn at(self, place: Place) -> Option<Node<'d>> {
        (place != NOWHERE).then(|| self.document.node_at(place))
    }

    /// The JSON value: the object of a complex element, the value of a primitive.
    #[must_use]
    #[inline]
    pub fn node(self) -> Option<Node<'d>> {
        self.at(self.value)
    }

    /// The object that holds the id and extensions of a primitive.
    #[must_use]
    #[inline]
    pub fn extra(self) -> Option<Node<'d>> {
        self.at(self.extra)
    }

    /// The children of a name, in order.
    #[must_use]
    pub fn children(self, name: &str) -> Children<'d> {
        self.found(name).unwrap_or(Children::NONE)
    }

    /// The object whose members are this element's children.
    fn object(self) -> Option<Node<'d>> {
        match self.node() {
            Some(node) if node.is_object() => Some(node),
            _ => self.extra().filter(|extra| extra.is_object()),
        }
    }

    fn found(self, name: &str) -> Option<Children<'d>> {
        let object = self.object()?;
        let Some(definition) = self.definition else {
            return Children::untyped(object.get(name), underscored(object, name));
        };
        let Some(field) = definition.field(name) else {
            return if is_notation(name) { None } else { Children::untyped(object.get(name), None) };
        };
        match (field.types(), field.is_choice()) {
            ([only], false) => Children::of(object, object.get(name), name, only.definition()),
            _ => Self::chosen(object, definition, field),
        }
    }

    /// The children that stand in the member `json_name` as type `definition`, and beside it: what
    /// [`JsonElement::children`] finds once it has asked the tables, for callers that asked them before.
    #[must_use]
    pub fn children_in(self, json_name: &str, definition: &'static TypeDef) -> Children<'d> {
        let found = self
            .object()
            .and_then(|object| Children::of(object, object.get(json_name), json_name, definition));
        found.unwrap_or(Children::NONE)
    }

    /// The children of a choice among the elements of this one's type, for callers that have its definition.
    #[must_use]
    pub fn children_of_choice(self, field: &'static FieldDef) -> Children<'d> {
        let found = match (self.object(), self.definition) {
            (Some(object), Some(definition)) => Self::chosen(object, definition, field),
            _ => None,
        };
        found.unwrap_or(Children::NONE)
    }

    /// The children of a choice: the member whose name is the choice's name and a type.
    fn chosen(
        object: Node<'d>,
        definition: &'static TypeDef,
        field: &'static FieldDef,
    ) -> Option<Children<'d>> {
        let name = field.name();
        object.members().find_map(|(key, node)| {
            let (extra, bare) = match key.strip_prefix('_') {
                Some(bare) => (true, bare),
                None => (false, key),
            };
            if !bare.starts_with(name) {
                return None;
            }
            let (found, choice) = definition.field_for_json(bare)?;
            if !std::ptr::eq(found, field) {
                return None;
            }
            let value = if extra { object.get(bare) } else { Some(node) };
            Children::of(object, value, bare, choice.definition())
        })
    }
}

impl<'d> Element<'d> for JsonElement<'d> {
    fn definition(self) -> Option<&'static TypeDef> {
        self.definition
    }

    fn primitive(self) -> Option<Primitive<'d>> {
        let node = self.node()?;
        Some(match node.kind() {
            Kind::String => Primitive::Text(node.as_str()?),
            Kind::Bool => Primitive::Boolean(node.as_bool()?),
            Kind::Number => {
                let text = node.as_number()?;
                let decimal = self.definition.and_then(TypeDef::primitive) == Some(PrimitiveKind::Decimal);
                match text.parse() {
                    Ok(integer) if !decimal => Primitive::Integer(integer),
                    _ => Primitive::Decimal(text),
                }
            }
            Kind::Null | Kind::Array | Kind::Object => return None,
        })
    }

    fn for_each_child(self, name: &str, visit: &mut dyn FnMut(Self)) {
        if let Some(children) = self.found(name) {
            children.for_each(visit);
        }
    }

    fn for_each(self, visit: &mut dyn FnMut(&'d str, Self)) {
        let Some(object) = self.object() else { return };
        for (key, node) in object.members() {
            if is_notation(key) {
                continue;
            }
            let (bare, value) = match key.strip_prefix('_') {
                // The member without underscore brings this one along.
                Some(bare) if object.get(bare).is_some() => continue,
                Some(bare) => (bare, None),
                None => (key, Some(node)),
            };
            let found = self.definition.and_then(|definition| definition.field_for_json(bare));
            let (name, children) = match found {
                Some((field, choice)) => {
                    (field.name(), Children::of(object, value, bare, choice.definition()))
                }
                None => (bare, Children::untyped(value, underscored(object, bare))),
            };
            children.unwrap_or(Children::NONE).for_each(|child| visit(name, child));
        }
    }

    fn identity(self) -> usize {
        self.node().or_else(|| self.extra()).map_or(usize::MAX, Node::index)
    }
}

/// Members of the JSON notation that are no elements.
fn is_notation(name: &str) -> bool {
    matches!(name, "resourceType" | "fhir_comments")
}

/// The member `_name`, found without putting its name together.
fn underscored<'d>(object: Node<'d>, name: &str) -> Option<Node<'d>> {
    if !object.document().has_underscores() {
        return None;
    }
    object.members().find(|(key, _)| key.strip_prefix('_') == Some(name)).map(|(_, node)| node)
}

/// The elements that one JSON member and its `_` sibling hold.
#[derive(Clone)]
pub struct Children<'d> {
    values: Option<Items<'d>>,
    extras: Option<Items<'d>>,
    definition: Option<&'static TypeDef>,
}

impl<'d> Children<'d> {
    const NONE: Self = Self { values: None, extras: None, definition: None };

    fn of(
        object: Node<'d>,
        value: Option<Node<'d>>,
        name: &str,
        definition: &'static TypeDef,
    ) -> Option<Self> {
        let extra = match definition.kind() {
            TypeKind::Primitive => underscored(object, name),
            _ => None,
        };
        Some(Self { definition: Some(definition), ..Self::untyped(value, extra)? })
    }

    fn untyped(value: Option<Node<'d>>, extra: Option<Node<'d>>) -> Option<Self> {
        if value.is_none() && extra.is_none() {
            return None;
        }
        Some(Self {
            values: value.map(Node::items_or_self),
            extras: extra.map(Node::items_or_self),
            definition: None,
        })
    }
}

impl<'d> Iterator for Children<'d> {
    type Item = JsonElement<'d>;

    fn next(&mut self) -> Option<JsonElement<'d>> {
        loop {
            let value = self.values.as_mut().and_then(Iterator::next);
            let extra = self.extras.as_mut().and_then(Iterator::next);
            if value.is_none() && extra.is_none() {
                return None;
            }
            // A null keeps the places of values and extensions in step; it is no element itself.
            let value = value.filter(|node| !node.is_null());
            let extra = extra.filter(|node| !node.is_null());
            let definition = match (self.definition, value) {
                (Some(definition), Some(node)) if definition.is_resource() => {
                    return Some(JsonElement::resource(node, definition.schema()));
                }
                (definition, _) => definition,
            };
            if let Some(any) = value.or(extra) {
                let place = |node: Option<Node<'d>>| node.map_or(NOWHERE, Node::place);
                let document = any.document();
                return Some(JsonElement { document, value: place(value), extra: place(extra), definition });
            }
        }
    }
}

impl fmt::Debug for JsonElement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.definition.map_or("?", TypeDef::name);
        write!(f, "{name} at {:?}", self.node().or_else(|| self.extra()).map(Node::span))
    }
}

impl fmt::Debug for Children<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "children of type {}", self.definition.map_or("?", TypeDef::name))
    }
}
