//! FHIR resources as JSON trees and typed structs: codecs, schema tables, primitives, validation.

pub mod error;
pub mod json;

#[doc(inline)]
pub use error::{Error, ErrorKind, Position};
