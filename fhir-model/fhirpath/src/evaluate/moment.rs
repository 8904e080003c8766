//! The clock, boundaries, precision, parts of dates and times, and the time between two of them.

use super::{Run, Scope, compare, quantity, single};
use crate::error::{ErrorKind, Failure};
use crate::function::Function;
use crate::plan::Plan;
use crate::value::{CalendarUnit, Date, DateTime, Decimal, Item, Items, Precision, Quantity, Time};
use std::cmp::Ordering;

/// The most digits after the point that a boundary may be asked for.
const MAX_BOUNDARY_DIGITS: i64 = 31;

impl<'a> Run<'_, 'a> {
    pub(super) fn moment(
        &self,
        function: Function,
        items: &Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        use Function as F;
        if let F::Now | F::Today | F::TimeOfDay = function {
            let now = self.environment.now.ok_or_else(|| {
                let detail =
                    format!("{}() wants a clock, which the environment does not hold", function.name());
                Failure::new(ErrorKind::NoService, detail)
            })?;
            match function {
                F::Now => out.push(Item::DateTime(now)),
                F::Today => out.push(Item::Date(now.date())),
                _ => out.extend(now.time().map(Item::Time)),
            }
            return Ok(());
        }
        let Some(item) = single(items)?.filter(|item| !item.is_valueless()) else { return Ok(()) };
        let value = item.to_value();
        match function {
            F::LowBoundary | F::HighBoundary => {
                let digits = match arguments.first() {
                    Some(digits) => match self.integer(digits, scope)? {
                        Some(digits) => Some(digits),
                        None => return Ok(()),
                    },
                    None => None,
                };
                let value = value.ok_or_else(|| wanted("a decimal, a quantity, a date or a time", item))?;
                out.extend(boundary(&value, digits, function == F::HighBoundary, item)?);
            }
            F::Precision => {
                let value = value.ok_or_else(|| wanted("a decimal, a date or a time", item))?;
                let digits = match &value {
                    Item::Integer(_) | Item::Long(_) => 0,
                    Item::Decimal(decimal) => i32::from(decimal.scale()),
                    Item::Date(date) => digits_of(date.precision(), 0),
                    Item::DateTime(moment) => {
                        digits_of(moment.precision(), moment.time().map_or(0, Time::fraction_digits))
                    }
                    Item::Time(time) => digits_of(time.precision(), time.fraction_digits()) - 8,
                    _ => return Err(wanted("a decimal, a date or a time", item)),
                };
                out.push(Item::Integer(digits));
            }
            F::Comparable => {
                let other = match arguments.first() {
                    Some(other) => self.items(other, scope)?,
                    None => return Ok(()),
                };
                let Some(other) = single(&other)?.and_then(Item::to_value) else { return Ok(()) };
                let (Some(value), Some(other)) =
                    (value.as_ref().and_then(compare::as_quantity), compare::as_quantity(&other))
                else {
                    return Ok(());
                };
                out.push(Item::Boolean(quantity::comparable(&value, &other)));
            }
            F::Duration | F::Difference => {
                let [other, unit] = arguments else { return Ok(()) };
                let other = self.items(other, scope)?;
                let other = single(&other)?.and_then(Item::to_value);
                let unit = self.string(unit, scope)?;
                let (Some(value), Some(other), Some(unit)) = (value, other, unit) else { return Ok(()) };
                let unit = CalendarUnit::named(&unit).ok_or_else(|| {
                    Failure::new(ErrorKind::Range, "wanted a unit of the calendar, such as 'day'")
                })?;
                out.extend(between(&value, &other, unit, function == F::Difference)?.map(Item::Integer));
            }
            part => out.extend(value.and_then(|value| part_of(part, &value))),
        }
        Ok(())
    }
}

fn wanted(what: &str, item: &Item<'_>) -> Failure {
    Failure::new(ErrorKind::WrongType, format!("wanted {what}, found {}", item.type_name()))
}

