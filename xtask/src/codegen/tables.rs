//! Writes the schema tables: rows of numbers, each with a comment that says what it describes.
//!
//! A row refers to names by offset and to other rows by index, so that the tables need no relocation when a
//! program starts and stay small; `fhir-model/src/schema/` explains them.

use super::Files;
use super::definitions::{Definitions, Field, FieldType, Invariant, Kind, Type};
use super::invariants::Invariants;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const LIST: u8 = 1;
const CHOICE: u8 = 2;
const SUMMARY: u8 = 4;
const MODIFIER: u8 = 8;
const ATTRIBUTE: u8 = 16;

/// Writes the files of `schema/` below the module of a version.
pub(crate) fn write(definitions: &Definitions, module: &Path, files: &mut Files) {
    let mut tables = Tables::new(definitions);
    for found in definitions.types.values() {
        tables.add(found);
    }
    tables.hash();
    let header = definitions.header();
    let folder = module.join("schema");
    let mut put = |name: &str, content: String| {
        files.insert(folder.join(name), header.clone() + &content);
    };
    put("mod.rs", tables.module());
    put("types.rs", tables.types_file());
    put(
        "fields.rs",
        rows(
            "FieldDef",
            "FIELDS",
            "f",
            &tables.fields,
            "Elements: name, types, how many, binding, most times, invariants, fewest, flags.",
        ),
    );
    put(
        "field_types.rs",
        rows(
            "FieldType",
            "FIELD_TYPES",
            "t",
            &tables.field_types,
            "Types of elements: JSON name, definition, targets, how many.",
        ),
    );
    put("members.rs", tables.members_file());
    put("codes.rs", tables.codes_file());
    put("invariants.rs", tables.invariants.file());
    put("text.rs", tables.text.file());
}

/// One text that holds all names, each once.
#[derive(Default)]
struct Text {
    text: String,
    offsets: BTreeMap<String, u32>,
}

impl Text {
    fn add(&mut self, name: &str) -> u32 {
        if let Some(&packed) = self.offsets.get(name) {
            return packed;
        }
        let (offset, length) = (u32::try_from(self.text.len()), u8::try_from(name.len()));
        let packed = offset.unwrap_or(u32::MAX) << 8 | u32::from(length.unwrap_or(u8::MAX));
        self.text.push_str(name);
        self.offsets.insert(name.to_owned(), packed);
        packed
    }

    fn file(&self) -> String {
        let mut out = String::from("//! All names.\n\npub(super) static TEXT: &str = \"\\\n");
        let mut rest = self.text.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at(rest.len().min(100));
            let _ = writeln!(out, "    {line}\\");
            rest = tail;
        }
        out.push_str("    \";\n");
        out
    }
}

struct Tables<'d> {
    definitions: &'d Definitions,
    indexes: BTreeMap<&'d str, u16>,
    text: Text,
    types: Vec<String>,
    hashed: Vec<u16>,
    fields: Vec<String>,
    field_types: Vec<String>,
    known_types: BTreeMap<String, u16>,
    members: Vec<String>,
    slots: Vec<u16>,
    targets: Vec<u16>,
    known_targets: BTreeMap<Vec<u16>, u16>,
    bindings: Vec<String>,
    known_bindings: BTreeMap<&'d str, u16>,
    codes: Vec<String>,
    /// The names of the systems of codes.
    systems: Vec<u32>,
    invariants: Invariants,
}

impl<'d> Tables<'d> {
    fn new(definitions: &'d Definitions) -> Self {
        let names = definitions.types.keys();
        Self {
            definitions,
            indexes: names.enumerate().map(|(index, name)| (name.as_str(), narrow(index))).collect(),
            text: Text::default(),
            types: Vec::new(),
            hashed: Vec::new(),
            fields: Vec::new(),
            field_types: Vec::new(),
            known_types: BTreeMap::new(),
            members: Vec::new(),
            slots: Vec::new(),
            targets: Vec::new(),
            known_targets: BTreeMap::new(),
            bindings: Vec::new(),
            known_bindings: BTreeMap::new(),
            codes: Vec::new(),
            systems: Vec::new(),
            invariants: Invariants::default(),
        }
    }

    fn index(&self, name: &str) -> u16 {
        self.indexes.get(name).copied().unwrap_or(u16::MAX)
    }

