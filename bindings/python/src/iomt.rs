//! `hygea.iomt`: device messages to measurements and Observations.

use crate::convert::value_to_python;
use crate::errors::{HygeaError, detached, mapping as mapping_error, parse as parse_error, unmapped};
use crate::fhir::{Resource, json_text};
use crate::search::now;
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::Version;
use hygea_iomt_mapper::{
    Change, Error, Event, Expression, Found, Language, Measurement, Mode, Needed, Resolution, Timestamp,
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
    /// A message that cannot be read raises MappingError, with the measurements before the fault in `.result`.
    fn normalize<'py>(&self, py: Python<'py>, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let text = json_text(py, event)?;
        let (measurements, failure) = detached(py, || self.measurements(text.as_bytes()))?;
        let list = listed(py, &measurements)?;
        match failure {
            None => Ok(list),
            Some(failure) => Err(unmapped(py, &[(None, failure)], list)),
        }
    }

    /// The measurements of many messages, a list for each, in their order. Where messages cannot be read, MappingError
    /// names their places in `.issues` and has all lists in `.result`.
    fn normalize_many<'py>(
        &self,
        py: Python<'py>,
        events: Vec<PyBackedBytes>,
    ) -> PyResult<Bound<'py, PyList>> {
        let made = detached(py, || events.iter().map(|bytes| self.measurements(bytes)).collect::<Vec<_>>())?;
        let (lists, mut failures) = (PyList::empty(py), Vec::new());
        for (place, (measurements, failure)) in made.into_iter().enumerate() {
            lists.append(listed(py, &measurements)?)?;
            failures.extend(failure.map(|failure| (Some(place), failure)));
        }
        if failures.is_empty() { Ok(lists) } else { Err(unmapped(py, &failures, lists)) }
    }

    /// The Observations of a batch of messages, as if neither they nor their Devices and Patients existed yet. What
    /// cannot be mapped raises MappingError; the Observations of all the rest are in its `.result`.
    fn observations<'py>(
        &self,
        py: Python<'py>,
        events: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let texts: PyResult<Vec<_>> = events.iter().map(|event| json_text(py, event)).collect();
        let (texts, present) = (texts?, now()?);
        let (made, failures) = detached(py, || self.batch(&texts, present))?;
        let list = PyList::empty(py);
        for text in made {
            let document = Document::from_text(text).map_err(|error| parse_error(py, &error))?;
            list.append(Bound::new(py, Resource::new(document, Version::R4))?)?;
        }
        if failures.is_empty() { Ok(list) } else { Err(unmapped(py, &failures, list)) }
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
    /// The measurements of a message, and what ended its reading.
    fn measurements(&self, json: &[u8]) -> (Vec<Measurement<'static>>, Option<Error>) {
        let event = match Event::from_root(json, self.mapper.mode()) {
            Ok(event) => event,
            Err(error) => return (Vec::new(), Some(error)),
        };
        let mut found = Vec::new();
        let failure = self.mapper.normalize(event.root(), &mut found).err();
        (found.into_iter().map(Measurement::into_owned).collect(), failure)
    }

    /// The Observations of a batch as JSON, and the failures with the places of their messages.
    fn batch(&self, texts: &[String], present: Timestamp) -> (Vec<String>, Vec<(Option<usize>, Error)>) {
        let (mut all, mut sources, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for (place, text) in texts.iter().enumerate() {
            let (found, failure) = self.measurements(text.as_bytes());
            all.extend(found);
            sources.resize(all.len(), place);
            failures.extend(failure.map(|failure| (Some(place), failure)));
        }
        let source = |measurements: &[usize]| sources.get(*measurements.first()?).copied();
        let grouping = self.mapper.group(&all);
        for failure in grouping.failures {
            failures.push((source(&failure.measurements), failure.error));
        }
        let mut made = Vec::with_capacity(grouping.groups.len());
        for group in &grouping.groups {
            let needed = Needed::of(group, Resolution::Create, None, self.mapper.mode());
            let change = needed
                .resolve(&Found::default())
                .and_then(|resolved| self.mapper.observation(group, &resolved, None, present));
            match change {
                Ok(Change::Create(value) | Change::Update(value)) => made.push(value.to_json()),
                Ok(_) => {}
                Err(error) => failures.push((source(group.measurements()), error)),
            }
        }
        (made, failures)
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
    let read = detached(py, || {
        let (language, mode) = (language.parse::<Language>()?, mode.parse::<Mode>()?);
        Ok((Expression::compile(expr, language)?, Event::from_root(text.as_bytes(), mode)?, mode))
    })?;
    let (expression, event, mode) = read.map_err(|error| mapping_error(py, &error))?;
    let found = detached(py, || expression.evaluate(event.root(), mode))?;
    let found = found.map_err(|error| HygeaError::new_err(error.to_string()))?;
    let values: PyResult<Vec<_>> =
        found.iter().map(|selected| value_to_python(py, &selected.value)).collect();
    PyList::new(py, values?)
}

/// The mappings that a connector has unless others are given: device mapping and FHIR mapping as JSON text.
#[pyfunction]
pub(crate) fn default_mappings() -> (&'static str, &'static str) {
    (default_device_mapping(), default_fhir_mapping())
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
