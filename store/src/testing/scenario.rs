//! Random documents and random plans: a store must find what the [oracle](super::oracle) finds, page by page and counted.

use std::cell::Cell;
use std::fmt;
use std::ops::Bound;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::build::all_pages;
use super::oracle::Oracle;
use crate::{
    Batch, CompactString, Decimal, Direction, Entry, Expect, Key, Match, MissingValues, Plan, Query, Range,
    Reference, ReferenceTest, Selection, Sort, SortKey, Store, Text, TextTest, UriTest, Value, Write,
};

const PARAMETERS: [&str; 3] = ["p", "q", "r"];
const TEXTS: [&str; 9] = ["", "a", "ab", "abc", "b", "ä", "a/b", "\u{10FFFF}", "a\u{10FFFF}b"];
const IDS: [&str; 6] = ["1", "2", "3", "x/y", "0190b6f2-7c1a-7000-8000-00000000000f", "later"];
const DAY: i64 = 86_400_000_000;
const TIMES: [i64; 11] = [i64::MIN, -DAY, -1, 0, 1, 5, DAY, DAY + 1, 9 * DAY, i64::MAX - 1, i64::MAX];

/// A case: what is written, and what is asked.
#[derive(Clone)]
struct Case {
    batches: Vec<Vec<Step>>,
    questions: Vec<(Plan, Vec<Sort>, usize)>,
}

