//! Exact decimal numbers as sortable bytes, so that an index compares them without rounding.
//!
//! Binary floating point makes 0.1 something else, and scaled integers cannot hold both 6.02e23 and 1e-9. So a number is kept
//! as sign, power of ten and decimal digits in an encoding whose byte order is the numeric order: SQLite's `BLOB`, PostgreSQL's
//! `bytea` and a `BTreeMap` compare it the same way, and equal numbers have equal bytes (72.50 is 72.5). A usual clinical number
//! takes 3 to 5 bytes, less than a double. The text with its precision stays in the document.

use std::cmp::Ordering;
use std::fmt;

use crate::{Error, ErrorKind, Result};

/// Most significant digits.
const DIGITS: usize = 40;
/// Greatest distance of the decimal point from the first digit.
const EXPONENT: i32 = 16_000;
/// Two bytes of sign and exponent, two digits a byte, one end mark of negative numbers.
const BYTES: usize = 2 + DIGITS / 2 + 1;

const LOWEST: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const ZERO: u16 = 0x8000;
const POSITIVE: u16 = 0xC000;
const HIGHEST: u16 = 0xFFFF;

/// An exact decimal number of at most 40 significant digits between 1e-16000 and 1e16000, or one of the two open ends.
///
/// Ordered as numbers are.
#[derive(Clone, Copy)]
pub struct Decimal {
    length: u8,
    bytes: [u8; BYTES],
}

/// What happens to digits beyond the fortieth, and to numbers beyond the greatest power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// They are an error.
    Refuse,
    /// The result is not greater than the number: the low end of a range.
    Down,
    /// The result is not smaller than the number: the high end of a range.
    Up,
}

impl Decimal {
    /// Below every number: the low end of an open range.
    pub const MIN: Self = Self::header_only(LOWEST);
    /// Above every number: the high end of an open range.
    pub const MAX: Self = Self::header_only(HIGHEST);
    /// Zero.
    pub const ZERO: Self = Self::header_only(ZERO);

    const fn header_only(header: u16) -> Self {
        let [high, low] = header.to_be_bytes();
        let mut bytes = [0; BYTES];
        let [first, second, ..] = &mut bytes;
        *first = high;
        *second = low;
        Self { length: 2, bytes }
    }

    /// Reads `-12.50`, `6.02e23`, `+1E-9`: a sign, digits with at most one point, a power of ten.
    ///
    /// # Errors
    /// [`ErrorKind::Number`] where the text is not a number, [`ErrorKind::TooLarge`] where it has too many significant digits
    /// or too great a power of ten.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_rounded(text, Rounding::Refuse)
    }

    /// Reads a number, rounding what is over the limits.
    ///
    /// # Errors
    /// [`ErrorKind::Number`] where the text is not a number, [`ErrorKind::TooLarge`] with [`Rounding::Refuse`] only.
    pub fn parse_rounded(text: &str, rounding: Rounding) -> Result<Self> {
        let wrong = || Error::new(ErrorKind::Number, "a decimal number was wanted");
        let (negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mut digits = Digits::default();
        let mut point = false;
        let mut any = false;
        let mut bytes = unsigned.iter();
        let mut power: i64 = 0;
        while let Some(byte) = bytes.next() {
            match byte {
                b'0'..=b'9' => {
                    any = true;
                    digits.push(byte.wrapping_sub(b'0'), point);
                }
                b'.' if !point => point = true,
                b'e' | b'E' if any => {
                    power = parse_power(bytes.as_slice()).ok_or_else(wrong)?;
                    break;
                }
                _ => return Err(wrong()),
            }
        }
        if !any {
            return Err(wrong());
        }
        digits.encode(negative, power, rounding)
    }

    /// The number `unscaled` × 10^`exponent`.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] where the power of ten is too great.
    pub fn from_scaled(unscaled: i128, exponent: i32) -> Result<Self> {
        let mut digits = Digits::default();
        for byte in unscaled.unsigned_abs().to_string().bytes() {
            digits.push(byte.wrapping_sub(b'0'), false);
        }
        digits.encode(unscaled < 0, i64::from(exponent), Rounding::Refuse)
    }

    /// The sortable bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// A number from its sortable bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where they are not those of a number.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = || Error::new(ErrorKind::Corrupt, "these are not the bytes of a decimal number");
        let mut result = Self { length: u8::try_from(bytes.len()).map_err(|_| wrong())?, bytes: [0; BYTES] };
        result.bytes.get_mut(..bytes.len()).ok_or_else(wrong)?.copy_from_slice(bytes);
        let header = result.header();
        let sound = match header {
            LOWEST | ZERO | HIGHEST => bytes.len() == 2,
            0x8001.. => {
                result.digit_bytes().all(|pair| pair < 100)
                    && result.digit_bytes().next_back().is_some_and(|pair| pair > 0)
            }
            _ => {
                bytes.last() == Some(&0xFF)
                    && result.digit_bytes().all(|pair| pair < 100)
                    && result.digit_bytes().next_back().is_some_and(|pair| pair > 0)
            }
        };
        if bytes.len() >= 2 && sound { Ok(result) } else { Err(wrong()) }
    }

    fn header(&self) -> u16 {
        let [high, low, ..] = self.bytes;
        u16::from_be_bytes([high, low])
    }

    /// The digits, two a byte, the complement of negative numbers undone.
    fn digit_bytes(&self) -> impl DoubleEndedIterator<Item = u8> {
        let negative = self.header() < ZERO;
        let end = usize::from(self.length).saturating_sub(usize::from(negative));
        let pairs = self.bytes.get(2..end).unwrap_or_default();
        pairs.iter().map(move |pair| if negative { 100u8.wrapping_sub(*pair) } else { pair.wrapping_sub(1) })
    }
}

