//! What a decision says: allowed by what and with which filter, or denied and why.

use std::fmt;
use std::sync::Arc;

/// The answer of [`Policy::decide`](super::Policy::decide).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Allowed, within the filter.
    Allow(Grant),
    /// Denied.
    Deny(Denial),
}

/// What allowed a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Grant {
    /// The ids of the role assignments that together grant the actions.
    pub assignments: Vec<Arc<str>>,
    /// The SMART scopes that cover the call, for a confined caller.
    pub scopes: Vec<String>,
    /// What of the data the caller may see or touch; `None` for all.
    pub filter: Option<Box<Filter>>,
}

/// What denied a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// The rule that decided.
    pub reason: DenyReason,
    /// The principal that asked.
    pub principal: String,
    /// The action, or the actions, that were asked for.
    pub action: String,
}

/// The rule that denied a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DenyReason {
    /// No role assigned on the scope or above grants the action.
    NoRole,
    /// A deny assignment, given by its id, takes the action away.
    DenyAssignment(Arc<str>),
    /// The caller is confined to SMART scopes, and its token has none.
    NoScopes,
    /// The scopes of the token do not cover the call.
    OutsideScopes,
    /// The scopes need the user's FHIR resource, and the token names none that can be used.
    NoFhirUser,
    /// Bulk operations need scopes of the system context.
    BulkNeedsSystemScope,
}

/// What of the data a call may see or touch: resources inside the compartment that fit one of the restrictions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Filter {
    /// Only resources of this compartment.
    pub compartment: Option<Compartment>,
    /// Only resources that fit one of these; empty for any resource.
    pub restrictions: Vec<Restriction>,
}

/// The compartment of one resource.
#[derive(Clone, PartialEq, Eq)]
pub struct Compartment {
    /// `Patient` or `RelatedPerson`.
    pub resource_type: String,
    /// The id of the resource.
    pub id: String,
}

impl fmt::Debug for Compartment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource_type, self.id)
    }
}

/// Resources of a type that match a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// The type; `None` for any.
    pub resource_type: Option<String>,
    /// Search parameters that must all match.
    pub parameters: Vec<(String, String)>,
}

impl Decision {
    /// Whether the call is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// The filter of an allowed call.
    #[must_use]
    pub fn filter(&self) -> Option<&Filter> {
        match self {
            Self::Allow(grant) => grant.filter.as_deref(),
            Self::Deny(_) => None,
        }
    }

    /// What decided, in one line for the audit record: assignment ids and scopes, or the reason.
    #[must_use]
    pub fn explanation(&self) -> String {
        match self {
            Self::Allow(grant) => {
                let by =
                    grant.assignments.iter().map(|id| &**id).chain(grant.scopes.iter().map(String::as_str));
                by.collect::<Vec<_>>().join(" ")
            }
            Self::Deny(denial) => denial.reason.to_string(),
        }
    }
}

impl fmt::Display for DenyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRole => f.write_str("no role assigned on the scope or above grants the action"),
            Self::DenyAssignment(id) => write!(f, "the deny assignment {id} takes the action away"),
            Self::NoScopes => f.write_str("the caller is confined to SMART scopes and the token has none"),
            Self::OutsideScopes => f.write_str("the SMART scopes of the token do not cover the call"),
            Self::NoFhirUser => f.write_str("the SMART scopes need a fhirUser that the token does not name"),
            Self::BulkNeedsSystemScope => {
                f.write_str("bulk operations need SMART scopes of the system context")
            }
        }
    }
}
