//! Orders and pages.

use super::build::{a, all_pages, commit, fill, in_order, kind_of, number, point, put};
use crate::{
    Batch, Cursor, Direction, Entry, ErrorKind, MissingValues, Plan, Query, Sort, SortKey, Store, Write,
    position,
};

fn by(name: &str, direction: Direction, missing: MissingValues) -> Sort {
    Sort { by: SortKey::parameter(name), direction, missing }
}

fn check(store: &dyn Store, plan: &Plan, sort: &[Sort], wanted: &str) {
    let snapshot = store.snapshot().unwrap();
    for limit in [1, 2, 3, 100] {
        let query = Query { sort: sort.to_vec(), ..Query::new("A", plan.clone()).limit(limit) };
        assert_eq!(in_order(&*snapshot, query).join(" "), wanted, "{sort:?} in pages of {limit}");
    }
}

/// Documents without a value are kept, last or first, in both directions.
pub fn missing_values_are_kept(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::date("date", 30, 31)]),
            ("2", Vec::new()),
            ("3", vec![Entry::date("date", 10, 11)]),
            ("4", Vec::new()),
            ("5", vec![Entry::date("date", 10, 11)]),
        ],
    );
    use Direction::{Ascending, Descending};
    use MissingValues::{First, Last};
    for (direction, missing, wanted) in [
        (Ascending, Last, "3 5 1 2 4"),
        (Ascending, First, "2 4 3 5 1"),
        (Descending, Last, "1 5 3 4 2"),
        (Descending, First, "4 2 1 5 3"),
    ] {
        check(store, &Plan::All, &[by("date", direction, missing)], wanted);
        let some = Plan::Ids(["1", "2", "5"].map(Into::into).to_vec());
        let wanted: Vec<&str> = wanted.split(' ').filter(|id| ["1", "2", "5"].contains(id)).collect();
        check(store, &some, &[by("date", direction, missing)], &wanted.join(" "));
    }
    check(store, &Plan::All, &[by("unknown", Ascending, Last)], "1 2 3 4 5");
    check(store, &Plan::All, &[by("unknown", Descending, Last)], "5 4 3 2 1");
    check(store, &Plan::Or(Vec::new()), &[by("date", Ascending, Last)], "");
}

/// Of several values the smallest counts upwards and the greatest downwards, and no document comes twice.
pub fn several_values(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::date("date", 1, 2), Entry::date("date", 90, 91)]),
            ("2", vec![Entry::date("date", 50, 51), Entry::date("date", 2, 3), Entry::date("date", 60, 61)]),
            ("3", vec![Entry::date("date", 55, 56)]),
        ],
    );
    check(store, &Plan::All, &[by("date", Direction::Ascending, MissingValues::Last)], "1 2 3");
    check(store, &Plan::All, &[by("date", Direction::Descending, MissingValues::Last)], "1 2 3");
    fill(store, &[("2", vec![Entry::date("date", 0, 1)])]);
    check(store, &Plan::All, &[by("date", Direction::Ascending, MissingValues::Last)], "2 1 3");
    check(store, &Plan::All, &[by("date", Direction::Descending, MissingValues::Last)], "1 3 2");
}

/// The second key decides where the first is equal.
pub fn several_keys(store: &dyn Store) {
    let index =
        |name: &str, date: i64| vec![Entry::text("name", name, name), Entry::date("date", date, date + 1)];
    fill(
        store,
        &[
            ("1", index("b", 1)),
            ("2", index("a", 1)),
            ("3", index("b", 2)),
            ("4", vec![Entry::date("date", 9, 10)]),
            ("5", index("a", 2)),
            ("6", vec![Entry::text("name", "a", "a")]),
        ],
    );
    let (up, down) = (Direction::Ascending, Direction::Descending);
    let last = MissingValues::Last;
    check(store, &Plan::All, &[by("name", up, last), by("date", down, last)], "5 2 6 3 1 4");
    check(store, &Plan::All, &[by("date", up, MissingValues::First), by("name", up, last)], "6 2 1 5 3 4");
    check(
        store,
        &Plan::All,
        &[by("name", down, last), by("date", up, last), Sort::ascending(SortKey::Id)],
        "1 3 2 5 6 4",
    );
}

