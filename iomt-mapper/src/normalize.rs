//! Message and device templates to measurements (spec: extraction algorithm).
//!
//! Every template is tried in order and every match gives a measurement. What cannot be read from a match is
//! an error that names the template's member, never the value.

use crate::error::{Error, ErrorKind};
use crate::expression::budget::Budget;
use crate::expression::{Unlike, Value, text_of, time_of};
use crate::measurement::{Measurement, Property};
use crate::options::{Limits, Mode};
use crate::template::device::{DeviceMapping, DeviceTemplate, DeviceTemplateKind, Field, ValueField};
use crate::time::Timestamp;
use crate::token::Token;
use hygea_fhir_model::json::{Document, Node, Writer};
use std::borrow::Cow;

impl DeviceMapping {
    /// Adds the measurements of a message to `out`. `event` is the root that expressions see:
    /// [`Event::root`](crate::Event::root). No match is no error and adds nothing.
    ///
    /// In [`Mode::Compat`] the measurements before a failing match stay in `out`, as in the reference; in
    /// [`Mode::Strict`] a failing message adds nothing.
    ///
    /// # Errors
    /// [`ErrorKind::NotAnObject`] for another root, [`ErrorKind::MissingValue`],
    /// [`ErrorKind::Incompatible`], [`ErrorKind::SeveralValues`], [`ErrorKind::Evaluation`],
    /// [`ErrorKind::ExpressionSyntax`] or [`ErrorKind::Budget`] with the template's member.
    pub fn normalize<'a>(
        &'a self,
        event: Node<'a>,
        limits: &Limits,
        out: &mut Vec<Measurement<'a>>,
    ) -> Result<(), Error> {
        if !event.is_object() {
            return Err(Error::new(ErrorKind::NotAnObject, "the root of a message must be a JSON object"));
        }
        let before = out.len();
        let run = Run { mode: self.mode(), budget: Budget::new(limits), limits, event, before };
        let result = self.run(&run, out);
        if result.is_err() && !self.mode().is_compat() {
            out.truncate(before);
        }
        result
    }

    /// As [`DeviceMapping::normalize`], with one template alone.
    pub(crate) fn normalize_with<'a>(
        &'a self,
        template: &'a DeviceTemplate,
        event: Node<'a>,
        limits: &Limits,
        out: &mut Vec<Measurement<'a>>,
    ) -> Result<(), Error> {
        if !event.is_object() {
            return Err(Error::new(ErrorKind::NotAnObject, "the root of a message must be a JSON object"));
        }
        let run = Run { mode: self.mode(), budget: Budget::new(limits), limits, event, before: out.len() };
        run.template(template, out)
    }

    fn run<'a>(&'a self, run: &Run<'_, 'a>, out: &mut Vec<Measurement<'a>>) -> Result<(), Error> {
        let prefilter = self.prefilter();
        let present = if prefilter.is_useful() { prefilter.present(run.event) } else { u128::MAX };
        for (index, template) in self.templates().iter().enumerate() {
            if prefilter.allows(index, present) {
                run.template(template, out)?;
            }
        }
        Ok(())
    }
}

/// One message on its way through the templates.
struct Run<'r, 'a> {
    mode: Mode,
    budget: Budget,
    limits: &'r Limits,
    event: Node<'a>,
    before: usize,
}

