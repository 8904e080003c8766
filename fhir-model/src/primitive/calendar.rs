//! Comparing partial dates and adding durations to them, as FHIRPath defines it
//! (<http://hl7.org/fhirpath/N1/#datetime-arithmetic>, <https://hl7.org/fhir/R4/fhirpath.html>).

use super::date::{
    DAY, PartialDateTime, PartialTime, Precision, date_of_days, days_in_month, days_since_epoch,
};
use std::cmp::Ordering;
use std::fmt;

/// A unit of a calendar duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Years.
    Year,
    /// Months.
    Month,
    /// Weeks of seven days.
    Week,
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
    /// Seconds.
    Second,
    /// Thousandths of a second.
    Millisecond,
}

/// Zones lie between -12:00 and +14:00, in microseconds.
const WEST: i64 = 12 * 3_600_000_000;
const EAST: i64 = 14 * 3_600_000_000;
const NANOSECONDS_OF_DAY: i128 = 86_400_000_000_000;

impl PartialDateTime {
    /// Which one is earlier; nothing if it cannot be told because one is too coarse or has no zone.
    ///
    /// ```
    /// use hygea_fhir_model::primitive::date::parse;
    /// use std::cmp::Ordering;
    ///
    /// let order = |left, right| parse(left).unwrap().compare(parse(right).unwrap());
    /// assert_eq!(order("2024-01", "2024-02-15"), Some(Ordering::Less));
    /// assert_eq!(order("2024-02", "2024-02-15"), None);
    /// assert_eq!(order("2024-02-15T12:00:00+01:00", "2024-02-15T11:00:00.0Z"), Some(Ordering::Equal));
    /// assert_eq!(order("2024-02-15T12:00:00", "2024-02-15T12:00:00Z"), None);
    /// ```
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        let same_zone = self.offset_minutes().is_some() == other.offset_minutes().is_some();
        if same_zone && self.precision() >= Precision::Second && other.precision() >= Precision::Second {
            return Some(self.moment().cmp(&other.moment()));
        }
        let (low, high) = self.possible(same_zone);
        let (other_low, other_high) = other.possible(same_zone);
        if high <= other_low {
            return Some(Ordering::Less);
        }
        if other_high <= low {
            return Some(Ordering::Greater);
        }
        let equal =
            same_zone && self.precision() == other.precision() && (low, high) == (other_low, other_high);
        equal.then_some(Ordering::Equal)
    }

    /// The date that lies `amount` units later (earlier if negative), with the same precision; nothing beyond
    /// the years 1 to 9999.
    ///
    /// Adding months or years to the last day of a month stays in the month. Units finer than the precision
    /// count as whole ones of it: 25 months after 2024 is 2026, with 12 months or 365 days to a year, 30 days to
    /// a month, 24 hours to a day.
    ///
    /// ```
    /// use hygea_fhir_model::primitive::{calendar::Unit, date::parse};
    ///
    /// let later = |text, amount, unit| parse(text).unwrap().add(amount, unit).unwrap().to_string();
    /// assert_eq!(later("2024-01-31", 1, Unit::Month), "2024-02-29");
    /// assert_eq!(later("2024", 25, Unit::Month), "2026");
    /// assert_eq!(later("2024-12-31T23:59:59.50+01:00", 1, Unit::Second), "2025-01-01T00:00:00.50+01:00");
    /// ```
    #[must_use]
    pub fn add(self, amount: i64, unit: Unit) -> Option<Self> {
        match self.precision() {
            Precision::Year => {
                let years = match unit {
                    Unit::Year => amount,
                    Unit::Month => amount / 12,
                    _ => whole_days(amount, unit) / 365,
                };
                self.add_months(years.checked_mul(12)?)
            }
            Precision::Month => self.add_months(match unit {
                Unit::Year => amount.checked_mul(12)?,
                Unit::Month => amount,
                _ => whole_days(amount, unit) / 30,
            }),
            precision => match unit {
                Unit::Year => self.add_months(amount.checked_mul(12)?),
                Unit::Month => self.add_months(amount),
                _ => {
                    let step = match precision {
                        Precision::Day => NANOSECONDS_OF_DAY,
                        Precision::Hour => nanoseconds(Unit::Hour),
                        Precision::Minute => nanoseconds(Unit::Minute),
                        Precision::Second => nanoseconds(Unit::Second),
                        _ => 1,
                    };
                    let length = i128::from(amount).checked_mul(nanoseconds(unit))?;
                    self.add_nanoseconds(length / step * step)
                }
            },
        }
    }

    fn add_months(self, months: i64) -> Option<Self> {
        let all = (i64::from(self.year()) * 12 + i64::from(self.month()) - 1).checked_add(months)?;
        let year = u16::try_from(all.div_euclid(12)).ok().filter(|year| (1..=9999).contains(year))?;
        let month = u8::try_from(all.rem_euclid(12) + 1).ok()?;
        Some(self.with_day(year, month, self.day().min(days_in_month(year, month))))
    }

    fn add_nanoseconds(self, length: i128) -> Option<Self> {
        let all = (self.nanoseconds_of_day()).checked_add(length)?;
        let days = i64::try_from(all.div_euclid(NANOSECONDS_OF_DAY)).ok()?;
        let rest = all.rem_euclid(NANOSECONDS_OF_DAY);
        let today = days_since_epoch(i32::from(self.year()), self.month(), self.day());
        // Far beyond any year of a date; the calendar below counts with care but not without end.
        let day = today.checked_add(days).filter(|day| day.abs() < 4_000_000)?;
        let (year, month, day) = date_of_days(day);
        let year = u16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?;
        let time = self.time().at_nanosecond(u64::try_from(rest).ok()?);
        Some(self.with_day(year, month, day).with_time(time))
    }

    fn nanoseconds_of_day(self) -> i128 {
        let time = self.time();
        let seconds =
            i128::from(time.hour()) * 3600 + i128::from(time.minute()) * 60 + i128::from(time.second());
        seconds * 1_000_000_000 + i128::from(time.nanosecond())
    }

    /// Nanoseconds from 1970 to the start, in its zone or, where it has none, in one that is the same for all.
    fn moment(self) -> i128 {
        let days = days_since_epoch(i32::from(self.year()), self.month(), self.day());
        let zone = i128::from(self.offset_minutes().unwrap_or(0)) * nanoseconds(Unit::Minute);
        i128::from(days) * NANOSECONDS_OF_DAY + self.nanoseconds_of_day() - zone
    }

    /// The range of moments, in any zone that there is where none is given and the other one has one.
    fn possible(self, same_zone: bool) -> (i64, i64) {
        let (low, high) = self.range(0);
        if same_zone || self.offset_minutes().is_some() { (low, high) } else { (low - EAST, high + WEST) }
    }
}

