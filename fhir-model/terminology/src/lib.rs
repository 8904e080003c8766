//! Terminology for FHIR: what codes mean, and units of measure, without a server.
//!
//! ```
//! use hygea_terminology::ucum::{self, Unit};
//! use hygea_fhir_model::primitive::decimal::Number;
//!
//! let inch = Unit::parse("[in_i]")?;
//! let centimetre = Unit::parse("cm")?;
//! let length = ucum::convert(Number::parse("2.5").unwrap(), &inch, &centimetre).unwrap();
//! assert_eq!((length.coefficient, length.exponent), (635, -2));
//! # Ok::<(), hygea_terminology::Error>(())
//! ```
//!
//! - [`ucum`]: units of the Unified Code for Units of Measure: parse, compare, convert, canonical form.
//! - [`Terminology`]: what FHIRPath, validation and search ask about codes: `contains`, `subsumes`, `lookup`.
//! - [`MemoryTerminology`]: answers from CodeSystem and ValueSet resources that are given to it.
//!
//! # Limits
//! [`MemoryTerminology`] knows enumerated, included and excluded concepts, expansions, and the filters `is-a`,
//! `descendent-of` and `=`; a question that depends on another rule is refused with a typed error, never half answered.
//! Units, media types and languages are read by their grammars.
//! Concept maps and post-coordinated expressions are not read.

pub mod error;
mod memory;
mod terminology;
pub mod ucum;

#[doc(inline)]
pub use error::{Error, ErrorKind};
pub use memory::MemoryTerminology;
pub use terminology::{Coding, Lookup, Subsumption, Terminology};
