//! Beside HAPI's parsers.

use super::{examples, folder, name, through_structs};
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::xml::{self, Layout};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which of three readings differ to HAPI, and in how many examples of a version at the most. Each class is explained
/// in `docs/fhir-versions.md`.
struct Known {
    version: Version,
    /// HAPI cannot read the example.
    refused: usize,
    /// What HAPI writes as XML and as JSON of one and the same resource is not the same.
    writes_otherwise: usize,
}

const KNOWN: &[Known] = &[
    Known { version: Version::Dstu2, refused: 0, writes_otherwise: 0 },
    Known { version: Version::Stu3, refused: 0, writes_otherwise: 0 },
    Known { version: Version::R4, refused: 0, writes_otherwise: 0 },
    Known { version: Version::R4B, refused: 0, writes_otherwise: 0 },
    Known { version: Version::R5, refused: 0, writes_otherwise: 0 },
];

fn run(version: Version, source: &Path, target: &Path) -> bool {
    let Ok(jars) = std::env::var("HYGEA_PEER_HAPI") else {
        println!("left out: HYGEA_PEER_HAPI names no folder with HAPI's jars");
        return false;
    };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/Hapi.java");
    let status = Command::new("java")
        .args(["-Xmx3g", "-Xss8m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", &format!("{jars}/*")])
        .arg(program)
        .arg(name(version))
        .args([source, target])
        .status();
    assert!(status.unwrap().success());
    true
}

/// The three ways into HAPI: the example as it is, as our structs write it, as our XML.
fn put(version: Version, files: &[PathBuf], source: &Path) {
    let schema = Schema::of(version).unwrap();
    for (at, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).unwrap();
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let document = Document::parse(text).unwrap();
        let written = xml::write_lossy(document.root(), schema, &Layout::default()).unwrap();
        std::fs::write(source.join(format!("{at}.given.json")), text).unwrap();
        std::fs::write(source.join(format!("{at}.ours.json")), through_structs(version, text)).unwrap();
        std::fs::write(source.join(format!("{at}.ours.xml")), written.text).unwrap();
    }
}

#[test]
fn what_we_write_is_the_same_to_hapi_and_its_xml_to_us() {
    for known in KNOWN {
        let version = known.version;
        let schema = Schema::of(version).unwrap();
        let Some(files) = examples(version) else { continue };
        let (source, target) = (folder("hapi-in"), folder("hapi-out"));
        put(version, &files, &source);
        if !run(version, &source, &target) {
            return;
        }
        let (mut equal, mut refused, mut otherwise) = (0, Vec::new(), Vec::new());
        let mut differing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            let label = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let read = |name: &str| std::fs::read(target.join(format!("{at}.{name}")));
            let Ok(given) = read("given.json.json") else {
                refused.push(label);
                continue;
            };
            if read("ours.json.json").unwrap_or_default() != given {
                differing.entry("structs").or_default().push(label.clone());
            }
            if read("ours.xml.json").unwrap_or_default() != given {
                differing.entry("xml").or_default().push(label.clone());
            }
            let theirs = read("given.json.xml").unwrap();
            match xml::read(&theirs, schema, &xml::Options::default()) {
                Ok(reading) if same(reading.document.text().as_bytes(), &given) => equal += 1,
                _ => otherwise.push(label),
            }
        }
        println!("{version}: {} examples the same to HAPI, its XML of {equal} the same to us", files.len());
        println!("{version}: {} refused by HAPI {refused:?}; written otherwise {otherwise:?}", refused.len());
        assert!(differing.is_empty(), "{version}: {differing:#?}");
        assert!(refused.len() <= known.refused, "{version}: {} refused", refused.len());
        assert!(otherwise.len() <= known.writes_otherwise, "{version}: {} differ", otherwise.len());
        std::fs::remove_dir_all(source).unwrap();
        std::fs::remove_dir_all(target).unwrap();
    }
}

/// Whether two texts are the same tree, members in any order, numbers by their digits.
fn same(left: &[u8], right: &[u8]) -> bool {
    let (Ok(left), Ok(right)) = (Document::parse(left), Document::parse(right)) else { return false };
    super::difference(left.root(), right.root(), "").is_none()
}
