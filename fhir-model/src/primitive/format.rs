//! The grammars of the primitive types, by hand: the specification's regular expressions without a regex engine.

use super::{date, decimal};
use crate::schema::PrimitiveKind;

/// The most characters of a string: 1,048,576.
pub const MAX_STRING: usize = 1 << 20;

/// Whether the text is a value of the primitive type (<https://hl7.org/fhir/R4/datatypes.html>). Numbers and
/// Booleans are given as their text; `xhtml` is only held to be there.
///
/// ```
/// use hygea_fhir_model::{primitive::format::is_valid, schema::PrimitiveKind};
///
/// assert!(is_valid(PrimitiveKind::Id, "a-1.b"));
/// assert!(!is_valid(PrimitiveKind::Id, "a_1"));
/// ```
#[must_use]
pub fn is_valid(kind: PrimitiveKind, text: &str) -> bool {
    match kind {
        PrimitiveKind::Base64Binary => is_base64(text),
        PrimitiveKind::Boolean => matches!(text, "true" | "false"),
        PrimitiveKind::Canonical | PrimitiveKind::Uri | PrimitiveKind::Url => is_uri(text),
        PrimitiveKind::Code => is_code(text),
        PrimitiveKind::Date => date::is_date(text),
        PrimitiveKind::DateTime => date::is_date_time(text),
        PrimitiveKind::Decimal => decimal::is_decimal(text),
        PrimitiveKind::Id => is_id(text),
        PrimitiveKind::Instant => date::is_instant(text),
        PrimitiveKind::Integer => is_integer(text) && text.parse::<i32>().is_ok(),
        PrimitiveKind::Integer64 => is_integer(text) && text.parse::<i64>().is_ok(),
        PrimitiveKind::PositiveInt => is_integer(text) && text.parse().is_ok_and(|number: i32| number > 0),
        PrimitiveKind::UnsignedInt => is_integer(text) && text.parse().is_ok_and(|number: i32| number >= 0),
        PrimitiveKind::Markdown | PrimitiveKind::String => is_string(text),
        PrimitiveKind::Xhtml => !text.is_empty(),
        PrimitiveKind::Oid => is_oid(text),
        PrimitiveKind::Time => date::is_time(text),
        PrimitiveKind::Uuid => is_uuid(text),
    }
}

/// What a text of the type must look like, in words that quote no value.
#[must_use]
pub fn wanted(kind: PrimitiveKind) -> &'static str {
    match kind {
        PrimitiveKind::Base64Binary => "base64 text in groups of four",
        PrimitiveKind::Boolean => "true or false",
        PrimitiveKind::Canonical | PrimitiveKind::Uri | PrimitiveKind::Url => "a URI without white space",
        PrimitiveKind::Code => "a code: no white space at its ends, none but single spaces inside",
        PrimitiveKind::Date => "a date: YYYY, YYYY-MM or YYYY-MM-DD, a day of the calendar",
        PrimitiveKind::DateTime => "a date, or a date with a time with seconds and zone",
        PrimitiveKind::Decimal => "a decimal number",
        PrimitiveKind::Id => "an id: 1 to 64 letters, digits, - or .",
        PrimitiveKind::Instant => "a date with a time with seconds and zone",
        PrimitiveKind::Integer => "an integer of 32 bits",
        PrimitiveKind::Integer64 => "an integer of 64 bits",
        PrimitiveKind::PositiveInt => "an integer from 1 to 2,147,483,647",
        PrimitiveKind::UnsignedInt => "an integer from 0 to 2,147,483,647",
        PrimitiveKind::Markdown | PrimitiveKind::String => "a string of 1 to 1,048,576 characters",
        PrimitiveKind::Xhtml => "XHTML that is not empty",
        PrimitiveKind::Oid => "an OID: urn:oid: and numbers with dots between",
        PrimitiveKind::Time => "a time with seconds and without zone",
        PrimitiveKind::Uuid => "a UUID in lower case after urn:uuid:",
    }
}

