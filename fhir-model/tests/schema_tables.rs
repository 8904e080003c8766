//! The generated tables: every reference in them leads somewhere, and they say what the specification says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::schema::{PrimitiveKind, Schema, TypeDef, TypeKind, Version};
use std::collections::BTreeSet;

const ALL: [Version; 5] = [Version::Dstu2, Version::Stu3, Version::R4, Version::R4B, Version::R5];

/// The versions of this build.
fn schemas() -> impl Iterator<Item = &'static Schema> {
    ALL.into_iter().filter_map(|version| {
        let found = Schema::of(version);
        if found.is_none() {
            println!("left out: {version} is not built in");
        }
        found
    })
}

fn named(schema: &Schema, name: &str) -> &'static TypeDef {
    schema.type_named(name).unwrap_or_else(|| panic!("{} has no {name}", schema.version()))
}

#[test]
fn every_row_leads_somewhere() {
    for schema in schemas() {
        let (mut fields, mut members) = (0, 0);
        for (index, found) in schema.types().iter().enumerate() {
            assert_eq!(schema.type_named(found.name()), Some(found), "{found:?}");
            assert_eq!(found.index(), index);
            assert_eq!(found.primitive().is_some(), found.kind() == TypeKind::Primitive);
            let root = found.base().is_none();
            assert_eq!(
                root,
                ["Base", "Element", "Resource"].contains(&found.name()) && {
                    schema.version() != Version::R5 || found.name() == "Base"
                },
                "{found:?}"
            );
            for field in found.fields() {
                fields += 1;
                let place = format!("{} {found:?}.{}", schema.version(), field.name());
                assert!(std::ptr::eq(found.field(field.name()).unwrap(), field), "{place}");
                assert!(!field.types().is_empty(), "{place}");
                assert!(field.max().is_none_or(|max| max >= field.min()), "{place}");
                assert_eq!(field.is_attribute(), attribute(found, field.name()), "{place}");
                for choice in field.types() {
                    members += 1;
                    let (by_json, same) = found.field_for_json(choice.json_name()).unwrap();
                    assert!(std::ptr::eq(by_json, field) && std::ptr::eq(same, choice));
                    assert!(!choice.definition().name().is_empty());
                    for target in choice.targets() {
                        assert!(target.is_resource(), "{place}: {target:?}");
                    }
                }
                if let Some(binding) = field.binding() {
                    assert!(binding.value_set().starts_with("http"), "{place}");
                    assert!(binding.codes().len() > 0 && binding.codes().all(|code| binding.contains(code)));
                    assert!(
                        binding.codings().all(|(system, code)| {
                            system.starts_with("http") && binding.contains_coding(system, code)
                        }),
                        "{place}"
                    );
                    assert!(!binding.contains("no such code"));
                }
            }
        }
        println!("{}: {} types, {fields} fields, {members} members", schema.version(), schema.types().len());
    }
}

/// What XML writes as an attribute: the ids of all but resources, and the URLs of extensions.
fn attribute(owner: &TypeDef, element: &str) -> bool {
    match element {
        "id" => !owner.is_resource(),
        "url" => owner.name() == "Extension",
        _ => false,
    }
}

#[test]
fn the_types_of_each_version_are_all_there() {
    // concrete resources, primitive, complex, nested types
    let table = [
        (Version::Dstu2, 94, 18, 22, 224),
        (Version::Stu3, 117, 18, 35, 335),
        (Version::R4, 146, 20, 41, 473),
        (Version::R4B, 141, 20, 43, 496),
        (Version::R5, 158, 21, 48, 630),
    ];
    for (version, resources, primitive, complex, nested) in table {
        let Some(schema) = Schema::of(version) else { continue };
        assert_eq!(schema.version(), version);
        let count = |kind| schema.types().iter().filter(|found| found.kind() == kind).count();
        assert_eq!(schema.resources().count(), resources, "{version}");
        assert_eq!(count(TypeKind::Primitive), primitive, "{version}");
        assert_eq!(count(TypeKind::Complex), complex, "{version}");
        assert_eq!(count(TypeKind::Backbone), nested, "{version}");
        for absent in ["Definition", "FiveWs", "ParticipantLiving", ""] {
            assert!(schema.type_named(absent).is_none(), "{version}: {absent}");
        }
        assert!(schema.resource("DomainResource").is_none() && schema.resource("HumanName").is_none());
        let missing = PRIMITIVES.iter().find(|name| schema.type_named(name).is_none());
        assert_eq!(missing, None, "{version}");
    }
}

