//! What a chore found, said at its end.

use std::process::ExitCode;

/// The faults that one chore found.
pub(crate) struct Faults {
    chore: &'static str,
    found: usize,
}

impl Faults {
    pub(crate) fn new(chore: &'static str) -> Self {
        Self { chore, found: 0 }
    }

    /// Says a fault at once and counts it.
    #[expect(clippy::print_stderr, reason = "a chore speaks on the terminal")]
    pub(crate) fn add(&mut self, fault: impl AsRef<str>) {
        self.found += 1;
        eprintln!("{}: {}", self.chore, fault.as_ref());
    }

    /// Says what is no fault.
    #[expect(clippy::print_stdout, reason = "a chore speaks on the terminal")]
    pub(crate) fn note(&self, text: &str) {
        println!("{}: {text}", self.chore);
    }

    #[expect(clippy::print_stdout, reason = "a chore speaks on the terminal")]
    pub(crate) fn finish(self) -> ExitCode {
        if self.found == 0 {
            println!("{}: in order", self.chore);
            return ExitCode::SUCCESS;
        }
        println!("{}: {} faults", self.chore, self.found);
        ExitCode::FAILURE
    }
}
