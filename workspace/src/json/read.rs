//! Reads JSON text (RFC 8259) in one pass, bounded in bytes, depth and number of values.

use super::{Json, Number};
use crate::{Error, ErrorKind};

/// What a JSON text may cost. The defaults fit a management body: 4 MiB, as Azure allows for a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the text.
    pub bytes: usize,
    /// Nesting of arrays and objects.
    pub depth: usize,
    /// Values in all, members and elements included.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 4 << 20, depth: 64, values: 262_144 }
    }
}

impl Limits {
    /// The same limits with another number of bytes.
    #[must_use]
    pub fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }
}

pub(super) fn parse(text: &[u8], limits: Limits) -> Result<Json, Error> {
    if text.len() > limits.bytes {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("the JSON text is larger than {} bytes", limits.bytes),
        )
        .at(limits.bytes));
    }
    let text = std::str::from_utf8(text).map_err(|error| {
        Error::new(ErrorKind::InvalidJson, "the JSON text is not UTF-8").at(error.valid_up_to())
    })?;
    let mut reader =
        Reader { text, bytes: text.as_bytes(), position: 0, depth: limits.depth, values: limits.values };
    let value = reader.document().map_err(|failure| failure.into_error(reader.position))?;
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    depth: usize,
    values: usize,
}

/// A failure on its way up; every level adds its own step of the path.
struct Failure {
    kind: ErrorKind,
    wanted: &'static str,
    steps: Vec<String>,
}

impl Failure {
    fn new(kind: ErrorKind, wanted: &'static str) -> Box<Self> {
        Box::new(Self { kind, wanted, steps: Vec::new() })
    }

    fn below(mut self: Box<Self>, step: String) -> Box<Self> {
        self.steps.push(step);
        self
    }

    fn into_error(self, position: usize) -> Error {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        Error::new(self.kind, self.wanted).at(position).on(path)
    }
}

type Read<T> = Result<T, Box<Failure>>;

fn malformed<T>(wanted: &'static str) -> Read<T> {
    Err(Failure::new(ErrorKind::InvalidJson, wanted))
}

impl Reader<'_> {
    fn document(&mut self) -> Read<Json> {
        let value = self.value()?;
        self.skip_space();
        if self.position < self.bytes.len() { malformed("expected the end of the text") } else { Ok(value) }
    }

    fn value(&mut self) -> Read<Json> {
        let Some(values) = self.values.checked_sub(1) else {
            return Err(Failure::new(ErrorKind::TooLarge, "the JSON text has too many values"));
        };
        self.values = values;
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Json::String),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => malformed("expected a JSON value"),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Json>) -> Read<Json> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(Failure::new(ErrorKind::TooDeep, "the JSON text is nested too deeply"));
        };
        self.depth = depth;
        self.position += 1;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn array(&mut self) -> Read<Json> {
        let mut elements = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Json::Array(elements));
        }
        loop {
            let element = self.value().map_err(|failure| failure.below(format!("[{}]", elements.len())))?;
            elements.push(element);
            self.skip_space();
            if self.take(b']') {
                return Ok(Json::Array(elements));
            }
            if !self.take(b',') {
                return malformed("expected ',' or ']'");
            }
        }
    }

    fn object(&mut self) -> Read<Json> {
        let mut members: Vec<(String, Json)> = Vec::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return malformed("expected a member name");
            }
            let name = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return malformed("expected ':'");
            }
            let value = self.value().map_err(|failure| failure.below(step(&name)))?;
            members.push((name, value));
            self.skip_space();
            if self.take(b'}') {
                return match repeated(&members) {
                    Some(name) => {
                        Err(Failure::new(ErrorKind::InvalidJson, "the member occurs twice").below(name))
                    }
                    None => Ok(Json::Object(members)),
                };
            }
            if !self.take(b',') {
                return malformed("expected ',' or '}'");
            }
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Read<Json> {
        if self.rest().starts_with(word) {
            self.position += word.len();
            Ok(value)
        } else {
            malformed("expected true, false or null")
        }
    }

    fn number(&mut self) -> Read<Json> {
        let start = self.position;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return malformed("expected a digit");
        }
        if self.take(b'.') && self.digits() == 0 {
            return malformed("expected a digit after the point");
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return malformed("expected a digit in the exponent");
            }
        }
        let text = self.text.get(start..self.position).unwrap_or_default();
        Ok(Json::Number(Number(text.into())))
    }

    fn digits(&mut self) -> usize {
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        self.position - start
    }

    fn string(&mut self) -> Read<String> {
        self.position += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(length) = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')
            else {
                self.position = self.bytes.len();
                return malformed("expected the end of the string");
            };
            text.push_str(rest.get(..length).unwrap_or_default());
            self.position += length;
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.position += 1;
                    text.push(self.escape()?);
                }
                _ => return malformed("expected no control character in a string"),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let escaped = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.position += 1;
                return self.unicode();
            }
            _ => return malformed("expected an escape sequence"),
        };
        self.position += 1;
        Ok(escaped)
    }

    fn unicode(&mut self) -> Read<char> {
        let first = self.hexadecimal()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        // A surrogate: only a high one followed by a low one is a character.
        if first < 0xDC00 && self.rest().starts_with("\\u") {
            self.position += 2;
            let second = self.hexadecimal()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                if let Some(character) = char::from_u32(code) {
                    return Ok(character);
                }
            }
        }
        malformed("expected a surrogate pair")
    }

    fn hexadecimal(&mut self) -> Read<u32> {
        let digits =
            self.rest().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.position += 4;
                Ok(code)
            }
            None => malformed("expected four hexadecimal digits"),
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }
}

