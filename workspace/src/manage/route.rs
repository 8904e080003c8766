//! From a path to what it names.

use super::fault::{self, Fault};
use super::request::{ManagementRequest, Method};
use crate::ResourceId;
use crate::kind::Kind;
use crate::uri;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Resource(ResourceId, Kind),
    Collection { scope: ResourceId, kind: Kind },
    NameAvailability(ResourceId),
    Operations(ResourceId),
}

impl Target {
    /// Where the right to the action is looked up.
    pub(super) fn scope(&self) -> &ResourceId {
        match self {
            Self::Resource(id, _) | Self::NameAvailability(id) | Self::Operations(id) => id,
            Self::Collection { scope, .. } => scope,
        }
    }

    /// The management action that the method is here.
    pub(super) fn action(&self, method: Method) -> String {
        let verb = match method {
            Method::Get | Method::Head => "read",
            Method::Put | Method::Patch => "write",
            Method::Delete => "delete",
            Method::Post | Method::Other => "action",
        };
        match self {
            Self::Resource(_, kind) | Self::Collection { kind, .. } => {
                format!("{}/{verb}", action_type(*kind))
            }
            Self::NameAvailability(_) => "Microsoft.HealthcareApis/checkNameAvailability/read".to_owned(),
            Self::Operations(_) => "Microsoft.HealthcareApis/operations/read".to_owned(),
        }
    }

    /// Whether any proved caller may ask.
    pub(super) fn is_public(&self) -> bool {
        matches!(self, Self::Operations(_))
    }
}

/// Actions on resource groups are named below the subscription, unlike their type.
pub(super) fn action_type(kind: Kind) -> &'static str {
    match kind {
        Kind::ResourceGroup => "Microsoft.Resources/subscriptions/resourceGroups",
        kind => kind.type_name(),
    }
}

pub(super) fn route(request: &ManagementRequest<'_>) -> Result<Target, Fault> {
    let mut segments = Vec::new();
    for segment in request.path.trim_start_matches('/').trim_end_matches('/').split('/') {
        let decoded = uri::decode(segment).filter(|text| !text.contains('/'));
        segments.push(decoded.ok_or_else(|| fault::bad_path("the path is not readable"))?);
    }
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let Ok(id) = parse(&segments) {
        return match id.kind() {
            Some(kind) if kind != Kind::Subscription => Ok(Target::Resource(id, kind)),
            Some(_) => Err(fault::no_route()),
            None if id.is_root() => Err(fault::no_route()),
            None => Err(unknown_type(&id.type_name())),
        };
    }
    match segments.as_slice() {
        [scope @ .., providers, namespace, name] if providers.eq_ignore_ascii_case("providers") => {
            below_provider(scope, namespace, name)
        }
        [scope @ .., name] => {
            let scope = parse(scope).map_err(|error| fault::bad_path(&error.to_string()))?;
            let child = Kind::all().find(|kind| {
                kind.parent().is_some()
                    && kind.parent() == scope.kind()
                    && kind.segment().eq_ignore_ascii_case(name)
            });
            match child {
                Some(Kind::Subscription | Kind::OperationResult) | None => match scope.kind() {
                    Some(kind) if kind.namespace() == Kind::Workspace.namespace() => {
                        Err(unknown_type(&format!("{}/{name}", kind.type_name())))
                    }
                    _ => Err(fault::no_route()),
                },
                Some(kind) => Ok(Target::Collection { scope, kind }),
            }
        }
        [] => Err(fault::no_route()),
    }
}

/// `{scope}/providers/{namespace}/{name}`: a collection, or one of the named actions.
fn below_provider(scope: &[&str], namespace: &str, name: &str) -> Result<Target, Fault> {
    let scope = if scope.is_empty() {
        ResourceId::root()
    } else {
        parse(scope).map_err(|error| fault::bad_path(&error.to_string()))?
    };
    let health = namespace.eq_ignore_ascii_case(Kind::Workspace.namespace());
    match Kind::from_type_name(&format!("{namespace}/{name}")) {
        Some(Kind::Workspace) if matches!(scope.kind(), Some(Kind::ResourceGroup | Kind::Subscription)) => {
            Ok(Target::Collection { scope, kind: Kind::Workspace })
        }
        Some(kind @ (Kind::RoleAssignment | Kind::RoleDefinition)) => Ok(Target::Collection { scope, kind }),
        _ if health && name.eq_ignore_ascii_case("operations") && scope.is_root() => {
            Ok(Target::Operations(scope))
        }
        _ if health
            && name.eq_ignore_ascii_case("checkNameAvailability")
            && scope.kind() == Some(Kind::Subscription) =>
        {
            Ok(Target::NameAvailability(scope))
        }
        _ => Err(unknown_type(&format!("{namespace}/{name}"))),
    }
}

