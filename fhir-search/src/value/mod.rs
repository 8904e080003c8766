//! The values of search: how texts, dates, numbers and references are read, and when two of them match.
//!
//! Both sides of a comparison come through here, the values in a query and those in a resource, but nothing here
//! knows of either (<https://hl7.org/fhir/R4/search.html#ptypes>).

mod date;
mod decimal;
mod reference;
mod text;

pub use date::{DateRange, Zone};
pub use decimal::{Decimal, DecimalRange};
pub use reference::ReferenceTarget;
pub use text::fold;

pub(crate) use reference::{canonical_parts, is_id};
