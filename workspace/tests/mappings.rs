//! Mappings of connectors: kept as sent, and checked by whoever knows them.
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

use hygea_workspace::Kind;
use server::{Server, inside, workspace_path};

#[test]
fn mappings_are_kept_to_the_digit() {
    let mut server = Server::with_workspace();
    let content = r#"{"templateType":"CollectionContent","template":[{"z":1.00,"a":1e300,"n":123456789012345678901234567890,"t":null,"\u00e9":"\u0007"}]}"#;
    let body = format!(r#"{{"location":"westus","properties":{{"deviceMapping":{{"content":{content}}}}}}}"#);
    server.ok("PUT", &inside("iotconnectors/con"), &body);
    let connector = server.directory.service("WSP", hygea_workspace::Kind::IotConnector, "Con").unwrap();
    let kept = hygea_workspace::services::IotConnector::new(connector).unwrap().device_mapping().unwrap();
    assert_eq!(kept, content.replace(r"\u00e9", "é"));
    let answer = server.call("GET", &inside("iotconnectors/con"), "").outcome.body.unwrap();
    assert!(answer.contains(&kept));
}

#[test]
fn a_mapping_is_checked_before_it_is_stored() {
    let mut server = Server::with_workspace();
    server.check_mapping = Some(&|kind, content| match (kind, content.contains("bad")) {
        (Kind::IotConnector | Kind::FhirDestination, false) => Ok(()),
        _ => Err("template[0]: unknown member".to_owned()),
    });
    let connector = |name: &str| {
        let content = format!(r#"{{"templateType":"CollectionContent","template":[{{"{name}":1}}]}}"#);
        format!(r#"{{"location":"westus","properties":{{"deviceMapping":{{"content":{content}}}}}}}"#)
    };
    let url = inside("iotconnectors/con");
    let before = server.directory.resources().count();
    let refused = server.call("PUT", &url, &connector("bad"));
    assert_eq!((refused.status, refused.code()), (400, "InvalidMapping"));
    assert_eq!(refused.body["error"]["target"], "properties.deviceMapping.content");
    assert_eq!(
        refused.body["error"]["message"],
        "properties.deviceMapping.content: template[0]: unknown member"
    );
    assert_eq!(server.directory.resources().count(), before);
    server.ok("PUT", &url, &connector("good"));
    // A mapping that is still to be written is not checked.
    server.ok("PUT", &url, r#"{"location":"westus","properties":{"deviceMapping":{"content":{}}}}"#);
    server.ok("PUT", &inside("fhirservices/fhir"), r#"{"location":"westus"}"#);
    for (name, status) in [("bad", 400), ("good", 201)] {
        let body = format!(
            r#"{{"properties":{{"resourceIdentityResolutionType":"Lookup","fhirServiceResourceId":"{}/fhirservices/fhir","fhirMapping":{{"content":{{"templateType":"CollectionFhir","template":["{name}"]}}}}}}}}"#,
            workspace_path("g", "wsp").trim_start_matches('/')
        );
        assert_eq!(
            server.call("PUT", &inside("iotconnectors/con/fhirdestinations/des"), &body).status,
            status
        );
    }
}
