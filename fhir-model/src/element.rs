//! One view of an element, whatever holds it: what FHIRPath, search and validation walk.
//!
//! An element of FHIR is not a JSON member: the name of a choice lacks its type (`value`, not
//! `valueQuantity`), a primitive is a value and, in a member beside it, an id and extensions (`_value`), and
//! the type of a contained resource stands inside it (<https://hl7.org/fhir/R4/json.html>). [`Element`] hides
//! that. [`JsonElement`] gives it for the JSON tree, [`TypedElement`] for typed structs; an element is a few words
//! and copied freely.
//!
//! ```
//! # #[cfg(feature = "r4-schema")] {
//! use hygea_fhir_model::element::{Element, JsonElement, Primitive};
//! use hygea_fhir_model::{json::Document, schema::{Schema, Version}};
//!
//! let json = br#"{"resourceType": "Observation", "valueQuantity": {"value": 1.50}}"#;
//! let document = Document::parse(json).unwrap();
//! let observation = JsonElement::resource(document.root(), Schema::of(Version::R4).unwrap());
//! let quantity = observation.children("value").next().unwrap();
//! assert_eq!(quantity.definition().map(|definition| definition.name()), Some("Quantity"));
//! let value = quantity.children("value").next().unwrap();
//! assert_eq!(value.primitive(), Some(Primitive::Decimal("1.50")));
//! # }
//! ```

mod json;
#[cfg(feature = "typed")]
mod typed;

pub use json::{Children, JsonElement};
#[cfg(feature = "typed")]
pub use typed::TypedElement;

use crate::schema::TypeDef;

/// An element of a resource: a handle to borrowed data, cheap to copy.
pub trait Element<'d>: Copy {
    /// The type; nothing if the element is not defined (an unknown member, a resource of an unknown type).
    fn definition(self) -> Option<&'static TypeDef>;

    /// The value of a primitive; nothing for a complex element, and for a primitive that has extensions only.
    fn primitive(self) -> Option<Primitive<'d>>;

    /// Visits the children of the name in order. The name is that of the element: `value` for a choice.
    fn for_each_child(self, name: &str, visit: &mut dyn FnMut(Self));

    /// Visits all children with their names, in the order of the data.
    fn for_each(self, visit: &mut dyn FnMut(&'d str, Self));

    /// A number that tells this element from all others of its resource.
    fn identity(self) -> usize;
}

/// The value of a primitive element.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Primitive<'d> {
    /// A boolean.
    Boolean(bool),
    /// An integer of any of the integer types.
    Integer(i64),
    /// A decimal, as its text.
    Decimal(&'d str),
    /// All else: strings, codes, dates, times, URIs; [`TypeDef::primitive`] says which.
    Text(&'d str),
}

/// Shows which kind of value it is, not the value: elements hold patients' data.
impl std::fmt::Debug for Primitive<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Boolean(_) => "Boolean",
            Self::Integer(_) => "Integer",
            Self::Decimal(_) => "Decimal",
            Self::Text(_) => "Text",
        })
    }
}
