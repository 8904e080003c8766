//! Names: of stores, which become files, and of kinds and parameters, which become rows.

use std::fmt;

use compact_str::CompactString;

use crate::{Error, ErrorKind, Result, limits};

/// The name of a store: one to eight parts joined by `/`, as `demo/fhir/r4`.
///
/// A part is 1 to 100 of `a`–`z`, `0`–`9`, `-`, `_` and `.`, begins and ends with a letter or digit, has no two dots in a row,
/// and is not a device name of Windows. Lower case only, so that file systems that do not tell cases apart keep stores apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreName(CompactString);

impl StoreName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`ErrorKind::Name`].
    pub fn parse(name: &str) -> Result<Self> {
        if name.split('/').count() <= 8 && name.split('/').all(is_part) {
            Ok(Self(CompactString::new(name)))
        } else {
            Err(Error::new(
                ErrorKind::Name,
                "a store's name is 1 to 8 parts of a-z, 0-9, '-', '_', '.' joined by '/'",
            ))
        }
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts between the `/`.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_part(part: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let stem = part.split('.').next().unwrap_or_default();
    let numbered_device = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    (1..=100).contains(&part.len())
        && part.chars().all(|c| alphanumeric(c) || matches!(c, '-' | '_' | '.'))
        && part.starts_with(alphanumeric)
        && part.ends_with(alphanumeric)
        && !part.contains("..")
        && !matches!(stem, "con" | "prn" | "aux" | "nul")
        && !numbered_device("com")
        && !numbered_device("lpt")
}

/// Checks the name of a kind or parameter; `what` goes into the message, the name does not.
pub(crate) fn check_name(name: &str, what: &str) -> Result<()> {
    if name.is_empty() || name.len() > limits::NAME {
        let limit = limits::NAME;
        return Err(Error::new(ErrorKind::Name, format!("the name of a {what} has 1 to {limit} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_without_tricks() {
        let good = ["demo", "demo/fhir/r4", "a-b_c.d/0", "console"];
        for name in good {
            assert!(StoreName::parse(name).is_ok(), "{name}");
        }
        let long = "a".repeat(101);
        let bad = [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "..",
            "a/../b",
            ".a",
            "a.",
            "A",
            "a\\b",
            "a b",
            "a\0",
            "ä",
            "nul",
            "com1.x",
            "a..b",
            "1/2/3/4/5/6/7/8/9",
            &long,
        ];
        for name in bad {
            assert_eq!(StoreName::parse(name).map_err(|error| error.kind()), Err(ErrorKind::Name), "{name}");
        }
    }
}
