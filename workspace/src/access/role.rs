//! Roles: the built-in ones with the ids that Azure gives them (table c.1), and custom ones.

use std::sync::{Arc, LazyLock};

use super::action::{FhirActions, Plane, matches};
use crate::json::Json;
use crate::{Error, ErrorKind, ResourceId};

/// Ids of the built-in roles.
pub mod id {
    /// Full access to management.
    pub const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    /// Management without granting access.
    pub const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
    /// Reading management.
    pub const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    /// Granting access.
    pub const USER_ACCESS_ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
    /// All FHIR data actions but `smart`.
    pub const FHIR_DATA_CONTRIBUTOR: &str = "5a1fc7df-4bf1-4951-a576-89034ee01acd";
    /// Reading and writing FHIR data.
    pub const FHIR_DATA_WRITER: &str = "3f88fce4-5892-4214-ae73-ba5294559913";
    /// Reading FHIR data.
    pub const FHIR_DATA_READER: &str = "4c8d0bbc-75d3-4935-991f-5f3c56d81508";
    /// Reading and exporting FHIR data.
    pub const FHIR_DATA_EXPORTER: &str = "3db33094-8700-4567-8da5-1501d4e7e843";
    /// Reading and importing FHIR data.
    pub const FHIR_DATA_IMPORTER: &str = "4465e953-8ced-4406-a58e-0f6e3f3b530b";
    /// Converting data to FHIR.
    pub const FHIR_DATA_CONVERTER: &str = "a1705bd2-3a8f-45a5-8683-466fcfd5cc24";
    /// Access within SMART scopes.
    pub const FHIR_SMART_USER: &str = "4ba50f17-9666-485c-a643-ff00808643f0";
    /// Bulk operations on FHIR data.
    pub const FHIR_DATA_BULK_OPERATOR: &str = "804db8d3-32c7-4ad4-a975-3f6f90d5f5f5";
    /// Managing FHIR search parameters.
    pub const SEARCH_PARAMETER_MANAGER: &str = "a02f7c31-354d-4106-865a-deedf37fa038";
    /// Full access to DICOM data.
    pub const DICOM_DATA_OWNER: &str = "58a3b984-7adf-4c20-983a-32417c86fbc8";
    /// Reading DICOM data.
    pub const DICOM_DATA_READER: &str = "e89c7a3c-2f64-4fa1-a847-3e4c9ba4283a";
    /// Everything, management and data, but `smart`: the administrator of a server. Not one of Azure's.
    pub const ADMINISTRATOR: &str = "e66a5c17-39d3-4192-bf1e-59a9ce831712";
    /// Posting messages to connectors. Not one of Azure's.
    pub const IOT_MESSAGE_SENDER: &str = "0ead0c75-a49e-451b-87e6-a84a4145015a";
}

/// A role: a named set of actions on both planes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// The GUID of the role.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is built in.
    pub built_in: bool,
    /// Where it may be assigned: keys of scopes, `/` for everywhere.
    pub assignable_scopes: Vec<String>,
    /// What it grants: the union of these.
    pub permissions: Vec<Permission>,
    /// The FHIR data actions it grants.
    pub(super) fhir: FhirActions,
}

/// Actions granted by patterns, less those excepted. The exception takes nothing from other permissions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permission {
    /// Management actions granted.
    pub actions: Vec<String>,
    /// Management actions excepted.
    pub not_actions: Vec<String>,
    /// Data actions granted.
    pub data_actions: Vec<String>,
    /// Data actions excepted.
    pub not_data_actions: Vec<String>,
}

impl Permission {
    /// Whether these patterns grant the action.
    #[must_use]
    pub fn grants(&self, plane: Plane, action: &str) -> bool {
        let (granted, excepted) = match plane {
            Plane::Control => (&self.actions, &self.not_actions),
            Plane::Data => (&self.data_actions, &self.not_data_actions),
        };
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        any(granted) && !any(excepted)
    }

