//! Versions, expectations, guards, batches, history, feed and audit log.

use super::build::{a, commit, found, kind_of, put, put_if, refused};
use crate::{
    Batch, Cursor, Entry, ErrorKind, Expect, Guard, History, HistoryScope, Key, Operation, Plan, Query,
    Selection, Store, Write, limits,
};

/// A put creates version 1 and counts up; bodies come back as they were.
pub fn versions_count_up(store: &dyn Store) {
    let bodies: [&[u8]; 4] = [b"one", b"", b"\0\xFF\x80", &[7; 100_000]];
    for (body, version) in bodies.iter().zip(1..) {
        let result =
            store.commit(Batch::at(version).write(Write::put(a("d"), body.to_vec(), Vec::new()))).unwrap();
        let written = result.results[0];
        assert_eq!((written.version, written.created, written.changed), (version as u64, version == 1, true));
        assert_eq!((written.modified, result.sequence), (version, version as u64));
        let stored = store.read(&a("d")).unwrap().unwrap();
        assert_eq!((stored.version, &stored.body[..], stored.deleted), (version as u64, *body, false));
    }
    let snapshot = store.snapshot().unwrap();
    for (body, version) in bodies.iter().zip(1..) {
        let stored = snapshot.read_version(&a("d"), version).unwrap().unwrap();
        assert_eq!((&stored.body[..], stored.modified, stored.version), (*body, version as i64, version));
    }
    for absent in [0, 5, u64::MAX] {
        assert_eq!(snapshot.read_version(&a("d"), absent).unwrap(), None);
    }
    assert_eq!(snapshot.read(&a("other")).unwrap(), None);
    assert_eq!(snapshot.read(&Key::new("B", "d")).unwrap(), None);
    let many = snapshot.read_many(&[a("x"), a("d"), a("d")]).unwrap();
    assert_eq!(many.len(), 2);
}

/// A deleted document has a tombstone, is not found, and comes back with the next version.
pub fn tombstones_keep_the_history(store: &dyn Store) {
    let index = || vec![Entry::token("code", None, "x")];
    commit(store, vec![put(&a("d"), "1", index())]);
    let deleted = commit(store, vec![Write::delete(a("d"))]).results[0];
    assert_eq!((deleted.version, deleted.created, deleted.changed), (2, false, true));
    assert_eq!(store.read(&a("d")).unwrap(), None);
    let snapshot = store.snapshot().unwrap();
    let tombstone = snapshot.read(&a("d")).unwrap().unwrap();
    assert_eq!((tombstone.version, tombstone.deleted, tombstone.body.len()), (2, true, 0));
    assert_eq!(snapshot.read_version(&a("d"), 1).unwrap().unwrap().body, b"1");
    assert!(snapshot.read_version(&a("d"), 2).unwrap().unwrap().deleted);
    drop(snapshot);
    assert!(found(store, &Plan::All).is_empty() && found(store, &Plan::code("code", "x")).is_empty());
    let again = commit(store, vec![Write::delete(a("d")), Write::delete(a("never"))]);
    assert_eq!((again.results[0].version, again.results[0].changed), (2, false));
    assert_eq!((again.results[1].version, again.results[1].changed), (0, false));
    let reborn = commit(store, vec![put(&a("d"), "3", index())]).results[0];
    assert_eq!((reborn.version, reborn.created), (3, true));
    assert_eq!(found(store, &Plan::code("code", "x")), ["d"]);
    assert_eq!(store.snapshot().unwrap().sequence(), 3);
}

