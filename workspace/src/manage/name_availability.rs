//! `POST …/checkNameAvailability`.

use super::body;
use super::fault::Fault;
use super::{Done, Outcome, Work};
use crate::json::Json;
use crate::kind::Kind;
use crate::name;

impl Work<'_> {
    pub(super) fn name_availability(&self) -> Done {
        let body = body::parse(self.request.body)?;
        let text = |member: &'static str| {
            body.member(member).and_then(Json::as_str).ok_or_else(|| {
                Fault::new(400, "InvalidRequestContent", format!("{member}: expected a string")).on(member)
            })
        };
        let (wanted, type_name) = (text("name")?, text("type")?);
        // The older account type is not provisioned here, but its names follow the same rule.
        let legacy = type_name.eq_ignore_ascii_case("Microsoft.HealthcareApis/services");
        let kind = Kind::from_type_name(type_name).filter(|kind| {
            matches!(kind, Kind::Workspace | Kind::FhirService | Kind::DicomService | Kind::IotConnector)
        });
        if kind.is_none() && !legacy {
            return Err(Fault::new(400, "InvalidResourceType", "the type has no names to check")
                .on("type")
                .into());
        }
        // Services are named with their workspace: `workspace/service`.
        let (outer, inner) = match (wanted.split_once('/'), kind) {
            (Some((outer, inner)), Some(kind)) if kind != Kind::Workspace => (outer, Some(inner)),
            (None, Some(kind)) if kind != Kind::Workspace => {
                return Ok(unavailable("Invalid", "the name must be given as workspace/service"));
            }
            _ => (wanted, None),
        };
        for part in std::iter::once(outer).chain(inner) {
            if let Err(error) = name::check_resource_name(part) {
                return Ok(unavailable("Invalid", error.message()));
            }
        }
        if kind == Some(Kind::Workspace) && name::is_reserved(outer) {
            return Ok(unavailable("Invalid", "the name is reserved"));
        }
        let taken = match (kind, inner) {
            (None, _) => false,
            (Some(kind), Some(inner)) => {
                let own = match self.view.workspace(outer)? {
                    Some(workspace) => self.view.resource(&workspace.id().child(kind, inner)?)?.is_some(),
                    None => false,
                };
                own || self.host_is_taken(outer, inner, kind)?
            }
            (Some(_), None) => self.view.workspace(outer)?.is_some(),
        };
        if taken {
            return Ok(unavailable("AlreadyExists", "the name is already in use"));
        }
        Ok(Outcome::json(200, &Json::object([("nameAvailable", Json::from(true)), ("message", "".into())])))
    }
}

fn unavailable(reason: &str, message: &str) -> Outcome {
    let body = Json::object([
        ("nameAvailable", Json::from(false)),
        ("reason", reason.into()),
        ("message", message.into()),
    ]);
    Outcome::json(200, &body)
}
