//! Finding the element that a member of a JSON object holds, which reading does for each of them.

use super::{FieldDef, FieldType, Name};

/// A name that may stand in JSON or in a path, and the element that it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: Name,
    pub(crate) field: u8,
    /// Which of the element's types; [`CHOICE`] for the bare name of a choice, which JSON never has.
    pub(crate) choice: u8,
}

pub(crate) const CHOICE: u8 = u8::MAX;

/// The names that an object of a type may have; see [`TypeDef::members`].
#[derive(Clone, Copy)]
pub(crate) struct Members {
    pub(super) text: &'static [u8],
    pub(super) fields: &'static [FieldDef],
    pub(super) kinds: &'static [FieldType],
    pub(super) members: &'static [Member],
    pub(super) slots: &'static [u16],
    pub(super) mask: usize,
}

/// What a member of a JSON object means.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// The index of the element.
    pub(crate) index: usize,
    /// The index of its type; 0 unless it is a choice.
    pub(crate) choice: usize,
    pub(crate) field: &'static FieldDef,
    pub(crate) kind: &'static FieldType,
}

impl Members {
    /// Finds a member by its name in JSON. Members mostly stand in the order of the definition, so the element
    /// at `next` is tried first; `next` is left behind the element found.
    #[inline]
    pub(crate) fn find(&self, name: &str, next: &mut usize) -> Option<Found> {
        let name = name.as_bytes();
        if let Some(field) = self.fields.get(*next)
            && !field.is_choice()
            && self.is(field.name, name)
        {
            let index = *next;
            *next += 1;
            return Some(Found {
                index,
                choice: 0,
                field,
                kind: self.kinds.get(usize::from(field.first_type))?,
            });
        }
        let member = self.member(name).filter(|member| member.choice != CHOICE)?;
        let (index, choice) = (usize::from(member.field), usize::from(member.choice));
        *next = index + 1;
        let field = self.fields.get(index)?;
        Some(Found { index, choice, field, kind: self.kinds.get(usize::from(field.first_type) + choice)? })
    }

    #[inline]
    fn is(&self, name: Name, other: &[u8]) -> bool {
        let start = (name.0 >> 8) as usize;
        name.len() == other.len() && self.text.get(start..start + other.len()) == Some(other)
    }

    pub(super) fn member(&self, name: &[u8]) -> Option<Member> {
        let mut at = key(name) & self.mask;
        loop {
            let slot = self.slots.get(at).copied()?.checked_sub(1)?;
            let member = self.members.get(usize::from(slot))?;
            if self.is(member.name, name) {
                return Some(*member);
            }
            at = (at + 1) & self.mask;
        }
    }
}

/// A number for the name of a member, from its first and last bytes; the generator computes it as well.
fn key(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
            }
            _ => name.iter().fold((0, 0), |(first, last), &byte| (first << 8 | u64::from(byte), last)),
        },
    };
    let mixed = (first ^ last.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 48) as usize
}
