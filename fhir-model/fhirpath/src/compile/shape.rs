//! What is known of a collection before there is data: the types of its items, whether they may be several, and
//! whether they have an order.

use crate::ast::Operator;
use crate::function::Function;
use crate::types::{SystemType, TypeInfo};
use hygea_fhir_model::schema::Schema;
use std::fmt;

#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) types: Types,
    pub(super) many: bool,
    pub(super) ordered: bool,
}

/// The types that items may have.
#[derive(Debug, Clone)]
pub(super) enum Types {
    /// Nothing is known.
    Any,
    /// One of these; none means that there are no items.
    Known(Vec<TypeInfo>),
}

impl Types {
    pub(super) fn known(only: TypeInfo) -> Self {
        Self::Known(vec![only])
    }

    /// No items at all.
    pub(super) fn nothing() -> Self {
        Self::Known(Vec::new())
    }

    /// The types of either.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(mut types), Self::Known(other)) => {
                for found in other {
                    if !types.contains(&found) {
                        types.push(found);
                    }
                }
                Self::Known(types)
            }
            _ => Self::Any,
        }
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("something"),
            Self::Known(types) => match types.as_slice() {
                [] => f.write_str("nothing"),
                types => {
                    for (at, found) in types.iter().take(4).enumerate() {
                        write!(f, "{}{found}", if at == 0 { "" } else { " or " })?;
                    }
                    if types.len() > 4 { f.write_str(" or another") } else { Ok(()) }
                }
            },
        }
    }
}

impl Shape {
    pub(super) fn one(types: Types) -> Self {
        Self { types, many: false, ordered: true }
    }

    pub(super) fn nothing() -> Self {
        Self::one(Types::Known(Vec::new()))
    }

    pub(super) fn anything() -> Self {
        Self { types: Types::Any, many: true, ordered: true }
    }

    fn system(system: SystemType) -> Self {
        Self::one(Types::known(TypeInfo::System(system)))
    }

    pub(super) fn boolean() -> Self {
        Self::system(SystemType::Boolean)
    }

    pub(super) fn integer() -> Self {
        Self::system(SystemType::Integer)
    }

    pub(super) fn string() -> Self {
        Self::system(SystemType::String)
    }

    /// One item of the same types.
    pub(super) fn single(&self) -> Self {
        Self { many: false, ordered: true, ..self.clone() }
    }

    /// The items of either, as a union gives them.
    pub(super) fn or(self, other: Self) -> Self {
        Self { types: self.types.or(other.types), many: true, ordered: self.ordered && other.ordered }
    }
}

/// What an operator gives.
pub(super) fn of_operator(operator: Operator, left: Shape, right: Shape) -> Shape {
    use Operator as O;
    match operator {
        O::Union => left.or(right),
        O::Concatenate => Shape::string(),
        O::Multiply | O::Divide | O::DivideWhole | O::Remainder | O::Add | O::Subtract => {
            Shape::one(Types::Any)
        }
        _ => Shape::boolean(),
    }
}

/// Whether a function asks for the order of its input.
pub(super) fn needs_order(function: Function) -> bool {
    matches!(function, Function::First | Function::Last | Function::Tail | Function::Skip | Function::Take)
}

