//! Extraction on real resources: every parameter of R4 is usable, what is extracted is counted, and how long it takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

mod support;

use hygea_fhir_model::json::Document;
use hygea_fhir_search::parameters::ParameterUsage;
use hygea_fhir_search::{ExtractOptions, Extractor, IndexValue, Options, ParameterType, Parameters, Query};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use support::data::{self, Resource};

/// Every parameter of every type compiles, and the elements that it selects can be turned into values.
#[test]
fn all_parameters_of_r4_are_usable() {
    let parameters = Parameters::r4();
    let (mut own, mut by_kind, mut composites) = (0, BTreeMap::<String, usize>::new(), 0);
    let mut untyped = Vec::new();
    for definition in parameters.schema().resources() {
        for parameter in parameters.of_type(definition.name()) {
            if parameter.expression().is_empty() {
                assert!(matches!(parameter.code(), "_content" | "_query" | "_text"), "{parameter:?}");
                continue;
            }
            parameter.compiled().unwrap_or_else(|error| panic!("{parameter:?}: {error}"));
            for part in parameter.parts() {
                part.compiled(parameters.schema()).unwrap_or_else(|error| panic!("{parameter:?}: {error}"));
                assert!(part.alone().is_some(), "{parameter:?} has a part that is not found alone");
            }
            if parameter.base() == definition.name() {
                own += 1;
                *by_kind.entry(format!("{:?}", parameter.kind())).or_default() += 1;
                composites += usize::from(parameter.kind() == ParameterType::Composite);
                assert_eq!(
                    parameter.parts().len(),
                    parameter.definition().components.len(),
                    "{parameter:?} has parts that nobody defines"
                );
                if parameter.element_types().is_empty() {
                    untyped.push(format!("{parameter:?}"));
                }
            }
        }
    }
    println!("parameters by type: {by_kind:?}, {own} in all");
    assert_eq!((own, composites), (1_697, 72));
    // The three that are more than steps down from the resource.
    assert_eq!(
        untyped,
        ["Bundle.composition (Reference)", "Bundle.message (Reference)", "Patient.deceased (Token)"]
    );
    let types: BTreeSet<&str> = parameters.schema().resources().map(|definition| definition.name()).collect();
    assert_eq!(types.len(), 146);
    for (code, wanted) in [("birthdate", true), ("_id", true), ("phonetic", true), ("shoe-size", false)] {
        assert_eq!(parameters.find("Patient", code).is_some(), wanted, "{code}");
    }
    let phonetic = parameters.find("Patient", "phonetic").unwrap();
    assert_eq!(phonetic.definition().usage, ParameterUsage::Phonetic);
}

#[test]
fn synthea_patients_are_extracted() {
    let Some(resources) = data::synthea() else { return };
    let counts = count(&resources);
    println!("Synthea: {} resources, {counts:?}", resources.len());
    assert_eq!(resources.len(), 7_203);
    for (kind, floor) in [
        ("Token", 28_873),
        ("Text", 19_661),
        ("Date", 7_041),
        ("Quantity", 5_618),
        ("Reference", 24_493),
        ("Uri", 4_323),
    ] {
        let found = counts.get(kind).copied().unwrap_or_default();
        assert!(found >= floor, "{kind}: {found} of at least {floor}");
    }
}

#[test]
fn hl7_examples_are_extracted() {
    let Some(resources) = data::examples() else { return };
    let counts = count(&resources);
    let types: BTreeSet<&str> = resources.iter().map(|resource| resource.resource_type.as_str()).collect();
    println!("examples: {} resources of {} types, {counts:?}", resources.len(), types.len());
    assert_eq!((resources.len(), types.len()), (437, 115));
    for (kind, floor) in [
        ("Token", 4_503),
        ("Text", 1_574),
        ("Date", 367),
        ("Number", 33),
        ("Quantity", 85),
        ("Reference", 1_359),
        ("Uri", 448),
    ] {
        let found = counts.get(kind).copied().unwrap_or_default();
        assert!(found >= floor, "{kind}: {found} of at least {floor}");
    }
}

fn count(resources: &[Resource]) -> BTreeMap<&'static str, usize> {
    let parameters = Parameters::r4();
    let extractor = Extractor::new(parameters, ExtractOptions::default());
    let mut counts = BTreeMap::new();
    for resource in resources {
        let document = resource.document();
        for entry in extractor.extract(document.root()).unwrap() {
            let code = entry.parameter.split(':').next().unwrap();
            assert!(parameters.find(&resource.resource_type, code).is_some(), "{}", entry.parameter);
            *counts.entry(kind(&entry.value)).or_default() += 1;
        }
    }
    counts
}

fn kind(value: &IndexValue<'_>) -> &'static str {
    match value {
        IndexValue::Token { .. } => "Token",
        IndexValue::Text { .. } => "Text",
        IndexValue::Date(_) => "Date",
        IndexValue::Number(_) => "Number",
        IndexValue::Quantity { .. } => "Quantity",
        IndexValue::Reference { .. } => "Reference",
        IndexValue::Uri(_) => "Uri",
    }
}

/// All index values of a resource take at most 30 µs, of every type that Synthea makes; measured in release builds.
#[test]
fn extraction_is_quick() {
    let Some(resources) = data::synthea() else { return };
    let extractor = Extractor::new(Parameters::r4(), ExtractOptions::default());
    let mut by_type = BTreeMap::<&str, Vec<Document<'_>>>::new();
    for resource in &resources {
        by_type.entry(&resource.resource_type).or_default().push(resource.document());
    }
    for (resource_type, documents) in &by_type {
        let (mut best, mut values) = (Duration::MAX, 0);
        for _ in 0..5 {
            let start = Instant::now();
            values = 0;
            for document in documents {
                values += extractor.extract(document.root()).unwrap().len();
            }
            best = best.min(start.elapsed());
        }
        let micros = best.as_secs_f64() * 1e6 / documents.len() as f64;
        println!("{resource_type}: {micros:.2} µs, {:.1} values", values as f64 / documents.len() as f64);
        if !cfg!(debug_assertions) {
            assert!(micros <= 30.0, "{resource_type}: {micros:.1} µs");
        }
    }
}

/// A query is read and lowered in less time than a page takes.
#[test]
fn queries_are_read_quickly() {
    let start = Instant::now();
    let parameters = Parameters::r4();
    println!("the parameters of R4 are put together in {:?}", start.elapsed());
    let queries = [
        ("Patient", "gender=male&_count=5&_total=accurate"),
        ("Patient", "family=S&birthdate=ge1980&_count=5"),
        ("Observation", "code=http://loinc.org|8480-6&_count=1"),
        ("Observation", "patient=Patient/97b2bfa0-f15e-48e6-af0f-6ce3e66a0cf9&date=ge2020-01-01&_sort=-date"),
        ("Observation", "component-code-value-quantity=http://loinc.org|8480-6$gt140"),
        ("Encounter", "subject.name=smith&_include=Encounter:patient"),
    ];
    for (resource_type, text) in queries {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            for _ in 0..200 {
                let query = Query::parse(resource_type, text, parameters, &Options::default()).unwrap();
                std::hint::black_box(query.filter());
            }
            best = best.min(start.elapsed());
        }
        let micros = best.as_secs_f64() * 1e6 / 200.0;
        println!("{resource_type}?{text}: {micros:.2} µs");
        assert!(cfg!(debug_assertions) || micros <= 20.0, "{resource_type}?{text}: {micros:.1} µs");
    }
}
