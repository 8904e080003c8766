//! Bundles and NDJSON files of any size, one resource at a time.
//!
//! Exports and imports (<https://hl7.org/fhir/R4/http.html#transaction>, <https://hl7.org/fhir/uv/bulkdata>) are files of
//! gigabytes. [`BundleReader`], [`XmlBundleReader`] and [`NdjsonReader`] are iterators over what such a file holds, which read it from any
//! [`Read`](std::io::Read) (a slice of bytes is one) and keep one item in memory. An item that is faulty is an
//! error with its line, its byte and its path, and the next one follows. Each item tells where it ended, so that
//! reading can go on there another time.
//!
//! ```
//! use hygea_fhir_model::stream::{BundleReader, NdjsonReader};
//!
//! let file: &[u8] = b"{\"resourceType\":\"Patient\",\"id\":\"a\"}\n\n{\"resourceType\":\n{\"resourceType\":\"Basic\"}";
//! let mut lines = NdjsonReader::new(file);
//! assert_eq!(lines.next().unwrap()?.json(), r#"{"resourceType":"Patient","id":"a"}"#);
//! assert_eq!(lines.next().unwrap().unwrap_err().position().map(|place| place.line), Some(3));
//! assert_eq!(lines.next().unwrap()?.root().get("resourceType").and_then(|name| name.as_str()), Some("Basic"));
//! assert!(lines.next().is_none());
//!
//! let file: &[u8] = br#"{"resourceType":"Bundle","type":"collection","entry":[
//!     {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}}],"total":1}"#;
//! let mut bundle = BundleReader::new(file);
//! let entry = bundle.next().unwrap()?;
//! assert_eq!((entry.full_url(), entry.resource_json()), (Some("urn:uuid:1"), Some(r#"{"resourceType":"Patient"}"#)));
//! assert_eq!((bundle.kind(), bundle.total()), (Some("collection"), None));
//! assert!(bundle.next().is_none());
//! assert_eq!(bundle.total(), Some(1));
//! # Ok::<(), hygea_fhir_model::Error>(())
//! ```
//!
//! # Limits
//! An item has at most 64 MiB, a Bundle's members beside its entries 1 MiB together, unless [`Options`] say otherwise.
//! The memory that is taken is that of the largest item so far, three times.

mod bundle;
mod ndjson;
mod source;
mod xml;

pub use bundle::{BundleReader, Entry};
pub use ndjson::{Line, NdjsonReader};
pub use xml::XmlBundleReader;

use crate::error::{Error, Position};
use crate::json;

/// Limits of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The most bytes of one entry or line; 64 MiB unless set.
    pub max_item_bytes: usize,
    /// The most bytes of all members of a Bundle beside its entries; 1 MiB unless set.
    pub max_header_bytes: usize,
    /// The most levels of nesting of one entry or line; 128 unless set.
    pub max_depth: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_item_bytes: 64 << 20, max_header_bytes: 1 << 20, max_depth: 128 }
    }
}

impl Options {
    fn json(&self) -> json::Options {
        json::Options {
            max_bytes: self.max_item_bytes.max(self.max_header_bytes),
            max_depth: self.max_depth,
            ..json::Options::default()
        }
    }
}

/// A place between two items, where reading can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// The line that it is on, counted from 1.
    pub line: u64,
    /// Items before it: entries, or lines that are not blank.
    pub index: u64,
}

impl Place {
    /// The start of a file.
    #[must_use]
    pub const fn start() -> Self {
        Self { offset: 0, line: 1, index: 0 }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::start()
    }
}

/// An error of one item, with its place in the whole file.
fn in_file(error: &Error, start: Position, path: &str) -> Error {
    let position = error.position().map_or(start, |inner| Position {
        offset: start.offset.saturating_add(inner.offset),
        line: start.line.saturating_add(inner.line - 1),
        column: if inner.line == 1 { start.column.saturating_add(inner.column - 1) } else { inner.column },
    });
    let inner = error.path();
    let separator = if path.is_empty() || inner.is_empty() || inner.starts_with('[') { "" } else { "." };
    Error::new(error.kind(), format!("{path}{separator}{inner}"), Some(position), error.detail())
}
