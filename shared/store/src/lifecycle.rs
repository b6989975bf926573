//! What ends the life of a user's factors, or of the user: durable, in the core table.

use std::future::{Future, ready};

use domain::{Enrollment, TenantId, UserId};
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

/// Replaces a user's factors.
pub trait RotateFactors: Send + Sync {
    /// One transaction: replaces the enrollment by the one given, if and only if its version is still the one before; ends all of the
    /// user's sessions; has sessions opened from now on by factors of the new version only; keeps the event. A repetition is known by
    /// the enrollment's request, and changes nothing.
    fn rotate_factors(
        &self,
        rotation: &FactorRotation,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<FactorRotationOutcome, StoreError>> + Send;

    /// Makes sure that no copy of the enrollment as it was before is read any more.
    fn forget_rotated(&self, _tenant: TenantId, _user: UserId) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(Ok(()))
    }
}

/// A change of factors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorRotation {
    /// The enrollment as it will be: one version later, with the same user's key.
    pub enrollment: Enrollment,
    /// When.
    pub at: Timestamp,
}

/// What came of rotating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorRotationOutcome {
    /// The new factors are stored, and no session of before lives.
    Rotated,
    /// The enrollment is of another version by now, or gone: nothing changed.
    Superseded,
}

/// Erases a user.
pub trait EraseUser: Send + Sync {
    /// One transaction: a tombstone takes the place of the enrollment, the user's key with it; all sessions and failures go; no verification
    /// that is open completes any more; the event is kept. A second one changes nothing, and keeps no event.
    fn erase_user(
        &self,
        erasure: &Erasure,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<ErasureOutcome, StoreError>> + Send;

    /// Makes sure that no copy of the enrollment is read any more.
    fn forget_erased(&self, _tenant: TenantId, _user: UserId) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(Ok(()))
    }
}

/// Whom to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// The owner of the user.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

/// What came of erasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureOutcome {
    /// The user is erased.
    Erased,
    /// The user was erased before.
    AlreadyErased {
        /// When.
        at: Timestamp,
    },
    /// Nobody of this id is enrolled.
    Unknown,
}
