//! Conditions as tests: an expression on a row that another source has found.

use super::leaf::{Part, leaf_table};
use super::{Bind, Statement};
use crate::sql::{Leaf, Node, table};

/// Look-ups in keys for one row; what is more than these is decided by one look at the document's own values.
const LOOK_UPS: usize = 16;

impl Statement<'_> {
    /// An expression on the row of another source.
    pub(super) fn test(&mut self, kind: i64, node: &Node, row: &str) {
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
                self.balanced(" OR ", nodes, &mut |statement, node| statement.test(kind, node, row));
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
    pub(super) fn and_tests(&mut self, kind: i64, nodes: &[Node], row: &str) {
        let reads_entries = self.dialect.reads_entries();
        let is_keyed = |node: &Node| matches!(node, Node::Leaf(leaf) if leaf.is_keyed());
        let (mut keyed, mut own, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for node in nodes {
            if *node == Node::Everything {
                continue;
            } else if is_keyed(node) && (!reads_entries || keyed.len() < LOOK_UPS) {
                keyed.push(node.clone());
            } else if reads_entries && node.by_entries() {
                own.push(node.clone());
            } else {
                others.push(node.clone());
            }
        }
        match own.len() {
            0 => {}
            1 => keyed.append(&mut own),
            _ => keyed.push(Node::And(own)),
        }
        keyed.append(&mut others);
        if !keyed.is_empty() {
            self.push(" AND ");
            self.balanced(" AND ", &keyed, &mut |statement, node| match node {
                Node::And(_) if reads_entries && node.by_entries() => statement.entries_test(node, row),
                node => statement.test(kind, node, row),
            });
        }
    }

    pub(super) fn and_test(&mut self, kind: i64, node: &Node, row: &str) {
        if *node != Node::Everything {
            self.push(" AND ");
            self.test(kind, node, row);
        }
    }

    pub(super) fn entries_test(&mut self, node: &Node, row: &str) {
        let alias = self.alias();
        self.push(&format!("(SELECT entries_match({alias}.entries, "));
        self.bind(Bind::Node(node.clone()));
        self.push(&format!(") FROM {} {alias} WHERE ", table::DOCUMENT));
        self.shard(&alias);
        self.push(&format!("{alias}.rid = {row})"));
    }

    pub(super) fn chain_test(&mut self, parameter: i64, target: i64, node: &Node, row: &str) {
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

    pub(super) fn exists_leaf(&mut self, leaf: &Leaf, row: &str) {
        self.exists(leaf_table(leaf), |statement, alias| {
            statement.leaf_condition(leaf, alias, Part::Whole);
            statement.push(&format!(" AND {alias}.rid = {row}"));
        });
    }

    pub(super) fn exists(&mut self, name: &str, condition: impl FnOnce(&mut Self, &str)) {
        let alias = self.alias();
        self.push(&format!("EXISTS (SELECT 1 FROM {name} {alias} WHERE "));
        self.shard(&alias);
        condition(self, &alias);
        self.push(")");
    }
}
