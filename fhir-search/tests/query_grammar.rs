//! The grammar of queries: what is read, how it reads back, and what is refused with which error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_search::query::{Condition, Criterion, Modifier, SortBy, Summary, Total};
use hygea_fhir_search::{Error, ErrorKind, Handling, Options, Parameters, Query};

fn parse(resource_type: &str, query: &str) -> Result<Query, Error> {
    let options = Options { bases: &["https://a.org/fhir"], reserved: &["ct"], ..Options::default() };
    Query::parse(resource_type, query, Parameters::r4(), &options)
}

fn kinds(error: &Error) -> Vec<(ErrorKind, &str)> {
    error.issues().map(|issue| (issue.kind, issue.parameter.as_str())).collect()
}

/// Queries that read back as they were written.
#[test]
fn canonical_queries_stay_as_they_are() {
    let cases: &[(&str, &[&str])] = &[
        (
            "Patient",
            &[
                "family=smith",
                "family=smith,jones",
                "family=smith&family=jones",
                "family:exact=Smith",
                "family:contains=mit",
                "name:text=ohn",
                "family:missing=true",
                "family=de%20Vries",
                "family=a%5C,b",
                "family=J%C3%BCrgen",
                "gender=male",
                "gender:not=male,female",
                "gender=http://hl7.org/fhir/administrative-gender%7Cmale",
                "identifier=http://a.org%7C12",
                "identifier=%7C12",
                "identifier=http://a.org%7C",
                "identifier=a%5C%7Cb",
                "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203%7CMR%7C446053",
                "birthdate=1980",
                "birthdate=ge1980-01&birthdate=lt1990-01-01",
                "birthdate=sa1980-01-01T10:00Z",
                "birthdate=ap1980-01-01T10:00:00.123%2B02:00",
                "_id=a,b",
                "_lastUpdated=gt2024-01-01T00:00:00Z",
                "_tag=http://a.org%7Cx",
                "_profile=http://a.org/StructureDefinition/p",
                "general-practitioner=Practitioner/1",
                "general-practitioner=1",
                "general-practitioner:Organization=Organization/1",
                "general-practitioner:identifier=http://a.org%7C1",
                "general-practitioner=Practitioner/1/_history/2",
                "general-practitioner=https://b.org/fhir/Practitioner/1",
                "general-practitioner=urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
                "general-practitioner:Practitioner.name=smith",
                "general-practitioner.name=smith",
                "organization.partof.name:exact=A",
                "_has:Observation:patient:code=http://loinc.org%7C8480-6",
                "_has:Observation:patient:_has:AuditEvent:entity:agent=Practitioner/1",
                "_has:Observation:subject:encounter:Encounter.status=finished",
                "organization._has:PractitionerRole:organization:active=true",
            ],
        ),
        (
            "Observation",
            &[
                "value-quantity=5.4",
                "value-quantity=gt5.4%7Chttp://unitsofmeasure.org%7Cmg",
                "value-quantity=ap5.40%7C%7Cmg",
                "value-quantity=le5.4e1%7Chttp://unitsofmeasure.org%7C",
                "code-value-quantity=http://loinc.org%7C8480-6$gt140",
                "component-code-value-quantity=8480-6$lt60%7Chttp://unitsofmeasure.org%7Cmm%5BHg%5D,8462-4$gt1",
                "code:text=blood",
                "date=ne2020",
            ],
        ),
        ("ValueSet", &["url=http://a.org/v", "url:below=http://a.org/", "url:above=http://a.org/v/1"]),
        ("RiskAssessment", &["probability=gt0.8", "probability=-1e-2"]),
        ("Resource", &["_id=a", "_type=Patient,Observation", "_lastUpdated=ge2024&_type=Patient"]),
        ("QuestionnaireResponse", &["questionnaire=http://a.org/q%7C1.0"]),
        (
            "Encounter",
            &[
                "_include=Encounter:patient",
                "_include=Encounter:*",
                "_include=*",
                "_include=Encounter:subject:Patient",
                "_include:iterate=Patient:general-practitioner",
                "_revinclude=Observation:encounter",
                "_revinclude=*",
                "_sort=-date,status,_id,-_lastUpdated",
                "_total=accurate",
                "_summary=count",
                "_elements=status,period.start,Patient.name",
                "_count=0",
                "status=finished&_include=Encounter:patient&_sort=-date&_total=none&_summary=data&_count=20",
            ],
        ),
    ];
    let mut count = 0;
    for (resource_type, queries) in cases {
        for query in *queries {
            let parsed = parse(resource_type, query)
                .unwrap_or_else(|error| panic!("{resource_type}?{query}: {error}"));
            assert_eq!(parsed.to_query_string(), *query, "{resource_type}");
            let again = parse(resource_type, &parsed.to_query_string()).unwrap();
            assert_eq!(again.to_query_string(), parsed.to_query_string());
            assert_eq!(again.filter(), parsed.filter());
            count += 1;
        }
    }
    assert!(count >= 70);
}

