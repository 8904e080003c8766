//! Measurements into the FHIR service: Device and Patient found or made, Observations created or merged.

use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::fhir::FhirService;
use hygea_fhir_model::json::{Document, Value};
use hygea_iomt_mapper::{
    Change, Error as MapperError, Found, Identifier, Mapper, Measurement, Needed, ObservationGroup,
    Resolution, Resolved, Timestamp,
};
use hygea_store::{Batch, Expect, Stored};
use std::collections::HashMap;

/// How often a batch is mapped anew because somebody else changed what it writes to.
const ATTEMPTS: usize = 5;

/// What was written.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Written {
    pub(super) created: usize,
    pub(super) updated: usize,
    pub(super) unchanged: usize,
}

/// The FHIR service of a batch.
pub(super) struct Destination<'d> {
    exchange: &'d Exchange<'d>,
    fhir: &'d FhirService,
    mapper: &'d Mapper,
    resolution: Resolution,
}

impl<'d> Destination<'d> {
    pub(super) fn new(
        exchange: &'d Exchange<'d>,
        fhir: &'d FhirService,
        mapper: &'d Mapper,
        resolution: Resolution,
    ) -> Self {
        Self { exchange, fhir, mapper, resolution }
    }

    /// Writes the Observations of a batch in one commit. Groups that cannot become one are told to `failed` with the places of their
    /// measurements.
    pub(super) fn write(
        &self,
        measurements: &[Measurement<'_>],
        mut failed: impl FnMut(&[usize], MapperError),
    ) -> Result<Written, Error> {
        let grouping = self.mapper.group(measurements);
        for failure in grouping.failures {
            failed(&failure.measurements, failure.error);
        }
        let mut resolved = HashMap::new();
        let mut groups = Vec::with_capacity(grouping.groups.len());
        for group in &grouping.groups {
            let needed = Needed::of(group, self.resolution, None, self.mapper.mode());
            if let Some(known) = resolved.get(&needed) {
                groups.push((group, Resolved::clone(known)));
                continue;
            }
            match self.resolve(&needed)? {
                Ok(found) => {
                    resolved.insert(needed, found.clone());
                    groups.push((group, found));
                }
                Err(reason) => failed(group.measurements(), reason),
            }
        }
        for _ in 0..ATTEMPTS {
            match self.attempt(&groups) {
                Ok((written, failures)) => {
                    for (places, reason) in failures {
                        failed(&places, reason);
                    }
                    return Ok(written);
                }
                // Somebody else wrote one of the Observations: read them again and merge anew.
                Err(error) if error.kind() == ErrorKind::PreconditionFailed => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(ErrorKind::Conflict, "the Observations kept changing; send the messages again"))
    }

    #[expect(clippy::type_complexity, reason = "the failures are passed on at once")]
    fn attempt(
        &self,
        groups: &[(&ObservationGroup<'_>, Resolved)],
    ) -> Result<(Written, Vec<(Vec<usize>, MapperError)>), Error> {
        let mut written = Written::default();
        let mut failures = Vec::new();
        let mut batch = Batch::at(self.exchange.now());
        for (group, resolved) in groups {
            let identifier = group.identifier(resolved);
            let existing = self.existing(&identifier)?;
            let document = existing.as_ref().map(|stored| Document::parse(&stored.body)).transpose()?;
            let node = document.as_ref().map(Document::root);
            let change = match self.mapper.observation(group, resolved, node, self.now()?) {
                Ok(change) => change,
                Err(reason) => {
                    failures.push((group.measurements().to_vec(), reason));
                    continue;
                }
            };
            let (observation, id, expect) = match (change, &existing) {
                (Change::Create(observation), _) => (observation, identifier.resource_id(), Expect::Absent),
                (Change::Update(observation), Some(stored)) => {
                    (observation, stored.key.id().to_owned(), Expect::Version(stored.version))
                }
                _ => {
                    written.unchanged += 1;
                    continue;
                }
            };
            let (count, interaction, status) = match expect {
                Expect::Absent => (&mut written.created, "create", 201),
                _ => (&mut written.updated, "update", 200),
            };
            *count += 1;
            let write = self.fhir.put_value(self.exchange, "Observation", &id, &observation)?.expect(expect);
            batch.audit.push(self.exchange.trail(interaction, None, None).record_of(write.key(), status));
            batch.writes.push(write);
        }
        if !batch.writes.is_empty() {
            self.fhir.store().commit(batch)?;
        }
        Ok((written, failures))
    }

    /// The Observation of an identifier: under the id that ours have, or under any.
    fn existing(&self, identifier: &Identifier) -> Result<Option<Stored>, Error> {
        match self.fhir.current("Observation", &identifier.resource_id())? {
            Some(stored) => Ok(Some(stored)),
            None => Ok(self
                .fhir
                .find_by_identifier(self.exchange, "Observation", &identifier.search_value())?
                .into_iter()
                .next()),
        }
    }

    /// Finds the Device, Patient and Encounter, and writes those that are to be made.
    fn resolve(&self, needed: &Needed) -> Result<Result<Resolved, MapperError>, Error> {
        for _ in 0..ATTEMPTS {
            let find = |kind: &str, identifier: Option<&Identifier>| match identifier {
                Some(identifier) => {
                    self.fhir.find_by_identifier(self.exchange, kind, &identifier.search_value())
                }
                None => Ok(Vec::new()),
            };
            let devices = find("Device", Some(&needed.device))?;
            let patients = find("Patient", needed.patient.as_ref())?;
            let encounters = find("Encounter", needed.encounter.as_ref())?;
            let parse = |found: &'_ [Stored]| -> Result<Vec<Document<'static>>, Error> {
                found
                    .iter()
                    .map(|stored| {
                        Ok(Document::from_text(String::from_utf8_lossy(&stored.body).into_owned())?)
                    })
                    .collect()
            };
            let (device_documents, patient_documents, encounter_documents) =
                (parse(&devices)?, parse(&patients)?, parse(&encounters)?);
            let found = Found {
                devices: device_documents.iter().map(Document::root).collect(),
                patients: patient_documents.iter().map(Document::root).collect(),
                encounters: encounter_documents.iter().map(Document::root).collect(),
            };
            let resolved = match needed.resolve(&found) {
                Ok(resolved) => resolved,
                Err(reason) => return Ok(Err(reason)),
            };
            if resolved.writes.is_empty() {
                return Ok(Ok(resolved));
            }
            let mut batch = Batch::at(self.exchange.now());
            for write in &resolved.writes {
                let known = devices.iter().chain(&patients).find(|stored| stored.key.id() == write.id);
                let expect = match known {
                    Some(stored) if !write.is_new => Expect::Version(stored.version),
                    _ => Expect::Absent,
                };
                let put = self
                    .fhir
                    .put_value(self.exchange, write.resource_type, &write.id, &write.resource)?
                    .expect(expect);
                let (interaction, status) = if write.is_new { ("create", 201) } else { ("update", 200) };
                batch.audit.push(self.exchange.trail(interaction, None, None).record_of(put.key(), status));
                batch.writes.push(put);
            }
            match self.fhir.store().commit(batch) {
                Ok(_) => return Ok(Ok(resolved)),
                Err(error) if error.kind() == hygea_store::ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::new(ErrorKind::Conflict, "the Device or Patient kept changing; send the messages again"))
    }

    fn now(&self) -> Result<Timestamp, Error> {
        let now = Timestamp::from_unix_millis(self.exchange.now().div_euclid(1000));
        now.ok_or_else(|| Error::new(ErrorKind::Storage, "the clock of this machine is out of range"))
    }
}

impl FhirService {
    /// The write of a resource that was put together here; checked like one that came from outside.
    pub(crate) fn put_value(
        &self,
        exchange: &Exchange<'_>,
        kind: &str,
        id: &str,
        resource: &Value,
    ) -> Result<hygea_store::Write, Error> {
        let text = resource.to_json();
        let document = self.checked(text.as_bytes())?;
        self.put(document.root(), kind, id, exchange.base(), &|_, _| None)
    }
}
