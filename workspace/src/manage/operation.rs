//! Results of operations, and the list of operations that there are.
//!
//! Every operation is finished when it is answered. The result of a creation is kept for a while all the same,
//! since clients of long-running operations ask for it; each creation removes some that are past their time, so
//! that they never pile up.

use super::fault;
use super::route::action_type;
use super::{Context, Done, Outcome, Work, api_version};
use crate::access::{DicomAction, FhirActions, IOT_SEND};
use crate::directory::View;
use crate::json::Json;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::settings::Settings;
use crate::{Error, ResourceId};

/// How many expired results one creation looks at.
const SWEPT: usize = 8;

/// The record of a finished creation, and the ids of results that have expired.
pub(super) fn finished(
    view: &dyn View,
    context: &Context<'_>,
    resource: &Resource,
) -> Result<(Resource, Vec<ResourceId>), Error> {
    let subscription = resource.id().subscription().unwrap_or_default();
    let location = resource.location().map_or("global", crate::Location::as_str);
    let place = ResourceId::parse(&format!(
        "/subscriptions/{subscription}/providers/Microsoft.HealthcareApis/locations/{location}"
    ))?;
    let before = context.now.plus_seconds(-context.settings.operation_retention);
    let oldest = view.below(&place, Some(Kind::OperationResult), None, SWEPT)?;
    let expired =
        oldest.iter().filter(|result| result.modified().at < before).map(|result| result.id().clone());
    // The time comes first, so that the order of the keys is that of time.
    let millis = context.now.unix_micros().max(0) / 1000;
    let random = context.id("operation").replace('-', "");
    let id = ResourceId::parse(&format!(
        "{place}/operationresults/{millis:012x}{}",
        random.get(..20).unwrap_or_default()
    ))?;
    let stamp = context.stamp();
    let result = Resource {
        id,
        kind: Kind::OperationResult,
        location: None,
        variant: None,
        tags: None,
        identity: None,
        properties: Json::object(
            [("resourceId", resource.id().as_str())].map(|(name, value)| (name, Json::from(value))),
        ),
        etag: context.id("operation-etag"),
        created: stamp.clone(),
        modified: stamp,
    };
    Ok((result, expired.collect()))
}

/// Where to ask for a result.
pub(super) fn url(settings: &Settings, result: &Resource) -> String {
    let version = api_version::newest(Kind::OperationResult);
    format!("{}{}?api-version={version}", settings.management, result.id())
}

impl Work<'_> {
    pub(super) fn operation_result(&self, id: &ResourceId) -> Done {
        let Some(result) = self.view.resource(id)? else { return Err(fault::not_found(id).into()) };
        Ok(Outcome::json(
            200,
            &Json::object([
                ("id", Json::from(result.id().as_str())),
                ("name", result.name().into()),
                ("status", "Succeeded".into()),
                ("startTime", result.created().at.to_string().into()),
                ("endTime", result.modified().at.to_string().into()),
                ("properties", result.properties().clone()),
            ]),
        ))
    }
}

/// `GET /providers/Microsoft.HealthcareApis/operations`: every action of both planes.
pub(super) fn operations() -> Outcome {
    let mut value = Vec::new();
    let mut add = |name: String, resource: &str, verb: &str, data: bool| {
        let display = Json::object([
            ("provider", Json::from("Microsoft Healthcare APIs")),
            ("resource", resource.into()),
            ("operation", verb.into()),
            ("description", format!("{verb} {resource}").into()),
        ]);
        value.push(Json::object([
            ("name", Json::from(name)),
            ("isDataAction", data.into()),
            ("display", display),
            ("origin", "user,system".into()),
        ]));
    };
    for kind in Kind::all().filter(|kind| kind.namespace() == Kind::Workspace.namespace()) {
        let verbs: &[&str] =
            if kind == Kind::OperationResult { &["read"] } else { &["read", "write", "delete"] };
        for verb in verbs {
            add(format!("{}/{verb}", action_type(kind)), kind.relative_type(), verb, false);
        }
    }
    add("Microsoft.HealthcareApis/checkNameAvailability/read".into(), "checkNameAvailability", "read", false);
    add("Microsoft.HealthcareApis/operations/read".into(), "operations", "read", false);
    let dicom = [
        DicomAction::Read,
        DicomAction::Write,
        DicomAction::Delete,
        DicomAction::Export,
        DicomAction::ManageExtendedQueryTags,
    ];
    let data = (!FhirActions::NONE).names().chain(dicom.map(|action| action.as_str().to_owned()));
    for name in data.chain([IOT_SEND.to_owned()]) {
        let relative = name.split_once('/').map_or("", |(_, relative)| relative).to_owned();
        let (resource, verb) = match relative.trim_end_matches("/action").rsplit_once('/') {
            Some((resource, verb)) => (resource.to_owned(), verb.to_owned()),
            None => (relative.clone(), String::new()),
        };
        add(name, &resource, &verb, true);
    }
    Outcome::json(200, &Json::object([("value", Json::Array(value))]))
}