/// The primitives of all versions.
const PRIMITIVES: &[&str] = &[
    "base64Binary",
    "boolean",
    "code",
    "date",
    "dateTime",
    "decimal",
    "id",
    "instant",
    "integer",
    "markdown",
    "oid",
    "positiveInt",
    "string",
    "time",
    "unsignedInt",
    "uri",
    "uuid",
    "xhtml",
];

#[test]
fn elements_are_as_the_specification_says() {
    use Version::{Dstu2, R4, R4B, R5, Stu3};
    const FROM_R4: &[Version] = &[R4, R4B, R5];
    // versions, type, JSON member, element, its type, min, max, list
    let table: &[(&[Version], &str, &str, &str, &str, u32, Option<u32>, bool)] = &[
        (&ALL, "Patient", "id", "id", "id", 0, Some(1), false),
        (&ALL, "Patient", "name", "name", "HumanName", 0, None, true),
        (&ALL, "Patient", "deceasedBoolean", "deceased", "boolean", 0, Some(1), false),
        (&ALL, "Patient", "contact", "contact", "Patient.contact", 0, None, true),
        (&ALL, "Patient.contact", "relationship", "relationship", "CodeableConcept", 0, None, true),
        (&ALL, "Patient", "contained", "contained", "Resource", 0, None, true),
        (&ALL, "Observation", "status", "status", "code", 1, Some(1), false),
        (&ALL, "Observation", "valueQuantity", "value", "Quantity", 0, Some(1), false),
        (
            &ALL,
            "Observation.component",
            "referenceRange",
            "referenceRange",
            "Observation.referenceRange",
            0,
            None,
            true,
        ),
        (&ALL, "Extension", "url", "url", "uri", 1, Some(1), false),
        (&[Dstu2], "Element", "id", "id", "id", 0, Some(1), false),
        (&[Stu3, R4, R4B, R5], "Element", "id", "id", "string", 0, Some(1), false),
        (&ALL, "Narrative", "div", "div", "xhtml", 1, Some(1), false),
        (&ALL, "Timing", "repeat", "repeat", "Timing.repeat", 0, Some(1), false),
        (&ALL, "Bundle.entry", "resource", "resource", "Resource", 0, Some(1), false),
        (&ALL, "boolean", "extension", "extension", "Extension", 0, None, true),
        (
            &ALL,
            "ElementDefinition",
            "patternCodeableConcept",
            "pattern",
            "CodeableConcept",
            0,
            Some(1),
            false,
        ),
        // What has changed its type, its number or its name.
        (&[Dstu2], "HumanName", "family", "family", "string", 0, None, true),
        (&[Stu3, R4, R4B, R5], "HumanName", "family", "family", "string", 0, Some(1), false),
        (&[Dstu2], "Quantity", "code", "code", "code", 0, Some(1), false),
        (&[Dstu2], "Patient", "careProvider", "careProvider", "Reference", 0, None, true),
        (&[Dstu2], "Conformance", "fhirVersion", "fhirVersion", "id", 1, Some(1), false),
        (&[Stu3], "CapabilityStatement", "fhirVersion", "fhirVersion", "id", 1, Some(1), false),
        (FROM_R4, "CapabilityStatement", "fhirVersion", "fhirVersion", "code", 1, Some(1), false),
        (&[Dstu2], "Parameters.parameter", "valueQuantity", "value", "Quantity", 0, Some(1), false),
        (&[Dstu2], "Questionnaire.group", "group", "group", "Questionnaire.group", 0, None, true),
        (&[Stu3, R4, R4B, R5], "Questionnaire.item", "item", "item", "Questionnaire.item", 0, None, true),
        (&[Stu3], "Extension", "valueAge", "value", "Age", 0, Some(1), false),
        (FROM_R4, "Extension", "valueAge", "value", "Age", 0, Some(1), false),
        (&[Dstu2, Stu3], "ImplementationGuide.page", "kind", "kind", "code", 1, Some(1), false),
        (&[R4, R4B], "Extension", "valueCanonical", "value", "canonical", 0, Some(1), false),
        (&[R5], "Extension", "valueInteger64", "value", "integer64", 0, Some(1), false),
        (&[R5], "Attachment", "size", "size", "integer64", 0, Some(1), false),
        (&[R4], "Attachment", "size", "size", "unsignedInt", 0, Some(1), false),
        (&[R5], "MedicationRequest", "medication", "medication", "CodeableReference", 1, Some(1), false),
        (
            &[R4, R4B],
            "MedicationRequest",
            "medicationReference",
            "medication",
            "Reference",
            1,
            Some(1),
            false,
        ),
        (&[R5], "CodeableReference", "reference", "reference", "Reference", 0, Some(1), false),
        (&[R5], "Encounter", "class", "class", "CodeableConcept", 0, None, true),
        (&[R4B], "Ingredient", "status", "status", "code", 1, Some(1), false),
    ];
    for &(versions, owner, member, element, kind, min, max, list) in table {
        for schema in versions.iter().filter_map(|version| Schema::of(*version)) {
            let place = format!("{} {owner}.{member}", schema.version());
            let (field, choice) =
                named(schema, owner).field_for_json(member).unwrap_or_else(|| panic!("{place} is not there"));
            assert_eq!(
                (field.name(), choice.definition().name(), field.min(), field.max(), field.is_list()),
                (element, kind, min, max, list),
                "{place}"
            );
        }
    }
    for schema in schemas() {
        for (owner, member) in
            [("Patient", "value"), ("Observation", "value"), ("Patient", "_id"), ("boolean", "value")]
        {
            assert!(named(schema, owner).field_for_json(member).is_none(), "{owner}.{member}");
        }
        assert!(named(schema, "Observation").field("value").unwrap().is_choice());
        assert!(named(schema, "Observation").field("valueQuantity").is_none());
    }
}

