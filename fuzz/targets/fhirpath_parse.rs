//! FHIRPath, compiling: any text ends as an expression or as an error with its place.
#![no_main]

use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhirpath::{Expression, Options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(schema) = Schema::of(Version::R4) else { return };
    match Expression::compile(text, schema) {
        Ok(expression) => {
            assert_eq!(expression.text(), text);
            let _ = (expression.explain(), expression.paths());
        }
        Err(error) => assert!(error.position().is_none_or(|place| place.offset <= text.len())),
    }
    for name in ["Patient", "Observation"] {
        let Some(context) = schema.resource(name) else { continue };
        let options = Options::default().context(context).strict(true).ordered(true);
        let _ = Expression::compile_with(text, schema, options);
        let _ = Expression::compile_for(text, context);
    }
});
