//! The use case.

use std::sync::Arc;

use admission::Admission;
use audit::{About, Event, Outcome, RecordEvents, Subject};
use crypto::{Answered, BranchKey, RefreshToken, TokenCheck, UnwrapKey};
use denials::Denials;
use domain::{Clock, Entropy, RequestNonce, SessionId, UserId};
use jiff::Timestamp;
use keyring::{BranchKeys, VerifyingKeys};
use store::{Beginning, OutboxEvent, Revocation, SessionKey};
use zeroize::Zeroizing;

use crate::request::{Execution, RevokeRequest, Revoked};
use crate::{RevokeError, RevokeStore};

/// What revoking works with.
#[derive(Debug)]
pub struct Ports<S, U, A> {
    /// Sessions, and requests with their answers.
    pub store: S,
    /// Lets requests in.
    pub admission: Admission<S>,
    /// The tenants' keys, for the subject's pseudonym and the stored answer.
    pub keys: BranchKeys<S, U>,
    /// The keys that access tokens are checked with.
    pub published: VerifyingKeys<S>,
    /// Takes the audit events.
    pub audit: A,
    /// Takes note of refused requests.
    pub denials: Denials<A>,
    /// The tokens' `iss`.
    pub issuer: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Revokes sessions.
#[derive(Debug)]
pub struct Revoke<S, U, A>(pub(crate) Arc<Ports<S, U, A>>);

impl<S, U, A> Revoke<S, U, A>
where
    S: RevokeStore,
    U: UnwrapKey,
    A: RecordEvents,
{
    /// Revokes with these ports.
    pub fn new(ports: Ports<S, U, A>) -> Self {
        Self(Arc::new(ports))
    }

    /// The time, for what is checked before the use case.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Revokes the token's session. Once this succeeds, introspection never says active again.
    ///
    /// # Errors
    /// [`RevokeError`] if a limit is used up, the key named another request, or a dependency does not answer; in this last case
    /// whether the session is revoked is unknown.
    pub async fn revoke(&self, request: RevokeRequest<'_>) -> Result<Revoked, RevokeError> {
        let branch = self.enter(&request).await?;
        let execution = Execution {
            request: &request,
            branch: &branch,
            fingerprint: branch.fingerprint(request.key, OPERATION, request.body),
            nonce: RequestNonce(self.0.entropy.array()?),
        };
        let revoked = self.execute(execution).await;
        if revoked.as_ref().is_err_and(RevokeError::leaves_undone) {
            self.abandon(execution).await;
        }
        revoked
    }

    /// The limits; beside them, the key that a cold process waits for.
    async fn enter(&self, request: &RevokeRequest<'_>) -> Result<Arc<BranchKey>, RevokeError> {
        let ((), branch) =
            tokio::try_join!(async { Ok::<_, RevokeError>(self.0.admission.admit(&request.arrival).await?) }, async {
                Ok(self.0.keys.current(request.arrival.tenant).await?)
            },)?;
        Ok(branch)
    }

    async fn execute(&self, execution: Execution<'_>) -> Result<Revoked, RevokeError> {
        let (beginning, session) = tokio::join!(
            self.0.store.begin_request(execution.tenant(), &execution.fingerprint, execution.nonce, self.0.clock.now()),
            self.session_of(execution),
        );
        match beginning? {
            Beginning::Begun => {}
            Beginning::InFlight => return Err(RevokeError::InProgress),
            Beginning::OtherRequest => return Err(RevokeError::KeyReused),
            Beginning::Answered(answer) => {
                let body = execution.branch.open_answer(ANSWERED, execution.fingerprint, &answer)?;
                return Ok(Revoked { body });
            }
        }
        let Some((user, session)) = session? else { return self.finish(execution).await };
        match self.end(execution, user, session).await? {
            Some(event) => {
                let ((), revoked) = tokio::join!(self.0.audit.announce(&event), self.finish(execution));
                revoked
            }
            None => self.finish(execution).await,
        }
    }

    /// One write revokes the session and keeps the event of it, unless it was revoked before. The event's id derives from the request.
    async fn end(
        &self,
        execution: Execution<'_>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Event>, RevokeError> {
        let Execution { request, branch, .. } = execution;
        let (tenant, now) = (execution.tenant(), self.0.clock.now());
        let event = Event {
            id: branch.event_id(&request.key, "revoke", session.as_bytes()),
            about: About::Person { tenant, subject: Subject::new(branch.subject_pseudonym(user)) },
            at: now,
            request_id: request.request_id.clone(),
            outcome: Outcome::SessionRevoked { session },
            personal: None,
        };
        let key = SessionKey { tenant, user, session };
        let revocation = self.0.store.revoke_session(&key, now, &OutboxEvent::from(&event)).await?;
        Ok((revocation == Revocation::Revoked).then_some(event))
    }

    /// Stores the answer: from here on a retry does nothing more.
    async fn finish(&self, execution: Execution<'_>) -> Result<Revoked, RevokeError> {
        let Execution { branch, fingerprint, nonce, .. } = execution;
        let body = Zeroizing::new(BODY.to_owned());
        let answer = branch.seal_answer(ANSWERED, fingerprint, &body, &*self.0.entropy)?;
        self.0.store.finish_request(execution.tenant(), &fingerprint, nonce, &answer).await?;
        Ok(Revoked { body })
    }

    /// The session that a genuine token of this tenant belongs to.
    async fn session_of(&self, execution: Execution<'_>) -> Result<Option<(UserId, SessionId)>, RevokeError> {
        let (tenant, unverified_token) = (execution.tenant(), execution.request.unverified_token);
        if let Ok(presented) = RefreshToken::parse(unverified_token) {
            let (user, session) = (presented.user(), presented.session());
            let stored = self.0.store.find_session(tenant, user, session).await?;
            return Ok(stored.filter(|stored| stored.refresh_token == presented.hash()).map(|_| (user, session)));
        }
        let keys = self.0.published.for_token(unverified_token).await?;
        let check = TokenCheck { keys: &keys, issuer: &self.0.issuer, audience: tenant };
        let claims = check.validate(unverified_token, self.0.clock.now());
        Ok(claims.ok().map(|claims| (claims.user, claims.session)))
    }
}

impl<S, U, A> Clone for Revoke<S, U, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The body of every answer: RFC 7009 leaves it empty, JSON clients want an object.
const BODY: &str = "{}";

const OPERATION: &str = "revoke";

const ANSWERED: Answered = Answered::Operation(OPERATION);
