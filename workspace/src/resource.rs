//! A stored resource: what was set, without what is computed for an answer (section a.2).

use std::fmt;

use crate::json::{Json, Limits};
use crate::kind::Kind;
use crate::location::Location;
use crate::time::Timestamp;
use crate::{Error, ErrorKind, ResourceId};

/// One resource of the hierarchy as it is stored. What an answer adds (host names, defaults, states) is computed
/// by [`crate::manage`].
#[derive(Clone, PartialEq)]
pub struct Resource {
    pub(crate) id: ResourceId,
    pub(crate) kind: Kind,
    pub(crate) location: Option<Location>,
    pub(crate) variant: Option<String>,
    pub(crate) tags: Option<Json>,
    pub(crate) identity: Option<Json>,
    pub(crate) properties: Json,
    pub(crate) etag: String,
    pub(crate) created: Stamp,
    pub(crate) modified: Stamp,
}

/// Who changed a resource, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The id of the caller.
    pub by: String,
    /// What the caller is.
    pub by_type: CallerType,
    /// When the change was made.
    pub at: Timestamp,
}

/// What a caller is, in the words of `systemData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallerType {
    /// A person.
    User,
    /// A registered client.
    Application,
    /// The identity of a resource.
    ManagedIdentity,
    /// A bare key.
    Key,
}

impl CallerType {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::User, "User"),
        (Self::Application, "Application"),
        (Self::ManagedIdentity, "ManagedIdentity"),
        (Self::Key, "Key"),
    ];

    /// The word of the wire format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("User", |(_, name)| name)
    }

    fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// A record holds a body that was within the default limits, and an envelope: it must always be readable again.
const RECORD_LIMITS: Limits = Limits { bytes: 16 << 20, depth: 96, values: 1 << 20 };

impl Resource {
    /// The id, as first written.
    #[must_use]
    pub fn id(&self) -> &ResourceId {
        &self.id
    }

    /// What kind of resource this is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The last name of the id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.id.name()
    }

    /// The region, for the kinds that have one.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        self.location
    }

    /// The member `kind` of the wire format: `fhir-R4` of a FHIR service.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// The tags, as an object of strings.
    #[must_use]
    pub fn tags(&self) -> Option<&Json> {
        self.tags.as_ref()
    }

    /// The identity: `type`, `principalId`, `tenantId`, `userAssignedIdentities`.
    #[must_use]
    pub fn identity(&self) -> Option<&Json> {
        self.identity.as_ref()
    }

    /// The id of the principal that the resource acts as, if it has a system-assigned identity.
    #[must_use]
    pub fn principal_id(&self) -> Option<&str> {
        self.identity.as_ref()?.member("principalId")?.as_str()
    }

    /// The properties that were set, defaults not filled in.
    #[must_use]
    pub fn properties(&self) -> &Json {
        &self.properties
    }

    /// The version of the resource; changes with every write.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// Who created it, and when.
    #[must_use]
    pub fn created(&self) -> &Stamp {
        &self.created
    }

    /// Who changed it last, and when.
    #[must_use]
    pub fn modified(&self) -> &Stamp {
        &self.modified
    }

    /// The record to store: everything that [`Resource::from_record`] needs.
    #[must_use]
    pub fn to_record(&self) -> String {
        let mut record = Json::object([("id", Json::from(self.id.as_str()))]);
        if let Some(location) = self.location {
            record.set("location", location.as_str());
        }
        if let Some(variant) = &self.variant {
            record.set("kind", variant.as_str());
        }
        if let Some(tags) = &self.tags {
            record.set("tags", tags.clone());
        }
        if let Some(identity) = &self.identity {
            record.set("identity", identity.clone());
        }
        record.set("properties", self.properties.clone());
        record.set("etag", self.etag.as_str());
        record.set("systemData", self.system_data());
        record.to_string()
    }

    /// Reads a record written by [`Resource::to_record`].
    ///
    /// # Errors
    /// `InvalidRecord` naming the member at fault.
    pub fn from_record(record: &[u8]) -> Result<Self, Error> {
        let mut record = Json::parse_within(record, RECORD_LIMITS)?;
        let id = ResourceId::parse(required(&record, "id")?)?;
        let kind = id.kind().ok_or_else(|| damaged("id"))?;
        let location = match record.member("location").and_then(Json::as_str) {
            Some(name) => Some(Location::parse(name)?),
            None => None,
        };
        Ok(Self {
            kind,
            location,
            variant: record.member("kind").and_then(Json::as_str).map(str::to_owned),
            etag: required(&record, "etag")?.to_owned(),
            created: stamp(&record, "created")?,
            modified: stamp(&record, "lastModified")?,
            tags: record.remove("tags"),
            identity: record.remove("identity"),
            properties: record.remove("properties").ok_or_else(|| damaged("properties"))?,
            id,
        })
    }

    /// `systemData` of the wire format.
    pub(crate) fn system_data(&self) -> Json {
        Json::object([
            ("createdBy", Json::from(self.created.by.as_str())),
            ("createdByType", self.created.by_type.as_str().into()),
            ("createdAt", self.created.at.to_string().into()),
            ("lastModifiedBy", self.modified.by.as_str().into()),
            ("lastModifiedByType", self.modified.by_type.as_str().into()),
            ("lastModifiedAt", self.modified.at.to_string().into()),
        ])
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({})", self.id)
    }
}

fn stamp(record: &Json, prefix: &str) -> Result<Stamp, Error> {
    let member = |suffix: &str| required(record, &format!("systemData.{prefix}{suffix}"));
    Ok(Stamp {
        by: member("By")?.to_owned(),
        by_type: CallerType::parse(member("ByType")?).ok_or_else(|| damaged("systemData"))?,
        at: Timestamp::parse(member("At")?)?,
    })
}

fn required<'a>(record: &'a Json, path: &str) -> Result<&'a str, Error> {
    record.at(path).and_then(Json::as_str).ok_or_else(|| damaged(path))
}

fn damaged(path: &str) -> Error {
    Error::new(ErrorKind::InvalidRecord, "the stored resource lacks a member or it is not readable").on(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_equal() {
        let at = Timestamp::from_unix_seconds(1_700_000_000);
        let stamp = Stamp { by: "me".into(), by_type: CallerType::Application, at };
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/demo/iotconnectors/devices";
        let resource = Resource {
            id: ResourceId::parse(id).unwrap(),
            kind: Kind::IotConnector,
            location: Some(crate::location::LOCAL),
            variant: Some("x".into()),
            tags: Some(Json::parse(br#"{"a":"b"}"#).unwrap()),
            identity: Some(Json::parse(br#"{"type":"SystemAssigned","principalId":"p"}"#).unwrap()),
            properties: Json::parse(br#"{"deviceMapping":{"content":{"z":1.00,"a":1e400}}}"#).unwrap(),
            etag: "e".into(),
            created: stamp.clone(),
            modified: stamp,
        };
        assert_eq!(Resource::from_record(resource.to_record().as_bytes()).unwrap(), resource);
        assert_eq!(resource.principal_id(), Some("p"));
        assert_eq!(format!("{resource:?}"), format!("Resource({id})"));
    }

    #[test]
    fn a_damaged_record_is_refused() {
        for record in
            ["", "{}", r#"{"id":"/subscriptions/s/resourceGroups/g"}"#, r#"{"id":"/foo/bar","etag":"e"}"#]
        {
            assert!(Resource::from_record(record.as_bytes()).is_err(), "{record}");
        }
    }
}
