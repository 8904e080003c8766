//! The walk of an expression's tree over a value.

use super::value::Value;
use super::{Ast, Operator, Program};
use crate::error::{Error, ErrorKind};
use crate::expression::budget::Budget;
use crate::number::Number;
use crate::options::Mode;
use crate::token::Token;
use hygea_fhir_model::json::Kind;
use std::borrow::Cow;
use std::cell::RefCell;

/// One evaluation: its rules, its budget, and the scopes that `let` opened.
#[derive(Debug)]
pub(crate) struct Evaluation<'s, 'v> {
    pub(super) mode: Mode,
    pub(super) budget: &'s Budget,
    pub(super) scopes: RefCell<Vec<Value<'v>>>,
}

/// What a whole expression gives.
#[derive(Debug)]
pub(crate) struct Outcome<'v> {
    pub(crate) value: Value<'v>,
    /// Whether it is a projection, whose items count one by one.
    pub(crate) projection: bool,
}

type Evaluated<'v> = Result<Value<'v>, Error>;

impl Program {
    pub(crate) fn evaluate<'v>(
        &'v self,
        root: Token<'v>,
        mode: Mode,
        budget: &Budget,
    ) -> Result<Outcome<'v>, Error> {
        let evaluation = Evaluation { mode, budget, scopes: RefCell::new(Vec::new()) };
        evaluation.whole(&self.tree, &Value::Token(root))
    }
}

