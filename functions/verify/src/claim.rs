//! Claiming an attempt, before anything is compared; giving it up, if it can't be decided.

use std::time::Duration;

use audit::RecordEvents;
use crypto::{Answered, UnwrapKey};
use domain::{Acr, AttemptState, Verification};
use jiff::Timestamp;
use store::{Claim, ClaimRequest};
use tokio::time::timeout;

use crate::attempt::{Decision, Execution, Verified};
use crate::{Verify, VerifyError, VerifyStore};

/// What comes of a claim.
pub(crate) enum Claimed {
    /// The attempt is this execution's.
    ToDecide(Box<Verification>),
    /// It was right when it was decided.
    Decided(Verified),
}

impl<S: VerifyStore, U: UnwrapKey, A: RecordEvents> Verify<S, U, A> {
    /// Counts the attempt, or finds out what became of it.
    pub(crate) async fn claim(&self, execution: Execution<'_>) -> Result<Claimed, VerifyError> {
        let request = execution.request;
        let claim = ClaimRequest {
            tenant: request.arrival.tenant,
            verification: request.verification,
            attempt: execution.fingerprint,
            nonce: execution.nonce,
            presented: request.factors.types(),
            now: self.0.clock.now(),
        };
        match self.0.store.claim_attempt(&claim).await? {
            Claim::Granted(verification) => Ok(Claimed::ToDecide(verification)),
            Claim::Repeated(verification) => self.repeat(execution, &verification, claim.now).await,
            Claim::Unknown => Err(VerifyError::Unknown),
            Claim::OtherRequest => Err(VerifyError::KeyReused),
            Claim::Closed => Err(VerifyError::Closed),
            Claim::Mismatched => Err(VerifyError::Mismatched),
        }
    }

    /// What became of the attempt. Its event is sent again, under its id: the execution that decided it may have failed to send
    /// it, and answered 503. Whether its account was locked is not stored with it; where that was told, the first telling counts.
    ///
    /// `now` is the instant at which the store was asked: at a later one, a claim that it found in flight could look abandoned, which the
    /// next try would take over.
    async fn repeat(
        &self,
        execution: Execution<'_>,
        verification: &Verification,
        now: Timestamp,
    ) -> Result<Claimed, VerifyError> {
        let opener = self.opener(verification).await?;
        let decision = Decision { execution, verification, opener: &opener };
        let (trail, key) = (decision.trail(), decision.attempt());
        let Some(attempt) = verification.attempts.get(key) else {
            return Err(VerifyError::Forgotten);
        };
        match (attempt.state, &verification.verified) {
            // Whoever claimed it has died, or lost to another one, and it is too late to claim it again.
            (AttemptState::Claimed, verified) if verified.is_some() || attempt.is_abandoned(now) => {
                Err(VerifyError::Closed)
            }
            (AttemptState::Claimed, _) => Err(VerifyError::InProgress),
            (AttemptState::Wrong { attempts_remaining }, _) => {
                self.0.audit.record_events(&[trail.wrong(key, attempts_remaining, now)]).await?;
                Err(VerifyError::Wrong { attempts_remaining })
            }
            (AttemptState::Right, None) => Err(VerifyError::Forgotten),
            (AttemptState::Right, Some(verified)) => {
                let acr = Acr::earned_by(verification.asked).ok_or(VerifyError::Unearned)?;
                self.0.audit.record_events(&[trail.succeeded(key, (verified.session, acr), verified.at)]).await?;
                let answered = Answered::Attempt(verification.id);
                let body = opener.open_answer(answered, execution.fingerprint, &verified.answer)?;
                Ok(Claimed::Decided(Verified { body }))
            }
        }
    }

    /// Gives the claim up, so that the same request can be executed again at once. If that fails, it can be after
    /// [`domain::IN_FLIGHT_FOR`].
    pub(crate) async fn release(&self, execution: Execution<'_>) {
        let claimed = execution.claimed();
        match timeout(RELEASE_ALLOWANCE, self.0.store.release_attempt(&claimed)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&error), "left an undecided attempt claimed");
            }
            Err(late) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&late), "left an undecided attempt claimed");
            }
        }
    }
}

/// The caller is waiting for a 503.
const RELEASE_ALLOWANCE: Duration = Duration::from_secs(1);
