//! Text to steps. The grammar is small but has its own mind: a member's name runs to the next mark whatever
//! it contains, conditions nest to the right without precedence, and `..[0]` forgets its two points.

use super::{Literal, Operand, Operator, Query, Step};
use crate::error::{Error, ErrorKind};
use regex::{Regex, RegexBuilder};

/// The most bytes of one expression.
const MAX_BYTES: usize = 64 << 10;
/// The deepest nesting of filters in filters, and the longest chain of conditions.
const MAX_DEPTH: usize = 256;

pub(super) fn parse(text: &str) -> Result<Vec<Step>, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, format!("the JSONPath has over {MAX_BYTES} bytes")));
    }
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, depth: 0 };
    parser.main()
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn main(&mut self) -> Result<Vec<Step>, Error> {
        let mut steps = Vec::new();
        let mut start = 0;
        self.spaces();
        if self.peek() == Some(b'$') {
            match self.bytes.get(self.at + 1) {
                None => return Ok(steps),
                Some(b'.' | b'[') => {
                    self.at += 1;
                    start = self.at;
                }
                // A name that starts with the sign.
                Some(_) => {}
            }
        }
        if self.at < self.bytes.len() && !self.path(&mut steps, start, false)? {
            self.spaces();
            if self.at < self.bytes.len() {
                return Err(self.wanted("the end of the path"));
            }
        }
        Ok(steps)
    }

    /// Reads steps; true if they reach the end of the text.
    fn path(&mut self, steps: &mut Vec<Step>, mut start: usize, in_query: bool) -> Result<bool, Error> {
        let mut scan = false;
        let mut after_indexer = false;
        let mut after_point = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'[' | b'(' => {
                    if self.at > start {
                        steps.push(member(self.slice(start, self.at), scan));
                        scan = false;
                    }
                    steps.push(self.indexer(byte, scan)?);
                    scan = false;
                    self.at += 1;
                    start = self.at;
                    after_indexer = true;
                    after_point = false;
                }
                b']' | b')' | b' ' => break,
                b'.' => {
                    if self.at > start {
                        steps.push(member(self.slice(start, self.at), scan));
                        scan = false;
                    }
                    if self.bytes.get(self.at + 1) == Some(&b'.') {
                        scan = true;
                        self.at += 1;
                    }
                    self.at += 1;
                    start = self.at;
                    after_indexer = false;
                    after_point = true;
                }
                b'=' | b'<' | b'!' | b'>' | b'|' | b'&' if in_query => break,
                _ if after_indexer => return Err(self.wanted("a point or bracket after a bracket")),
                _ => self.at += 1,
            }
        }
        let ended = self.at >= self.bytes.len();
        if self.at > start {
            steps.push(member(self.slice(start, self.at).trim_end(), scan));
        } else if after_point && (ended || in_query) {
            return Err(self.wanted("a name after the point"));
        }
        Ok(ended)
    }

    /// Reads what stands in brackets, up to the closing one.
    fn indexer(&mut self, open: u8, scan: bool) -> Result<Step, Error> {
        let close = if open == b'[' { b']' } else { b')' };
        self.at += 1;
        self.spaces();
        match self.peek() {
            None => Err(self.wanted("a name, index or filter in the brackets")),
            Some(b'\'') => self.quoted_fields(close, scan),
            Some(b'?') => {
                let query = self.query(close)?;
                let needs_object = query.needs_object();
                Ok(if scan { Step::ScanFilter(query, needs_object) } else { Step::Filter(query) })
            }
            // The reference forgets here that two points came before.
            Some(_) => self.array_indexer(close),
        }
    }

    fn quoted_fields(&mut self, close: u8, scan: bool) -> Result<Step, Error> {
        let mut names: Vec<Box<str>> = Vec::new();
        loop {
            if self.peek() != Some(b'\'') {
                return Err(self.wanted("a name in single quotes"));
            }
            let name = self.quoted()?;
            self.spaces();
            match self.peek() {
                Some(byte) if byte == close => {
                    if names.is_empty() {
                        return Ok(if scan { Step::Scan(name.into()) } else { Step::Field(name.into()) });
                    }
                    names.push(name.into());
                    return Ok(if scan { Step::ScanFields(names) } else { Step::Fields(names) });
                }
                Some(b',') => {
                    self.at += 1;
                    self.spaces();
                    names.push(name.into());
                }
                _ => return Err(self.wanted("a comma or the closing bracket")),
            }
        }
    }

    fn array_indexer(&mut self, close: u8) -> Result<Step, Error> {
        let mut numbers: Vec<Option<i64>> = Vec::new();
        let mut mark = None;
        loop {
            self.spaces();
            if self.peek() == Some(b'*') && numbers.is_empty() {
                self.at += 1;
                self.spaces();
                return if self.peek() == Some(close) {
                    Ok(Step::AnyItem)
                } else {
                    Err(self.wanted("the closing bracket after the asterisk"))
                };
            }
            numbers.push(self.index()?);
            self.spaces();
            match self.peek() {
                Some(byte) if byte == close => break,
                Some(byte @ (b',' | b':')) if mark.is_none_or(|mark| mark == byte) => {
                    mark = Some(byte);
                    self.at += 1;
                }
                _ => return Err(self.wanted("an index, a slice or the closing bracket")),
            }
        }
        match (mark, numbers.as_slice()) {
            (None, [Some(index)]) => Ok(Step::Index(*index)),
            (Some(b':'), [start, end, rest @ ..]) if rest.len() <= 1 => {
                Ok(Step::Slice { start: *start, end: *end, step: rest.first().copied().flatten() })
            }
            (Some(b','), numbers) => numbers
                .iter()
                .copied()
                .collect::<Option<Vec<i64>>>()
                .map(Step::Indices)
                .ok_or_else(|| self.wanted("an index on both sides of the comma")),
            _ => Err(self.wanted("an index")),
        }
    }

    /// A whole number of 32 bits, if one stands here.
    fn index(&mut self) -> Result<Option<i64>, Error> {
        let start = self.at;
        while let Some(b'0'..=b'9' | b'-') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Ok(None);
        }
        let index: Option<i32> = self.slice(start, self.at).parse().ok();
        index.map(|index| Some(i64::from(index))).ok_or_else(|| self.wanted("an index of 32 bits"))
    }

    /// Reads `?( … )` up to the closing bracket.
    fn query(&mut self, close: u8) -> Result<Query, Error> {
        self.at += 1;
        if self.peek() != Some(b'(') {
            return Err(self.wanted("a parenthesis after the question mark"));
        }
        self.at += 1;
        self.enter()?;
        let query = self.condition()?;
        self.depth -= 1;
        // Past the parenthesis that ended the condition.
        self.at += 1;
        self.spaces();
        if self.peek() != Some(close) {
            return Err(self.wanted("the closing bracket after the filter"));
        }
        Ok(query)
    }

    /// Reads conditions to the closing parenthesis; each `&&` and `||` takes all that follows as its right side.
    fn condition(&mut self) -> Result<Query, Error> {
        let left = self.side()?;
        let first = match self.peek() {
            Some(b')' | b'|' | b'&') => match left {
                Side::Operand(operand) => Query::Exists(operand),
                Side::Regex(_) => Query::Exists(Operand::Literal(Literal::Bool(true))),
            },
            _ => self.comparison(left)?,
        };
        if self.peek() == Some(b')') {
            return Ok(first);
        }
        if self.eat("&&") {
            self.enter()?;
            let rest = self.condition()?;
            self.depth -= 1;
            return Ok(Query::And(Box::new(first), Box::new(rest)));
        }
        if self.eat("||") {
            self.enter()?;
            let rest = self.condition()?;
            self.depth -= 1;
            return Ok(Query::Or(Box::new(first), Box::new(rest)));
        }
        Err(self.wanted("`&&`, `||` or the closing parenthesis"))
    }

    fn comparison(&mut self, left: Side) -> Result<Query, Error> {
        let Side::Operand(left) = left else {
            return Err(self.wanted("the regular expression on the right side"));
        };
        if self.eat("=~") {
            return match self.side()? {
                Side::Regex(regex) => Ok(Query::Matches(left, regex)),
                Side::Operand(_) => Err(self.wanted("a regular expression between slashes after `=~`")),
            };
        }
        let operator = self.operator()?;
        match self.side()? {
            Side::Operand(right) => Ok(Query::Compare(left, operator, right)),
            Side::Regex(_) => Err(self.wanted("`=~` before a regular expression")),
        }
    }

    fn operator(&mut self) -> Result<Operator, Error> {
        for (text, operator) in [
            ("===", Operator::StrictEqual),
            ("==", Operator::Equal),
            ("!==", Operator::StrictNotEqual),
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            ("<", Operator::Less),
            (">=", Operator::GreaterOrEqual),
            (">", Operator::Greater),
        ] {
            if self.eat(text) {
                return Ok(operator);
            }
        }
        Err(self.wanted("an operator"))
    }

    /// A path or a literal, and the spaces after it.
    fn side(&mut self) -> Result<Side, Error> {
        self.spaces();
        let side = match self.peek() {
            Some(sign @ (b'@' | b'$')) => {
                let mut steps = Vec::new();
                if sign == b'$' {
                    steps.push(Step::Root);
                }
                self.at += 1;
                self.enter()?;
                if self.path(&mut steps, self.at, true)? {
                    return Err(self.wanted("the closing parenthesis of the filter"));
                }
                self.depth -= 1;
                Side::Operand(Operand::Path(steps))
            }
            Some(b'\'') => Side::Operand(Operand::Literal(Literal::Text(self.quoted()?.into()))),
            Some(b'0'..=b'9' | b'-') => Side::Operand(Operand::Literal(self.number()?)),
            Some(b'/') => Side::Regex(self.regex()?),
            _ if self.eat("true") => Side::Operand(Operand::Literal(Literal::Bool(true))),
            _ if self.eat("false") => Side::Operand(Operand::Literal(Literal::Bool(false))),
            _ if self.eat("null") => Side::Operand(Operand::Literal(Literal::Null)),
            _ => return Err(self.wanted("a path, a literal or a regular expression")),
        };
        self.spaces();
        if self.at >= self.bytes.len() {
            return Err(self.wanted("the closing parenthesis of the filter"));
        }
        Ok(side)
    }

    /// A number, which only a space or a closing parenthesis ends.
    fn number(&mut self) -> Result<Literal, Error> {
        let start = self.at;
        while !matches!(self.peek(), None | Some(b' ' | b')')) {
            self.at += 1;
        }
        let text = self.slice(start, self.at);
        let literal = if text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            let plain: String = text.chars().filter(|&character| character != ',').collect();
            let numeric =
                plain.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
            plain.parse().ok().filter(|_| numeric).map(Literal::Float)
        } else {
            text.parse().ok().map(Literal::Integer)
        };
        literal.ok_or_else(|| self.wanted("a number that ends with a space or parenthesis"))
    }

    /// A text in single quotes, its escapes resolved.
    fn quoted(&mut self) -> Result<String, Error> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'\\' | b'\'')) {
                self.at += 1;
            }
            out.push_str(self.slice(start, self.at));
            match self.peek() {
                None => return Err(self.wanted("the closing quote")),
                Some(b'\'') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(_) => {
                    let character = match self.bytes.get(self.at + 1) {
                        Some(b'b') => '\u{8}',
                        Some(b't') => '\t',
                        Some(b'n') => '\n',
                        Some(b'f') => '\u{c}',
                        Some(b'r') => '\r',
                        Some(&byte @ (b'\\' | b'"' | b'\'' | b'/')) => char::from(byte),
                        _ => return Err(self.wanted("one of b t n f r \\ \" ' / after a backslash")),
                    };
                    out.push(character);
                    self.at += 2;
                }
            }
        }
    }

    fn regex(&mut self) -> Result<Regex, Error> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                None => return Err(self.wanted("the closing slash of the regular expression")),
                Some(b'\\') => self.at += 2,
                Some(b'/') => break,
                Some(_) => self.at += 1,
            }
        }
        let pattern = self.slice(start, self.at);
        self.at += 1;
        let flags_start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let mut builder = RegexBuilder::new(pattern);
        builder.size_limit(1 << 20);
        for flag in self.slice(flags_start, self.at).chars() {
            match flag {
                'i' => builder.case_insensitive(true),
                'm' => builder.multi_line(true),
                's' => builder.dot_matches_new_line(true),
                // Explicit capture: it changes which groups are kept, not what matches.
                _ => &mut builder,
            };
        }
        builder
            .build()
            .map_err(|_| self.wanted("a regular expression without look-around and back-references"))
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the JSONPath nests over {MAX_DEPTH} conditions"),
            ));
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
        if found {
            self.at += text.len();
        }
        found
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end.min(self.text.len())).unwrap_or_default()
    }

    #[cold]
    fn wanted(&self, what: &str) -> Error {
        let character = self.slice(0, self.at).chars().count() + 1;
        Error::new(ErrorKind::ExpressionSyntax, format!("the JSONPath needs {what} at character {character}"))
    }
}

enum Side {
    Operand(Operand),
    Regex(Regex),
}

fn member(name: &str, scan: bool) -> Step {
    match (name, scan) {
        ("*", false) => Step::AnyField,
        ("*", true) => Step::ScanAny,
        (name, false) => Step::Field(name.into()),
        (name, true) => Step::Scan(name.into()),
    }
}
