//! The expressions that FHIR itself publishes: those of all search parameters of the five versions compile, and run
//! over the examples of their version without an error; so do the invariants of R4. (Those of DSTU2 are HL7's XPaths,
//! translated.)
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

use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_model::schema::{Schema, TypeDef, Version};
use hygea_fhirpath::{DateTime, Environment, Expression, Options};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The expressions of the search parameters of one version, and what running them over HL7's examples must give at
/// least: a fall is an error.
struct Published {
    version: Version,
    /// The generated table, which is read as text, so that this crate does not depend on the one that owns it.
    table: &'static str,
    /// The variable that names the folder of the examples.
    examples: &'static str,
    expressions: usize,
    resources: usize,
    items: usize,
}

const PUBLISHED: [Published; 5] = [
    Published {
        version: Version::Dstu2,
        table: "dstu2",
        examples: "HYGEA_FHIR_EXAMPLES_DSTU2",
        expressions: 880,
        resources: 2505,
        items: 62_590,
    },
    Published {
        version: Version::Stu3,
        table: "stu3",
        examples: "HYGEA_FHIR_EXAMPLES_STU3",
        expressions: 1214,
        resources: 8287,
        items: 117_432,
    },
    Published {
        version: Version::R4,
        table: "r4",
        examples: "HYGEA_FHIR_EXAMPLES_R4",
        expressions: 1372,
        resources: 5306,
        items: 147_409,
    },
    Published {
        version: Version::R4B,
        table: "r4b",
        examples: "HYGEA_FHIR_EXAMPLES_R4B",
        expressions: 1406,
        resources: 2840,
        items: 83_722,
    },
    Published {
        version: Version::R5,
        table: "r5",
        examples: "HYGEA_FHIR_EXAMPLES_R5",
        expressions: 1240,
        resources: 2822,
        items: 89_612,
    },
];

/// The text between quotes of each `expression: "…"` in the generated table of search parameters.
fn generated_expressions(table: &str) -> Vec<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../fhir-search/src/parameters/{table}.rs"));
    let Ok(source) = std::fs::read_to_string(path) else {
        println!("left out: the table of search parameters of {table} is not there");
        return Vec::new();
    };
    let lines =
        source.lines().filter_map(|line| line.trim().strip_prefix("expression: \"")?.strip_suffix("\","));
    lines
        .map(|text| text.replace("\\\"", "\"").replace("\\\\", "\\"))
        .filter(|text| !text.is_empty())
        .collect()
}

#[test]
fn every_search_parameter_compiles() {
    for published in PUBLISHED {
        let Some(schema) = Schema::of(published.version) else { continue };
        let expressions = generated_expressions(published.table);
        let mut failed = Vec::new();
        for text in &expressions {
            if let Err(error) = Expression::compile(text, schema) {
                failed.push(format!("{text}: {error}"));
            }
        }
        let version = published.version;
        println!(
            "{version}: {} expressions of search parameters, {} do not compile",
            expressions.len(),
            failed.len()
        );
        assert!(failed.is_empty(), "{version}: {failed:#?}");
        assert!(
            expressions.is_empty() || expressions.len() >= published.expressions,
            "{version}: {}",
            expressions.len()
        );
    }
}

fn examples(variable: &str) -> Option<Vec<PathBuf>> {
    let Ok(folder) = std::env::var(variable) else {
        println!("left out: {variable} names no folder");
        return None;
    };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    Some(files)
}

fn text<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    node.get(name).and_then(Node::as_str)
}

#[test]
fn search_parameters_run_over_the_examples() {
    for published in PUBLISHED {
        let (Some(schema), Some(files)) = (Schema::of(published.version), examples(published.examples))
        else {
            continue;
        };
        run_over(&published, schema, &files);
    }
}

