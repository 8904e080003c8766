//! Reading a query string (PS3.18 8.3.4): attributes to match, fields to include, paging and order.

use std::borrow::Cow;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::attributes::{CustomAttribute, Level, filter_attributes, level_of};
use super::key::{Key, NamePattern, Pattern};
use super::{Fields, Filter, Order, Query, Resource};
use crate::dataset::is_text;
use crate::dictionary;
use crate::error::{Error, ErrorKind, Result};
use crate::path::AttributePath;
use crate::rules::Rules;
use crate::uid::{self, UidForm};
use crate::value::{Interval, date, date_time, time};

/// More parameters than this are refused.
const MOST_PARAMETERS: usize = 200;
/// A longer value is refused.
const LONGEST_VALUE: usize = 8 << 10;
/// More values in one list are refused.
const MOST_VALUES: usize = 1000;

impl Query {
    /// Reads the query string of a URL, without its question mark.
    ///
    /// `custom` are the attributes that the service made searchable beside those that the rules allow.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUid`] for the URL; [`ErrorKind::UnknownAttribute`], [`ErrorKind::UnsupportedParameter`],
    /// [`ErrorKind::InvalidParameter`], [`ErrorKind::DuplicateParameter`], [`ErrorKind::UnsupportedMatching`], each with
    /// the name of the parameter. All of them are status 400.
    pub fn parse(
        resource: &Resource,
        query: &str,
        rules: &Rules,
        custom: &[CustomAttribute],
    ) -> Result<Self> {
        let mut pairs = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            if pairs.len() >= MOST_PARAMETERS {
                return Err(Error::new(ErrorKind::InvalidParameter, "too many parameters"));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent_decode(name).ok_or_else(|| not_encoded(name))?;
            let value = percent_decode(value).ok_or_else(|| not_encoded(&name))?;
            pairs.push((name, value));
        }
        Self::from_pairs(resource, pairs.iter().map(|(n, v)| (n.as_ref(), v.as_ref())), rules, custom)
    }

    /// Reads parameters that are decoded already; see [`Self::parse`].
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_pairs<'q>(
        resource: &Resource,
        pairs: impl IntoIterator<Item = (&'q str, &'q str)>,
        rules: &Rules,
        custom: &[CustomAttribute],
    ) -> Result<Self> {
        resource.check()?;
        let mut reader = Reader { rules, custom, resource, fuzzy: false, empty: false };
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        let mut query = Self {
            resource: resource.clone(),
            filters: Vec::new(),
            fields: Fields::default(),
            limit: rules.default_limit,
            limit_lowered: false,
            offset: 0,
            order: Vec::new(),
            api: rules.api,
        };
        let mut once: Vec<String> = Vec::new();
        for (name, value) in pairs {
            if value.len() > LONGEST_VALUE {
                return Err(
                    Error::new(ErrorKind::InvalidParameter, "the value is too long").with_parameter(name)
                );
            }
            let control = name.to_ascii_lowercase();
            if matches!(control.as_str(), "limit" | "offset" | "fuzzymatching" | "emptyvaluematching") {
                if once.contains(&control) {
                    return Err(duplicate(name));
                }
                once.push(control.clone());
            }
            match control.as_str() {
                "limit" => (query.limit, query.limit_lowered) = limit(value, rules)?,
                "offset" => query.offset = number(name, value)?,
                "fuzzymatching" => reader.fuzzy = boolean(name, value)?,
                "emptyvaluematching" if rules.universal => reader.empty = boolean(name, value)?,
                "includefield" => reader.fields(value, &mut query.fields)?,
                "orderby" if rules.order_by => reader.order(value, &mut query.order)?,
                _ => attributes.push((name, value)),
            }
        }
        if query.fields.all && !query.fields.paths.is_empty() && !rules.all_with_others {
            let detail = "all cannot stand beside other fields";
            return Err(Error::new(ErrorKind::InvalidParameter, detail).with_parameter("includefield"));
        }
        for (name, value) in attributes {
            let filter = reader.filter(name, value)?;
            if query.filters.iter().any(|f| f.path == filter.path) {
                return Err(duplicate(name));
            }
            query.filters.push(filter);
        }
        Ok(query)
    }
}

