//! Fetches the pinned packages through npm, verifies them and unpacks them below `target/definitions`.

use base64::Engine as _;
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the definitions of a version, fetched if it is not there yet.
pub(crate) fn definitions(version: &str) -> Result<PathBuf, String> {
    fetch(&Pin::of(version, "definitions")?)
}

/// The folder of JSON files that holds the examples of a version, fetched if it is not there yet. Definitions
/// may stand among them.
pub(crate) fn examples(version: &str) -> Result<PathBuf, String> {
    if version == "dstu2" {
        return reference(version);
    }
    Pin::of(version, "examples").map_or_else(|_| definitions(version), |pin| fetch(&pin))
}

/// The folder of what no package holds of a version, unpacked from the reference data.
pub(crate) fn reference(version: &str) -> Result<PathBuf, String> {
    let pin = Pin::of(version, "reference")?;
    let data = crate::data().ok_or("HYGEA_TEST_DATA names no folder of reference data")?;
    let archive = data.join(&pin.package);
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let folder = cache().join(name.trim_end_matches(".tar.zst"));
    unpack(&pin, &archive, &folder, "--zstd")?;
    let root = std::fs::read_dir(&folder).map_err(|error| error.to_string())?.flatten();
    let root = root.map(|entry| entry.path().join("package")).find(|package| package.is_dir());
    root.ok_or_else(|| format!("{}: no folder `package`", archive.display()))
}

/// A Python wheel: its name with the version, and the folder of its files, fetched if it is not there yet. No
/// code of it runs.
pub(crate) fn wheel(version: &str, purpose: &str) -> Result<(String, PathBuf), String> {
    let pin = Pin::of(version, purpose)?;
    let folder = cache().join(&pin.package);
    if !pin.is_unpacked(&folder) {
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]);
        run(pip.arg(&folder).arg(&pin.package))
            .map_err(|error| format!("{} cannot be had: {error}", pin.package))?;
        let entries = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
        let mut files = entries.flatten().map(|entry| entry.path());
        let found = files.find(|path| path.extension().is_some_and(|extension| extension == "whl"));
        let archive = found.ok_or_else(|| format!("pip left no wheel of {}", pin.package))?;
        let bytes = std::fs::read(&archive).map_err(|error| format!("{}: {error}", archive.display()))?;
        pin.verify(&bytes)?;
        run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&archive).arg(&folder))?;
        std::fs::remove_file(&archive).map_err(|error| error.to_string())?;
        std::fs::write(folder.join("verified"), &pin.hash).map_err(|error| error.to_string())?;
    }
    Ok((pin.package, folder))
}

struct Pin {
    package: String,
    hash: String,
}

impl Pin {
    fn of(version: &str, purpose: &str) -> Result<Self, String> {
        let path = crate::root().join("xtask/definitions.lock");
        let lock = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        for line in lock.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [found, used, package, hash] = words.as_slice()
                && (*found, *used) == (version, purpose)
            {
                return Ok(Self { package: (*package).to_owned(), hash: (*hash).to_owned() });
            }
        }
        Err(format!("no {purpose} of {version} in {}", path.display()))
    }

    /// Refuses bytes that have another hash.
    fn verify(&self, bytes: &[u8]) -> Result<(), String> {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha512::digest(bytes));
        let hash = format!("sha512-{hash}");
        if hash == self.hash {
            return Ok(());
        }
        Err(format!("{} has the hash {hash}, wanted {}: refused", self.package, self.hash))
    }

    /// Whether the folder holds the unpacked package.
    fn is_unpacked(&self, folder: &Path) -> bool {
        std::fs::read_to_string(folder.join("verified")).ok().as_deref() == Some(&self.hash)
    }
}

fn cache() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    target.map_or_else(|| crate::root().join("target"), PathBuf::from).join("definitions")
}

fn fetch(pin: &Pin) -> Result<PathBuf, String> {
    let folder = cache().join(&pin.package);
    if !pin.is_unpacked(&folder) {
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let tarball = pack(pin, &folder)?;
        unpack(pin, &tarball, &folder, "--gzip")?;
        std::fs::remove_file(&tarball).map_err(|error| error.to_string())?;
    }
    Ok(folder.join("package"))
}

/// Unpacks an archive that has the pinned hash.
fn unpack(pin: &Pin, archive: &Path, folder: &Path, format: &str) -> Result<(), String> {
    if pin.is_unpacked(folder) {
        return Ok(());
    }
    let bytes = std::fs::read(archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    pin.verify(&bytes)?;
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    run(Command::new("tar").args([format, "-xf"]).arg(archive).arg("-C").arg(folder))?;
    std::fs::write(folder.join("verified"), &pin.hash).map_err(|error| error.to_string())
}

/// Asks npm for the tarball; no script of it runs.
fn pack(pin: &Pin, folder: &Path) -> Result<PathBuf, String> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--ignore-scripts", "--silent", "--fetch-retries=1", "--pack-destination"]);
    run(npm.arg(folder).arg(&pin.package))
        .map_err(|error| format!("{} cannot be had: {error}", pin.package))?;
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut files = entries.flatten().map(|entry| entry.path());
    files
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .ok_or_else(|| format!("npm left no tarball of {}", pin.package))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
