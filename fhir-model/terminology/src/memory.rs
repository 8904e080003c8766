//! Answers from resources in memory (<https://hl7.org/fhir/R4/terminology-module.html>).

use crate::error::{Error, ErrorKind};
use crate::terminology::{Coding, Lookup, Subsumption, Terminology};
use crate::ucum::Unit;
use hygea_fhir_model::json::Node;
use hygea_fhir_model::schema::Schema;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Code systems and value sets that were given to it, and nothing else.
///
/// ```
/// use hygea_terminology::{Coding, MemoryTerminology, Subsumption, Terminology};
/// use hygea_fhir_model::json::Document;
///
/// let colours = Document::parse(br#"{"resourceType": "CodeSystem", "url": "http://example.org/colours",
///     "content": "complete", "concept": [{"code": "red", "concept": [{"code": "crimson"}]}, {"code": "blue"}]}"#)?;
/// let reds = Document::parse(br#"{"resourceType": "ValueSet", "url": "http://example.org/reds", "compose":
///     {"include": [{"system": "http://example.org/colours",
///         "filter": [{"property": "concept", "op": "is-a", "value": "red"}]}]}}"#)?;
/// let mut terminology = MemoryTerminology::new();
/// terminology.add(colours.root())?;
/// terminology.add(reds.root())?;
///
/// let coding = Coding::new("http://example.org/colours", "crimson");
/// assert!(terminology.contains("http://example.org/reds", &coding)?);
/// assert_eq!(terminology.subsumes("http://example.org/colours", "red", "crimson")?, Subsumption::Subsumes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct MemoryTerminology {
    systems: HashMap<String, CodeSystem>,
    value_sets: HashMap<String, ValueSet>,
}

struct CodeSystem {
    version: Option<String>,
    concepts: HashMap<String, Concept>,
    /// Whether `concepts` are all that there are.
    complete: bool,
    case_sensitive: bool,
}

#[derive(Default)]
struct Concept {
    display: Option<String>,
    definition: Option<String>,
    parents: Vec<String>,
    properties: Vec<(String, String)>,
    is_abstract: bool,
}

struct ValueSet {
    version: Option<String>,
    /// Whether it answers for every version that is asked for.
    any_version: bool,
    /// Whether the resource says what is in it.
    defined: bool,
    includes: Vec<Rule>,
    excludes: Vec<Rule>,
    /// System and code of every concept of the expansion, if the resource holds a whole one.
    expansion: Option<HashSet<(String, String)>>,
}

struct Rule {
    system: Option<String>,
    version: Option<String>,
    codes: HashSet<String>,
    filters: Vec<Filter>,
    value_sets: Vec<String>,
}

enum Filter {
    IsA(String),
    DescendantOf(String),
    Equal(String, String),
    /// One that is not known here: whatever depends on it has no answer.
    Unknown,
}

/// The deepest nesting of value sets in value sets, and of concepts in concepts.
const MAX_DEPTH: u32 = 64;
/// The most value sets that one question may visit: those that include each other twice are visited 2^depth times.
const MAX_VISITS: u32 = 10_000;
/// The units of measure, whose codes are read by their grammar.
const UCUM: &str = "http://unitsofmeasure.org";
/// Media types and languages, which are grammars too, and are bound to elements as a whole.
const MEDIA_TYPES: &str = "urn:ietf:bcp:13";
const LANGUAGES: &str = "urn:ietf:bcp:47";
/// The value sets that hold one of them whole.
const WHOLE_SYSTEMS: [(&str, &str); 3] = [
    ("http://hl7.org/fhir/ValueSet/ucum-units", UCUM),
    ("http://hl7.org/fhir/ValueSet/mimetypes", MEDIA_TYPES),
    ("http://hl7.org/fhir/ValueSet/all-languages", LANGUAGES),
];

