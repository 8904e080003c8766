//! Merkle trees of RFC 9162, section 2.1: roots, inclusion and consistency proofs, as functions of leaf hashes.

use sha2::{Digest, Sha256};

use crate::{Error, ErrorKind};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256 of 0x00 and its bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of an inner node: SHA-256 of 0x01 and its two children.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree of these leaf hashes; of no leaves, SHA-256 of nothing.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The proof that the leaf of an index is in the tree of these leaf hashes: the siblings on its way to the root.
///
/// # Errors
/// `InvalidProof` if there is no such leaf.
pub fn inclusion(leaves: &[Hash], index: usize) -> Result<Vec<Hash>, Error> {
    if index >= leaves.len() {
        return Err(impossible());
    }
    let mut path = Vec::new();
    let (mut rest, mut index) = (leaves, index);
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if index < left.len() {
            path.push(root(right));
            rest = left;
        } else {
            path.push(root(left));
            index -= left.len();
            rest = right;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of the first `from` of these leaf hashes is the beginning of the tree of all.
///
/// # Errors
/// `InvalidProof` unless 0 < `from` ≤ the number of leaves.
pub fn consistency(leaves: &[Hash], from: usize) -> Result<Vec<Hash>, Error> {
    if from == 0 || from > leaves.len() {
        return Err(impossible());
    }
    let mut proof = Vec::new();
    let (mut rest, mut from, mut whole) = (leaves, from, true);
    while from < rest.len() {
        let (left, right) = rest.split_at(split(rest.len()));
        if from <= left.len() {
            proof.push(root(right));
            rest = left;
        } else {
            proof.push(root(left));
            from -= left.len();
            rest = right;
            whole = false;
        }
    }
    if !whole {
        proof.push(root(rest));
    }
    proof.reverse();
    Ok(proof)
}

/// Whether a proof shows that a leaf hash is at an index of the tree of this size and root.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut index, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            hash = node(sibling, &hash);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether a proof shows that the tree of the first size and root is the beginning of that of the second.
#[must_use]
pub fn verify_consistency(from: u64, to: u64, from_root: &Hash, to_root: &Hash, proof: &[Hash]) -> bool {
    if from == 0 || from > to {
        return false;
    }
    if from == to {
        return proof.is_empty() && from_root == to_root;
    }
    let (mut index, mut last) = (from - 1, to - 1);
    while index & 1 == 1 {
        index >>= 1;
        last >>= 1;
    }
    // A first tree that is a whole subtree is its own first node.
    let (first, rest) = if from.is_power_of_two() {
        (from_root, proof)
    } else {
        match proof.split_first() {
            Some(split) => split,
            None => return false,
        }
    };
    let (mut old, mut new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            old = node(sibling, &old);
            new = node(sibling, &new);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            new = node(&new, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    last == 0 && old == *from_root && new == *to_root
}

/// A tree that grows at its end and keeps only the roots of its whole subtrees: at most 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// One for each bit of the size, the largest first.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a stored size and its peaks.
    ///
    /// # Errors
    /// `InvalidProof` if there are not as many peaks as the size has bits.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Result<Self, Error> {
        if usize::try_from(size.count_ones()).is_ok_and(|count| count == peaks.len()) {
            Ok(Self { size, peaks })
        } else {
            Err(impossible())
        }
    }

    /// Adds a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
            size >>= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the whole subtrees, to store with the size.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        match self.peaks.split_last() {
            None => root(&[]),
            Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node(left, &right)),
        }
    }
}

/// The size of the left subtree: the greatest power of two below the number of leaves, which is at least 2.
fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

fn impossible() -> Error {
    Error::new(ErrorKind::InvalidProof, "the tree has no such leaf or no such beginning")
}
