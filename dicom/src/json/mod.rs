//! The DICOM JSON model (PS3.18 annex F), written and read.
//!
//! Written: attributes in the order of their tags, person names by group, numbers as JSON numbers with the digits that
//! the file has, binary inline or by URI as [`Bulk`] says, text always UTF-8. Specific Character Set is kept as metadata
//! about the source, as PS3.18 F.2.2 (2025) rules. Group lengths are left out.
//!
//! Read: any document that follows the model, with [`read`]; attributes by URI keep their URI.

mod number;
mod read;
mod scan;
mod write;

pub(crate) use read::tag_name;
pub use read::{ReadLimits, read, read_array};
pub(crate) use scan::Scanner;
pub(crate) use write::string;
pub use write::{Bulk, to_string, write};
