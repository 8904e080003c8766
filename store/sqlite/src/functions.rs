//! Two functions that statements call to look at the index values in a document's row.

use std::sync::{Arc, Mutex, PoisonError};

use hygea_store::Result;
use hygea_store::sql::Node;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

use crate::entries::{Item, Items, matches};
use crate::failure::failed;

/// The tests of the statements that run on a connection. SQL carries a test by its place in this list.
#[derive(Clone, Default)]
pub(crate) struct Tests(Arc<Mutex<Vec<Arc<Node>>>>);

/// Keeps the tests of one statement in the list while it runs.
pub(crate) struct Running<'a> {
    tests: &'a Tests,
    before: usize,
}

impl Tests {
    pub(crate) fn run(&self) -> Running<'_> {
        Running { tests: self, before: self.lock().len() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Node>>> {
        // Only whole values are ever in the list.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, place: i64) -> Option<Arc<Node>> {
        self.lock().get(usize::try_from(place).ok()?).cloned()
    }
}

impl Running<'_> {
    /// Adds a test and gives its place.
    pub(crate) fn add(&self, node: Node) -> i64 {
        let mut tests = self.tests.lock();
        tests.push(Arc::new(node));
        i64::try_from(tests.len()).unwrap_or(i64::MAX).saturating_sub(1)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.tests.lock().truncate(self.before);
    }
}

/// Gives a connection its functions.
pub(crate) fn register(connection: &Connection, tests: &Tests) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    let list = tests.clone();
    connection
        .create_scalar_function("entries_match", 2, flags, move |context| {
            let node = list.find(context.get(1)?).ok_or_else(|| refused("a test that does not run"))?;
            matches(entries(context)?, &node).map_err(rusqlite_error)
        })
        .map_err(failed("register a function"))?;
    connection
        .create_scalar_function(
            "entries_targets",
            2,
            flags | FunctionFlags::SQLITE_DETERMINISTIC,
            |context| {
                let parameter: i64 = context.get(1)?;
                let mut targets = String::from("[");
                for item in Items::new(entries(context)?) {
                    if let Item::Reference { parameter: of, target, base: 0, .. } =
                        item.map_err(rusqlite_error)?
                        && of == parameter
                    {
                        targets.push_str(if targets.len() > 1 { "," } else { "" });
                        targets.push_str(&target.to_string());
                    }
                }
                targets.push(']');
                Ok(targets)
            },
        )
        .map_err(failed("register a function"))
}

fn entries<'a>(context: &'a Context<'_>) -> rusqlite::Result<&'a [u8]> {
    match context.get_raw(0) {
        ValueRef::Blob(list) => Ok(list),
        _ => Err(refused("index values that are not bytes")),
    }
}

fn refused(what: &str) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(what.into())
}

fn rusqlite_error(error: hygea_store::Error) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(Box::new(error))
}
