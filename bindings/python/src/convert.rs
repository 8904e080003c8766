//! JSON trees to Python values and back. Numbers become `int` or `decimal.Decimal`, so that no digit is lost.

use crate::errors::HygeaError;
use hygea_fhir_model::json::{Kind, Node, Object, Value};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// Deeper values are refused, as everywhere.
const MAX_DEPTH: usize = 128;

static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// `decimal.Decimal` of a text.
pub(crate) fn decimal<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let class = DECIMAL.get_or_try_init(py, || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.unbind()))?;
    class.bind(py).call1((text,))
}

/// A value of a document as Python has it.
pub(crate) fn to_python<'py>(py: Python<'py>, node: Node<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match node.kind() {
        Kind::Null => py.None().into_bound(py),
        Kind::Bool => PyBool::new(py, node.as_bool() == Some(true)).to_owned().into_any(),
        Kind::String => PyString::new(py, node.as_str().unwrap_or_default()).into_any(),
        Kind::Number => {
            let text = node.raw();
            match text.parse::<i64>() {
                // "-0" and the like keep their text as a Decimal.
                Ok(value) if value.to_string() == text => value.into_pyobject(py)?.into_any(),
                _ => decimal(py, text)?,
            }
        }
        Kind::Array => {
            let list = PyList::empty(py);
            for item in node.items() {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Kind::Object => {
            let dict = PyDict::new(py);
            for (name, value) in node.members() {
                dict.set_item(name, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// A Python value as JSON text.
pub(crate) fn to_json(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(to_value(value, 0)?.to_json())
}

fn to_value(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > MAX_DEPTH {
        return Err(HygeaError::new_err(format!("the value is nested deeper than {MAX_DEPTH} levels")));
    }
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::String(text.to_str()?.to_owned()));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(Value::Number(value.str()?.to_str()?.into()));
    }
    if value.is_instance_of::<PyFloat>() || value.get_type().name()?.to_str()? == "Decimal" {
        return number(value.str()?.to_str()?);
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let mut object = Object::new();
        for (name, member) in dict {
            let name = name.cast::<PyString>().map_err(|_| HygeaError::new_err("member names are strings"))?;
            object.insert(name.to_str()?, to_value(&member, depth + 1)?);
        }
        return Ok(object.into());
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter()?.map(|item| to_value(&item?, depth + 1));
        return Ok(Value::Array(items.collect::<PyResult<_>>()?));
    }
    Err(HygeaError::new_err(format!("a {} has no JSON form", value.get_type().name()?)))
}

/// The text of a float or Decimal as JSON has numbers: `1E+2` and `1e+16` are legal, `NaN` and `Infinity` are not.
fn number(text: &str) -> PyResult<Value> {
    let legal = hygea_fhir_model::json::Document::parse(text.as_bytes()).is_ok_and(|text| text.root().kind() == Kind::Number);
    if legal { Ok(Value::Number(text.into())) } else { Err(HygeaError::new_err("the number has no JSON form")) }
}
