//! Character sets of text values: Specific Character Set (0008,0005), PS3.3 C.12.1.1.2 and PS3.5 6.1.2.
//!
//! A data set names the set, or the sets, that its text is written in. Without code extensions one set holds for all
//! bytes; with them (ISO/IEC 2022) escape sequences switch sets inside of a value, and the delimiters of values and of
//! person names switch back. [`CharacterSet::decode`] gives UTF-8 for all of them.

mod iso2022;

use std::borrow::Cow;

use iso2022::{High, Low};

/// What a text value is, because delimiters reset code extensions (PS3.5 6.1.2.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// One text (`ST`, `LT`, `UT`): a line end resets, a backslash is a character.
    Text,
    /// Values between backslashes (`SH`, `LO`, `UC`).
    Values,
    /// Person names (`PN`): backslash, `^` and `=` reset.
    PersonNames,
}

/// Decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'b> {
    /// The text; U+FFFD stands for what is no character of its set.
    pub text: Cow<'b, str>,
    /// Whether some bytes were no characters of the set that the data set names.
    pub malformed: bool,
}

/// The character set, or the initial sets and the code extensions, of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CharacterSet {
    scheme: Scheme,
    known: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Utf8,
    Gb18030,
    Gbk,
    /// Initial sets for the low and the high bytes, and the set that high bytes are taken from where a writer left the
    /// escape sequence out.
    Iso2022 {
        low: Low,
        high: High,
        fallback: High,
    },
}

impl CharacterSet {
    /// The default repertoire, ISO IR 6. Bytes above 127 do not belong to it and are read as Latin-1.
    pub const DEFAULT: Self = Self {
        scheme: Scheme::Iso2022 { low: Low::Ascii, high: High::None, fallback: High::None },
        known: true,
    };

    /// UTF-8, `ISO_IR 192`.
    pub const UTF8: Self = Self { scheme: Scheme::Utf8, known: true };

    /// Reads the value of Specific Character Set. Spelling is taken loosely (`ISO-IR 100`, `iso 2022 ir 100`).
    #[must_use]
    pub fn parse(value: &[u8]) -> Self {
        let mut terms = value.split(|b| *b == b'\\').map(Term::parse);
        let first = terms.next().unwrap_or(Term::Ascii);
        let (mut low, mut high, mut known) = (Low::Ascii, High::None, true);
        let mut scheme = None;
        match first {
            Term::Ascii => {}
            Term::Unknown => known = false,
            Term::Whole(whole) => scheme = Some(whole),
            Term::Set { low: l, high: h } => (low, high) = (l, h),
        }
        let mut fallback = High::None;
        for term in terms.take(16) {
            match term {
                Term::Ascii => {}
                Term::Unknown => known = false,
                // Not allowed as an extension, but all of them hold ASCII, so that the meaning is clear.
                Term::Whole(whole) => {
                    if scheme.is_none() && matches!(first, Term::Ascii) {
                        scheme = Some(whole);
                    }
                }
                Term::Set { high, .. } => {
                    if fallback == High::None {
                        fallback = high;
                    }
                }
            }
        }
        Self { scheme: scheme.unwrap_or(Scheme::Iso2022 { low, high, fallback }), known }
    }

    /// Whether all terms of the value are known; unknown ones count as ISO IR 6.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Whether the text is UTF-8 already.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        self.scheme == Scheme::Utf8
    }

    /// Decodes the bytes of a whole value field, delimiters and padding included. Borrows where the bytes are ASCII.
    #[must_use]
    pub fn decode<'b>(&self, bytes: &'b [u8], kind: TextKind) -> Decoded<'b> {
        let (text, malformed) = match self.scheme {
            Scheme::Utf8 => {
                let text = String::from_utf8_lossy(bytes);
                let malformed = matches!(text, Cow::Owned(_));
                (text, malformed)
            }
            Scheme::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling(bytes),
            Scheme::Gbk => encoding_rs::GBK.decode_without_bom_handling(bytes),
            Scheme::Iso2022 { low, high, fallback } => iso2022::decode(bytes, kind, low, high, fallback),
        };
        Decoded { text, malformed }
    }

    /// Decodes bytes of the value representations that no character set affects (`CS`, `DA`, `UI`, …): ASCII, and
    /// Latin-1 for what does not belong there.
    #[must_use]
    pub fn decode_plain(bytes: &[u8]) -> Decoded<'_> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Decoded { text: Cow::Borrowed(text), malformed: false },
            _ => {
                Decoded { text: Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()), malformed: true }
            }
        }
    }
}

/// One value of Specific Character Set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Term {
    Ascii,
    Whole(Scheme),
    Set { low: Low, high: High },
    Unknown,
}

