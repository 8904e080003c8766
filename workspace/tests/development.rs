//! The resources of a server in development mode.
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

use hygea_workspace::access::{
    DicomAction, FhirInteraction, IOT_SEND, Plane, Policy, Principal, PrincipalType,
};
use hygea_workspace::development::{Mappings, provision};
use hygea_workspace::services::{
    DicomService, FhirDestination, FhirService, FhirVersion, IdentityResolution, IotConnector,
};
use hygea_workspace::{Change, Directory, ErrorKind, Kind, Settings, Timestamp};
use server::{SUB, Server};

fn provisioned(directory: &Directory) -> Vec<Change> {
    let settings = Settings::new("http://127.0.0.1:8080", "t");
    provision(directory, &settings, Mappings::default(), Timestamp::from_unix_seconds(1_800_000_000), [7; 32])
        .unwrap()
}

#[test]
fn everything_promised_is_there() {
    let mut server = Server::new();
    server.directory.apply(&provisioned(&Directory::default()));
    let directory = &server.directory;
    let fhir = directory.service("demo", Kind::FhirService, "r4").unwrap();
    assert_eq!(
        fhir.id().as_str(),
        format!(
            "{SUB}/resourceGroups/demo/providers/Microsoft.HealthcareApis/workspaces/demo/fhirservices/r4"
        )
    );
    assert_eq!(
        (FhirService::new(fhir).unwrap().version(), fhir.location().unwrap().as_str()),
        (FhirVersion::R4, "local")
    );
    let dicom = directory.service("demo", Kind::DicomService, "images").unwrap();
    assert!(!DicomService::new(dicom).unwrap().data_partitions());
    let devices = directory.service("demo", Kind::IotConnector, "devices").unwrap();
    assert!(IotConnector::new(devices).unwrap().device_mapping().unwrap().contains("heartRate"));
    let destination =
        directory.resources().find(|resource| resource.kind() == Kind::FhirDestination).unwrap();
    let destination = FhirDestination::new(destination).unwrap();
    assert_eq!(
        (destination.fhir_service().unwrap(), destination.identity_resolution()),
        (fhir.id().clone(), IdentityResolution::Create)
    );
    assert!(destination.fhir_mapping().unwrap().contains("8867-4"));

    // The administrator may do everything; the connector may write to its destination and nowhere else.
    let policy = Policy::new(directory.resources().map(|resource| &**resource));
    let administrator = Principal::development();
    for interaction in FhirInteraction::ALL {
        let decision = policy.decide_fhir(&administrator, interaction, Some("Patient"), fhir.id());
        assert!(decision.is_allowed() && decision.filter().is_none(), "{interaction:?}");
    }
    assert!(
        policy.decide(&administrator, Plane::Data, DicomAction::Delete.as_str(), dicom.id()).is_allowed()
    );
    assert!(policy.decide(&administrator, Plane::Data, IOT_SEND, devices.id()).is_allowed());
    let connector = Principal::new(devices.principal_id().unwrap(), PrincipalType::ManagedIdentity);
    assert!(
        policy.decide_fhir(&connector, FhirInteraction::Upsert, Some("Observation"), fhir.id()).is_allowed()
    );
    assert!(!policy.decide(&connector, Plane::Data, DicomAction::Read.as_str(), dicom.id()).is_allowed());

    // Its short name is no hindrance to those who manage it.
    server.principal = administrator;
    server.rights.clear();
    let url = format!("{}?api-version=2024-03-31", fhir_path());
    server.ok("GET", &url, "");
    server.ok("PUT", &url, r#"{"location":"local","properties":{"publicNetworkAccess":"Enabled"}}"#);
    server.ok("PATCH", &url, r#"{"tags":{"a":"b"}}"#);
    server.ok("DELETE", &url, "");
    assert_eq!(server.call("PUT", &url, r#"{"location":"local"}"#).code(), "InvalidResourceName");
}

fn fhir_path() -> String {
    format!("{SUB}/resourceGroups/demo/providers/Microsoft.HealthcareApis/workspaces/demo/fhirservices/r4")
}

#[test]
fn only_what_is_missing_is_made() {
    let mut directory = Directory::default();
    directory.apply(&provisioned(&directory));
    let before: Vec<String> = directory.resources().map(|resource| resource.to_record()).collect();
    assert_eq!(provisioned(&directory), []);
    directory.apply(&[Change::Delete(
        directory.service("demo", Kind::DicomService, "images").unwrap().id().clone(),
    )]);
    let again = provisioned(&directory);
    assert!(again.iter().all(|change| matches!(change, Change::Put(put) if matches!(put.kind(), Kind::DicomService | Kind::OperationResult))), "{again:?}");
    directory.apply(&again);
    assert_eq!(
        directory
            .resources()
            .map(|resource| resource.to_record())
            .filter(|record| !before.contains(record))
            .count(),
        0
    );
}

#[test]
fn a_broken_mapping_is_refused() {
    let settings = Settings::new("http://127.0.0.1:8080", "t");
    for (device, kind) in
        [("{", ErrorKind::InvalidJson), (r#"{"templateType":"x","template":[]}"#, ErrorKind::Provisioning)]
    {
        let mappings = Mappings { device, ..Mappings::default() };
        let error =
            provision(&Directory::default(), &settings, mappings, Timestamp::default(), [0; 32]).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}
