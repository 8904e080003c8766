//! `serde` on every type: a thin adapter over the reader and the writer, so that a struct can stand inside
//! somebody's own serde types.
//!
//! It speaks through `serde_json`'s raw values, because nothing else in serde carries `1.50` without making a
//! floating point number of it. So it works with `serde_json` and keeps every digit (`serde_json::Value` in
//! between keeps those that a binary float has). Binary formats are refused with an error that says so; give
//! them, and any other format, the text of [`Structure::to_json`](super::Structure::to_json).

use super::Structure;
use ::serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

const JSON_ONLY: &str = "FHIR structs go through serde_json only: give other formats the text of to_json";

/// Serializes the text of a structure.
pub(crate) fn serialize<S: Serializer>(structure: &dyn Structure, serializer: S) -> Result<S::Ok, S::Error> {
    if !serializer.is_human_readable() {
        return Err(ser::Error::custom(JSON_ONLY));
    }
    let raw = RawValue::from_string(super::write::to_json(structure)).map_err(ser::Error::custom)?;
    raw.serialize(serializer)
}

/// Deserializes text and reads it.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: fn(&[u8]) -> Result<T, crate::Error>,
) -> Result<T, D::Error> {
    if !deserializer.is_human_readable() {
        return Err(de::Error::custom(JSON_ONLY));
    }
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    read(raw.get().as_bytes()).map_err(de::Error::custom)
}