impl Term {
    fn parse(bytes: &[u8]) -> Self {
        let mut name = [0_u8; 16];
        let mut length = 0;
        for b in bytes.iter().filter(|b| b.is_ascii_alphanumeric()) {
            let Some(slot) = name.get_mut(length) else { return Self::Unknown };
            *slot = b.to_ascii_uppercase();
            length += 1;
        }
        let name = name.get(..length).unwrap_or_default();
        let number = name.strip_prefix(b"ISO2022IR").or_else(|| name.strip_prefix(b"ISOIR")).unwrap_or(name);
        let high = match number {
            b"" | b"6" => return Self::Ascii,
            b"192" | b"UTF8" => return Self::Whole(Scheme::Utf8),
            b"GB18030" | b"ISO2022GB18030" => return Self::Whole(Scheme::Gb18030),
            b"GBK" | b"ISO2022GBK" => return Self::Whole(Scheme::Gbk),
            b"100" | b"ISO88591" => High::Latin1,
            b"101" | b"ISO88592" => High::Latin2,
            b"109" | b"ISO88593" => High::Latin3,
            b"110" | b"ISO88594" => High::Latin4,
            b"144" | b"ISO88595" => High::Cyrillic,
            b"127" | b"ISO88596" => High::Arabic,
            b"126" | b"ISO88597" => High::Greek,
            b"138" | b"ISO88598" => High::Hebrew,
            b"148" | b"ISO88599" => High::Latin5,
            b"203" | b"ISO885915" => High::Latin9,
            b"166" | b"TIS620" => High::Thai,
            b"13" => return Self::Set { low: Low::Romaji, high: High::Katakana },
            b"58" | b"GB2312" => High::Gb2312,
            b"149" => High::KsX1001,
            // Double-byte sets of the low half: always announced by an escape sequence.
            b"87" | b"159" => High::None,
            _ => return Self::Unknown,
        };
        Self::Set { low: Low::Ascii, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: &[u8], kind: TextKind, bytes: &[u8], wanted: &str) {
        let decoded = CharacterSet::parse(set).decode(bytes, kind);
        assert_eq!(decoded.text, wanted, "{}", String::from_utf8_lossy(set));
        assert!(!decoded.malformed, "{wanted}");
    }

    /// The examples of PS3.5 annexes H, I and J, and one line for each single-byte set.
    #[test]
    fn examples_of_the_standard() {
        use TextKind::{PersonNames, Values};
        check(
            b"\\ISO 2022 IR 87",
            PersonNames,
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        );
        check(
            b"ISO 2022 IR 13\\ISO 2022 IR 87",
            PersonNames,
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        );
        check(
            b"\\ISO 2022 IR 149",
            PersonNames,
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            "Hong^Gildong=洪^吉洞=홍^길동",
        );
        check(
            b"\\ISO 2022 IR 58",
            PersonNames,
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            "Zhang^XiaoDong=张^小东=",
        );
        check(b"GB18030", Values, b"\xcd\xf5\\\x83\x5c", "王\\僜");
        check(b"ISO_IR 192", Values, "Wang王".as_bytes(), "Wang王");
        check(b"ISO 2022 IR 100\\ISO 2022 IR 144", Values, b"\xe9\x1b-L\xbb\\\xe9", "éЛ\\é");
        for (set, byte, wanted) in [
            ("ISO_IR 100", 0xE9_u8, "é"),
            ("ISO_IR 101", 0xB1, "ą"),
            ("ISO_IR 109", 0xA1, "Ħ"),
            ("ISO_IR 110", 0xA1, "Ą"),
            ("ISO_IR 144", 0xB0, "А"),
            ("ISO_IR 127", 0xC7, "ا"),
            ("ISO_IR 126", 0xC1, "Α"),
            ("ISO_IR 138", 0xE0, "א"),
            ("ISO_IR 148", 0xDD, "İ"),
            ("ISO_IR 203", 0xA4, "€"),
            ("ISO_IR 166", 0xA1, "ก"),
            ("ISO_IR 13", 0xB1, "ｱ"),
            ("iso-ir 100", 0xE9, "é"),
        ] {
            check(set.as_bytes(), Values, &[byte], wanted);
        }
    }

    #[test]
    fn delimiters_and_line_ends_reset() {
        // The high half goes back to its initial set after a backslash, `^` in names, and a line end in text.
        let set = b"ISO 2022 IR 100\\ISO 2022 IR 126";
        check(set, TextKind::Values, b"\x1b-F\xe1^\xe1\\\xe1", "α^α\\á");
        check(set, TextKind::PersonNames, b"\x1b-F\xe1^\xe1=\xe1", "α^á=á");
        check(set, TextKind::Text, b"\x1b-F\xe1\\\xe1\r\n\xe1", "α\\α\r\ná");
    }

    #[test]
    fn backslash_inside_of_double_bytes_is_no_delimiter() {
        // JIS X 0208 0x245C is one character, its second byte that of a backslash.
        check(b"\\ISO 2022 IR 87", TextKind::Values, b"\x1b$B$\\\x1b(B\\A", "ぼ\\A");
    }

    #[test]
    fn undeclared_bytes_are_kept_and_told() {
        let decoded = CharacterSet::DEFAULT.decode(b"M\xfcller", TextKind::Values);
        assert_eq!((decoded.text.as_ref(), decoded.malformed), ("Müller", true));
        let decoded = CharacterSet::UTF8.decode(b"M\xfcller", TextKind::Values);
        assert_eq!((decoded.text.as_ref(), decoded.malformed), ("M\u{FFFD}ller", true));
        let set = CharacterSet::parse(b"ISO_IR 999");
        assert!(!set.is_known() && CharacterSet::parse(b"").is_known());
        assert!(CharacterSet::parse(b"\\ISO_IR 192").is_utf8());
    }
}
