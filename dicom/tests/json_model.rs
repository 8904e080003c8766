//! The DICOM JSON model: written values against pydicom's, and everything written read back.
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
use hygea_dicom::{
    DataSetBuilder, Encoding, ErrorKind, File, ReadOptions, Tag, TagPath, Truncation, VR, WarningKind,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn uri(path: &TagPath) -> String {
    format!("bulk/{}", path.to_uri())
}

const BY_URI: Bulk<'static> = Bulk::Uri { above: 64, uri: &uri };

#[test]
fn each_representation_has_its_form() {
    let mut b = DataSetBuilder::new();
    b.text(Tag(0x0008, 0x0005), VR::CS, "ISO_IR 100")
        .text(Tag(0x0008, 0x0008), VR::CS, "ORIGINAL\\\\AXIAL ")
        .text(Tag(0x0008, 0x0018), VR::UI, "1.2.3\0")
        .text(Tag(0x0008, 0x0020), VR::DA, "")
        .text(Tag(0x0009, 0x0010), VR::LO, "ACME \"1\"\t")
        .bytes(Tag(0x0009, 0x1001), VR::UN, b"\x01\x02\x03")
        .text(Tag(0x0010, 0x0010), VR::PN, "Yamada^Tarou==やまだ^たろう\\\\=x")
        .text(Tag(0x0018, 0x0050), VR::DS, "+1.50\\.5\\bad ")
        .bytes(Tag(0x0018, 0x6024), VR::FD, &f64::NAN.to_le_bytes())
        .text(Tag(0x0020, 0x0013), VR::IS, " 007")
        .sequence(Tag(0x0008, 0x1140), |items| {
            items.item(|item| {
                item.text(Tag(0x0008, 0x1155), VR::UI, "1.2");
            });
            items.item(|_| {});
        })
        .sequence(Tag(0x0008, 0x1199), |_| {})
        .bytes(Tag(0x0028, 0x0009), VR::AT, &[0x18, 0, 0x63, 0x10])
        .bytes(Tag(0x0028, 0x0106), VR::SS, &(-5_i16).to_le_bytes())
        .bytes(Tag(0x0040, 0x9224), VR::FL, &0.1_f32.to_le_bytes())
        .bytes(Tag(0x0072, 0x0082), VR::SV, &i64::MIN.to_le_bytes())
        .text(Tag(0x4000, 0x4000), VR::LT, "a\\b\r\n ")
        .bytes(Tag(0x7FE0, 0x0010), VR::OW, &[1, 2, 3, 4]);
    let built = b.build();
    let text = json::to_string(&built.as_data_set(), BY_URI);
    let wanted = json!({
        "00080005": {"vr": "CS", "Value": ["ISO_IR 100"]},
        "00080008": {"vr": "CS", "Value": ["ORIGINAL", null, "AXIAL"]},
        "00080018": {"vr": "UI", "Value": ["1.2.3"]},
        "00080020": {"vr": "DA"},
        "00081140": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2"]}}, {}]},
        "00081199": {"vr": "SQ"},
        "00090010": {"vr": "LO", "Value": ["ACME \"1\"\t"]},
        "00091001": {"vr": "UN", "InlineBinary": "AQID"},
        "00100010": {"vr": "PN", "Value": [
            {"Alphabetic": "Yamada^Tarou", "Phonetic": "やまだ^たろう"}, null, {"Ideographic": "x"}]},
        "00180050": {"vr": "DS", "Value": [1.5, 0.5, "bad"]},
        "00186024": {"vr": "FD", "Value": ["NaN"]},
        "00200013": {"vr": "IS", "Value": [7]},
        "00280009": {"vr": "AT", "Value": ["00181063"]},
        "00280106": {"vr": "SS", "Value": [-5]},
        "00409224": {"vr": "FL", "Value": [f64::from(0.1_f32)]},
        "00720082": {"vr": "SV", "Value": ["-9223372036854775808"]},
        "40004000": {"vr": "LT", "Value": ["a\\b\r\n"]},
        "7FE00010": {"vr": "OW", "BulkDataURI": "bulk/7FE00010"},
    });
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), wanted, "{text}");
    assert!(text.contains("[1.50,0.5,\"bad\"]"), "digits are kept: {text}");
    let keys: Vec<&str> = text.match_indices("\":{\"vr\"").map(|(at, _)| &text[at - 8..at]).collect();
    assert!(keys.is_sorted_by(|a, b| a < b || *b == "00081155" || *a == "00081155"), "{keys:?}");
    // Read back, it is written the same.
    let back = json::read(text.as_bytes(), &ReadLimits::default()).unwrap();
    assert_eq!(json::to_string(&back.as_data_set(), BY_URI), text);
    let set = back.as_data_set();
    assert_eq!(set.person_name(Tag(0x0010, 0x0010)).unwrap().family(), "Yamada");
    assert_eq!(set.element(Tag(0x7FE0, 0x0010)).unwrap().bulk_data_uri(), Some("bulk/7FE00010"));
    assert_eq!(json::to_string(&set, Bulk::Omit).matches("7FE00010").count(), 0);
}

