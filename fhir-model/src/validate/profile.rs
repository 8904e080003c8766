//! What profiles ask for, as far as it can be said without slicing: how often elements stand, fixed values,
//! patterns, least and greatest values, lengths (<https://hl7.org/fhir/R4/profiling.html>).
//!
//! Slices, the terminology and the invariants of profiles are not looked at.

use super::issue::{Issue, Rule};
use super::validator::{Check, Issues};
use crate::element::{Element, JsonElement};
use crate::error::{Error, ErrorKind};
use crate::json::{Node, Value};
use crate::primitive::{date, decimal};
use crate::schema::{PrimitiveKind, Schema, TypeDef};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Profiles by their canonical URLs: a further check for a [`Validator`](super::Validator). A resource is held to
/// the profiles that its `meta.profile` names, or to one that the caller demands.
///
/// Held are, for elements outside of slices: cardinality, `fixed[x]`, `pattern[x]`, `minValue[x]`, `maxValue[x]` and
/// `maxLength`; of a base profile as well if it was added. Profiles that were not added are passed over.
///
/// ```
/// # #[cfg(feature = "r4-schema")] {
/// use hygea_fhir_model::{json::Document, schema::{Schema, Version}, validate::{Profiles, Validator}};
///
/// let definition = br#"{"resourceType": "StructureDefinition", "url": "http://clinic.test/born", "type": "Patient",
///     "differential": {"element": [{"path": "Patient.birthDate", "min": 1}]}}"#;
/// let mut profiles = Profiles::new();
/// profiles.add(Document::parse(definition).unwrap().root()).unwrap();
///
/// let json = br#"{"resourceType": "Patient", "meta": {"profile": ["http://clinic.test/born"]}}"#;
/// let validator = Validator::new(Schema::of(Version::R4).unwrap()).check(&profiles);
/// let issues = validator.validate(&Document::parse(json).unwrap());
/// assert_eq!(issues[0].to_string(), "Patient.birthDate stands at least 1 times in http://clinic.test/born, at Patient.birthDate, line 1, column 1 (byte 0)");
/// # }
/// ```
#[derive(Default)]
pub struct Profiles {
    by_url: HashMap<String, Profile>,
    demanded: Vec<String>,
    complete: Vec<String>,
    now: Option<date::PartialDateTime>,
}

/// The URL of a profile, and the time.
type Of<'p> = (&'p str, Option<date::PartialDateTime>);

/// What one definition asks for.
struct Profile {
    definition: String,
    base: Option<String>,
    rules: Vec<ElementRule>,
}

struct ElementRule {
    /// The names below the type; empty for the type itself.
    path: Vec<String>,
    min: u64,
    max: Option<u64>,
    fixed: Option<Value>,
    pattern: Option<Value>,
    least: Option<Value>,
    greatest: Option<Value>,
    max_length: Option<u64>,
}

impl Profiles {
    /// No profiles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a StructureDefinition of any version. The snapshot is read where there is one, otherwise the differential.
    ///
    /// # Errors
    /// [`WrongType`](ErrorKind::WrongType) or [`MissingElement`](ErrorKind::MissingElement) if it is none, or has no url.
    pub fn add(&mut self, definition: Node<'_>) -> Result<(), Error> {
        let text = |name| definition.get(name).and_then(Node::as_str);
        if text("resourceType") != Some("StructureDefinition") {
            let detail = "a profile is a StructureDefinition";
            return Err(Error::new(
                ErrorKind::WrongType,
                "resourceType",
                Some(definition.position()),
                detail,
            ));
        }
        let Some(url) = text("url") else {
            let detail = "a profile has a url";
            let position = Some(definition.position());
            return Err(Error::new(ErrorKind::MissingElement, "StructureDefinition.url", position, detail));
        };
        let type_name = text("type").or_else(|| text("constrainedType")).unwrap_or_default();
        let elements = ["snapshot", "differential"]
            .iter()
            .find_map(|view| definition.get(view)?.get("element").filter(|elements| elements.is_array()));
        let rules = elements.into_iter().flat_map(Node::items).filter_map(ElementRule::of).collect();
        let base = text("baseDefinition").or_else(|| text("base")).map(str::to_owned);
        self.by_url.insert(url.to_owned(), Profile { definition: type_name.to_owned(), base, rules });
        Ok(())
    }

    /// Holds every outermost resource to this profile, whatever it says itself.
    pub fn demand(&mut self, url: impl Into<String>) {
        self.demanded.push(url.into());
    }

    /// Says that all extensions whose URLs start with `prefix` were added: others of that prefix are errors.
    pub fn complete(&mut self, prefix: impl Into<String>) {
        self.complete.push(prefix.into());
    }

