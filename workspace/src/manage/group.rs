//! Resource groups: the outermost resources that are stored.

use std::sync::Arc;

use super::body;
use super::fault::{self, Fault};
use super::put::check_name;
use super::{Done, Outcome, Work};
use crate::ResourceId;
use crate::directory::Change;
use crate::json::Json;
use crate::kind::Kind;
use crate::properties::{self, Bounds, Report};
use crate::resource::Resource;

impl Work<'_> {
    pub(super) fn put_group(&self, id: &ResourceId) -> Done {
        check_name(id)?;
        let existing = self.view.resource(id)?;
        self.preconditions(existing.as_deref())?;
        let mut report = Report::default();
        let envelope = body::envelope(body::parse(self.request.body)?, id, Kind::ResourceGroup, &mut report);
        let bounds = Bounds { smart_applications: 0 };
        let properties =
            properties::check(Kind::ResourceGroup, envelope.properties.as_ref(), bounds, &mut report);
        fault::report(report)?;
        let stored = existing.as_deref().and_then(Resource::location);
        let location = match (envelope.location, stored) {
            (Some(given), Some(stored)) if given != stored => {
                let message = format!(
                    "invalid resource group location '{given}': the resource group already exists in location '{stored}'"
                );
                return Err(Fault::new(409, "InvalidResourceGroupLocation", message).on("location").into());
            }
            (given, stored) => given.or(stored),
        };
        let Some(location) = location else {
            return Err(Fault::new(400, "LocationRequired", "the location is required")
                .on("location")
                .into());
        };
        let stamp = self.context.stamp();
        let resource = Arc::new(Resource {
            id: existing.as_ref().map_or(id, |existing| existing.id()).clone(),
            kind: Kind::ResourceGroup,
            location: Some(location),
            variant: None,
            tags: envelope.tags,
            identity: None,
            properties: if matches!(properties, Json::Object(_)) {
                properties
            } else {
                Json::Object(Vec::new())
            },
            etag: self.context.id("etag"),
            created: existing.as_ref().map_or_else(|| stamp.clone(), |existing| existing.created().clone()),
            modified: stamp,
        });
        let status = if existing.is_some() { 200 } else { 201 };
        Ok(self.answer(status, &resource).with_changes(vec![Change::Put(resource)]))
    }

    /// HEAD answers whether the group exists.
    pub(super) fn head_group(&self, id: &ResourceId) -> Done {
        Ok(Outcome::new(if self.view.resource(id)?.is_some() { 204 } else { 404 }))
    }
}
