//! Writes the typed structs: a file per resource and data type, a file per required binding.

use super::Files;
use super::definitions::{Definitions, Field, FieldType, Kind, Type};
use super::names::{Names, snake, variant};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Writes the folders `resources`, `types` and `codes` and the module of a version.
pub(crate) fn write(definitions: &Definitions, module: &Path, files: &mut Files) -> Result<(), String> {
    let names = Names::of(definitions)?;
    let writer = Structs { definitions, names: &names, indexes: indexes(definitions) };
    let mut modules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut put = |folder: &'static str, name: &str, content: String| {
        modules.entry(folder).or_default().push(name.to_owned());
        let header = if folder == "codes" { definitions.header() } else { definitions.mark() };
        files.insert(module.join(folder).join(format!("{name}.rs")), header + &content);
    };
    for found in definitions.types.values().filter(|found| is_struct(found)) {
        let folder = if found.kind == Kind::Resource { "resources" } else { "types" };
        put(folder, &snake(&found.name), writer.file(found));
    }
    for (url, name) in &names.codes {
        put("codes", &snake(name), writer.codes_file(url, name));
    }
    put("resources", "resource", writer.resource_file());
    for (folder, mut names) in modules {
        names.sort();
        files.insert(module.join(folder).join("mod.rs"), writer.folder_file(folder, &names));
    }
    files.insert(module.join("mod.rs"), writer.module_file());
    Ok(())
}

/// The types that get a file of their own. `Element` holds the id and extensions of primitives.
pub(crate) fn is_struct(found: &Type) -> bool {
    match found.kind {
        Kind::Primitive | Kind::Backbone => false,
        Kind::Complex | Kind::Resource => !found.is_abstract || found.name == "Element",
    }
}

fn indexes(definitions: &Definitions) -> BTreeMap<&str, usize> {
    definitions.types.keys().enumerate().map(|(index, name)| (name.as_str(), index)).collect()
}

struct Structs<'d> {
    definitions: &'d Definitions,
    names: &'d Names,
    indexes: BTreeMap<&'d str, usize>,
}

