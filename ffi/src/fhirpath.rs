//! FHIRPath: expressions compiled once and evaluated on resources.

use crate::entry::{entry, ok};
use crate::error::{Failure, hygea_error};
use crate::pointer::{Out, free, shared};
use crate::resource::{hygea_resource, schema};
use crate::rows::hygea_rows;
use crate::status::{HYGEA_E_ARGUMENT, hygea_status};
use crate::text::hygea_str;
use ::hygea_fhirpath::{DateTime, Environment, Expression, Item};
use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::{Node, Object, Value};

/// A compiled expression. It never changes, so that any number of threads may use it at once.
#[derive(Debug)]
pub struct hygea_fhirpath {
    expression: Expression,
}

impl hygea_fhirpath {
    fn compile(text: &str, version: u32) -> Result<Self, Failure> {
        Ok(Self { expression: Expression::compile(text, schema(version)?)? })
    }

    fn evaluate(&self, resource: &hygea_resource, now: &str) -> Result<hygea_rows, Failure> {
        let mut environment = Environment::new();
        if !now.is_empty() {
            let wanted = || hygea_error::own(HYGEA_E_ARGUMENT, "now is to be a FHIR instant or empty");
            environment = environment.now(DateTime::parse(now).ok_or_else(wanted)?);
        }
        let context = JsonElement::resource(resource.document.root(), self.expression.schema());
        let items = self.expression.evaluate(context, &environment)?;
        Ok(hygea_rows::from(items.iter().map(json).collect::<Vec<_>>()))
    }
}

/// An item as JSON: elements as they stand in the resource, numbers and Booleans as such, all other values as the
/// string that FHIRPath makes of them.
fn json(item: &Item<'_>) -> String {
    let value = match item {
        Item::Element(node) => node.json().and_then(JsonElement::node).map_or(Value::Null, Node::to_value),
        Item::Boolean(value) => Value::Bool(*value),
        Item::Integer(_) | Item::Long(_) | Item::Decimal(_) => {
            Value::Number(item.to_text().unwrap_or_default().as_ref().into())
        }
        Item::Type(info) => {
            Object::new().with("namespace", info.namespace()).with("name", info.name()).into()
        }
        other => Value::String(other.to_text().unwrap_or_default().into_owned()),
    };
    value.to_json()
}

/// Compiles an expression for the resources of a FHIR version (`HYGEA_FHIR_…`). The host owns `*out` and frees it by
/// `hygea_fhirpath_free`.
///
/// # Safety
/// `text` is borrowed text; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_fhirpath_compile(
    text: hygea_str,
    version: u32,
    out: *mut *mut hygea_fhirpath,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let text = text.text("text")?;
            let out = Out::new(out)?;
            out.hand_over(hygea_fhirpath::compile(text, version)?);
            ok()
        })
    }
}

/// Evaluates an expression on a resource of the version that it was compiled for. Each row is one item: an element as
/// it stands in the resource, a number or Boolean, and any other value as a JSON string. `now` is the time that
/// `now()` and `today()` give, as a FHIR instant; where it is empty they fail. The host owns `*out` and frees it by
/// `hygea_rows_free`.
///
/// # Safety
/// `expression` is NULL or an expression that was not freed; `resource` is NULL or a resource that was not freed; `now`
/// is borrowed text; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_fhirpath_evaluate(
    expression: *const hygea_fhirpath,
    resource: *const hygea_resource,
    now: hygea_str,
    out: *mut *mut hygea_rows,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let expression = shared(expression, "expression")?;
            let resource = shared(resource, "resource")?;
            let now = now.text("now")?;
            let out = Out::new(out)?;
            out.hand_over(expression.evaluate(resource, now)?);
            ok()
        })
    }
}

/// Compiles and evaluates an expression on one resource, by its own version and without a time: what
/// `hygea_fhirpath_compile` and `hygea_fhirpath_evaluate` do, for expressions that are used once.
///
/// # Safety
/// `resource` is NULL or a resource that was not freed; `fhirpath` is borrowed text; `out` and `err` are NULL or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_resource_eval(
    resource: *const hygea_resource,
    fhirpath: hygea_str,
    out: *mut *mut hygea_rows,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let resource = shared(resource, "resource")?;
            let text = fhirpath.text("fhirpath")?;
            let out = Out::new(out)?;
            out.hand_over(hygea_fhirpath::compile(text, resource.version)?.evaluate(resource, "")?);
            ok()
        })
    }
}

/// Frees an expression. NULL is allowed.
///
/// # Safety
/// `expression` is NULL or an expression that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_fhirpath_free(expression: *mut hygea_fhirpath) {
    // SAFETY: the caller's promise.
    unsafe { free(expression) };
}
