//! Elements that expressions make (FHIRPath "Instance Selector/Object Creation"): written as JSON by the tables, read
//! again, and kept by the environment, so that they are elements like all others.

use crate::error::{ErrorKind, Failure};
use crate::node::Node;
use crate::types::{SystemType, TypeInfo};
use crate::value::{Item, Quantity, Unit};
use hygea_fhir_model::element::{Element, JsonElement, Primitive};
use hygea_fhir_model::json::{Document, Writer};
use hygea_fhir_model::schema::{FieldDef, FieldType, PrimitiveKind, TypeDef, TypeKind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many rows of documents an environment keeps; each is twice as long as the one before.
const ROWS: usize = 16;

/// The documents that expressions have made. They live as long as the environment that keeps them.
#[derive(Default)]
pub(crate) struct Made {
    rows: [OnceLock<Box<[OnceLock<Document<'static>>]>>; ROWS],
    count: AtomicUsize,
}

impl Made {
    fn keep(&self, document: Document<'static>) -> Option<&Document<'static>> {
        let place = self.count.fetch_add(1, Ordering::Relaxed).checked_add(1)?;
        let row = usize::try_from(place.ilog2()).ok()?;
        let length = 1_usize.checked_shl(place.ilog2())?;
        let row =
            self.rows.get(row)?.get_or_init(|| std::iter::repeat_with(OnceLock::new).take(length).collect());
        // Nobody else has this place.
        Some(row.get(place - length)?.get_or_init(|| document))
    }
}

/// What was made belongs to the environment that it was made in.
impl Clone for Made {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Makes an element of a type from its children.
pub(crate) fn make<'a>(
    made: &'a Made,
    definition: &'static TypeDef,
    children: &[(&str, &[Item<'a>])],
) -> Result<Node<'a>, Failure> {
    let mut writer = Writer::new();
    if definition.kind() == TypeKind::Primitive {
        primitive(&mut writer, definition, children)?;
    } else {
        writer.begin_object();
        if definition.kind() == TypeKind::Resource {
            writer.name("resourceType");
            writer.string(definition.name());
        }
        for (name, items) in children {
            let field = definition.field(name).ok_or_else(|| unknown(definition, name))?;
            member(&mut writer, field, items)?;
        }
        writer.end_object();
    }
    let document = Document::from_text(writer.into_text()).map_err(|error| {
        Failure::caused(
            ErrorKind::Range,
            "the element that is made is larger than the reader takes",
            Box::new(error),
        )
    })?;
    let kept = made.keep(document).ok_or_else(|| {
        let detail = format!(
            "one environment keeps at most {} elements that are made; take a new one",
            (1_usize << ROWS) - 1
        );
        Failure::new(ErrorKind::TooManySteps, detail)
    })?;
    Ok(Node::Json(match definition.kind() {
        TypeKind::Resource => JsonElement::resource(kept.root(), definition.schema()),
        _ => JsonElement::typed(kept.root(), definition),
    }))
}

fn primitive(
    writer: &mut Writer,
    definition: &'static TypeDef,
    children: &[(&str, &[Item<'_>])],
) -> Result<(), Failure> {
    match children {
        [("value", [item])] => value(writer, definition, item),
        [] | [("value", [])] => {
            writer.null();
            Ok(())
        }
        [("value", items)] => Err(several("value", items.len())),
        _ => {
            let detail = format!("a {} is made of its value only", definition.name());
            Err(Failure::new(ErrorKind::Arguments, detail))
        }
    }
}

pub(crate) fn unknown(definition: &'static TypeDef, name: &str) -> Failure {
    Failure::new(ErrorKind::UnknownElement, format!("{} has no element '{name}'", definition.name()))
}

fn several(name: &str, found: usize) -> Failure {
    Failure::new(ErrorKind::NotSingle, format!("'{name}' takes one item, found {found}"))
}

fn member(writer: &mut Writer, field: &'static FieldDef, items: &[Item<'_>]) -> Result<(), Failure> {
    let Some(first) = items.first() else { return Ok(()) };
    if items.len() > 1 && !field.is_list() {
        return Err(several(field.name(), items.len()));
    }
    let choice = choice(field, first)?;
    writer.name(choice.json_name());
    if field.is_list() {
        writer.begin_array();
    }
    for item in items {
        value(writer, choice.definition(), item)?;
    }
    if field.is_list() {
        writer.end_array();
    }
    // Ids and extensions of primitives stand beside them.
    let extras: Vec<Option<&str>> = items.iter().map(extra).collect();
    if extras.iter().any(Option::is_some) {
        writer.name(&format!("_{}", choice.json_name()));
        if field.is_list() {
            writer.begin_array();
        }
        for extra in extras {
            match extra {
                Some(text) => writer.raw(text),
                None => writer.null(),
            }
        }
        if field.is_list() {
            writer.end_array();
        }
    }
    Ok(())
}

fn extra<'d>(item: &Item<'d>) -> Option<&'d str> {
    item.element()?.json()?.extra().map(hygea_fhir_model::json::Node::raw)
}

/// The type of an element that an item becomes: the only one, the item's own, or the one that its value stands for.
fn choice(field: &'static FieldDef, item: &Item<'_>) -> Result<&'static FieldType, Failure> {
    if let [only] = field.types() {
        return Ok(only);
    }
    let own = item.element().and_then(Element::definition);
    let system = TypeInfo::of(item).and_then(TypeInfo::system);
    let exact = field.types().iter().find(|option| own == Some(option.definition()));
    let alike = || {
        field.types().iter().find(|option| match system {
            Some(SystemType::Quantity) => option.definition().name() == "Quantity",
            Some(system) => {
                let name = option.definition().name();
                name.eq_ignore_ascii_case(system.name())
            }
            None => own.is_some_and(|own| own.is_subtype_of(option.definition())),
        })
    };
    exact.or_else(alike).ok_or_else(|| {
        let detail = format!("'{}' takes no {}", field.name(), item.type_name());
        Failure::new(ErrorKind::WrongType, detail)
    })
}

/// Writes one item as a value of a type.
fn value(writer: &mut Writer, definition: &'static TypeDef, item: &Item<'_>) -> Result<(), Failure> {
    let wrong = || {
        let detail = format!("wanted a {}, found {}", definition.name(), item.type_name());
        Failure::new(ErrorKind::WrongType, detail)
    };
    let Some(kind) = definition.primitive() else {
        return match item {
            Item::Quantity(found) if definition.name() == "Quantity" => {
                quantity(writer, found);
                Ok(())
            }
            Item::Element(node) => {
                let fits = node.definition().is_some_and(|own| own.is_subtype_of(definition));
                let json = node.json().and_then(JsonElement::node).filter(|_| fits).ok_or_else(wrong)?;
                writer.raw(json.raw());
                Ok(())
            }
            _ => Err(wrong()),
        };
    };
    if let Item::Element(node) = item
        && node.primitive().is_none()
    {
        let valueless = node.definition().is_some_and(|own| own.kind() == TypeKind::Primitive);
        writer.null();
        return if valueless { Ok(()) } else { Err(wrong()) };
    }
    let found = item.to_value().ok_or_else(wrong)?;
    // The text of the data is kept as it is: `1.50` stays `1.50`.
    let text = match item.element().and_then(Element::primitive) {
        Some(Primitive::Decimal(text) | Primitive::Text(text)) => std::borrow::Cow::Borrowed(text),
        _ => found.to_text().ok_or_else(wrong)?,
    };
    match (kind, &found) {
        (PrimitiveKind::Boolean, Item::Boolean(value)) => writer.bool(*value),
        (PrimitiveKind::Boolean, _) => return Err(wrong()),
        (
            PrimitiveKind::Integer | PrimitiveKind::PositiveInt | PrimitiveKind::UnsignedInt,
            Item::Integer(_) | Item::Long(_),
        )
        | (PrimitiveKind::Decimal, Item::Integer(_) | Item::Long(_) | Item::Decimal(_)) => writer.raw(&text),
        (
            PrimitiveKind::Integer
            | PrimitiveKind::PositiveInt
            | PrimitiveKind::UnsignedInt
            | PrimitiveKind::Decimal,
            _,
        ) => return Err(wrong()),
        _ => writer.string(&text),
    }
    Ok(())
}

fn quantity(writer: &mut Writer, found: &Quantity) {
    let (system, code) = match &found.unit {
        Unit::Ucum(code) => ("http://unitsofmeasure.org", &**code),
        Unit::Calendar(unit) => ("http://hl7.org/fhirpath/CodeSystem/calendar-units", unit.name()),
    };
    writer.object(|writer| {
        writer.name("value");
        writer.raw(&found.value.to_string());
        for (name, text) in [("unit", code), ("system", system), ("code", code)] {
            writer.name(name);
            writer.string(text);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_stay_where_they_are_kept() {
        let made = Made::default();
        let kept: Vec<&Document<'static>> =
            (0..100).map(|at| made.keep(Document::from_text(at.to_string()).unwrap()).unwrap()).collect();
        for (at, document) in kept.into_iter().enumerate() {
            assert_eq!(document.root().raw(), at.to_string());
        }
    }
}