    /// Reads `actions`, `notActions`, `dataActions` and `notDataActions` of the wire format.
    pub(crate) fn from_json(json: &Json) -> Self {
        let list = |name: &str| {
            let elements = json.member(name).map(Json::elements).unwrap_or_default();
            elements.iter().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        Self {
            actions: list("actions"),
            not_actions: list("notActions"),
            data_actions: list("dataActions"),
            not_data_actions: list("notDataActions"),
        }
    }

    fn to_json(&self) -> Json {
        let list =
            |texts: &[String]| Json::Array(texts.iter().map(|text| Json::from(text.as_str())).collect());
        Json::object([
            ("actions", list(&self.actions)),
            ("notActions", list(&self.not_actions)),
            ("dataActions", list(&self.data_actions)),
            ("notDataActions", list(&self.not_data_actions)),
        ])
    }
}

impl Role {
    /// A custom role.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>, permissions: Vec<Permission>) -> Self {
        let fhir = FhirActions::granted_by(|action| {
            permissions.iter().any(|permission| permission.grants(Plane::Data, action))
        });
        Self {
            id: id.into(),
            name: name.into(),
            description: String::new(),
            built_in: false,
            assignable_scopes: vec!["/".to_owned()],
            permissions,
            fhir,
        }
    }

    /// The built-in roles.
    #[must_use]
    pub fn built_in() -> &'static [Arc<Self>] {
        static ROLES: LazyLock<Vec<Arc<Role>>> =
            LazyLock::new(|| BUILT_IN.iter().map(BuiltIn::role).map(Arc::new).collect());
        &ROLES
    }

    /// The built-in role of this GUID, compared without regard to case.
    #[must_use]
    pub fn built_in_by_id(id: &str) -> Option<&'static Arc<Self>> {
        Self::built_in().iter().find(|role| role.id.eq_ignore_ascii_case(id))
    }

    /// The role that a stored `roleDefinitions` resource describes: its GUID and its properties.
    ///
    /// # Errors
    /// `InvalidRecord` if the properties lack the name or the permissions.
    pub(crate) fn from_properties(id: &ResourceId, properties: &Json) -> Result<Self, Error> {
        let name = properties.member("roleName").and_then(Json::as_str);
        let name =
            name.ok_or_else(|| Error::new(ErrorKind::InvalidRecord, "the role has no name").on("roleName"))?;
        let permissions = properties.member("permissions").map(Json::elements).unwrap_or_default();
        let mut role = Self::new(id.name(), name, permissions.iter().map(Permission::from_json).collect());
        role.description =
            properties.member("description").and_then(Json::as_str).unwrap_or_default().to_owned();
        let scopes = properties.member("assignableScopes").map(Json::elements).unwrap_or_default();
        role.assignable_scopes = scopes.iter().filter_map(Json::as_str).map(str::to_owned).collect();
        Ok(role)
    }

    /// Whether the role grants the action.
    #[must_use]
    pub fn grants(&self, plane: Plane, action: &str) -> bool {
        self.permissions.iter().any(|permission| permission.grants(plane, action))
    }

    /// The FHIR data actions that the role grants.
    #[must_use]
    pub fn fhir_actions(&self) -> FhirActions {
        self.fhir
    }

    /// The wire format of `Microsoft.Authorization/roleDefinitions`, seen from a subscription or, without one, from
    /// the root.
    #[must_use]
    pub fn to_json(&self, scope: &ResourceId) -> Json {
        let base = scope.subscription().map(|id| format!("/subscriptions/{id}")).unwrap_or_default();
        let scopes = self.assignable_scopes.iter().map(|scope| Json::from(scope.as_str())).collect();
        Json::object([
            (
                "id",
                Json::from(format!("{base}/providers/Microsoft.Authorization/roleDefinitions/{}", self.id)),
            ),
            ("name", self.id.as_str().into()),
            ("type", "Microsoft.Authorization/roleDefinitions".into()),
            (
                "properties",
                Json::object([
                    ("roleName", Json::from(self.name.as_str())),
                    ("type", if self.built_in { "BuiltInRole" } else { "CustomRole" }.into()),
                    ("description", self.description.as_str().into()),
                    ("assignableScopes", Json::Array(scopes)),
                    ("permissions", Json::Array(self.permissions.iter().map(Permission::to_json).collect())),
                ]),
            ),
        ])
    }
}

struct BuiltIn {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
    not_data_actions: &'static [&'static str],
}

impl BuiltIn {
    fn role(&self) -> Role {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let mut role = Role::new(
            self.id,
            self.name,
            vec![Permission {
                actions: list(self.actions),
                not_actions: list(self.not_actions),
                data_actions: list(self.data_actions),
                not_data_actions: list(self.not_data_actions),
            }],
        );
        self.description.clone_into(&mut role.description);
        role.built_in = true;
        role
    }
}

const fn data(
    id: &'static str,
    name: &'static str,
    description: &'static str,
    data_actions: &'static [&'static str],
    not_data_actions: &'static [&'static str],
) -> BuiltIn {
    BuiltIn { id, name, description, actions: &[], not_actions: &[], data_actions, not_data_actions }
}

