//! Exact fractions, small ones in two words, all others in as many as they need.

use hygea_fhir_model::primitive::decimal::Number;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Pow, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// An exact fraction.
///
/// Nearly every unit is a decimal number of base units, so that a fraction is kept as `above` × 10^`exponent` ÷
/// `below` with `below` free of twos and fives and `above` free of tens: products of decimals are then one
/// multiplication, without any common divisor to look for, and a fraction is a decimal if `below` is 1. The form
/// of a fraction is unique. What does not fit is kept in full.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Ratio {
    Small(Small),
    Large(Box<BigRational>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Small {
    above: i128,
    below: i128,
    exponent: i32,
}

/// Significant digits of a result that has no finite decimal form.
pub(super) const DIGITS: u32 = 28;
/// The most digits of an exact result.
const MAX_DIGITS: u32 = 38;
/// Powers of ten beyond it are kept in full, where their size is limited.
const MAX_EXPONENT: i32 = 4000;
/// The most bits that numerator and denominator may have together, so that a unit of a few bytes takes neither
/// memory nor time without bound: its fractions are reduced at each step.
const MAX_BITS: u64 = 4_096;

impl Small {
    const ONE: Self = Self { above: 1, below: 1, exponent: 0 };

    /// The unique form of `above` × 10^`exponent` ÷ `below`; nothing if it does not fit.
    fn new(mut above: i128, mut below: i128, mut exponent: i32) -> Option<Self> {
        if above == 0 {
            return Some(Self { above: 0, below: 1, exponent: 0 });
        }
        if below != 1 {
            let divisor = common_divisor(above.unsigned_abs(), below.unsigned_abs());
            let divisor = i128::try_from(divisor).ok()?;
            above /= divisor;
            below /= divisor;
            if below < 0 {
                above = above.checked_neg()?;
                below = below.checked_neg()?;
            }
            while below % 2 == 0 {
                below /= 2;
                above = above.checked_mul(5)?;
                exponent -= 1;
            }
            while below % 5 == 0 {
                below /= 5;
                above = above.checked_mul(2)?;
                exponent -= 1;
            }
        }
        // An odd number ends with no zero; one that fits in a word is divided in a word.
        while above & 1 == 0 {
            let tenth = match i64::try_from(above) {
                Ok(word) if word % 10 == 0 => i128::from(word / 10),
                Err(_) if above % 10 == 0 => above / 10,
                _ => break,
            };
            above = tenth;
            exponent += 1;
        }
        (exponent.abs() <= MAX_EXPONENT).then_some(Self { above, below, exponent })
    }

    fn times(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.checked_add(other.exponent)?;
        if self.below == 1 && other.below == 1 {
            return Self::new(self.above.checked_mul(other.above)?, 1, exponent);
        }
        // Divisors that stand across the fractions go first, so that the products stay small.
        let across = |above: i128, below: i128| {
            i128::try_from(common_divisor(above.unsigned_abs(), below.unsigned_abs())).ok()
        };
        if self.above == 0 || other.above == 0 {
            return Self::new(0, 1, 0);
        }
        let (left, right) = (across(self.above, other.below)?, across(other.above, self.below)?);
        let above = (self.above / left).checked_mul(other.above / right)?;
        let below = (self.below / right).checked_mul(other.below / left)?;
        Self::new(above, below, exponent)
    }

    fn inverse(self) -> Option<Self> {
        Self::new(self.below, self.above, self.exponent.checked_neg()?)
    }

    fn plus(self, other: Self) -> Option<Self> {
        let (low, high) = if self.exponent <= other.exponent { (self, other) } else { (other, self) };
        let shift = u32::try_from(high.exponent.checked_sub(low.exponent)?).ok()?;
        let raised = high.above.checked_mul(10_i128.checked_pow(shift)?)?;
        let above = raised.checked_mul(low.below)?.checked_add(low.above.checked_mul(high.below)?)?;
        Self::new(above, low.below.checked_mul(high.below)?, low.exponent)
    }

    fn order(self, other: Self) -> Option<Ordering> {
        let (left, right) = (self.above.checked_mul(other.below)?, other.above.checked_mul(self.below)?);
        let power = 10_i128.checked_pow(self.exponent.abs_diff(other.exponent))?;
        Some(if self.exponent >= other.exponent {
            left.checked_mul(power)?.cmp(&right)
        } else {
            left.cmp(&right.checked_mul(power)?)
        })
    }

    /// The decimal, if it is one of at most 38 digits. Whole numbers are written out as long as they fit.
    fn decimal(self) -> Option<Number> {
        let Self { above, below: 1, mut exponent } = self else { return None };
        if !is_short(above) {
            return None;
        }
        let mut coefficient = above;
        while exponent > 0 {
            let Some(next) = coefficient.checked_mul(10).filter(|next| is_short(*next)) else { break };
            coefficient = next;
            exponent -= 1;
        }
        Some(Number { coefficient, exponent })
    }

    /// Rounded to 28 significant digits, halves away from zero, by long division; nothing if that needs more than
    /// two words.
    fn rounded(self) -> Option<Number> {
        let below = self.below.unsigned_abs();
        if below > u128::MAX / 20 {
            return None;
        }
        let above = self.above.unsigned_abs();
        let (mut quotient, mut rest, mut exponent) = (above / below, above % below, self.exponent);
        let full = 10_u128.pow(DIGITS);
        if quotient >= full {
            return None;
        }
        while quotient < full / 10 {
            rest *= 10;
            quotient = quotient * 10 + rest / below;
            rest %= below;
            exponent -= 1;
        }
        if rest * 2 >= below {
            quotient += 1;
        }
        let coefficient = i128::try_from(quotient).ok()?;
        Some(Number { coefficient: if self.above < 0 { -coefficient } else { coefficient }, exponent })
    }

    fn in_full(self) -> BigRational {
        let ten = BigRational::from_integer(10.into());
        let fraction = BigRational::new(self.above.into(), self.below.into());
        if self.exponent == 0 { fraction } else { fraction * Pow::pow(&ten, self.exponent) }
    }
}

impl Ratio {
    pub(super) const ONE: Self = Self::Small(Small::ONE);

    pub(super) fn integer(value: i64) -> Self {
        Small::new(value.into(), 1, 0).map_or(Self::ONE, Self::Small)
    }

    /// `above` × 10^`exponent`
    pub(super) fn decimal(above: i128, exponent: i32) -> Option<Self> {
        match Small::new(above, 1, exponent) {
            Some(small) => Some(Self::Small(small)),
            // Not beyond all measures, so that it may be kept in full.
            None if exponent.abs() <= MAX_EXPONENT => {
                Self::of(BigRational::from_integer(above.into())).times(&Self::power_of_ten(exponent)?)
            }
            None => None,
        }
    }

    /// 10^`exponent`
    pub(super) fn power_of_ten(exponent: i32) -> Option<Self> {
        Small::new(1, 1, exponent).map(Self::Small)
    }

    /// 2^`exponent`
    pub(super) fn power_of_two(exponent: u32) -> Option<Self> {
        Small::new(1_i128.checked_shl(exponent)?, 1, 0).map(Self::Small)
    }

    /// Reads a decimal of the table, which may have more digits than a [`Number`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = match text.split_once('e') {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let mut value = 0_i128;
        let all_digits = whole.bytes().chain(fraction.bytes());
        for digit in all_digits {
            let digit = i128::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
            match value.checked_mul(10).and_then(|value| value.checked_add(digit)) {
                Some(next) => value = next,
                None => {
                    let value: BigInt = format!("{whole}{fraction}").parse().ok()?;
                    return Self::of(BigRational::from_integer(value)).times(&Self::power_of_ten(exponent)?);
                }
            }
        }
        Self::decimal(value, exponent)
    }

    /// The fraction, in two words if it fits.
    pub(super) fn of(value: BigRational) -> Self {
        let small = value.numer().to_i128().zip(value.denom().to_i128());
        match small.and_then(|(above, below)| Small::new(above, below, 0)) {
            Some(small) => Self::Small(small),
            None => Self::trimmed(value),
        }
    }

    /// A large fraction in two words, if it is so without the zeros at its end: the form must be unique.
    fn trimmed(value: BigRational) -> Self {
        let (mut above, mut below, mut exponent) = (value.numer().clone(), value.denom().clone(), 0_i32);
        let (two, five, ten) = (BigInt::from(2), BigInt::from(5), BigInt::from(10));
        for (divisor, factor) in [(&two, &five), (&five, &two)] {
            while (&below % divisor).is_zero() && exponent > -MAX_EXPONENT {
                below /= divisor;
                above *= factor;
                exponent -= 1;
            }
        }
        while (&above % &ten).is_zero() && exponent < MAX_EXPONENT {
            above /= &ten;
            exponent += 1;
        }
        let small = above.to_i128().zip(below.to_i128());
        match small.and_then(|(above, below)| Small::new(above, below, exponent)) {
            Some(small) => Self::Small(small),
            None => Self::Large(Box::new(value)),
        }
    }

    pub(super) fn in_full(&self) -> BigRational {
        match self {
            Self::Small(small) => small.in_full(),
            Self::Large(value) => (**value).clone(),
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        matches!(self, Self::Small(small) if small.above == 0)
    }

    pub(super) fn is_positive(&self) -> bool {
        match self {
            Self::Small(small) => small.above > 0,
            Self::Large(value) => value.is_positive(),
        }
    }

    pub(super) fn from_number(number: Number) -> Option<Self> {
        Self::decimal(number.coefficient, number.exponent)
    }

    /// The product; nothing if it is too large to keep.
    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        if let (Self::Small(left), Self::Small(right)) = (self, other)
            && let Some(product) = left.times(*right)
        {
            return Some(Self::Small(product));
        }
        limited(self.in_full() * other.in_full())
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        if let (Self::Small(left), Self::Small(right)) = (self, other)
            && let Some(sum) = left.plus(*right)
        {
            return Some(Self::Small(sum));
        }
        limited(self.in_full() + other.in_full())
    }

    pub(super) fn negative(&self) -> Option<Self> {
        self.times(&Self::integer(-1))
    }

    /// The quotient; nothing for a division by zero.
    pub(super) fn over(&self, other: &Self) -> Option<Self> {
        self.times(&other.inverse()?)
    }

    pub(super) fn inverse(&self) -> Option<Self> {
        if self.is_zero() {
            return None;
        }
        if let Self::Small(small) = self
            && let Some(inverse) = small.inverse()
        {
            return Some(Self::Small(inverse));
        }
        Some(Self::of(self.in_full().recip()))
    }

    /// A power; nothing if it is too large to keep.
    pub(super) fn power(&self, exponent: i32) -> Option<Self> {
        let mut base = if exponent < 0 { self.inverse()? } else { self.clone() };
        let mut rest = exponent.unsigned_abs();
        let mut power = Self::ONE;
        loop {
            if rest & 1 == 1 {
                power = power.times(&base)?;
            }
            rest >>= 1;
            if rest == 0 {
                return Some(power);
            }
            base = base.times(&base)?;
        }
    }

    /// The decimal: exact if it ends within 38 digits, else 28 significant digits. One value has one form.
    pub(super) fn to_number(&self) -> Option<Number> {
        if let Self::Small(small) = self
            && let Some(number) = small.decimal()
        {
            return Some(number);
        }
        let rounded = self.rounded()?;
        Small::new(rounded.coefficient, 1, rounded.exponent)?.decimal()
    }

    /// Rounded to 28 significant digits, halves away from zero.
    pub(super) fn rounded(&self) -> Option<Number> {
        if let Self::Small(small) = self
            && small.above != 0
            && let Some(number) = small.rounded()
        {
            return Some(number);
        }
        let value = self.in_full();
        let (above, below) = (value.numer(), value.denom());
        if above.is_zero() {
            return Some(Number { coefficient: 0, exponent: 0 });
        }
        // Scale so that the integer quotient has the wanted digits and one or two more, then round those away.
        let size = digits(&above.abs()) - digits(below);
        let shift = i64::from(DIGITS) + 1 - size;
        let ten = |exponent: i64| u32::try_from(exponent).ok().map(|exponent| BigInt::from(10).pow(exponent));
        let (scaled, divisor) = match shift {
            0.. => (above * ten(shift)?, below.clone()),
            _ => (above.clone(), below * ten(-shift)?),
        };
        let surplus = digits(&(&scaled / &divisor).abs()) - i64::from(DIGITS);
        let divisor = divisor * ten(surplus)?;
        let half = if scaled.is_negative() { -&divisor } else { divisor.clone() };
        let rounded: BigInt = (scaled * 2 + half) / (divisor * 2);
        Some(Number { coefficient: rounded.to_i128()?, exponent: i32::try_from(surplus - shift).ok()? })
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Self::Small(left), Self::Small(right)) = (self, other)
            && let Some(order) = left.order(*right)
        {
            return order;
        }
        self.in_full().cmp(&other.in_full())
    }
}