/// A member name as a step of a path, cut so that a hostile one cannot fill a log.
fn step(name: &str) -> String {
    match name.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// The first name that occurs twice, found by sorting so that a body of a million members costs no square.
fn repeated(members: &[(String, Json)]) -> Option<String> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some(step(first)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_sent() {
        for text in [
            "null",
            "[]",
            "{}",
            "[1,1.0,1.00,-0,1e400,0.1E-7,123456789012345678901234567890]",
            r#"{"b":1,"a":{"z":[true,false,null]},"":""}"#,
            r#""é \" \\ \n \u0001 😀""#,
        ] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(Json::parse(br#""\ud83d\ude00\/\u00e9""#).unwrap(), Json::from("😀/é"));
    }

    #[test]
    fn refusals_name_kind_byte_and_path() {
        let deep = "[".repeat(65);
        for (text, kind, byte, path) in [
            ("", ErrorKind::InvalidJson, 0, ""),
            ("nul", ErrorKind::InvalidJson, 0, ""),
            ("1 2", ErrorKind::InvalidJson, 2, ""),
            ("[1,]", ErrorKind::InvalidJson, 3, "[1]"),
            ("01", ErrorKind::InvalidJson, 1, ""),
            ("1.", ErrorKind::InvalidJson, 2, ""),
            ("-", ErrorKind::InvalidJson, 1, ""),
            ("1e+", ErrorKind::InvalidJson, 3, ""),
            (r#"{"a":{"b":[1,{"c":tru}]}}"#, ErrorKind::InvalidJson, 18, "a.b[1].c"),
            (r#"{"a":1,"b":2,"a":3}"#, ErrorKind::InvalidJson, 19, "a"),
            (r#"{"a" 1}"#, ErrorKind::InvalidJson, 5, ""),
            (r#"{a:1}"#, ErrorKind::InvalidJson, 1, ""),
            ("\"a\nb\"", ErrorKind::InvalidJson, 2, ""),
            (r#""\ud800""#, ErrorKind::InvalidJson, 7, ""),
            (r#""\udc00\ud800""#, ErrorKind::InvalidJson, 7, ""),
            (r#""\x""#, ErrorKind::InvalidJson, 2, ""),
            (r#""\u12"#, ErrorKind::InvalidJson, 3, ""),
            ("\"abc", ErrorKind::InvalidJson, 4, ""),
            (deep.as_str(), ErrorKind::TooDeep, 64, "[0]"),
        ] {
            let error = Json::parse(text.as_bytes()).unwrap_err();
            assert_eq!((error.kind(), error.position()), (kind, Some(byte)), "{text}: {error}");
            assert!(error.path().unwrap().starts_with(path), "{text}: {error}");
        }
        assert_eq!(Json::parse(b"\"\xff\"").unwrap_err().position(), Some(1));
        let limits = Limits { bytes: 10, depth: 2, values: 3 };
        assert_eq!(Json::parse_within(b"[1,2,3]", limits).unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(Json::parse_within(b"[         ]", limits).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
