//! Exceptions: a tree below `HygeaError`, with built-in errors mixed in where Python programmers look for them.

use hygea_fhir_model::Error as ModelError;
use hygea_service::{Error as ServiceError, ErrorKind};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::panic::{AssertUnwindSafe, catch_unwind};

pyo3::create_exception!(hygea, HygeaError, PyException, "The root of all exceptions of this package.");
pyo3::create_exception!(hygea, ParseError, HygeaError, "A text or file is not what it should be; `.issues` says where.");
pyo3::create_exception!(hygea, StoreError, HygeaError, "The storage refused or failed.");
pyo3::create_exception!(hygea, RequestError, HygeaError, "A service refused a request; `.status` and `.outcome` say why.");

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("HygeaError", py.get_type::<HygeaError>())?;
    module.add("ParseError", py.get_type::<ParseError>())?;
    module.add("StoreError", py.get_type::<StoreError>())?;
    module.add("RequestError", py.get_type::<RequestError>())
}

/// Runs `work` without the interpreter's lock; a panic becomes an exception.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let caught = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    caught.map_err(|_| HygeaError::new_err("an internal fault ended the call; please report it"))
}

/// One thing that is wrong, as Python sees it.
pub(crate) fn issue<'py>(
    py: Python<'py>,
    severity: &str,
    code: &str,
    expression: &str,
    diagnostics: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let issue = PyDict::new(py);
    issue.set_item("severity", severity)?;
    issue.set_item("code", code)?;
    issue.set_item("expression", expression)?;
    issue.set_item("diagnostics", diagnostics)?;
    Ok(issue)
}

/// An exception with the list of what is wrong.
pub(crate) fn with_issues(py: Python<'_>, message: String, issues: Vec<Bound<'_, PyDict>>) -> PyErr {
    let error = ParseError::new_err(message);
    let attached = PyList::new(py, issues).and_then(|issues| error.value(py).setattr("issues", issues));
    match attached {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// What the model found wrong with a text.
pub(crate) fn parse(py: Python<'_>, error: &ModelError) -> PyErr {
    match issue(py, "error", "structure", error.path(), error.detail()) {
        Ok(issue) => with_issues(py, error.to_string(), vec![issue]),
        Err(other) => other,
    }
}

/// What the engine could not do.
pub(crate) fn service(error: &ServiceError) -> PyErr {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(beneath) = source {
        message.push_str(": ");
        message.push_str(&beneath.to_string());
        source = beneath.source();
    }
    match error.kind() {
        ErrorKind::Storage | ErrorKind::StorageFull | ErrorKind::Closing => StoreError::new_err(message),
        _ => HygeaError::new_err(message),
    }
}