fn parse_power(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Anything beyond a billion is over the limit all the same.
    let power = digits.iter().fold(0i64, |sum, byte| {
        sum.saturating_mul(10).saturating_add(i64::from(byte.wrapping_sub(b'0'))).min(1_000_000_000)
    });
    Some(if negative { power.saturating_neg() } else { power })
}

/// The significant digits read so far, and where the point stands before the first of them.
struct Digits {
    kept: [u8; DIGITS],
    count: usize,
    /// Value is 0.d₁d₂d₃… × 10^point.
    point: i64,
    /// Zeros seen after the last kept digit, kept only if another digit follows.
    zeros: usize,
    /// Whether a digit other than 0 was dropped.
    dropped: bool,
}

impl Default for Digits {
    fn default() -> Self {
        Self { kept: [0; DIGITS], count: 0, point: 0, zeros: 0, dropped: false }
    }
}

impl Digits {
    fn push(&mut self, digit: u8, fraction: bool) {
        if self.count == 0 && digit == 0 {
            self.point = self.point.saturating_sub(i64::from(fraction));
            return;
        }
        self.point = self.point.saturating_add(i64::from(!fraction));
        if digit == 0 {
            self.zeros = self.zeros.saturating_add(1);
            return;
        }
        let at = self.count.saturating_add(self.zeros);
        match self.kept.get_mut(at) {
            Some(place) => {
                *place = digit;
                self.count = at.saturating_add(1);
                self.zeros = 0;
            }
            None => {
                self.dropped = true;
                // From now on every digit lies behind the kept ones.
                self.zeros = DIGITS;
            }
        }
    }

    fn encode(mut self, negative: bool, power: i64, rounding: Rounding) -> Result<Decimal> {
        if self.count == 0 {
            return Ok(Decimal::ZERO);
        }
        let too_large =
            || Error::new(ErrorKind::TooLarge, "the number has too many digits or too great a power of ten");
        let away = (rounding == Rounding::Up) != negative;
        if self.dropped {
            if rounding == Rounding::Refuse {
                return Err(too_large());
            }
            if away {
                self.increment();
            }
        }
        let exponent = self.point.saturating_add(power);
        let Some(exponent) =
            i32::try_from(exponent).ok().filter(|value| (-EXPONENT..=EXPONENT).contains(value))
        else {
            return match (rounding, exponent > 0) {
                (Rounding::Refuse, _) => Err(too_large()),
                // Too great: the open end, or the greatest number.
                (_, true) if away => Ok(if negative { Decimal::MIN } else { Decimal::MAX }),
                (_, true) => Ok(Self::greatest().pack(negative, EXPONENT)),
                // Too near to zero: the smallest number, or zero.
                (_, false) if away => Ok(Self::one().pack(negative, EXPONENT.wrapping_neg())),
                (_, false) => Ok(Decimal::ZERO),
            };
        };
        Ok(self.pack(negative, exponent))
    }

