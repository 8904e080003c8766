//! Every condition of the algebra on small documents whose answers are plain to see.

use std::ops::Bound;

use super::build::{a, check, commit, fill, found, in_order, is, number, point, put};
use crate::{
    Decimal, Entry, Key, Match, Plan, Query, Range, Reference, ReferenceTest, Selection, Store, Text,
    TextTest, UriTest, Value, Write,
};

/// Codes with and without systems.
pub fn tokens(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::token("code", Some("s1"), "x")]),
            ("2", vec![Entry::token("code", Some("s2"), "x"), Entry::token("code", Some("s1"), "y")]),
            ("3", vec![Entry::token("code", None, "x"), Entry::token("other", Some("s1"), "x")]),
            ("4", vec![Entry::token("code", Some("s1"), "x"), Entry::token("code", Some("s2"), "x")]),
            ("5", vec![Entry::token("code", Some(""), "")]),
            ("6", Vec::new()),
        ],
    );
    let token = |system: Match, code: Match| Plan::token("code", system, code);
    check(
        store,
        &[
            (token(Match::Any, is("x")), &["1", "2", "3", "4"]),
            (token(is("s1"), is("x")), &["1", "4"]),
            (token(is("s1"), is("y")), &["2"]),
            (token(Match::Absent, is("x")), &["3"]),
            (token(is("s2"), Match::Any), &["2", "4"]),
            (token(is(""), Match::Any), &["5"]),
            (token(is(""), is("")), &["5"]),
            (token(Match::Absent, Match::Any), &["3"]),
            (token(Match::Any, Match::Any), &["1", "2", "3", "4", "5"]),
            (token(Match::Any, Match::Absent), &[]),
            (token(is("s3"), is("x")), &[]),
            (token(is("x"), is("s1")), &[]),
            (Plan::code("code", "X"), &[]),
            (Plan::code("unknown", "x"), &[]),
            (Plan::code("other", "x"), &["3"]),
        ],
    );
}

/// Beginnings, whole texts and parts.
pub fn texts(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::text("name", "smith", "Smith")]),
            ("2", vec![Entry::text("name", "smithson", "Smithson"), Entry::text("name", "jo", "Jo")]),
            ("3", vec![Entry::text("name", "smith", "SMITH")]),
            ("4", vec![Entry::text("name", "blacksmith", "Blacksmith")]),
            ("5", vec![Entry::text("name", "s%_", "s%_")]),
            ("6", vec![Entry::text("name", "", "")]),
            ("7", Vec::new()),
        ],
    );
    let exact = |folded: &str, exact: &str| Plan::Text {
        parameter: "name".into(),
        test: TextTest::Exact(Text::new(folded, exact)),
    };
    let contains =
        |part: &str| Plan::Text { parameter: "name".into(), test: TextTest::Contains(part.into()) };
    check(
        store,
        &[
            (Plan::prefix("name", "smith"), &["1", "2", "3"]),
            (Plan::prefix("name", "smiths"), &["2"]),
            (Plan::prefix("name", "Smith"), &[]),
            (Plan::prefix("name", "s%"), &["5"]),
            (Plan::prefix("name", ""), &["1", "2", "3", "4", "5", "6"]),
            (exact("smith", "Smith"), &["1"]),
            (exact("smith", "SMITH"), &["3"]),
            (exact("smith", "smith"), &[]),
            (exact("", ""), &["6"]),
            (contains("smith"), &["1", "2", "3", "4"]),
            (contains("ksm"), &["4"]),
            (contains("%"), &["5"]),
            (contains(""), &["1", "2", "3", "4", "5", "6"]),
            (contains("zzz"), &[]),
        ],
    );
}

