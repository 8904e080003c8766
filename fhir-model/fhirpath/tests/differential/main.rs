//! The same expressions through this engine and through npm `fhirpath`: two thousand generated ones over two
//! hundred examples of HL7. Each disagreement is decided by the specification and kept as a row of a table.
//!
//! It runs where `HYGEA_FHIRPATH_JS` names a folder in which `fhirpath` is installed (`cargo xtask test --peers`
//! installs it) and `HYGEA_FHIR_EXAMPLES_R4` the folder of the examples.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking and print what they counted"
)]

mod decided;
mod generate;

use generate::{Dice, Generator};
use hygea_fhir_model::element::{Element, JsonElement, Primitive};
use hygea_fhir_model::json::{Document, Node, Writer};
use hygea_fhir_model::schema::{Schema, Version};
use hygea_fhirpath::{DateTime, Decimal, Environment, Expression, Item, Quantity};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const EXPRESSIONS: usize = 2000;
const EXAMPLES: usize = 200;
/// Each expression is evaluated on the example that it was made from and on so many others of the same type.
const OTHERS: usize = 2;
const SEED: u64 = 4;

/// What one engine makes of one expression on one example: items by type and text, or a message.
type Answer = Result<Vec<(String, String)>, String>;

/// One expression, and the examples that it is evaluated on.
struct Case {
    expression: String,
    on: Vec<usize>,
}

struct Peer {
    modules: PathBuf,
    work: PathBuf,
}

impl Peer {
    fn new() -> Option<Self> {
        let Some(modules) = std::env::var_os("HYGEA_FHIRPATH_JS").map(PathBuf::from) else {
            println!("left out: HYGEA_FHIRPATH_JS names no folder with npm `fhirpath`");
            return None;
        };
        let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        std::fs::create_dir_all(&work).unwrap();
        Some(Self { modules, work })
    }

    /// What the peer answers, by case and example.
    fn answers(&self, name: &str, resources: &[&str], cases: &[Case]) -> Vec<Vec<Answer>> {
        let (input, output) =
            (self.work.join(format!("{name}.cases.json")), self.work.join(format!("{name}.results.json")));
        std::fs::write(&input, written(resources, cases)).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/evaluate.js");
        let status = Command::new("node")
            .current_dir(&self.modules)
            .arg("--stack-size=4000")
            .args([&script, &input, &output])
            .status()
            .unwrap();
        assert!(status.success(), "node ended with {status}");
        let bytes = std::fs::read(&output).unwrap();
        let document = Document::parse(&bytes).unwrap();
        document.root().items().map(|case| case.items().map(answer).collect()).collect()
    }
}

fn answer(node: Node<'_>) -> Answer {
    if let Some(message) = node.get("error") {
        return Err(message.as_str().unwrap().to_owned());
    }
    let text = |node: Option<Node<'_>>| node.unwrap().as_str().unwrap().to_owned();
    Ok(node.get("items").unwrap().items().map(|item| (text(item.at(0)), text(item.at(1)))).collect())
}

fn written(resources: &[&str], cases: &[Case]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.object(|writer| {
        writer.name("resources");
        writer.array(|writer| {
            for resource in resources {
                let document = Document::parse(resource.as_bytes()).unwrap();
                lossless(document.root(), writer);
            }
        });
        writer.name("cases");
        writer.array(|writer| {
            for case in cases {
                writer.object(|writer| {
                    writer.name("expression");
                    writer.string(&case.expression);
                    writer.name("on");
                    writer.array(|writer| {
                        for index in &case.on {
                            writer.integer(i64::try_from(*index).unwrap());
                        }
                    });
                });
            }
        });
    });
    writer.into_bytes()
}

/// The same JSON, numbers with a fraction as `{"$n": text}`, because the peer's reader would cut zeros at the end.
fn lossless(node: Node<'_>, writer: &mut Writer) {
    if node.is_object() {
        writer.object(|writer| {
            for (name, member) in node.members() {
                writer.name(name);
                lossless(member, writer);
            }
        });
    } else if node.is_array() {
        writer.array(|writer| node.items().for_each(|item| lossless(item, writer)));
    } else {
        match node.as_number() {
            Some(text) if text.contains(['.', 'e', 'E']) => writer.object(|writer| {
                writer.name("$n");
                writer.string(text);
            }),
            _ => writer.raw(node.raw()),
        }
    }
}

