//! Which condition drives. A generic optimiser guesses and guesses wrong under skew, so the store counts, up to a bound.

use super::Node;
use crate::Result;

/// How a store tells the size of a condition.
pub trait Estimate {
    /// How many rows of the kind satisfy the condition, or `most` if there are more. It may count a row twice.
    ///
    /// # Errors
    /// The failures of the store.
    fn rows(&self, kind: i64, node: &Node, most: u64) -> Result<u64>;

    /// From how many rows a condition is large and is counted no further. A count costs some 30 ns a row, so with 4,096 it takes
    /// a tenth of a millisecond.
    fn large(&self) -> u64 {
        4_096
    }
}

/// The first round of counting goes no further, as one condition mostly has few rows.
const FIRST_ROUND: u64 = 256;

/// Fewer targets than this are found before the rows that refer to them.
const FEW_TARGETS: u64 = 4_096;

/// Puts the condition with the fewest rows first in every [`Node::And`] that is read as a list of rows, and decides how chains are
/// followed.
///
/// # Errors
/// The failures of the store.
pub fn arrange(kind: i64, node: Node, estimate: &dyn Estimate) -> Result<Node> {
    Ok(match node {
        Node::And(nodes) => {
            let mut arranged = Vec::with_capacity(nodes.len());
            for node in nodes {
                arranged.push(arrange(kind, node, estimate)?);
            }
            let driver = driver(kind, &arranged, estimate)?;
            arranged.swap(0, driver);
            Node::And(arranged)
        }
        Node::Or(nodes) => {
            let nodes = nodes.into_iter().map(|node| arrange(kind, node, estimate)).collect::<Result<_>>()?;
            Node::Or(nodes)
        }
        Node::Not(node) => Node::Not(Box::new(arrange(kind, *node, estimate)?)),
        Node::Chain { parameter, kind: target, node, .. } => {
            let node = Box::new(arrange(target, *node, estimate)?);
            let few = FEW_TARGETS.min(estimate.large());
            let inner_first = estimate.rows(target, &node, few)? < few;
            Node::Chain { parameter, kind: target, node, inner_first }
        }
        Node::Reverse { kind: other, parameter, node } => {
            let node = Box::new(arrange(other, *node, estimate)?);
            Node::Reverse { kind: other, parameter, node }
        }
        node => node,
    })
}

/// Position of the condition with the fewest rows; among large ones the first whose rows are in order.
fn driver(kind: i64, nodes: &[Node], estimate: &dyn Estimate) -> Result<usize> {
    for most in [FIRST_ROUND.min(estimate.large()), estimate.large()] {
        let mut best = (most, 0);
        for (position, node) in nodes.iter().enumerate() {
            // What is found by looking at every row is never the smaller list.
            if matches!(node, Node::Not(_) | Node::Missing { .. } | Node::Everything) {
                continue;
            }
            let rows = estimate.rows(kind, node, best.0)?;
            if rows < best.0 {
                best = (rows, position);
            }
        }
        if best.0 < most {
            return Ok(best.1);
        }
    }
    Ok(nodes.iter().position(|node| matches!(node, Node::Leaf(_)) && node.in_row_order()).unwrap_or_default())
}