#[test]
fn bases_targets_and_bindings_are_known() {
    for schema in schemas() {
        let named = |name: &str| named(schema, name);
        let patient = named("Patient");
        assert!(patient.is_subtype_of(named("DomainResource")) && patient.is_subtype_of(named("Resource")));
        assert!(!patient.is_subtype_of(named("Element")) && !named("Resource").is_subtype_of(patient));
        // DSTU2 writes ages as quantities.
        let age = schema.type_named("Age");
        assert_eq!(
            age.map(|age| age.is_subtype_of(named("Quantity"))),
            (schema.version() != Version::Dstu2).then_some(true)
        );
        assert!(named("Patient.contact").is_subtype_of(named("BackboneElement")));
        assert!(named("code").is_subtype_of(named("string")));
        let targets = |owner: &str, member: &str| {
            let (_, choice) = named(owner).field_for_json(member).unwrap();
            choice.targets().map(TypeDef::name).collect::<Vec<_>>()
        };
        let subject = targets("Observation", "subject");
        assert_eq!(subject.get(..4).unwrap(), ["Patient", "Group", "Device", "Location"]);
        assert_eq!(targets("List.entry", "item"), ["Resource"], "{schema:?}");
        let gender = patient.field("gender").unwrap();
        let binding = gender.binding().unwrap();
        assert_eq!(binding.value_set(), "http://hl7.org/fhir/ValueSet/administrative-gender");
        assert_eq!(binding.codes().collect::<Vec<_>>(), ["female", "male", "other", "unknown"]);
        assert!(binding.contains_coding("http://hl7.org/fhir/administrative-gender", "male"));
        assert!(!binding.contains_coding("http://example.org", "male"));
        assert!(gender.in_summary() && !gender.is_modifier());
        assert!(patient.field("active").unwrap().is_modifier());
        assert_eq!(named("instant").primitive(), Some(PrimitiveKind::Instant));
        // LOINC's and other people's codes are not copied.
        assert!(named("Observation").field("code").unwrap().binding().is_none());
    }
    if let Some(schema) = Schema::of(Version::R4) {
        let status = named(schema, "Condition").field("clinicalStatus").unwrap().binding().unwrap();
        let system = "http://terminology.hl7.org/CodeSystem/condition-clinical";
        assert!(status.contains_coding(system, "remission") && !status.contains_coding(system, "gone"));
    }
}

