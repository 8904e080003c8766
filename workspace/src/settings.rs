//! What an installation decides: its tenant, its addresses, its quotas.

use crate::kind::Kind;

/// Settings of an installation that the rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The tenant, a GUID.
    pub tenant: String,
    /// The issuer that services trust unless they name another: `authenticationConfiguration.authority`.
    pub authority: String,
    /// Where the management API answers, without a slash at the end: `http://127.0.0.1:8080`.
    pub management: String,
    /// Where the services answer.
    pub services: ServiceUrls,
    /// How many resources there may be.
    pub quotas: Quotas,
    /// Resources on one page of a list.
    pub page_size: usize,
    /// How long the result of an operation can be asked for, in seconds.
    pub operation_retention: i64,
}

impl Settings {
    /// The settings of a server at one base URL, without a slash at the end: services under their paths, tokens
    /// issued by itself, default quotas, pages of 100, results kept for a day.
    #[must_use]
    pub fn new(base: &str, tenant: &str) -> Self {
        let base = base.trim_end_matches('/');
        Self {
            tenant: tenant.to_owned(),
            authority: format!("{base}/{tenant}/v2.0"),
            management: base.to_owned(),
            services: ServiceUrls::Path { base: base.to_owned() },
            quotas: Quotas::default(),
            page_size: 100,
            operation_retention: 86_400,
        }
    }
}

/// How many resources there may be. The defaults are 10 workspaces in a resource group, 10 services of a kind in a
/// workspace, 10 destinations of a connector and 25 applications of a SMART identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quotas {
    /// Workspaces in a resource group.
    pub workspaces_in_group: usize,
    /// Services of one kind in a workspace.
    pub services_of_a_kind: usize,
    /// Destinations of a connector.
    pub destinations_of_connector: usize,
    /// Applications of one SMART identity provider.
    pub smart_applications: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            workspaces_in_group: 10,
            services_of_a_kind: 10,
            destinations_of_connector: 10,
            smart_applications: 25,
        }
    }
}

impl Quotas {
    /// How many of a kind its parent may hold.
    pub(crate) fn of(&self, kind: Kind) -> Option<usize> {
        match kind {
            Kind::Workspace => Some(self.workspaces_in_group),
            Kind::FhirService | Kind::DicomService | Kind::IotConnector => Some(self.services_of_a_kind),
            Kind::FhirDestination => Some(self.destinations_of_connector),
            _ => None,
        }
    }
}

/// How the URLs of services are built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceUrls {
    /// A host for each service: `https://{workspace}-{service}.fhir.{domain}`.
    Host {
        /// The domain below which the hosts lie, with the port if it is not 443.
        domain: String,
    },
    /// One host, a path for each service: `{base}/{workspace}/fhir/{service}`.
    Path {
        /// Scheme, host and port, without a slash at the end.
        base: String,
    },
}

impl ServiceUrls {
    /// The URL of a service of a workspace, without a slash at the end.
    #[must_use]
    pub fn service(&self, kind: Kind, workspace: &str, service: &str) -> String {
        let part = match kind {
            Kind::FhirService => "fhir",
            Kind::DicomService => "dicom",
            _ => "iot",
        };
        match self {
            Self::Host { domain } => format!("https://{workspace}-{service}.{part}.{domain}"),
            Self::Path { base } => format!("{base}/{workspace}/{part}/{service}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let host = ServiceUrls::Host { domain: "azurehealthcareapis.com".into() };
        assert_eq!(host.service(Kind::FhirService, "ws", "f"), "https://ws-f.fhir.azurehealthcareapis.com");
        let settings = Settings::new("http://127.0.0.1:8080/", "t");
        assert_eq!(
            settings.services.service(Kind::DicomService, "demo", "images"),
            "http://127.0.0.1:8080/demo/dicom/images"
        );
        assert_eq!(
            settings.services.service(Kind::IotConnector, "demo", "devices"),
            "http://127.0.0.1:8080/demo/iot/devices"
        );
        assert_eq!(settings.authority, "http://127.0.0.1:8080/t/v2.0");
    }
}
