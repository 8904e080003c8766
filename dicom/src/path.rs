//! Where an element stands in a data set: [`TagPath`] with item numbers, [`AttributePath`] without.
//!
//! A tag path names one element of one data set (errors, warnings, bulk data); an attribute path names an attribute
//! wherever it occurs, as in a QIDO query (PS3.18 8.3.4.1: keywords or `ggggeeee`, joined by dots).

use std::fmt;
use std::str::FromStr;

use dicom_core::{Tag, VR};

use crate::dictionary;
use crate::error::{Error, ErrorKind, Result};

/// One step of a [`TagPath`]: an element, and the item of it that the next step is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathStep {
    /// The element.
    pub tag: Tag,
    /// The item of the sequence, counted from 0; none for the last step.
    pub item: Option<u32>,
}

/// The place of one element in one data set, as `(0008,1115)[0].(0020,000E)`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TagPath(Vec<PathStep>);

impl TagPath {
    /// The path of an element of the root data set.
    #[must_use]
    pub fn root(tag: Tag) -> Self {
        Self(vec![PathStep { tag, item: None }])
    }

    /// The steps from the root to the element.
    #[must_use]
    pub fn steps(&self) -> &[PathStep] {
        &self.0
    }

    /// Whether it is the root data set itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as segments of a URI, `00081115/0/0020000E`.
    #[must_use]
    pub fn to_uri(&self) -> String {
        let mut out = String::with_capacity(self.0.len() * 12);
        for (i, step) in self.0.iter().enumerate() {
            let slash = if i > 0 { "/" } else { "" };
            let item = step.item.map(|item| format!("/{item}")).unwrap_or_default();
            out.push_str(&format!("{slash}{:04X}{:04X}{item}", step.tag.0, step.tag.1));
        }
        out
    }

    /// Reads what [`Self::to_uri`] writes.
    #[must_use]
    pub fn from_uri(text: &str) -> Option<Self> {
        let mut path = Self::default();
        let mut segments = text.split('/');
        loop {
            let name = segments.next()?;
            let tag = dictionary::parse_tag(name).filter(|_| name.len() == 8 && path.0.len() < 256)?;
            let item = segments.next();
            let number = match item {
                Some(digits) => Some(digits.parse::<u32>().ok().filter(|n| n.to_string() == digits)?),
                None => None,
            };
            path.push(tag, number);
            if number.is_none() {
                return Some(path);
            }
        }
    }

    pub(crate) fn push(&mut self, tag: Tag, item: Option<u32>) {
        self.0.push(PathStep { tag, item });
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// Says in which item of the last sequence the following steps are.
    pub(crate) fn in_item(&mut self, item: u32) {
        if let Some(step) = self.0.last_mut() {
            step.item = Some(item);
        }
    }
}

impl fmt::Display for TagPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "({:04X},{:04X})", step.tag.0, step.tag.1)?;
            if let Some(item) = step.item {
                write!(f, "[{item}]")?;
            }
        }
        Ok(())
    }
}

/// An attribute, or one inside of sequences, as a query names it: `PatientName`, `00100010`,
/// `ReferencedRequestSequence.AccessionNumber`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributePath(Vec<Tag>);

/// Sequences are not nested deeper than this in an [`AttributePath`].
pub const ATTRIBUTE_PATH_LIMIT: usize = 16;

impl AttributePath {
    /// An attribute of the root data set.
    #[must_use]
    pub fn root(tag: Tag) -> Self {
        Self(vec![tag])
    }

    /// Reads keywords or tags of 8 hexadecimal digits, joined by dots.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownAttribute`] where a step is neither, or where there are more than [`ATTRIBUTE_PATH_LIMIT`].
    pub fn parse(text: &str) -> Result<Self> {
        let mut tags = Vec::new();
        for step in text.split('.') {
            let tag = dictionary::parse_tag(step).filter(|_| tags.len() < ATTRIBUTE_PATH_LIMIT);
            let Some(tag) = tag else {
                return Err(Error::new(
                    ErrorKind::UnknownAttribute,
                    "wanted the keyword of an attribute or a tag of 8 hexadecimal digits",
                )
                .with_parameter(text));
            };
            tags.push(tag);
        }
        Ok(Self(tags))
    }

    /// The tags from the root to the attribute; at least one.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.0
    }

    /// The first tag: the attribute of the root data set.
    #[must_use]
    pub fn first(&self) -> Tag {
        self.0.first().copied().unwrap_or(Tag(0, 0))
    }

    /// The attribute itself, the last tag.
    #[must_use]
    pub fn last(&self) -> Tag {
        self.0.last().copied().unwrap_or(Tag(0, 0))
    }

    /// Whether it is inside of a sequence.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.0.len() > 1
    }

    /// The value representation of the attribute; `UN` for what the dictionary does not know.
    #[must_use]
    pub fn vr(&self) -> VR {
        dictionary::by_tag(self.last()).map_or(VR::UN, |a| a.vr)
    }
}

impl From<Tag> for AttributePath {
    fn from(tag: Tag) -> Self {
        Self::root(tag)
    }
}

impl FromStr for AttributePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// Keywords joined by dots; 8 hexadecimal digits for an attribute that has no keyword.
impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, tag) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            match dictionary::keyword(*tag) {
                Some(keyword) => f.write_str(keyword)?,
                None => write!(f, "{:04X}{:04X}", tag.0, tag.1)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_paths_are_read_from_keywords_and_tags() {
        for (text, shown) in [
            ("PatientName", "PatientName"),
            ("00100010", "PatientName"),
            ("0040a370.00080050", "ReferencedRequestSequence.AccessionNumber"),
            ("00091001", "00091001"),
        ] {
            assert_eq!(AttributePath::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", ".", "Nobody", "0010001", "PatientName.", "00100010.x"] {
            let error = AttributePath::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownAttribute, "{text}");
        }
    }

    #[test]
    fn tag_paths_show_items() {
        let mut path = TagPath::root(Tag(0x0008, 0x1115));
        path.in_item(2);
        path.push(Tag(0x0020, 0x000E), None);
        assert_eq!(path.to_string(), "(0008,1115)[2].(0020,000E)");
        assert_eq!(path.to_uri(), "00081115/2/0020000E");
        assert_eq!(TagPath::from_uri("00081115/2/0020000E"), Some(path));
        for text in
            ["", "00081115/", "00081115/2", "00081115/x/0020000E", "00081115/02/0020000E", "PatientName"]
        {
            assert_eq!(TagPath::from_uri(text), None, "{text}");
        }
    }
}
