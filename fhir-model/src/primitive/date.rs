//! Dates and times of partial precision: `2024`, `2024-02`, `2024-02-29T12:30:00.5+01:00`.
//!
//! A partial date is a range of time, and FHIR search compares ranges; [`PartialDateTime::range`] gives it.
//! The grammar is a superset of `date`, `dateTime` and `instant`
//! (<https://hl7.org/fhir/R4/datatypes.html#dateTime>) and of the forms that search and FHIRPath allow, which
//! may leave out seconds, minutes and the zone; [`is_date`] and its siblings hold texts to one type.

use std::fmt;

/// How much of a date and time is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Precision {
    /// A year.
    Year = 1,
    /// A month of a year.
    Month,
    /// A day.
    Day,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
    /// A second.
    Second,
    /// A part of a second.
    Fraction,
}

/// A date, perhaps with a time, of any precision. Parts that are not given are 1 (month, day) or 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartialDateTime {
    year: u16,
    month: u8,
    day: u8,
    time: PartialTime,
    precision: Precision,
    offset: Option<i16>,
}

/// A time of day of any precision from the hour on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartialTime {
    hour: u8,
    minute: u8,
    second: u8,
    fraction_digits: u8,
    nanosecond: u32,
    precision: Precision,
}

/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// Reads a date or a date with a time, of any precision.
///
/// Days that no calendar has (2023-02-29), hours over 23, offsets over 14:00 and the year 0 are refused.
/// A second of 60 is accepted, as FHIR does for leap seconds.
///
/// ```
/// use hygea_fhir_model::primitive::date::{Precision, parse};
///
/// let month = parse("2024-02").unwrap();
/// assert_eq!(month.precision(), Precision::Month);
/// let (low, high) = month.range(0);
/// assert_eq!(high - low, 29 * 86_400_000_000);
/// assert_eq!(parse("2023-02-29"), None);
/// ```
#[must_use]
pub fn parse(text: &str) -> Option<PartialDateTime> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4).filter(|&year| year != 0)?;
    let mut found = PartialDateTime {
        year: u16::try_from(year).ok()?,
        month: 1,
        day: 1,
        time: PartialTime::MIDNIGHT,
        precision: Precision::Year,
        offset: None,
    };
    if rest.is_empty() {
        return Some(found);
    }
    rest.byte(b'-')?;
    found.month = rest.two(1, 12)?;
    found.precision = Precision::Month;
    if rest.is_empty() {
        return Some(found);
    }
    rest.byte(b'-')?;
    found.day = rest.two(1, days_in_month(found.year, found.month))?;
    found.precision = Precision::Day;
    if rest.is_empty() {
        return Some(found);
    }
    rest.byte(b'T')?;
    found.time = rest.time()?;
    found.precision = found.time.precision;
    found.offset = rest.offset()?;
    rest.is_empty().then_some(found)
}

/// Reads a time of day: `14`, `14:30`, `14:30:00.000`.
#[must_use]
pub fn parse_time(text: &str) -> Option<PartialTime> {
    let mut rest = Rest(text.as_bytes());
    let time = rest.time()?;
    rest.is_empty().then_some(time)
}

/// Whether the text is a FHIR `date`: a year, a month or a day.
#[must_use]
pub fn is_date(text: &str) -> bool {
    parse(text).is_some_and(|found| found.precision <= Precision::Day)
}

/// Whether the text is a FHIR `dateTime`: a `date`, or a time with seconds and zone.
#[must_use]
pub fn is_date_time(text: &str) -> bool {
    parse(text).is_some_and(|found| found.precision <= Precision::Day || found.is_instant())
}

/// Whether the text is a FHIR `instant`: a time with seconds and zone.
#[must_use]
pub fn is_instant(text: &str) -> bool {
    parse(text).is_some_and(PartialDateTime::is_instant)
}

/// Whether the text is a FHIR `time`: with seconds, without zone.
#[must_use]
pub fn is_time(text: &str) -> bool {
    parse_time(text).is_some_and(|time| time.precision >= Precision::Second)
}

impl PartialDateTime {
    /// The year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12; 1 if not given.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month; 1 if not given.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// The time of day; midnight if not given.
    #[must_use]
    pub fn time(self) -> PartialTime {
        self.time
    }

    /// How much is given.
    #[must_use]
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// Minutes east of Greenwich, if a zone is given.
    #[must_use]
    pub fn offset_minutes(self) -> Option<i32> {
        self.offset.map(i32::from)
    }