#[test]
fn invariants_stand_where_the_specification_has_them() {
    // version, distinct rules, places that have any of their own
    let table = [
        (Version::Dstu2, 0, 0),
        (Version::Stu3, 188, 190),
        (Version::R4, 239, 239),
        (Version::R4B, 243, 388),
        (Version::R5, 314, 381),
    ];
    for (version, distinct, places) in table {
        let Some(schema) = Schema::of(version) else { continue };
        let types = schema.types().iter();
        let all: Vec<_> = types
            .flat_map(|found| {
                let fields = found.fields().iter().flat_map(|field| field.invariants());
                found.invariants().iter().chain(fields)
            })
            .collect();
        let rules: BTreeSet<_> = all.iter().map(|rule| (rule.key(), rule.expression())).collect();
        assert_eq!((rules.len(), all.len()), (distinct, places), "{version}");
        for (index, rule) in schema.invariants().iter().enumerate() {
            assert_eq!(rule.index(), index);
            assert!(!rule.key().is_empty() && !rule.expression().is_empty() && !rule.human().is_empty());
        }
    }
    for version in [Version::Stu3, Version::R4, Version::R4B, Version::R5] {
        let Some(schema) = Schema::of(version) else { continue };
        let keys =
            |name: &str| named(schema, name).invariants().iter().map(|rule| rule.key()).collect::<Vec<_>>();
        assert_eq!(keys("Element"), if version == Version::R5 { vec![] } else { vec!["ele-1"] }, "{version}");
        assert_eq!(keys("Patient"), Vec::<&str>::new());
        assert_eq!(keys("Patient.contact"), ["pat-1"]);
        assert_eq!(keys("Extension"), ["ext-1"]);
        assert!(keys("DomainResource").contains(&"dom-2") && keys("Period") == ["per-1"]);
        let contact = named(schema, "Patient.contact").invariants().first().unwrap();
        assert!(
            contact.is_error()
                && !contact.is_best_practice()
                && contact.expression().contains("organization.exists()")
        );
        let div = named(schema, "Narrative").field("div").unwrap();
        assert_eq!(div.invariants().iter().map(|rule| rule.key()).collect::<Vec<_>>(), ["txt-1", "txt-2"]);
        let narrative =
            named(schema, "DomainResource").invariants().iter().find(|rule| rule.key() == "dom-6");
        assert_eq!(
            narrative.map(|rule| (rule.is_error(), rule.is_best_practice())),
            (version != Version::Stu3).then_some((false, true))
        );
    }
}

#[test]
fn the_search_for_an_unknown_element_ends_for_every_type() {
    for version in ALL {
        let Some(schema) = Schema::of(version) else { continue };
        for found in schema.types() {
            // A table without an empty place would be searched for ever.
            assert!(found.field("notAnElement").is_none(), "{version} {}", found.name());
            assert!(found.field_for_json("notAnElement").is_none(), "{version} {}", found.name());
        }
    }
}