/// Every expectation against every state.
pub fn expectations(store: &dyn Store) {
    let cases = [
        (Expect::Any, None, true),
        (Expect::Any, Some(1), true),
        (Expect::Absent, None, true),
        (Expect::Absent, Some(1), false),
        (Expect::Exists, None, false),
        (Expect::Exists, Some(1), true),
        (Expect::Version(1), None, false),
        (Expect::Version(1), Some(1), true),
        (Expect::Version(2), Some(1), false),
        (Expect::Version(0), None, false),
    ];
    for (position, (expect, version, holds)) in cases.into_iter().enumerate() {
        let writes: [fn(&Key, Expect) -> Write; 4] = [
            put_if,
            |key, expect| Write::delete(key.clone()).expect(expect),
            |key, expect| Write::Purge { key: key.clone(), expect },
            |key, expect| Write::PurgeHistory { key: key.clone(), expect },
        ];
        for (number, write) in writes.iter().enumerate() {
            let key = a(&format!("{position}-{number}"));
            if version.is_some() {
                commit(store, vec![put(&key, "before", Vec::new())]);
            }
            if holds {
                commit(store, vec![write(&key, expect)]);
            } else {
                let error = refused(store, Batch::at(0).write(write(&key, expect)), ErrorKind::Conflict);
                assert_eq!((error.write(), error.found_version()), (Some(0), version));
            }
        }
    }
    commit(store, vec![put(&a("gone"), "1", Vec::new()), Write::delete(a("gone"))]);
    commit(store, vec![put_if(&a("gone"), Expect::Absent)]);
    commit(store, vec![Write::delete(a("gone"))]);
    let error =
        refused(store, Batch::at(0).write(put_if(&a("gone"), Expect::Version(4))), ErrorKind::Conflict);
    assert_eq!(error.found_version(), None);
}

/// Writes of one document in one batch are applied in order.
pub fn writes_of_a_batch_see_each_other(store: &dyn Store) {
    let index = |code: &str| vec![Entry::token("code", None, code)];
    let result = commit(
        store,
        vec![
            put(&a("d"), "1", index("x")).expect(Expect::Absent),
            put(&a("d"), "2", index("y")).expect(Expect::Version(1)),
            Write::delete(a("d")).expect(Expect::Version(2)),
            put(&a("d"), "4", index("z")).expect(Expect::Absent),
            put(&a("d"), "5", index("y")).expect(Expect::Version(4)),
        ],
    );
    let versions: Vec<(u64, bool)> =
        result.results.iter().map(|written| (written.version, written.created)).collect();
    assert_eq!(versions, [(1, true), (2, false), (3, false), (4, true), (5, false)]);
    for (code, wanted) in [("x", 0), ("y", 1), ("z", 0)] {
        assert_eq!(found(store, &Plan::code("code", code)).len(), wanted, "{code}");
    }
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.read_version(&a("d"), 2).unwrap().unwrap().body, b"2");
    assert!(snapshot.read_version(&a("d"), 3).unwrap().unwrap().deleted);
    let error = refused(
        store,
        Batch::at(0).write(put(&a("e"), "1", Vec::new())).write(put_if(&a("e"), Expect::Version(7))),
        ErrorKind::Conflict,
    );
    assert_eq!((error.write(), error.found_version()), (Some(1), Some(1)));
}

/// A batch that is refused changes nothing: no document, no index value, no history, no feed, no audit record.
pub fn a_refused_batch_leaves_nothing(store: &dyn Store) {
    commit(store, vec![put(&a("d"), "1", vec![Entry::token("code", None, "x")])]);
    let batch = Batch::at(9)
        .write(put(&a("d"), "2", vec![Entry::token("code", None, "y")]))
        .write(put(&a("new"), "1", vec![Entry::token("code", None, "y")]))
        .write(Write::delete(a("d")))
        .write(put_if(&a("new"), Expect::Version(5)))
        .audit(b"record".to_vec());
    let error = refused(store, batch, ErrorKind::Conflict);
    assert_eq!(error.write(), Some(3));
    assert_eq!(found(store, &Plan::code("code", "x")), ["d"]);
    assert!(found(store, &Plan::code("code", "y")).is_empty());
    let snapshot = store.snapshot().unwrap();
    assert_eq!((snapshot.sequence(), snapshot.feed(0, 10).unwrap().len()), (1, 1));
    assert_eq!(snapshot.history_count(&History::of(HistoryScope::All)).unwrap(), 1);
    assert!(snapshot.audit(0, 10).unwrap().is_empty());
    assert_eq!(store.read(&a("d")).unwrap().unwrap().version, 1);
    assert_eq!(store.read(&a("new")).unwrap(), None);
}

