//! Which way is the cheapest. A condition is counted up to a bound; what is larger is guessed.
//!
//! A page is read in one of three ways: all rows of the smallest condition are collected and sorted; rows come in order along one
//! condition and the others are tested until the page is full; or every row of the kind is tested in order. The first costs what the
//! smallest condition has, the others what has to be tested until enough rows pass, if the conditions have nothing to do with one another.

use hygea_store::Result;
use hygea_store::sql::{Estimate, Node, Statement};

use super::search::Searcher;
use crate::connection::Sqlite;

/// A count that was made for a search, as several decisions ask for it.
pub(super) struct Counted {
    kind: i64,
    node: Node,
    most: u64,
    rows: u64,
}

/// Most counts that are remembered.
const REMEMBERED: usize = 64;
/// So few rows are collected without a further thought.
const FEW: u64 = 256;
/// The part of all rows that a condition too large to count is taken to have.
const GUESS: f64 = 0.25;
/// The cost of finding and testing one row in each way, as multiples of reading one row of an index.
const COLLECT: f64 = 2.0;
const ORDERED: f64 = 3.0;
const SCAN: f64 = 6.0;
const SORT: f64 = 8.0;
const WALK: f64 = 6.0;

impl Searcher<'_> {
    /// The condition in the form in which its rows are read in row order.
    pub(super) fn row_order_way(&self, kind: i64, node: &Node, live: u64, wanted: usize) -> Result<Node> {
        let conditions: &[Node] = match node {
            Node::And(conditions) => conditions,
            node if node.in_row_order() => return Ok(node.clone()),
            node => std::slice::from_ref(node),
        };
        // Where one condition has a few rows there is nothing to weigh.
        let few = FEW.min(self.large());
        if let Some(first) = conditions.first()
            && self.rows(kind, first, few)? < few
        {
            return Ok(node.clone());
        }
        let most = self.worth_counting(live, wanted);
        let mut parts = Vec::with_capacity(conditions.len());
        for condition in conditions {
            parts.push(self.part_of_all(kind, condition, live, most)?);
        }
        let passing: f64 = parts.iter().product();
        // How many rows are tested until the page is full, if a part of the tested rows passes.
        let until_full = |passing: f64| wanted_rows(wanted) / passing.max(f64::MIN_POSITIVE);
        let all = count(live);
        let mut best = ((until_full(passing) * SCAN).min(all * SCAN), None);
        for (position, (condition, part)) in conditions.iter().zip(&parts).enumerate() {
            let rows = part * all;
            let cost =
                if condition.in_row_order() && !matches!(condition, Node::Not(_) | Node::Missing { .. }) {
                    (until_full(passing / part.max(f64::MIN_POSITIVE)) * ORDERED).min(rows * ORDERED)
                } else if self.rows(kind, condition, most)? < most {
                    rows * COLLECT
                } else {
                    continue;
                };
            if cost < best.0 {
                best = (cost, Some(position));
            }
        }
        let mut arranged = conditions.to_vec();
        match best.1 {
            Some(position) => arranged.swap(0, position),
            None => arranged.insert(0, Node::Everything),
        }
        Ok(Node::And(arranged))
    }

    /// Whether a page in the order of a value is better read along the value than from all rows of the condition.
    pub(super) fn prefers_walk(&self, kind: i64, node: &Node, live: u64, wanted: usize) -> Result<bool> {
        let most = self.worth_counting(live, wanted);
        let rows = self.rows(kind, node, most)?;
        if rows >= most || rows < FEW {
            return Ok(rows >= most);
        }
        let passing = self.part_of_all(kind, node, live, most)?;
        let walked = (wanted_rows(wanted) / passing.max(f64::MIN_POSITIVE)).min(count(live));
        Ok(walked * WALK < count(rows) * SORT)
    }

    /// How far a condition is counted: with n rows of N that satisfy it, collecting costs about n and testing until the page is full
    /// some three times `wanted` × N ÷ n. Where these are equal it does not matter any more how many there are.
    fn worth_counting(&self, live: u64, wanted: usize) -> u64 {
        let equal = (wanted as u64).saturating_mul(live).saturating_mul(3).isqrt();
        equal.max(FEW).min(self.large())
    }

    /// The part of the rows of a kind that satisfies a condition, 0 to 1.
    fn part_of_all(&self, kind: i64, node: &Node, live: u64, most: u64) -> Result<f64> {
        let all = count(live.max(1));
        Ok(match node {
            Node::Nothing => 0.0,
            Node::Everything => 1.0,
            Node::Not(_) | Node::Missing { .. } => 0.5,
            Node::And(nodes) => {
                let mut part = 1.0;
                for node in nodes {
                    part *= self.part_of_all(kind, node, live, most)?;
                }
                part
            }
            Node::Or(nodes) if nodes.len() > REMEMBERED => GUESS,
            Node::Or(nodes) => {
                let mut part = 0.0;
                for node in nodes {
                    part += self.part_of_all(kind, node, live, most)?;
                }
                part.min(1.0)
            }
            node => {
                let rows = self.rows(kind, node, most)?;
                let part = count(rows) / all;
                if rows < most { part.min(1.0) } else { part.clamp(GUESS, 1.0) }
            }
        })
    }

    fn counted(&self, kind: i64, node: &Node, most: u64) -> Result<u64> {
        let known = self.counted.borrow().iter().find_map(|counted| {
            // A count that was not cut off is good for every bound, one that was for no greater one.
            let usable = counted.kind == kind && (counted.rows < counted.most || most <= counted.most);
            (usable && counted.node == *node).then_some(counted.rows)
        });
        if let Some(rows) = known {
            return Ok(rows);
        }
        let rows = self.linked.integer(Statement::count_to(&Sqlite, kind, node, most))?;
        let mut counted = self.counted.borrow_mut();
        if counted.len() < REMEMBERED {
            counted.push(Counted { kind, node: node.clone(), most, rows });
        }
        Ok(rows)
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn count(rows: u64) -> f64 {
    rows as f64
}

fn wanted_rows(wanted: usize) -> f64 {
    count(wanted as u64)
}

impl Estimate for Searcher<'_> {
    fn large(&self) -> u64 {
        self.shared.options.large
    }

    fn rows(&self, kind: i64, node: &Node, most: u64) -> Result<u64> {
        let rows = match node {
            Node::Nothing => 0,
            Node::Everything | Node::Not(_) | Node::Missing { .. } => self.live(kind)?,
            Node::Rows(rows) => rows.len() as u64,
            Node::And(nodes) => {
                let mut least = most;
                for node in nodes {
                    least = least.min(self.rows(kind, node, least)?);
                }
                least
            }
            Node::Or(nodes) => {
                let mut sum = 0u64;
                for node in nodes {
                    if sum >= most {
                        break;
                    }
                    sum = sum.saturating_add(self.rows(kind, node, most.saturating_sub(sum))?);
                }
                sum
            }
            Node::Leaf(_) | Node::Modified(..) | Node::Chain { .. } | Node::Reverse { .. } => {
                self.counted(kind, node, most)?
            }
        };
        Ok(rows.min(most))
    }
}
