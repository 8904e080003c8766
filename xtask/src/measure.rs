//! `cargo xtask bench`: builds the measurements with all optimisations and runs them.
//!
//! They live in a package of their own (`xtask/bench`), so that the other chores need not build what they measure.

use crate::suites::{Bench, ran};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a chore speaks on the terminal")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let bench = Bench::prepare();
    let mut command = bench.cargo();
    command.args(["run", "--release", "--package", "hygea-bench", "--"]).args(arguments);
    match ran(&mut command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
