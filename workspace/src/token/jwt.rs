//! Signing and verifying tokens (RFC 7515, 7517, 7518) on `jsonwebtoken` with its pure-Rust backend.
//!
//! The backend is called directly, so that no process-wide choice of a provider is made for the host. Tokens are
//! issued with ES256, whose signatures are deterministic (RFC 6979) and need no randomness.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};

use super::claims::{Claims, Expected, TokenFault};
use crate::json::{Json, Limits};
use crate::{Error, ErrorKind};

/// A token above this is not looked at.
const MAX_TOKEN: usize = 16 << 10;
const MAX_KEYS: usize = 64;

/// The key that signs the server's tokens.
#[derive(Clone)]
pub struct SigningKey {
    key: EncodingKey,
    kid: String,
    /// Coordinates of the public key, in base64url.
    x: String,
    y: String,
}

/// PKCS #8 of a P-256 private key, up to the 32 bytes of the key itself.
const PKCS8_P256: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
    0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04,
    0x20,
];

impl SigningKey {
    /// The ES256 key whose private part are these 32 random bytes, which must be kept secret.
    ///
    /// # Errors
    /// `InvalidKey` for the few values that are no private key: zero, or not below the order of the curve.
    pub fn new(private: &[u8; 32]) -> Result<Self, Error> {
        let der = [PKCS8_P256.as_slice(), private].concat();
        let coordinates =
            (DEFAULT_PROVIDER.key_utils.ec_pub_components_from_private_key)(&der, Algorithm::ES256);
        let (_, x, y) = coordinates
            .map_err(|_| Error::new(ErrorKind::InvalidKey, "the bytes are no P-256 private key"))?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        // The thumbprint of RFC 7638: the required members in order of their names.
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(members));
        Ok(Self { key: EncodingKey::from_ec_der(&der), kid, x, y })
    }

    /// The id of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key, as an element of a key set.
    #[must_use]
    pub fn public(&self) -> Json {
        Json::object(
            [
                ("kty", "EC"),
                ("crv", "P-256"),
                ("use", "sig"),
                ("alg", "ES256"),
                ("kid", &self.kid),
                ("x", &self.x),
                ("y", &self.y),
            ]
            .map(|(name, value)| (name, Json::from(value))),
        )
    }

    /// The key set (RFC 7517) of these keys: the one in use, and older ones whose tokens are still good.
    #[must_use]
    pub fn key_set<'a>(keys: impl IntoIterator<Item = &'a Self>) -> String {
        Json::object([("keys", Json::Array(keys.into_iter().map(Self::public).collect()))]).to_string()
    }

    /// Signs claims as an access token.
    ///
    /// # Errors
    /// `InvalidKey` if the backend refuses the key, which [`SigningKey::new`] rules out.
    pub fn sign(&self, claims: &Json) -> Result<String, Error> {
        let header = format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{}"}}"#, self.kid);
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let refused = |_| Error::new(ErrorKind::InvalidKey, "the key cannot sign");
        let signer = (DEFAULT_PROVIDER.signer_factory)(&Algorithm::ES256, &self.key).map_err(refused)?;
        let signature = signer
            .try_sign(token.as_bytes())
            .map_err(|_| Error::new(ErrorKind::InvalidKey, "the key cannot sign"))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

/// The public keys of an issuer.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    key: DecodingKey,
    /// The algorithms that the key is good for.
    algorithms: Vec<Algorithm>,
}

