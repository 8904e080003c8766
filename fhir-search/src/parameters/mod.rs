//! The search parameters that a version defines, by resource type and name.
//!
//! The definitions are generated from HL7's SearchParameter resources
//! (<https://hl7.org/fhir/R4/searchparameter-registry.html>). A definition can serve many types (`clinical-code` serves
//! fourteen); a [`Parameter`] is one definition as one type has it, with the part of the expression that concerns the
//! type. Expressions are compiled when they are first used, once in a process.

mod definition;
#[cfg(feature = "dstu2")]
#[expect(unreachable_pub, reason = "generated")]
mod dstu2;
#[cfg(feature = "r4")]
#[expect(unreachable_pub, reason = "generated")]
mod r4;
#[cfg(feature = "r4b")]
#[expect(unreachable_pub, reason = "generated")]
mod r4b;
#[cfg(feature = "r5")]
#[expect(unreachable_pub, reason = "generated")]
mod r5;
#[cfg(feature = "stu3")]
#[expect(unreachable_pub, reason = "generated")]
mod stu3;

use crate::error::{Error, ErrorKind};
use crate::extract::{Extraction, Leaves};
use crate::path;
use hygea_fhir_model::schema::{Schema, TypeDef, Version};
use hygea_fhirpath::{Environment, Expression};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

pub use definition::{Compartment, Component, ParameterType, ParameterUsage, SearchParameter};

/// All search parameters of a version.
///
/// ```
/// use hygea_fhir_search::{ParameterType, Parameters};
///
/// let parameters = Parameters::r4();
/// let birthdate = parameters.find("Patient", "birthdate").unwrap();
/// assert_eq!(birthdate.kind(), ParameterType::Date);
/// assert!(parameters.find("Patient", "_lastUpdated").is_some());
/// assert!(parameters.find("Patient", "shoe-size").is_none());
/// ```
pub struct Parameters {
    schema: &'static Schema,
    compartments: &'static [Compartment],
    /// By the type's name.
    types: HashMap<&'static str, TypeParameters>,
}

struct TypeParameters {
    definition: &'static TypeDef,
    /// Sorted by code.
    parameters: Vec<Arc<Parameter>>,
    extraction: OnceLock<Extraction>,
}

/// A search parameter of a resource type.
pub struct Parameter {
    base: &'static TypeDef,
    definition: &'static SearchParameter,
    expression: String,
    parts: Vec<Part>,
    index: IndexNames,
    leaves: Leaves,
    compiled: OnceLock<Result<Expression, Error>>,
}

/// A part of a composite parameter.
pub struct Part {
    definition: &'static SearchParameter,
    expression: &'static str,
    /// The parameter of the same type that finds the part alone, wherever it stands.
    alone: Option<&'static str>,
    compiled: OnceLock<Result<Expression, Error>>,
}

/// The names under which the values of a parameter stand in an index: its own, and one for each kind of value that only
/// a modifier asks for.
#[derive(Debug)]
pub(crate) struct IndexNames {
    pub(crate) text: String,
    pub(crate) identifier: String,
    pub(crate) of_type: String,
}

