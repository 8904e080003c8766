//! DICOM: headers read beside dicom-rs, instances stored and found.

use crate::data::Data;
use crate::row::{Row, against, seconds};
use crate::store::{ask, engine};
use hygea_dicom::{File, ReadOptions};
use hygea_service::Method;
use std::hint::black_box;
use std::time::Instant;

const DICOM: &str = "/demo/dicom/images/v2";

/// A CT of 40 kB and the rates on it.
pub(crate) fn dicom(_data: &Data) -> Result<Vec<Row>, String> {
    let folder = std::env::var_os("HYGEA_PYDICOM_DATA")
        .ok_or("HYGEA_PYDICOM_DATA names no folder with DICOM files")?;
    let path = std::path::Path::new(&folder).join("data/test_files/CT_small.dcm");
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let options = ReadOptions::new().stop_before_pixels();
    File::read(&bytes, &options).map_err(|error| error.to_string())?;
    let (ours, _, ratio) = against(
        || {
            black_box(File::read(black_box(&bytes), &options).is_ok());
        },
        || {
            let reader = dicom_object::OpenFileOptions::new().read_until(hygea_dicom::tags::PIXEL_DATA);
            black_box(reader.from_reader(black_box(bytes.get(128..).unwrap_or_default())).is_ok());
        },
    );
    let mut rows = vec![
        Row::new("header of a CT from memory", ours * 1e6, "µs")
            .ratio(ratio, "dicom-object 0.10")
            .at_least(1.0),
    ];

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let engine = engine(folder.path())?;
    let uid = instance_uid(&bytes)?;
    let (mut stored, start) = (0_u32, Instant::now());
    for batch in 0..20 {
        let mut body = Vec::new();
        for index in 0..50 {
            body.extend_from_slice(b"--b\r\nContent-Type: application/dicom\r\n\r\n");
            body.extend_from_slice(&renamed(&bytes, &uid, batch * 50 + index));
            body.extend_from_slice(b"\r\n");
            stored += 1;
        }
        body.extend_from_slice(b"--b--\r\n");
        let media_type = r#"multipart/related; type="application/dicom"; boundary=b"#;
        ask(&engine, Method::Post, &format!("{DICOM}/studies"), media_type, &body)?;
    }
    let time = start.elapsed().as_secs_f64();
    rows.push(
        Row::new("STOW of 40 kB instances, 50 a request, durable", f64::from(stored) / time, "instances/s")
            .at_least(2000.0),
    );
    let target = format!("{DICOM}/instances?Modality=CT&limit=100");
    ask(&engine, Method::Get, &target, "", &[])?;
    let page = seconds(|| {
        black_box(ask(&engine, Method::Get, &target, "", &[]).map_or(0, |bytes| bytes.len()));
    });
    rows.push(Row::new("QIDO page of 100 instances", page * 1e3, "ms").at_most(5.0));
    engine.close().map_err(|error| error.to_string())?;
    Ok(rows)
}

fn instance_uid(bytes: &[u8]) -> Result<String, String> {
    let file =
        File::read(bytes, &ReadOptions::new().stop_before_pixels()).map_err(|error| error.to_string())?;
    let uid = file.data_set().element(hygea_dicom::tags::SOP_INSTANCE_UID).and_then(|element| element.text());
    uid.map(|uid| uid.into_owned()).ok_or_else(|| "the file has no SOPInstanceUID".to_owned())
}

/// The file under another instance UID of the same length.
fn renamed(bytes: &[u8], uid: &str, number: u32) -> Vec<u8> {
    let suffix = format!("{number:06}");
    let other = format!("{}{suffix}", uid.get(..uid.len() - suffix.len()).unwrap_or_default());
    let mut out = bytes.to_vec();
    let (from, to) = (uid.as_bytes(), other.as_bytes());
    let mut at = 0;
    while let Some(found) =
        out.get(at..).and_then(|rest| rest.windows(from.len()).position(|window| window == from))
    {
        if let Some(place) = out.get_mut(at + found..at + found + to.len()) {
            place.copy_from_slice(to);
        }
        at += found + to.len();
    }
    out
}
