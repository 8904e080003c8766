//! What pydicom reads from the same files, element by element.
//!
//! Needs an interpreter that has pydicom, in `HYGEA_PYTHON`, and the files of [`support::folders`].
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
use std::process::Command;

use hygea_dicom::{DataSet, Element, ErrorKind, File, ReadOptions, Truncation, Value, WarningKind};

type Rows = BTreeMap<String, (String, String)>;

fn dump(arguments: &[&str]) -> Option<Vec<serde_json::Value>> {
    let Some(python) = std::env::var_os("HYGEA_PYTHON") else {
        println!("left out: HYGEA_PYTHON names no interpreter with pydicom");
        return None;
    };
    let folders = support::folders();
    if folders.is_empty() {
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer/pydicom_dump.py");
    let output = Command::new(python).arg(script).args(arguments).args(&folders).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn rows(set: DataSet<'_>, prefix: &str, out: &mut Rows) {
    for element in set.sorted() {
        let tag = element.tag();
        let path = format!("{prefix}({:04X},{:04X})", tag.0, tag.1);
        let text = match element.value() {
            Value::Items(items) => {
                let items: Vec<_> = items.collect();
                for (number, item) in items.iter().enumerate() {
                    rows(*item, &format!("{path}[{number}]."), out);
                }
                items.len().to_string()
            }
            _ => text(&element),
        };
        out.insert(path, (element.vr().to_string().to_owned(), text));
    }
}

fn text(element: &Element<'_>) -> String {
    let join = |parts: Vec<String>| parts.join("\\");
    match element.value() {
        Value::Text(values) => join(values.iter().map(ToString::to_string).collect()),
        Value::PersonNames(names) => join(names.iter().map(ToString::to_string).collect()),
        Value::Integers(numbers) => join(numbers.iter().map(ToString::to_string).collect()),
        Value::Unsigned(numbers) => join(numbers.iter().map(ToString::to_string).collect()),
        Value::Floats(numbers) => join(numbers.iter().map(|n| format!("{:016x}", n.to_bits())).collect()),
        Value::Tags(tags) => join(tags.iter().map(|t| format!("{:04X}{:04X}", t.0, t.1)).collect()),
        // pydicom keeps the byte order of the file, and the fragments with their headers.
        Value::Bytes(_) | Value::Fragments(_) => {
            let mut crc = flate2::Crc::new();
            crc.update(element.bytes());
            format!("{}:{:08x}", element.bytes().len(), crc.sum())
        }
        _ => "?".to_owned(),
    }
}

/// Differences that are ours to keep, with the reason.
fn explained(
    path: &str,
    theirs: &(String, String),
    ours: Option<&(String, String)>,
    cut: Option<&str>,
) -> Option<&'static str> {
    let Some(ours) = ours else {
        // pydicom gives the part of a value that is there, as if it were the value.
        return (cut == Some(path)).then_some("a cut value, left out with a warning");
    };
    // pydicom keeps spaces around the values of CS and IS where they have no meaning.
    let strip = |t: &str| t.split('\\').map(|v| v.trim().to_owned()).collect::<Vec<_>>();
    (theirs.0 == ours.0 && strip(&theirs.1) == strip(&ours.1)).then_some("padding")
}

#[test]
fn values_are_those_of_pydicom() {
    let Some(lines) = dump(&[]) else { return };
    let options = ReadOptions::new().truncation(Truncation::Anywhere);
    let (mut files, mut elements, mut equal, mut not_dicom) = (0, 0, 0, 0);
    let mut differences: Vec<String> = Vec::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines {
        let name = line["file"].as_str().unwrap();
        let bytes = std::fs::read(name).unwrap();
        let file = File::read(&bytes, &options);
        let Some(theirs) = line["elements"].as_array() else {
            println!("pydicom refuses {name}: {}", line["error"]);
            continue;
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => {
                // pydicom makes one element of unknown meaning of any bytes when it is forced to read them.
                if error.kind() == ErrorKind::NotDicom && theirs.len() == 1 {
                    not_dicom += 1;
                } else {
                    differences.push(format!("{name}: refused: {error}"));
                }
                continue;
            }
        };
        files += 1;
        let cut =
            file.warnings().iter().find(|w| w.kind == WarningKind::Truncated).map(|w| w.path.to_string());
        let mut ours = Rows::new();
        rows(file.data_set(), "", &mut ours);
        let mut theirs: Rows = theirs
            .iter()
            .map(|row| {
                let at = |i: usize| row[i].as_str().unwrap().to_owned();
                (at(0), (at(1), at(2)))
            })
            .collect();
        for (path, their) in &mut theirs {
            elements += 1;
            let our = ours.remove(path);
            if our.as_ref() == Some(&*their) {
                equal += 1;
            } else if let Some(reason) = explained(path, their, our.as_ref(), cut.as_deref()) {
                *reasons.entry(reason).or_default() += 1;
                equal += 1;
            } else {
                differences.push(format!("{name} {path}: theirs {their:?}, ours {our:?}"));
            }
        }
        for (path, our) in ours {
            differences.push(format!("{name} {path}: only ours {our:?}"));
        }
    }
    println!("{files} files, {elements} elements, {equal} equal, {not_dicom} not DICOM");
    for (reason, count) in &reasons {
        println!("{count} differ by {reason}");
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    if support::reference().is_some() && support::pydicom().is_some() {
        // pydicom 3.0.2 has 191 files, the reference data 28.
        assert!(files >= 210 && elements >= 16_000, "fewer files than there were");
    }
}