    /// Sets the time from which `minValueDuration` counts back and `maxValueDuration` ahead; without it they are
    /// passed over.
    pub fn set_now(&mut self, now: date::PartialDateTime) {
        self.now = Some(now);
    }

    /// Whether a profile of that canonical URL was added; a version behind `|` is not looked at.
    #[must_use]
    pub fn contains(&self, url: &str) -> bool {
        self.profile(url).is_some()
    }

    fn profile(&self, url: &str) -> Option<&Profile> {
        self.by_url.get(url.split('|').next().unwrap_or(url))
    }

    fn resource(&self, element: JsonElement<'_>, path: &str, demanded: bool, issues: &mut Issues) {
        let meta = element.node().and_then(|node| node.get("meta")?.get("profile"));
        let claimed = meta.into_iter().flat_map(Node::items).filter_map(Node::as_str);
        let demanded = self.demanded.iter().map(String::as_str).filter(|_| demanded);
        let mut seen = HashSet::new();
        for url in claimed.chain(demanded) {
            let mut next = Some(url);
            while let Some(url) = next.filter(|url| seen.insert(*url)) {
                let Some(profile) = self.profile(url) else { break };
                profile.check((url, self.now), element, path, issues);
                next = profile.base.as_deref();
            }
        }
        self.inside(element, path, 0, issues);
    }

    /// Resources inside this one, and extensions.
    fn inside(&self, element: JsonElement<'_>, path: &str, depth: usize, issues: &mut Issues) {
        if depth > 500 || issues.is_full() {
            return;
        }
        let (mut last, mut count) = ("", 0);
        element.for_each(&mut |name, child| {
            count = if name == last { count + 1 } else { 0 };
            last = name;
            let Some(definition) = child.definition().filter(|definition| definition.primitive().is_none())
            else {
                if !self.complete.is_empty() && child.extra().is_some() {
                    self.inside(child, &step(path, element, name, count), depth + 1, issues);
                }
                return;
            };
            if definition.is_resource() {
                return self.resource(child, &step(path, element, name, count), false, issues);
            }
            if definition.name() == "Extension" {
                self.extension(child, &|| step(path, element, name, count), issues);
            }
            self.inside(child, &step(path, element, name, count), depth + 1, issues);
        });
    }

    fn extension(&self, element: JsonElement<'_>, path: &dyn Fn() -> String, issues: &mut Issues) {
        let Some(node) = element.node() else { return };
        let url = node.get("url").and_then(Node::as_str).unwrap_or_default();
        let lost = self.complete.iter().any(|prefix| url.starts_with(prefix.as_str())) && !self.contains(url);
        if lost {
            let detail = "no extension of this url is defined";
            issues.push(Issue::new(
                ErrorKind::UnknownElement,
                Rule::Profile,
                path(),
                node.span().start,
                detail,
            ));
        }
    }
}

impl Check for Profiles {
    fn check(&self, resource: Node<'_>, schema: &'static Schema, issues: &mut Issues) {
        let element = JsonElement::resource(resource, schema);
        if let Some(definition) = element.definition() {
            self.resource(element, definition.name(), true, issues);
        }
    }
}

impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles").field("profiles", &self.by_url.len()).finish_non_exhaustive()
    }
}

fn step(path: &str, element: JsonElement<'_>, name: &str, index: usize) -> String {
    let is_list = element
        .definition()
        .and_then(|definition| definition.field(name))
        .is_some_and(|field| field.is_list());
    if is_list { format!("{path}.{name}[{index}]") } else { format!("{path}.{name}") }
}

impl Profile {
    fn check(&self, of: Of<'_>, element: JsonElement<'_>, path: &str, issues: &mut Issues) {
        if element.definition().is_none_or(|definition| definition.name() != self.definition) {
            return;
        }
        for rule in self.rules.iter().filter(|rule| !rule.path.is_empty()) {
            rule.below(&rule.path, of, element, path, issues);
        }
    }
}

