//! The data of attachments: base64 without an allocation for its length, and SHA-1, which `Attachment.hash` asks
//! for (<https://hl7.org/fhir/R4/datatypes.html#Attachment>). It guards against mistakes, not against people.

/// The number of bytes that a base64 text stands for; nothing if it is none.
pub(super) fn decoded_length(text: &str) -> Option<u64> {
    let letters = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let (mut count, mut padding) = (0_u64, 0_u64);
    for byte in letters {
        count += 1;
        padding += u64::from(byte == b'=');
    }
    (count.is_multiple_of(4) && padding <= 2).then(|| count / 4 * 3 - padding)
}

/// The bytes that a base64 text stands for; nothing if it is none.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let length = decoded_length(text)?;
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.extend(u8::try_from(bits >> count & 0xff));
        }
    }
    (out.len() as u64 == length).then_some(out)
}

/// Whether the base64 text is the SHA-1 of the data.
pub(super) fn is_sha1(stated: &str, data: &[u8]) -> bool {
    decode(stated).is_some_and(|stated| stated == sha1(data))
}

/// SHA-1 (RFC 3174).
fn sha1(data: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut chunks = data.chunks_exact(64);
    chunks.by_ref().for_each(|chunk| block(&mut state, chunk));
    let mut last = [0_u8; 128];
    let rest = chunks.remainder();
    let end = if rest.len() < 56 { 64 } else { 128 };
    let bits = (data.len() as u64).wrapping_mul(8).to_be_bytes();
    for (place, byte) in last.iter_mut().zip(rest.iter().chain(std::iter::once(&0x80))) {
        *place = *byte;
    }
    for (place, byte) in last.iter_mut().take(end).skip(end - 8).zip(bits) {
        *place = byte;
    }
    last.chunks_exact(64).take(end / 64).for_each(|chunk| block(&mut state, chunk));
    let mut digest = [0; 20];
    for (place, byte) in digest.iter_mut().zip(state.iter().flat_map(|word| word.to_be_bytes())) {
        *place = byte;
    }
    digest
}

fn block(state: &mut [u32; 5], chunk: &[u8]) {
    let mut words: Vec<u32> = Vec::with_capacity(80);
    words.extend(chunk.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes)));
    for at in 16..80 {
        let word = |back: usize| words.get(at - back).copied().unwrap_or_default();
        words.push((word(3) ^ word(8) ^ word(14) ^ word(16)).rotate_left(1));
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (at, word) in words.iter().enumerate() {
        let (mixed, constant) = match at / 20 {
            0 => (b & c | !b & d, 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => (b & c | b & d | c & d, 0x8f1b_bcdc_u32),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let sum = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum.wrapping_add(*word));
    }
    for (place, value) in state.iter_mut().zip([a, b, c, d, e]) {
        *place = place.wrapping_add(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_sha1_give_the_published_values() {
        let table: &[(&str, &str)] = &[
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            ),
        ];
        for (text, wanted) in table {
            let found: String = sha1(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, *wanted);
        }
        assert_eq!(decode("SGVsbG8gV29y\r\nbGQ=").as_deref(), Some("Hello World".as_bytes()));
        assert_eq!(decoded_length("SGVsbG8gV29ybGQ="), Some(11));
        assert_eq!((decode("A"), decode("A==="), decode("-AAA")), (None, None, None));
    }
}
