//! The use case.

use std::sync::Arc;

use admission::Admission;
use audit::RecordEvents;
use crypto::{BranchKey, KdfParameters, UnwrapKey, UserKey};
use denials::Denials;
use domain::{Clock, Enrollment, Entropy, Home, Verification};
use jiff::Timestamp;
use keyring::BranchKeys;
use store::{Opening, StoreErrorKind};

use crate::prepare::Prepared;
use crate::request::{InitiateRequest, Known, Opened};
use crate::{InitiateError, InitiateStore};

/// What initiating works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Enrollments and verifications.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The tenants' keys.
    pub keys: BranchKeys<S, U>,
    /// Takes the audit events.
    pub audit: A,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// How new verifiers are derived, and so what a decoy looks like.
    pub parameters: KdfParameters,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Opens verifications.
#[derive(Debug)]
pub struct Initiate<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S, U, A> Initiate<S, U, A>
where
    S: InitiateStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Opens verifications with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Opens a verification, or gives the one that an earlier try of the same request opened, whatever the limits say by now.
    ///
    /// # Errors
    /// [`InitiateError`] if the idempotency key opened another one, a limit is used up, or a dependency does not answer.
    pub async fn initiate(&self, request: InitiateRequest<'_>) -> Result<Opened, InitiateError> {
        let (admitted, enrollment, recognised) = tokio::join!(
            self.0.admission.admit(&request.arrival),
            self.0.store.find_enrollment(request.arrival.tenant, request.user),
            self.recognise(&request),
        );
        let (branch, opened_before) = recognised?;
        let fingerprint = branch.fingerprint(request.key, "initiate", request.body);
        let known = Known { request: &request, branch: &branch, fingerprint };
        if let Some(verification) = opened_before {
            // Without the enrollment at hand, the event goes without an address.
            let user_key = match enrollment {
                Ok(enrollment) => Some(self.user_key(known, enrollment.as_ref()).await?),
                Err(_) => None,
            };
            return self.repeat(known, verification, user_key.as_ref()).await;
        }
        admitted?;
        self.open(known, enrollment?.as_ref()).await
    }

    /// The tenant's key, and the verification that the request's key has opened already.
    async fn recognise(
        &self,
        request: &InitiateRequest<'_>,
    ) -> Result<(Arc<BranchKey>, Option<Verification>), InitiateError> {
        let branch = self.0.keys.current(request.arrival.tenant).await?;
        let id = branch.verification_id(&request.key, self.0.store.home());
        let found = self.0.store.find_verification(request.arrival.tenant, id).await;
        match found {
            Ok(found) => Ok((branch, found)),
            Err(error) if error.kind == StoreErrorKind::Corrupt => Err(error.into()),
            // Opening decides: it is a conditional write, and gives what it meets.
            Err(error) => {
                tracing::warn!(error.chain = %telemetry::Chain::of(&error), "took a request for a new one: it can't be looked up");
                Ok((branch, None))
            }
        }
    }

    /// What an earlier try of this request opened. Its event is sent again, under its id: that try may have failed to send it.
    async fn repeat(
        &self,
        known: Known<'_>,
        verification: Verification,
        user_key: Option<&UserKey>,
    ) -> Result<Opened, InitiateError> {
        if verification.request != known.fingerprint {
            return Err(InitiateError::KeyReused);
        }
        let event = self.event(known, &verification, user_key)?;
        self.0.audit.record_events(&[event]).await?;
        let opener = self.0.keys.version(verification.tenant, verification.branch_key_version).await?;
        Ok(opened(&opener, verification))
    }

    /// Opens it where verifications are opened now; if that place has just failed and another one has taken over, there.
    async fn open(&self, known: Known<'_>, enrollment: Option<&Enrollment>) -> Result<Opened, InitiateError> {
        let home = self.0.store.home();
        let opened = self.open_at(home, known, enrollment).await;
        let now_at = self.0.store.home();
        match opened {
            Err(InitiateError::Store(error)) if error.kind == StoreErrorKind::Unavailable && now_at != home => {
                self.open_at(now_at, known, enrollment).await
            }
            opened => opened,
        }
    }

    async fn open_at(
        &self,
        home: Home,
        known: Known<'_>,
        enrollment: Option<&Enrollment>,
    ) -> Result<Opened, InitiateError> {
        let Prepared { verification, event, user_key } = self.prepare(home, known, enrollment).await?;
        let events = [event];
        let (opening, recorded) =
            tokio::join!(self.0.store.open_verification(&verification), self.0.audit.record_events(&events));
        match opening? {
            Opening::Opened => {
                recorded?;
                Ok(opened(known.branch, verification))
            }
            Opening::AlreadyOpened(existing) => self.repeat(known, *existing, Some(&user_key)).await,
        }
    }
}

impl<S, U, A> Clone for Initiate<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The answer, as every try of the request gets it: of the branch key that the verification was opened with.
fn opened(opener: &BranchKey, verification: Verification) -> Opened {
    Opened {
        challenge: opener.challenge(verification.id),
        capability: opener.capability(verification.id),
        verification,
    }
}
