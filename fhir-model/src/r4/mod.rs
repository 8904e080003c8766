//! FHIR R4, 4.0.1.
pub(crate) mod schema;
