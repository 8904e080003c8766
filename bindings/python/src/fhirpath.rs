//! `hygea.fhirpath` and `Resource.path`: expressions, and the items that they give as Python values.
//!
//! Dates, times and quantities become objects of `hygea._values`, whose `str()` is the text that FHIRPath gives them.

use crate::convert::{decimal, to_json, to_python};
use crate::errors::{HygeaError, detached, fhirpath as path_error, parse as parse_error};
use crate::fhir::{Resource, parse, schema, version};
use crate::search::now;
use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::schema::{Schema, TypeDef};
use hygea_fhirpath::{Collection, Date, DateTime, Environment, Item, Options, Quantity, Time, Unit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString, PyTuple};
use std::borrow::Cow;

/// A compiled expression; it may be used from any number of threads.
#[pyclass(frozen, module = "hygea.fhirpath")]
pub(crate) struct Expression {
    expression: hygea_fhirpath::Expression,
}

impl Expression {
    pub(crate) fn new(
        py: Python<'_>,
        text: &str,
        schema: &'static Schema,
        strict_for: Option<&'static TypeDef>,
    ) -> PyResult<Self> {
        let options = match strict_for {
            Some(context) => Options::default().context(context).strict(true),
            None => Options::default(),
        };
        let compiled = detached(py, || hygea_fhirpath::Expression::compile_with(text, schema, options))?;
        let expression = compiled.map_err(|error| path_error(py, &error, true))?;
        Ok(Self { expression })
    }

    pub(crate) fn run<'py>(
        &self,
        py: Python<'py>,
        resource: &Bound<'py, Resource>,
        variables: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let schema = self.expression.schema();
        let given = variables.map(|variables| Given::read(py, variables)).transpose()?.unwrap_or_default();
        let root = resource.get().root();
        let mut environment = Environment::new();
        if let Some(now) = DateTime::parse(&now()?.to_string()) {
            environment = environment.now(now);
        }
        for (name, items) in &given {
            let items: PyResult<Collection<'_>> = items.iter().map(|item| item.item(schema)).collect();
            environment = environment.variables(name.as_str(), items?);
        }
        let context = JsonElement::resource(root, schema);
        let found = detached(py, || self.expression.evaluate(context, &environment))?;
        let found = found.map_err(|error| path_error(py, &error, false))?;
        let list = PyList::empty(py);
        for item in found.iter() {
            list.append(python(py, item, resource)?)?;
        }
        Ok(list)
    }
}

#[pymethods]
impl Expression {
    /// What the expression gives on a resource, which may be a Resource, bytes, str or dict.
    #[pyo3(signature = (res, env=None))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        res: &Bound<'py, PyAny>,
        env: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let resource = resource(py, res, self.expression.schema().version().name())?;
        self.run(py, &resource, env)
    }

    /// The text that was compiled.
    #[getter]
    fn text(&self) -> &str {
        self.expression.text()
    }

    fn __repr__(&self) -> String {
        format!("Expression({:?})", self.expression.text())
    }
}

/// Compiles an expression once for many resources.
#[pyfunction]
#[pyo3(signature = (expr, version="R4"))]
pub(crate) fn compile(py: Python<'_>, expr: &str, version: &str) -> PyResult<Expression> {
    Expression::new(py, expr, schema(self::version(version)?)?, None)
}

/// What an expression gives on a resource. `env` holds variables (`%name`); `strict` refuses what the resource's type
/// can never have.
#[pyfunction]
#[pyo3(signature = (expr, res, env=None, strict=false))]
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    expr: &str,
    res: &Bound<'py, PyAny>,
    env: Option<&Bound<'py, PyDict>>,
    strict: bool,
) -> PyResult<Bound<'py, PyList>> {
    let resource = resource(py, res, "R4")?;
    let schema = schema(resource.get().version())?;
    let context = resource.get().root().get("resourceType").and_then(Node::as_str);
    let context = context.and_then(|name| schema.resource(name)).filter(|_| strict);
    Expression::new(py, expr, schema, context)?.run(py, &resource, env)
}

/// The resource that an argument is, or that it holds.
pub(crate) fn resource<'py>(
    py: Python<'py>,
    given: &Bound<'py, PyAny>,
    version: &str,
) -> PyResult<Bound<'py, Resource>> {
    match given.cast::<Resource>() {
        Ok(resource) => Ok(resource.clone()),
        Err(_) => Bound::new(py, parse(py, given, version, false)?),
    }
}

