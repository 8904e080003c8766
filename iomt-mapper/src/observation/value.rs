//! The value of an Observation or component, by kind.

use super::{concept, filled};
use crate::error::{Error, ErrorKind};
use crate::group::{ObservationGroup, Series};
use crate::number::decimal;
use crate::options::{Limits, Mode};
use crate::samples::Slots;
use crate::template::fhir::{SamplePeriod, ValueKind, ValueTemplate, ticks_of_millis};
use crate::time::Timestamp;
use hygea_fhir_model::json::{Node, Object, Value};

const SAMPLED: &str = "valueSampledData";

/// Writes values over the span of an Observation.
pub(super) struct ValueWriter<'w> {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// Where the series of an existing Observation start.
    pub(super) old_start: Timestamp,
    pub(super) mode: Mode,
    pub(super) limits: &'w Limits,
}

/// Something written again, and whether it differs from what it was.
pub(super) struct Rewritten<T> {
    pub(super) value: T,
    pub(super) changed: bool,
}

impl ValueWriter<'_> {
    /// A new value and its member's name; nothing if it was not measured.
    pub(super) fn create(
        &self,
        template: &ValueTemplate,
        group: &ObservationGroup<'_>,
    ) -> Result<Option<(&'static str, Value)>, Error> {
        let Some(series) = measured(template, group) else { return Ok(None) };
        Ok(Some((member_of(&template.kind), self.value(&template.kind, series)?)))
    }

    /// An existing Observation or component with what was measured put in. Where the start of the Observation
    /// moved, a series is shifted so that each of its samples keeps its time.
    pub(super) fn merge(
        &self,
        holder: Node<'_>,
        template: Option<&ValueTemplate>,
        group: &ObservationGroup<'_>,
    ) -> Result<Rewritten<Object>, Error> {
        let template = template.and_then(|template| Some((&template.kind, measured(template, group)?)));
        let wanted = template.map(|(kind, _)| member_of(kind));
        let mut changed = false;
        let mut written = false;
        let mut members = Vec::with_capacity(holder.len() + 2);
        for (name, node) in holder.members() {
            let value = match template {
                _ if name == SAMPLED => {
                    let new = match template {
                        Some((ValueKind::SampledData { period, .. }, series)) => {
                            Some((period.as_ref(), series))
                        }
                        _ => None,
                    };
                    written |= new.is_some();
                    let sampled = self.merge_samples(node, new)?;
                    changed |= sampled.changed;
                    sampled.value
                }
                Some((kind, series)) if wanted == Some(name) => {
                    let value = self.value(kind, series)?;
                    written = true;
                    changed |= value != node.to_value();
                    value
                }
                _ => node.to_value(),
            };
            members.push((name.to_owned(), value));
        }
        if let Some((kind, series)) = template.filter(|_| !written) {
            // The reference refuses an Observation without a value too; strict gives it one.
            let other = holder.members().any(|(name, _)| name.starts_with("value"));
            if other || self.mode == Mode::Compat {
                let detail = "the existing value is of another type than the template's";
                return Err(Error::new(ErrorKind::ValueTypeMismatch, detail));
            }
            members.push((member_of(kind).to_owned(), self.value(kind, series)?));
            changed = true;
        }
        Ok(Rewritten { value: members.into_iter().collect(), changed })
    }

    fn value(&self, kind: &ValueKind, series: &Series<'_>) -> Result<Value, Error> {
        match kind {
            ValueKind::SampledData { period, unit } => {
                let period = wanted_period(period.as_ref())?;
                let slots = Slots::new(self.start, self.end, period.ticks, self.limits.samples)?;
                let origin = Object::new().with("value", 0).with_some("unit", filled(unit));
                Ok(Object::new()
                    .with("origin", origin)
                    .with("period", Value::Number(period.text.as_str().into()))
                    .with("dimensions", 1)
                    .with("data", slots.text(&series.samples)?)
                    .into())
            }
            ValueKind::Quantity { unit, system, code } => {
                let wrong = |detail| Error::new(ErrorKind::InvalidQuantity, detail);
                let [(_, text)] = series.samples.as_slice() else {
                    return Err(wrong("a Quantity needs exactly one measured value in its period"));
                };
                let value = decimal(text, self.mode == Mode::Strict)
                    .ok_or_else(|| wrong("the measured value of a Quantity is no decimal"))?;
                Ok(Object::new()
                    .with("value", Value::Number(value.into()))
                    .with_some("unit", filled(unit))
                    .with_some("system", filled(system))
                    .with_some("code", filled(code))
                    .into())
            }
            ValueKind::CodeableConcept(template) => Ok(concept(template).unwrap_or_else(|| {
                // A concept without code and text still says that something was measured.
                Object::new().with("text", series.name).into()
            })),
            ValueKind::String => match series.samples.as_slice() {
                [(_, text)] => Ok(Value::from(*text)),
                _ => {
                    let detail = "a String needs exactly one measured value in its period";
                    Err(Error::new(ErrorKind::SeveralValues, detail))
                }
            },
        }
    }

    /// An existing series with new samples, or only moved.
    fn merge_samples(
        &self,
        sampled: Node<'_>,
        new: Option<(Option<&SamplePeriod>, &Series<'_>)>,
    ) -> Result<Rewritten<Value>, Error> {
        if new.is_none() && self.start == self.old_start {
            return Ok(Rewritten { value: sampled.to_value(), changed: false });
        }
        if new.is_some() && sampled.get("dimensions").is_some_and(|dimensions| dimensions.as_i64() != Some(1))
        {
            let detail = "the existing SampledData has more than one dimension";
            return Err(Error::new(ErrorKind::ValueTypeMismatch, detail));
        }
        // An existing series keeps the period that it was written with, whatever the template says now.
        let period = match (stored_period(sampled), new) {
            (Some(stored), _) => stored,
            (None, Some((period, _))) => wanted_period(period)?.ticks,
            (None, None) => return Ok(Rewritten { value: sampled.to_value(), changed: false }),
        };
        let slots = Slots::new(self.start, self.end, period, self.limits.samples)?;
        let data = sampled.get("data").and_then(Node::as_str);
        let samples = new.map(|(_, series)| series.samples.as_slice()).unwrap_or_default();
        if data.is_none() && new.is_none() {
            return Ok(Rewritten { value: sampled.to_value(), changed: false });
        }
        let text = slots.merged(data.unwrap_or_default(), self.old_start, samples)?;
        let changed = data != Some(text.as_str());
        let mut object: Object = sampled
            .members()
            .filter(|(name, _)| *name != "data")
            .map(|(name, node)| (name.to_owned(), node.to_value()))
            .collect();
        object.insert("data", text);
        Ok(Rewritten { value: object.into(), changed })
    }
}

fn measured<'g, 'm>(template: &ValueTemplate, group: &'g ObservationGroup<'m>) -> Option<&'g Series<'m>> {
    template.name.as_deref().and_then(|name| group.series(name))
}

fn wanted_period(period: Option<&SamplePeriod>) -> Result<&SamplePeriod, Error> {
    period.ok_or_else(|| Error::new(ErrorKind::InvalidSamples, "SampledData needs a defaultPeriod"))
}

/// The period of an existing series in ticks.
fn stored_period(sampled: Node<'_>) -> Option<i64> {
    let ticks = ticks_of_millis(sampled.get("period")?.as_number()?);
    (ticks > 0).then_some(ticks)
}

fn member_of(kind: &ValueKind) -> &'static str {
    match kind {
        ValueKind::SampledData { .. } => SAMPLED,
        ValueKind::Quantity { .. } => "valueQuantity",
        ValueKind::CodeableConcept(_) => "valueCodeableConcept",
        ValueKind::String => "valueString",
    }
}
