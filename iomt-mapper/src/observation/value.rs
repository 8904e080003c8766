//! The value of an Observation or component, by kind.

use super::{concept, filled};
use crate::error::{Error, ErrorKind};
use crate::group::{ObservationGroup, Series};
use crate::number::decimal;
use crate::options::{Limits, Mode};
use crate::samples::Slots;
use crate::template::fhir::{SamplePeriod, ValueKind, ValueTemplate};
use crate::time::Timestamp;
use hygea_fhir_model::json::{Object, Value};

/// Writes values over the span of an Observation.
pub(super) struct ValueWriter<'w> {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) mode: Mode,
    pub(super) limits: &'w Limits,
}

impl ValueWriter<'_> {
    /// A new value and its member's name; nothing if it was not measured.
    pub(super) fn create(
        &self,
        template: &ValueTemplate,
        group: &ObservationGroup<'_>,
    ) -> Result<Option<(&'static str, Value)>, Error> {
        let Some(series) = template.name.as_deref().and_then(|name| group.series(name)) else {
            return Ok(None);
        };
        Ok(Some((member_of(&template.kind), self.value(&template.kind, series)?)))
    }

    /// Puts what was measured into an existing Observation or component; its series starts at `start`.
    pub(super) fn merge(
        &self,
        template: &ValueTemplate,
        group: &ObservationGroup<'_>,
        holder: &mut Object,
        start: Timestamp,
    ) -> Result<(), Error> {
        let Some(series) = template.name.as_deref().and_then(|name| group.series(name)) else {
            return Ok(());
        };
        let member = member_of(&template.kind);
        let existing =
            holder.iter().find(|(name, _)| name.starts_with("value")).map(|(name, _)| name == member);
        match existing {
            Some(true) => {}
            // Strict: an Observation without a value gets one.
            None if self.mode == Mode::Strict => {
                holder.insert(member, self.value(&template.kind, series)?);
                return Ok(());
            }
            _ => {
                let detail = "the existing value is of another type than the template's";
                return Err(Error::new(ErrorKind::ValueTypeMismatch, detail));
            }
        }
        if let (ValueKind::SampledData { period, .. }, Some(Value::Object(sampled))) =
            (&template.kind, holder.get_mut(member))
        {
            return self.merge_samples(period.as_ref(), sampled, series, start);
        }
        holder.insert(member, self.value(&template.kind, series)?);
        Ok(())
    }

    /// Shifts the series of an Observation whose start moved to the front, so that each sample keeps its time.
    pub(super) fn move_start(&self, object: &mut Object, old: Timestamp) -> Result<(), Error> {
        self.shift(object, old)?;
        if let Some(Value::Array(components)) = object.get_mut("component") {
            for component in components.iter_mut().filter_map(Value::as_object_mut) {
                self.shift(component, old)?;
            }
        }
        Ok(())
    }

    fn shift(&self, holder: &mut Object, old: Timestamp) -> Result<(), Error> {
        let Some(Value::Object(sampled)) = holder.get_mut("valueSampledData") else { return Ok(()) };
        let Some(period) = stored_period(sampled) else { return Ok(()) };
        let slots = Slots::new(self.start, self.end, period, self.limits.samples)?;
        let text = match sampled.get("data").and_then(Value::as_str) {
            Some(data) => slots.text(Some((data, old)), &[])?,
            None => return Ok(()),
        };
        sampled.insert("data", text);
        Ok(())
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
                    .with("data", slots.text(None, &series.samples)?)
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

    fn merge_samples(
        &self,
        period: Option<&SamplePeriod>,
        sampled: &mut Object,
        series: &Series<'_>,
        start: Timestamp,
    ) -> Result<(), Error> {
        if sampled
            .get("dimensions")
            .is_some_and(|dimensions| !matches!(dimensions, Value::Number(one) if **one == *"1"))
        {
            let detail = "the existing SampledData has more than one dimension";
            return Err(Error::new(ErrorKind::ValueTypeMismatch, detail));
        }
        // An existing series keeps the period that it was written with, whatever the template says now.
        let period = match stored_period(sampled) {
            Some(stored) => stored,
            None => wanted_period(period)?.ticks,
        };
        let slots = Slots::new(self.start, self.end, period, self.limits.samples)?;
        let data = sampled.get("data").and_then(Value::as_str).unwrap_or_default();
        let text = slots.text(Some((data, start)), &series.samples)?;
        sampled.insert("data", text);
        Ok(())
    }
}

fn wanted_period(period: Option<&SamplePeriod>) -> Result<&SamplePeriod, Error> {
    period.ok_or_else(|| Error::new(ErrorKind::InvalidSamples, "SampledData needs a defaultPeriod"))
}

/// The period of an existing series in ticks.
fn stored_period(sampled: &Object) -> Option<i64> {
    let Some(Value::Number(text)) = sampled.get("period") else { return None };
    let ticks = crate::template::fhir::ticks_of_millis(text);
    (ticks > 0).then_some(ticks)
}

fn member_of(kind: &ValueKind) -> &'static str {
    match kind {
        ValueKind::SampledData { .. } => "valueSampledData",
        ValueKind::Quantity { .. } => "valueQuantity",
        ValueKind::CodeableConcept(_) => "valueCodeableConcept",
        ValueKind::String => "valueString",
    }
}
