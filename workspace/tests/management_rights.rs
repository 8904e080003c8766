//! Who may manage what, and role assignments as resources.
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

use hygea_workspace::access::{Principal, PrincipalType, role_id};
use serde_json::json;
use server::{SUB, Server, inside, workspace, workspace_path};

#[test]
fn rights_decide_management() {
    let mut server = Server::with_workspace();
    server.ok("PUT", &inside("fhirservices/fhir"), r#"{"location":"westus"}"#);
    let scope = workspace_path("g", "wsp");
    let body = r#"{"location":"westus"}"#;
    for (role, read, write, delete, grant) in [
        (role_id::OWNER, true, true, true, true),
        (role_id::CONTRIBUTOR, true, true, true, false),
        (role_id::READER, true, false, false, false),
        (role_id::USER_ACCESS_ADMINISTRATOR, true, false, false, true),
        (role_id::FHIR_DATA_CONTRIBUTOR, false, false, false, false),
    ] {
        server.principal = Principal::new("other", PrincipalType::ServicePrincipal);
        server.rights = vec![("other".into(), role, scope.clone())];
        let allowed = |answer: &server::Answer| {
            assert!(
                answer.status < 300 || (answer.status, answer.code()) == (403, "AuthorizationFailed"),
                "{}",
                answer.body
            );
            assert_eq!(answer.outcome.decision.as_ref().unwrap().is_allowed(), answer.status < 300);
            answer.status < 300
        };
        assert_eq!(allowed(&server.call("GET", &inside("fhirservices"), "")), read, "{role}");
        assert_eq!(allowed(&server.call("PUT", &inside("dicomservices/images"), body)), write, "{role}");
        assert_eq!(allowed(&server.call("DELETE", &inside("dicomservices/images"), "")), delete, "{role}");
        let assignment = format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignments/0c9dbd3c-25bd-4d21-9f5d-3b4e9f0f6d02?api-version=2022-04-01"
        );
        let granted = json!({"properties": {"roleDefinitionId": format!("{SUB}/providers/Microsoft.Authorization/roleDefinitions/{}", role_id::READER), "principalId": "third"}});
        assert_eq!(allowed(&server.call("PUT", &assignment, &granted.to_string())), grant, "{role}");
        // Nothing outside the scope.
        assert!(!allowed(&server.call("GET", &format!("{SUB}/resourceGroups/g?api-version=2021-04-01"), "")));
        assert!(!allowed(&server.call("GET", &workspace("g", "other"), "")));
    }
    // A destination may only name a service that the caller may see.
    server.principal = Principal::new("caller", PrincipalType::User);
    server.rights = vec![("caller".into(), role_id::OWNER, format!("{scope}/iotconnectors/con"))];
    server.ok("PUT", &inside("iotconnectors/con"), body);
    let destination = json!({"properties": {"resourceIdentityResolutionType": "Create", "fhirServiceResourceId": format!("{scope}/fhirservices/fhir"), "fhirMapping": {}}});
    let answer =
        server.call("PUT", &inside("iotconnectors/con/fhirdestinations/des"), &destination.to_string());
    assert_eq!((answer.status, answer.code()), (403, "LinkedAuthorizationFailed"));
}

