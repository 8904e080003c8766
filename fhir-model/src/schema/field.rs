//! The elements of types and what each may hold (<https://hl7.org/fhir/R4/elementdefinition.html>).

use super::{Binding, Invariant, Name, Schema, TypeDef, Version};
use std::fmt;

/// An element of a type.
pub struct FieldDef {
    pub(crate) name: Name,
    pub(crate) first_type: u16,
    /// Index plus one; 0 for none.
    pub(crate) binding: u16,
    /// The most times it may stand; `u16::MAX` for any number.
    pub(crate) max: u16,
    /// Index of a run plus one; 0 for none.
    pub(crate) invariants: u16,
    pub(crate) type_count: u8,
    pub(crate) min: u8,
    pub(crate) flags: u8,
    pub(crate) version: Version,
}

mod flag {
    pub(super) const LIST: u8 = 1;
    pub(super) const CHOICE: u8 = 2;
    pub(super) const SUMMARY: u8 = 4;
    pub(super) const MODIFIER: u8 = 8;
    pub(super) const ATTRIBUTE: u8 = 16;
}

impl FieldDef {
    /// The name; for a choice the one without the type: `value`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name.of(self.schema())
    }

    /// The fewest times it must stand.
    #[must_use]
    pub fn min(&self) -> u32 {
        u32::from(self.min)
    }

    /// The most times it may stand; nothing for `*`.
    #[must_use]
    pub fn max(&self) -> Option<u32> {
        (self.max != u16::MAX).then_some(u32::from(self.max))
    }

    /// Whether JSON writes it as an array.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.flags & flag::LIST != 0
    }

    /// Whether the type is chosen in the instance (`value[x]`), even where one type only is allowed.
    #[must_use]
    pub fn is_choice(&self) -> bool {
        self.flags & flag::CHOICE != 0
    }

    /// Whether it belongs to the summary of a resource.
    #[must_use]
    pub fn in_summary(&self) -> bool {
        self.flags & flag::SUMMARY != 0
    }

    /// Whether it can change the meaning of the element that holds it.
    #[must_use]
    pub fn is_modifier(&self) -> bool {
        self.flags & flag::MODIFIER != 0
    }

    /// Whether XML writes it as an attribute: `Element.id`, `Extension.url`.
    #[must_use]
    pub fn is_attribute(&self) -> bool {
        self.flags & flag::ATTRIBUTE != 0
    }

    /// The types it may have: one, unless it is a choice.
    #[must_use]
    pub fn types(&self) -> &'static [FieldType] {
        let start = usize::from(self.first_type);
        self.schema().field_types.get(start..start + usize::from(self.type_count)).unwrap_or_default()
    }

    /// The required binding of a code (or of a string or URI that serves as one), a Coding or a CodeableConcept,
    /// if FHIR itself enumerates its codes.
    #[must_use]
    pub fn binding(&self) -> Option<&'static Binding> {
        self.schema().bindings.get(usize::from(self.binding.checked_sub(1)?))
    }

    /// What must be true of every value that stands here, beyond what its type asks for. The focus is the value.
    #[must_use]
    pub fn invariants(&self) -> &'static [Invariant] {
        self.schema().invariant_run(self.invariants)
    }

    fn schema(&self) -> &'static Schema {
        Schema::tables(self.version)
    }
}

impl fmt::Debug for FieldDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}..", self.name(), self.min)?;
        match self.max() {
            Some(max) => write!(f, "{max}"),
            None => f.write_str("*"),
        }
    }
}

/// One of the types that an element may have.
pub struct FieldType {
    pub(crate) json_name: Name,
    pub(crate) definition: u16,
    pub(crate) first_target: u16,
    pub(crate) target_count: u8,
    pub(crate) version: Version,
}

impl FieldType {
    /// The member that holds it in JSON: `valueQuantity`; for an element that is no choice, its name.
    #[must_use]
    pub fn json_name(&self) -> &'static str {
        self.json_name.of(Schema::tables(self.version))
    }

    /// The type.
    #[must_use]
    pub fn definition(&self) -> &'static TypeDef {
        Schema::tables(self.version).type_at(self.definition)
    }

    /// The types of resources that a Reference or canonical may point to: `Resource` for any; nothing where
    /// the definition does not say.
    pub fn targets(&self) -> impl Iterator<Item = &'static TypeDef> + use<> {
        let schema = Schema::tables(self.version);
        let start = usize::from(self.first_target);
        let targets = schema.targets.get(start..start + usize::from(self.target_count)).unwrap_or_default();
        targets.iter().map(|&index| schema.type_at(index))
    }
}

impl fmt::Debug for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.json_name(), self.definition().name())
    }
}
