//! What the tests of several files need: the reference data, and the evaluation of plans over index values in memory.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::print_stdout,
    reason = "each test file takes what it needs"
)]

pub mod data;
pub mod index;
pub mod random;
