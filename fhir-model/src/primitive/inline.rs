//! Short texts inside the value, without an allocation.
//!
//! A time with its zone has 25 characters, a UUID 36, `urn:uuid:` with one 45: each just too long for the 24
//! bytes of a [`CompactString`](compact_str::CompactString), and a third of all texts of a resource. The types
//! that hold them have room for as many bytes as their usual values need.

use arrayvec::ArrayString;
use std::hash::{Hash, Hasher};

/// A text; up to `N` bytes of it stand in the value.
#[derive(Clone)]
pub(super) enum Inline<const N: usize> {
    Inside(ArrayString<N>),
    Outside(Box<str>),
}

impl<const N: usize> Inline<N> {
    #[inline]
    pub(super) fn new(text: &str) -> Self {
        ArrayString::from(text).map_or_else(|_| Self::Outside(text.into()), Self::Inside)
    }

    #[inline]
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Inside(text) => text,
            Self::Outside(text) => text,
        }
    }
}

impl<const N: usize> From<String> for Inline<N> {
    fn from(text: String) -> Self {
        match ArrayString::from(&text) {
            Ok(short) => Self::Inside(short),
            Err(_) => Self::Outside(text.into_boxed_str()),
        }
    }
}

impl<const N: usize> PartialEq for Inline<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const N: usize> Eq for Inline<N> {}

/// As the text itself, which the types may be borrowed as.
impl<const N: usize> Hash for Inline<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
