//! Discovery documents: OpenID Connect Discovery and RFC 8414, which share their members.

use crate::json::Json;

/// Where the token endpoints of a tenant lie, as absolute URLs. An endpoint that the server does not have is `None`
/// and not published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// The issuer, as tokens name it.
    pub issuer: String,
    /// The token endpoint.
    pub token: String,
    /// The key set.
    pub jwks: String,
    /// The authorization endpoint.
    pub authorization: Option<String>,
    /// Registration of clients (RFC 7591).
    pub registration: Option<String>,
    /// Introspection of tokens (RFC 7662).
    pub introspection: Option<String>,
    /// Revocation of tokens (RFC 7009).
    pub revocation: Option<String>,
}

impl Endpoints {
    /// The endpoints of a tenant of the server at this URL, at their usual paths: token and key set.
    #[must_use]
    pub fn new(base: &str, tenant: &str) -> Self {
        let base = base.trim_end_matches('/');
        Self {
            issuer: format!("{base}/{tenant}/v2.0"),
            token: format!("{base}/{tenant}/oauth2/v2.0/token"),
            jwks: format!("{base}/{tenant}/v2.0/.well-known/jwks.json"),
            ..Self::default()
        }
    }

    /// The document for `.well-known/openid-configuration` and `.well-known/oauth-authorization-server`.
    #[must_use]
    pub fn document(&self) -> String {
        let list = |words: &[&str]| Json::Array(words.iter().map(|word| Json::from(*word)).collect());
        let mut document = Json::object([
            ("issuer", Json::from(self.issuer.as_str())),
            ("token_endpoint", self.token.as_str().into()),
            ("jwks_uri", self.jwks.as_str().into()),
        ]);
        for (name, url) in [
            ("authorization_endpoint", &self.authorization),
            ("registration_endpoint", &self.registration),
            ("introspection_endpoint", &self.introspection),
            ("revocation_endpoint", &self.revocation),
        ] {
            if let Some(url) = url {
                document.set(name, url.as_str());
            }
        }
        document.set("grant_types_supported", list(&["client_credentials"]));
        document.set(
            "response_types_supported",
            list(if self.authorization.is_some() { &["code"] } else { &[] }),
        );
        document.set("subject_types_supported", list(&["public"]));
        document.set("id_token_signing_alg_values_supported", list(&["ES256"]));
        document.set(
            "token_endpoint_auth_methods_supported",
            list(&["client_secret_post", "client_secret_basic"]),
        );
        document.to_string()
    }
}