/// Queries that mean the same as another one.
#[test]
fn the_same_query_has_one_form() {
    let cases = [
        ("Patient", "family=de+Vries&&given=", "family=de%20Vries"),
        ("Patient", "birthdate=eq1980", "birthdate=1980"),
        ("Patient", "birthdate=ge1980-01-01T00:00:00+02:00", "birthdate=ge1980-01-01T00:00:00%2B02:00"),
        (
            "Patient",
            "general-practitioner=https://a.org/fhir/Practitioner/1",
            "general-practitioner=Practitioner/1",
        ),
        (
            "Patient",
            "general-practitioner:Practitioner=1",
            "general-practitioner:Practitioner=Practitioner/1",
        ),
        ("Patient", "_count=007", "_count=7"),
        ("Patient", "_format=json&_pretty=true&ct=abc&_id=1", "_id=1"),
        ("Patient", "shoe-size=44&_id=1&_text=a&gender=", "_id=1"),
        ("Patient", "_contained=false&_id=1", "_id=1"),
        ("Patient", "_include:recurse=Patient:organization", "_include:iterate=Patient:organization"),
        ("Resource", "_type=Patient,Patient", "_type=Patient"),
    ];
    for (resource_type, query, wanted) in cases {
        let options = Options {
            handling: Handling::Lenient,
            bases: &["https://a.org/fhir"],
            reserved: &["ct"],
            ..Options::default()
        };
        let parsed = Query::parse(resource_type, query, Parameters::r4(), &options).unwrap();
        assert_eq!(parsed.to_query_string(), wanted, "{query}");
    }
}

