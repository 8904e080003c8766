//! FHIR resources in Rust: a lossless JSON tree, typed structs, schema tables, primitives, structure checks.
//!
//! ```
//! # #[cfg(feature = "r4")] {
//! use hygea_fhir_model::{r4::{Observation, ObservationValue}, typed::Structure};
//!
//! let json = br#"{"resourceType":"Observation","status":"final","valueQuantity":{"value":37.20,"unit":"C"}}"#;
//! let observation = Observation::from_json(json).unwrap();
//! let Some(ObservationValue::Quantity(quantity)) = &observation.value else { panic!("no quantity") };
//! assert_eq!(quantity.value.as_deref(), Some("37.20"));
//! assert_eq!(observation.to_json().as_bytes(), json);
//! # }
//! ```
//!
//! # Overview
//! - [`json`]: [`Document`](json::Document), the borrowed tree that everything walks; [`Value`](json::Value),
//!   the owned one; [`Writer`](json::Writer). Member order, the text of numbers and all positions are kept.
//! - [`r4`] (and `dstu2`, `stu3`, `r4b`, `r5`): a struct per resource and data type, an enum per choice
//!   and per required binding, [`Resource`](r4::Resource) for any resource. [`typed`] holds what they share:
//!   reading, writing, and access to their elements without their types.
//! - [`schema`]: the definitions of a version as tables: types, elements, cardinalities, bindings.
//! - [`element`]: one view of an element, whether of the tree or of a struct: what FHIRPath and search walk.
//! - [`primitive`]: dates and times of partial precision, decimals that keep their digits, the formats of all.
//! - [`patch`]: JSON Patch, merge patch and XML Patch.
//! - [`stream`]: the entries of a Bundle and the lines of NDJSON, one at a time, whatever the size of the file.
//! - [`xml`]: FHIR XML, read to the same JSON tree with the places in the XML, and written from it.
//! - [`validate`]: holds a JSON tree to the tables and names every fault with its FHIRPath and its byte;
//!   [`Reader`](validate::Reader) reads JSON or XML strictly or tolerantly, [`Validator`](validate::Validator) adds
//!   references, Bundles, narratives and the caller's checks, [`outcome`](validate::outcome) tells them.
//!
//! # It is, it is not
//! It is pure: bytes and values in, values out, no clock, no files, no threads. It loses nothing: unknown
//! members, codes that no binding lists, numbers where strings belong, ids and extensions of primitives are
//! written back as they were read. It does not evaluate invariants, expand value sets or resolve references;
//! `hygea-fhirpath`, `hygea-terminology` and `hygea-fhir-search` build on it.
//!
//! # Features
//! - `dstu2`, `stu3`, `r4` (default), `r4b`, `r5`: a version with its structs; `dstu2-schema` to `r5-schema`: its
//!   tables alone, which is all that reading, validation, FHIRPath and search need. Any number of them go together.
//!   (`typed`, which comes with the structs of any version, is of no use alone.)
//! - `serde`: `Serialize` and `Deserialize` on every struct, through `serde_json`.
//!
//! # Limits
//! A text of 256 MiB, 128 levels of nesting and 64 million values unless [`json::Options`] say otherwise; never
//! more than 4 GiB; of XML a quarter of the values, see [`xml::Options`]. Errors name the element and the byte and
//! never quote a value.

#![allow(rustdoc::bare_urls, reason = "HL7's texts hold addresses as they are")]

#[cfg(feature = "dstu2-schema")]
pub mod dstu2;
pub mod element;
pub mod error;
pub mod json;
pub mod patch;
pub mod primitive;
#[cfg(feature = "r4-schema")]
pub mod r4;
#[cfg(feature = "r4b-schema")]
pub mod r4b;
#[cfg(feature = "r5-schema")]
pub mod r5;
pub mod schema;
pub mod stream;
#[cfg(feature = "stu3-schema")]
pub mod stu3;
#[cfg(feature = "typed")]
#[cfg_attr(
    not(any(feature = "dstu2", feature = "stu3", feature = "r4", feature = "r4b", feature = "r5")),
    allow(dead_code, unused_imports, unused_macros, reason = "no version is built in")
)]
pub mod typed;
pub mod validate;
pub mod xml;

#[doc(inline)]
pub use error::{Error, ErrorKind, Position};

/// The examples of the README, compiled and run.
#[cfg(all(doctest, feature = "r4"))]
#[doc = include_str!("../README.md")]
struct Readme;
