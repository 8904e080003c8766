//! Exact decimals: up to 38 digits, with the scale that was written (FHIRPath "Decimal").
//!
//! `1.50` keeps its two digits after the point, because precision is part of the language (`precision()`,
//! `lowBoundary()`, equivalence). No operation goes through binary floats except the transcendental ones.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number: an integer of up to 38 digits, and how many of them stand after the point.
///
/// Equality and order are those of the number: `1.50 == 1.5`. [`Decimal::scale`] tells them apart.
///
/// ```
/// use hygea_fhirpath::Decimal;
///
/// let price: Decimal = "1.50".parse()?;
/// assert_eq!(price.to_string(), "1.50");
/// assert_eq!(price, "1.5".parse()?);
/// assert_eq!(price.checked_div("0.7".parse()?).unwrap().round(3).unwrap().to_string(), "2.143");
/// # Ok::<(), hygea_fhirpath::ParseDecimalError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Decimal {
    // Halves of an i128, so that the alignment, and with it the size of an item, stays at eight bytes.
    high: i64,
    low: u64,
    scale: u8,
}

/// The text is no decimal number, or one of more than 38 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseDecimalError;

impl fmt::Display for ParseDecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wanted a decimal number of at most 38 digits")
    }
}

impl std::error::Error for ParseDecimalError {}

/// The most digits after the point.
pub(crate) const MAX_SCALE: u8 = 38;
/// Digits that a quotient without end is cut to.
const QUOTIENT_DIGITS: u32 = 28;

impl Decimal {
    /// 0
    pub const ZERO: Self = Self::from_parts(0, 0);
    /// 1
    pub const ONE: Self = Self::from_parts(1, 0);

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the two halves of the bits")]
    const fn from_parts(mantissa: i128, scale: u8) -> Self {
        Self { high: (mantissa >> 64) as i64, low: mantissa as u64, scale }
    }

    /// `mantissa` × 10^-`scale`; nothing if `scale` is over 38.
    #[must_use]
    pub const fn new(mantissa: i128, scale: u8) -> Option<Self> {
        if scale > MAX_SCALE { None } else { Some(Self::from_parts(mantissa, scale)) }
    }

    /// The digits without the point: 150 for `1.50`.
    #[must_use]
    pub const fn mantissa(self) -> i128 {
        (self.high as i128) << 64 | self.low as i128
    }

