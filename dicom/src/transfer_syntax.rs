//! Transfer syntaxes (PS3.5 10, PS3.6 A): how a data set and its pixels are encoded.

use std::borrow::Cow;

use dicom_dictionary_std::uids;

/// How the elements of a data set are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Implicit VR, little endian.
    ImplicitLittle,
    /// Explicit VR, little endian.
    ExplicitLittle,
    /// Explicit VR, big endian (retired).
    ExplicitBig,
    /// Explicit VR, little endian, the whole data set deflated.
    DeflatedExplicitLittle,
}

/// How pixel data is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Frames one after the other, not compressed, not encapsulated.
    Native,
    /// Not compressed, but encapsulated in fragments (`.1.98`).
    EncapsulatedNative,
    /// RLE of PS3.5 annex G.
    Rle,
    /// JPEG baseline, 8 bit.
    JpegBaseline,
    /// JPEG extended sequential and the retired progressive and hierarchical processes.
    JpegExtended,
    /// JPEG lossless.
    JpegLossless,
    /// JPEG-LS.
    JpegLs,
    /// JPEG 2000.
    Jpeg2000,
    /// High-throughput JPEG 2000.
    HighThroughputJpeg2000,
    /// JPEG XL.
    JpegXl,
    /// MPEG-2, MPEG-4 or HEVC: one video stream for all frames.
    Video,
    /// Each frame deflated (`.8.1`).
    DeflatedFrame,
    /// The pixels are elsewhere, named by a URL (JPIP).
    Referenced,
    /// Not known; assumed to be encapsulated.
    Unknown,
}

/// A transfer syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferSyntax {
    uid: Cow<'static, str>,
    encoding: Encoding,
    codec: Codec,
}

impl TransferSyntax {
    /// Implicit VR little endian, the default of the standard.
    pub const IMPLICIT_LITTLE: Self = Self::of(uids::IMPLICIT_VR_LITTLE_ENDIAN, Encoding::ImplicitLittle);
    /// Explicit VR little endian, the default of DICOMweb.
    pub const EXPLICIT_LITTLE: Self = Self::of(uids::EXPLICIT_VR_LITTLE_ENDIAN, Encoding::ExplicitLittle);
    /// Explicit VR big endian (retired).
    pub const EXPLICIT_BIG: Self = Self::of("1.2.840.10008.1.2.2", Encoding::ExplicitBig);

    const fn of(uid: &'static str, encoding: Encoding) -> Self {
        Self { uid: Cow::Borrowed(uid), encoding, codec: Codec::Native }
    }

    /// Looks a transfer syntax up by its UID, without padding.
    #[must_use]
    pub fn from_uid(uid: &str) -> Option<Self> {
        let (uid, encoding, codec) = KNOWN.iter().find(|row| row.0 == uid)?;
        Some(Self { uid: Cow::Borrowed(uid), encoding: *encoding, codec: *codec })
    }

    /// A transfer syntax that this crate has no row for: explicit VR little endian with encapsulated pixels, as PS3.5 A.4
    /// rules for all that compress.
    #[must_use]
    pub fn unknown(uid: &str) -> Self {
        Self { uid: Cow::Owned(uid.to_owned()), encoding: Encoding::ExplicitLittle, codec: Codec::Unknown }
    }

    /// Its UID.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// How the elements are encoded.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How the pixels are encoded.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether pixel data is stored in fragments.
    #[must_use]
    pub fn is_encapsulated(&self) -> bool {
        !matches!(self.codec, Codec::Native | Codec::Referenced)
    }

    pub(crate) fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }
}

use Codec as C;
use Encoding::{
    DeflatedExplicitLittle as Deflated, ExplicitBig, ExplicitLittle as Explicit, ImplicitLittle as Implicit,
};

