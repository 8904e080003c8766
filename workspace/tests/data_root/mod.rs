//! Where the reference data lies: `HYGEA_TEST_DATA`, or `../shared/data` from the root of the repository.

use std::path::{Path, PathBuf};

/// The text of a file of the reference data, or `None`, said on the output, where the data is absent.
pub(crate) fn read(path: &str) -> Option<String> {
    let root = std::env::var_os("HYGEA_TEST_DATA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    if !root.is_dir() {
        println!("left out: no reference data at {}", root.display());
        return None;
    }
    let text = std::fs::read_to_string(root.join("workspace").join(path)).unwrap();
    Some(text.trim_start_matches('\u{feff}').to_owned())
}

/// The JSON of a file of the reference data.
pub(crate) fn read_json(path: &str) -> Option<serde_json::Value> {
    read(path).map(|text| serde_json::from_str(&text).unwrap())
}
