//! JSON trees to Python values and back. Numbers become `int` or `decimal.Decimal`, so that no digit is lost.

use crate::errors::{HygeaError, parse};
use hygea_fhir_model::json::{Document, Kind, Node, Object, Value};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// Deeper values are refused, as everywhere.
const MAX_DEPTH: usize = 128;

static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// `decimal.Decimal` of a text.
pub(crate) fn decimal<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let class =
        DECIMAL.get_or_try_init(py, || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.unbind()))?;
    // Decimal raises an error of its own where an exponent has more digits than it can hold.
    class.bind(py).call1((text,)).map_err(|_| HygeaError::new_err("a number is beyond what Decimal holds"))
}

/// A number of JSON as int, or as Decimal where it has a fraction or an exponent.
pub(crate) fn number<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    // "-0" keeps its sign as a Decimal; Python reads no int of more than 4,300 digits.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.len() <= 4_000 && digits.bytes().all(|byte| byte.is_ascii_digit()) && text != "-0";
    match text.parse::<i64>() {
        Ok(value) if whole => Ok(value.into_pyobject(py)?.into_any()),
        Err(_) if whole => py.get_type::<PyInt>().call1((text,)),
        _ => decimal(py, text),
    }
}

/// A value of a document as Python has it.
pub(crate) fn to_python<'py>(py: Python<'py>, node: Node<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match node.kind() {
        Kind::Null => py.None().into_bound(py),
        Kind::Bool => PyBool::new(py, node.as_bool() == Some(true)).to_owned().into_any(),
        Kind::String => PyString::new(py, node.as_str().unwrap_or_default()).into_any(),
        Kind::Number => number(py, node.raw())?,
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

/// A value of the owned tree as Python has it.
pub(crate) fn value_to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Number(text) => number(py, text)?,
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let items = items.iter().map(|item| value_to_python(py, item));
            PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        Value::Object(object) => {
            let dict = PyDict::new(py);
            for (name, member) in object.iter() {
                dict.set_item(name, value_to_python(py, member)?)?;
            }
            dict.into_any()
        }
        Value::Raw(text) => {
            let document = Document::parse(text.as_bytes()).map_err(|error| parse(py, &error))?;
            to_python(py, document.root())?
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
        return Ok(Value::String(self::text(text)?));
    }
    if value.is_instance_of::<PyInt>() {
        // A subclass may have a `__str__` of its own, and Python writes no int of more than 4,300 digits.
        return match value.extract::<i64>() {
            Ok(whole) => Ok(Value::Number(whole.to_string().into())),
            Err(_) => written(value),
        };
    }
    if value.is_instance_of::<PyFloat>() || value.get_type().name()?.to_str()? == "Decimal" {
        return written(value);
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let mut object = Object::new();
        for (name, member) in dict {
            let name =
                name.cast::<PyString>().map_err(|_| HygeaError::new_err("member names are strings"))?;
            object.insert(self::text(name)?, to_value(&member, depth + 1)?);
        }
        return Ok(object.into());
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter()?.map(|item| to_value(&item?, depth + 1));
        return Ok(Value::Array(items.collect::<PyResult<_>>()?));
    }
    Err(HygeaError::new_err(format!("a {} has no JSON form", value.get_type().name()?)))
}

/// The text of a string; half a surrogate pair has no UTF-8.
fn text(text: &Bound<'_, PyString>) -> PyResult<String> {
    match text.to_str() {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(HygeaError::new_err("a string is not Unicode text")),
    }
}

/// The text of a number as JSON has numbers: `1E+2` and `1e+16` are legal, `NaN` and `Infinity` are not.
fn written(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    let refused = || HygeaError::new_err("a number has no JSON form");
    let text = value.str().map_err(|_| refused())?;
    let text = text.to_str()?;
    let legal = Document::parse(text.as_bytes()).is_ok_and(|text| text.root().kind() == Kind::Number);
    if legal { Ok(Value::Number(text.trim().into())) } else { Err(refused()) }
}
