//! The use case.

use std::sync::Arc;
use std::time::Duration;

use admission::Admission;
use audit::{About, Event, Outcome, RecordEvents, Subject};
use countersign_http::{Recognised, StepUp, StepUpRefused};
use crypto::{Answered, BranchKey, UnwrapKey};
use denials::Denials;
use domain::{Clock, Enrollment, Entropy, RequestNonce, SessionId};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{Beginning, CurrentEnrollment, Erasure, ErasureOutcome, OutboxEvent};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::http::answer_body;
use crate::request::{EraseRequest, Erased, Execution, OPERATION};
use crate::{EraseError, EraseStore};

/// What erasing works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Users, and requests with their answers.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// Checks that the user was just verified.
    pub step_up: StepUp<S>,
    /// The tenants' keys, for the subject's pseudonym and the stored answer.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Erases users.
#[derive(Debug)]
pub struct Erase<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S, U, A> Erase<S, U, A>
where
    S: EraseStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Erases with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Erases the user, or finds it done. Once this succeeds, nothing that is stored decrypts to what the user's key had sealed.
    ///
    /// # Errors
    /// [`EraseError`] if the step-up token is not good enough, a limit is used up, or a dependency does not answer; in this last case
    /// whether the user is erased is unknown.
    pub async fn erase(&self, request: EraseRequest<'_>) -> Result<Erased, EraseError> {
        let (branch, recognised) = self.enter(&request).await?;
        let execution = Execution::new(&request, &branch, RequestNonce(self.0.entropy.array()?));
        let erased = self.execute(execution, &recognised).await;
        if erased.as_ref().is_err_and(EraseError::leaves_undone) {
            self.abandon(execution).await;
        }
        erased
    }

    /// The limits, which count whoever comes; beside them, the keys that a cold process waits for. A token that is not even genuine costs
    /// nothing more.
    async fn enter(&self, request: &EraseRequest<'_>) -> Result<(Arc<BranchKey>, Recognised), EraseError> {
        let (tenant, token) = (request.arrival.tenant, request.unverified_token);
        let (admitted, branch, recognised) = tokio::join!(
            self.0.admission.admit(&request.arrival),
            self.0.keys.current(tenant),
            self.0.step_up.recognise(token, tenant, request.user),
        );
        admitted?;
        Ok((branch?, recognised?))
    }

    async fn execute(&self, execution: Execution<'_>, recognised: &Recognised) -> Result<Erased, EraseError> {
        let (tenant, user) = (execution.tenant(), execution.request.user);
        let (beginning, current, confirmed) = tokio::join!(
            self.0.store.begin_request(tenant, &execution.fingerprint, execution.nonce, self.0.clock.now()),
            self.0.store.find_current_enrollment(tenant, user),
            self.0.step_up.confirm(recognised),
        );
        match beginning? {
            Beginning::Begun => {}
            Beginning::InFlight => return Err(EraseError::InProgress),
            Beginning::OtherRequest => return Err(EraseError::KeyReused),
            Beginning::Answered(answer) => {
                let body = execution.branch.open_answer(ANSWERED, execution.fingerprint, &answer)?;
                return Ok(Erased { body });
            }
        }
        match current? {
            // No session is left to step up with, and nothing to protect: a token that was the user's is enough.
            CurrentEnrollment::Erased { at } => self.conclude(execution, at, None).await,
            CurrentEnrollment::Enrolled(enrollment) => self.change(execution, &enrollment, confirmed?).await,
            CurrentEnrollment::Unknown | CurrentEnrollment::Disabled { .. } => {
                confirmed?;
                Err(EraseError::NotEnrolled)
            }
        }
    }

    /// One transaction erases and keeps the event, if the session that asks for it still lives. The event's id derives from the request.
    async fn change(
        &self,
        execution: Execution<'_>,
        enrollment: &Enrollment,
        session: SessionId,
    ) -> Result<Erased, EraseError> {
        let Execution { request, branch, .. } = execution;
        let (tenant, user, at) = (execution.tenant(), request.user, self.0.clock.now());
        let event = Event {
            id: branch.event_id(&request.key, OPERATION, user.as_bytes()),
            about: About::Person { tenant, subject: Subject::new(branch.subject_pseudonym(user)) },
            at,
            request_id: request.request_id.clone(),
            outcome: Outcome::UserErased { key_version: enrollment.key_version },
            // What the person's key sealed would be unreadable from the start.
            personal: None,
        };
        let erasure = Erasure { tenant, user, asked_by: Some(session), at };
        match self.0.store.erase_user(&erasure, &OutboxEvent::from(&event)).await? {
            ErasureOutcome::Erased => self.conclude(execution, at, Some(&event)).await,
            ErasureOutcome::AlreadyErased { at } => self.conclude(execution, at, None).await,
            ErasureOutcome::Unknown => Err(EraseError::NotEnrolled),
            ErasureOutcome::SessionEnded => Err(StepUpRefused::Required.into()),
        }
    }

    /// Once no copy of the enrollment is read any more, stores the answer: from here on a retry does nothing more.
    async fn conclude(
        &self,
        execution: Execution<'_>,
        at: Timestamp,
        event: Option<&Event>,
    ) -> Result<Erased, EraseError> {
        let Execution { request, branch, fingerprint, nonce } = execution;
        self.0.store.forget_erased(execution.tenant(), request.user).await?;
        let body = Zeroizing::new(answer_body(request.user, at)?);
        let answer = branch.seal_answer(ANSWERED, fingerprint, &body, &*self.0.entropy)?;
        let announced = async {
            if let Some(event) = event {
                self.0.audit.announce(event).await;
            }
        };
        let finished = self.0.store.finish_request(execution.tenant(), &fingerprint, nonce, &answer);
        let ((), finished) = tokio::join!(announced, finished);
        finished?;
        Ok(Erased { body })
    }

    /// Gives the request up, so that the same one can be executed again at once. If that fails, it can be after
    /// [`domain::IN_FLIGHT_FOR`].
    async fn abandon(&self, execution: Execution<'_>) {
        let Execution { fingerprint, nonce, .. } = execution;
        let abandoned = self.0.store.abandon_request(execution.tenant(), &fingerprint, nonce);
        match timeout(ABANDON_ALLOWANCE, abandoned).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&error), "left an undone request begun");
            }
            Err(late) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&late), "left an undone request begun");
            }
        }
    }
}

impl<S, U, A> Clone for Erase<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

const ANSWERED: Answered = Answered::Operation(OPERATION);

/// The caller is waiting for a 503.
const ABANDON_ALLOWANCE: Duration = Duration::from_secs(1);
