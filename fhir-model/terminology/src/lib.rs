//! Code systems, value sets, concept maps and UCUM for FHIR.
