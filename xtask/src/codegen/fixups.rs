//! The faults of the definitions that are worked around, one by one.

use super::definitions::{Definitions, Kind, Type};

/// Applies all of them; an error if one no longer finds what it corrects.
pub(crate) fn apply(definitions: &mut Definitions) -> Result<(), String> {
    resource_ids_are_ids(definitions);
    xhtml_is_a_type(definitions)
}

/// DSTU2 uses `xhtml` for `Narrative.div` and defines it only in files that its package leaves out. It is a
/// primitive with an id and without extensions, as in all later versions.
fn xhtml_is_a_type(definitions: &mut Definitions) -> Result<(), String> {
    if definitions.version != "dstu2" {
        return Ok(());
    }
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

/// `Resource.id` is typed as `string` in R4's and R4B's files, while the text of the specification and all
/// other versions call it an `id` (64 letters, digits, `-` and `.`).
fn resource_ids_are_ids(definitions: &mut Definitions) {
    for found in definitions.types.values_mut() {
        if found.kind != Kind::Resource {
            continue;
        }
        let ids = found.fields.iter_mut().filter(|field| field.name == "id");
        for choice in ids.flat_map(|field| &mut field.types) {
            "id".clone_into(&mut choice.name);
        }
    }
}
