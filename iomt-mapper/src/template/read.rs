//! Members of template objects, read with the leniency of Json.NET's serializer: names without regard to
//! case, the last of two members counts, null is absent, `"true"` is true.

use crate::error::{Error, ErrorKind};
use crate::number::decimal;
use hygea_fhir_model::json::{Kind, Node};

/// What to do with a member that the object does not define.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    Refused,
    Ignored,
}

/// The known members of an object.
pub(super) struct Members<'t> {
    node: Node<'t>,
    path: String,
    found: Vec<(&'static str, Node<'t>)>,
}

/// A member's value and its path.
pub(super) struct Member<'t> {
    pub(super) node: Node<'t>,
    pub(super) path: String,
}

impl<'t> Members<'t> {
    pub(super) fn read(
        node: Node<'t>,
        path: &str,
        known: &[&'static str],
        unknown: Unknown,
        errors: &mut Vec<Error>,
    ) -> Option<Self> {
        if !node.is_object() {
            errors.push(wrong_type(node, path, "an object"));
            return None;
        }
        let mut found: Vec<(&'static str, Node<'t>)> = Vec::new();
        for (name, value) in node.members() {
            match known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                Some(known) => {
                    found.retain(|(other, _)| other != known);
                    found.push((known, value));
                }
                None if unknown == Unknown::Ignored => {}
                None if errors.len() > 100 => break,
                None => {
                    let detail = "the template does not define this member";
                    let position = Some(value.position());
                    errors.push(Error::new(ErrorKind::UnknownMember, detail).at(join(path, name), position));
                }
            }
        }
        Some(Self { node, path: path.to_owned(), found })
    }

    /// A member that may be absent or null.
    pub(super) fn optional(&self, name: &str) -> Option<Member<'t>> {
        let (name, node) = self.found.iter().find(|(other, _)| *other == name)?;
        (!node.is_null()).then(|| Member { node: *node, path: join(&self.path, name) })
    }

    pub(super) fn required(&self, name: &'static str, errors: &mut Vec<Error>) -> Option<Member<'t>> {
        let member = self.optional(name);
        if member.is_none() {
            let detail = format!("the required member `{name}` is absent or null");
            let position = Some(self.node.position());
            errors.push(Error::new(ErrorKind::MissingMember, detail).at(join(&self.path, name), position));
        }
        member
    }
}

impl<'t> Member<'t> {
    /// A string; numbers and Booleans count as their text.
    pub(super) fn text(&self, errors: &mut Vec<Error>) -> Option<String> {
        if let Some(text) = self.node.as_primitive() {
            return Some(text.to_owned());
        }
        errors.push(wrong_type(self.node, &self.path, "a string"));
        None
    }

    /// True or false, also as a string or as 1 and 0.
    pub(super) fn bool(&self, errors: &mut Vec<Error>) -> Option<bool> {
        let value = match self.node.kind() {
            Kind::Bool => self.node.as_bool(),
            Kind::Number => self.node.as_i64().map(|number| number != 0),
            Kind::String => match self.node.as_str().unwrap_or_default().trim() {
                text if text.eq_ignore_ascii_case("true") => Some(true),
                text if text.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
            _ => None,
        };
        if value.is_none() {
            errors.push(wrong_type(self.node, &self.path, "true or false"));
        }
        value
    }

    /// The plain text of a decimal, also from a string.
    pub(super) fn decimal(&self, errors: &mut Vec<Error>) -> Option<String> {
        let text = match self.node.kind() {
            Kind::Number => self.node.as_number().and_then(|text| decimal(text, true)),
            Kind::String => self.node.as_str().and_then(|text| decimal(text, false)),
            _ => None,
        };
        if text.is_none() {
            errors.push(wrong_type(self.node, &self.path, "a number"));
        }
        text
    }

    /// The items of an array with their paths.
    pub(super) fn items(&self, errors: &mut Vec<Error>) -> Vec<Self> {
        if !self.node.is_array() {
            errors.push(wrong_type(self.node, &self.path, "an array"));
        }
        let items = self.node.items().enumerate();
        items.map(|(index, node)| Self { node, path: format!("{}[{index}]", self.path) }).collect()
    }

    /// A failure of this member.
    pub(super) fn invalid(
        &self,
        kind: ErrorKind,
        detail: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Error {
        Error::new(kind, detail).at(self.path.clone(), Some(self.node.position()))
    }
}

fn wrong_type(node: Node<'_>, path: &str, wanted: &str) -> Error {
    let found = match node.kind() {
        Kind::Null => "null",
        Kind::Bool => "true or false",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "an array",
        Kind::Object => "an object",
    };
    let detail = format!("the member must hold {wanted}, not {found}");
    Error::new(ErrorKind::WrongType, detail).at(path, Some(node.position()))
}

fn join(path: &str, name: &str) -> String {
    // A name out of the text can be of any length.
    let name: String = name.chars().take(80).collect();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}
