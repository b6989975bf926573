//! Proofs in Merkle trees: `ct-merkle`, with this crate's hashes.
