//! Which Device, Patient and Encounter a measurement belongs to (spec: identity resolution).
//!
//! This crate does no searching and no writing: [`Needed`] says which identifiers to look for, and what was
//! found is turned into the ids to refer to and the resources to write first. Ids of new resources are
//! hashes of their identifiers, so that two writers at once write the same resource.

use crate::error::{Error, ErrorKind};
use crate::group::ObservationGroup;
use crate::options::Mode;
use hygea_fhir_model::json::{Node, Object, Value};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The identifier system and code system of the reference mapper's Observations; it finds and merges ours
/// and we find and merge its.
pub const SERVICE_SYSTEM: &str = "https://azure.microsoft.com/en-us/services/iomt-fhir-connector/";

/// How Device and Patient are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Resolution {
    /// Both must exist, and the device must refer to the patient.
    #[default]
    Lookup,
    /// What does not exist is created; a new device belongs to the patient that the message names.
    Create,
    /// As [`Resolution::Lookup`], and the message must name an encounter that exists.
    LookupWithEncounter,
}

/// An identifier: what devices and patients are found by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// The system, if there is one.
    pub system: Option<String>,
    /// The value.
    pub value: String,
}

/// What must be looked up before an Observation can be written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Needed {
    /// The device: search `Device?identifier=…`.
    pub device: Identifier,
    /// The patient, if the message names one: search `Patient?identifier=…`. Needed for
    /// [`Resolution::Create`] alone.
    pub patient: Option<Identifier>,
    /// The encounter, if the message names one: search `Encounter?identifier=…`.
    pub encounter: Option<Identifier>,
    resolution: Resolution,
    mode: Mode,
}

/// The resources that the searches of a [`Needed`] found.
#[derive(Debug, Clone, Default)]
pub struct Found<'a> {
    /// Devices with the identifier.
    pub devices: Vec<Node<'a>>,
    /// Patients with the identifier.
    pub patients: Vec<Node<'a>>,
    /// Encounters with the identifier.
    pub encounters: Vec<Node<'a>>,
}

/// The resources to refer to, and those to write before.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resolved {
    /// The id of the Device.
    pub device_id: String,
    /// The id of the Patient.
    pub patient_id: String,
    /// The id of the Encounter.
    pub encounter_id: Option<String>,
    /// Resources to write first, in this order, each by PUT under its id.
    pub writes: Vec<ResourceWrite>,
}

/// A resource to write by PUT.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ResourceWrite {
    /// `Device` or `Patient`.
    pub resource_type: &'static str,
    /// Its id.
    pub id: String,
    /// Its JSON.
    pub resource: Value,
    /// Whether it is new; otherwise it replaces the resource that was found.
    pub is_new: bool,
}

