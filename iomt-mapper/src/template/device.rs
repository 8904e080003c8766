//! Device templates: which part of a message is a measurement, and where its fields are (spec: device
//! template fields).

use super::read::{Member, Members, Unknown};
use super::{TypeName, collection, container, is_type};
use crate::error::{Error, ErrorKind};
use crate::expression::{Expression, Language};
use crate::options::Mode;
use crate::prefilter::Prefilter;
use hygea_fhir_model::Position;
use hygea_fhir_model::json::Node;

/// A device mapping: a `CollectionContent` and its templates, compiled.
#[derive(Debug)]
pub struct DeviceMapping {
    mode: Mode,
    templates: Vec<DeviceTemplate>,
    prefilter: Prefilter,
}

/// What kind of device template it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceTemplateKind {
    /// JSONPath on the matched token.
    JsonPathContent,
    /// As `JsonPathContent`, with the device id and time of an IoT hub.
    IotJsonPathContent,
    /// As `JsonPathContent`, with the device id and time of IoT Central.
    IotCentralJsonPathContent,
    /// JSONPath or JMESPath on the whole message with `matchedToken`.
    CalculatedContent,
}

/// One device template.
#[derive(Debug)]
pub struct DeviceTemplate {
    pub(crate) kind: DeviceTemplateKind,
    pub(crate) type_name: String,
    pub(crate) type_match: Field,
    pub(crate) device_id: Field,
    /// The first that gives an instant counts.
    pub(crate) timestamp: Vec<Field>,
    pub(crate) patient_id: Option<Field>,
    pub(crate) encounter_id: Option<Field>,
    pub(crate) correlation_id: Option<Field>,
    pub(crate) values: Vec<ValueField>,
    path: String,
    position: Position,
}

/// Where a field of a measurement comes from.
#[derive(Debug)]
pub(crate) struct Field {
    /// The member of the template, for messages about it.
    pub(crate) member: String,
    /// Absent where the template leaves the text blank.
    pub(crate) expression: Option<Expression>,
    pub(crate) position: Option<Position>,
}

/// A value of a measurement.
#[derive(Debug)]
pub(crate) struct ValueField {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) field: Field,
}

const COLLECTION: TypeName = ("CollectionContent", true);
const KINDS: [(TypeName, DeviceTemplateKind); 4] = [
    (("JsonPathContent", true), DeviceTemplateKind::JsonPathContent),
    (("IotJsonPathContent", true), DeviceTemplateKind::IotJsonPathContent),
    (("IotCentralJsonPathContent", false), DeviceTemplateKind::IotCentralJsonPathContent),
    (("CalculatedContent", false), DeviceTemplateKind::CalculatedContent),
];
const MEMBERS: [&str; 9] = [
    "typeName",
    "typeMatchExpression",
    "deviceIdExpression",
    "timestampExpression",
    "patientIdExpression",
    "encounterIdExpression",
    "correlationIdExpression",
    "values",
    "defaultExpressionLanguage",
];

impl DeviceMapping {
    /// Reads a mapping; any mistake in it is an error.
    ///
    /// # Errors
    /// The first mistake with its member and place, the others in [`Error::others`]. A JSONPath that does not
    /// parse is a mistake in [`Mode::Strict`]; in [`Mode::Compat`] it fails on each message.
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
        let mut templates = Vec::new();
        let errors = collection(json, mode, COLLECTION, |node, path, errors| {
            if let Some(template) = template(node, path, mode, errors) {
                templates.push(template);
            }
        })?;
        let prefilter =
            Prefilter::new(templates.iter().map(|template: &DeviceTemplate| {
                template.type_match.expression.as_ref().map(Expression::needs)
            }));
        Ok((Self { mode, templates, prefilter }, errors))
    }

    /// The templates in their order.
    #[must_use]
    pub fn templates(&self) -> &[DeviceTemplate] {
        &self.templates
    }

    /// The rules by which the mapping was read.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn prefilter(&self) -> &Prefilter {
        &self.prefilter
    }
}

impl DeviceTemplate {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> DeviceTemplateKind {
        self.kind
    }

    /// The type of its measurements.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The names of the values that its measurements may have.
    pub fn value_names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|value| value.name.as_str())
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

/// Reads one container of the collection.
fn template(node: Node<'_>, path: &str, mode: Mode, errors: &mut Vec<Error>) -> Option<DeviceTemplate> {
    let before = errors.len();
    let (type_name, inner) = container(node, path, errors)?;
    let Some(&(_, kind)) = KINDS.iter().find(|(name, _)| is_type(&type_name, *name)) else {
        let detail = "the templateType is none of JsonPathContent, IotJsonPathContent, \
                      IotCentralJsonPathContent and CalculatedContent";
        let path = format!("{path}.templateType");
        errors.push(Error::new(ErrorKind::UnknownTemplateType, detail).at(path, Some(node.position())));
        return None;
    };
    let path = format!("{path}.template");
    let known = if kind == DeviceTemplateKind::CalculatedContent { &MEMBERS[..] } else { &MEMBERS[..8] };
    let members = Members::read(inner, &path, known, Unknown::Refused, errors)?;
    let reader = Reader { mode, kind, language: default_language(&members, errors) };

    let type_name = members.required("typeName", errors).and_then(|member| member.text(errors));
    let type_match = reader.required(&members, "typeMatchExpression", errors);
    let (device_id, timestamp) = reader.device_and_time(&members, errors);
    let patient_id = reader.optional(&members, "patientIdExpression", errors);
    let encounter_id = reader.optional(&members, "encounterIdExpression", errors);
    let correlation_id = reader.optional(&members, "correlationIdExpression", errors);
    let values = reader.values(&members, errors);
    if errors.len() > before {
        return None;
    }
    Some(DeviceTemplate {
        kind,
        type_name: type_name?,
        type_match: type_match?,
        device_id: device_id?,
        timestamp,
        patient_id,
        encounter_id,
        correlation_id,
        values,
        path,
        position: inner.position(),
    })
}

