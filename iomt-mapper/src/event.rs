//! A device message as templates see it: `{Body, Properties, SystemProperties}` (spec: event envelope).
//!
//! The payload is put between the text of the envelope and parsed once, so that expressions walk one tree.
//! A payload that is an envelope already stays as it is.

use crate::error::{Error, ErrorKind};
use crate::lenient_json;
use crate::options::Mode;
use hygea_fhir_model::json::{Document, Node, Options, Value, Writer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

const BEFORE_BODY: &str = "{\"Body\":";
const AFTER_BODY: &str = ",\"Properties\":{},\"SystemProperties\":{}}";

/// A parsed message.
///
/// ```
/// use hygea_iomt_mapper::{Event, Mode};
///
/// let event = Event::from_payload(br#"{"hr": 61}"#, Mode::Strict)?;
/// assert!(event.root().get("Body").and_then(|body| body.get("hr")).is_some());
/// # Ok::<(), hygea_iomt_mapper::Error>(())
/// ```
pub struct Event {
    document: Document<'static>,
}

impl Event {
    /// A message whose payload is `payload`: it becomes the body, unless it is an object with exactly the
    /// members `Body`, `Properties` and `SystemProperties`, which is the envelope itself. No bytes are a null
    /// body. In [`Mode::Compat`] what Json.NET tolerates is tolerated: comments, single quotes, names without
    /// quotes, NaN, text after the value, and the last of members with one name counts.
    ///
    /// # Errors
    /// [`ErrorKind::Json`] with the place if the payload is not JSON, too deep (128) or too large.
    pub fn from_payload(payload: &[u8], mode: Mode) -> Result<Self, Error> {
        let text = utf8(payload, mode)?;
        let payload = text.trim();
        if payload.is_empty() {
            return Self::of_body("null", mode);
        }
        // The envelope's longest name tells most payloads apart without parsing them twice.
        if payload.starts_with('{') && payload.contains("SystemProperties") {
            let event = Self::from_text(payload, mode)?;
            if is_envelope(event.root()) {
                return Ok(event);
            }
            return Self::of_body(event.document.text(), mode);
        }
        Self::of_body(payload, mode)
    }

    /// A message with the properties that its transport carried beside the payload.
    ///
    /// # Errors
    /// As [`Event::from_payload`].
    pub fn with_properties(
        payload: &[u8],
        properties: &[(&str, &str)],
        system_properties: &[(&str, &str)],
        mode: Mode,
    ) -> Result<Self, Error> {
        let text = utf8(payload, mode)?;
        let payload = text.trim();
        let body = Self::from_text(if payload.is_empty() { "null" } else { payload }, mode)?;
        let mut writer = Writer::with_capacity(payload.len() + 256);
        writer.object(|writer| {
            writer.name("Body");
            writer.raw(body.document.text());
            for (name, members) in [("Properties", properties), ("SystemProperties", system_properties)] {
                writer.name(name);
                writer.object(|writer| {
                    for (name, value) in members {
                        writer.name(name);
                        writer.string(value);
                    }
                });
            }
        });
        Self::from_text(&writer.into_text(), mode)
    }

    /// A message whose JSON is what expressions see as the root, without an envelope around it.
    ///
    /// # Errors
    /// As [`Event::from_payload`].
    pub fn from_root(json: &[u8], mode: Mode) -> Result<Self, Error> {
        Self::from_text(&utf8(json, mode)?, mode)
    }

    /// What expressions see as the root.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.document.root()
    }

    /// The text that was parsed; places in it are those of [`Node::span`].
    #[must_use]
    pub fn text(&self) -> &str {
        self.document.text()
    }

    fn of_body(body: &str, mode: Mode) -> Result<Self, Error> {
        let enveloped = [BEFORE_BODY, body, AFTER_BODY].concat();
        let parsed = Document::from_text(enveloped);
        if let Ok(document) = parsed {
            // A payload such as `1,"Body":2` must not pass for a value.
            let end = BEFORE_BODY.len() + body.len();
            let root = document.root();
            let first = root.members().next().map(|(_, node)| node.span().end);
            if root.len() == 3 && first == Some(end) {
                return Ok(Self { document });
            }
        }
        // Something is odd: read the body alone, for its own error or by the lenient rules.
        let body = Self::from_text(body, mode)?;
        let enveloped = [BEFORE_BODY, body.document.text(), AFTER_BODY].concat();
        let document = Document::from_text(enveloped).map_err(Error::json)?;
        Ok(Self { document })
    }

    fn from_text(text: &str, mode: Mode) -> Result<Self, Error> {
        let document = read(text, mode)?;
        Ok(Self { document })
    }
}

