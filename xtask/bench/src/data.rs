//! The input of the measurements: Synthea patients of the reference data.

use std::io::Read;
use std::path::PathBuf;

/// What is there to measure on.
#[derive(Debug)]
pub(crate) struct Data {
    folder: Option<PathBuf>,
}

impl Data {
    pub(crate) fn find() -> Self {
        Self { folder: std::env::var_os("HYGEA_TEST_DATA").map(PathBuf::from) }
    }

    /// A file or folder of the reference data.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.folder.as_ref().ok_or("HYGEA_TEST_DATA names no folder with the reference data")?;
        Ok(folder.join(name))
    }

    /// A folder for what a peer needs, kept between runs.
    pub(crate) fn cache(&self, name: &str) -> Result<PathBuf, String> {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let folder = target.join("peers").join(name);
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }

    /// The Synthea transaction bundles of R4 without layout, hospitals and practitioners first.
    pub(crate) fn bundles(&self) -> Result<Vec<Vec<u8>>, String> {
        let path = self.path("fhir/patients/r4-synthea-20.tar.zst")?;
        let mut bundles = read_bundles(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        bundles.sort();
        Ok(bundles.into_iter().map(|(_, _, _, bundle)| bundle).collect())
    }

    /// The largest bundle.
    pub(crate) fn bundle(&self) -> Result<Vec<u8>, String> {
        let bundles = self.bundles()?;
        bundles.into_iter().max_by_key(Vec::len).ok_or_else(|| "there is no bundle".to_owned())
    }
}

type Named = (bool, bool, String, Vec<u8>);

fn read_bundles(path: &std::path::Path) -> std::io::Result<Vec<Named>> {
    let mut bundles = Vec::new();
    for entry in tar::Archive::new(zstd::Decoder::new(std::fs::File::open(path)?)?).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            let compact = compact(&bytes).map_err(std::io::Error::other)?;
            bundles.push((!name.starts_with("hospital"), !name.starts_with("practitioner"), name, compact));
        }
    }
    Ok(bundles)
}

/// The text without layout, its numbers as they are.
fn compact(bytes: &[u8]) -> Result<Vec<u8>, hygea_fhir_model::Error> {
    Ok(hygea_fhir_model::json::Document::parse(bytes)?.root().to_value().to_json().into_bytes())
}
