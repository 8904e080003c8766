//! From tokens to a tree (FHIRPath "Formal Syntax").
//!
//! Operators are read by precedence climbing. Operators of one precedence become one flat chain and steps of a
//! path one flat list, so that only parentheses, arguments and signs nest, and those are counted.

use crate::ast::{
    Argument, Expr, ExprKind, KeyOrder, Literal, Operator, Postfix, PostfixKind, TYPE_PRECEDENCE, TypeName,
    TypeTest,
};
use crate::error::{ErrorKind, Failure};
use crate::lexer::{Token, TokenKind, tokens};
use crate::value::{CalendarUnit, Quantity, Unit};

/// The deepest nesting of parentheses, operators and signs; arguments and indexes count twice, as they take twice
/// the stack of whoever walks the tree. The deepest fits a stack of 2 MiB without optimization.
pub(crate) const MAX_DEPTH: u32 = 200;
/// What an argument or an index counts.
const ARGUMENT: u32 = 2;
/// What anything else counts.
const LEVEL: u32 = 1;
/// The most steps of one path.
pub(crate) const MAX_STEPS: usize = 200;

/// Reads a whole expression.
pub(crate) fn parse(text: &str) -> Result<Expr, Failure> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let found = parser.expression(0)?;
    match parser.kind() {
        TokenKind::End => Ok(found),
        _ => Err(parser.wanted("an operator or the end of the expression")),
    }
}

struct Parser<'p, 't> {
    tokens: &'p [Token<'t>],
    at: usize,
    depth: u32,
}

const END: Token<'static> = Token { kind: TokenKind::End, start: 0 };

impl<'p, 't> Parser<'p, 't> {
    fn token(&self) -> &'p Token<'t> {
        // The last token is the end, and nothing moves past it.
        self.tokens.get(self.at).or_else(|| self.tokens.last()).unwrap_or(&END)
    }

    fn kind(&self) -> &'p TokenKind<'t> {
        &self.token().kind
    }

    fn place(&self) -> u32 {
        self.token().start
    }

    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn is_symbol(&self, wanted: &str) -> bool {
        matches!(self.kind(), TokenKind::Symbol(symbol) if *symbol == wanted)
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &'static str, wanted: &'static str) -> Result<(), Failure> {
        if self.accept(symbol) { Ok(()) } else { Err(self.wanted(wanted)) }
    }

    fn wanted(&self, what: &str) -> Failure {
        let found = match self.kind() {
            TokenKind::End => "the end".to_owned(),
            TokenKind::Word(word) => format!("'{word}'"),
            TokenKind::Special(word) => format!("'${word}'"),
            TokenKind::Symbol(symbol) => format!("'{symbol}'"),
            TokenKind::Delimited(name) => format!("`{name}`"),
            TokenKind::String(_) => "a string".to_owned(),
            TokenKind::Number(_) | TokenKind::Long(_) => "a number".to_owned(),
            TokenKind::Date(_) | TokenKind::DateTime(_) => "a date".to_owned(),
            TokenKind::Time(_) => "a time".to_owned(),
        };
        Failure::new(ErrorKind::Syntax, format!("wanted {what}, found {found}")).at(self.place())
    }

    /// The operator that the next token is, if any.
    fn operator(&self) -> Option<Operator> {
        match self.kind() {
            TokenKind::Symbol(symbol) => Operator::of(symbol),
            TokenKind::Word(word) => Operator::of(word),
            _ => None,
        }
    }

    fn type_test(&self) -> Option<TypeTest> {
        match self.kind() {
            TokenKind::Word("is") => Some(TypeTest::Is),
            TokenKind::Word("as") => Some(TypeTest::As),
            _ => None,
        }
    }

    /// An expression whose operators bind at least as tightly as `loosest`.
    fn expression(&mut self, loosest: u8) -> Result<Expr, Failure> {
        let mut left = self.operand()?;
        loop {
            if let Some(test) = self.type_test() {
                if TYPE_PRECEDENCE < loosest {
                    return Ok(left);
                }
                let at = self.place();
                self.advance();
                let name = self.type_name()?;
                left = Expr { at, kind: ExprKind::Typed { operand: Box::new(left), test, name } };
                // `x is A is B` nests; it is read like any other nesting.
                self.deepen_by(&left)?;
                continue;
            }
            let Some(operator) = self.operator() else { return Ok(left) };
            let precedence = operator.precedence();
            if precedence < loosest {
                return Ok(left);
            }
            left = self.chain(left, precedence)?;
        }
    }

