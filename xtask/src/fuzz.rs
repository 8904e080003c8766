//! `cargo xtask fuzz [TARGET…] [--seconds N]`: random input for the readers, from `fuzz/`.
//!
//! The targets are built by a nightly compiler with the coverage that libFuzzer needs and with the address
//! sanitizer, below `target/fuzz`. What a run learns stays in `target/fuzz/corpus`, so that the next one starts
//! there; an input that fails is kept in `target/fuzz/findings`.

use crate::report::Faults;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// What makes the compiler count branches and comparisons for libFuzzer.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Zsanitizer=address";

/// Reference data that targets start from besides their seeds, below the folder of the data.
const EXAMPLES: &[(&str, &[&str])] = &[("json", &["fhir/validator"]), ("xml", &["fhir/validator"])];

/// Memory in megabytes, bytes of an input, and seconds that one input may take.
const LIMITS: [&str; 3] = ["-rss_limit_mb=2048", "-max_len=65536", "-timeout=10"];

const NO_NIGHTLY: &str =
    "fuzzing needs a nightly compiler: rustup toolchain install nightly --profile minimal";

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let mut faults = Faults::new("fuzz");
    let root = crate::root();
    let known = targets(&root);
    let (mut chosen, mut seconds, mut clear) = (Vec::new(), 60_u32, true);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            match rest.next().and_then(|text| text.parse().ok()) {
                Some(number) => seconds = number,
                None => {
                    faults.add("--seconds wants a number");
                    clear = false;
                }
            }
        } else if known.contains(argument) {
            chosen.push(argument.clone());
        } else {
            faults.add(format!("no target is called {argument}; there are {}", known.join(", ")));
            clear = false;
        }
    }
    if !clear {
        return faults.finish();
    }
    if chosen.is_empty() {
        chosen = known;
    }
    let Some(host) = host() else {
        faults.add(NO_NIGHTLY);
        return faults.finish();
    };
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("fuzz");
    if let Err(fault) = build(&root, &target, &host, &chosen) {
        faults.add(fault);
        return faults.finish();
    }
    for name in &chosen {
        match fuzz(&root, &target, &host, name, seconds) {
            Ok(line) => faults.note(&line),
            Err(fault) => faults.add(fault),
        }
    }
    faults.finish()
}

/// The targets, by the files that hold them.
fn targets(root: &Path) -> Vec<String> {
    let files = fs::read_dir(root.join("fuzz/targets")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

/// The platform of the nightly compiler, if there is one.
fn host() -> Option<String> {
    let output =
        Command::new("rustup").args(["run", "nightly", "rustc", "--version", "--verbose"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

fn build(root: &Path, target: &Path, host: &str, names: &[String]) -> Result<(), String> {
    let mut build = Command::new("rustup");
    build
        .args(["run", "nightly", "cargo", "build", "--release", "--target", host])
        .args(names.iter().flat_map(|name| ["--bin", name]))
        .current_dir(root.join("fuzz"))
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", COVERAGE)
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    match build.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err("the targets do not build".to_owned()),
    }
}

/// Runs one target; a line that says what it did, or what it found.
fn fuzz(root: &Path, target: &Path, host: &str, name: &str, seconds: u32) -> Result<String, String> {
    let corpus = target.join("corpus").join(name);
    let findings = target.join("findings").join(name);
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut prefix = OsString::from("-artifact_prefix=");
    prefix.push(findings.join(""));
    let binary = target.join(host).join("release").join(name);
    let mut run = Command::new(&binary);
    run.arg(&corpus).arg(root.join("fuzz/seeds").join(name)).args(examples(root, name));
    run.arg(format!("-max_total_time={seconds}")).args(LIMITS).arg("-print_final_stats=1").arg(prefix);
    run.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = run.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
    let (mut runs, mut last) = (String::new(), String::new());
    let mut failure = Vec::new();
    for line in child
        .stderr
        .take()
        .into_iter()
        .flat_map(|stderr| BufReader::new(stderr).lines().map_while(Result::ok))
    {
        if let Some(count) = line.strip_prefix("stat::number_of_executed_units:") {
            runs = count.trim().to_owned();
        } else if line.contains("panicked at")
            || line.contains("ERROR: ")
            || !failure.is_empty() && failure.len() < 12
        {
            failure.push(line);
        } else if line.contains(" cov: ") {
            last = line;
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(format!("{name}: {runs} inputs in {seconds} seconds, nothing found ({})", last.trim()));
    }
    Err(format!(
        "{name}: a finding after {runs} inputs, kept in {}; run it again by `{} FILE`\n  {}",
        findings.display(),
        binary.display(),
        failure.join("\n  ")
    ))
}

/// The folders of reference data that a target starts from, where this machine has them.
fn examples(root: &Path, name: &str) -> Vec<PathBuf> {
    let data = std::env::var_os("HYGEA_TEST_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let folders = EXAMPLES.iter().find(|(target, _)| *target == name).map_or(&[][..], |(_, folders)| folders);
    folders.iter().map(|folder| data.join(folder)).filter(|folder| folder.is_dir()).collect()
}