/// Every comparison of a search span with a date span, long and open ones too.
pub fn dates(store: &dyn Store) {
    const DAY: i64 = 86_400_000_000;
    let spans = [
        ("instant", 10 * DAY, 10 * DAY + 1),
        ("day", 10 * DAY, 11 * DAY),
        ("month", 0, 31 * DAY),
        ("before", 3 * DAY, 4 * DAY),
        ("after", 20 * DAY, 20 * DAY + 5),
        ("until", i64::MIN, 10 * DAY + 7),
        ("since", 10 * DAY, i64::MAX),
        ("always", i64::MIN, i64::MAX),
        ("earliest", i64::MIN, i64::MIN + 1),
        ("latest", i64::MAX - 1, i64::MAX),
    ];
    let documents: Vec<_> =
        spans.iter().map(|(id, low, high)| (*id, vec![Entry::date("date", *low, *high)])).collect();
    fill(store, &documents);
    let ends = [
        i64::MIN,
        i64::MIN + 1,
        0,
        3 * DAY,
        10 * DAY,
        10 * DAY + 1,
        11 * DAY,
        20 * DAY + 5,
        i64::MAX - 1,
        i64::MAX,
    ];
    for start in ends {
        for end in ends.into_iter().filter(|end| *end >= start) {
            let ranges = [
                Range::any().low_from(start).high_until(end),
                Range::any().high_after(end),
                Range::any().high_from(end),
                Range::any().low_before(start),
                Range::any().low_until(start),
                Range::any().low_from(end),
                Range::any().low_after(end),
                Range::any().high_until(start),
                Range::any().high_before(start),
                Range::any().low_before(end).high_after(start),
                Range::any(),
            ];
            for range in ranges {
                let mut wanted: Vec<&str> = spans
                    .iter()
                    .filter(|(_, low, high)| range.holds(low, high))
                    .map(|(id, _, _)| *id)
                    .collect();
                wanted.sort_unstable();
                assert_eq!(found(store, &Plan::date("date", range)), wanted, "{start} {end}");
            }
        }
    }
}

/// Numbers are exact, quantities know their unit.
pub fn numbers_and_quantities(store: &dyn Store) {
    let quantity = |value: &str, system: Option<&str>, unit: Option<&str>| {
        Entry::quantity("value", system, unit, number(value), number(value))
    };
    fill(
        store,
        &[
            ("1", vec![point("value", "5.4"), quantity("5.4", Some("ucum"), Some("mg"))]),
            ("2", vec![point("value", "0.1"), point("value", "0.2"), quantity("7", None, Some("mg"))]),
            ("3", vec![point("value", "0.30000000000000001"), quantity("-1", Some("ucum"), Some("g"))]),
            ("4", vec![Entry::number("value", number("99.5"), number("100.5")), quantity("5.4", None, None)]),
            ("5", vec![Entry::number("value", Decimal::MIN, number("3")), point("value", "6.02e23")]),
        ],
    );
    let range = |range: Range<Decimal>| Plan::Number { parameter: "value".into(), range };
    let equal = |text: &str| range(Range::any().low_from(number(text)).high_until(number(text)));
    let amount = |system: Match, unit: Match, range: Range<Decimal>| Plan::Quantity {
        parameter: "value".into(),
        system,
        unit,
        range,
    };
    check(
        store,
        &[
            (equal("5.4"), &["1"]),
            (equal("5.40"), &["1"]),
            (equal("0.3"), &[]),
            (equal("0.30000000000000001"), &["3"]),
            (equal("602e21"), &["5"]),
            (range(Range::any().high_after(number("5.4"))), &["4", "5"]),
            (range(Range::any().high_from(number("5.4"))), &["1", "4", "5"]),
            (range(Range::any().low_before(number("0.2"))), &["2", "5"]),
            (range(Range::any().low_from(number("99.5")).high_until(number("100.5"))), &["4"]),
            (range(Range::any().low_from(number("99.6")).high_until(number("100.5"))), &[]),
            (range(Range::any().high_until(number("3"))), &["2", "3", "5"]),
            (range(Range::any().low_until(Decimal::MIN)), &["5"]),
            (amount(is("ucum"), is("mg"), Range::any()), &["1"]),
            (amount(Match::Any, is("mg"), Range::any()), &["1", "2"]),
            (amount(Match::Absent, is("mg"), Range::any()), &["2"]),
            (amount(Match::Any, Match::Absent, Range::any()), &["4"]),
            (
                amount(
                    Match::Any,
                    Match::Any,
                    Range::any().low_from(number("5.4")).high_until(number("5.4")),
                ),
                &["1", "4"],
            ),
            (amount(is("ucum"), Match::Any, Range::any().high_until(number("0"))), &["3"]),
            (amount(is("ucum"), is("kg"), Range::any()), &[]),
        ],
    );
}