fn own_answer(expression: &str, resource: &str) -> Answer {
    let schema = Schema::of(Version::R4).unwrap();
    let document = Document::parse(resource.as_bytes()).unwrap();
    let environment = Environment::new().now(DateTime::parse("2026-11-20T10:15:30.500+01:00").unwrap());
    let compiled = Expression::compile(expression, schema).map_err(|error| error.to_string())?;
    let found = compiled.evaluate(JsonElement::resource(document.root(), schema), &environment);
    let found = found.map_err(|error| error.to_string())?;
    Ok(found.iter().map(shown).collect())
}

fn shown(item: &Item<'_>) -> (String, String) {
    match item {
        Item::Element(node) => {
            let text = match node.primitive() {
                Some(Primitive::Boolean(value)) => value.to_string(),
                Some(Primitive::Integer(value)) => value.to_string(),
                Some(Primitive::Decimal(text) | Primitive::Text(text)) => text.to_owned(),
                None => match node.json().and_then(JsonElement::node) {
                    Some(json) if json.is_object() => stable(json),
                    _ => "<none>".to_owned(),
                },
            };
            (format!("FHIR.{}", item.type_name()), text)
        }
        Item::Type(found) => ("System.TypeInfo".to_owned(), format!("{found:?}")),
        value => {
            let text = value.to_text().map_or_else(String::new, std::borrow::Cow::into_owned);
            (format!("System.{}", value.type_name()), text)
        }
    }
}

/// JSON with sorted members and no space, as the script writes it.
fn stable(node: Node<'_>) -> String {
    if node.is_object() {
        let members: BTreeMap<&str, Node<'_>> = node.members().collect();
        let members: Vec<String> =
            members.into_iter().map(|(name, member)| format!("\"{name}\":{}", stable(member))).collect();
        return format!("{{{}}}", members.join(","));
    }
    if node.is_array() {
        return format!("[{}]", node.items().map(stable).collect::<Vec<_>>().join(","));
    }
    match node.as_str() {
        Some(text) => {
            let mut writer = Writer::new();
            writer.string(text);
            writer.into_text()
        }
        None => node.raw().to_owned(),
    }
}

/// Whether two answers are the same: both fail, or both have the same items.
fn agree(own: &Answer, peer: &Answer, expression: &str) -> bool {
    let (Ok(own), Ok(peer)) = (own, peer) else { return own.is_err() == peer.is_err() };
    if own.len() != peer.len() {
        return false;
    }
    if own.iter().zip(peer).all(|(own, peer)| same(own, peer)) {
        return true;
    }
    // These promise no order.
    let unordered = ["|", "union", "combine", "intersect", "distinct", "repeat", "descendants", "children"];
    let mut open: Vec<_> = peer.iter().collect();
    unordered.iter().any(|name| expression.contains(name))
        && own.iter().all(|own| {
            let place = open.iter().position(|peer| same(own, peer));
            place.map(|place| open.swap_remove(place)).is_some()
        })
}

fn same(own: &(String, String), peer: &(String, String)) -> bool {
    let values = own.0.starts_with("System.") && peer.0.starts_with("System.");
    // The peer does not know whether a decimal without a fraction was an integer.
    let whole = own.0 == "System.Decimal" && peer.0 == "System.Integer";
    if values && own.0 != peer.0 && peer.0 != "System.Object" && !whole {
        return false;
    }
    if own.1 == peer.1 {
        return true;
    }
    match own.0.as_str() {
        "System.Decimal" => close(own.1.parse().ok(), peer.1.parse().ok()),
        "System.Quantity" => match (Quantity::parse(&own.1), Quantity::parse(&peer.1)) {
            (Some(a), Some(b)) => a.unit == b.unit && close(Some(a.value), Some(b.value)),
            _ => false,
        },
        _ => false,
    }
}

/// Equal in the eight decimals that the specification asks for.
fn close(own: Option<Decimal>, peer: Option<Decimal>) -> bool {
    match (own, peer) {
        (Some(own), Some(peer)) => own == peer || own.round(8) == peer.round(8),
        _ => false,
    }
}

fn examples() -> Option<Vec<String>> {
    let Some(folder) = std::env::var_os("HYGEA_FHIR_EXAMPLES_R4") else {
        println!("left out: HYGEA_FHIR_EXAMPLES_R4 names no folder");
        return None;
    };
    let schema = Schema::of(Version::R4)?;
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    let mut by_type: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        if !(600..20_000).contains(&text.len()) {
            continue;
        }
        let document = Document::parse(text.as_bytes()).unwrap();
        if let Some(definition) = JsonElement::resource(document.root(), schema).definition() {
            let known = by_type.entry(definition.name()).or_default();
            if known.len() < 12 {
                known.push(text);
            }
        }
    }
    // Some of each type, and more of what has more.
    let mut found = Vec::new();
    for round in 0..12 {
        for texts in by_type.values() {
            if let Some(text) = texts.get(round).filter(|_| found.len() < EXAMPLES) {
                found.push(text.clone());
            }
        }
    }
    Some(found)
}