fn default_language(members: &Members<'_>, errors: &mut Vec<Error>) -> Language {
    members
        .optional("defaultExpressionLanguage")
        .and_then(|member| language(&member, errors))
        .unwrap_or_default()
}

fn language(member: &Member<'_>, errors: &mut Vec<Error>) -> Option<Language> {
    match member.text(errors)?.parse() {
        Ok(language) => Some(language),
        Err(error) => {
            let error: Error = error;
            errors.push(error.at(member.path.clone(), Some(member.node.position())));
            None
        }
    }
}

/// How the expressions of one template are read.
struct Reader {
    mode: Mode,
    kind: DeviceTemplateKind,
    language: Language,
}

impl Reader {
    fn required(&self, members: &Members<'_>, name: &'static str, errors: &mut Vec<Error>) -> Option<Field> {
        let member = members.required(name, errors)?;
        let field = self.field(&member, errors)?;
        if field.expression.is_none() && !self.mode.is_compat() {
            errors.push(member.invalid(ErrorKind::MissingMember, "the expression is blank"));
        }
        Some(field)
    }

    fn optional(&self, members: &Members<'_>, name: &'static str, errors: &mut Vec<Error>) -> Option<Field> {
        let field = self.field(&members.optional(name)?, errors)?;
        field.expression.is_some().then_some(field)
    }

    /// The device id and the instant: expressions of the template, or those of the hub that the kind stands for.
    fn device_and_time(&self, members: &Members<'_>, errors: &mut Vec<Error>) -> (Option<Field>, Vec<Field>) {
        let (device, times): (&str, &[&str]) = match self.kind {
            DeviceTemplateKind::IotJsonPathContent => (
                "$.SystemProperties.iothub-connection-device-id",
                &["$.Properties.iothub-creation-time-utc", "$.SystemProperties.iothub-enqueuedtime"],
            ),
            DeviceTemplateKind::IotCentralJsonPathContent => ("$.deviceId", &["$.enqueuedTime"]),
            DeviceTemplateKind::JsonPathContent | DeviceTemplateKind::CalculatedContent => {
                let device = self.required(members, "deviceIdExpression", errors);
                let time = self.required(members, "timestampExpression", errors);
                return (device, time.into_iter().collect());
            }
        };
        let times = times.iter().map(|text| Field::fixed("timestampExpression", text));
        (Some(Field::fixed("deviceIdExpression", device)), times.collect())
    }

    fn values(&self, members: &Members<'_>, errors: &mut Vec<Error>) -> Vec<ValueField> {
        let Some(values) = members.optional("values") else { return Vec::new() };
        let mut fields = Vec::new();
        for item in values.items(errors) {
            let known = ["valueName", "valueExpression", "required"];
            let Some(members) = Members::read(item.node, &item.path, &known, Unknown::Refused, errors) else {
                continue;
            };
            let name = members.required("valueName", errors).and_then(|member| member.text(errors));
            let field = self.required(&members, "valueExpression", errors);
            let required =
                members.optional("required").and_then(|member| member.bool(errors)).unwrap_or(false);
            if let (Some(name), Some(field)) = (name, field) {
                fields.push(ValueField { name, required, field });
            }
        }
        fields
    }

    fn field(&self, member: &Member<'_>, errors: &mut Vec<Error>) -> Option<Field> {
        let (text, language) = self.text_and_language(member, errors)?;
        let position = Some(member.node.position());
        let expression = if text.trim().is_empty() {
            None
        } else {
            let compiled = match self.mode {
                Mode::Compat => Expression::compile_later(&text, language),
                Mode::Strict => Expression::compile(&text, language),
            };
            match compiled {
                Ok(expression) => Some(expression),
                Err(error) => {
                    errors.push(error.at(member.path.clone(), position));
                    return None;
                }
            }
        };
        Some(Field { member: member.path.clone(), expression, position })
    }

    /// `"text"`, or in `CalculatedContent` also `{"value": "text", "language": "JmesPath"}`.
    fn text_and_language(&self, member: &Member<'_>, errors: &mut Vec<Error>) -> Option<(String, Language)> {
        if self.kind != DeviceTemplateKind::CalculatedContent || !member.node.is_object() {
            return Some((member.text(errors)?, self.language));
        }
        let members =
            Members::read(member.node, &member.path, &["value", "language"], Unknown::Ignored, errors)?;
        let text = members.required("value", errors)?.text(errors)?;
        let language = match members.optional("language") {
            Some(member) => language(&member, errors)?,
            None => self.language,
        };
        Some((text, language))
    }
}

impl Field {
    /// An expression that the kind of template brings along.
    fn fixed(member: &str, text: &str) -> Self {
        let expression = Expression::compile_later(text, Language::JsonPath).ok();
        Self { member: member.to_owned(), expression, position: None }
    }
}