impl<'a> Run<'_, 'a> {
    fn template(&self, template: &'a DeviceTemplate, out: &mut Vec<Measurement<'a>>) -> Result<(), Error> {
        let field = &template.type_match;
        let Some(expression) = &field.expression else { return Err(blank(field)) };
        let root = Token::new(self.event);
        let mut inner = false;
        let result = expression.matches(root, self.mode, &self.budget, &mut |found| {
            let measurement = self.found(template, &found);
            inner = measurement.is_err();
            out.push(measurement?);
            if out.len() - self.before > self.limits.measurements {
                return Err(Error::new(
                    ErrorKind::Budget,
                    "the message gives more measurements than are allowed",
                ));
            }
            Ok(())
        });
        result.map_err(|error| if inner || !error.path().is_empty() { error } else { placed(error, field) })
    }

    /// The measurement of one match.
    fn found(&self, template: &'a DeviceTemplate, found: &Value<'a>) -> Result<Measurement<'a>, Error> {
        if let Value::Token(token) = found
            && token.matched().is_none()
        {
            return self.measurement(template, self.view(template, token.node()));
        }
        // The match was made up by its expression: it gets a text of its own to stand on.
        found.weigh(&self.budget)?;
        let mut writer = Writer::new();
        found.write(&mut writer, self.mode);
        let document = Document::from_text(writer.into_text()).map_err(Error::json)?;
        Ok(self.measurement(template, self.view(template, document.root()))?.into_owned())
    }

    /// What the template's other expressions see.
    fn view<'v>(&self, template: &DeviceTemplate, matched: Node<'v>) -> Token<'v>
    where
        'a: 'v,
    {
        match template.kind {
            DeviceTemplateKind::CalculatedContent => Token::with_matched(self.event, matched),
            _ => Token::new(matched),
        }
    }

    fn measurement<'v>(
        &self,
        template: &'v DeviceTemplate,
        view: Token<'v>,
    ) -> Result<Measurement<'v>, Error> {
        let device_id = self.required(&template.device_id, view)?;
        let occurrence_time = self.time(&template.timestamp, view)?;
        let mut measurement = Measurement::new(template.type_name.as_str(), occurrence_time, device_id);
        if let Some(field) = &template.correlation_id {
            measurement.correlation_id = Some(self.required(field, view)?);
        }
        if let Some(field) = &template.patient_id {
            measurement.patient_id = self.optional(field, view)?;
        }
        if let Some(field) = &template.encounter_id {
            measurement.encounter_id = self.optional(field, view)?;
        }
        measurement.properties.reserve_exact(template.values.len());
        for ValueField { name, required, field } in &template.values {
            let value =
                if *required { Some(self.required(field, view)?) } else { self.optional(field, view)? };
            if let Some(value) = value {
                measurement.properties.push(Property { name: Cow::Borrowed(name), value });
            }
        }
        Ok(measurement)
    }

    fn required<'v>(&self, field: &'v Field, view: Token<'v>) -> Result<Cow<'v, str>, Error> {
        let value = self.select(field, view)?;
        let Some(value) = value else { return Err(missing(field)) };
        match text_of(&value, self.mode) {
            Ok(Some(text)) if !text.chars().all(char::is_whitespace) => Ok(text),
            Ok(_) => Err(missing(field)),
            Err(Unlike) => Err(unlike(field, "text")),
        }
    }

    /// A value that may be absent: what does not convert is left out, a failing expression is not forgiven.
    fn optional<'v>(&self, field: &'v Field, view: Token<'v>) -> Result<Option<Cow<'v, str>>, Error> {
        if field.expression.is_none() {
            return Ok(None);
        }
        Ok(self.select(field, view)?.and_then(|value| text_of(&value, self.mode).ok().flatten()))
    }

    /// The first of the expressions that gives an instant.
    fn time<'v>(&self, fields: &'v [Field], view: Token<'v>) -> Result<Timestamp, Error> {
        let mut failure = None;
        for field in fields {
            let Some(value) = self.select(field, view)? else { continue };
            match time_of(&value, self.mode) {
                Ok(Some(time)) => return Ok(time),
                Ok(None) => {}
                Err(Unlike) => failure = failure.or_else(|| Some(unlike(field, "a time"))),
            }
        }
        Err(failure.unwrap_or_else(|| match fields.first() {
            Some(field) => missing(field),
            None => Error::new(ErrorKind::MissingValue, "the template has no timestampExpression"),
        }))
    }

    #[inline]
    fn select<'v>(&self, field: &'v Field, view: Token<'v>) -> Result<Option<Value<'v>>, Error> {
        let Some(expression) = &field.expression else { return Err(blank(field)) };
        expression.single(view, self.mode, &self.budget).map_err(|error| placed(error, field))
    }
}

#[cold]
fn placed(error: Error, field: &Field) -> Error {
    error.at(field.member.clone(), field.position)
}

#[cold]
fn blank(field: &Field) -> Error {
    placed(Error::new(ErrorKind::MissingValue, "the template leaves a required expression blank"), field)
}

#[cold]
fn missing(field: &Field) -> Error {
    placed(Error::new(ErrorKind::MissingValue, "the required value is absent, null or blank"), field)
}

