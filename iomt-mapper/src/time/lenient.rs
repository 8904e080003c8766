//! Text to instant as .NET's `DateTime.Parse` does it without a culture: month before day, names of months in
//! English, an optional clock and zone, in any usual order. Texts that need today's date are not read, since
//! this crate has no clock.

use super::{Fraction, Moment, Parts, Timestamp, Zone, offset_ticks};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The instant that a text names; `None` if it names none or only part of one.
pub(crate) fn lenient(text: &str) -> Option<Moment> {
    let text = text.trim();
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let mut words = Words { rest: text };
    let mut parts = date(&mut words)?;
    let mut offset = None;
    clock(&mut words, &mut parts)?;
    if let Some(ticks) = zone(&mut words)? {
        offset = Some(ticks);
    }
    if !words.rest.is_empty() || parts.hour > 23 {
        return None;
    }
    let local = parts.ticks()?;
    let time = Timestamp::from_ticks(local - offset.unwrap_or(0))?;
    Some(Moment { time, zone: if offset.is_some() { Zone::Local } else { Zone::Unspecified } })
}

/// Reads the date: `2019-02-01`, `2/1/2019`, `1 Feb 2019`, `February 1, 2019`, each perhaps with the name of a
/// day before it.
fn date(words: &mut Words<'_>) -> Option<Parts> {
    if let Some(name) = words.name()
        && find(&DAYS, name).is_none()
    {
        let month = find(&MONTHS, name)?;
        words.skip(&[' ', '-', '.']);
        let (day, _) = words.number()?;
        words.skip(&[' ', ',']);
        return named(words, month, day);
    }
    words.skip(&[' ', ',', '.']);
    let (first, width) = words.number()?;
    words.skip_spaces_before_letter();
    if let Some(name) = words.name_after(&['-', '/', ' ']) {
        let month = find(&MONTHS, name)?;
        words.skip(&[' ', '-', ',', '.', '/']);
        return named(words, month, first);
    }
    let separator = words.take(&['-', '/', '.'])?;
    let (second, _) = words.number()?;
    let (third, third_width) = match words.take(&[separator]) {
        Some(_) => words.number()?,
        // A year and a month alone mean its first day.
        None if width == 4 => (1, 1),
        None => return None,
    };
    let (year, year_width, month, day) =
        if width == 4 { (first, width, second, third) } else { (third, third_width, first, second) };
    Some(Parts { year: full_year(year, year_width)?, month, day, ..Parts::default() })
}

fn named(words: &mut Words<'_>, month: i64, day: i64) -> Option<Parts> {
    let (year, width) = words.number()?;
    Some(Parts { year: full_year(year, width)?, month, day, ..Parts::default() })
}

/// Two digits name a year from 1950 to 2049.
fn full_year(year: i64, width: usize) -> Option<i64> {
    match width {
        1 | 2 => Some(if year < 50 { 2000 + year } else { 1900 + year }),
        4 => Some(year),
        _ => None,
    }
}

/// Reads `10:00`, `10:00:07`, `10:00:07.125`, `10:00 PM`, if there is one.
fn clock(words: &mut Words<'_>, parts: &mut Parts) -> Option<()> {
    words.skip(&[' ', ',']);
    words.take(&['T', 't']);
    if !words.rest.starts_with(|character: char| character.is_ascii_digit()) {
        return Some(());
    }
    parts.hour = words.number()?.0;
    words.take(&[':'])?;
    parts.minute = words.number()?.0;
    if words.take(&[':']).is_some() {
        parts.second = words.number()?.0;
        if words.take(&['.']).is_some() {
            let fraction = words.fraction()?;
            parts.fraction = fraction.ticks + i64::from(fraction.next >= 5);
        }
    }
    words.skip(&[' ']);
    let half = words.rest.get(..2).map(str::to_ascii_lowercase);
    let afternoon = match half.as_deref() {
        Some("am") => 0,
        Some("pm") => 12,
        _ => return Some(()),
    };
    words.advance(2);
    if !(1..=12).contains(&parts.hour) {
        return None;
    }
    parts.hour = parts.hour % 12 + afternoon;
    Some(())
}

