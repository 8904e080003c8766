//! Writes the generated files from HL7's definitions: schema tables, typed structs, search parameters.
//!
//! The definitions come from npm packages that carry HL7's own files, pinned by the hashes in
//! `xtask/definitions.lock`; anything else is refused. The output is checked in, so nobody needs npm to
//! build. `--check` regenerates in memory and names the files that differ.
//!
//! ```text
//! cargo xtask codegen [--check | --examples | --probe VERSION…]
//! ```
//!
//! `--examples` fetches HL7's examples and prints their folders as the environment variables that tests read.
//! `--probe` reads the definitions of further versions and reports their sizes without writing anything.

mod definitions;
mod fixups;
mod invariants;
mod names;
mod packages;
mod read;
mod search;
mod structs;
mod tables;
mod terminology;
mod ucum;

use definitions::Definitions;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The versions, oldest first.
const VERSIONS: &[&str] = &["dstu2", "stu3", "r4", "r4b", "r5"];

/// The files of one run: path below the repository's root, content.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// The chore. Prints what it did; fails if a package, a hash or (with `--check`) a file is not as it should be.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks on the terminal")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let result = match arguments.split_first() {
        Some((first, versions)) if first == "--probe" => probe(versions),
        Some((first, [])) if first == "--check" => generate().and_then(|files| check(&files)),
        Some((first, [])) if first == "--examples" => shown_examples(),
        None => generate().and_then(|files| write(&files)),
        _ => Err("usage: cargo xtask codegen [--check | --examples | --probe VERSION…]".to_owned()),
    };
    match result {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(report) => {
            eprintln!("{report}");
            ExitCode::FAILURE
        }
    }
}

/// The folders of HL7's examples, each with the environment variable that names it to the tests; and why the
/// others cannot be had.
pub(crate) fn examples() -> (Vec<(String, PathBuf)>, Vec<String>) {
    let (mut folders, mut missing) = (Vec::new(), Vec::new());
    for version in VERSIONS {
        let name = version.to_uppercase();
        match packages::examples(version) {
            Ok(folder) => folders.push((format!("HYGEA_FHIR_EXAMPLES_{name}"), folder)),
            Err(why) => missing.push(format!("HL7's examples of {name}: {why}")),
        }
    }
    (folders, missing)
}

fn generate() -> Result<Files, String> {
    let mut files = Files::new();
    ucum::write(&mut files)?;
    for version in VERSIONS {
        let definitions = load(version)?;
        let module = PathBuf::from(format!("fhir-model/src/{version}"));
        tables::write(&definitions, &module, &mut files);
        structs::write(&definitions, &module, &mut files)?;
        if *version == "r4" {
            search::write(&definitions, Path::new("fhir-search/src/parameters"), &mut files);
        }
    }
    Ok(files)
}

fn load(version: &str) -> Result<Definitions, String> {
    let package = packages::definitions(version)?;
    let mut definitions = read::read(version, &package)?;
    fixups::apply(&mut definitions)?;
    definitions.check()?;
    Ok(definitions)
}

fn shown_examples() -> Result<String, String> {
    let (folders, missing) = examples();
    if !missing.is_empty() {
        return Err(missing.join("\n"));
    }
    let lines: Vec<_> = folders.iter().map(|(name, folder)| format!("{name}={}", folder.display())).collect();
    Ok(lines.join("\n"))
}

fn probe(versions: &[String]) -> Result<String, String> {
    let mut report = Vec::new();
    for version in versions {
        let definitions = load(version)?;
        let mut files = Files::new();
        tables::write(&definitions, Path::new("model"), &mut files);
        structs::write(&definitions, Path::new("model"), &mut files)?;
        search::write(&definitions, Path::new("search"), &mut files);
        let bytes: usize = files.values().map(String::len).sum();
        report.push(format!("{}; {} files, {bytes} bytes", definitions.summary(), files.len()));
    }
    Ok(report.join("\n"))
}

/// Folders in which every file is generated, so that one too many is an error.
fn generated_folders() -> impl Iterator<Item = PathBuf> {
    VERSIONS.iter().flat_map(|version| {
        ["codes", "resources", "schema", "types"]
            .map(|folder| PathBuf::from(format!("fhir-model/src/{version}/{folder}")))
    })
}

/// The generated files that no run writes any more.
fn left_over(files: &Files) -> Result<Vec<PathBuf>, String> {
    let mut left = Vec::new();
    for folder in generated_folders() {
        let Ok(entries) = std::fs::read_dir(crate::root().join(&folder)) else { continue };
        for entry in entries {
            let name = entry.map_err(|error| error.to_string())?.file_name();
            let path = folder.join(name);
            if !files.contains_key(&path) {
                left.push(path);
            }
        }
    }
    Ok(left)
}

fn write(files: &Files) -> Result<String, String> {
    let mut changed = 0;
    for (path, content) in files {
        let path = crate::root().join(path);
        if std::fs::read_to_string(&path).ok().as_deref() == Some(content) {
            continue;
        }
        changed += 1;
        let folder = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, content))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let left = left_over(files)?;
    for path in &left {
        std::fs::remove_file(crate::root().join(path))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(format!("codegen: {} files, {changed} written, {} removed", files.len(), left.len()))
}

fn check(files: &Files) -> Result<String, String> {
    let mut stale: Vec<String> = Vec::new();
    for (path, content) in files {
        match std::fs::read_to_string(crate::root().join(path)) {
            Ok(found) if found == *content => {}
            Ok(found) => {
                let same = found.lines().zip(content.lines()).take_while(|(a, b)| a == b).count();
                stale.push(format!("{} differs from line {}", path.display(), same + 1));
            }
            Err(error) => stale.push(format!("{}: {error}", path.display())),
        }
    }
    stale
        .extend(left_over(files)?.iter().map(|path| format!("{} is not generated any more", path.display())));
    if stale.is_empty() {
        return Ok(format!("codegen: {} files are fresh", files.len()));
    }
    Err(format!("{}\nrun cargo xtask codegen", stale.join("\n")))
}
