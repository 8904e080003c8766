//! The elements that expressions walk, whatever holds them.

use crate::plan::Place;
use crate::value::{CalendarUnit, Date, DateTime, Decimal, Item, Quantity, Time, Unit};
#[cfg(feature = "typed")]
use hygea_fhir_model::element::TypedElement;
use hygea_fhir_model::element::{Element, JsonElement, Primitive};
use hygea_fhir_model::json;
use hygea_fhir_model::schema::{PrimitiveKind, Schema, TypeDef, TypeKind};
use std::borrow::Cow;

/// An element of a resource: a handle to borrowed data, with its FHIR type.
///
/// It is made from the model's `JsonElement`, or with the feature `typed` from its `TypedElement`, and gives it
/// back with [`Node::json`] or `Node::typed`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Node<'d> {
    /// An element of a JSON tree.
    Json(JsonElement<'d>),
    /// An element of a typed struct.
    #[cfg(feature = "typed")]
    Typed(TypedElement<'d>),
}

impl<'d> Node<'d> {
    /// The element of the JSON tree, if it is one.
    #[must_use]
    pub fn json(self) -> Option<JsonElement<'d>> {
        match self {
            Self::Json(element) => Some(element),
            #[cfg(feature = "typed")]
            Self::Typed(_) => None,
        }
    }

    /// The element of the typed struct, if it is one.
    #[cfg(feature = "typed")]
    #[must_use]
    pub fn typed(self) -> Option<TypedElement<'d>> {
        match self {
            Self::Json(_) => None,
            #[cfg(feature = "typed")]
            Self::Typed(element) => Some(element),
        }
    }

    /// Whether the two are one element of the same data.
    pub(crate) fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Json(left), Self::Json(right)) => match (left.node(), right.node()) {
                (Some(left), Some(right)) => left == right,
                _ => false,
            },
            #[cfg(feature = "typed")]
            (Self::Typed(left), Self::Typed(right)) => {
                left.identity() == right.identity() && left.definition() == right.definition()
            }
            #[cfg(feature = "typed")]
            _ => false,
        }
    }

    /// The name of its FHIR type; empty if the type is unknown.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        self.definition().map_or("", TypeDef::name)
    }

    /// The text of a primitive that is a string, a code, a URI, a date or a time.
    #[must_use]
    pub fn text(self) -> Option<&'d str> {
        match self.primitive()? {
            Primitive::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The children of a name, in order. The name is that of the element: `value` for a choice.
    pub fn children(self, name: &str) -> impl Iterator<Item = Self> + use<'d> {
        let (json, others) = match self {
            Self::Json(element) => (Some(element.children(name)), Vec::new()),
            #[cfg(feature = "typed")]
            Self::Typed(element) => {
                let mut children = Vec::new();
                element.for_each_child(name, &mut |child| children.push(Self::Typed(child)));
                (None, children)
            }
        };
        json.into_iter().flatten().map(Self::Json).chain(others)
    }

    /// The text of the first child of a name.
    pub(crate) fn child_text(self, name: &str) -> Option<&'d str> {
        match self.plain() {
            Some((value, _)) if !value.document().has_underscores() => {
                value.get(name)?.items_or_self().find(|item| !item.is_null())?.as_str()
            }
            _ => self.children(name).next().and_then(Self::text),
        }
    }

    /// The value of an element that is of a known type and has no id or extensions beside it.
    #[inline]
    pub(crate) fn plain(self) -> Option<(json::Node<'d>, &'static TypeDef)> {
        match self {
            Self::Json(element) if element.extra().is_none() => {
                Some((element.node()?, element.definition()?))
            }
            _ => None,
        }
    }

    /// An element of a type that is known.
    #[inline]
    pub(crate) fn of_json(node: json::Node<'d>, definition: &'static TypeDef) -> Self {
        Self::Json(JsonElement::typed(node, definition))
    }

    /// A resource, whose type stands in it.
    pub(crate) fn resource(node: json::Node<'d>, schema: &'static Schema) -> Self {
        Self::Json(JsonElement::resource(node, schema))
    }

    /// Visits the children of a name whose place in the data is known, or is to be looked up.
    pub(crate) fn for_each_at(self, name: &str, place: Option<&Place>, visit: &mut dyn FnMut(Self)) {
        match (self, place) {
            (Self::Json(element), Some(Place { members, field, .. })) => match &**members {
                [(member, definition)] => {
                    element.children_in(member, definition).for_each(|child| visit(Self::Json(child)));
                }
                _ => element.children_of_choice(field).for_each(|child| visit(Self::Json(child))),
            },
            (Self::Json(element), None) => {
                element.children(name).for_each(|child| visit(Self::Json(child)));
            }
            #[cfg(feature = "typed")]
            (Self::Typed(element), Some(place)) if element.structure().is_some() => {
                element.for_each_in(place.index, &mut |child| visit(Self::Typed(child)));
            }
            #[cfg(feature = "typed")]
            (Self::Typed(element), _) => {
                element.for_each_child(name, &mut |child| visit(Self::Typed(child)));
            }
        }
    }

    /// The value of the language that a primitive or a Quantity stands for.
    #[must_use]
    pub fn value(self) -> Option<Item<'d>> {
        match self.primitive() {
            Some(Primitive::Boolean(value)) => Some(Item::Boolean(value)),
            Some(Primitive::Integer(value)) => {
                Some(i32::try_from(value).map_or(Item::Long(value), Item::Integer))
            }
            Some(Primitive::Decimal(text)) => {
                Some(text.parse().map_or(Item::String(Cow::Borrowed(text)), Item::Decimal))
            }
            Some(Primitive::Text(text)) => Some(self.text_value(text)),
            None => self.quantity().map(Item::from),
        }
    }

    /// Whether its text is its value: it is no date and no time.
    pub(crate) fn is_plain_text(self) -> bool {
        self.definition().is_none_or(Self::is_plain_text_type)
    }

    /// Whether the text of a primitive of this type is its value.
    #[inline]
    pub(crate) fn is_plain_text_type(definition: &TypeDef) -> bool {
        use PrimitiveKind as P;
        !matches!(definition.primitive(), Some(P::Date | P::DateTime | P::Instant | P::Time | P::Integer64))
    }

    /// A text by its type. One that breaks the grammar of its type stays a string.
    fn text_value(self, text: &'d str) -> Item<'d> {
        let found = match self.definition().and_then(TypeDef::primitive) {
            Some(PrimitiveKind::Date) => Date::parse(text).map(Item::Date),
            Some(PrimitiveKind::DateTime | PrimitiveKind::Instant) => {
                DateTime::parse(text).map(Item::DateTime)
            }
            Some(PrimitiveKind::Time) => Time::parse(text).map(Item::Time),
            Some(PrimitiveKind::Integer64) => text.parse().ok().map(Item::Long),
            _ => None,
        };
        found.unwrap_or(Item::String(Cow::Borrowed(text)))
    }

    /// The quantity that a Quantity (or a type made of it) without comparator holds.
    pub(crate) fn quantity(self) -> Option<Quantity> {
        let definition = self.definition().filter(|definition| definition.kind() == TypeKind::Complex)?;
        let quantity = definition.schema().type_named("Quantity")?;
        if !definition.is_subtype_of(quantity) || self.children("comparator").next().is_some() {
            return None;
        }
        let value: Decimal = match self.children("value").next()?.primitive()? {
            Primitive::Integer(value) => value.into(),
            Primitive::Decimal(text) => text.parse().ok()?,
            _ => return None,
        };
        let text = |name| self.children(name).next().and_then(Self::text);
        let unit = match (text("system"), text("code")) {
            // FHIR maps times in units of UCUM to those of the calendar ("Use of FHIR Quantity").
            (Some("http://unitsofmeasure.org"), Some(code)) => match CalendarUnit::of_fhir(code) {
                Some(unit) => Unit::Calendar(unit),
                None => Unit::Ucum(code.into()),
            },
            (Some("http://hl7.org/fhirpath/CodeSystem/calendar-units"), Some(code)) => Unit::of(code),
            (_, Some(code)) => Unit::Ucum(code.into()),
            (_, None) => Unit::Ucum(text("unit").unwrap_or("1").into()),
        };
        Some(Quantity { value, unit })
    }
}