impl MemoryTerminology {
    /// One that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a CodeSystem, a ValueSet, or those among the entries of a Bundle. One with the same URL is replaced.
    ///
    /// # Errors
    /// [`Content`](ErrorKind::Content) for another resource, one without URL, or one nested too deeply.
    pub fn add(&mut self, resource: Node<'_>) -> Result<(), Error> {
        match text(resource, "resourceType") {
            Some("CodeSystem") => self.add_system(resource),
            Some("ValueSet") => self.add_value_set(resource),
            Some("Bundle") => {
                for entry in list(resource, "entry").filter_map(|entry| entry.get("resource")) {
                    if matches!(text(entry, "resourceType"), Some("CodeSystem" | "ValueSet")) {
                        self.add(entry)?;
                    }
                }
                Ok(())
            }
            _ => Err(content("wanted a CodeSystem, a ValueSet or a Bundle")),
        }
    }

    /// Adds the value sets that elements of a version of FHIR are bound to, with the codes that the schema tables
    /// hold, and those of all units, media types and languages. They answer for whatever version a binding names.
    /// Value sets that are there already stay.
    ///
    /// ```
    /// use hygea_fhir_model::schema::Schema;
    /// use hygea_terminology::MemoryTerminology;
    ///
    /// # fn run(r4: &'static Schema) -> MemoryTerminology {
    /// let mut terminology = MemoryTerminology::new();
    /// terminology.add_bindings(r4);
    /// # terminology }
    /// ```
    pub fn add_bindings(&mut self, schema: &'static Schema) {
        let fields = schema.types().iter().flat_map(|definition| definition.fields());
        for binding in fields.filter_map(|field| field.binding()) {
            let (url, _) = bare(binding.value_set());
            if binding.codings().len() == 0 || self.value_sets.contains_key(url) {
                continue;
            }
            let codes = binding.codings().map(|(system, code)| (system.to_owned(), code.to_owned()));
            let value_set = ValueSet {
                version: None,
                any_version: true,
                defined: true,
                includes: Vec::new(),
                excludes: Vec::new(),
                expansion: Some(codes.collect()),
            };
            self.value_sets.insert(url.to_owned(), value_set);
        }
        for (url, system) in WHOLE_SYSTEMS {
            let rule = Rule {
                system: Some(system.to_owned()),
                version: None,
                codes: HashSet::new(),
                filters: Vec::new(),
                value_sets: Vec::new(),
            };
            self.value_sets.entry(url.to_owned()).or_insert_with(|| ValueSet {
                version: None,
                any_version: true,
                defined: true,
                includes: vec![rule],
                excludes: Vec::new(),
                expansion: None,
            });
        }
    }

    fn add_system(&mut self, resource: Node<'_>) -> Result<(), Error> {
        let url = text(resource, "url").ok_or_else(|| content("the CodeSystem has no url"))?;
        let mut system = CodeSystem {
            version: text(resource, "version").map(str::to_owned),
            concepts: HashMap::new(),
            complete: text(resource, "content") == Some("complete"),
            case_sensitive: resource.get("caseSensitive").and_then(Node::as_bool) != Some(false),
        };
        for concept in list(resource, "concept") {
            system.add(concept, None, 0)?;
        }
        self.systems.insert(url.to_owned(), system);
        Ok(())
    }

    fn add_value_set(&mut self, resource: Node<'_>) -> Result<(), Error> {
        let url = text(resource, "url").ok_or_else(|| content("the ValueSet has no url"))?;
        let rules = |name: &str| -> Vec<Rule> {
            resource
                .get("compose")
                .into_iter()
                .flat_map(|compose| list(compose, name))
                .map(Rule::read)
                .collect()
        };
        let mut value_set = ValueSet {
            version: text(resource, "version").map(str::to_owned),
            any_version: false,
            defined: resource.get("compose").is_some(),
            includes: rules("include"),
            excludes: rules("exclude"),
            expansion: None,
        };
        if let Some(expansion) = resource.get("expansion") {
            let mut codes = HashSet::new();
            collect_expansion(expansion, &mut codes, 0)?;
            let total = expansion.get("total").and_then(Node::as_i64);
            let whole = expansion.get("offset").is_none()
                && total.is_none_or(|total| usize::try_from(total).is_ok_and(|total| total <= codes.len()));
            value_set.expansion = whole.then_some(codes);
        }
        self.value_sets.insert(url.to_owned(), value_set);
        Ok(())
    }

