//! HL7's examples in XML and in JSON are the same resources, whichever way they are read and written.
#![cfg(feature = "r4-schema")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::json::{Document, Kind, Node, Value};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::xml::{self, Layout};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Pairs that were not published equal: what differs, and in how many places.
///
/// The published JSON was made from the XML by a tool that read decimals as binary floats (`125.00` became
/// `125.0`), wrote quotes in narratives as references, and lost the layout of the narratives of one Bundle.
const KNOWN: &[(&str, &str, usize)] = &[
    ("bundle-response-medsallergies", QUOTES, 1),
    ("claim-example-institutional", DIGITS, 3),
    ("claim-example-oral-average", DIGITS, 8),
    ("claim-example-pharmacy", DIGITS, 2),
    ("claim-example-pharmacy-medication", DIGITS, 5),
    ("claim-example-vision", DIGITS, 2),
    ("claim-example-vision-glasses-3tier", DIGITS, 14),
    ("claimresponse-example-unsolicited-preauth", DIGITS, 11),
    ("conceptmaps", SPACE, 19),
    ("coverageeligibilityresponse-example-benefits-2", DIGITS, 1),
    ("devicerequest-left-lens", DIGITS, 2),
    ("diagnosticreport-example-ghp", DIGITS, 1),
    ("diagnosticreport-hla-genetics-results-example", QUOTES, 12),
    ("explanationofbenefit-example-2", DIGITS, 1),
    ("namingsystem-registry", QUOTES, 1),
    ("observation-decimal", DIGITS, 5),
    ("observation-example-body-height", DIGITS, 1),
    ("paymentnotice-example", DIGITS, 1),
    ("sequence-example-fda-comparisons", DIGITS, 1),
    ("visionprescription-example", DIGITS, 5),
];

const DIGITS: &str = "digits of a decimal";
const QUOTES: &str = "quotes as references in a narrative";
const SPACE: &str = "white space";

