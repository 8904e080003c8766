//! What the disk can do to a store: other files, locks, no space, no permission, damage.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use std::fs;

use hygea_store::{Batch, Entry, ErrorKind, Key, Plan, Query, Selection, Store, StoreName, Stores, Write};
use hygea_store_sqlite::{Options, SqliteStore, SqliteStores};

fn put(number: u64, size: usize) -> Write {
    // Does not compress.
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let body = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    });
    let index = vec![Entry::token("number", None, number.to_string())];
    Write::put(Key::new("A", format!("{number:06}")), body.take(size).collect(), index)
}

#[test]
fn a_full_disk_loses_nothing_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.store");
    let small = Options { most_pages: Some(200), ..Options::default() };
    let store = SqliteStore::open_with(&path, small).unwrap();
    let mut stored = 0;
    let refused = loop {
        match store.commit(Batch::at(0).write(put(stored, 5_000)).audit(b"record".to_vec())) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind(), ErrorKind::Full);
    assert!(stored > 20);
    let check = |store: &SqliteStore, stored: u64| {
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.count(&[Selection::new("A", Plan::All)]).unwrap(), stored);
        for number in 0..stored {
            assert_eq!(
                snapshot.read(&Key::new("A", format!("{number:06}"))).unwrap().unwrap().body.len(),
                5_000
            );
        }
        assert_eq!(snapshot.audit(0, 10_000).unwrap().len() as u64, stored);
        drop(snapshot);
        store.verify().unwrap();
    };
    check(&store, stored);
    // Batches in one group: the small ones succeed although a large one cannot.
    let large = store.submit(Batch::at(0).write(put(900_000, 500_000))).unwrap();
    let reads: Vec<_> = (0..3).map(|_| store.submit(Batch::at(0)).unwrap()).collect();
    assert_eq!(large.wait().unwrap_err().kind(), ErrorKind::Full);
    assert!(reads.into_iter().all(|ticket| ticket.wait().is_ok()));
    check(&store, stored);
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    store.commit(Batch::at(0).write(put(stored, 5_000)).audit(b"record".to_vec())).unwrap();
    check(&store, stored + 1);
}

#[test]
fn notes_that_cannot_be_written_are_kept_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.store");
    let store =
        SqliteStore::open_with(&path, Options { most_pages: Some(60), ..Options::default() }).unwrap();
    let mut record = vec![0; 100_000];
    let mut taken = 0u64;
    let failed = loop {
        let mut state = taken.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        record.fill_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        if let Err(error) = store.note(record.clone()) {
            break error;
        }
        taken += 1;
        assert!(taken < 1_000);
        let _ = store.flush();
    };
    assert_eq!(failed.kind(), ErrorKind::Full);
    assert_eq!(
        store.note(Vec::new()).unwrap_err().kind(),
        ErrorKind::Full,
        "a service must notice that its log stands still"
    );
    assert_eq!(store.flush().unwrap_err().kind(), ErrorKind::Full);
    let before = store.snapshot().unwrap().verify_audit().unwrap().records();
    assert_eq!(before + 1, taken);
    assert_eq!(store.close().unwrap_err().kind(), ErrorKind::Full);
}

#[test]
fn one_handle_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locked.store");
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err().kind(), ErrorKind::Locked);
    store.close().unwrap();
    let second = SqliteStore::open(&path).unwrap();
    assert_eq!(store.snapshot().err().unwrap().kind(), ErrorKind::Closed);
    drop(second);
    let stores = SqliteStores::open(folder.path()).unwrap();
    let name = StoreName::parse("locked").unwrap();
    let one = SqliteStore::open(&path).unwrap();
    assert_eq!(stores.open(&name).unwrap_err().kind(), ErrorKind::Locked);
    assert_eq!(stores.remove(&name).unwrap_err().kind(), ErrorKind::Locked);
    drop(one);
    assert!(stores.remove(&name).unwrap());
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is left behind");
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.store");
    let content = "this is no database, and long enough to have a header ".repeat(50);
    fs::write(&text, &content).unwrap();
    assert_eq!(SqliteStore::open(&text).unwrap_err().kind(), ErrorKind::Foreign);
    assert_eq!(fs::read_to_string(&text).unwrap(), content);
    let folder_in_place = folder.path().join("folder.store");
    fs::create_dir(&folder_in_place).unwrap();
    assert_eq!(SqliteStore::open(&folder_in_place).unwrap_err().kind(), ErrorKind::Io);
    let nowhere = folder.path().join("absent").join("x.store");
    assert_eq!(SqliteStore::open(nowhere).unwrap_err().kind(), ErrorKind::Io);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_to_write() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    let path = inner.join("x.store");
    fs::create_dir(&inner).unwrap();
    SqliteStore::open(&path).unwrap().commit(Batch::at(0).write(put(1, 10))).unwrap();
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(inner.join("probe"), b"").is_ok() {
        println!("left out: this user may write everywhere");
    } else {
        assert_eq!(SqliteStore::open(inner.join("new.store")).unwrap_err().kind(), ErrorKind::ReadOnly);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let refused = SqliteStore::open(&path).unwrap_err().kind();
        assert!(matches!(refused, ErrorKind::ReadOnly | ErrorKind::Io), "{refused:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.snapshot().unwrap().search(&Query::new("A", Plan::All)).unwrap().rows.len(), 1);
}

#[test]
fn damage_is_an_error_and_not_another_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.store");
    let store = SqliteStore::open(&path).unwrap();
    for number in 0..200 {
        store.commit(Batch::at(0).write(put(number, 300))).unwrap();
    }
    store.close().unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    let bodies: Vec<Vec<u8>> = {
        let store = SqliteStore::open(&path).unwrap();
        (0..200)
            .map(|number| store.read(&Key::new("A", format!("{number:06}"))).unwrap().unwrap().body)
            .collect()
    };
    let mut refused = 0;
    for round in 0..60usize {
        let mut damaged = whole.clone();
        let at = 4_096 + (round * 7_919 * 131) % (whole.len() - 4_096);
        for byte in &mut damaged[at..(at + 40).min(whole.len())] {
            *byte = !*byte;
        }
        let path = folder.path().join(format!("{round}.store"));
        fs::write(&path, damaged).unwrap();
        let Ok(store) = SqliteStore::open(&path) else {
            refused += 1;
            continue;
        };
        let mut noticed = store.verify().is_err();
        for (number, body) in bodies.iter().enumerate() {
            match store.read(&Key::new("A", format!("{number:06}"))) {
                Ok(Some(stored)) => assert_eq!(stored.body, *body, "round {round}"),
                // A damaged index can hide a document, but not from a check of the whole file.
                Ok(None) => assert!(noticed, "round {round}"),
                Err(_) => noticed = true,
            }
        }
        refused += usize::from(noticed);
    }
    // Some bytes are free space.
    assert!(refused > 20, "{refused}");
}