#[derive(Clone)]
enum Step {
    Put(usize, &'static str, Vec<Entry>),
    Delete(usize, &'static str),
    Purge(usize, &'static str),
}

/// Compares the store with the oracle on random cases. Each case has kinds of its own, so that one store serves all.
pub fn random_documents_and_plans(store: &dyn Store) {
    let cases = std::env::var("HYGEA_TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(96);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let round = Cell::new(0u32);
    let outcome = runner.run(&case(), |case| {
        round.set(round.get() + 1);
        check(store, &case, round.get());
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn check(store: &dyn Store, case: &Case, round: u32) {
    let kinds = [format!("A{round}"), format!("B{round}")];
    let local = |entry: &Entry| {
        let mut entry = entry.clone();
        if let Value::Reference(reference) = &mut entry.value {
            reference.kind = reference.kind.as_ref().map(|kind| format!("{kind}{round}").into());
        }
        entry
    };
    let mut oracle = Oracle::default();
    for steps in &case.batches {
        let mut batch = Batch::at(i64::from(round));
        for step in steps {
            batch.writes.push(match step {
                Step::Put(kind, id, entries) => Write::put(
                    Key::new(&kinds[*kind], id),
                    id.as_bytes().to_vec(),
                    entries.iter().map(local).collect(),
                ),
                Step::Delete(kind, id) => Write::delete(Key::new(&kinds[*kind], id)),
                Step::Purge(kind, id) => {
                    Write::Purge { key: Key::new(&kinds[*kind], id), expect: Expect::Any }
                }
            });
        }
        let results = store.commit(batch).unwrap().results;
        for (step, written) in steps.iter().zip(results) {
            match step {
                Step::Put(kind, id, entries) => {
                    let mut entries: Vec<Entry> = entries.iter().map(local).collect();
                    entries.iter_mut().for_each(|entry| entry.value.put_ends_in_order());
                    oracle.documents.insert(Key::new(&kinds[*kind], id), (written.modified, entries));
                }
                Step::Delete(kind, id) | Step::Purge(kind, id) => {
                    oracle.documents.remove(&Key::new(&kinds[*kind], id));
                }
            }
        }
    }
    let snapshot = store.snapshot().unwrap();
    for (plan, sort, limit) in &case.questions {
        let plan = renamed(plan, round);
        for kind in &kinds {
            let mut wanted = oracle.find(kind, &plan);
            let selection = Selection::new(kind, plan.clone());
            assert_eq!(
                snapshot.count(std::slice::from_ref(&selection)).unwrap(),
                wanted.len() as u64,
                "count"
            );
            let query = Query { sort: sort.clone(), ..Query::of(vec![selection]).limit(*limit) };
            let rows = all_pages(&*snapshot, query);
            for pair in rows.windows(2) {
                let order = oracle.compare(sort, &pair[0].key, &pair[1].key);
                let descending = sort.first().is_some_and(|sort| sort.direction == Direction::Descending);
                let by_row =
                    if descending { pair[1].row.cmp(&pair[0].row) } else { pair[0].row.cmp(&pair[1].row) };
                assert!(order.then(by_row).is_lt(), "{:?} comes before {:?}", pair[0].key, pair[1].key);
            }
            let mut found: Vec<Key> = rows.into_iter().map(|stored| stored.key).collect();
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted);
        }
    }
}

/// The plan with the kinds of the round.
fn renamed(plan: &Plan, round: u32) -> Plan {
    let all = |plans: &[Plan]| plans.iter().map(|plan| renamed(plan, round)).collect();
    let name = |kind: &CompactString| CompactString::from(format!("{kind}{round}"));
    match plan {
        Plan::And(plans) => Plan::And(all(plans)),
        Plan::Or(plans) => Plan::Or(all(plans)),
        Plan::Not(plan) => renamed(plan, round).not(),
        Plan::Chain { parameter, kind, plan } => Plan::Chain {
            parameter: parameter.clone(),
            kind: name(kind),
            plan: Box::new(renamed(plan, round)),
        },
        Plan::Reverse { kind, parameter, plan } => Plan::Reverse {
            kind: name(kind),
            parameter: parameter.clone(),
            plan: Box::new(renamed(plan, round)),
        },
        Plan::Reference { parameter, test } => {
            let kind = match &test.kind {
                Match::Is(kind) => Match::Is(name(kind)),
                other => other.clone(),
            };
            Plan::Reference { parameter: parameter.clone(), test: ReferenceTest { kind, ..test.clone() } }
        }
        other => other.clone(),
    }
}

fn case() -> impl Strategy<Value = Case> {
    let step = (0..10u8, 0..2usize, select(&IDS[..5]), prop::collection::vec(entry(), 0..6)).prop_map(
        |(action, kind, id, entries)| match action {
            0 => Step::Delete(kind, id),
            1 => Step::Purge(kind, id),
            _ => Step::Put(kind, id, entries),
        },
    );
    let batches = prop::collection::vec(prop::collection::vec(step, 1..5), 1..6);
    let question = (plan(), prop::collection::vec(sort(), 0..3), 1..5usize);
    (batches, prop::collection::vec(question, 1..8))
        .prop_map(|(batches, questions)| Case { batches, questions })
}

fn text() -> impl Strategy<Value = CompactString> {
    select(&TEXTS[..]).prop_map(Into::into)
}

fn optional() -> impl Strategy<Value = Option<CompactString>> {
    prop::option::of(text())
}

fn time() -> BoxedStrategy<i64> {
    select(&TIMES[..]).boxed()
}

fn decimal() -> BoxedStrategy<Decimal> {
    const NUMBERS: [&str; 9] = ["-1e9", "-1.5", "0", "0.1", "0.10000000001", "1", "1.5", "2", "1e30"];
    prop_oneof![
        8 => select(&NUMBERS[..]).prop_map(|text| Decimal::parse(text).unwrap()),
        1 => Just(Decimal::MIN),
        1 => Just(Decimal::MAX),
    ]
    .boxed()
}

fn parameter() -> impl Strategy<Value = CompactString> {
    select(&PARAMETERS[..]).prop_map(Into::into)
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = || prop::option::of(select(&["A", "B"][..]).prop_map(CompactString::from));
    let value = prop_oneof![
        (optional(), text()).prop_map(|(system, code)| Value::Token { system, code }),
        (text(), text()).prop_map(|(folded, exact)| Value::Text(Text { folded, exact })),
        (time(), time()).prop_map(|(low, high)| Value::Date { low, high }),
        (time(), 0..3i64).prop_map(|(low, span)| Value::Date { low, high: low.saturating_add(span) }),
        (decimal(), decimal()).prop_map(|(low, high)| Value::Number { low, high }),
        decimal().prop_map(|point| Value::Number { low: point, high: point }),
        (optional(), optional(), decimal(), decimal())
            .prop_map(|(system, unit, low, high)| Value::Quantity { system, unit, low, high }),
        (prop::option::weighted(0.2, text()), kind(), select(&IDS[..]), prop::option::weighted(0.2, text()))
            .prop_map(|(base, kind, id, version)| Value::Reference(Reference {
                base,
                kind,
                id: id.into(),
                version
            })),
        text().prop_map(Value::Uri),
    ];
    (parameter(), value).prop_map(|(parameter, value)| Entry { parameter, value })
}

fn matching() -> impl Strategy<Value = Match> {
    prop_oneof![3 => text().prop_map(Match::Is), 2 => Just(Match::Any), 1 => Just(Match::Absent)]
}

fn bound<T: fmt::Debug + Clone + 'static>(value: BoxedStrategy<T>) -> impl Strategy<Value = Bound<T>> {
    prop_oneof![
        2 => value.clone().prop_map(Bound::Included),
        2 => value.prop_map(Bound::Excluded),
        3 => Just(Bound::Unbounded),
    ]
}

fn range<T: fmt::Debug + Clone + 'static>(
    value: &BoxedStrategy<T>,
) -> impl Strategy<Value = Range<T>> + use<T> {
    let end = || bound(value.clone());
    (end(), end(), end(), end()).prop_map(|(a, b, c, d)| Range { low: (a, b), high: (c, d) })
}

fn plan() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        1 => Just(Plan::All),
        1 => prop::collection::vec(select(&IDS[..]).prop_map(CompactString::from), 0..4).prop_map(Plan::Ids),
        4 => (parameter(), matching(), matching()).prop_map(|(parameter, system, code)| Plan::Token { parameter, system, code }),
        2 => (parameter(), text()).prop_map(|(parameter, text)| Plan::Text { parameter, test: TextTest::Prefix(text) }),
        1 => (parameter(), text()).prop_map(|(parameter, text)| Plan::Text { parameter, test: TextTest::Contains(text) }),
        1 => (parameter(), text(), text()).prop_map(|(parameter, folded, exact)| {
            Plan::Text { parameter, test: TextTest::Exact(Text { folded, exact }) }
        }),
        3 => (parameter(), range(&time())).prop_map(|(parameter, range)| Plan::Date { parameter, range }),
        2 => (parameter(), range(&decimal())).prop_map(|(parameter, range)| Plan::Number { parameter, range }),
        2 => (parameter(), matching(), matching(), range(&decimal()))
            .prop_map(|(parameter, system, unit, range)| Plan::Quantity { parameter, system, unit, range }),
        3 => (parameter(), matching(), prop_oneof![Just("A"), Just("B")], 0..4u8, select(&IDS[..]), matching()).prop_map(
            |(parameter, base, kind, any, id, version)| {
                let kind = match any { 0 => Match::Any, 1 => Match::Absent, _ => Match::is(kind) };
                Plan::Reference { parameter, test: ReferenceTest { base, kind, id: id.into(), version } }
            }
        ),
        1 => (parameter(), text()).prop_map(|(parameter, text)| Plan::Uri { parameter, test: UriTest::Is(text) }),
        1 => (parameter(), text()).prop_map(|(parameter, text)| Plan::Uri { parameter, test: UriTest::Below(text) }),
        1 => (parameter(), text()).prop_map(|(parameter, text)| Plan::Uri { parameter, test: UriTest::Above(text) }),
        1 => (bound((0..100i64).boxed()), bound((0..100i64).boxed())).prop_map(|within| Plan::Modified { within }),
        1 => (parameter(), any::<bool>()).prop_map(|(parameter, missing)| Plan::Missing { parameter, missing }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let kind = || prop_oneof![Just("A"), Just("B")].prop_map(CompactString::from);
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Plan::And),
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Plan::Or),
            2 => inner.clone().prop_map(Plan::not),
            1 => (parameter(), kind(), inner.clone())
                .prop_map(|(parameter, kind, plan)| Plan::Chain { parameter, kind, plan: Box::new(plan) }),
            1 => (kind(), parameter(), inner)
                .prop_map(|(kind, parameter, plan)| Plan::Reverse { kind, parameter, plan: Box::new(plan) }),
        ]
    })
}

