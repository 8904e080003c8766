//! Expressions: compiled once, evaluated many times.

use crate::ast::Expr;
use crate::compile::{self, Options};
use crate::environment::Environment;
use crate::error::{Error, Failure};
use crate::evaluate::Run;
use crate::explain;
use crate::node::Node;
use crate::parser;
use crate::plan::{Plan, PlanKind};
use crate::value::{Collection, Item};
use hygea_fhir_model::schema::{Schema, TypeDef};
use std::fmt;

/// A compiled expression.
///
/// Compiling resolves names and types, folds constants and fuses what search parameters are made of; evaluating
/// walks the data and borrows from it. An expression is immutable and may be shared among threads.
///
/// ```
/// use hygea_fhirpath::{Environment, Expression, Node};
/// use hygea_fhir_model::{element::JsonElement, json::Document, schema::{Schema, Version}};
///
/// # if let Some(schema) = Schema::of(Version::R4) {
/// let phones = Expression::compile("Patient.telecom.where(system = 'phone').value", schema).unwrap();
///
/// let json = br#"{"resourceType": "Patient", "telecom": [
///     {"system": "phone", "value": "555-0100"}, {"system": "email", "value": "ann@example.org"}]}"#;
/// let document = Document::parse(json).unwrap();
/// let patient = JsonElement::resource(document.root(), schema);
/// let environment = Environment::new();
/// let found = phones.evaluate(patient, &environment).unwrap();
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].as_str(), Some("555-0100"));
/// assert_eq!(found[0].type_name(), "string");
/// # }
/// ```
pub struct Expression {
    text: Box<str>,
    schema: &'static Schema,
    plan: Plan,
}

impl Expression {
    /// Compiles an expression for resources of one FHIR version, with the default [`Options`].
    ///
    /// # Errors
    /// [`Syntax`](crate::ErrorKind::Syntax), [`UnknownFunction`](crate::ErrorKind::UnknownFunction),
    /// [`Arguments`](crate::ErrorKind::Arguments), [`UnknownType`](crate::ErrorKind::UnknownType),
    /// [`TooDeep`](crate::ErrorKind::TooDeep) and [`TooLong`](crate::ErrorKind::TooLong), each with the
    /// character and what was wanted there.
    pub fn compile(text: &str, schema: &'static Schema) -> Result<Self, Error> {
        Self::compile_with(text, schema, Options::default())
    }

    /// Compiles an expression.
    ///
    /// # Errors
    /// As [`Expression::compile`]; with [`Options::strict`] also
    /// [`UnknownElement`](crate::ErrorKind::UnknownElement) and [`WrongType`](crate::ErrorKind::WrongType), with
    /// [`Options::ordered`] [`Unordered`](crate::ErrorKind::Unordered).
    pub fn compile_with(text: &str, schema: &'static Schema, options: Options) -> Result<Self, Error> {
        let fail = |failure: Failure| failure.into_error(text);
        let tree: Expr = parser::parse(text).map_err(fail)?;
        let plan = compile::compile(&tree, schema, options).map_err(fail)?;
        Ok(Self { text: text.into(), schema, plan })
    }

