//! What holds of all units and of all texts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::primitive::decimal::Number;
use hygea_terminology::ucum::{Unit, atoms, canonical, compare, convert};
use proptest::prelude::*;
use std::cmp::Ordering;

/// A unit of the table with or without prefix, to a power.
fn simple() -> impl Strategy<Value = String> {
    let prefix = prop_oneof![4 => Just(""), 1 => Just("k"), 1 => Just("m"), 1 => Just("u"), 1 => Just("da")];
    let exponent = prop_oneof![6 => Just(""), 1 => Just("2"), 1 => Just("-1"), 1 => Just("+3")];
    (0..atoms().len(), prefix, exponent).prop_map(|(index, prefix, exponent)| {
        let atom = &atoms()[index];
        let prefix = if atom.is_metric() { prefix } else { "" };
        let exponent = if atom.is_special() { "" } else { exponent };
        format!("{prefix}{}{exponent}", atom.code())
    })
}

/// Units joined by points, slashes and parentheses.
fn code() -> impl Strategy<Value = String> {
    simple().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}.{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}/({b})")),
            inner.prop_map(|a| format!("/{a}{{note}}")),
        ]
    })
}

fn number() -> impl Strategy<Value = Number> {
    (-1_000_000_i128..1_000_000, -8_i32..8)
        .prop_map(|(coefficient, exponent)| Number { coefficient, exponent })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,300}") {
        if let Err(error) = Unit::parse(&text) {
            prop_assert!(error.offset().is_none_or(|offset| text.is_char_boundary(offset)));
        }
    }

    #[test]
    fn texts_of_the_alphabet_are_read_or_refused(text in r"[mgsKLl0-9*^./(){}\[\]'+%_-]{0,60}") {
        if let Ok(unit) = Unit::parse(&text) {
            let _ = canonical(Number { coefficient: 1, exponent: 0 }, &unit);
            let _ = unit.multiply(&unit);
        }
    }

    #[test]
    fn a_conversion_there_and_back_changes_nothing(value in number(), code in code()) {
        let Ok(unit) = Unit::parse(&code) else { return Ok(()) };
        let Ok(base) = Unit::parse(&unit.base_code()) else { return Ok(()) };
        prop_assert!(unit.is_comparable(&base));
        let Some(there) = convert(value, &unit, &base) else { return Ok(()) };
        let Some(back) = convert(there, &base, &unit) else { return Ok(()) };
        // Exact decimals come back as they were, those that were rounded agree in what was kept.
        let (found, wanted) = (as_float(back), as_float(value));
        let near = (found - wanted).abs() <= 1e-9 * wanted.abs().max(1e-6);
        prop_assert!(near || unit.is_special(), "{code}: {value:?} is {there:?}, back {back:?}");
        if there.coefficient.unsigned_abs().to_string().len() < 25 && !unit.is_special() {
            prop_assert_eq!(compare(value, &unit, back, &unit), Some(Ordering::Equal), "{}", code);
        }
    }

    #[test]
    fn the_canonical_form_is_canonical(value in number(), code in code()) {
        let Ok(unit) = Unit::parse(&code) else { return Ok(()) };
        let Some((found, base)) = canonical(value, &unit) else { return Ok(()) };
        let again = canonical(found, &Unit::parse(&base).unwrap()).unwrap();
        prop_assert_eq!(again, (found, base));
    }

    #[test]
    fn order_does_not_depend_on_the_side(left in number(), right in number(), a in code(), b in code()) {
        let (Ok(a), Ok(b)) = (Unit::parse(&a), Unit::parse(&b)) else { return Ok(()) };
        let found = compare(left, &a, right, &b);
        prop_assert_eq!(found, compare(right, &b, left, &a).map(Ordering::reverse));
        prop_assert_eq!(compare(left, &a, left, &a), canonical(left, &a).map(|_| Ordering::Equal));
    }

    #[test]
    fn products_have_the_products_dimension(a in code(), b in code()) {
        let (Ok(a), Ok(b)) = (Unit::parse(&a), Unit::parse(&b)) else { return Ok(()) };
        let Some(product) = a.multiply(&b) else { return Ok(()) };
        if let Some(quotient) = product.divide(&b) {
            prop_assert!(quotient.is_comparable(&a), "{} {}", a, b);
            let one = Number { coefficient: 1, exponent: 0 };
            prop_assert_eq!(compare(one, &quotient, one, &a), Some(Ordering::Equal), "{} {}", a, b);
        }
    }
}

fn as_float(number: Number) -> f64 {
    format!("{}e{}", number.coefficient, number.exponent).parse().unwrap()
}
