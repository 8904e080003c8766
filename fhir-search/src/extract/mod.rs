//! From a resource to the values under which an index finds it.
//!
//! All parameters of a type are answered in one walk over the JSON tree: their expressions are read as steps
//! down (`path`), merged into one tree of members, and at its leaves stands how a value of the element's type becomes
//! a value of the parameter's type (<https://hl7.org/fhir/R4/search.html#table>). The few expressions that are more than
//! steps run as FHIRPath.

mod conversion;
mod walk;

use crate::error::{Error, ErrorKind};
use crate::parameters::Parameters;
use crate::value::{DateRange, DecimalRange, Zone};
use hygea_fhir_model::json::Node;
use std::borrow::Cow;
use std::fmt;

pub(crate) use conversion::{of_type_code, sampled_range};
pub(crate) use walk::{Extraction, Leaves};

/// A value of a parameter of a resource, borrowed from the resource.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IndexEntry<'p, 'd> {
    /// The name of the parameter within the resource's type: its code, or for values that only a modifier asks for the code
    /// and the modifier: `code:text`, `subject:identifier`, `identifier:of-type`.
    pub parameter: &'p str,
    /// The value.
    pub value: IndexValue<'d>,
}

/// A value in an index.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum IndexValue<'d> {
    /// A code, an identifier, a Boolean.
    Token {
        /// The code system or namespace; none for an element that has no system.
        system: Option<&'d str>,
        /// The code.
        code: Cow<'d, str>,
    },
    /// A text.
    Text {
        /// As it is compared: see [`crate::value::fold`].
        folded: Cow<'d, str>,
        /// As it is written.
        exact: &'d str,
    },
    /// A span of time.
    Date(DateRange),
    /// A number or a range of numbers.
    Number(DecimalRange),
    /// A number with a unit. A Quantity whose code and unit differ has two: code and system, and unit without system.
    Quantity {
        /// The system of the code.
        system: Option<&'d str>,
        /// The code, or the unit for people.
        unit: Option<&'d str>,
        /// The number.
        range: DecimalRange,
    },
    /// What a reference leads to.
    Reference {
        /// The type of a resource of this service; none for a URL and for a contained resource (`#id`).
        resource_type: Option<&'d str>,
        /// The id, or the URL.
        id: &'d str,
        /// The version, if the reference is to one.
        version: Option<&'d str>,
    },
    /// A URI.
    Uri(&'d str),
}

/// How values are read. Take the fields that you do not set from `ExtractOptions::default()`: more may come.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExtractOptions<'a> {
    /// Where dates without a zone are.
    pub zone: Zone,
    /// The URLs under which the service is reached; a reference to one of its resources by such a URL is a local one.
    pub bases: &'a [&'a str],
    /// Whether the displays and texts of codes are left out, which `:text` searches.
    pub without_token_text: bool,
}

/// Extracts the index values of resources of one version. Cheap to make and to copy.
///
/// ```
/// use hygea_fhir_model::json::Document;
/// use hygea_fhir_search::{ExtractOptions, Extractor, IndexValue, Parameters};
///
/// let patient = Document::parse(br#"{"resourceType": "Patient", "gender": "female"}"#).unwrap();
/// let extractor = Extractor::new(Parameters::r4(), ExtractOptions::default());
/// let entries = extractor.extract(patient.root())?;
/// let gender = entries.iter().find(|entry| entry.parameter == "gender").unwrap();
/// assert_eq!(gender.value, IndexValue::Token { system: None, code: "female".into() });
/// # Ok::<(), hygea_fhir_search::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Extractor<'p> {
    parameters: &'p Parameters,
    options: ExtractOptions<'p>,
}

impl<'p> Extractor<'p> {
    /// An extractor for the resources of a version.
    #[must_use]
    pub const fn new(parameters: &'p Parameters, options: ExtractOptions<'p>) -> Self {
        Self { parameters, options }
    }

    /// The index values of a resource, in no particular order; a value may stand twice.
    ///
    /// All parameters of the type are answered but `_id` and `_lastUpdated`, which belong to the stored document itself,
    /// composites, whose parts stand for them, and the ones that no expression describes. An element that does not have
    /// the form of its type (a date that is none) has no values. Contained resources are not looked into.
    ///
    /// # Errors
    /// [`ErrorKind::NotAResource`] if the root is no resource of the version, [`ErrorKind::Evaluation`] if an expression
    /// fails on it.
    pub fn extract<'d>(&self, root: Node<'d>) -> Result<Vec<IndexEntry<'p, 'd>>, Error>
    where
        'p: 'd,
    {
        let mut entries = Vec::with_capacity(32);
        self.extract_into(root, &mut entries)?;
        Ok(entries)
    }

    /// As [`Extractor::extract`], behind what `entries` holds already.
    ///
    /// # Errors
    /// As [`Extractor::extract`].
    pub fn extract_into<'d>(&self, root: Node<'d>, entries: &mut Vec<IndexEntry<'p, 'd>>) -> Result<(), Error>
    where
        'p: 'd,
    {
        let resource_type = root.get("resourceType").and_then(Node::as_str).unwrap_or_default();
        let concrete = self.parameters.resource_type(resource_type);
        let Some(extraction) = concrete.and_then(|name| self.parameters.extraction(name)) else {
            return Err(Error::new(
                ErrorKind::NotAResource,
                "",
                "resourceType names no resource of this version",
            ));
        };
        extraction.extract(root, &self.options, entries)
    }
}

/// Shows the parameter and the type, never the value.
impl fmt::Debug for IndexEntry<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.parameter, self.value)
    }
}

/// Shows the type, never the value.
impl fmt::Debug for IndexValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token { .. } => "Token",
            Self::Text { .. } => "Text",
            Self::Date(_) => "Date",
            Self::Number(_) => "Number",
            Self::Quantity { .. } => "Quantity",
            Self::Reference { .. } => "Reference",
            Self::Uri(_) => "Uri",
        })
    }
}
