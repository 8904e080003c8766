//! JSONPath as Json.NET's `SelectTokens` has it (spec: the device mapping's expression chapter).
//!
//! Templates in use lean on that dialect: no `$`, `@name` without a point, hyphens in names, and above all
//! `$..[?(@Body.x)]`, whose filter also tests the root. RFC 9535 engines refuse or miss these, so the dialect
//! has its own parser ([`parse`]), walk ([`select`]) and comparison ([`compare`]).

mod compare;
mod needs;
mod parse;
mod select;

use crate::error::Error;
use regex::Regex;

pub(crate) use select::Selection;

/// A compiled path.
#[derive(Debug)]
pub(crate) struct Path {
    steps: Vec<Step>,
}

/// One step from values to values.
#[derive(Debug)]
pub(super) enum Step {
    /// `$` inside a filter: back to the root.
    Root,
    /// A member by name.
    Field(Box<str>),
    /// Members by name, in the order of the path.
    Fields(Vec<Box<str>>),
    /// `.*`: the members of an object.
    AnyField,
    /// `[3]`
    Index(i64),
    /// `[1, 3]`
    Indices(Vec<i64>),
    /// `[*]`: the items of an array.
    AnyItem,
    /// `[start:end:step]`
    Slice { start: Option<i64>, end: Option<i64>, step: Option<i64> },
    /// `[?(…)]`: items that meet a condition.
    Filter(Query),
    /// `..name`
    Scan(Box<str>),
    /// `..*`: the value and all below it.
    ScanAny,
    /// `..['a', 'b']`
    ScanFields(Vec<Box<str>>),
    /// `..[?(…)]`: the value and all below it that meet a condition; whether only objects can meet it.
    ScanFilter(Query, bool),
}

/// A condition of a filter.
#[derive(Debug)]
pub(super) enum Query {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Exists(Operand),
    Compare(Operand, Operator, Operand),
    Matches(Operand, Regex),
}

impl Query {
    /// Whether nothing but an object can meet the condition: all that it looks at starts with a name.
    fn needs_object(&self) -> bool {
        match self {
            Self::And(left, right) => left.needs_object() || right.needs_object(),
            Self::Or(left, right) => left.needs_object() && right.needs_object(),
            Self::Exists(operand) | Self::Matches(operand, _) => operand.needs_object(),
            Self::Compare(left, _, right) => left.needs_object() || right.needs_object(),
        }
    }
}

impl Operand {
    fn needs_object(&self) -> bool {
        match self {
            Self::Path(steps) => {
                matches!(steps.first(), Some(Step::Field(_) | Step::Fields(_) | Step::AnyField))
            }
            Self::Literal(_) => false,
        }
    }
}

/// One side of a comparison.
#[derive(Debug)]
pub(super) enum Operand {
    Path(Vec<Step>),
    Literal(Literal),
}

#[derive(Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Box<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Path {
    /// Compiles the text of a path.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        parse::parse(text).map(|steps| Self { steps })
    }
}
