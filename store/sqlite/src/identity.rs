//! Ids as they are stored: a UUID in its usual lower-case form takes 16 bytes, every other id is its text.
//!
//! Both directions are exact, so no two ids become one. UUIDs of version 7 then sort by time, which keeps writes together.

use compact_str::CompactString;
use hygea_store::Result;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::failure::corrupt;

/// An id as it is bound.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StoredId {
    Text(CompactString),
    Uuid([u8; 16]),
}

impl StoredId {
    pub(crate) fn new(id: &str) -> Self {
        uuid(id).map_or_else(|| Self::Text(id.into()), Self::Uuid)
    }
}

impl ToSql for StoredId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Uuid(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The id of a stored value.
pub(crate) fn id_of(value: ValueRef<'_>) -> Result<CompactString> {
    match value {
        ValueRef::Text(text) => CompactString::from_utf8(text).map_err(|_| corrupt("an id is not UTF-8")),
        ValueRef::Blob(bytes) => {
            let bytes: &[u8; 16] =
                bytes.try_into().map_err(|_| corrupt("a binary id does not have 16 bytes"))?;
            let mut text = [b'-'; 36];
            let mut places =
                text.iter_mut().enumerate().filter(|(place, _)| !is_hyphen(*place)).map(|(_, digit)| digit);
            for byte in bytes {
                for nibble in [byte >> 4, byte & 0xF] {
                    if let Some(digit) = places.next() {
                        *digit = if nibble < 10 {
                            b'0'.wrapping_add(nibble)
                        } else {
                            b'a'.wrapping_add(nibble - 10)
                        };
                    }
                }
            }
            CompactString::from_utf8(text).map_err(|_| corrupt("an id is not UTF-8"))
        }
        _ => Err(corrupt("an id is neither text nor bytes")),
    }
}

fn uuid(id: &str) -> Option<[u8; 16]> {
    let text = id.as_bytes();
    if text.len() != 36 {
        return None;
    }
    let mut bytes = [0; 16];
    let mut digits = text.iter().enumerate().filter(|(position, _)| !matches!(position, 8 | 13 | 18 | 23));
    if !text
        .iter()
        .enumerate()
        .all(|(position, byte)| matches!(position, 8 | 13 | 18 | 23) == (*byte == b'-'))
    {
        return None;
    }
    for byte in &mut bytes {
        let (high, low) = (digits.next()?.1, digits.next()?.1);
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

fn is_hyphen(place: usize) -> bool {
    matches!(place, 8 | 13 | 18 | 23)
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(id: &str) -> String {
        match StoredId::new(id) {
            StoredId::Text(text) => id_of(ValueRef::Text(text.as_bytes())),
            StoredId::Uuid(bytes) => id_of(ValueRef::Blob(&bytes)),
        }
        .unwrap()
        .to_string()
    }

    #[test]
    fn only_the_usual_form_is_packed() {
        let packed = "0190b6f2-7c1a-7000-8000-00000000000f";
        assert!(matches!(StoredId::new(packed), StoredId::Uuid(_)));
        for id in [
            "p1",
            "0190B6F2-7C1A-7000-8000-00000000000F",
            "0190b6f27c1a700080000000000000000000",
            "0190b6f2-7c1a-7000-8000-00000000000g",
            "0190b6f2-7c1a-7000-80000-0000000000f",
            "------------------------------------",
        ] {
            assert!(matches!(StoredId::new(id), StoredId::Text(_)), "{id}");
            assert_eq!(stored(id), id);
        }
        assert_eq!(stored(packed), packed);
    }

    proptest! {
        #[test]
        fn every_id_comes_back(id in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|.{0,40}|[0-9a-f-]{36}") {
            prop_assert_eq!(stored(&id), id);
        }
    }
}
