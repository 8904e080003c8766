//! The query parameter `api-version`, which every request must carry.

use super::fault::Fault;
use super::request::ManagementRequest;
use super::route::Target;
use crate::kind::Kind;

const HEALTH: &[&str] = &[
    "2018-08-20-preview",
    "2019-09-16",
    "2020-03-15",
    "2020-03-30",
    "2020-11-01-preview",
    "2021-01-11",
    "2021-06-01-preview",
    "2021-11-01",
    "2022-01-31-preview",
    "2022-05-15",
    "2022-06-01",
    "2022-10-01-preview",
    "2022-12-01",
    "2023-02-28",
    "2023-06-01-preview",
    "2023-09-06",
    "2023-11-01",
    "2023-12-01",
    "2024-03-01",
    "2024-03-31",
    "2025-03-01-preview",
    "2025-04-01-preview",
];

const RESOURCES: &[&str] = &[
    "2015-11-01",
    "2016-02-01",
    "2016-06-01",
    "2016-07-01",
    "2016-09-01",
    "2017-05-10",
    "2018-02-01",
    "2018-05-01",
    "2019-03-01",
    "2019-05-01",
    "2019-05-10",
    "2019-07-01",
    "2019-08-01",
    "2019-10-01",
    "2020-06-01",
    "2020-08-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
];

const AUTHORIZATION: &[&str] = &[
    "2015-07-01",
    "2018-01-01-preview",
    "2018-07-01",
    "2018-07-01-preview",
    "2018-09-01-preview",
    "2020-03-01-preview",
    "2020-04-01-preview",
    "2020-08-01-preview",
    "2020-10-01-preview",
    "2022-04-01",
    "2022-05-01-preview",
];

/// The newest version, for links in answers.
pub(super) fn newest(kind: Kind) -> &'static str {
    match versions(kind.namespace()) {
        HEALTH => "2024-03-31",
        RESOURCES => "2021-04-01",
        _ => "2022-04-01",
    }
}

pub(super) fn check(request: &ManagementRequest<'_>, target: &Target) -> Result<(), Fault> {
    let kind = match target {
        Target::Resource(_, kind) | Target::Collection { kind, .. } => *kind,
        Target::NameAvailability(_) | Target::Operations(_) => Kind::Workspace,
    };
    let supported = versions(kind.namespace());
    let version = request.parameter("api-version").filter(|version| !version.is_empty());
    let Some(version) = version else {
        return Err(Fault::new(
            400,
            "MissingApiVersionParameter",
            "the query parameter api-version is required for all requests",
        ));
    };
    if supported.iter().any(|known| known.eq_ignore_ascii_case(&version)) {
        return Ok(());
    }
    let list = supported.join(", ");
    if is_version(&version) && kind.namespace() == Kind::Workspace.namespace() {
        let message = format!(
            "no registered resource provider found for API version '{version}' of type '{}'; the supported api-versions are '{list}'",
            kind.relative_type()
        );
        return Err(Fault::new(400, "NoRegisteredProviderFound", message));
    }
    let message = format!("the api-version is invalid; the supported versions are '{list}'");
    Err(Fault::new(400, "InvalidApiVersionParameter", message))
}

fn versions(namespace: &str) -> &'static [&'static str] {
    match namespace {
        "Microsoft.HealthcareApis" => HEALTH,
        "Microsoft.Authorization" => AUTHORIZATION,
        _ => RESOURCES,
    }
}

/// Whether the text has the form of a version: a date, and perhaps `-preview`.
fn is_version(text: &str) -> bool {
    let date = text.strip_suffix("-preview").unwrap_or(text);
    date.len() == 10
        && date.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
