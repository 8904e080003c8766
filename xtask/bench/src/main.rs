//! Header.
fn main() {}
