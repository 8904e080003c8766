//! Invariants: read from the constraints of elements, kept where they stand first, written as a table.
//!
//! A snapshot repeats the invariants of a type on every element of the type and in every type that specialises
//! it; here each stands once. Those of an element that defines a type inside another one belong to that type, so
//! that they hold wherever it is used.

use super::definitions::{Invariant, Type};
use super::read::{list, text_of};
use super::tables::{narrow, packed_numbers};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const ERROR: u8 = 1;
const BEST_PRACTICE: u8 = 2;

/// The invariants of an element that FHIRPath expresses.
pub(crate) fn of(element: &Value) -> Vec<Invariant> {
    let constraints = list(element, "constraint").iter();
    let mut found: Vec<Invariant> = constraints
        .map(|constraint| Invariant {
            key: text_of(constraint, "key").to_owned(),
            is_error: text_of(constraint, "severity") == "error",
            best_practice: list(constraint, "extension").iter().any(|extension| {
                text_of(extension, "url").ends_with("/elementdefinition-bestpractice")
                    && extension.get("valueBoolean").and_then(Value::as_bool) == Some(true)
            }),
            human: text_of(constraint, "human").trim().to_owned(),
            expression: text_of(constraint, "expression").trim().to_owned(),
        })
        .filter(|invariant| !invariant.expression.is_empty())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Leaves each invariant where it stands first.
pub(crate) fn keep_first(types: &mut BTreeMap<String, Type>) {
    // What an element of a nested type says holds for the type.
    let names: Vec<String> = types.keys().cloned().collect();
    for name in &names {
        let Some((owner, last)) = name.rsplit_once('.') else { continue };
        let owned =
            types.get_mut(owner).and_then(|owner| owner.fields.iter_mut().find(|field| field.name == last));
        let invariants = owned.map(|field| std::mem::take(&mut field.invariants)).unwrap_or_default();
        if let Some(nested) = types.get_mut(name) {
            nested.invariants = invariants;
        }
    }
    let known: BTreeMap<String, BTreeSet<String>> =
        names.iter().map(|name| (name.clone(), keys(types, name))).collect();
    let none = BTreeSet::new();
    let of = |name: &str| known.get(name).unwrap_or(&none);
    for found in types.values_mut() {
        let base = found.base.as_deref().map_or(&none, of);
        found.invariants.retain(|invariant| !base.contains(&invariant.key));
        for field in &mut found.fields {
            let inherited: BTreeSet<&String> =
                field.types.iter().flat_map(|choice| of(&choice.name)).collect();
            field.invariants.retain(|invariant| !inherited.contains(&invariant.key));
        }
    }
}

/// The keys of the invariants of a type, inherited ones included.
fn keys(types: &BTreeMap<String, Type>, name: &str) -> BTreeSet<String> {
    let lineage = std::iter::successors(types.get(name), |found| types.get(found.base.as_ref()?));
    lineage.flat_map(|found| &found.invariants).map(|invariant| invariant.key.clone()).collect()
}

/// The table, its text and the runs that types and elements refer to.
#[derive(Default)]
pub(super) struct Invariants {
    rows: Vec<String>,
    text: Vec<String>,
    length: usize,
    offsets: BTreeMap<Invariant, usize>,
    /// Where a run starts and how long it is.
    runs: Vec<(u16, u8)>,
    known: BTreeMap<Vec<Invariant>, u16>,
}

impl Invariants {
    /// The index of a run, plus one; 0 for none. Equal runs are shared.
    pub(super) fn add(&mut self, owner: &str, run: &[Invariant], name: &mut dyn FnMut(&str) -> u32) -> u16 {
        if run.is_empty() {
            return 0;
        }
        if let Some(&known) = self.known.get(run) {
            return known;
        }
        self.runs.push((narrow(self.rows.len()), narrow(run.len())));
        for invariant in run {
            let offset = self.offset(invariant);
            let flags =
                u8::from(invariant.is_error) * ERROR + u8::from(invariant.best_practice) * BEST_PRACTICE;
            self.rows.push(format!(
                "    i(0x{:08x}, {offset}, {}, {}, {flags}), // {owner}: {}",
                name(&invariant.key),
                invariant.expression.len(),
                invariant.human.len(),
                invariant.key,
            ));
        }
        let index = narrow(self.runs.len());
        self.known.insert(run.to_vec(), index);
        index
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn offset(&mut self, invariant: &Invariant) -> usize {
        if let Some(&known) = self.offsets.get(invariant) {
            return known;
        }
        let offset = self.length;
        for text in [&invariant.expression, &invariant.human] {
            self.text.push(text.clone());
            self.length += text.len();
        }
        self.offsets.insert(invariant.clone(), offset);
        offset
    }

    pub(super) fn file(&self) -> String {
        let mut out = String::from(
            "//! Invariants: key, where the expression starts, its length, that of the words behind it, flags.\n\n",
        );
        if !self.is_empty() {
            out.push_str("use super::i;\n");
        }
        out.push_str("use crate::schema::Invariant;\n\npub(super) static INVARIANTS: &[Invariant] = &[\n");
        for row in &self.rows {
            let _ = writeln!(out, "{row}");
        }
        out.push_str("];\n\n/// The invariants of a type or element: the first, how many.\n");
        out.push_str("pub(super) static RUNS: &[(u16, u8)] = &[\n");
        packed_numbers(&mut out, self.runs.iter().map(|(first, count)| format!("({first}, {count})")));
        out.push_str("];\n\npub(super) static TEXT: &str = \"\\\n");
        for text in self.text.iter().filter(|text| !text.is_empty()) {
            let _ = writeln!(out, "    {}\\", text.escape_debug().to_string().replace("\\'", "'"));
        }
        out.push_str("    \";\n");
        out
    }
}