    fn system(&self, url: &str) -> Result<&CodeSystem, Error> {
        self.systems.get(url).ok_or_else(|| {
            Error::new(ErrorKind::UnknownCodeSystem, None, format!("no code system '{url}' is known"))
        })
    }

    fn contains_at(
        &self,
        url: &str,
        coding: &Coding<'_>,
        depth: u32,
        visits: &Cell<u32>,
    ) -> Result<bool, Error> {
        visits.set(visits.get() + 1);
        if depth > MAX_DEPTH || visits.get() > MAX_VISITS {
            return Err(content("value sets include each other too deeply"));
        }
        let (name, version) = bare(url);
        let Some(value_set) = self.value_sets.get(name) else {
            return Err(unknown_value_set(format!("no value set '{url}' is known")));
        };
        if let Some(version) = version
            && !value_set.any_version
            && value_set.version.as_deref() != Some(version)
        {
            let detail = match &value_set.version {
                Some(own) => format!("the value set '{name}' is known in version '{own}', not '{version}'"),
                None => format!("the value set '{name}' is known without version, not in '{version}'"),
            };
            return Err(unknown_value_set(detail));
        }
        if let Some(expansion) = &value_set.expansion {
            return Ok(match coding.system {
                Some(system) => expansion.contains(&(system.to_owned(), coding.code.to_owned())),
                None => expansion.iter().any(|(_, code)| code == coding.code),
            });
        }
        if !value_set.defined {
            let detail = format!("the value set '{name}' has neither a definition nor a whole expansion");
            return Err(Error::new(ErrorKind::Unsupported, None, detail));
        }
        // A rule that cannot be answered matters only if no other one decides.
        let any = |rules: &[Rule]| {
            let mut open = None;
            for rule in rules {
                match self.matches(rule, coding, depth, visits) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(error) => open = Some(error),
                }
            }
            open.map_or(Ok(false), Err)
        };
        let included = any(&value_set.includes);
        if matches!(included, Ok(false)) {
            return Ok(false);
        }
        if any(&value_set.excludes)? {
            return Ok(false);
        }
        included
    }

    fn matches(
        &self,
        rule: &Rule,
        coding: &Coding<'_>,
        depth: u32,
        visits: &Cell<u32>,
    ) -> Result<bool, Error> {
        for value_set in &rule.value_sets {
            if !self.contains_at(value_set, coding, depth + 1, visits)? {
                return Ok(false);
            }
        }
        let Some(url) = &rule.system else { return Ok(!rule.value_sets.is_empty()) };
        if coding.system.is_some_and(|system| system != url) {
            return Ok(false);
        }
        if !rule.codes.is_empty() {
            let folds = self.systems.get(url).is_some_and(|system| !system.case_sensitive);
            return Ok(rule.codes.contains(coding.code)
                || folds && rule.codes.iter().any(|code| code.eq_ignore_ascii_case(coding.code)));
        }
        if rule.filters.is_empty()
            && let Some(found) = self.grammar(url, coding.code)
        {
            return Ok(found);
        }
        let system = self.system(url)?;
        if let (Some(wanted), Some(own)) = (&rule.version, &system.version)
            && wanted != own
        {
            let detail = format!("the code system '{url}' is known in version '{own}', not '{wanted}'");
            return Err(Error::new(ErrorKind::UnknownCodeSystem, None, detail));
        }
        let Some((code, concept)) = system.concept(coding.code) else {
            if system.complete {
                return Ok(false);
            }
            let detail = format!("the code system '{url}' is known in part only");
            return Err(Error::new(ErrorKind::UnknownCodeSystem, None, detail));
        };
        for filter in &rule.filters {
            let holds = match filter {
                Filter::IsA(wanted) => code == wanted || system.is_below(code, wanted),
                Filter::DescendantOf(wanted) => system.is_below(code, wanted),
                Filter::Equal(property, value) => {
                    concept.properties.iter().any(|(own, found)| own == property && found == value)
                }
                Filter::Unknown => {
                    let detail = "the value set has a filter other than is-a, descendent-of and =";
                    return Err(Error::new(ErrorKind::Unsupported, None, detail));
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl MemoryTerminology {
    /// Whether a code belongs to a system that is a grammar and not a list; nothing for other systems, and for
    /// one that was given as a resource.
    fn grammar(&self, system: &str, code: &str) -> Option<bool> {
        if self.systems.contains_key(system) {
            return None;
        }
        match system {
            UCUM => Some(Unit::parse(code).is_ok()),
            MEDIA_TYPES => Some(is_media_type(code)),
            LANGUAGES => Some(is_language(code)),
            _ => None,
        }
    }
}

impl Terminology for MemoryTerminology {
    fn contains(&self, value_set: &str, coding: &Coding<'_>) -> Result<bool, Error> {
        self.contains_at(value_set, coding, 0, &Cell::new(0))
    }

    fn subsumes(&self, system: &str, a: &str, b: &str) -> Result<Subsumption, Error> {
        let found = self.system(system)?;
        let known = |code: &str| {
            found.concept(code).map(|(code, _)| code).ok_or_else(|| {
                Error::new(
                    ErrorKind::UnknownCode,
                    None,
                    format!("the code system '{system}' has no such code"),
                )
            })
        };
        let (a, b) = (known(a)?, known(b)?);
        Ok(if a == b {
            Subsumption::Equivalent
        } else if found.is_below(b, a) {
            Subsumption::Subsumes
        } else if found.is_below(a, b) {
            Subsumption::SubsumedBy
        } else {
            Subsumption::NotSubsumed
        })
    }

    fn lookup(&self, system: &str, code: &str) -> Result<Option<Lookup>, Error> {
        if let Some(found) = self.grammar(system, code) {
            let lookup = Lookup { display: Some(code.to_owned()), definition: None, selectable: true };
            return Ok(found.then_some(lookup));
        }
        Ok(self.system(system)?.concept(code).map(|(_, concept)| Lookup {
            display: concept.display.clone(),
            definition: concept.definition.clone(),
            selectable: !concept.is_abstract,
        }))
    }
}

impl CodeSystem {
    fn add(&mut self, node: Node<'_>, parent: Option<&str>, depth: u32) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(content("concepts nest too deeply"));
        }
        let code = text(node, "code").ok_or_else(|| content("a concept has no code"))?;
        let mut concept = Concept {
            display: text(node, "display").map(str::to_owned),
            definition: text(node, "definition").map(str::to_owned),
            parents: parent.map(str::to_owned).into_iter().collect(),
            ..Concept::default()
        };
        for property in list(node, "property") {
            let Some(name) = text(property, "code") else { continue };
            let value = property.members().find(|(key, _)| key.starts_with("value")).map(|(_, value)| value);
            let value = value.and_then(|value| value.as_primitive().or_else(|| text(value, "code")));
            let Some(value) = value else { continue };
            match name {
                "parent" | "subsumedBy" => concept.parents.push(value.to_owned()),
                "notSelectable" | "abstract" => concept.is_abstract |= value == "true",
                _ => {}
            }
            concept.properties.push((name.to_owned(), value.to_owned()));
        }
        self.concepts.insert(code.to_owned(), concept);
        for child in list(node, "concept") {
            self.add(child, Some(code), depth + 1)?;
        }
        Ok(())
    }

    fn concept(&self, code: &str) -> Option<(&str, &Concept)> {
        if let Some((own, concept)) = self.concepts.get_key_value(code) {
            return Some((own, concept));
        }
        if self.case_sensitive {
            return None;
        }
        let found = self.concepts.iter().find(|(own, _)| own.eq_ignore_ascii_case(code));
        found.map(|(own, concept)| (own.as_str(), concept))
    }

    /// Whether `code` has `above` among its ancestors.
    fn is_below(&self, code: &str, above: &str) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![code];
        while let Some(current) = open.pop() {
            let parents = self.concepts.get(current).map_or(&[][..], |concept| concept.parents.as_slice());
            for parent in parents {
                if parent == above {
                    return true;
                }
                if seen.insert(parent.as_str()) {
                    open.push(parent);
                }
            }
        }
        false
    }
}

impl Rule {
    fn read(node: Node<'_>) -> Self {
        let mut filters = Vec::new();
        for filter in list(node, "filter") {
            let (property, value) = (text(filter, "property").unwrap_or_default(), text(filter, "value"));
            let value = value.unwrap_or_default().to_owned();
            filters.push(match text(filter, "op") {
                Some("is-a") => Filter::IsA(value),
                Some("descendent-of") => Filter::DescendantOf(value),
                // On the code itself it is a question that no property answers.
                Some("=") if property == "concept" || property == "code" => Filter::Unknown,
                Some("=") => Filter::Equal(property.to_owned(), value),
                _ => Filter::Unknown,
            });
        }
        Self {
            system: text(node, "system").map(str::to_owned),
            version: text(node, "version").map(str::to_owned),
            codes: list(node, "concept")
                .filter_map(|concept| text(concept, "code"))
                .map(str::to_owned)
                .collect(),
            filters,
            value_sets: list(node, "valueSet").filter_map(Node::as_str).map(str::to_owned).collect(),
        }
    }
}

fn collect_expansion(node: Node<'_>, codes: &mut HashSet<(String, String)>, depth: u32) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(content("an expansion nests too deeply"));
    }
    for contained in list(node, "contains") {
        let listed = contained.get("abstract").and_then(Node::as_bool) != Some(true);
        if let (Some(system), Some(code), true) = (text(contained, "system"), text(contained, "code"), listed)
        {
            codes.insert((system.to_owned(), code.to_owned()));
        }
        collect_expansion(contained, codes, depth + 1)?;
    }
    Ok(())
}

fn text<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    node.get(name).and_then(Node::as_str)
}

