//! How the fields of structs hold elements, seen without their types.

use super::Structure;
use crate::element::Primitive;
use crate::primitive::{
    Base64Binary, Code, Date, DateTime, Decimal, Id, Instant, Integer64, LiteralReference, PrimitiveValue,
    Text, Time, Uri,
};
use crate::schema::TypeDef;
use std::any::Any;
use std::fmt;

/// Where an element is held, to be filled.
pub enum Slot<'a> {
    /// There is no such element.
    None,
    /// A primitive.
    Primitive(&'a mut dyn PrimitiveSlot),
    /// Primitives.
    Primitives(&'a mut dyn PrimitiveList),
    /// A structure.
    Structure(&'a mut dyn StructureSlot),
    /// Structures.
    Structures(&'a mut dyn StructureList),
    /// A choice of types.
    Choice(&'a mut dyn ChoiceSlot),
}

/// What an element holds.
#[derive(Clone, Copy)]
pub enum Held<'a> {
    /// Nothing.
    Nothing,
    /// One value.
    One(Item<'a>),
    /// A value of a choice, with the index of its type in [`FieldDef::types`](crate::schema::FieldDef::types).
    Choice(usize, Item<'a>),
    /// Primitives, at least one.
    Primitives(&'a dyn PrimitiveList),
    /// Structures, at least one.
    Structures(&'a dyn StructureList),
}

/// One value.
#[derive(Clone, Copy)]
pub enum Item<'a> {
    /// A primitive.
    Primitive(Primitive<'a>),
    /// A structure.
    Structure(&'a dyn Structure),
}

/// A place for one primitive.
pub trait PrimitiveSlot {
    /// Holds the value; false, and unchanged, if it is of another type.
    fn set(&mut self, value: Primitive<'_>) -> bool;
}

/// A list of primitives.
pub trait PrimitiveList {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    fn at(&self, index: usize) -> Option<Primitive<'_>>;

    /// Where one of them stands in memory: a number that is its own.
    fn address(&self, index: usize) -> usize;

    /// Adds a value; false, and unchanged, if it is of another type.
    fn push(&mut self, value: Primitive<'_>) -> bool;

    /// Adds what stands for a value that is not given.
    fn push_absent(&mut self);

    /// Makes room for so many more.
    fn reserve(&mut self, count: usize);

    /// Gives back the room that is not used.
    fn shrink(&mut self);

    /// Takes all out.
    fn clear(&mut self);
}

/// A place for one structure.
pub trait StructureSlot {
    /// Holds a new structure and gives it to be filled; nothing, and unchanged, if the place is taken. In a
    /// place for any resource, the structure has the type `definition`.
    fn make(&mut self, definition: &'static TypeDef) -> Option<&mut dyn Structure>;
}

/// A list of structures.
pub trait StructureList {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    fn at(&self, index: usize) -> Option<&dyn Structure>;

    /// One of them as the type that the list has: in a list of any resources the version's `Resource`.
    fn item(&self, index: usize) -> Option<&dyn Any>;

    /// Adds a new structure and gives it to be filled. In a list of any resources it has the type `definition`.
    fn push(&mut self, definition: &'static TypeDef) -> Option<&mut dyn Structure>;

    /// Makes room for so many more.
    fn reserve(&mut self, count: usize);

    /// Gives back the room that is not used.
    fn shrink(&mut self);

    /// Takes all out.
    fn clear(&mut self);
}

/// A place for one value of several types; the type is given by its index in
/// [`FieldDef::types`](crate::schema::FieldDef::types).
pub trait ChoiceSlot {
    /// Whether a value is there already.
    fn is_taken(&self) -> bool;

    /// Holds a primitive; false, and unchanged, if it is of another type.
    fn set(&mut self, choice: usize, value: Primitive<'_>) -> bool;

    /// Holds a new structure and gives it to be filled; nothing if the type is no structure.
    fn make(&mut self, choice: usize) -> Option<&mut dyn Structure>;
}

/// A field of a struct, seen without its type.
pub trait Field {
    /// The place of the element.
    fn slot(&mut self) -> Slot<'_>;

    /// Whether the element holds anything.
    fn is_held(&self) -> bool;

    /// What the element holds.
    fn held(&self) -> Held<'_>;
}

impl<T: PrimitiveValue> PrimitiveSlot for Option<T> {
    fn set(&mut self, value: Primitive<'_>) -> bool {
        let new = T::from_primitive(value);
        let fits = new.is_some();
        if fits {
            *self = new;
        }
        fits
    }
}

impl<T: PrimitiveValue> PrimitiveList for Vec<T> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn at(&self, index: usize) -> Option<Primitive<'_>> {
        self.get(index).map(T::to_primitive)
    }

    fn address(&self, index: usize) -> usize {
        self.as_ptr().wrapping_add(index) as usize
    }

    fn push(&mut self, value: Primitive<'_>) -> bool {
        let new = T::from_primitive(value);
        let fits = new.is_some();
        self.extend(new);
        fits
    }

    fn push_absent(&mut self) {
        Self::push(self, T::absent());
    }

    fn reserve(&mut self, count: usize) {
        self.reserve_exact(count);
    }

    fn shrink(&mut self) {
        self.shrink_to_fit();
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}

/// Makes `Option<T>` and `Vec<T>` of primitive types fields; the blanket impls below are for structures.
macro_rules! primitive_fields {
    ($($name:ty),* $(,)?) => {$(
        impl $crate::typed::Field for Option<$name> {
            fn slot(&mut self) -> $crate::typed::Slot<'_> {
                $crate::typed::Slot::Primitive(self)
            }

            fn is_held(&self) -> bool {
                self.is_some()
            }

            #[inline(never)]
            fn held(&self) -> $crate::typed::Held<'_> {
                match self {
                    Some(value) => $crate::typed::Held::One($crate::typed::Item::Primitive(
                        $crate::primitive::PrimitiveValue::to_primitive(value),
                    )),
                    None => $crate::typed::Held::Nothing,
                }
            }
        }

        impl $crate::typed::Field for Vec<$name> {
            fn slot(&mut self) -> $crate::typed::Slot<'_> {
                $crate::typed::Slot::Primitives(self)
            }

            fn is_held(&self) -> bool {
                !self.is_empty()
            }

            fn held(&self) -> $crate::typed::Held<'_> {
                if self.is_empty() {
                    $crate::typed::Held::Nothing
                } else {
                    $crate::typed::Held::Primitives(self)
                }
            }
        }
    )*};
}

pub(crate) use primitive_fields;

primitive_fields!(
    Text,
    Uri,
    Id,
    Code,
    Base64Binary,
    Date,
    DateTime,
    Instant,
    Time,
    Integer64,
    LiteralReference,
    Decimal,
    bool,
    i32,
    u32,
);

impl<T: Structure + Default> StructureSlot for Option<Box<T>> {
    fn make(&mut self, _: &'static TypeDef) -> Option<&mut dyn Structure> {
        if self.is_some() {
            return None;
        }
        let new: &mut T = self.insert(Box::default());
        Some(new)
    }
}

impl<T: Structure + Default> StructureList for Vec<T> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn at(&self, index: usize) -> Option<&dyn Structure> {
        self.get(index).map(|item| -> &dyn Structure { item })
    }

    fn item(&self, index: usize) -> Option<&dyn Any> {
        self.get(index).map(|item| -> &dyn Any { item })
    }

    fn push(&mut self, _: &'static TypeDef) -> Option<&mut dyn Structure> {
        // In its place: one that is pushed is made elsewhere and moved.
        self.extend(std::iter::once_with(T::default));
        self.last_mut().map(|item| -> &mut dyn Structure { item })
    }

    fn reserve(&mut self, count: usize) {
        self.reserve_exact(count);
    }

    fn shrink(&mut self) {
        self.shrink_to_fit();
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}

impl<T: Structure + Default> Field for Option<Box<T>> {
    fn slot(&mut self) -> Slot<'_> {
        Slot::Structure(self)
    }

    fn is_held(&self) -> bool {
        self.is_some()
    }

    fn held(&self) -> Held<'_> {
        match self {
            Some(item) => {
                let item: &T = item;
                Held::One(Item::Structure(item))
            }
            None => Held::Nothing,
        }
    }
}

impl<T: Structure + Default> Field for Vec<T> {
    fn slot(&mut self) -> Slot<'_> {
        Slot::Structures(self)
    }

    fn is_held(&self) -> bool {
        !self.is_empty()
    }

    fn held(&self) -> Held<'_> {
        if self.is_empty() { Held::Nothing } else { Held::Structures(self) }
    }
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Primitive(_) => "Primitive",
            Self::Primitives(_) => "Primitives",
            Self::Structure(_) => "Structure",
            Self::Structures(_) => "Structures",
            Self::Choice(_) => "Choice",
        })
    }
}

impl fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::One(item) => item.fmt(f),
            Self::Choice(choice, item) => write!(f, "{item:?} of type {choice}"),
            Self::Primitives(list) => write!(f, "{} primitives", list.len()),
            Self::Structures(list) => write!(f, "{} structures", list.len()),
        }
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primitive(value) => value.fmt(f),
            Self::Structure(structure) => super::debug(*structure, f),
        }
    }
}