/// PS3.6 table A-1, and the private syntaxes that files in the field have.
const KNOWN: &[(&str, Encoding, Codec)] = &[
    (uids::IMPLICIT_VR_LITTLE_ENDIAN, Implicit, C::Native),
    (uids::EXPLICIT_VR_LITTLE_ENDIAN, Explicit, C::Native),
    ("1.2.840.10008.1.2.2", ExplicitBig, C::Native),
    (uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, Deflated, C::Native),
    (uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN, Explicit, C::EncapsulatedNative),
    (uids::RLE_LOSSLESS, Explicit, C::Rle),
    (uids::JPEG_BASELINE8_BIT, Explicit, C::JpegBaseline),
    (uids::JPEG_EXTENDED12_BIT, Explicit, C::JpegExtended),
    (uids::JPEG_LOSSLESS, Explicit, C::JpegLossless),
    (uids::JPEG_LOSSLESS_SV1, Explicit, C::JpegLossless),
    (uids::JPEGLS_LOSSLESS, Explicit, C::JpegLs),
    (uids::JPEGLS_NEAR_LOSSLESS, Explicit, C::JpegLs),
    (uids::JPEG2000_LOSSLESS, Explicit, C::Jpeg2000),
    (uids::JPEG2000, Explicit, C::Jpeg2000),
    (uids::JPEG2000MC_LOSSLESS, Explicit, C::Jpeg2000),
    (uids::JPEG2000MC, Explicit, C::Jpeg2000),
    (uids::JPIP_REFERENCED, Explicit, C::Referenced),
    (uids::JPIP_REFERENCED_DEFLATE, Deflated, C::Referenced),
    (uids::HTJ2K_LOSSLESS, Explicit, C::HighThroughputJpeg2000),
    (uids::HTJ2K_LOSSLESS_RPCL, Explicit, C::HighThroughputJpeg2000),
    (uids::HTJ2K, Explicit, C::HighThroughputJpeg2000),
    (uids::JPIPHTJ2K_REFERENCED, Explicit, C::Referenced),
    (uids::JPIPHTJ2K_REFERENCED_DEFLATE, Deflated, C::Referenced),
    (uids::JPEGXL_LOSSLESS, Explicit, C::JpegXl),
    (uids::JPEGXLJPEG_RECOMPRESSION, Explicit, C::JpegXl),
    (uids::JPEGXL, Explicit, C::JpegXl),
    (uids::MPEG2MPML, Explicit, C::Video),
    (uids::MPEG2MPMLF, Explicit, C::Video),
    (uids::MPEG2MPHL, Explicit, C::Video),
    (uids::MPEG2MPHLF, Explicit, C::Video),
    (uids::MPEG4HP41, Explicit, C::Video),
    (uids::MPEG4HP41F, Explicit, C::Video),
    (uids::MPEG4HP41BD, Explicit, C::Video),
    (uids::MPEG4HP41BDF, Explicit, C::Video),
    (uids::MPEG4HP422D, Explicit, C::Video),
    (uids::MPEG4HP422DF, Explicit, C::Video),
    (uids::MPEG4HP423D, Explicit, C::Video),
    (uids::MPEG4HP423DF, Explicit, C::Video),
    (uids::MPEG4HP42STEREO, Explicit, C::Video),
    (uids::MPEG4HP42STEREOF, Explicit, C::Video),
    (uids::HEVCMP51, Explicit, C::Video),
    (uids::HEVCM10P51, Explicit, C::Video),
    (uids::DEFLATED_IMAGE_FRAME_COMPRESSION, Explicit, C::DeflatedFrame),
    // Retired JPEG processes.
    ("1.2.840.10008.1.2.4.52", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.53", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.54", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.55", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.56", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.58", Explicit, C::JpegLossless),
    ("1.2.840.10008.1.2.4.59", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.60", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.61", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.62", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.63", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.64", Explicit, C::JpegExtended),
    ("1.2.840.10008.1.2.4.65", Explicit, C::JpegLossless),
    ("1.2.840.10008.1.2.4.66", Explicit, C::JpegLossless),
    // Papyrus 3 and General Electric's "big endian pixels": implicit VR little endian elements.
    ("1.2.840.10008.1.20", Implicit, C::Native),
    ("1.2.840.113619.5.2", Implicit, C::Native),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unique_and_valid() {
        for (i, row) in KNOWN.iter().enumerate() {
            assert_eq!(crate::uid::form(row.0), crate::uid::UidForm::Standard);
            assert!(KNOWN.iter().skip(i + 1).all(|other| other.0 != row.0), "{} twice", row.0);
        }
        let unknown = TransferSyntax::unknown("1.2.3");
        assert!(unknown.is_encapsulated() && unknown.encoding() == Encoding::ExplicitLittle);
        assert!(!TransferSyntax::from_uid("1.2.840.10008.1.2.1.99").unwrap().is_encapsulated());
    }
}
