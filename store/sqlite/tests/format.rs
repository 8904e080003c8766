//! Files written by former builds are opened forever. Each version of the format has a small file here, packed with zstd.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

use hygea_store::{
    Batch, Decimal, Entry, Expect, History, HistoryScope, Key, Match, Operation, Plan, Query, Range,
    Selection, Sort, SortKey, Store, TextTest, UriTest, Write,
};
use hygea_store_sqlite::SqliteStore;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1.store.zst")
}

fn body(number: i64) -> Vec<u8> {
    format!(
        r#"{{"resourceType":"Observation","id":"o{number}","status":"final","value":{}}}"#,
        number * 3 % 17
    )
    .into_bytes()
}

fn index(number: i64) -> Vec<Entry> {
    let exact = Decimal::from_scaled(i128::from(number), -1).unwrap();
    vec![
        Entry::token("code", Some("http://loinc.org"), format!("c{}", number % 5)),
        Entry::token("flag", None, "always"),
        Entry::text("name", format!("name {number}"), format!("Name {number}")),
        Entry::date("date", number * 1_000, number * 1_000 + 1_000),
        Entry::date("period", number * 1_000, i64::MAX),
        Entry::number("number", exact, exact),
        Entry::quantity("quantity", Some("ucum"), Some("mg"), exact, exact),
        Entry::reference("subject", "Patient", "0190b6f2-7c1a-7000-8000-00000000000f"),
        Entry::uri("profile", format!("http://example.org/profile/{}", number % 3)),
    ]
}

/// Writes the file of the newest version of the format. Run it by hand when the version goes up, never for a former version:
/// `cargo test -p hygea-store-sqlite --test format write_the_fixture -- --ignored`.
#[test]
#[ignore = "writes a file of the source tree"]
fn write_the_fixture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fixture.store");
    let store = SqliteStore::open(&path).unwrap();
    // Enough of one kind for a compression dictionary.
    for number in 0..150 {
        let key = Key::new("Observation", format!("o{number}"));
        store
            .commit(
                Batch::at(1_000_000 + number)
                    .write(Write::put(key, body(number), index(number)))
                    .audit(b"put".to_vec()),
            )
            .unwrap();
    }
    for number in 150..160 {
        let key = Key::new("Observation", format!("o{number}"));
        store
            .commit(Batch::at(1_000_000 + number).write(Write::put(key, body(number), index(number))))
            .unwrap();
    }
    let patient = Key::new("Patient", "0190b6f2-7c1a-7000-8000-00000000000f");
    let other = Key::new("Patient", "short");
    let writes = vec![
        Write::put(patient.clone(), b"first".to_vec(), vec![Entry::token("active", None, "true")]),
        Write::put(patient, b"second".to_vec(), vec![Entry::token("active", None, "false")]),
        Write::put(other.clone(), b"gone".to_vec(), vec![Entry::token("active", None, "true")]),
        Write::delete(other),
        Write::put(Key::new("Patient", "purged"), b"purged".to_vec(), Vec::new()),
        Write::Purge { key: Key::new("Patient", "purged"), expect: Expect::Any },
    ];
    store.commit(Batch { writes, ..Batch::at(2_000_000) }).unwrap();
    store.note(b"read".to_vec()).unwrap();
    store.close().unwrap();
    drop(store);
    fs::create_dir_all(fixture().parent().unwrap()).unwrap();
    let packed = zstd::bulk::compress(&fs::read(path).unwrap(), 19).unwrap();
    assert!(packed.len() < 100_000, "{}", packed.len());
    fs::write(fixture(), packed).unwrap();
}

#[test]
fn format_1_is_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fixture.store");
    let packed = fs::read(fixture()).unwrap();
    fs::write(&path, zstd::bulk::decompress(&packed, 16 << 20).unwrap()).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    let verified = store.verify().unwrap();
    assert_eq!((verified.documents, verified.versions, verified.changes), (161, 164, 166));
    assert_eq!((verified.audit_records, verified.index_rows), (151, 160 * 9 + 1));
    let snapshot = store.snapshot().unwrap();
    for number in 0..160 {
        let stored = snapshot.read(&Key::new("Observation", format!("o{number}"))).unwrap().unwrap();
        assert_eq!((stored.body, stored.modified, stored.version), (body(number), 1_000_000 + number, 1));
    }
    let point = |number: i64| Decimal::from_scaled(i128::from(number), -1).unwrap();
    let counts = [
        (Plan::All, 160),
        (Plan::token("code", Match::is("http://loinc.org"), Match::is("c3")), 32),
        (Plan::code("flag", "always"), 160),
        (Plan::prefix("name", "name 15"), 11),
        (Plan::Text { parameter: "name".into(), test: TextTest::Contains("e 7".into()) }, 11),
        (Plan::date("date", Range::any().low_from(10_000).high_until(20_000)), 10),
        (Plan::date("period", Range::any().high_after(99_000)), 160),
        (Plan::Number { parameter: "number".into(), range: Range::any().low_from(point(150)) }, 10),
        (
            Plan::Quantity {
                parameter: "quantity".into(),
                system: Match::is("ucum"),
                unit: Match::is("mg"),
                range: Range::any().low_from(point(5)).high_until(point(5)),
            },
            1,
        ),
        (Plan::reference("subject", "Patient", "0190b6f2-7c1a-7000-8000-00000000000f"), 160),
        (
            Plan::Uri {
                parameter: "profile".into(),
                test: UriTest::Below("http://example.org/profile".into()),
            },
            160,
        ),
        (
            Plan::Chain {
                parameter: "subject".into(),
                kind: "Patient".into(),
                plan: Box::new(Plan::code("active", "false")),
            },
            160,
        ),
    ];
    for (plan, wanted) in counts {
        assert_eq!(
            snapshot.count(&[Selection::new("Observation", plan.clone())]).unwrap(),
            wanted,
            "{plan:?}"
        );
    }
    let newest =
        Query::new("Observation", Plan::All).limit(1).sort(Sort::descending(SortKey::parameter("date")));
    assert_eq!(snapshot.search(&newest).unwrap().rows[0].key.id(), "o159");
    let patient = Key::new("Patient", "0190b6f2-7c1a-7000-8000-00000000000f");
    assert_eq!(snapshot.read_version(&patient, 1).unwrap().unwrap().body, b"first");
    assert_eq!(snapshot.history_count(&History::of(HistoryScope::Kind("Patient".into()))).unwrap(), 4);
    assert_eq!(snapshot.feed(165, 10).unwrap()[0].operation, Operation::Purged);
    drop(snapshot);
    let written =
        store.commit(Batch::at(0).write(Write::put(patient, b"third".to_vec(), Vec::new()))).unwrap();
    assert_eq!(
        (written.sequence, written.results[0].version, written.results[0].modified),
        (167, 3, 2_000_000)
    );
    store.verify().unwrap();
}
