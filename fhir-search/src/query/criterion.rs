//! What one parameter of a query asks for: a test of a resource, a chain to another one, or a chain back from another one
//! (<https://hl7.org/fhir/R4/search.html#chaining>).

use super::modifier::Modifier;
use super::value::Value;
use crate::parameters::Parameter;
use std::sync::Arc;

/// One condition of a query. All conditions of a query must hold.
#[derive(Debug, Clone)]
pub enum Criterion {
    /// A parameter of the resource itself.
    Test(Test),
    /// `subject:Patient.name=…`: a reference leads to a resource for which a condition holds.
    Chain(Chain),
    /// `_has:Observation:patient:code=…`: a resource that refers here fulfils a condition.
    Reverse(Reverse),
}

/// A test of the values of a parameter.
#[derive(Debug, Clone)]
pub struct Test {
    /// The parameter.
    pub parameter: Arc<Parameter>,
    /// What stands behind its name.
    pub modifier: Modifier,
    /// What its values must fulfil.
    pub condition: Condition,
}

/// What the values of a parameter must fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// That there is none (true), or at least one (false).
    Missing(bool),
    /// That one of them matches one of these.
    AnyOf(Vec<Value>),
    /// That none of them matches any of these.
    NoneOf(Vec<Value>),
}

/// A chain along a reference.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The reference.
    pub parameter: Arc<Parameter>,
    /// The type that the query names.
    pub only: Option<&'static str>,
    /// The types that the reference may lead to and that know the next parameter, with the condition on each. At
    /// least one; a resource of any of them will do.
    pub targets: Vec<(&'static str, Criterion)>,
}

/// A chain against a reference.
#[derive(Debug, Clone)]
pub struct Reverse {
    /// The type that refers here.
    pub resource_type: &'static str,
    /// Its reference.
    pub parameter: Arc<Parameter>,
    /// The condition on it.
    pub criterion: Box<Criterion>,
}

impl Criterion {
    /// The test at the end of all chains.
    #[must_use]
    pub fn test(&self) -> Option<&Test> {
        match self {
            Self::Test(test) => Some(test),
            Self::Chain(chain) => chain.targets.first().and_then(|(_, criterion)| criterion.test()),
            Self::Reverse(reverse) => reverse.criterion.test(),
        }
    }

    /// Appends the name as a query has it: `subject:Patient.name:exact`.
    pub(super) fn write_name(&self, name: &mut String) {
        match self {
            Self::Test(test) => {
                name.push_str(test.parameter.code());
                if test.modifier != Modifier::None {
                    name.push(':');
                    name.push_str(test.modifier.as_str());
                }
            }
            Self::Chain(chain) => {
                name.push_str(chain.parameter.code());
                if let Some(only) = chain.only {
                    name.push(':');
                    name.push_str(only);
                }
                name.push('.');
                if let Some((_, criterion)) = chain.targets.first() {
                    criterion.write_name(name);
                }
            }
            Self::Reverse(reverse) => {
                for part in ["_has:", reverse.resource_type, ":", reverse.parameter.code(), ":"] {
                    name.push_str(part);
                }
                reverse.criterion.write_name(name);
            }
        }
    }
}

impl Condition {
    /// Appends the value as a query has it.
    pub(super) fn write(&self, query: &mut String) {
        match self {
            Self::Missing(missing) => query.push_str(if *missing { "true" } else { "false" }),
            Self::AnyOf(values) | Self::NoneOf(values) => {
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        query.push(',');
                    }
                    value.write(query);
                }
            }
        }
    }
}
