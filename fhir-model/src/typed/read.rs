//! The reader: the members of the JSON tree into the slots of a struct, what does not fit kept aside.

use super::{Place, PrimitiveList, Slot, Structure};
use crate::element::Primitive;
use crate::error::{Error, ErrorKind};
use crate::json::{Kind, Node, Value};
use crate::primitive::Text;
use crate::schema::{FieldType, Found, Schema, TypeDef, TypeKind};
use crate::validate::{self, Rules};

/// Deeper structures are kept as JSON: no resource has them, and following them would use up the stack.
const MAX_DEPTH: usize = 256;

/// Reads a JSON object into a new structure.
pub(crate) fn tolerant(target: &mut dyn Structure, node: Node<'_>) -> Result<(), Error> {
    let definition = target.definition();
    if !node.is_object() {
        let detail = format!("{} is a JSON object", definition.name());
        return Err(Error::new(ErrorKind::WrongType, definition.name(), Some(node.position()), detail));
    }
    if definition.is_resource() && !definition.is_abstract() {
        let found = node.get("resourceType");
        if found.and_then(Node::as_str) != Some(definition.name()) {
            let position = found.unwrap_or(node).position();
            let detail = format!("resourceType must be {}", definition.name());
            return Err(Error::new(ErrorKind::UnknownResourceType, "resourceType", Some(position), detail));
        }
    }
    object(target, node, 0);
    Ok(())
}

/// As [`tolerant`], for JSON that keeps all rules.
pub(crate) fn strict(target: &mut dyn Structure, node: Node<'_>) -> Result<(), Error> {
    let rules = Rules { max_issues: 1, ..Rules::default() };
    let definition = target.definition();
    let issues = if definition.is_resource() {
        validate::structure_with(node, definition.schema(), &rules)
    } else {
        validate::element_with(node, definition, &rules)
    };
    if let Some(issue) = issues.first() {
        return Err(issue.to_error(node.document()));
    }
    tolerant(target, node)
}

/// The definition that a resource names; the abstract `Resource` if it names none that is known.
pub(crate) fn resource_of(node: Node<'_>, schema: &'static Schema) -> &'static TypeDef {
    let name = node.get("resourceType").and_then(Node::as_str);
    name.and_then(|name| schema.resource(name)).unwrap_or_else(|| schema.abstract_resource())
}

fn object(target: &mut dyn Structure, node: Node<'_>, depth: usize) {
    let definition = target.definition();
    let names_type = definition.is_resource() && !definition.is_abstract();
    let mut reader = Reader { target, node, depth, taken: None };
    let members = definition.members();
    let mut next = 0;
    for (name, value) in node.members() {
        let kept = if reader.is_repeated(name) {
            false
        } else {
            match members.find(name, &mut next) {
                Some(found) => reader.member(name, found, value),
                None => match name.strip_prefix('_') {
                    Some(bare) => {
                        members.find(bare, &mut 0).is_some_and(|found| reader.underscored(bare, found, value))
                    }
                    None => names_type && name == "resourceType",
                },
            }
        };
        if !kept {
            reader.keep(name, value);
        }
    }
}

struct Reader<'t, 'd> {
    target: &'t mut dyn Structure,
    node: Node<'d>,
    depth: usize,
    /// The names met so far, where the document has duplicates.
    taken: Option<Vec<&'d str>>,
}

