//! NDJSON: a resource a line (<https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-organization>).

use super::source::Source;
use super::{Options, Place, in_file};
use crate::error::{Error, ErrorKind, Position};
use crate::json::{Document, Node};
use std::fmt;
use std::io::Read;

/// An iterator over the lines of an NDJSON file; see [the module](super).
///
/// Blank lines are passed over; lines end with a line feed, or a carriage return and a line feed, and the last one
/// may end with the file. A line that is no JSON or too long is an error with its number, and the next one follows. The
/// iterator ends with the file, or with an error of the source ([`Source`](ErrorKind::Source)).
pub struct NdjsonReader<R> {
    source: Source<R>,
    options: Options,
    index: u64,
    ended: bool,
}

/// One line of an NDJSON file.
pub struct Line {
    document: Document<'static>,
    start: Place,
}

impl<R: Read> NdjsonReader<R> {
    /// Reads from the start, with the default [`Options`].
    pub fn new(reader: R) -> Self {
        Self::with_options(reader, Options::default())
    }

    /// Reads from the start.
    pub fn with_options(reader: R, options: Options) -> Self {
        Self::resume(reader, Place::start(), options)
    }

    /// Goes on at a place that [`NdjsonReader::place`] gave; `reader` must stand at its byte already.
    pub fn resume(reader: R, place: Place, options: Options) -> Self {
        Self { source: Source::new(reader, place), options, index: place.index, ended: false }
    }

    /// Where the next line starts.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.index)
    }

    /// Reads a line without its end; false if it is too long, nothing at the end of the file.
    fn line(&mut self, out: &mut Vec<u8>) -> Result<Option<bool>, Error> {
        let mut fits = true;
        let mut any = false;
        loop {
            let piece = self.source.fill()?;
            if piece.is_empty() {
                return Ok(any.then_some(fits));
            }
            any = true;
            let end = memchr::memchr(b'\n', piece);
            let part = piece.get(..end.unwrap_or(piece.len())).unwrap_or_default();
            fits &= out.len().saturating_add(part.len()) <= self.options.max_item_bytes;
            if fits {
                out.extend_from_slice(part);
            } else {
                *out = Vec::new();
            }
            let count = part.len() + usize::from(end.is_some());
            self.source.take(count);
            if end.is_some() {
                return Ok(Some(fits));
            }
        }
    }
}

impl<R: Read> Iterator for NdjsonReader<R> {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let (start, position) = (self.place(), self.source.position());
            let mut text = Vec::new();
            match self.line(&mut text) {
                Ok(Some(true)) if text.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Some(fits)) => {
                    self.index += 1;
                    return Some(if fits {
                        document(text, position, &self.options, "").map(|document| Line { document, start })
                    } else {
                        let detail = format!("the line has more than {} bytes", self.options.max_item_bytes);
                        Err(Error::new(ErrorKind::TooLarge, "", Some(position), detail))
                    });
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// Reads one item, with errors that know its place in the file.
pub(super) fn document(
    mut text: Vec<u8>,
    start: Position,
    options: &Options,
    path: &str,
) -> Result<Document<'static>, Error> {
    if text.starts_with(b"\xEF\xBB\xBF") {
        text.drain(..3);
    }
    let text = String::from_utf8(text).map_err(|error| {
        let place = Position::of(error.as_bytes(), error.utf8_error().valid_up_to());
        in_file(&Error::new(ErrorKind::Encoding, "", Some(place), "the text is not UTF-8"), start, path)
    })?;
    Document::from_text_with(text, &options.json()).map_err(|error| in_file(&error, start, path))
}

impl Line {
    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.document.root()
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Document<'static> {
        &self.document
    }

    /// The text of the line, without white space around it.
    #[must_use]
    pub fn json(&self) -> &str {
        self.root().raw()
    }

    /// Where it starts: the number of its line, its byte, and how many items stand before it.
    #[must_use]
    pub fn start(&self) -> Place {
        self.start
    }

    /// The document by itself.
    #[must_use]
    pub fn into_document(self) -> Document<'static> {
        self.document
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({}, {:?})", self.start.line, self.document)
    }
}

impl<R> fmt::Debug for NdjsonReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NdjsonReader(after {} lines)", self.index)
    }
}
