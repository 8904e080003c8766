//! FHIR in XML (<https://hl7.org/fhir/R4/xml.html>): read to the same JSON tree that everything walks, and
//! written from it, both driven by the tables of a version.
//!
//! XML does not say which elements repeat, which are numbers and which attributes are elements of JSON; the
//! [`Schema`] does. What is read becomes a [`Document`] whose text is the resource's JSON, with the place in the
//! XML of every value, so that [`Node::position`](crate::json::Node::position) and the structure check speak of the line of the XML.
//!
//! ```
//! # #[cfg(feature = "r4-schema")] {
//! use hygea_fhir_model::{schema::{Schema, Version}, xml};
//!
//! let schema = Schema::of(Version::R4).unwrap();
//! let document = xml::parse(
//!     br#"<Observation xmlns="http://hl7.org/fhir"><status value="final"/><valueQuantity><value value="1.50"/></valueQuantity></Observation>"#,
//!     schema,
//! ).unwrap();
//! assert_eq!(document.text(), r#"{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}"#);
//! assert_eq!(document.root().get("status").unwrap().position().column, 56);
//! # }
//! ```
//!
//! [`parse`] is strict and [`read`] tolerant about the notation; [`crate::validate::Reader`] reads either format and
//! checks the rules of the resource as well. [`write()`] refuses what XML cannot carry, [`write_lossy`] lists it.
//! Bundles too large for memory are read by [`crate::stream::XmlBundleReader`].
//!
//! # What has no place
//! - Comments and white space between elements are dropped, except that DSTU2's comments become its
//!   `fhir_comments`: the JSON of later versions has no place for them.
//! - `xsi:schemaLocation` is dropped: a hint for validators of XML Schema.
//! - Document types, entities other than XML's five, processing instructions and encodings other than UTF-8 and
//!   UTF-16 are refused.
//!
//! # Limits
//! 256 MiB of text, 128 levels of elements and of JSON, 16 million elements and attributes, 128 attributes of one
//! element, unless [`Options`] say otherwise; never 2 GiB. Memory stays below 20 times the text at the worst, a
//! text of nothing but empty elements; 6 times is usual.

mod entity;
mod place;
mod read;
mod text;
mod tree;
mod write;

pub use write::{Layout, Writing, write, write_lossy, write_with};

use crate::error::{Error, Position};
use crate::json::Document;
use crate::schema::{Schema, TypeDef, Version};
use crate::validate::Issue;
use std::borrow::Cow;

const FHIR: &str = "http://hl7.org/fhir";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Limits of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The most bytes; 256 MiB unless set, and always less than 2 GiB.
    pub max_bytes: usize,
    /// The most levels of elements, and of objects and arrays of the JSON; 128 unless set.
    pub max_depth: usize,
    /// The most elements and attributes together; 16 million unless set.
    pub max_values: usize,
    /// The most attributes of one element; 128 unless set.
    pub max_attributes: usize,
    /// The most faults that [`read`] lists; 100 unless set.
    pub max_issues: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_depth: 128,
            max_values: 16_000_000,
            max_attributes: 128,
            max_issues: 100,
        }
    }
}

/// What tolerant reading found.
#[derive(Debug)]
pub struct Reading<'x> {
    /// The resource.
    pub document: Document<'x>,
    /// Where the text is not FHIR XML. Offsets and positions are those of the XML.
    pub issues: Vec<Issue>,
}

/// Whether bytes look like XML rather than JSON: their first character that is no white space is `<`.
#[must_use]
pub fn is_xml(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = bytes.iter().position(|&byte| !text::is_space(byte));
    matches!(first.and_then(|first| bytes.get(first..)), Some([b'<' | 0xFE | 0xFF, ..] | [0, b'<', ..]))
}

