//! Writing an answer: which of the stored attributes it has, and the few that are computed.
//!
//! The stored attributes are a JSON object of the DICOM JSON model, as [`json::write`](crate::json::write) made it when the
//! instance was stored. Its members are copied as they are; nothing is parsed beyond finding them.

use std::ops::Range;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::{Level, all_attributes, default_attributes, level_of};
use super::parse::is_computed;
use super::{Query, Resource};
use crate::dictionary::hex8;
use crate::error::{Error, ErrorKind, Result};
use crate::json::{Scanner, string};
use crate::rules::Rules;

/// Which attributes the answers to a query have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    tags: Vec<Tag>,
    /// Everything of this level and above.
    everything: Option<Level>,
}

/// What is computed for an answer rather than stored. What is none is not answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Computed {
    /// Modalities in Study (0008,0061).
    pub modalities_in_study: Option<Vec<String>>,
    /// Number of Study Related Series (0020,1206).
    pub study_related_series: Option<u64>,
    /// Number of Study Related Instances (0020,1208).
    pub study_related_instances: Option<u64>,
    /// Number of Series Related Instances (0020,1209).
    pub series_related_instances: Option<u64>,
    /// Retrieve URL (0008,1190).
    pub retrieve_url: Option<String>,
    /// Instance Availability (0008,0056).
    pub instance_availability: Option<String>,
}

impl Query {
    /// Which attributes the answers have: the default ones of the level and of the levels above that the URL does not fix,
    /// the matching ones, the UIDs of the URL, and the fields asked for.
    #[must_use]
    pub fn selection(&self, rules: &Rules) -> Selection {
        let level = self.resource.level();
        let mut chosen: Vec<Tag> = Vec::with_capacity(32);
        for one in levels(&self.resource) {
            chosen.extend_from_slice(default_attributes(one, self.api));
            if self.fields.all {
                chosen.extend(all_attributes(one).into_iter().flatten());
            }
        }
        chosen.extend(self.filters.iter().map(|f| f.path.first()));
        chosen.extend(self.fields.paths.iter().map(|p| p.first()));
        if self.resource.study().is_some() {
            chosen.push(tags::STUDY_INSTANCE_UID);
        }
        if self.resource.series().is_some() {
            chosen.push(tags::SERIES_INSTANCE_UID);
        }
        chosen.sort_unstable();
        chosen.dedup();
        let everything = (self.fields.all && rules.all_is_everything).then_some(level);
        Selection { tags: chosen, everything }
    }
}

/// The levels whose default attributes an answer has.
fn levels(resource: &Resource) -> impl Iterator<Item = Level> {
    let level = resource.level();
    let study = resource.study().is_none();
    let series = level > Level::Study && (resource.series().is_none() || level == Level::Series);
    [(Level::Study, study), (Level::Series, series), (Level::Instance, level == Level::Instance)]
        .into_iter()
        .filter_map(|(level, has)| has.then_some(level))
}

impl Selection {
    /// Whether an answer has an attribute.
    #[must_use]
    pub fn has(&self, tag: Tag) -> bool {
        self.tags.binary_search(&tag).is_ok()
            || self.everything.is_some_and(|level| level_of(tag) <= level && !is_computed(tag))
    }

    /// Whether an answer has an attribute that must be computed, for which the service has work to do.
    #[must_use]
    pub fn computes(&self, tag: Tag) -> bool {
        is_computed(tag) && self.has(tag)
    }

    /// Writes one answer to the end of `out`, from the stored attributes and the computed ones.
    ///
    /// # Errors
    /// [`ErrorKind::JsonSyntax`] or [`ErrorKind::JsonModel`] where `stored` is no JSON object of attributes.
    pub fn write_answer(&self, stored: &[u8], computed: &Computed, out: &mut Vec<u8>) -> Result<()> {
        let mut members = computed.members();
        members.retain(|(tag, _)| self.has(*tag));
        let mut made = members.iter().peekable();
        let mut first = true;
        out.push(b'{');
        for (tag, range) in attributes(stored)? {
            while let Some((next, value)) = made.next_if(|(next, _)| *next <= tag) {
                member(out, &mut first, *next, value);
            }
            let replaced = members.iter().any(|(made, _)| *made == tag);
            if !replaced && self.has(tag) {
                member(out, &mut first, tag, stored.get(range).unwrap_or_default());
            }
        }
        for (tag, value) in made {
            member(out, &mut first, *tag, value);
        }
        out.push(b'}');
        Ok(())
    }
}

impl Computed {
    /// The members in the order of their tags.
    fn members(&self) -> Vec<(Tag, Vec<u8>)> {
        let texts = |vr: &str, values: &[String]| {
            let mut out = format!("{{\"vr\":\"{vr}\",\"Value\":[").into_bytes();
            for (i, value) in values.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                string(&mut out, value);
            }
            out.extend_from_slice(b"]}");
            out
        };
        let number = |n: u64| format!("{{\"vr\":\"IS\",\"Value\":[{n}]}}").into_bytes();
        let mut members = Vec::new();
        let mut add = |tag: Tag, value: Option<Vec<u8>>| members.extend(value.map(|v| (tag, v)));
        add(
            tags::INSTANCE_AVAILABILITY,
            self.instance_availability.as_ref().map(|t| texts("CS", std::slice::from_ref(t))),
        );
        add(tags::MODALITIES_IN_STUDY, self.modalities_in_study.as_ref().map(|m| texts("CS", m)));
        add(tags::RETRIEVE_URL, self.retrieve_url.as_ref().map(|u| texts("UR", std::slice::from_ref(u))));
        add(tags::NUMBER_OF_STUDY_RELATED_SERIES, self.study_related_series.map(number));
        add(tags::NUMBER_OF_STUDY_RELATED_INSTANCES, self.study_related_instances.map(number));
        add(tags::NUMBER_OF_SERIES_RELATED_INSTANCES, self.series_related_instances.map(number));
        members
    }
}

fn member(out: &mut Vec<u8>, first: &mut bool, tag: Tag, value: &[u8]) {
    if !*first {
        out.push(b',');
    }
    *first = false;
    out.push(b'"');
    out.extend_from_slice(&hex8(tag));
    out.extend_from_slice(b"\":");
    out.extend_from_slice(value);
}

/// The attributes of a JSON object and where their values are.
fn attributes(stored: &[u8]) -> Result<Vec<(Tag, Range<usize>)>> {
    let mut scanner = Scanner::new(stored)?;
    let mut found = Vec::with_capacity(64);
    scanner.expect(b'{', "wanted an object of attributes")?;
    if !scanner.take(b'}') {
        loop {
            scanner.peek();
            let at = scanner.position();
            let name = scanner.name()?;
            let Some(tag) = crate::json::tag_name(&name) else {
                return Err(Error::new(ErrorKind::JsonModel, "wanted a tag of 8 hexadecimal digits").at(at));
            };
            found.push((tag, scanner.skip(1024)?));
            if !scanner.more(b'}')? {
                break;
            }
        }
    }
    scanner.end()?;
    // What we wrote is in order; what others wrote may not be.
    if !found.is_sorted_by_key(|(tag, _)| *tag) {
        found.sort_by_key(|(tag, _)| *tag);
    }
    Ok(found)
}
