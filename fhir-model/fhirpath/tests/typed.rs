//! Typed structs and JSON trees give the same: the expressions of all search parameters over the examples, and the
//! odd cases of primitives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking and print what they counted"
)]

use hygea_fhir_model::element::{JsonElement, TypedElement};
use hygea_fhir_model::json::Document;
use hygea_fhir_model::r4::Resource;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhirpath::{Collection, Environment, Expression};
use std::path::Path;

fn texts(items: &Collection<'_>) -> Vec<String> {
    items
        .iter()
        .map(|item| format!("{} {}", item.type_name(), item.to_text().unwrap_or_else(|| "…".into())))
        .collect()
}

/// Evaluates over both views of a JSON text; the number of items if they agree.
fn compare(json: &[u8], expressions: &[Expression], schema: &'static Schema) -> usize {
    let document = Document::parse(json).unwrap();
    let resource = Resource::from_json(json).unwrap();
    let tree = JsonElement::resource(document.root(), schema);
    let typed = TypedElement::of(resource.as_structure());
    let environment = Environment::new();
    let mut count = 0;
    for expression in expressions {
        let left = expression.evaluate(tree, &environment).map(|found| texts(&found));
        let right = expression.evaluate(typed, &environment).map(|found| texts(&found));
        match (left, right) {
            (Ok(left), Ok(right)) => {
                assert_eq!(left, right, "{expression}");
                count += left.len();
            }
            (left, right) => assert_eq!(
                left.map_err(|error| error.kind()).err(),
                right.map_err(|error| error.kind()).err(),
                "{expression}"
            ),
        }
    }
    count
}

#[test]
fn odd_primitives_give_the_same() {
    let schema = Schema::of(Version::R4).unwrap();
    let json = br##"{"resourceType": "Patient", "id": "p", "active": true, "_birthDate": {"extension": [
        {"url": "urn:x", "valueCode": "unknown"}]}, "name": [{"given": ["Ann", null, "Bea"], "_given":
        [null, {"id": "g", "extension": [{"url": "urn:y", "valueDecimal": 1.50}]}, null]}], "deceasedDateTime":
        "2020-01", "contained": [{"resourceType": "Organization", "id": "o", "name": "Clinic"}],
        "managingOrganization": {"reference": "#o"}, "multipleBirthInteger": 2}"##;
    let table = [
        "name.given",
        "name.given.count()",
        "name.given.hasValue()",
        "name.given.select(hasValue())",
        "name.given.extension('urn:y').value",
        "name.given.id",
        "birthDate.extension.value",
        "birthDate.hasValue()",
        "deceased",
        "deceased is dateTime",
        "deceased.ofType(boolean)",
        "multipleBirth + 1",
        "contained.name",
        "contained.ofType(Organization).id",
        "managingOrganization.resolve().name",
        "managingOrganization.where(resolve() is Organization).exists()",
        "descendants().count()",
        "children().count()",
        "$this = %resource",
        "name ~ %resource.name",
        "name.given | name.family",
        "type().name",
    ];
    let expressions: Vec<Expression> =
        table.iter().map(|text| Expression::compile(text, schema).unwrap()).collect();
    assert!(compare(json, &expressions, schema) >= 25);
}

#[test]
fn search_parameters_give_the_same() {
    let schema = Schema::of(Version::R4).unwrap();
    let Ok(folder) = std::env::var("HYGEA_FHIR_EXAMPLES_R4") else {
        println!("left out: HYGEA_FHIR_EXAMPLES_R4 names no folder");
        return;
    };
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fhir-search/src/parameters/r4.rs");
    let source = std::fs::read_to_string(table).unwrap();
    let lines =
        source.lines().filter_map(|line| line.trim().strip_prefix("expression: \"")?.strip_suffix("\","));
    let all: Vec<String> =
        lines.map(|text| text.replace("\\\"", "\"")).filter(|text| !text.is_empty()).collect();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut resources, mut items) = (0, 0);
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "json")).step_by(7) {
        let json = std::fs::read(file).unwrap();
        let document = Document::parse(&json).unwrap();
        let name = document.root().get("resourceType").and_then(|name| name.as_str());
        let Some(definition) = name.and_then(|name| schema.resource(name)) else { continue };
        if json.len() > 300_000 {
            continue;
        }
        let own: Vec<Expression> =
            all.iter().filter_map(|text| Expression::compile_for(text, definition).unwrap()).collect();
        resources += 1;
        items += compare(&json, &own, schema);
    }
    println!("{resources} resources, {items} items are the same in trees and structs");
    assert!(resources > 500 && items > 5_000);
}
