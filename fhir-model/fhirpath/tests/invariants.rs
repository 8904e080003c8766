//! The invariants of every version compile, run over HL7's examples of the version without an error of the engine,
//! and hold, with the exceptions of `invariants/known.txt`: a version, a file, a key and how often it is false.
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

use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::json::{Document, Options};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate::{Check, Issues, Rules, Severity, Validator};
use hygea_fhirpath::{DateTime, Environment, ErrorKind, Expression, Invariants, Limits, Wanted};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A version, how many invariants its tables hold, and how many resources HL7 publishes as examples.
const VERSIONS: &[(Version, usize, usize)] = &[
    (Version::Dstu2, 0, 0),
    (Version::Stu3, 188, 8287),
    (Version::R4, 239, 5306),
    (Version::R4B, 238, 2840),
    (Version::R5, 312, 2822),
];

/// Invariants that cannot be evaluated on some data as they are published: version, key, why.
const BROKEN: &[(Version, &str, &str)] = &[
    (Version::R4B, "sdf-24", "a string function is applied to an ElementDefinition"),
    (Version::R5, "eld-11", "contains() is applied to the codes of several types"),
];

/// In a debug build every so many files unless `HYGEA_EVERY_EXAMPLE` is set; a release build takes all.
const EVERY: usize = 20;

fn every() -> usize {
    let all = !cfg!(debug_assertions) || std::env::var_os("HYGEA_EVERY_EXAMPLE").is_some();
    if all { 1 } else { EVERY }
}

fn examples(version: Version) -> Option<Vec<PathBuf>> {
    let variable = format!("HYGEA_FHIR_EXAMPLES_{}", version.name());
    let Ok(folder) = std::env::var(&variable) else {
        println!("left out: {variable} names no folder");
        return None;
    };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    Some(files)
}

#[test]
fn every_invariant_compiles() {
    for (version, count, _) in VERSIONS {
        let Some(schema) = Schema::of(*version) else { continue };
        let failed = Invariants::uncompiled(schema);
        println!("{version}: {} invariants, {} do not compile", schema.invariants().len(), failed.len());
        assert!(failed.is_empty(), "{failed:#?}");
        assert!(schema.invariants().len() >= *count, "{version}");
    }
}

/// The exceptions of a version: file and key, how often.
fn known(version: Version) -> BTreeMap<(String, String), usize> {
    let lines = include_str!("invariants/known.txt").lines().filter(|line| !line.starts_with('#'));
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let own = words.filter(|words| words.first() == Some(&version.name()));
    own.map(|words| ((words[1].to_owned(), words[2].to_owned()), words[3].parse().unwrap())).collect()
}

#[test]
fn invariants_hold_on_the_examples() {
    for (version, _, count) in VERSIONS.iter().filter(|(version, ..)| *version != Version::Dstu2) {
        let (Some(schema), Some(files)) = (Schema::of(*version), examples(*version)) else { continue };
        let now = DateTime::parse("2026-11-20T10:15:30.500+01:00").unwrap();
        // The largest resources take more steps than anybody should grant by default.
        let invariants =
            Invariants::new().now(now).limits(Limits { steps: 100_000_000, ..Limits::default() });
        let (mut resources, mut evaluations, mut warnings) = (0, 0_usize, BTreeMap::<&str, usize>::new());
        let mut met = std::collections::BTreeSet::new();
        let mut broken = BTreeMap::<(String, String), (usize, String)>::new();
        let (mut failed, mut without) = (Vec::new(), 0);
        for path in files.iter().step_by(every()) {
            let bytes = std::fs::read(path).unwrap();
            if bytes.len() > 200_000 && every() > 1 {
                continue;
            }
            let document = Document::parse(&bytes).unwrap();
            if JsonElement::resource(document.root(), schema).definition().is_none() {
                continue;
            }
            resources += 1;
            let file = path.file_name().unwrap().to_str().unwrap();
            invariants.evaluate(document.root(), schema, &mut |evaluation| {
                evaluations += 1;
                met.insert(evaluation.invariant.index());
                let key = evaluation.invariant.key();
                match evaluation.issue() {
                    None => {}
                    Some(issue) if issue.severity() == Severity::Error => {
                        let place =
                            || (0, format!("{} {}", issue.expression(), evaluation.invariant.expression()));
                        broken.entry((file.to_owned(), key.to_owned())).or_insert_with(place).0 += 1;
                    }
                    Some(issue) if issue.severity() == Severity::Warning => {
                        *warnings.entry(key).or_default() += 1
                    }
                    Some(_) => {
                        without += 1;
                        let faulty = matches!(&evaluation.holds, Err(error)
                            if matches!(error.kind(), ErrorKind::WrongType | ErrorKind::NotSingle));
                        let known =
                            BROKEN.iter().any(|(broken, known, _)| broken == version && *known == key);
                        if !(known && faulty) {
                            failed.push(format!("{file} {evaluation:?}"));
                        }
                    }
                }
                Wanted::More
            });
        }
        let known = known(*version);
        let total: usize = broken.values().map(|(count, _)| count).sum();
        let sample = if every() > 1 { "a sample of " } else { "all " };
        println!(
            "{version}: {sample}{resources} resources, {evaluations} evaluations of {} invariants, {} without result, \
             {total} false in {} files and keys, {} known",
            met.len(),
            without,
            broken.len(),
            known.len()
        );
        println!("  warnings by key: {warnings:?}");
        if std::env::var_os("HYGEA_LIST_INVARIANTS").is_some() {
            for ((file, key), (count, place)) in &broken {
                println!("LIST {version} {file} {key} {count} | {place}");
            }
            failed.iter().for_each(|failure| println!("FAILED {version} {failure}"));
            continue;
        }
        assert!(failed.is_empty(), "{} failed: {:#?}", failed.len(), &failed[..failed.len().min(10)]);
        let new: Vec<_> = broken
            .iter()
            .filter(|(place, (count, _))| known.get(place).is_none_or(|known| count > known))
            .collect();
        assert!(new.is_empty(), "{} invariants are false and not known to be: {new:#?}", new.len());
        assert!(every() > 1 || resources >= *count, "{version}: {resources}");
        let stale = known.keys().filter(|place| !broken.contains_key(*place)).count();
        assert!(every() > 1 || stale == 0, "{version}: {stale} exceptions are none any more");
    }
}

