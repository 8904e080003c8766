//! The selectors of XML Patch: the part of XPath that RFC 5261 needs (section 4.1).

use super::super::{Fault, Work};
use super::tree::{Content, DOCUMENT, Id, Tree, split_name};
use crate::error::ErrorKind;

/// A selector: steps to an element, and perhaps one to what it holds.
pub(super) struct Selector {
    steps: Vec<Step>,
    leaf: Leaf,
}

/// What the last step selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leaf {
    Element,
    /// Namespace, name.
    Attribute(Option<String>, String),
    /// The declaration of a prefix.
    Namespace(String),
    /// A text, a comment or an instruction, the one at a place among its likes (from 1) if that is said.
    Node(NodeKind, Option<usize>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeKind {
    Text,
    Comment,
    Instruction(Option<String>),
}

/// A step to child elements.
struct Step {
    name: NameTest,
    predicates: Vec<Predicate>,
}

enum NameTest {
    Any,
    /// Namespace, local name.
    Name(Option<String>, String),
}

enum Predicate {
    Position(usize),
    Last,
    /// What stands there exists, or has the text.
    Value(Operand, Option<String>),
}

struct Operand {
    steps: Vec<Step>,
    attribute: Option<(Option<String>, String)>,
}

/// What a selector found.
pub(super) struct Found {
    /// The element, or the node that it holds.
    pub(super) id: Id,
    pub(super) leaf: Leaf,
}

impl Selector {
    /// Reads a selector; `namespace` says what its prefixes stand for, and the empty prefix.
    pub(super) fn parse(text: &str, namespace: &dyn Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let mut parser = Parser { rest: text.trim(), namespace, depth: 0 };
        parser.eat("/");
        let mut steps = Vec::new();
        let leaf = loop {
            if let Some(leaf) = parser.leaf()? {
                break leaf;
            }
            steps.push(parser.step()?);
            if !parser.eat("/") {
                break Leaf::Element;
            }
        };
        if !parser.rest.is_empty() {
            return Err(parser.wanted("the end of the path, or a slash and another step"));
        }
        if steps.is_empty() && !matches!(leaf, Leaf::Node(..)) {
            return Err(parser.wanted("the name of the outermost element"));
        }
        Ok(Self { steps, leaf })
    }

    /// The one node that it selects.
    pub(super) fn find(&self, tree: &Tree<'_>, work: &mut Work) -> Result<Found, Fault> {
        let elements = walk(tree, &[DOCUMENT], &self.steps, work)?;
        let found: Vec<Id> = match &self.leaf {
            Leaf::Element => elements,
            Leaf::Attribute(uri, name) => {
                let has = |id: &Id| attribute_of(tree, *id, uri.as_deref(), name).is_some();
                elements.into_iter().filter(has).collect()
            }
            Leaf::Namespace(prefix) => {
                let has = |id: &Id| {
                    tree.attributes(*id).iter().any(|(name, _)| super::tree::declares(name, prefix))
                };
                elements.into_iter().filter(has).collect()
            }
            Leaf::Node(kind, position) => {
                let mut found = Vec::new();
                for parent in elements {
                    work.spend(tree.children(parent).len())?;
                    let likes = tree.children(parent).iter().copied().filter(|id| kind.is(tree.content(*id)));
                    match position {
                        Some(position) => found.extend(likes.skip(position - 1).take(1)),
                        None => found.extend(likes),
                    }
                }
                found
            }
        };
        match found.as_slice() {
            [id] => Ok(Found { id: *id, leaf: self.leaf.clone() }),
            [] => Err(Fault::new(ErrorKind::MissingElement, "the path selects nothing")),
            more => {
                let detail = format!("the path selects {} nodes and must select one", more.len());
                Err(Fault::new(ErrorKind::TooMany, detail))
            }
        }
    }
}

impl NodeKind {
    fn is(&self, content: &Content<'_>) -> bool {
        match (self, content) {
            (Self::Text, Content::Text(_)) | (Self::Comment, Content::Comment(_)) => true,
            (Self::Instruction(name), Content::Instruction(raw)) => {
                let target = raw.split_ascii_whitespace().next().unwrap_or_default();
                target != "xml" && name.as_ref().is_none_or(|name| name == target)
            }
            _ => false,
        }
    }
}

/// The index of an attribute among those of its element.
pub(super) fn attribute_of(tree: &Tree<'_>, id: Id, uri: Option<&str>, name: &str) -> Option<usize> {
    tree.attributes(id).iter().position(|(known, _)| {
        let (prefix, local) = split_name(known);
        let declares = known == "xmlns" || prefix == "xmlns";
        let found = if prefix.is_empty() { None } else { tree.namespace(id, prefix) };
        !declares && local == name && found.as_deref() == uri
    })
}

fn walk(tree: &Tree<'_>, from: &[Id], steps: &[Step], work: &mut Work) -> Result<Vec<Id>, Fault> {
    let mut found = from.to_vec();
    for step in steps {
        let mut next = Vec::new();
        for parent in found {
            work.spend(tree.children(parent).len() + 1)?;
            let mut likes: Vec<Id> = tree.elements(parent).filter(|id| step.name.is(tree, *id)).collect();
            for predicate in &step.predicates {
                likes = predicate.choose(tree, likes, work)?;
            }
            next.extend(likes);
        }
        found = next;
    }
    Ok(found)
}

impl NameTest {
    fn is(&self, tree: &Tree<'_>, id: Id) -> bool {
        match self {
            Self::Any => true,
            Self::Name(uri, name) => {
                let (prefix, local) = split_name(tree.name(id));
                local == name && tree.namespace(id, prefix).as_deref() == uri.as_deref()
            }
        }
    }
}

impl Predicate {
    fn choose(&self, tree: &Tree<'_>, likes: Vec<Id>, work: &mut Work) -> Result<Vec<Id>, Fault> {
        let (operand, text) = match self {
            Self::Position(position) => return Ok(likes.into_iter().skip(position - 1).take(1).collect()),
            Self::Last => return Ok(likes.last().copied().into_iter().collect()),
            Self::Value(operand, text) => (operand, text),
        };
        let mut chosen = Vec::new();
        for id in likes {
            let ends = walk(tree, &[id], &operand.steps, work)?;
            let holds = ends.into_iter().any(|end| match &operand.attribute {
                Some((uri, name)) => {
                    attribute_of(tree, end, uri.as_deref(), name).is_some_and(|at| match text {
                        Some(text) => tree
                            .attributes(end)
                            .get(at)
                            .and_then(|(name, _)| tree.attribute(end, name))
                            .is_some_and(|value| value == *text),
                        None => true,
                    })
                }
                None => text.as_ref().is_none_or(|text| tree.text(end) == *text),
            });
            if holds {
                chosen.push(id);
            }
        }
        Ok(chosen)
    }
}

struct Parser<'p> {
    rest: &'p str,
    namespace: &'p dyn Fn(&str) -> Option<String>,
    /// Open predicates.
    depth: u32,
}