/// Reads a resource, strictly: the first fault is the error.
///
/// What is checked is the notation; whether the resource keeps the rules of its version is for
/// [`crate::validate::structure`], as with JSON.
///
/// # Errors
/// As [`read`], and the first of the faults that it would list.
pub fn parse<'x>(bytes: &'x [u8], schema: &'static Schema) -> Result<Document<'x>, Error> {
    parse_with(bytes, schema, &Options::default())
}

/// As [`parse`], with chosen limits.
///
/// # Errors
/// As [`parse`].
pub fn parse_with<'x>(
    bytes: &'x [u8],
    schema: &'static Schema,
    options: &Options,
) -> Result<Document<'x>, Error> {
    translate(bytes, schema, options, true).map(|reading| reading.document)
}

/// Reads a resource, tolerantly: what is not FHIR XML is listed, and kept as far as JSON has a place for it.
///
/// Listed are: a wrong namespace, unknown elements and attributes, elements out of order or more often than they
/// may stand, text between elements, empty attributes and elements, numbers and Booleans that are none.
/// Unknown elements are kept as members of that name, elements that stand too often as an array, values that do
/// not fit as strings; text, and attributes whose name is taken, are left out.
///
/// # Errors
/// [`Encoding`](crate::ErrorKind::Encoding), [`Syntax`](crate::ErrorKind::Syntax) and
/// [`DuplicateKey`](crate::ErrorKind::DuplicateKey) if the bytes are not well-formed XML or bring what FHIR does
/// not allow (document types, entities, processing instructions), [`TooDeep`](crate::ErrorKind::TooDeep) and
/// [`TooLarge`](crate::ErrorKind::TooLarge) as `options` say,
/// [`UnknownResourceType`](crate::ErrorKind::UnknownResourceType) if the outermost element is no resource.
pub fn read<'x>(bytes: &'x [u8], schema: &'static Schema, options: &Options) -> Result<Reading<'x>, Error> {
    translate(bytes, schema, options, false)
}

fn translate<'x>(
    bytes: &'x [u8],
    schema: &'static Schema,
    options: &Options,
    strict: bool,
) -> Result<Reading<'x>, Error> {
    // UTF-16 has up to twice the bytes of its text; what is over that is over the limit.
    if bytes.len() / 2 > options.max_bytes {
        let detail = format!("the text has {} bytes, the limit is {}", bytes.len(), options.max_bytes);
        return Err(Error::new(crate::ErrorKind::TooLarge, "", None, detail));
    }
    let source = text::decode_bytes(bytes)?;
    let tree = tree::parse(&source, options, schema.version() == Version::Dstu2)?;
    let (document, issues) = read::translate(source, &tree, schema, None, options, strict)?;
    Ok(Reading { document, issues })
}

/// The XML of a typed resource.
#[cfg(feature = "typed")]
pub(crate) fn of_structure(structure: &dyn crate::typed::Structure) -> Result<String, Error> {
    let document = Document::from_text(crate::typed::to_json(structure))?;
    write(document.root(), structure.definition().schema())
}

/// Reads an element of a known type that stands within `around`: prefixes, empty for the default one, and addresses.
pub(crate) fn parse_element(
    source: String,
    around: &[(String, String)],
    of: &'static TypeDef,
    options: &Options,
) -> Result<Document<'static>, Error> {
    let schema = of.schema();
    let tree = tree::parse_within(&source, options, schema.version() == Version::Dstu2, around)?;
    read::translate(Cow::Owned(source), &tree, schema, Some(of), options, true).map(|(document, _)| document)
}

/// The namespaces that the outermost element declares, which must be in FHIR's own.
pub(crate) fn declarations(text: &str) -> Result<Vec<(String, String)>, Error> {
    tree::declarations(text)
}

/// Whether the text is well-formed and brings nothing that is not allowed.
pub(crate) fn check(text: &str) -> Result<(), Error> {
    tree::parse(text, &Options::default(), false).map(|_| ())
}

/// What a failure of the token reader means.
pub(crate) fn broken(error: &quick_xml::Error, position: Position) -> Error {
    tree::broken(error, String::new(), position)
}
