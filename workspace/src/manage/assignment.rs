//! Role assignments and role definitions as management resources (sections a.1 and c.2).

use std::sync::Arc;

use super::body;
use super::fault::{self, Fault, Stop};
use super::{Done, Outcome, Work, render};
use crate::access::role_id;
use crate::directory::Change;
use crate::guid;
use crate::json::Json;
use crate::kind::Kind;
use crate::properties::{self, Bounds, Report};
use crate::resource::{CallerType, Resource, Stamp};
use crate::time::Timestamp;
use crate::{Error, ResourceId};

/// Assignments that one list or one check of uniqueness looks at in a step.
const STEP: usize = 500;

/// The change that makes a principal administrator of everything: for the first start of a server, when nobody may
/// grant anything yet. The same principal always gets the same assignment, so that it can be made again.
///
/// # Errors
/// Does not occur: the id it builds is always one.
pub fn administrator(principal: &str, now: Timestamp) -> Result<Change, Error> {
    let name = guid::derive(principal.to_lowercase().as_bytes(), "administrator");
    let role = format!("/providers/Microsoft.Authorization/roleDefinitions/{}", role_id::ADMINISTRATOR);
    let stamp = Stamp { by: principal.to_owned(), by_type: CallerType::Application, at: now };
    Ok(Change::Put(Arc::new(Resource {
        id: ResourceId::root().child(Kind::RoleAssignment, &name)?,
        kind: Kind::RoleAssignment,
        location: None,
        variant: None,
        tags: None,
        identity: None,
        properties: Json::object([("roleDefinitionId", Json::from(role)), ("principalId", principal.into())]),
        etag: guid::derive(name.as_bytes(), "etag"),
        created: stamp.clone(),
        modified: stamp,
    })))
}

