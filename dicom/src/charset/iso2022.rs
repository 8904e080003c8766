//! ISO/IEC 2022 as PS3.5 6.1.2.5 narrows it: 8-bit codes, a set for the low and one for the high bytes, switched by the
//! escape sequences of PS3.3 tables C.12-3 and C.12-4.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::TextKind;

/// Sets for bytes 0x21–0x7E (G0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Low {
    /// ISO IR 6.
    Ascii,
    /// ISO IR 14, JIS X 0201 Romaji.
    Romaji,
    /// ISO IR 87, JIS X 0208, two bytes a character.
    JisX0208,
    /// ISO IR 159, JIS X 0212, two bytes a character.
    JisX0212,
}

/// Sets for bytes 0xA0–0xFF (G1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum High {
    None,
    Latin1,
    Latin2,
    Latin3,
    Latin4,
    Latin5,
    Latin9,
    Cyrillic,
    Arabic,
    Greek,
    Hebrew,
    Thai,
    /// ISO IR 13, JIS X 0201 Katakana.
    Katakana,
    /// ISO IR 149, two bytes a character.
    KsX1001,
    /// ISO IR 58, two bytes a character.
    Gb2312,
}

enum Switch {
    Low(Low),
    High(High),
}

const ESCAPE: u8 = 0x1B;

/// The escape sequences, without the escape.
const SEQUENCES: &[(&[u8], Switch)] = &[
    (b"(B", Switch::Low(Low::Ascii)),
    (b"(J", Switch::Low(Low::Romaji)),
    (b"$B", Switch::Low(Low::JisX0208)),
    (b"$@", Switch::Low(Low::JisX0208)),
    (b"$(D", Switch::Low(Low::JisX0212)),
    (b")I", Switch::High(High::Katakana)),
    (b"$)C", Switch::High(High::KsX1001)),
    (b"$)A", Switch::High(High::Gb2312)),
    (b"-A", Switch::High(High::Latin1)),
    (b"-B", Switch::High(High::Latin2)),
    (b"-C", Switch::High(High::Latin3)),
    (b"-D", Switch::High(High::Latin4)),
    (b"-F", Switch::High(High::Greek)),
    (b"-G", Switch::High(High::Arabic)),
    (b"-H", Switch::High(High::Hebrew)),
    (b"-L", Switch::High(High::Cyrillic)),
    (b"-M", Switch::High(High::Latin5)),
    (b"-T", Switch::High(High::Thai)),
    (b"-b", Switch::High(High::Latin9)),
];

pub(super) fn decode(
    bytes: &[u8],
    kind: TextKind,
    low: Low,
    high: High,
    fallback: High,
) -> (Cow<'_, str>, bool) {
    let plain = |b: &u8| *b < 0x80 && *b != ESCAPE && (low == Low::Ascii || !matches!(*b, b'\\' | b'~'));
    if bytes.iter().all(plain)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return (Cow::Borrowed(text), false);
    }
    let initial = (low, high);
    let mut decoder = Decoder {
        kind,
        initial,
        current: initial,
        fallback,
        out: String::with_capacity(bytes.len() + bytes.len() / 2),
        malformed: false,
    };
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        rest = match *first {
            ESCAPE => decoder.escape(rest),
            0x80.. => decoder.high(rest),
            _ => decoder.low(rest),
        };
    }
    (Cow::Owned(decoder.out), decoder.malformed)
}

struct Decoder {
    kind: TextKind,
    initial: (Low, High),
    current: (Low, High),
    fallback: High,
    out: String,
    malformed: bool,
}

