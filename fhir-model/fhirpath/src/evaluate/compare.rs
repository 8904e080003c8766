//! Equality, equivalence and order (FHIRPath "Equality" and "Comparison").

use super::Run;
use super::quantity;
use crate::error::{ErrorKind, Failure};
use crate::node::Node;
use crate::value::{DateTime, Decimal, Item, Items, Quantity};
use hygea_fhir_model::element::{Element, Primitive};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

impl<'a> Run<'_, 'a> {
    /// `left = right` for collections: nothing where it is unknown.
    pub(crate) fn equal(&self, left: &[Item<'a>], right: &[Item<'a>]) -> Result<Option<bool>, Failure> {
        if left.is_empty() || right.is_empty() {
            return Ok(None);
        }
        if left.len() != right.len() {
            return Ok(Some(false));
        }
        let mut unknown = false;
        for (left, right) in left.iter().zip(right) {
            match self.equal_items(left, right)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => unknown = true,
            }
        }
        Ok((!unknown).then_some(true))
    }

    /// `left ~ right` for collections.
    pub(crate) fn equivalent(&self, left: &[Item<'a>], right: &[Item<'a>]) -> Result<bool, Failure> {
        if left.len() != right.len() {
            return Ok(false);
        }
        let mut open: Vec<&Item<'a>> = right.iter().collect();
        for item in left {
            let mut found = None;
            for (at, other) in open.iter().enumerate() {
                if self.equivalent_items(item, other)? {
                    found = Some(at);
                    break;
                }
            }
            match found {
                Some(at) => {
                    open.swap_remove(at);
                }
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Whether two items are equal; nothing where it is unknown.
    pub(crate) fn equal_items(&self, left: &Item<'a>, right: &Item<'a>) -> Result<Option<bool>, Failure> {
        self.spend(1)?;
        if let (Item::Element(left), Item::Element(right)) = (left, right) {
            if let Some(equal) = equal_texts(*left, *right) {
                return Ok(Some(equal));
            }
            if left.is_same(*right) {
                return Ok(Some(true));
            }
            if let (Some(Primitive::Text(a)), Some(Primitive::Text(b))) =
                (left.primitive(), right.primitive())
                && left.definition() == right.definition()
                && (a == b || left.is_plain_text())
            {
                return Ok(Some(a == b));
            }
            if is_complex(*left) || is_complex(*right) {
                return self.equal_nodes(*left, *right, false);
            }
        }
        match (left.to_value(), right.to_value()) {
            (Some(left), Some(right)) => Ok(equal_values(&left, &right)),
            // Primitives without value are equal if their extensions are.
            (None, None) => match (left.element(), right.element()) {
                (Some(left), Some(right)) => self.equal_nodes(left, right, false),
                _ => Ok(Some(false)),
            },
            _ => Ok(Some(false)),
        }
    }

    fn equivalent_items(&self, left: &Item<'a>, right: &Item<'a>) -> Result<bool, Failure> {
        self.spend(1)?;
        if let (Item::Element(left), Item::Element(right)) = (left, right) {
            if left.is_same(*right) {
                return Ok(true);
            }
            if left.quantity().is_none()
                && right.quantity().is_none()
                && (is_complex(*left) || is_complex(*right))
            {
                return Ok(self.equal_nodes(*left, *right, true)? == Some(true));
            }
        }
        match (left.to_value(), right.to_value()) {
            (Some(left), Some(right)) => Ok(equivalent_values(&left, &right)),
            (None, None) => match (left.element(), right.element()) {
                (Some(left), Some(right)) => Ok(self.equal_nodes(left, right, true)? == Some(true)),
                _ => Ok(false),
            },
            _ => Ok(false),
        }
    }

    /// Complex elements: all children, recursively; for equivalence in any order.
    fn equal_nodes(
        &self,
        left: Node<'a>,
        right: Node<'a>,
        equivalence: bool,
    ) -> Result<Option<bool>, Failure> {
        self.deeper(|| {
            if !equivalence && left.definition() != right.definition() {
                return Ok(Some(false));
            }
            let (left, right) = (sorted_children(left), sorted_children(right));
            self.spend(left.len() + right.len())?;
            if left.len() != right.len() {
                return Ok(Some(false));
            }
            let mut unknown = false;
            for (left, right) in left.chunk_by(|a, b| a.0 == b.0).zip(right.chunk_by(|a, b| a.0 == b.0)) {
                let same = left.first().map(|child| child.0) == right.first().map(|child| child.0);
                if !same || left.len() != right.len() {
                    return Ok(Some(false));
                }
                let items = |children: &[(&str, Node<'a>)]| -> Items<'a> {
                    children.iter().map(|(_, node)| Item::Element(*node)).collect()
                };
                let found = match equivalence {
                    true => Some(self.equivalent(&items(left), &items(right))?),
                    false => self.equal(&items(left), &items(right))?,
                };
                match found {
                    Some(true) => {}
                    Some(false) => return Ok(Some(false)),
                    None => unknown = true,
                }
            }
            Ok((!unknown).then_some(true))
        })
    }

    /// Whether a collection holds an item that is equal to `item`.
    pub(crate) fn holds(&self, items: &[Item<'a>], item: &Item<'a>) -> Result<bool, Failure> {
        for other in items {
            if self.equal_items(other, item)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the items that `out` does not hold yet.
    pub(crate) fn add_distinct(&self, items: Items<'a>, out: &mut Items<'a>) -> Result<(), Failure> {
        if out.len() + items.len() <= FEW {
            for item in items {
                if !self.holds(out, &item)? {
                    out.push(item);
                }
            }
            return Ok(());
        }
        let mut known = Index::of(out);
        for item in items {
            self.add_new(item, &mut known, out)?;
        }
        Ok(())
    }

    /// Adds an item that `out`, of which there is an index, does not hold yet; tells whether it did.
    pub(crate) fn add_new(
        &self,
        item: Item<'a>,
        known: &mut Index,
        out: &mut Items<'a>,
    ) -> Result<bool, Failure> {
        let new = !self.indexed(known, out, &item)?;
        if new {
            known.add(&item);
            out.push(item);
        }
        Ok(new)
    }

    /// Whether `items`, of which there is an index, hold an item that is equal to `item`.
    pub(crate) fn indexed(
        &self,
        known: &Index,
        items: &[Item<'a>],
        item: &Item<'a>,
    ) -> Result<bool, Failure> {
        self.spend(1)?;
        for place in known.candidates(item) {
            if let Some(other) = items.get(*place)
                && self.equal_items(other, item)? == Some(true)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `left < right` and its siblings: nothing where it is unknown.
    pub(crate) fn order(&self, left: &Item<'a>, right: &Item<'a>) -> Result<Option<Ordering>, Failure> {
        self.spend(1)?;
        match (left.to_value(), right.to_value()) {
            (Some(a), Some(b)) => order_values(&a, &b),
            _ if left.is_valueless() || right.is_valueless() => Ok(None),
            _ => Err(not_ordered(left, right)),
        }
    }
}

/// Up to so many items are compared one by one.
pub(super) const FEW: usize = 16;

/// The places of items in a collection by a hash of what equal items have in common.
#[derive(Default)]
pub(crate) struct Index {
    places: HashMap<u64, Vec<usize>>,
    count: usize,
}

impl Index {
    pub(crate) fn of(items: &[Item<'_>]) -> Self {
        let mut found = Self::default();
        for item in items {
            found.add(item);
        }
        found
    }

    fn add(&mut self, item: &Item<'_>) {
        self.places.entry(common_hash(item)).or_default().push(self.count);
        self.count += 1;
    }

    fn candidates(&self, item: &Item<'_>) -> &[usize] {
        self.places.get(&common_hash(item)).map_or(&[], Vec::as_slice)
    }
}

/// Equal items have equal hashes. Numbers and quantities share one, because `0.5` and `50 '%'` are equal; so do
/// all dates and times, because zones may make them equal.
fn common_hash(item: &Item<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match item {
        Item::Element(node) if is_complex(*node) => {
            (0, node.type_name()).hash(&mut hasher);
            // Texts that tell elements of one type apart, in whatever order they stand.
            let mut texts = 0_u64;
            node.for_each(&mut |name, child| {
                if matches!(name, "code" | "value" | "system" | "reference" | "family" | "url")
                    && let Some(Item::String(text)) = child.value()
                {
                    let mut hasher = DefaultHasher::new();
                    (name, text).hash(&mut hasher);
                    texts = texts.wrapping_add(hasher.finish());
                }
            });
            texts.hash(&mut hasher);
        }
        other => match other.to_value() {
            Some(Item::String(text)) => (1, text).hash(&mut hasher),
            Some(Item::Boolean(value)) => (2, value).hash(&mut hasher),
            Some(Item::Date(_) | Item::DateTime(_)) => 3.hash(&mut hasher),
            Some(Item::Time(_)) => 4.hash(&mut hasher),
            Some(_) => 5.hash(&mut hasher),
            None => 6.hash(&mut hasher),
        },
    }
    hasher.finish()
}

/// Whether two texts of one type are equal, if they are such.
#[inline]
fn equal_texts(left: Node<'_>, right: Node<'_>) -> Option<bool> {
    let ((left, own), (right, other)) = (left.plain()?, right.plain()?);
    if !std::ptr::eq(own, other) || !Node::is_plain_text_type(own) {
        return None;
    }
    Some(left.as_str()? == right.as_str()?)
}

fn is_complex(node: Node<'_>) -> bool {
    node.primitive().is_none() && node.quantity().is_none()
}

fn sorted_children<'a>(node: Node<'a>) -> Vec<(&'a str, Node<'a>)> {
    let mut children = Vec::new();
    node.for_each(&mut |name, child| children.push((name, child)));
    children.sort_by_key(|(name, _)| *name);
    children
}

/// Whether an item is a string, or an element that holds one, and equal to `text`.
pub(crate) fn is_text(item: &Item<'_>, text: &str) -> bool {
    match item {
        Item::Element(node) => match node.primitive() {
            Some(Primitive::Text(own)) => own == text && matches!(node.value(), Some(Item::String(_))),
            _ => false,
        },
        Item::String(own) => own == text,
        _ => false,
    }
}

/// The decimal that an integer or decimal is.
pub(crate) fn number(item: &Item<'_>) -> Option<Decimal> {
    match item {
        Item::Integer(value) => Some((*value).into()),
        Item::Long(value) => Some((*value).into()),
        Item::Decimal(value) => Some(*value),
        _ => None,
    }
}

/// The quantity that an item is or that a number becomes.
pub(crate) fn as_quantity<'i>(item: &'i Item<'_>) -> Option<Cow<'i, Quantity>> {
    match item {
        Item::Quantity(quantity) => Some(Cow::Borrowed(quantity)),
        other => number(other).map(|value| Cow::Owned(Quantity::number(value))),
    }
}

fn as_date_time(item: &Item<'_>) -> Option<DateTime> {
    match item {
        Item::Date(date) => Some((*date).into()),
        Item::DateTime(moment) => Some(*moment),
        _ => None,
    }
}

fn equal_values(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    match (left, right) {
        (Item::Boolean(a), Item::Boolean(b)) => Some(a == b),
        (Item::String(a), Item::String(b)) => Some(a == b),
        (Item::Time(a), Item::Time(b)) => a.compare(*b).map(Ordering::is_eq),
        (Item::Type(a), Item::Type(b)) => Some(a == b),
        (Item::Quantity(_), _) | (_, Item::Quantity(_)) => match (as_quantity(left), as_quantity(right)) {
            (Some(a), Some(b)) => quantity::order(&a, &b).map(Ordering::is_eq),
            _ => Some(false),
        },
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => Some(a == b),
            _ => match (as_date_time(left), as_date_time(right)) {
                (Some(a), Some(b)) => a.compare(b).map(Ordering::is_eq),
                _ => Some(false),
            },
        },
    }
}

fn equivalent_values(left: &Item<'_>, right: &Item<'_>) -> bool {
    match (left, right) {
        (Item::String(a), Item::String(b)) => equivalent_texts(a, b),
        (Item::Quantity(_), _) | (_, Item::Quantity(_)) => match (as_quantity(left), as_quantity(right)) {
            (Some(a), Some(b)) => quantity::equivalent(&a, &b),
            _ => false,
        },
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => equivalent_numbers(a, b),
            _ => equal_values(left, right) == Some(true),
        },
    }
}

/// Rounded to the digits of the less precise one; zeros at the end do not count as digits.
pub(crate) fn equivalent_numbers(left: Decimal, right: Decimal) -> bool {
    let (left, right) = (left.normalized(), right.normalized());
    let scale = left.scale().min(right.scale());
    left.round(scale) == right.round(scale)
}

/// Case and the kind of white space are ignored.
fn equivalent_texts(left: &str, right: &str) -> bool {
    let plain = |text: &'_ str| -> String {
        text.chars()
            .flat_map(char::to_lowercase)
            .map(|character| if character.is_whitespace() { ' ' } else { character })
            .collect()
    };
    left == right || plain(left) == plain(right)
}

fn order_values(left: &Item<'_>, right: &Item<'_>) -> Result<Option<Ordering>, Failure> {
    match (left, right) {
        (Item::String(a), Item::String(b)) => return Ok(Some(a.cmp(b))),
        (Item::Time(a), Item::Time(b)) => return Ok(a.compare(*b)),
        _ => {}
    }
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return Ok(Some(a.cmp(&b)));
    }
    if let (Some(a), Some(b)) = (as_date_time(left), as_date_time(right)) {
        return Ok(a.compare(b));
    }
    match (as_quantity(left), as_quantity(right)) {
        (Some(a), Some(b)) => Ok(quantity::order(&a, &b)),
        _ => Err(not_ordered(left, right)),
    }
}

fn not_ordered(left: &Item<'_>, right: &Item<'_>) -> Failure {
    let name = |item: &Item<'_>| match item.type_name() {
        "" => "an element of unknown type",
        name => name,
    };
    let detail = format!("{} and {} have no order", name(left), name(right));
    Failure::new(ErrorKind::WrongType, detail)
}
