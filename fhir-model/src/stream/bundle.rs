//! The entries of a Bundle in JSON (<https://hl7.org/fhir/R4/bundle.html>), found by its brackets and quotes, each read
//! by itself.

use super::ndjson::document;
use super::source::Source;
use super::{Options, Place, in_file};
use crate::error::{Error, ErrorKind, Position};
use crate::json::{Document, Node, Object, Value};
use std::fmt;
use std::io::Read;

/// An iterator over the entries of a Bundle; see [the module](super).
///
/// An entry that is too large, nests too deep, or names a member twice is an error and the next one follows; after an error
/// of syntax, encoding or the source the iterator ends, since what follows cannot be trusted. The last item of a
/// Bundle that is cut off, or that is none, is an error too.
pub struct BundleReader<R> {
    source: Source<R>,
    options: Options,
    state: State,
    /// The members beside the entries, as far as they were met.
    header: Object,
    header_bytes: usize,
    index: u64,
    entries_met: bool,
    /// Whether reading began in the middle, so that the header is not known.
    resumed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the brace of the Bundle.
    Start,
    /// Where a member name is due, or the closing brace if none was met yet.
    Name {
        first: bool,
    },
    /// Behind a member of the Bundle.
    AfterMember,
    /// Where an entry is due, or the closing bracket if none was met yet.
    Entry {
        first: bool,
    },
    /// Behind an entry.
    AfterEntry,
    Ended,
}

/// One entry of a Bundle.
pub struct Entry {
    document: Document<'static>,
    start: Place,
}

impl<R: Read> BundleReader<R> {
    /// Reads from the start, with the default [`Options`].
    pub fn new(reader: R) -> Self {
        Self::with_options(reader, Options::default())
    }

    /// Reads from the start.
    pub fn with_options(reader: R, options: Options) -> Self {
        Self {
            source: Source::new(reader, Place::start()),
            options,
            state: State::Start,
            header: Object::new(),
            header_bytes: 0,
            index: 0,
            entries_met: false,
            resumed: false,
        }
    }

    /// Goes on behind an entry, at a place that [`BundleReader::place`] gave; `reader` must stand at its byte already.
    /// The header is then that of what follows the entries.
    pub fn resume(reader: R, place: Place, options: Options) -> Self {
        Self {
            source: Source::new(reader, place),
            options,
            state: State::AfterEntry,
            header: Object::new(),
            header_bytes: 0,
            index: place.index,
            entries_met: true,
            resumed: true,
        }
    }

    /// Where the last entry ended; only of use once one was read.
    #[must_use]
    pub fn place(&self) -> Place {
        self.source.place(self.index)
    }

