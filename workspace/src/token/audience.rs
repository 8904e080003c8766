//! What a token is for: from the `scope` of a token request to the audience of the token.

use crate::guid;
use crate::services::DICOM_AUDIENCE;

/// Audiences of the management API beside the server's own URL.
pub const MANAGEMENT_AUDIENCES: [&str; 2] =
    ["https://management.azure.com", "https://management.core.windows.net"];

/// What a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// The management API, under the name that was asked for.
    Management(String),
    /// The data of a FHIR service, or of a connector: its audience as set.
    Data(String),
    /// The data of DICOM services.
    Dicom(String),
    /// The Patients app, on behalf of the tenant of this GUID.
    PatientsApp(String),
}

impl Audience {
    /// Reads what was asked for: `{audience}/.default`, a bare audience (`resource` of the older endpoint) or the GUID
    /// of a Patients-app tenant. `own` is the server's URL without a slash at the end; `is_service` knows the audiences
    /// of the services and `is_tenant` the tenants of the Patients app. `None` for anything else.
    #[must_use]
    pub fn parse(
        text: &str,
        own: &str,
        is_service: &dyn Fn(&str) -> bool,
        is_tenant: &dyn Fn(&str) -> bool,
    ) -> Option<Self> {
        if guid::is_guid(text) && is_tenant(text) {
            return Some(Self::PatientsApp(text.to_lowercase()));
        }
        let name = text.strip_suffix("/.default").unwrap_or(text);
        let bare = name.strip_suffix('/').unwrap_or(name);
        if bare == own || MANAGEMENT_AUDIENCES.contains(&bare) {
            return Some(Self::Management(name.to_owned()));
        }
        if bare == DICOM_AUDIENCE {
            return Some(Self::Dicom(name.to_owned()));
        }
        is_service(name).then(|| Self::Data(name.to_owned()))
    }

    /// The claim `aud`.
    #[must_use]
    pub fn claim(&self, own: &str) -> String {
        match self {
            Self::Management(name) | Self::Data(name) | Self::Dicom(name) => name.clone(),
            Self::PatientsApp(_) => Self::patients_app(own),
        }
    }

    /// The audiences that a token for the management API of the server at this URL may name.
    #[must_use]
    pub fn management(own: &str) -> Vec<String> {
        let names = MANAGEMENT_AUDIENCES.into_iter().chain([own]);
        names.flat_map(|name| [name.to_owned(), format!("{name}/")]).collect()
    }

    /// The audience of Patients-app tokens of the server at this URL.
    #[must_use]
    pub fn patients_app(own: &str) -> String {
        format!("{own}/patients-app")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scope_asks_for() {
        const OWN: &str = "http://127.0.0.1:8080";
        const TENANT: &str = "AAAAAAAA-0000-0000-0000-000000000000";
        let parse =
            |text| Audience::parse(text, OWN, &|name| name == "https://w-f.fhir.example", &|id| id == TENANT);
        for (text, wanted) in [
            (
                "https://management.azure.com/.default",
                Some(Audience::Management("https://management.azure.com".into())),
            ),
            (
                "https://management.azure.com//.default",
                Some(Audience::Management("https://management.azure.com/".into())),
            ),
            ("http://127.0.0.1:8080/.default", Some(Audience::Management(OWN.into()))),
            ("https://dicom.healthcareapis.azure.com/.default", Some(Audience::Dicom(DICOM_AUDIENCE.into()))),
            ("https://w-f.fhir.example/.default", Some(Audience::Data("https://w-f.fhir.example".into()))),
            ("https://w-f.fhir.example", Some(Audience::Data("https://w-f.fhir.example".into()))),
            ("https://other.example/.default", None),
            (TENANT, Some(Audience::PatientsApp(TENANT.to_lowercase()))),
            ("BBBBBBBB-0000-0000-0000-000000000000", None),
            ("", None),
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
        assert_eq!(parse(TENANT).unwrap().claim(OWN), "http://127.0.0.1:8080/patients-app");
    }
}
