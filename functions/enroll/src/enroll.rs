//! The use case.

use std::sync::Arc;

use audit::{Event, Outcome, RecordEvent, RefusalReason, Subject};
use crypto::{BranchKey, EnrolledFactors, KdfParameters, KdfPool, UnwrapKey, VerifierError, Verifiers};
use domain::{
    AskableSets, Clock, DeviceId, Enrollment, EnrollmentRefused, Entropy, IdempotencyKey, PresentedFactors,
    RequestFingerprint, RequestId, TenantId, UserId, enrollable,
};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{CreateEnrollment, EnrollmentCreation, FindBranchKey, FindEnrollment};

use crate::EnrollError;

/// What enrolling works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Enrollments.
    pub store: S,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Where key derivations run.
    pub kdf: KdfPool,
    /// How verifiers are derived.
    pub parameters: KdfParameters,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Enrols users.
#[derive(Debug)]
pub struct Enroll<S, U, A>(Arc<Ports<S, U, A>>);

/// A checked request. No `Debug`: it carries what the caller sent.
pub struct EnrollRequest<'a> {
    /// The calling tenant.
    pub tenant: TenantId,
    /// The user's id, if the tenant chose it.
    pub user: Option<UserId>,
    /// The factors to enrol.
    pub factors: PresentedFactors,
    /// The user's device.
    pub device: Option<DeviceId>,
    /// Names the intended change.
    pub key: IdempotencyKey,
    /// The bytes by which a retry is recognised.
    pub body: &'a [u8],
    /// Names the request in the audit trail.
    pub request_id: &'a RequestId,
}

impl<S, U, A> Enroll<S, U, A>
where
    S: FindEnrollment + CreateEnrollment + FindBranchKey,
    U: UnwrapKey,
    A: RecordEvent,
{
    /// Enrols with these ports.
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

    /// Enrols the user, or gives the enrollment that an earlier try of the same request made.
    ///
    /// # Errors
    /// [`EnrollError`] if the factors break a rule, the user is enrolled, or a dependency does not answer.
    pub async fn enroll(&self, request: EnrollRequest<'_>) -> Result<Enrollment, EnrollError> {
        enrollable(request.factors.types())?;
        let branch = self.0.keys.current(request.tenant).await?;
        let user = request.user.unwrap_or_else(|| branch.user_id(&request.key));
        let fingerprint = branch.fingerprint(request.key, "enroll", request.body);

        let enrollment = self.find_or_create(&request, &branch, user, fingerprint).await?;

        if enrollment.request == fingerprint {
            let outcome =
                Outcome::EnrollmentCreated { factors: enrollment.factors, key_version: enrollment.key_version };
            self.record(&request, &branch, user, outcome).await?;
            return Ok(enrollment);
        }
        if enrollment.request.key == request.key {
            return Err(EnrollError::KeyReused);
        }
        let outcome = Outcome::EnrollmentRefused { reason: RefusalReason::AlreadyEnrolled };
        self.record(&request, &branch, user, outcome).await?;
        Err(EnrollError::AlreadyEnrolled)
    }

    /// The user's enrollment: this request's if the user had none. An existing one costs one read and no derivation.
    async fn find_or_create(
        &self,
        request: &EnrollRequest<'_>,
        branch: &Arc<BranchKey>,
        user: UserId,
        fingerprint: RequestFingerprint,
    ) -> Result<Enrollment, EnrollError> {
        if let Some(existing) = self.0.store.find_enrollment(request.tenant, user).await? {
            return Ok(existing);
        }
        let verifiers = self.make_verifiers(branch, user, &request.factors).await?;
        let enrollment = self.seal(request, branch, (user, fingerprint), &verifiers)?;
        match self.0.store.create_enrollment(&enrollment).await? {
            EnrollmentCreation::Created => Ok(enrollment),
            EnrollmentCreation::AlreadyEnrolled(existing) => Ok(*existing),
        }
    }

    /// Up to 16 derivations, on the pool.
    async fn make_verifiers(
        &self,
        branch: &Arc<BranchKey>,
        user: UserId,
        factors: &PresentedFactors,
    ) -> Result<Verifiers, EnrollError> {
        let sets = AskableSets::draw(factors.types(), &*self.0.entropy)?;
        let sets = sets.ok_or(EnrollmentRefused::Categories)?;
        let (branch, factors) = (Arc::clone(branch), factors.clone());
        let (parameters, entropy) = (self.0.parameters, Arc::clone(&self.0.entropy));
        let made = self.0.kdf.run(move |kdf| -> Result<Verifiers, VerifierError> {
            let enrolled = EnrolledFactors { user, presented: &factors, sets: &sets, parameters };
            branch.make_verifiers(kdf, &*entropy, &enrolled)
        });
        Ok(made.await?)
    }

    fn seal(
        &self,
        request: &EnrollRequest<'_>,
        branch: &BranchKey,
        (user, fingerprint): (UserId, RequestFingerprint),
        verifiers: &Verifiers,
    ) -> Result<Enrollment, EnrollError> {
        let entropy = &*self.0.entropy;
        let user_key = branch.new_user_key(user, entropy)?;
        let device_id =
            request.device.as_ref().map(|device| user_key.seal_device_id(device, FIRST_KEY_VERSION, entropy));
        Ok(Enrollment {
            tenant: request.tenant,
            user,
            key_version: FIRST_KEY_VERSION,
            branch_key_version: branch.version(),
            factors: request.factors.types(),
            created_at: self.0.clock.now(),
            user_key: branch.seal_user_key(&user_key, entropy)?,
            askable_sets: user_key.seal_verifiers(verifiers, FIRST_KEY_VERSION, entropy)?,
            device_id: device_id.transpose()?,
            request: fingerprint,
        })
    }

    /// Records the event under an id that a retry gives it again.
    async fn record(
        &self,
        request: &EnrollRequest<'_>,
        branch: &BranchKey,
        user: UserId,
        outcome: Outcome,
    ) -> Result<(), EnrollError> {
        let event = Event {
            id: branch.event_id(&request.key, "enroll", user.as_bytes()),
            tenant: request.tenant,
            subject: Subject::new(branch.subject_pseudonym(user)),
            at: self.0.clock.now(),
            request_id: request.request_id.clone(),
            outcome,
        };
        Ok(self.0.audit.record_event(&event).await?)
    }
}

impl<S, U, A> Clone for Enroll<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

const FIRST_KEY_VERSION: u32 = 1;
