//! What the border does with arguments that are wrong: it says so, changes nothing, and goes on.

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

use host::{Host, copied, open, request, taken, text, text_of};
use hygea::*;
use std::ptr;

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(copied(hygea_version()).as_deref(), Some(env!("CARGO_PKG_VERSION")));
    let numbers: Vec<u32> = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse().unwrap()).collect();
    assert_eq!(hygea_api_version(), (numbers[0] << 16) | numbers[1]);
}

#[test]
fn freeing_null_is_nothing() {
    unsafe {
        hygea_engine_free(ptr::null_mut());
        hygea_response_free(ptr::null_mut());
        hygea_error_free(ptr::null_mut());
    }
}

#[test]
fn null_handles_have_no_parts() {
    unsafe {
        assert_eq!(hygea_error_code(ptr::null()), HYGEA_OK);
        assert!(hygea_error_message(ptr::null()).ptr.is_null());
        assert!(hygea_error_outcome(ptr::null()).ptr.is_null());
        assert_eq!(hygea_response_status(ptr::null()), 0);
        assert_eq!(hygea_response_header_count(ptr::null()), 0);
        assert!(hygea_response_header_at(ptr::null(), 0).name.ptr.is_null());
        assert!(hygea_response_header(ptr::null(), text("etag")).ptr.is_null());
        assert_eq!(hygea_response_body_size(ptr::null()), 0);
    }
}

#[test]
fn null_arguments_are_named() {
    let host = Host::open();
    let asked = request("GET", "/healthz", "");
    let mut response = ptr::null_mut();
    let mut count = 0;
    let mut buffer = [0; 4];
    let answer = host.handle(&asked).unwrap();
    type Call<'a> = Box<dyn FnOnce(*mut *mut hygea_error) -> hygea_status + 'a>;
    let calls: Vec<(&str, Call<'_>)> = vec![
        ("options", Box::new(|err| unsafe { hygea_engine_open(ptr::null(), &mut ptr::null_mut(), err) })),
        (
            "engine",
            Box::new(|err| unsafe {
                hygea_engine_handle(ptr::null(), ptr::null(), &asked, &mut response, err)
            }),
        ),
        (
            "request",
            Box::new(|err| unsafe {
                hygea_engine_handle(host.engine, ptr::null(), ptr::null(), &mut ptr::null_mut(), err)
            }),
        ),
        (
            "out",
            Box::new(|err| unsafe {
                hygea_engine_handle(host.engine, ptr::null(), &asked, ptr::null_mut(), err)
            }),
        ),
        ("engine", Box::new(|err| unsafe { hygea_engine_close(ptr::null(), err) })),
        (
            "response",
            Box::new(|err| unsafe {
                hygea_response_body(ptr::null_mut(), &mut hygea_bytes { ptr: ptr::null(), len: 0 }, err)
            }),
        ),
        ("out", Box::new(|err| unsafe { hygea_response_body(answer, ptr::null_mut(), err) })),
        (
            "response",
            Box::new(|err| unsafe {
                hygea_response_read(ptr::null_mut(), buffer.as_mut_ptr(), 4, &mut count, err)
            }),
        ),
        ("buffer", Box::new(|err| unsafe { hygea_response_read(answer, ptr::null_mut(), 4, &mut 0, err) })),
        (
            "out",
            Box::new(|err| unsafe {
                hygea_response_read(answer, [0_u8; 4].as_mut_ptr(), 4, ptr::null_mut(), err)
            }),
        ),
        ("to", Box::new(|err| unsafe { hygea_response_write(answer, ptr::null(), err) })),
        (
            "write of a writer",
            Box::new(|err| unsafe {
                hygea_response_write(answer, &hygea_writer { user: ptr::null_mut(), write: None }, err)
            }),
        ),
    ];
    for (what, call) in calls {
        let mut error = ptr::null_mut();
        let status = call(&mut error);
        assert_eq!(taken(status, error), (HYGEA_E_NULL, format!("{what} must not be NULL")));
    }
    assert!(response.is_null());
    unsafe { hygea_response_free(answer) };
}

#[test]
fn an_error_that_nobody_wants_is_not_made() {
    let status = unsafe { hygea_engine_open(ptr::null(), ptr::null_mut(), ptr::null_mut()) };
    assert_eq!(status, HYGEA_E_NULL);
}

