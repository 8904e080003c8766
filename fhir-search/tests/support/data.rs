//! The resources of the reference data: 20 Synthea patients, and HL7's own examples of every type.

use hygea_fhir_model::json::{Document, Node, Object, Value};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

/// A resource as text, ready to be stored: with id and meta, its references relative.
pub struct Resource {
    pub resource_type: String,
    pub id: String,
    pub json: String,
}

impl Resource {
    pub fn document(&self) -> Document<'_> {
        Document::parse(self.json.as_bytes()).unwrap()
    }
}

/// The folder of the reference data, if it is there; says so if it is not.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("HYGEA_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if folder.join("fhir/patients").is_dir() {
        return Some(folder);
    }
    println!("left out: the reference data is not at {} (HYGEA_TEST_DATA)", folder.display());
    None
}

/// The JSON files of an archive, by name.
fn unpack(archive: &str) -> Option<Vec<(String, String)>> {
    let archive = folder()?.join(archive);
    let to = std::env::temp_dir().join(format!(
        "hygea-search-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&to).unwrap();
    let status = Command::new("tar").arg("--zstd").arg("-xf").arg(&archive).arg("-C").arg(&to).status();
    if !status.is_ok_and(|status| status.success()) {
        println!("left out: tar with zstd cannot read {}", archive.display());
        return None;
    }
    let mut files = Vec::new();
    let mut folders = vec![to.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    std::fs::remove_dir_all(to).unwrap();
    files.sort();
    Some(files)
}

/// The resources of the Synthea bundles, as a service stores them.
pub fn synthea() -> Option<Vec<Resource>> {
    let bundles = unpack("fhir/patients/r4-synthea-20.tar.zst")?;
    let mut local = HashMap::new();
    let mut resources = Vec::new();
    for (_, bundle) in &bundles {
        let document = Document::parse(bundle.as_bytes()).unwrap();
        for entry in document.root().get("entry").unwrap().items() {
            let url = entry.get("fullUrl").and_then(Node::as_str).unwrap();
            let resource = entry.get("resource").unwrap();
            let text = |name| resource.get(name).and_then(Node::as_str).unwrap();
            local.insert(url.to_owned(), format!("{}/{}", text("resourceType"), text("id")));
        }
    }
    for (_, bundle) in &bundles {
        let document = Document::parse(bundle.as_bytes()).unwrap();
        for entry in document.root().get("entry").unwrap().items() {
            let mut value = entry.get("resource").unwrap().to_value();
            localize(&mut value, &local);
            resources.push(stored(value, resources.len()));
        }
    }
    Some(resources)
}

/// HL7's examples: some of every type.
pub fn examples() -> Option<Vec<Resource>> {
    let files = unpack("fhir/xml/r4-xml-json-pairs.tar.zst")?;
    let mut resources = Vec::new();
    for (_, json) in files {
        let document = Document::parse(json.as_bytes()).unwrap();
        if document.root().get("resourceType").is_some() {
            resources.push(stored(document.root().to_value(), resources.len()));
        }
    }
    Some(resources)
}

/// References to entries of a bundle become relative ones.
fn localize(value: &mut Value, local: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(reference) = local.get(text) {
                text.clone_from(reference);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| localize(item, local)),
        Value::Object(object) => object.iter_mut().for_each(|(_, member)| localize(member, local)),
        _ => {}
    }
}

/// With an id and some meta data, different for each.
fn stored(mut value: Value, number: usize) -> Resource {
    let object = value.as_object_mut().unwrap();
    let text = |object: &Object, name| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let resource_type = text(object, "resourceType").unwrap();
    let id = text(object, "id").unwrap_or_else(|| format!("number-{number}"));
    object.insert("id", id.as_str());
    let mut meta = object.get("meta").and_then(Value::as_object).cloned().unwrap_or_default();
    let (day, second) = (number % 28 + 1, number % 60);
    meta.insert(
        "lastUpdated",
        format!("2024-{:02}-{day:02}T10:00:{second:02}.{:03}Z", number % 12 + 1, number % 1000),
    );
    if number.is_multiple_of(3) {
        let tag =
            Object::new().with("system", "http://example.org/tags").with("code", format!("t{}", number % 7));
        meta.insert("tag", vec![Value::from(tag)]);
    }
    if number.is_multiple_of(5) {
        meta.insert(
            "profile",
            vec![Value::from(format!(
                "http://example.org/StructureDefinition/p{}|1.{}",
                number % 4,
                number % 3
            ))],
        );
        meta.insert("source", format!("http://example.org/sources/{}", number % 9));
    }
    object.insert("meta", meta);
    Resource { resource_type, id, json: value.to_json() }
}