impl ElementRule {
    /// The rule of an ElementDefinition; nothing if it asks for nothing, or is one of a slice.
    fn of(definition: Node<'_>) -> Option<Self> {
        let text = |name: &str| definition.get(name).and_then(Node::as_str);
        let is_slice = text("id").is_some_and(|id| id.contains(':'))
            || definition.get("sliceName").is_some()
            || definition.get("name").is_some();
        if is_slice {
            return None;
        }
        let mut path = text("path")?.split('.');
        path.next()?;
        let number =
            |name: &str| definition.get(name).and_then(Node::as_i64).map(|number| number.unsigned_abs());
        let value = |prefix: &str| {
            let found = definition.members().find(|(name, _)| name.starts_with(prefix));
            found.map(|(_, value)| value.to_value())
        };
        let rule = Self {
            path: path.map(|name| name.trim_end_matches("[x]").to_owned()).collect(),
            min: number("min").unwrap_or_default(),
            max: text("max").and_then(|max| max.parse().ok()),
            fixed: value("fixed"),
            pattern: value("pattern"),
            least: value("minValue"),
            greatest: value("maxValue"),
            max_length: number("maxLength"),
        };
        let asks = rule.min > 0
            || rule.max.is_some()
            || rule.fixed.is_some()
            || rule.pattern.is_some()
            || rule.least.is_some()
            || rule.greatest.is_some()
            || rule.max_length.is_some();
        asks.then_some(rule)
    }

    fn below(&self, path: &[String], of: Of<'_>, element: JsonElement<'_>, place: &str, issues: &mut Issues) {
        let Some((name, rest)) = path.split_first() else { return };
        let children: Vec<JsonElement<'_>> = children(element, name);
        if rest.is_empty() {
            self.count(children.len() as u64, name, of.0, element, place, issues);
        }
        let is_list =
            element.definition().and_then(|own| own.field(name)).is_some_and(|field| field.is_list());
        for (index, child) in children.into_iter().enumerate() {
            if issues.is_full() {
                return;
            }
            let place = if is_list { format!("{place}.{name}[{index}]") } else { format!("{place}.{name}") };
            if rest.is_empty() {
                self.value(of, child, &place, issues);
            } else if child.definition().is_none_or(|definition| !definition.is_resource()) {
                self.below(rest, of, child, &place, issues);
            }
        }
    }

    fn count(
        &self,
        count: u64,
        name: &str,
        url: &str,
        holder: JsonElement<'_>,
        place: &str,
        issues: &mut Issues,
    ) {
        let holder = holder.node().or_else(|| holder.extra()).map_or(0, |node| node.span().start);
        let path = self.path.join(".");
        let mut tell = |kind, detail| {
            issues.push(Issue::new(kind, Rule::Profile, format!("{place}.{name}"), holder, detail));
        };
        let root = place.split(['.', '[']).next().unwrap_or(place);
        if count < self.min {
            let detail = format!("{root}.{path} stands at least {} times in {url}", self.min);
            tell(ErrorKind::MissingElement, detail);
        }
        if let Some(max) = self.max.filter(|max| count > *max) {
            tell(ErrorKind::TooMany, format!("{root}.{path} stands at most {max} times in {url}"));
        }
    }

    fn value(&self, (url, now): Of<'_>, element: JsonElement<'_>, place: &str, issues: &mut Issues) {
        let Some(node) = element.node() else { return };
        let mut tell = |what: &str| {
            let detail = format!("{what} in {url}");
            let offset = node.span().start;
            issues.push(Issue::new(ErrorKind::InvalidPrimitive, Rule::Profile, place, offset, detail));
        };
        if self.fixed.as_ref().is_some_and(|fixed| !is_equal(node, fixed)) {
            tell("the value is fixed");
        }
        if self.pattern.as_ref().is_some_and(|pattern| !has_pattern(node, pattern)) {
            tell("the value must match the pattern");
        }
        let kind = element.definition();
        let is = |bound: &Value, sign, order| {
            let found = match distance(node, bound, kind, now, sign) {
                None => compare(node, bound, kind),
                found => found,
            };
            found == Some(order)
        };
        if self.least.as_ref().is_some_and(|least| is(least, -1, Ordering::Less)) {
            tell("the value is less than the least");
        }
        if self.greatest.as_ref().is_some_and(|greatest| is(greatest, 1, Ordering::Greater)) {
            tell("the value is greater than the greatest");
        }
        let length = || node.as_str().map_or(0, |text| text.chars().count() as u64);
        if self.max_length.is_some_and(|max| length() > max) {
            tell("the text is longer than the longest");
        }
    }
}

/// The children of a name, which may be that of a choice with its type.
fn children<'d>(element: JsonElement<'d>, name: &str) -> Vec<JsonElement<'d>> {
    let named = element.definition().and_then(|definition| definition.field_for_json(name));
    match named {
        Some((field, choice)) if field.is_choice() => {
            element.children_in(name, choice.definition()).collect()
        }
        _ => element.children(name).collect(),
    }
}

