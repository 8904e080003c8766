//! XML: what is read is written and read again as the same, and what JSON is written as is read back as that JSON.
#![no_main]

use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::xml;
use hygea_fuzz::difference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(schema) = Schema::of(Version::R4) else { return };
    let _ = xml::read(data, schema, &xml::Options::default());
    let xml = xml::parse(data, schema);
    let json = Document::parse(data);
    for document in xml.into_iter().chain(json) {
        let Ok(text) = xml::write(document.root(), schema) else { continue };
        let again = xml::parse(text.as_bytes(), schema).expect("what was written is XML");
        assert_eq!(difference(document.root(), again.root(), ""), None);
    }
});
