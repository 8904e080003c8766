//! Reading a query: names into parameters and chains, values into alternatives, faults into one error.

use super::criterion::{Chain, Condition, Criterion, Reverse, Test};
use super::escape::split;
use super::form::form_pairs;
use super::modifier::Modifier;
use super::result::ResultReader;
use super::value::{Value, ValueReader};
use super::{Handling, Options, Query, clip, is_answered};
use crate::error::{Error, ErrorKind, Issue};
use crate::parameters::{Parameter, ParameterType, Parameters};
use std::sync::Arc;

/// Parameters about the form of the answer, which a service reads itself.
const GENERAL: &[&str] = &["_format", "_pretty"];

/// Parameters that FHIR defines and that are not answered yet.
const UNSUPPORTED: &[&str] = &[
    "_content",
    "_filter",
    "_in",
    "_list",
    "_query",
    "_score",
    "_text",
    "_containedType",
    "_graph",
    "_maxresults",
    "_not-referenced",
];

pub(super) fn form(
    resource_type: &str,
    query: &str,
    parameters: &Parameters,
    options: &Options<'_>,
) -> Result<Query, Error> {
    if query.len() > options.limits.bytes {
        let rule = format!("the query has more than {} bytes", options.limits.bytes);
        return Err(Error::new(ErrorKind::TooLarge, "", rule));
    }
    pairs(resource_type, &form_pairs(query)?, parameters, options)
}

pub(super) fn pairs(
    resource_type: &str,
    pairs: &[super::Pair<'_>],
    parameters: &Parameters,
    options: &Options<'_>,
) -> Result<Query, Error> {
    let known =
        if resource_type == "Resource" { Some("Resource") } else { parameters.resource_type(resource_type) };
    let Some(resource_type) = known else {
        return Err(Error::new(
            ErrorKind::UnknownResourceType,
            "",
            "no resource type of this version has this name",
        ));
    };
    if pairs.len() > options.limits.parameters {
        let rule = format!("the query has more than {} parameters", options.limits.parameters);
        return Err(Error::new(ErrorKind::TooLarge, "", rule));
    }
    let mut reader = Reader {
        parameters,
        options,
        values: 0,
        branches: 0,
        result: ResultReader::new(parameters, resource_type),
    };
    let (mut criteria, mut reserved) = (Vec::new(), Vec::new());
    let (mut issues, mut ignored) = (Vec::new(), Vec::new());
    for (name, value) in pairs {
        if GENERAL.contains(&&**name) || options.reserved.contains(&&**name) {
            reserved.push((name.to_string(), value.to_string()));
            continue;
        }
        match reader.pair(resource_type, name, value) {
            Ok(Some(criterion)) => criteria.push(criterion),
            Ok(None) => {}
            Err(error) if options.handling == Handling::Lenient && may_be_ignored(&error) => {
                ignored.extend(error.into_issues());
            }
            Err(error) => issues.extend(error.into_issues()),
        }
    }
    issues.extend(reader.result.check().err().into_iter().flat_map(Error::into_issues));
    match Error::of(issues) {
        Some(error) => Err(error),
        None => Ok(Query {
            resource_type,
            criteria,
            result: reader.result.found,
            date_equality: options.date_equality,
            ignored,
            reserved,
        }),
    }
}

fn may_be_ignored(error: &Error) -> bool {
    use ErrorKind::{EmptyValue, UnknownParameter, UnsupportedParameter};
    error
        .issues()
        .all(|Issue { kind, .. }| matches!(kind, UnknownParameter | UnsupportedParameter | EmptyValue))
}

struct Reader<'r> {
    parameters: &'r Parameters,
    options: &'r Options<'r>,
    /// Alternatives read so far.
    values: usize,
    /// Conditions that chains branched into so far.
    branches: usize,
    result: ResultReader<'r>,
}

/// A parameter as the query names it, with its value.
#[derive(Clone, Copy)]
struct Named<'q> {
    name: &'q str,
    value: &'q str,
}

