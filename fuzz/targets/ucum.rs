//! UCUM: a number and up to two units, a line each; what is parsed, compared and converted agrees with itself.
#![no_main]

use hygea_fhir_model::primitive::decimal::Number;
use hygea_terminology::ucum::{self, Unit};
use libfuzzer_sys::fuzz_target;
use std::cmp::Ordering;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let number = lines.next().and_then(Number::parse);
    let Some(Ok(unit)) = lines.next().map(Unit::parse) else { return };
    let again = Unit::parse(unit.code()).expect("the code of a unit is one");
    assert!(unit.is_comparable(&again));
    let _ = unit.multiply(&again);
    let _ = unit.divide(&again);
    let Some(number) = number else { return };
    if let Some(order) = ucum::compare(number, &unit, number, &again) {
        assert_eq!(order, Ordering::Equal);
    }
    if let Some((value, code)) = ucum::canonical(number, &unit) {
        let canonical = Unit::parse(&code).expect("a canonical unit is one");
        assert!(canonical.is_comparable(&unit));
        let _ = ucum::compare(value, &canonical, number, &unit);
    }
    let Some(Ok(other)) = lines.next().map(Unit::parse) else { return };
    let found = ucum::compare(number, &unit, number, &other);
    let turned = ucum::compare(number, &other, number, &unit);
    if let (Some(found), Some(turned)) = (found, turned) {
        assert_eq!(found, turned.reverse());
    }
    let _ = ucum::convert(number, &unit, &other);
    let _ = unit.multiply(&other).and_then(|product| product.divide(&other));
});