/// Ids compare as text, whatever their form.
pub fn by_id(store: &dyn Store) {
    let ids = [
        "b",
        "0190b6f2-7c1a-7000-8000-00000000000f",
        "a",
        "0190b6f2-7c1a-7000-8000-00000000000e",
        "zz",
        "B",
        "01",
    ];
    fill(store, &ids.map(|id| (id, Vec::new())));
    let mut wanted = ids;
    wanted.sort_unstable();
    check(store, &Plan::All, &[Sort::ascending(SortKey::Id)], &wanted.join(" "));
    wanted.reverse();
    check(store, &Plan::All, &[Sort::descending(SortKey::Id)], &wanted.join(" "));
}

/// By the time of the version, ties in the direction of the order.
pub fn by_time(store: &dyn Store) {
    for (id, at) in [("1", 10), ("2", 10), ("3", 20), ("4", 20), ("1", 30)] {
        store.commit(Batch::at(at).write(put(&a(id), "", Vec::new()))).unwrap();
    }
    check(store, &Plan::All, &[Sort::ascending(SortKey::Modified)], "2 3 4 1");
    check(store, &Plan::All, &[Sort::descending(SortKey::Modified)], "1 4 3 2");
}

/// Values of every type, and several types under one parameter.
pub fn by_every_type(store: &dyn Store) {
    fill(
        store,
        &[
            ("1", vec![Entry::token("p", Some("z"), "m")]),
            ("2", vec![Entry::text("p", "k", "K")]),
            ("3", vec![Entry::date("p", 5, 6)]),
            ("4", vec![point("p", "-0.5")]),
            ("5", vec![Entry::quantity("p", None, None, number("-0.25"), number("7"))]),
            ("6", vec![Entry::reference("p", "B", "l")]),
            ("7", vec![Entry::uri("p", "j")]),
            ("8", vec![point("p", "3"), Entry::token("p", None, "zz"), Entry::date("p", 9, 10)]),
            ("9", Vec::new()),
        ],
    );
    check(store, &Plan::All, &[by("p", Direction::Ascending, MissingValues::Last)], "3 8 7 2 6 1 4 5 9");
    check(store, &Plan::All, &[by("p", Direction::Descending, MissingValues::Last)], "8 5 4 1 6 2 7 3 9");
}

/// However large the pages are, together they are the same.
pub fn pages_of_any_size_agree(store: &dyn Store) {
    let documents: Vec<(String, Vec<Entry>)> = (0..300)
        .map(|number: i64| {
            let mut index = vec![Entry::token("code", None, if number % 3 == 0 { "x" } else { "y" })];
            if number % 7 != 0 {
                index.push(Entry::date("date", number * 37 % 101, number * 37 % 101 + 1));
            }
            if number % 5 == 0 {
                index.push(Entry::date("date", number % 13, number % 13 + 1));
            }
            (format!("{number:03}"), index)
        })
        .collect();
    let documents: Vec<(&str, Vec<Entry>)> =
        documents.iter().map(|(id, index)| (id.as_str(), index.clone())).collect();
    fill(store, &documents);
    let snapshot = store.snapshot().unwrap();
    let plans = [
        Plan::All,
        Plan::code("code", "x"),
        Plan::date("date", crate::Range::any().low_from(20).low_until(60)),
        Plan::And(vec![Plan::code("code", "y"), Plan::date("date", crate::Range::any().high_after(50))]),
        Plan::code("code", "x").not(),
        Plan::Or(vec![Plan::code("code", "x"), Plan::date("date", crate::Range::any().low_before(5))]),
    ];
    let orders = [
        vec![],
        vec![by("date", Direction::Ascending, MissingValues::Last)],
        vec![by("date", Direction::Descending, MissingValues::First)],
        vec![Sort::descending(SortKey::Modified)],
        vec![
            by("code", Direction::Descending, MissingValues::Last),
            by("date", Direction::Ascending, MissingValues::First),
        ],
    ];
    for plan in &plans {
        for order in &orders {
            let query = |limit| Query { sort: order.clone(), ..Query::new("A", plan.clone()).limit(limit) };
            let whole = all_pages(&*snapshot, query(1_000));
            assert_eq!(
                whole.len() as u64,
                snapshot.count(&[crate::Selection::new("A", plan.clone())]).unwrap()
            );
            for limit in [1, 7, 100, 299, 300] {
                assert_eq!(all_pages(&*snapshot, query(limit)), whole, "{plan:?} {order:?} {limit}");
            }
        }
    }
    let none = snapshot.search(&Query::new("A", Plan::All).limit(0)).unwrap();
    assert!(none.rows.is_empty());
}

