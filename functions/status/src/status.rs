//! The use case.

use std::sync::Arc;

use admission::{Admission, Arrival};
use audit::RecordEvents;
use crypto::{PresentedCapability, UnwrapKey};
use denials::Denials;
use domain::{Clock, TenantId, VerificationId, VerificationStatus};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{DrawPermits, FindBranchKey, FindListings, FindVerification};

use crate::StatusError;

/// What reading works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Verifications.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The tenants' keys, to check capabilities with.
    pub keys: BranchKeys<S, U>,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Reads where a verification stands.
#[derive(Debug)]
pub struct ReadStatus<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

/// Where a verification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Open, or how it ended.
    pub status: VerificationStatus,
    /// Attempts that can still be made; none once it has ended.
    pub attempts_remaining: u8,
    /// When it closes by itself.
    pub expires_at: Timestamp,
}

impl<S, U, A> ReadStatus<S, U, A>
where
    S: FindVerification + FindBranchKey + DrawPermits + FindListings,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Reads with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The standing now of a verification of the arrival's tenant, if the request is let in.
    ///
    /// # Errors
    /// [`StatusError`] if it is not, if the tenant has no such verification, or the store does not answer.
    pub async fn read(&self, arrival: &Arrival, id: VerificationId) -> Result<Standing, StatusError> {
        self.0.admission.admit(arrival).await?;
        let verification = self.0.store.find_verification(arrival.tenant, id).await?.ok_or(StatusError::Unknown)?;
        let status = verification.status(self.0.clock.now());
        let attempts_remaining = if status == VerificationStatus::Open { verification.attempts_remaining() } else { 0 };
        Ok(Standing { status, attempts_remaining, expires_at: verification.expires_at })
    }

    /// The tenant for which the holder of the verification's own capability may read. Comes before admission, which counts by what
    /// is authenticated.
    ///
    /// # Errors
    /// [`StatusError`] if it is not this verification's, or the key to check it with is not to be had.
    pub async fn authenticate(
        &self,
        holder: &PresentedCapability,
        id: VerificationId,
    ) -> Result<TenantId, StatusError> {
        if self.0.keys.holds(holder, id).await? { Ok(holder.tenant()) } else { Err(StatusError::NotTheHolder) }
    }
}

impl<S, U, A> Clone for ReadStatus<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