/// What a function gives.
pub(super) fn of_function(
    function: Function,
    input: &Shape,
    arguments: &[Shape],
    schema: &'static Schema,
) -> Shape {
    use Function as F;
    match function {
        F::Empty
        | F::Exists
        | F::All
        | F::AllTrue
        | F::AnyTrue
        | F::AllFalse
        | F::AnyFalse
        | F::SubsetOf
        | F::SupersetOf
        | F::IsDistinct
        | F::Not
        | F::ConvertsToBoolean
        | F::ConvertsToInteger
        | F::ConvertsToLong
        | F::ConvertsToDate
        | F::ConvertsToDateTime
        | F::ConvertsToDecimal
        | F::ConvertsToQuantity
        | F::ConvertsToText
        | F::ConvertsToTime
        | F::StartsWith
        | F::EndsWith
        | F::Contains
        | F::Matches
        | F::MatchesFull
        | F::Comparable
        | F::HasExtension
        | F::HasValue
        | F::ConformsTo
        | F::MemberOf
        | F::Subsumes
        | F::SubsumedBy
        | F::HtmlChecks
        | F::HtmlChecks2
        | F::ToBoolean => Shape::boolean(),
        F::Count
        | F::ToInteger
        | F::IndexOf
        | F::LastIndexOf
        | F::Length
        | F::Precision
        | F::YearOf
        | F::MonthOf
        | F::DayOf
        | F::HourOf
        | F::MinuteOf
        | F::SecondOf
        | F::MillisecondOf
        | F::Duration
        | F::Difference => Shape::integer(),
        F::ToLong => Shape::system(SystemType::Long),
        F::ToText
        | F::Substring
        | F::Upper
        | F::Lower
        | F::Replace
        | F::ReplaceMatches
        | F::Encode
        | F::Decode
        | F::Escape
        | F::Unescape
        | F::Trim
        | F::Join => Shape::string(),
        F::ToChars | F::Split | F::GetResourceKey | F::GetReferenceKey | F::PathName => {
            Shape { many: true, ..Shape::string() }
        }
        F::ToDate | F::Today | F::DateOf => Shape::system(SystemType::Date),
        F::ToDateTime | F::Now => Shape::system(SystemType::DateTime),
        F::ToTime | F::TimeOfDay | F::TimeOf => Shape::system(SystemType::Time),
        F::ToDecimal | F::Exp | F::Ln | F::Log | F::Sqrt | F::TimezoneOffsetOf => {
            Shape::system(SystemType::Decimal)
        }
        F::ToQuantity => Shape::system(SystemType::Quantity),
        F::Type => Shape { many: input.many, ..Shape::system(SystemType::TypeInfo) },
        F::Abs
        | F::Ceiling
        | F::Floor
        | F::Power
        | F::Round
        | F::Truncate
        | F::Sum
        | F::Min
        | F::Max
        | F::Avg
        | F::LowBoundary
        | F::HighBoundary
        | F::GetValue => Shape::one(Types::Any),
        F::Single | F::First | F::Last => input.single(),
        F::Distinct
        | F::Tail
        | F::Skip
        | F::Take
        | F::Exclude
        | F::Intersect
        | F::Trace
        | F::DefineVariable
        | F::CheckModifiers
        | F::Sort => input.clone(),
        F::Union | F::Combine => match arguments.first() {
            Some(other) => input.clone().or(other.clone()),
            None => input.clone(),
        },
        F::Select => match arguments.first() {
            Some(projection) => Shape { many: true, ..projection.clone() },
            None => Shape::anything(),
        },
        F::Iif => match arguments {
            [_, then, otherwise] => then.clone().or(otherwise.clone()),
            [_, then] => then.clone(),
            _ => Shape::anything(),
        },
        F::Coalesce => arguments.iter().cloned().reduce(Shape::or).unwrap_or_else(Shape::anything),
        F::Extension => {
            let types = schema
                .type_named("Extension")
                .map_or(Types::Any, |found| Types::known(TypeInfo::Fhir(found)));
            Shape { types, many: true, ordered: true }
        }
        F::Children | F::Descendants => Shape { ordered: false, ..Shape::anything() },
        F::Repeat | F::RepeatAll | F::Aggregate | F::Resolve | F::ElementDefinition | F::Slice => {
            Shape::anything()
        }
        // The compiler knows its type.
        F::Instance => Shape::one(Types::Any),
    }
}

/// The child of a value that is no element.
pub(super) fn value_child(owner: TypeInfo, name: &str) -> Option<Types> {
    let system = |system| Some(Types::known(TypeInfo::System(system)));
    match (owner, name) {
        (TypeInfo::System(SystemType::TypeInfo), "namespace" | "name" | "baseType") => {
            system(SystemType::String)
        }
        (TypeInfo::System(SystemType::Quantity), "value") => system(SystemType::Decimal),
        (TypeInfo::System(SystemType::Quantity), "unit") => system(SystemType::String),
        (TypeInfo::System(SystemType::Any), _) => Some(Types::Any),
        _ => None,
    }
}
