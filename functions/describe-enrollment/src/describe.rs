//! The use case.

use std::sync::Arc;

use admission::{Admission, Arrival, Refusal};
use domain::{Enrollment, UserId};
use store::{DrawPermits, FindEnrollment, FindListings, StoreError};

/// Describes a user's enrollment to its tenant.
#[derive(Debug)]
pub struct DescribeEnrollment<S> {
    store: Arc<S>,
    admission: Admission<S>,
}

impl<S: FindEnrollment + DrawPermits + FindListings> DescribeEnrollment<S> {
    /// Describes enrollments out of this store.
    pub fn new(store: S, admission: Admission<S>) -> Self {
        Self { store: Arc::new(store), admission }
    }

    /// The enrollment of the arrival's tenant's user, if the request is let in.
    ///
    /// # Errors
    /// [`DescribeError`] if it is not, if the tenant has no such user, or the store does not answer.
    pub async fn describe(&self, arrival: &Arrival, user: UserId) -> Result<Enrollment, DescribeError> {
        self.admission.admit(&Arrival { user: Some(user), ..*arrival }).await?;
        self.store.find_enrollment(arrival.tenant, user).await?.ok_or(DescribeError::NotEnrolled)
    }
}

impl<S> Clone for DescribeEnrollment<S> {
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), admission: self.admission.clone() }
    }
}

/// Why there is nothing to describe.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// The request is not let in.
    #[error("the request is not let in")]
    NotAdmitted(#[from] Refusal),
    /// The tenant has no such user.
    #[error("the user is not enrolled")]
    NotEnrolled,
    /// The store does not answer.
    #[error("the enrollment can't be read")]
    Store(#[from] StoreError),
}
