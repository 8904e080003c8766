//! Device data: messages to measurements and to FHIR resources, by a connector's two mappings.

use crate::entry::{entry, ok};
use crate::error::{Failure, hygea_error};
use crate::pointer::{Out, free, shared, slice};
use crate::rows::hygea_rows;
use crate::status::{HYGEA_E_ARGUMENT, hygea_status};
use crate::text::{hygea_bytes, hygea_str};
use hygea_iomt_mapper::{Change, Event, Found, Mapper, Measurement, Mode, Needed, Resolution, Timestamp};
use std::collections::BTreeSet;

/// For `hygea_mapper_new`: sound rules instead of those of the reference mapper; a message is mapped whole or not at all.
pub const HYGEA_MAPPER_STRICT: u32 = 1;

/// A device mapping and a FHIR mapping, compiled. It never changes, so that any number of threads may use it at once.
#[derive(Debug)]
pub struct hygea_mapper {
    mapper: Mapper,
}

impl hygea_mapper {
    fn new(device: &[u8], fhir: &[u8], flags: u32) -> Result<Self, Failure> {
        let mode = match flags {
            0 => Mode::Compat,
            HYGEA_MAPPER_STRICT => Mode::Strict,
            _ => {
                return Err(hygea_error::own(
                    HYGEA_E_ARGUMENT,
                    "flags that this version of the library does not know",
                ));
            }
        };
        Ok(Self { mapper: Mapper::new(device, fhir, mode)? })
    }

    fn events(&self, messages: &[&[u8]]) -> Result<Vec<Event>, Failure> {
        messages
            .iter()
            .enumerate()
            .map(|(number, message)| {
                self.mapper.event(message).map_err(|error| Failure::from(error).of_message(number))
            })
            .collect()
    }

    fn measurements<'e>(&'e self, events: &'e [Event]) -> Result<Vec<Measurement<'e>>, Failure> {
        let mut measurements = Vec::new();
        for (number, event) in events.iter().enumerate() {
            let normalized = self.mapper.normalize(event.root(), &mut measurements);
            normalized.map_err(|error| Failure::from(error).of_message(number))?;
        }
        Ok(measurements)
    }

    fn normalize(&self, messages: &[&[u8]]) -> Result<hygea_rows, Failure> {
        let events = self.events(messages)?;
        let measurements = self.measurements(&events)?;
        Ok(hygea_rows::from(measurements.iter().map(|each| each.to_value().to_json()).collect::<Vec<_>>()))
    }

    /// What the messages become in a FHIR service that holds nothing yet.
    fn map(&self, messages: &[&[u8]], now: Timestamp) -> Result<hygea_rows, Failure> {
        let events = self.events(messages)?;
        let measurements = self.measurements(&events)?;
        let grouping = self.mapper.group(&measurements);
        if let Some(failure) = grouping.failures.into_iter().next() {
            return Err(failure.error.into());
        }
        let (mut written, mut rows) = (BTreeSet::new(), Vec::new());
        for group in &grouping.groups {
            let needed = Needed::of(group, Resolution::Create, None, self.mapper.mode());
            let resolved = needed.resolve(&Found::default())?;
            let new = resolved
                .writes
                .iter()
                .filter(|write| written.insert((write.resource_type, write.id.clone())));
            rows.extend(new.map(|write| write.resource.to_json()));
            if let Change::Create(observation) = self.mapper.observation(group, &resolved, None, now)? {
                rows.push(observation.to_json());
            }
        }
        Ok(hygea_rows::from(rows))
    }
}

/// The messages of the host.
///
/// # Safety
/// `messages` is NULL or points at `count` borrowed bytes that nobody changes during `'a`.
unsafe fn borrowed<'a>(messages: *const hygea_bytes, count: usize) -> Result<Vec<&'a [u8]>, Failure> {
    // SAFETY: the caller's promise.
    unsafe { slice(messages, count, "messages")?.iter().map(|message| message.slice("a message")).collect() }
}

/// Compiles the two mappings of a connector, the JSON of a CollectionContent and of a CollectionFhir template. `flags`
/// is 0, for the rules of the reference mapper, or `HYGEA_MAPPER_STRICT`. The host owns `*out` and frees it by
/// `hygea_mapper_free`.
///
/// # Safety
/// `device` and `fhir` are borrowed bytes; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_mapper_new(
    device: hygea_bytes,
    fhir: hygea_bytes,
    flags: u32,
    out: *mut *mut hygea_mapper,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let (device, fhir) = (device.slice("device")?, fhir.slice("fhir")?);
            let out = Out::new(out)?;
            out.hand_over(hygea_mapper::new(device, fhir, flags)?);
            ok()
        })
    }
}

/// Reads the measurements of messages. Each row is one measurement, an object with the members `Type`,
/// `OccurrenceTimeUtc`, `DeviceId`, `Properties` and others as the reference mapper has them. A message that no template
/// matches gives no row. The host owns `*out` and frees it by `hygea_rows_free`.
///
/// Fails if one of the messages does, naming it by its place.
///
/// # Safety
/// `mapper` is NULL or a mapper that was not freed; `messages` is NULL or points at `count` borrowed bytes; `out` and
/// `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_mapper_normalize(
    mapper: *const hygea_mapper,
    messages: *const hygea_bytes,
    count: usize,
    out: *mut *mut hygea_rows,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let mapper = shared(mapper, "mapper")?;
            let messages = borrowed(messages, count)?;
            let out = Out::new(out)?;
            out.hand_over(mapper.normalize(&messages)?);
            ok()
        })
    }
}

/// Maps a batch of messages to what they become in a FHIR service that holds nothing yet: each row is a resource, the
/// Patients and Devices before the Observations that refer to them, each to be written by PUT under its id. `now`, a
/// FHIR instant, becomes `issued`. The host owns `*out` and frees it by `hygea_rows_free`.
///
/// Fails if one of the messages does, naming it by its place.
///
/// # Safety
/// `mapper` is NULL or a mapper that was not freed; `messages` is NULL or points at `count` borrowed bytes; `now` is
/// borrowed text; `out` and `err` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_mapper_map(
    mapper: *const hygea_mapper,
    messages: *const hygea_bytes,
    count: usize,
    now: hygea_str,
    out: *mut *mut hygea_rows,
    err: *mut *mut hygea_error,
) -> hygea_status {
    // SAFETY: the caller's promise.
    unsafe {
        entry(err, || {
            let mapper = shared(mapper, "mapper")?;
            let messages = borrowed(messages, count)?;
            let wanted = || hygea_error::own(HYGEA_E_ARGUMENT, "now is to be a FHIR instant");
            let now = Timestamp::parse(now.text("now")?).ok_or_else(wanted)?;
            let out = Out::new(out)?;
            out.hand_over(mapper.map(&messages, now)?);
            ok()
        })
    }
}

/// Frees a mapper. NULL is allowed.
///
/// # Safety
/// `mapper` is NULL or a mapper that was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hygea_mapper_free(mapper: *mut hygea_mapper) {
    // SAFETY: the caller's promise.
    unsafe { free(mapper) };
}
