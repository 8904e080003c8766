//! The storage contract, the in-memory store and the suite that every store must pass.
