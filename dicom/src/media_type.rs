//! Media types and Accept headers as DICOMweb uses them (PS3.18 8.7, RFC 9110 12.5.1).
//!
//! Clients in the field write `type=application/dicom` without the quotes that RFC 9110 demands, mix lists, and leave
//! weights out; all of it is taken.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// A media type with its parameters, `multipart/related; type="application/dicom"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType {
    essence: String,
    parameters: Vec<(String, String)>,
}

/// One entry of an Accept header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptable {
    /// The media type or range (`*/*`, `image/*`), without its weight.
    pub media_type: MediaType,
    /// Its weight in thousandths, 0 to 1000; 1000 where none is given.
    pub weight: u16,
}

/// A header longer than this is refused.
const LONGEST: usize = 16 << 10;
/// More entries, or more parameters of one entry, are refused.
const MOST: usize = 64;

impl MediaType {
    /// Reads one media type.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidMediaType`] with the byte at which it is not understood.
    pub fn parse(text: &str) -> Result<Self> {
        let mut reader = Reader::new(text)?;
        let found = reader.media_type()?;
        if reader.at < text.len() {
            return Err(reader.error("wanted one media type"));
        }
        Ok(found)
    }

    /// `type/subtype` in lower case.
    #[must_use]
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The value of a parameter, its quotes taken off; names are not case-sensitive.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Whether this range (`*/*`, `image/*`) holds a `type/subtype`.
    #[must_use]
    pub fn includes(&self, essence: &str) -> bool {
        if self.essence == "*/*" || self.essence == essence {
            return true;
        }
        let kind = self.essence.strip_suffix("/*");
        kind.is_some_and(|kind| essence.split('/').next() == Some(kind))
    }
}

/// With quotes around all values that are no tokens.
impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.essence)?;
        for (name, value) in &self.parameters {
            if value.bytes().all(is_token) && !value.is_empty() {
                write!(f, "; {name}={value}")?;
            } else {
                write!(f, "; {name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
        }
        Ok(())
    }
}

/// Reads an Accept header (several joined by commas), best entries first: by weight, then in the order they are given.
///
/// # Errors
/// [`ErrorKind::InvalidMediaType`] with the byte at which it is not understood.
pub fn parse_accept(text: &str) -> Result<Vec<Acceptable>> {
    let mut reader = Reader::new(text)?;
    let mut entries = Vec::new();
    loop {
        reader.skip(|b| matches!(b, b' ' | b'\t' | b','));
        if reader.peek().is_none() {
            break;
        }
        if entries.len() >= MOST {
            return Err(reader.error("too many entries"));
        }
        let mut media_type = reader.media_type()?;
        let weight = match media_type.parameters.iter().position(|(name, _)| name == "q") {
            Some(at) => {
                let (_, text) = media_type.parameters.remove(at);
                weight(&text).ok_or_else(|| reader.error("wanted a weight of 0 to 1"))?
            }
            None => 1000,
        };
        entries.push(Acceptable { media_type, weight });
        if reader.peek().is_some_and(|b| b != b',') {
            return Err(reader.error("wanted a comma between entries"));
        }
    }
    // Stable, so that entries of equal weight stay in their order.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.weight));
    Ok(entries)
}