/// A variable as Rust has it; documents are kept while the expression runs.
enum Given {
    Document(Document<'static>),
    Item(Item<'static>),
}

impl Given {
    fn read(py: Python<'_>, variables: &Bound<'_, PyDict>) -> PyResult<Vec<(String, Vec<Self>)>> {
        let mut all = Vec::with_capacity(variables.len());
        for (name, value) in variables {
            let name = name.cast::<PyString>().map_err(|_| HygeaError::new_err("names are strings"))?;
            let items = if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
                value.try_iter()?.map(|item| Self::of(py, &item?)).collect::<PyResult<_>>()?
            } else if value.is_none() {
                Vec::new()
            } else {
                vec![Self::of(py, &value)?]
            };
            all.push((name.to_str()?.trim_start_matches('%').to_owned(), items));
        }
        Ok(all)
    }

    fn of(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let kind = value.get_type();
        let kind = kind.name()?;
        let text = || -> PyResult<String> { Ok(value.str()?.to_str()?.to_owned()) };
        let item = if let Ok(flag) = value.cast::<PyBool>() {
            Some(Item::Boolean(flag.is_true()))
        } else if value.is_instance_of::<PyInt>() {
            let whole = value.extract::<i64>().ok();
            whole.map(|whole| i32::try_from(whole).map_or(Item::Long(whole), Item::Integer))
        } else if value.is_instance_of::<PyString>() {
            let text = text()?;
            match kind.to_str()? {
                "Date" => Date::parse(&text).map(Item::Date),
                "DateTime" => DateTime::parse(&text).map(Item::DateTime),
                "Time" => Time::parse(&text).map(Item::Time),
                _ => Some(Item::String(Cow::Owned(text))),
            }
        } else if let Ok(resource) = value.cast::<Resource>() {
            let text = resource.get().root().raw().to_owned();
            return Document::from_text(text).map(Self::Document).map_err(|error| parse_error(py, &error));
        } else {
            match kind.to_str()? {
                "Quantity" => Quantity::parse(&text()?).map(Item::from),
                "Decimal" | "float" => text()?.parse().ok().map(Item::Decimal),
                _ if value.is_instance_of::<PyDict>() => {
                    let document = Document::from_text(to_json(value)?);
                    return document.map(Self::Document).map_err(|error| parse_error(py, &error));
                }
                _ => None,
            }
        };
        item.map(Self::Item)
            .ok_or_else(|| HygeaError::new_err(format!("a {kind} is no value that FHIRPath knows")))
    }

    fn item(&self, schema: &'static Schema) -> PyResult<Item<'_>> {
        Ok(match self {
            Self::Document(document) => Item::Element(JsonElement::resource(document.root(), schema).into()),
            Self::Item(item) => item.clone(),
        })
    }
}

/// An item as Python has it: complex elements as dict, resources as Resource.
fn python<'py>(
    py: Python<'py>,
    item: &Item<'_>,
    resource: &Bound<'py, Resource>,
) -> PyResult<Bound<'py, PyAny>> {
    let element = item.element().and_then(hygea_fhirpath::Node::json);
    let node = element.and_then(JsonElement::node);
    let Some(value) = item.to_value() else {
        return match (item, node) {
            (Item::Type(kind), _) => Ok(PyString::new(py, &kind.to_string()).into_any()),
            (_, Some(node)) if node.span() == resource.get().root().span() && is_resource(node) => {
                Ok(resource.clone().into_any())
            }
            (_, Some(node)) if is_resource(node) => {
                let document = Document::from_text(node.raw().to_owned());
                let document = document.map_err(|error| parse_error(py, &error))?;
                Ok(Bound::new(py, Resource::new(document, resource.get().version()))?.into_any())
            }
            (_, Some(node)) => to_python(py, node),
            // A primitive that has extensions and no value.
            (_, None) => match element.and_then(JsonElement::extra) {
                Some(extra) => to_python(py, extra),
                None => Ok(py.None().into_bound(py)),
            },
        };
    };
    match &value {
        Item::Boolean(flag) => Ok(PyBool::new(py, *flag).to_owned().into_any()),
        Item::Integer(whole) => Ok(whole.into_pyobject(py)?.into_any()),
        Item::Long(whole) => Ok(whole.into_pyobject(py)?.into_any()),
        // The digits of the data count, also those that the language's decimals do not keep.
        Item::Decimal(found) => match node.and_then(Node::as_number) {
            Some(text) => decimal(py, text),
            None => decimal(py, &found.to_string()),
        },
        Item::String(text) => Ok(PyString::new(py, text).into_any()),
        Item::Date(_) => values(py, "Date")?.call1((value.to_text(),)),
        Item::DateTime(_) => values(py, "DateTime")?.call1((value.to_text(),)),
        Item::Time(_) => values(py, "Time")?.call1((value.to_text(),)),
        Item::Quantity(quantity) => {
            let members = match node {
                Some(node) => to_python(py, node)?,
                None => computed(py, quantity)?.into_any(),
            };
            values(py, "Quantity")?.call1((value.to_text(), members))
        }
        _ => Ok(py.None().into_bound(py)),
    }
}

fn is_resource(node: Node<'_>) -> bool {
    node.get("resourceType").is_some()
}

/// The members of a quantity that stands in no resource.
fn computed<'py>(py: Python<'py>, quantity: &Quantity) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    members.set_item("value", decimal(py, &quantity.value.to_string())?)?;
    match &quantity.unit {
        Unit::Ucum(code) => {
            members.set_item("unit", &**code)?;
            members.set_item("system", "http://unitsofmeasure.org")?;
            members.set_item("code", &**code)?;
        }
        Unit::Calendar(unit) => members.set_item("unit", unit.name())?,
    }
    Ok(members)
}

/// A class of `hygea._values`.
fn values<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("hygea._values")?.getattr(name)
}
