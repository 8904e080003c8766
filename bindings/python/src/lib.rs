//! The native half of the Python package `hygea`: one class a subject, no logic of its own.
//!
//! Every call that may take longer than some microseconds gives up the interpreter's lock; a panic inside becomes an
//! exception, so that no input ends the interpreter.

mod convert;
mod dicom;
mod engine;
mod errors;
mod fhir;
mod fhirpath;
mod frames;
mod iomt;
mod search;

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
    module.add_class::<fhirpath::Expression>()?;
    module.add_function(wrap_pyfunction!(fhirpath::compile, module)?)?;
    module.add_function(wrap_pyfunction!(fhirpath::evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(search::matches, module)?)?;
    module.add_class::<dicom::DataSet>()?;
    module.add_class::<dicom::Frames>()?;
    module.add_function(wrap_pyfunction!(dicom::read, module)?)?;
    module.add_class::<iomt::Mapper>()?;
    module.add_function(wrap_pyfunction!(iomt::evaluate_device_expression, module)?)?;
    module.add_function(wrap_pyfunction!(iomt::default_mappings, module)?)?;
    errors::add(module)
}
