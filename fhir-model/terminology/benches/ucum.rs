//! What it costs to read units and to normalise quantities. `cargo bench -p hygea-terminology`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "a bench speaks on the terminal"
)]

use hygea_fhir_model::primitive::decimal::Number;
use hygea_terminology::ucum::{Unit, canonical, convert};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 20_000;

/// The best of ten batches, in nanoseconds per call.
fn best(mut call: impl FnMut()) -> f64 {
    let batches = (0..10).map(|_| {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            call();
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
    });
    batches.fold(f64::INFINITY, f64::min)
}

fn main() {
    let value = Number::parse("7.2").unwrap();
    println!("{:<14} {:>9} {:>9} {:>9} {:>9}", "ns per call", "first", "parse", "canonical", "both");
    for code in
        ["mg", "mmol/L", "mm[Hg]", "10*9/L", "/min", "kg/m2", "[lb_av]", "ug/kg/min", "Cel", "[degF]", "[pH]"]
    {
        let start = Instant::now();
        let unit = Unit::parse(code).unwrap();
        let _ = black_box(canonical(value, &unit));
        let first = start.elapsed().as_secs_f64() * 1e9;
        let parse = best(|| {
            let _ = black_box(Unit::parse(black_box(code)));
        });
        let normalise = best(|| {
            let _ = black_box(canonical(black_box(value), &unit));
        });
        let both = best(|| {
            let _ = black_box(canonical(value, &Unit::parse(black_box(code)).unwrap()));
        });
        println!("{code:<14} {first:>9.0} {parse:>9.0} {normalise:>9.0} {both:>9.0}");
    }
    let (from, to) = (Unit::parse("mg/dL").unwrap(), Unit::parse("g/L").unwrap());
    let convert = best(|| {
        let _ = black_box(convert(black_box(value), &from, &to));
    });
    println!("convert mg/dL to g/L: {convert:.0} ns");
}
