//! Running a plan: scopes, variables, the budget, and which module evaluates which function.

mod calendar;
mod compare;
mod convert;
mod existence;
mod fhir;
mod json;
mod math;
mod moment;
mod operators;
mod project;
mod quantity;
mod text;
mod walk;

pub(crate) use text::compile_pattern;

use crate::environment::Environment;
use crate::error::{ErrorKind, Failure};
use crate::function::Function;
use crate::node::Node;
use crate::plan::{Plan, PlanKind, Step};
use crate::value::{Item, Items};
use hygea_fhir_model::schema::Schema;
use std::cell::Cell;

/// One evaluation.
pub(crate) struct Run<'r, 'a> {
    pub(crate) environment: &'a Environment<'a>,
    pub(crate) schema: &'static Schema,
    pub(crate) context: Option<&'r Item<'a>>,
    steps: Cell<u64>,
    depth: Cell<u32>,
}

/// What `$this`, `$index`, `$total` and defined variables mean at one place.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s, 'a> {
    pub(crate) this: Option<&'s Item<'a>>,
    pub(crate) index: usize,
    pub(crate) total: Option<&'s Items<'a>>,
    variables: Option<&'s Variable<'s, 'a>>,
}

/// A variable that `defineVariable` made, and the ones before it.
struct Variable<'s, 'a> {
    name: String,
    items: Items<'a>,
    outer: Option<&'s Self>,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The same scope around one item.
    fn around<'t>(&'t self, this: &'t Item<'a>, index: usize) -> Scope<'t, 'a>
    where
        's: 't,
    {
        Scope { this: Some(this), index, ..*self }
    }

    fn variable(&self, name: &str) -> Option<&'s Items<'a>> {
        let mut next = self.variables;
        while let Some(variable) = next {
            if variable.name == name {
                return Some(&variable.items);
            }
            next = variable.outer;
        }
        None
    }
}

/// How many steps of a walk take as much of the stack as one level of nesting.
const LEVEL: u32 = 6;

impl<'r, 'a> Run<'r, 'a> {
    #[inline]
    pub(crate) fn new(
        environment: &'a Environment<'a>,
        schema: &'static Schema,
        context: Option<&'r Item<'a>>,
    ) -> Self {
        let limits = environment.limits;
        Self {
            environment,
            schema,
            context,
            steps: Cell::new(limits.steps),
            depth: Cell::new(limits.depth.saturating_mul(LEVEL)),
        }
    }
}

