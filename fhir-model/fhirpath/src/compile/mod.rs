//! From the tree to a plan: names are resolved by the tables, constants folded, frequent shapes fused.
//!
//! The static types that are found on the way serve the strict checks, and tell a plan where an element stands in
//! the data of its type. They are never needed for the right result: a plan looks at the types of the data.

mod fuse;
mod kinds;
mod shape;

pub(crate) use fuse::can_start_at;

use crate::ast::{Argument, Expr, ExprKind, Literal, Operator, Postfix, PostfixKind, TypeName, TypeTest};
use crate::environment::Environment;
use crate::error::{ErrorKind, Failure};
use crate::evaluate::Run;
use crate::function::{Function, Scoping, Signature, signature, similar};
use crate::instance::unknown;
use crate::plan::{Field, Place, Plan, PlanKind, Step, StepKind, Wanted};
use crate::types::TypeInfo;
use crate::value::{Item, Items};
use fuse::{filter, narrow, selected, with_pattern};
use hygea_fhir_model::schema::{Schema, TypeDef, TypeKind};
use shape::{Shape, Types};
use std::borrow::Cow;

/// How an expression is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Options {
    /// The type of the elements that it will be evaluated on, if that is known: `Patient`.
    pub context: Option<&'static TypeDef>,
    /// Refuse what can never give a result by the tables: elements that the type does not have, a type before
    /// the path that the context is not, conditions that are no Booleans. And let `as` fail on several items,
    /// as the language has it, where FHIR's own search parameters need it to select among them.
    pub strict: bool,
    /// Refuse functions that ask for an order (`first`, `skip`) on collections that have none (`children`).
    pub ordered: bool,
}

impl Options {
    /// The options with a context type.
    #[must_use]
    pub fn context(self, context: &'static TypeDef) -> Self {
        Self { context: Some(context), ..self }
    }

    /// The options with or without strict checks.
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// The options with or without the check of order.
    #[must_use]
    pub fn ordered(self, ordered: bool) -> Self {
        Self { ordered, ..self }
    }
}

/// Compiles a whole expression.
pub(crate) fn compile(expression: &Expr, schema: &'static Schema, options: Options) -> Result<Plan, Failure> {
    let compiler = Compiler { schema, options };
    let this = Shape::one(match options.context {
        Some(context) => Types::known(TypeInfo::Fhir(context)),
        None => Types::Any,
    });
    compiler.expression(expression, &this).map(|(plan, _)| plan)
}

struct Compiler {
    schema: &'static Schema,
    options: Options,
}

type Compiled = (Plan, Shape);

impl Compiler {
    /// Compiles an expression whose focus has the shape `this`.
    fn expression(&self, expression: &Expr, this: &Shape) -> Result<Compiled, Failure> {
        let at = expression.at;
        let (plan, shape) = match &expression.kind {
            ExprKind::Empty => return Ok((Plan::constant(at, Vec::new()), Shape::nothing())),
            ExprKind::Literal(literal) => {
                let item = item(literal);
                let shape = Shape::one(TypeInfo::of(&item).map_or(Types::Any, Types::known));
                return Ok((Plan::constant(at, vec![item]), shape));
            }
            ExprKind::This => return Ok((Plan::new(at, PlanKind::This), this.clone())),
            ExprKind::Index => return Ok((Plan::new(at, PlanKind::Index), Shape::integer())),
            ExprKind::Total => return Ok((Plan::new(at, PlanKind::Total), Shape::anything())),
            ExprKind::Variable(name) => {
                let shape = match &**name {
                    "ucum" | "sct" | "loinc" => Shape::string(),
                    _ => Shape::anything(),
                };
                return Ok((Plan::new(at, PlanKind::Variable(name.clone())), shape));
            }
            ExprKind::Path { head, steps } => self.path(at, head.as_deref(), steps, this)?,
            ExprKind::Sign { negative, operand } => {
                let (operand, shape) = self.expression(operand, this)?;
                (Plan::new(at, PlanKind::Sign(*negative, Box::new(operand))), shape)
            }
            ExprKind::Instance { name, members } => self.instance(at, name, members, this)?,
            ExprKind::Chain { first, rest } => self.chain(at, first, rest, this)?,
            ExprKind::Typed { operand, test, name } => {
                let (operand, shape) = self.expression(operand, this)?;
                let (step, shape) = self.type_step(at, *test, name, &shape)?;
                let (start, mut steps) = into_path(operand);
                if let StepKind::As(wanted, _) = &step.kind {
                    narrow(&mut steps, *wanted);
                }
                steps.push(step);
                (Plan::path(at, start, steps), shape)
            }
        };
        Ok((self.folded(plan), shape))
    }