#[test]
fn the_pairs_of_r4_are_equal_both_ways() {
    let data = std::env::var("HYGEA_TEST_DATA").unwrap_or_else(|_| "../../shared/data".to_owned());
    let archive = Path::new(&data).join("fhir/xml/r4-xml-json-pairs.tar.zst");
    let folder = std::env::temp_dir().join(format!("hygea-xml-{}", std::process::id()));
    if !archive.exists() {
        println!("left out: {} is not there", archive.display());
        return;
    }
    std::fs::create_dir_all(&folder).unwrap();
    let unpacked = std::process::Command::new("tar")
        .arg("--zstd")
        .arg("-xf")
        .arg(&archive)
        .arg("-C")
        .arg(&folder)
        .status();
    if !unpacked.is_ok_and(|status| status.success()) {
        println!("left out: tar cannot unpack {}", archive.display());
        std::fs::remove_dir_all(&folder).unwrap();
        return;
    }
    let schema = Schema::of(Version::R4).unwrap();
    let (mut pairs, mut read, mut written, mut labelled) = (0, 0, 0, 0);
    let mut all = Vec::new();
    for path in files(&folder, "xml") {
        pairs += 1;
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let xml_bytes = std::fs::read(&path).unwrap();
        let json_bytes = std::fs::read(path.with_extension("json")).unwrap();
        let json = Document::parse(&json_bytes).unwrap();
        let from_xml = match xml::parse(&xml_bytes, schema) {
            Ok(document) => document,
            Err(error) => {
                all.push((name, error.to_string()));
                continue;
            }
        };
        // What was built is what a reader of its text builds.
        let again = Document::parse(from_xml.text().as_bytes()).unwrap();
        assert_eq!(difference(again.root(), from_xml.root(), &name), None);
        let published = std::str::from_utf8(&xml_bytes).unwrap();
        let mut found = Vec::new();
        differences(from_xml.root(), json.root(), "", &mut found);
        // HL7 marks its examples as test data, by a security label in XML, and in JSON by a tag or not at all.
        let marked = !found.is_empty();
        if marked {
            labelled += 1;
            found.clear();
            differences(unmarked(from_xml.root()).root(), unmarked(json.root()).root(), "", &mut found);
        }
        read += usize::from(found.is_empty());
        let equal = found.is_empty();
        all.extend(found.into_iter().map(|found| (name.clone(), found)));
        for indent in [false, true] {
            let layout = Layout { indent, ..Layout::default() };
            let text = match xml::write_with(json.root(), schema, &layout) {
                Ok(text) => text,
                Err(error) => {
                    all.push((name.clone(), error.to_string()));
                    break;
                }
            };
            let back = xml::parse(text.as_bytes(), schema).unwrap();
            assert_eq!(difference(json.root(), back.root(), ""), None, "{name}");
            let found = match marked {
                true => canonical_difference(&unmarked_xml(&text), &unmarked_xml(published)),
                false => canonical_difference(&text, published),
            };
            match found {
                None if indent => written += 1,
                None => {}
                // Where the JSON is another one, so is its XML.
                Some(_) if !equal => break,
                Some(found) => all.push((name.clone(), found)),
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    println!("{pairs} pairs: {read} read from XML equal the JSON, {written} written as XML equal the XML");
    println!(
        "{labelled} of them but for the mark of test data, a security label in XML, a tag or nothing in JSON"
    );
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (name, found) in &all {
        *counts
            .entry((name, found.split_once(": ").map_or(found.as_str(), |(_, what)| what)))
            .or_default() += 1;
    }
    for ((name, what), count) in &counts {
        println!("  (\"{name}\", \"{what}\", {count}),");
    }
    let known: BTreeMap<(&str, &str), usize> =
        KNOWN.iter().map(|known| ((known.0, known.1), known.2)).collect();
    assert_eq!(counts, known);
    assert!(pairs >= 437 && read >= 417 && written >= 420, "{pairs} {read} {written}");
}

const MARK: &str = "HTEST";

/// The resource without the mark of test data.
fn unmarked(resource: Node<'_>) -> Document<'static> {
    let mut value = resource.to_value();
    let root = value.as_object_mut().unwrap();
    if let Some(meta) = root.get_mut("meta").and_then(Value::as_object_mut) {
        for name in ["security", "tag"] {
            let labels = meta.get(name).and_then(Value::as_array).unwrap_or_default();
            let others =
                labels.iter().filter(|label| label.get("code").and_then(Value::as_str) != Some(MARK));
            let others: Vec<Value> = others.cloned().collect();
            if others.is_empty() {
                meta.remove(name);
            } else {
                meta.insert(name, others);
            }
        }
        if meta.is_empty() {
            root.remove("meta");
        }
    }
    Document::from_text(value.to_json()).unwrap()
}

/// The XML without the mark of test data.
fn unmarked_xml(text: &str) -> String {
    let tree = roxmltree::Document::parse(text).unwrap();
    let named = |node: roxmltree::Node<'_, '_>, name: &str| node.tag_name().name() == name;
    let Some(meta) = tree.root_element().children().find(|&child| named(child, "meta")) else {
        return text.to_owned();
    };
    let is_mark = |label: &roxmltree::Node<'_, '_>| {
        label.children().any(|child| named(child, "code") && child.attribute("value") == Some(MARK))
    };
    let marks: Vec<_> = meta.children().filter(is_mark).map(|label| label.range()).collect();
    let mut text = text.to_owned();
    if meta.children().filter(roxmltree::Node::is_element).count() == marks.len() {
        text.replace_range(meta.range(), "");
        return text;
    }
    for range in marks.into_iter().rev() {
        text.replace_range(range, "");
    }
    text
}

#[test]
fn examples_of_dstu2_survive_xml() {
    examples(Version::Dstu2, 2493, 12);
}

#[test]
fn examples_of_stu3_survive_xml() {
    examples(Version::Stu3, 8286, 1);
}

#[test]
fn examples_of_r4_survive_xml() {
    examples(Version::R4, 5306, 0);
}

#[test]
fn examples_of_r4b_survive_xml() {
    examples(Version::R4B, 2840, 0);
}

#[test]
fn examples_of_r5_survive_xml() {
    examples(Version::R5, 2822, 0);
}

/// Writes each example as XML and reads it back. Those that XML cannot carry whole must be told so; the others
/// must come back equal, at least `least` of them, and no more than `most_losses` may be of the first kind.
fn examples(version: Version, least: usize, most_losses: usize) {
    let variable = format!("HYGEA_FHIR_EXAMPLES_{}", version.name().to_uppercase());
    let (Ok(folder), Some(schema)) = (std::env::var(&variable), Schema::of(version)) else {
        println!("left out: {variable} names no folder, or the version is not built in");
        return;
    };
    let (mut equal, mut lossy) = (0, 0);
    let mut losses: BTreeMap<String, usize> = BTreeMap::new();
    let mut different = Vec::new();
    for path in files(Path::new(&folder), "json") {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(document) = Document::parse(&bytes) else { continue };
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let of = document.root().get("resourceType").and_then(Node::as_str);
        if of.and_then(|of| schema.resource(of)).is_none() {
            continue;
        }
        let writing = xml::write_lossy(document.root(), schema, &Layout::default()).unwrap();
        let back = match xml::read(writing.text.as_bytes(), schema, &xml::Options::default()) {
            Ok(back) => back,
            Err(error) => {
                different.push((name, error.to_string()));
                continue;
            }
        };
        if writing.losses.is_empty() {
            match difference(document.root(), back.document.root(), "") {
                None => equal += 1,
                Some(found) => different.push((name, found)),
            }
            continue;
        }
        lossy += 1;
        for loss in &writing.losses {
            let place = loss.expression().split('[').next().unwrap_or_default();
            let what = format!("{} at {place}", loss.detail());
            *losses.entry(what).or_default() += 1;
        }
    }
    println!(
        "{version}: {equal} examples are equal after JSON to XML to JSON, {lossy} cannot be carried whole"
    );
    for (what, count) in &losses {
        println!("  {count} × {what}");
    }
    assert!(different.is_empty(), "{:#?}", different.iter().take(20).collect::<Vec<_>>());
    assert!(equal >= least && lossy <= most_losses, "{equal} equal, {lossy} with losses");
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The first place where two trees differ; the order of members aside. Numbers are compared as text.
fn difference(one: Node<'_>, other: Node<'_>, path: &str) -> Option<String> {
    let mut found = Vec::new();
    differences(one, other, path, &mut found);
    found.into_iter().next()
}

/// All places where two trees differ.
fn differences(one: Node<'_>, other: Node<'_>, path: &str, found: &mut Vec<String>) {
    match (one.kind(), other.kind()) {
        (Kind::Object, Kind::Object) => {
            for (name, value) in one.members() {
                let path = format!("{path}.{name}");
                match other.get(name) {
                    Some(there) => differences(value, there, &path, found),
                    None => found.push(format!("{path}: only in the first")),
                }
            }
            let extra = other.members().filter(|(name, _)| one.get(name).is_none());
            found.extend(extra.map(|(name, _)| format!("{path}.{name}: only in the second")));
        }
        (Kind::Array, Kind::Array) => {
            if one.len() != other.len() {
                found.push(format!("{path}: {} and {} items", one.len(), other.len()));
            }
            for (at, (one, other)) in one.items().zip(other.items()).enumerate() {
                differences(one, other, &format!("{path}[{at}]"), found);
            }
        }
        (kind, kind_there) if kind != kind_there => {
            found.push(format!("{path}: {kind:?} and {kind_there:?}"))
        }
        _ => found.extend(
            text_difference(one.as_primitive(), other.as_primitive()).map(|what| format!("{path}: {what}")),
        ),
    }
}

fn text_difference(one: Option<&str>, other: Option<&str>) -> Option<String> {
    let (one, other) = (one.unwrap_or("null"), other.unwrap_or("null"));
    if one == other {
        return None;
    }
    if let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>())
        && one.to_bits() == other.to_bits()
    {
        return Some(DIGITS.to_owned());
    }
    if one.replace("&quot;", "\"") == other.replace("&quot;", "\"") {
        return Some(QUOTES.to_owned());
    }
    let spaceless = |text: &str| text.split_whitespace().collect::<String>();
    if spaceless(one) == spaceless(other) {
        return Some(SPACE.to_owned());
    }
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let part = |text: &str| text.chars().skip(same.saturating_sub(20)).take(60).collect::<String>();
    Some(format!("{:?} and {:?}", part(one), part(other)))
}

/// The first place where two XML texts differ, as an independent parser sees them: names, namespaces, attributes,
/// order; white space between FHIR's elements, comments and `xsi:schemaLocation` aside.
fn canonical_difference(one: &str, other: &str) -> Option<String> {
    let (one, other) = (roxmltree::Document::parse(one).unwrap(), roxmltree::Document::parse(other).unwrap());
    nodes_differ(one.root_element(), other.root_element(), "")
}

fn nodes_differ(one: roxmltree::Node<'_, '_>, other: roxmltree::Node<'_, '_>, path: &str) -> Option<String> {
    if one.is_text() || other.is_text() {
        let different = one.text() != other.text() || one.is_text() != other.is_text();
        return different.then(|| format!("{path}: text {:?} and {:?}", one.text(), other.text()));
    }
    let path = &format!("{path}/{}", one.tag_name().name());
    if one.tag_name() != other.tag_name() {
        return Some(format!("{path}: {:?} and {:?}", one.tag_name(), other.tag_name()));
    }
    let attributes = |node: roxmltree::Node<'_, '_>| {
        let hint = "http://www.w3.org/2001/XMLSchema-instance";
        let kept = node.attributes().filter(|attribute| attribute.namespace() != Some(hint));
        let mut all: Vec<_> =
            kept.map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned())).collect();
        all.sort();
        all
    };
    if attributes(one) != attributes(other) {
        return Some(format!("{path}: {:?} and {:?}", attributes(one), attributes(other)));
    }
    let markup = one.tag_name().namespace() == Some("http://www.w3.org/1999/xhtml");
    let children = |node: roxmltree::Node<'_, '_>| {
        let kept = move |child: &roxmltree::Node<'_, '_>| {
            child.is_element() || (child.is_text() && (markup || !child.text().unwrap().trim().is_empty()))
        };
        node.children()
            .map(|child| child.id())
            .filter(|&id| kept(&node.document().get_node(id).unwrap()))
            .collect::<Vec<_>>()
    };
    let (mine, others) = (children(one), children(other));
    for (mine, others) in mine.iter().zip(&others) {
        let (mine, others) =
            (one.document().get_node(*mine).unwrap(), other.document().get_node(*others).unwrap());
        if let Some(found) = nodes_differ(mine, others, path) {
            return Some(found);
        }
    }
    (mine.len() != others.len()).then(|| format!("{path}: {} and {} children", mine.len(), others.len()))
}