    /// The members of the Bundle beside its entries, as far as they were met: what stands behind the entries is there
    /// after the last one.
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
            let byte = self.source.peek()?;
            match (self.state, byte) {
                (State::Start, Some(b'{')) => {
                    self.source.take(1);
                    self.state = State::Name { first: true };
                }
                // A byte order mark.
                (State::Start, Some(0xEF)) if self.source.place(0).offset == 0 => self.byte_order_mark()?,
                (State::Start, _) => return Err(self.wanted("the opening brace of a Bundle")),
                (State::Name { first: true } | State::AfterMember, Some(b'}')) => {
                    self.source.take(1);
                    if self.source.peek()?.is_some() {
                        return Err(self.wanted("the end of the text after the Bundle"));
                    }
                    self.state = State::Ended;
                    return self.check_type(true).map(|()| None);
                }
                (State::AfterMember, Some(b',')) => {
                    self.source.take(1);
                    self.state = State::Name { first: false };
                }
                (State::AfterMember, _) => return Err(self.wanted("a comma or the end of the Bundle")),
                (State::Name { .. }, Some(b'"')) => self.member()?,
                (State::Name { .. }, _) => return Err(self.wanted("a member name in quotes")),
                (State::Entry { first: true } | State::AfterEntry, Some(b']')) => {
                    self.source.take(1);
                    self.state = State::AfterMember;
                }
                (State::AfterEntry, Some(b',')) => {
                    self.source.take(1);
                    self.state = State::Entry { first: false };
                }
                (State::AfterEntry, _) => return Err(self.wanted("a comma or the end of the entries")),
                (State::Entry { .. }, Some(b',' | b']' | b'}' | b':') | None) => {
                    return Err(self.wanted("an entry"));
                }
                (State::Entry { .. }, Some(_)) => return self.entry().map(Some),
                (State::Ended, _) => break,
            }
        }
        Ok(None)
    }

    fn byte_order_mark(&mut self) -> Result<(), Error> {
        for wanted in [0xEF, 0xBB, 0xBF] {
            if self.source.fill()?.first() != Some(&wanted) {
                return Err(self.wanted("the opening brace of a Bundle"));
            }
            self.source.take(1);
        }
        Ok(())
    }

    /// Reads a name, and its value unless those are the entries.
    fn member(&mut self) -> Result<(), Error> {
        let position = self.source.position();
        let name = self.header_value("")?;
        let Value::String(name) = name else { return Err(self.wanted("a member name in quotes")) };
        if self.source.peek()? != Some(b':') {
            return Err(self.wanted("a colon after the member name"));
        }
        self.source.take(1);
        let twice = if name == "entry" { self.entries_met } else { self.header.get(&name).is_some() };
        if twice {
            let detail = "a member name stands twice in one object";
            return Err(Error::new(ErrorKind::DuplicateKey, name, Some(position), detail));
        }
        if name == "entry" {
            self.entries_met = true;
            if self.source.peek()? != Some(b'[') {
                let detail = "the entries of a Bundle are an array";
                return Err(Error::new(ErrorKind::WrongType, name, Some(self.source.position()), detail));
            }
            self.check_type(false)?;
            self.source.take(1);
            self.state = State::Entry { first: true };
            return Ok(());
        }
        if matches!(self.source.peek()?, None | Some(b',' | b']' | b'}' | b':')) {
            return Err(self.wanted("a value"));
        }
        let value = self.header_value(&name)?;
        self.header.insert(name, value);
        self.state = State::AfterMember;
        self.check_type(false)
    }

    fn header_value(&mut self, name: &str) -> Result<Value, Error> {
        let position = self.source.position();
        let most = self.options.max_header_bytes.saturating_sub(self.header_bytes);
        let mut text = Vec::new();
        if !self.source.value(&mut text, most)? {
            let detail = format!(
                "the members beside the entries have more than {} bytes",
                self.options.max_header_bytes
            );
            return Err(Error::new(ErrorKind::TooLarge, name, Some(position), detail));
        }
        self.header_bytes = self.header_bytes.saturating_add(text.len());
        Ok(document(text, position, &self.options, name)?.root().to_value())
    }

    fn entry(&mut self) -> Result<Entry, Error> {
        let (start, position) = (self.place(), self.source.position());
        let path = format!("entry[{}]", self.index);
        let mut text = Vec::new();
        let fits = self.source.value(&mut text, self.options.max_item_bytes)?;
        self.state = State::AfterEntry;
        self.index += 1;
        if !fits {
            let detail = format!("the entry has more than {} bytes", self.options.max_item_bytes);
            return Err(Error::new(ErrorKind::TooLarge, path, Some(position), detail));
        }
        let document = document(text, position, &self.options, &path)?;
        if !document.root().is_object() {
            let error = Error::new(ErrorKind::WrongType, "", None, "an entry of a Bundle is an object");
            return Err(in_file(&error, position, &path));
        }
        Ok(Entry { document, start })
    }

    /// That the resource is a Bundle, as far as that is known.
    fn check_type(&self, whole: bool) -> Result<(), Error> {
        let found = self.header.get("resourceType").map(Value::as_str);
        let (kind, detail) = match found {
            Some(Some("Bundle")) => return Ok(()),
            None if !whole || self.resumed => return Ok(()),
            None => (ErrorKind::UnknownResourceType, "the text holds no resourceType"),
            Some(_) => (ErrorKind::WrongType, "the resource is a Bundle"),
        };
        Err(Error::new(kind, "resourceType", Some(self.source.position()), detail))
    }

    fn wanted(&self, what: &str) -> Error {
        let path = match self.state {
            State::Entry { .. } | State::AfterEntry => format!("entry[{}]", self.index),
            _ => String::new(),
        };
        let position: Position = self.source.position();
        Error::new(ErrorKind::Syntax, path, Some(position), format!("the JSON text needs {what}"))
    }
}

impl<R: Read> Iterator for BundleReader<R> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.step();
        if let Err(error) = &found {
            // The bounds of an entry are known in spite of these.
            let goes_on = self.state == State::AfterEntry
                && matches!(
                    error.kind(),
                    ErrorKind::TooLarge | ErrorKind::TooDeep | ErrorKind::DuplicateKey | ErrorKind::WrongType
                );
            if !goes_on {
                self.state = State::Ended;
            }
        }
        found.transpose()
    }
}

impl Entry {
    pub(super) fn new(document: Document<'static>, start: Place) -> Self {
        Self { document, start }
    }

    /// The entry itself.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.document.root()
    }

    /// `fullUrl`
    #[must_use]
    pub fn full_url(&self) -> Option<&str> {
        self.root().get("fullUrl").and_then(Node::as_str)
    }

    /// `resource`
    #[must_use]
    pub fn resource(&self) -> Option<Node<'_>> {
        self.root().get("resource")
    }

    /// The text of `resource`.
    #[must_use]
    pub fn resource_json(&self) -> Option<&str> {
        self.resource().map(Node::raw)
    }

    /// `request`: what to do with it, in a batch or a transaction.
    #[must_use]
    pub fn request(&self) -> Option<Node<'_>> {
        self.root().get("request")
    }

    /// `response`: what was done.
    #[must_use]
    pub fn response(&self) -> Option<Node<'_>> {
        self.root().get("response")
    }

    /// `search`: why it is among the results.
    #[must_use]
    pub fn search(&self) -> Option<Node<'_>> {
        self.root().get("search")
    }

    /// Where it starts: the line, the byte, and how many entries stand before it.
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

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, {:?})", self.start.index, self.document)
    }
}

impl<R> fmt::Debug for BundleReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BundleReader(after {} entries)", self.index)
    }
}