#[test]
fn what_is_not_the_model_is_refused_with_its_place() {
    for (text, kind, path) in [
        ("", ErrorKind::JsonModel, ""),
        ("[]", ErrorKind::JsonModel, ""),
        ("{\"0010001\":{}}", ErrorKind::JsonModel, ""),
        ("{\"00100010\":[]}", ErrorKind::JsonModel, "(0010,0010)"),
        ("{\"00100010\":{\"vr\":\"XX\"}}", ErrorKind::JsonModel, "(0010,0010)"),
        ("{\"00100010\":{\"vr\":\"PN\",\"Value\":{}}}", ErrorKind::JsonModel, "(0010,0010)"),
        ("{\"00080018\":{\"vr\":\"UI\",\"Value\":[1]}}", ErrorKind::JsonModel, "(0008,0018)"),
        ("{\"00280010\":{\"vr\":\"US\",\"Value\":[70000]}}", ErrorKind::JsonModel, "(0028,0010)"),
        ("{\"00280010\":{\"vr\":\"US\",\"Value\":[null]}}", ErrorKind::JsonModel, "(0028,0010)"),
        ("{\"00186024\":{\"vr\":\"FD\",\"Value\":[1e999]}}", ErrorKind::JsonModel, "(0018,6024)"),
        ("{\"00080020\":{\"vr\":\"LO\",\"Value\":[\"a\\\\b\"]}}", ErrorKind::JsonModel, "(0008,0020)"),
        ("{\"00091001\":{\"vr\":\"OB\",\"InlineBinary\":\"*\"}}", ErrorKind::JsonModel, "(0009,1001)"),
        ("{\"00091001\":{\"vr\":\"OB\",\"Value\":[\"x\"]}}", ErrorKind::JsonModel, "(0009,1001)"),
        ("{\"00080020\":{\"vr\":\"DA\"},\"00080020\":{\"vr\":\"DA\"}}", ErrorKind::JsonModel, ""),
        ("{\"00080020\":{\"vr\":\"DA\"}", ErrorKind::JsonSyntax, ""),
        ("{\"00080020\":{\"vr\":\"DA\"}} x", ErrorKind::JsonSyntax, ""),
        (
            "{\"00081140\":{\"vr\":\"SQ\",\"Value\":[{},{\"00081155\":{\"vr\":\"UI\",\"Value\":[{}]}}]}}",
            ErrorKind::JsonModel,
            "(0008,1140)[1].(0008,1155)",
        ),
    ] {
        let error = json::read(text.as_bytes(), &ReadLimits::default()).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert_eq!(error.path().map(ToString::to_string).unwrap_or_default(), path, "{text}: {error}");
        assert!(error.position().is_some(), "{text}");
    }
    let deep = "{\"00081140\":{\"Value\":[".repeat(1000);
    let error = json::read(deep.as_bytes(), &ReadLimits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooDeep);
    // The order of members is free.
    let text =
        "{\"00081140\":{\"Value\":[{\"00081155\":{\"Value\":[\"1.2\"],\"vr\":\"UI\"}}],\"vr\":\"SQ\"}}";
    let set = json::read(text.as_bytes(), &ReadLimits::default()).unwrap();
    assert_eq!(set.as_data_set().sequence(Tag(0x0008, 0x1140)).count(), 1);
    assert_eq!(json::read_array(b"[{},{}]", &ReadLimits::default()).unwrap().len(), 2);
}

#[test]
fn all_files_are_written_and_read_back() {
    let mut files = 0;
    let options = ReadOptions::new().truncation(Truncation::Anywhere);
    for path in support::folders().iter().flat_map(|f| support::files(f)) {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(file) = File::read(&bytes, &options) else { continue };
        files += 1;
        for bulk in [Bulk::Inline, Bulk::Omit, BY_URI] {
            let text = json::to_string(&file.data_set(), bulk);
            let _: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            // A backslash inside of a value can be in a file only where the character set has it as a character.
            let back = json::read(text.as_bytes(), &ReadLimits::default())
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let again = json::to_string(&back.as_data_set(), bulk);
            assert!(again == text, "{}", path.display());
        }
    }
    println!("{files} files written as JSON, read back and written the same");
}

