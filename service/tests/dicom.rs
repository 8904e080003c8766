//! DICOMweb over the engine: files are stored, found and given back as they came, and bad input leaves nothing behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking"
)]

use hygea_dicom::json::{Bulk, to_string};
use hygea_dicom::multipart::{Limits, boundary_of, split};
use hygea_dicom::write::{self, Implementation, clear_preamble};
use hygea_dicom::{
    DataSetBuilder, File, ReadOptions, Rules, Tag, TransferSyntax, VR, media_type::MediaType, stow, tags,
};
use hygea_service::{
    Body, Call, Engine, FolderStorage, Headers, MemoryStorage, Method, Options, Request, Storage,
};
use hygea_store_sqlite::SqliteStores;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const BASE: &str = "/demo/dicom/images/v2";
const FULL: &str = "http://images.example/demo/dicom/images/v2";

struct Client {
    engine: Engine,
    base: &'static str,
}

struct Answer {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        if self.body.is_empty() { Value::Null } else { serde_json::from_slice(&self.body).unwrap() }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The contents of a multipart body.
    fn parts(&self) -> Vec<(String, Vec<u8>)> {
        let media_type = MediaType::parse(self.headers.first("content-type").unwrap()).unwrap();
        let boundary = boundary_of(&media_type).unwrap();
        let parts = split(&self.body, &boundary, &Limits::default()).unwrap();
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        parts.iter().map(|part| (owned(part.headers.content_type()), part.content.to_vec())).collect()
    }
}

impl Client {
    fn over(storage: impl Storage + 'static) -> Self {
        Self { engine: Engine::open(storage, Options::development()).unwrap(), base: BASE }
    }

    fn new() -> Self {
        Self::over(MemoryStorage::new())
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body<'static>>,
    ) -> Answer {
        let target = format!("{}{path}", self.base);
        let body: Body<'_> = body.into();
        let mut request = Request::new(method, &target).body(body);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = self.engine.handle(&Call::new().base_url("http://images.example"), request);
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.into_bytes().unwrap() }
    }

    fn get(&self, path: &str, accept: &str) -> Answer {
        let headers = [("accept", accept)];
        self.send(Method::Get, path, if accept.is_empty() { &[] } else { &headers }, "")
    }

    fn store(&self, path: &str, files: &[&[u8]]) -> Answer {
        self.send(Method::Post, path, &[("content-type", MULTIPART)], multipart(files))
    }

    /// What a search finds: the values of one attribute.
    fn find(&self, path: &str, tag: &str) -> Vec<String> {
        let answer = self.get(path, "application/dicom+json");
        match answer.status {
            204 => Vec::new(),
            200 => answer.json().as_array().unwrap().iter().map(|row| value(row, tag)).collect(),
            status => panic!("{path}: {status} {}", answer.text()),
        }
    }

    fn count(&self, path: &str) -> usize {
        let tag = if path.contains("instances") { "00080018" } else { "0020000D" };
        self.find(path, tag).len()
    }

    fn is_empty(&self) -> bool {
        ["/studies", "/series", "/instances"].iter().all(|path| self.count(path) == 0)
    }
}

