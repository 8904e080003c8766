//! XML Patch (RFC 5261, <https://www.rfc-editor.org/rfc/rfc5261>): operations that select nodes of a document.

mod path;
mod tree;

use super::{Fault, Options, Work, protected, too_many_operations};
use crate::error::{Error, ErrorKind};
use path::{Found, Leaf, NodeKind, Selector, attribute_of};
use std::borrow::Cow;
use tree::{Content, DOCUMENT, Id, Tree, is_space, split_name};

/// Applies an XML Patch: all of its `add`, `replace` and `remove` operations in turn, or none.
///
/// The outermost element of the patch may have any name. Selectors are child steps with positions and comparisons
/// (`f:Patient/f:name[f:use/@value='official']/f:given[1]/@value`), as section 4.1 of the RFC has them. Their prefixes are
/// those that the patch declares at the operation; a name without prefix is in the patch's default namespace.
/// `f` and `h` mean FHIR and XHTML where they are not declared. What is not touched is written as it was read, except
/// for spaces between attributes.
///
/// ```
/// use hygea_fhir_model::patch::{self, Options};
///
/// let patient = r#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/><birthDate value="1970"/></Patient>"#;
/// let patch = r#"<diff xmlns="http://hl7.org/fhir">
///     <replace sel="Patient/birthDate/@value">1971-03</replace>
///     <remove sel="Patient/active"/></diff>"#;
/// let changed = patch::xml_patch(patient, patch, &Options::default())?;
/// assert_eq!(changed, r#"<Patient xmlns="http://hl7.org/fhir"><birthDate value="1971-03"/></Patient>"#);
/// # Ok::<(), hygea_fhir_model::Error>(())
/// ```
///
/// # Errors
/// [`Syntax`](ErrorKind::Syntax), [`Empty`](ErrorKind::Empty) and [`TooDeep`](ErrorKind::TooDeep) if one of the texts is no
/// XML document (a document type is refused), or the patch has no operations;
/// [`MissingElement`](ErrorKind::MissingElement) and [`TooMany`](ErrorKind::TooMany) if a path selects nothing or more
/// than one node; [`WrongType`](ErrorKind::WrongType) if what it selects cannot take the change;
/// [`Protected`](ErrorKind::Protected) and [`TooLarge`](ErrorKind::TooLarge) as `options` say. The detail starts with the
/// number of the operation, counted from 0, and its name; the path is its selector without the texts in it.
pub fn xml_patch(target: &str, patch: &str, options: &Options) -> Result<String, Error> {
    let mut tree = Tree::parse(target, "document", options)?;
    let patch = Tree::parse(patch, "patch", options)?;
    let operations: Vec<Id> = patch.elements(patch.root()).collect();
    if operations.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "", None, "the patch has no operations"));
    }
    if operations.len() > options.max_operations {
        return Err(too_many_operations(options));
    }
    let guarded: Vec<String> = options.protected.iter().map(|name| guarded(&tree, name)).collect();
    let mut work = Work::new();
    for (index, operation) in operations.into_iter().enumerate() {
        let name = OPERATIONS.into_iter().find(|name| *name == split_name(patch.name(operation)).1);
        let mut change = Change { tree: &mut tree, patch: &patch, operation, work: &mut work, options };
        change.apply(name.unwrap_or_default()).map_err(|fault| {
            let sel = patch.attribute(operation, "sel").unwrap_or_default();
            fault.into_error(index, name.unwrap_or("?"), without_texts(&sel))
        })?;
    }
    for (name, before) in options.protected.iter().zip(guarded) {
        if self::guarded(&tree, name) != before {
            return Err(protected(name));
        }
    }
    let mut out = String::with_capacity(target.len());
    tree.write(DOCUMENT, &mut out);
    if out.len() > options.max_bytes {
        let detail = format!("the result has more than {} bytes", options.max_bytes);
        return Err(Error::new(ErrorKind::TooLarge, "", None, detail));
    }
    Ok(out)
}

const OPERATIONS: [&str; 3] = ["add", "replace", "remove"];
const FHIR: &str = "http://hl7.org/fhir";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// One operation at work.
struct Change<'c, 't> {
    tree: &'c mut Tree<'t>,
    patch: &'c Tree<'t>,
    operation: Id,
    work: &'c mut Work,
    options: &'c Options,
}

impl Change<'_, '_> {
    fn apply(&mut self, name: &str) -> Result<(), Fault> {
        if name.is_empty() {
            return Err(Fault::new(ErrorKind::Syntax, "an operation is add, replace or remove"));
        }
        let sel = self.patch.attribute(self.operation, "sel").ok_or_else(|| {
            Fault::new(ErrorKind::MissingElement, "the operation needs an attribute \"sel\"")
        })?;
        let selector = Selector::parse(&sel, &|prefix| self.namespace(prefix))?;
        let found = selector.find(self.tree, self.work)?;
        match name {
            "add" => self.add(&found),
            "replace" => self.replace(&found),
            _ => self.remove(&found),
        }
    }

