//! Damaged templates, messages and stored Observations: no panic, bounded work, and no patient's value in an
//! error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::json::Document;
use hygea_iomt_mapper::{
    Change, DeviceMapping, ErrorKind, Event, FhirMapping, Found, Mapper, Measurement, Mode, Needed,
    Resolution, Timestamp, default_device_mapping, default_fhir_mapping,
};
use proptest::prelude::*;

const MESSAGE: &str = r#"{"deviceId":"secret-device","patientId":"secret-patient","readings":[
    {"time":"2024-03-05T10:00:07Z","heartRate":61,"systolic":120,"diastolic":80,"stepsPerMinute":12}]}"#;

/// A text with some of its bytes changed, left out or doubled.
fn damaged(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let change = (0..text.len(), any::<u8>(), 0..4u8);
    proptest::collection::vec(change, 1..6).prop_map(move |changes| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.min(bytes.len() - 1);
            match how {
                0 => bytes[at] = byte,
                1 => {
                    bytes.remove(at);
                }
                2 => bytes.insert(at, b"{}[]\",:0"[usize::from(byte) % 8]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    })
}

/// Runs a message through a mapper to the end.
fn run(mapper: &Mapper, message: &[u8], existing: &[u8]) {
    let Ok(event) = mapper.event(message) else { return };
    let mut measurements = Vec::new();
    if let Err(error) = mapper.normalize(event.root(), &mut measurements) {
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let _ = mapper.explain(event.root());
    let grouping = mapper.group(&measurements);
    let now = Timestamp::parse("2024-03-05T11:00:00Z").unwrap();
    for group in &grouping.groups {
        let needed = Needed::of(group, Resolution::Create, None, mapper.mode());
        let Ok(resolved) = needed.resolve(&Found::default()) else { continue };
        let created = mapper.observation(group, &resolved, None, now);
        if let Ok(Change::Create(observation)) = &created {
            let text = observation.to_json();
            let stored = Document::parse(text.as_bytes()).unwrap();
            assert_eq!(
                mapper.observation(group, &resolved, Some(stored.root()), now).unwrap(),
                Change::Unchanged
            );
        }
        let Ok(existing) = Document::parse(existing) else { continue };
        if let Err(error) = mapper.observation(group, &resolved, Some(existing.root()), now) {
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}

const STORED: &str = r#"{"resourceType":"Observation","status":"final","effectivePeriod":{"start":
    "2024-03-05T10:00:00.0000000Z","end":"2024-03-05T10:59:59.9999999Z"},"valueSampledData":{"origin":{"value":0},
    "period":60000,"dimensions":1,"data":"secret E E 1 2"},"component":[{"code":{"coding":[{"system":
    "https://azure.microsoft.com/en-us/services/iomt-fhir-connector/","code":"systolic"}]},"valueQuantity":{"value":1}}]}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_device_mappings(bytes in damaged(default_device_mapping())) {
        for mode in [Mode::Compat, Mode::Strict] {
            match DeviceMapping::read(&bytes, mode) {
                Ok((device, errors)) => {
                    for error in &errors {
                        prop_assert!(error.position().is_some(), "{error}");
                    }
                    let fhir = FhirMapping::new(default_fhir_mapping().as_bytes(), mode).unwrap();
                    run(&Mapper::from_mappings(device, fhir), MESSAGE.as_bytes(), STORED.as_bytes());
                }
                Err(error) => prop_assert!((error.kind() as u16) / 100 == 5),
            }
        }
    }

    #[test]
    fn damaged_fhir_mappings(bytes in damaged(default_fhir_mapping())) {
        for mode in [Mode::Compat, Mode::Strict] {
            if let Ok((fhir, _)) = FhirMapping::read(&bytes, mode) {
                let device = DeviceMapping::new(default_device_mapping().as_bytes(), mode).unwrap();
                run(&Mapper::from_mappings(device, fhir), MESSAGE.as_bytes(), STORED.as_bytes());
            }
        }
    }

    #[test]
    fn damaged_messages_and_observations(message in damaged(MESSAGE), stored in damaged(STORED)) {
        for mode in [Mode::Compat, Mode::Strict] {
            let mapper =
                Mapper::new(default_device_mapping().as_bytes(), default_fhir_mapping().as_bytes(), mode).unwrap();
            run(&mapper, &message, &stored);
            run(&mapper, MESSAGE.as_bytes(), &stored);
        }
    }

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for mode in [Mode::Compat, Mode::Strict] {
            let _ = DeviceMapping::new(&bytes, mode);
            let _ = FhirMapping::new(&bytes, mode);
            let _ = Event::from_payload(&bytes, mode);
            let _ = Event::from_root(&bytes, mode);
            if let Ok(document) = Document::parse(&bytes) {
                let _ = Measurement::from_node(document.root());
            }
        }
    }
}

#[test]
fn sizes_are_limited() {
    let many =
        format!("{{\"templateType\":\"CollectionContent\",\"template\":[{}]}}", vec!["{}"; 5000].join(","));
    assert_eq!(DeviceMapping::new(many.as_bytes(), Mode::Compat).unwrap_err().kind(), ErrorKind::TooLarge);
    let long = " ".repeat((4 << 20) + 1);
    assert_eq!(FhirMapping::new(long.as_bytes(), Mode::Compat).unwrap_err().kind(), ErrorKind::TooLarge);
    let deep = "[".repeat(100_000);
    for mode in [Mode::Compat, Mode::Strict] {
        assert_eq!(Event::from_payload(deep.as_bytes(), mode).unwrap_err().kind(), ErrorKind::Json);
    }
    let wrong =
        format!("{{\"templateType\":\"CollectionContent\",\"template\":[{}]}}", vec!["{}"; 4000].join(","));
    let error = DeviceMapping::new(wrong.as_bytes(), Mode::Compat).unwrap_err();
    assert!(error.others().len() <= 110, "a mapping that is wrong throughout ends early");
}
