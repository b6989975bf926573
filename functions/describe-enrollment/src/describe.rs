//! The use case.

use std::sync::Arc;

use domain::{Enrollment, TenantId, UserId};
use store::{FindEnrollment, StoreError};

/// Describes a user's enrollment to its tenant.
#[derive(Debug)]
pub struct DescribeEnrollment<S> {
    store: Arc<S>,
}

impl<S: FindEnrollment> DescribeEnrollment<S> {
    /// Describes enrollments out of this store.
    pub fn new(store: S) -> Self {
        Self { store: Arc::new(store) }
    }

    /// The user's enrollment.
    ///
    /// # Errors
    /// [`DescribeError`] if the tenant has no such user, or the store does not answer.
    pub async fn describe(&self, tenant: TenantId, user: UserId) -> Result<Enrollment, DescribeError> {
        self.store.find_enrollment(tenant, user).await?.ok_or(DescribeError::NotEnrolled)
    }
}

impl<S> Clone for DescribeEnrollment<S> {
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store) }
    }
}

/// Why there is nothing to describe.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// The tenant has no such user.
    #[error("the user is not enrolled")]
    NotEnrolled,
    /// The store does not answer.
    #[error("the enrollment can't be read")]
    Store(#[from] StoreError),
}