/// References by id alone, with kind, with base, with version.
pub fn references(store: &dyn Store) {
    let reference = |base: Option<&str>, kind: Option<&str>, id: &str, version: Option<&str>| {
        let text = |value: Option<&str>| value.map(Into::into);
        Entry::new(
            "ref",
            Value::Reference(Reference {
                base: text(base),
                kind: text(kind),
                id: id.into(),
                version: text(version),
            }),
        )
    };
    fill(
        store,
        &[
            ("1", vec![reference(None, Some("P"), "x", None)]),
            ("2", vec![reference(None, Some("Q"), "x", None)]),
            ("3", vec![reference(Some("http://far"), Some("P"), "x", None)]),
            ("4", vec![reference(None, Some("P"), "x", Some("2"))]),
            ("5", vec![reference(None, None, "urn:x", None)]),
            ("6", vec![reference(None, Some("P"), "x", None), reference(None, Some("P"), "x", Some("2"))]),
            ("7", vec![Entry::reference("other", "P", "x")]),
        ],
    );
    let plan = |base: Match, kind: Match, id: &str, version: Match| Plan::Reference {
        parameter: "ref".into(),
        test: ReferenceTest { base, kind, id: id.into(), version },
    };
    check(
        store,
        &[
            (Plan::reference("ref", "P", "x"), &["1", "4", "6"]),
            (plan(Match::Any, is("P"), "x", Match::Any), &["1", "3", "4", "6"]),
            (plan(Match::Any, Match::Any, "x", Match::Any), &["1", "2", "3", "4", "6"]),
            (plan(is("http://far"), is("P"), "x", Match::Any), &["3"]),
            (plan(is("http://near"), is("P"), "x", Match::Any), &[]),
            (plan(Match::Absent, is("P"), "x", Match::Absent), &["1", "6"]),
            (plan(Match::Absent, is("P"), "x", is("2")), &["4", "6"]),
            (plan(Match::Absent, is("P"), "x", is("3")), &[]),
            (plan(Match::Absent, Match::Absent, "urn:x", Match::Any), &["5"]),
            (plan(Match::Any, Match::Any, "urn:x", Match::Any), &["5"]),
            (plan(Match::Any, Match::Absent, "x", Match::Any), &[]),
            (Plan::reference("ref", "P", "y"), &[]),
            (Plan::reference("ref", "R", "x"), &[]),
            (Plan::reference("other", "P", "x"), &["7"]),
        ],
    );
}

/// URIs, those below and those above.
pub fn uris(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::uri("url", "http://a/b")]),
            ("2", vec![Entry::uri("url", "http://a/b/c")]),
            ("3", vec![Entry::uri("url", "http://a/bc"), Entry::uri("url", "http://a")]),
            ("4", vec![Entry::uri("url", "http://a/b/"), Entry::uri("url", "urn:oid:1.2")]),
        ],
    );
    let plan = |test: UriTest| Plan::Uri { parameter: "url".into(), test };
    check(
        store,
        &[
            (plan(UriTest::Is("http://a/b".into())), &["1"]),
            (plan(UriTest::Is("urn:oid:1.2".into())), &["4"]),
            (plan(UriTest::Is("urn:oid:1".into())), &[]),
            (plan(UriTest::Below("http://a/b".into())), &["1", "2", "4"]),
            (plan(UriTest::Below("http://a/b/".into())), &["2", "4"]),
            (plan(UriTest::Below("http://a".into())), &["1", "2", "3", "4"]),
            (plan(UriTest::Above("http://a/b/c".into())), &["1", "2", "3", "4"]),
            (plan(UriTest::Above("http://a/b".into())), &["1", "3"]),
            (plan(UriTest::Above("http://z".into())), &[]),
        ],
    );
}

