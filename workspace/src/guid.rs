//! GUIDs as text: recognising them, and making them from bytes that the caller gives.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Whether the text is a GUID: 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A GUID (version 8 of RFC 9562) that follows from the seed and the label, so that one seed gives as many as are
/// needed and the same call always gives the same.
pub(crate) fn derive(seed: &[u8], label: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(u64::try_from(seed.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(seed);
    hash.update(label.as_bytes());
    let digest = hash.finalize();
    let mut text = String::with_capacity(36);
    for (index, byte) in digest.iter().take(16).enumerate() {
        let byte = match index {
            6 => byte & 0x0F | 0x80,
            8 => byte & 0x3F | 0x80,
            _ => *byte,
        };
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_guids_and_differ() {
        let ids = ["etag", "identity", ""].map(|label| derive(&[1, 2, 3], label));
        assert!(ids.iter().all(|id| is_guid(id)), "{ids:?}");
        assert_ne!(ids[0], ids[1]);
        assert_ne!(derive(b"a", "bc"), derive(b"ab", "c"));
        assert_eq!(ids[0], derive(&[1, 2, 3], "etag"));
        assert!(ids[0].get(14..15) == Some("8"));
    }

    #[test]
    fn other_texts_are_not_guids() {
        for text in
            ["", "subid", "0000000-0000-0000-0000-0000000000000", "00000000-0000-0000-0000-00000000000g"]
        {
            assert!(!is_guid(text), "{text}");
        }
    }
}
