//! The names that a message must hold for an expression to match anything; see [`crate::expression::needs`].

use super::functions::Function;
use super::{Ast, Operator, Program};
use crate::expression::needs::Needs;

/// What an expression must come to when a name is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// Null or a projection without items: no match.
    NoMatch,
    /// Null.
    Null,
    /// What does not hold as a condition.
    Falsy,
}

impl Program {
    pub(crate) fn needs(&self) -> Needs<'_> {
        of(&self.tree, Want::NoMatch)
    }
}

fn of(ast: &Ast, want: Want) -> Needs<'_> {
    // An empty projection is no null.
    let empty_will_do = want != Want::Null;
    let collection = if empty_will_do { Want::Falsy } else { Want::Null };
    match ast {
        Ast::Field(name) => Needs::name(name),
        Ast::Group(inner) => of(inner, if want == Want::NoMatch { Want::Null } else { want }),
        Ast::Sub(left, right) => of(left, Want::Null).and(of(right, want)),
        Ast::Pipe(left, right) if null_stays_null(right) => of(left, Want::Null).and(of(right, want)),
        Ast::Pipe(left, right) => {
            Needs::nothing().fallible(of(left, Want::Null).fallible).and(of(right, want))
        }
        Ast::Projection(left, right) | Ast::ValueProjection(left, right) => {
            let (left, right) = (of(left, collection), of(right, Want::Null));
            if empty_will_do { left.and(right) } else { left.fallible(right.fallible) }
        }
        Ast::Filter(left, condition, right) => {
            let (left, right) = (of(left, collection), of(right, Want::Null));
            let condition = of(condition, Want::Falsy);
            if empty_will_do {
                left.and(condition).and(right)
            } else {
                left.fallible(condition.fallible || right.fallible)
            }
        }
        Ast::Flatten(inner) => of(inner, collection),
        Ast::Or(left, right) => of(left, Want::Falsy).or(of(right, want)),
        Ast::And(left, right) if want == Want::Falsy => of(left, want).and(of(right, want)),
        // A left side that does not hold is the result: `[]` is no null, whatever the right side needs.
        Ast::And(left, right) => of(left, want).fallible(of(right, want).fallible),
        Ast::Not(inner) => Needs::nothing().fallible(of(inner, Want::Null).fallible),
        Ast::Compare(left, operator, right) => of_comparison(left, *operator, right, want),
        Ast::List(items) => of_parts(items.iter()),
        Ast::Hash(members) => of_parts(members.iter().map(|(_, value)| value)),
        Ast::Call(Function::ToArray, arguments) => of_parts(arguments.iter()),
        Ast::Call(Function::NotNull, arguments) => {
            let parts = arguments.iter().map(|argument| of(argument, Want::Null));
            parts.reduce(Needs::or).unwrap_or_else(Needs::nothing)
        }
        Ast::Call(..) => Needs::none(),
        Ast::Slice(_, _, step) => Needs::nothing().fallible(*step == Some(0)),
        Ast::Current | Ast::Raw(_) | Ast::Literal(_) | Ast::Index(_) | Ast::Reference(_) => Needs::nothing(),
    }
}

fn of_comparison<'e>(left: &'e Ast, operator: Operator, right: &'e Ast, want: Want) -> Needs<'e> {
    let (lefts, rights) = (of(left, Want::Null), of(right, Want::Null));
    let fallible = lefts.fallible || rights.fallible;
    match operator {
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            lefts.and(rights).fallible(fallible)
        }
        // What is missing equals no literal but null.
        Operator::Equal if want == Want::Falsy && is_value(right) => lefts,
        Operator::Equal if want == Want::Falsy && is_value(left) => rights,
        Operator::Equal | Operator::NotEqual => Needs::nothing().fallible(fallible),
    }
}

fn of_parts<'e>(parts: impl Iterator<Item = &'e Ast>) -> Needs<'e> {
    let mut fallible = false;
    for part in parts {
        fallible |= of(part, Want::Null).fallible;
    }
    Needs::nothing().fallible(fallible)
}

fn is_value(ast: &Ast) -> bool {
    match ast {
        Ast::Raw(_) => true,
        Ast::Literal(document) => !document.root().is_null(),
        _ => false,
    }
}

/// Whether an expression comes to null where the current value is null.
fn null_stays_null(ast: &Ast) -> bool {
    match ast {
        Ast::Field(_) | Ast::Current | Ast::Index(_) | Ast::List(_) | Ast::Hash(_) => true,
        Ast::Sub(left, _) | Ast::Projection(left, _) | Ast::ValueProjection(left, _) => null_stays_null(left),
        Ast::Filter(left, ..) | Ast::Flatten(left) | Ast::And(left, _) | Ast::Group(left) => {
            null_stays_null(left)
        }
        Ast::Pipe(left, right) => null_stays_null(left) && null_stays_null(right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_must_be_there() {
        for (text, expected) in [
            ("Body[?systolic]", "Body+systolic"),
            ("to_array(@)[?heartrate]", "heartrate"),
            ("to_array(@.Body) | [? deviceId && starts_with(deviceId, 'x')].data[]", "deviceId"),
            ("[Body][?contains(keys(@), 'x')]", ""),
            ("Body.a || Body.b", "Body+a / Body+b"),
            ("Body[?type == 'x' && hr]", "Body+type+hr"),
            ("Body[?type != 'x' && hr]", "Body+hr"),
            ("Body[?hr > `5`]", "Body+hr"),
            ("Body == 'x'", ""),
            ("(Body[?a])", "Body"),
            ("Body[*].[a, b]", "Body"),
            ("Body.list[].x.y", "Body+list+x+y"),
            ("not_null(Body.a, Body.b)", "Body+a / Body+b"),
            ("length(Body) && a", ""),
            ("Body.a && Body.b", "Body+a"),
            ("[?!(a)]", ""),
        ] {
            let program = Program::parse(text).unwrap();
            let names: Vec<String> =
                program.needs().alternatives.iter().map(|names| names.join("+")).collect();
            assert_eq!(names.join(" / "), expected, "{text}");
        }
    }
}
