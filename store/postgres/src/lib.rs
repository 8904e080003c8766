//! The room of the server and scale-out store on PostgreSQL: its schema and its way from plan to SQL.
//!
//! ```
//! use hygea_store::Direction;
//! use hygea_store::sql::{Leaf, Node, Statement, Test, Window};
//! use hygea_store_postgres::{Postgres, SCHEMA};
//!
//! assert!(SCHEMA.contains("CREATE TABLE index_token"));
//! let code = Node::Leaf(Leaf { parameter: 7, test: Test::Token { codes: vec![3], system: None } });
//! let window = Window { above: 0, until: i64::MAX };
//! let page = Statement::page(&Postgres { shard: 0 }, 1, &code, window, Direction::Ascending, 20);
//! assert!(page.text().contains("t1.shard = $1 AND t1.parameter = $2 AND t1.code = $3"));
//! ```
//!
//! # What it is today
//!
//! - [`SCHEMA`] is the logical schema of the SQLite store in PostgreSQL's words, with the shard column first in every key, so that
//!   Citus can distribute it by that column. A test reads every key of it.
//! - [`Postgres`] is the dialect of [`hygea_store::sql`]: every plan compiles to PostgreSQL's SQL with bound values. The statements run
//!   on one shard.
//!
//! # What it is not
//!
//! It opens no connection, writes nothing and implements no [`Store`](hygea_store::Store): **the store to use is
//! `hygea-store-sqlite`**. A statement that follows references reads the shard that it is given, not those of the targets.
//!
//! # Where it differs from SQLite
//!
//! - Index values are not read from the document's row but from the narrow tables by row, so each has a key by row too.
//! - PostgreSQL bounds the length of a key, so long texts are found by their first [`TEXT_KEY`] characters and compared whole,
//!   and terms, URIs and ids by their hash or digest.
//! - Sequence numbers are not given in commit order, so the feed has a transaction column: a reader stops before the oldest
//!   transaction that is still running.

use hygea_store::sql::Dialect;

/// The tables, as a script for an empty schema.
pub const SCHEMA: &str = include_str!("schema.sql");

/// Characters of a folded text that are part of a key.
pub const TEXT_KEY: usize = 128;

/// How PostgreSQL writes what the databases write differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// The shard in which a statement runs.
    pub shard: i64,
}

impl Dialect for Postgres {
    fn mark(&self, number: usize, text: &mut String) {
        text.push('$');
        text.push_str(&number.to_string());
    }

    fn rows(&self, mark: &str, text: &mut String) {
        text.push_str("SELECT unnest(");
        text.push_str(mark);
        text.push_str("::bigint[])");
    }

    fn along(&self, _: &str, _: &mut String) {
        // PostgreSQL takes no such hints.
    }

    fn find_function(&self) -> &'static str {
        "strpos"
    }

    fn text_key(&self) -> Option<(&'static str, usize)> {
        Some(("folded_key", TEXT_KEY))
    }

    fn reads_entries(&self) -> bool {
        false
    }

    fn shard(&self) -> Option<i64> {
        Some(self.shard)
    }
}
