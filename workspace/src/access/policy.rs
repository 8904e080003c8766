//! The decision function (algorithm c.2) over all assignments, prepared so that one decision takes about a
//! microsecond.

use std::collections::HashMap;
use std::sync::Arc;

use super::action::{FhirActions, Plane};
use super::decision::{Compartment, Decision, Denial, DenyReason, Filter, Grant, Restriction};
use super::interaction::FhirInteraction;
use super::principal::Principal;
use super::role::{Permission, Role};
use crate::ResourceId;
use crate::id::key_is_within;
use crate::json::Json;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::smart::{Context, Scope};

/// Every role assignment and deny assignment, ready to decide.
///
/// ```
/// use hygea_workspace::access::{FhirInteraction, Policy, Principal, PrincipalType, role_id};
/// use hygea_workspace::ResourceId;
/// let group = ResourceId::parse("/subscriptions/s/resourceGroups/g")?;
/// let service = ResourceId::parse(&format!("{group}/providers/Microsoft.HealthcareApis/workspaces/w/fhirservices/f"))?;
/// let mut policy = Policy::default();
/// policy.assign("nurse", role_id::FHIR_DATA_READER, &group, "assignment-1");
/// let nurse = Principal::new("nurse", PrincipalType::User);
/// assert!(policy.decide_fhir(&nurse, FhirInteraction::Search, Some("Patient"), &service).is_allowed());
/// assert!(!policy.decide_fhir(&nurse, FhirInteraction::Create, Some("Patient"), &service).is_allowed());
/// # Ok::<(), hygea_workspace::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// By principal, in lower case.
    assignments: HashMap<String, Vec<Assignment>>,
    denies: Vec<Deny>,
    custom: HashMap<String, Arc<Role>>,
}

#[derive(Debug, Clone)]
struct Assignment {
    id: Arc<str>,
    /// Key of the scope.
    scope: Box<str>,
    role: Arc<Role>,
}

#[derive(Debug, Clone)]
struct Deny {
    id: Arc<str>,
    scope: Box<str>,
    below: bool,
    /// In lower case; [`EVERYONE`] is everybody.
    principals: Vec<String>,
    excluded: Vec<String>,
    permissions: Vec<Permission>,
    fhir: FhirActions,
}

/// The principal of deny assignments that is everybody.
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

impl Policy {
    /// The policy that stored role definitions, role assignments and deny assignments make; other resources are
    /// passed over. An assignment of an unknown role, or with a condition, grants nothing.
    pub fn new<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Self {
        let mut policy = Self::default();
        let mut assignments = Vec::new();
        for resource in resources {
            match resource.kind() {
                Kind::RoleDefinition => {
                    if let Ok(role) = Role::from_properties(resource.id(), resource.properties()) {
                        policy.custom.insert(role.id.to_lowercase(), Arc::new(role));
                    }
                }
                Kind::RoleAssignment => assignments.push(resource),
                Kind::DenyAssignment => policy.denies.extend(Deny::new(resource)),
                _ => {}
            }
        }
        for resource in assignments {
            let text = |name: &str| resource.properties().member(name).and_then(Json::as_str);
            if let (Some(principal), Some(role), Some(scope), None) =
                (text("principalId"), text("roleDefinitionId"), resource.id().parent(), text("condition"))
            {
                policy.assign(principal, role, &scope, resource.id().as_str());
            }
        }
        policy
    }

    /// Gives a principal a role on a scope. The role is a GUID or an id that ends with one; returns whether it is
    /// known.
    pub fn assign(&mut self, principal: &str, role: &str, scope: &ResourceId, assignment: &str) -> bool {
        let Some(role) = self.role(role).map(Arc::clone) else { return false };
        let given = Assignment { id: Arc::from(assignment), scope: scope.key().into(), role };
        self.assignments.entry(principal.to_lowercase()).or_default().push(given);
        true
    }

