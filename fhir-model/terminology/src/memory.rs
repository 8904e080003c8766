//! Answers from resources in memory (<https://hl7.org/fhir/R4/terminology-module.html>).

use crate::error::{Error, ErrorKind};
use crate::terminology::{Coding, Lookup, Subsumption, Terminology};
use hygea_fhir_model::json::Node;
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
    includes: Vec<Rule>,
    excludes: Vec<Rule>,
    /// System and code of every concept of the expansion, if the resource holds a whole one.
    expansion: Option<HashSet<(String, String)>>,
}

struct Rule {
    system: Option<String>,
    codes: HashSet<String>,
    filters: Vec<Filter>,
    value_sets: Vec<String>,
}

enum Filter {
    IsA(String),
    DescendantOf(String),
    Equal(String, String),
}

/// The deepest nesting of value sets in value sets, and of concepts in concepts.
const MAX_DEPTH: u32 = 64;

impl MemoryTerminology {
    /// One that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a CodeSystem, a ValueSet, or those among the entries of a Bundle. One with the same URL is replaced.
    ///
    /// # Errors
    /// [`Content`](ErrorKind::Content) for another resource, one without URL, or one nested too deeply;
    /// [`Unsupported`](ErrorKind::Unsupported) for a value set with a filter that is not known here.
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

    fn add_system(&mut self, resource: Node<'_>) -> Result<(), Error> {
        let url = text(resource, "url").ok_or_else(|| content("the CodeSystem has no url"))?;
        let mut system = CodeSystem {
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
        let rules = |name: &str| -> Result<Vec<Rule>, Error> {
            resource
                .get("compose")
                .into_iter()
                .flat_map(|compose| list(compose, name))
                .map(Rule::read)
                .collect()
        };
        let mut value_set = ValueSet {
            version: text(resource, "version").map(str::to_owned),
            includes: rules("include")?,
            excludes: rules("exclude")?,
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

    fn contains_at(&self, url: &str, coding: &Coding<'_>, depth: u32) -> Result<bool, Error> {
        if depth > MAX_DEPTH {
            return Err(content("value sets include each other too deeply"));
        }
        let (bare, version) = match url.split_once('|') {
            Some((bare, version)) => (bare, Some(version)),
            None => (url, None),
        };
        let value_set = self
            .value_sets
            .get(bare)
            .filter(|found| version.is_none() || found.version.as_deref() == version)
            .ok_or_else(|| {
                Error::new(ErrorKind::UnknownValueSet, None, format!("no value set '{url}' is known"))
            })?;
        if let Some(expansion) = &value_set.expansion {
            return Ok(match coding.system {
                Some(system) => expansion.contains(&(system.to_owned(), coding.code.to_owned())),
                None => expansion.iter().any(|(_, code)| code == coding.code),
            });
        }
        for rule in &value_set.excludes {
            if self.matches(rule, coding, depth)? {
                return Ok(false);
            }
        }
        // A rule that cannot be answered matters only if no other one holds the code.
        let mut open = None;
        for rule in &value_set.includes {
            match self.matches(rule, coding, depth) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => open = Some(error),
            }
        }
        open.map_or(Ok(false), Err)
    }

    fn matches(&self, rule: &Rule, coding: &Coding<'_>, depth: u32) -> Result<bool, Error> {
        for value_set in &rule.value_sets {
            if !self.contains_at(value_set, coding, depth + 1)? {
                return Ok(false);
            }
        }
        let Some(url) = &rule.system else { return Ok(!rule.value_sets.is_empty()) };
        if coding.system.is_some_and(|system| system != url) {
            return Ok(false);
        }
        if !rule.codes.is_empty() {
            return Ok(rule.codes.contains(coding.code));
        }
        let system = self.system(url)?;
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
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Terminology for MemoryTerminology {
    fn contains(&self, value_set: &str, coding: &Coding<'_>) -> Result<bool, Error> {
        self.contains_at(value_set, coding, 0)
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
    fn read(node: Node<'_>) -> Result<Self, Error> {
        let mut filters = Vec::new();
        for filter in list(node, "filter") {
            let (property, value) = (text(filter, "property").unwrap_or_default(), text(filter, "value"));
            let value = value.unwrap_or_default().to_owned();
            filters.push(match text(filter, "op") {
                Some("is-a") => Filter::IsA(value),
                Some("descendent-of") => Filter::DescendantOf(value),
                Some("=") => Filter::Equal(property.to_owned(), value),
                _ => {
                    let detail = "a value set has a filter other than is-a, descendent-of and =";
                    return Err(Error::new(ErrorKind::Unsupported, None, detail));
                }
            });
        }
        Ok(Self {
            system: text(node, "system").map(str::to_owned),
            codes: list(node, "concept")
                .filter_map(|concept| text(concept, "code"))
                .map(str::to_owned)
                .collect(),
            filters,
            value_sets: list(node, "valueSet").filter_map(Node::as_str).map(str::to_owned).collect(),
        })
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

    #[test]
    fn filters_that_are_not_known_are_refused() {
        let document = Document::parse(
            br#"{"resourceType": "ValueSet", "url": "urn:x", "compose": {"include": [{"system": "urn:animals",
                "filter": [{"property": "code", "op": "regex", "value": ".*"}]}]}}"#,
        )
        .unwrap();
        let error = MemoryTerminology::new().add(document.root()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
