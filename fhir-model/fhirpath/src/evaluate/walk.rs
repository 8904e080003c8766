//! The walk: steps over elements, depth first, and steps over whole collections.
//!
//! Steps that work on each item alone (`name`, `where`, `ofType`) are run while the tree is walked, item by item,
//! so that a plain path makes no collection but its result. Steps that need the whole collection (`count`, `first`,
//! `[0]`) end such a run; where they need the first items only, the walk stops there.

use super::{More, Run, Scope, compare, project, single};
use crate::error::Failure;
use crate::function::Function;
use crate::node::Node;
use crate::plan::{Field, Place, Plan, PlanKind, Step, StepKind};
use crate::types::TypeInfo;
use crate::value::{Item, Items};
use hygea_fhir_model::element::Element;

impl<'a> Run<'a> {
    pub(super) fn path(
        &self,
        start: &'a Plan,
        steps: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let leading = leading(steps);
        let (run, rest) = steps.split_at_checked(leading).unwrap_or((steps, &[]));
        // The focus is one item; a path of single steps over it needs no collection of its own.
        if let PlanKind::This = start.kind {
            let Some(this) = scope.this else {
                return if rest.is_empty() {
                    Ok(())
                } else {
                    self.steps(Items::new(), rest, scope, limit, out)
                };
            };
            if rest.is_empty() {
                return self.flow(this, run, scope, limit, out).map(|_| ());
            }
            let mut items = Items::new();
            self.flow(this, run, scope, wanted_of(rest.first()), &mut items)?;
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
                for item in &items {
                    if !self.flow(item, run, scope, limit, out)? {
                        break;
                    }
                }
                return Ok(());
            };
            if !run.is_empty() {
                let wanted = wanted_of(Some(step));
                let mut found = Items::new();
                for item in &items {
                    if !self.flow(item, run, scope, wanted, &mut found)? {
                        break;
                    }
                }
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

    /// Runs single steps over one item, depth first.
    fn flow(
        &self,
        item: &Item<'a>,
        steps: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<More, Failure> {
        let Some((step, rest)) = steps.split_first() else {
            out.push(item.clone());
            return Ok(out.len() < limit);
        };
        match item {
            Item::Element(node) => self.flow_node(*node, step, rest, scope, limit, out),
            value => {
                let mut found = Items::new();
                self.value_step(value, step, scope, &mut found)?;
                for item in &found {
                    if !self.flow(item, rest, scope, limit, out)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    fn flow_node(
        &self,
        node: Node<'a>,
        step: &'a Step,
        rest: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<More, Failure> {
        let keep = match &step.kind {
            StepKind::Field(field) => return self.children(node, field, rest, scope, limit, out),
            StepKind::Root(wanted) => node.definition().is_some_and(|own| own.is_subtype_of(wanted)),
            StepKind::OfType(wanted) | StepKind::As(wanted, _) => {
                wanted.selects(node.definition().map(TypeInfo::Fhir))
            }
            StepKind::Where(condition) => {
                let this = Item::Element(node);
                self.is_true(condition, &scope.around(&this, 0)).map_err(|failure| failure.at(step.at))?
            }
            StepKind::WhereText(path, wanted) => {
                let this = Item::Element(node);
                let mut found = Items::new();
                self.flow(&this, path, scope, 2, &mut found)?;
                matches!(found.as_slice(), [only] if compare::is_text(only, wanted))
            }
            StepKind::WhereType(wanted) => wanted.includes(node.definition().map(TypeInfo::Fhir)),
            StepKind::WhereReference(wanted) => self.refers_to(node, wanted)?,
            StepKind::Extension(url) => {
                for extension in node.children("extension") {
                    self.spend(1)?;
                    let own = extension.children("url").next().and_then(Node::text);
                    if own == Some(url) && !self.next(extension, rest, scope, limit, out)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            StepKind::Call(_, arguments) => {
                // `select`, the only function that is a single step.
                let this = Item::Element(node);
                let mut found = Items::new();
                for projection in arguments {
                    self.evaluate(projection, &scope.around(&this, 0), &mut found)?;
                }
                for item in &found {
                    if !self.flow(item, rest, scope, limit, out)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            StepKind::Is(_) | StepKind::Index(_) | StepKind::Match(..) | StepKind::Sort(_) => false,
        };
        if keep { self.next(node, rest, scope, limit, out) } else { Ok(true) }
    }

    /// Goes on with an element after a step.
    #[inline]
    fn next(
        &self,
        node: Node<'a>,
        rest: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<More, Failure> {
        let Some((step, rest)) = rest.split_first() else {
            out.push(Item::Element(node));
            return Ok(out.len() < limit);
        };
        self.descend(1)?;
        let more = match &step.kind {
            // Plain paths go straight from children to children.
            StepKind::Field(field) => self.children(node, field, rest, scope, limit, out),
            _ => self.flow_node(node, step, rest, scope, limit, out),
        };
        self.ascend(1);
        more
    }

    fn children(
        &self,
        node: Node<'a>,
        field: &'a Field,
        rest: &'a [Step],
        scope: &Scope<'_, 'a>,
        limit: usize,
        out: &mut Items<'a>,
    ) -> Result<More, Failure> {
        let place = node.definition().and_then(|own| {
            field.places.iter().find(|(owner, _)| std::ptr::eq(*owner, own)).map(|(_, place)| *place)
        });
        if let Some(Place::Member(member, definition)) = place
            && let Some(object) = node.plain_object(definition)
        {
            // One member, nothing beside it: the usual case, without an iterator over both.
            let Some(value) = object.get(member) else { return Ok(true) };
            for item in value.items_or_self() {
                self.spend(1)?;
                if item.is_null() {
                    continue;
                }
                let child = Node::of_json(item, definition);
                if !self.next(child, rest, scope, limit, out)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        for child in node.children_at(&field.name, place) {
            self.spend(1)?;
            if !self.next(child, rest, scope, limit, out)? {
                return Ok(false);
            }
        }
        Ok(true)
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
                self.flow(value, path, scope, 2, &mut found)?;
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
