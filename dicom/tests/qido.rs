//! Queries: what is parsed and refused under each set of rules, what matches, what is answered.
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

use hygea_dicom::json::{self, Bulk, ReadLimits};
use hygea_dicom::qido::{
    Computed, CustomAttribute, IndexValue, Key, Level, Query, Resource, filter_attributes, index,
};
use hygea_dicom::{
    AttributePath, DataSetBuf, DataSetBuilder, ErrorKind, File, ReadOptions, Rules, Tag, Truncation, VR, tags,
};
use proptest::prelude::*;

const STUDY: &str = "1.2.3";
const SERIES: &str = "1.2.3.4";

fn study_series() -> Resource {
    Resource::StudySeries { study: STUDY.into() }
}

fn study_instances() -> Resource {
    Resource::StudyInstances { study: STUDY.into() }
}

fn series_instances() -> Resource {
    Resource::SeriesInstances { study: STUDY.into(), series: SERIES.into() }
}

fn parse(resource: &Resource, query: &str, rules: &Rules) -> Result<Query, ErrorKind> {
    Query::parse(resource, query, rules, &[]).map_err(|e| {
        assert!(!format!("{e} {e:?}").contains("SECRET"), "a value in an error: {e}");
        e.kind()
    })
}

fn instance() -> DataSetBuf {
    let mut b = DataSetBuilder::new();
    b.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192")
        .text(tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.2")
        .text(tags::SOP_INSTANCE_UID, VR::UI, "1.2.3.4.5")
        .text(tags::STUDY_DATE, VR::DA, "20200115")
        .text(tags::STUDY_TIME, VR::TM, "101530.5")
        .text(tags::ACQUISITION_DATE_TIME, VR::DT, "20200115101530+0100")
        .text(tags::ACCESSION_NUMBER, VR::SH, "A-7")
        .text(tags::MODALITY, VR::CS, "CT")
        .text(tags::STUDY_DESCRIPTION, VR::LO, "Thorax é")
        .text(tags::MANUFACTURER_MODEL_NAME, VR::LO, "Model 1\\Model 2")
        .text(tags::PATIENT_NAME, VR::PN, "Müller^Jörg Karl=山田^太郎=やまだ^たろう")
        .text(tags::PATIENT_ID, VR::LO, "P 17 ")
        .text(tags::PATIENT_BIRTH_DATE, VR::DA, "1970")
        .text(tags::PATIENT_SEX, VR::CS, "")
        .text(tags::STUDY_INSTANCE_UID, VR::UI, STUDY)
        .text(tags::SERIES_INSTANCE_UID, VR::UI, SERIES)
        .text(tags::INSTANCE_NUMBER, VR::IS, " 7")
        .unsigned_short(tags::ROWS, 512)
        .sequence(tags::REQUEST_ATTRIBUTES_SEQUENCE, |items| {
            items.item(|item| {
                item.text(tags::SCHEDULED_PROCEDURE_STEP_ID, VR::SH, "S1");
            });
            items.item(|item| {
                item.text(tags::SCHEDULED_PROCEDURE_STEP_ID, VR::SH, "S2");
            });
        })
        .text(Tag(0x0051, 0x0010), VR::LO, "ACME")
        .text(Tag(0x0051, 0x1001), VR::LO, "Private");
    b.build()
}

#[test]
fn values_match_as_the_standard_says() {
    let built = instance();
    let set = built.as_data_set();
    for (query, wanted) in [
        ("", true),
        ("PatientID=P 17", true),
        ("PatientID=p%2017", true),
        ("PatientID=P", false),
        ("00100020=P+17", true),
        ("PatientID=P*", true),
        ("PatientID=*7", true),
        ("PatientID=P?1?", true),
        ("PatientID=?", false),
        ("PatientID=*", true),
        ("PatientID=", true),
        ("PatientID=X%5CP 17", true),
        ("PatientSex=", true),
        ("PatientSex=M", false),
        ("PatientSex=%22%22&emptyvaluematching=true", true),
        ("PatientWeight=%22%22&emptyvaluematching=true", true),
        ("PatientID=%22%22&emptyvaluematching=true", false),
        // Accents count in ordinary text, case does not.
        ("StudyDescription=THORAX%20%C3%89", true),
        ("StudyDescription=Thorax%20e", false),
        // In names neither counts; any writing of the name may match.
        ("PatientName=muller^jorg karl", true),
        ("PatientName=M%C3%9CLLER^J%C3%96RG%20KARL^^", true),
        ("PatientName=muller", false),
        ("PatientName=muller*", true),
        ("PatientName=*karl", true),
        ("PatientName=山田^太郎", true),
        ("PatientName=山田*", true),
        ("PatientName=muller*=山田*", true),
        ("PatientName=muller*=鈴木*", false),
        ("PatientName=*=*=やまだ*", true),
        ("PatientName=%3D山田*", true),
        ("PatientName=jorg&fuzzymatching=true", true),
        ("PatientName=mul jor&fuzzymatching=true", true),
        ("PatientName=muller^jorg&fuzzymatching=true", true),
        ("PatientName=jorg mul&fuzzymatching=true", false),
        ("PatientName=ller&fuzzymatching=true", false),
        ("PatientName=太郎&fuzzymatching=true", true),
        // Dates, times, date-times.
        ("StudyDate=20200115", true),
        ("StudyDate=20200116", false),
        ("StudyDate=20200101-20200131", true),
        ("StudyDate=20200115-", true),
        ("StudyDate=-20200114", false),
        ("StudyTime=101530.5", true),
        ("StudyTime=1015", true),
        ("StudyTime=1000-1100", true),
        ("StudyTime=-09", false),
        ("AcquisitionDateTime=20200115091530", true),
        ("AcquisitionDateTime=20200115101530%2B0100", true),
        ("AcquisitionDateTime=20200115101530-0100", false),
        ("AcquisitionDateTime=20200114-20200115", true),
        ("AcquisitionDateTime=20200115101530%2B0100-20200116", true),
        // An invalid value in the file is not found, and harms nothing.
        ("PatientBirthDate=19700101", false),
        // UIDs, numbers, several values, sequences, private attributes.
        ("SOPInstanceUID=1.2.3.4.5", true),
        ("SOPInstanceUID=1.2.3.4", false),
        ("SOPInstanceUID=9.9,1.2.3.4.5", true),
        ("SOPInstanceUID=9.9%5C1.2.3.4.5", true),
        ("InstanceNumber=7", true),
        ("InstanceNumber=007", true),
        ("InstanceNumber=8", false),
        ("Rows=512", true),
        ("ManufacturerModelName=Model 2", true),
        ("RequestAttributesSequence.ScheduledProcedureStepID=S2", true),
        ("00400275.00400009=S3", false),
        ("00511001=private", true),
        ("ModalitiesInStudy=CT", true),
        ("ModalitiesInStudy=MR", false),
        ("ModalitiesInStudy=MR%5CCT", true),
        ("Modality=CT&PatientID=P 17&StudyDate=20200115", true),
        ("Modality=CT&PatientID=P 18", false),
    ] {
        let query = Query::parse(&Resource::Instances, query, &Rules::HYGEA, &[])
            .unwrap_or_else(|e| panic!("{query}: {e}"));
        assert_eq!(query.matches(&set), wanted, "{:?}", query.filters);
    }
    for (resource, wanted) in [(study_instances(), true), (series_instances(), true)] {
        assert_eq!(parse(&resource, "", &Rules::HYGEA).unwrap().matches(&set), wanted);
    }
    let other = Resource::StudySeries { study: "1.2".into() };
    assert!(!parse(&other, "", &Rules::HYGEA).unwrap().matches(&set));
}

#[test]
fn parameters_are_refused_with_their_kind() {
    use ErrorKind::{
        DuplicateParameter as Duplicate, InvalidParameter as Invalid, InvalidUid,
        UnknownAttribute as Unknown, UnsupportedMatching, UnsupportedParameter as Unsupported,
    };
    let hygea = &Rules::HYGEA;
    let azure = &Rules::AZURE_V2;
    for (resource, query, rules, wanted) in [
        (Resource::Studies, "Nobody=SECRET", hygea, Err(Unknown)),
        (Resource::Studies, "00100010=", hygea, Ok(())),
        (Resource::Studies, "limit=x", hygea, Err(Invalid)),
        (Resource::Studies, "limit=", hygea, Err(Invalid)),
        (Resource::Studies, "limit=-1", hygea, Err(Invalid)),
        (Resource::Studies, "limit=100000", hygea, Ok(())),
        (Resource::Studies, "limit=1&limit=2", hygea, Err(Duplicate)),
        (Resource::Studies, "offset=-1", hygea, Err(Invalid)),
        (Resource::Studies, "fuzzymatching=maybe", hygea, Err(Invalid)),
        (Resource::Studies, "PatientName=%22SECRET&fuzzymatching=true", hygea, Err(Invalid)),
        (Resource::Studies, "PatientName=%C3", hygea, Err(Invalid)),
        (Resource::Studies, "PatientName=%", hygea, Err(Invalid)),
        (Resource::Studies, "StudyDate=2020", hygea, Err(Invalid)),
        (Resource::Studies, "StudyDate=SECRET", hygea, Err(Invalid)),
        (Resource::Studies, "StudyDate=-", hygea, Err(Invalid)),
        (Resource::Studies, "StudyDate=20200201-20200101", hygea, Err(Invalid)),
        (Resource::Studies, "StudyDate=20200101-20200102-20200103", hygea, Err(Invalid)),
        (Resource::Studies, "StudyInstanceUID=1/2", hygea, Err(Invalid)),
        (Resource::Studies, "StudyInstanceUID=,", hygea, Err(Invalid)),
        (Resource::Studies, "PatientWeight=heavy", hygea, Err(Invalid)),
        (Resource::Studies, "PatientID=1&PatientID=2", hygea, Err(Duplicate)),
        (Resource::Studies, "PatientID=1&00100020=2", hygea, Err(Duplicate)),
        (Resource::Studies, "ProcedureCodeSequence=x", hygea, Err(UnsupportedMatching)),
        (Resource::Studies, "ProcedureCodeSequence=", hygea, Ok(())),
        // What describes less than an answer cannot be matched.
        (Resource::Studies, "Modality=CT", hygea, Err(Unsupported)),
        (Resource::Series, "SOPInstanceUID=1", hygea, Err(Unsupported)),
        (Resource::Series, "PatientName=x", hygea, Ok(())),
        (study_series(), "StudyInstanceUID=1.2.3", hygea, Err(Duplicate)),
        (study_series(), "PatientName=x", hygea, Ok(())),
        (study_series(), "PatientName=x", azure, Err(Unsupported)),
        (study_instances(), "Modality=CT", azure, Ok(())),
        (series_instances(), "Modality=CT", azure, Err(Unsupported)),
        (series_instances(), "SOPInstanceUID=1", azure, Ok(())),
        (Resource::StudySeries { study: "1/2".into() }, "", hygea, Err(InvalidUid)),
        (Resource::Studies, "includefield=Nobody", hygea, Err(Unknown)),
        (Resource::Studies, "includefield=", hygea, Err(Unknown)),
        (Resource::Studies, "includefield=all&includefield=PatientSex", hygea, Ok(())),
        (Resource::Studies, "includefield=all,PatientSex", azure, Err(Invalid)),
        (Resource::Studies, "includefield=PatientSex,00100021", azure, Ok(())),
        (Resource::Studies, "includefield=ProcedureCodeSequence.CodeValue", azure, Err(Unsupported)),
        (Resource::Studies, "orderby=StudyDate,-PatientName", hygea, Ok(())),
        (Resource::Studies, "orderby=Nobody", hygea, Err(Unknown)),
        (Resource::Studies, "orderby=Modality", hygea, Err(Unsupported)),
        // What the Azure service refuses.
        (Resource::Studies, "limit=0", azure, Err(Invalid)),
        (Resource::Studies, "limit=200", azure, Ok(())),
        (Resource::Studies, "limit=201", azure, Err(Invalid)),
        (Resource::Studies, "orderby=StudyDate", azure, Err(Unknown)),
        (Resource::Studies, "emptyvaluematching=true", azure, Err(Unknown)),
        (Resource::Studies, "PatientName=", azure, Err(UnsupportedMatching)),
        (Resource::Studies, "PatientName=a*", azure, Ok(())),
        (Resource::Studies, "PatientSex=M", azure, Err(Unsupported)),
        (Resource::Studies, "StudyInstanceUID=1.2,1.3", azure, Err(Invalid)),
        (Resource::Studies, "ReferencedStudySequence.ReferencedSOPInstanceUID=1", azure, Err(Unsupported)),
        (Resource::Instances, "TimezoneOffsetFromUTC=x", azure, Err(Unsupported)),
    ] {
        let found = parse(&resource, query, rules).map(|_| ());
        assert_eq!(found, wanted, "{resource:?} {query}");
    }
    let query = parse(&Resource::Studies, "limit=100000&offset=5", hygea).unwrap();
    assert_eq!((query.limit, query.limit_lowered, query.offset), (5000, true, 5));
    assert_eq!(parse(&Resource::Studies, "", azure).unwrap().limit, 100);
    let error = Query::parse(&Resource::Studies, "StudyDate=SECRET", hygea, &[]).unwrap_err();
    assert_eq!(error.parameter(), Some("StudyDate"));
    // Without wildcards a star is a character.
    let starred = parse(&Resource::Studies, "PatientName=a*", azure).unwrap();
    assert!(matches!(&starred.filters[0].keys[0], Key::Name(_)));
    assert!(!starred.matches(&instance().as_data_set()));
}

#[test]
fn custom_attributes_are_searched_under_all_rules() {
    let custom = [
        CustomAttribute { path: AttributePath::parse("00511001").unwrap(), vr: VR::LO, level: Level::Series },
        CustomAttribute { path: AttributePath::parse("Rows").unwrap(), vr: VR::US, level: Level::Instance },
    ];
    let parse = |resource: &Resource, text: &str| {
        Query::parse(resource, text, &Rules::AZURE_V2, &custom).map_err(|e| e.kind())
    };
    let built = instance();
    assert!(parse(&Resource::Series, "00511001=PRIVATE").unwrap().matches(&built.as_data_set()));
    assert!(parse(&Resource::Instances, "Rows=512").unwrap().matches(&built.as_data_set()));
    assert_eq!(parse(&Resource::Studies, "00511001=x").unwrap_err(), ErrorKind::UnsupportedParameter);
    assert_eq!(parse(&Resource::Instances, "Columns=512").unwrap_err(), ErrorKind::UnsupportedParameter);
}

fn answered(resource: &Resource, query: &str, rules: &Rules) -> Vec<String> {
    let query = parse(resource, query, rules).unwrap();
    let selection = query.selection(rules);
    let stored = json::to_string(&instance().as_data_set(), Bulk::Omit);
    let computed = Computed {
        modalities_in_study: Some(vec!["CT".into(), "PR".into()]),
        study_related_series: Some(2),
        study_related_instances: Some(30),
        series_related_instances: Some(25),
        retrieve_url: Some("http://host/studies/1.2.3".into()),
        instance_availability: Some("ONLINE".into()),
    };
    let mut out = Vec::new();
    selection.write_answer(stored.as_bytes(), &computed, &mut out).unwrap();
    let back = json::read(&out, &ReadLimits::default()).unwrap();
    let tags: Vec<Tag> = back.as_data_set().iter().map(|e| e.tag()).collect();
    assert!(tags.is_sorted_by(|a, b| a < b));
    tags.iter().map(|t| format!("{:04X}{:04X}", t.0, t.1)).collect()
}

#[test]
fn answers_have_the_attributes_of_their_level() {
    const STUDY_V2: &str = "00080020 00080050 00081030 00100010 00100020 00100030 0020000D";
    for (resource, query, rules, wanted) in [
        (Resource::Studies, "", &Rules::HYGEA, STUDY_V2),
        (Resource::Studies, "", &Rules::AZURE_V2, STUDY_V2),
        (
            Resource::Series,
            "",
            &Rules::HYGEA,
            "00080020 00080050 00080060 00081030 00081090 00100010 00100020 00100030 0020000D 0020000E",
        ),
        (
            Resource::Instances,
            "",
            &Rules::HYGEA,
            "00080018 00080020 00080050 00080060 00081030 00081090 00100010 00100020 00100030 0020000D 0020000E",
        ),
        (study_series(), "", &Rules::HYGEA, "00080060 00081090 0020000D 0020000E"),
        (study_instances(), "", &Rules::HYGEA, "00080018 00080060 00081090 0020000D 0020000E"),
        (series_instances(), "", &Rules::HYGEA, "00080018 0020000D 0020000E"),
        (series_instances(), "includefield=Rows", &Rules::HYGEA, "00080018 0020000D 0020000E 00280010"),
        (
            series_instances(),
            "includefield=RequestAttributesSequence.ScheduledProcedureStepID,00511001",
            &Rules::HYGEA,
            "00080018 0020000D 0020000E 00400275 00511001",
        ),
        // Computed ones are answered when they are asked for, or matched.
        (
            series_instances(),
            "includefield=RetrieveURL,NumberOfSeriesRelatedInstances",
            &Rules::HYGEA,
            "00080018 00081190 0020000D 0020000E 00201209",
        ),
        (
            Resource::Studies,
            "ModalitiesInStudy=CT&includefield=00201208",
            &Rules::AZURE_V2,
            "00080020 00080050 00080061 00081030 00100010 00100020 00100030 0020000D 00201208",
        ),
        (
            series_instances(),
            "includefield=all",
            &Rules::AZURE_V2,
            "00080005 00080016 00080018 00080056 0020000D 0020000E 00200013 00280010",
        ),
        (
            Resource::Studies,
            "includefield=all",
            &Rules::HYGEA,
            "00080005 00080020 00080030 00080050 00080056 00081030 00100010 00100020 00100030 00100040 0020000D",
        ),
        (
            series_instances(),
            "",
            &Rules::AZURE_V1,
            "00080005 00080016 00080018 00080056 0020000D 0020000E 00200013 00280010",
        ),
    ] {
        assert_eq!(answered(&resource, query, rules).join(" "), wanted, "{resource:?} {query}");
    }
    // Everything that is stored of an instance.
    let all = answered(&series_instances(), "includefield=all", &Rules::HYGEA);
    assert!(all.contains(&"00511001".to_owned()) && all.contains(&"00080060".to_owned()), "{all:?}");
}

#[test]
fn order_is_by_value_and_what_is_missing_comes_last() {
    let make = |number: &str, name: &str| {
        let mut b = DataSetBuilder::new();
        b.text(tags::PATIENT_NAME, VR::PN, name).text(tags::INSTANCE_NUMBER, VR::IS, number);
        b.build()
    };
    let sets = [make("10", "b"), make("9", "Á"), make("", "c"), make("9", "")];
    for (order, wanted) in [
        ("InstanceNumber,PatientName", [1, 3, 0, 2]),
        ("-InstanceNumber,-PatientName", [0, 1, 3, 2]),
        ("PatientName", [1, 0, 2, 3]),
        ("-PatientName", [2, 0, 1, 3]),
    ] {
        let query = parse(&Resource::Instances, &format!("orderby={order}"), &Rules::HYGEA).unwrap();
        let mut order = [0, 1, 2, 3];
        order.sort_by(|a, b| query.compare(&sets[*a].as_data_set(), &sets[*b].as_data_set()));
        assert_eq!(order, wanted, "{order:?}");
    }
}

#[test]
fn every_file_is_found_by_its_own_values() {
    let options = ReadOptions::new().truncation(Truncation::PixelData);
    let attributes: Vec<(AttributePath, VR)> = [Level::Study, Level::Series, Level::Instance]
        .into_iter()
        .flat_map(filter_attributes)
        .map(|t| AttributePath::root(*t))
        .map(|p| (p.clone(), p.vr()))
        .collect();
    let (mut files, mut found) = (0, 0);
    for path in support::folders().iter().flat_map(|f| support::files(f)) {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(file) = File::read(&bytes, &options) else { continue };
        files += 1;
        for (attribute, value) in index(&file.data_set(), attributes.iter().map(|(p, vr)| (p, *vr))) {
            let (IndexValue::Uid(text) | IndexValue::Text(text) | IndexValue::Name { text, .. }) = value
            else {
                continue;
            };
            let pairs = [(attribute.to_string(), text.replace(['*', '?'], "?").replace(',', "?"))];
            let pairs = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            let query = Query::from_pairs(&Resource::Instances, pairs, &Rules::HYGEA, &[]).unwrap();
            assert!(query.matches(&file.data_set()), "{} {attribute}", path.display());
            found += 1;
        }
    }
    println!("{files} files found by {found} of their values");
}

/// The plainest meaning of wildcards.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => {
            naive(rest, text) || text.split_first().is_some_and(|(_, t)| naive(pattern, t))
        }
        (Some(('?', rest)), Some((_, text))) => naive(rest, text),
        (Some((p, rest)), Some((t, text))) => p == t && naive(rest, text),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn wildcards_mean_what_they_mean(pattern in "[ab*?]{1,8}", text in "[ab]{1,8}") {
        let mut b = DataSetBuilder::new();
        b.text(tags::PATIENT_ID, VR::LO, &text);
        let set = b.build();
        let query = Query::from_pairs(&Resource::Studies, [("PatientID", pattern.as_str())], &Rules::HYGEA, &[]).unwrap();
        let chars = |t: &str| t.chars().collect::<Vec<_>>();
        prop_assert_eq!(query.matches(&set.as_data_set()), naive(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,100}") {
        for rules in [Rules::HYGEA, Rules::AZURE_V1] {
            let _ = Query::parse(&Resource::Instances, &text, &rules, &[]);
        }
    }

    #[test]
    fn no_query_makes_the_parser_panic(tokens in proptest::collection::vec(prop::sample::select(vec![
        "PatientName", "StudyDate", "StudyTime", "AcquisitionDateTime", "00100020", "limit", "offset", "includefield", "orderby",
        "fuzzymatching", "=", "&", "true", "20200101", "-", "+0100", "%", "%2B", "*", "?", ".", ",", "\\", "^", "é", "1.2", "all",
    ]), 0..20)) {
        let text = tokens.concat();
        if let Ok(query) = Query::parse(&Resource::Instances, &text, &Rules::HYGEA, &[]) {
            let _ = query.matches(&instance().as_data_set());
            let _ = query.selection(&Rules::HYGEA);
        }
    }
}
