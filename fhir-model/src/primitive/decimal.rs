//! Decimals that keep their digits: `1.50` says that the hundredth was measured.
//!
//! FHIR regards 0.010 and 0.01 as different values (<https://hl7.org/fhir/R4/datatypes.html#decimal>), while
//! search and FHIRPath compare them as numbers. So the text is the value, and [`Number`] is what it counts.

use std::cmp::Ordering;
use std::fmt;

/// Whether the text is a FHIR `decimal`: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
#[must_use]
pub fn is_decimal(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut rest = match bytes.strip_prefix(b"-").unwrap_or(bytes) {
        [b'0', rest @ ..] => rest,
        [b'1'..=b'9', rest @ ..] => after_digits(rest),
        _ => return false,
    };
    if let [b'.', b'0'..=b'9', fraction @ ..] = rest {
        rest = after_digits(fraction);
    }
    if let [b'e' | b'E', b'+' | b'-', b'0'..=b'9', exponent @ ..]
    | [b'e' | b'E', b'0'..=b'9', exponent @ ..] = rest
    {
        rest = after_digits(exponent);
    }
    rest.is_empty()
}

/// Compares two texts of decimals as numbers, exactly, however many digits they have; nothing if one of them
/// is no decimal.
///
/// ```
/// use hygea_fhir_model::primitive::decimal::compare;
/// use std::cmp::Ordering;
///
/// assert_eq!(compare("1.50", "15e-1"), Some(Ordering::Equal));
/// assert_eq!(compare("-0.1", "0"), Some(Ordering::Less));
/// ```
#[must_use]
pub fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (split(left)?, split(right)?);
    Some(match (left.sign(), right.sign()) {
        (0, 0) => Ordering::Equal,
        (a, b) if a != b => a.cmp(&b),
        (sign, _) => {
            let order = left.magnitude_order(&right);
            if sign < 0 { order.reverse() } else { order }
        }
    })
}

/// A decimal as coefficient and exponent: `1.50` is 150 × 10^-2.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    /// The digits without the decimal point, with the sign.
    pub coefficient: i128,
    /// The power of ten of the last digit.
    pub exponent: i32,
}