/// The number of digits that a precision is given with: 4 for a year, 17 for milliseconds.
fn digits_of(precision: Precision, fraction: u8) -> i32 {
    match precision {
        Precision::Year => 4,
        Precision::Month => 6,
        Precision::Day => 8,
        Precision::Hour => 10,
        Precision::Minute => 12,
        Precision::Second => 14,
        Precision::Fraction => 14 + i32::from(fraction),
    }
}

fn precision_of(digits: i64) -> Option<Precision> {
    Some(match digits {
        4 => Precision::Year,
        6 => Precision::Month,
        8 => Precision::Day,
        10 => Precision::Hour,
        12 => Precision::Minute,
        14 => Precision::Second,
        17 => Precision::Fraction,
        _ => return None,
    })
}

fn boundary<'a>(
    value: &Item<'a>,
    digits: Option<i64>,
    high: bool,
    item: &Item<'a>,
) -> Result<Option<Item<'a>>, Failure> {
    let decimal = |value: Decimal| {
        let digits = digits.unwrap_or(8);
        let allowed = (0..=MAX_BOUNDARY_DIGITS).contains(&digits);
        if allowed { decimal_boundary(value, u8::try_from(digits).ok()?, high) } else { None }
    };
    Ok(match value {
        Item::Integer(_) | Item::Long(_) | Item::Decimal(_) => {
            compare::number(value).and_then(decimal).map(Item::Decimal)
        }
        Item::Quantity(quantity) => {
            decimal(quantity.value).map(|value| Item::from(Quantity { value, unit: quantity.unit.clone() }))
        }
        Item::Date(date) => precision_of(digits.unwrap_or(8))
            .filter(|precision| *precision <= Precision::Day)
            .map(|precision| Item::Date(date.boundary(precision, high))),
        Item::DateTime(moment) => precision_of(digits.unwrap_or(17))
            .map(|precision| Item::DateTime(moment.boundary(precision, high))),
        Item::Time(time) => precision_of(digits.unwrap_or(9).saturating_add(8))
            .filter(|precision| *precision >= Precision::Hour)
            .map(|precision| Item::Time(time.boundary(precision, high))),
        _ => return Err(wanted("a decimal, a quantity, a date or a time", item)),
    })
}

/// Half a unit of the last digit to either side, at `scale` digits: the nearer end to zero is cut, the farther
/// one rounded.
fn decimal_boundary(value: Decimal, scale: u8, high: bool) -> Option<Decimal> {
    let half = Decimal::new(5, value.scale().checked_add(1)?)?;
    let magnitude = value.checked_abs()?;
    let negative = value.is_negative();
    let away = high != negative;
    let end = if away { magnitude.checked_add(half)? } else { magnitude.checked_sub(half)? };
    let end = if away { end.round(scale)? } else { end.truncate(scale) };
    let end = end.with_scale(scale)?;
    if negative { end.checked_neg() } else { Some(end) }
}

/// A part of a date, a date with time, or a time.
fn part_of<'a>(part: Function, value: &Item<'a>) -> Option<Item<'a>> {
    use Function as F;
    let (date, time, offset) = match value {
        Item::Date(date) => (Some(*date), None, None),
        Item::DateTime(moment) => (Some(moment.date()), moment.time(), moment.offset_minutes()),
        Item::Time(time) => (None, Some(*time), None),
        _ => return None,
    };
    let integer = |value: Option<u8>| value.map(|value| Item::Integer(value.into()));
    match part {
        F::YearOf => date.map(|date| Item::Integer(date.year().into())),
        F::MonthOf => integer(date?.month()),
        F::DayOf => integer(date?.day()),
        F::HourOf => time.map(|time| Item::Integer(time.hour().into())),
        F::MinuteOf => integer(time?.minute()),
        F::SecondOf => integer(time?.second()),
        F::MillisecondOf => {
            time?.nanosecond().map(|nanos| Item::Integer(i32::try_from(nanos / 1_000_000).unwrap_or(0)))
        }
        F::TimezoneOffsetOf => {
            let hours = Decimal::from(offset?).checked_div(60.into())?;
            // Hours as the language writes them: 8.75, -7.0
            Some(Item::Decimal(if hours.scale() == 0 { hours.with_scale(1)? } else { hours }))
        }
        F::DateOf => date.map(Item::Date),
        // A time alone has no time of its own.
        F::TimeOf if date.is_some() => time.map(Item::Time),
        _ => None,
    }
}

