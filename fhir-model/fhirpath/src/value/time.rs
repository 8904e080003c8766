//! Dates, dates with times, and times of day, each of any precision (FHIRPath "Date", "DateTime", "Time").
//!
//! A value knows how much of it is given, and comparing values of different precision has no answer. Calendar
//! arithmetic is that of the chapter "Date/Time Arithmetic".

use hygea_fhir_model::primitive::date::{date_of_days, days_in_month, days_since_epoch};
use std::cmp::Ordering;
use std::fmt;

pub use hygea_fhir_model::primitive::date::Precision;

/// A year, a month of a year, or a day.
///
/// ```
/// use hygea_fhirpath::Date;
///
/// let month = Date::parse("2014-02").unwrap();
/// assert_eq!(month.compare(Date::parse("2014-03-01").unwrap()), Some(std::cmp::Ordering::Less));
/// assert_eq!(month.compare(Date::parse("2014-02-01").unwrap()), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date {
    year: u16,
    /// 0 if not given.
    month: u8,
    /// 0 if not given.
    day: u8,
}

/// A date with as much of a time, and a zone, as is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    date: Date,
    time: Option<Time>,
    offset: Option<i16>,
}

/// A time of day from the hour on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Time {
    nanosecond: u32,
    hour: u8,
    minute: u8,
    second: u8,
    /// Digits of the second after the point.
    digits: u8,
    precision: Precision,
}

const NANOS: i64 = 1_000_000_000;
const DAY_NANOS: i64 = 86_400 * NANOS;

impl Date {
    /// A day, month or year; nothing if no calendar has it.
    #[must_use]
    pub fn new(year: u16, month: Option<u8>, day: Option<u8>) -> Option<Self> {
        let (month, day) = (month.map_or(Some(0), in_range(1, 12))?, day.map_or(Some(0), in_range(1, 31))?);
        let whole =
            (1..=9999).contains(&year) && (day == 0 || (month != 0 && day <= days_in_month(year, month)));
        whole.then_some(Self { year, month, day })
    }

    /// Reads `2014`, `2014-02` or `2014-02-28`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.as_bytes());
        let date = rest.date()?;
        rest.0.is_empty().then_some(date)
    }

    /// The year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12, if given.
    #[must_use]
    pub fn month(self) -> Option<u8> {
        (self.month != 0).then_some(self.month)
    }

    /// The day of the month, if given.
    #[must_use]
    pub fn day(self) -> Option<u8> {
        (self.day != 0).then_some(self.day)
    }

    /// How much is given.
    #[must_use]
    pub fn precision(self) -> Precision {
        match (self.month, self.day) {
            (0, _) => Precision::Year,
            (_, 0) => Precision::Month,
            _ => Precision::Day,
        }
    }

    /// The order in time; nothing if one of them is given to a lower precision and the rest is equal.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        DateTime::from(self).compare(other.into())
    }

    /// The same date, no more precise than `precision`.
    #[must_use]
    pub(crate) fn cut(self, precision: Precision) -> Self {
        Self {
            month: if precision >= Precision::Month { self.month } else { 0 },
            day: if precision >= Precision::Day { self.day } else { 0 },
            ..self
        }
    }

    /// The first or last date of this one that is given to `precision`.
    pub(crate) fn boundary(self, precision: Precision, high: bool) -> Self {
        let month = match self.month {
            0 if high => 12,
            0 => 1,
            month => month,
        };
        let day = match self.day {
            0 if high => days_in_month(self.year, month),
            0 => 1,
            day => day,
        };
        Self { year: self.year, month, day }.cut(precision)
    }

    /// `months` later; the last day of the month where the day does not exist there.
    pub(crate) fn add_months(self, months: i64) -> Option<Self> {
        let total = i64::from(self.year).checked_mul(12)?.checked_add(i64::from(self.month.max(1)) - 1)?;
        let total = total.checked_add(months)?;
        let year = u16::try_from(total.div_euclid(12)).ok().filter(|year| (1..=9999).contains(year))?;
        let month = u8::try_from(total.rem_euclid(12) + 1).ok()?;
        let day = self.day.min(days_in_month(year, month));
        Some(Self { year, month: if self.month == 0 { 0 } else { month }, day })
    }

    /// `days` later. The day must be given.
    pub(crate) fn add_days(self, days: i64) -> Option<Self> {
        let all = days_since_epoch(i32::from(self.year), self.month.max(1), self.day.max(1));
        let (year, month, day) =
            date_of_days(Some(all.checked_add(days)?).filter(|all| all.abs() < 10_000_000)?);
        let year = u16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?;
        Some(Self { year, month, day })
    }

    /// Days since 1970-01-01 of its first day.
    pub(crate) fn day_number(self) -> i64 {
        days_since_epoch(i32::from(self.year), self.month.max(1), self.day.max(1))
    }
}

