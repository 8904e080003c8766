//! Which attribute belongs to which level, which are answered by default, and which the Azure DICOM service searches.
//!
//! The levels are those of the information entities of PS3.3 (patient and study, series, instance). The lists of default
//! and searchable attributes are those of the DICOM conformance statement of the Azure service, v1 and v2.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags as t;

use crate::path::AttributePath;
use crate::rules::ApiVersion;

/// What an attribute, or an answer, describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The patient and the study.
    Study,
    /// The series.
    Series,
    /// The instance.
    Instance,
}

/// An attribute that a service made searchable by an extended query tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomAttribute {
    /// The attribute.
    pub path: AttributePath,
    /// Its value representation.
    pub vr: VR,
    /// The level that it was declared for.
    pub level: Level,
}

/// The attributes that an answer has without being asked, of one level alone.
#[must_use]
pub const fn default_attributes(level: Level, api: ApiVersion) -> &'static [Tag] {
    match (api, level) {
        (ApiVersion::V2, Level::Study) => &[
            t::STUDY_DATE,
            t::ACCESSION_NUMBER,
            t::REFERRING_PHYSICIAN_NAME,
            t::STUDY_DESCRIPTION,
            t::PATIENT_NAME,
            t::PATIENT_ID,
            t::PATIENT_BIRTH_DATE,
            t::STUDY_INSTANCE_UID,
        ],
        (ApiVersion::V2, Level::Series) => &[
            t::MODALITY,
            t::MANUFACTURER_MODEL_NAME,
            t::SERIES_INSTANCE_UID,
            t::PERFORMED_PROCEDURE_STEP_START_DATE,
        ],
        (ApiVersion::V2, Level::Instance) => &[t::SOP_INSTANCE_UID],
        (ApiVersion::V1, Level::Study) => V1_STUDY,
        (ApiVersion::V1, Level::Series) => V1_SERIES,
        (ApiVersion::V1, Level::Instance) => V1_INSTANCE,
    }
}

const V1_STUDY: &[Tag] = &[
    t::SPECIFIC_CHARACTER_SET,
    t::STUDY_DATE,
    t::STUDY_TIME,
    t::ACCESSION_NUMBER,
    t::INSTANCE_AVAILABILITY,
    t::REFERRING_PHYSICIAN_NAME,
    t::TIMEZONE_OFFSET_FROM_UTC,
    t::PATIENT_NAME,
    t::PATIENT_ID,
    t::PATIENT_BIRTH_DATE,
    t::PATIENT_SEX,
    t::STUDY_INSTANCE_UID,
    t::STUDY_ID,
];

const V1_SERIES: &[Tag] = &[
    t::SPECIFIC_CHARACTER_SET,
    t::MODALITY,
    t::TIMEZONE_OFFSET_FROM_UTC,
    t::SERIES_DESCRIPTION,
    t::SERIES_INSTANCE_UID,
    t::PERFORMED_PROCEDURE_STEP_START_DATE,
    t::PERFORMED_PROCEDURE_STEP_START_TIME,
    t::REQUEST_ATTRIBUTES_SEQUENCE,
];

const V1_INSTANCE: &[Tag] = &[
    t::SPECIFIC_CHARACTER_SET,
    t::SOP_CLASS_UID,
    t::SOP_INSTANCE_UID,
    t::INSTANCE_AVAILABILITY,
    t::TIMEZONE_OFFSET_FROM_UTC,
    t::INSTANCE_NUMBER,
    t::NUMBER_OF_FRAMES,
    t::ROWS,
    t::COLUMNS,
    t::BITS_ALLOCATED,
];

