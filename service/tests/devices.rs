//! Devices over the engine: messages in, Observations out, nothing lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use hygea_service::{Call, Engine, MemoryStorage, Method, Options, Request};
use serde_json::{Value, json};

const MESSAGES: &str = "/demo/iot/devices/messages";

fn engine() -> Engine {
    Engine::open(MemoryStorage::new(), Options::development()).unwrap()
}

fn send(engine: &Engine, method: Method, target: &str, media_type: &str, body: &[u8]) -> (u16, Value) {
    let mut request = Request::new(method, target);
    if !body.is_empty() {
        request = request.header("content-type", media_type).body(body);
    }
    let response = engine.handle(&Call::new(), request);
    let status = response.status();
    let bytes = response.into_bytes().unwrap();
    (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() })
}

fn total(engine: &Engine, search: &str) -> u64 {
    let (status, found) = send(engine, Method::Get, &format!("/demo/fhir/r4/{search}"), "", &[]);
    assert_eq!(status, 200, "{found}");
    found["total"].as_u64().unwrap()
}

fn heart_rate(device: &str, second: u32, rate: u32) -> Value {
    json!({"deviceId": device, "patientId": format!("patient-{device}"), "timestamp": format!("2026-01-31T12:00:{second:02}Z"), "heartRate": rate})
}

#[test]
fn messages_become_observations_of_a_device_and_a_patient() {
    let engine = engine();
    let (status, answer) = send(
        &engine,
        Method::Post,
        MESSAGES,
        "application/json",
        heart_rate("d1", 0, 61).to_string().as_bytes(),
    );
    assert_eq!((status, answer["observations"]["created"].as_u64()), (202, Some(1)), "{answer}");
    assert_eq!(total(&engine, "Device?identifier=d1&_summary=count"), 1);
    assert_eq!(total(&engine, "Patient?identifier=patient-d1&_summary=count"), 1);
    let (_, found) = send(&engine, Method::Get, "/demo/fhir/r4/Observation?device:missing=false", "", &[]);
    let observation = &found["entry"][0]["resource"];
    assert!(observation["subject"]["reference"].as_str().unwrap().starts_with("Patient/"), "{observation}");
    assert!(observation.to_string().contains("61"), "{observation}");

    let before = total(&engine, "Observation?_summary=count");
    let (status, again) = send(
        &engine,
        Method::Post,
        MESSAGES,
        "application/json",
        heart_rate("d1", 0, 61).to_string().as_bytes(),
    );
    assert_eq!(
        (status, again["observations"]["created"].as_u64()),
        (202, Some(0)),
        "a message sent twice changes nothing: {again}"
    );
    assert_eq!(total(&engine, "Observation?_summary=count"), before);
}

#[test]
fn arrays_and_lines_are_batches() {
    let engine = engine();
    let array = json!([heart_rate("a", 1, 60), heart_rate("b", 2, 70), {"unknown": true}]);
    let (status, answer) = send(
        &engine,
        Method::Post,
        &format!("{MESSAGES}?wait=true"),
        "application/json",
        array.to_string().as_bytes(),
    );
    assert_eq!(status, 202, "{answer}");
    assert_eq!((answer["received"].as_u64(), answer["unmatched"].as_u64()), (Some(3), Some(1)), "{answer}");
    let lines = format!("{}\n{}\n", heart_rate("c", 3, 80), heart_rate("c", 9, 81));
    let (status, answer) = send(&engine, Method::Post, MESSAGES, "application/x-ndjson", lines.as_bytes());
    assert_eq!((status, answer["received"].as_u64()), (202, Some(2)), "{answer}");
    assert_eq!(total(&engine, "Device?_summary=count"), 3);
}

#[test]
fn bad_messages_and_addresses_say_what_is_wrong_and_write_nothing() {
    let engine = engine();
    let table: &[(Method, &str, &str, &str, u16, &str)] = &[
        (Method::Post, MESSAGES, "application/json", "{\"deviceId\": ", 400, "deviceId"),
        (Method::Post, MESSAGES, "application/x-ndjson", "{}\n{\"a\":}\n", 400, "line 2"),
        (Method::Post, MESSAGES, "application/json", " ", 400, "message"),
        (Method::Get, MESSAGES, "", "", 405, "posted"),
        (Method::Post, "/demo/iot/absent/messages", "application/json", "{}", 404, "service"),
        (Method::Post, "/demo/iot/devices/other", "application/json", "{}", 404, "messages"),
    ];
    for (method, target, media_type, body, status, word) in table {
        let (found, answer) = send(&engine, *method, target, media_type, body.as_bytes());
        assert_eq!(found, *status, "{target} {body}: {answer}");
        assert!(answer["error"].to_string().contains(word), "{target} {body}: {answer}");
    }
    assert_eq!(total(&engine, "Observation?_summary=count"), 0);
}

#[test]
fn a_mapping_that_cannot_be_used_is_refused_when_it_is_set() {
    let engine = engine();
    let address = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo/providers/Microsoft.HealthcareApis/\
                   workspaces/demo/iotconnectors/broken?api-version=2024-03-31";
    let body = json!({"location": "local", "properties": {"deviceMapping": {"content": {"templateType": "CollectionContent", "template": [
        {"templateType": "JsonPathContent", "template": {"typeName": "hr", "typeMatchExpresion": "$"}}]}}}});
    let (status, answer) =
        send(&engine, Method::Put, address, "application/json", body.to_string().as_bytes());
    assert_eq!(status, 400, "{answer}");
    assert!(answer["error"].to_string().contains("typeMatchExpresion"), "{answer}");
}
