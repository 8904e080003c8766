//! What lies in the store: a document for each instance, series and study, found by typed values of its attributes.
//!
//! The body of an instance is one line that says where its file is (digest, length, transfer syntax) and after it the
//! instance as DICOM JSON without bulk data. Series and studies hold the attributes of their level, of the instance that
//! was written last. All three carry references to what they belong to, so that counting and reading a study is a look-up.

use crate::error::{Error, ErrorKind};
use hygea_dicom::json::{self, Bulk};
use hygea_dicom::qido::{IndexValue, Level, filter_attributes, level_of, values};
use hygea_dicom::{AttributePath, DataSet, DataSetBuilder, Tag, TransferSyntax, dictionary, tags, uid};
use hygea_store::{Decimal, Digest, Entry, Key, Plan, Write};

pub(super) const STUDY: &str = "study";
pub(super) const SERIES: &str = "series";
pub(super) const INSTANCE: &str = "instance";

/// Indexed beside the attributes that the Azure service searches; what is not indexed is searched by looking at each document.
const MORE: &[Tag] = &[
    tags::STUDY_TIME,
    tags::STUDY_ID,
    tags::PATIENT_SEX,
    tags::SERIES_NUMBER,
    tags::SERIES_DESCRIPTION,
    tags::BODY_PART_EXAMINED,
    tags::SOP_CLASS_UID,
    tags::INSTANCE_NUMBER,
];

/// A study, a series or an instance, by its UIDs. They hold no slash, so that joining them by slashes is unambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'p> {
    Study(&'p str),
    Series(&'p str, &'p str),
    Instance(&'p str, &'p str, &'p str),
}

impl<'p> Place<'p> {
    /// The place that an address names.
    pub(super) fn of(path: &[&'p str]) -> Result<Self, Error> {
        let place = match path {
            ["studies", study] => Self::Study(study),
            ["studies", study, "series", series] => Self::Series(study, series),
            ["studies", study, "series", series, "instances", instance] => {
                Self::Instance(study, series, instance)
            }
            _ => return Err(Error::new(ErrorKind::NotFound, "there is no such address in a DICOM service")),
        };
        let (Self::Study(study) | Self::Series(study, _) | Self::Instance(study, ..)) = place;
        let mut uids = vec![study];
        match place {
            Self::Study(_) => {}
            Self::Series(_, series) => uids.push(series),
            Self::Instance(_, series, instance) => uids.extend([series, instance]),
        }
        for text in uids {
            uid::check(text)?;
        }
        Ok(place)
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Study(_) => STUDY,
            Self::Series(..) => SERIES,
            Self::Instance(..) => INSTANCE,
        }
    }

    /// The key of its document.
    pub(super) fn key(self) -> Key {
        let id = match self {
            Self::Study(study) => study.to_owned(),
            Self::Series(study, series) => format!("{study}/{series}"),
            Self::Instance(study, series, instance) => format!("{study}/{series}/{instance}"),
        };
        Key::new(self.kind(), id)
    }

    /// The instances that it holds.
    pub(super) fn instances(self) -> Plan {
        match self {
            Self::Instance(..) => Plan::Ids(vec![self.key().id().into()]),
            Self::Study(_) | Self::Series(..) => Plan::reference(self.kind(), self.kind(), self.key().id()),
        }
    }
}

/// The kind of document that describes a level.
pub(super) fn kind_of(level: Level) -> &'static str {
    match level {
        Level::Study => STUDY,
        Level::Series => SERIES,
        Level::Instance => INSTANCE,
    }
}

/// Where the file of an instance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePlace {
    pub(super) digest: Digest,
    pub(super) length: u64,
    pub(super) transfer_syntax: TransferSyntax,
}

impl FilePlace {
    /// Takes the body of an instance apart: where its file is, and its attributes.
    pub(super) fn split(body: &[u8]) -> Result<(Self, &[u8]), Error> {
        let damaged = || Error::new(ErrorKind::Storage, "a stored instance does not say where its file is");
        let end = body.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let (line, json) = body.split_at_checked(end).ok_or_else(damaged)?;
        let mut words = std::str::from_utf8(line).map_err(|_| damaged())?.split(' ');
        let digest = words.next().and_then(Digest::parse).ok_or_else(damaged)?;
        let length = words.next().and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
        let syntax = words.next().ok_or_else(damaged)?;
        let transfer_syntax =
            TransferSyntax::from_uid(syntax).unwrap_or_else(|| TransferSyntax::unknown(syntax));
        Ok((Self { digest, length, transfer_syntax }, json.get(1..).unwrap_or_default()))
    }
}

