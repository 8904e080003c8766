//! Bundles: the entries are those of the whole tree, whatever the pieces that the file comes in.
#![no_main]

use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::stream::{BundleReader, Options};
use hygea_fuzz::{Trickle, difference};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let small = Options { max_item_bytes: 200, max_header_bytes: 200, max_depth: 5 };
    assert!(BundleReader::with_options(data, small).count() <= data.len() + 1);

    let mut reader = BundleReader::new(Trickle::new(data));
    let mut found = Vec::new();
    let mut failed = false;
    let mut places = Vec::new();
    while let Some(entry) = reader.next() {
        match entry {
            Ok(entry) => found.push(entry.root().raw().to_owned()),
            Err(_) => failed = true,
        }
        places.push(reader.place());
    }
    let document = Document::parse(data);
    let bundle = document.as_ref().ok().map(Document::root);
    let is_bundle = |node: &Node<'_>| node.get("resourceType").and_then(|name| name.as_str()) == Some("Bundle");
    match bundle.filter(is_bundle) {
        Some(bundle) if !failed => {
            let entries = bundle.get("entry");
            let wanted: Vec<String> =
                entries.into_iter().flat_map(|entry| entry.items()).map(|entry| entry.raw().to_owned()).collect();
            assert_eq!(found, wanted);
            for (name, value) in reader.header().iter() {
                let text = value.to_json();
                let again = Document::parse(text.as_bytes()).expect("a member is JSON");
                let there = bundle.get(name).expect("a member of the Bundle");
                assert_eq!(difference(there, again.root(), name), None);
            }
        }
        // Faults that the tree does not know: entries that are no array, or no objects, and depths.
        Some(bundle) => {
            let plain = bundle.get("entry").is_none_or(|entry| entry.is_array() && entry.items().all(Node::is_object));
            assert!(!plain || data.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > 100 || data.len() > 1 << 20);
        }
        None => assert!(failed, "what is no Bundle was read without an error"),
    }
    for place in places.into_iter().take(3) {
        let rest = usize::try_from(place.offset).ok().and_then(|at| data.get(at..)).expect("a place in the file");
        let _ = BundleReader::resume(rest, place, Options::default()).take(2).count();
    }
});
