//! Enrollments: durable, in the core table.

use std::future::Future;

use domain::{Enrollment, TenantId, UserId};

use crate::StoreError;

/// Creates an enrollment unless the user has one.
pub trait CreateEnrollment: Send + Sync {
    /// Decides the race by one conditional write; an existing enrollment is never changed.
    fn create_enrollment(
        &self,
        enrollment: &Enrollment,
    ) -> impl Future<Output = Result<EnrollmentCreation, StoreError>> + Send;
}

/// What came of creating an enrollment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrollmentCreation {
    /// It is stored.
    Created,
    /// The user has this one, which may be of the same request.
    AlreadyEnrolled(Box<Enrollment>),
}

/// Reads a user's enrollment.
pub trait FindEnrollment: Send + Sync {
    /// The enrollment, strongly consistent; `None` if the user has none.
    fn find_enrollment(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> impl Future<Output = Result<Option<Enrollment>, StoreError>> + Send;
}
