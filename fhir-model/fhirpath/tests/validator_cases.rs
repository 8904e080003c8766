//! The cases of the official validator suite (modules `general` and `fmt`): do we find an error where the reference
//! found one, and none where it found none?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking and print what they counted"
)]

use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::primitive::date;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate::{Issue, Profiles, Reader, Validator};
use hygea_fhirpath::{DateTime, Invariants};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where we say otherwise than the reference, and why.
const DISAGREEMENTS: &[(&str, &str)] = &[
    ("observation-cholesterol-good", "the display is not LOINC's, whose terms are not among the data"),
    ("observation-triglyceride-good", "the display is not LOINC's, whose terms are not among the data"),
    ("observation-triglyceride-good2", "the display is not LOINC's, whose terms are not among the data"),
    ("demo-example-2", "the display is not LOINC's, whose terms are not among the data"),
    ("mimic", "codes are not in the value sets of profiles that a package brings along"),
    (
        "test-ndjson",
        "per-1: the period starts on the day in which it ends; FHIRPath says nothing of it, the reference says no",
    ),
];

/// Cases that need HL7's own profiles, which come with the examples.
const WITH_PUBLISHED: &[&str] = &[
    "observation-cholesterol-bad-wrongcode",
    "observation-triglyceride-bad-wrongcode",
    "profile-patient-op1",
];

/// Cases whose outcome, or whose input, is not among the reference data.
const WITHOUT_OUTCOME: &[&str] = &[
    "library-fhir-model-definition",
    "param-mintime",
    "obs-max-decimal",
    "media-mime-type-tx",
    "media-mime-type-notx",
];

const NOW: &str = "2026-11-20T10:15:30+01:00";

fn data() -> Option<PathBuf> {
    let root = std::env::var_os("HYGEA_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let folder = root.join("fhir/validator");
    if folder.join("manifest.json").is_file() {
        return Some(folder);
    }
    println!("left out: {} has no manifest of the validator cases", folder.display());
    None
}

fn text<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    node.get(name).and_then(Node::as_str)
}

/// The number of errors in an outcome: a file, or an object in the manifest itself.
fn errors(folder: &Path, outcome: Node<'_>) -> Option<usize> {
    if let Some(count) = outcome.get("errorCount").and_then(Node::as_i64) {
        return usize::try_from(count).ok();
    }
    let bytes = std::fs::read(folder.join("outcomes").join(outcome.as_str()?)).ok()?;
    let document = Document::parse(&bytes).unwrap();
    let root = document.root().get("outcome").unwrap_or_else(|| document.root());
    let issues = root.get("issue").into_iter().flat_map(Node::items);
    let severities = issues.filter_map(|issue| text(issue, "severity"));
    Some(severities.filter(|severity| matches!(*severity, "error" | "fatal")).count())
}

fn version(case: Node<'_>) -> Version {
    match text(case, "version").unwrap_or("5.0").get(..3) {
        Some("1.0" | "1.4") => Version::Dstu2,
        Some("3.0") => Version::Stu3,
        Some("4.0") => Version::R4,
        Some("4.3") => Version::R4B,
        _ => Version::R5,
    }
}

/// HL7's own profiles and extensions of a version, if its examples, which come with them, are there.
fn published(version: Version) -> Profiles {
    let mut profiles = Profiles::new();
    let variable = format!("HYGEA_FHIR_EXAMPLES_{}", version.name());
    let Ok(folder) = std::env::var(&variable) else {
        println!("{variable} names no folder: HL7's own profiles of {version} are left out");
        return profiles;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("StructureDefinition-") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let document = Document::parse(&bytes).unwrap();
        if text(document.root(), "derivation") == Some("constraint") {
            profiles.add(document.root()).unwrap();
        }
    }
    // R5 keeps its extensions in a package of their own.
    if version == Version::R4 {
        profiles.complete("http://hl7.org/fhir/StructureDefinition/");
    }
    profiles
}

/// The outcomes of a case, as numbers of errors: as it is, and with the profile to which it is to be held.
fn outcomes<'d>(folder: &Path, case: Node<'d>) -> Vec<(usize, Option<&'d str>)> {
    let plain = case.get("java").and_then(|outcome| errors(folder, outcome)).map(|count| (count, None));
    let held = case
        .get("profile")
        .and_then(|profile| Some((errors(folder, profile.get("java")?)?, Some(text(profile, "source")?))));
    plain.into_iter().chain(held).collect()
}

