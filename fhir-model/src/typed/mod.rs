//! What typed structs have in common: one reader, one writer, one comparison for all of them.
//!
//! A generated struct only says, by the number of an element in its definition, where the element is held
//! ([`Structure::slot`], [`Structure::held`]). Everything else is here, once, driven by the tables of
//! [`crate::schema`], so that a version compiles in seconds and a program that uses it instantiates nothing.
//!
//! Reading is tolerant and loses nothing: what does not fit its element (an unknown member, a number where a
//! string belongs, a second type of a choice) is kept in [`Extras`] and written back. Strict reading holds the
//! JSON tree to [`crate::validate::structure`] first.
//!
//! All types have `Default`, `Clone` and `PartialEq`; their `Debug` shows the type and a resource's id, no value.
//! There are no builders: a literal with `..Default::default()` reads as well, and a builder for each of a
//! thousand types would have to be compiled. What everybody would write by hand stands on the types of every
//! version: `Patient::official_name`, `CodeableConcept::has`, `Observation::component`, `Reference::target`,
//! `Bundle::entries_of`, and `extension(url)` on all of them.
//!
//! ```
//! # #[cfg(feature = "r4")] {
//! use hygea_fhir_model::{r4::Patient, typed::Structure};
//!
//! let mut patient = Patient::from_json(br#"{"resourceType":"Patient","active":true,"nickname":"x"}"#).unwrap();
//! patient.birth_date = Some("1970-03".into());
//! assert_eq!(patient.to_json(), r#"{"resourceType":"Patient","active":true,"birthDate":"1970-03","nickname":"x"}"#);
//! assert_eq!(Patient::from_json_strict(br#"{"resourceType":"Patient","nickname":"x"}"#).unwrap_err().path(), "Patient.nickname");
//! # }
//! ```

mod bundle;
mod compare;
mod concept;
mod extras;
mod fast;
mod field;
mod macros;
mod observation;
mod parts;
mod person;
mod read;
#[cfg(feature = "serde")]
mod serde;
mod write;

pub use extras::{AnyExtras, Extras, Place};
pub use field::{
    ChoiceSlot, Field, Held, Item, PrimitiveList, PrimitiveSlot, Slot, StructureList, StructureSlot,
};

pub(crate) use compare::{copy, debug, equal};
pub(crate) use fast::{read as read_fast, resource_name};
pub(crate) use field::primitive_fields;
pub(crate) use macros::{any_resource, choice, codes, each_version, resources, serde_impls, structure};
pub(crate) use parts::{child, extension, text, words};
pub(crate) use read::{resource_of, strict as read_strict, tolerant as read_tolerant};
#[cfg(feature = "serde")]
pub(crate) use serde::{deserialize, serialize};
pub(crate) use write::to_json;

use crate::error::Error;
use crate::json::{Document, Node, Writer};
use crate::schema::{TypeDef, TypeKind};
use std::any::Any;

/// A typed struct: a resource, a data type, or a type inside another one.
///
/// The elements are addressed by their index in [`TypeDef::fields`].
pub trait Structure: Any + Send + Sync {
    /// The definition of the type.
    fn definition(&self) -> &'static TypeDef;

    /// Where an element is held, to be filled.
    fn slot(&mut self, field: usize) -> Slot<'_>;

    /// What an element holds.
    fn held(&self, field: usize) -> Held<'_>;

    /// The elements that hold something, a bit each.
    fn present(&self) -> u64;

    /// The ids and extensions of primitives, and what the type does not define.
    fn extras(&self) -> &dyn AnyExtras;

    /// As [`Structure::extras`], to be changed.
    fn extras_mut(&mut self) -> &mut dyn AnyExtras;

    /// Reads JSON; what does not fit is kept aside and written back.
    ///
    /// # Errors
    /// As [`Document::parse`], and [`UnknownResourceType`](crate::ErrorKind::UnknownResourceType) or
    /// [`WrongType`](crate::ErrorKind::WrongType) if it is no object of this type.
    fn from_json(bytes: &[u8]) -> Result<Self, Error>
    where
        Self: Sized + Default,
    {
        let mut new = Self::default();
        if fast::read(&mut new, bytes) {
            return Ok(new);
        }
        Self::from_node(Document::parse(bytes)?.root())
    }

