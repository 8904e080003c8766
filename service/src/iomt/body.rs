//! The messages of a request: one JSON value, an array of them, or one a line.

use crate::error::{Error, ErrorKind};
use hygea_fhir_model::json::{Document, Node, Options};

/// The texts of the messages. Every one is read before any is mapped, so that a broken request writes nothing.
pub(super) fn messages(bytes: &[u8], lines: bool) -> Result<Vec<&[u8]>, Error> {
    if lines {
        let mut messages = Vec::new();
        for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if !line.is_empty() {
                read(line).map_err(|error| error.at(format!("line {}", number + 1)))?;
                messages.push(line);
            }
        }
        return Ok(messages);
    }
    let document = read(bytes)?;
    if !document.root().is_array() {
        return Ok(vec![bytes]);
    }
    let start = bytes.len() - document.text().len();
    let span =
        |item: Node<'_>| bytes.get(item.span().start + start..item.span().end + start).unwrap_or_default();
    Ok(document.root().items().map(span).collect())
}

fn read(bytes: &[u8]) -> Result<Document<'_>, Error> {
    if bytes.trim_ascii().is_empty() {
        return Err(Error::new(ErrorKind::BadBody, "the request holds no message"));
    }
    // Of members with one name the reference mapper takes the last one; which it is, the mapper decides.
    let options = Options { keep_duplicates: true, ..Options::default() };
    Ok(Document::parse_with(bytes, &options)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_message_an_array_or_lines() {
        type Row<'r> = (&'r [u8], bool, &'r [&'r [u8]]);
        let table: &[Row<'_>] = &[
            (b"{\"a\":1}", false, &[b"{\"a\":1}"]),
            (b"\xEF\xBB\xBF[1, {\"b\":[2]}]", false, &[b"1", b"{\"b\":[2]}"]),
            (b"[]", false, &[]),
            (b"{\"a\":1}\r\n\n [2] \n", true, &[b"{\"a\":1}", b"[2]"]),
        ];
        for (body, lines, wanted) in table {
            assert_eq!(messages(body, *lines).unwrap(), *wanted, "{body:?}");
        }
        for (body, lines, place) in
            [(&b"{\"a\":"[..], false, "a"), (b"{}\n{\"b\":}", true, "line 2"), (b"  ", false, "no message")]
        {
            let error = messages(body, lines).unwrap_err();
            assert_eq!(error.status(), 400);
            assert!(error.to_string().contains(place), "{error}");
        }
    }
}