#[test]
fn role_assignments_are_resources() {
    let mut server = Server::with_workspace();
    server.ok("PUT", &inside("fhirservices/fhir"), r#"{"location":"westus"}"#);
    let scope = workspace_path("g", "wsp");
    let name = |n: u32| format!("00000000-0000-0000-0000-{n:012}");
    let at = |scope: &str, n: u32| {
        format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignments/{}?api-version=2022-04-01",
            name(n)
        )
    };
    let body = |role: &str, principal: &str| {
        json!({"properties": {"roleDefinitionId": format!("{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}"), "principalId": principal, "principalType": "serviceprincipal"}}).to_string()
    };
    let reader = body(role_id::FHIR_DATA_READER, "app");
    let created = server.call("PUT", &at(&scope, 1), &reader);
    assert_eq!(
        (created.status, &created.body["properties"]["scope"], &created.body["properties"]["principalType"]),
        (201, &json!(scope), &json!("ServicePrincipal"))
    );
    assert_eq!(server.call("PUT", &at(&scope, 1), &reader).status, 200);
    for (url, body, status, code) in [
        (at(&scope, 2), reader.clone(), 409, "RoleAssignmentExists"),
        (at(&scope, 1), body(role_id::FHIR_DATA_WRITER, "app"), 409, "RoleAssignmentUpdateNotPermitted"),
        (at(&scope, 3), body("11111111-0000-0000-0000-000000000000", "app"), 400, "RoleDefinitionDoesNotExist"),
        (at(&scope, 3).replace(&name(3), "short"), reader.clone(), 400, "InvalidRoleAssignmentId"),
        (at(&workspace_path("g", "none"), 3), reader.clone(), 404, "ResourceNotFound"),
        (at(&scope, 3), "{}".into(), 400, "InvalidRequestContent"),
        (at(&scope, 3), json!({"properties": {"roleDefinitionId": role_id::READER, "principalId": "x", "condition": "a"}}).to_string(), 400, "InvalidRoleAssignmentCondition"),
    ] {
        let answer = server.call("PUT", &url, &body);
        assert_eq!((answer.status, answer.code()), (status, code), "{url} {}", answer.body);
    }
    server.ok("PUT", &at(&format!("{scope}/fhirservices/fhir"), 4), &body(role_id::FHIR_DATA_WRITER, "APP"));
    server.ok("PUT", &at("", 5), &body(role_id::READER, "boss"));
    server.ok("PUT", &at(SUB, 6), &body(role_id::READER, "clerk"));
    let mut list = |filter: &str| {
        let url = format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01{filter}"
        );
        let page = server.ok("GET", &url, "").body;
        page["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap()[35..].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(""), ["5", "6", "4", "1"]);
    assert_eq!(list("&$filter=atScope()"), ["5", "6", "1"]);
    assert_eq!(list("&$filter=principalId+eq+'app'"), ["4", "1"]);
    assert_eq!(list("&$filter=atScope()%20and%20assignedTo('App')"), ["1"]);
    // What is stored decides.
    let policy = server.policy();
    let service = hygea_workspace::ResourceId::parse(&format!("{scope}/fhirservices/fhir")).unwrap();
    use hygea_workspace::access::FhirInteraction;
    let app = Principal::new("App", PrincipalType::ServicePrincipal);
    assert!(policy.decide_fhir(&app, FhirInteraction::Create, Some("Patient"), &service).is_allowed());
    server.ok("DELETE", &at(&format!("{scope}/fhirservices/fhir"), 4), "");
    assert_eq!(server.call("DELETE", &at(&format!("{scope}/fhirservices/fhir"), 4), "").status, 204);
    assert!(
        !server.policy().decide_fhir(&app, FhirInteraction::Create, Some("Patient"), &service).is_allowed()
    );
    let roles = server
        .ok("GET", "/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01", "")
        .body;
    assert_eq!(roles["value"].as_array().unwrap().len(), 17);
    let one = server.ok("GET", &format!("{SUB}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=roleName%20eq%20'FHIR%20Data%20Reader'"), "").body;
    assert_eq!(
        one["value"][0]["id"],
        format!("{SUB}/providers/Microsoft.Authorization/roleDefinitions/{}", role_id::FHIR_DATA_READER)
    );
    assert_eq!(
        server
            .call(
                "GET",
                &format!(
                    "/providers/Microsoft.Authorization/roleDefinitions/{}?api-version=2022-04-01",
                    name(9)
                ),
                ""
            )
            .code(),
        "RoleDefinitionDoesNotExist"
    );
}

#[test]
fn the_first_administrator_may_do_everything() {
    let mut server = Server::new();
    server.rights.clear();
    server.principal = Principal::new("FIRST", PrincipalType::ServicePrincipal);
    let group = format!("{SUB}/resourceGroups/g?api-version=2021-04-01");
    assert_eq!(server.call("PUT", &group, r#"{"location":"local"}"#).status, 403);
    let change =
        hygea_workspace::manage::administrator("first", hygea_workspace::Timestamp::default()).unwrap();
    server.directory.apply(std::slice::from_ref(&change));
    server.ok("PUT", &group, r#"{"location":"local"}"#);
    // The assignment is a resource as any other.
    server.ok("GET", &format!("{}?api-version=2022-04-01", change.id()), "");
    assert_eq!(
        hygea_workspace::manage::administrator("First", hygea_workspace::Timestamp::default()).unwrap().id(),
        change.id()
    );
}
