//! A stored resource as answers show it: with its defaults, its addresses and its state.

use crate::json::Json;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::services::{self, DICOM_AUDIENCE};
use crate::settings::Settings;

pub(super) fn resource(resource: &Resource, settings: &Settings) -> Json {
    let mut body = Json::object([
        ("id", Json::from(resource.id().as_str())),
        ("name", resource.name().into()),
        ("type", resource.kind().type_name().into()),
    ]);
    if let Some(location) = resource.location() {
        body.set("location", location.as_str());
    }
    if let Some(variant) = resource.variant() {
        body.set("kind", variant);
    }
    if let Some(tags) = resource.tags() {
        body.set("tags", tags.clone());
    }
    if let Some(identity) = resource.identity() {
        body.set("identity", identity.clone());
    }
    match resource.kind() {
        // Neither has these members on the wire.
        Kind::ResourceGroup | Kind::RoleAssignment | Kind::RoleDefinition | Kind::DenyAssignment => {
            body.set("properties", properties(resource, settings));
        }
        _ => {
            body.set("etag", resource.etag());
            body.set("properties", properties(resource, settings));
            body.set("systemData", resource.system_data());
        }
    }
    body
}

fn properties(resource: &Resource, settings: &Settings) -> Json {
    let mut properties = resource.properties().clone();
    match resource.kind() {
        Kind::Workspace => {
            default(&mut properties, "publicNetworkAccess", "Enabled");
            properties.set("privateEndpointConnections", Json::Array(Vec::new()));
        }
        Kind::FhirService => {
            let mut authentication =
                properties.remove("authenticationConfiguration").unwrap_or_else(|| Json::Object(Vec::new()));
            default(&mut authentication, "authority", settings.authority.as_str());
            default(&mut authentication, "audience", services::url(resource, settings));
            default(&mut authentication, "smartProxyEnabled", false);
            properties.set("authenticationConfiguration", authentication);
            let mut policy = properties
                .remove("resourceVersionPolicyConfiguration")
                .unwrap_or_else(|| Json::Object(Vec::new()));
            default(&mut policy, "default", "versioned");
            default(&mut policy, "resourceTypeOverrides", Json::Object(Vec::new()));
            properties.set("resourceVersionPolicyConfiguration", policy);
            default(&mut properties, "publicNetworkAccess", "Enabled");
            properties.set("eventState", "Disabled");
            properties.set("privateEndpointConnections", Json::Array(Vec::new()));
        }
        Kind::DicomService => {
            let audiences = [DICOM_AUDIENCE.to_owned(), format!("{DICOM_AUDIENCE}/")].map(Json::from);
            properties.set(
                "authenticationConfiguration",
                Json::object([
                    ("authority", Json::from(settings.authority.as_str())),
                    ("audiences", Json::Array(audiences.into())),
                ]),
            );
            properties.set("serviceUrl", services::url(resource, settings));
            default(&mut properties, "publicNetworkAccess", "Enabled");
            default(&mut properties, "enableDataPartitions", false);
            properties.set("eventState", "Disabled");
            properties.set("privateEndpointConnections", Json::Array(Vec::new()));
        }
        Kind::RoleAssignment => {
            let scope = resource.id().parent();
            properties.set("scope", scope.map_or_else(|| "/".to_owned(), |scope| scope.to_string()));
            properties.set("createdOn", resource.created().at.to_string());
            properties.set("updatedOn", resource.modified().at.to_string());
            properties.set("createdBy", resource.created().by.as_str());
            properties.set("updatedBy", resource.modified().by.as_str());
            return properties;
        }
        Kind::RoleDefinition | Kind::DenyAssignment | Kind::OperationResult => return properties,
        _ => {}
    }
    properties.set("provisioningState", "Succeeded");
    properties
}

fn default(object: &mut Json, name: &str, value: impl Into<Json>) {
    if object.member(name).is_none() {
        object.set(name, value);
    }
}
