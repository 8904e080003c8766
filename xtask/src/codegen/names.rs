//! Rust names for types, elements, choices and codes.

use super::definitions::{Definitions, Field, FieldType, Kind, Type};
use super::read::capitalized;
use std::collections::{BTreeMap, BTreeSet};

/// The names that had to be made up, all different.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Enums of choices, by type and element; where several elements have the same types of any kind
    /// (`Extension.value[x]`), only the first is here.
    pub(crate) choices: BTreeMap<(String, String), String>,
    /// Enums of choices that stand for another element's, by their types.
    shared: BTreeMap<Vec<String>, String>,
    /// Enums of required bindings, by URL.
    pub(crate) codes: BTreeMap<String, String>,
}

/// Names of the prelude and of this crate that a type must not hide.
const TAKEN: &[&str] = &[
    "Base64Binary",
    "Box",
    "Code",
    "Date",
    "DateTime",
    "Decimal",
    "Default",
    "Extras",
    "Id",
    "Instant",
    "Integer64",
    "None",
    "Option",
    "Resource",
    "Self",
    "Some",
    "String",
    "Text",
    "Time",
    "UnknownResource",
    "Uri",
    "Vec",
];

/// From so many types on, elements share one enum: it is the list of all types.
const OPEN: usize = 30;

impl Names {
    pub(crate) fn of(definitions: &Definitions) -> Result<Self, String> {
        let mut names = Self::default();
        let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        let structs = definitions
            .types
            .values()
            .filter(|found| found.kind == Kind::Backbone || super::structs::is_struct(found));
        let structs: Vec<&Type> = structs.collect();
        for found in &structs {
            if !taken.insert(names.type_name(&found.name)) {
                return Err(format!("the name of {} is taken", found.name));
            }
        }
        // Extension first, so that the open list of types has its name.
        let mut owners = structs.clone();
        owners.sort_by_key(|found| found.name != "Extension");
        for found in owners {
            for field in found.fields.iter().filter(|field| field.choice) {
                let key: Vec<String> = field.types.iter().map(|choice| choice.name.clone()).collect();
                let open = key.len() >= OPEN;
                if open && names.shared.contains_key(&key) {
                    continue;
                }
                let wanted = format!("{}{}", names.type_name(&found.name), capitalized(&field.name));
                let name = free(&wanted, "Choice", &mut taken)?;
                if open {
                    names.shared.insert(key, name.clone());
                }
                names.choices.insert((found.name.clone(), field.name.clone()), name);
            }
        }
        let bindings = structs.iter().flat_map(|found| &found.fields).filter(|field| is_coded(field));
        let bindings: BTreeSet<&String> = bindings.filter_map(|field| field.binding.as_ref()).collect();
        for url in bindings {
            let name = free(&camel(url.rsplit('/').next().unwrap_or(url)), "Code", &mut taken)?;
            names.codes.insert(url.clone(), name);
        }
        Ok(names)
    }

    /// `PatientContact` for `Patient.contact`.
    pub(crate) fn type_name(&self, name: &str) -> String {
        name.split('.').map(capitalized).collect()
    }

    /// The enum of a choice element.
    pub(crate) fn choice_of(&self, owner: &Type, field: &Field) -> Option<&String> {
        if !field.choice {
            return None;
        }
        let key: Vec<String> = field.types.iter().map(|choice| choice.name.clone()).collect();
        self.shared.get(&key).or_else(|| self.choices.get(&(owner.name.clone(), field.name.clone())))
    }
}

fn is_coded(field: &Field) -> bool {
    matches!(field.types.as_slice(), [FieldType { name, .. }] if name == "code")
}

fn free(wanted: &str, suffix: &str, taken: &mut BTreeSet<String>) -> Result<String, String> {
    for name in [wanted.to_owned(), format!("{wanted}{suffix}")] {
        if taken.insert(name.clone()) {
            return Ok(name);
        }
    }
    Err(format!("the name {wanted} is taken, with and without {suffix}"))
}

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// `birth_date` for `birthDate`; keywords get an underscore behind them.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before)).copied();
        let after = letters.get(at + 1).copied();
        let starts_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || after.is_some_and(|after| after.is_ascii_lowercase())
            });
        if starts_word && !out.ends_with('_') {
            out.push('_');
        }
        out.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' });
    }
    if KEYWORDS.contains(&out.as_str()) {
        out.push('_');
    }
    out
}

/// `EnteredInError` for `entered-in-error`, `Post` for `POST`.
fn camel(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut out = String::new();
    for word in words {
        let shouted = word.len() > 1 && !word.chars().any(|letter| letter.is_ascii_lowercase());
        let word = if shouted { word.to_ascii_lowercase() } else { word.to_owned() };
        // Digits side by side would run together: 4.0.1 becomes 4_0_1.
        let digits = out.ends_with(|last: char| last.is_ascii_digit())
            && word.starts_with(|first: char| first.is_ascii_digit());
        if digits {
            out.push('_');
        }
        out.push_str(&capitalized(&word));
    }
    out
}

/// The name of a character that no identifier has, for codes that consist of such only.
fn symbol(letter: char) -> &'static str {
    match letter {
        '=' => "Equal",
        '<' => "Less",
        '>' => "Greater",
        '!' => "Not",
        '+' => "Plus",
        '-' => "Minus",
        '*' => "Star",
        _ => "Sign",
    }
}

/// A name for the variant of a code: from the code, from its display where the code has no letters, or from its signs.
pub(crate) fn variant(code: &str, display: &str, taken: &mut BTreeSet<String>) -> String {
    let from_code = camel(code);
    let base = if from_code.is_empty() { camel(display) } else { from_code };
    let base = if base.is_empty() { code.chars().map(symbol).collect() } else { base };
    let base =
        if base.starts_with(|first: char| !first.is_ascii_alphabetic()) { format!("V{base}") } else { base };
    let mut candidates = std::iter::once(base.clone())
        .chain(std::iter::once(format!("{base}{}", camel(display))))
        .chain((2..).map(|number| format!("{base}{number}")));
    candidates.find(|name| taken.insert(name.clone())).unwrap_or(base)
}
