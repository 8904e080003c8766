//! Reading that says all that is wrong: strict reading refuses what has faults, tolerant reading keeps what it can.

use super::issue::{Issue, Rule, Severity};
use super::validator::Validator;
use crate::error::{Error, ErrorKind, Position};
use crate::json::{Document, Node, Options};
use crate::schema::Schema;
use crate::xml;
use std::fmt;

/// Reads resources and names every fault, not only the first one.
///
/// - *Strict*: a resource with an error is refused with the list of its faults.
/// - *Tolerant*: whatever is JSON or XML at all is read, and the same list comes back as warnings. Nothing is dropped
///   or changed: unknown elements, wrong types and bad primitives stay in the tree (and in
///   `Extras` of a typed struct) and are written back. Where a member name stands twice, the
///   first value counts; the other ones stay in the tree.
///
/// Text that cannot be parsed to its end, or that goes beyond the limits, is refused by both, with one issue of
/// severity [`Severity::Fatal`].
///
/// Unless a [`Validator`] is given, the faults are those of [`super::structure`]: wrong types, missing and unknown
/// elements, bad primitives and codes, names that stand twice, what is empty, null where it may not stand.
///
/// ```
/// # #[cfg(feature = "r4-schema")] {
/// use hygea_fhir_model::{schema::{Schema, Version}, validate::Reader};
///
/// let r4 = Schema::of(Version::R4).unwrap();
/// let json = br#"{"resourceType": "Patient", "active": "yes", "active": true, "name": [], "nick": null}"#;
///
/// let faults = Reader::strict(r4).read(json).unwrap_err();
/// let found: Vec<_> = faults.issues().iter().map(|fault| (fault.expression(), fault.offset())).collect();
/// assert_eq!(found, [("Patient.active", 55), ("Patient.active", 38), ("Patient.name", 69), ("Patient.nick", 81)]);
///
/// let reading = Reader::tolerant(r4).read(json).unwrap();
/// assert_eq!(reading.issues.len(), 4);
/// assert!(reading.issues.iter().all(|issue| !issue.is_error()));
/// assert_eq!(reading.document.text().as_bytes(), json);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'c> {
    validator: Validator<'c>,
    mode: Mode,
    format: Option<Format>,
    limits: Options,
}

/// What a reader does with faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Refuses a resource that has errors.
    Strict,
    /// Reads it and returns the errors as warnings.
    Tolerant,
}

/// How a resource is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JSON (<https://hl7.org/fhir/R4/json.html>).
    Json,
    /// XML (<https://hl7.org/fhir/R4/xml.html>).
    Xml,
}

impl Format {
    /// XML starts with `<`, after white space and a byte order mark; all else is held to be JSON.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if xml::is_xml(bytes) { Self::Xml } else { Self::Json }
    }
}

/// A resource that was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reading<'a> {
    /// The tree. What was read as XML is the same tree that the JSON of the resource gives.
    pub document: Document<'a>,
    /// What is wrong, or could be better: warnings of a strict reader, all that it found for a tolerant one. The
    /// positions are those of the input.
    pub issues: Vec<Issue>,
    /// How it was written.
    pub format: Format,
}

/// Why a resource was refused: all its faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Issue>);

impl<'c> Reader<'c> {
    /// A reader that refuses what has faults.
    #[must_use]
    pub fn strict(schema: &'static Schema) -> Self {
        Self {
            validator: Validator::structure(schema),
            mode: Mode::Strict,
            format: None,
            limits: Options::default(),
        }
    }

    /// A reader that passes over faults and lists them.
    #[must_use]
    pub fn tolerant(schema: &'static Schema) -> Self {
        Self { mode: Mode::Tolerant, ..Self::strict(schema) }
    }

    /// Chooses what is a fault, and the version.
    #[must_use]
    pub fn validator(self, validator: Validator<'c>) -> Self {
        Self { validator, ..self }
    }

    /// Says how the resources are written; otherwise [`Format::of`] tells.
    #[must_use]
    pub fn format(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }

