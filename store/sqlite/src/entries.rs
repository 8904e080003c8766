//! The index values of a document in its own row: what an update compares, what a test without a narrow key reads, and what the
//! index tables can be rebuilt from.
//!
//! A list of items, sorted and each once: a tag, the number of the parameter, and the value in the numbers of the store. Integers
//! are in groups of seven bits, low group first.

use std::ops::{Bound, RangeBounds as _};

use hygea_store::sql::{Leaf, Node, Test};
use hygea_store::{Decimal, Range, Result};

use crate::failure::corrupt;

/// One index value in the numbers of the store. System, base and version 0 are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item<'a> {
    Token { parameter: i64, code: i64, system: i64 },
    Text { parameter: i64, folded: &'a str, exact: &'a str },
    Date { parameter: i64, low: i64, high: i64 },
    Number { parameter: i64, low: Decimal, high: Decimal },
    Quantity { parameter: i64, system: i64, unit: i64, low: Decimal, high: Decimal },
    Reference { parameter: i64, target: i64, base: i64, version: i64 },
    Uri { parameter: i64, uri: i64 },
}

const TOKEN: u8 = 1;
const TEXT: u8 = 2;
const DATE: u8 = 3;
const NUMBER: u8 = 4;
const QUANTITY: u8 = 5;
const REFERENCE: u8 = 6;
const URI: u8 = 7;
/// Second text or number is the same as the first and left out.
const SAME: u8 = 0x80;

impl Item<'_> {
    pub(crate) fn parameter(&self) -> i64 {
        match self {
            Self::Token { parameter, .. }
            | Self::Text { parameter, .. }
            | Self::Date { parameter, .. }
            | Self::Number { parameter, .. }
            | Self::Quantity { parameter, .. }
            | Self::Reference { parameter, .. }
            | Self::Uri { parameter, .. } => *parameter,
        }
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Token { parameter, code, system } => put(bytes, TOKEN, &[*parameter, *code, *system]),
            Self::Text { parameter, folded, exact } => {
                let same = folded == exact;
                put(bytes, if same { TEXT | SAME } else { TEXT }, &[*parameter]);
                put_sized(bytes, folded.as_bytes());
                if !same {
                    put_sized(bytes, exact.as_bytes());
                }
            }
            Self::Date { parameter, low, high } => {
                put(bytes, DATE, &[*parameter]);
                bytes.extend(low.to_le_bytes());
                put_integer(bytes, high.wrapping_sub(*low).cast_unsigned());
            }
            Self::Number { parameter, low, high } => {
                put(bytes, if low == high { NUMBER | SAME } else { NUMBER }, &[*parameter]);
                put_ends(bytes, low, high);
            }
            Self::Quantity { parameter, system, unit, low, high } => {
                put(
                    bytes,
                    if low == high { QUANTITY | SAME } else { QUANTITY },
                    &[*parameter, *system, *unit],
                );
                put_ends(bytes, low, high);
            }
            Self::Reference { parameter, target, base, version } => {
                put(bytes, REFERENCE, &[*parameter, *target, *base, *version]);
            }
            Self::Uri { parameter, uri } => put(bytes, URI, &[*parameter, *uri]),
        }
    }

    /// Whether the value passes a test of its parameter.
    fn passes(&self, leaf: &Leaf) -> bool {
        let is = |wanted: &Option<i64>, found: i64| wanted.is_none_or(|wanted| wanted == found);
        self.parameter() == leaf.parameter
            && match (self, &leaf.test) {
                (Self::Token { code, system, .. }, Test::Token { codes, system: s }) => {
                    (codes.is_empty() || codes.contains(code)) && is(s, *system)
                }
                (Self::Text { folded, exact, .. }, Test::Text(test)) => match test {
                    hygea_store::TextTest::Prefix(prefix) => folded.starts_with(prefix.as_str()),
                    hygea_store::TextTest::Contains(part) => folded.contains(part.as_str()),
                    hygea_store::TextTest::Exact(text) => text.folded == **folded && text.exact == **exact,
                    // A kind of test that this store does not know holds for nothing.
                    _ => false,
                },
                (Self::Date { low, high, .. }, Test::Date(range)) => within(range, low, high),
                (Self::Number { low, high, .. }, Test::Number(range)) => within(range, low, high),
                (
                    Self::Quantity { system, unit, low, high, .. },
                    Test::Quantity { system: s, unit: u, range },
                ) => is(s, *system) && is(u, *unit) && within(range, low, high),
                (
                    Self::Reference { target, base, version, .. },
                    Test::Reference { targets, base: b, version: v },
                ) => targets.contains(target) && is(b, *base) && is(v, *version),
                (Self::Uri { uri, .. }, Test::Uri(uris)) => uris.contains(uri),
                _ => false,
            }
    }
}

