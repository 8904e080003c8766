//! Decisions beyond single roles: unions, groups, exceptions, deny assignments, SMART confinement.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests fail by panicking"
)]

use std::sync::Arc;

use hygea_workspace::access::{
    Compartment, Decision, DenyReason, FhirInteraction as I, Permission, Plane, Policy, Principal,
    PrincipalType, Restriction, Role, role_id,
};
use hygea_workspace::smart::SmartScopes;
use hygea_workspace::{Resource, ResourceId};
use serde_json::json;

const SERVICE: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w/fhirservices/f";

fn service() -> ResourceId {
    ResourceId::parse(SERVICE).unwrap()
}

fn user() -> Principal {
    Principal::new("user", PrincipalType::User)
}

fn smart(scopes: &str, fhir_user: Option<&str>, patient: Option<&str>) -> Principal {
    let mut principal = user();
    let is_type = |name: &str| ["Patient", "Observation", "Encounter", "StructureDefinition"].contains(&name);
    principal.scopes = Some(Arc::new(SmartScopes::parse([scopes], &is_type).unwrap()));
    principal.fhir_user = fhir_user.map(str::to_owned);
    principal.patient = patient.map(str::to_owned);
    principal
}

fn policy(roles: &[&str]) -> Policy {
    let mut policy = Policy::default();
    for role in roles {
        policy.assign("user", role, &service(), role);
    }
    policy
}

fn resource(id: &str, properties: &serde_json::Value) -> Resource {
    let at = "2026-01-01T00:00:00Z";
    let record = json!({"id": id, "etag": "e", "properties": properties,
        "systemData": {"createdBy": "x", "createdByType": "User", "createdAt": at, "lastModifiedBy": "x", "lastModifiedByType": "User", "lastModifiedAt": at}});
    Resource::from_record(record.to_string().as_bytes()).unwrap()
}

#[test]
fn roles_add_up_and_exceptions_stay_their_own() {
    let reader_and_importer = policy(&[role_id::FHIR_DATA_READER, role_id::FHIR_DATA_IMPORTER]);
    let Decision::Allow(grant) =
        reader_and_importer.decide_fhir(&user(), I::Read, Some("Patient"), &service())
    else {
        panic!()
    };
    assert_eq!(grant.assignments.len(), 2);
    // What one role excepts another may grant: notDataActions deny nothing.
    let mut both = policy(&[role_id::FHIR_DATA_CONTRIBUTOR]);
    assert!(
        !both
            .decide(
                &user(),
                Plane::Data,
                "Microsoft.HealthcareApis/workspaces/fhirservices/resources/smart/action",
                &service()
            )
            .is_allowed()
    );
    both.assign("user", role_id::FHIR_SMART_USER, &service(), "smart");
    assert!(
        both.decide(
            &user(),
            Plane::Data,
            "microsoft.healthcareapis/workspaces/fhirservices/RESOURCES/smart/action",
            &service()
        )
        .is_allowed()
    );
    // Rights reach a member of the group.
    let mut group = Policy::default();
    group.assign(
        "Nurses",
        role_id::FHIR_DATA_READER,
        &ResourceId::parse("/subscriptions/s").unwrap(),
        "group",
    );
    let mut member = user();
    assert!(!group.decide_fhir(&member, I::Search, Some("Patient"), &service()).is_allowed());
    member.groups = vec!["other".into(), "nurses".into()];
    assert!(group.decide_fhir(&member, I::Search, Some("Patient"), &service()).is_allowed());
    // Two roles that only together suffice.
    let custom = |action: &str| {
        Role::new(
            "x",
            "x",
            vec![Permission {
                data_actions: vec![format!("*/fhirservices/resources/{action}")],
                ..Permission::default()
            }],
        )
    };
    assert!(
        custom("hardDelete/action").grants(
            Plane::Data,
            "Microsoft.HealthcareApis/workspaces/fhirservices/resources/hardDelete/action"
        )
    );
    let definitions = [("1", "search/action"), ("2", "create/action")].map(|(name, action)| {
        let action = format!("*/fhirservices/resources/{action}");
        let properties = json!({"roleName": name, "permissions": [{"dataActions": [action]}]});
        resource(&format!("/providers/Microsoft.Authorization/roleDefinitions/{name}"), &properties)
    });
    let mut parts = Policy::new(&definitions);
    parts.assign("user", "1", &service(), "a");
    assert!(!parts.decide_fhir(&user(), I::ConditionalCreate, Some("Patient"), &service()).is_allowed());
    parts.assign("user", "2", &service(), "b");
    assert!(parts.decide_fhir(&user(), I::ConditionalCreate, Some("Patient"), &service()).is_allowed());
    assert!(!parts.decide_fhir(&user(), I::Read, Some("Patient"), &service()).is_allowed());
    assert!(!parts.decide_fhir(&user(), I::Update, Some("Patient"), &service()).is_allowed());
    assert!(!parts.assign("user", "3", &service(), "c"));
}

