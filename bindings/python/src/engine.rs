//! `Engine`: the services of all workspaces in one folder.

use crate::errors::{HygeaError, detached, service};
use hygea_service::{Call, FolderStorage, Headers, MemoryStorage, Method, Options, Request};
use hygea_store_sqlite::SqliteStores;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;

/// All services of all workspaces over one folder of files.
#[pyclass(frozen, module = "hygea")]
pub(crate) struct Engine {
    engine: hygea_service::Engine,
}

/// The answer to one request.
#[pyclass(frozen, module = "hygea")]
pub(crate) struct Response {
    #[pyo3(get)]
    status: u16,
    headers: Vec<(String, String)>,
    body: Py<PyBytes>,
}

#[pymethods]
impl Engine {
    /// Opens the engine in a folder, which is made if absent; without a folder everything is in memory.
    #[staticmethod]
    #[pyo3(signature = (path=None, *, dev=false))]
    fn open(py: Python<'_>, path: Option<PathBuf>, dev: bool) -> PyResult<Self> {
        let options = if dev { Options::development() } else { Options::default() };
        let engine = detached(py, || match path {
            None => hygea_service::Engine::open(MemoryStorage::new(), options),
            Some(path) => {
                let stores = SqliteStores::open(path.join("stores"))?;
                hygea_service::Engine::open(FolderStorage::new(stores, path.join("blobs")), options)
            }
        })?;
        Ok(Self { engine: engine.map_err(|error| service(py, &error))? })
    }

    /// Answers one request.
    #[pyo3(signature = (method, target, headers=None, body=None))]
    fn handle(
        &self,
        py: Python<'_>,
        method: &str,
        target: &str,
        headers: Option<&Bound<'_, PyDict>>,
        body: Option<&[u8]>,
    ) -> PyResult<Response> {
        let method =
            Method::parse(method).ok_or_else(|| HygeaError::new_err("no service answers this method"))?;
        let mut fields = Headers::new();
        for (name, value) in headers.into_iter().flatten() {
            fields.add(&name.extract::<String>()?, value.extract::<String>()?);
        }
        let body = body.unwrap_or_default();
        let answered = detached(py, || {
            let request = Request::new(method, target).with_headers(fields).body(body);
            let response = self.engine.handle(&Call::new(), request);
            let (status, headers) = (response.status(), response.headers().clone());
            response.into_bytes().map(|bytes| (status, headers, bytes))
        })?;
        let (status, headers, bytes) = answered?;
        Ok(Response {
            status,
            headers: headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: PyBytes::new(py, &bytes).unbind(),
        })
    }

    /// Writes what is queued and closes all stores.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || self.engine.close())?.map_err(|error| service(py, &error))
    }
}

#[pymethods]
impl Response {
    /// The headers, names in lower case; values of a name that stands several times are joined by commas.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let headers = PyDict::new(py);
        for (name, value) in &self.headers {
            let value = match headers.get_item(name)? {
                Some(earlier) => format!("{}, {value}", earlier.extract::<String>()?),
                None => value.clone(),
            };
            headers.set_item(name, value)?;
        }
        Ok(headers)
    }

    /// The bytes of the body.
    #[getter]
    fn body(&self, py: Python<'_>) -> Py<PyBytes> {
        self.body.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("Response(status={}, {} bytes)", self.status, self.body.bind(py).as_bytes().len())
    }
}
