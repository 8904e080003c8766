//! FHIR's XML as JSON, as far as the inputs of the suite need it: the schema tables say what repeats and what is
//! a primitive (<https://hl7.org/fhir/R4/xml.html>).

use hygea_fhir_model::json::{Object, Value};
use hygea_fhir_model::schema::{PrimitiveKind, Schema, TypeDef};
use roxmltree::Node;

/// The JSON text of a resource.
pub(crate) fn to_json(xml: &str, schema: &'static Schema) -> String {
    let document = roxmltree::Document::parse(xml).unwrap();
    resource(document.root_element(), schema).to_json()
}

fn resource(node: Node<'_, '_>, schema: &'static Schema) -> Value {
    let name = node.tag_name().name();
    let definition = schema.resource(name).unwrap();
    let object = Object::new().with("resourceType", name);
    Value::Object(members(node, definition, object))
}

fn members(node: Node<'_, '_>, definition: &'static TypeDef, mut object: Object) -> Object {
    for name in ["id", "url"] {
        if let Some(value) = node.attribute(name) {
            object.insert(name, value);
        }
    }
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        let (field, choice) =
            definition.field_for_json(name).unwrap_or_else(|| panic!("{definition:?}.{name}"));
        let own = choice.definition();
        if let Some(kind) = own.primitive() {
            let (value, extra) = primitive(child, kind, own);
            if field.is_list() {
                let other = extra.is_some() || object.get(&format!("_{name}")).is_some();
                if other {
                    let before = object.get(name).and_then(Value::as_array).map_or(0, <[Value]>::len);
                    push(&mut object, &format!("_{name}"), before, extra.unwrap_or_else(null));
                }
                push(&mut object, name, 0, value.unwrap_or_else(null));
            } else {
                if let Some(value) = value {
                    object.insert(name, value);
                }
                if let Some(extra) = extra {
                    object.insert(format!("_{name}"), extra);
                }
            }
            continue;
        }
        let value = if own.is_resource() {
            resource(child.children().find(Node::is_element).unwrap(), own.schema())
        } else {
            Value::Object(members(child, own, Object::new()))
        };
        if field.is_list() {
            push(&mut object, name, 0, value);
        } else {
            object.insert(name, value);
        }
    }
    object
}

/// Adds an item to an array, after nulls for the items that came before it without one.
fn push(object: &mut Object, name: &str, before: usize, value: Value) {
    if object.get(name).is_none() {
        object.insert(name, Value::Array(Vec::new()));
    }
    if let Some(Value::Array(items)) = object.get_mut(name) {
        while items.len() < before {
            items.push(null());
        }
        items.push(value);
    }
}

fn null() -> Value {
    Value::Null
}

fn primitive(
    node: Node<'_, '_>,
    kind: PrimitiveKind,
    definition: &'static TypeDef,
) -> (Option<Value>, Option<Value>) {
    if kind == PrimitiveKind::Xhtml {
        let text = &node.document().input_text()[node.range()];
        return (Some(text.into()), None);
    }
    let value = node.attribute("value").map(|text| match kind {
        PrimitiveKind::Boolean => Value::Bool(text == "true"),
        PrimitiveKind::Decimal
        | PrimitiveKind::Integer
        | PrimitiveKind::PositiveInt
        | PrimitiveKind::UnsignedInt => Value::Number(text.into()),
        _ => text.into(),
    });
    let extra = members(node, definition, Object::new());
    (value, (!extra.is_empty()).then_some(Value::Object(extra)))
}