/// And, Or, Not, empty lists, and ids.
pub fn logic(store: &dyn Store) {
    let index =
        |codes: &str| codes.chars().map(|code| Entry::token("code", None, code.to_string())).collect();
    fill(
        store,
        &[("1", index("x")), ("2", index("xy")), ("3", index("yz")), ("4", index("")), ("5", index("xyz"))],
    );
    let code = |code: &str| Plan::code("code", code);
    check(
        store,
        &[
            (Plan::All, &["1", "2", "3", "4", "5"]),
            (Plan::And(Vec::new()), &["1", "2", "3", "4", "5"]),
            (Plan::Or(Vec::new()), &[]),
            (Plan::Ids(vec!["2".into(), "9".into(), "4".into(), "2".into()]), &["2", "4"]),
            (Plan::Ids(Vec::new()), &[]),
            (Plan::And(vec![code("x"), code("y")]), &["2", "5"]),
            (Plan::And(vec![code("x"), code("y").not()]), &["1"]),
            (Plan::And(vec![code("x").not(), code("y").not()]), &["4"]),
            (Plan::Or(vec![code("x"), code("z")]), &["1", "2", "3", "5"]),
            (Plan::Or(vec![Plan::And(vec![code("x"), code("z")]), code("q")]), &["5"]),
            (Plan::And(vec![Plan::Or(vec![code("x"), code("z")]), code("y")]), &["2", "3", "5"]),
            (
                Plan::And(vec![Plan::Or(vec![code("x").not(), code("z")]), Plan::Ids(vec!["3".into()])]),
                &["3"],
            ),
            (Plan::Or(vec![code("x").not(), Plan::Ids(vec!["1".into()])]), &["1", "3", "4"]),
            (code("x").not().not(), &["1", "2", "5"]),
            (Plan::And(vec![Plan::All, code("z"), Plan::All]), &["3", "5"]),
            (Plan::Or(vec![Plan::All, code("z")]), &["1", "2", "3", "4", "5"]),
        ],
    );
}

/// Documents with and without a value of any type.
pub fn missing_values(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::token("p", None, "x")]),
            ("2", vec![Entry::date("p", 0, 1)]),
            ("3", vec![point("q", "1")]),
            ("4", Vec::new()),
            ("5", vec![Entry::reference("p", "A", "1"), Entry::uri("q", "u"), Entry::text("p", "t", "T")]),
        ],
    );
    let missing = |parameter: &str, missing: bool| Plan::Missing { parameter: parameter.into(), missing };
    check(
        store,
        &[
            (missing("p", true), &["3", "4"]),
            (missing("p", false), &["1", "2", "5"]),
            (missing("q", false), &["3", "5"]),
            (missing("unknown", true), &["1", "2", "3", "4", "5"]),
            (missing("unknown", false), &[]),
            (Plan::And(vec![missing("p", true), missing("q", false)]), &["3"]),
            (Plan::And(vec![missing("p", false), Plan::code("p", "x").not()]), &["2", "5"]),
        ],
    );
}

/// Conditions on the time of the version.
pub fn modified_times(store: &dyn Store) {
    for (id, at) in [("1", 10), ("2", 20), ("3", 20), ("4", 30)] {
        store.commit(crate::Batch::at(at).write(put(&a(id), "", Vec::new()))).unwrap();
    }
    let modified = |low: Bound<i64>, high: Bound<i64>| Plan::Modified { within: (low, high) };
    check(
        store,
        &[
            (modified(Bound::Included(20), Bound::Unbounded), &["2", "3", "4"]),
            (modified(Bound::Excluded(20), Bound::Unbounded), &["4"]),
            (modified(Bound::Unbounded, Bound::Excluded(20)), &["1"]),
            (modified(Bound::Included(20), Bound::Included(20)), &["2", "3"]),
            (modified(Bound::Unbounded, Bound::Unbounded), &["1", "2", "3", "4"]),
            (
                Plan::And(vec![modified(Bound::Included(20), Bound::Unbounded), Plan::Ids(vec!["3".into()])]),
                &["3"],
            ),
        ],
    );
    store.commit(crate::Batch::at(40).write(put(&a("1"), "", Vec::new()))).unwrap();
    check(store, &[(modified(Bound::Excluded(20), Bound::Unbounded), &["1", "4"])]);
}