impl Decoder {
    fn escape<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let after = bytes.get(1..).unwrap_or_default();
        for (sequence, switch) in SEQUENCES {
            if let Some(rest) = after.strip_prefix(*sequence) {
                match switch {
                    Switch::Low(low) => self.current.0 = *low,
                    Switch::High(high) => self.current.1 = *high,
                }
                return rest;
            }
        }
        // Not a sequence of DICOM: keep the character, so that nothing of the value is lost.
        self.malformed = true;
        self.out.push('\u{1B}');
        after
    }

    /// Takes a run of bytes below 0x80.
    fn low<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        match self.current.0 {
            Low::Ascii | Low::Romaji => self.single(bytes),
            Low::JisX0208 | Low::JisX0212 => {
                let (run, rest) = split_run(bytes, |b| (0x21..=0x7E).contains(&b));
                if run.is_empty() {
                    return self.single(bytes);
                }
                self.double(run);
                rest
            }
        }
    }

    fn single<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some((first, rest)) = bytes.split_first() else { return bytes };
        let romaji = self.current.0 == Low::Romaji;
        let delimits = match *first {
            b'\\' => self.kind != TextKind::Text,
            b'^' | b'=' => self.kind == TextKind::PersonNames,
            b'\t' | b'\n' | 0x0C | b'\r' => true,
            _ => false,
        };
        if delimits {
            self.current = self.initial;
        }
        self.out.push(match *first {
            b'\\' if romaji && !delimits => '¥',
            b'~' if romaji => '‾',
            other => char::from(other),
        });
        rest
    }

    /// Takes pairs of the low half, as EUC-JP has them in the high half.
    fn double(&mut self, run: &[u8]) {
        let mut euc = Vec::with_capacity(run.len() / 2 * 3 + 1);
        for pair in run.chunks(2) {
            let [first, second] = pair else {
                // Half a character at the end of the run.
                euc.push(0xFF);
                continue;
            };
            if self.current.0 == Low::JisX0212 {
                euc.push(0x8F);
            }
            euc.extend([first | 0x80, second | 0x80]);
        }
        let (text, malformed) = encoding_rs::EUC_JP.decode_without_bom_handling(&euc);
        self.malformed |= malformed;
        self.out.extend(text.chars().map(jis));
    }

    /// Takes a run of bytes from 0x80.
    fn high<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let (run, rest) = split_run(bytes, |b| b >= 0x80);
        let high = if self.current.1 == High::None { self.fallback } else { self.current.1 };
        let double = match high {
            High::KsX1001 => Some(encoding_rs::EUC_KR),
            High::Gb2312 => Some(encoding_rs::GBK),
            _ => None,
        };
        if let Some(encoding) = double {
            let (text, malformed) = encoding.decode_without_bom_handling(run);
            self.malformed |= malformed;
            self.out.push_str(&text);
            return rest;
        }
        for byte in run {
            match character(high, *byte) {
                Some(c) => self.out.push(c),
                None => {
                    self.malformed = true;
                    self.out.push('\u{FFFD}');
                }
            }
        }
        self.malformed |= high == High::None;
        rest
    }
}

/// A byte of the high half; the controls 0x80–0x9F are the same in all sets.
fn character(high: High, byte: u8) -> Option<char> {
    let encoding: &'static Encoding = match high {
        High::None | High::Latin1 | High::KsX1001 | High::Gb2312 => return Some(char::from(byte)),
        High::Katakana => {
            return match byte {
                0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(byte) - 0xA1),
                _ => None,
            };
        }
        High::Latin2 => encoding_rs::ISO_8859_2,
        High::Latin3 => encoding_rs::ISO_8859_3,
        High::Latin4 => encoding_rs::ISO_8859_4,
        // From 0xA0 on the same as ISO 8859-9.
        High::Latin5 => encoding_rs::WINDOWS_1254,
        High::Latin9 => encoding_rs::ISO_8859_15,
        High::Cyrillic => encoding_rs::ISO_8859_5,
        High::Arabic => encoding_rs::ISO_8859_6,
        High::Greek => encoding_rs::ISO_8859_7,
        High::Hebrew => encoding_rs::ISO_8859_8,
        // From 0xA1 on the same as TIS 620.
        High::Thai => encoding_rs::WINDOWS_874,
    };
    if byte < 0xA0 {
        return Some(char::from(byte));
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = [0_u8; 8];
    let (_, _, written, malformed) = decoder.decode_to_utf8(&[byte], &mut out, true);
    if malformed {
        return None;
    }
    std::str::from_utf8(out.get(..written)?).ok()?.chars().next()
}

/// Characters for which EUC-JP of the web differs from the table of JIS X 0208.
fn jis(c: char) -> char {
    match c {
        '\u{FF5E}' => '\u{301C}',
        '\u{2225}' => '\u{2016}',
        '\u{FF0D}' => '\u{2212}',
        '\u{FFE0}' => '\u{00A2}',
        '\u{FFE1}' => '\u{00A3}',
        '\u{FFE2}' => '\u{00AC}',
        other => other,
    }
}

fn split_run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|b| !belongs(*b)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}