impl Work<'_> {
    pub(super) fn put_assignment(&self, id: &ResourceId) -> Done {
        if !guid::is_guid(id.name()) {
            return Err(Fault::new(400, "InvalidRoleAssignmentId", "the name must be a GUID")
                .on("name")
                .into());
        }
        let scope = self.assignment_scope(id)?;
        let existing = self.view.resource(id)?;
        self.preconditions(existing.as_deref())?;
        let mut report = Report::default();
        let envelope = body::envelope(body::parse(self.request.body)?, id, Kind::RoleAssignment, &mut report);
        let bounds = Bounds { smart_applications: 0 };
        let properties =
            properties::check(Kind::RoleAssignment, envelope.properties.as_ref(), bounds, &mut report);
        fault::report(report)?;
        let text = |name: &str| properties.member(name).and_then(Json::as_str).unwrap_or_default();
        if !text("condition").is_empty() {
            let message = "conditions are not supported: an assignment with one would grant nothing";
            return Err(Fault::new(400, "InvalidRoleAssignmentCondition", message)
                .on("properties.condition")
                .into());
        }
        let (role, principal) = (text("roleDefinitionId").to_owned(), text("principalId").to_owned());
        let Some(role) = self.context.policy.role(&role) else {
            let message = "the role definition does not exist";
            return Err(Fault::new(400, "RoleDefinitionDoesNotExist", message)
                .on("properties.roleDefinitionId")
                .into());
        };
        if let Some(existing) = &existing {
            let same = |name: &str| existing.properties().member(name) == properties.member(name);
            if !same("principalId") || !same("roleDefinitionId") {
                let message = "the principal, the role and the scope of a role assignment cannot be changed";
                return Err(Fault::new(409, "RoleAssignmentUpdateNotPermitted", message).into());
            }
        } else if let Some(other) = self.equal_assignment(&scope, &principal, &role.id)? {
            let message = format!("the role assignment already exists: '{}'", other.id());
            return Err(Fault::new(409, "RoleAssignmentExists", message).into());
        }
        let stamp = self.context.stamp();
        let resource = Arc::new(Resource {
            id: existing.as_ref().map_or(id, |existing| existing.id()).clone(),
            kind: Kind::RoleAssignment,
            location: None,
            variant: None,
            tags: None,
            identity: None,
            properties,
            etag: self.context.id("etag"),
            created: existing.as_ref().map_or_else(|| stamp.clone(), |existing| existing.created().clone()),
            modified: stamp,
        });
        Ok(self
            .answer(if existing.is_some() { 200 } else { 201 }, &resource)
            .with_changes(vec![Change::Put(resource)]))
    }

    pub(super) fn delete_assignment(&self, id: &ResourceId) -> Done {
        let Some(existing) = self.view.resource(id)? else { return Ok(Outcome::new(204)) };
        self.preconditions(Some(&existing))?;
        // The one deletion that answers with what was deleted.
        Ok(self.answer(200, &existing).with_changes(vec![Change::Delete(existing.id().clone())]))
    }

    /// Assignments on a scope, below it and above it; `$filter=atScope()` leaves out those below, `principalId eq`
    /// and `assignedTo` those of others.
    pub(super) fn list_assignments(&self, scope: &ResourceId) -> Done {
        let filter = self.request.parameter("$filter").unwrap_or_default();
        let mut at_scope = false;
        let mut principal = None;
        for term in filter.split(" and ").map(str::trim).filter(|term| !term.is_empty()) {
            let quoted =
                |text: &str| text.trim().strip_prefix('\'')?.strip_suffix('\'').map(str::to_lowercase);
            let named = match term.strip_prefix("principalId eq") {
                Some(rest) => quoted(rest),
                None => term.strip_prefix("assignedTo(").and_then(|rest| quoted(rest.strip_suffix(')')?)),
            };
            if term.eq_ignore_ascii_case("atScope()") {
                at_scope = true;
            } else if named.is_some() {
                principal = named;
            } else {
                let message = "expected atScope(), principalId eq '{id}' or assignedTo('{id}')";
                return Err(Fault::new(400, "InvalidFilter", message).on("$filter").into());
            }
        }
        let mut value = Vec::new();
        let mut outer = scope.parent();
        while let Some(id) = outer {
            self.each_assignment(&id, |resource| {
                if resource.id().parent().as_ref() == Some(&id) {
                    value.push(Arc::clone(resource));
                }
            })?;
            outer = id.parent();
        }
        self.each_assignment(scope, |resource| {
            if !at_scope || resource.id().parent().as_ref() == Some(scope) {
                value.push(Arc::clone(resource));
            }
        })?;
        let text = |resource: &Resource| {
            resource.properties().member("principalId").and_then(Json::as_str).map(str::to_lowercase)
        };
        value.retain(|resource| principal.is_none() || text(resource) == principal);
        value.sort_by(|a, b| a.id().cmp(b.id()));
        let value = value.iter().map(|resource| render::resource(resource, self.context.settings)).collect();
        Ok(Outcome::json(200, &Json::object([("value", Json::Array(value)), ("nextLink", Json::Null)])))
    }

    pub(super) fn role(&self, id: &ResourceId) -> Done {
        match self.context.policy.role(id.name()) {
            Some(role) => {
                Ok(Outcome::json(200, &role.to_json(&id.parent().unwrap_or_else(ResourceId::root))))
            }
            None => Err(fault::not_found(id).into()),
        }
    }

    pub(super) fn list_roles(&self, scope: &ResourceId) -> Done {
        let filter = self.request.parameter("$filter").unwrap_or_default();
        let wanted = match filter.trim() {
            "" => None,
            filter => {
                let name = filter.strip_prefix("roleName eq").map(str::trim);
                match name.and_then(|name| name.strip_prefix('\'')?.strip_suffix('\'')) {
                    Some(name) => Some(name.to_owned()),
                    None => {
                        let message = "expected roleName eq '{name}'";
                        return Err(Fault::new(400, "InvalidFilter", message).on("$filter").into());
                    }
                }
            }
        };
        let mut roles: Vec<_> = self
            .context
            .policy
            .roles()
            .filter(|role| wanted.as_ref().is_none_or(|wanted| role.name.eq_ignore_ascii_case(wanted)))
            .collect();
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        let value = roles.iter().map(|role| role.to_json(scope)).collect();
        Ok(Outcome::json(200, &Json::object([("value", Json::Array(value))])))
    }

    /// The scope of an assignment, which must exist if it is a resource of ours.
    fn assignment_scope(&self, id: &ResourceId) -> Result<ResourceId, Stop> {
        let scope = id.parent().unwrap_or_else(ResourceId::root);
        match scope.kind() {
            Some(Kind::Subscription) => Ok(scope),
            Some(_) if self.view.resource(&scope)?.is_some() => Ok(scope),
            Some(_) => Err(self.absent(&scope)?.into()),
            None if scope.is_root() => Ok(scope),
            None => Err(fault::not_found(&scope).into()),
        }
    }

    fn equal_assignment(
        &self,
        scope: &ResourceId,
        principal: &str,
        role: &str,
    ) -> Result<Option<Arc<Resource>>, Error> {
        let mut found = None;
        self.each_assignment(scope, |resource| {
            let text =
                |name: &str| resource.properties().member(name).and_then(Json::as_str).unwrap_or_default();
            let same_role =
                text("roleDefinitionId").rsplit('/').next().is_some_and(|id| id.eq_ignore_ascii_case(role));
            if resource.id().parent().as_ref() == Some(scope)
                && text("principalId").eq_ignore_ascii_case(principal)
                && same_role
            {
                found = Some(Arc::clone(resource));
            }
        })?;
        Ok(found)
    }

    /// Every assignment on a scope or below it.
    fn each_assignment(
        &self,
        scope: &ResourceId,
        mut visit: impl FnMut(&Arc<Resource>),
    ) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let page = self.view.below(scope, Some(Kind::RoleAssignment), after.as_deref(), STEP)?;
            page.iter().for_each(&mut visit);
            match page.last() {
                Some(last) if page.len() == STEP => after = Some(last.id().key().to_owned()),
                _ => return Ok(()),
            }
        }
    }
}
