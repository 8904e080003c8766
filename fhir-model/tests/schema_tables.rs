//! The generated tables: every reference in them leads somewhere, and they say what the specification says.
#![cfg(feature = "r4-schema")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::schema::{PrimitiveKind, Schema, TypeDef, TypeKind, Version};

fn r4() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

fn named(name: &str) -> &'static TypeDef {
    r4().type_named(name).unwrap()
}

#[test]
fn every_row_leads_somewhere() {
    let (mut fields, mut members) = (0, 0);
    for (index, found) in r4().types().iter().enumerate() {
        assert_eq!(r4().type_named(found.name()), Some(found), "{found:?}");
        assert_eq!(found.index(), index);
        assert_eq!(found.primitive().is_some(), found.kind() == TypeKind::Primitive);
        assert!(found.base().is_some() || ["Element", "Resource"].contains(&found.name()), "{found:?}");
        for field in found.fields() {
            fields += 1;
            assert!(std::ptr::eq(found.field(field.name()).unwrap(), field), "{found:?}.{}", field.name());
            assert!(!field.types().is_empty());
            for choice in field.types() {
                members += 1;
                let (by_json, same) = found.field_for_json(choice.json_name()).unwrap();
                assert!(std::ptr::eq(by_json, field) && std::ptr::eq(same, choice));
                assert!(!choice.definition().name().is_empty());
                for target in choice.targets() {
                    assert!(target.is_resource(), "{found:?}.{}: {target:?}", field.name());
                }
            }
            if let Some(binding) = field.binding() {
                assert!(binding.value_set().starts_with("http"));
                assert!(binding.codes().len() > 0 && binding.codes().all(|code| binding.contains(code)));
                assert!(!binding.contains("no such code"));
            }
        }
    }
    println!("{} types, {fields} fields, {members} members", r4().types().len());
}

#[test]
fn the_types_of_r4_are_all_there() {
    let count = |kind| r4().types().iter().filter(|found| found.kind() == kind).count();
    assert_eq!(r4().resources().count(), 146);
    assert_eq!(count(TypeKind::Resource), 148);
    assert_eq!(count(TypeKind::Primitive), 20);
    assert_eq!(count(TypeKind::Complex), 41);
    assert!(r4().type_named("Definition").is_none());
    assert!(r4().type_named("").is_none());
    assert!(r4().resource("DomainResource").is_none());
    assert!(r4().resource("HumanName").is_none());
    assert!(Schema::of(Version::Dstu2).is_none());
}

#[test]
fn elements_are_as_the_specification_says() {
    // type, JSON member, element, its type, min, max, list
    let table: &[(&str, &str, &str, &str, u32, Option<u32>, bool)] = &[
        ("Patient", "id", "id", "id", 0, Some(1), false),
        ("Patient", "name", "name", "HumanName", 0, None, true),
        ("Patient", "deceasedBoolean", "deceased", "boolean", 0, Some(1), false),
        ("Patient", "contact", "contact", "Patient.contact", 0, None, true),
        ("Patient.contact", "relationship", "relationship", "CodeableConcept", 0, None, true),
        ("Patient", "contained", "contained", "Resource", 0, None, true),
        ("Observation", "status", "status", "code", 1, Some(1), false),
        ("Observation", "valueQuantity", "value", "Quantity", 0, Some(1), false),
        (
            "Observation.component",
            "referenceRange",
            "referenceRange",
            "Observation.referenceRange",
            0,
            None,
            true,
        ),
        ("Extension", "url", "url", "uri", 1, Some(1), false),
        ("Extension", "valueAge", "value", "Age", 0, Some(1), false),
        ("Element", "id", "id", "string", 0, Some(1), false),
        ("Narrative", "div", "div", "xhtml", 1, Some(1), false),
        ("Timing", "repeat", "repeat", "Timing.repeat", 0, Some(1), false),
        ("Bundle.entry", "resource", "resource", "Resource", 0, Some(1), false),
        ("boolean", "extension", "extension", "Extension", 0, None, true),
        ("ElementDefinition", "patternCodeableConcept", "pattern", "CodeableConcept", 0, Some(1), false),
    ];
    for &(owner, member, element, kind, min, max, list) in table {
        let (field, choice) = named(owner).field_for_json(member).unwrap();
        assert_eq!(
            (field.name(), choice.definition().name(), field.min(), field.max(), field.is_list()),
            (element, kind, min, max, list),
            "{owner}.{member}"
        );
    }
    for (owner, member) in
        [("Patient", "value"), ("Observation", "value"), ("Patient", "_id"), ("boolean", "value")]
    {
        assert!(named(owner).field_for_json(member).is_none(), "{owner}.{member}");
    }
    assert!(named("Observation").field("value").unwrap().is_choice());
    assert!(named("Observation").field("valueQuantity").is_none());
}

#[test]
fn bases_targets_and_bindings_are_known() {
    let patient = named("Patient");
    assert!(patient.is_subtype_of(named("DomainResource")) && patient.is_subtype_of(named("Resource")));
    assert!(!patient.is_subtype_of(named("Element")) && !named("Resource").is_subtype_of(patient));
    assert!(named("Age").is_subtype_of(named("Quantity")));
    assert!(named("Patient.contact").is_subtype_of(named("BackboneElement")));
    assert!(named("code").is_subtype_of(named("string")));
    let targets = |owner: &str, member: &str| {
        let (_, choice) = named(owner).field_for_json(member).unwrap();
        choice.targets().map(TypeDef::name).collect::<Vec<_>>()
    };
    assert_eq!(targets("Observation", "subject"), ["Patient", "Group", "Device", "Location"]);
    assert_eq!(targets("Observation", "focus"), ["Resource"]);
    let gender = patient.field("gender").unwrap();
    let binding = gender.binding().unwrap();
    assert_eq!(binding.value_set(), "http://hl7.org/fhir/ValueSet/administrative-gender");
    assert_eq!(binding.codes().collect::<Vec<_>>(), ["female", "male", "other", "unknown"]);
    assert!(gender.in_summary() && !gender.is_modifier() && patient.field("active").unwrap().is_modifier());
    assert_eq!(named("instant").primitive(), Some(PrimitiveKind::Instant));
    assert!(named("Extension").field("url").unwrap().is_attribute());
}
