//! JMESPath (<https://jmespath.org/specification.html>) with the reference mapper's additions: `items`,
//! `to_object`, `zip`, `let`, and the eight arithmetic, text and time functions of its templates.
//!
//! An expression is parsed once into a tree ([`parse`]) that is walked over the message without copying it
//! ([`eval`]); only what an expression makes up itself is new ([`value`], [`functions`]).

mod eval;
mod functions;
mod lex;
mod needs;
mod parse;
mod value;

use crate::error::Error;
use functions::Function;
use hygea_fhir_model::json::Document;

pub(crate) use value::Value;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Program {
    tree: Ast,
}

/// The tree of an expression.
#[derive(Debug)]
pub(crate) enum Ast {
    /// `@`
    Current,
    /// A member by name.
    Field(Box<str>),
    /// `'text'`
    Raw(Box<str>),
    /// A JSON value in backticks.
    Literal(Document<'static>),
    /// `left.right`, or an index on what is left of it.
    Sub(Box<Self>, Box<Self>),
    /// `left | right`
    Pipe(Box<Self>, Box<Self>),
    /// `[3]` on the current value.
    Index(i64),
    /// `[start:end:step]` on the current value.
    Slice(Option<i64>, Option<i64>, Option<i64>),
    /// Each item of the left side through the right one.
    Projection(Box<Self>, Box<Self>),
    /// Each member's value of the left side through the right one.
    ValueProjection(Box<Self>, Box<Self>),
    /// `[]`
    Flatten(Box<Self>),
    /// `left[?condition]` and what follows.
    Filter(Box<Self>, Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Box<Self>, Operator, Box<Self>),
    /// `[a, b]`
    List(Vec<Self>),
    /// `{name: a}`
    Hash(Vec<(Box<str>, Self)>),
    Call(Function, Vec<Self>),
    /// `&expression`
    Reference(Box<Self>),
    /// `(expression)`, which ends a projection.
    Group(Box<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Program {
    /// Compiles the text of an expression.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        parse::parse(text).map(|tree| Self { tree })
    }
}
