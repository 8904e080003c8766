//! For those who write a store: values to sort by, and the content of a cursor.
//!
//! Every store compares sort values in the same order and writes the same cursor, so the conformance suite can compare stores
//! row by row.

use std::cmp::Ordering;

use compact_str::CompactString;

use crate::{Cursor, Decimal, Direction, Error, ErrorKind, MissingValues, Result, Sort, SortKey, Value};

/// A value by which documents are sorted. Dates come before texts, texts before numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// A time in microseconds.
    Date(i64),
    /// A text, compared byte by byte.
    Text(CompactString),
    /// A number.
    Number(Decimal),
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Documents that became live after this sequence number do not appear.
    pub watermark: u64,
    /// The greatest row id when the first page was read: every row above it is newer.
    pub newest_row: i64,
    /// The sort values of the last row, one per sort key.
    pub keys: Vec<Option<SortValue>>,
    /// The row id of the last row; for a history its sequence number.
    pub row: i64,
}

const FORMAT: u8 = 1;

impl Value {
    /// The value by which it is sorted.
    #[must_use]
    pub fn sort_value(&self) -> SortValue {
        match self {
            Self::Token { code, .. } => SortValue::Text(code.clone()),
            Self::Text(text) => SortValue::Text(text.folded.clone()),
            Self::Date { low, .. } => SortValue::Date(*low),
            Self::Number { low, .. } | Self::Quantity { low, .. } => SortValue::Number(*low),
            Self::Reference(reference) => SortValue::Text(reference.id.clone()),
            Self::Uri(uri) => SortValue::Text(uri.clone()),
        }
    }
}

impl Sort {
    /// Compares two values of this key in its direction, with those that are missing in their place.
    #[must_use]
    pub fn compare(&self, left: Option<&SortValue>, right: Option<&SortValue>) -> Ordering {
        let missing_first = self.missing == MissingValues::First;
        match (left, right) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) if missing_first => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) if missing_first => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) if self.direction == Direction::Descending => right.cmp(left),
            (Some(left), Some(right)) => left.cmp(right),
        }
    }
}

/// The order of two documents, each by its sort values and its row id: rows with equal values come in the direction of the first key.
#[must_use]
pub fn compare(
    sort: &[Sort],
    left: (&[Option<SortValue>], i64),
    right: (&[Option<SortValue>], i64),
) -> Ordering {
    let pairs = sort.iter().zip(left.0.iter().zip(right.0));
    let by_key = pairs.map(|(sort, (left, right))| sort.compare(left.as_ref(), right.as_ref()));
    let by_row = match sort.first() {
        Some(first) if first.direction == Direction::Descending => right.1.cmp(&left.1),
        _ => left.1.cmp(&right.1),
    };
    by_key.fold(Ordering::Equal, Ordering::then).then(by_row)
}

impl Position {
    /// The cursor of a page in this order.
    #[must_use]
    pub fn encode(&self, sort: &[Sort]) -> Cursor {
        let mut bytes = vec![FORMAT];
        bytes.extend(signature(sort).to_le_bytes());
        bytes.extend(self.watermark.to_le_bytes());
        bytes.extend(self.newest_row.to_le_bytes());
        bytes.extend(self.row.to_le_bytes());
        for key in &self.keys {
            match key {
                None => bytes.push(0),
                Some(SortValue::Date(value)) => {
                    bytes.push(1);
                    bytes.extend(value.to_le_bytes());
                }
                Some(SortValue::Text(text)) => put_sized(&mut bytes, 2, text.as_bytes()),
                Some(SortValue::Number(number)) => put_sized(&mut bytes, 3, number.as_bytes()),
            }
        }
        Cursor::from_bytes(bytes)
    }

    /// What a cursor holds.
    ///
    /// # Errors
    /// [`ErrorKind::Cursor`] where it is damaged or of another order.
    pub fn decode(cursor: &Cursor, sort: &[Sort]) -> Result<Self> {
        let mut reader = Reader(cursor.as_bytes());
        let decoded = reader.position(sort);
        match decoded {
            Some(position) if reader.0.is_empty() => Ok(position),
            _ => Err(Error::new(
                ErrorKind::Cursor,
                "the cursor is damaged or belongs to a query with another order",
            )),
        }
    }
}

fn put_sized(bytes: &mut Vec<u8>, tag: u8, content: &[u8]) {
    bytes.push(tag);
    // Texts are at most limits::TEXT long.
    bytes.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(content);
}

/// FNV-1a over what makes an order, the same on every machine and in every build.
fn signature(sort: &[Sort]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().chain([&0xFF]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for sort in sort {
        match &sort.by {
            SortKey::Modified => add(b"m"),
            SortKey::Id => add(b"i"),
            SortKey::Parameter(name) => {
                add(b"p");
                add(name.as_bytes());
            }
        }
        add(if sort.direction == Direction::Descending { b"d" } else { b"a" });
        add(if sort.missing == MissingValues::First { b"f" } else { b"l" });
    }
    hash
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn position(&mut self, sort: &[Sort]) -> Option<Position> {
        if self.array::<1>()? != [FORMAT] || u64::from_le_bytes(self.array()?) != signature(sort) {
            return None;
        }
        let watermark = u64::from_le_bytes(self.array()?);
        let newest_row = i64::from_le_bytes(self.array()?);
        let row = i64::from_le_bytes(self.array()?);
        let keys = sort.iter().map(|_| self.key()).collect::<Option<_>>()?;
        Some(Position { watermark, newest_row, keys, row })
    }

    fn key(&mut self) -> Option<Option<SortValue>> {
        let [tag] = self.array()?;
        Some(match tag {
            0 => None,
            1 => Some(SortValue::Date(i64::from_le_bytes(self.array()?))),
            2 => Some(SortValue::Text(CompactString::from_utf8(self.sized()?).ok()?)),
            3 => Some(SortValue::Number(Decimal::from_bytes(self.sized()?).ok()?)),
            _ => return None,
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let (content, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order() -> Vec<Sort> {
        vec![Sort::descending(SortKey::parameter("date")), Sort::ascending(SortKey::Id)]
    }

    #[test]
    fn a_cursor_comes_back() {
        let keys = vec![None, Some(SortValue::Text("p1".into()))];
        let position = Position { watermark: 7, newest_row: 9, keys, row: -1 };
        let cursor = position.encode(&order());
        assert_eq!(Position::decode(&cursor, &order()).unwrap(), position);
        assert_eq!(Position::decode(&cursor, &[]).map_err(|error| error.kind()), Err(ErrorKind::Cursor));
    }

    proptest! {
        #[test]
        fn damaged_cursors_are_refused_or_read(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), cut in 0usize..60) {
            let _ = Position::decode(&Cursor::from_bytes(bytes.clone()), &order());
            let keys = vec![Some(SortValue::Number(Decimal::from(5))), Some(SortValue::Date(3))];
            let good = Position { watermark: 1, newest_row: 2, keys, row: 3 }.encode(&order());
            bytes.splice(0..0, good.as_bytes().iter().copied().take(cut));
            let _ = Position::decode(&Cursor::from_bytes(bytes), &order());
        }
    }
}
