//! What a struct has no field for: ids and extensions of primitives, and members that its type does not define.
//!
//! Both are rare, so they stand in one boxed list per struct, eight bytes where there is none.

use super::Structure;
use crate::json::Value;
use crate::primitive::Text;
use std::fmt;

/// The extras of a struct; `E` is the version's `Element`, an id with extensions.
#[derive(Clone)]
pub struct Extras<E>(Option<Box<Inner<E>>>);

#[derive(Clone)]
struct Inner<E> {
    /// In no order; few.
    elements: Vec<(Place, E)>,
    /// Places of lists where JSON has null instead of a value.
    absent: Vec<Place>,
    /// Lists of elements that are written as long as they were read: field, length.
    counts: Vec<(usize, usize)>,
    members: Vec<(Text, Value)>,
}

/// A primitive of a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The index of the element in [`TypeDef::fields`](crate::schema::TypeDef::fields).
    pub field: usize,
    /// For a choice, the index of the type; 0 otherwise.
    pub choice: usize,
    /// In a list, which one; 0 otherwise.
    pub index: usize,
}

/// [`Extras`] without the type of the version's `Element`.
pub trait AnyExtras {
    /// Whether there is none.
    fn is_empty(&self) -> bool;

    /// The id and extensions of a primitive.
    fn element(&self, place: Place) -> Option<&dyn Structure>;

    /// The id and extensions of a primitive, made if there are none.
    fn element_mut(&mut self, place: Place) -> &mut dyn Structure;

    /// The places that have an id or extensions, in no order.
    fn places(&self) -> Vec<Place>;

    /// Whether JSON has null at this place of a list.
    fn is_absent(&self, place: Place) -> bool;

    /// Notes that JSON has null at this place of a list.
    fn set_absent(&mut self, place: Place);

    /// The places noted by [`AnyExtras::set_absent`].
    fn absent(&self) -> &[Place];

    /// How long JSON has the list of ids and extensions of an element, where that is neither the number of
    /// values nor what the last of them asks for.
    fn count(&self, field: usize) -> Option<usize>;

    /// Notes how long JSON has the list of ids and extensions of an element.
    fn set_count(&mut self, field: usize, count: usize);

    /// Members of the JSON object that the type does not define, or whose values do not fit it.
    fn members(&self) -> &[(Text, Value)];

    /// Keeps a member of the JSON object that has no other place.
    fn keep(&mut self, name: Text, value: Value);
}

impl<E> Default for Extras<E> {
    fn default() -> Self {
        Self(None)
    }
}

impl<E> Extras<E> {
    fn inner(&mut self) -> &mut Inner<E> {
        self.0.get_or_insert_with(|| {
            Box::new(Inner {
                elements: Vec::new(),
                absent: Vec::new(),
                counts: Vec::new(),
                members: Vec::new(),
            })
        })
    }

    /// The id and extensions of a primitive.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<&E> {
        let inner = self.0.as_ref()?;
        let at = inner.elements.binary_search_by_key(&place, |(other, _)| *other).ok()?;
        inner.elements.get(at).map(|(_, element)| element)
    }

    /// The id and extensions of a primitive, made if there are none.
    pub fn at_mut(&mut self, place: Place) -> &mut E
    where
        E: Default,
    {
        // Sorted, since a list may have as many of them as a text has room for.
        let elements = &mut self.inner().elements;
        let at = match elements.binary_search_by_key(&place, |(other, _)| *other) {
            Ok(at) => at,
            Err(at) => {
                elements.insert(at, (place, E::default()));
                at
            }
        };
        // The element is there: found, or put there just now.
        #[expect(clippy::indexing_slicing, reason = "found or put there above")]
        &mut elements[at].1
    }

    /// Members of the JSON object that the type does not define, or whose values do not fit it.
    #[must_use]
    pub fn members(&self) -> &[(Text, Value)] {
        self.0.as_ref().map_or(&[], |inner| inner.members.as_slice())
    }

    /// As [`Extras::members`], to be changed.
    pub fn members_mut(&mut self) -> &mut Vec<(Text, Value)> {
        &mut self.inner().members
    }
}

impl<E: Structure + Default> AnyExtras for Extras<E> {
    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn element(&self, place: Place) -> Option<&dyn Structure> {
        self.at(place).map(|element| -> &dyn Structure { element })
    }

    fn element_mut(&mut self, place: Place) -> &mut dyn Structure {
        self.at_mut(place)
    }

    fn places(&self) -> Vec<Place> {
        self.0.iter().flat_map(|inner| &inner.elements).map(|(place, _)| *place).collect()
    }

    fn is_absent(&self, place: Place) -> bool {
        self.absent().binary_search(&place).is_ok()
    }

    fn set_absent(&mut self, place: Place) {
        let absent = &mut self.inner().absent;
        if let Err(at) = absent.binary_search(&place) {
            absent.insert(at, place);
        }
    }

    fn absent(&self) -> &[Place] {
        self.0.as_ref().map_or(&[], |inner| inner.absent.as_slice())
    }

    fn count(&self, field: usize) -> Option<usize> {
        let inner = self.0.as_ref()?;
        inner.counts.iter().find(|(other, _)| *other == field).map(|(_, count)| *count)
    }

    fn set_count(&mut self, field: usize, count: usize) {
        self.inner().counts.push((field, count));
    }

    fn members(&self) -> &[(Text, Value)] {
        Self::members(self)
    }

    fn keep(&mut self, name: Text, value: Value) {
        self.inner().members.push((name, value));
    }
}

/// Shows how much there is, not what.
impl<E> fmt::Debug for Extras<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements = self.0.as_ref().map_or(0, |inner| inner.elements.len());
        write!(f, "Extras({elements} elements, {} members)", self.members().len())
    }
}