/// Along references, against them, and both in a row.
pub fn chains_and_reverse_chains(store: &dyn Store) {
    let b = |id: &str| Key::new("B", id);
    let code = |code: &str| Entry::token("code", None, code);
    commit(
        store,
        vec![
            put(&b("1"), "", vec![code("x"), Entry::reference("up", "A", "1")]),
            put(&b("2"), "", vec![code("y"), Entry::reference("up", "A", "1")]),
            put(&b("3"), "", vec![code("x")]),
            put(&Key::new("C", "1"), "", vec![code("x")]),
        ],
    );
    fill(
        store,
        &[
            ("1", vec![code("a"), Entry::reference("ref", "B", "1")]),
            ("2", vec![code("b"), Entry::reference("ref", "B", "2"), Entry::reference("ref", "B", "3")]),
            ("3", vec![code("b"), Entry::reference("ref", "C", "1")]),
            ("4", vec![Entry::reference("ref", "B", "absent"), Entry::reference("other", "B", "1")]),
            (
                "5",
                vec![Entry::new(
                    "ref",
                    Value::Reference(Reference { base: Some("far".into()), ..Reference::local("B", "1") }),
                )],
            ),
        ],
    );
    let chain = |kind: &str, plan: Plan| Plan::Chain {
        parameter: "ref".into(),
        kind: kind.into(),
        plan: Box::new(plan),
    };
    let reverse = |kind: &str, parameter: &str, plan: Plan| Plan::Reverse {
        kind: kind.into(),
        parameter: parameter.into(),
        plan: Box::new(plan),
    };
    let code = |code: &str| Plan::code("code", code);
    check(
        store,
        &[
            (chain("B", code("x")), &["1", "2"]),
            (chain("B", code("y")), &["2"]),
            (chain("B", code("x").not()), &["2"]),
            (chain("B", Plan::All), &["1", "2"]),
            (chain("C", code("x")), &["3"]),
            (chain("D", Plan::All), &[]),
            (reverse("B", "up", code("x")), &["1"]),
            (reverse("B", "up", Plan::All), &["1"]),
            (reverse("B", "up", code("z")), &[]),
            (reverse("B", "up", code("x").not()), &["1"]),
            (reverse("B", "unknown", Plan::All), &[]),
            (
                chain(
                    "B",
                    Plan::Chain { parameter: "up".into(), kind: "A".into(), plan: Box::new(code("a")) },
                ),
                &["1", "2"],
            ),
            (chain("B", reverse("A", "ref", code("b"))), &["2"]),
            (Plan::And(vec![code("b"), chain("B", code("x"))]), &["2"]),
            (
                Plan::And(vec![code("b"), chain("B", code("x").not()), reverse("B", "up", Plan::All).not()]),
                &["2"],
            ),
        ],
    );
    commit(store, vec![Write::delete(b("2")), put(&b("3"), "", vec![Entry::token("code", None, "q")])]);
    check(
        store,
        &[
            (chain("B", Plan::All), &["1", "2"]),
            (chain("B", code("y")), &[]),
            (chain("B", code("x")), &["1"]),
            (chain("B", code("q")), &["2"]),
        ],
    );
}

/// A reference to a document that does not exist yet works once it does.
pub fn targets_that_come_later(store: &dyn Store) {
    let b = |id: &str| Key::new("B", id);
    fill(store, &[("1", vec![Entry::reference("ref", "B", "later")])]);
    let chain = Plan::Chain { parameter: "ref".into(), kind: "B".into(), plan: Box::new(Plan::All) };
    check(store, &[(chain.clone(), &[]), (Plan::reference("ref", "B", "later"), &["1"])]);
    assert_eq!(store.read(&b("later")).unwrap(), None);
    assert_eq!(store.snapshot().unwrap().read(&b("later")).unwrap(), None);
    assert_eq!(store.snapshot().unwrap().count(&[Selection::new("B", Plan::All)]).unwrap(), 0);
    let written = commit(store, vec![put(&b("later"), "", Vec::new())]).results[0];
    assert_eq!((written.version, written.created), (1, true));
    check(store, &[(chain, &["1"])]);
    assert_eq!(in_order(&*store.snapshot().unwrap(), Query::new("B", Plan::All)), ["later"]);
}