    /// All operators of one precedence that follow `first`.
    fn chain(&mut self, first: Expr, precedence: u8) -> Result<Expr, Failure> {
        let at = self.place();
        let mut rest = Vec::new();
        while let Some(operator) = self.operator().filter(|operator| operator.precedence() == precedence) {
            let place = self.place();
            self.advance();
            self.depth += LEVEL;
            self.check_depth()?;
            let right = self.expression(precedence + 1)?;
            self.depth -= LEVEL;
            rest.push((operator, place, right));
        }
        Ok(Expr { at, kind: ExprKind::Chain { first: Box::new(first), rest } })
    }

    fn check_depth(&self) -> Result<(), Failure> {
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        let detail = format!("the expression nests deeper than {MAX_DEPTH} levels");
        Err(Failure::new(ErrorKind::TooDeep, detail).at(self.place()))
    }

    /// Type tests of type tests make the tree deep without nesting in the text.
    fn deepen_by(&self, typed: &Expr) -> Result<(), Failure> {
        let (mut levels, mut current) = (self.depth, typed);
        while let ExprKind::Typed { operand, .. } = &current.kind {
            levels += 1;
            current = operand;
        }
        if levels <= MAX_DEPTH {
            return Ok(());
        }
        let detail = format!("the expression nests deeper than {MAX_DEPTH} levels");
        Err(Failure::new(ErrorKind::TooDeep, detail).at(typed.at))
    }

    /// A term with its sign and its steps.
    fn operand(&mut self) -> Result<Expr, Failure> {
        let at = self.place();
        let negative = self.is_symbol("-");
        if negative || self.is_symbol("+") {
            self.advance();
            self.depth += LEVEL;
            self.check_depth()?;
            let operand = Box::new(self.operand()?);
            self.depth -= LEVEL;
            return Ok(Expr { at, kind: ExprKind::Sign { negative, operand } });
        }
        let mut steps = Vec::new();
        let head = self.term(&mut steps)?;
        loop {
            let at = self.place();
            if self.accept(".") {
                let step = self.invocation("an element or a function after '.'", true)?;
                steps.push(step);
            } else if self.accept("[") {
                let index = self.nested(ARGUMENT)?;
                self.expect("]", "']' after the index")?;
                steps.push(Postfix { at, kind: PostfixKind::Index(index) });
            } else {
                break;
            }
            if steps.len() > MAX_STEPS {
                let detail = format!("the path has more than {MAX_STEPS} steps");
                return Err(Failure::new(ErrorKind::TooDeep, detail).at(at));
            }
        }
        match head {
            Some(head) if steps.is_empty() => Ok(head),
            head => Ok(Expr { at, kind: ExprKind::Path { head: head.map(Box::new), steps } }),
        }
    }

    /// An expression some levels deeper.
    fn nested(&mut self, levels: u32) -> Result<Expr, Failure> {
        self.depth += levels;
        self.check_depth()?;
        let found = self.expression(0)?;
        self.depth -= levels;
        Ok(found)
    }