    /// The microseconds since 1970-01-01T00:00:00Z that it covers, the end excluded: a day covers 24 hours.
    /// `default_offset_minutes` is the zone, in minutes east of Greenwich, where none is given. Digits beyond
    /// the microsecond are cut off.
    #[must_use]
    pub fn range(self, default_offset_minutes: i32) -> (i64, i64) {
        let offset = self.offset.map_or(default_offset_minutes, i32::from);
        let zone = i64::from(offset) * MINUTE;
        let start = |year, month, day| days_since_epoch(year, month, day) * DAY - zone;
        let (year, month) = (i32::from(self.year), self.month);
        let low = start(year, month, self.day);
        match self.precision {
            Precision::Year => (low, start(year + 1, 1, 1)),
            Precision::Month if month == 12 => (low, start(year + 1, 1, 1)),
            Precision::Month => (low, start(year, month + 1, 1)),
            Precision::Day => (low, low + DAY),
            _ => {
                let (from, to) = self.time.range();
                (low + from, low + to)
            }
        }
    }

    /// The moment where the range starts.
    #[must_use]
    pub fn start(self, default_offset_minutes: i32) -> i64 {
        self.range(default_offset_minutes).0
    }

    /// The same time of another day.
    pub(super) fn with_day(self, year: u16, month: u8, day: u8) -> Self {
        Self { year, month, day, ..self }
    }

    /// Another time, of the same precision, of the same day.
    pub(super) fn with_time(self, time: PartialTime) -> Self {
        Self { time, ..self }
    }

    fn is_instant(self) -> bool {
        self.precision >= Precision::Second && self.offset.is_some()
    }
}

impl PartialTime {
    const MIDNIGHT: Self =
        Self { hour: 0, minute: 0, second: 0, fraction_digits: 0, nanosecond: 0, precision: Precision::Hour };

    /// The hour, 0 to 23.
    #[must_use]
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// The minute; 0 if not given.
    #[must_use]
    pub fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0 to 60; 0 if not given.
    #[must_use]
    pub fn second(self) -> u8 {
        self.second
    }

    /// The part of the second in nanoseconds; digits beyond them are cut off.
    #[must_use]
    pub fn nanosecond(self) -> u32 {
        self.nanosecond
    }

    /// The number of digits after the second's decimal point.
    #[must_use]
    pub fn fraction_digits(self) -> u8 {
        self.fraction_digits
    }

    /// How much is given.
    #[must_use]
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// A time of the same precision, so many nanoseconds after midnight.
    pub(super) fn at_nanosecond(self, since_midnight: u64) -> Self {
        let seconds = since_midnight / 1_000_000_000;
        // Each is below 60, the hour below 24 because a day has no more nanoseconds.
        let part = |number: u64| u8::try_from(number).unwrap_or_default();
        Self {
            hour: part(seconds / 3600),
            minute: part(seconds / 60 % 60),
            second: part(seconds % 60),
            nanosecond: u32::try_from(since_midnight % 1_000_000_000).unwrap_or_default(),
            ..self
        }
    }

    /// The microseconds since midnight that it covers, the end excluded.
    #[must_use]
    pub fn range(self) -> (i64, i64) {
        let low = i64::from(self.hour) * HOUR
            + i64::from(self.minute) * MINUTE
            + i64::from(self.second) * SECOND
            + i64::from(self.nanosecond / 1000);
        let unit = match self.precision {
            Precision::Minute => MINUTE,
            Precision::Second => SECOND,
            Precision::Fraction => 10_i64.pow(6 - u32::from(self.fraction_digits.min(6))),
            _ => HOUR,
        };
        (low, low + unit)
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar.
#[must_use]
pub fn days_since_epoch(year: i32, month: u8, day: u8) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let month = (i64::from(month) + 9) % 12;
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// The year, month and day that lie `days` after 1970-01-01; the inverse of [`days_since_epoch`].
#[must_use]
pub fn date_of_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = u8::try_from(day_of_year - (153 * month + 2) / 5 + 1).unwrap_or(1);
    let month = if month < 10 { month + 3 } else { month - 9 };
    let month = u8::try_from(month).unwrap_or(1);
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The number of days of a month.
#[must_use]
pub fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        (first == wanted).then_some(())
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, &digit| {
            digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
        })
    }

    fn two(&mut self, low: u8, high: u8) -> Option<u8> {
        let number = u8::try_from(self.digits(2)?).ok()?;
        (low..=high).contains(&number).then_some(number)
    }

    fn time(&mut self) -> Option<PartialTime> {
        let mut time = PartialTime { hour: self.two(0, 23)?, ..PartialTime::MIDNIGHT };
        if self.0.first() != Some(&b':') {
            return Some(time);
        }
        self.byte(b':')?;
        time.minute = self.two(0, 59)?;
        time.precision = Precision::Minute;
        if self.0.first() != Some(&b':') {
            return Some(time);
        }
        self.byte(b':')?;
        time.second = self.two(0, 60)?;
        time.precision = Precision::Second;
        if self.0.first() != Some(&b'.') {
            return Some(time);
        }
        self.byte(b'.')?;
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        time.fraction_digits = u8::try_from(digits).ok().filter(|&digits| digits > 0)?;
        time.precision = Precision::Fraction;
        let nine = fraction.iter().chain(std::iter::repeat(&b'0')).take(9);
        time.nanosecond = nine.fold(0, |number, &digit| number * 10 + u32::from(digit - b'0'));
        Some(time)
    }

    /// The zone if there is one; nothing at all if there is something else.
    #[expect(
        clippy::option_option,
        reason = "outer: whether the text is right; inner: whether it has a zone"
    )]
    fn offset(&mut self) -> Option<Option<i16>> {
        let sign = match self.0.first() {
            None => return Some(None),
            Some(b'Z') => {
                self.byte(b'Z')?;
                return Some(Some(0));
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.digits_after_sign().filter(|&minutes| minutes <= 14 * 60).map(|minutes| Some(sign * minutes))
    }

    fn digits_after_sign(&mut self) -> Option<i16> {
        self.0 = self.0.get(1..)?;
        let hours = i16::from(self.two(0, 14)?);
        self.byte(b':')?;
        Some(hours * 60 + i16::from(self.two(0, 59)?))
    }
}

/// Shows the precision, not the date: dates identify patients.
impl fmt::Debug for PartialDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartialDateTime({:?})", self.precision)
    }
}