/// The attributes in the body of a document of any kind.
pub(super) fn attributes(body: &[u8]) -> &[u8] {
    match body.first() {
        Some(b'{') => body,
        _ => body
            .iter()
            .position(|byte| *byte == b'\n')
            .and_then(|end| body.get(end + 1..))
            .unwrap_or_default(),
    }
}

/// A document that is to be written, perhaps more than once until nobody else is in the way.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) key: Key,
    body: Vec<u8>,
    index: Vec<Entry>,
}

impl Document {
    /// The document of an instance.
    pub(super) fn instance(set: &DataSet<'_>, place: Place<'_>, file: &FilePlace) -> Self {
        let mut body =
            format!("{} {} {}\n", file.digest, file.length, file.transfer_syntax.uid()).into_bytes();
        json::write(set, Bulk::Omit, &mut body);
        Self { key: place.key(), body, index: index(set, place, Level::Instance) }
    }

    /// The document of the series or study of an instance, from the attributes of that instance.
    pub(super) fn parent(set: &DataSet<'_>, place: Place<'_>) -> Self {
        let level = if matches!(place, Place::Study(_)) { Level::Study } else { Level::Series };
        let mut own = DataSetBuilder::new();
        for element in set.sorted() {
            if level_of(element.tag()) <= level || element.tag() == tags::SPECIFIC_CHARACTER_SET {
                own.copy_element(&element);
            }
        }
        let mut body = Vec::new();
        json::write(&own.build().as_data_set(), Bulk::Omit, &mut body);
        Self { key: place.key(), body, index: index(set, place, level) }
    }

    pub(super) fn write(&self) -> Write {
        Write::put(self.key.clone(), self.body.clone(), self.index.clone())
    }
}

fn index(set: &DataSet<'_>, place: Place<'_>, level: Level) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(32);
    match place {
        Place::Study(_) => {}
        Place::Series(study, _) => entries.push(Entry::reference(STUDY, STUDY, study)),
        Place::Instance(study, series, _) => {
            entries.push(Entry::reference(STUDY, STUDY, study));
            entries.push(Entry::reference(SERIES, SERIES, Place::Series(study, series).key().id()));
        }
    }
    for tag in indexed(level) {
        let path = AttributePath::root(tag);
        entries
            .extend(values(set, &path, path.vr()).iter().filter_map(|value| entry(&parameter(tag), value)));
    }
    entries
}

/// The attributes under whose values the documents of a level are found.
fn indexed(level: Level) -> impl Iterator<Item = Tag> {
    let levels = [Level::Study, Level::Series, Level::Instance].into_iter().filter(move |one| *one <= level);
    let more = MORE.iter().filter(move |tag| level_of(**tag) <= level);
    levels
        .flat_map(|one| filter_attributes(one).iter())
        .chain(more)
        .copied()
        // It is a matter of all series of the study.
        .filter(|tag| *tag != tags::MODALITIES_IN_STUDY)
}

/// Whether the documents of a level are found by an attribute.
pub(super) fn is_indexed(tag: Tag, level: Level) -> bool {
    indexed(level).any(|one| one == tag)
}

/// The name of the index values of an attribute.
pub(super) fn parameter(tag: Tag) -> String {
    dictionary::hex8(tag).iter().map(|byte| char::from(*byte)).collect()
}

/// The name of the index values of the words of a person name.
pub(super) fn words_parameter(parameter: &str) -> String {
    format!("{parameter}.words")
}

fn entry(parameter: &str, value: &IndexValue) -> Option<Entry> {
    Some(match value {
        IndexValue::Uid(uid) => Entry::token(parameter, None, uid),
        // The text as it was written is in the body; comparison is by the folded form alone.
        IndexValue::Text(text) | IndexValue::Name { text, .. } => Entry::text(parameter, text, text),
        IndexValue::Words(words) => Entry::text(words_parameter(parameter), words, words),
        IndexValue::Interval(span) => Entry::date(parameter, span.first, span.last.saturating_add(1)),
        IndexValue::Number(number) => {
            let number = decimal(*number)?;
            Entry::number(parameter, number, number)
        }
        IndexValue::Tag(tag) => Entry::token(parameter, None, self::parameter(*tag)),
        _ => return None,
    })
}

/// A number as the store compares it; both a stored and a wanted number go through here.
pub(super) fn decimal(number: f64) -> Option<Decimal> {
    Decimal::parse(&number.to_string()).ok()
}
