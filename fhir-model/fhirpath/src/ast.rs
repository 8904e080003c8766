//! The tree that the parser makes of an expression, as it was written (FHIRPath grammar).

use crate::value::{Date, DateTime, Decimal, Quantity, Time};

/// An expression and the byte where it starts; for operators, where the operator stands.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) at: u32,
    pub(crate) kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    /// `{}`
    Empty,
    Literal(Literal),
    /// `$this`
    This,
    /// `$index`
    Index,
    /// `$total`
    Total,
    /// `%name`
    Variable(Box<str>),
    /// A head and what follows it with dots and brackets; without head it starts at the focus.
    Path {
        head: Option<Box<Expr>>,
        steps: Vec<Postfix>,
    },
    /// `-x` and `+x`
    Sign {
        negative: bool,
        operand: Box<Expr>,
    },
    /// `Coding { system: 'x', code: 'y' }`: the type, and the names of elements with what they become.
    Instance {
        name: TypeName,
        members: Vec<(u32, Box<str>, Expr)>,
    },
    /// Operands of operators of one precedence, to be taken from left to right.
    Chain {
        first: Box<Expr>,
        rest: Vec<(Operator, u32, Expr)>,
    },
    /// `x is T`, `x as T`
    Typed {
        operand: Box<Expr>,
        test: TypeTest,
        name: TypeName,
    },
}

#[derive(Debug)]
pub(crate) enum Literal {
    Boolean(bool),
    String(Box<str>),
    Integer(i32),
    Long(i64),
    Decimal(Decimal),
    Date(Date),
    DateTime(DateTime),
    Time(Time),
    Quantity(Box<Quantity>),
}

/// A step after a dot, or an index in brackets.
#[derive(Debug)]
pub(crate) struct Postfix {
    pub(crate) at: u32,
    pub(crate) kind: PostfixKind,
}

#[derive(Debug)]
pub(crate) enum PostfixKind {
    Member(Box<str>),
    Call { name: Box<str>, arguments: Vec<Argument> },
    Index(Expr),
}

#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) value: Expr,
    /// For `sort`: how the key orders.
    pub(crate) order: KeyOrder,
}

/// How a key of `sort` orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct KeyOrder {
    /// A minus sign stands before the key: values are turned round, an empty key stays the lowest.
    pub(crate) negated: bool,
    /// `desc` stands after the key: all is turned round, an empty key comes last.
    pub(crate) descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeTest {
    Is,
    As,
}

/// The name of a type, perhaps with its model: `FHIR.Patient`.
#[derive(Debug, Clone)]
pub(crate) struct TypeName {
    pub(crate) at: u32,
    pub(crate) namespace: Option<Box<str>>,
    pub(crate) name: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    Multiply,
    Divide,
    DivideWhole,
    Remainder,
    Add,
    Subtract,
    Concatenate,
    Union,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
}

impl Operator {
    /// The operator of a symbol or word.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Some(match text {
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "div" => Self::DivideWhole,
            "mod" => Self::Remainder,
            "+" => Self::Add,
            "-" => Self::Subtract,
            "&" => Self::Concatenate,
            "|" => Self::Union,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            "~" => Self::Equivalent,
            "!~" => Self::NotEquivalent,
            "in" => Self::In,
            "contains" => Self::Contains,
            "and" => Self::And,
            "or" => Self::Or,
            "xor" => Self::Xor,
            "implies" => Self::Implies,
            _ => return None,
        })
    }

    /// As it is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::DivideWhole => "div",
            Self::Remainder => "mod",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Concatenate => "&",
            Self::Union => "|",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Equivalent => "~",
            Self::NotEquivalent => "!~",
            Self::In => "in",
            Self::Contains => "contains",
            Self::And => "and",
            Self::Or => "or",
            Self::Xor => "xor",
            Self::Implies => "implies",
        }
    }

    /// How tightly it binds: the number of the table "Operator precedence", counted from the loosest.
    pub(crate) fn precedence(self) -> u8 {
        match self {
            Self::Implies => 1,
            Self::Or | Self::Xor => 2,
            Self::And => 3,
            Self::In | Self::Contains => 4,
            Self::Equal | Self::NotEqual | Self::Equivalent | Self::NotEquivalent => 5,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 6,
            Self::Union => 7,
            // `is` and `as` stand between, see TYPE_PRECEDENCE.
            Self::Add | Self::Subtract | Self::Concatenate => 9,
            Self::Multiply | Self::Divide | Self::DivideWhole | Self::Remainder => 10,
        }
    }
}

/// How tightly `is` and `as` bind.
pub(crate) const TYPE_PRECEDENCE: u8 = 8;
