//! Dates, times and date-times as intervals of microseconds (PS3.5 6.2: `DA`, `TM`, `DT`).
//!
//! A value of less than full precision stands for all instants that it may mean: `2020` is a whole year. Searching then
//! is a question of whether two intervals meet.

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A closed interval of microseconds: since midnight for a time, since 1970-01-01T00:00 for dates and date-times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    /// The first microsecond that belongs to it.
    pub first: i64,
    /// The last microsecond that belongs to it.
    pub last: i64,
}

impl Interval {
    /// Whether the two have an instant in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// A `DT` value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// What it means: in UTC where it has an offset, else in the zone of the file, which may not be known.
    pub interval: Interval,
    /// Its offset from UTC in minutes.
    pub offset: Option<i16>,
}

/// Reads a `DA`: `YYYYMMDD`, or the `YYYY.MM.DD` of ACR-NEMA.
#[must_use]
pub fn date(text: &str) -> Option<Interval> {
    let text = text.trim();
    let (year, month, day) = match text.as_bytes() {
        [_, _, _, _, b'.', _, _, b'.', _, _] => (text.get(..4)?, text.get(5..7)?, text.get(8..)?),
        bytes if bytes.len() == 8 => (text.get(..4)?, text.get(4..6)?, text.get(6..)?),
        _ => return None,
    };
    let day = days(number(year)?, number(month)?, number(day)?)?;
    Some(Interval { first: day * DAY, last: day * DAY + DAY - 1 })
}

/// Reads a `TM`: `HH`, `HHMM`, `HHMMSS` or `HHMMSS.FFFFFF`, or the `HH:MM:SS` of ACR-NEMA.
#[must_use]
pub fn time(text: &str) -> Option<Interval> {
    let text = text.trim();
    if text.contains(':') {
        let plain: String = text.chars().filter(|c| *c != ':').collect();
        let colons_fit = matches!(text.as_bytes(), [_, _, b':', _, _] | [_, _, b':', _, _, b':', _, _, ..]);
        return if colons_fit { time(&plain) } else { None };
    }
    let (start, width) = clock(text)?;
    Some(Interval { first: start, last: start + width - 1 })
}

/// Reads a `DT`: `YYYY[MM[DD[HH[MM[SS[.FFFFFF]]]]]][±HHMM]`.
#[must_use]
pub fn date_time(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let (local, offset) = match text.find(['+', '-']) {
        Some(at) => {
            let (local, zone) = text.split_at_checked(at)?;
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let digits = zone.get(1..)?;
            if digits.len() != 4 {
                return None;
            }
            let minutes = number(digits.get(..2)?)? * 60 + number(digits.get(2..)?)?;
            if minutes > 14 * 60 {
                return None;
            }
            (local, Some(i16::try_from(sign * minutes).ok()?))
        }
        None => (text, None),
    };
    let year = number(local.get(..4)?)?;
    let (first, last) = match local.len() {
        4 => (days(year, 1, 1)? * DAY, (days(year, 12, 31)? + 1) * DAY - 1),
        6 => {
            let month = number(local.get(4..6)?)?;
            let next = if month == 12 { days(year + 1, 1, 1)? } else { days(year, month + 1, 1)? };
            (days(year, month, 1)? * DAY, next * DAY - 1)
        }
        8.. => {
            let day = days(year, number(local.get(4..6)?)?, number(local.get(6..8)?)?)? * DAY;
            match local.get(8..)? {
                "" => (day, day + DAY - 1),
                rest => {
                    let (start, width) = clock(rest)?;
                    (day + start, day + start + width - 1)
                }
            }
        }
        _ => return None,
    };
    let shift = i64::from(offset.unwrap_or(0)) * 60 * SECOND;
    Some(DateTime { interval: Interval { first: first - shift, last: last - shift }, offset })
}

/// Reads `HH[MM[SS[.F…]]]` as its first microsecond and how many it stands for.
fn clock(text: &str) -> Option<(i64, i64)> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if whole.len() == 6 && (1..=6).contains(&fraction.len()) => (whole, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    let hour = number(whole.get(..2)?)?;
    let minute = if whole.len() >= 4 { number(whole.get(2..4)?)? } else { 0 };
    let second = if whole.len() >= 6 { number(whole.get(4..6)?)? } else { 0 };
    // A second of 60 is a leap second.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut start = ((hour * 60 + minute) * 60 + second) * SECOND;
    let width = match (whole.len(), fraction.len()) {
        (2, 0) => 3600 * SECOND,
        (4, 0) => 60 * SECOND,
        (6, 0) => SECOND,
        (6, digits) => {
            let unit = 10_i64.pow(u32::try_from(6_usize.checked_sub(digits)?).ok()?);
            start += number(fraction)? * unit;
            unit
        }
        _ => return None,
    };
    Some((start, width))
}

fn number(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Days since 1970-01-01 in the Gregorian calendar; none for a day that does not exist.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) || !(0..=9999).contains(&year) && year != 10_000 {
        return None;
    }
    // Count from March, so that the leap day is the last of a year.
    let shifted = if month > 2 { year } else { year - 1 };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(date("19700101"), Some(Interval { first: 0, last: DAY - 1 }));
        assert_eq!(date("20000229").unwrap().first, 951_782_400 * SECOND);
        assert_eq!(date("2000.02.29"), date("20000229"));
        assert_eq!(date("18581117").unwrap().first, -40_587 * DAY);
        for text in
            ["", "2000", "20000230", "20001301", "19000229", "2000-1-01", "2000010a", "+2000101", "２000"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn times() {
        let of = |first, last| Some(Interval { first, last });
        assert_eq!(time("01"), of(3600 * SECOND, 7200 * SECOND - 1));
        assert_eq!(time("0001"), of(60 * SECOND, 120 * SECOND - 1));
        assert_eq!(time("000001.5"), of(SECOND + 500_000, SECOND + 599_999));
        assert_eq!(time("000001.123456"), of(1_123_456, 1_123_456));
        assert_eq!(time("00:00:01"), time("000001"));
        for text in ["", "1", "24", "0060", "000061", "0000.5", "000000.1234567", "00:0001", "ab"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn date_times() {
        assert_eq!(date_time("1970").unwrap().interval, Interval { first: 0, last: 365 * DAY - 1 });
        assert_eq!(date_time("197012").unwrap().interval.last, 365 * DAY - 1);
        assert_eq!(date_time("19700101").unwrap().interval, date("19700101").unwrap());
        let zoned = date_time("19700101010000+0100").unwrap();
        assert_eq!((zoned.interval.first, zoned.offset), (0, Some(60)));
        assert_eq!(date_time("19691231230000.5-0100").unwrap().interval.first, 500_000);
        assert_eq!(date_time("9999").unwrap().interval.last, date("99991231").unwrap().last);
        for text in ["", "197", "19701", "197013", "1970+1", "1970+2500", "1970010101000", "197001010100é"] {
            assert_eq!(date_time(text), None, "{text}");
        }
    }
}
