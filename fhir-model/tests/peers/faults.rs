//! Faults put into HL7's examples one at a time, so that two readers can be asked whether they refuse the result.

use hygea_fhir_model::json::{Document, Object, Value};
use hygea_fhir_model::schema::{FieldDef, Schema, TypeDef, TypeKind, Version};
use hygea_fhir_model::validate;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One resource with one fault.
pub(crate) struct Case {
    /// The class of fault: `unknown element`, `missing element`, …
    class: &'static str,
    /// Which type and element.
    label: String,
    pub(crate) text: String,
}

/// For each resource type the faults of its first example of ordinary size.
pub(crate) fn cases(version: Version, files: &[PathBuf]) -> Vec<Case> {
    let schema = Schema::of(version).unwrap();
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        if bytes.len() > 20_000 {
            continue;
        }
        let document = Document::parse(&bytes).unwrap();
        let name = document.root().get("resourceType").and_then(|name| name.as_str()).unwrap_or_default();
        let Some(definition) = schema.resource(name) else { continue };
        // Only what both take for sound: a fault must be the one that was put in.
        if !validate::structure(&document, schema).is_empty() || !seen.insert(name.to_owned()) {
            continue;
        }
        let Value::Object(resource) = document.root().to_value() else { continue };
        cases.push(Case {
            class: "sound",
            label: name.to_owned(),
            text: Value::from(resource.clone()).to_json(),
        });
        put_in(definition, &resource, &mut cases);
    }
    cases
}

fn put_in(definition: &'static TypeDef, resource: &Object, cases: &mut Vec<Case>) {
    let mut add = |class: &'static str, element: &str, change: &dyn Fn(&mut Object)| {
        let mut changed = resource.clone();
        change(&mut changed);
        let label = format!("{}.{element}", definition.name());
        cases.push(Case { class, label, text: Value::from(changed).to_json() });
    };
    add("unknown element", "notAnElement", &|resource| {
        resource.insert("notAnElement", "x");
    });
    for (member, value) in resource.iter() {
        let Some((field, found)) = definition.field_for_json(member) else { continue };
        if member == "id" || member == "text" || member == "resourceType" {
            continue;
        }
        let primitive = found.definition().kind() == TypeKind::Primitive;
        if field.min() > 0 && is_alone(definition, field, resource) {
            add("missing element", member, &|resource| {
                resource.remove(member);
            });
        }
        add("null", member, &|resource| {
            resource.insert(member, Value::Null);
        });
        if field.is_list() {
            add("empty array", member, &|resource| {
                resource.insert(member, Vec::<Value>::new());
            });
            add("one for many", member, &|resource| {
                resource
                    .insert(member, value.as_array().and_then(<[Value]>::first).cloned().unwrap_or_default());
            });
        } else {
            add("many for one", member, &|resource| {
                resource.insert(member, vec![value.clone(), value.clone()]);
            });
            if primitive {
                add("object for a primitive", member, &|resource| {
                    resource.insert(member, Object::new().with("value", "x"));
                });
                let class = match found.definition().name() {
                    "boolean" => "string for a boolean",
                    "integer" | "positiveInt" | "unsignedInt" | "decimal" => "string for a number",
                    "date" | "dateTime" | "instant" | "time" => "bad date",
                    _ => continue,
                };
                add(class, member, &|resource| {
                    resource.insert(member, "1999-02-31T25:00");
                });
            } else {
                add("string for an object", member, &|resource| {
                    resource.insert(member, "x");
                });
                add("empty object", member, &|resource| {
                    resource.insert(member, Object::new());
                });
            }
        }
    }
}

/// Whether no sibling with the extensions of the primitive stands in for its value.
fn is_alone(_: &TypeDef, field: &FieldDef, resource: &Object) -> bool {
    resource.get(&format!("_{}", field.name())).is_none()
}

/// Holds our answer against the peer's for each case. What only the peer refuses is a fault of ours unless `known`
/// says why not; what only we refuse is printed by class.
pub(crate) fn compare(version: Version, cases: &[Case], theirs: impl Fn(usize) -> bool) {
    let schema = Schema::of(version).unwrap();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut only_theirs = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let document = Document::parse(case.text.as_bytes()).unwrap();
        let ours = !validate::structure(&document, schema).is_empty();
        let answer = match (ours, theirs(at)) {
            (true, true) => "both refuse",
            (false, false) => "both take",
            (true, false) => "only we refuse",
            (false, true) => {
                only_theirs.push(format!("{} ({})", case.label, case.class));
                "only the peer refuses"
            }
        };
        *counts.entry((case.class, answer)).or_default() += 1;
    }
    for ((class, answer), count) in &counts {
        println!("{version}: {class}: {answer} {count}");
    }
    assert!(only_theirs.is_empty(), "{version}: only the peer refuses {}", only_theirs.join(", "));
}
