//! Tokens: registered clients, the token endpoint, discovery, and what a token's claims must be (section c.5 and
//! b.1).
//!
//! Everything here is a function of its arguments. Signing and verifying need the feature `jwt`.

mod audience;
mod claims;
mod client;
mod discovery;
mod endpoint;
#[cfg(feature = "jwt")]
mod jwt;

pub use audience::{Audience, MANAGEMENT_AUDIENCES};
pub use claims::{Claims, Expected, TokenFault};
pub use client::{Client, ClientSecret};
pub use discovery::Endpoints;
pub use endpoint::{Credential, Issuance, IssuedToken, TokenError, TokenErrorCode, TokenRequest, issue};
#[cfg(feature = "jwt")]
pub use jwt::{KeySet, SigningKey};
