//! What leads from one resource to another: includes, reverse includes, compartments, and sorting by plan.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::json::Document;
use hygea_fhir_search::plan::{Match, SortTarget};
use hygea_fhir_search::{
    ErrorKind, ExtractOptions, Extractor, Filter, IncludedReference, Options, Parameters, Plan, Query,
};

const ENCOUNTER: &str = r##"{"resourceType": "Encounter", "id": "e",
    "subject": {"reference": "Patient/1"}, "partOf": {"reference": "https://a.org/fhir/Encounter/2"},
    "participant": [{"individual": {"reference": "Practitioner/3/_history/4"}}, {"individual": {"reference": "#c"}}],
    "serviceProvider": {"reference": "https://b.org/fhir/Organization/5"}}"##;

fn query(resource_type: &str, text: &str) -> Query {
    Query::parse(resource_type, text, Parameters::r4(), &Options::default()).unwrap()
}

fn options() -> ExtractOptions<'static> {
    ExtractOptions { bases: &["https://a.org/fhir"], ..ExtractOptions::default() }
}

#[test]
fn includes_follow_references() {
    let document = Document::parse(ENCOUNTER.as_bytes()).unwrap();
    let included = |text: &str| {
        let query = query("Encounter", &format!("_include={text}"));
        let include = &query.result().includes[0];
        let found = include.references(document.root(), Parameters::r4(), options()).unwrap();
        let mut found: Vec<String> = found
            .into_iter()
            .map(|reference| match reference {
                IncludedReference::Resource { resource_type, id, version: None } => {
                    format!("{resource_type}/{id}")
                }
                IncludedReference::Resource { resource_type, id, version: Some(version) } => {
                    format!("{resource_type}/{id}/_history/{version}")
                }
                IncludedReference::Url { url, .. } => url.to_owned(),
            })
            .collect();
        found.sort();
        found.dedup();
        found.join(" ")
    };
    let cases = [
        ("Encounter:patient", "Patient/1"),
        ("Encounter:subject", "Patient/1"),
        ("Encounter:subject:Patient", "Patient/1"),
        ("Encounter:subject:Group", ""),
        ("Encounter:part-of", "Encounter/2"),
        ("Encounter:participant", "Practitioner/3/_history/4"),
        ("Encounter:service-provider", "https://b.org/fhir/Organization/5"),
        ("Encounter:*", "Encounter/2 Patient/1 Practitioner/3/_history/4 https://b.org/fhir/Organization/5"),
        ("*", "Encounter/2 Patient/1 Practitioner/3/_history/4 https://b.org/fhir/Organization/5"),
        ("Observation:subject", ""),
    ];
    for (text, wanted) in cases {
        assert_eq!(included(text), wanted, "{text}");
    }
    assert!(query("Encounter", "_include:iterate=Patient:organization").result().includes[0].iterate());
}

#[test]
fn reverse_includes_look_for_what_refers_here() {
    let parameters = Parameters::r4();
    let sources = |text: &str, page: &[(&str, &str)]| {
        let query = query("Patient", &format!("_revinclude={text}"));
        assert!(query.result().reverse_includes[0].is_reverse());
        query.result().reverse_includes[0].sources(page, parameters)
    };
    let found = sources("Observation:patient", &[("Patient", "1"), ("Patient", "2")]);
    let wanted = Filter::Or(vec![
        Filter::refers_to("patient", "Patient", "1"),
        Filter::refers_to("patient", "Patient", "2"),
    ]);
    assert_eq!(found, [("Observation", wanted)]);
    assert_eq!(sources("Observation:subject:Group", &[("Patient", "1")]), []);
    let all = sources("Observation:*", &[("Patient", "1")]);
    let names = |filter: &Filter| match filter {
        Filter::Or(filters) => filters.iter().map(|filter| format!("{filter:?}")).collect::<Vec<_>>(),
        filter => vec![format!("{filter:?}")],
    };
    assert_eq!(names(&all[0].1).len(), 4, "patient, subject, performer, focus: {all:?}");
    assert!(sources("*", &[("Patient", "1")]).len() > 60);
    assert_eq!(sources("*", &[]), []);
}

#[test]
fn compartments_are_filters_and_memberships() {
    let parameters = Parameters::r4();
    let filter = |compartment, resource_type| parameters.compartment_filter(compartment, "1", resource_type);
    assert_eq!(filter("Patient", "Condition").unwrap(), {
        Filter::Or(vec![
            Filter::refers_to("patient", "Patient", "1"),
            Filter::refers_to("asserter", "Patient", "1"),
        ])
    });
    assert_eq!(
        filter("Patient", "Device").unwrap(),
        Filter::Or(vec![]),
        "no device is in a patient's compartment"
    );
    let Filter::Or(own) = filter("Patient", "Patient").unwrap() else { panic!("several ways") };
    assert!(
        own.contains(&Filter::Ids(vec!["1".to_owned()]))
            && own.contains(&Filter::refers_to("link", "Patient", "1"))
    );
    assert_eq!(filter("Encounter", "Encounter").unwrap(), Filter::Ids(vec!["1".to_owned()]));
    assert_eq!(filter("Group", "Patient").unwrap_err().kind(), ErrorKind::UnknownResourceType);
    assert_eq!(filter("Patient", "Shoe").unwrap_err().kind(), ErrorKind::UnknownResourceType);

    let document = Document::parse(ENCOUNTER.as_bytes()).unwrap();
    let entries = Extractor::new(parameters, options()).extract(document.root()).unwrap();
    let members = |compartment| parameters.compartments_of(compartment, "Encounter", "e", &entries).unwrap();
    assert_eq!(members("Patient"), ["1"]);
    assert_eq!(members("Practitioner"), ["3"]);
    assert_eq!(members("Encounter"), ["e"]);
    assert_eq!(members("Device"), [""; 0]);
    let codes: Vec<&str> = parameters.compartments().iter().map(|compartment| compartment.code).collect();
    assert_eq!(codes.len(), 5, "{codes:?}");
}

#[test]
fn plans_hold_filter_order_and_page() {
    let plan = Plan::of(&query("Observation", "status=final&_sort=-date,_id&_count=7"));
    assert_eq!((plan.resource_type, plan.count), ("Observation", Some(7)));
    let keys: Vec<_> = plan.sort.iter().map(|key| (key.by, key.descending)).collect();
    assert_eq!(keys, [(SortTarget::Parameter("date"), true), (SortTarget::Id, false)]);
    let status = Filter::Token {
        parameter: "status".to_owned(),
        system: Match::Any,
        code: Match::Is("final".to_owned()),
    };
    assert_eq!(plan.filter, status);
    assert!(plan.filter.is_exact());
    assert!(!Plan::of(&query("Observation", "code-value-quantity=a$1")).filter.is_exact());
    assert_eq!(Plan::of(&query("Observation", "")).filter, Filter::All);
    // What is searched for does not show.
    let shown =
        format!("{:?}", Plan::of(&query("Patient", "name=smith&identifier=a|b&birthdate=1980&_id=p7")));
    for value in ["smith", "\"b\"", "1980"] {
        assert!(!shown.contains(value), "{shown}");
    }
}
