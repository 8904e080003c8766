//! Measurements to groups, each of which becomes one Observation (spec: batching and FHIR mapping).
//!
//! Measurements that agree in device, type, patient, encounter and correlation are taken together, then cut
//! by the period of their FHIR template. A later message for the same instant replaces an earlier one: whole
//! in `compat`, value by value in `strict`.

use crate::error::{Error, ErrorKind};
use crate::identity::{Identifier, Resolved, SERVICE_SYSTEM};
use crate::measurement::Measurement;
use crate::options::Mode;
use crate::template::fhir::{FhirMapping, FhirTemplate, Period};
use crate::time::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

const TICKS_PER_HOUR: i64 = 36_000_000_000;

/// The measurements of one Observation.
#[derive(Clone)]
pub struct ObservationGroup<'m> {
    template: usize,
    period: Period,
    subject: Subject<'m>,
    start: Timestamp,
    end: Timestamp,
    values: Vec<Series<'m>>,
    measurements: Vec<usize>,
}

/// The values of one name in the order of time, one for each instant.
#[derive(Clone)]
pub(crate) struct Series<'m> {
    pub(crate) name: &'m str,
    pub(crate) samples: Vec<(Timestamp, &'m str)>,
}

/// What a batch of measurements was grouped into.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Grouping<'m> {
    /// The groups: by first appearance of their device and type, then by time.
    pub groups: Vec<ObservationGroup<'m>>,
    /// The measurements that no group could be made of.
    pub failures: Vec<GroupFailure>,
}

/// Measurements that could not be grouped, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct GroupFailure {
    /// Their places in the batch.
    pub measurements: Vec<usize>,
    /// [`ErrorKind::TemplateNotFound`], [`ErrorKind::UnsupportedPeriod`] or
    /// [`ErrorKind::CorrelationIdNotDefined`].
    pub error: Error,
}

/// What measurements must agree in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Subject<'m> {
    device_id: &'m str,
    type_name: &'m str,
    patient_id: Option<&'m str>,
    encounter_id: Option<&'m str>,
    correlation_id: Option<&'m str>,
}

impl<'m> ObservationGroup<'m> {
    /// The type of its measurements.
    #[must_use]
    pub fn type_name(&self) -> &'m str {
        self.subject.type_name
    }

    /// The device's identifier.
    #[must_use]
    pub fn device_id(&self) -> &'m str {
        self.subject.device_id
    }

    /// The patient's identifier.
    #[must_use]
    pub fn patient_id(&self) -> Option<&'m str> {
        self.subject.patient_id
    }

    /// The encounter's identifier.
    #[must_use]
    pub fn encounter_id(&self) -> Option<&'m str> {
        self.subject.encounter_id
    }

    /// The correlation id.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&'m str> {
        self.subject.correlation_id
    }

    /// The first instant of its window.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The last instant of its window.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// The places of its measurements in the batch, without those that a later message replaced.
    #[must_use]
    pub fn measurements(&self) -> &[usize] {
        &self.measurements
    }

    /// The identifier of its Observation, by the ids of the Device and Patient resources: the same for all
    /// batches that fall into the same window. Its [`Identifier::resource_id`] is the Observation's id.
    #[must_use]
    pub fn identifier(&self, resolved: &Resolved) -> Identifier {
        let window = match (self.period, self.subject.correlation_id) {
            (Period::Correlation, Some(id)) => id.to_owned(),
            _ => format!("{}Z.{}Z", self.start.compact_text(), self.end.compact_text()),
        };
        let value = format!("{}.{}.{}.{window}", resolved.patient_id, resolved.device_id, self.type_name());
        Identifier { system: Some(SERVICE_SYSTEM.to_owned()), value }
    }

    pub(crate) fn template(&self) -> usize {
        self.template
    }

    pub(crate) fn series(&self, name: &str) -> Option<&Series<'m>> {
        self.values.iter().find(|series| series.name == name)
    }
}