/// What `includefield=all` adds to the v1 attributes of a level at the Azure service.
pub(super) const fn all_attributes(level: Level) -> [&'static [Tag]; 2] {
    match level {
        Level::Study => [
            V1_STUDY,
            &[
                t::STUDY_DESCRIPTION,
                t::ANATOMIC_REGIONS_IN_STUDY_CODE_SEQUENCE,
                t::PROCEDURE_CODE_SEQUENCE,
                t::NAME_OF_PHYSICIANS_READING_STUDY,
                t::ADMITTING_DIAGNOSES_DESCRIPTION,
                t::REFERENCED_STUDY_SEQUENCE,
                t::PATIENT_AGE,
                t::PATIENT_SIZE,
                t::PATIENT_WEIGHT,
                t::OCCUPATION,
                t::ADDITIONAL_PATIENT_HISTORY,
            ],
        ],
        Level::Series => [V1_SERIES, &[t::SERIES_NUMBER, t::LATERALITY, t::SERIES_DATE, t::SERIES_TIME]],
        Level::Instance => [V1_INSTANCE, &[]],
    }
}

/// The attributes of one level that the Azure service searches.
#[must_use]
pub const fn filter_attributes(level: Level) -> &'static [Tag] {
    match level {
        Level::Study => &[
            t::STUDY_DATE,
            t::ACCESSION_NUMBER,
            t::MODALITIES_IN_STUDY,
            t::REFERRING_PHYSICIAN_NAME,
            t::STUDY_DESCRIPTION,
            t::PATIENT_NAME,
            t::PATIENT_ID,
            t::PATIENT_BIRTH_DATE,
            t::STUDY_INSTANCE_UID,
        ],
        Level::Series => &[
            t::MODALITY,
            t::MANUFACTURER_MODEL_NAME,
            t::SERIES_INSTANCE_UID,
            t::PERFORMED_PROCEDURE_STEP_START_DATE,
        ],
        Level::Instance => &[t::SOP_INSTANCE_UID],
    }
}

/// Whether the Azure service searches an attribute, and so refuses an invalid value of it in v1.
#[must_use]
pub fn is_indexed(tag: Tag) -> bool {
    [Level::Study, Level::Series, Level::Instance].iter().any(|l| filter_attributes(*l).contains(&tag))
}

/// The level that an attribute of the root data set belongs to; [`Level::Instance`] for all that is neither of the patient,
/// the study nor the series.
#[must_use]
pub fn level_of(tag: Tag) -> Level {
    // All of the patient and of the patient at the time of the study; group 0038 is the visit.
    if matches!(tag.0, 0x0010 | 0x0012 | 0x0038) || STUDY.contains(&tag) {
        Level::Study
    } else if SERIES.contains(&tag) {
        Level::Series
    } else {
        Level::Instance
    }
}

/// General Study, Patient Study and the attributes that a query computes for a study.
const STUDY: &[Tag] = &[
    t::STUDY_DATE,
    t::STUDY_TIME,
    t::ACCESSION_NUMBER,
    t::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE,
    t::MODALITIES_IN_STUDY,
    t::SOP_CLASSES_IN_STUDY,
    t::ANATOMIC_REGIONS_IN_STUDY_CODE_SEQUENCE,
    t::REFERRING_PHYSICIAN_NAME,
    t::REFERRING_PHYSICIAN_ADDRESS,
    t::REFERRING_PHYSICIAN_TELEPHONE_NUMBERS,
    t::REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
    t::CONSULTING_PHYSICIAN_NAME,
    t::CONSULTING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
    t::STUDY_DESCRIPTION,
    t::PROCEDURE_CODE_SEQUENCE,
    t::PHYSICIANS_OF_RECORD,
    t::PHYSICIANS_OF_RECORD_IDENTIFICATION_SEQUENCE,
    t::NAME_OF_PHYSICIANS_READING_STUDY,
    t::PHYSICIANS_READING_STUDY_IDENTIFICATION_SEQUENCE,
    t::ADMITTING_DIAGNOSES_DESCRIPTION,
    t::ADMITTING_DIAGNOSES_CODE_SEQUENCE,
    t::REFERENCED_STUDY_SEQUENCE,
    t::REFERENCED_PATIENT_SEQUENCE,
    t::STUDY_INSTANCE_UID,
    t::STUDY_ID,
    t::NUMBER_OF_STUDY_RELATED_SERIES,
    t::NUMBER_OF_STUDY_RELATED_INSTANCES,
    t::REQUESTING_PHYSICIAN,
    t::REQUESTING_SERVICE,
    t::REASON_FOR_PERFORMED_PROCEDURE_CODE_SEQUENCE,
];