    fn add(&mut self, found: &'d Type) {
        let name = self.text.add(&found.name);
        let base = found.base.as_deref().map_or(0, |base| self.index(base) + 1);
        let (first_field, first_member) = (self.fields.len(), self.members.len());
        let mut members: Vec<(String, usize, u8)> = Vec::new();
        for (index, field) in found.fields.iter().enumerate() {
            let _: u32 = bit(index);
            self.add_field(&found.name, field);
            if field.choice {
                members.push((field.name.clone(), index, u8::MAX));
            }
            let choices = field.types.iter().enumerate();
            members.extend(choices.map(|(choice, found)| (found.json_name.clone(), index, narrow(choice))));
        }
        let first_slot = self.slots.len();
        let mask = self.add_slots(&members);
        for (member, index, choice) in members {
            let packed = self.text.add(&member);
            self.members
                .push(format!("    m(0x{packed:08x}, {index}, {choice}), // {}: {member}", found.name));
        }
        let must = found.fields.iter().enumerate().filter(|(_, field)| field.min > 0);
        let required = must.fold(0_u64, |mask, (index, _)| mask | 1 << bit(index));
        let primitive = match found.kind {
            Kind::Primitive => format!("Some(PrimitiveKind::{})", super::read::capitalized(&found.name)),
            _ => "None".to_owned(),
        };
        let invariants = self.add_invariants(&found.name, &found.invariants);
        self.types.push(format!(
            "    d(0x{name:08x}, {first_slot}, 0x{required:x}, {base}, {first_field}, {first_member}, {mask}, {invariants}, {}, TypeKind::{:?}, {primitive}, {}), // {}",
            found.fields.len(),
            found.kind,
            found.is_abstract,
            found.name,
        ));
    }

    /// Adds the run of slots of a type; its length less one.
    fn add_slots(&mut self, members: &[(String, usize, u8)]) -> u16 {
        // At least one stays empty: there the search for an unknown name ends.
        let size = (members.len() * 3 / 2).max(members.len() + 1).next_power_of_two();
        let mut slots = vec![0_u16; size];
        for (index, (member, _, _)) in members.iter().enumerate() {
            let mut at = key(member.as_bytes()) % size;
            while slots.get(at).is_some_and(|&taken| taken != 0) {
                at = (at + 1) % size;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = narrow(index + 1);
            }
        }
        self.slots.extend(slots);
        narrow(size - 1)
    }

    fn add_field(&mut self, owner: &str, field: &'d Field) {
        let name = self.text.add(&field.name);
        let first_type = self.add_types(&field.types);
        let binding = field.binding.as_deref().map_or(0, |url| self.add_binding(url) + 1);
        let flags = [
            (field.list, LIST),
            (field.choice, CHOICE),
            (field.summary, SUMMARY),
            (field.modifier, MODIFIER),
            (field.attribute, ATTRIBUTE),
        ];
        let flags: u8 = flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum();
        let max = field.max.unwrap_or(u16::MAX);
        let place = format!("{owner}.{}", field.name);
        let invariants = self.add_invariants(&place, &field.invariants);
        self.fields.push(format!(
            "    f(0x{name:08x}, {first_type}, {}, {binding}, {max}, {invariants}, {}, {flags}), // {place}",
            field.types.len(),
            field.min,
        ));
    }

    fn add_invariants(&mut self, owner: &str, run: &[Invariant]) -> u16 {
        self.invariants.add(owner, run, &mut |name| self.text.add(name))
    }

    /// The run of rows for the types of a field; fields that have the same types share it.
    fn add_types(&mut self, types: &[FieldType]) -> u16 {
        let key = format!("{types:?}");
        if let Some(&first) = self.known_types.get(&key) {
            return first;
        }
        let first = narrow(self.field_types.len());
        for found in types {
            let name = self.text.add(&found.json_name);
            let targets: Vec<u16> = found.targets.iter().map(|target| self.index(target)).collect();
            let first_target = match self.known_targets.get(&targets) {
                Some(&first) => first,
                None => {
                    let first = narrow(self.targets.len());
                    self.targets.extend(&targets);
                    self.known_targets.insert(targets, first);
                    first
                }
            };
            self.field_types.push(format!(
                "    t(0x{name:08x}, {}, {first_target}, {}), // {}: {}",
                self.index(&found.name),
                found.targets.len(),
                found.json_name,
                found.name,
            ));
        }
        self.known_types.insert(key, first);
        first
    }

