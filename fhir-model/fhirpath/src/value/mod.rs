//! The values of the language: exact decimals, dates and times of any precision, quantities, and the items
//! that collections hold (FHIRPath "Literals" and "Types").

mod decimal;
mod item;
mod quantity;
pub(crate) mod series;
mod time;

pub use decimal::{Decimal, ParseDecimalError};
pub use item::{Collection, IntoIter, Item};
pub use quantity::{CalendarUnit, Quantity, Unit};
pub use time::{Date, DateTime, Precision, Time};

pub(crate) use decimal::MAX_SCALE;
pub(crate) use item::Items;
