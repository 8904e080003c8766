//! What a search parameter is: the shape of the generated tables.
//!
//! The tables hold the parameters of HL7's SearchParameter resources
//! (<https://hl7.org/fhir/R4/searchparameter.html>) as they are, expressions included.

/// A search parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchParameter {
    /// The id of the definition, unique in its version: `clinical-patient`.
    pub id: &'static str,
    /// The canonical URL.
    pub url: &'static str,
    /// The name in a query: `patient`, `_id`.
    pub code: &'static str,
    /// How its values are compared.
    pub kind: ParameterType,
    /// The types that have it, `Resource` and `DomainResource` included.
    pub bases: &'static [&'static str],
    /// The FHIRPath that selects its values in a resource of any of the bases; empty for the few that no
    /// expression describes (`_text`, `_content`, `_query`).
    pub expression: &'static str,
    /// For references, the types of resources that they may point to.
    pub targets: &'static [&'static str],
    /// For composites, the parameters that they are made of.
    pub components: &'static [Component],
    /// Whether alternatives separated by commas are allowed.
    pub multiple_or: bool,
    /// Whether the parameter may stand several times in a query.
    pub multiple_and: bool,
    /// The prefixes that the definition allows (`eq`, `ge`, …); empty where it does not say.
    pub comparators: &'static [&'static str],
    /// The modifiers that the definition allows (`exact`, `not`, …); empty where it does not say.
    pub modifiers: &'static [&'static str],
    /// How the values that the expression selects are to be understood.
    pub usage: ParameterUsage,
}

/// A part of a composite parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// The canonical URL of the parameter that says how the part is compared.
    pub definition: &'static str,
    /// The FHIRPath that selects the part's values in what the composite's own expression selects.
    pub expression: &'static str,
}

/// How the values of a parameter are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterType {
    /// A number.
    Number,
    /// A date, a time, a period.
    Date,
    /// A string, compared without case and accents.
    String,
    /// A code, perhaps in a code system.
    Token,
    /// A reference to a resource.
    Reference,
    /// Several parameters that must match in the same place.
    Composite,
    /// A number with a unit.
    Quantity,
    /// A URI, compared as it is.
    Uri,
    /// One that its own text explains.
    Special,
}

/// How the values that a parameter's expression selects are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterUsage {
    /// As they are.
    Normal,
    /// By their sound.
    Phonetic,
    /// By the distance from a place.
    Nearby,
    /// By an algorithm that its text explains.
    Other,
}

/// A compartment: the resources that belong to one patient, encounter, device or practitioner
/// (<https://hl7.org/fhir/R4/compartmentdefinition.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compartment {
    /// The type that it is about: `Patient`.
    pub code: &'static str,
    /// The types that can be in it, sorted, each with the codes of the reference parameters that put them
    /// there; `{def}` stands for the resource itself.
    pub members: &'static [(&'static str, &'static [&'static str])],
}