impl Identifier {
    /// The id that a new resource with this identifier gets: 64 hexadecimal digits of SHA-256.
    ///
    /// ```
    /// use hygea_iomt_mapper::Identifier;
    ///
    /// let identifier = Identifier { system: None, value: "patient1".to_owned() };
    /// assert!(identifier.resource_id().starts_with("cd3ee1fc63936b00"));
    /// ```
    #[must_use]
    pub fn resource_id(&self) -> String {
        let text = format!("{}_{}", self.system.as_deref().unwrap_or_default(), self.value);
        let mut id = String::with_capacity(64);
        for byte in Sha256::digest(text.as_bytes()) {
            for digit in [byte >> 4, byte & 15] {
                id.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        id
    }

    /// The value of the search parameter `identifier`, with FHIR's escapes: `system|value` or `value`. It is
    /// not percent-encoded.
    #[must_use]
    pub fn search_value(&self) -> String {
        let escaped = |text: &str| {
            let mut out = String::with_capacity(text.len());
            for character in text.chars() {
                if matches!(character, '\\' | '|' | ',' | '$') {
                    out.push('\\');
                }
                out.push(character);
            }
            out
        };
        match &self.system {
            Some(system) => format!("{}|{}", escaped(system), escaped(&self.value)),
            None => escaped(&self.value),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        Object::new().with_some("system", self.system.as_deref()).with("value", self.value.as_str()).into()
    }
}

impl Needed {
    /// What `group` needs. `device_system` is the identifier system of devices, if they have one; patients
    /// and encounters are identified without one.
    #[must_use]
    pub fn of(
        group: &ObservationGroup<'_>,
        resolution: Resolution,
        device_system: Option<&str>,
        mode: Mode,
    ) -> Self {
        let plain = |value: &str| Identifier { system: None, value: value.to_owned() };
        let given = |value: Option<&str>| value.filter(|value| !value.trim().is_empty()).map(plain);
        Self {
            device: Identifier {
                system: device_system.filter(|system| !system.is_empty()).map(str::to_owned),
                value: group.device_id().to_owned(),
            },
            patient: given(group.patient_id()),
            encounter: given(group.encounter_id()),
            resolution,
            mode,
        }
    }

    /// Decides by what was found. In [`Mode::Compat`] the patient of a known device counts whatever the
    /// message says; in [`Mode::Strict`] they must agree.
    ///
    /// # Errors
    /// [`ErrorKind::SeveralDevices`], [`ErrorKind::DeviceNotFound`], [`ErrorKind::SeveralPatients`],
    /// [`ErrorKind::PatientNotFound`], [`ErrorKind::PatientNotDefined`],
    /// [`ErrorKind::PatientDeviceMismatch`], [`ErrorKind::EncounterNotFound`] or
    /// [`ErrorKind::SeveralEncounters`].
    pub fn resolve(&self, found: &Found<'_>) -> Result<Resolved, Error> {
        let device = match found.devices.as_slice() {
            [] => None,
            [device] => Some(*device),
            _ => return Err(Error::new(ErrorKind::SeveralDevices, "several devices have the identifier")),
        };
        let encounter_id = self.encounter(found)?;
        let mut resolved = match (device, self.resolution) {
            (Some(device), _) if device.get("patient").is_some() => self.known(device, found)?,
            (device, Resolution::Create) => self.create(device, found)?,
            (None, _) => return Err(Error::new(ErrorKind::DeviceNotFound, "no device has the identifier")),
            (Some(_), _) => return Err(Error::new(ErrorKind::PatientNotFound, "the device has no patient")),
        };
        resolved.encounter_id = encounter_id;
        Ok(resolved)
    }

    /// A device that refers to a patient.
    fn known(&self, device: Node<'_>, found: &Found<'_>) -> Result<Resolved, Error> {
        let reference = device.get("patient").and_then(|patient| patient.get("reference"));
        let patient_id = reference.and_then(Node::as_str).and_then(patient_of).ok_or_else(|| {
            let detail = "the device refers to its patient otherwise than by `Patient/` and an id";
            Error::new(ErrorKind::PatientNotFound, detail)
        })?;
        if self.mode == Mode::Strict && self.patient.is_some() {
            let same = found.patients.iter().any(|patient| id_of(*patient).as_deref() == Some(patient_id));
            if !same {
                let detail = "the device belongs to another patient than the message names";
                return Err(Error::new(ErrorKind::PatientDeviceMismatch, detail));
            }
        }
        Ok(Resolved {
            device_id: id_of(device).ok_or_else(without_id)?,
            patient_id: patient_id.to_owned(),
            encounter_id: None,
            writes: Vec::new(),
        })
    }

    /// A device that does not exist, or has no patient yet.
    fn create(&self, device: Option<Node<'_>>, found: &Found<'_>) -> Result<Resolved, Error> {
        let Some(patient) = &self.patient else {
            let detail = "a new device needs a patient, and the message names none";
            return Err(Error::new(ErrorKind::PatientNotDefined, detail));
        };
        let mut writes = Vec::new();
        let patient_id = match found.patients.as_slice() {
            [] => {
                let write = ResourceWrite::new("Patient", patient);
                let id = write.id.clone();
                writes.push(write);
                id
            }
            [patient] => id_of(*patient).ok_or_else(without_id)?,
            _ => return Err(Error::new(ErrorKind::SeveralPatients, "several patients have the identifier")),
        };
        let mut write = match device {
            Some(device) => ResourceWrite {
                resource_type: "Device",
                id: id_of(device).ok_or_else(without_id)?,
                resource: device.to_value(),
                is_new: false,
            },
            None => ResourceWrite::new("Device", &self.device),
        };
        if let Some(device) = write.resource.as_object_mut() {
            device.insert("patient", Object::new().with("reference", format!("Patient/{patient_id}")));
        }
        let device_id = write.id.clone();
        writes.push(write);
        Ok(Resolved { device_id, patient_id, encounter_id: None, writes })
    }

    fn encounter(&self, found: &Found<'_>) -> Result<Option<String>, Error> {
        let not_found = |detail| Err(Error::new(ErrorKind::EncounterNotFound, detail));
        if self.encounter.is_none() {
            return match self.resolution {
                Resolution::LookupWithEncounter => {
                    not_found("the message names no encounter, and one is wanted")
                }
                _ => Ok(None),
            };
        }
        match found.encounters.as_slice() {
            [] => not_found("no encounter has the identifier"),
            [encounter] => Ok(Some(id_of(*encounter).ok_or_else(without_id)?)),
            _ => Err(Error::new(ErrorKind::SeveralEncounters, "several encounters have the identifier")),
        }
    }
}

impl ResourceWrite {
    fn new(resource_type: &'static str, identifier: &Identifier) -> Self {
        let id = identifier.resource_id();
        let resource = Object::new()
            .with("resourceType", resource_type)
            .with("id", id.as_str())
            .with("identifier", vec![identifier.to_value()])
            .into();
        Self { resource_type, id, resource, is_new: true }
    }
}

/// The id in `Patient/id`, the only form that the reference takes.
fn patient_of(reference: &str) -> Option<&str> {
    let id = reference.strip_prefix("Patient/")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-~#".contains(&byte);
    (!id.is_empty() && id.bytes().all(allowed)).then_some(id)
}

fn id_of(resource: Node<'_>) -> Option<String> {
    resource.get("id").and_then(Node::as_str).map(str::to_owned)
}

fn without_id() -> Error {
    Error::new(ErrorKind::WrongType, "a resource that was found has no id")
}

impl FromStr for Resolution {
    type Err = Error;

    /// Reads the name as the connector's configuration has it.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.to_ascii_lowercase().as_str() {
            "lookup" => Ok(Self::Lookup),
            "create" => Ok(Self::Create),
            "lookupwithencounter" => Ok(Self::LookupWithEncounter),
            _ => {
                let detail = "the resolution must be `Lookup`, `Create` or `LookupWithEncounter`";
                Err(Error::new(ErrorKind::InvalidValue, detail))
            }
        }
    }
}

/// Shows the system alone: the value names a patient.
impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identifier").field("system", &self.system).finish_non_exhaustive()
    }
}

/// Shows the type and id.
impl fmt::Debug for ResourceWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource_type, self.id)
    }
}
