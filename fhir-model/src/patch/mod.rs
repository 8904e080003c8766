//! Changing a resource by a patch: JSON Patch, merge patch, XML Patch.
//!
//! FHIR's PATCH interaction (<https://hl7.org/fhir/R4/http.html#patch>) knows three forms. [`json_patch`] is RFC
//! 6902, [`xml_patch`] is RFC 5261; FHIRPath Patch needs expressions and stands in `hygea-fhirpath`.
//! [`merge_patch`] is RFC 7386, which many servers take besides. Each is a function from a resource and a patch
//! to a new resource: nothing is ever half applied, since the old one is only read.
//!
//! The JSON forms give a [`Draft`]: a tree that borrows from the two texts whatever the patch did not touch, so
//! that members keep their order and decimals their digits, and the cost is that of the change.
//!
//! ```
//! use hygea_fhir_model::{json::Document, patch::{self, Options}};
//!
//! let patient = Document::parse(br#"{"resourceType":"Patient","name":[{"family":"Fox"}],"active":true}"#)?;
//! let patch = Document::parse(br#"[
//!     {"op": "test", "path": "/name/0/family", "value": "Fox"},
//!     {"op": "add", "path": "/name/0/given", "value": ["Ann"]},
//!     {"op": "remove", "path": "/active"}]"#)?;
//! let changed = patch::json_patch(patient.root(), patch.root(), &Options::default())?;
//! assert_eq!(changed.to_json(), r#"{"resourceType":"Patient","name":[{"family":"Fox","given":["Ann"]}]}"#);
//! # Ok::<(), hygea_fhir_model::Error>(())
//! ```
//!
//! # Limits
//! What a patch makes is a document, not yet a resource: hold it to [`crate::validate`] as any other input. A
//! patch may have 10,000 operations and make 256 MiB and 128 levels unless [`Options`] say otherwise; an array that
//! it doubles again and again ends there. The work is bounded too, whatever the operations are.

mod draft;
mod json;
mod merge;
mod pointer;
mod xml;

pub use draft::Draft;
pub use json::json_patch;
pub use merge::merge_patch;
pub use xml::xml_patch;

use crate::error::{Error, ErrorKind};

/// What a patch may do and how much of it.
///
/// ```
/// use hygea_fhir_model::{ErrorKind, json::Document, patch::{self, Options}};
///
/// let patient = Document::parse(br#"{"resourceType":"Patient","id":"1"}"#)?;
/// let patch = Document::parse(br#"[{"op":"replace","path":"/id","value":"2"}]"#)?;
/// let options = Options { protected: &["resourceType", "id"], ..Options::default() };
/// let error = patch::json_patch(patient.root(), patch.root(), &options).unwrap_err();
/// assert_eq!((error.kind(), error.path()), (ErrorKind::Protected, "id"));
/// # Ok::<(), hygea_fhir_model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The most bytes that the result may have; 256 MiB unless set.
    pub max_bytes: usize,
    /// The most levels of nesting of the result; 128 unless set.
    pub max_depth: usize,
    /// The most operations; 10,000 unless set.
    pub max_operations: usize,
    /// Elements of the resource itself that must be the same afterwards: `resourceType` and `id` for a server.
    /// Nothing is protected unless set. In XML `resourceType` is the name of the outermost element.
    pub protected: &'static [&'static str],
    /// Leave out the arrays and objects that the patch left empty, which FHIR forbids. Unless set they stay, and a
    /// check of the structure will name them. XML Patch has no use for it.
    pub drop_empty: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_depth: 128,
            max_operations: 10_000,
            protected: &[],
            drop_empty: false,
        }
    }
}

/// Why one operation cannot be carried out, before it is known which one it is.
#[derive(Debug)]
struct Fault {
    kind: ErrorKind,
    detail: String,
}

impl Fault {
    fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The error, with the number of the operation, counted from 0, and its name.
    fn into_error(self, index: usize, operation: &str, path: String) -> Error {
        Error::new(self.kind, path, None, format!("operation {index} ({operation}): {}", self.detail))
    }
}

fn too_many_operations(options: &Options) -> Error {
    let detail = format!("the patch has more than {} operations", options.max_operations);
    Error::new(ErrorKind::TooLarge, "", None, detail)
}

fn protected(name: &str) -> Error {
    Error::new(ErrorKind::Protected, name, None, "the patch changes an element that must stay as it is")
}

/// What is left of the work that a patch may make: items looked at, moved or copied. Each operation is bounded by
/// the size of its document, so that only many operations on a large document end here.
#[derive(Debug)]
struct Work(usize);

impl Work {
    const fn new() -> Self {
        Self(200_000_000)
    }

    fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        match self.0.checked_sub(steps) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                Err(Fault::new(ErrorKind::TooLarge, "the patch takes more work than any patch of use would"))
            }
        }
    }
}
