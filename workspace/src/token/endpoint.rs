//! The token endpoint (RFC 6749): a form in, a token or an error out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::audience::Audience;
use super::client::Client;
use crate::json::Json;
use crate::time::Timestamp;
use crate::uri;

/// A token request whose form was readable.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRequest {
    /// `client_id`
    pub client: String,
    /// How the client proves itself.
    pub credential: Credential,
    /// `scope`, or `resource` of the older endpoint.
    pub scope: Option<String>,
    /// Whether the older endpoint's `resource` was used, whose answer has another shape.
    pub is_v1: bool,
}

/// How a client proves itself.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A secret, in the form or by HTTP Basic.
    Secret(String),
    /// A signed assertion (RFC 7523).
    Assertion(String),
}

/// Form bodies above this are not read.
const MAX_FORM: usize = 64 << 10;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl TokenRequest {
    /// Reads a form, and the header `Authorization` if it was sent. `grant-type`, as the Patients app's contract
    /// misspells it, is accepted.
    ///
    /// # Errors
    /// The error to answer with.
    pub fn parse(form: &[u8], authorization: Option<&str>) -> Result<Self, TokenError> {
        let wrong = |text: &'static str| TokenError::new(TokenErrorCode::InvalidRequest, text);
        if form.len() > MAX_FORM {
            return Err(wrong("the form is larger than 64 kB"));
        }
        let text = std::str::from_utf8(form).map_err(|_| wrong("the form is not readable"))?;
        let mut pairs = uri::pairs(text).ok_or_else(|| wrong("the form is not readable"))?;
        for (name, _) in &mut pairs {
            if name == "grant-type" {
                "grant_type".clone_into(name);
            }
        }
        let one = |wanted: &str| -> Result<Option<String>, TokenError> {
            let mut values = pairs.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value);
            match (values.next(), values.next()) {
                (_, Some(_)) => Err(wrong("a parameter occurs twice")),
                (value, None) => Ok(value.filter(|value| !value.is_empty()).cloned()),
            }
        };
        match one("grant_type")?.as_deref() {
            Some("client_credentials") => {}
            Some(_) => {
                return Err(TokenError::new(
                    TokenErrorCode::UnsupportedGrantType,
                    "expected client_credentials",
                ));
            }
            None => return Err(wrong("grant_type is required")),
        }
        let basic = authorization.map(basic).transpose()?;
        let (id, secret) = (one("client_id")?, one("client_secret")?);
        let assertion = one("client_assertion")?;
        if assertion.is_some() && one("client_assertion_type")?.as_deref() != Some(ASSERTION_TYPE) {
            return Err(wrong("client_assertion_type is not supported"));
        }
        let unproved = || TokenError::new(TokenErrorCode::InvalidClient, "the client must prove itself");
        let (client, credential) = match (basic, secret, assertion) {
            (Some((basic, secret)), None, None) => {
                if id.is_some_and(|id| id != basic) {
                    return Err(wrong("client_id is not that of the Authorization header"));
                }
                (basic, Credential::Secret(secret))
            }
            (None, Some(secret), None) => (id.ok_or_else(unproved)?, Credential::Secret(secret)),
            (None, None, Some(assertion)) => (id.ok_or_else(unproved)?, Credential::Assertion(assertion)),
            (None, None, None) => return Err(unproved()),
            _ => return Err(wrong("the client must prove itself in one way only")),
        };
        let (scope, resource) = (one("scope")?, one("resource")?);
        let is_v1 = scope.is_none() && resource.is_some();
        Ok(Self { client, credential, scope: scope.or(resource), is_v1 })
    }
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenRequest({})", self.client)
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret",
            Self::Assertion(_) => "Assertion",
        })
    }
}

/// Client id and secret of HTTP Basic, each percent-encoded (RFC 6749, section 2.3.1).
fn basic(header: &str) -> Result<(String, String), TokenError> {
    let read = || {
        let (scheme, rest) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((uri::decode_form(id)?, uri::decode_form(secret)?))
    };
    read().ok_or_else(|| {
        TokenError::new(TokenErrorCode::InvalidClient, "the Authorization header is not readable")
    })
}

/// What the issuing of a token needs beside the request.
#[derive(Debug, Clone, Copy)]
pub struct Issuance<'a> {
    /// The issuer: the URL below which discovery lies.
    pub issuer: &'a str,
    /// The server's URL, without a slash at the end.
    pub own: &'a str,
    /// The tenant of the server.
    pub tenant: &'a str,
    /// Now.
    pub now: Timestamp,
    /// Seconds for which the token is good.
    pub lifetime: i64,
    /// The id of the token, new for each.
    pub token_id: &'a str,
}

/// A token that may be issued: its claims are still to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The claims.
    pub claims: Json,
    /// What the token is for.
    pub audience: Audience,
    expires_in: i64,
    is_v1: bool,
    now: Timestamp,
}