impl<'a> Run<'_, 'a> {
    /// Evaluates `plan` with the context as focus.
    pub(crate) fn start(&self, plan: &'a Plan, out: &mut Items<'a>) -> Result<(), Failure> {
        let scope = Scope { this: self.context, index: 0, total: None, variables: None };
        match &plan.kind {
            // Most expressions are one walk from the context on.
            PlanKind::Path(start, steps) if matches!(start.kind, PlanKind::This) => {
                self.descend(LEVEL)?;
                let items = self.context.map_or(&[] as &[_], std::slice::from_ref);
                self.steps_over(items, steps, &scope, usize::MAX, out)
            }
            _ => self.evaluate(plan, &scope, out),
        }
    }

    /// Takes steps from the budget.
    #[inline]
    pub(crate) fn spend(&self, steps: usize) -> Result<(), Failure> {
        match self.steps.get().checked_sub(steps as u64) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(self.too_many_steps()),
        }
    }

    #[cold]
    fn too_many_steps(&self) -> Failure {
        let detail = format!("evaluation takes more than {} steps", self.environment.limits.steps);
        Failure::new(ErrorKind::TooManySteps, detail)
    }

    /// How many steps the budget still has.
    pub(crate) fn left(&self) -> u64 {
        self.steps.get()
    }

    /// The items that the first steps of a path give, with the context as focus.
    pub(crate) fn after(&self, start: &'a Plan, steps: &'a [Step]) -> Result<Items<'a>, Failure> {
        let scope = Scope { this: self.context, index: 0, total: None, variables: None };
        let mut items = Items::new();
        self.path(start, steps, &scope, usize::MAX, &mut items)?;
        Ok(items)
    }

    /// Adds all items of `plan` to `out`.
    pub(crate) fn evaluate(
        &self,
        plan: &'a Plan,
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        self.evaluate_some(plan, scope, usize::MAX, out)
    }

    /// The items of `plan`.
    pub(crate) fn items(&self, plan: &'a Plan, scope: &Scope<'_, 'a>) -> Result<Items<'a>, Failure> {
        let mut out = Items::new();
        self.evaluate(plan, scope, &mut out)?;
        Ok(out)
    }

    /// Adds items of `plan` to `out`, at least until there are `limit` of them or no more.
    fn evaluate_some(
        &self,
        plan: &'a Plan,
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        match &plan.kind {
            PlanKind::Constant(items) => out.extend(items.iter().map(Item::borrowed)),
            PlanKind::This => out.extend(scope.this.cloned()),
            PlanKind::Index => out.push(Item::Integer(i32::try_from(scope.index).unwrap_or(i32::MAX))),
            PlanKind::Total => out.extend(scope.total.into_iter().flatten().cloned()),
            PlanKind::Variable(name) => self.variable(name, plan.at, scope, out)?,
            PlanKind::Path(..) | PlanKind::Sign(..) | PlanKind::Union(_) | PlanKind::Chain(..) => {
                self.descend(LEVEL).map_err(|failure| failure.at(plan.at))?;
                self.spend(1)?;
                let done = match &plan.kind {
                    PlanKind::Path(start, steps) => self.path(start, steps, scope, limit, out),
                    PlanKind::Sign(negative, operand) => self.sign(*negative, operand, plan.at, scope, out),
                    PlanKind::Union(parts) => self.union(parts, scope, limit, out),
                    PlanKind::Chain(first, rest) => self.chain(first, rest, scope, out),
                    _ => Ok(()),
                };
                self.ascend(LEVEL);
                done?;
            }
        }
        Ok(())
    }

    /// `defineVariable`: what follows sees the variable.
    #[expect(clippy::too_many_arguments, reason = "the state of a walk, which only this step hands on")]
    fn define(
        &self,
        items: Items<'a>,
        arguments: &'a [Plan],
        at: u32,
        rest: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let mut arguments = arguments.iter();
        let name = match arguments.next() {
            Some(name) => self.string(name, scope)?,
            None => None,
        };
        let Some(name) = name else {
            return Err(Failure::new(ErrorKind::Arguments, "defineVariable wants a name").at(at));
        };
        let known = scope.variable(&name).is_some()
            || self.environment.variables.iter().any(|(known, _)| **known == *name)
            || matches!(&*name, "context" | "resource" | "rootResource" | "ucum" | "sct" | "loinc");
        if known {
            let detail = format!("the variable %{name} is defined already");
            return Err(Failure::new(ErrorKind::DuplicateVariable, detail).at(at));
        }
        let value = match arguments.next() {
            Some(value) => self.items(value, scope)?,
            None => items.clone(),
        };
        let variable = Variable { name: name.into_owned(), items: value, outer: scope.variables };
        self.descend(LEVEL).map_err(|failure| failure.at(at))?;
        let done = self.steps(items, rest, &Scope { variables: Some(&variable), ..*scope }, limit, out);
        self.ascend(LEVEL);
        done
    }

    fn variable(
        &self,
        name: &'a str,
        at: u32,
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        if let Some(items) = scope.variable(name) {
            out.extend(items.iter().cloned());
            return Ok(());
        }
        if let Some((_, items)) = self.environment.variables.iter().find(|(known, _)| known == name) {
            out.extend(items.iter().cloned());
            return Ok(());
        }
        match name {
            "context" => out.extend(self.context.cloned()),
            "resource" => out.extend(self.resource().map(Item::Element)),
            "rootResource" => out.extend(self.root_resource().map(Item::Element)),
            "ucum" => out.push("http://unitsofmeasure.org".into()),
            "sct" => out.push("http://snomed.info/sct".into()),
            "loinc" => out.push("http://loinc.org".into()),
            _ => {
                if let Some(value_set) = name.strip_prefix("vs-") {
                    out.push(format!("http://hl7.org/fhir/ValueSet/{value_set}").into());
                } else if let Some(extension) = name.strip_prefix("ext-") {
                    out.push(format!("http://hl7.org/fhir/StructureDefinition/{extension}").into());
                } else {
                    let detail = format!("nobody defined the variable %{name}");
                    return Err(Failure::new(ErrorKind::UnknownVariable, detail).at(at));
                }
            }
        }
        Ok(())
    }

    /// `%resource`
    pub(crate) fn resource(&self) -> Option<Node<'a>> {
        self.environment.resource.or_else(|| self.context.and_then(Item::element))
    }

    /// `%rootResource`
    pub(crate) fn root_resource(&self) -> Option<Node<'a>> {
        self.environment.root_resource.or_else(|| self.resource())
    }

    fn call(
        &self,
        function: Function,
        items: Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        use Function as F;
        match function {
            F::Empty
            | F::Exists
            | F::All
            | F::AllTrue
            | F::AnyTrue
            | F::AllFalse
            | F::AnyFalse
            | F::SubsetOf
            | F::SupersetOf
            | F::Count
            | F::Distinct
            | F::IsDistinct
            | F::Not => self.existence(function, items, arguments, scope, out),
            F::Select
            | F::Repeat
            | F::RepeatAll
            | F::Sort
            | F::Coalesce
            | F::Single
            | F::First
            | F::Last
            | F::Tail
            | F::Skip
            | F::Take
            | F::Intersect
            | F::Exclude
            | F::Union
            | F::Combine
            | F::Iif
            | F::Aggregate
            | F::Children
            | F::Descendants
            | F::Trace
            | F::Type
            | F::DefineVariable => self.project(function, items, arguments, scope, out),
            F::ToBoolean
            | F::ConvertsToBoolean
            | F::ToInteger
            | F::ConvertsToInteger
            | F::ToLong
            | F::ConvertsToLong
            | F::ToDate
            | F::ConvertsToDate
            | F::ToDateTime
            | F::ConvertsToDateTime
            | F::ToDecimal
            | F::ConvertsToDecimal
            | F::ToQuantity
            | F::ConvertsToQuantity
            | F::ToText
            | F::ConvertsToText
            | F::ToTime
            | F::ConvertsToTime => self.convert(function, &items, arguments, scope, out),
            F::IndexOf
            | F::LastIndexOf
            | F::Substring
            | F::StartsWith
            | F::EndsWith
            | F::Contains
            | F::Upper
            | F::Lower
            | F::Replace
            | F::Matches
            | F::MatchesFull
            | F::ReplaceMatches
            | F::Length
            | F::ToChars
            | F::Encode
            | F::Decode
            | F::Escape
            | F::Unescape
            | F::Trim
            | F::Split
            | F::Join => self.text(function, &items, arguments, scope, out),
            F::Abs
            | F::Ceiling
            | F::Exp
            | F::Floor
            | F::Ln
            | F::Log
            | F::Power
            | F::Round
            | F::Sqrt
            | F::Truncate
            | F::Sum
            | F::Min
            | F::Max
            | F::Avg => self.math(function, &items, arguments, scope, out),
            F::Now
            | F::TimeOfDay
            | F::Today
            | F::LowBoundary
            | F::HighBoundary
            | F::Precision
            | F::YearOf
            | F::MonthOf
            | F::DayOf
            | F::HourOf
            | F::MinuteOf
            | F::SecondOf
            | F::MillisecondOf
            | F::TimezoneOffsetOf
            | F::DateOf
            | F::TimeOf
            | F::Duration
            | F::Difference
            | F::Comparable => self.moment(function, &items, arguments, scope, out),
            F::Extension
            | F::HasExtension
            | F::HasValue
            | F::GetValue
            | F::Resolve
            | F::ElementDefinition
            | F::Slice
            | F::CheckModifiers
            | F::PathName
            | F::Instance
            | F::ConformsTo
            | F::MemberOf
            | F::Subsumes
            | F::SubsumedBy
            | F::HtmlChecks
            | F::HtmlChecks2
            | F::GetResourceKey
            | F::GetReferenceKey => self.fhir(function, items, arguments, scope, out),
        }
    }

    /// Whether a condition holds: empty counts as false, several items are an error.
    pub(crate) fn is_true(&self, condition: &'a Plan, scope: &Scope<'_, 'a>) -> Result<bool, Failure> {
        Ok(self.boolean(condition, scope)? == Some(true))
    }

    /// What a condition makes of its items ("Singleton Evaluation of Collections").
    pub(crate) fn boolean(&self, plan: &'a Plan, scope: &Scope<'_, 'a>) -> Result<Option<bool>, Failure> {
        if let PlanKind::Chain(first, rest) = &plan.kind
            && let Some(found) = self.truth(first, rest, scope)
        {
            return found;
        }
        let items = self.items(plan, scope)?;
        boolean(&items).map_err(|failure| failure.at(plan.at))
    }

    /// The one string that an argument gives; nothing if it is empty.
    pub(crate) fn string(
        &self,
        plan: &'a Plan,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<std::borrow::Cow<'a, str>>, Failure> {
        let items = self.items(plan, scope)?;
        text::string(&items).map_err(|failure| failure.at(plan.at))
    }

    /// The one integer that an argument gives; nothing if it is empty.
    pub(crate) fn integer(&self, plan: &'a Plan, scope: &Scope<'_, 'a>) -> Result<Option<i64>, Failure> {
        let items = self.items(plan, scope)?;
        let wrong = || Failure::new(ErrorKind::WrongType, "wanted an integer").at(plan.at);
        match single(&items).map_err(|failure| failure.at(plan.at))?.map(Item::to_value) {
            None => Ok(None),
            Some(Some(Item::Integer(value))) => Ok(Some(value.into())),
            Some(Some(Item::Long(value))) => Ok(Some(value)),
            Some(_) => Err(wrong()),
        }
    }
}