/// Shows the precision, not the time.
impl fmt::Debug for PartialTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartialTime({:?})", self.precision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cover_their_ranges() {
        let zero = 1_704_067_200_000_000; // 2024-01-01T00:00:00Z
        let table: &[(&str, i64, i64)] = &[
            ("2024", zero, 366 * DAY),
            ("2024-01", zero, 31 * DAY),
            ("2023-12", zero - 31 * DAY, 31 * DAY),
            ("2024-02", zero + 31 * DAY, 29 * DAY),
            ("2024-01-01", zero, DAY),
            ("2024-01-01T00", zero, HOUR),
            ("2024-01-01T00:30", zero + 30 * MINUTE, MINUTE),
            ("2024-01-01T00:00:00Z", zero, SECOND),
            ("2024-01-01T01:00:00+01:00", zero, SECOND),
            ("2023-12-31T19:00:00.5-05:00", zero + 500_000, 100_000),
            ("2024-01-01T00:00:00.123Z", zero + 123_000, 1000),
            ("2024-01-01T00:00:00.1234567Z", zero + 123_456, 1),
            ("2023-12-31T23:59:60Z", zero, SECOND),
            ("1970-01-01", 0, DAY),
            ("0001-01-01", -62_135_596_800_000_000, DAY),
            ("9999-12-31", 253_402_214_400_000_000, DAY),
        ];
        for &(text, low, length) in table {
            assert_eq!(parse(text).map(|found| found.range(0)), Some((low, low + length)), "{text}");
        }
        assert_eq!(parse("2024-01-01").map(|found| found.start(60)), Some(zero - 60 * MINUTE));
    }

    #[test]
    fn texts_belong_to_their_types() {
        // date, dateTime, instant
        let table: &[(&str, bool, bool, bool)] = &[
            ("2024", true, true, false),
            ("2024-12", true, true, false),
            ("2024-12-31", true, true, false),
            ("2024-12-31T10:00:00Z", false, true, true),
            ("2024-12-31T10:00:00.12345+14:00", false, true, true),
            ("2024-12-31T10:00:00", false, false, false),
            ("2024-12-31T10:00Z", false, false, false),
            ("2024-12-31T10:00:00+14:01", false, false, false),
            ("2024-12-31T24:00:00Z", false, false, false),
            ("2024-12-31T10:00:61Z", false, false, false),
            ("2024-12-31T10:00:00.Z", false, false, false),
            ("2024-12-31t10:00:00Z", false, false, false),
            ("2024-12-31T10:00:00Z ", false, false, false),
            ("2024-13", false, false, false),
            ("2024-00", false, false, false),
            ("2024-1", false, false, false),
            ("2024-04-31", false, false, false),
            ("2023-02-29", false, false, false),
            ("1900-02-29", false, false, false),
            ("2000-02-29", true, true, false),
            ("0000", false, false, false),
            ("24", false, false, false),
            ("", false, false, false),
            ("-2024", false, false, false),
            ("２０２４", false, false, false),
        ];
        for &(text, date, date_time, instant) in table {
            assert_eq!(
                (is_date(text), is_date_time(text), is_instant(text)),
                (date, date_time, instant),
                "{text}"
            );
        }
        let times = [("10:00:00", true), ("10:00:00.123", true), ("10:00", false), ("10:00:00Z", false)];
        for (text, time) in times {
            assert_eq!(is_time(text), time, "{text}");
        }
    }

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-800_000..3_000_000).step_by(17) {
            let (year, month, day) = date_of_days(days);
            assert_eq!(days_since_epoch(i32::try_from(year).unwrap(), month, day), days);
        }
    }
}
