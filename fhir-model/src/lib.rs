//! FHIR resources as JSON trees and typed structs: codecs, schema tables, primitives, validation.
