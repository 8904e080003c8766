//! Whether an instance may be stored: the rules of the Azure DICOM service, v1 and v2.
//!
//! An instance needs its study, series, SOP instance and SOP class UID and a Patient ID. In v1 an invalid indexed value
//! refuses the instance; in v2 it is stored with a warning for each invalid value, nested ones too.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::response::Failure;
use crate::dataset::DataSet;
use crate::error::{Error, ErrorKind};
use crate::path::TagPath;
use crate::qido;
use crate::read::{File, Warning, WarningKind};
use crate::rules::{ApiVersion, Rules};
use crate::uid::{self, UidForm};
use crate::validate;

/// What identifies an instance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub instance: String,
    /// SOP Class UID.
    pub class: String,
}

/// UIDs are identifiers, not data of a patient.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.study, self.series, self.instance)
    }
}

/// An instance that may be stored.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What identifies it.
    pub identity: Identity,
    /// What is wrong with it, a line for each value: `DICOM100: (0008,0020) - …`. Never a value itself.
    pub warnings: Vec<String>,
    /// It is in implicit VR, and the rules in force warn of that (warning reason 45063).
    pub implicit: bool,
}

/// An instance that may not be stored.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its SOP class, as far as it can be told.
    pub class: Option<String>,
    /// Its SOP instance, as far as it can be told.
    pub instance: Option<String>,
    /// Why.
    pub failure: Failure,
    /// What is wrong with it, as in [`Accepted::warnings`].
    pub comments: Vec<String>,
}

/// At most so many comments are given on one instance.
const MOST_COMMENTS: usize = 100;

/// Holds a file against the rules. `study` is the Study Instance UID of the URL, where it has one.
///
/// # Errors
/// [`Refused`], with the failure reason and what is wrong.
pub fn check(file: &File<'_>, study: Option<&str>, rules: &Rules) -> Result<Accepted, Refused> {
    let set = file.data_set();
    let text = |tag: Tag| set.text(tag).map(|t| uid::trim(&t).to_owned());
    let identity = Identity {
        study: text(tags::STUDY_INSTANCE_UID).unwrap_or_default(),
        series: text(tags::SERIES_INSTANCE_UID).unwrap_or_default(),
        instance: text(tags::SOP_INSTANCE_UID).unwrap_or_default(),
        class: text(tags::SOP_CLASS_UID).unwrap_or_default(),
    };
    let refuse = |failure: Failure, comments: Vec<String>| Refused {
        class: Some(identity.class.clone()).filter(|t| !t.is_empty()),
        instance: Some(identity.instance.clone()).filter(|t| !t.is_empty()),
        failure,
        comments,
    };
    let mut comments = required(&set, rules.api);
    if !comments.is_empty() {
        return Err(refuse(Failure::Validation, comments));
    }
    if study.is_some_and(|wanted| wanted != identity.study) {
        let line = line(&TagPath::root(tags::STUDY_INSTANCE_UID), "not the study of the request");
        return Err(refuse(Failure::StudyMismatch, vec![line]));
    }
    let defects = validate::data_set(&set, MOST_COMMENTS);
    if rules.api == ApiVersion::V1 {
        let indexed = |path: &TagPath| match path.steps() {
            [step] => qido::is_indexed(step.tag),
            _ => false,
        };
        comments.extend(
            defects
                .iter()
                .filter(|(path, _)| indexed(path))
                .map(|(path, defect)| line(path, &defect.to_string())),
        );
        if !comments.is_empty() {
            return Err(refuse(Failure::Validation, comments));
        }
    } else {
        // The UIDs that identify it passed already, by the wider rule for them.
        let identifying = |path: &TagPath| {
            matches!(path.steps(), [step] if matches!(step.tag,
                tags::STUDY_INSTANCE_UID | tags::SERIES_INSTANCE_UID | tags::SOP_INSTANCE_UID | tags::SOP_CLASS_UID))
        };
        comments.extend(
            defects
                .iter()
                .filter(|(path, _)| !identifying(path))
                .map(|(path, defect)| line(path, &defect.to_string())),
        );
        comments
            .extend(file.warnings().iter().filter(|w| is_defect(w)).map(|w| line(&w.path, w.kind.text())));
        comments.truncate(MOST_COMMENTS);
    }
    let implicit = rules.warn_of_implicit_vr
        && file.transfer_syntax().encoding() == crate::transfer_syntax::Encoding::ImplicitLittle;
    Ok(Accepted { identity, warnings: comments, implicit })
}

/// What is answered for a part that cannot be read as DICOM.
#[must_use]
pub fn unreadable(error: &Error) -> Refused {
    let failure = match error.kind() {
        ErrorKind::TooDeep | ErrorKind::TooManyElements | ErrorKind::TooLarge => Failure::Processing,
        _ => Failure::Validation,
    };
    Refused { class: None, instance: None, failure, comments: vec![format!("DICOM100: {error}")] }
}

/// The attributes that every instance needs; gives a line for each that is missing or invalid.
fn required(set: &DataSet<'_>, api: ApiVersion) -> Vec<String> {
    let mut comments = Vec::new();
    for tag in
        [tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::SOP_INSTANCE_UID, tags::SOP_CLASS_UID]
    {
        let problem = match set.element(tag).map(|e| e.strings()) {
            None => "missing",
            Some(values) => match values.as_slice() {
                [] => "empty",
                [value] if uid::form(value) != UidForm::Invalid => continue,
                [_] => "not a UID of 1 to 64 digits, letters, dots and hyphens",
                _ => "more than one value",
            },
        };
        comments.push(line(&TagPath::root(tag), problem));
    }
    let path = TagPath::root(tags::PATIENT_ID);
    match set.element(tags::PATIENT_ID) {
        None => comments.push(line(&path, "missing")),
        Some(found) => {
            if api == ApiVersion::V1 && found.text().is_none() {
                comments.push(line(&path, "empty"));
            }
            if let Some(defect) = validate::element(&found) {
                comments.push(line(&path, &defect.to_string()));
            }
        }
    }
    comments
}

/// Whether a tolerated defect of form may have changed what is read, so that whoever sent it should know.
fn is_defect(warning: &Warning) -> bool {
    matches!(
        warning.kind,
        WarningKind::DuplicateElement
            | WarningKind::UnexpectedDelimiter
            | WarningKind::LengthOverrun
            | WarningKind::OpaqueSequence
            | WarningKind::UndefinedLength
            | WarningKind::UnknownVr
            | WarningKind::UnknownCharacterSet
    )
}

fn line(path: &TagPath, text: &str) -> String {
    format!("DICOM100: {path} - {text}")
}
