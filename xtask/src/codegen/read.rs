//! From StructureDefinitions to [`Definitions`], for the five shapes that they have had.
//!
//! What differs: DSTU2 tells a profile by `constrainedType`, refers to elements by `nameReference` and gives
//! Reference targets as `profile`; STU3 repeats a type once per target and marks `Age` and its like as
//! profiles although JSON uses their names; R4 types ids as `System.String` with the FHIR type in an
//! extension; R5 has further abstract types and absolute content references.

use super::definitions::{Definitions, Field, FieldType, Kind, Type};
use super::{invariants, search, terminology};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Logical models and patterns that stand among the types in some packages.
const PATTERNS: &[&str] = &[
    "Definition",
    "Event",
    "FiveWs",
    "Request",
    "Participant",
    "ParticipantContactable",
    "ParticipantLiving",
    "Product",
    "Publishable",
    "Shareable",
];

/// The types that a required binding can be checked on.
const CODED: &[&str] = &["code", "string", "uri", "Coding", "CodeableConcept"];

/// The resources of a package, by their type.
pub(crate) type Resources = BTreeMap<String, Vec<Value>>;

/// Reads the definitions of a version from an unpacked package.
pub(crate) fn read(version: &str, package: &Path) -> Result<Definitions, String> {
    let resources = load(version, package)?;
    let source = package.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let mut definitions = Definitions {
        version: version.to_owned(),
        source: source.unwrap_or_default(),
        ..Definitions::default()
    };
    let codes = terminology::Terminology::of(&resources);
    let structures = Structures::of(&resources);
    let mut wanted: Vec<String> = structures.types.keys().cloned().collect();
    let mut seen: BTreeSet<String> = wanted.iter().cloned().collect();
    while let Some(name) = wanted.pop() {
        let Some(structure) = structures.types.get(&name).or_else(|| structures.profiles.get(&name)) else {
            continue;
        };
        for found in structures.read(&name, structure, &codes, &mut definitions.value_sets)? {
            // A profile of a type is a type itself where elements name it as one (STU3's Age).
            for choice in found.fields.iter().flat_map(|field| &field.types) {
                if !choice.name.contains('.') && seen.insert(choice.name.clone()) {
                    wanted.push(choice.name.clone());
                }
            }
            definitions.types.insert(found.name.clone(), found);
        }
    }
    mark_inherited(&mut definitions.types);
    invariants::keep_first(&mut definitions.types);
    search::read(&resources, &mut definitions);
    Ok(definitions)
}

pub(crate) fn load(version: &str, package: &Path) -> Result<Resources, String> {
    const WANTED: [&str; 5] =
        ["StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter", "CompartmentDefinition"];
    let folder =
        if version == "dstu2" { package.join("lib/definitions/FHIR_DSTU_2") } else { package.to_path_buf() };
    let mut resources = Resources::new();
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = name.split('-').next().unwrap_or_default();
        if !name.ends_with(".json") || !(version == "dstu2" || WANTED.contains(&kind)) {
            continue;
        }
        let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| problem(&error))?;
        let value: Value =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| problem(&error))?;
        let entries = list(&value, "entry").iter().filter_map(|entry| entry.get("resource"));
        for resource in entries.chain(std::iter::once(&value)) {
            let kind = text_of(resource, "resourceType");
            if WANTED.contains(&kind) {
                resources.entry(kind.to_owned()).or_default().push(resource.clone());
            }
        }
    }
    Ok(resources)
}

struct Structures<'r> {
    /// The types proper, by name.
    types: BTreeMap<String, &'r Value>,
    /// Profiles of types, by id.
    profiles: BTreeMap<String, &'r Value>,
}