/// Decides on a request of a client by secret, which `client` is if it is registered. `resolve` knows what the scope asks for:
/// see [`Audience::parse`].
///
/// # Errors
/// The error to answer with. An unknown client and a wrong secret are answered alike.
pub fn issue(
    request: &TokenRequest,
    client: Option<&Client>,
    resolve: &dyn Fn(&str) -> Option<Audience>,
    issuance: &Issuance<'_>,
) -> Result<IssuedToken, TokenError> {
    let Credential::Secret(secret) = &request.credential else {
        return Err(TokenError::new(TokenErrorCode::InvalidClient, "assertions are not supported"));
    };
    let unknown = Client::new("", issuance.now, &[0; 32]);
    let client = client.filter(|client| client.id.eq_ignore_ascii_case(&request.client)).unwrap_or(&unknown);
    // An unknown client costs the same time.
    if !client.has_secret(secret, issuance.now) {
        return Err(TokenError::new(
            TokenErrorCode::InvalidClient,
            "the client is unknown or its secret is wrong",
        ));
    }
    let Some(scope) = &request.scope else {
        return Err(TokenError::new(TokenErrorCode::InvalidScope, "scope is required"));
    };
    let Some(audience) = resolve(scope) else {
        return Err(TokenError::new(
            TokenErrorCode::InvalidScope,
            "the scope names nothing that this server issues tokens for",
        ));
    };
    let start = issuance.now.unix_seconds();
    let mut claims = Json::object([
        ("iss", Json::from(issuance.issuer)),
        ("aud", audience.claim(issuance.own).into()),
        ("sub", client.principal.as_str().into()),
        ("oid", client.principal.as_str().into()),
        ("tid", issuance.tenant.into()),
        ("azp", client.id.as_str().into()),
        ("appid", client.id.as_str().into()),
        ("azpacr", "1".into()),
        ("idtyp", "app".into()),
        ("iat", start.into()),
        ("nbf", start.into()),
        ("exp", start.saturating_add(issuance.lifetime).into()),
        ("jti", issuance.token_id.into()),
        ("ver", if request.is_v1 { "1.0" } else { "2.0" }.into()),
    ]);
    if let Audience::PatientsApp(tenant) = &audience {
        claims.set("scope", tenant.as_str());
    }
    Ok(IssuedToken {
        claims,
        audience,
        expires_in: issuance.lifetime,
        is_v1: request.is_v1,
        now: issuance.now,
    })
}

impl IssuedToken {
    /// The answer, status 200, with the signed token. It must be sent with `Cache-Control: no-store`.
    #[must_use]
    pub fn response(&self, token: &str) -> String {
        let mut body = Json::object([("token_type", Json::from("Bearer"))]);
        if self.is_v1 {
            // The older endpoint writes numbers as strings.
            let start = self.now.unix_seconds();
            body.set("expires_in", self.expires_in.to_string());
            body.set("ext_expires_in", self.expires_in.to_string());
            body.set("expires_on", start.saturating_add(self.expires_in).to_string());
            body.set("not_before", start.to_string());
            body.set("resource", self.claims.member("aud").and_then(Json::as_str).unwrap_or_default());
        } else {
            body.set("expires_in", self.expires_in);
            body.set("ext_expires_in", self.expires_in);
            if let Some(scope) = self.claims.member("scope").and_then(Json::as_str) {
                body.set("scope", scope);
            }
        }
        body.set("access_token", token);
        body.to_string()
    }
}

/// An error of the token endpoint (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenError {
    /// The error code.
    pub code: TokenErrorCode,
    /// What is wrong, for developers.
    pub description: &'static str,
}

/// The error codes of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenErrorCode {
    /// `invalid_request`
    InvalidRequest,
    /// `invalid_client`
    InvalidClient,
    /// `unsupported_grant_type`
    UnsupportedGrantType,
    /// `invalid_scope`
    InvalidScope,
}

impl TokenErrorCode {
    /// The word of the wire format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
        }
    }
}

impl TokenError {
    fn new(code: TokenErrorCode, description: &'static str) -> Self {
        Self { code, description }
    }

    /// The HTTP status: 401, to be sent with `WWW-Authenticate: Basic`, if the client did not prove itself; 400
    /// otherwise.
    #[must_use]
    pub fn status(&self) -> u16 {
        if self.code == TokenErrorCode::InvalidClient { 401 } else { 400 }
    }

    /// The body. It must be sent with `Cache-Control: no-store`.
    #[must_use]
    pub fn response(&self) -> String {
        let body = Json::object([
            ("error", Json::from(self.code.as_str())),
            ("error_description", self.description.into()),
        ]);
        body.to_string()
    }
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.description)
    }
}

impl std::error::Error for TokenError {}
