//! The writer: text without a tree, commas where they belong.

use super::text::plain_end;

/// Writes JSON text without layout into one growing buffer.
///
/// ```
/// use hygea_fhir_model::json::Writer;
///
/// let mut writer = Writer::new();
/// writer.object(|writer| {
///     writer.name("resourceType");
///     writer.string("Bundle");
///     writer.name("entry");
///     writer.array(|writer| writer.raw(r#"{"fullUrl":"urn:uuid:1"}"#));
/// });
/// assert_eq!(writer.into_text(), r#"{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1"}]}"#);
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    /// Whether a value or name at this place needs a comma before it.
    comma: bool,
}

impl Writer {
    /// An empty text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty text with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), comma: false }
    }

    /// Writes an object; `members` writes names and values in turn.
    pub fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.begin_object();
        members(self);
        self.end_object();
    }

    /// Writes an array; `items` writes its values.
    pub fn array(&mut self, items: impl FnOnce(&mut Self)) {
        self.begin_array();
        items(self);
        self.end_array();
    }

    /// Opens an object.
    pub fn begin_object(&mut self) {
        self.open(b'{');
    }

    /// Closes an object.
    pub fn end_object(&mut self) {
        self.out.push(b'}');
        self.comma = true;
    }

    /// Opens an array.
    pub fn begin_array(&mut self) {
        self.open(b'[');
    }

    /// Closes an array.
    pub fn end_array(&mut self) {
        self.out.push(b']');
        self.comma = true;
    }

    /// Writes a member name; its value is due next.
    pub fn name(&mut self, name: &str) {
        self.separate();
        write_string(&mut self.out, name);
        self.out.push(b':');
        self.comma = false;
    }

    /// As [`Writer::name`], for a name that has nothing to escape.
    #[cfg(feature = "typed")]
    pub(crate) fn plain_name(&mut self, name: &str) {
        self.out.extend_from_slice(if self.comma { b",\"" } else { b"\"" });
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    /// Writes an integer.
    pub fn integer(&mut self, value: i64) {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at -= 1;
            if let (Some(slot), Ok(digit)) = (digits.get_mut(at), u8::try_from(rest % 10)) {
                *slot = b'0' + digit;
            }
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.separate();
        if value < 0 {
            self.out.push(b'-');
        }
        self.out.extend_from_slice(digits.get(at..).unwrap_or_default());
        self.comma = true;
    }

    /// Writes a string.
    pub fn string(&mut self, text: &str) {
        self.separate();
        write_string(&mut self.out, text);
        self.comma = true;
    }

    /// Writes the text of one JSON value as it is: a number, or a value that is JSON already.
    pub fn raw(&mut self, text: &str) {
        self.raw_bytes(text.as_bytes());
    }

    /// As [`Writer::raw`], for bytes that are known to be UTF-8 JSON.
    pub fn raw_bytes(&mut self, text: &[u8]) {
        self.separate();
        self.out.extend_from_slice(text);
        self.comma = true;
    }

    /// Writes one JSON value by appending its text to the buffer, where it is put together from several pieces.
    pub fn raw_with(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        self.separate();
        append(&mut self.out);
        self.comma = true;
    }

    /// Writes a Boolean.
    pub fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// Writes a line feed between values, as NDJSON has it.
    pub fn line(&mut self) {
        self.out.push(b'\n');
        self.comma = false;
    }

    /// The text so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.out
    }

    /// The text as bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// The text. Raw bytes that were not UTF-8 are replaced.
    #[must_use]
    pub fn into_text(self) -> String {
        String::from_utf8(self.out)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    fn open(&mut self, bracket: u8) {
        self.separate();
        self.out.push(bracket);
        self.comma = false;
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
    }
}

/// Writes `text` as a JSON string: quotes, backslashes and control characters escaped, all else as it is.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut from = 0;
    loop {
        let end = plain_end(bytes, from);
        out.extend_from_slice(bytes.get(from..end).unwrap_or_default());
        let Some(&byte) = bytes.get(end) else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let digit = |value: u8| HEX.get(usize::from(value & 15)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte)]);
            }
        }
        from = end + 1;
    }
    out.push(b'"');
}
