//! A group of measurements as an Observation: a new one, or merged into the one that its window has already
//! (spec: create and merge Observation, value processors).
//!
//! `compat` gives the reference's Observations; only where the reference would damage a stored series (samples
//! before its start, a start that moves, a template whose period changed, a sample with a space in it) both
//! modes do what is right.

mod value;

use crate::error::{Error, ErrorKind};
use crate::group::ObservationGroup;
use crate::identity::{Resolved, SERVICE_SYSTEM};
use crate::options::{Limits, Mode};
use crate::template::fhir::{Coding, ComponentTemplate, Concept, FhirMapping, FhirTemplate};
use crate::time::{Timestamp, lenient};
use hygea_fhir_model::json::{Node, Object, Value};
use value::ValueWriter;

/// What to do with an Observation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// It is new: write it under its id.
    Create(Value),
    /// It differs from the existing one: write it under the existing id.
    Update(Value),
    /// It is as it was: write nothing.
    Unchanged,
}

impl FhirMapping {
    /// The Observation of a group. `existing` is the one with the same identifier
    /// ([`ObservationGroup::identifier`]), if there is one; `now` becomes `issued` of a new one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidQuantity`], [`ErrorKind::InvalidSamples`], [`ErrorKind::SeveralValues`] for what
    /// was measured; [`ErrorKind::ValueTypeMismatch`], [`ErrorKind::UnsupportedEffective`] for the existing
    /// Observation; [`ErrorKind::TemplateNotFound`] for a group of another mapping.
    pub fn observation(
        &self,
        group: &ObservationGroup<'_>,
        resolved: &Resolved,
        existing: Option<Node<'_>>,
        now: Timestamp,
        limits: &Limits,
    ) -> Result<Change, Error> {
        let template = self
            .templates()
            .get(group.template())
            .filter(|template| template.type_name().to_uppercase() == group.type_name().to_uppercase());
        let Some(template) = template else {
            return Err(Error::new(ErrorKind::TemplateNotFound, "the group was made by another mapping"));
        };
        let writing = Writing { template, group, mode: self.mode(), limits };
        let result = match existing {
            None => writing.create(resolved, now).map(|object| Change::Create(object.into())),
            Some(existing) => writing.merge(existing),
        };
        result.map_err(|error| error.at(template.path(), Some(template.position())))
    }
}

/// One Observation in the making.
struct Writing<'w, 'm> {
    template: &'w FhirTemplate,
    group: &'w ObservationGroup<'m>,
    mode: Mode,
    limits: &'w Limits,
}

/// From the first to the last instant that an Observation covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: Timestamp,
    end: Timestamp,
}

impl Writing<'_, '_> {
    fn create(&self, resolved: &Resolved, now: Timestamp) -> Result<Object, Error> {
        let identifier = self.group.identifier(resolved);
        let span = self.span();
        let writer = self.writer(span);
        let encounter = resolved.encounter_id.as_ref().map(|id| reference("Encounter", id));
        let mut object = Object::new()
            .with("resourceType", "Observation")
            .with("id", identifier.resource_id())
            .with("identifier", vec![identifier.to_value()])
            .with("status", "final")
            .with_some("category", self.category())
            .with("code", concept_with_type(self.group.type_name(), &self.template.codes))
            .with("subject", reference("Patient", &resolved.patient_id))
            .with_some("encounter", encounter)
            .with("effectivePeriod", period(span))
            .with("issued", now.to_string());
        if let Some(value) = &self.template.value
            && let Some((name, value)) = writer.create(value, self.group)?
        {
            object = object.with(name, value);
        }
        object = object.with("device", reference("Device", &resolved.device_id));
        let mut components = Vec::new();
        for component in &self.template.components {
            components.extend(self.component(component, &writer)?);
        }
        if !components.is_empty() {
            object = object.with("component", components);
        }
        Ok(object)
    }

    fn merge(&self, existing: Node<'_>) -> Result<Change, Error> {
        if !existing.is_object() {
            return Err(Error::new(ErrorKind::WrongType, "the existing Observation is no object"));
        }
        let old = effective(existing)?;
        let new = Span { start: old.start.min(self.group.start()), end: old.end.max(self.group.end()) };
        let writer = ValueWriter { old_start: old.start, ..self.writer(new) };
        let merged = writer.merge(existing, self.template.value.as_ref(), self.group)?;
        let (mut object, mut changed) = (merged.value, merged.changed);

        let category = self.category().map(Value::Array);
        if existing.get("category").map(Node::to_value) != category {
            changed = true;
            match category {
                Some(category) => object.insert("category", category),
                None => object.remove("category"),
            };
        }
        changed |= self.merge_components(existing, &mut object, &writer)?;
        if new != old || existing.get("effectivePeriod").is_none() {
            changed = true;
            for name in ["effectiveDateTime", "_effectiveDateTime", "effectiveInstant", "_effectiveInstant"] {
                object.remove(name);
            }
            object.insert("effectivePeriod", period(new));
        }
        if !changed {
            return Ok(Change::Unchanged);
        }
        object.insert("status", "amended");
        Ok(Change::Update(object.into()))
    }

