//! Splitting a multipart body that is in memory.

use memchr::memmem;

use super::boundary::{Tail, tail};
use super::{Boundary, Limits, PartHeaders};
use crate::error::{Error, ErrorKind, Result};

/// A part of a body.
#[derive(Clone)]
pub struct Part<'b> {
    /// Its headers.
    pub headers: PartHeaders,
    /// Its content.
    pub content: &'b [u8],
    /// Where its content starts in the body.
    pub position: u64,
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("headers", &self.headers)
            .field("bytes", &self.content.len())
            .field("position", &self.position)
            .finish()
    }
}

/// Splits a body. An empty list means a body that is closed without a part.
///
/// # Errors
/// [`ErrorKind::MalformedMultipart`], [`ErrorKind::TruncatedMultipart`], [`ErrorKind::TooManyParts`],
/// [`ErrorKind::TooLarge`] for headers over the limit; each with the byte.
pub fn split<'b>(body: &'b [u8], boundary: &Boundary, limits: &Limits) -> Result<Vec<Part<'b>>> {
    let mut parts = Vec::new();
    let (mut closes, mut at) = first(body, boundary)?;
    while !closes {
        if parts.len() >= limits.max_parts {
            return Err(too_many(limits, at));
        }
        let (headers, start) = headers(body, at, boundary, limits)?;
        let Next::Delimiter { start: end, closes: last, after } = next(body, start, boundary) else {
            return Err(truncated(body.len()));
        };
        let content = body.get(start..end).unwrap_or_default();
        parts.push(Part { headers, content, position: start as u64 });
        (closes, at) = (last, after);
    }
    Ok(parts)
}

/// Finds the first delimiter: at the start, or after a preamble. Says whether it closes, and where what follows starts.
fn first(body: &[u8], boundary: &Boundary) -> Result<(bool, usize)> {
    if let Some(after) = body.strip_prefix(boundary.dashed()) {
        let at = boundary.dashed().len();
        match tail(after) {
            Tail::Close(n) => return Ok((true, at + n)),
            Tail::Part(n) => return Ok((false, at + n)),
            Tail::Short => return Err(truncated(body.len())),
            Tail::No => {}
        }
    }
    match next(body, 0, boundary) {
        Next::Delimiter { closes, after, .. } => Ok((closes, after)),
        Next::Short => Err(truncated(body.len())),
        Next::None if may_begin(body, boundary) => Err(truncated(body.len())),
        Next::None => Err(no_delimiter()),
    }
}

/// The next delimiter of a body.
enum Next {
    /// Where the content before it ends, whether it closes the body, and where what follows it starts.
    Delimiter {
        start: usize,
        closes: bool,
        after: usize,
    },
    /// The body ends inside of what may be one.
    Short,
    None,
}

fn next(body: &[u8], from: usize, boundary: &Boundary) -> Next {
    let mut at = from;
    loop {
        let Some(found) = boundary.find(body.get(at..).unwrap_or_default()) else { return Next::None };
        let start = at + found;
        let after = start + boundary.delimiter().len();
        match tail(body.get(after..).unwrap_or_default()) {
            Tail::Close(n) => return Next::Delimiter { start, closes: true, after: after + n },
            Tail::Part(n) => return Next::Delimiter { start, closes: false, after: after + n },
            Tail::Short => return Next::Short,
            Tail::No => at = start + 2,
        }
    }
}

/// Reads the headers of a part; gives where its content starts.
fn headers(body: &[u8], at: usize, boundary: &Boundary, limits: &Limits) -> Result<(PartHeaders, usize)> {
    let rest = body.get(at..).unwrap_or_default();
    match header_end(rest, boundary, limits.max_headers) {
        HeaderEnd::At { headers, content } => {
            let headers = PartHeaders::parse(rest.get(..headers).unwrap_or_default(), at)?;
            Ok((headers, at + content))
        }
        HeaderEnd::TooLong => Err(too_long(limits, at)),
        HeaderEnd::Missing => {
            Err(Error::new(ErrorKind::MalformedMultipart, "a part has no empty line after its headers")
                .at(at))
        }
        HeaderEnd::Short => Err(truncated(body.len())),
    }
}

pub(super) enum HeaderEnd {
    /// How long the headers are, and where the content starts after them.
    At { headers: usize, content: usize },
    /// Longer than the limit.
    TooLong,
    /// A delimiter comes before the empty line.
    Missing,
    /// The bytes end before the empty line.
    Short,
}

/// Finds the empty line that ends the headers of a part.
pub(super) fn header_end(bytes: &[u8], boundary: &Boundary, limit: usize) -> HeaderEnd {
    for (empty, length) in [(&b"\r\n"[..], 2), (b"\n", 1)] {
        if bytes.starts_with(empty) {
            return HeaderEnd::At { headers: 0, content: length };
        }
    }
    let window = bytes.get(..bytes.len().min(limit.saturating_add(4))).unwrap_or_default();
    let crlf = memmem::find(window, b"\r\n\r\n").map(|at| (at, at + 4));
    let lf = memmem::find(window, b"\n\n").map(|at| (at, at + 2));
    let end = match (crlf, lf) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let delimiter = boundary.find(window);
    match end {
        Some((headers, content)) if delimiter.is_none_or(|at| at >= headers) => {
            HeaderEnd::At { headers, content }
        }
        _ if delimiter.is_some() => HeaderEnd::Missing,
        _ if bytes.len() > limit => HeaderEnd::TooLong,
        _ => HeaderEnd::Short,
    }
}

/// Whether a body that has no delimiter yet ends in the start of one. An empty body does.
pub(super) fn may_begin(body: &[u8], boundary: &Boundary) -> bool {
    let delimiter = boundary.delimiter();
    // The line end of the first delimiter need not be there.
    boundary.dashed().starts_with(body)
        || (1..delimiter.len()).any(|n| delimiter.get(..n).is_some_and(|start| body.ends_with(start)))
}

pub(super) fn truncated(position: usize) -> Error {
    Error::new(ErrorKind::TruncatedMultipart, "the body ends before its closing delimiter").at(position)
}

pub(super) fn no_delimiter() -> Error {
    Error::new(ErrorKind::MalformedMultipart, "the body has no delimiter of its boundary").at(0)
}

pub(super) fn too_many(limits: &Limits, position: usize) -> Error {
    Error::new(ErrorKind::TooManyParts, format!("more than {} parts", limits.max_parts)).at(position)
}

pub(super) fn too_long(limits: &Limits, position: usize) -> Error {
    let detail = format!("the headers of a part are longer than {} bytes", limits.max_headers);
    Error::new(ErrorKind::TooLarge, detail).at(position)
}
