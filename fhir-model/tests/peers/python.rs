//! Beside `fhir.resources`.

use super::{examples, faults, folder, name, through_structs};
use hygea_fhir_model::schema::Version;
use std::path::Path;
use std::process::Command;

/// How many of HL7's examples the package refuses, a version each; they cannot be compared. STU3's and R4B's lack elements
/// that are required (`SearchParameter.base`, `CodeSystem.status`); R5's have an extension at a place that needs `_valueCode`
/// and the smallest of all `integer64`.
const REFUSED_AT_MOST: &[(Version, usize)] = &[(Version::Stu3, 19), (Version::R4B, 13), (Version::R5, 6)];

fn run(version: Version, source: &Path, target: &Path) -> bool {
    let Ok(python) = std::env::var("HYGEA_PEER_PYTHON") else {
        println!("left out: HYGEA_PEER_PYTHON names no interpreter with fhir.resources");
        return false;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/fhir_resources.py");
    let status = Command::new(python).arg(script).arg(name(version)).arg(source).arg(target).status();
    assert!(status.unwrap().success());
    true
}

#[test]
fn what_structs_write_is_the_same_to_fhir_resources() {
    for (version, refused_at_most) in REFUSED_AT_MOST {
        let Some(files) = examples(*version) else { continue };
        let (source, target) = (folder("python-in"), folder("python-out"));
        for (at, file) in files.iter().enumerate() {
            let bytes = std::fs::read(file).unwrap();
            std::fs::write(source.join(format!("{at}.given")), &bytes).unwrap();
            std::fs::write(source.join(format!("{at}.ours")), through_structs(*version, &bytes)).unwrap();
        }
        if !run(*version, &source, &target) {
            return;
        }
        let (mut equal, mut refused) = (0, 0);
        for (at, file) in files.iter().enumerate() {
            let Ok(given) = std::fs::read(target.join(format!("{at}.given.json"))) else {
                refused += 1;
                // Refused in our writing for the same reason, which names no other place.
                let report = |what: &str| {
                    std::fs::read_to_string(target.join(format!("{at}.{what}.error"))).unwrap_or_default()
                };
                assert_eq!(report("given"), report("ours"), "{}", file.display());
                continue;
            };
            let ours = std::fs::read(target.join(format!("{at}.ours.json"))).unwrap_or_default();
            assert!(given == ours, "{}: differs to the peer", file.display());
            equal += 1;
        }
        println!("{version}: {equal} examples the same to fhir.resources, {refused} that it refuses");
        assert!(refused <= *refused_at_most, "{version}: {refused} refused");
        std::fs::remove_dir_all(source).unwrap();
        std::fs::remove_dir_all(target).unwrap();
    }
}

#[test]
fn strict_reading_refuses_what_fhir_resources_refuses() {
    for (version, _) in REFUSED_AT_MOST {
        let Some(files) = examples(*version) else { continue };
        let cases = faults::cases(*version, &files);
        let (source, target) = (folder("faults-in"), folder("faults-out"));
        for (at, case) in cases.iter().enumerate() {
            std::fs::write(source.join(at.to_string()), &case.text).unwrap();
        }
        if !run(*version, &source, &target) {
            return;
        }
        let theirs = |at: usize| target.join(format!("{at}.error")).exists();
        faults::compare(*version, &cases, theirs);
        std::fs::remove_dir_all(source).unwrap();
        std::fs::remove_dir_all(target).unwrap();
    }
}
