//! Lexemes to a tree, by binding powers: each lexeme may start an expression or continue one.

use super::functions::Function;
use super::lex::{Lexeme, lexemes, syntax};
use super::{Ast, Operator};
use crate::error::{Error, ErrorKind};

/// The deepest tree.
const MAX_DEPTH: usize = 200;
/// What binds less than this ends a projection.
const PROJECTION: u8 = 10;

mod power {
    pub(super) const PIPE: u8 = 1;
    pub(super) const OR: u8 = 2;
    pub(super) const AND: u8 = 3;
    pub(super) const COMPARE: u8 = 5;
    /// Looser than a point, as the reference has it: `!a.b` is true where `a.b` is missing.
    pub(super) const NOT: u8 = 8;
    pub(super) const FLATTEN: u8 = 9;
    pub(super) const STAR: u8 = 20;
    pub(super) const FILTER: u8 = 21;
    pub(super) const DOT: u8 = 40;
    pub(super) const BRACKET: u8 = 55;
    pub(super) const CALL: u8 = 60;
}

pub(super) fn parse(text: &str) -> Result<Ast, Error> {
    let lexemes = lexemes(text)?;
    let end = text.len();
    let mut lexemes = lexemes.into_iter();
    let first = lexemes.next().unwrap_or((Lexeme::End, end));
    let mut parser = Parser { text, now: first, next: lexemes.collect(), open: 0 };
    let tree = parser.expression(0)?;
    match parser.now.0 {
        Lexeme::End => Ok(tree.ast),
        _ => Err(parser.wanted("the end of the expression")),
    }
}

/// A tree and how deep it is.
struct Tree {
    ast: Ast,
    depth: usize,
}

struct Parser<'t> {
    text: &'t str,
    now: (Lexeme, usize),
    next: std::collections::VecDeque<(Lexeme, usize)>,
    /// Expressions being read inside one another.
    open: usize,
}

