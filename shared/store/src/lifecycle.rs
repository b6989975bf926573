//! What ends the life of a user's factors, or of the user, for a while or for good: durable, in the core table.

use std::future::{Future, ready};

use domain::{Enrollment, SessionId, TenantId, UserId};
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

/// Replaces a user's factors.
pub trait RotateFactors: Send + Sync {
    /// One transaction: replaces the enrollment by the one given, if and only if its version is still the one before and the session that
    /// asks for it is there and unrevoked; ends all of the user's sessions; has sessions opened from now on by factors of the new version only; keeps the event. A repetition is known by
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
    /// The session whose token asked for it, if one has to be there.
    pub asked_by: Option<SessionId>,
    /// When.
    pub at: Timestamp,
}

/// What came of rotating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorRotationOutcome {
    /// The new factors are stored, and no session of before lives.
    Rotated,
    /// The enrollment is of another version by now, or gone, or the session is: nothing changed.
    Superseded,
}

/// Erases a user.
pub trait EraseUser: Send + Sync {
    /// One transaction: a tombstone takes the place of the enrollment, the user's key with it; all sessions and failures go; no verification
    /// that is open completes any more; the event is kept. Nothing of this if the session that asks for it is gone or revoked. A second
    /// one changes nothing, and keeps no event.
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
    /// The session whose token asked for it; none, if an operator does.
    pub asked_by: Option<SessionId>,
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
    /// The session that asked for it is gone, or revoked: nothing changed.
    SessionEnded,
}

/// Disables users, and enables them again. An operator's port; no function on the request path has it.
///
/// Neither has copies of the enrollment forgotten: an operator has no cache. Whoever reads one may still open a verification of a user
/// who is disabled, for as long as copies are kept, and none of these opens a session.
pub trait DisableUser: Send + Sync {
    /// One transaction: marks the enrollment, all of which stays; ends all sessions; no verification that is open opens a session any
    /// more; keeps the event. Failures stay. A second one changes nothing, and keeps no event.
    fn disable_user(
        &self,
        disabling: &Disabling,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<DisablingOutcome, StoreError>> + Send;

    /// One transaction: takes the mark off, if and only if it is there and the factors are of the version that the caller read; has
    /// sessions opened by factors of that version only; keeps the event. No session of before comes back. A verification that was opened
    /// before the user was disabled, and still lives, counts again.
    fn enable_user(
        &self,
        enabling: &Enabling,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<EnablingOutcome, StoreError>> + Send;
}

/// Whom to disable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabling {
    /// The owner of the user.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

/// What came of disabling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisablingOutcome {
    /// The user is disabled, and no session of before lives.
    Disabled,
    /// The user was disabled before.
    AlreadyDisabled {
        /// Since when.
        at: Timestamp,
    },
    /// The user was erased.
    Erased,
    /// Nobody of this id is enrolled.
    Unknown,
}

/// Whom to enable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enabling {
    /// The owner of the user.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// The version of the user's factors, as it was read.
    pub key_version: u32,
    /// When.
    pub at: Timestamp,
}

/// What came of enabling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnablingOutcome {
    /// The user is as before they were disabled, but for the sessions.
    Enabled,
    /// The user is not disabled, or has other factors by now: nothing changed.
    Changed,
}
