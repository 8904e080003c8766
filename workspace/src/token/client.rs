//! Registered clients and their secrets.
//!
//! A secret is 256 random bits made by the server, never a text that a person chose. It cannot be guessed from its
//! hash, so one round of SHA-256 keeps it as well as a slow password hash would, and a token costs no time: the
//! Patients app asks for one before every request.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::json::Json;
use crate::time::Timestamp;
use crate::{Error, ErrorKind, guid};

/// A registered client.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// `client_id`, a GUID.
    pub id: String,
    /// The id of its principal, which role assignments name and tokens carry as `oid`.
    pub principal: String,
    /// The name for people.
    pub name: String,
    /// When it was registered.
    pub created: Timestamp,
    /// Whether it may have tokens.
    pub enabled: bool,
    /// Its secrets. Several may be good at once, so that one can be replaced while the other is in use.
    pub secrets: Vec<ClientSecret>,
}

/// A secret of a client, as its hash.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientSecret {
    /// The id of the secret, a GUID.
    pub id: String,
    hash: [u8; 32],
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` for never.
    pub expires: Option<Timestamp>,
}

impl Client {
    /// A new client without secret. Its ids follow from the seed: random bytes, new for every client.
    #[must_use]
    pub fn new(name: impl Into<String>, now: Timestamp, seed: &[u8; 32]) -> Self {
        Self {
            id: guid::derive(seed, "client"),
            principal: guid::derive(seed, "principal"),
            name: name.into(),
            created: now,
            enabled: true,
            secrets: Vec::new(),
        }
    }

    /// Adds a secret made of 32 random bytes, and returns its text, which is not kept.
    pub fn add_secret(&mut self, random: &[u8; 32], now: Timestamp, expires: Option<Timestamp>) -> String {
        let text = URL_SAFE_NO_PAD.encode(random);
        let id = guid::derive(&hash(&self.id, &text), "secret");
        self.secrets.push(ClientSecret { id, hash: hash(&self.id, &text), created: now, expires });
        text
    }

    /// Ends a secret at once; returns whether there was one of this id.
    pub fn remove_secret(&mut self, id: &str) -> bool {
        let before = self.secrets.len();
        self.secrets.retain(|secret| !secret.id.eq_ignore_ascii_case(id));
        self.secrets.len() < before
    }

    /// Whether the text is a secret of this client that is good now. Takes the same time whatever the text and
    /// whichever secret it is.
    #[must_use]
    pub fn has_secret(&self, text: &str, now: Timestamp) -> bool {
        let given = hash(&self.id, text);
        let mut found = false;
        for secret in &self.secrets {
            let good = secret.expires.is_none_or(|end| now < end);
            found |= equal(&secret.hash, &given) & good;
        }
        found & self.enabled
    }

    /// The record to store.
    #[must_use]
    pub fn to_record(&self) -> String {
        let secrets = self.secrets.iter().map(|secret| {
            let mut record = Json::object([
                ("id", Json::from(secret.id.as_str())),
                ("hash", STANDARD.encode(secret.hash).into()),
                ("created", secret.created.to_string().into()),
            ]);
            if let Some(expires) = secret.expires {
                record.set("expires", expires.to_string());
            }
            record
        });
        let record = Json::object([
            ("id", Json::from(self.id.as_str())),
            ("principal", self.principal.as_str().into()),
            ("name", self.name.as_str().into()),
            ("created", self.created.to_string().into()),
            ("enabled", self.enabled.into()),
            ("secrets", Json::Array(secrets.collect())),
        ]);
        record.to_string()
    }

    /// Reads a record of [`Client::to_record`].
    ///
    /// # Errors
    /// `InvalidRecord` naming the member at fault.
    pub fn from_record(record: &[u8]) -> Result<Self, Error> {
        let record = Json::parse(record)?;
        let text = |json: &Json, name: &str| {
            json.member(name).and_then(Json::as_str).map(str::to_owned).ok_or_else(|| damaged(name))
        };
        let mut secrets = Vec::new();
        for secret in record.member("secrets").map(Json::elements).unwrap_or_default() {
            let hash = STANDARD.decode(text(secret, "hash")?).map_err(|_| damaged("hash"))?;
            let expires =
                secret.member("expires").and_then(Json::as_str).map(Timestamp::parse).transpose()?;
            secrets.push(ClientSecret {
                id: text(secret, "id")?,
                hash: hash.try_into().map_err(|_| damaged("hash"))?,
                created: Timestamp::parse(&text(secret, "created")?)?,
                expires,
            });
        }
        Ok(Self {
            id: text(&record, "id")?,
            principal: text(&record, "principal")?,
            name: text(&record, "name")?,
            created: Timestamp::parse(&text(&record, "created")?)?,
            enabled: record.member("enabled").and_then(Json::as_bool).ok_or_else(|| damaged("enabled"))?,
            secrets,
        })
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.id)
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientSecret({})", self.id)
    }
}

/// The client's id is hashed along, so that equal hashes say nothing about secrets of two clients.
fn hash(client: &str, secret: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update("client secret\0")
        .chain_update(client)
        .chain_update("\0")
        .chain_update(secret)
        .finalize()
        .into()
}

/// Compares without ending at the first difference.
fn equal(left: &[u8; 32], right: &[u8; 32]) -> bool {
    let difference = left.iter().zip(right).fold(0, |sum, (left, right)| sum | (left ^ right));
    std::hint::black_box(difference) == 0
}

fn damaged(member: &str) -> Error {
    Error::new(ErrorKind::InvalidRecord, "the stored client lacks a member or it is not readable").on(member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_good_until_they_end() {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let mut client = Client::new("app", now, &[1; 32]);
        assert!(!client.has_secret("", now));
        let first = client.add_secret(&[2; 32], now, None);
        let second = client.add_secret(&[3; 32], now, Some(now.plus_seconds(60)));
        for (text, at, good) in [
            (first.as_str(), now, true),
            (&second, now, true),
            (&second, now.plus_seconds(60), false),
            (&first[1..], now, false),
            ("", now, false),
        ] {
            assert_eq!(client.has_secret(text, at), good);
        }
        let other = Client { secrets: client.secrets.clone(), ..Client::new("other", now, &[9; 32]) };
        assert!(!other.has_secret(&first, now));
        let again = Client::from_record(client.to_record().as_bytes()).unwrap();
        assert!(again == client && !client.to_record().contains(&first));
        let id = client.secrets[0].id.clone();
        assert!(client.remove_secret(&id.to_uppercase()) && !client.remove_secret(&id));
        assert!(!client.has_secret(&first, now) && client.has_secret(&second, now));
        client.enabled = false;
        assert!(!client.has_secret(&second, now));
        assert!(!format!("{client:?}").contains("hash"));
        for record in ["{}", "", r#"{"id":"a","principal":"b","name":"c","created":"x","enabled":true}"#] {
            assert!(Client::from_record(record.as_bytes()).is_err());
        }
    }
}