/// General Series, General Equipment and the attributes that a query computes for a series.
const SERIES: &[Tag] = &[
    t::SERIES_DATE,
    t::SERIES_TIME,
    t::MODALITY,
    t::CONVERSION_TYPE,
    t::PRESENTATION_INTENT_TYPE,
    t::MANUFACTURER,
    t::INSTITUTION_NAME,
    t::INSTITUTION_ADDRESS,
    t::INSTITUTION_CODE_SEQUENCE,
    t::STATION_NAME,
    t::SERIES_DESCRIPTION,
    t::SERIES_DESCRIPTION_CODE_SEQUENCE,
    t::INSTITUTIONAL_DEPARTMENT_NAME,
    t::PERFORMING_PHYSICIAN_NAME,
    t::PERFORMING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
    t::OPERATORS_NAME,
    t::OPERATOR_IDENTIFICATION_SEQUENCE,
    t::MANUFACTURER_MODEL_NAME,
    t::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE,
    t::RELATED_SERIES_SEQUENCE,
    t::BODY_PART_EXAMINED,
    t::DEVICE_SERIAL_NUMBER,
    t::SOFTWARE_VERSIONS,
    t::PROTOCOL_NAME,
    t::SPATIAL_RESOLUTION,
    t::DATE_OF_LAST_CALIBRATION,
    t::TIME_OF_LAST_CALIBRATION,
    t::PATIENT_POSITION,
    t::SERIES_INSTANCE_UID,
    t::SERIES_NUMBER,
    t::LATERALITY,
    t::NUMBER_OF_SERIES_RELATED_INSTANCES,
    t::SMALLEST_PIXEL_VALUE_IN_SERIES,
    t::LARGEST_PIXEL_VALUE_IN_SERIES,
    t::PERFORMED_PROCEDURE_STEP_START_DATE,
    t::PERFORMED_PROCEDURE_STEP_START_TIME,
    t::PERFORMED_PROCEDURE_STEP_END_DATE,
    t::PERFORMED_PROCEDURE_STEP_END_TIME,
    t::PERFORMED_PROCEDURE_STEP_ID,
    t::PERFORMED_PROCEDURE_STEP_DESCRIPTION,
    t::PERFORMED_PROTOCOL_CODE_SEQUENCE,
    t::REQUEST_ATTRIBUTES_SEQUENCE,
    t::COMMENTS_ON_THE_PERFORMED_PROCEDURE_STEP,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order_and_of_their_level() {
        for level in [Level::Study, Level::Series, Level::Instance] {
            for api in [ApiVersion::V1, ApiVersion::V2] {
                assert!(default_attributes(level, api).is_sorted_by(|a, b| a < b));
            }
            assert!(filter_attributes(level).is_sorted_by(|a, b| a < b));
            for tag in filter_attributes(level) {
                assert_eq!(level_of(*tag), level, "{tag}");
            }
        }
        assert_eq!(STUDY.iter().find(|tag| SERIES.contains(tag)), None, "of two levels");
        let hex = |tags: &[Tag]| {
            tags.iter().map(|t| format!("{:04X}{:04X}", t.0, t.1)).collect::<Vec<_>>().join(" ")
        };
        // As the conformance statement writes them.
        assert_eq!(
            hex(default_attributes(Level::Study, ApiVersion::V2)),
            "00080020 00080050 00080090 00081030 00100010 00100020 00100030 0020000D"
        );
        assert_eq!(
            hex(default_attributes(Level::Series, ApiVersion::V2)),
            "00080060 00081090 0020000E 00400244"
        );
        assert_eq!(
            hex(default_attributes(Level::Series, ApiVersion::V1)),
            "00080005 00080060 00080201 0008103E 0020000E 00400244 00400245 00400275"
        );
    }
}
