//! Rules of StructureDefinitions that neither tables nor invariants state: the paths that tell slices apart name
//! elements that are there (<https://hl7.org/fhir/R4/profiling.html#discriminator>).

use super::content::text;
use super::issue::Rule;
use super::structure::{Check, Place};
use crate::error::ErrorKind;
use crate::json::Node;
use crate::schema::{Schema, TypeDef};

impl<'d> Check<'_, 'd> {
    pub(super) fn structure_definition(&mut self, node: Node<'d>, place: &Place<'_>) {
        // Logical models and new types have elements that the tables do not know.
        if text(node, "derivation") != Some("constraint") {
            return;
        }
        for view in ["snapshot", "differential"] {
            let Some(elements) = node.get(view).and_then(|view| view.get("element")) else { continue };
            let place = &place.child(view);
            for (index, element) in elements.items().enumerate() {
                let slicing = element.get("slicing").and_then(|slicing| slicing.get("discriminator"));
                for (at, discriminator) in slicing.into_iter().flat_map(Node::items).enumerate() {
                    let path = text(discriminator, "path").unwrap_or_default();
                    if leads_nowhere(self.schema, element, path) {
                        let place = place.child("element").at(index);
                        let place = place.child("slicing");
                        let place = place.child("discriminator").at(at);
                        let detail = "the path of a discriminator leads to an element of the sliced one";
                        self.issue(ErrorKind::Inconsistent, Rule::Consistency, discriminator, &place, detail);
                    }
                }
            }
        }
    }
}

/// Whether a path from the types of an element leads to no element of any of them, as far as the tables tell.
fn leads_nowhere(schema: &'static Schema, element: Node<'_>, path: &str) -> bool {
    let Some(mut types) = types_at(schema, text(element, "path").unwrap_or_default()) else { return false };
    for name in path.split('.') {
        // `$this`, `resolve()`, `extension('…')`, `ofType(…)`: the tables do not follow them.
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain || types.iter().any(|definition| definition.is_abstract()) {
            return false;
        }
        types = step(&types, name);
        if types.is_empty() {
            return true;
        }
    }
    false
}

/// The types that an element may have by its path; nothing if the tables do not know it.
fn types_at(schema: &'static Schema, path: &str) -> Option<Vec<&'static TypeDef>> {
    let mut names = path.split('.');
    let mut types = vec![schema.type_named(names.next()?)?];
    for name in names {
        types = step(&types, name.trim_end_matches("[x]"));
    }
    (!types.is_empty()).then_some(types)
}

fn step(types: &[&'static TypeDef], name: &str) -> Vec<&'static TypeDef> {
    let fields = types.iter().flat_map(|definition| {
        let whole = definition.field(name).map(|field| field.types());
        let one = definition.field_for_json(name).map(|(_, kind)| std::slice::from_ref(kind));
        whole.or(one).unwrap_or_default()
    });
    fields.map(|kind| kind.definition()).collect()
}
