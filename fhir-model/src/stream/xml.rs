//! The entries of a Bundle in XML, found by its tags, each read by itself.

use super::{Entry, Options, Place, in_file};
use crate::error::{Error, ErrorKind, Position};
use crate::json::{Object, Value};
use crate::schema::{Schema, TypeDef};
use crate::xml;
use quick_xml::events::{BytesStart, Event};
use std::fmt;
use std::io::{self, BufRead, Read};

/// An iterator over the entries of a Bundle in XML; [`super::BundleReader`] is that for JSON.
///
/// Each entry is read strictly, as [`xml::parse`] reads; one that is faulty is an error, and the next one follows.
/// After an error of syntax, encoding or the source, and after an entry that is too large, the iterator ends. The
/// text is UTF-8.
///
/// ```
/// # #[cfg(feature = "r4-schema")] {
/// use hygea_fhir_model::{schema::{Schema, Version}, stream::XmlBundleReader};
///
/// let file: &[u8] = br#"<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>
///     <entry><fullUrl value="urn:uuid:1"/><resource><Patient><active value="true"/></Patient></resource></entry>
/// </Bundle>"#;
/// let mut bundle = XmlBundleReader::new(file, Schema::of(Version::R4).unwrap());
/// let entry = bundle.next().unwrap().unwrap();
/// assert_eq!(entry.resource_json(), Some(r#"{"resourceType":"Patient","active":true}"#));
/// assert_eq!((entry.full_url(), entry.start().line, bundle.kind()), (Some("urn:uuid:1"), 2, Some("collection")));
/// assert!(bundle.next().is_none());
/// # }
/// ```
pub struct XmlBundleReader<R> {
    reader: quick_xml::Reader<Capture<R>>,
    buffer: Vec<u8>,
    options: Options,
    schema: &'static Schema,
    /// The type of `Bundle.entry`; nothing in a version without Bundles.
    entry: Option<&'static TypeDef>,
    /// The namespaces that the Bundle declares: prefixes, empty for the default one, and addresses.
    around: Vec<(String, String)>,
    /// The tag of the Bundle and its children beside the entries, as they stand.
    header_text: String,
    header: Object,
    header_is_new: bool,
    /// Where the piece that is being captured starts.
    start: Position,
    index: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Inside,
    Behind,
    Ended,
}

impl<R: Read> XmlBundleReader<R> {
    /// Reads from the start, with the default [`Options`].
    pub fn new(reader: R, schema: &'static Schema) -> Self {
        Self::with_options(reader, schema, Options::default())
    }

    /// Reads from the start.
    pub fn with_options(reader: R, schema: &'static Schema, options: Options) -> Self {
        let most = options.max_item_bytes.max(options.max_header_bytes);
        let mut reader = quick_xml::Reader::from_reader(Capture::new(reader, most));
        reader.config_mut().check_comments = true;
        Self {
            reader,
            buffer: Vec::new(),
            options,
            schema,
            entry: schema.type_named("Bundle.entry"),
            around: Vec::new(),
            header_text: String::new(),
            header: Object::new(),
            header_is_new: false,
            start: Position { offset: 0, line: 1, column: 1 },
            index: 0,
            state: State::Start,
        }
    }

    /// The elements of the Bundle beside its entries, as JSON, as far as they were met.
    #[must_use]
    pub fn header(&self) -> &Object {
        &self.header
    }