    /// What a prefix of the operation stands for.
    fn namespace(&self, prefix: &str) -> Option<String> {
        if let Some(uri) = self.patch.namespace(self.operation, prefix) {
            return Some(uri.into_owned());
        }
        match prefix {
            "f" | "fhir" => Some(FHIR.to_owned()),
            "h" | "xhtml" => Some(XHTML.to_owned()),
            _ => None,
        }
    }

    fn add(&mut self, found: &Found) -> Result<(), Fault> {
        if let Some(kind) = self.patch.attribute(self.operation, "type") {
            if found.leaf != Leaf::Element {
                return Err(wrong("attributes and namespaces are added to elements"));
            }
            if let Some(name) = kind.strip_prefix('@') {
                return self.add_attribute(found.id, name);
            }
            return match kind.strip_prefix("namespace::") {
                Some(prefix) => self.add_namespace(found.id, prefix),
                None => Err(Fault::new(ErrorKind::Syntax, "type is @name or namespace::prefix")),
            };
        }
        let beside = match self.patch.attribute(self.operation, "pos").as_deref() {
            None => None,
            Some("prepend") if found.leaf == Leaf::Element => Some((found.id, 0)),
            Some("before") => Some((self.tree.parent(found.id), self.tree.place(found.id))),
            Some("after") => Some((self.tree.parent(found.id), self.tree.place(found.id) + 1)),
            Some(_) => return Err(Fault::new(ErrorKind::Syntax, "pos is prepend, before or after")),
        };
        let (parent, at) = match (beside, &found.leaf) {
            (_, Leaf::Attribute(..) | Leaf::Namespace(_)) => {
                return Err(wrong("nothing can be added to an attribute"));
            }
            (Some(place), _) => place,
            (None, Leaf::Element) => (found.id, self.tree.children(found.id).len()),
            (None, Leaf::Node(..)) => return Err(wrong("only elements hold something")),
        };
        let children = self.patch.children(self.operation).to_vec();
        if parent == DOCUMENT {
            let allowed = children.iter().all(|child| match self.patch.content(*child) {
                Content::Comment(_) | Content::Instruction(_) => true,
                Content::Text(raw) => is_space(raw),
                _ => false,
            });
            if !allowed {
                return Err(wrong("beside the outermost element only comments and instructions may stand"));
            }
        }
        self.put(parent, at, &children)
    }

    fn replace(&mut self, found: &Found) -> Result<(), Fault> {
        let children = self.patch.children(self.operation);
        match &found.leaf {
            Leaf::Attribute(uri, name) => {
                let at = attribute_of(self.tree, found.id, uri.as_deref(), name);
                self.set_attribute(found.id, at)
            }
            Leaf::Namespace(prefix) => {
                let attributes = self.tree.attributes(found.id);
                let at = attributes.iter().position(|(name, _)| tree::declares(name, prefix));
                self.set_attribute(found.id, at)
            }
            Leaf::Node(NodeKind::Text, _) => {
                if children.iter().any(|child| !matches!(self.patch.content(*child), Content::Text(_))) {
                    return Err(wrong("a text is replaced by a text"));
                }
                let children = children.to_vec();
                self.swap(found.id, &children)
            }
            leaf => {
                let content = |id: &&Id| match self.patch.content(**id) {
                    Content::Text(raw) => !is_space(raw),
                    _ => true,
                };
                let new: Vec<Id> = children.iter().filter(content).copied().collect();
                let same = match new.as_slice() {
                    [id] => matches!(
                        (leaf, self.patch.content(*id)),
                        (Leaf::Element, Content::Element { .. })
                            | (Leaf::Node(NodeKind::Comment, _), Content::Comment(_))
                            | (Leaf::Node(NodeKind::Instruction(_), _), Content::Instruction(_))
                    ),
                    _ => false,
                };
                if !same {
                    return Err(wrong(
                        "an element, a comment or an instruction is replaced by one of its kind",
                    ));
                }
                self.swap(found.id, &new)
            }
        }
    }

