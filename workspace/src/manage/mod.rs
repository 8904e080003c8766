//! The management API (section a.4): one request in, an answer and the changes to commit out.
//!
//! [`handle`] is a pure state machine. It reads what exists through a [`View`], decides by the [`Policy`] of the
//! [`Context`], and returns an [`Outcome`]: status, headers, body, and the [`Change`]s. The caller commits all
//! changes at once, then answers; if it cannot commit, it answers 5xx and nothing has happened. Operations finish
//! at once, so resources are always `Succeeded`; the result of a creation can still be asked for, as clients of
//! long-running operations do.
//!
//! [`View`]: crate::View
//! [`Policy`]: crate::access::Policy
//! [`Change`]: crate::Change

mod api_version;
mod assignment;
mod body;
mod delete;
mod fault;
mod group;
mod identity;
mod list;
mod name_availability;
mod operation;
mod patch;
mod put;
mod render;
mod request;
mod route;

use std::sync::Arc;

use crate::access::{Decision, Plane, Policy, Principal};
use crate::directory::{Change, View};
use crate::kind::Kind;
use crate::resource::{Resource, Stamp};
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::{Error, ResourceId, guid};
use fault::{Fault, Stop};
use route::Target;

pub use assignment::administrator;
pub use request::{ManagementRequest, Method};

/// What the caller of [`handle`] knows beside the request.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Now.
    pub now: Timestamp,
    /// Who asks; already proved.
    pub principal: &'a Principal,
    /// Who may do what.
    pub policy: &'a Policy,
    /// The settings of the installation.
    pub settings: &'a Settings,
    /// Random bytes, new for every request: ids follow from them.
    pub seed: [u8; 32],
    /// Checks the mapping of a connector or of a destination, given as JSON text, before it is stored: `Err` says
    /// what is wrong with it. `None` to store mappings unchecked.
    pub check_mapping: Option<CheckMapping<'a>>,
}

/// Checks a mapping of a [`Kind::IotConnector`] or a [`Kind::FhirDestination`].
pub type CheckMapping<'a> = &'a dyn Fn(Kind, &str) -> Result<(), String>;

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({} at {})", self.principal.id, self.now)
    }
}

impl Context<'_> {
    /// An id that follows from the seed.
    fn id(&self, label: &str) -> String {
        guid::derive(&self.seed, label)
    }

    fn stamp(&self) -> Stamp {
        Stamp { by: self.principal.id.clone(), by_type: self.principal.caller_type(), at: self.now }
    }
}

/// The answer to a management request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in the usual spelling. `Content-Type` is among them if there is a body.
    pub headers: Vec<(&'static str, String)>,
    /// The body, JSON text.
    pub body: Option<String>,
    /// What to commit, in this order and at once, before answering. Empty unless the status is 2xx.
    pub changes: Vec<Change>,
    /// The management action, for the audit record; `None` if the request was not understood.
    pub action: Option<String>,
    /// The resource or scope that was asked for.
    pub scope: Option<ResourceId>,
    /// What allowed or denied it; `None` if it came to no decision.
    pub decision: Option<Decision>,
}

impl Outcome {
    fn new(status: u16) -> Self {
        Self {
            status,
            headers: vec![("Cache-Control", "no-cache".to_owned())],
            body: None,
            changes: Vec::new(),
            action: None,
            scope: None,
            decision: None,
        }
    }

    fn json(status: u16, body: &crate::json::Json) -> Self {
        let mut outcome = Self::new(status);
        outcome.headers.push(("Content-Type", "application/json; charset=utf-8".to_owned()));
        outcome.body = Some(body.to_string());
        outcome
    }

    fn with_changes(mut self, changes: Vec<Change>) -> Self {
        self.changes = changes;
        self
    }

    fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Whether a path belongs to the management API, so that [`handle`] should be asked.
#[must_use]
pub fn is_management_path(path: &str) -> bool {
    let first = path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    first.eq_ignore_ascii_case("subscriptions") || first.eq_ignore_ascii_case("providers")
}

/// Answers a management request. What the caller did wrong is an answer, too.
///
/// # Errors
/// Only what the view reports: resources that could not be read.
pub fn handle(
    request: &ManagementRequest<'_>,
    view: &dyn View,
    context: &Context<'_>,
) -> Result<Outcome, Error> {
    handle_names(request, view, context, false)
}

/// [`handle`], on request without the rule on names: the development resources have a name that is too short for it.
pub(crate) fn handle_names(
    request: &ManagementRequest<'_>,
    view: &dyn View,
    context: &Context<'_>,
    any_name: bool,
) -> Result<Outcome, Error> {
    let target = match route::route(request) {
        Ok(target) => target,
        Err(fault) => return Ok(fault.into_outcome()),
    };
    let action = target.action(request.method);
    let scope = target.scope().clone();
    let decision = context.policy.decide(context.principal, Plane::Control, &action, &scope);
    let mut outcome = if decision.is_allowed() || target.is_public() {
        let work = Work { request, view, context, any_name };
        match work.run(&target) {
            Ok(outcome) => outcome,
            Err(Stop::Fault(fault)) => fault.into_outcome(),
            Err(Stop::Error(error)) => return Err(error),
        }
    } else {
        fault::forbidden(context.principal, &action, &scope).into_outcome()
    };
    outcome.action = Some(action);
    outcome.scope = Some(scope);
    outcome.decision = Some(decision);
    Ok(outcome)
}

/// One request at work.
struct Work<'a> {
    request: &'a ManagementRequest<'a>,
    view: &'a dyn View,
    context: &'a Context<'a>,
    any_name: bool,
}

