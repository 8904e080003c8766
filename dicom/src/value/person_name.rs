//! Person names: up to three component groups of up to five components (PS3.5 6.2.1).

use std::borrow::Cow;
use std::fmt;

/// A person name, `Yamada^Tarou=山田^太郎=やまだ^たろう`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName<'a> {
    raw: Cow<'a, str>,
}

/// One of the three writings of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameGroup {
    /// Latin letters, the first group.
    Alphabetic,
    /// Ideographs, the second group.
    Ideographic,
    /// Phonetic characters, the third group.
    Phonetic,
}

impl NameGroup {
    /// All groups, in the order of the value.
    pub const ALL: [Self; 3] = [Self::Alphabetic, Self::Ideographic, Self::Phonetic];

    /// Its name in the DICOM JSON model.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alphabetic => "Alphabetic",
            Self::Ideographic => "Ideographic",
            Self::Phonetic => "Phonetic",
        }
    }
}

impl<'a> PersonName<'a> {
    /// Takes a value without padding. Empty groups at its end, which mean nothing, are taken off.
    #[must_use]
    pub fn new(raw: impl Into<Cow<'a, str>>) -> Self {
        let raw = match raw.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(['=', ' '])),
            Cow::Owned(mut text) => {
                text.truncate(text.trim_end_matches(['=', ' ']).len());
                Cow::Owned(text)
            }
        };
        Self { raw }
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// One writing of the name; none where it is absent or empty.
    #[must_use]
    pub fn group(&self, group: NameGroup) -> Option<&str> {
        // A fourth `=` belongs to no group; it stays with the last, so that nothing is lost.
        let text = self.raw.splitn(3, '=').nth(group as usize)?.trim_end_matches(' ');
        (!text.is_empty()).then_some(text)
    }

    /// The five components of one writing: family, given, middle, prefix, suffix.
    #[must_use]
    pub fn components(&self, group: NameGroup) -> [&str; 5] {
        let mut parts = self.group(group).unwrap_or_default().splitn(5, '^');
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    }

    /// The family name in Latin letters.
    #[must_use]
    pub fn family(&self) -> &str {
        self.components(NameGroup::Alphabetic)[0]
    }

    /// The given name in Latin letters.
    #[must_use]
    pub fn given(&self) -> &str {
        self.components(NameGroup::Alphabetic)[1]
    }

    /// A copy that owns its text.
    #[must_use]
    pub fn into_owned(self) -> PersonName<'static> {
        PersonName { raw: Cow::Owned(self.raw.into_owned()) }
    }
}

/// The name as it is written.
impl fmt::Display for PersonName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// Tells which groups there are, and no name.
impl fmt::Debug for PersonName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<_> = NameGroup::ALL.into_iter().filter(|g| self.group(*g).is_some()).collect();
        f.debug_tuple("PersonName").field(&groups).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_components() {
        let name = PersonName::new("Adams^John^Quincy^Rev.^B.A. M.Div.==x");
        assert_eq!(
            name.components(NameGroup::Alphabetic),
            ["Adams", "John", "Quincy", "Rev.", "B.A. M.Div."]
        );
        assert_eq!(name.group(NameGroup::Ideographic), None);
        assert_eq!(name.group(NameGroup::Phonetic), Some("x"));
        assert_eq!((name.family(), name.given()), ("Adams", "John"));
        assert_eq!(PersonName::new("a=b=c=d").group(NameGroup::Phonetic), Some("c=d"));
        assert_eq!(format!("{name:?}"), "PersonName([Alphabetic, Phonetic])");
    }
}
