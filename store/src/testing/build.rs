//! Short words for batches, entries and what a search finds.

use crate::{
    Batch, Commit, Cursor, Decimal, Entry, ErrorKind, Expect, Key, Match, Plan, Query, Result, Selection,
    Snapshot, Store, Stored, Write,
};

/// A key of the kind `A`.
#[must_use]
pub fn a(id: &str) -> Key {
    Key::new("A", id)
}

/// A decimal.
#[must_use]
pub fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// An entry that is a point.
#[must_use]
pub fn point(parameter: &str, text: &str) -> Entry {
    Entry::number(parameter, number(text), number(text))
}

/// A put.
#[must_use]
pub fn put(key: &Key, body: &str, index: Vec<Entry>) -> Write {
    Write::put(key.clone(), body.as_bytes().to_vec(), index)
}

/// Commits writes at time 0, which becomes the newest time of the store.
pub fn commit(store: &dyn Store, writes: Vec<Write>) -> Commit {
    store.commit(Batch { writes, ..Batch::at(0) }).unwrap()
}

/// Puts documents of the kind `A` with their entries.
pub fn fill(store: &dyn Store, documents: &[(&str, Vec<Entry>)]) {
    let writes = documents.iter().map(|(id, index)| put(&a(id), id, index.clone())).collect();
    commit(store, writes);
}

/// Commits and wants a kind of error.
pub fn refused(store: &dyn Store, batch: Batch, wanted: ErrorKind) -> crate::Error {
    let error = store.commit(batch).expect_err("the batch should be refused");
    assert_eq!(error.kind(), wanted, "{error:?}");
    error
}

/// A put that expects something.
#[must_use]
pub fn put_if(key: &Key, expect: Expect) -> Write {
    put(key, "x", Vec::new()).expect(expect)
}

/// The ids that a plan finds among the documents of the kind `A`, in ascending order; the count is compared.
#[must_use]
pub fn found(store: &dyn Store, plan: &Plan) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let mut ids = in_order(&*snapshot, Query::new("A", plan.clone()).limit(3));
    ids.sort();
    let mut once = ids.clone();
    once.dedup();
    assert_eq!(ids, once, "a document was found twice by {plan:?}");
    let count = snapshot.count(&[Selection::new("A", plan.clone())]).unwrap();
    assert_eq!(count, ids.len() as u64, "the count of {plan:?}");
    ids
}

/// The ids of all pages of a query in their order.
#[must_use]
pub fn in_order(snapshot: &dyn Snapshot, query: Query) -> Vec<String> {
    all_pages(snapshot, query).into_iter().map(|stored| stored.key.id().to_owned()).collect()
}

/// The documents of all pages of a query.
#[must_use]
pub fn all_pages(snapshot: &dyn Snapshot, mut query: Query) -> Vec<Stored> {
    let mut rows = Vec::new();
    loop {
        let page = snapshot.search(&query).unwrap();
        assert!(page.rows.len() <= query.limit);
        assert!(page.next.is_none() || page.rows.len() == query.limit, "only the last page may be short");
        rows.extend(page.rows);
        match page.next {
            // Through its bytes, as it travels.
            Some(next) => query.after = Some(Cursor::from_bytes(next.as_bytes())),
            None => return rows,
        }
    }
}

/// Asserts what plans find.
pub fn check(store: &dyn Store, cases: &[(Plan, &[&str])]) {
    for (position, (plan, wanted)) in cases.iter().enumerate() {
        assert_eq!(found(store, plan), *wanted, "case {position}: {plan:?}");
        let all = found(store, &Plan::All);
        let others: Vec<String> = all.into_iter().filter(|id| !wanted.contains(&id.as_str())).collect();
        assert_eq!(found(store, &plan.clone().not()), others, "case {position}, the opposite: {plan:?}");
    }
}

/// The error kind of a result.
pub fn kind_of<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// A match of a text.
#[must_use]
pub fn is(text: &str) -> Match {
    Match::is(text)
}