/// Every guard, holding and not.
pub fn guards(store: &dyn Store) {
    commit(store, vec![put(&a("1"), "", vec![Entry::token("code", None, "x")])]);
    commit(store, vec![put(&a("2"), "", vec![Entry::token("code", None, "y")])]);
    commit(store, vec![put(&a("3"), "", vec![Entry::token("code", None, "y")])]);
    let select = |code: &str| Selection::new("A", Plan::code("code", code));
    let cases = [
        (Guard::None(select("none")), true),
        (Guard::None(select("x")), false),
        (Guard::None(Selection::new("Unknown", Plan::All)), true),
        (Guard::Only(select("x"), a("1")), true),
        (Guard::Only(select("x"), a("2")), false),
        (Guard::Only(select("y"), a("2")), false),
        (Guard::Only(select("none"), a("2")), false),
        (Guard::Only(select("none"), a("never")), false),
        (Guard::Holds(a("1"), Expect::Version(1)), true),
        (Guard::Holds(a("1"), Expect::Absent), false),
        (Guard::Holds(a("never"), Expect::Absent), true),
        (Guard::Holds(a("never"), Expect::Exists), false),
    ];
    for (position, (guard, holds)) in cases.into_iter().enumerate() {
        let key = a(&format!("new{position}"));
        let batch =
            Batch::at(0).guard(Guard::None(select("none"))).guard(guard).write(put(&key, "", Vec::new()));
        if holds {
            store.commit(batch).unwrap();
        } else {
            assert_eq!(refused(store, batch, ErrorKind::GuardFailed).guard(), Some(1), "case {position}");
        }
        assert_eq!(store.read(&key).unwrap().is_some(), holds, "case {position}");
    }
}

/// Batches submitted together are applied one after the other: the second guard sees what the first batch wrote.
pub fn guards_see_earlier_batches(store: &dyn Store) {
    let batch = |id: &str| {
        let guard = Guard::None(Selection::new("A", Plan::code("identifier", "same")));
        Batch::at(0).guard(guard).write(put(&a(id), "", vec![Entry::token("identifier", None, "same")]))
    };
    let tickets: Vec<_> = (0..20).map(|number| store.submit(batch(&format!("d{number}"))).unwrap()).collect();
    let results: Vec<_> = tickets.into_iter().map(|ticket| kind_of(ticket.wait())).collect();
    assert_eq!(results[0], None);
    assert!(results[1..].iter().all(|kind| *kind == Some(ErrorKind::GuardFailed)));
    assert_eq!(found(store, &Plan::All), ["d0"]);
}

