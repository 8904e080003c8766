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

use hygea_fhir_model::json::{Kind, Node};
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

/// How texts are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Exact,
    /// Runs of white space are a space.
    Folded,
}

/// Where two trees differ: members in any order, numbers as texts, narratives as the XML that they hold (`<br/>` is
/// `<br></br>`). DSTU2's comments are left aside: they are no data, and XML has them between elements.
fn difference(left: Node<'_>, right: Node<'_>, path: &str, text: Text) -> Option<String> {
    const COMMENTS: &str = "fhir_comments";
    if left.is_object() && right.is_object() {
        let members: BTreeMap<&str, Node<'_>> = right.members().collect();
        for (name, value) in left.members().filter(|(name, _)| *name != COMMENTS) {
            let Some(other) = members.get(name) else { return Some(format!("{path}.{name} is lost")) };
            if let Some(found) = difference(value, *other, &format!("{path}.{name}"), text) {
                return Some(found);
            }
        }
        let added = |name: &&&str| **name != COMMENTS && left.get(name).is_none();
        return members.keys().find(added).map(|name| format!("{path}.{name} is added"));
    }
    if left.is_array() && right.is_array() {
        if left.len() != right.len() {
            return Some(format!("{path} has {} items instead of {}", right.len(), left.len()));
        }
        let mut pairs = left.items().zip(right.items());
        return pairs.find_map(|(left, right)| difference(left, right, path, text));
    }
    let texts = (left.as_primitive(), right.as_primitive());
    let folded = |text: Option<&str>| text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let folds = text == Text::Folded && left.as_str().is_some();
    let same = texts.0 == texts.1 || folds && folded(left.as_str()) == folded(right.as_str());
    let equal = left.kind() == right.kind() && same;
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
    // HAPI writes exponents out, and R5's integer64 as a number, which is a string in JSON.
    if !equal && left.kind() == Kind::Number && number(texts.0) == number(texts.1) {
        return Some(format!("{path} is written otherwise"));
    }
    let alike = equal || path.ends_with(".div") && same_markup(left.as_str(), right.as_str());
    (!alike).then(|| path.to_owned())
}

/// Whether two narratives hold the same elements, attributes and texts.
fn same_markup(left: Option<&str>, right: Option<&str>) -> bool {
    let parsed = |text: Option<&str>| {
        let document = roxmltree::Document::parse(text.unwrap_or_default()).ok()?;
        let mut shape = String::new();
        described(document.root_element(), &mut shape);
        Some(shape)
    };
    let left = parsed(left);
    left.is_some() && left == parsed(right)
}

fn described(node: roxmltree::Node<'_, '_>, shape: &mut String) {
    if !node.is_element() {
        // HAPI folds white space, which means nothing here.
        for word in node.text().filter(|_| node.is_text()).unwrap_or_default().split_whitespace() {
            shape.push(' ');
            shape.push_str(word);
        }
        return;
    }
    let mut attributes: Vec<String> =
        node.attributes().map(|attribute| format!("{}={}", attribute.name(), attribute.value())).collect();
    attributes.sort();
    shape.push_str(&format!("<{} {attributes:?}>", node.tag_name().name()));
    node.children().for_each(|child| described(child, shape));
    shape.push_str("</>");
}
