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

use std::fmt;

/// A version of FHIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Version {
    /// DSTU2, 1.0.2
    Dstu2 = 1,
    /// STU3, 3.0.2
    Stu3 = 2,
    /// R4, 4.0.1
    R4 = 3,
    /// R4B, 4.3.0
    R4B = 4,
    /// R5, 5.0.0
    R5 = 5,
}

impl Version {
    /// The number as CapabilityStatement.fhirVersion has it: `4.0.1`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::Dstu2 => "1.0.2",
            Self::Stu3 => "3.0.2",
            Self::R4 => "4.0.1",
            Self::R4B => "4.3.0",
            Self::R5 => "5.0.0",
        }
    }

    /// The name in everyday use: `R4`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dstu2 => "DSTU2",
            Self::Stu3 => "STU3",
            Self::R4 => "R4",
            Self::R4B => "R4B",
            Self::R5 => "R5",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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

/// What kind of thing a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TypeKind {
    /// A single value, perhaps with an id and extensions: `dateTime`.
    Primitive,
    /// A data type of several elements: `HumanName`; `Element` and `BackboneElement` too.
    Complex,
    /// A type that is defined inside another one and has no name of its own: `Patient.contact`.
    Backbone,
    /// A resource.
    Resource,
}

/// The primitive types of all versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum PrimitiveKind {
    /// `base64Binary`
    Base64Binary,
    /// `boolean`
    Boolean,
    /// `canonical`
    Canonical,
    /// `code`
    Code,
    /// `date`
    Date,
    /// `dateTime`
    DateTime,
    /// `decimal`
    Decimal,
    /// `id`
    Id,
    /// `instant`
    Instant,
    /// `integer`
    Integer,
    /// `integer64`, from R5 on; a string in JSON
    Integer64,
    /// `markdown`
    Markdown,
    /// `oid`
    Oid,
    /// `positiveInt`
    PositiveInt,
    /// `string`
    String,
    /// `time`
    Time,
    /// `unsignedInt`
    UnsignedInt,
    /// `uri`
    Uri,
    /// `url`
    Url,
    /// `uuid`
    Uuid,
    /// `xhtml`
    Xhtml,
}

/// A type: a resource, a data type, or a type inside another one.
///
/// There is one `TypeDef` per type of a version, so two references are the same type when they are equal.
pub struct TypeDef {
    pub(crate) name: Name,
    /// Where the run in [`Schema::slots`] starts.
    pub(crate) first_slot: u32,
    /// The elements that must stand, a bit each.
    pub(crate) required: u64,
    /// Index plus one; 0 for none.
    pub(crate) base: u16,
    pub(crate) first_field: u16,
    pub(crate) first_member: u16,
    /// The length of the run in [`Schema::slots`], less one.
    pub(crate) slot_mask: u16,
    /// Index of a run plus one; 0 for none.
    pub(crate) invariants: u16,
    pub(crate) field_count: u8,
    pub(crate) kind: TypeKind,
    pub(crate) primitive: Option<PrimitiveKind>,
    pub(crate) is_abstract: bool,
    pub(crate) version: Version,
}