impl Parser<'_> {
    fn expression(&mut self, power: u8) -> Result<Tree, Error> {
        self.open += 1;
        if self.open > MAX_DEPTH {
            return Err(too_deep());
        }
        let mut left = self.start()?;
        while power < power_of(&self.now.0) {
            left = self.go_on(left)?;
            if left.depth > MAX_DEPTH {
                return Err(too_deep());
            }
        }
        self.open -= 1;
        Ok(left)
    }

    /// An expression that starts with the current lexeme.
    fn start(&mut self) -> Result<Tree, Error> {
        match self.advance() {
            Lexeme::Name(name) => Ok(Tree::leaf(Ast::Field(name))),
            Lexeme::QuotedName(name) => match self.now.0 {
                Lexeme::OpenParenthesis => Err(self.wanted("a function's name without quotes")),
                _ => Ok(Tree::leaf(Ast::Field(name))),
            },
            Lexeme::Raw(text) => Ok(Tree::leaf(Ast::Raw(text))),
            Lexeme::Literal(document) => Ok(Tree::leaf(Ast::Literal(document))),
            Lexeme::Current => Ok(Tree::leaf(Ast::Current)),
            Lexeme::Star => {
                let right = self.after_projection(power::STAR)?;
                Ok(Tree::two(Ast::ValueProjection, Tree::leaf(Ast::Current), right))
            }
            Lexeme::Filter => self.filter(Tree::leaf(Ast::Current)),
            Lexeme::Flatten => self.flatten(Tree::leaf(Ast::Current)),
            Lexeme::OpenBrace => self.hash(),
            Lexeme::OpenBracket => self.bracket(),
            Lexeme::OpenParenthesis => {
                let inner = self.expression(0)?;
                self.expect(&Lexeme::CloseParenthesis, "the closing parenthesis")?;
                Ok(Tree::one(Ast::Group, inner))
            }
            Lexeme::Not => Ok(Tree::one(Ast::Not, self.expression(power::NOT)?)),
            Lexeme::Reference => Ok(Tree::one(Ast::Reference, self.expression(0)?)),
            _ => Err(self.wanted("an expression before this place,")),
        }
    }

    /// What the current lexeme makes of the expression left of it.
    fn go_on(&mut self, left: Tree) -> Result<Tree, Error> {
        match self.advance() {
            Lexeme::Dot if matches!(self.now.0, Lexeme::Star) => {
                self.advance();
                let right = self.after_projection(power::STAR)?;
                Ok(Tree::two(Ast::ValueProjection, left, right))
            }
            Lexeme::Dot => {
                let right = self.after_dot(power::DOT)?;
                Ok(Tree::two(Ast::Sub, left, right))
            }
            Lexeme::Pipe => Ok(Tree::two(Ast::Pipe, left, self.expression(power::PIPE)?)),
            Lexeme::Or => Ok(Tree::two(Ast::Or, left, self.expression(power::OR)?)),
            Lexeme::And => Ok(Tree::two(Ast::And, left, self.expression(power::AND)?)),
            Lexeme::Compare(operator) => self.compare(left, operator),
            Lexeme::Filter => self.filter(left),
            Lexeme::Flatten => self.flatten(left),
            Lexeme::OpenBracket => self.bracket_after(left),
            Lexeme::OpenParenthesis => self.call(left),
            _ => Err(self.wanted("an operator before this place,")),
        }
    }

    fn compare(&mut self, left: Tree, operator: Operator) -> Result<Tree, Error> {
        let right = self.expression(power::COMPARE)?;
        Ok(Tree::two(|left, right| Ast::Compare(left, operator, right), left, right))
    }

    fn filter(&mut self, left: Tree) -> Result<Tree, Error> {
        let condition = self.expression(0)?;
        self.expect(&Lexeme::CloseBracket, "the closing bracket of the filter")?;
        let right = match self.now.0 {
            Lexeme::Flatten => Tree::leaf(Ast::Current),
            _ => self.after_projection(power::FILTER)?,
        };
        let depth = left.depth.max(condition.depth).max(right.depth) + 1;
        Ok(Tree { ast: Ast::Filter(left.boxed(), condition.boxed(), right.boxed()), depth })
    }

    fn flatten(&mut self, left: Tree) -> Result<Tree, Error> {
        let right = self.after_projection(power::FLATTEN)?;
        Ok(Tree::two(Ast::Projection, Tree::one(Ast::Flatten, left), right))
    }

    /// What follows an opening bracket that starts an expression.
    fn bracket(&mut self) -> Result<Tree, Error> {
        if matches!(self.now.0, Lexeme::Number(_) | Lexeme::Colon) {
            return self.index(None);
        }
        let all = matches!(self.now.0, Lexeme::Star)
            && matches!(self.next.front(), Some((Lexeme::CloseBracket, _)));
        if all {
            self.advance();
            self.advance();
            let right = self.after_projection(power::STAR)?;
            return Ok(Tree::two(Ast::Projection, Tree::leaf(Ast::Current), right));
        }
        self.list()
    }

    /// What follows an opening bracket behind an expression.
    fn bracket_after(&mut self, left: Tree) -> Result<Tree, Error> {
        if matches!(self.now.0, Lexeme::Number(_) | Lexeme::Colon) {
            return self.index(Some(left));
        }
        self.expect(&Lexeme::Star, "an index, a slice or `*` in the brackets")?;
        self.expect(&Lexeme::CloseBracket, "the closing bracket")?;
        let right = self.after_projection(power::STAR)?;
        Ok(Tree::two(Ast::Projection, left, right))
    }

    /// `3]` or `start:end:step]`.
    fn index(&mut self, left: Option<Tree>) -> Result<Tree, Error> {
        let mut parts = [None; 3];
        let mut colons = 0;
        for part in &mut parts {
            if let Lexeme::Number(number) = self.now.0 {
                *part = Some(number);
                self.advance();
            }
            if !matches!(self.now.0, Lexeme::Colon) {
                break;
            }
            colons += 1;
            if colons > 2 {
                return Err(self.wanted("at most two colons in a slice"));
            }
            self.advance();
        }
        self.expect(&Lexeme::CloseBracket, "the closing bracket of the index")?;
        let [start, end, step] = parts;
        if colons == 0 {
            let Some(index) = start else { return Err(self.wanted("an index")) };
            return Ok(sub(left, Ast::Index(index)));
        }
        let sliced = sub(left, Ast::Slice(start, end, step));
        let right = self.after_projection(power::STAR)?;
        Ok(Tree::two(Ast::Projection, sliced, right))
    }

    fn list(&mut self) -> Result<Tree, Error> {
        let mut items = Vec::new();
        let mut depth = 0;
        loop {
            let item = self.expression(0)?;
            depth = depth.max(item.depth);
            items.push(item.ast);
            match self.advance() {
                Lexeme::Comma => {}
                Lexeme::CloseBracket => return Ok(Tree { ast: Ast::List(items), depth: depth + 1 }),
                _ => return Err(self.wanted("a comma or the end of the list before this place,")),
            }
        }
    }

    fn hash(&mut self) -> Result<Tree, Error> {
        let mut members = Vec::new();
        let mut depth = 0;
        loop {
            let (Lexeme::Name(name) | Lexeme::QuotedName(name)) = self.advance() else {
                return Err(self.wanted("a member's name before this place,"));
            };
            self.expect(&Lexeme::Colon, "a colon after the member's name")?;
            let value = self.expression(0)?;
            depth = depth.max(value.depth);
            members.push((name, value.ast));
            match self.advance() {
                Lexeme::Comma => {}
                Lexeme::CloseBrace => return Ok(Tree { ast: Ast::Hash(members), depth: depth + 1 }),
                _ => return Err(self.wanted("a comma or the end of the object before this place,")),
            }
        }
    }

    fn call(&mut self, left: Tree) -> Result<Tree, Error> {
        let Ast::Field(name) = left.ast else {
            return Err(self.wanted("a function's name before this place,"));
        };
        let mut arguments = Vec::new();
        let mut depth = 0;
        if matches!(self.now.0, Lexeme::CloseParenthesis) {
            self.advance();
        } else {
            loop {
                let argument = self.expression(0)?;
                depth = depth.max(argument.depth);
                arguments.push(argument.ast);
                match self.advance() {
                    Lexeme::Comma => {}
                    Lexeme::CloseParenthesis => break,
                    _ => return Err(self.wanted("a comma or the closing parenthesis before this place,")),
                }
            }
        }
        let function = Function::named(&name).ok_or_else(|| {
            Error::new(ErrorKind::UnknownFunction, "the JMESPath calls a function that does not exist")
        })?;
        if !function.takes(arguments.len()) {
            let detail = format!("`{}` takes {} arguments", function.name(), function.arity());
            return Err(Error::new(ErrorKind::WrongArity, detail));
        }
        Ok(Tree { ast: Ast::Call(function, arguments), depth: depth + 1 })
    }

    /// What a projection is applied to each item with; nothing where the projection ends.
    fn after_projection(&mut self, power: u8) -> Result<Tree, Error> {
        if power_of(&self.now.0) < PROJECTION {
            return Ok(Tree::leaf(Ast::Current));
        }
        match self.now.0 {
            Lexeme::OpenBracket | Lexeme::Filter => self.expression(power),
            Lexeme::Dot => {
                self.advance();
                self.after_dot(power)
            }
            _ => Err(self.wanted("a point, a bracket or the end of the projection")),
        }
    }

    fn after_dot(&mut self, power: u8) -> Result<Tree, Error> {
        match self.now.0 {
            Lexeme::Name(_) | Lexeme::QuotedName(_) | Lexeme::Star => self.expression(power),
            Lexeme::OpenBracket => {
                self.advance();
                self.list()
            }
            Lexeme::OpenBrace => {
                self.advance();
                self.hash()
            }
            _ => Err(self.wanted("a name, `*`, a list or an object after the point")),
        }
    }

    fn advance(&mut self) -> Lexeme {
        let next = self.next.pop_front().unwrap_or((Lexeme::End, self.text.len()));
        std::mem::replace(&mut self.now, next).0
    }

    fn expect(&mut self, lexeme: &Lexeme, what: &str) -> Result<(), Error> {
        if std::mem::discriminant(&self.now.0) != std::mem::discriminant(lexeme) {
            return Err(self.wanted(what));
        }
        self.advance();
        Ok(())
    }

    #[cold]
    fn wanted(&self, what: &str) -> Error {
        syntax(self.text, self.now.1, what)
    }
}

