//! Decimal numbers, exact: what numbers and quantities compare.
//!
//! A number in a query has a precision: `100` means 99.5 up to 100.5, `100.00` means 99.995 up to 100.005
//! (<https://hl7.org/fhir/R4/search.html#number>). Binary floats can hold neither end, so both are decimals here.

use std::cmp::Ordering;
use std::fmt;

/// The digits that fit with room for the arithmetic of half units and tenths.
const DIGITS: u32 = 34;
/// The largest exponent, either way: far beyond anything measured, small enough that sums of exponents are no concern.
const EXPONENT: i32 = 10_000;

/// A decimal number of up to 34 significant digits.
///
/// ```
/// use hygea_fhir_search::value::Decimal;
///
/// assert_eq!(Decimal::parse("1.50"), Decimal::parse("15e-1"));
/// assert!(Decimal::parse("0.1") < Decimal::parse("0.1000000000000000000000001"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    /// Without trailing zeros, so that equal numbers are equal structs; zero is 0e0.
    coefficient: i128,
    exponent: i32,
}

/// A decimal as it is written, before its zeros are dropped.
struct Written {
    coefficient: i128,
    exponent: i32,
    /// Whether digits were cut off behind the coefficient.
    cut: bool,
}

impl Decimal {
    /// Reads `-?digits[.digits][e[+-]digits]`. Nothing if it is no number, or has more digits or a larger exponent than fit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let written = Written::parse(text)?;
        if written.cut || written.exponent.abs() > EXPONENT {
            return None;
        }
        Some(Self::new(written.coefficient, written.exponent))
    }

    /// A whole number.
    #[must_use]
    pub fn from_integer(value: i64) -> Self {
        Self::new(i128::from(value), 0)
    }

    /// Coefficient and power of ten: 15 and -1 for `1.50`. The coefficient has no zeros at its end and at most 36 digits.
    #[must_use]
    pub const fn parts(self) -> (i128, i32) {
        (self.coefficient, self.exponent)
    }

    /// The product, if it fits.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        Self::checked(self.coefficient.checked_mul(other.coefficient)?, self.exponent + other.exponent)
    }

    /// The sum, if it fits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let sum = self.scaled(exponent)?.checked_add(other.scaled(exponent)?)?;
        Self::checked(sum, exponent)
    }

    fn new(coefficient: i128, exponent: i32) -> Self {
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        if coefficient == 0 {
            return Self::default();
        }
        while coefficient % 10 == 0 {
            coefficient /= 10;
            exponent += 1;
        }
        Self { coefficient, exponent }
    }

    fn checked(coefficient: i128, exponent: i32) -> Option<Self> {
        let sum = Self::new(coefficient, exponent);
        (sum.digits() <= DIGITS && sum.exponent.abs() <= EXPONENT).then_some(sum)
    }

    /// The coefficient at a smaller exponent.
    fn scaled(self, exponent: i32) -> Option<i128> {
        if self.coefficient == 0 {
            return Some(0);
        }
        let shift = u32::try_from(self.exponent - exponent).ok()?;
        10_i128.checked_pow(shift)?.checked_mul(self.coefficient)
    }

    fn digits(self) -> u32 {
        self.coefficient.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.coefficient.signum();
        let by_sign = sign.cmp(&other.coefficient.signum());
        if by_sign != Ordering::Equal || sign == 0 {
            return by_sign;
        }
        // The place of the first digit decides; where it is the same, the coefficients differ by few digits.
        let place = |number: &Self| i64::from(number.exponent) + i64::from(number.digits());
        let by_size = place(self).cmp(&place(other)).then_with(|| {
            let exponent = self.exponent.min(other.exponent);
            let scaled = |number: &Self| number.scaled(exponent).unwrap_or(number.coefficient).unsigned_abs();
            scaled(self).cmp(&scaled(other))
        });
        if sign < 0 { by_size.reverse() } else { by_size }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes digits and, if it is not 0, an exponent: `15e-1`. [`Decimal::parse`] and every decimal reader reads it back.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.coefficient)?;
        if self.exponent == 0 { Ok(()) } else { write!(f, "e{}", self.exponent) }
    }
}

/// Numbers are patients' data as well.
impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decimal")
    }
}

/// The numbers from `low` to `high`, both included; an end that is absent is open.
///
/// A single value has two equal ends. FHIR's Range, a Quantity with a comparator and a number with more digits than fit
/// have two different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecimalRange {
    /// The smallest number.
    pub low: Option<Decimal>,
    /// The largest number.
    pub high: Option<Decimal>,
}

