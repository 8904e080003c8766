//! What everybody would write by hand: lookups by code, system, URL and reference, over all versions.
#![cfg(feature = "r4")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::primitive::{Decimal, Target};
use hygea_fhir_model::r4::{
    Bundle, CodeableConcept, Coding, Extension, ExtensionValue, HumanName, NameUse, Observation, Patient,
    Quantity, Reference, Resource,
};
use hygea_fhir_model::typed::{ResourceType, Structure};

#[test]
fn names_are_chosen_by_use_and_shown_by_parts() {
    let name = |use_: Option<NameUse>, family: &str| HumanName {
        use_,
        family: Some(family.into()),
        ..HumanName::default()
    };
    let table = [
        (vec![], None),
        (vec![name(Some(NameUse::Old), "a")], Some("a")),
        (vec![name(Some(NameUse::Nickname), "a"), name(None, "b")], Some("b")),
        (vec![name(None, "a"), name(Some(NameUse::Usual), "b")], Some("b")),
        (vec![name(Some(NameUse::Usual), "a"), name(Some(NameUse::Official), "b")], Some("b")),
        (vec![name(Some(NameUse::Official), "a"), name(Some(NameUse::Official), "b")], Some("a")),
    ];
    for (names, wanted) in table {
        let patient = Patient { name: names, ..Patient::default() };
        assert_eq!(patient.official_name().map(HumanName::full).as_deref(), wanted);
    }
    let full = HumanName {
        prefix: vec!["Dr.".into()],
        given: vec!["Ada".into(), "".into(), "K.".into()],
        suffix: vec!["II".into()],
        ..name(None, "Lovelace")
    };
    assert_eq!(full.full(), "Dr. Ada K. Lovelace II");
    assert_eq!(HumanName { text: Some("A. L.".into()), ..full }.full(), "A. L.");
    assert_eq!(HumanName::default().full(), "");
}

#[test]
fn concepts_are_asked_for_codes() {
    let mut concept = CodeableConcept::of("http://loinc.org", "8867-4", "Heart rate");
    concept.coding.push(Coding { user_selected: Some(true), ..Coding::new("urn:local", "hr") });
    assert!(concept.has("urn:local", "hr") && !concept.has("urn:local", "8867-4") && !concept.has("", "hr"));
    assert_eq!(concept.coding("urn:local").and_then(|coding| coding.code.as_deref()), Some("hr"));
    assert_eq!(concept.code("urn:other"), None);
    // The chosen coding has no display.
    assert_eq!(concept.label(), Some("Heart rate"));
    concept.coding[1].display = Some("pulse".into());
    assert_eq!(concept.label(), Some("pulse"));
    concept.text = Some("Pulse".into());
    assert_eq!(concept.label(), Some("Pulse"));
    assert_eq!(CodeableConcept::default().label(), None);
}

#[test]
fn observations_give_their_values() {
    let json = br#"{"resourceType":"Observation","component":[
        {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120.0,"unit":"mmHg"}},
        {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueCodeableConcept":{"text":"low"}}],
        "valueString":"x"}"#;
    let observation = Observation::from_json(json).unwrap();
    let systolic = observation.component("http://loinc.org", "8480-6").unwrap();
    assert_eq!(systolic.value_as_quantity().map(ToString::to_string).as_deref(), Some("120.0 mmHg"));
    assert!(systolic.value_as_concept().is_none());
    let diastolic = observation.component("http://loinc.org", "8462-4").unwrap();
    assert_eq!(diastolic.value_as_concept().and_then(CodeableConcept::label), Some("low"));
    assert!(observation.component("http://loinc.org", "1").is_none());
    assert_eq!(observation.value_as_text(), Some("x"));
    assert!(observation.value_as_quantity().is_none() && observation.value_as_concept().is_none());
    let dose = Quantity::of(Decimal::parse("1.50").unwrap(), "mg");
    assert_eq!((dose.to_string().as_str(), dose.ucum()), ("1.50 mg", Some("mg")));
}

#[test]
fn extensions_are_found_by_their_url() {
    let json = br#"{"resourceType":"Patient","extension":[{"url":"u:a","extension":[{"url":"text","valueString":"x"}]},{"url":"u:a"}],
        "birthDate":"1970","_birthDate":{"extension":[{"url":"u:b","valueCode":"c"}]},"name":[{"extension":[{"url":"u:c"}]}]}"#;
    let patient = Patient::from_json(json).unwrap();
    let inner = patient.extension("u:a").and_then(|found| found.extension("text")).unwrap();
    assert!(matches!(&inner.value, Some(ExtensionValue::String(text)) if text == "x"));
    assert!(patient.extension("u:b").is_none() && patient.name[0].extension("u:c").is_some());
    assert!(patient.extra("birthDate").and_then(|extra| extra.extension("u:b")).is_some());
    let resource = Resource::from(patient);
    assert!(std::ptr::eq(
        resource.extension("u:a").unwrap(),
        &resource.as_type::<Patient>().unwrap().extension[0]
    ));
    assert!(Bundle::default().extension("u:a").is_none());
    assert!(Extension::default().extension("u:a").is_none());
}

