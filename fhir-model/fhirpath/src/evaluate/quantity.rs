//! Quantities: conversion, order, arithmetic (FHIRPath "Quantity" and "Unit Conversions").
//!
//! Units of UCUM go through [`hygea_terminology::ucum`]. Units of the calendar from weeks on are equal to those
//! of UCUM; a calendar year or month is only equivalent to UCUM's, which are means. Units on scales without a
//! true zero (`Cel`, `[degF]`) are compared with themselves only, as the language has it.

use super::compare::equivalent_numbers;
use crate::value::{CalendarUnit, Decimal, MAX_SCALE, Quantity, Unit};
use hygea_fhir_model::primitive::decimal::Number;
use hygea_terminology::ucum;
use std::cmp::Ordering;

/// The order of two quantities; nothing if they cannot be compared.
pub(super) fn order(left: &Quantity, right: &Quantity) -> Option<Ordering> {
    if left.unit == right.unit {
        return Some(left.value.cmp(&right.value));
    }
    if let (Unit::Calendar(a), Unit::Calendar(b)) = (&left.unit, &right.unit) {
        let (x, y) = in_common_calendar_unit(left.value, *a, right.value, *b)?;
        return Some(x.cmp(&y));
    }
    let (from, to) = (definite(&left.unit)?, definite(&right.unit)?);
    if from == to {
        return Some(left.value.cmp(&right.value));
    }
    let (from, to) = (plain_unit(from)?, plain_unit(to)?);
    ucum::compare(to_number(left.value), &from, to_number(right.value), &to)
}

/// Whether `order` has an answer.
pub(super) fn comparable(left: &Quantity, right: &Quantity) -> bool {
    order(left, right).is_some()
}

/// `left ~ right`: in the larger of both units, rounded to the less precise value.
pub(super) fn equivalent(left: &Quantity, right: &Quantity) -> bool {
    if left.unit == right.unit {
        return equivalent_numbers(left.value, right.value);
    }
    if let (Unit::Calendar(a), Unit::Calendar(b)) = (&left.unit, &right.unit) {
        // The earlier one in the list is the larger unit.
        let larger = Unit::Calendar(*a.min(b));
        return match (convert(left, &larger), convert(right, &larger)) {
            (Some(x), Some(y)) => equivalent_numbers(x.value, y.value),
            _ => false,
        };
    }
    let (from, to) = (left.unit.ucum(), right.unit.ucum());
    if from == to {
        return equivalent_numbers(left.value, right.value);
    }
    let (Some(from), Some(to)) = (plain_unit(from), plain_unit(to)) else { return false };
    let one = Number { coefficient: 1, exponent: 0 };
    let Some(size) = ucum::compare(one, &from, one, &to) else { return false };
    let converted = |value: Decimal, from: &ucum::Unit, to: &ucum::Unit| {
        ucum::convert(to_number(value), from, to).and_then(from_number)
    };
    match size {
        Ordering::Less => {
            converted(left.value, &from, &to).is_some_and(|value| equivalent_numbers(value, right.value))
        }
        _ => converted(right.value, &to, &from).is_some_and(|value| equivalent_numbers(left.value, value)),
    }
}

/// The quantity in another unit; a bare number takes the unit as it is.
pub(super) fn convert(quantity: &Quantity, unit: &Unit) -> Option<Quantity> {
    let made = |value: Decimal| Some(Quantity { value, unit: unit.clone() });
    if quantity.unit == *unit || quantity.unit.is_one() {
        return made(quantity.value);
    }
    match (&quantity.unit, unit) {
        (Unit::Calendar(from), Unit::Calendar(to)) => made(in_calendar_unit(quantity.value, *from, *to)?),
        // Within the system of the source, then over to the unit that corresponds.
        (Unit::Calendar(from), Unit::Ucum(to)) => {
            let target = calendar_of(to)?;
            made(in_calendar_unit(quantity.value, *from, target)?)
        }
        (Unit::Ucum(from), Unit::Calendar(to)) => {
            let (from, to) = (plain_unit(from)?, plain_unit(to.ucum())?);
            made(from_number(ucum::convert(to_number(quantity.value), &from, &to)?)?)
        }
        (Unit::Ucum(from), Unit::Ucum(to)) => {
            let (from, to) = (plain_unit(from)?, plain_unit(to)?);
            made(from_number(ucum::convert(to_number(quantity.value), &from, &to)?)?)
        }
    }
}

/// `left + right` or `left - right`, in the unit of the left one.
pub(super) fn add(left: &Quantity, right: &Quantity, subtract: bool) -> Option<Quantity> {
    let sum = |a: Decimal, b: Decimal| if subtract { a.checked_sub(b) } else { a.checked_add(b) };
    if left.unit == right.unit || right.unit.is_one() {
        return Some(Quantity { value: sum(left.value, right.value)?, unit: left.unit.clone() });
    }
    if left.unit.is_one() {
        return Some(Quantity { value: sum(left.value, right.value)?, unit: right.unit.clone() });
    }
    // Years and months have no exact length, so that a sum with other units would be a guess.
    definite(&left.unit)?;
    definite(&right.unit)?;
    let right = convert(right, &left.unit)?;
    Some(Quantity { value: sum(left.value, right.value)?, unit: left.unit.clone() })
}