type Done = Result<Outcome, Stop>;

impl Work<'_> {
    fn run(&self, target: &Target) -> Done {
        api_version::check(self.request, target)?;
        match (target, self.request.method) {
            (Target::Resource(id, kind), method) => self.resource(id, *kind, method),
            (Target::Collection { scope, kind }, Method::Get) => match kind {
                Kind::RoleAssignment => self.list_assignments(scope),
                Kind::RoleDefinition => self.list_roles(scope),
                _ => self.list(scope, *kind),
            },
            (Target::NameAvailability(_), Method::Post) => self.name_availability(),
            (Target::Operations(_), Method::Get) => Ok(operation::operations()),
            (_, method) => Err(fault::method(method).into()),
        }
    }

    fn resource(&self, id: &ResourceId, kind: Kind, method: Method) -> Done {
        match (kind, method) {
            (Kind::RoleDefinition, Method::Get) => self.role(id),
            (Kind::RoleAssignment, Method::Put) => self.put_assignment(id),
            (Kind::RoleAssignment, Method::Delete) => self.delete_assignment(id),
            (Kind::ResourceGroup, Method::Put) => self.put_group(id),
            (Kind::ResourceGroup, Method::Head) => self.head_group(id),
            (Kind::OperationResult, Method::Get) => self.operation_result(id),
            (
                Kind::ResourceGroup
                | Kind::Workspace
                | Kind::FhirService
                | Kind::DicomService
                | Kind::IotConnector
                | Kind::FhirDestination
                | Kind::RoleAssignment,
                Method::Get,
            ) => self.get(id),
            (
                Kind::ResourceGroup
                | Kind::Workspace
                | Kind::FhirService
                | Kind::DicomService
                | Kind::IotConnector,
                Method::Patch,
            ) => self.patch(id, kind),
            (Kind::Workspace, Method::Put) => self.put(id, kind),
            (
                Kind::FhirService | Kind::DicomService | Kind::IotConnector | Kind::FhirDestination,
                Method::Put,
            ) => self.put(id, kind),
            (
                Kind::ResourceGroup
                | Kind::Workspace
                | Kind::FhirService
                | Kind::DicomService
                | Kind::IotConnector
                | Kind::FhirDestination,
                Method::Delete,
            ) => self.delete(id, kind),
            _ => Err(fault::method(method).into()),
        }
    }

    fn get(&self, id: &ResourceId) -> Done {
        let resource = self.existing(id)?;
        Ok(self.answer(200, &resource))
    }

    /// The resource, or the fault that says which part of its path does not exist.
    fn existing(&self, id: &ResourceId) -> Result<Arc<Resource>, Stop> {
        match self.view.resource(id)? {
            Some(resource) => Ok(resource),
            None => Err(self.absent(id)?.into()),
        }
    }

    /// The fault for a resource that does not exist: its resource group or its parent if that is why.
    fn absent(&self, id: &ResourceId) -> Result<Fault, Error> {
        if let Some(group) = id.enclosing(Kind::ResourceGroup)
            && self.view.resource(&group)?.is_none()
        {
            return Ok(fault::no_group(&group));
        }
        match id.parent() {
            Some(parent)
                if id
                    .kind()
                    .and_then(Kind::parent)
                    .is_some_and(|kind| kind != Kind::ResourceGroup && kind != Kind::Subscription)
                    && self.view.resource(&parent)?.is_none() =>
            {
                Ok(fault::no_parent(id, &parent))
            }
            _ => Ok(fault::not_found(id)),
        }
    }

    /// `If-Match` and `If-None-Match` against what exists.
    fn preconditions(&self, existing: Option<&Resource>) -> Result<(), Stop> {
        let fits = |header: &str| {
            header.split(',').map(str::trim).any(|tag| {
                let tag = tag.strip_prefix("W/").unwrap_or(tag);
                tag == "*" || existing.is_some_and(|resource| tag.trim_matches('"') == resource.etag())
            })
        };
        let matched = self.request.if_match.is_none_or(|header| existing.is_some() && fits(header));
        let unmatched = self.request.if_none_match.is_none_or(|header| existing.is_none() || !fits(header));
        if matched && unmatched { Ok(()) } else { Err(fault::precondition().into()) }
    }

    fn answer(&self, status: u16, resource: &Resource) -> Outcome {
        let body = render::resource(resource, self.context.settings);
        Outcome::json(status, &body).with_header("ETag", format!("\"{}\"", resource.etag()))
    }
}
