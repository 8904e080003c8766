//! DICOM reading, the DICOM JSON model, and the logic of QIDO, WADO and STOW.

pub mod charset;
mod dataset;
pub mod dictionary;
mod error;
pub mod json;
pub mod media_type;
pub mod multipart;
mod path;
pub mod qido;
mod read;
mod rules;
pub mod stow;
mod transfer_syntax;
pub mod uid;
pub mod validate;
pub mod value;
pub mod write;

pub use dataset::{
    DataSet, DataSetBuf, DataSetBuilder, Element, Elements, Fragments, Items, SequenceBuilder, Value,
};
pub use dicom_core::{Tag, VR};
pub use dicom_dictionary_std::tags;
pub use error::{Error, ErrorKind, Result};
pub use path::{ATTRIBUTE_PATH_LIMIT, AttributePath, PathStep, TagPath};
pub use read::{File, HeaderReader, PixelPlace, ReadOptions, Truncation, Warning, WarningKind};
pub use rules::{ApiVersion, Rules};
pub use transfer_syntax::{Codec, Encoding, TransferSyntax};
