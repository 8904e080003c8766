//! Actions: what a role grants, by name and, for FHIR, as a set of bits so that a decision costs no string work.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

/// The data action to post messages to a connector.
pub const IOT_SEND: &str = "Microsoft.HealthcareApis/workspaces/iotconnectors/messages/send/action";

const FHIR: &str = "Microsoft.HealthcareApis/workspaces/fhirservices/resources/";

/// Which of the two lists of a role an action belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plane {
    /// Management: `actions`.
    Control,
    /// Health data: `dataActions`.
    Data,
}

/// A data action of a DICOM service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DicomAction {
    /// Retrieve, search, change feed.
    Read,
    /// Store, update, worklist.
    Write,
    /// Delete.
    Delete,
    /// Export in bulk.
    Export,
    /// Add, change and remove extended query tags.
    ManageExtendedQueryTags,
}

impl DicomAction {
    /// The full name of the action.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Microsoft.HealthcareApis/workspaces/dicomservices/resources/read",
            Self::Write => "Microsoft.HealthcareApis/workspaces/dicomservices/resources/write",
            Self::Delete => "Microsoft.HealthcareApis/workspaces/dicomservices/resources/delete",
            Self::Export => "Microsoft.HealthcareApis/workspaces/dicomservices/resources/export/action",
            Self::ManageExtendedQueryTags => {
                "Microsoft.HealthcareApis/workspaces/dicomservices/resources/manageExtendedQueryTags/action"
            }
        }
    }
}

/// A set of data actions of a FHIR service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FhirActions(u32);

/// Name in the open-source server's roles, name after `…/fhirservices/resources/`.
const NAMES: [(FhirActions, &str, &str); 17] = [
    (FhirActions::READ, "read", "read"),
    (FhirActions::WRITE, "write", "write"),
    (FhirActions::DELETE, "delete", "delete"),
    (FhirActions::HARD_DELETE, "hardDelete", "hardDelete/action"),
    (FhirActions::EXPORT, "export", "export/action"),
    (FhirActions::VALIDATE, "resourceValidate", "resourceValidate/action"),
    (FhirActions::REINDEX, "reindex", "reindex/action"),
    (FhirActions::CONVERT_DATA, "convertData", "convertData/action"),
    (FhirActions::IMPORT, "import", "import/action"),
    (FhirActions::EDIT_PROFILES, "editProfileDefinitions", "editProfileDefinitions/action"),
    (FhirActions::SMART, "smart", "smart/action"),
    (FhirActions::SEARCH_PARAMETER, "searchParameter", "searchParameter/action"),
    (FhirActions::BULK_OPERATOR, "bulkOperator", "bulkOperator/action"),
    (FhirActions::SEARCH, "search", "search/action"),
    (FhirActions::READ_BY_ID, "readById", "readById/action"),
    (FhirActions::CREATE, "create", "create/action"),
    (FhirActions::UPDATE, "update", "update/action"),
];

impl FhirActions {
    /// No action.
    pub const NONE: Self = Self(0);
    /// Read and search.
    pub const READ: Self = Self(1);
    /// Create and update.
    pub const WRITE: Self = Self(1 << 1);
    /// Delete, history kept.
    pub const DELETE: Self = Self(1 << 2);
    /// Delete with history.
    pub const HARD_DELETE: Self = Self(1 << 3);
    /// Bulk export.
    pub const EXPORT: Self = Self(1 << 4);
    /// `$validate`.
    pub const VALIDATE: Self = Self(1 << 5);
    /// Rebuild indexes.
    pub const REINDEX: Self = Self(1 << 6);
    /// `$convert-data`.
    pub const CONVERT_DATA: Self = Self(1 << 7);
    /// Bulk import.
    pub const IMPORT: Self = Self(1 << 8);
    /// Write profiles, value sets and code systems.
    pub const EDIT_PROFILES: Self = Self(1 << 9);
    /// Act within the SMART scopes of the token, and only there.
    pub const SMART: Self = Self(1 << 10);
    /// Change the status of search parameters.
    pub const SEARCH_PARAMETER: Self = Self(1 << 11);
    /// Bulk update.
    pub const BULK_OPERATOR: Self = Self(1 << 12);
    /// Search only.
    pub const SEARCH: Self = Self(1 << 13);
    /// Read by id only.
    pub const READ_BY_ID: Self = Self(1 << 14);
    /// Create only.
    pub const CREATE: Self = Self(1 << 15);
    /// Update only.
    pub const UPDATE: Self = Self(1 << 16);

