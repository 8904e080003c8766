//! HL7's examples of every version are read strictly and validated: structure, formats, codes, references, contained
//! resources, Bundles, ids, narratives. The faults that they have are listed in `validate_examples/known.txt`: a
//! version, a file, a kind of fault and how often.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "tests fail by panicking and print what they counted"
)]

use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate::{Reader, Rule, Rules, Validator};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A version and how many resources HL7 publishes as examples.
const VERSIONS: &[(Version, usize)] = &[
    (Version::Dstu2, 2505),
    (Version::Stu3, 8287),
    (Version::R4, 5306),
    (Version::R4B, 2840),
    (Version::R5, 2822),
];

/// In a debug build every so many files unless `HYGEA_EVERY_EXAMPLE` is set; a release build takes all.
const EVERY: usize = 7;

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

/// The exceptions of a version: file and kind of fault, how often.
fn known(version: Version) -> BTreeMap<(String, String), usize> {
    let lines = include_str!("validate_examples/known.txt").lines().filter(|line| !line.starts_with('#'));
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let own = words.filter(|words| words.first() == Some(&version.name()));
    own.map(|words| ((words[1].to_owned(), words[2].to_owned()), words[3].parse().unwrap())).collect()
}

#[test]
fn examples_are_read_strictly_and_keep_the_rules() {
    for (version, least) in VERSIONS {
        let (Some(schema), Some(files)) = (Schema::of(*version), examples(*version)) else { continue };
        let rules = Rules { max_issues: 100_000, ..Rules::default() };
        let validator = Validator::new(schema).rules(rules.clone());
        let strict = Reader::strict(schema).validator(Validator::structure(schema).rules(rules));
        let mut found = BTreeMap::<(String, String), (usize, String)>::new();
        let (mut resources, mut refused, mut warnings) = (0, 0, 0);
        for path in files.iter().step_by(every()) {
            let bytes = std::fs::read(path).unwrap();
            let file = path.file_name().unwrap().to_str().unwrap();
            let document = Document::parse(&bytes).unwrap();
            // The packages hold lists of their files as well.
            if document.root().get("resourceType").is_none() {
                continue;
            }
            resources += 1;
            let faults = strict.read(&bytes).map_or_else(|faults| faults.into_issues(), |read| read.issues);
            refused += usize::from(!faults.is_empty());
            let issues = validator.validate(&document);
            let structural = [Rule::Structure, Rule::Format, Rule::Cardinality, Rule::Binding];
            let of_structure = issues.iter().filter(|issue| structural.contains(&issue.rule()));
            assert!(faults.len() <= of_structure.count(), "{file}");
            warnings += issues.iter().filter(|issue| !issue.is_error()).count();
            for issue in issues.iter().filter(|issue| issue.is_error()) {
                let place = || (0, issue.to_string());
                let kind = format!("{:?}", issue.kind());
                found.entry((file.to_owned(), kind)).or_insert_with(place).0 += 1;
            }
        }
        let known = known(*version);
        let total: usize = found.values().map(|(count, _)| count).sum();
        let sample = if every() > 1 { "a sample of " } else { "all " };
        println!(
            "{version}: {sample}{resources} resources, {refused} not strict; {total} faults in {} files and kinds, {} known; \
             {warnings} warnings",
            found.len(),
            known.len(),
        );
        if std::env::var_os("HYGEA_LIST_FAULTS").is_some() {
            for ((file, kind), (count, place)) in &found {
                println!("LIST {version} {file} {kind} {count} | {place}");
            }
            continue;
        }
        let new: Vec<_> = found
            .iter()
            .filter(|(place, (count, _))| known.get(place).is_none_or(|known| count > known))
            .collect();
        assert!(new.is_empty(), "{} kinds of faults are not known: {new:#?}", new.len());
        assert!(every() > 1 || resources >= *least, "{version}: {resources}");
        let stale = known.keys().filter(|place| !found.contains_key(*place)).count();
        assert!(every() > 1 || stale == 0, "{version}: {stale} exceptions are none any more");
    }
}
