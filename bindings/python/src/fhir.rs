//! `hygea.fhir`: resources as lossless texts that can be asked.

use crate::convert::{to_json, to_python};
use crate::errors::{HygeaError, detached, issue, parse as parse_error, with_issues};
use hygea_fhir_model::json::{Document, Node, Options, Value};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

/// A FHIR resource: the text it came from and what is asked of it.
#[pyclass(frozen, module = "hygea.fhir")]
pub(crate) struct Resource {
    document: Document<'static>,
    version: Version,
}

impl Resource {
    pub(crate) fn root(&self) -> Node<'_> {
        self.document.root()
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.root().get(member).and_then(Node::as_str)
    }
}

#[pymethods]
impl Resource {
    /// The resource type.
    #[getter]
    fn resource_type(&self) -> &str {
        self.text("resourceType").unwrap_or_default()
    }

    /// The id, if it has one.
    #[getter]
    fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// The version of FHIR: `R4`.
    #[getter]
    fn fhir_version(&self) -> &'static str {
        self.version.name()
    }

    /// The resource as JSON text: every member in its order, every number with its digits.
    fn to_json(&self) -> String {
        self.root().to_value().to_json()
    }

    /// The resource as a dict, with numbers as int or Decimal.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, self.root())
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match self.root().get(name) {
            Some(value) => to_python(py, value),
            None => Err(pyo3::exceptions::PyKeyError::new_err(name.to_owned())),
        }
    }

    fn __contains__(&self, name: &str) -> bool {
        self.root().get(name).is_some()
    }

    fn __repr__(&self) -> String {
        format!("Resource({}/{})", self.resource_type(), self.id().unwrap_or("?"))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.version == other.version && self.root().to_value() == other.root().to_value()
    }
}

/// The version of a name such as `R4`.
pub(crate) fn version(name: &str) -> PyResult<Version> {
    let versions = [Version::Dstu2, Version::Stu3, Version::R4, Version::R4B, Version::R5];
    let found = versions.into_iter().find(|version| version.name().eq_ignore_ascii_case(name));
    let served = found.filter(|version| Schema::of(*version).is_some());
    served.ok_or_else(|| HygeaError::new_err("this build knows FHIR R4"))
}

pub(crate) fn schema(version: Version) -> PyResult<&'static Schema> {
    Schema::of(version).ok_or_else(|| HygeaError::new_err("this build does not know this version of FHIR"))
}

/// Reads a resource from JSON: bytes, str or dict.
#[pyfunction]
#[pyo3(signature = (data, version="R4", strict=false))]
pub(crate) fn parse(py: Python<'_>, data: &Bound<'_, PyAny>, version: &str, strict: bool) -> PyResult<Resource> {
    let version = self::version(version)?;
    let text = if let Ok(bytes) = data.cast::<PyBytes>() {
        String::from_utf8(bytes.as_bytes().to_vec()).map_err(|_| HygeaError::new_err("the bytes are not UTF-8"))?
    } else if let Ok(text) = data.cast::<PyString>() {
        text.to_str()?.to_owned()
    } else if data.is_instance_of::<PyDict>() {
        to_json(data)?
    } else if let Ok(resource) = data.cast::<Resource>() {
        resource.get().document.text().to_owned()
    } else {
        return Err(HygeaError::new_err("a resource is read from bytes, str or dict"));
    };
    if text.trim_start().starts_with('<') {
        return Err(HygeaError::new_err("XML is not read yet; give JSON"));
    }
    let document = detached(py, || {
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Document::from_text(text)
    })?;
    let document = document.map_err(|error| parse_error(py, &error))?;
    let schema = schema(version)?;
    let kind = document.root().get("resourceType").and_then(Node::as_str).unwrap_or_default();
    if schema.resource(kind).is_none() {
        let detail = "resourceType must name a resource type of this version";
        return Err(with_issues(py, detail.to_owned(), vec![issue(py, "error", "structure", "resourceType", detail)?]));
    }
    let resource = Resource { document, version };
    if strict {
        let issues = issues(py, &resource)?;
        let errors: Vec<_> = issues
            .into_iter()
            .filter(|issue| issue.get_item("severity").ok().flatten().is_some_and(|s| s.eq("error").unwrap_or(false)))
            .collect();
        if !errors.is_empty() {
            return Err(with_issues(py, format!("the resource breaks {} rules of its type", errors.len()), errors));
        }
    }
    Ok(resource)
}

/// What breaks the rules of the resource's type: a list of issues, each a dict.
#[pyfunction]
pub(crate) fn validate<'py>(py: Python<'py>, resource: &Resource) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, issues(py, resource)?)
}

fn issues<'py>(py: Python<'py>, resource: &Resource) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let schema = schema(resource.version)?;
    let found = detached(py, || validate::structure(resource.root(), schema))?;
    found
        .iter()
        .map(|fault| {
            let severity = if fault.is_error() { "error" } else { "warning" };
            issue(py, severity, fault.code(), fault.expression(), fault.detail())
        })
        .collect()
}