impl Parameters {
    /// The parameters of R4, 4.0.1; the same as [`Parameters::of`] that version.
    #[cfg(feature = "r4")]
    #[must_use]
    pub fn r4() -> &'static Self {
        Self::of(Version::R4).unwrap_or_else(|_| unreachable!("the feature r4 brings the tables"))
    }

    /// The parameters of a version.
    ///
    /// They are put together at the first call; later ones cost nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Version`] if this build lacks its tables.
    pub fn of(version: Version) -> Result<&'static Self, Error> {
        match version {
            #[cfg(feature = "dstu2")]
            Version::Dstu2 => {
                static BUILT: OnceLock<Parameters> = OnceLock::new();
                Ok(Self::built(&BUILT, version, dstu2::PARAMETERS, dstu2::COMPARTMENTS))
            }
            #[cfg(feature = "stu3")]
            Version::Stu3 => {
                static BUILT: OnceLock<Parameters> = OnceLock::new();
                Ok(Self::built(&BUILT, version, stu3::PARAMETERS, stu3::COMPARTMENTS))
            }
            #[cfg(feature = "r4")]
            Version::R4 => {
                static BUILT: OnceLock<Parameters> = OnceLock::new();
                Ok(Self::built(&BUILT, version, r4::PARAMETERS, r4::COMPARTMENTS))
            }
            #[cfg(feature = "r4b")]
            Version::R4B => {
                static BUILT: OnceLock<Parameters> = OnceLock::new();
                Ok(Self::built(&BUILT, version, r4b::PARAMETERS, r4b::COMPARTMENTS))
            }
            #[cfg(feature = "r5")]
            Version::R5 => {
                static BUILT: OnceLock<Parameters> = OnceLock::new();
                Ok(Self::built(&BUILT, version, r5::PARAMETERS, r5::COMPARTMENTS))
            }
            _ => Err(Error::new(
                ErrorKind::Version,
                "",
                format!("search has no tables for FHIR {version} in this build"),
            )),
        }
    }

    #[cfg_attr(
        not(any(feature = "dstu2", feature = "stu3", feature = "r4", feature = "r4b", feature = "r5")),
        expect(dead_code, reason = "no version is built in")
    )]
    fn built(
        cell: &'static OnceLock<Self>,
        version: Version,
        definitions: &'static [SearchParameter],
        compartments: &'static [Compartment],
    ) -> &'static Self {
        cell.get_or_init(|| {
            let schema = Schema::of(version);
            let schema = schema.unwrap_or_else(|| unreachable!("the version's feature brings its tables"));
            Self::new(schema, definitions, compartments)
        })
    }

    fn new(
        schema: &'static Schema,
        definitions: &'static [SearchParameter],
        compartments: &'static [Compartment],
    ) -> Self {
        let by_url: HashMap<_, _> =
            definitions.iter().map(|definition| (definition.url, definition)).collect();
        let mut by_base: HashMap<&str, Vec<Arc<Parameter>>> = HashMap::new();
        for definition in definitions {
            for &base in definition.bases {
                if let Some(type_definition) = schema.type_named(base) {
                    let parameter = Parameter::new(type_definition, definition, definitions, &by_url);
                    by_base.entry(type_definition.name()).or_default().push(Arc::new(parameter));
                }
            }
        }
        let abstract_types = schema.types().iter().filter(|found| found.is_resource() && found.is_abstract());
        let types = schema.resources().chain(abstract_types).map(|definition| {
            let lineage = std::iter::successors(Some(definition), |definition| definition.base());
            let mut parameters: Vec<Arc<Parameter>> =
                lineage.filter_map(|ancestor| by_base.get(ancestor.name())).flatten().cloned().collect();
            parameters.sort_by(|a, b| a.code().cmp(b.code()));
            // What a type defines itself stands before what it inherits.
            parameters.dedup_by(|later, earlier| later.code() == earlier.code());
            (definition.name(), TypeParameters { definition, parameters, extraction: OnceLock::new() })
        });
        Self { schema, compartments, types: types.collect() }
    }

    /// The version's definitions of types.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// The name of a concrete resource type as the tables have it; nothing if there is no such type.
    #[must_use]
    pub fn resource_type(&self, name: &str) -> Option<&'static str> {
        self.schema.resource(name).map(TypeDef::name)
    }

    /// The parameter `code` of a resource type, its own or one of all resources; `Resource` has the latter only.
    #[must_use]
    pub fn find(&self, resource_type: &str, code: &str) -> Option<&Arc<Parameter>> {
        let parameters = self.of_type(resource_type);
        let at = parameters.binary_search_by(|parameter| parameter.code().cmp(code)).ok()?;
        parameters.get(at)
    }

    /// All parameters of a resource type, those of all resources included, sorted by code; empty for an unknown type.
    #[must_use]
    pub fn of_type(&self, resource_type: &str) -> &[Arc<Parameter>] {
        self.types.get(resource_type).map_or(&[], |found| &found.parameters)
    }

    /// The compartments of the version.
    #[must_use]
    pub fn compartments(&self) -> &'static [Compartment] {
        self.compartments
    }

    /// How all index values of a type are extracted.
    pub(crate) fn extraction(&self, resource_type: &str) -> Option<&Extraction> {
        let found = self.types.get(resource_type)?;
        Some(found.extraction.get_or_init(|| Extraction::of(found.definition, &found.parameters)))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameters({}, {} types)", self.schema.version(), self.types.len())
    }
}

