//! Deciding a claimed attempt.

use std::sync::Arc;

use audit::{Event, RecordEvents};
use crypto::{BranchKey, SigningKey, StoredVerifier, UnwrapKey, VerifierError};
use domain::{Enrollment, SessionEpoch, Verification};
use store::Reservation;

use crate::attempt::{Decision, Execution, Verified};
use crate::{Verify, VerifyError, VerifyStore};

impl<S: VerifyStore, U: UnwrapKey, A: RecordEvents> Verify<S, U, A> {
    /// Exactly one reservation, one derivation and one comparison, whoever the user is and whether or not the account is locked. An
    /// imported verifier costs a derivation more for each of its factors, and takes turns for them, as many as it took when the verification
    /// was opened: if there are none, nothing was reserved, and the claim is given up.
    pub(crate) async fn decide(
        &self,
        (execution, verification): (Execution<'_>, &Verification),
        signing: &SigningKey,
    ) -> Result<Verified, VerifyError> {
        let opener = self.opener(verification).await?;
        let decision = Decision { execution, verification, opener: &opener };
        let _further_turns = self.0.kdf.turn(verification.further_turns.into())?;
        let (reservation, epoch, enrollment) = self.reserve(decision).await?;
        let (stored, enrolled) = self.asked(decision, enrollment).await?;
        let matches = self.compare(decision, stored.clone()).await?;
        match (reservation, enrolled) {
            // What was opened before the user's factors were rotated, or the user erased, is as good as wrong. The enrollment may be a copy
            // from before; the account tells.
            (Reservation::Reserved(account), Some(enrolled)) if matches && account.admits(verification.key_version) => {
                let verified = self.complete(decision, signing, (*account, epoch)).await?;
                self.upgrade(decision, &stored, &enrolled).await;
                Ok(verified)
            }
            (reservation, _) => Err(self.fail(decision, &reservation).await?),
        }
    }

    /// The branch key that the verification was opened with.
    pub(crate) async fn opener(&self, verification: &Verification) -> Result<Arc<BranchKey>, VerifyError> {
        Ok(self.0.keys.version(verification.tenant, verification.branch_key_version).await?)
    }

    /// The reservation; beside it, the enrollment, and the epoch that a session would be opened in. They are asked for whoever the user is
    /// and whatever the answer will be, so that all attempts make the same calls.
    async fn reserve(
        &self,
        decision: Decision<'_>,
    ) -> Result<(Reservation, SessionEpoch, Option<Enrollment>), VerifyError> {
        let (verification, execution) = (decision.verification, decision.execution);
        let (tenant, user) = (verification.tenant, verification.user);
        let mark = execution.branch.attempt_mark(verification.id, &execution.request.key);
        let now = self.0.clock.now();
        let (reservation, epoch, enrollment) = tokio::join!(
            self.0.store.reserve_failure(tenant, user, mark, now),
            self.0.store.find_session_epoch(tenant, user),
            self.0.store.find_enrollment(tenant, user),
        );
        Ok((reservation?, epoch?, enrollment?))
    }

    async fn compare(&self, decision: Decision<'_>, stored: StoredVerifier) -> Result<bool, VerifyError> {
        let verification = decision.verification;
        let pepper = self.0.keys.version(verification.tenant, stored.branch_key_version()).await?;

        let (user, factors) = (verification.user, decision.execution.request.factors.clone());
        let compared =
            self.0.kdf.run(move |kdf| -> Result<_, VerifierError> { pepper.check(kdf, user, &factors, &stored) });
        Ok(compared.await? == crypto::Outcome::Match)
    }

    /// Ends the attempt as wrong. Of a locked account, or one that it locks, only the events tell.
    async fn fail(&self, decision: Decision<'_>, reservation: &Reservation) -> Result<VerifyError, VerifyError> {
        let attempts_remaining = decision.verification.attempts_remaining();
        let events = self.failure(decision, reservation, attempts_remaining);
        let claimed = decision.execution.claimed();
        let (failed, recorded) =
            tokio::join!(self.0.store.fail_attempt(&claimed, attempts_remaining), self.0.audit.record_events(&events));
        failed?;
        recorded?;
        Ok(VerifyError::Wrong { attempts_remaining })
    }

    /// Once the attempt is decided, a retry of it does not know that it locked. If the lock's event is lost with this process, the
    /// account still tells of it when the verification is reconciled.
    fn failure(&self, decision: Decision<'_>, reservation: &Reservation, attempts_remaining: u8) -> Vec<Event> {
        let (trail, attempt, now) = (decision.trail(), decision.attempt(), self.0.clock.now());
        match reservation {
            Reservation::Reserved(account) => {
                let wrong = trail.wrong(attempt, attempts_remaining, now);
                [Some(wrong), trail.locked(&account.failures, now)].into_iter().flatten().collect()
            }
            Reservation::Locked { .. } => vec![trail.while_locked(attempt, attempts_remaining, now)],
        }
    }
}