#[cold]
fn unlike(field: &Field, what: &str) -> Error {
    placed(
        Error::new(ErrorKind::Incompatible, format!("the selected value does not convert to {what}")),
        field,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use proptest::prelude::*;

    /// Match expressions of many shapes over the names `a` to `d`; JMESPath where the flag is set.
    fn expression() -> impl Strategy<Value = (String, bool)> {
        let name = || prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")];
        let path = (name(), name(), name(), 0..12u8).prop_map(|(x, y, z, shape)| match shape {
            0 => format!("$..[?(@{x})]"),
            1 => format!("$..[?(@{x} && @{y})]"),
            2 => format!("$..[?(@{x} || @{y} && @{z})]"),
            3 => format!("$..[?(@.{x}.{y} == 1)]"),
            4 => format!("$..[?(@.{x} > 0 && @{y})]"),
            5 => format!("$.{x}[?(@.{y})].{z}"),
            6 => format!("$..{x}"),
            7 => format!("$..['{x}','{y}'].{z}"),
            8 => format!("$.{x}[-1].{y}"),
            9 => format!("$..[?(@.{x} != @.{y})]"),
            10 => format!("$.*[?(@{x} || $.{y})]"),
            _ => format!("$.{x}[::{}]", if y == z { 0 } else { 1 }),
        });
        let query = (name(), name(), name(), 0..16u8).prop_map(|(x, y, z, shape)| match shape {
            0 => format!("{x}[?{y}]"),
            1 => format!("{x}.{y}[*].{z}"),
            2 => format!("to_array(@)[?{x} && {y}]"),
            3 => format!("to_array(@.{x}) | [?{y}].{z}[]"),
            4 => format!("{x} || {y}.{z}"),
            5 => format!("{x}[?{y} == `1` && length({z}) > `0`]"),
            6 => format!("({x}[?{y}])"),
            7 => format!("not_null({x}, {y}.{z})"),
            8 => format!("{x} && {y}"),
            9 => format!("{x} == `null`"),
            10 => format!("{x}[*].[{y}, {z}] | [0]"),
            11 => format!("!{x}.{y} && {z}"),
            12 => format!("{x}[?!{y}].{z}"),
            13 => format!("length({x}) && {y}"),
            14 => format!("let({{{x}: `1`}}, &{y}[?{x} == {z}])"),
            _ => format!("*.{x} | [?@ > `0`]"),
        });
        prop_oneof![path.prop_map(|text| (text, false)), query.prop_map(|text| (text, true))]
    }

    fn document() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![Just("0"), Just("1"), Just("null"), Just("\"x\""), Just("[]"), Just("false")];
        let tree = leaf.prop_map(str::to_owned).prop_recursive(3, 24, 3, |inner| {
            let member = ("[a-d]", inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
            prop_oneof![
                proptest::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(","))),
                proptest::collection::vec(member, 0..3)
                    .prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        });
        proptest::collection::vec(("[a-d]", tree), 0..4).prop_map(|members| {
            let members: Vec<String> =
                members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", members.join(","))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn passing_templates_over_changes_nothing(
            expressions in proptest::collection::vec(expression(), 3..6),
            text in document(),
        ) {
            let templates: Vec<String> = expressions
                .iter()
                .map(|(text, jmespath)| {
                    let language = if *jmespath { "JmesPath" } else { "JsonPath" };
                    let language = format!(r#"{{"value":"{text}","language":"{language}"}}"#);
                    format!(
                        r#"{{"templateType":"CalculatedContent","template":{{"typeName":"t","typeMatchExpression":{language},
                        "deviceIdExpression":{{"value":"'d'","language":"JmesPath"}},
                        "timestampExpression":{{"value":"'2024-03-05T10:00:07Z'","language":"JmesPath"}},
                        "values":[{{"valueName":"v","valueExpression":{{"value":"to_string(matchedToken)","language":"JmesPath"}}}}]}}}}"#
                    )
                })
                .collect();
            let mapping = format!(r#"{{"templateType":"CollectionContent","template":[{}]}}"#, templates.join(","));
            for mode in [Mode::Compat, Mode::Strict] {
                let mapping = DeviceMapping::new(mapping.as_bytes(), mode).unwrap();
                let Ok(event) = Event::from_root(text.as_bytes(), mode) else { continue };
                let limits = Limits::default();
                let mut found = Vec::new();
                let error = mapping.normalize(event.root(), &limits, &mut found).err().map(|error| error.kind());
                let mut expected = Vec::new();
                let plain = mapping
                    .templates()
                    .iter()
                    .try_for_each(|template| mapping.normalize_with(template, event.root(), &limits, &mut expected));
                let plain = plain.err().map(|error| error.kind());
                if mode == Mode::Strict && plain.is_some() {
                    expected.clear();
                }
                prop_assert_eq!(error, plain, "{:?} on {}", &expressions, &text);
                prop_assert!(found == expected, "{:?} on {}", &expressions, &text);
            }
        }
    }
}
