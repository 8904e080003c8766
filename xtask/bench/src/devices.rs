//! Device messages: normalisation alone, and through the connector into SQLite.

use crate::data::Data;
use crate::row::{Row, seconds};
use crate::store::{ask, engine};
use hygea_iomt_mapper::{Mapper, Mode, default_fhir_mapping};
use hygea_service::Method;
use std::hint::black_box;
use std::time::Instant;

/// A message of about 300 bytes.
const MESSAGE: &str = r#"{"deviceId":"device-00017","patientId":"patient-00017","timestamp":"2026-01-31T12:00:07Z","heartRate":78,"firmware":"4.2.1-rc3","battery":87,"position":{"latitude":52.3702,"longitude":4.8952,"accuracy":12},"status":["worn","charging"],"session":"3f1c9f2e-5d0f-4c11-9a77-0b6f0b8c6d11"}"#;

fn mapping(templates: usize) -> String {
    let template = |index: usize| {
        let field = if index == 0 { "heartRate".to_owned() } else { format!("absent{index}") };
        format!(
            r#"{{"templateType":"JsonPathContent","template":{{"typeName":"type{index}","typeMatchExpression":"$..[?(@{field})]",
                "deviceIdExpression":"$.deviceId","timestampExpression":"$.timestamp","patientIdExpression":"$.patientId",
                "values":[{{"required":"true","valueExpression":"$.{field}","valueName":"value"}}]}}}}"#
        )
    };
    let all: Vec<String> = (0..templates).map(template).collect();
    format!(r#"{{"templateType":"CollectionContent","template":[{}]}}"#, all.join(","))
}

/// Messages a second of one core, and durable end to end.
pub(crate) fn iomt(_data: &Data) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (templates, bound) in [(1, 1_000_000.0), (14, 500_000.0)] {
        let device = mapping(templates);
        let mapper = Mapper::new(device.as_bytes(), default_fhir_mapping().as_bytes(), Mode::Compat)
            .map_err(|error| error.to_string())?;
        let normalise = || -> Result<usize, String> {
            let event = mapper.event(black_box(MESSAGE.as_bytes())).map_err(|error| error.to_string())?;
            let mut measurements = Vec::new();
            mapper.normalize(event.root(), &mut measurements).map_err(|error| error.to_string())?;
            Ok(measurements.len())
        };
        if normalise()? != 1 {
            return Err("the message must give one measurement".to_owned());
        }
        let time = seconds(|| {
            black_box(normalise().unwrap_or_default());
        });
        let name = if templates == 1 { "1 template" } else { "14 templates" };
        rows.push(
            Row::new(format!("{name}, messages of {} bytes", MESSAGE.len()), 1.0 / time, "messages/s")
                .at_least(bound),
        );
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let engine = engine(folder.path())?;
    let (mut sent, start) = (0_u32, Instant::now());
    for batch in 0..20 {
        let messages: Vec<String> = (0..500)
            .map(|index| {
                MESSAGE
                    .replace("00017", &format!("{index:05}"))
                    .replace("12:00:07", &format!("12:{batch:02}:07"))
            })
            .collect();
        ask(
            &engine,
            Method::Post,
            "/demo/iot/devices/messages",
            "application/x-ndjson",
            messages.join("\n").as_bytes(),
        )?;
        sent += 500;
    }
    let time = start.elapsed().as_secs_f64();
    engine.close().map_err(|error| error.to_string())?;
    rows.push(
        Row::new(
            "500 devices, batches of 500 through the connector into SQLite",
            f64::from(sent) / time,
            "messages/s",
        )
        .at_least(20_000.0),
    );
    Ok(rows)
}

/// Decisions a second of one core.
pub(crate) fn policy(_data: &Data) -> Result<Vec<Row>, String> {
    use hygea_workspace::access::{FhirInteraction, Policy, Principal, PrincipalType, role_id};
    use hygea_workspace::{Kind, ResourceId};
    let root = ResourceId::parse("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo")
        .map_err(|error| error.to_string())?;
    let scope = root
        .child(Kind::Workspace, "north")
        .and_then(|workspace| workspace.child(Kind::FhirService, "records"))
        .map_err(|error| error.to_string())?;
    let mut policy = Policy::default();
    let principal = Principal::new("11111111-1111-1111-1111-111111111111", PrincipalType::ServicePrincipal);
    for index in 0..100 {
        let other = format!("11111111-1111-1111-1111-{index:012}");
        policy.assign(&other, role_id::FHIR_DATA_READER, &root, &format!("assignment-{index}"));
    }
    policy.assign(&principal.id, role_id::FHIR_DATA_WRITER, &root, "assignment");
    let time = seconds(|| {
        black_box(
            policy.decide_fhir(&principal, FhirInteraction::Upsert, Some("Patient"), &scope).is_allowed(),
        );
    });
    Ok(vec![Row::new("role decisions on one core", 1.0 / time, "decisions/s").at_least(200_000.0)])
}