#[test]
fn wrong_queries_are_refused_by_parameter_and_rule() {
    use ErrorKind::*;
    type Case = (&'static str, &'static str, &'static [(ErrorKind, &'static str)]);
    let cases: &[Case] = &[
        ("Patient", "shoe-size=44", &[(UnknownParameter, "shoe-size")]),
        (
            "Patient",
            "shoe-size=44&hat=1&_id=1",
            &[(UnknownParameter, "shoe-size"), (UnknownParameter, "hat")],
        ),
        ("Patient", "Family=smith", &[(UnknownParameter, "Family")]),
        ("Patient", "_text=smith", &[(UnsupportedParameter, "_text")]),
        ("Patient", "_content=smith", &[(UnsupportedParameter, "_content")]),
        ("Patient", "_filter=name eq a", &[(UnsupportedParameter, "_filter")]),
        ("Patient", "phonetic=smith", &[(UnsupportedParameter, "phonetic")]),
        ("Location", "near=1|2|3|km", &[(UnsupportedParameter, "near")]),
        ("Patient", "_contained=true", &[(UnsupportedParameter, "_contained")]),
        ("Patient", "_contained=maybe", &[(InvalidValue, "_contained")]),
        ("Patient", "family=", &[(EmptyValue, "family")]),
        ("Patient", "family", &[(EmptyValue, "family")]),
        ("Patient", "family=a,,b", &[(InvalidValue, "family")]),
        ("Patient", "family=%20", &[(InvalidValue, "family")]),
        ("Patient", "family:approx=a", &[(UnsupportedModifier, "family:approx")]),
        ("Patient", "family:Exact=a", &[(UnsupportedModifier, "family:Exact")]),
        ("Patient", "family:=a", &[(UnsupportedModifier, "family:")]),
        ("Patient", "family:not=a", &[(UnsupportedModifier, "family:not")]),
        ("Patient", "family:Patient=a", &[(UnsupportedModifier, "family:Patient")]),
        ("Patient", "gender:exact=a", &[(UnsupportedModifier, "gender:exact")]),
        ("Patient", "gender:in=http://a.org/v", &[(UnsupportedModifier, "gender:in")]),
        ("Patient", "gender:not-in=http://a.org/v", &[(UnsupportedModifier, "gender:not-in")]),
        ("Patient", "gender:below=x", &[(UnsupportedModifier, "gender:below")]),
        ("Patient", "gender:of-type=a|b|c", &[(UnsupportedModifier, "gender:of-type")]),
        ("Patient", "birthdate:exact=1980", &[(UnsupportedModifier, "birthdate:exact")]),
        ("Patient", "organization:contains=1", &[(UnsupportedModifier, "organization:contains")]),
        ("Patient", "organization:Patient=1", &[(UnsupportedModifier, "organization:Patient")]),
        ("Patient", "family:missing=maybe", &[(InvalidValue, "family:missing")]),
        ("Patient", "family:missing=true,false", &[(InvalidValue, "family:missing")]),
        ("Patient", "birthdate=yesterday", &[(InvalidValue, "birthdate")]),
        ("Patient", "birthdate=xx1980", &[(InvalidValue, "birthdate")]),
        ("Patient", "birthdate=1980-13", &[(InvalidValue, "birthdate")]),
        ("Patient", "birthdate=1980,soon", &[(InvalidValue, "birthdate")]),
        ("Patient", "_lastUpdated=now", &[(InvalidValue, "_lastUpdated")]),
        ("Patient", "identifier=|", &[(InvalidValue, "identifier")]),
        ("Patient", "identifier=a|b|c", &[(InvalidValue, "identifier")]),
        ("Patient", "identifier:of-type=a|b", &[(InvalidValue, "identifier:of-type")]),
        ("Patient", "identifier:of-type=a||c", &[(InvalidValue, "identifier:of-type")]),
        ("Patient", "organization=a/b/c", &[(InvalidValue, "organization")]),
        ("Patient", "organization=Foo/1", &[(InvalidValue, "organization")]),
        ("Patient", "organization=Organization?name=a", &[(InvalidValue, "organization")]),
        ("Patient", "organization=#p", &[(InvalidValue, "organization")]),
        (
            "Patient",
            "general-practitioner:Practitioner=Organization/1",
            &[(InvalidValue, "general-practitioner:Practitioner")],
        ),
        ("Observation", "value-quantity=abc", &[(InvalidValue, "value-quantity")]),
        ("Observation", "value-quantity=5.4|mg", &[(InvalidValue, "value-quantity")]),
        ("Observation", "value-quantity=5|a|b|c", &[(InvalidValue, "value-quantity")]),
        ("Observation", "code-value-quantity=8480-6", &[(InvalidValue, "code-value-quantity")]),
        ("Observation", "code-value-quantity=8480-6$", &[(InvalidValue, "code-value-quantity")]),
        ("Observation", "code-value-quantity=a$1$2", &[(InvalidValue, "code-value-quantity")]),
        (
            "Observation",
            "code-value-quantity:missing=true",
            &[(UnsupportedModifier, "code-value-quantity:missing")],
        ),
        ("RiskAssessment", "probability=1,2,x", &[(InvalidValue, "probability")]),
        ("Patient", "family.name=a", &[(InvalidChain, "family.name")]),
        ("Patient", "organization.shoe=a", &[(UnknownParameter, "organization.shoe")]),
        ("Patient", "organization:Patient.name=a", &[(InvalidChain, "organization:Patient.name")]),
        ("Patient", "organization:Foo.name=a", &[(InvalidChain, "organization:Foo.name")]),
        ("Patient", "organization.name:not=a", &[(UnsupportedModifier, "organization.name:not")]),
        ("Patient", "organization.=a", &[(UnknownParameter, "organization.")]),
        ("Observation", "subject.birthdate=soon", &[(InvalidValue, "subject.birthdate")]),
        ("Patient", "_has=a", &[(UnknownParameter, "_has")]),
        ("Patient", "_has:Observation=a", &[(InvalidChain, "_has:Observation")]),
        ("Patient", "_has:Observation:patient=a", &[(InvalidChain, "_has:Observation:patient")]),
        ("Patient", "_has:Foo:patient:code=a", &[(UnknownResourceType, "_has:Foo:patient:code")]),
        ("Patient", "_has:Observation:code:code=a", &[(InvalidChain, "_has:Observation:code:code")]),
        (
            "Patient",
            "_has:Observation:encounter:code=a",
            &[(InvalidChain, "_has:Observation:encounter:code")],
        ),
        (
            "Patient",
            "_has:Observation:patient:shoe=a",
            &[(UnknownParameter, "_has:Observation:patient:shoe")],
        ),
        ("Patient", "_count=-1", &[(InvalidValue, "_count")]),
        ("Patient", "_count=many", &[(InvalidValue, "_count")]),
        ("Patient", "_count=1&_count=2", &[(Repeated, "_count")]),
        ("Patient", "_count:exact=1", &[(UnsupportedModifier, "_count:exact")]),
        ("Patient", "_sort=shoe", &[(InvalidSort, "_sort")]),
        ("Patient", "_sort=name,", &[(InvalidSort, "_sort")]),
        ("Patient", "_sort=phonetic", &[(InvalidSort, "_sort")]),
        ("Observation", "_sort=code-value-quantity", &[(InvalidSort, "_sort")]),
        ("Patient", "_sort=_id,_id,_id,_id,_id,_id,_id,_id,_id", &[(TooLarge, "_sort")]),
        ("Patient", "_total=all", &[(InvalidValue, "_total")]),
        ("Patient", "_summary=short", &[(InvalidValue, "_summary")]),
        ("Patient", "_elements=a,%20b", &[(InvalidValue, "_elements")]),
        ("Patient", "_elements=name&_summary=true", &[(Contradiction, "_elements")]),
        ("Patient", "_include=Patient", &[(InvalidInclude, "_include")]),
        ("Patient", "_include=Patient:name", &[(InvalidInclude, "_include")]),
        ("Patient", "_include=Patient:shoe", &[(InvalidInclude, "_include")]),
        ("Patient", "_include=Foo:bar", &[(UnknownResourceType, "_include")]),
        ("Patient", "_include=Patient:organization:Group", &[(InvalidInclude, "_include")]),
        ("Patient", "_include:all=Patient:organization", &[(UnsupportedModifier, "_include:all")]),
        ("Patient", "_revinclude=Observation:encounter", &[(InvalidInclude, "_revinclude")]),
        ("Patient", "_type=Patient", &[(UnknownParameter, "_type")]),
        ("Resource", "_type=Foo", &[(UnknownResourceType, "_type")]),
        ("Resource", "name=a", &[(UnknownParameter, "name")]),
        ("Patient", "family=%zz", &[(Syntax, "family")]),
        ("Foo", "a=1", &[(UnknownResourceType, "")]),
        ("DomainResource", "_id=1", &[(UnknownResourceType, "")]),
        (
            "Patient",
            "family=&birthdate=x&gender:in=y&shoe=1",
            &[
                (EmptyValue, "family"),
                (InvalidValue, "birthdate"),
                (UnsupportedModifier, "gender:in"),
                (UnknownParameter, "shoe"),
            ],
        ),
    ];
    for (resource_type, query, wanted) in cases {
        let error = parse(resource_type, query).map(|query| query.to_query_string()).expect_err(query);
        assert_eq!(kinds(&error), *wanted, "{resource_type}?{query}");
        // The text names the rule, never what was searched for.
        for word in ["yesterday", "maybe", "soon", "smith", "abc"] {
            assert!(!error.to_string().contains(word), "{error}");
        }
    }
    assert!(cases.len() >= 85);
}