#[test]
fn outputs_are_left_alone_by_failures_and_errors_by_successes() {
    let host = Host::open();
    let mut response = ptr::dangling_mut::<hygea_response>();
    let before = response;
    let unknown = request("BREW", "/healthz", "");
    let status =
        unsafe { hygea_engine_handle(host.engine, ptr::null(), &unknown, &mut response, ptr::null_mut()) };
    assert_eq!((status, response), (HYGEA_E_METHOD, before));
    let mut error = ptr::dangling_mut::<hygea_error>();
    let before = error;
    let health = request("GET", "/healthz", "");
    let status = unsafe { hygea_engine_handle(host.engine, ptr::null(), &health, &mut response, &mut error) };
    assert_eq!((status, error), (HYGEA_OK, before));
    unsafe { hygea_response_free(response) };
}

#[test]
fn sizes_of_structures() {
    let host = Host::open();
    let right = size_of::<hygea_request>();
    for (size, wanted) in [
        (0, HYGEA_E_STRUCT_SIZE),
        (right - 1, HYGEA_E_STRUCT_SIZE),
        (right, HYGEA_OK),
        (usize::MAX, HYGEA_E_STRUCT_SIZE),
    ] {
        let mut asked = request("GET", "/healthz", "");
        asked.struct_size = size;
        let status = match host.handle(&asked) {
            Ok(response) => {
                unsafe { hygea_response_free(response) };
                HYGEA_OK
            }
            Err((status, message)) => {
                assert!(message.contains("struct_size of request"), "{message}");
                status
            }
        };
        assert_eq!(status, wanted, "{size}");
    }
}

#[test]
fn a_newer_structure_is_fine_as_long_as_its_new_members_are_not_used() {
    #[repr(C)]
    struct Newer {
        request: hygea_request,
        since_later: u64,
    }
    let host = Host::open();
    for (value, wanted) in [(0, None), (7, Some(HYGEA_E_STRUCT_SIZE))] {
        let mut newer = Newer { request: request("GET", "/healthz", ""), since_later: value };
        newer.request.struct_size = size_of::<Newer>();
        let mut response = ptr::null_mut();
        let pointer = (&raw const newer).cast();
        let status =
            unsafe { hygea_engine_handle(host.engine, ptr::null(), pointer, &mut response, ptr::null_mut()) };
        assert_eq!(status, wanted.unwrap_or(HYGEA_OK));
        unsafe { hygea_response_free(response) };
    }
}

#[test]
fn options_that_are_refused() {
    let folder = std::env::temp_dir().join("hygea-ffi-never-made");
    let unknown_flag = open(&folder, 1 << 31).unwrap_err();
    assert_eq!(unknown_flag.0, HYGEA_E_ARGUMENT);
    assert_eq!(open(std::path::Path::new(""), 0).unwrap_err().0, HYGEA_E_ARGUMENT);
    assert_eq!(open(&folder, HYGEA_ENGINE_MEMORY).unwrap_err().0, HYGEA_E_ARGUMENT);
    assert!(!folder.exists());
}

