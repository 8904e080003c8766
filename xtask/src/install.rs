//! `cargo xtask install PREFIX`: the C library as other programs find it: headers, shared and static library,
//! pkg-config and CMake files. The folder may be moved afterwards.

use crate::report::Faults;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let mut faults = Faults::new("install");
    let [prefix] = arguments else {
        faults.add("usage: cargo xtask install PREFIX");
        return faults.finish();
    };
    let root = crate::root();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--release", "--package", "hygea-ffi"])
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", &target);
    match build.status() {
        Ok(status) if status.success() => {}
        _ => faults.add("the library does not build"),
    }
    match install(&root, &target.join("release"), Path::new(prefix)) {
        Ok(()) => faults.note(&format!("installed below {prefix}")),
        Err(fault) => faults.add(fault),
    }
    faults.finish()
}

/// The version numbers of the library and what the names of its files make of them.
struct Version {
    whole: &'static str,
    major: &'static str,
    minor: &'static str,
    /// The part of the version that a program is bound to.
    abi: String,
}

impl Version {
    fn of_workspace() -> Self {
        let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
        let abi = if major == "0" { format!("0.{minor}") } else { major.to_owned() };
        Self { whole: env!("CARGO_PKG_VERSION"), major, minor, abi }
    }

    /// The names of the shared library: the file, the name for the loader, the name for the linker.
    fn shared(&self) -> [String; 3] {
        if cfg!(target_os = "macos") {
            let name = |part: &str| format!("libhygea.{part}.dylib");
            [name(self.whole), name(&self.abi), "libhygea.dylib".to_owned()]
        } else {
            let name = |part: &str| format!("libhygea.so.{part}");
            [name(self.whole), name(&self.abi), "libhygea.so".to_owned()]
        }
    }
}

/// Copies what was built into `built` to its places below `prefix`.
pub(crate) fn install(root: &Path, built: &Path, prefix: &Path) -> Result<(), String> {
    let version = Version::of_workspace();
    let [file, for_loader, for_linker] = version.shared();
    let (include, lib) = (prefix.join("include"), prefix.join("lib"));
    copy(&root.join("ffi/include/hygea.h"), &include.join("hygea.h"))?;
    copy(&root.join("bindings/cpp/hygea.hpp"), &include.join("hygea.hpp"))?;
    copy(&built.join("libhygea.a"), &lib.join("libhygea.a"))?;
    copy(&built.join(&for_linker), &lib.join(&file))?;
    link(&lib, &file, &for_loader)?;
    link(&lib, &for_loader, &for_linker)?;
    for (template, place) in [
        ("ffi/hygea.pc.in", "pkgconfig/hygea.pc"),
        ("ffi/cmake/hygea-config.cmake.in", "cmake/hygea/hygea-config.cmake"),
        ("ffi/cmake/hygea-config-version.cmake.in", "cmake/hygea/hygea-config-version.cmake"),
    ] {
        let filled = fill(&read(&root.join(template))?, root, &version)?;
        write(&lib.join(place), filled.as_bytes())?;
    }
    Ok(())
}

fn fill(template: &str, root: &Path, version: &Version) -> Result<String, String> {
    let [file, for_loader, _] = version.shared();
    let libraries = static_libraries(root)?;
    // CMake wants a list, pkg-config a line.
    let libraries = if template.contains("add_library") { libraries.replace(' ', ";") } else { libraries };
    Ok(template
        .replace("@VERSION@", version.whole)
        .replace("@MAJOR@", version.major)
        .replace("@MINOR@", version.minor)
        .replace("@SHARED@", &file)
        .replace("@SONAME@", &for_loader)
        .replace("@STATIC_LIBS@", &libraries))
}

/// What a program must link beside the static library, as recorded.
pub(crate) fn static_libraries(root: &Path) -> Result<String, String> {
    read(&root.join("ffi/native-static-libs.txt")).map(|text| text.trim().to_owned())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, content: &[u8]) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, content))
        .map_err(|error| format!("{}: {error}", file.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(to);
    // A library that a process has open is replaced, not overwritten.
    let _ = fs::remove_file(to);
    fs::create_dir_all(folder)
        .and_then(|()| fs::copy(from, to))
        .map(|_| ())
        .map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

/// A second name for a file in the same folder.
fn link(folder: &Path, file: &str, name: &str) -> Result<(), String> {
    let place = folder.join(name);
    let _ = fs::remove_file(&place);
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(file, &place);
    #[cfg(not(unix))]
    let made = fs::copy(folder.join(file), &place).map(|_| ());
    made.map_err(|error| format!("{}: {error}", place.display()))
}