/// A FHIR data action of the older account type and of the service inside a workspace.
macro_rules! both {
    ($($action:literal),+) => {
        &[
            $(concat!("Microsoft.HealthcareApis/services/fhir/resources/", $action),)+
            $(concat!("Microsoft.HealthcareApis/workspaces/fhirservices/resources/", $action),)+
        ]
    };
}

/// A FHIR data action of the service inside a workspace.
macro_rules! fhir {
    ($($action:literal),+) => {
        &[$(concat!("Microsoft.HealthcareApis/workspaces/fhirservices/resources/", $action),)+]
    };
}

macro_rules! dicom {
    ($($action:literal),+) => {
        &[$(concat!("Microsoft.HealthcareApis/workspaces/dicomservices/resources/", $action),)+]
    };
}

const BUILT_IN: [BuiltIn; 17] = [
    data(id::DICOM_DATA_OWNER, "DICOM Data Owner", "Full access to DICOM data.", dicom!["*"], &[]),
    data(id::DICOM_DATA_READER, "DICOM Data Reader", "Read and search DICOM data.", dicom!["read"], &[]),
    data(
        id::FHIR_DATA_CONTRIBUTOR,
        "FHIR Data Contributor",
        "full access to FHIR data",
        both!["*"],
        both!["smart/action"],
    ),
    data(
        id::FHIR_DATA_CONVERTER,
        "FHIR Data Converter",
        "convert legacy format to FHIR",
        both!["convertData/action"],
        &[],
    ),
    data(
        id::FHIR_DATA_EXPORTER,
        "FHIR Data Exporter",
        "read and export",
        both!["read", "export/action"],
        &[],
    ),
    data(
        id::FHIR_DATA_IMPORTER,
        "FHIR Data Importer",
        "read and import",
        fhir!["read", "import/action"],
        &[],
    ),
    data(id::FHIR_DATA_READER, "FHIR Data Reader", "read", both!["read"], &[]),
    data(
        id::FHIR_DATA_WRITER,
        "FHIR Data Writer",
        "read and write",
        both![
            "read",
            "write",
            "delete",
            "export/action",
            "resourceValidate/action",
            "reindex/action",
            "convertData/action",
            "editProfileDefinitions/action",
            "import/action"
        ],
        &[],
    ),
    data(id::FHIR_SMART_USER, "FHIR SMART User", "SMART on FHIR access", both!["read", "smart/action"], &[]),
    data(
        id::FHIR_DATA_BULK_OPERATOR,
        "FHIR Data Bulk Operator",
        "bulk operations on FHIR data",
        both![
            "read",
            "write",
            "delete",
            "export/action",
            "reindex/action",
            "import/action",
            "hardDelete/action",
            "bulkOperator/action"
        ],
        &[],
    ),
    data(
        id::SEARCH_PARAMETER_MANAGER,
        "Search Parameter Manager",
        "status and reindex of search parameters",
        fhir!["read", "write", "reindex/action", "searchParameter/action"],
        &[],
    ),
    BuiltIn {
        id: id::OWNER,
        name: "Owner",
        description: "Full access to manage all resources, including granting access.",
        actions: &["*"],
        not_actions: &[],
        data_actions: &[],
        not_data_actions: &[],
    },
    BuiltIn {
        id: id::CONTRIBUTOR,
        name: "Contributor",
        description: "Full access to manage all resources, but no granting of access.",
        actions: &["*"],
        not_actions: &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ],
        data_actions: &[],
        not_data_actions: &[],
    },
    BuiltIn {
        id: id::READER,
        name: "Reader",
        description: "View all resources, change none.",
        actions: &["*/read"],
        not_actions: &[],
        data_actions: &[],
        not_data_actions: &[],
    },
    BuiltIn {
        id: id::USER_ACCESS_ADMINISTRATOR,
        name: "User Access Administrator",
        description: "Manage access to resources.",
        actions: &["*/read", "Microsoft.Authorization/*"],
        not_actions: &[],
        data_actions: &[],
        not_data_actions: &[],
    },
    BuiltIn {
        id: id::ADMINISTRATOR,
        name: "Hygea Administrator",
        description: "Full access to management and to all data.",
        actions: &["*"],
        not_actions: &[],
        data_actions: &["*"],
        not_data_actions: both!["smart/action"],
    },
    data(
        id::IOT_MESSAGE_SENDER,
        "IoT Message Sender",
        "Post messages to connectors.",
        &[super::action::IOT_SEND],
        &[],
    ),
];
