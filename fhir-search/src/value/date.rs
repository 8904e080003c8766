//! Dates as half-open spans of microseconds, for what a resource says and for what a query asks alike.
//!
//! A date of any precision is the span of all instants that it covers: `2013` is the year, `2013-01-14T10:00Z` the minute
//! (<https://hl7.org/fhir/R4/search.html#date>). Spans are half-open integers, so no `.999` is ever needed. A date
//! without a zone is taken in one zone that the caller gives.

use hygea_fhir_model::primitive::date::{self, Precision};

/// The distance from UTC at which dates and times without a zone are read. The default is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Zone {
    offset: i32,
}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self { offset: 0 };

    /// A zone `minutes` east of UTC, at most 14 hours to either side.
    #[must_use]
    pub const fn minutes_east(minutes: i32) -> Option<Self> {
        if minutes >= -14 * 60 && minutes <= 14 * 60 { Some(Self { offset: minutes }) } else { None }
    }
}

/// The instants from `low` up to but without `high`, in microseconds since 1970-01-01T00:00Z.
///
/// ```
/// use hygea_fhir_search::value::{DateRange, Zone};
///
/// let day = DateRange::parse("1970-01-02", Zone::UTC).unwrap();
/// assert_eq!((day.low, day.high), (86_400_000_000, 2 * 86_400_000_000));
/// let year = DateRange::parse("1970", Zone::UTC).unwrap();
/// assert!(year.contains(day));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateRange {
    /// The first instant; [`DateRange::OPEN_LOW`] where there is no beginning.
    pub low: i64,
    /// The first instant after; [`DateRange::OPEN_HIGH`] where there is no end.
    pub high: i64,
}

