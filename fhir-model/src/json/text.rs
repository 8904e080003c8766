//! Bytes to text: UTF-8, and eight bytes at a time in search of the end of a string.

use crate::error::{Error, ErrorKind, Position};

/// The bytes as text, without a byte order mark.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let position = Position::of(bytes, error.valid_up_to());
        Error::new(ErrorKind::Encoding, "", Some(position), "the text is not UTF-8")
    })
}

const ONES: u64 = u64::from_le_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// The offset at or after `at` of the first byte that a JSON string cannot hold as it is: a quote, a
/// backslash or a control character; the length of `bytes` if there is none.
pub(crate) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        // The classic test for a zero byte (and for one below 0x20): exact for the lowest byte that it marks.
        let marks = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        let marks = marks & HIGHS;
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20).unwrap_or(rest.len())
}

/// The offset at or after `at` of the first byte that is not white space; the length of `bytes` if there is none.
pub(crate) fn space_end(bytes: &[u8], mut at: usize) -> usize {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    loop {
        match bytes.get(at) {
            Some(b'\n' | b'\r' | b'\t') => at += 1,
            Some(b' ') => {
                // Layout is runs of spaces.
                while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
                    let others = u64::from_le_bytes(*chunk) ^ SPACES;
                    if others != 0 {
                        at += (others.trailing_zeros() / 8) as usize;
                        break;
                    }
                    at += 8;
                }
                while bytes.get(at) == Some(&b' ') {
                    at += 1;
                }
            }
            _ => return at,
        }
    }
}
