//! What a selected value becomes: the text of an id or a value, or an instant (spec: value conversion).
//!
//! In `compat` a value becomes what .NET's conversion makes of it: `60.0` is `60`, true is `True`, a text
//! that looks like a date loses its fraction. In `strict` numbers and texts stay as the message has them.

use super::Value;
use crate::number::{Number, canonical, float_text};
use crate::options::Mode;
use crate::time::{Timestamp, lenient};
use crate::token::Scalar;
use std::borrow::Cow;

/// A value that has no text, or names no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unlike;

/// The text of a value; `None` for null.
#[inline]
pub(crate) fn text_of<'v>(value: &Value<'v>, mode: Mode) -> Result<Option<Cow<'v, str>>, Unlike> {
    if let Value::Token(token) = value {
        if let Some(number) = token.node().as_number() {
            return match mode {
                Mode::Compat => canonical(number).map(Some).ok_or(Unlike),
                Mode::Strict => Ok(Some(Cow::Borrowed(number))),
            };
        }
        if let Some(Scalar::Text(text)) = token.scalar(mode) {
            return Ok(Some(Cow::Borrowed(text)));
        }
    }
    if let Value::Text(text) = value {
        return Ok(Some(text.clone()));
    }
    Ok(Some(match value.scalar(mode).ok_or(Unlike)? {
        Scalar::Null => return Ok(None),
        Scalar::Bool(value) => Cow::Borrowed(match (value, mode) {
            (true, Mode::Compat) => "True",
            (false, Mode::Compat) => "False",
            (true, Mode::Strict) => "true",
            (false, Mode::Strict) => "false",
        }),
        Scalar::Number(Number::Integer(value)) => Cow::Owned(value.to_string()),
        Scalar::Number(Number::Float(value)) => Cow::Owned(float_text(value)),
        Scalar::Number(Number::Big(_)) => return Err(Unlike),
        Scalar::Text(text) => Cow::Owned(text.to_owned()),
        Scalar::Date(moment) if mode.is_compat() => Cow::Owned(moment.time.invariant_text()),
        Scalar::Date(moment) => Cow::Owned(moment.time.to_string()),
    }))
}

/// The instant that a value names; `None` for null.
#[inline]
pub(crate) fn time_of(value: &Value<'_>, mode: Mode) -> Result<Option<Timestamp>, Unlike> {
    match value.scalar(mode).ok_or(Unlike)? {
        Scalar::Null => Ok(None),
        Scalar::Date(moment) => Ok(Some(moment.time)),
        Scalar::Text(text) => match mode {
            Mode::Compat => lenient(text).map(|moment| moment.time),
            Mode::Strict => Timestamp::parse(text),
        }
        .map(Some)
        .ok_or(Unlike),
        Scalar::Bool(_) | Scalar::Number(_) => Err(Unlike),
    }
}