    /// Reads JSON that keeps all rules of [`crate::validate::structure`].
    ///
    /// # Errors
    /// As [`Structure::from_json`], and the first broken rule.
    fn from_json_strict(bytes: &[u8]) -> Result<Self, Error>
    where
        Self: Sized + Default,
    {
        let document = Document::parse(bytes)?;
        let mut new = Self::default();
        read::strict(&mut new, document.root())?;
        Ok(new)
    }

    /// As [`Structure::from_json`], from a tree.
    ///
    /// # Errors
    /// As [`Structure::from_json`], parsing aside.
    fn from_node(node: Node<'_>) -> Result<Self, Error>
    where
        Self: Sized + Default,
    {
        let mut new = Self::default();
        read::tolerant(&mut new, node)?;
        Ok(new)
    }

    /// The JSON text.
    fn to_json(&self) -> String
    where
        Self: Sized,
    {
        write::to_json(self)
    }

    /// Reads a resource in XML whose notation is right; what does not fit otherwise is kept aside and written back.
    ///
    /// ```
    /// # #[cfg(feature = "r4")] {
    /// use hygea_fhir_model::{r4::Patient, typed::Structure};
    ///
    /// let xml = br#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>"#;
    /// let mut patient = Patient::from_xml(xml).unwrap();
    /// patient.birth_date = Some("1970".into());
    /// assert!(patient.to_xml().unwrap().ends_with(
    ///     r#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/><birthDate value="1970"/></Patient>"#,
    /// ));
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`crate::xml::parse`], and [`UnknownResourceType`](crate::ErrorKind::UnknownResourceType) if it is a
    /// resource of another type.
    fn from_xml(bytes: &[u8]) -> Result<Self, Error>
    where
        Self: Sized + Default,
    {
        let schema = Self::default().definition().schema();
        Self::from_node(crate::xml::parse(bytes, schema)?.root())
    }

    /// The XML text of a resource.
    ///
    /// # Errors
    /// As [`crate::xml::write`]: what XML cannot carry, such as members that the type does not define; and
    /// [`UnknownResourceType`](crate::ErrorKind::UnknownResourceType) if it is no resource.
    fn to_xml(&self) -> Result<String, Error>
    where
        Self: Sized,
    {
        crate::xml::of_structure(self)
    }
}

/// Writes a structure as JSON.
pub fn write_json(structure: &dyn Structure, writer: &mut Writer) {
    write::structure(structure, writer);
}

/// The place of a primitive element by its name in JSON: `birthDate`, `deceasedBoolean`.
pub(crate) fn place_of(definition: &'static TypeDef, member: &str, index: usize) -> Option<Place> {
    let found = definition.members().find(member, &mut 0)?;
    let is_primitive = found.kind.definition().kind() == TypeKind::Primitive;
    is_primitive.then_some(Place { field: found.index, choice: found.choice, index })
}

/// A resource type of one version, to be taken out of the version's `Resource`.
pub trait ResourceType<R>: Structure + Default {
    /// Its name: `Patient`.
    const NAME: &'static str;

    /// The resource, if it is of this type.
    fn of(resource: &R) -> Option<&Self>;

    /// The resource, if it is of this type.
    fn of_mut(resource: &mut R) -> Option<&mut Self>;

    /// The contained resource of an id.
    ///
    /// ```
    /// # #[cfg(feature = "r4")] {
    /// use hygea_fhir_model::{r4::{Observation, Patient, Resource}, typed::ResourceType};
    ///
    /// let patient = Patient { id: Some("p".into()), ..Patient::default() };
    /// let observation = Observation { contained: vec![patient.into()], ..Observation::default() };
    /// assert!(observation.contained("p").is_some_and(|found| found.as_type::<Patient>().is_some()));
    /// # }
    /// ```
    #[must_use]
    fn contained(&self, id: &str) -> Option<&R>
    where
        R: 'static,
    {
        parts::contained(self, id)
    }
}
