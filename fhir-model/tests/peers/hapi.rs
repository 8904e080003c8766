//! Beside HAPI's parsers.

use super::{Text, examples, folder, name, through_structs};
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::xml::{self, Layout};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many examples of a version cannot be compared, at the most: those that HAPI refuses to read, and those of which its
/// JSON parser loses something that its XML parser keeps: it drops an element that holds nothing but extensions of
/// primitives (`{"_event": [...]}`) and the ids of some primitives, writes exponents out (`1E-22`), and R5's `integer64` as a
/// number instead of a string.
const KNOWN: &[(Version, usize, usize)] = &[
    (Version::Dstu2, 0, 0),
    (Version::Stu3, 0, 8),
    (Version::R4, 0, 10),
    (Version::R4B, 0, 10),
    (Version::R5, 0, 35),
];

const REFUSED: &str = "HAPI refuses";
const DROPPED: &str = "HAPI's JSON loses what its XML keeps";
const LOST: &str = "what we write differs to HAPI";
const UNREAD: &str = "HAPI's XML differs to us from its JSON";

fn run(version: Version, source: &Path, target: &Path) -> bool {
    let Ok(jars) = std::env::var("HYGEA_PEER_HAPI") else {
        println!("left out: HYGEA_PEER_HAPI names no folder with HAPI's jars");
        return false;
    };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/Hapi.java");
    let status = Command::new("java")
        .args([
            "-Xmx3g",
            "-Xss8m",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
            "-cp",
            &format!("{jars}/*"),
        ])
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
    let mut failed = Vec::new();
    for (version, refused, dropped) in KNOWN {
        let schema = Schema::of(*version).unwrap();
        let Some(files) = examples(*version) else { continue };
        let (source, target) = (folder("hapi-in"), folder("hapi-out"));
        put(*version, &files, &source);
        if !run(*version, &source, &target) {
            return;
        }
        let mut counts = Counts::default();
        for (at, file) in files.iter().enumerate() {
            let label = file.file_name().unwrap_or_default().to_string_lossy();
            let read = |name: &str| std::fs::read(target.join(format!("{at}.{name}")));
            let Ok(given) = read("given.json.json") else {
                counts.add(REFUSED, "", &label);
                continue;
            };
            if read("ours.json.json").unwrap_or_default() != given {
                counts.add(LOST, "structs", &label);
            }
            if let Some(path) = different(&given, &read("ours.xml.json").unwrap_or_default(), Text::Exact) {
                counts.add(if is_theirs(&path) { DROPPED } else { LOST }, &path, &label);
            }
            // HAPI writes the ends of lines into attributes as they are, where XML makes spaces of them.
            let theirs = read("given.json.xml").unwrap();
            match xml::read(&theirs, schema, &xml::Options::default()) {
                Ok(reading) => match different(&given, reading.document.text().as_bytes(), Text::Folded) {
                    None => counts.equal += 1,
                    Some(path) => counts.add(if is_theirs(&path) { DROPPED } else { UNREAD }, &path, &label),
                },
                Err(error) => counts.add(UNREAD, &error.to_string(), &label),
            }
        }
        println!("{version}: {} examples, {} the same every way", files.len(), counts.equal);
        counts.print(*version);
        let bad = counts.of(LOST) + counts.of(UNREAD);
        if bad > 0 || counts.of(REFUSED) > *refused || counts.of(DROPPED) > *dropped {
            failed.push(version);
        }
        std::fs::remove_dir_all(source).unwrap();
        std::fs::remove_dir_all(target).unwrap();
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// Whether a difference is a loss of HAPI's own JSON.
fn is_theirs(path: &str) -> bool {
    path.ends_with(" is added") || path.ends_with(" is written otherwise")
}

/// What differs, by kind and place.
#[derive(Default)]
struct Counts {
    equal: usize,
    found: BTreeMap<(&'static str, String), Vec<String>>,
}

impl Counts {
    fn add(&mut self, kind: &'static str, path: &str, label: &str) {
        self.found.entry((kind, path.to_owned())).or_default().push(label.to_owned());
    }

    fn of(&self, kind: &str) -> usize {
        self.found.iter().filter(|((found, _), _)| *found == kind).map(|(_, labels)| labels.len()).sum()
    }

    fn print(&self, version: Version) {
        for ((kind, path), labels) in &self.found {
            let some: Vec<&str> = labels.iter().take(3).map(String::as_str).collect();
            println!("{version}: {kind}: {} at {path:?}: {}", labels.len(), some.join(", "));
        }
    }
}

/// Where two texts are not the same tree.
fn different(left: &[u8], right: &[u8], text: Text) -> Option<String> {
    match (Document::parse(left), Document::parse(right)) {
        (Ok(left), Ok(right)) => super::difference(left.root(), right.root(), "", text),
        _ => Some("not JSON".to_owned()),
    }
}
