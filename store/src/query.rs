//! What is asked of a snapshot beside the condition: order, page, and the place where the last page ended.
//!
//! Paging is by key, never by offset. The first page fixes a watermark inside its cursor: documents created after it do not
//! appear on later pages, no document appears twice unless it was changed in between, and unchanged ones are never skipped.

use std::fmt;

use compact_str::CompactString;

use crate::{Key, Plan, Result, Stored, limits, name::check_name};

/// The documents of one kind for which a condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// The kind of document; parameters of the plan are those of this kind.
    pub kind: CompactString,
    /// The condition.
    pub plan: Plan,
}

/// A search: selections of different kinds, an order, and a page.
#[derive(Clone, Debug)]
pub struct Query {
    /// The documents; the kinds differ from one another.
    pub selections: Vec<Selection>,
    /// The order. Documents equal under all keys come in the order of their row ids, about the order of creation, in the
    /// direction of the first key.
    pub sort: Vec<Sort>,
    /// Where the former page ended.
    pub after: Option<Cursor>,
    /// Most documents of the page.
    pub limit: usize,
    /// Whether the bodies are read; without them [`Stored::body`] is empty.
    pub bodies: bool,
}

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// What is compared.
    pub by: SortKey,
    /// In which direction.
    pub direction: Direction,
    /// Where documents without a value come.
    pub missing: MissingValues,
}

/// What an order compares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortKey {
    /// Time of the current version.
    Modified,
    /// The id, byte by byte.
    Id,
    /// A parameter: of several values the smallest when ascending, the greatest when descending.
    ///
    /// Texts compare by their folded form, tokens by code, URIs as they are, references by id, dates and numbers by their low end.
    /// Values of different types under one parameter compare by type: dates, then all that compare as
    /// text, then numbers and quantities.
    Parameter(CompactString),
}

/// Up or down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Greatest first.
    Descending,
}

/// Where documents without a value come; they are never left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissingValues {
    /// After all others.
    #[default]
    Last,
    /// Before all others.
    First,
}

/// The place where a page ended: bytes that may leave the process and come back. They hold sort values of the last row, which may be
/// patient data, so a service seals them.
///
/// A cursor is good for the same query on the same store; one of a query with another order is refused.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor(Vec<u8>);

/// A page of documents.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// The documents in order.
    pub rows: Vec<Stored>,
    /// Where the next page starts; none on the last page.
    pub next: Option<Cursor>,
}

/// A question about former versions, answered newest first.
#[derive(Clone, Debug)]
pub struct History {
    /// Of what.
    pub scope: HistoryScope,
    /// Only versions of this time or later, in microseconds.
    pub since: Option<i64>,
    /// Only versions before this time, in microseconds.
    pub before: Option<i64>,
    /// Where the former page ended.
    pub after: Option<Cursor>,
    /// Most versions of the page.
    pub limit: usize,
}

/// Whose history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryScope {
    /// Of one document.
    Document(Key),
    /// Of all documents of a kind.
    Kind(CompactString),
    /// Of everything.
    All,
}

impl Selection {
    /// Documents of a kind for which a condition holds.
    #[must_use]
    pub fn new(kind: impl AsRef<str>, plan: Plan) -> Self {
        Self { kind: CompactString::new(kind), plan }
    }

    /// Checks the name of the kind and the plan.
    ///
    /// # Errors
    /// As [`Plan::check`].
    pub fn check(&self) -> Result<()> {
        check_name(&self.kind, "kind")?;
        self.plan.check()
    }
}

impl Query {
    /// The first 100 documents of a kind for which a condition holds, in the order of their row ids.
    #[must_use]
    pub fn new(kind: impl AsRef<str>, plan: Plan) -> Self {
        Self::of(vec![Selection::new(kind, plan)])
    }

    /// The first 100 documents of several selections.
    #[must_use]
    pub fn of(selections: Vec<Selection>) -> Self {
        Self { selections, sort: Vec::new(), after: None, limit: 100, bodies: true }
    }

    /// With one more sort key.
    #[must_use]
    pub fn sort(mut self, sort: Sort) -> Self {
        self.sort.push(sort);
        self
    }

    /// With a page size; at most [`limits::PAGE`].
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.min(limits::PAGE);
        self
    }

    /// Continued after a cursor.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    /// Without bodies.
    #[must_use]
    pub fn without_bodies(mut self) -> Self {
        self.bodies = false;
        self
    }

    /// Checks names, plans, number of sort keys, and that the kinds differ.
    ///
    /// # Errors
    /// [`TooLarge`](crate::ErrorKind::TooLarge), [`Name`](crate::ErrorKind::Name) or [`Invalid`](crate::ErrorKind::Invalid).
    pub fn check(&self) -> Result<()> {
        if self.sort.len() > limits::SORT_KEYS {
            return Err(crate::Error::new(crate::ErrorKind::TooLarge, "the query has too many sort keys"));
        }
        for sort in &self.sort {
            if let SortKey::Parameter(parameter) = &sort.by {
                check_name(parameter, "parameter")?;
            }
        }
        check_selections(&self.selections)
    }
}

/// Checks each selection and that their kinds differ.
pub(crate) fn check_selections(selections: &[Selection]) -> Result<()> {
    let mut kinds = std::collections::HashSet::new();
    for selection in selections {
        selection.check()?;
        if !kinds.insert(selection.kind.as_str()) {
            return Err(crate::Error::new(
                crate::ErrorKind::Invalid,
                "a kind is selected twice; join the conditions with Or",
            ));
        }
    }
    Ok(())
}

impl Sort {
    /// Ascending, missing values last.
    #[must_use]
    pub fn ascending(by: SortKey) -> Self {
        Self { by, direction: Direction::Ascending, missing: MissingValues::Last }
    }

    /// Descending, missing values last.
    #[must_use]
    pub fn descending(by: SortKey) -> Self {
        Self { by, direction: Direction::Descending, missing: MissingValues::Last }
    }
}

impl SortKey {
    /// The values of a parameter.
    #[must_use]
    pub fn parameter(name: impl AsRef<str>) -> Self {
        Self::Parameter(CompactString::new(name))
    }
}

impl Cursor {
    /// A cursor from its bytes, which are checked when it is used.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({} bytes)", self.0.len())
    }
}

impl History {
    /// The newest 100 versions.
    #[must_use]
    pub fn of(scope: HistoryScope) -> Self {
        Self { scope, since: None, before: None, after: None, limit: 100 }
    }

    /// With a page size; at most [`limits::PAGE`].
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.min(limits::PAGE);
        self
    }

    /// Continued after a cursor.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }
}
