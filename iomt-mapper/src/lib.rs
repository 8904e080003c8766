//! Device messages to FHIR Observations by templates.
