//! Which library is loaded.

use crate::text::hygea_str;

/// The version of the loaded library as `(major << 16) | minor`.
///
/// A program that was compiled with `HYGEA_API_VERSION` of its header runs with any library that has the same
/// major and at least the same minor number; before 1.0 the minor numbers must be equal.
#[unsafe(no_mangle)]
pub extern "C" fn hygea_api_version() -> u32 {
    (number(env!("CARGO_PKG_VERSION_MAJOR")) << 16) | number(env!("CARGO_PKG_VERSION_MINOR"))
}

/// The full version of the loaded library, like `0.1.0`. Valid as long as the library is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn hygea_version() -> hygea_str {
    hygea_str::of(env!("CARGO_PKG_VERSION"))
}

/// A decimal number; Cargo allows nothing else in these places.
fn number(digits: &str) -> u32 {
    digits.bytes().fold(0, |value, digit| value * 10 + u32::from(digit.wrapping_sub(b'0')))
}
