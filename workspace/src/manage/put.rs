//! PUT of workspaces and what they hold: create, or replace as a whole.

use std::sync::Arc;

use super::body::{self, Envelope};
use super::fault::{self, Fault, Stop};
use super::{Done, Outcome, Work, identity, operation};
use crate::access::Plane;
use crate::directory::Change;
use crate::json::Json;
use crate::kind::Kind;
use crate::location::Location;
use crate::name;
use crate::properties::{self, Bounds, FHIR_VARIANTS, Report, Rule};
use crate::resource::Resource;
use crate::{Error, ResourceId};

impl Work<'_> {
    pub(super) fn put(&self, id: &ResourceId, kind: Kind) -> Done {
        let existing = self.view.resource(id)?;
        if existing.is_none() && !self.any_name {
            check_name(id)?;
        }
        let parent = match id.parent() {
            Some(parent) => match self.view.resource(&parent)? {
                Some(parent) => parent,
                None => return Err(self.absent(id)?.into()),
            },
            None => return Err(fault::not_found(id).into()),
        };
        self.preconditions(existing.as_deref())?;

        let mut report = Report::default();
        let envelope = body::envelope(body::parse(self.request.body)?, id, kind, &mut report);
        if let (Some(existing), Some(etag)) = (&existing, &envelope.etag)
            && etag.trim_matches('"') != existing.etag()
        {
            return Err(fault::precondition().into());
        }
        let identity = match &envelope.identity {
            Some(given) => identity::check(given, kind, existing.as_deref(), self.context, &mut report),
            None => existing.as_deref().and_then(Resource::identity).cloned(),
        };
        let bounds = Bounds { smart_applications: self.context.settings.quotas.smart_applications };
        let properties = properties::check(kind, envelope.properties.as_ref(), bounds, &mut report);
        self.check_mapping(kind, &properties, &mut report);
        let variant = variant(kind, &envelope, existing.as_deref(), &mut report);
        fault::report(report)?;

        let location = location(kind, &envelope, existing.as_deref(), &parent)?;
        let properties = create_only(kind, properties, existing.as_deref())?;
        if let (Some(existing), Some(variant)) = (&existing, &variant)
            && existing.variant() != Some(variant)
        {
            return Err(fixed("kind").into());
        }
        if kind == Kind::FhirDestination {
            self.check_destination(&properties)?;
        }
        if existing.is_none() {
            self.check_new(id, kind, &parent)?;
        }

        let stamp = self.context.stamp();
        let resource = Arc::new(Resource {
            id: match &existing {
                Some(existing) => existing.id().clone(),
                None => parent.id().child(kind, id.name())?,
            },
            kind,
            location: Some(location),
            variant,
            tags: envelope.tags,
            identity,
            properties,
            etag: self.context.id("etag"),
            created: existing.as_ref().map_or_else(|| stamp.clone(), |existing| existing.created().clone()),
            modified: stamp,
        });
        let changes = vec![Change::Put(Arc::clone(&resource))];
        if existing.is_some() {
            return Ok(self.answer(200, &resource).with_changes(changes));
        }
        self.created(&resource, changes)
    }

    /// The answer to a creation, whose result can be asked for as that of a long-running operation.
    fn created(&self, resource: &Arc<Resource>, mut changes: Vec<Change>) -> Done {
        let (result, expired) = operation::finished(self.view, self.context, resource)?;
        let url = operation::url(self.context.settings, &result);
        changes.push(Change::Put(Arc::new(result)));
        changes.extend(expired.into_iter().map(Change::Delete));
        let answer: Outcome = self.answer(201, resource).with_changes(changes);
        // Clients wait this long before they first ask; nothing is pending, so it is the least that they heed.
        Ok(answer.with_header("Azure-AsyncOperation", url).with_header("Retry-After", "1"))
    }

    fn check_mapping(&self, kind: Kind, properties: &Json, report: &mut Report) {
        let path = match kind {
            Kind::IotConnector => "deviceMapping.content",
            Kind::FhirDestination => "fhirMapping.content",
            _ => return,
        };
        let Some(check) = self.context.check_mapping else { return };
        // A mapping without templates is one that is still to be written.
        let content = properties.at(path).filter(|content| !content.members().is_empty());
        if let Some(Err(message)) = content.map(|content| check(kind, &content.to_string())) {
            report.add("InvalidMapping", &format!("properties.{path}"), message);
        }
    }

    /// Rules for what does not exist yet: reserved names, unique names, quotas.
    fn check_new(&self, id: &ResourceId, kind: Kind, parent: &Resource) -> Result<(), Stop> {
        let name = id.name();
        if kind == Kind::Workspace {
            if name::is_reserved(name) {
                return Err(Fault::new(
                    400,
                    "ReservedResourceName",
                    format!("the name '{name}' is reserved"),
                )
                .into());
            }
            if self.view.workspace(name)?.is_some() {
                return Err(taken(name).into());
            }
        }
        if matches!(kind, Kind::FhirService | Kind::DicomService | Kind::IotConnector)
            && self.host_is_taken(parent.name(), name, kind)?
        {
            return Err(taken(&format!("{}-{name}", parent.name())).into());
        }
        if let Some(quota) = self.context.settings.quotas.of(kind) {
            let held = self.view.below(parent.id(), Some(kind), None, quota.saturating_add(1))?.len();
            if held >= quota {
                let message = format!(
                    "there are already {held} of {quota} resources of type '{kind}' in '{}'",
                    parent.id()
                );
                return Err(Fault::new(409, "ResourceQuotaExceeded", message).into());
            }
        }
        Ok(())
    }

    /// Whether another pair of workspace and service has the host `{workspace}-{service}`: `a-b` and `c`, `a` and
    /// `b-c`.
    pub(super) fn host_is_taken(&self, workspace: &str, service: &str, kind: Kind) -> Result<bool, Error> {
        let label = format!("{workspace}-{service}");
        for (index, _) in label.match_indices('-') {
            let (other, rest) = label.split_at(index);
            let Some(name) = rest.get(1..).filter(|name| other != workspace && !name.is_empty()) else {
                continue;
            };
            if let Some(found) = self.view.workspace(other)?
                && self.view.resource(&found.id().child(kind, name)?)?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The FHIR service of a destination must exist and be one that the caller may see.
    fn check_destination(&self, properties: &Json) -> Result<(), Stop> {
        const MEMBER: &str = "properties.fhirServiceResourceId";
        let text = properties.member("fhirServiceResourceId").and_then(Json::as_str).unwrap_or_default();
        let target = ResourceId::parse(text)?;
        let context = self.context;
        let action = format!("{}/read", Kind::FhirService.type_name());
        if !context.policy.decide(context.principal, Plane::Control, &action, &target).is_allowed() {
            let message = format!(
                "the caller is not authorized to perform action '{action}' over the linked scope '{target}'"
            );
            return Err(Fault::new(403, "LinkedAuthorizationFailed", message).on(MEMBER).into());
        }
        if self.view.resource(&target)?.is_none() {
            let message = format!("the FHIR service '{target}' was not found");
            return Err(Fault::new(400, "LinkedResourceNotFound", message).on(MEMBER).into());
        }
        Ok(())
    }
}

fn taken(name: &str) -> Fault {
    Fault::new(409, "NameUnavailable", format!("the name '{name}' is already in use"))
}

pub(super) fn check_name(id: &ResourceId) -> Result<(), Fault> {
    let checked = id.subscription().map_or(Ok(()), name::check_subscription);
    checked
        .map_err(|error| Fault::new(400, "InvalidSubscriptionId", error.message()).on("subscriptionId"))?;
    let checked: Result<(), Error> = match id.kind() {
        Some(Kind::ResourceGroup) => name::check_resource_group(id.name()),
        _ => name::check_resource_name(id.name()),
    };
    checked.map_err(|error| {
        let code = if id.kind() == Some(Kind::ResourceGroup) {
            "InvalidResourceGroup"
        } else {
            "InvalidResourceName"
        };
        Fault::new(400, code, error.message()).on("name")
    })
}

/// The member `kind`: one of the FHIR versions, fixed at creation.
fn variant(
    kind: Kind,
    envelope: &Envelope,
    existing: Option<&Resource>,
    report: &mut Report,
) -> Option<String> {
    if kind != Kind::FhirService {
        return None;
    }
    let Some(given) = &envelope.variant else {
        let kept = existing.and_then(Resource::variant);
        return kept.or(FHIR_VARIANTS.first().copied()).map(str::to_owned);
    };
    let found = FHIR_VARIANTS.iter().find(|known| known.eq_ignore_ascii_case(given));
    if found.is_none() {
        report.add("InvalidKind", "kind", format!("expected one of {}", FHIR_VARIANTS.join(", ")));
    }
    found.map(|known| (*known).to_owned())
}

/// The region: chosen when a workspace is created, fixed, and the same for all that it holds.
fn location(
    kind: Kind,
    envelope: &Envelope,
    existing: Option<&Resource>,
    parent: &Resource,
) -> Result<Location, Fault> {
    let stored = existing.and_then(Resource::location);
    match (envelope.location, stored) {
        (None, Some(stored)) => Ok(stored),
        (Some(given), Some(stored)) if given != stored => {
            let message = format!(
                "the resource already exists in location '{stored}'; it cannot be created in location '{given}'"
            );
            Err(Fault::new(409, "InvalidResourceLocation", message).on("location"))
        }
        (Some(given), _) if kind != Kind::Workspace && parent.location().is_some_and(|own| own != given) => {
            let message = format!(
                "the location '{given}' is not that of the workspace, '{}'",
                parent.location().map_or("", Location::as_str)
            );
            Err(Fault::new(400, "LocationMismatch", message).on("location"))
        }
        (Some(given), _) => Ok(given),
        // A destination is no tracked resource of its own; it lies where its connector lies.
        (None, None) => match parent.location().filter(|_| kind == Kind::FhirDestination) {
            Some(location) => Ok(location),
            None => Err(Fault::new(400, "LocationRequired", "the location is required").on("location")),
        },
    }
}

/// Members fixed at creation: kept if not given, refused if different.
fn create_only(kind: Kind, mut properties: Json, existing: Option<&Resource>) -> Result<Json, Fault> {
    let Some(existing) = existing else { return Ok(properties) };
    for property in properties::table(kind).iter().filter(|property| property.rule == Rule::CreateOnly) {
        let stored = existing.properties().member(property.name);
        match properties.member(property.name) {
            None => {
                if let Some(stored) = stored {
                    properties.set(property.name, stored.clone());
                }
            }
            Some(given) if given != stored.unwrap_or(&Json::Bool(false)) => {
                return Err(fixed(&format!("properties.{}", property.name)));
            }
            Some(_) => {}
        }
    }
    Ok(properties)
}

fn fixed(member: &str) -> Fault {
    let message = format!("changing '{member}' is not allowed: it is fixed when the resource is created");
    Fault::new(409, "PropertyChangeNotAllowed", message).on(member)
}
