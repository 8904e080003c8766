//! The reference's own templates, fixtures and the samples of the managed service: they load, or fail where
//! the reference fails, and give the measurements that their descriptions state.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_iomt_mapper::{
    Change, DeviceMapping, ErrorKind, Event, FhirMapping, Found, Mapper, Measurement, Mode, Needed,
    Resolution, Timestamp,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The reference data, or nothing with a line that says so.
fn data() -> Option<PathBuf> {
    let root = std::env::var_os("HYGEA_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let folder = root.join("iomt");
    if !folder.is_dir() {
        println!("left out: no reference data in {}", folder.display());
        return None;
    }
    Some(folder)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One template as a collection of one.
fn collected(kind: &str, template: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(template.to_vec()).unwrap();
    format!("{{\"templateType\":\"{kind}\",\"template\":[{}]}}", text.trim_start_matches('\u{feff}'))
        .into_bytes()
}

fn normalized(mapper: &DeviceMapping, event: &Event) -> Vec<Measurement<'static>> {
    let mut out = Vec::new();
    mapper.normalize(event.root(), &hygea_iomt_mapper::Limits::default(), &mut out).unwrap();
    out.into_iter().map(Measurement::into_owned).collect()
}

/// A measurement as the samples' descriptions write it.
fn described(measurement: &Measurement<'_>) -> Value {
    let mut object = json!({
        "type": measurement.type_name,
        "occurrenceTimeUtc": measurement.occurrence_time.to_string(),
        "deviceId": measurement.device_id,
        "properties": measurement.properties.iter()
            .map(|property| json!({"name": property.name, "value": property.value})).collect::<Vec<_>>(),
    });
    if let Some(patient) = &measurement.patient_id {
        object["patientId"] = json!(patient);
    }
    object
}

/// Equality where numbers in texts may be printed with fewer digits.
fn alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            left == right
                || matches!((left.parse::<f64>(), right.parse::<f64>()),
                    (Ok(left), Ok(right)) if (left - right).abs() < 1e-9 * left.abs())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| alike(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| alike(left, right)))
        }
        _ => left == right,
    }
}

/// The JSON blocks of a description.
fn json_blocks(text: &str) -> Vec<Value> {
    text.split("```json")
        .skip(1)
        .filter_map(|part| serde_json::from_str(part.split("```").next().unwrap().trim()).ok())
        .collect()
}

/// The arrays of normalised measurements that a description holds.
fn expected(readme: &Path) -> Vec<Value> {
    let blocks = json_blocks(&String::from_utf8(bytes(readme)).unwrap());
    blocks.into_iter().filter(|block| block[0]["occurrenceTimeUtc"].is_string()).collect()
}

#[test]
fn sample_templates_load_and_fit_together() {
    let Some(data) = data() else { return };
    let mut loaded = 0;
    for (device, fhir, templates) in [
        ("templates/basic/devicecontent.json", "templates/basic/fhirmapping.json", 6),
        ("templates/healthkitOnFhir/devicecontent.json", "templates/healthkitOnFhir/fhirmapping.json", 14),
        ("templates/sandbox/devicecontent.json", "templates/sandbox/fhirmapping.json", 7),
        ("templates/sandbox/legacy/devicecontent.json", "templates/sandbox/fhirmapping.json", 7),
        (
            "medtech-samples/calculatedcontent/conversions-using-functions/deviceMapping.json",
            "medtech-samples/calculatedcontent/conversions-using-functions/fhirDestinationMapping.json",
            2,
        ),
        (
            "medtech-samples/iotjsonpathcontent/single-device-message-into-multiple-resources/deviceMapping.json",
            "medtech-samples/iotjsonpathcontent/single-device-message-into-multiple-resources/fhirDestinationMapping.json",
            5,
        ),
    ] {
        for mode in [Mode::Compat, Mode::Strict] {
            let mapper = Mapper::new(&bytes(&data.join(device)), &bytes(&data.join(fhir)), mode).unwrap();
            println!("{device}: {} device templates", mapper.device_mapping().templates().len());
            assert!(mapper.device_mapping().templates().len() >= templates, "{device}");
            for warning in mapper.warnings() {
                println!("  {warning}");
            }
            let lost =
                mapper.warnings().iter().filter(|warning| warning.kind() != ErrorKind::UnusedValue).count();
            assert_eq!(lost, 0, "{device}: a type without a FHIR template, or a broken path");
        }
        loaded += 1;
    }
    println!("{loaded} mapping pairs loaded");
    assert!(loaded >= 6);
}

