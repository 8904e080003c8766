//! Elements of the JSON tree and of typed structs: choices, primitives with extensions, contained resources, what is not defined.
#![cfg(feature = "r4-schema")]
#![allow(clippy::unwrap_used, clippy::panic, unused_crate_dependencies, reason = "tests fail by panicking")]

use hygea_fhir_model::element::{Element, JsonElement, Primitive};
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};

const TEXT: &str = r#"{
  "resourceType": "Patient",
  "id": "p",
  "_gender": {"extension": [{"url": "http://a", "valueCode": "x"}]},
  "birthDate": "1970-03",
  "_birthDate": {"id": "b", "extension": [{"url": "http://b", "valueDecimal": 10}]},
  "deceasedBoolean": false,
  "multipleBirthInteger": 2,
  "name": [
    {"family": "F", "given": ["A", null, "C"], "_given": [null, {"id": "second"}, {"id": "third"}, null]},
    {"_given": [{"id": "only"}]}
  ],
  "fhir_comments": ["kept apart"],
  "favourite": {"colour": "red"},
  "contained": [
    {"resourceType": "Observation", "valueQuantity": {"value": 1.0}, "_valueString": {"id": "odd"}},
    {"resourceType": "Unheard", "value": true}
  ]
}"#;

/// What the path of names leads to, each as `type=value`.
fn select(path: &str) -> Vec<String> {
    let document = Document::parse(TEXT.as_bytes()).unwrap();
    let mut found = vec![JsonElement::resource(document.root(), Schema::of(Version::R4).unwrap())];
    for name in path.split('.') {
        let mut next = Vec::new();
        found.iter().for_each(|element| element.for_each_child(name, &mut |child| next.push(child)));
        found = next;
    }
    found.into_iter().map(show).collect()
}

fn show(element: JsonElement<'_>) -> String {
    let name = element.definition().map_or("?", |definition| definition.name());
    match element.primitive() {
        Some(value) => format!("{name}={}", show_value(Some(value))),
        None => name.to_owned(),
    }
}

fn show_value(value: Option<Primitive<'_>>) -> String {
    match value {
        Some(Primitive::Boolean(value)) => value.to_string(),
        Some(Primitive::Integer(value)) => value.to_string(),
        Some(Primitive::Decimal(value)) => format!("#{value}"),
        Some(Primitive::Text(value)) => format!("{value:?}"),
        None => "-".to_owned(),
    }
}

#[test]
fn names_lead_to_elements() {
    let table: &[(&str, &[&str])] = &[
        ("id", &["id=\"p\""]),
        ("gender", &["code"]),
        ("gender.extension.value", &["code=\"x\""]),
        ("birthDate", &["date=\"1970-03\""]),
        ("birthDate.id", &["string=\"b\""]),
        ("birthDate.extension.value", &["decimal=#10"]),
        ("birthDate.extension.url", &["uri=\"http://b\""]),
        ("birthDate.value", &[]),
        ("deceased", &["boolean=false"]),
        ("deceasedBoolean", &["?=false"]),
        ("multipleBirth", &["integer=2"]),
        ("name", &["HumanName", "HumanName"]),
        ("name.given", &["string=\"A\"", "string", "string=\"C\"", "string"]),
        ("name.given.id", &["string=\"second\"", "string=\"third\"", "string=\"only\""]),
        ("favourite.colour", &["?=\"red\""]),
        ("fhir_comments", &[]),
        ("resourceType", &[]),
        ("contained", &["Observation", "?"]),
        ("contained.value", &["Quantity", "?=true"]),
        ("contained.value.value", &["decimal=#1.0"]),
        ("nothing", &[]),
    ];
    for (path, wanted) in table {
        assert_eq!(select(path), *wanted, "{path}");
    }
}

/// Everything below an element, as lines of path, type and value.
fn outline<'d, E: Element<'d>>(element: E, path: &str, out: &mut Vec<String>) {
    let name = element.definition().map_or("?", |definition| definition.name());
    out.push(format!("{path}: {name} {}", show_value(element.primitive())));
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    element.for_each(&mut |name, child| {
        let count = counts.entry(name.to_owned()).or_default();
        let mut same = Vec::new();
        element.for_each_child(name, &mut |child| same.push(child.identity()));
        assert_eq!(same.get(*count), Some(&child.identity()), "{path}.{name}[{count}]");
        outline(child, &format!("{path}.{name}[{count}]"), out);
        *count += 1;
    });
}

#[cfg(feature = "r4")]
#[test]
fn typed_structs_have_the_same_elements_as_the_tree() {
    use hygea_fhir_model::element::TypedElement;
    use hygea_fhir_model::r4::Resource;
    // Without what the types do not define, which typed structs keep as JSON, and without the second choice.
    let text = TEXT
        .replace(r#", "_valueString": {"id": "odd"}"#, "")
        .replace(r#""favourite": {"colour": "red"},"#, "")
        .replace(
            r#",
    {"resourceType": "Unheard", "value": true}"#,
            "",
        );
    let texts = [
        text.as_str(),
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Claim","item":[{"sequence":1,
            "careTeamSequence":[1,2],"_careTeamSequence":[null,{"id":"x"}]}]}},{"resource":{"resourceType":"Basic"}}]}"#,
        r#"{"resourceType":"Observation","_valueDateTime":{"extension":[{"url":"u","valueCode":"unknown"}]}}"#,
        r#"{"resourceType":"Observation","effectiveTiming":{"event":["2020",null],"_event":[null,{"id":"a"}]}}"#,
    ];
    for text in texts {
        let document = Document::parse(text.as_bytes()).unwrap();
        let (mut tree, mut typed) = (Vec::new(), Vec::new());
        outline(JsonElement::resource(document.root(), Schema::of(Version::R4).unwrap()), "", &mut tree);
        let resource = Resource::from_node(document.root()).unwrap();
        outline(TypedElement::of(resource.as_structure()), "", &mut typed);
        assert!(tree.len() > 3);
        tree.sort();
        typed.sort();
        assert_eq!(tree, typed);
    }
}

#[test]
fn all_children_come_in_order_with_their_names() {
    let document = Document::parse(TEXT.as_bytes()).unwrap();
    let patient = JsonElement::resource(document.root(), Schema::of(Version::R4).unwrap());
    let mut names = Vec::new();
    let mut identities = vec![patient.identity()];
    patient.for_each(&mut |name, child| {
        names.push(format!("{name}:{}", show(child)));
        identities.push(child.identity());
    });
    assert_eq!(
        names,
        [
            "id:id=\"p\"",
            "gender:code",
            "birthDate:date=\"1970-03\"",
            "deceased:boolean=false",
            "multipleBirth:integer=2",
            "name:HumanName",
            "name:HumanName",
            "favourite:?",
            "contained:Observation",
            "contained:?"
        ]
    );
    let count = identities.len();
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), count);
}
