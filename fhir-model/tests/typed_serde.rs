//! Typed structs inside somebody's own serde types.
#![cfg(all(feature = "r4", feature = "serde"))]
#![allow(clippy::unwrap_used, unused_crate_dependencies, reason = "tests fail by panicking")]

use hygea_fhir_model::r4::{Observation, Quantity, Resource};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Envelope {
    sender: String,
    resources: Vec<Resource>,
    observation: Option<Box<Observation>>,
    quantity: Quantity,
}

#[test]
fn structs_travel_inside_other_types_with_all_digits() {
    let text = concat!(
        r#"{"sender":"a","resources":[{"resourceType":"Patient","birthDate":"1970"},{"resourceType":"Unheard","x":1.0}],"#,
        r#""observation":{"resourceType":"Observation","valueQuantity":{"value":1.500}},"quantity":{"value":20.0}}"#
    );
    let envelope: Envelope = serde_json::from_str(text).unwrap();
    assert_eq!(envelope.quantity.value.as_deref(), Some("20.0"));
    assert_eq!(serde_json::to_string(&envelope).unwrap(), text);
}

#[test]
fn structs_become_values_and_come_back() {
    let json = r#"{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.5},"x":[null]}"#;
    let observation: Observation = serde_json::from_slice(json.as_bytes()).unwrap();
    let value = serde_json::to_value(&observation).unwrap();
    assert_eq!(value["valueQuantity"]["value"], 1.5);
    assert!(serde_json::from_value::<Observation>(value.clone()).unwrap() == observation);
    assert!(serde_json::from_value::<Resource>(value).unwrap() == Resource::from(observation));
}

#[test]
fn what_is_no_json_is_refused() {
    use serde::de::value::{Error, StrDeserializer};
    let text: StrDeserializer<'_, Error> = serde::de::IntoDeserializer::into_deserializer("{}");
    assert!(Resource::deserialize(text).is_err());
}

#[test]
fn what_is_no_such_type_is_refused() {
    for text in ["1", "[]", r#"{"resourceType":"Patient"}"#, "{}"] {
        assert!(serde_json::from_str::<Observation>(text).is_err(), "{text}");
    }
}
