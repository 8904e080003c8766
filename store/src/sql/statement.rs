//! The SQL of a resolved plan.
//!
//! A condition is written in one of two forms. As a *source* it is a `SELECT` of rows: the narrow table of its type, read along its
//! key. As a *test* it is an expression on one row that another source has found: a look-up in the key where the key begins with
//! what is tested, else a look at the index values that the document's own row holds. A conjunction is a source followed by tests.

use std::ops::Bound;

use super::{Leaf, Node, Test, WIDE_DATE, table};
use crate::position::SortValue;
use crate::{Direction, Range, TextTest};

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

    /// A `SELECT` with one column `rid`: live rows of the kind, some of them perhaps twice.
    fn source(&mut self, kind: i64, node: &Node, window: Option<Window>) {
        match node {
            Node::Nothing => self.push("SELECT 0 AS rid WHERE 1 = 0"),
            Node::Everything => self.every(kind, window, |_, _| {}),
            Node::Rows(rows) => self.every(kind, window, |statement, alias| {
                statement.push(&format!(" AND {alias}.rid IN ("));
                statement.list(rows);
                statement.push(")");
            }),
            Node::Modified(low, high) => self.modified_source(kind, low, high, window),
            Node::Leaf(leaf) => self.leaf_source(leaf, window),
            Node::Missing { .. } | Node::Not(_) => {
                let alias = self.alias();
                self.push(&format!("SELECT {alias}.rid FROM ("));
                self.source(kind, &Node::Everything, window);
                self.push(&format!(") {alias} WHERE "));
                self.test(kind, node, &format!("{alias}.rid"));
            }
            Node::And(nodes) => self.and_source(kind, nodes, window),
            Node::Or(nodes) => {
                for (position, node) in nodes.iter().enumerate() {
                    self.push(if position == 0 { "" } else { " UNION " });
                    self.arm(kind, node, window);
                }
            }
            Node::Chain { parameter, kind: target, node, .. } => {
                let (inner, reference) = (self.alias(), self.alias());
                self.push(&format!("SELECT {reference}.rid FROM ("));
                self.source(*target, node, None);
                self.push(&format!(") {inner} CROSS JOIN {} {reference} WHERE ", table::REFERENCE));
                self.shard(&reference);
                self.push(&format!("{reference}.parameter = "));
                self.integer(*parameter);
                self.push(&format!(" AND {reference}.target = {inner}.rid AND {reference}.base = 0"));
                self.window(&format!("{reference}.rid"), window);
            }
            Node::Reverse { kind: other, parameter, node } => {
                self.reverse_source(kind, *other, *parameter, node, window)
            }
        }
    }

    /// One part of a `UNION`. A part that is itself a compound has to be wrapped, as no database nests them bare.
    fn arm(&mut self, kind: i64, node: &Node, window: Option<Window>) {
        let compound = match node {
            Node::Or(_) => true,
            Node::And(nodes) => matches!(nodes.first(), Some(Node::Or(_))),
            Node::Leaf(leaf) => is_split(leaf),
            _ => false,
        };
        if compound {
            let alias = self.alias();
            self.push("SELECT rid FROM (");
            self.source(kind, node, window);
            self.push(&format!(") {alias}"));
        } else {
            self.source(kind, node, window);
        }
    }

    fn every(&mut self, kind: i64, window: Option<Window>, more: impl FnOnce(&mut Self, &str)) {
        let alias = self.alias();
        self.push(&format!("SELECT {alias}.rid FROM {} {alias}", table::DOCUMENT));
        self.along("document_live");
        self.push(" WHERE ");
        self.shard(&alias);
        self.push(&format!("{alias}.kind = "));
        self.integer(kind);
        self.push(&format!(" AND {alias}.deleted = 0"));
        more(self, &alias);
        self.window(&format!("{alias}.rid"), window);
    }

    fn modified_source(&mut self, kind: i64, low: &Bound<i64>, high: &Bound<i64>, window: Option<Window>) {
        let alias = self.alias();
        self.push(&format!("SELECT {alias}.rid FROM {} {alias}", table::DOCUMENT));
        self.along("document_modified");
        self.push(" WHERE ");
        self.shard(&alias);
        self.push(&format!("{alias}.kind = "));
        self.integer(kind);
        self.push(&format!(" AND {alias}.deleted = 0"));
        self.bounds(&format!("{alias}.modified"), low, high, |value| Bind::Integer(*value));
        self.window(&format!("{alias}.rid"), window);
    }

    fn and_source(&mut self, kind: i64, nodes: &[Node], window: Option<Window>) {
        let Some((driver, rest)) = nodes.split_first() else {
            return self.source(kind, &Node::Everything, window);
        };
        // Each part of a disjunction is narrowed by itself, so that the parts are still read along their keys.
        let arms = match driver {
            Node::Or(arms) => arms.as_slice(),
            driver => std::slice::from_ref(driver),
        };
        for (position, arm) in arms.iter().enumerate() {
            let alias = self.alias();
            self.push(if position == 0 { "SELECT " } else { " UNION SELECT " });
            self.push(&format!("{alias}.rid FROM ("));
            self.source(kind, arm, window);
            self.push(&format!(") {alias} WHERE 1 = 1"));
            self.and_tests(kind, rest, &format!("{alias}.rid"));
        }
    }

    fn reverse_source(&mut self, kind: i64, other: i64, parameter: i64, node: &Node, window: Option<Window>) {
        let (inner, referrer, target) = (self.alias(), self.alias(), self.alias());
        self.push(&format!("SELECT {target}.rid FROM ("));
        self.source(other, node, None);
        if self.dialect.reads_entries() {
            let each = self.alias();
            self.push(&format!(
                ") {inner} CROSS JOIN {document} {referrer} CROSS JOIN json_each(entries_targets({referrer}.entries, ",
                document = table::DOCUMENT
            ));
            self.integer(parameter);
            self.push(&format!(")) {each} CROSS JOIN {} {target} WHERE ", table::DOCUMENT));
            self.shard(&referrer);
            self.shard(&target);
            self.push(&format!("{referrer}.rid = {inner}.rid AND {target}.rid = {each}.value"));
        } else {
            self.push(&format!(
                ") {inner} CROSS JOIN {} {referrer} CROSS JOIN {} {target} WHERE ",
                table::REFERENCE,
                table::DOCUMENT
            ));
            self.shard(&referrer);
            self.shard(&target);
            self.push(&format!("{referrer}.parameter = "));
            self.integer(parameter);
            self.push(&format!(
                " AND {referrer}.rid = {inner}.rid AND {referrer}.base = 0 AND {target}.rid = {referrer}.target"
            ));
        }
        self.push(&format!(" AND {target}.kind = "));
        self.integer(kind);
        self.push(&format!(" AND {target}.deleted = 0"));
        self.window(&format!("{target}.rid"), window);
    }

    fn leaf_source(&mut self, leaf: &Leaf, window: Option<Window>) {
        let parts: &[Part] = if is_split(leaf) { &[Part::Narrow, Part::Wide] } else { &[Part::Whole] };
        for part in parts {
            self.push(if *part == Part::Wide { " UNION ALL " } else { "" });
            let (name, alias) = (leaf_table(leaf), self.alias());
            self.push(&format!("SELECT {alias}.rid FROM {name} {alias}"));
            if *part == Part::Wide {
                self.along(&format!("{name}_wide"));
            }
            self.push(" WHERE ");
            self.shard(&alias);
            self.leaf_condition(leaf, &alias, *part);
            self.window(&format!("{alias}.rid"), window);
        }
    }

    /// An expression on the row of another source.
    fn test(&mut self, kind: i64, node: &Node, row: &str) {
        match node {
            Node::Nothing => self.push("1 = 0"),
            Node::Everything => self.push("1 = 1"),
            Node::Leaf(leaf) if leaf.is_keyed() || !self.dialect.reads_entries() => {
                self.exists_leaf(leaf, row)
            }
            node if self.dialect.reads_entries() && node.by_entries() && !matches!(node, Node::And(_)) => {
                self.entries_test(node, row);
            }
            Node::Leaf(leaf) => self.exists_leaf(leaf, row),
            Node::Rows(rows) => {
                self.push(&format!("{row} IN ("));
                self.list(rows);
                self.push(")");
            }
            Node::Modified(low, high) => self.exists(table::DOCUMENT, |statement, alias| {
                statement.push(&format!("{alias}.rid = {row}"));
                statement.bounds(&format!("{alias}.modified"), low, high, |value| Bind::Integer(*value));
            }),
            Node::Missing { parameter, missing } => {
                self.push(if *missing { "NOT (" } else { "(" });
                let tables = [
                    table::TOKEN,
                    table::TEXT,
                    table::DATE,
                    table::NUMBER,
                    table::QUANTITY,
                    table::REFERENCE,
                    table::URI,
                ];
                for (position, name) in tables.into_iter().enumerate() {
                    self.push(if position == 0 { "" } else { " OR " });
                    self.exists(name, |statement, alias| {
                        statement.push(&format!("{alias}.rid = {row} AND {alias}.parameter = "));
                        statement.integer(*parameter);
                    });
                }
                self.push(")");
            }
            Node::And(nodes) => {
                self.push("(1 = 1");
                self.and_tests(kind, nodes, row);
                self.push(")");
            }
            Node::Or(nodes) => {
                self.push("(");
                for (position, node) in nodes.iter().enumerate() {
                    self.push(if position == 0 { "" } else { " OR " });
                    self.test(kind, node, row);
                }
                self.push(")");
            }
            Node::Not(node) => {
                self.push("NOT (");
                self.test(kind, node, row);
                self.push(")");
            }
            Node::Chain { inner_first: true, .. } => {
                self.push(&format!("{row} IN ("));
                self.source(kind, node, None);
                self.push(")");
            }
            Node::Chain { parameter, kind: target, node, .. } => {
                self.chain_test(*parameter, *target, node, row)
            }
            Node::Reverse { kind: other, parameter, node } => {
                self.exists(table::REFERENCE, |statement, alias| {
                    statement.push(&format!("{alias}.parameter = "));
                    statement.integer(*parameter);
                    statement.push(&format!(" AND {alias}.target = {row} AND {alias}.base = 0"));
                    statement.and_test(*other, node, &format!("{alias}.rid"));
                })
            }
        }
    }

    /// Tests in the order of their cost: look-ups in keys, one look at the document's own values, all others.
    fn and_tests(&mut self, kind: i64, nodes: &[Node], row: &str) {
        let reads_entries = self.dialect.reads_entries();
        let keyed = |node: &&Node| matches!(node, Node::Leaf(leaf) if leaf.is_keyed());
        let own = |node: &&Node| reads_entries && node.by_entries() && !keyed(node);
        for node in nodes.iter().filter(keyed) {
            self.and_test(kind, node, row);
        }
        let mut together: Vec<Node> = nodes.iter().filter(own).cloned().collect();
        match (together.pop(), together.is_empty()) {
            (None, _) => {}
            (Some(node), true) => self.and_test(kind, &node, row),
            (Some(node), false) => {
                together.push(node);
                self.push(" AND ");
                self.entries_test(&Node::And(together), row);
            }
        }
        for node in nodes.iter().filter(|node| !keyed(node) && !own(node)) {
            self.and_test(kind, node, row);
        }
    }

    fn and_test(&mut self, kind: i64, node: &Node, row: &str) {
        if *node != Node::Everything {
            self.push(" AND ");
            self.test(kind, node, row);
        }
    }

    fn entries_test(&mut self, node: &Node, row: &str) {
        let alias = self.alias();
        self.push(&format!("(SELECT entries_match({alias}.entries, "));
        self.bind(Bind::Node(node.clone()));
        self.push(&format!(") FROM {} {alias} WHERE ", table::DOCUMENT));
        self.shard(&alias);
        self.push(&format!("{alias}.rid = {row})"));
    }

    fn chain_test(&mut self, parameter: i64, target: i64, node: &Node, row: &str) {
        let (source, each) = (self.alias(), self.alias());
        let found = if self.dialect.reads_entries() {
            let document = table::DOCUMENT;
            self.push(&format!(
                "EXISTS (SELECT 1 FROM {document} {source} CROSS JOIN json_each(entries_targets({source}.entries, "
            ));
            self.integer(parameter);
            self.push(&format!(")) {each} WHERE "));
            self.shard(&source);
            self.push(&format!("{source}.rid = {row}"));
            format!("{each}.value")
        } else {
            self.push(&format!("EXISTS (SELECT 1 FROM {} {source} WHERE ", table::REFERENCE));
            self.shard(&source);
            self.push(&format!("{source}.rid = {row} AND {source}.base = 0 AND {source}.parameter = "));
            self.integer(parameter);
            format!("{source}.target")
        };
        self.push(" AND ");
        self.exists(table::DOCUMENT, |statement, alias| {
            statement.push(&format!("{alias}.rid = {found} AND {alias}.deleted = 0 AND {alias}.kind = "));
            statement.integer(target);
        });
        self.and_test(target, node, &found);
        self.push(")");
    }

    fn exists_leaf(&mut self, leaf: &Leaf, row: &str) {
        self.exists(leaf_table(leaf), |statement, alias| {
            statement.leaf_condition(leaf, alias, Part::Whole);
            statement.push(&format!(" AND {alias}.rid = {row}"));
        });
    }

    fn exists(&mut self, name: &str, condition: impl FnOnce(&mut Self, &str)) {
        let alias = self.alias();
        self.push(&format!("EXISTS (SELECT 1 FROM {name} {alias} WHERE "));
        self.shard(&alias);
        condition(self, &alias);
        self.push(")");
    }

    fn leaf_condition(&mut self, leaf: &Leaf, alias: &str, part: Part) {
        self.push(&format!("{alias}.parameter = "));
        self.integer(leaf.parameter);
        match &leaf.test {
            Test::Token { code, system } => {
                self.is(alias, "code", *code);
                self.is(alias, "system", *system);
            }
            Test::Text(TextTest::Prefix(prefix)) => {
                if let Some((key, characters)) = self.dialect.text_key() {
                    let start: String = prefix.chars().take(characters).collect();
                    self.begins(&format!("{alias}.{key}"), &start);
                }
                self.begins(&format!("{alias}.folded"), prefix);
            }
            Test::Text(TextTest::Exact(text)) => {
                if let Some((key, characters)) = self.dialect.text_key() {
                    self.push(&format!(" AND {alias}.{key} = "));
                    self.bind(Bind::Text(text.folded.chars().take(characters).collect()));
                }
                self.push(&format!(" AND {alias}.folded = "));
                self.bind(Bind::Text(text.folded.to_string()));
                self.push(&format!(" AND {alias}.exact = "));
                self.bind(Bind::Text(text.exact.to_string()));
            }
            Test::Text(TextTest::Contains(part)) => {
                let find = self.dialect.find_function();
                self.push(&format!(" AND {find}({alias}.folded, "));
                self.bind(Bind::Text(part.to_string()));
                self.push(") > 0");
            }
            Test::Date(range) => {
                let narrow_from = match range.high.0 {
                    Bound::Included(high) | Bound::Excluded(high) => {
                        Bound::Included(high.saturating_sub(WIDE_DATE))
                    }
                    Bound::Unbounded => Bound::Unbounded,
                };
                self.range(alias, range, part, &narrow_from, |value| Bind::Integer(*value));
            }
            Test::Number(range) => {
                self.range(alias, range, part, &range.high.0.clone(), |value| {
                    Bind::Bytes(value.as_bytes().to_vec())
                });
            }
            Test::Quantity { system, unit, range } => {
                self.range(alias, range, part, &range.high.0.clone(), |value| {
                    Bind::Bytes(value.as_bytes().to_vec())
                });
                self.is(alias, "system", *system);
                self.is(alias, "unit", *unit);
            }
            Test::Reference { targets, base, version } => {
                self.one_of(alias, "target", targets);
                self.is(alias, "base", *base);
                self.is(alias, "version", *version);
            }
            Test::Uri(uris) => self.one_of(alias, "uri", uris),
        }
    }

    fn begins(&mut self, column: &str, prefix: &str) {
        self.push(&format!(" AND {column} >= "));
        self.bind(Bind::Text(prefix.to_owned()));
        if let Some(behind) = TextTest::behind(prefix) {
            self.push(&format!(" AND {column} < "));
            self.bind(Bind::Text(behind));
        }
    }

    /// Both ends, and what follows from the high end for the low end, by which the table is ordered.
    fn range<T: Clone>(
        &mut self,
        alias: &str,
        range: &Range<T>,
        part: Part,
        narrow_from: &Bound<T>,
        bind: impl Fn(&T) -> Bind + Copy,
    ) {
        let (low, high) = (format!("{alias}.low"), format!("{alias}.high"));
        self.bounds(&low, &range.low.0, &range.low.1, bind);
        match part {
            Part::Whole => {}
            Part::Narrow => {
                self.push(&format!(" AND {alias}.wide = 0"));
                self.bounds(&low, narrow_from, &Bound::Unbounded, bind);
            }
            Part::Wide => self.push(&format!(" AND {alias}.wide = 1")),
        }
        if part != Part::Wide && matches!(range.low.1, Bound::Unbounded) {
            // The low end is never above the high end.
            let until = match &range.high.1 {
                Bound::Included(value) | Bound::Excluded(value) => Bound::Included(value.clone()),
                Bound::Unbounded => Bound::Unbounded,
            };
            self.bounds(&low, &Bound::Unbounded, &until, bind);
        }
        self.bounds(&high, &range.high.0, &range.high.1, bind);
    }

    fn bounds<T>(&mut self, column: &str, low: &Bound<T>, high: &Bound<T>, bind: impl Fn(&T) -> Bind) {
        for (bound, included, excluded) in [(low, ">=", ">"), (high, "<=", "<")] {
            let (operator, value) = match bound {
                Bound::Included(value) => (included, value),
                Bound::Excluded(value) => (excluded, value),
                Bound::Unbounded => continue,
            };
            self.push(&format!(" AND {column} {operator} "));
            self.bind(bind(value));
        }
    }

    fn is(&mut self, alias: &str, column: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.push(&format!(" AND {alias}.{column} = "));
            self.integer(value);
        }
    }

    fn one_of(&mut self, alias: &str, column: &str, values: &[i64]) {
        if let [value] = values {
            self.is(alias, column, Some(*value));
        } else {
            self.push(&format!(" AND {alias}.{column} IN ("));
            self.list(values);
            self.push(")");
        }
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

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn alias(&mut self) -> String {
        self.aliases = self.aliases.saturating_add(1);
        format!("t{}", self.aliases)
    }
}

/// Which rows of a range table are read: all, those whose low end follows from the high end, or the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Narrow,
    Wide,
}

/// Whether a range tells only the high end from below, so that the order by the low end does not help for wide values.
fn is_split(leaf: &Leaf) -> bool {
    fn split<T>(range: &Range<T>) -> bool {
        matches!(range.low.0, Bound::Unbounded) && !matches!(range.high.0, Bound::Unbounded)
    }
    match &leaf.test {
        Test::Date(range) => split(range),
        Test::Number(range) | Test::Quantity { range, .. } => split(range),
        _ => false,
    }
}

fn leaf_table(leaf: &Leaf) -> &'static str {
    match leaf.test {
        Test::Token { .. } => table::TOKEN,
        Test::Text(_) => table::TEXT,
        Test::Date(_) => table::DATE,
        Test::Number(_) => table::NUMBER,
        Test::Quantity { .. } => table::QUANTITY,
        Test::Reference { .. } => table::REFERENCE,
        Test::Uri(_) => table::URI,
    }
}
