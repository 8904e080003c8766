//! The boundary of a multipart body, and the delimiters made of it (RFC 2046 5.1.1).

use memchr::memmem;

use crate::error::{Error, ErrorKind, Result};
use crate::media_type::MediaType;

/// The boundary that the content type of a multipart body names.
///
/// # Errors
/// [`ErrorKind::MissingBoundary`] where there is none, or where RFC 2046 does not allow it.
pub fn boundary_of(content_type: &MediaType) -> Result<Boundary> {
    let Some(text) = content_type.parameter("boundary") else {
        return Err(Error::new(ErrorKind::MissingBoundary, "the content type has no boundary"));
    };
    Boundary::new(text)
}

/// A boundary: 1 to 70 characters.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// A line end, two hyphens, the boundary.
    delimiter: Vec<u8>,
    finder: memmem::Finder<'static>,
}

impl Boundary {
    /// Takes a boundary without its hyphens.
    ///
    /// # Errors
    /// [`ErrorKind::MissingBoundary`] where it is not 1 to 70 printable ASCII characters, the last one no space.
    pub fn new(text: &str) -> Result<Self> {
        let printable = text.bytes().all(|b| (b' '..0x7F).contains(&b));
        if text.is_empty() || text.len() > 70 || !printable || text.ends_with(' ') {
            let detail = "wanted a boundary of 1 to 70 characters, the last one no space";
            return Err(Error::new(ErrorKind::MissingBoundary, detail));
        }
        let delimiter = format!("\r\n--{text}").into_bytes();
        let finder = memmem::Finder::new(&delimiter).into_owned();
        Ok(Self { delimiter, finder })
    }

    /// The text of the boundary.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.delimiter.get(4..).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    /// Two hyphens and the boundary, as they stand at the start of a body.
    pub(super) fn dashed(&self) -> &[u8] {
        self.delimiter.get(2..).unwrap_or_default()
    }

    pub(super) fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    pub(super) fn find(&self, bytes: &[u8]) -> Option<usize> {
        self.finder.find(bytes)
    }
}

/// What follows a delimiter.
pub(super) enum Tail {
    /// Two hyphens: the body ends. The number is how many bytes they are.
    Close(usize),
    /// Optional white space and a line end: a part begins. The number is how many bytes that is.
    Part(usize),
    /// Something else: it was no delimiter.
    No,
    /// The bytes end too early to say.
    Short,
}

/// Looks at what follows a delimiter.
pub(super) fn tail(after: &[u8]) -> Tail {
    match after {
        [] | [b'-'] => return Tail::Short,
        [b'-', b'-', ..] => return Tail::Close(2),
        _ => {}
    }
    let space = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    // Padding is what gateways add, a few bytes at most.
    if space > 256 {
        return Tail::No;
    }
    match after.get(space..).unwrap_or_default() {
        [] | [b'\r'] => Tail::Short,
        [b'\r', b'\n', ..] => Tail::Part(space + 2),
        [b'\n', ..] => Tail::Part(space + 1),
        _ => Tail::No,
    }
}