/// The text, of the precision that it has.
impl fmt::Display for PartialDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year())?;
        if self.precision() >= Precision::Month {
            write!(f, "-{:02}", self.month())?;
        }
        if self.precision() >= Precision::Day {
            write!(f, "-{:02}", self.day())?;
        }
        if self.precision() >= Precision::Hour {
            write!(f, "T{}", self.time())?;
        }
        match self.offset_minutes() {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }
}

/// The text, of the precision that it has; of a second's parts at most nine digits.
impl fmt::Display for PartialTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.hour())?;
        if self.precision() >= Precision::Minute {
            write!(f, ":{:02}", self.minute())?;
        }
        if self.precision() >= Precision::Second {
            write!(f, ":{:02}", self.second())?;
        }
        if self.precision() == Precision::Fraction {
            let digits = self.fraction_digits().clamp(1, 9);
            let unit = 10_u32.pow(9 - u32::from(digits));
            write!(f, ".{:0width$}", self.nanosecond() / unit, width = usize::from(digits))?;
        }
        Ok(())
    }
}

/// The completed years from one day to another; nothing if the second is earlier or if it cannot be told.
pub(super) fn years_between(from: PartialDateTime, to: PartialDateTime) -> Option<u32> {
    // The fewest and the most days that may lie between give the same number of years, or none is known.
    let days = |date: PartialDateTime| {
        let (low, high) = date.range(0);
        (low.div_euclid(DAY), (high - 1).div_euclid(DAY))
    };
    let ((first, last), (to_first, to_last)) = (days(from), days(to));
    let (fewest, most) = (years(last, to_first)?, years(first, to_last)?);
    (fewest == most).then_some(fewest)
}

fn years(from: i64, to: i64) -> Option<u32> {
    let ((year, month, day), (to_year, to_month, to_day)) = (date_of_days(from), date_of_days(to));
    let full = to_year - year - i64::from((to_month, to_day) < (month, day));
    u32::try_from(full).ok()
}