/// The documents to which rows refer.
pub fn referenced_documents(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::reference("ref", "B", "1"), Entry::reference("other", "B", "9")]),
            ("2", vec![Entry::reference("ref", "C", "2"), Entry::reference("ref", "B", "1")]),
            ("3", vec![Entry::new("ref", Value::Reference(Reference::uri("urn:x")))]),
            (
                "4",
                vec![Entry::new(
                    "ref",
                    Value::Reference(Reference { base: Some("far".into()), ..Reference::local("B", "7") }),
                )],
            ),
        ],
    );
    let snapshot = store.snapshot().unwrap();
    let rows: Vec<_> =
        snapshot.search(&Query::new("A", Plan::All)).unwrap().rows.iter().map(|stored| stored.row).collect();
    assert_eq!(snapshot.referenced(&rows, "ref").unwrap(), [Key::new("B", "1"), Key::new("C", "2")]);
    assert_eq!(snapshot.referenced(&rows, "other").unwrap(), [Key::new("B", "9")]);
    assert!(snapshot.referenced(&rows, "unknown").unwrap().is_empty());
    assert!(snapshot.referenced(&[crate::RowId(i64::MAX), crate::RowId(-1)], "ref").unwrap().is_empty());
}

/// Selections of several kinds in one query.
pub fn several_kinds(store: &dyn Store) {
    let index = |code: &str| vec![Entry::token("code", None, code)];
    for number in 0..12 {
        let key = Key::new(["A", "B", "C"][number % 3], format!("{number:02}"));
        let code = if number % 2 == 0 { "x" } else { "y" };
        store
            .commit(crate::Batch::at(number as i64).write(put(&key, &key.to_string(), index(code))))
            .unwrap();
    }
    let selections = || {
        vec![
            Selection::new("A", Plan::code("code", "x")),
            Selection::new("C", Plan::All),
            Selection::new("Unknown", Plan::All),
        ]
    };
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.count(&selections()).unwrap(), 6);
    for limit in [1, 2, 5, 100] {
        assert_eq!(
            in_order(&*snapshot, Query::of(selections()).limit(limit)),
            ["00", "02", "05", "06", "08", "11"]
        );
        let newest =
            Query::of(selections()).limit(limit).sort(crate::Sort::descending(crate::SortKey::Modified));
        assert_eq!(in_order(&*snapshot, newest), ["11", "08", "06", "05", "02", "00"]);
    }
    let page = snapshot.search(&Query::of(selections())).unwrap();
    assert!(page.rows.iter().all(|stored| stored.body == stored.key.to_string().as_bytes()));
    let page = snapshot.search(&Query::of(selections()).without_bodies()).unwrap();
    assert!(page.rows.len() == 6 && page.rows.iter().all(|stored| stored.body.is_empty()));
    let page = snapshot.search(&Query::new("A", Plan::All).without_bodies()).unwrap();
    assert!(
        page.rows.len() == 4 && page.rows.iter().all(|stored| stored.body.is_empty() && stored.version == 1)
    );
}

/// An update takes away the former values and leaves no trace of them.
pub fn updates_move_index_values(store: &dyn Store) {
    let index = |number: i64| {
        vec![
            Entry::token("token", Some("s"), number.to_string()),
            Entry::text("text", number.to_string(), number.to_string()),
            Entry::date("date", number, number + 10),
            point("number", &number.to_string()),
            Entry::quantity("quantity", None, Some("u"), Decimal::from(number), Decimal::from(number + 1)),
            Entry::reference("ref", "B", number.to_string()),
            Entry::uri("uri", number.to_string()),
            Entry::token("token", None, "always"),
        ]
    };
    for number in 0..5 {
        fill(store, &[("1", index(number)), ("2", index(number + 100))]);
        for value in 0..5 {
            let wanted: &[&str] = if value == number { &["1"] } else { &[] };
            let text = value.to_string();
            let (low, high) = (Decimal::from(value), Decimal::from(value + 1));
            check(
                store,
                &[
                    (Plan::code("token", &text), wanted),
                    (
                        Plan::prefix("text", &text),
                        if value == number || value == 1 {
                            if value == number {
                                if value == 1 { &["1", "2"] } else { &["1"] }
                            } else {
                                &["2"]
                            }
                        } else {
                            &[]
                        },
                    ),
                    (Plan::date("date", Range::any().low_from(value).low_until(value)), wanted),
                    (
                        Plan::Number {
                            parameter: "number".into(),
                            range: Range::any().low_from(low).high_until(low),
                        },
                        wanted,
                    ),
                    (
                        Plan::Quantity {
                            parameter: "quantity".into(),
                            system: Match::Absent,
                            unit: is("u"),
                            range: Range::any().low_from(low).high_until(high),
                        },
                        wanted,
                    ),
                    (Plan::reference("ref", "B", &text), wanted),
                    (Plan::Uri { parameter: "uri".into(), test: UriTest::Is(text.clone().into()) }, wanted),
                    (Plan::code("token", "always"), &["1", "2"]),
                ],
            );
        }
    }
}

