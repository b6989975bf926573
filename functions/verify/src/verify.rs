//! The use case.

use std::sync::Arc;

use admission::Admission;
use audit::RecordEvents;
use crypto::{BranchKey, KdfParameters, KdfPool, PresentedCapability, SigningKey, UnwrapKey};
use denials::Denials;
use domain::{Clock, Entropy, RequestNonce, TenantId, VerificationId};
use jiff::Timestamp;
use keyring::{BranchKeys, SigningKeys};

use crate::attempt::{AttemptRequest, Execution, Verified};
use crate::claim::Claimed;
use crate::{VerifyError, VerifyStore};

/// What verifying works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Verifications and accounts.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// The key that signs tokens.
    pub signing: SigningKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// Where key derivations run.
    pub kdf: KdfPool,
    /// What verifiers are upgraded to on success.
    pub parameters: KdfParameters,
    /// The tokens' `iss`.
    pub issuer: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Decides attempts.
#[derive(Debug)]
pub struct Verify<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S, U, A> Verify<S, U, A>
where
    S: VerifyStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Decides attempts with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// How many key derivations have run, for the metrics.
    pub(crate) fn derivations(&self) -> u64 {
        self.0.kdf.runs()
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Recognises the holder of the verification's own capability, and gives its tenant.
    ///
    /// # Errors
    /// [`VerifyError`] if it is not this verification's, or the key to check it with is not to be had.
    pub async fn recognise(&self, holder: &PresentedCapability, id: VerificationId) -> Result<TenantId, VerifyError> {
        if self.0.keys.holds(holder, id).await? { Ok(holder.tenant()) } else { Err(VerifyError::NotTheHolder) }
    }

    /// Decides one attempt, or gives what became of it when it was decided before.
    ///
    /// # Errors
    /// [`VerifyError`] for anything but the one right attempt that completes the verification, and its retries.
    pub async fn verify(&self, request: AttemptRequest<'_>) -> Result<Verified, VerifyError> {
        let (branch, signing) = self.enter(&request).await?;
        let _turn = self.0.kdf.turn(1)?;
        let execution = Execution {
            request: &request,
            branch: &branch,
            fingerprint: branch.fingerprint(request.key, "attempt", request.body),
            nonce: RequestNonce(self.0.entropy.array()?),
        };
        let verification = match self.claim(execution).await {
            Ok(Claimed::ToDecide(verification)) => verification,
            Ok(Claimed::Decided(verified)) => return Ok(verified),
            Err(error) => {
                // A claim whose answer is lost may have taken effect.
                if matches!(error, VerifyError::Store(_)) {
                    self.release(execution).await;
                }
                return Err(error);
            }
        };
        let decided = self.decide((execution, &verification), &signing).await;
        if decided.as_ref().is_err_and(VerifyError::leaves_undecided) {
            self.release(execution).await;
        }
        decided
    }

    /// Both keys are at hand before anything is claimed: a key service that is down costs nobody an attempt. A cold process waits
    /// for them beside the limits.
    async fn enter(&self, request: &AttemptRequest<'_>) -> Result<(Arc<BranchKey>, Arc<SigningKey>), VerifyError> {
        let ((), branch, signing) = tokio::try_join!(
            async { Ok::<_, VerifyError>(self.0.admission.admit(&request.arrival).await?) },
            async { Ok(self.0.keys.current(request.arrival.tenant).await?) },
            async { Ok(self.0.signing.current().await?) },
        )?;
        Ok((branch, signing))
    }
}

impl<S, U, A> Clone for Verify<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