#[test]
fn an_engine_in_memory() {
    let flags = HYGEA_ENGINE_MEMORY | HYGEA_ENGINE_DEVELOPMENT;
    let engine = open(std::path::Path::new(""), flags).unwrap();
    let asked = request("GET", "/demo/fhir/r4/Patient", "");
    let mut response = ptr::null_mut();
    unsafe {
        assert_eq!(
            hygea_engine_handle(engine, ptr::null(), &asked, &mut response, ptr::null_mut()),
            HYGEA_OK
        );
        assert_eq!(hygea_response_status(response), 200);
        hygea_response_free(response);
        hygea_engine_free(engine);
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_a_failure_of_the_store() {
    let file = std::env::temp_dir().join(format!("hygea-ffi-file-{}", std::process::id()));
    std::fs::write(&file, "no folder").unwrap();
    let (status, message) = open(&file.join("below"), HYGEA_ENGINE_DEVELOPMENT).unwrap_err();
    std::fs::remove_file(&file).unwrap();
    assert!((700..900).contains(&status), "{status} {message}");
}

#[test]
fn text_that_is_not_utf8() {
    let host = Host::open();
    let mut asked = request("GET", "/healthz", "");
    let bytes = b"/a\xff";
    asked.path = hygea_str { ptr: bytes.as_ptr().cast(), len: bytes.len() };
    let (status, message) = host.handle(&asked).unwrap_err();
    assert_eq!(
        (status, message.as_str()),
        (HYGEA_E_UTF8, "request.path is to be UTF-8, and is not at byte 2")
    );
}

#[test]
fn lengths_that_no_memory_has() {
    let host = Host::open();
    let mut asked = request("POST", "/healthz", "");
    asked.body = hygea_bytes { ptr: b"x".as_ptr(), len: usize::MAX };
    assert_eq!(host.handle(&asked).unwrap_err().0, HYGEA_E_ARGUMENT);
    let mut asked = request("GET", "/healthz", "");
    asked.header_count = 2000;
    assert_eq!(host.handle(&asked).unwrap_err().0, HYGEA_E_ARGUMENT);
}

#[test]
fn the_query_stands_beside_the_path_or_in_it() {
    let host = Host::open();
    let patient = r#"{"resourceType":"Patient","name":[{"family":"Ødegård"}]}"#;
    assert_eq!(host.ask("POST", "/demo/fhir/r4/Patient", patient).0, 201);
    let (status, inside) = host.ask("GET", "/demo/fhir/r4/Patient?family=%C3%B8deg%C3%A5rd", "");
    assert_eq!(status, 200);
    assert!(inside.contains("Ødegård"), "{inside}");
    let mut asked = request("GET", "/demo/fhir/r4/Patient", "");
    asked.query = text("family=%C3%B8deg%C3%A5rd");
    let response = host.handle(&asked).unwrap();
    assert!(text_of(response).contains("Ødegård"));
    unsafe { hygea_response_free(response) };
    asked.path = text("/demo/fhir/r4/Patient?_count=1");
    assert_eq!(host.handle(&asked).unwrap_err().0, HYGEA_E_ARGUMENT);
}

#[test]
fn headers_and_circumstances_reach_the_engine() {
    let host = Host::open();
    let patient = r#"{"resourceType":"Patient","gender":"female"}"#;
    let headers = [hygea_header { name: text("Prefer"), value: text("return=minimal") }];
    let mut asked = request("POST", "/demo/fhir/r4/Patient", patient);
    asked.headers = headers.as_ptr();
    asked.header_count = headers.len();
    let call = hygea_call {
        struct_size: size_of::<hygea_call>(),
        base_url: text("https://records.example"),
        correlation_id: text("9f1c"),
        remote_address: text("192.0.2.1"),
    };
    let mut response = ptr::null_mut();
    let status = unsafe { hygea_engine_handle(host.engine, &call, &asked, &mut response, ptr::null_mut()) };
    assert_eq!((status, unsafe { hygea_response_status(response) }), (HYGEA_OK, 201));
    let location = copied(unsafe { hygea_response_header(response, text("LOCATION")) }).unwrap();
    assert!(location.starts_with("https://records.example/demo/fhir/r4/Patient/"), "{location}");
    let count = unsafe { hygea_response_header_count(response) };
    let named: Vec<_> = (0..count)
        .map(|at| copied(unsafe { hygea_response_header_at(response, at) }.name).unwrap())
        .collect();
    assert!(named.iter().any(|name| name == "location"), "{named:?}");
    assert!(unsafe { hygea_response_header_at(response, count) }.name.ptr.is_null());
    assert!(unsafe { hygea_response_header(response, text("x-none")) }.ptr.is_null());
    assert_eq!(text_of(response), "");
    unsafe { hygea_response_free(response) };
}

#[test]
fn a_closed_engine_answers_503_and_its_responses_live_on() {
    let host = Host::open();
    let response = host.handle(&request("GET", "/demo/fhir/r4/metadata", "")).unwrap();
    assert_eq!(unsafe { hygea_engine_close(host.engine, ptr::null_mut()) }, HYGEA_OK);
    let (status, _) = host.ask("GET", "/demo/fhir/r4/Patient", "");
    assert_eq!(status, 503);
    drop(host);
    assert!(text_of(response).contains("CapabilityStatement"));
    unsafe { hygea_response_free(response) };
}