/// `left * right`
pub(super) fn multiply(left: &Quantity, right: &Quantity) -> Option<Quantity> {
    let value = left.value.checked_mul(right.value)?;
    combined(left, right, value, |a, b| a.multiply(b))
}

/// `left / right`
pub(super) fn divide(left: &Quantity, right: &Quantity) -> Option<Quantity> {
    let value = left.value.checked_div(right.value)?;
    combined(left, right, value, |a, b| a.divide(b))
}

fn combined(
    left: &Quantity,
    right: &Quantity,
    value: Decimal,
    combine: impl Fn(&ucum::Unit, &ucum::Unit) -> Option<ucum::Unit>,
) -> Option<Quantity> {
    if right.unit.is_one() {
        return Some(Quantity { value, unit: left.unit.clone() });
    }
    let (Unit::Ucum(a), Unit::Ucum(b)) = (&left.unit, &right.unit) else {
        // Products with units of the calendar are not defined.
        return None;
    };
    let unit = combine(&plain_unit(a)?, &plain_unit(b)?)?;
    Some(Quantity { value, unit: Unit::Ucum(unit.to_string().into()) })
}

/// The code of a unit of definite length; nothing for calendar years and months.
fn definite(unit: &Unit) -> Option<&str> {
    match unit {
        Unit::Ucum(code) => Some(code),
        Unit::Calendar(CalendarUnit::Year | CalendarUnit::Month) => None,
        Unit::Calendar(unit) => Some(unit.ucum()),
    }
}

/// The calendar unit that a code of UCUM corresponds to, years and months included.
fn calendar_of(code: &str) -> Option<CalendarUnit> {
    match code {
        "a" => Some(CalendarUnit::Year),
        "mo" => Some(CalendarUnit::Month),
        _ => CalendarUnit::of_ucum(code),
    }
}

/// A unit of UCUM on a scale with a true zero.
fn plain_unit(code: &str) -> Option<ucum::Unit> {
    ucum::Unit::parse(code).ok().filter(|unit| !unit.is_special())
}

/// Both values in one unit; exact where the calendar is.
fn in_common_calendar_unit(
    left: Decimal,
    from: CalendarUnit,
    right: Decimal,
    to: CalendarUnit,
) -> Option<(Decimal, Decimal)> {
    use CalendarUnit::{Day, Month, Year};
    let common = match (from, to) {
        (Year | Month, Year | Month) => Month,
        (Year | Month, _) | (_, Year | Month) => Day,
        _ => CalendarUnit::Millisecond,
    };
    Some((in_calendar_unit(left, from, common)?, in_calendar_unit(right, to, common)?))
}

/// A value in another unit of the calendar, by the table "Time-valued unit conversions": a year has 12 months
/// or 365 days, a month 30 days.
pub(super) fn in_calendar_unit(value: Decimal, from: CalendarUnit, to: CalendarUnit) -> Option<Decimal> {
    use CalendarUnit::{Day, Month, Year};
    if from == to {
        return Some(value);
    }
    match (from, to) {
        (Year, Month) => value.checked_mul(12.into()),
        (Month, Year) => value.checked_div(12.into()),
        (Year, _) => in_calendar_unit(value.checked_mul(365.into())?, Day, to),
        (Month, _) => in_calendar_unit(value.checked_mul(30.into())?, Day, to),
        (_, Year) => in_calendar_unit(value, from, Day)?.checked_div(365.into()),
        (_, Month) => in_calendar_unit(value, from, Day)?.checked_div(30.into()),
        _ => {
            let (from, to) = (from.milliseconds()?, to.milliseconds()?);
            if from >= to {
                value.checked_mul((from / to).into())
            } else {
                value.checked_div((to / from).into())
            }
        }
    }
}

fn to_number(value: Decimal) -> Number {
    Number { coefficient: value.mantissa(), exponent: -i32::from(value.scale()) }
}

/// The decimal of a number; digits that a decimal has no room for are rounded away, unless none is left.
fn from_number(number: Number) -> Option<Decimal> {
    if let Ok(power) = u32::try_from(number.exponent) {
        let factor = 10_i128.checked_pow(power)?;
        return Decimal::new(number.coefficient.checked_mul(factor)?, 0);
    }
    let scale = number.exponent.unsigned_abs();
    let excess = scale.saturating_sub(MAX_SCALE.into());
    let divisor = 10_i128.checked_pow(excess)?;
    let half = if excess == 0 { 0 } else { divisor / 2 * number.coefficient.signum() };
    let coefficient = number.coefficient.checked_add(half)? / divisor;
    if coefficient == 0 && number.coefficient != 0 {
        return None;
    }
    Decimal::new(coefficient, u8::try_from(scale - excess).ok()?)
}