    /// The same expression for elements of one type: parts of a union that start with another type are left
    /// out. Nothing if nothing remains.
    ///
    /// ```
    /// use hygea_fhirpath::Expression;
    /// use hygea_fhir_model::schema::{Schema, Version};
    ///
    /// # if let Some(schema) = Schema::of(Version::R4) {
    /// let date = "AllergyIntolerance.recordedDate | Condition.recordedDate";
    /// let condition = schema.resource("Condition").unwrap();
    /// assert_eq!(Expression::compile_for(date, condition).unwrap().unwrap().paths(), ["Condition.recordedDate"]);
    /// assert!(Expression::compile_for(date, schema.resource("Patient").unwrap()).unwrap().is_none());
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Expression::compile`].
    pub fn compile_for(text: &str, context: &'static TypeDef) -> Result<Option<Self>, Error> {
        let options = Options::default().context(context);
        let found = Self::compile_with(text, context.schema(), options)?;
        let nothing = match &found.plan.kind {
            PlanKind::Union(parts) => parts.is_empty(),
            PlanKind::Constant(items) => items.is_empty(),
            _ => !compile::can_start_at(&found.plan, context),
        };
        Ok((!nothing).then_some(found))
    }

    /// The text that was compiled.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tables that it was compiled for.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// Evaluates on an element: the items that it gives, in order.
    ///
    /// # Errors
    /// [`WrongType`](crate::ErrorKind::WrongType), [`NotSingle`](crate::ErrorKind::NotSingle),
    /// [`TooManySteps`](crate::ErrorKind::TooManySteps), [`NoService`](crate::ErrorKind::NoService) and others,
    /// with the character of the operator or function that failed.
    pub fn evaluate<'a>(
        &'a self,
        context: impl Into<Node<'a>>,
        environment: &'a Environment<'a>,
    ) -> Result<Collection<'a>, Error> {
        let context = Item::Element(context.into());
        self.evaluate_on(Some(&context), environment)
    }

    /// Evaluates on any item, or on nothing.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_on<'a>(
        &'a self,
        context: Option<&Item<'a>>,
        environment: &'a Environment<'a>,
    ) -> Result<Collection<'a>, Error> {
        // Written where it is returned, not copied there.
        let mut result = Ok(Collection::default());
        if let Ok(found) = &mut result
            && let Err(failure) = Run::new(environment, self.schema, context).start(&self.plan, &mut found.0)
        {
            result = Err(failure.into_error(&self.text));
        }
        result
    }

    /// Whether the expression holds as a condition, as invariants and filters use it: true if it gives `true`,
    /// or one item that is no Boolean; false if it gives `false` or nothing.
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and [`NotSingle`](crate::ErrorKind::NotSingle) if it gives several items.
    pub fn holds<'a>(
        &'a self,
        context: impl Into<Node<'a>>,
        environment: &'a Environment<'a>,
    ) -> Result<bool, Error> {
        let items = self.evaluate(context, environment)?;
        let found =
            crate::evaluate::boolean(&items).map_err(|failure| failure.at(0).into_error(&self.text))?;
        Ok(found == Some(true))
    }

    /// The paths of elements that it reads, conditions included, sorted: `Patient.name.given`. A path whose
    /// type the expression does not say starts with its first element.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        explain::paths(&self.plan)
    }

    /// How it is run, one step a line, for people.
    ///
    /// ```
    /// use hygea_fhirpath::Expression;
    /// use hygea_fhir_model::schema::{Schema, Version};
    ///
    /// # if let Some(schema) = Schema::of(Version::R4) {
    /// let subject = Expression::compile("Observation.subject.where(resolve() is Patient)", schema).unwrap();
    /// assert_eq!(subject.explain(), "\
    /// walk
    ///   this, if it is Observation
    ///   each subject
    ///   where the reference names a Patient, by its text
    /// ");
    /// # }
    /// ```
    #[must_use]
    pub fn explain(&self) -> String {
        explain::explain(&self.plan)
    }

    /// How it is run, with what each step gives on an element and how much of the budget the whole takes. It shows
    /// numbers and types, no data but computed Booleans and integers.
    ///
    /// ```
    /// use hygea_fhirpath::{Environment, Expression};
    /// use hygea_fhir_model::{element::JsonElement, json::Document, schema::{Schema, Version}};
    ///
    /// # if let Some(schema) = Schema::of(Version::R4) {
    /// let phones = Expression::compile("Patient.telecom.where(system = 'phone').count()", schema).unwrap();
    /// let json = br#"{"resourceType": "Patient", "telecom": [{"system": "phone"}, {"system": "email"}]}"#;
    /// let document = Document::parse(json).unwrap();
    /// let patient = JsonElement::resource(document.root(), schema);
    /// assert_eq!(phones.explain_on(patient, &Environment::new()), "\
    /// walk
    ///   this, if it is Patient: 1 item of type Patient
    ///   each telecom: 2 items
    ///   where system is the text 'phone': 1 item of type ContactPoint
    ///   count(), without collecting: 1
    /// gives 1, in 4 steps of the budget
    /// ");
    /// # }
    /// ```
    #[must_use]
    pub fn explain_on<'a>(
        &'a self,
        context: impl Into<Node<'a>>,
        environment: &'a Environment<'a>,
    ) -> String {
        let context = Item::Element(context.into());
        explain::explain_run(&self.plan, &Run::new(environment, self.schema, Some(&context)))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
