//! PATCH: tags, and the identity of a service. Nothing else changes this way.

use std::sync::Arc;

use super::body;
use super::fault::{self, Fault};
use super::{Done, Work, identity};
use crate::ResourceId;
use crate::directory::Change;
use crate::json::Json;
use crate::kind::Kind;
use crate::properties::{Report, check_tags};

impl Work<'_> {
    pub(super) fn patch(&self, id: &ResourceId, kind: Kind) -> Done {
        let existing = self.existing(id)?;
        self.preconditions(Some(&existing))?;
        let Json::Object(members) = body::parse(self.request.body)? else {
            return Ok(self.answer(200, &existing));
        };
        let mut report = Report::default();
        let mut resource = (*existing).clone();
        for (name, value) in members {
            if name.eq_ignore_ascii_case("tags") {
                if !value.is_null() {
                    resource.tags = check_tags(&value, &mut report);
                }
            } else if name.eq_ignore_ascii_case("identity") && takes_identity(kind) {
                if !value.is_null() {
                    resource.identity =
                        identity::check(&value, kind, Some(&existing), self.context, &mut report);
                }
            } else if name.eq_ignore_ascii_case("name") && value.as_str() == Some(existing.name()) {
                // Clients of resource groups send the name along.
            } else if !value.is_null() && !is_empty_object(&value) {
                let name: String = name.chars().take(64).collect();
                let message =
                    format!("changing '{name}' is not allowed: PATCH changes tags and identity only");
                return Err(Fault::new(400, "PropertyChangeNotAllowed", message).on(name).into());
            }
        }
        fault::report(report)?;
        resource.etag = self.context.id("etag");
        resource.modified = self.context.stamp();
        let resource = Arc::new(resource);
        Ok(self.answer(200, &resource).with_changes(vec![Change::Put(resource)]))
    }
}

fn takes_identity(kind: Kind) -> bool {
    matches!(kind, Kind::FhirService | Kind::DicomService | Kind::IotConnector)
}

fn is_empty_object(value: &Json) -> bool {
    matches!(value, Json::Object(members) if members.is_empty())
}