fn is_string(text: &str) -> bool {
    !text.is_empty() && (text.len() <= MAX_STRING || text.chars().count() <= MAX_STRING)
}

fn is_uri(text: &str) -> bool {
    !text.is_empty() && !has_space(text)
}

/// Whether there is white space, with the short way for ASCII.
fn has_space(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_whitespace() || byte == 0x0b)
        || (!text.is_ascii() && text.contains(char::is_whitespace))
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && (!has_space(text) || text.split(char::is_whitespace).all(|word| !word.is_empty()))
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits == "0" || (digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0'))
}

fn is_oid(text: &str) -> bool {
    let Some(oid) = text.strip_prefix("urn:oid:") else { return false };
    let mut arcs = oid.split('.');
    arcs.next().is_some_and(|first| matches!(first, "0" | "1" | "2"))
        && oid.contains('.')
        && arcs.all(|arc| {
            let digits = !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
            digits && (arc == "0" || !arc.starts_with('0'))
        })
}

fn is_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else { return false };
    uuid.len() == 36
        && uuid.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn is_base64(text: &str) -> bool {
    let (mut letters, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => letters += 1,
            b'=' => padding += 1,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => return false,
        }
    }
    letters > 0 && padding <= 2 && (letters + padding).is_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use PrimitiveKind as K;

    #[test]
    fn texts_belong_to_their_types() {
        let table: &[(PrimitiveKind, &[&str], &[&str])] = &[
            (K::Boolean, &["true", "false"], &["True", "1", ""]),
            (K::Code, &["a", "a b", "§"], &["", " a", "a ", "a  b", "a\u{a0}", "\n"]),
            (K::Id, &["a", "A-1.b", "0"], &["", "a_b", "a b", "ä", "a/b"]),
            (
                K::Integer,
                &["0", "-0", "-5", "2147483647", "-2147483648"],
                &["", "-", "01", "+1", "1.0", "2147483648"],
            ),
            (K::Integer64, &["9223372036854775807"], &["9223372036854775808"]),
            (K::PositiveInt, &["1", "2147483647"], &["0", "-1", "2147483648"]),
            (K::UnsignedInt, &["0", "1"], &["-1", "4294967295"]),
            (K::Decimal, &["1.50", "-1e5"], &["1.", "abc"]),
            (
                K::Oid,
                &["urn:oid:1.2.3", "urn:oid:2.0"],
                &["1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02", "urn:oid:1..2"],
            ),
            (
                K::Uuid,
                &["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
                &[
                    "c757873d-ec9a-4326-a141-556f43239520",
                    "urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
                    "urn:uuid:c757873d",
                ],
            ),
            (K::Uri, &["http://a.b/c?d#e", "urn:x", "a"], &["", "a b", "a\n", "a\u{2003}b"]),
            (
                K::Base64Binary,
                &["QUJD", "QUI=", "QQ==", "QU\r\nJD"],
                &["", "QUJ", "Q===", "QU=D", "QUJ-", "===="],
            ),
            (K::String, &["a", " ", "ä\n"], &[""]),
            (K::Instant, &["2024-01-01T00:00:00Z"], &["2024-01-01"]),
            (K::Time, &["12:00:00"], &["12:00"]),
        ];
        for (kind, right, wrong) in table {
            right.iter().for_each(|text| assert!(is_valid(*kind, text), "{kind:?} {text:?}"));
            wrong.iter().for_each(|text| assert!(!is_valid(*kind, text), "{kind:?} {text:?}"));
        }
        assert!(is_valid(K::Id, &"a".repeat(64)) && !is_valid(K::Id, &"a".repeat(65)));
        assert!(
            is_valid(K::String, &"ä".repeat(MAX_STRING)) && !is_valid(K::String, &"a".repeat(MAX_STRING + 1))
        );
    }
}
