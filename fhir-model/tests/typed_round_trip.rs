//! Typed structs: what is read is written back, value for value and digit for digit.
#![cfg(feature = "r4")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::json::{Document, Node, Options};
use hygea_fhir_model::r4;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Whether two trees hold the same: members in any order, numbers as texts.
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
        let pairs = left.items().zip(right.items()).enumerate();
        return pairs
            .into_iter()
            .find_map(|(at, (left, right))| difference(left, right, &format!("{path}[{at}]")));
    }
    (left.kind() != right.kind() || left.as_primitive() != right.as_primitive()).then(|| path.to_owned())
}

/// Reads, writes and compares; the number of resources in the file, those in bundles included.
type RoundTrip = fn(&Path) -> usize;

macro_rules! round_trip {
    ($version:ident) => {
        |path: &Path| {
            use hygea_fhir_model::$version::Resource;
            let bytes = std::fs::read(path).unwrap();
            let document = Document::parse(&bytes).unwrap();
            let resource = Resource::from_json(&bytes).unwrap();
            let written = resource.to_json();
            assert_eq!(
                Resource::from_node(document.root()).unwrap().to_json(),
                written,
                "{}",
                path.display()
            );
            let again = Document::parse(written.as_bytes()).unwrap();
            if let Some(found) = difference(document.root(), again.root(), resource.name()) {
                panic!("{}: {found}", path.display());
            }
            let copy = resource.clone();
            assert!(copy == resource, "{}: the copy differs", path.display());
            assert_eq!(copy.to_json(), written);
            let entries = document.root().get("entry").map_or(0, Node::len);
            entries.max(1)
        }
    };
}

/// A version, how it is read and written, and how many examples and resources in them there are.
const VERSIONS: &[(&str, RoundTrip, usize, usize)] = &[
    #[cfg(feature = "dstu2")]
    ("DSTU2", round_trip!(dstu2), 2505, 2505),
    #[cfg(feature = "stu3")]
    ("STU3", round_trip!(stu3), 8287, 9494),
    ("R4", round_trip!(r4), 5306, 18_891),
    #[cfg(feature = "r4b")]
    ("R4B", round_trip!(r4b), 2840, 7831),
    #[cfg(feature = "r5")]
    ("R5", round_trip!(r5), 2822, 7257),
];

/// The Synthea patients of the reference data: how many bundles and resources.
const PATIENTS: &[(&str, RoundTrip, usize, usize)] = &[
    #[cfg(feature = "dstu2")]
    ("dstu2-synthea-5", round_trip!(dstu2), 7, 2367),
    #[cfg(feature = "stu3")]
    ("stu3-synthea-5", round_trip!(stu3), 7, 2537),
    ("r4-synthea-20", round_trip!(r4), 22, 7203),
];

