//! `hygea.iomt`: device messages to measurements and Observations.

use crate::convert::value_to_python;
use crate::errors::{HygeaError, detached, iomt as mapping_error, parse as parse_error};
use crate::fhir::{Resource, json_text};
use crate::search::now;
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::Version;
use hygea_iomt_mapper::{
    Change, Error, Event, Expression, Found, Language, Measurement, Mode, Needed, Resolution,
    default_device_mapping, default_fhir_mapping,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyList};

/// A device mapping and a FHIR mapping, compiled; it may be used from any number of threads.
#[pyclass(frozen, module = "hygea.iomt")]
pub(crate) struct Mapper {
    mapper: hygea_iomt_mapper::Mapper,
}

#[pymethods]
impl Mapper {
    /// Reads both mappings: bytes, str or dict; without one, the default mapping. A mapping with mistakes raises
    /// ParseError with all of them in `.issues`, each with its member, line and column.
    #[new]
    #[pyo3(signature = (device=None, fhir=None, mode="compat"))]
    fn new(
        py: Python<'_>,
        device: Option<&Bound<'_, PyAny>>,
        fhir: Option<&Bound<'_, PyAny>>,
        mode: &str,
    ) -> PyResult<Self> {
        let mode: Mode = mode.parse().map_err(|error| mapping_error(py, &error))?;
        let text = |given: Option<&Bound<'_, PyAny>>, default: &str| match given {
            Some(given) => json_text(py, given),
            None => Ok(default.to_owned()),
        };
        let device = text(device, default_device_mapping())?;
        let fhir = text(fhir, default_fhir_mapping())?;
        let mapper =
            detached(py, || hygea_iomt_mapper::Mapper::new(device.as_bytes(), fhir.as_bytes(), mode))?;
        Ok(Self { mapper: mapper.map_err(|error| mapping_error(py, &error))? })
    }

    /// The measurements of one message, which is the root that expressions see: dicts with members in PascalCase.
    fn normalize<'py>(&self, py: Python<'py>, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let text = json_text(py, event)?;
        let made = detached(py, || {
            let event = Event::from_root(text.as_bytes(), self.mapper.mode())?;
            self.measurements(&event)
        })?;
        listed(py, &made.map_err(|error| mapping_error(py, &error))?)
    }

    /// The measurements of many messages, a list for each, in their order. A message that cannot be normalised raises
    /// an error that names its place, and none is given back.
    fn normalize_many<'py>(
        &self,
        py: Python<'py>,
        events: Vec<PyBackedBytes>,
    ) -> PyResult<Bound<'py, PyList>> {
        let made = detached(py, || {
            let each = events.iter().enumerate().map(|(place, bytes)| {
                let event = Event::from_root(bytes, self.mapper.mode()).map_err(|error| (place, error))?;
                self.measurements(&event).map_err(|error| (place, error))
            });
            each.collect::<Result<Vec<_>, _>>()
        })?;
        let made = made.map_err(|(place, error)| numbered(py, place, &error))?;
        let lists: PyResult<Vec<_>> = made.iter().map(|measurements| listed(py, measurements)).collect();
        PyList::new(py, lists?)
    }

    /// The Observations of a batch of messages, as if neither they nor their Devices and Patients existed yet.
    fn observations<'py>(
        &self,
        py: Python<'py>,
        events: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let texts: PyResult<Vec<_>> = events.iter().map(|event| json_text(py, event)).collect();
        let (texts, present) = (texts?, now()?);
        let made = detached(py, || {
            let mut all = Vec::new();
            for (place, text) in texts.iter().enumerate() {
                let event = Event::from_root(text.as_bytes(), self.mapper.mode());
                let found = event.and_then(|event| self.measurements(&event));
                all.extend(found.map_err(|error| (Some(place), error))?);
            }
            let grouping = self.mapper.group(&all);
            if let Some(failure) = grouping.failures.into_iter().next() {
                return Err((None, failure.error));
            }
            let each = grouping.groups.iter().map(|group| {
                let needed = Needed::of(group, Resolution::Create, None, self.mapper.mode());
                let resolved = needed.resolve(&Found::default())?;
                match self.mapper.observation(group, &resolved, None, present)? {
                    Change::Create(value) | Change::Update(value) => Ok(Some(value.to_json())),
                    _ => Ok(None),
                }
            });
            each.collect::<Result<Vec<_>, Error>>().map_err(|error| (None, error))
        })?;
        let made = made.map_err(|(place, error)| match place {
            Some(place) => numbered(py, place, &error),
            None => mapping_error(py, &error),
        })?;
        let list = PyList::empty(py);
        for text in made.into_iter().flatten() {
            let document = Document::from_text(text).map_err(|error| parse_error(py, &error))?;
            list.append(Bound::new(py, Resource::new(document, Version::R4))?)?;
        }
        Ok(list)
    }

    /// Whose rules are followed: `compat` or `strict`.
    #[getter]
    fn mode(&self) -> &'static str {
        match self.mapper.mode() {
            Mode::Compat => "compat",
            Mode::Strict => "strict",
        }
    }

    /// What is allowed in the mappings and is most likely a mistake, in words.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.mapper.warnings().iter().map(ToString::to_string).collect()
    }

    fn __repr__(&self) -> String {
        format!(
            "Mapper({} device templates, {} FHIR templates, mode={:?})",
            self.mapper.device_mapping().templates().len(),
            self.mapper.fhir_mapping().templates().len(),
            self.mode()
        )
    }
}