impl<'r> Structures<'r> {
    fn of(resources: &'r Resources) -> Self {
        let mut found = Self { types: BTreeMap::new(), profiles: BTreeMap::new() };
        for structure in resources.get("StructureDefinition").into_iter().flatten() {
            let id = text_of(structure, "id");
            let skipped = id.starts_with("example") || PATTERNS.contains(&id);
            if skipped || text_of(structure, "kind") == "logical" || structure.get("snapshot").is_none() {
                continue;
            }
            let name = last_segment(text_of(structure, "url"));
            let primitive = name.starts_with(|first: char| first.is_ascii_lowercase());
            let profile = match structure.get("constrainedType").and_then(Value::as_str) {
                // DSTU2; a constrained primitive (code, id, …) is a type nevertheless.
                Some(constrained) => {
                    !primitive || !constrained.starts_with(|first: char| first.is_ascii_lowercase())
                }
                None => text_of(structure, "derivation") == "constraint",
            };
            let all = if profile { &mut found.profiles } else { &mut found.types };
            all.insert(name.to_owned(), structure);
        }
        found
    }

    /// The type that a StructureDefinition defines, and those inside it.
    fn read(
        &self,
        name: &str,
        structure: &Value,
        codes: &terminology::Terminology<'_>,
        value_sets: &mut BTreeMap<String, Vec<super::definitions::Code>>,
    ) -> Result<Vec<Type>, String> {
        let elements = structure.get("snapshot").map_or(&[][..], |snapshot| list(snapshot, "element"));
        let root = elements.first().ok_or_else(|| format!("{name}: no elements"))?;
        let kind = self.kind(name, structure);
        let base = ["baseDefinition", "base"].map(|member| last_segment(text_of(structure, member)));
        let base = base.into_iter().find(|base| !base.is_empty()).map(str::to_owned);
        let mut types = vec![Type {
            name: name.to_owned(),
            kind,
            base,
            is_abstract: structure.get("abstract").and_then(Value::as_bool).unwrap_or(false),
            short: text_of(root, "short").to_owned(),
            fields: Vec::new(),
            invariants: invariants::of(root),
        }];
        // A profile that serves as a type keeps the paths of the type that it constrains (STU3's Age).
        let root_path = text_of(root, "path").to_owned();
        let named = |path: &str| format!("{name}{}", path.strip_prefix(root_path.as_str()).unwrap_or(path));
        for element in elements.iter().skip(1) {
            let path = named(text_of(element, "path"));
            let (owner, last) = path.rsplit_once('.').ok_or_else(|| format!("{path}: no owner"))?;
            // A slice of a profile: the element itself was read before it.
            if element.get("sliceName").is_some() || (kind == Kind::Primitive && last == "value") {
                continue;
            }
            let field = self.field(&path, last, element, elements, codes, &named)?;
            if let Some(binding) = &field.binding
                && !value_sets.contains_key(binding)
            {
                value_sets.insert(binding.clone(), codes.codes(binding).unwrap_or_default());
            }
            if field.types.iter().any(|choice| choice.name == path)
                && !types.iter().any(|found| found.name == path)
            {
                let codes = list(element, "type").iter().map(|found| text_of(found, "code"));
                let base = codes.into_iter().find(|code| !code.is_empty()).unwrap_or("BackboneElement");
                types.push(Type {
                    name: path.clone(),
                    kind: Kind::Backbone,
                    base: Some(base.to_owned()),
                    is_abstract: false,
                    short: field.short.clone(),
                    fields: Vec::new(),
                    invariants: Vec::new(),
                });
            }
            let Some(owner) = types.iter_mut().find(|found| found.name == owner) else {
                return Err(format!("{path}: its owner is not defined"));
            };
            if !owner.fields.iter().any(|other| other.name == field.name) {
                owner.fields.push(field);
            }
        }
        Ok(types)
    }

    fn kind(&self, name: &str, structure: &Value) -> Kind {
        let primitive = name.starts_with(|first: char| first.is_ascii_lowercase());
        match text_of(structure, "kind") {
            "resource" => Kind::Resource,
            _ if primitive => Kind::Primitive,
            _ => Kind::Complex,
        }
    }

