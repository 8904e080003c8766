//! FHIRPath, evaluating: an expression on the first line, a resource behind it (or one that stands here).
#![no_main]

use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::Document;
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhirpath::{DateTime, Environment, Expression, Limits};
use libfuzzer_sys::fuzz_target;

const PATIENT: &[u8] = br##"{"resourceType":"Patient","id":"p","active":true,"birthDate":"1974-12-25",
"_birthDate":{"extension":[{"url":"urn:t","valueDateTime":"1974-12-25T14:35:45-05:00"}]},
"name":[{"use":"official","family":"Chalmers","given":["Peter","James"]},{"given":[null,"Jim"],"_given":[{"id":"x"},null]}],
"contained":[{"resourceType":"Organization","id":"o","name":"Clinic"}],"managingOrganization":{"reference":"#o"},
"multipleBirthInteger":2,"extension":[{"url":"urn:q","valueQuantity":{"value":1.50,"unit":"cm",
"system":"http://unitsofmeasure.org","code":"cm"}},{"url":"urn:d","valueDecimal":1e3}]}"##;

fuzz_target!(|data: &[u8]| {
    let (expression, json) = hygea_fuzz::cut(data);
    let Ok(text) = std::str::from_utf8(expression) else { return };
    let Some(schema) = Schema::of(Version::R4) else { return };
    let Ok(expression) = Expression::compile(text, schema) else { return };
    let document = Document::parse(if json.is_empty() { PATIENT } else { json });
    let Ok(document) = document else { return };
    let environment = Environment::new()
        .now(DateTime::parse("2024-02-29T12:00:00.000Z").expect("a date"))
        .limits(Limits { steps: 20_000, ..Limits::default() });
    let element = JsonElement::resource(document.root(), schema);
    if let Ok(found) = expression.evaluate(element, &environment) {
        for item in &found {
            let _ = (item.type_name(), item.to_text(), item.to_value());
        }
        let again = expression.evaluate(element, &environment).expect("evaluation has no memory");
        assert_eq!(again.len(), found.len());
    }
    let _ = expression.holds(element, &environment);
});
