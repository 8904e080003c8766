//! Resources that are none: what stands in the wrong place has no value, and nothing panics.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

mod support;

use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_search::{ErrorKind, ExtractOptions, Extractor, Matcher, Options, Parameters, Query};
use std::ops::Range;
use support::data;
use support::random::{Queries, Random};

#[test]
fn what_is_no_resource_is_refused() {
    let extractor = Extractor::new(Parameters::r4(), ExtractOptions::default());
    for json in [
        "{}",
        "[]",
        "null",
        "1",
        r#"{"resourceType": 1}"#,
        r#"{"resourceType": "Shoe"}"#,
        r#"{"resourceType": "Resource"}"#,
    ] {
        let document = Document::parse(json.as_bytes()).unwrap();
        assert_eq!(extractor.extract(document.root()).unwrap_err().kind(), ErrorKind::NotAResource, "{json}");
    }
    // Elements of a wrong form have no values, the others have theirs.
    let json = r#"{"resourceType": "Patient", "id": "p", "gender": ["male"], "birthDate": 1980, "name": "Smith", "active": "yes",
        "identifier": [null, 1, {"value": 7}, {"value": "a"}], "managingOrganization": [{"reference": "Organization/1"}],
        "meta": {"lastUpdated": [], "tag": {"code": "x"}}}"#;
    let document = Document::parse(json.as_bytes()).unwrap();
    let entries = extractor.extract(document.root()).unwrap();
    let names: Vec<&str> = entries.iter().map(|entry| entry.parameter).collect();
    for name in ["identifier", "gender", "organization", "_tag"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    for name in ["birthdate", "name", "family"] {
        assert!(!names.contains(&name), "{name} in {names:?}");
    }
}

/// HL7's examples with values put in the place of others.
#[test]
fn shuffled_resources_do_not_panic() {
    let Some(resources) = data::examples() else { return };
    let parameters = Parameters::r4();
    let documents: Vec<_> = resources.iter().map(|resource| (resource, resource.document())).collect();
    let mut queries = Queries::new(parameters, &documents, 9);
    let mut random = Random::new(4);
    let extractor = Extractor::new(parameters, ExtractOptions::default());
    let matcher = Matcher::new(parameters, ExtractOptions::default());
    let (mut read, mut failed) = (0, 0);
    for _ in 0..2_000 {
        let at = random.below(documents.len());
        let (resource, document) = &documents[at];
        let mut spans = Vec::new();
        collect(document.root(), &mut spans);
        let (to, from) = (random.pick(&spans).unwrap().clone(), random.pick(&spans).unwrap().clone());
        let mut json = resource.json.clone();
        let with = json[from].to_owned();
        json.replace_range(to, &with);
        let Ok(shuffled) = Document::parse(json.as_bytes()) else { continue };
        let text = queries.query(at);
        let Ok(query) = Query::parse(&resource.resource_type, &text, parameters, &Options::default()) else {
            continue;
        };
        let outcomes = [
            extractor.extract(shuffled.root()).map(|_| ()).err(),
            matcher.matches(&query, shuffled.root()).map(|_| ()).err(),
        ];
        for error in outcomes.into_iter().flatten() {
            assert!(matches!(error.kind(), ErrorKind::NotAResource | ErrorKind::Evaluation), "{error}");
            failed += 1;
        }
        read += 1;
    }
    println!("{read} shuffled resources read, {failed} times refused");
    assert!(read >= 1_500 && failed < read / 5);
}

fn collect(node: Node<'_>, spans: &mut Vec<Range<usize>>) {
    spans.push(node.span());
    node.members().for_each(|(_, value)| collect(value, spans));
    node.items().for_each(|item| collect(item, spans));
}
