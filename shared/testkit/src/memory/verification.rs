//! Verifications in memory: the port's rules, written down as plainly as they can be.

use std::collections::btree_map::Entry;

use domain::{Attempt, IdempotencyKey, Session, TenantId, Verification, VerificationId};
use store::{
    Claim, ClaimAttempt, ClaimRequest, CompleteVerification, Completion, CompletionRequest, FailAttempt,
    FindVerification, OpenVerification, Opening, StoreError, StoreErrorKind,
};

use super::{MemoryStore, stored};

impl OpenVerification for MemoryStore {
    async fn open_verification(&self, verification: &Verification) -> Result<Opening, StoreError> {
        match self.content().verifications.entry((verification.tenant, verification.id)) {
            Entry::Occupied(existing) => Ok(Opening::AlreadyOpened(Box::new(existing.get().clone()))),
            Entry::Vacant(vacant) => {
                vacant.insert(Verification {
                    created_at: stored(verification.created_at),
                    expires_at: stored(verification.expires_at),
                    ..verification.clone()
                });
                Ok(Opening::Opened)
            }
        }
    }
}

impl FindVerification for MemoryStore {
    async fn find_verification(
        &self,
        tenant: TenantId,
        id: VerificationId,
    ) -> Result<Option<Verification>, StoreError> {
        Ok(self.content().verifications.get(&(tenant, id)).cloned())
    }
}

impl ClaimAttempt for MemoryStore {
    async fn claim_attempt(&self, request: &ClaimRequest) -> Result<Claim, StoreError> {
        let mut content = self.content();
        let Some(verification) = content.verifications.get_mut(&(request.tenant, request.verification)) else {
            return Ok(Claim::Unknown);
        };
        if let Some(attempt) = verification.attempts.get(&request.attempt) {
            return Ok(Claim::Repeated(*attempt));
        }
        if !verification.takes_attempts(stored(request.now)) {
            return Ok(Claim::Closed);
        }
        if verification.asked != request.presented {
            return Ok(Claim::Mismatched);
        }
        verification.attempts.insert(request.attempt, Attempt::Claimed);
        Ok(Claim::Granted(Box::new(verification.clone())))
    }
}

impl FailAttempt for MemoryStore {
    async fn fail_attempt(
        &self,
        tenant: TenantId,
        verification: VerificationId,
        attempt: IdempotencyKey,
        attempts_remaining: u8,
    ) -> Result<(), StoreError> {
        let mut content = self.content();
        let verification = content.verifications.get_mut(&(tenant, verification));
        if let Some(attempt) = verification.and_then(|verification| verification.attempts.get_mut(&attempt))
            && *attempt == Attempt::Claimed
        {
            *attempt = Attempt::Wrong { attempts_remaining };
        }
        Ok(())
    }
}

impl CompleteVerification for MemoryStore {
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        let session = Session {
            created_at: stored(request.session.created_at),
            expires_at: stored(request.session.expires_at),
            ..request.session.clone()
        };
        let mut content = self.content();
        let content = &mut *content;
        let Some(verification) = content.verifications.get_mut(&(session.tenant, request.verification)) else {
            return Ok(Completion::Closed);
        };
        if let Some((_, opened)) = verification.verified {
            return Ok(if opened == session.id { Completion::Completed } else { Completion::Closed });
        }
        let Some(attempt @ Attempt::Claimed) = verification.attempts.get_mut(&request.attempt) else {
            return Ok(Completion::Closed);
        };
        if session.created_at >= verification.expires_at {
            return Ok(Completion::Closed);
        }
        let Entry::Vacant(vacant) = content.sessions.entry((session.tenant, session.user, session.id)) else {
            return Err(StoreError::new(StoreErrorKind::Corrupt, "CompleteVerification", "the session exists"));
        };
        *attempt = Attempt::Right;
        verification.verified = Some((session.created_at, session.id));
        vacant.insert(session);
        Ok(Completion::Completed)
    }
}
