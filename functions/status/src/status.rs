//! The use case.

use std::sync::Arc;

use admission::{Admission, Arrival};
use crypto::{PresentedCapability, UnwrapKey};
use domain::{Clock, TenantId, VerificationId, VerificationStatus};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{DrawPermits, FindBranchKey, FindListings, FindVerification};

use crate::StatusError;

/// Reads where a verification stands.
#[derive(Debug)]
pub struct ReadStatus<S, U> {
    store: S,
    keys: Arc<BranchKeys<S, U>>,
    clock: Arc<dyn Clock>,
    admission: Admission<S>,
}

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

impl<S, U> ReadStatus<S, U>
where
    S: FindVerification + FindBranchKey + DrawPermits + FindListings + Clone,
    U: UnwrapKey,
{
    /// Reads out of this store; `unwrap` is for the keys that check capabilities.
    pub fn new(store: S, unwrap: U, clock: Arc<dyn Clock>, admission: Admission<S>) -> Self {
        let keys = Arc::new(BranchKeys::new(store.clone(), unwrap, Arc::clone(&clock)));
        Self { store, keys, clock, admission }
    }

    /// The standing now of a verification of the arrival's tenant, if the request is let in.
    ///
    /// # Errors
    /// [`StatusError`] if it is not, if the tenant has no such verification, or the store does not answer.
    pub async fn read(&self, arrival: &Arrival, id: VerificationId) -> Result<Standing, StatusError> {
        self.admission.admit(arrival).await?;
        let verification = self.store.find_verification(arrival.tenant, id).await?.ok_or(StatusError::Unknown)?;
        let status = verification.status(self.clock.now());
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
        if self.keys.holds(holder, id).await? { Ok(holder.tenant()) } else { Err(StatusError::NotTheHolder) }
    }
}

impl<S: Clone, U> Clone for ReadStatus<S, U> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            keys: Arc::clone(&self.keys),
            clock: Arc::clone(&self.clock),
            admission: self.admission.clone(),
        }
    }
}