/// Where the two writers differ for a reason, both are given one form.
fn plain(value: &Value, vr: &str) -> Value {
    match value {
        // pydicom parses DS and IS; we keep the digits, and text that is no number. serde_json rounds the last bit.
        Value::Number(n) => json!(format!("{:.14e}", n.as_f64().unwrap())),
        Value::String(s) if vr == "PN" => json!(s.trim()),
        Value::String(s)
            if s.parse::<f64>().is_ok() && matches!(vr, "DS" | "IS" | "SV" | "UV" | "FD" | "FL") =>
        {
            json!(format!("{:.14e}", s.parse::<f64>().unwrap()))
        }
        Value::String(s) if s.is_empty() => Value::Null,
        Value::String(s) => json!(s.trim()),
        Value::Object(o) if vr == "PN" => {
            o.iter().filter(|(_, v)| **v != json!("")).map(|(k, v)| (k.clone(), plain(v, vr))).collect()
        }
        Value::Object(o) => o.iter().map(|(k, v)| (k.clone(), attribute(v))).collect(),
        other => other.clone(),
    }
}

fn attribute(value: &Value) -> Value {
    let Some(vr) = value["vr"].as_str() else { return Value::Null };
    let mut out = json!({ "vr": vr });
    let values: Vec<Value> =
        value["Value"].as_array().map(|a| a.iter().map(|v| plain(v, vr)).collect()).unwrap_or_default();
    // An empty value is "no Value" for us and sometimes [null], [""] or [{}] for pydicom.
    if !values.is_empty() && values != [Value::Null] && (vr != "PN" || values != [json!({})]) {
        out["Value"] = json!(values);
    }
    for member in ["BulkDataURI", "InlineBinary"] {
        if let Some(text) = value[member].as_str().filter(|t| !t.is_empty()) {
            out[member] = json!(text);
        }
    }
    out
}

#[test]
fn documents_are_those_of_pydicom() {
    let Some(python) = std::env::var_os("HYGEA_PYTHON") else {
        return println!("left out: HYGEA_PYTHON names no interpreter with pydicom");
    };
    let folders = support::folders();
    if folders.is_empty() {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer/pydicom_dump.py");
    let output = std::process::Command::new(python).args([script, "--json"]).args(&folders).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let options = ReadOptions::new().truncation(Truncation::Anywhere);
    let (mut files, mut attributes, mut explained, mut differences) = (0, 0, 0, Vec::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let name = row["file"].as_str().unwrap();
        let Some(theirs) = row["json"].as_object() else {
            println!("pydicom has no JSON of {name}: {}", row["error"]);
            continue;
        };
        let bytes = std::fs::read(name).unwrap();
        let Ok(file) = File::read(&bytes, &options) else { continue };
        let text = json::to_string(&file.data_set(), Bulk::Inline);
        let ours: Value = serde_json::from_str(&text).unwrap();
        files += 1;
        let big_endian = file.transfer_syntax().encoding() == Encoding::ExplicitBig;
        for (tag, their) in theirs {
            // Group lengths do not belong to the model.
            if tag.ends_with("0000") {
                continue;
            }
            attributes += 1;
            let (their, our) = (attribute(their), attribute(&ours[tag]));
            // pydicom leaves words big endian, which PS3.18 F.2.7 forbids.
            let swapped = big_endian && their["vr"] == "OW" && our["vr"] == "OW";
            // pydicom gives the part of a value that is there, as if it were the value.
            let cut = file
                .warnings()
                .iter()
                .any(|w| w.kind == WarningKind::Truncated && w.path.to_uri().starts_with(tag.as_str()));
            if their == our {
                continue;
            }
            if swapped || cut {
                explained += 1;
            } else {
                differences.push(format!("{name} {tag}: theirs {their}, ours {our}"));
            }
        }
    }
    println!("{files} files, {attributes} attributes, {explained} differ for a known reason");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    if support::reference().is_some() && support::pydicom().is_some() {
        assert!(files >= 210 && attributes >= 10_000 && explained <= 6, "not what it was");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = json::read(&bytes, &ReadLimits::default());
    }

    #[test]
    fn no_change_makes_the_reader_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let text = "{\"00081140\":{\"vr\":\"SQ\",\"Value\":[{\"00081155\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]}},{}]},\
            \"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"A\\u00e9\"},null]},\"00280010\":{\"vr\":\"US\",\"Value\":[1]},\
            \"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":\"AQID\"}}";
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = json::read(&bytes, &ReadLimits::default());
        let cut = cut.index(text.len());
        prop_assert!(json::read(&text.as_bytes()[..cut], &ReadLimits::default()).is_err());
    }
}