/// Whole periods (`duration`) or crossed boundaries (`difference`) from `start` to `end`.
fn between(
    start: &Item<'_>,
    end: &Item<'_>,
    unit: CalendarUnit,
    boundaries: bool,
) -> Result<Option<i32>, Failure> {
    let needed = match unit {
        CalendarUnit::Year => Precision::Year,
        CalendarUnit::Month => Precision::Month,
        CalendarUnit::Week | CalendarUnit::Day => Precision::Day,
        CalendarUnit::Hour => Precision::Hour,
        CalendarUnit::Minute => Precision::Minute,
        CalendarUnit::Second => Precision::Second,
        CalendarUnit::Millisecond => Precision::Fraction,
    };
    let count = match (start, end) {
        (Item::Time(a), Item::Time(b)) => {
            if unit < CalendarUnit::Hour {
                return Err(Failure::new(ErrorKind::Range, "times of day have hours at most"));
            }
            if a.precision() < needed || b.precision() < needed {
                return Ok(None);
            }
            clock_periods(i128::from(a.nanos()), i128::from(b.nanos()), unit, boundaries)
        }
        (Item::Date(_) | Item::DateTime(_), Item::Date(_) | Item::DateTime(_)) => {
            let both_dates = matches!((start, end), (Item::Date(_), Item::Date(_)));
            if both_dates && unit > CalendarUnit::Day {
                return Err(Failure::new(ErrorKind::Range, "dates have days at least"));
            }
            let moment = |item: &Item<'_>| match item {
                Item::Date(date) => Some(DateTime::from(*date)),
                Item::DateTime(moment) => Some(*moment),
                _ => None,
            };
            let (Some(a), Some(b)) = (moment(start), moment(end)) else { return Ok(None) };
            if a.precision() < needed || b.precision() < needed {
                return Ok(None);
            }
            if unit > CalendarUnit::Day {
                clock_periods(a.nanos(), b.nanos(), unit, boundaries)
            } else {
                calendar_periods(a, b, unit, boundaries)
            }
        }
        _ => return Err(Failure::new(ErrorKind::WrongType, "wanted two dates or two times of day")),
    };
    Ok(count.and_then(|count| i32::try_from(count).ok()))
}

fn clock_periods(start: i128, end: i128, unit: CalendarUnit, boundaries: bool) -> Option<i128> {
    let length = i128::from(unit.milliseconds()?) * 1_000_000;
    Some(match boundaries {
        true => end.div_euclid(length) - start.div_euclid(length),
        false => (end - start) / length,
    })
}

fn calendar_periods(start: DateTime, end: DateTime, unit: CalendarUnit, boundaries: bool) -> Option<i128> {
    let (from, to) = (start.date(), end.date());
    let months = |date: Date| i128::from(date.year()) * 12 + i128::from(date.month().unwrap_or(1));
    let days = |date: Date| i128::from(date.day_number());
    if boundaries {
        return Some(match unit {
            CalendarUnit::Year => i128::from(to.year()) - i128::from(from.year()),
            CalendarUnit::Month => months(to) - months(from),
            // 1970-01-01 was a Thursday; weeks start on Sundays.
            CalendarUnit::Week => (days(to) + 4).div_euclid(7) - (days(from) + 4).div_euclid(7),
            _ => days(to) - days(from),
        });
    }
    let later = start.local_nanos().cmp(&end.local_nanos());
    if later == Ordering::Greater {
        return calendar_periods(end, start, unit, false).map(|count| -count);
    }
    Some(match unit {
        CalendarUnit::Year | CalendarUnit::Month => {
            let mut count = months(to) - months(from);
            // The last month counts once its day and time are reached.
            let reached = start.add_months(i64::try_from(count).ok()?)?.local_nanos() <= end.local_nanos();
            if !reached {
                count -= 1;
            }
            if unit == CalendarUnit::Year { count / 12 } else { count }
        }
        _ => {
            let whole = (end.local_nanos() - start.local_nanos()) / 86_400_000_000_000;
            if unit == CalendarUnit::Week { whole / 7 } else { whole }
        }
    })
}

