//! The members common to bodies (section a.2).

use super::fault::Fault;
use crate::json::Json;
use crate::kind::Kind;
use crate::location::Location;
use crate::properties::{Report, check_location, check_tags};
use crate::{ErrorKind, ResourceId};

/// A body after its common members were checked.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pub(super) location: Option<Location>,
    /// The member `kind`.
    pub(super) variant: Option<String>,
    pub(super) tags: Option<Json>,
    /// `None` if absent; `null` says that there is to be none.
    pub(super) identity: Option<Json>,
    pub(super) properties: Option<Json>,
    pub(super) etag: Option<String>,
}

/// Reads the body as one JSON object.
pub(super) fn parse(body: &[u8]) -> Result<Json, Fault> {
    match Json::parse(body) {
        Ok(json @ Json::Object(_)) => Ok(json),
        Ok(other) => Err(Fault::new(
            400,
            "InvalidRequestContent",
            format!("the request content is invalid: expected an object, found {}", other.type_name()),
        )),
        Err(error) => {
            let (status, code) = match error.kind() {
                ErrorKind::TooLarge => (413, "RequestContentTooLarge"),
                _ => (400, "InvalidRequestContent"),
            };
            let fault = Fault::new(status, code, format!("the request content is invalid: {error}"));
            Err(match error.path().filter(|path| !path.is_empty()) {
                Some(path) => fault.on(path),
                None => fault,
            })
        }
    }
}

/// Which common members a kind has beside `location` and `properties`.
fn has(kind: Kind, member: &str) -> bool {
    match member {
        "kind" => kind == Kind::FhirService,
        "identity" => matches!(kind, Kind::FhirService | Kind::DicomService | Kind::IotConnector),
        "tags" => kind != Kind::FhirDestination,
        "managedBy" => kind == Kind::ResourceGroup,
        _ => true,
    }
}

/// Takes a body apart. What answers carry and callers send back must fit the URL or is passed over.
pub(super) fn envelope(body: Json, id: &ResourceId, kind: Kind, report: &mut Report) -> Envelope {
    let mut envelope = Envelope::default();
    let Json::Object(members) = body else { return envelope };
    for (name, value) in members {
        let known = [
            "id",
            "name",
            "type",
            "location",
            "kind",
            "tags",
            "identity",
            "properties",
            "etag",
            "systemData",
            "managedBy",
        ]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(&name));
        match known.filter(|known| has(kind, known)) {
            // A template may say that there is to be no identity; elsewhere null is nothing.
            Some("identity") => envelope.identity = Some(value),
            Some(_) if value.is_null() => {}
            Some("location") => envelope.location = check_location(&value, report),
            Some("tags") => envelope.tags = check_tags(&value, report),
            Some("properties") => envelope.properties = Some(value),
            Some("kind") => match value {
                Json::String(text) => envelope.variant = Some(text),
                _ => report.add("InvalidRequestContent", "kind", "expected a string"),
            },
            Some("etag") => envelope.etag = value.as_str().map(str::to_owned),
            Some("id") => same(
                value.as_str().and_then(|text| ResourceId::parse(text).ok()).as_ref() == Some(id),
                "id",
                report,
            ),
            Some("name") => {
                let name = value.as_str().unwrap_or_default();
                let fits =
                    name.eq_ignore_ascii_case(id.name()) || name.eq_ignore_ascii_case(&id.relative_name());
                same(fits, "name", report);
            }
            Some("type") => {
                same(
                    value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(kind.type_name())),
                    "type",
                    report,
                );
            }
            Some(_) => {}
            None if value.is_null() => {}
            None => {
                let name: String = name.chars().take(64).collect();
                report.add("InvalidRequestContent", &name, "the member is not known for this type");
            }
        }
    }
    envelope
}

fn same(fits: bool, member: &str, report: &mut Report) {
    if !fits {
        report.add("InvalidRequestContent", member, "the member does not fit the URL of the request");
    }
}
