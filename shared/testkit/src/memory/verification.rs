//! Verifications in memory: the port's rules, written down as plainly as they can be.

use std::collections::btree_map::Entry;

use domain::{Attempt, AttemptState, RequestFingerprint, TenantId, Verification, VerificationId, Verified};
use jiff::Timestamp;
use store::{
    Claim, ClaimAttempt, ClaimRequest, ClaimedAttempt, CompleteVerification, Completion, CompletionRequest,
    FailAttempt, FindVerification, OpenVerification, Opening, StoreError,
};

use super::account::{add_session, exists, stored_session, would_be_too_many};
use super::{Content, MemoryStore, stored};

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
        let now = stored(request.now);
        let mut content = self.content();
        let Some(verification) = content.verifications.get_mut(&(request.tenant, request.verification)) else {
            return Ok(Claim::Unknown);
        };
        let RequestFingerprint { key, body } = request.attempt;
        let claimed = Attempt { body, claimed_at: now, nonce: request.nonce, state: AttemptState::Claimed };
        let is_over = verification.verified.is_some() || now >= verification.expires_at;
        match verification.attempts.get(&key).copied() {
            Some(before) if before.body != body => return Ok(Claim::OtherRequest),
            Some(_) if is_over => return Ok(Claim::Repeated(Box::new(verification.clone()))),
            Some(before) if before.is_claimed_by(request.nonce) => {}
            Some(before) if before.is_abandoned(now) => drop(verification.attempts.insert(key, claimed)),
            Some(_) => return Ok(Claim::Repeated(Box::new(verification.clone()))),
            None if !verification.takes_attempts(now) => return Ok(Claim::Closed),
            None if verification.asked != request.presented => return Ok(Claim::Mismatched),
            None => drop(verification.attempts.insert(key, claimed)),
        }
        Ok(Claim::Granted(Box::new(verification.clone())))
    }
}

impl FailAttempt for MemoryStore {
    async fn fail_attempt(&self, attempt: &ClaimedAttempt, attempts_remaining: u8) -> Result<(), StoreError> {
        if let Some(attempt) = claimed(&mut self.content(), attempt) {
            attempt.state = AttemptState::Wrong { attempts_remaining };
        }
        Ok(())
    }

    async fn release_attempt(&self, attempt: &ClaimedAttempt) -> Result<(), StoreError> {
        if let Some(attempt) = claimed(&mut self.content(), attempt) {
            attempt.claimed_at = Timestamp::UNIX_EPOCH;
        }
        Ok(())
    }
}

impl CompleteVerification for MemoryStore {
    async fn complete_verification(&self, request: &CompletionRequest) -> Result<Completion, StoreError> {
        let session = stored_session(&request.session);
        let mut content = self.content();
        let content = &mut *content;
        let Some(verification) = content.verifications.get_mut(&(session.tenant, request.verification)) else {
            return Ok(Completion::Closed);
        };
        if let Some(verified) = &verification.verified {
            return Ok(if verified.session == session.id { Completion::Completed } else { Completion::Closed });
        }
        let attempt = verification.attempts.get_mut(&request.attempt);
        let Some(attempt) = attempt.filter(|attempt| attempt.is_claimed_by(request.nonce)) else {
            return Ok(Completion::Closed);
        };
        if session.created_at >= verification.expires_at {
            return Ok(Completion::Closed);
        }
        let account = content.accounts.entry((session.tenant, session.user)).or_default();
        if account.sessions.contains_key(&session.id) {
            return Err(exists("CompleteVerification"));
        }
        if !account.admits(session.key_version) {
            return Ok(Completion::Closed);
        }
        if would_be_too_many(account, &request.evicted) {
            return Ok(Completion::SessionsChanged(Box::new(account.clone())));
        }
        attempt.state = AttemptState::Right;
        let answer = request.answer.clone();
        verification.verified = Some(Verified { at: session.created_at, session: session.id, answer });
        add_session(account, session, &request.evicted);
        Ok(Completion::Completed)
    }
}

/// The attempt, if it is this execution's and undecided.
fn claimed<'a>(content: &'a mut Content, attempt: &ClaimedAttempt) -> Option<&'a mut Attempt> {
    let verification = content.verifications.get_mut(&(attempt.tenant, attempt.verification))?;
    let stored = verification.attempts.get_mut(&attempt.attempt)?;
    stored.is_claimed_by(attempt.nonce).then_some(stored)
}
