//! What evaluation runs: the tree with names resolved, constants folded and frequent shapes fused.

use crate::ast::{KeyOrder, Operator};
use crate::function::Function;
use crate::types::{SystemType, TypeInfo};
use crate::value::Item;
use hygea_fhir_model::schema::{FieldDef, TypeDef};
use regex::Regex;

/// An expression that is ready to run, and the byte where it is written.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) at: u32,
    pub(crate) kind: PlanKind,
}

#[derive(Debug)]
pub(crate) enum PlanKind {
    /// Items that do not depend on the data.
    Constant(Box<[Item<'static>]>),
    This,
    Index,
    Total,
    Variable(Box<str>),
    /// Steps from a start on.
    Path(Box<Plan>, Box<[Step]>),
    /// `-x` (true) and `+x`
    Sign(bool, Box<Plan>),
    /// `a | b | c`
    Union(Box<[Plan]>),
    /// Operators of one precedence, from left to right.
    Chain(Box<Plan>, Box<[(Operator, u32, Plan)]>),
}

/// One step of a path.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) at: u32,
    /// How many steps, this one first, work on each item alone, so that one walk runs them; see [`Plan::path`].
    pub(crate) run: u16,
    pub(crate) kind: StepKind,
}

/// The most steps of one walk, which nests as deep.
pub(crate) const LONGEST_RUN: u16 = 32;

#[derive(Debug)]
pub(crate) enum StepKind {
    /// The children of a name.
    Field(Field),
    /// The item itself if it is of the type; the prefix of a path (`Patient.name`).
    Root(&'static TypeDef),
    /// Items of the type.
    OfType(Wanted),
    /// The one item if it is of the type; `true` if several items are an error.
    As(Wanted, bool),
    /// Whether the one item is of the type.
    Is(Wanted),
    /// Items for which the condition is true.
    Where(Plan),
    /// Items where a path gives exactly one item that is the text: `where(system = 'phone')`.
    WhereText(Box<[Step]>, Box<str>),
    /// Items of the type: `where($this is Patient)`.
    WhereType(Wanted),
    /// References to a resource of the type: `where(resolve() is Patient)`.
    WhereReference(&'static TypeDef),
    /// Extensions of the URL: `extension('…')`; with the type of extensions.
    Extension(Box<str>, Option<&'static TypeDef>),
    /// The item at an index.
    Index(Plan),
    /// A function and its arguments.
    Call(Function, Box<[Plan]>),
    /// `matches`, `matchesFull` or `replaceMatches` with a pattern that is always the same.
    Match(Function, Box<Regex>, Option<Box<Plan>>),
    /// `sort`, with its keys.
    Sort(Box<[(Plan, KeyOrder)]>),
}

/// The children of a name; the name is that of the element, without the type of a choice.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    /// For the types that are known to have the element: where it stands in their data.
    pub(crate) places: Box<[Place]>,
}

impl Field {
    /// Where the element stands in the data of a type, as far as that was known before there was data.
    #[inline]
    pub(crate) fn place(&self, own: &'static TypeDef) -> Option<&Place> {
        match &*self.places {
            [only] if std::ptr::eq(only.owner, own) => Some(only),
            places => places.iter().find(|place| std::ptr::eq(place.owner, own)),
        }
    }
}

/// Where an element stands in the data of one type.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) owner: &'static TypeDef,
    pub(crate) field: &'static FieldDef,
    /// The index of the field among the type's own, which is its place in a typed struct.
    #[cfg_attr(not(feature = "typed"), expect(dead_code, reason = "JSON is looked into by name"))]
    pub(crate) index: usize,
    /// The members that may hold it, of which one at most does, each with the type that it has there. Several are
    /// those of a choice, whose names start with the field's.
    pub(crate) members: Box<[(&'static str, &'static TypeDef)]>,
}

impl Place {
    pub(crate) fn of(owner: &'static TypeDef, field: &'static FieldDef) -> Self {
        let index = owner.fields().iter().position(|own| std::ptr::eq(own, field)).unwrap_or(usize::MAX);
        let members = field.types().iter().map(|option| (option.json_name(), option.definition())).collect();
        Self { owner, field, index, members }
    }
}

/// A type that a step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Type(TypeInfo),
    /// A type of the language, and FHIR's primitives that stand for it: how FHIR's own search parameters mean
    /// `value.as(DateTime)`.
    Value(SystemType),
    /// A type of another model than the items' (`System.Patient`), which nothing is.
    Nothing,
}

impl Wanted {
    /// Whether `x is T` holds.
    pub(crate) fn includes(self, own: Option<TypeInfo>) -> bool {
        match (self, own) {
            (Self::Type(wanted), Some(own)) => own.is(wanted),
            (Self::Value(wanted), Some(own)) => own.is(TypeInfo::System(wanted)),
            _ => false,
        }
    }

