//! The parameters that shape the answer instead of choosing resources
//! (<https://hl7.org/fhir/R4/search.html#modifyingresults>).

use crate::error::{Error, ErrorKind};
use crate::include::Include;
use crate::parameters::{Parameter, ParameterType, Parameters};
use std::sync::Arc;

/// How the answer is made.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ResultParameters {
    /// `_count`: resources on a page; none if the query leaves it to the service. Zero asks for the total alone.
    pub count: Option<u32>,
    /// `_sort`: the keys, first the most important; empty if any order will do.
    pub sort: Vec<Sort>,
    /// `_total`: none if the query leaves it to the service.
    pub total: Option<Total>,
    /// `_summary`: none if the query leaves it to the service.
    pub summary: Option<Summary>,
    /// `_elements`: the elements that are wanted; empty for all.
    pub elements: Vec<Element>,
    /// `_include`: references to follow from what is found.
    pub includes: Vec<Include>,
    /// `_revinclude`: references to follow back from what is found.
    pub reverse_includes: Vec<Include>,
    /// `_type`, of a search over all types: the types; empty for all.
    pub types: Vec<&'static str>,
}

/// A key to sort by. Resources without a value come last in both directions.
#[derive(Debug, Clone)]
pub struct Sort {
    /// What is compared.
    pub by: SortBy,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What is compared to sort.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SortBy {
    /// `_id`
    Id,
    /// `_lastUpdated`
    LastUpdated,
    /// The values of a parameter; of several the least, or the greatest if that comes first.
    Parameter(Arc<Parameter>),
}

/// Whether the number of all matches is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Total {
    /// No.
    None,
    /// Perhaps not exactly.
    Estimate,
    /// Exactly.
    Accurate,
}

/// How much of each resource is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Summary {
    /// The elements that the definition marks as summary.
    True,
    /// Narrative, id, meta and mandatory elements.
    Text,
    /// All but the narrative.
    Data,
    /// Nothing but the number of matches.
    Count,
    /// All.
    False,
}

/// An element that `_elements` asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Element {
    /// The type whose element it is; none for the type that is searched.
    pub resource_type: Option<&'static str>,
    /// The path below the resource: `name`, or of some depth: `name.family`.
    pub path: String,
}

impl Total {
    const ALL: [(&'static str, Self); 3] =
        [("none", Self::None), ("estimate", Self::Estimate), ("accurate", Self::Accurate)];

    /// The word in a query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word(&Self::ALL, self)
    }
}

impl Summary {
    const ALL: [(&'static str, Self); 5] = [
        ("true", Self::True),
        ("text", Self::Text),
        ("data", Self::Data),
        ("count", Self::Count),
        ("false", Self::False),
    ];

    /// The word in a query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word(&Self::ALL, self)
    }
}

fn word<T: PartialEq + Copy>(all: &[(&'static str, T)], value: T) -> &'static str {
    all.iter().find(|(_, other)| *other == value).map_or("", |(word, _)| word)
}

impl SortBy {
    /// The name in a query.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Id => "_id",
            Self::LastUpdated => "_lastUpdated",
            Self::Parameter(parameter) => parameter.code(),
        }
    }
}

/// Where result parameters are read.
pub(super) struct ResultReader<'r> {
    pub(super) parameters: &'r Parameters,
    /// The type that is searched; `Resource` for all.
    pub(super) resource_type: &'static str,
    pub(super) found: ResultParameters,
    seen: Vec<&'static str>,
}

/// The most keys of a sort.
const SORT_KEYS: usize = 8;

impl<'r> ResultReader<'r> {
    pub(super) fn new(parameters: &'r Parameters, resource_type: &'static str) -> Self {
        Self { parameters, resource_type, found: ResultParameters::default(), seen: Vec::new() }
    }

    /// Reads a parameter, if it is one that shapes the answer.
    pub(super) fn read(&mut self, name: &str, value: &str) -> Option<Result<(), Error>> {
        let (base, modifier) = match name.split_once(':') {
            Some((base, modifier)) => (base, Some(modifier)),
            None => (name, None),
        };
        let result = match base {
            "_include" | "_revinclude" => self.include(base == "_revinclude", modifier, name, value),
            "_type" if self.resource_type == "Resource" => self.types(value),
            "_count" | "_sort" | "_total" | "_summary" | "_elements" => {
                if modifier.is_some() {
                    Err(Error::new(ErrorKind::UnsupportedModifier, super::clip(name), "it takes no modifier"))
                } else {
                    self.once(base).and_then(|name| self.single(name, value))
                }
            }
            _ => return None,
        };
        Some(result)
    }

