//! `hygea.fhir`: resources as lossless texts that can be asked.

use crate::convert::{to_json, to_python};
use crate::errors::{HygeaError, at_place, detached, issue, parse as parse_error, unsupported, with_issues};
use crate::fhirpath::Expression;
use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate as rules;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyList, PyString};

/// A FHIR resource: the text it came from and what is asked of it.
#[pyclass(frozen, module = "hygea.fhir")]
pub(crate) struct Resource {
    document: Document<'static>,
    version: Version,
}

impl Resource {
    pub(crate) fn new(document: Document<'static>, version: Version) -> Self {
        Self { document, version }
    }

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

    /// What a FHIRPath expression gives on the resource.
    fn path<'py>(slf: &Bound<'py, Self>, expr: &str) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        Expression::new(py, expr, schema(slf.get().version)?, None)?.run(py, slf, None)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match self.root().get(name) {
            Some(value) => to_python(py, value),
            None => Err(pyo3::exceptions::PyKeyError::new_err(name.to_owned())),
        }
    }

    /// The value of a member, or `default` without one.
    #[pyo3(signature = (name, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.root().get(name) {
            Some(value) => to_python(py, value),
            None => Ok(default.unwrap_or_else(|| py.None().into_bound(py))),
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

/// The JSON text in bytes, str, dict or list.
pub(crate) fn json_text(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = data.cast::<PyString>() {
        let text = text.to_str().map_err(|_| HygeaError::new_err("the str is not Unicode text"))?;
        return Ok(text.to_owned());
    }
    if data.is_instance_of::<PyDict>() || data.is_instance_of::<PyList>() {
        return to_json(data);
    }
    if let Ok(bytes) = data.extract::<PyBackedBytes>() {
        return match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let place = format!("byte {}", error.valid_up_to());
                let message = format!("the bytes are not UTF-8, {place}");
                Err(at_place(py, message, "structure", "", &format!("UTF-8 was wanted, {place}")))
            }
        };
    }
    Err(HygeaError::new_err("bytes, str or dict were wanted"))
}

/// Reads a resource from JSON: bytes, str or dict. `strict` also holds it against the rules of its type.
#[pyfunction]
#[pyo3(signature = (data, version="R4", strict=false))]
pub(crate) fn parse(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    version: &str,
    strict: bool,
) -> PyResult<Resource> {
    let version = self::version(version)?;
    let text = match data.cast::<Resource>() {
        Ok(resource) => resource.get().document.text().to_owned(),
        Err(_) => json_text(py, data)?,
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if text.trim_start().starts_with('<') {
        return Err(unsupported(py, "XML is not read yet; give JSON"));
    }
    let document = detached(py, || Document::from_text(text))?.map_err(|error| parse_error(py, &error))?;
    let kind = document.root().get("resourceType").and_then(Node::as_str).unwrap_or_default();
    if schema(version)?.resource(kind).is_none() {
        let detail = "resourceType must name a resource type of this version";
        return Err(at_place(py, detail.to_owned(), "structure", "resourceType", detail));
    }
    let resource = Resource { document, version };
    if strict {
        let issues = issues(py, &resource)?;
        if !issues.is_empty() {
            let message = format!("the resource breaks {} rules of its type", issues.len());
            return Err(with_issues(py, message, issues));
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
    let found = detached(py, || rules::structure(&resource.document, schema))?;
    found.iter().map(|fault| issue(py, "error", fault.code(), fault.expression(), fault.detail())).collect()
}