    /// Sets the limits of size and depth.
    #[must_use]
    pub fn limits(self, limits: Options) -> Self {
        Self { limits, ..self }
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// The faults: for a strict reader any error, for both that the text cannot be parsed.
    pub fn read<'a>(&self, bytes: &'a [u8]) -> Result<Reading<'a>, Faults> {
        let format = self.format.unwrap_or_else(|| Format::of(bytes));
        let (document, mut issues) = match format {
            Format::Json => self.json(bytes)?,
            Format::Xml => self.xml(bytes)?,
        };
        match self.mode {
            Mode::Strict if issues.iter().any(Issue::is_error) => return Err(Faults(issues)),
            Mode::Strict => {}
            Mode::Tolerant => {
                for issue in &mut issues {
                    issue.severity = issue.severity.max(Severity::Warning);
                }
            }
        }
        Ok(Reading { document, issues, format })
    }

    /// Reads a resource into a typed struct; what does not fit is kept in its extras. The issues are as
    /// [`Reading::issues`].
    ///
    /// ```
    /// # #[cfg(feature = "r4")] {
    /// use hygea_fhir_model::{r4::Patient, schema::{Schema, Version}, typed::Structure, validate::Reader};
    ///
    /// let json = br#"{"resourceType":"Patient","birthDate":"1970-02-30","nick":"Ann"}"#;
    /// let reader = Reader::tolerant(Schema::of(Version::R4).unwrap());
    /// let (patient, issues) = reader.read_as::<Patient>(json).unwrap();
    /// assert_eq!((patient.to_json().as_bytes(), issues.len()), (json.as_slice(), 2));
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Reader::read`], and if the resource is of another type.
    #[cfg(feature = "typed")]
    pub fn read_as<T: crate::typed::Structure + Default>(
        &self,
        bytes: &[u8],
    ) -> Result<(T, Vec<Issue>), Faults> {
        let reading = self.read(bytes)?;
        let read = T::from_node(reading.document.root()).map_err(|error| Faults::of(&error))?;
        Ok((read, reading.issues))
    }

    fn json<'a>(&self, bytes: &'a [u8]) -> Result<(Document<'a>, Vec<Issue>), Faults> {
        let limits = Options { keep_duplicates: true, ..self.limits.clone() };
        let document = Document::parse_with(bytes, &limits).map_err(|error| Faults::of(&error))?;
        let mut issues = self.validator.validate(&document);
        // The offsets of the tree leave out the byte order mark.
        let mark = bytes.len() - document.text().len();
        for issue in &mut issues {
            issue.offset += mark;
            if let Some(position) = &mut issue.position {
                position.offset += mark;
            }
        }
        Ok((document, issues))
    }

    fn xml<'a>(&self, bytes: &'a [u8]) -> Result<(Document<'a>, Vec<Issue>), Faults> {
        let limits = xml::Options {
            max_bytes: self.limits.max_bytes,
            max_depth: self.limits.max_depth,
            max_values: self.limits.max_values.min(xml::Options::default().max_values),
            max_issues: self.validator.max_issues(),
            ..xml::Options::default()
        };
        let xml::Reading { document, mut issues } =
            xml::read(bytes, self.validator.schema(), &limits).map_err(|error| Faults::of(&error))?;
        if !is_utf8(bytes) {
            let name = document.root().get("resourceType").and_then(Node::as_str).unwrap_or_default();
            let position = Position { offset: 0, line: 1, column: 1 };
            let detail = "FHIR is exchanged in UTF-8, and says so if it names its encoding";
            let issue = Issue::new(ErrorKind::Encoding, Rule::Structure, name, 0, detail);
            issues.insert(0, issue.with_position(position));
        }
        let of_text = issues.len();
        for issue in self.validator.validate(&document) {
            // What is wrong with the text of an element is not told again of its value.
            let told = issues.iter().take(of_text).any(|known| known.expression() == issue.expression());
            if !told && issues.len() < self.validator.max_issues() {
                issues.push(issue);
            }
        }
        Ok((document, issues))
    }
}

/// Whether the encoding of an XML text is UTF-8, by its first bytes and its declaration.
fn is_utf8(bytes: &[u8]) -> bool {
    let wide = matches!(bytes, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] | [b'<', 0, ..]);
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let declaration = bytes.strip_prefix(b"<?xml").and_then(|rest| {
        let end = rest.windows(2).position(|pair| pair == b"?>")?;
        std::str::from_utf8(rest.get(..end)?).ok()
    });
    let encoding = declaration.and_then(|text| text.split_once("encoding")).map(|(_, rest)| rest);
    let named = encoding.and_then(|rest| rest.split(['"', '\'']).nth(1));
    !wide && named.is_none_or(|name| name.eq_ignore_ascii_case("utf-8"))
}

impl Faults {
    /// The failure to parse a text.
    fn of(error: &Error) -> Self {
        Self(vec![Issue::from_error(error)])
    }

    /// All that is wrong, in the order of the document; at least one issue is an error.
    #[must_use]
    pub fn issues(&self) -> &[Issue] {
        &self.0
    }

    /// The issues.
    #[must_use]
    pub fn into_issues(self) -> Vec<Issue> {
        self.0
    }

    /// The first error.
    #[must_use]
    pub fn first(&self) -> Option<&Issue> {
        self.0.iter().find(|issue| issue.is_error())
    }
}

impl From<Faults> for Error {
    /// The first error alone.
    fn from(faults: Faults) -> Self {
        match faults.first() {
            Some(first) => Self::new(first.kind(), first.expression(), first.position(), first.detail()),
            None => Self::new(ErrorKind::Syntax, "", None, "the resource has faults"),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.first() else { return f.write_str("the resource has faults") };
        first.fmt(f)?;
        match self.0.len() {
            0 | 1 => Ok(()),
            count => write!(f, "; {} more", count - 1),
        }
    }
}

impl std::error::Error for Faults {}
