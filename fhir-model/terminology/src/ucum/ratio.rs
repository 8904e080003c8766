//! Exact fractions of any size.

use hygea_fhir_model::primitive::decimal::Number;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

/// An exact fraction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ratio(pub(super) BigRational);

/// Significant digits of a result that has no finite decimal form.
const DIGITS: u32 = 28;
/// The most digits of an exact result.
const MAX_DIGITS: u32 = 38;

impl Ratio {
    pub(super) fn one() -> Self {
        Self(BigRational::one())
    }

    pub(super) fn integer(value: i64) -> Self {
        Self(BigRational::from_integer(value.into()))
    }

    pub(super) fn fraction(above: i64, below: i64) -> Self {
        Self(BigRational::new(above.into(), below.into()))
    }

    /// 10^`exponent`
    pub(super) fn power_of_ten(exponent: i32) -> Self {
        Self::integer(10).power(exponent)
    }

    /// Reads the decimals of the table, which may have more digits than a [`Number`] and an exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = match text.split_once('e') {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let value: BigInt = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        Some(Self(BigRational::from_integer(value)).times(&Self::power_of_ten(exponent)))
    }

    pub(super) fn from_number(number: Number) -> Self {
        Self(BigRational::from_integer(number.coefficient.into())).times(&Self::power_of_ten(number.exponent))
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        Self(&self.0 * &other.0)
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    /// The quotient; nothing for a division by zero.
    pub(super) fn over(&self, other: &Self) -> Option<Self> {
        (!other.0.is_zero()).then(|| Self(&self.0 / &other.0))
    }

    /// A power; 0 to a negative power counts as 0, which no unit has.
    pub(super) fn power(&self, exponent: i32) -> Self {
        if self.0.is_zero() && exponent < 0 { self.clone() } else { Self(Pow::pow(&self.0, exponent)) }
    }

    pub(super) fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    pub(super) fn from_f64(value: f64) -> Option<Self> {
        if value.is_finite() { Self::parse(&format!("{value:.14e}")) } else { None }
    }

    /// The decimal: exact if it ends within 38 digits, else 28 significant digits.
    pub(super) fn to_number(&self) -> Option<Number> {
        let (above, below) = (self.0.numer(), self.0.denom());
        if above.is_zero() {
            return Some(Number { coefficient: 0, exponent: 0 });
        }
        if let Some(number) = exact(above, below) {
            return Some(number);
        }
        // Scale so that the integer quotient has one digit more than wanted, then round that one away.
        let size = digits(&above.abs()) - digits(below);
        let shift = i64::from(DIGITS) + 1 - size;
        let ten = |exponent: i64| u32::try_from(exponent).ok().map(|exponent| BigInt::from(10).pow(exponent));
        let quotient = match shift {
            0.. => above * ten(shift)? / below,
            _ => above / (below * ten(-shift)?),
        };
        let half = if quotient.is_negative() { BigInt::from(-5) } else { BigInt::from(5) };
        let rounded = (quotient + half) / BigInt::from(10);
        let exponent = i32::try_from(1 - shift).ok()?;
        Some(trimmed(rounded.to_i128()?, exponent))
    }
}

/// The decimal of a fraction whose denominator is made of twos and fives.
fn exact(above: &BigInt, below: &BigInt) -> Option<Number> {
    let (mut rest, mut twos, mut fives) = (below.clone(), 0_u32, 0_u32);
    let (two, five) = (BigInt::from(2), BigInt::from(5));
    while (&rest % &two).is_zero() {
        rest /= &two;
        twos += 1;
    }
    while (&rest % &five).is_zero() {
        rest /= &five;
        fives += 1;
    }
    if !rest.is_one() {
        return None;
    }
    let places = twos.max(fives);
    let mut coefficient = above * two.pow(places - twos) * five.pow(places - fives);
    let mut exponent = -i32::try_from(places).ok()?;
    let ten = BigInt::from(10);
    // Powers of ten that a large value ends with go into the exponent.
    while exponent >= 0
        && digits(&coefficient.abs()) > i64::from(MAX_DIGITS)
        && (&coefficient % &ten).is_zero()
    {
        coefficient /= &ten;
        exponent += 1;
    }
    if digits(&coefficient.abs()) > i64::from(MAX_DIGITS) {
        return None;
    }
    coefficient.to_i128().map(|coefficient| trimmed(coefficient, exponent))
}

/// Without zeros at the end of the digits after the point.
fn trimmed(mut coefficient: i128, mut exponent: i32) -> Number {
    while exponent < 0 && coefficient % 10 == 0 && coefficient != 0 {
        coefficient /= 10;
        exponent += 1;
    }
    Number { coefficient, exponent }
}

fn digits(value: &BigInt) -> i64 {
    i64::try_from(value.to_string().len()).unwrap_or(i64::MAX)
}
