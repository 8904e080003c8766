//! Folding: the form of a text in which string parameters compare, without case, accents and combining marks
//! (<https://hl7.org/fhir/R4/search.html#string>).
//!
//! Marks are what Unicode's compatibility decomposition splits off. Letters with a stroke or ligatures, which it keeps
//! whole, are mapped by hand, because people type `Sorensen` for `Sørensen`. Runs of white space are one space.

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The folded form of a text; borrowed where the text is folded already.
///
/// ```
/// use hygea_fhir_search::value::fold;
///
/// assert_eq!(fold("  Zoë   SØRENSEN-Straße "), "zoe sorensen-strasse");
/// ```
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if is_folded(text) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    Cow::Owned(folded)
}

/// Appends the folded form of `text`.
fn fold_into(text: &str, folded: &mut String) {
    let start = folded.len();
    let mut space = false;
    let mut push = |c: char, folded: &mut String| {
        if c.is_whitespace() {
            space = folded.len() > start;
        } else {
            if std::mem::take(&mut space) {
                folded.push(' ');
            }
            match letters(c) {
                Some(letters) => folded.push_str(letters),
                None => folded.push(c),
            }
        }
    };
    if text.is_ascii() {
        text.chars().for_each(|c| push(c.to_ascii_lowercase(), folded));
        return;
    }
    for c in text.nfkd().filter(|&c| !is_combining_mark(c)) {
        // The lower case of one character can be several, with marks again: `İ`.
        c.to_lowercase().filter(|&c| !is_combining_mark(c)).for_each(|c| push(c, folded));
    }
}

fn is_folded(text: &str) -> bool {
    let mut last = b' ';
    for &byte in text.as_bytes() {
        if !byte.is_ascii()
            || byte.is_ascii_uppercase()
            || byte.is_ascii_control()
            || (byte == b' ' && last == b' ')
        {
            return false;
        }
        last = byte;
    }
    last != b' ' || text.is_empty()
}

/// Letters that Unicode does not decompose.
const fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŧ' => "t",
        'þ' => "th",
        'ς' => "σ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_marks_and_space_are_folded() {
        let cases = [
            ("", ""),
            ("smith", "smith"),
            ("SMITH", "smith"),
            ("O'Brien-Smith", "o'brien-smith"),
            ("Müller", "muller"),
            ("Mu\u{308}ller", "muller"),
            ("ÅNGSTRÖM", "angstrom"),
            ("Étienne", "etienne"),
            ("Nguyễn Thị", "nguyen thi"),
            ("İstanbul", "istanbul"),
            ("Łukasz Đorđe", "lukasz dorde"),
            ("Søren Æbelø", "soren aebelo"),
            ("straße", "strasse"),
            ("STRASSE", "strasse"),
            ("ὈΔΥΣΣΕΎΣ", "οδυσσευσ"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("ﬁn", "fin"),
            ("Ⅷ", "viii"),
            ("  two   words\t\n", "two words"),
            ("a\u{a0}b", "a b"),
            ("\u{3000}", ""),
            ("王小明", "王小明"),
            ("ガ", "カ"),
        ];
        for (text, wanted) in cases {
            assert_eq!(fold(text), wanted, "{text:?}");
            assert_eq!(fold(wanted), wanted, "folding twice changes nothing: {text:?}");
        }
    }

    #[test]
    fn folded_texts_are_borrowed() {
        assert!(matches!(fold("already folded 12"), Cow::Borrowed(_)));
        assert!(matches!(fold("trailing "), Cow::Owned(_)));
    }

    proptest::proptest! {
        #[test]
        fn folding_is_idempotent(text in "\\PC{0,40}") {
            let once = fold(&text).into_owned();
            proptest::prop_assert_eq!(fold(&once), once.as_str());
        }

        #[test]
        fn a_prefix_at_a_word_folds_to_a_prefix(head in "[a-zA-ZäöüßØé]{1,8}", tail in "[a-zA-ZäöüßØé]{0,8}") {
            let whole = format!("{head}{tail}");
            proptest::prop_assert!(fold(&whole).starts_with(&*fold(&head)));
        }
    }
}
