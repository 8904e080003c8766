//! JSON Patch (RFC 6902, <https://www.rfc-editor.org/rfc/rfc6902>): operations one after the other.

use super::draft::{Draft, check_depth};
use super::pointer::{Pointer, index};
use super::{Fault, Options, Work, too_many_operations};
use crate::error::{Error, ErrorKind};
use crate::json::{Kind, Node};
use std::borrow::Cow;

/// Applies a JSON Patch: all of its operations, or none.
///
/// `test` compares numbers by what they count (`1.0` and `1`), strings by their characters and objects whatever
/// the order of their members, as the RFC says. The result borrows from both documents.
///
/// # Errors
/// [`Syntax`](ErrorKind::Syntax), [`WrongType`](ErrorKind::WrongType) or
/// [`MissingElement`](ErrorKind::MissingElement) if the patch is none, or an operation finds no value or one of
/// another kind at its path; [`TestFailed`](ErrorKind::TestFailed) if a `test` does not hold;
/// [`Protected`](ErrorKind::Protected), [`TooLarge`](ErrorKind::TooLarge) and [`TooDeep`](ErrorKind::TooDeep) as
/// `options` say. The detail starts with the number of the operation, counted from 0, and its name; the path is that
/// of the operation.
pub fn json_patch<'d>(target: Node<'d>, patch: Node<'d>, options: &Options) -> Result<Draft<'d>, Error> {
    if !patch.is_array() {
        let detail = "a JSON Patch is an array of operations";
        return Err(Error::new(ErrorKind::WrongType, "", Some(patch.position()), detail));
    }
    if patch.len() > options.max_operations {
        return Err(too_many_operations(options));
    }
    let mut state =
        State { draft: Draft::Node(target), bytes: target.raw().len(), work: Work::new(), options };
    for (index, operation) in patch.items().enumerate() {
        let name = operation.get("op").and_then(Node::as_str).unwrap_or_default();
        state.apply(name, operation).map_err(|fault| {
            let path =
                operation.get("path").and_then(Node::as_str).and_then(|text| Pointer::parse(text).ok());
            let known = OPERATIONS.iter().find(|known| **known == name).copied().unwrap_or("?");
            fault.into_error(index, known, path.map(Pointer::to_path).unwrap_or_default())
        })?;
    }
    if options.drop_empty {
        state.draft.drop_empty();
    }
    state.draft.check_protected(target, options.protected)?;
    Ok(state.draft)
}

const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

struct State<'d, 'o> {
    draft: Draft<'d>,
    /// About the bytes of the draft.
    bytes: usize,
    work: Work,
    options: &'o Options,
}

impl<'d> State<'d, '_> {
    fn apply(&mut self, name: &str, operation: Node<'d>) -> Result<(), Fault> {
        let member = |name: &str| {
            operation.get(name).ok_or_else(|| {
                Fault::new(ErrorKind::MissingElement, format!("the operation needs a member {name:?}"))
            })
        };
        let pointer = |name: &str| {
            let text = member(name)?.as_str().ok_or_else(|| {
                Fault::new(ErrorKind::WrongType, format!("the member {name:?} of an operation is a string"))
            })?;
            Pointer::parse(text)
        };
        if !operation.is_object() {
            return Err(Fault::new(ErrorKind::WrongType, "an operation is an object"));
        }
        match name {
            "add" => self.add(pointer("path")?, Draft::Node(member("value")?)),
            "remove" => self.remove(pointer("path")?).map(drop),
            "replace" => self.replace(pointer("path")?, Draft::Node(member("value")?)),
            "move" => {
                let (from, path) = (pointer("from")?, pointer("path")?);
                if path.is_inside(from) {
                    return Err(Fault::new(ErrorKind::WrongType, "a value cannot be moved into itself"));
                }
                if path.is_same(from) {
                    return find(&self.draft, from, &mut self.work).map(drop);
                }
                let value = self.remove(from)?;
                self.add(path, value)
            }
            "copy" => {
                let (from, path) = (pointer("from")?, pointer("path")?);
                let found = find(&self.draft, from, &mut self.work)?;
                let (bytes, weight) = (found.bytes(), found.weight());
                // Before it is copied, since copies of copies grow without end.
                check_bytes(self.bytes, bytes, self.options)?;
                let copy = found.into_owned();
                self.work.spend(weight)?;
                self.add(path, copy)
            }
            "test" => {
                let value = member("value")?;
                let path = pointer("path")?;
                if find(&self.draft, path, &mut self.work)?.equals(value, &mut self.work)? {
                    return Ok(());
                }
                Err(Fault::new(ErrorKind::TestFailed, "the value is not the one that the test wants"))
            }
            _ => Err(Fault::new(ErrorKind::Syntax, "op is one of add, remove, replace, move, copy, test")),
        }
    }

    fn add(&mut self, path: Pointer<'d>, value: Draft<'d>) -> Result<(), Fault> {
        let bytes = value.bytes();
        check_bytes(self.bytes, bytes, self.options)?;
        check_depth(&value, path.depth(), self.options.max_depth)?;
        let Some((parent, token)) = path.split() else {
            self.draft = value;
            self.bytes = bytes;
            return Ok(());
        };
        let mut replaced = 0;
        let parent = find_mut(&mut self.draft, parent, &mut self.work)?;
        self.work.spend(parent.len())?;
        if let Some(members) = parent.members_mut() {
            match members.iter_mut().find(|(name, _)| *name == token) {
                Some((_, old)) => replaced = std::mem::replace(old, value).bytes(),
                None => members.push((token, value)),
            }
        } else if let Some(items) = parent.items_mut() {
            let at = if token == "-" { items.len() } else { index(&token).ok_or_else(no_index)? };
            if at > items.len() {
                let detail = format!("the array has {} items, so that none can be added there", items.len());
                return Err(Fault::new(ErrorKind::MissingElement, detail));
            }
            items.insert(at, value);
        } else {
            return Err(no_parent());
        }
        self.bytes = self.bytes.saturating_add(bytes).saturating_sub(replaced);
        Ok(())
    }

    fn remove(&mut self, path: Pointer<'d>) -> Result<Draft<'d>, Fault> {
        let Some((parent, token)) = path.split() else {
            return Err(Fault::new(ErrorKind::Empty, "the whole document cannot be removed"));
        };
        let parent = find_mut(&mut self.draft, parent, &mut self.work)?;
        self.work.spend(parent.len())?;
        let removed = if let Some(members) = parent.members_mut() {
            let at = members.iter().position(|(name, _)| *name == token).ok_or_else(nothing)?;
            members.remove(at).1
        } else if let Some(items) = parent.items_mut() {
            let at = index(&token).ok_or_else(no_index)?;
            if at >= items.len() {
                return Err(nothing());
            }
            items.remove(at)
        } else {
            return Err(nothing());
        };
        self.bytes = self.bytes.saturating_sub(removed.bytes());
        Ok(removed)
    }

    fn replace(&mut self, path: Pointer<'d>, value: Draft<'d>) -> Result<(), Fault> {
        let bytes = value.bytes();
        check_bytes(self.bytes, bytes, self.options)?;
        check_depth(&value, path.depth(), self.options.max_depth)?;
        let found = find_mut(&mut self.draft, path, &mut self.work)?;
        let replaced = std::mem::replace(found, value).bytes();
        self.bytes = self.bytes.saturating_add(bytes).saturating_sub(replaced);
        Ok(())
    }
}