    /// The role of this GUID, or of an id that ends with it: custom or built in.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<&Arc<Role>> {
        let id = id.rsplit('/').next().unwrap_or_default().to_lowercase();
        self.custom.get(&id).or_else(|| Role::built_in_by_id(&id))
    }

    /// Every role: the built-in ones, then custom ones in no order.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        Role::built_in().iter().chain(self.custom.values())
    }

    /// Decides an action by its name, on either plane.
    pub fn decide(&self, principal: &Principal, plane: Plane, action: &str, scope: &ResourceId) -> Decision {
        let denied = self.denies.iter().find(|deny| {
            deny.applies(principal, scope) && deny.permissions.iter().any(|rule| rule.grants(plane, action))
        });
        if let Some(deny) = denied {
            return refuse(principal, action.to_owned(), DenyReason::DenyAssignment(Arc::clone(&deny.id)));
        }
        match self.assigned(principal, scope).find(|given| given.role.grants(plane, action)) {
            Some(given) => {
                Decision::Allow(Grant { assignments: vec![Arc::clone(&given.id)], ..Grant::default() })
            }
            None => refuse(principal, action.to_owned(), DenyReason::NoRole),
        }
    }

    /// Decides a FHIR interaction on a resource type, or on no single type (system search, a bundle's entries one
    /// by one, bulk operations).
    pub fn decide_fhir(
        &self,
        principal: &Principal,
        interaction: FhirInteraction,
        resource_type: Option<&str>,
        scope: &ResourceId,
    ) -> Decision {
        let refused = |reason| {
            let wanted: Vec<String> = interaction
                .requirement()
                .iter()
                .map(|set| set.short_names().collect::<Vec<_>>().join("+"))
                .collect();
            refuse(principal, wanted.join("|"), reason)
        };
        let mut granted = FhirActions::NONE;
        for given in self.assigned(principal, scope) {
            granted = granted | given.role.fhir;
        }
        let mut denier = None;
        for deny in self.denies.iter().filter(|deny| deny.applies(principal, scope)) {
            if granted.expanded().intersects(deny.fhir) {
                granted = granted.without(deny.fhir);
                denier = Some(&deny.id);
            }
        }
        let Some(needed) = interaction.satisfied_by(granted, resource_type) else {
            return refused(match denier {
                Some(id) => DenyReason::DenyAssignment(Arc::clone(id)),
                None => DenyReason::NoRole,
            });
        };
        let mut grant = Grant {
            assignments: self
                .assigned(principal, scope)
                .filter(|given| given.role.fhir.expanded().intersects(needed))
                .map(|given| Arc::clone(&given.id))
                .collect(),
            ..Grant::default()
        };
        if !principal.confined && !granted.contains(FhirActions::SMART) {
            return Decision::Allow(grant);
        }
        match confine(principal, interaction, resource_type, granted) {
            Ok((scopes, filter)) => {
                grant.scopes = scopes;
                grant.filter = filter.map(Box::new);
                Decision::Allow(grant)
            }
            Err(reason) => refused(reason),
        }
    }

    /// The assignments of the principal, and of its groups, whose scope holds the target.
    fn assigned<'a>(
        &'a self,
        principal: &'a Principal,
        scope: &'a ResourceId,
    ) -> impl Iterator<Item = &'a Assignment> {
        std::iter::once(&principal.id)
            .chain(&principal.groups)
            .filter_map(|id| match self.assignments.get(id.as_str()) {
                Some(found) => Some(found),
                // Ids are compared without regard to case; they are hardly ever written in upper case.
                None if id.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                    self.assignments.get(&id.to_lowercase())
                }
                None => None,
            })
            .flatten()
            .filter(|given| key_is_within(scope.key(), &given.scope))
    }
}

impl Deny {
    fn new(resource: &Resource) -> Option<Self> {
        let properties = resource.properties();
        let ids = |name: &str| -> Vec<String> {
            let elements = properties.member(name).map(Json::elements).unwrap_or_default();
            elements.iter().filter_map(|entry| entry.member("id")?.as_str()).map(str::to_lowercase).collect()
        };
        let permissions: Vec<Permission> = properties
            .member("permissions")
            .map(Json::elements)
            .unwrap_or_default()
            .iter()
            .map(Permission::from_json)
            .collect();
        let below = properties.member("doNotApplyToChildScopes").and_then(Json::as_bool) != Some(true);
        let fhir =
            FhirActions::granted_by(|action| permissions.iter().any(|rule| rule.grants(Plane::Data, action)));
        Some(Self {
            id: Arc::from(resource.id().as_str()),
            scope: resource.id().parent()?.key().into(),
            below,
            principals: ids("principals"),
            excluded: ids("excludePrincipals"),
            permissions,
            fhir: fhir.expanded(),
        })
    }

    fn applies(&self, principal: &Principal, scope: &ResourceId) -> bool {
        let names = |list: &[String]| {
            let is = |id: &String| list.iter().any(|entry| entry.eq_ignore_ascii_case(id));
            is(&principal.id) || principal.groups.iter().any(is)
        };
        let place =
            if self.below { key_is_within(scope.key(), &self.scope) } else { *scope.key() == *self.scope };
        place
            && (names(&self.principals) || self.principals.iter().any(|id| id == EVERYONE))
            && !names(&self.excluded)
    }
}

