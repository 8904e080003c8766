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
mod xpath;

use definitions::Definitions;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The versions, oldest first.
const VERSIONS: &[&str] = &["dstu2", "stu3", "r4", "r4b", "r5"];

/// The files of one run: path below the repository's root, content.
pub(crate) type Files = BTreeMap<PathBuf, String>;

/// What one run makes.
struct Made {
    files: Files,
    /// What it could not make on this machine, and why.
    left_out: Vec<String>,
}

impl Made {
    fn report(&self, first: String) -> String {
        let left_out = self.left_out.iter().map(|what| format!("left out: {what}"));
        std::iter::once(first).chain(left_out).collect::<Vec<_>>().join("\n")
    }
}

/// The chore. Prints what it did; fails if a package, a hash or (with `--check`) a file is not as it should be.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks on the terminal")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let result = match arguments.split_first() {
        Some((first, versions)) if first == "--probe" => probe(versions),
        Some((first, [])) if first == "--check" => generate().and_then(|made| check(&made)),
        Some((first, [])) if first == "--examples" => shown_examples(),
        None => generate().and_then(|made| write(&made)),
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

fn generate() -> Result<Made, String> {
    let mut made = Made { files: Files::new(), left_out: Vec::new() };
    ucum::write(&mut made.files)?;
    for version in VERSIONS {
        let definitions = load(version, &mut made.left_out)?;
        write_version(&definitions, &mut made.files)?;
    }
    Ok(made)
}

fn write_version(definitions: &Definitions, files: &mut Files) -> Result<(), String> {
    let module = PathBuf::from(format!("fhir-model/src/{}", definitions.version));
    tables::write(definitions, &module, files);
    structs::write(definitions, &module, files)?;
    if !definitions.parameters.is_empty() {
        search::write(definitions, Path::new("fhir-search/src/parameters"), files);
    }
    Ok(())
}

fn load(version: &str, left_out: &mut Vec<String>) -> Result<Definitions, String> {
    let package = packages::definitions(version)?;
    let mut definitions = read::read(version, &package)?;
    fixups::apply(&mut definitions)?;
    definitions.check()?;
    if definitions.parameters.is_empty() {
        match packages::reference(version) {
            Ok(folder) => search::read_apart(&folder, &mut definitions)?,
            Err(why) => left_out.push(format!("the search parameters of {}: {why}", definitions.title().0)),
        }
    }
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
    let mut made = Made { files: Files::new(), left_out: Vec::new() };
    let mut report = Vec::new();
    for version in versions {
        let definitions = load(version, &mut made.left_out)?;
        let mut files = Files::new();
        write_version(&definitions, &mut files)?;
        let bytes: usize = files.values().map(String::len).sum();
        report.push(format!("{}; {} files, {bytes} bytes", definitions.summary(), files.len()));
    }
    Ok(made.report(report.join("\n")))
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

fn write(made: &Made) -> Result<String, String> {
    let (files, mut changed) = (&made.files, 0);
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
    Ok(made.report(format!("codegen: {} files, {changed} written, {} removed", files.len(), left.len())))
}

fn check(made: &Made) -> Result<String, String> {
    let files = &made.files;
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
        return Ok(made.report(format!("codegen: {} files are fresh", files.len())));
    }
    Err(format!("{}\nrun cargo xtask codegen", stale.join("\n")))
}
