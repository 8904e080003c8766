//! A JSON tree under change: what is untouched is borrowed, what is on the way to a change is owned.

use super::{Fault, Work, protected};
use crate::error::{Error, ErrorKind};
use crate::json::{Kind, Node, Writer};
use crate::primitive::decimal;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

/// A JSON value that is being changed.
///
/// It starts as a [`Node`] of a document; [`Draft::members_mut`] and [`Draft::items_mut`] open one level of it.
/// Writing gives every value that was not replaced with its own text.
///
/// ```
/// use hygea_fhir_model::{json::Document, patch::Draft};
///
/// let document = Document::parse(br#"{"a": [1.50, {"b": "\u00e9"}], "c": null}"#)?;
/// let mut draft = Draft::from(document.root());
/// if let Some(members) = draft.members_mut() {
///     members.retain(|(name, _)| name != "c");
/// }
/// assert_eq!(draft.to_json(), r#"{"a":[1.50,{"b":"\u00e9"}]}"#);
/// # Ok::<(), hygea_fhir_model::Error>(())
/// ```
#[derive(Clone)]
pub enum Draft<'d> {
    /// `null` that stands in no document.
    Null,
    /// A value of a document, as it stands there.
    Node(Node<'d>),
    /// An array of which at least one item was looked at.
    Array(Vec<Self>),
    /// An object of which at least one member was looked at, its members in order.
    Object(Vec<(Cow<'d, str>, Self)>),
}

impl<'d> Draft<'d> {
    /// The members of an object, to be changed; nothing for another kind.
    pub fn members_mut(&mut self) -> Option<&mut Vec<(Cow<'d, str>, Self)>> {
        if let Self::Node(node) = self
            && node.is_object()
        {
            let members = node.members().map(|(name, value)| (Cow::Borrowed(name), Self::Node(value)));
            *self = Self::Object(members.collect());
        }
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items of an array, to be changed; nothing for another kind.
    pub fn items_mut(&mut self) -> Option<&mut Vec<Self>> {
        if let Self::Node(node) = self
            && node.is_array()
        {
            *self = Self::Array(node.items().map(Self::Node).collect());
        }
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The member `name` of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, Self>> {
        match self {
            Self::Node(node) => node.get(name).map(|node| Cow::Owned(Self::Node(node))),
            Self::Object(members) => {
                members.iter().find(|(known, _)| known == name).map(|(_, value)| Cow::Borrowed(value))
            }
            _ => None,
        }
    }

    /// The item at `index` of an array.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<Cow<'_, Self>> {
        match self {
            Self::Node(node) => node.at(index).map(|node| Cow::Owned(Self::Node(node))),
            Self::Array(items) => items.get(index).map(Cow::Borrowed),
            _ => None,
        }
    }

    /// What the value is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Node(node) => node.kind(),
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }

    /// The number of items of an array or members of an object; 0 for the rest.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Node(node) => node.len(),
            Self::Array(items) => items.len(),
            Self::Object(members) => members.len(),
        }
    }

    /// Whether [`Draft::len`] is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the value without layout.
    pub fn write(&self, writer: &mut Writer) {
        match self {
            Self::Null => writer.null(),
            Self::Node(node) => write_node(*node, writer),
            Self::Array(items) => writer.array(|writer| items.iter().for_each(|item| item.write(writer))),
            Self::Object(members) => writer.object(|writer| {
                for (name, value) in members {
                    writer.name(name);
                    value.write(writer);
                }
            }),
        }
    }

    /// The value as JSON text without layout.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut writer = Writer::with_capacity(self.bytes() + 16);
        self.write(&mut writer);
        writer.into_text()
    }

    /// About the bytes that it takes to write the value.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Null => 4,
            Self::Node(node) => node.raw().len(),
            Self::Array(items) => 2 + items.iter().map(|item| item.bytes() + 1).sum::<usize>(),
            Self::Object(members) => {
                2 + members.iter().map(|(name, value)| name.len() + value.bytes() + 4).sum::<usize>()
            }
        }
    }

    /// The values that are held here and not in a document: what it costs to copy this one.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Null | Self::Node(_) => 1,
            Self::Array(items) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.weight()).sum::<usize>(),
        }
    }

    /// Whether it nests at most `depth` levels.
    pub(super) fn fits(&self, depth: usize) -> bool {
        match self {
            Self::Null => true,
            Self::Node(node) => node_fits(*node, depth),
            Self::Array(items) => depth > 0 && items.iter().all(|item| item.fits(depth - 1)),
            Self::Object(members) => depth > 0 && members.iter().all(|(_, value)| value.fits(depth - 1)),
        }
    }

    /// Whether it is the same value as a node: members in any order, numbers by what they count.
    pub(super) fn equals(&self, other: Node<'_>, work: &mut Work) -> Result<bool, Fault> {
        work.spend(1)?;
        match self {
            Self::Null => Ok(other.is_null()),
            Self::Node(node) => node_equals(*node, other, work),
            Self::Array(items) => {
                if !other.is_array() || items.len() != other.len() {
                    return Ok(false);
                }
                for (item, other) in items.iter().zip(other.items()) {
                    if !item.equals(other, work)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Object(members) => {
                if !other.is_object() || members.len() != other.len() {
                    return Ok(false);
                }
                let others = Names::of(other, members.len(), work)?;
                for (name, value) in members {
                    match others.get(name) {
                        Some(other) if value.equals(other, work)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
        }
    }

    /// Leaves out the empty arrays and objects among the values that were looked at, except this one itself.
    pub(super) fn drop_empty(&mut self) {
        let is_left = |value: &Self| match value {
            Self::Array(items) => !items.is_empty(),
            Self::Object(members) => !members.is_empty(),
            Self::Null | Self::Node(_) => true,
        };
        match self {
            Self::Array(items) => {
                items.iter_mut().for_each(Self::drop_empty);
                items.retain(is_left);
            }
            Self::Object(members) => {
                members.iter_mut().for_each(|(_, value)| value.drop_empty());
                members.retain(|(_, value)| is_left(value));
            }
            Self::Null | Self::Node(_) => {}
        }
    }

    /// That none of the members that must stay as they are differs from the node's.
    pub(super) fn check_protected(&self, old: Node<'_>, names: &[&str]) -> Result<(), Error> {
        for name in names {
            let same = match (old.get(name), self.get(name)) {
                (Some(old), Some(new)) => new.equals(old, &mut Work::new()).unwrap_or(false),
                (None, None) => true,
                _ => false,
            };
            if !same {
                return Err(protected(name));
            }
        }
        Ok(())
    }
}

impl<'d> From<Node<'d>> for Draft<'d> {
    fn from(node: Node<'d>) -> Self {
        Self::Node(node)
    }
}

/// Shows the kind and the size, never the content: values hold patients' data.
impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes", self.kind(), self.bytes())
    }
}

/// Writes a value of a document without its layout, its strings and numbers as they stand there.
fn write_node(node: Node<'_>, writer: &mut Writer) {
    match node.kind() {
        Kind::Array => writer.array(|writer| node.items().for_each(|item| write_node(item, writer))),
        Kind::Object => writer.object(|writer| {
            for (name, value) in node.members() {
                writer.name(name);
                write_node(value, writer);
            }
        }),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => writer.raw(node.raw()),
    }
}

fn node_fits(node: Node<'_>, depth: usize) -> bool {
    match node.kind() {
        Kind::Array => depth > 0 && node.items().all(|item| node_fits(item, depth - 1)),
        Kind::Object => depth > 0 && node.members().all(|(_, value)| node_fits(value, depth - 1)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => true,
    }
}

fn node_equals(left: Node<'_>, right: Node<'_>, work: &mut Work) -> Result<bool, Fault> {
    work.spend(1)?;
    if left.kind() != right.kind() || left.len() != right.len() {
        return Ok(false);
    }
    match left.kind() {
        Kind::Null => Ok(true),
        Kind::Bool | Kind::String => Ok(left.as_primitive() == right.as_primitive()),
        Kind::Number => {
            let (left, right) = (left.raw(), right.raw());
            Ok(left == right || decimal::compare(left, right) == Some(Ordering::Equal))
        }
        Kind::Array => {
            for (left, right) in left.items().zip(right.items()) {
                if !node_equals(left, right, work)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Kind::Object => {
            let others = Names::of(right, left.len(), work)?;
            for (name, left) in left.members() {
                match others.get(name) {
                    Some(right) if node_equals(left, right, work)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
    }
}

/// The members of an object by name, for as many look-ups as there are members.
enum Names<'d> {
    Few(Node<'d>),
    Many(HashMap<&'d str, Node<'d>>),
}

impl<'d> Names<'d> {
    fn of(object: Node<'d>, count: usize, work: &mut Work) -> Result<Self, Fault> {
        work.spend(count)?;
        Ok(if count <= 16 { Self::Few(object) } else { Self::Many(object.members().collect()) })
    }

    fn get(&self, name: &str) -> Option<Node<'d>> {
        match self {
            Self::Few(object) => object.get(name),
            Self::Many(members) => members.get(name).copied(),
        }
    }
}

/// That a value may be put into a tree `above` levels deep.
pub(super) fn check_depth(value: &Draft<'_>, above: usize, max_depth: usize) -> Result<(), Fault> {
    match max_depth.checked_sub(above) {
        Some(left) if value.fits(left) => Ok(()),
        _ => Err(Fault::new(
            ErrorKind::TooDeep,
            format!("the result would nest deeper than {max_depth} levels"),
        )),
    }
}