    /// The head of a path; a name or a function becomes the first step instead.
    fn term(&mut self, steps: &mut Vec<Postfix>) -> Result<Option<Expr>, Failure> {
        const WANTED: &str = "an expression";
        let at = self.place();
        let literal = |literal| ExprKind::Literal(literal);
        let kind = match self.kind() {
            TokenKind::String(text) => literal(Literal::String(text.as_str().into())),
            TokenKind::Date(date) => literal(Literal::Date(*date)),
            TokenKind::DateTime(moment) => literal(Literal::DateTime(*moment)),
            TokenKind::Time(time) => literal(Literal::Time(*time)),
            TokenKind::Long(value) => literal(Literal::Long(*value)),
            TokenKind::Number(_) => return self.number().map(Some),
            TokenKind::Special("this") => ExprKind::This,
            TokenKind::Special("index") => ExprKind::Index,
            TokenKind::Special(_) => ExprKind::Total,
            TokenKind::Word("true") => literal(Literal::Boolean(true)),
            TokenKind::Word("false") => literal(Literal::Boolean(false)),
            TokenKind::Symbol("(") => {
                self.advance();
                let inner = self.nested(LEVEL)?;
                self.expect(")", "')'")?;
                return Ok(Some(inner));
            }
            TokenKind::Symbol("{") => {
                self.advance();
                self.expect("}", "'}' (braces hold nothing but the empty collection)")?;
                return Ok(Some(Expr { at, kind: ExprKind::Empty }));
            }
            TokenKind::Symbol("%") => {
                self.advance();
                let name: Box<str> = match self.kind() {
                    TokenKind::Word(word) => (*word).into(),
                    TokenKind::Delimited(name) | TokenKind::String(name) => name.as_str().into(),
                    _ => return Err(self.wanted("the name of a variable after '%'")),
                };
                ExprKind::Variable(name)
            }
            TokenKind::Word(_) | TokenKind::Delimited(_) if self.instance_ahead() => {
                return self.instance().map(Some);
            }
            TokenKind::Word(_) | TokenKind::Delimited(_) => {
                steps.push(self.invocation(WANTED, false)?);
                return Ok(None);
            }
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.wanted(WANTED)),
        };
        self.advance();
        Ok(Some(Expr { at, kind }))
    }

    /// Whether names with dots between them are followed by a brace.
    fn instance_ahead(&self) -> bool {
        let mut rest = self.tokens.get(self.at..).unwrap_or_default().iter().map(|token| &token.kind);
        while let (Some(TokenKind::Word(_) | TokenKind::Delimited(_)), Some(after)) =
            (rest.next(), rest.next())
        {
            match after {
                TokenKind::Symbol("{") => return true,
                TokenKind::Symbol(".") => {}
                _ => return false,
            }
        }
        false
    }

    /// A type and, in braces, the elements of the instance that is made.
    fn instance(&mut self) -> Result<Expr, Failure> {
        let at = self.place();
        let mut words = vec![self.type_word()?];
        while self.accept(".") {
            words.push(self.type_word()?);
        }
        let namespace = match words.first() {
            Some(first) if words.len() > 1 && matches!(&**first, "FHIR" | "System") => Some(words.remove(0)),
            _ => None,
        };
        let name = TypeName { at, namespace, name: words.join(".").into() };
        self.expect("{", "'{'")?;
        let mut members = Vec::new();
        if self.accept(":") {
            self.expect("}", "'}'")?;
            return Ok(Expr { at, kind: ExprKind::Instance { name, members } });
        }
        loop {
            let place = self.place();
            let element = self.type_word().map_err(|_| self.wanted("the name of an element"))?;
            self.expect(":", "':' after the name of the element")?;
            members.push((place, element, self.nested(ARGUMENT)?));
            if self.accept("}") {
                return Ok(Expr { at, kind: ExprKind::Instance { name, members } });
            }
            self.expect(",", "',' or '}' after the element")?;
        }
    }

    /// A number, with its unit if one follows.
    fn number(&mut self) -> Result<Expr, Failure> {
        let at = self.place();
        let TokenKind::Number(value) = *self.kind() else { return Err(self.wanted("a number")) };
        self.advance();
        let unit = match self.kind() {
            TokenKind::String(code) => Some(Unit::of(code)),
            TokenKind::Word(word) => CalendarUnit::named(word).map(Unit::Calendar),
            _ => None,
        };
        let literal = if let Some(unit) = unit {
            self.advance();
            Literal::Quantity(Box::new(Quantity { value, unit }))
        } else if value.scale() > 0 {
            Literal::Decimal(value)
        } else if let Ok(integer) = i32::try_from(value.mantissa()) {
            Literal::Integer(integer)
        } else {
            let detail = "wanted a whole number below 2^31; write larger ones with a decimal point or an L";
            return Err(Failure::new(ErrorKind::Range, detail).at(at));
        };
        Ok(Expr { at, kind: ExprKind::Literal(literal) })
    }

    /// A name, or a function with its arguments. After a dot every word is a name, elsewhere only those that
    /// are no keywords.
    fn invocation(&mut self, wanted: &'static str, after_dot: bool) -> Result<Postfix, Failure> {
        let at = self.place();
        let name: Box<str> = match self.kind() {
            TokenKind::Word(word) if after_dot || !is_reserved(word) => (*word).into(),
            TokenKind::Delimited(name) => name.as_str().into(),
            _ => return Err(self.wanted(wanted)),
        };
        self.advance();
        if !self.accept("(") {
            return Ok(Postfix { at, kind: PostfixKind::Member(name) });
        }
        let mut arguments = Vec::new();
        if !self.accept(")") {
            let sort = &*name == "sort";
            loop {
                arguments.push(self.argument(sort)?);
                if self.accept(")") {
                    break;
                }
                self.expect(",", "',' or ')' after the argument")?;
            }
        }
        Ok(Postfix { at, kind: PostfixKind::Call { name, arguments } })
    }

    fn argument(&mut self, sort: bool) -> Result<Argument, Failure> {
        let value = self.nested(ARGUMENT)?;
        if !sort {
            return Ok(Argument { value, order: KeyOrder::default() });
        }
        let descending = match self.kind() {
            TokenKind::Word(word @ ("asc" | "desc")) => {
                self.advance();
                *word == "desc"
            }
            _ => false,
        };
        // A minus sign turns the order of values round, whatever their type.
        match value.kind {
            ExprKind::Sign { negative: true, operand } => {
                Ok(Argument { value: *operand, order: KeyOrder { negated: true, descending } })
            }
            kind => {
                let order = KeyOrder { negated: false, descending };
                Ok(Argument { value: Expr { at: value.at, kind }, order })
            }
        }
    }

    /// A type, perhaps with its model before a dot.
    fn type_name(&mut self) -> Result<TypeName, Failure> {
        let at = self.place();
        let first = self.type_word()?;
        if self.is_symbol(".") && matches!(&*first, "FHIR" | "System") {
            self.advance();
            return Ok(TypeName { at, namespace: Some(first), name: self.type_word()? });
        }
        Ok(TypeName { at, namespace: None, name: first })
    }

    fn type_word(&mut self) -> Result<Box<str>, Failure> {
        let name: Box<str> = match self.kind() {
            TokenKind::Word(word) => (*word).into(),
            TokenKind::Delimited(name) => name.as_str().into(),
            _ => return Err(self.wanted("the name of a type")),
        };
        self.advance();
        Ok(name)
    }
}

