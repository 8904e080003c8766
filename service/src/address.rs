//! Paths: cut into segments first, decoded afterwards, so that an encoded slash never makes a new segment.

use crate::error::{Error, ErrorKind};
use std::borrow::Cow;

/// The segments of a path, decoded. A slash at the end makes no segment.
///
/// # Errors
/// [`ErrorKind::BadRequest`] for broken percent-encoding, and for segments that could be mistaken for a place in a
/// file system: `.`, `..`, slashes, backslashes, control characters.
pub(crate) fn segments(path: &str) -> Result<Vec<Cow<'_, str>>, Error> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.len() > 8192 {
        return Err(Error::new(ErrorKind::BadRequest, "the path has more than 8192 bytes"));
    }
    path.split('/')
        .map(|segment| {
            let decoded = decode(segment, false).filter(|text| {
                !matches!(&**text, "" | "." | "..")
                    && !text.contains(|c: char| matches!(c, '/' | '\\') || c.is_control())
            });
            decoded.ok_or_else(|| Error::new(ErrorKind::BadRequest, "a segment of the path is not allowed"))
        })
        .collect()
}

/// A name or value of a query or form, decoded: `+` is a space.
pub(crate) fn decode_query(text: &str) -> Option<Cow<'_, str>> {
    decode(text, true)
}

fn decode(text: &str, plus: bool) -> Option<Cow<'_, str>> {
    let encoded = text.contains('%') || plus && text.contains('+');
    if !encoded {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if plus => b' ',
            other => other,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// Percent-encodes a value for a query: all but the unreserved characters of RFC 3986 §2.3.
pub(crate) fn encode_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_before_they_are_decoded() {
        let good = [("", vec![]), ("/", vec![]), ("/a/b%20c/", vec!["a", "b c"]), ("/a%c3%a9", vec!["aé"])];
        for (path, wanted) in good {
            assert_eq!(segments(path).unwrap(), wanted, "{path}");
        }
        for path in
            ["/a/../b", "/a/%2e%2e/b", "/a%2Fb", "/a%5Cb", "/a%00", "/a%zz", "/a%f", "//", "/a//b", "/%ff"]
        {
            assert_eq!(segments(path).unwrap_err().kind(), ErrorKind::BadRequest, "{path}");
        }
        assert_eq!(decode_query("a+b%2Bc").as_deref(), Some("a b+c"));
        assert_eq!(encode_query("a b|c/é"), "a%20b%7Cc%2F%C3%A9");
    }
}
