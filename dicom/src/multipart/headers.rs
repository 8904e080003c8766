//! The headers of a part (RFC 2046 5.1, RFC 5322 2.2).

use crate::error::{Error, ErrorKind, Result};

/// The headers of one part. Names are in lower case; values may name a patient's file, so that `Debug` leaves them out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PartHeaders {
    fields: Vec<(String, String)>,
}

impl PartHeaders {
    /// Reads header lines, without the empty line that ends them; `position` is where they start in the body.
    pub(super) fn parse(bytes: &[u8], position: usize) -> Result<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in bytes.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(line);
            // A line that starts with white space goes on with the one before.
            if text.starts_with([' ', '\t'])
                && let Some((_, value)) = fields.last_mut()
            {
                value.push(' ');
                value.push_str(text.trim());
                continue;
            }
            let name_and_value = text.split_once(':').filter(|(name, _)| !name.trim().is_empty());
            let Some((name, value)) = name_and_value else {
                let detail = "a header line of a part has no name";
                return Err(Error::new(ErrorKind::MalformedMultipart, detail).at(position));
            };
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Self { fields })
    }

    /// The value of a header; names are not case-sensitive.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The content type of the part.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.value("content-type")
    }
}

impl std::fmt::Debug for PartHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}
