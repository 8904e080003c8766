//! `cargo xtask test`: every test of the repository, in Rust, C, C++ and Python.
//!
//! Each suite installs what it needs below `target/`, and one that cannot run on this machine says why. The last
//! lines list what ran, what passed and what was left out.

mod native;
mod peers;
pub(crate) mod python;

use crate::root;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// How a suite ended.
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    LeftOut(String),
}

/// The places and settings that the suites share.
pub(crate) struct Bench {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// The reference data, if this machine has it.
    pub(crate) data: Option<PathBuf>,
    /// The folders of HL7's examples, by the environment variable that names them to the tests.
    pub(crate) examples: Vec<(String, PathBuf)>,
    /// The examples that could not be had, and why.
    pub(crate) missing: Vec<String>,
    /// Whether tests take all examples and their largest inputs, instead of a sample.
    pub(crate) long: bool,
}

type Suite = (&'static str, fn(&Bench) -> Outcome);

const SUITES: &[Suite] = &[
    ("rust", rust),
    ("rust-features", features),
    ("c", native::c),
    ("c++", native::cpp),
    ("python", python::package),
    ("dicom-peer", python::dicom_peer),
    ("tour-rust", tour),
    ("tour-python", python::tour),
];

/// Beside software that no one here wrote; they take long and install much, so they run with `--peers` or by name.
const PEERS: &[Suite] = &[
    ("model-hapi", peers::model_hapi),
    ("model-fhir-resources", peers::model_fhir_resources),
    ("fhirpath-js", peers::fhirpath_js),
    ("ucum-lhc", peers::ucum_lhc),
];

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks on the terminal")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let (flags, names): (Vec<_>, Vec<_>) = arguments.iter().partition(|word| word.starts_with("--"));
    let known = || SUITES.iter().chain(PEERS).map(|(suite, _)| *suite);
    if let Some(flag) = flags.iter().find(|flag| !["--peers", "--long"].contains(&flag.as_str())) {
        eprintln!("{flag} is no option; there are --peers and --long");
        return ExitCode::FAILURE;
    }
    if let Some(name) = names.iter().find(|name| known().all(|suite| suite != **name)) {
        eprintln!("no suite is called {name}; there are {}", known().collect::<Vec<_>>().join(", "));
        return ExitCode::FAILURE;
    }
    let peers = flags.iter().any(|flag| *flag == "--peers");
    let mut bench = Bench::prepare();
    bench.long = flags.iter().any(|flag| *flag == "--long");
    let mut lines = Vec::new();
    let (mut passed, mut failed, mut left_out) = (0, 0, 0);
    for (at, (name, suite)) in SUITES.iter().chain(PEERS).enumerate() {
        let named = names.iter().any(|wanted| wanted == name);
        if !names.is_empty() && !named {
            continue;
        }
        if at >= SUITES.len() && !peers && !named {
            left_out += 1;
            lines.push(format!("left out  {name}: a peer, runs with --peers"));
            continue;
        }
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = suite(&bench);
        let seconds = start.elapsed().as_secs();
        lines.push(match outcome {
            Outcome::Passed => {
                passed += 1;
                format!("passed    {name} ({seconds} s)")
            }
            Outcome::Failed(why) => {
                failed += 1;
                format!("FAILED    {name} ({seconds} s): {why}")
            }
            Outcome::LeftOut(why) => {
                left_out += 1;
                format!("left out  {name}: {why}")
            }
        });
    }
    println!("\n=== suites");
    if bench.data.is_none() {
        lines.push("left out  cases on the reference data: HYGEA_TEST_DATA names no folder".to_owned());
    }
    lines.extend(bench.missing.iter().map(|what| format!("left out  cases on {what}")));
    for line in lines {
        println!("{line}");
    }
    println!("{passed} passed, {failed} failed, {left_out} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Bench {
    pub(crate) fn prepare() -> Self {
        let root = root();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let (examples, missing) = crate::codegen::examples();
        Self { root, target, data: crate::data(), examples, missing, long: false }
    }

    /// A command in the root folder that knows where the data is.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        match &self.data {
            Some(data) => command.env("HYGEA_TEST_DATA", data),
            None => command.env_remove("HYGEA_TEST_DATA"),
        };
        command.envs(self.examples.iter().map(|(name, folder)| (name, folder)));
        if self.long {
            command.envs([("HYGEA_EVERY_EXAMPLE", "1"), ("HYGEA_LONG_TESTS", "1")]);
        }
        command
    }

    pub(crate) fn cargo(&self) -> Command {
        self.command(env!("CARGO"))
    }
}

