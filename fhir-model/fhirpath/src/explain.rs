//! Plans for people: what an expression reads and how it is run.

use crate::error::Failure;
use crate::evaluate::Run;
use crate::function::Function;
use crate::plan::{Plan, PlanKind, Step, StepKind, Wanted};
use crate::value::{Item, Items};
use std::collections::BTreeSet;
use std::fmt::Write;

/// One line a step, indented by nesting.
pub(crate) fn explain(plan: &Plan) -> String {
    let mut lines = Lines { out: String::new(), depth: 0, run: None };
    lines.plan(plan);
    lines.out
}

/// The same, with what each step that is evaluated on the context itself gives there, and what that took.
pub(crate) fn explain_run<'a>(plan: &'a Plan, run: &Run<'_, 'a>) -> String {
    let mut lines = Lines { out: String::new(), depth: 0, run: Some(run) };
    lines.plan(plan);
    let mut items = Items::new();
    let before = run.left();
    let found = run.start(plan, &mut items).map(|()| items);
    let text = format!("gives {}, in {} steps of the budget", outcome(&found), before - run.left());
    lines.line(&text);
    lines.out
}

/// What an evaluation gave, without the data themselves.
fn outcome(found: &Result<Items<'_>, Failure>) -> String {
    match found {
        Ok(items) => match items.as_slice() {
            [Item::Boolean(value)] => value.to_string(),
            [Item::Integer(value)] => value.to_string(),
            [item] => format!("1 item of type {}", item.type_name()),
            items => format!("{} items", items.len()),
        },
        Err(failure) => format!("an error: {}", failure.detail()),
    }
}

struct Lines<'r, 'a> {
    out: String,
    depth: usize,
    /// The evaluation whose results are shown; nothing inside of conditions, which are evaluated on other items.
    run: Option<&'r Run<'r, 'a>>,
}

impl<'a> Lines<'_, 'a> {
    /// Adds to the line that starts at byte `line` what the steps so far give.
    fn so_far(&mut self, line: usize, start: &'a Plan, steps: &'a [Step]) {
        if let Some(run) = self.run {
            let text = outcome(&run.after(start, steps));
            let end = self.out.get(line..).and_then(|rest| rest.find('\n'));
            self.out.insert_str(end.map_or(self.out.len(), |at| line + at), &format!(": {text}"));
        }
    }

    fn line(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.depth * 2);
    }

    fn inside(&mut self, plan: &'a Plan) {
        self.depth += 1;
        match brief(plan) {
            Some(text) => self.line(&text),
            None => self.plan(plan),
        }
        self.depth -= 1;
    }

    /// A word and a plan, in one line if the plan is short.
    fn with(&mut self, word: &str, plan: &'a Plan) {
        match brief(plan) {
            Some(text) => self.line(&format!("{word} {text}")),
            None => {
                self.line(word);
                self.inside(plan);
            }
        }
    }

    fn plan(&mut self, plan: &'a Plan) {
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
                for (at, step) in steps.iter().enumerate() {
                    let line = self.out.len();
                    // What stands inside of a step is evaluated on other items than the context.
                    let run = self.run.take();
                    self.step(step);
                    self.run = run;
                    self.so_far(line, start, steps.get(..=at).unwrap_or_default());
                }
                self.depth -= 1;
            }
        }
    }

    fn step(&mut self, step: &'a Step) {
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
                Some(text) => self.line(&format!("{text}{}", ending(*function, arguments))),
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

/// How a function spares work.
fn ending(function: Function, arguments: &[Plan]) -> &'static str {
    match function {
        Function::First => ", and stop there",
        Function::Exists | Function::Empty if arguments.is_empty() => ", and stop at the first",
        Function::Count => ", without collecting",
        Function::Take if arguments.first().and_then(Plan::constant_integer).is_some() => ", and stop there",
        _ => "",
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
