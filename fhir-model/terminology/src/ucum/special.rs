//! Special units (§§ 21–22 of the specification): scales with another zero, and those that are not linear.
//!
//! Temperatures are exact. Logarithms, powers and angles are worked out in fixed point to 28 significant
//! digits, without a processor's or system's own mathematics: the values are stored in indexes and must be the
//! same on every machine.

use super::ratio::{DIGITS, Ratio};
use super::table::Function;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::sync::OnceLock;

/// The size in base units of a value on a special scale. `unit` is the size of the unit that the function starts
/// from.
pub(super) fn to_base(function: Function, value: &Ratio, unit: &Ratio) -> Option<Ratio> {
    if let Some(offset) = offset(function) {
        return value.plus(&offset)?.times(unit);
    }
    let found = match function {
        Function::Ph => power(&Base::Ten, &value.negative()?)?,
        Function::Ln => power(&Base::E, value)?,
        Function::Lg => power(&Base::Ten, value)?,
        Function::LgTwice => power(&Base::Ten, &value.over(&Ratio::integer(2))?)?,
        Function::Ld => power(&Base::Number(2), value)?,
        Function::Tangent => {
            // The angle in radians, whatever unit the scale starts from.
            return rounded(&arctangent(&Fixed::of(&value.over(&Ratio::integer(100))?)?)?.ratio());
        }
        Function::SquareRoot => value.times(value)?,
        Function::HomeopathicDecimal => power(&Base::Ten, &value.negative()?)?,
        Function::HomeopathicCentesimal => power(&Base::Ten, &value.times(&Ratio::integer(-2))?)?,
        Function::HomeopathicMillesimal => power(&Base::Ten, &value.times(&Ratio::integer(-3))?)?,
        Function::HomeopathicQuintamillesimal => power(&Base::Number(50_000), &value.negative()?)?,
        Function::Celsius | Function::Fahrenheit | Function::Reaumur => return None,
    };
    found.times(unit)
}

/// The value on a special scale of a size in base units.
pub(super) fn from_base(function: Function, base: &Ratio, unit: &Ratio) -> Option<Ratio> {
    if function == Function::Tangent {
        return tangent(base)?.times(&Ratio::integer(100));
    }
    let own = base.over(unit)?;
    if let Some(offset) = offset(function) {
        return own.plus(&offset.negative()?);
    }
    let by = |number: i64| Ratio::integer(number);
    match function {
        Function::Ph | Function::HomeopathicDecimal => logarithm(&Base::Ten, &own)?.negative(),
        Function::Ln => logarithm(&Base::E, &own),
        Function::Lg => logarithm(&Base::Ten, &own),
        Function::LgTwice => logarithm(&Base::Ten, &own)?.times(&by(2)),
        Function::Ld => logarithm(&Base::Number(2), &own),
        Function::SquareRoot => square_root(&own),
        Function::HomeopathicCentesimal => logarithm(&Base::Ten, &own)?.over(&by(-2)),
        Function::HomeopathicMillesimal => logarithm(&Base::Ten, &own)?.over(&by(-3)),
        Function::HomeopathicQuintamillesimal => logarithm(&Base::Number(50_000), &own)?.negative(),
        _ => None,
    }
}

/// Where zero of a temperature scale lies, in its own degrees above absolute zero.
fn offset(function: Function) -> Option<Ratio> {
    let hundredths = match function {
        Function::Celsius => 27_315,
        Function::Fahrenheit => 45_967,
        // 273.15 K in degrees of 5/4 K.
        Function::Reaumur => 21_852,
        _ => return None,
    };
    Ratio::decimal(hundredths, -2)
}

/// What is raised to a power.
enum Base {
    E,
    Ten,
    Number(i64),
}

/// The largest power that a logarithmic scale reaches, up or down.
const MAX_POWER: i64 = 400;

/// Digits behind the point of fixed-point numbers: 28 that count and a reserve for what errors add up to.
const PLACES: u32 = 48;

/// `base` to the power of `exponent`: exact for whole powers of whole numbers, else to 28 significant digits.
fn power(base: &Base, exponent: &Ratio) -> Option<Ratio> {
    let exponent = exponent.in_full();
    let whole = exponent.floor().to_integer();
    let fraction = exponent - BigRational::from_integer(whole.clone());
    let whole = whole.to_i64().filter(|whole| whole.abs() <= MAX_POWER)?;
    let whole = i32::try_from(whole).ok()?;
    let (start, natural) = match base {
        Base::E => {
            // A power of e has no exact part: the exponent is spread, so that the digits suffice.
            let exponent = fraction + BigRational::from_integer(whole.into());
            if exponent.is_zero() {
                return Some(Ratio::ONE);
            }
            let tens = (&exponent / Fixed::ln_of(10)?.0.ratio_full()).floor().to_integer();
            let rest = Fixed::full(&exponent).minus(&Fixed::ln_of(10)?.0.times_integer(&tens));
            let tens = Ratio::power_of_ten(tens.to_i32()?)?;
            return rounded(&rest.exponential().ratio())?.times(&tens);
        }
        Base::Ten => (Ratio::power_of_ten(whole)?, Fixed::ln_of(10)?),
        Base::Number(number) => (Ratio::integer(*number).power(whole)?, Fixed::ln_of(*number)?),
    };
    if fraction.is_zero() {
        return Some(start);
    }
    let rest = Fixed::full(&fraction).times(&natural.0).exponential();
    // The product is rounded as a whole, else its digits beyond the 28th would pretend to be exact.
    rounded(&rest.ratio().times(&start)?)
}

