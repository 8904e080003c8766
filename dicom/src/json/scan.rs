//! A pull scanner for JSON (RFC 8259) over bytes: no tree, bounded depth, the text of numbers kept, positions for errors.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};

/// Reads a JSON text from its start to its end.
pub(crate) struct Scanner<'j> {
    text: &'j str,
    at: usize,
}

impl<'j> Scanner<'j> {
    pub(crate) fn new(bytes: &'j [u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { text, at: 0 }),
            Err(e) => Err(Error::new(ErrorKind::JsonSyntax, "not UTF-8").at(e.valid_up_to())),
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space, without taking it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b) = bytes.get(self.at) {
            if !matches!(b, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*b);
            }
            self.at += 1;
        }
        None
    }

    /// Takes a byte that must come next.
    pub(crate) fn expect(&mut self, wanted: u8, what: &'static str) -> Result<()> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        Err(self.syntax(what))
    }

    /// Takes a byte where it comes next.
    pub(crate) fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Takes `null` where it comes next.
    pub(crate) fn null(&mut self) -> bool {
        let found = self.peek() == Some(b'n') && self.rest().starts_with("null");
        self.at += if found { 4 } else { 0 };
        found
    }

    /// After a member or an element: whether another one follows, rather than `end`.
    pub(crate) fn more(&mut self, end: u8) -> Result<bool> {
        if self.take(b',') {
            return Ok(true);
        }
        if self.take(end) {
            return Ok(false);
        }
        Err(self.syntax("wanted a comma or the end of the object or array"))
    }

    /// The end of the text.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.syntax("wanted the end after the JSON value")),
        }
    }

    /// A member name with its colon.
    pub(crate) fn name(&mut self) -> Result<Cow<'j, str>> {
        let name = self.string()?;
        self.expect(b':', "wanted a colon after a member name")?;
        Ok(name)
    }

    /// A string.
    pub(crate) fn string(&mut self) -> Result<Cow<'j, str>> {
        self.expect(b'"', "wanted a string")?;
        let start = self.at;
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    let text = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => return self.escaped(start),
                Some(0x20..) => self.at += 1,
                Some(_) => return Err(self.syntax("a control character in a string")),
                None => return Err(self.syntax("the text ends inside of a string")),
            }
        }
    }

    fn escaped(&mut self, start: usize) -> Result<Cow<'j, str>> {
        let mut out = self.text.get(start..self.at).unwrap_or_default().to_owned();
        loop {
            let run = self.at;
            while self.text.as_bytes().get(self.at).is_some_and(|b| *b >= 0x20 && !matches!(b, b'"' | b'\\'))
            {
                self.at += 1;
            }
            out.push_str(self.text.get(run..self.at).unwrap_or_default());
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(out));
                }
                Some(b'\\') => {
                    let c = self.escape()?;
                    out.push(c);
                }
                Some(_) => return Err(self.syntax("a control character in a string")),
                None => return Err(self.syntax("the text ends inside of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let letter = self.text.as_bytes().get(self.at + 1).copied();
        self.at += 2;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.unit()?;
                let code = match first {
                    0xD800..=0xDBFF if self.rest().starts_with("\\u") => {
                        self.at += 2;
                        let second = self.unit()?;
                        if !(0xDC00..=0xDFFF).contains(&second) {
                            return Err(self.syntax("half a surrogate pair"));
                        }
                        0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                    }
                    other => other,
                };
                match char::from_u32(code) {
                    Some(c) => c,
                    None => return Err(self.syntax("half a surrogate pair")),
                }
            }
            _ => return Err(self.syntax("an unknown escape in a string")),
        })
    }

    fn unit(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(unit) = digits.and_then(|d| u32::from_str_radix(d, 16).ok()) else {
            return Err(self.syntax("wanted four hexadecimal digits"));
        };
        self.at += 4;
        Ok(unit)
    }

    /// The text of a number.
    pub(crate) fn number(&mut self) -> Result<&'j str> {
        self.peek();
        let rest = self.rest();
        let end = rest.bytes().position(|b| !matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let leading = matches!(unsigned.as_bytes(), [b'0', b'0'..=b'9', ..]);
        let bare = unsigned.starts_with('.')
            || unsigned
                .find('.')
                .is_some_and(|at| !unsigned.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
        if text.starts_with('+') || leading || bare || !crate::value::is_decimal(text) {
            return Err(self.syntax("wanted a number"));
        }
        self.at += text.len();
        Ok(text)
    }

    /// Goes over one value of any kind; gives where it is.
    pub(crate) fn skip(&mut self, max_depth: usize) -> Result<Range<usize>> {
        self.peek();
        let start = self.at;
        let mut open: Vec<u8> = Vec::new();
        loop {
            // A value begins here.
            let opened = match self.peek() {
                Some(b'{') => Some(b'}'),
                Some(b'[') => Some(b']'),
                _ => None,
            };
            if let Some(end) = opened {
                if open.len() >= max_depth {
                    return Err(
                        Error::new(ErrorKind::TooDeep, "JSON is nested deeper than the limit").at(self.at)
                    );
                }
                self.at += 1;
                if !self.take(end) {
                    open.push(end);
                    if end == b'}' {
                        self.name()?;
                    }
                    continue;
                }
            } else {
                self.scalar()?;
            }
            // A value ended here.
            loop {
                let Some(end) = open.last().copied() else { return Ok(start..self.at) };
                if self.more(end)? {
                    if end == b'}' {
                        self.name()?;
                    }
                    break;
                }
                open.pop();
            }
        }
    }

    fn scalar(&mut self) -> Result<()> {
        match self.peek() {
            Some(b'"') => {
                self.string()?;
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
            }
            _ => {
                let word = ["true", "false", "null"].into_iter().find(|w| self.rest().starts_with(w));
                let Some(word) = word else { return Err(self.syntax("wanted a JSON value")) };
                self.at += word.len();
            }
        }
        Ok(())
    }

    /// Goes to a place that [`Self::skip`] gave.
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    fn rest(&self) -> &'j str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn syntax(&self, detail: &'static str) -> Error {
        Error::new(ErrorKind::JsonSyntax, detail).at(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_serde_json_takes() {
        for text in [
            "{}",
            "[]",
            "[1,2]",
            "{\"a\":[{\"b\":null}],\"c\":true}",
            "\"\\u00e9\\ud83d\\ude00\\n\"",
            "-0.5e-3",
            "0",
            "1e5",
            " [ ] ",
            "[[],{}]",
            "",
            "[",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "01",
            "-",
            "+1",
            "1.",
            ".5",
            "1e",
            "nul",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\n\"",
            "\"a",
            "[1 2]",
            "{a:1}",
            "[1]]",
            "-01",
            "00",
            "0.0",
            "0e1",
            "0x1",
        ] {
            let mut scanner = Scanner::new(text.as_bytes()).unwrap();
            let ours = scanner.skip(10).and_then(|_| scanner.end());
            let theirs = serde_json::from_str::<serde_json::Value>(text);
            assert_eq!(ours.is_ok(), theirs.is_ok(), "{text}");
        }
        let mut scanner = Scanner::new(b"\"\\u00e9\\ud83d\\ude00\\n\"").unwrap();
        assert_eq!(scanner.string().unwrap(), "é😀\n");
    }

    #[test]
    fn depth_is_bounded() {
        let text = "[".repeat(100_000);
        let error = Scanner::new(text.as_bytes()).unwrap().skip(64).unwrap_err();
        assert_eq!((error.kind(), error.position()), (ErrorKind::TooDeep, Some(64)));
    }
}
