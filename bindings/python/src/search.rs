//! `hygea.search`: whether a resource matches a query, told without an index.

use crate::errors::{HygeaError, detached, search as search_error};
use crate::fhirpath::resource as resource_of;
use hygea_fhir_search::{ExtractOptions, Matcher, Options, Parameters, Query};
use hygea_iomt_mapper::Timestamp;
use pyo3::prelude::*;
use std::time::{SystemTime, UNIX_EPOCH};

/// Whether a resource matches a search, as a server would answer it. The resource may be a Resource, bytes, str or
/// dict; chains lead nowhere.
#[pyfunction]
pub(crate) fn matches(
    py: Python<'_>,
    resource_type: &str,
    query: &str,
    resource: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    let resource = resource_of(py, resource, "R4")?;
    let (resource, present) = (resource.get(), now()?.unix_millis().saturating_mul(1_000));
    let told = detached(py, || {
        let parameters = Parameters::of(resource.version())?;
        let options = Options { now: Some(present), ..Options::default() };
        let query = Query::parse(resource_type, query, parameters, &options)?;
        Matcher::new(parameters, ExtractOptions::default()).matches(&query, resource.root())
    })?;
    told.map_err(|error| search_error(py, &error))
}

/// The present by the machine's clock.
pub(crate) fn now() -> PyResult<Timestamp> {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let millis = passed.and_then(|passed| i64::try_from(passed.as_millis()).ok());
    let present = millis.and_then(Timestamp::from_unix_millis);
    present.ok_or_else(|| HygeaError::new_err("the machine's clock is not set"))
}
