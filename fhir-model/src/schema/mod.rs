//! The definitions of a FHIR version as static tables: types, their elements, what each element may hold.
//!
//! Reading, writing, validation, FHIRPath and search all ask the same questions about a type ("what is
//! `valueQuantity` of an Observation?"), so the answers stand in one place, generated from HL7's
//! StructureDefinitions (<https://hl7.org/fhir/R4/structuredefinition.html>). The tables hold offsets instead
//! of pointers: a version takes about 300 kB of read-only data and no work when a program starts.
//!
//! ```
//! # #[cfg(feature = "r4-schema")] {
//! use hygea_fhir_model::schema::{Schema, Version};
//!
//! let schema = Schema::of(Version::R4).unwrap();
//! let observation = schema.resource("Observation").unwrap();
//! let (field, choice) = observation.field_for_json("valueQuantity").unwrap();
//! assert_eq!((field.name(), choice.definition().name()), ("value", "Quantity"));
//! assert!(observation.is_subtype_of(schema.type_named("DomainResource").unwrap()));
//! # }
//! ```

mod binding;
mod field;
mod invariant;
mod members;
mod type_def;
mod version;

pub use binding::Binding;
pub use field::{FieldDef, FieldType};
pub use invariant::Invariant;
pub use type_def::{PrimitiveKind, TypeDef, TypeKind};
pub use version::Version;

pub(crate) use binding::BoundCode;
pub(crate) use members::{Found, Member, Members};

use std::fmt;

/// All types of one FHIR version.
pub struct Schema {
    pub(crate) version: Version,
    /// All names, one after the other; [`Name`] points into it.
    pub(crate) text: &'static str,
    /// Sorted by name.
    pub(crate) types: &'static [TypeDef],
    /// Indexes of `types` plus one, placed by [`hash`] with linear probing; the length is a power of two.
    pub(crate) hashed: &'static [u16],
    pub(crate) fields: &'static [FieldDef],
    pub(crate) field_types: &'static [FieldType],
    /// For each type a run in the order of its elements.
    pub(crate) members: &'static [Member],
    /// For each type a run of a power of two: members of the type, from one on, placed by [`key`] with linear
    /// probing; 0 where there is none.
    pub(crate) slots: &'static [u16],
    pub(crate) targets: &'static [u16],
    pub(crate) bindings: &'static [Binding],
    pub(crate) codes: &'static [BoundCode],
    /// The systems of the codes.
    pub(crate) systems: &'static [Name],
    pub(crate) invariants: &'static [Invariant],
    /// The first of [`Schema::invariants`] that stands on a type or element, how many follow it.
    pub(crate) invariant_runs: &'static [(u16, u8)],
    /// Expressions and words.
    pub(crate) invariant_text: &'static str,
}

/// A name in [`Schema::text`]: 24 bits of offset, 8 bits of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) u32);

impl Name {
    const fn len(self) -> usize {
        (self.0 & 0xff) as usize
    }

    /// The bytes of the name.
    #[cfg(feature = "typed")]
    #[inline]
    pub(crate) fn bytes(self, schema: &'static Schema) -> &'static [u8] {
        let start = (self.0 >> 8) as usize;
        schema.text.as_bytes().get(start..start + self.len()).unwrap_or_default()
    }

    fn of(self, schema: &'static Schema) -> &'static str {
        let start = (self.0 >> 8) as usize;
        schema.text.get(start..start + self.len()).unwrap_or_default()
    }
}

impl Schema {
    /// The tables of a version; nothing unless the feature of that version is on.
    #[must_use]
    pub fn of(version: Version) -> Option<&'static Self> {
        let schema = Self::tables(version);
        (!schema.types.is_empty()).then_some(schema)
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// A type by its name: `Patient`, `HumanName`, `boolean`, or `Patient.contact` for one that stands inside another.
    #[must_use]
    pub fn type_named(&self, name: &str) -> Option<&'static TypeDef> {
        let schema = Self::tables(self.version);
        let mask = schema.hashed.len().checked_sub(1)?;
        let mut at = hash(name.as_bytes()) as usize & mask;
        loop {
            let index = schema.hashed.get(at).copied()?.checked_sub(1)?;
            let found = schema.types.get(usize::from(index))?;
            if found.name() == name {
                return Some(found);
            }
            at = (at + 1) & mask;
        }
    }

    /// A concrete resource type by its name.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&'static TypeDef> {
        self.type_named(name).filter(|found| found.is_resource() && !found.is_abstract())
    }

    /// All types, sorted by name: primitive, complex, nested, resources, abstract ones.
    #[must_use]
    pub fn types(&self) -> &'static [TypeDef] {
        self.types
    }

    /// The concrete resource types, sorted by name.
    pub fn resources(&self) -> impl Iterator<Item = &'static TypeDef> + use<> {
        self.types.iter().filter(|found| found.is_resource() && !found.is_abstract())
    }

    /// All invariants; one that stands in several places may be here several times.
    #[must_use]
    pub fn invariants(&self) -> &'static [Invariant] {
        self.invariants
    }

    fn invariant_run(&self, run: u16) -> &'static [Invariant] {
        let run = run.checked_sub(1).and_then(|run| self.invariant_runs.get(usize::from(run)));
        let Some(&(first, count)) = run else { return &[] };
        let first = usize::from(first);
        self.invariants.get(first..first + usize::from(count)).unwrap_or_default()
    }

    /// The type `Resource`.
    #[cfg(feature = "typed")]
    pub(crate) fn abstract_resource(&'static self) -> &'static TypeDef {
        self.type_named("Resource").unwrap_or_else(|| self.type_at(0))
    }

    /// The tables of a version, empty ones where its feature is off.
    fn tables(version: Version) -> &'static Self {
        match version {
            #[cfg(feature = "dstu2-schema")]
            Version::Dstu2 => &crate::dstu2::schema::SCHEMA,
            #[cfg(feature = "stu3-schema")]
            Version::Stu3 => &crate::stu3::schema::SCHEMA,
            #[cfg(feature = "r4-schema")]
            Version::R4 => &crate::r4::schema::SCHEMA,
            #[cfg(feature = "r4b-schema")]
            Version::R4B => &crate::r4b::schema::SCHEMA,
            #[cfg(feature = "r5-schema")]
            Version::R5 => &crate::r5::schema::SCHEMA,
            #[allow(unreachable_patterns, reason = "all versions may be there")]
            _ => &NONE,
        }
    }

    #[expect(clippy::indexing_slicing, reason = "generated indexes, all of them visited by a test")]
    fn type_at(&self, index: u16) -> &'static TypeDef {
        &self.types[usize::from(index)]
    }
}

static NONE: Schema = Schema {
    version: Version::R4,
    text: "",
    types: &[],
    hashed: &[],
    fields: &[],
    field_types: &[],
    members: &[],
    slots: &[],
    targets: &[],
    bindings: &[],
    codes: &[],
    systems: &[],
    invariants: &[],
    invariant_runs: &[],
    invariant_text: "",
};

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("version", &self.version).field("types", &self.types.len()).finish()
    }
}

/// FNV-1a, which the generator computes as well.
const fn hash(bytes: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
        rest = tail;
    }
    hash ^ hash >> 15
}
