//! Existence (FHIRPath "Existence").

use super::compare::Index;
use super::{Run, Scope, boolean};
use crate::error::{ErrorKind, Failure};
use crate::function::Function;
use crate::plan::Plan;
use crate::value::{Item, Items};

impl<'a> Run<'_, 'a> {
    pub(super) fn existence(
        &self,
        function: Function,
        items: Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let argument = arguments.first();
        let found = match function {
            Function::Empty => Item::Boolean(items.is_empty()),
            Function::Count => Item::Integer(i32::try_from(items.len()).unwrap_or(i32::MAX)),
            Function::Exists => match argument {
                None => Item::Boolean(!items.is_empty()),
                Some(condition) => Item::Boolean(self.any(&items, condition, true, scope)?),
            },
            Function::All => match argument {
                Some(condition) => Item::Boolean(!self.any(&items, condition, false, scope)?),
                None => return Ok(()),
            },
            Function::AllTrue => Item::Boolean(booleans(&items)?.all(|value| value)),
            Function::AnyTrue => Item::Boolean(booleans(&items)?.any(|value| value)),
            Function::AllFalse => Item::Boolean(booleans(&items)?.all(|value| !value)),
            Function::AnyFalse => Item::Boolean(booleans(&items)?.any(|value| !value)),
            Function::SubsetOf | Function::SupersetOf => {
                let Some(other) = argument else { return Ok(()) };
                let other = self.items(other, scope)?;
                let (inner, outer) =
                    if function == Function::SubsetOf { (&items, &other) } else { (&other, &items) };
                let known = Index::of(outer);
                let mut all = true;
                for item in inner {
                    all = all && self.indexed(&known, outer, item)?;
                }
                Item::Boolean(all)
            }
            Function::Distinct => return self.add_distinct(items, out),
            Function::IsDistinct => {
                let count = items.len();
                let mut distinct = Items::new();
                self.add_distinct(items, &mut distinct)?;
                Item::Boolean(distinct.len() == count)
            }
            // Function::Not
            _ => match boolean(&items)? {
                Some(value) => Item::Boolean(!value),
                None => return Ok(()),
            },
        };
        out.push(found);
        Ok(())
    }

    /// Whether the condition gives `wanted` (or, for false, anything but true) for any item.
    fn any(
        &self,
        items: &Items<'a>,
        condition: &'a Plan,
        wanted: bool,
        scope: &Scope<'_, 'a>,
    ) -> Result<bool, Failure> {
        for (index, item) in items.iter().enumerate() {
            if self.is_true(condition, &scope.around(item, index))? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The Booleans that a collection holds, and nothing else.
fn booleans<'i>(items: &'i Items<'_>) -> Result<impl Iterator<Item = bool> + use<'i>, Failure> {
    let all: Option<Vec<bool>> = items.iter().map(Item::as_bool).collect();
    all.map(Vec::into_iter).ok_or_else(|| Failure::new(ErrorKind::WrongType, "wanted Booleans only"))
}
