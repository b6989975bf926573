//! Why a turn at a shard failed.

use audit_log::{Fault, InvalidHeader, ObjectError, SealError};
use domain::EntropyUnavailable;
use store::StoreError;

/// Why a turn at a shard failed. Its messages go back to the queue, whatever the reason.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TurnError {
    /// The store has no answer, or an impossible one.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log's objects are not to be had.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The batch could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The head of the shard is not a header.
    #[error("the shard's head is corrupt")]
    CorruptHead(#[from] InvalidHeader),
    /// The payload of the last batch is not what its header was signed for.
    #[error("the payload of the last batch is corrupt")]
    CorruptPayload(#[from] Fault),
    /// The last batch has no payload, though it is stored before the batch is appended.
    #[error("the payload of the last batch is missing")]
    NoPayload,
    /// The index did not take all events of the batch before.
    #[error("the batch before could not be indexed")]
    NotIndexed,
    /// The turn took longer than its lease, and somebody else has the shard.
    #[error("the lease was taken over")]
    Lost,
    /// A turn can't be named without it.
    #[error(transparent)]
    Entropy(#[from] EntropyUnavailable),
}
