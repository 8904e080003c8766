//! Plans for people: what an expression reads and how it is run.

use crate::function::Function;
use crate::plan::{Plan, PlanKind, Step, StepKind, Wanted};
use crate::value::Item;
use std::collections::BTreeSet;
use std::fmt::Write;

/// One line a step, indented by nesting.
pub(crate) fn explain(plan: &Plan) -> String {
    let mut lines = Lines { out: String::new(), depth: 0 };
    lines.plan(plan);
    lines.out
}

struct Lines {
    out: String,
    depth: usize,
}

impl Lines {
    fn line(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.depth * 2);
    }

    fn inside(&mut self, plan: &Plan) {
        self.depth += 1;
        match brief(plan) {
            Some(text) => self.line(&text),
            None => self.plan(plan),
        }
        self.depth -= 1;
    }

    /// A word and a plan, in one line if the plan is short.
    fn with(&mut self, word: &str, plan: &Plan) {
        match brief(plan) {
            Some(text) => self.line(&format!("{word} {text}")),
            None => {
                self.line(word);
                self.inside(plan);
            }
        }
    }

    fn plan(&mut self, plan: &Plan) {
        match &plan.kind {
            PlanKind::Constant(items) => {
                let text: Vec<String> = items.iter().map(constant).collect();
                self.line(&format!("constant {{{}}}", text.join(", ")));
            }
            PlanKind::This => self.line("this"),
            PlanKind::Index => self.line("the index of this"),
            PlanKind::Total => self.line("the total"),
            PlanKind::Variable(name) => self.line(&format!("the variable %{name}")),
            PlanKind::Sign(negative, operand) => {
                self.with(if *negative { "minus" } else { "plus" }, operand);
            }
            PlanKind::Union(parts) => {
                self.line("union of");
                self.depth += 1;
                for part in parts {
                    self.plan(part);
                }
                self.depth -= 1;
            }
            PlanKind::Chain(first, rest) => {
                self.line("from left to right");
                self.inside(first);
                for (operator, _, operand) in rest {
                    self.depth += 1;
                    self.with(operator.text(), operand);
                    self.depth -= 1;
                }
            }
            PlanKind::Path(start, steps) => {
                self.line("walk");
                self.depth += 1;
                if !matches!(start.kind, PlanKind::This) {
                    self.line("from");
                    self.inside(start);
                } else if !matches!(steps.first().map(|step| &step.kind), Some(StepKind::Root(_))) {
                    self.line("this");
                }
                for step in steps {
                    self.step(step);
                }
                self.depth -= 1;
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::Field(field) => self.line(&format!("each {}", field.name)),
            StepKind::Root(root) => self.line(&format!("this, if it is {}", root.name())),
            StepKind::OfType(wanted) => self.line(&format!("of type {}", name(*wanted))),
            StepKind::As(wanted, _) => self.line(&format!("as {}", name(*wanted))),
            StepKind::Is(wanted) => self.line(&format!("whether it is {}", name(*wanted))),
            StepKind::Where(condition) => self.with("where", condition),
            StepKind::WhereText(path, text) => {
                let path: Vec<&str> = path.iter().filter_map(field_name).collect();
                self.line(&format!("where {} is the text '{text}'", path.join(".")));
            }
            StepKind::WhereType(wanted) => self.line(&format!("where it is {}", name(*wanted))),
            StepKind::Match(function, pattern, _) => {
                self.line(&format!("{}() of the pattern {}", function.name(), pattern.as_str()));
            }
            StepKind::WhereReference(wanted) => {
                self.line(&format!("where the reference names a {}, by its text", wanted.name()));
            }
            StepKind::Extension(url, _) => self.line(&format!("each extension '{url}'")),
            StepKind::Index(index) => match index.constant_integer() {
                Some(at) => self.line(&format!("the one at {at}, and stop there")),
                None => self.with("the one at", index),
            },
            StepKind::Call(Function::Instance, arguments) => {
                let mut arguments = arguments.iter();
                let made = arguments.next().and_then(Plan::constant_text).unwrap_or_default();
                self.line(&format!("make a {made}"));
                self.depth += 1;
                while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
                    self.with(&format!("{}:", name.constant_text().unwrap_or_default()), value);
                }
                self.depth -= 1;
            }
            StepKind::Call(function, arguments) => match brief_call(*function, arguments) {
                Some(text) => self.line(&text),
                None => {
                    self.line(&format!("{}()", function.name()));
                    for argument in arguments {
                        self.inside(argument);
                    }
                }
            },
            StepKind::Sort(keys) => {
                self.line("sorted by");
                self.depth += 1;
                for (key, order) in keys {
                    let down = order.negated != order.descending;
                    self.with(if down { "downwards" } else { "upwards" }, key);
                }
                self.depth -= 1;
            }
        }
    }
}

/// The longest plan that is shown in one line.
const BRIEF: usize = 72;

