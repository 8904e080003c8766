//! Folding text for comparison: case for all strings, and accents too for person names, as the Azure service compares.

use unicode_normalization::UnicodeNormalization;

/// Folds text of any string: lower case, without spaces at its ends.
#[must_use]
pub fn fold_text(text: &str) -> String {
    text.trim_matches([' ', '\0']).to_lowercase()
}

/// Folds a person name, or a part of one: lower case, without accents, with compatibility forms (half-width katakana,
/// full-width letters) unified, and without empty components at its end.
#[must_use]
pub fn fold_name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else {
        // Accents of Latin, Greek and Cyrillic letters go; marks that make another letter (voiced kana) stay.
        let plain = text.nfkd().filter(|c| !is_accent(*c)).nfc();
        for c in plain.flat_map(char::to_lowercase) {
            match c {
                'ß' => out.push_str("ss"),
                'æ' => out.push_str("ae"),
                'œ' => out.push_str("oe"),
                'ø' => out.push('o'),
                'ł' => out.push('l'),
                'đ' | 'ð' => out.push('d'),
                'ı' => out.push('i'),
                'þ' => out.push_str("th"),
                other => out.push(other),
            }
        }
    }
    let end = out.trim_end_matches(['^', ' ', '\0', '=']).len();
    out.truncate(end);
    let start = out.len() - out.trim_start_matches([' ', '\0']).len();
    out.drain(..start);
    out
}

/// The words of a person name, folded, of all its groups: what fuzzy matching compares.
pub fn words(name: &str) -> impl Iterator<Item = String> + use<> {
    let folded = fold_name(name);
    let words: Vec<String> = folded
        .split(|c: char| c.is_whitespace() || matches!(c, '^' | '=' | ','))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold() {
        for (text, wanted) in [
            ("Doe^John^^", "doe^john"),
            (" MÜLLER^Jörg ", "muller^jorg"),
            ("Strauß^Åse", "strauss^ase"),
            ("Ełżbieta", "elzbieta"),
            ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ヤマダ^タロウ"),
            ("ガカ", "ガカ"),
            ("Ｄｏｅ", "doe"),
            ("Ёлкин", "елкин"),
            ("A^B==", "a^b"),
            ("", ""),
        ] {
            assert_eq!(fold_name(text), wanted, "{text}");
        }
        assert_eq!(words("Doe^Mary Jane==どう,x").collect::<Vec<_>>(), ["doe", "mary", "jane", "どう", "x"]);
        assert_eq!(fold_text(" É\0"), "é");
    }
}
