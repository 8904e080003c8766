//! Instants of 100 nanoseconds and the three ways in which a device's text becomes one.
//!
//! The reference mapper lives on .NET: an instant is a count of 100 ns since year 1, a JSON string that looks
//! like an ISO date turns into a date while the message is read, and any other text goes through a lenient
//! parser with month before day. `compat` needs all three exactly; `strict` takes RFC 3339 with a zone alone.
//! A text without a zone counts as UTC, which is what the hosted service did.

mod lenient;

use std::fmt;

pub(crate) use lenient::lenient;

const TICKS_PER_SECOND: i64 = 10_000_000;
const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Days from 0001-01-01 to 1970-01-01.
const UNIX_DAYS: i64 = 719_162;

/// An instant in UTC, to 100 nanoseconds, from year 1 to 9999.
///
/// ```
/// use hygea_iomt_mapper::Timestamp;
///
/// let time = Timestamp::parse("2024-03-05T12:00:07.25+02:00").unwrap();
/// assert_eq!(time.to_string(), "2024-03-05T10:00:07.25Z");
/// assert_eq!(time, Timestamp::from_unix_millis(1_709_632_807_250).unwrap());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant of year 1.
    pub const MIN: Self = Self(0);
    /// The last instant of year 9999.
    pub const MAX: Self = Self(3_155_378_975_999_999_999);

    /// An instant by its count of 100 ns since the start of year 1; `None` outside [`Timestamp::MIN`] to
    /// [`Timestamp::MAX`].
    #[must_use]
    pub fn from_ticks(ticks: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&ticks).then_some(Self(ticks))
    }

    /// An instant by its seconds since 1970.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        Self::from_ticks(seconds.checked_mul(TICKS_PER_SECOND)?.checked_add(UNIX_DAYS * TICKS_PER_DAY)?)
    }

    /// An instant by its milliseconds since 1970.
    #[must_use]
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        Self::from_ticks(millis.checked_mul(10_000)?.checked_add(UNIX_DAYS * TICKS_PER_DAY)?)
    }

    /// Reads RFC 3339, which has a zone; digits of a second beyond the seventh are cut off.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        let date = cursor.iso_date()?;
        if !matches!(cursor.next()?, b'T' | b't') {
            return None;
        }
        let mut parts = Parts { hour: cursor.digits(2)?, ..date };
        cursor.eat(b':')?;
        parts.minute = cursor.digits(2)?;
        cursor.eat(b':')?;
        parts.second = cursor.digits(2)?;
        if cursor.eat(b'.').is_some() {
            parts.fraction = cursor.fraction()?.ticks;
        }
        let offset = match cursor.next()? {
            b'Z' | b'z' => 0,
            sign @ (b'+' | b'-') => {
                let hours = cursor.digits(2)?;
                cursor.eat(b':')?;
                offset_ticks(sign, hours, cursor.digits(2)?)?
            }
            _ => return None,
        };
        (cursor.ended() && parts.hour < 24)
            .then(|| parts.ticks())?
            .and_then(|ticks| Self::from_ticks(ticks - offset))
    }

    /// 100 ns since the start of year 1.
    #[must_use]
    pub fn ticks(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970, rounded down.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        (self.0 - UNIX_DAYS * TICKS_PER_DAY).div_euclid(10_000)
    }

    /// The text with all seven digits of the second, as FHIR periods of the reference mapper have it.
    pub(crate) fn full_text(self) -> String {
        let mut text = self.seconds_text();
        text.push('.');
        push_digits(&mut text, self.0 % TICKS_PER_SECOND, 7);
        text.push('Z');
        text
    }

    /// `yyyyMMddHHmmss`, which names a window in identifiers.
    pub(crate) fn compact_text(self) -> String {
        self.seconds_text().chars().filter(char::is_ascii_digit).collect()
    }

    /// `MM/dd/yyyy HH:mm:ss`: what .NET makes of a date where text is wanted.
    pub(crate) fn invariant_text(self) -> String {
        let (year, month, day) = self.date();
        let mut text = String::with_capacity(19);
        push_digits(&mut text, month, 2);
        text.push('/');
        push_digits(&mut text, day, 2);
        text.push('/');
        push_digits(&mut text, year, 4);
        text.push(' ');
        self.push_clock(&mut text);
        text
    }

    /// The instant `ticks` later; `None` past year 9999.
    pub(crate) fn plus(self, ticks: i64) -> Option<Self> {
        self.0.checked_add(ticks).and_then(Self::from_ticks)
    }

    /// The start of the span of `ticks` that holds the instant, spans being counted from the start of year 1.
    pub(crate) fn floor(self, ticks: i64) -> Self {
        Self(self.0 - self.0.rem_euclid(ticks.max(1)))
    }

    fn date(self) -> (i64, i64, i64) {
        civil(self.0.div_euclid(TICKS_PER_DAY) - UNIX_DAYS)
    }

    fn seconds_text(self) -> String {
        let (year, month, day) = self.date();
        let mut text = String::with_capacity(28);
        push_digits(&mut text, year, 4);
        text.push('-');
        push_digits(&mut text, month, 2);
        text.push('-');
        push_digits(&mut text, day, 2);
        text.push('T');
        self.push_clock(&mut text);
        text
    }

    fn push_clock(self, text: &mut String) {
        let seconds = self.0.rem_euclid(TICKS_PER_DAY) / TICKS_PER_SECOND;
        push_digits(text, seconds / 3600, 2);
        text.push(':');
        push_digits(text, seconds / 60 % 60, 2);
        text.push(':');
        push_digits(text, seconds % 60, 2);
    }

    fn push_short_fraction(self, text: &mut String) {
        let fraction = self.0 % TICKS_PER_SECOND;
        if fraction != 0 {
            text.push('.');
            push_digits(text, fraction, 7);
            text.truncate(text.trim_end_matches('0').len());
        }
    }
}

