//! The reader over XML and into typed structs: the same faults as of JSON, with the places of the XML.
#![cfg(feature = "r4-schema")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::ErrorKind::{self, *};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate::{self, Format, Issue, Profiles, Reader, Rules, Severity, Validator};
use proptest::prelude::*;

fn r4() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

/// The XML of a Patient with these elements, from the second line on.
fn patient(elements: &str) -> String {
    format!("<Patient xmlns=\"http://hl7.org/fhir\">\n{elements}</Patient>")
}

#[test]
fn faults_of_xml_have_places_of_the_xml() {
    // The elements, and their faults: kind, expression, line, column.
    let table: &[(&str, &[(ErrorKind, &str, usize, usize)])] = &[
        ("<active value=\"true\"/>", &[]),
        ("<active value=\"yes\"/>", &[(InvalidPrimitive, "Patient.active", 2, 9)]),
        (
            "<nick value=\"a\"/>\n<gender value=\"man\"/>\n<birthDate value=\"1970-02-30\"/>",
            &[
                (UnknownElement, "Patient.nick", 2, 1),
                (UnknownCode, "Patient.gender", 3, 15),
                (InvalidPrimitive, "Patient.birthDate", 4, 18),
            ],
        ),
        (
            "<contact/>\n<link><type value=\"refer\"/></link>",
            &[(Empty, "Patient.contact[0]", 2, 1), (MissingElement, "Patient.link[0].other", 3, 1)],
        ),
        (
            "<managingOrganization><reference value=\"#o\"/></managingOrganization>",
            &[(Reference, "Patient.managingOrganization.reference", 2, 40)],
        ),
    ];
    for (elements, wanted) in table {
        let text = patient(elements);
        let validator = Validator::new(r4());
        let tolerant = Reader::tolerant(r4()).validator(validator.clone()).read(text.as_bytes()).unwrap();
        assert_eq!(tolerant.format, Format::Xml);
        assert!(tolerant.issues.iter().all(|issue| issue.severity() == Severity::Warning));
        let strict = match Reader::strict(r4()).validator(validator).read(text.as_bytes()) {
            Ok(reading) => reading.issues,
            Err(faults) => faults.into_issues(),
        };
        let place = |issue: &Issue| {
            let position = issue.position().unwrap();
            assert_eq!(position.offset, issue.offset());
            (issue.kind(), issue.expression().to_owned(), position.line, position.column)
        };
        let mut found: Vec<_> = strict.iter().map(place).collect();
        assert_eq!(found, tolerant.issues.iter().map(place).collect::<Vec<_>>(), "{elements}");
        found.sort_by_key(|(_, _, line, column)| (*line, *column));
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(kind, path, line, column)| (*kind, (*path).to_owned(), *line, *column))
            .collect();
        assert_eq!(found, wanted, "{elements}");
    }
}

#[test]
fn xml_is_in_utf8_and_says_so() {
    let plain = patient("<active value=\"true\"/>");
    let wide: Vec<u8> =
        "\u{feff}".chars().chain(plain.chars()).flat_map(|letter| (letter as u16).to_le_bytes()).collect();
    let table: &[(Vec<u8>, usize)] = &[
        (plain.clone().into_bytes(), 0),
        (format!("\u{feff}<?xml version='1.0' encoding='utf-8'?>{plain}").into_bytes(), 0),
        (format!("<?xml version='1.0' encoding='UTF-16'?>{plain}").into_bytes(), 1),
        (wide, 1),
    ];
    for (bytes, count) in table {
        let reading = Reader::tolerant(r4()).read(bytes).unwrap();
        let found: Vec<_> = reading.issues.iter().map(Issue::kind).collect();
        assert_eq!(found, vec![Encoding; *count]);
        assert_eq!(reading.document.text(), r#"{"resourceType":"Patient","active":true}"#);
        assert_eq!(Reader::strict(r4()).read(bytes).is_ok(), *count == 0);
    }
}

#[test]
fn what_is_no_xml_is_refused() {
    let deep = "<extension url=\"u\">".repeat(200);
    let table: &[(String, ErrorKind)] = &[
        ("<Patient xmlns=\"http://hl7.org/fhir\">".to_owned(), Syntax),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><Patient xmlns=\"http://hl7.org/fhir\"/>".to_owned(), Syntax),
        (patient(&deep), TooDeep),
        ("<Unheard xmlns=\"http://hl7.org/fhir\"/>".to_owned(), UnknownResourceType),
    ];
    for (text, kind) in table {
        for reader in [Reader::strict(r4()), Reader::tolerant(r4())] {
            let faults = reader.read(text.as_bytes()).unwrap_err();
            assert_eq!(faults.first().map(Issue::kind), Some(*kind), "{faults}");
        }
    }
}