impl Number {
    /// Reads a decimal of at most 38 digits whose exponent is within ±10,000.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts = split(text)?;
        let digits = parts.whole.bytes().chain(parts.fraction.bytes());
        let coefficient = digits.clone().try_fold(0_i128, |number, digit| {
            number.checked_mul(10)?.checked_add(i128::from(digit - b'0'))
        })?;
        let exponent = parts.exponent.checked_sub(i64::try_from(parts.fraction.len()).ok()?)?;
        let exponent = i32::try_from(exponent).ok().filter(|exponent| exponent.abs() <= 10_000)?;
        Some(Self { coefficient: if parts.negative { -coefficient } else { coefficient }, exponent })
    }

    /// The range that the digits stand for, half a unit of the last one to either side: `100` covers 99.5 to
    /// 100.5, `1.0` covers 0.95 to 1.05. This is how search reads a number without prefix.
    #[must_use]
    pub fn implicit_range(self) -> Option<(Self, Self)> {
        let ten = self.coefficient.checked_mul(10)?;
        let exponent = self.exponent - 1;
        Some((
            Self { coefficient: ten.checked_sub(5)?, exponent },
            Self { coefficient: ten.checked_add(5)?, exponent },
        ))
    }

    /// The sum, exactly, with as many digits after the point as the longer one has; nothing beyond 38 digits.
    ///
    /// ```
    /// use hygea_fhir_model::primitive::decimal::Number;
    ///
    /// let (a, b) = (Number::parse("1.50").unwrap(), Number::parse("0.1").unwrap());
    /// assert_eq!(a.checked_add(b).unwrap().plain(), "1.60");
    /// assert_eq!(a.checked_mul(b).unwrap().plain(), "0.150");
    /// ```
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let coefficient = self.at(exponent)?.checked_add(other.at(exponent)?)?;
        Some(Self { coefficient, exponent })
    }

    /// The difference, as [`Number::checked_add`].
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { coefficient: other.coefficient.checked_neg()?, ..other })
    }

    /// The product, exactly; nothing beyond 38 digits.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let coefficient = self.coefficient.checked_mul(other.coefficient)?;
        Some(Self { coefficient, exponent: self.exponent.checked_add(other.exponent)? })
    }

    /// The order as numbers: 1.0 and 1.00 are equal here, though not the same [`Number`].
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        match (self.at(other.exponent), other.at(self.exponent)) {
            (Some(left), _) if self.exponent >= other.exponent => left.cmp(&other.coefficient),
            (_, Some(right)) if self.exponent < other.exponent => self.coefficient.cmp(&right),
            // The one with the larger exponent does not fit at the smaller one, so it is the larger in size.
            _ if self.exponent >= other.exponent => self.coefficient.cmp(&0),
            _ => 0.cmp(&other.coefficient),
        }
    }

    /// The text without an exponent: what people write.
    #[must_use]
    pub fn plain(self) -> String {
        let digits = self.coefficient.unsigned_abs().to_string();
        let sign = if self.coefficient < 0 { "-" } else { "" };
        let after = usize::try_from(self.exponent.saturating_neg()).unwrap_or(0);
        if after == 0 {
            let zeros = if self.coefficient == 0 { 0 } else { usize::try_from(self.exponent).unwrap_or(0) };
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        let digits = format!("{digits:0>width$}", width = after + 1);
        let (whole, fraction) = digits.split_at(digits.len() - after);
        format!("{sign}{whole}.{fraction}")
    }

    /// The coefficient at a smaller exponent; nothing if it does not fit or the exponent is larger.
    fn at(self, exponent: i32) -> Option<i128> {
        if self.coefficient == 0 {
            return Some(0);
        }
        let shift = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        self.coefficient.checked_mul(10_i128.checked_pow(shift)?)
    }

    /// The nearest binary floating point number; infinite beyond its range.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.exponent == 0 {
            return write!(f, "{}", self.coefficient);
        }
        write!(f, "{}e{}", self.coefficient, self.exponent)
    }
}

/// Shows no value.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number")
    }
}

fn after_digits(mut text: &[u8]) -> &[u8] {
    while let [b'0'..=b'9', rest @ ..] = text {
        text = rest;
    }
    text
}

struct Parts<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: i64,
}

