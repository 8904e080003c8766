//! Data sets and elements, borrowed from a file or built in memory (PS3.5 7).
//!
//! A [`DataSet`] is a view that is copied freely; its elements decode their values when they are asked.

mod builder;
mod content;
mod element;

use std::borrow::Cow;
use std::fmt;

use dicom_core::{Tag, VR};

pub use builder::{DataSetBuf, DataSetBuilder, SequenceBuilder};
pub(crate) use content::{Bytes, Content, Entry, Shape, little_endian};
pub use element::{Element, Fragments, Items, Value};

use crate::charset::CharacterSet;
use crate::dictionary;
use crate::path::{AttributePath, TagPath};
use crate::value::PersonName;
pub(crate) use crate::value::{is_multiple, trim};

/// A data set: the root of a file, its meta information, or an item of a sequence.
#[derive(Clone, Copy)]
pub struct DataSet<'f> {
    content: &'f Content<'f>,
    first: u32,
    end: u32,
    charset: u16,
}

impl<'f> DataSet<'f> {
    pub(crate) fn of(content: &'f Content<'f>) -> Self {
        Self { content, first: 0, end: content.end(), charset: 0 }
    }

    /// Whether the text is UTF-8 whatever Specific Character Set says.
    pub(crate) fn is_transcoded(&self) -> bool {
        self.content.transcoded
    }

    /// The elements in the order of the file, without those inside of sequences.
    #[must_use]
    pub fn iter(&self) -> Elements<'f> {
        Elements { set: *self, at: self.first }
    }

    /// The elements in the order of their tags, each tag once.
    #[must_use]
    pub fn sorted(&self) -> Vec<Element<'f>> {
        let mut all: Vec<Element<'f>> = self.iter().collect();
        if !self.content.sorted {
            // A stable sort, so that the last of equal tags is the one that `element` finds.
            all.sort_by_key(Element::tag);
            let mut kept: Vec<Element<'f>> = Vec::with_capacity(all.len());
            for element in all {
                if kept.last().is_some_and(|last| last.tag() == element.tag()) {
                    kept.pop();
                }
                kept.push(element);
            }
            return kept;
        }
        all
    }

    /// How many elements it has, without those inside of sequences.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether it has no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first >= self.end
    }

    /// The character set of its text.
    #[must_use]
    pub fn character_set(&self) -> CharacterSet {
        self.content.charset(self.charset)
    }

    /// The element with this tag; the last one where a broken file has it twice.
    #[must_use]
    pub fn element(&self, tag: Tag) -> Option<Element<'f>> {
        let mut found = None;
        for element in self.iter() {
            if element.tag() == tag {
                found = Some(element);
            }
            if self.content.sorted && element.tag() >= tag {
                break;
            }
        }
        found
    }

    /// The element with this keyword, as `PatientName`.
    #[must_use]
    pub fn by_keyword(&self, keyword: &str) -> Option<Element<'f>> {
        self.element(dictionary::by_keyword(keyword)?.tag)
    }

    /// All elements at a path: more than one where a sequence on the way has several items.
    #[must_use]
    pub fn at(&self, path: &AttributePath) -> Vec<Element<'f>> {
        let mut sets = vec![*self];
        let Some((last, sequences)) = path.tags().split_last() else { return Vec::new() };
        for tag in sequences {
            sets = sets.iter().filter_map(|set| set.element(*tag)).flat_map(|e| e.items()).collect();
        }
        sets.iter().filter_map(|set| set.element(*last)).collect()
    }

    /// The element at a path with item numbers.
    #[must_use]
    pub fn element_at(&self, path: &TagPath) -> Option<Element<'f>> {
        let mut set = *self;
        for step in path.steps() {
            let element = set.element(step.tag)?;
            match step.item {
                Some(item) => set = element.items().nth(usize::try_from(item).ok()?)?,
                None => return Some(element),
            }
        }
        None
    }

    /// The first value of an element as text; see [`Element::text`].
    #[must_use]
    pub fn text(&self, tag: Tag) -> Option<Cow<'f, str>> {
        self.element(tag)?.text()
    }

    /// All values of an element as text; none where it is absent or has no text. See [`Element::strings`].
    #[must_use]
    pub fn strings(&self, tag: Tag) -> Vec<Cow<'f, str>> {
        self.element(tag).map(|e| e.strings()).unwrap_or_default()
    }

    /// The first value of an element as an integer; see [`Element::integer`].
    #[must_use]
    pub fn integer(&self, tag: Tag) -> Option<i64> {
        self.element(tag)?.integer()
    }

    /// The first value of an element as a number; see [`Element::float`].
    #[must_use]
    pub fn float(&self, tag: Tag) -> Option<f64> {
        self.element(tag)?.float()
    }

    /// The first person name of an element.
    #[must_use]
    pub fn person_name(&self, tag: Tag) -> Option<PersonName<'f>> {
        self.element(tag)?.person_names().into_iter().next()
    }

    /// The items of a sequence; none where it is absent or no sequence.
    #[must_use]
    pub fn sequence(&self, tag: Tag) -> Items<'f> {
        self.element(tag).map_or_else(Items::none, |e| e.items())
    }

    /// The private creator that a private element belongs to (PS3.5 7.8.1).
    #[must_use]
    pub fn private_creator(&self, tag: Tag) -> Option<Cow<'f, str>> {
        if tag.0 & 1 == 0 || tag.1 < 0x1000 {
            return None;
        }
        self.text(Tag(tag.0, tag.1 >> 8))
    }

    /// A copy that owns its values and keeps no byte of the file that is not its own.
    #[must_use]
    pub fn to_owned_set(&self) -> DataSetBuf {
        let mut builder = DataSetBuilder::new();
        builder.copy(self);
        builder.build()
    }
}