#[test]
fn the_outcome_tells_every_issue() {
    let faults = Reader::strict(r4()).read(br#"{"resourceType":"Patient","active":1,"x":2}"#).unwrap_err();
    let outcome = validate::outcome(faults.issues(), Version::R4);
    let reread = outcome.to_json();
    let outcome = Reader::strict(r4()).read(reread.as_bytes()).unwrap();
    let told = outcome.document.root().get("issue").unwrap();
    let place = |at: usize, name: &str| told.at(at).unwrap().get(name).unwrap().raw().to_owned();
    assert_eq!(told.len(), 2);
    assert_eq!(place(0, "expression"), r#"["Patient.active"]"#);
    assert_eq!(place(1, "location"), r#"["/f:Patient/f:x"]"#);
    assert_eq!(place(1, "diagnostics"), r#""line 1, column 42 (byte 41)""#);
    assert_eq!(
        faults.to_string(),
        "the element is a JSON true or false, at Patient.active, line 1, column 36 (byte 35); 1 more"
    );
}

#[cfg(feature = "r4")]
#[test]
fn typed_structs_keep_what_does_not_fit() {
    use hygea_fhir_model::r4::{Observation, Patient};
    use hygea_fhir_model::typed::Structure;

    let json = br#"{"resourceType":"Patient","active":true,"active":false,"gender":"x","nick":1}"#;
    let (read, issues) = Reader::tolerant(r4()).read_as::<Patient>(json).unwrap();
    assert_eq!((read.active, issues.len()), (Some(true), 3));
    assert_eq!(
        read.to_json(),
        r#"{"resourceType":"Patient","active":true,"gender":"x","active":false,"nick":1}"#
    );
    assert_eq!(Reader::strict(r4()).read_as::<Patient>(json).unwrap_err().issues().len(), 3);
    let (read, _) =
        Reader::strict(r4()).read_as::<Patient>(patient("<active value='true'/>").as_bytes()).unwrap();
    assert_eq!(read.active, Some(true));
    let faults = Reader::tolerant(r4()).read_as::<Observation>(json).unwrap_err();
    assert_eq!(faults.first().map(Issue::kind), Some(UnknownResourceType));
}

#[test]
fn profiles_are_held_as_far_as_they_are_simple() {
    let profile = br#"{"resourceType":"StructureDefinition","url":"http://clinic.test/p","type":"Patient",
        "baseDefinition":"http://clinic.test/base","differential":{"element":[
        {"path":"Patient","min":1},
        {"path":"Patient.identifier","max":"1","slicing":{"rules":"open"}},
        {"id":"Patient.identifier:ssn","path":"Patient.identifier","sliceName":"ssn","min":1},
        {"path":"Patient.name.family","min":1,"maxLength":3},
        {"path":"Patient.gender","fixedCode":"female"},
        {"path":"Patient.birthDate","minValueDate":"1900-01-01","maxValueDate":"2000-12-31"},
        {"path":"Patient.multipleBirth[x]","min":0,"max":"0"},
        {"path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"code":"M"}]}}]}}"#;
    let base = br#"{"resourceType":"StructureDefinition","url":"http://clinic.test/base","type":"Patient",
        "differential":{"element":[{"path":"Patient.name","min":1}]}}"#;
    let mut profiles = Profiles::new();
    for definition in [profile.as_slice(), base] {
        let reading = Reader::tolerant(r4()).read(definition).unwrap();
        profiles.add(reading.document.root()).unwrap();
    }
    profiles.demand("http://clinic.test/p|1.0");
    profiles.complete("http://clinic.test/");
    let table: &[(&str, &[(ErrorKind, &str)])] = &[
        (
            r#""name":[{"family":"abc"}],"gender":"female","birthDate":"2000-12","maritalStatus":{"coding":[{"code":"X"},{"code":"M","system":"s"}]}"#,
            &[],
        ),
        ("", &[(MissingElement, "Patient.name")]),
        (
            r#""name":[{"given":["a"]},{"family":"abcd"}]"#,
            &[(MissingElement, "Patient.name[0].family"), (InvalidPrimitive, "Patient.name[1].family")],
        ),
        (
            r#""name":[{"family":"a"}],"gender":"male","birthDate":"2001","multipleBirthInteger":2,"maritalStatus":{"text":"M"}"#,
            &[
                (InvalidPrimitive, "Patient.gender"),
                (InvalidPrimitive, "Patient.birthDate"),
                (TooMany, "Patient.multipleBirth"),
                (InvalidPrimitive, "Patient.maritalStatus"),
            ],
        ),
        (r#""name":[{"family":"a"}],"birthDate":"1899-12-31""#, &[(InvalidPrimitive, "Patient.birthDate")]),
        (
            r#""name":[{"family":"a"}],"identifier":[{"value":"a"},{"value":"b"}]"#,
            &[(TooMany, "Patient.identifier")],
        ),
        (
            r#""name":[{"family":"a","_family":{"extension":[{"url":"http://clinic.test/x","valueCode":"c"}]}}],"extension":[{"url":"http://other.test/x","valueCode":"c"}]"#,
            &[(UnknownElement, "Patient.name[0].family.extension[0]")],
        ),
    ];
    for (members, wanted) in table {
        let comma = if members.is_empty() { "" } else { "," };
        let text = format!(r#"{{"resourceType":"Patient"{comma}{members}}}"#);
        let reader = Reader::tolerant(r4()).validator(Validator::structure(r4()).check(&profiles));
        let reading = reader.read(text.as_bytes()).unwrap();
        let found: Vec<_> = reading.issues.iter().map(|issue| (issue.kind(), issue.expression())).collect();
        assert_eq!(found, *wanted, "{members}");
    }
    let no_profile = Reader::tolerant(r4()).read(br#"{"resourceType":"Patient"}"#).unwrap();
    assert_eq!(profiles.add(no_profile.document.root()).unwrap_err().kind(), WrongType);
}

#[test]
fn definitions_lead_to_elements_that_are_there() {
    let text = |path: &str| {
        format!(
            r#"{{"resourceType":"StructureDefinition","url":"http://a.b/c","name":"C","status":"draft","kind":"resource","abstract":false,
            "type":"Patient","derivation":"constraint","differential":{{"element":[{{"path":"Patient.extension",
            "slicing":{{"rules":"open","discriminator":[{{"type":"value","path":"{path}"}}]}}}}]}}}}"#
        )
    };
    for (path, count) in [
        ("url", 0),
        ("value", 0),
        ("valueCoding.code", 0),
        ("$this", 0),
        ("value.ofType(Coding).code", 0),
        ("type", 1),
        ("url.x", 1),
    ] {
        let reader = Reader::tolerant(r4()).validator(Validator::new(r4()));
        assert_eq!(reader.read(text(path).as_bytes()).unwrap().issues.len(), count, "{path}");
    }
}

const SEED: &str = "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"a\"/><contained><Organization><id value=\"o\"/></Organization></contained>\
    <name id=\"n\"><given value=\"a\"/><given id=\"g\"/></name><managingOrganization><reference value=\"#o\"/></managingOrganization></Patient>";

proptest! {
    #[test]
    fn mutated_xml_does_no_harm(
        changes in prop::collection::vec((0..SEED.len(), any::<u8>()), 0..6),
        max in 0_usize..5,
    ) {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = b"<>/\"= a#&;!?-:x"[usize::from(byte) % 15];
        }
        let validator = Validator::new(r4()).rules(Rules { max_issues: max, ..Rules::default() });
        let tolerant = Reader::tolerant(r4()).validator(validator.clone()).read(&bytes);
        let strict = Reader::strict(r4()).validator(validator).read(&bytes);
        match (tolerant, strict) {
            (Ok(reading), strict) => {
                prop_assert!(reading.issues.len() <= max + 1);
                prop_assert!(reading.issues.iter().all(|issue| issue.offset() <= bytes.len()));
                let faults = strict.map_or_else(|faults| faults.into_issues(), |reading| reading.issues);
                prop_assert_eq!(faults.len(), reading.issues.len());
            }
            (Err(faults), strict) => prop_assert_eq!(Some(faults), strict.err()),
        }
    }

    #[test]
    fn any_definition_is_a_profile_or_an_error(path in "[A-Za-z.:\\[\\]]{0,20}", members in "(,\"(min|max|fixedCode|patternCode|minValueDate|maxLength)\":(1|\"1\"|\"*\"|null|\\[\\]|\\{\\})){0,4}") {
        let text = format!(r#"{{"resourceType":"StructureDefinition","url":"u","type":"Patient","snapshot":{{"element":[{{"path":"Patient.{path}"{members}}}]}}}}"#);
        if let Ok(reading) = Reader::tolerant(r4()).read(text.as_bytes()) {
            let mut profiles = Profiles::new();
            profiles.add(reading.document.root()).unwrap();
            profiles.demand("u");
            let seed = Reader::tolerant(r4()).read(SEED.as_bytes()).unwrap();
            let rules = Rules { max_issues: 3, ..Rules::default() };
            let validator = Validator::structure(r4()).rules(rules).check(&profiles);
            prop_assert!(validator.validate(&seed.document).len() <= 3);
        }
    }
}