impl Parameter {
    fn new(
        base: &'static TypeDef,
        definition: &'static SearchParameter,
        definitions: &'static [SearchParameter],
        by_url: &HashMap<&str, &'static SearchParameter>,
    ) -> Self {
        let concerns = |branch: &&str| match base.schema().type_named(path::first_name(branch)) {
            Some(named) if named.is_resource() => base.is_subtype_of(named),
            _ => true,
        };
        let branches: Vec<&str> = path::branches(definition.expression).filter(concerns).collect();
        let parts = definition.components.iter().filter_map(|component| {
            let part = *by_url.get(component.definition)?;
            let of_base =
                |other: &&SearchParameter| other.url == part.url && other.bases.contains(&base.name());
            let alone = definitions.iter().find(of_base).map(|other| other.code);
            Some(Part {
                definition: part,
                expression: component.expression,
                alone,
                compiled: OnceLock::new(),
            })
        });
        let parts: Vec<Part> = parts.collect();
        let code = definition.code;
        let index = IndexNames {
            text: format!("{code}:text"),
            identifier: format!("{code}:identifier"),
            of_type: format!("{code}:of-type"),
        };
        let expression = branches.join(" | ");
        let leaves = Leaves::of(base, &expression);
        Self { base, definition, expression, parts, index, leaves, compiled: OnceLock::new() }
    }

    /// The name in a query: `birthdate`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.definition.code
    }

    /// How values are compared.
    #[must_use]
    pub fn kind(&self) -> ParameterType {
        self.definition.kind
    }

    /// The type that defines the parameter: `Patient`, `Resource`.
    #[must_use]
    pub fn base(&self) -> &'static str {
        self.base.name()
    }

    /// The definition that the type shares with others.
    #[must_use]
    pub fn definition(&self) -> &'static SearchParameter {
        self.definition
    }

    /// The part of the definition's expression that concerns the type; empty for the few that no expression describes.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// For a reference, the types that it may lead to; empty or with `Resource` for any.
    #[must_use]
    pub fn targets(&self) -> &'static [&'static str] {
        self.definition.targets
    }

    /// Whether a reference may lead to a type.
    #[must_use]
    pub fn leads_to(&self, resource_type: &str) -> bool {
        self.targets().is_empty()
            || self.targets().iter().any(|&target| target == resource_type || target == "Resource")
    }

    /// For a composite, what it is made of.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The code systems that codes without a system belong to, because the element says so: `gender`.
    #[must_use]
    pub fn implied_systems(&self) -> &[String] {
        &self.leaves.implied_systems
    }

    /// The types of the elements that the expression selects; empty where that is not known before it runs.
    #[must_use]
    pub fn element_types(&self) -> &[&'static TypeDef] {
        &self.leaves.types
    }

    /// Whether identifiers are among the elements.
    pub(crate) fn takes_identifiers(&self) -> bool {
        self.leaves.types.iter().any(|definition| definition.name() == "Identifier")
    }

    /// The name of the parameter's own values in an index.
    #[must_use]
    pub fn index_name(&self) -> &'static str {
        self.definition.code
    }

    pub(crate) fn index_names(&self) -> &IndexNames {
        &self.index
    }

    /// The compiled expression.
    ///
    /// # Errors
    /// [`ErrorKind::Definition`] if it does not compile; no parameter of the built-in versions fails so.
    pub fn compiled(&self) -> Result<&Expression, Error> {
        compile(&self.compiled, &self.expression, self.code(), self.base.schema())
    }
}

impl Part {
    /// The parameter that says how the part is compared.
    #[must_use]
    pub fn definition(&self) -> &'static SearchParameter {
        self.definition
    }

    /// The FHIRPath of the part, from what the composite's expression selects.
    #[must_use]
    pub fn expression(&self) -> &'static str {
        self.expression
    }

    /// The code of the parameter of the same type that finds the part alone, if there is one.
    #[must_use]
    pub fn alone(&self) -> Option<&'static str> {
        self.alone
    }

    /// The compiled expression.
    ///
    /// # Errors
    /// As [`Parameter::compiled`].
    pub fn compiled(&self, schema: &'static Schema) -> Result<&Expression, Error> {
        compile(&self.compiled, self.expression, self.definition.code, schema)
    }
}

/// The environment of all evaluations: no variables, no services. What an evaluation finds lives as long as it does.
pub(crate) fn nothing() -> &'static Environment<'static> {
    static NOTHING: LazyLock<Environment<'static>> = LazyLock::new(Environment::new);
    &NOTHING
}

fn compile<'c>(
    cell: &'c OnceLock<Result<Expression, Error>>,
    expression: &str,
    code: &str,
    schema: &'static Schema,
) -> Result<&'c Expression, Error> {
    let compiled = cell.get_or_init(|| {
        Expression::compile(expression, schema).map_err(|error| {
            Error::new(ErrorKind::Definition, code, format!("the expression does not compile: {error}"))
        })
    });
    compiled.as_ref().map_err(Clone::clone)
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} ({:?})", self.base(), self.code(), self.kind())
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.definition.code, self.definition.kind)
    }
}
