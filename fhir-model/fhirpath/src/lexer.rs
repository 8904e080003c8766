//! Tokens of an expression, each with its place (FHIRPath "Lexical Elements").

use crate::error::{ErrorKind, Failure};
use crate::value::{Date, DateTime, Decimal, Time};

/// One token: what it is and at which byte of the expression it starts.
#[derive(Debug, Clone)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind<'t>,
    pub(crate) start: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind<'t> {
    /// A name or a keyword.
    Word(&'t str),
    /// A name in backticks, escapes resolved.
    Delimited(String),
    /// A string in single quotes, escapes resolved.
    String(String),
    /// Digits, perhaps with a fraction.
    Number(Decimal),
    /// Digits and `L`.
    Long(i64),
    Date(Date),
    DateTime(DateTime),
    Time(Time),
    /// `$this`, `$index`, `$total`, without the dollar.
    Special(&'t str),
    /// An operator, a bracket, a dot, a comma, a percent sign.
    Symbol(&'static str),
    End,
}

/// The longest expression in bytes.
pub(crate) const MAX_LENGTH: usize = 1 << 20;

const SYMBOLS: [&str; 24] = [
    "!=", "!~", "<=", ">=", ".", ",", "(", ")", "[", "]", "{", "}", "+", "-", "*", "/", "|", "&", "<", ">",
    "=", "~", "%", ":",
];

/// All tokens of `text`, the last one being [`TokenKind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Failure> {
    if text.len() > MAX_LENGTH {
        let detail =
            format!("wanted an expression of at most {MAX_LENGTH} bytes, this one has {}", text.len());
        return Err(Failure::new(ErrorKind::TooLong, detail));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 2);
    loop {
        lexer.skip_space()?;
        let start = lexer.place();
        let kind = lexer.token()?;
        let last = kind == TokenKind::End;
        tokens.push(Token { kind, start });
        if last {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn place(&self) -> u32 {
        // Bounded by MAX_LENGTH.
        u32::try_from(self.at).unwrap_or(u32::MAX)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wanted(&self, detail: &'static str) -> Failure {
        Failure::new(ErrorKind::Syntax, detail).at(self.place())
    }

    fn skip_space(&mut self) -> Result<(), Failure> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}', '\u{a0}']);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find(['\r', '\n']).unwrap_or(trimmed.len());
            } else if let Some(comment) = trimmed.strip_prefix("/*") {
                let end =
                    comment.find("*/").ok_or_else(|| self.wanted("wanted '*/' at the end of the comment"))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<TokenKind<'t>, Failure> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(TokenKind::End) };
        match first {
            'a'..='z' | 'A'..='Z' | '_' => Ok(TokenKind::Word(self.take_while(is_word))),
            '0'..='9' => self.number(),
            '\'' => self.quoted('\'', "wanted a quote at the end of the string").map(TokenKind::String),
            '`' => self.quoted('`', "wanted a backtick at the end of the name").map(TokenKind::Delimited),
            '"' => Err(self.wanted("wanted a string in single quotes, not in double ones")),
            '@' => self.moment(),
            '$' => {
                self.at += 1;
                let word = self.take_while(is_word);
                if matches!(word, "this" | "index" | "total") {
                    return Ok(TokenKind::Special(word));
                }
                self.at -= word.len() + 1;
                Err(self.wanted("wanted $this, $index or $total"))
            }
            _ => match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
                Some(symbol) => {
                    self.at += symbol.len();
                    Ok(TokenKind::Symbol(symbol))
                }
                None => Err(self.wanted("a character that no expression has outside of strings")),
            },
        }
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn number(&mut self) -> Result<TokenKind<'t>, Failure> {
        let start = self.at;
        let whole = self.take_while(|c| c.is_ascii_digit());
        let mut after = self.rest().chars();
        match (after.next(), after.next()) {
            (Some('L'), next) if !next.is_some_and(is_word) => {
                let value = whole.parse().map_err(|_| self.wanted("wanted a whole number below 2^63"))?;
                self.at += 1;
                return Ok(TokenKind::Long(value));
            }
            (Some('.'), Some('0'..='9')) => {
                self.at += 1;
                self.take_while(|c| c.is_ascii_digit());
            }
            _ => {}
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        digits.parse().map(TokenKind::Number).map_err(|_| {
            Failure::new(ErrorKind::Syntax, "wanted a number of at most 38 digits")
                .at(u32::try_from(start).unwrap_or(u32::MAX))
        })
    }

    /// A date, a date with a time, or a time, after its `@`.
    fn moment(&mut self) -> Result<TokenKind<'t>, Failure> {
        const WANTED: &str = "wanted a date, a dateTime or a time of the calendar after '@'";
        let start = self.place();
        self.at += 1;
        let rest = self.rest();
        if let Some(time) = rest.strip_prefix('T') {
            let length = time_length(time.as_bytes());
            let found = time.get(..length).and_then(Time::parse);
            self.at += 1 + length;
            return found
                .map(TokenKind::Time)
                .ok_or_else(|| Failure::new(ErrorKind::Syntax, WANTED).at(start));
        }
        let bytes = rest.as_bytes();
        let mut length = digits(bytes, 4);
        for _ in 0..2 {
            if bytes.get(length) == Some(&b'-') && digits(bytes.get(length + 1..).unwrap_or_default(), 2) == 2
            {
                length += 3;
            } else {
                break;
            }
        }
        let with_time = bytes.get(length) == Some(&b'T');
        if with_time {
            length += 1;
            let time = time_length(bytes.get(length..).unwrap_or_default());
            length += time;
            if time > 0 {
                length += zone_length(bytes.get(length..).unwrap_or_default());
            }
        }
        self.at += length;
        let text = rest.get(..length).unwrap_or_default();
        let found = match with_time {
            true => DateTime::parse(text).map(TokenKind::DateTime),
            false => Date::parse(text).map(TokenKind::Date),
        };
        found.ok_or_else(|| Failure::new(ErrorKind::Syntax, WANTED).at(start))
    }

    /// The text up to the closing `quote`, escapes resolved.
    fn quoted(&mut self, quote: char, unclosed: &'static str) -> Result<String, Failure> {
        let start = self.at;
        self.at += 1;
        let mut found = String::new();
        loop {
            found.push_str(self.take_while(|c| c != quote && c != '\\'));
            let mut rest = self.rest().chars();
            match rest.next() {
                Some('\\') => {
                    self.at += 1;
                    self.escape(&mut found)?;
                }
                Some(_) => {
                    self.at += 1;
                    return Ok(found);
                }
                None => {
                    self.at = start;
                    return Err(self.wanted(unclosed));
                }
            }
        }
    }

    /// What stands after a backslash. One before any other character is left out.
    fn escape(&mut self, found: &mut String) -> Result<(), Failure> {
        let Some(escaped) = self.rest().chars().next() else { return Ok(()) };
        if escaped == 'u' && self.code_unit(1).is_some() {
            return self.unicode(found);
        }
        self.at += escaped.len_utf8();
        found.push(match escaped {
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        });
        Ok(())
    }

    /// The four hexadecimal digits that stand `skip` bytes ahead.
    fn code_unit(&self, skip: usize) -> Option<u16> {
        let digits = self.rest().get(skip..skip + 4)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if all { u16::from_str_radix(digits, 16).ok() } else { None }
    }

    fn unicode(&mut self, found: &mut String) -> Result<(), Failure> {
        let first = self.code_unit(1).unwrap_or_default();
        let second = if self.rest().get(5..7) == Some("\\u") { self.code_unit(7) } else { None };
        let mut units = char::decode_utf16([first].into_iter().chain(second));
        match units.next() {
            Some(Ok(character)) => {
                self.at += if character.len_utf16() == 2 { 11 } else { 5 };
                found.push(character);
                Ok(())
            }
            _ => Err(self.wanted("wanted both halves of a surrogate pair")),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// How many of the first `most` bytes are digits.
fn digits(bytes: &[u8], most: usize) -> usize {
    bytes.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count()
}

fn time_length(bytes: &[u8]) -> usize {
    let mut length = digits(bytes, 2);
    for _ in 0..2 {
        if bytes.get(length) == Some(&b':') && digits(bytes.get(length + 1..).unwrap_or_default(), 2) == 2 {
            length += 3;
        } else {
            break;
        }
    }
    let fraction = bytes.get(length + 1..).map_or(0, |rest| digits(rest, usize::MAX));
    if length == 8 && bytes.get(length) == Some(&b'.') && fraction > 0 {
        length + 1 + fraction
    } else {
        length
    }
}

fn zone_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'Z', ..] => 1,
        [b'+' | b'-', rest @ ..]
            if digits(rest, 2) == 2
                && rest.get(2) == Some(&b':')
                && digits(rest.get(3..).unwrap_or_default(), 2) == 2 =>
        {
            6
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind<'_>> {
        let mut found: Vec<_> = tokens(text).unwrap().into_iter().map(|token| token.kind).collect();
        assert_eq!(found.pop(), Some(TokenKind::End));
        found
    }

    #[test]
    fn escapes_are_resolved() {
        let table = [
            (r"'\\\/\f\r\n\t\u002a'", "\\/\u{c}\r\n\t*"),
            (r"'\p\3\u005'", "p3u005"),
            (r"'it\'s \uD83D\uDD25'", "it's 🔥"),
            ("'P\\u0065ter'", "Peter"),
        ];
        for (text, wanted) in table {
            assert_eq!(kinds(text), [TokenKind::String(wanted.to_owned())], "{text}");
        }
        assert!(tokens(r"'\uD83D'").is_err());
        assert!(tokens("'open").is_err());
    }

    #[test]
    fn dates_end_where_the_calendar_ends() {
        let date = |text: &str| TokenKind::Date(Date::parse(text).unwrap());
        let moment = |text: &str| TokenKind::DateTime(DateTime::parse(text).unwrap());
        let dot = TokenKind::Symbol(".");
        assert_eq!(kinds("@2014.x"), [date("2014"), dot.clone(), TokenKind::Word("x")]);
        assert_eq!(kinds("@2014-01-01T08:05+08:00.x")[..2], [moment("2014-01-01T08:05+08:00"), dot.clone()]);
        assert_eq!(kinds("@2015T.x")[..2], [moment("2015"), dot.clone()]);
        assert_eq!(kinds("@T10:30:00.5.x")[..2], [TokenKind::Time(Time::parse("10:30:00.5").unwrap()), dot]);
        assert_eq!(kinds("@2014-1")[..2], [date("2014"), TokenKind::Symbol("-")]);
        for text in ["@", "@20", "@2014-13", "@2014-02-30", "@T25", "@T", "@Tx"] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }

    #[test]
    fn comments_and_numbers() {
        assert_eq!(kinds("1 // one\n+ /* two */ 2").len(), 3);
        assert_eq!(kinds("1.5.x").len(), 3);
        assert_eq!(kinds("1.x").len(), 3);
        assert_eq!(kinds("5L"), [TokenKind::Long(5)]);
        let error = tokens("2 + 2 /* not finished").unwrap_err().into_error("2 + 2 /* not finished");
        assert_eq!(error.position().unwrap().offset, 6);
    }
}
