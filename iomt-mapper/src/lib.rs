//! Device messages become FHIR Observations by two templates that a user writes: the mappings of Azure's IoT
//! connector (MedTech service), unchanged, in any process, without a broker or a clock.
//!
//! ```
//! use hygea_iomt_mapper::{Mapper, Mode, default_device_mapping, default_fhir_mapping};
//!
//! let mapper = Mapper::new(default_device_mapping().as_bytes(), default_fhir_mapping().as_bytes(), Mode::Compat)?;
//! let event = mapper.event(br#"{"deviceId": "d1", "time": "2024-03-05T10:00:07Z", "systolic": 120, "diastolic": 80}"#)?;
//! let mut measurements = Vec::new();
//! mapper.normalize(event.root(), &mut measurements)?;
//! assert_eq!(measurements[0].type_name, "bloodPressure");
//! assert_eq!(mapper.group(&measurements).groups.len(), 1);
//! # Ok::<(), hygea_iomt_mapper::Error>(())
//! ```
//!
//! # Overview
//! A message goes through four steps, each a call without side effects:
//!
//! 1. [`Event`]: the payload in its envelope, parsed once into the JSON tree of `hygea-fhir-model`.
//! 2. [`DeviceMapping::normalize`]: device templates select [`Measurement`]s by [`Expression`]s in JSONPath
//!    (Json.NET's dialect) or JMESPath, over that tree, without copying it.
//! 3. [`FhirMapping::group`]: a batch of measurements falls into [`ObservationGroup`]s by device, type and period.
//!    [`Needed`] says which Device, Patient and Encounter to look for and, from what was [`Found`], which to
//!    create.
//! 4. [`FhirMapping::observation`]: the group as an Observation, created or merged into the one with the same
//!    [`Identifier`]; the [`Change`] says what to write. Replaying a batch changes nothing.
//!
//! [`Mapper`] holds both mappings. [`Mapper::warnings`] tells what mappings that load will still lose,
//! [`Mapper::explain`] which template matched a message, which part of it fed which field, and why not.
//!
//! # Modes
//! [`Mode::Compat`] gives what the reference mapper (microsoft/iomt-fhir) gives, quirks included: dates that
//! lose their fraction where text is wanted, integer division, whole measurements replaced by later partial
//! ones. It differs where the reference would hang, damage a stored series or mix two devices up: then both
//! modes do what is right or refuse. [`Mode::Strict`] keeps the text of numbers and strings, wants times with a
//! zone, takes a message whole or not at all, refuses broken JSONPath when a mapping is read, and has an order
//! of messages that does not matter.
//!
//! # It is not
//! A connector: it opens no socket, keeps no offsets, writes no resource. No clock and no random ids either:
//! `now` is an argument, ids are hashes of identifiers.
//!
//! # Limits
//! A mapping has at most 4 MiB and 4,096 templates, an expression 64 KiB and a bounded depth, a message the
//! limits of the JSON reader (128 levels, 256 MiB); what expressions may cost per message is in [`Limits`].
//! Regular expressions (`=~`) have no look-around and no back-references. A date that needs today's date to be
//! complete (`10:00`) is not read.

mod check;
mod defaults;
mod error;
mod event;
mod explain;
mod expression;
mod group;
mod identity;
mod lenient_json;
mod mapper;
mod measurement;
mod normalize;
mod number;
mod observation;
mod options;
mod prefilter;
mod samples;
mod template;
mod time;
mod token;

pub use defaults::{default_device_mapping, default_fhir_mapping};
#[doc(inline)]
pub use error::{Error, ErrorKind};
pub use event::Event;
pub use explain::{Explanation, FieldExplanation, MatchExplanation};
pub use expression::{Expression, Language, Selected};
pub use group::{GroupFailure, Grouping, ObservationGroup};
pub use identity::{Found, Identifier, Needed, Resolution, Resolved, ResourceWrite, SERVICE_SYSTEM};
pub use mapper::Mapper;
pub use measurement::{Measurement, Property, partition_key};
pub use observation::Change;
pub use options::{Limits, Mode};
pub use template::device::{DeviceMapping, DeviceTemplate, DeviceTemplateKind};
pub use template::fhir::{FhirMapping, FhirTemplate, Period};
pub use time::Timestamp;
