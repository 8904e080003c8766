//! Typed structs through XML.
#![cfg(feature = "r4")]
#![allow(clippy::unwrap_used, unused_crate_dependencies, reason = "tests fail by panicking")]

use hygea_fhir_model::ErrorKind::{UnknownElement, UnknownResourceType};
use hygea_fhir_model::r4::{HumanName, Observation, ObservationValue, Patient, Resource};
use hygea_fhir_model::typed::Structure;

const XML: &[u8] = br#"<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><text value="t"/></code>
    <valueQuantity><value value="37.20"><extension url="u"><valueCode value="c"/></extension></value></valueQuantity></Observation>"#;

#[test]
fn structs_are_read_and_written() {
    let observation = Observation::from_xml(XML).unwrap();
    let Some(ObservationValue::Quantity(quantity)) = &observation.value else { unreachable!() };
    assert_eq!(quantity.value.as_deref(), Some("37.20"));
    let xml = observation.to_xml().unwrap();
    assert!(Observation::from_xml(xml.as_bytes()).unwrap() == observation);
    assert!(Observation::from_json(observation.to_json().as_bytes()).unwrap() == observation);

    let resource = Resource::from_xml(XML).unwrap();
    assert_eq!(resource.to_xml().unwrap(), xml);
    assert!(resource.as_type::<Observation>() == Some(&observation));
}

#[test]
fn what_does_not_fit_is_an_error() {
    assert_eq!(Patient::from_xml(XML).unwrap_err().kind(), UnknownResourceType);
    assert_eq!(HumanName::default().to_xml().unwrap_err().kind(), UnknownResourceType);
    let odd = Patient::from_json(br#"{"resourceType":"Patient","nick":"x"}"#).unwrap();
    let error = odd.to_xml().unwrap_err();
    assert_eq!((error.kind(), error.path()), (UnknownElement, "Patient.nick"));
}
