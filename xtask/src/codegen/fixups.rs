//! The faults of the definitions that are worked around, one by one.

use super::definitions::Definitions;

/// Applies all of them; an error if one no longer finds what it corrects.
pub(crate) fn apply(definitions: &mut Definitions) -> Result<(), String> {
    resource_ids_are_ids(definitions);
    Ok(())
}

/// `Resource.id` is typed as `string` in R4's and R4B's files, while the text of the specification and all
/// other versions call it an `id` (64 letters, digits, `-` and `.`).
fn resource_ids_are_ids(definitions: &mut Definitions) {
    for found in definitions.types.values_mut() {
        if found.kind != super::definitions::Kind::Resource {
            continue;
        }
        let ids = found.fields.iter_mut().filter(|field| field.name == "id");
        for choice in ids.flat_map(|field| &mut field.types) {
            "id".clone_into(&mut choice.name);
        }
    }
}
