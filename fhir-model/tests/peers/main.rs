//! The codecs beside parsers that no one here wrote: HAPI's in Java (all five versions, JSON and XML) and `fhir.resources`
//! in Python (STU3, R4B, R5).
//!
//! A peer reads what HL7 wrote and what we write of it, and writes both again: the two must be equal, so that nothing is
//! lost or changed between our codecs and the peer's idea of FHIR. `cargo xtask test --peers` installs the peers and runs
//! this; without them (`HYGEA_PEER_HAPI`, a folder of jars; `HYGEA_PEER_PYTHON`, an interpreter) it is left out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]
#![cfg(all(feature = "dstu2", feature = "stu3", feature = "r4", feature = "r4b", feature = "r5"))]

mod faults;
mod hapi;
mod python;

use hygea_fhir_model::json::Node;
use hygea_fhir_model::schema::Version;
use hygea_fhir_model::{dstu2, r4, r4b, r5, stu3};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of a version as the peers' scripts and the variables of the environment have it.
fn name(version: Version) -> String {
    version.name().to_lowercase()
}

/// HL7's examples of a version.
fn examples(version: Version) -> Option<Vec<PathBuf>> {
    let variable = format!("HYGEA_FHIR_EXAMPLES_{}", version.name().to_uppercase());
    let Ok(folder) = std::env::var(&variable) else {
        println!("left out: {variable} names no folder");
        return None;
    };
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") && is_resource(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    Some(files)
}

/// Packages hold a list of their files and the like beside the resources.
fn is_resource(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    let document = hygea_fhir_model::json::Document::parse(&bytes);
    document.is_ok_and(|document| document.root().get("resourceType").is_some())
}

/// A folder of this process, emptied.
fn folder(label: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("hygea-peers-{}-{label}", std::process::id()));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// JSON into typed structs and back.
fn through_structs(version: Version, json: &[u8]) -> String {
    match version {
        Version::Dstu2 => dstu2::Resource::from_json(json).unwrap().to_json(),
        Version::Stu3 => stu3::Resource::from_json(json).unwrap().to_json(),
        Version::R4 => r4::Resource::from_json(json).unwrap().to_json(),
        Version::R4B => r4b::Resource::from_json(json).unwrap().to_json(),
        Version::R5 => r5::Resource::from_json(json).unwrap().to_json(),
        other => panic!("{other} has no structs here"),
    }
}

/// Where two trees differ: members in any order, numbers as texts.
fn difference(left: Node<'_>, right: Node<'_>, path: &str) -> Option<String> {
    if left.is_object() && right.is_object() {
        let members: BTreeMap<&str, Node<'_>> = right.members().collect();
        for (name, value) in left.members() {
            let Some(other) = members.get(name) else { return Some(format!("{path}.{name} is lost")) };
            if let Some(found) = difference(value, *other, &format!("{path}.{name}")) {
                return Some(found);
            }
        }
        return (left.len() != right.len()).then(|| format!("{path} has more members"));
    }
    if left.is_array() && right.is_array() {
        if left.len() != right.len() {
            return Some(format!("{path} has {} items instead of {}", right.len(), left.len()));
        }
        let mut pairs = left.items().zip(right.items()).enumerate();
        return pairs.find_map(|(at, (left, right))| difference(left, right, &format!("{path}[{at}]")));
    }
    (left.kind() != right.kind() || left.as_primitive() != right.as_primitive()).then(|| path.to_owned())
}