    fn add_binding(&mut self, url: &'d str) -> u16 {
        if let Some(&known) = self.known_bindings.get(url) {
            return known;
        }
        let codes = self.definitions.value_sets.get(url).into_iter().flatten();
        let mut codes: Vec<(&str, &str)> =
            codes.map(|code| (code.code.as_str(), code.system.as_str())).collect();
        codes.sort_unstable();
        let first = self.codes.len();
        for (code, system) in &codes {
            let (packed, system_name) = (self.text.add(code), self.text.add(system));
            let known = self.systems.iter().position(|other| *other == system_name);
            let system = known.unwrap_or_else(|| {
                self.systems.push(system_name);
                self.systems.len() - 1
            });
            self.codes.push(format!("    c(0x{packed:08x}, {system}), // {code}"));
        }
        let name = self.text.add(url);
        let index = narrow(self.bindings.len());
        self.bindings.push(format!("    b(0x{name:08x}, {first}, {}), // {url}", codes.len()));
        self.known_bindings.insert(url, index);
        index
    }

    fn hash(&mut self) {
        let size = (self.types.len() * 2).next_power_of_two();
        self.hashed = vec![0; size];
        for (name, index) in &self.indexes {
            let mut at = hash(name.as_bytes()) as usize % size;
            while self.hashed.get(at).is_some_and(|&taken: &u16| taken != 0) {
                at = (at + 1) % size;
            }
            if let Some(slot) = self.hashed.get_mut(at) {
                *slot = index + 1;
            }
        }
    }

    fn module(&self) -> String {
        let version = self.definitions.version_variant();
        let invariant = if self.invariants.is_empty() { "" } else { "Invariant, " };
        let mut out = format!(
            "//! The tables of this version.\n\n\
             mod codes;\nmod field_types;\nmod fields;\nmod invariants;\nmod members;\nmod text;\npub(super) mod types;\n\n\
             use crate::schema::{{Binding, BoundCode, FieldDef, FieldType, {invariant}Member, Name, PrimitiveKind, Schema, TypeDef, TypeKind, Version}};\n\n\
             pub(crate) static SCHEMA: Schema = Schema {{\n    version: {version},\n    text: text::TEXT,\n    \
             types: &types::TYPES,\n    hashed: types::HASHED,\n    fields: fields::FIELDS,\n    \
             field_types: field_types::FIELD_TYPES,\n    members: members::MEMBERS,\n    slots: members::SLOTS,\n    \
             targets: codes::TARGETS,\n    bindings: codes::BINDINGS,\n    codes: codes::CODES,\n    systems: codes::SYSTEMS,\n    \
             invariants: invariants::INVARIANTS,\n    invariant_runs: invariants::RUNS,\n    invariant_text: invariants::TEXT,\n}};\n\n\
             #[expect(clippy::too_many_arguments, reason = \"a row of a generated table\")]\n\
             const fn d(name: u32, first_slot: u32, required: u64, base: u16, first_field: u16, first_member: u16, slot_mask: u16, invariants: u16, field_count: u8, kind: TypeKind, primitive: Option<PrimitiveKind>, is_abstract: bool) -> TypeDef {{\n    \
             TypeDef {{ name: Name(name), first_slot, required, base, first_field, first_member, slot_mask, invariants, field_count, kind, primitive, is_abstract, version: {version} }}\n}}\n\n\
             #[expect(clippy::too_many_arguments, reason = \"a row of a generated table\")]\n\
             const fn f(name: u32, first_type: u16, type_count: u8, binding: u16, max: u16, invariants: u16, min: u8, flags: u8) -> FieldDef {{\n    \
             FieldDef {{ name: Name(name), first_type, binding, max, invariants, type_count, min, flags, version: {version} }}\n}}\n\n\
             const fn t(json_name: u32, definition: u16, first_target: u16, target_count: u8) -> FieldType {{\n    \
             FieldType {{ json_name: Name(json_name), definition, first_target, target_count, version: {version} }}\n}}\n\n\
             const fn m(name: u32, field: u8, choice: u8) -> Member {{\n    Member {{ name: Name(name), field, choice }}\n}}\n\n\
             const fn c(code: u32, system: u16) -> BoundCode {{\n    BoundCode {{ code: Name(code), system }}\n}}\n\n\
             const fn b(value_set: u32, first_code: u16, code_count: u16) -> Binding {{\n    \
             Binding {{ value_set: Name(value_set), first_code, code_count, version: {version} }}\n}}"
        );
        if !self.invariants.is_empty() {
            let _ = write!(
                out,
                "\nconst fn i(key: u32, text: u32, expression: u16, human: u16, flags: u8) -> Invariant {{\n    \
                 Invariant {{ key: Name(key), text, expression, human, flags, version: {version} }}\n}}\n"
            );
        }
        out
    }

