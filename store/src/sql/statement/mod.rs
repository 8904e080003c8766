//! The SQL of a resolved plan.
//!
//! A condition is written in one of two forms. As a *source* it is a `SELECT` of rows: the narrow table of its type, read along its
//! key. As a *test* it is an expression on one row that another source has found: a look-up in the key where the key begins with
//! what is tested, else a look at the index values that the document's own row holds. A conjunction is a source followed by tests.

mod leaf;
mod source;
mod test;

use super::{Node, table};
use crate::Direction;
use crate::position::SortValue;

/// What differs between the databases.
pub trait Dialect {
    /// Writes the mark of the bound value with this number, counted from 1.
    fn mark(&self, number: usize, text: &mut String);

    /// Writes a `SELECT` of the rows in a bound list; `mark` is the mark of the list.
    fn rows(&self, mark: &str, text: &mut String);

    /// Writes that a table is to be read along an index, where the database takes such hints.
    fn along(&self, index: &str, text: &mut String);

    /// The name of the function of a text and a part of it that gives the place of the part, counted from 1, or 0.
    fn find_function(&self) -> &'static str;

    /// A column that holds the first characters of `folded`, and how many, where the database cannot have long texts in a key.
    fn text_key(&self) -> Option<(&'static str, usize)> {
        None
    }

    /// Whether the database has the functions `entries_match(entries, node)` and `entries_targets(entries, parameter)`, which read
    /// the index values in a document's row. Without them a test looks into the narrow tables by row.
    fn reads_entries(&self) -> bool;

    /// The shard of all rows, where the schema has one.
    fn shard(&self) -> Option<i64>;
}

/// A bound value.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    /// An integer.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list of rows.
    Rows(Vec<i64>),
    /// The test of `entries_match`.
    Node(Node),
}

/// Which rows are wanted of all that satisfy a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Only rows above this.
    pub above: i64,
    /// Only rows up to this.
    pub until: i64,
}

/// By what the rows of a walk are ordered, and where it continues.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The table of the values, or [`table::DOCUMENT`] for the time of the current version.
    pub table: &'static str,
    /// Number of the parameter, or of the kind.
    pub parameter: i64,
    /// The direction, of the rows with equal values too.
    pub direction: Direction,
    /// The value and the row after which it continues.
    pub after: Option<(SortValue, i64)>,
}

/// A text of SQL and its bound values.
#[expect(missing_debug_implementations, reason = "it holds search values, which are patient data")]
pub struct Statement<'d> {
    dialect: &'d dyn Dialect,
    text: String,
    binds: Vec<Bind>,
    aliases: usize,
}

impl<'d> Statement<'d> {
    fn new(dialect: &'d dyn Dialect) -> Self {
        Self { dialect, text: String::with_capacity(512), binds: Vec::new(), aliases: 0 }
    }

    /// `rid` of the rows of a condition in row order, at most `limit`. A row may come twice in a row.
    #[must_use]
    pub fn page(
        dialect: &'d dyn Dialect,
        kind: i64,
        node: &Node,
        window: Window,
        direction: Direction,
        limit: usize,
    ) -> Self {
        let mut statement = Self::new(dialect);
        statement.source(kind, node, Some(window));
        statement.push(if direction == Direction::Descending { " ORDER BY 1 DESC" } else { " ORDER BY 1" });
        statement.limit(limit);
        statement
    }

    /// The same rows, found by looking at every row of the kind: for conditions that most rows satisfy.
    #[must_use]
    pub fn scan(
        dialect: &'d dyn Dialect,
        kind: i64,
        node: &Node,
        window: Window,
        direction: Direction,
        limit: usize,
    ) -> Self {
        let every = Node::And(vec![Node::Everything, node.clone()]);
        Self::page(dialect, kind, &every, window, direction, limit)
    }

    /// Value and `rid` of the rows of a condition in the order of a value, at most `limit`. A row comes once for each of its values.
    #[must_use]
    pub fn walk(
        dialect: &'d dyn Dialect,
        kind: i64,
        node: &Node,
        window: Window,
        order: &Order,
        limit: usize,
    ) -> Self {
        let mut statement = Self::new(dialect);
        let alias = statement.alias();
        let (value, scope) = match order.table {
            table::DOCUMENT => ("modified", "kind"),
            table::TEXT => ("folded", "parameter"),
            _ => ("low", "parameter"),
        };
        statement.push(&format!("SELECT {alias}.{value}, {alias}.rid FROM {} {alias}", order.table));
        if order.table == table::DOCUMENT {
            statement.along("document_modified");
        }
        statement.push(" WHERE ");
        statement.shard(&alias);
        statement.push(&format!("{alias}.{scope} = "));
        statement.integer(order.parameter);
        if order.table == table::DOCUMENT {
            statement.push(&format!(" AND {alias}.deleted = 0"));
        }
        let (compare, direction) = match order.direction {
            Direction::Ascending => (">", ""),
            Direction::Descending => ("<", " DESC"),
        };
        if let Some((after, row)) = &order.after {
            statement.push(&format!(" AND ({alias}.{value}, {alias}.rid) {compare} ("));
            statement.bind(match after {
                SortValue::Date(value) => Bind::Integer(*value),
                SortValue::Text(value) => Bind::Text(value.to_string()),
                SortValue::Number(value) => Bind::Bytes(value.as_bytes().to_vec()),
            });
            statement.push(", ");
            statement.integer(*row);
            statement.push(")");
        }
        statement.window(&format!("{alias}.rid"), Some(window));
        statement.and_test(kind, node, &format!("{alias}.rid"));
        statement.push(&format!(" ORDER BY {alias}.{value}{direction}, {alias}.rid{direction}"));
        statement.limit(limit);
        statement
    }

