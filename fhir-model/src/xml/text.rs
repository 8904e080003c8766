//! Characters of XML: encodings, names, references (<https://www.w3.org/TR/xml/>, chapters 2 and 4).

use crate::error::{Error, ErrorKind, Position};
use std::borrow::Cow;

/// The bytes as text without a byte order mark. UTF-16 is known by its mark, or by the zero beside its first `<`.
pub(super) fn decode_bytes(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] | [b'<', 0, 0, 0, ..] | [0, 0, 0, b'<', ..] => {
            Err(Error::new(ErrorKind::Encoding, "", None, "the text is UTF-32, which is not read"))
        }
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        _ => crate::json::text::utf8(bytes).map(Cow::Borrowed),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, Error> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        _ => Err(Error::new(ErrorKind::Encoding, "", None, "the text is broken UTF-16")),
    }
}

/// Refuses characters that no XML text may hold: controls, and the two code points that are none.
pub(super) fn check_characters(text: &str) -> Result<(), Error> {
    let bytes = text.as_bytes();
    match find_forbidden(bytes) {
        None => Ok(()),
        Some(offset) => {
            let position = Some(Position::of(bytes, offset));
            Err(Error::new(ErrorKind::Syntax, "", position, "a character stands here that XML forbids"))
        }
    }
}

/// The offset of the first character that XML forbids.
pub(super) fn find_forbidden(bytes: &[u8]) -> Option<usize> {
    // In runs, so that the common case is a loop without branches.
    let control = |byte: u8| (byte < 0x20) & (byte != b'\n') & (byte != b'\r') & (byte != b'\t');
    for (index, run) in bytes.chunks(64).enumerate() {
        if run.iter().fold(false, |found, &byte| found | control(byte)) {
            return run.iter().position(|&byte| control(byte)).map(|at| index * 64 + at);
        }
    }
    // U+FFFE and U+FFFF.
    memchr::memchr_iter(0xEF, bytes)
        .find(|&at| matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])))
}

/// Whether `text` is a name of XML, with or without a prefix.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next().is_some_and(|first| first == ':' || starts_name(first));
    first && characters.all(|character| character == ':' || continues_name(character))
}

fn starts_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character,
            '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Whether XML may hold the character.
pub(super) fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether XML counts the byte as white space.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The character that a reference stands for; `name` is what stands between `&` and `;`.
pub(super) fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse(),
        _ => return None,
    };
    code.ok().and_then(char::from_u32).filter(|&character| is_character(character))
}

/// The offset of the first `&` in `text` that starts no reference to one of the five entities or a character.
pub(super) fn bad_reference(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'&', text.as_bytes()).find(|&at| {
        let rest = text.get(at + 1..).unwrap_or_default();
        rest.find(';').and_then(|end| rest.get(..end)).and_then(reference).is_none()
    })
}

/// The value of an attribute: references resolved, white space as XML normalizes it (chapter 3.3.3).
pub(super) fn attribute_value(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| byte < b' ' || byte == b'&') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'&') {
        let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        rest = tail;
        if let Some(tail) = rest.strip_prefix('&') {
            let (name, tail) = tail.split_once(';').unwrap_or((tail, ""));
            out.extend(reference(name));
            rest = tail;
        } else {
            out.push(' ');
            rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for (name, wanted) in [
            ("amp", Some('&')),
            ("#65", Some('A')),
            ("#x41", Some('A')),
            ("#x10FFFF", Some('\u{10FFFF}')),
            ("#0", None),
            ("#x8", None),
            ("#xD800", None),
            ("#xFFFE", None),
            ("#x110000", None),
            ("#99999999999999999999", None),
            ("#+65", None),
            ("#X41", None),
            ("#", None),
            ("#x", None),
            ("nbsp", None),
            ("", None),
        ] {
            assert_eq!(reference(name), wanted, "{name}");
        }
    }

    #[test]
    fn values() {
        for (raw, wanted) in [
            ("plain", "plain"),
            ("a&amp;b&#10;c", "a&b\nc"),
            ("a\r\nb\tc\nd\re", "a b c d e"),
            ("&lt;&#x1F600;&gt;", "<\u{1F600}>"),
        ] {
            assert_eq!(attribute_value(raw), wanted);
            assert_eq!(bad_reference(raw), None);
        }
        for raw in ["&", "a&b", "&amp", "&;", "&nbsp;", "&amp ;", "&#0;"] {
            assert!(bad_reference(raw).is_some(), "{raw}");
        }
    }

    #[test]
    fn characters() {
        assert_eq!(find_forbidden("a\t\r\nz\u{FFFD}\u{10FFFF}".as_bytes()), None);
        for (text, at) in [("ab\u{1}", 2), ("\u{FFFE}", 0), ("é\u{FFFF}", 2)] {
            assert_eq!(find_forbidden(text.as_bytes()), Some(at));
        }
        assert_eq!(find_forbidden(format!("{}\0", "x".repeat(200)).as_bytes()), Some(200));
    }
}