    /// Adds one to the last of the forty digits.
    fn increment(&mut self) {
        self.count = DIGITS;
        for digit in self.kept.iter_mut().rev() {
            if *digit < 9 {
                *digit = digit.wrapping_add(1);
                return;
            }
            *digit = 0;
        }
        if let Some(first) = self.kept.first_mut() {
            *first = 1;
        }
        self.point = self.point.saturating_add(1);
    }

    fn greatest() -> Self {
        Self { kept: [9; DIGITS], count: DIGITS, ..Self::default() }
    }

    fn one() -> Self {
        let mut digits = Self { count: 1, ..Self::default() };
        digits.kept[0] = 1;
        digits
    }

    fn pack(&self, negative: bool, exponent: i32) -> Decimal {
        let base = i32::from(if negative { NEGATIVE } else { POSITIVE });
        let header =
            u16::try_from(if negative { base.wrapping_sub(exponent) } else { base.wrapping_add(exponent) });
        let mut result = Decimal::header_only(header.unwrap_or(ZERO));
        let pairs = self.kept.chunks_exact(2).map(|pair| match pair {
            [tens, ones] => tens.wrapping_mul(10).wrapping_add(*ones),
            _ => 0,
        });
        let used = self.kept.iter().rposition(|digit| *digit != 0).map_or(0, |last| last / 2 + 1);
        let mut length = 2usize;
        for (place, pair) in result.bytes.iter_mut().skip(2).zip(pairs.take(used)) {
            *place = if negative { 100u8.wrapping_sub(pair) } else { pair.wrapping_add(1) };
            length = length.wrapping_add(1);
        }
        if negative {
            // A shorter negative number is the greater one: its end sorts behind every digit.
            if let Some(place) = result.bytes.get_mut(length) {
                *place = 0xFF;
            }
            length = length.wrapping_add(1);
        }
        result.length = u8::try_from(length).unwrap_or(u8::MAX);
        result
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        // Nineteen digits and no power of ten are always within the limits.
        Self::from_scaled(i128::from(value), 0).unwrap_or(Self::ZERO)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl std::hash::Hash for Decimal {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// Shows the number as `0.725e2`, and the open ends as `-inf` and `inf`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header();
        match header {
            LOWEST => return f.write_str("-inf"),
            ZERO => return f.write_str("0"),
            HIGHEST => return f.write_str("inf"),
            _ => {}
        }
        let negative = header < ZERO;
        let (header, base) = (i32::from(header), i32::from(if negative { NEGATIVE } else { POSITIVE }));
        let exponent = if negative { base.wrapping_sub(header) } else { header.wrapping_sub(base) };
        f.write_str(if negative { "-0." } else { "0." })?;
        for pair in self.digit_bytes() {
            write!(f, "{pair:02}")?;
        }
        write!(f, "e{exponent}")
    }
}

// A number in an index is patient data.
impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decimal")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_in_numeric_order_have_bytes_in_the_same_order() {
        let ordered = [
            "-1e15000",
            "-1234567890123456789012345678901234567890",
            "-100.1",
            "-100",
            "-99.99",
            "-1.25",
            "-1.2",
            "-1",
            "-0.1",
            "-0.01",
            "-1e-15000",
            "0",
            "1e-15000",
            "0.001",
            "0.01",
            "0.0999",
            "0.1",
            "0.11",
            "1",
            "1.2",
            "1.25",
            "2",
            "9.99",
            "10",
            "72",
            "72.5",
            "72.51",
            "99",
            "100",
            "100.1",
            "6.02e23",
            "1e15000",
        ];
        let numbers: Vec<Decimal> = ordered.iter().map(|text| Decimal::parse(text).unwrap()).collect();
        for (pair, texts) in numbers.windows(2).zip(ordered.windows(2)) {
            assert!(pair[0] < pair[1], "{texts:?}");
        }
        assert!(numbers.iter().all(|number| Decimal::MIN < *number && *number < Decimal::MAX));
    }

    #[test]
    fn equal_numbers_have_equal_bytes() {
        for group in [
            &["1", "1.0", "1.00", "01", "+1", "10e-1", "0.1e1", "1E0"][..],
            &["0", "-0", "0.000", "0e99", "00"],
            &["72.5", "72.50", "7250e-2"],
            &["-100", "-1e2", "-100.00"],
        ] {
            for text in group {
                assert_eq!(Decimal::parse(text).unwrap(), Decimal::parse(group[0]).unwrap(), "{text}");
            }
        }
        assert_eq!(Decimal::from(725), Decimal::parse("725").unwrap());
        assert_eq!(Decimal::from_scaled(-725, -1).unwrap(), Decimal::parse("-72.5").unwrap());
        assert_eq!(
            Decimal::from_scaled(i128::MAX, 0).unwrap(),
            Decimal::parse(&i128::MAX.to_string()).unwrap()
        );
        assert_eq!(Decimal::parse("72.5").unwrap().as_bytes().len(), 4);
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in ["", "-", ".", "e1", "1e", "1e+", "1.2.3", "0x1", "1 ", " 1", "inf", "NaN", "1e1.5", "١"]
        {
            assert_eq!(
                Decimal::parse(text).map_err(|error| error.kind()),
                Err(ErrorKind::Number),
                "{text:?}"
            );
        }
    }

    #[test]
    fn over_the_limits_it_is_refused_or_rounded_outward() {
        let long = format!("1{}", "3".repeat(60));
        for text in [long.as_str(), "1e16001", "1e999999999999999999999", "1e-17000"] {
            assert_eq!(
                Decimal::parse(text).map_err(|error| error.kind()),
                Err(ErrorKind::TooLarge),
                "{text}"
            );
            for signed in [text.to_owned(), format!("-{text}")] {
                let down = Decimal::parse_rounded(&signed, Rounding::Down).unwrap();
                let up = Decimal::parse_rounded(&signed, Rounding::Up).unwrap();
                assert!(down < up, "{signed}: {down} {up}");
            }
        }
        let nines = format!("9.{}", "9".repeat(60));
        assert_eq!(Decimal::parse_rounded(&nines, Rounding::Up).unwrap(), Decimal::from(10));
        assert!(Decimal::parse_rounded(&nines, Rounding::Down).unwrap() < Decimal::from(10));
        let trailing = format!("12{}", "0".repeat(500));
        assert_eq!(Decimal::parse(&trailing).unwrap(), Decimal::parse("12e500").unwrap());
        let point_and_zeros = format!("0.{}12", "0".repeat(500));
        assert_eq!(Decimal::parse(&point_and_zeros).unwrap(), Decimal::parse("12e-502").unwrap());
    }

    proptest! {
        #[test]
        fn order_is_that_of_scaled_integers(a in any::<i64>(), b in any::<i64>(), x in -4i32..4, y in -4i32..4) {
            let scaled = |value: i64, exponent: i32| i128::from(value) * 10i128.pow(u32::try_from(exponent + 4).unwrap());
            let (left, right) = (Decimal::from_scaled(a.into(), x).unwrap(), Decimal::from_scaled(b.into(), y).unwrap());
            prop_assert_eq!(left.cmp(&right), scaled(a, x).cmp(&scaled(b, y)));
            prop_assert_eq!(Decimal::from_bytes(left.as_bytes()).unwrap(), left);
            prop_assert_eq!(Decimal::parse(&left.to_string()).unwrap(), left);
        }

        #[test]
        fn any_text_and_any_bytes_are_survived(text in ".{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Decimal::parse(&text);
            if let Ok(number) = Decimal::from_bytes(&bytes) {
                prop_assert_eq!(number.as_bytes(), &bytes[..]);
                let _ = number.to_string();
            }
        }
    }
}