impl DateTime {
    /// A date with a time. A time needs a whole date; a zone needs a time.
    #[must_use]
    pub fn new(date: Date, time: Option<Time>, offset_minutes: Option<i16>) -> Option<Self> {
        let whole = (time.is_none() || date.precision() == Precision::Day)
            && (offset_minutes.is_none() || time.is_some())
            && offset_minutes.is_none_or(|offset| offset.abs() <= 14 * 60);
        whole.then_some(Self { date, time, offset: offset_minutes })
    }

    /// Reads a date, or a date with a time of any precision and perhaps a zone. A `T` without time is allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.as_bytes());
        let found = rest.date_time()?;
        rest.0.is_empty().then_some(found)
    }

    /// The date.
    #[must_use]
    pub fn date(self) -> Date {
        self.date
    }

    /// The time of day, if given.
    #[must_use]
    pub fn time(self) -> Option<Time> {
        self.time
    }

    /// Minutes east of Greenwich, if given.
    #[must_use]
    pub fn offset_minutes(self) -> Option<i32> {
        self.offset.map(i32::from)
    }

    /// How much is given.
    #[must_use]
    pub fn precision(self) -> Precision {
        self.time.map_or_else(|| self.date.precision(), Time::precision)
    }

    /// The order in time. Nothing if it is unknown: because one of them is given to a lower precision and the
    /// rest is equal, or because one of them has a zone, the other one has none, and the zone would decide.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        let (left, right) = match (self.offset, other.offset) {
            (Some(_), Some(_)) => (self.to_utc(), other.to_utc()),
            (None, None) => (self, other),
            // A value without time has no zone at all: its date is compared with the other one's.
            _ if self.time.is_none() || other.time.is_none() => (self, other),
            _ => {
                let far = self.local_nanos().abs_diff(other.local_nanos())
                    > u128::from((14 * 3600 * NANOS).unsigned_abs());
                return far.then(|| self.local_nanos().cmp(&other.local_nanos()));
            }
        };
        compare_parts(&left.parts(), &right.parts())
    }

    /// The same moment with the zone of Greenwich, if it has a zone.
    fn to_utc(self) -> Self {
        match (self.time, self.offset) {
            (Some(time), Some(offset)) => {
                let shift = -i64::from(offset) * 60 * NANOS;
                self.shift(time, shift).map_or(self, |shifted| Self { offset: Some(0), ..shifted })
            }
            _ => self,
        }
    }

    /// `nanos` later, the precision kept.
    fn shift(self, time: Time, nanos: i64) -> Option<Self> {
        let total = time.nanos().checked_add(nanos)?;
        let date = self.date.add_days(total.div_euclid(DAY_NANOS))?;
        Some(Self { date, time: Some(time.with_nanos(total.rem_euclid(DAY_NANOS))), ..self })
    }

    /// Nanoseconds since 1970 by its own clock.
    pub(crate) fn local_nanos(self) -> i128 {
        i128::from(self.date.day_number()) * i128::from(DAY_NANOS)
            + i128::from(self.time.map_or(0, Time::nanos))
    }

    /// Nanoseconds since 1970 by the clock of Greenwich, or by its own if it has no zone.
    pub(crate) fn nanos(self) -> i128 {
        self.local_nanos() - i128::from(self.offset.unwrap_or(0)) * 60 * i128::from(NANOS)
    }

    fn parts(self) -> [Option<i64>; 6] {
        let [hour, minute, second] = self.time.map_or([None; 3], Time::parts);
        let day = self.date;
        [
            Some(i64::from(day.year)),
            day.month().map(i64::from),
            day.day().map(i64::from),
            hour,
            minute,
            second,
        ]
    }

    /// The first or last moment of this one that is given to `precision`; without zone, in the zone that makes
    /// it earliest or latest.
    pub(crate) fn boundary(self, precision: Precision, high: bool) -> Self {
        if precision < Precision::Hour {
            return Self { date: self.date.boundary(precision, high), time: None, offset: None };
        }
        let time = match self.time {
            // FHIR has no date with an hour alone; HL7's tests take it as the first minute of that hour.
            Some(time) if precision > Precision::Hour && time.precision() == Precision::Hour => {
                Time { minute: 0, precision: Precision::Minute, ..time }.boundary(precision, high)
            }
            Some(time) => time.boundary(precision, high),
            None => Time::extreme(high).cut(precision),
        };
        let offset = self.offset.unwrap_or(if high { -12 * 60 } else { 14 * 60 });
        Self { date: self.date.boundary(Precision::Day, high), time: Some(time), offset: Some(offset) }
    }

    /// `months` later.
    pub(crate) fn add_months(self, months: i64) -> Option<Self> {
        Some(Self { date: self.date.add_months(months)?, ..self })
    }

    /// `days` later.
    pub(crate) fn add_days(self, days: i64) -> Option<Self> {
        Some(Self { date: self.date.add_days(days)?, ..self })
    }

    /// `nanos` later by its own clock; nothing if it has no time.
    pub(crate) fn add_nanos(self, nanos: i128) -> Option<Self> {
        let time = self.time?;
        let total = i128::from(time.nanos()).checked_add(nanos)?;
        let days = i64::try_from(total.div_euclid(i128::from(DAY_NANOS))).ok()?;
        let rest = i64::try_from(total.rem_euclid(i128::from(DAY_NANOS))).ok()?;
        Some(Self { date: self.date.add_days(days)?, time: Some(time.with_nanos(rest)), ..self })
    }
}

