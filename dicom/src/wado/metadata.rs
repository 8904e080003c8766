//! Metadata of instances: an array of stored JSON objects, their bulk data at the address of the service.
//!
//! An instance is stored with relative bulk data URIs, because the address under which a service is seen changes with the
//! proxy before it. They are made absolute on the way out, by copying bytes.

use memchr::memmem;

use crate::json::string;

/// Writes an array of JSON objects.
#[derive(Clone, Debug)]
pub struct Array {
    base: String,
    begun: bool,
}

const MEMBER: &[u8] = b"\"BulkDataURI\":\"";

impl Array {
    /// `base` is put before each bulk data URI: the address of the service with a slash at its end, or nothing.
    #[must_use]
    pub fn new(base: &str) -> Self {
        // Escaped once, without its quotes.
        let mut escaped = Vec::with_capacity(base.len() + 2);
        string(&mut escaped, base);
        let inner = escaped.get(1..escaped.len().saturating_sub(1)).unwrap_or_default();
        Self { base: String::from_utf8_lossy(inner).into_owned(), begun: false }
    }

    /// Writes one object, as [`json::write`](crate::json::write) made it.
    pub fn push(&mut self, stored: &[u8], out: &mut Vec<u8>) {
        out.push(if self.begun { b',' } else { b'[' });
        self.begun = true;
        let mut from = 0;
        // The member name cannot be inside of a text: its quotes would be escaped there.
        for at in memmem::find_iter(stored, MEMBER) {
            let to = at + MEMBER.len();
            out.extend_from_slice(stored.get(from..to).unwrap_or_default());
            out.extend_from_slice(self.base.as_bytes());
            from = to;
        }
        out.extend_from_slice(stored.get(from..).unwrap_or_default());
    }

    /// Ends the array.
    pub fn end(self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.begun { b"]" } else { b"[]" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Bulk, ReadLimits, read_array, to_string};
    use crate::{DataSetBuilder, Tag, TagPath, VR};

    #[test]
    fn objects_are_joined_and_bulk_data_is_absolute() {
        let mut builder = DataSetBuilder::new();
        // A text that looks like the member.
        builder.text(Tag(0x0008, 0x103E), VR::LO, "\"BulkDataURI\":\"x").bytes(
            Tag(0x7FE0, 0x0010),
            VR::OW,
            &[0; 8],
        );
        let uri = |path: &TagPath| format!("bulkdata/{}", path.to_uri());
        let stored = to_string(&builder.build().as_data_set(), Bulk::Uri { above: 4, uri: &uri });
        let mut out = Vec::new();
        let mut array = Array::new("https://host/\"v2\"/");
        array.push(stored.as_bytes(), &mut out);
        array.push(b"{}", &mut out);
        array.end(&mut out);
        let sets = read_array(&out, &ReadLimits::default()).unwrap();
        let first = sets[0].as_data_set();
        let pixels = first.element(Tag(0x7FE0, 0x0010)).unwrap();
        assert_eq!(pixels.bulk_data_uri(), Some("https://host/\"v2\"/bulkdata/7FE00010"));
        assert_eq!(first.text(Tag(0x0008, 0x103E)).unwrap(), "\"BulkDataURI\":\"x");
        assert_eq!(sets.len(), 2);
        let mut empty = Vec::new();
        Array::new("").end(&mut empty);
        assert_eq!(empty, b"[]");
    }
}
