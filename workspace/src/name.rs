//! Names of subscriptions, resource groups and health resources (hierarchy and ids, section a.1).

use crate::{Error, ErrorKind};

/// Workspace names that would hide a route of the server.
const RESERVED: [&str; 6] = ["subscriptions", "providers", "patients-app", "healthz", "metrics", "tenants"];

/// Checks the name of a workspace or of anything inside one: 3 to 23 characters, lower-case letters, digits and
/// hyphens, no hyphen first or last.
///
/// # Errors
/// `InvalidName`, saying which rule is broken.
pub fn check_resource_name(name: &str) -> Result<(), Error> {
    // The service bounds the path segment at 24 but its pattern ends at 23.
    if !(3..=23).contains(&name.chars().count()) {
        return refuse("the name must have 3 to 23 characters");
    }
    if !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
        return refuse("the name may hold lower-case letters, digits and hyphens only");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return refuse("the name must begin and end with a letter or digit");
    }
    Ok(())
}

/// Whether a workspace of this name would hide a route of the server.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Checks the name of a resource group: 1 to 90 letters, digits, `-`, `_`, `.`, `(` and `)`, not ending in `.`.
///
/// # Errors
/// `InvalidName`, saying which rule is broken.
pub fn check_resource_group(name: &str) -> Result<(), Error> {
    if !(1..=90).contains(&name.chars().count()) {
        return refuse("the name of a resource group must have 1 to 90 characters");
    }
    if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')')) {
        return refuse(
            "the name of a resource group may hold letters, digits, '-', '_', '.', '(' and ')' only",
        );
    }
    if name.ends_with('.') {
        return refuse("the name of a resource group must not end with '.'");
    }
    Ok(())
}

/// Checks a subscription id: a GUID. Other ids of 1 to 64 letters, digits and hyphens are accepted too, because
/// the vendor's recorded calls use them.
///
/// # Errors
/// `InvalidName`.
pub fn check_subscription(id: &str) -> Result<(), Error> {
    if (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(())
    } else {
        refuse("the subscription id must be a GUID")
    }
}

fn refuse(wanted: &str) -> Result<(), Error> {
    Err(Error::new(ErrorKind::InvalidName, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_names() {
        let longest = "a".repeat(23);
        for name in ["abc", "demo", "a-b", "0a0", "fs-abc123", longest.as_str()] {
            assert!(check_resource_name(name).is_ok(), "{name}");
        }
        let too_long = "a".repeat(24);
        for name in ["", "ab", "-ab", "ab-", "aBc", "a_b", "a.b", "åbc", "a b", too_long.as_str()] {
            assert!(check_resource_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn group_names() {
        let longest = "g".repeat(90);
        for name in ["g", "testRG", "my.rg_(1)-x", "グループ", longest.as_str()] {
            assert!(check_resource_group(name).is_ok(), "{name}");
        }
        let too_long = "g".repeat(91);
        for name in ["", "a.", "a b", "a/b", "a%", too_long.as_str()] {
            assert!(check_resource_group(name).is_err(), "{name}");
        }
    }

    #[test]
    fn subscription_ids() {
        for id in ["00000000-0000-0000-0000-000000000000", "subid"] {
            assert!(check_subscription(id).is_ok(), "{id}");
        }
        for id in ["", "a b", "a/b", "a.b", "ü"] {
            assert!(check_subscription(id).is_err(), "{id}");
        }
    }
}
