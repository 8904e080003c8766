//! Reading with faults and the rules beyond one element: references, contained resources, Bundles, ids, sizes.
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
use hygea_fhir_model::json::{Document, Options};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate::{Format, Issue, Reader, Rule, Rules, Severity, Validator};
use proptest::prelude::*;

fn r4() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

fn issues(text: &str) -> Vec<Issue> {
    Validator::new(r4()).validate(&Document::parse(text.as_bytes()).unwrap())
}

#[test]
fn content_is_checked() {
    // The members of a Patient, and what is wrong with them: kind, rule, expression.
    let table: &[(&str, &[(ErrorKind, Rule, &str)])] = &[
        (r##""managingOrganization":{"reference":"Organization/1"}"##, &[]),
        (r##""managingOrganization":{"reference":"http://a.b/fhir/Organization/1/_history/2"}"##, &[]),
        (r##""managingOrganization":{"reference":"http://a.b/something/1"}"##, &[]),
        (
            r##""managingOrganization":{"reference":"Practitioner/1"}"##,
            &[(Reference, Rule::Reference, "Patient.managingOrganization")],
        ),
        (
            r##""managingOrganization":{"reference":"https://a.b/Practitioner/1/_history/2"}"##,
            &[(Reference, Rule::Reference, "Patient.managingOrganization")],
        ),
        (
            r##""managingOrganization":{"type":"Practitioner"}"##,
            &[(Reference, Rule::Reference, "Patient.managingOrganization")],
        ),
        (
            r##""managingOrganization":{"type":"Patient","reference":"Organization/1"}"##,
            &[(Inconsistent, Rule::Reference, "Patient.managingOrganization.type")],
        ),
        (
            r##""managingOrganization":{"reference":"#a"}"##,
            &[(Reference, Rule::Reference, "Patient.managingOrganization.reference")],
        ),
        (
            r##""managingOrganization":{"reference":"#a"},"contained":[{"resourceType":"Organization","id":"a"}]"##,
            &[],
        ),
        (
            r##""managingOrganization":{"reference":"#a"},"contained":[{"resourceType":"Patient","id":"a"}]"##,
            &[(Reference, Rule::Reference, "Patient.managingOrganization")],
        ),
        (
            r##""contained":[{"resourceType":"Organization","id":"a"}]"##,
            &[(Invariant, Rule::Reference, "Patient.contained[0]")],
        ),
        (
            r##""contained":[{"resourceType":"Organization"}]"##,
            &[(MissingElement, Rule::Reference, "Patient.contained[0].id")],
        ),
        (
            r##""contained":[{"resourceType":"Provenance","id":"a","target":[{"reference":"#"}],"recorded":"2020-01-01T00:00:00Z",
                "agent":[{"who":{"display":"x"}}]}]"##,
            &[],
        ),
        (
            r##""managingOrganization":{"reference":"#a"},
                "contained":[{"resourceType":"Organization","id":"a","contained":[{"resourceType":"Patient","id":"b"}]}]"##,
            &[(Invariant, Rule::Reference, "Patient.contained[0].contained")],
        ),
        (
            r##""name":[{"id":"a"},{"id":"a","family":"b"}]"##,
            &[(Inconsistent, Rule::Consistency, "Patient.name[1].id")],
        ),
        (
            r##""name":[{"id":"a"}],"_birthDate":{"id":"a"}"##,
            &[(Inconsistent, Rule::Consistency, "Patient.birthDate.id")],
        ),
        (r##""photo":[{"data":"QUJD","size":3,"hash":"PAG9uybzWLqyfyZ5JKosmgP8/bg="}]"##, &[]),
        (
            r##""photo":[{"data":"QUJD","size":4,"hash":"AAG9uybzWLqyfyZ5JKosmgP8/bg="}]"##,
            &[
                (Inconsistent, Rule::Consistency, "Patient.photo[0].size"),
                (Inconsistent, Rule::Consistency, "Patient.photo[0].hash"),
            ],
        ),
        (
            r##""text":{"status":"generated","div":"<div><form/></div>"}"##,
            &[(InvalidPrimitive, Rule::Narrative, "Patient.text.div")],
        ),
        (
            r##""text":{"status":"generated","div":"<div>&reg;</div>"}"##,
            &[(Syntax, Rule::Narrative, "Patient.text.div")],
        ),
        (
            r##""_gender":{"extension":[{"url":"http://u","valueCode":"x"}]}"##,
            &[(UnknownCode, Rule::Binding, "Patient.gender")],
        ),
        (
            r##""identifier":[{"system":"urn:oid:1.2.x"},{"system":"urn:uuid:C757873D-EC9A-4326-A141-556F43239520"}]"##,
            &[(InvalidPrimitive, Rule::Format, "Patient.identifier[0].system")],
        ),
        (
            r##""meta":{"profile":["http://a.b/c|"]}"##,
            &[(InvalidPrimitive, Rule::Format, "Patient.meta.profile[0]")],
        ),
    ];
    for (members, wanted) in table {
        let found = issues(&format!(r#"{{"resourceType":"Patient",{members}}}"#));
        let found: Vec<_> =
            found.iter().map(|issue| (issue.kind(), issue.rule(), issue.expression())).collect();
        assert_eq!(found, *wanted, "{members}");
    }
}

#[test]
fn bundles_are_checked() {
    let patient = r#""resource":{"resourceType":"Patient","id":"1"}"#;
    let table: &[(String, &[(ErrorKind, &str)])] = &[
        (format!(r#""collection","entry":[{{"fullUrl":"http://a.b/Patient/1",{patient}}}]"#), &[]),
        (format!(r#""collection","entry":[{{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520",{patient}}}]"#), &[]),
        (
            format!(r#""collection","entry":[{{"fullUrl":"http://a.b/Patient/2",{patient}}}]"#),
            &[(Inconsistent, "Bundle.entry[0].fullUrl")],
        ),
        (
            format!(r#""collection","entry":[{{"fullUrl":"http://a.b/Patient/1",{patient}}},{{"fullUrl":"http://a.b/Patient/1",{patient}}}]"#),
            &[(Invariant, "Bundle.entry[1].fullUrl")],
        ),
        (
            format!(r#""collection","entry":[{{"fullUrl":"http://a.b/Patient/1/_history/1",{patient}}}]"#),
            &[(Invariant, "Bundle.entry[0].fullUrl")],
        ),
        (format!(r#""transaction","entry":[{{{patient}}}]"#), &[(Invariant, "Bundle.entry[0].request")]),
        (
            format!(r#""searchset","entry":[{{{patient},"request":{{"method":"GET","url":"Patient/1"}}}}]"#),
            &[(Invariant, "Bundle.entry[0].request")],
        ),
        (format!(r#""document","entry":[{{{patient}}}]"#), &[(MissingElement, "Bundle.entry")]),
        (
            r#""collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient"}},
                {"resource":{"resourceType":"Patient","managingOrganization":{"reference":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}}},
                {"resource":{"resourceType":"Patient","managingOrganization":{"reference":"urn:uuid:c757873d-ec9a-4326-a141-556f43239521"}}}]"#
                .to_owned(),
            &[
                (Reference, "Bundle.entry[1].resource.managingOrganization"),
                (Reference, "Bundle.entry[2].resource.managingOrganization.reference"),
            ],
        ),
    ];
    for (members, wanted) in table {
        let found = issues(&format!(r#"{{"resourceType":"Bundle","type":{members}}}"#));
        let found: Vec<_> = found.iter().map(|issue| (issue.kind(), issue.expression())).collect();
        assert_eq!(found, *wanted, "{members}");
    }
}

#[test]
fn rules_can_be_passed_over() {
    let text = r#"{"resourceType":"Patient","photo":[{"url":"http://images.example.org/1","data":"QUJD","size":4}]}"#;
    let document = Document::parse(text.as_bytes()).unwrap();
    let count = |validator: Validator<'_>| validator.validate(&document).len();
    assert_eq!(count(Validator::new(r4())), 1);
    assert_eq!(count(Validator::new(r4()).examples(false)), 2);
    assert_eq!(count(Validator::new(r4()).examples(false).without(Rule::Consistency)), 0);
    assert_eq!(count(Validator::structure(r4())), 0);
    let one = Rules { max_issues: 1, ..Rules::default() };
    assert_eq!(count(Validator::new(r4()).examples(false).rules(one)), 1);
}

#[test]
fn strict_refuses_what_tolerant_lists() {
    let table: &[(&str, &[(ErrorKind, &str, usize, usize)])] = &[
        ("{\"resourceType\":\"Patient\"}", &[]),
        ("\u{feff}{\"resourceType\":\"Patient\",\n \"name\":[]}", &[(Empty, "Patient.name", 2, 9)]),
        (
            "{\"resourceType\":\"Patient\",\n\"id\":\"a\",\n\"id\":\"b\"}",
            &[(DuplicateKey, "Patient.id", 3, 6)],
        ),
        (
            "{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"a\"],\"given\":[\"b\"]}],\"gender\":1,\"x\":null}",
            &[
                (DuplicateKey, "Patient.name[0].given", 1, 58),
                (WrongType, "Patient.gender", 1, 75),
                (UnknownElement, "Patient.x", 1, 81),
            ],
        ),
    ];
    for (text, wanted) in table {
        let reading = Reader::tolerant(r4()).read(text.as_bytes()).unwrap();
        assert_eq!(
            (reading.document.text(), reading.format),
            (text.trim_start_matches('\u{feff}'), Format::Json)
        );
        assert!(reading.issues.iter().all(|issue| issue.severity() == Severity::Warning));
        let faults = match Reader::strict(r4()).read(text.as_bytes()) {
            Ok(reading) => reading.issues,
            Err(faults) => faults.into_issues(),
        };
        let place = |issue: &Issue| {
            let position = issue.position().unwrap();
            assert_eq!(position.offset, issue.offset());
            (issue.kind(), issue.expression().to_owned(), position.line, position.column)
        };
        let found: Vec<_> = faults.iter().map(place).collect();
        assert_eq!(found, reading.issues.iter().map(place).collect::<Vec<_>>(), "{text}");
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(kind, expression, line, column)| (*kind, (*expression).to_owned(), *line, *column))
            .collect();
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn what_cannot_be_parsed_is_refused_by_both() {
    let table: &[(&[u8], ErrorKind, &str, usize)] = &[
        (b"", Syntax, "", 0),
        (b"{\"resourceType\":\"Patient\",\"name\":[{\"family\":}]}", Syntax, "name[0].family", 44),
        (b"{\"a\":\"\xff\"}", Encoding, "", 6),
        (b"{\"a\":1", Syntax, "a", 6),
    ];
    for (bytes, kind, path, offset) in table {
        for reader in [Reader::strict(r4()), Reader::tolerant(r4())] {
            let faults = reader.read(bytes).unwrap_err();
            let [fault] = faults.issues() else { panic!("{faults}") };
            assert_eq!((fault.kind(), fault.expression(), fault.offset()), (*kind, *path, *offset));
            assert_eq!(fault.severity(), Severity::Fatal);
        }
    }
    let deep = Options { max_depth: 3, ..Options::default() };
    let faults = Reader::tolerant(r4()).limits(deep).read(b"[[[[]]]]").unwrap_err();
    assert_eq!(faults.first().map(Issue::kind), Some(TooDeep));
}

const SEEDS: &[&str] = &[
    r##"{"resourceType":"Patient","id":"a","text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>a &amp; <b>b</b></div>"},
    "contained":[{"resourceType":"Organization","id":"o"}],"managingOrganization":{"reference":"#o","type":"Organization"},
    "photo":[{"data":"QUJD","size":3,"hash":"PAG9uybzWLqyfyZ5JKosmgP8/bg="}],"name":[{"id":"n","given":["a",null],"_given":[null,{"id":"g"}]}]}"##,
    r##"{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"http://a.b/Patient/1","resource":{"resourceType":"Patient","id":"1"},
    "request":{"method":"PUT","url":"Patient/1"}},{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Observation",
    "status":"final","code":{"coding":[{"code":"c"}]},"subject":{"reference":"http://a.b/Patient/1"}},"request":{"method":"POST","url":"Observation"}}]}"##,
];

proptest! {
    #[test]
    fn mutated_resources_do_no_harm(
        seed in 0..SEEDS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        max in 0_usize..5,
    ) {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = b"{}[],:\"n1_ta#</>&;= '"[usize::from(byte) % 21];
        }
        let rules = Rules { max_issues: max, ..Rules::default() };
        let validator = Validator::new(r4()).rules(rules);
        let tolerant = Reader::tolerant(r4()).validator(validator.clone()).read(&bytes);
        let strict = Reader::strict(r4()).validator(validator).read(&bytes);
        match (tolerant, strict) {
            (Ok(reading), strict) => {
                prop_assert!(reading.issues.len() <= max);
                prop_assert!(reading.issues.iter().all(|issue| issue.offset() < bytes.len()));
                let faults = strict.map_or_else(|faults| faults.into_issues(), |reading| reading.issues);
                prop_assert_eq!(faults.len(), reading.issues.len());
            }
            (Err(faults), strict) => prop_assert_eq!(Some(faults), strict.err()),
        }
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Reader::tolerant(r4()).validator(Validator::new(r4())).read(&bytes);
    }

    #[test]
    fn any_markup_does_no_harm(text in "[<>/a-d ='\"&;#x!-]{0,40}") {
        let _ = hygea_fhir_model::primitive::xhtml::check(&format!("<div>{text}</div>"));
        if let Err(fault) = hygea_fhir_model::primitive::xhtml::check(&text) {
            prop_assert!(fault.offset() <= text.len());
        }
    }
}
