//! Types (<https://hl7.org/fhir/R4/structuredefinition.html>).

use super::members::{CHOICE, Member, Members};
use super::{FieldDef, FieldType, Invariant, Name, Schema, Version};
use std::fmt;

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
