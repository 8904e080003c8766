//! Text to marks, names and literals.

use crate::error::{Error, ErrorKind};
use hygea_fhir_model::json::Document;

/// The most bytes of one expression.
const MAX_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(super) enum Lexeme {
    Name(Box<str>),
    QuotedName(Box<str>),
    Raw(Box<str>),
    Literal(Document<'static>),
    Number(i64),
    Dot,
    Star,
    Flatten,
    Filter,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    OpenParenthesis,
    CloseParenthesis,
    Comma,
    Colon,
    Current,
    Reference,
    Pipe,
    Or,
    And,
    Not,
    Compare(super::Operator),
    End,
}

/// All lexemes of `text` with the character at which each starts; the last is [`Lexeme::End`].
pub(super) fn lexemes(text: &str) -> Result<Vec<(Lexeme, usize)>, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, format!("the JMESPath has over {MAX_BYTES} bytes")));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut all = Vec::new();
    loop {
        lexer.spaces();
        let start = lexer.at;
        let lexeme = lexer.next()?;
        let ended = matches!(lexeme, Lexeme::End);
        all.push((lexeme, start));
        if ended {
            return Ok(all);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn next(&mut self) -> Result<Lexeme, Error> {
        let Some(character) = self.rest().chars().next() else { return Ok(Lexeme::End) };
        if character.is_ascii_alphabetic() || character == '_' {
            return Ok(Lexeme::Name(self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_').into()));
        }
        if character.is_ascii_digit() || character == '-' {
            return self.number();
        }
        match character {
            '"' => self.quoted_name(),
            '\'' => self.raw(),
            '`' => self.literal(),
            _ => self.mark(),
        }
    }

    fn mark(&mut self) -> Result<Lexeme, Error> {
        use super::Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let bytes = self.rest().as_bytes();
        let two = match bytes.get(..2) {
            Some(b"[]") => Some(Lexeme::Flatten),
            Some(b"[?") => Some(Lexeme::Filter),
            Some(b"||") => Some(Lexeme::Or),
            Some(b"&&") => Some(Lexeme::And),
            Some(b"==") => Some(Lexeme::Compare(Equal)),
            Some(b"!=") => Some(Lexeme::Compare(NotEqual)),
            Some(b"<=") => Some(Lexeme::Compare(LessOrEqual)),
            Some(b">=") => Some(Lexeme::Compare(GreaterOrEqual)),
            _ => None,
        };
        if let Some(lexeme) = two {
            self.at += 2;
            return Ok(lexeme);
        }
        let one = match bytes.first() {
            Some(b'<') => Lexeme::Compare(Less),
            Some(b'>') => Lexeme::Compare(Greater),
            Some(b'.') => Lexeme::Dot,
            Some(b'*') => Lexeme::Star,
            Some(b'[') => Lexeme::OpenBracket,
            Some(b']') => Lexeme::CloseBracket,
            Some(b'{') => Lexeme::OpenBrace,
            Some(b'}') => Lexeme::CloseBrace,
            Some(b'(') => Lexeme::OpenParenthesis,
            Some(b')') => Lexeme::CloseParenthesis,
            Some(b',') => Lexeme::Comma,
            Some(b':') => Lexeme::Colon,
            Some(b'@') => Lexeme::Current,
            Some(b'&') => Lexeme::Reference,
            Some(b'|') => Lexeme::Pipe,
            Some(b'!') => Lexeme::Not,
            _ => return Err(syntax(self.text, self.at, "a name, a literal or an operator")),
        };
        self.at += 1;
        Ok(one)
    }

    fn number(&mut self) -> Result<Lexeme, Error> {
        let start = self.at;
        self.at += usize::from(self.rest().starts_with('-'));
        self.run(|byte| byte.is_ascii_digit());
        let number = self.text.get(start..self.at).and_then(|text| text.parse().ok());
        number.map(Lexeme::Number).ok_or_else(|| syntax(self.text, start, "an index of 64 bits"))
    }

    /// A name in double quotes, which is a JSON string.
    fn quoted_name(&mut self) -> Result<Lexeme, Error> {
        let start = self.at;
        self.skip_to_end(b'"')?;
        let text = self.text.get(start..self.at).unwrap_or_default();
        let name = Document::parse(text.as_bytes()).ok();
        let name = name.as_ref().and_then(|document| document.root().as_str());
        name.map(|name| Lexeme::QuotedName(name.into()))
            .ok_or_else(|| syntax(self.text, start, "a name in double quotes as JSON writes it"))
    }

    /// A text in single quotes; only the quote itself can be escaped.
    fn raw(&mut self) -> Result<Lexeme, Error> {
        let start = self.at + 1;
        self.skip_to_end(b'\'')?;
        let text = self.text.get(start..self.at - 1).unwrap_or_default();
        Ok(Lexeme::Raw(text.replace("\\'", "'").into()))
    }

    /// A JSON value in backticks, read as leniently as the reference's JSON reader does.
    fn literal(&mut self) -> Result<Lexeme, Error> {
        let start = self.at + 1;
        self.skip_to_end(b'`')?;
        let text = self.text.get(start..self.at - 1).unwrap_or_default().replace("\\`", "`");
        let strict = Document::from_text(text.clone());
        let document = strict.or_else(|_| match crate::lenient_json::rewrite(&text) {
            Some(text) => Document::from_text(text),
            None => Document::from_text(text),
        });
        document
            .map(Lexeme::Literal)
            .map_err(|_| syntax(self.text, start, "a JSON value between the backticks"))
    }

    /// Moves behind the closing `quote`, over escaped characters.
    fn skip_to_end(&mut self, quote: u8) -> Result<(), Error> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        loop {
            match bytes.get(self.at) {
                None => return Err(syntax(self.text, start, "the closing quote of what starts here,")),
                Some(b'\\') => self.at += 2,
                Some(&byte) => {
                    self.at += 1;
                    if byte == quote {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn run(&mut self, belongs: fn(u8) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn spaces(&mut self) {
        self.run(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// A failure at a byte of an expression.
#[cold]
pub(super) fn syntax(text: &str, at: usize, what: &str) -> Error {
    let character = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
    Error::new(ErrorKind::ExpressionSyntax, format!("the JMESPath needs {what} at character {character}"))
}