/// Words that are operators or literals and therefore no names, unless in backticks or after a dot.
fn is_reserved(word: &str) -> bool {
    matches!(word, "and" | "or" | "xor" | "implies" | "div" | "mod" | "true" | "false" | "in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_character_and_what_was_wanted() {
        let table = [
            ("", 1, "wanted an expression, found the end"),
            ("2 + 2 /", 8, "wanted an expression, found the end"),
            ("Patient.name.[0]", 14, "wanted an element or a function after '.', found '['"),
            ("name.where(use = 'official'", 28, "wanted ',' or ')' after the argument, found the end"),
            ("a b", 3, "wanted an operator or the end of the expression, found 'b'"),
            ("(a", 3, "wanted ')', found the end"),
            ("x is 5", 6, "wanted the name of a type, found a number"),
            ("{1}", 2, "wanted '}' (braces hold nothing but the empty collection), found a number"),
            ("$that", 1, "wanted $this, $index or $total"),
            ("name = \"x\"", 8, "wanted a string in single quotes, not in double ones"),
            ("@2014-02-30", 1, "wanted a date, a dateTime or a time of the calendar after '@'"),
            ("a[0", 4, "wanted ']' after the index, found the end"),
            ("and", 1, "wanted an expression, found 'and'"),
        ];
        for (text, column, wanted) in table {
            let error = parse(text).unwrap_err().into_error(text);
            assert_eq!(error.detail(), wanted, "{text}");
            assert_eq!(error.position().unwrap().column, column, "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_long_chains_are_not() {
        for text in [
            "(".repeat(100_000),
            "-".repeat(60_000),
            format!("{}1{}", "iif(true,".repeat(5_000), ")".repeat(5_000)),
            "a[".repeat(30_000),
            format!("x{}", " is T".repeat(10_000)),
            format!("x{}", ".a".repeat(30_000)),
        ] {
            let kind = parse(&text).unwrap_err().into_error(&text).kind();
            assert!(matches!(kind, ErrorKind::TooDeep | ErrorKind::TooLong), "{kind:?}");
        }
        assert!(parse(&format!("1{}", " + 1".repeat(10_000))).is_ok());
        assert!(parse(&format!("a{}", " | a.b".repeat(5_000))).is_ok());
    }

    #[test]
    fn precedence_follows_the_table() {
        let outer = |text: &str| match parse(text).unwrap().kind {
            ExprKind::Chain { rest, .. } => {
                rest.iter().map(|(operator, ..)| operator.text()).collect::<Vec<_>>().join(" ")
            }
            ExprKind::Typed { .. } => "type".to_owned(),
            ExprKind::Sign { .. } => "sign".to_owned(),
            ExprKind::Path { .. } => "path".to_owned(),
            _ => "term".to_owned(),
        };
        let table = [
            ("1 + 2 * 3 - 4", "+ -"),
            ("a | b = c", "="),
            ("a > b is Boolean", ">"),
            ("a | b is Boolean", "|"),
            ("-a.b", "sign"),
            ("-a * b", "*"),
            ("a and b or c", "or"),
            ("a implies b or c", "implies"),
            ("a in b and c", "and"),
            ("(a | b).c", "path"),
            ("a as B", "type"),
            ("a + b is Integer", "type"),
            ("text.div.exists()", "path"),
            ("contains.contains('x')", "path"),
        ];
        for (text, wanted) in table {
            assert_eq!(outer(text), wanted, "{text}");
        }
    }
}