fn value(row: &Value, tag: &str) -> String {
    match &row[tag]["Value"][0] {
        Value::String(text) => text.clone(),
        Value::Object(name) => name["Alphabetic"].as_str().unwrap_or_default().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

const MULTIPART: &str = "multipart/related; type=\"application/dicom\"; boundary=B-1";

fn multipart(files: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    for file in files {
        body.extend_from_slice(b"--B-1\r\nContent-Type: application/dicom\r\n\r\n");
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--B-1--\r\n");
    body
}

/// A small file: study, series and instance by number, and more elements.
fn file(study: u32, series: u32, instance: u32, more: impl FnOnce(&mut DataSetBuilder)) -> Vec<u8> {
    let mut built = DataSetBuilder::new();
    built
        .text(tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.2")
        .text(tags::SOP_INSTANCE_UID, VR::UI, &format!("1.{study}.{series}.{instance}"))
        .text(tags::STUDY_INSTANCE_UID, VR::UI, &format!("1.{study}"))
        .text(tags::SERIES_INSTANCE_UID, VR::UI, &format!("1.{study}.{series}"))
        .text(tags::PATIENT_ID, VR::LO, &format!("P{study}"));
    more(&mut built);
    let writer = Implementation { class_uid: "1.2.3", version_name: "TEST" };
    let mut out = Vec::new();
    write::file(&built.build().as_data_set(), &TransferSyntax::EXPLICIT_LITTLE, writer, &mut out).unwrap();
    out
}

/// Two studies: one with two series of two and one instance, one with one.
fn filled(client: &Client) {
    let described = |modality: &'static str, name: &'static str, date: &'static str| {
        move |built: &mut DataSetBuilder| {
            built
                .text(tags::MODALITY, VR::CS, modality)
                .text(tags::PATIENT_NAME, VR::PN, name)
                .text(tags::STUDY_DATE, VR::DA, date)
                .text(tags::STATION_NAME, VR::SH, "Room 7")
                .bytes(tags::PIXEL_DATA, VR::OW, &[7; 64]);
        }
    };
    let files = [
        file(1, 1, 1, described("CT", "Müller^Ann", "20200101")),
        file(1, 1, 2, described("CT", "Müller^Ann", "20200101")),
        file(1, 2, 1, described("PT", "Müller^Ann", "20200101")),
        file(2, 1, 1, described("MR", "Doe^John", "20210305")),
    ];
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let answer = client.store("/studies", &files);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn searches_at_all_levels() {
    let client = Client::new();
    assert!(client.is_empty());
    filled(&client);
    let table: &[(&str, &str, &[&str])] = &[
        ("/studies", "0020000D", &["1.1", "1.2"]),
        ("/studies?PatientID=P2", "0020000D", &["1.2"]),
        ("/studies?PatientID=p2", "0020000D", &["1.2"]),
        ("/studies?00100020=P3", "0020000D", &[]),
        ("/studies?PatientName=MULLER^ann", "0020000D", &["1.1"]),
        ("/studies?PatientName=M%C3%BCller*", "0020000D", &["1.1"]),
        ("/studies?PatientName=*ann", "0020000D", &["1.1"]),
        ("/studies?PatientName=jo%20do&fuzzymatching=true", "0020000D", &[]),
        ("/studies?PatientName=do%20jo&fuzzymatching=true", "0020000D", &["1.2"]),
        ("/studies?PatientName=mul&fuzzymatching=true", "0020000D", &["1.1"]),
        ("/studies?StudyDate=20210101-20211231", "0020000D", &["1.2"]),
        ("/studies?StudyDate=-20200101", "0020000D", &["1.1"]),
        ("/studies?StudyInstanceUID=1.1,1.2,1.9", "0020000D", &["1.1", "1.2"]),
        ("/studies?ModalitiesInStudy=PT", "0020000D", &["1.1"]),
        ("/studies?ModalitiesInStudy=M*", "0020000D", &["1.2"]),
        ("/studies?ModalitiesInStudy=*T", "0020000D", &["1.1"]),
        ("/studies?PatientID=", "0020000D", &["1.1", "1.2"]),
        ("/series?Modality=CT", "0020000E", &["1.1.1"]),
        ("/series?ModalitiesInStudy=PT", "0020000E", &["1.1.1", "1.1.2"]),
        ("/series?StationName=room%207&Modality=PT", "0020000E", &["1.1.2"]),
        ("/series?StationName=nowhere", "0020000E", &[]),
        ("/studies/1.1/series", "0020000E", &["1.1.1", "1.1.2"]),
        ("/studies/1.9/series", "0020000E", &[]),
        ("/instances", "00080018", &["1.1.1.1", "1.1.1.2", "1.1.2.1", "1.2.1.1"]),
        ("/instances?SOPInstanceUID=1.1.1.2", "00080018", &["1.1.1.2"]),
        ("/studies/1.1/instances?Modality=CT", "00080018", &["1.1.1.1", "1.1.1.2"]),
        ("/studies/1.1/series/1.1.2/instances", "00080018", &["1.1.2.1"]),
        ("/studies/1.2/series/1.1.2/instances", "00080018", &[]),
        ("/instances?orderby=-SOPInstanceUID&limit=2&offset=1", "00080018", &["1.1.2.1", "1.1.1.2"]),
        ("/instances?orderby=SOPInstanceUID&offset=3", "00080018", &["1.2.1.1"]),
        ("/instances?orderby=SOPInstanceUID&offset=1&StationName=room*&limit=1", "00080018", &["1.1.1.2"]),
        ("/instances?offset=4", "00080018", &[]),
        ("/instances?limit=0", "00080018", &[]),
    ];
    for (path, tag, wanted) in table {
        let mut found = client.find(path, tag);
        if !path.contains("orderby") {
            found.sort();
        }
        assert_eq!(found, *wanted, "{path}");
    }
    let answer = client.get("/studies?PatientID=P1", "");
    assert_eq!(answer.headers.first("content-type"), Some("application/dicom+json"));
    let row = &answer.json()[0];
    let names: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(names, ["00080020", "00100010", "00100020", "0020000D"]);
    let counted =
        "includefield=ModalitiesInStudy,NumberOfStudyRelatedInstances,00201206&includefield=RetrieveURL";
    let row = &client.get(&format!("/studies?PatientID=P1&{counted}"), "").json()[0];
    assert_eq!(row["00080061"]["Value"], json!(["CT", "PT"]));
    assert_eq!(row["00201206"]["Value"], json!([2]));
    assert_eq!(row["00201208"]["Value"], json!([3]));
    assert_eq!(value(row, "00081190"), format!("{FULL}/studies/1.1"));
    let series = &client.get("/studies/1.1/series?Modality=CT&includefield=00201209", "").json()[0];
    assert_eq!(series["00201209"]["Value"], json!([2]));
    assert_eq!(value(series, "0020000D"), "1.1");
}

#[test]
fn wrong_requests_name_what_is_wrong() {
    let client = Client::new();
    filled(&client);
    let get = Method::Get;
    for (method, path, accept, status, says) in [
        (get, "/studies?Patientid2=1", "", 400, "Patientid2"),
        (get, "/studies?StudyDate=2020", "", 400, "StudyDate"),
        (get, "/studies?StudyDate=20210101-20200101", "", 400, "StudyDate"),
        (get, "/studies?limit=x", "", 400, "limit"),
        (get, "/studies?Modality=CT", "", 400, "Modality"),
        (get, "/studies?PatientID=1&PatientID=2", "", 400, "PatientID"),
        (get, "/studies?NumberOfStudyRelatedInstances=1", "", 400, "computed"),
        (get, "/studies/1.1/series?StudyInstanceUID=1.1", "", 400, "StudyInstanceUID"),
        (get, "/studies/a_b/series", "", 400, "UID"),
        (get, "/studies", "application/dicom+xml", 406, ""),
        (get, "/studies/1.9", "", 404, ""),
        (get, "/studies/1.9/metadata", "", 404, ""),
        (get, "/studies/1.1/series/1.1.1/instances/9", "", 404, ""),
        (get, "/studies/a_b", "", 400, "UID"),
        (get, "/studies/1.1/metadata", "text/html", 406, ""),
        (get, "/studies/1.1", "image/jpeg", 406, ""),
        (get, "/studies/1.1/nothing", "", 404, ""),
        (get, "/nothing", "", 404, ""),
        (Method::Put, "/studies", "", 405, "PUT"),
        (Method::Delete, "/studies/1.9", "", 404, ""),
        (Method::Delete, "/studies", "", 405, "DELETE"),
        (Method::Post, "/studies", "", 415, "application/dicom"),
    ] {
        let headers = [("accept", accept)];
        let answer = client.send(method, path, if accept.is_empty() { &[] } else { &headers }, "");
        assert_eq!(answer.status, status, "{method:?} {path} {accept}: {}", answer.text());
        assert!(answer.text().contains(says), "{path}: {}", answer.text());
        assert_eq!(answer.json()["error"]["details"].as_array().map(Vec::len), Some(1), "{path}");
    }
    assert_eq!(client.count("/instances"), 4);
}

/// Broken input, and what is said of it.
#[test]
fn hostile_input_leaves_nothing() {
    let whole = file(1, 1, 1, |built| {
        built
            .text(tags::STUDY_DATE, VR::DA, "20200101")
            .sequence(Tag(0x0008, 0x1140), |items| {
                items.item(|item| {
                    item.text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, "1.2.3");
                });
            })
            .bytes(tags::PIXEL_DATA, VR::OW, &[1; 300]);
    });
    let good = multipart(&[&whole]);
    let dicom = "application/dicom";
    let mut table: Vec<(String, &str, Vec<u8>, u16, &str)> = vec![
        ("no multipart".into(), MULTIPART, b"hello".to_vec(), 400, "delimiter"),
        ("no part headers".into(), MULTIPART, b"--B-1\r\nx\r\n--B-1--".to_vec(), 400, "empty line"),
        (
            "no boundary".into(),
            "multipart/related; type=\"application/dicom\"",
            good.clone(),
            400,
            "boundary",
        ),
        (
            "another type".into(),
            "multipart/related; type=\"image/jpeg\"; boundary=B-1",
            good.clone(),
            415,
            "",
        ),
        ("JSON".into(), "application/dicom+json", b"[]".to_vec(), 415, ""),
        (
            "a text".into(),
            dicom,
            b"This is no DICOM file, but a text that is long enough.".to_vec(),
            409,
            "DICOM100",
        ),
        (
            "a part of another type".into(),
            MULTIPART,
            b"--B-1\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--B-1--".to_vec(),
            415,
            "application/dicom",
        ),
    ];
    // After the first byte: without any byte there is no instance, which is no fault of the caller.
    for at in 1..good.len() - 4 {
        table.push((format!("multipart cut at {at}"), MULTIPART, good[..at].to_vec(), 400, "byte"));
    }
    for at in 1..whole.len() {
        table.push((format!("file cut at {at}"), dicom, whole[..at].to_vec(), 409, "DICOM100"));
    }
    let client = Client::new();
    for (name, content_type, body, status, says) in table {
        let answer = client.send(Method::Post, "/studies", &[("content-type", content_type)], body);
        // A cut between two elements before all that is required is a whole file that lacks something; after it, it is whole.
        let between = name.starts_with("file cut") && matches!(answer.status, 200 | 202);
        if between {
            let elements = File::read(&whole, &ReadOptions::new()).unwrap();
            let starts: BTreeSet<u64> = elements.data_set().iter().map(|e| e.position()).collect();
            let at: u64 = name.rsplit(' ').next().unwrap().parse().unwrap();
            assert!(starts.iter().any(|s| at == s - 8 || at == s - 12), "{name} is no end of an element");
            let gone = client.send(Method::Delete, "/studies/1.1", &[], "");
            assert_eq!(gone.status, 204, "{name}");
            continue;
        }
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert!(answer.text().contains(says), "{name}: {}", answer.text());
    }
    assert!(client.is_empty());
    let wrong_study = client.store("/studies/1.77", &[&whole]);
    assert_eq!(wrong_study.status, 409);
    assert_eq!(wrong_study.json()["00081198"]["Value"][0]["00081197"]["Value"], json!([43265]));
    for (status, body) in [(204, vec![]), (204, b"--B-1--".to_vec())] {
        let answer = client.send(Method::Post, "/studies", &[("content-type", MULTIPART)], body);
        assert_eq!((answer.status, answer.body.len()), (status, 0));
    }
    // A good instance in a body that is cut afterwards is not stored either.
    let cut = [&multipart(&[&whole])[..], b"x"].concat();
    let cut = [&cut[..cut.len() - 10], b"\r\n--B-1\r\n\r\nrest"].concat();
    assert_eq!(client.send(Method::Post, "/studies", &[("content-type", MULTIPART)], cut).status, 400);
    assert!(client.is_empty());
}

#[test]
fn the_same_instance_is_stored_once() {
    let client = Client::new();
    let (one, two) = (file(1, 1, 1, |_| {}), file(1, 1, 2, |_| {}));
    let first = client.store("/studies/1.1", &[&one, &one]);
    assert_eq!(first.status, 202, "{}", first.text());
    let body = first.json();
    assert_eq!(value(&body, "00081190"), format!("{FULL}/studies/1.1"));
    let stored = &body["00081199"]["Value"][0];
    assert_eq!(value(stored, "00081155"), "1.1.1.1");
    assert_eq!(value(stored, "00081190"), format!("{FULL}/studies/1.1/series/1.1.1/instances/1.1.1.1"));
    assert_eq!(body["00081198"]["Value"][0]["00081197"]["Value"], json!([45070]));
    assert_eq!(client.store("/studies", &[&one]).status, 409);
    assert_eq!(client.store("/studies", &[&one, &two]).status, 202);
    assert_eq!(client.count("/instances"), 2);
    // Many at once: each is stored by one of them.
    let files: Vec<Vec<u8>> = (10..30).map(|number| file(3, 1, number, |_| {})).collect();
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let stored: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| client.store("/studies", &all).json())).collect();
        let count = |answer: Value| answer["00081199"]["Value"].as_array().map_or(0, Vec::len);
        threads.into_iter().map(|thread| count(thread.join().unwrap())).sum()
    });
    assert_eq!(stored, 20);
    assert_eq!(client.count("/studies/1.3/instances"), 20);
}

