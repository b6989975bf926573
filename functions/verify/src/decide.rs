//! Deciding a claimed attempt.

use audit::{Outcome, RecordEvent};
use crypto::{SigningKey, StoredVerifier, UnwrapKey, VerifierError};
use store::Reservation;

use crate::attempt::{Decision, Verified};
use crate::{Verify, VerifyError, VerifyStore};

impl<S: VerifyStore, U: UnwrapKey, A: RecordEvent> Verify<S, U, A> {
    /// Exactly one reservation, one derivation and one comparison, whoever the user is and whether or not the account is locked.
    pub(crate) async fn decide(&self, decision: Decision<'_>, signing: &SigningKey) -> Result<Verified, VerifyError> {
        let stored = self.open(decision).await?;
        let reservation = self.reserve(decision).await?;
        let matches = self.compare(decision, stored.clone()).await?;
        match reservation {
            Reservation::Reserved(account) if matches => {
                let verified = self.complete(decision, signing, *account).await?;
                self.upgrade(decision, &stored).await;
                Ok(verified)
            }
            reservation => Err(self.fail(decision, &reservation).await?),
        }
    }

    async fn open(&self, decision: Decision<'_>) -> Result<StoredVerifier, VerifyError> {
        let verification = decision.verification;
        let sealing = self.0.keys.version(verification.tenant, verification.branch_key_version).await?;
        Ok(sealing.open_asked_verifier(verification.user, verification.id, &verification.verifier)?)
    }

    async fn reserve(&self, decision: Decision<'_>) -> Result<Reservation, VerifyError> {
        let (verification, execution) = (decision.verification, decision.execution);
        let mark = execution.branch.attempt_mark(verification.id, &execution.request.key);
        let now = self.0.clock.now();
        Ok(self.0.store.reserve_failure(verification.tenant, verification.user, mark, now).await?)
    }

    async fn compare(&self, decision: Decision<'_>, stored: StoredVerifier) -> Result<bool, VerifyError> {
        let verification = decision.verification;
        let pepper = self.0.keys.version(verification.tenant, stored.branch_key_version()).await?;

        let (user, factors) = (verification.user, decision.execution.request.factors.clone());
        let compared =
            self.0.kdf.run(move |kdf| -> Result<_, VerifierError> { pepper.check(kdf, user, &factors, &stored) });
        Ok(compared.await? == crypto::Outcome::Match)
    }

    /// Ends the attempt as wrong. Of a locked account only the event tells.
    async fn fail(&self, decision: Decision<'_>, reservation: &Reservation) -> Result<VerifyError, VerifyError> {
        let verification = decision.verification.id;
        let attempts_remaining = decision.verification.attempts_remaining();
        let (outcome, lock) = match reservation {
            Reservation::Reserved(account) => {
                (Outcome::AttemptWrong { verification, attempts_remaining }, self.lock(decision, &account.failures))
            }
            Reservation::Locked { .. } => (Outcome::AttemptWhileLocked { verification, attempts_remaining }, None),
        };
        // First of all: once the attempt is decided, a retry of it does not know that it locked.
        if let Some(lock) = lock {
            self.0.audit.record_event(&lock).await?;
        }
        let event = self.event(decision, "attempt", outcome);
        let claimed = decision.execution.claimed();
        let (failed, recorded) =
            tokio::join!(self.0.store.fail_attempt(&claimed, attempts_remaining), self.0.audit.record_event(&event),);
        failed?;
        recorded?;
        Ok(VerifyError::Wrong { attempts_remaining })
    }
}
