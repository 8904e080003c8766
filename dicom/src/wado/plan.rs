//! Choosing the form of an answer (PS3.18 8.7.3 and 8.7.8, with the rules of the Azure DICOM service).
//!
//! The best acceptable entry that the resource has decides. A transfer syntax of `*`, or an entry `*/*`, stands for the
//! form in which an instance is stored. Lists that mix media types, unquoted parameters and missing types are taken.

use std::cmp::Reverse;

use dicom_dictionary_std::uids;

use crate::error::{Error, ErrorKind, Result};
use crate::media_type::{Acceptable, MediaType, parse_accept};
use crate::transfer_syntax::{Codec, TransferSyntax};

/// What is retrieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The instances of a study or of a series.
    Instances,
    /// One instance.
    Instance,
    /// Frames of one instance; whether it is a single one.
    Frames {
        /// Whether one frame is asked for, so that the answer need not be multipart.
        single: bool,
    },
    /// Metadata at any level.
    Metadata,
    /// A rendered instance or frame.
    Rendered,
    /// One value of bulk data.
    BulkData,
}

/// Whether the answer is one body or several parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// `multipart/related`.
    Multipart,
    /// One body with the media type itself.
    Single,
}

/// The media type of the answer, or of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Media {
    /// `application/dicom`.
    Dicom,
    /// `application/dicom+json`.
    DicomJson,
    /// `application/octet-stream`.
    OctetStream,
    /// `image/jp2`.
    Jp2,
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
}

/// How an answer is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One body or several parts.
    pub container: Container,
    /// The media type of the answer, or of its parts.
    pub media: Media,
    /// The UID of the transfer syntax that is wanted; none for the one that an instance is stored in.
    pub transfer_syntax: Option<&'static str>,
}

/// What to do with one stored instance, or with its frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Give it as it is stored.
    AsStored,
    /// Write its elements in explicit VR little endian ([`write::file`](crate::write::file)); pixels stay native.
    Rewrite,
    /// Decode, or encode, its pixels to this transfer syntax.
    Transcode(&'static str),
}

impl Media {
    /// `type/subtype`.
    #[must_use]
    pub const fn essence(self) -> &'static str {
        match self {
            Self::Dicom => "application/dicom",
            Self::DicomJson => "application/dicom+json",
            Self::OctetStream => "application/octet-stream",
            Self::Jp2 => "image/jp2",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// One form in which a target can be given.
struct Offer {
    container: Container,
    media: Media,
    /// The transfer syntaxes that may be asked for; the first is the default.
    syntaxes: &'static [&'static str],
}

const EXPLICIT: &str = uids::EXPLICIT_VR_LITTLE_ENDIAN;
const JPEG2000: &str = uids::JPEG2000_LOSSLESS;

/// What each target can be given as, the default first.
fn offers(target: Target) -> Vec<Offer> {
    let offer = |container, media, syntaxes| Offer { container, media, syntaxes };
    let multipart = |media, syntaxes| offer(Container::Multipart, media, syntaxes);
    let single = |media, syntaxes| offer(Container::Single, media, syntaxes);
    match target {
        Target::Instances => vec![multipart(Media::Dicom, &[EXPLICIT, JPEG2000])],
        Target::Instance => {
            vec![multipart(Media::Dicom, &[EXPLICIT, JPEG2000]), single(Media::Dicom, &[EXPLICIT, JPEG2000])]
        }
        Target::Frames { single: one } => {
            let mut offers =
                vec![multipart(Media::OctetStream, &[EXPLICIT]), multipart(Media::Jp2, &[JPEG2000])];
            if one {
                offers.push(single(Media::OctetStream, &[EXPLICIT]));
            }
            offers
        }
        Target::Metadata => vec![single(Media::DicomJson, &[])],
        Target::Rendered => vec![single(Media::Jpeg, &[]), single(Media::Png, &[])],
        Target::BulkData => {
            vec![multipart(Media::OctetStream, &[EXPLICIT]), single(Media::OctetStream, &[EXPLICIT])]
        }
    }
}

impl Plan {
    /// Chooses by the Accept header; several of them are joined by commas. Without one everything is acceptable.
    ///
    /// # Errors
    /// [`ErrorKind::NotAcceptable`] where nothing that is accepted can be given (status 406),
    /// [`ErrorKind::InvalidMediaType`] where the header cannot be read (status 400).
    pub fn of(accept: Option<&str>, target: Target) -> Result<Self> {
        let mut all = Self::choices(accept, target)?;
        Ok(all.swap_remove(0))
    }