impl Tree {
    fn leaf(ast: Ast) -> Self {
        Self { ast, depth: 1 }
    }

    fn one(node: fn(Box<Ast>) -> Ast, inner: Self) -> Self {
        Self { depth: inner.depth + 1, ast: node(inner.boxed()) }
    }

    fn two(node: impl FnOnce(Box<Ast>, Box<Ast>) -> Ast, left: Self, right: Self) -> Self {
        Self { depth: left.depth.max(right.depth) + 1, ast: node(left.boxed(), right.boxed()) }
    }

    fn boxed(self) -> Box<Ast> {
        Box::new(self.ast)
    }
}

fn sub(left: Option<Tree>, right: Ast) -> Tree {
    match left {
        Some(left) => Tree::two(Ast::Sub, left, Tree::leaf(right)),
        None => Tree::leaf(right),
    }
}

fn power_of(lexeme: &Lexeme) -> u8 {
    match lexeme {
        Lexeme::Pipe => power::PIPE,
        Lexeme::Or => power::OR,
        Lexeme::And => power::AND,
        Lexeme::Compare(_) => power::COMPARE,
        Lexeme::Flatten => power::FLATTEN,
        Lexeme::Star => power::STAR,
        Lexeme::Filter => power::FILTER,
        Lexeme::Dot => power::DOT,
        Lexeme::Not => power::NOT,
        Lexeme::OpenBracket => power::BRACKET,
        Lexeme::OpenParenthesis => power::CALL,
        _ => 0,
    }
}

#[cold]
fn too_deep() -> Error {
    Error::new(ErrorKind::TooLarge, format!("the JMESPath nests over {MAX_DEPTH} levels"))
}
