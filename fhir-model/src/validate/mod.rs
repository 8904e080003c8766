//! Whether a resource keeps the rules of its version, and reading that says all that is wrong.
//!
//! - [`structure`] holds a JSON tree to the tables: types, names, cardinalities, formats, required codes
//!   (<https://hl7.org/fhir/R4/validation.html>, "structure", "cardinality" and "value domains"). It walks the
//!   tree once and is meant for every write.
//! - [`Validator`] adds what one element cannot tell alone: references, contained resources, Bundles, ids, sizes,
//!   narratives, and checks of the caller ([`Check`]), such as the invariants of `hygea-fhirpath`.
//! - [`Reader`] reads JSON or XML strictly, with a list of every fault, or tolerantly, with the same list as warnings.
//! - [`Profiles`] holds resources to the simple rules of profiles.
//! - [`outcome`] makes an OperationOutcome of the issues.
//!
//! Each [`Issue`] says where, as a FHIRPath and as a byte, and never quotes a value.

mod attachment;
mod bundle;
mod content;
mod definition;
mod issue;
mod outcome;
mod profile;
mod read;
mod structure;
mod validator;

pub use issue::{Issue, Rule, Severity};
pub use outcome::outcome;
pub use profile::Profiles;
pub use read::{Faults, Format, Mode, Reader, Reading};
pub use structure::{Rules, element_with, structure, structure_with};
pub use validator::{Check, Issues, Validator};
