//! Includes: what else belongs on a page (<https://hl7.org/fhir/R4/search.html#include>).
//!
//! `_include` follows references from the resources of the page, [`Include::references`]; `_revinclude` looks for resources
//! that refer to them, [`Include::sources`]. Both are one bounded step; whoever walks `:iterate` repeats them.

use crate::error::{Error, ErrorKind};
use crate::extract::{ExtractOptions, Extraction, Extractor, IndexValue};
use crate::parameters::{Parameter, ParameterType, Parameters};
use crate::plan::Filter;
use hygea_fhir_model::json::Node;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// One `_include` or `_revinclude`.
#[derive(Clone)]
pub struct Include {
    reverse: bool,
    iterate: bool,
    /// The type that holds the reference; none for any (`*`).
    source: Option<&'static str>,
    /// The reference; none for all of the source (`*`).
    parameter: Option<Arc<Parameter>>,
    target: Option<&'static str>,
    extraction: Arc<OnceLock<Extraction>>,
}

/// What a reference of a page leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IncludedReference<'d> {
    /// A resource of this service.
    Resource {
        /// Its type.
        resource_type: &'d str,
        /// Its id.
        id: &'d str,
        /// The version that is referred to; none for the current one.
        version: Option<&'d str>,
    },
    /// A canonical or another URL: a resource whose `url` it is.
    Url {
        /// The URL.
        url: &'d str,
        /// The version behind `|`.
        version: Option<&'d str>,
    },
}

