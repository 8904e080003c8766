//! FHIRPath and the extraction of index values.

use crate::data::Data;
use crate::row::Row;
use hygea_fhir_model::element::JsonElement;
use hygea_fhir_model::json::{Document, Node, Object, Value};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhir_search::{ExtractOptions, Extractor, Parameters};
use hygea_fhirpath::{Environment, Expression, Item};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

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
    for (kind, bound) in [("Observation", 5.0), ("Patient", 10.0)] {
        let text = resource(data, kind)?;
        let document = Document::parse(&text).map_err(|error| error.to_string())?;
        let extractor = Extractor::new(Parameters::r4(), ExtractOptions::default());
        let count = extractor.extract(document.root()).map_err(|error| error.to_string())?.len();
        let micros = best(|| {
            black_box(extractor.extract(black_box(document.root())).map_or(0, |entries| entries.len()));
        });
        rows.push(Row::new(format!("all {count} index values of a {kind}"), micros, "µs").at_most(bound));
    }
    Ok(rows)
}

/// The expressions that the peers were measured on.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("Patient", "Patient.name.family"),
    ("Patient", "Patient.birthDate"),
    ("Patient", "Patient.telecom.where(system='phone')"),
    ("Patient", "Patient.identifier.where(type.coding.code='MR').value"),
    (
        "Patient",
        "Patient.extension.where(url='http://hl7.org/fhir/us/core/StructureDefinition/us-core-race').extension.value",
    ),
    ("Patient", "Patient.name.where(use='official').given.first()"),
    ("Patient", "Patient.address.city | Patient.address.state"),
    ("Observation", "Observation.code"),
    ("Observation", "(Observation.value as Quantity)"),
    ("Observation", RESOLVE),
    ("Observation", "Observation.code.coding.where(system='http://loinc.org').code"),
    ("Observation", "Observation.effective"),
    ("Bundle", "Bundle.entry.resource.where($this is Observation).count()"),
];

/// The one that fhirpath.js evaluates asynchronously alone. Here the text of the reference answers it; the peer asks
/// a server, which in this measurement is a function that answers at once.
const RESOLVE: &str = "Observation.subject.where(resolve() is Patient)";

/// The resources that the expressions are about, as text: a Patient, an Observation and a Bundle of 296 entries.
///
/// The patients of the reference data have no extension inside of an extension, so one of US Core is put in; and
/// their observations name the patient by a UUID, which tells no type, so it is named by type and id.
fn resources(data: &Data) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    const RACE: &str = r#"{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3","display":"White"}},{"url":"text","valueString":"White"}]}"#;
    let changed = |text: &[u8], change: &dyn Fn(&mut Object)| -> Result<Vec<u8>, String> {
        let mut value = Document::parse(text).map_err(|error| error.to_string())?.root().to_value();
        if let Some(object) = value.as_object_mut() {
            change(object);
        }
        Ok(value.to_json().into_bytes())
    };
    let patient = changed(&resource(data, "Patient")?, &|patient| {
        if let Some(Value::Array(extensions)) = patient.get_mut("extension") {
            extensions.insert(0, Value::Raw(RACE.into()));
        }
    })?;
    let observation = changed(&resource(data, "Observation")?, &|observation| {
        observation.insert(
            "subject",
            Object::new().with("reference", "Patient/fbfec681-d357-4b28-b1d2-5db6434c7846"),
        );
    })?;
    let bundle = changed(&data.bundle()?, &|bundle| {
        if let Some(Value::Array(entries)) = bundle.get_mut("entry") {
            // The last ones: there are Observations among them.
            entries.drain(..entries.len().saturating_sub(296));
        }
    })?;
    Ok(vec![("Patient", patient), ("Observation", observation), ("Bundle", bundle)])
}

/// Microseconds of one call: the best of many short rounds, which a busy machine disturbs least. The peer is
/// measured alike.
fn best(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    let times = (2e-3 / start.elapsed().as_secs_f64().max(2e-8)).clamp(1.0, 1e5);
    let mut best = f64::MAX;
    for _ in 0..100 {
        let start = Instant::now();
        let mut done = 0.0;
        while done < times {
            work();
            done += 1.0;
        }
        best = best.min(start.elapsed().as_secs_f64() / done);
    }
    best * 1e6
}