#[test]
fn lenient_handling_leaves_out_what_may_be_ignored_and_tells() {
    let options = Options { handling: Handling::Lenient, ..Options::default() };
    let lenient = |query: &str| Query::parse("Patient", query, Parameters::r4(), &options);
    let query = lenient("shoe=1&family=&_text=a&gender=male&organization.shoe=1").unwrap();
    let ignored: Vec<&str> = query.ignored().iter().map(|issue| issue.parameter.as_str()).collect();
    assert_eq!(ignored, ["shoe", "family", "_text", "organization.shoe"]);
    assert_eq!(query.to_query_string(), "gender=male");
    for wrong in ["birthdate=x", "family:approx=a", "_sort=shoe", "organization:Foo.name=a"] {
        assert!(lenient(&format!("shoe=1&{wrong}")).is_err(), "{wrong}");
    }
}

#[test]
fn hostile_queries_are_bounded() {
    let many = |text: &str, count: usize| text.repeat(count);
    let cases = [
        many("family=a&", 257),
        format!("family={}a", many("a,", 4_000)),
        format!("name={}", many("a", 1 << 20)),
        format!("{}name=a", many("link.", 20)),
        format!("_has:Observation:patient:{}code=a", many("_has:Observation:has-member:", 20)),
    ];
    for query in &cases {
        assert_eq!(parse("Patient", query).unwrap_err().kind(), ErrorKind::TooLarge, "{}", &query[..20]);
    }
    // A chain over untyped references to any type would branch without end.
    let branching = parse("Basic", "subject.focus.focus.focus.focus.focus=a");
    assert!(branching.is_err());
    let long = parse("Patient", &format!("{}=a", many("x", 5_000))).unwrap_err();
    assert!(long.to_string().len() < 300);
}

