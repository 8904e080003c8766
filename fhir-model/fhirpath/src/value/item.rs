//! Items and collections: what every expression takes and gives (FHIRPath "Collections").

use super::{Date, DateTime, Decimal, Quantity, Time};
use crate::node::Node;
use crate::types::TypeInfo;
use hygea_fhir_model::element::Element;
use hygea_fhir_model::schema::TypeKind;
use std::borrow::Cow;
use std::fmt;
use std::iter::Chain;

/// One item of a collection: an element of the data, or a value that was written or computed.
///
/// `Debug` shows what kind of item it is, not its value.
#[derive(Clone)]
#[non_exhaustive]
pub enum Item<'d> {
    /// An element of a resource, borrowed.
    Element(Node<'d>),
    /// A Boolean.
    Boolean(bool),
    /// An integer of 32 bits.
    Integer(i32),
    /// An integer of 64 bits.
    Long(i64),
    /// A decimal.
    Decimal(Decimal),
    /// A string.
    String(Cow<'d, str>),
    /// A date.
    Date(Date),
    /// A date with a time.
    DateTime(DateTime),
    /// A time of day.
    Time(Time),
    /// A number with a unit.
    Quantity(Box<Quantity>),
    /// What `type()` gives.
    Type(TypeInfo),
}

impl<'d> Item<'d> {
    /// The element, if it is one.
    #[must_use]
    pub fn element(&self) -> Option<Node<'d>> {
        match self {
            Self::Element(node) => Some(*node),
            _ => None,
        }
    }

    /// The name of its type: `HumanName`, `dateTime` for elements, `String`, `Quantity` for values.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        TypeInfo::of(self).map_or("", TypeInfo::name)
    }

    /// The Boolean that it is, or that the element holds.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.to_value()? {
            Self::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The text that it is, or that the element holds: of strings, codes, URIs and the like.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Element(node) => node.text(),
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of the language: for an element the one that its primitive or Quantity stands for, for a value
    /// itself. Nothing for a complex element, and for a primitive without value.
    #[must_use]
    pub fn to_value(&self) -> Option<Self> {
        match self {
            Self::Element(node) => node.value(),
            value => Some(value.clone()),
        }
    }

    /// Whether it is a primitive that has an id or extensions but no value. Where one value is wanted, it counts
    /// as none.
    pub(crate) fn is_valueless(&self) -> bool {
        match self {
            Self::Element(node) => {
                node.primitive().is_none()
                    && node.definition().is_some_and(|own| own.kind() == TypeKind::Primitive)
            }
            _ => false,
        }
    }

    /// The value as the text that `toString()` gives; nothing for a complex element.
    #[must_use]
    pub fn to_text(&self) -> Option<Cow<'d, str>> {
        Some(match self.to_value()? {
            Self::String(text) => text,
            Self::Boolean(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Self::Integer(value) => Cow::Owned(value.to_string()),
            Self::Long(value) => Cow::Owned(value.to_string()),
            Self::Decimal(value) => Cow::Owned(value.to_string()),
            Self::Date(value) => Cow::Owned(value.to_string()),
            Self::DateTime(value) => Cow::Owned(value.to_string()),
            Self::Time(value) => Cow::Owned(value.to_string()),
            Self::Quantity(value) => Cow::Owned(value.to_string()),
            Self::Element(_) | Self::Type(_) => return None,
        })
    }

    /// The same item without borrowed text; nothing for elements, which are always borrowed.
    pub(crate) fn into_owned(self) -> Option<Item<'static>> {
        Some(match self {
            Self::Element(_) => return None,
            Self::Boolean(value) => Item::Boolean(value),
            Self::Integer(value) => Item::Integer(value),
            Self::Long(value) => Item::Long(value),
            Self::Decimal(value) => Item::Decimal(value),
            Self::String(text) => Item::String(Cow::Owned(text.into_owned())),
            Self::Date(value) => Item::Date(value),
            Self::DateTime(value) => Item::DateTime(value),
            Self::Time(value) => Item::Time(value),
            Self::Quantity(value) => Item::Quantity(value),
            Self::Type(value) => Item::Type(value),
        })
    }

    /// The same item for a shorter time, its text borrowed.
    pub(crate) fn borrowed<'s>(&'s self) -> Item<'s>
    where
        'd: 's,
    {
        match self {
            Self::String(text) => Item::String(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(node) => write!(f, "Element({})", node.type_name()),
            value => f.write_str(value.type_name()),
        }
    }
}

impl<'d> From<Node<'d>> for Item<'d> {
    fn from(node: Node<'d>) -> Self {
        Self::Element(node)
    }
}

impl From<bool> for Item<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Item<'_> {
    fn from(value: i32) -> Self {
        Self::Integer(value)
    }
}

impl From<Decimal> for Item<'_> {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}

impl<'d> From<&'d str> for Item<'d> {
    fn from(text: &'d str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Item<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl From<Quantity> for Item<'_> {
    fn from(quantity: Quantity) -> Self {
        Self::Quantity(Box::new(quantity))
    }
}

/// The result of an evaluation: items in order. A single one costs no allocation.
///
/// It reads as a slice of [`Item`].
#[derive(Clone, Default)]
pub struct Collection<'d>(pub(crate) Items<'d>);