#[test]
fn fixtures_load_or_fail_as_in_the_reference() {
    use ErrorKind::{Json, MissingMember, UnknownMember, UnknownTemplateType, WrongType};
    let Some(data) = data() else { return };
    let fixtures = data.join("fixtures");
    // Each with the kinds of all its mistakes in order; none for a template that is good.
    let table: &[(&str, &str, &[ErrorKind])] = &[
        ("CollectionContent", "CalculatedFunctionContentTemplateValid", &[]),
        ("CollectionContent", "CalculatedFunctionContentTemplateValidExpressionObject", &[]),
        (
            "CollectionContent",
            "CalculatedFunctionContentTemplateValidInvalidAndMissingMembers",
            &[UnknownMember, UnknownMember, MissingMember, MissingMember],
        ),
        ("CollectionContent", "CalculatedFunctionContentTemplateValidOptional", &[]),
        (
            "CollectionContent",
            "IotCentralJsonPathContentTemplateInvalidMissingTypeMetadata",
            &[MissingMember, MissingMember],
        ),
        ("CollectionContent", "IotCentralJsonPathContentTemplateInvalidMissingValueField", &[MissingMember]),
        ("CollectionContent", "IotCentralJsonPathContentTemplateValid", &[]),
        ("CollectionContent", "IotCentralJsonPathContentTemplateValidWithOptional", &[]),
        (
            "CollectionContent",
            "IotJsonPathContentTemplateInvalidMissingTypeMetadata",
            &[MissingMember, MissingMember],
        ),
        ("CollectionContent", "IotJsonPathContentTemplateInvalidMissingValueField", &[MissingMember]),
        ("CollectionContent", "IotJsonPathContentTemplateValid", &[]),
        ("CollectionContent", "IotJsonPathContentTemplateValidWithOptional", &[]),
        (
            "CollectionContent",
            "JsonPathContentTemplateInvalidMissingExpression",
            &[MissingMember, MissingMember],
        ),
        ("CollectionContent", "JsonPathContentTemplateValid", &[]),
        ("CollectionContent", "JsonPathContentTemplateValidWithOptional", &[]),
        ("CollectionFhir", "CodeValueFhirTemplateInvalid_MissingCodeField", &[MissingMember]),
        ("CollectionFhir", "CodeValueFhirTemplateInvalid_MissingFields", &[MissingMember]),
        ("CollectionFhir", "CodeValueFhirTemplate_CodeableConceptAndStringComponent", &[]),
        ("CollectionFhir", "CodeValueFhirTemplate_CodeableConceptData", &[]),
        ("CollectionFhir", "CodeValueFhirTemplate_Components", &[]),
        ("CollectionFhir", "CodeValueFhirTemplate_Quantity", &[]),
        ("CollectionFhir", "CodeValueFhirTemplate_SampledData", &[]),
        ("CollectionFhir", "CodeValueFhirTemplate_String", &[]),
        ("", "CollectionContentTemplateEmpty", &[UnknownTemplateType]),
        ("", "CollectionContentTemplateEmptyWithType", &[]),
        ("", "CollectionContentTemplateHrAndSteps", &[]),
        ("", "CollectionContentTemplateInvalid", &[MissingMember, MissingMember, MissingMember]),
        ("", "CollectionContentTemplateMixed", &[]),
        ("", "CollectionContentTemplateMultipleMocks", &[UnknownTemplateType, UnknownTemplateType]),
        ("", "CollectionFhirTemplateEmpty", &[UnknownTemplateType]),
        ("", "CollectionFhirTemplateEmptyWithType", &[]),
        ("", "CollectionFhirTemplateMultipleMocks", &[UnknownTemplateType, UnknownTemplateType]),
        ("", "CollectionFhirTemplateValid", &[]),
        ("", "InvalidCollectionContentTemplateWithNoTemplateArray", &[WrongType]),
        ("", "InvalidCollectionFhirTemplateWithNoTemplateArray", &[WrongType]),
        ("", "InvalidTemplateType", &[UnknownTemplateType]),
        ("", "InvalidJson", &[Json]),
        // Device templates under the name of a FHIR mapping.
        ("", "CollectionFhirTemplateMixed", &[UnknownTemplateType]),
        ("", "CollectionFhirTemplateInvalid", &[]),
    ];
    let mut good = 0;
    for (collection, name, kinds) in table {
        let extension = if *name == "InvalidJson" { "txt" } else { "json" };
        let text = bytes(&fixtures.join(format!("data_{name}.{extension}")));
        let text = if collection.is_empty() { text } else { collected(collection, &text) };
        let fhir = name.contains("Fhir");
        let result = if fhir {
            FhirMapping::new(&text, Mode::Compat).map(|mapping| mapping.templates().len())
        } else {
            DeviceMapping::new(&text, Mode::Compat).map(|mapping| mapping.templates().len())
        };
        match (*name, result) {
            ("CollectionFhirTemplateMixed", Err(error)) => {
                assert!(error.kind() == UnknownTemplateType, "{error}")
            }
            ("CollectionFhirTemplateInvalid", Err(error)) => {
                println!("{name}: {error}");
                assert!(error.others().len() >= 2, "{error}");
            }
            (_, Ok(_)) => {
                assert!(kinds.is_empty(), "{name} loads");
                good += 1;
            }
            (_, Err(error)) => {
                let found: Vec<ErrorKind> = std::iter::once(&error)
                    .chain(error.others())
                    .map(hygea_iomt_mapper::Error::kind)
                    .collect();
                assert_eq!(found, *kinds, "{name}: {error}");
                let placed = error.position().is_some_and(|place| place.line >= 1);
                assert!(placed && !error.detail().is_empty(), "{name}: {error}");
            }
        }
    }
    println!("{} fixtures, {good} of them load", table.len());
    assert!(good >= 20);
}