impl KeySet {
    /// Reads a key set (RFC 7517). Keys that cannot verify are passed over: symmetric ones, RSA below 2,048 bits,
    /// those for encryption, unknown curves.
    ///
    /// # Errors
    /// `InvalidJson` and the like if the text is no JSON; `InvalidKey` if it has no list `keys`.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let json = Json::parse_within(text, Limits::default().with_bytes(1 << 20))?;
        let Some(Json::Array(keys)) = json.member("keys") else {
            return Err(Error::new(ErrorKind::InvalidKey, "expected a key set").on("keys"));
        };
        Ok(Self { keys: keys.iter().take(MAX_KEYS).filter_map(key).collect() })
    }

    /// The number of keys that can verify.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can verify.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Verifies a token: its form, its algorithm against that of the key, its signature, then issuer, audience and
    /// time.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, TokenFault> {
        if token.len() > MAX_TOKEN {
            return Err(TokenFault::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenFault::Malformed)?;
        let header = part(header)?;
        let text = |name: &str| header.member(name).and_then(Json::as_str);
        // An extension that must be understood is one that is not.
        if header.member("crit").is_some() {
            return Err(TokenFault::Malformed);
        }
        let algorithm = text("alg").and_then(algorithm).ok_or(TokenFault::Algorithm)?;
        let mut named = self
            .keys
            .iter()
            .filter(|key| match text("kid") {
                Some(kid) => key.kid.as_deref() == Some(kid),
                None => true,
            })
            .peekable();
        if named.peek().is_none() {
            return Err(TokenFault::UnknownKey);
        }
        let signature = decode(signature)?;
        let mut fault = TokenFault::Algorithm;
        for key in named.filter(|key| key.algorithms.contains(&algorithm)) {
            fault = TokenFault::Signature;
            let verifier = (DEFAULT_PROVIDER.verifier_factory)(&algorithm, &key.key)
                .map_err(|_| TokenFault::Algorithm)?;
            if verifier.verify(message.as_bytes(), &signature).is_ok() {
                let claims = Claims::from_json(&part(payload)?)?;
                claims.check(expected)?;
                return Ok(claims);
            }
        }
        Err(fault)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

impl KeySet {
    /// The issuer that a token names, unverified: to find the key set that has to verify it.
    ///
    /// # Errors
    /// `Malformed` if there is none.
    pub fn unverified_issuer(token: &str) -> Result<String, TokenFault> {
        let payload = token.split('.').nth(1).filter(|_| token.len() <= MAX_TOKEN);
        let claims = part(payload.ok_or(TokenFault::Malformed)?)?;
        claims.member("iss").and_then(Json::as_str).map(str::to_owned).ok_or(TokenFault::Malformed)
    }
}

/// The algorithms that a token may be signed by. Never `none`, never one with a shared secret.
fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        _ => return None,
    })
}

/// Reads a key, if it can verify. Lengths are checked here, since the backend trusts them.
fn key(json: &Json) -> Option<Key> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let text = |name: &str| json.member(name).and_then(Json::as_str);
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let sized = |name: &str, least: usize, most: usize| {
        let encoded = text(name)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        (least..=most).contains(&bytes.len()).then_some((encoded, bytes))
    };
    let (key, mut algorithms) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let (n, bytes) = sized("n", 256, 1024)?;
            let (e, _) = sized("e", 1, 4)?;
            let significant = bytes.iter().skip_while(|byte| **byte == 0);
            let whole = significant.clone().count() == 256
                && significant.clone().next().is_some_and(|first| *first >= 0x80);
            // 2,048 bits at least, zeros at the beginning not counted.
            if !whole && significant.count() <= 256 {
                return None;
            }
            (DecodingKey::from_rsa_components(n, e).ok()?, vec![RS256, RS384, RS512, PS256, PS384, PS512])
        }
        ("EC", Some("P-256")) => {
            (DecodingKey::from_ec_components(sized("x", 32, 32)?.0, sized("y", 32, 32)?.0).ok()?, vec![ES256])
        }
        ("EC", Some("P-384")) => {
            (DecodingKey::from_ec_components(sized("x", 48, 48)?.0, sized("y", 48, 48)?.0).ok()?, vec![ES384])
        }
        ("OKP", Some("Ed25519")) => {
            (DecodingKey::from_ed_components(sized("x", 32, 32)?.0).ok()?, vec![EdDSA])
        }
        _ => return None,
    };
    if let Some(only) = text("alg") {
        let only = algorithm(only)?;
        algorithms.retain(|algorithm| *algorithm == only);
    }
    (!algorithms.is_empty()).then(|| Key { kid: text("kid").map(str::to_owned), key, algorithms })
}

fn part(text: &str) -> Result<Json, TokenFault> {
    match Json::parse(&decode(text)?) {
        Ok(json @ Json::Object(_)) => Ok(json),
        _ => Err(TokenFault::Malformed),
    }
}

fn decode(text: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenFault::Malformed)
}
