//! Fetches the pinned packages through npm, verifies them and unpacks them below `target/definitions`.

use base64::Engine as _;
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder `package` of the definitions of a version, fetched if it is not there yet.
pub(crate) fn fetch(version: &str) -> Result<PathBuf, String> {
    let pin = pinned(version)?;
    let folder = cache().join(&pin.package);
    let unpacked = folder.join("package");
    let verified = folder.join("verified");
    if std::fs::read_to_string(&verified).ok().as_deref() == Some(&pin.hash) {
        return Ok(unpacked);
    }
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let tarball = pack(&pin, &folder)?;
    let bytes = std::fs::read(&tarball).map_err(|error| format!("{}: {error}", tarball.display()))?;
    let hash = format!("sha512-{}", base64::engine::general_purpose::STANDARD.encode(Sha512::digest(&bytes)));
    if hash != pin.hash {
        return Err(format!("{} has the hash {hash}, wanted {}: refused", pin.package, pin.hash));
    }
    run(Command::new("tar").arg("-xzf").arg(&tarball).arg("-C").arg(&folder))?;
    std::fs::remove_file(&tarball).map_err(|error| error.to_string())?;
    std::fs::write(&verified, &pin.hash).map_err(|error| error.to_string())?;
    Ok(unpacked)
}

struct Pin {
    package: String,
    hash: String,
}

fn pinned(version: &str) -> Result<Pin, String> {
    let path = crate::root().join("xtask/definitions.lock");
    let lock = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let pins = lock.lines().filter(|line| !line.starts_with('#'));
    for line in pins {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [found, "definitions", package, hash] = words.as_slice()
            && *found == version
        {
            return Ok(Pin { package: (*package).to_owned(), hash: (*hash).to_owned() });
        }
    }
    Err(format!("no definitions of {version} in {}", path.display()))
}

fn cache() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    target.map_or_else(|| crate::root().join("target"), PathBuf::from).join("definitions")
}

/// Asks npm for the tarball; no script of it runs.
fn pack(pin: &Pin, folder: &Path) -> Result<PathBuf, String> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--ignore-scripts", "--silent", "--pack-destination"]).arg(folder).arg(&pin.package);
    run(&mut npm)?;
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
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)))
}
