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
//! # What is supported
//! The tests hold the engine to HL7's suite for R4 (934 of 935; `testPlusDate19` wants 0.1 seconds to add nothing,
//! against the chapter on date and time arithmetic, and HL7 corrected it in the suite for R5), to the search
//! parameters of all five versions and the invariants over HL7's examples, and to npm `fhirpath` over generated
//! expressions, where each difference is decided by the specification (`tests/differential/decided.rs`).
//!
//! | chapter | supported |
//! |---|---|
//! | Literals | Boolean, String, Integer, Long (`5L`), Decimal, Date, DateTime, Time, Quantity; partial dates and zones |
//! | Existence | `empty exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf count distinct isDistinct` |
//! | Filtering | `where select repeat repeatAll ofType coalesce sort` with `asc` and `desc`; instance selectors `Coding { code: 'x' }`, their children by the tables, Quantities from quantities |
//! | Subsetting, combining | `[n] single first last tail skip take intersect exclude union combine` |
//! | Conversion | `iif`, lazily; `toX convertsToX` of Boolean, Integer, Long, Decimal, String, Date, DateTime, Time, Quantity, with formats for dates and units for quantities |
//! | Strings | `indexOf lastIndexOf substring startsWith endsWith contains upper lower replace matches matchesFull replaceMatches length toChars encode decode escape unescape trim split join` |
//! | Math, aggregates | `abs ceiling exp floor ln log power round sqrt truncate`; `aggregate sum min max avg` |
//! | Trees | `children descendants` |
//! | Utility | `trace now today timeOfDay defineVariable lowBoundary highBoundary precision pathname comparable type` |
//! | Dates | `yearOf monthOf dayOf hourOf minuteOf secondOf millisecondOf timezoneOffsetOf dateOf timeOf duration difference`; dates and times plus and minus quantities |
//! | Operators | all: `= != ~ !~ < <= > >= is as \| in contains and or xor implies not() + - * / div mod &`, signs |
//! | Variables | `$this $index $total %context %ucum`, any of the environment; of FHIR `%resource %rootResource %sct %loinc` and, in backticks, `%vs-…` and `%ext-…` |
//! | FHIR | `extension hasExtension hasValue getValue resolve htmlChecks checkModifiers`; through [`Terminology`](hygea_terminology::Terminology) `memberOf subsumes subsumedBy`; through [`Profiles`] `conformsTo elementDefinition slice` |
//! | SQL on FHIR | `getResourceKey getReferenceKey` |
//!
//! A function that needs a service which the environment lacks fails with [`ErrorKind::NoService`].
//! [`Options::strict`] checks expressions against the tables before they run; messages point at the character, and
//! `{error:#}` draws it.
//!
//! # Limits
//! `%terminologies`, `%server` and `%factory` of FHIR are not there. Regular expressions have no look-around and no
//! back references. Times are counted to the nanosecond, decimals to 38 digits; quotients that do not end have 28,
//! logarithms, exponentials and roots 24. Expressions have at most a megabyte and nest at most 200 levels (arguments count twice);
//! chains of operators may be of any length.

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
mod trace;
mod types;
mod value;

pub use compile::Options;
pub use environment::{Environment, Limits, Profiles, Resolver, ServiceError, Tracer};
pub use error::{Error, ErrorKind};
pub use expression::Expression;
pub use invariants::{Evaluation, Invariants, Wanted};
pub use node::Node;
pub use patch::fhirpath_patch;
pub use trace::Traces;
pub use types::{SystemType, TypeInfo};
pub use value::{
    CalendarUnit, Collection, Date, DateTime, Decimal, IntoIter, Item, ParseDecimalError, Precision,
    Quantity, Time, Unit,
};

/// The examples of the README, compiled and run.
#[cfg(all(doctest, feature = "r4"))]
#[doc = include_str!("../README.md")]
struct Readme;
