//! The resources of a server in development mode: one workspace with one service of each kind, and an
//! administrator, made by the same rules as any other.
//!
//! | what | id |
//! |---|---|
//! | subscription, resource group | `00000000-0000-0000-0000-000000000000`, `demo`, location `local` |
//! | workspace | `demo` |
//! | services | `demo/fhir/r4`, `demo/dicom/images`, `demo/iot/devices` with a destination at `demo/fhir/r4` |
//! | roles | administrator of everything for [`Principal::development`]; the connector writes FHIR data |

use sha2::{Digest, Sha256};

use crate::access::{Policy, Principal, role_id};
use crate::directory::{Change, Directory, View};
use crate::json::Json;
use crate::manage::{self, Context, ManagementRequest, Method};
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::{Error, ErrorKind, ResourceId};

/// The subscription of the development resources.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

const WORKSPACE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/demo/providers/Microsoft.HealthcareApis/workspaces/demo";
const ADMINISTRATOR: &str =
    "/providers/Microsoft.Authorization/roleAssignments/0c9dbd3c-25bd-4d21-9f5d-3b4e9f0f6d01";
const WRITER: &str =
    "/providers/Microsoft.Authorization/roleAssignments/0c9dbd3c-25bd-4d21-9f5d-3b4e9f0f6d02";

/// The mappings of the development connector, as JSON text.
#[derive(Debug, Clone, Copy)]
pub struct Mappings<'a> {
    /// Device mapping: `{"templateType":"CollectionContent","template":[…]}`.
    pub device: &'a str,
    /// FHIR mapping: `{"templateType":"CollectionFhir","template":[…]}`.
    pub fhir: &'a str,
}

impl Default for Mappings<'_> {
    /// For messages as `{"deviceId":"d1","patientId":"p1","timestamp":"2026-01-31T12:00:00Z","heartRate":78}`: heart rate,
    /// blood pressure (`systolic` and `diastolic`) and `bodyTemperature`.
    fn default() -> Self {
        Self { device: include_str!("development/device.json"), fhir: include_str!("development/fhir.json") }
    }
}

/// What is missing of the development resources: nothing that exists is changed, so that it can run at every start.
///
/// # Errors
/// `Provisioning` if a mapping is not readable or a rule refuses, naming the resource.
pub fn provision(
    existing: &Directory,
    settings: &Settings,
    mappings: Mappings<'_>,
    now: Timestamp,
    seed: [u8; 32],
) -> Result<Vec<Change>, Error> {
    let mut work = Work {
        directory: existing.clone(),
        changes: Vec::new(),
        principal: Principal::development(),
        policy: Policy::default(),
        settings,
        now,
        seed,
    };
    work.policy.assign(Principal::DEVELOPMENT_ID, role_id::ADMINISTRATOR, &ResourceId::root(), ADMINISTRATOR);

    const HEALTH: &str = "api-version=2024-03-31";
    const ROLES: &str = "api-version=2022-04-01";
    let located = |members: Vec<(&'static str, Json)>| {
        Json::object([("location", Json::from("local"))].into_iter().chain(members))
    };
    let mapping = |member: &str, text: &str| -> Result<Json, Error> {
        Ok(Json::object([(member.to_owned(), Json::object([("content", Json::parse(text.as_bytes())?)]))]))
    };
    let group = ResourceId::parse(WORKSPACE)?.enclosing(crate::Kind::ResourceGroup);
    work.put(group.as_ref().map_or("", ResourceId::as_str), "api-version=2021-04-01", &located(vec![]))?;
    work.put(WORKSPACE, HEALTH, &located(vec![]))?;
    let fhir = format!("{WORKSPACE}/fhirservices/r4");
    work.put(&fhir, HEALTH, &located(vec![("kind", "fhir-R4".into())]))?;
    work.put(&format!("{WORKSPACE}/dicomservices/images"), HEALTH, &located(vec![]))?;
    let connector = format!("{WORKSPACE}/iotconnectors/devices");
    let identity = Json::object([("type", Json::from("SystemAssigned"))]);
    let device = mapping("deviceMapping", mappings.device)?;
    work.put(&connector, HEALTH, &located(vec![("identity", identity), ("properties", device)]))?;
    let mut destination = mapping("fhirMapping", mappings.fhir)?;
    destination.set("resourceIdentityResolutionType", "Create");
    destination.set("fhirServiceResourceId", fhir.as_str());
    work.put(
        &format!("{connector}/fhirdestinations/fhir-r4"),
        HEALTH,
        &located(vec![("properties", destination)]),
    )?;

    let role = |role: &str, principal: &str| {
        Json::object([(
            "properties",
            Json::object([
                (
                    "roleDefinitionId",
                    Json::from(format!("/providers/Microsoft.Authorization/roleDefinitions/{role}")),
                ),
                ("principalId", principal.into()),
            ]),
        )])
    };
    work.put(ADMINISTRATOR, ROLES, &role(role_id::ADMINISTRATOR, Principal::DEVELOPMENT_ID))?;
    let devices = work.directory.resource(&ResourceId::parse(&connector)?)?;
    if let Some(writer) = devices.as_ref().and_then(|devices| devices.principal_id()) {
        work.put(&format!("{fhir}{WRITER}"), ROLES, &role(role_id::FHIR_DATA_WRITER, writer))?;
    }
    Ok(work.changes)
}

struct Work<'a> {
    /// What exists after the changes so far.
    directory: Directory,
    changes: Vec<Change>,
    principal: Principal,
    policy: Policy,
    settings: &'a Settings,
    now: Timestamp,
    seed: [u8; 32],
}

impl Work<'_> {
    /// Puts a resource unless it exists.
    fn put(&mut self, path: &str, query: &str, body: &Json) -> Result<(), Error> {
        if self.directory.resource(&ResourceId::parse(path)?)?.is_some() {
            return Ok(());
        }
        let body = body.to_string();
        let context = Context {
            now: self.now,
            principal: &self.principal,
            policy: &self.policy,
            settings: self.settings,
            seed: Sha256::new().chain_update(self.seed).chain_update(path).finalize().into(),
            check_mapping: None,
        };
        let request = ManagementRequest::new(Method::Put, path, query, body.as_bytes());
        let outcome = manage::handle_names(&request, &self.directory, &context, true)?;
        if outcome.status >= 300 {
            return Err(Error::new(ErrorKind::Provisioning, outcome.body.unwrap_or_default()).on(path));
        }
        self.directory.apply(&outcome.changes);
        self.changes.extend(outcome.changes);
        Ok(())
    }
}
