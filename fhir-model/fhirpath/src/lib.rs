//! FHIRPath compiled once and run many times over FHIR resources.
//!
//! ```
//! use hygea_fhirpath::{Environment, Expression};
//! use hygea_fhir_model::{element::JsonElement, json::Document, schema::{Schema, Version}};
//!
//! # if let Some(schema) = Schema::of(Version::R4) {
//! let given = Expression::compile("name.where(use = 'official').given.first()", schema).unwrap();
//! let json = br#"{"resourceType": "Patient", "name": [{"use": "official", "given": ["Ann", "Bea"]}]}"#;
//! let document = Document::parse(json).unwrap();
//! let environment = Environment::new();
//! let found = given.evaluate(JsonElement::resource(document.root(), schema), &environment).unwrap();
//! assert_eq!(found[0].as_str(), Some("Ann"));
//! # }
//! ```
//!
//! - [`Expression`]: an expression, compiled against the tables of one FHIR version; [`Options`] for how.
//! - [`Environment`]: variables, the clock, limits, and the services behind `resolve()` ([`Resolver`]),
//!   `memberOf()` ([`Terminology`](hygea_terminology::Terminology)), `conformsTo()` ([`Profiles`]) and `trace()`
//!   ([`Tracer`]).
//! - [`Invariants`]: those of the definitions, as a check for the model's validator.
//! - [`Collection`] of [`Item`]s: the result. An item is an element of the data ([`Node`], with its FHIR type)
//!   or a value: [`Decimal`], [`Date`], [`DateTime`], [`Time`], [`Quantity`] and the plain ones.
//! - [`fhirpath_patch`]: changes a resource by a FHIRPath Patch.
//!
//! The language is that of <https://hl7.org/fhirpath> with the functions that FHIR adds
//! (<https://hl7.org/fhir/R4/fhirpath.html>). Evaluation is synchronous, borrows the data, and ends within its
//! budget of steps and depth ([`Limits`]).
//!
//! # Limits
//! Instance selectors (`Coding { system: … }`), `pathname()`, `elementDefinition()` and `slice()` are not
//! evaluated. Regular expressions have no look-around. Times are counted to the nanosecond, decimals to 38 digits.

mod ast;
mod compile;
mod environment;
mod error;
mod evaluate;
mod explain;
mod expression;
mod function;
mod instance;
mod invariants;
mod lexer;
mod node;
mod parser;
mod patch;
mod plan;
mod reference;
mod types;
mod value;

pub use compile::Options;
pub use environment::{Environment, Limits, Profiles, Resolver, ServiceError, Tracer};
pub use error::{Error, ErrorKind};
pub use expression::Expression;
pub use invariants::{Evaluation, Invariants, Wanted};
pub use node::Node;
pub use patch::fhirpath_patch;
pub use types::{SystemType, TypeInfo};
pub use value::{
    CalendarUnit, Collection, Date, DateTime, Decimal, IntoIter, Item, ParseDecimalError, Precision,
    Quantity, Time, Unit,
};