#[test]
fn resources_give_their_parts_and_their_type() {
    let json = br##"{"resourceType":"Observation","id":"o","meta":{"versionId":"3","tag":[{"system":"s","code":"c"}],
        "profile":["http://p|2"]},"contained":[{"resourceType":"Patient","id":"p"},{"resourceType":"Unheard","id":"u"}],
        "subject":{"reference":"#p"}}"##;
    let resource = Resource::from_json(json).unwrap();
    assert_eq!((resource.name(), resource.id()), ("Observation", Some("o")));
    let meta = resource.meta().unwrap();
    assert!(meta.has_tag("s", "c") && !meta.has_security("s", "c"));
    assert!(
        meta.has_profile("http://p") && meta.has_profile("http://p|2") && !meta.has_profile("http://p|3")
    );
    let resource = Patient::try_from(resource).unwrap_err();
    let observation = Observation::try_from(resource).unwrap();
    assert_eq!(observation.contained("p").map(Resource::name), Some("Patient"));
    assert_eq!(observation.contained("u").and_then(Resource::id), Some("u"));
    assert!(observation.contained("x").is_none() && observation.contained("").is_none());
    let subject = observation.subject.as_ref().unwrap();
    assert!(
        subject.contained(&observation.contained).is_some_and(|found| found.as_type::<Patient>().is_some())
    );
    assert!(size_of::<Resource>() <= 24 && size_of::<Option<Resource>>() <= 24);
}

#[test]
fn a_type_that_is_not_known_is_kept_or_refused_with_its_place() {
    let json = br#"{"id":"a","resourceType":"Unheard","x":1}"#;
    assert_eq!(Resource::from_json(json).unwrap().id(), Some("a"));
    let error = Resource::from_json_strict(json).unwrap_err();
    assert_eq!(error.kind(), hygea_fhir_model::ErrorKind::UnknownResourceType);
    assert!((10..=25).contains(&error.position().unwrap().offset), "{error}");
    let error = Patient::from_json(json).unwrap_err();
    assert_eq!(error.kind(), hygea_fhir_model::ErrorKind::UnknownResourceType);
    assert_eq!(error.position().unwrap().offset, 25);
}

#[test]
fn bundles_resolve_their_references() {
    let json = br#"{"resourceType":"Bundle","link":[{"relation":"self","url":"http://a/Patient"},{"relation":"next","url":"http://a/p2"}],
        "entry":[
        {"fullUrl":"http://a/Patient/1","resource":{"resourceType":"Patient","id":"1","meta":{"versionId":"4"}}},
        {"fullUrl":"http://b/Patient/1","resource":{"resourceType":"Patient","id":"1"}},
        {"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Group"}},
        {"search":{"mode":"outcome"}}]}"#;
    let bundle = Bundle::from_json(json).unwrap();
    assert_eq!((bundle.link("next"), bundle.link("previous")), (Some("http://a/p2"), None));
    assert_eq!((bundle.resources().count(), bundle.entries_of::<Patient>().count()), (3, 2));
    let table = [
        ("Patient/1", Some("http://a/Group/9"), Some(0)),
        ("Patient/1", Some("http://b/Group/9"), Some(1)),
        ("Patient/1", Some("http://c/Group/9"), None),
        ("Patient/1", None, Some(0)),
        ("Patient/1", Some("urn:uuid:c757873d-ec9a-4326-a141-556f43239520"), Some(0)),
        ("Patient/1/_history/4", None, Some(0)),
        ("Patient/1/_history/5", None, None),
        ("http://b/Patient/1", None, Some(1)),
        ("http://b/Patient/1", Some("http://a/Group/9"), Some(1)),
        ("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", None, Some(2)),
        ("Group/1", None, None),
        ("#x", None, None),
        ("", None, None),
    ];
    for (text, from, wanted) in table {
        let reference = Reference { reference: Some(text.into()), ..Reference::default() };
        let found = bundle.resolve(&reference, from);
        let at = found.and_then(|found| bundle.entry.iter().position(|entry| std::ptr::eq(entry, found)));
        assert_eq!(at, wanted, "{text} {from:?}");
    }
    assert_eq!(Reference::to("Patient", "1").target().and_then(Target::type_), Some("Patient"));
    assert_eq!(Reference::to_contained("x").target(), Some(Target::Contained("x")));
}
