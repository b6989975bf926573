//! Verifications: where their ids say.

use domain::{Home, Session, TenantId, Verification, VerificationId};
use store::{
    Claim, ClaimAttempt, ClaimRequest, ClaimedAttempt, FailAttempt, FindAccount, FindVerification, OpenSession,
    OpenVerification, Opening, StoreError,
};

use crate::layout;
use crate::{Tiered, ValkeyStore};

impl<D> Tiered<D> {
    /// The cache, if that is where the verification is.
    pub(super) fn cache_of(&self, id: VerificationId) -> Option<&ValkeyStore> {
        self.cache.as_ref().filter(|_| id.home() == Home::Cache)
    }
}

impl<D: OpenVerification> OpenVerification for Tiered<D> {
    fn home(&self) -> Home {
        match &self.cache {
            Some(cache) if cache.answers() => Home::Cache,
            _ => self.durable.home(),
        }
    }

    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        match self.cache_of(verification.id) {
            Some(cache) => cache.open_verification(verification).await,
            None => self.durable.open_verification(verification).await,
        }
    }
}

impl<D: FindVerification> FindVerification for Tiered<D> {
    async fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> Result<Option<Verification>, StoreError> {
        match self.cache_of(id) {
            Some(cache) => cache.find_verification(tenant, id).await,
            None => self.durable.find_verification(tenant, id).await,
        }
    }
}

impl<D: ClaimAttempt + FindAccount + OpenSession> ClaimAttempt for Tiered<D> {
    /// A repeated attempt that was right is answered as before, so the session that its answer speaks of is seen to first: the
    /// process that completed the verification may have died before it was open. Once the user's factors were rotated or the user
    /// erased there is no such session, and no answer.
    async fn claim_attempt(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        let Some(cache) = self.cache_of(request.verification) else {
            return self.durable.claim_attempt(request).await;
        };
        let (claim, kept) = cache.claim(request).await?;
        if let Some(kept) = kept.filter(|kept| kept.opening == layout::Opening::Unconfirmed) {
            if self.see_to_session(&kept.session).await? == Seen::Superseded {
                return Ok(Claim::Closed);
            }
            self.confirm_soon(request.tenant, request.verification);
        }
        Ok(claim)
    }
}

impl<D: FindAccount + OpenSession> Tiered<D> {
    /// Opens the session if it never was. One that was opened may have been removed since, and must not come back: by the opening of a
    /// later one, or by a change of factors, after which the account does not admit it. So where there is a later one, nothing is
    /// opened; what is lost at worst is one that nobody has used yet.
    async fn see_to_session(&self, session: &Session) -> Result<Seen, StoreError> {
        let account = self.durable.find_account(session.tenant, session.user).await?.unwrap_or_default();
        let later_from = session.created_at - CLOCKS_DIFFER;
        if account.sessions.values().any(|other| other.id == session.id || other.created_at >= later_from) {
            return Ok(Seen::Open);
        }
        self.open_in(account, session).await
    }
}

/// What came of seeing to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It was opened, now or before.
    Open,
    /// The account does not admit it any more.
    Superseded,
}

impl<D: FailAttempt> FailAttempt for Tiered<D> {
    async fn fail_attempt(&self, attempt: &ClaimedAttempt, attempts_remaining: u8) -> Result<(), StoreError> {
        match self.cache_of(attempt.verification) {
            Some(cache) => cache.fail_attempt(attempt, attempts_remaining).await,
            None => self.durable.fail_attempt(attempt, attempts_remaining).await,
        }
    }

    async fn release_attempt(&self, attempt: &ClaimedAttempt) -> Result<(), StoreError> {
        match self.cache_of(attempt.verification) {
            Some(cache) => cache.release_attempt(attempt).await,
            None => self.durable.release_attempt(attempt).await,
        }
    }
}

/// By how much the clocks of two processes may differ.
const CLOCKS_DIFFER: std::time::Duration = std::time::Duration::from_secs(5);
