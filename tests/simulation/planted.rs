//! A store with a bug, to see that the simulation finds it.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{
    Attempt, AttemptMark, AttemptState, Enrollment, Failures, IdempotencyKey, RequestFingerprint, Sealed, TenantId,
    UserId, Verification, VerificationId, Verified,
};
use jiff::Timestamp;
use store::{
    Claim, ClaimAttempt, ClaimRequest, ClaimedAttempt, CompleteVerification, Completion, CompletionRequest,
    FailAttempt, FindAccount, FindVerification, KeepEvents, OpenVerification, Opening, OutboxEvent, Reservation,
    ReserveFailure, Revocation, RevokeSession, SessionKey, StoreError,
};
use testkit::MemoryStore;

use crate::interleaving::give_way;

/// The store in memory, with at most one bug.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) inner: MemoryStore,
    bug: Option<Bug>,
    /// Attempts that were granted and not counted.
    uncounted: Arc<Mutex<Vec<(IdempotencyKey, Attempt)>>>,
}

/// A mistake that such a service could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Check-then-set idempotency: whether a request was made before is looked up first, and what it opens is written afterwards,
    /// whatever is there by then.
    LooksBeforeItOpens,
    /// An attempt is granted at once, and counted when it turns out to be wrong or right.
    CountsAfterComparing,
    /// A verification is completed whatever its state.
    CompletesWithoutCondition,
    /// Nothing is reserved for a failure; a success gives back what was never reserved.
    RefundsWithoutReserving,
    /// An audit event is on its way to the queue when the answer is given. This one is the queue's: [`Planted`] does nothing.
    RecordsAfterAnswering,
    /// A session is said to be revoked, and isn't.
    ForgetsToRevoke,
    /// Of an erased person, the key is kept.
    KeepsTheKey,
}

impl Planted {
    /// A store with this bug over `inner`.
    pub(crate) fn new(inner: MemoryStore, bug: Option<Bug>) -> Self {
        Self { inner, bug, uncounted: Arc::default() }
    }

    /// Destroys a user's key, as far as the store is concerned: what erasing comes down to. Gives the enrollment that held it.
    pub(crate) fn shred(&self, tenant: TenantId, user: UserId) -> Option<Enrollment> {
        let shredded = self.inner.shred(tenant, user)?;
        if self.has(Bug::KeepsTheKey) {
            let emptied = Enrollment { askable_sets: Sealed::new(Vec::new()), ..shredded.clone() };
            self.inner.overwrite_enrollment(emptied);
        }
        Some(shredded)
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Counts an attempt now that was granted before.
    async fn count(&self, tenant: TenantId, verification: VerificationId, key: IdempotencyKey) {
        let granted = {
            let mut uncounted = self.uncounted.lock().unwrap_or_else(PoisonError::into_inner);
            let position = uncounted.iter().position(|(granted, _)| *granted == key);
            position.map(|position| uncounted.swap_remove(position).1)
        };
        let stored = self.inner.find_verification(tenant, verification).await.unwrap();
        if let (Some(granted), Some(mut stored)) = (granted, stored) {
            stored.attempts.entry(key).or_insert(granted);
            self.inner.overwrite_verification(stored);
        }
    }
}

impl OpenVerification for Planted {
    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        if !self.has(Bug::LooksBeforeItOpens) {
            return self.inner.open_verification(verification).await;
        }
        if let Some(existing) = self.inner.find_verification(verification.tenant, verification.id).await? {
            return Ok(Opening::AlreadyOpened(Box::new(existing)));
        }
        give_way(1).await;
        self.inner.overwrite_verification(verification.clone());
        Ok(Opening::Opened)
    }
}

impl ClaimAttempt for Planted {
    async fn claim_attempt(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        let found = self.inner.find_verification(request.tenant, request.verification).await?;
        let RequestFingerprint { key, body } = request.attempt;
        let takes = |found: &Verification| {
            found.takes_attempts(request.now) && found.asked == request.presented && !found.attempts.contains_key(&key)
        };
        let Some(mut found) = found.filter(|found| self.has(Bug::CountsAfterComparing) && takes(found)) else {
            return self.inner.claim_attempt(request).await;
        };
        let granted = Attempt { body, claimed_at: request.now, nonce: request.nonce, state: AttemptState::Claimed };
        self.uncounted.lock().unwrap_or_else(PoisonError::into_inner).push((key, granted));
        found.attempts.insert(key, granted);
        Ok(Claim::Granted(Box::new(found)))
    }
}

impl FailAttempt for Planted {
    async fn fail_attempt(&self, attempt: &ClaimedAttempt, attempts_remaining: u8) -> Result<(), StoreError> {
        if self.has(Bug::CountsAfterComparing) {
            self.count(attempt.tenant, attempt.verification, attempt.attempt).await;
        }
        self.inner.fail_attempt(attempt, attempts_remaining).await
    }

    async fn release_attempt(&self, attempt: &ClaimedAttempt) -> Result<(), StoreError> {
        self.inner.release_attempt(attempt).await
    }
}

impl CompleteVerification for Planted {
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        let session = &request.session;
        if self.has(Bug::CountsAfterComparing) {
            self.count(session.tenant, request.verification, request.attempt).await;
        }
        if !self.has(Bug::CompletesWithoutCondition) {
            return self.inner.complete_verification(request).await;
        }
        let Some(mut verification) = self.inner.find_verification(session.tenant, request.verification).await? else {
            return Ok(Completion::Closed);
        };
        if let Some(attempt) = verification.attempts.get_mut(&request.attempt) {
            attempt.state = AttemptState::Right;
        }
        let answer = request.answer.clone();
        verification.verified = Some(Verified { at: session.created_at, session: session.id, answer });
        self.inner.overwrite_verification(verification);
        let mut account = self.inner.find_account(session.tenant, session.user).await?.unwrap_or_default();
        account.sessions.retain(|id, _| !request.evicted.contains(id));
        account.sessions.insert(session.id, session.clone());
        (account.failures, account.reserved) = (Failures::default(), [].into());
        self.inner.overwrite_account(session.tenant, session.user, account);
        Ok(Completion::Completed)
    }
}

impl ReserveFailure for Planted {
    async fn reserve_failure(
        &self,
        tenant: TenantId,
        user: UserId,
        attempt: AttemptMark,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        if self.has(Bug::RefundsWithoutReserving) {
            let account = self.inner.find_account(tenant, user).await?.unwrap_or_default();
            return Ok(Reservation::Reserved(Box::new(account)));
        }
        self.inner.reserve_failure(tenant, user, attempt, now).await
    }
}

impl RevokeSession for Planted {
    async fn revoke_session(
        &self,
        session: &SessionKey,
        at: Timestamp,
        event: &OutboxEvent,
    ) -> Result<Revocation, StoreError> {
        if self.has(Bug::ForgetsToRevoke) {
            self.inner.keep_events(std::slice::from_ref(event)).await?;
            return Ok(Revocation::Revoked);
        }
        self.inner.revoke_session(session, at, event).await
    }
}