impl<'d> Element<'d> for Node<'d> {
    fn definition(self) -> Option<&'static TypeDef> {
        match self {
            Self::Json(element) => element.definition(),
            #[cfg(feature = "typed")]
            Self::Typed(element) => element.definition(),
        }
    }

    fn primitive(self) -> Option<Primitive<'d>> {
        match self {
            Self::Json(element) => element.primitive(),
            #[cfg(feature = "typed")]
            Self::Typed(element) => element.primitive(),
        }
    }

    fn for_each_child(self, name: &str, visit: &mut dyn FnMut(Self)) {
        match self {
            Self::Json(element) => element.for_each_child(name, &mut |child| visit(Self::Json(child))),
            #[cfg(feature = "typed")]
            Self::Typed(element) => element.for_each_child(name, &mut |child| visit(Self::Typed(child))),
        }
    }

    fn for_each(self, visit: &mut dyn FnMut(&'d str, Self)) {
        match self {
            Self::Json(element) => element.for_each(&mut |name, child| visit(name, Self::Json(child))),
            #[cfg(feature = "typed")]
            Self::Typed(element) => element.for_each(&mut |name, child| visit(name, Self::Typed(child))),
        }
    }

    fn identity(self) -> usize {
        match self {
            Self::Json(element) => element.identity(),
            #[cfg(feature = "typed")]
            Self::Typed(element) => element.identity(),
        }
    }
}

impl<'d> From<JsonElement<'d>> for Node<'d> {
    fn from(element: JsonElement<'d>) -> Self {
        Self::Json(element)
    }
}

#[cfg(feature = "typed")]
impl<'d> From<TypedElement<'d>> for Node<'d> {
    fn from(element: TypedElement<'d>) -> Self {
        #[cfg(feature = "typed")]
        Self::Typed(element)
    }
}