/// The logarithm of a positive value: exact for whole powers of ten to base ten, else to 28 significant digits.
fn logarithm(base: &Base, value: &Ratio) -> Option<Ratio> {
    if !value.is_positive() {
        return None;
    }
    let full = value.in_full();
    let digits = |number: &BigInt| i32::try_from(number.to_string().len()).ok();
    // The value is a number near 1 times a power of ten.
    let mut tens = digits(full.numer())?.checked_sub(digits(full.denom())?)?;
    let mut rest = value.over(&Ratio::power_of_ten(tens)?)?;
    if rest > Ratio::integer(3) {
        tens += 1;
        rest = rest.over(&Ratio::integer(10))?;
    }
    let whole = BigInt::from(tens);
    let natural = Fixed::of(&rest)?.logarithm();
    let ten = Fixed::ln_of(10)?.0;
    let found = match base {
        Base::Ten => Fixed::integer(&whole).plus(&natural.over(&ten)),
        Base::E => ten.times_integer(&whole).plus(&natural),
        Base::Number(number) => ten.times_integer(&whole).plus(&natural).over(&Fixed::ln_of(*number)?.0),
    };
    // Powers of two and the like come out a hair beside the whole number that they are.
    let near = found.nearest_integer();
    if found.minus(&Fixed::integer(&near)).0.abs() < BigInt::from(10).pow(8) {
        return Some(Ratio::of(BigRational::from_integer(near)));
    }
    rounded(&found.ratio())
}

fn square_root(value: &Ratio) -> Option<Ratio> {
    let full = value.in_full();
    if full.is_negative() {
        return None;
    }
    let (above, below) = (full.numer().sqrt(), full.denom().sqrt());
    if &above * &above == *full.numer() && &below * &below == *full.denom() {
        return Some(Ratio::of(BigRational::new(above, below)));
    }
    // Whatever its size, the value is brought to twice the digits that count.
    let size = full.numer().bits().abs_diff(full.denom().bits());
    let shift = u32::try_from(size / 3).ok()? + 2 * DIGITS + 4;
    let ten = BigInt::from(10).pow(shift);
    let scaled = (full.numer() * &ten * &ten) / full.denom();
    rounded(&Ratio::of(BigRational::new(scaled.sqrt(), ten)))
}

/// The angle whose tangent is `value`, in radians.
fn arctangent(value: &Fixed) -> Option<Fixed> {
    // Halving the angle three times brings any tangent below 0.2, where the series is short:
    // tan(a / 2) = tan a / (1 + √(1 + tan² a)).
    let mut small = value.clone();
    for _ in 0..3 {
        let root = Fixed::ONE().plus(&small.times(&small)).root()?;
        small = small.over(&Fixed::ONE().plus(&root));
    }
    let square = small.times(&small);
    let (mut sum, mut term, mut index) = (Fixed::ZERO(), small, 1_i64);
    while !term.0.is_zero() {
        let part = term.over_integer(index);
        sum = if index % 4 == 1 { sum.plus(&part) } else { sum.minus(&part) };
        term = term.times(&square);
        index += 2;
    }
    Some(sum.times_integer(&BigInt::from(8)))
}

/// The tangent of an angle in radians; nothing for a right angle and those beyond, which no slope has.
fn tangent(angle: &Ratio) -> Option<Ratio> {
    // The tangent of an eighth of the circle is 1, and the specification's π has 65 digits only.
    let angle = Fixed::of(angle)?;
    let limit = Fixed::full(&BigRational::new(157_079.into(), 100_000.into()));
    if angle.0.abs() > limit.0 {
        return None;
    }
    let square = angle.times(&angle);
    let series = |mut term: Fixed, mut index: i64| {
        let mut sum = Fixed::ZERO();
        while !term.0.is_zero() {
            sum = sum.plus(&term);
            term = Fixed(-term.times(&square).0).over_integer((index + 1) * (index + 2));
            index += 2;
        }
        sum
    };
    let (sine, cosine) = (series(angle, 1), series(Fixed::ONE(), 0));
    rounded(&sine.over(&cosine).ratio())
}

/// Rounded to the digits that count.
fn rounded(value: &Ratio) -> Option<Ratio> {
    Ratio::from_number(value.rounded()?)
}

/// A number with [`PLACES`] digits behind the point.
#[derive(Clone)]
struct Fixed(BigInt);

/// A natural logarithm.
struct Natural(Fixed);

#[expect(non_snake_case, reason = "numbers that would be constants if large integers could be")]
impl Fixed {
    fn unit() -> BigInt {
        BigInt::from(10).pow(PLACES)
    }