/// A weight in thousandths.
fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut thousandths = 0;
    for place in 0..3 {
        let digit = fraction.as_bytes().get(place).map_or(0, |b| u16::from(b - b'0'));
        thousandths = thousandths * 10 + digit;
    }
    match whole {
        "0" => Some(thousandths),
        _ if thousandths == 0 => Some(1000),
        _ => None,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(Error::new(ErrorKind::InvalidMediaType, "the header is too long").at(LONGEST));
        }
        Ok(Self { text, at: 0 })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, belongs: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&belongs) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn space(&mut self) {
        self.skip(|b| matches!(b, b' ' | b'\t'));
    }

    fn media_type(&mut self) -> Result<MediaType> {
        self.space();
        let kind = self.skip(is_token);
        if kind.is_empty() || self.peek() != Some(b'/') {
            return Err(self.error("wanted type/subtype"));
        }
        self.at += 1;
        let subtype = self.skip(is_token);
        if subtype.is_empty() {
            return Err(self.error("wanted a subtype"));
        }
        let essence = format!("{kind}/{subtype}").to_ascii_lowercase();
        let mut parameters = Vec::new();
        loop {
            self.space();
            if self.peek() != Some(b';') {
                return Ok(MediaType { essence, parameters });
            }
            self.at += 1;
            self.space();
            let name = self.skip(is_token).to_ascii_lowercase();
            if name.is_empty() {
                // `type/subtype;` and `;;` say nothing more.
                continue;
            }
            self.space();
            if self.peek() != Some(b'=') || parameters.len() >= MOST {
                return Err(self.error("wanted name=value"));
            }
            self.at += 1;
            self.space();
            let value = self.value()?;
            parameters.push((name, value));
        }
    }

    fn value(&mut self) -> Result<String> {
        if self.peek() != Some(b'"') {
            // Up to a separator: wider than a token, because `type=application/dicom` is common.
            let value = self.skip(|b| !matches!(b, b';' | b',' | b'"' | 0..=b' ' | 0x7F..));
            return Ok(value.to_owned());
        }
        self.at += 1;
        let mut value = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return String::from_utf8(value).map_err(|_| self.error("a quoted value is not UTF-8"));
                }
                Some(b'\\') => {
                    self.at += 1;
                    value.extend(self.peek());
                    self.at += 1;
                }
                Some(0..=8 | 10..=31 | 127) => {
                    return Err(self.error("a control character in a quoted value"));
                }
                Some(other) => {
                    value.push(other);
                    self.at += 1;
                }
                None => return Err(self.error("a quoted value has no end")),
            }
        }
    }

    fn error(&self, detail: &'static str) -> Error {
        Error::new(ErrorKind::InvalidMediaType, detail).at(self.at)
    }
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_read_with_and_without_quotes() {
        for (text, essence, name, value) in [
            (
                "multipart/related; type=\"application/dicom\"; boundary=x",
                "multipart/related",
                "type",
                Some("application/dicom"),
            ),
            (
                "Multipart/Related;type=application/dicom;boundary=\"a b\"",
                "multipart/related",
                "BOUNDARY",
                Some("a b"),
            ),
            ("application/dicom; transfer-syntax=*", "application/dicom", "transfer-syntax", Some("*")),
            ("application/dicom;", "application/dicom", "x", None),
            ("a/b; x=\"\\\"\\\\\"", "a/b", "x", Some("\"\\")),
            ("a/b; x=", "a/b", "x", Some("")),
        ] {
            let found = MediaType::parse(text).unwrap();
            assert_eq!((found.essence(), found.parameter(name)), (essence, value), "{text}");
            assert_eq!(MediaType::parse(&found.to_string()).unwrap(), found, "{found}");
        }
        for text in ["", "a", "a/", "/b", "a/b; x", "a/b; x=\"y", "a/b c/d", "a/b, c/d", "a/b; x=\"\n\""] {
            let error = MediaType::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidMediaType, "{text}");
        }
    }

    #[test]
    fn accept_is_ordered_by_weight() {
        let shown = |text: &str| {
            let entries = parse_accept(text).unwrap();
            entries
                .iter()
                .map(|e| format!("{} {}", e.media_type.essence(), e.weight))
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(
            shown("a/a;q=0.5, b/b, c/c; q=0.125;x=1 ,d/d;q=1.000, */*;q=0"),
            "b/b 1000, d/d 1000, a/a 500, c/c 125, */* 0"
        );
        assert_eq!(shown(" , a/b,, "), "a/b 1000");
        assert_eq!(shown(""), "");
        for text in ["a/b;q=2", "a/b;q=x", "a/b;q=1.5", "a/b c/d", "a"] {
            assert!(parse_accept(text).is_err(), "{text}");
        }
        let range = MediaType::parse("image/*").unwrap();
        assert!(range.includes("image/jpeg") && !range.includes("imagex/jpeg"));
    }
}
