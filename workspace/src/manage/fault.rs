//! What can be wrong with a management request, as the answers that say so (error table of section a.4).

use super::Outcome;
use super::request::Method;
use crate::access::Principal;
use crate::json::Json;
use crate::kind::Kind;
use crate::properties::{Detail, Report};
use crate::{Error, ResourceId};

/// An answer that refuses.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) code: &'static str,
    message: String,
    target: Option<String>,
    details: Vec<Detail>,
}

/// Why work on a request ended early.
pub(super) enum Stop {
    Fault(Box<Fault>),
    Error(Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Fault {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), target: None, details: Vec::new() }
    }

    pub(super) fn on(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    pub(super) fn into_outcome(self) -> Outcome {
        let mut error = Json::object([("code", Json::from(self.code)), ("message", self.message.into())]);
        if let Some(target) = self.target {
            error.set("target", target);
        }
        if !self.details.is_empty() {
            let details = self.details.into_iter().map(|detail| {
                Json::object([
                    ("code", Json::from(detail.code)),
                    ("target", detail.target.into()),
                    ("message", detail.message.into()),
                ])
            });
            error.set("details", details.collect::<Vec<_>>());
        }
        Outcome::json(self.status, &Json::object([("error", error)]))
    }
}

/// The faults of a body as one: the only one itself, or the first with all in its details.
pub(super) fn report(report: Report) -> Result<(), Fault> {
    let Some(first) = report.0.first() else { return Ok(()) };
    let mut fault =
        Fault::new(400, first.code, format!("{}: {}", first.target, first.message)).on(&first.target);
    fault.details = report.0;
    Err(fault)
}

pub(super) fn bad_path(message: &str) -> Fault {
    Fault::new(400, "InvalidRequestUri", message)
}

pub(super) fn no_route() -> Fault {
    Fault::new(404, "InvalidRequestUri", "the path names no resource, no list and no action")
}

pub(super) fn unknown_type(namespace: &str, relative: &str, known: bool) -> Fault {
    if known {
        let message =
            format!("the resource type '{relative}' could not be found in the namespace '{namespace}'");
        Fault::new(404, "InvalidResourceType", message)
    } else {
        Fault::new(
            404,
            "InvalidResourceNamespace",
            format!("the resource namespace '{namespace}' is not known"),
        )
    }
}

pub(super) fn method(method: Method) -> Fault {
    Fault::new(405, "MethodNotAllowed", format!("the resource does not support {method}"))
}

pub(super) fn forbidden(principal: &Principal, action: &str, scope: &ResourceId) -> Fault {
    let message = format!(
        "the client '{}' with object id '{}' is not authorized to perform action '{action}' over scope '{scope}'",
        principal.client.as_ref().unwrap_or(&principal.id),
        principal.id
    );
    Fault::new(403, "AuthorizationFailed", message)
}

pub(super) fn precondition() -> Fault {
    Fault::new(
        412,
        "PreconditionFailed",
        "the resource was changed, or is not as the condition of the request says",
    )
}

pub(super) fn no_group(group: &ResourceId) -> Fault {
    Fault::new(
        404,
        "ResourceGroupNotFound",
        format!("the resource group '{}' could not be found", group.name()),
    )
}

pub(super) fn no_parent(id: &ResourceId, parent: &ResourceId) -> Fault {
    let kind = id.kind().map_or("", Kind::relative_type);
    Fault::new(
        404,
        "ParentResourceNotFound",
        format!(
            "the request on a resource of type '{kind}' failed, because the parent resource '{parent}' could not be found"
        ),
    )
}

pub(super) fn not_found(id: &ResourceId) -> Fault {
    Fault::new(
        404,
        match id.kind() {
            Some(Kind::ResourceGroup) => "ResourceGroupNotFound",
            Some(Kind::RoleAssignment) => "RoleAssignmentNotFound",
            Some(Kind::RoleDefinition) => "RoleDefinitionDoesNotExist",
            _ => "ResourceNotFound",
        },
        format!("the resource '{id}' was not found"),
    )
}
