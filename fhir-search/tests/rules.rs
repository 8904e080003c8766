//! The rules of every type of parameter, as tables: each case is told by the matcher and by the plan over extracted
//! index values, and both must say what the specification says (<https://hl7.org/fhir/R4/search.html>).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    unused_crate_dependencies,
    dead_code,
    reason = "tests fail by panicking"
)]

mod support;

use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_search::query::DateEquality;
use hygea_fhir_search::value::{DateRange, Zone};
use hygea_fhir_search::{ExtractOptions, Extractor, Matcher, Options, Parameters, Query};
use support::index::{Index, Indexed};

const BASES: &[&str] = &["https://a.org/fhir"];

/// 2024-07-01T00:00:00Z
const NOW: i64 = 1_719_792_000_000_000;

fn check(json: &str, cases: &[(&str, bool)]) {
    check_with(json, cases, &Options { bases: BASES, now: Some(NOW), ..Options::default() });
}

fn check_with(json: &str, cases: &[(&str, bool)], options: &Options<'_>) {
    let parameters = Parameters::r4();
    let extract = ExtractOptions { bases: BASES, zone: options.zone, ..ExtractOptions::default() };
    let document = Document::parse(json.as_bytes()).unwrap();
    let root = document.root();
    let text = |name| root.get(name).and_then(Node::as_str);
    let resource_type = text("resourceType").unwrap();
    let modified =
        root.get("meta").and_then(|meta| meta.get("lastUpdated")?.as_str()).unwrap_or("2024-01-01T00:00:00Z");
    let indexed = Indexed {
        resource_type,
        id: text("id").unwrap_or("x"),
        modified: DateRange::parse(modified, Zone::UTC).unwrap(),
        entries: Extractor::new(parameters, extract).extract(root).unwrap(),
    };
    let index = Index::of(vec![indexed]);
    for (query, wanted) in cases {
        let parsed = Query::parse(resource_type, query, parameters, options)
            .unwrap_or_else(|error| panic!("{resource_type}?{query}: {error}"));
        let matched = Matcher::new(parameters, extract).matches(&parsed, root).unwrap();
        assert_eq!(matched, *wanted, "matcher: {resource_type}?{query}");
        let filter = parsed.filter();
        let held = index.holds(&filter, &index.resources[0]);
        if filter.is_exact() {
            assert_eq!(held, *wanted, "index: {resource_type}?{query}");
        } else {
            assert!(held || !wanted, "index lets every match through: {resource_type}?{query}");
        }
    }
}

#[test]
fn strings_compare_by_folded_beginning() {
    let patient = r#"{"resourceType": "Patient", "id": "p", "name": [
        {"text": "Dr. Zoë Sørensen", "family": "Sørensen-Müller", "given": ["Zoë", "Anna  Maria"], "prefix": ["Dr."]}],
        "address": [{"line": ["12 Rue de l'Église"], "city": "Genève", "postalCode": "1201", "country": "CH"}]}"#;
    check(
        patient,
        &[
            ("family=sorensen", true),
            ("family=SØR", true),
            ("family=sorensen-muller", true),
            ("family=muller", false),
            ("family=s\u{f8}rensen-mu\u{308}ller", true),
            ("family=Sorensenx", false),
            ("family:exact=S%C3%B8rensen-M%C3%BCller", true),
            ("family:exact=s%C3%B8rensen-m%C3%BCller", false),
            ("family:exact=S%C3%B8rensen", false),
            ("family:contains=MULL", true),
            ("family:contains=mul ler", false),
            ("given=zoe", true),
            ("given=anna maria", true),
            ("given=maria", false),
            ("given:contains=maria", true),
            ("name=dr", true),
            ("name=zoe", true),
            ("name=sor", true),
            ("name:contains=zoe sor", true),
            ("name:text=ensen", true),
            ("name=peter,zoe", true),
            ("name=peter&name=zoe", false),
            ("name=anna&name=sor", true),
            ("address=12 rue", true),
            ("address=geneve", true),
            ("address=1201", true),
            ("address:contains=eglise", true),
            ("address-city=Gen%C3%A8ve", true),
            ("address-country=ch", true),
            ("address-state=ge", false),
            ("address-state:missing=true", true),
            ("address-city:missing=true", false),
            ("address-city:missing=false", true),
            ("name=a\\,b,zo", true),
        ],
    );
}

