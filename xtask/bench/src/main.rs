//! The measurements behind `docs/benchmarks.md`: ratios against a peer or a limit, both taken in one run on one machine.
//!
//! `cargo xtask bench [NAME]` runs them. Each row says what it measured, the ratio to its peer where it has one, and the bound
//! that the design answers for; a bound that does not hold ends in `not met`.

#![allow(clippy::print_stdout, reason = "measurements are printed")]

mod data;
mod devices;
mod http;
mod imaging;
mod index;
mod model;
mod row;
mod store;

use std::process::ExitCode;

type Bench = fn(&data::Data) -> Result<Vec<row::Row>, String>;

const BENCHES: &[(&str, Bench)] = &[
    ("parse", model::parse),
    ("write", model::write),
    ("fhirpath", index::fhirpath),
    ("index", index::index),
    ("ingest", store::ingest),
    ("search", store::search),
    ("http", http::http),
    ("dicom", imaging::dicom),
    ("iomt", devices::iomt),
    ("embed", store::embed),
    ("policy", devices::policy),
];

#[expect(clippy::print_stderr, reason = "measurements are printed")]
fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = wanted.iter().find(|name| !BENCHES.iter().any(|(bench, _)| bench == name)) {
        let known: Vec<_> = BENCHES.iter().map(|(name, _)| *name).collect();
        eprintln!("no measurement is called {name}; there are {}", known.join(", "));
        return ExitCode::FAILURE;
    }
    let data = data::Data::find();
    let mut failed = false;
    for (name, bench) in
        BENCHES.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name))
    {
        match bench(&data) {
            Ok(rows) => rows.iter().for_each(|row| println!("{name}: {row}")),
            Err(why) => {
                failed = true;
                println!("{name}: could not be measured: {why}");
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
