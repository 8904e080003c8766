//! Reading the DICOM JSON model back to a data set.

use std::borrow::Cow;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use dicom_core::{Tag, VR};

use super::Scanner;
use crate::dataset::{DataSetBuf, DataSetBuilder, Shape, is_binary, is_multiple, is_text};
use crate::dictionary;
use crate::error::{Error, ErrorKind, Result};
use crate::path::TagPath;
use crate::value::NameGroup;

/// How much JSON is taken.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// How deep sequences may be nested: 64 unless told.
    pub max_depth: usize,
    /// How many attributes and items there may be in all: 1,000,000 unless told.
    pub max_elements: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { max_depth: 64, max_elements: 1_000_000 }
    }
}

/// Reads one JSON object as a data set. Attributes by `BulkDataURI` keep the URI as their value.
///
/// # Errors
/// [`ErrorKind::JsonSyntax`], [`ErrorKind::JsonModel`], [`ErrorKind::TooDeep`], [`ErrorKind::TooManyElements`], each with the
/// path of the attribute and the byte.
pub fn read(json: &[u8], limits: &ReadLimits) -> Result<DataSetBuf> {
    let mut reader = Reader::new(json, limits)?;
    let set = reader.document()?;
    reader.scanner.end()?;
    Ok(set)
}

/// Reads an array of JSON objects, or one object, as data sets.
///
/// # Errors
/// As [`read`].
pub fn read_array(json: &[u8], limits: &ReadLimits) -> Result<Vec<DataSetBuf>> {
    let mut reader = Reader::new(json, limits)?;
    let mut sets = Vec::new();
    if !reader.scanner.take(b'[') {
        sets.push(reader.document()?);
    } else if !reader.scanner.take(b']') {
        loop {
            sets.push(reader.document()?);
            if !reader.scanner.more(b']')? {
                break;
            }
        }
    }
    reader.scanner.end()?;
    Ok(sets)
}

struct Reader<'j> {
    scanner: Scanner<'j>,
    builder: DataSetBuilder,
    limits: ReadLimits,
    path: TagPath,
    depth: usize,
    elements: usize,
}

/// Where the members of an attribute object are, because their order is free and the value is read by its `vr`.
#[derive(Default)]
struct Members {
    vr: Option<VR>,
    value: Option<usize>,
    uri: Option<usize>,
    binary: Option<usize>,
    /// The value was read on the way.
    done: bool,
}

impl<'j> Reader<'j> {
    fn new(json: &'j [u8], limits: &ReadLimits) -> Result<Self> {
        Ok(Self {
            scanner: Scanner::new(json)?,
            builder: DataSetBuilder::new(),
            limits: *limits,
            path: TagPath::default(),
            depth: 0,
            elements: 0,
        })
    }

    fn document(&mut self) -> Result<DataSetBuf> {
        self.object()?;
        Ok(std::mem::take(&mut self.builder).build())
    }

    fn object(&mut self) -> Result<()> {
        if self.scanner.peek() != Some(b'{') {
            return Err(self.model("wanted an object of attributes"));
        }
        self.scanner.expect(b'{', "wanted an object")?;
        if self.scanner.take(b'}') {
            return Ok(());
        }
        let mut seen: Vec<Tag> = Vec::new();
        let mut ascending = true;
        loop {
            self.count()?;
            self.scanner.peek();
            let at = self.scanner.position();
            let name = self.scanner.name()?;
            let Some(tag) = tag_name(&name) else {
                return Err(self.model("wanted a tag of 8 hexadecimal digits as a member name").at(at));
            };
            ascending &= seen.last().is_none_or(|last| *last < tag);
            if !ascending && seen.contains(&tag) {
                return Err(self.model("a tag occurs twice").at(at));
            }
            seen.push(tag);
            self.path.push(tag, None);
            self.attribute(tag)?;
            self.path.pop();
            if !self.scanner.more(b'}')? {
                return Ok(());
            }
        }
    }

