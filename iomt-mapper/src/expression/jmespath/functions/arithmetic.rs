//! Numbers in, numbers out. Whether a number is an integer or a double is decided by how the message writes
//! it; in `compat` integers wrap around and divide without a rest, in `strict` neither happens.

use super::Function;
use crate::error::{Error, ErrorKind};
use crate::expression::jmespath::eval::Evaluation;
use crate::expression::jmespath::value::Value;
use crate::number::Number;

impl<'v> Evaluation<'_, 'v> {
    pub(super) fn arithmetic(
        &self,
        function: Function,
        left: &Value<'v>,
        right: &Value<'v>,
    ) -> Result<Value<'v>, Error> {
        let numbers = left.number(self.mode).zip(right.number(self.mode));
        let (left, right) = numbers.ok_or_else(|| function.wants("two numbers"))?;
        let number = match (left, right) {
            (Number::Big(_), _) | (_, Number::Big(_)) => return Err(overflow(function)),
            (Number::Integer(left), Number::Integer(right)) => self.integers(function, left, right)?,
            (left, right) => Number::Float(floats(function, left.as_f64(), right.as_f64())),
        };
        match number {
            Number::Float(value) if !self.mode.is_compat() && !value.is_finite() => Err(overflow(function)),
            number => Ok(Value::Number(number)),
        }
    }

    fn integers(&self, function: Function, left: i64, right: i64) -> Result<Number, Error> {
        let compat = self.mode.is_compat();
        let (wrapped, checked) = match function {
            Function::Add => (left.wrapping_add(right), left.checked_add(right)),
            Function::Subtract => (left.wrapping_sub(right), left.checked_sub(right)),
            Function::Multiply => (left.wrapping_mul(right), left.checked_mul(right)),
            Function::Divide if right == 0 => {
                return Err(Error::new(ErrorKind::Evaluation, "`divide` got 0 as the divisor"));
            }
            Function::Divide if compat || left.checked_rem(right) == Some(0) => {
                let quotient = left.checked_div(right).ok_or_else(|| overflow(function))?;
                return Ok(Number::Integer(quotient));
            }
            Function::Divide => {
                let (left, right) = (Number::Integer(left).as_f64(), Number::Integer(right).as_f64());
                return Ok(Number::Float(left / right));
            }
            _ => return power(left, right).map(Number::Integer).ok_or_else(|| overflow(function)),
        };
        if compat {
            return Ok(Number::Integer(wrapped));
        }
        checked.map(Number::Integer).ok_or_else(|| overflow(function))
    }

    pub(super) fn numeric(&self, function: Function, value: &Value<'v>) -> Result<Value<'v>, Error> {
        if matches!(function, Function::Avg | Function::Sum) {
            return self.total(function, value);
        }
        let number = value.number(self.mode).ok_or_else(|| function.wants("a number"))?;
        let number = match (function, number) {
            (Function::Abs, Number::Integer(value)) => {
                Number::Integer(value.checked_abs().ok_or_else(|| overflow(function))?)
            }
            (Function::Abs, number) => Number::Float(number.as_f64().abs()),
            (_, Number::Integer(value)) => Number::Integer(value),
            (Function::Ceil, number) => {
                Number::Integer(whole(number.as_f64().ceil()).ok_or_else(|| overflow(function))?)
            }
            (_, number) => Number::Integer(whole(number.as_f64().floor()).ok_or_else(|| overflow(function))?),
        };
        Ok(Value::Number(number))
    }

    fn total(&self, function: Function, value: &Value<'v>) -> Result<Value<'v>, Error> {
        if !value.is_array() {
            return Err(function.wants("an array of numbers"));
        }
        self.budget.spend_len(value.len())?;
        let mut sum = 0.0;
        let mut count = 0.0;
        for item in value.items() {
            let number = item.number(self.mode).ok_or_else(|| function.wants("an array of numbers"))?;
            sum += number.as_f64();
            count += 1.0;
        }
        Ok(match function {
            Function::Avg if count == 0.0 => Value::Null,
            Function::Avg => Value::Number(Number::Float(sum / count)),
            _ => Value::Number(match whole(sum).filter(|_| sum.fract() == 0.0) {
                Some(sum) => Number::Integer(sum),
                None => Number::Float(sum),
            }),
        })
    }
}

fn floats(function: Function, left: f64, right: f64) -> f64 {
    match function {
        Function::Add => left + right,
        Function::Subtract => left - right,
        Function::Multiply => left * right,
        Function::Divide => left / right,
        _ => left.powf(right),
    }
}

/// A power of integers through doubles, rounded to the nearest even integer.
fn power(left: i64, right: i64) -> Option<i64> {
    whole(
        floats(Function::Pow, Number::Integer(left).as_f64(), Number::Integer(right).as_f64())
            .round_ties_even(),
    )
}

/// The double as an integer, if it is in range.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked and the fraction is gone")]
fn whole(value: f64) -> Option<i64> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    (-END..END).contains(&value).then_some(value as i64)
}

#[cold]
fn overflow(function: Function) -> Error {
    Error::new(ErrorKind::Evaluation, format!("the result of `{}` is out of range", function.name()))
}
