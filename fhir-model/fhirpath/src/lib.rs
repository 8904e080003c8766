//! FHIRPath compiled once and run many times over FHIR resources.