impl Parts<'_> {
    fn is_zero(&self) -> bool {
        self.whole.bytes().chain(self.fraction.bytes()).all(|digit| digit == b'0')
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// The digits from the first one that counts to the last one that counts.
    fn digits(&self) -> impl Iterator<Item = u8> {
        let all = self.whole.bytes().chain(self.fraction.bytes());
        all.skip_while(|&digit| digit == b'0')
    }

    /// The power of ten just above the first digit that counts.
    fn magnitude(&self) -> i64 {
        let zeros = self.whole.bytes().chain(self.fraction.bytes()).take_while(|&digit| digit == b'0');
        let whole = i64::try_from(self.whole.len()).unwrap_or(i64::MAX);
        let zeros = i64::try_from(zeros.count()).unwrap_or(i64::MAX);
        self.exponent.saturating_add(whole).saturating_sub(zeros)
    }

    fn magnitude_order(&self, other: &Self) -> Ordering {
        self.magnitude().cmp(&other.magnitude()).then_with(|| {
            let (mut left, mut right) = (self.digits(), other.digits());
            loop {
                match (left.next(), right.next()) {
                    (None, None) => return Ordering::Equal,
                    (a, b) => match a.unwrap_or(b'0').cmp(&b.unwrap_or(b'0')) {
                        Ordering::Equal => {}
                        unequal => return unequal,
                    },
                }
            }
        })
    }
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    if fraction.is_some_and(|fraction| !all_digits(fraction)) {
        return None;
    }
    let exponent = match exponent {
        None => 0,
        Some(text) => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            if !all_digits(digits) {
                return None;
            }
            // An exponent of more than nine digits is as good as any other huge one.
            let size = if digits.len() > 9 { 1_000_000_000 } else { digits.parse().ok()? };
            if text.starts_with('-') { -size } else { size }
        }
    };
    Some(Parts { negative, whole, fraction: fraction.unwrap_or_default(), exponent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_grammar() {
        for text in
            ["0", "-0", "1.50", "100", "1e2", "-1.0E-05", "0.0000000000000000000000000000000000000001"]
        {
            assert!(is_decimal(text), "{text}");
        }
        for text in ["", "-", "+1", "01", ".5", "5.", "1e", "1e+", "1,5", "NaN", "1 ", "0x1", "--1", "1.5.5"]
        {
            assert!(!is_decimal(text), "{text}");
        }
    }

    #[test]
    fn decimals_compare_as_numbers() {
        let table = [
            ("1.0", "1", Ordering::Equal),
            ("-0", "0.00", Ordering::Equal),
            ("0e5", "0", Ordering::Equal),
            ("100", "1e2", Ordering::Equal),
            ("0.0100", "1e-2", Ordering::Equal),
            ("99", "100", Ordering::Less),
            ("-99", "-100", Ordering::Greater),
            ("-1", "0", Ordering::Less),
            ("1.0000000000000000000000000000000000000000000000001", "1", Ordering::Greater),
            ("1e999999999999", "2", Ordering::Greater),
            ("9.99", "10", Ordering::Less),
            ("0.5", "0.50001", Ordering::Less),
        ];
        for (left, right, order) in table {
            assert_eq!(compare(left, right), Some(order), "{left} {right}");
            assert_eq!(compare(right, left), Some(order.reverse()), "{right} {left}");
        }
        assert_eq!(compare("1", "x"), None);
    }

    #[test]
    fn numbers_are_counted_with_exactly() {
        let number = |text: &str| Number::parse(text).unwrap();
        let table = [
            ("1.50", "0.1", "1.60", "1.40", "0.150"),
            ("0.1", "0.2", "0.3", "-0.1", "0.02"),
            ("-1", "1.00", "0.00", "-2.00", "-1.00"),
            ("1e2", "1", "101", "99", "100"),
            (
                "99999999999999999999",
                "1",
                "100000000000000000000",
                "99999999999999999998",
                "99999999999999999999",
            ),
        ];
        for (a, b, sum, difference, product) in table {
            let (a, b) = (number(a), number(b));
            assert_eq!(a.checked_add(b).unwrap().plain(), sum);
            assert_eq!(a.checked_sub(b).unwrap().plain(), difference);
            assert_eq!(a.checked_mul(b).unwrap().plain(), product);
        }
        let large = number("9e37");
        assert!(large.checked_add(number("9e-37")).is_none() && large.checked_mul(number("9e9")).is_some());
        assert!(number(&"9".repeat(38)).checked_mul(number("99")).is_none());
        assert_eq!(number("0e5").plain(), "0");
        let texts = ["-1e30", "-2", "-1.0", "-1", "0", "0.00", "1e-9", "1", "1.0", "1.01", "9e9999"];
        for left in texts {
            for right in texts {
                assert_eq!(Some(number(left).compare(number(right))), compare(left, right), "{left} {right}");
            }
        }
    }

    #[test]
    fn numbers_have_the_range_of_their_digits() {
        let range = |text: &str| {
            let (low, high) = Number::parse(text).unwrap().implicit_range().unwrap();
            (low.to_f64(), high.to_f64())
        };
        let table =
            [("100", 99.5, 100.5), ("100.00", 99.995, 100.005), ("1e2", 50.0, 150.0), ("-1.0", -1.05, -0.95)];
        for (text, low, high) in table {
            assert_eq!(range(text), (low, high), "{text}");
        }
        assert_eq!(Number::parse("1e10001"), None);
        assert_eq!(Number::parse(&"9".repeat(40)), None);
    }
}