    /// All that the Accept header takes, the best first and never empty: for a service that cannot transcode, which gives
    /// the first that it can.
    ///
    /// # Errors
    /// As [`Plan::of`].
    pub fn choices(accept: Option<&str>, target: Target) -> Result<Vec<Self>> {
        let offers = offers(target);
        let entries = match accept {
            Some(text) if !text.trim().is_empty() => parse_accept(text)?,
            _ => parse_accept("*/*")?,
        };
        let refused = |offer: &Offer| {
            entries.iter().any(|e| e.weight == 0 && matches(e, offer) && e.media_type.essence() != "*/*")
        };
        let mut chosen: Vec<(u16, Self)> = Vec::new();
        for entry in entries.iter().filter(|e| e.weight > 0) {
            let offered = offers.iter().filter(|o| matches(entry, o) && !refused(o));
            let found = offered.filter_map(|offer| syntax(entry, offer).map(|s| (offer, s))).next();
            chosen.extend(found.map(|(offer, transfer_syntax)| {
                let plan = Self { container: offer.container, media: offer.media, transfer_syntax };
                (entry.weight, plan)
            }));
        }
        // Of entries of equal weight one that takes the stored form saves the work of another.
        chosen.sort_by_key(|(weight, plan)| (Reverse(*weight), plan.transfer_syntax.is_some()));
        if chosen.is_empty() {
            return Err(Error::new(
                ErrorKind::NotAcceptable,
                "none of the accepted media types can be given for this resource",
            ));
        }
        Ok(chosen.into_iter().map(|(_, plan)| plan).collect())
    }

    /// What to do with an instance by the transfer syntax that it is stored in.
    #[must_use]
    pub fn delivery(&self, stored: &TransferSyntax) -> Delivery {
        match self.transfer_syntax {
            None => Delivery::AsStored,
            Some(wanted) if wanted == stored.uid() => Delivery::AsStored,
            Some(EXPLICIT) if stored.codec() == Codec::Native => Delivery::Rewrite,
            Some(wanted) => Delivery::Transcode(wanted),
        }
    }

