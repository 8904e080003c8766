//! The tables of section a.3.

use super::{Property, Rule, Shape};
use crate::kind::Kind;

/// `kind` of a FHIR service: the FHIR version it speaks. The first is the default.
pub(crate) const FHIR_VARIANTS: [&str; 5] = ["fhir-R4", "fhir-Dstu2", "fhir-Stu3", "fhir-R4B", "fhir-R5"];

/// The properties of a kind.
pub(crate) fn table(kind: Kind) -> &'static [Property] {
    match kind {
        Kind::Workspace => WORKSPACE,
        Kind::FhirService => FHIR_SERVICE,
        Kind::DicomService => DICOM_SERVICE,
        Kind::IotConnector => IOT_CONNECTOR,
        Kind::FhirDestination => FHIR_DESTINATION,
        Kind::ResourceGroup => RESOURCE_GROUP,
        Kind::RoleAssignment => ROLE_ASSIGNMENT,
        _ => &[],
    }
}

const fn optional(name: &'static str, shape: Shape) -> Property {
    Property { name, shape, rule: Rule::Optional }
}

const fn required(name: &'static str, shape: Shape) -> Property {
    Property { name, shape, rule: Rule::Required }
}

const fn read_only(name: &'static str) -> Property {
    Property { name, shape: Shape::Bool, rule: Rule::ReadOnly }
}

const ACCESS: Shape = Shape::OneOf(&["Enabled", "Disabled"]);

const RESOURCE_GROUP: &[Property] = &[read_only("provisioningState")];

const WORKSPACE: &[Property] = &[
    optional("publicNetworkAccess", ACCESS),
    read_only("provisioningState"),
    read_only("privateEndpointConnections"),
];

const CORS: Shape = Shape::Object(&[
    optional("origins", Shape::List(&Shape::Text(2048), 256)),
    optional("headers", Shape::List(&Shape::Text(256), 256)),
    optional("methods", Shape::List(&Shape::OneOf(METHODS), 16)),
    optional("maxAge", Shape::Integer(0, 99_999)),
    optional("allowCredentials", Shape::Bool),
]);

const METHODS: &[&str] = &["*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

const ENCRYPTION: Shape = Shape::Object(&[optional(
    "customerManagedKeyEncryption",
    Shape::Object(&[optional("keyEncryptionKeyUrl", Shape::KeyUrl)]),
)]);

const VERSION_POLICY: Shape = Shape::OneOf(&["no-version", "versioned", "versioned-update"]);

const FHIR_SERVICE: &[Property] = &[
    optional(
        "authenticationConfiguration",
        Shape::Object(&[
            optional("authority", Shape::Url),
            // Not a URL by rule: published templates deploy audiences that are none.
            optional("audience", Shape::Text(2048)),
            optional("smartProxyEnabled", Shape::Bool),
            optional("smartIdentityProviders", Shape::List(&SMART_PROVIDER, 64)),
        ]),
    ),
    optional("corsConfiguration", CORS),
    optional("exportConfiguration", Shape::Object(&[optional("storageAccountName", Shape::Text(256))])),
    optional(
        "importConfiguration",
        Shape::Object(&[
            optional("enabled", Shape::Bool),
            optional("initialImportMode", Shape::Bool),
            optional("integrationDataStore", Shape::Text(256)),
        ]),
    ),
    optional(
        "acrConfiguration",
        Shape::Object(&[
            optional("loginServers", Shape::List(&Shape::Text(256), 256)),
            optional(
                "ociArtifacts",
                Shape::List(
                    &Shape::Object(&[
                        optional("loginServer", Shape::Text(256)),
                        optional("imageName", Shape::Text(512)),
                        optional("digest", Shape::Text(256)),
                    ]),
                    256,
                ),
            ),
        ]),
    ),
    optional(
        "implementationGuidesConfiguration",
        Shape::Object(&[optional("usCoreMissingData", Shape::Bool)]),
    ),
    optional(
        "resourceVersionPolicyConfiguration",
        Shape::Object(&[
            optional("default", VERSION_POLICY),
            optional("resourceTypeOverrides", Shape::Map(&VERSION_POLICY, 256)),
        ]),
    ),
    optional("encryption", ENCRYPTION),
    optional("publicNetworkAccess", ACCESS),
    // Access policies of the older account type: accepted in bodies that were written for it, without effect.
    read_only("accessPolicies"),
    read_only("eventState"),
    read_only("provisioningState"),
    read_only("privateEndpointConnections"),
];

const SMART_PROVIDER: Shape = Shape::Object(&[
    required("authority", Shape::Text(2048)),
    optional(
        "applications",
        Shape::List(
            &Shape::Object(&[
                optional("clientId", Shape::Text(256)),
                optional("audience", Shape::Text(2048)),
                optional("allowedDataActions", Shape::List(&Shape::Text(64), 16)),
            ]),
            256,
        ),
    ),
]);

const DICOM_SERVICE: &[Property] = &[
    optional("corsConfiguration", CORS),
    optional("publicNetworkAccess", ACCESS),
    optional("encryption", ENCRYPTION),
    Property { name: "enableDataPartitions", shape: Shape::Bool, rule: Rule::CreateOnly },
    optional(
        "storageConfiguration",
        Shape::Object(&[
            optional("storageResourceId", Shape::Id(None)),
            optional("fileSystemName", Shape::Text(256)),
            optional(
                "storageIndexingConfiguration",
                Shape::Object(&[optional("storageEventQueueName", Shape::Text(256))]),
            ),
        ]),
    ),
    read_only("authenticationConfiguration"),
    read_only("serviceUrl"),
    read_only("eventState"),
    read_only("provisioningState"),
    read_only("privateEndpointConnections"),
];

const IOT_CONNECTOR: &[Property] = &[
    optional(
        "ingestionEndpointConfiguration",
        Shape::Object(&[
            optional("eventHubName", Shape::Text(256)),
            optional("consumerGroup", Shape::Text(256)),
            optional("fullyQualifiedEventHubNamespace", Shape::Text(256)),
        ]),
    ),
    optional(
        "deviceMapping",
        Shape::Object(&[optional(
            "content",
            Shape::Mapping(&["CollectionContent", "CollectionContentTemplate"]),
        )]),
    ),
    read_only("provisioningState"),
];

const FHIR_DESTINATION: &[Property] = &[
    required("resourceIdentityResolutionType", Shape::OneOf(&["Create", "Lookup"])),
    required("fhirServiceResourceId", Shape::Id(Some(Kind::FhirService))),
    required(
        "fhirMapping",
        Shape::Object(&[optional("content", Shape::Mapping(&["CollectionFhir", "CollectionFhirTemplate"]))]),
    ),
    read_only("provisioningState"),
];

const ROLE_ASSIGNMENT: &[Property] = &[
    required("roleDefinitionId", Shape::Text(2048)),
    required("principalId", Shape::Text(256)),
    optional("principalType", Shape::OneOf(&["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"])),
    optional("description", Shape::Text(1024)),
    optional("condition", Shape::Text(8192)),
    optional("conditionVersion", Shape::Text(16)),
    optional("delegatedManagedIdentityResourceId", Shape::Id(None)),
    read_only("scope"),
    read_only("createdOn"),
    read_only("updatedOn"),
    read_only("createdBy"),
    read_only("updatedBy"),
];
