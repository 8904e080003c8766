//! Suites beside software that no one here wrote, installed below `target/peers` from the registries of its language.

use super::{Bench, Outcome, outcome, program, python, ran};
use std::fs;
use std::path::{Path, PathBuf};

/// HAPI's parsers from Maven Central; SLF4J only so that they are silent.
const HAPI: &str = "8.8.0";
const HAPI_PARTS: &[&str] = &[
    "hapi-fhir-structures-dstu2",
    "hapi-fhir-structures-dstu3",
    "hapi-fhir-structures-r4",
    "hapi-fhir-structures-r4b",
    "hapi-fhir-structures-r5",
    "hapi-fhir-caching-caffeine",
];

/// npm `fhirpath`. Its UCUM library of the wanted minor version is not on every registry; an older one serves.
const FHIRPATH: &str =
    r#"{"dependencies": {"fhirpath": "5.2.2"}, "overrides": {"@lhncbc/ucum-lhc": "7.1.9"}}"#;

/// The Python peer of the model; capped because it is compared answer for answer.
const FHIR_RESOURCES: &str = "fhir.resources>=8.3,<9";

/// The folder of a peer, made on first use.
fn folder(bench: &Bench, name: &str) -> Result<PathBuf, String> {
    let folder = bench.target.join("peers").join(name);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The codecs of the model beside HAPI's.
pub(crate) fn model_hapi(bench: &Bench) -> Outcome {
    for needed in ["java", "mvn"] {
        if program(needed).is_none() {
            return Outcome::LeftOut(format!("there is no {needed} on this machine"));
        }
    }
    outcome(jars(bench).and_then(|jars| model(bench, "hapi::", "HYGEA_PEER_HAPI", jars)))
}

/// HAPI's jars and what they need.
fn jars(bench: &Bench) -> Result<PathBuf, String> {
    let folder = folder(bench, "hapi")?;
    let jars = folder.join(format!("jars-{HAPI}"));
    if jars.is_dir() {
        return Ok(jars);
    }
    let dependencies: String = HAPI_PARTS
        .iter()
        .map(|part| {
            format!(
                "<dependency><groupId>ca.uhn.hapi.fhir</groupId><artifactId>{part}</artifactId>\
                 <version>{HAPI}</version></dependency>"
            )
        })
        .collect();
    let project = format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion><groupId>hygea</groupId>\
         <artifactId>peers</artifactId><version>1</version><dependencies>{dependencies}</dependencies></project>"
    );
    write(&folder.join("pom.xml"), &project)?;
    let fresh = folder.join("fetched");
    let mut fetch = bench.command("mvn");
    fetch.current_dir(&folder).args([
        "-q",
        "-B",
        "dependency:copy-dependencies",
        "-DoutputDirectory=fetched",
    ]);
    ran(&mut fetch)?;
    fs::rename(fresh, &jars).map_err(|error| format!("{}: {error}", jars.display()))?;
    Ok(jars)
}

/// The codecs of the model beside `fhir.resources`.
pub(crate) fn model_fhir_resources(bench: &Bench) -> Outcome {
    let python = match python::separate(bench, "peers/fhir-resources", &[FHIR_RESOURCES]) {
        Ok(python) => python,
        Err(why) => return Outcome::LeftOut(why),
    };
    outcome(model(bench, "python::", "HYGEA_PEER_PYTHON", python))
}

fn model(bench: &Bench, tests: &str, variable: &str, value: PathBuf) -> Result<(), String> {
    let mut command = bench.cargo();
    command.args(["test", "--package", "hygea-fhir-model", "--all-features", "--test", "peers", "--", tests]);
    ran(command.args(["--nocapture", "--test-threads=1"]).env(variable, value))
}

/// FHIRPath beside npm `fhirpath`.
pub(crate) fn fhirpath_js(bench: &Bench) -> Outcome {
    for needed in ["node", "npm"] {
        if program(needed).is_none() {
            return Outcome::LeftOut(format!("there is no {needed} on this machine"));
        }
    }
    outcome(fhirpath_modules(bench).and_then(|folder| {
        let mut command = bench.cargo();
        command.args(["test", "--package", "hygea-fhirpath", "--test", "differential", "--", "--nocapture"]);
        ran(command.env("HYGEA_FHIRPATH_JS", folder))
    }))
}

/// Units beside the UCUM library of the same modules.
pub(crate) fn ucum_lhc(bench: &Bench) -> Outcome {
    for needed in ["node", "npm"] {
        if program(needed).is_none() {
            return Outcome::LeftOut(format!("there is no {needed} on this machine"));
        }
    }
    outcome(fhirpath_modules(bench).and_then(|folder| {
        let mut command = bench.cargo();
        command.args(["test", "--package", "hygea-terminology", "--test", "ucum_peer", "--", "--nocapture"]);
        ran(command.env("HYGEA_UCUM_LHC", folder))
    }))
}

fn fhirpath_modules(bench: &Bench) -> Result<PathBuf, String> {
    let folder = folder(bench, "fhirpath-js")?;
    if !folder.join("node_modules/fhirpath").is_dir() {
        write(&folder.join("package.json"), FHIRPATH)?;
        let mut install = bench.command("npm");
        install.current_dir(&folder).args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--silent",
        ]);
        ran(&mut install)?;
    }
    Ok(folder)
}