    fn field(
        &self,
        path: &str,
        last: &str,
        element: &Value,
        elements: &[Value],
        codes: &terminology::Terminology<'_>,
        named: &dyn Fn(&str) -> String,
    ) -> Result<Field, String> {
        let choice = last.ends_with("[x]");
        let name = last.trim_end_matches("[x]");
        let base_max = element.get("base").map_or("", |base| text_of(base, "max"));
        let max = text_of(element, "max");
        let representation = list(element, "representation");
        let types = match content_reference(element, elements) {
            Some(target) => {
                vec![FieldType { json_name: name.to_owned(), name: named(target?), targets: Vec::new() }]
            }
            None => self.field_types(path, name, choice, element, elements, named),
        };
        let required = element.get("binding").filter(|binding| text_of(binding, "strength") == "required");
        let coded = types.iter().any(|found| CODED.contains(&found.name.as_str()));
        let binding = required.filter(|_| coded && types.len() == 1).and_then(value_set_of);
        Ok(Field {
            name: name.to_owned(),
            min: element
                .get("min")
                .and_then(Value::as_u64)
                .and_then(|min| u8::try_from(min).ok())
                .unwrap_or(0),
            max: max.parse().ok(),
            list: !matches!(if base_max.is_empty() { max } else { base_max }, "0" | "1"),
            choice,
            summary: element.get("isSummary").and_then(Value::as_bool).unwrap_or(false),
            modifier: element.get("isModifier").and_then(Value::as_bool).unwrap_or(false),
            attribute: representation.iter().any(|found| found == "xmlAttr"),
            inherited: false,
            binding: binding.filter(|url| codes.codes(url).is_some()),
            short: text_of(element, "short").to_owned(),
            types,
            invariants: invariants::of(element),
        })
    }

    fn field_types(
        &self,
        path: &str,
        name: &str,
        choice: bool,
        element: &Value,
        elements: &[Value],
        named: &dyn Fn(&str) -> String,
    ) -> Vec<FieldType> {
        let mut types: Vec<FieldType> = Vec::new();
        for found in list(element, "type") {
            let code = type_code(found);
            let codes: Vec<&str> = match code {
                // Any type at all: the list that Extension.value has.
                "*" => OPEN_TYPES
                    .iter()
                    .copied()
                    .filter(|open| self.types.contains_key(*open) || self.profiles.contains_key(*open))
                    .collect(),
                code => vec![code],
            };
            for code in codes {
                let nested = matches!(code, "BackboneElement" | "Element")
                    && elements.iter().any(|other| {
                        named(text_of(other, "path"))
                            .strip_prefix(path)
                            .is_some_and(|rest| rest.starts_with('.'))
                    });
                let type_name = if nested { path } else { code };
                let json_name = if choice { format!("{name}{}", capitalized(code)) } else { name.to_owned() };
                let targets = self.targets(code, found);
                match types.iter_mut().find(|other| other.json_name == json_name) {
                    Some(same) => {
                        for target in targets {
                            if !same.targets.contains(&target) {
                                same.targets.push(target);
                            }
                        }
                    }
                    None => types.push(FieldType { json_name, name: type_name.to_owned(), targets }),
                }
            }
        }
        types
    }

    fn targets(&self, code: &str, found: &Value) -> Vec<String> {
        if !matches!(code, "Reference" | "canonical" | "CodeableReference") {
            return Vec::new();
        }
        let member = if found.get("targetProfile").is_some() { "targetProfile" } else { "profile" };
        let urls: Vec<&str> = match found.get(member) {
            Some(Value::Array(urls)) => urls.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(url)) => vec![url],
            _ => Vec::new(),
        };
        let mut targets = Vec::new();
        for url in urls {
            let name = last_segment(url);
            let target = if self.types.contains_key(name) {
                name
            } else {
                let profile = self.profiles.get(name).copied();
                let base = profile.map(|profile| match text_of(profile, "constrainedType") {
                    "" => text_of(profile, "type"),
                    constrained => constrained,
                });
                // A pattern that no resource has as its type: any resource that follows it.
                base.filter(|base| self.types.contains_key(*base)).unwrap_or("Resource")
            };
            if !targets.iter().any(|other| other == target) {
                targets.push(target.to_owned());
            }
        }
        targets
    }
}

