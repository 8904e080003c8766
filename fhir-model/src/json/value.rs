//! The owned tree: for what is put together (Bundles, OperationOutcomes) or changed (patches, rewritten
//! references). Members keep their order and numbers their text, as in [`super::Document`].

use super::document::{Kind, Node};
use super::write::Writer;
use std::fmt;

/// An owned JSON value.
///
/// ```
/// use hygea_fhir_model::json::{Object, Value};
///
/// let issue = Object::new().with("severity", "error").with("code", "not-found");
/// let outcome = Object::new().with("resourceType", "OperationOutcome").with("issue", vec![Value::from(issue)]);
/// assert_eq!(
///     Value::from(outcome).to_json(),
///     r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}"#
/// );
/// ```
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as its text. The text must follow the JSON grammar; it is written as it is.
    Number(Box<str>),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Object),
    /// The text of one JSON value, written as it is: a resource that need not be parsed again.
    Raw(Box<str>),
}

/// The members of an owned object, in order.
#[derive(Clone, PartialEq, Default)]
pub struct Object {
    members: Vec<(String, Value)>,
}

impl Value {
    /// The value as JSON text without layout.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut writer = Writer::new();
        self.write(&mut writer);
        writer.into_text()
    }

    /// Writes the value.
    pub fn write(&self, writer: &mut Writer) {
        match self {
            Self::Null => writer.null(),
            Self::Bool(value) => writer.bool(*value),
            Self::Number(text) | Self::Raw(text) => writer.raw(text),
            Self::String(text) => writer.string(text),
            Self::Array(items) => writer.array(|writer| items.iter().for_each(|item| item.write(writer))),
            Self::Object(object) => object.write(writer),
        }
    }

    /// The object, if it is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The object, if it is one.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The items of an array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The text of a string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The member `name` of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object().and_then(|object| object.get(name))
    }
}

impl Object {
    /// An object without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member behind the others.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.push((name.into(), value.into()));
        self
    }

    /// Adds a member if there is a value.
    #[must_use]
    pub fn with_some(self, name: impl Into<String>, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The member `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The member `name`.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.members.iter_mut().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Sets a member in its place, or adds it behind the others; returns the old value.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let name = name.into();
        match self.get_mut(&name) {
            Some(old) => Some(std::mem::replace(old, value.into())),
            None => {
                self.members.push((name, value.into()));
                None
            }
        }
    }

    /// Sets a member before all others, wherever it stood.
    pub fn insert_first(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let name = name.into();
        self.remove(&name);
        self.members.insert(0, (name, value.into()));
    }

    /// Takes the member `name` out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().position(|(other, _)| other == name)?;
        Some(self.members.remove(at).1)
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The members in order, their values to be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Value)> {
        self.members.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// The number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Writes the object.
    pub fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            for (name, value) in &self.members {
                writer.name(name);
                value.write(writer);
            }
        });
    }
}

impl Node<'_> {
    /// The value as an owned tree.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.as_bool() == Some(true)),
            Kind::Number => Value::Number(self.raw().into()),
            Kind::String => Value::String(self.as_str().unwrap_or_default().to_owned()),
            Kind::Array => Value::Array(self.items().map(Node::to_value).collect()),
            Kind::Object => Value::Object(
                self.members().map(|(name, value)| (name.to_owned(), value.to_value())).collect(),
            ),
        }
    }
}

impl FromIterator<(String, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        Self { members: members.into_iter().collect() }
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(value: $integer) -> Self {
                Self::Number(value.to_string().into_boxed_str())
            }
        }
    )*};
}

from_integer!(i32, i64, u16, u32, u64, usize);

/// Shows the kind and the size, never the content: values hold patients' data.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Number(text) => write!(f, "Number({} bytes)", text.len()),
            Self::Raw(text) => write!(f, "Raw({} bytes)", text.len()),
            Self::String(text) => write!(f, "String({} bytes)", text.len()),
            Self::Array(items) => write!(f, "Array({} items)", items.len()),
            Self::Object(object) => object.fmt(f),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} members)", self.members.len())
    }
}
