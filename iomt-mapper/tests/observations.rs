//! Measurements to Observations: grouping, identities, creating and merging.
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

use hygea_fhir_model::json::Document;
use hygea_iomt_mapper::{
    Change, ErrorKind, FhirMapping, Found, Identifier, Limits, Measurement, Mode, Needed, ObservationGroup,
    Resolution, Resolved, SERVICE_SYSTEM, Timestamp,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn at(clock: &str) -> Timestamp {
    time(&format!("2024-03-05T{clock}Z"))
}

fn mapping_of(template: &Value, mode: Mode) -> FhirMapping {
    let text = json!({"templateType": "CollectionFhir",
        "template": [{"templateType": "CodeValueFhir", "template": template}]});
    FhirMapping::new(text.to_string().as_bytes(), mode).unwrap()
}

fn mapping(changes: &Value, mode: Mode) -> FhirMapping {
    let mut template = json!({"typeName": "heartrate", "periodInterval": 60,
        "codes": [{"code": "8867-4", "system": "http://loinc.org", "display": "Heart rate"}],
        "value": {"valueType": "SampledData", "valueName": "hr", "unit": "/min", "defaultPeriod": 600_000}});
    for (name, value) in changes.as_object().unwrap() {
        template[name] = value.clone();
    }
    mapping_of(&template, mode)
}

fn hr(clock: &str, value: &str) -> Measurement<'static> {
    Measurement::new("heartrate", at(clock), "d1").with_value("hr", value.to_owned())
}

/// The identity of the page's worked example.
fn resolved() -> Resolved {
    let device =
        json!({"resourceType": "Device", "id": "dev7", "patient": {"reference": "Patient/p9"}}).to_string();
    let device = Document::parse(device.as_bytes()).unwrap();
    let measurements = [hr("10:00:00", "1")];
    let mapping = mapping(&json!({}), Mode::Compat);
    let grouping = mapping.group(&measurements);
    let found = Found { devices: vec![device.root()], ..Found::default() };
    Needed::of(&grouping.groups[0], Resolution::Lookup, None, Mode::Compat).resolve(&found).unwrap()
}

fn json_of(change: &Change) -> Value {
    match change {
        Change::Create(value) | Change::Update(value) => serde_json::from_str(&value.to_json()).unwrap(),
        _ => panic!("an Observation is written"),
    }
}

fn write(
    mapping: &FhirMapping,
    group: &ObservationGroup<'_>,
    existing: Option<&Value>,
) -> Result<Change, ErrorKind> {
    let text = existing.map(ToString::to_string);
    let existing = text.as_ref().map(|text| Document::parse(text.as_bytes()).unwrap());
    let existing = existing.as_ref().map(Document::root);
    let now = time("2024-03-05T11:00:00.5Z");
    mapping.observation(group, &resolved(), existing, now, &Limits::default()).map_err(|error| {
        assert!(error.path().starts_with("template[0]") && error.position().is_some(), "{error}");
        error.kind()
    })
}