#[test]
fn deny_assignments_win() {
    let data = |name: &str| format!("Microsoft.HealthcareApis/workspaces/fhirservices/resources/{name}");
    let deny = |scope: &str, extra: &serde_json::Value| {
        let mut properties = json!({"permissions": [{"dataActions": [data("delete"), data("search/action")], "actions": ["*/delete"], "notActions": ["*/workspaces/delete"]}],
            "principals": [{"id": "user"}]});
        properties.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let resource =
            resource(&format!("{scope}/providers/Microsoft.Authorization/denyAssignments/d"), &properties);
        let mut policy = Policy::new([&resource]);
        policy.assign("user", role_id::ADMINISTRATOR, &ResourceId::root(), "all");
        policy
    };
    let everyone = json!({"principals": [{"id": "00000000-0000-0000-0000-000000000000"}], "excludePrincipals": [{"id": "admin"}]});
    for (policy, denied) in [
        (deny(SERVICE, &json!({})), true),
        (deny("/subscriptions/s", &json!({})), true),
        (deny("/subscriptions/other", &json!({})), false),
        (deny("/subscriptions/s", &json!({"doNotApplyToChildScopes": true})), false),
        (deny(SERVICE, &json!({"doNotApplyToChildScopes": true})), true),
        (deny(SERVICE, &json!({"excludePrincipals": [{"id": "USER"}]})), false),
        (deny(SERVICE, &everyone), true),
        (deny(SERVICE, &json!({"principals": [{"id": "somebody"}]})), false),
    ] {
        for (interaction, touched) in [
            (I::Delete, true),
            (I::Search, true),
            (I::HardDelete, true),
            (I::ReadOperation, true),
            (I::Read, false),
            (I::Create, false),
        ] {
            let decision = policy.decide_fhir(&user(), interaction, Some("Patient"), &service());
            assert_eq!(decision.is_allowed(), !(denied && touched), "{interaction:?} {decision:?}");
            if let Decision::Deny(denial) = decision {
                assert!(
                    matches!(&denial.reason, DenyReason::DenyAssignment(id) if id.ends_with("/denyAssignments/d"))
                );
            }
        }
        let decide = |action: &str| policy.decide(&user(), Plane::Control, action, &service()).is_allowed();
        assert_eq!(decide("Microsoft.HealthcareApis/workspaces/fhirservices/delete"), !denied);
        assert!(
            decide("Microsoft.HealthcareApis/workspaces/delete")
                && decide("Microsoft.HealthcareApis/workspaces/read")
        );
    }
}

