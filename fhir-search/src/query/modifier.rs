//! Modifiers, and which of them apply to which type of parameter (<https://hl7.org/fhir/R4/search.html#modifiers>).

use crate::error::{Error, ErrorKind};
use crate::parameters::{Parameter, ParameterType, Parameters};

/// What stands behind the colon of a parameter's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Modifier {
    /// Nothing.
    None,
    /// `:missing`, any type: whether there is no value at all.
    Missing,
    /// `:exact`, strings: the whole text, case and accents included.
    Exact,
    /// `:contains`, strings: anywhere in the text.
    Contains,
    /// `:text`: the text that goes with a code begins so; on strings the same as `:contains`.
    Text,
    /// `:not`, tokens: no value matches.
    Not,
    /// `:of-type`, tokens on identifiers: `type system|type code|value`.
    OfType,
    /// `:identifier`, references: the identifier in the reference.
    Identifier,
    /// `:Patient` and so on, references: the type that is referred to.
    Type(&'static str),
    /// `:above`, URIs.
    Above,
    /// `:below`, URIs.
    Below,
}

impl Modifier {
    /// The modifier as it stands in a name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::None => "",
            Self::Missing => "missing",
            Self::Exact => "exact",
            Self::Contains => "contains",
            Self::Text => "text",
            Self::Not => "not",
            Self::OfType => "of-type",
            Self::Identifier => "identifier",
            Self::Type(resource_type) => resource_type,
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    /// Reads the modifier of a parameter. `name` is the parameter as the query names it.
    pub(super) fn parse(
        text: &str,
        parameter: &Parameter,
        parameters: &Parameters,
        name: &str,
    ) -> Result<Self, Error> {
        let kind = parameter.kind();
        let refuse = |rule: String| Err(Error::new(ErrorKind::UnsupportedModifier, name, rule));
        if let Some(resource_type) = parameters.resource_type(text) {
            if kind != ParameterType::Reference {
                return refuse("a resource type is a modifier of references only".to_owned());
            }
            if !parameter.leads_to(resource_type) {
                return refuse(format!("the reference does not lead to {resource_type}"));
            }
            return Ok(Self::Type(resource_type));
        }
        let modifier = match text {
            "missing" => Self::Missing,
            "exact" => Self::Exact,
            "contains" => Self::Contains,
            "text" => Self::Text,
            "not" => Self::Not,
            "of-type" => Self::OfType,
            "identifier" => Self::Identifier,
            "above" => Self::Above,
            "below" => Self::Below,
            "in" | "not-in" if kind == ParameterType::Token => {
                return refuse(format!("the modifier :{text} needs value sets, which are not searched yet"));
            }
            "in" | "not-in" | "iterate" | "recurse" | "code-text" | "text-advanced" => {
                return refuse(format!(
                    "the modifier :{text} does not apply to a parameter of type {}",
                    type_name(kind)
                ));
            }
            _ => return refuse("there is no such modifier".to_owned()),
        };
        let applies = match modifier {
            Self::Missing => !matches!(kind, ParameterType::Composite | ParameterType::Special),
            Self::Exact | Self::Contains => kind == ParameterType::String,
            Self::Text => matches!(kind, ParameterType::Token | ParameterType::String),
            Self::Not => kind == ParameterType::Token,
            Self::OfType => kind == ParameterType::Token && parameter.takes_identifiers(),
            Self::Identifier => kind == ParameterType::Reference,
            Self::Above | Self::Below => kind == ParameterType::Uri,
            Self::None | Self::Type(_) => true,
        };
        if applies {
            return Ok(modifier);
        }
        let hierarchy = matches!(modifier, Self::Above | Self::Below)
            && matches!(kind, ParameterType::Token | ParameterType::Reference);
        refuse(if hierarchy {
            format!(
                "the modifier :{text} is answered for URIs only, hierarchies of codes and resources are not searched yet"
            )
        } else {
            format!("the modifier :{text} does not apply to a parameter of type {}", type_name(kind))
        })
    }
}

/// The name of a type in the specification.
pub(super) const fn type_name(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Number => "number",
        ParameterType::Date => "date",
        ParameterType::String => "string",
        ParameterType::Token => "token",
        ParameterType::Reference => "reference",
        ParameterType::Composite => "composite",
        ParameterType::Quantity => "quantity",
        ParameterType::Uri => "uri",
        ParameterType::Special => "special",
    }
}
