//! The answer to a storage request: its status and its data set (PS3.18 10.5.3, annex I).

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::check::{Accepted, Refused};
use crate::dataset::{DataSetBuf, DataSetBuilder};
use crate::json::{self, Bulk};

/// Why an instance was not stored: the values of Failure Reason (0008,1197) that the Azure DICOM service gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Failure {
    /// It could not be processed.
    Processing = 272,
    /// It does not pass validation.
    Validation = 43264,
    /// Its study is not that of the request.
    StudyMismatch = 43265,
    /// It is stored already.
    Exists = 45070,
    /// It is being stored by another request.
    Pending = 45071,
}

/// An instance that was stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What [`check`](super::check) said of it.
    pub accepted: Accepted,
    /// Where it can be retrieved.
    pub retrieve_url: String,
}

/// The status of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum StoreStatus {
    /// All instances are stored, and nothing is to be said of them.
    Ok = 200,
    /// Some instances are stored, or all with warnings.
    Accepted = 202,
    /// The request had no instance.
    NoContent = 204,
    /// No instance is stored.
    Conflict = 409,
}

impl StoreStatus {
    /// The number of the HTTP status.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }
}

/// Collects what became of the instances of a request.
#[derive(Clone, Debug, Default)]
pub struct StoreResponse {
    stored: Vec<Stored>,
    refused: Vec<Refused>,
}

impl StoreResponse {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes an instance that was stored.
    pub fn stored(&mut self, stored: Stored) {
        self.stored.push(stored);
    }

    /// Notes an instance that was not.
    pub fn refused(&mut self, refused: Refused) {
        self.refused.push(refused);
    }

    /// Notes an instance that passed the check and then could not be stored.
    pub fn failed(&mut self, accepted: &Accepted, failure: Failure) {
        self.refused.push(Refused {
            class: Some(accepted.identity.class.clone()),
            instance: Some(accepted.identity.instance.clone()),
            failure,
            comments: Vec::new(),
        });
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StoreStatus {
        let warned = |s: &Stored| !s.accepted.warnings.is_empty() || s.accepted.implicit;
        match (self.stored.is_empty(), self.refused.is_empty()) {
            (true, true) => StoreStatus::NoContent,
            (true, false) => StoreStatus::Conflict,
            (false, true) if !self.stored.iter().any(warned) => StoreStatus::Ok,
            (false, _) => StoreStatus::Accepted,
        }
    }

    /// The data set of the answer. `study_url` is where the study of the URL can be retrieved, where the URL has one.
    #[must_use]
    pub fn data_set(&self, study_url: Option<&str>) -> DataSetBuf {
        let mut builder = DataSetBuilder::new();
        if let Some(url) = study_url.filter(|_| !self.stored.is_empty()) {
            builder.text(tags::RETRIEVE_URL, VR::UR, url);
        }
        if !self.refused.is_empty() {
            builder.sequence(tags::FAILED_SOP_SEQUENCE, |items| {
                for refused in &self.refused {
                    items.item(|item| {
                        if let Some(class) = &refused.class {
                            item.text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, class);
                        }
                        if let Some(instance) = &refused.instance {
                            item.text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, instance);
                        }
                        item.unsigned_short(tags::FAILURE_REASON, refused.failure as u16);
                        comments(item, &refused.comments);
                    });
                }
            });
        }
        if !self.stored.is_empty() {
            builder.sequence(tags::REFERENCED_SOP_SEQUENCE, |items| {
                for stored in &self.stored {
                    let Accepted { identity, warnings, implicit } = &stored.accepted;
                    items.item(|item| {
                        item.text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, &identity.class);
                        item.text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, &identity.instance);
                        item.text(tags::RETRIEVE_URL, VR::UR, &stored.retrieve_url);
                        let reason = match (warnings.is_empty(), implicit) {
                            (false, _) => Some(1),
                            (true, true) => Some(45063),
                            (true, false) => None,
                        };
                        if let Some(reason) = reason {
                            item.unsigned_short(tags::WARNING_REASON, reason);
                        }
                        comments(item, warnings);
                    });
                }
            });
        }
        builder.build()
    }

    /// The body of the answer, `application/dicom+json`.
    #[must_use]
    pub fn to_json(&self, study_url: Option<&str>) -> String {
        json::to_string(&self.data_set(study_url).as_data_set(), Bulk::Inline)
    }
}

/// Error Comment (0000,0902) and Failed Attributes Sequence (0074,1048), as the Azure service sends them.
fn comments(item: &mut DataSetBuilder, lines: &[String]) {
    const ERROR_COMMENT: Tag = Tag(0x0000, 0x0902);
    const FAILED_ATTRIBUTES_SEQUENCE: Tag = Tag(0x0074, 0x1048);
    if lines.is_empty() {
        return;
    }
    item.sequence(FAILED_ATTRIBUTES_SEQUENCE, |items| {
        for line in lines {
            items.item(|item| {
                // A backslash would make two values of it.
                item.text(ERROR_COMMENT, VR::LO, &line.replace('\\', "/"));
            });
        }
    });
}
