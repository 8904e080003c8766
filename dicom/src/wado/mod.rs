//! Retrieving (WADO-RS, PS3.18 10.4): which form an answer takes by the Accept header, and how metadata is put together.
//!
//! A service makes a [`Plan`] of the header, asks it what to do with each stored instance ([`Plan::delivery`]), and frames
//! multipart answers with [`multipart::Writer`](crate::multipart::Writer). Metadata is kept as the JSON object that
//! [`json::write`](crate::json::write) made when the instance was stored; [`metadata`] joins such objects and puts the
//! address of the service before their bulk data.

pub mod metadata;
mod plan;

pub use plan::{Container, Delivery, Media, Plan, Target};
