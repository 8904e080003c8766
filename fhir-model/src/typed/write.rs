//! The writer: the elements in the order of the definition, then what was kept aside.

use super::{AnyExtras, Held, Item, Place, PrimitiveList, Structure};
use crate::element::Primitive;
use crate::json::Writer;
use crate::schema::{FieldDef, FieldType};

pub(crate) fn to_json(of: &dyn Structure) -> String {
    let mut writer = Writer::with_capacity(512);
    structure(of, &mut writer);
    writer.into_text()
}

pub(super) fn structure(structure: &dyn Structure, writer: &mut Writer) {
    let definition = structure.definition();
    let extras = structure.extras();
    writer.begin_object();
    // A resource of an unknown type has its resourceType among the members kept aside.
    if definition.is_resource() && !definition.is_abstract() {
        writer.plain_name("resourceType");
        writer.string(definition.name());
    }
    let fields = definition.fields();
    if extras.is_empty() {
        let mut present = structure.present();
        while present != 0 {
            let index = present.trailing_zeros() as usize;
            present &= present - 1;
            if let Some(field) = fields.get(index) {
                held(structure.held(index), field, extras, index, writer);
            }
        }
    } else {
        for (index, field) in fields.iter().enumerate() {
            let value = structure.held(index);
            held(value, field, extras, index, writer);
            elements(extras, index, field, value, writer);
        }
        for (name, value) in extras.members() {
            writer.name(name);
            value.write(writer);
        }
    }
    writer.end_object();
}

fn held(value: Held<'_>, field: &FieldDef, extras: &dyn AnyExtras, index: usize, writer: &mut Writer) {
    match value {
        Held::Nothing => {}
        Held::One(value) => {
            writer.plain_name(field.name());
            item(value, writer);
        }
        Held::Choice(choice, value) => {
            let kind = field.types().get(choice);
            writer.plain_name(kind.map_or_else(|| field.name(), FieldType::json_name));
            item(value, writer);
        }
        Held::Structures(list) => {
            writer.plain_name(field.name());
            writer.begin_array();
            for value in (0..list.len()).filter_map(|index| list.at(index)) {
                structure(value, writer);
            }
            writer.end_array();
        }
        Held::Primitives(list) => {
            writer.plain_name(field.name());
            primitives(list, extras, Place::of(index, 0), writer);
        }
    }
}

fn item(item: Item<'_>, writer: &mut Writer) {
    match item {
        Item::Primitive(value) => primitive(value, writer),
        Item::Structure(value) => structure(value, writer),
    }
}

fn primitive(value: Primitive<'_>, writer: &mut Writer) {
    match value {
        Primitive::Boolean(value) => writer.bool(value),
        Primitive::Integer(value) => writer.integer(value),
        Primitive::Decimal(text) => writer.raw(text),
        Primitive::Text(text) => writer.string(text),
    }
}

fn primitives(list: &dyn PrimitiveList, extras: &dyn AnyExtras, place: Place, writer: &mut Writer) {
    writer.begin_array();
    for index in 0..list.len() {
        match list.at(index) {
            Some(value) if extras.is_empty() || !extras.is_absent(place.at(index)) => {
                primitive(value, writer)
            }
            _ => writer.null(),
        }
    }
    writer.end_array();
}

/// The ids and extensions of an element's primitives: the members with an underscore.
fn elements(extras: &dyn AnyExtras, index: usize, field: &FieldDef, held: Held<'_>, writer: &mut Writer) {
    let places: Vec<Place> = extras.places().into_iter().filter(|place| place.field == index).collect();
    if places.is_empty() {
        return;
    }
    if !field.is_list() {
        for place in places {
            if let (Some(kind), Some(element)) = (field.types().get(place.choice), extras.element(place)) {
                writer.name(&format!("_{}", kind.json_name()));
                structure(element, writer);
            }
        }
        return;
    }
    let values = if let Held::Primitives(list) = held { list.len() } else { 0 };
    // A list of values has one beside it of the same length, unless it was read otherwise.
    let needed = places.iter().map(|place| place.index + 1).max().unwrap_or(0);
    let count = extras.count(index).unwrap_or(values).max(needed);
    writer.name(&format!("_{}", field.name()));
    writer.begin_array();
    for at in 0..count {
        match extras.element(Place::of(index, 0).at(at)) {
            Some(element) => structure(element, writer),
            None => writer.null(),
        }
    }
    writer.end_array();
}
