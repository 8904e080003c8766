//! What is asked of resources across the border: expressions and queries, with their rows.

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

use host::{copied, rows_of, taken, text};
use hygea::*;
use std::ptr;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p1","active":true,"multipleBirthInteger":2,"birthDate":"1970-01-31",
    "name":[{"family":"Smith","given":["Jane","Ann"]}],
    "extension":[{"url":"urn:x","valueDecimal":1.50}]}"#;

fn patient() -> *mut hygea_resource {
    let mut resource = ptr::null_mut();
    let bytes = hygea_bytes { ptr: PATIENT.as_ptr(), len: PATIENT.len() };
    let status = unsafe { hygea_resource_parse(bytes, HYGEA_FHIR_R4, &mut resource, ptr::null_mut()) };
    assert_eq!(status, HYGEA_OK);
    resource
}

fn evaluate(
    resource: *const hygea_resource,
    path: &str,
    now: &str,
) -> Result<Vec<String>, (hygea_status, String)> {
    let (mut expression, mut rows, mut error) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    unsafe {
        let status = hygea_fhirpath_compile(text(path), HYGEA_FHIR_R4, &mut expression, &mut error);
        if status != HYGEA_OK {
            return Err(taken(status, error));
        }
        let status = hygea_fhirpath_evaluate(expression, resource, text(now), &mut rows, &mut error);
        hygea_fhirpath_free(expression);
        if status == HYGEA_OK { Ok(rows_of(rows)) } else { Err(taken(status, error)) }
    }
}

#[test]
fn items_are_rows_of_json() {
    let resource = patient();
    for (path, wanted) in [
        ("name.given", &[r#""Jane""#, r#""Ann""#][..]),
        ("name", &[r#"{"family":"Smith","given":["Jane","Ann"]}"#]),
        ("active", &["true"]),
        ("multipleBirth + 1", &["3"]),
        ("extension.value", &["1.50"]),
        ("birthDate", &[r#""1970-01-31""#]),
        ("birthDate + 1 year", &[r#""1971-01-31""#]),
        ("4 'mg'", &[r#""4 'mg'""#]),
        ("1 < 2", &["true"]),
        ("address", &[]),
        ("today()", &[r#""2026-01-31""#]),
    ] {
        assert_eq!(evaluate(resource, path, "2026-01-31T12:00:00Z").unwrap(), wanted, "{path}");
    }
    unsafe { hygea_resource_free(resource) };
}

#[test]
fn an_expression_that_is_used_once() {
    let resource = patient();
    let mut rows = ptr::null_mut();
    unsafe {
        assert_eq!(hygea_resource_eval(resource, text("Patient.id"), &mut rows, ptr::null_mut()), HYGEA_OK);
        assert_eq!(rows_of(rows), [r#""p1""#]);
        hygea_resource_free(resource);
    }
}

#[test]
fn expressions_that_fail() {
    let resource = patient();
    for (path, now, status) in [
        ("name.", "", HYGEA_E_FHIRPATH_SYNTAX),
        ("name.nothing()", "", HYGEA_E_FHIRPATH_UNKNOWN_FUNCTION),
        ("name.given.single()", "", HYGEA_E_FHIRPATH_NOT_SINGLE),
        ("today()", "yesterday", HYGEA_E_ARGUMENT),
    ] {
        assert_eq!(evaluate(resource, path, now).unwrap_err().0, status, "{path}");
    }
    assert!(evaluate(resource, "today()", "").is_err(), "there is no time");
    unsafe { hygea_resource_free(resource) };
}

fn query(type_name: &str, form: &str) -> Result<*mut hygea_query, (hygea_status, String)> {
    let (mut query, mut error) = (ptr::null_mut(), ptr::null_mut());
    let status =
        unsafe { hygea_query_parse(text(type_name), text(form), HYGEA_FHIR_R4, &mut query, &mut error) };
    if status == HYGEA_OK { Ok(query) } else { Err(taken(status, error)) }
}

#[test]
fn resources_that_match_and_that_do_not() {
    let resource = patient();
    for (type_name, form, wanted) in [
        ("Patient", "family=smi", 1),
        ("Patient", "family:exact=smith", 0),
        ("Patient", "birthdate=lt1970-02&active=true", 1),
        ("Patient", "birthdate=gt1970-02", 0),
        ("Patient", "", 1),
        ("Observation", "", 0),
    ] {
        let query = query(type_name, form).unwrap();
        let mut matches = -1;
        let status = unsafe { hygea_query_matches(query, resource, &mut matches, ptr::null_mut()) };
        assert_eq!((status, matches), (HYGEA_OK, wanted), "{type_name}?{form}");
        unsafe { hygea_query_free(query) };
    }
    unsafe { hygea_resource_free(resource) };
}

#[test]
fn a_query_reads_as_it_was_understood() {
    let first = query("Patient", "family=O%27Neil&_sort=-birthdate").unwrap();
    let mut understood = ptr::null_mut();
    unsafe {
        assert_eq!(hygea_query_text(first, &mut understood, ptr::null_mut()), HYGEA_OK);
        let form = copied(hygea_text_view(understood)).unwrap();
        assert!(form.contains("family=") && form.contains("_sort=-birthdate"), "{form}");
        hygea_query_free(query("Patient", &form).unwrap());
        hygea_text_free(understood);
        hygea_query_free(first);
    }
}

#[test]
fn queries_that_are_wrong_name_all_faults() {
    let (mut parsed, mut error) = (ptr::null_mut(), ptr::null_mut());
    let form = text("nonsense=1&birthdate=never");
    let status = unsafe { hygea_query_parse(text("Patient"), form, HYGEA_FHIR_R4, &mut parsed, &mut error) };
    assert_eq!(status, HYGEA_E_SEARCH_UNKNOWN_PARAMETER);
    let outcome = copied(unsafe { hygea_error_outcome(error) }).unwrap();
    assert!(
        outcome.contains("nonsense") && outcome.contains("birthdate") && !outcome.contains("never"),
        "{outcome}"
    );
    taken(status, error);
    assert_eq!(query("Nonsense", "").unwrap_err().0, HYGEA_E_SEARCH_UNKNOWN_RESOURCE_TYPE);
}

#[test]
fn null_is_nothing() {
    let mut rows = ptr::null_mut();
    unsafe {
        hygea_rows_free(ptr::null_mut());
        hygea_query_free(ptr::null_mut());
        hygea_fhirpath_free(ptr::null_mut());
        assert_eq!(hygea_rows_next(ptr::null_mut(), &mut text(""), ptr::null_mut()), HYGEA_E_NULL);
        assert_eq!(hygea_resource_eval(ptr::null(), text("id"), &mut rows, ptr::null_mut()), HYGEA_E_NULL);
        assert_eq!(hygea_query_matches(ptr::null(), ptr::null(), &mut 0, ptr::null_mut()), HYGEA_E_NULL);
    }
}
