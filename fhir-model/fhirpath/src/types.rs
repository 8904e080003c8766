//! Types: those of a FHIR version and those of the language itself (FHIRPath "Models" and "Reflection").

use crate::ast::TypeName;
use crate::error::{ErrorKind, Failure};
use crate::value::Item;
use hygea_fhir_model::element::Element;
use hygea_fhir_model::schema::{PrimitiveKind, Schema, TypeDef, TypeKind};
use std::fmt;

/// A type that an expression names or that an item has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TypeInfo {
    /// A type of the language.
    System(SystemType),
    /// A type of a FHIR version.
    Fhir(&'static TypeDef),
}

/// The types of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SystemType {
    /// The base of all.
    Any,
    /// `true` and `false`
    Boolean,
    /// Whole numbers of 32 bits.
    Integer,
    /// Whole numbers of 64 bits.
    Long,
    /// Decimals.
    Decimal,
    /// Strings.
    String,
    /// Dates.
    Date,
    /// Dates with times.
    DateTime,
    /// Times of day.
    Time,
    /// Numbers with units.
    Quantity,
    /// What `type()` gives.
    TypeInfo,
}

impl SystemType {
    const ALL: [Self; 11] = [
        Self::Any,
        Self::Boolean,
        Self::Integer,
        Self::Long,
        Self::Decimal,
        Self::String,
        Self::Date,
        Self::DateTime,
        Self::Time,
        Self::Quantity,
        Self::TypeInfo,
    ];

    /// The name: `Integer`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "Any",
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::Long => "Long",
            Self::Decimal => "Decimal",
            Self::String => "String",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Time => "Time",
            Self::Quantity => "Quantity",
            Self::TypeInfo => "SimpleTypeInfo",
        }
    }
}

impl TypeInfo {
    /// The type of an item; nothing for an element of unknown type.
    #[must_use]
    pub fn of(item: &Item<'_>) -> Option<Self> {
        Some(Self::System(match item {
            Item::Element(node) => return node.definition().map(Self::Fhir),
            Item::Boolean(_) => SystemType::Boolean,
            Item::Integer(_) => SystemType::Integer,
            Item::Long(_) => SystemType::Long,
            Item::Decimal(_) => SystemType::Decimal,
            Item::String(_) => SystemType::String,
            Item::Date(_) => SystemType::Date,
            Item::DateTime(_) => SystemType::DateTime,
            Item::Time(_) => SystemType::Time,
            Item::Quantity(_) => SystemType::Quantity,
            Item::Type(_) => SystemType::TypeInfo,
        }))
    }

    /// `FHIR` or `System`.
    #[must_use]
    pub fn namespace(self) -> &'static str {
        match self {
            Self::System(_) => "System",
            Self::Fhir(_) => "FHIR",
        }
    }

    /// The name without namespace: `Patient`, `Integer`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System(system) => system.name(),
            Self::Fhir(definition) => definition.name(),
        }
    }

    /// The type that it specialises, with its namespace.
    #[must_use]
    pub fn base_name(self) -> String {
        match self {
            Self::Fhir(definition) if definition.base().is_some() => {
                format!("FHIR.{}", definition.base().map_or("", TypeDef::name))
            }
            _ => "System.Any".to_owned(),
        }
    }

    /// The type of that name; the model is asked before the language.
    pub(crate) fn named(name: &TypeName, schema: &'static Schema) -> Result<Self, Failure> {
        let system =
            || SystemType::ALL.into_iter().find(|system| system.name() == &*name.name).map(Self::System);
        let fhir = || schema.type_named(&name.name).map(Self::Fhir);
        let found = match name.namespace.as_deref() {
            Some("System") => system(),
            Some(_) => fhir(),
            None => fhir().or_else(system),
        };
        found.ok_or_else(|| {
            let detail = format!("{} has no type '{}'", schema.version(), name.name);
            Failure::new(ErrorKind::UnknownType, detail).at(name.at)
        })
    }

    /// Whether an item of type `self` is one of type `wanted`.
    pub(crate) fn is(self, wanted: Self) -> bool {
        match (self, wanted) {
            (_, Self::System(SystemType::Any)) => true,
            (Self::System(own), Self::System(wanted)) => own == wanted,
            (Self::Fhir(own), Self::Fhir(wanted)) => own.is_subtype_of(wanted),
            // A literal quantity is one of FHIR's as well, where FHIR's name hides the language's own.
            (Self::System(SystemType::Quantity), Self::Fhir(wanted)) => wanted.name() == "Quantity",
            _ => false,
        }
    }

    /// The type of the language that a primitive stands for; the type itself if it is one of the language.
    pub(crate) fn system(self) -> Option<SystemType> {
        use PrimitiveKind as P;
        Some(match self {
            Self::System(system) => system,
            Self::Fhir(definition) => match definition.primitive()? {
                P::Boolean => SystemType::Boolean,
                P::Integer | P::PositiveInt | P::UnsignedInt => SystemType::Integer,
                P::Integer64 => SystemType::Long,
                P::Decimal => SystemType::Decimal,
                P::Date => SystemType::Date,
                P::DateTime | P::Instant => SystemType::DateTime,
                P::Time => SystemType::Time,
                _ => SystemType::String,
            },
        })
    }

    /// Whether it is `wanted` or made of it, while a primitive is no other primitive. This is how `as` and
    /// `ofType` select: a code is a string, yet HL7's tests want `gender as string` to be empty.
    pub(crate) fn is_selected_by(self, wanted: Self) -> bool {
        match (self, wanted) {
            (Self::Fhir(own), Self::Fhir(wanted))
                if own.kind() == TypeKind::Primitive && wanted.kind() == TypeKind::Primitive =>
            {
                own == wanted
            }
            _ => self.is(wanted),
        }
    }
}

impl fmt::Debug for TypeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace(), self.name())
    }
}

impl fmt::Display for TypeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