impl<'p> Parser<'p> {
    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn wanted(&self, what: &str) -> Fault {
        Fault::new(
            ErrorKind::Syntax,
            format!("the path needs {what}, {} bytes before its end", self.rest.len()),
        )
    }

    fn leaf(&mut self) -> Result<Option<Leaf>, Fault> {
        if self.eat("@") {
            let (uri, name) = self.name(false)?;
            return Ok(Some(Leaf::Attribute(uri, name)));
        }
        if self.eat("namespace::") {
            return Ok(Some(Leaf::Namespace(self.plain_name()?.to_owned())));
        }
        let kind = if self.eat("text()") {
            NodeKind::Text
        } else if self.eat("comment()") {
            NodeKind::Comment
        } else if self.eat("processing-instruction(") {
            self.space();
            let name = if self.rest.starts_with(['"', '\'']) { Some(self.literal()?) } else { None };
            self.space();
            if !self.eat(")") {
                return Err(self.wanted("a closing parenthesis"));
            }
            NodeKind::Instruction(name)
        } else {
            return Ok(None);
        };
        let mut position = None;
        if self.eat("[") {
            self.space();
            position = Some(self.number()?);
            self.space();
            if !self.eat("]") {
                return Err(self.wanted("a closing bracket"));
            }
        }
        Ok(Some(Leaf::Node(kind, position)))
    }

    fn step(&mut self) -> Result<Step, Fault> {
        let name = if self.eat("*") {
            NameTest::Any
        } else {
            let (uri, name) = self.name(true)?;
            NameTest::Name(uri, name)
        };
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.predicate()?);
        }
        Ok(Step { name, predicates })
    }

    fn predicate(&mut self) -> Result<Predicate, Fault> {
        self.depth += 1;
        if self.depth > 8 {
            return Err(self.wanted("fewer predicates inside of predicates"));
        }
        self.space();
        let predicate = if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            Predicate::Position(self.number()?)
        } else if self.eat("last()") {
            Predicate::Last
        } else {
            let operand = self.operand()?;
            self.space();
            let mut text = None;
            if self.eat("=") {
                self.space();
                text = Some(self.literal()?);
            }
            Predicate::Value(operand, text)
        };
        self.space();
        if !self.eat("]") {
            return Err(self.wanted("a closing bracket"));
        }
        self.depth -= 1;
        Ok(predicate)
    }

    fn operand(&mut self) -> Result<Operand, Fault> {
        let mut operand = Operand { steps: Vec::new(), attribute: None };
        if self.eat(".") || self.eat("text()") {
            return Ok(operand);
        }
        loop {
            if self.eat("@") {
                operand.attribute = Some(self.name(false)?);
                return Ok(operand);
            }
            if !operand.steps.is_empty() && self.eat("text()") {
                return Ok(operand);
            }
            operand.steps.push(self.step()?);
            if !self.eat("/") {
                return Ok(operand);
            }
        }
    }

    /// A name with its namespace: an element without prefix has the default one, an attribute has none.
    fn name(&mut self, element: bool) -> Result<(Option<String>, String), Fault> {
        let first = self.plain_name()?;
        if !self.eat(":") {
            let uri = if element { (self.namespace)("") } else { None };
            return Ok((uri, first.to_owned()));
        }
        let local = self.plain_name()?;
        match (self.namespace)(first) {
            Some(uri) => Ok((Some(uri), local.to_owned())),
            None => Err(self.wanted("prefixes that the patch declares")),
        }
    }

    fn plain_name(&mut self) -> Result<&'p str, Fault> {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        if !super::tree::is_name(name) {
            return Err(self.wanted("a name"));
        }
        self.rest = rest;
        Ok(name)
    }

    fn number(&mut self) -> Result<usize, Fault> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        match digits.parse::<usize>() {
            Ok(number) if number > 0 => {
                self.rest = rest;
                Ok(number)
            }
            _ => Err(self.wanted("a position, counted from 1")),
        }
    }

    fn literal(&mut self) -> Result<String, Fault> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let found = quote.and_then(|quote| self.rest.get(1..)?.split_once(quote));
        match found {
            Some((text, rest)) => {
                self.rest = rest;
                Ok(text.to_owned())
            }
            None => Err(self.wanted("a text in quotes")),
        }
    }
}