/// The whole days of a duration that is not counted in months or years.
fn whole_days(amount: i64, unit: Unit) -> i64 {
    let length = i128::from(amount).saturating_mul(nanoseconds(unit));
    i64::try_from(length / NANOSECONDS_OF_DAY).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

fn nanoseconds(unit: Unit) -> i128 {
    match unit {
        Unit::Year => 365 * NANOSECONDS_OF_DAY,
        Unit::Month => 30 * NANOSECONDS_OF_DAY,
        Unit::Week => 7 * NANOSECONDS_OF_DAY,
        Unit::Day => NANOSECONDS_OF_DAY,
        Unit::Hour => 3_600_000_000_000,
        Unit::Minute => 60_000_000_000,
        Unit::Second => 1_000_000_000,
        Unit::Millisecond => 1_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::super::date::parse;
    use super::*;

    #[test]
    fn order_is_told_where_it_can_be() {
        let table = [
            ("2024", "2025", Some(Ordering::Less)),
            ("2024", "2024", Some(Ordering::Equal)),
            ("2024", "2024-01", None),
            ("2023-12", "2024", Some(Ordering::Less)),
            ("2024-01-01", "2024-01-01", Some(Ordering::Equal)),
            ("2024-01-01", "2024-01-01T10:00:00Z", None),
            ("2024-01-01", "2024-01-03T10:00:00Z", Some(Ordering::Less)),
            ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00.000Z", Some(Ordering::Equal)),
            ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00.001Z", Some(Ordering::Less)),
            ("2024-01-01T10:00:00.0000001Z", "2024-01-01T10:00:00.0000002Z", Some(Ordering::Less)),
            ("2024-01-01T00:00:00+01:00", "2023-12-31T23:00:00Z", Some(Ordering::Equal)),
            ("2024-01-01T10:00", "2024-01-01T10:00", Some(Ordering::Equal)),
            ("2024-01-01T10:00", "2024-01-01T10:00:30", None),
            ("2024-01-01T10:00", "2024-01-01T10:01", Some(Ordering::Less)),
            ("2024-01-01T10:00:00", "2024-01-01T10:00:00Z", None),
            ("2024-01-01T10:00:00", "2024-01-03T10:00:00Z", Some(Ordering::Less)),
        ];
        for (left, right, order) in table {
            let (left, right) = (parse(left).unwrap(), parse(right).unwrap());
            assert_eq!(left.compare(right), order, "{left} {right}");
            assert_eq!(right.compare(left), order.map(Ordering::reverse), "{right} {left}");
        }
    }

    #[test]
    fn durations_are_added() {
        let table = [
            ("2024-02-29", 1, Unit::Year, "2025-02-28"),
            ("2024-03-31", -1, Unit::Month, "2024-02-29"),
            ("2024-01-31", 13, Unit::Month, "2025-02-28"),
            ("2024-12-31", 1, Unit::Day, "2025-01-01"),
            ("2024-01-01", -1, Unit::Week, "2023-12-25"),
            ("2024-01-01", 23, Unit::Hour, "2024-01-01"),
            ("2024-01-01", 49, Unit::Hour, "2024-01-03"),
            ("2024-01", 31, Unit::Day, "2024-02"),
            ("2024-12", 1, Unit::Month, "2025-01"),
            ("2024", -13, Unit::Month, "2023"),
            ("2024", 365, Unit::Day, "2025"),
            ("2024", 364, Unit::Day, "2024"),
            ("2024-01-01T23:30", 45, Unit::Minute, "2024-01-02T00:15"),
            ("2024-01-01T23:30", 59, Unit::Second, "2024-01-01T23:30"),
            ("2024-01-01T00:00:00Z", -1, Unit::Second, "2023-12-31T23:59:59Z"),
            ("2024-01-01T00:00:00Z", 1500, Unit::Millisecond, "2024-01-01T00:00:01Z"),
            ("2024-01-01T00:00:00.000-05:30", 1500, Unit::Millisecond, "2024-01-01T00:00:01.500-05:30"),
        ];
        for (text, amount, unit, wanted) in table {
            let found = parse(text).unwrap().add(amount, unit).unwrap();
            assert_eq!(found.to_string(), wanted, "{text} {amount} {unit:?}");
        }
        let last = parse("9999-12-31").unwrap();
        for (amount, unit) in
            [(1, Unit::Day), (i64::MAX, Unit::Year), (i64::MAX, Unit::Week), (1, Unit::Year)]
        {
            assert!(last.add(amount, unit).is_none());
        }
        assert!(parse("0001-01").unwrap().add(-1, Unit::Month).is_none());
        assert!(parse("2024").unwrap().add(i64::MIN, Unit::Day).is_none());
    }

    #[test]
    fn texts_come_back() {
        for text in
            ["2024", "2024-02", "2024-02-29", "2024-02-29T10", "2024-02-29T10:05", "0001-01-01T23:59:60Z"]
        {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        for text in ["2024-02-29T10:05:09.001+14:00", "2024-02-29T10:05:09.100000001-00:30"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn years_are_completed() {
        let table = [
            ("2000-02-29", "2001-02-28", Some(0)),
            ("2000-02-29", "2001-03-01", Some(1)),
            ("2000", "2020", None),
            ("2000", "2020-12-30", None),
            ("2000", "2020-12-31", Some(20)),
            ("2000-05", "2020-05-30", None),
            ("2000-05", "2020-05-31", Some(20)),
            ("2000-05", "2020-06", Some(20)),
            ("2020-01-01", "2019-12-31", None),
            ("2020-01-01", "2020-01-01", Some(0)),
        ];
        for (from, to, wanted) in table {
            assert_eq!(years_between(parse(from).unwrap(), parse(to).unwrap()), wanted, "{from} {to}");
        }
    }
}
