//! FHIR templates: how the measurements of a type become Observations (spec: FHIR mapping).

use super::read::{Member, Members, Unknown};
use super::{TypeName, collection, container, is_type};
use crate::error::{Error, ErrorKind};
use crate::options::Mode;
use hygea_fhir_model::Position;
use hygea_fhir_model::json::Node;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A FHIR mapping: a `CollectionFhir` and its templates, found by the type of a measurement.
#[derive(Debug)]
pub struct FhirMapping {
    mode: Mode,
    templates: Vec<FhirTemplate>,
    by_type: HashMap<String, usize>,
}

/// One `CodeValueFhir` template.
#[derive(Debug)]
pub struct FhirTemplate {
    pub(crate) type_name: String,
    pub(crate) period: Period,
    pub(crate) codes: Vec<Coding>,
    pub(crate) category: Vec<Concept>,
    pub(crate) value: Option<ValueTemplate>,
    pub(crate) components: Vec<ComponentTemplate>,
    path: String,
    position: Position,
}

/// Which measurements share one Observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Period {
    /// Those of one instant (0).
    Single,
    /// Those of one hour in UTC (60).
    Hourly,
    /// Those of one day in UTC (1440).
    Daily,
    /// Those with one correlation id (-1).
    Correlation,
    /// Any other number: it may stand in a template, and fails when measurements are grouped.
    Unsupported,
}

#[derive(Debug)]
pub(crate) struct Coding {
    pub(crate) system: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) display: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Concept {
    pub(crate) text: Option<String>,
    pub(crate) codes: Vec<Coding>,
}

#[derive(Debug)]
pub(crate) struct ValueTemplate {
    /// The measured value that is written; without one, nothing is.
    pub(crate) name: Option<String>,
    pub(crate) kind: ValueKind,
}

#[derive(Debug)]
pub(crate) enum ValueKind {
    SampledData { period: Option<SamplePeriod>, unit: Option<String> },
    Quantity { unit: Option<String>, system: Option<String>, code: Option<String> },
    CodeableConcept(Concept),
    String,
}

/// The time between two samples.
#[derive(Debug)]
pub(crate) struct SamplePeriod {
    /// Milliseconds, as the template writes them.
    pub(crate) text: String,
    pub(crate) ticks: i64,
}

#[derive(Debug)]
pub(crate) struct ComponentTemplate {
    pub(crate) codes: Vec<Coding>,
    pub(crate) value: ValueTemplate,
}

const COLLECTION: TypeName = ("CollectionFhir", true);
const TEMPLATE: TypeName = ("CodeValueFhir", true);

impl FhirMapping {
    /// Reads a mapping; any mistake in it is an error.
    ///
    /// # Errors
    /// The first mistake with its member and place, the others in [`Error::others`].
    pub fn new(json: &[u8], mode: Mode) -> Result<Self, Error> {
        let (mapping, errors) = Self::read(json, mode)?;
        match Error::all(errors) {
            Some(error) => Err(error),
            None => Ok(mapping),
        }
    }

    /// Reads a mapping and leaves out the templates that have mistakes.
    ///
    /// # Errors
    /// If there is no collection of templates at all.
    pub fn read(json: &[u8], mode: Mode) -> Result<(Self, Vec<Error>), Error> {
        let mut mapping = Self { mode, templates: Vec::new(), by_type: HashMap::new() };
        let errors = collection(json, mode, COLLECTION, |node, path, errors| {
            let Some(template) = template(node, path, errors) else { return };
            match mapping.by_type.entry(template.type_name.to_uppercase()) {
                Entry::Occupied(_) => {
                    let detail = "another template stands for the same typeName";
                    let path = format!("{}.typeName", template.path);
                    errors.push(
                        Error::new(ErrorKind::DuplicateTemplate, detail).at(path, Some(template.position)),
                    );
                }
                Entry::Vacant(entry) => {
                    entry.insert(mapping.templates.len());
                    mapping.templates.push(template);
                }
            }
        })?;
        Ok((mapping, errors))
    }

    /// The templates in their order.
    #[must_use]
    pub fn templates(&self) -> &[FhirTemplate] {
        &self.templates
    }

    /// The rules by which the mapping was read.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The template for a type of measurement, without regard to case.
    #[must_use]
    pub fn template(&self, type_name: &str) -> Option<&FhirTemplate> {
        self.index(type_name).and_then(|index| self.templates.get(index))
    }

    pub(crate) fn index(&self, type_name: &str) -> Option<usize> {
        self.by_type.get(&type_name.to_uppercase()).copied()
    }
}

impl FhirTemplate {
    /// The type of measurement that it stands for.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Which measurements share one Observation.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// The names of the values that it writes: of its components if it has any, and its own.
    pub fn value_names(&self) -> impl Iterator<Item = &str> {
        let components = self.components.iter().map(|component| &component.value);
        components.chain(&self.value).filter_map(|value| value.name.as_deref())
    }

    /// Its place in the mapping, such as `template[2].template`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where it starts in the text of the mapping.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }
}