/// The one item; nothing if there is none; several are an error.
pub(crate) fn single<'i, 'a>(items: &'i [Item<'a>]) -> Result<Option<&'i Item<'a>>, Failure> {
    match items {
        [] => Ok(None),
        [item] => Ok(Some(item)),
        _ => Err(Failure::new(ErrorKind::NotSingle, format!("wanted one item, found {}", items.len()))),
    }
}

/// What a condition makes of items.
pub(crate) fn boolean(items: &[Item<'_>]) -> Result<Option<bool>, Failure> {
    Ok(match single(items)? {
        None => None,
        Some(Item::Boolean(value)) => Some(*value),
        Some(item) => Some(item.as_bool().unwrap_or(true)),
    })
}

impl<'a> Run<'_, 'a> {
    /// Runs `work` one level deeper.
    pub(crate) fn deeper<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        self.descend(LEVEL)?;
        let done = work();
        self.ascend(LEVEL);
        done
    }

    /// Takes frames from the budget of depth, until [`Run::ascend`] gives them back. After a failure nobody needs
    /// them.
    #[inline]
    fn descend(&self, frames: u32) -> Result<(), Failure> {
        match self.depth.get().checked_sub(frames) {
            Some(left) => {
                self.depth.set(left);
                Ok(())
            }
            None => Err(self.too_deep()),
        }
    }

    #[inline]
    fn ascend(&self, frames: u32) {
        self.depth.set(self.depth.get() + frames);
    }

    #[cold]
    fn too_deep(&self) -> Failure {
        let detail = format!("evaluation nests deeper than {} levels", self.environment.limits.depth);
        Failure::new(ErrorKind::TooDeep, detail)
    }
}