impl DecimalRange {
    /// One number.
    #[must_use]
    pub const fn point(value: Decimal) -> Self {
        Self { low: Some(value), high: Some(value) }
    }

    /// A number as a resource has it: a point, or if it has more digits than a [`Decimal`] the narrowest range around it.
    /// Nothing if the text is no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let written = Written::parse(text)?;
        if written.exponent.abs() > EXPONENT {
            return Some(written.beyond_all());
        }
        let near = Decimal::new(written.coefficient, written.exponent);
        if !written.cut {
            return Some(Self::point(near));
        }
        let negative = text.starts_with('-');
        let far = written.coefficient + if negative { -1 } else { 1 };
        let far = Decimal::new(far, written.exponent);
        let (low, high) = if negative { (far, near) } else { (near, far) };
        Some(Self { low: Some(low), high: Some(high) })
    }

    /// A number as a query has it: from half a unit of its last digit below to half a unit above.
    #[must_use]
    pub fn around(text: &str) -> Option<Self> {
        let written = Written::parse(text)?;
        if written.cut || written.exponent.abs() > EXPONENT {
            return None;
        }
        let by = |half| Decimal::new(written.coefficient * 10 + half, written.exponent - 1);
        Some(Self { low: Some(by(-5)), high: Some(by(5)) })
    }

    /// The range of numbers that are about `text`: a tenth of it to either side, at least its precision.
    #[must_use]
    pub fn about(text: &str) -> Option<Self> {
        let around = Self::around(text)?;
        let value = Decimal::parse(text)?;
        let times = |tenths| Decimal::new(value.coefficient * tenths, value.exponent - 1);
        let (nine, eleven) = (times(9), times(11));
        let (low, high) = (nine.min(eleven), nine.max(eleven));
        Some(Self {
            low: around.low.map(|other| other.min(low)),
            high: around.high.map(|other| other.max(high)),
        })
    }
}

impl Written {
    fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = match rest.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power_of_ten(power)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        if whole.is_empty() {
            return None;
        }
        let mut written = Self { coefficient: 0, exponent: power, cut: false };
        let mut count = 0;
        for (digits, places) in [(whole, 0), (fraction, -1)] {
            for digit in digits.bytes() {
                if !digit.is_ascii_digit() {
                    return None;
                }
                if count < DIGITS {
                    written.coefficient = written.coefficient * 10 + i128::from(digit - b'0');
                    written.exponent = written.exponent.checked_add(places)?;
                    count += u32::from(written.coefficient != 0);
                } else {
                    written.cut |= digit != b'0';
                    written.exponent = written.exponent.checked_add(places + 1)?;
                }
            }
        }
        if negative {
            written.coefficient = -written.coefficient;
        }
        Some(written)
    }

    /// Numbers too large or too close to zero for a [`Decimal`]: a range that holds them.
    fn beyond_all(&self) -> DecimalRange {
        let zero = Decimal::default();
        let edge = |sign: i128, exponent| Decimal::new(sign, exponent);
        match (self.coefficient.signum(), self.exponent > 0) {
            (0, _) => DecimalRange::point(zero),
            (1, true) => DecimalRange { low: Some(edge(1, EXPONENT)), high: None },
            (1, false) => DecimalRange { low: Some(zero), high: Some(edge(1, -EXPONENT + 40)) },
            (_, true) => DecimalRange { low: None, high: Some(edge(-1, EXPONENT)) },
            (_, false) => DecimalRange { low: Some(edge(-1, -EXPONENT + 40)), high: Some(zero) },
        }
    }
}

