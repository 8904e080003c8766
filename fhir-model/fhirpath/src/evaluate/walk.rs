//! The walk: steps over elements, depth first, and steps over whole collections.
//!
//! Steps that work on each item alone (`name`, `where`, `ofType`) are run while the tree is walked, item by item,
//! so that a plain path makes no collection but its result. Steps that need the whole collection (`count`, `first`,
//! `[0]`) end such a run; where they need the first items only, the walk stops there.

use super::{Run, Scope, compare, project, single};
use crate::error::Failure;
use crate::function::Function;
use crate::node::Node;
use crate::plan::{Field, Place, Plan, PlanKind, Step, StepKind};
use crate::types::TypeInfo;
use crate::value::{Item, Items};
use hygea_fhir_model::element::Element;
use hygea_fhir_model::json;
use hygea_fhir_model::schema::{TypeDef, TypeKind};

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
            let (run, rest) = steps.split_at_checked(leading(steps)).unwrap_or((steps, &[]));
            if rest.is_empty() {
                return match scope.this {
                    Some(this) => Walk { run: self, scope, limit, out }.over(std::slice::from_ref(this), run),
                    None => Ok(()),
                };
            }
            let mut items = Items::new();
            if let Some(this) = scope.this {
                let limit = wanted_of(rest.first());
                Walk { run: self, scope, limit, out: &mut items }.over(std::slice::from_ref(this), run)?;
            }
            return self.steps(items, rest, scope, limit, out);
        }
        let mut items = Items::new();
        self.evaluate(start, scope, &mut items)?;
        self.steps(items, steps, scope, limit, out)
    }

    /// Runs steps over a collection.
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
            let Some((step, after)) = rest.split_first() else {
                return Walk { run: self, scope, limit, out }.over(&items, run);
            };
            if !run.is_empty() {
                let mut found = Items::new();
                let limit = wanted_of(Some(step));
                Walk { run: self, scope, limit, out: &mut found }.over(&items, run)?;
                items = found;
            }
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
                let walk = Walk { run: self, scope, limit: 2, out: &mut found };
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
enum Stop {
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
struct Walk<'w, 'a> {
    run: &'w Run<'w, 'a>,
    scope: &'w Scope<'w, 'a>,
    /// How many items are enough.
    limit: usize,
    out: &'w mut Items<'a>,
}

impl<'a> Walk<'_, 'a> {
    /// Runs steps over each of the items.
    fn over(mut self, items: &[Item<'a>], steps: &'a [Step]) -> Result<(), Failure> {
        for item in items {
            match self.item(item, steps) {
                Ok(()) => {}
                Err(Stop::Enough) => break,
                Err(Stop::Failed(failure)) => return Err(failure),
            }
        }
        Ok(())
    }

    #[inline]
    fn found(&mut self, item: Item<'a>) -> Result<(), Stop> {
        self.out.push(item);
        if self.out.len() < self.limit { Ok(()) } else { Err(Stop::Enough) }
    }

    fn item(&mut self, item: &Item<'a>, steps: &'a [Step]) -> Result<(), Stop> {
        if let Item::Element(node) = item {
            return self.node(node, steps);
        }
        let Some((step, rest)) = steps.split_first() else { return self.found(item.clone()) };
        let mut found = Items::new();
        self.run.value_step(item, step, self.scope, &mut found)?;
        for item in &found {
            self.item(item, rest)?;
        }
        Ok(())
    }

    /// Runs steps over an element.
    #[inline]
    fn node(&mut self, node: &Node<'a>, steps: &'a [Step]) -> Result<(), Stop> {
        let Some((step, rest)) = steps.split_first() else { return self.found(Item::Element(*node)) };
        self.run.descend(1)?;
        let done = match &step.kind {
            // Plain paths go straight from children to children.
            StepKind::Field(field) => self.children(node, field, rest),
            _ => self.step(node, step, rest),
        };
        self.run.ascend(1);
        done
    }

    fn children(&mut self, node: &Node<'a>, field: &'a Field, rest: &'a [Step]) -> Result<(), Stop> {
        let place = match (node.definition(), &*field.places) {
            (Some(own), [(owner, place)]) if std::ptr::eq(own, *owner) => Some(*place),
            (Some(own), places) => {
                places.iter().find(|(owner, _)| std::ptr::eq(own, *owner)).map(|(_, place)| *place)
            }
            (None, _) => None,
        };
        // One member, nothing beside it: the usual case, without an iterator over both.
        match place {
            Some(Place::Member(member, definition)) => {
                if let Some(object) = node.plain_object(definition.kind() == TypeKind::Primitive) {
                    return match object.get(member) {
                        Some(value) => self.values(value, definition, rest),
                        None => Ok(()),
                    };
                }
            }
            Some(Place::Choice(field)) => {
                if let (Some(own), Some(object)) = (node.definition(), node.plain_object(true)) {
                    let name = field.name();
                    let mut members = object.members().filter(|(key, _)| key.starts_with(name));
                    let chosen = members.find_map(|(key, value)| {
                        let (found, choice) = own.field_for_json(key)?;
                        std::ptr::eq(found, field).then_some((value, choice))
                    });
                    return match chosen {
                        Some((value, choice)) => self.values(value, choice.definition(), rest),
                        None => Ok(()),
                    };
                }
            }
            None => {}
        }
        for child in node.children_at(&field.name, place) {
            self.run.spend(1)?;
            self.node(&child, rest)?;
        }
        Ok(())
    }

    /// The elements of one JSON member.
    #[inline]
    fn values(
        &mut self,
        value: json::Node<'a>,
        definition: &'static TypeDef,
        rest: &'a [Step],
    ) -> Result<(), Stop> {
        for item in value.items_or_self() {
            self.run.spend(1)?;
            if !item.is_null() {
                self.node(&Node::of_json(item, definition), rest)?;
            }
        }
        Ok(())
    }

    /// A step that is no name.
    fn step(&mut self, node: &Node<'a>, step: &'a Step, rest: &'a [Step]) -> Result<(), Stop> {
        let own = || node.definition().map(TypeInfo::Fhir);
        let keep = match &step.kind {
            StepKind::Root(wanted) => node.definition().is_some_and(|own| own.is_subtype_of(wanted)),
            StepKind::OfType(wanted) | StepKind::As(wanted, _) => wanted.selects(own()),
            StepKind::Where(condition) => {
                let this = Item::Element(*node);
                let scope = self.scope.around(&this, 0);
                self.run.is_true(condition, &scope).map_err(|failure| failure.at(step.at))?
            }
            StepKind::WhereText(path, wanted) => {
                let mut found = Items::new();
                let walk = Walk { run: self.run, scope: self.scope, limit: 2, out: &mut found };
                walk.over(&[Item::Element(*node)], path)?;
                matches!(found.as_slice(), [only] if compare::is_text(only, wanted))
            }
            StepKind::WhereType(wanted) => wanted.includes(own()),
            StepKind::WhereReference(wanted) => self.run.refers_to(*node, wanted)?,
            StepKind::Extension(url) => {
                for extension in node.children("extension") {
                    self.run.spend(1)?;
                    if extension.children("url").next().and_then(Node::text) == Some(url) {
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

/// How many steps at the front work on each item alone.
fn leading(steps: &[Step]) -> usize {
    steps.iter().take_while(|step| step.is_single()).count()
}

/// How many items the step after a run needs.
fn wanted_of(step: Option<&Step>) -> usize {
    match step.map(|step| &step.kind) {
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
