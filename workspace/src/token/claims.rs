//! What the claims of an access token say, and what they must be (section c.5).

use std::fmt;
use std::sync::Arc;

use crate::access::{Principal, PrincipalType};
use crate::json::Json;
use crate::smart::SmartScopes;
use crate::time::Timestamp;

/// The claims of a token whose signature was verified.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Claims {
    /// `iss`
    pub issuer: String,
    /// `sub`
    pub subject: Option<String>,
    /// `oid`: the principal that role assignments name.
    pub object_id: Option<String>,
    /// `aud`, one or several.
    pub audiences: Vec<String>,
    /// `exp`, in seconds since 1970.
    pub expires: Option<i64>,
    /// `nbf`
    pub not_before: Option<i64>,
    /// `jti`, or `uti` as Entra has it.
    pub token_id: Option<String>,
    /// `azp`, or `appid` of older tokens.
    pub client: Option<String>,
    /// `tid`
    pub tenant: Option<String>,
    /// `raw_scope` if there is one, else `scp` and `scope`.
    pub scopes: Vec<String>,
    /// `groups`
    pub groups: Vec<String>,
    /// `fhirUser`, or `extension_fhirUser`.
    pub fhir_user: Option<String>,
    /// `patient`: the patient in context.
    pub patient: Option<String>,
    /// `idtyp`: `app` for a client without user.
    pub is_app: bool,
}

/// What the claims of a token must be.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The trusted issuer. A slash at its end does not count.
    pub issuer: &'a str,
    /// The audiences of which the token must name one, exactly.
    pub audiences: &'a [&'a str],
    /// Now.
    pub now: Timestamp,
    /// Seconds by which clocks may differ; at most 300 are granted.
    pub skew: i64,
}

/// Why a token is refused: the answer is 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenFault {
    /// Not three parts of base64url with a header and claims in them, or too large.
    Malformed,
    /// Signed by an algorithm that is not allowed, or that the key is not for.
    Algorithm,
    /// Signed by a key that is not in the set: fetch the set anew, once.
    UnknownKey,
    /// The signature is not that of the key.
    Signature,
    /// From another issuer.
    Issuer,
    /// For another audience.
    Audience,
    /// Past its end, or without one.
    Expired,
    /// Before its beginning.
    NotYetValid,
    /// Without a principal.
    NoPrincipal,
}

const MAX_SKEW: i64 = 300;

impl Claims {
    /// Reads the claims of a token.
    ///
    /// # Errors
    /// `Malformed` if a claim is of another type than its rule says.
    pub fn from_json(json: &Json) -> Result<Self, TokenFault> {
        let text = |name: &str| match json.member(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(TokenFault::Malformed),
        };
        let texts = |name: &str| match json.member(name) {
            None | Some(Json::Null) => Ok(Vec::new()),
            Some(Json::String(text)) => Ok(vec![text.clone()]),
            Some(Json::Array(elements)) => elements
                .iter()
                .map(|element| element.as_str().map(str::to_owned).ok_or(TokenFault::Malformed))
                .collect(),
            Some(_) => Err(TokenFault::Malformed),
        };
        let time = |name: &str| match json.member(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Number(number)) => seconds(number.as_str()).map(Some).ok_or(TokenFault::Malformed),
            Some(_) => Err(TokenFault::Malformed),
        };
        let mut scopes = texts("raw_scope")?;
        if scopes.is_empty() {
            scopes = texts("scp")?;
            scopes.extend(texts("scope")?);
        }
        Ok(Self {
            issuer: text("iss")?.ok_or(TokenFault::Malformed)?,
            subject: text("sub")?,
            object_id: text("oid")?,
            audiences: texts("aud")?,
            expires: time("exp")?,
            not_before: time("nbf")?,
            token_id: text("jti")?.or(text("uti")?),
            client: text("azp")?.or(text("appid")?),
            tenant: text("tid")?,
            scopes,
            groups: texts("groups")?,
            fhir_user: text("fhirUser")?.or(text("extension_fhirUser")?),
            patient: text("patient")?,
            is_app: text("idtyp")?.as_deref() == Some("app"),
        })
    }

    /// Checks issuer, audience and time.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), TokenFault> {
        let bare = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
        if bare(&self.issuer) != bare(expected.issuer) {
            return Err(TokenFault::Issuer);
        }
        if !self.audiences.iter().any(|audience| expected.audiences.contains(&audience.as_str())) {
            return Err(TokenFault::Audience);
        }
        let skew = expected.skew.clamp(0, MAX_SKEW);
        let now = expected.now.unix_seconds();
        if self.expires.is_none_or(|end| now.saturating_sub(skew) >= end) {
            return Err(TokenFault::Expired);
        }
        if self.not_before.is_some_and(|start| now.saturating_add(skew) < start) {
            return Err(TokenFault::NotYetValid);
        }
        Ok(())
    }

    /// The principal that the token proves. `is_type` says which resource types the service has, for the SMART scopes;
    /// scopes that must be refused are as good as none, which denies a caller that is confined to them.
    ///
    /// # Errors
    /// `NoPrincipal` if the token names none: `oid`, never `sub`.
    pub fn principal(&self, is_type: &dyn Fn(&str) -> bool) -> Result<Principal, TokenFault> {
        let id = self.object_id.clone().filter(|id| !id.is_empty()).ok_or(TokenFault::NoPrincipal)?;
        let kind = if self.is_app { PrincipalType::ServicePrincipal } else { PrincipalType::User };
        let mut principal = Principal::new(id, kind);
        principal.groups.clone_from(&self.groups);
        principal.tenant.clone_from(&self.tenant);
        principal.client.clone_from(&self.client);
        principal.issuer = Some(self.issuer.clone());
        principal.token.clone_from(&self.token_id);
        principal.fhir_user.clone_from(&self.fhir_user);
        principal.patient.clone_from(&self.patient);
        principal.scopes = SmartScopes::parse(self.scopes.iter().map(String::as_str), is_type)
            .ok()
            .filter(|scopes| !scopes.is_empty())
            .map(Arc::new);
        Ok(principal)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({})", self.object_id.as_deref().unwrap_or_default())
    }
}

/// A NumericDate (RFC 7519): seconds, perhaps with a fraction, which is cut.
fn seconds(text: &str) -> Option<i64> {
    if text.contains(['e', 'E']) {
        return None;
    }
    text.split('.').next()?.parse().ok()
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the token is malformed",
            Self::Algorithm => "the token is signed by an algorithm that is not allowed",
            Self::UnknownKey => "the token is signed by an unknown key",
            Self::Signature => "the signature of the token is wrong",
            Self::Issuer => "the token is of another issuer",
            Self::Audience => "the token is for another audience",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::NoPrincipal => "the token names no principal",
        })
    }
}

impl std::error::Error for TokenFault {}
