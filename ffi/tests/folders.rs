//! The folder of an engine: who else may open it, and what is there afterwards.

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

use host::{Host, open};
use hygea::*;
use hygea_service::{Call, Engine, FolderStorage, Method, Options, Request};
use hygea_store_sqlite::SqliteStores;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"kept","gender":"other"}"#;

#[test]
fn what_was_written_is_there_when_the_folder_is_opened_again() {
    let host = Host::open();
    assert_eq!(host.ask("PUT", "/demo/fhir/r4/Patient/kept", PATIENT).0, 201);
    let folder = host.keep();
    let again = Host::over(&folder);
    let (status, body) = again.ask("GET", "/demo/fhir/r4/Patient/kept", "");
    assert_eq!(status, 200);
    assert!(body.contains(r#""gender":"other""#), "{body}");
}

#[test]
fn rust_opens_what_c_wrote() {
    let host = Host::open();
    assert_eq!(host.ask("PUT", "/demo/fhir/r4/Patient/kept", PATIENT).0, 201);
    let folder = host.keep();
    {
        let stores = SqliteStores::open(folder.join("stores")).unwrap();
        let storage = FolderStorage::new(stores, folder.join("blobs"));
        let engine = Engine::open(storage, Options::development()).unwrap();
        let response = engine.handle(&Call::new(), Request::new(Method::Get, "/demo/fhir/r4/Patient/kept"));
        assert_eq!(response.status(), 200);
    }
    drop(Host::over(&folder));
}

#[test]
fn a_folder_is_open_once() {
    let host = Host::open();
    let (status, message) = open(host.folder(), HYGEA_ENGINE_DEVELOPMENT).unwrap_err();
    assert_eq!(status, HYGEA_E_STORE_LOCKED, "{message}");
}
