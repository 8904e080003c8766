//! JSON: what is read is written and read again as the same, by the tree and by the typed structs.
#![no_main]

use hygea_fhir_model::json::Document;
use hygea_fhir_model::r4::Resource;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::validate;
use hygea_fuzz::difference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let typed = Resource::from_json(data);
    let strict = Resource::from_json_strict(data);
    let Ok(document) = Document::parse(data) else {
        assert!(typed.is_err() && strict.is_err(), "the structs read what is no JSON");
        return;
    };
    let value = document.root().to_value();
    let text = value.to_json();
    let again = Document::parse(text.as_bytes()).expect("what was written is JSON");
    assert_eq!(difference(document.root(), again.root(), ""), None);
    assert_eq!(again.root().to_value(), value);

    if let Ok(resource) = typed {
        let written = resource.to_json();
        let again = Document::parse(written.as_bytes()).expect("what a struct writes is JSON");
        assert_eq!(difference(document.root(), again.root(), ""), None);
        // Members that fit no element may stand in another order.
        let copy = Resource::from_json(written.as_bytes()).expect("what a struct writes, it reads").to_json();
        let copy = Document::parse(copy.as_bytes()).expect("what a struct writes is JSON");
        assert_eq!(difference(again.root(), copy.root(), ""), None);
        let slow = Resource::from_node(document.root()).expect("the tree is read as the text is");
        assert_eq!(slow.to_json(), written);
    }
    let Some(schema) = Schema::of(Version::R4) else { return };
    let issues = validate::structure(&document, schema);
    assert_eq!(issues.is_empty(), strict.is_ok(), "strict reading and the structure check agree");
});
