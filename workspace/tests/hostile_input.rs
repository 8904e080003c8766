//! Whatever is sent: no panic, bounded work, and nothing written by what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod server;

use hygea_workspace::json::Json;
use hygea_workspace::{Kind, Location, Resource, ResourceId, Timestamp};
use proptest::prelude::*;
use server::{Server, inside, workspace_path};

/// The tree of the standard parser as ours would have it, for texts without numbers that it rounds.
fn same(ours: &Json, theirs: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (ours, theirs) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Number(a), Value::Number(b)) => {
            // The standard parser rounds the last digit of some.
            let (a, b) = (a.as_str().parse::<f64>().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= a.abs() * 1e-14
        }
        (Json::String(a), Value::String(b)) => a == b,
        (Json::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| b.get(name).is_some_and(|found| same(value, found)))
        }
        _ => false,
    }
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<f64>()
            .prop_filter("JSON has no such number", |value| value.is_finite())
            .prop_map(|value| format!("{value:?}")),
        ".{0,8}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#""\u00e9\ud83d\ude00\/""#.to_owned()),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5)
                .prop_map(|elements| format!("[{}]", elements.join(" , "))),
            prop::collection::btree_map("[a-z\"é]{0,4}", inner, 0..5).prop_map(|members| format!(
                "{{{}}}",
                members
                    .iter()
                    .map(|(name, value)| format!("{}:{value}", serde_json::to_string(name).unwrap()))
                    .collect::<Vec<_>>()
                    .join(",\n")
            )),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_read_as_the_standard_parser_reads_it(text in json_text()) {
        let ours = Json::parse(text.as_bytes()).unwrap();
        prop_assert!(same(&ours, &serde_json::from_str(&text).unwrap()));
        prop_assert_eq!(&Json::parse(ours.to_string().as_bytes()).unwrap(), &ours);
    }

    #[test]
    fn broken_json_is_refused_as_the_standard_parser_refuses_it(text in json_text(), position in 0_usize..200, byte: u8) {
        let mut bytes = text.into_bytes();
        let position = position % (bytes.len() + 1);
        if let Some(old) = bytes.get_mut(position) { *old = byte } else { bytes.push(byte) }
        match (Json::parse(&bytes), serde_json::from_slice::<serde_json::Value>(&bytes)) {
            (Ok(ours), Ok(theirs)) => prop_assert!(same(&ours, &theirs)),
            // Numbers beyond a double are refused there and kept here; a member twice is refused here.
            (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{error}"),
            (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("twice"), "{error}"),
            (Err(error), Err(_)) => prop_assert!(error.position().is_some_and(|at| at <= bytes.len())),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Json::parse(&bytes);
        let _ = Resource::from_record(&bytes);
    }

    #[test]
    fn any_path_is_an_id_or_refused(path in "(/|subscriptions|resourceGroups|providers|Microsoft.HealthcareApis|workspaces|fhirservices|roleAssignments|Microsoft.Authorization|[a-zA-Z0-9.%é ]{0,5}|/){0,24}") {
        if let Ok(id) = ResourceId::parse(&path) {
            prop_assert_eq!(&ResourceId::parse(id.as_str()).unwrap(), &id);
            prop_assert_eq!(ResourceId::parse(&id.as_str().to_uppercase()).map(|upper| upper.kind()).ok(), Some(id.kind()));
            let mut outer = Some(id.clone());
            let mut steps = 0;
            while let Some(current) = outer {
                prop_assert!(id.is_within(&current));
                let _ = (current.type_name(), current.relative_name(), current.subscription(), current.resource_group(), current.name());
                outer = current.parent();
                steps += 1;
            }
            prop_assert!(steps < 40);
        }
        let _ = (Location::parse(&path), Timestamp::parse(&path));
    }

    #[test]
    fn any_request_is_answered(
        method in prop::sample::select(vec!["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD", "BREW"]),
        path in "(/subscriptions/[a-z0]{0,3}|/resourceGroups/[a-z.]{0,3}|/providers/Microsoft.HealthcareApis|/providers/Microsoft.Authorization|/workspaces/[a-z%2f]{0,4}|/(fhirservices|dicomservices|iotconnectors|fhirdestinations|roleAssignments|operations|checkNameAvailability)(/[a-z]{0,4})?|/){0,7}",
        query in "([?])?((api-version=(2024-03-31|2021-04-01|2022-04-01|x)|\\$top=[0-9]{0,3}|\\$skipToken=[A-Za-z%]{0,6}|[a-z%&=]{0,5})&){0,3}",
        body in json_text(),
    ) {
        let mut server = Server::with_workspace();
        let before = server.directory.resources().count();
        let answer = server.call(method, &format!("{path}{query}"), &body);
        if answer.outcome.changes.is_empty() {
            prop_assert_eq!(server.directory.resources().count(), before);
        }
    }

    #[test]
    fn any_properties_are_kept_or_refused(kind in prop::sample::select(vec![Kind::FhirService, Kind::DicomService, Kind::IotConnector]), name in prop::sample::select(vec![
        "authenticationConfiguration", "corsConfiguration", "exportConfiguration", "importConfiguration", "acrConfiguration", "encryption",
        "resourceVersionPolicyConfiguration", "publicNetworkAccess", "deviceMapping", "ingestionEndpointConfiguration", "enableDataPartitions", "storageConfiguration",
    ]), inner in prop::sample::select(vec!["", "authority", "origins", "smartIdentityProviders", "content", "default", "resourceTypeOverrides", "maxAge", "ociArtifacts", "customerManagedKeyEncryption"]), value in json_text()) {
        let mut server = Server::with_workspace();
        let value = if inner.is_empty() { value } else { format!("{{\"{inner}\":{value}}}") };
        let body = format!("{{\"location\":\"westus\",\"identity\":{{\"type\":\"SystemAssigned\"}},\"properties\":{{\"{name}\":{value}}}}}");
        let url = inside(&format!("{}/abc", kind.segment()));
        let answer = server.call("PUT", &url, &body);
        prop_assert!(matches!(answer.status, 201 | 400), "{}", answer.body);
        if answer.status == 201 {
            // What was taken is taken again as it was shown.
            let again = server.call("PUT", &url, answer.outcome.body.as_deref().unwrap());
            prop_assert_eq!(again.status, 200);
            prop_assert_eq!(&again.body["properties"], &answer.body["properties"]);
        }
    }
}

#[test]
fn a_hostile_path_reaches_nothing() {
    let mut server = Server::with_workspace();
    let workspace = workspace_path("g", "wsp");
    for path in [
        format!("{workspace}/../wsp"),
        format!("{workspace}/fhirservices/..%2f..%2fother"),
        format!("{workspace}/fhirservices/%2e%2e"),
        format!("{workspace}//fhirservices"),
        format!("{workspace}/fhirservices/a%00b"),
        format!("{workspace}/fhirservices/a%0d%0aX-Evil:1"),
        format!("{workspace}/fhirservices/a%5cb"),
        "/subscriptions/".repeat(5000),
        format!("{workspace}/{}", "fhirservices/a/".repeat(200)),
    ] {
        let answer =
            server.call("PUT", &format!("{path}?api-version=2024-03-31"), r#"{"location":"westus"}"#);
        assert!(matches!(answer.status, 400 | 404), "{path} {}", answer.status);
        for (_, value) in &answer.outcome.headers {
            assert!(!value.contains(['\r', '\n']));
        }
    }
}
