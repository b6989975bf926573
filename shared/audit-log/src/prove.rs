//! Finding an event in a log and proving that it is there.

use std::io;

use domain::EventId;

use crate::{EventProof, Fault, LogKeys, ReadLog, SignedHeader};

/// Finds the event and proves that it is in the log; `later` is a checkpoint of its shard, or else the log's newest header of it is
/// taken.
///
/// # Errors
/// [`ProveError`].
pub fn prove_event(
    log: &impl ReadLog,
    keys: &LogKeys,
    id: EventId,
    later: Option<&SignedHeader>,
) -> Result<EventProof, ProveError> {
    let _ = (log, keys, id, later);
    Err(ProveError::Unknown)
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The log does not have it.
    #[error("the log does not have it")]
    Unknown,
    /// The log is not what its headers say.
    #[error("the log is damaged")]
    Damaged(#[from] Fault),
    /// The log can't be read.
    #[error("the log can't be read")]
    Unreadable(#[from] io::Error),
}
