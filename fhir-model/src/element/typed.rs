//! Elements of typed structs.

use super::{Element, Primitive};
use crate::schema::{FieldDef, TypeDef};
use crate::typed::{AnyExtras, Held, Item, Place, PrimitiveList, Structure};
use std::fmt;

/// An element of a typed struct. What the struct keeps as JSON because its type does not define it
/// ([`Extras::members`](crate::typed::Extras::members)) is not visited.
///
/// ```
/// # #[cfg(feature = "r4")] {
/// use hygea_fhir_model::element::{Element, Primitive, TypedElement};
/// use hygea_fhir_model::r4::Patient;
///
/// let patient = Patient { birth_date: Some("1970-03".into()), ..Patient::default() };
/// let mut found = Vec::new();
/// TypedElement::of(&patient).for_each_child("birthDate", &mut |child| found.extend(child.primitive()));
/// assert_eq!(found, [Primitive::Text("1970-03")]);
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct TypedElement<'d> {
    value: Option<Item<'d>>,
    /// The id and extensions of a primitive.
    extra: Option<&'d dyn Structure>,
    definition: &'static TypeDef,
    identity: usize,
}

impl<'d> TypedElement<'d> {
    /// A resource or a structure as an element.
    #[must_use]
    pub fn of(structure: &'d dyn Structure) -> Self {
        Self {
            value: Some(Item::Structure(structure)),
            extra: None,
            definition: structure.definition(),
            identity: address(structure),
        }
    }

    /// The structure, unless the element is primitive.
    #[must_use]
    pub fn structure(self) -> Option<&'d dyn Structure> {
        if let Some(Item::Structure(structure)) = self.value { Some(structure) } else { None }
    }

    /// Visits the children that a structure holds in the field at `index` of its definition: what
    /// [`Element::for_each_child`] finds once it has asked the tables, for callers that asked them before.
    pub fn for_each_in(self, index: usize, visit: &mut dyn FnMut(Self)) {
        if let (Some(owner), Some(field)) = (self.structure(), self.definition.fields().get(index)) {
            children(owner, index, field, visit);
        }
    }

    /// The structure whose elements are the children: for a primitive, its id and extensions.
    fn owner(self) -> Option<&'d dyn Structure> {
        self.structure().or(self.extra)
    }
}

impl<'d> Element<'d> for TypedElement<'d> {
    fn definition(self) -> Option<&'static TypeDef> {
        Some(self.definition)
    }

    fn primitive(self) -> Option<Primitive<'d>> {
        if let Some(Item::Primitive(value)) = self.value { Some(value) } else { None }
    }

    fn for_each_child(self, name: &str, visit: &mut dyn FnMut(Self)) {
        let Some(owner) = self.owner() else { return };
        let fields = owner.definition().fields();
        if let Some(index) = fields.iter().position(|field| field.name() == name)
            && let Some(field) = fields.get(index)
        {
            children(owner, index, field, visit);
        }
    }

    fn for_each(self, visit: &mut dyn FnMut(&'d str, Self)) {
        let Some(owner) = self.owner() else { return };
        for (index, field) in owner.definition().fields().iter().enumerate() {
            children(owner, index, field, &mut |child| visit(field.name(), child));
        }
    }

    fn identity(self) -> usize {
        self.identity
    }
}

fn address(structure: &dyn Structure) -> usize {
    std::ptr::from_ref(structure).cast::<u8>() as usize
}

/// Visits what one field of a structure holds.
fn children<'d>(
    owner: &'d dyn Structure,
    index: usize,
    field: &'static FieldDef,
    visit: &mut dyn FnMut(TypedElement<'d>),
) {
    let extras = owner.extras();
    match owner.held(index) {
        Held::One(item) => visit(one(owner, index, 0, field, item)),
        Held::Choice(choice, item) => visit(one(owner, index, choice, field, item)),
        Held::Structures(list) => {
            (0..list.len()).filter_map(|at| list.at(at)).for_each(|item| visit(TypedElement::of(item)));
        }
        Held::Primitives(list) => primitives(Some(list), extras, index, field, visit),
        Held::Nothing if extras.is_empty() => {}
        Held::Nothing if field.is_list() => primitives(None, extras, index, field, visit),
        Held::Nothing => {
            for place in extras.places().into_iter().filter(|place| place.field == index) {
                if let (Some(kind), Some(extra)) = (field.types().get(place.choice), extras.element(place)) {
                    let (definition, identity) = (kind.definition(), address(extra));
                    visit(TypedElement { value: None, extra: Some(extra), definition, identity });
                }
            }
        }
    }
}

fn one<'d>(
    owner: &'d dyn Structure,
    index: usize,
    choice: usize,
    field: &'static FieldDef,
    item: Item<'d>,
) -> TypedElement<'d> {
    match (item, field.types().get(choice)) {
        (Item::Primitive(_), Some(kind)) => TypedElement {
            value: Some(item),
            extra: owner.extras().element(Place { field: index, choice, index: 0 }),
            definition: kind.definition(),
            // Within the structure, where no other element has its address.
            identity: address(owner) + 1 + index,
        },
        (Item::Structure(structure), _) => TypedElement::of(structure),
        (Item::Primitive(_), None) => TypedElement::of(owner),
    }
}

fn primitives<'d>(
    list: Option<&'d dyn PrimitiveList>,
    extras: &'d dyn AnyExtras,
    index: usize,
    field: &'static FieldDef,
    visit: &mut dyn FnMut(TypedElement<'d>),
) {
    let Some(kind) = field.types().first() else { return };
    let place = |at| Place { field: index, choice: 0, index: at };
    let values = list.map_or(0, PrimitiveList::len);
    let beyond =
        extras.places().into_iter().filter(|place| place.field == index).map(|place| place.index + 1);
    for at in 0..beyond.max().unwrap_or(0).max(values) {
        let extra = extras.element(place(at));
        let given = list.filter(|_| !extras.is_absent(place(at)));
        let value = given.and_then(|list| list.at(at)).map(Item::Primitive);
        let identity = match (list, extra) {
            (Some(list), _) if at < values => list.address(at),
            (_, Some(extra)) => address(extra),
            _ => continue,
        };
        if value.is_some() || extra.is_some() {
            visit(TypedElement { value, extra, definition: kind.definition(), identity });
        }
    }
}

impl fmt::Debug for TypedElement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.definition.name())
    }
}