/// Documents created after the first page never appear on later ones; unchanged ones appear once each.
pub fn documents_created_while_paging(store: &dyn Store) {
    let index = |number: i64| {
        vec![Entry::token("code", None, "x"), Entry::date("date", number * 7 % 50, number * 7 % 50 + 1)]
    };
    let id = |number: i64| format!("old{number:02}");
    // Some are seen as targets of references long before they are created.
    let early: Vec<Entry> =
        (0..20).map(|number| Entry::reference("ref", "A", format!("new{number:02}"))).collect();
    commit(store, vec![put(&crate::Key::new("B", "early"), "", early)]);
    let old: Vec<String> = (0..40).map(id).collect();
    let writes = old.iter().zip(0..).map(|(id, number)| put(&a(id), "", index(number))).collect();
    commit(store, writes);
    let orders = [
        vec![],
        vec![by("date", Direction::Ascending, MissingValues::Last)],
        vec![by("date", Direction::Descending, MissingValues::Last)],
        vec![Sort::ascending(SortKey::Modified)],
        vec![Sort::ascending(SortKey::Id)],
    ];
    for (round, order) in orders.into_iter().enumerate() {
        let mut query = Query { sort: order, ..Query::new("A", Plan::code("code", "x")).limit(6) };
        let (mut seen, mut page_number) = (Vec::new(), 0);
        loop {
            let page = store.snapshot().unwrap().search(&query).unwrap();
            seen.extend(page.rows.iter().map(|stored| stored.key.id().to_owned()));
            let Some(next) = page.next else { break };
            query.after = Some(Cursor::from_bytes(next.as_bytes()));
            let new = a(&format!("new{page_number:02}"));
            let other = a(&format!("other{round}-{page_number}"));
            let again = a(&format!("deleted{round}-{page_number}"));
            commit(store, vec![put(&new, "", index(page_number)), put(&other, "", index(page_number + 3))]);
            commit(
                store,
                vec![put(&again, "", index(1)), Write::delete(again.clone()), put(&again, "", index(2))],
            );
            page_number += 1;
        }
        seen.sort();
        assert_eq!(seen, old, "order {round}");
        let new: Vec<String> =
            super::build::found(store, &Plan::All).into_iter().filter(|id| !old.contains(id)).collect();
        commit(store, new.iter().map(|id| Write::delete(a(id))).collect());
    }
}

/// A cursor of another order, or damaged, is refused.
pub fn cursors_are_checked(store: &dyn Store) {
    fill(store, &[("1", Vec::new()), ("2", Vec::new()), ("3", Vec::new())]);
    let snapshot = store.snapshot().unwrap();
    let query = || Query::new("A", Plan::All).limit(1);
    let next = snapshot.search(&query()).unwrap().next.unwrap();
    let sorted = query().sort(Sort::ascending(SortKey::Id));
    assert_eq!(kind_of(snapshot.search(&sorted.clone().after(Some(next.clone())))), Some(ErrorKind::Cursor));
    let next_sorted = snapshot.search(&sorted).unwrap().next.unwrap();
    assert_eq!(kind_of(snapshot.search(&query().after(Some(next_sorted)))), Some(ErrorKind::Cursor));
    for damaged in [&b""[..], b"x", &next.as_bytes()[1..]] {
        let damaged = Some(Cursor::from_bytes(damaged));
        assert_eq!(kind_of(snapshot.search(&query().after(damaged))), Some(ErrorKind::Cursor));
    }
    let far =
        position::Position { watermark: u64::MAX, newest_row: i64::MAX, keys: Vec::new(), row: i64::MAX };
    assert!(snapshot.search(&query().after(Some(far.encode(&[])))).unwrap().rows.is_empty());
}
