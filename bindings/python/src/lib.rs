//! The native half of the Python package `hygea`: one class a subject, no logic of its own.
//!
//! Every call that may take longer than some microseconds gives up the interpreter's lock; a panic inside becomes an
//! exception, so that no input ends the interpreter.

mod convert;
mod engine;
mod errors;
mod fhir;

use pyo3::prelude::*;

/// The module `hygea._native`.
#[pymodule(gil_used = false)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<engine::Response>()?;
    module.add_class::<fhir::Resource>()?;
    module.add_function(wrap_pyfunction!(fhir::parse, module)?)?;
    module.add_function(wrap_pyfunction!(fhir::validate, module)?)?;
    errors::add(module)
}
