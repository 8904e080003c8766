//! Parts of a structure by their names, whatever its type: what the methods of all versions are made of.

use super::{Held, Item, Structure};
use crate::element::Primitive;
use std::any::Any;
use std::fmt;

/// What the element of a name holds; nothing if the type has none of the name.
fn held<'s>(structure: &'s dyn Structure, name: &str) -> Held<'s> {
    let field = structure.definition().fields().iter().position(|field| field.name() == name);
    field.map_or(Held::Nothing, |field| structure.held(field))
}

/// The text of a primitive.
pub(crate) fn text<'s>(structure: &'s dyn Structure, name: &str) -> Option<&'s str> {
    match held(structure, name) {
        Held::One(Item::Primitive(Primitive::Text(text))) => Some(text),
        _ => None,
    }
}

/// The structure that an element holds.
pub(crate) fn child<'s, T: 'static>(structure: &'s dyn Structure, name: &str) -> Option<&'s T> {
    match held(structure, name) {
        Held::One(Item::Structure(child)) => downcast(child),
        _ => None,
    }
}

/// The first extension of a URL.
pub(crate) fn extension<'s, E: 'static>(structure: &'s dyn Structure, url: &str) -> Option<&'s E> {
    let Held::Structures(list) = held(structure, "extension") else { return None };
    let mut extensions = (0..list.len()).filter_map(|index| list.at(index));
    extensions.find(|extension| text(*extension, "url") == Some(url)).and_then(downcast)
}

/// The contained resource of an id; `R` is the version's `Resource`.
pub(super) fn contained<'s, R: 'static>(structure: &'s dyn Structure, id: &str) -> Option<&'s R> {
    let Held::Structures(list) = held(structure, "contained") else { return None };
    let index =
        (0..list.len()).find(|&index| list.at(index).and_then(|found| text(found, "id")) == Some(id))?;
    list.item(index)?.downcast_ref()
}

fn downcast<T: 'static>(structure: &dyn Structure) -> Option<&T> {
    let any: &dyn Any = structure;
    any.downcast_ref()
}

/// Writes the texts that are not empty, with `between` between them.
pub(crate) fn words<'t>(
    texts: impl Iterator<Item = &'t str>,
    between: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (index, text) in texts.filter(|text| !text.is_empty()).enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        f.write_str(text)?;
    }
    Ok(())
}
