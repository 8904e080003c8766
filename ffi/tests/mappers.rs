//! Device messages across the border.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    dead_code,
    reason = "each call passes what the test made a line above"
)]

mod host;

use host::{rows_of, taken, text};
use hygea::*;
use std::ptr;

const DEVICE: &str = r#"{"templateType":"CollectionContent","template":[{"templateType":"JsonPathContent","template":{
    "typeName":"heartrate","typeMatchExpression":"$..[?(@hr)]","deviceIdExpression":"$.device",
    "patientIdExpression":"$.patient","timestampExpression":"$.time",
    "values":[{"valueName":"hr","valueExpression":"$.hr","required":true}]}}]}"#;
const FHIR: &str = r#"{"templateType":"CollectionFhir","template":[{"templateType":"CodeValueFhir","template":{
    "typeName":"heartrate","codes":[{"code":"8867-4","system":"http://loinc.org","display":"Heart rate"}],
    "periodInterval":0,"value":{"valueName":"hr","valueType":"Quantity","unit":"/min"}}}]}"#;

fn bytes(text: &str) -> hygea_bytes {
    hygea_bytes { ptr: text.as_ptr(), len: text.len() }
}

fn mapper(device: &str, fhir: &str, flags: u32) -> Result<*mut hygea_mapper, (hygea_status, String)> {
    let (mut mapper, mut error) = (ptr::null_mut(), ptr::null_mut());
    let status = unsafe { hygea_mapper_new(bytes(device), bytes(fhir), flags, &mut mapper, &mut error) };
    if status == HYGEA_OK { Ok(mapper) } else { Err(taken(status, error)) }
}

fn message(minute: u8, rate: &str) -> String {
    format!(r#"{{"device":"d1","patient":"p1","time":"2026-01-31T12:{minute:02}:00Z","hr":{rate}}}"#)
}

fn map(
    mapper: *const hygea_mapper,
    messages: &[String],
    now: &str,
) -> Result<Vec<String>, (hygea_status, String)> {
    let messages: Vec<_> = messages.iter().map(|message| bytes(message)).collect();
    let (mut rows, mut error) = (ptr::null_mut(), ptr::null_mut());
    let status = unsafe {
        hygea_mapper_map(mapper, messages.as_ptr(), messages.len(), text(now), &mut rows, &mut error)
    };
    if status == HYGEA_OK { Ok(rows_of(rows)) } else { Err(taken(status, error)) }
}

#[test]
fn messages_become_measurements() {
    let mapper = mapper(DEVICE, FHIR, HYGEA_MAPPER_STRICT).unwrap();
    let messages =
        [bytes(r#"{"device":"d1","time":"2026-01-31T12:00:00Z","hr":61}"#), bytes(r#"{"spo2":99}"#)];
    let mut rows = ptr::null_mut();
    let status = unsafe { hygea_mapper_normalize(mapper, messages.as_ptr(), 2, &mut rows, ptr::null_mut()) };
    assert_eq!(status, HYGEA_OK);
    let rows = rows_of(rows);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(
        rows[0].contains(r#""Type":"heartrate""#) && rows[0].contains(r#"{"Name":"hr","Value":"61"}"#),
        "{rows:?}"
    );
    unsafe { hygea_mapper_free(mapper) };
}

#[test]
fn messages_become_resources_whose_subjects_come_first() {
    let mapper = mapper(DEVICE, FHIR, 0).unwrap();
    let rows = map(mapper, &[message(0, "61"), message(1, "62")], "2026-01-31T12:05:00Z").unwrap();
    let types: Vec<_> = rows.iter().map(|row| row.split('"').nth(3).unwrap()).collect();
    assert_eq!(types, ["Patient", "Device", "Observation", "Observation"], "{rows:?}");
    assert!(rows[2].contains("8867-4") && rows[2].contains(r#""value":61"#), "{rows:?}");
    assert!(rows[3].contains(r#""value":62"#), "{rows:?}");
    assert!(map(mapper, &[], "2026-01-31T12:05:00Z").unwrap().is_empty());
    unsafe { hygea_mapper_free(mapper) };
}

#[test]
fn a_message_that_fails_is_named() {
    let mapper = mapper(DEVICE, FHIR, 0).unwrap();
    let broken = [message(0, "61"), "{".to_owned()];
    let (status, words) = map(mapper, &broken, "2026-01-31T12:05:00Z").unwrap_err();
    assert_eq!(status, HYGEA_E_IOMT_JSON);
    assert!(words.starts_with("messages[1]: "), "{words}");
    assert_eq!(map(mapper, &broken, "now").unwrap_err().0, HYGEA_E_ARGUMENT);
    unsafe { hygea_mapper_free(mapper) };
}

#[test]
fn mappings_that_are_wrong() {
    assert_eq!(mapper("{", FHIR, 0).unwrap_err().0, HYGEA_E_IOMT_JSON);
    assert_eq!(
        mapper(&DEVICE.replace("values", "valves"), FHIR, 0).unwrap_err().0,
        HYGEA_E_IOMT_UNKNOWN_MEMBER
    );
    assert_eq!(mapper(DEVICE, FHIR, 2).unwrap_err().0, HYGEA_E_ARGUMENT);
    unsafe { hygea_mapper_free(ptr::null_mut()) };
}