fn within<T: Ord>(range: &Range<T>, low: &T, high: &T) -> bool {
    fn contains<T: Ord>(bounds: &(Bound<T>, Bound<T>), value: &T) -> bool {
        (bounds.0.as_ref(), bounds.1.as_ref()).contains(value)
    }
    contains(&range.low, low) && contains(&range.high, high)
}

/// Writes lists of items, its buffers used again for each document.
#[derive(Default)]
pub(crate) struct Encoder {
    scratch: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl Encoder {
    pub(crate) fn push(&mut self, item: &Item<'_>) {
        let start = self.scratch.len();
        item.encode(&mut self.scratch);
        self.places.push((start, self.scratch.len()));
    }

    /// The list of all items pushed since the last call.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let Self { scratch, places } = self;
        let item = |place: &(usize, usize)| scratch.get(place.0..place.1).unwrap_or_default();
        places.sort_unstable_by(|left, right| item(left).cmp(item(right)));
        places.dedup_by(|left, right| item(left) == item(right));
        let mut list = Vec::with_capacity(scratch.len());
        for place in places.iter() {
            list.extend(item(place));
        }
        scratch.clear();
        places.clear();
        list
    }
}

/// Reads a list of items.
#[derive(Clone)]
pub(crate) struct Items<'a>(&'a [u8]);

impl<'a> Items<'a> {
    pub(crate) fn new(list: &'a [u8]) -> Self {
        Self(list)
    }

    /// The next item with its own bytes, by which lists are compared.
    pub(crate) fn next_with_bytes(&mut self) -> Result<Option<(&'a [u8], Item<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let before = self.0;
        let item = self.item().ok_or_else(|| corrupt("the index values of a document cannot be read"))?;
        let bytes = before.get(..before.len().saturating_sub(self.0.len())).unwrap_or_default();
        Ok(Some((bytes, item)))
    }

