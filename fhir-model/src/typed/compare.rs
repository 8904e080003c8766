//! Comparing, copying and showing structures, driven by their definitions.

use super::{Held, Item, Place, Slot, Structure};
use crate::element::Primitive;
use std::fmt;

/// Whether two structures hold the same: types, values with their texts, extras.
pub(crate) fn equal(left: &dyn Structure, right: &dyn Structure) -> bool {
    let definition = left.definition();
    definition == right.definition()
        && left.present() == right.present()
        && indexes(left.present()).all(|field| equal_held(left.held(field), right.held(field)))
        && equal_extras(left, right)
}

/// The places of the bits that are set.
fn indexes(mut present: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let index = present.trailing_zeros() as usize;
        present &= present.checked_sub(1)?;
        Some(index)
    })
}

fn equal_held(left: Held<'_>, right: Held<'_>) -> bool {
    match (left, right) {
        (Held::Nothing, Held::Nothing) => true,
        (Held::One(left), Held::One(right)) => equal_items(left, right),
        (Held::Choice(one, left), Held::Choice(other, right)) => one == other && equal_items(left, right),
        (Held::Primitives(left), Held::Primitives(right)) => {
            left.len() == right.len() && (0..left.len()).all(|index| left.at(index) == right.at(index))
        }
        (Held::Structures(left), Held::Structures(right)) => {
            left.len() == right.len()
                && (0..left.len()).all(|index| match (left.at(index), right.at(index)) {
                    (Some(left), Some(right)) => equal(left, right),
                    _ => false,
                })
        }
        _ => false,
    }
}

fn equal_items(left: Item<'_>, right: Item<'_>) -> bool {
    match (left, right) {
        (Item::Primitive(left), Item::Primitive(right)) => left == right,
        (Item::Structure(left), Item::Structure(right)) => equal(left, right),
        _ => false,
    }
}

fn equal_extras(left: &dyn Structure, right: &dyn Structure) -> bool {
    let (left, right) = (left.extras(), right.extras());
    if left.is_empty() && right.is_empty() {
        return true;
    }
    let places = |extras: &dyn super::AnyExtras| {
        let mut places = extras.places();
        places.sort_unstable();
        let mut absent = extras.absent().to_vec();
        absent.sort_unstable();
        (places, absent)
    };
    let (here, there) = (places(left), places(right));
    here == there
        && left.members() == right.members()
        && here.0.iter().all(|&place| match (left.element(place), right.element(place)) {
            (Some(left), Some(right)) => equal(left, right),
            _ => false,
        })
}

/// Makes `to`, which is new and of the same type, equal to `from`.
pub(crate) fn copy(from: &dyn Structure, to: &mut dyn Structure) {
    for field in indexes(from.present()) {
        match (from.held(field), to.slot(field)) {
            (Held::One(Item::Primitive(value)), Slot::Primitive(slot)) => {
                slot.set(value);
            }
            (Held::One(Item::Structure(structure)), Slot::Structure(slot)) => {
                if let Some(new) = slot.make(structure.definition()) {
                    copy(structure, new);
                }
            }
            (Held::Choice(choice, Item::Primitive(value)), Slot::Choice(slot)) => {
                slot.set(choice, value);
            }
            (Held::Choice(choice, Item::Structure(structure)), Slot::Choice(slot)) => {
                if let Some(new) = slot.make(choice) {
                    copy(structure, new);
                }
            }
            (Held::Primitives(list), Slot::Primitives(slot)) => {
                slot.reserve(list.len());
                for value in (0..list.len()).filter_map(|index| list.at(index)) {
                    slot.push(value);
                }
            }
            (Held::Structures(list), Slot::Structures(slot)) => {
                slot.reserve(list.len());
                for structure in (0..list.len()).filter_map(|index| list.at(index)) {
                    if let Some(new) = slot.push(structure.definition()) {
                        copy(structure, new);
                    }
                }
            }
            _ => {}
        }
    }
    copy_extras(from, to);
}

fn copy_extras(from: &dyn Structure, to: &mut dyn Structure) {
    let extras = from.extras();
    if extras.is_empty() {
        return;
    }
    let new = to.extras_mut();
    for place in extras.places() {
        if let Some(element) = extras.element(place) {
            copy(element, new.element_mut(place));
        }
    }
    extras.absent().iter().for_each(|&place| new.set_absent(place));
    for field in 0..from.definition().fields().len() {
        if let Some(count) = extras.count(field) {
            new.set_count(field, count);
        }
    }
    for (name, value) in extras.members() {
        new.keep(name.clone(), value.clone());
    }
}

/// Shows the type and, of a resource, the id: structures hold patients' data.
pub(crate) fn debug(structure: &dyn Structure, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let definition = structure.definition();
    f.write_str(definition.name())?;
    if !definition.is_resource() {
        return Ok(());
    }
    let id = definition.fields().iter().position(|field| field.name() == "id");
    match id.map(|field| structure.held(field)) {
        Some(Held::One(Item::Primitive(Primitive::Text(id)))) => write!(f, "/{id}"),
        _ => Ok(()),
    }
}

/// A primitive without id and extensions, in a struct.
impl Place {
    pub(super) fn of(field: usize, choice: usize) -> Self {
        Self { field, choice, index: 0 }
    }

    pub(super) fn at(self, index: usize) -> Self {
        Self { index, ..self }
    }
}
