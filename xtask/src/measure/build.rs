//! `cargo xtask bench build`: what the model costs those who build it and those who link it.
//!
//! Everything is built from nothing into a folder of its own. CPU time and memory are those of the compilers, as
//! the system counts them for a finished process and its children; a busy machine changes the clock only.

use crate::suites::{Bench, program};
use std::fmt;
use std::path::Path;
use std::process::Stdio;

/// Runs its arguments as a command and prints how it ended, seconds by the clock, CPU-seconds, and the largest memory
/// of one process in kilobytes.
const STOPWATCH: &str = "\
import resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.call(sys.argv[1:])
clock = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, clock, used.ru_utime + used.ru_stime, used.ru_maxrss)
";

/// A program that uses the model as its user would, and one that does nothing.
const USER: &[(&str, &str)] = &[
    (
        "uses.rs",
        "use hygea_fhir_model::{r4::Bundle, typed::Structure};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or(\"a bundle, please\")?;
    let bundle = Bundle::from_json(&std::fs::read(path)?)?;
    println!(\"{} entries, {} bytes\", bundle.entry.len(), bundle.to_json().len());
    Ok(())
}
",
    ),
    (
        "idle.rs",
        "fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or(\"a file, please\")?;
    println!(\"{} bytes\", std::fs::read(path)?.len());
    Ok(())
}
",
    ),
];

/// What a command took.
struct Cost {
    clock: f64,
    cpu: f64,
    megabytes: f64,
}

struct Row {
    what: &'static str,
    value: f64,
    unit: &'static str,
    at_most: Option<f64>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, value, unit, at_most } = self;
        write!(f, "build: {what}: {value:.1} {unit}")?;
        match at_most {
            Some(bound) if value > bound => write!(f, " (at most {bound:.1}) not met"),
            Some(bound) => write!(f, " (at most {bound:.1})"),
            None => Ok(()),
        }
    }
}

/// Measures and prints.
#[expect(clippy::print_stdout, reason = "a chore speaks on the terminal")]
pub(super) fn run(bench: &Bench) -> Result<(), String> {
    let folder = bench.target.join("bench-build");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let print = |what, value, unit, at_most| println!("{}", Row { what, value, unit, at_most });
    let built = |name: &str, arguments: &[&str]| {
        let arguments = [&["--package", "hygea-fhir-model"], arguments].concat();
        built(bench, &bench.root, &folder.join(name), &arguments)
    };

    let r4 = built("r4", &["--release"])?;
    print("model with R4, release profile", r4.cpu, "CPU-seconds", Some(60.0));
    print("model with R4, release profile, largest compiler", r4.megabytes, "MB", Some(1500.0));
    let dev = built("dev", &[])?;
    print("model with R4, dev profile", dev.cpu, "CPU-seconds", None);
    let tables = built("tables", &["--release", "--no-default-features", "--features", "r4-schema"])?;
    print("model with R4's tables alone, release profile", tables.cpu, "CPU-seconds", None);
    let (user, megabytes) = user(bench, &folder.join("user"))?;
    print(
        "a program that reads and writes a Bundle, more than one that does not",
        megabytes,
        "MB",
        Some(12.0),
    );
    print("the same with the model, cargo's own release profile", user.cpu, "CPU-seconds", None);
    let all = built("all", &["--release", "--features", "dstu2,stu3,r4,r4b,r5"])?;
    print("model with all five versions, release profile", all.clock / 60.0, "minutes", Some(5.0));
    print("model with all five versions, release profile", all.cpu, "CPU-seconds", None);
    print("model with all five versions, release profile, largest compiler", all.megabytes, "MB", None);
    Ok(())
}

/// Builds what a manifest in `source` names into a folder.
fn built(bench: &Bench, source: &Path, target: &Path, arguments: &[&str]) -> Result<Cost, String> {
    let python =
        program("python3").ok_or("the system's counts are read through python3, which is not here")?;
    let mut command = bench.command(python);
    command.args(["-c", STOPWATCH, env!("CARGO"), "build", "--quiet"]).args(arguments);
    command.current_dir(source).env("CARGO_TARGET_DIR", target).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [0.0, clock, cpu, kilobytes] => Ok(Cost { clock: *clock, cpu: *cpu, megabytes: kilobytes / 1024.0 }),
        _ => Err(format!("{} could not be built with {arguments:?}", source.display())),
    }
}

/// Builds the two programs outside of this workspace, without symbols: what that costs, model included, and how
/// many megabytes reading and writing a Bundle adds.
fn user(bench: &Bench, folder: &Path) -> Result<(Cost, f64), String> {
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder.join("src/bin")).map_err(problem)?;
    for (name, text) in USER {
        std::fs::write(folder.join("src/bin").join(name), text).map_err(problem)?;
    }
    let model = bench.root.join("fhir-model");
    let manifest = format!(
        "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nhygea-fhir-model = {{ path = {model:?} }}\n\n\
         [profile.release]\nstrip = true\n\n[workspace]\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).map_err(problem)?;
    std::fs::copy(bench.root.join("Cargo.lock"), folder.join("Cargo.lock")).map_err(problem)?;
    let target = folder.join("target");
    let cost = built(bench, folder, &target, &["--release"])?;
    let size = |name: &str| {
        let file = target.join("release").join(name);
        let size = std::fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?.len();
        u32::try_from(size).map(f64::from).map_err(|_| format!("{} is huge", file.display()))
    };
    Ok((cost, (size("uses")? - size("idle")?) / 1e6))
}
