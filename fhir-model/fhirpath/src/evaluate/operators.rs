//! Operators (FHIRPath "Operations").

use super::compare::{FEW, as_quantity, number};
use super::{Run, Scope, boolean, calendar, quantity, single, text};
use crate::ast::Operator;
use crate::error::{ErrorKind, Failure};
use crate::plan::Plan;
use crate::value::{Decimal, Item, Items};
use std::cmp::Ordering;

impl<'a> Run<'_, 'a> {
    /// Operators of one precedence from left to right.
    pub(super) fn chain(
        &self,
        first: &'a Plan,
        rest: &'a [(Operator, u32, Plan)],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let mut left = self.items(first, scope)?;
        for (operator, at, operand) in rest {
            left = self.binary(*operator, left, operand, scope).map_err(|failure| failure.at(*at))?;
        }
        out.append(left);
        Ok(())
    }

    /// The truth of a chain of logic or of one comparison, without making collections of Booleans; nothing if
    /// the chain is of another kind.
    pub(super) fn truth(
        &self,
        first: &'a Plan,
        rest: &'a [(Operator, u32, Plan)],
        scope: &Scope<'_, 'a>,
    ) -> Option<Result<Option<bool>, Failure>> {
        use Operator as O;
        match rest {
            [(operator @ (O::Equal | O::NotEqual), at, right)] => Some(self.deeper(|| {
                let (left, right) = (self.items(first, scope)?, self.items(right, scope)?);
                let equal = self.equal(&left, &right).map_err(|failure| failure.at(*at))?;
                Ok(equal.map(|equal| equal == (*operator == O::Equal)))
            })),
            [(O::And | O::Or | O::Xor | O::Implies, ..), ..] => Some(self.deeper(|| {
                let mut left = self.boolean(first, scope)?;
                for (operator, at, right) in rest {
                    left = self.logic(*operator, left, right, scope).map_err(|failure| failure.at(*at))?;
                }
                Ok(left)
            })),
            _ => None,
        }
    }

    fn binary(
        &self,
        operator: Operator,
        left: Items<'a>,
        right: &'a Plan,
        scope: &Scope<'_, 'a>,
    ) -> Result<Items<'a>, Failure> {
        use Operator as O;
        let truth = |value: Option<bool>| -> Items<'a> { value.map(Item::Boolean).into_iter().collect() };
        if let O::And | O::Or | O::Xor | O::Implies = operator {
            let left = boolean(&left)?;
            return Ok(truth(self.logic(operator, left, right, scope)?));
        }
        let right = self.items(right, scope)?;
        Ok(match operator {
            O::Equal => truth(self.equal(&left, &right)?),
            O::NotEqual => truth(self.equal(&left, &right)?.map(|equal| !equal)),
            O::Equivalent => truth(Some(self.equivalent(&left, &right)?)),
            O::NotEquivalent => truth(Some(!self.equivalent(&left, &right)?)),
            O::In => match single(&left)? {
                Some(item) => truth(Some(self.holds(&right, item)?)),
                None => Items::new(),
            },
            O::Contains => match single(&right)? {
                Some(item) => truth(Some(self.holds(&left, item)?)),
                None => Items::new(),
            },
            O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual => {
                let (Some(left), Some(right)) = (single(&left)?, single(&right)?) else {
                    return Ok(Items::new());
                };
                truth(self.order(left, right)?.map(|order| match operator {
                    O::Less => order == Ordering::Less,
                    O::LessOrEqual => order != Ordering::Greater,
                    O::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }))
            }
            O::Union => {
                let mut both = Items::new();
                self.add_distinct(left, &mut both)?;
                self.add_distinct(right, &mut both)?;
                both
            }
            O::Concatenate => {
                let left = text::string(&left)?.unwrap_or_default();
                let right = text::string(&right)?.unwrap_or_default();
                self.spend_text(left.len() + right.len())?;
                [Item::String((left.into_owned() + &right).into())].into_iter().collect()
            }
            _ => {
                let (Some(left), Some(right)) = (single(&left)?, single(&right)?) else {
                    return Ok(Items::new());
                };
                self.arithmetic(operator, left, right)?.into_iter().collect()
            }
        })
    }

    /// Three-valued logic. The right side is not evaluated where the left one decides.
    fn logic(
        &self,
        operator: Operator,
        left: Option<bool>,
        right: &'a Plan,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<bool>, Failure> {
        let right = || self.boolean(right, scope);
        Ok(match (operator, left) {
            (Operator::And | Operator::Implies, Some(false)) => Some(operator == Operator::Implies),
            (Operator::Or, Some(true)) => Some(true),
            (Operator::And | Operator::Implies, Some(true)) | (Operator::Or, Some(false)) => right()?,
            (Operator::And, _) => right()?.filter(|value| !value),
            (Operator::Or | Operator::Implies, _) => right()?.filter(|value| *value),
            (_, left) => match (left, right()?) {
                (Some(left), Some(right)) => Some(left != right),
                _ => None,
            },
        })
    }

    fn arithmetic(
        &self,
        operator: Operator,
        left: &Item<'a>,
        right: &Item<'a>,
    ) -> Result<Option<Item<'a>>, Failure> {
        if left.is_valueless() || right.is_valueless() {
            return Ok(None);
        }
        let (Some(a), Some(b)) = (left.to_value(), right.to_value()) else {
            return Err(not_defined(operator, left, right));
        };
        match (&a, &b) {
            (Item::String(x), Item::String(y)) if operator == Operator::Add => {
                self.spend_text(x.len() + y.len())?;
                return Ok(Some(Item::String(format!("{x}{y}").into())));
            }
            (Item::Date(_) | Item::DateTime(_) | Item::Time(_), Item::Quantity(quantity))
                if matches!(operator, Operator::Add | Operator::Subtract) =>
            {
                return calendar::add(&a, quantity, operator == Operator::Subtract).map(Some);
            }
            (Item::Integer(x), Item::Integer(y)) if operator != Operator::Divide => {
                return Ok(whole(operator, i64::from(*x), i64::from(*y))
                    .and_then(|value| i32::try_from(value).ok())
                    .map(Item::Integer));
            }
            (Item::Long(_) | Item::Integer(_), Item::Long(_) | Item::Integer(_))
                if operator != Operator::Divide =>
            {
                let long = |item: &Item<'_>| match item {
                    Item::Long(value) => *value,
                    Item::Integer(value) => i64::from(*value),
                    _ => 0,
                };
                return Ok(whole(operator, long(&a), long(&b)).map(Item::Long));
            }
            _ => {}
        }
        if let (Some(x), Some(y)) = (number(&a), number(&b)) {
            return Ok(decimal(operator, x, y).map(Item::Decimal));
        }
        match (as_quantity(&a), as_quantity(&b)) {
            (Some(x), Some(y)) => match operator {
                Operator::Add => Ok(quantity::add(&x, &y, false).map(Item::from)),
                Operator::Subtract => Ok(quantity::add(&x, &y, true).map(Item::from)),
                Operator::Multiply => Ok(quantity::multiply(&x, &y).map(Item::from)),
                Operator::Divide => Ok(quantity::divide(&x, &y).map(Item::from)),
                _ => Err(not_defined(operator, left, right)),
            },
            _ => Err(not_defined(operator, left, right)),
        }
    }

    /// `-x` and `+x`
    pub(super) fn sign(
        &self,
        negative: bool,
        operand: &'a Plan,
        at: u32,
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let items = self.items(operand, scope)?;
        let item = single(&items).map_err(|failure| failure.at(at))?;
        let Some(item) = item.filter(|item| !item.is_valueless()) else { return Ok(()) };
        let wrong = || {
            let detail = format!("a sign wants a number or a quantity, found {}", item.type_name());
            Failure::new(ErrorKind::WrongType, detail).at(at)
        };
        let value = item.to_value().ok_or_else(wrong)?;
        if !matches!(value, Item::Integer(_) | Item::Long(_) | Item::Decimal(_) | Item::Quantity(_)) {
            return Err(wrong());
        }
        if !negative {
            out.push(value);
            return Ok(());
        }
        out.extend(match value {
            Item::Integer(value) => value.checked_neg().map(Item::Integer),
            Item::Long(value) => value.checked_neg().map(Item::Long),
            Item::Decimal(value) => value.checked_neg().map(Item::Decimal),
            Item::Quantity(mut quantity) => quantity.value.checked_neg().map(|value| {
                quantity.value = value;
                Item::Quantity(quantity)
            }),
            _ => None,
        });
        Ok(())
    }

    /// `a | b | c`: the items of all of them without repetition.
    pub(super) fn union(
        &self,
        parts: &'a [Plan],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        if !out.is_empty() {
            let mut all = Items::new();
            self.union(parts, scope, limit, &mut all)?;
            out.append(all);
            return Ok(());
        }
        for part in parts {
            let before = out.len();
            self.evaluate(part, scope, out)?;
            if out.len() > 1 && self.repeats(out, before)? {
                let all = std::mem::take(out);
                self.add_distinct(all, out)?;
            }
            if out.len() >= limit {
                break;
            }
        }
        Ok(())
    }

    /// Whether one of the items from `before` on is equal to one that stands before it; or may be, where they are many.
    fn repeats(&self, items: &[Item<'a>], before: usize) -> Result<bool, Failure> {
        if items.len() > FEW {
            return Ok(items.len() > before);
        }
        for (at, item) in items.iter().enumerate().skip(before) {
            if self.holds(items.get(..at).unwrap_or_default(), item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes steps from the budget for a text of `bytes`.
    pub(crate) fn spend_text(&self, bytes: usize) -> Result<(), Failure> {
        self.spend(bytes / 16 + 1)
    }
}

fn whole(operator: Operator, left: i64, right: i64) -> Option<i64> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::DivideWhole => left.checked_div(right),
        Operator::Remainder => left.checked_rem(right),
        _ => None,
    }
}

fn decimal(operator: Operator, left: Decimal, right: Decimal) -> Option<Decimal> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::DivideWhole => left.checked_div_whole(right),
        Operator::Remainder => left.checked_rem(right),
        _ => None,
    }
}

fn not_defined(operator: Operator, left: &Item<'_>, right: &Item<'_>) -> Failure {
    let detail =
        format!("'{}' is not defined for {} and {}", operator.text(), left.type_name(), right.type_name());
    Failure::new(ErrorKind::WrongType, detail)
}
