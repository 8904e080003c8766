//! Math (FHIRPath "Math" and "Aggregates").

use super::compare::{as_quantity, number};
use super::{Run, Scope, quantity, single};
use crate::error::{ErrorKind, Failure};
use crate::function::Function;
use crate::plan::Plan;
use crate::value::{Decimal, Item, Items, Quantity, series};
use std::cmp::Ordering;

impl<'a> Run<'_, 'a> {
    pub(super) fn math(
        &self,
        function: Function,
        items: &Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        use Function as F;
        if let F::Sum | F::Min | F::Max | F::Avg = function {
            out.extend(self.total(function, items)?);
            return Ok(());
        }
        let Some(item) = single(items)?.filter(|item| !item.is_valueless()) else { return Ok(()) };
        let value = item.to_value().ok_or_else(|| not_a_number(item))?;
        let argument = match arguments.first() {
            Some(argument) => {
                let found = self.items(argument, scope)?;
                let Some(found) = single(&found)?
                    .filter(|item| !item.is_valueless())
                    .map(|item| item.to_value().ok_or_else(|| not_a_number(item)))
                else {
                    return Ok(());
                };
                let found = found?;
                Some(number(&found).ok_or_else(|| not_a_number(&found))?)
            }
            None => None,
        };
        out.extend(match function {
            F::Abs => match value {
                Item::Integer(value) => value.checked_abs().map(Item::Integer),
                Item::Long(value) => value.checked_abs().map(Item::Long),
                Item::Decimal(value) => value.checked_abs().map(Item::Decimal),
                Item::Quantity(quantity) => with_value(&quantity, Decimal::checked_abs),
                other => return Err(not_a_number(&other)),
            },
            F::Ceiling => rounded(&value, Decimal::ceiling)?,
            F::Floor => rounded(&value, Decimal::floor)?,
            F::Truncate => rounded(&value, |value| Some(value.truncate(0)))?,
            F::Round => {
                let digits = match argument {
                    None => 0,
                    Some(digits) => {
                        digits.to_i128().and_then(|digits| u8::try_from(digits).ok()).ok_or_else(|| {
                            Failure::new(ErrorKind::Range, "wanted a number of digits that is not negative")
                        })?
                    }
                };
                match &value {
                    Item::Quantity(quantity) => with_value(quantity, |value| value.round(digits)),
                    other => {
                        let value = number(other).ok_or_else(|| not_a_number(other))?;
                        value.round(digits).map(Item::Decimal)
                    }
                }
            }
            _ => {
                let value = number(&value).ok_or_else(|| not_a_number(&value))?;
                transcendental(function, value, argument)?.map(Item::Decimal)
            }
        });
        Ok(())
    }

    /// `sum`, `min`, `max`, `avg`
    fn total(&self, function: Function, items: &Items<'a>) -> Result<Option<Item<'a>>, Failure> {
        let mut values = Vec::with_capacity(items.len());
        for item in items.iter().filter(|item| !item.is_valueless()) {
            values.push(item.to_value().ok_or_else(|| not_a_number(item))?);
        }
        let mut rest = values.iter();
        let Some(first) = rest.next() else { return Ok(None) };
        if let Function::Min | Function::Max = function {
            let mut best = first;
            for value in rest {
                match self.order(value, best)? {
                    Some(Ordering::Less) if function == Function::Min => best = value,
                    Some(Ordering::Greater) if function == Function::Max => best = value,
                    Some(_) => {}
                    None => return Ok(None),
                }
            }
            return Ok(Some(best.clone()));
        }
        let sum = sum(&values)?;
        if function == Function::Sum {
            return Ok(sum);
        }
        let count = Decimal::from(i64::try_from(values.len()).unwrap_or(i64::MAX));
        Ok(match sum {
            Some(Item::Quantity(quantity)) => with_value(&quantity, |value| value.checked_div(count)),
            Some(other) => number(&other).and_then(|value| value.checked_div(count)).map(Item::Decimal),
            None => None,
        })
    }
}

fn sum<'a>(values: &[Item<'a>]) -> Result<Option<Item<'a>>, Failure> {
    let integers: Option<Vec<i32>> = values
        .iter()
        .map(|value| if let Item::Integer(value) = value { Some(*value) } else { None })
        .collect();
    if let Some(integers) = integers {
        return Ok(integers.into_iter().try_fold(0, i32::checked_add).map(Item::Integer));
    }
    let numbers: Option<Vec<Decimal>> = values.iter().map(number).collect();
    if let Some(numbers) = numbers {
        let sum = numbers.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add);
        let long = values.iter().all(|value| matches!(value, Item::Integer(_) | Item::Long(_)));
        return Ok(match sum {
            Some(sum) if long => i64::try_from(sum.mantissa()).ok().map(Item::Long),
            other => other.map(Item::Decimal),
        });
    }
    let mut total: Option<Quantity> = None;
    for value in values {
        let next = as_quantity(value).ok_or_else(|| not_a_number(value))?;
        total = match total {
            None => Some(next.into_owned()),
            Some(sum) => match quantity::add(&sum, &next, false) {
                Some(sum) => Some(sum),
                None => return Ok(None),
            },
        };
    }
    Ok(total.map(Item::from))
}

fn not_a_number(item: &Item<'_>) -> Failure {
    Failure::new(ErrorKind::WrongType, format!("wanted a number, found {}", item.type_name()))
}

fn with_value<'a>(quantity: &Quantity, change: impl Fn(Decimal) -> Option<Decimal>) -> Option<Item<'a>> {
    change(quantity.value).map(|value| Item::from(Quantity { value, unit: quantity.unit.clone() }))
}

/// Integers stay, decimals become integers, quantities keep their unit.
fn rounded<'a>(
    value: &Item<'a>,
    round: impl Fn(Decimal) -> Option<Decimal>,
) -> Result<Option<Item<'a>>, Failure> {
    Ok(match value {
        Item::Integer(_) | Item::Long(_) => Some(value.clone()),
        Item::Decimal(decimal) => round(*decimal).and_then(|whole| {
            let whole = whole.mantissa();
            i32::try_from(whole).map(Item::Integer).or_else(|_| i64::try_from(whole).map(Item::Long)).ok()
        }),
        Item::Quantity(quantity) => with_value(quantity, round),
        other => return Err(not_a_number(other)),
    })
}

/// Functions without exact results, and powers and roots that may have one.
fn transcendental(
    function: Function,
    value: Decimal,
    argument: Option<Decimal>,
) -> Result<Option<Decimal>, Failure> {
    let positive = |value: Decimal, what: &'static str| {
        if value > Decimal::ZERO { Ok(value) } else { Err(Failure::new(ErrorKind::Range, what)) }
    };
    Ok(match function {
        Function::Exp => series::exponential(value),
        Function::Ln => series::logarithm(positive(value, "wanted a number above 0")?),
        Function::Log => {
            let base = positive(argument.unwrap_or(Decimal::ZERO), "wanted a base above 0")?;
            series::logarithm_to(positive(value, "wanted a number above 0")?, base)
        }
        Function::Power => series::power(value, argument.unwrap_or(Decimal::ONE)),
        // Function::Sqrt
        _ => series::square_root(value),
    })
}