/// A purge removes versions for good; the document can start again.
pub fn purges(store: &dyn Store) {
    let index = || vec![Entry::token("code", None, "x")];
    let body = |number: u8| put(&a("d"), &number.to_string(), index());
    commit(store, vec![body(1), body(2), body(3)]);
    let all = || History::of(HistoryScope::All);
    let result = commit(store, vec![Write::PurgeHistory { key: a("d"), expect: Expect::Any }]).results[0];
    assert_eq!((result.version, result.changed), (3, true));
    {
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.read_version(&a("d"), 1).unwrap(), None);
        assert_eq!(snapshot.read(&a("d")).unwrap().unwrap().body, b"3");
        assert_eq!(snapshot.history(&all()).unwrap().rows.len(), 1);
        assert_eq!(snapshot.history_count(&all()).unwrap(), 1);
    }
    let again = commit(store, vec![Write::PurgeHistory { key: a("d"), expect: Expect::Any }]).results[0];
    assert_eq!((again.version, again.changed), (3, false));
    commit(store, vec![body(4), Write::Purge { key: a("d"), expect: Expect::Any }]);
    assert!(found(store, &Plan::code("code", "x")).is_empty());
    {
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.read(&a("d")).unwrap(), None);
        for scope in [HistoryScope::All, HistoryScope::Document(a("d")), HistoryScope::Kind("A".into())] {
            assert_eq!(snapshot.history_count(&History::of(scope.clone())).unwrap(), 0);
            assert!(snapshot.history(&History::of(scope)).unwrap().rows.is_empty());
        }
        let operations: Vec<Operation> =
            snapshot.feed(0, 100).unwrap().into_iter().map(|change| change.operation).collect();
        let created_and_updated = [Operation::Created, Operation::Updated, Operation::Updated];
        let rest = [Operation::HistoryPurged, Operation::Updated, Operation::Purged];
        assert_eq!(operations, [created_and_updated, rest].concat());
    }
    let nothing = commit(store, vec![Write::Purge { key: a("d"), expect: Expect::Any }]).results[0];
    assert_eq!((nothing.version, nothing.changed), (0, false));
    let reborn = commit(store, vec![body(9)]).results[0];
    assert_eq!((reborn.version, reborn.created), (1, true));
    let mixed = commit(
        store,
        vec![
            Write::Purge { key: a("d"), expect: Expect::Version(1) },
            put(&a("d"), "again", index()).expect(Expect::Absent),
            put(&a("d"), "more", index()).expect(Expect::Version(1)),
        ],
    );
    assert_eq!(mixed.results[2].version, 2);
    assert_eq!(found(store, &Plan::code("code", "x")), ["d"]);
    commit(store, vec![Write::delete(a("d")), Write::Purge { key: a("d"), expect: Expect::Any }]);
    assert_eq!(store.snapshot().unwrap().history_count(&all()).unwrap(), 0);
}

/// The time of a version is never before that of an earlier one.
pub fn times_never_go_back(store: &dyn Store) {
    let mut last = i64::MIN;
    for (at, wanted) in [(100, 100), (50, 100), (101, 101), (i64::MIN, 101), (101, 101)] {
        let written = store.commit(Batch::at(at).write(put(&a("d"), "", Vec::new()))).unwrap().results[0];
        assert_eq!(written.modified, wanted);
        assert!(written.modified >= last);
        last = written.modified;
    }
}

/// The feed has every change once, in order, and can be read in parts.
pub fn the_feed_has_no_gaps(store: &dyn Store) {
    for round in 0..30u32 {
        let key = Key::new(if round % 3 == 0 { "A" } else { "B" }, format!("d{}", round % 7));
        let write = if round % 5 == 4 { Write::delete(key) } else { put(&key, "", Vec::new()) };
        commit(store, vec![write]);
    }
    let snapshot = store.snapshot().unwrap();
    let whole = snapshot.feed(0, 1_000).unwrap();
    assert!(whole.iter().zip(1..).all(|(change, sequence)| change.sequence == sequence));
    assert_eq!(whole.last().unwrap().sequence, snapshot.sequence());
    let mut parts = Vec::new();
    loop {
        let after = parts.last().map_or(0, |change: &crate::Change| change.sequence);
        let part = snapshot.feed(after, 4).unwrap();
        if part.is_empty() {
            break;
        }
        parts.extend(part);
    }
    assert_eq!(parts, whole);
    for change in &whole {
        let stored = snapshot.read_version(&change.key, change.version).unwrap().unwrap();
        assert_eq!(stored.deleted, change.operation == Operation::Deleted);
        assert_eq!(change.operation == Operation::Created, {
            let before = snapshot.read_version(&change.key, change.version - 1).unwrap();
            before.is_none_or(|before| before.deleted)
        });
    }
    assert!(snapshot.feed(u64::MAX, 10).unwrap().is_empty());
}