impl TypeDef {
    /// `Patient`, `HumanName`, `boolean`, `Patient.contact`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name.of(self.schema())
    }

    /// The tables that hold the type.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        Schema::tables(self.version)
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn kind(&self) -> TypeKind {
        self.kind
    }

    /// Which primitive, if it is one.
    #[must_use]
    pub fn primitive(&self) -> Option<PrimitiveKind> {
        self.primitive
    }

    /// Whether it is a resource, `Resource` and `DomainResource` included.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        self.kind == TypeKind::Resource
    }

    /// Whether no instance has exactly this type: `Element`, `DomainResource`.
    #[must_use]
    pub fn is_abstract(&self) -> bool {
        self.is_abstract
    }

    /// The type that it specialises.
    #[must_use]
    pub fn base(&self) -> Option<&'static Self> {
        self.base.checked_sub(1).map(|index| self.schema().type_at(index))
    }

    /// Whether it is `other` or specialises it, at any distance.
    #[must_use]
    pub fn is_subtype_of(&self, other: &Self) -> bool {
        let mut current = Some(self);
        while let Some(definition) = current {
            if definition == other {
                return true;
            }
            current = definition.base();
        }
        false
    }

    /// A number below [`Schema::types`]`.len()` that is this type's alone in its version.
    #[must_use]
    pub fn index(&self) -> usize {
        let start = self.schema().types.as_ptr() as usize;
        (std::ptr::from_ref(self) as usize).wrapping_sub(start) / size_of::<Self>()
    }

    /// The elements, inherited ones included, in the order of the definition. A primitive has `id` and
    /// `extension` only; its value is no element here.
    #[must_use]
    pub fn fields(&self) -> &'static [FieldDef] {
        let start = usize::from(self.first_field);
        self.schema().fields.get(start..start + usize::from(self.field_count)).unwrap_or_default()
    }

    /// An element by its name, which for a choice is the name without the type: `value`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldDef> {
        let member = self.member(name)?;
        let field = self.fields().get(usize::from(member.field))?;
        (!field.is_choice() || member.choice == CHOICE).then_some(field)
    }

    /// The element that a JSON member holds, with its type: `valueQuantity` is `value` as a Quantity.
    #[must_use]
    pub fn field_for_json(&self, member: &str) -> Option<(&'static FieldDef, &'static FieldType)> {
        let member = self.member(member)?;
        let field = self.fields().get(usize::from(member.field))?;
        Some((field, field.types().get(usize::from(member.choice))?))
    }

    /// What must be true of every instance, beyond types and cardinalities; what [`TypeDef::base`] asks for holds
    /// as well and is not repeated here. The focus is the instance. None in DSTU2, which has no FHIRPath.
    #[must_use]
    pub fn invariants(&self) -> &'static [Invariant] {
        self.schema().invariant_run(self.invariants)
    }

    /// The names of the members, to be looked up many times.
    pub(crate) fn members(&self) -> Members {
        let schema = self.schema();
        let (field, slot) = (usize::from(self.first_field), self.first_slot as usize);
        Members {
            text: schema.text.as_bytes(),
            fields: schema.fields.get(field..field + usize::from(self.field_count)).unwrap_or_default(),
            kinds: schema.field_types,
            members: schema.members.get(usize::from(self.first_member)..).unwrap_or_default(),
            slots: schema.slots.get(slot..=slot + usize::from(self.slot_mask)).unwrap_or_default(),
            mask: usize::from(self.slot_mask),
        }
    }

    /// The elements that must stand, a bit each.
    pub(crate) fn required(&self) -> u64 {
        self.required
    }

    fn member(&self, name: &str) -> Option<Member> {
        self.members().member(name.as_bytes())
    }
}

/// The names that an object of a type may have; see [`TypeDef::members`].
#[derive(Clone, Copy)]
pub(crate) struct Members {
    text: &'static [u8],
    fields: &'static [FieldDef],
    kinds: &'static [FieldType],
    members: &'static [Member],
    slots: &'static [u16],
    mask: usize,
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

    fn member(&self, name: &[u8]) -> Option<Member> {
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

impl PartialEq for TypeDef {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.name == other.name
    }
}

impl Eq for TypeDef {}

impl std::hash::Hash for TypeDef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.version, self.name.0).hash(state);
    }
}

impl fmt::Debug for TypeDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that may stand in JSON or in a path, and the element that it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: Name,
    pub(crate) field: u8,
    /// Which of the element's types; [`CHOICE`] for the bare name of a choice, which JSON never has.
    pub(crate) choice: u8,
}

pub(crate) const CHOICE: u8 = u8::MAX;

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

