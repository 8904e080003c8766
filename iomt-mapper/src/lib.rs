//! Device messages to FHIR Observations by templates.

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