/// Reads a date or date with time by a format of the chapter "Date/DateTime String Format Codes".
pub(super) fn parse_as(text: &str, format: &str) -> Option<DateTime> {
    let (mut year, mut month, mut day) = (None, None, None);
    let (mut hour, mut minute, mut second, mut fraction) = (None, None, None, None);
    let (mut afternoon, mut offset, mut half) = (None, None, false);
    let mut rest = text;
    let mut codes = format;
    while let Some(code) = codes.chars().next() {
        let length = codes.chars().take_while(|c| *c == code).count();
        let (run, after) = codes.split_at_checked(length * code.len_utf8())?;
        codes = after;
        let mut number = |widest: usize| {
            let least = if length >= 2 { length } else { 1 };
            let digits = rest.bytes().take(widest).take_while(u8::is_ascii_digit).count();
            let (digits, after) = rest.split_at_checked(digits)?;
            rest = after;
            if digits.len() < least { None } else { digits.parse::<u16>().ok() }
        };
        let mut small = |widest: usize| number(widest).and_then(|value| u8::try_from(value).ok());
        match (code, length) {
            ('y', 4) => year = Some(number(4)?),
            ('y', 2) => {
                let short = number(2)?;
                year = Some(if short < 50 { 2000 + short } else { 1900 + short });
            }
            ('M', 1 | 2) => month = Some(small(2)?),
            ('d', 1 | 2) => day = Some(small(2)?),
            ('H', 1 | 2) => hour = Some(small(2)?),
            ('h', 1 | 2) => {
                hour = Some(small(2).filter(|hour| (1..=12).contains(hour))?);
                half = true;
            }
            ('m', 1 | 2) => minute = Some(small(2)?),
            ('s', 1 | 2) => second = Some(small(2)?),
            ('S', digits @ 1..=9) => {
                let (part, after) = rest.split_at_checked(digits)?;
                let all = part.bytes().all(|byte| byte.is_ascii_digit());
                let value: u32 = if all { part.parse().ok()? } else { return None };
                rest = after;
                fraction =
                    Some((value * 10_u32.pow(9 - u32::try_from(digits).ok()?), u8::try_from(digits).ok()?));
            }
            ('a', _) => {
                let marker = rest.get(..1)?;
                afternoon = Some(match marker {
                    "A" | "a" => false,
                    "P" | "p" => true,
                    _ => return None,
                });
                rest = rest.get(1..)?;
                rest = rest.strip_prefix(['M', 'm']).unwrap_or(rest);
            }
            ('Z', 1) => {
                let (minutes, after) = zone(rest)?;
                offset = Some(minutes);
                rest = after;
            }
            ('y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'z', _) => return None,
            _ => rest = rest.strip_prefix(run)?,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    let date = Date::new(year?, month, day)?;
    let hour = match (hour, half, afternoon) {
        (None, ..) => return DateTime::new(date, None, None),
        (Some(hour), true, Some(true)) => hour % 12 + 12,
        (Some(hour), true, Some(false)) => hour % 12,
        (Some(hour), ..) => hour,
    };
    let mut time = Time::new(hour, minute, second)?;
    if let Some((nanos, digits)) = fraction {
        time = time.with_fraction(nanos, digits)?;
    }
    DateTime::new(date, Some(time), offset)
}

/// `Z`, `+0200` or `+02:00` at the front of a text.
fn zone(text: &str) -> Option<(i16, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let two = |text: &str| {
        text.get(..2).filter(|two| two.bytes().all(|byte| byte.is_ascii_digit()))?.parse::<i16>().ok()
    };
    let rest = text.get(1..)?;
    let hours = two(rest)?;
    let rest = rest.get(2..)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = two(rest).filter(|minutes| *minutes < 60)?;
    Some((sign * (hours * 60 + minutes), rest.get(2..)?))
}
