//! DICOM reading, the DICOM JSON model, and the logic of QIDO, WADO and STOW: bytes and values in, bytes and values out.
//!
//! ```
//! use hygea_dicom::{DataSetBuilder, File, ReadOptions, TransferSyntax, VR, tags, write};
//!
//! let mut built = DataSetBuilder::new();
//! built.text(tags::SOP_INSTANCE_UID, VR::UI, "1.2.3").text(tags::PATIENT_NAME, VR::PN, "Doe^Jane");
//! let writer = write::Implementation { class_uid: "1.2.9", version_name: "EXAMPLE" };
//! let mut bytes = Vec::new();
//! write::file(&built.build().as_data_set(), &TransferSyntax::EXPLICIT_LITTLE, writer, &mut bytes)?;
//! let file = File::read(&bytes, &ReadOptions::new().stop_before_pixels())?;
//! assert_eq!(file.data_set().by_keyword("PatientName").and_then(|name| name.text()).as_deref(), Some("Doe^Jane"));
//! # Ok::<(), hygea_dicom::Error>(())
//! ```
//!
//! # Overview
//!
//! - [`File`] is a Part 10 file, or a bare data set, read in one pass as [`ReadOptions`] say; [`HeaderReader`] reads what
//!   stands before the pixels of a file that arrives in pieces. What was tolerated is in [`File::warnings`].
//! - [`DataSet`] and [`Element`] are views whose values are decoded when they are asked for; [`DataSetBuilder`] makes a
//!   [`DataSetBuf`]. [`charset`] decodes all character sets of the standard, ISO 2022 escapes too.
//! - [`json`] writes and reads the DICOM JSON model; [`mod@write`] makes files in explicit VR little endian.
//! - [`stow`], [`qido`] and [`wado`] are the three services without their storage: checks and answers of storing, queries
//!   with their matcher and index values, the choice of a form and metadata. [`multipart`] and [`media_type`] serve all
//!   three, [`Rules`] say what is allowed.
//! - [`validate`] holds values against their representation, [`dictionary`] knows keywords and tags, [`uid`] UIDs.
//!
//! # It is, it is not
//!
//! It reads no file and no clock, opens no socket and keeps no state. It does not decode compressed pixels.
//!
//! # Limits
//!
//! Sequences nest 64 deep, a data set has 4,000,000 elements, a deflated one inflates to 512 MiB, a multipart body has
//! 10,000 parts, unless the caller says otherwise ([`ReadOptions`], [`multipart::Limits`]). No length that a file states is
//! believed beyond the bytes that are there.

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
pub mod wado;
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
