//! Whether a resource keeps the rules of its version.
//!
//! [`structure`] holds a JSON tree to the tables: types, names, cardinalities, formats, required codes
//! (<https://hl7.org/fhir/R4/validation.html>, "structure", "cardinality" and "value domains"). It walks the
//! tree once and is meant for every write. Each [`Issue`] says where, as a FHIRPath and as a byte, and never
//! quotes a value.

mod issue;
mod outcome;
mod structure;

pub use issue::{Issue, Rule, Severity};
pub use outcome::outcome;
pub use structure::{Rules, element_with, structure, structure_with};
