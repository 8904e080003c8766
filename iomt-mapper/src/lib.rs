//! Device messages to FHIR Observations by templates.

mod error;
mod expression;
mod lenient_json;
mod number;
mod options;
mod time;
mod token;

#[doc(inline)]
pub use error::{Error, ErrorKind};
pub use expression::{Expression, Language, Selected};
pub use options::{Limits, Mode};
pub use time::Timestamp;
