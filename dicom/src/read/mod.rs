//! Reading DICOM files (PS3.10 7, PS3.5 7 and A): tolerant of the defects that files in the field have, bounded by the
//! bytes that are there.
//!
//! A reading makes one pass and one table; values stay in the input until they are asked for. Whatever is tolerated is
//! named in [`File::warnings`].

mod header;
mod inflate;
mod meta;
mod options;
mod parser;
mod warning;

use std::fmt;
use std::sync::Arc;

use dicom_core::{Tag, VR};

pub use header::HeaderReader;
pub(crate) use options::is_pixel_data;
pub use options::{ReadOptions, Truncation};
pub use warning::{Warning, WarningKind};

use crate::dataset::{Bytes, Content, DataSet};
use crate::error::{Error, ErrorKind, Result};
use crate::transfer_syntax::{Encoding, TransferSyntax};
use meta::Layout;
use parser::{Parsed, Syntax, Task};
use warning::Warnings;

/// A DICOM file: its meta information and its data set, borrowed from the bytes that were read.
pub struct File<'a> {
    meta: Content<'a>,
    content: Content<'a>,
    transfer_syntax: TransferSyntax,
    pixels: Option<PixelPlace>,
    warnings: Vec<Warning>,
    warnings_left_out: usize,
    data_set_position: u64,
    complete: bool,
}

/// Where the pixel data of the root data set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelPlace {
    /// Pixel Data, Float Pixel Data or Double Float Pixel Data.
    pub tag: Tag,
    /// Its value representation.
    pub vr: VR,
    /// Where its value field starts, as in [`Element::position`](crate::Element::position).
    pub position: u64,
    /// How long its value field is as the file states it; none for an undefined length, that is for fragments.
    pub length: Option<u64>,
}

impl<'a> File<'a> {
    /// Reads a file, or a bare data set without preamble and meta information.
    ///
    /// # Errors
    /// [`ErrorKind::NotDicom`], [`ErrorKind::Truncated`], [`ErrorKind::MalformedDataSet`], [`ErrorKind::TooDeep`],
    /// [`ErrorKind::TooManyElements`], and for deflated files [`ErrorKind::InflateFailed`], [`ErrorKind::TooLarge`]; each
    /// with the path of the element and the byte.
    pub fn read(bytes: &'a [u8], options: &ReadOptions) -> Result<Self> {
        Reading::of(bytes, options, false).map(|reading| reading.into_file(&Bytes::Borrowed(bytes)))
    }

    /// The file meta information, group 0002.
    #[must_use]
    pub fn meta(&self) -> DataSet<'_> {
        DataSet::of(&self.meta)
    }

    /// The data set.
    #[must_use]
    pub fn data_set(&self) -> DataSet<'_> {
        DataSet::of(&self.content)
    }

    /// How the data set is encoded: what the meta information says, corrected by what was found.
    #[must_use]
    pub fn transfer_syntax(&self) -> &TransferSyntax {
        &self.transfer_syntax
    }

    /// Where the pixel data is; also known where reading stopped before it.
    #[must_use]
    pub fn pixels(&self) -> Option<PixelPlace> {
        self.pixels
    }

    /// What was tolerated, in the order of the file.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// How many more warnings there were than [`Self::warnings`] keeps.
    #[must_use]
    pub fn warnings_left_out(&self) -> usize {
        self.warnings_left_out
    }

    /// Where the data set starts in the file.
    #[must_use]
    pub fn data_set_position(&self) -> u64 {
        self.data_set_position
    }

    /// Whether the whole data set was read, rather than up to where reading was told to stop.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The bytes that positions of the data set count: the file, or the inflated data set of a deflated one.
    #[must_use]
    pub fn data_set_bytes(&self) -> &[u8] {
        self.content.bytes.as_slice()
    }

    /// A copy that owns its bytes.
    #[must_use]
    pub fn into_owned(self) -> File<'static> {
        let meta_is_file = !self.is_deflated();
        let content = self.content.into_owned();
        // The two share the bytes of the file, except that a deflated data set has its own.
        let meta = if meta_is_file {
            Content { bytes: content.bytes.clone(), ..self.meta.without_bytes() }
        } else {
            self.meta.into_owned()
        };
        File {
            meta,
            content,
            transfer_syntax: self.transfer_syntax,
            pixels: self.pixels,
            warnings: self.warnings,
            warnings_left_out: self.warnings_left_out,
            data_set_position: self.data_set_position,
            complete: self.complete,
        }
    }

    fn is_deflated(&self) -> bool {
        self.transfer_syntax.encoding() == Encoding::DeflatedExplicitLittle
    }
}

