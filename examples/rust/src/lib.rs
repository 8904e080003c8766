//! Programs that use the libraries as their users do; this page shows the README, so that its example is compiled.
#![doc = include_str!("../../../README.md")]
