//! The one place where a failure becomes a status and a body: OperationOutcome for FHIR, an error object for the rest.
//!
//! Status codes follow FHIR's RESTful API (<https://hl7.org/fhir/R4/http.html#Status-Codes>) and PS3.18; issue codes are
//! those of <https://hl7.org/fhir/R4/valueset-issue-type.html>. No message quotes a value out of a body.

use crate::response::Response;
use hygea_fhir_model::json::{Object, Value, Writer};
use std::fmt;

/// A failure of the engine or of one request.
#[derive(Debug)]
pub struct Error(Box<Repr>);

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    issues: Vec<Issue>,
    /// The version of the tombstone, for the ETag of a 410.
    version: Option<u64>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// A code of FHIR's issue types.
    pub code: &'static str,
    /// What was wanted, in words that help; never a value out of a body.
    pub diagnostics: String,
    /// The element concerned, as a FHIRPath.
    pub expression: Option<String>,
    /// Where in the input, in words.
    pub location: Option<String>,
}

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The request was not carried out.
    Error,
    /// The request was carried out, but perhaps not as meant.
    Warning,
    /// Nothing is wrong.
    Information,
}

impl Severity {
    /// The code of FHIR's issue severities.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal => $status:literal, $code:literal;)*) => {
        /// What went wrong. The numbers are stable and shared with the C library.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum ErrorKind {
            $($(#[$doc])* $name = $number,)*
        }

        impl ErrorKind {
            /// The HTTP status that answers it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The issue type that FHIR has for it.
            #[must_use]
            pub fn issue_code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

kinds! {
    /// The request itself is wrong: its path, query or headers.
    BadRequest = 800 => 400, "invalid";
    /// The body is not the text that its media type says.
    BadBody = 801 => 400, "structure";
    /// The body is a resource that breaks the rules of its type.
    InvalidResource = 802 => 400, "invariant";
    /// The body breaks a rule of this service.
    Unprocessable = 803 => 422, "processing";
    /// Nothing is there.
    NotFound = 804 => 404, "not-found";
    /// It was there and has been deleted.
    Gone = 805 => 410, "deleted";
    /// The version of FHIR has no such resource type.
    UnknownType = 806 => 404, "not-supported";
    /// The method is not for this address.
    MethodNotAllowed = 807 => 405, "not-supported";
    /// No form of the answer that the caller accepts.
    NotAcceptable = 808 => 406, "not-supported";
    /// A form of the body that the service does not read.
    UnsupportedMediaType = 809 => 415, "not-supported";
    /// The body has more bytes than the limit.
    TooLarge = 810 => 413, "too-long";
    /// The state does not allow it.
    Conflict = 811 => 409, "conflict";
    /// A version or a condition that the caller named does not hold.
    PreconditionFailed = 812 => 412, "conflict";
    /// A condition meets several resources.
    MultipleMatches = 813 => 412, "multiple-matches";
    /// No token, or one that does not hold.
    Unauthorized = 814 => 401, "login";
    /// The caller may not.
    Forbidden = 815 => 403, "forbidden";
    /// A search parameter, modifier or operation that the service does not know.
    NotSupported = 816 => 400, "not-supported";
    /// The request took longer than it may.
    Timeout = 817 => 408, "timeout";
    /// Too many requests at once.
    Throttled = 818 => 429, "throttled";
    /// The disk is full.
    StorageFull = 819 => 507, "no-store";
    /// The storage does not answer as it should.
    Storage = 820 => 500, "exception";
    /// The service is closing.
    Closing = 821 => 503, "transient";
    /// A bundle refers to what it does not hold.
    BrokenReference = 822 => 400, "not-found";
    /// The same resource stands twice in one transaction.
    Duplicate = 823 => 400, "duplicate";
    /// The search would cost more than the budget.
    TooCostly = 824 => 400, "too-costly";
}

impl Error {
    /// A failure with one issue.
    pub fn new(kind: ErrorKind, diagnostics: impl Into<String>) -> Self {
        Self(Box::new(Repr { kind, issues: vec![Issue::of(kind, diagnostics)], version: None, source: None }))
    }

    /// A failure with several issues.
    pub fn with_issues(kind: ErrorKind, issues: Vec<Issue>) -> Self {
        Self(Box::new(Repr { kind, issues, version: None, source: None }))
    }

    /// Names the element concerned.
    #[must_use]
    pub fn at(mut self, expression: impl Into<String>) -> Self {
        let expression = expression.into();
        if !expression.is_empty() {
            for issue in &mut self.0.issues {
                issue.expression = Some(match issue.expression.take() {
                    Some(inner) if inner.starts_with('[') => format!("{expression}{inner}"),
                    Some(inner) => format!("{expression}.{inner}"),
                    None => expression.clone(),
                });
            }
        }
        self
    }

    /// Names the place in the input.
    #[must_use]
    pub fn located(mut self, location: Option<impl fmt::Display>) -> Self {
        if let (Some(location), Some(issue)) = (location, self.0.issues.first_mut()) {
            issue.location = Some(location.to_string());
        }
        self
    }

    /// Names the version that is deleted.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.0.version = Some(version);
        self
    }

    /// Keeps the failure beneath.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.kind.status()
    }

    /// What is wrong, one by one.
    #[must_use]
    pub fn issues(&self) -> &[Issue] {
        &self.0.issues
    }

    /// The failure as an OperationOutcome.
    #[must_use]
    pub fn outcome(&self) -> Value {
        outcome(&self.0.issues)
    }

    /// The answer to a FHIR request.
    #[must_use]
    pub(crate) fn into_fhir(self) -> Response {
        let mut response = self.headers(Response::new(self.status()));
        if let Some(version) = self.0.version {
            response = response.header("etag", format!("W/\"{version}\""));
        }
        response.body(FHIR_JSON, self.outcome().to_json().into_bytes())
    }

    /// The answer to any other request: `{"error": {"code", "message", "details"}}`.
    #[must_use]
    pub(crate) fn into_plain(self) -> Response {
        let response = self.headers(Response::new(self.status()));
        let details: Vec<Value> = self
            .0
            .issues
            .iter()
            .map(|issue| {
                Object::new()
                    .with("code", issue.code)
                    .with_some("target", issue.expression.clone())
                    .with_some("location", issue.location.clone())
                    .with("message", issue.diagnostics.clone())
                    .into()
            })
            .collect();
        let error = Object::new()
            .with("code", format!("{:?}", self.kind()))
            .with("message", self.to_string())
            .with("details", details);
        response.body(JSON, Value::from(Object::new().with("error", error)).to_json().into_bytes())
    }

    fn headers(&self, response: Response) -> Response {
        match self.kind() {
            ErrorKind::Unauthorized => response.header("www-authenticate", "Bearer"),
            ErrorKind::Throttled | ErrorKind::Closing => response.header("retry-after", "1"),
            _ => response,
        }
    }
}

/// The media type of FHIR's JSON.
pub(crate) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";
/// The media type of other JSON.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// An OperationOutcome of some issues.
pub(crate) fn outcome(issues: &[Issue]) -> Value {
    let issues: Vec<Value> = issues.iter().map(Issue::to_value).collect();
    Object::new().with("resourceType", "OperationOutcome").with("issue", issues).into()
}

impl Issue {
    /// The issue of a failure.
    pub fn of(kind: ErrorKind, diagnostics: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: kind.issue_code(),
            diagnostics: diagnostics.into(),
            expression: None,
            location: None,
        }
    }

