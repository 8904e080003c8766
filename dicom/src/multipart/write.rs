//! Writing a multipart body: what stands before, between and after the parts.
//!
//! The content of the parts does not go through here, so that a blob can be copied from the store to the socket.

use super::Boundary;
use crate::error::Result;

/// Makes the framing of a body.
#[derive(Clone, Debug)]
pub struct Writer {
    boundary: Boundary,
    begun: bool,
}

impl Writer {
    /// Takes a boundary that does not occur in any part: the caller makes it of random characters.
    ///
    /// # Errors
    /// [`ErrorKind::MissingBoundary`](crate::ErrorKind::MissingBoundary) where RFC 2046 does not allow it.
    pub fn new(boundary: &str) -> Result<Self> {
        Ok(Self { boundary: Boundary::new(boundary)?, begun: false })
    }

    /// The content type of the whole body.
    #[must_use]
    pub fn content_type(&self, part_type: &str) -> String {
        format!("multipart/related; type=\"{part_type}\"; boundary=\"{}\"", self.boundary.as_str())
    }

    /// Writes what stands before the content of the next part: a delimiter and its headers, names and values as given.
    pub fn begin<'h>(&mut self, headers: impl IntoIterator<Item = (&'h str, &'h str)>, out: &mut Vec<u8>) {
        if self.begun {
            out.extend_from_slice(self.boundary.delimiter());
        } else {
            out.extend_from_slice(self.boundary.dashed());
        }
        self.begun = true;
        out.extend_from_slice(b"\r\n");
        for (name, value) in headers {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Writes what stands after the content of the last part.
    pub fn end(&self, out: &mut Vec<u8>) {
        if self.begun {
            out.extend_from_slice(self.boundary.delimiter());
        } else {
            out.extend_from_slice(self.boundary.dashed());
        }
        out.extend_from_slice(b"--\r\n");
    }
}