fn sort() -> impl Strategy<Value = Sort> {
    let by = prop_oneof![
        1 => Just(SortKey::Id),
        1 => Just(SortKey::Modified),
        4 => parameter().prop_map(SortKey::Parameter),
    ];
    (by, any::<bool>(), any::<bool>()).prop_map(|(by, down, first)| Sort {
        by,
        direction: if down { Direction::Descending } else { Direction::Ascending },
        missing: if first { MissingValues::First } else { MissingValues::Last },
    })
}

// The values of the contract hide themselves; a failed case has to be read.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, batch) in self.batches.iter().enumerate() {
            for step in batch {
                match step {
                    Step::Put(kind, id, entries) => {
                        let entries: Vec<String> = entries.iter().map(shown_entry).collect();
                        writeln!(f, "batch {number}: put {kind}/{id} {}", entries.join(", "))?;
                    }
                    Step::Delete(kind, id) => writeln!(f, "batch {number}: delete {kind}/{id}")?,
                    Step::Purge(kind, id) => writeln!(f, "batch {number}: purge {kind}/{id}")?,
                }
            }
        }
        for (plan, sort, limit) in &self.questions {
            writeln!(f, "ask {} by {sort:?} in pages of {limit}", shown_plan(plan))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step")
    }
}

fn shown_entry(entry: &Entry) -> String {
    let value = match &entry.value {
        Value::Token { system, code } => format!("token {system:?} {code:?}"),
        Value::Text(text) => format!("text {:?} {:?}", text.folded, text.exact),
        Value::Date { low, high } => format!("date {low}..{high}"),
        Value::Number { low, high } => format!("number {low}..{high}"),
        Value::Quantity { system, unit, low, high } => format!("quantity {low}..{high} {system:?} {unit:?}"),
        Value::Reference(to) => format!("reference {:?} {:?} {:?} {:?}", to.base, to.kind, to.id, to.version),
        Value::Uri(uri) => format!("uri {uri:?}"),
    };
    format!("{}: {value}", entry.parameter)
}