impl FhirMapping {
    /// Groups a batch of measurements.
    #[must_use]
    pub fn group<'m>(&self, measurements: &'m [Measurement<'m>]) -> Grouping<'m> {
        let mut places: HashMap<Subject<'m>, usize> = HashMap::new();
        let mut batches: Vec<(Subject<'m>, Vec<usize>)> = Vec::new();
        for (index, measurement) in measurements.iter().enumerate() {
            let subject = Subject::of(measurement);
            let place = *places.entry(subject).or_insert(batches.len());
            match batches.get_mut(place) {
                Some((_, batch)) => batch.push(index),
                None => batches.push((subject, vec![index])),
            }
        }
        let mut grouping = Grouping::default();
        for (subject, batch) in batches {
            match self.windows(subject, &batch, measurements) {
                Ok(groups) => grouping.groups.extend(groups),
                Err(error) => grouping.failures.push(GroupFailure { measurements: batch, error }),
            }
        }
        grouping
    }

    fn windows<'m>(
        &self,
        subject: Subject<'m>,
        batch: &[usize],
        measurements: &'m [Measurement<'m>],
    ) -> Result<Vec<ObservationGroup<'m>>, Error> {
        let index = self.index(subject.type_name);
        let template = index.and_then(|index| self.templates().get(index));
        let (Some(index), Some(template)) = (index, template) else {
            return Err(Error::new(
                ErrorKind::TemplateNotFound,
                "no FHIR template stands for the measurement's type",
            ));
        };
        let correlated = subject.correlation_id.is_some_and(|id| !id.trim().is_empty());
        match template.period() {
            Period::Unsupported => {
                return Err(failed(template, ErrorKind::UnsupportedPeriod, "no Observation has this period"));
            }
            Period::Correlation if !correlated => {
                let detail =
                    "the FHIR template groups by correlation, and the measurement has no correlation id";
                return Err(failed(template, ErrorKind::CorrelationIdNotDefined, detail));
            }
            _ => {}
        }
        let kept = match self.mode() {
            Mode::Compat => latest_of_each_instant(batch, measurements),
            Mode::Strict => batch.to_vec(),
        };
        let mut windows: BTreeMap<Timestamp, Window<'m>> = BTreeMap::new();
        for place in kept {
            let Some(measurement) = measurements.get(place) else { continue };
            let time = measurement.occurrence_time;
            let (start, end) = bounds(template.period(), time);
            let key = if template.period() == Period::Correlation { Timestamp::MIN } else { start };
            let window = windows.entry(key).or_insert_with(|| Window::new(start, end));
            window.start = window.start.min(start);
            window.end = window.end.max(end);
            window.add(place, measurement, self.mode());
        }
        Ok(windows
            .into_values()
            .map(|window| ObservationGroup {
                template: index,
                period: template.period(),
                subject,
                start: window.start,
                end: window.end,
                values: window.values(),
                measurements: window.measurements,
            })
            .collect())
    }
}

impl<'m> Subject<'m> {
    fn of(measurement: &'m Measurement<'m>) -> Self {
        Self {
            device_id: &measurement.device_id,
            type_name: &measurement.type_name,
            patient_id: measurement.patient_id.as_deref(),
            encounter_id: measurement.encounter_id.as_deref(),
            correlation_id: measurement.correlation_id.as_deref(),
        }
    }
}

/// A group in the making.
struct Window<'m> {
    start: Timestamp,
    end: Timestamp,
    series: Vec<(&'m str, BTreeMap<Timestamp, Sample<'m>>)>,
    measurements: Vec<usize>,
}

/// A value and when its message came in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Sample<'m> {
    ingestion_time: Option<Timestamp>,
    value: &'m str,
}

impl<'m> Window<'m> {
    fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end, series: Vec::new(), measurements: Vec::new() }
    }

    fn add(&mut self, place: usize, measurement: &'m Measurement<'m>, mode: Mode) {
        self.measurements.push(place);
        for property in &measurement.properties {
            let name: &'m str = &property.name;
            let sample = Sample { ingestion_time: measurement.ingestion_time, value: &property.value };
            let at = self.series.iter().position(|(other, _)| *other == name);
            let at = at.unwrap_or_else(|| {
                self.series.push((name, BTreeMap::new()));
                self.series.len() - 1
            });
            let Some((_, samples)) = self.series.get_mut(at) else { continue };
            samples
                .entry(measurement.occurrence_time)
                // The latest message counts, and of two of one moment the greater text: so the order in which
                // they came in does not matter.
                .and_modify(|old| {
                    if mode == Mode::Strict {
                        *old = (*old).max(sample);
                    }
                })
                .or_insert(sample);
        }
    }

    fn values(&self) -> Vec<Series<'m>> {
        let series = self.series.iter().map(|(name, samples)| Series {
            name,
            samples: samples.iter().map(|(time, sample)| (*time, sample.value)).collect(),
        });
        series.collect()
    }
}

/// Of the measurements of one instant the one that came in last; the first of those that came in together.
fn latest_of_each_instant(batch: &[usize], measurements: &[Measurement<'_>]) -> Vec<usize> {
    let mut latest: HashMap<Timestamp, usize> = HashMap::with_capacity(batch.len());
    let ingestion = |place: usize| measurements.get(place).and_then(|measurement| measurement.ingestion_time);
    for &place in batch {
        let Some(measurement) = measurements.get(place) else { continue };
        let best = latest.entry(measurement.occurrence_time).or_insert(place);
        if measurement.ingestion_time > ingestion(*best) {
            *best = place;
        }
    }
    let mut kept: Vec<usize> = latest.into_values().collect();
    kept.sort_unstable();
    kept
}

fn bounds(period: Period, time: Timestamp) -> (Timestamp, Timestamp) {
    let span = match period {
        Period::Hourly => TICKS_PER_HOUR,
        Period::Daily => 24 * TICKS_PER_HOUR,
        Period::Single | Period::Correlation | Period::Unsupported => return (time, time),
    };
    let start = time.floor(span);
    (start, start.plus(span - 1).unwrap_or(Timestamp::MAX))
}

fn failed(template: &FhirTemplate, kind: ErrorKind, detail: &'static str) -> Error {
    Error::new(kind, detail).at(template.path(), Some(template.position()))
}

/// Shows the type, the window and the number of values, never an id or a value.
impl fmt::Debug for ObservationGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservationGroup")
            .field("type_name", &self.subject.type_name)
            .field("start", &self.start)
            .field("end", &self.end)
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}
