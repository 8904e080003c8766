//! The suite of the contract on SQLite. After each check the whole file is checked.
#![allow(clippy::unwrap_used, missing_docs, unused_crate_dependencies, reason = "tests fail by panicking")]

use std::sync::Arc;

use hygea_store::testing::stores;
use hygea_store_sqlite::{Options, SqliteStore, SqliteStores};
use tempfile::TempDir;

/// Checks the whole file when the test is over.
struct Checked {
    store: Arc<SqliteStore>,
    folder: TempDir,
}

impl Drop for Checked {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // The check that closes the store leaves it to be opened again.
            let verified = self.store.verify().or_else(|_| {
                SqliteStore::open(self.folder.path().join("again").with_file_name("suite.store"))?.verify()
            });
            verified.unwrap();
        }
    }
}

fn open_with(options: Options) -> (Checked, Arc<SqliteStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open_with(folder.path().join("suite.store"), options).unwrap());
    (Checked { store: Arc::clone(&store), folder }, store)
}

/// Few rows: they are collected and sorted.
mod collecting {
    use super::*;

    fn open() -> (Checked, Arc<SqliteStore>) {
        open_with(Options::default())
    }

    hygea_store::suite!(open);
}

/// Every condition counts as large, so each is tested along an order instead, and caches are too small for anything.
mod along_an_order {
    use super::*;

    fn open() -> (Checked, Arc<SqliteStore>) {
        open_with(Options {
            large: 0,
            writer_cache: 0,
            reader_cache: 0,
            readers_kept: 1,
            queue: 1,
            ..Options::default()
        })
    }

    hygea_store::suite!(open);
}

#[test]
fn stores_by_name() {
    let folder = tempfile::tempdir().unwrap();
    stores::stores_by_name(&SqliteStores::open(folder.path().join("data")).unwrap());
}