    fn ZERO() -> Self {
        Self(BigInt::zero())
    }

    fn ONE() -> Self {
        Self(Self::unit())
    }

    fn integer(value: &BigInt) -> Self {
        Self(value * Self::unit())
    }

    fn full(value: &BigRational) -> Self {
        Self(value.numer() * Self::unit() / value.denom())
    }

    /// Nothing for a value whose digits would all lie below the last place, or that is beyond all measures.
    fn of(value: &Ratio) -> Option<Self> {
        let full = value.in_full();
        let found = Self::full(&full);
        let lost = !full.is_zero() && found.0.abs() < BigInt::from(10).pow(DIGITS);
        (!lost && found.0.bits() < 2000).then_some(found)
    }

    fn ratio_full(&self) -> BigRational {
        BigRational::new(self.0.clone(), Self::unit())
    }

    fn ratio(&self) -> Ratio {
        Ratio::of(self.ratio_full())
    }

    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }

    fn minus(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    fn times(&self, other: &Self) -> Self {
        Self(&self.0 * &other.0 / Self::unit())
    }

    fn times_integer(&self, other: &BigInt) -> Self {
        Self(&self.0 * other)
    }

    /// The quotient; the divisors here are never 0.
    fn over(&self, other: &Self) -> Self {
        Self(&self.0 * Self::unit() / &other.0)
    }

    fn over_integer(&self, other: i64) -> Self {
        Self(&self.0 / other)
    }

    fn nearest_integer(&self) -> BigInt {
        BigRational::new(self.0.clone(), Self::unit()).round().to_integer()
    }

    fn root(&self) -> Option<Self> {
        (!self.0.is_negative()).then(|| Self((&self.0 * Self::unit()).sqrt()))
    }

    /// e to its power, by the series of a 256th and eight squarings.
    fn exponential(&self) -> Self {
        let small = self.over_integer(256);
        let (mut sum, mut term, mut index) = (Self::ONE(), Self::ONE(), 1_i64);
        loop {
            term = term.times(&small).over_integer(index);
            if term.0.is_zero() {
                break;
            }
            sum = sum.plus(&term);
            index += 1;
        }
        for _ in 0..8 {
            sum = sum.times(&sum);
        }
        sum
    }

    /// The natural logarithm of a number near 1: ln x = 2 artanh((x − 1) / (x + 1)).
    fn logarithm(&self) -> Self {
        let start = self.minus(&Self::ONE()).over(&self.plus(&Self::ONE()));
        let square = start.times(&start);
        let (mut sum, mut term, mut index) = (Self::ZERO(), start, 1_i64);
        while !term.0.is_zero() {
            sum = sum.plus(&term.over_integer(index));
            term = term.times(&square);
            index += 2;
        }
        sum.times_integer(&BigInt::from(2))
    }

    /// The natural logarithm of a whole number from 2 on.
    fn ln_of(number: i64) -> Option<Natural> {
        static TEN: OnceLock<BigInt> = OnceLock::new();
        if number == 10 {
            if let Some(found) = TEN.get() {
                return Some(Natural(Self(found.clone())));
            }
            let found = Self::ln_by_series(number)?;
            return Some(Natural(Self(TEN.get_or_init(|| found.0.0).clone())));
        }
        Self::ln_by_series(number)
    }

    fn ln_by_series(number: i64) -> Option<Natural> {
        // The number is a power of two times one between 1 and 2.
        let twos = number.checked_ilog2()?;
        let rest = BigRational::new(number.into(), BigInt::one() << twos);
        let two = Self::integer(&BigInt::from(2)).logarithm();
        Some(Natural(two.times_integer(&twos.into()).plus(&Self::full(&rest).logarithm())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published digits of constants.
    #[test]
    fn the_mathematics_holds_28_digits() {
        let shown = |ratio: Ratio| {
            let number = ratio.rounded().unwrap();
            (number.coefficient, number.exponent)
        };
        let half = Ratio::decimal(5, -1).unwrap();
        assert_eq!(
            shown(power(&Base::E, &Ratio::ONE).unwrap()),
            (2_718_281_828_459_045_235_360_287_471, -27)
        );
        assert_eq!(shown(power(&Base::Ten, &half).unwrap()), (3_162_277_660_168_379_331_998_893_544, -27));
        assert_eq!(
            shown(logarithm(&Base::E, &Ratio::integer(2)).unwrap()),
            (6_931_471_805_599_453_094_172_321_215, -28)
        );
        assert_eq!(
            shown(logarithm(&Base::Ten, &Ratio::integer(2)).unwrap()),
            (3_010_299_956_639_811_952_137_388_947, -28)
        );
        assert_eq!(
            shown(square_root(&Ratio::integer(2)).unwrap()),
            (1_414_213_562_373_095_048_801_688_724, -27)
        );
        assert_eq!(
            shown(arctangent(&Fixed::ONE()).unwrap().ratio()),
            (7_853_981_633_974_483_096_156_608_458, -28)
        );
        assert_eq!(shown(tangent(&Ratio::ONE).unwrap()), (1_557_407_724_654_902_230_506_974_807, -27));
    }
}
