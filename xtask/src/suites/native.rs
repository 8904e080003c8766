//! The C and C++ suites: the examples of both languages, compiled as a careful user compiles them and run under
//! AddressSanitizer against the shared library, and once against the static one.

use super::{Bench, Outcome, outcome, program, ran};
use std::path::{Path, PathBuf};

const CHECKS: &[&str] = &["-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-fsanitize=address"];

pub(crate) fn c(bench: &Bench) -> Outcome {
    suite(bench, "cc", "-std=c99", "examples/c", "c", &["ffi/include"])
}

pub(crate) fn cpp(bench: &Bench) -> Outcome {
    suite(bench, "c++", "-std=c++17", "examples/cpp", "cpp", &["ffi/include", "bindings/cpp"])
}

fn suite(
    bench: &Bench,
    compiler: &str,
    standard: &str,
    folder: &str,
    extension: &str,
    includes: &[&str],
) -> Outcome {
    if program(compiler).is_none() {
        return Outcome::LeftOut(format!("there is no {compiler} on this machine"));
    }
    outcome(run(bench, compiler, standard, folder, extension, includes))
}

fn run(
    bench: &Bench,
    compiler: &str,
    standard: &str,
    folder: &str,
    extension: &str,
    includes: &[&str],
) -> Result<(), String> {
    ran(bench.cargo().args(["build", "--package", "hygea-ffi"]))?;
    let libraries = bench.target.join("debug");
    let out = bench.target.join("native");
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    for source in sources(&bench.root.join(folder), extension)? {
        let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for linkage in ["shared", "static"] {
            let program = out.join(format!("{name}-{extension}-{linkage}"));
            let mut compile = bench.command(compiler);
            compile.arg(standard).args(CHECKS);
            for include in includes {
                compile.arg("-I").arg(bench.root.join(include));
            }
            compile.arg(&source).arg("-o").arg(&program);
            if linkage == "shared" {
                compile.arg("-L").arg(&libraries).arg("-lhygea");
            } else {
                compile.arg(libraries.join("libhygea.a")).args(["-lpthread", "-ldl", "-lm"]);
            }
            ran(&mut compile)?;
            let data = out.join(format!("{name}-{extension}-{linkage}-data"));
            if data.exists() {
                std::fs::remove_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
            }
            ran(bench.command(&program).arg(&data).env("LD_LIBRARY_PATH", &libraries))?;
        }
    }
    Ok(())
}

fn sources(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| file.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    if files.is_empty() { Err(format!("{} holds no .{extension} file", folder.display())) } else { Ok(files) }
}