fn run_over(published: &Published, schema: &'static Schema, files: &[PathBuf]) {
    let mut by_type: HashMap<&str, Vec<Expression>> = HashMap::new();
    let expressions = generated_expressions(published.table);
    for definition in schema.resources() {
        let own = expressions.iter().filter_map(|text| Expression::compile_for(text, definition).unwrap());
        by_type.insert(definition.name(), own.collect());
    }
    let environment = Environment::new();
    let (mut resources, mut evaluations, mut items, mut failed) = (0_usize, 0_usize, 0_usize, Vec::new());
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        let document = Document::parse(&bytes).unwrap();
        let element = JsonElement::resource(document.root(), schema);
        let Some(definition) = element.definition() else { continue };
        resources += 1;
        for expression in &by_type[definition.name()] {
            evaluations += 1;
            match expression.evaluate(element, &environment) {
                Ok(found) => items += found.len(),
                Err(error) => failed.push(format!("{} on {}: {error}", expression.text(), file.display())),
            }
        }
    }
    let version = published.version;
    println!(
        "{version}: {resources} resources, {evaluations} evaluations of search parameters, {items} items"
    );
    failed.sort();
    assert!(failed.is_empty(), "{version}: {} failed: {:#?}", failed.len(), &failed[..failed.len().min(20)]);
    assert!(
        resources >= published.resources && items >= published.items,
        "{version}: {resources} resources, {items} items"
    );
}

/// Invariants by the path of the element that they constrain.
fn invariants(files: &[PathBuf]) -> Vec<(String, String, String)> {
    let mut found = BTreeMap::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("StructureDefinition-") {
            continue;
        }
        let bytes = std::fs::read(file).unwrap();
        let document = Document::parse(&bytes).unwrap();
        let root = document.root();
        if text(root, "derivation") == Some("constraint")
            || text(root, "resourceType") != Some("StructureDefinition")
        {
            continue;
        }
        let elements = root.get("snapshot").and_then(|snapshot| snapshot.get("element"));
        for element in elements.into_iter().flat_map(Node::items) {
            for constraint in element.get("constraint").into_iter().flat_map(Node::items) {
                let Some(expression) = text(constraint, "expression") else { continue };
                let key = text(constraint, "key").unwrap();
                let path = text(element, "path").unwrap();
                found.insert((path.to_owned(), key.to_owned()), expression.to_owned());
            }
        }
    }
    found.into_iter().map(|((path, key), expression)| (path, key, expression)).collect()
}

#[test]
fn invariants_pass_the_strict_checks() {
    let (Some(files), Some(schema)) = (examples("HYGEA_FHIR_EXAMPLES_R4"), Schema::of(Version::R4)) else {
        return;
    };
    let mut refused = Vec::new();
    let invariants = invariants(&files);
    for (path, key, expression) in &invariants {
        let options = match schema.type_named(path) {
            Some(context) => Options::default().strict(true).context(context),
            None => Options::default().strict(true),
        };
        if let Err(error) = Expression::compile_with(expression, schema, options) {
            refused.push(format!("{path} {key}: {error}"));
        }
    }
    println!("{} invariants, {} refused by the strict checks", invariants.len(), refused.len());
    // HL7 published the invariant of all definitions for one that has no name.
    assert_eq!(
        refused,
        ["ChargeItemDefinition cid-0: ChargeItemDefinition has no element 'name', line 1, column 1 (byte 0)"]
    );
}

/// Invariants that are false on HL7's own examples, and why.
const KNOWN: &[(&str, &str)] = &[
    ("-0", "a warning: the name is no identifier"),
    ("dom-6", "a recommendation: the example has no narrative"),
    ("que-7", "published as `answer is Boolean`, while the answer is FHIR's `boolean`"),
    ("sdf-4", "the pattern definitions have no base"),
    ("txt-1", "the narrative is an empty div"),
    ("txt-2", "the narrative is an empty div"),
];

/// Every file up to a size, or every so many of them unless `HYGEA_EVERY_EXAMPLE` is set.
const LARGEST: usize = 100_000;
const EVERY: usize = 15;

struct Check<'c> {
    by_path: &'c HashMap<String, Vec<(String, Expression)>>,
    checked: usize,
    /// How often an invariant failed, and the first file.
    broken: BTreeMap<String, (usize, String)>,
    failed: Vec<String>,
}

