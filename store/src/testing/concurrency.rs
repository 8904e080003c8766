//! Many threads on one store.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::build::{a, found, put};
use crate::{Batch, Entry, ErrorKind, Expect, Guard, Plan, Query, Selection, Store, Write};

/// Of many threads that create under the same condition exactly one succeeds.
pub fn guarded_creates_do_not_race(store: &dyn Store) {
    for round in 0..10 {
        let code = format!("c{round}");
        let created: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let code = &code;
                    scope.spawn(move || {
                        let guard = Guard::None(Selection::new("A", Plan::code("identifier", code)));
                        let key = a(&format!("{code}-{number}"));
                        let write = put(&key, "", vec![Entry::token("identifier", None, code)]);
                        match store.commit(Batch::at(0).guard(guard).write(write)) {
                            Ok(_) => 1,
                            Err(error) => {
                                assert_eq!(error.kind(), ErrorKind::GuardFailed);
                                0
                            }
                        }
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(created, 1);
        assert_eq!(found(store, &Plan::code("identifier", &code)).len(), 1);
    }
}

/// Sixteen readers always see both halves of a batch that two writers keep changing together.
pub fn readers_and_writers(store: &dyn Store) {
    let index =
        |round: u64| vec![Entry::token("round", None, round.to_string()), Entry::token("all", None, "x")];
    let pair = |writer: u64, round: u64| {
        let mut batch = Batch::at(0).audit(round.to_string().into_bytes());
        for half in 0..2 {
            batch = batch.write(put(
                &a(&format!("{writer}-{half}")),
                &round.to_string(),
                index(writer * 1_000_000 + round),
            ));
        }
        batch
    };
    for writer in 0..2 {
        store.commit(pair(writer, 0)).unwrap();
    }
    let (done, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                scope.spawn(move || {
                    for round in 1..=100 {
                        store.commit(pair(writer, round)).unwrap();
                        let mine = store.read(&a(&format!("{writer}-1"))).unwrap().unwrap();
                        assert_eq!(mine.body, round.to_string().into_bytes(), "a writer reads what it wrote");
                    }
                })
            })
            .collect();
        for reader in 0..16 {
            let (done, reads) = (&done, &reads);
            scope.spawn(move || {
                let mut last = 0;
                loop {
                    let snapshot = store.snapshot().unwrap();
                    assert!(snapshot.sequence() >= last);
                    last = snapshot.sequence();
                    let writer = reader % 2;
                    let read = |half: u8| snapshot.read(&a(&format!("{writer}-{half}"))).unwrap().unwrap();
                    let (left, right) = (read(0), read(1));
                    assert_eq!((&left.body, left.version), (&right.body, right.version));
                    let round: u64 = String::from_utf8(left.body).unwrap().parse().unwrap();
                    let code = (writer * 1_000_000 + round).to_string();
                    let page = snapshot.search(&Query::new("A", Plan::code("round", &code))).unwrap();
                    assert_eq!(page.rows.len(), 2, "the index agrees with the documents");
                    assert_eq!(snapshot.count(&[Selection::new("A", Plan::code("all", "x"))]).unwrap(), 4);
                    reads.fetch_add(1, Ordering::Relaxed);
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    assert!(reads.load(Ordering::Relaxed) >= 16);
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.sequence(), 404);
    assert_eq!(snapshot.verify_audit().unwrap().records(), 202);
}

/// Batches of many threads, some of them refused, each answered for itself.
pub fn batches_of_many_threads(store: &dyn Store) {
    thread::scope(|scope| {
        for worker in 0..8 {
            scope.spawn(move || {
                for round in 0..40 {
                    let key = a(&format!("{worker}-{round}"));
                    let batch = Batch::at(0).write(put(
                        &key,
                        "",
                        vec![Entry::token("worker", None, worker.to_string())],
                    ));
                    assert!(store.commit(batch).unwrap().results[0].created);
                    let again = Batch::at(0)
                        .write(put(&a("shared"), "", Vec::new()))
                        .write(Write::delete(key).expect(Expect::Version(2)));
                    let error = store.commit(again).unwrap_err();
                    assert_eq!(
                        (error.kind(), error.write(), error.found_version()),
                        (ErrorKind::Conflict, Some(1), Some(1))
                    );
                }
            });
        }
    });
    assert_eq!(store.read(&a("shared")).unwrap(), None);
    for worker in 0..8 {
        assert_eq!(found(store, &Plan::code("worker", worker.to_string())).len(), 40);
    }
    assert_eq!(store.snapshot().unwrap().sequence(), 320);
}
