//! An XML document as a tree that can be changed and is written as it was read: text, attribute values and comments
//! keep their own characters and references.

use super::super::Options;
use crate::error::{Error, ErrorKind, Position};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

/// The number of a node in its tree.
pub(super) type Id = usize;

/// The node above the outermost element.
pub(super) const DOCUMENT: Id = 0;

/// An attribute: its name with its prefix, its value as it is written.
pub(super) type Attribute<'t> = (Cow<'t, str>, Cow<'t, str>);

#[derive(Clone)]
pub(super) enum Content<'t> {
    Document,
    Element {
        name: Cow<'t, str>,
        attributes: Vec<Attribute<'t>>,
    },
    /// Text as it is written, with its references and CDATA sections.
    Text(Cow<'t, str>),
    /// What stands between the marks of a comment.
    Comment(Cow<'t, str>),
    /// What stands between the marks of a processing instruction or of the XML declaration.
    Instruction(Cow<'t, str>),
}

struct Entry<'t> {
    parent: Id,
    children: Vec<Id>,
    content: Content<'t>,
}

pub(super) struct Tree<'t> {
    nodes: Vec<Entry<'t>>,
}

impl<'t> Tree<'t> {
    /// Reads a document; `what` names it in errors.
    pub(super) fn parse(text: &'t str, what: &str, options: &Options) -> Result<Self, Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > options.max_bytes {
            let detail = format!("the {what} has {} bytes, the limit is {}", text.len(), options.max_bytes);
            return Err(Error::new(ErrorKind::TooLarge, "", None, detail));
        }
        let fail = |kind, at: usize, wanted: &str| {
            let place = Position::of(text.as_bytes(), at);
            Error::new(kind, "", Some(place), format!("the {what} needs {wanted}"))
        };
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        let document = Entry { parent: DOCUMENT, children: Vec::new(), content: Content::Document };
        let mut tree = Self { nodes: vec![document] };
        let (mut open, mut depth) = (DOCUMENT, 0_usize);
        // Where text started that has not ended: it may consist of several events.
        let mut text_start = None;
        loop {
            let at = offset(reader.buffer_position());
            let event =
                reader.read_event().map_err(|_| fail(ErrorKind::Syntax, at, "to be well-formed XML"))?;
            if matches!(event, Event::Text(_) | Event::CData(_) | Event::GeneralRef(_)) {
                text_start.get_or_insert(at);
                continue;
            }
            if let Some(start) = text_start.take() {
                let raw = text.get(start..at).unwrap_or_default();
                if open == DOCUMENT && !is_space(raw) {
                    return Err(fail(ErrorKind::Syntax, start, "no text outside of its element"));
                }
                decode(raw).ok_or_else(|| fail(ErrorKind::Syntax, start, "no entities but those of XML"))?;
                tree.push(open, Content::Text(Cow::Borrowed(raw)));
            }
            match event {
                Event::Start(start) | Event::Empty(start) if depth >= options.max_depth => {
                    drop(start);
                    let wanted = format!("to nest at most {} levels", options.max_depth);
                    return Err(fail(ErrorKind::TooDeep, at, &wanted));
                }
                Event::Start(start) => {
                    let element = element(&start).ok_or_else(|| {
                        fail(ErrorKind::Syntax, at, "attributes with names and quoted values, each once")
                    })?;
                    open = tree.push(open, element);
                    depth += 1;
                }
                Event::Empty(start) => {
                    let element = element(&start).ok_or_else(|| {
                        fail(ErrorKind::Syntax, at, "attributes with names and quoted values, each once")
                    })?;
                    tree.push(open, element);
                }
                Event::End(_) => {
                    open = tree.parent(open);
                    depth = depth.saturating_sub(1);
                }
                Event::Comment(_) => {
                    let raw = between(text, at, offset(reader.buffer_position()), 4, 3);
                    tree.push(open, Content::Comment(Cow::Borrowed(raw)));
                }
                Event::Decl(_) | Event::PI(_) => {
                    let raw = between(text, at, offset(reader.buffer_position()), 2, 2);
                    tree.push(open, Content::Instruction(Cow::Borrowed(raw)));
                }
                Event::DocType(_) => {
                    return Err(fail(ErrorKind::Syntax, at, "no document type: entities are not read"));
                }
                _ => break,
            }
        }
        if open != DOCUMENT {
            return Err(fail(ErrorKind::Syntax, text.len(), "the end of each element"));
        }
        match tree.elements(DOCUMENT).count() {
            1 => Ok(tree),
            0 => Err(fail(ErrorKind::Empty, text.len(), "an element")),
            _ => Err(fail(ErrorKind::Syntax, text.len(), "one outermost element only")),
        }
    }

    fn push(&mut self, parent: Id, content: Content<'t>) -> Id {
        let id = self.nodes.len();
        self.nodes.push(Entry { parent, children: Vec::new(), content });
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.push(id);
        }
        id
    }

    pub(super) fn content(&self, id: Id) -> &Content<'t> {
        self.nodes.get(id).map_or(&Content::Document, |node| &node.content)
    }

    pub(super) fn content_mut(&mut self, id: Id) -> Option<&mut Content<'t>> {
        self.nodes.get_mut(id).map(|node| &mut node.content)
    }

    pub(super) fn parent(&self, id: Id) -> Id {
        self.nodes.get(id).map_or(DOCUMENT, |node| node.parent)
    }

    pub(super) fn children(&self, id: Id) -> &[Id] {
        self.nodes.get(id).map_or(&[], |node| node.children.as_slice())
    }

    /// The children that are elements.
    pub(super) fn elements(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        self.children(id)
            .iter()
            .copied()
            .filter(|child| matches!(self.content(*child), Content::Element { .. }))
    }

    pub(super) fn root(&self) -> Id {
        self.elements(DOCUMENT).next().unwrap_or(DOCUMENT)
    }

    /// The name of an element with its prefix; empty for other nodes.
    pub(super) fn name(&self, id: Id) -> &str {
        match self.content(id) {
            Content::Element { name, .. } => name,
            _ => "",
        }
    }

    pub(super) fn attributes(&self, id: Id) -> &[Attribute<'t>] {
        match self.content(id) {
            Content::Element { attributes, .. } => attributes,
            _ => &[],
        }
    }

    pub(super) fn attributes_mut(&mut self, id: Id) -> Option<&mut Vec<Attribute<'t>>> {
        match self.content_mut(id) {
            Some(Content::Element { attributes, .. }) => Some(attributes),
            _ => None,
        }
    }

    /// The value of an attribute by its name with prefix.
    pub(super) fn attribute(&self, id: Id, name: &str) -> Option<Cow<'_, str>> {
        let (_, raw) = self.attributes(id).iter().find(|(known, _)| known == name)?;
        decode_value(raw)
    }

    /// The namespace that a prefix stands for at an element; the default one for an empty prefix. Nothing if the
    /// prefix is not declared, or undeclared again.
    pub(super) fn namespace(&self, at: Id, prefix: &str) -> Option<Cow<'_, str>> {
        if prefix == "xml" {
            return Some(Cow::Borrowed("http://www.w3.org/XML/1998/namespace"));
        }
        let mut at = at;
        while at != DOCUMENT {
            let found = self.attributes(at).iter().find(|(name, _)| declares(name, prefix));
            if let Some((_, raw)) = found {
                return decode_value(raw).filter(|uri| !uri.is_empty());
            }
            at = self.parent(at);
        }
        None
    }

    /// The text inside of a node, references resolved.
    pub(super) fn text(&self, id: Id) -> String {
        let mut out = String::new();
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            match self.content(id) {
                Content::Text(raw) => out.push_str(&decode(raw).unwrap_or_default()),
                Content::Element { .. } => next.extend(self.children(id).iter().rev()),
                _ => {}
            }
        }
        out
    }

    /// How deep a node stands: 1 for the outermost element.
    pub(super) fn depth(&self, id: Id) -> usize {
        let (mut at, mut depth) = (id, 0);
        while at != DOCUMENT {
            at = self.parent(at);
            depth += 1;
        }
        depth
    }

    /// How many levels of elements a node has, itself included.
    pub(super) fn height(&self, id: Id) -> usize {
        let mut highest = 0;
        let mut next = vec![(id, 1)];
        while let Some((id, level)) = next.pop() {
            if matches!(self.content(id), Content::Element { .. }) {
                highest = highest.max(level);
                next.extend(self.children(id).iter().map(|child| (*child, level + 1)));
            }
        }
        highest
    }

    /// Takes a node out of its parent's children.
    pub(super) fn detach(&mut self, id: Id) {
        let parent = self.parent(id);
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.retain(|child| *child != id);
        }
    }

    /// Puts nodes that stand nowhere among the children of a parent.
    pub(super) fn attach(&mut self, parent: Id, at: usize, nodes: &[Id]) {
        for id in nodes {
            if let Some(node) = self.nodes.get_mut(*id) {
                node.parent = parent;
            }
        }
        if let Some(parent) = self.nodes.get_mut(parent) {
            let at = at.min(parent.children.len());
            parent.children.splice(at..at, nodes.iter().copied());
        }
    }

    /// The place of a node among the children of its parent.
    pub(super) fn place(&self, id: Id) -> usize {
        self.children(self.parent(id)).iter().position(|child| *child == id).unwrap_or(0)
    }

    /// Copies a node of another tree with all that it holds; the copy stands nowhere yet.
    pub(super) fn import(&mut self, from: &Self, id: Id) -> Id {
        let top = self.nodes.len();
        let mut next = vec![(id, None)];
        while let Some((id, parent)) = next.pop() {
            let copy = match parent {
                Some(parent) => self.push(parent, from.content(id).clone()),
                None => {
                    let content = from.content(id).clone();
                    self.nodes.push(Entry { parent: DOCUMENT, children: Vec::new(), content });
                    top
                }
            };
            next.extend(from.children(id).iter().rev().map(|child| (*child, Some(copy))));
        }
        top
    }

    pub(super) fn write(&self, id: Id, out: &mut String) {
        match self.content(id) {
            Content::Document => self.children(id).iter().for_each(|child| self.write(*child, out)),
            Content::Text(raw) => out.push_str(raw),
            Content::Comment(raw) => out.extend(["<!--", raw, "-->"]),
            Content::Instruction(raw) => out.extend(["<?", raw, "?>"]),
            Content::Element { name, attributes } => {
                out.extend(["<", name]);
                for (name, raw) in attributes {
                    out.extend([" ", name, "=\""]);
                    // A value that stood between apostrophes may hold quotes.
                    out.push_str(&raw.replace('"', "&quot;"));
                    out.push('"');
                }
                if self.children(id).is_empty() {
                    out.push_str("/>");
                    return;
                }
                out.push('>');
                self.children(id).iter().for_each(|child| self.write(*child, out));
                out.extend(["</", name, ">"]);
            }
        }
    }
}

