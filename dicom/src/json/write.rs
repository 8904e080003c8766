//! Writing the DICOM JSON model.

use std::fmt::Write as _;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use dicom_core::VR;

use super::number::json_number;
use crate::dataset::{DataSet, Element, Shape, is_binary, is_multiple, is_text, trim};
use crate::dictionary::hex8;
use crate::path::TagPath;
use crate::read::is_pixel_data;
use crate::value::{NameGroup, PersonName};

/// What to do with binary values (`OB`, `OD`, `OF`, `OL`, `OV`, `OW`, `UN`) and with pixel data.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Bulk<'w> {
    /// All of them as `InlineBinary`. Encapsulated pixel data is given with its item headers, as the file has it.
    Inline,
    /// The attributes are left out, as the Azure service does in its metadata.
    Omit,
    /// Values longer than `above` bytes, and all pixel data, as `BulkDataURI`; the others as `InlineBinary`.
    Uri {
        /// The longest value that is given inline, in bytes.
        above: usize,
        /// Makes the URI of an element, for example with [`TagPath::to_uri`].
        uri: &'w dyn Fn(&TagPath) -> String,
    },
}

impl std::fmt::Debug for Bulk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Inline => f.write_str("Inline"),
            Self::Omit => f.write_str("Omit"),
            Self::Uri { above, .. } => write!(f, "Uri above {above}"),
        }
    }
}