    /// `Bundle.type`, if it was met.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.header.get("type").and_then(Value::as_str)
    }

    /// `Bundle.total`, if it was met.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        match self.header.get("total") {
            Some(Value::Number(text)) => text.parse().ok(),
            _ => None,
        }
    }

    /// The address of the link of a relation (`next`), if it was met.
    #[must_use]
    pub fn link(&self, relation: &str) -> Option<&str> {
        let links = self.header.get("link")?.as_array()?;
        let link = links.iter().find(|link| link.get("relation").and_then(Value::as_str) == Some(relation));
        link?.get("url")?.as_str()
    }

    fn step(&mut self) -> Result<Option<Entry>, Error> {
        while self.state != State::Ended {
            self.drop_captured();
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            let event = match event {
                Ok(event) => event.into_owned(),
                Err(error) => return Err(self.broken(&error)),
            };
            match event {
                Event::Text(text) if text.bytes().all(|byte| byte.is_ascii_whitespace()) => {}
                Event::Comment(_) => {}
                Event::Decl(_) if self.start.offset == 0 => {
                    // The encoding is checked as for any other text.
                    let declared = format!("{}<x/>", self.captured()?);
                    xml::check(&declared).map_err(|error| in_file(&error, self.start, ""))?;
                }
                Event::Start(tag) if self.state == State::Start => self.bundle(&tag)?,
                Event::Empty(tag) if self.state == State::Start => {
                    self.bundle(&tag)?;
                    self.state = State::Behind;
                }
                Event::Start(tag) if self.state == State::Inside => {
                    self.rest_of_child()?;
                    if let Some(entry) = self.child(&tag)? {
                        return Ok(Some(entry));
                    }
                }
                Event::Empty(tag) if self.state == State::Inside => {
                    if let Some(entry) = self.child(&tag)? {
                        return Ok(Some(entry));
                    }
                }
                Event::End(_) if self.state == State::Inside => {
                    self.state = State::Behind;
                    self.read_header()?;
                }
                Event::Eof if self.state == State::Behind => self.state = State::Ended,
                Event::Eof => {
                    return Err(self.error(ErrorKind::Syntax, "the text ends before the Bundle does"));
                }
                Event::PI(_) => {
                    return Err(self.error(ErrorKind::Syntax, "processing instructions are not allowed"));
                }
                Event::DocType(_) => {
                    return Err(self.error(ErrorKind::Syntax, "document types are not allowed"));
                }
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(self.error(ErrorKind::Syntax, "text stands where only elements belong"));
                }
                _ => return Err(self.error(ErrorKind::Syntax, "an XML text has one outermost element")),
            }
        }
        Ok(None)
    }

    /// The tag of the Bundle.
    fn bundle(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        let text = self.captured()?.trim_end_matches('>').trim_end_matches('/').to_owned();
        // As an element of its own it is checked like any other text.
        let alone = format!("{text}>");
        let around = xml::declarations(&alone).map_err(|error| in_file(&error, self.start, ""))?;
        if tag.local_name().as_ref() != "Bundle" {
            return Err(self.error(ErrorKind::WrongType, "the resource is a Bundle"));
        }
        self.around = around;
        self.header_text = format!("{text}>");
        self.state = State::Inside;
        Ok(())
    }

    /// Reads to the end of the child whose start was read.
    fn rest_of_child(&mut self) -> Result<(), Error> {
        let mut depth = 1_u64;
        while depth > 0 {
            self.buffer.clear();
            match self.reader.read_event_into(&mut self.buffer) {
                Ok(Event::Start(_)) => depth += 1,
                Ok(Event::End(_)) => depth -= 1,
                Ok(Event::Eof) => {
                    return Err(self.error(ErrorKind::Syntax, "the text ends before the Bundle does"));
                }
                Ok(_) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(())
    }

    /// A child of the Bundle, all of which is captured.
    fn child(&mut self, tag: &BytesStart<'_>) -> Result<Option<Entry>, Error> {
        let text = self.captured()?.to_owned();
        if tag.local_name().as_ref() == "entry"
            && let Some(definition) = self.entry
        {
            self.read_header()?;
            let start = Place {
                offset: u64::try_from(self.start.offset).unwrap_or(u64::MAX),
                line: u64::try_from(self.start.line).unwrap_or(u64::MAX),
                index: self.index,
            };
            let path = format!("entry[{}]", self.index);
            self.index += 1;
            let options = xml::Options {
                max_bytes: self.options.max_item_bytes,
                max_depth: self.options.max_depth,
                ..xml::Options::default()
            };
            let document = xml::parse_element(text, &self.around, definition, &options)
                .map_err(|error| in_file(&error, self.start, &path))?;
            return Ok(Some(Entry::new(document, start)));
        }
        if self.header_text.len().saturating_add(text.len()) > self.options.max_header_bytes {
            let most = self.options.max_header_bytes;
            return Err(self.error(
                ErrorKind::TooLarge,
                format!("the elements beside the entries have more than {most} bytes"),
            ));
        }
        self.header_text.push_str(&text);
        self.header_is_new = true;
        Ok(None)
    }

    /// Reads the elements beside the entries that were met.
    fn read_header(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.header_is_new) {
            return Ok(());
        }
        let name_end = self.header_text.find([' ', '\t', '\n', '\r', '>', '/']).unwrap_or(0);
        let name = self.header_text.get(1..name_end).unwrap_or_default();
        let text = format!("{}</{name}>", self.header_text);
        // The elements do not stand where they stood, so the place is that of what comes next.
        let read = xml::parse(text.as_bytes(), self.schema);
        let read =
            read.map_err(|error| Error::new(error.kind(), error.path(), Some(self.start), error.detail()))?;
        if let Value::Object(mut header) = read.root().to_value() {
            header.remove("resourceType");
            self.header = header;
        }
        Ok(())
    }

    fn captured(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.reader.get_ref().captured)
            .map_err(|_| self.error(ErrorKind::Encoding, "the text is not UTF-8"))
    }

    /// Forgets what was captured and moves the place behind it.
    fn drop_captured(&mut self) {
        let captured = &mut self.reader.get_mut().captured;
        self.start = behind(self.start, captured);
        captured.clear();
    }

    #[cold]
    fn broken(&self, error: &quick_xml::Error) -> Error {
        let source = self.reader.get_ref();
        if let Some(kind) = source.failed {
            return self.error(ErrorKind::Source, format!("the source cannot be read: {kind}"));
        }
        if source.is_full() {
            return self.error(ErrorKind::TooLarge, format!("the entry has more than {} bytes", source.most));
        }
        let position = behind(self.start, &source.captured);
        xml::broken(error, position)
    }

    #[cold]
    fn error(&self, kind: ErrorKind, detail: impl Into<String>) -> Error {
        Error::new(kind, "", Some(self.start), detail)
    }
}