    /// An element that is made: a call whose arguments are the type, and names and values of elements in turns.
    fn instance(
        &self,
        at: u32,
        name: &TypeName,
        members: &[(u32, Box<str>, Expr)],
        this: &Shape,
    ) -> Result<Compiled, Failure> {
        let TypeInfo::Fhir(definition) = TypeInfo::named(name, self.schema)? else {
            let detail = format!("only types of FHIR are made, {} is none", name.name);
            return Err(Failure::new(ErrorKind::UnknownType, detail).at(name.at));
        };
        if definition.is_abstract() {
            let detail = format!("{} is abstract; wanted a type that data has", definition.name());
            return Err(Failure::new(ErrorKind::UnknownType, detail).at(name.at));
        }
        let text = |at: u32, text: &str| Plan::constant(at, vec![Item::String(Cow::Owned(text.to_owned()))]);
        let mut arguments = vec![text(at, definition.name())];
        for (place, element, value) in members {
            let primitive = definition.kind() == TypeKind::Primitive && &**element == "value";
            if definition.field(element).is_none() && !primitive {
                return Err(unknown(definition, element).at(*place));
            }
            arguments.push(text(*place, element));
            arguments.push(self.expression(value, this)?.0);
        }
        let step = Step::new(at, StepKind::Call(Function::Instance, arguments.into_boxed_slice()));
        let plan = Plan::path(at, Plan::new(at, PlanKind::This), vec![step]);
        Ok((plan, Shape::one(Types::known(TypeInfo::Fhir(definition)))))
    }

    fn chain(
        &self,
        at: u32,
        first: &Expr,
        rest: &[(Operator, u32, Expr)],
        this: &Shape,
    ) -> Result<Compiled, Failure> {
        let (first, mut shape) = self.expression(first, this)?;
        let union = rest.iter().all(|(operator, ..)| *operator == Operator::Union);
        if union {
            let mut parts = Vec::with_capacity(rest.len() + 1);
            parts.push(first);
            for (_, _, operand) in rest {
                let (operand, other) = self.expression(operand, this)?;
                shape = shape.or(other);
                // `a | (b | c)` is the same as `a | b | c`.
                match operand.kind {
                    PlanKind::Union(inner) => parts.extend(inner),
                    _ => parts.push(operand),
                }
            }
            if let Some(context) = self.options.context {
                parts.retain(|part| can_start_at(part, context));
            }
            return Ok((Plan::new(at, PlanKind::Union(parts.into_boxed_slice())), shape));
        }
        let mut operands = Vec::with_capacity(rest.len());
        for (operator, place, operand) in rest {
            let (operand, other) = self.expression(operand, this)?;
            if self.options.strict && kinds::refuses(*operator, &shape.types, &other.types) {
                let detail =
                    format!("'{}' is not defined for {} and {}", operator.text(), shape.types, other.types);
                return Err(Failure::new(ErrorKind::WrongType, detail).at(*place));
            }
            shape = shape::of_operator(*operator, shape, other);
            operands.push((*operator, *place, operand));
        }
        Ok((Plan::new(at, PlanKind::Chain(Box::new(first), operands.into_boxed_slice())), shape))
    }

