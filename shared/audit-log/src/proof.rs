//! That an event is in the log, as a file that is checked without the log.

use audit::Event;

use crate::{Hash, LogKeys, SignedHeader};

/// An event with its way to a signed header and, if one was given, from there to a later header that was published as a
/// checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventProof {
    /// The event's canonical JSON.
    pub event: String,
    /// Its place in its batch, from 0.
    pub index: u32,
    /// The header of its batch.
    pub header: SignedHeader,
    /// The hashes beside its way to the header's root, from the leaf up (RFC 9162 §2.1.3).
    pub path: Vec<Hash>,
    /// A later header of the shard, with the hashes beside the way from this header to the later one's history.
    pub later: Option<(SignedHeader, Vec<Hash>)>,
}

impl EventProof {
    /// The proof as a file: JSON as RFC 8785 writes it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Reads a file; [`EventProof::check`] decides whether it proves anything.
    ///
    /// # Errors
    /// [`InvalidProof::Malformed`].
    pub fn parse(unverified_bytes: &[u8]) -> Result<Self, InvalidProof> {
        let _ = unverified_bytes;
        Err(InvalidProof::Malformed)
    }

    /// Checks it with nothing but trusted keys, and gives the event that it proves.
    ///
    /// # Errors
    /// [`InvalidProof`].
    pub fn check(&self, keys: &LogKeys) -> Result<Event, InvalidProof> {
        let _ = keys;
        Err(InvalidProof::Malformed)
    }
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// Not the JSON of a proof.
    #[error("not the file of a proof")]
    Malformed,
    /// A header that none of the trusted keys signed.
    #[error("a header is not signed by a trusted key")]
    Forged,
    /// The hashes do not lead from the event to the header.
    #[error("the event is not in the batch")]
    NotIncluded,
    /// The hashes do not lead from the earlier to the later header.
    #[error("the later header does not continue the earlier one")]
    NotContinued,
}