/// The fraction, unless it is too large to keep.
fn limited(value: BigRational) -> Option<Ratio> {
    (value.numer().bits() + value.denom().bits() <= MAX_BITS).then(|| Ratio::of(value))
}

fn is_short(value: i128) -> bool {
    value.unsigned_abs() < 10_u128.pow(MAX_DIGITS)
}

fn digits(value: &BigInt) -> i64 {
    i64::try_from(value.to_string().len()).unwrap_or(i64::MAX)
}

/// The greatest common divisor, by halving: 128-bit division is slow.
fn common_divisor(mut left: u128, mut right: u128) -> u128 {
    if left == 0 || right == 0 {
        return left | right;
    }
    if left == 1 || right == 1 {
        return 1;
    }
    // A small one divides the other down to its own size at once.
    if let (Ok(_), Err(_)) = (u64::try_from(left), u64::try_from(right)) {
        right %= left;
    } else if let (Err(_), Ok(_)) = (u64::try_from(left), u64::try_from(right)) {
        left %= right;
    }
    if left == 0 || right == 0 {
        return left | right;
    }
    if let (Ok(mut left), Ok(mut right)) = (u64::try_from(left), u64::try_from(right)) {
        while right != 0 {
            (left, right) = (right, left % right);
        }
        return left.into();
    }
    let twos = (left | right).trailing_zeros();
    left >>= left.trailing_zeros();
    loop {
        right >>= right.trailing_zeros();
        if left == right || left == 1 {
            return left << twos;
        }
        if left > right {
            std::mem::swap(&mut left, &mut right);
        }
        right -= left;
        if right == 0 {
            return left << twos;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways of rounding and of counting give the same.
    #[test]
    fn small_and_large_fractions_agree() {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i128::from(state >> (state >> 59)) + 1
        };
        for round in 0..2000 {
            let (a, b, c, d) = (next() * next().min(9999), next(), next(), next());
            let sign = if round % 3 == 0 { -1 } else { 1 };
            let left = BigRational::new((sign * a).into(), b.into());
            let right = BigRational::new(c.into(), d.into());
            let (x, y) = (Ratio::of(left.clone()), Ratio::of(right.clone()));
            assert_eq!(x.in_full(), left);
            assert_eq!(x.times(&y).unwrap().in_full(), &left * &right);
            assert_eq!(x.over(&y).unwrap().in_full(), &left / &right);
            assert_eq!(x.plus(&y).unwrap().in_full(), &left + &right);
            assert_eq!(x.cmp(&y), left.cmp(&right));
            let rounded = x.rounded().unwrap();
            let large = Ratio::Large(Box::new(left.clone())).rounded().unwrap();
            assert_eq!(
                (rounded.coefficient, rounded.exponent),
                (large.coefficient, large.exponent),
                "{left}"
            );
            assert!(Ratio::of(x.times(&y).unwrap().in_full()) == x.times(&y).unwrap());
        }
    }
}