impl<'v> Evaluation<'_, 'v> {
    /// An expression whose result is asked for as a projection or as one value.
    fn whole(&self, ast: &'v Ast, current: &Value<'v>) -> Result<Outcome<'v>, Error> {
        match ast {
            Ast::Projection(..) | Ast::ValueProjection(..) | Ast::Filter(..) => {
                let value = self.eval(ast, current)?;
                Ok(Outcome { projection: value.is_array(), value })
            }
            // `a.b[*]` is the projection of `b[*]` on `a`.
            Ast::Sub(left, right) => {
                let left = self.eval(left, current)?;
                if left.is_null() {
                    return Ok(Outcome { value: Value::Null, projection: false });
                }
                self.whole(right, &left)
            }
            Ast::Pipe(left, right) => {
                let left = self.eval(left, current)?;
                self.whole(right, &left)
            }
            Ast::Or(left, right) => {
                let outcome = self.whole(left, current)?;
                if outcome.value.holds() { Ok(outcome) } else { self.whole(right, current) }
            }
            Ast::And(left, right) => {
                let outcome = self.whole(left, current)?;
                if outcome.value.holds() { self.whole(right, current) } else { Ok(outcome) }
            }
            _ => Ok(Outcome { value: self.eval(ast, current)?, projection: false }),
        }
    }

    pub(super) fn eval(&self, ast: &'v Ast, current: &Value<'v>) -> Evaluated<'v> {
        self.budget.spend(1)?;
        match ast {
            Ast::Current => Ok(current.clone()),
            Ast::Field(name) => self.field(name, current),
            Ast::Raw(text) => Ok(Value::Text(Cow::Borrowed(text))),
            Ast::Literal(document) => Ok(Value::Token(Token::new(document.root()))),
            Ast::Sub(left, right) => {
                let left = self.eval(left, current)?;
                if left.is_null() { Ok(Value::Null) } else { self.eval(right, &left) }
            }
            Ast::Pipe(left, right) => {
                let left = self.eval(left, current)?;
                self.eval(right, &left)
            }
            Ast::Index(index) => self.index(*index, current),
            Ast::Slice(start, end, step) => self.slice(*start, *end, *step, current),
            Ast::Projection(left, right) => {
                let left = self.eval(left, current)?;
                if !left.is_array() {
                    return Ok(Value::Null);
                }
                self.budget.spend_values(left.len())?;
                self.project(left.items(), right)
            }
            Ast::ValueProjection(left, right) => {
                let left = self.eval(left, current)?;
                if !left.is_object() {
                    return Ok(Value::Null);
                }
                self.budget.spend_values(left.len())?;
                self.project(left.members().map(|(_, value)| value), right)
            }
            Ast::Flatten(inner) => self.flatten(&self.eval(inner, current)?),
            Ast::Filter(left, condition, right) => {
                let left = self.eval(left, current)?;
                if !left.is_array() {
                    return Ok(Value::Null);
                }
                self.budget.spend_values(left.len())?;
                let mut kept = Vec::new();
                for item in left.items() {
                    if self.eval(condition, &item)?.holds() {
                        kept.push(item);
                    }
                }
                self.project(kept.into_iter(), right)
            }
            Ast::Or(left, right) => {
                let left = self.eval(left, current)?;
                if left.holds() { Ok(left) } else { self.eval(right, current) }
            }
            Ast::And(left, right) => {
                let left = self.eval(left, current)?;
                if left.holds() { self.eval(right, current) } else { Ok(left) }
            }
            Ast::Not(inner) => Ok(Value::Bool(!self.eval(inner, current)?.holds())),
            Ast::Compare(left, operator, right) => {
                let left = self.eval(left, current)?;
                let right = self.eval(right, current)?;
                self.compare(&left, *operator, &right)
            }
            Ast::List(items) => {
                if current.is_null() {
                    return Ok(Value::Null);
                }
                self.budget.spend_values(items.len())?;
                let items = items.iter().map(|item| self.eval(item, current)).collect::<Result<_, _>>()?;
                Ok(Value::array(items))
            }
            Ast::Hash(members) => {
                if current.is_null() {
                    return Ok(Value::Null);
                }
                self.budget.spend_values(members.len().saturating_mul(2))?;
                let mut out: Vec<(Cow<'v, str>, Value<'v>)> = Vec::with_capacity(members.len());
                for (name, ast) in members {
                    let value = self.eval(ast, current)?;
                    match out.iter_mut().find(|(other, _)| *other == **name) {
                        Some(twice) => twice.1 = value,
                        None => out.push((Cow::Borrowed(name), value)),
                    }
                }
                Ok(Value::object(out))
            }
            Ast::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.eval(argument, current)?);
                }
                self.call(*function, &values, current)
            }
            Ast::Reference(inner) => Ok(Value::Reference(inner)),
            Ast::Group(inner) => self.eval(inner, current),
        }
    }

    fn field(&self, name: &str, current: &Value<'v>) -> Evaluated<'v> {
        if let Value::Token(token) = current
            && token.kind() == Kind::Object
        {
            self.budget.spend_len(token.node().len())?;
        }
        if let Some(value) = current.get(name) {
            return Ok(value);
        }
        let scopes = self.scopes.borrow();
        Ok(scopes.iter().rev().find_map(|scope| scope.get(name)).unwrap_or(Value::Null))
    }

    fn project(&self, items: impl Iterator<Item = Value<'v>>, right: &'v Ast) -> Evaluated<'v> {
        let mut out = Vec::new();
        for item in items {
            let value = self.eval(right, &item)?;
            if !value.is_null() {
                out.push(value);
            }
        }
        Ok(Value::array(out))
    }

    fn index(&self, index: i64, current: &Value<'v>) -> Evaluated<'v> {
        if !current.is_array() {
            return Ok(Value::Null);
        }
        let count = i64::try_from(current.len()).unwrap_or(i64::MAX);
        let index = if index < 0 { count.saturating_add(index) } else { index };
        let Ok(index) = usize::try_from(index) else { return Ok(Value::Null) };
        match current {
            Value::Array(items) => Ok(items.get(index).cloned().unwrap_or(Value::Null)),
            Value::Token(token) => {
                self.budget.spend_len(index.min(token.len()))?;
                Ok(token.at(index).map_or(Value::Null, Value::Token))
            }
            _ => Ok(Value::Null),
        }
    }

    fn slice(
        &self,
        start: Option<i64>,
        end: Option<i64>,
        step: Option<i64>,
        current: &Value<'v>,
    ) -> Evaluated<'v> {
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(Error::new(ErrorKind::Evaluation, "a JMESPath slices with step 0"));
        }
        if !current.is_array() {
            return Ok(Value::Null);
        }
        self.budget.spend_values(current.len())?;
        let count = i64::try_from(current.len()).unwrap_or(i64::MAX);
        let bound = |index: i64| {
            let index = if index < 0 { count.saturating_add(index) } else { index };
            if step > 0 { index.clamp(0, count) } else { index.clamp(-1, count - 1) }
        };
        let (first, last) = if step > 0 { (0, count) } else { (count - 1, -1) };
        let (start, end) = (start.map_or(first, bound), end.map_or(last, bound));
        let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
        let picked: Vec<Value<'v>> = if step > 0 {
            let skip = usize::try_from(start).unwrap_or(0);
            let take = usize::try_from(end - start).unwrap_or(0);
            current.items().skip(skip).take(take).step_by(stride).collect()
        } else {
            let skip = usize::try_from(count - 1 - start).unwrap_or(0);
            let take = usize::try_from(start - end).unwrap_or(0);
            current.items().rev().skip(skip).take(take).step_by(stride).collect()
        };
        Ok(Value::array(picked))
    }

    fn flatten(&self, value: &Value<'v>) -> Evaluated<'v> {
        if !value.is_array() {
            return Ok(Value::Null);
        }
        self.budget.spend_values(value.len())?;
        let mut out = Vec::with_capacity(value.len());
        for item in value.items() {
            if item.is_array() {
                self.budget.spend_values(item.len())?;
                out.extend(item.items());
            } else {
                out.push(item);
            }
        }
        Ok(Value::array(out))
    }

    fn compare(&self, left: &Value<'v>, operator: Operator, right: &Value<'v>) -> Evaluated<'v> {
        let by_order = |holds: fn(std::cmp::Ordering) -> bool| {
            let numbers = left.number(self.mode).zip(right.number(self.mode));
            let order = numbers.and_then(|(left, right)| order_of(left, right));
            Ok(order.map_or(Value::Null, |order| Value::Bool(holds(order))))
        };
        match operator {
            Operator::Equal => Ok(Value::Bool(left.equals(right, self.mode, self.budget)?)),
            Operator::NotEqual => Ok(Value::Bool(!left.equals(right, self.mode, self.budget)?)),
            Operator::Less => by_order(std::cmp::Ordering::is_lt),
            Operator::LessOrEqual => by_order(std::cmp::Ordering::is_le),
            Operator::Greater => by_order(std::cmp::Ordering::is_gt),
            Operator::GreaterOrEqual => by_order(std::cmp::Ordering::is_ge),
        }
    }
}

pub(super) fn order_of(left: Number, right: Number) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => Some(left.cmp(&right)),
        _ => left.as_f64().partial_cmp(&right.as_f64()),
    }
}
