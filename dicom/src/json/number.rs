//! Numbers of `IS` and `DS` as JSON numbers: the same digits, in the spelling that RFC 8259 demands.

use std::borrow::Cow;

use crate::value::is_decimal;

/// The text of a number as a JSON number; none where it is no number. Only a `+`, leading zeros and a bare point change.
pub(super) fn json_number(text: &str) -> Option<Cow<'_, str>> {
    if !is_decimal(text) {
        return None;
    }
    if is_json(text) {
        return Some(Cow::Borrowed(text));
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(['e', 'E']).unwrap_or(unsigned.len());
    let (mantissa, exponent) = unsigned.split_at_checked(end)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let mut out = String::with_capacity(text.len() + 2);
    out.push_str(sign);
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out.push_str(exponent);
    Some(Cow::Owned(out))
}

/// Whether a decimal number has the spelling of JSON already.
fn is_json(text: &str) -> bool {
    let bytes = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let starts = match bytes {
        [b'0', next, ..] => !next.is_ascii_digit(),
        [first, ..] => first.is_ascii_digit(),
        [] => false,
    };
    let point = bytes.iter().position(|b| *b == b'.');
    starts && point.is_none_or(|at| bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, wanted) in [
            ("0", Some("0")),
            ("-0.50", Some("-0.50")),
            ("1.000000", Some("1.000000")),
            ("+1.5", Some("1.5")),
            (".5", Some("0.5")),
            ("-.5e3", Some("-0.5e3")),
            ("1.", Some("1")),
            ("1.e-2", Some("1e-2")),
            ("007", Some("7")),
            ("-00", Some("-0")),
            ("1E+05", Some("1E+05")),
            ("", None),
            ("1,5", None),
            ("nan", None),
            ("1 2", None),
        ] {
            assert_eq!(json_number(text).as_deref(), wanted, "{text}");
            if let Some(number) = wanted {
                serde_json::from_str::<f64>(number).unwrap();
            }
        }
    }
}
