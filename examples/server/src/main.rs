//! `hygea`: the server and its command line over [`hygea_service::Engine`]. Everything that is not HTTP, files or
//! arguments is in the libraries.

mod arguments;
mod http;
mod serve;

use arguments::{Command, USAGE};
use std::process::ExitCode;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks on the terminal")]
fn main() -> ExitCode {
    let outcome = match arguments::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Command::Version) => {
            println!("hygea {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Command::Serve(options)) => serve::run(&options),
        Err(why) => Err(format!("{why}\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("hygea: {why}");
            ExitCode::FAILURE
        }
    }
}
