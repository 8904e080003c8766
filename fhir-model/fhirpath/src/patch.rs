//! FHIRPath Patch (<https://hl7.org/fhir/R4/fhirpatch.html>): operations in a Parameters resource whose paths are
//! expressions.
//!
//! Each operation is evaluated on what the one before left, and becomes a change of the JSON tree. So the types
//! of the tables decide where a value goes: into a list or into the place of one, under which name a choice stands,
//! and beside a primitive its id and extensions.

mod change;
mod operation;

use crate::environment::Environment;
use crate::error;
use crate::expression::Expression;
use change::Place;
use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::{Document, Node, Options as ReadOptions};
use hygea_fhir_model::patch::{Draft, Options};
use hygea_fhir_model::schema::Schema;
use hygea_fhir_model::{Error, ErrorKind};
use operation::{Kind, Operation};

/// Applies a FHIRPath Patch: all of its operations in turn, or none. Gives the changed resource as JSON text.
///
/// - `add` puts a value under a name into the one element of the path: behind the others of a list, or where nothing
///   stands yet.
/// - `insert` puts a value into the list that the path selects as a whole.
/// - `delete` takes out the element of the path; nothing to delete is no error. What it leaves empty goes too.
/// - `replace` puts a value into the place of one element; a choice may change its type.
/// - `move` gives an item of a list another place.
///
/// Values of types without a name (`Patient.contact`) are put together from parts. Of `options`, `drop_empty` does not
/// matter, since nothing is left empty.
///
/// ```
/// use hygea_fhir_model::{json::Document, patch::Options, schema::{Schema, Version}};
/// use hygea_fhirpath::{Environment, fhirpath_patch};
///
/// # if let Some(schema) = Schema::of(Version::R4) {
/// let patient = Document::parse(br#"{"resourceType": "Patient", "name": [{"given": ["Ann"]}]}"#).unwrap();
/// let patch = Document::parse(br#"{"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
///     {"name": "type", "valueCode": "add"},
///     {"name": "path", "valueString": "Patient.name.first()"},
///     {"name": "name", "valueString": "family"},
///     {"name": "value", "valueString": "Fox"}]}]}"#).unwrap();
/// let environment = Environment::new();
/// let changed = fhirpath_patch(patient.root(), patch.root(), schema, &environment, &Options::default()).unwrap();
/// assert_eq!(changed, r#"{"resourceType":"Patient","name":[{"given":["Ann"],"family":"Fox"}]}"#);
/// # }
/// ```
///
/// # Errors
/// [`Syntax`](ErrorKind::Syntax) and [`MissingElement`](ErrorKind::MissingElement) if the patch is none or a path is no
/// expression; [`MissingElement`](ErrorKind::MissingElement), [`TooMany`](ErrorKind::TooMany),
/// [`UnknownElement`](ErrorKind::UnknownElement) and [`WrongType`](ErrorKind::WrongType) if what the path selects cannot
/// take the change; [`Protected`](ErrorKind::Protected), [`TooLarge`](ErrorKind::TooLarge) and
/// [`TooDeep`](ErrorKind::TooDeep) as `options` say. The detail starts with the number of the operation, counted from 0,
/// and its type; the path is that of the operation without the texts in it.
pub fn fhirpath_patch(
    resource: Node<'_>,
    parameters: Node<'_>,
    schema: &'static Schema,
    environment: &Environment<'_>,
    options: &Options,
) -> Result<String, Error> {
    let operations = Operation::all(parameters, options.max_operations)?;
    let reading = ReadOptions { max_depth: options.max_depth, ..ReadOptions::default() };
    let mut text: Option<String> = None;
    // Each operation reads the resource once more, so that many of them on a large one are much work.
    let mut work: usize = 0;
    for (index, operation) in operations.iter().enumerate() {
        let fail = |fault: Fault| fault.into_error(index, operation);
        let document;
        let root = match &text {
            Some(text) => {
                document = Document::parse_with(text.as_bytes(), &reading)?;
                document.root()
            }
            None => resource,
        };
        work = work.saturating_add(root.raw().len());
        if work > MOST_WORK {
            return Err(fail(Fault::new(
                ErrorKind::TooLarge,
                "the patch takes more work than any patch of use would",
            )));
        }
        if let Some(changed) = apply(root, operation, schema, environment).map_err(fail)? {
            if changed.len() > options.max_bytes {
                let detail = format!("the result would have more than {} bytes", options.max_bytes);
                return Err(fail(Fault::new(ErrorKind::TooLarge, detail)));
            }
            text = Some(changed);
        }
    }
    let text = text.unwrap_or_else(|| Draft::from(resource).to_json());
    let document = Document::parse_with(text.as_bytes(), &reading)?;
    for name in options.protected {
        let (old, new) = (resource.get(name), document.root().get(name));
        if old.map(Node::as_primitive) != new.map(Node::as_primitive)
            || old.map(Node::kind) != new.map(Node::kind)
        {
            let detail = "the patch changes an element that must stay as it is";
            return Err(Error::new(ErrorKind::Protected, *name, None, detail));
        }
    }
    drop(document);
    Ok(text)
}