/// Histories of a document, a kind and the whole store, with times and pages.
pub fn histories(store: &dyn Store) {
    for round in 0..24i64 {
        let key = Key::new(if round % 2 == 0 { "A" } else { "B" }, format!("d{}", round % 4));
        let write =
            if round % 8 == 6 { Write::delete(key) } else { put(&key, &round.to_string(), Vec::new()) };
        store.commit(Batch::at(round / 2 * 10).write(write)).unwrap();
    }
    let snapshot = store.snapshot().unwrap();
    let collect = |mut history: History| {
        let count = snapshot.history_count(&history).unwrap();
        let mut rows = Vec::new();
        loop {
            let page = snapshot.history(&history).unwrap();
            rows.extend(page.rows);
            match page.next {
                Some(next) => history.after = Some(Cursor::from_bytes(next.as_bytes())),
                None => break,
            }
        }
        assert_eq!(count, rows.len() as u64);
        rows
    };
    let feed = snapshot.feed(0, 1_000).unwrap();
    let scopes = [HistoryScope::All, HistoryScope::Kind("A".into()), HistoryScope::Document(a("d2"))];
    for (scope, wanted) in scopes.into_iter().zip([24, 12, 6]) {
        for (since, before) in
            [(None, None), (Some(50), None), (None, Some(50)), (Some(30), Some(70)), (Some(999), None)]
        {
            let of_scope = |key: &Key| match &scope {
                HistoryScope::All => true,
                HistoryScope::Kind(kind) => key.kind() == kind,
                HistoryScope::Document(document) => key == document,
            };
            let in_time =
                |modified: i64| since.is_none_or(|s| modified >= s) && before.is_none_or(|b| modified < b);
            let mut expected = Vec::new();
            for change in feed.iter().rev().filter(|change| of_scope(&change.key)) {
                let stored = snapshot.read_version(&change.key, change.version).unwrap().unwrap();
                expected.extend(in_time(stored.modified).then_some(stored));
            }
            if since.is_none() && before.is_none() {
                assert_eq!(expected.len(), wanted);
            }
            for limit in [1, 3, 100] {
                let history = History { since, before, ..History::of(scope.clone()).limit(limit) };
                assert_eq!(collect(history), expected, "{scope:?} {since:?} {before:?}");
            }
        }
    }
    let unknown = [HistoryScope::Kind("Unknown".into()), HistoryScope::Document(a("unknown"))];
    assert!(unknown.into_iter().all(|scope| collect(History::of(scope)).is_empty()));
    let bad = History::of(HistoryScope::All).after(Some(Cursor::from_bytes(*b"bad")));
    assert_eq!(kind_of(snapshot.history(&bad)), Some(ErrorKind::Cursor));
}

/// Records of batches and of notes are in one chain that can be read in parts and checked.
pub fn the_audit_log_is_chained(store: &dyn Store) {
    let mut wanted: Vec<Vec<u8>> = Vec::new();
    for round in 0..700u32 {
        let record = vec![round as u8; (round % 50) as usize];
        if round % 3 == 0 {
            store.note(record.clone()).unwrap();
            store.flush().unwrap();
        } else {
            store.commit(Batch::at(0).audit(record.clone())).unwrap();
        }
        wanted.push(record);
        if round > 100 {
            let batch = Batch { audit: vec![vec![1], vec![2]], ..Batch::at(0) };
            store.commit(batch).unwrap();
            wanted.extend([vec![1], vec![2]]);
        }
    }
    for _ in 0..1_500 {
        store.note(b"note".to_vec()).unwrap();
        wanted.push(b"note".to_vec());
    }
    store.flush().unwrap();
    let snapshot = store.snapshot().unwrap();
    let whole = snapshot.audit(0, 100_000).unwrap();
    assert!(whole.iter().map(|record| &record.record).eq(&wanted));
    assert!(whole.iter().zip(1..).all(|(record, sequence)| record.sequence == sequence));
    for (after, limit) in
        [(0, 1), (1, 1), (510, 5), (511, 600), (whole.len() as u64 - 1, 9), (whole.len() as u64, 9)]
    {
        let part = snapshot.audit(after, limit).unwrap();
        assert!(part.iter().eq(whole.iter().skip(after as usize).take(limit)), "{after} {limit}");
    }
    let chain = snapshot.verify_audit().unwrap();
    assert_eq!((chain.records(), chain.hash()), (whole.len() as u64, &whole.last().unwrap().hash));
    assert_eq!(snapshot.sequence(), 0, "audit records are no changes");
}