/// Reads `Z`, `GMT`, `UTC`, `+02:00`, `+0200` or `+02`, if there is one.
fn zone(words: &mut Words<'_>) -> Option<Option<i64>> {
    words.skip(&[' ']);
    if words.rest.is_empty() {
        return Some(None);
    }
    if let Some(name) = words.name() {
        return ["z", "gmt", "utc"].contains(&name.to_ascii_lowercase().as_str()).then_some(Some(0));
    }
    let sign = words.take(&['+', '-'])?;
    let (hours, width) = words.number()?;
    let (hours, minutes) = match (width, words.take(&[':'])) {
        (1 | 2, Some(_)) => (hours, words.number()?.0),
        (1 | 2, None) => (hours, 0),
        (4, None) => (hours / 100, hours % 100),
        _ => return None,
    };
    let valid = hours <= 14 && minutes < 60;
    valid.then(|| offset_ticks(if sign == '-' { b'-' } else { b'+' }, hours, minutes))
}

/// The place of a name, or of its first three letters, in a list; counted from 1.
fn find(names: &[&str], name: &str) -> Option<i64> {
    let name = name.to_ascii_lowercase();
    let at = names.iter().position(|&full| name == full || full.get(..3) == Some(name.as_str()))?;
    i64::try_from(at).ok().map(|at| at + 1)
}

/// What is left of the text.
struct Words<'t> {
    rest: &'t str,
}

impl<'t> Words<'t> {
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn skip(&mut self, marks: &[char]) {
        self.rest = self.rest.trim_start_matches(marks);
    }

    fn take(&mut self, marks: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|character| marks.contains(character))?;
        self.advance(1);
        Some(first)
    }

    fn run(&mut self, belongs: fn(&char) -> bool) -> Option<&'t str> {
        let end = self.rest.find(|character: char| !belongs(&character)).unwrap_or(self.rest.len());
        let run = self.rest.get(..end).filter(|run| !run.is_empty())?;
        self.advance(end);
        Some(run)
    }

    fn name(&mut self) -> Option<&'t str> {
        self.run(char::is_ascii_alphabetic)
    }

    /// A name behind one of `marks`, or right here.
    fn name_after(&mut self, marks: &[char]) -> Option<&'t str> {
        let before = self.rest;
        self.take(marks);
        let name = self.name();
        if name.is_none_or(|name| name.len() < 3) {
            self.rest = before;
            return None;
        }
        name
    }

    fn skip_spaces_before_letter(&mut self) {
        let trimmed = self.rest.trim_start();
        if trimmed.starts_with(|character: char| character.is_ascii_alphabetic()) {
            self.rest = trimmed;
        }
    }

    /// A number and how many digits it has.
    fn number(&mut self) -> Option<(i64, usize)> {
        let digits = self.run(char::is_ascii_digit).filter(|digits| digits.len() <= 4)?;
        Some((digits.parse().ok()?, digits.len()))
    }

    fn fraction(&mut self) -> Option<Fraction> {
        let digits = self.run(char::is_ascii_digit)?;
        super::Cursor::new(digits).fraction()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_texts_are_read_and_partial_ones_are_not() {
        for (text, expected) in [
            ("2019-02-01", Some("2019-02-01T00:00:00")),
            ("2019-02", Some("2019-02-01T00:00:00")),
            ("2019/2/1 7:05", Some("2019-02-01T07:05:00")),
            ("2/1/2019", Some("2019-02-01T00:00:00")),
            ("2/1/2019 1:02:03 PM", Some("2019-02-01T13:02:03")),
            ("2/1/2019 12:02 am", Some("2019-02-01T00:02:00")),
            ("2/1/19", Some("2019-02-01T00:00:00")),
            ("2/1/50", Some("1950-02-01T00:00:00")),
            ("1 Feb 2019", Some("2019-02-01T00:00:00")),
            ("01-Feb-2019 10:00:00", Some("2019-02-01T10:00:00")),
            ("February 1, 2019 10:00", Some("2019-02-01T10:00:00")),
            ("Fri, 01 Feb 2019 22:46:01 GMT", Some("2019-02-01T22:46:01+00:00")),
            ("2019-02-01T22:46Z", Some("2019-02-01T22:46:00+00:00")),
            ("2019-02-01 22:46:01.875 +02:00", Some("2019-02-01T20:46:01.875+00:00")),
            ("2019-02-01T22:46:01.123456789Z", Some("2019-02-01T22:46:01.1234568+00:00")),
            ("2019-02-01T22:46:01-0230", Some("2019-02-02T01:16:01+00:00")),
            ("  2019-02-01  ", Some("2019-02-01T00:00:00")),
            ("31/12/2019", None),
            ("2019-02-30", None),
            ("10:00", None),
            ("2/1", None),
            ("yesterday", None),
            ("78", None),
            ("2019-02-01 25:00", None),
            ("2019-02-01T10:00:00 Mars", None),
            ("", None),
        ] {
            assert_eq!(lenient(text).map(Moment::iso_text).as_deref(), expected, "{text}");
        }
    }
}
