//! JSON Pointer (RFC 6901): the way to a value, one token a level.

use super::Fault;
use crate::error::ErrorKind;
use std::borrow::Cow;

/// A pointer whose syntax was checked.
#[derive(Clone, Copy)]
pub(super) struct Pointer<'p> {
    /// Empty, or starts with a slash.
    text: &'p str,
}

impl<'p> Pointer<'p> {
    pub(super) fn parse(text: &'p str) -> Result<Self, Fault> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(Fault::new(ErrorKind::Syntax, "a path is empty or starts with a slash"));
        }
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('~') {
            if !after.starts_with(['0', '1']) {
                return Err(Fault::new(ErrorKind::Syntax, "a tilde in a path is followed by 0 or 1"));
            }
            rest = after;
        }
        Ok(Self { text })
    }

    /// The tokens, escapes resolved.
    pub(super) fn tokens(self) -> impl Iterator<Item = Cow<'p, str>> {
        self.text.split('/').skip(1).map(|token| {
            if token.contains('~') {
                // In this order, so that ~01 becomes ~1.
                Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
            } else {
                Cow::Borrowed(token)
            }
        })
    }

    /// The pointer to what holds the value, and the last token; nothing for the whole document.
    pub(super) fn split(self) -> Option<(Self, Cow<'p, str>)> {
        let (parent, _) = self.text.rsplit_once('/')?;
        Some((Self { text: parent }, self.tokens().last()?))
    }

    /// The number of tokens.
    pub(super) fn depth(self) -> usize {
        memchr::memchr_iter(b'/', self.text.as_bytes()).count()
    }

    /// Whether it leads to a value inside of `other`'s.
    pub(super) fn is_inside(self, other: Self) -> bool {
        self.text.strip_prefix(other.text).is_some_and(|rest| rest.starts_with('/'))
    }

    pub(super) fn is_same(self, other: Self) -> bool {
        self.text == other.text
    }

    /// The path as errors name it: `name[0].given`. A long one is cut.
    pub(super) fn to_path(self) -> String {
        const LONGEST: usize = 200;
        let mut path = String::new();
        for token in self.tokens() {
            if index(&token).is_some() {
                path.push('[');
                path.push_str(&token);
                path.push(']');
            } else {
                if !path.is_empty() {
                    path.push('.');
                }
                path.extend(token.chars().take(LONGEST));
            }
            if path.len() > LONGEST {
                path.push('…');
                break;
            }
        }
        path
    }
}

/// The index that a token is: digits without leading zeros. One that no array can have is the largest.
pub(super) fn index(token: &str) -> Option<usize> {
    let digits = token.as_bytes();
    if !digits.iter().all(u8::is_ascii_digit) || (digits.len() > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    match digits.len() {
        0 => None,
        1..=18 => token.parse().ok(),
        _ => Some(usize::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_examples_of_the_rfc() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("/foo", &["foo"]),
            ("/foo/0", &["foo", "0"]),
            ("/", &[""]),
            ("/a~1b", &["a/b"]),
            ("/c%d", &["c%d"]),
            ("/m~0n", &["m~n"]),
            ("/~01", &["~1"]),
            ("//", &["", ""]),
        ];
        for (text, wanted) in table {
            let pointer = Pointer::parse(text).unwrap();
            let tokens: Vec<_> = pointer.tokens().collect();
            assert_eq!(tokens, *wanted, "{text}");
            assert_eq!(pointer.depth(), wanted.len());
        }
        for text in ["a", "a/b", "/~", "/~2", "/a~/b", "#/a"] {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn indexes_have_no_signs_and_no_leading_zeros() {
        for (token, wanted) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("99999999999999999999999", Some(usize::MAX)),
            ("01", None),
            ("-", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            ("1e0", None),
            ("\u{661}", None),
        ] {
            assert_eq!(index(token), wanted, "{token}");
        }
    }
}
