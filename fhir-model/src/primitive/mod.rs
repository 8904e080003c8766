//! The primitive types: dates and times with their precision, decimals with their digits, the rest as text.
//!
//! FHIR's primitives are texts with a grammar (<https://hl7.org/fhir/R4/datatypes.html>). Here the text is
//! kept and read when somebody asks: `1.50` stays `1.50`, `2024-02` stays a month.

mod base64;
pub mod calendar;
pub mod date;
pub mod decimal;
pub mod format;
mod inline;
mod known;
mod reference;
mod text;
pub mod xhtml;

pub use reference::{Canonical, Target};
pub use text::{
    Base64Binary, Code, Date, DateTime, Decimal, Id, Instant, Integer64, LiteralReference, PrimitiveValue,
    Text, Time, Uri,
};