/// Splits a name with prefix; the prefix is empty without one.
pub(super) fn split_name(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// Whether an attribute declares the prefix.
pub(super) fn declares(attribute: &str, prefix: &str) -> bool {
    match attribute.strip_prefix("xmlns") {
        Some("") => prefix.is_empty(),
        Some(rest) => rest.strip_prefix(':') == Some(prefix) && !prefix.is_empty(),
        None => false,
    }
}

pub(super) fn is_space(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// The characters that text stands for: references resolved, CDATA sections as they are. Nothing if a reference
/// names an entity.
pub(super) fn decode(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains("<![CDATA[") {
        return quick_xml::escape::unescape(raw).ok();
    }
    let mut out = String::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once("<![CDATA[") {
        let (inside, after) = after.split_once("]]>")?;
        out.push_str(&quick_xml::escape::unescape(before).ok()?);
        out.push_str(inside);
        rest = after;
    }
    out.push_str(&quick_xml::escape::unescape(rest).ok()?);
    Some(Cow::Owned(out))
}

/// The value that an attribute stands for: references resolved, line feeds and tabs as spaces.
fn decode_value(raw: &str) -> Option<Cow<'_, str>> {
    if raw.bytes().any(|byte| matches!(byte, b'\t' | b'\r' | b'\n')) {
        let spaced = raw.replace("\r\n", " ").replace(['\t', '\r', '\n'], " ");
        return Some(Cow::Owned(quick_xml::escape::unescape(&spaced).ok()?.into_owned()));
    }
    quick_xml::escape::unescape(raw).ok()
}

fn element<'t>(start: &BytesStart<'t>) -> Option<Content<'t>> {
    let name = start.name().into_inner().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let key = attribute.key.into_inner().to_owned();
        let value = attribute.value.into_owned();
        if value.contains('<') || decode_value(&value).is_none() {
            return None;
        }
        attributes.push((Cow::Owned(key), Cow::Owned(value)));
    }
    let names =
        attributes.iter().map(|(name, _)| name).chain([&Cow::Owned(name.clone())]).all(|name| is_name(name));
    names.then_some(Content::Element { name: Cow::Owned(name), attributes })
}

/// Whether the text may be a name, as far as a patch must know so that it writes XML.
pub(super) fn is_name(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|first| first.is_alphabetic() || first == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '\u{b7}') || is_mark(c))
        && name.split(':').count() <= 2
        && !name.ends_with(':')
}

/// Combining characters and the like, of which XML's names allow most.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

fn between(text: &str, start: usize, end: usize, before: usize, after: usize) -> &str {
    text.get(start + before..end.saturating_sub(after)).unwrap_or_default()
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
