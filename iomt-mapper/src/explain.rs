//! Why a message gave what it gave: for each template whether it matched, and which part of the message fed
//! which field.
//!
//! A mapping that matches nothing drops its messages in silence; the author of one needs to see where.

use crate::error::Error;
use crate::expression::budget::Budget;
use crate::expression::{Expression, Language, Value};
use crate::mapper::Mapper;
use crate::measurement::Measurement;
use crate::options::Limits;
use crate::template::device::{DeviceTemplate, DeviceTemplateKind, Field};
use crate::token::Token;
use hygea_fhir_model::Position;
use hygea_fhir_model::json::Node;
use std::ops::Range;

/// What one device template made of a message.
#[derive(Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The template's place in the mapping, such as `template[2].template`.
    pub template: String,
    /// Where the template starts in the text of the mapping.
    pub position: Position,
    /// The type of its measurements.
    pub type_name: String,
    /// The match expression.
    pub expression: String,
    /// What its expression selected; empty if the template does not match.
    pub matches: Vec<MatchExplanation>,
    /// Why the match expression failed, if it did.
    pub error: Option<Error>,
}

/// One match of a template.
#[derive(Debug)]
#[non_exhaustive]
pub struct MatchExplanation {
    /// The bytes of the message that matched; none if the expression made its match up.
    pub span: Option<Range<usize>>,
    /// The fields of the template, in the order in which they are read.
    pub fields: Vec<FieldExplanation>,
    /// The measurement, or why there is none.
    pub measurement: Result<Measurement<'static>, Error>,
}

/// One field of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldExplanation {
    /// The member of the template, such as `template[2].template.values[0].valueExpression`.
    pub member: String,
    /// The text of the expression.
    pub expression: String,
    /// Its language.
    pub language: Language,
    /// The bytes of the message that it selected; none if it selected nothing or computed a value.
    pub span: Option<Range<usize>>,
    /// Whether it gave a value.
    pub found: bool,
}

impl Mapper {
    /// Tells for each device template what it makes of a message.
    #[must_use]
    pub fn explain(&self, event: Node<'_>) -> Vec<Explanation> {
        let templates = self.device_mapping().templates().iter();
        templates.map(|template| self.explain_template(template, event)).collect()
    }

    fn explain_template(&self, template: &DeviceTemplate, event: Node<'_>) -> Explanation {
        let expression = template.type_match.expression.as_ref();
        let mut explanation = Explanation {
            template: template.path().to_owned(),
            position: template.position(),
            type_name: template.type_name().to_owned(),
            expression: expression.map(Expression::text).unwrap_or_default().to_owned(),
            matches: Vec::new(),
            error: None,
        };
        let mut measurements = Vec::new();
        let failure =
            self.device_mapping().normalize_with(template, event, &Limits::default(), &mut measurements);
        let mut measurements = measurements.into_iter().map(Measurement::into_owned);
        let mut failure = failure.err();
        let Some(expression) = expression else {
            explanation.error = failure;
            return explanation;
        };
        let budget = Budget::new(&Limits::default());
        let mut spans = Vec::new();
        let selected = expression.matches(Token::new(event), self.mode(), &budget, &mut |value| {
            let part = part_of(&value, event);
            let fields = match &value {
                Value::Token(token) if part.is_some() => self.fields(template, event, token.node()),
                _ => Vec::new(),
            };
            spans.push((part.map(Node::span), fields));
            Ok(())
        });
        for (span, fields) in spans {
            // The first match without a measurement is the one that failed; later ones were not tried.
            let measurement = match (measurements.next(), failure.take()) {
                (Some(measurement), error) => {
                    failure = error;
                    Ok(measurement)
                }
                (None, Some(error)) => Err(error),
                (None, None) => break,
            };
            explanation.matches.push(MatchExplanation { span, fields, measurement });
        }
        explanation.error = failure.or_else(|| selected.err());
        explanation
    }

    fn fields(&self, template: &DeviceTemplate, event: Node<'_>, matched: Node<'_>) -> Vec<FieldExplanation> {
        let view = match template.kind {
            DeviceTemplateKind::CalculatedContent => Token::with_matched(event, matched),
            _ => Token::new(matched),
        };
        let fields = std::iter::once(&template.device_id)
            .chain(&template.timestamp)
            .chain(&template.correlation_id)
            .chain(&template.patient_id)
            .chain(&template.encounter_id)
            .chain(template.values.iter().map(|value| &value.field));
        let budget = Budget::new(&Limits::default());
        fields.filter_map(|field| self.field(field, view, event, &budget)).collect()
    }

    fn field(
        &self,
        field: &Field,
        view: Token<'_>,
        event: Node<'_>,
        budget: &Budget,
    ) -> Option<FieldExplanation> {
        let expression = field.expression.as_ref()?;
        let value = expression.single(view, self.mode(), budget).ok().flatten();
        Some(FieldExplanation {
            member: field.member.clone(),
            expression: expression.text().to_owned(),
            language: expression.language(),
            span: value.as_ref().and_then(|value| part_of(value, event)).map(Node::span),
            found: value.is_some(),
        })
    }
}

/// The part of the message that a value is.
fn part_of<'v>(value: &Value<'v>, event: Node<'_>) -> Option<Node<'v>> {
    match value {
        Value::Token(token) if std::ptr::eq(token.node().document(), event.document()) => Some(token.node()),
        _ => None,
    }
}