/// Where an invariant has a shortcut, it gives what its expression gives.
#[test]
fn shortcuts_agree_with_the_expressions() {
    let texts = [
        r#"{"resourceType":"Patient","_birthDate":{"id":"a"}}"#,
        r#"{"resourceType":"Patient","birthDate":"2020","_birthDate":{"id":"a"}}"#,
        r#"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"u"}]}}"#,
        r#"{"resourceType":"Patient","name":[{"id":"a"},{"family":"b"},{"_family":{"id":"c"}},{}]}"#,
        r#"{"resourceType":"Patient","extension":[{"url":"u","valueCode":"c"},{"url":"u","_valueCode":{"id":"x"}},
            {"url":"u","extension":[{"url":"v","valueInteger":1}],"valueInteger":1},{"url":"u"},{"id":"u"}]}"#,
        r##"{"resourceType":"Patient","generalPractitioner":[{"reference":"#a"},{"reference":"#"},{"reference":"#b"},
            {"reference":"Practitioner/1"},{"display":"x"}],"contained":[{"resourceType":"Practitioner","id":"a"}]}"##,
    ];
    let mut documents: Vec<(Version, Vec<u8>)> =
        texts.iter().map(|text| (Version::R4, text.as_bytes().to_vec())).collect();
    for (version, ..) in VERSIONS {
        let files = examples(*version).unwrap_or_default();
        documents.extend(files.iter().step_by(199).map(|file| (*version, std::fs::read(file).unwrap())));
    }
    let (mut compared, mut differ) = (0, Vec::new());
    for (version, bytes) in documents.iter().filter(|(_, bytes)| bytes.len() < 50_000) {
        let Some(schema) = Schema::of(*version) else { continue };
        let document = Document::parse(bytes).unwrap();
        let root = JsonElement::resource(document.root(), schema);
        Invariants::new().evaluate(document.root(), schema, &mut |evaluation| {
            let key = evaluation.invariant.key();
            // What is contained has other variables; it is seen as an outermost resource often enough.
            let contained = evaluation.expression().contains(".contained[");
            let resource = evaluation.element.definition().is_some_and(|own| own.is_resource());
            if !(contained || resource && key == "ele-1")
                && (matches!(key, "ele-1" | "ext-1" | "ref-1") || key.starts_with("dom-"))
            {
                let expression = Expression::compile(evaluation.invariant.expression(), schema).unwrap();
                let environment = Environment::new().resource(root).root_resource(root);
                let found = expression.evaluate(evaluation.element, &environment);
                let found = found.ok().map(|found| found.as_bool() != Some(false));
                compared += 1;
                if found != evaluation.holds.as_ref().ok().copied()
                    && root.definition().unwrap().name() != "Bundle"
                {
                    differ.push(format!("{evaluation:?}, the expression gives {found:?}"));
                }
            }
            Wanted::More
        });
    }
    println!("{compared} evaluations compared with shortcuts");
    assert!(differ.is_empty(), "{differ:#?}");
    assert!(compared >= 40, "{compared}");
}