/// What is over a limit is refused before it is written.
pub fn limits_are_kept(store: &dyn Store) {
    let entry = |entry: Entry| Batch::at(0).write(put(&a("d"), "", vec![entry]));
    let key = |key: Key| Batch::at(0).write(put(&key, "", Vec::new()));
    let long = "x".repeat(limits::TEXT + 1);
    let name = "x".repeat(limits::NAME + 1);
    let cases = [
        (key(Key::new("A", "")), ErrorKind::TooLarge),
        (key(Key::new("A", "x".repeat(limits::ID + 1))), ErrorKind::TooLarge),
        (key(Key::new("", "x")), ErrorKind::Name),
        (key(Key::new(&name, "x")), ErrorKind::Name),
        (entry(Entry::token("", None, "x")), ErrorKind::Name),
        (entry(Entry::token(&name, None, "x")), ErrorKind::Name),
        (entry(Entry::token("p", None, &long)), ErrorKind::TooLarge),
        (entry(Entry::token("p", Some(&long), "x")), ErrorKind::TooLarge),
        (entry(Entry::text("p", "x", &long)), ErrorKind::TooLarge),
        (entry(Entry::uri("p", &long)), ErrorKind::TooLarge),
        (entry(Entry::reference("p", &name, "x")), ErrorKind::Name),
        (Batch::at(0).audit(vec![0; limits::AUDIT + 1]), ErrorKind::TooLarge),
        (Batch::at(0).guard(Guard::None(Selection::new("", Plan::All))), ErrorKind::Name),
    ];
    for (position, (batch, wanted)) in cases.into_iter().enumerate() {
        assert_eq!(kind_of(store.commit(batch)), Some(wanted), "case {position}");
    }
    assert_eq!(kind_of(store.note(vec![0; limits::AUDIT + 1])), Some(ErrorKind::TooLarge));
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.sequence(), 0);
    let twice = Query::of(vec![Selection::new("A", Plan::All), Selection::new("A", Plan::All)]);
    assert_eq!(kind_of(snapshot.search(&twice)), Some(ErrorKind::Invalid));
    assert_eq!(kind_of(snapshot.count(&[Selection::new("", Plan::All)])), Some(ErrorKind::Name));
}

/// Ids, codes and texts of any form and length come back exactly and are told apart.
pub fn ids_and_texts_of_any_form(store: &dyn Store) {
    let long = "é".repeat(limits::ID / 2);
    let ids = [
        "1",
        "01",
        " ",
        "ä",
        "a\u{308}",
        "A",
        "a",
        "'; DROP TABLE document; --",
        "%",
        "_",
        "a\0b",
        "a\0c",
        "\u{10FFFF}",
        "0190b6f2-7c1a-7000-8000-00000000000f",
        "0190B6F2-7C1A-7000-8000-00000000000F",
        "0190b6f27c1a70008000000000000000f",
        &long,
    ];
    let index = |id: &str| {
        vec![
            Entry::token("code", Some(id), id),
            Entry::text("text", id, id),
            Entry::uri("uri", id),
            Entry::reference("self", "A", id),
        ]
    };
    commit(store, ids.iter().map(|id| put(&a(id), id, index(id))).collect());
    for id in ids {
        let stored = store.read(&a(id)).unwrap().unwrap();
        assert_eq!((stored.key.id(), &stored.body[..]), (id, id.as_bytes()));
        let plans = [
            Plan::code("code", id),
            Plan::token("code", super::build::is(id), super::build::is(id)),
            Plan::token("code", super::build::is(id), crate::Match::Any),
            Plan::Text { parameter: "text".into(), test: crate::TextTest::Exact(crate::Text::new(id, id)) },
            Plan::Uri { parameter: "uri".into(), test: crate::UriTest::Is(id.into()) },
            Plan::reference("self", "A", id),
            Plan::Ids(vec![id.into()]),
        ];
        for plan in plans {
            assert_eq!(found(store, &plan), [id], "{plan:?}");
        }
        let prefixed: Vec<&str> = ids.into_iter().filter(|other| other.starts_with(id)).collect();
        assert_eq!(found(store, &Plan::prefix("text", id)).len(), prefixed.len());
        let contains = Plan::Text { parameter: "text".into(), test: crate::TextTest::Contains(id.into()) };
        assert_eq!(found(store, &contains).len(), ids.iter().filter(|other| other.contains(id)).count());
    }
}

