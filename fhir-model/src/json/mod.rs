//! JSON as FHIR needs it: member order, the text of numbers and the place of every value are kept.
//!
//! FHIR's JSON format (<https://hl7.org/fhir/R4/json.html>) forbids duplicate names and gives decimals a
//! significant number of digits, so a general JSON tree that sorts members, drops duplicates or reads
//! numbers as binary floats loses data. [`Document`] is the one tree that FHIRPath, search, validation
//! and the device templates walk: a flat tape over the input, borrowed, built in one pass. [`Value`] is
//! the owned tree for what is put together or changed, [`Writer`] writes text without a tree.
//!
//! ```
//! use hygea_fhir_model::json::Document;
//!
//! let document = Document::parse(br#"{"resourceType": "Observation", "valueQuantity": {"value": 1.50}}"#)?;
//! let value = document.root().get("valueQuantity").and_then(|quantity| quantity.get("value"));
//! assert_eq!(value.and_then(|value| value.as_number()), Some("1.50"));
//! # Ok::<(), hygea_fhir_model::Error>(())
//! ```

mod build;
mod document;
mod parse;
pub(crate) mod text;
mod value;
mod write;

pub(crate) use build::Builder;
pub use document::{Document, Items, Kind, Members, Node};
pub use parse::Options;
pub use value::{Object, Value};
pub use write::{Writer, write_string};
