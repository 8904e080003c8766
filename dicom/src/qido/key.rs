//! What a value is compared with: the matching kinds of PS3.4 C.2.2.2.

use dicom_core::Tag;

use super::fold::{fold_name, fold_text};
use super::index::IndexValue;
use crate::value::{Interval, NameGroup};

/// What matches.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Key {
    /// Everything, also where the attribute is absent (universal matching).
    Universal,
    /// Only what is absent or empty (empty value matching).
    Empty,
    /// A UID (list of UID matching has several keys).
    Uid(String),
    /// Text, folded by [`fold_text`], whole or with wildcards.
    Text(Pattern),
    /// A person name, folded by [`fold_name`], whole or with wildcards.
    Name(NamePattern),
    /// The words of a person name, folded: each must begin a word of the name, next to each other in this order (fuzzy
    /// matching).
    Words(Vec<String>),
    /// A date, a time, a date-time, or a range of them.
    Interval(Interval),
    /// A number.
    Number(f64),
    /// A tag.
    Tag(Tag),
}

/// Folded text that is compared as a whole, or with `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: String,
    wild: bool,
}

/// A folded person name. Without `=` it may be any of the three groups; with it each group is compared by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NamePattern {
    /// It matches where any group does.
    Any(Pattern),
    /// It matches where all these groups do; none stands for a group that is left open.
    Groups([Option<Pattern>; 3]),
}

impl Pattern {
    pub(super) fn text(value: &str, wildcards: bool) -> Self {
        Self::new(fold_text(value), wildcards)
    }

    pub(super) fn name(value: &str, wildcards: bool) -> Self {
        Self::new(fold_name(value), wildcards)
    }

    fn new(text: String, wildcards: bool) -> Self {
        let wild = wildcards && text.contains(['*', '?']);
        Self { text, wild }
    }

    /// The folded text with its wildcards.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it has no wildcard, so that equality decides.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.wild
    }

    /// What every match starts with: all of an exact pattern, else the text before the first wildcard.
    #[must_use]
    pub fn prefix(&self) -> &str {
        if !self.wild {
            return &self.text;
        }
        self.text.split(['*', '?']).next().unwrap_or_default()
    }

    /// Whether a folded text matches.
    #[must_use]
    pub fn matches(&self, folded: &str) -> bool {
        if !self.wild {
            return self.text == folded;
        }
        glob(&self.text, folded)
    }
}

impl NamePattern {
    pub(super) fn parse(value: &str, wildcards: bool) -> Self {
        if !value.contains('=') {
            return Self::Any(Pattern::name(value, wildcards));
        }
        let mut parts = value.splitn(3, '=');
        Self::Groups(std::array::from_fn(|_| {
            parts.next().map(|p| Pattern::name(p, wildcards)).filter(|p| !matches!(p.as_str(), "" | "*"))
        }))
    }
}

impl Key {
    /// Whether one of the index values of an attribute matches. The values of one person name stand together; see
    /// [`IndexValue::Name`].
    #[must_use]
    pub fn matches(&self, values: &[IndexValue]) -> bool {
        match self {
            Self::Universal => true,
            Self::Empty => values.is_empty(),
            Self::Name(NamePattern::Groups(groups)) => names(values).any(|name| {
                NameGroup::ALL.iter().zip(groups).all(|(group, pattern)| {
                    pattern
                        .as_ref()
                        .is_none_or(|p| name.iter().any(|(g, text)| g == group && p.matches(text)))
                })
            }),
            _ => values.iter().any(|value| self.matches_one(value)),
        }
    }

    fn matches_one(&self, value: &IndexValue) -> bool {
        match (self, value) {
            (Self::Uid(wanted), IndexValue::Uid(found)) => wanted == found,
            (Self::Text(pattern), IndexValue::Text(found)) => pattern.matches(found),
            (Self::Name(NamePattern::Any(pattern)), IndexValue::Name { text, .. }) => pattern.matches(text),
            (Self::Words(wanted), IndexValue::Words(found)) => phrase(wanted, found),
            (Self::Interval(wanted), IndexValue::Interval(found)) => wanted.meets(*found),
            (Self::Number(wanted), IndexValue::Number(found)) => wanted == found,
            (Self::Tag(wanted), IndexValue::Tag(found)) => wanted == found,
            _ => false,
        }
    }
}

/// The names among index values: each with its groups.
fn names(values: &[IndexValue]) -> impl Iterator<Item = Vec<(NameGroup, &str)>> {
    let mut all: Vec<(u32, Vec<(NameGroup, &str)>)> = Vec::new();
    for value in values {
        if let IndexValue::Name { number, group, text } = value {
            match all.last_mut() {
                Some((last, groups)) if last == number => groups.push((*group, text)),
                _ => all.push((*number, vec![(*group, text)])),
            }
        }
    }
    all.into_iter().map(|(_, groups)| groups)
}

/// Whether each word begins a word of the name, next to each other in this order.
fn phrase(wanted: &[String], name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.windows(wanted.len().max(1)).any(|window| {
        window.len() >= wanted.len()
            && window.iter().zip(wanted).all(|(word, start)| word.starts_with(start.as_str()))
    })
}

/// Matches `*` (any characters) and `?` (one character). Only the last star is gone back to, so that the work is at most the
/// product of the lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    let mut back: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = p.clone();
        match ahead.next() {
            Some('*') => {
                p = ahead;
                back = Some((p.clone(), t.clone()));
                continue;
            }
            Some(wanted) => {
                let mut rest = t.clone();
                if rest.next().is_some_and(|found| wanted == '?' || wanted == found) {
                    (p, t) = (ahead, rest);
                    continue;
                }
            }
            None if t.as_str().is_empty() => return true,
            None => {}
        }
        // No match here: let the last star take one character more.
        let Some((after, mut from)) = back else { return false };
        if from.next().is_none() {
            return false;
        }
        (p, t) = (after.clone(), from.clone());
        back = Some((after, from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, wanted) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("?", "é", true),
            ("*b*d*", "abcde", true),
            ("*b*f*", "abcde", false),
            ("a*", "b", false),
            ("**a**", "a", true),
            ("", "", true),
        ] {
            assert_eq!(Pattern::text(pattern, true).matches(text), wanted, "{pattern} {text}");
        }
        assert_eq!(Pattern::text("Ab*c", true).prefix(), "ab");
        assert!(Pattern::text("a*", false).is_exact());
        // Work stays bounded where a simple matcher would not end.
        let text = "a".repeat(5000);
        assert!(!Pattern::text(&("a*".repeat(500) + "b"), true).matches(&text));
    }

    #[test]
    fn phrases() {
        let wanted = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (text, matches) in [
            ("jo", true),
            ("do", true),
            ("jo do", true),
            ("john doe", true),
            ("do jo", false),
            ("ohn", false),
        ] {
            assert_eq!(phrase(&wanted(text), "john doe"), matches, "{text}");
        }
        assert!(!phrase(&wanted("a b c"), "a b"));
    }
}
