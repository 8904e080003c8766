//! One record: who asked for what, what decided, what came of it (section d.3). Never a body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::chain::hexadecimal;
use super::merkle::Hash;
use crate::access::{Decision, Plane, Principal};
use crate::json::Json;
use crate::time::Timestamp;
use crate::{Error, ErrorKind, ResourceId};

/// What is recorded of one call. The number and the hash of the record before are added by
/// [`Chain::append`](super::Chain::append).
#[derive(Clone, PartialEq, Default)]
pub struct AuditRecord {
    /// When the call came.
    pub time: Timestamp,
    /// The tenant.
    pub tenant: Option<String>,
    /// The service, or the management resource, that was called. Subscription, resource group and workspace follow
    /// from it.
    pub resource: Option<ResourceId>,
    /// Data or management; `None` if the call was not understood.
    pub plane: Option<Plane>,
    /// The operation: `search-type`, `create`, `Microsoft.HealthcareApis/workspaces/write`.
    pub operation: String,
    /// The actions that were decided on.
    pub action: Option<String>,
    /// Whether it was allowed; `None` if it came to no decision.
    pub allowed: Option<bool>,
    /// What decided: ids of role assignments, scopes, or the reason of the refusal.
    pub decided_by: Option<String>,
    /// The id of the principal.
    pub principal: Option<String>,
    /// The client that held the token.
    pub client: Option<String>,
    /// Who issued the token.
    pub issuer: Option<String>,
    /// The id of the token.
    pub token: Option<String>,
    /// Why the data was used, as the token says.
    pub purpose_of_use: Option<String>,
    /// The address of the caller.
    pub address: Option<String>,
    /// The header `User-Agent`.
    pub agent: Option<String>,
    /// `X-Request-Id`, `X-Correlation-Id` or `x-ms-correlation-request-id`.
    pub correlation: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The query.
    pub query: Option<Query>,
    /// The HTTP status.
    pub status: u16,
    /// The type of the resource that was used.
    pub resource_type: Option<String>,
    /// Its id.
    pub resource_id: Option<String>,
    /// Its version.
    pub resource_version: Option<String>,
    /// References to the patients whose data was used.
    pub patients: Vec<String>,
    /// How many results there were.
    pub results: Option<u64>,
    /// How long it took, in microseconds.
    pub duration: u64,
    /// Headers that the caller adds to the record: see [`custom_headers`].
    pub headers: Vec<(String, String)>,
}

/// A query, which may hold values of patients.
#[derive(Clone, PartialEq, Eq)]
pub enum Query {
    /// As it was sent; written in base64.
    Raw(String),
    /// A keyed hash: equal queries can be found, none can be read.
    Hashed(Hash),
}

impl Query {
    /// The hash of a query under a key (HMAC-SHA-256, RFC 2104).
    #[must_use]
    pub fn hashed(key: &[u8; 32], query: &str) -> Self {
        let pad = |with: u8| {
            let mut block = [with; 64];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(query).finalize();
        Self::Hashed(Sha256::new().chain_update(pad(0x5C)).chain_update(inner).finalize().into())
    }
}

impl AuditRecord {
    /// Fills in what a decision says.
    pub fn decide(&mut self, decision: &Decision) {
        self.allowed = Some(decision.is_allowed());
        self.decided_by = Some(decision.explanation());
        if let Decision::Deny(denial) = decision {
            self.action = Some(denial.action.clone());
        }
    }

    /// Fills in who asked.
    pub fn identify(&mut self, principal: &Principal) {
        self.principal = Some(principal.id.clone());
        self.tenant.clone_from(&principal.tenant);
        self.client.clone_from(&principal.client);
        self.issuer.clone_from(&principal.issuer);
        self.token.clone_from(&principal.token);
    }

    /// The record as a line of canonical JSON: absent members left out, the others in order of their names.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.members(Vec::new())
    }

    pub(super) fn line(&self, number: u64, previous: Option<&Hash>) -> String {
        let previous = previous.map(|hash| ("prevHash", Json::from(hexadecimal(hash))));
        self.members([("seq", number.into())].into_iter().chain(previous).collect())
    }

    fn members(&self, mut members: Vec<(&'static str, Json)>) -> String {
        let mut text = |name: &'static str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                members.push((name, value.into()));
            }
        };
        text("time", Some(&self.time.to_string()));
        text("tenant", self.tenant.as_deref());
        text("resource", self.resource.as_ref().map(ResourceId::as_str));
        text("plane", self.plane.map(|plane| if plane == Plane::Data { "data" } else { "control" }));
        text("operation", Some(&self.operation));
        text("action", self.action.as_deref());
        text("decision", self.allowed.map(|allowed| if allowed { "permit" } else { "deny" }));
        text("decidedBy", self.decided_by.as_deref());
        text("principal", self.principal.as_deref());
        text("client", self.client.as_deref());
        text("issuer", self.issuer.as_deref());
        text("token", self.token.as_deref());
        text("purposeOfUse", self.purpose_of_use.as_deref());
        text("address", self.address.as_deref());
        text("agent", self.agent.as_deref());
        text("correlation", self.correlation.as_deref());
        text("method", Some(&self.method));
        text("path", Some(&self.path));
        text("resourceType", self.resource_type.as_deref());
        text("resourceId", self.resource_id.as_deref());
        text("resourceVersion", self.resource_version.as_deref());
        match &self.query {
            Some(Query::Raw(query)) => text("query", Some(&STANDARD.encode(query))),
            Some(Query::Hashed(hash)) => text("queryHash", Some(&hexadecimal(hash))),
            None => {}
        }
        members.push(("status", Json::from(u64::from(self.status))));
        members.push(("duration", self.duration.into()));
        if let Some(results) = self.results {
            members.push(("results", results.into()));
        }
        if !self.patients.is_empty() {
            members.push((
                "patients",
                Json::Array(self.patients.iter().map(|text| text.as_str().into()).collect()),
            ));
        }
        if !self.headers.is_empty() {
            let mut headers: Vec<(String, Json)> =
                self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            headers.sort_by(|(a, _), (b, _)| a.cmp(b));
            headers.dedup_by(|(a, _), (b, _)| a == b);
            members.push(("headers", Json::Object(headers)));
        }
        members.sort_by_key(|(name, _)| *name);
        Json::object(members).to_string()
    }
}

impl std::fmt::Debug for AuditRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuditRecord({} at {})", self.operation, self.time)
    }
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Query")
    }
}

const PREFIX: &str = "X-MS-AZUREFHIR-AUDIT-";

/// The headers of a request that the caller wants in the record: those whose name begins with
/// `X-MS-AZUREFHIR-AUDIT-`. Repeated ones are joined by `", "`.
///
/// # Errors
/// `TooLarge` above 10 names, or above 2,048 characters of one value.
pub fn custom_headers<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<(String, String)>, Error> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        if !name.get(..PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX)) {
            continue;
        }
        let name = name.to_ascii_uppercase();
        let joined = match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                known.push_str(", ");
                known.push_str(value);
                known.chars().count()
            }
            None => {
                found.push((name, value.to_owned()));
                value.chars().count()
            }
        };
        if joined > 2048 || found.len() > 10 {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "a request may add 10 headers of 2048 characters to its audit record",
            ));
        }
    }
    Ok(found)
}
