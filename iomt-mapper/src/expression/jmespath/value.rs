//! The values of an evaluation: parts of the message as they stand, and what functions and selections make.

use super::Ast;
use crate::error::Error;
use crate::expression::budget::Budget;
use crate::number::{Number, float_json};
use crate::options::Mode;
use crate::time::Moment;
use crate::token::{Scalar, Token};
use hygea_fhir_model::json::{Kind, Object, Value as Json, Writer};
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

/// A value during evaluation; cheap to clone.
#[derive(Clone)]
pub(crate) enum Value<'v> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'v, str>),
    Date(Moment),
    /// A value of the message or of a literal.
    Token(Token<'v>),
    Array(Rc<Vec<Self>>),
    Object(Rc<Vec<(Cow<'v, str>, Self)>>),
    /// `&expression`, an argument of functions.
    Reference(&'v Ast),
}

impl<'v> Value<'v> {
    pub(super) fn array(items: Vec<Self>) -> Self {
        Self::Array(Rc::new(items))
    }

    pub(super) fn object(members: Vec<(Cow<'v, str>, Self)>) -> Self {
        Self::Object(Rc::new(members))
    }

    /// The value without its structure; nothing for arrays, objects and references.
    pub(crate) fn scalar(&self, mode: Mode) -> Option<Scalar<'_>> {
        Some(match self {
            Self::Null => Scalar::Null,
            Self::Bool(value) => Scalar::Bool(*value),
            Self::Number(number) => Scalar::Number(*number),
            Self::Text(text) => Scalar::Text(text),
            Self::Date(moment) => Scalar::Date(*moment),
            Self::Token(token) => return token.scalar(mode),
            Self::Array(_) | Self::Object(_) | Self::Reference(_) => return None,
        })
    }

    pub(crate) fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Token(token) => token.kind() == Kind::Null,
            _ => false,
        }
    }

    pub(super) fn is_array(&self) -> bool {
        match self {
            Self::Array(_) => true,
            Self::Token(token) => token.kind() == Kind::Array,
            _ => false,
        }
    }

    pub(super) fn is_object(&self) -> bool {
        match self {
            Self::Object(_) => true,
            Self::Token(token) => token.kind() == Kind::Object,
            _ => false,
        }
    }

    /// What a condition makes of it: null, false and all that is empty do not hold.
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Text(text) => !text.is_empty(),
            Self::Array(items) => !items.is_empty(),
            Self::Object(members) => !members.is_empty(),
            Self::Number(_) | Self::Date(_) | Self::Reference(_) => true,
            Self::Token(token) => match token.kind() {
                Kind::Null => false,
                Kind::Bool => token.node().as_bool() == Some(true),
                Kind::Number => true,
                Kind::String => token.node().as_str() != Some(""),
                Kind::Array | Kind::Object => token.len() > 0,
            },
        }
    }

    /// The number of items, members or (for a text) characters.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Array(items) => items.len(),
            Self::Object(members) => members.len(),
            Self::Token(token) => token.len(),
            _ => 0,
        }
    }

    /// The items of an array; nothing for the rest.
    pub(crate) fn items(&self) -> impl DoubleEndedIterator<Item = Self> + use<'v> {
        let items: Vec<Self> = match self {
            Self::Array(items) => items.as_ref().clone(),
            Self::Token(token) => token.items().map(|item| Self::Token(Token::new(item))).collect(),
            _ => Vec::new(),
        };
        items.into_iter()
    }

    /// The members of an object; nothing for the rest.
    pub(super) fn members(&self) -> impl Iterator<Item = (Cow<'v, str>, Self)> + use<'v> {
        let members: Vec<(Cow<'v, str>, Self)> = match self {
            Self::Object(members) => members.as_ref().clone(),
            Self::Token(token) if token.kind() == Kind::Object => {
                token.members().map(|(name, value)| (Cow::Borrowed(name), Self::Token(value))).collect()
            }
            _ => Vec::new(),
        };
        members.into_iter()
    }

    /// The member `name` of an object.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        match self {
            Self::Token(token) if token.kind() == Kind::Object => token.get(name).map(Self::Token),
            Self::Object(members) => {
                members.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
            }
            _ => None,
        }
    }

    /// The text of a string; a date in `compat` has the text that .NET gives it.
    pub(super) fn text(&self, mode: Mode) -> Option<Cow<'v, str>> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Date(moment) => Some(Cow::Owned(moment.time.invariant_text())),
            Self::Token(token) => match token.scalar(mode)? {
                Scalar::Text(text) => Some(Cow::Borrowed(text)),
                Scalar::Date(moment) => Some(Cow::Owned(moment.time.invariant_text())),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn number(&self, mode: Mode) -> Option<Number> {
        match self.scalar(mode)? {
            Scalar::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Equality of JSON values. In `compat` an integer never equals a double, as in the reference.
    pub(super) fn equals(&self, other: &Self, mode: Mode, budget: &Budget) -> Result<bool, Error> {
        budget.spend(1)?;
        if let (Some(left), Some(right)) = (self.scalar(mode), other.scalar(mode)) {
            return Ok(match (left, right) {
                (Scalar::Number(Number::Integer(left)), Scalar::Number(Number::Integer(right))) => {
                    left == right
                }
                (Scalar::Number(left), Scalar::Number(right)) => {
                    let alike = std::mem::discriminant(&left) == std::mem::discriminant(&right);
                    (alike || !mode.is_compat()) && left.as_f64() == right.as_f64()
                }
                (Scalar::Date(left), Scalar::Date(right)) => left.time == right.time,
                (left, right) => left == right,
            });
        }
        if self.is_array() && other.is_array() {
            if self.len() != other.len() {
                return Ok(false);
            }
            budget.spend_values(self.len())?;
            for (left, right) in self.items().zip(other.items()) {
                if !left.equals(&right, mode, budget)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        if self.is_object() && other.is_object() {
            if self.len() != other.len() {
                return Ok(false);
            }
            for (name, left) in self.members() {
                budget.spend_len(other.len())?;
                match other.get(&name) {
                    Some(right) if left.equals(&right, mode, budget)? => {}
                    _ => return Ok(false),
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Pays for writing the value out: a value may hold one part many times over, and its text be
    /// exponentially longer than the value.
    pub(crate) fn weigh(&self, budget: &Budget) -> Result<(), Error> {
        budget.spend_values(1)?;
        match self {
            Self::Text(text) => budget.spend_text(text.len()),
            Self::Token(token) => budget.spend_text(token.node().span().len()),
            Self::Array(items) => items.iter().try_for_each(|item| item.weigh(budget)),
            Self::Object(members) => members.iter().try_for_each(|(_, value)| value.weigh(budget)),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Date(_) | Self::Reference(_) => Ok(()),
        }
    }

    /// The value as JSON text without layout, numbers and dates as .NET writes them in `compat`.
    pub(crate) fn write(&self, writer: &mut Writer, mode: Mode) {
        if let Self::Token(token) = self
            && token.kind() == Kind::Number
            && !mode.is_compat()
        {
            return writer.raw(token.node().raw());
        }
        match self.scalar(mode) {
            Some(Scalar::Null) => writer.null(),
            Some(Scalar::Bool(value)) => writer.bool(value),
            Some(Scalar::Number(number)) => write_number(writer, number),
            Some(Scalar::Text(text)) => writer.string(text),
            Some(Scalar::Date(moment)) => writer.string(&moment.iso_text()),
            None if self.is_array() => {
                writer.array(|writer| self.items().for_each(|item| item.write(writer, mode)));
            }
            None if self.is_object() => writer.object(|writer| {
                for (name, value) in self.members() {
                    writer.name(&name);
                    value.write(writer, mode);
                }
            }),
            None => writer.null(),
        }
    }

    /// The value as an owned tree; texts and numbers of the message as they stand there.
    pub(crate) fn to_json(&self, mode: Mode) -> Json {
        match self {
            Self::Token(token) if token.matched().is_none() => token.node().to_value(),
            _ if self.is_array() => Json::Array(self.items().map(|item| item.to_json(mode)).collect()),
            _ if self.is_object() => Json::Object(
                self.members()
                    .map(|(name, value)| (name.into_owned(), value.to_json(mode)))
                    .collect::<Object>(),
            ),
            _ => {
                let mut writer = Writer::new();
                self.write(&mut writer, mode);
                match self.scalar(mode) {
                    Some(Scalar::Null) | None => Json::Null,
                    Some(Scalar::Bool(value)) => Json::Bool(value),
                    Some(Scalar::Text(text)) => Json::from(text),
                    Some(Scalar::Date(moment)) => Json::String(moment.iso_text()),
                    Some(Scalar::Number(_)) => Json::Number(writer.into_text().into()),
                }
            }
        }
    }
}

fn write_number(writer: &mut Writer, number: Number) {
    match number {
        Number::Integer(value) => writer.raw(&value.to_string()),
        // JSON has no word for these; .NET writes them as strings.
        Number::Float(value) | Number::Big(value) if !value.is_finite() => writer.string(&float_json(value)),
        Number::Float(value) => writer.raw(&float_json(value)),
        Number::Big(value) => writer.raw(&format!("{value:.0}")),
    }
}

/// Shows the kind, never the content.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool",
            Self::Number(_) => "Number",
            Self::Text(_) => "Text",
            Self::Date(_) => "Date",
            Self::Token(_) => "Token",
            Self::Array(_) => "Array",
            Self::Object(_) => "Object",
            Self::Reference(_) => "Reference",
        })
    }
}
