//! The SMART scope vectors of the reference data, all of them, and properties of the grammar.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod data_root;

use hygea_workspace::ErrorKind;
use hygea_workspace::access::FhirActions;
use hygea_workspace::smart::SmartScopes;
use proptest::prelude::*;
use serde_json::Value;

const TYPES: [&str; 6] = ["Patient", "Observation", "Condition", "Encounter", "Practitioner", "Immunization"];

fn parse(claims: &[&str]) -> Result<SmartScopes, hygea_workspace::Error> {
    SmartScopes::parse(claims.iter().copied(), &|name| TYPES.contains(&name))
}

#[test]
fn vectors_are_accepted_and_rejected_as_listed() {
    let Some(vectors) = data_root::read_json("smart/scope_vectors.json") else { return };
    let texts = |value: &Value| {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut accepted = 0;
    for vector in vectors["accept"].as_array().unwrap() {
        let claims = texts(&vector["claims"]);
        let scopes = parse(&claims.iter().map(String::as_str).collect::<Vec<_>>())
            .unwrap_or_else(|e| panic!("{claims:?}: {e}"));
        let found: Vec<_> = scopes
            .iter()
            .map(|scope| {
                (
                    scope.resource_type().unwrap_or("*").to_owned(),
                    scope.context().as_str().to_owned(),
                    scope.actions(),
                    scope.parameters().to_vec(),
                )
            })
            .collect();
        let wanted: Vec<_> = vector["restrictions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|restriction| {
                let actions = texts(&restriction["actions"]).iter().fold(FhirActions::NONE, |set, name| {
                    let short = format!("{}{}", name[..1].to_lowercase(), &name[1..]);
                    set | FhirActions::from_short_name(&short).unwrap()
                });
                let search = restriction["search"].as_array().unwrap().iter().map(texts);
                (
                    restriction["resource"].as_str().unwrap().to_owned(),
                    restriction["context"].as_str().unwrap().to_owned(),
                    actions,
                    search.map(|pair| (pair[0].clone(), pair[1].clone())).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(found, wanted, "{claims:?}");
        accepted += 1;
    }
    let mut rejected = 0;
    for (set, claims) in vectors["reject"].as_object().unwrap() {
        for claim in texts(claims) {
            let error = parse(&[&claim]).expect_err(&claim);
            assert_eq!(error.kind(), ErrorKind::InvalidScope, "{set}: {claim}");
            rejected += 1;
        }
    }
    println!("SMART scope vectors: {accepted} accepted, {rejected} rejected as listed");
    assert!(accepted >= 28 && rejected >= 37, "{accepted} {rejected}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = parse(&[&text]);
    }

    #[test]
    fn near_misses_are_read_or_refused(text in "(patient|user|system|practitioner|pat)[/.$%2f]{0,4}[A-Za-z*]{0,12}[.]?[crudsead*]{0,6}[?]?[a-z:._=&%?]{0,20}") {
        if let Ok(scopes) = parse(&[&text]) {
            for scope in scopes.iter() {
                // What was accepted is a scope of the grammar again, and means the same.
                let again = parse(&[&scope.to_string()]).unwrap();
                prop_assert_eq!(again.iter().next().unwrap(), scope);
                let v2 = parse(&[&scope.to_v2()]).unwrap();
                prop_assert_eq!(v2.iter().next().unwrap().actions().expanded() | FhirActions::READ | FhirActions::WRITE,
                    scope.actions().expanded() | FhirActions::READ | FhirActions::WRITE);
            }
        }
    }
}
