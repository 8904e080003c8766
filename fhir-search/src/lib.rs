//! FHIR search.
pub mod error;
pub mod value;
pub use error::{Error, ErrorKind, Issue};
