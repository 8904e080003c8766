//! FHIR search: parameters, query grammar, extraction of index values, matcher.

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
