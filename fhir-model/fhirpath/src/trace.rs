//! What `trace()` says, for people (FHIRPath "Utility functions").

use crate::environment::Tracer;
use crate::value::Item;
use hygea_fhir_model::element::{Element, JsonElement};
use std::sync::{Mutex, PoisonError};

/// The longest shown form of an item in characters; the rest is cut.
const WIDTH: usize = 100;

/// A [`Tracer`] that writes down what it hears, a line for each item with its type. The lines hold patients' data.
///
/// ```
/// use hygea_fhirpath::{Environment, Expression, Traces};
/// use hygea_fhir_model::{element::JsonElement, json::Document, schema::{Schema, Version}};
///
/// # if let Some(schema) = Schema::of(Version::R4) {
/// let json = br#"{"resourceType": "Patient", "name": [{"use": "usual", "given": ["Ann", "Bea"]}]}"#;
/// let document = Document::parse(json).unwrap();
/// let traces = Traces::default();
/// let environment = Environment::new().tracer(&traces);
/// let given = Expression::compile("name.trace('names').given.trace('lengths', length()).first()", schema).unwrap();
/// given.evaluate(JsonElement::resource(document.root(), schema), &environment).unwrap();
/// assert_eq!(traces.lines(), [
///     "names: 1 item",
///     r#"  HumanName {"use": "usual", "given": ["Ann", "Bea"]}"#,
///     "lengths: 2 items",
///     "  Integer 3",
///     "  Integer 3",
/// ]);
/// # }
/// ```
#[derive(Default)]
pub struct Traces(Mutex<Vec<String>>);

impl Traces {
    /// What was heard so far, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tracer for Traces {
    fn trace(&self, name: &str, items: &[Item<'_>]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(format!("{name}: {} item{}", items.len(), if items.len() == 1 { "" } else { "s" }));
        lines.extend(items.iter().map(|item| format!("  {}", shown(item))));
    }
}

/// Shows how much was heard, not what.
impl std::fmt::Debug for Traces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Traces({})", self.lines().len())
    }
}

fn shown(item: &Item<'_>) -> String {
    let text = match item {
        Item::Type(found) => format!("{found:?}"),
        item => match item.to_text() {
            Some(text) if item.as_str().is_some() => format!("'{text}'"),
            Some(text) => text.into_owned(),
            None => complex(item),
        },
    };
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WIDTH).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{} {shown}", item.type_name())
}

/// The JSON of an element without line breaks; the names of its children where it is no JSON.
fn complex(item: &Item<'_>) -> String {
    let Some(node) = item.element() else { return String::new() };
    if let Some(json) = node.json().and_then(JsonElement::node) {
        return json.raw().split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let mut names = Vec::new();
    node.for_each(&mut |name, _| names.push(name));
    names.dedup();
    format!("with {}", names.join(", "))
}
