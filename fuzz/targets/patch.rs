//! Patches of all four kinds: the kind on the first line, the resource on the second, the patch on the rest.
#![no_main]

use hygea_fhir_model::json::Document;
use hygea_fhir_model::patch::{self, Options};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhirpath::{Environment, Limits, fhirpath_patch};
use hygea_fuzz::{cut, difference};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (kind, rest) = cut(data);
    let (target, patch) = cut(rest);
    let options = Options { max_bytes: 200_000, max_depth: 64, max_operations: 200, ..Options::default() };
    if kind == b"xml" {
        let (Ok(target), Ok(patch)) = (std::str::from_utf8(target), std::str::from_utf8(patch)) else { return };
        if let Ok(changed) = patch::xml_patch(target, patch, &options) {
            // A patch that does nothing has nothing to complain of in what was made.
            let nothing = r#"<d><add sel="*" pos="after"><!--x--></add></d>"#;
            patch::xml_patch(&changed, nothing, &Options::default()).expect("what was made is XML");
        }
        return;
    }
    let (Ok(target), Ok(patch)) = (Document::parse(target), Document::parse(patch)) else { return };
    let changed = match kind {
        b"json" => patch::json_patch(target.root(), patch.root(), &options).map(|draft| draft.to_json()),
        b"merge" => {
            let changed = patch::merge_patch(target.root(), patch.root(), &options).map(|draft| draft.to_json());
            if let Ok(text) = &changed {
                let once = Document::parse(text.as_bytes()).expect("what was made is JSON");
                let twice = patch::merge_patch(once.root(), patch.root(), &options);
                let twice = twice.map(|draft| draft.to_json()).unwrap_or_else(|_| text.clone());
                let twice = Document::parse(twice.as_bytes()).expect("what was made is JSON");
                assert_eq!(difference(once.root(), twice.root(), ""), None, "merging twice is merging once");
            }
            changed
        }
        b"path" => {
            let Some(schema) = Schema::of(Version::R4) else { return };
            let environment = Environment::new().limits(Limits { steps: 10_000, ..Limits::default() });
            fhirpath_patch(target.root(), patch.root(), schema, &environment, &options)
        }
        _ => return,
    };
    if let Ok(changed) = changed {
        assert!(changed.len() <= 400_000, "the result is bounded");
        Document::parse(changed.as_bytes()).expect("what was made is JSON");
    }
});
