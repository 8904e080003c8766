//! Management over the engine: what is created can be used, what is deleted is gone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use hygea_service::{Call, Engine, MemoryStorage, Method, Options, Request};
use serde_json::{Value, json};

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/clinic";
const HEALTH: &str = "api-version=2024-03-31";

struct Client(Engine);

impl Client {
    fn send(&self, method: Method, target: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::new(method, target);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = self.0.handle(&Call::new(), request);
        let status = response.status();
        let bytes = response.into_bytes().unwrap();
        (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() })
    }

    fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(
            Method::Put,
            &format!("{GROUP}/providers/Microsoft.HealthcareApis/{path}?{HEALTH}"),
            Some(body),
        )
    }

    fn of(&self, method: Method, path: &str) -> (u16, Value) {
        self.send(method, &format!("{GROUP}/providers/Microsoft.HealthcareApis/{path}?{HEALTH}"), None)
    }
}

fn client() -> Client {
    let client = Client(Engine::open(MemoryStorage::new(), Options::development()).unwrap());
    let (status, answer) = client.send(
        Method::Put,
        &format!("{GROUP}?api-version=2021-04-01"),
        Some(json!({"location": "westeurope"})),
    );
    assert_eq!(status, 201, "{answer}");
    client
}

fn located(location: &str) -> Value {
    json!({"location": location})
}

#[test]
fn a_workspace_lives_from_creation_to_deletion() {
    let client = client();
    assert_eq!(client.put("workspaces/north", located("West Europe")).0, 201);
    assert_eq!(
        client.put("workspaces/north/fhirservices/records", located("northeurope")).0,
        400,
        "the region is the workspace's"
    );
    for kind in ["fhirservices/records", "dicomservices/images", "iotconnectors/devices"] {
        let (status, answer) = client.put(&format!("workspaces/north/{kind}"), located("westeurope"));
        assert_eq!(status, 201, "{kind}: {answer}");
        assert_eq!(answer["properties"]["provisioningState"], "Succeeded");
    }
    let (status, list) = client.of(Method::Get, "workspaces/north/fhirservices");
    assert_eq!((status, list["value"].as_array().map(Vec::len)), (200, Some(1)), "{list}");
    let patch = format!("{GROUP}/providers/Microsoft.HealthcareApis/workspaces/north?{HEALTH}");
    let (status, tagged) = client.send(Method::Patch, &patch, Some(json!({"tags": {"ward": "3"}})));
    assert_eq!((status, tagged["tags"]["ward"].as_str()), (200, Some("3")), "{tagged}");

    let patient = json!({"resourceType": "Patient", "name": [{"family": "Smith"}]});
    assert_eq!(client.send(Method::Post, "/north/fhir/records/Patient", Some(patient)).0, 201);

    let (status, refused) = client.of(Method::Delete, "workspaces/north");
    assert_eq!(status, 409, "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("fhirservices/records"), "{refused}");

    assert!(client.of(Method::Delete, "workspaces/north/fhirservices/records").0 < 300);
    assert_eq!(client.send(Method::Get, "/north/fhir/records/Patient", None).0, 404);
    assert_eq!(client.put("workspaces/north/fhirservices/records", located("westeurope")).0, 201);
    let (_, found) = client.send(Method::Get, "/north/fhir/records/Patient?_summary=count", None);
    assert_eq!(found["total"], 0, "a service made again does not bring back what was deleted");

    let (status, answer) = client.send(Method::Delete, &format!("{GROUP}?api-version=2021-04-01"), None);
    assert!(status < 300, "{answer}");
    assert_eq!(client.of(Method::Get, "workspaces/north").0, 404);
    assert_eq!(client.send(Method::Get, "/north/fhir/records/metadata", None).0, 404);
}

#[test]
fn faults_get_the_errors_of_the_interface() {
    let client = client();
    let base = format!("{GROUP}/providers/Microsoft.HealthcareApis");
    let table: &[(Method, String, Option<Value>, u16, &str)] = &[
        (Method::Get, format!("{base}/workspaces"), None, 400, "MissingApiVersionParameter"),
        (Method::Get, format!("{base}/workspaces?api-version=1999-01-01"), None, 400, ""),
        (Method::Get, format!("{base}/workspaces/absent?{HEALTH}"), None, 404, "ResourceNotFound"),
        (
            Method::Put,
            format!("{base}/workspaces/absent/fhirservices/x12?{HEALTH}"),
            Some(located("westeurope")),
            404,
            "ParentResourceNotFound",
        ),
        (Method::Put, format!("{base}/workspaces/a_b?{HEALTH}"), Some(located("westeurope")), 400, ""),
        (Method::Put, format!("{base}/workspaces/north?{HEALTH}"), Some(located("atlantis")), 400, ""),
    ];
    for (method, target, body, status, code) in table {
        let (found, answer) = client.send(*method, target, body.clone());
        assert_eq!(found, *status, "{target}: {answer}");
        assert!(answer["error"]["code"].as_str().unwrap().contains(code), "{target}: {answer}");
    }
}

#[test]
fn the_development_services_are_there_from_the_start() {
    let client = client();
    for path in ["/demo/fhir/r4/metadata", "/healthz"] {
        assert_eq!(client.send(Method::Get, path, None).0, 200, "{path}");
    }
    assert_eq!(client.send(Method::Get, "/demo/fhir/absent/metadata", None).0, 404);
    assert_eq!(client.send(Method::Get, "/demo/../etc/passwd", None).0, 400);
}