/// RFC 3339 in UTC, without needless digits.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.seconds_text();
        self.push_short_fraction(&mut text);
        text.push('Z');
        f.write_str(&text)
    }
}

/// A date as the .NET JSON reader holds it: the instant and what its text said about the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) time: Timestamp,
    pub(crate) zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    Utc,
    /// An offset was given; the instant counts in the zone of the host, here UTC.
    Local,
    /// None was given.
    Unspecified,
}

impl Moment {
    pub(crate) fn utc(time: Timestamp) -> Self {
        Self { time, zone: Zone::Utc }
    }

    /// The ISO text that the .NET JSON writer gives.
    pub(crate) fn iso_text(self) -> String {
        let mut text = self.time.seconds_text();
        self.time.push_short_fraction(&mut text);
        match self.zone {
            Zone::Utc => text.push('Z'),
            Zone::Local => text.push_str("+00:00"),
            Zone::Unspecified => {}
        }
        text
    }

    /// The date that the .NET JSON reader makes of a string, if it takes it for one: `yyyy-MM-ddTHH:mm:ss`
    /// with up to seven digits of the second and an optional zone, or `/Date(milliseconds)/`.
    #[inline]
    pub(crate) fn of_string(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        match bytes.first()? {
            b'0'..=b'9' if (19..=40).contains(&bytes.len()) && bytes.get(10) == Some(&b'T') => {
                iso_moment(text)
            }
            b'/' if bytes.len() >= 9 => microsoft_moment(text),
            _ => None,
        }
    }
}

fn iso_moment(text: &str) -> Option<Moment> {
    let mut cursor = Cursor::new(text);
    let date = cursor.iso_date()?;
    cursor.eat(b'T')?;
    let mut parts = Parts { hour: cursor.digits(2)?, ..date };
    cursor.eat(b':')?;
    parts.minute = cursor.digits(2)?;
    cursor.eat(b':')?;
    parts.second = cursor.digits(2)?;
    if cursor.eat(b'.').is_some() {
        let fraction = cursor.fraction()?;
        // An eighth digit stops the reader of dates, and the string stays a string.
        if fraction.digits > 7 {
            return None;
        }
        parts.fraction = fraction.ticks;
    }
    let local = parts.ticks()?;
    let (offset, zone) = match cursor.peek() {
        None => (0, Zone::Unspecified),
        Some(b'Z' | b'z') => {
            cursor.next();
            (0, Zone::Utc)
        }
        Some(sign @ (b'+' | b'-')) => {
            cursor.next();
            let hours = cursor.digits(2)?;
            let minutes = match cursor.peek() {
                None => 0,
                Some(b':') => {
                    cursor.next();
                    cursor.digits(2)?
                }
                Some(_) => cursor.digits(2)?,
            };
            (offset_ticks(sign, hours, minutes)?, Zone::Local)
        }
        Some(_) => return None,
    };
    let time = Timestamp::from_ticks(local - offset)?;
    cursor.ended().then_some(Moment { time, zone })
}

fn microsoft_moment(text: &str) -> Option<Moment> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    // An offset after the milliseconds only says in which zone to show the instant.
    let sign = inner.char_indices().skip(1).find(|&(_, character)| matches!(character, '+' | '-'));
    let (millis, zone) = match sign {
        Some((at, _)) => (inner.get(..at)?, Zone::Local),
        None => (inner, Zone::Utc),
    };
    Some(Moment { time: Timestamp::from_unix_millis(millis.parse().ok()?)?, zone })
}

/// A date and time of day by its parts.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    fraction: i64,
}

impl Parts {
    /// The ticks, if the parts name a date; hour 24 is the end of the day.
    fn ticks(&self) -> Option<i64> {
        let date = (1..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day);
        let midnight = self.minute == 0 && self.second == 0 && self.fraction == 0;
        let clock = (self.hour < 24 || self.hour == 24 && midnight) && self.minute < 60 && self.second < 60;
        (date && clock).then(|| {
            let days = days_of(self.year, self.month, self.day) + UNIX_DAYS;
            let seconds = self.hour * 3600 + self.minute * 60 + self.second;
            days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + self.fraction
        })
    }
}

