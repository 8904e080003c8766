//! The one error of this crate: what failed, in which template or message, and what was wanted instead.
//!
//! The reference mapper knows a dozen exceptions (device data, template, conversion, resource); here each is
//! a kind, so that a connector can count, drop or dead-letter by number. An error never holds a value out of
//! a message: it names the template, the member and the place.

use hygea_fhir_model::Position;
use std::borrow::Cow;
use std::fmt;

/// A failure to read a template or message, or to map one.
///
/// ```
/// use hygea_iomt_mapper::{DeviceMapping, ErrorKind, Mode};
///
/// let text = br#"{"templateType": "CollectionContent", "template": [
///   {"templateType": "JsonPathContent", "template": {"typeName": "hr", "typeMatchExpresion": "$"}}]}"#;
/// let error = DeviceMapping::new(text, Mode::Compat).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnknownMember);
/// assert_eq!(error.path(), "template[0].template.typeMatchExpresion");
/// assert_eq!(error.position().map(|place| place.line), Some(2));
/// assert_eq!(error.others().len(), 3, "the three required members that are absent");
/// ```
#[derive(Debug)]
pub struct Error(Box<Repr>);

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    path: String,
    position: Option<Position>,
    detail: Cow<'static, str>,
    others: Vec<Error>,
    source: Option<hygea_fhir_model::Error>,
}

/// What went wrong. The numbers are stable and shared with the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// A template or message is not JSON, or breaks a limit of the JSON reader.
    Json = 500,
    /// `templateType` is absent or names no template of this place.
    UnknownTemplateType = 501,
    /// A member that the template does not define.
    UnknownMember = 502,
    /// A member that the template requires is absent.
    MissingMember = 503,
    /// A member holds another JSON type than the template wants.
    WrongType = 504,
    /// A member's value is outside its set: a language, a period, a kind of value.
    InvalidValue = 505,
    /// Two FHIR templates stand for the same `typeName`.
    DuplicateTemplate = 506,
    /// An expression breaks the grammar of its language.
    ExpressionSyntax = 507,
    /// An expression calls a function that its language lacks.
    UnknownFunction = 508,
    /// An expression calls a function with another number of arguments.
    WrongArity = 509,
    /// The root of a message is no JSON object.
    NotAnObject = 510,
    /// An expression failed on this message: a function got a value of another type, a number overflowed.
    Evaluation = 511,
    /// An expression that must select one value selected several.
    SeveralValues = 512,
    /// A required value is absent, null or blank.
    MissingValue = 513,
    /// A selected value does not convert to what the field needs.
    Incompatible = 514,
    /// An expression used up its steps or results.
    Budget = 515,
    /// An input is over a limit of size or count.
    TooLarge = 516,
    /// A value of a device template that the FHIR template of its type does not write.
    UnusedValue = 517,
    /// No FHIR template stands for the type of a measurement.
    TemplateNotFound = 520,
    /// The FHIR template's period is none that observations can be grouped by.
    UnsupportedPeriod = 521,
    /// The FHIR template groups by correlation, and the measurement has no correlation id.
    CorrelationIdNotDefined = 522,
    /// A Quantity needs exactly one decimal value in its group.
    InvalidQuantity = 523,
    /// SampledData cannot be built: its period, its number of slots, or a value that would break the series.
    InvalidSamples = 524,
    /// The existing Observation holds a value of another type than the template writes.
    ValueTypeMismatch = 525,
    /// The existing Observation's effective time is no period or instant, or cannot be read.
    UnsupportedEffective = 526,
    /// A device must be created, and the message names no patient.
    PatientNotDefined = 530,
    /// No device has this identifier, and the mode does not create one.
    DeviceNotFound = 531,
    /// Several devices have this identifier.
    SeveralDevices = 532,
    /// The device refers to no patient, or not by a relative reference.
    PatientNotFound = 533,
    /// Several patients have this identifier.
    SeveralPatients = 534,
    /// The device belongs to another patient than the message says.
    PatientDeviceMismatch = 535,
    /// The message names an encounter that does not exist, or the mode wants one and none is named.
    EncounterNotFound = 536,
    /// Several encounters have this identifier.
    SeveralEncounters = 537,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Repr {
            kind,
            path: String::new(),
            position: None,
            detail: detail.into(),
            others: Vec::new(),
            source: None,
        }))
    }

    /// A failure of the JSON reader.
    pub(crate) fn json(source: hygea_fhir_model::Error) -> Self {
        let (path, position) = (source.path().to_owned(), source.position());
        let detail = source.detail().to_owned();
        let mut error = Self::new(ErrorKind::Json, detail);
        error.0.path = path;
        error.0.position = position;
        error.0.source = Some(source);
        error
    }

    pub(crate) fn at(mut self, path: impl Into<String>, position: Option<Position>) -> Self {
        self.0.path = path.into();
        self.0.position = position;
        self
    }

    /// The first of `errors`, with the rest as [`Error::others`].
    pub(crate) fn all(errors: Vec<Self>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let mut first = errors.next()?;
        first.0.others.extend(errors);
        Some(first)
    }

    /// The same failure again: an expression that was found broken when the template was read fails on each message.
    pub(crate) fn repeat(&self) -> Self {
        let mut error = Self::new(self.0.kind, self.0.detail.clone());
        error.0.path.clone_from(&self.0.path);
        error.0.position = self.0.position;
        error
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The member of the template concerned, such as `template[2].template.values[0].valueExpression`, or the
    /// path in a message; empty for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Where in the text of the template (or of the message, if it was not JSON).
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// What was wanted, in words.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The further failures of a mapping that was read whole: one bad template hides no other.
    #[must_use]
    pub fn others(&self) -> &[Self] {
        &self.0.others
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)?;
        if !self.0.path.is_empty() {
            write!(f, ", at {}", self.0.path)?;
        }
        if let Some(position) = self.0.position {
            write!(f, ", {position}")?;
        }
        if !self.0.others.is_empty() {
            write!(f, " (and {} more)", self.0.others.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