struct Reader<'r> {
    rules: &'r Rules,
    custom: &'r [CustomAttribute],
    resource: &'r Resource,
    fuzzy: bool,
    empty: bool,
}

impl Reader<'_> {
    /// Reads a matching attribute.
    fn filter(&self, name: &str, value: &str) -> Result<Filter> {
        let path = AttributePath::parse(name)?;
        let (vr, level) = self.attribute(&path, name)?;
        let fixed = match path.tags() {
            [tags::STUDY_INSTANCE_UID] => self.resource.study().is_some(),
            [tags::SERIES_INSTANCE_UID] => self.resource.series().is_some(),
            _ => false,
        };
        if fixed {
            return Err(duplicate(name));
        }
        let keys = self.keys(vr, value).map_err(|e| e.with_parameter(name))?;
        Ok(Filter { path, vr, level, keys })
    }

    /// The representation and the level of an attribute that may be matched here.
    fn attribute(&self, path: &AttributePath, name: &str) -> Result<(VR, Level)> {
        let unsupported = |detail: &'static str| {
            Err(Error::new(ErrorKind::UnsupportedParameter, detail).with_parameter(name))
        };
        let custom = self.custom.iter().find(|c| c.path == *path);
        let (vr, level) = match custom {
            Some(custom) => (custom.vr, custom.level),
            None => (path.vr(), level_of(path.first())),
        };
        if custom.is_none() {
            if path.is_nested() && !self.rules.nested {
                return unsupported("attributes inside of sequences are not searched");
            }
            if !self.rules.any_attribute
                && (path.is_nested() || !filter_attributes(level).contains(&path.first()))
            {
                return unsupported("the attribute is not searched");
            }
            if !self.rules.any_attribute && path.first() == tags::TIMEZONE_OFFSET_FROM_UTC {
                return unsupported("the attribute is not searched");
            }
        }
        if level > self.resource.level() {
            return unsupported("the attribute describes less than an answer of this resource");
        }
        let above = match level {
            Level::Study => self.resource.study().is_some(),
            Level::Series => self.resource.series().is_some(),
            Level::Instance => false,
        };
        if above && !self.rules.parent_attributes {
            return unsupported("the attribute describes what the URL names already");
        }
        Ok((vr, level))
    }

    /// Reads the value of a matching attribute.
    fn keys(&self, vr: VR, value: &str) -> Result<Vec<Key>> {
        if self.empty && value == "\"\"" {
            return Ok(vec![Key::Empty]);
        }
        let star = self.rules.wildcards && !value.is_empty() && value.bytes().all(|b| b == b'*');
        if value.trim().is_empty() || star {
            if !self.rules.universal {
                return Err(Error::new(ErrorKind::UnsupportedMatching, "an empty value is not matched"));
            }
            return Ok(vec![Key::Universal]);
        }
        if vr == VR::UI {
            return self.list(value, &[',', '\\'], |uid| match uid::form(uid) {
                UidForm::Invalid => Err(invalid("wanted a UID of 1 to 64 digits, letters, dots and hyphens")),
                UidForm::Tolerated | UidForm::Standard => Ok(Key::Uid(uid.to_owned())),
            });
        }
        match vr {
            VR::DA => interval(value, |t| (t.len() == 8).then(|| date(t))?).map(|i| vec![Key::Interval(i)]),
            VR::TM => interval(value, time).map(|i| vec![Key::Interval(i)]),
            VR::DT => self.date_time(value).map(|i| vec![Key::Interval(i)]),
            VR::IS | VR::DS | VR::US | VR::SS | VR::UL | VR::SL | VR::UV | VR::SV | VR::FL | VR::FD => self
                .list(value, &['\\'], |number| {
                    let number = crate::value::decimal(number).filter(|n| n.is_finite());
                    number.map(Key::Number).ok_or_else(|| invalid("wanted a number"))
                }),
            VR::AT => self.list(value, &['\\', ','], |tag| {
                dictionary::parse_tag(tag).map(Key::Tag).ok_or_else(|| invalid("wanted a tag"))
            }),
            VR::PN => self.list(value, &['\\'], |name| self.name(name)),
            VR::ST | VR::LT | VR::UT | VR::UR => {
                Ok(vec![Key::Text(Pattern::text(value, self.rules.wildcards))])
            }
            vr if is_text(vr) || vr == VR::UN => {
                self.list(value, &['\\'], |text| Ok(Key::Text(Pattern::text(text, self.rules.wildcards))))
            }
            _ => Err(Error::new(
                ErrorKind::UnsupportedMatching,
                "only an empty value, which matches everything, is allowed for this representation",
            )),
        }
    }

    /// Splits a list where the rules allow one.
    fn list(&self, value: &str, separators: &[char], read: impl Fn(&str) -> Result<Key>) -> Result<Vec<Key>> {
        if !self.rules.lists {
            return Ok(vec![read(value)?]);
        }
        let mut keys = Vec::new();
        for part in value.split(separators).map(str::trim).filter(|p| !p.is_empty()) {
            if keys.len() >= MOST_VALUES {
                return Err(invalid("too many values"));
            }
            keys.push(read(part)?);
        }
        if keys.is_empty() { Err(invalid("wanted a value")) } else { Ok(keys) }
    }

    fn name(&self, value: &str) -> Result<Key> {
        if !self.fuzzy {
            return Ok(Key::Name(NamePattern::parse(value, self.rules.wildcards)));
        }
        if value.contains('"') {
            return Err(invalid("a quotation mark in a value for fuzzy matching"));
        }
        // Every word is a prefix already, so that a wildcard at its end says nothing more.
        let wanted: Vec<String> = super::words(&value.replace('*', " ")).collect();
        if wanted.is_empty() { Err(invalid("wanted a word")) } else { Ok(Key::Words(wanted)) }
    }

    /// A date-time or a range of them. A hyphen may also stand before an offset, so that the split with a meaning is taken.
    fn date_time(&self, value: &str) -> Result<Interval> {
        let read = |text: &str| {
            let found = date_time(text)?;
            (self.rules.offsets || found.offset.is_none()).then_some(found.interval)
        };
        for (at, _) in value.match_indices('-') {
            let (from, to) = (value.get(..at).unwrap_or_default(), value.get(at + 1..).unwrap_or_default());
            if let Some(found) = range(from, to, &read).filter(|i| i.first <= i.last) {
                return Ok(found);
            }
        }
        read(value).ok_or_else(|| invalid("wanted a date-time YYYYMMDDHHMMSS.FFFFFF or a range of them"))
    }

    /// Reads `includefield`.
    fn fields(&self, value: &str, fields: &mut Fields) -> Result<()> {
        for name in value.split(',').map(str::trim) {
            if name == "all" {
                fields.all = true;
                continue;
            }
            if fields.paths.len() >= MOST_VALUES {
                return Err(invalid("too many fields").with_parameter("includefield"));
            }
            let Ok(path) = AttributePath::parse(name) else {
                let detail = "wanted all, the keyword of an attribute or a tag of 8 hexadecimal digits";
                return Err(Error::new(ErrorKind::UnknownAttribute, detail).with_parameter("includefield"));
            };
            if path.is_nested() && !self.rules.nested {
                let detail = "attributes inside of sequences are not included by themselves";
                return Err(
                    Error::new(ErrorKind::UnsupportedParameter, detail).with_parameter("includefield")
                );
            }
            if !fields.paths.contains(&path) {
                fields.paths.push(path);
            }
        }
        Ok(())
    }

    /// Reads `orderby`: attributes with an optional hyphen, separated by commas.
    fn order(&self, value: &str, order: &mut Vec<Order>) -> Result<()> {
        for text in value.split(',').map(str::trim) {
            let (name, descending) = match text.strip_prefix('-') {
                Some(name) => (name, true),
                None => (text.strip_prefix('+').unwrap_or(text), false),
            };
            let path = AttributePath::parse(name).map_err(|e| e.with_parameter("orderby"))?;
            let (vr, _) = self.attribute(&path, "orderby")?;
            if order.len() >= 16 {
                return Err(invalid("too many criteria").with_parameter("orderby"));
            }
            order.push(Order { path, vr, descending });
        }
        Ok(())
    }
}