/// Reads JSON by the rules of `mode`, for messages and templates.
pub(crate) fn read(text: &str, mode: Mode) -> Result<Document<'static>, Error> {
    let strict = match Document::from_text(text.to_owned()) {
        Ok(document) => return Ok(document),
        Err(error) => error,
    };
    if !mode.is_compat() {
        return Err(Error::json(strict));
    }
    let options = Options { keep_duplicates: true, ..Options::default() };
    let rewritten;
    let document = match Document::parse_with(text.as_bytes(), &options) {
        Ok(document) => document,
        Err(_) => {
            let Some(text) = lenient_json::rewrite(text) else { return Err(Error::json(strict)) };
            rewritten = text;
            Document::parse_with(rewritten.as_bytes(), &options).map_err(|_| Error::json(strict))?
        }
    };
    let text = if document.duplicates().next().is_some() {
        last_of_each(document.root()).to_json()
    } else {
        document.text().to_owned()
    };
    Document::from_text(text).map_err(Error::json)
}

/// The tree with the last of members that share a name, in the place of the first.
fn last_of_each(node: Node<'_>) -> Value {
    if node.is_object() {
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(node.len());
        let mut members: Vec<(String, Value)> = Vec::with_capacity(node.len());
        for (name, value) in node.members() {
            let place = *places.entry(name).or_insert(members.len());
            match members.get_mut(place) {
                Some(twice) => twice.1 = last_of_each(value),
                None => members.push((name.to_owned(), last_of_each(value))),
            }
        }
        return Value::Object(members.into_iter().collect());
    }
    if node.is_array() {
        return Value::Array(node.items().map(last_of_each).collect());
    }
    node.to_value()
}

fn is_envelope(root: Node<'_>) -> bool {
    root.len() == 3 && ["Body", "Properties", "SystemProperties"].iter().all(|name| root.get(name).is_some())
}

/// The bytes as text: without a byte order mark, and in `compat` with a replacement for what is no UTF-8.
pub(crate) fn utf8(bytes: &[u8], mode: Mode) -> Result<Cow<'_, str>, Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if mode.is_compat() => Ok(String::from_utf8_lossy(bytes)),
        Err(error) => {
            let detail = format!("the text is not UTF-8 from byte {} on", error.valid_up_to());
            Err(Error::new(ErrorKind::Json, detail))
        }
    }
}

/// Shows the size, never the content.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("bytes", &self.document.text().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn payloads_become_bodies_and_envelopes_stay() {
        let wrapped = |body: &str| format!("{BEFORE_BODY}{body}{AFTER_BODY}");
        for (payload, compat, strict) in [
            ("{\"a\": 1}", Some(wrapped("{\"a\": 1}")), true),
            (" 5 ", Some(wrapped("5")), true),
            ("", Some(wrapped("null")), true),
            ("[1,2]", Some(wrapped("[1,2]")), true),
            (
                "{\"Body\":1,\"Properties\":{},\"SystemProperties\":{}}",
                Some("{\"Body\":1,\"Properties\":{},\"SystemProperties\":{}}".to_owned()),
                true,
            ),
            ("{\"SystemProperties\":1}", Some(wrapped("{\"SystemProperties\":1}")), true),
            ("{} trailing", Some(wrapped("{}")), false),
            ("1,\"Body\":2", Some(wrapped("1")), false),
            ("{'a':NaN,}", Some(wrapped("{\"a\":\"NaN\" }")), false),
            ("{\"a\":1,\"b\":2,\"a\":3}", Some(wrapped("{\"a\":3,\"b\":2}")), false),
            ("\u{feff}{}", Some(wrapped("{}")), true),
            ("{", None, false),
            ("hello", None, false),
        ] {
            let text = |mode| {
                Event::from_payload(payload.as_bytes(), mode).ok().map(|event| event.text().to_owned())
            };
            assert_eq!(text(Mode::Compat), compat, "{payload}");
            assert_eq!(text(Mode::Strict).is_some(), strict, "{payload}");
        }
    }

    #[test]
    fn properties_of_a_transport() {
        let event =
            Event::with_properties(b"{\"hr\":1}", &[("a", "\"b\"")], &[("id", "d1")], Mode::Strict).unwrap();
        assert_eq!(
            event.text(),
            r#"{"Body":{"hr":1},"Properties":{"a":"\"b\""},"SystemProperties":{"id":"d1"}}"#
        );
    }

    #[test]
    fn errors_name_the_place_in_the_payload() {
        let error = Event::from_payload(b"{\"a\": [1 2]}", Mode::Strict).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Json);
        assert_eq!(error.position().map(|place| place.offset), Some(9));
        assert_eq!(error.path(), "a[0]");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            for mode in [Mode::Compat, Mode::Strict] {
                if let Ok(event) = Event::from_payload(&bytes, mode) {
                    prop_assert!(event.root().get("Body").is_some());
                }
            }
        }
    }
}
