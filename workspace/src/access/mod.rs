//! Who may do what: principals, roles, assignments on scopes, and the one decision function (section c).
//!
//! A call is allowed if a role assigned on its scope or above grants the action, no deny assignment takes it away,
//! and, for SMART-confined callers, a scope of the token covers it. Every decision says what decided.

mod action;
mod decision;
mod interaction;
mod policy;
mod principal;
mod role;

pub use action::{DicomAction, FhirActions, IOT_SEND, Plane};
pub use decision::{Compartment, Decision, Denial, DenyReason, Filter, Grant, Restriction};
pub use interaction::FhirInteraction;
pub use policy::Policy;
pub use principal::{Principal, PrincipalType};
pub use role::{Permission, Role, id as role_id};
