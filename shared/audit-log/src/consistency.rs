//! That a log has only grown between two of its headers, as a file that is checked without the log.

use serde::{Deserialize, Serialize};

use crate::headers::Headers;
use crate::proof::{SCHEMA_VERSION, check_signature, header_of, history_of, is_in_history, text_of};
use crate::tree::Tree;
use crate::{Hash, InvalidProof, LogKeys, ProveError, ReadLog, SignedHeader};

/// Two headers of a shard, and the hashes that lead from one to the other.
///
/// ```json
/// {"consistency":["…"],"earlier":"{…}","inclusion":["…"],"later":"{…}","schema":1}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// That the earlier header's history is the beginning of the later one's (RFC 9162 §2.1.4).
    pub consistency: Vec<Hash>,
    /// The earlier header.
    pub earlier: SignedHeader,
    /// That the earlier header itself is in the later one's history (RFC 9162 §2.1.3).
    pub inclusion: Vec<Hash>,
    /// The later header.
    pub later: SignedHeader,
}

impl ConsistencyProof {
    /// The proof as a file: JSON as RFC 8785 writes it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let members = Members {
            consistency: self.consistency.clone(),
            earlier: text_of(&self.earlier),
            inclusion: self.inclusion.clone(),
            later: text_of(&self.later),
            schema: SCHEMA_VERSION,
        };
        // Structs of integers and strings always serialise.
        serde_json::to_vec(&members).unwrap_or_default()
    }

    /// Reads a file; [`ConsistencyProof::check`] decides whether it proves anything.
    ///
    /// # Errors
    /// [`InvalidProof::Malformed`].
    pub fn parse(unverified_bytes: &[u8]) -> Result<Self, InvalidProof> {
        let members: Members = serde_json::from_slice(unverified_bytes).map_err(|_| InvalidProof::Malformed)?;
        if members.schema != SCHEMA_VERSION {
            return Err(InvalidProof::Malformed);
        }
        let (earlier, later) = (header_of(&members.earlier)?, header_of(&members.later)?);
        Ok(Self { consistency: members.consistency, earlier, inclusion: members.inclusion, later })
    }

    /// Checks it with nothing but trusted keys.
    ///
    /// # Errors
    /// [`InvalidProof`].
    pub fn check(&self, keys: &LogKeys) -> Result<(), InvalidProof> {
        check_signature(&self.earlier, keys)?;
        check_signature(&self.later, keys)?;
        let has_grown = history_of(&self.later).continues(&history_of(&self.earlier), &self.consistency);
        if has_grown && is_in_history(&self.earlier, &self.later, &self.inclusion) {
            Ok(())
        } else {
            Err(InvalidProof::NotContinued)
        }
    }
}

/// Proves that a shard of the log has only grown from the earlier header to the later one.
///
/// # Errors
/// [`ProveError`]; `Invalid` if it is not so.
pub fn prove_consistency(
    log: &impl ReadLog,
    keys: &LogKeys,
    earlier: &SignedHeader,
    later: &SignedHeader,
) -> Result<ConsistencyProof, ProveError> {
    let (from, to) = (earlier.header().batch - 1, later.header().batch - 1);
    let history = Tree::of(Headers::read(log, later.header().shard, to)?.hashes());
    let inclusion = history.inclusion(from).ok_or(InvalidProof::NotContinued)?;
    let consistency = history.consistency(from).ok_or(InvalidProof::NotContinued)?;
    let proof = ConsistencyProof { consistency, earlier: earlier.clone(), inclusion, later: later.clone() };
    proof.check(keys)?;
    Ok(proof)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    consistency: Vec<Hash>,
    earlier: String,
    inclusion: Vec<Hash>,
    later: String,
    schema: u8,
}
