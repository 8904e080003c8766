//! The caller of a decision: an identity that was already proved.

use std::sync::Arc;

use crate::resource::CallerType;
use crate::smart::SmartScopes;

/// A proved identity and what its token says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Principal {
    /// The id that role assignments name (`oid`); compared without regard to case.
    pub id: String,
    /// What the principal is.
    pub kind: PrincipalType,
    /// The ids of the groups it belongs to, inner ones included.
    pub groups: Vec<String>,
    /// The tenant of the token.
    pub tenant: Option<String>,
    /// The client that holds the token (`appid` or `azp`).
    pub client: Option<String>,
    /// Who issued the token.
    pub issuer: Option<String>,
    /// The id of the token (`jti` or `uti`).
    pub token: Option<String>,
    /// The SMART scopes of the token.
    pub scopes: Option<Arc<SmartScopes>>,
    /// The FHIR resource that is the user: `Patient/1` or an absolute URL that ends so.
    pub fhir_user: Option<String>,
    /// The patient in context: the launch parameter `patient` of the token.
    pub patient: Option<String>,
    /// Whether the scopes confine the caller even if no role of it grants `smart`. Set for tokens that a SMART
    /// authorization gave to an app.
    pub confined: bool,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PrincipalType {
    /// A person.
    User,
    /// A group.
    Group,
    /// A registered client.
    ServicePrincipal,
    /// The identity of a resource.
    ManagedIdentity,
}

impl Principal {
    /// The administrator of a server in development mode. It holds no rights by itself: the development resources
    /// give it the role of administrator on everything.
    pub const DEVELOPMENT_ID: &'static str = "00000000-0000-0000-0000-00000000dede";

    /// A principal of this id, in no group and without token.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: PrincipalType) -> Self {
        Self {
            id: id.into(),
            kind,
            groups: Vec::new(),
            tenant: None,
            client: None,
            issuer: None,
            token: None,
            scopes: None,
            fhir_user: None,
            patient: None,
            confined: false,
        }
    }

    /// The administrator of a server in development mode.
    #[must_use]
    pub fn development() -> Self {
        Self::new(Self::DEVELOPMENT_ID, PrincipalType::User)
    }

    /// What `systemData` calls this principal.
    #[must_use]
    pub fn caller_type(&self) -> CallerType {
        match self.kind {
            PrincipalType::User | PrincipalType::Group => CallerType::User,
            PrincipalType::ServicePrincipal => CallerType::Application,
            PrincipalType::ManagedIdentity => CallerType::ManagedIdentity,
        }
    }
}
