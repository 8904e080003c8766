//! The walk: steps over elements, depth first, and steps over whole collections.
//!
//! Steps that work on each item alone (`name`, `where`, `ofType`) are run while the tree is walked, item by item,
//! so that a plain path makes no collection but its result. Steps that need the whole collection (`first`, `[0]`,
//! `select` with `$index`) end such a run; where they need the first items only, the walk stops there, and where
//! they need their number only (`count`, `exists`), nothing is collected.

use super::{Run, Scope, compare, project, single};
use crate::error::Failure;
use crate::function::Function;
use crate::node::Node;
use crate::plan::{Field, Plan, PlanKind, Step, StepKind, is_a};
use crate::types::TypeInfo;
use crate::value::{Item, Items};
use hygea_fhir_model::element::Element;

impl<'a> Run<'_, 'a> {
    pub(super) fn path(
        &self,
        start: &'a Plan,
        steps: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        // The focus is one item; a path of single steps over it needs no collection of its own.
        if let PlanKind::This = start.kind {
            return self.steps_over(scope.this.map_or(&[], std::slice::from_ref), steps, scope, limit, out);
        }
        let mut items = Items::new();
        self.evaluate_some(start, scope, enough(steps, limit), &mut items)?;
        self.steps_over(&items, steps, scope, limit, out)
    }

    /// Runs steps over a collection.
    #[inline]
    pub(super) fn steps_over(
        &self,
        items: &[Item<'a>],
        steps: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let (run, rest) = steps.split_at_checked(leading(steps)).unwrap_or((steps, &[]));
        if rest.is_empty() {
            return Walk::new(self, scope, limit, Some(out)).over(items, run).map(drop);
        }
        let (found, rest) = self.first_run(items, run, rest, scope, limit)?;
        self.steps(found, rest, scope, limit, out)
    }

    /// Runs the single steps at the front, with the step behind them if it asks for their number alone.
    fn first_run(
        &self,
        items: &[Item<'a>],
        run: &'a [Step],
        rest: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
    ) -> Result<(Items<'a>, &'a [Step]), Failure> {
        let enough = enough(rest, limit);
        if let Some((Step { kind: StepKind::Call(function, arguments), .. }, after)) = rest.split_first()
            && let Function::Count | Function::Exists | Function::Empty = function
            && arguments.is_empty()
        {
            let count = Walk::new(self, scope, enough, None).over(items, run)?;
            let answer = match function {
                Function::Count => Item::Integer(i32::try_from(count).unwrap_or(i32::MAX)),
                Function::Exists => Item::Boolean(count > 0),
                _ => Item::Boolean(count == 0),
            };
            return Ok((Items::One(answer), after));
        }
        let mut found = Items::new();
        Walk::new(self, scope, enough, Some(&mut found)).over(items, run)?;
        Ok((found, rest))
    }

    /// Runs steps over a collection that they may take.
    pub(super) fn steps(
        &self,
        mut items: Items<'a>,
        mut steps: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        loop {
            let (run, rest) = steps.split_at_checked(leading(steps)).unwrap_or((steps, &[]));
            if !run.is_empty() {
                if rest.is_empty() {
                    return Walk::new(self, scope, limit, Some(out)).over(&items, run).map(drop);
                }
                (items, steps) = self.first_run(&items, run, rest, scope, limit)?;
                continue;
            }
            let Some((step, after)) = steps.split_first() else {
                out.append(items);
                return Ok(());
            };
            self.spend(1)?;
            if let StepKind::Call(Function::DefineVariable, arguments) = &step.kind {
                return self.define(items, arguments, step.at, after, scope, limit, out);
            }
            if after.is_empty() {
                return self.whole(step, items, scope, out).map_err(|failure| failure.at(step.at));
            }
            let mut found = Items::new();
            self.whole(step, items, scope, &mut found).map_err(|failure| failure.at(step.at))?;
            items = found;
            steps = after;
        }
    }

    /// A single step over a value that is no element.
    fn value_step(
        &self,
        value: &Item<'a>,
        step: &'a Step,
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        match &step.kind {
            StepKind::Field(field) => out.extend(project::value_child(value, &field.name)),
            StepKind::OfType(wanted) | StepKind::As(wanted, _) if wanted.selects(TypeInfo::of(value)) => {
                out.push(value.clone());
            }
            StepKind::WhereType(wanted) if wanted.includes(TypeInfo::of(value)) => out.push(value.clone()),
            StepKind::Where(condition) => {
                let this = scope.around(value, 0);
                let keep = self.is_true(condition, &this).map_err(|failure| failure.at(step.at))?;
                out.extend(keep.then(|| value.clone()));
            }
            StepKind::WhereText(path, wanted) => {
                let mut found = Items::new();
                let walk = Walk::new(self, scope, 2, Some(&mut found));
                walk.over(std::slice::from_ref(value), path)?;
                if matches!(found.as_slice(), [only] if compare::is_text(only, wanted)) {
                    out.push(value.clone());
                }
            }
            StepKind::WhereReference(wanted) => {
                if let Item::String(text) = value
                    && self.text_refers_to(text, wanted)?
                {
                    out.push(value.clone());
                }
            }
            StepKind::Call(_, arguments) => {
                for projection in arguments {
                    self.evaluate(projection, &scope.around(value, 0), out)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A step that needs the whole collection.
    fn whole(
        &self,
        step: &'a Step,
        items: Items<'a>,
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        match &step.kind {
            StepKind::Call(function, arguments) => self.call(*function, items, arguments, scope, out),
            StepKind::Index(index) => {
                let index = self.integer(index, scope)?;
                out.extend(
                    index
                        .and_then(|index| usize::try_from(index).ok())
                        .and_then(|at| items.into_iter().nth(at)),
                );
                Ok(())
            }
            StepKind::Is(wanted) => {
                if let Some(item) = single(&items)? {
                    out.push(Item::Boolean(wanted.includes(TypeInfo::of(item))));
                }
                Ok(())
            }
            StepKind::As(wanted, _) => {
                if let Some(item) = single(&items)?
                    && wanted.selects(TypeInfo::of(item))
                {
                    out.push(item.clone());
                }
                Ok(())
            }
            StepKind::Where(condition) => {
                for (index, item) in items.iter().enumerate() {
                    if self.is_true(condition, &scope.around(item, index))? {
                        out.push(item.clone());
                    }
                }
                Ok(())
            }
            StepKind::Match(function, pattern, substitution) => {
                self.matched(*function, pattern, substitution.as_deref(), &items, scope, out)
            }
            StepKind::Sort(keys) => self.sort(items, keys, scope, out),
            _ => Ok(()),
        }
    }
}

/// Why a walk ends before its end.
pub(super) enum Stop {
    /// Enough items are found.
    Enough,
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A run of single steps, depth first.
pub(super) struct Walk<'w, 'a> {
    pub(super) run: &'w Run<'w, 'a>,
    pub(super) scope: &'w Scope<'w, 'a>,
    /// How many items are enough.
    limit: usize,
    found: usize,
    /// Elements that were visited: taken from the budget when the walk ends. It visits no element twice for one
    /// step, so that it cannot take much more than there is.
    pub(super) visited: usize,
    /// Where the items go; nothing if they are only counted.
    out: Option<&'w mut Items<'a>>,
}

impl<'w, 'a> Walk<'w, 'a> {
    #[inline]
    fn new(
        run: &'w Run<'w, 'a>,
        scope: &'w Scope<'w, 'a>,
        limit: usize,
        out: Option<&'w mut Items<'a>>,
    ) -> Self {
        Self { run, scope, limit, found: 0, visited: 0, out }
    }

    /// Runs steps over each of the items; gives how many items it found.
    #[inline]
    fn over(mut self, items: &[Item<'a>], steps: &'a [Step]) -> Result<usize, Failure> {
        let frames = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        self.run.descend(frames)?;
        for item in items {
            match self.item(item, steps) {
                Ok(()) => {}
                Err(Stop::Enough) => break,
                Err(Stop::Failed(failure)) => return Err(failure),
            }
        }
        self.run.ascend(frames);
        self.run.spend(self.visited)?;
        Ok(self.found)
    }

    #[inline]
    pub(super) fn found(&mut self, item: impl FnOnce() -> Item<'a>) -> Result<(), Stop> {
        if let Some(out) = &mut self.out {
            out.push_with(item);
        }
        self.found += 1;
        if self.found < self.limit { Ok(()) } else { Err(Stop::Enough) }
    }

    fn item(&mut self, item: &Item<'a>, steps: &'a [Step]) -> Result<(), Stop> {
        if let Item::Element(node) = item {
            return self.node(node, steps);
        }
        let Some((step, rest)) = steps.split_first() else { return self.found(|| item.clone()) };
        let mut found = Items::new();
        self.run.value_step(item, step, self.scope, &mut found)?;
        self.visited += found.len();
        for item in &found {
            self.item(item, rest)?;
        }
        Ok(())
    }

    /// Runs steps over an element.
    #[inline]
    pub(super) fn node(&mut self, node: &Node<'a>, steps: &'a [Step]) -> Result<(), Stop> {
        if let Some((value, own)) = node.plain() {
            return self.json(value, own, steps);
        }
        let Some((step, rest)) = steps.split_first() else { return self.found(|| Item::Element(*node)) };
        match &step.kind {
            StepKind::Field(field) => self.children(node, field, rest),
            _ => self.step(node, step, rest),
        }
    }

    /// The children of an element, whatever holds it and whatever stands beside them.
    pub(super) fn children(
        &mut self,
        node: &Node<'a>,
        field: &'a Field,
        rest: &'a [Step],
    ) -> Result<(), Stop> {
        let mut done = Ok(());
        let place = node.definition().and_then(|own| field.place(own));
        node.for_each_at(&field.name, place, &mut |child| {
            if done.is_ok() {
                self.visited += 1;
                done = self.node(&child, rest);
            }
        });
        done
    }

    /// Counts what a path of names gives below an element, whatever holds it, and compares it.
    fn only_below(&mut self, node: &Node<'a>, path: &'a [Step], text: &str, only: &mut Only) {
        let Some((step, rest)) = path.split_first() else {
            only.count += 1;
            only.equal = compare::is_text(&Item::Element(*node), text);
            return;
        };
        let StepKind::Field(field) = &step.kind else { return };
        let place = node.definition().and_then(|own| field.place(own));
        node.for_each_at(&field.name, place, &mut |child| {
            if only.count < 2 {
                self.visited += 1;
                self.only_below(&child, rest, text, only);
            }
        });
    }

    /// A step that is no name.
    pub(super) fn step(&mut self, node: &Node<'a>, step: &'a Step, rest: &'a [Step]) -> Result<(), Stop> {
        let own = || node.definition().map(TypeInfo::Fhir);
        let keep = match &step.kind {
            StepKind::Root(wanted) => node.definition().is_some_and(|own| is_a(own, wanted)),
            StepKind::OfType(wanted) | StepKind::As(wanted, _) => wanted.selects(own()),
            StepKind::Where(condition) => {
                let this = Item::Element(*node);
                let scope = self.scope.around(&this, 0);
                self.run.is_true(condition, &scope).map_err(|failure| failure.at(step.at))?
            }
            StepKind::WhereText(path, wanted) => {
                let mut only = Only::default();
                self.only_below(node, path, wanted, &mut only);
                only.count == 1 && only.equal
            }
            StepKind::WhereType(wanted) => wanted.includes(own()),
            StepKind::WhereReference(wanted) => self.run.refers_to(*node, wanted)?,
            StepKind::Extension(url, _) => {
                for extension in node.children("extension") {
                    self.visited += 1;
                    if extension.child_text("url") == Some(url) {
                        self.node(&extension, rest)?;
                    }
                }
                return Ok(());
            }
            // `select`, the only function that is a single step.
            StepKind::Call(_, arguments) => {
                let this = Item::Element(*node);
                let mut found = Items::new();
                for projection in arguments {
                    self.run.evaluate(projection, &self.scope.around(&this, 0), &mut found)?;
                }
                for item in &found {
                    self.item(item, rest)?;
                }
                return Ok(());
            }
            StepKind::Field(_)
            | StepKind::Is(_)
            | StepKind::Index(_)
            | StepKind::Match(..)
            | StepKind::Sort(_) => false,
        };
        if keep { self.node(node, rest) } else { Ok(()) }
    }
}

/// What a path of names gives: the number of items up to two, and whether the last one is the text.
#[derive(Default)]
pub(super) struct Only {
    pub(super) count: usize,
    pub(super) equal: bool,
}

/// How many steps at the front work on each item alone.
#[inline]
fn leading(steps: &[Step]) -> usize {
    steps.first().map_or(0, |step| usize::from(step.run))
}

/// How many items are enough for the steps behind them, if `limit` of theirs are.
#[inline]
fn enough(steps: &[Step], limit: usize) -> usize {
    match steps.first().map(|step| &step.kind) {
        None => limit,
        Some(StepKind::Call(Function::Exists | Function::Empty, arguments)) if arguments.is_empty() => 1,
        Some(StepKind::Call(Function::First, _)) => 1,
        Some(StepKind::Call(Function::Single, _)) | Some(StepKind::Is(_) | StepKind::As(..)) => 2,
        Some(StepKind::Call(Function::Take, arguments)) => {
            match arguments.first().and_then(Plan::constant_integer) {
                Some(count) => usize::try_from(count).unwrap_or(0).max(1),
                None => usize::MAX,
            }
        }
        Some(StepKind::Index(index)) => {
            match index.constant_integer().and_then(|at| usize::try_from(at).ok()) {
                Some(at) => at.saturating_add(1),
                None => usize::MAX,
            }
        }
        _ => usize::MAX,
    }
}
