//! Unique identifiers: their syntax (PS3.5 9.1) and the wider one that files in the field have.

use crate::error::{Error, ErrorKind, Result};

/// How well a UID follows its syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UidForm {
    /// Empty, longer than 64 characters, or with a character that no DICOMweb path can carry.
    Invalid,
    /// 1 to 64 letters, digits, dots or hyphens: no UID by the standard, but unique and usable. The Azure service takes these.
    Tolerated,
    /// 1 to 64 digits and dots, no empty component, no leading zero.
    Standard,
}

/// Says how well a text, without its padding, follows the syntax of a UID.
#[must_use]
pub fn form(text: &str) -> UidForm {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > 64 {
        return UidForm::Invalid;
    }
    let numeric = text.split('.').all(|component| {
        !component.is_empty()
            && component.bytes().all(|b| b.is_ascii_digit())
            && (component.len() == 1 || !component.starts_with('0'))
    });
    if numeric {
        return UidForm::Standard;
    }
    if bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')) {
        return UidForm::Tolerated;
    }
    UidForm::Invalid
}

/// Takes a UID of a URL or of a query as it is given.
///
/// # Errors
/// [`ErrorKind::InvalidUid`] where [`form`] says [`UidForm::Invalid`].
pub fn check(text: &str) -> Result<&str> {
    match form(text) {
        UidForm::Invalid => {
            Err(Error::new(ErrorKind::InvalidUid, "wanted a UID: 1 to 64 digits, letters, dots and hyphens"))
        }
        UidForm::Tolerated | UidForm::Standard => Ok(text),
    }
}

/// Takes the padding off: the trailing NUL of the standard, and the spaces that some writers use.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\0' || c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let long = "1".repeat(65);
        for (text, wanted) in [
            ("1.2.840.10008.1.2", UidForm::Standard),
            ("0", UidForm::Standard),
            ("1.0.3", UidForm::Standard),
            ("1.02.3", UidForm::Tolerated),
            ("1..2", UidForm::Tolerated),
            (".", UidForm::Tolerated),
            ("a-b", UidForm::Tolerated),
            ("", UidForm::Invalid),
            ("1.2 ", UidForm::Invalid),
            ("1/2", UidForm::Invalid),
            ("1.é", UidForm::Invalid),
            (&long, UidForm::Invalid),
        ] {
            assert_eq!(form(text), wanted, "{text}");
        }
        assert_eq!(trim("1.2\0"), "1.2");
        assert_eq!(check("1/2").unwrap_err().kind(), ErrorKind::InvalidUid);
    }
}
