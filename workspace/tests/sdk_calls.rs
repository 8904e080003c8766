//! The 49 calls that the vendor's SDK records, driven through the management API.
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
mod server;

use serde_json::{Map, Value};
use server::Server;

const VERSION: &str = "api-version=2023-11-01";
const HEALTH: &str = "providers/Microsoft.HealthcareApis";

/// Why an operation group is not part of this API yet.
fn left_out(group: &str, method: &str) -> Option<&'static str> {
    match group {
        "services" if method != "checkNameAvailability" => {
            Some("the account type outside workspaces is not provisioned")
        }
        "privateEndpointConnections" | "workspacePrivateEndpointConnections" => {
            Some("private endpoints are not provisioned")
        }
        "privateLinkResources" | "workspacePrivateLinkResources" => Some("private links are not provisioned"),
        _ => None,
    }
}

/// Puts the members that the SDK flattens back under `properties`.
fn unflatten(body: &Value) -> Value {
    let mut envelope = Map::new();
    let mut properties = Map::new();
    for (name, value) in body.as_object().unwrap() {
        match name.as_str() {
            "location" | "tags" | "kind" | "identity" | "etag" => {
                envelope.insert(name.clone(), value.clone())
            }
            "properties" => {
                properties.extend(value.as_object().unwrap().clone());
                None
            }
            _ => properties.insert(name.clone(), value.clone()),
        };
    }
    if !properties.is_empty() {
        envelope.insert("properties".into(), properties.into());
    }
    envelope.into()
}

/// The HTTP request of a call: method, path and body.
fn request(subscription: &str, group: &str, method: &str, args: &[Value]) -> (&'static str, String, String) {
    let sub = format!("/subscriptions/{subscription}");
    let text = |index: usize| args[index].as_str().unwrap();
    let workspace = |rg: &str, ws: &str| format!("{sub}/resourceGroups/{rg}/{HEALTH}/workspaces/{ws}");
    let body = || {
        args.last().filter(|arg| arg.is_object()).map(|body| unflatten(body).to_string()).unwrap_or_default()
    };
    let child = match group {
        "fhirServices" => "fhirservices",
        "dicomServices" => "dicomservices",
        "iotConnectors" => "iotconnectors",
        _ => "",
    };
    match (group, method) {
        ("operations", "list") => ("GET", format!("/{HEALTH}/operations"), String::new()),
        ("operationResults", "get") => (
            "GET",
            format!("{sub}/{HEALTH}/locations/{}/operationresults/{}", text(0), text(1)),
            String::new(),
        ),
        ("services", "checkNameAvailability") => {
            ("POST", format!("{sub}/{HEALTH}/checkNameAvailability"), args[0].to_string())
        }
        ("workspaces", "beginCreateOrUpdateAndWait") => ("PUT", workspace(text(0), text(1)), body()),
        ("workspaces", "beginUpdateAndWait") => ("PATCH", workspace(text(0), text(1)), body()),
        ("workspaces", "beginDeleteAndWait") => ("DELETE", workspace(text(0), text(1)), String::new()),
        ("workspaces", "get") => ("GET", workspace(text(0), text(1)), String::new()),
        ("workspaces", "listByResourceGroup") => {
            ("GET", format!("{sub}/resourceGroups/{}/{HEALTH}/workspaces", text(0)), String::new())
        }
        ("workspaces", "listBySubscription") => ("GET", format!("{sub}/{HEALTH}/workspaces"), String::new()),
        ("fhirDestinations", "listByIotConnector") => (
            "GET",
            format!("{}/iotconnectors/{}/fhirdestinations", workspace(text(0), text(1)), text(2)),
            String::new(),
        ),
        ("iotConnectorFhirDestination", method) => {
            let path = format!(
                "{}/iotconnectors/{}/fhirdestinations/{}",
                workspace(text(0), text(1)),
                text(2),
                text(3)
            );
            match method {
                "beginCreateOrUpdateAndWait" => ("PUT", path, body()),
                "beginDeleteAndWait" => ("DELETE", path, String::new()),
                _ => ("GET", path, String::new()),
            }
        }
        (_, "beginCreateOrUpdateAndWait") => {
            ("PUT", format!("{}/{child}/{}", workspace(text(0), text(1)), text(2)), body())
        }
        (_, "get") => ("GET", format!("{}/{child}/{}", workspace(text(0), text(1)), text(2)), String::new()),
        (_, "listByWorkspace") => ("GET", format!("{}/{child}", workspace(text(0), text(1))), String::new()),
        // The SDK names the service before its workspace here.
        (_, "beginUpdateAndWait") => {
            ("PATCH", format!("{}/{child}/{}", workspace(text(0), text(2)), text(1)), body())
        }
        (_, "beginDeleteAndWait") => {
            ("DELETE", format!("{}/{child}/{}", workspace(text(0), text(2)), text(1)), String::new())
        }
        (group, method) => panic!("no request for {group}.{method}"),
    }
}

