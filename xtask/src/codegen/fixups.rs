//! The faults of the definitions that are worked around, one by one.
//!
//! Each is listed in `docs/fhir-versions.md` as well.

use super::definitions::{Definitions, Invariant, Kind, Type};

/// Applies those of the version; an error if one no longer finds what it corrects.
pub(crate) fn apply(definitions: &mut Definitions) -> Result<(), String> {
    match definitions.version.as_str() {
        "dstu2" => xhtml_is_a_type(definitions),
        "stu3" => html_checks_is_a_function(definitions),
        "r4" => resource_ids_are_ids(definitions),
        "r4b" => element_ids_are_strings(definitions),
        _ => {
            element_ids_are_strings(definitions)?;
            strings_have_single_quotes(definitions)
        }
    }
}

/// STU3 spells the function `htmlChecks()` in lower case in `txt-1` and `txt-2`; there is no such function.
fn html_checks_is_a_function(definitions: &mut Definitions) -> Result<(), String> {
    let changed = change_invariants(definitions, &["txt-1", "txt-2"], "htmlchecks()", "htmlChecks()");
    if changed == 2 { Ok(()) } else { Err("stu3 spells htmlChecks() as it should by now".to_owned()) }
}

/// R5's `eld-11` has a string in double quotes, which FHIRPath does not know.
fn strings_have_single_quotes(definitions: &mut Definitions) -> Result<(), String> {
    let changed = change_invariants(definitions, &["eld-11"], "\":\"", "':'");
    if changed == 1 { Ok(()) } else { Err("r5 has eld-11 as it should be by now".to_owned()) }
}

/// Replaces a text in the expressions of some invariants; how many were changed.
fn change_invariants(definitions: &mut Definitions, keys: &[&str], from: &str, to: &str) -> usize {
    let all = definitions.types.values_mut().flat_map(|found| {
        let fields = found.fields.iter_mut().filter(|field| !field.inherited);
        found.invariants.iter_mut().chain(fields.flat_map(|field| &mut field.invariants))
    });
    let mut changed = 0;
    for Invariant { expression, .. } in all.filter(|invariant| keys.contains(&invariant.key.as_str())) {
        if expression.contains(from) {
            *expression = expression.replace(from, to);
            changed += 1;
        }
    }
    changed
}

/// DSTU2 uses `xhtml` for `Narrative.div` and defines it only in files that its package leaves out. It is a
/// primitive with an id and without extensions, as in all later versions.
fn xhtml_is_a_type(definitions: &mut Definitions) -> Result<(), String> {
    let string = definitions.types.get("string").ok_or("dstu2 has no string")?.clone();
    let xhtml = Type {
        name: "xhtml".to_owned(),
        base: Some("Element".to_owned()),
        short: "XHTML".to_owned(),
        fields: string.fields.into_iter().filter(|field| field.name == "id").collect(),
        ..string
    };
    match definitions.types.insert("xhtml".to_owned(), xhtml) {
        None => Ok(()),
        Some(_) => Err("dstu2 defines xhtml by now".to_owned()),
    }
}

/// `Resource.id` is typed as `string` in R4's files, while the text of the specification and all other versions
/// call it an `id` (64 letters, digits, `-` and `.`).
fn resource_ids_are_ids(definitions: &mut Definitions) -> Result<(), String> {
    match change_ids(definitions, |kind| kind == Kind::Resource, "string", "id") {
        0 => Err("r4 calls the ids of resources ids by now".to_owned()),
        _ => Ok(()),
    }
}

/// `Element.id` is typed as `id` in the data types of R4B's and R5's files, while the text of the specification,
/// the types inside resources and R5's `Element` call it a `string` without spaces. The definitions themselves
/// have ids that are none: `Patient.extension:race`.
fn element_ids_are_strings(definitions: &mut Definitions) -> Result<(), String> {
    match change_ids(definitions, |kind| kind != Kind::Resource, "id", "string") {
        0 => Err("the ids of elements are strings by now".to_owned()),
        _ => Ok(()),
    }
}

/// Changes the type of the element `id` of some types; how many were changed.
fn change_ids(definitions: &mut Definitions, of: fn(Kind) -> bool, from: &str, to: &str) -> usize {
    let types = definitions.types.values_mut().filter(|found| of(found.kind));
    let ids = types.flat_map(|found| found.fields.iter_mut().filter(|field| field.name == "id"));
    let choices = ids.flat_map(|field| &mut field.types).filter(|choice| choice.name == from);
    choices.map(|choice| to.clone_into(&mut choice.name)).count()
}
