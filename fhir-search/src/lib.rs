//! FHIR search without a server: queries read into typed trees, resources turned into index values, and the truth about
//! whether one matches the other.
//!
//! ```
//! use hygea_fhir_model::json::Document;
//! use hygea_fhir_search::{ExtractOptions, Extractor, Matcher, Options, Parameters, Query};
//!
//! let json = br#"{"resourceType": "Observation", "status": "final", "effectiveDateTime": "2024-05-10",
//!     "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}}"#;
//! let (observation, parameters) = (Document::parse(json).unwrap(), Parameters::r4());
//! let query = Query::parse("Observation", "code=8480-6&date=ge2024", parameters, &Options::default())?;
//! assert!(Matcher::new(parameters, ExtractOptions::default()).matches(&query, observation.root())?);
//! let entries = Extractor::new(parameters, ExtractOptions::default()).extract(observation.root())?;
//! assert!(entries.iter().any(|entry| entry.parameter == "combo-code"));
//! # Ok::<(), hygea_fhir_search::Error>(())
//! ```
//!
//! # Overview
//! - [`Parameters`]: the search parameters of a version by resource type and name, generated from HL7's definitions.
//! - [`Query`]: a query string or form as a typed tree; [`Options`] and [`Handling`] say how it is read. All faults come
//!   in one [`Error`].
//! - [`Extractor`]: from a resource to its [`IndexEntry`]s, in one walk over its JSON tree.
//! - [`Plan`] and [`Filter`]: the query as tests of index values, for a store to answer.
//! - [`Matcher`]: a query against one resource, by FHIRPath alone, with no index. What it says is right.
//! - [`Include`]: what `_include` and `_revinclude` add to a page. [`Parameters::compartment_filter`] and
//!   [`Parameters::compartments_of`]: compartments.
//! - [`value`]: dates, decimals, references and folded texts, by themselves.
//!
//! The crate is pure: no clock, no files, no network. It knows no store; a service lowers [`Filter`]s to its own.
//!
//! # What is answered
//! | type | forms | modifiers |
//! |---|---|---|
//! | string | beginning, without case and accents | `:exact :contains :text :missing` |
//! | token | `code`, `system\|code`, `\|code`, `system\|` | `:not :text :of-type :missing` |
//! | date | every precision, all nine prefixes | `:missing` |
//! | number, quantity | implicit precision, all nine prefixes, `\|system\|code`, `\|\|unit` | `:missing` |
//! | reference | id, `Type/id`, version, URL, canonical with version | `:[type] :identifier :missing` |
//! | uri | as it is | `:below :above :missing` |
//! | composite | `a$b`, in one place of the resource | |
//!
//! Chains (`subject:Patient.name`), reverse chains (`_has`), both nested; `_id _lastUpdated _tag _profile _security _source`;
//! `_sort _count _total _summary _elements _include _revinclude _type`.
//!
//! # Limits
//! Refused with an error that says so: `_text`, `_content`, `_filter`, `_list`, `_query`, `near`, phonetic parameters,
//! contained resources, `:in`, `:not-in`, `:above` and `:below` on codes and references. Codes compare with case. Units are
//! not converted. A reference to a bare id means a resource of this service. Bounds for hostile queries: [`query::Limits`].
//! Each version is built in by its feature: `dstu2`, `stu3`, `r4` (default), `r4b`, `r5`.

mod compartment;
pub mod error;
pub mod extract;
pub mod include;
mod matcher;
pub mod parameters;
mod path;
pub mod plan;
pub mod query;
pub mod value;

#[doc(inline)]
pub use error::{Error, ErrorKind, Issue};
#[doc(inline)]
pub use extract::{ExtractOptions, Extractor, IndexEntry, IndexValue};
#[doc(inline)]
pub use include::{Include, IncludedReference};
#[doc(inline)]
pub use matcher::{Alone, Matcher, Resources};
#[doc(inline)]
pub use parameters::{Parameter, ParameterType, Parameters};
#[doc(inline)]
pub use plan::{Filter, Plan};
#[doc(inline)]
pub use query::{Handling, Options, Query, Summary, Total};