    /// What is wrong with the parameters together.
    pub(super) fn check(&self) -> Result<(), Error> {
        let summary = self.found.summary.filter(|summary| *summary != Summary::False);
        if summary.is_some() && !self.found.elements.is_empty() {
            return Err(Error::new(ErrorKind::Contradiction, "_elements", "it cannot stand beside _summary"));
        }
        Ok(())
    }

    fn once(&mut self, name: &str) -> Result<&'static str, Error> {
        let name =
            ["_count", "_sort", "_total", "_summary", "_elements"].into_iter().find(|known| *known == name);
        let name = name.unwrap_or_default();
        if self.seen.contains(&name) {
            return Err(Error::new(ErrorKind::Repeated, name, "it may stand once"));
        }
        self.seen.push(name);
        Ok(name)
    }

    fn single(&mut self, name: &'static str, value: &str) -> Result<(), Error> {
        let wrong = |rule: &str| Error::new(ErrorKind::InvalidValue, name, rule);
        match name {
            "_count" => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let count = value.parse().unwrap_or(u32::MAX);
                self.found.count =
                    Some(digits.then_some(count).ok_or_else(|| wrong("a number from 0 on was wanted"))?);
            }
            "_total" => {
                let total = Total::ALL.iter().find(|(word, _)| *word == value);
                self.found.total =
                    Some(total.ok_or_else(|| wrong("none, estimate or accurate was wanted"))?.1);
            }
            "_summary" => {
                let summary = Summary::ALL.iter().find(|(word, _)| *word == value);
                let summary = summary.ok_or_else(|| wrong("true, text, data, count or false was wanted"))?;
                self.found.summary = Some(summary.1);
            }
            "_sort" => self.found.sort = self.sort(value)?,
            _ => self.found.elements = self.elements(value)?,
        }
        Ok(())
    }

    fn sort(&self, value: &str) -> Result<Vec<Sort>, Error> {
        let wrong = |rule: &str| Error::new(ErrorKind::InvalidSort, "_sort", rule);
        let keys: Vec<Sort> = value
            .split(',')
            .map(|key| {
                let (descending, code) = key.strip_prefix('-').map_or((false, key), |code| (true, code));
                let by = match code {
                    "_id" => SortBy::Id,
                    "_lastUpdated" => SortBy::LastUpdated,
                    _ => {
                        let parameter = self.parameters.find(self.resource_type, code);
                        let parameter =
                            parameter.ok_or_else(|| wrong("a key is no parameter of the type"))?;
                        if !super::is_answered(parameter) || parameter.kind() == ParameterType::Composite {
                            return Err(wrong("a key is a parameter that has no order"));
                        }
                        SortBy::Parameter(Arc::clone(parameter))
                    }
                };
                Ok(Sort { by, descending })
            })
            .collect::<Result<_, _>>()?;
        if keys.len() > SORT_KEYS {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "_sort",
                format!("at most {SORT_KEYS} keys are answered"),
            ));
        }
        Ok(keys)
    }

    fn elements(&self, value: &str) -> Result<Vec<Element>, Error> {
        let read = |text: &str| {
            let (head, rest) = text.split_once('.').map_or((text, None), |(head, rest)| (head, Some(rest)));
            let (resource_type, path) = match (self.parameters.resource_type(head), rest) {
                (Some(resource_type), Some(path)) => (Some(resource_type), path),
                _ => (None, text),
            };
            let form = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
            if path.is_empty() || !path.bytes().all(form) {
                let rule = "names of elements joined by commas were wanted";
                return Err(Error::new(ErrorKind::InvalidValue, "_elements", rule));
            }
            Ok(Element { resource_type, path: path.to_owned() })
        };
        value.split(',').map(read).collect()
    }

    fn types(&mut self, value: &str) -> Result<(), Error> {
        for name in value.split(',') {
            let Some(resource_type) = self.parameters.resource_type(name) else {
                return Err(Error::new(
                    ErrorKind::UnknownResourceType,
                    "_type",
                    "a type is no resource type",
                ));
            };
            if !self.found.types.contains(&resource_type) {
                self.found.types.push(resource_type);
            }
        }
        Ok(())
    }

    fn include(
        &mut self,
        reverse: bool,
        modifier: Option<&str>,
        name: &str,
        value: &str,
    ) -> Result<(), Error> {
        let iterate = match modifier {
            None => false,
            Some("iterate" | "recurse") => true,
            Some(_) => {
                return Err(Error::new(
                    ErrorKind::UnsupportedModifier,
                    super::clip(name),
                    "its modifier is :iterate",
                ));
            }
        };
        let include = Include::parse(value, reverse, iterate, self.resource_type, self.parameters)?;
        let list = if reverse { &mut self.found.reverse_includes } else { &mut self.found.includes };
        list.push(include);
        Ok(())
    }
}