impl From<Date> for DateTime {
    fn from(date: Date) -> Self {
        Self { date, time: None, offset: None }
    }
}

impl Time {
    /// A time of day; parts beyond `precision` are taken as 0.
    #[must_use]
    pub fn new(hour: u8, minute: Option<u8>, second: Option<u8>) -> Option<Self> {
        let precision = match (minute, second) {
            (None, None) => Precision::Hour,
            (Some(_), None) => Precision::Minute,
            (Some(_), Some(_)) => Precision::Second,
            (None, Some(_)) => return None,
        };
        let (minute, second) = (minute.unwrap_or(0), second.unwrap_or(0));
        let whole = hour < 24 && minute < 60 && second < 60;
        whole.then_some(Self { nanosecond: 0, hour, minute, second, digits: 0, precision })
    }

    /// Reads `14`, `14:30`, `14:30:00` or `14:30:00.000`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.as_bytes());
        let time = rest.time()?;
        rest.0.is_empty().then_some(time)
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, if given.
    #[must_use]
    pub fn minute(self) -> Option<u8> {
        (self.precision >= Precision::Minute).then_some(self.minute)
    }

    /// The second, if given; 60 in a leap second.
    #[must_use]
    pub fn second(self) -> Option<u8> {
        (self.precision >= Precision::Second).then_some(self.second)
    }

    /// The part of the second in nanoseconds, if given.
    #[must_use]
    pub fn nanosecond(self) -> Option<u32> {
        (self.precision >= Precision::Fraction).then_some(self.nanosecond)
    }

    /// The same time with a part of the second, of which `digits` (1 to 9) digits count.
    #[must_use]
    pub fn with_fraction(self, nanosecond: u32, digits: u8) -> Option<Self> {
        let whole =
            self.precision >= Precision::Second && nanosecond < 1_000_000_000 && (1..=9).contains(&digits);
        whole.then_some(Self { nanosecond, digits, precision: Precision::Fraction, ..self })
    }

    /// The digits of the second after the point.
    #[must_use]
    pub fn fraction_digits(self) -> u8 {
        self.digits
    }

