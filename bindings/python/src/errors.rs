//! Exceptions: a tree below `HygeaError`, with built-in errors mixed in where Python programmers look for them.

use hygea_fhir_model::Error as ModelError;
use hygea_service::{Error as ServiceError, ErrorKind};
use pyo3::exceptions::{PyException, PyNotImplementedError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};
use std::panic::{AssertUnwindSafe, catch_unwind};

pyo3::create_exception!(hygea, HygeaError, PyException, "The root of all exceptions of this package.");
pyo3::create_exception!(
    hygea,
    RequestError,
    HygeaError,
    "A service refused a request; `.status` and `.outcome` say why."
);
pyo3::create_exception!(
    hygea,
    MappingError,
    HygeaError,
    "Device messages could not be mapped; `.issues` says which and why, `.result` is what the others gave."
);

/// An exception below `HygeaError` that is also a built-in one.
struct Mixed {
    name: &'static str,
    doc: &'static str,
    class: PyOnceLock<Py<PyType>>,
}

static PARSE: Mixed = Mixed {
    name: "ParseError",
    doc: "A text, file or expression is not what it should be; `.issues` says where. Also a ValueError.",
    class: PyOnceLock::new(),
};
static STORE: Mixed = Mixed {
    name: "StoreError",
    doc: "The storage refused or failed. Also an OSError.",
    class: PyOnceLock::new(),
};
static UNSUPPORTED: Mixed = Mixed {
    name: "UnsupportedError",
    doc: "The input is sound, but this version cannot do what was asked. Also a NotImplementedError.",
    class: PyOnceLock::new(),
};

impl Mixed {
    fn class<'py, Other: pyo3::PyTypeInfo>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        let class = self.class.get_or_try_init(py, || {
            let bases = PyTuple::new(py, [py.get_type::<HygeaError>(), py.get_type::<Other>()])?;
            let members = PyDict::new(py);
            members.set_item("__module__", "hygea")?;
            members.set_item("__doc__", self.doc)?;
            let class = py.get_type::<PyType>().call1((self.name, bases, members))?;
            Ok::<_, PyErr>(class.cast_into::<PyType>()?.unbind())
        })?;
        Ok(class.bind(py))
    }

    fn error<Other: pyo3::PyTypeInfo>(&self, py: Python<'_>, message: String) -> PyErr {
        match self.class::<Other>(py) {
            Ok(class) => PyErr::from_type(class.clone(), (message,)),
            Err(error) => error,
        }
    }
}

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("HygeaError", py.get_type::<HygeaError>())?;
    module.add("RequestError", py.get_type::<RequestError>())?;
    module.add("MappingError", py.get_type::<MappingError>())?;
    module.add("ParseError", PARSE.class::<PyValueError>(py)?)?;
    module.add("StoreError", STORE.class::<PyOSError>(py)?)?;
    module.add("UnsupportedError", UNSUPPORTED.class::<PyNotImplementedError>(py)?)
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

/// A `ParseError` with the list of what is wrong.
pub(crate) fn with_issues(py: Python<'_>, message: String, issues: Vec<Bound<'_, PyDict>>) -> PyErr {
    let error = PARSE.error::<PyValueError>(py, message);
    let attached = PyList::new(py, issues).and_then(|issues| error.value(py).setattr("issues", issues));
    match attached {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// A `ParseError` about one place.
pub(crate) fn at_place(py: Python<'_>, message: String, code: &str, place: &str, detail: &str) -> PyErr {
    match issue(py, "error", code, place, detail) {
        Ok(issue) => with_issues(py, message, vec![issue]),
        Err(other) => other,
    }
}

/// What the model found wrong with a text.
pub(crate) fn parse(py: Python<'_>, error: &ModelError) -> PyErr {
    at_place(py, error.to_string(), "structure", error.path(), error.detail())
}

/// What FHIRPath found wrong: a `ParseError` where the expression is, a `HygeaError` where its evaluation failed.
pub(crate) fn fhirpath(py: Python<'_>, error: &hygea_fhirpath::Error, compiling: bool) -> PyErr {
    if !compiling {
        return HygeaError::new_err(error.to_string());
    }
    let place = error.position().map(|place| place.to_string()).unwrap_or_default();
    at_place(py, error.to_string(), "invalid", &place, error.detail())
}

/// What is wrong with a query.
pub(crate) fn search(py: Python<'_>, error: &hygea_fhir_search::Error) -> PyErr {
    let issues: PyResult<Vec<_>> =
        error.issues().map(|fault| issue(py, "error", "invalid", &fault.parameter, &fault.rule)).collect();
    match issues {
        Ok(issues) => with_issues(py, error.to_string(), issues),
        Err(other) => other,
    }
}

/// What is wrong with a DICOM file.
pub(crate) fn dicom(py: Python<'_>, error: &hygea_dicom::Error) -> PyErr {
    let place = error.path().map(ToString::to_string).unwrap_or_default();
    at_place(py, error.to_string(), "structure", &place, error.detail())
}

/// What is wrong with a mapping, each mistake by member, line and column.
pub(crate) fn mapping(py: Python<'_>, error: &hygea_iomt_mapper::Error) -> PyErr {
    let issues: PyResult<Vec<_>> = std::iter::once(error)
        .chain(error.others())
        .map(|fault| issue(py, "error", "invalid", fault.path(), &detail(fault)))
        .collect();
    match issues {
        Ok(issues) => with_issues(py, error.to_string(), issues),
        Err(other) => other,
    }
}

/// Messages that could not be mapped: each failure with the place of its message, if it is one message's.
pub(crate) fn unmapped<'py>(
    py: Python<'py>,
    failures: &[(Option<usize>, hygea_iomt_mapper::Error)],
    result: Bound<'py, PyList>,
) -> PyErr {
    let place =
        |message: &Option<usize>| message.map(|place| format!("message {place}: ")).unwrap_or_default();
    let issues: PyResult<Vec<_>> = failures
        .iter()
        .map(|(message, fault)| {
            issue(py, "error", "processing", fault.path(), &format!("{}{}", place(message), detail(fault)))
        })
        .collect();
    let text = failures.first().map(|(message, fault)| match failures.len() {
        1 => format!("{}{fault}", place(message)),
        all => format!("{}{fault} (and {} more)", place(message), all - 1),
    });
    let error = MappingError::new_err(text.unwrap_or_default());
    let value = error.value(py);
    let attached = issues.and_then(|issues| {
        value.setattr("issues", PyList::new(py, issues)?)?;
        value.setattr("result", result)
    });
    match attached {
        Ok(()) => error,
        Err(other) => other,
    }
}

fn detail(fault: &hygea_iomt_mapper::Error) -> String {
    let place = fault.position().map(|place| format!(", {place}")).unwrap_or_default();
    format!("{}{place}", fault.detail())
}

/// What this version cannot do.
pub(crate) fn unsupported(py: Python<'_>, message: &str) -> PyErr {
    UNSUPPORTED.error::<PyNotImplementedError>(py, message.to_owned())
}

/// What the engine could not do.
pub(crate) fn service(py: Python<'_>, error: &ServiceError) -> PyErr {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(beneath) = source {
        message.push_str(": ");
        message.push_str(&beneath.to_string());
        source = beneath.source();
    }
    match error.kind() {
        ErrorKind::Storage | ErrorKind::StorageFull | ErrorKind::Closing => {
            STORE.error::<PyOSError>(py, message)
        }
        _ => HygeaError::new_err(message),
    }
}
