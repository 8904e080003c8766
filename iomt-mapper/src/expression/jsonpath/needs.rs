//! The names that a message must hold for a path to select anything; see [`crate::expression::needs`].

use super::{Operand, Operator, Path, Query, Step};
use crate::expression::needs::Needs;

impl Path {
    pub(crate) fn needs(&self) -> Needs<'_> {
        of_steps(&self.steps)
    }
}

fn of_steps(steps: &[Step]) -> Needs<'_> {
    steps.iter().fold(Needs::nothing(), |needs, step| needs.and(of_step(step)))
}

fn of_step(step: &Step) -> Needs<'_> {
    match step {
        Step::Field(name) | Step::Scan(name) => Needs::name(name),
        Step::Fields(names) | Step::ScanFields(names) => {
            names.iter().map(|name| Needs::name(name)).reduce(Needs::or).unwrap_or_else(Needs::nothing)
        }
        Step::Filter(query) | Step::ScanFilter(query, _) => of_query(query),
        Step::Index(index) => Needs::nothing().fallible(*index < 0),
        Step::Indices(indices) => Needs::nothing().fallible(indices.iter().any(|index| *index < 0)),
        Step::Slice { step, .. } => Needs::nothing().fallible(*step == Some(0)),
        Step::Root | Step::AnyField | Step::AnyItem | Step::ScanAny => Needs::nothing(),
    }
}

fn of_query(query: &Query) -> Needs<'_> {
    match query {
        Query::And(left, right) => of_query(left).and(of_query(right)),
        Query::Or(left, right) => of_query(left).or(of_query(right)),
        Query::Exists(operand) | Query::Matches(operand, _) => of_operand(operand),
        Query::Compare(left, operator, right) => {
            let exact = matches!(
                operator,
                Operator::Equal | Operator::NotEqual | Operator::StrictEqual | Operator::StrictNotEqual
            );
            of_operand(left).and(of_operand(right)).fallible(!exact)
        }
    }
}

fn of_operand(operand: &Operand) -> Needs<'_> {
    match operand {
        Operand::Path(steps) => of_steps(steps),
        Operand::Literal(_) => Needs::nothing(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_must_be_there() {
        for (text, expected) in [
            ("$..[?(@heartRate)]", "heartRate"),
            ("$..[?(@systolic && @diastolic)]", "systolic+diastolic"),
            ("$..[?(@Body.a || @Body.b)]", "Body+a / Body+b"),
            ("$.Body[?(@.type == 'x')].data[*]", "Body+type+data"),
            ("$..[?(@.n < 5)].a", "n"),
            ("$..[?(@.n < 5 && @b)]", "n"),
            ("$..['a', 'b']", "a / b"),
            ("$.a[-1].b", "a"),
            ("$..[?(1)]", ""),
            ("$..[?($.kind == 'x' || @*)]", "kind / "),
            ("$", ""),
        ] {
            let path = Path::parse(text).unwrap();
            let names: Vec<String> = path.needs().alternatives.iter().map(|names| names.join("+")).collect();
            assert_eq!(names.join(" / "), expected, "{text}");
        }
    }
}
