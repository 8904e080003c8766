//! Both mappings together: what a connector holds.

use crate::error::Error;
use crate::event::Event;
use crate::group::{Grouping, ObservationGroup};
use crate::identity::Resolved;
use crate::measurement::Measurement;
use crate::observation::Change;
use crate::options::{Limits, Mode};
use crate::template::device::DeviceMapping;
use crate::template::fhir::FhirMapping;
use crate::time::Timestamp;
use hygea_fhir_model::json::Node;

/// A device mapping and a FHIR mapping, compiled. Immutable; one mapper serves any number of threads.
///
/// ```
/// use hygea_iomt_mapper::{Change, Event, Found, Mapper, Mode, Needed, Resolution, Timestamp};
/// use hygea_iomt_mapper::{default_device_mapping, default_fhir_mapping};
///
/// let mode = Mode::Compat;
/// let mapper = Mapper::new(default_device_mapping().as_bytes(), default_fhir_mapping().as_bytes(), mode)?;
/// let message = br#"{"deviceId": "d1", "patientId": "p1", "time": "2024-03-05T10:00:07Z", "heartRate": 61}"#;
/// let event = Event::from_payload(message, mode)?;
/// let mut measurements = Vec::new();
/// mapper.normalize(event.root(), &mut measurements)?;
///
/// let grouping = mapper.group(&measurements);
/// let group = &grouping.groups[0];
/// // Nothing is found: a Patient and a Device are to be written first.
/// let resolved = Needed::of(group, Resolution::Create, None, mode).resolve(&Found::default())?;
/// assert_eq!(resolved.writes.len(), 2);
/// let now = Timestamp::parse("2024-03-05T10:00:08Z").unwrap();
/// let Change::Create(observation) = mapper.observation(group, &resolved, None, now)? else { unreachable!() };
/// assert_eq!(observation.get("valueQuantity").and_then(|value| value.get("value")).unwrap().to_json(), "61");
/// # Ok::<(), hygea_iomt_mapper::Error>(())
/// ```
#[derive(Debug)]
pub struct Mapper {
    device: DeviceMapping,
    fhir: FhirMapping,
    mode: Mode,
    limits: Limits,
}

impl Mapper {
    /// Reads both mappings, each with all its mistakes.
    ///
    /// # Errors
    /// The first mistake, in the device mapping before the FHIR mapping; further ones of the same mapping in
    /// [`Error::others`]. Use [`DeviceMapping::new`] and [`FhirMapping::new`] to tell them apart.
    pub fn new(device: &[u8], fhir: &[u8], mode: Mode) -> Result<Self, Error> {
        Ok(Self::from_mappings(DeviceMapping::new(device, mode)?, FhirMapping::new(fhir, mode)?))
    }

    /// Puts two mappings together; the device mapping's mode is the mapper's.
    #[must_use]
    pub fn from_mappings(device: DeviceMapping, fhir: FhirMapping) -> Self {
        let mode = device.mode();
        Self { device, fhir, mode, limits: Limits::default() }
    }

    /// The same mapper with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The rules that it follows.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The device mapping.
    #[must_use]
    pub fn device_mapping(&self) -> &DeviceMapping {
        &self.device
    }

    /// The FHIR mapping.
    #[must_use]
    pub fn fhir_mapping(&self) -> &FhirMapping {
        &self.fhir
    }

    /// Reads a payload by the mapper's mode; see [`Event::from_payload`].
    ///
    /// # Errors
    /// As [`Event::from_payload`].
    pub fn event(&self, payload: &[u8]) -> Result<Event, Error> {
        Event::from_payload(payload, self.mode)
    }

    /// Adds the measurements of a message to `out`; see [`DeviceMapping::normalize`].
    ///
    /// # Errors
    /// As [`DeviceMapping::normalize`].
    pub fn normalize<'a>(&'a self, event: Node<'a>, out: &mut Vec<Measurement<'a>>) -> Result<(), Error> {
        self.device.normalize(event, &self.limits, out)
    }

    /// Groups a batch of measurements; see [`FhirMapping::group`].
    #[must_use]
    pub fn group<'m>(&self, measurements: &'m [Measurement<'m>]) -> Grouping<'m> {
        self.fhir.group(measurements)
    }

    /// The Observation of a group; see [`FhirMapping::observation`].
    ///
    /// # Errors
    /// As [`FhirMapping::observation`].
    pub fn observation(
        &self,
        group: &ObservationGroup<'_>,
        resolved: &Resolved,
        existing: Option<Node<'_>>,
        now: Timestamp,
    ) -> Result<Change, Error> {
        self.fhir.observation(group, resolved, existing, now, &self.limits)
    }
}