#[test]
fn tokens_compare_system_and_code() {
    let observation = r#"{"resourceType": "Observation", "id": "o", "status": "final",
        "category": [{"coding": [{"system": "http://a.org/cat", "code": "vital-signs", "display": "Vital Signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6", "display": "Systolic blood pressure"},
            {"code": "local"}, {"system": "http://a.org/only-system"}], "text": "Blutdruck, systolisch"},
        "identifier": [{"system": "http://a.org/ids", "value": "A|1", "type": {"text": "Akte",
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}}, {"value": "bare"}]}"#;
    check(
        observation,
        &[
            ("code=8480-6", true),
            ("code=http://loinc.org|8480-6", true),
            ("code=http://snomed.info/sct|8480-6", false),
            ("code=|8480-6", false),
            ("code=|local", true),
            ("code=local", true),
            ("code=http://loinc.org|", true),
            ("code=http://a.org/only-system|", false),
            ("code=http://snomed.info/sct|", false),
            ("code=8480", false),
            ("code=LOCAL", false),
            ("code=a,8480-6", true),
            ("code=local&code=8480-6", true),
            ("code:not=8480-6", false),
            ("code:not=a,local", false),
            ("code:not=a,b", true),
            ("code:not=http://loinc.org|1", true),
            ("component-code:not=8480-6", true),
            ("component-code:missing=true", true),
            ("code:missing=false", true),
            ("code:text=systolic", true),
            ("code:text=blutdruck", true),
            ("code:text=blood", false),
            ("category:text=VITAL", true),
            ("status=final", true),
            ("status=http://hl7.org/fhir/observation-status|final", true),
            ("status=http://hl7.org/fhir/other|final", false),
            ("status=http://hl7.org/fhir/observation-status|", true),
            ("status=|final", true),
            ("status:not=final", false),
            ("status:not=amended", true),
            ("identifier=http://a.org/ids|A\\|1", true),
            ("identifier=A\\|1", true),
            ("identifier=|bare", true),
            ("identifier=|A\\|1", false),
            ("identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A\\|1", true),
            ("identifier:of-type=|MR|A\\|1", true),
            ("identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|bare", false),
            ("identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|DL|A\\|1", false),
            ("identifier:text=akte", true),
        ],
    );
    let patient = r#"{"resourceType": "Patient", "id": "p", "active": true, "gender": "female", "deceasedDateTime": "2020-01-01",
        "telecom": [{"system": "phone", "value": "+41 1"}, {"system": "email", "value": "a@b.org"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "fr"}]}}]}"#;
    check(
        patient,
        &[
            ("active=true", true),
            ("active=false", false),
            ("gender=female", true),
            ("gender=http://hl7.org/fhir/administrative-gender|female", true),
            ("deceased=true", true),
            ("deceased=false", false),
            ("telecom=a@b.org", true),
            ("email=a@b.org", true),
            ("phone=a@b.org", false),
            ("phone=%2B41 1", true),
            ("language=urn:ietf:bcp:47|fr", true),
            ("death-date=2020", true),
            ("_id=p", true),
            ("_id=q", false),
            ("_id=q,p", true),
            ("_id=|p", true),
            ("_id=a|p", false),
            ("_id:not=p", false),
            ("_id:missing=false", true),
            ("_id:missing=true", false),
        ],
    );
    check(
        r#"{"resourceType": "Patient", "id": "p", "deceasedBoolean": false}"#,
        &[("deceased=false", true), ("deceased=true", false)],
    );
    check(
        r#"{"resourceType": "Patient", "id": "p"}"#,
        &[("deceased=false", true), ("gender:not=male", true), ("gender=male", false)],
    );
    // A concept of text alone is found by its text only, but it is there.
    let text = r#"{"resourceType": "Condition", "id": "c", "code": {"text": "Hypertensive crisis"}}"#;
    check(
        text,
        &[("code:missing=true", false), ("code:text=hypertensive", true), ("code=hypertensive", false)],
    );
}

