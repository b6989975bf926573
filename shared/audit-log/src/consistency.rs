//! That a log has only grown between two of its headers, as a file that is checked without the log.

use crate::{Hash, InvalidProof, LogKeys, ProveError, ReadLog, SignedHeader};

/// Two headers of a shard, and the hashes that lead from one to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The earlier header.
    pub earlier: SignedHeader,
    /// The later header.
    pub later: SignedHeader,
    /// That the earlier header is in the later one's history (RFC 9162 §2.1.3).
    pub inclusion: Vec<Hash>,
    /// That the earlier header's history is the beginning of the later one's (RFC 9162 §2.1.4).
    pub consistency: Vec<Hash>,
}

impl ConsistencyProof {
    /// The proof as a file: JSON as RFC 8785 writes it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Reads a file; [`ConsistencyProof::check`] decides whether it proves anything.
    ///
    /// # Errors
    /// [`InvalidProof::Malformed`].
    pub fn parse(unverified_bytes: &[u8]) -> Result<Self, InvalidProof> {
        let _ = unverified_bytes;
        Err(InvalidProof::Malformed)
    }

    /// Checks it with nothing but trusted keys.
    ///
    /// # Errors
    /// [`InvalidProof`].
    pub fn check(&self, keys: &LogKeys) -> Result<(), InvalidProof> {
        let _ = keys;
        Err(InvalidProof::Malformed)
    }
}

/// Proves that the log has only grown from the earlier header to the later one.
///
/// # Errors
/// [`ProveError`].
pub fn prove_consistency(
    log: &impl ReadLog,
    earlier: &SignedHeader,
    later: &SignedHeader,
) -> Result<ConsistencyProof, ProveError> {
    let _ = (log, earlier, later);
    Err(ProveError::Unknown)
}
