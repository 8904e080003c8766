//! Conversion (FHIRPath "Conversion").

use super::{Run, Scope, compare, moment, quantity, single};
use crate::error::Failure;
use crate::function::Function;
use crate::plan::Plan;
use crate::value::{Date, DateTime, Decimal, Item, Items, Quantity, Time, Unit};
use std::borrow::Cow;

impl<'a> Run<'_, 'a> {
    pub(super) fn convert(
        &self,
        function: Function,
        items: &Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        use Function as F;
        let Some(item) = single(items)? else { return Ok(()) };
        let argument = match arguments.first() {
            Some(argument) => match self.string(argument, scope)? {
                Some(text) => Some(text),
                None => return Ok(()),
            },
            None => None,
        };
        let argument = argument.as_deref();
        let value = item.to_value();
        let value = value.as_ref();
        let (found, test) = match function {
            F::ToBoolean => (value.and_then(to_boolean), false),
            F::ConvertsToBoolean => (value.and_then(to_boolean), true),
            F::ToInteger => (value.and_then(to_integer), false),
            F::ConvertsToInteger => (value.and_then(to_integer), true),
            F::ToLong => (value.and_then(to_long), false),
            F::ConvertsToLong => (value.and_then(to_long), true),
            F::ToDecimal => (value.and_then(to_decimal), false),
            F::ConvertsToDecimal => (value.and_then(to_decimal), true),
            F::ToQuantity => (value.and_then(|value| to_quantity(value, argument)), false),
            F::ConvertsToQuantity => (value.and_then(|value| to_quantity(value, argument)), true),
            F::ToDate => (value.and_then(|value| to_date(value, argument)), false),
            F::ConvertsToDate => (value.and_then(|value| to_date(value, argument)), true),
            F::ToDateTime => (value.and_then(|value| to_date_time(value, argument)), false),
            F::ConvertsToDateTime => (value.and_then(|value| to_date_time(value, argument)), true),
            F::ToTime => (value.and_then(to_time), false),
            F::ConvertsToTime => (value.and_then(to_time), true),
            F::ToText => (item.to_text().map(Item::String), false),
            _ => (item.to_text().map(Item::String), true),
        };
        if test {
            out.push(Item::Boolean(found.is_some()));
        } else {
            out.extend(found);
        }
        Ok(())
    }
}

fn to_boolean<'a>(value: &Item<'a>) -> Option<Item<'a>> {
    let found = match value {
        Item::Boolean(value) => *value,
        Item::Integer(_) | Item::Long(_) | Item::Decimal(_) => match compare::number(value)?.to_i128()? {
            0 => false,
            1 => true,
            _ => return None,
        },
        Item::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => true,
            "false" | "f" | "no" | "n" | "0" | "0.0" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(Item::Boolean(found))
}

fn to_integer<'a>(value: &Item<'a>) -> Option<Item<'a>> {
    match to_long(value)? {
        Item::Long(value) => i32::try_from(value).ok().map(Item::Integer),
        _ => None,
    }
}

fn to_long<'a>(value: &Item<'a>) -> Option<Item<'a>> {
    Some(Item::Long(match value {
        Item::Boolean(value) => i64::from(*value),
        Item::Integer(value) => i64::from(*value),
        Item::Long(value) => *value,
        Item::String(text) => text.parse().ok()?,
        _ => return None,
    }))
}

fn to_decimal<'a>(value: &Item<'a>) -> Option<Item<'a>> {
    Some(Item::Decimal(match value {
        Item::Boolean(true) => Decimal::new(10, 1)?,
        Item::Boolean(false) => Decimal::new(0, 1)?,
        Item::String(text) => {
            // The grammar of the conversion has no exponent.
            if text.contains(['e', 'E']) {
                return None;
            }
            text.parse().ok()?
        }
        _ => compare::number(value)?,
    }))
}

fn to_quantity<'a>(value: &Item<'a>, unit: Option<&str>) -> Option<Item<'a>> {
    let found: Cow<'_, Quantity> = match value {
        Item::String(text) => Cow::Owned(Quantity::parse(text)?),
        Item::Boolean(_) => match to_decimal(value)? {
            Item::Decimal(value) => Cow::Owned(Quantity::number(value)),
            _ => return None,
        },
        _ => compare::as_quantity(value)?,
    };
    let found = match unit {
        Some(unit) => quantity::convert(&found, &Unit::of(unit))?,
        None => found.into_owned(),
    };
    Some(Item::from(found))
}

fn to_date<'a>(value: &Item<'a>, format: Option<&str>) -> Option<Item<'a>> {
    Some(Item::Date(match (value, format) {
        (Item::Date(date), _) => *date,
        (Item::DateTime(moment), _) => moment.date(),
        (Item::String(text), Some(format)) => moment::parse_as(text, format)?.date(),
        (Item::String(text), None) => match Date::parse(text) {
            Some(date) => date,
            None => DateTime::parse(text)?.date(),
        },
        _ => return None,
    }))
}

fn to_date_time<'a>(value: &Item<'a>, format: Option<&str>) -> Option<Item<'a>> {
    Some(Item::DateTime(match (value, format) {
        (Item::DateTime(moment), _) => *moment,
        (Item::Date(date), _) => (*date).into(),
        (Item::String(text), Some(format)) => moment::parse_as(text, format)?,
        (Item::String(text), None) => DateTime::parse(text)?,
        _ => return None,
    }))
}

fn to_time<'a>(value: &Item<'a>) -> Option<Item<'a>> {
    match value {
        Item::Time(_) => Some(value.clone()),
        Item::String(text) => Time::parse(text).map(Item::Time),
        _ => None,
    }
}