    /// The set of one action by its short name (`read`, `hardDelete`, …); case counts.
    #[must_use]
    pub fn from_short_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, short, _)| *short == name).map(|(action, _, _)| *action)
    }

    /// Whether every action of the other set is in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the two sets have an action in common.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set with what its coarse actions imply: read is read by id and search, write is create and update.
    #[must_use]
    pub const fn expanded(self) -> Self {
        let mut set = self;
        if set.contains(Self::READ) {
            set = set.union(Self::READ_BY_ID).union(Self::SEARCH);
        }
        if set.contains(Self::WRITE) {
            set = set.union(Self::CREATE).union(Self::UPDATE);
        }
        set
    }

    /// The set after some actions were taken away, with the coarse actions that imply them; what else those imply
    /// stays.
    pub(super) const fn without(self, taken: Self) -> Self {
        let mut taken = taken.expanded();
        if taken.intersects(Self::READ_BY_ID.union(Self::SEARCH)) {
            taken = taken.union(Self::READ);
        }
        if taken.intersects(Self::CREATE.union(Self::UPDATE)) {
            taken = taken.union(Self::WRITE);
        }
        Self(self.expanded().0 & !taken.0)
    }

    /// The short names of the actions, in the order of the table.
    pub fn short_names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().filter(move |(action, _, _)| self.contains(*action)).map(|(_, short, _)| *short)
    }

    /// The full names of the actions, in the order of the table.
    pub fn names(self) -> impl Iterator<Item = String> {
        NAMES
            .iter()
            .filter(move |(action, _, _)| self.contains(*action))
            .map(|(_, _, name)| format!("{FHIR}{name}"))
    }

    /// The actions whose full name the patterns grant.
    pub(super) fn granted_by(granted: impl Fn(&str) -> bool) -> Self {
        let mut set = Self::NONE;
        for (action, _, name) in NAMES {
            if granted(&format!("{FHIR}{name}")) {
                set = set.union(action);
            }
        }
        set
    }
}

impl BitOr for FhirActions {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitAnd for FhirActions {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for FhirActions {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0 & ((1 << NAMES.len()) - 1))
    }
}

impl fmt::Debug for FhirActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.short_names()).finish()
    }
}

/// Whether an action's name fits a pattern of a role: case does not count, `*` stands for any text, slashes too.
pub(super) fn matches(pattern: &str, action: &str) -> bool {
    if !pattern.contains('*') {
        return pattern.eq_ignore_ascii_case(action);
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = strip_prefix(action, first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        // The earliest place leaves the most text for what follows, so no other has to be tried.
        let Some(after) = (0..=rest.len()).find_map(|at| strip_prefix(rest.get(at..)?, part)) else {
            return false;
        };
        rest = after;
    }
    rest.len() >= last.len()
        && rest.get(rest.len() - last.len()..).is_some_and(|end| end.eq_ignore_ascii_case(last))
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, action, fits) in [
            ("*", "anything/at/all", true),
            ("*", "", true),
            ("a/read", "A/Read", true),
            ("a/read", "a/reads", false),
            ("a/*", "a/b/c", true),
            ("a/*", "a", false),
            ("*/read", "Microsoft.X/y/read", true),
            ("*/read", "read", false),
            ("a/*/read", "a/b/c/read", true),
            ("a/*/read", "a/read", false),
            ("a*a", "a", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("Microsoft.Authorization/*/Delete", "microsoft.authorization/roleAssignments/delete", true),
        ] {
            assert_eq!(matches(pattern, action), fits, "{pattern} {action}");
        }
    }

    #[test]
    fn sets() {
        let set = FhirActions::READ | FhirActions::WRITE;
        assert!(set.expanded().contains(FhirActions::SEARCH | FhirActions::UPDATE));
        assert!(!set.contains(FhirActions::SEARCH) && set.intersects(FhirActions::READ));
        assert_eq!(set.short_names().collect::<Vec<_>>(), ["read", "write"]);
        assert_eq!((!FhirActions::NONE).short_names().count(), 17);
        assert_eq!(FhirActions::from_short_name("hardDelete"), Some(FhirActions::HARD_DELETE));
        assert_eq!(
            FhirActions::READ.names().collect::<Vec<_>>(),
            ["Microsoft.HealthcareApis/workspaces/fhirservices/resources/read"]
        );
        assert_eq!(format!("{set:?}"), r#"{"read", "write"}"#);
    }
}
