//! The rules of provisioning, one table a rule.
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

use hygea_workspace::access::role_id;
use serde_json::json;
use server::{SUB, Server, inside, workspace, workspace_path};

#[test]
fn a_workspace_lives_and_dies() {
    let mut server = Server::new();
    let group = format!("{SUB}/resourcegroups/Demo?api-version=2021-04-01");
    assert_eq!(server.call("HEAD", &group, "").status, 404);
    let missing = server.call("PUT", &workspace("Demo", "demo"), r#"{"location":"local"}"#);
    assert_eq!((missing.status, missing.code()), (404, "ResourceGroupNotFound"));
    let created = server.call("PUT", &group, r#"{"location":"local","tags":{"a":"b"}}"#);
    assert_eq!(
        (created.status, &created.body["properties"]["provisioningState"]),
        (201, &json!("Succeeded"))
    );
    assert_eq!(server.call("HEAD", &group, "").status, 204);
    assert_eq!(server.call("PUT", &group, r#"{"location":"Local"}"#).status, 200);
    assert_eq!(server.call("PUT", &group, r#"{"location":"westus"}"#).code(), "InvalidResourceGroupLocation");

    let created = server.call("PUT", &workspace("demo", "demo"), r#"{"location":"local","properties":{}}"#);
    assert_eq!(created.status, 201);
    // Echoed as the group was first written, the type as it is usually spelled.
    assert_eq!(
        created.body["id"],
        format!("{SUB}/resourceGroups/Demo/providers/Microsoft.HealthcareApis/workspaces/demo")
    );
    assert_eq!(created.body["type"], "Microsoft.HealthcareApis/workspaces");
    assert_eq!(
        created.body["properties"],
        json!({"publicNetworkAccess": "Enabled", "privateEndpointConnections": [], "provisioningState": "Succeeded"})
    );
    assert_eq!(created.body["systemData"]["createdBy"], "caller");
    assert_eq!(created.body["systemData"]["createdAt"], "2027-01-15T08:00:00.000000Z");
    assert_eq!(
        created.header("ETag"),
        Some(format!("\"{}\"", created.body["etag"].as_str().unwrap()).as_str())
    );
    let read = server.call(
        "GET",
        &workspace("DEMO", "DEMO").to_uppercase().replace("API-VERSION=2024-03-31", "api-version=2024-03-31"),
        "",
    );
    assert_eq!((read.status, &read.body), (200, &created.body));
    assert_eq!(server.call("GET", &workspace("demo", "other"), "").code(), "ResourceNotFound");
    assert_eq!(server.call("GET", &workspace("none", "demo"), "").code(), "ResourceGroupNotFound");

    server.now += 60;
    let patched = server.call("PATCH", &workspace("demo", "demo"), r#"{"tags":{"team":"x"}}"#);
    assert_eq!((patched.status, &patched.body["tags"]), (200, &json!({"team": "x"})));
    assert_ne!(patched.body["etag"], created.body["etag"]);
    assert_eq!(patched.body["systemData"]["createdAt"], created.body["systemData"]["createdAt"]);
    assert_eq!(patched.body["systemData"]["lastModifiedAt"], "2027-01-15T08:01:00.000000Z");
    let refused = server.call(
        "PATCH",
        &workspace("demo", "demo"),
        r#"{"properties":{"publicNetworkAccess":"Disabled"}}"#,
    );
    assert_eq!((refused.status, refused.code()), (400, "PropertyChangeNotAllowed"));
    // PUT replaces the whole: tags and properties not sent are gone.
    let replaced = server.call(
        "PUT",
        &workspace("demo", "demo"),
        r#"{"properties":{"publicNetworkAccess":"disabled"}}"#,
    );
    assert_eq!(
        (replaced.status, replaced.body.get("tags"), &replaced.body["properties"]["publicNetworkAccess"]),
        (200, None, &json!("Disabled"))
    );

    assert_eq!(server.call("DELETE", &workspace("demo", "demo"), "").status, 200);
    assert_eq!(server.call("DELETE", &workspace("demo", "demo"), "").status, 204);
    assert_eq!(server.call("GET", &workspace("demo", "demo"), "").status, 404);
    // The name can be used again, elsewhere too.
    assert_eq!(server.call("PUT", &workspace("demo", "demo"), r#"{"location":"westus3"}"#).status, 201);
    assert_eq!(server.call("DELETE", &group, "").status, 200);
    assert_eq!(server.call("DELETE", &group, "").code(), "ResourceGroupNotFound");
    assert!(
        server
            .directory
            .resources()
            .all(|resource| resource.kind() == hygea_workspace::Kind::OperationResult)
    );
}

#[test]
fn the_three_kinds_of_service_live_and_die() {
    let mut server = Server::with_workspace();
    for (kind, url) in [
        ("fhirservices", "http://127.0.0.1:8080/wsp/fhir/abc"),
        ("dicomservices", "http://127.0.0.1:8080/wsp/dicom/abc"),
        ("iotconnectors", ""),
    ] {
        let one = inside(&format!("{kind}/abc"));
        assert_eq!(server.call("GET", &one, "").code(), "ResourceNotFound");
        let created =
            server.call("PUT", &one, r#"{"location":"West US","identity":{"type":"systemassigned"}}"#);
        assert_eq!(
            (created.status, &created.body["location"]),
            (201, &json!("westus")),
            "{kind} {}",
            created.body
        );
        assert_eq!(created.body["type"], format!("Microsoft.HealthcareApis/workspaces/{kind}"));
        let principal = created.body["identity"]["principalId"].as_str().unwrap().to_owned();
        assert_eq!(created.body["identity"]["tenantId"], server.settings.tenant);
        match kind {
            "fhirservices" => {
                assert_eq!(created.body["kind"], "fhir-R4");
                assert_eq!(created.body["properties"]["authenticationConfiguration"]["audience"], url);
                assert_eq!(
                    created.body["properties"]["resourceVersionPolicyConfiguration"]["default"],
                    "versioned"
                );
            }
            "dicomservices" => {
                assert_eq!(created.body["properties"]["serviceUrl"], url);
                assert_eq!(created.body["properties"]["enableDataPartitions"], false);
            }
            _ => {}
        }
        // The result of the creation can be asked for.
        let operation = created.header("Azure-AsyncOperation").unwrap().to_owned();
        let result = server.call("GET", &operation, "");
        assert_eq!((result.status, &result.body["status"]), (200, &json!("Succeeded")));
        let listed = server.call("GET", &inside(kind), "");
        assert_eq!(listed.body["value"], json!([server.call("GET", &one, "").body]));
        // The identity stays the same principal through updates, and goes when told to.
        let kept = server.ok("PUT", &one, r#"{"location":"westus"}"#);
        assert_eq!(
            (kept.status, kept.body["identity"]["principalId"].as_str()),
            (200, Some(principal.as_str()))
        );
        let both = server.ok("PATCH", &one, r#"{"tags":{},"identity":{"type":"None"}}"#);
        assert_eq!(both.body["identity"], json!({"type": "None"}));
        assert_eq!(server.call("DELETE", &one, "").status, 200);
        assert_eq!(server.call("DELETE", &one, "").status, 204);
        assert_eq!(server.call("GET", &inside(kind), "").body, json!({"value": []}));
    }
}

#[test]
fn a_parent_with_children_stays() {
    let mut server = Server::with_workspace();
    server.ok("PUT", &inside("fhirservices/fhir"), r#"{"location":"westus"}"#);
    server.ok("PUT", &inside("iotconnectors/con"), r#"{"location":"westus"}"#);
    let destination = json!({"properties": {"resourceIdentityResolutionType": "create", "fhirServiceResourceId": format!("{}/fhirservices/fhir", workspace_path("g", "wsp")),
        "fhirMapping": {"content": {"templateType": "CollectionFhir", "template": []}}}});
    server.ok("PUT", &inside("iotconnectors/con/fhirdestinations/des"), &destination.to_string());
    let refused = server.call("DELETE", &workspace("g", "wsp"), "");
    assert_eq!((refused.status, refused.code()), (409, "CannotDeleteResource"));
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("nested resources exist. Some existing nested resource IDs include: "),
        "{message}"
    );
    for child in ["fhirservices/fhir", "iotconnectors/con", "iotconnectors/con/fhirdestinations/des"] {
        assert!(message.contains(&format!("'{}/{child}'", workspace_path("g", "wsp"))), "{message}");
    }
    assert_eq!(server.call("DELETE", &inside("iotconnectors/con"), "").code(), "CannotDeleteResource");
    // A role on the workspace is no child: it goes with it.
    let role = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/0c9dbd3c-25bd-4d21-9f5d-3b4e9f0f6d02?api-version=2022-04-01",
        workspace_path("g", "wsp")
    );
    server.ok(
        "PUT",
        &role,
        &json!({"properties": {"roleDefinitionId": role_id::FHIR_DATA_READER, "principalId": "p"}})
            .to_string(),
    );
    for child in ["iotconnectors/con/fhirdestinations/des", "iotconnectors/con", "fhirservices/fhir"] {
        server.ok("DELETE", &inside(child), "");
    }
    let gone = server.ok("DELETE", &workspace("g", "wsp"), "");
    assert_eq!(gone.outcome.changes.len(), 2);
    assert_eq!(server.call("GET", &role, "").status, 404);
}

#[test]
fn deleting_the_group_deletes_all_inside() {
    let mut server = Server::with_workspace();
    server.ok(
        "PUT",
        &format!("{SUB}/resourceGroups/g-other?api-version=2021-04-01"),
        r#"{"location":"westus"}"#,
    );
    server.ok("PUT", &workspace("g-other", "stays"), r#"{"location":"westus"}"#);
    for index in 0..10 {
        server.ok("PUT", &inside(&format!("fhirservices/fhir{index}")), r#"{"location":"westus"}"#);
        server.ok("PUT", &inside(&format!("dicomservices/dicom{index}")), r#"{"location":"westus"}"#);
    }
    let gone = server.ok("DELETE", &format!("{SUB}/RESOURCEGROUPS/G?api-version=2021-04-01"), "");
    assert_eq!(gone.outcome.changes.len(), 22);
    // Inner resources come first, the group last.
    assert_eq!(gone.outcome.changes.last().unwrap().id().name(), "g");
    assert_eq!(server.call("GET", &workspace("g", "wsp"), "").code(), "ResourceGroupNotFound");
    assert_eq!(server.call("GET", &workspace("g-other", "stays"), "").status, 200);
    let all = server.call(
        "GET",
        &format!("{SUB}/providers/Microsoft.HealthcareApis/workspaces?api-version=2024-03-31"),
        "",
    );
    assert_eq!(all.body["value"].as_array().unwrap().len(), 1);
}

/// Bodies that are refused: where, what, status, code, and the member that the error names.
#[test]
fn bad_bodies_name_what_is_wrong() {
    let mut server = Server::with_workspace();
    server.ok("PUT", &inside("fhirservices/fhir"), r#"{"location":"westus"}"#);
    server.ok(
        "PUT",
        &inside("dicomservices/dicom"),
        r#"{"location":"westus","properties":{"enableDataPartitions":true}}"#,
    );
    server.ok("PUT", &inside("iotconnectors/con"), r#"{"location":"westus"}"#);
    let before = server.directory.resources().count();
    let fhir = |properties: &str| format!(r#"{{"location":"westus","properties":{properties}}}"#);
    let provider = |providers: &str| {
        fhir(&format!(r#"{{"authenticationConfiguration":{{"smartIdentityProviders":{providers}}}}}"#))
    };
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    const P: &str = "properties.authenticationConfiguration.smartIdentityProviders[0]";
    let app = r#"{"clientId":"a","audience":"b","allowedDataActions":["Read"]}"#;
    let many = format!(
        r#"[{{"authority":"https://a","applications":[{}]}}]"#,
        (0..26).map(|i| app.replace("\"a\"", &format!("\"c{i}\""))).collect::<Vec<_>>().join(",")
    );
    for (path, body, status, code, target) in [
        ("fhirservices/new", "", 400, "InvalidRequestContent", ""),
        ("fhirservices/new", "{", 400, "InvalidRequestContent", ""),
        ("fhirservices/new", "[]", 400, "InvalidRequestContent", ""),
        ("fhirservices/new", r#"{"tags":{"a":tru}}"#, 400, "InvalidRequestContent", "tags.a"),
        (
            "fhirservices/new",
            r#"{"location":"westus","location":"westus"}"#,
            400,
            "InvalidRequestContent",
            "location",
        ),
        ("fhirservices/new", &deep, 400, "InvalidRequestContent", "[0]"),
        ("fhirservices/new", &format!("\"{}\"", "x".repeat(4 << 20)), 413, "RequestContentTooLarge", ""),
        ("fhirservices/new", "{}", 400, "LocationRequired", "location"),
        (
            "fhirservices/new",
            r#"{"location":"moon"}"#,
            400,
            "LocationNotAvailableForResourceType",
            "location",
        ),
        ("fhirservices/new", r#"{"location":7}"#, 400, "InvalidRequestContent", "location"),
        ("fhirservices/new", r#"{"location":"eastus"}"#, 400, "LocationMismatch", "location"),
        ("fhirservices/fhir", r#"{"location":"eastus"}"#, 409, "InvalidResourceLocation", "location"),
        (
            "fhirservices/fhir",
            r#"{"location":"westus","kind":"fhir-R5"}"#,
            409,
            "PropertyChangeNotAllowed",
            "kind",
        ),
        ("fhirservices/new", r#"{"location":"westus","kind":"fhir-R6"}"#, 400, "InvalidKind", "kind"),
        ("fhirservices/new", r#"{"location":"westus","sku":{}}"#, 400, "InvalidRequestContent", "sku"),
        ("fhirservices/new", r#"{"location":"westus","name":"other"}"#, 400, "InvalidRequestContent", "name"),
        ("fhirservices/new", r#"{"location":"westus","type":"a/b"}"#, 400, "InvalidRequestContent", "type"),
        ("fhirservices/new", r#"{"location":"westus","tags":[]}"#, 400, "InvalidRequestContent", "tags"),
        ("fhirservices/new", r#"{"location":"westus","tags":{"a":1}}"#, 400, "InvalidTags", "tags.a"),
        (
            "fhirservices/new",
            r#"{"location":"westus","tags":{"a":"1","A":"2"}}"#,
            400,
            "InvalidTags",
            "tags.A",
        ),
        ("fhirservices/new", r#"{"location":"westus","tags":{"a<":"1"}}"#, 400, "InvalidTags", "tags.a<"),
        (
            "fhirservices/new",
            r#"{"location":"westus","identity":{"type":"Robot"}}"#,
            400,
            "InvalidIdentityType",
            "identity.type",
        ),
        (
            "fhirservices/new",
            r#"{"location":"westus","identity":{"type":"SystemAssigned, UserAssigned","userAssignedIdentities":{"/subscriptions/s":{}}}}"#,
            400,
            "InvalidIdentityType",
            "identity.type",
        ),
        (
            "fhirservices/new",
            r#"{"location":"westus","identity":{"type":"UserAssigned"}}"#,
            400,
            "InvalidIdentityType",
            "identity.userAssignedIdentities",
        ),
        (
            "fhirservices/new",
            r#"{"location":"westus","identity":{"type":"UserAssigned","userAssignedIdentities":{"x":{}}}}"#,
            400,
            "LinkedInvalidPropertyId",
            "identity.userAssignedIdentities",
        ),
        ("fhirservices/new", &fhir("[]"), 400, "InvalidPropertyValue", "properties"),
        (
            "fhirservices/new",
            &fhir(r#"{"publicNetworkAcess":"Disabled"}"#),
            400,
            "InvalidRequestContent",
            "properties.publicNetworkAcess",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"publicNetworkAccess":"Maybe"}"#),
            400,
            "InvalidPropertyValue",
            "properties.publicNetworkAccess",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"corsConfiguration":{"maxAge":100000}}"#),
            400,
            "InvalidPropertyValue",
            "properties.corsConfiguration.maxAge",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"corsConfiguration":{"maxAge":1.5}}"#),
            400,
            "InvalidPropertyValue",
            "properties.corsConfiguration.maxAge",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"corsConfiguration":{"origins":["*"],"allowCredentials":true}}"#),
            400,
            "InvalidPropertyValue",
            "properties.corsConfiguration",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"corsConfiguration":{"origins":["a"]}}"#),
            400,
            "InvalidPropertyValue",
            "properties.corsConfiguration.origins[0]",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"corsConfiguration":{"methods":["FETCH"]}}"#),
            400,
            "InvalidPropertyValue",
            "properties.corsConfiguration.methods[0]",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"authenticationConfiguration":{"authority":"http://evil.example"}}"#),
            400,
            "InvalidPropertyValue",
            "properties.authenticationConfiguration.authority",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"resourceVersionPolicyConfiguration":{"default":"version-update"}}"#),
            400,
            "InvalidPropertyValue",
            "properties.resourceVersionPolicyConfiguration.default",
        ),
        (
            "fhirservices/new",
            &fhir(r#"{"resourceVersionPolicyConfiguration":{"resourceTypeOverrides":{"Patient":"all"}}}"#),
            400,
            "InvalidPropertyValue",
            "properties.resourceVersionPolicyConfiguration.resourceTypeOverrides.Patient",
        ),
        (
            "fhirservices/new",
            &fhir(
                r#"{"encryption":{"customerManagedKeyEncryption":{"keyEncryptionKeyUrl":"https://v.vault.azure.net/keys/k"}}}"#,
            ),
            400,
            "InvalidPropertyValue",
            "properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl",
        ),
        (
            "fhirservices/new",
            &provider(r#"[{"authority":"https://a","applications":[]}]"#),
            400,
            "InvalidPropertyValue",
            P,
        ),
        (
            "fhirservices/new",
            &provider(&format!(r#"[{{"authority":"nope","applications":[{app}]}}]"#)),
            400,
            "InvalidPropertyValue",
            P,
        ),
        ("fhirservices/new", &provider(&many), 400, "InvalidPropertyValue", P),
        (
            "fhirservices/new",
            &provider(&format!(r#"[{{"authority":"https://a","applications":[{app},{app}]}}]"#)),
            400,
            "InvalidPropertyValue",
            &format!("{P}.applications[1]"),
        ),
        (
            "fhirservices/new",
            &provider(&format!(
                r#"[{{"authority":"https://a","applications":[{}]}}]"#,
                app.replace("Read", "Write")
            )),
            400,
            "InvalidPropertyValue",
            &format!("{P}.applications[0]"),
        ),
        (
            "fhirservices/new",
            &provider(&format!(
                r#"[{{"authority":"https://a","applications":[{}]}}]"#,
                app.replace("[\"Read\"]", "[]")
            )),
            400,
            "InvalidPropertyValue",
            &format!("{P}.applications[0]"),
        ),
        (
            "dicomservices/dicom",
            r#"{"location":"westus","properties":{"enableDataPartitions":false}}"#,
            409,
            "PropertyChangeNotAllowed",
            "properties.enableDataPartitions",
        ),
        (
            "iotconnectors/new",
            r#"{"location":"westus","properties":{"deviceMapping":{"content":{"templateType":"Other","template":[]}}}}"#,
            400,
            "InvalidPropertyValue",
            "properties.deviceMapping.content",
        ),
        (
            "iotconnectors/new",
            r#"{"location":"westus","properties":{"deviceMapping":{"content":"text"}}}"#,
            400,
            "InvalidPropertyValue",
            "properties.deviceMapping.content",
        ),
        (
            "iotconnectors/con/fhirdestinations/des",
            r#"{"properties":{}}"#,
            400,
            "InvalidRequestContent",
            "properties.resourceIdentityResolutionType",
        ),
        (
            "iotconnectors/con/fhirdestinations/des",
            r#"{"tags":{},"properties":{"resourceIdentityResolutionType":"Create","fhirServiceResourceId":"/a","fhirMapping":{}}}"#,
            400,
            "InvalidRequestContent",
            "tags",
        ),
        (
            "iotconnectors/con/fhirdestinations/des",
            &format!(
                r#"{{"properties":{{"resourceIdentityResolutionType":"Create","fhirServiceResourceId":"{}/fhirservices/none","fhirMapping":{{}}}}}}"#,
                workspace_path("g", "wsp")
            ),
            400,
            "LinkedResourceNotFound",
            "properties.fhirServiceResourceId",
        ),
        ("iotconnectors/none/fhirdestinations/des", "{}", 404, "ParentResourceNotFound", ""),
        ("fhirservices/ab", r#"{"location":"westus"}"#, 400, "InvalidResourceName", "name"),
        ("fhirservices/Abc", r#"{"location":"westus"}"#, 400, "InvalidResourceName", "name"),
        (
            "fhirservices/abcdefghijklmnopqrstuvwx",
            r#"{"location":"westus"}"#,
            400,
            "InvalidResourceName",
            "name",
        ),
    ] {
        let answer = server.call("PUT", &inside(path), body);
        let found = (
            answer.status,
            answer.code().to_owned(),
            answer.body["error"]["target"].as_str().unwrap_or_default().to_owned(),
        );
        let start: String = body.chars().take(200).collect();
        assert_eq!((found.0, found.1.as_str()), (status, code), "{path} {start}: {}", answer.body);
        assert!(found.2.starts_with(target), "{path} {start}: {}", answer.body);
    }
    assert_eq!(server.directory.resources().count(), before);
    // Every fault of a body is listed at once.
    let answer = server.call(
        "PUT",
        &inside("fhirservices/new"),
        r#"{"location":"moon","kind":"x","properties":{"eventState":1,"publicNetworkAccess":2}}"#,
    );
    let details: Vec<_> = answer.body["error"]["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["target"].as_str().unwrap())
        .collect();
    assert_eq!(details, ["location", "properties.publicNetworkAccess", "kind"]);
}

#[test]
fn settings_come_back_as_set() {
    let mut server = Server::with_workspace();
    let sent = json!({
        "location": "westus", "kind": "FHIR-r4b", "tags": {"a": ""},
        "properties": {
            "authenticationConfiguration": {"authority": "https://login.microsoftonline.com/abc", "audience": "https//ws-f.example", "smartProxyEnabled": "true",
                "smartIdentityProviders": [{"authority": "https://idp.example/a", "applications": [{"clientId": "a", "audience": "b", "allowedDataActions": ["Read"]}]}]},
            "corsConfiguration": {"origins": ["*"], "headers": ["*"], "methods": ["GET"], "maxAge": 1440, "allowCredentials": false},
            "importConfiguration": {"enabled": true, "initialImportMode": true, "integrationDataStore": "st"},
            "resourceVersionPolicyConfiguration": {"default": "no-version", "resourceTypeOverrides": {"Patient": "versioned-update"}},
            "acrConfiguration": {"loginServers": ["x.azurecr.io"], "ociArtifacts": [{"loginServer": "x", "imageName": "y", "digest": "z"}]},
            "accessPolicies": [{"objectId": "c487e7d1-3210-41a3-8ccc-e9372b78da47"}],
            "exportConfiguration": null, "provisioningState": "Failed"
        }
    });
    let found = server.ok("PUT", &inside("fhirservices/fhir"), &sent.to_string()).body;
    let mut wanted = sent["properties"].clone();
    let wanted = wanted.as_object_mut().unwrap();
    wanted["authenticationConfiguration"]["smartProxyEnabled"] = json!(true);
    wanted.remove("accessPolicies");
    wanted.remove("exportConfiguration");
    wanted["provisioningState"] = json!("Succeeded");
    wanted.insert("publicNetworkAccess".into(), json!("Enabled"));
    wanted.insert("eventState".into(), json!("Disabled"));
    wanted.insert("privateEndpointConnections".into(), json!([]));
    assert_eq!(found["properties"].as_object().unwrap(), wanted);
    assert_eq!((&found["kind"], &found["tags"]), (&json!("fhir-R4B"), &json!({"a": ""})));
    // A service that was read can be put back as it was read.
    assert_eq!(
        server.ok("PUT", &inside("fhirservices/fhir"), &found.to_string()).body["properties"],
        found["properties"]
    );
}

#[test]
fn conditions_hold_writers_apart() {
    let mut server = Server::with_workspace();
    let url = inside("fhirservices/fhir");
    let body = r#"{"location":"westus"}"#;
    assert_eq!(server.call_if("PUT", &url, body, Some("*"), None).status, 412);
    let etag = server.call_if("PUT", &url, body, None, Some("*")).body["etag"].as_str().unwrap().to_owned();
    assert_eq!(server.call_if("PUT", &url, body, None, Some("*")).status, 412);
    assert_eq!(server.call_if("PUT", &url, body, Some("\"other\""), None).code(), "PreconditionFailed");
    let second = server.call_if("PUT", &url, body, Some(&format!("W/\"{etag}\"")), None).body["etag"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(server.call_if("PATCH", &url, r#"{"tags":{}}"#, Some(&etag), None).status, 412);
    assert_eq!(server.call_if("DELETE", &url, "", Some(&etag), None).status, 412);
    // The etag of a body that was read before says the same.
    assert_eq!(
        server.call("PUT", &url, &json!({"location": "westus", "etag": etag}).to_string()).status,
        412
    );
    assert_eq!(
        server.call("PUT", &url, &json!({"location": "westus", "etag": second}).to_string()).status,
        200
    );
    assert_eq!(server.call_if("DELETE", &url, "", Some("\"x\", *"), None).status, 200);
}

#[test]
fn names_are_unique_where_urls_need_it() {
    let mut server = Server::with_workspace();
    server.ok("PUT", &format!("{SUB}/resourceGroups/h?api-version=2021-04-01"), r#"{"location":"westus"}"#);
    let body = r#"{"location":"westus"}"#;
    assert_eq!(server.call("PUT", &workspace("h", "wsp"), body).code(), "NameUnavailable");
    for reserved in ["subscriptions", "providers", "patients-app", "metrics", "healthz"] {
        assert_eq!(server.call("PUT", &workspace("h", reserved), body).code(), "ReservedResourceName");
    }
    for name in ["aaa-bbb", "aaa"] {
        server.ok("PUT", &workspace("h", name), body);
    }
    let service = |ws: &str, kind: &str, name: &str| {
        format!("{}/{kind}/{name}?api-version=2024-03-31", workspace_path("h", ws))
    };
    server.ok("PUT", &service("aaa-bbb", "fhirservices", "ccc"), body);
    let taken = server.call("PUT", &service("aaa", "fhirservices", "bbb-ccc"), body);
    assert_eq!((taken.status, taken.code()), (409, "NameUnavailable"));
    // The host of another kind is another one.
    server.ok("PUT", &service("aaa", "dicomservices", "bbb-ccc"), body);
    let fhir = hygea_workspace::Kind::FhirService;
    assert_eq!(
        server.directory.service_of_host("aaa-bbb-ccc", fhir).unwrap().id().relative_name(),
        "aaa-bbb/ccc"
    );
    assert!(server.directory.service_of_host("aaa-bbb-", fhir).is_none());

    let check =
        format!("{SUB}/providers/Microsoft.HealthcareApis/checkNameAvailability?api-version=2024-03-31");
    for (name, kind, available, reason) in [
        ("free", "workspaces", true, json!(null)),
        ("WSP", "workspaces", false, json!("Invalid")),
        ("wsp", "workspaces", false, json!("AlreadyExists")),
        ("metrics", "workspaces", false, json!("Invalid")),
        ("ab", "services", false, json!("Invalid")),
        ("abc", "services", true, json!(null)),
        ("aaa-bbb/ccc", "workspaces/fhirservices", false, json!("AlreadyExists")),
        ("aaa/bbb-ccc", "workspaces/fhirservices", false, json!("AlreadyExists")),
        ("aaa/bbb-ccd", "workspaces/fhirservices", true, json!(null)),
        ("ccc", "workspaces/fhirservices", false, json!("Invalid")),
    ] {
        let body = json!({"name": name, "type": format!("Microsoft.HealthcareApis/{kind}")});
        let found = server.ok("POST", &check, &body.to_string()).body;
        assert_eq!(
            (&found["nameAvailable"], &found["reason"]),
            (&json!(available), &reason),
            "{body} {found}"
        );
    }
    assert_eq!(server.call("POST", &check, r#"{"name":"x"}"#).code(), "InvalidRequestContent");
    assert_eq!(server.call("POST", &check, r#"{"name":"x","type":"y"}"#).code(), "InvalidResourceType");
}

#[test]
fn quotas_are_settings() {
    let mut server = Server::with_workspace();
    server.settings.quotas.services_of_a_kind = 2;
    server.settings.quotas.workspaces_in_group = 1;
    let body = r#"{"location":"westus"}"#;
    for name in ["one", "two"] {
        server.ok("PUT", &inside(&format!("fhirservices/{name}")), body);
    }
    let refused = server.call("PUT", &inside("fhirservices/three"), body);
    assert_eq!((refused.status, refused.code()), (409, "ResourceQuotaExceeded"));
    // Updates and other kinds are not counted.
    server.ok("PUT", &inside("fhirservices/two"), body);
    server.ok("PUT", &inside("dicomservices/three"), body);
    assert_eq!(server.call("PUT", &workspace("g", "second"), body).code(), "ResourceQuotaExceeded");
    assert_eq!(hygea_workspace::Quotas::default().workspaces_in_group, 10);
}

#[test]
fn every_request_names_its_version() {
    let mut server = Server::with_workspace();
    let path = workspace_path("g", "wsp");
    for (query, code) in [
        ("", "MissingApiVersionParameter"),
        ("?api-version=", "MissingApiVersionParameter"),
        ("?x=%zz&api-version=2024-03-31", "MissingApiVersionParameter"),
        ("?api-version=soon", "InvalidApiVersionParameter"),
        ("?api-version=2024-03-32", "NoRegisteredProviderFound"),
    ] {
        let answer = server.call("GET", &format!("{path}{query}"), "");
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
    for version in ["2024-03-31", "2023-11-01", "2025-04-01-preview", "2020-11-01-preview"] {
        server.ok("GET", &format!("{path}?Api-Version={version}"), "");
    }
    assert_eq!(
        server.call("GET", &format!("{SUB}/resourceGroups/g?api-version=2024-03-31"), "").code(),
        "InvalidApiVersionParameter"
    );
}

#[test]
fn methods_and_paths_that_do_not_exist() {
    let mut server = Server::with_workspace();
    server.ok("PUT", &inside("fhirservices/fhir"), r#"{"location":"westus"}"#);
    for (method, url, status, code) in [
        ("POST", inside("fhirservices/fhir"), 405, "MethodNotAllowed"),
        ("PATCH", inside("iotconnectors/con/fhirdestinations/des"), 405, "MethodNotAllowed"),
        ("PUT", inside("fhirservices"), 405, "MethodNotAllowed"),
        ("OPTIONS", inside("fhirservices"), 405, "MethodNotAllowed"),
        ("GET", inside("analyticsconnectors/x"), 404, "InvalidResourceType"),
        ("GET", inside("iotconnectors/none/fhirdestinations"), 404, "ParentResourceNotFound"),
        ("GET", workspace("g", "none/fhirservices"), 404, "ParentResourceNotFound"),
        ("GET", workspace("none", "x"), 404, "ResourceGroupNotFound"),
        ("GET", workspace("none", "x/fhirservices/y"), 404, "ResourceGroupNotFound"),
        ("GET", workspace("g", "none/fhirservices/y"), 404, "ParentResourceNotFound"),
        (
            "GET",
            format!(
                "{SUB}/resourceGroups/none/providers/Microsoft.HealthcareApis/workspaces?api-version=2024-03-31"
            ),
            404,
            "ResourceGroupNotFound",
        ),
        ("PUT", format!("{SUB}/resourceGroups/bad.?api-version=2021-04-01"), 400, "InvalidResourceGroup"),
        (
            "PUT",
            "/subscriptions/a%20b/resourceGroups/x?api-version=2021-04-01".into(),
            400,
            "InvalidSubscriptionId",
        ),
        (
            "GET",
            format!(
                "{SUB}/providers/Microsoft.HealthcareApis/locations/westus/operationresults/none?api-version=2024-03-31"
            ),
            404,
            "ResourceNotFound",
        ),
    ] {
        let answer = server.call(method, &url, "");
        assert_eq!((answer.status, answer.code()), (status, code), "{method} {url}");
    }
}

#[test]
fn lists_come_in_pages() {
    let mut server = Server::with_workspace();
    server.settings.page_size = 4;
    for index in 0..10 {
        server.ok("PUT", &inside(&format!("fhirservices/fhir{index}")), r#"{"location":"westus"}"#);
    }
    for (first, pages) in [
        (inside("fhirservices"), 3),
        (format!("{}&$top=3", inside("fhirservices")), 4),
        (format!("{}&$top=100", inside("fhirservices")), 3),
    ] {
        let mut url = Some(first);
        let mut names = Vec::new();
        let mut count = 0;
        while let Some(link) = url {
            let page = server.ok("GET", &link, "").body;
            names.extend(
                page["value"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| item["name"].as_str().unwrap().to_owned()),
            );
            url = page["nextLink"].as_str().map(str::to_owned);
            count += 1;
        }
        assert_eq!((names, count), ((0..10).map(|index| format!("fhir{index}")).collect::<Vec<_>>(), pages));
    }
    for query in ["$top=0", "$top=x", "$skipToken=%2F%2F", "$filter=x"] {
        assert_eq!(
            server.call("GET", &format!("{}&{query}", inside("fhirservices")), "").status,
            400,
            "{query}"
        );
    }
    // A token of elsewhere reaches nothing outside the list.
    let token = "L3N1YnNjcmlwdGlvbnM";
    let page = server.ok("GET", &format!("{}&$skipToken={token}", inside("dicomservices")), "").body;
    assert_eq!(page["value"], json!([]));
}

#[test]
fn results_of_operations_do_not_pile_up() {
    let mut server = Server::with_workspace();
    for index in 0..40 {
        server.now += 40_000;
        let url = inside("fhirservices/fhir");
        server.ok("PUT", &url, r#"{"location":"westus"}"#);
        server.ok("DELETE", &url, "");
        let results = server
            .directory
            .resources()
            .filter(|resource| resource.kind() == hygea_workspace::Kind::OperationResult)
            .count();
        assert!(results <= 4, "{results} after {index}");
    }
}
