//! Managed identities (row `identity.type` of section a.2).

use super::Context;
use crate::guid;
use crate::json::Json;
use crate::kind::Kind;
use crate::properties::Report;
use crate::resource::Resource;
use crate::{ResourceId, Settings};

const TYPES: [(&str, bool, bool); 4] = [
    ("None", false, false),
    ("SystemAssigned", true, false),
    ("UserAssigned", false, true),
    ("SystemAssigned,UserAssigned", true, true),
];

/// The identity to store. A system-assigned one keeps its principal through updates; that of a user-assigned one
/// follows from its id, so that it is the same wherever it is attached.
pub(super) fn check(
    identity: &Json,
    kind: Kind,
    existing: Option<&Resource>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Json> {
    if identity.is_null() {
        return None;
    }
    for (name, _) in identity.members() {
        if !["type", "principalId", "tenantId", "userAssignedIdentities"].contains(&name.as_str()) {
            report.add(
                "InvalidRequestContent",
                "identity",
                "expected the members type and userAssignedIdentities only",
            );
        }
    }
    let name = identity.member("type").and_then(Json::as_str).unwrap_or_default();
    let spelled: String = name.chars().filter(|c| *c != ' ').collect();
    let found = TYPES.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(&spelled));
    let Some((name, system, user)) = found else {
        report.add(
            "InvalidIdentityType",
            "identity.type",
            "expected None, SystemAssigned, UserAssigned or SystemAssigned,UserAssigned",
        );
        return None;
    };
    if *system && *user && kind == Kind::FhirService {
        report.add(
            "InvalidIdentityType",
            "identity.type",
            "a FHIR service has one type of identity at a time",
        );
    }
    let mut stored = Json::object([("type", Json::from(*name))]);
    if *system {
        let kept = existing.and_then(Resource::principal_id).map(str::to_owned);
        stored.set("principalId", kept.unwrap_or_else(|| context.id("principal")));
        stored.set("tenantId", context.settings.tenant.as_str());
    }
    let assigned = identity.member("userAssignedIdentities").filter(|value| !value.is_null());
    match assigned {
        Some(Json::Object(members)) if *user && !members.is_empty() => {
            let mut attached = Vec::with_capacity(members.len());
            for (id, _) in members {
                if ResourceId::parse(id).is_err() {
                    report.add(
                        "LinkedInvalidPropertyId",
                        "identity.userAssignedIdentities",
                        "expected ids of resources as names",
                    );
                }
                attached.push((id.clone(), user_assigned(id, context.settings)));
            }
            stored.set("userAssignedIdentities", Json::Object(attached));
        }
        _ if *user => {
            let message = "expected at least one user-assigned identity";
            report.add("InvalidIdentityType", "identity.userAssignedIdentities", message);
        }
        Some(Json::Object(members)) if members.is_empty() => {}
        None => {}
        Some(_) => {
            let message = "user-assigned identities need the type UserAssigned";
            report.add("InvalidIdentityType", "identity.userAssignedIdentities", message);
        }
    }
    Some(stored)
}

fn user_assigned(id: &str, settings: &Settings) -> Json {
    let of = |label: &str| {
        Json::from(guid::derive(settings.tenant.as_bytes(), &format!("{label}:{}", id.to_lowercase())))
    };
    Json::object([("principalId", of("principal")), ("clientId", of("client"))])
}
