//! Defects that reading tolerates: each named, with the element and the byte.

use std::fmt;

use crate::path::TagPath;

/// What was tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// There is no preamble of 128 bytes before `DICM`, or no `DICM`.
    MissingPreamble,
    /// There is no file meta information.
    MissingMeta,
    /// The file meta information has no group length.
    MissingGroupLength,
    /// The group length of the file meta information is not its length.
    WrongGroupLength,
    /// The file meta information is in implicit VR.
    ImplicitMeta,
    /// The file meta information has no transfer syntax.
    MissingTransferSyntax,
    /// The transfer syntax is not known; explicit VR little endian was assumed.
    UnknownTransferSyntax,
    /// The data set is not in the encoding of its transfer syntax; it was read as it is.
    WrongEncoding,
    /// A value representation is two letters that the standard does not have; it was read as `UN`.
    UnknownVr,
    /// An element of an explicit data set is in implicit VR.
    ImplicitElement,
    /// A value field has an odd length.
    OddLength,
    /// Elements are not in the order of their tags.
    UnorderedElements,
    /// A tag occurs twice in one data set; the last one counts.
    DuplicateElement,
    /// A delimiter stands where none belongs, or an item has none; reading went on.
    UnexpectedDelimiter,
    /// An element or item reaches over the end of what it is in.
    LengthOverrun,
    /// What should be a sequence has no readable structure; it was kept as bytes of `UN`.
    OpaqueSequence,
    /// A value of undefined length is no sequence; it was read up to the next sequence delimiter.
    UndefinedLength,
    /// A sequence of `UN` is in explicit VR, although the standard demands implicit VR.
    ExplicitUnknown,
    /// Pixel data is cut by the end of the input.
    TruncatedPixelData,
    /// The data set is cut by the end of the input; the incomplete element was left out.
    Truncated,
    /// Zeros follow the last element.
    TrailingPadding,
    /// Specific Character Set has a term that is not known.
    UnknownCharacterSet,
}

impl WarningKind {
    /// The defect in a few words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::MissingPreamble => "no preamble with DICM",
            Self::MissingMeta => "no file meta information",
            Self::MissingGroupLength => "file meta information without group length",
            Self::WrongGroupLength => "group length of the file meta information is wrong",
            Self::ImplicitMeta => "file meta information in implicit VR",
            Self::MissingTransferSyntax => "no transfer syntax",
            Self::UnknownTransferSyntax => "unknown transfer syntax",
            Self::WrongEncoding => "data set not in the encoding of its transfer syntax",
            Self::UnknownVr => "unknown value representation",
            Self::ImplicitElement => "element without value representation in an explicit data set",
            Self::OddLength => "odd length",
            Self::UnorderedElements => "elements not in order",
            Self::DuplicateElement => "element twice",
            Self::UnexpectedDelimiter => "unexpected or missing delimiter",
            Self::LengthOverrun => "length reaches over the enclosing item or sequence",
            Self::OpaqueSequence => "sequence without readable structure, kept as bytes",
            Self::UndefinedLength => "undefined length of a value that is no sequence",
            Self::ExplicitUnknown => "sequence of UN in explicit VR",
            Self::TruncatedPixelData => "pixel data cut by the end of the input",
            Self::Truncated => "data set cut by the end of the input",
            Self::TrailingPadding => "zeros after the last element",
            Self::UnknownCharacterSet => "unknown character set",
        }
    }
}

/// A tolerated defect and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What was tolerated.
    pub kind: WarningKind,
    /// The element; empty for the file as a whole.
    pub path: TagPath,
    /// The byte of the input; of the inflated data set for a deflated one.
    pub position: u64,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())?;
        if !self.path.is_empty() {
            write!(f, ", at {}", self.path)?;
        }
        write!(f, ", byte {}", self.position)
    }
}

/// Collects warnings up to a limit.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    pub(super) list: Vec<Warning>,
    pub(super) left_out: usize,
    limit: usize,
}

impl Warnings {
    pub(super) fn new(limit: usize) -> Self {
        Self { list: Vec::new(), left_out: 0, limit }
    }

    pub(super) fn add(&mut self, kind: WarningKind, position: usize, path: impl FnOnce() -> TagPath) {
        if self.list.len() >= self.limit {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.list.push(Warning { kind, path: path(), position: position as u64 });
    }
}