    /// How much is given.
    #[must_use]
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// The order; nothing if one of them is given to a lower precision and the rest is equal.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        compare_parts(&self.parts(), &other.parts())
    }

    fn parts(self) -> [Option<i64>; 3] {
        // A second and its fraction are one precision.
        let second = self.second().map(|second| i64::from(second) * NANOS + i64::from(self.nanosecond));
        [Some(i64::from(self.hour)), self.minute().map(i64::from), second]
    }

    /// Nanoseconds since midnight.
    pub(crate) fn nanos(self) -> i64 {
        (i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)) * NANOS
            + i64::from(self.nanosecond)
    }

    /// The time that is `nanos` (less than a day) after midnight, in the precision of this one, or finer where
    /// the nanoseconds need it.
    fn with_nanos(self, nanos: i64) -> Self {
        let part = |unit: i64, below: i64| u8::try_from(nanos / (unit * NANOS) % below).unwrap_or(0);
        let nanosecond = u32::try_from(nanos % NANOS).unwrap_or(0);
        let mut found =
            Self { nanosecond, hour: part(3600, 24), minute: part(60, 60), second: part(1, 60), ..self };
        if nanosecond != 0 && self.precision >= Precision::Second {
            found.precision = Precision::Fraction;
            while !nanosecond.is_multiple_of(10_u32.pow(9 - u32::from(found.digits.min(9)))) {
                found.digits += 1;
            }
        }
        found
    }

    /// `nanos` later, round the clock.
    pub(crate) fn add_nanos(self, nanos: i128) -> Option<Self> {
        let total = i128::from(self.nanos()).checked_add(nanos)?;
        Some(self.with_nanos(i64::try_from(total.rem_euclid(i128::from(DAY_NANOS))).ok()?))
    }

    /// The same, no more precise than `precision`.
    pub(crate) fn cut(self, precision: Precision) -> Self {
        if precision >= self.precision {
            return self;
        }
        let cut = Self { nanosecond: 0, digits: 0, precision, ..self };
        match precision {
            Precision::Second => cut,
            Precision::Minute => Self { second: 0, ..cut },
            _ => Self { minute: 0, second: 0, ..cut },
        }
    }

    fn extreme(high: bool) -> Self {
        let (hour, minute, second, nanosecond) = if high { (23, 59, 59, 999_000_000) } else { (0, 0, 0, 0) };
        Self { nanosecond, hour, minute, second, digits: 3, precision: Precision::Fraction }
    }

    /// The first or last time of this one that is given to `precision`, to the millisecond at most.
    pub(crate) fn boundary(self, precision: Precision, high: bool) -> Self {
        if precision <= self.precision {
            return self.cut(precision);
        }
        let end = Self::extreme(high);
        let minute = self.minute().unwrap_or(end.minute);
        let (second, nanosecond) = match self.second() {
            Some(second) => (second, end.nanosecond),
            None => (end.second, end.nanosecond),
        };
        Self { hour: self.hour, minute, second, nanosecond, ..end }.cut(precision)
    }
}

/// Compares part by part; a part that only one side has leaves the order open.
fn compare_parts(left: &[Option<i64>], right: &[Option<i64>]) -> Option<Ordering> {
    for pair in left.iter().zip(right) {
        match pair {
            (Some(left), Some(right)) if left != right => return Some(left.cmp(right)),
            (Some(_), Some(_)) => {}
            (None, None) => break,
            _ => return None,
        }
    }
    Some(Ordering::Equal)
}

fn in_range(low: u8, high: u8) -> impl Fn(u8) -> Option<u8> {
    move |value| (low..=high).contains(&value).then_some(value)
}

/// Bytes that are still to be read.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn accept(&mut self, wanted: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == wanted => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn digits(&mut self, count: usize) -> Option<u16> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number = digits.iter().try_fold(0_u16, |number, &digit| {
            digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
        })?;
        self.0 = rest;
        Some(number)
    }

    fn two(&mut self) -> Option<u8> {
        u8::try_from(self.digits(2)?).ok()
    }

    fn date(&mut self) -> Option<Date> {
        let year = self.digits(4)?;
        let month = if self.accept(b'-') { Some(self.two()?) } else { None };
        let day = if month.is_some() && self.accept(b'-') { Some(self.two()?) } else { None };
        Date::new(year, month, day)
    }

    fn date_time(&mut self) -> Option<DateTime> {
        let date = self.date()?;
        if !self.accept(b'T') || self.0.is_empty() {
            return DateTime::new(date, None, None);
        }
        let time = self.time()?;
        let offset = match self.0.first() {
            None => None,
            Some(b'Z') => {
                self.accept(b'Z');
                Some(0)
            }
            Some(sign) => {
                let sign = match sign {
                    b'+' => 1,
                    b'-' => -1,
                    _ => return None,
                };
                self.0 = self.0.get(1..)?;
                let hours = i16::from(self.two()?);
                let minutes = if self.accept(b':') { i16::from(self.two()?) } else { return None };
                if minutes > 59 {
                    return None;
                }
                Some(sign * (hours * 60 + minutes))
            }
        };
        DateTime::new(date, Some(time), offset)
    }

    fn time(&mut self) -> Option<Time> {
        let hour = self.two()?;
        let minute = if self.accept(b':') { Some(self.two()?) } else { None };
        let second = if minute.is_some() && self.accept(b':') { Some(self.two()?) } else { None };
        // A leap second is read as FHIR allows it, though no clock of this language has it.
        let leap = second == Some(60);
        let mut time = Time::new(hour, minute, if leap { Some(59) } else { second })?;
        if leap {
            time.second = 60;
        }
        if second.is_some() && self.accept(b'.') {
            let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, rest) = self.0.split_at_checked(count)?;
            self.0 = rest;
            let nine = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
            let nanosecond = nine.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
            time = time.with_fraction(nanosecond, u8::try_from(count.min(9)).ok()?)?;
        }
        Some(time)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month() {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day() {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.hour)?;
        if let Some(minute) = self.minute() {
            write!(f, ":{minute:02}")?;
        }
        if let Some(second) = self.second() {
            write!(f, ":{second:02}")?;
        }
        if let Some(nanosecond) = self.nanosecond() {
            let digits = usize::from(self.digits.clamp(1, 9));
            let all = format!("{nanosecond:09}");
            write!(f, ".{}", all.get(..digits).unwrap_or(&all))?;
        }
        Ok(())
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date)?;
        if let Some(time) = self.time {
            write!(f, "T{time}")?;
        }
        match self.offset {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
        }
    }
}