#[test]
fn a_bad_template_leaves_the_others_usable() {
    let text = br#"{"templateType": "CollectionContent", "template": [
        {"templateType": "JsonPathContent", "template": {"typeName": "a", "typeMatchExpression": "$",
          "deviceIdExpression": "$.d", "timestampExpression": "$.t"}},
        {"templateType": "Nonsense", "template": {}},
        {"templateType": "JsonPathContent", "template": {"typeName": "b", "typeMatchExpression": "$",
          "deviceIdExpression": "$.d", "timestampExpression": "$.t"}}]}"#;
    let (mapping, errors) = DeviceMapping::read(text, Mode::Compat).unwrap();
    assert_eq!(mapping.templates().len(), 2);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].path(), "template[1].templateType");
    assert_eq!(errors[0].position().unwrap().line, 4);
}

#[test]
fn calculated_sample_gives_its_stated_measurements() {
    let Some(data) = data() else { return };
    let folder = data.join("medtech-samples/calculatedcontent/conversions-using-functions");
    let expected = expected(&folder.join("README.md"));
    assert_eq!(expected.len(), 2);
    let mut count = 0;
    for mode in [Mode::Compat, Mode::Strict] {
        let mapping = DeviceMapping::new(&bytes(&folder.join("deviceMapping.json")), mode).unwrap();
        for (message, expected) in [("testMessageA.json", &expected[0]), ("testMessageB.json", &expected[1])]
        {
            let event = Event::from_payload(&bytes(&folder.join(message)), mode).unwrap();
            let found = Value::Array(normalized(&mapping, &event).iter().map(described).collect());
            assert!(alike(&found, expected), "{message}: {found}");
            count += found.as_array().unwrap().len();
        }
    }
    println!("{count} measurements as stated");
    assert_eq!(count, 8);
}

#[test]
fn hub_sample_gives_its_stated_measurements() {
    let Some(data) = data() else { return };
    let folder =
        data.join("medtech-samples/iotjsonpathcontent/single-device-message-into-multiple-resources");
    let readme = String::from_utf8(bytes(&folder.join("README.md"))).unwrap();
    let enriched =
        json_blocks(&readme).into_iter().find(|block| block["SystemProperties"].is_object()).unwrap();
    let expected = expected(&folder.join("README.md"));
    let mapping = DeviceMapping::new(&bytes(&folder.join("deviceMapping.json")), Mode::Compat).unwrap();

    let event = Event::from_payload(enriched.to_string().as_bytes(), Mode::Compat).unwrap();
    let found = Value::Array(normalized(&mapping, &event).iter().map(described).collect());
    assert!(alike(&found, &expected[0]), "{found}");

    // The same from the bare message, as a hub hands it over.
    let event = Event::with_properties(
        &bytes(&folder.join("testMessage.json")),
        &[("iothub-creation-time-utc", "2023-07-25T19:33:13.087Z")],
        &[("iothub-connection-device-id", "sampleDeviceId")],
        Mode::Compat,
    )
    .unwrap();
    let found = Value::Array(normalized(&mapping, &event).iter().map(described).collect());
    assert!(alike(&found, &expected[0]), "{found}");
    println!("{} measurements as stated, twice", found.as_array().unwrap().len());
    assert_eq!(found.as_array().unwrap().len(), 5);
}

