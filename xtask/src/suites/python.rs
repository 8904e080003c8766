//! The Python suites: the wheel built by maturin, installed into an environment of its own, tested from outside the
//! source tree.

use super::{Bench, Outcome, check_tour, outcome, printed, program, ran};
use std::path::{Path, PathBuf};

/// What the environment holds; versions are capped where a new major release would change behaviour.
const PACKAGES: &[&str] =
    &["maturin>=1.9,<2", "pytest>=8,<10", "pydicom>=3,<4", "zstandard<1", "mypy>=1.15,<3"];

/// The interpreter of the environment below `target/`, made on first use.
fn environment(bench: &Bench) -> Result<PathBuf, String> {
    separate(bench, "python", PACKAGES)
}

/// The interpreter of an environment of its own below `target/`, with `packages`; made on first use.
pub(super) fn separate(bench: &Bench, name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = bench.target.join(name);
    let python = folder.join("bin/python");
    let stamp = folder.join("packages");
    let wanted = packages.join("\n");
    if python.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let system = program("python3").ok_or("there is no python3 on this machine")?;
    ran(bench.command(system).args(["-m", "venv"]).arg(&folder))?;
    ran(bench.command(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}

/// Builds the wheel and installs it into the environment.
fn installed(bench: &Bench) -> Result<PathBuf, String> {
    let python = environment(bench)?;
    let wheels = bench.target.join("wheels-test");
    if wheels.exists() {
        std::fs::remove_dir_all(&wheels).map_err(|error| format!("{}: {error}", wheels.display()))?;
    }
    let mut build = bench.command(&python);
    build.args(["-m", "maturin", "build", "--profile", "dev", "--out"]).arg(&wheels);
    build.args(["--manifest-path", "bindings/python/Cargo.toml", "--interpreter"]).arg(&python);
    ran(&mut build)?;
    let wheel = std::fs::read_dir(&wheels)
        .ok()
        .and_then(|entries| {
            entries
                .flatten()
                .map(|entry| entry.path())
                .find(|file| file.extension().is_some_and(|e| e == "whl"))
        })
        .ok_or("maturin left no wheel")?;
    ran(bench
        .command(&python)
        .args(["-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"])
        .arg(wheel))?;
    Ok(python)
}

pub(crate) fn package(bench: &Bench) -> Outcome {
    if program("python3").is_none() {
        return Outcome::LeftOut("there is no python3 on this machine".to_owned());
    }
    outcome(installed(bench).and_then(|python| {
        // Outside the source tree, so that the installed package is what is tested.
        let outside = bench.target.join("python-tests");
        std::fs::create_dir_all(&outside).map_err(|error| format!("{}: {error}", outside.display()))?;
        let mut tests = bench.command(&python);
        tests.current_dir(&outside).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
        let suite = bench.root.join("bindings/python/tests");
        ran(tests.arg(&suite))?;
        // The types, and the stub beside what the native module has.
        let mut types = bench.command(&python);
        ran(types.current_dir(&outside).args(["-m", "mypy", "--strict", "--package", "hygea"]))?;
        let mut stub = bench.command(&python);
        stub.current_dir(&outside).args(["-m", "mypy.stubtest", "hygea._native", "--allowlist"]);
        ran(stub.arg(suite.join("stubtest.txt")))
    }))
}

/// DICOM reading beside pydicom's, on pydicom's own files.
pub(crate) fn dicom_peer(bench: &Bench) -> Outcome {
    let python = match environment(bench) {
        Ok(python) => python,
        Err(why) => return Outcome::LeftOut(why),
    };
    outcome(wheel_folder(bench, "pydicom").and_then(|files| {
        let mut tests = bench.cargo();
        tests.args(["test", "--package", "hygea-dicom"]);
        ran(tests.env("HYGEA_PYTHON", python).env("HYGEA_PYDICOM_DATA", files.join("data")))
    }))
}

pub(crate) fn tour(bench: &Bench) -> Outcome {
    if bench.data.is_none() {
        return Outcome::LeftOut("the tour runs on the reference data".to_owned());
    }
    outcome(installed(bench).and_then(|python| {
        let files = wheel_folder(bench, "pydicom")?;
        let outside = bench.target.join("python-tests");
        std::fs::create_dir_all(&outside).map_err(|error| format!("{}: {error}", outside.display()))?;
        let mut command = bench.command(python);
        command
            .current_dir(outside)
            .arg(bench.root.join("examples/python/tour.py"))
            .env("HYGEA_PYDICOM_DATA", files);
        printed(&mut command).and_then(|text| check_tour(&text))
    }))
}

/// The folder of an installed Python package.
pub(crate) fn wheel_folder(bench: &Bench, package: &str) -> Result<PathBuf, String> {
    let python = environment(bench)?;
    let script = format!("import {package}, os; print(os.path.dirname({package}.__file__))");
    let folder = printed(bench.command(python).args(["-c", &script]))?;
    let folder = Path::new(folder.trim()).to_path_buf();
    if folder.is_dir() { Ok(folder) } else { Err(format!("{package} is not where it said")) }
}
