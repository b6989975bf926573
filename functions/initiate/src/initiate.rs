//! The use case.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit::{Event, Outcome, RecordEvent, Subject};
use crypto::{BranchKey, Capability, KdfParameters, StoredVerifier, UnwrapKey, transaction_hash};
use domain::{
    BranchKeyVersion, Clock, Enrollment, Entropy, IdempotencyKey, RequestId, TenantId, Transaction, UserId,
    VERIFICATION_LIFETIME, Verification, Window,
};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{FindBranchKey, FindEnrollment, OpenVerification, Opening};

use crate::InitiateError;

/// What initiating works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Enrollments and verifications.
    pub store: S,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// How new verifiers are derived, and so what a decoy looks like.
    pub parameters: KdfParameters,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Opens verifications.
#[derive(Debug)]
pub struct Initiate<S, U, A>(Arc<Ports<S, U, A>>);

/// A checked request. No `Debug`: it carries what the caller sent.
pub struct InitiateRequest<'a> {
    /// The calling tenant.
    pub tenant: TenantId,
    /// The person to verify.
    pub user: UserId,
    /// What the token will be bound to.
    pub transaction: Option<Transaction>,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

/// An open verification and what only its opener learns.
#[derive(Debug)]
pub struct Opened {
    /// The verification.
    pub verification: Verification,
    /// Random to everybody else; for factors that sign.
    pub challenge: [u8; 32],
    /// Lets the user's device use this verification's own routes.
    pub capability: Capability,
}

impl<S, U, A> Initiate<S, U, A>
where
    S: FindEnrollment + OpenVerification + FindBranchKey,
    U: UnwrapKey,
    A: RecordEvent,
{
    /// Opens verifications with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Opens a verification, or gives the one that an earlier try of the same request opened.
    ///
    /// # Errors
    /// [`InitiateError`] if the idempotency key opened another one, or a dependency does not answer.
    pub async fn initiate(&self, request: InitiateRequest<'_>) -> Result<Opened, InitiateError> {
        let (branch, enrollment) =
            tokio::try_join!(async { Ok::<_, InitiateError>(self.0.keys.current(request.tenant).await?) }, async {
                Ok(self.0.store.find_enrollment(request.tenant, request.user).await?)
            },)?;
        let verification = self.prepare(&request, &branch, enrollment.as_ref()).await?;

        // The event's id derives from the request, so that a retry after a lost answer records nothing twice.
        let event = event(&request, &branch, &verification);
        let (opening, recorded) =
            tokio::join!(self.0.store.open_verification(&verification), self.0.audit.record_event(&event));
        let verification = match opening? {
            Opening::Opened => verification,
            Opening::AlreadyOpened(existing) if existing.request == verification.request => *existing,
            Opening::AlreadyOpened(_) => return Err(InitiateError::KeyReused),
        };
        recorded?;

        Ok(Opened {
            challenge: branch.challenge(verification.id),
            capability: branch.capability(verification.id),
            verification,
        })
    }

    async fn prepare(
        &self,
        request: &InitiateRequest<'_>,
        branch: &BranchKey,
        enrollment: Option<&Enrollment>,
    ) -> Result<Verification, InitiateError> {
        let id = branch.verification_id(&request.key);
        let now = self.0.clock.now();
        let asked = self.asked(request.user, branch, enrollment, Window::containing(now)).await?;
        Ok(Verification {
            tenant: request.tenant,
            id,
            user: request.user,
            asked: asked.set(),
            key_version: enrollment.map_or(0, |enrollment| enrollment.key_version),
            branch_key_version: branch.version(),
            verifier: branch.seal_asked_verifier(request.user, id, &asked, &*self.0.entropy)?,
            transaction: request.transaction.as_ref().map(transaction_hash),
            created_at: now,
            expires_at: now + VERIFICATION_LIFETIME,
            attempts: BTreeMap::new(),
            verified: None,
            request: branch.fingerprint(request.key, "initiate", request.body),
        })
    }

    /// The verifier of the set to ask for. The decoy is made for everybody, so that its cost tells nothing, and under the
    /// first branch key, so that a rotation does not change what unknown users are asked for.
    async fn asked(
        &self,
        user: UserId,
        branch: &BranchKey,
        enrollment: Option<&Enrollment>,
        window: Window,
    ) -> Result<StoredVerifier, InitiateError> {
        let first = self.0.keys.version(branch.tenant(), BranchKeyVersion::FIRST).await?;
        let decoy = first.decoy(user, self.0.parameters)?;
        let verifiers = match enrollment {
            None => decoy,
            Some(enrollment) => {
                let sealing = self.0.keys.version(enrollment.tenant, enrollment.branch_key_version).await?;
                let user_key = sealing.open_user_key(user, &enrollment.user_key)?;
                user_key.open_verifiers(&enrollment.askable_sets, enrollment.key_version)?
            }
        };
        verifiers.asked(branch.selector(user, window)).cloned().ok_or(InitiateError::NoSets)
    }
}

impl<S, U, A> Clone for Initiate<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

fn event(request: &InitiateRequest<'_>, branch: &BranchKey, verification: &Verification) -> Event {
    Event {
        id: branch.event_id(&request.key, "initiate", verification.id.as_bytes()),
        tenant: request.tenant,
        subject: Subject::new(branch.subject_pseudonym(request.user)),
        at: verification.created_at,
        request_id: request.request_id.clone(),
        outcome: Outcome::VerificationOpened {
            verification: verification.id,
            asked: verification.asked,
            transaction: verification.transaction,
        },
    }
}