    /// `rid, id, modified, born, entries` of the rows of a condition, in no order. A row may come twice.
    #[must_use]
    pub fn documents(dialect: &'d dyn Dialect, kind: i64, node: &Node, window: Window) -> Self {
        let mut statement = Self::new(dialect);
        let (rows, document) = (statement.alias(), statement.alias());
        let columns = ["rid", "id", "modified", "born", "entries"]
            .map(|column| format!("{document}.{column}"))
            .join(", ");
        statement.push(&format!("SELECT {columns} FROM ("));
        statement.source(kind, node, Some(window));
        statement.push(&format!(") {rows} CROSS JOIN {} {document} WHERE ", table::DOCUMENT));
        statement.shard(&document);
        statement.push(&format!("{document}.rid = {rows}.rid"));
        statement
    }

    /// `rid` of the rows of a condition in no order. A row may come twice.
    #[must_use]
    pub fn rows(dialect: &'d dyn Dialect, kind: i64, node: &Node) -> Self {
        let mut statement = Self::new(dialect);
        statement.source(kind, node, None);
        statement
    }

    /// How many rows satisfy a condition. `once` says that no row comes twice, which is faster to count.
    #[must_use]
    pub fn count(dialect: &'d dyn Dialect, kind: i64, node: &Node, once: bool) -> Self {
        let mut statement = Self::new(dialect);
        let rows = statement.alias();
        let counted = if once { "*".to_owned() } else { format!("DISTINCT {rows}.rid") };
        statement.push(&format!("SELECT count({counted}) FROM ("));
        statement.source(kind, node, None);
        statement.push(&format!(") {rows}"));
        statement
    }

    /// How many rows satisfy a condition, counting no further than `most`; a row may count twice.
    #[must_use]
    pub fn count_to(dialect: &'d dyn Dialect, kind: i64, node: &Node, most: u64) -> Self {
        let mut statement = Self::new(dialect);
        let rows = statement.alias();
        statement.push("SELECT count(*) FROM (");
        statement.source(kind, node, None);
        statement.limit(usize::try_from(most).unwrap_or(usize::MAX));
        statement.push(&format!(") {rows}"));
        statement
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bound values in the order of their numbers.
    #[must_use]
    pub fn into_binds(self) -> Vec<Bind> {
        self.binds
    }

    fn window(&mut self, row: &str, window: Option<Window>) {
        if let Some(window) = window {
            self.push(&format!(" AND {row} > "));
            self.integer(window.above);
            self.push(&format!(" AND {row} <= "));
            self.integer(window.until);
        }
    }

    fn limit(&mut self, limit: usize) {
        self.push(" LIMIT ");
        self.integer(i64::try_from(limit).unwrap_or(i64::MAX));
    }

    fn shard(&mut self, alias: &str) {
        if let Some(shard) = self.dialect.shard() {
            self.push(&format!("{alias}.shard = "));
            self.integer(shard);
            self.push(" AND ");
        }
    }

    fn along(&mut self, index: &str) {
        self.dialect.along(index, &mut self.text);
    }

    fn list(&mut self, rows: &[i64]) {
        let mut mark = String::new();
        self.binds.push(Bind::Rows(rows.to_vec()));
        self.dialect.mark(self.binds.len(), &mut mark);
        self.dialect.rows(&mark, &mut self.text);
    }

    fn integer(&mut self, value: i64) {
        self.bind(Bind::Integer(value));
    }

    fn bind(&mut self, bind: Bind) {
        self.binds.push(bind);
        self.dialect.mark(self.binds.len(), &mut self.text);
    }

    /// Writes expressions joined by a word as a balanced tree, as databases bound the depth of an expression.
    fn balanced<T>(&mut self, word: &str, parts: &[T], write: &mut dyn FnMut(&mut Self, &T)) {
        match parts {
            [] => {}
            [part] => write(self, part),
            parts => {
                let (left, right) = parts.split_at(parts.len() / 2);
                self.push("(");
                self.balanced(word, left, write);
                self.push(word);
                self.balanced(word, right, write);
                self.push(")");
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn alias(&mut self) -> String {
        self.aliases = self.aliases.saturating_add(1);
        format!("t{}", self.aliases)
    }
}