impl File<'static> {
    /// Reads a file and keeps its bytes, so that the result can outlive the caller.
    ///
    /// # Errors
    /// As [`File::read`].
    pub fn from_vec(bytes: Vec<u8>, options: &ReadOptions) -> Result<Self> {
        let shared = Arc::new(bytes);
        let reading = Reading::of(&shared, options, false)?;
        Ok(reading.into_file(&Bytes::Shared(shared)))
    }
}

/// Tells the kind of file, and nothing of a patient.
impl fmt::Debug for File<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("transfer_syntax", &self.transfer_syntax.uid())
            .field("elements", &self.data_set().len())
            .field("warnings", &self.warnings.len())
            .finish_non_exhaustive()
    }
}

/// A reading, before it is put together with its bytes.
struct Reading {
    meta: Option<Parsed>,
    data_set: Parsed,
    inflated: Option<Vec<u8>>,
    transfer_syntax: TransferSyntax,
    position: usize,
    warnings: Warnings,
}

impl Reading {
    fn of(bytes: &[u8], options: &ReadOptions, prefix: bool) -> Result<Self> {
        let mut warnings = Warnings::new(options.max_warnings);
        let Layout { meta, start, transfer_syntax } = meta::layout(bytes, options, prefix, &mut warnings)?;
        let encoding = transfer_syntax.encoding();
        let mut inflated = None;
        if encoding == Encoding::DeflatedExplicitLittle {
            if prefix {
                return Err(Error::new(ErrorKind::Truncated, "a deflated data set is read as a whole")
                    .at(bytes.len()));
            }
            let deflated = bytes.get(start..).unwrap_or_default();
            let (out, cut) = inflate::inflate(deflated, start, options.max_inflated)?;
            if cut && options.truncation == Truncation::Refuse {
                return Err(
                    Error::new(ErrorKind::Truncated, "the deflated data set has no end").at(bytes.len())
                );
            }
            inflated = Some(out);
        }
        let task = Task {
            bytes: inflated.as_deref().unwrap_or(bytes),
            start: if inflated.is_some() { 0 } else { start },
            syntax: Syntax {
                explicit: encoding != Encoding::ImplicitLittle,
                big_endian: encoding == Encoding::ExplicitBig,
            },
            encapsulated: transfer_syntax.is_encapsulated(),
            meta: false,
            prefix,
        };
        let data_set = parser::parse(&task, options, &mut warnings)?;
        Ok(Self { meta, data_set, inflated, transfer_syntax, position: start, warnings })
    }

    fn into_file<'a>(self, bytes: &Bytes<'a>) -> File<'a> {
        let stopped = self.data_set.stopped;
        let complete = stopped.is_none();
        let data_set_bytes = match self.inflated {
            Some(inflated) => Bytes::Shared(Arc::new(inflated)),
            None => bytes.clone(),
        };
        let content = content(self.data_set, data_set_bytes);
        let pixels = stopped
            .filter(|s| options::is_pixel_data(s.tag))
            .map(|s| PixelPlace {
                tag: s.tag,
                vr: s.vr,
                position: s.start as u64,
                length: s.length.map(|l| l as u64),
            })
            .or_else(|| pixels_of(&DataSet::of(&content)));
        File {
            meta: self.meta.map_or_else(Content::empty, |parsed| self::content(parsed, bytes.clone())),
            content,
            transfer_syntax: self.transfer_syntax,
            pixels,
            warnings: self.warnings.list,
            warnings_left_out: self.warnings.left_out,
            data_set_position: self.position as u64,
            complete,
        }
    }
}

fn content(parsed: Parsed, bytes: Bytes<'_>) -> Content<'_> {
    Content {
        bytes,
        entries: parsed.entries,
        charsets: parsed.charsets,
        sorted: parsed.sorted,
        transcoded: false,
    }
}

fn pixels_of(set: &DataSet<'_>) -> Option<PixelPlace> {
    let element = set.iter().filter(|e| options::is_pixel_data(e.tag())).last()?;
    let length = element.fragments().is_none().then(|| element.bytes().len() as u64);
    Some(PixelPlace { tag: element.tag(), vr: element.vr(), position: element.position(), length })
}