fn list<'d>(node: Node<'d>, name: &str) -> impl Iterator<Item = Node<'d>> + use<'d> {
    node.get(name).into_iter().flat_map(Node::items_or_self)
}

/// A canonical URL without its version, and that.
fn bare(url: &str) -> (&str, Option<&str>) {
    url.split_once('|').map_or((url, None), |(bare, version)| (bare, Some(version)))
}

/// `type/subtype`, perhaps with parameters (RFC 2045, RFC 6838).
fn is_media_type(code: &str) -> bool {
    let (range, _) = code.split_once(';').unwrap_or((code, ""));
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    range.trim_end().split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// Subtags of letters and digits, the first one of letters (RFC 5646).
fn is_language(code: &str) -> bool {
    let mut subtags = code.split('-');
    let first = subtags.next().unwrap_or_default();
    (1..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn unknown_value_set(detail: String) -> Error {
    Error::new(ErrorKind::UnknownValueSet, None, detail)
}

fn content(detail: &str) -> Error {
    Error::new(ErrorKind::Content, None, detail)
}

impl fmt::Debug for MemoryTerminology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTerminology")
            .field("code_systems", &self.systems.len())
            .field("value_sets", &self.value_sets.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hygea_fhir_model::json::Document;

    fn terminology(resources: &[&str]) -> MemoryTerminology {
        let mut found = MemoryTerminology::new();
        for resource in resources {
            found.add(Document::parse(resource.as_bytes()).unwrap().root()).unwrap();
        }
        found
    }

    const ANIMALS: &str = r#"{"resourceType": "CodeSystem", "url": "urn:animals", "content": "complete", "concept": [
        {"code": "animal", "property": [{"code": "notSelectable", "valueBoolean": true}], "concept": [
            {"code": "cat", "display": "Cat", "concept": [{"code": "lynx"}]},
            {"code": "dog", "property": [{"code": "tame", "valueCode": "yes"}]}]},
        {"code": "husky", "property": [{"code": "parent", "valueCode": "dog"}]}]}"#;

    #[test]
    fn membership_follows_the_rules() {
        let found = terminology(&[
            ANIMALS,
            r#"{"resourceType": "ValueSet", "url": "urn:cats", "version": "2", "compose": {"include": [{"system": "urn:animals",
                "filter": [{"property": "concept", "op": "is-a", "value": "cat"}]}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:some", "compose": {
                "include": [{"system": "urn:animals"}, {"system": "urn:other", "concept": [{"code": "x"}]}],
                "exclude": [{"valueSet": ["urn:cats"]}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:tame", "compose": {"include": [{"system": "urn:animals",
                "filter": [{"property": "tame", "op": "=", "value": "yes"}]}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:expanded", "expansion": {"contains": [
                {"system": "urn:animals", "code": "dog", "contains": [{"system": "urn:animals", "code": "husky"}]}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:loop", "compose": {"include": [{"valueSet": ["urn:loop"]}]}}"#,
        ]);
        let table = [
            ("urn:cats", "lynx", Some(true)),
            ("urn:cats|2", "cat", Some(true)),
            ("urn:cats|3", "cat", None),
            ("urn:cats", "dog", Some(false)),
            ("urn:cats", "unicorn", Some(false)),
            ("urn:some", "husky", Some(true)),
            ("urn:some", "lynx", Some(false)),
            ("urn:tame", "dog", Some(true)),
            ("urn:tame", "cat", Some(false)),
            ("urn:expanded", "husky", Some(true)),
            ("urn:expanded", "cat", Some(false)),
            ("urn:nothing", "cat", None),
            ("urn:loop", "cat", None),
        ];
        for (value_set, code, wanted) in table {
            let coding = Coding::new("urn:animals", code);
            assert_eq!(found.contains(value_set, &coding).ok(), wanted, "{code} in {value_set}");
        }
        assert!(found.contains("urn:some", &Coding::code("x")).unwrap());
        assert!(found.contains("urn:some", &Coding::new("urn:other", "x")).unwrap());
        assert!(!found.contains("urn:some", &Coding::new("urn:other", "y")).unwrap());
    }

    #[test]
    fn hierarchies_and_displays_are_known() {
        let found = terminology(&[ANIMALS]);
        let subsumes = |a, b| found.subsumes("urn:animals", a, b).ok();
        assert_eq!(subsumes("animal", "husky"), None.or(Some(Subsumption::Subsumes)));
        assert_eq!(subsumes("lynx", "animal"), Some(Subsumption::SubsumedBy));
        assert_eq!(subsumes("cat", "dog"), Some(Subsumption::NotSubsumed));
        assert_eq!(subsumes("cat", "cat"), Some(Subsumption::Equivalent));
        assert_eq!(subsumes("cat", "unicorn"), None);
        let cat = found.lookup("urn:animals", "cat").unwrap().unwrap();
        assert_eq!((cat.display.as_deref(), cat.selectable), (Some("Cat"), true));
        assert!(!found.lookup("urn:animals", "animal").unwrap().unwrap().selectable);
        assert_eq!(found.lookup("urn:animals", "unicorn").unwrap(), None);
        assert!(found.lookup("urn:plants", "rose").is_err());
    }

    /// A rule that is not known makes the question unanswerable, not the whole resource unusable.
    #[test]
    fn what_cannot_be_answered_is_refused() {
        let found = terminology(&[
            ANIMALS,
            r#"{"resourceType": "ValueSet", "url": "urn:regex", "compose": {"include": [
                {"system": "urn:animals", "filter": [{"property": "code", "op": "regex", "value": ".*"}]},
                {"system": "urn:other", "concept": [{"code": "x"}]}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:empty"}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:page", "expansion": {"total": 9, "contains": [
                {"system": "urn:animals", "code": "dog"}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:old", "compose": {"include": [
                {"system": "urn:versioned", "version": "1"}]}}"#,
            r#"{"resourceType": "CodeSystem", "url": "urn:versioned", "version": "2", "content": "complete",
                "caseSensitive": false, "concept": [{"code": "A"}]}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:folded", "compose": {"include": [
                {"system": "urn:versioned", "concept": [{"code": "A"}]}]}}"#,
        ]);
        let kind = |value_set, coding| found.contains(value_set, &coding).map_err(|error| error.kind());
        let dog = Coding::new("urn:animals", "dog");
        assert_eq!(kind("urn:regex", dog), Err(ErrorKind::Unsupported));
        assert_eq!(kind("urn:regex", Coding::new("urn:other", "x")), Ok(true));
        assert_eq!(kind("urn:empty", dog), Err(ErrorKind::Unsupported));
        assert_eq!(kind("urn:page", dog), Err(ErrorKind::Unsupported));
        assert_eq!(kind("urn:old", Coding::new("urn:versioned", "A")), Err(ErrorKind::UnknownCodeSystem));
        assert_eq!(kind("urn:folded", Coding::new("urn:versioned", "a")), Ok(true));
        let error = found.contains("urn:none|1", &dog).unwrap_err();
        assert_eq!(error.to_string(), "no value set 'urn:none|1' is known");
    }

    /// Value sets that include the next one twice would be visited 2^60 times.
    #[test]
    fn questions_are_bounded() {
        let mut found = MemoryTerminology::new();
        for index in 0..60 {
            let next = index + 1;
            let text = format!(
                r#"{{"resourceType": "ValueSet", "url": "urn:{index}", "compose": {{"include": [
                    {{"valueSet": ["urn:{next}"]}}, {{"valueSet": ["urn:{next}"]}}]}}}}"#
            );
            found.add(Document::parse(text.as_bytes()).unwrap().root()).unwrap();
        }
        assert!(found.contains("urn:0", &Coding::code("x")).is_err());
    }

    #[test]
    fn systems_that_are_grammars_are_read() {
        let found = terminology(&[
            r#"{"resourceType": "ValueSet", "url": "urn:units", "compose": {"include": [{"system": "http://unitsofmeasure.org"}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:types", "compose": {"include": [{"system": "urn:ietf:bcp:13"}]}}"#,
            r#"{"resourceType": "ValueSet", "url": "urn:languages", "compose": {"include": [{"system": "urn:ietf:bcp:47"}]}}"#,
        ]);
        let table = [
            ("urn:units", "mg/dL", true),
            ("urn:units", "mcg", false),
            ("urn:types", "application/fhir+json", true),
            ("urn:types", "text/plain;charset=utf-8", true),
            ("urn:types", "pdf", false),
            ("urn:languages", "de-CH", true),
            ("urn:languages", "german_de", false),
        ];
        for (value_set, code, wanted) in table {
            assert_eq!(found.contains(value_set, &Coding::code(code)).ok(), Some(wanted), "{code}");
        }
        assert!(found.lookup("http://unitsofmeasure.org", "mg").unwrap().is_some());
        assert!(found.lookup("http://unitsofmeasure.org", "mcg").unwrap().is_none());
    }
}
