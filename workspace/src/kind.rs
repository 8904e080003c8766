//! The types of resource that the hierarchy knows, as one table (section a.1).

use std::fmt;

/// A type of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A subscription: the owner of resource groups. Not stored; any well-formed id is one.
    Subscription,
    /// A resource group.
    ResourceGroup,
    /// A health workspace.
    Workspace,
    /// A FHIR service of a workspace.
    FhirService,
    /// A DICOM service of a workspace.
    DicomService,
    /// A connector that takes device messages (MedTech service).
    IotConnector,
    /// The FHIR service that a connector writes to.
    FhirDestination,
    /// A role given to a principal on a scope.
    RoleAssignment,
    /// A role: a set of actions.
    RoleDefinition,
    /// A rule that takes actions from principals on a scope, whatever their roles.
    DenyAssignment,
    /// The result of a finished management operation.
    OperationResult,
}

/// What the table says of a kind.
struct Row {
    kind: Kind,
    /// Namespace and type, in the spelling that answers use.
    type_name: &'static str,
    parent: Option<Kind>,
}

const fn row(kind: Kind, type_name: &'static str, parent: Option<Kind>) -> Row {
    Row { kind, type_name, parent }
}

const TABLE: [Row; 11] = [
    row(Kind::Subscription, "Microsoft.Resources/subscriptions", None),
    row(Kind::ResourceGroup, "Microsoft.Resources/resourceGroups", Some(Kind::Subscription)),
    row(Kind::Workspace, "Microsoft.HealthcareApis/workspaces", Some(Kind::ResourceGroup)),
    row(Kind::FhirService, "Microsoft.HealthcareApis/workspaces/fhirservices", Some(Kind::Workspace)),
    row(Kind::DicomService, "Microsoft.HealthcareApis/workspaces/dicomservices", Some(Kind::Workspace)),
    row(Kind::IotConnector, "Microsoft.HealthcareApis/workspaces/iotconnectors", Some(Kind::Workspace)),
    row(
        Kind::FhirDestination,
        "Microsoft.HealthcareApis/workspaces/iotconnectors/fhirdestinations",
        Some(Kind::IotConnector),
    ),
    row(Kind::RoleAssignment, "Microsoft.Authorization/roleAssignments", None),
    row(Kind::RoleDefinition, "Microsoft.Authorization/roleDefinitions", None),
    row(Kind::DenyAssignment, "Microsoft.Authorization/denyAssignments", None),
    row(
        Kind::OperationResult,
        "Microsoft.HealthcareApis/locations/operationresults",
        Some(Kind::Subscription),
    ),
];

impl Kind {
    /// The kinds of service that live inside a workspace.
    pub const SERVICES: [Self; 3] = [Self::FhirService, Self::DicomService, Self::IotConnector];

    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.kind)
    }

    /// The kind of a full type name, without regard to case.
    #[must_use]
    pub fn from_type_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.type_name.eq_ignore_ascii_case(name)).map(|row| row.kind)
    }

    /// The full type name: `Microsoft.HealthcareApis/workspaces/fhirservices`.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        self.row().map_or("", |row| row.type_name)
    }

    /// The namespace: `Microsoft.HealthcareApis`.
    #[must_use]
    pub fn namespace(self) -> &'static str {
        self.type_name().split_once('/').map_or("", |(namespace, _)| namespace)
    }

    /// The type without namespace: `workspaces/fhirservices`.
    #[must_use]
    pub fn relative_type(self) -> &'static str {
        self.type_name().split_once('/').map_or("", |(_, relative)| relative)
    }

    /// The last part of the type: `fhirservices`.
    #[must_use]
    pub fn segment(self) -> &'static str {
        self.type_name().rsplit('/').next().unwrap_or_default()
    }

    /// The kind that holds this one; `None` for what hangs on any scope.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        self.row().and_then(|row| row.parent)
    }

    /// Whether this lives on any scope (role assignments and the like) and goes with it.
    #[must_use]
    pub fn is_extension(self) -> bool {
        matches!(self, Self::RoleAssignment | Self::RoleDefinition | Self::DenyAssignment)
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.kind == self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for kind in Kind::all() {
            assert_eq!(Kind::from_type_name(&kind.type_name().to_uppercase()), Some(kind));
        }
        assert_eq!(Kind::FhirDestination.segment(), "fhirdestinations");
        assert_eq!(Kind::FhirDestination.relative_type(), "workspaces/iotconnectors/fhirdestinations");
        assert_eq!(Kind::Workspace.namespace(), "Microsoft.HealthcareApis");
        assert_eq!(Kind::IotConnector.parent(), Some(Kind::Workspace));
    }
}
