//! The audit log: batches of events as Merkle trees, chained by signed headers, and the proofs that can be made of them.
