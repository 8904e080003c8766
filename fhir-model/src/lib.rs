//! FHIR resources as JSON trees and typed structs: codecs, schema tables, primitives, validation.

pub mod element;
pub mod error;
pub mod json;
pub mod primitive;
#[cfg(feature = "r4-schema")]
pub mod r4;
pub mod schema;
#[cfg(feature = "r4")]
pub mod typed;
pub mod validate;

#[doc(inline)]
pub use error::{Error, ErrorKind, Position};
