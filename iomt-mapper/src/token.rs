//! What an expression stands on: a value of the message, and the message with the matched part beside it.
//!
//! `CalculatedContent` evaluates its expressions on a copy of the message with one more member,
//! `matchedToken`. Copying costs more than mapping, so the member is virtual: a [`Token`] is a node of the
//! message, and the root token may carry the matched node.

use crate::number::Number;
use crate::options::Mode;
use crate::time::Moment;
use hygea_fhir_model::json::{Items, Kind, Members, Node};

/// The member under which a template finds what its match expression selected.
pub(crate) const MATCHED_TOKEN: &str = "matchedToken";

/// A JSON value, perhaps with `matchedToken` as an additional member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'v> {
    node: Node<'v>,
    matched: Option<Node<'v>>,
}

/// A value that is no array and no object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar<'v> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'v str),
    /// A string that the .NET reader takes for a date.
    Date(Moment),
}

impl<'v> Token<'v> {
    pub(crate) fn new(node: Node<'v>) -> Self {
        Self { node, matched: None }
    }

    pub(crate) fn with_matched(node: Node<'v>, matched: Node<'v>) -> Self {
        Self { node, matched: Some(matched) }
    }

    /// The node, if there is no virtual member on it.
    pub(crate) fn node(self) -> Node<'v> {
        self.node
    }

    pub(crate) fn matched(self) -> Option<Node<'v>> {
        self.matched
    }

    pub(crate) fn kind(self) -> Kind {
        self.node.kind()
    }

    #[inline]
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        match self.matched {
            Some(matched) if name == MATCHED_TOKEN => Some(Self::new(matched)),
            _ => self.node.get(name).map(Self::new),
        }
    }

    pub(crate) fn at(self, index: usize) -> Option<Self> {
        self.node.at(index).map(Self::new)
    }

    pub(crate) fn items(self) -> Items<'v> {
        self.node.items()
    }

    /// Members in the order of the text, `matchedToken` last.
    pub(crate) fn members(self) -> TokenMembers<'v> {
        TokenMembers { members: self.node.members(), matched: self.matched, replace: self.matched.is_some() }
    }

    /// The number of items or members.
    pub(crate) fn len(self) -> usize {
        match self.matched {
            None => self.node.len(),
            Some(_) => self.members().count(),
        }
    }

    pub(crate) fn is_container(self) -> bool {
        matches!(self.kind(), Kind::Array | Kind::Object)
    }

    /// The scalar, or nothing for arrays and objects.
    #[inline]
    pub(crate) fn scalar(self, mode: Mode) -> Option<Scalar<'v>> {
        Some(match self.kind() {
            Kind::Null => Scalar::Null,
            Kind::Bool => Scalar::Bool(self.node.as_bool() == Some(true)),
            Kind::Number => Scalar::Number(Number::of(self.node.as_number().unwrap_or_default())),
            Kind::String => {
                let text = self.node.as_str().unwrap_or_default();
                match Moment::of_string(text) {
                    Some(moment) if mode.is_compat() => Scalar::Date(moment),
                    _ => Scalar::Text(text),
                }
            }
            Kind::Array | Kind::Object => return None,
        })
    }
}

/// See [`Token::members`].
#[derive(Debug, Clone)]
pub(crate) struct TokenMembers<'v> {
    members: Members<'v>,
    matched: Option<Node<'v>>,
    /// Whether a member of the message named `matchedToken` is hidden.
    replace: bool,
}

impl<'v> Iterator for TokenMembers<'v> {
    type Item = (&'v str, Token<'v>);

    fn next(&mut self) -> Option<Self::Item> {
        for (name, node) in self.members.by_ref() {
            if !(self.replace && name == MATCHED_TOKEN) {
                return Some((name, Token::new(node)));
            }
        }
        self.matched.take().map(|matched| (MATCHED_TOKEN, Token::new(matched)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hygea_fhir_model::json::Document;

    #[test]
    fn the_matched_part_is_one_more_member() {
        let document = Document::parse(br#"{"a": 1, "matchedToken": 2, "b": {"c": 3}}"#).unwrap();
        let root = document.root();
        let token = Token::with_matched(root, root.get("b").unwrap());
        let names: Vec<&str> = token.members().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b", "matchedToken"]);
        assert_eq!(token.len(), 3);
        assert!(token.get("matchedToken").and_then(|matched| matched.get("c")).is_some());
        assert!(token.get("b").unwrap().get("matchedToken").is_none());
    }
}
