//! The bytes of a `base64Binary` (<https://hl7.org/fhir/R4/datatypes.html#base64Binary>): RFC 4648 with padding,
//! white space allowed anywhere.

use super::Base64Binary;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Base64Binary {
    /// The text of some bytes.
    ///
    /// ```
    /// use hygea_fhir_model::primitive::Base64Binary;
    ///
    /// let text = Base64Binary::of(b"abcd");
    /// assert_eq!(text, "YWJjZA==");
    /// assert_eq!(text.decode().as_deref(), Some(b"abcd".as_slice()));
    /// assert_eq!(Base64Binary::from("YWJjZA").decode(), None);
    /// ```
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for group in bytes.chunks(3) {
            let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
            let word = at(0) << 16 | at(1) << 8 | at(2);
            for letter in 0..4_usize {
                let bits = (word >> (18 - 6 * letter) & 63) as usize;
                let letter = if letter <= group.len() { LETTERS.get(bits).copied() } else { None };
                out.push(char::from(letter.unwrap_or(b'=')));
            }
        }
        Self::from(out)
    }

    /// The bytes; nothing if the text is no base64: another letter, padding that is missing or stands inside.
    #[must_use]
    pub fn decode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(self.len() / 4 * 3);
        let (mut word, mut letters, mut padding) = (0_u32, 0_u32, 0_u32);
        for byte in self.bytes() {
            let bits = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    padding += 1;
                    0
                }
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                _ => return None,
            };
            if padding > 0 && byte != b'=' {
                return None;
            }
            word = word << 6 | u32::from(bits);
            letters += 1;
            if letters.is_multiple_of(4) {
                let [_, bytes @ ..] = word.to_be_bytes();
                let kept = 3_usize.checked_sub(padding as usize).filter(|&kept| kept > 0)?;
                out.extend_from_slice(bytes.get(..kept)?);
                word = 0;
            }
        }
        (letters.is_multiple_of(4) && padding <= 2).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        let table: &[(&[u8], &str)] = &[
            (b"", ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foobar", "Zm9vYmFy"),
            (&[0xff, 0xfe, 0xfb], "//77"),
        ];
        for (bytes, text) in table {
            assert_eq!(Base64Binary::of(bytes), *text);
            assert_eq!(Base64Binary::from(*text).decode().as_deref(), Some(*bytes), "{text}");
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(Base64Binary::of(&all).decode(), Some(all));
        assert_eq!(Base64Binary::from("Zm9v\r\n Zg==").decode().as_deref(), Some(b"foof".as_slice()));
        for text in ["Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Z-8=", "Zm9v=", "Zm8=Zm9v"] {
            assert_eq!(Base64Binary::from(text).decode(), None, "{text}");
        }
    }
}