impl<'f> IntoIterator for DataSet<'f> {
    type Item = Element<'f>;
    type IntoIter = Elements<'f>;

    fn into_iter(self) -> Elements<'f> {
        self.iter()
    }
}

/// Tells how much there is, and nothing of a patient.
impl fmt::Debug for DataSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataSet").field("elements", &self.len()).finish_non_exhaustive()
    }
}

/// The elements of a [`DataSet`], in the order of the file.
#[derive(Clone)]
pub struct Elements<'f> {
    set: DataSet<'f>,
    at: u32,
}

impl<'f> Iterator for Elements<'f> {
    type Item = Element<'f>;

    fn next(&mut self) -> Option<Element<'f>> {
        if self.at >= self.set.end {
            return None;
        }
        let entry = self.set.content.entry(self.at)?;
        let element = Element::of(self.set.content, entry, self.at, self.set.charset);
        self.at = entry.next.max(self.at.saturating_add(1));
        Some(element)
    }
}

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elements").finish_non_exhaustive()
    }
}

/// How text of this representation is decoded; none for representations that are no text or plain ASCII.
pub(crate) const fn text_kind(vr: VR) -> Option<crate::charset::TextKind> {
    use crate::charset::TextKind;
    match vr {
        VR::SH | VR::LO | VR::UC => Some(TextKind::Values),
        VR::ST | VR::LT | VR::UT => Some(TextKind::Text),
        VR::PN => Some(TextKind::PersonNames),
        _ => None,
    }
}

/// Whether the value field of this representation is characters.
pub(crate) const fn is_text(vr: VR) -> bool {
    text_kind(vr).is_some()
        || matches!(
            vr,
            VR::AE | VR::AS | VR::CS | VR::DA | VR::DS | VR::DT | VR::IS | VR::TM | VR::UI | VR::UR
        )
}

/// Whether the value field is binary that the DICOM JSON model holds as a whole.
pub(crate) const fn is_binary(vr: VR) -> bool {
    matches!(vr, VR::OB | VR::OD | VR::OF | VR::OL | VR::OV | VR::OW | VR::UN)
}