    fn path(
        &self,
        at: u32,
        head: Option<&Expr>,
        steps: &[Postfix],
        this: &Shape,
    ) -> Result<Compiled, Failure> {
        let mut postfixes = steps.iter();
        let (start, mut compiled, mut shape) = match head {
            Some(head) => {
                let (plan, shape) = self.expression(head, this)?;
                let (start, steps) = into_path(plan);
                (start, steps, shape)
            }
            None => (Plan::new(at, PlanKind::This), Vec::new(), this.clone()),
        };
        if head.is_none()
            && let Some(Postfix { at, kind: PostfixKind::Member(name) }) = steps.first()
            && let Some(root) = self.root(name)
        {
            postfixes.next();
            shape = self.check_root(*at, root, &shape)?;
            compiled.push(Step::new(*at, StepKind::Root(root)));
        }
        for postfix in postfixes {
            shape = self.postfix(postfix, this, shape, &mut compiled)?;
        }
        if compiled.is_empty() {
            return Ok((start, shape));
        }
        Ok((Plan::path(at, start, compiled), shape))
    }

    /// The type that a name at the start of a path means. Types of resources and data types are in upper case,
    /// elements are not.
    fn root(&self, name: &str) -> Option<&'static TypeDef> {
        name.starts_with(|first: char| first.is_ascii_uppercase()).then(|| self.schema.type_named(name))?
    }

    fn check_root(&self, at: u32, root: &'static TypeDef, shape: &Shape) -> Result<Shape, Failure> {
        let Types::Known(types) = &shape.types else {
            return Ok(Shape { types: Types::known(TypeInfo::Fhir(root)), ..shape.clone() });
        };
        let wanted = TypeInfo::Fhir(root);
        let narrowed: Vec<TypeInfo> = types
            .iter()
            .filter_map(|own| match own {
                own if own.is(wanted) => Some(*own),
                own if wanted.is(*own) => Some(wanted),
                _ => None,
            })
            .collect();
        if narrowed.is_empty() && self.options.strict {
            let detail = format!("the context is {}, not {}", shape.types, root.name());
            return Err(Failure::new(ErrorKind::UnknownElement, detail).at(at));
        }
        Ok(Shape { types: Types::Known(narrowed), ..*shape })
    }

    /// Compiles a step after the ones in `steps`.
    fn postfix(
        &self,
        postfix: &Postfix,
        this: &Shape,
        input: Shape,
        steps: &mut Vec<Step>,
    ) -> Result<Shape, Failure> {
        let at = postfix.at;
        match &postfix.kind {
            PostfixKind::Member(name) => {
                let (field, shape) = self.field(at, name, &input)?;
                steps.push(Step::new(at, StepKind::Field(field)));
                Ok(shape)
            }
            PostfixKind::Index(index) => {
                self.check_order(at, "an index", &input)?;
                let (index, _) = self.expression(index, this)?;
                steps.push(Step::new(at, StepKind::Index(index)));
                Ok(input.single())
            }
            PostfixKind::Call { name, arguments } => self.call(at, name, arguments, this, input, steps),
        }
    }

    fn field(&self, at: u32, name: &str, input: &Shape) -> Result<(Field, Shape), Failure> {
        let mut places = Vec::new();
        let mut types = Types::nothing();
        let mut many = input.many;
        let mut known = matches!(input.types, Types::Known(_));
        if let Types::Known(owners) = &input.types {
            for owner in owners.iter() {
                let TypeInfo::Fhir(owner) = owner else {
                    if let Some(child) = shape::value_child(*owner, name) {
                        types = types.or(child);
                    }
                    continue;
                };
                // What is behind an abstract type, the data tells.
                if owner.is_abstract() {
                    known = false;
                }
                let Some(field) = owner.field(name) else { continue };
                many |= field.is_list();
                for choice in field.types() {
                    types = types.or(Types::known(TypeInfo::Fhir(choice.definition())));
                }
                places.push(Place::of(owner, field));
            }
            let nothing = matches!(&types, Types::Known(types) if types.is_empty());
            if nothing && known && self.options.strict && !owners.is_empty() {
                let detail = format!("{} has no element '{name}'", input.types);
                return Err(Failure::new(ErrorKind::UnknownElement, detail).at(at));
            }
        }
        let types = if known { types } else { Types::Any };
        let many = many || !known;
        let field = Field { name: name.into(), places: places.into_boxed_slice() };
        Ok((field, Shape { types, many, ordered: input.ordered }))
    }

    fn call(
        &self,
        at: u32,
        name: &str,
        arguments: &[Argument],
        this: &Shape,
        input: Shape,
        steps: &mut Vec<Step>,
    ) -> Result<Shape, Failure> {
        let only = || match arguments {
            [argument] => Ok(&argument.value),
            _ => {
                let detail = format!("{name}() takes one argument, found {}", arguments.len());
                Err(Failure::new(ErrorKind::Arguments, detail).at(at))
            }
        };
        match name {
            "is" | "as" | "ofType" => {
                let wanted = type_argument(name, only()?)?;
                let (step, shape) = match name {
                    "is" => self.type_step(at, TypeTest::Is, &wanted, &input)?,
                    "as" => {
                        if let Ok(wanted) = self.selection(&wanted) {
                            narrow(steps, wanted);
                        }
                        self.type_step(at, TypeTest::As, &wanted, &input)?
                    }
                    _ => {
                        let wanted = self.selection(&wanted)?;
                        narrow(steps, wanted);
                        let shape = Shape { types: selected(&input.types, wanted), ..input };
                        (Step::new(at, StepKind::OfType(wanted)), shape)
                    }
                };
                steps.push(step);
                return Ok(shape);
            }
            "where" => {
                let (condition, _) = self.condition(name, only()?, &input.single())?;
                steps.push(Step::new(at, filter(condition)));
                return Ok(input);
            }
            _ => {}
        }
        let Some(row) = signature(name) else {
            let detail = match similar(name) {
                Some(known) => format!("no function is named '{name}'; did you mean '{known}'?"),
                None => format!("no function is named '{name}'"),
            };
            return Err(Failure::new(ErrorKind::UnknownFunction, detail).at(at));
        };
        if !(row.least..=row.most).contains(&arguments.len()) {
            return Err(wrong_count(row, arguments.len()).at(at));
        }
        if shape::needs_order(row.function) {
            self.check_order(at, name, &input)?;
        }
        if row.function == Function::Sort {
            let mut keys = Vec::with_capacity(arguments.len());
            for argument in arguments {
                keys.push((self.expression(&argument.value, &input.single())?.0, argument.order));
            }
            steps.push(Step::new(at, StepKind::Sort(keys.into_boxed_slice())));
            return Ok(Shape { ordered: true, ..input });
        }
        let mut plans = Vec::with_capacity(arguments.len());
        let mut shapes = Vec::with_capacity(arguments.len());
        for (place, argument) in arguments.iter().enumerate() {
            let focus = argument_focus(row, place, this, &input);
            let conditional = matches!(row.function, Function::Exists | Function::All)
                || (row.function == Function::Iif && place == 0);
            let (plan, shape) = match conditional {
                true => self.condition(name, &argument.value, &focus)?,
                false => self.expression(&argument.value, &focus)?,
            };
            plans.push(plan);
            shapes.push(shape);
        }
        if self.options.strict
            && let Some(wanted) = kinds::misfit(row.function, &input.types)
        {
            let detail = format!("{name}() wants {wanted}, found {}", input.types);
            return Err(Failure::new(ErrorKind::WrongType, detail).at(at));
        }
        let shape = shape::of_function(row.function, &input, &shapes, self.schema);
        let kind = match (row.function, plans.first().and_then(Plan::constant_text)) {
            (Function::Extension, Some(url)) => {
                StepKind::Extension(url.into(), self.schema.type_named("Extension"))
            }
            // `exists(x)` is `where(x).exists()`, which stops at the first one.
            (Function::Exists, _) if !plans.is_empty() => {
                for plan in plans.drain(..) {
                    steps.push(Step::new(at, filter(plan)));
                }
                StepKind::Call(Function::Exists, Box::default())
            }
            (Function::Matches | Function::MatchesFull | Function::ReplaceMatches, Some(pattern)) => {
                let pattern = pattern.to_owned();
                with_pattern(row.function, &pattern, plans)
            }
            _ => StepKind::Call(row.function, plans.into_boxed_slice()),
        };
        steps.push(Step::new(at, kind));
        Ok(shape)
    }

    /// An argument that is a condition. A literal or computed value that is no Boolean is refused in strict mode.
    fn condition(&self, name: &str, expression: &Expr, this: &Shape) -> Result<Compiled, Failure> {
        let (plan, shape) = self.expression(expression, this)?;
        if self.options.strict
            && let Types::Known(types) = &shape.types
            && !types.is_empty()
            && types.iter().all(
                |own| matches!(own, TypeInfo::System(system) if *system != crate::types::SystemType::Boolean),
            )
        {
            let detail = format!("{name}() wants a condition that is a Boolean, found {}", shape.types);
            return Err(Failure::new(ErrorKind::WrongType, detail).at(expression.at));
        }
        Ok((plan, shape))
    }

    fn type_step(
        &self,
        at: u32,
        test: TypeTest,
        name: &TypeName,
        input: &Shape,
    ) -> Result<(Step, Shape), Failure> {
        Ok(match test {
            TypeTest::Is => (Step::new(at, StepKind::Is(self.wanted(name)?)), Shape::boolean()),
            TypeTest::As => {
                let wanted = self.selection(name)?;
                let shape = Shape { types: selected(&input.types, wanted), ..input.clone() };
                (Step::new(at, StepKind::As(wanted, self.options.strict)), shape)
            }
        })
    }

    /// The type that `as` and `ofType` select.
    fn selection(&self, name: &TypeName) -> Result<Wanted, Failure> {
        Ok(match self.wanted(name)? {
            Wanted::Type(TypeInfo::System(system)) if !self.options.strict => Wanted::Value(system),
            wanted => wanted,
        })
    }

    fn wanted(&self, name: &TypeName) -> Result<Wanted, Failure> {
        let foreign =
            name.namespace.as_deref() == Some("System") && self.schema.type_named(&name.name).is_some();
        match TypeInfo::named(name, self.schema) {
            Ok(found) => Ok(Wanted::Type(found)),
            Err(_) if foreign => Ok(Wanted::Nothing),
            Err(failure) => Err(failure),
        }
    }

    fn check_order(&self, at: u32, what: &str, input: &Shape) -> Result<(), Failure> {
        if !self.options.ordered || input.ordered {
            return Ok(());
        }
        let detail = format!("{what} wants an order, which the collection does not have");
        Err(Failure::new(ErrorKind::Unordered, detail).at(at))
    }

    /// The plan, or what it always gives if it does not depend on data. A constant that fails is kept, because
    /// it may stand where it is never evaluated.
    fn folded(&self, plan: Plan) -> Plan {
        let constant = match &plan.kind {
            PlanKind::Path(start, _) => matches!(start.kind, PlanKind::Constant(_)),
            _ => true,
        };
        if !constant || plan.any(&depends) {
            return plan;
        }
        match self.constant_items(&plan) {
            Some(items) => Plan::constant(plan.at, items),
            None => plan,
        }
    }

    fn constant_items(&self, plan: &Plan) -> Option<Vec<Item<'static>>> {
        let environment = Environment::new();
        let run = Run::new(&environment, self.schema, None);
        let mut items = Items::new();
        run.start(plan, &mut items).ok()?;
        items.into_iter().map(Item::into_owned).collect()
    }
}

