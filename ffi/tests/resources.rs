//! Resources across the border: read, checked, written back.

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

use host::{copied, taken};
use hygea::*;
use std::ptr;

fn parse(json: &[u8], version: u32) -> Result<*mut hygea_resource, (hygea_status, String)> {
    let (mut resource, mut error) = (ptr::null_mut(), ptr::null_mut());
    let bytes = hygea_bytes { ptr: json.as_ptr(), len: json.len() };
    let status = unsafe { hygea_resource_parse(bytes, version, &mut resource, &mut error) };
    if status == HYGEA_OK { Ok(resource) } else { Err(taken(status, error)) }
}

#[test]
fn json_in_json_out() {
    let json = "\u{feff}{ \"resourceType\": \"Observation\", \"id\": \"o1\", \"status\": \"final\",\n \"code\": {\"text\": \"\\u00e9\"}, \
        \"valueQuantity\": {\"value\": 1.500, \"_value\": {\"id\": \"x\"}} }";
    let resource = parse(json.as_bytes(), HYGEA_FHIR_R4).unwrap();
    let mut text = ptr::null_mut();
    unsafe {
        assert_eq!(copied(hygea_resource_type(resource)).as_deref(), Some("Observation"));
        assert_eq!(copied(hygea_resource_id(resource)).as_deref(), Some("o1"));
        assert_eq!(hygea_resource_json(resource, &mut text, ptr::null_mut()), HYGEA_OK);
        let wanted = "{\"resourceType\":\"Observation\",\"id\":\"o1\",\"status\":\"final\",\"code\":{\"text\":\"é\"},\
            \"valueQuantity\":{\"value\":1.500,\"_value\":{\"id\":\"x\"}}}";
        assert_eq!(copied(hygea_text_view(text)).as_deref(), Some(wanted));
        let mut written = String::new();
        let writer = hygea_writer { user: (&raw mut written).cast(), write: Some(append) };
        assert_eq!(hygea_resource_write(resource, &writer, ptr::null_mut()), HYGEA_OK);
        assert_eq!(written, wanted);
        hygea_text_free(text);
        hygea_resource_free(resource);
    }
}

unsafe extern "C" fn append(user: *mut std::ffi::c_void, part: hygea_bytes) -> i32 {
    let bytes = unsafe { std::slice::from_raw_parts(part.ptr, part.len) };
    unsafe { &mut *user.cast::<String>() }.push_str(std::str::from_utf8(bytes).unwrap());
    0
}

#[test]
fn what_is_no_resource_is_told_with_its_place() {
    for (json, status, place) in [
        (&b""[..], HYGEA_E_MODEL_SYNTAX, "line 1"),
        (b"{\"resourceType\":\"Patient\",}", HYGEA_E_MODEL_SYNTAX, "byte 26"),
        (b"{\"resourceType\":\"Patient\",\"id\":\"\xff\"}", HYGEA_E_MODEL_ENCODING, "byte"),
        (b"{\"resourceType\":\"Patient\",\"id\":\"a\",\"id\":\"b\"}", HYGEA_E_MODEL_DUPLICATE_KEY, "byte"),
        (b"{\"resourceType\":\"Nonsense\"}", HYGEA_E_MODEL_UNKNOWN_RESOURCE_TYPE, "resourceType"),
        (b"{\"resourceType\":\"Patient\",\"birthDate\":1970}", HYGEA_E_MODEL_WRONG_TYPE, "Patient.birthDate"),
        (
            b"{\"resourceType\":\"Patient\",\"name\":[{\"famly\":\"x\"}]}",
            HYGEA_E_MODEL_UNKNOWN_ELEMENT,
            "Patient.name[0].famly",
        ),
    ] {
        let (found, message) = parse(json, HYGEA_FHIR_R4).unwrap_err();
        let shown = String::from_utf8_lossy(json);
        assert_eq!(found, status, "{shown}: {message}");
        assert!(message.contains(place), "{shown}: {message}");
    }
}

#[test]
fn versions_that_are_none() {
    for version in [0, 6, u32::MAX] {
        assert_eq!(parse(b"{\"resourceType\":\"Patient\"}", version).unwrap_err().0, HYGEA_E_ARGUMENT);
    }
}

#[test]
fn null_is_nothing() {
    unsafe {
        assert!(hygea_resource_type(ptr::null()).ptr.is_null());
        assert!(hygea_resource_id(ptr::null()).ptr.is_null());
        assert!(hygea_text_view(ptr::null()).ptr.is_null());
        let mut text = ptr::null_mut();
        assert_eq!(hygea_resource_json(ptr::null(), &mut text, ptr::null_mut()), HYGEA_E_NULL);
        hygea_text_free(ptr::null_mut());
        hygea_resource_free(ptr::null_mut());
    }
}
