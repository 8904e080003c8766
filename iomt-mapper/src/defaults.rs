//! The mapping pair of a connector that nobody configured yet: common vital signs in one plain message shape.
//!
//! ```json
//! {"deviceId": "d1", "patientId": "p1", "time": "2024-03-05T10:00:07Z", "heartRate": 61}
//! ```
//!
//! `deviceId`, `patientId`, `encounterId` and `time` may stand beside the values or once at the top of a
//! message that holds an array of readings. Values: `heartRate` (per minute), `respiratoryRate` (per minute),
//! `bodyTemperature` (°C), `oxygenSaturation` (%), `systolic` with `diastolic` (mmHg), `bodyWeight` (kg),
//! `bloodGlucose` (mg/dL), each a Quantity of its instant, and `stepsPerMinute`, SampledData of an hour.

const DEVICE: &str = include_str!("../mappings/device.json");
const FHIR: &str = include_str!("../mappings/fhir.json");

/// The device mapping for common vital signs: a message such as
/// `{"deviceId": "d1", "patientId": "p1", "time": "2024-03-05T10:00:07Z", "heartRate": 61}`, alone or in
/// arrays.
#[must_use]
pub fn default_device_mapping() -> &'static str {
    DEVICE
}

/// The FHIR mapping for common vital signs: LOINC codes and UCUM units.
#[must_use]
pub fn default_fhir_mapping() -> &'static str {
    FHIR
}