/// A server that holds what the calls speak of.
fn prepared(calls: &[(String, String, String, Vec<Value>)], creating: Option<&str>) -> Server {
    let mut server = Server::new();
    server.settings.authority =
        "https://login.microsoftonline.com/abfde7b2-df0f-47e6-aabf-2462b07508dc".into();
    let westus = r#"{"location":"westus"}"#;
    let groups = [
        "/subscriptions/subid/resourceGroups/testRG",
        "/subscriptions/11111111-2222-3333-4444-555566667777/resourceGroups/myrg",
    ];
    for group in groups {
        server.ok("PUT", &format!("{group}?api-version=2021-04-01"), westus);
    }
    let mine = format!("{}/{HEALTH}/workspaces/myworkspace", groups[1]);
    for path in [
        mine.clone(),
        format!("{mine}/fhirservices/myfhirservice"),
        format!("{}/{HEALTH}/workspaces/workspace1", groups[0]),
        format!("{}/{HEALTH}/workspaces/workspace1/fhirservices/fhirservices1", groups[0]),
    ] {
        if creating.is_none_or(|creating| !path.starts_with(creating)) {
            server.ok("PUT", &format!("{path}?{VERSION}"), westus);
        }
    }
    let mut creations: Vec<_> = calls.iter().collect();
    // Outer resources first.
    creations.sort_by_key(|(_, _, _, args)| args.len());
    for (subscription, group, method, args) in creations {
        if method == "beginCreateOrUpdateAndWait" && left_out(group, method).is_none() {
            let (verb, path, body) = request(subscription, group, method, args);
            if creating.is_none_or(|creating| !path.starts_with(creating)) {
                server.ok(verb, &format!("{path}?{VERSION}"), &body);
            }
        }
    }
    server
}

/// Whether everything in `part` is in `whole`.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|found| holds(found, value)))
        }
        _ => whole == part,
    }
}