/// Confines what the roles grant to the SMART scopes of the token: `granted = roles & scopes`, type by type.
fn confine(
    principal: &Principal,
    interaction: FhirInteraction,
    resource_type: Option<&str>,
    roles: FhirActions,
) -> Result<(Vec<String>, Option<Filter>), DenyReason> {
    let scopes =
        principal.scopes.as_deref().filter(|scopes| !scopes.is_empty()).ok_or(DenyReason::NoScopes)?;
    let context = scopes.context();
    if matches!(interaction, FhirInteraction::Export | FhirInteraction::Import)
        && context != Some(Context::System)
    {
        return Err(DenyReason::BulkNeedsSystemScope);
    }
    let compartment = compartment(principal, context)?;
    let roles = roles.expanded();
    let allowed = |scope: &Scope| roles & scope.actions().expanded();
    let relevant: Vec<&Scope> = scopes
        .iter()
        .filter(|scope| match (scope.resource_type(), resource_type) {
            // Without a single type each type is judged by its own scopes.
            (None, _) | (Some(_), None) => true,
            (Some(own), Some(wanted)) => own == wanted,
        })
        .collect();
    let (covering, restrictions) = match resource_type {
        Some(_) => {
            let free = relevant.iter().filter(|scope| scope.parameters().is_empty());
            let free = free.fold(FhirActions::NONE, |set, scope| set | allowed(scope));
            if let Some(needed) = interaction.satisfied_by(free, resource_type) {
                let covering: Vec<&Scope> = relevant
                    .into_iter()
                    .filter(|scope| scope.parameters().is_empty() && allowed(scope).intersects(needed))
                    .collect();
                (covering, Vec::new())
            } else {
                let all = relevant.iter().fold(FhirActions::NONE, |set, scope| set | allowed(scope));
                let needed = interaction.satisfied_by(all, resource_type).ok_or(DenyReason::OutsideScopes)?;
                let covering: Vec<&Scope> =
                    relevant.into_iter().filter(|scope| allowed(scope).intersects(needed)).collect();
                let restricted = covering.iter().filter(|scope| !scope.parameters().is_empty());
                let restrictions = restricted.map(|scope| restriction(scope)).collect();
                (covering, restrictions)
            }
        }
        None => {
            let covering: Vec<&Scope> = relevant
                .into_iter()
                .filter(|scope| interaction.satisfied_by(allowed(scope), scope.resource_type()).is_some())
                .collect();
            if covering.is_empty() {
                return Err(DenyReason::OutsideScopes);
            }
            let everything =
                covering.iter().any(|scope| scope.resource_type().is_none() && scope.parameters().is_empty());
            let restrictions = if everything {
                Vec::new()
            } else {
                covering.iter().map(|scope| restriction(scope)).collect()
            };
            (covering, restrictions)
        }
    };
    let filter =
        (compartment.is_some() || !restrictions.is_empty()).then_some(Filter { compartment, restrictions });
    Ok((covering.iter().map(|scope| scope.to_string()).collect(), filter))
}

fn restriction(scope: &Scope) -> Restriction {
    Restriction {
        resource_type: scope.resource_type().map(str::to_owned),
        parameters: scope.parameters().to_vec(),
    }
}

/// The compartment that the context of the scopes confines to.
fn compartment(principal: &Principal, context: Option<Context>) -> Result<Option<Compartment>, DenyReason> {
    let user = principal.fhir_user.as_deref().and_then(reference);
    let of = |(resource_type, id): (&str, &str)| {
        Some(Compartment { resource_type: resource_type.to_owned(), id: id.to_owned() })
    };
    match context {
        None | Some(Context::System) => Ok(None),
        Some(Context::Patient) => {
            let launched = principal
                .patient
                .as_deref()
                .map(|patient| reference(patient).unwrap_or(("Patient", patient)));
            let patient =
                launched.or(user).filter(|(resource_type, id)| *resource_type == "Patient" && !id.is_empty());
            patient.map(of).ok_or(DenyReason::NoFhirUser)
        }
        Some(Context::User) => match user {
            Some(user @ ("Patient" | "RelatedPerson", _)) => Ok(of(user)),
            Some(("Practitioner" | "PractitionerRole" | "Person", _)) => Ok(None),
            _ => Err(DenyReason::NoFhirUser),
        },
    }
}

/// Type and id of a relative or absolute reference.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (rest, id) = text.rsplit_once('/')?;
    let resource_type = rest.rsplit('/').next().unwrap_or_default();
    (!id.is_empty() && !resource_type.is_empty()).then_some((resource_type, id))
}

fn refuse(principal: &Principal, action: String, reason: DenyReason) -> Decision {
    Decision::Deny(Denial { reason, principal: principal.id.clone(), action })
}