    /// Whether `as` and `ofType` keep it.
    pub(crate) fn selects(self, own: Option<TypeInfo>) -> bool {
        match (self, own) {
            (Self::Type(wanted), Some(own)) => own.is_selected_by(wanted),
            (Self::Value(wanted), Some(own)) => {
                own.is(TypeInfo::System(wanted)) || own.system() == Some(wanted)
            }
            _ => false,
        }
    }
}

/// Whether `own` is `wanted` or specialises it. Nothing specialises a concrete resource.
#[inline]
pub(crate) fn is_a(own: &'static TypeDef, wanted: &'static TypeDef) -> bool {
    std::ptr::eq(own, wanted) || (wanted.is_abstract() || !wanted.is_resource()) && own.is_subtype_of(wanted)
}

impl Step {
    pub(crate) fn new(at: u32, kind: StepKind) -> Self {
        Self { at, run: 0, kind }
    }

    /// Whether it works on each item alone, so that a path may run it while it walks.
    pub(crate) fn is_single(&self) -> bool {
        match &self.kind {
            StepKind::Field(_)
            | StepKind::Root(_)
            | StepKind::OfType(_)
            | StepKind::As(_, false)
            | StepKind::WhereText(..)
            | StepKind::WhereType(_)
            | StepKind::WhereReference(_)
            | StepKind::Extension(..) => true,
            StepKind::Where(condition) => !condition.uses_index(),
            StepKind::Call(Function::Select, arguments) => !arguments.iter().any(Plan::uses_index),
            _ => false,
        }
    }
}

impl Plan {
    pub(crate) fn new(at: u32, kind: PlanKind) -> Self {
        Self { at, kind }
    }

    /// Steps from a start on, with the runs among them that one walk takes.
    pub(crate) fn path(at: u32, start: Self, mut steps: Vec<Step>) -> Self {
        let mut run = 0;
        for step in steps.iter_mut().rev() {
            run = if step.is_single() { LONGEST_RUN.min(run + 1) } else { 0 };
            step.run = run;
        }
        Self::new(at, PlanKind::Path(Box::new(start), steps.into_boxed_slice()))
    }

    pub(crate) fn constant(at: u32, items: Vec<Item<'static>>) -> Self {
        Self::new(at, PlanKind::Constant(items.into_boxed_slice()))
    }

    /// The one text that it always gives, if it does.
    pub(crate) fn constant_text(&self) -> Option<&str> {
        match &self.kind {
            PlanKind::Constant(items) => match &**items {
                [Item::String(text)] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The one integer that it always gives, if it does.
    pub(crate) fn constant_integer(&self) -> Option<i32> {
        match &self.kind {
            PlanKind::Constant(items) => match &**items {
                [Item::Integer(value)] => Some(*value),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether `$index` stands in it.
    pub(crate) fn uses_index(&self) -> bool {
        self.any(&|plan| matches!(plan.kind, PlanKind::Index))
    }

    /// Whether it or a part of it is as `found` says.
    pub(crate) fn any(&self, found: &dyn Fn(&Self) -> bool) -> bool {
        if found(self) {
            return true;
        }
        match &self.kind {
            PlanKind::Path(start, steps) => start.any(found) || steps.iter().any(|step| step.any(found)),
            PlanKind::Sign(_, operand) => operand.any(found),
            PlanKind::Union(parts) => parts.iter().any(|part| part.any(found)),
            PlanKind::Chain(first, rest) => {
                first.any(found) || rest.iter().any(|(_, _, plan)| plan.any(found))
            }
            PlanKind::Constant(_)
            | PlanKind::This
            | PlanKind::Index
            | PlanKind::Total
            | PlanKind::Variable(_) => false,
        }
    }
}

impl Step {
    fn any(&self, found: &dyn Fn(&Plan) -> bool) -> bool {
        match &self.kind {
            StepKind::Where(plan) | StepKind::Index(plan) => plan.any(found),
            StepKind::WhereText(steps, _) => steps.iter().any(|step| step.any(found)),
            StepKind::Call(_, arguments) => arguments.iter().any(|plan| plan.any(found)),
            StepKind::Match(_, _, substitution) => substitution.iter().any(|plan| plan.any(found)),
            StepKind::Sort(keys) => keys.iter().any(|(plan, _)| plan.any(found)),
            _ => false,
        }
    }
}