/// Creates or merges the one group that the measurements fall into.
fn one(
    mapping: &FhirMapping,
    measurements: &[Measurement<'_>],
    existing: Option<&Value>,
) -> Result<Change, ErrorKind> {
    let grouping = mapping.group(measurements);
    assert!(grouping.failures.is_empty());
    assert_eq!(grouping.groups.len(), 1);
    write(mapping, &grouping.groups[0], existing)
}

#[test]
fn the_worked_example() {
    for mode in [Mode::Compat, Mode::Strict] {
        let mapping = mapping(&json!({}), mode);
        let first = [hr("10:00:07", "61")];
        let grouping = mapping.group(&first);
        let group = &grouping.groups[0];
        let identifier = group.identifier(&resolved());
        assert_eq!(identifier.system.as_deref(), Some(SERVICE_SYSTEM));
        assert_eq!(identifier.value, "p9.dev7.heartrate.20240305100000Z.20240305105959Z");
        let id = "83323c718fae21481fbeb0da2f2ae90bd97099d5d82a26af3c0addd559ff44e3";
        assert_eq!(identifier.resource_id(), id);

        let created = json_of(&one(&mapping, &first, None).unwrap());
        assert_eq!(
            created,
            json!({
            "resourceType": "Observation", "id": id,
            "identifier": [{"system": SERVICE_SYSTEM, "value": identifier.value}],
            "status": "final",
            "code": {"coding": [
                {"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"},
                {"system": SERVICE_SYSTEM, "code": "heartrate", "display": "heartrate"}], "text": "heartrate"},
            "subject": {"reference": "Patient/p9"},
            "effectivePeriod": {"start": "2024-03-05T10:00:00.0000000Z", "end": "2024-03-05T10:59:59.9999999Z"},
            "issued": "2024-03-05T11:00:00.5Z",
            "valueSampledData": {"origin": {"value": 0, "unit": "/min"}, "period": 600_000, "dimensions": 1,
                "data": "61 E E E E E"},
            "device": {"reference": "Device/dev7"}})
        );

        let second = [hr("10:25:00", "64")];
        let merged = one(&mapping, &second, Some(&created)).unwrap();
        assert!(matches!(merged, Change::Update(_)));
        let merged = json_of(&merged);
        assert_eq!(merged["valueSampledData"]["data"], "61 E 64 E E E");
        assert_eq!(merged["status"], "amended");
        let mut same = merged.clone();
        same["status"] = json!("final");
        same["valueSampledData"]["data"] = json!("61 E E E E E");
        assert_eq!(same, created, "nothing else changes");
        assert_eq!(one(&mapping, &second, Some(&merged)), Ok(Change::Unchanged));
        assert_eq!(one(&mapping, &first, Some(&merged)), Ok(Change::Unchanged));
    }
}

#[test]
fn ids_are_hashes_of_identifiers() {
    for (system, value, id) in [
        (
            Some(SERVICE_SYSTEM),
            "p.d.heartrate.20190101000000Z.20190101005959Z",
            "18c84cde8b87390ffd66d1b7c6d11ebd27d97348c3182d43449c46fdebb61607",
        ),
        (None, "patient1", "cd3ee1fc63936b0083c968fe962a726d383ab6ee83af53d4f50507ccd646b68a"),
    ] {
        let identifier = Identifier { system: system.map(str::to_owned), value: value.to_owned() };
        assert_eq!(identifier.resource_id(), id);
    }
    let identifier = Identifier { system: Some("urn:a|b".to_owned()), value: "x,y$z\\".to_owned() };
    assert_eq!(identifier.search_value(), "urn:a\\|b|x\\,y\\$z\\\\");
}

#[test]
fn batches_fall_into_groups() {
    let describe = |mapping: &FhirMapping, measurements: &[Measurement<'_>]| {
        let grouping = mapping.group(measurements);
        let mut parts: Vec<String> = grouping
            .groups
            .iter()
            .map(|group| {
                format!("{} {}..{} {:?}", group.device_id(), group.start(), group.end(), group.measurements())
            })
            .collect();
        parts.extend(
            grouping
                .failures
                .iter()
                .map(|failure| format!("{:?} {:?}", failure.error.kind(), failure.measurements)),
        );
        parts.join(" ; ").replace("2024-03-05T", "")
    };
    let batch = [hr("10:59:59.9", "1"), hr("11:00:00", "2"), hr("10:00:00", "3"), hr("23:59:59", "4")];
    for (interval, expected) in [
        (
            0,
            "d1 10:00:00Z..10:00:00Z [2] ; d1 10:59:59.9Z..10:59:59.9Z [0] ; d1 11:00:00Z..11:00:00Z [1] ; \
             d1 23:59:59Z..23:59:59Z [3]",
        ),
        (
            60,
            "d1 10:00:00Z..10:59:59.9999999Z [0, 2] ; d1 11:00:00Z..11:59:59.9999999Z [1] ; \
              d1 23:00:00Z..23:59:59.9999999Z [3]",
        ),
        (1440, "d1 00:00:00Z..23:59:59.9999999Z [0, 1, 2, 3]"),
        (-1, "CorrelationIdNotDefined [0, 1, 2, 3]"),
        (7, "UnsupportedPeriod [0, 1, 2, 3]"),
    ] {
        let mapping = mapping(&json!({"periodInterval": interval}), Mode::Compat);
        assert_eq!(describe(&mapping, &batch), expected, "{interval}");
    }
    let correlated = |clock: &str, id: &str| {
        let mut measurement = hr(clock, "1");
        measurement.correlation_id = Some(id.to_owned().into());
        measurement
    };
    let correlation = mapping(&json!({"periodInterval": -1}), Mode::Compat);
    assert_eq!(
        describe(
            &correlation,
            &[
                correlated("10:00:00", "a"),
                correlated("11:00:00", "b"),
                correlated("09:00:00", "a"),
                correlated("10:00:00", " ")
            ]
        ),
        "d1 09:00:00Z..10:00:00Z [0, 2] ; d1 11:00:00Z..11:00:00Z [1] ; CorrelationIdNotDefined [3]"
    );
    let grouping_of_other = Measurement::new("steps", at("10:00:00"), "d1");
    let hourly = mapping(&json!({}), Mode::Compat);
    assert_eq!(
        describe(&hourly, &[hr("10:00:00", "1"), grouping_of_other]),
        "d1 10:00:00Z..10:59:59.9999999Z [0] ; TemplateNotFound [1]"
    );
    // Devices, patients and encounters are told apart, types are not by their case.
    let mut of_patient = hr("10:00:01", "2");
    of_patient.patient_id = Some("p".into());
    let mut of_device = hr("10:00:01", "3");
    of_device.device_id = "d2".into();
    let mut typed = hr("10:00:02", "4");
    typed.type_name = "HeartRate".into();
    assert_eq!(hourly.group(&[hr("10:00:00", "1"), of_patient, of_device, typed]).groups.len(), 4);
    // Ids that contain the separator of the reference's key do not run together.
    let mut left = hr("10:00:00", "1");
    left.device_id = "a-heartrate".into();
    let mut right = hr("10:00:00", "2");
    right.device_id = "a".into();
    right.patient_id = Some("heartrate".into());
    assert_eq!(hourly.group(&[left, right]).groups.len(), 2);
}

#[test]
fn later_messages_replace_earlier_ones() {
    let measured = |clock: &str, ingested: Option<&str>, values: &[(&str, &str)]| {
        let mut measurement = Measurement::new("heartrate", at(clock), "d1");
        for (name, value) in values {
            measurement = measurement.with_value((*name).to_owned(), (*value).to_owned());
        }
        measurement.ingestion_time = ingested.map(at);
        measurement
    };
    let template = json!({"typeName": "heartrate", "codes": [],
        "components": [{"codes": [], "value": {"valueType": "String", "valueName": "hr"}},
            {"codes": [], "value": {"valueType": "String", "valueName": "spo2"}}]});
    let values = |mode: Mode, measurements: &[Measurement<'_>]| {
        let mapping = mapping_of(&template, mode);
        let observation = json_of(&one(&mapping, measurements, None).unwrap());
        let components = observation["component"].as_array().cloned().unwrap_or_default();
        let texts: Vec<String> = components
            .iter()
            .map(|component| {
                format!(
                    "{}={}",
                    component["code"]["text"].as_str().unwrap(),
                    component["valueString"].as_str().unwrap()
                )
            })
            .collect();
        texts.join(" ")
    };
    let full = measured("10:00:00", Some("10:00:01"), &[("hr", "61"), ("spo2", "98")]);
    let partial = measured("10:00:00", Some("10:00:05"), &[("hr", "62")]);
    // The reference drops the older measurement whole.
    assert_eq!(values(Mode::Compat, &[full.clone(), partial.clone()]), "hr=62");
    assert_eq!(values(Mode::Strict, &[full.clone(), partial.clone()]), "hr=62 spo2=98");
    assert_eq!(values(Mode::Compat, &[partial.clone(), full.clone()]), "hr=62");
    assert_eq!(values(Mode::Strict, &[partial, full]), "hr=62 spo2=98");
    let (a, b) = (measured("10:00:00", None, &[("hr", "1")]), measured("10:00:00", None, &[("hr", "2")]));
    assert_eq!(values(Mode::Compat, &[a.clone(), b.clone()]), "hr=1", "the first of two at once");
    assert_eq!(values(Mode::Compat, &[b.clone(), a.clone()]), "hr=2");
    assert_eq!(values(Mode::Strict, &[a.clone(), b.clone()]), values(Mode::Strict, &[b, a.clone()]));
    let late = measured("10:00:00", Some("09:00:00"), &[("hr", "3")]);
    assert_eq!(values(Mode::Compat, &[a, late]), "hr=3", "a known time beats none");
    let twice = measured("10:00:00", None, &[("hr", "1"), ("hr", "2")]);
    assert_eq!(values(Mode::Compat, &[twice]), "hr=1");
}

#[test]
fn kinds_of_values() {
    use ErrorKind::{InvalidQuantity, InvalidSamples, SeveralValues};
    let value = |value: Value| json!({"value": value, "periodInterval": 60});
    let quantity = value(
        json!({"valueType": "Quantity", "valueName": "hr", "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}),
    );
    let string = value(json!({"valueType": "String", "valueName": "hr"}));
    let concept = value(json!({"valueType": "CodeableConcept", "valueName": "hr", "text": "Beat",
        "codes": [{"code": "b", "system": "urn:x", "display": ""}]}));
    let samples = |period: Value| {
        value(json!({"valueType": "SampledData", "valueName": "hr", "unit": "", "defaultPeriod": period}))
    };
    let one_value = [hr("10:00:00", " 1,061.50- ")];
    let two = [hr("10:00:00", "1"), hr("10:00:01", "2")];
    let odd = |text: &str| [hr("10:00:00", text)];
    for (template, measurements, expected) in [
        (
            &quantity,
            &one_value[..],
            Ok(
                json!({"value": -1061.50, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}),
            ),
        ),
        (&quantity, &two[..], Err(InvalidQuantity)),
        (&quantity, &odd("1E-05")[..], Err(InvalidQuantity)),
        (&quantity, &odd("NaN")[..], Err(InvalidQuantity)),
        (&quantity, &odd("")[..], Err(InvalidQuantity)),
        (&string, &odd("hello")[..], Ok(json!("hello"))),
        (&string, &two[..], Err(SeveralValues)),
        (&concept, &two[..], Ok(json!({"coding": [{"system": "urn:x", "code": "b"}], "text": "Beat"}))),
        (
            &samples(json!(1_800_000)),
            &two[..],
            Ok(json!({"origin": {"value": 0}, "period": 1_800_000, "dimensions": 1, "data": "2 E"})),
        ),
        (
            &samples(json!("1800000.5")),
            &two[..],
            Ok(json!({"origin": {"value": 0}, "period": 1_800_000.5, "dimensions": 1, "data": "2 E"})),
        ),
        (&samples(Value::Null), &two[..], Err(InvalidSamples)),
        (&samples(json!(0)), &two[..], Err(InvalidSamples)),
        (&samples(json!(-5)), &two[..], Err(InvalidSamples)),
        (&samples(json!(1)), &two[..], Err(InvalidSamples)),
        (&samples(json!(1000)), &odd("1 2")[..], Err(InvalidSamples)),
    ] {
        let mapping = mapping(template, Mode::Compat);
        let result = one(&mapping, measurements, None).map(|change| {
            let observation = json_of(&change);
            let member = observation
                .as_object()
                .unwrap()
                .keys()
                .find(|name| name.starts_with("value"))
                .unwrap()
                .clone();
            observation[member].clone()
        });
        assert_eq!(result, expected, "{template}");
    }
    // The text of a decimal is kept.
    let created = one(&mapping(&quantity, Mode::Compat), &odd("98.60"), None).unwrap();
    let Change::Create(created) = created else { panic!() };
    assert_eq!(created.get("valueQuantity").unwrap().get("value").unwrap().to_json(), "98.60");
    let created = one(&mapping(&quantity, Mode::Strict), &odd("1E-05"), None).unwrap();
    let Change::Create(created) = created else { panic!() };
    assert_eq!(created.get("valueQuantity").unwrap().get("value").unwrap().to_json(), "0.00001");
    // What was not measured is not written, and a value without a name never is.
    for changes in [
        json!({"value": {"valueType": "String", "valueName": "HR"}}),
        json!({"value": {"valueType": "String"}}),
        json!({"value": null}),
    ] {
        let observation = json_of(&one(&mapping(&changes, Mode::Compat), &two, None).unwrap());
        assert!(observation.as_object().unwrap().keys().all(|name| !name.starts_with("value")), "{changes}");
    }
}

#[test]
fn components_and_categories() {
    let template = json!({"typeName": "bp", "periodInterval": 0,
        "codes": [{"code": "85354-9", "system": "http://loinc.org"}, {"display": "panel"}, {}],
        "category": [{"text": "Vital", "codes": [{"code": "vital-signs"}]}, {"text": "plain"}],
        "value": {"valueType": "String", "valueName": "note"},
        "components": [
            {"codes": [{"code": "8462-4"}], "value": {"valueType": "Quantity", "valueName": "dia", "unit": "mmHg"}},
            {"value": {"valueType": "Quantity", "valueName": "sys"}},
            {"codes": [], "value": {"valueType": "Quantity", "valueName": "map"}}]});
    for mode in [Mode::Compat, Mode::Strict] {
        let mapping = mapping_of(&template, mode);
        let measured = |values: &[(&'static str, &'static str)]| {
            values.iter().fold(Measurement::new("bp", at("10:00:00"), "d"), |measurement, (name, value)| {
                measurement.with_value(*name, *value)
            })
        };
        let created = json_of(&one(&mapping, &[measured(&[("sys", "120"), ("dia", "80")])], None).unwrap());
        assert_eq!(
            created["category"],
            json!([
            {"coding": [{"code": "vital-signs"}], "text": "Vital"}, {"text": "plain"}])
        );
        assert_eq!(created["code"]["coding"].as_array().unwrap().len(), 3);
        assert_eq!(created["effectivePeriod"]["start"], created["effectivePeriod"]["end"]);
        let own = |name: &str| json!({"system": SERVICE_SYSTEM, "code": name, "display": name});
        assert_eq!(
            created["component"],
            json!([
            {"code": {"coding": [{"code": "8462-4"}, own("dia")], "text": "dia"}, "valueQuantity": {"value": 80, "unit": "mmHg"}},
            {"code": {"coding": [own("sys")], "text": "sys"}, "valueQuantity": {"value": 120}}])
        );
        assert!(created.get("valueString").is_none());
        // Merging finds components by their code, adds what is new and leaves what others wrote.
        let mut existing = created.clone();
        existing["note"] = json!([{"text": "by hand"}]);
        existing["category"] = json!([{"text": "other"}]);
        existing["component"]
            .as_array_mut()
            .unwrap()
            .insert(0, json!({"code": {"text": "foreign"}, "valueInteger": 1}));
        let merged =
            json_of(&one(&mapping, &[measured(&[("map", "93"), ("sys", "121")])], Some(&existing)).unwrap());
        assert_eq!(merged["note"], existing["note"]);
        assert_eq!(merged["category"], created["category"]);
        let quantities: Vec<String> = merged["component"]
            .as_array()
            .unwrap()
            .iter()
            .map(|component| component["valueQuantity"]["value"].to_string())
            .collect();
        assert_eq!(quantities, ["null", "80", "121", "93"]);
        assert_eq!(merged["status"], "amended");
        assert_eq!(
            one(&mapping, &[measured(&[("map", "93"), ("sys", "121")])], Some(&merged)),
            Ok(Change::Unchanged)
        );
        // A value where there was none: the reference refuses.
        let note = one(&mapping, &[measured(&[("note", "x")])], Some(&created));
        match mode {
            Mode::Compat => assert_eq!(note, Err(ErrorKind::ValueTypeMismatch)),
            Mode::Strict => assert_eq!(json_of(&note.unwrap())["valueString"], "x"),
        }
        let mut other = created.clone();
        other["component"][0]["valueString"] = json!("80");
        other["component"][0].as_object_mut().unwrap().remove("valueQuantity");
        assert_eq!(
            one(&mapping, &[measured(&[("dia", "81")])], Some(&other)),
            Err(ErrorKind::ValueTypeMismatch)
        );
    }
    let bare = mapping_of(&json!({"typeName": "bp", "codes": []}), Mode::Compat);
    let measured = [Measurement::new("bp", at("10:00:00"), "d")];
    let mut existing = json_of(&one(&bare, &measured, None).unwrap());
    existing["category"] = json!([{"text": "other"}]);
    let merged = json_of(&one(&bare, &measured, Some(&existing)).unwrap());
    assert!(merged.get("category").is_none(), "a template without category takes it away");
}

#[test]
fn existing_times_are_widened() {
    let mapping = mapping(
        &json!({"periodInterval": -1, "value": {"valueType": "SampledData", "valueName": "hr", "defaultPeriod": 1000},
        "components": [{"value": {"valueType": "SampledData", "valueName": "rr", "defaultPeriod": 2000}}]}),
        Mode::Compat,
    );
    let measured = |clock: &str, name: &'static str, value: &'static str| {
        let mut measurement = Measurement::new("heartrate", at(clock), "d1").with_value(name, value);
        measurement.correlation_id = Some("ward,1".into());
        measurement
    };
    let first =
        [measured("10:00:04", "hr", "a"), measured("10:00:06", "hr", "b"), measured("10:00:06", "rr", "r")];
    // Two measurements of one instant: the reference keeps the first.
    let created = json_of(&one(&mapping, &first, None).unwrap());
    assert_eq!(created["identifier"][0]["value"], "p9.dev7.heartrate.ward,1");
    assert_eq!(created["valueSampledData"]["data"], "a E b");
    assert!(created.get("component").is_none());
    let created = json_of(&one(&mapping, &[measured("10:00:06", "rr", "r")], Some(&created)).unwrap());
    assert_eq!(created["component"][0]["valueSampledData"]["data"], "E r");
    // An earlier sample moves the start of every series, and each sample keeps its time.
    let merged = json_of(&one(&mapping, &[measured("10:00:02", "hr", "c")], Some(&created)).unwrap());
    assert_eq!(merged["valueSampledData"]["data"], "c E a E b");
    assert_eq!(merged["component"][0]["valueSampledData"]["data"], "E E r");
    assert_eq!(
        merged["effectivePeriod"],
        json!({"start": "2024-03-05T10:00:02.0000000Z", "end": "2024-03-05T10:00:06.0000000Z"})
    );
    // A later one widens the end.
    let merged = json_of(&one(&mapping, &[measured("10:00:08", "hr", "d")], Some(&merged)).unwrap());
    assert_eq!(merged["valueSampledData"]["data"], "c E a E b E d");
    // Other notations of the effective time.
    for (member, value, expected) in [
        ("effectiveDateTime", json!("2024-03-05T10:00:04Z"), Ok("2024-03-05T10:00:04.0000000Z")),
        ("effectiveDateTime", json!("2024-03-05"), Ok("2024-03-05T00:00:00.0000000Z")),
        ("effectiveInstant", json!("2024-03-05T12:00:04+02:00"), Ok("2024-03-05T10:00:04.0000000Z")),
        ("effectiveTiming", json!({}), Err(ErrorKind::UnsupportedEffective)),
        ("effectivePeriod", json!({"start": "2024-03-05T10:00:04Z"}), Err(ErrorKind::UnsupportedEffective)),
        (
            "effectivePeriod",
            json!({"start": "2024-03-05T10:00:04Z", "end": "later"}),
            Err(ErrorKind::UnsupportedEffective),
        ),
    ] {
        let mut existing = created.clone();
        existing.as_object_mut().unwrap().remove("effectivePeriod");
        existing[member] = value;
        existing["valueSampledData"]["period"] = json!(43_200_000);
        let merged =
            one(&mapping, &[measured("10:00:04", "hr", "x")], Some(&existing)).map(|change| json_of(&change));
        let start = merged
            .as_ref()
            .map(|merged| merged["effectivePeriod"]["start"].as_str().unwrap())
            .map_err(|kind| *kind);
        assert_eq!(start, expected, "{member}");
        assert!(merged.is_err() || merged.unwrap().get("effectiveDateTime").is_none());
    }
}

#[test]
fn a_series_keeps_the_period_it_was_written_with() {
    let old = mapping(&json!({}), Mode::Compat);
    let created = json_of(&one(&old, &[hr("10:00:07", "61"), hr("10:30:00", "62")], None).unwrap());
    assert_eq!(created["valueSampledData"]["data"], "61 E E 62 E E");
    for mode in [Mode::Compat, Mode::Strict] {
        let new = mapping(
            &json!({"value": {"valueType": "SampledData", "valueName": "hr", "defaultPeriod": 1_200_000}}),
            mode,
        );
        let merged = json_of(&one(&new, &[hr("10:50:00", "63")], Some(&created)).unwrap());
        assert_eq!(merged["valueSampledData"]["data"], "61 E E 62 E 63");
        assert_eq!(merged["valueSampledData"]["period"], 600_000);
    }
    let mut two_dimensional = created.clone();
    two_dimensional["valueSampledData"]["dimensions"] = json!(2);
    assert_eq!(one(&old, &[hr("10:50:00", "63")], Some(&two_dimensional)), Err(ErrorKind::ValueTypeMismatch));
    let quantity = mapping(&json!({"value": {"valueType": "Quantity", "valueName": "hr"}}), Mode::Compat);
    assert_eq!(one(&quantity, &[hr("10:50:00", "63")], Some(&created)), Err(ErrorKind::ValueTypeMismatch));
}

#[test]
fn identities() {
    use ErrorKind::{
        DeviceNotFound, EncounterNotFound, PatientDeviceMismatch, PatientNotDefined, PatientNotFound,
        SeveralDevices, SeveralEncounters, SeveralPatients,
    };
    let texts = [
        r#"{"resourceType":"Device","id":"dev","patient":{"reference":"Patient/pat"}}"#,
        r#"{"resourceType":"Device","id":"bare","note":[{"text":"kept"}]}"#,
        r#"{"resourceType":"Device","id":"odd","patient":{"reference":"http://x/Patient/pat"}}"#,
        r#"{"resourceType":"Patient","id":"pat"}"#,
        r#"{"resourceType":"Patient","id":"other"}"#,
        r#"{"resourceType":"Encounter","id":"enc"}"#,
    ];
    let documents: Vec<Document<'_>> =
        texts.iter().map(|text| Document::parse(text.as_bytes()).unwrap()).collect();
    let nodes = |indices: &[usize]| indices.iter().map(|index| documents[*index].root()).collect::<Vec<_>>();
    let (dev, bare, odd, pat, other, enc) = (0, 1, 2, 3, 4, 5);
    let mapping = mapping(&json!({}), Mode::Compat);
    let (create, lookup, with) = (Resolution::Create, Resolution::Lookup, Resolution::LookupWithEncounter);
    for (resolution, ids, found, compat, strict) in [
        (lookup, "", [vec![dev], vec![], vec![]], Ok("dev pat"), Ok("dev pat")),
        (lookup, "p", [vec![dev], vec![other], vec![]], Ok("dev pat"), Err(PatientDeviceMismatch)),
        (lookup, "p", [vec![dev], vec![pat], vec![]], Ok("dev pat"), Ok("dev pat")),
        (lookup, "", [vec![], vec![], vec![]], Err(DeviceNotFound), Err(DeviceNotFound)),
        (lookup, "", [vec![dev, bare], vec![], vec![]], Err(SeveralDevices), Err(SeveralDevices)),
        (lookup, "p", [vec![bare], vec![pat], vec![]], Err(PatientNotFound), Err(PatientNotFound)),
        (lookup, "", [vec![odd], vec![], vec![]], Err(PatientNotFound), Err(PatientNotFound)),
        (lookup, "e", [vec![dev], vec![], vec![enc]], Ok("dev pat enc"), Ok("dev pat enc")),
        (lookup, "e", [vec![dev], vec![], vec![]], Err(EncounterNotFound), Err(EncounterNotFound)),
        (lookup, "e", [vec![dev], vec![], vec![enc, enc]], Err(SeveralEncounters), Err(SeveralEncounters)),
        (with, "", [vec![dev], vec![], vec![]], Err(EncounterNotFound), Err(EncounterNotFound)),
        (with, "e", [vec![dev], vec![], vec![enc]], Ok("dev pat enc"), Ok("dev pat enc")),
        (create, "", [vec![], vec![], vec![]], Err(PatientNotDefined), Err(PatientNotDefined)),
        (create, "p", [vec![dev], vec![other], vec![]], Ok("dev pat"), Err(PatientDeviceMismatch)),
        (create, "", [vec![dev], vec![], vec![]], Ok("dev pat"), Ok("dev pat")),
        (create, "p", [vec![], vec![pat], vec![]], Ok("# pat +Device/#"), Ok("# pat +Device/#")),
        (
            create,
            "p",
            [vec![], vec![], vec![]],
            Ok("# # +Patient/# +Device/#"),
            Ok("# # +Patient/# +Device/#"),
        ),
        (
            create,
            "p",
            [vec![bare], vec![pat], vec![]],
            Ok("bare pat =Device/bare"),
            Ok("bare pat =Device/bare"),
        ),
        (create, "p", [vec![], vec![pat, other], vec![]], Err(SeveralPatients), Err(SeveralPatients)),
        (create, "p", [vec![odd], vec![pat], vec![]], Err(PatientNotFound), Err(PatientNotFound)),
        (create, "pe", [vec![], vec![pat], vec![enc]], Ok("# pat enc +Device/#"), Ok("# pat enc +Device/#")),
    ] {
        let mut measurement = hr("10:00:00", "1");
        measurement.patient_id = ids.contains('p').then(|| "person 1".into());
        measurement.encounter_id = ids.contains('e').then(|| "stay".into());
        let measurements = [measurement];
        let grouping = mapping.group(&measurements);
        for (mode, expected) in [(Mode::Compat, &compat), (Mode::Strict, &strict)] {
            let needed = Needed::of(&grouping.groups[0], resolution, Some("urn:dev"), mode);
            assert_eq!(needed.device.search_value(), "urn:dev|d1");
            assert_eq!(
                needed.patient.as_ref().map(Identifier::search_value),
                ids.contains('p').then(|| "person 1".into())
            );
            let [devices, patients, encounters] = &found;
            let found =
                Found { devices: nodes(devices), patients: nodes(patients), encounters: nodes(encounters) };
            let result = needed.resolve(&found).map_err(|error| error.kind()).map(|resolved| {
                let short = |id: &str| if id.len() == 64 { "#".to_owned() } else { id.to_owned() };
                let mut text = format!("{} {}", short(&resolved.device_id), short(&resolved.patient_id));
                if let Some(id) = &resolved.encounter_id {
                    text.push_str(&format!(" {id}"));
                }
                for write in &resolved.writes {
                    let mark = if write.is_new { '+' } else { '=' };
                    text.push_str(&format!(" {mark}{}/{}", write.resource_type, short(&write.id)));
                }
                text
            });
            assert_eq!(result, expected.map(str::to_owned), "{resolution:?} {ids} {mode:?}");
        }
    }
    // What is written.
    let mut measurement = hr("10:00:00", "1");
    measurement.patient_id = Some("person 1".into());
    let measurements = [measurement];
    let grouping = mapping.group(&measurements);
    let needed = Needed::of(&grouping.groups[0], create, None, Mode::Compat);
    let resolved = needed.resolve(&Found::default()).unwrap();
    let resources: Vec<Value> = resolved
        .writes
        .iter()
        .map(|write| serde_json::from_str(&write.resource.to_json()).unwrap())
        .collect();
    assert_eq!(
        resources,
        [
            json!({"resourceType": "Patient", "id": resolved.patient_id, "identifier": [{"value": "person 1"}]}),
            json!({"resourceType": "Device", "id": resolved.device_id, "identifier": [{"value": "d1"}],
            "patient": {"reference": format!("Patient/{}", resolved.patient_id)}}),
        ]
    );
    let found = Found { devices: nodes(&[bare]), patients: nodes(&[pat]), encounters: Vec::new() };
    let written = needed.resolve(&found).unwrap().writes.remove(0);
    assert_eq!(
        written.resource.to_json(),
        r#"{"resourceType":"Device","id":"bare","note":[{"text":"kept"}],"patient":{"reference":"Patient/pat"}}"#
    );
    // Nothing of it shows in debugging output.
    for text in
        [format!("{needed:?}"), format!("{written:?}"), format!("{grouping:?}"), format!("{measurements:?}")]
    {
        assert!(!text.contains("person 1") && !text.contains("d1"), "{text}");
    }
}

#[test]
fn a_group_of_another_mapping_is_refused() {
    let first = mapping(&json!({}), Mode::Compat);
    let second = mapping(&json!({"typeName": "steps"}), Mode::Compat);
    let measurements = [hr("10:00:00", "1")];
    let grouping = first.group(&measurements);
    let now = at("10:00:00");
    let error =
        second.observation(&grouping.groups[0], &resolved(), None, now, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TemplateNotFound);
}

/// Runs a batch through grouping and merging, the way a connector does it, and gives the Observations.
fn store(
    mapping: &FhirMapping,
    batches: &[Vec<Measurement<'static>>],
) -> std::collections::BTreeMap<String, Value> {
    let mut stored = std::collections::BTreeMap::new();
    for batch in batches {
        let grouping = mapping.group(batch);
        for group in &grouping.groups {
            let id = group.identifier(&resolved()).value;
            let change = write(mapping, group, stored.get(&id)).unwrap();
            if change != Change::Unchanged {
                stored.insert(id, json_of(&change));
            }
        }
    }
    for observation in stored.values_mut() {
        // Whether an Observation was written once or in parts is what remains of the order.
        observation["status"] = json!("");
    }
    stored
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn samples_of_disjoint_slots_end_in_one_series_in_any_order(
        minutes in proptest::collection::btree_set(0u32..180, 1..30),
        shuffle in any::<u64>(),
        cuts in proptest::collection::vec(1usize..8, 1..6),
    ) {
        let mapping = mapping(
            &json!({"value": {"valueType": "SampledData", "valueName": "hr", "defaultPeriod": 60_000}}),
            Mode::Strict,
        );
        let all: Vec<Measurement<'static>> = minutes
            .iter()
            .map(|minute| hr(&format!("{:02}:{:02}:07", 10 + minute / 60, minute % 60), &minute.to_string()))
            .collect();
        let mut shuffled = all.clone();
        let mut seed = shuffle | 1;
        for at in (1..shuffled.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, (seed >> 33) as usize % (at + 1));
        }
        let mut batches = Vec::new();
        let mut rest = shuffled.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (batch, tail) = rest.split_at((*cut).min(rest.len()));
            batches.push(batch.to_vec());
            rest = tail;
        }
        let replayed = [batches.clone(), batches.clone()].concat();
        let expected = store(&mapping, &[all]);
        prop_assert_eq!(&store(&mapping, &batches), &expected);
        prop_assert_eq!(&store(&mapping, &replayed), &expected);
    }
}