/// The exponent; one that does not fit is the largest, which is over the limit.
fn power_of_ten(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    Some(digits.parse::<i32>().map_or(sign * (i32::MAX / 2), |power| sign * power.min(i32::MAX / 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn written(range: Option<DecimalRange>) -> Option<(String, String)> {
        let end = |end: Option<Decimal>| end.map_or_else(|| "open".to_owned(), |end| end.to_string());
        range.map(|range| (end(range.low), end(range.high)))
    }

    fn ends(low: &str, high: &str) -> Option<(String, String)> {
        Some((decimal(low).to_string(), decimal(high).to_string()))
    }

    #[test]
    fn texts_are_read_exactly() {
        let cases = [
            ("0", "0"),
            ("-0.00", "0"),
            ("1.50", "15e-1"),
            ("100", "1e2"),
            ("-72.5e1", "-725"),
            ("6.02E+23", "602e21"),
            ("1e-9", "1e-9"),
            ("007", "7"),
            ("1234567890123456789012345678901234", "1234567890123456789012345678901234"),
            ("0.0000000000000000000000000000000000000000000001", "1e-46"),
        ];
        for (text, wanted) in cases {
            assert_eq!(decimal(text).to_string(), wanted, "{text}");
            assert_eq!(decimal(wanted), decimal(text), "{text}");
        }
        let refused = [
            "",
            "-",
            ".",
            ".5",
            "5.",
            "1e",
            "1e+",
            "1e1.5",
            "--1",
            "+1",
            "1,5",
            "0x10",
            "NaN",
            " 1",
            "1 ",
            "1e99999",
            "12345678901234567890123456789012345",
            "1e99999999999999",
            "٣",
        ];
        for text in refused {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_order_is_that_of_the_numbers() {
        let sorted = [
            "-1e9000",
            "-100.1",
            "-100",
            "-99.9",
            "-1e-9000",
            "0",
            "1e-9000",
            "0.09",
            "0.1",
            "0.10000000000000000001",
            "1",
            "9.9",
            "10",
            "10.1",
            "99",
            "100",
            "1e9000",
        ];
        for (a, first) in sorted.iter().enumerate() {
            for (b, second) in sorted.iter().enumerate() {
                assert_eq!(decimal(first).cmp(&decimal(second)), a.cmp(&b), "{first} {second}");
            }
        }
    }

    #[test]
    fn a_number_of_a_query_reaches_half_a_unit_of_its_last_digit() {
        let cases = [
            ("100", "99.5", "100.5"),
            ("100.00", "99.995", "100.005"),
            ("1e2", "50", "150"),
            ("1.0e2", "95", "105"),
            ("0", "-0.5", "0.5"),
            ("-5.4", "-5.45", "-5.35"),
            ("5.40", "5.395", "5.405"),
        ];
        for (text, low, high) in cases {
            assert_eq!(written(DecimalRange::around(text)), ends(low, high), "{text}");
        }
    }

    #[test]
    fn about_is_a_tenth_or_the_precision() {
        let cases =
            [("100", "90", "110"), ("-100", "-110", "-90"), ("1", "0.5", "1.5"), ("0.0", "-0.05", "0.05")];
        for (text, low, high) in cases {
            assert_eq!(written(DecimalRange::about(text)), ends(low, high), "{text}");
        }
    }

    #[test]
    fn numbers_that_do_not_fit_become_ranges_around_them() {
        assert_eq!(written(DecimalRange::parse("72.50")), ends("72.5", "72.5"));
        let long = "1.0000000000000000000000000000000005";
        assert_eq!(
            written(DecimalRange::parse(long)),
            ends("1.000000000000000000000000000000000", "1.000000000000000000000000000000001")
        );
        let negative = format!("-{long}");
        assert_eq!(
            written(DecimalRange::parse(&negative)),
            ends("-1.000000000000000000000000000000001", "-1.000000000000000000000000000000000")
        );
        assert_eq!(written(DecimalRange::parse("1e99999")), Some(("1e10000".to_owned(), "open".to_owned())));
        assert_eq!(DecimalRange::parse("1e-99999").and_then(|range| range.low), Some(Decimal::default()));
        assert_eq!(DecimalRange::parse("mg"), None);
    }

    #[test]
    fn sums_and_products_are_exact() {
        assert_eq!(decimal("0.1").checked_add(decimal("0.2")), Some(decimal("0.3")));
        assert_eq!(decimal("-1.5").checked_mul(decimal("2e3")), Some(decimal("-3000")));
        assert_eq!(decimal("1e9000").checked_mul(decimal("1e9000")), None);
        assert_eq!(decimal("1e9000").checked_add(decimal("1")), None);
        assert_eq!(decimal("0").checked_add(decimal("1e9000")), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9.eE]{0,60}") {
            let range = DecimalRange::parse(&text);
            if let Some(value) = Decimal::parse(&text) {
                proptest::prop_assert_eq!(range, Some(DecimalRange::point(value)));
                let around = DecimalRange::around(&text).unwrap();
                proptest::prop_assert!(around.low < Some(value) && Some(value) < around.high);
                let about = DecimalRange::about(&text).unwrap();
                proptest::prop_assert!(about.low <= around.low && around.high <= about.high);
            }
            if let Some(DecimalRange { low: Some(low), high: Some(high) }) = range {
                proptest::prop_assert!(low <= high);
            }
        }

        #[test]
        fn the_order_agrees_with_integers(a in -1_000_000i64..1_000_000, b in -1_000_000i64..1_000_000, shift in 0u32..4) {
            let scaled = |value: i64| Decimal::new(i128::from(value), -(shift as i32));
            proptest::prop_assert_eq!(scaled(a).cmp(&scaled(b)), a.cmp(&b));
        }
    }
}
