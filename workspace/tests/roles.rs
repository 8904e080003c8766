//! The built-in roles against the reference data, and what each role may do (table c.1 and c.3).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests fail by panicking"
)]

mod data_root;

use hygea_workspace::ResourceId;
use hygea_workspace::access::{
    Decision, DicomAction, FhirInteraction, Plane, Policy, Principal, PrincipalType, Role, role_id,
};
use serde_json::{Value, json};

#[test]
fn built_in_roles_equal_the_reference() {
    let Some(reference) = data_root::read_json("roles/azure-builtin-healthcare-roles.json") else { return };
    let roles = reference["roles"].as_array().unwrap();
    for wanted in roles {
        let role = Role::built_in_by_id(wanted["name"].as_str().unwrap()).expect("a built-in role");
        let found: Value = serde_json::from_str(&role.to_json(&ResourceId::root()).to_string()).unwrap();
        let properties = &found["properties"];
        let flattened = json!({
            "roleName": properties["roleName"], "name": found["name"], "id": found["id"], "roleType": properties["type"],
            "type": found["type"], "assignableScopes": properties["assignableScopes"],
            "description": properties["description"], "permissions": properties["permissions"],
        });
        assert_eq!(&flattened, wanted);
    }
    println!("built-in roles: {} equal the reference", roles.len());
    assert_eq!(roles.len(), 9);
}

/// For each role the interactions that it allows, worked out by hand from the tables.
#[test]
fn each_role_may_do_what_its_definition_says() {
    use FhirInteraction as I;
    let read = [I::Read, I::Search, I::BulkDeleteStatus, I::ReadOperation];
    let write = [
        I::Create,
        I::Update,
        I::Upsert,
        I::Patch,
        I::Delete,
        I::ConditionalCreate,
        I::ConditionalUpdate,
        I::ConditionalPatch,
        I::ConditionalDelete,
        I::BulkDelete,
    ];
    let hard = [I::HardDelete, I::ConditionalHardDelete, I::BulkHardDelete];
    let with = |sets: &[&[I]]| sets.concat();
    let expected: [(&str, Vec<I>); 13] = [
        (role_id::FHIR_DATA_CONTRIBUTOR, I::ALL.to_vec()),
        (
            role_id::FHIR_DATA_WRITER,
            with(&[&read, &write, &[I::Validate, I::ConvertData, I::Export, I::Import, I::Reindex]]),
        ),
        (role_id::FHIR_DATA_READER, read.to_vec()),
        (role_id::FHIR_DATA_EXPORTER, with(&[&read, &[I::Export]])),
        (role_id::FHIR_DATA_IMPORTER, with(&[&read, &[I::Import]])),
        (role_id::FHIR_DATA_CONVERTER, vec![I::ConvertData]),
        (
            role_id::FHIR_DATA_BULK_OPERATOR,
            with(&[&read, &write, &hard, &[I::Export, I::Import, I::Reindex, I::BulkUpdate]]),
        ),
        (
            role_id::SEARCH_PARAMETER_MANAGER,
            with(&[
                &read,
                &[
                    I::Create,
                    I::Update,
                    I::Upsert,
                    I::Patch,
                    I::ConditionalCreate,
                    I::ConditionalUpdate,
                    I::ConditionalPatch,
                    I::Reindex,
                    I::SearchParameterStatus,
                ],
            ]),
        ),
        (role_id::ADMINISTRATOR, I::ALL.to_vec()),
        // Confined to scopes, and this token has none.
        (role_id::FHIR_SMART_USER, vec![]),
        // Management rights and DICOM rights give no FHIR right.
        (role_id::OWNER, vec![]),
        (role_id::DICOM_DATA_OWNER, vec![]),
        (role_id::IOT_MESSAGE_SENDER, vec![]),
    ];
    let scopes = [
        "/",
        "/subscriptions/s",
        "/subscriptions/s/resourceGroups/g",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w/fhirservices/f",
    ];
    let target = ResourceId::parse(scopes[4]).unwrap();
    let sibling = ResourceId::parse(&format!("{}/fhirservices/other", scopes[3])).unwrap();
    let principal = Principal::new("A-Principal", PrincipalType::User);
    let mut decisions = 0;
    for (role, allowed) in &expected {
        for scope in scopes {
            let scope = ResourceId::parse(scope).unwrap();
            let mut policy = Policy::default();
            assert!(policy.assign("a-principal", &format!("/x/{}", role.to_uppercase()), &scope, "assigned"));
            for interaction in I::ALL {
                let decision = policy.decide_fhir(&principal, interaction, Some("Patient"), &target);
                assert_eq!(
                    decision.is_allowed(),
                    allowed.contains(&interaction),
                    "{role} {interaction:?} {decision:?}"
                );
                if let Decision::Allow(grant) = &decision {
                    assert_eq!(*grant.assignments, ["assigned".into()]);
                }
                let beside =
                    policy.decide_fhir(&principal, interaction, Some("Patient"), &sibling).is_allowed();
                assert_eq!(beside, allowed.contains(&interaction) && scope != target);
                let other = Principal::new("other", PrincipalType::User);
                assert!(!policy.decide_fhir(&other, interaction, Some("Patient"), &target).is_allowed());
                decisions += 3;
            }
        }
    }
    println!("{decisions} FHIR decisions as expected");

    let dicom = ResourceId::parse(&format!("{}/dicomservices/images", scopes[3])).unwrap();
    for (role, read, write) in [
        (role_id::DICOM_DATA_OWNER, true, true),
        (role_id::DICOM_DATA_READER, true, false),
        (role_id::FHIR_DATA_CONTRIBUTOR, false, false),
        (role_id::OWNER, false, false),
        (role_id::ADMINISTRATOR, true, true),
    ] {
        let mut policy = Policy::default();
        policy.assign("a-principal", role, &ResourceId::parse(scopes[3]).unwrap(), "assigned");
        let allowed = |action: DicomAction| {
            policy.decide(&principal, Plane::Data, action.as_str(), &dicom).is_allowed()
        };
        assert_eq!((allowed(DicomAction::Read), allowed(DicomAction::Delete)), (read, write), "{role}");
    }
}

#[test]
fn writing_a_profile_needs_its_own_right() {
    let service = ResourceId::parse(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w/fhirservices/f",
    )
    .unwrap();
    let principal = Principal::new("p", PrincipalType::User);
    for (role, allowed) in [(role_id::FHIR_DATA_WRITER, true), (role_id::FHIR_DATA_BULK_OPERATOR, false)] {
        let mut policy = Policy::default();
        policy.assign("p", role, &service, "assigned");
        for (name, wanted) in [
            ("Patient", true),
            ("StructureDefinition", allowed),
            ("ValueSet", allowed),
            ("CodeSystem", allowed),
        ] {
            assert_eq!(
                policy.decide_fhir(&principal, FhirInteraction::Update, Some(name), &service).is_allowed(),
                wanted,
                "{role} {name}"
            );
            assert!(policy.decide_fhir(&principal, FhirInteraction::Read, Some(name), &service).is_allowed());
        }
    }
}