    /// The issue as it stands in an OperationOutcome.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Object::new()
            .with("severity", self.severity.code())
            .with("code", self.code)
            .with(
                "diagnostics",
                match &self.location {
                    Some(location) => format!("{} ({location})", self.diagnostics),
                    None => self.diagnostics.clone(),
                },
            )
            .with_some("expression", self.expression.clone().map(|expression| vec![Value::from(expression)]))
            .into()
    }

    /// Writes the issue as an OperationOutcome of its own.
    pub fn write_outcome(&self, writer: &mut Writer) {
        outcome(std::slice::from_ref(self)).write(writer);
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.0.issues.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&issue.diagnostics)?;
            if let Some(expression) = &issue.expression {
                write!(f, ", at {expression}")?;
            }
            if let Some(location) = &issue.location {
                write!(f, ", {location}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

/// A document that is not what it should be.
impl From<hygea_fhir_model::Error> for Error {
    fn from(error: hygea_fhir_model::Error) -> Self {
        use hygea_fhir_model::ErrorKind as Model;
        let kind = match error.kind() {
            Model::TooLarge => ErrorKind::TooLarge,
            Model::Syntax | Model::Encoding | Model::TooDeep | Model::DuplicateKey => ErrorKind::BadBody,
            _ => ErrorKind::InvalidResource,
        };
        Self::new(kind, error.detail()).at(error.path()).located(error.position()).because(error)
    }
}

/// A store that refused or failed.
impl From<hygea_store::Error> for Error {
    fn from(error: hygea_store::Error) -> Self {
        use hygea_store::ErrorKind as Store;
        let (kind, detail) = match error.kind() {
            Store::Conflict => {
                (ErrorKind::PreconditionFailed, "the resource is not in the version that the request expects")
            }
            Store::GuardFailed => {
                (ErrorKind::PreconditionFailed, "the condition of the request does not hold any more")
            }
            Store::Full => (ErrorKind::StorageFull, "the disk is full; nothing was written"),
            Store::TooLarge => (ErrorKind::TooLarge, "the request is over a limit of the storage"),
            Store::Cursor => {
                (ErrorKind::BadRequest, "the cursor of the page is damaged or belongs to another search")
            }
            Store::Invalid => (ErrorKind::BadRequest, "the condition contradicts itself"),
            Store::Closed => (ErrorKind::Closing, "the service is closing"),
            Store::ReadOnly => {
                (ErrorKind::StorageFull, "the storage may not be written; nothing was written")
            }
            _ => (ErrorKind::Storage, "the storage failed; the log of the server says how"),
        };
        Self::new(kind, detail).because(error)
    }
}

/// A body that could not be taken.
impl From<crate::request::BodyFault> for Error {
    fn from(fault: crate::request::BodyFault) -> Self {
        use crate::request::BodyFault;
        match fault {
            BodyFault::TooLarge { limit } => {
                Self::new(ErrorKind::TooLarge, format!("the body has more than {limit} bytes"))
            }
            BodyFault::Broken => Self::new(ErrorKind::BadBody, "the body broke off"),
        }
    }
}

/// DICOM, its multipart bodies, media types and queries.
#[cfg(feature = "dicom")]
impl From<hygea_dicom::Error> for Error {
    fn from(error: hygea_dicom::Error) -> Self {
        use hygea_dicom::ErrorKind as Dicom;
        let kind = match error.kind() {
            Dicom::NotAcceptable => ErrorKind::NotAcceptable,
            Dicom::UnsupportedMediaType => ErrorKind::UnsupportedMediaType,
            Dicom::TooLarge | Dicom::TooManyParts | Dicom::TooManyElements | Dicom::TooDeep => {
                ErrorKind::TooLarge
            }
            Dicom::UnsupportedParameter | Dicom::UnsupportedMatching | Dicom::UnknownAttribute => {
                ErrorKind::NotSupported
            }
            Dicom::InvalidParameter
            | Dicom::DuplicateParameter
            | Dicom::InvalidMediaType
            | Dicom::InvalidUid => ErrorKind::BadRequest,
            Dicom::MissingBoundary
            | Dicom::MalformedMultipart
            | Dicom::TruncatedMultipart
            | Dicom::NotDicom
            | Dicom::Truncated
            | Dicom::MalformedDataSet
            | Dicom::InflateFailed
            | Dicom::JsonSyntax
            | Dicom::JsonModel => ErrorKind::BadBody,
            _ => ErrorKind::Unprocessable,
        };
        let place = error.parameter().map(str::to_owned).or_else(|| error.path().map(ToString::to_string));
        let byte = error.position().map(|byte| format!("byte {byte}"));
        Self::new(kind, error.detail()).at(place.unwrap_or_default()).located(byte).because(error)
    }
}

/// A query that cannot be carried out, or a resource that cannot be indexed.
#[cfg(feature = "fhir")]
impl From<hygea_fhir_search::Error> for Error {
    fn from(error: hygea_fhir_search::Error) -> Self {
        use hygea_fhir_search::ErrorKind as Search;
        let kind = match error.kind() {
            Search::NotAResource | Search::Evaluation => ErrorKind::InvalidResource,
            Search::TooLarge => ErrorKind::TooCostly,
            Search::UnknownParameter | Search::UnsupportedParameter | Search::UnsupportedModifier => {
                ErrorKind::NotSupported
            }
            Search::UnknownResourceType => ErrorKind::UnknownType,
            _ => ErrorKind::BadRequest,
        };
        let issues = error.issues().map(|issue| Issue::of(kind, issue.to_string())).collect();
        Self::with_issues(kind, issues).because(error)
    }
}
