//! Where the tests find files: the reference data and the data of the pydicom wheel.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};

/// The DICOM files of the reference data, by `HYGEA_TEST_DATA` or beside the repository.
pub(crate) fn reference() -> Option<PathBuf> {
    let root = std::env::var_os("HYGEA_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    Some(root.join("dicom")).filter(|d| d.is_dir())
}

/// The data folder of the pydicom wheel, by `HYGEA_PYDICOM_DATA`.
pub(crate) fn pydicom() -> Option<PathBuf> {
    std::env::var_os("HYGEA_PYDICOM_DATA").map(PathBuf::from).filter(|d| d.is_dir())
}

/// All folders that are there; says which are not.
pub(crate) fn folders() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (name, folder) in [("HYGEA_TEST_DATA", reference()), ("HYGEA_PYDICOM_DATA", pydicom())] {
        match folder {
            Some(folder) => found.push(folder),
            None => println!("left out: no DICOM files of {name}"),
        }
    }
    found
}

/// All files below a folder that may be DICOM, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    const NOT: &[&str] = &["py", "pyc", "md", "txt", "csv", "json", "xml", "icc", "dump", "gz", "zip"];
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if !NOT.contains(&extension) && path.file_name().is_some_and(|n| n != "README") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