#[test]
fn documented_fixtures_give_measurements() {
    let Some(data) = data() else { return };
    let fixtures = data.join("fixtures");
    let hr = "Documentation_CalculatedFunction_HeartRate";
    let two = "Documentation_CalculatedFunction_MultipleMeasurements";
    for (template, payload, expected) in [
        (format!("{hr}_Template"), format!("{hr}_Payload"), vec!["heartrate 22:46 hr=78"]),
        (
            "Documentation_CalculatedFunction_BloodPressure_Template".into(),
            "Documentation_CalculatedFunction_BloodPressure_Payload".into(),
            vec!["bloodpressure 22:46 systolic=123 diastolic=87"],
        ),
        (
            format!("{two}_Template"),
            format!("{two}_Payload"),
            vec!["heartrate 22:46 hr=78", "stepcount 22:46 steps=2"],
        ),
        (
            format!("{two}_Template"),
            format!("{two}_FromArray_Payload"),
            vec!["heartrate 20:46 hr=78", "heartrate 21:46 hr=81", "heartrate 22:46 hr=72"],
        ),
    ] {
        let mapping =
            DeviceMapping::new(&bytes(&fixtures.join(format!("data_{template}.json"))), Mode::Compat)
                .unwrap();
        let event =
            Event::from_root(&bytes(&fixtures.join(format!("data_{payload}.json"))), Mode::Compat).unwrap();
        let found: Vec<String> = normalized(&mapping, &event)
            .iter()
            .map(|measurement| {
                assert_eq!(measurement.device_id, "device123");
                let values: Vec<String> = measurement
                    .properties
                    .iter()
                    .map(|property| format!("{}={}", property.name, property.value))
                    .collect();
                let time = measurement.occurrence_time.to_string();
                assert!(time.starts_with("2019-02-01T") && time.ends_with(":01.875Z"), "{time}");
                format!("{} {} {}", measurement.type_name, &time[11..16], values.join(" "))
            })
            .collect();
        assert_eq!(found, expected, "{template} on {payload}");
    }
}

#[test]
fn hub_payload_fixtures_give_measurements() {
    let Some(data) = data() else { return };
    let fixtures = data.join("fixtures");
    let mixed = bytes(&fixtures.join("data_CollectionContentTemplateMixed.json"));
    let mapping = DeviceMapping::new(&mixed, Mode::Compat).unwrap();
    assert_eq!(mapping.templates().len(), 17);
    let valid =
        collected("CollectionContent", &bytes(&fixtures.join("data_IotJsonPathContentTemplateValid.json")));
    let hub = DeviceMapping::new(&valid, Mode::Compat).unwrap();
    let event =
        Event::from_root(&bytes(&fixtures.join("data_IotHubPayloadExample.json")), Mode::Compat).unwrap();
    let found = normalized(&hub, &event);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].device_id, "ev-d795-1d04-55ae");
    assert_eq!(found[0].occurrence_time.to_string(), "2019-01-30T22:45:02.6073744Z");
    assert_eq!(found[0].properties[0].value, "203");
    // The enqueued time stands in where the hub tells no creation time.
    let text = String::from_utf8(bytes(&fixtures.join("data_IotHubPayloadExample.json"))).unwrap();
    let text = text.replace("iothub-creation-time-utc", "other");
    let event = Event::from_root(text.as_bytes(), Mode::Compat).unwrap();
    assert_eq!(normalized(&hub, &event)[0].occurrence_time.to_string(), "2019-02-01T22:46:01.875Z");
}

#[test]
fn hub_sample_becomes_observations() {
    let Some(data) = data() else { return };
    let folder =
        data.join("medtech-samples/iotjsonpathcontent/single-device-message-into-multiple-resources");
    let mode = Mode::Compat;
    let mapper = Mapper::new(
        &bytes(&folder.join("deviceMapping.json")),
        &bytes(&folder.join("fhirDestinationMapping.json")),
        mode,
    )
    .unwrap();
    let event = Event::with_properties(
        &bytes(&folder.join("testMessage.json")),
        &[("iothub-creation-time-utc", "2023-07-25T19:33:13.087Z")],
        &[("iothub-connection-device-id", "sampleDeviceId")],
        mode,
    )
    .unwrap();
    let measurements = normalized(mapper.device_mapping(), &event);
    let grouping = mapper.group(&measurements);
    assert!(grouping.failures.is_empty());
    let now = Timestamp::parse("2023-07-25T19:33:14Z").unwrap();
    let mut values = Vec::new();
    for group in &grouping.groups {
        let resolved = Needed::of(group, Resolution::Create, None, mode).resolve(&Found::default()).unwrap();
        let Change::Create(observation) = mapper.observation(group, &resolved, None, now).unwrap() else {
            panic!()
        };
        let observation: Value = serde_json::from_str(&observation.to_json()).unwrap();
        let quantity = |holder: &Value| holder["valueQuantity"]["value"].to_string();
        match observation["component"].as_array() {
            Some(components) => values.extend(components.iter().map(quantity)),
            None => values.push(quantity(&observation)),
        }
        assert_eq!(observation["id"].as_str().unwrap().len(), 64);
        assert_eq!(observation["effectivePeriod"]["start"], "2023-07-25T19:33:13.0870000Z");
    }
    assert_eq!(values, ["78", "30", "12", "98.6", "80", "120"]);
}
