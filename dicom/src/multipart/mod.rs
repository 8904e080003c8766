//! Multipart bodies (RFC 2046 5.1, RFC 2387) as DICOMweb sends them: split whole, split as they arrive, and written.
//!
//! [`split`] borrows the parts of a body that is in memory; [`Splitter`] takes a body of any size in pieces and never holds
//! more than a piece, the headers of a part and a delimiter. Both refuse what is cut: a body without its closing delimiter
//! may be half of an upload.

mod boundary;
mod headers;
mod split;
mod stream;
mod write;

pub use boundary::{Boundary, boundary_of};
pub use headers::PartHeaders;
pub use split::{Part, split};
pub use stream::{Event, Splitter};
pub use write::Writer;

/// How much of a multipart body is taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many parts: 10,000 unless told.
    pub max_parts: usize,
    /// How many bytes the headers of one part may have: 16 KiB unless told.
    pub max_headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_parts: 10_000, max_headers: 16 << 10 }
    }
}
