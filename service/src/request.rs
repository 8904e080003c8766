//! What a caller asks: HTTP's parts without a socket (RFC 9110).

use crate::headers::Headers;
use std::borrow::Cow;
use std::fmt;
use std::io::Read;

/// The methods that the services answer. Names are case-sensitive, as in HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`: as GET, the body left out.
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
}

impl Method {
    /// The method of this name, `None` for one that no service answers.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => return None,
        })
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether the method only reads.
    #[must_use]
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }
}

/// One request: method, target, headers, body.
///
/// ```
/// use hygea_service::{Method, Request};
///
/// let request = Request::new(Method::Get, "/demo/fhir/r4/Patient?family=smith").header("accept", "application/fhir+json");
/// assert_eq!((request.path(), request.query()), ("/demo/fhir/r4/Patient", "family=smith"));
/// ```
pub struct Request<'a> {
    method: Method,
    path: Cow<'a, str>,
    query: Cow<'a, str>,
    headers: Headers,
    body: Body<'a>,
}

impl<'a> Request<'a> {
    /// A request without headers and body. `target` is the path, percent-encoded as in HTTP, and after a
    /// question mark the query.
    #[must_use]
    pub fn new(method: Method, target: &'a str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { method, path: path.into(), query: query.into(), headers: Headers::new(), body: Body::Empty }
    }

    /// Adds a header. The name is compared without regard to case.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.add(name, value);
        self
    }

    /// Sets all headers.
    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Body<'a>>) -> Self {
        self.body = body.into();
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The path, percent-encoded as it came.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without its question mark, percent-encoded as it came.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Takes the body out; a second call gives an empty one.
    pub fn take_body(&mut self) -> Body<'a> {
        std::mem::take(&mut self.body)
    }
}

/// Shows the method and the size of the path only: paths and queries hold patients' data.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path_bytes", &self.path.len())
            .finish_non_exhaustive()
    }
}

/// The bytes that come with a request: at hand, or to be read.
#[derive(Default)]
pub enum Body<'a> {
    /// No bytes.
    #[default]
    Empty,
    /// Bytes at hand.
    Bytes(Cow<'a, [u8]>),
    /// A stream, for bodies that should not be held whole.
    Reader(Box<dyn Read + Send + 'a>),
}

/// Why a body could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// More bytes than the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The stream broke off.
    Broken,
}

impl<'a> Body<'a> {
    /// All bytes, at most `limit`.
    ///
    /// # Errors
    /// [`BodyFault::TooLarge`] past the limit, read no further than that; [`BodyFault::Broken`] if reading fails.
    pub fn into_bytes(self, limit: usize) -> Result<Cow<'a, [u8]>, BodyFault> {
        match self {
            Self::Empty => Ok(Cow::Borrowed(&[])),
            Self::Bytes(bytes) if bytes.len() > limit => Err(BodyFault::TooLarge { limit }),
            Self::Bytes(bytes) => Ok(bytes),
            Self::Reader(reader) => {
                let mut bytes = Vec::new();
                let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
                reader.take(most).read_to_end(&mut bytes).map_err(|_| BodyFault::Broken)?;
                if bytes.len() > limit { Err(BodyFault::TooLarge { limit }) } else { Ok(bytes.into()) }
            }
        }
    }

    /// The bytes as a stream.
    #[must_use]
    pub fn into_reader(self) -> Box<dyn Read + Send + 'a> {
        match self {
            Self::Empty => Box::new(std::io::empty()),
            Self::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes)),
            Self::Reader(reader) => reader,
        }
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Reader(_) => f.write_str("Reader"),
        }
    }
}

impl<'a> From<&'a [u8]> for Body<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'a> From<&'a str> for Body<'a> {
    fn from(text: &'a str) -> Self {
        text.as_bytes().into()
    }
}

impl From<Vec<u8>> for Body<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

impl From<String> for Body<'_> {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}