fn template(node: Node<'_>, path: &str, errors: &mut Vec<Error>) -> Option<FhirTemplate> {
    let before = errors.len();
    let (kind, inner) = container(node, path, errors)?;
    if !is_type(&kind, TEMPLATE) {
        let path = format!("{path}.templateType");
        let detail = "the templateType is not CodeValueFhir";
        errors.push(Error::new(ErrorKind::UnknownTemplateType, detail).at(path, Some(node.position())));
        return None;
    }
    let path = format!("{path}.template");
    let known = ["typeName", "codes", "periodInterval", "category", "value", "components"];
    let members = Members::read(inner, &path, &known, Unknown::Refused, errors)?;
    let type_name = members.required("typeName", errors).and_then(|member| {
        let name = member.text(errors)?;
        if name.trim().is_empty() {
            errors.push(member.invalid(ErrorKind::InvalidValue, "the typeName is blank"));
        }
        Some(name)
    });
    let codes = members.required("codes", errors).map(|member| codings(&member, Unknown::Refused, errors));
    let period = members.optional("periodInterval").and_then(|member| period(&member, errors));
    let category = members.optional("category").map(|member| {
        let items = member.items(errors);
        items.iter().filter_map(|item| concept(item, Unknown::Refused, errors)).collect()
    });
    let value = members.optional("value").and_then(|member| value(&member, errors));
    let components = members.optional("components").map(|member| {
        let items = member.items(errors);
        items.iter().filter_map(|item| component(item, errors)).collect()
    });
    if errors.len() > before {
        return None;
    }
    Some(FhirTemplate {
        type_name: type_name?,
        period: period.unwrap_or(Period::Single),
        codes: codes?,
        category: category.unwrap_or_default(),
        value,
        components: components.unwrap_or_default(),
        path,
        position: inner.position(),
    })
}

/// A number, or the name that the reference gives to it.
fn period(member: &Member<'_>, errors: &mut Vec<Error>) -> Option<Period> {
    let text = member.text(errors)?;
    let text = text.trim();
    let named = [("CorrelationId", -1), ("Single", 0), ("Hourly", 60), ("Daily", 1440)];
    let named = named.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| *number);
    match named.or_else(|| text.parse::<i32>().ok()) {
        Some(-1) => Some(Period::Correlation),
        Some(0) => Some(Period::Single),
        Some(60) => Some(Period::Hourly),
        Some(1440) => Some(Period::Daily),
        Some(_) => Some(Period::Unsupported),
        None => {
            errors.push(member.invalid(ErrorKind::InvalidValue, "the period must be 0, 60, 1440 or -1"));
            None
        }
    }
}

fn component(member: &Member<'_>, errors: &mut Vec<Error>) -> Option<ComponentTemplate> {
    let members = Members::read(member.node, &member.path, &["codes", "value"], Unknown::Refused, errors)?;
    let codes = members.optional("codes").map(|member| codings(&member, Unknown::Refused, errors));
    let value = members.required("value", errors).and_then(|member| value(&member, errors))?;
    Some(ComponentTemplate { codes: codes.unwrap_or_default(), value })
}

fn value(member: &Member<'_>, errors: &mut Vec<Error>) -> Option<ValueTemplate> {
    let known = ["valueType", "valueName", "defaultPeriod", "unit", "system", "code", "text", "codes"];
    let members = Members::read(member.node, &member.path, &known, Unknown::Ignored, errors)?;
    let kind = members.required("valueType", errors)?;
    let mut text = |name: &str| members.optional(name).and_then(|member| member.text(errors));
    let name = text("valueName").filter(|name| !name.trim().is_empty());
    let (unit, system, code) = (text("unit"), text("system"), text("code"));
    let kind = match kind.text(errors)?.to_ascii_lowercase().as_str() {
        "sampleddata" => {
            let period = members.optional("defaultPeriod").and_then(|member| {
                let text = member.decimal(errors)?;
                Some(SamplePeriod { ticks: ticks_of_millis(&text), text })
            });
            ValueKind::SampledData { period, unit }
        }
        "quantity" => ValueKind::Quantity { unit, system, code },
        "codeableconcept" => {
            let text = members.optional("text").and_then(|member| member.text(errors));
            let codes = members.optional("codes").map(|member| codings(&member, Unknown::Ignored, errors));
            ValueKind::CodeableConcept(Concept { text, codes: codes.unwrap_or_default() })
        }
        "string" => ValueKind::String,
        _ => {
            let detail = "the valueType is none of SampledData, Quantity, CodeableConcept and String";
            errors.push(kind.invalid(ErrorKind::InvalidValue, detail));
            return None;
        }
    };
    Some(ValueTemplate { name, kind })
}

fn concept(member: &Member<'_>, unknown: Unknown, errors: &mut Vec<Error>) -> Option<Concept> {
    let members = Members::read(member.node, &member.path, &["text", "codes"], unknown, errors)?;
    let text = members.optional("text").and_then(|member| member.text(errors));
    let codes = members.optional("codes").map(|member| codings(&member, unknown, errors));
    Some(Concept { text, codes: codes.unwrap_or_default() })
}

fn codings(member: &Member<'_>, unknown: Unknown, errors: &mut Vec<Error>) -> Vec<Coding> {
    let mut codings = Vec::new();
    for item in member.items(errors) {
        let known = ["code", "system", "display"];
        let Some(members) = Members::read(item.node, &item.path, &known, unknown, errors) else { continue };
        let mut text = |name: &str| members.optional(name).and_then(|member| member.text(errors));
        codings.push(Coding { code: text("code"), system: text("system"), display: text("display") });
    }
    codings
}

/// Milliseconds as ticks, cut off below 100 ns; 0 where they are no span of time.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn ticks_of_millis(text: &str) -> i64 {
    let millis: f64 = text.parse().unwrap_or(0.0);
    if !(0.0..9.0e14).contains(&millis) {
        return 0;
    }
    let whole = millis.trunc();
    whole as i64 * 10_000 + ((millis - whole) * 10_000.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_samples() {
        for (text, ticks) in
            [("5000", 50_000_000), ("0.5", 5_000), ("0.00001", 0), ("-5", 0), ("0", 0), ("1e300", 0)]
        {
            assert_eq!(ticks_of_millis(text), ticks, "{text}");
        }
    }
}
