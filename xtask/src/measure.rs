//! `cargo xtask bench`: builds the measurements with all optimisations and runs them.
//!
//! They live in a package of their own (`xtask/bench`), so that the other chores need not build what they measure;
//! `build`, which measures the compiler, is here and takes minutes, so it runs only when it is named.

mod build;

use crate::suites::{Bench, python, ran};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a chore speaks on the terminal")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let bench = Bench::prepare();
    let builds = arguments.iter().any(|name| name == "build");
    let others: Vec<String> = arguments.iter().filter(|name| *name != "build").cloned().collect();
    let mut result = Ok(());
    if !builds || !others.is_empty() {
        result = measure(&bench, &others);
    }
    if builds {
        result = result.and_then(|()| build::run(&bench));
    }
    match result {
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
