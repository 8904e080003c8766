//! What the properties of each kind may be (section a.3), as tables that one checker walks.
//!
//! A body is checked whole, so that one answer lists every fault. What is kept is what was set: known members under
//! their usual spelling, read-only members and nulls dropped, free JSON untouched. An unknown member is refused,
//! since a setting that silently has no effect is worse than an error.

mod rules;
mod tables;

use crate::ResourceId;
use crate::json::Json;
use crate::kind::Kind;
use crate::location::Location;

pub(crate) use tables::{FHIR_VARIANTS, table};

/// One member of an object.
pub(crate) struct Property {
    pub(crate) name: &'static str,
    shape: Shape,
    pub(crate) rule: Rule,
}

/// When a member may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Optional,
    Required,
    /// Sent back by callers that read before they write: dropped.
    ReadOnly,
    /// Fixed when the resource is created.
    CreateOnly,
}

/// What a member's value must be.
enum Shape {
    /// Text of at most so many characters, not empty.
    Text(usize),
    /// An absolute URL: https, or http on the loopback.
    Url,
    /// The URL of one version of a key.
    KeyUrl,
    Bool,
    Integer(i64, i64),
    /// One of some words, without regard to case.
    OneOf(&'static [&'static str]),
    /// The id of a resource of this kind, or of any resource.
    Id(Option<Kind>),
    Object(&'static [Property]),
    List(&'static Self, usize),
    /// Values of one shape under free names.
    Map(&'static Self, usize),
    /// A mapping, whose `templateType` is one of some words: kept as it is.
    Mapping(&'static [&'static str]),
}

/// One thing wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) code: &'static str,
    pub(crate) target: String,
    pub(crate) message: String,
}

/// An answer lists at most this many faults.
const MAX_DETAILS: usize = 50;

/// Everything wrong with a body.
#[derive(Debug, Default)]
pub(crate) struct Report(pub(crate) Vec<Detail>);

impl Report {
    pub(crate) fn add(&mut self, code: &'static str, target: &str, message: impl Into<String>) {
        if self.0.len() < MAX_DETAILS {
            self.0.push(Detail { code, target: target.to_owned(), message: message.into() });
        }
    }

    fn wrong(&mut self, target: &str, message: impl Into<String>) {
        self.add("InvalidPropertyValue", target, message);
    }
}

/// Limits of the rules that are settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) smart_applications: usize,
}

/// Checks the properties of a body against the table of the kind and the rules between members. Returns what to keep.
pub(crate) fn check(kind: Kind, properties: Option<&Json>, bounds: Bounds, report: &mut Report) -> Json {
    let empty = Json::Object(Vec::new());
    let properties = properties.filter(|value| !value.is_null()).unwrap_or(&empty);
    let kept = object(table(kind), properties, "properties", report);
    rules::check(kind, &kept, bounds, report);
    kept
}

fn object(table: &'static [Property], value: &Json, path: &str, report: &mut Report) -> Json {
    let Json::Object(members) = value else {
        report.wrong(path, format!("expected an object, found a {}", value.type_name()));
        return Json::Object(Vec::new());
    };
    let mut kept: Vec<(String, Json)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        let Some(property) = table.iter().find(|property| property.name.eq_ignore_ascii_case(name)) else {
            report.add("InvalidRequestContent", &join(path, name), "the member is not known");
            continue;
        };
        if value.is_null() || property.rule == Rule::ReadOnly {
            continue;
        }
        let path = join(path, property.name);
        if kept.iter().any(|(known, _)| known == property.name) {
            report.add("InvalidRequestContent", &path, "the member occurs twice");
            continue;
        }
        if let Some(value) = shape(&property.shape, value, &path, report) {
            kept.push((property.name.to_owned(), value));
        }
    }
    for property in table.iter().filter(|property| property.rule == Rule::Required) {
        let present =
            |(name, value): &(String, Json)| name.eq_ignore_ascii_case(property.name) && !value.is_null();
        if !members.iter().any(present) {
            report.add("InvalidRequestContent", &join(path, property.name), "the member is required");
        }
    }
    Json::Object(kept)
}

/// The value to keep, or `None` after reporting what is wrong with it.
fn shape(shape: &'static Shape, value: &Json, path: &str, report: &mut Report) -> Option<Json> {
    let checked = match shape {
        Shape::Text(most) => text(value, *most).map(Json::from),
        Shape::Url => text(value, 2048).and_then(|text| match is_url(text) {
            true => Ok(Json::from(text)),
            false => Err("expected an absolute https URL (http on the loopback)".to_owned()),
        }),
        Shape::KeyUrl => text(value, 2048).and_then(|text| match is_key_url(text) {
            true => Ok(Json::from(text)),
            false => {
                Err("expected https://{vault}/keys/{name}/{version}, vault and key name up to 94 characters"
                    .to_owned())
            }
        }),
        Shape::Bool => boolean(value).map(Json::from).ok_or_else(|| expected("true or false", value)),
        Shape::Integer(least, most) => value
            .as_i64()
            .filter(|number| (*least..=*most).contains(number))
            .map(Json::from)
            .ok_or_else(|| format!("expected a whole number from {least} to {most}")),
        Shape::OneOf(words) => value
            .as_str()
            .and_then(|text| words.iter().find(|word| word.eq_ignore_ascii_case(text)))
            .map(|word| Json::from(*word))
            .ok_or_else(|| format!("expected one of {}", words.join(", "))),
        Shape::Id(kind) => text(value, 2048).and_then(|text| {
            let id = ResourceId::parse(text).ok().filter(|id| kind.is_none() || id.kind() == *kind);
            // Kept as it was sent, with or without the first slash.
            id.map(|_| Json::from(text)).ok_or_else(|| match kind {
                Some(kind) => format!("expected the id of a {kind}"),
                None => "expected the id of a resource".to_owned(),
            })
        }),
        Shape::Object(table) => {
            return value.members_or(path, report).map(|value| object(table, value, path, report));
        }
        Shape::List(element, most) => return list(element, *most, value, path, report),
        Shape::Map(element, most) => return map(element, *most, value, path, report),
        Shape::Mapping(types) => mapping(types, value),
    };
    match checked {
        Ok(value) => Some(value),
        Err(message) => {
            report.wrong(path, message);
            None
        }
    }
}

