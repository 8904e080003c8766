//! FHIRPath Patch: the suite of the reference data, and tables of what it leaves out.
#![cfg(feature = "r4")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::Error;
use hygea_fhir_model::ErrorKind::{self, *};
use hygea_fhir_model::json::{Document, Kind, Node, Object, Value};
use hygea_fhir_model::patch::Options;
use hygea_fhir_model::schema::{PrimitiveKind, Schema, TypeDef, TypeKind, Version};
use hygea_fhirpath::{Environment, fhirpath_patch};
use proptest::prelude::*;
use std::path::PathBuf;

const FHIR: &str = "http://hl7.org/fhir";

fn r4() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

fn patched(resource: &str, parameters: &str, options: &Options) -> Result<String, Error> {
    let (resource, parameters) =
        (Document::parse(resource.as_bytes())?, Document::parse(parameters.as_bytes())?);
    fhirpath_patch(resource.root(), parameters.root(), r4(), &Environment::new(), options)
}

/// An element of the suite's XML as JSON: enough of the format for what the suite holds.
fn element(node: roxmltree::Node<'_, '_>, definition: &'static TypeDef) -> (Value, Value) {
    let mut members = Object::new();
    for attribute in node.attributes().filter(|attribute| attribute.name() != "value") {
        members.insert(attribute.name(), attribute.value());
    }
    let markup_follows = definition.primitive() == Some(PrimitiveKind::Xhtml);
    for child in node.children().filter(|child| child.is_element() && !markup_follows) {
        let name = child.tag_name().name();
        let (field, kind) = definition.field_for_json(name).unwrap_or_else(|| panic!("{name}"));
        let (value, extra) = element(child, kind.definition());
        for (name, value) in [(name.to_owned(), value), (format!("_{name}"), extra)] {
            if field.is_list() && (value != Value::Null || !name.starts_with('_')) {
                let mut items =
                    members.get(&name).and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
                items.push(value);
                members.insert(name, items);
            } else if value != Value::Null {
                members.insert(name, value);
            }
        }
    }
    if definition.kind() != TypeKind::Primitive {
        return (members.into(), Value::Null);
    }
    let text = match definition.primitive() {
        Some(PrimitiveKind::Xhtml) => Some(markup(node)),
        _ => node.attribute("value").map(str::to_owned),
    };
    let value = text.map_or(Value::Null, |text| match definition.primitive() {
        Some(PrimitiveKind::Boolean) => Value::Bool(text == "true"),
        Some(PrimitiveKind::Integer | PrimitiveKind::Decimal) => Value::Number(text.into()),
        _ => Value::String(text),
    });
    (value, if members.is_empty() { Value::Null } else { members.into() })
}

