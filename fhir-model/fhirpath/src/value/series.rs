//! Roots, exponentials and logarithms of decimals (FHIRPath "Math"), by decimal arithmetic: binary floats would leave
//! fewer digits after the point than the language asks for.

use super::Decimal;

/// Significant digits of a result that does not end.
const DIGITS: u32 = 24;
/// e and the natural logarithm of 10, to as many digits as a decimal has.
const E: (i128, u8) = (27_182_818_284_590_452_353_602_874_713_526_624_978, 37);
const LN_10: (i128, u8) = (23_025_850_929_940_456_840_179_914_546_843_642_076, 37);

/// The square root; exact where it is one, nothing for a negative number.
pub(crate) fn square_root(value: Decimal) -> Option<Decimal> {
    if value.is_negative() {
        return None;
    }
    // An exact root has half the digits.
    let normal = value.normalized();
    let even =
        if normal.scale().is_multiple_of(2) { normal } else { normal.with_scale(normal.scale() + 1)? };
    let mantissa = even.mantissa().unsigned_abs();
    let root = mantissa.isqrt();
    if root * root == mantissa {
        return Decimal::new(i128::try_from(root).ok()?, even.scale() / 2);
    }
    // Newton's step doubles the fifteen digits of the float.
    let near = Decimal::from_f64(value.to_f64().sqrt())?;
    let twice = near.checked_add(value.checked_div(near)?)?;
    Some(significant(twice.checked_div(2.into())?))
}

/// e^`value`; nothing if that is out of range.
pub(crate) fn exponential(value: Decimal) -> Option<Decimal> {
    precise_exponential(value).map(significant)
}

/// The natural logarithm of a positive number.
pub(crate) fn logarithm(value: Decimal) -> Option<Decimal> {
    precise_logarithm(value).map(significant)
}

/// The logarithm of a positive number to a positive base other than 1.
pub(crate) fn logarithm_to(value: Decimal, base: Decimal) -> Option<Decimal> {
    Some(significant(precise_logarithm(value)?.checked_div(precise_logarithm(base)?)?))
}

/// `value`^`exponent`: exact for whole exponents that are not too large; nothing where there is no result.
pub(crate) fn power(value: Decimal, exponent: Decimal) -> Option<Decimal> {
    let whole = exponent.to_i128();
    if let Some(count) =
        whole.and_then(|whole| u32::try_from(whole.unsigned_abs()).ok()).filter(|n| *n <= 1000)
    {
        let mut result = Decimal::ONE;
        for _ in 0..count {
            result = result.checked_mul(value)?;
        }
        return if exponent.is_negative() { Decimal::ONE.checked_div(result) } else { Some(result) };
    }
    if value.is_zero() {
        return (!exponent.is_negative()).then_some(Decimal::ZERO);
    }
    let size = precise_exponential(precise_logarithm(value.checked_abs()?)?.checked_mul(exponent)?)?;
    match (value.is_negative(), whole) {
        (false, _) => Some(significant(size)),
        (true, Some(whole)) if whole % 2 == 0 => Some(significant(size)),
        (true, Some(_)) => significant(size).checked_neg(),
        (true, None) => None,
    }
}

fn precise_exponential(value: Decimal) -> Option<Decimal> {
    let whole = value.round(0)?;
    let count = i32::try_from(whole.mantissa()).ok().filter(|count| count.abs() <= 90)?;
    // The fraction is at most a half: each term of its series is less than half of the one before.
    let fraction = value.checked_sub(whole)?;
    let (mut sum, mut term) = (Decimal::ONE, Decimal::ONE);
    for at in 1..64 {
        term = term.checked_mul(fraction)?.checked_div(at.into())?;
        if term.is_zero() {
            break;
        }
        sum = sum.checked_add(term)?;
    }
    let base = Decimal::new(E.0, E.1)?;
    let mut power = Decimal::ONE;
    for _ in 0..count.unsigned_abs() {
        power = power.checked_mul(base)?;
    }
    let found = if count < 0 { sum.checked_div(power)? } else { sum.checked_mul(power)? };
    // Too small for the digits of a decimal.
    (!found.is_zero()).then_some(found)
}

fn precise_logarithm(value: Decimal) -> Option<Decimal> {
    if value.is_zero() || value.is_negative() {
        return None;
    }
    // Powers of ten apart, so that what remains has all of its digits.
    let normal = value.normalized();
    let digits = u8::try_from(normal.mantissa().ilog10()).ok()?;
    let tens = i32::from(digits) - i32::from(normal.scale());
    let near_one = Decimal::new(normal.mantissa(), digits)?;
    // Halley's step trebles the fifteen digits of the float.
    let near = Decimal::from_f64(near_one.to_f64().ln())?;
    let power = precise_exponential(near)?;
    let step =
        near_one.checked_sub(power)?.checked_mul(2.into())?.checked_div(near_one.checked_add(power)?)?;
    Decimal::new(LN_10.0, LN_10.1)?.checked_mul(tens.into())?.checked_add(near.checked_add(step)?)
}

/// Rounded to the digits that are sure, zeros at the end cut.
fn significant(value: Decimal) -> Decimal {
    let digits = if value.is_zero() { 0 } else { value.mantissa().unsigned_abs().ilog10() + 1 };
    let drop = u8::try_from(digits.saturating_sub(DIGITS)).unwrap_or(u8::MAX).min(value.scale());
    value.round(value.scale() - drop).unwrap_or(value).normalized()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn results_have_more_digits_than_a_float() {
        let table = [
            (square_root(number("2")), "1.41421356237309504880169"),
            (square_root(number("0.0625")), "0.25"),
            (square_root(number("12345678901234567890")), "3513641828.82014425309365"),
            (exponential(number("1")), "2.71828182845904523536029"),
            (exponential(number("20")), "485165195.409790277969107"),
            (exponential(number("-1.5")), "0.223130160148429828933280"),
            (exponential(number("0")), "1"),
            (logarithm(number("2")), "0.693147180559945309417232"),
            (logarithm(number("123456789.123")), "18.6314017671643180417640"),
            (logarithm(number("0.00000001")), "-18.4206807439523654721439"),
            (logarithm(number("1")), "0"),
            (logarithm_to(number("16"), number("2")), "4"),
            (logarithm_to(number("1000"), number("10")), "3"),
            (power(number("2"), number("0.5")), "1.41421356237309504880169"),
            (power(number("1.0001"), number("5000")), "1.64868005593117576962820"),
            (power(number("-1.0001"), number("5001")), "-1.64884492393676888720517"),
            (power(number("2.5"), number("2")), "6.25"),
            (power(number("0"), number("2.5")), "0"),
        ];
        for (found, wanted) in table {
            let (found, wanted) = (found.unwrap(), number(wanted));
            // The last digit may be rounded the other way.
            let apart = found.checked_sub(wanted).unwrap().to_f64().abs();
            assert!(apart <= wanted.to_f64().abs() * 2e-23, "{found} {wanted}");
        }
        for nothing in [
            square_root(number("-1")),
            exponential(number("100")),
            exponential(number("-100")),
            logarithm(number("0")),
            power(number("-1"), number("0.5")),
            power(number("0"), number("-0.5")),
        ] {
            assert!(nothing.is_none());
        }
    }
}
