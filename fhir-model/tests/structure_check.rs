//! The structure check: each broken rule is named with its place, and HL7's own examples keep the rules.
#![cfg(feature = "r4-schema")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::ErrorKind::{self, *};
use hygea_fhir_model::json::{Document, Options};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate::{self, Rule, Rules};
use proptest::prelude::*;

fn r4() -> &'static Schema {
    Schema::of(Version::R4).unwrap()
}

#[test]
fn each_fault_is_named_with_its_place() {
    // The members of a Patient, and what is wrong with them: kind, expression, byte within the members.
    let table: &[(&str, &[(ErrorKind, &str, usize)])] = &[
        (r#""id":"a","name":[{"family":"b"}]"#, &[]),
        (r#""nme":[]"#, &[(UnknownElement, "Patient.nme", 6)]),
        (r#""name":{"family":"a"}"#, &[(WrongType, "Patient.name", 7)]),
        (r#""name":[{"family":["a"]}]"#, &[(WrongType, "Patient.name[0].family", 18)]),
        (r#""name":[{"given":["a",1]}]"#, &[(WrongType, "Patient.name[0].given[1]", 22)]),
        (r#""name":[]"#, &[(Empty, "Patient.name", 7)]),
        (r#""name":[{}]"#, &[(Empty, "Patient.name[0]", 8)]),
        (r#""name":["a"]"#, &[(WrongType, "Patient.name[0]", 8)]),
        (r#""name":[null]"#, &[(WrongType, "Patient.name[0]", 8)]),
        (r#""gender":null"#, &[(WrongType, "Patient.gender", 9)]),
        (r#""gender":["male"]"#, &[(WrongType, "Patient.gender", 9)]),
        (r#""gender":"man""#, &[(UnknownCode, "Patient.gender", 9)]),
        (r#""gender":"ma le ""#, &[(InvalidPrimitive, "Patient.gender", 9)]),
        (r#""active":"true""#, &[(WrongType, "Patient.active", 9)]),
        (r#""birthDate":"1970-02-30""#, &[(InvalidPrimitive, "Patient.birthDate", 12)]),
        (r#""multipleBirthInteger":1.5"#, &[(InvalidPrimitive, "Patient.multipleBirth", 23)]),
        (
            r#""multipleBirthInteger":1,"multipleBirthBoolean":true"#,
            &[(SeveralChoices, "Patient.multipleBirth", 48)],
        ),
        (
            r#""multipleBirthInteger":1,"_multipleBirthBoolean":{"id":"a"}"#,
            &[(SeveralChoices, "Patient.multipleBirth", 49)],
        ),
        (r#""multipleBirthInteger":1,"_multipleBirthInteger":{"id":"a"}"#, &[]),
        (r#""multipleBirth":1"#, &[(UnknownElement, "Patient.multipleBirth", 16)]),
        (r#""_birthDate":{"extension":[{"url":"u","valueCode":"c"}]}"#, &[]),
        (r#""_birthDate":{"value":1}"#, &[(UnknownElement, "Patient.birthDate.value", 22)]),
        (r#""_birthDate":{}"#, &[(Empty, "Patient.birthDate", 13)]),
        (r#""_birthDate":[{"id":"a"}]"#, &[(WrongType, "Patient.birthDate", 13)]),
        (r#""_birthDate":null"#, &[(WrongType, "Patient.birthDate", 13)]),
        (r#""birthDate":null,"_birthDate":{"id":"a"}"#, &[(WrongType, "Patient.birthDate", 12)]),
        (r#""_name":[{"id":"a"}]"#, &[(UnknownElement, "Patient.name", 8)]),
        (r#""name":[{"given":["a",null],"_given":[null,{"id":"b"}]}]"#, &[]),
        (r#""name":[{"_given":[null,{"id":"b"}]}]"#, &[(WrongType, "Patient.name[0].given[0]", 8)]),
        (r#""name":[{"given":["a",null]}]"#, &[(WrongType, "Patient.name[0].given[1]", 22)]),
        (
            r#""name":[{"given":["a",null],"_given":[{"id":"b"}]}]"#,
            &[(WrongType, "Patient.name[0].given[1]", 22)],
        ),
        (
            r#""contact":[{"period":{"start":"2020","end":"x"}}]"#,
            &[(InvalidPrimitive, "Patient.contact[0].period.end", 43)],
        ),
        (r#""link":[{"type":"refer"}]"#, &[(MissingElement, "Patient.link[0].other", 8)]),
        (
            r#""extension":[{"valueQuantity":{"value":"1"}}]"#,
            &[
                (WrongType, "Patient.extension[0].value.value", 39),
                (MissingElement, "Patient.extension[0].url", 13),
            ],
        ),
        (
            r#""contained":[{"resourceType":"Observation","status":"final"}]"#,
            &[(MissingElement, "Patient.contained[0].code", 13)],
        ),
        (
            r#""contained":[{"resourceType":"Unheard"}]"#,
            &[(UnknownResourceType, "Patient.contained[0].resourceType", 29)],
        ),
        (r#""contained":[{"id":"a"}]"#, &[(UnknownResourceType, "Patient.contained[0]", 13)]),
        (r#""contained":["a"]"#, &[(WrongType, "Patient.contained[0]", 13)]),
        (r#""fhir_comments":["a"]"#, &[(UnknownElement, "Patient.fhir_comments", 16)]),
        (r#""name":[{"resourceType":"HumanName"}]"#, &[(UnknownElement, "Patient.name[0].resourceType", 24)]),
        (r#""sür name.x":1"#, &[(UnknownElement, "Patient.sür?name?x", 14)]),
    ];
    let head = r#"{"resourceType":"Patient","#;
    for (members, faults) in table {
        let text = format!("{head}{members}}}");
        let document = Document::parse(text.as_bytes()).unwrap();
        let issues = validate::structure(&document, r4());
        let found: Vec<_> = issues
            .iter()
            .map(|issue| (issue.kind(), issue.expression(), issue.offset() - head.len()))
            .collect();
        assert_eq!(found, *faults, "{members}");
    }
}

#[test]
fn the_root_must_be_a_known_resource() {
    let table: &[(&str, ErrorKind, &str)] = &[
        ("[]", WrongType, "Resource"),
        ("1", WrongType, "Resource"),
        ("{}", UnknownResourceType, "Resource"),
        (r#"{"resourceType":1}"#, UnknownResourceType, "Resource.resourceType"),
        (r#"{"resourceType":"DomainResource"}"#, UnknownResourceType, "Resource.resourceType"),
        (r#"{"resourceType":"patient"}"#, UnknownResourceType, "Resource.resourceType"),
    ];
    for (text, kind, expression) in table {
        let document = Document::parse(text.as_bytes()).unwrap();
        let issues = validate::structure(&document, r4());
        assert_eq!(
            issues.iter().map(|issue| (issue.kind(), issue.expression())).collect::<Vec<_>>(),
            [(*kind, *expression)]
        );
    }
}

#[test]
fn rules_can_be_switched_off_and_issues_are_bounded() {
    let text = r#"{"resourceType":"Observation","status":"done","x":1}"#;
    let document = Document::parse(text.as_bytes()).unwrap();
    let rules = |cardinality, bindings| {
        let rules = Rules { cardinality, bindings, ..Rules::default() };
        let issues = validate::structure_with(document.root(), r4(), &rules);
        issues.iter().map(validate::Issue::rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(true, true), [Rule::Binding, Rule::Structure, Rule::Cardinality]);
    assert_eq!(rules(false, true), [Rule::Binding, Rule::Structure]);
    assert_eq!(rules(false, false), [Rule::Structure]);
    let many: String = (0..1000).map(|index| format!(",\"x{index}\":1")).collect();
    let text = format!(r#"{{"resourceType":"Patient"{many}}}"#);
    let document = Document::parse(text.as_bytes()).unwrap();
    assert_eq!(validate::structure(&document, r4()).len(), 100);
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let open = r#""extension":[{"url":"u","#.repeat(2000);
    let text = format!(r#"{{"resourceType":"Patient",{open}"id":"a"{}}}"#, "}]".repeat(2000));
    let options = Options { max_depth: 100_000, ..Options::default() };
    let document = Document::parse_with(text.as_bytes(), &options).unwrap();
    let issues = validate::structure(&document, r4());
    assert_eq!(issues.iter().map(validate::Issue::kind).collect::<Vec<_>>(), [TooDeep]);
}

const SEED: &str = r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"s","code":"c"}]},
    "valueQuantity":{"value":1.0},"_issued":{"id":"x"},"contained":[{"resourceType":"Patient","name":[{"given":["a",null],
    "_given":[null,{"id":"b"}]}]}]}"#;

proptest! {
    #[test]
    fn mutated_resources_do_no_harm(changes in prop::collection::vec((0..SEED.len(), any::<u8>()), 1..8)) {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = b"{}[],:\"n1_ta"[usize::from(byte) % 12];
        }
        if let Ok(document) = Document::parse(&bytes) {
            let issues = validate::structure(&document, r4());
            prop_assert!(issues.len() <= 100);
            prop_assert!(issues.iter().all(|issue| issue.offset() < bytes.len()));
        }
    }
}

/// The folder of HL7's R4 examples, as `cargo xtask codegen` leaves it.
#[test]
fn examples_of_the_specification_keep_the_rules() {
    let Ok(folder) = std::env::var("HYGEA_FHIR_EXAMPLES_R4") else {
        println!("left out: HYGEA_FHIR_EXAMPLES_R4 names no folder");
        return;
    };
    let (mut count, mut faulty) = (0, 0);
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let document = Document::parse(&bytes).unwrap();
        if document.root().get("resourceType").is_none() {
            continue;
        }
        count += 1;
        let issues = validate::structure(&document, r4());
        if let Some(issue) = issues.first() {
            faulty += 1;
            println!("{}: {} issues, {issue}", path.file_name().unwrap().to_string_lossy(), issues.len());
        }
    }
    println!("{count} examples, {faulty} with issues");
    // The 16 are faults of the examples: code systems of HL7 v2 with double spaces, parameters without a base.
    assert!(count >= 5306 && faulty <= 16, "{count} {faulty}");
}
