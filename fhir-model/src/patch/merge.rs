//! Merge patch (RFC 7386, <https://www.rfc-editor.org/rfc/rfc7386>): a document that looks like the change.

use super::draft::{Draft, check_depth};
use super::{Fault, Options, Work};
use crate::error::{Error, ErrorKind};
use crate::json::Node;
use std::borrow::Cow;
use std::collections::HashMap;

/// Applies a merge patch: members of the patch replace those of the target, objects are merged, `null` removes.
///
/// Arrays are replaced as a whole, so that one item of a list cannot be changed by itself.
///
/// ```
/// use hygea_fhir_model::{json::Document, patch::{self, Options}};
///
/// let patient = Document::parse(br#"{"resourceType":"Patient","active":true,"maritalStatus":{"text":"single"}}"#)?;
/// let patch = Document::parse(br#"{"active":null,"maritalStatus":{"id":"m"}}"#)?;
/// let changed = patch::merge_patch(patient.root(), patch.root(), &Options::default())?;
/// assert_eq!(changed.to_json(), r#"{"resourceType":"Patient","maritalStatus":{"text":"single","id":"m"}}"#);
/// # Ok::<(), hygea_fhir_model::Error>(())
/// ```
///
/// # Errors
/// [`TooLarge`](ErrorKind::TooLarge), [`TooDeep`](ErrorKind::TooDeep) and [`Protected`](ErrorKind::Protected) as
/// `options` say. There is no merge patch that cannot be applied otherwise.
pub fn merge_patch<'d>(target: Node<'d>, patch: Node<'d>, options: &Options) -> Result<Draft<'d>, Error> {
    let fail = |fault: Fault| Error::new(fault.kind, "", None, fault.detail);
    if target.raw().len().saturating_add(patch.raw().len()) > options.max_bytes {
        let detail = format!("the result might have more than {} bytes", options.max_bytes);
        return Err(Error::new(ErrorKind::TooLarge, "", None, detail));
    }
    // What is merged is no deeper than the deeper of the two.
    check_depth(&Draft::Node(patch), 0, options.max_depth).map_err(fail)?;
    let mut draft = Draft::Node(target);
    merge(&mut draft, patch, &mut Work::new()).map_err(fail)?;
    if options.drop_empty {
        draft.drop_empty();
    }
    draft.check_protected(target, options.protected)?;
    Ok(draft)
}

fn merge<'d>(target: &mut Draft<'d>, patch: Node<'d>, work: &mut Work) -> Result<(), Fault> {
    if !patch.is_object() {
        *target = Draft::Node(patch);
        return Ok(());
    }
    let members = match target.members_mut() {
        Some(members) => members,
        None => {
            // Whatever it was, it becomes an object; a patch for one that is absent still loses its nulls.
            *target = Draft::Object(Vec::new());
            match target {
                Draft::Object(members) => members,
                _ => return Ok(()),
            }
        }
    };
    let mut places = Places::of(members, patch.len(), work)?;
    let mut removed = Vec::new();
    for (name, value) in patch.members() {
        let at = places.find(members, name, work)?;
        match (at, value.is_null()) {
            (Some(at), true) => removed.push(at),
            (None, true) => {}
            (Some(at), false) => {
                if let Some((_, old)) = members.get_mut(at) {
                    merge(old, value, work)?;
                }
            }
            (None, false) => {
                let mut new = Draft::Null;
                merge(&mut new, value, work)?;
                places.add(name, members.len());
                members.push((Cow::Borrowed(name), new));
            }
        }
    }
    if !removed.is_empty() {
        removed.sort_unstable();
        let mut at = 0;
        members.retain(|_| {
            at += 1;
            removed.binary_search(&(at - 1)).is_err()
        });
    }
    Ok(())
}

/// Where the members of an object stand, for as many look-ups as the patch has members.
enum Places<'d> {
    Few,
    Many(HashMap<Cow<'d, str>, usize>),
}

impl<'d> Places<'d> {
    fn of(members: &[(Cow<'d, str>, Draft<'d>)], count: usize, work: &mut Work) -> Result<Self, Fault> {
        work.spend(members.len() + count)?;
        if count <= 16 {
            return Ok(Self::Few);
        }
        // The first of a name counts, as everywhere.
        let names = members.iter().enumerate().rev().map(|(at, (name, _))| (name.clone(), at));
        Ok(Self::Many(names.collect()))
    }

    fn find(
        &self,
        members: &[(Cow<'d, str>, Draft<'d>)],
        name: &str,
        work: &mut Work,
    ) -> Result<Option<usize>, Fault> {
        Ok(match self {
            Self::Few => {
                work.spend(members.len())?;
                members.iter().position(|(known, _)| known == name)
            }
            Self::Many(places) => places.get(name).copied(),
        })
    }

    fn add(&mut self, name: &'d str, at: usize) {
        if let Self::Many(places) = self {
            places.entry(Cow::Borrowed(name)).or_insert(at);
        }
    }
}
