//! JSON that changes no value: member order and the text of numbers are kept.
//!
//! Management bodies carry free JSON (device and FHIR mappings, template parameters) that must come back as it was
//! sent. `serde_json::Value` rounds numbers, and its `arbitrary_precision` feature would change every crate of the
//! build, so the small tree here is our own. Grammar: RFC 8259; a member that occurs twice is refused.

mod read;
mod write;

use std::fmt;

pub use read::Limits;

use crate::Error;

/// One JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as the text that was sent.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object: its members in the order sent, no name twice.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads a JSON text within the default [`Limits`].
    ///
    /// # Errors
    /// `InvalidJson`, `TooLarge` or `TooDeep`, with the byte and the path.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Self::parse_within(text, Limits::default())
    }

    /// Reads a JSON text within limits of the caller's choice.
    ///
    /// # Errors
    /// `InvalidJson`, `TooLarge` or `TooDeep`, with the byte and the path.
    pub fn parse_within(text: &[u8], limits: Limits) -> Result<Self, Error> {
        read::parse(text, limits)
    }

    /// An object of the given members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// The member of this name, if this is an object that has it.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value at a path of member names (`a.b.c`).
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, name| value.member(name))
    }

    /// The members, empty unless this is an object.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements, empty unless this is an array.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, if this is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What this is, in the words of the JSON specification.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// Sets a member of an object: replaces it in place or appends it. Does nothing on another type.
    pub fn set(&mut self, name: &str, value: impl Into<Self>) {
        if let Self::Object(members) = self {
            let value = value.into();
            match members.iter_mut().find(|(key, _)| key == name) {
                Some((_, old)) => *old = value,
                None => members.push((name.to_owned(), value)),
            }
        }
    }

    /// Takes a member out of an object.
    pub fn remove(&mut self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        let index = members.iter().position(|(key, _)| key == name)?;
        Some(members.remove(index).1)
    }
}

impl fmt::Display for Json {
    /// Compact text, members in their order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write::write(self, f)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(Number(value.to_string().into()))
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(Number(value.to_string().into()))
    }
}

impl From<Vec<Self>> for Json {
    fn from(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }
}

impl<T: Into<Self>> From<Option<T>> for Json {
    /// `None` is `null`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A JSON number as its text, so that `1.0`, `1.00` and `1e400` stay what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(pub(crate) Box<str>);

impl Number {
    /// The text as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, if it is written as a whole number that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }
}