/// Spans against every prefix. The rows are what the resource holds, the columns what is asked.
#[test]
fn dates_compare_as_spans() {
    type Case = (&'static str, &'static str, &'static [(&'static str, bool)]);
    let wanted: &[Case] = &[
        (
            "a day in the month asked for",
            r#""effectiveDateTime": "2024-05-10""#,
            &[
                ("2024-05", true),
                ("eq2024-05", true),
                ("ne2024-05", false),
                ("gt2024-05", false),
                ("lt2024-05", false),
                ("ge2024-05", true),
                ("le2024-05", true),
                ("sa2024-05", false),
                ("eb2024-05", false),
                ("ap2024-05", true),
            ],
        ),
        (
            "the day asked for",
            r#""effectiveDateTime": "2024-05-10""#,
            &[
                ("2024-05-10", true),
                ("ne2024-05-10", false),
                ("gt2024-05-10", false),
                ("lt2024-05-10", false),
                ("ge2024-05-10", true),
                ("le2024-05-10", true),
                ("sa2024-05-10", false),
                ("eb2024-05-10", false),
                ("sa2024-05-09", true),
                ("eb2024-05-11", true),
                ("gt2024-05-09", true),
                ("lt2024-05-11", true),
            ],
        ),
        (
            "a day around the minute asked for",
            r#""effectiveDateTime": "2024-05-10""#,
            &[
                ("2024-05-10T10:00Z", false),
                ("ne2024-05-10T10:00Z", true),
                ("gt2024-05-10T10:00Z", true),
                ("lt2024-05-10T10:00Z", true),
                ("ge2024-05-10T10:00Z", true),
                ("le2024-05-10T10:00Z", true),
                ("sa2024-05-10T10:00Z", false),
                ("eb2024-05-10T10:00Z", false),
                ("ap2024-05-10T10:00Z", true),
            ],
        ),
        (
            "a year around the day asked for",
            r#""effectiveDateTime": "2024""#,
            &[
                ("2024-05-10", false),
                ("ne2024-05-10", true),
                ("gt2024-05-10", true),
                ("lt2024-05-10", true),
                ("2024", true),
                ("gt2023", true),
                ("sa2023", true),
                ("eb2025", true),
                ("lt2024", false),
                ("ge2024", true),
            ],
        ),
        (
            "an instant of a second",
            r#""effectiveInstant": "2024-05-10T10:00:30.250+02:00""#,
            &[
                ("2024-05-10T08:00:30Z", true),
                ("2024-05-10T08:00Z", true),
                ("2024-05-10T10:00:30%2B02:00", true),
                ("2024-05-10T10:00:30+02:00", true),
                ("2024-05-10T08:00:30.250Z", true),
                ("2024-05-10T08:00:30.2Z", true),
                ("2024-05-10T08:00:30.25Z", true),
                ("2024-05-10T08:00:30.251Z", false),
                ("2024-05-10", true),
                ("gt2024-05-10T08:00:30Z", false),
                ("gt2024-05-10T08:00:30.249Z", true),
                ("lt2024-05-10T08:00:30.251Z", true),
                ("lt2024-05-10T08:00:30.250Z", false),
                ("2024-05-10T10:00:30Z", false),
            ],
        ),
        (
            "a period over two months",
            r#""effectivePeriod": {"start": "2024-05-10", "end": "2024-06-10"}"#,
            &[
                ("2024", true),
                ("2024-05", false),
                ("ne2024-05", true),
                ("gt2024-05", true),
                ("lt2024-05", false),
                ("ge2024-05", true),
                ("le2024-05", false),
                ("sa2024-05", false),
                ("eb2024-06", false),
                ("lt2024-06", true),
                ("sa2024-04", true),
                ("eb2024-07", true),
                ("ap2024-05", true),
                ("gt2024-06-10", false),
                ("gt2024-06-09", true),
            ],
        ),
        (
            "a period without end",
            r#""effectivePeriod": {"start": "2024-05-10"}"#,
            &[
                ("2024", false),
                ("ne2024", true),
                ("gt2030", true),
                ("ge2030", true),
                ("lt2024-05-10", false),
                ("lt2024-05-11", true),
                ("sa2024-05-09", true),
                ("eb2999", false),
                ("le2024", false),
                ("ap2030", true),
            ],
        ),
        (
            "a period without start",
            r#""effectivePeriod": {"end": "2024-05-10"}"#,
            &[
                ("2024", false),
                ("lt1900", true),
                ("le1900", true),
                ("gt2024-05-10", false),
                ("gt2024-05-09", true),
                ("sa1900", false),
                ("eb2024-05-11", true),
                ("eb2024-05-10", false),
                ("ge2024-06", false),
            ],
        ),
        (
            "the events of a timing",
            r#""effectiveTiming": {"event": ["2024-05-10", "2024-07-10"]}"#,
            &[
                ("2024-05", true),
                ("2024-06", false),
                ("2024-07", true),
                ("gt2024-06", true),
                ("lt2024-06", true),
                ("sa2024-07-10", false),
                ("eb2024-05-10", false),
            ],
        ),
        (
            "the bounds of a timing",
            r#""effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2024-05", "end": "2024-07"}}}"#,
            &[
                ("2024", true),
                ("2024-06", false),
                ("gt2024-06", true),
                ("lt2024-06", true),
                ("ap2024-06", true),
            ],
        ),
        ("nothing", r#""note": []"#, &[("2024", false), ("ne2024", false), ("lt2999", false)]),
        ("no date", r#""effectiveDateTime": "yesterday""#, &[("2024", false), ("ne2024", false)]),
    ];
    for (what, element, cases) in wanted {
        let json = format!(r#"{{"resourceType": "Observation", "id": "o", {element}}}"#);
        let cases: Vec<(String, bool)> =
            cases.iter().map(|(date, wanted)| (format!("date={date}"), *wanted)).collect();
        let cases: Vec<(&str, bool)> =
            cases.iter().map(|(query, wanted)| (query.as_str(), *wanted)).collect();
        println!("{what}");
        check(&json, &cases);
    }
    check(
        r#"{"resourceType": "Observation", "id": "o", "effectiveDateTime": "yesterday"}"#,
        &[("date:missing=true", true)],
    );
    check(
        r#"{"resourceType": "Observation", "id": "o", "effectiveDateTime": "2024"}"#,
        &[("date:missing=true", false)],
    );
}

#[test]
fn approximate_dates_are_wider_the_further_they_are() {
    // 200 days before the present, 20 days to either side.
    let observation =
        |date| format!(r#"{{"resourceType": "Observation", "id": "o", "effectiveDateTime": "{date}"}}"#);
    for (date, wanted) in [
        ("2023-12-14", true),
        ("2023-11-25", true),
        ("2023-11-23", false),
        ("2024-01-03", true),
        ("2024-01-05", false),
    ] {
        check(&observation(date), &[("date=ap2023-12-14", wanted)]);
    }
    let without_clock = Options { bases: BASES, ..Options::default() };
    check_with(&observation("2023-12-13"), &[("date=ap2023-12-14", false)], &without_clock);
}

#[test]
fn equality_of_dates_can_be_overlap() {
    let options = Options { bases: BASES, date_equality: DateEquality::Overlap, ..Options::default() };
    let period = r#"{"resourceType": "Observation", "id": "o", "effectivePeriod": {"start": "2024-05-10", "end": "2024-06-10"}}"#;
    check_with(
        period,
        &[
            ("date=2024-05", true),
            ("date=2024-04", false),
            ("date=ne2024-05", false),
            ("date=ne2024-04", true),
            ("date=ge2024-06", true),
            ("date=ge2024-07", false),
            ("date=le2024-05", true),
            ("date=le2024-04", false),
        ],
        &options,
    );
}

#[test]
fn dates_without_zone_are_in_the_zone_of_the_service() {
    let options = Options { bases: BASES, zone: Zone::minutes_east(600).unwrap(), ..Options::default() };
    let observation =
        |date| format!(r#"{{"resourceType": "Observation", "id": "o", "effectiveDateTime": "{date}"}}"#);
    check_with(
        &observation("2024-05-10T20:00:00Z"),
        &[("date=2024-05-11", true), ("date=2024-05-10", false)],
        &options,
    );
    check_with(
        &observation("2024-05-10"),
        &[("date=2024-05-10", true), ("date=lt2024-05-09T14:00:01Z", true)],
        &options,
    );
}

#[test]
fn the_time_of_the_version_is_a_moment() {
    let patient = r#"{"resourceType": "Patient", "id": "p", "meta": {"lastUpdated": "2024-05-10T08:00:30.250Z",
        "tag": [{"system": "http://a.org/t", "code": "x"}], "security": [{"code": "R"}], "source": "http://a.org/s",
        "profile": ["http://a.org/StructureDefinition/p|1.0"]}}"#;
    check(
        patient,
        &[
            ("_lastUpdated=2024-05-10", true),
            ("_lastUpdated=ne2024-05-10", false),
            ("_lastUpdated=gt2024-05-10", false),
            ("_lastUpdated=gt2024-05-10T08:00:30Z", false),
            ("_lastUpdated=gt2024-05-10T08:00:30.249Z", true),
            ("_lastUpdated=ge2024-05-10T08:00:30.250Z", true),
            ("_lastUpdated=lt2024-05-10T08:00:30.250Z", false),
            ("_lastUpdated=le2024-05-10T08:00:30.250Z", true),
            ("_lastUpdated=sa2024-05-09", true),
            ("_lastUpdated=eb2024-05-10T08:00:31Z", true),
            ("_lastUpdated=ap2024-05-10", true),
            ("_lastUpdated:missing=false", true),
            ("_tag=http://a.org/t|x", true),
            ("_tag=http://a.org/t|", true),
            ("_tag=y", false),
            ("_tag:not=y", true),
            ("_security=R", true),
            ("_source=http://a.org/s", true),
            ("_profile=http://a.org/StructureDefinition/p", true),
            ("_profile=http://a.org/StructureDefinition/p|1.0", true),
            ("_profile=http://a.org/StructureDefinition/p|2.0", false),
            ("_profile:below=http://a.org", true),
            ("_profile=http://a.org/StructureDefinition", false),
        ],
    );
}

#[test]
fn numbers_have_the_precision_they_are_written_with() {
    let risk = |probability: &str| {
        format!(r#"{{"resourceType": "RiskAssessment", "id": "r", "prediction": [{{{probability}}}]}}"#)
    };
    let cases: &[(&str, &[(&str, bool)])] = &[
        (
            r#""probabilityDecimal": 100"#,
            &[
                ("100", true),
                ("100.00", true),
                ("99.5", false),
                ("1e2", true),
                ("ne100", false),
                ("gt100", false),
                ("ge100", true),
                ("lt100", false),
                ("le100", true),
                ("gt99.9", true),
                ("lt100.1", true),
                ("sa99", true),
                ("sa100", false),
                ("eb101", true),
                ("eb100", false),
                ("ap95", true),
                ("ap90", false),
                ("ap91", true),
                ("-100", false),
            ],
        ),
        (r#""probabilityDecimal": 99.5"#, &[("100", true), ("100.0", false), ("lt100", true), ("99", false)]),
        (
            r#""probabilityDecimal": 100.5"#,
            &[("100", false), ("101", true), ("ne100", true), ("gt100", true), ("ge100", true)],
        ),
        (r#""probabilityDecimal": 100.005"#, &[("100.00", false), ("100.01", true), ("100", true)]),
        (
            r#""probabilityDecimal": 0.00001"#,
            &[("0.00001", true), ("1e-5", true), ("0", true), ("gt0", true), ("lt1e-4", true)],
        ),
        (
            r#""probabilityDecimal": 1.0000000000000000000000000000000000000000001"#,
            &[("gt1", true), ("1.0", true), ("eq1.0", true), ("le1", true)],
        ),
        (
            r#""probabilityRange": {"low": {"value": 10}, "high": {"value": 20}}"#,
            &[
                ("15", false),
                ("ne15", true),
                ("gt15", true),
                ("lt15", true),
                ("ge20", true),
                ("gt20", false),
                ("lt10", false),
                ("le10", true),
                ("sa9", true),
                ("eb21", true),
                ("sa15", false),
                ("eb15", false),
                ("ap15", true),
                ("2e1", false),
                ("1e2", false),
            ],
        ),
        (
            r#""probabilityRange": {"low": {"value": 10}}"#,
            &[("10", false), ("gt1000", true), ("lt11", true), ("sa9", true), ("eb1000", false)],
        ),
        (
            r#""probabilityRange": {"low": {"value": 20}, "high": {"value": 10}}"#,
            &[("15", false), ("gt1", false)],
        ),
        (r#""qualitativeRisk": {"text": "high"}"#, &[("0", false), ("ne0", false)]),
    ];
    for (probability, cases) in cases {
        let cases: Vec<(String, bool)> =
            cases.iter().map(|(number, wanted)| (format!("probability={number}"), *wanted)).collect();
        let cases: Vec<(&str, bool)> =
            cases.iter().map(|(query, wanted)| (query.as_str(), *wanted)).collect();
        check(&risk(probability), &cases);
    }
}

#[test]
fn quantities_compare_numbers_and_units() {
    let observation = |value: &str| format!(r#"{{"resourceType": "Observation", "id": "o", {value}}}"#);
    let cases: &[(&str, &[(&str, bool)])] = &[
        (
            r#""valueQuantity": {"value": 5.4, "unit": "milligram", "system": "http://unitsofmeasure.org", "code": "mg"}"#,
            &[
                ("5.4", true),
                ("5.40", true),
                ("5.40|http://unitsofmeasure.org|mg", true),
                ("5.4||mg", true),
                ("5.4||milligram", true),
                ("5.4|http://unitsofmeasure.org|milligram", false),
                ("5.4|http://unitsofmeasure.org|", true),
                ("5.4|http://a.org|mg", false),
                ("5.4||g", false),
                ("5", true),
                ("5.5", false),
                ("gt5.3||mg", true),
                ("gt5.4||mg", false),
                ("ge5.4||mg", true),
                ("lt5.5", true),
                ("ne5.4||mg", false),
                ("ne5.5||mg", true),
                ("ne5.5||g", false),
                ("ap5||mg", true),
                ("ap4||mg", false),
                ("sa5", true),
                ("eb6", true),
                ("5.3,5.4", true),
            ],
        ),
        (
            r#""valueQuantity": {"value": 5.4, "unit": "mg"}"#,
            &[("5.4||mg", true), ("5.4|http://unitsofmeasure.org|mg", false), ("5.4", true)],
        ),
        (
            r#""valueQuantity": {"value": 5.4, "unit": "mg", "system": "http://a.org"}"#,
            &[("5.4|http://a.org|", true), ("5.4||mg", true)],
        ),
        (r#""valueQuantity": {"value": 5.4}"#, &[("5.4", true), ("5.4||mg", false)]),
        (
            r#""valueQuantity": {"value": 5.4, "comparator": "<"}"#,
            &[("lt5.4", true), ("lt1", true), ("gt5.4", false), ("5.4", false), ("gt5", true)],
        ),
        (
            r#""valueQuantity": {"value": 5.4, "comparator": ">="}"#,
            &[("gt100", true), ("lt5.4", false), ("sa5", true), ("5.4", false)],
        ),
        (r#""valueQuantity": {"unit": "mg"}"#, &[("5.4", false), ("ne5.4", false)]),
        (
            r#""valueSampledData": {"origin": {"value": 10, "unit": "mV", "code": "mV", "system": "http://unitsofmeasure.org"}, "period": 1,
            "factor": 2, "lowerLimit": -5, "upperLimit": 45, "dimensions": 1, "data": "1 2.5 E 3 U"}"#,
            &[
                ("gt50||mV", true),
                ("lt13", true),
                ("gt100", false),
                ("lt12", false),
                ("5e1", false),
                ("ap50", true),
            ],
        ),
        (r#""valueString": "5.4""#, &[("5.4", false)]),
    ];
    for (value, cases) in cases {
        let cases: Vec<(String, bool)> =
            cases.iter().map(|(number, wanted)| (format!("value-quantity={number}"), *wanted)).collect();
        let cases: Vec<(&str, bool)> =
            cases.iter().map(|(query, wanted)| (query.as_str(), *wanted)).collect();
        check(&observation(value), &cases);
    }
    let invoice =
        r#"{"resourceType": "Invoice", "id": "i", "totalNet": {"value": 12.50, "currency": "CHF"}}"#;
    check(
        invoice,
        &[
            ("totalnet=12.5||CHF", true),
            ("totalnet=12.5|urn:iso:std:iso:4217|CHF", true),
            ("totalnet=12.5||EUR", false),
        ],
    );
    let condition = r#"{"resourceType": "Condition", "id": "c", "onsetRange": {"low": {"value": 10, "unit": "a"}, "high": {"value": 20, "unit": "a"}}}"#;
    check(condition, &[("onset-age=gt15||a", true), ("onset-age=lt15", true), ("onset-age=gt15||d", false)]);
    let encounter = r#"{"resourceType": "Encounter", "id": "e", "length": {"value": 30, "unit": "min"}}"#;
    check(encounter, &[("length=30||min", true), ("length=gt1", true)]);
}

#[test]
fn references_are_local_or_urls() {
    let observation =
        |subject: &str| format!(r#"{{"resourceType": "Observation", "id": "o", "subject": {{{subject}}}}}"#);
    let cases: &[(&str, &[(&str, bool)])] = &[
        (
            r#""reference": "Patient/1""#,
            &[
                ("subject=1", true),
                ("subject=Patient/1", true),
                ("subject=https://a.org/fhir/Patient/1", true),
                ("subject=https://b.org/fhir/Patient/1", false),
                ("subject=Group/1", false),
                ("subject=2", false),
                ("subject:Patient=1", true),
                ("subject:Group=1", false),
                ("subject:Patient=Patient/1", true),
                ("patient=1", true),
                ("patient=Patient/1", true),
                ("subject=Patient/1/_history/2", false),
                ("subject:missing=false", true),
                ("patient:missing=true", false),
                ("subject=2,Patient/1", true),
                ("subject=1&subject=2", false),
            ],
        ),
        (
            r#""reference": "https://a.org/fhir/Patient/1""#,
            &[("subject=1", true), ("subject=Patient/1", true), ("patient=1", true)],
        ),
        (
            r#""reference": "https://b.org/fhir/Patient/1""#,
            &[
                ("subject=1", false),
                ("subject=Patient/1", false),
                ("subject=https://b.org/fhir/Patient/1", true),
                ("patient=https://b.org/fhir/Patient/1", true),
            ],
        ),
        (
            r#""reference": "Patient/1/_history/2""#,
            &[
                ("subject=Patient/1", true),
                ("subject=Patient/1/_history/2", true),
                ("subject=Patient/1/_history/3", false),
            ],
        ),
        (
            r#""reference": "Group/1""#,
            &[
                ("subject=1", true),
                ("subject:Group=1", true),
                ("patient=1", false),
                ("patient:missing=true", true),
            ],
        ),
        (
            r#""reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0""#,
            &[
                ("subject=urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", true),
                ("patient:missing=true", true),
                ("subject:missing=true", false),
            ],
        ),
        (
            r#""reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "type": "Patient""#,
            &[("patient=urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", true)],
        ),
        (r##""reference": "#p""##, &[("subject:missing=true", false), ("subject=p", false)]),
        (
            r#""identifier": {"system": "http://a.org/ids", "value": "7"}"#,
            &[
                ("subject:identifier=http://a.org/ids|7", true),
                ("subject:identifier=7", true),
                ("subject:identifier=|7", false),
                ("subject:identifier=8", false),
                ("subject=7", false),
                ("subject:missing=true", false),
            ],
        ),
        (r#""display": "somebody""#, &[("subject:missing=true", true), ("subject=1", false)]),
    ];
    for (subject, cases) in cases {
        check(&observation(subject), cases);
    }
    let contained = r##"{"resourceType": "Observation", "id": "o", "contained": [{"resourceType": "Patient", "id": "p"}],
        "subject": {"reference": "#p"}}"##;
    check(contained, &[("patient:missing=true", false), ("subject:missing=true", false)]);
    let response = |questionnaire: &str| {
        format!(
            r#"{{"resourceType": "QuestionnaireResponse", "id": "q", "questionnaire": "{questionnaire}"}}"#
        )
    };
    check(
        &response("http://a.org/q|1.0"),
        &[
            ("questionnaire=http://a.org/q", true),
            ("questionnaire=http://a.org/q|1.0", true),
            ("questionnaire=http://a.org/q|2.0", false),
        ],
    );
    check(
        &response("http://a.org/q"),
        &[("questionnaire=http://a.org/q", true), ("questionnaire=http://a.org/q|1.0", false)],
    );
    check(
        &response("https://a.org/fhir/Questionnaire/1"),
        &[("questionnaire=Questionnaire/1", true), ("questionnaire=1", true)],
    );
}

/// `(ConceptMap.target as uri)` does not select a canonical, although that is made of a uri.
#[test]
fn a_type_in_an_expression_is_exact_for_primitives() {
    let map = |target: &str| {
        format!(r#"{{"resourceType": "ConceptMap", "id": "m", "{target}": "http://a.org/v"}}"#)
    };
    check(
        &map("targetUri"),
        &[
            ("target-uri=http://a.org/v", true),
            ("target=http://a.org/v", false),
            ("target:missing=true", true),
        ],
    );
    check(&map("targetCanonical"), &[("target=http://a.org/v", true), ("target-uri:missing=true", true)]);
}

#[test]
fn uris_compare_as_they_are_or_by_segments() {
    let value_set = r#"{"resourceType": "ValueSet", "id": "v", "url": "http://acme.org/fhir/ValueSet/123"}"#;
    check(
        value_set,
        &[
            ("url=http://acme.org/fhir/ValueSet/123", true),
            ("url=http://acme.org/fhir/ValueSet/12", false),
            ("url=HTTP://ACME.ORG/fhir/ValueSet/123", false),
            ("url:below=http://acme.org/fhir/", true),
            ("url:below=http://acme.org/fhir", true),
            ("url:below=http://acme.org/fhi", false),
            ("url:below=http://acme.org/fhir/ValueSet/123", true),
            ("url:below=http://acme.org/fhir/ValueSet/123/4", false),
            ("url:above=http://acme.org/fhir/ValueSet/123/_history/5", true),
            ("url:above=http://acme.org/fhir/ValueSet/123", true),
            ("url:above=http://acme.org/fhir/ValueSet/1234", false),
            ("url:above=http://acme.org/fhir", false),
            ("url:missing=false", true),
        ],
    );
}

#[test]
fn components_and_combinations_are_told_apart() {
    let panel = r#"{"resourceType": "Observation", "id": "o", "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "component": [
            {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}, "valueQuantity": {"value": 107, "unit": "mmHg"}},
            {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]}, "valueQuantity": {"value": 60, "unit": "mmHg"}}]}"#;
    check(
        panel,
        &[
            ("code=8480-6", false),
            ("component-code=8480-6", true),
            ("combo-code=8480-6", true),
            ("combo-code=85354-9", true),
            ("component-value-quantity=107", true),
            ("value-quantity=107", false),
            ("combo-value-quantity=lt70", true),
            ("component-code-value-quantity=8480-6$107", true),
            ("component-code-value-quantity=http://loinc.org|8480-6$gt100||mmHg", true),
            ("component-code-value-quantity=8480-6$60", false),
            ("component-code-value-quantity=8480-6$60,8462-4$60", true),
            ("combo-code-value-quantity=8462-4$lt61", true),
            ("combo-code-value-quantity=85354-9$lt61", false),
            ("code-value-quantity=85354-9$107", false),
        ],
    );
    let use_context = r#"{"resourceType": "ValueSet", "id": "v", "useContext": [
        {"code": {"code": "focus"}, "valueCodeableConcept": {"coding": [{"code": "a"}]}},
        {"code": {"code": "task"}, "valueCodeableConcept": {"coding": [{"code": "b"}]}}]}"#;
    check(
        use_context,
        &[
            ("context-type-value=focus$a", true),
            ("context-type-value=focus$b", false),
            ("context-type=focus&context=b", true),
        ],
    );
}

#[test]
fn other_types_of_resources_do_not_match() {
    let parameters = Parameters::r4();
    let document = Document::parse(br#"{"resourceType": "Patient", "id": "p"}"#).unwrap();
    let matcher = Matcher::new(parameters, ExtractOptions::default());
    let matches = |resource_type, text| {
        let query = Query::parse(resource_type, text, parameters, &Options::default()).unwrap();
        matcher.matches(&query, document.root()).unwrap()
    };
    assert!(matches("Patient", ""));
    assert!(!matches("Observation", ""));
    assert!(matches("Resource", "_id=p"));
    assert!(matches("Resource", "_type=Patient,Group"));
    assert!(!matches("Resource", "_type=Group"));
    let list = Document::parse(b"[]").unwrap();
    let query = Query::parse("Patient", "", parameters, &Options::default()).unwrap();
    assert!(matcher.matches(&query, list.root()).is_err());
}