    /// The number of digits after the point: 2 for `1.50`.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether it is 0.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    /// Whether it is below 0.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.high < 0
    }

    /// The same number without zeros at the end of its digits after the point.
    #[must_use]
    pub fn normalized(self) -> Self {
        let (mut mantissa, mut scale) = (self.mantissa(), self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self::from_parts(mantissa, scale)
    }

    /// The same number with exactly `scale` digits after the point, if it has them without rounding and fits.
    #[must_use]
    pub fn with_scale(self, scale: u8) -> Option<Self> {
        if scale > MAX_SCALE {
            return None;
        }
        if scale >= self.scale {
            let factor = power_of_ten(u32::from(scale - self.scale))?;
            return Some(Self::from_parts(self.mantissa().checked_mul(factor)?, scale));
        }
        let factor = power_of_ten(u32::from(self.scale - scale))?;
        let mantissa = self.mantissa();
        (mantissa % factor == 0).then(|| Self::from_parts(mantissa / factor, scale))
    }

    /// The sum, rounded where it would have more than 38 digits; nothing if those are before the point.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (mut left, mut right) = (self, other);
        loop {
            let sum = aligned(left, right).and_then(|(a, b, scale)| Some((a.checked_add(b)?, scale)));
            if let Some((sum, scale)) = sum {
                return Some(Self::from_parts(sum, scale));
            }
            // One digit of the longer operand goes.
            let longer = if left.scale >= right.scale { &mut left } else { &mut right };
            *longer = longer.round(longer.scale.checked_sub(1)?)?;
        }
    }

    /// The difference, rounded where it would have more than 38 digits; nothing if those are before the point.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.checked_neg()?)
    }

    /// The product, rounded where it would have more than 38 digits; nothing if those are before the point.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let scale = self.scale + other.scale;
        if let Some(mantissa) = self.mantissa().checked_mul(other.mantissa())
            && scale <= MAX_SCALE
        {
            return Some(Self::from_parts(mantissa, scale));
        }
        let negative = self.is_negative() != other.is_negative();
        let wide = wide_product(self.mantissa().unsigned_abs(), other.mantissa().unsigned_abs());
        let (mantissa, scale) = narrowed(wide, scale)?;
        Some(Self::from_parts(if negative { -mantissa } else { mantissa }, scale))
    }

    /// The quotient, to 28 significant digits if it does not end; nothing for a division by zero.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let negative = self.is_negative() != other.is_negative();
        let mut numerator = self.mantissa().unsigned_abs();
        let mut denominator = other.normalized().mantissa().unsigned_abs();
        let mut scale = i32::from(self.scale) - i32::from(other.normalized().scale);
        // Room for one more decimal digit in the remainder.
        while denominator > u128::MAX / 10 {
            denominator = denominator / 10 + u128::from(denominator % 10 >= 5);
            scale += 1;
        }
        let mut quotient = numerator / denominator;
        let mut remainder = numerator % denominator;
        let limit = 10_u128.pow(QUOTIENT_DIGITS - 1);
        while scale < 0 || (remainder != 0 && quotient < limit && scale < i32::from(MAX_SCALE)) {
            numerator = remainder * 10;
            quotient = quotient.checked_mul(10)?.checked_add(numerator / denominator)?;
            remainder = numerator % denominator;
            scale += 1;
        }
        if remainder >= denominator - remainder {
            quotient = quotient.checked_add(1)?;
        }
        let mantissa = i128::try_from(quotient).ok()?;
        let value = Self::new(if negative { -mantissa } else { mantissa }, u8::try_from(scale).ok()?)?;
        Some(if remainder == 0 { value.without_padding(self.scale) } else { value })
    }

    /// Zeros at the end go, down to `scale` digits after the point.
    fn without_padding(self, scale: u8) -> Self {
        let normal = self.normalized();
        if normal.scale >= scale {
            normal
        } else {
            normal.with_scale(scale.min(self.scale)).unwrap_or(normal)
        }
    }

    /// The quotient without its fraction; nothing for a division by zero.
    #[must_use]
    pub fn checked_div_whole(self, other: Self) -> Option<Self> {
        let (left, right, _) = aligned(self, other)?;
        Some(Self::from_parts(left.checked_div(right)?, 0))
    }

    /// What remains after [`Decimal::checked_div_whole`]; nothing for a division by zero.
    #[must_use]
    pub fn checked_rem(self, other: Self) -> Option<Self> {
        let (left, right, scale) = aligned(self, other)?;
        Some(Self::from_parts(left.checked_rem(right)?, scale))
    }

    /// The number with the other sign.
    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        Some(Self::from_parts(self.mantissa().checked_neg()?, self.scale))
    }

    /// The number without its sign.
    #[must_use]
    pub fn checked_abs(self) -> Option<Self> {
        Some(Self::from_parts(self.mantissa().checked_abs()?, self.scale))
    }

    /// Rounded to `scale` digits after the point, halves away from zero. A shorter number stays as it is.
    #[must_use]
    pub fn round(self, scale: u8) -> Option<Self> {
        let Some(drop) = self.scale.checked_sub(scale) else { return Some(self) };
        let factor = power_of_ten(u32::from(drop))?;
        let mantissa = self.mantissa();
        let (whole, rest) = (mantissa / factor, mantissa % factor);
        let up = rest.unsigned_abs() >= factor.unsigned_abs() - rest.unsigned_abs();
        let whole = if up && drop > 0 { whole.checked_add(mantissa.signum())? } else { whole };
        Some(Self::from_parts(whole, scale))
    }

    /// The integer part: towards zero.
    #[must_use]
    pub fn truncate(self, scale: u8) -> Self {
        match self.scale.checked_sub(scale).and_then(|drop| power_of_ten(u32::from(drop))) {
            Some(factor) => Self::from_parts(self.mantissa() / factor, scale),
            None => self,
        }
    }

    /// The greatest integer that is not above it.
    #[must_use]
    pub fn floor(self) -> Option<Self> {
        let whole = self.truncate(0);
        if self.is_negative() && whole != self { whole.checked_sub(Self::ONE) } else { Some(whole) }
    }

    /// The least integer that is not below it.
    #[must_use]
    pub fn ceiling(self) -> Option<Self> {
        let whole = self.truncate(0);
        if !self.is_negative() && whole != self { whole.checked_add(Self::ONE) } else { Some(whole) }
    }

    /// The number as an integer, if it is one.
    #[must_use]
    pub fn to_i128(self) -> Option<i128> {
        let normal = self.normalized();
        (normal.scale == 0).then(|| normal.mantissa())
    }

    /// The nearest binary float, for functions that have no exact result.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The decimal of 15 significant digits nearest to `value`; nothing if it is not finite or too large.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        format!("{value:.14e}").parse::<Self>().ok().map(Self::normalized)
    }
}

