//! Steps over a message: depth first, each token handed on as soon as it is found, so that the order is that
//! of the reference's chained iterators and nothing is collected.

use super::compare::{Side, matches};
use super::{Literal, Operand, Operator, Path, Query, Step};
use crate::error::{Error, ErrorKind};
use crate::expression::budget::Budget;
use crate::number::Number;
use crate::options::Mode;
use crate::token::{Scalar, Token};
use hygea_fhir_model::json::Kind;

/// The message that a path runs over, and what it may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection<'s, 'v> {
    root: Token<'v>,
    mode: Mode,
    budget: &'s Budget,
}

/// Why a walk ends early.
enum Stop {
    /// All that was wanted is found.
    Enough,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

type Walk = Result<(), Stop>;

/// How far the names at the start of a path lead.
enum Followed<'p, 'v> {
    /// To the token at its end.
    Found(Token<'v>),
    /// To a name that is not there.
    Missing,
    /// To a token at which other steps follow.
    Left(Token<'v>, &'p [Step]),
}

impl Path {
    /// Hands each selected token to `found`, in order.
    pub(crate) fn select<'v>(
        &self,
        selection: Selection<'_, 'v>,
        found: &mut dyn FnMut(Token<'v>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let walked = selection.walk(&self.steps, selection.root, &mut |token| Ok(found(token)?));
        finish(walked)
    }