pub(crate) mod flag {
    pub(crate) const LIST: u8 = 1;
    pub(crate) const CHOICE: u8 = 2;
    pub(crate) const SUMMARY: u8 = 4;
    pub(crate) const MODIFIER: u8 = 8;
    pub(crate) const ATTRIBUTE: u8 = 16;
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

/// A required binding whose codes FHIR itself enumerates.
pub struct Binding {
    pub(crate) value_set: Name,
    pub(crate) first_code: u16,
    pub(crate) code_count: u16,
    pub(crate) version: Version,
}

impl Binding {
    /// The canonical URL of the value set, without a version.
    #[must_use]
    pub fn value_set(&self) -> &'static str {
        self.value_set.of(Schema::tables(self.version))
    }

    /// The codes, sorted. One that several systems define stands as many times.
    pub fn codes(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        let schema = Schema::tables(self.version);
        self.rows().iter().map(|row| row.code.of(schema))
    }

    /// The codes, sorted, each with the URI of its system in front.
    pub fn codings(&self) -> impl ExactSizeIterator<Item = (&'static str, &'static str)> + use<> {
        let schema = Schema::tables(self.version);
        self.rows().iter().map(|row| (row.system(schema), row.code.of(schema)))
    }

    /// Whether `code` is one of them, of whatever system: what an element of the type `code` may hold.
    #[must_use]
    pub fn contains(&self, code: &str) -> bool {
        let schema = Schema::tables(self.version);
        self.rows().binary_search_by(|row| row.code.of(schema).cmp(code)).is_ok()
    }

    /// Whether `code` of `system` is one of them: what a Coding or CodeableConcept may hold.
    #[must_use]
    pub fn contains_coding(&self, system: &str, code: &str) -> bool {
        let schema = Schema::tables(self.version);
        let order = |row: &BoundCode| row.code.of(schema).cmp(code).then_with(|| row.system(schema).cmp(system));
        self.rows().binary_search_by(order).is_ok()
    }

    fn rows(&self) -> &'static [BoundCode] {
        let start = usize::from(self.first_code);
        let schema = Schema::tables(self.version);
        schema.codes.get(start..start + usize::from(self.code_count)).unwrap_or_default()
    }
}

/// A code of a binding.
pub(crate) struct BoundCode {
    pub(crate) code: Name,
    /// Index in [`Schema::systems`].
    pub(crate) system: u16,
}

impl BoundCode {
    fn system(&self, schema: &'static Schema) -> &'static str {
        schema.systems.get(usize::from(self.system)).map_or("", |system| system.of(schema))
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} codes)", self.value_set(), self.code_count)
    }
}

/// A rule in FHIRPath that stands on a type or element
/// (<https://hl7.org/fhir/R4/conformance-rules.html#constraints>).
pub struct Invariant {
    pub(crate) key: Name,
    /// Where the expression starts in [`Schema::invariant_text`]; the words follow it.
    pub(crate) text: u32,
    pub(crate) expression: u16,
    pub(crate) human: u16,
    pub(crate) flags: u8,
    pub(crate) version: Version,
}

impl Invariant {
    /// The name: `pat-1`. Not unique, even in one version: three different rules of R4 are called `inv-1`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key.of(Schema::tables(self.version))
    }

    /// The FHIRPath expression, which must not be false.
    #[must_use]
    pub fn expression(&self) -> &'static str {
        self.text(0, self.expression)
    }

    /// The rule in words.
    #[must_use]
    pub fn human(&self) -> &'static str {
        self.text(usize::from(self.expression), self.human)
    }

    /// Whether an instance that breaks the rule is wrong; otherwise it only deserves a warning.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the rule is good practice rather than a rule: `dom-6`, every resource should have a narrative.
    #[must_use]
    pub fn is_best_practice(&self) -> bool {
        self.flags & 2 != 0
    }

    /// A number below [`Schema::invariants`]`.len()` that is this row's alone in its version.
    #[must_use]
    pub fn index(&self) -> usize {
        let start = Schema::tables(self.version).invariants.as_ptr() as usize;
        (std::ptr::from_ref(self) as usize).wrapping_sub(start) / size_of::<Self>()
    }

    fn text(&self, skipped: usize, length: u16) -> &'static str {
        let start = self.text as usize + skipped;
        Schema::tables(self.version).invariant_text.get(start..start + usize::from(length)).unwrap_or_default()
    }
}

impl fmt::Debug for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