/// A data set as one JSON object.
#[must_use]
pub fn to_string(set: &DataSet<'_>, bulk: Bulk<'_>) -> String {
    let mut out = Vec::with_capacity(4096);
    write(set, bulk, &mut out);
    // Everything written is UTF-8: text is decoded, the rest is ASCII.
    String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Writes a data set as one JSON object to the end of `out`.
pub fn write(set: &DataSet<'_>, bulk: Bulk<'_>, out: &mut Vec<u8>) {
    Writer { bulk, path: TagPath::default(), out }.set(set);
}

struct Writer<'w, 'o> {
    bulk: Bulk<'w>,
    path: TagPath,
    out: &'o mut Vec<u8>,
}

impl Writer<'_, '_> {
    fn set(&mut self, set: &DataSet<'_>) {
        self.out.push(b'{');
        let mut first = true;
        for element in set.sorted() {
            let group_length = element.tag().1 == 0;
            if group_length || (matches!(self.bulk, Bulk::Omit) && is_bulk(&element)) {
                continue;
            }
            if !first {
                self.out.push(b',');
            }
            first = false;
            self.out.push(b'"');
            self.out.extend_from_slice(&hex8(element.tag()));
            self.out.extend_from_slice(b"\":{\"vr\":\"");
            self.out.extend_from_slice(element.vr().to_string().as_bytes());
            self.out.push(b'"');
            self.path.push(element.tag(), None);
            self.value(&element);
            self.path.pop();
            self.out.push(b'}');
        }
        self.out.push(b'}');
    }

    fn value(&mut self, element: &Element<'_>) {
        match element.shape() {
            Shape::Sequence => return self.items(element),
            Shape::Bulk => {
                self.out.extend_from_slice(b",\"BulkDataURI\":");
                return string(self.out, element.bulk_data_uri().unwrap_or_default());
            }
            Shape::Fragments | Shape::Value | Shape::Item | Shape::Fragment => {}
        }
        let vr = element.vr();
        if is_binary(vr) || element.shape() == Shape::Fragments {
            self.binary(element);
        } else if vr == VR::PN {
            let names = element.person_names();
            self.list(names.iter(), |out, name| person_name(out, name));
        } else if is_text(vr) {
            self.text(element, vr);
        } else {
            self.numbers(element, vr);
        }
    }

    fn items(&mut self, element: &Element<'_>) {
        let mut opened = false;
        for (number, item) in element.items().enumerate() {
            self.out.extend_from_slice(if opened { b"," } else { b",\"Value\":[" });
            opened = true;
            self.path.in_item(u32::try_from(number).unwrap_or(u32::MAX));
            self.set(&item);
        }
        if opened {
            self.out.push(b']');
        }
    }

    fn binary(&mut self, element: &Element<'_>) {
        if element.bytes().is_empty() {
            return;
        }
        if let Bulk::Uri { above, uri } = self.bulk
            && (element.bytes().len() > above || is_bulk(element) && is_pixel_data(element.tag()))
        {
            let uri = uri(&self.path);
            self.out.extend_from_slice(b",\"BulkDataURI\":");
            return string(self.out, &uri);
        }
        self.out.extend_from_slice(b",\"InlineBinary\":\"");
        base64(self.out, &element.little_endian_bytes());
        self.out.push(b'"');
    }

    fn text(&mut self, element: &Element<'_>, vr: VR) {
        let Some(decoded) = element.decode() else { return };
        let whole = decoded.text.as_ref();
        if trim(whole, vr).is_empty() && !whole.contains('\\') {
            return;
        }
        let numeric = matches!(vr, VR::IS | VR::DS);
        let write = |out: &mut Vec<u8>, value: &str| match value {
            "" => out.extend_from_slice(b"null"),
            value if numeric => match json_number(value) {
                Some(number) => out.extend_from_slice(number.as_bytes()),
                None => string(out, value),
            },
            value => string(out, value),
        };
        if is_multiple(vr) {
            self.list(whole.split('\\').map(|v| trim(v, vr)), write);
        } else {
            self.list(std::iter::once(trim(whole, vr)), write);
        }
    }

    fn numbers(&mut self, element: &Element<'_>, vr: VR) {
        match vr {
            // The digits of a single are those of the double of equal value, so that no reader takes another number.
            VR::FL | VR::FD => self.list(element.floats().into_iter(), float),
            VR::AT => self.list(element.tags().into_iter(), |out, tag| {
                out.push(b'"');
                out.extend_from_slice(&hex8(tag));
                out.push(b'"');
            }),
            VR::UV => self.list(element.unsigned().into_iter(), |out, n| {
                integer(out, n <= EXACT, &format_args!("{n}"));
            }),
            _ => self.list(element.integers().into_iter(), |out, n| {
                integer(out, n.unsigned_abs() <= EXACT, &format_args!("{n}"));
            }),
        }
    }

    fn list<T>(&mut self, values: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
        let mut opened = false;
        for value in values {
            self.out.extend_from_slice(if opened { b"," } else { b",\"Value\":[" });
            opened = true;
            write(self.out, value);
        }
        if opened {
            self.out.push(b']');
        }
    }
}

/// Readers that keep numbers as double-precision floats hold integers exactly up to here; larger ones are written as text
/// (PS3.18 F.2.3 allows both).
const EXACT: u64 = 1 << 53;

/// Whether an element is bulk data for [`Bulk::Omit`]: binary, or pixel data of any kind.
fn is_bulk(element: &Element<'_>) -> bool {
    match element.shape() {
        Shape::Sequence => false,
        Shape::Fragments | Shape::Bulk => true,
        Shape::Value | Shape::Item | Shape::Fragment => {
            is_binary(element.vr()) || is_pixel_data(element.tag())
        }
    }
}

fn person_name(out: &mut Vec<u8>, name: &PersonName<'_>) {
    if NameGroup::ALL.iter().all(|g| name.group(*g).is_none()) {
        return out.extend_from_slice(b"null");
    }
    let mut separator = b'{';
    for group in NameGroup::ALL {
        if let Some(text) = name.group(group) {
            out.push(separator);
            separator = b',';
            string(out, group.name());
            out.push(b':');
            string(out, text);
        }
    }
    out.push(b'}');
}

fn integer(out: &mut Vec<u8>, exact: bool, digits: &std::fmt::Arguments<'_>) {
    let quote: &[u8] = if exact { b"" } else { b"\"" };
    out.extend_from_slice(quote);
    let _ = Ascii(out).write_fmt(*digits);
    out.extend_from_slice(quote);
}

/// Writes the shortest digits that read back as the same number. JSON has no word for what is not finite, so that is text.
fn float(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        let _ = write!(Ascii(out), "{number:?}");
        return;
    }
    let word: &[u8] = match (number.is_nan(), number > 0.0) {
        (true, _) => b"\"NaN\"",
        (false, true) => b"\"Infinity\"",
        (false, false) => b"\"-Infinity\"",
    };
    out.extend_from_slice(word);
}

/// Formats into bytes.
struct Ascii<'o>(&'o mut Vec<u8>);

impl std::fmt::Write for Ascii<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Writes a JSON string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| *b < 0x20 || matches!(*b, b'"' | b'\\')) {
        let (plain, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((special, after)) = after.split_first() else { break };
        match *special {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                let _ = write!(Ascii(out), "\\u{control:04x}");
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Writes bytes in Base64.
fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    if let Some(room) = out.get_mut(start..) {
        // The room is what `encode_slice` asks for, so that it cannot fail.
        let written = STANDARD.encode_slice(bytes, room).unwrap_or(0);
        out.truncate(start + written);
    }
}