/// In a debug build every so many examples of the versions beside R4, unless `HYGEA_EVERY_EXAMPLE` is set.
fn every(version: &str) -> usize {
    let all = !cfg!(debug_assertions) || std::env::var_os("HYGEA_EVERY_EXAMPLE").is_some();
    if all || version == "R4" { 1 } else { 7 }
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn examples_of_the_specification_come_back_equal() {
    for (version, round_trip, least, least_inside) in VERSIONS {
        let variable = format!("HYGEA_FHIR_EXAMPLES_{version}");
        let Ok(folder) = std::env::var(&variable) else {
            println!("left out: {variable} names no folder");
            continue;
        };
        let every = every(version);
        let files = json_files(Path::new(&folder));
        let resources = files.iter().step_by(every).filter(|path| {
            let start = std::fs::read(path).unwrap();
            Document::parse(&start).unwrap().root().get("resourceType").is_some()
        });
        let (mut count, mut inside) = (0, 0);
        for path in resources {
            count += 1;
            inside += round_trip(path);
        }
        println!(
            "{count} examples of {version} (one in {every}), {inside} resources, read and written back equal"
        );
        // Which bundles are in a sample is chance, so what they hold is counted where all are taken.
        let least_inside = if every == 1 { *least_inside } else { count };
        assert!(count >= least / every && inside >= least_inside, "{version} {count} {inside}");
    }
}

#[test]
fn synthea_patients_come_back_equal() {
    let data = std::env::var("HYGEA_TEST_DATA").unwrap_or_else(|_| "../../shared/data".to_owned());
    for (name, round_trip, least, least_inside) in PATIENTS {
        let archive = Path::new(&data).join(format!("fhir/patients/{name}.tar.zst"));
        if !archive.exists() {
            println!("left out: {} is not there", archive.display());
            continue;
        }
        let folder = std::env::temp_dir().join(format!("hygea-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut tar = std::process::Command::new("tar");
        let unpacked = tar.arg("--zstd").arg("-xf").arg(&archive).arg("-C").arg(&folder).status();
        if !unpacked.is_ok_and(|status| status.success()) {
            println!("left out: tar cannot unpack {}", archive.display());
            std::fs::remove_dir_all(&folder).unwrap();
            continue;
        }
        let files = json_files(&folder);
        let resources: usize = files.iter().map(|path| round_trip(path)).sum();
        println!("{name}: {} bundles, {resources} resources, read and written back equal", files.len());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(files.len() >= *least && resources >= *least_inside, "{name} {} {resources}", files.len());
    }
}

#[test]
fn nothing_is_lost_however_odd() {
    let table = [
        r#"{"resourceType":"Patient"}"#,
        r#"{"id":"a","resourceType":"Patient"}"#,
        r#"{"resourceType":"Patient","nickname":{"x":[1.50,null,"\u0041"]},"_nickname":1}"#,
        r#"{"resourceType":"Patient","active":"true","birthDate":1970,"name":"x","gender":"odd"}"#,
        r#"{"resourceType":"Patient","name":[],"contact":{},"link":[1],"telecom":null}"#,
        r#"{"resourceType":"Patient","name":[{"given":["a",null,"c"],"_given":[null,{"id":"b"},null]}]}"#,
        r#"{"resourceType":"Patient","name":[{"given":["a","c"],"_given":[{"id":"b"}]}]}"#,
        r#"{"resourceType":"Patient","name":[{"given":["a"],"_given":[null,{"id":"b"}]}]}"#,
        r#"{"resourceType":"Patient","name":[{"given":["a"],"_given":[{"id":"b"},null]}]}"#,
        r#"{"resourceType":"Patient","name":[{"_given":[{"id":"b"},null]}]}"#,
        r#"{"resourceType":"Patient","name":[{"_given":[null],"given":["a"]}]}"#,
        r#"{"resourceType":"Patient","name":[{"given":[null]}]}"#,
        r#"{"resourceType":"Patient","name":[{"given":["a",1],"_given":[{"id":"b"},{"id":"c"}]}]}"#,
        r#"{"resourceType":"Patient","name":[{"given":[],"_given":[{"id":"b"}]}]}"#,
        r#"{"resourceType":"Patient","name":[{"given":"a","_given":{"id":"b"}}]}"#,
        r#"{"resourceType":"Patient","_birthDate":{"id":"a","x":1,"extension":[{"url":"u","valueDecimal":1.0}]}}"#,
        r#"{"resourceType":"Patient","birthDate":null,"_birthDate":{"id":"a"},"_name":[{"id":"x"}]}"#,
        r#"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020","_deceasedDateTime":{"id":"a"}}"#,
        r#"{"resourceType":"Patient","_deceasedBoolean":{"id":"a"},"deceased":1}"#,
        r#"{"resourceType":"Patient","multipleBirthInteger":1.0}"#,
        r#"{"resourceType":"Patient","multipleBirthInteger":-0}"#,
        r#"{"resourceType":"Patient","multipleBirthInteger":99999999999}"#,
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Unheard","id":"u","_id":{"x":1},"a":[1]},{"b":2},3]}"#,
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Unheard","id":7,"a":[1]},{"resourceType":5}]}"#,
        r#"{"resourceType":"Unheard","meta":{"tag":[{"code":"x"}]},"value":1e5}"#,
        r#"{"resourceType":"DomainResource","text":{"div":"x"}}"#,
        r#"{}"#,
        r#"{"resourceType":"Observation","valueQuantity":{"value":1.500,"code":"\"\\\n"},"component":[{"valueString":"x"}]}"#,
        r#"{"resourceType":"Observation","valueQuantity":"x","valueString":{"a":1},"_valueQuantity":{"id":"y"}}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Parameters","parameter":[{"name":"a"}]}}]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":[1]},{"resource":"x"},{"resource":{}}]}"#,
        r#"{"resourceType":"Patient","fhir_comments":["x"],"text":{"fhir_comments":["y"],"div":"<div/>"}}"#,
        r#"{"resourceType":"Timing","x":1}"#,
    ];
    for text in table {
        let document = Document::parse(text.as_bytes()).unwrap();
        let resource = r4::Resource::from_node(document.root()).unwrap();
        let written = resource.to_json();
        let again = Document::parse(written.as_bytes()).unwrap();
        assert_eq!(difference(document.root(), again.root(), ""), None, "{text}\n{written}");
        assert!(resource.clone() == resource, "{text}");
        assert_eq!(r4::Resource::from_json(text.as_bytes()).unwrap().to_json(), written, "{text}");
    }
}

/// Reading from the text and reading from the tree must agree, faults included.
fn both_ways(bytes: &[u8]) {
    let by_text = r4::Resource::from_json(bytes);
    let by_tree = Document::parse(bytes).and_then(|document| r4::Resource::from_node(document.root()));
    match (by_text, by_tree) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one.to_json(), other.to_json());
            assert!(one == other);
        }
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        (one, other) => panic!("by text {one:?}, by tree {other:?}"),
    }
}