#[test]
fn deleting_takes_what_is_below_and_what_is_left_empty() {
    let client = Client::new();
    filled(&client);
    let delete = |path: &str| client.send(Method::Delete, path, &[], "").status;
    assert_eq!(delete("/studies/1.1/series/1.1.2/instances/1.1.2.1"), 204);
    assert_eq!(client.find("/studies/1.1/series", "0020000E"), ["1.1.1"]);
    assert_eq!(delete("/studies/1.1/series/1.1.1/instances/1.1.1.2"), 204);
    assert_eq!(client.find("/studies/1.1/instances", "00080018"), ["1.1.1.1"]);
    assert_eq!(delete("/studies/1.1/series/1.1.1"), 204);
    assert_eq!(client.find("/studies", "0020000D"), ["1.2"]);
    assert_eq!(delete("/studies/1.1"), 404);
    assert_eq!(delete("/studies/1.2"), 204);
    assert!(client.is_empty());
    // It may be stored anew.
    filled(&client);
    assert_eq!(client.count("/instances"), 4);
}

/// Larger than what is held in memory, in pieces, with bad ends.
#[test]
fn large_files_flow_through() {
    let pixels: Vec<u8> = (0..20_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
    let whole = file(1, 1, 1, |built| {
        built.bytes(tags::PIXEL_DATA, VR::OW, &pixels);
    });
    let client = Client::new();
    let dicom = [("content-type", "application/dicom")];
    let cut = client.send(Method::Post, "/studies", &dicom, whole[..whole.len() - 1].to_vec());
    assert_eq!(cut.status, 409);
    assert!(cut.text().contains("(7FE0,0010)"), "{}", cut.text());
    assert!(client.is_empty());
    let reader = Body::Reader(Box::new(std::io::Cursor::new(multipart(&[&whole]))));
    let stored = client.send(Method::Post, "/studies", &[("content-type", MULTIPART)], reader);
    assert_eq!(stored.status, 200, "{}", stored.text());
    let path = "/studies/1.1/series/1.1.1/instances/1.1.1.1";
    let back = client.get(path, "application/dicom; transfer-syntax=*");
    assert_eq!((back.status, back.body == whole), (200, true));
    let small = client.get(&format!("{path}/metadata"), "").json();
    assert_eq!(value(&small[0], "00080018"), "1.1.1.1");
}

/// The same for fragments, whose end is looked up in the blob.
#[test]
fn large_fragments_flow_through() {
    let plain = file(1, 1, 1, |_| {});
    let read = File::read(&plain, &ReadOptions::new()).unwrap();
    let writer = Implementation { class_uid: "1.2.3", version_name: "TEST" };
    let rle = TransferSyntax::from_uid("1.2.840.10008.1.2.5").unwrap();
    let mut whole = Vec::new();
    write::file(&read.data_set(), &rle, writer, &mut whole).unwrap();
    whole.extend_from_slice(b"\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\0\0\0\0");
    for _ in 0..3 {
        whole.extend_from_slice(b"\xFE\xFF\x00\xE0");
        whole.extend_from_slice(&7_000_000_u32.to_le_bytes());
        whole.resize(whole.len() + 7_000_000, 5);
    }
    let fragments = whole.len();
    whole.extend_from_slice(b"\xFE\xFF\xDD\xE0\0\0\0\0");
    let mut broken = whole.clone();
    broken[fragments] = 0;
    let client = Client::new();
    let dicom = [("content-type", "application/dicom")];
    for bytes in [&whole[..fragments - 1], &whole[..fragments], &whole[..whole.len() - 1], &broken] {
        let answer = client.send(Method::Post, "/studies", &dicom, bytes.to_vec());
        assert_eq!(answer.status, 409, "{}", bytes.len());
        assert!(answer.text().contains("(7FE0,0010)") && answer.text().contains("byte"), "{}", answer.text());
    }
    assert!(client.is_empty());
    assert_eq!(client.send(Method::Post, "/studies", &dicom, whole.clone()).status, 200);
    let back = client.get("/studies/1.1/series/1.1.1/instances/1.1.1.1", "application/dicom, */*;q=0.1");
    assert_eq!((back.status, back.parts()[0].1 == whole), (200, true));
}

#[test]
fn metadata_and_forms() {
    let client = Client::new();
    filled(&client);
    let first = client.get("/studies/1.1/metadata", "application/dicom+json");
    let etag = first.headers.first("etag").unwrap().to_owned();
    assert_eq!(first.json().as_array().map(Vec::len), Some(3));
    let ninth = file(1, 1, 9, |built| {
        built.text(tags::MODALITY, VR::CS, "CT");
    });
    let again = client.send(Method::Get, "/studies/1.1/metadata", &[("if-none-match", etag.as_str())], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(client.store("/studies", &[&ninth]).status, 200);
    let later = client.send(Method::Get, "/studies/1.1/metadata", &[("if-none-match", etag.as_str())], "");
    assert_eq!((later.status, later.json().as_array().map(Vec::len)), (200, Some(4)));
    assert_eq!(client.get("/studies/1.1/series/1.1.1/metadata", "").json().as_array().map(Vec::len), Some(3));
    assert_eq!(client.get("/studies/1.1/series/1.1.1", "*/*").parts().len(), 3);
    assert_eq!(client.get("/studies/1.1", "multipart/related; type=application/dicom").parts().len(), 4);
    let head = client.send(Method::Head, "/studies/1.1/metadata", &[], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    let dated = file(9, 1, 1, |built| {
        built.text(tags::STUDY_DATE, VR::DA, "2020");
    });
    let v1 = Client { engine: client.engine.clone(), base: "/demo/dicom/images/v1" };
    assert_eq!(v1.find("/series?Modality=CT", "00080060"), ["CT"]);
    assert_eq!(v1.store("/studies", &[&dated]).status, 409);
    let warned = client.store("/studies", &[&dated]);
    assert_eq!(warned.status, 202);
    let comment = &warned.json()["00081199"]["Value"][0]["00741048"]["Value"][0];
    assert!(value(comment, "00000902").starts_with("DICOM100: (0008,0020) - "), "{comment}");
}

/// The DICOM files of the reference data and of the pydicom wheel.
fn files() -> Vec<PathBuf> {
    let root = std::env::var_os("HYGEA_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let pydicom = std::env::var_os("HYGEA_PYDICOM_DATA").map(PathBuf::from);
    let mut found = Vec::new();
    for (name, folder) in [("HYGEA_TEST_DATA", Some(root.join("dicom"))), ("HYGEA_PYDICOM_DATA", pydicom)] {
        let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
            println!("left out: no DICOM files of {name}");
            continue;
        };
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "dcm") {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    found
}

/// Stores every file, and asks of each that is stored what it should be by the crate that read it.
fn real_files_come_back(client: &Client) {
    let mut stored: BTreeMap<String, (PathBuf, Vec<u8>)> = BTreeMap::new();
    let (mut refused, mut doubled, mut total) = (0, 0, 0);
    for path in files() {
        total += 1;
        let mut bytes = std::fs::read(&path).unwrap();
        let expected = File::read(&bytes, &ReadOptions::new()).ok();
        let accepted = expected.and_then(|file| stow::check(&file, None, &Rules::HYGEA).ok());
        let answer = client.store("/studies", &[&bytes]);
        let Some(accepted) = accepted else {
            assert_eq!(answer.status, 409, "{}: {}", path.display(), answer.text());
            refused += 1;
            continue;
        };
        let id = accepted.identity;
        let place = format!("/studies/{}/series/{}/instances/{}", id.study, id.series, id.instance);
        if stored.contains_key(&place) {
            assert_eq!(answer.status, 409, "{}", path.display());
            doubled += 1;
            continue;
        }
        let wanted = if accepted.warnings.is_empty() { 200 } else { 202 };
        assert_eq!(answer.status, wanted, "{}: {}", path.display(), answer.text());
        clear_preamble(&mut bytes);
        stored.insert(place, (path, bytes));
    }
    println!("{total} files: {} stored, {refused} refused, {doubled} stored already", stored.len());
    let mut converted = 0;
    for (place, (path, bytes)) in &stored {
        let name = path.display();
        let back = client.get(place, "application/dicom; transfer-syntax=*");
        assert_eq!((back.status, &back.body == bytes), (200, true), "{name}");
        let parts =
            client.get(place, "multipart/related; type=\"application/dicom\"; transfer-syntax=*").parts();
        assert!(parts.len() == 1 && &parts[0].1 == bytes, "{name}");
        let file = File::read(bytes, &ReadOptions::new()).unwrap();
        assert!(parts[0].0.ends_with(file.transfer_syntax().uid()), "{name}: {}", parts[0].0);
        let metadata = client.get(&format!("{place}/metadata"), "");
        let wanted = format!("[{}]", to_string(&file.data_set(), Bulk::Omit));
        assert_eq!(metadata.text(), wanted, "{name}");
        // In the default transfer syntax, where the pixels are not compressed.
        let explicit = client.get(place, "application/dicom");
        if explicit.status == 200 {
            let again = File::read(&explicit.body, &ReadOptions::new()).unwrap();
            assert_eq!(again.transfer_syntax().uid(), "1.2.840.10008.1.2.1", "{name}");
            let whole = |file: &File<'_>| to_string(&file.data_set(), Bulk::Inline);
            assert_eq!(whole(&again), whole(&file), "{name}");
            converted += 1;
        } else {
            assert!(
                explicit.status == 406 && file.transfer_syntax().is_encapsulated(),
                "{name}: {}",
                explicit.text()
            );
        }
        let uids: Vec<&str> = place.split('/').collect();
        let (study, series, instance) = (uids[2], uids[4], uids[6]);
        for (search, tag, wanted) in [
            (format!("/studies?StudyInstanceUID={study}"), "0020000D", study),
            (format!("/series?SeriesInstanceUID={series}&StudyInstanceUID={study}"), "0020000E", series),
            (format!("/studies/{study}/series?SeriesInstanceUID={series}"), "0020000E", series),
            (
                format!("{}?SOPInstanceUID={instance}", place.rsplit_once('/').unwrap().0),
                "00080018",
                instance,
            ),
        ] {
            assert_eq!(client.find(&search, tag), [wanted], "{name} {search}");
        }
    }
    println!("{converted} of them in explicit VR little endian");
    assert_eq!(client.count("/instances?limit=5000"), stored.len());
}

#[test]
fn real_files_in_memory() {
    real_files_come_back(&Client::new());
}

#[test]
fn real_files_on_disk_outlive_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let stores = SqliteStores::open(folder.path().join("stores")).unwrap();
        Client::over(FolderStorage::new(stores, folder.path().join("blobs")))
    };
    let client = open();
    real_files_come_back(&client);
    filled(&client);
    let before = client.count("/instances?limit=5000");
    client.engine.close().unwrap();
    drop(client);
    let client = open();
    assert_eq!(client.count("/instances?limit=5000"), before);
    let parts = client.get("/studies/1.1", "").parts();
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|(_, content)| File::read(content, &ReadOptions::new()).is_ok()));
}