/// Bytes read by all operations together.
const MOST_WORK: usize = 1 << 30;

/// Why one operation cannot be carried out.
#[derive(Debug)]
struct Fault {
    kind: ErrorKind,
    detail: String,
}

impl Fault {
    fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    fn into_error(self, index: usize, operation: &Operation<'_>) -> Error {
        let detail = format!("operation {index} ({}): {}", operation.kind.name(), self.detail);
        Error::new(self.kind, operation::without_texts(operation.path), None, detail)
    }
}

impl From<error::Error> for Fault {
    fn from(error: error::Error) -> Self {
        use error::ErrorKind as Found;
        let kind = match error.kind() {
            Found::TooDeep => ErrorKind::TooDeep,
            Found::TooLong | Found::TooManySteps => ErrorKind::TooLarge,
            Found::UnknownElement | Found::UnknownType => ErrorKind::UnknownElement,
            Found::WrongType | Found::NotSingle | Found::Range | Found::NoService | Found::Service => {
                ErrorKind::WrongType
            }
            _ => ErrorKind::Syntax,
        };
        Self::new(kind, format!("the path cannot be evaluated: {error}"))
    }
}

/// The resource after one operation; nothing if it changes nothing.
fn apply(
    root: Node<'_>,
    operation: &Operation<'_>,
    schema: &'static Schema,
    environment: &Environment<'_>,
) -> Result<Option<String>, Fault> {
    let expression = Expression::compile(operation.path, schema)?;
    let found = expression.evaluate(JsonElement::resource(root, schema), environment)?;
    let mut elements = Vec::with_capacity(found.len());
    for item in &found {
        let element = item.element().and_then(crate::node::Node::json);
        let wanted = || Fault::new(ErrorKind::WrongType, "the path selects a computed value and no element");
        elements.push(element.ok_or_else(wanted)?);
    }
    let mut draft = Draft::from(root);
    match operation.kind {
        Kind::Add => {
            let [element] = elements.as_slice() else { return Err(not_one(elements.len())) };
            change::add(&mut draft, root, *element, operation.name()?, operation.value()?)?;
        }
        Kind::Insert => {
            if elements.is_empty() {
                return insert_first(root, operation, schema, environment);
            }
            let (place, count) = list_of(root, &elements, schema)?;
            change::insert(&mut draft, &place, operation.index(count)?, operation.value()?)?;
        }
        Kind::Delete => {
            let element = match elements.as_slice() {
                [] => return Ok(None),
                [element] => *element,
                more => return Err(not_one(more.len())),
            };
            change::delete(&mut draft, &Place::of(root, element, schema)?);
        }
        Kind::Replace => {
            let [element] = elements.as_slice() else { return Err(not_one(elements.len())) };
            change::replace(&mut draft, &Place::of(root, *element, schema)?, operation.value()?)?;
        }
        Kind::Move => {
            let (place, count) = list_of(root, &elements, schema)?;
            let (source, destination) = operation.source_and_destination(count)?;
            change::shift(&mut draft, &place, source, destination)?;
        }
    }
    Ok(Some(draft.to_json()))
}

/// Inserts into a list that is not there yet: its path is that of an element and a name.
fn insert_first(
    root: Node<'_>,
    operation: &Operation<'_>,
    schema: &'static Schema,
    environment: &Environment<'_>,
) -> Result<Option<String>, Fault> {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !name.is_empty();
    let (path, name) =
        operation.path.rsplit_once('.').filter(|(_, name)| is_name(name)).ok_or_else(|| not_one(0))?;
    operation.index(0)?;
    let expression = Expression::compile(path, schema)?;
    let found = expression.evaluate(JsonElement::resource(root, schema), environment)?;
    let element = found.single().and_then(|item| item.element()?.json()).ok_or_else(|| not_one(0))?;
    let mut draft = Draft::from(root);
    change::add(&mut draft, root, element, name, operation.value()?)?;
    Ok(Some(draft.to_json()))
}

/// The list that the elements are all of, and how many there are.
fn list_of<'d>(
    root: Node<'d>,
    elements: &[JsonElement<'d>],
    schema: &'static Schema,
) -> Result<(Place<'d>, usize), Fault> {
    let first = elements.first().ok_or_else(|| not_one(0))?;
    let place = Place::of(root, *first, schema)?;
    let whole = || Fault::new(ErrorKind::WrongType, "the path does not select one list as a whole");
    if place.item.is_none() || place.count != elements.len() {
        return Err(whole());
    }
    // The last one of as many elements as the list has, in its order, stands at the end of the same list.
    for (index, element) in elements.iter().enumerate() {
        if !place.holds(index, *element) {
            return Err(whole());
        }
    }
    Ok((place, elements.len()))
}

fn not_one(count: usize) -> Fault {
    match count {
        0 => Fault::new(ErrorKind::MissingElement, "the path selects nothing"),
        _ => Fault::new(ErrorKind::TooMany, format!("the path selects {count} elements and must select one")),
    }
}
