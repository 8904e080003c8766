//! The deepest documents that may be read need no more stack than a thread has.
#![cfg(feature = "r4")]
#![allow(clippy::unwrap_used, unused_crate_dependencies, reason = "tests fail by panicking")]

use hygea_fhir_model::json::Document;
use hygea_fhir_model::r4::Resource;

/// Reads, copies, compares, writes and drops on a thread of 2 MiB.
fn use_up_to_the_limit(open: &'static str, close: &'static str, levels: usize) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        let text = format!("{}{}", open.repeat(levels), close.repeat(levels));
        let resource = Resource::from_json(text.as_bytes()).unwrap();
        let copy = resource.clone();
        assert!(copy == resource);
        assert_eq!(copy.to_json(), text);
        let document = Document::parse(text.as_bytes()).unwrap();
        assert!(Resource::from_node(document.root()).unwrap() == resource);
        drop(Resource::from_json_strict(text.as_bytes()));
        let deeper = format!("{}{}", open.repeat(levels + 1), close.repeat(levels + 1));
        assert!(Resource::from_json(deeper.as_bytes()).is_err());
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn bundles_in_bundles() {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        // An object, a list and an entry: 3 of the 128 levels each.
        let open = r#"{"resourceType":"Bundle","entry":[{"resource":"#;
        let text = format!("{}{{}}{}", open.repeat(42), "}]}".repeat(42))
            .replace("{}", r#"{"resourceType":"Group"}"#);
        let resource = Resource::from_json(text.as_bytes()).unwrap();
        assert_eq!(resource.to_json(), text);
        assert!(resource.clone() == resource);
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn contained_in_contained() {
    use_up_to_the_limit(r#"{"resourceType":"Patient","contained":["#, "]}", 64);
}

#[test]
fn extensions_in_extensions() {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        let open = r#"{"url":"u","extension":["#;
        let text =
            format!(r#"{{"resourceType":"Patient","extension":[{}{}]}}"#, open.repeat(63), "]}".repeat(63));
        let resource = Resource::from_json(text.as_bytes()).unwrap();
        assert_eq!(resource.to_json().len(), text.len());
        assert!(resource.clone() == resource);
    });
    thread.unwrap().join().unwrap();
}
