//! `cargo xtask bench`: builds the measurements with all optimisations and runs them.
//!
//! They live in a package of their own (`xtask/bench`), so that the other chores need not build what they measure.

use crate::suites::{Bench, python, ran};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a chore speaks on the terminal")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let bench = Bench::prepare();
    match measure(&bench, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(bench: &Bench, arguments: &[String]) -> Result<(), String> {
    ran(bench.cargo().args(["build", "--release", "--package", "hygea-server", "--package", "hygea-bench"]))?;
    let built = bench.target.join("release");
    let mut command = bench.command(built.join("hygea-bench"));
    command.args(arguments).env("HYGEA_SERVER", built.join("hygea"));
    if let Ok(folder) = python::wheel_folder(bench, "pydicom") {
        command.env("HYGEA_PYDICOM_DATA", folder);
    }
    ran(&mut command)
}
