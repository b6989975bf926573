//! The use case.

use std::sync::Arc;

use admission::Admission;
use audit::{Outcome, RecordEvents, RefusalReason};
use crypto::{BranchKey, KdfParameters, KdfPool, UnwrapKey};
use denials::Denials;
use domain::{AskableSets, Clock, Enrollment, Entropy, RequestNonce, enrollable};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{Beginning, CurrentEnrollment, EnrollmentCreation, OutboxEvent};

use crate::request::{EnrollRequest, Execution};
use crate::{EnrollError, EnrollStore};

/// What enrolling works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Enrollments, and requests in flight.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
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
pub struct Enroll<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S, U, A> Enroll<S, U, A>
where
    S: EnrollStore,
    U: UnwrapKey,
    A: RecordEvents,
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
    /// [`EnrollError`] if the factors break a rule, a limit is used up, the user is enrolled, or a dependency does not answer.
    pub async fn enroll(&self, request: EnrollRequest<'_>) -> Result<Enrollment, EnrollError> {
        enrollable(request.factors.types())?;
        let branch = self.enter(&request).await?;
        let _turn = self.0.kdf.turn(AskableSets::count(request.factors.types()))?;
        let execution = Execution {
            request: &request,
            branch: &branch,
            user: request.arrival.user.unwrap_or_else(|| branch.user_id(&request.key)),
            fingerprint: branch.fingerprint(request.key, "enroll", request.body),
            nonce: RequestNonce(self.0.entropy.array()?),
        };
        let enrolled = self.execute(execution).await;
        if enrolled.as_ref().is_err_and(EnrollError::leaves_undone) {
            self.abandon(execution).await;
        }
        enrolled
    }

    /// The limits; beside them, the key that a cold process waits for.
    async fn enter(&self, request: &EnrollRequest<'_>) -> Result<Arc<BranchKey>, EnrollError> {
        let ((), branch) =
            tokio::try_join!(async { Ok::<_, EnrollError>(self.0.admission.admit(&request.arrival).await?) }, async {
                Ok(self.0.keys.current(request.arrival.tenant).await?)
            },)?;
        Ok(branch)
    }

    /// Whoever is enrolled costs one wait and no derivation, and neither does a request that is in flight already. What was enrolled
    /// is its own record of the request: it is found again, by its fingerprint, for as long as the user is enrolled.
    async fn execute(&self, execution: Execution<'_>) -> Result<Enrollment, EnrollError> {
        let (tenant, user) = (execution.tenant(), execution.user);
        let (beginning, existing) = tokio::join!(
            self.0.store.begin_request(tenant, &execution.fingerprint, execution.nonce, self.0.clock.now()),
            self.0.store.find_current_enrollment(tenant, user),
        );
        match (beginning?, existing?) {
            (Beginning::OtherRequest, _) => Err(EnrollError::KeyReused),
            (_, CurrentEnrollment::Enrolled(existing) | CurrentEnrollment::Disabled { enrollment: existing, .. }) => {
                self.conclude(execution, *existing).await
            }
            (_, CurrentEnrollment::Erased { .. }) => self.refuse_erased(execution).await,
            (Beginning::InFlight, CurrentEnrollment::Unknown) => Err(EnrollError::InProgress),
            // An enrollment is never answered from here; if it were, creating it would still be decided by one write.
            (Beginning::Begun | Beginning::Answered(_), CurrentEnrollment::Unknown) => self.create(execution).await,
        }
    }

    /// One write creates the enrollment and keeps its event, which is then sent at once, too.
    async fn create(&self, execution: Execution<'_>) -> Result<Enrollment, EnrollError> {
        let verifiers = self.make_verifiers(execution).await?;
        let (enrollment, event) = self.seal(execution, &verifiers)?;
        match self.0.store.create_enrollment(&enrollment, &OutboxEvent::from(&event)).await? {
            EnrollmentCreation::Created => {
                self.0.audit.announce(&event).await;
                Ok(enrollment)
            }
            EnrollmentCreation::AlreadyEnrolled(existing) => self.conclude(execution, *existing).await,
            EnrollmentCreation::Erased => self.refuse_erased(execution).await,
        }
    }

    /// The answer to a user who is enrolled already. If it was this request that did so, the event of it was kept with the enrollment.
    async fn conclude(&self, execution: Execution<'_>, enrollment: Enrollment) -> Result<Enrollment, EnrollError> {
        if enrollment.request == execution.fingerprint {
            return Ok(enrollment);
        }
        if enrollment.request.key == execution.request.key {
            return Err(EnrollError::KeyReused);
        }
        self.record_refusal(execution, RefusalReason::AlreadyEnrolled).await?;
        Err(EnrollError::AlreadyEnrolled)
    }

    /// Whoever sends it, and however often: an erased user does not come back.
    async fn refuse_erased(&self, execution: Execution<'_>) -> Result<Enrollment, EnrollError> {
        self.record_refusal(execution, RefusalReason::UserErased).await?;
        Err(EnrollError::Erased)
    }

    async fn record_refusal(&self, execution: Execution<'_>, reason: RefusalReason) -> Result<(), EnrollError> {
        let outcome = Outcome::EnrollmentRefused { reason };
        let refused = execution.event("enroll-refused", self.0.clock.now(), outcome);
        Ok(self.0.audit.record_events(&[refused]).await?)
    }
}

impl<S, U, A> Clone for Enroll<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
