//! Values of text elements: splitting, padding, numbers written as text, person names, dates and times (PS3.5 6.2).

mod date;
mod person_name;

use std::borrow::Cow;

use dicom_core::VR;

pub use date::{DateTime, Interval, date, date_time, time};
pub use person_name::{NameGroup, PersonName};

/// Splits a decoded value field into its values and takes their padding off.
pub(crate) fn split(text: Cow<'_, str>, vr: VR) -> Vec<Cow<'_, str>> {
    if trim(&text, vr).is_empty() && !text.contains('\\') {
        return Vec::new();
    }
    if !is_multiple(vr) {
        return vec![trimmed(text, vr)];
    }
    match text {
        Cow::Borrowed(text) => text.split('\\').map(|t| Cow::Borrowed(trim(t, vr))).collect(),
        Cow::Owned(text) => text.split('\\').map(|t| Cow::Owned(trim(t, vr).to_owned())).collect(),
    }
}

/// Whether a backslash separates values.
pub(crate) const fn is_multiple(vr: VR) -> bool {
    !matches!(vr, VR::ST | VR::LT | VR::UT | VR::UR)
}

/// Takes padding off: at the end for all, at the start where leading spaces have no meaning and never do.
pub(crate) fn trim(text: &str, vr: VR) -> &str {
    let text = text.trim_end_matches(['\0', ' ']);
    match vr {
        VR::AE | VR::AS | VR::CS | VR::DA | VR::DS | VR::DT | VR::IS | VR::TM | VR::UI => {
            text.trim_matches(['\0', ' ', '\t', '\r', '\n'])
        }
        _ => text,
    }
}

fn trimmed(text: Cow<'_, str>, vr: VR) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text, vr)),
        Cow::Owned(mut text) => {
            let inner = trim(&text, vr);
            if inner.len() == text.trim_end_matches(['\0', ' ']).len() {
                text.truncate(inner.len());
                return Cow::Owned(text);
            }
            Cow::Owned(inner.to_owned())
        }
    }
}

/// The text of an `IS` as a number. A fraction of zeros, which some writers append, is taken.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

/// The text of a `DS` as a number.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    is_decimal(text).then(|| text.parse().ok())?
}

/// Whether a text is a decimal number: digits with an optional sign, fraction and exponent. Words such as `inf` are none.
pub(crate) fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_and_padding_is_taken_off() {
        for (text, vr, wanted) in [
            ("A\\ B \\C ", VR::CS, vec!["A", "B", "C"]),
            (" A\\ B ", VR::LO, vec![" A", " B"]),
            ("a\\b ", VR::LT, vec!["a\\b"]),
            ("1.2.3\0", VR::UI, vec!["1.2.3"]),
            ("\\", VR::SH, vec!["", ""]),
            ("  ", VR::SH, vec![]),
            ("", VR::PN, vec![]),
        ] {
            assert_eq!(split(Cow::Borrowed(text), vr), wanted);
            assert_eq!(split(Cow::Owned(text.to_owned()), vr), wanted);
        }
    }

    #[test]
    fn numbers_written_as_text() {
        for (text, wanted) in [
            ("1", Some(1.0)),
            ("+1.5", Some(1.5)),
            ("-.5", Some(-0.5)),
            ("1.", Some(1.0)),
            ("1e-3", Some(0.001)),
            ("", None),
            (".", None),
            ("inf", None),
            ("1e", None),
            ("1,5", None),
            ("0x1", None),
        ] {
            assert_eq!(decimal(text), wanted, "{text}");
        }
        assert_eq!(
            (integer("+7"), integer("7.00"), integer("7.5"), integer("x")),
            (Some(7), Some(7), None, None)
        );
    }
}