/// What `*` stands for, in DSTU2 and STU3.
const OPEN_TYPES: &[&str] = &[
    "base64Binary",
    "boolean",
    "code",
    "date",
    "dateTime",
    "decimal",
    "id",
    "instant",
    "integer",
    "markdown",
    "oid",
    "positiveInt",
    "string",
    "time",
    "unsignedInt",
    "uri",
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "CodeableConcept",
    "Coding",
    "ContactPoint",
    "Count",
    "Distance",
    "Duration",
    "HumanName",
    "Identifier",
    "Money",
    "Period",
    "Quantity",
    "Range",
    "Ratio",
    "Reference",
    "SampledData",
    "Signature",
    "Timing",
    "Meta",
];

/// The path of the element whose definition this one shares.
fn content_reference<'e>(element: &'e Value, elements: &'e [Value]) -> Option<Result<&'e str, String>> {
    let (member, key) = match element.get("contentReference") {
        Some(_) => ("contentReference", "id"),
        None => ("nameReference", "name"),
    };
    let reference = element.get(member)?.as_str()?;
    let reference = reference.rsplit('#').next().unwrap_or(reference);
    let target = elements.iter().find(|other| text_of(other, key) == reference);
    let path = target.map(|target| text_of(target, "path"));
    Some(path.ok_or_else(|| format!("{}: {reference} is not there", text_of(element, "path"))))
}

/// The name of a type, with the FHIRPath types of R4 and later resolved.
fn type_code(found: &Value) -> &str {
    let code = text_of(found, "code");
    let Some(system) = code.strip_prefix("http://hl7.org/fhirpath/System.") else { return code };
    let extension = list(found, "extension")
        .iter()
        .find(|extension| text_of(extension, "url").ends_with("structuredefinition-fhir-type"));
    let named = extension.map(|extension| ["valueUrl", "valueUri"].map(|member| text_of(extension, member)));
    match named.into_iter().flatten().find(|name| !name.is_empty()) {
        Some(name) => name,
        None if system == "String" => "string",
        None => system,
    }
}

/// The value set of a binding, without its version.
fn value_set_of(binding: &Value) -> Option<String> {
    let member = ["valueSet", "valueSetUri"]
        .into_iter()
        .find_map(|member| binding.get(member).and_then(Value::as_str));
    let reference = || {
        let reference = binding.get("valueSetReference")?;
        reference.get("reference")?.as_str()
    };
    let url = member.or_else(reference)?;
    Some(url.split('|').next().unwrap_or(url).to_owned())
}

fn mark_inherited(types: &mut BTreeMap<String, Type>) {
    let names: BTreeMap<String, BTreeSet<String>> = types
        .iter()
        .map(|(name, found)| (name.clone(), found.fields.iter().map(|field| field.name.clone()).collect()))
        .collect();
    for found in types.values_mut() {
        let Some(base) = found.base.as_ref().and_then(|base| names.get(base)) else { continue };
        for field in &mut found.fields {
            field.inherited = base.contains(&field.name);
        }
    }
}

/// The last part of a URL or path.
pub(crate) fn last_segment(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// A text member, empty if absent.
pub(crate) fn text_of<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// An array member, empty if absent.
pub(crate) fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The strings of an array member.
pub(crate) fn strings(value: &Value, member: &str) -> Vec<String> {
    list(value, member).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The name with its first letter in upper case.
pub(crate) fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