impl Named<'_> {
    fn refuse<T>(self, kind: ErrorKind, rule: impl Into<String>) -> Result<T, Error> {
        Err(Error::new(kind, clip(self.name), rule))
    }
}

impl Reader<'_> {
    /// Reads one parameter: into a criterion, or into the result parameters.
    fn pair(
        &mut self,
        resource_type: &'static str,
        name: &str,
        value: &str,
    ) -> Result<Option<Criterion>, Error> {
        let pair = Named { name, value };
        if value.is_empty() {
            return pair.refuse(ErrorKind::EmptyValue, "it has no value");
        }
        if let Some(result) = self.result.read(name, value) {
            return result.map(|()| None);
        }
        if name == "_contained" {
            return match value {
                "false" => Ok(None),
                "true" | "both" => {
                    pair.refuse(ErrorKind::UnsupportedParameter, "contained resources are not searched yet")
                }
                _ => pair.refuse(ErrorKind::InvalidValue, "true, false or both was wanted"),
            };
        }
        self.criterion(resource_type, pair, name, 0).map(Some)
    }

    /// Reads the rest of a name, on a resource type.
    fn criterion(
        &mut self,
        resource_type: &'static str,
        pair: Named<'_>,
        name: &str,
        depth: usize,
    ) -> Result<Criterion, Error> {
        if depth > self.options.limits.chain {
            return pair.refuse(
                ErrorKind::TooLarge,
                format!("a chain has at most {} links", self.options.limits.chain),
            );
        }
        self.branches += 1;
        if self.branches > self.options.limits.branches {
            let rule = "the chains of the query branch too often: name the types, as in subject:Patient.name";
            return pair.refuse(ErrorKind::TooLarge, rule);
        }
        if let Some(rest) = name.strip_prefix("_has:") {
            return self.reverse(resource_type, pair, rest, depth);
        }
        let end = name.find([':', '.']).unwrap_or(name.len());
        let (code, rest) = name.split_at_checked(end).unwrap_or((name, ""));
        let parameter = self.parameter(resource_type, pair, code)?;
        if let Some(inner) = rest.strip_prefix('.') {
            return self.chain(&parameter, None, pair, inner, depth);
        }
        match rest.strip_prefix(':') {
            None => self.test(&parameter, Modifier::None, pair),
            Some(rest) => match rest.split_once('.') {
                Some((target, inner)) => self.chain(&parameter, Some(target), pair, inner, depth),
                None => {
                    let modifier = Modifier::parse(rest, &parameter, self.parameters, &clip(pair.name))?;
                    self.test(&parameter, modifier, pair)
                }
            },
        }
    }

    fn parameter(&self, resource_type: &str, pair: Named<'_>, code: &str) -> Result<Arc<Parameter>, Error> {
        match self.parameters.find(resource_type, code) {
            Some(parameter) if is_answered(parameter) => Ok(Arc::clone(parameter)),
            None if !UNSUPPORTED.contains(&code) => {
                let rule = if code == "_has" {
                    "_has:Type:reference:parameter was wanted".to_owned()
                } else {
                    format!("{resource_type} has no such search parameter")
                };
                pair.refuse(ErrorKind::UnknownParameter, rule)
            }
            _ => pair.refuse(ErrorKind::UnsupportedParameter, "the parameter is not answered yet"),
        }
    }

    fn test(
        &mut self,
        parameter: &Arc<Parameter>,
        modifier: Modifier,
        pair: Named<'_>,
    ) -> Result<Criterion, Error> {
        let condition = match modifier {
            Modifier::Missing => match pair.value {
                "true" => Condition::Missing(true),
                "false" => Condition::Missing(false),
                _ => return pair.refuse(ErrorKind::InvalidValue, "true or false was wanted"),
            },
            Modifier::Not => Condition::NoneOf(self.values(parameter, &modifier, pair)?),
            _ => Condition::AnyOf(self.values(parameter, &modifier, pair)?),
        };
        Ok(Criterion::Test(Test { parameter: Arc::clone(parameter), modifier, condition }))
    }

    fn values(
        &mut self,
        parameter: &Parameter,
        modifier: &Modifier,
        pair: Named<'_>,
    ) -> Result<Vec<Value>, Error> {
        let name = clip(pair.name);
        let reader = ValueReader { parameters: self.parameters, options: self.options, name: &name };
        let mut values = Vec::new();
        for text in split(pair.value, ',') {
            self.values += 1;
            if self.values > self.options.limits.values {
                let rule = format!("the query has more than {} values", self.options.limits.values);
                return pair.refuse(ErrorKind::TooLarge, rule);
            }
            values.push(reader.value(parameter, modifier, text)?);
        }
        Ok(values)
    }

    fn chain(
        &mut self,
        parameter: &Arc<Parameter>,
        only: Option<&str>,
        pair: Named<'_>,
        inner: &str,
        depth: usize,
    ) -> Result<Criterion, Error> {
        if parameter.kind() != ParameterType::Reference {
            return pair.refuse(ErrorKind::InvalidChain, format!("{} is no reference", parameter.code()));
        }
        let (only, types) = match only {
            Some(name) => match self.parameters.resource_type(name).filter(|name| parameter.leads_to(name)) {
                Some(resource_type) => (Some(resource_type), vec![resource_type]),
                None => {
                    let rule = format!("{} does not lead to this type", parameter.code());
                    return pair.refuse(ErrorKind::InvalidChain, rule);
                }
            },
            None => (None, self.target_types(parameter)),
        };
        let (mut targets, mut first_error) = (Vec::new(), None);
        for resource_type in types {
            match self.criterion(resource_type, pair, inner, depth + 1) {
                Ok(criterion) => targets.push((resource_type, criterion)),
                Err(error) if error.kind() == ErrorKind::TooLarge => return Err(error),
                Err(error) => {
                    // A parameter that a type knows but whose value is wrong says more than one that it does not know.
                    let better = |before: &Error| may_be_ignored(before) && !may_be_ignored(&error);
                    if first_error.as_ref().is_none_or(better) {
                        first_error = Some(error);
                    }
                }
            }
        }
        match first_error {
            Some(error) if targets.is_empty() => Err(error),
            _ => Ok(Criterion::Chain(Chain { parameter: Arc::clone(parameter), only, targets })),
        }
    }

    /// The concrete types that a reference may lead to, sorted.
    fn target_types(&self, parameter: &Parameter) -> Vec<&'static str> {
        if parameter.leads_to("Resource") {
            return self.parameters.schema().resources().map(|definition| definition.name()).collect();
        }
        let mut types: Vec<_> =
            parameter.targets().iter().filter_map(|name| self.parameters.resource_type(name)).collect();
        types.sort_unstable();
        types
    }

    fn reverse(
        &mut self,
        resource_type: &'static str,
        pair: Named<'_>,
        rest: &str,
        depth: usize,
    ) -> Result<Criterion, Error> {
        let mut parts = rest.splitn(3, ':');
        let (Some(source), Some(code), Some(inner)) = (parts.next(), parts.next(), parts.next()) else {
            return pair.refuse(ErrorKind::InvalidChain, "_has:Type:reference:parameter was wanted");
        };
        let Some(source) = self.parameters.resource_type(source) else {
            return pair.refuse(ErrorKind::UnknownResourceType, "the type behind _has is no resource type");
        };
        let parameter = self.parameter(source, pair, code)?;
        if parameter.kind() != ParameterType::Reference {
            return pair
                .refuse(ErrorKind::InvalidChain, format!("{source}.{} is no reference", parameter.code()));
        }
        if resource_type != "Resource" && !parameter.leads_to(resource_type) {
            let rule = format!("{source}.{} does not lead to {resource_type}", parameter.code());
            return pair.refuse(ErrorKind::InvalidChain, rule);
        }
        let criterion = Box::new(self.criterion(source, pair, inner, depth + 1)?);
        Ok(Criterion::Reverse(Reverse { resource_type: source, parameter, criterion }))
    }
}