    /// The one selected token; an error if there are several.
    #[inline]
    pub(crate) fn single<'v>(&self, selection: Selection<'_, 'v>) -> Result<Option<Token<'v>>, Error> {
        let (token, steps) = match selection.follow(selection.root, &self.steps)? {
            Followed::Found(token) => return Ok(Some(token)),
            Followed::Missing => return Ok(None),
            Followed::Left(token, steps) => (token, steps),
        };
        let mut found = None;
        finish(selection.walk(steps, token, &mut |token| {
            if found.replace(token).is_none() {
                return Ok(());
            }
            let detail = "the JSONPath selected several values, one is wanted";
            Err(Error::new(ErrorKind::SeveralValues, detail).into())
        }))?;
        Ok(found)
    }
}

fn finish(walked: Walk) -> Result<(), Error> {
    match walked {
        Ok(()) | Err(Stop::Enough) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

impl<'s, 'v> Selection<'s, 'v> {
    pub(crate) fn new(root: Token<'v>, mode: Mode, budget: &'s Budget) -> Self {
        Self { root, mode, budget }
    }

    fn walk(
        &self,
        mut steps: &[Step],
        mut token: Token<'v>,
        found: &mut dyn FnMut(Token<'v>) -> Walk,
    ) -> Walk {
        // Names first: most paths are nothing but names.
        while let Some((Step::Field(name), rest)) = steps.split_first() {
            let Some(member) = self.member(token, name)? else { return Ok(()) };
            token = member;
            steps = rest;
        }
        let Some((step, rest)) = steps.split_first() else { return found(token) };
        self.budget.spend(1)?;
        match step {
            Step::Root => self.walk(rest, self.root, found),
            Step::Field(name) => match self.member(token, name)? {
                Some(member) => self.walk(rest, member, found),
                None => Ok(()),
            },
            Step::Fields(names) => {
                for name in names {
                    if let Some(member) = self.member(token, name)? {
                        self.walk(rest, member, found)?;
                    }
                }
                Ok(())
            }
            Step::AnyField => {
                for (_, member) in token.members() {
                    self.walk(rest, member, found)?;
                }
                Ok(())
            }
            Step::Index(index) => self.index(token, *index, rest, found),
            Step::Indices(indices) => {
                indices.iter().try_for_each(|&index| self.index(token, index, rest, found))
            }
            Step::AnyItem => self.items(token, rest, found, |_| Ok(true)),
            Step::Filter(query) => self.items(token, rest, found, |item| self.test(query, item)),
            Step::Slice { start, end, step } => self.slice(token, (*start, *end, *step), rest, found),
            Step::Scan(name) => self.scan(token, &mut |member, value| match member {
                Some(member) if member == &**name => self.walk(rest, value, found),
                _ => Ok(()),
            }),
            Step::ScanFields(names) => self.scan(token, &mut |member, value| {
                let Some(member) = member else { return Ok(()) };
                for _ in names.iter().filter(|name| &***name == member) {
                    self.walk(rest, value, found)?;
                }
                Ok(())
            }),
            Step::ScanAny => {
                self.walk(rest, token, found)?;
                self.scan(token, &mut |_, value| self.walk(rest, value, found))
            }
            Step::ScanFilter(query, true) => self.scan_objects(token, query, rest, found),
            Step::ScanFilter(query, false) => {
                if self.test(query, token)? {
                    self.walk(rest, token, found)?;
                }
                self.scan(token, &mut |_, value| {
                    if self.test(query, value)? { self.walk(rest, value, found) } else { Ok(()) }
                })
            }
        }
    }

    #[inline]
    fn member(&self, token: Token<'v>, name: &str) -> Result<Option<Token<'v>>, Error> {
        if token.kind() != Kind::Object {
            return Ok(None);
        }
        self.budget.spend_len(token.node().len() + 1)?;
        Ok(token.get(name))
    }

    fn index(
        &self,
        token: Token<'v>,
        index: i64,
        rest: &[Step],
        found: &mut dyn FnMut(Token<'v>) -> Walk,
    ) -> Walk {
        if token.kind() != Kind::Array {
            return Ok(());
        }
        let Ok(index) = usize::try_from(index) else {
            return Err(Error::new(ErrorKind::Evaluation, "the JSONPath counts an index from the end").into());
        };
        self.budget.spend_len(index.min(token.len()))?;
        match token.at(index) {
            Some(item) => self.walk(rest, item, found),
            None => Ok(()),
        }
    }

    fn items(
        &self,
        token: Token<'v>,
        rest: &[Step],
        found: &mut dyn FnMut(Token<'v>) -> Walk,
        keep: impl Fn(Token<'v>) -> Result<bool, Error>,
    ) -> Walk {
        for item in token.items() {
            self.budget.spend(1)?;
            let item = Token::new(item);
            if keep(item)? {
                self.walk(rest, item, found)?;
            }
        }
        Ok(())
    }

    fn slice(
        &self,
        token: Token<'v>,
        (start, end, step): (Option<i64>, Option<i64>, Option<i64>),
        rest: &[Step],
        found: &mut dyn FnMut(Token<'v>) -> Walk,
    ) -> Walk {
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(Error::new(ErrorKind::Evaluation, "the JSONPath slices with step 0").into());
        }
        if token.kind() != Kind::Array {
            return Ok(());
        }
        let count = i64::try_from(token.len()).unwrap_or(i64::MAX);
        self.budget.spend_values(token.len())?;
        let from_end = |index: i64| if index < 0 { count.saturating_add(index) } else { index };
        let forward = step > 0;
        let start = start.map_or(if forward { 0 } else { count - 1 }, from_end);
        let end = end.map_or(if forward { count } else { -1 }, from_end);
        let start = if forward { start.clamp(0, count) } else { start.min(count - 1) };
        let end = end.clamp(-1, count);
        let picked: Vec<Token<'v>> = if forward {
            let skip = usize::try_from(start).unwrap_or(0);
            let take = usize::try_from(end - start).unwrap_or(0);
            let step = usize::try_from(step).unwrap_or(usize::MAX);
            token.items().skip(skip).take(take).step_by(step).map(Token::new).collect()
        } else {
            // Backwards from `start` down to the item after `end`.
            let items: Vec<Token<'v>> = token.items().map(Token::new).collect();
            let step = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
            let count = usize::try_from(start - end).unwrap_or(0);
            let skip = items.len().saturating_sub(usize::try_from(start + 1).unwrap_or(0));
            items.into_iter().rev().skip(skip).take(count).step_by(step).collect()
        };
        picked.into_iter().try_for_each(|item| self.walk(rest, item, found))
    }

    /// All values below `token` with their member names, each before what is inside it.
    fn scan(&self, token: Token<'v>, visit: &mut dyn FnMut(Option<&'v str>, Token<'v>) -> Walk) -> Walk {
        match token.kind() {
            Kind::Object => {
                for (name, value) in token.members() {
                    self.budget.spend(1)?;
                    visit(Some(name), value)?;
                    if value.is_container() {
                        self.scan(value, visit)?;
                    }
                }
                Ok(())
            }
            Kind::Array => {
                for item in token.items() {
                    self.budget.spend(1)?;
                    let item = Token::new(item);
                    visit(None, item)?;
                    if item.is_container() {
                        self.scan(item, visit)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The objects among `token` and all below it that meet a condition. Most match expressions of templates
    /// are of this kind, and most values of a message are no objects.
    fn scan_objects(
        &self,
        token: Token<'v>,
        query: &Query,
        rest: &[Step],
        found: &mut dyn FnMut(Token<'v>) -> Walk,
    ) -> Walk {
        match token.kind() {
            Kind::Object => {
                self.budget.spend_len(token.node().len() + 1)?;
                if self.test(query, token)? {
                    self.walk(rest, token, found)?;
                }
                for (_, value) in token.members() {
                    if value.is_container() {
                        self.scan_objects(value, query, rest, found)?;
                    }
                }
                Ok(())
            }
            Kind::Array => {
                self.budget.spend_len(token.node().len() + 1)?;
                for item in token.items().map(Token::new) {
                    if item.is_container() {
                        self.scan_objects(item, query, rest, found)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Follows a path as far as it is nothing but names.
    #[inline]
    fn follow<'p>(&self, mut token: Token<'v>, mut steps: &'p [Step]) -> Result<Followed<'p, 'v>, Error> {
        while let Some((step, rest)) = steps.split_first() {
            let Step::Field(name) = step else { return Ok(Followed::Left(token, steps)) };
            let Some(member) = self.member(token, name)? else { return Ok(Followed::Missing) };
            token = member;
            steps = rest;
        }
        Ok(Followed::Found(token))
    }

    fn test(&self, query: &Query, token: Token<'v>) -> Result<bool, Error> {
        match query {
            Query::And(left, right) => Ok(self.test(left, token)? && self.test(right, token)?),
            Query::Or(left, right) => Ok(self.test(left, token)? || self.test(right, token)?),
            Query::Exists(Operand::Literal(_)) => Ok(true),
            Query::Exists(Operand::Path(steps)) => match self.follow(token, steps)? {
                Followed::Found(_) => Ok(true),
                Followed::Missing => Ok(false),
                Followed::Left(token, steps) => self.any(steps, token, &mut |_| Ok(true)),
            },
            Query::Compare(left, operator, right) => self.compare(left, *operator, right, token),
            Query::Matches(Operand::Literal(Literal::Text(text)), regex) => Ok(regex.is_match(text)),
            Query::Matches(Operand::Literal(_), _) => Ok(false),
            Query::Matches(Operand::Path(steps), regex) => self.any(steps, token, &mut |found| {
                let Some(Scalar::Text(text)) = found.scalar(self.mode) else { return Ok(false) };
                self.budget.spend_len(text.len() / 8)?;
                Ok(regex.is_match(text))
            }),
        }
    }

    /// Whether one of the tokens that `steps` select passes.
    fn any(
        &self,
        steps: &[Step],
        token: Token<'v>,
        pass: &mut dyn FnMut(Token<'v>) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let mut passed = false;
        finish(self.walk(steps, token, &mut |found| {
            if pass(found)? {
                passed = true;
                return Err(Stop::Enough);
            }
            Ok(())
        }))?;
        Ok(passed)
    }

    fn compare(
        &self,
        left: &Operand,
        operator: Operator,
        right: &Operand,
        token: Token<'v>,
    ) -> Result<bool, Error> {
        match (left, right) {
            (Operand::Literal(left), Operand::Literal(right)) => matches(side(left), operator, side(right)),
            (Operand::Path(steps), Operand::Literal(right)) => {
                let right = side(right);
                self.any(steps, token, &mut |left| matches(self.side(left), operator, right))
            }
            (Operand::Literal(left), Operand::Path(steps)) => {
                let left = side(left);
                self.any(steps, token, &mut |right| matches(left, operator, self.side(right)))
            }
            (Operand::Path(lefts), Operand::Path(rights)) => {
                let mut values = None;
                self.any(lefts, token, &mut |left| {
                    let values = match &mut values {
                        Some(values) => values,
                        None => values.insert(self.collect(rights, token)?),
                    };
                    self.budget.spend_len(values.len())?;
                    for right in values {
                        if matches(self.side(left), operator, self.side(*right))? {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                })
            }
        }
    }

    fn collect(&self, steps: &[Step], token: Token<'v>) -> Result<Vec<Token<'v>>, Error> {
        let mut tokens = Vec::new();
        self.any(steps, token, &mut |found| {
            self.budget.spend_values(1)?;
            tokens.push(found);
            Ok(false)
        })?;
        Ok(tokens)
    }

    fn side(&self, token: Token<'v>) -> Side<'v> {
        token.scalar(self.mode).map_or(Side::Container, Side::Scalar)
    }
}

fn side(literal: &Literal) -> Side<'_> {
    Side::Scalar(match literal {
        Literal::Null => Scalar::Null,
        Literal::Bool(value) => Scalar::Bool(*value),
        Literal::Integer(value) => Scalar::Number(Number::Integer(*value)),
        Literal::Float(value) => Scalar::Number(Number::Float(*value)),
        Literal::Text(text) => Scalar::Text(text),
    })
}