/// The profiles that come with a case, the name spaces that they define, and the one to which it is to be held.
fn supplied(folder: &Path, case: Node<'_>, demanded: Option<&str>, schema: &'static Schema) -> Profiles {
    let mut profiles = Profiles::new();
    profiles.set_now(date::parse(NOW).unwrap());
    let files = ["supporting", "profiles"].into_iter().filter_map(|name| case.get(name));
    for file in files.flat_map(Node::items).filter_map(Node::as_str).chain(demanded) {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let reading = Reader::tolerant(schema).read(&bytes).unwrap();
        let definition = reading.document.root();
        if text(definition, "resourceType") == Some("StructureDefinition") {
            profiles.add(definition).unwrap();
            if Some(file) == demanded {
                profiles.demand(text(definition, "url").unwrap());
            }
            let (space, _) = text(definition, "url").unwrap().rsplit_once('/').unwrap();
            profiles.complete(format!("{space}/"));
        }
    }
    profiles
}

fn issues(reader: &Reader<'_>, bytes: &[u8]) -> Vec<Issue> {
    match reader.read(bytes) {
        Ok(reading) => reading.issues,
        Err(faults) => faults.into_issues(),
    }
}

#[test]
fn we_agree_with_the_reference() {
    let Some(folder) = data() else { return };
    let bytes = std::fs::read(folder.join("manifest.json")).unwrap();
    let manifest = Document::parse(&bytes).unwrap();
    let now = DateTime::parse(NOW).unwrap();
    let invariants = Invariants::new().now(now);
    let mut core = HashMap::new();
    let (mut count, mut agreed, mut left_out) = (0, 0, 0);
    let (mut differ, mut unknown) = (Vec::new(), Vec::new());
    for case in manifest.root().get("test-cases").unwrap().items() {
        let name = text(case, "name").unwrap();
        let Some(schema) = Schema::of(version(case)) else {
            left_out += 1;
            continue;
        };
        count += 1;
        let file = text(case, "file").unwrap();
        let input = std::fs::read(folder.join(file));
        let wanted = outcomes(&folder, case);
        let Some(bytes) = input.ok().filter(|_| !wanted.is_empty()) else {
            unknown.push(name.to_owned());
            continue;
        };
        let core = &*core.entry(schema.version()).or_insert_with(|| published(schema.version()));
        let (mut agree, mut told) = (true, String::new());
        for (wanted, profile) in wanted {
            let own = supplied(&folder, case, profile, schema);
            let validator = Validator::new(schema)
                .check(&invariants)
                .check(core)
                .check(&own)
                .examples(case.get("examples").and_then(Node::as_bool) != Some(false));
            let reader = Reader::strict(schema).validator(validator);
            let found: Vec<Issue> = if file.ends_with(".ndjson") {
                let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
                lines.flat_map(|line| issues(&reader, line)).collect()
            } else {
                issues(&reader, &bytes)
            };
            let found: Vec<&Issue> = found.iter().filter(|issue| issue.is_error()).collect();
            agree &= (wanted == 0) == found.is_empty();
            told.push_str(&format!("; the reference has {wanted} errors, we {}", found.len()));
            found.iter().take(5).for_each(|issue| told.push_str(&format!("\n    {issue}")));
        }
        if agree {
            agreed += 1;
            continue;
        }
        differ.push(name.to_owned());
        println!("  {name}{told}");
    }
    println!(
        "{agreed} of {} validator cases agree, {} differ, {} have no reference outcome, {left_out} of versions that are off",
        count - unknown.len(),
        differ.len(),
        unknown.len()
    );
    let complete = [Version::R4, Version::R5]
        .iter()
        .all(|version| std::env::var_os(format!("HYGEA_FHIR_EXAMPLES_{}", version.name())).is_some());
    let known = |name: &String| {
        DISAGREEMENTS.iter().any(|(known, _)| known == name)
            || (!complete && WITH_PUBLISHED.contains(&name.as_str()))
    };
    let new: Vec<_> = differ.iter().filter(|name| !known(name)).collect();
    assert!(new.is_empty(), "cases that differ and are not known to: {new:#?}");
    assert!(unknown.iter().all(|name| WITHOUT_OUTCOME.contains(&name.as_str())), "{unknown:?}");
    if left_out == 0 && complete {
        assert_eq!((count, unknown.len(), differ.len()), (142, WITHOUT_OUTCOME.len(), DISAGREEMENTS.len()));
        assert!(agreed * 100 >= (count - unknown.len()) * 95, "{agreed}");
    }
}
