//! Storage requests: which instances are taken and refused, and what is answered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

mod support;

use std::collections::BTreeMap;

use hygea_dicom::stow::{Accepted, Failure, Refused, StoreResponse, StoreStatus, Stored, check, unreadable};
use hygea_dicom::write::{self, Implementation};
use hygea_dicom::{
    ApiVersion, DataSetBuilder, File, ReadOptions, Rules, Tag, TransferSyntax, Truncation, VR, tags,
};
use serde_json::{Value, json};

fn file(change: impl FnOnce(&mut DataSetBuilder)) -> Vec<u8> {
    let mut b = DataSetBuilder::new();
    b.text(tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.2");
    change(&mut b);
    let implementation = Implementation { class_uid: "1.2.3", version_name: "TEST" };
    let mut out = Vec::new();
    write::file(&b.build().as_data_set(), &TransferSyntax::EXPLICIT_LITTLE, implementation, &mut out)
        .unwrap();
    out
}

fn with(elements: &[(Tag, VR, &str)]) -> Vec<u8> {
    file(|b| {
        for (tag, vr, text) in elements {
            b.text(*tag, *vr, text);
        }
    })
}

const IDENTITY: [(Tag, VR, &str); 4] = [
    (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.4.5"),
    (tags::PATIENT_ID, VR::LO, "17"),
    (tags::STUDY_INSTANCE_UID, VR::UI, "1.2.3"),
    (tags::SERIES_INSTANCE_UID, VR::UI, "1.2.3.4"),
];

fn checked(bytes: &[u8], study: Option<&str>, rules: &Rules) -> Result<Accepted, Refused> {
    check(&File::read(bytes, &ReadOptions::new()).unwrap(), study, rules)
}

/// The identity with one value changed, or left out.
fn changed(tag: Tag, value: Option<&'static str>) -> Vec<u8> {
    let elements: Vec<_> = IDENTITY
        .iter()
        .filter_map(|row| if row.0 == tag { value.map(|v| (row.0, row.1, v)) } else { Some(*row) })
        .collect();
    with(&elements)
}

#[test]
fn required_attributes() {
    let (v1, v2) = (Rules::AZURE_V1, Rules::AZURE_V2);
    for (tag, value, rules, wanted) in [
        (Tag(0, 0), None, &v2, None),
        (tags::STUDY_INSTANCE_UID, None, &v2, Some("DICOM100: (0020,000D) - missing")),
        (tags::SERIES_INSTANCE_UID, Some(""), &v2, Some("DICOM100: (0020,000E) - empty")),
        (
            tags::SOP_INSTANCE_UID,
            Some("1.2/3"),
            &v2,
            Some("DICOM100: (0008,0018) - not a UID of 1 to 64 digits, letters, dots and hyphens"),
        ),
        (tags::SOP_INSTANCE_UID, Some("1.2\\1.3"), &v2, Some("DICOM100: (0008,0018) - more than one value")),
        (tags::SOP_INSTANCE_UID, Some("a-b.1"), &v2, None),
        (tags::PATIENT_ID, None, &v2, Some("DICOM100: (0010,0020) - missing")),
        (tags::PATIENT_ID, Some(""), &v2, None),
        (tags::PATIENT_ID, Some(""), &v1, Some("DICOM100: (0010,0020) - empty")),
        (
            tags::PATIENT_ID,
            Some("0123456789012345678901234567890123456789012345678901234567890123456789"),
            &v2,
            Some("DICOM100: (0010,0020) - more than 64 characters"),
        ),
    ] {
        let found = checked(&changed(tag, value), None, rules);
        let shown = found.as_ref().err().map(|r| (r.failure, r.comments[0].as_str()));
        assert_eq!(shown, wanted.map(|w| (Failure::Validation, w)), "{tag} {value:?}");
    }
    let same = changed(Tag(0, 0), None);
    assert!(checked(&same, Some("1.2.3"), &v2).is_ok());
    let refused = checked(&same, Some("1.2.4"), &v2).unwrap_err();
    assert_eq!((refused.failure, refused.instance.as_deref()), (Failure::StudyMismatch, Some("1.2.3.4.5")));
}

#[test]
fn other_invalid_values_are_warned_of_in_v2_and_refused_in_v1_where_they_are_indexed() {
    let mut elements = IDENTITY.to_vec();
    elements.push((tags::STUDY_DATE, VR::DA, "NotADate"));
    elements.push((tags::SLICE_THICKNESS, VR::DS, "thick"));
    let bytes = with(&elements);
    let accepted = checked(&bytes, None, &Rules::HYGEA).unwrap();
    assert_eq!(
        accepted.warnings,
        [
            "DICOM100: (0008,0020) - not a date of the form YYYYMMDD",
            "DICOM100: (0018,0050) - not a decimal number"
        ]
    );
    let refused = checked(&bytes, None, &Rules::HYGEA.with_api(ApiVersion::V1)).unwrap_err();
    assert_eq!(refused.comments, ["DICOM100: (0008,0020) - not a date of the form YYYYMMDD"]);
    elements.remove(4);
    assert_eq!(checked(&with(&elements), None, &Rules::AZURE_V1).unwrap().warnings, [""; 0]);
}

#[test]
fn answers_say_what_became_of_each() {
    let good = checked(&changed(Tag(0, 0), None), None, &Rules::HYGEA).unwrap();
    let mut warned = good.clone();
    warned.warnings = vec!["DICOM100: (0008,0020) - x".into()];
    let stored = |accepted: &Accepted| Stored {
        accepted: accepted.clone(),
        retrieve_url: "http://h/studies/1.2.3/series/1.2.3.4/instances/1.2.3.4.5".into(),
    };
    let mut response = StoreResponse::new();
    assert_eq!(response.status(), StoreStatus::NoContent);
    response.stored(stored(&good));
    assert_eq!(response.status().code(), 200);
    let mut two = response.clone();
    two.stored(stored(&warned));
    assert_eq!(two.status(), StoreStatus::Accepted);
    let unread = File::read(b"no DICOM", &ReadOptions::new()).unwrap_err();
    two.refused(unreadable(&unread));
    two.failed(&good, Failure::Exists);
    assert_eq!(two.status(), StoreStatus::Accepted);
    let text = two.to_json(Some("http://h/studies/1.2.3"));
    let class = "1.2.840.10008.5.1.4.1.1.2";
    let url = "http://h/studies/1.2.3/series/1.2.3.4/instances/1.2.3.4.5";
    let reference = json!({"00081150": {"vr": "UI", "Value": [class]}, "00081155": {"vr": "UI", "Value": ["1.2.3.4.5"]},
        "00081190": {"vr": "UR", "Value": [url]}});
    let mut with_warning = reference.clone();
    with_warning["00081196"] = json!({"vr": "US", "Value": [1]});
    with_warning["00741048"] =
        json!({"vr": "SQ", "Value": [{"00000902": {"vr": "LO", "Value": ["DICOM100: (0008,0020) - x"]}}]});
    let comment = "DICOM100: neither DICM after a preamble nor an element of a data set, byte 0";
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({
            "00081190": {"vr": "UR", "Value": ["http://h/studies/1.2.3"]},
            "00081198": {"vr": "SQ", "Value": [
                {"00081197": {"vr": "US", "Value": [43264]},
                 "00741048": {"vr": "SQ", "Value": [{"00000902": {"vr": "LO", "Value": [comment]}}]}},
                {"00081150": {"vr": "UI", "Value": [class]}, "00081155": {"vr": "UI", "Value": ["1.2.3.4.5"]},
                 "00081197": {"vr": "US", "Value": [45070]}},
            ]},
            "00081199": {"vr": "SQ", "Value": [reference, with_warning]},
        })
    );
    let mut none = StoreResponse::new();
    none.failed(&good, Failure::Pending);
    assert_eq!(none.status(), StoreStatus::Conflict);
    assert!(!none.to_json(Some("http://h")).contains("00081190"));
}

#[test]
fn real_files_are_taken() {
    let (mut taken, mut warned, mut refused) = (0, 0, BTreeMap::<String, usize>::new());
    for path in support::folders().iter().flat_map(|f| support::files(f)) {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(file) = File::read(&bytes, &ReadOptions::new().truncation(Truncation::Refuse)) else {
            continue;
        };
        match check(&file, None, &Rules::HYGEA) {
            Ok(accepted) => {
                taken += 1;
                warned += usize::from(!accepted.warnings.is_empty());
            }
            Err(reason) => *refused.entry(reason.comments.join("; ")).or_default() += 1,
        }
    }
    println!("{taken} files taken, {warned} of them with warnings");
    for (reason, count) in refused {
        println!("{count} × {reason}");
    }
    if support::reference().is_some() && support::pydicom().is_some() {
        assert!(taken >= 150, "fewer files than there were");
    }
}