/// Shows the precision, not the date: dates identify patients.
impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({:?})", self.precision())
    }
}

/// Shows the precision, not the date.
impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DateTime({:?})", self.precision())
    }
}

/// Shows the precision, not the time.
impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Time({:?})", self.precision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_written() {
        for text in [
            "2014",
            "2014-02",
            "2014-02-28",
            "2014-02-28T10:30:00.5+01:30",
            "2014-02-28T10Z",
            "2014-02-28T10:30-05:00",
        ] {
            assert_eq!(DateTime::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(DateTime::parse("2014T").unwrap().to_string(), "2014");
        for text in [
            "2014-02-30",
            "2014-13",
            "0000",
            "2014-02-28T24:00",
            "2014-02-28T10:60",
            "2014-02T10",
            "2014-02-28T10:00+15:00",
            "2014-2",
            "2014-02-28 ",
        ] {
            assert_eq!(DateTime::parse(text), None, "{text}");
        }
        assert_eq!(Time::parse("14:34:28.123").unwrap().to_string(), "14:34:28.123");
        assert_eq!(Time::parse("14:34:28Z"), None);
    }

    #[test]
    fn order_is_open_where_precision_or_zone_would_decide() {
        use Ordering::{Equal, Greater, Less};
        let table = [
            ("2012", "2013", Some(Less)),
            ("2012-01", "2012", None),
            ("2018-03", "2018-04-01", Some(Less)),
            ("2012-01-01T10:30:31.0", "2012-01-01T10:30:31", Some(Equal)),
            ("2012-01-01T10:30:31.1", "2012-01-01T10:30:31", Some(Greater)),
            ("2012-01-01T10:30", "2012-01-01T10:30:31", None),
            ("2017-11-05T01:30:00.0-04:00", "2017-11-05T00:30:00.0-05:00", Some(Equal)),
            ("2012-04-15T15:00:00Z", "2012-04-15T10:00:00", None),
            ("2012-04-15T15:00:00Z", "2012-04-17T10:00:00", Some(Less)),
            ("2018-01-01T16:00:00+12:00", "2018-01-01T15:00:00.0+10:00", Some(Less)),
        ];
        for (left, right, wanted) in table {
            let (a, b) = (DateTime::parse(left).unwrap(), DateTime::parse(right).unwrap());
            assert_eq!(a.compare(b), wanted, "{left} {right}");
            assert_eq!(b.compare(a), wanted.map(Ordering::reverse), "{right} {left}");
        }
    }

    #[test]
    fn months_end_where_the_calendar_ends_them() {
        let date = |text: &str| Date::parse(text).unwrap();
        assert_eq!(date("2026-01-31").add_months(1), Some(date("2026-02-28")));
        assert_eq!(date("2024-02-29").add_months(-12), Some(date("2023-02-28")));
        assert_eq!(date("9999-12-01").add_months(1), None);
        assert_eq!(date("1973-12-25").add_days(7), Some(date("1974-01-01")));
        assert_eq!(date("0001-01-01").add_days(-1), None);
        let time = Time::parse("23:30:00").unwrap();
        assert_eq!(time.add_nanos(3600 * i128::from(NANOS)).unwrap().to_string(), "00:30:00");
    }
}