fn offset_ticks(sign: u8, hours: i64, minutes: i64) -> Option<i64> {
    let ticks = (hours * 3600 + minutes * 60) * TICKS_PER_SECOND;
    (minutes < 100).then_some(if sign == b'-' { -ticks } else { ticks })
}

/// The fraction of a second as ticks, and how many digits it had.
struct Fraction {
    ticks: i64,
    digits: usize,
    /// The first digit that did not fit.
    next: i64,
}

/// Reads digits and marks, byte by byte.
struct Cursor<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn ended(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Exactly `count` digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let mut value = 0;
        for _ in 0..count {
            let digit = self.peek().filter(u8::is_ascii_digit)?;
            value = value * 10 + i64::from(digit - b'0');
            self.at += 1;
        }
        Some(value)
    }

    fn iso_date(&mut self) -> Option<Parts> {
        let year = self.digits(4)?;
        self.eat(b'-')?;
        let month = self.digits(2)?;
        self.eat(b'-')?;
        Some(Parts { year, month, day: self.digits(2)?, ..Parts::default() })
    }

    /// At least one digit; the first seven count.
    fn fraction(&mut self) -> Option<Fraction> {
        let mut fraction = Fraction { ticks: 0, digits: 0, next: 0 };
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let digit = i64::from(digit - b'0');
            match fraction.digits {
                0..7 => fraction.ticks = fraction.ticks * 10 + digit,
                7 => fraction.next = digit,
                _ => {}
            }
            fraction.digits += 1;
            self.at += 1;
        }
        for _ in fraction.digits..7 {
            fraction.ticks *= 10;
        }
        (fraction.digits > 0).then_some(fraction)
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, years counted from March.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date that is `days` after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

fn push_digits(text: &mut String, value: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        text.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_runs_both_ways() {
        for days in (-719_162..2_932_896).step_by(97) {
            let (year, month, day) = civil(days);
            assert_eq!(days_of(year, month, day), days);
            assert!((1..=days_in_month(year, month)).contains(&day));
        }
        assert_eq!(Timestamp::MAX.full_text(), "9999-12-31T23:59:59.9999999Z");
        assert_eq!(Timestamp::MIN.full_text(), "0001-01-01T00:00:00.0000000Z");
        assert_eq!(
            Timestamp::from_unix_seconds(0).map(|time| time.to_string()).unwrap(),
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn rfc_3339_needs_a_zone() {
        for (text, expected) in [
            ("2024-03-05T10:00:07Z", Some("2024-03-05T10:00:07Z")),
            ("2024-03-05t10:00:07.1234567899z", Some("2024-03-05T10:00:07.1234567Z")),
            ("2024-02-29T23:30:00-01:30", Some("2024-03-01T01:00:00Z")),
            ("2024-03-05T10:00:07", None),
            ("2023-02-29T10:00:07Z", None),
            ("2024-03-05T24:00:00Z", None),
            ("2024-03-05 10:00:07Z", None),
            ("2024-03-05T10:00:60Z", None),
            ("0001-01-01T00:00:00+01:00", None),
            ("2024-03-05T10:00:07Zx", None),
            ("", None),
        ] {
            assert_eq!(Timestamp::parse(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn strings_that_the_net_reader_takes_for_dates() {
        for (text, expected) in [
            ("2019-02-01T22:46:01.8750000Z", Some("2019-02-01T22:46:01.875Z")),
            ("2019-02-01T22:46:01", Some("2019-02-01T22:46:01")),
            ("2019-02-01T22:46:01+02:00", Some("2019-02-01T20:46:01+00:00")),
            ("2019-02-01T22:46:01+0230", Some("2019-02-01T20:16:01+00:00")),
            ("2019-02-01T22:46:01-02", Some("2019-02-02T00:46:01+00:00")),
            ("2019-02-01T24:00:00Z", Some("2019-02-02T00:00:00Z")),
            ("/Date(1549061161875)/", Some("2019-02-01T22:46:01.875Z")),
            ("/Date(-1+0100)/", Some("1969-12-31T23:59:59.999+00:00")),
            ("2019-02-01 22:46:01Z", None),
            ("2019-02-01T22:46Z", None),
            ("2019-02-01T22:46:01.12345678Z", None),
            ("2019-02-01T22:46:01.Z", None),
            ("2019-13-01T22:46:01Z", None),
            ("2019-02-01T22:46:01ZZ", None),
            ("78", None),
        ] {
            assert_eq!(Moment::of_string(text).map(Moment::iso_text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn texts_of_an_instant() {
        let time = Timestamp::parse("2019-02-01T22:46:01.875Z").unwrap();
        assert_eq!(time.full_text(), "2019-02-01T22:46:01.8750000Z");
        assert_eq!(time.compact_text(), "20190201224601");
        assert_eq!(time.invariant_text(), "02/01/2019 22:46:01");
        assert_eq!(time.floor(3600 * TICKS_PER_SECOND).to_string(), "2019-02-01T22:00:00Z");
    }
}
