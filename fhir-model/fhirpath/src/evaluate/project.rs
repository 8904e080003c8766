//! Filtering, projection, subsetting, combining, aggregates and tree navigation.

use super::compare::Index;
use super::{Run, Scope, single};
use crate::ast::KeyOrder;
use crate::error::{ErrorKind, Failure};
use crate::function::Function;
use crate::plan::Plan;
use crate::types::TypeInfo;
use crate::value::{Item, Items};
use hygea_fhir_model::element::Element;
use std::cmp::Ordering;

impl<'a> Run<'_, 'a> {
    pub(super) fn project(
        &self,
        function: Function,
        mut items: Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let argument = arguments.first();
        match function {
            Function::Select => {
                for (index, item) in items.iter().enumerate() {
                    for projection in arguments {
                        self.evaluate(projection, &scope.around(item, index), out)?;
                    }
                }
            }
            Function::Repeat | Function::RepeatAll => {
                let Some(projection) = argument else { return Ok(()) };
                return self.repeat(items, projection, function == Function::RepeatAll, scope, out);
            }
            Function::Coalesce => {
                for argument in arguments {
                    self.evaluate(argument, scope, out)?;
                    if !out.is_empty() {
                        break;
                    }
                }
            }
            Function::Single => out.extend(single(&items)?.cloned()),
            Function::First => out.extend(items.into_iter().next()),
            Function::Last => out.extend(items.pop()),
            Function::Tail => out.extend(items.into_iter().skip(1)),
            Function::Skip | Function::Take => {
                let count = match argument {
                    Some(count) => self.integer(count, scope)?,
                    None => None,
                };
                let Some(count) = count else { return Ok(()) };
                let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
                if function == Function::Skip {
                    out.extend(items.into_iter().skip(count));
                } else {
                    out.extend(items.into_iter().take(count));
                }
            }
            Function::Intersect | Function::Exclude | Function::Union | Function::Combine => {
                let Some(other) = argument else { return Ok(()) };
                let other = self.items(other, scope)?;
                self.spend(items.len() + other.len())?;
                return self.combine(function, items, other, out);
            }
            Function::Iif => return self.iif(&items, arguments, scope, out),
            Function::Aggregate => {
                let mut total = match arguments.get(1) {
                    Some(start) => self.items(start, scope)?,
                    None => Items::new(),
                };
                let Some(step) = argument else { return Ok(()) };
                for (index, item) in items.iter().enumerate() {
                    let scope = Scope { total: Some(&total), ..scope.around(item, index) };
                    let next = self.items(step, &scope)?;
                    total = next;
                }
                out.extend(total);
            }
            Function::Children => {
                for item in &items {
                    self.children_of(item, out)?;
                }
            }
            Function::Descendants => {
                let mut open: Vec<Item<'a>> = items.into_iter().rev().collect();
                while let Some(item) = open.pop() {
                    let mut found = Items::new();
                    self.children_of(&item, &mut found)?;
                    out.extend(found.iter().cloned());
                    open.extend(found.into_iter().rev());
                }
            }
            Function::Trace => {
                self.trace(&items, arguments, scope)?;
                out.extend(items);
            }
            Function::Type => {
                out.extend(items.iter().filter_map(TypeInfo::of).map(Item::Type));
            }
            _ => {}
        }
        Ok(())
    }

    fn combine(
        &self,
        function: Function,
        items: Items<'a>,
        other: Items<'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        match function {
            Function::Combine => {
                out.extend(items);
                out.extend(other);
            }
            Function::Union => {
                let mut both = Items::new();
                self.add_distinct(items, &mut both)?;
                self.add_distinct(other, &mut both)?;
                out.extend(both);
            }
            Function::Intersect => {
                let (known, mut both) = (Index::of(&other), Items::new());
                for item in items {
                    if self.indexed(&known, &other, &item)? {
                        both.push(item);
                    }
                }
                let mut distinct = Items::new();
                self.add_distinct(both, &mut distinct)?;
                out.extend(distinct);
            }
            // Function::Exclude
            _ => {
                let known = Index::of(&other);
                for item in items {
                    if !self.indexed(&known, &other, &item)? {
                        out.push(item);
                    }
                }
            }
        }
        Ok(())
    }

    fn iif(
        &self,
        items: &Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let this = single(items)?;
        let scope = Scope { this, ..*scope };
        let [condition, results @ ..] = arguments else { return Ok(()) };
        let result = if self.is_true(condition, &scope)? { results.first() } else { results.get(1) };
        match result {
            Some(result) => self.evaluate(result, &scope, out),
            None => Ok(()),
        }
    }

    fn repeat(
        &self,
        items: Items<'a>,
        projection: &'a Plan,
        duplicates: bool,
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let mut open = items;
        let (mut all, mut known) = (Items::new(), Index::default());
        while !open.is_empty() {
            let mut next = Items::new();
            for item in &open {
                for found in self.items(projection, &scope.around(item, 0))? {
                    self.spend(1)?;
                    if duplicates {
                        all.push(found.clone());
                        next.push(found);
                    } else if self.add_new(found.clone(), &mut known, &mut all)? {
                        next.push(found);
                    }
                }
            }
            open = next;
        }
        out.extend(all);
        Ok(())
    }

    pub(super) fn sort(
        &self,
        items: Items<'a>,
        keys: &'a [(Plan, KeyOrder)],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        // Keys are evaluated once for each item.
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let mut row = Vec::with_capacity(keys.len());
            for (key, _) in keys {
                let found = self.items(key, &scope.around(&item, 0))?;
                row.push(single(&found).map_err(|failure| failure.at(key.at))?.cloned());
            }
            if keys.is_empty() {
                row.push(Some(item.clone()));
            }
            rows.push((row, item));
        }
        // Without keys the items themselves are compared.
        let orders: Vec<KeyOrder> = if keys.is_empty() {
            vec![KeyOrder::default()]
        } else {
            keys.iter().map(|(_, order)| *order).collect()
        };
        let mut failure = None;
        rows.sort_by(|(left, _), (right, _)| {
            for (pair, key) in left.iter().zip(right).zip(&orders) {
                let turned = |order: Ordering, turn: bool| if turn { order.reverse() } else { order };
                let order = match pair {
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => turned(Ordering::Less, key.descending),
                    (Some(_), None) => turned(Ordering::Greater, key.descending),
                    (Some(left), Some(right)) => match self.order(left, right) {
                        Ok(order) => turned(order.unwrap_or(Ordering::Equal), key.descending != key.negated),
                        Err(error) => {
                            failure.get_or_insert(error);
                            Ordering::Equal
                        }
                    },
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
            Ordering::Equal
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        out.extend(rows.into_iter().map(|(_, item)| item));
        Ok(())
    }

    fn trace(&self, items: &Items<'a>, arguments: &'a [Plan], scope: &Scope<'_, 'a>) -> Result<(), Failure> {
        let Some(tracer) = self.environment.tracer else { return Ok(()) };
        let name = match arguments.first() {
            Some(name) => self.string(name, scope)?.unwrap_or_default(),
            None => return Ok(()),
        };
        let Some(projection) = arguments.get(1) else {
            tracer.trace(&name, items);
            return Ok(());
        };
        let mut projected = Items::new();
        for (index, item) in items.iter().enumerate() {
            self.evaluate(projection, &scope.around(item, index), &mut projected)?;
        }
        tracer.trace(&name, &projected);
        Ok(())
    }

    fn children_of(&self, item: &Item<'a>, out: &mut Items<'a>) -> Result<(), Failure> {
        let before = out.len();
        match item {
            Item::Element(node) => node.for_each(&mut |_, child| out.push(Item::Element(child))),
            Item::Type(_) | Item::Quantity(_) => {
                for name in ["namespace", "name", "baseType", "value", "unit"] {
                    out.extend(value_child(item, name));
                }
            }
            _ => {}
        }
        self.spend(out.len() - before + 1)
    }
}

/// The child of a value that is no element.
pub(super) fn value_child<'a>(value: &Item<'a>, name: &str) -> Option<Item<'a>> {
    match (value, name) {
        (Item::Type(found), "namespace") => Some(found.namespace().into()),
        (Item::Type(found), "name") => Some(found.name().into()),
        (Item::Type(found), "baseType") => Some(found.base_name().into()),
        (Item::Quantity(quantity), "value") => Some(Item::Decimal(quantity.value)),
        (Item::Quantity(quantity), "unit") => Some(match &quantity.unit {
            crate::value::Unit::Ucum(code) => code.to_string().into(),
            crate::value::Unit::Calendar(unit) => unit.name().into(),
        }),
        _ => None,
    }
}

/// An argument that must be there.
pub(super) fn missing() -> Failure {
    Failure::new(ErrorKind::Arguments, "an argument is missing")
}