impl Include {
    /// Reads `Type:parameter`, `Type:parameter:Target`, `Type:*` or `*`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInclude`] and [`ErrorKind::UnknownResourceType`].
    pub fn parse(
        text: &str,
        reverse: bool,
        iterate: bool,
        searched: &str,
        parameters: &Parameters,
    ) -> Result<Self, Error> {
        let name = if reverse { "_revinclude" } else { "_include" };
        let refuse = |rule: String| Err(Error::new(ErrorKind::InvalidInclude, name, rule));
        let of = |source, parameter, target| {
            let extraction = Arc::new(OnceLock::new());
            Ok(Self { reverse, iterate, source, parameter, target, extraction })
        };
        let resource_type = |text: &str| {
            let unknown = || Error::new(ErrorKind::UnknownResourceType, name, "a type is no resource type");
            parameters.resource_type(text).ok_or_else(unknown)
        };
        let mut parts = text.split(':');
        let (source, code, target) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("*"), None, ..) => return of(None, None, None),
            (Some(source), Some(code), target, None) => (source, code, target),
            _ => return refuse("Type:parameter, Type:parameter:Target, Type:* or * was wanted".to_owned()),
        };
        let source = resource_type(source)?;
        let target = target.map(resource_type).transpose()?;
        if code == "*" {
            return of(Some(source), None, target);
        }
        let Some(parameter) = parameters.find(source, code) else {
            return refuse(format!("{source} has no such search parameter"));
        };
        if parameter.kind() != ParameterType::Reference {
            return refuse(format!("{source}.{} is no reference", parameter.code()));
        }
        if let Some(target) = target.filter(|target| !parameter.leads_to(target)) {
            return refuse(format!("{source}.{} does not lead to {target}", parameter.code()));
        }
        if reverse && searched != "Resource" && !iterate && !parameter.leads_to(searched) {
            return refuse(format!("{source}.{} does not lead to {searched}", parameter.code()));
        }
        of(Some(source), Some(Arc::clone(parameter)), target)
    }

    /// Whether it is a `_revinclude`.
    #[must_use]
    pub fn is_reverse(&self) -> bool {
        self.reverse
    }

    /// Whether it applies to what was included as well.
    #[must_use]
    pub fn iterate(&self) -> bool {
        self.iterate
    }

    /// The type that holds the reference; none for any.
    #[must_use]
    pub fn source(&self) -> Option<&'static str> {
        self.source
    }

    /// The reference; none for all references of the source.
    #[must_use]
    pub fn parameter(&self) -> Option<&Arc<Parameter>> {
        self.parameter.as_ref()
    }

    /// The type that is wanted; none for all that the reference leads to.
    #[must_use]
    pub fn target(&self) -> Option<&'static str> {
        self.target
    }

    /// What the references of a resource lead to, as an `_include` asks; nothing if the resource is of another type. The same
    /// target may come twice.
    ///
    /// # Errors
    /// [`ErrorKind::Evaluation`] if an expression fails on the resource.
    pub fn references<'d>(
        &'d self,
        root: Node<'d>,
        parameters: &'d Parameters,
        options: ExtractOptions<'d>,
    ) -> Result<Vec<IncludedReference<'d>>, Error> {
        let resource_type = root
            .get("resourceType")
            .and_then(Node::as_str)
            .and_then(|name| parameters.schema().resource(name));
        let Some(definition) = resource_type else { return Ok(Vec::new()) };
        if self.source.is_some_and(|source| source != definition.name()) {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        match &self.parameter {
            Some(parameter) => {
                let one = || Extraction::of(definition, std::slice::from_ref(parameter));
                self.extraction.get_or_init(one).extract(root, &options, &mut entries)?;
            }
            None => Extractor::new(parameters, options).extract_into(root, &mut entries)?,
        }
        let reference = |value: &IndexValue<'d>| match *value {
            IndexValue::Reference { resource_type: Some(resource_type), id, version } => {
                Some(IncludedReference::Resource { resource_type, id, version })
            }
            IndexValue::Reference { resource_type: None, id, version } if !id.starts_with('#') => {
                Some(IncludedReference::Url { url: id, version })
            }
            _ => None,
        };
        let wanted = |found: &IncludedReference<'_>| match found {
            IncludedReference::Resource { resource_type, .. } => {
                self.target.is_none_or(|target| target == *resource_type)
            }
            IncludedReference::Url { .. } => true,
        };
        Ok(entries.iter().filter_map(|entry| reference(&entry.value)).filter(wanted).collect())
    }

    /// Where to look for what refers to the resources of a page, as a `_revinclude` asks: types, and the condition on the
    /// resources of each. `page` holds types and ids; empty if none of them can be referred to.
    #[must_use]
    pub fn sources(&self, page: &[(&str, &str)], parameters: &Parameters) -> Vec<(&'static str, Filter)> {
        let types: Vec<&'static str> = match self.source {
            Some(source) => vec![source],
            None => parameters.schema().resources().map(|definition| definition.name()).collect(),
        };
        let of_type = |source: &'static str| {
            let all = parameters.of_type(source).iter();
            let references = all.filter(|parameter| match &self.parameter {
                Some(wanted) => Arc::ptr_eq(parameter, wanted),
                None => parameter.kind() == ParameterType::Reference,
            });
            let tests = references.flat_map(|parameter| {
                let keys = page.iter().filter(|(resource_type, _)| {
                    parameter.leads_to(resource_type)
                        && self.target.is_none_or(|target| target == *resource_type)
                });
                keys.map(|(resource_type, id)| Filter::refers_to(parameter.index_name(), *resource_type, *id))
            });
            let tests: Vec<Filter> = tests.collect();
            (!tests.is_empty()).then(|| (source, Filter::or(tests)))
        };
        types.into_iter().filter_map(of_type).collect()
    }
}

/// As in a query.
impl fmt::Display for Include {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(source) = self.source else { return f.write_str("*") };
        let code = self.parameter.as_ref().map_or("*", |parameter| parameter.code());
        write!(f, "{source}:{code}")?;
        self.target.map_or(Ok(()), |target| write!(f, ":{target}"))
    }
}

impl fmt::Debug for Include {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({self})", if self.reverse { "_revinclude" } else { "_include" })
    }
}
