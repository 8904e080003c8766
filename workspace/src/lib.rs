//! The control plane of health workspaces, as pure functions: the hierarchy and its provisioning rules in the wire
//! format of Azure's `Microsoft.HealthcareApis`, roles and decisions, SMART scopes, tokens, and the audit log.
//!
//! ```
//! use hygea_workspace::access::{Policy, Principal};
//! use hygea_workspace::development::{self, Mappings};
//! use hygea_workspace::manage::{self, Context, ManagementRequest, Method};
//! use hygea_workspace::{Directory, Settings, Timestamp};
//! let settings = Settings::new("http://127.0.0.1:8080", "11111111-2222-3333-4444-555555555555");
//! let now = Timestamp::from_unix_seconds(1_800_000_000);
//! let mut directory = Directory::default();
//! directory.apply(&development::provision(&directory, &settings, Mappings::default(), now, [0; 32])?);
//! let policy = Policy::new(directory.resources().map(|resource| &**resource));
//! let (principal, seed) = (&Principal::development(), [1; 32]);
//! let context = Context { now, principal, policy: &policy, settings: &settings, seed, check_mapping: None };
//! let path = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.HealthcareApis/workspaces";
//! let list = ManagementRequest::new(Method::Get, path, "api-version=2024-03-31", b"");
//! assert_eq!(manage::handle(&list, &directory, &context)?.status, 200);
//! # Ok::<(), hygea_workspace::Error>(())
//! ```
//!
//! # Overview
//!
//! | module | what it holds |
//! |---|---|
//! | (root) | [`ResourceId`], [`Kind`], [`Resource`], [`Directory`] and [`View`], [`Change`], [`Settings`], [`Location`], [`Timestamp`] |
//! | [`manage`] | [`manage::handle`]: one management request in, an answer and the changes to commit out |
//! | [`services`] | what a stored resource means to the service that runs: each setting with its default |
//! | [`access`] | [`access::Policy`]: roles, assignments and deny assignments; the decision function |
//! | [`smart`] | SMART scopes, versions 1 and 2 |
//! | [`token`] | registered clients, the token endpoint, claims, discovery; signatures with the feature `jwt` |
//! | [`audit`] | the record of a call, the chain of records, Merkle proofs |
//! | [`development`] | the resources of a server in development mode |
//! | [`json`], [`name`], [`location`] | JSON that keeps numbers as they are, rules on names, regions |
//!
//! # It is, and it is not
//!
//! It has no clock, no randomness, no files and no network: those are arguments. It keeps nothing: what it decides to
//! change it returns, and the caller commits that at once. It knows neither FHIR nor DICOM: filters are given back
//! as compartments and search parameters.
//!
//! # Features
//!
//! `jwt` signs tokens (ES256) and verifies them (RS*, PS*, ES256, ES384, EdDSA) on a pure-Rust backend.
//!
//! # Limits
//!
//! A JSON text has at most 4 MiB, 64 levels and 262,144 values; an id 2,048 bytes; a token 16 kB; the scopes of a token
//! 16 kB and 256 in number. Quotas are [`Settings`].

pub mod access;
pub mod audit;
pub mod development;
mod directory;
mod error;
mod guid;
mod id;
pub mod json;
mod kind;
pub mod location;
pub mod manage;
pub mod name;
mod properties;
mod resource;
pub mod services;
mod settings;
pub mod smart;
mod time;
pub mod token;
mod uri;

pub use directory::{Change, Directory, View};
pub use error::{Error, ErrorKind};
pub use id::ResourceId;
pub use kind::Kind;
pub use location::Location;
pub use resource::{CallerType, Resource, Stamp};
pub use settings::{Quotas, ServiceUrls, Settings};
pub use time::Timestamp;
