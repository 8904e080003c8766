//! Two ways to the same answer: the matcher, which evaluates FHIRPath on a resource, and the plan over extracted index
//! values. Random queries made of what stands in real resources must be answered alike by both, always.
//!
//! `HYGEA_TEST_QUERIES` and `HYGEA_TEST_SEED` ask for more queries, or for others.

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

use hygea_fhir_model::json::{Document, Node};
use hygea_fhir_search::value::{DateRange, Zone};
use hygea_fhir_search::{ExtractOptions, Extractor, Matcher, Options, Parameters, Query, Resources};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use support::data::{self, Resource};
use support::index::{Index, Indexed};
use support::random::Queries;

const BASES: &[&str] = &["https://a.org/fhir"];

struct World<'r> {
    documents: &'r [(&'r Resource, Document<'r>)],
    by_key: HashMap<(&'r str, &'r str), usize>,
    by_type: BTreeMap<&'r str, Vec<usize>>,
}

impl Resources for World<'_> {
    fn read(&self, resource_type: &str, id: &str) -> Option<Node<'_>> {
        self.by_key.get(&(resource_type, id)).map(|&at| self.documents[at].1.root())
    }

    fn visit(&self, resource_type: &str, visit: &mut dyn FnMut(Node<'_>) -> ControlFlow<()>) {
        for &at in self.by_type.get(resource_type).into_iter().flatten() {
            if visit(self.documents[at].1.root()).is_break() {
                return;
            }
        }
    }
}

/// Asks random queries, each of several resources of its type, and compares the answers.
fn agree(resources: &[Resource], seed: u64) {
    let setting = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let queries =
        setting("HYGEA_TEST_QUERIES").and_then(|queries| usize::try_from(queries).ok()).unwrap_or(3_000);
    let seed = seed + setting("HYGEA_TEST_SEED").unwrap_or_default();
    let parameters = Parameters::r4();
    let extract = ExtractOptions { bases: BASES, ..ExtractOptions::default() };
    let options = Options { bases: BASES, now: Some(1_719_792_000_000_000), ..Options::default() };
    let documents: Vec<_> = resources.iter().map(|resource| (resource, resource.document())).collect();
    let extractor = Extractor::new(parameters, extract);
    let indexed = documents.iter().map(|(resource, document)| {
        let modified =
            document.root().get("meta").unwrap().get("lastUpdated").and_then(Node::as_str).unwrap();
        Indexed {
            resource_type: &resource.resource_type,
            id: &resource.id,
            modified: DateRange::parse(modified, Zone::UTC).unwrap(),
            entries: extractor.extract(document.root()).unwrap(),
        }
    });
    let index = Index::of(indexed.collect());
    let mut world = World { documents: &documents, by_key: HashMap::new(), by_type: BTreeMap::new() };
    for (at, (resource, _)) in documents.iter().enumerate() {
        world.by_key.insert((&resource.resource_type, &resource.id), at);
        world.by_type.entry(&resource.resource_type).or_default().push(at);
    }
    let matcher = Matcher::new(parameters, extract).among(&world);

    let mut random = Queries::new(parameters, &documents, seed);
    let (mut pairs, mut matches, mut inexact, mut refused) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut names = BTreeMap::<String, usize>::new();
    for _ in 0..queries {
        let source = random.random.below(documents.len());
        let resource_type = &resources[source].resource_type;
        let text = random.query(source);
        let query = match Query::parse(resource_type, &text, parameters, &options) {
            Ok(query) => query,
            Err(error) => {
                // Only what the generator cannot know to be wrong: a chain from a type that the reference does not allow.
                refused += 1;
                assert!(refused < queries / 20, "{resource_type}?{text}: {error}");
                continue;
            }
        };
        for name in text.split('&').filter_map(|pair| pair.split('=').next()) {
            *names.entry(format!("{resource_type}.{name}")).or_default() += 1;
        }
        let again = Query::parse(resource_type, &query.to_query_string(), parameters, &options).unwrap();
        let filter = query.filter();
        assert_eq!(again.filter(), filter, "{resource_type}?{text} as {}", query.to_query_string());
        let same_type = &world.by_type[resource_type.as_str()];
        // Chains back visit all resources of a type, so they are asked of few.
        let others = if text.contains("_has") { 1 } else { 12 };
        let mut asked = vec![source];
        asked.extend((0..others).map(|_| same_type[random.random.below(same_type.len())]));
        for at in asked {
            let matched = matcher.matches(&query, documents[at].1.root()).unwrap();
            let held = index.holds(&filter, &index.resources[at]);
            let agreed = if filter.is_exact() { matched == held } else { held || !matched };
            assert!(
                agreed,
                "{resource_type}?{text}\nof {}/{}: the matcher says {matched}, the index {held}\n{filter:?}",
                resources[at].resource_type, resources[at].id
            );
            pairs += 1;
            matches += usize::from(matched);
            inexact += usize::from(!filter.is_exact());
        }
    }
    println!(
        "{pairs} pairs of a query and a resource agree: {matches} match, {inexact} are composite; {} names of parameters; {refused} queries refused",
        names.len()
    );
    assert!(
        pairs >= queries * 10 && matches * 5 >= pairs && matches * 5 <= pairs * 4,
        "{matches} of {pairs}"
    );
}

#[test]
fn matcher_and_index_agree_on_synthea_patients() {
    let Some(resources) = data::synthea() else { return };
    agree(&resources, 1);
}

#[test]
fn matcher_and_index_agree_on_hl7_examples() {
    let Some(resources) = data::examples() else { return };
    agree(&resources, 2);
}