impl<R: Read> Iterator for XmlBundleReader<R> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let met = self.index;
        let found = self.step();
        // The end of an entry is known in spite of what is wrong in it, unless its tags or its size are.
        if let Err(error) = &found
            && (self.index == met || matches!(error.kind(), ErrorKind::Syntax | ErrorKind::Encoding))
        {
            self.state = State::Ended;
        }
        found.transpose()
    }
}

impl<R> fmt::Debug for XmlBundleReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "XmlBundleReader(after {} entries)", self.index)
    }
}

/// The place behind `bytes` that start at `start`.
fn behind(start: Position, bytes: &[u8]) -> Position {
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    let column = match memchr::memrchr(b'\n', bytes) {
        Some(last) => bytes.len() - last,
        None => start.column.saturating_add(bytes.len()),
    };
    Position {
        offset: start.offset.saturating_add(bytes.len()),
        line: start.line.saturating_add(lines),
        column,
    }
}

/// A source that keeps what was taken from it, up to a limit.
struct Capture<R> {
    source: R,
    piece: Box<[u8]>,
    at: usize,
    end: usize,
    captured: Vec<u8>,
    most: usize,
    failed: Option<io::ErrorKind>,
}

impl<R> Capture<R> {
    fn new(source: R, most: usize) -> Self {
        let piece = vec![0; 64 << 10].into_boxed_slice();
        Self { source, piece, at: 0, end: 0, captured: Vec::new(), most, failed: None }
    }

    fn is_full(&self) -> bool {
        self.captured.len() > self.most
    }
}

impl<R: Read> Read for Capture<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill_buf()?;
        let count = piece.len().min(out.len());
        if let (Some(out), Some(piece)) = (out.get_mut(..count), piece.get(..count)) {
            out.copy_from_slice(piece);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Capture<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_full() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.at >= self.end {
            self.at = 0;
            self.end = loop {
                match self.source.read(&mut self.piece) {
                    Ok(count) => break count.min(self.piece.len()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.end = 0;
                        self.failed = Some(error.kind());
                        return Err(error);
                    }
                }
            };
        }
        Ok(self.piece.get(self.at..self.end).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let end = self.at.saturating_add(count).min(self.end);
        self.captured.extend_from_slice(self.piece.get(self.at..end).unwrap_or_default());
        self.at = end;
    }
}
