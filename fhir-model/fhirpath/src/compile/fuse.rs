//! Shapes that search parameters are made of, brought into the forms that run fast.

use super::shape::Types;
use crate::ast::Operator;
use crate::evaluate::compile_pattern;
use crate::function::Function;
use crate::plan::{LONGEST_RUN, Plan, PlanKind, Step, StepKind, Wanted};
use crate::types::TypeInfo;
use hygea_fhir_model::schema::TypeDef;

/// A filter by a condition, in its fused form if it has one.
pub(super) fn filter(condition: Plan) -> StepKind {
    match condition.kind {
        // where(a.b = 'text')
        PlanKind::Chain(path, rest) => match (&path.kind, &*rest) {
            (PlanKind::Path(start, steps), [(Operator::Equal, _, literal)])
                if matches!(start.kind, PlanKind::This)
                    && steps.len() <= usize::from(LONGEST_RUN)
                    && steps.iter().all(|step| matches!(step.kind, StepKind::Field(_)))
                    && literal.constant_text().is_some() =>
            {
                let text: Box<str> = literal.constant_text().unwrap_or_default().into();
                match path.kind {
                    PlanKind::Path(_, steps) => StepKind::WhereText(steps, text),
                    kind => StepKind::Where(Plan { at: condition.at, kind }),
                }
            }
            _ => StepKind::Where(Plan { at: condition.at, kind: PlanKind::Chain(path, rest) }),
        },
        // where(resolve() is T), where($this is T)
        PlanKind::Path(start, steps) => match (&start.kind, &*steps) {
            (PlanKind::This, [Step { kind: StepKind::Is(wanted), .. }]) => StepKind::WhereType(*wanted),
            (
                PlanKind::This,
                [
                    Step { kind: StepKind::Call(Function::Resolve, _), .. },
                    Step { kind: StepKind::Is(Wanted::Type(TypeInfo::Fhir(wanted))), .. },
                ],
            ) => StepKind::WhereReference(wanted),
            _ => StepKind::Where(Plan { at: condition.at, kind: PlanKind::Path(start, steps) }),
        },
        kind => StepKind::Where(Plan { at: condition.at, kind }),
    }
}

/// A function with a pattern that is compiled once, unless it, or its flags, are no constants or are wrong.
pub(super) fn with_pattern(function: Function, pattern: &str, mut plans: Vec<Plan>) -> StepKind {
    let flags_at = if function == Function::ReplaceMatches { 2 } else { 1 };
    let flags = match plans.get(flags_at) {
        None => Some(""),
        Some(flags) => flags.constant_text(),
    };
    let compiled = flags.and_then(|flags| compile_pattern(function, pattern, flags).ok());
    match compiled.filter(|_| !pattern.is_empty()) {
        Some(regex) => {
            let substitution = (flags_at == 2).then(|| Box::new(plans.swap_remove(1)));
            StepKind::Match(function, Box::new(regex), substitution)
        }
        None => StepKind::Call(function, plans.into_boxed_slice()),
    }
}

/// A choice that is followed by one of its types stands in the member of that type.
pub(super) fn narrow(steps: &mut [Step], wanted: Wanted) {
    let Some(Step { kind: StepKind::Field(field), .. }) = steps.last_mut() else { return };
    for place in &mut field.places {
        let fits = |&&(_, own): &&(_, _)| wanted.selects(Some(TypeInfo::Fhir(own)));
        let fitting: Box<[_]> = place.members.iter().filter(fits).copied().collect();
        // Where none fits, the step behind this one finds nothing, whatever there is.
        if !fitting.is_empty() {
            place.members = fitting;
        }
    }
}

/// What `as` and `ofType` leave of types.
pub(super) fn selected(types: &Types, wanted: Wanted) -> Types {
    match wanted {
        Wanted::Value(_) => Types::Any,
        Wanted::Nothing => Types::nothing(),
        Wanted::Type(wanted) => match types {
            Types::Any => Types::known(wanted),
            Types::Known(types) => {
                let found: Vec<TypeInfo> = types
                    .iter()
                    .filter_map(|own| match own {
                        own if own.is_selected_by(wanted) => Some(*own),
                        own if wanted.is(*own) => Some(wanted),
                        _ => None,
                    })
                    .collect();
                // What can never be is still of the wanted type, so that checks go on with it.
                if found.is_empty() { Types::known(wanted) } else { Types::Known(found) }
            }
        },
    }
}

/// Whether a part of a union can give anything for elements of a type: not if it starts with another type.
pub(crate) fn can_start_at(plan: &Plan, context: &'static TypeDef) -> bool {
    match &plan.kind {
        PlanKind::Path(start, steps) => match (&start.kind, steps.first().map(|step| &step.kind)) {
            (PlanKind::This, Some(StepKind::Root(root))) => {
                context.is_subtype_of(root) || root.is_subtype_of(context)
            }
            (PlanKind::This, _) => true,
            _ => can_start_at(start, context),
        },
        PlanKind::Union(parts) => parts.iter().any(|part| can_start_at(part, context)),
        _ => true,
    }
}