/// Whether a part of a plan depends on data or on the environment.
fn depends(plan: &Plan) -> bool {
    match &plan.kind {
        PlanKind::This | PlanKind::Index | PlanKind::Total | PlanKind::Variable(_) => true,
        PlanKind::Path(_, steps) => steps.iter().any(|step| match &step.kind {
            StepKind::Call(function, _) => {
                use Function as F;
                matches!(
                    function,
                    F::Now
                        | F::Today
                        | F::TimeOfDay
                        | F::Trace
                        | F::DefineVariable
                        | F::Resolve
                        | F::ConformsTo
                        | F::MemberOf
                        | F::Subsumes
                        | F::SubsumedBy
                        | F::ElementDefinition
                        | F::PathName
                        | F::Slice
                )
            }
            StepKind::WhereReference(_) => true,
            _ => false,
        }),
        _ => false,
    }
}

/// What an argument is evaluated on.
fn argument_focus(row: &Signature, place: usize, this: &Shape, input: &Shape) -> Shape {
    match (row.scoping, row.function, place) {
        // The name of a trace and the start of an aggregate are evaluated outside.
        (Scoping::EachItem, Function::Trace, 0) | (Scoping::EachItem, Function::Aggregate, 1) => this.clone(),
        // Repetition reaches types that are not seen at first.
        (Scoping::EachItem, Function::Repeat | Function::RepeatAll, _) => Shape::one(Types::Any),
        (Scoping::EachItem, ..) => input.single(),
        (Scoping::Input, ..) => input.single(),
        (Scoping::Plain, ..) => this.clone(),
    }
}

