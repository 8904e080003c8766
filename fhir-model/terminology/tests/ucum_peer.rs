//! UCUM beside another implementation: random pairs of units, as npm `@lhncbc/ucum-lhc` 7.1.9 converts them.
//!
//! It takes part if `HYGEA_UCUM_LHC` names a folder in whose `node_modules` the package is installed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::primitive::decimal::Number;
use hygea_terminology::ucum::{Unit, convert};
use std::io::Write as _;
use std::process::{Command, Stdio};

const PAIRS: usize = 2000;

const SCRIPT: &str = r#"
const units = require("@lhncbc/ucum-lhc").UcumLhcUtils.getInstance();
const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
console.log = () => {};
const found = lines.map((line) => {
    const [value, from, to] = line.split("\t");
    const result = units.convertUnitTo(from, Number(value), to);
    return result.status === "succeeded" ? String(result.toVal) : "none";
});
process.stdout.write(found.join("\n"));
"#;

/// Units whose constants the peer has of an older edition of UCUM, so that sizes differ by what the editions do.
const OTHER_EDITION: &[&str] = &["mol", "eq", "osm", "kat", "U", "eV", "u", "Oe", "Gb"];

/// The same, in brackets; those that the peer does not know (`[NTU]`, `[FNU]`); those whose function it does not
/// convert (homeopathic potencies, prism dioptres); and `[LPF]`, which counts 100 in the essence and 1 there.
const OTHER_UNITS: &[&str] = &[
    "[e]", "[k]", "[h]", "[G]", "[m_e]", "[m_p]", "[S]", "[pH]", "[NTU]", "[FNU]", "[hp'_", "[p'diop]",
    "[LPF]",
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn another_implementation_converts_alike() {
    let Some(folder) = std::env::var_os("HYGEA_UCUM_LHC") else {
        println!("left out: HYGEA_UCUM_LHC names no folder with @lhncbc/ucum-lhc");
        return;
    };
    let rows = include_str!("ucum/sizes.tsv").lines().chain(include_str!("ucum/examples.tsv").lines());
    let codes: Vec<&str> =
        rows.filter(|line| !line.starts_with('#')).map(|line| line.split('\t').next().unwrap()).collect();
    let is_alike = |code: &str| {
        if OTHER_UNITS.iter().any(|other| code.contains(other)) {
            return false;
        }
        let simple = code.split(['.', '/', '(', ')', '{', '}']);
        let mut simple = simple.map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-'));
        // The prefixes of these have one letter.
        !simple.any(|part| {
            OTHER_EDITION.iter().any(|other| part.strip_suffix(other).is_some_and(|prefix| prefix.len() <= 1))
        })
    };
    let units: Vec<Unit> =
        codes.iter().filter(|code| is_alike(code)).map(|code| Unit::parse(code).unwrap()).collect();
    let mut random = Random(42);
    let mut pairs = Vec::new();
    while pairs.len() < PAIRS {
        let (from, to) = (&units[random.below(units.len())], &units[random.below(units.len())]);
        if from != to && from.is_comparable(to) && !from.is_arbitrary() {
            let value = Number { coefficient: i128::try_from(random.below(9999)).unwrap() + 1, exponent: -2 };
            pairs.push((value, from, to));
        }
    }
    let input: Vec<String> = pairs
        .iter()
        .map(|(value, from, to)| format!("{}e{}\t{from}\t{to}", value.coefficient, value.exponent))
        .collect();
    let mut node = Command::new("node")
        .args(["-e", SCRIPT])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    node.stdin.take().unwrap().write_all(input.join("\n").as_bytes()).unwrap();
    let output = String::from_utf8(node.wait_with_output().unwrap().stdout).unwrap();
    let found: Vec<&str> = output.lines().collect();
    assert_eq!(found.len(), PAIRS);
    let (mut alike, mut refused, mut different) = (0, Vec::new(), Vec::new());
    for ((value, from, to), theirs) in pairs.iter().zip(found) {
        let ours = convert(*value, from, to).map(|ours| format!("{}e{}", ours.coefficient, ours.exponent));
        let (Ok(theirs), Some(ours)) = (theirs.parse::<f64>(), ours) else {
            refused.push(format!("{from} in {to}: {theirs}"));
            continue;
        };
        let ours: f64 = ours.parse().unwrap();
        if (ours - theirs).abs() <= 1e-9 * ours.abs().max(theirs.abs()) {
            alike += 1;
        } else {
            different.push(format!("{value:?} {from} in {to}: {ours}, they {theirs}"));
        }
    }
    println!("{alike} alike, {} refused by one of both, {} different", refused.len(), different.len());
    for line in refused.iter().take(60) {
        println!("refused: {line}");
    }
    for line in &different {
        println!("different: {line}");
    }
    assert!(different.is_empty());
    assert_eq!(alike + refused.len(), PAIRS);
    assert!(refused.len() <= 20, "{} refused", refused.len());
}