fn shown_match(test: &Match) -> String {
    match test {
        Match::Any => "any".into(),
        Match::Absent => "absent".into(),
        Match::Is(text) => format!("{text:?}"),
    }
}

fn shown_range<T: fmt::Display>(range: &Range<T>) -> String {
    let end = |bound: &Bound<T>| match bound {
        Bound::Included(value) => format!("={value}"),
        Bound::Excluded(value) => format!("<>{value}"),
        Bound::Unbounded => "_".into(),
    };
    format!(
        "low {}..{} high {}..{}",
        end(&range.low.0),
        end(&range.low.1),
        end(&range.high.0),
        end(&range.high.1)
    )
}

fn shown_plan(plan: &Plan) -> String {
    let all = |plans: &[Plan]| plans.iter().map(shown_plan).collect::<Vec<_>>().join(", ");
    match plan {
        Plan::Ids(ids) => format!("ids {ids:?}"),
        Plan::Token { parameter, system, code } => {
            format!("{parameter}: token {} {}", shown_match(system), shown_match(code))
        }
        Plan::Text { parameter, test } => match test {
            TextTest::Prefix(text) => format!("{parameter}: prefix {text:?}"),
            TextTest::Contains(text) => format!("{parameter}: contains {text:?}"),
            TextTest::Exact(text) => format!("{parameter}: exact {:?} {:?}", text.folded, text.exact),
        },
        Plan::Date { parameter, range } => format!("{parameter}: date {}", shown_range(range)),
        Plan::Number { parameter, range } => format!("{parameter}: number {}", shown_range(range)),
        Plan::Quantity { parameter, system, unit, range } => {
            format!(
                "{parameter}: quantity {} {} {}",
                shown_match(system),
                shown_match(unit),
                shown_range(range)
            )
        }
        Plan::Reference { parameter, test } => {
            let (base, kind, version) =
                (shown_match(&test.base), shown_match(&test.kind), shown_match(&test.version));
            format!("{parameter}: reference {base} {kind} {:?} {version}", test.id)
        }
        Plan::Uri { parameter, test } => match test {
            UriTest::Is(uri) => format!("{parameter}: uri {uri:?}"),
            UriTest::Below(uri) => format!("{parameter}: below {uri:?}"),
            UriTest::Above(uri) => format!("{parameter}: above {uri:?}"),
        },
        Plan::Modified { within } => format!("modified {within:?}"),
        Plan::And(plans) => format!("and({})", all(plans)),
        Plan::Or(plans) => format!("or({})", all(plans)),
        Plan::Not(plan) => format!("not({})", shown_plan(plan)),
        Plan::Chain { parameter, kind, plan } => format!("chain({parameter} {kind}, {})", shown_plan(plan)),
        Plan::Reverse { kind, parameter, plan } => {
            format!("reverse({kind} {parameter}, {})", shown_plan(plan))
        }
        other => format!("{other:?}"),
    }
}