#[test]
fn chains_branch_over_the_types_that_know_the_parameter() {
    let targets = |query: &str| {
        let parsed = parse("Observation", query).unwrap();
        let [Criterion::Chain(chain)] = parsed.criteria() else { panic!("a chain") };
        chain.targets.iter().map(|(resource_type, _)| *resource_type).collect::<Vec<_>>()
    };
    assert_eq!(targets("subject.name=a"), ["Location", "Patient"]);
    assert_eq!(targets("subject:Patient.name=a"), ["Patient"]);
    assert_eq!(targets("subject.identifier=a"), ["Device", "Group", "Location", "Patient"]);
    assert_eq!(targets("subject.birthdate=1980"), ["Patient"]);
}

#[test]
fn modifiers_and_results_are_typed() {
    let query =
        parse("Patient", "gender:not=male&family:missing=false&_sort=-name&_total=estimate&_summary=text")
            .unwrap();
    let [Criterion::Test(not), Criterion::Test(missing)] = query.criteria() else { panic!("two tests") };
    assert_eq!(not.modifier, Modifier::Not);
    assert!(matches!(&not.condition, Condition::NoneOf(values) if values.len() == 1));
    assert_eq!(missing.condition, Condition::Missing(false));
    let result = query.result();
    assert!(matches!(&result.sort[0].by, SortBy::Parameter(parameter) if parameter.code() == "name"));
    assert!(result.sort[0].descending);
    assert_eq!((result.total, result.summary), (Some(Total::Estimate), Some(Summary::Text)));
    assert_eq!(format!("{query:?}"), "Query(Patient gender:not family:missing)");
}

mod any_text {
    use super::*;
    use proptest::prelude::*;

    fn queries() -> impl Strategy<Value = String> {
        let names = "(family|gender|birthdate|organization|general-practitioner|_id|_has|_sort|_include|_count|identifier|link)";
        let value = "[-a-zA-Z0-9:|,$\\\\.%+*/]{0,20}";
        let pair = format!("{names}[:.]?{names}?(:[a-zA-Z-]{{0,8}})?={value}&?");
        proptest::string::string_regex(&format!("({pair}){{1,4}}")).unwrap()
    }

    proptest! {
        #[test]
        fn of_any_characters_is_read_or_refused(query in "\\PC{0,80}") {
            let _ = parse("Patient", &query);
        }

        #[test]
        fn of_the_grammars_characters_is_read_or_refused(
            query in queries(),
            resource_type in "(Patient|Observation|Resource|Encounter)",
        ) {
            for handling in [Handling::Strict, Handling::Lenient] {
                let options = Options { handling, ..Options::default() };
                if let Ok(parsed) = Query::parse(&resource_type, &query, Parameters::r4(), &options) {
                    let text = parsed.to_query_string();
                    let again = Query::parse(&resource_type, &text, Parameters::r4(), &Options::default());
                    let again = again.map_err(|error| TestCaseError::fail(format!("{query} as {text}: {error}")))?;
                    prop_assert_eq!(again.to_query_string(), text);
                    prop_assert_eq!(again.filter(), parsed.filter());
                }
            }
        }
    }
}