/// XHTML without its layout, its namespace on the outermost element: the suite writes it in several ways.
fn markup(node: roxmltree::Node<'_, '_>) -> String {
    fn inner(node: roxmltree::Node<'_, '_>, out: &mut String) {
        if node.is_text() {
            out.push_str(&node.text().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "));
            return;
        }
        out.push_str(&format!("<{}>", node.tag_name().name()));
        node.children().for_each(|child| inner(child, out));
        out.push_str(&format!("</{}>", node.tag_name().name()));
    }
    let mut out = String::new();
    inner(node, &mut out);
    out
}

fn resource(node: roxmltree::Node<'_, '_>) -> Value {
    let name = node.tag_name().name();
    let (value, _) = element(node, r4().resource(name).unwrap());
    let Value::Object(mut object) = value else { panic!("a resource is an object") };
    object.insert_first("resourceType", name);
    object.into()
}

/// Equal whatever the order of members; markup without its layout.
fn same(left: Node<'_>, right: Node<'_>) -> bool {
    match (left.kind(), right.kind()) {
        (Kind::Object, Kind::Object) => {
            left.len() == right.len()
                && left.members().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        (Kind::Array, Kind::Array) => {
            left.len() == right.len()
                && left.items().zip(right.items()).all(|(left, right)| same(left, right))
        }
        (Kind::String, Kind::String) => {
            let text = |node: Node<'_>| {
                let text = node.as_str().unwrap().to_owned();
                if !text.starts_with("<div") {
                    return text;
                }
                markup(roxmltree::Document::parse(&text).unwrap().root_element())
            };
            text(left) == text(right)
        }
        _ => left.raw() == right.raw(),
    }
}

#[test]
fn fhirpath_patch_suite() {
    let data = std::env::var_os("HYGEA_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(data.join("fhir/patch/fhir-patch-tests.xml")) else {
        println!("left out: fhir-patch-tests.xml is not in the reference data");
        return;
    };
    let document = roxmltree::Document::parse(&text).unwrap();
    let (mut passed, mut count) = (0, 0);
    for case in document.root_element().children().filter(|node| node.has_tag_name("case")) {
        count += 1;
        let part = |name: &str| {
            let part = case.children().find(|node| node.has_tag_name(name))?;
            part.children()
                .find(|node| node.tag_name().namespace() == Some(FHIR))
                .map(|node| resource(node).to_json())
        };
        let found = patched(&part("input").unwrap(), &part("diff").unwrap(), &Options::default());
        let good = match (&found, part("output")) {
            (Ok(found), Some(wanted)) => {
                let (found, wanted) =
                    (Document::parse(found.as_bytes()).unwrap(), Document::parse(wanted.as_bytes()).unwrap());
                same(found.root(), wanted.root())
            }
            (Err(_), None) => {
                case.children().any(|node| node.has_tag_name("output") || node.has_tag_name("error"))
            }
            _ => false,
        };
        if good {
            passed += 1;
        } else {
            println!(
                "{:?}: {:?}, not {:?}",
                case.attribute("name"),
                found.map_err(|error| error.to_string()),
                part("output")
            );
        }
    }
    println!("FHIRPath Patch: {passed} of {count} cases");
    assert_eq!((passed, count), (33, 33));
}

/// One operation; `parts` is what stands beside type and path, as JSON objects.
fn operation(kind: &str, path: &str, parts: &str) -> String {
    let path = Value::from(path).to_json();
    let parts = if parts.is_empty() { String::new() } else { format!(",{parts}") };
    format!(
        r#"{{"name":"operation","part":[{{"name":"type","valueCode":"{kind}"}},{{"name":"path","valueString":{path}}}{parts}]}}"#
    )
}

fn patch(operations: &[String]) -> String {
    format!(r#"{{"resourceType":"Parameters","parameter":[{}]}}"#, operations.join(","))
}

#[test]
fn operations_on_one_patient() {
    const PATIENT: &str = r##"{"resourceType":"Patient","id":"p","birthDate":"1970-01","_birthDate":{"id":"b"},"deceasedBoolean":false,"name":[{"given":["A","B",null],"_given":[null,{"id":"2"},{"extension":[{"url":"u","valueDecimal":1.50}]}]},{"family":"F"}],"maritalStatus":{"coding":[{"code":"M"}]},"contained":[{"resourceType":"Organization","id":"o","name":"O"}]}"##;
    // Type, path, parts; what of the resource became what, or the kind of the error.
    let table: &[(&str, &str, &str, Result<(&str, &str), ErrorKind>)] = &[
        // Primitives: value, id and extensions go together.
        (
            "replace",
            "Patient.birthDate",
            r#"{"name":"value","valueDate":"1971"}"#,
            Ok((r#""birthDate":"1970-01","_birthDate":{"id":"b"}"#, r#""birthDate":"1971""#)),
        ),
        (
            "replace",
            "Patient.birthDate",
            r#"{"name":"value","_valueDate":{"id":"c"}}"#,
            Ok((r#""birthDate":"1970-01","_birthDate":{"id":"b"}"#, r#""_birthDate":{"id":"c"}"#)),
        ),
        (
            "replace",
            "Patient.birthDate",
            r#"{"name":"value","valueDate":"1971","_valueDate":{"id":"c"}}"#,
            Ok((r#""1970-01","_birthDate":{"id":"b"}"#, r#""1971","_birthDate":{"id":"c"}"#)),
        ),
        ("delete", "Patient.birthDate", "", Ok((r#","birthDate":"1970-01","_birthDate":{"id":"b"}"#, ""))),
        (
            "add",
            "Patient.birthDate",
            r#"{"name":"name","valueString":"extension"},{"name":"value","valueExtension":{"url":"u"}}"#,
            Ok((r#"{"id":"b"}"#, r#"{"id":"b","extension":[{"url":"u"}]}"#)),
        ),
        ("replace", "Patient.birthDate", r#"{"name":"value","valueInteger":1}"#, Err(WrongType)),
        (
            "replace",
            "Patient.birthDate",
            r#"{"name":"value","valuePeriod":{"start":"1970"}}"#,
            Err(WrongType),
        ),
        // Lists of primitives keep their extensions beside them.
        (
            "delete",
            "Patient.name[0].given[0]",
            "",
            Ok((r#"["A","B",null],"_given":[null,{"id":"2"}"#, r#"["B",null],"_given":[{"id":"2"}"#)),
        ),
        (
            "delete",
            "Patient.name[0].given[2].extension",
            "",
            Ok((
                r#"["A","B",null],"_given":[null,{"id":"2"},{"extension":[{"url":"u","valueDecimal":1.50}]}]"#,
                r#"["A","B"],"_given":[null,{"id":"2"}]"#,
            )),
        ),
        ("delete", "Patient.name[0].given[2].extension[0].value", "", Ok((r#","valueDecimal":1.50"#, ""))),
        (
            "insert",
            "Patient.name[0].given",
            r#"{"name":"index","valueInteger":1},{"name":"value","valueString":"N"}"#,
            Ok((
                r#"["A","B",null],"_given":[null,{"id":"2"}"#,
                r#"["A","N","B",null],"_given":[null,null,{"id":"2"}"#,
            )),
        ),
        (
            "move",
            "Patient.name[0].given",
            r#"{"name":"source","valueInteger":1},{"name":"destination","valueInteger":0}"#,
            Ok((
                r#"["A","B",null],"_given":[null,{"id":"2"}"#,
                r#"["B","A",null],"_given":[{"id":"2"},null"#,
            )),
        ),
        (
            "add",
            "Patient.name[1]",
            r#"{"name":"name","valueString":"given"},{"name":"value","valueString":"N"}"#,
            Ok((r#"{"family":"F"}"#, r#"{"family":"F","given":["N"]}"#)),
        ),
        (
            "add",
            "Patient.name[0]",
            r#"{"name":"name","valueString":"given"},{"name":"value","valueString":"N"}"#,
            Ok((
                r#"["A","B",null],"_given":[null,{"id":"2"},{"extension":[{"url":"u","valueDecimal":1.50}]}]"#,
                r#"["A","B",null,"N"],"_given":[null,{"id":"2"},{"extension":[{"url":"u","valueDecimal":1.50}]},null]"#,
            )),
        ),
        (
            "replace",
            "Patient.name[0].given[1]",
            r#"{"name":"value","valueString":"N"}"#,
            Ok((r#""B",null],"_given":[null,{"id":"2"}"#, r#""N",null],"_given":[null,null"#)),
        ),
        // Choices.
        (
            "replace",
            "Patient.deceased",
            r#"{"name":"value","valueDateTime":"2020"}"#,
            Ok((r#""deceasedBoolean":false"#, r#""deceasedDateTime":"2020""#)),
        ),
        ("replace", "Patient.deceased", r#"{"name":"value","valueString":"2020"}"#, Err(WrongType)),
        ("delete", "Patient.deceased", "", Ok((r#","deceasedBoolean":false"#, ""))),
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"deceased"},{"name":"value","valueBoolean":true}"#,
            Err(TooMany),
        ),
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"multipleBirth[x]"},{"name":"value","valueInteger":2}"#,
            Ok((r#""name":"O"}]"#, r#""name":"O"}],"multipleBirthInteger":2"#)),
        ),
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"multipleBirthBoolean"},{"name":"value","valueBoolean":true}"#,
            Ok((r#""name":"O"}]"#, r#""name":"O"}],"multipleBirthBoolean":true"#)),
        ),
        // Complex values, whole or of parts.
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"contact"},{"name":"value","part":[{"name":"relationship","valueCodeableConcept":{"text":"x"}},{"name":"relationship","valueCodeableConcept":{"text":"y"}},{"name":"name","part":[{"name":"family","valueString":"G"}]}]}"#,
            Ok((
                r#""name":"O"}]"#,
                r#""name":"O"}],"contact":[{"relationship":[{"text":"x"},{"text":"y"}],"name":{"family":"G"}}]"#,
            )),
        ),
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"contained"},{"name":"value","resource":{"resourceType":"Basic"}}"#,
            Ok((r#""name":"O"}]"#, r#""name":"O"},{"resourceType":"Basic"}]"#)),
        ),
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"link"},{"name":"value","part":[{"name":"nothing","valueString":"x"}]}"#,
            Err(UnknownElement),
        ),
        ("add", "Patient", r#"{"name":"name","valueString":"link"},{"name":"value","part":[]}"#, Err(Empty)),
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"name"},{"name":"value","valueAddress":{"text":"x"}}"#,
            Err(WrongType),
        ),
        (
            "add",
            "Patient",
            r#"{"name":"name","valueString":"nothing"},{"name":"value","valueString":"x"}"#,
            Err(UnknownElement),
        ),
        ("add", "Patient", r#"{"name":"name","valueString":"name"}"#, Err(MissingElement)),
        ("add", "Patient", r#"{"name":"value","valueString":"x"}"#, Err(MissingElement)),
        (
            "add",
            "Patient.contained[0]",
            r#"{"name":"name","valueString":"alias"},{"name":"value","valueString":"x"}"#,
            Ok((r#""name":"O"}"#, r#""name":"O","alias":["x"]}"#)),
        ),
        (
            "replace",
            "Patient.contained[0].name",
            r#"{"name":"value","valueString":"x"}"#,
            Ok((r#""name":"O""#, r#""name":"x""#)),
        ),
        (
            "replace",
            "Patient.name.where(family = 'F')",
            r#"{"name":"value","valueHumanName":{"text":"x"}}"#,
            Ok((r#"{"family":"F"}"#, r#"{"text":"x"}"#)),
        ),
        // What is left empty goes.
        (
            "delete",
            "Patient.maritalStatus.coding.code",
            "",
            Ok((r#","maritalStatus":{"coding":[{"code":"M"}]}"#, "")),
        ),
        ("delete", "Patient.name[1].family", "", Ok((r#",{"family":"F"}"#, ""))),
        ("delete", "Patient.photo", "", Ok(("", ""))),
        ("delete", "Patient.name", "", Err(TooMany)),
        ("delete", "Patient", "", Err(WrongType)),
        // Lists.
        (
            "insert",
            "Patient.name",
            r#"{"name":"index","valueInteger":2},{"name":"value","valueHumanName":{"text":"x"}}"#,
            Ok((r#"{"family":"F"}"#, r#"{"family":"F"},{"text":"x"}"#)),
        ),
        (
            "insert",
            "Patient.name",
            r#"{"name":"index","valueInteger":3},{"name":"value","valueHumanName":{"text":"x"}}"#,
            Err(MissingElement),
        ),
        (
            "insert",
            "Patient.name",
            r#"{"name":"index","valueInteger":-1},{"name":"value","valueHumanName":{"text":"x"}}"#,
            Err(MissingElement),
        ),
        (
            "insert",
            "Patient.name.where(family = 'F')",
            r#"{"name":"index","valueInteger":0},{"name":"value","valueHumanName":{"text":"x"}}"#,
            Err(WrongType),
        ),
        (
            "insert",
            "Patient.maritalStatus",
            r#"{"name":"index","valueInteger":0},{"name":"value","valueCodeableConcept":{"text":"x"}}"#,
            Err(WrongType),
        ),
        (
            "insert",
            "Patient.telecom",
            r#"{"name":"index","valueInteger":0},{"name":"value","valueContactPoint":{"value":"x"}}"#,
            Ok((r#""name":"O"}]"#, r#""name":"O"}],"telecom":[{"value":"x"}]"#)),
        ),
        (
            "insert",
            "Patient.telecom",
            r#"{"name":"index","valueInteger":1},{"name":"value","valueContactPoint":{"value":"x"}}"#,
            Err(MissingElement),
        ),
        (
            "move",
            "Patient.name",
            r#"{"name":"source","valueInteger":0},{"name":"destination","valueInteger":2}"#,
            Err(MissingElement),
        ),
        // Paths that are none, or select no element.
        ("replace", "Patient.name.", r#"{"name":"value","valueString":"x"}"#, Err(Syntax)),
        ("replace", "1 + 1", r#"{"name":"value","valueString":"x"}"#, Err(WrongType)),
        (
            "replace",
            "Patient.photo",
            r#"{"name":"value","valueAttachment":{"title":"x"}}"#,
            Err(MissingElement),
        ),
        ("copy", "Patient.name", "", Err(Syntax)),
        ("replace", "Patient.id", r#"{"name":"value","valueId":"q"}"#, Err(Protected)),
    ];
    let options = Options { protected: &["id", "resourceType"], ..Options::default() };
    for (kind, path, parts, wanted) in table {
        let found = patched(PATIENT, &patch(&[operation(kind, path, parts)]), &options);
        let wanted = wanted.map(|(from, to)| {
            assert!(PATIENT.contains(from), "{from}");
            if from.is_empty() { PATIENT.to_owned() } else { PATIENT.replacen(from, to, 1) }
        });
        assert_eq!(found.map_err(|error| error.kind()), wanted, "{kind} {path} {parts}");
    }
}

#[test]
fn errors_name_the_operation_and_no_text() {
    let operations = [
        operation("delete", "Patient.photo", ""),
        operation("delete", r"Patient.name.where(family = 'X\'Y')", ""),
    ];
    let error = patched(
        r#"{"resourceType":"Patient","name":[{"family":"X'Y"},{"family":"X'Y"}]}"#,
        &patch(&operations),
        &Options::default(),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "operation 1 (delete): the path selects 2 elements and must select one, at Patient.name.where(family = '…')"
    );
    for (parameters, kind) in [
        (r#"{"resourceType":"Patient"}"#, WrongType),
        ("[]", WrongType),
        (r#"{"resourceType":"Parameters","parameter":{}}"#, WrongType),
        (r#"{"resourceType":"Parameters","parameter":[{"name":"other"}]}"#, Syntax),
        (
            r#"{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"}]}]}"#,
            MissingElement,
        ),
    ] {
        assert_eq!(patched("{}", parameters, &Options::default()).unwrap_err().kind(), kind, "{parameters}");
    }
    let many = Options { max_operations: 3, ..Options::default() };
    let four = vec![operation("delete", "Patient.photo", ""); 4];
    assert_eq!(patched("{}", &patch(&four), &many).unwrap_err().kind(), TooLarge);
    let growing = vec![
        operation(
            "add",
            "Patient",
            r#"{"name":"name","valueString":"name"},{"name":"value","valueHumanName":{"text":"xxxxxxxxxxxxxxx"}}"#
        );
        100
    ];
    let small = Options { max_bytes: 1_000, ..Options::default() };
    assert_eq!(
        patched(r#"{"resourceType":"Patient"}"#, &patch(&growing), &small).unwrap_err().kind(),
        TooLarge
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_patches_do_all_or_nothing(
        kinds in prop::collection::vec((0..5_usize, 0..8_usize, 0..6_usize, -1..4_i32), 1..4)
    ) {
        const PATHS: [&str; 8] = ["Patient", "Patient.name", "Patient.name[0]", "Patient.name[0].given", "Patient.name.given[1]",
            "Patient.birthDate", "Patient.name.given.extension", "Patient.deceased"];
        const VALUES: [&str; 6] = [r#""valueString":"x""#, r#""valueHumanName":{"given":["y"]}"#, r#""_valueString":{"id":"z"}"#,
            r#""valueBoolean":true"#, r#""valueDate":"2000","_valueDate":{"id":"d"}"#, r#""part":[{"name":"family","valueString":"p"}]"#];
        let patient = r#"{"resourceType":"Patient","birthDate":"1970","deceasedBoolean":true,"name":[{"given":["A","B"],"_given":[null,{"extension":[{"url":"u","valueCode":"c"}]}]},{"text":"t"}]}"#;
        let operations: Vec<String> = kinds.iter().map(|(kind, path, value, number)| {
            let kind = ["add", "insert", "delete", "replace", "move"][*kind];
            let name = ["name", "given", "deceased"][usize::try_from(number + 1).unwrap() % 3];
            let parts = format!(r#"{{"name":"name","valueString":"{name}"}},{{"name":"value",{}}},{{"name":"index","valueInteger":{number}}},{{"name":"source","valueInteger":{number}}},{{"name":"destination","valueInteger":0}}"#, VALUES[*value]);
            operation(kind, PATHS[*path], &parts)
        }).collect();
        if let Ok(found) = patched(patient, &patch(&operations), &Options::default()) {
            let document = Document::parse(found.as_bytes()).unwrap();
            // Values and extensions stay in step, and nothing is left empty.
            // Which text a primitive takes is not the patch's matter.
            let issues = hygea_fhir_model::validate::structure(&document, r4());
            let faults = issues.iter().filter(|issue| issue.kind() != InvalidPrimitive).count();
            prop_assert!(faults == 0, "{found}: {issues:?}");
        }
    }
}
