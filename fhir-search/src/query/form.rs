//! Form encoding: the query of a URL and the body of a POST to `_search`
//! (<https://hl7.org/fhir/R4/http.html#search>).

use crate::error::{Error, ErrorKind};
use std::borrow::Cow;

/// A name and a value.
pub type Pair<'f> = (Cow<'f, str>, Cow<'f, str>);

/// The names and values of a form, in order, decoded; empty pieces (`a=1&&b=2`) are skipped.
///
/// Query and body of one request are one form: join them with `&`.
///
/// # Errors
/// [`ErrorKind::Syntax`] for a `%` without two hexadecimal digits and for bytes that are not UTF-8.
///
/// ```
/// let pairs = hygea_fhir_search::query::form_pairs("name=de%20Vries&given=J%C3%BCrgen+A")?;
/// assert_eq!(pairs, [("name".into(), "de Vries".into()), ("given".into(), "Jürgen A".into())]);
/// # Ok::<(), hygea_fhir_search::Error>(())
/// ```
pub fn form_pairs(form: &str) -> Result<Vec<Pair<'_>>, Error> {
    let pieces = form.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let name = decode(name).ok_or_else(|| wrong(""))?;
            let value = decode(value).ok_or_else(|| wrong(&name))?;
            Ok((name, value))
        })
        .collect()
}

fn wrong(name: &str) -> Error {
    let rule = "the text is not form-encoded UTF-8: a % is followed by two hexadecimal digits";
    Error::new(ErrorKind::Syntax, super::clip(name), rule)
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (digits, tail) = rest.split_at_checked(2)?;
                rest = tail;
                let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
                u8::from_str_radix(digits, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Appends a text as it stands in the query of a URL; what RFC 3986 allows there stays readable.
pub(super) fn encode(text: &str, form: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$'()*,/:;@".contains(&byte);
        if plain {
            form.push(char::from(byte));
        } else {
            form.push('%');
            for digit in [byte >> 4, byte & 15] {
                form.push(HEX.get(usize::from(digit)).map_or('0', |&hex| char::from(hex)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("&&", &[]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("=b", &[("", "b")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=1&a=2", &[("a", "1"), ("a", "2")]),
            ("name%3Aexact=a%26b", &[("name:exact", "a&b")]),
            ("d=2020-01-01T00:00:00%2B01:00", &[("d", "2020-01-01T00:00:00+01:00")]),
            ("d=2020-01-01T00:00:00+01:00", &[("d", "2020-01-01T00:00:00 01:00")]),
            ("c=http://loinc.org|8480-6,x", &[("c", "http://loinc.org|8480-6,x")]),
            ("c=http://loinc.org%7c8480-6", &[("c", "http://loinc.org|8480-6")]),
        ];
        for (form, wanted) in cases {
            let pairs = form_pairs(form).unwrap();
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
            assert_eq!(pairs, *wanted, "{form}");
        }
        for form in ["a=%", "a=%2", "a=%zz", "a=%ff", "%=1", "a=%+1", "a=%C3%28"] {
            assert_eq!(form_pairs(form).map_err(|error| error.kind()), Err(ErrorKind::Syntax), "{form}");
        }
    }

    proptest::proptest! {
        #[test]
        fn encoding_and_decoding_are_inverse(name in "\\PC{1,12}", value in "\\PC{0,24}") {
            let mut form = String::new();
            encode(&name, &mut form);
            form.push('=');
            encode(&value, &mut form);
            let pairs = form_pairs(&form).unwrap();
            proptest::prop_assert_eq!(pairs, vec![(Cow::from(name), Cow::from(value))]);
        }
    }
}
