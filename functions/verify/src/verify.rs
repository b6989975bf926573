//! The use case.

use std::sync::Arc;

use audit::{Event, Outcome, RecordEvent, Subject};
use crypto::{
    ACCESS_TOKEN_LIFETIME, AccessToken, Acr, BranchKey, Claims, KdfParameters, KdfPool, PresentedCapability,
    RefreshToken, SigningKey, StoredVerifier, TokenId, UnwrapKey, VerifierError, mint,
};
use domain::{
    Attempt, Clock, Entropy, IdempotencyKey, PresentedFactors, RequestId, SESSION_LIFETIME, Session, SessionId,
    TenantId, Verification, VerificationId,
};
use jiff::Timestamp;
use keyring::{BranchKeys, SigningKeys};
use store::{Claim, ClaimRequest, Completion, CompletionRequest};

use crate::{VerifyError, VerifyStore};

/// What verifying works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Verifications and sessions.
    pub store: S,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// The key that signs tokens.
    pub signing: SigningKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
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

/// A checked request.
#[derive(Debug)]
pub struct AttemptRequest<'a> {
    /// The calling tenant, or that of the capability.
    pub tenant: TenantId,
    /// The verification.
    pub verification: VerificationId,
    /// What the user presented.
    pub factors: PresentedFactors,
    /// Names the attempt.
    pub key: IdempotencyKey,
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// What a right attempt gives, once.
#[derive(Debug)]
pub struct Verified {
    /// Proves the verification to anyone.
    pub access_token: AccessToken,
    /// Renews it.
    pub refresh_token: RefreshToken,
    /// The session that both belong to.
    pub session: SessionId,
}

