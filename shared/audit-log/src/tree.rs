//! Proofs in Merkle trees (RFC 9162 §2.1.3 and §2.1.4): `ct-merkle`, with this crate's hashes.

use ct_merkle::digest::Output;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;

use crate::Hash;

/// A whole tree, to make proofs from.
#[derive(Debug)]
pub struct Tree<T: AsRef<[u8]>>(MemoryBackedTree<Sha256, T>);

impl<T: AsRef<[u8]>> Tree<T> {
    /// The tree with these leaves.
    pub fn of(leaves: impl IntoIterator<Item = T>) -> Self {
        let mut tree = Self(MemoryBackedTree::new());
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: T) {
        self.0.push(leaf);
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        Hash::new((*self.0.root().as_bytes()).into())
    }

    /// The hashes beside the way from a leaf to the root, from the leaf up; `None` if there is no such leaf.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Option<Vec<Hash>> {
        let place = usize::try_from(index).ok().filter(|_| index < self.0.len())?;
        Some(hashes(self.0.prove_inclusion(place).as_bytes()))
    }

    /// The hashes that lead from the root over the first `size` leaves to the root over all; `None` unless there are as many.
    #[must_use]
    pub fn consistency(&self, size: u64) -> Option<Vec<Hash>> {
        let additions = self.0.len().checked_sub(size)?;
        if size == 0 {
            return Some(Vec::new());
        }
        Some(hashes(self.0.prove_consistency(usize::try_from(additions).ok()?).as_bytes()))
    }
}

/// A tree of which only the root and the size are known, from a signed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// The root.
    pub hash: Hash,
    /// How many leaves it is over.
    pub size: u64,
}

impl Root {
    /// Whether these hashes prove that the leaf stands at this place.
    #[must_use]
    pub fn includes(&self, leaf: &[u8], index: u64, path: &[Hash]) -> bool {
        let proof = InclusionProof::try_from_bytes(concatenated(path));
        proof.is_ok_and(|proof| self.root().verify_inclusion(&leaf, index, &proof).is_ok())
    }

    /// Whether these hashes prove that the other tree is the beginning of this one. The empty tree is, without a proof.
    #[must_use]
    pub fn continues(&self, earlier: &Self, path: &[Hash]) -> bool {
        if earlier.size == 0 {
            return path.is_empty() && earlier.hash == Hash::of(&[]);
        }
        let proof = ConsistencyProof::try_from_bytes(concatenated(path));
        proof.is_ok_and(|proof| self.root().verify_consistency(&earlier.root(), &proof).is_ok())
    }

    fn root(&self) -> RootHash<Sha256> {
        RootHash::new(Output::<Sha256>::from(*self.hash.as_bytes()), self.size)
    }
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    let (hashes, _) = bytes.as_chunks();
    hashes.iter().copied().map(Hash::new).collect()
}

fn concatenated(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| *hash.as_bytes()).collect()
}
