//! Numbers as .NET sees them: an integer of 64 bits, a larger integer, or a binary double, told apart by their
//! text, and the text that a double has. `60.0` in a message is a double and becomes `60`, which is what
//! templates in use expect.

use std::borrow::Cow;

/// A number of a message or an expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
    /// An integer beyond 64 bits, as a double: it has no text form and takes part in comparisons only.
    Big(f64),
}

impl Number {
    /// The number that a JSON number's text stands for.
    #[inline]
    pub(crate) fn of(text: &str) -> Self {
        if let Ok(integer) = text.parse() {
            return Self::Integer(integer);
        }
        let value = text.parse().unwrap_or(f64::NAN);
        if text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            Self::Float(value)
        } else {
            Self::Big(value)
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "integers beyond 2^53 compare as doubles with doubles, as in .NET"
    )]
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Float(value) | Self::Big(value) => value,
        }
    }
}

/// The text that .NET gives to the double of a JSON number's text. Most numbers of devices are written that
/// way already and are borrowed.
pub(crate) fn canonical(text: &str) -> Option<Cow<'_, str>> {
    if is_canonical(text) {
        return Some(Cow::Borrowed(text));
    }
    match Number::of(text) {
        Number::Integer(value) => Some(Cow::Owned(value.to_string())),
        Number::Float(value) => Some(Cow::Owned(float_text(value))),
        Number::Big(_) => None,
    }
}

/// Whether a number's text is certainly the one that .NET would print: at most 15 significant digits, no
/// exponent, no zero at the end of a fraction, and not close to zero.
fn is_canonical(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if digits.len() > 16 || digits == b"0" && digits.len() != bytes.len() {
        return false;
    }
    let mut point = None;
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b'.' if point.is_none() => point = Some(at),
            _ => return false,
        }
    }
    match point {
        None => digits.len() <= 15,
        Some(_) => {
            digits.last() != Some(&b'0') && (digits.first() != Some(&b'0') || !digits.starts_with(b"0.0000"))
        }
    }
}

/// The shortest text that reads back as the same double, in .NET's style: an exponent from 1E+15 up and from
/// 1E-05 down.
pub(crate) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..15).contains(&exponent) || value == 0.0 {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}E{sign}{:02}", exponent.unsigned_abs())
}

/// The text of a double as a JSON number, with a point or an exponent so that it reads back as a double.
pub(crate) fn float_json(value: f64) -> String {
    let mut text = float_text(value);
    if !text.bytes().any(|byte| matches!(byte, b'.' | b'E' | b'N' | b'I')) {
        text.push_str(".0");
    }
    text
}

/// A decimal in plain JSON notation from the text of a measurement, as .NET reads a decimal without a
/// culture: spaces around, a sign before or behind, commas between thousands; no exponent unless `exponents`.
pub(crate) fn decimal(text: &str, exponents: bool) -> Option<String> {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let (negative, text) = sign(text)?;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) if exponents => (mantissa, exponent.parse::<i32>().ok()?),
        Some(_) => return None,
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || whole.starts_with(',') || exponent.unsigned_abs() > 1000 {
        return None;
    }
    let mut digits = String::with_capacity(mantissa.len());
    for character in whole.chars() {
        match character {
            '0'..='9' => digits.push(character),
            ',' => {}
            _ => return None,
        }
    }
    let mut point = i32::try_from(digits.len()).ok()? + exponent;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.push_str(fraction);
    while point <= 0 {
        digits.insert(0, '0');
        point += 1;
    }
    let point = usize::try_from(point).ok()?;
    while digits.len() < point {
        digits.push('0');
    }
    let whole = digits.get(..point)?.trim_start_matches('0');
    let fraction = digits.get(point..)?;
    // A FHIR decimal that no other system can read helps nobody; .NET's holds 28 digits before the point.
    if whole.len() > 28 || fraction.len() > 100 {
        return None;
    }
    let zero = digits.bytes().all(|digit| digit == b'0');
    let mut out = String::with_capacity(digits.len() + 2);
    if negative && !zero {
        out.push('-');
    }
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    Some(out)
}

/// Takes one sign off either end.
fn sign(text: &str) -> Option<(bool, &str)> {
    let lead = text.strip_prefix('-').map(|rest| (true, rest));
    let lead = lead.or_else(|| text.strip_prefix('+').map(|rest| (false, rest)));
    if let Some((negative, rest)) = lead {
        return Some((negative, rest.trim_start()));
    }
    let trail = text.strip_suffix('-').map(|rest| (true, rest));
    let trail = trail.or_else(|| text.strip_suffix('+').map(|rest| (false, rest)));
    trail.map(|(negative, rest)| (negative, rest.trim_end())).or(Some((false, text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_of_numbers() {
        for (text, expected) in [
            ("60", Some("60")),
            ("60.0", Some("60")),
            ("-0", Some("0")),
            ("98.60", Some("98.6")),
            ("98.6", Some("98.6")),
            ("1e2", Some("100")),
            ("0.0001", Some("0.0001")),
            ("0.00001", Some("1E-05")),
            ("0.000012345", Some("1.2345E-05")),
            ("100000000000000.0", Some("100000000000000")),
            ("1000000000000000.0", Some("1E+15")),
            ("1.5e300", Some("1.5E+300")),
            ("27.980980248719828", Some("27.980980248719828")),
            ("9223372036854775807", Some("9223372036854775807")),
            ("9223372036854775808", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn decimals_of_measurements() {
        for (text, plain, exponent) in [
            ("120", Some("120"), Some("120")),
            (" 1,234.50 ", Some("1234.50"), Some("1234.50")),
            ("-5", Some("-5"), Some("-5")),
            ("5-", Some("-5"), Some("-5")),
            ("+5.", Some("5"), Some("5")),
            (".5", Some("0.5"), Some("0.5")),
            ("007", Some("7"), Some("7")),
            ("-0.0", Some("0.0"), Some("0.0")),
            ("1E-05", None, Some("0.00001")),
            ("1.25e2", None, Some("125")),
            ("12e1", None, Some("120")),
            ("NaN", None, None),
            ("Infinity", None, None),
            ("1 2", None, None),
            ("--5", None, None),
            ("", None, None),
            (".", None, None),
            ("1e99999", None, None),
        ] {
            assert_eq!(decimal(text, false).as_deref(), plain, "{text}");
            assert_eq!(decimal(text, true).as_deref(), exponent, "{text}");
        }
    }

    proptest! {
        #[test]
        fn borrowed_texts_are_those_that_would_be_printed(whole in -999_999i64..1_000_000, fraction in "[0-9]{0,12}") {
            let text = if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") };
            let printed = match Number::of(&text) {
                Number::Integer(value) => value.to_string(),
                Number::Float(value) => float_text(value),
                Number::Big(_) => unreachable!(),
            };
            prop_assert_eq!(canonical(&text).unwrap(), printed);
        }

        #[test]
        fn any_text_is_a_decimal_or_not(text in "\\PC{0,40}", exponents: bool) {
            if let Some(decimal) = decimal(&text, exponents) {
                prop_assert!(serde_json::from_str::<serde_json::Number>(&decimal).is_ok());
            }
        }
    }
}
