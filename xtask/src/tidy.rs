//! `cargo xtask tidy`: the rules of the house that no compiler checks.

use crate::report::Faults;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Who may import whom (ARCHITECTURE.md, "Arrows"): package, its manifest's folder, the packages of ours that
/// it may name outside its dev-dependencies.
const ARROWS: &[(&str, &str, &[&str])] = &[
    ("hygea-fhir-model", "fhir-model", &[]),
    ("hygea-dicom", "dicom", &[]),
    ("hygea-store", "store", &[]),
    ("hygea-workspace", "workspace", &[]),
    ("hygea-fhirpath", "fhir-model/fhirpath", &["hygea-fhir-model", "hygea-terminology"]),
    ("hygea-terminology", "fhir-model/terminology", &["hygea-fhir-model"]),
    ("hygea-iomt-mapper", "iomt-mapper", &["hygea-fhir-model"]),
    ("hygea-store-sqlite", "store/sqlite", &["hygea-store"]),
    ("hygea-store-postgres", "store/postgres", &["hygea-store"]),
    ("hygea-fhir-search", "fhir-search", &["hygea-fhir-model", "hygea-fhirpath", "hygea-terminology"]),
    ("hygea-service", "service", LIBRARIES),
    ("hygea-ffi", "ffi", EDGES),
    ("hygea-python", "bindings/python", EDGES),
    ("hygea-server", "examples/server", EDGES),
    ("hygea-examples", "examples/rust", EDGES),
    ("xtask", "xtask", &[]),
    ("hygea-bench", "xtask/bench", EDGES),
];

const LIBRARIES: &[&str] = &[
    "hygea-fhir-model",
    "hygea-dicom",
    "hygea-store",
    "hygea-workspace",
    "hygea-fhirpath",
    "hygea-terminology",
    "hygea-iomt-mapper",
    "hygea-fhir-search",
];

const EDGES: &[&str] = &[
    "hygea-fhir-model",
    "hygea-dicom",
    "hygea-store",
    "hygea-workspace",
    "hygea-fhirpath",
    "hygea-terminology",
    "hygea-iomt-mapper",
    "hygea-fhir-search",
    "hygea-service",
    "hygea-store-sqlite",
    "hygea-store-postgres",
];

/// Packages that only the outermost ring may use: runtimes, web servers, other languages.
const OUTER_ONLY: &[&str] = &["tokio", "axum", "hyper", "pyo3", "openssl"];

const MAX_LINES: usize = 1000;
const MAX_SERVER_LINES: usize = 1500;
const REFUSED_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

pub(crate) fn run() -> ExitCode {
    let root = crate::root();
    let mut faults = Faults::new("tidy");
    arrows(&root, &mut faults);
    for file in tracked(&root) {
        check_file(&root, &file, &mut faults);
    }
    server_size(&root, &mut faults);
    faults.finish()
}

fn arrows(root: &Path, faults: &mut Faults) {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output();
    let Ok(metadata) = metadata else { return faults.add("cargo metadata could not be run") };
    let Ok(metadata) = serde_json::from_slice::<serde_json::Value>(&metadata.stdout) else {
        return faults.add("cargo metadata gave no JSON");
    };
    let packages =
        metadata.get("packages").and_then(|packages| packages.as_array()).cloned().unwrap_or_default();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, folder, allowed)) = ARROWS.iter().find(|(known, _, _)| *known == name) else {
            faults.add(format!("package {name} has no row in the table of arrows (xtask/src/tidy.rs)"));
            continue;
        };
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        if Path::new(manifest) != root.join(folder).join("Cargo.toml") {
            faults.add(format!("package {name} belongs into {folder}/"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let target = dependency["name"].as_str().unwrap_or_default();
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            if target.starts_with("hygea-") && !allowed.contains(&target) {
                faults.add(format!("{folder}/Cargo.toml: {name} may not import {target}"));
            }
            if OUTER_ONLY.contains(&target)
                && !matches!(name, "hygea-server" | "hygea-python" | "hygea-bench")
            {
                faults.add(format!("{folder}/Cargo.toml: {target} is only for the server and the bindings"));
            }
        }
        let text = fs::read_to_string(manifest).unwrap_or_default();
        if !text.contains("[lints]\nworkspace = true") && !text.contains("[lints.rust]") {
            faults.add(format!("{folder}/Cargo.toml: no lints"));
        }
        if root.join(folder).join("build.rs").exists() && name != "hygea-ffi" {
            faults.add(format!("{folder}: no build scripts; generate by cargo xtask codegen"));
        }
    }
    for (name, _, _) in ARROWS {
        if !packages.iter().any(|package| package["name"].as_str() == Some(name)) {
            faults.add(format!("package {name} of the plan does not exist"));
        }
    }
}

/// The files of the repository: those git tracks and those it would.
fn tracked(root: &Path) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed).into_owned();
    listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect()
}

fn check_file(root: &Path, file: &Path, faults: &mut Faults) {
    let shown = file.display();
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if !matches!(
        extension,
        "rs" | "py" | "pyi" | "c" | "h" | "hpp" | "cpp" | "toml" | "md" | "sh" | "sql" | "json"
    ) {
        return;
    }
    let Ok(text) = fs::read_to_string(root.join(file)) else { return };
    let generated = text.lines().take(3).any(|line| line.contains("Generated by"));
    let code = matches!(extension, "rs" | "py" | "c" | "h" | "hpp" | "cpp");
    if code && !generated {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            faults.add(format!("{shown}: {lines} lines, at most {MAX_LINES}; split it by chapter"));
        }
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if REFUSED_NAMES.contains(&stem) {
            faults.add(format!("{shown}: name a file after what it holds"));
        }
    }
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        if line.ends_with([' ', '\t']) && !(extension == "md" && line.ends_with("  ")) && !generated {
            faults.add(format!("{shown}:{number}: white space at the end of the line"));
        }
        if code
            && !file.starts_with("xtask")
            && ["TODO", "FIXME", "XXX:"].iter().any(|mark| line.contains(mark))
        {
            faults.add(format!("{shown}:{number}: unfinished work belongs into an issue"));
        }
    }
    if extension == "rs"
        && file.ends_with("src/lib.rs")
        && !text.starts_with("//!")
        && !text.starts_with("#![")
    {
        faults.add(format!("{shown}: a crate opens with what it is for"));
    }
}

fn server_size(root: &Path, faults: &mut Faults) {
    let mut lines = 0;
    for entry in fs::read_dir(root.join("examples/server/src")).into_iter().flatten().flatten() {
        lines += fs::read_to_string(entry.path()).map(|text| text.lines().count()).unwrap_or_default();
    }
    if lines > MAX_SERVER_LINES {
        faults.add(format!("examples/server is to stay thin: {lines} lines, at most {MAX_SERVER_LINES}"));
    }
}
