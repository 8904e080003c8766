//! From plan to SQL: what the stores that speak SQL share.
//!
//! All of them have one logical schema (the words are in [`table`]): a row per document, and one narrow table per type of index
//! value whose key is `parameter, value, row`, all integers where that is possible. So the way from a [`Plan`](crate::Plan) is
//! the same everywhere:
//!
//! 1. [`resolve`] turns names and texts into the numbers of one store, and drops what cannot match ([`Node`]);
//! 2. [`arrange`] orders conditions by how many rows they select, as the store counts them ([`Estimate`]);
//! 3. [`Statement`] writes the SQL text with bound values only, in one of two dialects ([`Dialect`]).
//!
//! The text depends on the shape of a plan alone, never on its values, so prepared statements are found again.

mod arrange;
mod node;
mod resolve;
mod statement;
pub mod table;

pub use arrange::{Estimate, arrange};
pub use node::{Leaf, Node, Test, WIDE_DATE};
pub use resolve::{Names, resolve};
pub use statement::{Bind, Dialect, Order, Statement, Window};