/// Whether a value is exactly another one, the order of members aside.
fn is_equal(node: Node<'_>, value: &Value) -> bool {
    match value {
        Value::Array(items) => {
            node.len() == items.len() && node.items().zip(items).all(|(node, item)| is_equal(node, item))
        }
        Value::Object(object) => {
            node.is_object()
                && node.len() == object.len()
                && object.iter().all(|(name, value)| node.get(name).is_some_and(|node| is_equal(node, value)))
        }
        other => is_same_scalar(node, other),
    }
}

/// Whether a value has all that a pattern has.
fn has_pattern(node: Node<'_>, pattern: &Value) -> bool {
    match pattern {
        Value::Array(items) => {
            items.iter().all(|item| node.items_or_self().any(|node| has_pattern(node, item)))
        }
        Value::Object(object) => {
            object.iter().all(|(name, value)| node.get(name).is_some_and(|node| has_pattern(node, value)))
        }
        other => is_same_scalar(node, other),
    }
}

fn is_same_scalar(node: Node<'_>, value: &Value) -> bool {
    match value {
        Value::Null => node.is_null(),
        Value::Bool(value) => node.as_bool() == Some(*value),
        Value::Number(text) => {
            node.as_number().is_some_and(|number| decimal::compare(number, text) == Some(Ordering::Equal))
        }
        Value::String(text) => node.as_str() == Some(text),
        _ => false,
    }
}

/// The order of a value and a bound of its kind; nothing if they cannot be compared.
fn compare(node: Node<'_>, bound: &Value, kind: Option<&'static TypeDef>) -> Option<Ordering> {
    use PrimitiveKind as P;
    match (bound, kind.and_then(TypeDef::primitive)) {
        (Value::Number(bound), _) => decimal::compare(node.as_number()?, bound),
        (Value::String(bound), Some(P::Time)) => {
            Some(date::parse_time(node.as_str()?)?.range().cmp(&date::parse_time(bound)?.range()))
        }
        (Value::String(bound), Some(P::Date | P::DateTime | P::Instant)) => {
            let (low, high) = date::parse(node.as_str()?)?.range(0);
            let (least, greatest) = date::parse(bound)?.range(0);
            // A value of less precision than the bound may lie on either side.
            if high <= least {
                Some(Ordering::Less)
            } else if low >= greatest {
                Some(Ordering::Greater)
            } else {
                None
            }
        }
        (Value::Object(bound), _) => {
            let unit = |name: &str| node.get(name).and_then(Node::as_str);
            let same =
                ["system", "code"].iter().all(|name| unit(name) == bound.get(name).and_then(Value::as_str));
            let Value::Number(bound) = bound.get("value").filter(|_| same)? else { return None };
            decimal::compare(node.get("value")?.as_number()?, bound)
        }
        _ => None,
    }
}

/// The order of a date and a bound that is a duration from now; nothing if it is none.
fn distance(
    node: Node<'_>,
    bound: &Value,
    kind: Option<&'static TypeDef>,
    now: Option<date::PartialDateTime>,
    sign: i64,
) -> Option<Ordering> {
    use PrimitiveKind as P;
    let dated = matches!(kind.and_then(TypeDef::primitive), Some(P::Date | P::DateTime | P::Instant));
    let (now, Value::Number(amount)) = (now.filter(|_| dated)?, bound.get("value")?) else { return None };
    let amount = amount.parse::<i64>().ok()?.checked_mul(sign)?;
    let start = now.start(0);
    let bound = match bound.get("code")?.as_str()? {
        "a" => months_after(now, amount.checked_mul(12)?)?,
        "mo" => months_after(now, amount)?,
        unit => {
            let length = match unit {
                "wk" => date::DAY * 7,
                "d" => date::DAY,
                "h" => date::DAY / 24,
                "min" => date::DAY / 1440,
                "s" => date::DAY / 86_400,
                _ => return None,
            };
            start.checked_add(length.checked_mul(amount)?)?
        }
    };
    let (low, high) = date::parse(node.as_str()?)?.range(0);
    Some(if high <= bound {
        Ordering::Less
    } else if low > bound {
        Ordering::Greater
    } else {
        Ordering::Equal
    })
}

/// The start of the day so many months after another.
fn months_after(now: date::PartialDateTime, months: i64) -> Option<i64> {
    let month = (i64::from(now.year()) * 12 + i64::from(now.month()) - 1).checked_add(months)?;
    let (year, month) =
        (i32::try_from(month.div_euclid(12)).ok()?, u8::try_from(month.rem_euclid(12) + 1).ok()?);
    let last = date::days_in_month(u16::try_from(year).ok()?, month);
    date::days_since_epoch(year, month, now.day().min(last)).checked_mul(date::DAY)
}
