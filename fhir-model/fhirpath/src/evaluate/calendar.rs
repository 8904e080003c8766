//! Adding times to dates (FHIRPath "Date/Time Arithmetic").

use super::quantity::in_calendar_unit;
use crate::error::{ErrorKind, Failure};
use crate::value::{CalendarUnit, DateTime, Decimal, Item, Precision, Quantity, Unit};

/// `value + quantity` or `value - quantity` for a date, a date with time or a time.
pub(super) fn add<'a>(value: &Item<'a>, quantity: &Quantity, subtract: bool) -> Result<Item<'a>, Failure> {
    let unit = match &quantity.unit {
        Unit::Calendar(unit) => *unit,
        Unit::Ucum(code) => CalendarUnit::of_ucum(code).ok_or_else(|| {
            let detail = format!(
                "'{code}' is no unit of the calendar; dates take years, months, weeks, days and times"
            );
            Failure::new(ErrorKind::WrongType, detail)
        })?,
    };
    let amount = if subtract { quantity.value.checked_neg() } else { Some(quantity.value) };
    let amount = amount.ok_or_else(out_of_range)?;
    match value {
        Item::Date(_) if unit > CalendarUnit::Day => Err(not_for("dates", unit)),
        Item::Date(date) => shifted((*date).into(), amount, unit)
            .map(|moment| Item::Date(moment.date()))
            .ok_or_else(out_of_range),
        Item::DateTime(moment) => shifted(*moment, amount, unit).map(Item::DateTime).ok_or_else(out_of_range),
        Item::Time(_) if unit < CalendarUnit::Hour => Err(not_for("times of day", unit)),
        Item::Time(time) => {
            let (amount, unit) = in_precision(amount, unit, time.precision()).ok_or_else(out_of_range)?;
            let nanos = nanos(amount, unit).ok_or_else(out_of_range)?;
            time.add_nanos(nanos).map(Item::Time).ok_or_else(out_of_range)
        }
        other => Err(not_for(other.type_name(), unit)),
    }
}

fn shifted(moment: DateTime, amount: Decimal, unit: CalendarUnit) -> Option<DateTime> {
    let (amount, unit) = in_precision(amount, unit, moment.precision())?;
    let whole = || i64::try_from(amount.truncate(0).mantissa()).ok();
    match unit {
        CalendarUnit::Year => moment.add_months(whole()?.checked_mul(12)?),
        CalendarUnit::Month => moment.add_months(whole()?),
        CalendarUnit::Week => moment.add_days(whole()?.checked_mul(7)?),
        CalendarUnit::Day => moment.add_days(whole()?),
        _ => moment.add_nanos(nanos(amount, unit)?),
    }
}

/// The amount in a unit that the value has: months become years where the value is a year only.
fn in_precision(
    amount: Decimal,
    unit: CalendarUnit,
    precision: Precision,
) -> Option<(Decimal, CalendarUnit)> {
    let finest = match precision {
        Precision::Year => CalendarUnit::Year,
        Precision::Month => CalendarUnit::Month,
        Precision::Day => CalendarUnit::Day,
        Precision::Hour => CalendarUnit::Hour,
        Precision::Minute => CalendarUnit::Minute,
        // A second and its fraction are one precision.
        Precision::Second | Precision::Fraction => return Some((amount, unit)),
    };
    if unit <= finest {
        return Some((amount, unit));
    }
    // Decimals of the amount count for seconds only.
    let amount = if unit < CalendarUnit::Second { amount.truncate(0) } else { amount };
    Some((in_calendar_unit(amount, unit, finest)?, finest))
}

/// The amount of a time unit in nanoseconds; decimals count for seconds and milliseconds only.
fn nanos(amount: Decimal, unit: CalendarUnit) -> Option<i128> {
    let amount = if unit < CalendarUnit::Second { amount.truncate(0) } else { amount };
    let factor = i64::from(unit.milliseconds()?).checked_mul(1_000_000)?;
    Some(amount.checked_mul(factor.into())?.truncate(0).mantissa())
}

fn out_of_range() -> Failure {
    Failure::new(ErrorKind::Range, "the date would lie outside of the years 1 to 9999")
}

fn not_for(what: &str, unit: CalendarUnit) -> Failure {
    Failure::new(ErrorKind::WrongType, format!("{what} take no {}s", unit.name()))
}