fn cases(examples: &[String], seed: u64) -> Vec<Case> {
    let schema = Schema::of(Version::R4).unwrap();
    let documents: Vec<Document<'_>> =
        examples.iter().map(|text| Document::parse(text.as_bytes()).unwrap()).collect();
    let types: Vec<&str> = documents
        .iter()
        .map(|document| JsonElement::resource(document.root(), schema).definition().unwrap().name())
        .collect();
    let mut dice = Dice::new(seed);
    let mut known = BTreeSet::new();
    let mut cases = Vec::new();
    while cases.len() < EXPRESSIONS {
        let at = cases.len() % examples.len();
        let resource = JsonElement::resource(documents[at].root(), schema);
        let expression = Generator { dice: &mut dice }.expression(resource);
        if expression.len() > 400 || !known.insert(expression.clone()) {
            continue;
        }
        let mut on = vec![at];
        on.extend(
            (0..examples.len()).filter(|other| *other != at && types[*other] == types[at]).take(OTHERS),
        );
        cases.push(Case { expression, on });
    }
    cases
}

#[test]
fn generated_expressions_agree_with_the_peer() {
    let Some(peer) = Peer::new() else { return };
    let Some(examples) = examples() else { return };
    let seed = std::env::var("HYGEA_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    assert_eq!(examples.len(), EXAMPLES);
    let cases = cases(&examples, seed);
    let texts: Vec<&str> = examples.iter().map(String::as_str).collect();
    let answers = peer.answers("generated", &texts, &cases);
    let (mut evaluations, mut agreed, mut nonempty) = (0_usize, 0_usize, 0_usize);
    let mut decided: BTreeMap<&str, usize> = BTreeMap::new();
    let mut open = Vec::new();
    for (case, answers) in cases.iter().zip(&answers) {
        for (index, theirs) in case.on.iter().zip(answers) {
            evaluations += 1;
            let own = own_answer(&case.expression, &examples[*index]);
            nonempty += usize::from(own.as_ref().is_ok_and(|items| !items.is_empty()));
            if agree(&own, theirs, &case.expression) {
                agreed += 1;
                continue;
            }
            match decided::class(&case.expression, &own, theirs) {
                Some(name) => *decided.entry(name).or_default() += 1,
                None => open.push(format!("{}\n    own  {own:?}\n    peer {theirs:?}", case.expression)),
            }
        }
    }
    println!(
        "{} expressions, {} examples, {evaluations} evaluations ({nonempty} with a result): {agreed} agree, {} differ \
         for a reason, {} without",
        cases.len(),
        examples.len(),
        decided.values().sum::<usize>(),
        open.len()
    );
    for (name, count) in &decided {
        println!("  {count:4} {name}");
    }
    for name in decided.keys() {
        assert!(decided::DECIDED.iter().any(|row| row.class == *name), "no row decides: {name}");
    }
    assert!(open.is_empty(), "{}", open.join("\n"));
}

/// An answer as the rows of the table write it.
fn line(answer: &Answer) -> String {
    match answer {
        Ok(items) => items.iter().map(|(kind, text)| format!("{kind} {text}")).collect::<Vec<_>>().join(", "),
        Err(_) => "error".to_owned(),
    }
}

#[test]
fn decided_differences_stay_as_they_are() {
    for row in decided::DECIDED {
        let own = own_answer(row.expression, decided::EXAMPLE);
        assert_eq!(line(&own), row.own, "{}: {}", row.expression, row.why);
    }
    let Some(peer) = Peer::new() else { return };
    let cases: Vec<Case> = decided::DECIDED
        .iter()
        .map(|row| Case { expression: row.expression.to_owned(), on: vec![0] })
        .collect();
    let answers = peer.answers("decided", &[decided::EXAMPLE], &cases);
    for (row, theirs) in decided::DECIDED.iter().zip(&answers) {
        assert_eq!(line(&theirs[0]), row.peer, "the peer's {}", row.expression);
    }
    println!("{} differences are decided", decided::DECIDED.len());
}