    fn remove(&mut self, found: &Found) -> Result<(), Fault> {
        let index = match &found.leaf {
            Leaf::Attribute(uri, name) => attribute_of(self.tree, found.id, uri.as_deref(), name),
            Leaf::Namespace(prefix) => {
                if uses(self.tree, found.id, prefix) {
                    return Err(wrong("the prefix is in use"));
                }
                let attributes = self.tree.attributes(found.id);
                attributes.iter().position(|(name, _)| tree::declares(name, prefix))
            }
            Leaf::Element | Leaf::Node(..) => {
                if found.id == self.tree.root() {
                    return Err(Fault::new(ErrorKind::Empty, "the outermost element cannot be removed"));
                }
                self.remove_space(found)?;
                self.work.spend(self.tree.children(self.tree.parent(found.id)).len())?;
                self.tree.detach(found.id);
                return Ok(());
            }
        };
        if let (Some(index), Some(attributes)) = (index, self.tree.attributes_mut(found.id))
            && index < attributes.len()
        {
            attributes.remove(index);
        }
        Ok(())
    }

    /// Takes out the white space beside a node, as the attribute `ws` wants it.
    fn remove_space(&mut self, found: &Found) -> Result<(), Fault> {
        let ws = self.patch.attribute(self.operation, "ws");
        let (before, after) = match ws.as_deref() {
            None => return Ok(()),
            Some("before") => (true, false),
            Some("after") => (false, true),
            Some("both") => (true, true),
            Some(_) => return Err(Fault::new(ErrorKind::Syntax, "ws is before, after or both")),
        };
        if found.leaf == Leaf::Node(NodeKind::Text, None) {
            return Err(wrong("white space is removed beside elements, comments and instructions"));
        }
        let siblings = self.tree.children(self.tree.parent(found.id));
        let at = self.tree.place(found.id);
        let mut spaces = Vec::new();
        for (wanted, place) in [(before, at.checked_sub(1)), (after, at.checked_add(1))] {
            if !wanted {
                continue;
            }
            let id = place.and_then(|place| siblings.get(place)).copied();
            match id.map(|id| (id, self.tree.content(id))) {
                Some((id, Content::Text(raw))) if is_space(raw) => spaces.push(id),
                _ => return Err(wrong("beside the node there is no white space alone")),
            }
        }
        spaces.into_iter().for_each(|id| self.tree.detach(id));
        Ok(())
    }

    fn add_attribute(&mut self, id: Id, name: &str) -> Result<(), Fault> {
        let (prefix, local) = split_name(name);
        if !tree::is_name(name) || prefix == "xmlns" || name == "xmlns" {
            return Err(Fault::new(ErrorKind::Syntax, "type is @ and the name of an attribute"));
        }
        let uri = match prefix {
            "" => None,
            prefix => Some(self.namespace(prefix).ok_or_else(|| {
                Fault::new(ErrorKind::Syntax, "the prefix of the attribute is declared in the patch")
            })?),
        };
        if attribute_of(self.tree, id, uri.as_deref(), local).is_some() {
            return Err(Fault::new(ErrorKind::DuplicateKey, "the element has such an attribute"));
        }
        let declare = match &uri {
            Some(uri) => match self.tree.namespace(id, prefix) {
                Some(known) if known == *uri => None,
                Some(_) => return Err(wrong("the prefix stands for another namespace there")),
                None => Some((format!("xmlns:{prefix}"), escape(uri))),
            },
            None => None,
        };
        let value = escape(&self.patch.text(self.operation));
        if let Some(attributes) = self.tree.attributes_mut(id) {
            attributes.extend(declare.map(|(name, uri)| (Cow::Owned(name), Cow::Owned(uri))));
            attributes.push((Cow::Owned(name.to_owned()), Cow::Owned(value)));
        }
        Ok(())
    }

    fn add_namespace(&mut self, id: Id, prefix: &str) -> Result<(), Fault> {
        if !tree::is_name(prefix) || prefix.contains(':') || prefix.starts_with("xml") {
            return Err(Fault::new(ErrorKind::Syntax, "type is namespace:: and a prefix"));
        }
        if self.tree.namespace(id, prefix).is_some() {
            return Err(Fault::new(ErrorKind::DuplicateKey, "the prefix is declared there"));
        }
        let uri = escape(self.patch.text(self.operation).trim());
        if uri.is_empty() {
            return Err(wrong("a prefix stands for a namespace that is not empty"));
        }
        if let Some(attributes) = self.tree.attributes_mut(id) {
            attributes.push((Cow::Owned(format!("xmlns:{prefix}")), Cow::Owned(uri)));
        }
        Ok(())
    }

    fn set_attribute(&mut self, id: Id, at: Option<usize>) -> Result<(), Fault> {
        let children = self.patch.children(self.operation);
        if children.iter().any(|child| !matches!(self.patch.content(*child), Content::Text(_))) {
            return Err(wrong("the value of an attribute is replaced by a text"));
        }
        let value = escape(&self.patch.text(self.operation));
        let attribute = at.and_then(|at| self.tree.attributes_mut(id)?.get_mut(at));
        if let Some((_, old)) = attribute {
            *old = Cow::Owned(value);
        }
        Ok(())
    }