#[test]
fn recorded_calls_are_answered_in_shape() {
    let Some(samples) = data_root::read_json("rest-requests/sdk_samples.json") else { return };
    let calls: Vec<(String, String, String, Vec<Value>)> = samples["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            let op = call["op"].as_str().unwrap();
            let mut parts = op.strip_prefix("sub=").unwrap().rsplitn(3, '.');
            let (method, group, subscription) =
                (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            (
                subscription.to_owned(),
                group.to_owned(),
                method.to_owned(),
                call["args"].as_array().unwrap().clone(),
            )
        })
        .collect();
    let (mut answered, mut skipped) = (0, 0);
    for (subscription, group, method, args) in &calls {
        if let Some(reason) = left_out(group, method) {
            println!("left out: {group}.{method}: {reason}");
            skipped += 1;
            continue;
        }
        let (verb, mut path, body) = request(subscription, group, method, args);
        let mut server = prepared(&calls, (verb == "PUT").then_some(path.as_str()));
        if group == "workspaces" && verb == "DELETE" {
            // The sample's workspace is empty.
            for inner in [
                "iotconnectors/blue/fhirdestinations/dest1",
                "iotconnectors/blue",
                "fhirservices/fhirservice1",
                "fhirservices/fhirservices1",
                "dicomservices/blue",
            ] {
                server.ok("DELETE", &format!("{path}/{inner}?{VERSION}"), "");
            }
        }
        if group == "iotConnectors" && verb == "DELETE" {
            server.ok("DELETE", &format!("{path}/fhirdestinations/dest1?{VERSION}"), "");
        }
        if group == "operationResults" {
            // The recorded id is an example; the id of a real operation has to be asked for.
            assert_eq!(server.call(verb, &format!("{path}?{VERSION}"), "").status, 404);
            let result = server
                .directory
                .resources()
                .find(|resource| resource.kind() == hygea_workspace::Kind::OperationResult);
            path = result.unwrap().id().to_string();
        }
        let answer = server.ok(verb, &format!("{path}?{VERSION}"), &body);
        let found = &answer.body;
        match verb {
            "PUT" | "PATCH" => {
                assert_eq!(answer.status, if verb == "PUT" { 201 } else { 200 });
                let mut sent: Value = serde_json::from_str(&body).unwrap();
                assert!(holds(found, &sent), "{group}.{method}: {sent} in {found}");
                let sent = sent.as_object_mut().unwrap();
                sent.remove("properties");
                for name in ["id", "name", "type", "location", "etag", "properties", "systemData"] {
                    assert!(found.get(name).is_some(), "{group}.{method}: {name}");
                }
                assert_eq!(found["properties"]["provisioningState"], "Succeeded");
                assert!(found["id"].as_str().unwrap().eq_ignore_ascii_case(&path));
                assert_eq!(server.ok("GET", &format!("{path}?{VERSION}"), "").body, *found);
            }
            "DELETE" => {
                assert_eq!((answer.status, found), (200, &Value::Null));
                assert_eq!(server.call("GET", &format!("{path}?{VERSION}"), "").status, 404);
            }
            "POST" => assert!(found["nameAvailable"].is_boolean() && found["message"].is_string()),
            _ if method.starts_with("list") && group != "operations" => {
                let items = found["value"].as_array().unwrap();
                assert!(!items.is_empty());
                for item in items {
                    assert_eq!(
                        server.ok("GET", &format!("{}?{VERSION}", item["id"].as_str().unwrap()), "").body,
                        *item
                    );
                }
            }
            _ if group == "operations" => {
                for operation in found["value"].as_array().unwrap() {
                    assert!(
                        operation["name"].is_string()
                            && operation["isDataAction"].is_boolean()
                            && operation["display"]["provider"].is_string()
                    );
                }
            }
            _ if group == "operationResults" => {
                assert_eq!(found["status"], "Succeeded");
                for name in ["id", "name", "startTime", "endTime", "properties"] {
                    assert!(found.get(name).is_some(), "{name}");
                }
            }
            _ => assert!(found["id"].as_str().unwrap().eq_ignore_ascii_case(&path)),
        }
        answered += 1;
    }
    println!("recorded calls: {answered} answered, {skipped} left out");
    assert_eq!((answered, skipped), (28, 21));
}

#[test]
fn templates_name_versions_that_are_known() {
    let mut versions = Vec::new();
    for file in [
        "quickstarts/workspaces-iotconnectors.json",
        "quickstarts/fhir-import.json",
        "docs/fhir-service-arm-article.json",
        "docs/fhir-cmk-system-assigned.json",
        "docs/fhir-cmk-user-assigned.json",
    ] {
        let Some(template) = data_root::read_json(&format!("arm/{file}")) else { return };
        for resource in template["resources"].as_array().unwrap() {
            if resource["type"].as_str().unwrap().starts_with("Microsoft.HealthcareApis/workspaces") {
                versions.push(resource["apiVersion"].as_str().unwrap().to_owned());
            }
        }
    }
    assert!(versions.len() >= 8);
    let mut server = Server::with_workspace();
    for version in versions {
        server.ok("GET", &format!("{}?api-version={version}", server::workspace_path("g", "wsp")), "");
    }
}