/// The product in quarters of 64 bits, the lowest first.
fn wide_product(left: u128, right: u128) -> [u64; 4] {
    let low = |value: u128| value & u128::from(u64::MAX);
    let (a, b, c, d) = (low(left), left >> 64, low(right), right >> 64);
    let (ac, ad, bc, bd) = (a * c, a * d, b * c, b * d);
    let middle = (ac >> 64) + low(ad) + low(bc);
    let upper = bd + (ad >> 64) + (bc >> 64) + (middle >> 64);
    let quarter = |value: u128| u64::try_from(low(value)).unwrap_or(u64::MAX);
    [quarter(ac), quarter(middle), quarter(upper), quarter(upper >> 64)]
}

/// Digits at the end are rounded away until the mantissa and the scale have room; nothing if they stand before the
/// point.
fn narrowed(mut wide: [u64; 4], mut scale: u8) -> Option<(i128, u8)> {
    let mut digit = 0;
    loop {
        let [a, b, c, d] = wide;
        let mantissa = i128::try_from(u128::from(a) | u128::from(b) << 64).ok().filter(|_| c == 0 && d == 0);
        if let Some(mantissa) = mantissa.filter(|_| scale <= MAX_SCALE) {
            // Halves go away from zero, for which the last digit that went is enough.
            return Some((mantissa.checked_add(i128::from(digit >= 5))?, scale));
        }
        scale = scale.checked_sub(1)?;
        let mut rest = 0;
        for quarter in wide.iter_mut().rev() {
            let value = rest << 64 | u128::from(*quarter);
            *quarter = u64::try_from(value / 10).ok()?;
            rest = value % 10;
        }
        digit = rest;
    }
}

/// Both mantissas at the larger of the two scales.
fn aligned(left: Decimal, right: Decimal) -> Option<(i128, i128, u8)> {
    let scale = left.scale.max(right.scale);
    if let (Some(left), Some(right)) = (left.with_scale(scale), right.with_scale(scale)) {
        return Some((left.mantissa(), right.mantissa(), scale));
    }
    // Zeros at the end may be what does not fit.
    let (left, right) = (left.normalized(), right.normalized());
    let scale = left.scale.max(right.scale);
    Some((left.with_scale(scale)?.mantissa(), right.with_scale(scale)?.mantissa(), scale))
}

