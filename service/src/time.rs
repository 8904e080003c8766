//! Moments as microseconds since 1970, and their text in FHIR and in HTTP.

use hygea_fhir_model::primitive::date::date_of_days;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The system's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A FHIR instant in UTC with milliseconds: `2026-11-20T10:19:49.123Z`.
pub(crate) fn instant(micros: i64) -> String {
    let (year, month, day) = date_of_days(micros.div_euclid(86_400_000_000));
    let of_day = micros.rem_euclid(86_400_000_000) / 1000;
    let (hour, minute, second, milli) =
        (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The date of HTTP headers (RFC 9110 §5.6.7).
pub(crate) fn http_date(micros: i64) -> String {
    let since = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_fhir_and_http_have_them() {
        let table = [
            (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_795_170_000_123_456, "2026-11-20T10:20:00.123Z", "Fri, 20 Nov 2026 10:20:00 GMT"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ];
        for (micros, fhir, http) in table {
            assert_eq!((instant(micros).as_str(), http_date(micros).as_str()), (fhir, http));
        }
        assert_eq!(instant(-1), "1969-12-31T23:59:59.999Z");
    }
}
