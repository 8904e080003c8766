//! Storing instances (STOW-RS, PS3.18 10.5): what a request holds, which instances may be stored, and what is answered.
//!
//! A service reads the content type with [`Upload::of`], splits the body with [`multipart`](crate::multipart), holds each
//! part against [`check`], stores what passes, tells a [`StoreResponse`] what became of each part, and sends its status
//! and its JSON.

mod check;
mod response;

pub use check::{Accepted, Identity, Refused, check, unreadable};
pub use response::{Failure, StoreResponse, StoreStatus, Stored};

use crate::error::{Error, ErrorKind, Result};
use crate::media_type::MediaType;
use crate::multipart::{Boundary, boundary_of};

/// What the body of a storage request is, by its content type.
#[derive(Clone, Debug)]
pub enum Upload {
    /// One instance, `application/dicom`.
    Single,
    /// Instances in a multipart body with `type="application/dicom"`.
    Multipart(Box<Boundary>),
}

impl Upload {
    /// Reads the content type of a storage request.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedMediaType`] for all that is not `application/dicom` (status 415),
    /// [`ErrorKind::InvalidMediaType`] and [`ErrorKind::MissingBoundary`] (status 400).
    pub fn of(content_type: Option<&str>) -> Result<Self> {
        let unsupported = || {
            Error::new(
                ErrorKind::UnsupportedMediaType,
                "wanted application/dicom, or multipart/related with type=\"application/dicom\"",
            )
        };
        let media_type = MediaType::parse(content_type.ok_or_else(unsupported)?)?;
        match media_type.essence() {
            "application/dicom" => Ok(Self::Single),
            "multipart/related" => {
                // The type of the parts may be left out; each part still says its own.
                let kind = media_type.parameter("type").map(MediaType::parse).transpose()?;
                if kind.is_some_and(|k| k.essence() != "application/dicom") {
                    return Err(unsupported());
                }
                boundary_of(&media_type).map(|boundary| Self::Multipart(Box::new(boundary)))
            }
            _ => Err(unsupported()),
        }
    }
}

/// Whether a part of a multipart body is an instance by its content type; a part without one is.
#[must_use]
pub fn is_instance(content_type: Option<&str>) -> bool {
    let Some(text) = content_type else { return true };
    MediaType::parse(text).is_ok_and(|m| m.essence() == "application/dicom")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_told_by_their_content_type() {
        assert!(matches!(Upload::of(Some("application/dicom")), Ok(Upload::Single)));
        for text in [
            "multipart/related; type=\"application/dicom\"; boundary=x",
            "multipart/related; type=application/dicom; boundary=x",
            "multipart/related; boundary=x",
        ] {
            assert!(matches!(Upload::of(Some(text)), Ok(Upload::Multipart(_))), "{text}");
        }
        for (text, wanted) in [
            (None, ErrorKind::UnsupportedMediaType),
            (Some("application/json"), ErrorKind::UnsupportedMediaType),
            (
                Some("multipart/related; type=\"application/dicom+json\"; boundary=x"),
                ErrorKind::UnsupportedMediaType,
            ),
            (Some("multipart/related; type=application/dicom"), ErrorKind::MissingBoundary),
            (Some("multipart"), ErrorKind::InvalidMediaType),
        ] {
            assert_eq!(Upload::of(text).unwrap_err().kind(), wanted, "{text:?}");
        }
        assert!(is_instance(None) && is_instance(Some("application/dicom; transfer-syntax=1.2")));
        assert!(!is_instance(Some("image/jpeg")) && !is_instance(Some("?")));
    }
}
