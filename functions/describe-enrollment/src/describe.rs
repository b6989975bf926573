//! The use case.

use std::sync::Arc;

use admission::{Admission, Arrival, Refusal};
use audit::RecordEvents;
use denials::Denials;
use domain::{Enrollment, UserId};
use store::{DrawPermits, FindEnrollment, FindListings, StoreError};

/// What describing works with.
#[derive(Debug)]
pub struct Ports<S, A> {
    /// Enrollments.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
}

/// Describes a user's enrollment to its tenant.
#[derive(Debug)]
pub struct DescribeEnrollment<S, A>(pub(crate) Arc<Ports<S, A>>);

impl<S, A> DescribeEnrollment<S, A>
where
    S: FindEnrollment + DrawPermits + FindListings,
    A: RecordEvents,
{
    /// Describes enrollments with these ports.
    pub fn new(ports: Ports<S, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The enrollment of the arrival's tenant's user, if the request is let in.
    ///
    /// # Errors
    /// [`DescribeError`] if it is not, if the tenant has no such user, or the store does not answer.
    pub async fn describe(&self, arrival: &Arrival, user: UserId) -> Result<Enrollment, DescribeError> {
        self.0.admission.admit(&Arrival { user: Some(user), ..*arrival }).await?;
        self.0.store.find_enrollment(arrival.tenant, user).await?.ok_or(DescribeError::NotEnrolled)
    }
}

impl<S, A> Clone for DescribeEnrollment<S, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
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