/// Reads a value or a range with a hyphen; either end of a range may be open.
fn interval(value: &str, read: impl Fn(&str) -> Option<Interval>) -> Result<Interval> {
    let found = match value.split_once('-') {
        Some((from, to)) => range(from, to, &read),
        None => read(value),
    };
    let Some(found) = found else {
        return Err(invalid(
            "wanted a date YYYYMMDD or a time HHMMSS.FFFFFF, or a range of them with a hyphen",
        ));
    };
    if found.first > found.last {
        return Err(invalid("the range ends before it begins"));
    }
    Ok(found)
}

fn range(from: &str, to: &str, read: &impl Fn(&str) -> Option<Interval>) -> Option<Interval> {
    let (from, to) = (from.trim(), to.trim());
    if from.is_empty() && to.is_empty() {
        return None;
    }
    let first = if from.is_empty() { i64::MIN } else { read(from)?.first };
    let last = if to.is_empty() { i64::MAX } else { read(to)?.last };
    Some(Interval { first, last })
}

fn limit(value: &str, rules: &Rules) -> Result<(u32, bool)> {
    let wanted: u64 = number("limit", value)?;
    match u32::try_from(wanted).ok().filter(|n| *n <= rules.max_limit) {
        Some(0) if !rules.lower_limit => Err(invalid("wanted a limit of at least 1").with_parameter("limit")),
        Some(limit) => Ok((limit, false)),
        None if rules.lower_limit => Ok((rules.max_limit, true)),
        None => {
            let detail = format!("wanted a limit of at most {}", rules.max_limit);
            Err(Error::new(ErrorKind::InvalidParameter, detail).with_parameter("limit"))
        }
    }
}