impl Json {
    /// This value if it is an object; reports it otherwise.
    fn members_or(&self, path: &str, report: &mut Report) -> Option<&Self> {
        if matches!(self, Self::Object(_)) {
            return Some(self);
        }
        report.wrong(path, expected("an object", self));
        None
    }
}

fn list(element: &'static Shape, most: usize, value: &Json, path: &str, report: &mut Report) -> Option<Json> {
    let Json::Array(elements) = value else {
        report.wrong(path, expected("an array", value));
        return None;
    };
    if elements.len() > most {
        report.wrong(path, format!("expected at most {most} elements"));
        return None;
    }
    let kept = elements
        .iter()
        .enumerate()
        .filter_map(|(index, value)| shape(element, value, &format!("{path}[{index}]"), report));
    Some(Json::Array(kept.collect()))
}

fn map(element: &'static Shape, most: usize, value: &Json, path: &str, report: &mut Report) -> Option<Json> {
    let members = value.members_or(path, report)?.members();
    if members.len() > most {
        report.wrong(path, format!("expected at most {most} members"));
        return None;
    }
    let kept = members
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), shape(element, value, &join(path, name), report)?)));
    Some(Json::Object(kept.collect()))
}

fn mapping(types: &[&str], value: &Json) -> Result<Json, String> {
    if !matches!(value, Json::Object(_)) {
        return Err(expected("an object", value));
    }
    let member = |wanted: &str| {
        let mut members = value.members().iter();
        members.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    match (member("templateType"), member("template")) {
        // A connector may be created before its mapping is written.
        (None, None) => Ok(value.clone()),
        (Some(name), Some(Json::Array(_)))
            if name
                .as_str()
                .is_some_and(|name| types.iter().any(|known| known.eq_ignore_ascii_case(name))) =>
        {
            Ok(value.clone())
        }
        _ => Err(format!("expected templateType {} and an array template", types.join(" or "))),
    }
}

fn text(value: &Json, most: usize) -> Result<&str, String> {
    let text = value.as_str().ok_or_else(|| expected("a string", value))?;
    if text.is_empty() || text.chars().count() > most {
        return Err(format!("expected a string of 1 to {most} characters"));
    }
    Ok(text)
}

/// Templates pass booleans as strings now and then.
fn boolean(value: &Json) -> Option<bool> {
    value.as_bool().or_else(|| match value.as_str()? {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
}

fn expected(wanted: &str, found: &Json) -> String {
    format!("expected {wanted}, found {}", found.type_name())
}

fn join(path: &str, name: &str) -> String {
    let name = match name.char_indices().nth(64) {
        Some((end, _)) => name.get(..end).unwrap_or_default(),
        None => name,
    };
    format!("{path}.{name}")
}

/// Whether this is an absolute URL with a host that may be asked for keys: https, or http on this machine.
pub(crate) fn is_url(text: &str) -> bool {
    let (secure, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
        _ => return false,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let loopback = matches!(host, "localhost" | "127.0.0.1" | "::1");
    !host.is_empty()
        && !authority.contains('@')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && (secure || loopback)
}

fn is_key_url(text: &str) -> bool {
    let Some((host, path)) = text.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let vault = host.split('.').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match parts.as_slice() {
        ["keys", name, version] => {
            is_url(text) && plain(vault) && plain(name) && plain(version) && vault.len() + name.len() <= 94
        }
        _ => false,
    }
}

/// Checks tags: at most 50, names up to 512 characters and unique without regard to case, values up to 256.
pub(crate) fn check_tags(tags: &Json, report: &mut Report) -> Option<Json> {
    let Json::Object(members) = tags else {
        if !tags.is_null() {
            report.add("InvalidRequestContent", "tags", expected("an object", tags));
        }
        return None;
    };
    if members.len() > 50 {
        report.add("InvalidTags", "tags", "expected at most 50 tags");
        return None;
    }
    for (index, (name, value)) in members.iter().enumerate() {
        let target = join("tags", name);
        let earlier = members.iter().take(index);
        if name.is_empty()
            || name.chars().count() > 512
            || name.contains(['<', '>', '%', '&', '\\', '?', '/'])
        {
            report.add(
                "InvalidTags",
                &target,
                "expected a name of 1 to 512 characters without < > % & \\ ? /",
            );
        } else if earlier.into_iter().any(|(other, _)| other.to_lowercase() == name.to_lowercase()) {
            report.add("InvalidTags", &target, "the tag occurs twice");
        }
        if value.as_str().is_none_or(|value| value.chars().count() > 256) {
            report.add("InvalidTags", &target, "expected a string of at most 256 characters");
        }
    }
    Some(tags.clone())
}

/// Checks a region name.
pub(crate) fn check_location(value: &Json, report: &mut Report) -> Option<Location> {
    let location = value.as_str().map(Location::parse);
    match location {
        Some(Ok(location)) => Some(location),
        Some(Err(_)) => {
            report.add(
                "LocationNotAvailableForResourceType",
                "location",
                "the location is neither an Azure region nor 'local'",
            );
            None
        }
        None => {
            report.add("InvalidRequestContent", "location", expected("a string", value));
            None
        }
    }
}
