//! The request, and its query.

use crate::uri;

/// A management request as it was received.
#[derive(Clone, Copy)]
pub struct ManagementRequest<'a> {
    /// The HTTP method.
    pub method: Method,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// The query, without `?`, still percent-encoded.
    pub query: &'a str,
    /// The header `If-Match`.
    pub if_match: Option<&'a str>,
    /// The header `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> ManagementRequest<'a> {
    /// A request without conditions.
    #[must_use]
    pub fn new(method: Method, path: &'a str, query: &'a str, body: &'a [u8]) -> Self {
        Self { method, path, query, if_match: None, if_none_match: None, body }
    }

    /// A parameter of the query, names without regard to case. `None` as well if the query is not readable.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = uri::pairs(self.query)?;
        pairs.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl std::fmt::Debug for ManagementRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
    /// Any other.
    Other,
}

impl Method {
    /// The method of this name; case counts, as HTTP says.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Other => "method",
        })
    }
}