/// A plan as it may be written, if that is short and tells all.
fn brief(plan: &Plan) -> Option<String> {
    let text = match &plan.kind {
        PlanKind::Constant(items) => match &**items {
            [item] => constant(item),
            items => format!("{{{}}}", items.iter().map(constant).collect::<Vec<_>>().join(", ")),
        },
        PlanKind::This => "$this".to_owned(),
        PlanKind::Index => "$index".to_owned(),
        PlanKind::Total => "$total".to_owned(),
        PlanKind::Variable(name) => format!("%{name}"),
        PlanKind::Chain(first, rest) => {
            let mut text = brief_operand(first)?;
            for (operator, _, operand) in rest {
                text = format!("{text} {} {}", operator.text(), brief_operand(operand)?);
            }
            text
        }
        PlanKind::Path(start, steps) => {
            let mut text = match &start.kind {
                PlanKind::This => String::new(),
                PlanKind::Chain(..) => return None,
                _ => brief(start)?,
            };
            for step in steps {
                let step = match &step.kind {
                    StepKind::Field(field) => field.name.to_string(),
                    StepKind::Root(root) => root.name().to_owned(),
                    StepKind::Index(index) => {
                        text = format!("{text}[{}]", brief(index)?);
                        continue;
                    }
                    StepKind::Call(function, arguments) => brief_call(*function, arguments)?,
                    StepKind::Where(condition) => format!("where({})", brief(condition)?),
                    StepKind::OfType(Wanted::Type(found)) => format!("ofType({found})"),
                    StepKind::Is(Wanted::Type(found)) => format!("is({found})"),
                    StepKind::As(Wanted::Type(found), _) => format!("as({found})"),
                    _ => return None,
                };
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&step);
            }
            text
        }
        _ => return None,
    };
    (text.len() <= BRIEF).then_some(text)
}

/// A chain inside of another one stands in parentheses.
fn brief_operand(plan: &Plan) -> Option<String> {
    let text = brief(plan)?;
    Some(match &plan.kind {
        PlanKind::Chain(..) => format!("({text})"),
        _ => text,
    })
}

fn brief_call(function: Function, arguments: &[Plan]) -> Option<String> {
    if function == Function::Instance {
        return None;
    }
    let arguments: Option<Vec<String>> = arguments.iter().map(brief).collect();
    Some(format!("{}({})", function.name(), arguments?.join(", "))).filter(|text| text.len() <= BRIEF)
}

fn constant(item: &Item<'static>) -> String {
    match item {
        Item::String(text) => format!("'{text}'"),
        other => other.to_text().map_or_else(|| other.type_name().to_owned(), |text| text.into_owned()),
    }
}

fn name(wanted: Wanted) -> String {
    match wanted {
        Wanted::Type(found) => format!("{found:?}"),
        Wanted::Value(found) => format!("the value of a {}", found.name()),
        Wanted::Nothing => "a type that nothing has".to_owned(),
    }
}

fn field_name(step: &Step) -> Option<&str> {
    match &step.kind {
        StepKind::Field(field) => Some(&field.name),
        _ => None,
    }
}

/// The paths of elements that a plan reads.
pub(crate) fn paths(plan: &Plan) -> Vec<String> {
    let mut found = BTreeSet::new();
    collect(plan, "", &mut found);
    found.into_iter().collect()
}

/// Adds the paths of a plan whose focus is at `focus`; gives the places where its items come from.
fn collect(plan: &Plan, focus: &str, found: &mut BTreeSet<String>) -> Vec<String> {
    match &plan.kind {
        PlanKind::This => vec![focus.to_owned()],
        PlanKind::Path(start, steps) => {
            let mut ends = Vec::new();
            for place in collect(start, focus, found) {
                ends.push(walk(steps, place, found));
            }
            if ends.is_empty() {
                walk(steps, String::new(), found);
            }
            ends
        }
        PlanKind::Sign(_, operand) => collect(operand, focus, found),
        PlanKind::Union(parts) => parts.iter().flat_map(|part| collect(part, focus, found)).collect(),
        PlanKind::Chain(first, rest) => {
            collect(first, focus, found);
            for (_, _, operand) in rest {
                collect(operand, focus, found);
            }
            Vec::new()
        }
        PlanKind::Constant(_) | PlanKind::Index | PlanKind::Total | PlanKind::Variable(_) => Vec::new(),
    }
}

fn walk(steps: &[Step], mut place: String, found: &mut BTreeSet<String>) -> String {
    let mut read = false;
    for step in steps {
        match &step.kind {
            StepKind::Root(root) => root.name().clone_into(&mut place),
            StepKind::Field(field) => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(&field.name);
                read = true;
            }
            StepKind::Extension(..) => {
                place.push_str(if place.is_empty() { "extension" } else { ".extension" });
                read = true;
            }
            StepKind::OfType(wanted) | StepKind::As(wanted, _) => {
                let _ = match wanted {
                    Wanted::Type(found) => write!(place, ".ofType({found})"),
                    Wanted::Value(found) => write!(place, ".ofType({})", found.name()),
                    Wanted::Nothing => Ok(()),
                };
                read = true;
            }
            StepKind::Where(condition) | StepKind::Index(condition) => {
                collect(condition, &place, found);
            }
            StepKind::WhereText(path, _) => {
                walk(path, place.clone(), found);
            }
            StepKind::Call(_, arguments) => {
                for argument in arguments {
                    collect(argument, &place, found);
                }
            }
            StepKind::Sort(keys) => {
                for (key, _) in keys {
                    collect(key, &place, found);
                }
            }
            StepKind::Match(_, _, substitution) => {
                if let Some(plan) = substitution {
                    collect(plan, &place, found);
                }
            }
            StepKind::Is(_) | StepKind::WhereType(_) | StepKind::WhereReference(_) => {}
        }
    }
    if read {
        found.insert(place.clone());
    }
    place
}