    fn types_file(&self) -> String {
        let mut out = format!(
            "//! Types: name, slots, required elements, base, elements, members, how many slots, invariants, how many elements, kind.\n\n\
             use super::d;\nuse crate::schema::{{PrimitiveKind, TypeDef, TypeKind}};\n\n\
             pub(crate) static TYPES: [TypeDef; {}] = [\n",
            self.types.len()
        );
        out.push_str(&self.types.join("\n"));
        out.push_str("\n];\n\n/// Indexes of types plus one, by the hash of their names.\npub(super) static HASHED: &[u16] = &[\n");
        numbers(&mut out, &self.hashed);
        out.push_str("];\n");
        out
    }

    fn members_file(&self) -> String {
        let purpose = "Names in JSON and in paths: name, element, which of its types.";
        let mut out = rows("Member", "MEMBERS", "m", &self.members, purpose);
        out.push_str("\n/// Members of a type, from one on, by the key of their names.\npub(super) static SLOTS: &[u16] = &[\n");
        numbers(&mut out, &self.slots);
        out.push_str("];\n");
        out
    }

    fn codes_file(&self) -> String {
        let mut out = String::from(
            "//! Targets of references, required bindings, their codes, the systems of these.\n\n\
             use super::{b, c};\nuse crate::schema::{Binding, BoundCode, Name};\n\n\
             /// Indexes of types.\npub(super) static TARGETS: &[u16] = &[\n",
        );
        numbers(&mut out, &self.targets);
        out.push_str("];\n\npub(super) static BINDINGS: &[Binding] = &[\n");
        out.push_str(&self.bindings.join("\n"));
        out.push_str("\n];\n\n/// Code, system.\npub(super) static CODES: &[BoundCode] = &[\n");
        out.push_str(&self.codes.join("\n"));
        out.push_str("\n];\n\npub(super) static SYSTEMS: &[Name] = &[\n");
        for system in &self.systems {
            let _ = writeln!(out, "    Name(0x{system:08x}),");
        }
        out.push_str("];\n");
        out
    }
}

fn rows(kind: &str, table: &str, row: &str, rows: &[String], purpose: &str) -> String {
    format!(
        "//! {purpose}\n\nuse super::{row};\nuse crate::schema::{kind};\n\n\
         pub(super) static {table}: &[{kind}] = &[\n{}\n];\n",
        rows.join("\n")
    )
}

fn numbers(out: &mut String, numbers: &[u16]) {
    packed_numbers(out, numbers.iter().map(u16::to_string));
}

/// Items of an array, twenty a line.
pub(super) fn packed_numbers(out: &mut String, items: impl Iterator<Item = String>) {
    for line in items.collect::<Vec<_>>().chunks(20) {
        let _ = writeln!(out, "    {},", line.join(", "));
    }
}

/// The same as `hash` in `fhir-model/src/schema/mod.rs`.
fn hash(bytes: &[u8]) -> u32 {
    let hash =
        bytes.iter().fold(0x811c_9dc5_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash ^ hash >> 15
}

/// The same as `key` in `fhir-model/src/schema/members.rs`.
fn key(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
            }
            _ => name.iter().fold((0, 0), |(first, last), &byte| (first << 8 | u64::from(byte), last)),
        },
    };
    let mixed = (first ^ last.rotate_left(29) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 48).unwrap_or_default()
}

/// The bit of an element in a mask; structs and the structure check count on at most 64.
fn bit(index: usize) -> u32 {
    assert!(index < 64, "a type has more than 64 elements");
    narrow(index)
}

/// A number of a table that must fit; the generator stops where it does not.
#[expect(clippy::panic, reason = "tables that do not fit must not be written")]
pub(super) fn narrow<T: TryFrom<usize>>(number: usize) -> T {
    T::try_from(number).unwrap_or_else(|_| panic!("{number} does not fit into the tables"))
}