impl<'d> Reader<'_, 'd> {
    /// Whether the name stood before, which only documents read with `keep_duplicates` have.
    fn is_repeated(&mut self, name: &'d str) -> bool {
        if !self.node.document().has_duplicates() {
            return false;
        }
        let taken = self.taken.get_or_insert_default();
        let repeated = taken.contains(&name);
        taken.push(name);
        repeated
    }

    #[cold]
    fn keep(&mut self, name: &str, value: Node<'_>) {
        self.target.extras_mut().keep(Text::from(name), Value::Raw(value.raw().into()));
    }

    /// Reads a member into its slot; false if it does not fit.
    fn member(&mut self, name: &str, found: Found, value: Node<'d>) -> bool {
        let depth = self.depth;
        let Found { index: field, choice, kind, .. } = found;
        match self.target.slot(field) {
            Slot::Primitive(slot) => primitive(value).is_some_and(|value| slot.set(value)),
            Slot::Structure(slot) => {
                is_structure(value, depth) && fill(slot.make(wanted(kind, value)), value, depth)
            }
            Slot::Structures(list) => {
                if !value.is_array()
                    || value.is_empty()
                    || !value.items().all(|item| is_structure(item, depth))
                {
                    return false;
                }
                list.reserve(value.len());
                value.items().all(|item| fill(list.push(wanted(kind, item)), item, depth))
            }
            Slot::Choice(slot) => match value.kind() {
                _ if slot.is_taken() => false,
                Kind::Object => is_structure(value, depth) && fill(slot.make(choice), value, depth),
                _ => primitive(value).is_some_and(|value| slot.set(choice, value)),
            },
            Slot::Primitives(list) => {
                if !value.is_array() || value.is_empty() {
                    return false;
                }
                let mut absent = Vec::new();
                let fits = primitives(list, value, &mut absent);
                if fits {
                    let extras = self.target.extras_mut();
                    absent.into_iter().for_each(|index| extras.set_absent(Place::of(field, 0).at(index)));
                } else {
                    list.clear();
                }
                // The sibling belongs to the values: `underscored` leaves it to this place.
                if let Some(extra) = self.sibling(name)
                    && !(fits && self.elements(Place::of(field, 0), extra, value.len()))
                {
                    self.keep(&format!("_{name}"), extra);
                }
                fits
            }
            Slot::None => false,
        }
    }

    /// The member with an underscore before the name.
    fn sibling(&self, name: &str) -> Option<Node<'d>> {
        if !self.node.document().has_underscores() {
            return None;
        }
        self.node.members().find(|(key, _)| key.strip_prefix('_') == Some(name)).map(|(_, node)| node)
    }

    /// Reads the member `_bare`; false if it is not the id and extensions of a primitive.
    fn underscored(&mut self, bare: &str, found: Found, value: Node<'d>) -> bool {
        let Found { index, choice, field, kind } = found;
        if kind.definition().kind() != TypeKind::Primitive || self.depth >= MAX_DEPTH {
            return false;
        }
        let place = Place::of(index, choice);
        if !field.is_list() {
            if value.is_object() {
                object(self.target.extras_mut().element_mut(place), value, self.depth + 1);
            }
            return value.is_object();
        }
        match self.node.get(bare) {
            // Read, or kept, together with the values.
            Some(values) if values.is_array() && !values.is_empty() => true,
            Some(_) => false,
            None => self.elements(place, value, 0),
        }
    }

    /// Reads the ids and extensions of a list of `count` primitives; false, and nothing read, if they are none.
    fn elements(&mut self, place: Place, extra: Node<'d>, count: usize) -> bool {
        let fits = extra.is_array()
            && extra.items().all(|item| item.is_object() || item.is_null())
            && extra.items().any(Node::is_object)
            && self.depth < MAX_DEPTH;
        if !fits {
            return false;
        }
        for (index, item) in extra.items().enumerate().filter(|(_, item)| item.is_object()) {
            object(self.target.extras_mut().element_mut(place.at(index)), item, self.depth + 1);
        }
        note_count(
            self.target,
            place.field,
            extra.len(),
            count,
            extra.items().last().is_some_and(Node::is_object),
        );
        true
    }
}

/// Notes the length of a list of ids and extensions if the writer would choose another one: it writes as many
/// as there are values, or as the last one (`last`: whether one stands at the end) asks for.
pub(super) fn note_count(target: &mut dyn Structure, field: usize, count: usize, values: usize, last: bool) {
    if count != values && !(count > values && last) {
        target.extras_mut().set_count(field, count);
    }
}

/// Reads a node into a new structure; false if none was made.
fn fill(new: Option<&mut dyn Structure>, node: Node<'_>, depth: usize) -> bool {
    let Some(new) = new else { return false };
    object(new, node, depth + 1);
    true
}

fn is_structure(node: Node<'_>, depth: usize) -> bool {
    node.is_object() && depth < MAX_DEPTH
}

/// The type of the structure that a node becomes: where any resource may stand, the one that it names.
fn wanted(kind: &'static FieldType, node: Node<'_>) -> &'static TypeDef {
    let definition = kind.definition();
    if definition.is_resource() { resource_of(node, definition.schema()) } else { definition }
}

fn primitive(node: Node<'_>) -> Option<Primitive<'_>> {
    match node.kind() {
        Kind::String => node.as_str().map(Primitive::Text),
        Kind::Number => node.as_number().map(Primitive::Decimal),
        Kind::Bool => node.as_bool().map(Primitive::Boolean),
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

fn primitives(list: &mut dyn PrimitiveList, node: Node<'_>, absent: &mut Vec<usize>) -> bool {
    list.reserve(node.len());
    for (index, item) in node.items().enumerate() {
        if item.is_null() {
            list.push_absent();
            absent.push(index);
        } else if !primitive(item).is_some_and(|value| list.push(value)) {
            return false;
        }
    }
    true
}
