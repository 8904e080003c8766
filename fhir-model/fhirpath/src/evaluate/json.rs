//! The walk over plain JSON: values of known types with no ids or extensions beside them.
//!
//! Almost all elements are of this kind. Their type is known from the element above, so that a step is one look-up
//! of a member whose name is known from the tables, and an element is made for what is found at the end alone.

use super::walk::{Only, Stop, Walk};
use crate::node::Node;
use crate::plan::{Field, Step, StepKind, Wanted, is_a};
use crate::types::TypeInfo;
use crate::value::Item;
use hygea_fhir_model::json;
use hygea_fhir_model::schema::{FieldDef, TypeDef, TypeKind};

impl<'a> Walk<'_, 'a> {
    /// Runs steps over a value.
    pub(super) fn json(
        &mut self,
        value: json::Node<'a>,
        own: &'static TypeDef,
        mut steps: &'a [Step],
    ) -> Result<(), Stop> {
        while let Some((step, rest)) = steps.split_first() {
            let keep = match &step.kind {
                StepKind::Field(field) => return self.members(value, own, field, rest),
                StepKind::Root(wanted) => is_a(own, wanted),
                StepKind::OfType(Wanted::Type(TypeInfo::Fhir(wanted)))
                | StepKind::As(Wanted::Type(TypeInfo::Fhir(wanted)), _)
                    if std::ptr::eq(own, *wanted) =>
                {
                    true
                }
                StepKind::WhereType(Wanted::Type(TypeInfo::Fhir(wanted))) => is_a(own, wanted),
                StepKind::WhereText(path, text) => {
                    let mut only = Only::default();
                    if self.only(value, own, path, text, &mut only).is_none() {
                        return self.step(&Node::of_json(value, own), step, rest);
                    }
                    only.count == 1 && only.equal
                }
                StepKind::Extension(url, Some(definition)) if own.kind() != TypeKind::Primitive => {
                    let extensions = value.get("extension");
                    for extension in extensions.into_iter().flat_map(json::Node::items_or_self) {
                        self.visited += 1;
                        if extension.get("url").and_then(json::Node::as_str) == Some(url) {
                            self.json(extension, definition, rest)?;
                        }
                    }
                    return Ok(());
                }
                _ => return self.step(&Node::of_json(value, own), step, rest),
            };
            if !keep {
                return Ok(());
            }
            steps = rest;
        }
        self.found(|| Item::Element(Node::of_json(value, own)))
    }

    /// The children of a value.
    #[inline]
    fn members(
        &mut self,
        value: json::Node<'a>,
        own: &'static TypeDef,
        field: &'a Field,
        rest: &'a [Step],
    ) -> Result<(), Stop> {
        match member(value, own, field) {
            Member::One(found, definition) => self.values(found, definition, rest),
            Member::None => Ok(()),
            Member::Beside => self.children(&Node::of_json(value, own), field, rest),
        }
    }

    /// The elements of one member.
    #[inline]
    fn values(
        &mut self,
        value: json::Node<'a>,
        definition: &'static TypeDef,
        rest: &'a [Step],
    ) -> Result<(), Stop> {
        for item in value.items_or_self() {
            self.visited += 1;
            if item.is_null() {
                continue;
            }
            if definition.kind() == TypeKind::Resource {
                self.resource(item, definition, rest)?;
            } else {
                self.json(item, definition, rest)?;
            }
        }
        Ok(())
    }

    /// A resource inside of another one.
    fn resource(
        &mut self,
        value: json::Node<'a>,
        definition: &'static TypeDef,
        steps: &'a [Step],
    ) -> Result<(), Stop> {
        // Where one type is asked for, its name tells whether this is one, without a look at the tables.
        if let Some((step, rest)) = steps.split_first()
            && let StepKind::WhereType(Wanted::Type(TypeInfo::Fhir(wanted)))
            | StepKind::OfType(Wanted::Type(TypeInfo::Fhir(wanted))) = &step.kind
            && wanted.is_resource()
            && !wanted.is_abstract()
        {
            let name = value.get("resourceType").and_then(json::Node::as_str);
            return if name == Some(wanted.name()) { self.json(value, wanted, rest) } else { Ok(()) };
        }
        self.node(&Node::resource(value, definition.schema()), steps)
    }

    /// Counts what a path of names gives, and compares it; nothing if something stands beside the values.
    fn only(
        &mut self,
        value: json::Node<'a>,
        own: &'static TypeDef,
        path: &'a [Step],
        text: &str,
        only: &mut Only,
    ) -> Option<()> {
        let Some((step, rest)) = path.split_first() else {
            only.count += 1;
            only.equal = value.as_str() == Some(text)
                && (Node::is_plain_text_type(own)
                    || matches!(Node::of_json(value, own).value(), Some(Item::String(_))));
            return Some(());
        };
        let StepKind::Field(field) = &step.kind else { return None };
        match member(value, own, field) {
            Member::None => Some(()),
            Member::Beside => None,
            Member::One(_, definition) if definition.kind() == TypeKind::Resource => None,
            Member::One(found, definition) => {
                for item in found.items_or_self() {
                    self.visited += 1;
                    if only.count > 1 {
                        break;
                    }
                    if !item.is_null() {
                        self.only(item, definition, rest, text, only)?;
                    }
                }
                Some(())
            }
        }
    }
}

/// What a value has of a field.
enum Member<'a> {
    None,
    One(json::Node<'a>, &'static TypeDef),
    /// There may be ids and extensions beside it, or the type does not define it.
    Beside,
}

#[inline(always)]
fn member<'a>(value: json::Node<'a>, own: &'static TypeDef, field: &'a Field) -> Member<'a> {
    let beside =
        |definition: &TypeDef| definition.kind() == TypeKind::Primitive && value.document().has_underscores();
    match field.place(own).map(|place| (&*place.members, place.field)) {
        Some(([(name, definition)], _)) => match value.get(name) {
            _ if beside(definition) => Member::Beside,
            Some(found) => Member::One(found, definition),
            None => Member::None,
        },
        Some((members, choice)) if !value.document().has_underscores() => chosen(value, members, choice),
        _ => Member::Beside,
    }
}

/// The member of a choice that stands.
#[inline]
fn chosen<'a>(
    value: json::Node<'a>,
    members: &[(&'static str, &'static TypeDef)],
    choice: &'static FieldDef,
) -> Member<'a> {
    for (name, found) in value.starting(choice.name()) {
        if let Some((_, definition)) = members.iter().find(|(member, _)| *member == name) {
            return Member::One(found, definition);
        }
    }
    Member::None
}