/// The value at a path, which is not opened.
fn find<'t, 'd>(
    draft: &'t Draft<'d>,
    path: Pointer<'_>,
    work: &mut Work,
) -> Result<Cow<'t, Draft<'d>>, Fault> {
    let mut found = Cow::Borrowed(draft);
    for token in path.tokens() {
        work.spend(found.len())?;
        found = match found {
            Cow::Borrowed(Draft::Object(members)) => {
                let member = members.iter().find(|(name, _)| *name == token);
                Cow::Borrowed(&member.ok_or_else(nothing)?.1)
            }
            Cow::Borrowed(Draft::Array(items)) => {
                let at = index(&token).ok_or_else(no_index)?;
                Cow::Borrowed(items.get(at).ok_or_else(nothing)?)
            }
            Cow::Borrowed(&Draft::Node(node)) | Cow::Owned(Draft::Node(node)) => {
                Cow::Owned(Draft::Node(node_child(node, &token)?))
            }
            _ => return Err(nothing()),
        };
    }
    Ok(found)
}

fn node_child<'d>(node: Node<'d>, token: &str) -> Result<Node<'d>, Fault> {
    match node.kind() {
        Kind::Object => node.get(token).ok_or_else(nothing),
        Kind::Array => node.at(index(token).ok_or_else(no_index)?).ok_or_else(nothing),
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => Err(nothing()),
    }
}

/// The value at a path, everything on the way opened.
fn find_mut<'t, 'd>(
    draft: &'t mut Draft<'d>,
    path: Pointer<'_>,
    work: &mut Work,
) -> Result<&'t mut Draft<'d>, Fault> {
    let mut found = draft;
    for token in path.tokens() {
        work.spend(found.len())?;
        found = match found.kind() {
            Kind::Object => {
                let members = found.members_mut().ok_or_else(nothing)?;
                let member = members.iter_mut().find(|(name, _)| *name == token);
                &mut member.ok_or_else(nothing)?.1
            }
            Kind::Array => {
                let at = index(&token).ok_or_else(no_index)?;
                found.items_mut().and_then(|items| items.get_mut(at)).ok_or_else(nothing)?
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => return Err(nothing()),
        };
    }
    Ok(found)
}

fn check_bytes(have: usize, more: usize, options: &Options) -> Result<(), Fault> {
    if have.saturating_add(more) > options.max_bytes {
        let detail = format!("the result would have more than {} bytes", options.max_bytes);
        return Err(Fault::new(ErrorKind::TooLarge, detail));
    }
    Ok(())
}

fn nothing() -> Fault {
    Fault::new(ErrorKind::MissingElement, "there is no value at the path")
}

fn no_parent() -> Fault {
    Fault::new(ErrorKind::WrongType, "what the path leads through is neither an object nor an array")
}

fn no_index() -> Fault {
    Fault::new(ErrorKind::WrongType, "the path leads through an array, where it needs an index")
}
