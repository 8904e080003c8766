//! URIs that half of all codings repeat: they are pointed to and not copied.

/// The known URI that is equal to `text`.
#[inline]
pub(super) fn find(text: &str) -> Option<&'static str> {
    let mut at = slot(text.as_bytes());
    loop {
        let known = URIS.get(usize::from(TABLE.get(at).copied()?.checked_sub(1)?)).copied()?;
        if known == text {
            return Some(known);
        }
        at = (at + 1) % SLOTS;
    }
}

const SLOTS: usize = 1024;

/// Where a URI stands in the table, told from its length and its last bytes: the first ones are all alike.
const fn slot(text: &[u8]) -> usize {
    let Some(last) = text.last_chunk::<8>() else { return 0 };
    let mixed = (u64::from_le_bytes(*last) ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize
}

/// Indexes of [`URIS`] plus one, placed by [`slot`] with linear probing; 0 where there is none.
static TABLE: [u8; SLOTS] = table();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
const fn table() -> [u8; SLOTS] {
    let mut table = [0; SLOTS];
    let mut index = 0;
    while index < URIS.len() {
        let mut at = slot(URIS[index].as_bytes());
        while table[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        table[at] = index as u8 + 1;
        index += 1;
    }
    table
}

/// Code systems, extensions and profiles that are met everywhere and are too long to stand inside a value.
const URIS: &[&str] = &[
    "http://dicom.nema.org/resources/ontology/DCM",
    "http://fdasis.nlm.nih.gov",
    "http://hl7.org/fhir/StructureDefinition/bmi",
    "http://hl7.org/fhir/StructureDefinition/bodyheight",
    "http://hl7.org/fhir/StructureDefinition/bodytemp",
    "http://hl7.org/fhir/StructureDefinition/bodyweight",
    "http://hl7.org/fhir/StructureDefinition/bp",
    "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "http://hl7.org/fhir/StructureDefinition/geolocation",
    "http://hl7.org/fhir/StructureDefinition/heartrate",
    "http://hl7.org/fhir/StructureDefinition/humanname-own-name",
    "http://hl7.org/fhir/StructureDefinition/humanname-own-prefix",
    "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber",
    "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName",
    "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier",
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/oxygensat",
    "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
    "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
    "http://hl7.org/fhir/StructureDefinition/rendering-xhtml",
    "http://hl7.org/fhir/StructureDefinition/resprate",
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fmm",
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status",
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-wg",
    "http://hl7.org/fhir/StructureDefinition/vitalsigns",
    "http://hl7.org/fhir/administrative-gender",
    "http://hl7.org/fhir/observation-status",
    "http://hl7.org/fhir/resource-types",
    "http://hl7.org/fhir/restful-interaction",
    "http://hl7.org/fhir/sid/cvx",
    "http://hl7.org/fhir/sid/ex-icd-10-procedures",
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://hl7.org/fhir/sid/icd-9-cm",
    "http://hl7.org/fhir/sid/mvx",
    "http://hl7.org/fhir/sid/ndc",
    "http://hl7.org/fhir/sid/us-medicare",
    "http://hl7.org/fhir/sid/us-npi",
    "http://hl7.org/fhir/sid/us-ssn",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
    "http://ncimeta.nci.nih.gov",
    "http://nucc.org/provider-taxonomy",
    "http://standardterms.edqm.eu",
    "http://terminology.hl7.org/CodeSystem/adjudication",
    "http://terminology.hl7.org/CodeSystem/admit-source",
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
    "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason",
    "http://terminology.hl7.org/CodeSystem/audit-entity-type",
    "http://terminology.hl7.org/CodeSystem/audit-event-type",
    "http://terminology.hl7.org/CodeSystem/benefit-network",
    "http://terminology.hl7.org/CodeSystem/benefit-term",
    "http://terminology.hl7.org/CodeSystem/benefit-unit",
    "http://terminology.hl7.org/CodeSystem/care-plan-activity-outcome",
    "http://terminology.hl7.org/CodeSystem/careplan-category",
    "http://terminology.hl7.org/CodeSystem/claim-type",
    "http://terminology.hl7.org/CodeSystem/claimcareteamrole",
    "http://terminology.hl7.org/CodeSystem/claiminformationcategory",
    "http://terminology.hl7.org/CodeSystem/condition-category",
    "http://terminology.hl7.org/CodeSystem/condition-clinical",
    "http://terminology.hl7.org/CodeSystem/condition-severity",
    "http://terminology.hl7.org/CodeSystem/condition-ver-status",
    "http://terminology.hl7.org/CodeSystem/consentcategorycodes",
    "http://terminology.hl7.org/CodeSystem/consentpolicycodes",
    "http://terminology.hl7.org/CodeSystem/consentscope",
    "http://terminology.hl7.org/CodeSystem/contactentity-type",
    "http://terminology.hl7.org/CodeSystem/coverage-class",
    "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "http://terminology.hl7.org/CodeSystem/definition-topic",
    "http://terminology.hl7.org/CodeSystem/diagnosis-role",
    "http://terminology.hl7.org/CodeSystem/discharge-disposition",
    "http://terminology.hl7.org/CodeSystem/dose-rate-type",
    "http://terminology.hl7.org/CodeSystem/encounter-diet",
    "http://terminology.hl7.org/CodeSystem/encounter-special-arrangements",
    "http://terminology.hl7.org/CodeSystem/encounter-status",
    "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
    "http://terminology.hl7.org/CodeSystem/endpoint-payload-type",
    "http://terminology.hl7.org/CodeSystem/ex-benefitcategory",
    "http://terminology.hl7.org/CodeSystem/ex-claimsubtype",
    "http://terminology.hl7.org/CodeSystem/ex-diagnosisrelatedgroup",
    "http://terminology.hl7.org/CodeSystem/ex-diagnosistype",
    "http://terminology.hl7.org/CodeSystem/ex-serviceplace",
    "http://terminology.hl7.org/CodeSystem/explanationofbenefit-status",
    "http://terminology.hl7.org/CodeSystem/fundsreserve",
    "http://terminology.hl7.org/CodeSystem/goal-achievement",
    "http://terminology.hl7.org/CodeSystem/goal-category",
    "http://terminology.hl7.org/CodeSystem/goal-priority",
    "http://terminology.hl7.org/CodeSystem/immunization-funding-source",
    "http://terminology.hl7.org/CodeSystem/immunization-origin",
    "http://terminology.hl7.org/CodeSystem/immunization-program-eligibility",
    "http://terminology.hl7.org/CodeSystem/immunization-reason",
    "http://terminology.hl7.org/CodeSystem/library-type",
    "http://terminology.hl7.org/CodeSystem/list-empty-reason",
    "http://terminology.hl7.org/CodeSystem/list-order",
    "http://terminology.hl7.org/CodeSystem/location-physical-type",
    "http://terminology.hl7.org/CodeSystem/measurement-principle",
    "http://terminology.hl7.org/CodeSystem/medication-admin-category",
    "http://terminology.hl7.org/CodeSystem/medication-statement-category",
    "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
    "http://terminology.hl7.org/CodeSystem/medicationrequest-course-of-therapy",
    "http://terminology.hl7.org/CodeSystem/object-role",
    "http://terminology.hl7.org/CodeSystem/observation-category",
    "http://terminology.hl7.org/CodeSystem/observation-statistics",
    "http://terminology.hl7.org/CodeSystem/organization-type",
    "http://terminology.hl7.org/CodeSystem/payeetype",
    "http://terminology.hl7.org/CodeSystem/payment-type",
    "http://terminology.hl7.org/CodeSystem/plan-definition-type",
    "http://terminology.hl7.org/CodeSystem/practitioner-role",
    "http://terminology.hl7.org/CodeSystem/processpriority",
    "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
    "http://terminology.hl7.org/CodeSystem/reference-range-meaning",
    "http://terminology.hl7.org/CodeSystem/restful-interaction",
    "http://terminology.hl7.org/CodeSystem/security-source-type",
    "http://terminology.hl7.org/CodeSystem/service-category",
    "http://terminology.hl7.org/CodeSystem/service-type",
    "http://terminology.hl7.org/CodeSystem/subscriber-relationship",
    "http://terminology.hl7.org/CodeSystem/usage-context-type",
    "http://terminology.hl7.org/CodeSystem/v2-0001",
    "http://terminology.hl7.org/CodeSystem/v2-0074",
    "http://terminology.hl7.org/CodeSystem/v2-0092",
    "http://terminology.hl7.org/CodeSystem/v2-0131",
    "http://terminology.hl7.org/CodeSystem/v2-0203",
    "http://terminology.hl7.org/CodeSystem/v2-0360",
    "http://terminology.hl7.org/CodeSystem/v2-0371",
    "http://terminology.hl7.org/CodeSystem/v2-0443",
    "http://terminology.hl7.org/CodeSystem/v2-0487",
    "http://terminology.hl7.org/CodeSystem/v2-0493",
    "http://terminology.hl7.org/CodeSystem/v2-0916",
    "http://terminology.hl7.org/CodeSystem/v2-0936",
    "http://terminology.hl7.org/CodeSystem/v3-ActClass",
    "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://terminology.hl7.org/CodeSystem/v3-ActMood",
    "http://terminology.hl7.org/CodeSystem/v3-ActPriority",
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender",
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "http://terminology.hl7.org/CodeSystem/v3-DataOperation",
    "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion",
    "http://terminology.hl7.org/CodeSystem/v3-EntityNameUse",
    "http://terminology.hl7.org/CodeSystem/v3-Ethnicity",
    "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation",
    "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
    "http://terminology.hl7.org/CodeSystem/v3-Race",
    "http://terminology.hl7.org/CodeSystem/v3-ReligiousAffiliation",
    "http://terminology.hl7.org/CodeSystem/v3-RoleClass",
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
    "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration",
    "http://terminology.hl7.org/CodeSystem/v3-TimingEvent",
    "http://terminology.hl7.org/CodeSystem/v3-substanceAdminSubstitution",
    "http://unitsofmeasure.org",
    "http://www.ama-assn.org/go/cpt",
    "http://www.cms.gov/Medicare/Coding/ICD10",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://www.nubc.org/patient-discharge",
    "https://bluebutton.cms.gov/resources/codesystem/adjudication",
    "https://bluebutton.cms.gov/resources/identifier/claim-group",
    "https://bluebutton.cms.gov/resources/variables/clm_id",
    "https://bluebutton.cms.gov/resources/variables/line_cms_type_srvc_cd",
    "https://github.com/synthetichealth/synthea",
    "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_and_nothing_else() {
        for uri in URIS {
            assert!(uri.len() > 24, "{uri}");
            assert_eq!(find(uri), Some(*uri));
            assert_eq!(find(&uri.replace("hl7", "hl8")).is_some(), !uri.contains("hl7"), "{uri}");
            assert_eq!(find(&format!("{uri}x")), None);
        }
        assert_eq!(find(""), None);
    }
}
