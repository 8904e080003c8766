//! Counting exactly.

use hygea_store::sql::{Estimate as _, Node, Statement, Window, arrange};
use hygea_store::{Direction, Result};

use super::search::Searcher;
use crate::catalog::traits;
use crate::connection::Sqlite;
use crate::failure::failed;

impl Searcher<'_> {
    pub(super) fn count_node(&self, kind: i64, node: Node) -> Result<u64> {
        match node {
            Node::Nothing => Ok(0),
            Node::Everything => self.live(kind),
            Node::Not(node) => {
                let node = arrange(kind, *node, self)?;
                Ok(self.live(kind)?.saturating_sub(self.count_node(kind, node)?))
            }
            node if self.once(&node) => match &node {
                Node::And(nodes) => match self.count_common(kind, nodes)? {
                    Some(count) => Ok(count),
                    None => self.linked.integer(Statement::count(&Sqlite, kind, &node, true)),
                },
                node => self.linked.integer(Statement::count(&Sqlite, kind, node, true)),
            },
            node => {
                // Sorting numbers here is faster than the tree that SQLite would build.
                let mut rows = self.all_rows(Statement::rows(&Sqlite, kind, &node))?;
                rows.sort_unstable();
                rows.dedup();
                Ok(rows.len() as u64)
            }
        }
    }

    /// Counts the rows that large ordered conditions have in common by reading all of them side by side: five times as fast as looking up
    /// each row of one in the others. None where looking up is better.
    fn count_common(&self, kind: i64, nodes: &[Node]) -> Result<Option<u64>> {
        let Some((driver, others)) = nodes.split_first() else { return Ok(None) };
        let ordered = nodes.iter().all(|node| matches!(node, Node::Leaf(_)) && node.in_row_order());
        if !ordered || self.rows(kind, driver, self.large())? < self.large() {
            return Ok(None);
        }
        let window = Window { above: 0, until: i64::MAX };
        let page =
            |node: &Node| Statement::page(&Sqlite, kind, node, window, Direction::Ascending, usize::MAX);
        let mut common = self.all_rows(page(driver))?;
        common.dedup();
        for other in others {
            let most = (common.len() as u64).saturating_mul(8);
            if self.rows(kind, other, most)? >= most {
                return Ok(None);
            }
            let (mut kept, mut place) = (0, 0);
            self.linked.for_each(page(other), |row| {
                let rid: i64 = row.get(0).map_err(failed("read a row"))?;
                while common.get(place).is_some_and(|row| *row < rid) {
                    place += 1;
                }
                if common.get(place) == Some(&rid) {
                    common.swap(kept, place);
                    (kept, place) = (kept + 1, place + 1);
                }
                Ok(place < common.len())
            })?;
            common.truncate(kept);
        }
        Ok(Some(common.len() as u64))
    }

    fn all_rows(&self, statement: Statement<'_>) -> Result<Vec<i64>> {
        let mut rows = Vec::new();
        self.linked.for_each(statement, |row| {
            rows.push(row.get(0).map_err(failed("read a row"))?);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// Whether the rows of a condition come once each.
    fn once(&self, node: &Node) -> bool {
        match node {
            Node::Leaf(leaf) => {
                let found = self.catalog.traits(leaf.parameter);
                found & if leaf.in_row_order() { traits::REPEATED } else { traits::MULTIPLE } == 0
            }
            Node::And(nodes) => {
                nodes.first().is_some_and(|driver| matches!(driver, Node::Or(_)) || self.once(driver))
            }
            Node::Chain { .. } | Node::Reverse { .. } => false,
            _ => true,
        }
    }
}