/// A snapshot sees what was committed before it, and nothing later.
pub fn snapshots_do_not_change(store: &dyn Store) {
    let index = |code: &str| vec![Entry::token("code", None, code)];
    commit(
        store,
        vec![
            put(&a("1"), "old", index("x")),
            put(&a("2"), "old", index("x")),
            put(&a("3"), "old", index("x")),
        ],
    );
    let before = store.snapshot().unwrap();
    commit(
        store,
        vec![
            put(&a("1"), "new", index("y")),
            Write::delete(a("2")),
            Write::Purge { key: a("3"), expect: Expect::Any },
            put(&a("4"), "new", index("x")),
            put(&Key::new("B", "5"), "new", index("x")),
        ],
    );
    store.commit(Batch::at(0).audit(b"later".to_vec())).unwrap();
    let after = store.snapshot().unwrap();
    let look = |snapshot: &dyn crate::Snapshot, code: &str| {
        let mut ids = super::build::in_order(snapshot, Query::new("A", Plan::code("code", code)));
        ids.sort();
        assert_eq!(
            snapshot.count(&[Selection::new("A", Plan::code("code", code))]).unwrap(),
            ids.len() as u64
        );
        ids.join(" ")
    };
    assert_eq!((look(&*before, "x").as_str(), look(&*before, "y").as_str()), ("1 2 3", ""));
    assert_eq!((look(&*after, "x").as_str(), look(&*after, "y").as_str()), ("4", "1"));
    assert_eq!((before.sequence(), after.sequence()), (3, 8));
    assert_eq!(before.read(&a("1")).unwrap().unwrap().body, b"old");
    assert_eq!(before.read(&a("3")).unwrap().unwrap().body, b"old");
    assert_eq!(after.read(&a("3")).unwrap(), None);
    assert_eq!(before.read(&Key::new("B", "5")).unwrap(), None);
    assert_eq!((before.feed(0, 100).unwrap().len(), after.feed(0, 100).unwrap().len()), (3, 8));
    assert_eq!((before.audit(0, 100).unwrap().len(), after.audit(0, 100).unwrap().len()), (0, 1));
    assert_eq!(before.history(&History::of(HistoryScope::All)).unwrap().rows.len(), 3);
    drop((before, after));
    assert_eq!(commit(store, vec![put(&a("3"), "reborn", index("x"))]).results[0].version, 1);
}

/// After it is closed every call is refused.
pub fn a_closed_store_refuses(store: &dyn Store) {
    commit(store, vec![put(&a("1"), "", Vec::new())]);
    store.note(b"last".to_vec()).unwrap();
    store.close().unwrap();
    let closed = Some(ErrorKind::Closed);
    assert_eq!(kind_of(store.commit(Batch::at(0))), closed);
    assert_eq!(kind_of(store.note(Vec::new())), closed);
    assert_eq!(kind_of(store.flush()), closed);
    assert_eq!(kind_of(store.snapshot()), closed);
    assert_eq!(kind_of(store.read(&a("1"))), closed);
    store.close().unwrap();
}

/// Batches submitted by one thread are applied in that order, and an empty one is answered too.
pub fn tickets_keep_the_order(store: &dyn Store) {
    let tickets: Vec<_> = (1..=200u64)
        .map(|version| {
            let expect = if version == 1 { Expect::Absent } else { Expect::Version(version - 1) };
            store.submit(Batch::at(0).write(put_if(&a("d"), expect))).unwrap()
        })
        .collect();
    for (ticket, version) in tickets.into_iter().zip(1..) {
        let commit = ticket.wait().unwrap();
        assert_eq!((commit.results[0].version, commit.sequence), (version, version));
    }
    let empty = store.commit(Batch::at(0)).unwrap();
    assert_eq!((empty.sequence, empty.results.len()), (200, 0));
}