    /// Puts the merged components into `object`; true if they differ from what they were.
    fn merge_components(
        &self,
        existing: Node<'_>,
        object: &mut Object,
        writer: &ValueWriter<'_>,
    ) -> Result<bool, Error> {
        let old = existing.get("component");
        if old.is_some_and(|components| !components.is_array()) {
            return Err(Error::new(ErrorKind::WrongType, "the existing components are no array"));
        }
        let mut changed = false;
        let mut known: Vec<&str> = Vec::new();
        let mut components: Vec<Value> = Vec::new();
        for component in old.into_iter().flat_map(Node::items) {
            // The first component with a name is the one that the name stands for.
            let template = self.template.components.iter().find(|template| {
                let name = template.value.name.as_deref();
                name.is_some_and(|name| !known.contains(&name) && is_coded(component, name))
            });
            known.extend(template.and_then(|template| template.value.name.as_deref()));
            if !component.is_object() {
                components.push(component.to_value());
                continue;
            }
            let merged = writer.merge(component, template.map(|template| &template.value), self.group)?;
            changed |= merged.changed;
            components.push(merged.value.into());
        }
        for template in &self.template.components {
            if template.value.name.as_deref().is_some_and(|name| !known.contains(&name)) {
                let component = self.component(template, writer)?;
                changed |= component.is_some();
                components.extend(component);
            }
        }
        if changed {
            object.insert("component", components);
        }
        Ok(changed)
    }

    fn component(
        &self,
        template: &ComponentTemplate,
        writer: &ValueWriter<'_>,
    ) -> Result<Option<Value>, Error> {
        let Some((name, value)) = writer.create(&template.value, self.group)? else { return Ok(None) };
        let code = template.value.name.as_deref().unwrap_or_default();
        Ok(Some(
            Object::new().with("code", concept_with_type(code, &template.codes)).with(name, value).into(),
        ))
    }

    fn category(&self) -> Option<Vec<Value>> {
        let category: Vec<Value> = self.template.category.iter().filter_map(concept).collect();
        (!category.is_empty()).then_some(category)
    }

    fn span(&self) -> Span {
        Span { start: self.group.start(), end: self.group.end() }
    }

    fn writer(&self, span: Span) -> ValueWriter<'_> {
        let Span { start, end } = span;
        ValueWriter { start, end, old_start: start, mode: self.mode, limits: self.limits }
    }
}

fn reference(resource_type: &str, id: &str) -> Value {
    Object::new().with("reference", format!("{resource_type}/{id}")).into()
}

fn period(span: Span) -> Value {
    Object::new().with("start", span.start.full_text()).with("end", span.end.full_text()).into()
}

/// The template's codes and, behind them, the name of what was measured in the mapper's own system.
fn concept_with_type(name: &str, codes: &[Coding]) -> Value {
    let own = Object::new().with("system", SERVICE_SYSTEM).with("code", name).with("display", name);
    let coding: Vec<Value> = codes.iter().filter_map(coding).chain([own.into()]).collect();
    Object::new().with("coding", coding).with("text", name).into()
}

/// A concept, unless it says nothing.
fn concept(concept: &Concept) -> Option<Value> {
    let coding: Vec<Value> = concept.codes.iter().filter_map(coding).collect();
    let coding = (!coding.is_empty()).then_some(coding);
    let text = concept.text.as_deref().filter(|text| !text.is_empty());
    (coding.is_some() || text.is_some())
        .then(|| Object::new().with_some("coding", coding).with_some("text", text).into())
}

fn coding(coding: &Coding) -> Option<Value> {
    let object = Object::new()
        .with_some("system", filled(&coding.system))
        .with_some("code", filled(&coding.code))
        .with_some("display", filled(&coding.display));
    (!object.is_empty()).then(|| object.into())
}

/// A text that FHIR can hold: it has no empty strings.
fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn is_coded(component: Node<'_>, name: &str) -> bool {
    let mut codings =
        component.get("code").and_then(|code| code.get("coding")).into_iter().flat_map(Node::items);
    codings.any(|coding| {
        let text = |member| coding.get(member).and_then(Node::as_str);
        text("system") == Some(SERVICE_SYSTEM) && text("code") == Some(name)
    })
}

/// The time that an existing Observation covers.
fn effective(existing: Node<'_>) -> Result<Span, Error> {
    let wrong = || {
        let detail = "the existing Observation's effective time is neither a period nor an instant";
        Error::new(ErrorKind::UnsupportedEffective, detail)
    };
    let time = |node: Option<Node<'_>>| {
        node.and_then(Node::as_str).and_then(lenient).map(|moment| moment.time).ok_or_else(wrong)
    };
    if let Some(period) = existing.get("effectivePeriod") {
        return Ok(Span { start: time(period.get("start"))?, end: time(period.get("end"))? });
    }
    let instant = time(existing.get("effectiveDateTime").or_else(|| existing.get("effectiveInstant")))?;
    Ok(Span { start: instant, end: instant })
}