#[test]
fn issues_name_key_words_and_place() {
    let Some(schema) = Schema::of(Version::R4) else { return };
    let text = r#"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"dataAbsentReason":{"text":"y"},"valueString":"z",
        "contained":[{"resourceType":"Patient","id":"p","name":[{"period":{"start":"2021","end":"2020"}}]}]}}]}"#;
    let document = Document::parse(text.as_bytes()).unwrap();
    let invariants = Invariants::new();
    let found = |validator: Validator<'_>| {
        let issues = validator.validate(&document);
        let told = issues
            .iter()
            .map(|issue| (issue.key().unwrap().to_owned(), issue.expression().to_owned(), issue.severity()));
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    };
    let told = |key: &str, expression: &str, severity| (key.to_owned(), expression.to_owned(), severity);
    let observation = "Bundle.entry[0].resource";
    let patient = "Bundle.entry[0].resource.contained[0]";
    assert_eq!(
        found(Validator::new(schema).check(&invariants)),
        [
            told("dom-3", patient, Severity::Error),
            told("dom-6", observation, Severity::Warning),
            told("dom-6", patient, Severity::Warning),
            told("obs-6", observation, Severity::Error),
            told("per-1", &format!("{patient}.name[0].period"), Severity::Error),
        ]
    );
    let plain = Invariants::new().best_practice(false);
    let two = Rules { max_issues: 2, ..Rules::default() };
    assert_eq!(found(Validator::structure(schema).check(&plain)).len(), 3);
    assert_eq!(found(Validator::structure(schema).check(&plain).rules(two)).len(), 2);
    let mut issues = Issues::up_to(1);
    plain.check(document.root(), schema, &mut issues);
    assert_eq!(issues.as_slice().len(), 1);
}

const SEED: &str = r##"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"s","code":"c"}]},
    "valueQuantity":{"value":1.0,"code":"x"},"_issued":{"id":"x"},"subject":{"reference":"#p"},"contained":[{"resourceType":"Patient",
    "id":"p","name":[{"given":["a",null],"_given":[null,{"id":"b"}],"period":{"start":"2020","end":"2019"}}]}]}"##;

proptest! {
    #[test]
    fn mutated_resources_do_no_harm(
        changes in prop::collection::vec((0..SEED.len(), any::<u8>()), 0..8),
        max in 0_usize..4,
    ) {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = b"{}[],:\"n1_ta#. "[usize::from(byte) % 15];
        }
        for version in [Version::Stu3, Version::R4, Version::R5] {
            let (Ok(document), Some(schema)) = (Document::parse(&bytes), Schema::of(version)) else { continue };
            let mut issues = Issues::up_to(max);
            Invariants::new().check(document.root(), schema, &mut issues);
            prop_assert!(issues.as_slice().len() <= max);
            prop_assert!(issues.as_slice().iter().all(|issue| issue.offset() < bytes.len()));
        }
    }
}

#[test]
fn deep_nesting_is_not_followed() {
    let Some(schema) = Schema::of(Version::R4) else { return };
    let open = r#""extension":[{"url":"u","#.repeat(5000);
    let text = format!(r#"{{"resourceType":"Patient",{open}"id":"a"{}}}"#, "}]".repeat(5000));
    let options = Options { max_depth: 100_000, ..Options::default() };
    let document = Document::parse_with(text.as_bytes(), &options).unwrap();
    let mut issues = Issues::up_to(1000);
    Invariants::new().limits(Limits { steps: 10_000, ..Limits::default() }).check(
        document.root(),
        schema,
        &mut issues,
    );
    assert!(issues.as_slice().len() < 1000);
}

#[test]
fn many_contained_resources_take_no_square_of_time() {
    let Some(schema) = Schema::of(Version::R4) else { return };
    let count = 20_000;
    let list = |item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let contained = list(&|at| format!(r#"{{"resourceType":"Practitioner","id":"p{at}"}}"#));
    let references = list(&|at| format!(r##"{{"reference":"#p{at}"}}"##));
    let text = format!(
        r##"{{"resourceType":"Patient","contained":[{contained}],"generalPractitioner":[{references},{{"reference":"#x"}}]}}"##
    );
    let document = Document::parse(text.as_bytes()).unwrap();
    let invariants =
        Invariants::new().best_practice(false).limits(Limits { steps: 100_000, ..Limits::default() });
    let issues = Validator::new(schema).check(&invariants).validate(&document);
    let found: Vec<_> = issues.iter().map(|issue| (issue.expression(), issue.severity())).collect();
    let lost = format!("Patient.generalPractitioner[{count}].reference");
    // Both checks find the reference that is lost; it is told once.
    assert_eq!(found, [(lost.as_str(), Severity::Error), ("Patient", Severity::Information)]);
}