impl Check<'_> {
    fn resource(&mut self, element: JsonElement<'_>, root: JsonElement<'_>, file: &str) {
        let now = DateTime::parse("2026-11-20T10:15:30.500+01:00").unwrap();
        let environment = Environment::new().now(now).resource(element).root_resource(root);
        self.element(element, None, &environment, file);
    }

    fn element(
        &mut self,
        element: JsonElement<'_>,
        path: Option<&str>,
        environment: &Environment<'_>,
        file: &str,
    ) {
        let Some(definition) = element.definition() else { return };
        let names = [path, Some(definition.name())];
        let by_path = self.by_path;
        for (key, expression) in names.into_iter().flatten().filter_map(|name| by_path.get(name)).flatten() {
            self.checked += 1;
            match expression.evaluate(element, environment).map(|found| found.as_bool()) {
                // A condition on elements that are not there gives nothing; it is not broken.
                Ok(Some(true) | None) => {}
                Ok(Some(false)) => {
                    let place = || (0, format!("{file} ({})", expression.text()));
                    self.broken.entry(key.clone()).or_insert_with(place).0 += 1;
                }
                Err(error) => self.failed.push(format!("{key} {} in {file}: {error}", expression.text())),
            }
        }
        let mut children = Vec::new();
        element.for_each(&mut |name, child| children.push((name, child)));
        for (name, child) in children {
            if child.definition().is_some_and(TypeDef::is_resource) {
                // What is contained belongs to its container; entries of Bundles stand alone.
                self.resource(child, if name == "contained" { element } else { child }, file);
                continue;
            }
            let choice = definition.field(name).is_some_and(|field| field.is_choice());
            let path = format!("{}.{name}{}", definition.name(), if choice { "[x]" } else { "" });
            self.element(child, Some(&path), environment, file);
        }
    }
}

#[test]
fn invariants_hold_on_the_examples() {
    let (Some(files), Some(schema)) = (examples("HYGEA_FHIR_EXAMPLES_R4"), Schema::of(Version::R4)) else {
        return;
    };
    let mut by_path: HashMap<String, Vec<(String, Expression)>> = HashMap::new();
    let mut failed = Vec::new();
    let invariants = invariants(&files);
    for (path, key, expression) in &invariants {
        match Expression::compile(expression, schema) {
            Ok(compiled) => by_path.entry(path.clone()).or_default().push((key.clone(), compiled)),
            Err(error) => failed.push(format!("{path} {key}: {expression}: {error}")),
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    let mut check = Check { by_path: &by_path, checked: 0, broken: BTreeMap::new(), failed };
    let mut resources = 0;
    let every = if std::env::var_os("HYGEA_EVERY_EXAMPLE").is_some() { 1 } else { EVERY };
    for file in files.iter().step_by(every) {
        let bytes = std::fs::read(file).unwrap();
        if bytes.len() > LARGEST {
            continue;
        }
        let document = Document::parse(&bytes).unwrap();
        let element = JsonElement::resource(document.root(), schema);
        if element.definition().is_some() {
            resources += 1;
            check.resource(element, element, file.file_name().unwrap().to_str().unwrap());
        }
    }
    println!(
        "{} invariants, {resources} resources, {} checks, {} invariants broken",
        invariants.len(),
        check.checked,
        check.broken.len()
    );
    let known =
        |key: &str| KNOWN.iter().find(|(known, _)| key == *known || (*known == "-0" && key.ends_with("-0")));
    for (key, (count, place)) in &check.broken {
        let why = known(key).map_or("", |(_, why)| why);
        println!("  {key} is false {count} times, first in {place}: {why}");
    }
    assert!(
        check.failed.is_empty(),
        "{} failed: {:#?}",
        check.failed.len(),
        &check.failed[..check.failed.len().min(20)]
    );
    assert!(
        check.broken.keys().all(|key| known(key).is_some()),
        "an invariant is false without a known reason"
    );
    assert!(
        invariants.len() >= 9000 && resources >= 300 && check.checked > 30_000,
        "{resources} {}",
        check.checked
    );
}
