//! FHIR search: parameters, query grammar, extraction of index values, matcher.