/// Plans up to the limit of their size: lists of thousands, and hundreds of conditions that no list can hold.
pub fn large_plans(store: &dyn Store) {
    let index = |number: i64| {
        vec![
            Entry::token("code", Some("s"), number.to_string()),
            Entry::text("name", format!("n{number}x"), ""),
            Entry::date("date", number, number + 1),
            Entry::reference("ref", "B", number.to_string()),
            Entry::uri("uri", number.to_string()),
        ]
    };
    let ids: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
    fill(store, &ids.iter().zip(0..).map(|(id, number)| (id.as_str(), index(number))).collect::<Vec<_>>());
    commit(store, (0..20).map(|number| put(&Key::new("B", number.to_string()), "", index(number))).collect());
    let low: Vec<&str> = ids.iter().take(10).map(String::as_str).collect();
    let high: Vec<&str> = ids.iter().skip(10).map(String::as_str).collect();
    let many = |count: i64, make: &dyn Fn(i64) -> Plan| (10..10 + count).map(make).collect::<Vec<Plan>>();
    let chain = |number: i64| Plan::Chain {
        parameter: "ref".into(),
        kind: "B".into(),
        plan: Box::new(Plan::code("code", number.to_string())),
    };
    let uri =
        |number: i64| Plan::Uri { parameter: "uri".into(), test: UriTest::Is(number.to_string().into()) };
    check(
        store,
        &[
            (Plan::Or(many(5_000, &|number| Plan::code("code", number.to_string()))), &high),
            (Plan::Or(many(5_000, &|number| Plan::reference("ref", "B", number.to_string()))), &high),
            (Plan::Or(many(5_000, &uri)), &high),
            (Plan::Or(many(900, &|number| Plan::prefix("name", format!("n{number}x")))), &high),
            (
                Plan::Or(many(900, &|number| {
                    Plan::date("date", Range::any().low_from(number).high_until(number + 1))
                })),
                &high,
            ),
            (Plan::Ids((10..9_000).map(|number| format!("{number:02}").into()).collect()), &high),
            (Plan::Or(many(300, &chain)), &high),
            (Plan::And(many(900, &|number| Plan::code("code", number.to_string()).not())), &low),
            (Plan::And(many(300, &|number| chain(number).not())), &low),
            (Plan::And(vec![Plan::code("code", "3"); 900]), &["03"]),
            (
                Plan::And(vec![
                    Plan::Or(many(900, &|number| Plan::prefix("name", format!("n{number}x")))),
                    Plan::code("code", "12"),
                ]),
                &["12"],
            ),
        ],
    );
    let nodes = crate::limits::PLAN_NODES - 1;
    let extreme = Query::new("A", Plan::Or((0..nodes).map(|number| chain(number as i64 % 20)).collect()));
    assert!(matches!(
        super::build::kind_of(store.snapshot().unwrap().search(&extreme)),
        None | Some(crate::ErrorKind::TooLarge)
    ));
}

/// A value whose ends are the wrong way round is found as if they were not.
pub fn reversed_ends(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::date("date", 50, 10)]),
            ("2", vec![Entry::number("number", number("5"), number("-5"))]),
        ],
    );
    let (low, high) = (number("-5"), number("5"));
    check(
        store,
        &[
            (Plan::date("date", Range::any().low_from(10).high_until(50)), &["1"]),
            (Plan::date("date", Range::any().low_from(50)), &[]),
            (
                Plan::Number {
                    parameter: "number".into(),
                    range: Range::any().low_from(low).high_until(high),
                },
                &["2"],
            ),
        ],
    );
}