impl<'d> Collection<'d> {
    /// The elements among the items.
    pub fn elements(&self) -> impl Iterator<Item = Node<'d>> + '_ {
        self.0.iter().filter_map(Item::element)
    }

    /// What a condition makes of it ("Singleton Evaluation of Collections"): the Boolean if it holds one item
    /// that is one, true if it holds one item of another kind, nothing if it is empty or holds several.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &*self.0 {
            [item] => Some(item.as_bool().unwrap_or(true)),
            _ => None,
        }
    }

    /// The one item, if it holds exactly one.
    #[must_use]
    pub fn single(&self) -> Option<&Item<'d>> {
        match &*self.0 {
            [item] => Some(item),
            _ => None,
        }
    }
}

impl<'d> std::ops::Deref for Collection<'d> {
    type Target = [Item<'d>];

    fn deref(&self) -> &[Item<'d>] {
        &self.0
    }
}

impl<'d> IntoIterator for Collection<'d> {
    type Item = Item<'d>;
    type IntoIter = IntoIter<'d>;

    fn into_iter(self) -> IntoIter<'d> {
        self.0.into_iter()
    }
}

impl<'c, 'd> IntoIterator for &'c Collection<'d> {
    type Item = &'c Item<'d>;
    type IntoIter = std::slice::Iter<'c, Item<'d>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'d> FromIterator<Item<'d>> for Collection<'d> {
    fn from_iter<I: IntoIterator<Item = Item<'d>>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl fmt::Debug for Collection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter()).finish()
    }
}

/// The items of a [`Collection`] by value.
pub struct IntoIter<'d>(Chain<std::option::IntoIter<Item<'d>>, std::vec::IntoIter<Item<'d>>>);

impl<'d> Iterator for IntoIter<'d> {
    type Item = Item<'d>;

    fn next(&mut self) -> Option<Item<'d>> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for IntoIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for IntoIter<'_> {}

impl fmt::Debug for IntoIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IntoIter({})", self.len())
    }
}

/// A collection while it is worked on. Most hold one item at most, which costs no allocation.
#[derive(Clone, Default)]
pub(crate) enum Items<'d> {
    #[default]
    Empty,
    One(Item<'d>),
    Many(Vec<Item<'d>>),
}

impl<'d> Items<'d> {
    pub(crate) fn new() -> Self {
        Self::Empty
    }

    #[inline]
    pub(crate) fn push(&mut self, item: Item<'d>) {
        self.push_with(|| item);
    }

    /// Adds an item that is made where it goes to: a copy of what was written in parts a moment ago takes longer
    /// than the writing.
    #[inline(always)]
    pub(crate) fn push_with(&mut self, make: impl FnOnce() -> Item<'d>) {
        match self {
            Self::Empty => *self = Self::One(make()),
            Self::Many(items) => items.push(make()),
            Self::One(_) => self.push_second(make),
        }
    }

    #[inline(never)]
    fn push_second(&mut self, make: impl FnOnce() -> Item<'d>) {
        let mut items = Vec::with_capacity(4);
        if let Self::One(first) = std::mem::take(self) {
            items.push(first);
        }
        items.push(make());
        *self = Self::Many(items);
    }

    pub(crate) fn pop(&mut self) -> Option<Item<'d>> {
        match self {
            Self::Many(items) => items.pop(),
            _ => match std::mem::take(self) {
                Self::One(item) => Some(item),
                _ => None,
            },
        }
    }

    pub(crate) fn as_slice(&self) -> &[Item<'d>] {
        match self {
            Self::Empty => &[],
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
        } else {
            self.extend(other);
        }
    }
}

impl<'d> std::ops::Deref for Items<'d> {
    type Target = [Item<'d>];

    fn deref(&self) -> &[Item<'d>] {
        self.as_slice()
    }
}

impl<'d> Extend<Item<'d>> for Items<'d> {
    fn extend<I: IntoIterator<Item = Item<'d>>>(&mut self, items: I) {
        for item in items {
            self.push(item);
        }
    }
}

impl<'d> FromIterator<Item<'d>> for Items<'d> {
    fn from_iter<I: IntoIterator<Item = Item<'d>>>(items: I) -> Self {
        let mut found = Self::new();
        found.extend(items);
        found
    }
}

impl<'d> IntoIterator for Items<'d> {
    type Item = Item<'d>;
    type IntoIter = IntoIter<'d>;

    fn into_iter(self) -> IntoIter<'d> {
        let (one, many) = match self {
            Self::Empty => (None, Vec::new()),
            Self::One(item) => (Some(item), Vec::new()),
            Self::Many(items) => (None, items),
        };
        IntoIter(one.into_iter().chain(many))
    }
}

impl<'i, 'd> IntoIterator for &'i Items<'d> {
    type Item = &'i Item<'d>;
    type IntoIter = std::slice::Iter<'i, Item<'d>>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_order_when_they_move_to_the_heap() {
        for count in 0..20 {
            let items: Items<'_> = (0..count).map(Item::Integer).collect();
            assert_eq!(items.len(), usize::try_from(count).unwrap());
            let back: Vec<i32> = items
                .into_iter()
                .map(|item| if let Item::Integer(value) = item { value } else { -1 })
                .collect();
            assert_eq!(back, (0..count).collect::<Vec<_>>());
        }
    }
}