#[test]
fn faults_are_the_same_by_text_and_by_tree() {
    let table = [
        "",
        "{",
        "{}x",
        "[]",
        "\u{feff}{}",
        r#"{"resourceType":"Patient","resourceType":"Patient"}"#,
        r#"{"resourceType":"Patient","active":true,"active":true}"#,
        r#"{"resourceType":"Patient","deceasedBoolean":true,"deceasedBoolean":true}"#,
        r#"{"resourceType":"Patient","deceasedBoolean":1,"deceasedBoolean":true}"#,
        r#"{"resourceType":"Patient","x":1,"x":2}"#,
        r#"{"resourceType":"Patient","_id":{"id":"a"},"_id":1}"#,
        r#"{"resourceType":"Patient","_id":1,"_id":{"id":"a"}}"#,
        r#"{"resourceType":"Patient","name":[{"_given":[{"id":"a"}],"_given":1}]}"#,
        r#"{"resourceType":"Patient","name":[{"_given":1,"_given":[{"id":"a"}]}]}"#,
        r#"{"resourceType":"Patient","n\u0061me":[{"family":"a"}],"id":"\u0041\n"}"#,
        r#"{"resourceType":"Patient","id":"\ud800"}"#,
        r#"{"resourceType":"Patient","id":"a"#,
        r#"{"resourceType":"Patient","x":[1,}"#,
        r#"{"resourceType":"Patient","x":{"a":1,"a":2}}"#,
        r#"{"resourceType":"Patient","x":tru}"#,
        r#"{"resourceType":"Patient","multipleBirthInteger":01}"#,
        r#"{"resourceType":"Patient",}"#,
        r#"{"resourceType":"Patient""active":true}"#,
        r#"{"id":"a","resourceType":"Patient","active":true}"#,
        r#"{"id":{"x":"}"},"resourceType":"Patient"}"#,
        r#"{"id":[],"resourceType":"Patient"}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"id":"x","resourceType":"Patient"}},{"resource":{}}]}"#,
        r#"{"resourceType":"Bundle","entry":[{"resource":{"id":"x" "resourceType":"Patient"}}]}"#,
        "{\"resourceType\":\"Patient\",\"id\":\"a\nb\"}",
    ];
    table.iter().for_each(|text| both_ways(text.as_bytes()));
    for depth in 55..70 {
        let open = r#""extension":[{"url":"u","#.repeat(depth);
        let close = "}]".repeat(depth);
        both_ways(format!(r#"{{"resourceType":"Patient",{open}"id":"a"{close}}}"#).as_bytes());
        both_ways(format!(r#"{{"resourceType":"Patient",{open}"x":[[[{{}}]]]{close}}}"#).as_bytes());
    }
    both_ways(b"{\"resourceType\":\"Patient\",\"id\":\"\xff\"}");
}

#[test]
fn members_that_stand_twice_are_kept_twice() {
    let text = r#"{"resourceType":"Patient","active":true,"active":false,"x":1,"x":2}"#;
    let options = Options { keep_duplicates: true, ..Options::default() };
    let document = Document::parse_with(text.as_bytes(), &options).unwrap();
    assert_eq!(r4::Resource::from_node(document.root()).unwrap().to_json(), text);
}

#[test]
fn deep_nesting_is_kept_without_being_followed() {
    let open = r#""extension":[{"url":"u","#.repeat(20_000);
    let text = format!(r#"{{"resourceType":"Patient",{open}"id":"a"{}}}"#, "}]".repeat(20_000));
    let options = Options { max_depth: 100_000, ..Options::default() };
    let document = Document::parse_with(text.as_bytes(), &options).unwrap();
    let written = r4::Resource::from_node(document.root()).unwrap().to_json();
    assert_eq!(written.len(), text.len());
}

const SEED: &str = r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"s","code":"c"},{"system":"t","code":"d"},{"code":"e","system":"u"}]},
    "valueQuantity":{"value":1.0},"_issued":{"id":"x"},"contained":[{"resourceType":"Patient","name":[{"given":["a",null],
    "_given":[null,{"id":"b"}]}],"multipleBirthInteger":2,"active":true,"link":[{"type":"refer"}]}]}"#;

proptest! {
    #[test]
    fn mutated_resources_come_back_equal(changes in prop::collection::vec((0..SEED.len(), any::<u8>()), 1..8)) {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = b"{}[],:\"n1_ta"[usize::from(byte) % 12];
        }
        both_ways(&bytes);
        if let Ok(document) = Document::parse(&bytes)
            && let Ok(resource) = r4::Resource::from_node(document.root())
        {
            let written = resource.to_json();
            let again = Document::parse(written.as_bytes()).unwrap();
            prop_assert_eq!(difference(document.root(), again.root(), ""), None);
            prop_assert!(resource.clone() == resource);
        }
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = r4::Resource::from_json(&bytes);
        let _ = r4::Resource::from_json_strict(&bytes);
    }
}
