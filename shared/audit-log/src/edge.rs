//! The right edge of a Merkle tree (RFC 9162 §2.1): all that is needed of it to append and to know the root.

use crate::Hash;

/// A growing tree, kept as the roots of its perfect subtrees, largest first: one for each bit of its size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Edge {
    /// The edge of a tree of `size` leaves that was stored; `None` if it has not one subtree for each bit of the size.
    #[must_use]
    pub fn from_subtrees(size: u64, subtrees: &[[u8; 32]]) -> Option<Self> {
        let fits = usize::try_from(size.count_ones()) == Ok(subtrees.len());
        fits.then(|| Self { size, subtrees: subtrees.iter().copied().map(Hash::new).collect() })
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, to store.
    #[must_use]
    pub fn subtrees(&self) -> Vec<[u8; 32]> {
        self.subtrees.iter().map(|hash| *hash.as_bytes()).collect()
    }

    /// Appends a leaf with this content: equally large subtrees become one, as bits carry when the size is counted up.
    pub fn push(&mut self, leaf: &[u8]) {
        let mut subtree = Hash::of(&[LEAF, leaf]);
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.subtrees.pop() else { break };
            subtree = parent(&left, &subtree);
        }
        self.subtrees.push(subtree);
        self.size += 1;
    }

    /// The tree's root: the subtrees joined from the smallest to the largest; of no leaves, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let joined = self.subtrees.iter().rev().copied().reduce(|right, left| parent(&left, &right));
        joined.unwrap_or_else(|| Hash::of(&[]))
    }
}

fn parent(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[NODE, left.as_bytes(), right.as_bytes()])
}

const LEAF: &[u8] = &[0];
const NODE: &[u8] = &[1];