/// Runs a command; what it prints goes to the terminal.
pub(crate) fn ran(command: &mut Command) -> Result<(), String> {
    let shown = format!("{} {}", command.get_program().display(), shown_arguments(command));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}")),
        Err(error) => Err(format!("`{shown}` could not be started: {error}")),
    }
}

fn shown_arguments(command: &Command) -> String {
    command.get_args().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a command and gives back what it printed.
pub(crate) fn printed(command: &mut Command) -> Result<String, String> {
    let shown = format!("{} {}", command.get_program().display(), shown_arguments(command));
    let output = command.output().map_err(|error| format!("`{shown}` could not be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(format!("`{shown}` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

pub(crate) fn outcome(result: Result<(), String>) -> Outcome {
    match result {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn rust(bench: &Bench) -> Outcome {
    let excluded = ["--exclude", "hygea-python", "--exclude", "hygea-bench"];
    outcome(ran(bench
        .cargo()
        .args(["test", "--workspace", "--all-features", "--no-fail-fast"])
        .args(excluded)))
}

/// Every library builds alone: with its default features and without them.
fn features(bench: &Bench) -> Outcome {
    let table: &[(&str, &[&str])] = &[
        ("hygea-fhir-model", &["", "r4-schema", "r5-schema", "dstu2", "r4", "typed", "serde"]),
        ("hygea-fhirpath", &["", "stu3", "r4"]),
        ("hygea-fhir-search", &["", "dstu2", "r4"]),
        ("hygea-store", &["", "testing"]),
        ("hygea-workspace", &["", "jwt"]),
        ("hygea-service", &["", "fhir", "dicom", "iomt"]),
    ];
    for (package, features) in table {
        for feature in *features {
            let mut command = bench.cargo();
            command.args([
                "check",
                "--quiet",
                "--package",
                package,
                "--no-default-features",
                "--features",
                feature,
            ]);
            if let Err(why) = ran(&mut command) {
                return Outcome::Failed(why);
            }
        }
    }
    Outcome::Passed
}

/// What the tours must have found in the reference data; both languages print the same lines.
pub(crate) fn check_tour(text: &str) -> Result<(), String> {
    for line in [
        "loaded 7203 resources of 20 patients",
        "blood pressures: ",
        "CT instance found: ",
        "observations from devices: ",
    ] {
        if !text.lines().any(|printed| printed.contains(line)) {
            return Err(format!("the tour did not print {line:?}; it printed:\n{text}"));
        }
    }
    Ok(())
}

fn tour(bench: &Bench) -> Outcome {
    if bench.data.is_none() {
        return Outcome::LeftOut("the tour runs on the reference data".to_owned());
    }
    let pydicom = match python::wheel_folder(bench, "pydicom") {
        Ok(folder) => folder,
        Err(why) => return Outcome::LeftOut(format!("no CT file to store: {why}")),
    };
    let mut command = bench.cargo();
    command.args(["run", "--quiet", "--package", "hygea-examples", "--example", "tour"]);
    command.env("HYGEA_PYDICOM_DATA", pydicom);
    outcome(printed(&mut command).and_then(|text| check_tour(&text)))
}

/// The path of a program, if this machine has it.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file: &PathBuf| Path::is_file(file))
}
