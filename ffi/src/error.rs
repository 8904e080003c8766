//! The detail of a failure: number, words, OperationOutcome.

use crate::entry::answer;
use crate::pointer::free;
use crate::status::{HYGEA_E_PANIC, HYGEA_E_POISONED, HYGEA_OK, hygea_status};
use crate::text::hygea_str;
use hygea_fhir_model::json::Document;
use hygea_fhir_model::validate::Issue as ModelIssue;
use hygea_service::{Error, ErrorKind, Issue, Severity};

/// What went wrong in a call.
///
/// A call that fails creates one and puts it into `*err` if `err` is not NULL; the host frees it by
/// `hygea_error_free`. A call that succeeds leaves `*err` as it is. An error never changes and may be read by any
/// number of threads at once. It never quotes a value out of a document: messages name places and rules.
#[derive(Debug)]
pub struct hygea_error {
    status: hygea_status,
    message: String,
    outcome: String,
}

/// An error on its way to the host.
pub(crate) type Failure = Box<hygea_error>;

impl hygea_error {
    /// A failure of the border itself.
    pub(crate) fn own(status: hygea_status, message: impl Into<String>) -> Failure {
        let kind = match status {
            HYGEA_E_PANIC | HYGEA_E_POISONED => ErrorKind::Storage,
            _ => ErrorKind::BadRequest,
        };
        Self::with_outcome(status, &Error::new(kind, message))
    }

    /// A failure with the number of the crate that it comes from, told as the service tells it.
    pub(crate) fn with_outcome(status: hygea_status, error: &Error) -> Failure {
        let mut message = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !message.contains(&cause_text) {
                message.push_str(": ");
                message.push_str(&cause_text);
            }
            source = cause.source();
        }
        Box::new(Self { status, message, outcome: error.outcome().to_json() })
    }

    /// The same failure, naming the message of a batch that it is about; places count from 0.
    pub(crate) fn of_message(mut self: Box<Self>, place: usize) -> Failure {
        self.message = format!("messages[{place}]: {}", self.message);
        self
    }

    pub(crate) const fn status(&self) -> hygea_status {
        self.status
    }
}

/// A failure of the service; where a store is its cause, with the store's number, which says more.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let cause =
            std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<hygea_store::Error>());
        let status = cause.map_or(error.kind() as hygea_status, |store| store.kind() as hygea_status);
        hygea_error::with_outcome(status, &error)
    }
}

impl hygea_error {
    /// The faults of one resource, with the number of the first.
    pub(crate) fn of_issues(issues: &[ModelIssue], document: &Document<'_>) -> Failure {
        let status = issues.first().map_or(HYGEA_OK, |issue| issue.kind() as hygea_status);
        let told = issues.iter().map(|issue| Issue {
            severity: Severity::Error,
            code: issue.code(),
            diagnostics: issue.detail().to_owned(),
            expression: Some(issue.expression().to_owned()),
            location: Some(document.position(issue.offset()).to_string()),
        });
        Self::with_outcome(status, &Error::with_issues(ErrorKind::InvalidResource, told.collect()))
    }
}

impl From<hygea_fhir_model::Error> for Failure {
    fn from(error: hygea_fhir_model::Error) -> Self {
        hygea_error::with_outcome(error.kind() as hygea_status, &Error::from(error))
    }
}

impl From<hygea_store::Error> for Failure {
    fn from(error: hygea_store::Error) -> Self {
        hygea_error::with_outcome(error.kind() as hygea_status, &Error::from(error))
    }
}

impl From<hygea_dicom::Error> for Failure {
    fn from(error: hygea_dicom::Error) -> Self {
        let status = error.kind() as hygea_status;
        hygea_error::with_outcome(status, &Error::new(ErrorKind::BadBody, error.to_string()))
    }
}

impl From<hygea_fhirpath::Error> for Failure {
    fn from(error: hygea_fhirpath::Error) -> Self {
        let status = error.kind() as hygea_status;
        hygea_error::with_outcome(status, &Error::new(ErrorKind::BadRequest, error.to_string()))
    }
}

impl From<hygea_fhir_search::Error> for Failure {
    fn from(error: hygea_fhir_search::Error) -> Self {
        hygea_error::with_outcome(error.kind() as hygea_status, &Error::from(error))
    }
}

impl From<hygea_iomt_mapper::Error> for Failure {
    fn from(error: hygea_iomt_mapper::Error) -> Self {
        let status = error.kind() as hygea_status;
        let issues = std::iter::once(&error).chain(error.others()).map(|error| Issue {
            severity: Severity::Error,
            code: ErrorKind::Unprocessable.issue_code(),
            diagnostics: error.detail().to_owned(),
            expression: Some(error.path().to_owned()).filter(|path| !path.is_empty()),
            location: error.position().map(|position| position.to_string()),
        });
        hygea_error::with_outcome(status, &Error::with_issues(ErrorKind::Unprocessable, issues.collect()))
    }
}

/// The number of the failure, the same that the call returned; `HYGEA_OK` for NULL.
///
/// # Safety
/// `error` is NULL or an error that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_error_code(error: *const hygea_error) -> hygea_status {
    // SAFETY: the caller's promise.
    answer(HYGEA_OK, || Some(unsafe { error.as_ref() }?.status))
}

/// What went wrong, in English, for logs and developers. Valid until the error is freed; `{NULL, 0}` for NULL.
///
/// # Safety
/// `error` is NULL or an error that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_error_message(error: *const hygea_error) -> hygea_str {
    // SAFETY: the caller's promise.
    answer(hygea_str::NONE, || Some(hygea_str::of(&unsafe { error.as_ref() }?.message)))
}

/// The failure as the JSON of a FHIR OperationOutcome. Valid until the error is freed; `{NULL, 0}` for NULL.
///
/// # Safety
/// `error` is NULL or an error that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_error_outcome(error: *const hygea_error) -> hygea_str {
    // SAFETY: the caller's promise.
    answer(hygea_str::NONE, || Some(hygea_str::of(&unsafe { error.as_ref() }?.outcome)))
}

/// Frees an error. NULL is allowed.
///
/// # Safety
/// `error` is NULL or an error that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_error_free(error: *mut hygea_error) {
    // SAFETY: the caller's promise.
    unsafe { free(error) };
}
