//! The strict checks of operands: what a function or an operator can never take, by the tables.

use super::shape::Types;
use crate::ast::Operator;
use crate::function::Function;
use crate::types::{SystemType, TypeInfo};

/// What operators and functions tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Text,
    Number,
    Quantity,
    /// A date or time.
    Moment,
    /// Neither of these.
    Complex,
    /// Only the data tells.
    Unknown,
}

fn kind(own: TypeInfo) -> Kind {
    if let TypeInfo::Fhir(definition) = own {
        let quantity = definition.schema().type_named("Quantity");
        if definition.is_abstract() {
            return Kind::Unknown;
        }
        if quantity.is_some_and(|quantity| definition.is_subtype_of(quantity)) {
            return Kind::Quantity;
        }
    }
    match own.system() {
        Some(SystemType::Boolean) => Kind::Boolean,
        Some(SystemType::String) => Kind::Text,
        Some(SystemType::Integer | SystemType::Long | SystemType::Decimal) => Kind::Number,
        Some(SystemType::Quantity) => Kind::Quantity,
        Some(SystemType::Date | SystemType::DateTime | SystemType::Time) => Kind::Moment,
        Some(SystemType::Any) => Kind::Unknown,
        Some(SystemType::TypeInfo) | None => Kind::Complex,
    }
}

/// Whether none of the types fits; nothing is said of types that only the data tells.
fn none(types: &Types, fits: impl Fn(TypeInfo, Kind) -> bool) -> bool {
    match types {
        Types::Any => false,
        Types::Known(types) => {
            !types.is_empty()
                && types.iter().all(|own| {
                    let kind = kind(*own);
                    kind != Kind::Unknown && !fits(*own, kind)
                })
        }
    }
}

/// A text of the language, or an element that FHIR writes as text.
fn is_text(own: TypeInfo, kind: Kind) -> bool {
    kind == Kind::Text || (kind == Kind::Moment && matches!(own, TypeInfo::Fhir(_)))
}

/// What a function wants of its input, if it can never get it.
pub(super) fn misfit(function: Function, input: &Types) -> Option<&'static str> {
    use Function as F;
    match function {
        F::IndexOf
        | F::LastIndexOf
        | F::Substring
        | F::StartsWith
        | F::EndsWith
        | F::Contains
        | F::Upper
        | F::Lower
        | F::Replace
        | F::Matches
        | F::MatchesFull
        | F::ReplaceMatches
        | F::Length
        | F::ToChars
        | F::Encode
        | F::Decode
        | F::Escape
        | F::Unescape
        | F::Trim
        | F::Split
        | F::Join => none(input, is_text).then_some("a string"),
        F::Abs | F::Ceiling | F::Floor | F::Round | F::Truncate | F::Sum | F::Avg => {
            none(input, |_, kind| matches!(kind, Kind::Number | Kind::Quantity))
                .then_some("a number or a quantity")
        }
        F::Exp | F::Ln | F::Log | F::Power | F::Sqrt => {
            none(input, |_, kind| kind == Kind::Number).then_some("a number")
        }
        F::LowBoundary | F::HighBoundary => {
            none(input, |_, kind| matches!(kind, Kind::Number | Kind::Quantity | Kind::Moment))
                .then_some("a decimal, a quantity, a date or a time")
        }
        _ => None,
    }
}

/// Whether an operator is not defined for any pair of the types.
pub(super) fn refuses(operator: Operator, left: &Types, right: &Types) -> bool {
    use Operator as O;
    let measure = |kind| matches!(kind, Kind::Number | Kind::Quantity);
    let defined = |left: Kind, right: Kind| match operator {
        O::Add => {
            (left, right) == (Kind::Text, Kind::Text)
                || (measure(left) && measure(right))
                || (left, right) == (Kind::Moment, Kind::Quantity)
        }
        O::Subtract => (measure(left) && measure(right)) || (left, right) == (Kind::Moment, Kind::Quantity),
        O::Multiply | O::Divide => measure(left) && measure(right),
        O::DivideWhole | O::Remainder => left == Kind::Number && right == Kind::Number,
        O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual => {
            (measure(left) && measure(right)) || (left == right && matches!(left, Kind::Text | Kind::Moment))
        }
        _ => true,
    };
    if operator == O::Concatenate {
        return none(left, is_text) || none(right, is_text);
    }
    let Types::Known(others) = right else {
        // The right side may be anything: is there anything that goes with the left one?
        let all = [Kind::Text, Kind::Number, Kind::Quantity, Kind::Moment];
        return none(left, |_, own| all.into_iter().any(|other| defined(own, other)));
    };
    if others.is_empty() || others.iter().any(|other| kind(*other) == Kind::Unknown) {
        return false;
    }
    none(left, |_, own| others.iter().any(|other| defined(own, kind(*other))))
}