impl Structs<'_> {
    /// The type and the types inside it, in the order of their names.
    fn file(&self, found: &Type) -> String {
        let mut out = String::new();
        let prefix = format!("{}.", found.name);
        let nested = self.definitions.types.values().filter(|other| other.name.starts_with(&prefix));
        for found in std::iter::once(found).chain(nested) {
            self.structure(&mut out, found, &self.names.type_name(&found.name));
            for field in &found.fields {
                if let Some(name) = self.names.choices.get(&(found.name.clone(), field.name.clone())) {
                    self.choice(&mut out, &found.name, field, name);
                }
            }
        }
        out
    }

    fn structure(&self, out: &mut String, found: &Type, name: &str) {
        let _ = write!(out, "\n/// {}\n#[derive(Default)]\npub struct {name} {{\n", doc(&found.short));
        for field in &found.fields {
            let _ = writeln!(out, "    /// {}", doc(&field.short));
            let _ = writeln!(out, "    pub {}: {},", snake(&field.name), self.field_type(found, field));
        }
        out.push_str("    /// The ids and extensions of primitives, and what the type does not define.\n");
        out.push_str("    pub extras: Extras,\n}\n");
        let index = self.indexes.get(found.name.as_str()).copied().unwrap_or(usize::MAX);
        let _ = writeln!(out, "\nstructure!({name} = {index};");
        for (index, field) in found.fields.iter().enumerate() {
            let _ = writeln!(out, "    {index} {},", snake(&field.name));
        }
        out.push_str(");\n");
    }

    fn choice(&self, out: &mut String, owner: &str, field: &Field, name: &str) {
        let _ = writeln!(
            out,
            "\nchoice! {{\n    /// `{owner}.{}[x]`: {}\n    {name} {{",
            field.name,
            doc(&field.short)
        );
        for (index, choice) in field.types.iter().enumerate() {
            let how = if self.is_primitive(choice) { "primitive" } else { "structure" };
            let variant = super::read::capitalized(&choice.name);
            let _ = writeln!(out, "        {index} {variant} {how} {},", self.item_type(field, choice));
        }
        out.push_str("    }\n}\n");
    }

    fn is_primitive(&self, choice: &FieldType) -> bool {
        self.definitions.types.get(&choice.name).is_some_and(|found| found.kind == Kind::Primitive)
    }

    /// `Option<Box<Period>>`
    fn field_type(&self, owner: &Type, field: &Field) -> String {
        if let Some(name) = self.names.choice_of(owner, field) {
            return format!("Option<{name}>");
        }
        let Some(only) = field.types.first() else { return "()".to_owned() };
        let item = match (owner.name.as_str(), field.name.as_str()) {
            // Its own type, with room for what references look like.
            ("Reference", "reference") => "LiteralReference".to_owned(),
            _ => self.item_type(field, only),
        };
        let boxed = !self.is_primitive(only) && only.name != "Resource";
        match (field.list, boxed) {
            (true, _) => format!("Vec<{item}>"),
            (false, true) => format!("Option<Box<{item}>>"),
            (false, false) => format!("Option<{item}>"),
        }
    }

    fn item_type(&self, field: &Field, choice: &FieldType) -> String {
        let name = match choice.name.as_str() {
            "base64Binary" => "Base64Binary",
            "boolean" => "bool",
            "canonical" | "oid" | "uri" | "url" | "uuid" => "Uri",
            "code" => match field.binding.as_ref().and_then(|url| self.names.codes.get(url)) {
                Some(name) => name,
                None => "Code",
            },
            "date" => "Date",
            "dateTime" => "DateTime",
            "decimal" => "Decimal",
            "id" => "Id",
            "instant" => "Instant",
            "integer" => "i32",
            "integer64" => "Integer64",
            "markdown" | "string" | "xhtml" => "Text",
            "positiveInt" | "unsignedInt" => "u32",
            "time" => "Time",
            other => return self.names.type_name(other),
        };
        name.to_owned()
    }

    fn codes_file(&self, url: &str, name: &str) -> String {
        let version = &self.definitions.version;
        let mut out = format!(
            "//! The codes of {}.\n\nuse crate::{version}::internal::codes;\n\n\
             codes! {{\n    /// The codes of <{url}>.\n    {name} {{\n",
            url.rsplit('/').next().unwrap_or(url)
        );
        let mut taken = std::collections::BTreeSet::from(["Unlisted".to_owned(), "Self".to_owned()]);
        let mut seen = std::collections::BTreeSet::new();
        let codes = self.definitions.value_sets.get(url).into_iter().flatten();
        for code in codes.filter(|code| seen.insert(&code.code)) {
            let name = variant(&code.code, &code.display, &mut taken);
            let text = if code.display.is_empty() { &code.code } else { &code.display };
            let _ = writeln!(out, "        /// {}\n        {name} = {:?},", doc(text), code.code);
        }
        out.push_str("    }\n}\n");
        out
    }

    fn resource_file(&self) -> String {
        let mut out = String::from("\nresources! {\n");
        for found in
            self.definitions.types.values().filter(|found| found.kind == Kind::Resource && is_struct(found))
        {
            let index = self.indexes.get(found.name.as_str()).copied().unwrap_or(usize::MAX);
            let _ = writeln!(out, "    {} = {index},", self.names.type_name(&found.name));
        }
        out.push_str("}\n");
        if let Some(found) = self.definitions.types.get("Resource") {
            let mut found = found.clone();
            found.short =
                "A resource of a type that this version does not define; all of it stands in `extras`."
                    .to_owned();
            self.structure(&mut out, &found, "UnknownResource");
        }
        out
    }

    /// Types are included, not modules of their own: the compiler splits a crate by its modules, and each part would
    /// have its own copy of the code that drops a resource, since any resource may contain any other.
    fn folder_file(&self, folder: &str, names: &[String]) -> String {
        let version = &self.definitions.version;
        let (what, included) = match folder {
            "resources" => ("Resources, a file each with the types inside it", true),
            "types" => ("Data types, a file each with the types inside it", true),
            _ => ("Required bindings, a file each", false),
        };
        let mut out = format!("{}//! {what}.\n", self.definitions.header());
        if included {
            let _ = write!(
                out,
                "//!\n//! One module for all, so that the code that drops any of them is compiled once.\n\n\
                 use crate::{version}::internal::*;\n\n"
            );
            names.iter().for_each(|name| {
                let _ = writeln!(out, "include!(\"{name}.rs\");");
            });
            return out;
        }
        for line in ["mod {};", "pub use {}::*;"] {
            out.push('\n');
            names.iter().for_each(|name| {
                let _ = writeln!(out, "{}", line.replace("{}", name));
            });
        }
        out
    }

    fn module_file(&self) -> String {
        let version = &self.definitions.version;
        let (title, number) = self.definitions.title();
        let count = |kind| {
            let types = self.definitions.types.values();
            types.filter(|found| found.kind == kind && is_struct(found)).count()
        };
        let (resources, types, codes) = (count(Kind::Resource), count(Kind::Complex), self.names.codes.len());
        let variant = self.definitions.version_variant();
        let header = self.definitions.header();
        let mut primitives = vec![
            "Base64Binary",
            "Code",
            "Date",
            "DateTime",
            "Decimal",
            "Id",
            "Instant",
            "LiteralReference",
            "Text",
            "Time",
            "Uri",
        ];
        if self.definitions.types.contains_key("integer64") {
            primitives.push("Integer64");
        }
        let primitives = primitives.join(", ");
        format!(
            "{header}//! FHIR {title}, {number}: {resources} resources, {types} data types, the codes of {codes} required bindings.\n//!\n\
             //! ```\n\
             //! # #[cfg(feature = \"{version}\")] {{\n\
             //! use hygea_fhir_model::{{typed::Structure, {version}::{{AdministrativeGender, Patient, Resource}}}};\n\
             //!\n\
             //! let json = br#\"{{\"resourceType\":\"Patient\",\"name\":[{{\"given\":[\"Ada\"]}}],\"gender\":\"female\"}}\"#;\n\
             //! let patient = Patient::from_json(json).unwrap();\n\
             //! assert_eq!(patient.gender, Some(AdministrativeGender::Female));\n\
             //! assert_eq!(Resource::from(patient).to_json().as_bytes(), json);\n\
             //! # }}\n\
             //! ```\n\
             //!\n\
             //! The definitions are those of [`Schema::of`](crate::schema::Schema::of)`(`[`{variant}`](crate::schema::{variant})`)`; they\n\
             //! need the feature `{version}-schema` only, the structs `{version}`.\n\n\
             pub(crate) mod schema;\n\n\
             #[cfg(feature = \"{version}\")]\nmod codes;\n\
             #[cfg(feature = \"{version}\")]\n#[allow(clippy::use_self, reason = \"a type inside itself keeps its name\")]\nmod resources;\n\
             #[cfg(feature = \"{version}\")]\n#[allow(clippy::use_self, reason = \"a type inside itself keeps its name\")]\nmod types;\n\n\
             #[cfg(feature = \"{version}\")]\npub use {{codes::*, resources::*, types::*}};\n\n\
             /// The ids and extensions of primitives, and what a type does not define.\n\
             #[cfg(feature = \"{version}\")]\npub type Extras = crate::typed::Extras<Element>;\n\n\
             /// What the generated files import.\n\
             #[cfg(feature = \"{version}\")]\nmod internal {{\n    \
             pub(super) use super::schema::{{SCHEMA, types::TYPES}};\n    \
             pub(super) use super::*;\n    \
             pub(super) use crate::primitive::{{{primitives}}};\n    \
             pub(super) use crate::typed::{{choice, codes, resources, structure}};\n}}\n"
        )
    }
}

/// The first sentence, with what rustdoc would take for markup escaped.
fn doc(text: &str) -> String {
    let line = text.split(['\r', '\n']).next().unwrap_or_default().trim();
    // The end of a sentence: a full stop before a capital letter, but not that of an abbreviation.
    let mut stops = line.match_indices(". ").map(|(at, _)| at).filter(|&at| {
        let next = line.get(at + 2..).unwrap_or_default();
        let word = line.get(..at).unwrap_or_default().rsplit([' ', '(']).next().unwrap_or_default();
        next.starts_with(char::is_uppercase) && word.len() > 2 && !word.contains('.')
    });
    let sentence = stops.next().and_then(|end| line.get(..=end)).unwrap_or(line);
    let mut out = String::new();
    for letter in sentence.chars() {
        if matches!(letter, '[' | ']' | '<' | '>' | '\\' | '`' | '*' | '_' | '#') {
            out.push('\\');
        }
        out.push(letter);
    }
    if out.is_empty() { "(no description)".to_owned() } else { out }
}