/// Expressions beside fhirpath.js, in one run: compiled, then compiled for one evaluation.
pub(crate) fn fhirpath(data: &Data) -> Result<Vec<Row>, String> {
    let schema = Schema::of(Version::R4).ok_or("there are no tables of R4")?;
    let resources = resources(data)?;
    let peers = peer(data, &resources)?;
    let environment = Environment::new();
    let (mut rows, mut anew) = (Vec::new(), Vec::new());
    for (index, (kind, text)) in EXPRESSIONS.iter().enumerate() {
        let (_, json) = resources.iter().find(|(name, _)| name == kind).ok_or("a resource is missing")?;
        let document = Document::parse(json).map_err(|error| error.to_string())?;
        let expression = Expression::compile(text, schema).map_err(|error| error.to_string())?;
        let node = JsonElement::resource(document.root(), schema);
        let found = expression.evaluate(node, &environment).map_err(|error| error.to_string())?;
        let result = match found.single() {
            Some(Item::Integer(count)) => format!("{count}"),
            _ => format!("{} items", found.len()),
        };
        let micros = best(|| {
            black_box(expression.evaluate(black_box(node), &environment).map_or(0, |found| found.len()));
        });
        let once = best(|| {
            let expression = Expression::compile(black_box(text), schema);
            black_box(expression.is_ok_and(|it| it.evaluate(black_box(node), &environment).is_ok()));
        });
        let row = Row::new((*text).to_owned(), micros, "µs");
        let row_anew = Row::new(format!("{text}, compiled for one evaluation"), once, "µs");
        let name = if *text == RESOLVE { "fhirpath.js 5.2 (async)" } else { "fhirpath.js 5.2" };
        match peers.as_ref().and_then(|peers| peers.get(index)) {
            Some(peer) if peer.result == result => {
                rows.push(row.ratio(peer.micros / micros, name).at_least(20.0));
                anew.push(row_anew.ratio(peer.once / once, name).at_least(5.0));
            }
            Some(peer) => return Err(format!("{text}: {result} here, {} at the peer", peer.result)),
            None => {
                rows.push(row);
                anew.push(row_anew);
            }
        }
    }
    rows.append(&mut anew);
    Ok(rows)
}

const PEER: &str = r"
const fs = require('fs'), fhirpath = require('fhirpath'), r4 = require('fhirpath/fhir-context/r4');
const { resources, expressions, resolve } = JSON.parse(fs.readFileSync(0, 'utf8'));
const type = new Map([['Content-Type', 'application/fhir+json']]);
globalThis.fetch = async () => ({ ok: true, status: 200, headers: type, json: async () => resources.Patient });
const clock = () => Number(process.hrtime.bigint()) / 1000;
(async () => {
  for (const [kind, text] of expressions) {
    const options = text === resolve ? { async: true, fhirServerUrl: 'http://localhost' } : {};
    const run = fhirpath.compile(text, r4, options), resource = resources[kind];
    const once = () => fhirpath.evaluate(resource, text, null, r4, options);
    const found = await run(resource);
    const result = found.length === 1 && typeof found[0] === 'number' ? found[0] : found.length + ' items';
    const best = async work => {
      let best = Infinity, times = 50;
      for (let round = 0; round < 200; round++) {
        const start = clock();
        if (text === resolve) for (let i = 0; i < times; i++) await work();
        else for (let i = 0; i < times; i++) work();
        best = Math.min(best, (clock() - start) / times);
        times = Math.min(500, Math.max(1, Math.floor(1000 / best)));
      }
      return best;
    };
    const compiled = await best(() => run(resource)), anew = await best(once);
    console.log(compiled + ' ' + anew + ' ' + result);
  }
})();
";

/// What fhirpath.js took and found.
struct Peer {
    micros: f64,
    once: f64,
    result: String,
}

/// What fhirpath.js takes for each expression; nothing where npm is not there.
fn peer(data: &Data, resources: &[(&str, Vec<u8>)]) -> Result<Option<Vec<Peer>>, String> {
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
    for (index, (kind, text)) in resources.iter().enumerate() {
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        let _ = write!(input, "{}\"{kind}\":{text}", if index > 0 { "," } else { "" });
    }
    let expressions = serde_json::to_string(EXPRESSIONS).map_err(|error| error.to_string())?;
    let _ = write!(input, "}},\"expressions\":{expressions},\"resolve\":\"{RESOLVE}\"}}");
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
        let mut words = line.splitn(3, ' ');
        let mut number = || words.next()?.parse().ok();
        Some(Peer { micros: number()?, once: number()?, result: words.next()?.to_owned() })
    });
    Ok(Some(rows.collect()))
}
