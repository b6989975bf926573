//! Session epochs: durable, in the core table. One number for each tenant ends all of its sessions at once.

use std::future::Future;

use domain::{SessionEpoch, TenantId, UserId};

use crate::{OutboxEvent, StoreError};

/// Reads a tenant's epoch.
pub trait FindSessionEpoch: Send + Sync {
    /// The epoch, strongly consistent; [`SessionEpoch::FIRST`] if nothing was ever revoked. The user says which of the copies is read,
    /// which are all equal: so that no item is read for every session of a large tenant.
    fn find_session_epoch(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> impl Future<Output = Result<SessionEpoch, StoreError>> + Send;
}

/// Ends all sessions of a tenant. An operator's port; no function on the request path has it.
pub trait AdvanceSessionEpoch: Send + Sync {
    /// One conditional write: puts the next epoch into every copy and keeps the event of it, if and only if the epoch is still `from`.
    /// Its cost does not depend on how many sessions there are.
    fn advance_session_epoch(
        &self,
        tenant: TenantId,
        from: SessionEpoch,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<EpochAdvance, StoreError>> + Send;
}

/// What came of advancing an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochAdvance {
    /// It is the next one now.
    Advanced,
    /// It is this one, and nothing changed.
    Changed(SessionEpoch),
}

/// In how many copies a tenant's epoch is kept: with 3,000 strongly consistent reads of a partition in a second, a tenant can have
/// 48,000 tokens judged in a second.
pub const EPOCH_COPIES: u8 = 16;

/// The copy that is read for a user. User ids end in random bits.
#[must_use]
pub fn epoch_copy(user: UserId) -> u8 {
    user.as_bytes().last().copied().unwrap_or_default() % EPOCH_COPIES
}