impl Mapper {
    fn measurements(&self, event: &Event) -> Result<Vec<Measurement<'static>>, Error> {
        let mut found = Vec::new();
        self.mapper.normalize(event.root(), &mut found)?;
        Ok(found.into_iter().map(Measurement::into_owned).collect())
    }
}

/// What an expression selects from a message, for finding out why a template does not match.
#[pyfunction]
#[pyo3(signature = (expr, event, language="JsonPath", mode="compat"))]
pub(crate) fn evaluate_device_expression<'py>(
    py: Python<'py>,
    expr: &str,
    event: &Bound<'py, PyAny>,
    language: &str,
    mode: &str,
) -> PyResult<Bound<'py, PyList>> {
    let text = json_text(py, event)?;
    let found = detached(py, || {
        let (language, mode) = (language.parse::<Language>()?, mode.parse::<Mode>()?);
        let event = Event::from_root(text.as_bytes(), mode)?;
        Expression::compile(expr, language)?.evaluate(event.root(), mode)
    })?;
    let found = found.map_err(|error| mapping_error(py, &error))?;
    let values: PyResult<Vec<_>> =
        found.iter().map(|selected| value_to_python(py, &selected.value)).collect();
    PyList::new(py, values?)
}

/// The mappings that a connector has unless others are given: device mapping and FHIR mapping as JSON text.
#[pyfunction]
pub(crate) fn default_mappings() -> (&'static str, &'static str) {
    (default_device_mapping(), default_fhir_mapping())
}

fn numbered(py: Python<'_>, place: usize, error: &Error) -> PyErr {
    let raised = mapping_error(py, error);
    let message = format!("message {place}: {error}");
    match raised.value(py).setattr("args", (message,)) {
        Ok(()) => raised,
        Err(_) => HygeaError::new_err(error.to_string()),
    }
}

fn listed<'py>(py: Python<'py>, measurements: &[Measurement<'_>]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for measurement in measurements {
        list.append(dict(py, measurement)?)?;
    }
    Ok(list)
}

/// A measurement as the reference writes it, what is absent left out.
fn dict<'py>(py: Python<'py>, measurement: &Measurement<'_>) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    all.set_item(intern!(py, "Type"), &*measurement.type_name)?;
    all.set_item(intern!(py, "OccurrenceTimeUtc"), measurement.occurrence_time.to_string())?;
    if let Some(time) = measurement.ingestion_time {
        all.set_item(intern!(py, "IngestionTimeUtc"), time.to_string())?;
    }
    all.set_item(intern!(py, "DeviceId"), &*measurement.device_id)?;
    for (name, id) in [
        (intern!(py, "PatientId"), &measurement.patient_id),
        (intern!(py, "EncounterId"), &measurement.encounter_id),
        (intern!(py, "CorrelationId"), &measurement.correlation_id),
    ] {
        if let Some(id) = id {
            all.set_item(name, &**id)?;
        }
    }
    let properties = PyList::empty(py);
    for property in &measurement.properties {
        let entry = PyDict::new(py);
        entry.set_item(intern!(py, "Name"), &*property.name)?;
        entry.set_item(intern!(py, "Value"), &*property.value)?;
        properties.append(entry)?;
    }
    all.set_item(intern!(py, "Properties"), properties)?;
    Ok(all)
}
