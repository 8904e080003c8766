//! Conditions as sources: a `SELECT` of rows along the key of a narrow table.

use std::ops::Bound;

use super::leaf::{Part, is_split, leaf_table};
use super::{Bind, Statement, Window};
use crate::sql::{Leaf, Node, Test, table};

/// Most parts of one compound.
const ARMS: usize = 64;

impl Statement<'_> {
    /// A `SELECT` with one column `rid`: live rows of the kind, some of them perhaps twice.
    pub(super) fn source(&mut self, kind: i64, node: &Node, window: Option<Window>) {
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
            Node::Or(nodes) if nodes.len() > ARMS => {
                // Databases bound the parts of one compound, not the depth of compounds.
                let parts = nodes.len().div_ceil(ARMS).max(2);
                let inner =
                    nodes.chunks(nodes.len().div_ceil(parts.min(ARMS))).map(|part| Node::Or(part.to_vec()));
                let inner: Vec<Node> = inner.collect();
                self.source(kind, &Node::Or(inner), window);
            }
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
    pub(super) fn arm(&mut self, kind: i64, node: &Node, window: Option<Window>) {
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

    pub(super) fn every(&mut self, kind: i64, window: Option<Window>, more: impl FnOnce(&mut Self, &str)) {
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

    pub(super) fn modified_source(
        &mut self,
        kind: i64,
        low: &Bound<i64>,
        high: &Bound<i64>,
        window: Option<Window>,
    ) {
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

    pub(super) fn and_source(&mut self, kind: i64, nodes: &[Node], window: Option<Window>) {
        let Some((driver, rest)) = nodes.split_first() else {
            return self.source(kind, &Node::Everything, window);
        };
        // Each part of a disjunction is narrowed by itself, so that the parts are still read along their keys.
        let arms = match driver {
            Node::Or(arms) if arms.len() <= ARMS => arms.as_slice(),
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

    pub(super) fn reverse_source(
        &mut self,
        kind: i64,
        other: i64,
        parameter: i64,
        node: &Node,
        window: Option<Window>,
    ) {
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

    pub(super) fn leaf_source(&mut self, leaf: &Leaf, window: Option<Window>) {
        let parts: &[Part] = if is_split(leaf) { &[Part::Narrow, Part::Wide] } else { &[Part::Whole] };
        for part in parts {
            self.push(if *part == Part::Wide { " UNION ALL " } else { "" });
            let (name, alias) = (leaf_table(leaf), self.alias());
            self.push(&format!("SELECT {alias}.rid FROM {name} {alias}"));
            match &leaf.test {
                _ if *part == Part::Wide => self.along(&format!("{name}_wide")),
                Test::Quantity { unit: Some(_), .. } => self.along("index_quantity_unit"),
                _ => {}
            }
            self.push(" WHERE ");
            self.shard(&alias);
            self.leaf_condition(leaf, &alias, *part);
            self.window(&format!("{alias}.rid"), window);
        }
    }
}