impl<S, U, A> Verify<S, U, A>
where
    S: VerifyStore,
    U: UnwrapKey,
    A: RecordEvent,
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

    /// Lets the holder of the verification's own capability through, as its tenant.
    ///
    /// # Errors
    /// [`VerifyError`] if it is not this verification's, or the key to check it with is not to be had.
    pub async fn admit(&self, holder: &PresentedCapability, id: VerificationId) -> Result<TenantId, VerifyError> {
        if self.0.keys.holds(holder, id).await? { Ok(holder.tenant()) } else { Err(VerifyError::NotTheHolder) }
    }

    /// Decides one attempt.
    ///
    /// # Errors
    /// [`VerifyError`] for anything but the one right attempt that completes the verification.
    pub async fn verify(&self, request: AttemptRequest<'_>) -> Result<Verified, VerifyError> {
        // Both keys are at hand before anything is claimed: a key service that is down costs nobody an attempt.
        let (current, signing) = tokio::try_join!(self.0.keys.current(request.tenant), self.0.signing.current())?;
        let verification = self.claim(&request).await?;
        let decision = Decision { request: &request, verification: &verification, branch: &current };
        let stored = self.open(&decision).await?;
        if !self.compare(&decision, stored.clone()).await? {
            return Err(self.fail(&decision).await?);
        }
        let verified = self.complete(&decision, &signing).await?;
        self.upgrade(&decision, &stored).await;
        Ok(verified)
    }

    async fn claim(&self, request: &AttemptRequest<'_>) -> Result<Verification, VerifyError> {
        let claim = ClaimRequest {
            tenant: request.tenant,
            verification: request.verification,
            attempt: request.key,
            presented: request.factors.types(),
            now: self.0.clock.now(),
        };
        match self.0.store.claim_attempt(&claim).await? {
            Claim::Granted(verification) => Ok(*verification),
            Claim::Unknown => Err(VerifyError::Unknown),
            Claim::Repeated(Attempt::Claimed) => Err(VerifyError::InProgress),
            Claim::Repeated(Attempt::Wrong { attempts_remaining }) => Err(VerifyError::Wrong { attempts_remaining }),
            Claim::Repeated(Attempt::Right) | Claim::Closed => Err(VerifyError::Closed),
            Claim::Mismatched => Err(VerifyError::Mismatched),
        }
    }

    async fn open(&self, decision: &Decision<'_>) -> Result<StoredVerifier, VerifyError> {
        let verification = decision.verification;
        let sealing = self.0.keys.version(verification.tenant, verification.branch_key_version).await?;
        Ok(sealing.open_asked_verifier(verification.user, verification.id, &verification.verifier)?)
    }

    /// Exactly one derivation and one comparison, whoever the user is.
    async fn compare(&self, decision: &Decision<'_>, stored: StoredVerifier) -> Result<bool, VerifyError> {
        let verification = decision.verification;
        let pepper = self.0.keys.version(verification.tenant, stored.branch_key_version()).await?;

        let (user, factors) = (verification.user, decision.request.factors.clone());
        let compared =
            self.0.kdf.run(move |kdf| -> Result<_, VerifierError> { pepper.check(kdf, user, &factors, &stored) });
        Ok(compared.await? == crypto::Outcome::Match)
    }

    async fn fail(&self, decision: &Decision<'_>) -> Result<VerifyError, VerifyError> {
        let Decision { request, verification, .. } = decision;
        let attempts_remaining = verification.attempts_remaining();
        let outcome = Outcome::AttemptWrong { verification: verification.id, attempts_remaining };
        let event = self.event(decision, outcome, "attempt");
        let (failed, recorded) = tokio::join!(
            self.0.store.fail_attempt(request.tenant, verification.id, request.key, attempts_remaining),
            self.0.audit.record_event(&event),
        );
        failed?;
        recorded?;
        Ok(VerifyError::Wrong { attempts_remaining })
    }

    async fn complete(&self, decision: &Decision<'_>, signing: &SigningKey) -> Result<Verified, VerifyError> {
        let verification = decision.verification;
        let acr = Acr::earned_by(verification.asked).ok_or(VerifyError::Unearned)?;
        let (session, refresh_token) = self.new_session(verification)?;
        let outcome = Outcome::VerificationSucceeded { verification: verification.id, session: session.id, acr };
        let event = self.event(decision, outcome, "attempt");
        let completion = CompletionRequest {
            verification: verification.id,
            attempt: decision.request.key,
            session: session.clone(),
        };
        let (completed, recorded) =
            tokio::join!(self.0.store.complete_verification(&completion), self.0.audit.record_event(&event),);
        if completed? == Completion::Closed {
            let outcome = Outcome::CompletionRefused { verification: verification.id };
            self.0.audit.record_event(&self.event(decision, outcome, "completion-refused")).await?;
            return Err(VerifyError::Closed);
        }
        recorded?;
        let access_token = self.mint(verification, &session, (acr, signing))?;
        Ok(Verified { access_token, refresh_token, session: session.id })
    }

    fn new_session(&self, verification: &Verification) -> Result<(Session, RefreshToken), VerifyError> {
        let id = SessionId::from_keyed_bytes(self.0.entropy.array()?);
        let refresh_token = RefreshToken::generate(verification.user, id, &*self.0.entropy)?;
        let now = self.0.clock.now();
        let session = Session {
            tenant: verification.tenant,
            user: verification.user,
            id,
            created_at: now,
            expires_at: now + SESSION_LIFETIME,
            refresh_token: refresh_token.hash(),
            revoked_at: None,
        };
        Ok((session, refresh_token))
    }

    fn mint(
        &self,
        verification: &Verification,
        session: &Session,
        (acr, signing): (Acr, &SigningKey),
    ) -> Result<AccessToken, VerifyError> {
        let claims = Claims {
            issuer: self.0.issuer.clone(),
            user: session.user,
            tenant: session.tenant,
            id: TokenId::draw(&*self.0.entropy)?,
            session: session.id,
            acr,
            verified_at: session.created_at,
            issued_at: session.created_at,
            expires_at: session.created_at + ACCESS_TOKEN_LIFETIME,
            transaction: verification.transaction,
        };
        mint(signing, &claims).map_err(VerifyError::Sign)
    }

    /// The event's id derives from the attempt's key, so that a retry after a lost answer records nothing twice.
    fn event(&self, decision: &Decision<'_>, outcome: Outcome, label: &'static str) -> Event {
        let Decision { request, verification, branch } = decision;
        Event {
            id: branch.event_id(&request.key, label, verification.id.as_bytes()),
            tenant: request.tenant,
            subject: Subject::new(branch.subject_pseudonym(verification.user)),
            at: self.0.clock.now(),
            request_id: request.request_id.clone(),
            outcome,
        }
    }
}

/// A claimed attempt that is being decided.
pub(crate) struct Decision<'a> {
    pub(crate) request: &'a AttemptRequest<'a>,
    pub(crate) verification: &'a Verification,
    /// The tenant's newest branch key.
    pub(crate) branch: &'a Arc<BranchKey>,
}

impl<S, U, A> Clone for Verify<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