    /// Puts copies of nodes of the patch in the place of a node.
    fn swap(&mut self, id: Id, new: &[Id]) -> Result<(), Fault> {
        let (parent, at) = (self.tree.parent(id), self.tree.place(id));
        self.tree.detach(id);
        self.put(parent, at, new)
    }

    /// Puts copies of nodes of the patch among the children of a parent.
    fn put(&mut self, parent: Id, at: usize, nodes: &[Id]) -> Result<(), Fault> {
        let depth = self.tree.depth(parent);
        let mut copies = Vec::with_capacity(nodes.len());
        self.work.spend(self.tree.children(parent).len())?;
        for node in nodes {
            if depth + self.patch.height(*node) > self.options.max_depth {
                let detail = format!("the result would nest deeper than {} levels", self.options.max_depth);
                return Err(Fault::new(ErrorKind::TooDeep, detail));
            }
            let copy = self.tree.import(self.patch, *node);
            for prefix in prefixes(self.patch, *node) {
                let wanted = self.patch.namespace(*node, &prefix).map(Cow::into_owned);
                if wanted.is_none() && !prefix.is_empty() {
                    return Err(Fault::new(ErrorKind::Syntax, "a prefix in the operation is not declared"));
                }
                let there = self.tree.namespace(parent, &prefix).map(Cow::into_owned);
                if wanted == there
                    || self.tree.attributes(copy).iter().any(|(name, _)| tree::declares(name, &prefix))
                {
                    continue;
                }
                let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
                if let Some(attributes) = self.tree.attributes_mut(copy) {
                    attributes.insert(0, (Cow::Owned(name), Cow::Owned(escape(&wanted.unwrap_or_default()))));
                }
            }
            copies.push(copy);
        }
        self.tree.attach(parent, at, &copies);
        Ok(())
    }
}

/// The prefixes that a node of the patch uses and does not declare in itself, the empty one included.
fn prefixes(tree: &Tree<'_>, id: Id) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut next = vec![id];
    while let Some(at) = next.pop() {
        next.extend(tree.elements(at));
        let names = tree.attributes(at).iter().map(|(name, _)| split_name(name).0);
        let names = names.filter(|prefix| !matches!(*prefix, "" | "xmlns" | "xml"));
        let own = matches!(tree.content(at), Content::Element { .. }).then(|| split_name(tree.name(at)).0);
        for prefix in names.chain(own) {
            if !found.iter().any(|known| known == prefix) && !declared_within(tree, at, id, prefix) {
                found.push(prefix.to_owned());
            }
        }
    }
    found
}

/// Whether an element between `at` and `top` declares the prefix.
fn declared_within(tree: &Tree<'_>, at: Id, top: Id, prefix: &str) -> bool {
    let mut at = at;
    loop {
        if tree.attributes(at).iter().any(|(name, _)| tree::declares(name, prefix)) {
            return true;
        }
        if at == top || at == DOCUMENT {
            return false;
        }
        at = tree.parent(at);
    }
}

/// Whether the prefix that an element declares is used there or inside.
fn uses(tree: &Tree<'_>, id: Id, prefix: &str) -> bool {
    let mut next = vec![id];
    while let Some(at) = next.pop() {
        if at != id && tree.attributes(at).iter().any(|(name, _)| tree::declares(name, prefix)) {
            continue;
        }
        let attribute = |name: &str| !prefix.is_empty() && split_name(name).0 == prefix;
        if split_name(tree.name(at)).0 == prefix
            || tree.attributes(at).iter().any(|(name, _)| attribute(name))
        {
            return true;
        }
        next.extend(tree.elements(at));
    }
    false
}

/// What must stay as it is, as text.
fn guarded(tree: &Tree<'_>, name: &str) -> String {
    let root = tree.root();
    let mut out = String::new();
    if name == "resourceType" {
        let (prefix, local) = split_name(tree.name(root));
        out.push_str(&tree.namespace(root, prefix).unwrap_or_default());
        out.extend([" ", local]);
        return out;
    }
    for child in tree.elements(root).filter(|child| split_name(tree.name(*child)).1 == name) {
        tree.write(child, &mut out);
    }
    out
}

/// A selector as errors name it: texts may be patients' data.
fn without_texts(sel: &str) -> String {
    const LONGEST: usize = 200;
    let mut out = String::new();
    let mut quote = None;
    for c in sel.chars() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => continue,
            None if matches!(c, '"' | '\'') => {
                quote = Some(c);
                out.push_str(if c == '"' { "\"…" } else { "'…" });
                continue;
            }
            None => {}
        }
        out.push(c);
        if out.len() > LONGEST {
            out.push('…');
            break;
        }
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
    out
}

fn wrong(detail: &str) -> Fault {
    Fault::new(ErrorKind::WrongType, detail)
}
