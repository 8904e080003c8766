//! What the stored resources mean to the services that run: each setting with its default (section a.3).

use crate::json::Json;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::settings::Settings;
use crate::{Error, ResourceId};

/// The FHIR version that a service speaks: the member `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FhirVersion {
    /// `fhir-Dstu2`
    Dstu2,
    /// `fhir-Stu3`
    Stu3,
    /// `fhir-R4`, the default
    R4,
    /// `fhir-R4B`
    R4B,
    /// `fhir-R5`
    R5,
}

/// What happens to old versions of a FHIR resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionPolicy {
    /// Version numbers grow, but only the newest version is kept.
    NoVersion,
    /// Every version is kept.
    Versioned,
    /// Every version is kept, and an update without a fitting `If-Match` is refused.
    VersionedUpdate,
}

/// Cross-origin rules of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cors {
    /// `*`, or origins as `scheme://host[:port]`.
    pub origins: Vec<String>,
    /// `*`, or names of headers.
    pub headers: Vec<String>,
    /// HTTP methods.
    pub methods: Vec<String>,
    /// Seconds for which a preflight answer may be kept.
    pub max_age: Option<i64>,
    /// Whether credentials are allowed.
    pub allow_credentials: bool,
}

/// A FHIR service as it is set.
#[derive(Debug, Clone, Copy)]
pub struct FhirService<'a>(&'a Resource);

/// A DICOM service as it is set.
#[derive(Debug, Clone, Copy)]
pub struct DicomService<'a>(&'a Resource);

/// A connector as it is set.
#[derive(Debug, Clone, Copy)]
pub struct IotConnector<'a>(&'a Resource);

/// A destination of a connector as it is set.
#[derive(Debug, Clone, Copy)]
pub struct FhirDestination<'a>(&'a Resource);

/// How a connector finds the Device and the Patient of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentityResolution {
    /// Missing ones are created.
    Create,
    /// Missing ones are an error.
    Lookup,
}

/// The audience of tokens for every DICOM service.
pub const DICOM_AUDIENCE: &str = "https://dicom.healthcareapis.azure.com";

macro_rules! view {
    ($name:ident, $kind:expr) => {
        impl<'a> $name<'a> {
            /// The settings of this resource, if it is of this kind.
            #[must_use]
            pub fn new(resource: &'a Resource) -> Option<Self> {
                (resource.kind() == $kind).then_some(Self(resource))
            }

            /// The stored resource.
            #[must_use]
            pub fn resource(&self) -> &'a Resource {
                self.0
            }
        }
    };
}

view!(FhirService, Kind::FhirService);
view!(DicomService, Kind::DicomService);
view!(IotConnector, Kind::IotConnector);
view!(FhirDestination, Kind::FhirDestination);

impl FhirService<'_> {
    /// The FHIR version that the service speaks.
    #[must_use]
    pub fn version(&self) -> FhirVersion {
        match self.0.variant() {
            Some("fhir-Dstu2") => FhirVersion::Dstu2,
            Some("fhir-Stu3") => FhirVersion::Stu3,
            Some("fhir-R4B") => FhirVersion::R4B,
            Some("fhir-R5") => FhirVersion::R5,
            _ => FhirVersion::R4,
        }
    }

    /// What happens to old versions of resources of a type.
    #[must_use]
    pub fn version_policy(&self, resource_type: &str) -> VersionPolicy {
        let policy = self.0.properties().member("resourceVersionPolicyConfiguration");
        let own = policy.and_then(|policy| policy.member("resourceTypeOverrides")?.member(resource_type));
        match own.or_else(|| policy?.member("default")).and_then(Json::as_str) {
            Some("no-version") => VersionPolicy::NoVersion,
            Some("versioned-update") => VersionPolicy::VersionedUpdate,
            _ => VersionPolicy::Versioned,
        }
    }

    /// The issuer that the service trusts.
    #[must_use]
    pub fn authority<'b>(&'b self, settings: &'b Settings) -> &'b str {
        text(self.0, "authenticationConfiguration.authority").unwrap_or(&settings.authority)
    }

    /// The audience that tokens for the service must name; its URL unless set.
    #[must_use]
    pub fn audience(&self, settings: &Settings) -> String {
        text(self.0, "authenticationConfiguration.audience").map_or_else(|| self.url(settings), str::to_owned)
    }

    /// The URL of the service, without a slash at the end.
    #[must_use]
    pub fn url(&self, settings: &Settings) -> String {
        url(self.0, settings)
    }

    /// Whether the SMART proxy is on.
    #[must_use]
    pub fn smart_proxy(&self) -> bool {
        flag(self.0, "authenticationConfiguration.smartProxyEnabled")
    }

    /// Whether only bulk import may write.
    #[must_use]
    pub fn initial_import(&self) -> bool {
        flag(self.0, "importConfiguration.enabled") && flag(self.0, "importConfiguration.initialImportMode")
    }

    /// Whether bulk import is on.
    #[must_use]
    pub fn import(&self) -> bool {
        flag(self.0, "importConfiguration.enabled")
    }

    /// Whether missing data is marked as US Core wants.
    #[must_use]
    pub fn us_core_missing_data(&self) -> bool {
        flag(self.0, "implementationGuidesConfiguration.usCoreMissingData")
    }

    /// Where bulk export writes.
    #[must_use]
    pub fn export_account(&self) -> Option<&str> {
        text(self.0, "exportConfiguration.storageAccountName")
    }

    /// The cross-origin rules, if any.
    #[must_use]
    pub fn cors(&self) -> Option<Cors> {
        cors(self.0)
    }
}

