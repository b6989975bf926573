//! The use case.

use std::sync::Arc;

use admission::Admission;
use audit::{Event, RecordEvents};
use countersign_http::{Recognised, StepUp, StepUpRefused};
use crypto::{Answered, BranchKey, KdfParameters, KdfPool, UnwrapKey};
use denials::Denials;
use domain::{AskableSets, Clock, Enrollment, Entropy, RequestNonce, SessionId, enrollable};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{Beginning, CurrentEnrollment, FactorRotation, FactorRotationOutcome, OutboxEvent};
use zeroize::Zeroizing;

use crate::http::answer_body;
use crate::request::{Execution, OPERATION, RotateRequest, Rotated};
use crate::{RotateError, RotateStore};

/// What rotating works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Enrollments, and requests with their answers.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// Checks that the user was just verified.
    pub step_up: StepUp<S>,
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

/// Rotates factors.
#[derive(Debug)]
pub struct Rotate<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S, U, A> Rotate<S, U, A>
where
    S: RotateStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Rotates with these ports.
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

    /// Replaces the user's factors, or gives the answer of an earlier try of the same request. Once this succeeds, no session of before
    /// is active and no factor of before verifies.
    ///
    /// # Errors
    /// [`RotateError`] if the factors break a rule, the step-up token is not good enough, a limit is used up, or a dependency does not
    /// answer; in this last case whether the factors are rotated is unknown.
    pub async fn rotate(&self, request: RotateRequest<'_>) -> Result<Rotated, RotateError> {
        enrollable(request.factors.types())?;
        let (branch, recognised) = self.enter(&request).await?;
        let _turn = self.0.kdf.turn(AskableSets::count(request.factors.types()))?;
        let execution = Execution::new(&request, &branch, RequestNonce(self.0.entropy.array()?));
        let rotated = self.execute(execution, &recognised).await;
        if rotated.as_ref().is_err_and(RotateError::leaves_undone) {
            self.abandon(execution).await;
        }
        rotated
    }

    /// The limits, which count whoever comes; beside them, the keys that a cold process waits for. A token that is not even genuine costs
    /// nothing more.
    async fn enter(&self, request: &RotateRequest<'_>) -> Result<(Arc<BranchKey>, Recognised), RotateError> {
        let (tenant, token) = (request.arrival.tenant, request.unverified_token);
        let (admitted, branch, recognised) = tokio::join!(
            self.0.admission.admit(&request.arrival),
            self.0.keys.current(tenant),
            self.0.step_up.recognise(token, tenant, request.user),
        );
        admitted?;
        Ok((branch?, recognised?))
    }

    async fn execute(&self, execution: Execution<'_>, recognised: &Recognised) -> Result<Rotated, RotateError> {
        let (tenant, user) = (execution.tenant(), execution.request.user);
        let (beginning, current, confirmed) = tokio::join!(
            self.0.store.begin_request(tenant, &execution.fingerprint, execution.nonce, self.0.clock.now()),
            self.0.store.find_current_enrollment(tenant, user),
            self.0.step_up.confirm(recognised),
        );
        match beginning? {
            Beginning::Begun => {}
            Beginning::InFlight => return Err(RotateError::InProgress),
            Beginning::OtherRequest => return Err(RotateError::KeyReused),
            Beginning::Answered(answer) => {
                let body = execution.branch.open_answer(ANSWERED, execution.fingerprint, &answer)?;
                return Ok(Rotated { body });
            }
        }
        match current? {
            // An earlier try died between its transaction and its answer.
            CurrentEnrollment::Enrolled(found) if found.request == execution.fingerprint => {
                self.conclude(execution, &found, None).await
            }
            CurrentEnrollment::Enrolled(before) => self.change(execution, &before, confirmed?).await,
            CurrentEnrollment::Unknown | CurrentEnrollment::Disabled { .. } | CurrentEnrollment::Erased { .. } => {
                confirmed?;
                Err(RotateError::NotEnrolled)
            }
        }
    }

    /// One transaction replaces the factors and keeps the event, if the session that asks for it still lives: it may have been revoked while
    /// the verifiers were made. Somebody else's rotation ends it, too.
    async fn change(
        &self,
        execution: Execution<'_>,
        before: &Enrollment,
        session: SessionId,
    ) -> Result<Rotated, RotateError> {
        let verifiers = self.make_verifiers(execution).await?;
        let (enrollment, event) = self.seal(execution, before, &verifiers).await?;
        let rotation = FactorRotation { enrollment, asked_by: Some(session), at: event.at };
        match self.0.store.rotate_factors(&rotation, &OutboxEvent::from(&event)).await? {
            FactorRotationOutcome::Rotated => self.conclude(execution, &rotation.enrollment, Some(&event)).await,
            FactorRotationOutcome::Superseded => Err(StepUpRefused::Required.into()),
        }
    }

    /// Once no copy of the factors before is read any more, stores the answer: from here on a retry does nothing more.
    async fn conclude(
        &self,
        execution: Execution<'_>,
        enrollment: &Enrollment,
        event: Option<&Event>,
    ) -> Result<Rotated, RotateError> {
        let Execution { branch, fingerprint, nonce, .. } = execution;
        self.0.store.forget_rotated(enrollment.tenant, enrollment.user).await?;
        let body = Zeroizing::new(answer_body(enrollment)?);
        let answer = branch.seal_answer(ANSWERED, fingerprint, &body, &*self.0.entropy)?;
        let announced = async {
            if let Some(event) = event {
                self.0.audit.announce(event).await;
            }
        };
        let finished = self.0.store.finish_request(execution.tenant(), &fingerprint, nonce, &answer);
        let ((), finished) = tokio::join!(announced, finished);
        finished?;
        Ok(Rotated { body })
    }
}

impl<S, U, A> Clone for Rotate<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

const ANSWERED: Answered = Answered::Operation(OPERATION);
