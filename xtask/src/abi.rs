//! `cargo xtask abi [--check]`: the C header, the table of error numbers, and the record of the ABI.
//!
//! Three files are written from the sources and checked in, so that a change of the C interface shows in review:
//! `ffi/src/status_numbers.rs` from the `ErrorKind` of every crate, `ffi/include/hygea.h` by cbindgen from `ffi/src`,
//! and `ffi/abi.txt` (functions, constants, layouts as a C compiler sees them) from the header.

mod header;
mod layout;
mod numbers;

use crate::report::Faults;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const NUMBERS: &str = "ffi/src/status_numbers.rs";
const HEADER: &str = "ffi/include/hygea.h";
const RECORD: &str = "ffi/abi.txt";

pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let mut faults = Faults::new("abi");
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => {
            faults.add("usage: cargo xtask abi [--check]");
            return faults.finish();
        }
    };
    if let Err(fault) = generate(&crate::root(), check, &mut faults) {
        faults.add(fault);
    }
    faults.finish()
}

/// The functions that the library shows, as recorded.
pub(crate) fn functions(root: &Path) -> Result<Vec<String>, String> {
    let record = fs::read_to_string(root.join(RECORD)).map_err(|error| format!("{RECORD}: {error}"))?;
    Ok(layout::exported(&record).into_iter().map(str::to_owned).collect())
}

/// Each file is made from the one before it, as that one stands on disk; a file that is not fresh ends a check.
fn generate(root: &Path, check: bool, faults: &mut Faults) -> Result<(), String> {
    settle(root, NUMBERS, &numbers::source(root)?, check, faults)?;
    settle(root, HEADER, &header::text(root)?, check, faults)?;
    settle(root, RECORD, &layout::record(root, HEADER)?, check, faults)
}

/// Writes a file that has changed, or says how it differs.
fn settle(root: &Path, file: &str, fresh: &str, check: bool, faults: &mut Faults) -> Result<(), String> {
    let path = root.join(file);
    let old = fs::read_to_string(&path).unwrap_or_default();
    if old == fresh {
        return Ok(());
    }
    if check {
        faults.add(format!("{file} is not fresh; run `cargo xtask abi`"));
        for line in difference(&old, fresh).iter().take(40) {
            faults.note(line);
        }
        return Ok(());
    }
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, fresh))
        .map_err(|error| format!("{file}: {error}"))?;
    faults.note(&format!("wrote {file}"));
    if file == RECORD {
        for line in old.lines().filter(|line| !fresh.lines().any(|other| other == *line)) {
            faults.note(&format!("no longer in the ABI: {line}"));
        }
    }
    Ok(())
}

/// The lines that only one side has.
fn difference(old: &str, fresh: &str) -> Vec<String> {
    let gone =
        old.lines().filter(|line| !fresh.lines().any(|other| other == *line)).map(|line| format!("- {line}"));
    let new =
        fresh.lines().filter(|line| !old.lines().any(|other| other == *line)).map(|line| format!("+ {line}"));
    gone.chain(new).collect()
}
