//! What a service answers: status, headers, and a body at hand or to be streamed.

use crate::headers::Headers;
use std::fmt;
use std::io::Read;

/// One response.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Headers,
    content: Content,
}

/// The body of a response.
pub enum Content {
    /// Bytes at hand.
    Bytes(Vec<u8>),
    /// A stream; its length if known.
    Reader(Box<dyn Read + Send>, Option<u64>),
}

impl Response {
    /// A response without headers and body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Headers::new(), content: Content::Bytes(Vec::new()) }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.add(name, value);
        self
    }

    /// Sets the body and its media type.
    #[must_use]
    pub fn body(mut self, media_type: &str, bytes: Vec<u8>) -> Self {
        self.headers.add("content-type", media_type);
        self.content = Content::Bytes(bytes);
        self
    }

    /// Sets the body, its media type being among the headers already.
    #[must_use]
    pub fn with_content(mut self, bytes: Vec<u8>) -> Self {
        self.content = Content::Bytes(bytes);
        self
    }

    /// Sets a streamed body and its media type.
    #[must_use]
    pub fn stream(mut self, media_type: &str, reader: Box<dyn Read + Send>, length: Option<u64>) -> Self {
        self.headers.add("content-type", media_type);
        self.content = Content::Reader(reader, length);
        self
    }

    /// Leaves the body out, as the answer to HEAD does.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        self.content = Content::Bytes(Vec::new());
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Takes the response apart.
    #[must_use]
    pub fn into_parts(self) -> (u16, Headers, Content) {
        (self.status, self.headers, self.content)
    }

    /// All bytes of the body, streams read to their end.
    ///
    /// # Errors
    /// If a stream breaks off.
    pub fn into_bytes(self) -> std::io::Result<Vec<u8>> {
        match self.content {
            Content::Bytes(bytes) => Ok(bytes),
            Content::Reader(mut reader, _) => {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Reader(_, length) => write!(f, "Reader({length:?})"),
        }
    }
}