impl DateRange {
    /// Before all instants.
    pub const OPEN_LOW: i64 = i64::MIN;
    /// After all instants.
    pub const OPEN_HIGH: i64 = i64::MAX;

    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYY-MM-DDThh:mm`, `…:ss` or `…:ss.fff`, times with `Z`, `±hh:mm` or none.
    ///
    /// That is FHIR's dateTime and instant, and the minute precision that search adds. A space stands for `+` in an
    /// offset, because that is what an unescaped `+` in a URL becomes. Digits of a fraction beyond the sixth are cut off.
    #[must_use]
    pub fn parse(text: &str, zone: Zone) -> Option<Self> {
        let partial = match text.rsplit_once(' ') {
            Some((head, tail)) => date::parse(&format!("{head}+{tail}"))?,
            None => date::parse(text)?,
        };
        // FHIR has no times of hours alone.
        if partial.precision() == Precision::Hour {
            return None;
        }
        let (low, high) = partial.range(zone.offset);
        Some(Self { low, high })
    }

    /// A span between two dates, as a Period has it: from the first instant of `start` to the last one of `end`.
    ///
    /// An end that is absent is open. Nothing if one of them is no date, or if the span would be empty.
    #[must_use]
    pub fn between(start: Option<&str>, end: Option<&str>, zone: Zone) -> Option<Self> {
        let low = match start {
            Some(start) => Self::parse(start, zone)?.low,
            None => Self::OPEN_LOW,
        };
        let high = match end {
            Some(end) => Self::parse(end, zone)?.high,
            None => Self::OPEN_HIGH,
        };
        (low < high && (start.is_some() || end.is_some())).then_some(Self { low, high })
    }

    /// Whether every instant of `other` is in this span.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// Whether some instant is in both.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.low < other.high && other.low < self.high
    }

    /// The span, wider on both sides by a tenth of its distance to `now`: what the prefix `ap` means.
    #[must_use]
    pub const fn widened(self, now: i64) -> Self {
        let distance = if now < self.low {
            self.low.saturating_sub(now)
        } else if now > self.high {
            now.saturating_sub(self.high)
        } else {
            0
        };
        let by = distance / 10;
        Self { low: self.low.saturating_sub(by), high: self.high.saturating_add(by) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    fn utc(text: &str) -> Option<(i64, i64)> {
        DateRange::parse(text, Zone::UTC).map(|range| (range.low, range.high))
    }

    #[test]
    fn every_precision_is_its_span() {
        let cases = [
            ("1970", 0, 365 * DAY),
            ("1972", 730 * DAY, 1096 * DAY),
            ("1970-02", 31 * DAY, 59 * DAY),
            ("1970-12", 334 * DAY, 365 * DAY),
            ("1970-01-01", 0, DAY),
            ("1969-12-31", -DAY, 0),
            ("2000-02-29", 11_016 * DAY, 11_017 * DAY),
            ("1970-01-01T00:00Z", 0, MINUTE),
            ("1970-01-01T00:00:01Z", SECOND, 2 * SECOND),
            ("1970-01-01T00:00:00.5Z", 500_000, 600_000),
            ("1970-01-01T00:00:00.123Z", 123_000, 124_000),
            ("1970-01-01T00:00:00.123456Z", 123_456, 123_457),
            ("1970-01-01T00:00:00.123456789Z", 123_456, 123_457),
            ("1970-01-01T01:00:00+01:00", 0, SECOND),
            ("1970-01-01T01:00:00 01:00", 0, SECOND),
            ("1969-12-31T14:00:00-10:00", 0, SECOND),
            ("1969-12-31T23:59:60Z", 0, SECOND),
            ("1970-01-01T00:00:00", 0, SECOND),
            ("0001-01-01", -719_162 * DAY, -719_161 * DAY),
            ("9999-12-31", 2_932_896 * DAY, 2_932_897 * DAY),
        ];
        for (text, low, high) in cases {
            assert_eq!(utc(text), Some((low, high)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let cases = [
            "",
            "197",
            "0000",
            "19700",
            "1970-",
            "1970-1",
            "1970-13",
            "1970-00",
            "1970-01-00",
            "1970-01-32",
            "1970-02-29",
            "1900-02-29",
            "1970-01-01T",
            "1970-01-01T00",
            "1970-01-01T24:00Z",
            "1970-01-01T00:60Z",
            "1970-01-01T00:00:61Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00z",
            "1970-01-01T00:00+15:00",
            "1970-01-01T00:00+0100",
            "1970-01-01 00:00",
            "1970-01-01Z",
            "+1970",
            "-1970",
            "1970-01-01T00:00:00Zx",
            "١٩٧٠",
        ];
        for text in cases {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn a_zone_applies_where_none_is_given() {
        let zone = Zone::minutes_east(120).unwrap();
        let cases = [
            ("1970-01-01", -2 * HOUR, 22 * HOUR),
            ("1970", -2 * HOUR, 365 * DAY - 2 * HOUR),
            ("1970-01-01T00:00:00", -2 * HOUR, -2 * HOUR + SECOND),
            ("1970-01-01T00:00:00Z", 0, SECOND),
            ("1970-01-01T00:00:00-01:00", HOUR, HOUR + SECOND),
        ];
        for (text, low, high) in cases {
            assert_eq!(DateRange::parse(text, zone), Some(DateRange { low, high }), "{text}");
        }
        assert_eq!(Zone::minutes_east(15 * 60), None);
    }

    #[test]
    fn periods_may_be_open() {
        let between =
            |start, end| DateRange::between(start, end, Zone::UTC).map(|range| (range.low, range.high));
        assert_eq!(between(Some("1970-01-01"), Some("1970-01-01")), Some((0, DAY)));
        assert_eq!(between(Some("1970-01-01"), None), Some((0, i64::MAX)));
        assert_eq!(between(None, Some("1970")), Some((i64::MIN, 365 * DAY)));
        assert_eq!(between(None, None), None);
        assert_eq!(between(Some("1971"), Some("1970")), None);
        assert_eq!(between(Some("soon"), None), None);
    }

    #[test]
    fn approximation_grows_with_the_distance_to_now() {
        let day = DateRange { low: 100 * DAY, high: 101 * DAY };
        let cases =
            [(101 * DAY, day), (100 * DAY, day), (201 * DAY, DateRange { low: 90 * DAY, high: 111 * DAY })];
        for (now, wanted) in cases {
            assert_eq!(day.widened(now), wanted, "{now}");
        }
        assert_eq!(day.widened(0), DateRange { low: 90 * DAY, high: 111 * DAY });
        let open = DateRange { low: i64::MIN, high: i64::MAX };
        assert_eq!(open.widened(0), open);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9TZ:.+ -]{0,32}") {
            if let Some(range) = DateRange::parse(&text, Zone::UTC) {
                proptest::prop_assert!(range.low < range.high);
            }
        }

        #[test]
        fn any_unicode_is_refused_quietly(text in "\\PC{0,32}") {
            let _ = DateRange::parse(&text, Zone::UTC);
        }

        #[test]
        fn a_day_is_in_its_month_and_its_month_in_its_year(year in 1i64..=9999, month in 1i64..=12, day in 1i64..=28) {
            let read = |text: String| DateRange::parse(&text, Zone::UTC).unwrap();
            let (y, m) = (read(format!("{year:04}")), read(format!("{year:04}-{month:02}")));
            let d = read(format!("{year:04}-{month:02}-{day:02}"));
            proptest::prop_assert!(y.contains(m) && m.contains(d) && d.high - d.low == DAY);
        }
    }
}
