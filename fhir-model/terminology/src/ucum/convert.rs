//! Converting, comparing and normalising quantities.

use super::parse::MAX_LENGTH;
use super::ratio::Ratio;
use super::{Unit, special};
use hygea_fhir_model::primitive::decimal::Number;
use std::cmp::Ordering;

/// `value` of unit `from` in unit `to`; nothing if the units are not comparable or the result has no decimal
/// form. Exact where the definitions are exact and 38 digits suffice, else 28 significant digits, on
/// logarithmic and trigonometric scales too.
///
/// ```
/// use hygea_terminology::ucum::{Unit, convert};
/// use hygea_fhir_model::primitive::decimal::Number;
///
/// let fever = convert(Number::parse("38.5").unwrap(), &Unit::parse("Cel")?, &Unit::parse("[degF]")?).unwrap();
/// assert_eq!((fever.coefficient, fever.exponent), (1013, -1));
/// # Ok::<(), hygea_terminology::Error>(())
/// ```
#[must_use]
pub fn convert(value: Number, from: &Unit, to: &Unit) -> Option<Number> {
    if !from.is_comparable(to) || !is_sane(value) {
        return None;
    }
    let value = Ratio::from_number(value)?;
    if from.special.is_none() && to.special.is_none() {
        return value.times(&from.size.ratio)?.over(&to.size.ratio)?.to_number();
    }
    from_base(&to_base(&value, from)?, to)?.to_number()
}

/// The order of two quantities; nothing if the units are not comparable.
///
/// ```
/// use hygea_terminology::ucum::{Unit, compare};
/// use hygea_fhir_model::primitive::decimal::Number;
/// use std::cmp::Ordering;
///
/// let (foot, metre) = (Unit::parse("[ft_i]")?, Unit::parse("m")?);
/// let number = |text| Number::parse(text).unwrap();
/// assert_eq!(compare(number("10"), &foot, number("3.048"), &metre), Some(Ordering::Equal));
/// # Ok::<(), hygea_terminology::Error>(())
/// ```
#[must_use]
pub fn compare(left: Number, left_unit: &Unit, right: Number, right_unit: &Unit) -> Option<Ordering> {
    if !left_unit.is_comparable(right_unit) || !is_sane(left) || !is_sane(right) {
        return None;
    }
    let left = to_base(&Ratio::from_number(left)?, left_unit)?;
    Some(left.cmp(&to_base(&Ratio::from_number(right)?, right_unit)?))
}

/// The same quantity in base units, with their code: two comparable quantities get the same code, so that
/// values can be kept in one index. See [`CANONICAL_FORM`](super::CANONICAL_FORM) for what may be kept.
///
/// ```
/// use hygea_terminology::ucum::{Unit, canonical};
/// use hygea_fhir_model::primitive::decimal::Number;
///
/// let (value, unit) = canonical(Number::parse("7.2").unwrap(), &Unit::parse("mmol/L")?).unwrap();
/// assert_eq!(unit, "/m3");
/// assert_eq!((value.coefficient, value.exponent), (4_335_941_347_200_000_000_000_000, 0));
/// # Ok::<(), hygea_terminology::Error>(())
/// ```
#[must_use]
pub fn canonical(value: Number, unit: &Unit) -> Option<(Number, String)> {
    if !is_sane(value) {
        return None;
    }
    let base = to_base(&Ratio::from_number(value)?, unit)?;
    // A unit of very many parts may have a canonical code that is too long to be read.
    let code = Some(unit.base_code()).filter(|code| code.len() <= MAX_LENGTH)?;
    Some((base.to_number()?, code))
}

/// Exponents beyond all measures would take memory without bound.
fn is_sane(value: Number) -> bool {
    value.exponent.abs() <= 400
}

fn to_base(value: &Ratio, unit: &Unit) -> Option<Ratio> {
    match &unit.special {
        None => value.times(&unit.size.ratio),
        Some(scale) => special::to_base(scale.function, &value.times(&scale.scale)?, &unit.size.ratio),
    }
}

fn from_base(base: &Ratio, unit: &Unit) -> Option<Ratio> {
    match &unit.special {
        None => base.over(&unit.size.ratio),
        Some(scale) => special::from_base(scale.function, base, &unit.size.ratio)?.over(&scale.scale),
    }
}
