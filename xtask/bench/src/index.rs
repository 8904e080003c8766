//! FHIRPath and the extraction of index values.

use crate::data::Data;
use crate::row::{Row, seconds};
use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_search::{ExtractOptions, Extractor, Parameters};
use hygea_fhirpath::{Environment, Expression};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// The text of the first resource of a type in the largest bundle.
fn resource(data: &Data, kind: &str) -> Result<Vec<u8>, String> {
    let bundle = data.bundle()?;
    let document = Document::parse(&bundle).map_err(|error| error.to_string())?;
    let found = document
        .root()
        .get("entry")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|entry| entry.get("resource"))
        .find(|resource| resource.get("resourceType").and_then(Node::as_str) == Some(kind));
    found
        .map(|resource| resource.raw().as_bytes().to_vec())
        .ok_or_else(|| format!("the bundle holds no {kind}"))
}

/// All index values of a resource, from its parsed tree.
pub(crate) fn index(data: &Data) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (kind, bound) in [("Observation", 30.0), ("Patient", 30.0)] {
        let text = resource(data, kind)?;
        let document = Document::parse(&text).map_err(|error| error.to_string())?;
        let extractor = Extractor::new(Parameters::r4(), ExtractOptions::default());
        let count = extractor.extract(document.root()).map_err(|error| error.to_string())?.len();
        let time = seconds(|| {
            black_box(extractor.extract(black_box(document.root())).map_or(0, |entries| entries.len()));
        });
        rows.push(Row::new(format!("all {count} index values of a {kind}"), time * 1e6, "µs").at_most(bound));
    }
    Ok(rows)
}

/// The expressions that the peers were measured on.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("Patient", "Patient.name.family"),
    ("Patient", "Patient.birthDate"),
    ("Patient", "Patient.telecom.where(system='phone')"),
    ("Patient", "Patient.identifier.where(type.coding.code='MR').value"),
    ("Patient", "Patient.name.where(use='official').given.first()"),
    ("Patient", "Patient.address.city | Patient.address.state"),
    ("Observation", "Observation.code"),
    ("Observation", "(Observation.value as Quantity)"),
    ("Observation", "Observation.code.coding.where(system='http://loinc.org').code"),
    ("Observation", "Observation.effective"),
];

/// Compiled expressions beside fhirpath.js, in one run.
pub(crate) fn fhirpath(data: &Data) -> Result<Vec<Row>, String> {
    let schema = Schema::of(Version::R4).ok_or("there are no tables of R4")?;
    let peers = peer(data)?;
    let mut rows = Vec::new();
    for (index, (kind, text)) in EXPRESSIONS.iter().enumerate() {
        let resource = resource(data, kind)?;
        let document = Document::parse(&resource).map_err(|error| error.to_string())?;
        let expression = Expression::compile(text, schema).map_err(|error| error.to_string())?;
        let environment = Environment::new();
        let node = JsonElement::resource(document.root(), schema);
        let count = expression.evaluate(node, &environment).map_err(|error| error.to_string())?.len();
        let time = seconds(|| {
            black_box(expression.evaluate(black_box(node), &environment).map_or(0, |found| found.len()));
        });
        let row = Row::new((*text).to_owned(), time * 1e6, "µs");
        let peer = peers.as_ref().and_then(|peers| peers.get(index).copied());
        rows.push(match peer {
            Some((micros, found)) if found == count => {
                row.ratio(micros / (time * 1e6), "fhirpath.js 5.2").at_least(20.0)
            }
            Some((_, found)) => return Err(format!("{text}: {count} results here, {found} at the peer")),
            None => row,
        });
    }
    Ok(rows)
}

const PEER: &str = r"
const fs = require('fs'), fhirpath = require('fhirpath'), r4 = require('fhirpath/fhir-context/r4');
const { resources, expressions } = JSON.parse(fs.readFileSync(0, 'utf8'));
for (const [kind, text] of expressions) {
  const run = fhirpath.compile(text, r4), resource = resources[kind];
  const found = run(resource).length;
  for (let i = 0; i < 2000; i++) run(resource);
  const rounds = [];
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 5000; i++) run(resource);
    rounds.push(Number(process.hrtime.bigint() - start) / 5000 / 1000);
  }
  rounds.sort((a, b) => a - b);
  console.log(rounds[3] + ' ' + found);
}
";

/// Microseconds and results of fhirpath.js for each expression; nothing where npm is not there.
fn peer(data: &Data) -> Result<Option<Vec<(f64, usize)>>, String> {
    let folder = data.cache("fhirpath-js")?;
    if !folder.join("node_modules/fhirpath").is_dir() {
        // Its UCUM library of the pinned minor version is not on every registry; an older one evaluates paths alike.
        let manifest =
            r#"{"dependencies": {"fhirpath": "5.2.2"}, "overrides": {"@lhncbc/ucum-lhc": "7.1.9"}}"#;
        std::fs::write(folder.join("package.json"), manifest).map_err(|error| error.to_string())?;
        let install = Command::new("npm")
            .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&folder)
            .status();
        if !install.is_ok_and(|status| status.success()) {
            return Ok(None);
        }
    }
    let mut input = String::from("{\"resources\":{");
    for (index, kind) in ["Patient", "Observation"].iter().enumerate() {
        let text = String::from_utf8(resource(data, kind)?).map_err(|error| error.to_string())?;
        let _ = write!(input, "{}\"{kind}\":{text}", if index > 0 { "," } else { "" });
    }
    let expressions = serde_json::to_string(EXPRESSIONS).map_err(|error| error.to_string())?;
    let _ = write!(input, "}},\"expressions\":{expressions}}}");
    let mut node = Command::new("node")
        .args(["-e", PEER])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = node.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(|error| error.to_string())?;
    }
    let output = node.wait_with_output().map_err(|error| error.to_string())?;
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows = lines.lines().filter_map(|line| {
        let (micros, found) = line.split_once(' ')?;
        Some((micros.parse().ok()?, found.parse().ok()?))
    });
    Ok(Some(rows.collect()))
}
