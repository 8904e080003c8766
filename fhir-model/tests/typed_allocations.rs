//! Reading a resource into structs takes few allocations: at most 30 for each of a Synthea Bundle.
#![cfg(feature = "r4")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::r4::{Bundle, Observation};
use hygea_fhir_model::typed::Structure;

/// An Observation as Synthea writes them.
const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"b3f1e9a2-6cb1-4f0a-9d3e-0a1b2c3d4e5f","status":"final",
    "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs",
    "display":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],
    "text":"Body Height"},"subject":{"reference":"urn:uuid:538a9a4e-8437-47d3-8c01-1a17dca8f0be"},
    "encounter":{"reference":"urn:uuid:1f2e3d4c-5b6a-4798-8899-aabbccddeeff"},
    "effectiveDateTime":"2010-06-04T10:31:25+00:00","issued":"2010-06-04T10:31:25.123+00:00",
    "valueQuantity":{"value":160.70,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}"#;

#[test]
fn an_observation_takes_seven() {
    let mut read = None;
    let info =
        allocation_counter::measure(|| read = Some(Observation::from_json(OBSERVATION.as_bytes()).unwrap()));
    // Category and its codings, code and its codings, subject, encounter, the quantity.
    println!("{} allocations for an Observation", info.count_total);
    assert!(info.count_total <= 7, "{}", info.count_total);
    let observation = read.unwrap();
    assert_eq!(observation.issued.as_deref(), Some("2010-06-04T10:31:25.123+00:00"));
}

#[test]
fn a_bundle_takes_few_for_each_resource() {
    let entries = vec![
        format!(
            r#"{{"fullUrl":"urn:uuid:538a9a4e-8437-47d3-8c01-1a17dca8f0be","resource":{OBSERVATION}}}"#
        );
        100
    ];
    let json = format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
    let mut read = None;
    let info = allocation_counter::measure(|| read = Some(Bundle::from_json(json.as_bytes()).unwrap()));
    println!("{} allocations for {} resources", info.count_total, read.unwrap().entry.len());
    // The resource itself and its full URL come on top, and the growing list.
    assert!(info.count_total <= 100 * 9 + 10, "{}", info.count_total);
}
