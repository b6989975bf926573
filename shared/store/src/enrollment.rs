//! Enrollments: durable, in the core table.

use std::future::Future;

use domain::{Enrollment, Sealed, TenantId, UserId};
use jiff::Timestamp;

use crate::{OutboxEvent, StoreError};

/// Creates an enrollment unless the user has one.
pub trait CreateEnrollment: Send + Sync {
    /// Decides the race by one conditional write, which keeps the event of the creation, too; an existing enrollment is never
    /// changed, and keeps no event.
    fn create_enrollment(
        &self,
        enrollment: &Enrollment,
        event: &OutboxEvent,
    ) -> impl Future<Output = Result<EnrollmentCreation, StoreError>> + Send;
}

/// What came of creating an enrollment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrollmentCreation {
    /// It is stored.
    Created,
    /// The user, who may be disabled, has this one, which may be of the same request.
    AlreadyEnrolled(Box<Enrollment>),
    /// The user was erased: nobody is enrolled under this id again.
    Erased,
}

/// Reads a user's enrollment.
pub trait FindEnrollment: Send + Sync {
    /// The enrollment, strongly consistent but for copies; `None` if the user has none, is disabled, or was erased.
    fn find_enrollment(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> impl Future<Output = Result<Option<Enrollment>, StoreError>> + Send;
}

/// Replaces a user's askable sets by the same sets with newer verifiers.
pub trait UpgradeVerifiers: Send + Sync {
    /// One conditional write: replaces the sealed sets if and only if they are still `before`. Repeating it is harmless.
    fn upgrade_verifiers(
        &self,
        tenant: TenantId,
        user: UserId,
        before: &Sealed,
        after: &Sealed,
    ) -> impl Future<Output = Result<Upgrade, StoreError>> + Send;
}

/// What came of upgrading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrade {
    /// The newer verifiers are stored.
    Upgraded,
    /// Somebody else replaced the sets, or erased the user, meanwhile.
    Superseded,
}

/// Reads what is stored of a user, before it is changed or shown to them.
pub trait FindCurrentEnrollment: Send + Sync {
    /// As of now: strongly consistent, and never a copy.
    fn find_current_enrollment(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> impl Future<Output = Result<CurrentEnrollment, StoreError>> + Send;
}

/// What is stored of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CurrentEnrollment {
    /// Nothing: nobody was ever enrolled under this id.
    Unknown,
    /// The user's enrollment.
    Enrolled(Box<Enrollment>),
    /// The user's enrollment, of which nobody may make use.
    Disabled {
        /// Since when.
        at: Timestamp,
        /// What it is once the user is enabled again.
        enrollment: Box<Enrollment>,
    },
    /// That there was one.
    Erased {
        /// Until when.
        at: Timestamp,
    },
}

impl CurrentEnrollment {
    /// The enrollment, of whoever has one: also of a disabled user.
    #[must_use]
    pub fn stored(self) -> Option<Box<Enrollment>> {
        match self {
            Self::Enrolled(enrollment) | Self::Disabled { enrollment, .. } => Some(enrollment),
            Self::Unknown | Self::Erased { .. } => None,
        }
    }
}