fn number(name: &str, value: &str) -> Result<u64> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    match value.parse().ok().filter(|_| digits) {
        Some(number) => Ok(number),
        None => Err(invalid("wanted a number of at least 0").with_parameter(name)),
    }
}

fn boolean(name: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(invalid("wanted true or false").with_parameter(name)),
    }
}

fn invalid(detail: &'static str) -> Error {
    Error::new(ErrorKind::InvalidParameter, detail)
}

fn duplicate(name: &str) -> Error {
    Error::new(ErrorKind::DuplicateParameter, "the parameter is given already").with_parameter(name)
}

fn not_encoded(name: &str) -> Error {
    Error::new(ErrorKind::InvalidParameter, "wanted percent-encoded UTF-8").with_parameter(name)
}

/// Decodes a part of a query string; none where it is not percent-encoded UTF-8. A plus sign is a space, as forms write it.
pub(crate) fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|b| matches!(b, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'+' => b' ',
            b'%' => {
                let digit = |b: Option<u8>| char::from(b?).to_digit(16).and_then(|d| u8::try_from(d).ok());
                (digit(bytes.next())? << 4) | digit(bytes.next())?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// Tags of an attribute that stand for more than the data set has are answered from elsewhere.
pub(super) const fn is_computed(tag: Tag) -> bool {
    matches!(
        tag,
        tags::MODALITIES_IN_STUDY
            | tags::NUMBER_OF_STUDY_RELATED_SERIES
            | tags::NUMBER_OF_STUDY_RELATED_INSTANCES
            | tags::NUMBER_OF_SERIES_RELATED_INSTANCES
            | tags::RETRIEVE_URL
            | tags::INSTANCE_AVAILABILITY
    )
}
