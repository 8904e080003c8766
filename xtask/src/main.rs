//! The chores of the repository, run as `cargo xtask CHORE`.
//!
//! They are ordinary Rust so that a fresh machine needs nothing else to run them; whatever they need beyond the
//! toolchain (Python packages, npm packages) they install themselves below `target/`.

mod abi;
mod codegen;
mod fuzz;
mod install;
mod measure;
mod report;
mod suites;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask codegen [--check]   writes the generated files from HL7's packages, or checks that they are fresh
cargo xtask codegen --examples  fetches HL7's examples and prints their folders as variables for tests
cargo xtask tidy                checks the rules of the house: arrows, sizes, names
cargo xtask test [SUITE…]       runs every test in Rust, C, C++ and Python and says what was left out and why
                 [--peers]      and those beside other FHIR software, which it installs
                 [--long]       all examples and the largest inputs, not a sample
cargo xtask abi [--check]       writes ffi/include/hygea.h and ffi/abi.txt, or checks that they are fresh
cargo xtask install PREFIX      installs the C library: headers, libraries, pkg-config and CMake files
cargo xtask fuzz [TARGET…] [--seconds N]   feeds the readers with random input; needs a nightly compiler
cargo xtask bench [NAME…]       measures and prints the table of docs/benchmarks.md; `build` only when named";

#[expect(clippy::print_stderr, reason = "a chore speaks on the terminal")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (chore, rest) = match arguments.split_first() {
        Some((chore, rest)) => (chore.as_str(), rest),
        None => ("", [].as_slice()),
    };
    match chore {
        "abi" => abi::run(rest),
        "codegen" => codegen::run(rest),
        "fuzz" => fuzz::run(rest),
        "install" => install::run(rest),
        "tidy" => tidy::run(),
        "test" => suites::run(rest),
        "bench" => measure::run(rest),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the reference data, if this machine has it.
fn data() -> Option<PathBuf> {
    let data =
        std::env::var_os("HYGEA_TEST_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    data.canonicalize().ok().filter(|data| data.join("MANIFEST.md").is_file())
}

/// The folder of the repository.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}