    fn attribute(&mut self, tag: Tag) -> Result<()> {
        if self.scanner.peek() != Some(b'{') {
            return Err(self.model("wanted an object with vr and Value"));
        }
        let mut members = Members::default();
        self.scanner.expect(b'{', "wanted an object")?;
        if !self.scanner.take(b'}') {
            loop {
                let name = self.scanner.name()?;
                self.scanner.peek();
                let at = self.scanner.position();
                match name.as_ref() {
                    "vr" => {
                        let text = self.scanner.string()?;
                        let letters = <[u8; 2]>::try_from(text.as_bytes()).ok();
                        members.vr = letters.and_then(dictionary::vr_from_bytes);
                        if members.vr.is_none() {
                            return Err(self.model("vr is no value representation").at(at));
                        }
                    }
                    // What everybody writes: vr first, so that the value is read in one pass.
                    "Value" if !members.done && members.value.is_none() => match members.vr {
                        Some(vr) => {
                            self.value(tag, vr)?;
                            members.done = true;
                        }
                        None => {
                            members.value = Some(at);
                            self.skip()?;
                        }
                    },
                    other => {
                        match other {
                            "Value" => return Err(self.model("Value occurs twice").at(at)),
                            "BulkDataURI" => members.uri = Some(at),
                            "InlineBinary" => members.binary = Some(at),
                            _ => {}
                        }
                        self.skip()?;
                    }
                }
                if !self.scanner.more(b'}')? {
                    break;
                }
            }
        }
        if members.done {
            return Ok(());
        }
        let end = self.scanner.position();
        let vr = members.vr.or_else(|| dictionary::by_tag(tag).map(|a| a.vr)).unwrap_or(VR::UN);
        match members {
            Members { value: Some(at), .. } => {
                self.scanner.seek(at);
                self.value(tag, vr)?;
            }
            Members { binary: Some(at), .. } => {
                self.scanner.seek(at);
                if !is_binary(vr) {
                    return Err(self.model("InlineBinary for a value representation that has none"));
                }
                let text = self.scanner.string()?;
                let Ok(bytes) = STANDARD.decode(text.as_bytes()) else {
                    return Err(self.model("InlineBinary is not Base64").at(at));
                };
                self.builder.bytes(tag, vr, &bytes);
            }
            Members { uri: Some(at), .. } => {
                self.scanner.seek(at);
                let uri = self.scanner.string()?;
                self.builder.bulk_data_uri(tag, vr, &uri);
            }
            Members { .. } if vr == VR::SQ => {
                self.builder.sequence(tag, |_| {});
            }
            Members { .. } => {
                self.builder.bytes(tag, vr, &[]);
            }
        }
        self.scanner.seek(end);
        Ok(())
    }

    /// Goes over a value: three levels of JSON for each level of sequences, and some for the values.
    fn skip(&mut self) -> Result<()> {
        self.scanner.skip(self.limits.max_depth.saturating_mul(3).saturating_add(8)).map(|_| ())
    }

    fn value(&mut self, tag: Tag, vr: VR) -> Result<()> {
        if self.scanner.null() {
            self.builder.bytes(tag, vr, &[]);
            return Ok(());
        }
        if self.scanner.peek() != Some(b'[') {
            return Err(self.model("Value is no array"));
        }
        self.scanner.expect(b'[', "wanted an array")?;
        if vr == VR::SQ {
            return self.items(tag);
        }
        if is_binary(vr) {
            return Err(self.model("Value for a value representation that is given inline or by URI"));
        }
        let mut field: Vec<u8> = Vec::new();
        let mut values = 0_usize;
        if !self.scanner.take(b']') {
            loop {
                self.count()?;
                if is_text(vr) {
                    if values > 0 {
                        if !is_multiple(vr) {
                            return Err(self.model("more than one value for a text of one value"));
                        }
                        field.push(b'\\');
                    }
                    self.text(vr, &mut field)?;
                } else {
                    self.number(vr, &mut field)?;
                }
                values += 1;
                if !self.scanner.more(b']')? {
                    break;
                }
            }
        }
        self.builder.bytes(tag, vr, &field);
        Ok(())
    }

    fn items(&mut self, tag: Tag) -> Result<()> {
        if self.depth >= self.limits.max_depth {
            let at = self.scanner.position();
            return Err(Error::new(ErrorKind::TooDeep, "sequences are nested deeper than the limit")
                .with_path(self.path.clone())
                .at(at));
        }
        self.depth += 1;
        let at = self.builder.open(tag, VR::SQ, Shape::Sequence);
        if !self.scanner.take(b']') {
            let mut number = 0;
            loop {
                self.count()?;
                self.path.in_item(number);
                number = number.saturating_add(1);
                let item = self.builder.open_item();
                if !self.scanner.null() {
                    self.object()?;
                }
                self.builder.close_item(item);
                if !self.scanner.more(b']')? {
                    break;
                }
            }
        }
        self.builder.close(at);
        self.depth -= 1;
        Ok(())
    }