fn parse(segments: &[&str]) -> Result<ResourceId, crate::Error> {
    ResourceId::parse(&format!("/{}", segments.join("/")))
}

fn unknown_type(name: &str) -> Fault {
    let (namespace, relative) = name.split_once('/').unwrap_or((name, ""));
    let known = Kind::all().any(|kind| kind.namespace().eq_ignore_ascii_case(namespace));
    fault::unknown_type(namespace, relative, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(path: &str) -> Result<Target, Fault> {
        route(&ManagementRequest::new(Method::Get, path, "", b""))
    }

    #[test]
    fn paths_name_resources_and_collections() {
        const G: &str = "/subscriptions/s/resourcegroups/g";
        const W: &str = "/subscriptions/s/resourceGroups/g/providers/microsoft.healthcareapis/WORKSPACES/w";
        for (path, action) in [
            (G, "Microsoft.Resources/subscriptions/resourceGroups/read"),
            ("/subscriptions/s/resourceGroups/", "Microsoft.Resources/subscriptions/resourceGroups/read"),
            (W, "Microsoft.HealthcareApis/workspaces/read"),
            (
                &format!("{G}/providers/Microsoft.HealthcareApis/workspaces"),
                "Microsoft.HealthcareApis/workspaces/read",
            ),
            (
                "/subscriptions/s/providers/Microsoft.HealthcareApis/workspaces",
                "Microsoft.HealthcareApis/workspaces/read",
            ),
            (&format!("{W}/fhirServices"), "Microsoft.HealthcareApis/workspaces/fhirservices/read"),
            (
                &format!("{W}/iotconnectors/c/fhirdestinations"),
                "Microsoft.HealthcareApis/workspaces/iotconnectors/fhirdestinations/read",
            ),
            (
                &format!("{W}/providers/Microsoft.Authorization/roleAssignments"),
                "Microsoft.Authorization/roleAssignments/read",
            ),
            (
                "/providers/Microsoft.Authorization/roleDefinitions",
                "Microsoft.Authorization/roleDefinitions/read",
            ),
            ("/providers/Microsoft.HealthcareApis/operations", "Microsoft.HealthcareApis/operations/read"),
            (
                "/subscriptions/s/providers/Microsoft.HealthcareApis/checkNameAvailability",
                "Microsoft.HealthcareApis/checkNameAvailability/read",
            ),
            (
                "/subscriptions/s/providers/Microsoft.HealthcareApis/locations/westus/operationresults/x",
                "Microsoft.HealthcareApis/locations/operationresults/read",
            ),
        ] {
            assert_eq!(routed(path).unwrap().action(Method::Get), action, "{path}");
        }
    }

    #[test]
    fn other_paths_are_faults() {
        for (path, status, code) in [
            ("/", 404, "InvalidRequestUri"),
            ("/subscriptions", 404, "InvalidRequestUri"),
            ("/subscriptions/s", 404, "InvalidRequestUri"),
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/things/t",
                404,
                "InvalidResourceType",
            ),
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w/things",
                404,
                "InvalidResourceType",
            ),
            (
                "/subscriptions/s/resourceGroups/g/providers/Contoso.Health/things/t",
                404,
                "InvalidResourceNamespace",
            ),
            ("/subscriptions/s/providers/Microsoft.HealthcareApis/workspaces/w", 404, "InvalidResourceType"),
            ("/subscriptions/s/resourceGroups/a%2Fb", 400, "InvalidRequestUri"),
            ("/subscriptions/s/resourceGroups/%zz", 400, "InvalidRequestUri"),
            ("/subscriptions/s/resourceGroups/../x", 400, "InvalidRequestUri"),
        ] {
            let fault = routed(path).unwrap_err();
            assert_eq!((fault.status, fault.code), (status, code), "{path}");
        }
    }
}