    fn item(&mut self) -> Option<Item<'a>> {
        let (tag, rest) = self.0.split_first()?;
        self.0 = rest;
        let same = tag & SAME != 0;
        let parameter = self.integer()?;
        Some(match tag & !SAME {
            TOKEN => Item::Token { parameter, code: self.integer()?, system: self.integer()? },
            TEXT => {
                let folded = self.text()?;
                Item::Text { parameter, folded, exact: if same { folded } else { self.text()? } }
            }
            DATE => {
                let (low, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                let low = i64::from_le_bytes(*low);
                Item::Date { parameter, low, high: low.wrapping_add(self.unsigned()?.cast_signed()) }
            }
            NUMBER => {
                let low = self.decimal()?;
                Item::Number { parameter, low, high: if same { low } else { self.decimal()? } }
            }
            QUANTITY => {
                let (system, unit, low) = (self.integer()?, self.integer()?, self.decimal()?);
                Item::Quantity {
                    parameter,
                    system,
                    unit,
                    low,
                    high: if same { low } else { self.decimal()? },
                }
            }
            REFERENCE => {
                let (target, base, version) = (self.integer()?, self.integer()?, self.integer()?);
                Item::Reference { parameter, target, base, version }
            }
            URI => Item::Uri { parameter, uri: self.integer()? },
            _ => return None,
        })
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn integer(&mut self) -> Option<i64> {
        i64::try_from(self.unsigned()?).ok()
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let size = usize::try_from(self.unsigned()?).ok()?;
        let (content, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(content)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.sized()?).ok()
    }

    fn decimal(&mut self) -> Option<Decimal> {
        Decimal::from_bytes(self.sized()?).ok()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_with_bytes() {
            Ok(found) => found.map(|(_, item)| Ok(item)),
            Err(error) => {
                self.0 = &[];
                Some(Err(error))
            }
        }
    }
}

/// Whether a list satisfies a condition that its values alone decide.
pub(crate) fn matches(list: &[u8], node: &Node) -> Result<bool> {
    let any = |test: &dyn Fn(&Item<'_>) -> bool| -> Result<bool> {
        for item in Items::new(list) {
            if test(&item?) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    match node {
        Node::Nothing => Ok(false),
        Node::Everything => Ok(true),
        Node::Leaf(leaf) => any(&|item| item.passes(leaf)),
        Node::Missing { parameter, missing } => Ok(any(&|item| item.parameter() == *parameter)? != *missing),
        Node::And(nodes) => nodes.iter().try_fold(true, |holds, node| Ok(holds && matches(list, node)?)),
        Node::Or(nodes) => nodes.iter().try_fold(false, |holds, node| Ok(holds || matches(list, node)?)),
        Node::Not(node) => Ok(!matches(list, node)?),
        Node::Rows(_) | Node::Modified(..) | Node::Chain { .. } | Node::Reverse { .. } => {
            Err(corrupt("a condition on other rows was given to the index values of one"))
        }
    }
}

fn put(bytes: &mut Vec<u8>, tag: u8, integers: &[i64]) {
    bytes.push(tag);
    for integer in integers {
        put_integer(bytes, integer.cast_unsigned());
    }
}

fn put_integer(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return bytes.push(low & 0x7F);
        }
        bytes.push(low | 0x80);
    }
}

fn put_sized(bytes: &mut Vec<u8>, content: &[u8]) {
    put_integer(bytes, content.len() as u64);
    bytes.extend(content);
}

fn put_ends(bytes: &mut Vec<u8>, low: &Decimal, high: &Decimal) {
    put_sized(bytes, low.as_bytes());
    if low != high {
        put_sized(bytes, high.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn items_come_back_sorted_and_once() {
        let (one, two) = (Decimal::from(1), Decimal::from(-200_000));
        let items = [
            Item::Uri { parameter: 3, uri: 4 },
            Item::Token { parameter: 1, code: 300, system: 0 },
            Item::Token { parameter: 1, code: 300, system: 0 },
            Item::Text { parameter: 2, folded: "smith", exact: "Smith" },
            Item::Text { parameter: 2, folded: "smith", exact: "smith" },
            Item::Date { parameter: 1, low: i64::MIN, high: i64::MAX },
            Item::Date { parameter: 1, low: -5, high: 5 },
            Item::Number { parameter: 9, low: one, high: one },
            Item::Quantity { parameter: 9, system: 1, unit: 0, low: two, high: one },
            Item::Reference { parameter: 9, target: i64::MAX, base: 0, version: 7 },
        ];
        let mut encoder = Encoder::default();
        items.iter().for_each(|item| encoder.push(item));
        let list = encoder.finish();
        let back: Vec<Item<'_>> = Items::new(&list).map(Result::unwrap).collect();
        assert_eq!(back.len(), 9);
        assert!(items.iter().all(|item| back.contains(item)));
        items.iter().rev().for_each(|item| encoder.push(item));
        assert_eq!(encoder.finish(), list);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(list in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Items::new(&list).count();
        }
    }
}