fn wrong_count(row: &Signature, found: usize) -> Failure {
    let wanted = match (row.least, row.most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "one argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) if most > 8 => format!("at least {least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    Failure::new(ErrorKind::Arguments, format!("{}() takes {wanted}, found {found}", row.name))
}

/// A plan as a start with steps.
fn into_path(plan: Plan) -> (Plan, Vec<Step>) {
    match plan.kind {
        PlanKind::Path(start, steps) => (*start, steps.into_vec()),
        kind => (Plan { at: plan.at, kind }, Vec::new()),
    }
}

/// The name of a type that stands as an argument.
fn type_argument(function: &str, argument: &Expr) -> Result<TypeName, Failure> {
    let wrong = || {
        let detail = format!("{function}() takes the name of a type");
        Failure::new(ErrorKind::Arguments, detail).at(argument.at)
    };
    let ExprKind::Path { head: None, steps } = &argument.kind else { return Err(wrong()) };
    let mut names = Vec::new();
    for step in steps {
        match &step.kind {
            PostfixKind::Member(name) => names.push(name.clone()),
            _ => return Err(wrong()),
        }
    }
    match names.as_slice() {
        [name] => Ok(TypeName { at: argument.at, namespace: None, name: name.clone() }),
        [namespace, name] if matches!(&**namespace, "FHIR" | "System") => {
            Ok(TypeName { at: argument.at, namespace: Some(namespace.clone()), name: name.clone() })
        }
        // A type inside another one: Patient.contact
        names => Ok(TypeName { at: argument.at, namespace: None, name: names.join(".").into() }),
    }
}

fn item(literal: &Literal) -> Item<'static> {
    match literal {
        Literal::Boolean(value) => Item::Boolean(*value),
        Literal::String(text) => Item::String(Cow::Owned(text.to_string())),
        Literal::Integer(value) => Item::Integer(*value),
        Literal::Long(value) => Item::Long(*value),
        Literal::Decimal(value) => Item::Decimal(*value),
        Literal::Date(date) => Item::Date(*date),
        Literal::DateTime(moment) => Item::DateTime(*moment),
        Literal::Time(time) => Item::Time(*time),
        Literal::Quantity(quantity) => Item::Quantity(quantity.clone()),
    }
}