pub(super) fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl From<i32> for Decimal {
    fn from(value: i32) -> Self {
        Self::from_parts(i128::from(value), 0)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::from_parts(i128::from(value), 0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl std::hash::Hash for Decimal {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let normal = self.normalized();
        (normal.mantissa(), normal.scale).hash(state);
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some((left, right, _)) = aligned(*self, *other) {
            return left.cmp(&right);
        }
        // They differ by so many digits that their whole parts decide.
        let whole = self.truncate(0).mantissa().cmp(&other.truncate(0).mantissa());
        whole.then_with(|| {
            let fraction = |value: Self| {
                let rest = value.mantissa()
                    - value
                        .truncate(0)
                        .mantissa()
                        .saturating_mul(power_of_ten(u32::from(value.scale)).unwrap_or(i128::MAX));
                Self::from_parts(rest, value.scale)
            };
            let (left, right) = (fraction(*self).normalized(), fraction(*other).normalized());
            let scale = left.scale.max(right.scale);
            let widened = |value: Self| value.with_scale(scale).map(Self::mantissa);
            match (widened(left), widened(right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => left.to_f64().total_cmp(&right.to_f64()),
            }
        })
    }
}

impl std::str::FromStr for Decimal {
    type Err = ParseDecimalError;

    /// Reads `[+-]digits[.digits][e[+-]digits]`.
    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| ParseDecimalError)?),
            None => (text, 0),
        };
        let (negative, digits) = match digits.as_bytes().first() {
            Some(b'-') => (true, digits.get(1..).unwrap_or_default()),
            Some(b'+') => (false, digits.get(1..).unwrap_or_default()),
            _ => (false, digits),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(ParseDecimalError),
            Some(parts) => parts,
            None => (digits, ""),
        };
        if whole.is_empty() {
            return Err(ParseDecimalError);
        }
        let mut mantissa = 0_i128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9).ok_or(ParseDecimalError)?;
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|value| value.checked_add(i128::from(digit)))
                .ok_or(ParseDecimalError)?;
        }
        let mut scale = i32::try_from(fraction.len())
            .ok()
            .and_then(|length| length.checked_sub(exponent))
            .ok_or(ParseDecimalError)?;
        if scale < 0 {
            let factor = power_of_ten(scale.unsigned_abs()).ok_or(ParseDecimalError)?;
            mantissa = mantissa.checked_mul(factor).ok_or(ParseDecimalError)?;
            scale = 0;
        }
        let scale = u8::try_from(scale).map_err(|_| ParseDecimalError)?;
        Self::new(if negative { -mantissa } else { mantissa }, scale).ok_or(ParseDecimalError)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa().unsigned_abs().to_string();
        if self.is_negative() {
            f.write_str("-")?;
        }
        let scale = usize::from(self.scale);
        if scale == 0 {
            return f.write_str(&digits);
        }
        match digits
            .len()
            .checked_sub(scale)
            .filter(|point| *point > 0)
            .and_then(|at| digits.split_at_checked(at))
        {
            Some((whole, fraction)) => write!(f, "{whole}.{fraction}"),
            None => write!(f, "0.{digits:0>scale$}"),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn long_numbers_keep_their_digits() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let third = Decimal::ONE.checked_div(3.into()).unwrap();
        let table = [
            (third.checked_mul(third), "0.11111111111111111111111111108888888889"),
            (
                number("12345678901234567890.123456789").checked_mul(number("9876543210.987654321")),
                "121932631137021795224965706422.374638011",
            ),
            (
                number("-99999999999999999999.9").checked_mul(number("99999999999999999.9")),
                "-9999999999999999989990000000000000000.0",
            ),
            (
                number("1").checked_div(number("2.7182818284590452353602874713526624978")),
                "0.3678794411714423215955237702",
            ),
            (
                number("5").checked_div(number("99999999999999999999999999999999999999")),
                "0.00000000000000000000000000000000000005",
            ),
            (
                number("99999999999999999999999999999999999999").checked_add(number("0.5")),
                "100000000000000000000000000000000000000",
            ),
        ];
        for (found, wanted) in table {
            assert_eq!(found.unwrap().to_string(), wanted);
        }
        assert!(number("99999999999999999999").checked_mul(number("99999999999999999999")).is_none());
    }

    #[test]
    fn arithmetic_is_exact() {
        let table: &[(&str, char, &str, &str)] = &[
            ("1.2", '+', "1.8", "3.0"),
            ("1.8", '-', "1.2", "0.6"),
            ("1.2", '*', "1.8", "2.16"),
            ("1", '/', "2", "0.5"),
            ("4.0", '/', "2.0", "2.0"),
            ("1.2", '/', "1.8", "0.6666666666666666666666666667"),
            ("-1", '/', "3", "-0.3333333333333333333333333333"),
            ("1", '/', "0.00000001", "100000000"),
            ("2.2", '%', "1.8", "0.4"),
            ("-5", '%', "2", "-1"),
            ("2.2", 'd', "1.8", "1"),
            ("0.1", '+', "0.2", "0.3"),
            ("99999999999999999999.99999999", '+', "0.00000001", "100000000000000000000.00000000"),
            ("12345678901234567890.12345678", '*', "1.00000000", "12345678901234567890.1234567800000000"),
        ];
        for (left, operator, right, wanted) in table {
            let (left, right) = (decimal(left), decimal(right));
            let found = match operator {
                '+' => left.checked_add(right),
                '-' => left.checked_sub(right),
                '*' => left.checked_mul(right),
                '/' => left.checked_div(right),
                '%' => left.checked_rem(right),
                _ => left.checked_div_whole(right),
            };
            assert_eq!(found.unwrap().to_string(), *wanted, "{left} {operator} {right}");
        }
        assert!(Decimal::ONE.checked_div(Decimal::ZERO).is_none());
        assert!(decimal("99999999999999999999999999999999999999").checked_mul(decimal("10")).is_none());
    }

    #[test]
    fn rounding_is_away_from_zero() {
        let table = [
            ("3.14159", 3, "3.142"),
            ("0.5", 0, "1"),
            ("-0.5", 0, "-1"),
            ("2.4", 0, "2"),
            ("1", 2, "1"),
            ("0.049", 1, "0.0"),
        ];
        for (text, scale, wanted) in table {
            assert_eq!(decimal(text).round(scale).unwrap().to_string(), wanted, "{text}");
        }
        assert_eq!(decimal("-2.1").floor().unwrap().to_string(), "-3");
        assert_eq!(decimal("-1.1").ceiling().unwrap().to_string(), "-1");
        assert_eq!(decimal("1.1").ceiling().unwrap().to_string(), "2");
    }

    #[test]
    fn text_and_order() {
        for text in ["0.001", "-0.10", "1234567890987654321.0", "0", "7"] {
            assert_eq!(decimal(text).to_string(), text);
        }
        assert_eq!(decimal("1.5e3").to_string(), "1500");
        assert_eq!(decimal("1.5e-3").to_string(), "0.0015");
        assert_eq!(decimal("1.10"), decimal("1.1"));
        assert!(
            decimal("99999999999999999999999999999999999999")
                > decimal("0.0000000000000000000000000000000000001")
        );
        assert!(decimal("-1.5") < decimal("-1.49"));
        for text in
            ["", ".", "1.", ".5", "1.a", "1e", "--1", "1 ", "123456789012345678901234567890123456789012"]
        {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }
}