    /// The content type of the answer where it is one body, or of a part; `stored` is the transfer syntax of an instance that
    /// is given as it is stored.
    #[must_use]
    pub fn part_type(&self, stored: Option<&TransferSyntax>) -> String {
        let syntax = self.transfer_syntax.or_else(|| stored.map(TransferSyntax::uid));
        match (self.media, syntax) {
            (Media::Dicom | Media::OctetStream | Media::Jp2, Some(uid)) => {
                format!("{}; transfer-syntax={uid}", self.media.essence())
            }
            _ => self.media.essence().to_owned(),
        }
    }
}

/// Whether an entry of the Accept header asks for an offer, its transfer syntax left aside.
fn matches(entry: &Acceptable, offer: &Offer) -> bool {
    let asked = &entry.media_type;
    match asked.essence() {
        "multipart/related" | "multipart/*" => {
            let kind = asked.parameter("type").map(MediaType::parse);
            offer.container == Container::Multipart
                && match kind {
                    Some(Ok(kind)) => kind.includes(offer.media.essence()),
                    Some(Err(_)) => false,
                    None => true,
                }
        }
        // Metadata is asked for as JSON of either name.
        "application/json" => offer.media == Media::DicomJson,
        "*/*" => true,
        _ => offer.container == Container::Single && asked.includes(offer.media.essence()),
    }
}

/// The transfer syntax that an entry asks for; the outer none where the offer does not have it.
fn syntax(entry: &Acceptable, offer: &Offer) -> Option<Option<&'static str>> {
    if offer.syntaxes.is_empty() {
        return Some(None);
    }
    // Inside of the type of the parts, or beside it.
    let inner = entry.media_type.parameter("type").and_then(|t| MediaType::parse(t).ok());
    let inner = inner.as_ref().and_then(|t| t.parameter("transfer-syntax"));
    match entry.media_type.parameter("transfer-syntax").or(inner) {
        Some("*") => Some(None),
        Some(uid) => offer.syntaxes.iter().find(|s| **s == uid).map(|s| Some(*s)),
        None if entry.media_type.essence() == "*/*" => Some(None),
        None => Some(offer.syntaxes.first().copied()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_entry_decides() {
        use Container::{Multipart, Single};
        const MULTI: &str = "multipart/related; type=\"application/dicom\"";
        let with = |syntax: &str| format!("{MULTI}; transfer-syntax={syntax}");
        let one = Target::Frames { single: true };
        let many = Target::Frames { single: false };
        for (target, accept, wanted) in [
            (Target::Instances, MULTI, Some((Multipart, Media::Dicom, Some(EXPLICIT)))),
            (
                Target::Instances,
                "multipart/related; type=application/dicom",
                Some((Multipart, Media::Dicom, Some(EXPLICIT))),
            ),
            (Target::Instances, &with("*"), Some((Multipart, Media::Dicom, None))),
            (Target::Instances, &with(JPEG2000), Some((Multipart, Media::Dicom, Some(JPEG2000)))),
            (Target::Instances, &with("1.2.840.10008.1.2.4.50"), None),
            (Target::Instances, "*/*", Some((Multipart, Media::Dicom, None))),
            (Target::Instances, "", Some((Multipart, Media::Dicom, None))),
            (Target::Instances, "application/dicom", None),
            (Target::Instances, "application/json", None),
            (Target::Instances, "multipart/related", Some((Multipart, Media::Dicom, Some(EXPLICIT)))),
            (Target::Instance, "application/dicom", Some((Single, Media::Dicom, Some(EXPLICIT)))),
            (Target::Instance, "application/dicom; transfer-syntax=*", Some((Single, Media::Dicom, None))),
            (
                Target::Instance,
                "image/png, application/dicom;q=0.5",
                Some((Single, Media::Dicom, Some(EXPLICIT))),
            ),
            (
                Target::Instance,
                "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90; q=0.9, application/dicom; q=0.8",
                Some((Single, Media::Dicom, Some(JPEG2000))),
            ),
            // A stored form of no less weight wins.
            (Target::Instance, "application/dicom, */*", Some((Multipart, Media::Dicom, None))),
            (Target::Instance, "application/dicom, */*;q=0.1", Some((Single, Media::Dicom, Some(EXPLICIT)))),
            (Target::Instance, "application/dicom;q=0, */*", Some((Multipart, Media::Dicom, None))),
            (Target::Instance, "*/*;q=0", None),
            (one, "application/octet-stream", Some((Single, Media::OctetStream, Some(EXPLICIT)))),
            (one, "application/octet-stream; transfer-syntax=*", Some((Single, Media::OctetStream, None))),
            (many, "application/octet-stream", None),
            (many, "multipart/related; type=\"image/jp2\"", Some((Multipart, Media::Jp2, Some(JPEG2000)))),
            (
                many,
                "multipart/related; type=\"application/octet-stream; transfer-syntax=*\"",
                Some((Multipart, Media::OctetStream, None)),
            ),
            (many, "*/*", Some((Multipart, Media::OctetStream, None))),
            (Target::Metadata, "application/dicom+json", Some((Single, Media::DicomJson, None))),
            (Target::Metadata, "application/json", Some((Single, Media::DicomJson, None))),
            (Target::Metadata, "application/dicom+xml", None),
            (Target::Rendered, "image/*", Some((Single, Media::Jpeg, None))),
            (Target::Rendered, "image/png", Some((Single, Media::Png, None))),
            (Target::Rendered, "image/gif", None),
            (
                Target::BulkData,
                "application/octet-stream",
                Some((Single, Media::OctetStream, Some(EXPLICIT))),
            ),
        ] {
            let found = Plan::of(Some(accept), target);
            let found = found.map(|p| (p.container, p.media, p.transfer_syntax)).map_err(|e| e.kind());
            assert_eq!(found, wanted.ok_or(ErrorKind::NotAcceptable), "{target:?} {accept}");
        }
        assert_eq!(Plan::of(Some("x"), one).unwrap_err().kind(), ErrorKind::InvalidMediaType);
        assert!(Plan::of(None, Target::Metadata).is_ok());
    }

    #[test]
    fn delivery_follows_the_stored_form() {
        let plan = Plan::of(Some("application/dicom"), Target::Instance).unwrap();
        let stored = |uid: &str| TransferSyntax::from_uid(uid).unwrap();
        for (uid, wanted) in [
            (EXPLICIT, Delivery::AsStored),
            (uids::IMPLICIT_VR_LITTLE_ENDIAN, Delivery::Rewrite),
            (uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, Delivery::Rewrite),
            (uids::RLE_LOSSLESS, Delivery::Transcode(EXPLICIT)),
        ] {
            assert_eq!(plan.delivery(&stored(uid)), wanted, "{uid}");
        }
        let any = Plan::of(None, Target::Instance).unwrap();
        assert_eq!(any.delivery(&stored(uids::RLE_LOSSLESS)), Delivery::AsStored);
        assert_eq!(
            any.part_type(Some(&stored(uids::RLE_LOSSLESS))),
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.5"
        );
        assert_eq!(plan.part_type(None), "application/dicom; transfer-syntax=1.2.840.10008.1.2.1");
    }
}
