//! XML: what is read is written and read again as the same, and what JSON is written as is read back as that JSON.
#![no_main]

use hygea_fhir_model::json::{Document, Value};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_model::xml;
use hygea_fuzz::difference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(schema) = Schema::of(Version::R4) else { return };
    let _ = xml::read(data, schema, &xml::Options::default());
    for document in xml::parse(data, schema).into_iter().chain(Document::parse(data)) {
        let Ok(text) = xml::write(document.root(), schema) else { continue };
        let again = xml::parse(text.as_bytes(), schema).expect("what was written is XML");
        // XML has no place for the nulls that only keep values and extensions in step.
        let (one, other) = (without_nulls(document.root().to_value()), without_nulls(again.root().to_value()));
        let (one, other) = (one.unwrap_or_default().to_json(), other.unwrap_or_default().to_json());
        let one = Document::parse(one.as_bytes()).expect("what was written is JSON");
        let other = Document::parse(other.as_bytes()).expect("what was written is JSON");
        assert_eq!(difference(one.root(), other.root(), ""), None);
        assert_eq!(xml::write(again.root(), schema).expect("what was XML can be written"), text);
    }
});

/// The value without null members, and without nulls at the end of arrays; nothing if that is all there is.
fn without_nulls(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(without_nulls).collect();
            while matches!(items.last(), Some(None)) {
                items.pop();
            }
            let items: Vec<_> = items.into_iter().map(Option::unwrap_or_default).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(object) => {
            let members = object.iter().map(|(name, value)| (name.to_owned(), value.clone()));
            Some(Value::Object(members.filter_map(|(name, value)| Some((name, without_nulls(value)?))).collect()))
        }
        value => Some(value),
    }
}
