//! DELETE: refused while something lives inside, but for resource groups, which take everything with them.

use std::sync::Arc;

use super::fault::Fault;
use super::{Done, Outcome, Work};
use crate::directory::Change;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::{Error, ResourceId};

/// An error names at most this many children.
const NAMED: usize = 20;
const PAGE: usize = 500;

impl Work<'_> {
    pub(super) fn delete(&self, id: &ResourceId, kind: Kind) -> Done {
        let Some(existing) = self.view.resource(id)? else {
            self.preconditions(None)?;
            // Deleting what is not there is done; but a group that is not there is said to be so.
            return match kind {
                Kind::ResourceGroup => Err(self.absent(id)?.into()),
                _ => Ok(Outcome::new(204)),
            };
        };
        self.preconditions(Some(&existing))?;
        let inside = self.inside(id)?;
        if kind != Kind::ResourceGroup {
            let children: Vec<&str> = inside
                .iter()
                .filter(|resource| !resource.kind().is_extension())
                .map(|resource| resource.id().as_str())
                .collect();
            if !children.is_empty() {
                return Err(nested(id, &children).into());
            }
        }
        // Inner resources first, so that no prefix of the changes leaves an orphan.
        let mut changes: Vec<Change> =
            inside.iter().rev().map(|resource| Change::Delete(resource.id().clone())).collect();
        changes.push(Change::Delete(existing.id().clone()));
        Ok(Outcome::new(200).with_changes(changes))
    }

    /// Everything below an id, in the order of the keys.
    fn inside(&self, id: &ResourceId) -> Result<Vec<Arc<Resource>>, Error> {
        let mut all: Vec<Arc<Resource>> = Vec::new();
        loop {
            let after = all.last().map(|resource| resource.id().key().to_owned());
            let page = self.view.below(id, None, after.as_deref(), PAGE)?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }
}

fn nested(id: &ResourceId, children: &[&str]) -> Fault {
    let named = children.iter().take(NAMED).map(|child| format!("'{child}'")).collect::<Vec<_>>().join(", ");
    let message = format!(
        "cannot delete resource '{id}' while {} nested resources exist. Some existing nested resource IDs include: {named}. \
         Please delete all nested resources before deleting this resource.",
        children.len()
    );
    Fault::new(409, "CannotDeleteResource", message)
}
