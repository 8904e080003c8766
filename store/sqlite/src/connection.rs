//! A connection to a store's file, set up the same way each time, and statements run on it.

use std::path::Path;

use hygea_store::sql::{Bind, Dialect, Statement};
use hygea_store::{Error, ErrorKind, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::failure::failed;
use crate::functions::{Running, Tests, register};

/// Longest text of a statement that is kept prepared.
const KEPT: usize = 4_096;

/// How SQLite writes what the databases write differently.
pub(crate) struct Sqlite;

impl Dialect for Sqlite {
    fn mark(&self, _: usize, text: &mut String) {
        text.push('?');
    }

    fn rows(&self, mark: &str, text: &mut String) {
        text.push_str("SELECT value FROM json_each(");
        text.push_str(mark);
        text.push(')');
    }

    fn along(&self, index: &str, text: &mut String) {
        text.push_str(" INDEXED BY ");
        text.push_str(index);
    }

    fn find_function(&self) -> &'static str {
        "instr"
    }

    fn reads_entries(&self) -> bool {
        true
    }

    fn shard(&self) -> Option<i64> {
        None
    }
}

/// A connection with its functions.
pub(crate) struct Linked {
    pub(crate) connection: Connection,
    pub(crate) tests: Tests,
}

impl Linked {
    /// Opens the file, makes it if it is not there, and sizes the page cache in bytes.
    pub(crate) fn open(path: &Path, cache: usize) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection =
            Connection::open_with_flags(path, flags).map_err(failed("open the file of the store"))?;
        connection.set_prepared_statement_cache_capacity(256);
        let kibibytes = (cache >> 10).max(64);
        let setup = format!(
            "PRAGMA busy_timeout=5000;PRAGMA page_size=4096;PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;\
             PRAGMA fullfsync=ON;PRAGMA checkpoint_fullfsync=ON;PRAGMA wal_autocheckpoint=0;\
             PRAGMA cache_size=-{kibibytes};PRAGMA temp_store=MEMORY;PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;"
        );
        connection.execute_batch(&setup).map_err(failed("set up the file of the store"))?;
        // Without this SQLite looks at bound values when it plans, and so plans again whenever one is bound: a look-up by key would take
        // ten times as long.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(failed("set up the file of the store"))?;
        let tests = Tests::default();
        register(&connection, &tests)?;
        Ok(Self { connection, tests })
    }

    /// Runs a statement and gives each row to `each`, which says whether it wants more.
    pub(crate) fn for_each(
        &self,
        statement: Statement<'_>,
        mut each: impl FnMut(&rusqlite::Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        let failed = failed("run a search");
        let refused = |error: rusqlite::Error| match error.sqlite_error_code() {
            // The text is ours, so what SQLite has against it is its size.
            Some(ErrorCode::Unknown) | None => {
                Error::new(ErrorKind::TooLarge, "the plan has too many conditions").with_source(error)
            }
            _ => failed(error),
        };
        // A long text is rarely asked for again, and would push many short ones out.
        let (mut kept, mut once);
        let prepared: &mut rusqlite::Statement<'_> = if statement.text().len() <= KEPT {
            kept = self.connection.prepare_cached(statement.text()).map_err(refused)?;
            &mut kept
        } else {
            once = self.connection.prepare(statement.text()).map_err(refused)?;
            &mut once
        };
        let running = self.tests.run();
        bind(prepared, statement.into_binds(), &running).map_err(&failed)?;
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next().map_err(&failed)? {
            if !each(row)? {
                break;
            }
        }
        Ok(())
    }

    /// Runs a statement whose answer is one integer.
    pub(crate) fn integer(&self, statement: Statement<'_>) -> Result<u64> {
        let mut answer = 0;
        self.for_each(statement, |row| {
            answer = row.get::<_, u64>(0).map_err(failed("read a count"))?;
            Ok(false)
        })?;
        Ok(answer)
    }
}

fn bind(
    statement: &mut rusqlite::Statement<'_>,
    binds: Vec<Bind>,
    running: &Running<'_>,
) -> rusqlite::Result<()> {
    for (place, bind) in (1..).zip(binds) {
        match bind {
            Bind::Integer(value) => statement.raw_bind_parameter(place, value)?,
            Bind::Text(value) => statement.raw_bind_parameter(place, value)?,
            Bind::Bytes(value) => statement.raw_bind_parameter(place, value)?,
            Bind::Rows(rows) => statement.raw_bind_parameter(place, list(&rows))?,
            Bind::Node(node) => statement.raw_bind_parameter(place, running.add(node))?,
        }
    }
    Ok(())
}

fn list(rows: &[i64]) -> String {
    let mut text = String::with_capacity(rows.len().saturating_mul(8).saturating_add(2));
    text.push('[');
    for row in rows {
        text.push_str(if text.len() > 1 { "," } else { "" });
        text.push_str(&row.to_string());
    }
    text.push(']');
    text
}
