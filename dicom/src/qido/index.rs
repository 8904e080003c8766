//! What a store keeps of a data set so that it is found again: typed values, folded as they are compared.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::fold::{fold_name, fold_text, words};
use crate::dataset::{DataSet, Element, is_text};
use crate::path::AttributePath;
use crate::value::{Interval, NameGroup, date, date_time, time};

/// A value of an attribute as it is indexed and compared. Values that do not follow their representation have none.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum IndexValue {
    /// A UID.
    Uid(String),
    /// Text, folded by [`fold_text`].
    Text(String),
    /// One group of a person name, folded by [`fold_name`].
    Name {
        /// The number of the name among the values of the attribute.
        number: u32,
        /// Which group.
        group: NameGroup,
        /// The folded group.
        text: String,
    },
    /// The words of a person name with all its groups, folded, a space before each: what fuzzy matching looks at.
    Words(String),
    /// A date, a time or a date-time as the interval that it stands for.
    Interval(Interval),
    /// A number.
    Number(f64),
    /// A tag.
    Tag(Tag),
}

/// Tells the kind, and nothing of the value.
impl std::fmt::Debug for IndexValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Uid(_) => "Uid",
            Self::Text(_) => "Text",
            Self::Name { .. } => "Name",
            Self::Words(_) => "Words",
            Self::Interval(_) => "Interval",
            Self::Number(_) => "Number",
            Self::Tag(_) => "Tag",
        })
    }
}

/// The index values of some attributes of a data set, in the order of the attributes.
///
/// `vr` of a private attribute is what its extended query tag says; the dictionary knows that of the others.
pub fn index<'p>(
    set: &DataSet<'_>,
    attributes: impl IntoIterator<Item = (&'p AttributePath, VR)>,
) -> Vec<(&'p AttributePath, IndexValue)> {
    let mut found = Vec::new();
    for (path, vr) in attributes {
        found.extend(values(set, path, vr).into_iter().map(|value| (path, value)));
    }
    found
}

/// The index values of one attribute. Modalities in Study is that of the instance itself where it is absent, so that an
/// instance stands for its study.
#[must_use]
pub fn values(set: &DataSet<'_>, path: &AttributePath, vr: VR) -> Vec<IndexValue> {
    let mut elements = set.at(path);
    if elements.is_empty() && path.tags() == [tags::MODALITIES_IN_STUDY] {
        elements.extend(set.element(tags::MODALITY));
    }
    let mut found = Vec::new();
    let mut names = 0;
    for element in elements {
        one(&element.with_vr(vr), vr, &mut names, &mut found);
    }
    found
}

fn one(element: &Element<'_>, vr: VR, names: &mut u32, found: &mut Vec<IndexValue>) {
    match vr {
        VR::AT => found.extend(element.tags().into_iter().map(IndexValue::Tag)),
        VR::US | VR::SS | VR::UL | VR::SL | VR::UV | VR::SV | VR::FL | VR::FD => {
            found.extend(element.floats().into_iter().map(IndexValue::Number));
        }
        VR::IS | VR::DS => found.extend(
            element.strings().iter().filter_map(|t| crate::value::decimal(t)).map(IndexValue::Number),
        ),
        VR::PN => {
            for name in element.person_names() {
                let number = *names;
                *names = names.saturating_add(1);
                for group in NameGroup::ALL {
                    if let Some(text) = name.group(group).map(fold_name).filter(|t| !t.is_empty()) {
                        found.push(IndexValue::Name { number, group, text });
                    }
                }
                let all: String = words(name.as_str()).flat_map(|w| [" ".to_owned(), w]).collect();
                if !all.is_empty() {
                    found.push(IndexValue::Words(all));
                }
            }
        }
        vr if is_text(vr) => found.extend(element.strings().iter().filter_map(|text| match vr {
            _ if text.is_empty() => None,
            VR::UI => Some(IndexValue::Uid(text.clone().into_owned())),
            VR::DA => date(text).map(IndexValue::Interval),
            VR::TM => time(text).map(IndexValue::Interval),
            VR::DT => date_time(text).map(|d| IndexValue::Interval(d.interval)),
            _ => Some(fold_text(text)).filter(|t| !t.is_empty()).map(IndexValue::Text),
        })),
        // An attribute that the dictionary does not know, searched as text.
        VR::UN if is_text(element.vr()) => {
            found.extend(
                element
                    .strings()
                    .iter()
                    .map(|t| fold_text(t))
                    .filter(|t| !t.is_empty())
                    .map(IndexValue::Text),
            );
        }
        _ => {}
    }
}
