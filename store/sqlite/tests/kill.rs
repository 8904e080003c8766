//! A process that is killed while it writes leaves whole batches only, and every batch that it was told is durable.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hygea_store::{Batch, Entry, Expect, Guard, Key, Plan, Query, Selection, Snapshot, Store, Write};
use hygea_store_sqlite::{Options, SqliteStore};

const CHILD: &str = "HYGEA_KILL_TEST_STORE";
const ROUND: &str = "HYGEA_KILL_TEST_ROUND";
const ROUNDS: u64 = 24;

/// The process that is killed. Without the variable it is an ordinary test that does nothing.
#[test]
fn child() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    let store = SqliteStore::open(path).unwrap();
    std::thread::scope(|scope| {
        for worker in 0..3u64 {
            let store = &store;
            scope.spawn(move || {
                for number in 0.. {
                    let name = format!("{round}-{worker}-{number}");
                    let commit = store.commit(batch(&name, worker, number)).unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "durable {name} {}", commit.sequence).unwrap();
                    out.flush().unwrap();
                    store.note(format!("note {name}").into_bytes()).unwrap();
                }
            });
        }
    });
}

/// How many documents a batch creates.
fn size(number: u64) -> u64 {
    1 + number % 17
}

fn batch(name: &str, worker: u64, number: u64) -> Batch {
    let size = size(number);
    let mut batch = Batch::at(1_000 + i64::try_from(number).unwrap()).audit(name.as_bytes().to_vec());
    for position in 0..size {
        let index = vec![
            Entry::token("batch", Some("http://example.org/batch"), name),
            Entry::text("name", name, name.to_uppercase()),
            Entry::date("date", i64::try_from(number * 100 + position).unwrap(), i64::MAX),
            Entry::reference("next", "A", format!("{name}-{}", position + 1)),
            Entry::uri("uri", format!("http://example.org/{name}")),
        ];
        let filler = "lorem ipsum dolor sit amet ".repeat(usize::try_from(number % 40).unwrap());
        let body = format!(r#"{{"batch":"{name}","size":{size},"text":"{filler}"}}"#);
        batch.writes.push(Write::put(Key::new("A", format!("{name}-{position}")), body.into_bytes(), index));
    }
    // One document that every batch of the worker changes, one that comes and goes.
    let counter = Entry::token("counter", None, number.to_string());
    batch.writes.push(Write::put(
        Key::new("B", format!("counter-{worker}")),
        name.as_bytes().to_vec(),
        vec![counter],
    ));
    let fleeting = Key::new("B", format!("fleeting-{worker}"));
    batch.writes.push(match number % 5 {
        3 => Write::delete(fleeting),
        4 => Write::Purge { key: fleeting, expect: Expect::Any },
        _ => Write::put(fleeting, b"here".to_vec(), vec![Entry::token("here", None, name)]),
    });
    if number.is_multiple_of(7) {
        batch.guards.push(Guard::None(Selection::new("A", Plan::code("batch", name))));
    }
    batch
}

#[test]
fn a_killed_process_leaves_whole_batches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.store");
    let mut durable: BTreeSet<String> = BTreeSet::new();
    let mut sequence = 0;
    for round in 0..ROUNDS {
        sequence = run_and_kill(&path, round, &mut durable).max(sequence);
        check(&path, &durable, sequence);
    }
    assert!(durable.len() > 100, "only {} batches were written", durable.len());
}

/// Runs the child for a while and kills it; gives the newest sequence number that it was told is durable.
fn run_and_kill(path: &Path, round: u64, durable: &mut BTreeSet<String>) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    // From the first durable batch on, a different moment each round.
    let patience = Duration::from_millis(3 + round * 37 % 160);
    let (mut started, mut sequence) = (None, 0);
    for line in output.lines().map_while(Result::ok) {
        // What it has said before it was killed counts, however late it is read.
        if let Some((name, number)) = line.strip_prefix("durable ").and_then(|rest| rest.split_once(' ')) {
            durable.insert(name.to_owned());
            sequence = sequence.max(number.parse().unwrap());
            started.get_or_insert_with(Instant::now);
        }
        if started.is_some_and(|started: Instant| started.elapsed() > patience) {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(started.is_some(), "the child wrote nothing");
    sequence
}

fn check(path: &Path, durable: &BTreeSet<String>, sequence: u64) {
    let store =
        SqliteStore::open_with(path, Options { writer_cache: 1 << 20, ..Options::default() }).unwrap();
    store.verify().unwrap();
    let snapshot = store.snapshot().unwrap();
    assert!(snapshot.sequence() >= sequence, "{} < {sequence}", snapshot.sequence());
    let mut batches: BTreeMap<String, u64> = BTreeMap::new();
    let mut query = Query::new("A", Plan::All).limit(1_000);
    loop {
        let page = snapshot.search(&query).unwrap();
        for stored in &page.rows {
            let body = std::str::from_utf8(&stored.body).unwrap();
            let name = body.split('"').nth(3).unwrap();
            assert!(stored.key.id().starts_with(name));
            *batches.entry(name.to_owned()).or_default() += 1;
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    let records: BTreeSet<Vec<u8>> = all_records(&*snapshot);
    for name in durable {
        assert!(batches.contains_key(name), "the durable batch {name} is gone");
    }
    for (name, count) in &batches {
        let number: u64 = name.rsplit('-').next().unwrap().parse().unwrap();
        assert_eq!(*count, size(number), "batch {name} is not whole");
        assert!(records.contains(name.as_bytes()), "batch {name} has no audit record");
        let found = snapshot.count(&[Selection::new("A", Plan::code("batch", name))]).unwrap();
        assert_eq!(found, *count);
    }
    let of_batches = records.iter().filter(|record| !record.starts_with(b"note ")).count();
    assert_eq!(of_batches, batches.len());
    // A batch is as whole as its counter: the last one of each worker is in the documents.
    for worker in 0..3 {
        if let Some(counter) = snapshot.read(&Key::new("B", format!("counter-{worker}"))).unwrap() {
            assert!(batches.contains_key(std::str::from_utf8(&counter.body).unwrap()));
        }
    }
}

fn all_records(snapshot: &dyn Snapshot) -> BTreeSet<Vec<u8>> {
    let mut records = BTreeSet::new();
    let mut after = 0;
    loop {
        let part = snapshot.audit(after, 5_000).unwrap();
        let Some(last) = part.last() else { return records };
        after = last.sequence;
        records.extend(part.into_iter().map(|record| record.record));
    }
}
