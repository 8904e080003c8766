//! Rules between members (section a.3 and the SMART provider row of a.4).

use super::{Bounds, Report, is_url};
use crate::json::Json;
use crate::kind::Kind;

pub(super) fn check(kind: Kind, properties: &Json, bounds: Bounds, report: &mut Report) {
    if let Some(cors) = properties.member("corsConfiguration") {
        check_cors(cors, report);
    }
    if kind == Kind::FhirService {
        if let Some(providers) = properties.at("authenticationConfiguration.smartIdentityProviders") {
            check_smart(providers.elements(), bounds, report);
        }
        let overrides = properties.at("resourceVersionPolicyConfiguration.resourceTypeOverrides");
        for (name, _) in overrides.map(Json::members).unwrap_or_default() {
            let mut letters = name.chars();
            if !letters.next().is_some_and(|c| c.is_ascii_uppercase())
                || !letters.all(|c| c.is_ascii_alphanumeric())
            {
                report.wrong(
                    "properties.resourceVersionPolicyConfiguration.resourceTypeOverrides",
                    "expected resource types as names",
                );
            }
        }
    }
}

fn check_cors(cors: &Json, report: &mut Report) {
    let origins = cors.member("origins").map(Json::elements).unwrap_or_default();
    let credentials = cors.member("allowCredentials").and_then(Json::as_bool) == Some(true);
    if credentials && origins.iter().any(|origin| origin.as_str() == Some("*")) {
        report.wrong("properties.corsConfiguration", "credentials cannot be allowed for every origin");
    }
    for (index, origin) in origins.iter().enumerate() {
        let text = origin.as_str().unwrap_or_default();
        let site = text.split_once("://").is_some_and(|(scheme, host)| {
            matches!(scheme, "http" | "https")
                && !host.trim_end_matches('/').is_empty()
                && !host.trim_end_matches('/').contains('/')
        });
        if text != "*" && !site {
            report.wrong(
                &format!("properties.corsConfiguration.origins[{index}]"),
                "expected '*' or scheme://host[:port]",
            );
        }
    }
}

const PROVIDERS: &str = "properties.authenticationConfiguration.smartIdentityProviders";

fn check_smart(providers: &[Json], bounds: Bounds, report: &mut Report) {
    let text = |value: &Json, name: &str| value.member(name).and_then(Json::as_str).map(str::to_owned);
    if providers.len() > 2 {
        report.wrong(PROVIDERS, "expected at most two identity providers");
    }
    let mut authorities: Vec<String> = Vec::new();
    let mut clients: Vec<String> = Vec::new();
    for (index, provider) in providers.iter().enumerate() {
        let path = format!("{PROVIDERS}[{index}]");
        if let Some(authority) = text(provider, "authority") {
            if !is_url(&authority) {
                report.wrong(&path, "the authority is no absolute https URL");
            }
            let normal = authority.trim_end_matches('/').to_lowercase();
            if authorities.contains(&normal) {
                report.wrong(&path, "the authority occurs twice");
            }
            authorities.push(normal);
        }
        let Some(applications) =
            provider.member("applications").map(Json::elements).filter(|list| !list.is_empty())
        else {
            report.wrong(&path, "expected at least one application");
            continue;
        };
        if applications.len() > bounds.smart_applications {
            report.wrong(&path, format!("expected at most {} applications", bounds.smart_applications));
        }
        for (index, application) in applications.iter().enumerate() {
            let path = format!("{path}.applications[{index}]");
            check_application(application, &path, report);
            match text(application, "clientId") {
                None => report.wrong(&path, "expected a clientId"),
                Some(client) if clients.contains(&client) => report.wrong(&path, "the clientId occurs twice"),
                Some(client) => clients.push(client),
            }
        }
    }
}

fn check_application(application: &Json, path: &str, report: &mut Report) {
    if application.member("audience").is_none() {
        report.wrong(path, "expected an audience");
    }
    let actions = application.member("allowedDataActions").map(Json::elements).unwrap_or_default();
    match actions {
        [] => report.wrong(path, "expected at least one allowed data action"),
        [action] if action.as_str() == Some("Read") => {}
        [_] => report.wrong(path, "the only allowed data action is Read"),
        [first, rest @ ..] if rest.contains(first) => {
            report.wrong(path, "an allowed data action occurs twice")
        }
        _ => report.wrong(path, "the only allowed data action is Read"),
    }
}