#[test]
fn smart_scopes_confine() {
    const SMART: &[&str] = &[role_id::FHIR_SMART_USER];
    const WRITER: &[&str] = &[role_id::FHIR_SMART_USER, role_id::FHIR_DATA_WRITER];
    let me = Some("https://x.example/Patient/1");
    let doctor = Some("Practitioner/9");
    use DenyReason as D;
    for (roles, principal, interaction, resource_type, wanted) in [
        (SMART, smart("patient/Patient.read", me, None), I::Search, "Patient", Ok(true)),
        (SMART, smart("patient/Patient.r", me, None), I::Read, "Patient", Ok(true)),
        (SMART, smart("patient/Patient.r", me, None), I::Search, "Patient", Err(D::OutsideScopes)),
        (SMART, smart("patient/Patient.s", me, None), I::Read, "Patient", Err(D::OutsideScopes)),
        (SMART, smart("patient/Patient.rs", me, None), I::ReadOperation, "Patient", Ok(true)),
        (SMART, smart("patient/Patient.rs", me, None), I::Search, "Observation", Err(D::OutsideScopes)),
        (SMART, smart("patient/*.rs", me, None), I::Search, "Observation", Ok(true)),
        // The role is a bound, too.
        (SMART, smart("patient/*.cruds", me, None), I::Create, "Observation", Err(D::NoRole)),
        (WRITER, smart("patient/*.cruds", me, None), I::Create, "Observation", Ok(true)),
        (WRITER, smart("patient/*.rs", me, None), I::Create, "Observation", Err(D::OutsideScopes)),
        (WRITER, smart("patient/*.write", me, None), I::Patch, "Observation", Ok(true)),
        (WRITER, smart("patient/*.c", me, None), I::Upsert, "Observation", Err(D::OutsideScopes)),
        (WRITER, smart("patient/*.cu", me, None), I::Upsert, "Observation", Ok(true)),
        (WRITER, smart("patient/*.cs", me, None), I::ConditionalCreate, "Observation", Ok(true)),
        (WRITER, smart("patient/*.cruds", me, None), I::Create, "StructureDefinition", Err(D::OutsideScopes)),
        (WRITER, smart("patient/*.cruds", me, None), I::HardDelete, "Patient", Err(D::NoRole)),
        // Whose data: the patient of the launch, else the user; a user context follows what the user is.
        (SMART, smart("patient/*.rs", None, None), I::Read, "Patient", Err(D::NoFhirUser)),
        (SMART, smart("patient/*.rs", doctor, None), I::Read, "Patient", Err(D::NoFhirUser)),
        (SMART, smart("patient/*.rs", doctor, Some("7")), I::Read, "Patient", Ok(true)),
        (SMART, smart("user/*.rs", me, None), I::Read, "Patient", Ok(true)),
        (SMART, smart("user/*.rs", doctor, None), I::Read, "Patient", Ok(false)),
        (SMART, smart("user/*.rs", None, None), I::Read, "Patient", Err(D::NoFhirUser)),
        (SMART, smart("user/*.rs", Some("Device/1"), None), I::Read, "Patient", Err(D::NoFhirUser)),
        (SMART, smart("system/*.rs", None, None), I::Read, "Patient", Ok(false)),
        // Bulk export is for systems.
        (WRITER, smart("system/*.rs", None, None), I::Export, "", Ok(false)),
        (WRITER, smart("user/*.read", doctor, None), I::Export, "", Err(D::BulkNeedsSystemScope)),
        (WRITER, smart("patient/*.read", me, None), I::Export, "", Err(D::BulkNeedsSystemScope)),
        (SMART, smart("system/*.rs", None, None), I::Export, "", Err(D::NoRole)),
        (SMART, user(), I::Read, "Patient", Err(D::NoScopes)),
        (SMART, smart("openid", me, None), I::Read, "Patient", Err(D::NoScopes)),
        // Roles without smart are not confined.
        (
            &[role_id::FHIR_DATA_CONTRIBUTOR],
            smart("patient/Patient.r", me, None),
            I::Delete,
            "Observation",
            Ok(false),
        ),
    ] {
        let resource_type = Some(resource_type).filter(|name| !name.is_empty());
        let decision = policy(roles).decide_fhir(&principal, interaction, resource_type, &service());
        let found = match &decision {
            Decision::Allow(grant) => {
                Ok(grant.filter.as_ref().is_some_and(|filter| filter.compartment.is_some()))
            }
            Decision::Deny(denial) => Err(denial.reason.clone()),
        };
        assert_eq!(found, wanted, "{:?} {interaction:?} {resource_type:?}", principal.scopes);
        assert!(!decision.explanation().is_empty());
    }
    // A token that SMART gave to an app confines whatever the roles.
    let mut app = smart("patient/Patient.r", me, None);
    app.confined = true;
    assert!(
        !policy(&[role_id::FHIR_DATA_CONTRIBUTOR])
            .decide_fhir(&app, I::Delete, Some("Observation"), &service())
            .is_allowed()
    );
    let decision =
        policy(&[role_id::FHIR_DATA_CONTRIBUTOR]).decide_fhir(&app, I::Read, Some("Patient"), &service());
    assert_eq!(
        decision.filter().unwrap().compartment,
        Some(Compartment { resource_type: "Patient".into(), id: "1".into() })
    );
    assert_eq!(decision.explanation(), format!("{} patient/Patient.r", role_id::FHIR_DATA_CONTRIBUTOR));
}

#[test]
fn parameters_restrict() {
    let vital = || Restriction {
        resource_type: Some("Observation".into()),
        parameters: vec![("category".into(), "vital-signs".into())],
    };
    let lab = || Restriction {
        resource_type: Some("Observation".into()),
        parameters: vec![("category".into(), "laboratory".into()), ("status".into(), "final".into())],
    };
    let any = |name: &str| Restriction { resource_type: Some(name.into()), parameters: vec![] };
    for (scopes, interaction, resource_type, wanted) in [
        ("system/Observation.rs?category=vital-signs", I::Search, Some("Observation"), vec![vital()]),
        (
            "system/Observation.rs?category=vital-signs system/Observation.rs?category=laboratory&status=final",
            I::Read,
            Some("Observation"),
            vec![vital(), lab()],
        ),
        // A scope without parameters frees the type.
        (
            "system/Observation.rs?category=vital-signs system/Observation.rs",
            I::Read,
            Some("Observation"),
            vec![],
        ),
        ("system/Observation.rs?category=vital-signs system/*.rs", I::Read, Some("Observation"), vec![]),
        // Without a single type, each by its own scopes.
        (
            "system/Observation.rs?category=vital-signs system/Patient.s system/Encounter.r",
            I::Search,
            None,
            vec![vital(), any("Patient")],
        ),
        ("system/Observation.rs?category=vital-signs system/*.rs", I::Search, None, vec![]),
    ] {
        let decision = policy(&[role_id::FHIR_SMART_USER]).decide_fhir(
            &smart(scopes, None, None),
            interaction,
            resource_type,
            &service(),
        );
        assert!(decision.is_allowed(), "{scopes}");
        assert_eq!(
            decision.filter().map(|filter| filter.restrictions.clone()).unwrap_or_default(),
            wanted,
            "{scopes}"
        );
    }
    let none = policy(&[role_id::FHIR_SMART_USER]).decide_fhir(
        &smart("system/Encounter.r", None, None),
        I::Search,
        None,
        &service(),
    );
    assert!(!none.is_allowed());
}