    /// One value of a text attribute.
    fn text(&mut self, vr: VR, field: &mut Vec<u8>) -> Result<()> {
        if self.scanner.null() {
            return Ok(());
        }
        let start = field.len();
        match self.scanner.peek() {
            Some(b'{') if vr == VR::PN => self.person_name(field)?,
            Some(b'"') => field.extend_from_slice(self.scanner.string()?.as_bytes()),
            Some(b'-' | b'0'..=b'9') if matches!(vr, VR::IS | VR::DS) => {
                field.extend_from_slice(self.scanner.number()?.as_bytes());
            }
            _ => return Err(self.model("a value of another type than its vr has")),
        }
        let added = field.get(start..).unwrap_or_default();
        if is_multiple(vr) && added.contains(&b'\\') {
            // It would become two values.
            return Err(self.model("a backslash in a value, where it separates values"));
        }
        Ok(())
    }

    fn person_name(&mut self, field: &mut Vec<u8>) -> Result<()> {
        let mut groups: [Cow<'j, str>; 3] = Default::default();
        self.scanner.expect(b'{', "wanted an object")?;
        if !self.scanner.take(b'}') {
            loop {
                let name = self.scanner.name()?;
                match NameGroup::ALL.into_iter().find(|g| g.name() == name) {
                    Some(group) => {
                        let text =
                            if self.scanner.null() { Cow::Borrowed("") } else { self.scanner.string()? };
                        if text.contains('=') {
                            return Err(self.model("an equals sign in a group of a person name"));
                        }
                        if let Some(slot) = groups.get_mut(group as usize) {
                            *slot = text;
                        }
                    }
                    None => {
                        self.scanner.skip(8)?;
                    }
                }
                if !self.scanner.more(b'}')? {
                    break;
                }
            }
        }
        let [alphabetic, ideographic, phonetic] = &groups;
        let whole = format!("{alphabetic}={ideographic}={phonetic}");
        field.extend_from_slice(whole.trim_end_matches('=').as_bytes());
        Ok(())
    }

    /// One value of a binary number.
    fn number(&mut self, vr: VR, field: &mut Vec<u8>) -> Result<()> {
        self.scanner.peek();
        let at = self.scanner.position();
        let text: Cow<'j, str> = match self.scanner.peek() {
            Some(b'"') => self.scanner.string()?,
            Some(b'-' | b'0'..=b'9') => Cow::Borrowed(self.scanner.number()?),
            _ => return Err(self.model("a value of another type than its vr has").at(at)),
        };
        let is_word = text.bytes().any(|b| b.is_ascii_alphabetic() && !matches!(b, b'e' | b'E'));
        let added = match vr {
            VR::US => text.parse::<u16>().map(|n| field.extend(n.to_le_bytes())).is_ok(),
            VR::SS => text.parse::<i16>().map(|n| field.extend(n.to_le_bytes())).is_ok(),
            VR::UL => text.parse::<u32>().map(|n| field.extend(n.to_le_bytes())).is_ok(),
            VR::SL => text.parse::<i32>().map(|n| field.extend(n.to_le_bytes())).is_ok(),
            VR::UV => text.parse::<u64>().map(|n| field.extend(n.to_le_bytes())).is_ok(),
            VR::SV => text.parse::<i64>().map(|n| field.extend(n.to_le_bytes())).is_ok(),
            // A number too large for its vr would become infinite; only the word for it may.
            VR::FL => text
                .parse::<f32>()
                .ok()
                .filter(|n| n.is_finite() || is_word)
                .map(|n| field.extend(n.to_le_bytes()))
                .is_some(),
            VR::FD => text
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite() || is_word)
                .map(|n| field.extend(n.to_le_bytes()))
                .is_some(),
            VR::AT => tag_name(&text)
                .map(|t| {
                    field.extend(t.0.to_le_bytes());
                    field.extend(t.1.to_le_bytes());
                })
                .is_some(),
            _ => false,
        };
        if added { Ok(()) } else { Err(self.model("a value that its vr cannot hold").at(at)) }
    }

    fn count(&mut self) -> Result<()> {
        self.elements += 1;
        if self.elements > self.limits.max_elements {
            let at = self.scanner.position();
            return Err(
                Error::new(ErrorKind::TooManyElements, "more attributes and values than the limit").at(at)
            );
        }
        Ok(())
    }

    fn model(&self, detail: &'static str) -> Error {
        Error::new(ErrorKind::JsonModel, detail).with_path(self.path.clone()).at(self.scanner.position())
    }
}

/// A member name: 8 hexadecimal digits.
pub(crate) fn tag_name(name: &str) -> Option<Tag> {
    if name.len() != 8 || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(name, 16).ok()?;
    Some(Tag(u16::try_from(number >> 16).ok()?, u16::try_from(number & 0xFFFF).ok()?))
}
