//! Comparison as Json.NET's values have it: the left side's type decides how the right side is read, a
//! string on the left gives way to any other type on the right, null is below everything, and a text that
//! does not read as a number fails the whole selection.

use super::Operator;
use crate::error::{Error, ErrorKind};
use crate::number::{Number, float_text};
use crate::time::{Moment, lenient};
use crate::token::Scalar;
use std::borrow::Cow;
use std::cmp::Ordering;

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side<'v> {
    /// An array or object, which equals nothing.
    Container,
    Scalar(Scalar<'v>),
}

pub(super) fn matches(left: Side<'_>, operator: Operator, right: Side<'_>) -> Result<bool, Error> {
    let (Side::Scalar(left), Side::Scalar(right)) = (left, right) else {
        return Ok(operator == Operator::NotEqual);
    };
    Ok(match operator {
        Operator::Equal => loosely_equal(left, right),
        Operator::NotEqual => !loosely_equal(left, right),
        Operator::StrictEqual => strictly_equal(left, right),
        Operator::StrictNotEqual => !strictly_equal(left, right),
        Operator::Less => order(left, right)? == Ordering::Less,
        Operator::LessOrEqual => order(left, right)? != Ordering::Greater,
        Operator::Greater => order(left, right)? == Ordering::Greater,
        Operator::GreaterOrEqual => order(left, right)? != Ordering::Less,
    })
}

/// `==`: values of one type, an integer with a double, and a date with the ISO text of a date.
fn loosely_equal(left: Scalar<'_>, right: Scalar<'_>) -> bool {
    match (left, right) {
        (Scalar::Date(date), Scalar::Text(text)) => date.iso_text() == text,
        _ => strictly_equal(left, right),
    }
}

fn strictly_equal(left: Scalar<'_>, right: Scalar<'_>) -> bool {
    match (left, right) {
        (Scalar::Null, Scalar::Null) => true,
        (Scalar::Bool(left), Scalar::Bool(right)) => left == right,
        (Scalar::Number(left), Scalar::Number(right)) => number_order(left, right) == Ordering::Equal,
        (Scalar::Text(left), Scalar::Text(right)) => left == right,
        (Scalar::Date(left), Scalar::Date(right)) => left.time == right.time,
        _ => false,
    }
}

fn order(left: Scalar<'_>, right: Scalar<'_>) -> Result<Ordering, Error> {
    match (left, right) {
        (Scalar::Null, Scalar::Null) => return Ok(Ordering::Equal),
        (_, Scalar::Null) => return Ok(Ordering::Greater),
        (Scalar::Null, _) => return Ok(Ordering::Less),
        _ => {}
    }
    // A string on the left is read as the type of the right side.
    let by = if matches!(left, Scalar::Text(_)) { right } else { left };
    match by {
        Scalar::Number(Number::Integer(_) | Number::Big(_)) => integer_order(left, right),
        Scalar::Number(Number::Float(_)) => Ok(float_order(to_float(left)?, to_float(right)?)),
        Scalar::Bool(_) => Ok(to_bool(left)?.cmp(&to_bool(right)?)),
        Scalar::Date(_) => Ok(to_date(left)?.time.cmp(&to_date(right)?.time)),
        Scalar::Text(_) | Scalar::Null => Ok(utf16_order(&to_text(left), &to_text(right))),
    }
}

fn integer_order(left: Scalar<'_>, right: Scalar<'_>) -> Result<Ordering, Error> {
    match (left, right) {
        (Scalar::Number(left), Scalar::Number(right)) => Ok(number_order(left, right)),
        _ => Ok(to_integer(left)?.cmp(&to_integer(right)?)),
    }
}

pub(super) fn number_order(left: Number, right: Number) -> Ordering {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => left.cmp(&right),
        _ => float_order(left.as_f64(), right.as_f64()),
    }
}

/// Doubles that differ in their last bits only count as equal.
fn float_order(left: f64, right: f64) -> Ordering {
    let tolerance = (left.abs() + right.abs() + 10.0) * f64::EPSILON;
    if left == right || (left - right).abs() < tolerance {
        return Ordering::Equal;
    }
    // NaN is below all numbers, as .NET sorts it.
    left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

/// Texts by their UTF-16 units, which is not the order of UTF-8 for characters beyond the first plane.
fn utf16_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

fn to_integer(value: Scalar<'_>) -> Result<i64, Error> {
    match value {
        Scalar::Number(Number::Integer(value)) => Ok(value),
        Scalar::Bool(value) => Ok(i64::from(value)),
        Scalar::Text(text) => text.trim().parse().map_err(|_| unlike("an integer")),
        _ => Err(unlike("an integer")),
    }
}

fn to_float(value: Scalar<'_>) -> Result<f64, Error> {
    match value {
        Scalar::Number(number) => Ok(number.as_f64()),
        Scalar::Bool(value) => Ok(f64::from(u8::from(value))),
        Scalar::Text(text) => {
            let text: String = text.trim().chars().filter(|&character| character != ',').collect();
            text.parse().map_err(|_| unlike("a number"))
        }
        _ => Err(unlike("a number")),
    }
}

fn to_bool(value: Scalar<'_>) -> Result<bool, Error> {
    match value {
        Scalar::Bool(value) => Ok(value),
        Scalar::Number(number) => Ok(number.as_f64() != 0.0),
        Scalar::Text(text) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
        Scalar::Text(text) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(unlike("true or false")),
    }
}

fn to_date(value: Scalar<'_>) -> Result<Moment, Error> {
    match value {
        Scalar::Date(moment) => Ok(moment),
        Scalar::Text(text) => lenient(text).ok_or_else(|| unlike("a date")),
        _ => Err(unlike("a date")),
    }
}

fn to_text(value: Scalar<'_>) -> Cow<'_, str> {
    match value {
        Scalar::Text(text) => Cow::Borrowed(text),
        Scalar::Bool(true) => Cow::Borrowed("True"),
        Scalar::Bool(false) => Cow::Borrowed("False"),
        Scalar::Number(Number::Integer(value)) => Cow::Owned(value.to_string()),
        Scalar::Number(number) => Cow::Owned(float_text(number.as_f64())),
        Scalar::Date(moment) => Cow::Owned(moment.time.invariant_text()),
        Scalar::Null => Cow::Borrowed(""),
    }
}

#[cold]
fn unlike(what: &'static str) -> Error {
    Error::new(
        ErrorKind::Evaluation,
        format!("a JSONPath compares a value that is not {what} with one that is"),
    )
}
