//! The separators of values, and their escapes: `,` between alternatives, `|` in tokens, `$` in composites; a backslash
//! before one of them, or before itself, takes its meaning away (<https://hl7.org/fhir/R4/search.html#escaping>).

use std::borrow::Cow;

/// Splits at a separator that is not escaped. The pieces keep their escapes.
pub(super) fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut escaped = false;
        let at = text.find(|c| {
            let found = !escaped && c == separator;
            escaped = !escaped && c == '\\';
            found
        });
        let piece = match at.and_then(|at| text.split_at_checked(at)) {
            Some((piece, tail)) => {
                rest = tail.get(separator.len_utf8()..);
                piece
            }
            None => {
                rest = None;
                text
            }
        };
        Some(piece)
    })
}

/// The text without its escapes. A backslash before anything else stays.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next @ (',' | '$' | '|' | '\\')) if c == '\\' => {
                plain.push(next);
                chars.next();
            }
            _ => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// Appends a text so that [`split`] and [`unescape`] give it back.
pub(super) fn escape(text: &str, escaped: &mut String) {
    for c in text.chars() {
        if matches!(c, ',' | '$' | '|' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_split_unless_escaped() {
        let cases: &[(&str, char, &[&str])] = &[
            ("a,b", ',', &["a", "b"]),
            ("a\\,b,c", ',', &["a\\,b", "c"]),
            ("a\\\\,b", ',', &["a\\\\", "b"]),
            ("a\\\\\\,b", ',', &["a\\\\\\,b"]),
            (",", ',', &["", ""]),
            ("", ',', &[""]),
            ("s|c", '|', &["s", "c"]),
            ("s\\|c", '|', &["s\\|c"]),
            ("a$b$c", '$', &["a", "b", "c"]),
            ("a\\", ',', &["a\\"]),
        ];
        for (text, separator, wanted) in cases {
            assert_eq!(split(text, *separator).collect::<Vec<_>>(), *wanted, "{text}");
        }
    }

    #[test]
    fn escapes_are_taken_off() {
        let cases = [
            ("a\\,b", "a,b"),
            ("a\\|b\\$c\\\\", "a|b$c\\"),
            ("a\\nb", "a\\nb"),
            ("\\", "\\"),
            ("\\\\,", "\\,"),
        ];
        for (text, wanted) in cases {
            assert_eq!(unescape(text), wanted, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn escaping_is_reversible(texts in proptest::collection::vec("[a,$|\\\\é]{0,8}", 1..4)) {
            let mut joined = String::new();
            for (index, text) in texts.iter().enumerate() {
                if index > 0 {
                    joined.push(',');
                }
                escape(text, &mut joined);
            }
            let back: Vec<String> = split(&joined, ',').map(|piece| unescape(piece).into_owned()).collect();
            proptest::prop_assert_eq!(back, texts);
        }
    }
}
