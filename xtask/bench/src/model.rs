//! Typed structs from text and back, beside untyped trees.

use crate::data::Data;
use crate::row::{Row, against};
use hygea_fhir_model::json::Document;
use hygea_fhir_model::r4::Resource;
use std::hint::black_box;

const MEGABYTE: f64 = 1e6;

fn bytes(text: &[u8]) -> f64 {
    u32::try_from(text.len()).map_or(f64::MAX, f64::from)
}

/// A bundle into structs.
pub(crate) fn parse(data: &Data) -> Result<Vec<Row>, String> {
    let bundle = data.bundle()?;
    let typed = || {
        black_box(Resource::from_json(black_box(&bundle)).is_ok());
    };
    Resource::from_json(&bundle).map_err(|error| error.to_string())?;
    let untyped = || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(&bundle)).is_ok());
    };
    let sonic = || {
        black_box(sonic_rs::from_slice::<sonic_rs::Value>(black_box(&bundle)).is_ok());
    };
    let (ours, _, to_value) = against(typed, untyped);
    let (_, _, to_sonic) = against(typed, sonic);
    let strict = || {
        black_box(Resource::from_json_strict(black_box(&bundle)).is_ok());
    };
    let (strict, _, strict_to_value) = against(strict, untyped);
    let (tape, _, tape_to_sonic) = against(
        || {
            black_box(Document::parse(black_box(&bundle)).is_ok());
        },
        sonic,
    );
    Ok(vec![
        Row::new("R4 bundle into structs", bytes(&bundle) / ours / MEGABYTE, "MB/s")
            .ratio(to_value, "serde_json::Value")
            .at_least(3.5),
        Row::new("R4 bundle into structs", bytes(&bundle) / ours / MEGABYTE, "MB/s")
            .ratio(to_sonic, "sonic-rs DOM")
            .at_least(0.2),
        Row::new("R4 bundle into structs, strictly", bytes(&bundle) / strict / MEGABYTE, "MB/s")
            .ratio(strict_to_value, "serde_json::Value"),
        Row::new("R4 bundle into the JSON tree", bytes(&bundle) / tape / MEGABYTE, "MB/s")
            .ratio(tape_to_sonic, "sonic-rs DOM"),
    ])
}

/// A bundle of structs into text.
pub(crate) fn write(data: &Data) -> Result<Vec<Row>, String> {
    let bundle = data.bundle()?;
    let resource = Resource::from_json(&bundle).map_err(|error| error.to_string())?;
    let value: serde_json::Value = serde_json::from_slice(&bundle).map_err(|error| error.to_string())?;
    let (ours, _, ratio) = against(
        || {
            black_box(resource.to_json().len());
        },
        || {
            black_box(serde_json::to_vec(&value).map_or(0, |text| text.len()));
        },
    );
    Ok(vec![
        Row::new("R4 bundle of structs into text", bytes(&bundle) / ours / MEGABYTE, "MB/s")
            .ratio(ratio, "serde_json::to_vec")
            .at_least(1.0),
    ])
}
