//! What two mappings that load will still do wrong on messages (spec: validator).

use crate::error::{Error, ErrorKind};
use crate::expression::Expression;
use crate::mapper::Mapper;
use crate::template::device::{DeviceTemplate, Field};

impl Mapper {
    /// What the mappings will fail on or lose without a word: a JSONPath that does not parse (in
    /// [`Mode::Compat`](crate::Mode::Compat) it passes when the mapping is read), a type without a FHIR
    /// template, a value that no FHIR template writes. Each with the place in the device mapping.
    #[must_use]
    pub fn warnings(&self) -> Vec<Error> {
        let mut warnings = Vec::new();
        for template in self.device_mapping().templates() {
            warnings.extend(fields(template).filter_map(broken));
            let Some(fhir) = self.fhir_mapping().template(template.type_name()) else {
                let detail = "no FHIR template stands for the measurements of this template";
                let path = format!("{}.typeName", template.path());
                let error = Error::new(ErrorKind::TemplateNotFound, detail);
                warnings.push(error.at(path, Some(template.position())));
                continue;
            };
            for value in &template.values {
                if !fhir.value_names().any(|name| name == value.name) {
                    let detail = "the FHIR template of this type does not write the value";
                    let error = Error::new(ErrorKind::UnusedValue, detail);
                    warnings.push(error.at(value.field.member.clone(), value.field.position));
                }
            }
        }
        warnings
    }
}

fn fields(template: &DeviceTemplate) -> impl Iterator<Item = &Field> {
    [&template.type_match, &template.device_id]
        .into_iter()
        .chain(&template.timestamp)
        .chain(&template.patient_id)
        .chain(&template.encounter_id)
        .chain(&template.correlation_id)
        .chain(template.values.iter().map(|value| &value.field))
}

fn broken(field: &Field) -> Option<Error> {
    let error = field.expression.as_ref().and_then(Expression::broken)?;
    Some(error.repeat().at(field.member.clone(), field.position))
}