impl DicomService<'_> {
    /// Whether instances lie in partitions. Fixed at creation.
    #[must_use]
    pub fn data_partitions(&self) -> bool {
        flag(self.0, "enableDataPartitions")
    }

    /// The URL of the service, without version and without a slash at the end.
    #[must_use]
    pub fn url(&self, settings: &Settings) -> String {
        url(self.0, settings)
    }

    /// The cross-origin rules, if any.
    #[must_use]
    pub fn cors(&self) -> Option<Cors> {
        cors(self.0)
    }
}

impl IotConnector<'_> {
    /// The device mapping as JSON text, values as they were sent; `None` until one is set.
    #[must_use]
    pub fn device_mapping(&self) -> Option<String> {
        self.0.properties().at("deviceMapping.content").map(Json::to_string)
    }
}

impl FhirDestination<'_> {
    /// The FHIR mapping as JSON text, values as they were sent; `None` until one is set.
    #[must_use]
    pub fn fhir_mapping(&self) -> Option<String> {
        self.0.properties().at("fhirMapping.content").map(Json::to_string)
    }

    /// How the Device and the Patient of a message are found.
    #[must_use]
    pub fn identity_resolution(&self) -> IdentityResolution {
        match text(self.0, "resourceIdentityResolutionType") {
            Some("Lookup") => IdentityResolution::Lookup,
            _ => IdentityResolution::Create,
        }
    }

    /// The FHIR service that is written to.
    ///
    /// # Errors
    /// `InvalidId` if the stored text is no id, which the provisioning rules rule out.
    pub fn fhir_service(&self) -> Result<ResourceId, Error> {
        ResourceId::parse(text(self.0, "fhirServiceResourceId").unwrap_or_default())
    }
}

/// Whether calls from the public network are allowed by a workspace or service.
#[must_use]
pub fn public_network_access(resource: &Resource) -> bool {
    text(resource, "publicNetworkAccess") != Some("Disabled")
}

/// The URL of a service of a workspace.
pub(crate) fn url(resource: &Resource, settings: &Settings) -> String {
    let workspace = resource.id().parent();
    let workspace = workspace.as_ref().map_or("", ResourceId::name);
    settings.services.service(resource.kind(), workspace, resource.name())
}

fn text<'a>(resource: &'a Resource, path: &str) -> Option<&'a str> {
    resource.properties().at(path).and_then(Json::as_str)
}

fn flag(resource: &Resource, path: &str) -> bool {
    resource.properties().at(path).and_then(Json::as_bool) == Some(true)
}

fn cors(resource: &Resource) -> Option<Cors> {
    let cors = resource.properties().member("corsConfiguration")?;
    let list = |name: &str| {
        let elements = cors.member(name).map(Json::elements).unwrap_or_default();
        elements.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    Some(Cors {
        origins: list("origins"),
        headers: list("headers"),
        methods: list("methods"),
        max_age: cors.member("maxAge").and_then(Json::as_i64),
        allow_credentials: cors.member("allowCredentials").and_then(Json::as_bool) == Some(true),
    })
}
