//! The embedded store: one SQLite file a service, group commit, narrow covering indexes, compressed bodies.
//!
//! ```
//! use hygea_store::{Batch, Entry, Key, Plan, Query, Store, StoreName, Stores, Write};
//! use hygea_store_sqlite::SqliteStores;
//!
//! let folder = tempfile::tempdir()?;
//! let stores = SqliteStores::open(folder.path())?;
//! let store = stores.open(&StoreName::parse("demo/fhir/r4")?)?;
//! let index = vec![Entry::token("gender", None, "female")];
//! store.commit(Batch::at(0).write(Write::put(Key::new("Patient", "p1"), b"{}".to_vec(), index)))?;
//! assert_eq!(store.snapshot()?.search(&Query::new("Patient", Plan::code("gender", "female")))?.rows.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Overview
//!
//! - [`SqliteStores`] is a folder of stores; [`SqliteStore`] is one file of it, with its write-ahead log beside it.
//! - [`Options`] sizes the caches; the defaults suit a service in somebody's process.
//! - [`SqliteStore::verify`] compares every index with the documents.
//!
//! # How it works
//!
//! One writer thread per store takes what is queued, checks and applies batch after batch in one transaction, writes every index in
//! its key order, and synchronises the disk once for all. Readers are connections of their own, each with its own consistent
//! view; they never wait for the writer. Codes, systems, URIs and references are numbered by exact text, so index rows are a few
//! small integers and no answer rests on a hash. A document's own row holds its index values too: an update rewrites only what
//! changed, and a condition without a narrow key is tested there.
//!
//! # Limits
//!
//! One process at a time ([`Locked`](hygea_store::ErrorKind::Locked)). The folder must be on a local disk, as the write-ahead log needs
//! shared memory; a network disk is refused where the system names it.
//! Open the stores after a `fork`, never before. Bodies are compressed, not encrypted.

mod catalog;
mod codec;
mod connection;
mod entries;
mod failure;
mod folder;
mod functions;
mod identity;
mod names;
mod network;
mod options;
mod reader;
mod schema;
mod store;
mod verify;
mod writer;

pub use folder::SqliteStores;
pub use options::Options;
pub use schema::{APPLICATION_ID, FORMAT};
pub use store::SqliteStore;
pub use verify::Verified;
